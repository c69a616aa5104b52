-- A tick with nothing to do, while another session has a transaction that writes and is older
-- than many processed timers: ticks must look at those again, as it may yet add one between
-- them. Then the same while another session holds a snapshot from before, so that nothing of
-- what the processing left behind can be cleaned up.
\if :{?empty_open} \else \set empty_open 10000000 \endif
\if :{?processed} \else \set processed 400000 \endif
\if :{?empty_ticks} \else \set empty_ticks 300 \endif

\echo
\echo empty: :empty_open open, :processed processed timers, :spread
SELECT concat_ws(',', :'processed', :'processed') AS stages \gset
\set open :empty_open
\set late 20
\ir ../generate.sql
\set late 1
\ir ../measure.sql

CREATE PROCEDURE bench.empty_ticks(name text, ticks int, stage int) LANGUAGE plpgsql AS $$
BEGIN
	FOR run IN 0 .. ticks LOOP
		PERFORM report.take('empty', name, run, (bench.measure_tick(bench.moment(stage), 0)).ms);
		COMMIT;
	END LOOP;
END
$$;

SELECT dblink_connect('holder', report.connection()) \g /dev/null
SELECT dblink_exec('holder', 'BEGIN') \g /dev/null
SELECT * FROM dblink('holder', 'SELECT pg_current_xact_id()::text') AS t(x text) \g /dev/null
SELECT bench.measure_stage(1) \g /dev/null
CALL bench.empty_ticks('writer held', 5, 1);
SELECT dblink_exec('holder', 'COMMIT') \g /dev/null
CALL bench.finish_stage(1);
CALL bench.empty_ticks('writer gone', 20, 1);

SELECT bench.arm(2) \g /dev/null
SELECT dblink_exec('holder', 'BEGIN ISOLATION LEVEL REPEATABLE READ') \g /dev/null
SELECT * FROM dblink('holder', 'SELECT count(*) FROM incident_internal.last_tick') AS t(n bigint) \g /dev/null
SELECT bench.measure_stage(2) \g /dev/null
CALL bench.finish_stage(2);
CALL bench.empty_ticks('snapshot held', :empty_ticks, 2);
SELECT dblink_exec('holder', 'COMMIT') \g /dev/null
SELECT dblink_disconnect('holder') \g /dev/null

SELECT report.tell('empty', 'empty tick, old snapshot held', report.median('empty', 'snapshot held'), 'ms',
		at_most => 2, stretch => 0.5),
	report.tell('empty', '95 of 100 are below', (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY value)
		FROM report.sample WHERE part = 'empty' AND name = 'snapshot held' AND run > 0), 'ms'),
	report.tell('empty', 'empty tick, an older transaction that writes still open',
		report.median('empty', 'writer held'), 'ms'),
	report.tell('empty', 'empty tick after it has ended', report.median('empty', 'writer gone'), 'ms')
\g /dev/null
