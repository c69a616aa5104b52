-- Hours of ticks, one a simulated minute, while incidents are opened and closed: whether
-- ticks and tables stay as they were.
--
-- A simulated minute is a moment in the past: what happens in it takes effect then, and the
-- tick is called for its end. The policy is that of plain.sql with times so long that
-- whatever becomes due by what happens is due after the real present. So timers stand in the
-- minutes in which they would stand, and ticks leave minutes behind as they would. Autovacuum
-- looks around as much more often as the hours are shorter, roughly: every 5 s.
\if :{?open} \else \set open 10000000 \endif
\if :{?hours} \else \set hours 8 \endif
\if :{?opened} \else \set opened 0.02 \endif
\if :{?closed} \else \set closed 0.02 \endif
\if :{?escalated} \else \set escalated 0.01 \endif
\if :{?spread} \else \set spread random \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;
\ir report.sql
\ir plain.sql

SELECT incident.import_policy(jsonb_set(plain_policy('slow'), '{levels}',
	(SELECT jsonb_agg(level || jsonb_build_object('processing_time',
		CASE level ->> 'level' WHEN '1' THEN '12 hours' WHEN '2' THEN '24 hours' WHEN '3' THEN '48 hours' END))
	FROM jsonb_array_elements(plain_policy('slow') -> 'levels') AS level))) AS slow \gset
SELECT incident.publish_policy(:slow) \g /dev/null
SELECT incident.register_organisation(1, 'bench', 'slow') \g /dev/null

\echo
\echo hours: :hours simulated hours at :open open, each hour :opened new, :closed closed, :escalated escalated, :spread
SELECT string_agg(greatest(1, :open * :escalated / 60)::int::text, ',') AS stages
FROM generate_series(1, :hours * 60) \gset
\set policy slow
\ir generate.sql
\ir measure.sql

-- Whom to close, minute by minute.
CREATE TABLE bench.to_close AS
SELECT 1 + (row_number() OVER () - 1) / greatest(1, :open * :closed / 60)::int AS minute, i AS incident_id
FROM (SELECT i FROM generate_series(1, :open::bigint) AS i ORDER BY hashint8extended(i, 11)
	LIMIT greatest(1, :open * :closed / 60)::int * :hours * 60) AS i;
CREATE INDEX ON bench.to_close (minute);
VACUUM ANALYZE bench.to_close;

CREATE TABLE report.minute (minute int, ms float8, cpu_ms float8, due int, escalated int);
CREATE TABLE report.size (hour int, relation text, bytes bigint, rows bigint);

CREATE PROCEDURE bench.happen(minute int, opened int) LANGUAGE plpgsql AS $$
DECLARE
	ends timestamptz := bench.moment(minute);
	closing bigint;
BEGIN
	FOR n IN 1 .. opened LOOP
		PERFORM incident.open(asset => 'bench', severity => 'minor', detected_at => ends - interval '1 minute' * n / (opened + 1));
		COMMIT;
	END LOOP;
	FOR closing IN SELECT incident_id FROM bench.to_close AS c WHERE c.minute = happen.minute LOOP
		PERFORM incident.resolve(closing, at => ends - interval '1 second');
		COMMIT;
		PERFORM incident.close(closing, at => ends - interval '1 second');
		COMMIT;
	END LOOP;
END
$$;

-- Ticks as run_ticks() does; all of the minute's that are still open must escalate. Whoever was
-- closed within the minute had been due before or was not, by its own moment.
CREATE PROCEDURE bench.tick_minute(minute int) LANGUAGE plpgsql AS $$
DECLARE
	done record;
	began timestamptz;
	began_cpu float8;
	took interval;
	took_cpu float8;
	already bigint;
	escalations int := 0;
	due int := (SELECT size FROM bench.stage WHERE n = minute);
	expected int;
BEGIN
	SELECT count(*) FILTER (WHERE s.response_level = '2' AND s.status = 'open') INTO expected
	FROM bench.due AS d JOIN incident_internal.incident_state AS s ON s.org_id = 1 AND s.incident_id = d.incident_id
	WHERE d.stage = minute;
	COMMIT;
	began := clock_timestamp();
	began_cpu := report.cpu_ms();
	LOOP
		SELECT * INTO done FROM incident.tick(bench.moment(minute), 5000);
		COMMIT;
		escalations := escalations + done.escalations;
		EXIT WHEN done.remaining = 0 OR done.incidents = 0;
	END LOOP;
	took_cpu := report.cpu_ms() - began_cpu;
	took := clock_timestamp() - began;
	IF escalations <> expected OR done.remaining > 0 OR done.quarantined > 0 THEN
		RAISE EXCEPTION 'minute %: % escalations instead of %, then %', minute, escalations, expected, done;
	END IF;
	INSERT INTO report.minute VALUES (minute, extract(epoch FROM took) * 1000, took_cpu, due, escalations);
	PERFORM bench.refuse_late();
	COMMIT;
