--
-- Duties: what somebody must do by a time, stored and shown.
--
\set VERBOSITY terse
SET search_path = incident, incident_internal, public;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT timestamptz '2026-01-05 08:00+00' + since $$;
CREATE FUNCTION pg_temp.since(at timestamptz) RETURNS interval LANGUAGE sql STABLE AS
$$ SELECT at - timestamptz '2026-01-05 08:00+00' $$;
CREATE FUNCTION pg_temp.course(id bigint) RETURNS TABLE (after interval, kind text, rule text, occurrence smallint,
	response level, live boolean) LANGUAGE sql STABLE AS
$$ SELECT pg_temp.since(effective_at), kind, rule, occurrence, response_level, live FROM incident.timeline
	WHERE incident_id = id AND rule LIKE 'duty%' OR incident_id = id AND kind IN ('done', 'voided', 'migrated') ORDER BY seq $$;
-- What has become of the duties, as of a moment.
CREATE FUNCTION pg_temp.duties(id bigint, moment interval) RETURNS TABLE (duty text, status text, occurrence integer,
	begun interval, deadline interval, overdue interval, done interval) LANGUAGE sql STABLE AS
$$ SELECT r.duty, r.status, r.occurrence, pg_temp.since(r.begun_at), pg_temp.since(r.deadline),
		pg_temp.since(r.overdue_at), pg_temp.since(r.done_at)
	FROM incident.duties_at(id, pg_temp.at(moment)) AS r $$;

SELECT register_asset('core', 'host', '1'), register_asset('disk', 'host', '2');
SELECT open('core', 'severe', 'core down', pg_temp.at('0')) AS id \gset
SELECT * FROM pg_temp.duties(:id, '1 min');
SELECT report(:id, 'first_report', '{"start_time": "08:00", "place": "room 1"}', 'ann', pg_temp.at('4 min'));
SELECT duty_done(:id, 'notify', by => 'ann', at => pg_temp.at('5 min'));
SELECT tick(pg_temp.at('1 h'));
SELECT * FROM pg_temp.duties(:id, '1 h');
SELECT * FROM pg_temp.course(:id);
-- A late report of something earlier takes back what it shows to be wrong.
SELECT report(:id, 'progress_report', '{"progress": "part ordered"}', 'bob', pg_temp.at('25 min'));
SELECT * FROM pg_temp.course(:id);
SELECT tick(pg_temp.at('2 h'));
SELECT count(*) FROM verify_timeline(:id);
-- What has no effect is refused.
SELECT report(:id, 'first_report', at => pg_temp.at('2 h'));
SELECT duty_done(:id, 'review');
SELECT duty_done(:id, 'dance');
SELECT duty_done(:id, NULL);
SELECT duty_done(NULL, 'notify');
SELECT duty_done(:id, 'notify', at => now() + interval '1 day');
SELECT activate(:id, 'leader', pg_temp.at('2 h'));
SELECT resolve(:id, 'ann', pg_temp.at('3 h'));
SELECT close(:id, 'ann', pg_temp.at('4 h'));
SELECT tick(pg_temp.at('30 h'));
SELECT * FROM pg_temp.duties(:id, '30 h');
SELECT report(:id, 'final_report', '{"cause": "power"}', 'ann', pg_temp.at('31 h'));
SELECT duty, status, occurrence FROM duty_status WHERE incident_id = :id ORDER BY duty COLLATE "C";
SELECT effective_at - pg_temp.at('0') AS after, kind, duty, actor, evidence FROM timeline
	WHERE incident_id = :id AND kind = 'done' ORDER BY seq;
SELECT seq, problem FROM verify_timeline(:id);
UPDATE incident_internal.entries SET evidence = '{"cause": "fire"}' WHERE incident_id = :id AND evidence ->> 'cause' = 'power';
SELECT count(*) FROM verify_timeline(:id);
UPDATE incident_internal.entries SET evidence = '{"cause": "power"}' WHERE incident_id = :id AND evidence ->> 'cause' = 'fire';
SELECT count(*) FROM verify_timeline(:id);

