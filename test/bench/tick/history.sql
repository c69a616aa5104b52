-- Entries written by the way that ticks write them, beside INSERT … SELECT of the same rows,
-- into copies of the entries' table that are partitioned like it: without an index, and with
-- its primary key.
\if :{?history_rows} \else \set history_rows 1000000 \endif

\echo
\echo history: :history_rows entries, :runs runs
CREATE SCHEMA bench_history;
CREATE FUNCTION bench_history.add_in_bulk(target text, source regclass) RETURNS bigint
LANGUAGE c STRICT AS :'module', 'bench_add_in_bulk';

CREATE TABLE bench_history.source AS SELECT * FROM incident_internal.entries WITH NO DATA;
INSERT INTO bench_history.source (org_id, month, incident_id, epoch, rule, occurrence, seq, effective_at,
	recorded_at, kind, event_level, response_level)
SELECT 1, 300, i, 1, 11, 1, 3, now() - i * interval '1 ms', now(), 33, '2', '1'
FROM generate_series(1, :history_rows) AS i;
VACUUM ANALYZE bench_history.source;

-- In the extension's schema, where src/base/bulk.c looks for its tables.
CREATE TABLE incident_internal.bench_heap (LIKE incident_internal.entries) PARTITION BY RANGE (month);
CREATE TABLE incident_internal.bench_heap_300 PARTITION OF incident_internal.bench_heap FOR VALUES FROM (300) TO (301);
CREATE TABLE incident_internal.bench_keyed (LIKE incident_internal.entries) PARTITION BY RANGE (month);
CREATE TABLE incident_internal.bench_keyed_300 (LIKE incident_internal.entries_default INCLUDING INDEXES);
ALTER TABLE incident_internal.bench_keyed ATTACH PARTITION incident_internal.bench_keyed_300 FOR VALUES FROM (300) TO (301);

CREATE FUNCTION bench_history.insert_select(target text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	rows bigint;
BEGIN
	EXECUTE format('INSERT INTO incident_internal.%I SELECT * FROM bench_history.source', target);
	GET DIAGNOSTICS rows = ROW_COUNT;
	RETURN rows;
END
$$;

CREATE PROCEDURE bench_history.measure_one(way text, target text, run int) LANGUAGE plpgsql AS $$
DECLARE
	goal bigint := (SELECT count(*) FROM bench_history.source);
	rows bigint;
	wal pg_lsn;
	began timestamptz;
	began_cpu float8;
	took interval;
	took_cpu float8;
BEGIN
	EXECUTE format('TRUNCATE incident_internal.%I', target);
	COMMIT;
	wal := pg_current_wal_insert_lsn();
	began := clock_timestamp();
	began_cpu := report.cpu_ms();
	IF way = 'bulk' THEN
		rows := bench_history.add_in_bulk(target, 'bench_history.source');
	ELSE
		rows := bench_history.insert_select(target);
	END IF;
	took_cpu := report.cpu_ms() - began_cpu;
	took := clock_timestamp() - began;
	PERFORM report.take_times('history', way || ' ' || target, run, extract(epoch FROM took) * 1000, took_cpu),
		report.take('history', way || ' ' || target || ' wal', run,
			pg_wal_lsn_diff(pg_current_wal_insert_lsn(), wal)::float8);
	COMMIT;
	EXECUTE format('SELECT count(*) FROM incident_internal.%I', target) INTO rows;
	IF rows <> goal THEN
		RAISE EXCEPTION '% wrote % of % entries', way, rows, goal;
	END IF;
END
$$;

CREATE PROCEDURE bench_history.measure(runs int) LANGUAGE plpgsql AS $$
BEGIN
	FOR run IN 0 .. runs LOOP
		CALL bench_history.measure_one('insert', 'bench_heap', run);
		CALL bench_history.measure_one('bulk', 'bench_heap', run);
		CALL bench_history.measure_one('insert', 'bench_keyed', run);
		CALL bench_history.measure_one('bulk', 'bench_keyed', run);
	END LOOP;
END
$$;
CALL bench_history.measure(:runs);

\echo
\echo history: medians of :runs runs of :history_rows entries
SELECT title AS shape, round(report.median('history', name)::numeric, 1) AS ms,
	round(report.median('history', name || ' cpu')::numeric, 1) AS "CPU ms",
	round((:history_rows / report.median('history', name || ' cpu'))::numeric) AS "thousand/s of CPU",
	round((report.median('history', name || ' wal') / :history_rows)::numeric, 1) AS "WAL bytes each"
FROM (VALUES
	('INSERT … SELECT, heap only', 'insert bench_heap'),
	('in bulk, heap only', 'bulk bench_heap'),
	('INSERT … SELECT, primary key', 'insert bench_keyed'),
	('in bulk, primary key', 'bulk bench_keyed')) AS v(title, name);
SELECT report.tell('history', 'rows/s: bulk / INSERT … SELECT, heap only',
		report.ratio('history', 'insert bench_heap cpu', 'bulk bench_heap cpu'), at_least => 3.5),
	report.tell('history', 'WAL: bulk / INSERT … SELECT, heap only',
		report.ratio('history', 'bulk bench_heap wal', 'insert bench_heap wal'), at_most => 0.5),
	report.tell('history', 'rows/s: bulk / INSERT … SELECT, primary key',
		report.ratio('history', 'insert bench_keyed cpu', 'bulk bench_keyed cpu')),
	report.tell('history', 'WAL: bulk / INSERT … SELECT, primary key',
		report.ratio('history', 'bulk bench_keyed wal', 'insert bench_keyed wal'))
\g /dev/null
DROP TABLE incident_internal.bench_heap, incident_internal.bench_keyed;
DROP SCHEMA bench_history CASCADE;
