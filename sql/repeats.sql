--
-- Reports under one key: which of them raise the incident, from when on, and what they leave
-- alone.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

CREATE FUNCTION pg_temp.at(elapsed interval) RETURNS timestamptz LANGUAGE sql AS $$
	SELECT '2026-01-05 08:00+00'::timestamptz + elapsed
$$;
SELECT register_asset('low', 'host', '3') AS low, register_asset('high', 'host', '1') AS high,
	register_asset('hosted', 'host', 'none') AS hosted, register_asset('new', 'host') AS new;

-- Reports minutes after 08:00; whether it was a repeat.
CREATE FUNCTION pg_temp.report(key text, minutes integer, severity severity, asset text DEFAULT 'low',
	policy text DEFAULT NULL) RETURNS boolean LANGUAGE sql AS $$
	SELECT incident.open(asset, severity, format('%s, %s min', key, minutes), pg_temp.at(minutes * interval '1 min'),
		dedup_key => key, policy => policy, by => 'probe')
		<= (SELECT max(incident_id) FROM incident_internal.incidents)
$$;
CREATE FUNCTION pg_temp.id(key text) RETURNS bigint LANGUAGE sql AS $$
	SELECT max(incident_id) FROM incident_internal.incidents WHERE dedup_key = key
$$;
-- The facts that say how grave an incident is, and what it has come to.
CREATE FUNCTION pg_temp.assessments(key text) RETURNS TABLE (fact text, "from" interval, asset text, level level,
	severity severity, actor text, note text) LANGUAGE sql AS $$
	SELECT t.kind, t.effective_at - pg_temp.at('0'), t.asset, t.asset_level, t.severity, t.actor, t.note
		FROM incident.timeline AS t
		WHERE t.incident_id = pg_temp.id(key) AND t.kind IN ('opened', 'assessed', 'raised')
	UNION ALL
	SELECT 'now', NULL, h.asset, h.asset_level, h.severity, h.status, format('event %s, %s repeats', h.event_level, h.repeats)
		FROM incident.incident_history AS h WHERE h.incident_id = pg_temp.id(key)
$$;

-- A graver repeat is not lost; the same alarm again, a milder one and one without a severity
-- change nothing.
SELECT pg_temp.report('graver', 0, 'minor') AS first, pg_temp.report('graver', 10, 'severe') AS graver,
	pg_temp.report('graver', 20, 'severe') AS same, pg_temp.report('graver', 30, 'moderate') AS milder,
	pg_temp.report('graver', 40, NULL) AS without;
SELECT * FROM pg_temp.assessments('graver');
SELECT detected_at - pg_temp.at('0') AS "from", asset, asset_level, severity, summary FROM incident_repeats
	WHERE incident_id = pg_temp.id('graver') ORDER BY detected_at;
SELECT kind, effective_at - pg_temp.at('0') AS "from", event_level, response_level, rule FROM timeline
	WHERE incident_id = pg_temp.id('graver') AND kind = 'graded' ORDER BY seq;

-- A person's lower assessment is not undone by an alarm that has been heard; a graver one is
-- news.
SELECT pg_temp.report('person', 0, 'minor'), pg_temp.report('person', 10, 'moderate'),
	assess(pg_temp.id('person'), 'minor', at => pg_temp.at('15 min')), pg_temp.report('person', 20, 'moderate');
SELECT * FROM pg_temp.assessments('person');
SELECT pg_temp.report('person', 30, 'severe');
SELECT * FROM pg_temp.assessments('person');
-- Nor is a higher one lowered by an alarm that is graver than those before.
SELECT pg_temp.report('higher', 0, 'minor'), assess(pg_temp.id('higher'), 'severe', at => pg_temp.at('5 min')),
	pg_temp.report('higher', 10, 'moderate');
SELECT * FROM pg_temp.assessments('higher');
-- One that was detected before a person assessed the incident, and comes in late, counts until
-- then.
SELECT pg_temp.report('late', 0, 'minor'), assess(pg_temp.id('late'), 'moderate', at => pg_temp.at('30 min')),
	pg_temp.report('late', 10, 'severe');
