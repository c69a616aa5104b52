-- Finding and escalating what is due as this extension does it, and in the query shapes of
-- other systems, over the same open incidents; and a pass that finds nothing new, also while
-- another session holds a snapshot from before the escalations.
\if :{?shapes_open} \else \set shapes_open 1000000 \endif
\if :{?shapes_due} \else \set shapes_due 10000 \endif
\if :{?shapes_sample} \else \set shapes_sample 2000 \endif

\echo
\echo shapes: :shapes_due due of :shapes_open open, :spread, :runs runs
SELECT string_agg(:'shapes_due', ',') AS stages FROM generate_series(0, :runs + 1) \gset
\set open :shapes_open
\ir ../generate.sql
\ir ../measure.sql
\ir shapes_systems.sql

CREATE TABLE shape.system (name text, title text, share float8);	-- share: of the work that a pass does
INSERT INTO shape.system VALUES
	('tick', 'pg_incident: tick', 1),
	('goalert', 'partial index, SKIP LOCKED LIMIT 500 (GoAlert)', 1),
	('bare', 'the same, bare log in place of a timeline', 1),
	('zabbix', 'index, row by row (Zabbix)', 1),
	('zammad', 'all overdue again, history LIKE (Zammad)', 1),
	('itop', 'a full scan a class and threshold (iTop)', 1),
	('znuny', '1000 a pass with full history (Znuny)', least(1, 1000.0 / :shapes_due)),
	('redmine', 'a row a minute of life (redmine_sla)', :shapes_sample::float8 / :shapes_open);

