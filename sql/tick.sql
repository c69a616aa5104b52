--
-- The tick: what has become due is decided, oldest first, in batches; what fails is put aside.
-- And the course of an incident that has not happened.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET jit = off;
SET search_path = public, incident, incident_internal;

CREATE FUNCTION pg_temp.at(elapsed interval) RETURNS timestamptz LANGUAGE sql AS $$
	SELECT '2026-01-05 08:00+00'::timestamptz + elapsed
$$;

-- How far each incident has come.
CREATE FUNCTION pg_temp.incidents(OUT summary text, OUT level level, OUT breached boolean,
	OUT next interval) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT summary, response_level, breached, next_due - pg_temp.at('0') FROM incident.open_incidents
		ORDER BY incident_id
$$;

SELECT register_asset('a3', 'host', '3'), register_asset('a2', 'host', '2'), register_asset('a1', 'host', '1'),
	register_asset('none', 'host', 'none');

-- What a tick takes

SELECT call, r.* FROM unnest(ARRAY['now() + ''1 h''', '''infinity''', '''-infinity''', 'now(), 0', 'now(), -1',
	'now(), 1000001']) AS call, test.refusal(format('SELECT tick(%s)', call)) AS r;
SELECT tick(NULL);
SELECT tick(now(), NULL);
SELECT last_tick_at, last_tick_finished_at, due, oldest_due, quarantined FROM watchdog;

-- Nothing is there.
SELECT * FROM tick(pg_temp.at('-1 h'));
SELECT last_tick_at, last_tick_finished_at IS NOT NULL AS finished, due, oldest_due, quarantined FROM watchdog;

-- Batches, oldest first

SELECT open('a3', 'minor', 'at 8:00', pg_temp.at('0')), open('a3', 'minor', 'at 8:30', pg_temp.at('30 min')),
	open('a3', 'minor', 'at 9:00', pg_temp.at('1 h')), open('none', 'minor', 'without a limit', pg_temp.at('0'));
SELECT due, oldest_due, quarantined FROM watchdog;
SELECT * FROM pg_temp.incidents();
SELECT * FROM tick(pg_temp.at('3 h 59 min 59.999999 s'));
SELECT * FROM tick(pg_temp.at('4 h'));
SELECT * FROM pg_temp.incidents();
-- At 6 h the first is due again, but the others have been since 4 h 30 and 5 h.
SELECT * FROM tick(pg_temp.at('6 h'), 1);
SELECT * FROM pg_temp.incidents();
SELECT * FROM tick(pg_temp.at('6 h'), 1);
SELECT * FROM pg_temp.incidents();
SELECT * FROM tick(pg_temp.at('6 h'), 1);
SELECT * FROM pg_temp.incidents();
SELECT * FROM tick(pg_temp.at('6 h'), 1);
-- An earlier tick finds nothing, and the newest stays the newest.
SELECT incidents, remaining FROM tick(pg_temp.at('5 h'));
SELECT last_tick_at FROM watchdog;
-- A batch of two out of three; then all the rest of the day in one: each at its own time.
SELECT * FROM tick(pg_temp.at('9 h'), 2);
SELECT * FROM tick(pg_temp.at('16 h'), 1000000);
SELECT * FROM pg_temp.incidents();
SELECT incident_id, kind, effective_at, response_level, rule, recorded_at > effective_at AS late FROM timeline
	WHERE rule IS NOT NULL ORDER BY incident_id, seq;
SELECT * FROM tick(pg_temp.at('16 h'));
SELECT due, oldest_due FROM watchdog;

-- All organisations at once.
SELECT register_organisation(2, 'second'), register_organisation(3, 'third');
UPDATE incident_internal.last_tick SET at = pg_temp.at('0');
SET pg_incident.organisation = 2;
SELECT open(summary => 'second', detected_at => pg_temp.at('1 h'));
SET pg_incident.organisation = 3;
SELECT open(summary => 'third', detected_at => pg_temp.at('1 h'));
SELECT incidents, breaches FROM tick(pg_temp.at('3 h'));
SELECT * FROM pg_temp.incidents();
SET pg_incident.organisation = 2;
SELECT * FROM pg_temp.incidents();
SET pg_incident.organisation = 1;
SELECT count(resolve(incident_id, at => pg_temp.at('23 h'))) FROM open_incidents;

-- Any cadence gives the same, and it is what simulate() tells

