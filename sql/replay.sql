--
-- Replay: what recorded incidents would have come to under another policy.
--
\set VERBOSITY terse
SET search_path = incident, incident_internal, public;
SET timezone = 'UTC';
CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT timestamptz '2026-01-05 08:00+00' + since $$;

-- eport with its first duty alone, processing times times a factor, and
-- two times to acknowledge at level 2.
CREATE FUNCTION pg_temp.variant(name text, factor numeric) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT v || jsonb_build_object('posts', (SELECT jsonb_agg(r) FROM jsonb_array_elements(v -> 'posts') AS r
		WHERE (v - 'posts')::text LIKE format('%%"%s"%%', r ->> 'post')))
	FROM export_policy(policy_id('eport')) AS e, LATERAL (SELECT jsonb_set(
		e || jsonb_build_object('name', name, 'messages', '{"missed_ticks": "latest"}'::jsonb, 'duties', jsonb_build_array(e #> '{duties,0}'),
			'levels', (SELECT jsonb_agg(l || CASE WHEN l ->> 'processing_time' IS NULL THEN '{}' ELSE
				jsonb_build_object('processing_time', ((l ->> 'processing_time')::interval * factor)::text) END)
				FROM jsonb_array_elements(e -> 'levels') AS l)),
		'{levels,1,acknowledge}', '{"within": "10 minutes", "steps": [{"within": "15 minutes", "audience": ["liaison", "section_heads"]}]}')) AS x(v)
$$;
SELECT publish_policy(import_policy(pg_temp.variant('whole', 1)));
SELECT import_policy(pg_temp.variant('half', 0.5)) AS half \gset
SELECT level, processing_time FROM policy_levels WHERE policy_id = :half ORDER BY level DESC;

SELECT register_organisation(1, 'one', 'whole');
SELECT register_asset('core', 'host', '1'), register_asset('disk', 'host', '2'), register_asset('mail', 'host', '3');
-- 1: level 1, has 2 hours, half would be 1 hour; is resolved after 90 minutes: breached.
SELECT open('core', 'severe', detected_at => pg_temp.at('0')) AS one \gset
SELECT duty_done(:one, 'notify', at => pg_temp.at('4 min'));
SELECT resolve(:one, at => pg_temp.at('90 min'));
-- 2: level 2, rises to 1 after 4 - 2 hours, would after 1; resolved after 1 h 30 min: escalated.
-- It was acknowledged after 12 minutes, once too late; nobody was notified in 5 minutes.
SELECT open('disk', 'minor', detected_at => pg_temp.at('0')) AS two \gset
SELECT acknowledge(:two, at => pg_temp.at('12 min'));
SELECT resolve(:two, at => pg_temp.at('90 min'));
-- 3: level 3, rises to 2 after 8 - 4 hours and to 1 after 6, is breached after 8; would after
-- 2, 3 and 4. Resolved after 3 h 30 min: two rises.
SELECT open('mail', 'minor', detected_at => pg_temp.at('0')) AS three \gset
SELECT duty_done(:three, 'notify', at => pg_temp.at('5 min'));
SELECT resolve(:three, at => pg_temp.at('3 h 30 min'));
-- 4: the same on the next day, and not over: all has happened under either.
SELECT open('mail', 'minor', detected_at => pg_temp.at('1 day')) AS four \gset
-- 5: never acknowledged; taken for level 1 at first, so there are withdrawals: what was decided
-- late is taken back when the assessment comes in.
SELECT open('core', 'severe', detected_at => pg_temp.at('1 day')) AS five \gset
SELECT incidents, escalations, overdue, breaches FROM tick(pg_temp.at('2 days'));
SELECT assess(:five, asset => 'disk', severity => 'minor', at => pg_temp.at('1 day 1 min'));
SELECT resolve(:five, at => pg_temp.at('1 day 20 min'));
SELECT seq, kind, rule, event_level, response_level, effective_at - pg_temp.at('0') AS after, live FROM timeline
	WHERE incident_id = :five ORDER BY seq;

-- The first day: a draft.
SELECT * FROM replay(:half, pg_temp.at('0'), pg_temp.at('1 day'));
SELECT * FROM replay_incidents(:half, pg_temp.at('0'), pg_temp.at('1 day'));
-- The second: `to` does not belong to it, `from` does.
SELECT * FROM replay(:half, pg_temp.at('1 day'), pg_temp.at('2 days'));
SELECT * FROM replay_incidents(:half, pg_temp.at('1 day'), pg_temp.at('2 days'));
-- The policy in force.
SELECT count(*), sum(was) = sum(would_be) AS equal FROM replay('whole', '-infinity', 'infinity');
SELECT * FROM replay_incidents('whole', '-infinity', 'infinity');
SELECT count(*), sum(was) = sum(would_be) AS equal FROM replay('whole', '-infinity', 'infinity', 1);

-- What ticks could not settle is followed as far as they have settled it, on both sides.
CREATE FUNCTION refuse_escalations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
SELECT open('mail', 'minor', detected_at => pg_temp.at('3 days 1 h')) AS aside \gset
CREATE TRIGGER refuse BEFORE INSERT ON incident_internal.entries FOR EACH ROW WHEN (new.incident_id = :aside) EXECUTE FUNCTION refuse_escalations();
SELECT incidents, escalations, quarantined FROM tick(pg_temp.at('4 days'));
SELECT next_due > pg_temp.at('4 days') AS later, settled_to - pg_temp.at('0') AS settled FROM incident_history WHERE incident_id = :aside;
SELECT * FROM replay_incidents('whole', pg_temp.at('3 days 1 h'), 'infinity');
SELECT * FROM replay('whole', pg_temp.at('3 days 1 h'), 'infinity');
SELECT * FROM replay_incidents(:half, pg_temp.at('3 days 1 h'), 'infinity');
DROP TRIGGER refuse ON incident_internal.entries;
SELECT incidents, escalations, breaches, quarantined FROM tick(pg_temp.at('5 days'));
SELECT * FROM replay_incidents('whole', pg_temp.at('3 days 1 h'), 'infinity');
SELECT * FROM replay('whole', pg_temp.at('3 days 1 h'), 'infinity');

-- By events, and how they are counted.
SELECT incident_id, kind_word(kind), rule_word(rule), occurrence, event_level, response_level, at - pg_temp.at('0') AS after
	FROM replay_events(:half, pg_temp.at('0'), pg_temp.at('1 day'));
SELECT replayed, by_policy = :half AS half, rule, occurrence, event_level, response_level, decided
	FROM replay_counts(:half, pg_temp.at('0'), pg_temp.at('1 day')) WHERE event_level = '3';

-- What a policy does not have: a severity.
SELECT import_policy(jsonb_set(jsonb_set(d, '{severities}', jsonb_path_query_array(d, '$.severities[*] ? (@.severity != "severe")')),
	'{matrix}', jsonb_path_query_array(d, '$.matrix[*] ? (@.severity != "severe")'))) AS mild
	FROM pg_temp.variant('mild', 1) AS d \gset
SELECT * FROM replay(:mild, pg_temp.at('0'), pg_temp.at('2 days'));
SELECT incident_id, event_level, would_be_event_level, breached, would_be_breached FROM
	replay_incidents(:mild, pg_temp.at('0'), pg_temp.at('2 days'));

-- Nothing there.
SELECT * FROM replay('whole', pg_temp.at('2 days'), pg_temp.at('3 days'));
SELECT * FROM replay('whole', pg_temp.at('0'), pg_temp.at('0'));
SET pg_incident.organisation = 2;
SELECT * FROM replay('whole', '-infinity', 'infinity');
SELECT register_organisation(2, 'two', 'eport');
SELECT open(NULL, 'minor', detected_at => pg_temp.at('0'), policy => 'whole') AS other \gset
SELECT * FROM replay('whole', '-infinity', 'infinity') WHERE measure = 'incidents';
RESET pg_incident.organisation;
SELECT sum(was) FROM replay('whole', '-infinity', 'infinity') WHERE measure = 'incidents';

-- Errors.
SELECT * FROM replay('nothing', '-infinity', 'infinity');
SELECT * FROM replay('half', '-infinity', 'infinity');
SELECT * FROM replay('whole', '-infinity', 'infinity', 2);
SELECT * FROM replay(NULL::integer, '-infinity', 'infinity');
SELECT * FROM replay(4711, '-infinity', 'infinity');
SELECT * FROM replay('whole', NULL, 'infinity');
SELECT * FROM replay('whole', 'infinity', '-infinity');
UPDATE policy_levels SET processing_time = '1 minute' WHERE policy_id = :half AND level = '3';
SELECT * FROM replay(:half, '-infinity', 'infinity');
DELETE FROM entries WHERE incident_id = :one AND seq = 3;
SELECT * FROM replay('whole', '-infinity', 'infinity');
