-- One tick over many due incidents, beside the least that such a change can cost (one HOT
-- UPDATE of as many rows of a copy of the state, nothing decided and no history written)
-- and beside the same job row by row in PL/pgSQL.
\if :{?rate_open} \else \set rate_open 5000000 \endif
\if :{?due} \else \set due 100000 \endif
\if :{?loop} \else \set loop 20000 \endif

\echo
\echo rate: :due due of :rate_open open, :spread, :runs runs
-- In turn a stage for the tick, one for the loop and one for run_ticks().
SELECT string_agg(:'due' || ',' || :'loop' || ',' || :'due', ',') AS stages
FROM generate_series(0, :runs) \gset
\set open :rate_open
\ir ../generate.sql
\ir ../measure.sql

SELECT array_to_string(reloptions, ', ') AS options FROM pg_class WHERE oid = 'incident_internal.incident_state'::regclass \gset
CREATE TABLE bench.plain (LIKE incident_internal.incident_state INCLUDING DEFAULTS, PRIMARY KEY (org_id, incident_id))
WITH (:options);
INSERT INTO bench.plain SELECT * FROM incident_internal.incident_state ORDER BY org_id, incident_id;
VACUUM ANALYZE bench.plain;

-- A stage's incidents and the value that a hash changes to.
CREATE TABLE bench.change (incident_id bigint, moment timestamptz, head bytea);

CREATE FUNCTION bench.update_plain() RETURNS void LANGUAGE sql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
	UPDATE bench.plain AS p SET response_level = '1', peak_response = '1', breached = false,
		seq = p.seq + 1, settled_to = c.moment, next_due = p.next_due + interval '2 hours', head = c.head
	FROM bench.change AS c
	WHERE p.org_id = 1 AND p.incident_id = c.incident_id;
$$;

CREATE FUNCTION bench.loop_tick(stage int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	i record;
	level incident.level;
	hash bytea;
	escalated int := 0;
BEGIN
	FOR i IN SELECT s.*, t.due_at, n.detected_at
		FROM (SELECT r.bucket, r.org_id, u.* FROM incident_internal.timers AS r,
			unnest(r.incidents, r.moments) AS u(incident_id, due_at)) AS t
		JOIN incident_internal.incident_state AS s ON s.org_id = t.org_id AND s.incident_id = t.incident_id
			AND s.next_due = t.due_at
		JOIN incident_internal.incidents AS n ON n.org_id = t.org_id AND n.incident_id = t.incident_id
		WHERE t.bucket >= (SELECT from_bucket FROM incident_internal.last_tick)
			AND t.bucket <= incident_internal.bucket(bench.moment(stage))
			AND t.due_at <= bench.moment(stage)
		FOR UPDATE OF s SKIP LOCKED
	LOOP
		level := incident.response_level(i.policy_id, i.asset_level, i.severity, i.due_at - i.detected_at);
		IF level <= i.response_level THEN
			CONTINUE;
		END IF;
		hash := sha256(i.head || (i.incident_id || ';' || (i.seq + 1) || ';escalated;' || level)::bytea);
		UPDATE incident_internal.incident_state SET response_level = level, peak_response = level, seq = i.seq + 1,
			settled_to = bench.moment(stage), next_due = i.due_at + interval '2 hours', head = hash
		WHERE org_id = i.org_id AND incident_id = i.incident_id;
		INSERT INTO incident_internal.entries (org_id, month, incident_id, epoch, rule, occurrence, seq, effective_at,
			recorded_at, kind, event_level, response_level)
		VALUES (i.org_id, i.month, i.incident_id, 1, 11, 1, i.seq + 1, i.due_at, clock_timestamp(),
			33, i.event_level, level);
		INSERT INTO incident_internal.timers (bucket, org_id, incidents, moments)
		VALUES (incident_internal.bucket(i.due_at + interval '2 hours'), i.org_id, ARRAY[i.incident_id],
			ARRAY[i.due_at + interval '2 hours']);
		escalated := escalated + 1;
	END LOOP;
	RETURN escalated;
END
$$;

CREATE PROCEDURE bench.update_run(run int, stage int) LANGUAGE plpgsql AS $$
DECLARE
	changed CONSTANT regclass := 'bench.plain';
	updated bigint := pg_stat_get_xact_tuples_updated(changed);
	hot bigint := pg_stat_get_xact_tuples_hot_updated(changed);
	m bench.measurement;
BEGIN
	TRUNCATE bench.change;
	INSERT INTO bench.change
	SELECT incident_id, bench.moment(d.stage), sha256((incident_id || ';new')::bytea)
	FROM bench.due AS d WHERE d.stage = update_run.stage ORDER BY incident_id;
	ANALYZE bench.change;
	COMMIT;
	m := bench.measure('SELECT bench.update_plain()');
	updated := pg_stat_get_xact_tuples_updated(changed) - updated;
	hot := pg_stat_get_xact_tuples_hot_updated(changed) - hot;
	IF updated <> (SELECT s.size FROM bench.stage AS s WHERE s.n = update_run.stage) THEN
		RAISE EXCEPTION 'the plain update changed % rows', updated;
	END IF;
	PERFORM report.take_times('rate', 'update', run, m.ms, m.cpu_ms), report.take('rate', 'update wal', run, m.wal_bytes),
		report.take('rate', 'update hot', run, hot::float8 / updated);
	COMMIT;
END
$$;

CREATE PROCEDURE bench.tick_run(run int, stage int) LANGUAGE plpgsql AS $$
DECLARE
	changed CONSTANT regclass := 'incident_internal.incident_state';
	updated bigint := pg_stat_get_xact_tuples_updated(changed);
	hot bigint := pg_stat_get_xact_tuples_hot_updated(changed);
	m bench.measurement;
BEGIN
	PERFORM bench.arm(stage);
	COMMIT;
	PERFORM report.take('rate', 'wal begin', run, (pg_current_wal_insert_lsn() - '0/0')::float8);
	m := bench.measure_stage(stage);
	updated := pg_stat_get_xact_tuples_updated(changed) - updated;
	hot := pg_stat_get_xact_tuples_hot_updated(changed) - hot;
	PERFORM report.take('rate', 'wal end', run, (pg_current_wal_insert_lsn() - '0/0')::float8),
		report.take_times('rate', 'tick', run, m.ms, m.cpu_ms), report.take('rate', 'tick wal', run, m.wal_bytes),
		report.take('rate', 'tick hot', run, hot::float8 / updated);
	CALL bench.finish_stage(stage);
END
$$;

CREATE PROCEDURE bench.loop_run(run int, stage int) LANGUAGE plpgsql AS $$
DECLARE
	m bench.measurement;
	rows bigint;
BEGIN
	rows := bench.arm(stage);
	COMMIT;
	m := bench.measure(format(
		'DO $do$ BEGIN IF bench.loop_tick(%s) <> %s THEN RAISE EXCEPTION ''the loop left incidents out''; END IF; END $do$',
		stage, rows));
	PERFORM report.take_times('rate', 'loop', run, m.ms, m.cpu_ms), report.take('rate', 'loop wal', run, m.wal_bytes);
	CALL bench.finish_stage(stage);
END
$$;

-- In transactions of their own: what the scheduled run_ticks() does, at the stage's moment.
CREATE PROCEDURE bench.batches_run(run int, stage int) LANGUAGE plpgsql AS $$
DECLARE
	done record;
	escalations bigint := 0;
	wal pg_lsn;
	began timestamptz;
	began_cpu float8;
BEGIN
	PERFORM bench.arm(stage);
	COMMIT;
	wal := pg_current_wal_insert_lsn();
	began := clock_timestamp();
	began_cpu := bench.cpu_ms();
	LOOP
		SELECT * INTO done FROM incident.tick(bench.moment(stage), 5000);
		COMMIT;
		escalations := escalations + done.escalations;
		EXIT WHEN done.remaining = 0 OR done.incidents = 0;
	END LOOP;
	PERFORM report.take_times('rate', 'batches', run, extract(epoch FROM clock_timestamp() - began) * 1000,
			bench.cpu_ms() - began_cpu),
		report.take('rate', 'batches wal', run, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), wal)::float8);
	IF escalations <> (SELECT s.size FROM bench.stage AS s WHERE s.n = batches_run.stage) THEN
		RAISE EXCEPTION 'the batches escalated % incidents', escalations;
	END IF;
	CALL bench.finish_stage(stage);
