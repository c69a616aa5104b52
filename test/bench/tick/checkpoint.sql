-- WAL of a tick right after a checkpoint, when the first change of each page writes all of it,
-- without and with compression.
\if :{?checkpoint_open} \else \set checkpoint_open 5000000 \endif

\echo
\echo checkpoint: :due due of :checkpoint_open open, :spread
SELECT string_agg(:'due', ',') AS stages FROM generate_series(1, 5) \gset
\set open :checkpoint_open
\ir ../generate.sql
\ir ../measure.sql

CREATE PROCEDURE bench.checkpoint_run(name text, stage int, checkpoint boolean) LANGUAGE plpgsql AS $$
DECLARE
	m bench.measurement;
BEGIN
	PERFORM bench.arm(stage);
	COMMIT;
	IF checkpoint THEN
		CHECKPOINT;
	END IF;
	m := bench.measure_stage(stage);
	PERFORM report.take('checkpoint', name, stage, m.wal_bytes::float8
		/ (SELECT s.size FROM bench.stage AS s WHERE s.n = checkpoint_run.stage));
	CALL bench.finish_stage(stage);
END
$$;

CALL bench.checkpoint_run('no full pages', 1, false);
ALTER SYSTEM SET full_page_writes = on;
SELECT pg_reload_conf() \g /dev/null
SELECT pg_sleep(1) \g /dev/null
CALL bench.checkpoint_run('full pages', 2, true);
SET wal_compression = lz4;
CALL bench.checkpoint_run('full pages, lz4', 3, true);
RESET wal_compression;
CALL bench.checkpoint_run('full pages', 4, true);
SET wal_compression = lz4;
CALL bench.checkpoint_run('full pages, lz4', 5, true);
RESET wal_compression;
ALTER SYSTEM RESET full_page_writes;
SELECT pg_reload_conf() \g /dev/null
SELECT pg_sleep(1) \g /dev/null

SELECT report.tell('checkpoint', title, report.median('checkpoint', name), 'B')
FROM (VALUES
	('WAL an escalation, no full pages', 'no full pages'),
	('right after a checkpoint', 'full pages'),
	('right after a checkpoint, wal_compression = lz4', 'full pages, lz4')) AS v(title, name)
\g /dev/null