SELECT * FROM pg_temp.assessments('late');
-- One from before the opening counts from that.
SELECT pg_temp.report('early', 0, 'minor'), pg_temp.report('early', -10, 'severe');
SELECT * FROM pg_temp.assessments('early');

-- Asset levels: a more urgent asset takes the place, the severity stays; and both at once.
SELECT pg_temp.report('asset', 0, 'moderate', 'hosted'), pg_temp.report('asset', 10, 'minor', 'low'),
	pg_temp.report('asset', 20, NULL, 'hosted'), pg_temp.report('asset', 30, 'severe', 'high'),
	pg_temp.report('asset', 40, 'moderate', 'new');
SELECT * FROM pg_temp.assessments('asset');
-- A more urgent asset brings no severity back that has been reported and assessed as less.
SELECT pg_temp.report('one', 0, 'minor', 'hosted'), pg_temp.report('one', 10, 'severe', 'hosted'),
	assess(pg_temp.id('one'), 'minor', at => pg_temp.at('15 min')), pg_temp.report('one', 20, 'severe', 'low');
SELECT * FROM pg_temp.assessments('one');
-- What is unknown is taken for the gravest already, and nothing that is reported lowers it;
-- once it is known, an alarm that is graver than those before counts.
SELECT pg_temp.report('unknown', 0, NULL, NULL), pg_temp.report('unknown', 10, 'minor', 'low');
SELECT * FROM pg_temp.assessments('unknown');
SELECT assess(pg_temp.id('unknown'), 'minor', 'hosted', at => pg_temp.at('15 min')),
	pg_temp.report('unknown', 20, 'minor', 'low'), pg_temp.report('unknown', 30, 'moderate', 'high');
SELECT * FROM pg_temp.assessments('unknown');

-- A value that the incident's own policy lacks stays with the repeat.
SELECT pg_temp.report('policy', 0, 'minor', 'high', 'eport'), pg_temp.report('policy', 10, 'critical', 'high', 'gbz20986');
SELECT * FROM pg_temp.assessments('policy');
SELECT severity FROM incident_repeats WHERE incident_id = pg_temp.id('policy');

-- The status stays what it is, on hold too.
SELECT pg_temp.report('hold', 0, 'minor'), acknowledge(pg_temp.id('hold'), at => pg_temp.at('5 min')),
	hold(pg_temp.id('hold'), at => pg_temp.at('10 min')), pg_temp.report('hold', 20, 'severe'),
	resume(pg_temp.id('hold'), at => pg_temp.at('30 min'));
SELECT * FROM pg_temp.assessments('hold');
-- One that was detected while the incident was resolved raises it from now on, when it has been
-- reopened since.
SELECT pg_temp.report('reopened', 0, 'minor'), resolve(pg_temp.id('reopened'), at => pg_temp.at('10 min')),
	reopen(pg_temp.id('reopened'), at => pg_temp.at('30 min')), pg_temp.report('reopened', 20, 'severe');
SELECT fact, severity, "from" > '1 day' AS from_now_on FROM pg_temp.assessments('reopened');
-- After a resolution the key opens another incident, which begins anew.
SELECT pg_temp.report('anew', 0, 'severe'), resolve(pg_temp.id('anew'), at => pg_temp.at('10 min')),
	pg_temp.report('anew', 20, 'minor'), pg_temp.report('anew', 30, 'moderate');
SELECT * FROM pg_temp.assessments('anew');

-- Such a fact is one like any other: it is chained, and simulate() knows it.
SELECT i.dedup_key, v.* FROM incident_internal.incidents AS i, verify_timeline(i.incident_id) AS v;
SELECT s.at - pg_temp.at('0') AS "from", s.kind, s.level, s.detail FROM simulate('eport', '3', 'minor', pg_temp.at('0'),
	pg_temp.at('20 min'), '[{"at": "2026-01-05 08:10+00", "kind": "raised", "severity": "severe"}]') AS s
	WHERE s.kind IN ('opened', 'raised', 'graded');
SELECT simulate('eport', '3', 'minor', pg_temp.at('0'), pg_temp.at('1 h'),
	'[{"at": "2026-01-05 08:10+00", "kind": "raised"}]');