END
$$;

CREATE FUNCTION bench.take_sizes(hour int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	parent regclass;
	counted bigint;
BEGIN
	FOREACH parent IN ARRAY ARRAY['incident_internal.incidents', 'incident_internal.incident_state', 'incident_internal.entries', 'incident_internal.timers',
		'incident_internal.tick_log', 'incident_internal.last_tick']::regclass[] LOOP
		EXECUTE format('SELECT count(*) FROM %s', parent) INTO counted;
		WITH leaf AS (
			SELECT parent AS relid WHERE (SELECT relkind = 'r' FROM pg_class WHERE oid = parent)
			UNION ALL
			SELECT relid FROM pg_partition_tree(parent) WHERE isleaf)
		INSERT INTO report.size
		SELECT hour, parent::text, sum(pg_relation_size(relid)), counted FROM leaf
		UNION ALL
		SELECT hour, name, sum(pg_relation_size(indexrelid)), counted
		FROM (SELECT i.indexrelid, coalesce(top.relname, c.relname) AS name
			FROM leaf JOIN pg_index AS i ON i.indrelid = leaf.relid
			JOIN pg_class AS c ON c.oid = i.indexrelid
			LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
			LEFT JOIN pg_class AS top ON top.oid = h.inhparent) AS x
		GROUP BY name;
	END LOOP;
END
$$;

CREATE PROCEDURE bench.live_minute(minute int, opened int, began timestamptz) LANGUAGE plpgsql AS $$
BEGIN
	IF minute > 1 THEN
		PERFORM bench.arm(minute);
	END IF;
	COMMIT;
	CALL bench.happen(minute, opened);
	CALL bench.tick_minute(minute);
	IF minute % 60 = 0 THEN
		PERFORM bench.take_sizes(minute / 60);
		RAISE INFO 'hour % in % s', minute / 60, round(extract(epoch FROM clock_timestamp() - began));
	END IF;
END
$$;

ALTER SYSTEM SET autovacuum = on;
ALTER SYSTEM SET autovacuum_naptime = '5s';
SELECT pg_reload_conf() \g /dev/null
SELECT now() AS began \gset
-- Each is a statement of its own: only between statements does autovacuum hear of what was done.
SELECT format('CALL bench.live_minute(%s, %s, %L)', minute, greatest(1, :open * :opened / 60)::int, :'began')
FROM generate_series(1, :hours * 60) AS minute \gexec
ALTER SYSTEM RESET autovacuum_naptime;
ALTER SYSTEM RESET autovacuum;
SELECT pg_reload_conf() \g /dev/null

\echo
\echo hours: ticks of a minute
SELECT (minute + 59) / 60 AS hour, sum(escalated) AS escalated,
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms)::numeric, 1) AS "median CPU ms",
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS "median ms",
	round(percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS "95 of 100 below"
FROM report.minute GROUP BY 1 ORDER BY 1;

\echo hours: sizes at the end of the first and of the last hour
CREATE VIEW report.growth AS
SELECT relation, a.rows AS first_rows, a.bytes AS first_bytes, b.rows AS last_rows, b.bytes AS last_bytes,
	(b.bytes::numeric / nullif(b.rows, 0)) / nullif(a.bytes::numeric / nullif(a.rows, 0), 0) AS bytes_a_row
FROM report.size AS a JOIN report.size AS b USING (relation) WHERE a.hour = 1 AND b.hour = :hours;
SELECT relation, first_rows AS rows, round(first_bytes / 1048576.0, 1) AS "MB", last_rows AS "rows, last",
	round(last_bytes / 1048576.0, 1) AS "MB, last", round(bytes_a_row, 3) AS "bytes a row, last / first"
FROM report.growth ORDER BY last_bytes DESC;
SELECT relname, n_tup_upd AS updates, n_tup_hot_upd AS hot, n_dead_tup AS dead, autovacuum_count AS autovacuums
FROM pg_stat_user_tables WHERE schemaname LIKE 'incident%' AND n_tup_upd + n_dead_tup > 0 ORDER BY n_tup_upd DESC;

WITH hour AS (SELECT (minute + 59) / 60 AS hour, percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms) AS ms
	FROM report.minute GROUP BY 1)
SELECT report.tell('hours', 'ticks of a minute: last hour / first', b.ms / a.ms, at_most => 1.2)
FROM hour AS a, hour AS b WHERE a.hour = 1 AND b.hour = :hours
\g /dev/null
SELECT report.tell('hours', 'bytes a row: last hour / first, ' || relation, bytes_a_row, at_most => 1.2)
FROM report.growth WHERE last_bytes > 16 * 1048576 ORDER BY bytes_a_row DESC
\g /dev/null
SELECT * FROM report.summary;