-- Ticks in bulk give the same as settling from the facts.
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT count(open('disk', 'minor', 'many', pg_temp.at('0') + i * interval '7 s')) FROM generate_series(1, 30) AS i;
CREATE PROCEDURE pg_temp.live(first bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 20 LOOP
		PERFORM incident.tick(pg_temp.at(i * interval '17 min'));
		PERFORM incident.report(d.incident_id, d.duty, at => pg_temp.at(i * interval '17 min')) FROM incident.duty_status AS d
			WHERE d.incident_id > first AND d.duty = 'progress_report' AND (d.incident_id + i) % 4 = 0;
	END LOOP;
END $$;
CALL pg_temp.live(:id);
SELECT sum(incidents) > 200 AS settled FROM incident_internal.tick_log WHERE settled_to < pg_temp.at('1 day') AND incidents > 1;
SELECT bool_or(needs_full_run) AS any_from_facts, bool_or(duties IS NOT NULL) AS packed FROM incident_internal.incident_state WHERE incident_id > :id;
SELECT count(*) FILTER (WHERE kind = 'repeated') > 100 AS many_repeated,
	count(*) FILTER (WHERE kind = 'overdue') > 100 AS many_overdue FROM timeline WHERE incident_id > :id;
WITH stored AS (
	SELECT t.incident_id, t.effective_at, t.kind, t.occurrence::text, t.event_level::text, t.response_level::text
	FROM timeline AS t WHERE t.rule IS NOT NULL AND t.live AND t.incident_id > :id),
expected AS (
	SELECT h.incident_id, s.at, s.kind, coalesce(s.detail ->> 'occurrence', '1'), s.detail ->> 'event_level', s.detail ->> 'response_level'
	FROM incident_history AS h,
		LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object('at', t.effective_at, 'kind', t.kind, 'duty', t.duty) ORDER BY t.seq), '[]') AS facts
			FROM timeline AS t WHERE t.incident_id = h.incident_id AND t.kind = 'done') AS f,
		simulate('eport', '2', 'minor', h.detected_at, h.settled_to, f.facts) AS s
	WHERE h.incident_id > :id AND s.kind IN ('graded', 'escalated', 'breached', 'overdue', 'due', 'repeated'))
SELECT (SELECT count(*) FROM stored) > 400 AS many, (SELECT count(*) FROM (TABLE stored EXCEPT ALL TABLE expected) AS s) AS too_many,
	(SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE stored) AS s) AS missing;

-- Silence, and reports that are missed. A note at 10:30 puts a step of two hours off to 12:30, also where
-- it does a duty; what a step does not name does not put it off; a report never made is overdue each hour.
SELECT publish_policy(import_policy(jsonb_set(jsonb_set(d || '{"name": "silent", "escalation": {"rule": "steps", "steps": [
		{"to": "2", "event_levels": ["3"], "inactive": "2 hours"},
		{"to": "1", "event_levels": ["3"], "inactive": "4 hours", "reports": ["activated", "done"]}]}}',
	'{duties,0,done_by}', '"noted"'), '{duties,4}', (d #> '{duties,4}') || '{"scope": "event_level", "repeat": {"limit": null, "also": "overdue"},
		"for": [{"levels": ["3"], "within": "1 hour", "audience": ["liaison"]}]}')))
FROM export_policy(1) AS d;
SELECT line FROM explain_policy('silent') AS line WHERE line LIKE 'after%' OR line LIKE '%progress%';
SELECT line FROM explain_policy('silent', 'zh') AS line WHERE line LIKE '%无报告%' OR line LIKE '%进展报告%';
SELECT export_policy(policy_id('silent')) #> '{escalation,steps}' AS steps, export_policy(policy_id('silent')) #> '{duties,4,repeat}' AS repeat;
SELECT import_policy(export_policy(policy_id('silent'))) AS again \gset
SELECT export_policy(:again) = export_policy(policy_id('silent')) AS the_same;
SELECT at::time, kind, level, detail ->> 'duty' AS duty, detail ->> 'occurrence' AS nth
FROM simulate('silent', '3', 'minor', '2026-01-05 09:00', '2026-01-05 13:00', '[{"at": "2026-01-05 10:30", "kind": "noted"}]')
WHERE kind IN ('noted', 'escalated') OR detail ->> 'duty' = 'progress_report';
SELECT at::time, kind, level FROM simulate('silent', '3', 'minor', '2026-01-05 09:00', '2026-01-05 17:00',
	'[{"at": "2026-01-05 10:30", "kind": "noted"}, {"at": "2026-01-05 11:59:59.999999", "kind": "activated"}]')