CREATE FUNCTION pg_temp.lives(mark text) RETURNS void LANGUAGE sql AS $$
	SELECT incident.open(asset, severity, format('%s %s %s', mark, asset, severity), pg_temp.at('0'))
	FROM unnest('{a1,a2,a3,none,NULL}'::text[]) AS asset,
		unnest('{severe,moderate,minor,NULL}'::incident.severity[]) AS severity
$$;
CREATE FUNCTION pg_temp.decided(mark text) RETURNS TABLE (life text, kind text, at interval, event level,
	response level) LANGUAGE sql AS $$
	WITH t AS MATERIALIZED (SELECT * FROM incident.timeline WHERE live AND rule IS NOT NULL)
	SELECT substr(h.summary, length(mark) + 2), t.kind, t.effective_at - pg_temp.at('0'), t.event_level,
		t.response_level
	FROM incident.incident_history AS h JOIN t USING (incident_id)
	WHERE h.summary LIKE mark || ' %'
$$;
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT pg_temp.lives('often');
DO $$
BEGIN
	FOR minute IN 0 .. 600 BY 7 LOOP
		PERFORM incident.tick(pg_temp.at(make_interval(mins => minute)), 3);
	END LOOP;
	FOR again IN 1 .. 20 LOOP
		PERFORM incident.tick(pg_temp.at('10 h'), 3);
	END LOOP;
END $$;
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT pg_temp.lives('once');
SELECT incidents, escalations, breaches, remaining FROM tick(pg_temp.at('10 h'));
-- This time opened after the tick.
SELECT pg_temp.lives('late');
ANALYZE incident_internal.entries, incident_internal.incidents, incident_internal.incident_state;
SELECT count(*) FROM pg_temp.decided('once');
SELECT * FROM pg_temp.decided('often') EXCEPT SELECT * FROM pg_temp.decided('once');
SELECT * FROM pg_temp.decided('once') EXCEPT SELECT * FROM pg_temp.decided('often');
SELECT * FROM pg_temp.decided('late') EXCEPT SELECT * FROM pg_temp.decided('once');
SELECT * FROM pg_temp.decided('once') EXCEPT SELECT * FROM pg_temp.decided('late');
CREATE TEMP VIEW simulated AS
SELECT format('%s %s', asset, severity) AS life, s.kind, s.at - pg_temp.at('0') AS at,
	(s.detail ->> 'event_level')::level AS event, (s.detail ->> 'response_level')::level AS response
FROM unnest('{a1,a2,a3,none,NULL}'::text[]) AS asset, unnest('{severe,moderate,minor,NULL}'::severity[]) AS severity,
	simulate('eport', (SELECT level FROM asset_register WHERE name = asset), severity, pg_temp.at('0'),
		pg_temp.at('10 h')) AS s
WHERE s.level IS NOT NULL;
SELECT * FROM simulated EXCEPT SELECT * FROM pg_temp.decided('once');
SELECT * FROM pg_temp.decided('once') EXCEPT SELECT * FROM simulated;
SELECT count(cancel(incident_id, at => pg_temp.at('10 h'))) FROM open_incidents;

-- Quarantine

UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT open('a3', 'minor', 'good 1', pg_temp.at('0')) AS good, open('a3', 'minor', 'poison 1',
	pg_temp.at('0')) AS one, open('a2', 'minor', 'good 2', pg_temp.at('0')),
	open('a3', 'minor', 'poison 2', pg_temp.at('0')) AS two, open('a3', 'minor', 'good 3', pg_temp.at('0')) \gset
SELECT note(:two, 'middle', at => pg_temp.at('10 min'));
CREATE TEMP TABLE taken AS SELECT * FROM incident_internal.entries WHERE incident_id = :two AND seq = 2;
UPDATE incident_internal.entries SET severity = 'critical' WHERE incident_id = :one AND seq = 1;
DELETE FROM incident_internal.entries WHERE incident_id = :two AND seq = 2;
-- Ticks go on from the state; it is from the facts that this one has to be settled.
UPDATE incident_internal.incident_state SET needs_full_run = true WHERE incident_id IN (:one, :two);
SELECT incidents, escalations, breaches, quarantined, remaining FROM tick(pg_temp.at('6 h'));
SELECT * FROM pg_temp.incidents();
SELECT h.summary, q.since, q.attempts, q.retry_at, q.sqlstate, regexp_replace(q.message, 'incident \d+',
	'incident N') AS message
