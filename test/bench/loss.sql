-- What a million simulated years of 100 scenarios cost, beside numpy doing the same on one
-- core (package python3-numpy): time on the processor, of both in turns, one kind of
-- scenario after the other. The total of the means shows that both have done the same.
\if :{?trials} \else \set trials 1000000 \endif
\if :{?runs} \else \set runs 3 \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;
\ir report.sql

CREATE TABLE scenario (id bigint PRIMARY KEY, kind text, frequency jsonb, magnitude jsonb, secondary jsonb);
INSERT INTO scenario
SELECT i, kind,
	CASE WHEN uncertain_rate THEN jsonb_build_object('min', rate / 4, 'mode', rate, 'max', rate * 3) ELSE to_jsonb(rate) END,
	CASE WHEN lognormal THEN jsonb_build_object('low', 1000 * i, 'high', 30000 * i)
		ELSE jsonb_build_object('min', 1000 * i, 'mode', 5000 * i, 'max', 40000 * i) END,
	CASE WHEN secondary THEN jsonb_build_object('probability', 0.3, 'loss', jsonb_build_object('low', 5000, 'high', 900000)) END
FROM generate_series(1, 100) AS i,
	-- From once in ten years to ten times a year.
	LATERAL (SELECT round(0.1 * 100 ^ ((i / 5) / 20.0), 2) AS rate) AS r,
	LATERAL (SELECT * FROM (VALUES
		(0, 'rate known, lognormal', false, true, false),
		(1, 'rate known, PERT', false, false, false),
		(2, 'rate PERT, lognormal', true, true, false),
		(3, 'rate PERT, PERT', true, false, false),
		(4, 'rate PERT, PERT, secondary', true, false, true)) AS k(number, kind, uncertain_rate, lognormal, secondary)
	WHERE number = i % 5) AS k;
ANALYZE scenario;

-- Where the program of the benchmark and the files of the server are.
SELECT regexp_replace(:'module', '/[^/]*/[^/]*$', '/loss_numpy.py') AS program,
	current_setting('data_directory') || '/loss_scenarios' AS file \gset

CREATE TABLE numpy (ms float8, total float8);

CREATE PROCEDURE measure(runs int, trials int, program text, file text) LANGUAGE plpgsql AS $$
DECLARE
	k text;
	began float8;
	ours float8;
	theirs float8;
	total float8;
	other_total float8;
	all_ours float8;
	all_theirs float8;
BEGIN
	FOR run IN 0 .. runs LOOP
		all_ours := 0;
		all_theirs := 0;
		FOR k IN SELECT DISTINCT kind FROM scenario ORDER BY kind LOOP
			-- JSON has no backslash here, so that a text file is lines of it.
			EXECUTE format('COPY (SELECT json_strip_nulls(row_to_json(s)) FROM scenario AS s WHERE kind = %L) TO %L', k, file);
			began := report.cpu_ms();
			SELECT sum((a).mean) INTO total FROM (SELECT incident.annual_loss(frequency, magnitude, trials, run, secondary, id) AS a
				FROM scenario WHERE kind = k OFFSET 0) AS s;
			ours := report.cpu_ms() - began;
			EXECUTE format('COPY numpy FROM PROGRAM %L', format('/usr/bin/python3 %s %s %s', program, trials, file));
			DELETE FROM numpy RETURNING ms, numpy.total INTO theirs, other_total;
			IF abs(total / other_total - 1) > 0.01 THEN
				RAISE EXCEPTION '%: the means add up to %, those of numpy to %', k, total, other_total;
			END IF;
			PERFORM report.take('loss', k, run, ours), report.take('loss', k || ', numpy', run, theirs);
			all_ours := all_ours + ours;
			all_theirs := all_theirs + theirs;
			COMMIT;
		END LOOP;
		PERFORM report.take('loss', 'all', run, all_ours), report.take('loss', 'all, numpy', run, all_theirs);
	END LOOP;
END
$$;
CALL measure(:runs, :trials, :'program', :'file');

\echo
\echo :trials years of 100 scenarios, time on the processor, medians of :runs runs
SELECT FROM (SELECT DISTINCT kind FROM scenario UNION ALL SELECT 'all' ORDER BY 1) AS k,
	LATERAL (SELECT report.tell('loss', kind, report.median('loss', kind), 'ms'),
		report.tell('loss', kind || ', numpy', report.median('loss', kind || ', numpy'), 'ms'),
		report.tell('loss', kind || ', / numpy', report.ratio('loss', kind, kind || ', numpy'), '',
			CASE kind WHEN 'all' THEN 1.0 END)) AS t \g /dev/null
SELECT figure, value, unit, "hold to", verdict FROM report.summary;