END
$$;

CREATE PROCEDURE bench.measure_rate(runs int) LANGUAGE plpgsql AS $$
BEGIN
	FOR run IN 0 .. runs LOOP		-- the first warms up
		CALL bench.update_run(run, 3 * run + 1);
		CALL bench.tick_run(run, 3 * run + 1);
		CALL bench.loop_run(run, 3 * run + 2);
		CALL bench.batches_run(run, 3 * run + 3);
		RAISE INFO 'run % of % done', run, runs;
	END LOOP;
END
$$;
CALL bench.measure_rate(:runs);

\echo
\echo rate: medians of :runs runs, :due due of :rate_open open, :spread
WITH shape(title, name, escalations) AS (VALUES
	('plain HOT UPDATE', 'update', :due),
	('tick, one transaction', 'tick', :due),
	('ticks of 5000, as run_ticks()', 'batches', :due),
	('PL/pgSQL row loop', 'loop', :loop))
SELECT title AS shape, escalations, round(report.median('rate', name)::numeric, 1) AS ms,
	round(report.median('rate', name || ' cpu')::numeric, 1) AS "CPU ms",
	round((escalations / report.median('rate', name || ' cpu'))::numeric, 1) AS "thousand/s of CPU",
	round((report.median('rate', name || ' wal') / escalations)::numeric) AS "WAL bytes each",
	CASE WHEN name IN ('update', 'tick')
		THEN round(100 * report.median('rate', name || ' hot')::numeric, 1) END AS "HOT %"
FROM shape;

SELECT report.tell('rate', 'tick / plain HOT UPDATE', report.ratio('rate', 'tick cpu', 'update cpu'), at_most => 1.8, stretch => 1.3),
	report.tell('rate', 'escalations/s: tick / row loop',
		report.ratio('rate', 'loop cpu', 'tick cpu') * :due / :loop, at_least => 3.5),
	report.tell('rate', 'escalations/s: ticks of 5000 / row loop',
		report.ratio('rate', 'loop cpu', 'batches cpu') * :due / :loop),
	report.tell('rate', 'WAL an escalation', report.median('rate', 'tick wal') / :due, 'B', at_most => 550, stretch => 320)
\g /dev/null

\echo WAL of the last tick, an escalation
CREATE EXTENSION IF NOT EXISTS pg_walinspect;
SET synchronous_commit = on;
SELECT txid_current() \g /dev/null
SELECT "resource_manager/record_type" AS record, round(count::numeric / :due, 2) AS records,
	round(combined_size::numeric / :due, 1) AS bytes
FROM (SELECT max(value) FILTER (WHERE name = 'wal begin') AS first, max(value) FILTER (WHERE name = 'wal end') AS last
	FROM report.sample WHERE part = 'rate' AND run = :runs) AS w,
	pg_get_wal_stats('0/0'::pg_lsn + first::numeric, '0/0'::pg_lsn + last::numeric, true)
WHERE combined_size > 0.1 * :due
ORDER BY combined_size DESC;
RESET synchronous_commit;