FROM quarantined_incidents AS q JOIN incident_history AS h USING (org_id, incident_id) ORDER BY h.incident_id;
SELECT due, quarantined FROM watchdog;
SET pg_incident.organisation = 2;
SELECT count(*) FROM quarantined_incidents;
SELECT quarantined FROM watchdog;
SET pg_incident.organisation = 1;
-- What people report is refused too, and nothing of it stays.
SELECT r.state, regexp_replace(r.message, '\d+', 'N', 'g') AS message FROM unnest(ARRAY[:one, :two]) AS id,
	test.refusal(format('SELECT acknowledge(%s)', id)) AS r;
SELECT count(*) FROM incident_internal.entries WHERE incident_id = :one;
SELECT bool_or(line LIKE 'It is in quarantine since 2026-01-05 14:00:00+00 (%SQLSTATE 22023); next try at 2026-01-05 14:01:00+00.') AS said
	FROM explain(:one) AS line;
-- It is let alone until the next try, and for longer and longer; the rest go on.
SELECT incidents, breaches, quarantined, remaining FROM tick(pg_temp.at('6 h 59.999999 s'));
CREATE FUNCTION pg_temp.retry(OUT attempts integer, OUT after interval, OUT incidents integer,
	OUT quarantined integer, OUT since timestamptz) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz;
BEGIN
	FOR again IN 1 .. 9 LOOP
		moment := (SELECT min(retry_at) FROM incident.quarantined_incidents);
		SELECT t.incidents, t.quarantined INTO incidents, quarantined FROM incident.tick(moment) AS t;
		SELECT q.attempts, q.retry_at - moment, q.since INTO attempts, after, since
			FROM incident.quarantined_incidents AS q
		ORDER BY q.incident_id LIMIT 1;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.retry();
SELECT * FROM pg_temp.incidents();
-- The first is repaired and waits for the next try; the second is repaired and touched before.
UPDATE incident_internal.entries SET severity = 'minor' WHERE incident_id = :one AND seq = 1;
SELECT retry_at AS retry, retry_at - interval '1 us' AS before FROM quarantined_incidents
	WHERE incident_id = :one \gset
SELECT incidents, quarantined FROM tick(:'before');
INSERT INTO incident_internal.entries SELECT * FROM taken;
SELECT note(:two, 'looked at', at => pg_temp.at('1 h'));
SELECT count(*) FROM quarantined_incidents;
SELECT incidents, escalations, breaches, quarantined FROM tick(:'retry');
SELECT count(*) FROM quarantined_incidents;
SELECT * FROM pg_temp.incidents();
SELECT incident_id = :one AS one, kind, effective_at, response_level, live FROM timeline WHERE incident_id IN (:one,
	:two) AND rule IS NOT NULL ORDER BY incident_id, seq;
SELECT count(*) FROM unnest(ARRAY[:one, :two]) AS id, verify_timeline(id);
SELECT count(*) FROM explain(:one) AS line WHERE line LIKE '%quarantine%';
-- Put aside again, it starts with the first minute.
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT open('a3', 'minor', 'poison 3', pg_temp.at('0')) AS three \gset
UPDATE incident_internal.entries SET asset_level = '5' WHERE incident_id = :three AND seq = 1;
UPDATE incident_internal.incident_state SET needs_full_run = true WHERE incident_id = :three;
SELECT incidents, quarantined FROM tick(:'retry');
UPDATE incident_internal.entries SET asset_level = '3' WHERE incident_id = :three AND seq = 1;
SELECT resolve(:three, at => pg_temp.at('1 h'));
SELECT incidents, quarantined, remaining FROM tick(:'retry');
SELECT count(*) FROM quarantined_incidents;
SELECT reopen(:three, at => pg_temp.at('1 h'));
UPDATE incident_internal.incident_state SET next_due = pg_temp.at('2 h'), needs_full_run = true WHERE incident_id = :three;
INSERT INTO incident_internal.timers SELECT (SELECT from_bucket FROM incident_internal.last_tick), org_id, ARRAY[incident_id], ARRAY[next_due]
	FROM incident_internal.incident_state WHERE incident_id = :three;
UPDATE incident_internal.entries SET asset_level = '5' WHERE incident_id = :three AND seq = 1;
SELECT incidents, quarantined FROM tick(:'retry');
SELECT attempts, retry_at - :'retry' AS after FROM quarantined_incidents;

-- run_ticks(): everything up to now, in batches of their own transactions

UPDATE incident_internal.entries SET asset_level = '3' WHERE incident_id = :three AND seq = 1;
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT pg_temp.lives('run');
SELECT due FROM watchdog;
CALL run_ticks(2);
SELECT due, oldest_due, quarantined, last_tick_at > pg_temp.at('0') AND last_tick_at <= now() AS until_now
	FROM watchdog;
