-- The same tick with just-in-time compilation off, on, and on for every statement however
-- cheap.
\if :{?jit_open} \else \set jit_open 1000000 \endif
\if :{?jit_due} \else \set jit_due 20000 \endif

\echo
\echo jit: :jit_due due of :jit_open open, :spread, :runs runs
SELECT string_agg(:'jit_due', ',') AS stages FROM generate_series(1, 3 * (:runs + 1)) \gset
\set open :jit_open
\ir ../generate.sql
\ir ../measure.sql

CREATE PROCEDURE bench.jit_run(name text, run int, stage int, jit boolean, above_cost int) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM bench.arm(stage);
	PERFORM set_config('jit', jit::text, false), set_config('jit_above_cost', above_cost::text, false);
	COMMIT;
	PERFORM report.take('jit', name, run, (bench.measure_stage(stage)).ms);
	CALL bench.finish_stage(stage);
END
$$;

CREATE PROCEDURE bench.measure_jit(runs int) LANGUAGE plpgsql AS $$
BEGIN
	FOR run IN 0 .. runs LOOP
		CALL bench.jit_run('off', run, 3 * run + 1, false, 100000);
		CALL bench.jit_run('on', run, 3 * run + 2, true, 100000);
		CALL bench.jit_run('always', run, 3 * run + 3, true, 0);
	END LOOP;
	RESET jit;
	RESET jit_above_cost;
END
$$;
CALL bench.measure_jit(:runs);
SELECT report.tell('jit', 'tick, jit off', report.median('jit', 'off'), 'ms'),
	report.tell('jit', 'jit on / off', report.ratio('jit', 'on', 'off')),
	report.tell('jit', 'jit on, jit_above_cost = 0 / off', report.ratio('jit', 'always', 'off'))
\g /dev/null