CREATE PROCEDURE shape.pass(name text, moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	sample bigint := (SELECT share * open FROM shape.system AS s, bench.setting WHERE s.name = 'redmine');
BEGIN
	CASE name
	WHEN 'tick' THEN
		escalated := (SELECT escalations FROM incident.tick(moment, 1000000));
		COMMIT;
	WHEN 'goalert' THEN
		CALL shape.goalert(moment, escalated);
	WHEN 'bare' THEN
		CALL shape.bare(moment, escalated);
	WHEN 'zabbix' THEN
		CALL shape.zabbix(moment, escalated);
	WHEN 'zammad' THEN
		CALL shape.zammad(moment, escalated);
	WHEN 'itop' THEN
		CALL shape.itop(moment, escalated);
	WHEN 'znuny' THEN
		CALL shape.znuny(moment, escalated);
	WHEN 'redmine' THEN
		CALL shape.redmine(moment, sample, escalated);
	END CASE;
END
$$;

-- One pass with the stage's incidents due and one after it, without any.
CREATE PROCEDURE shape.measure(system shape.system, stage int, work text, idle text, run int) LANGUAGE plpgsql AS $$
DECLARE
	due int := (SELECT size FROM bench.stage AS s WHERE s.n = stage);
	expected int := CASE system.name WHEN 'znuny' THEN least(due, 1000) ELSE due END;
	began timestamptz := clock_timestamp();
	began_cpu float8 := report.cpu_ms();
	escalated int;
BEGIN
	CALL shape.pass(system.name, bench.moment(stage), escalated);
	PERFORM report.take_times('shapes', system.name || ' ' || work, run, extract(epoch FROM clock_timestamp() - began) * 1000,
		report.cpu_ms() - began_cpu);
	IF escalated <> expected AND system.name <> 'redmine' THEN
		RAISE EXCEPTION '% escalated % instead of %', system.name, escalated, expected;
	END IF;
	IF system.name = 'tick' THEN
		CALL bench.finish_stage(stage);
	END IF;
	COMMIT;
	began := clock_timestamp();
	began_cpu := report.cpu_ms();
	CALL shape.pass(system.name, bench.moment(stage), escalated);
	PERFORM report.take_times('shapes', system.name || ' ' || idle, run, extract(epoch FROM clock_timestamp() - began) * 1000,
		report.cpu_ms() - began_cpu);
	IF escalated <> 0 THEN
		RAISE EXCEPTION '% escalated % twice', system.name, escalated;
	END IF;
	PERFORM bench.refuse_late();
	COMMIT;
END
$$;

-- Somebody closes what was escalated, for those that look at it again as long as it is open.
CREATE PROCEDURE shape.close_stage(stage int) LANGUAGE sql AS $$
	UPDATE shape.zammad AS z SET status = 'closed' FROM bench.due AS d WHERE d.stage = close_stage.stage AND d.incident_id = z.incident_id AND z.org_id = 1;
	UPDATE shape.znuny AS z SET status = 'closed' FROM bench.due AS d WHERE d.stage = close_stage.stage AND d.incident_id = z.incident_id AND z.org_id = 1;
$$;

CREATE PROCEDURE shape.measure_all(stage int, work text, idle text, run int) LANGUAGE plpgsql AS $$
DECLARE
	system shape.system;
BEGIN
	IF stage > 1 THEN
		PERFORM bench.arm(stage);
	END IF;
	COMMIT;
	FOR system IN SELECT * FROM shape.system LOOP
		CALL shape.measure(system, stage, work, idle, run);
	END LOOP;
	CALL shape.close_stage(stage);
	COMMIT;
	RAISE INFO 'stage % done', stage;
END
$$;

CREATE PROCEDURE shape.measure_runs(runs int) LANGUAGE plpgsql AS $$
BEGIN
	FOR run IN 0 .. runs LOOP
		CALL shape.measure_all(run + 1, 'due', 'idle', run);
	END LOOP;
END
$$;
SET plan_cache_mode = force_generic_plan;		-- planning each call anew costs the row loops most of their time
CALL shape.measure_runs(:runs);

SELECT dblink_connect('holder', report.connection()) \g /dev/null
SELECT dblink_exec('holder', 'BEGIN ISOLATION LEVEL REPEATABLE READ') \g /dev/null
SELECT * FROM dblink('holder', 'SELECT count(*) FROM incident_internal.last_tick') AS t(n bigint) \g /dev/null
CALL shape.measure_all(:runs + 2, 'due beside a snapshot', 'idle beside a snapshot', 1);
SELECT dblink_disconnect('holder') \g /dev/null

\echo
\echo shapes: CPU ms, :shapes_due due of :shapes_open open, medians of :runs runs
\echo Znuny passes over 1000 only, and skips the rest: times for as many passes as it would take.
\echo redmine_sla is measured over :shapes_sample tickets, and reckoned up to all that are open.
CREATE TABLE shape.result AS
SELECT title, name, report.median('shapes', name || ' due cpu') / share AS due_ms,
	report.median('shapes', name || ' idle cpu') / CASE name WHEN 'redmine' THEN share ELSE 1 END AS idle_ms,
	report.median('shapes', name || ' idle beside a snapshot cpu') / CASE name WHEN 'redmine' THEN share ELSE 1 END AS snapshot_ms
FROM shape.system;
SELECT r.title AS shape, round(r.due_ms::numeric, 1) AS "find and escalate", round((r.due_ms / t.due_ms)::numeric, 1) AS "times ours",
	round(r.idle_ms::numeric, 2) AS "nothing new", round(r.snapshot_ms::numeric, 2) AS "nothing new, old snapshot held"
FROM shape.result AS r, shape.result AS t WHERE t.name = 'tick' ORDER BY r.due_ms;
SELECT report.tell('shapes', 'find and escalate: the best other shape / tick', min(r.due_ms / t.due_ms), at_least => 1),
	report.tell('shapes', 'nothing new, old snapshot held: the best other shape / tick', min(r.snapshot_ms / t.snapshot_ms))
FROM shape.result AS r, shape.result AS t WHERE t.name = 'tick' AND r.name NOT IN ('tick', 'bare')
\g /dev/null
RESET plan_cache_mode;
DROP SCHEMA shape CASCADE;