SELECT * FROM pg_temp.decided('run') EXCEPT SELECT * FROM pg_temp.decided('once');
SELECT * FROM pg_temp.decided('once') EXCEPT SELECT * FROM pg_temp.decided('run');
CALL run_ticks();
\set VERBOSITY terse
CALL run_ticks(0);
BEGIN;
CALL run_ticks();
ROLLBACK;

-- simulate()

CREATE FUNCTION pg_temp.simulated(facts jsonb, until interval DEFAULT '12 h', OUT "from" interval, OUT kind text,
	OUT level level, OUT detail jsonb) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT s.at - pg_temp.at('0'), s.kind, s.level, s.detail FROM incident.simulate('eport', '3', 'minor',
		pg_temp.at('0'), pg_temp.at(until), facts) AS s
$$;
SELECT * FROM pg_temp.simulated('[]');
SELECT * FROM pg_temp.simulated('[]', '4 h');
SELECT * FROM pg_temp.simulated('[]', '3 h 59 min');
SELECT * FROM pg_temp.simulated('[]', '-1 us');
SELECT at, kind, level FROM simulate('eport', NULL, NULL, pg_temp.at('0'), pg_temp.at('2 h'));
-- Every kind of fact; what does not fit has no effect; those after the end are left out.
SELECT * FROM pg_temp.simulated('[{"at": "2026-01-05 08:10+00", "kind": "acknowledged"}, {"at": "2026-01-05 08:20+00", "kind": "activated"},
	{"at": "2026-01-05 08:30+00", "kind": "held"}, {"at": "2026-01-05 08:40+00", "kind": "resumed"}, {"at": "2026-01-05 08:50+00", "kind": "noted"},
	{"at": "2026-01-05 09:00+00", "kind": "closed"}, {"at": "2026-01-05 13:00+00", "kind": "resolved"},
	{"at": "2026-01-05 15:00+00", "kind": "closed"}, {"at": "2026-01-05 16:00+00", "kind": "reopened"}, {"at": "2026-01-05 19:30+00", "kind": "cancelled"}, {"at": "2026-01-05 23:00+00", "kind": "noted"}]');
-- New values: set, made unknown, left as they are; given in any order of time.
SELECT * FROM pg_temp.simulated('[{"at": "2026-01-05 11:00+00", "kind": "assessed", "asset_level": null}, {"at": "2026-01-05 10:00+00", "kind": "assessed", "severity": "严重"},
	{"at": "2026-01-05 12:00+00", "kind": "assessed", "severity": "minor", "asset_level": 3}, {"at": "2026-01-05 09:00+00", "kind": "assessed", "asset_level": "P3"}]');
-- Facts of one moment, each with what follows from it.
SELECT * FROM pg_temp.simulated('[{"at": "2026-01-05 08:00+00", "kind": "assessed", "severity": "severe"}, {"at": "2026-01-05 10:00+00", "kind": "assessed", "asset_level": "2"},
	{"at": "2026-01-05 10:00+00", "kind": "assessed", "asset_level": "1"}]', '3 h');
-- Nothing is stored, and it may be read only.
BEGIN READ ONLY;
SELECT count(*) FROM pg_temp.simulated('[{"at": "2026-01-05 10:00+00", "kind": "resolved"}]');
COMMIT;

-- Facts that are none.
SELECT facts, r.* FROM unnest(ARRAY['{}', '5', 'null', '"x"', '[5]', '[[]]', '[null]', '[{}]',
	'[{"at": "2026-01-05 09:00+00"}]', '[{"kind": "resolved"}]',
	'[{"at": "2026-01-05 09:00+00", "kind": "resolved"}, {"at": null, "kind": "resolved"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": null}]',
	'[{"at": "2026-01-05 09:00+00", "kind": "opened"}]', '[{"at": "2026-01-05 09:00+00", "kind": "graded"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "resolve"}]', '[{"at": "2026-01-05 09:00+00", "kind": 5}]',
	'[{"at": "2026-01-05 09:00+00", "kind": "resolved", "by": "me"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "resolved", "severity": "minor"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "assessed"}]',
	'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "severity": "urgent"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "severity": true}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "severity": {}}]',
	'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "asset_level": "0"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "asset_level": "5"}]',
		'[{"at": "2026-01-05 09:00+00", "kind": "assessed", "severity": "critical"}]',
	'[{"at": "2026-01-05 07:59:59.999999+00", "kind": "resolved"}]', '[{"at": "soon", "kind": "resolved"}]',
		'[{"at": "infinity", "kind": "resolved"}]', '[{"at": 5, "kind": "resolved"}]'])
	AS facts, test.refusal(format('SELECT pg_temp.simulated(%L)', facts)) AS r;