WHERE kind = 'escalated';
SELECT kind, count(*) FROM simulate('silent', '3', 'minor', '2026-01-05 09:00', '2026-01-06 09:00') WHERE detail ->> 'duty' = 'progress_report'
GROUP BY kind ORDER BY kind COLLATE "C";
-- Ticks in bulk.
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT register_asset('mail', 'application', '3');
SELECT max(incident_id) AS before FROM incident_history \gset
SELECT count(open('mail', 'minor', 'many', pg_temp.at('0') + i * interval '7 s', policy => 'silent')) FROM generate_series(1, 30) AS i;
CREATE PROCEDURE pg_temp.live_in_silence(first bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 20 LOOP
		PERFORM incident.tick(pg_temp.at(i * interval '17 min'));
		PERFORM incident.note(h.incident_id, 'still there', at => pg_temp.at(i * interval '17 min')) FROM incident.incident_history AS h
			WHERE h.incident_id > first AND (h.incident_id + i) % 9 = 0;
		PERFORM incident.report(h.incident_id, 'progress_report', at => pg_temp.at(i * interval '17 min')) FROM incident.incident_history AS h
			WHERE h.incident_id > first AND (h.incident_id + i) % 17 = 0;
	END LOOP;
END $$;
CALL pg_temp.live_in_silence(:before);
SELECT bool_or(needs_full_run) AS any_from_facts, max(length(duties)) AS packed FROM incident_internal.incident_state WHERE incident_id > :before;
SELECT count(*) FILTER (WHERE kind = 'repeated') > 100 AS many_repeated, count(*) FILTER (WHERE kind = 'overdue') > 100 AS many_overdue,
	count(*) FILTER (WHERE kind = 'escalated' AND response_level = '2') > 10 AS risen,
	count(*) FILTER (WHERE kind = 'escalated' AND response_level = '1') > 10 AS risen_further FROM timeline WHERE incident_id > :before;
WITH stored AS (
	SELECT t.incident_id, t.effective_at, t.kind, t.occurrence::text, t.event_level::text, t.response_level::text
	FROM timeline AS t WHERE t.rule IS NOT NULL AND t.live AND t.incident_id > :before),
expected AS (
	SELECT h.incident_id, s.at, s.kind, coalesce(s.detail ->> 'occurrence', '1'), s.detail ->> 'event_level', s.detail ->> 'response_level'
	FROM incident_history AS h,
		LATERAL (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('at', t.effective_at, 'kind', t.kind, 'duty', t.duty))
				ORDER BY t.seq), '[]') AS facts
			FROM timeline AS t WHERE t.incident_id = h.incident_id AND t.kind IN ('done', 'noted')) AS f,
		simulate('silent', '3', 'minor', h.detected_at, h.settled_to, f.facts) AS s
	WHERE h.incident_id > :before AND s.kind IN ('graded', 'escalated', 'breached', 'overdue', 'due', 'repeated'))
SELECT (SELECT count(*) FROM stored) > 400 AS many, (SELECT count(*) FROM (TABLE stored EXCEPT ALL TABLE expected) AS s) AS too_many,
	(SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE stored) AS s) AS missing;
SELECT count(*) > 0 AS replayed, count(*) FILTER (WHERE was IS DISTINCT FROM would_be) AS differ
FROM replay('silent', '-infinity', 'infinity') WHERE event_level = '3';
SELECT count(resolve(incident_id, at => settled_to)) FROM incident_history WHERE incident_id > :before;

-- Another policy, on purpose.
SELECT open('disk', 'moderate', 'moved', pg_temp.at('0')) AS moved \gset
SELECT duty_done(:moved, 'notify', at => pg_temp.at('1 min'));
SELECT migrate_incident(:moved, 'eport');
SELECT migrate_incident(:moved, 'none');
SELECT migrate_incident(:moved, 'gbz20986', note => 'by order of the committee');
SELECT policy, event_level, response_level FROM incident_history WHERE incident_id = :moved;
SELECT pg_temp.since(effective_at) AS after, kind, rule, event_level, response_level, live, note FROM timeline
	WHERE incident_id = :moved AND kind <> 'migrated' ORDER BY seq;
SELECT note FROM timeline WHERE incident_id = :moved AND kind = 'migrated';
SELECT count(*) FROM verify_timeline(:moved);
SELECT migrate_incident(:moved, 'eport');
SELECT kind, rule, live FROM timeline WHERE incident_id = :moved AND kind IN ('graded', 'due') ORDER BY seq;
SELECT tick();
SELECT count(*) FROM verify_timeline(:moved);
SELECT count(*) FROM quarantined_incidents;