SELECT call, r.state, r.message FROM unnest(ARRAY['NULL, ''1'', ''minor'', now(), now()',
	'''nothing'', ''1'', ''minor'', now(), now()', '''eport'', ''5'', ''minor'', now(), now()',
	'''eport'', ''1'', ''critical'', now(), now()',
	'''eport'', ''1'', ''minor'', NULL, now()', '''eport'', ''1'', ''minor'', now(), NULL',
		'''eport'', ''1'', ''minor'', ''-infinity'', now()', '''eport'', ''1'', ''minor'', now(), ''infinity''',
		'''eport'', ''1'', ''minor'', now(), now(), NULL'])
	AS call, test.refusal(format('SELECT simulate(%s)', call)) AS r;

-- A trigger of somebody's on the rows that ticks write, be it on one partition, sees them.
CREATE TABLE seen (place text, kind text, response_level level);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.seen SELECT TG_ARGV[0], incident_internal.kind_word(NEW.kind), NEW.response_level;
	RETURN NULL;
END $$;
CREATE TRIGGER partition AFTER INSERT ON incident_internal.entries_default
	FOR EACH ROW WHEN (incident_internal.kind_word(NEW.kind) = 'escalated') EXECUTE FUNCTION watch('partition');
UPDATE last_tick SET at = '-infinity';
SELECT count(open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes'))
	FROM generate_series(1, 3);
SELECT incidents, escalations, quarantined FROM tick();
SELECT *, count(*) FROM seen GROUP BY 1, 2, 3 ORDER BY 1;
DROP TRIGGER partition ON incident_internal.entries_default;
CREATE TRIGGER whole AFTER INSERT ON incident_internal.entries
	FOR EACH ROW WHEN (incident_internal.kind_word(NEW.kind) = 'escalated') EXECUTE FUNCTION watch('table');
UPDATE last_tick SET at = '-infinity';
SELECT count(open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes'))
	FROM generate_series(1, 3);
SELECT incidents, escalations, quarantined FROM tick();
SELECT *, count(*) FROM seen GROUP BY 1, 2, 3 ORDER BY 1;
DROP TRIGGER whole ON incident_internal.entries;

-- What fails besides incidents keeps no other from being settled, and is told of at every tick.
SELECT bucket('2026-01-05 08:00+00') AS damaged \gset
UPDATE last_tick SET at = '-infinity', from_bucket = :damaged, next_bucket = NULL, next_xid = NULL;
INSERT INTO timers VALUES (:damaged, 1, '{1,2}', ARRAY[now()]);
SELECT open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes') > 0 AS opened;
SELECT incidents, escalations, quarantined, remaining FROM tick();
SELECT incidents, remaining FROM tick();
SELECT from_bucket FROM last_tick;
DELETE FROM timers WHERE bucket = :damaged;
SELECT incidents, remaining FROM tick();
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no change today'' USING ERRCODE = ''25006''; END';
CREATE TRIGGER fail BEFORE UPDATE ON calendar_changes FOR EACH ROW EXECUTE FUNCTION fail();
INSERT INTO calendar_changes (calendar, id_space, importer, since) VALUES ('none', id_space(), '3', '3');
UPDATE last_tick SET at = '-infinity';
SELECT open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes') > 0 AS opened;
SELECT incidents, escalations, quarantined, remaining FROM tick();
DROP TRIGGER fail ON calendar_changes;
SELECT incidents, remaining FROM tick();

-- Whose newest hash is damaged does not get that of another, and not a new chain.
UPDATE last_tick SET at = '-infinity';
SELECT open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes') AS whole \gset
SELECT open('a2', 'minor', detected_at => clock_timestamp() - interval '3 hours 30 minutes') AS broken \gset
UPDATE incident_state SET head = '\x00' WHERE incident_id = :broken;
SELECT incidents, escalations, quarantined, remaining FROM tick();
SELECT sqlstate, replace(message, :'broken', 'ID') AS message FROM quarantined_incidents;
SELECT count(*) FROM timeline WHERE incident_id = :broken;
\set VERBOSITY sqlstate
SELECT acknowledge(:broken);
\set VERBOSITY default
SELECT status FROM state_at(:broken);

-- Nothing is decided where nothing can be written.
BEGIN READ ONLY;
SELECT tick();
ROLLBACK;
