-- The time of a tick against how much is due and how much is open. Each of the three sizes of
-- open has a database of its own, and these are measured in turn, so that a machine that is
-- busy with something else for a while is so for all.
\if :{?curve_open} \else \set curve_open 100000,1000000,10000000 \endif
\if :{?curve_due} \else \set curve_due 1,1000,10000,100000,1000000 \endif

\echo
\echo curve: :curve_due due of :curve_open open, :spread, :runs runs

-- These measure no size that would take more than half of the incidents; all that are open
-- becoming due at once is measured afterwards.
CREATE TABLE report.point AS
SELECT o.n::int AS place, 'bench_' || o.n AS database, o.open::bigint, d.n::int AS step, d.due::int,
	d.due::bigint * (:runs + 1) <= o.open::bigint / 2 AS measured
FROM unnest(string_to_array(:'curve_open', ',')) WITH ORDINALITY AS o(open, n),
	unnest(string_to_array(:'curve_due', ',')) WITH ORDINALITY AS d(due, n);
SELECT current_database() AS main \gset
\set place 1
\ir curve_fill.sql
\set place 2
\ir curve_fill.sql
\set place 3
\ir curve_fill.sql
SELECT dblink_connect(database, report.connection(database)) FROM (SELECT DISTINCT database FROM report.point) AS d \g /dev/null

-- The stages of a database are its points, run by run.
CREATE PROCEDURE report.measure_point(p report.point, run int) LANGUAGE plpgsql AS $$
DECLARE
	points int := (SELECT count(*) FROM report.point AS o WHERE o.place = p.place AND o.measured);
	before int := (SELECT count(*) FROM report.point AS o WHERE o.place = p.place AND o.measured AND o.step < p.step);
	stage int := run * points + before + 1;
	m record;
BEGIN
	PERFORM FROM dblink(p.database, format('SELECT bench.arm(%s)', stage)) AS t(rows bigint);
	SELECT * INTO m FROM dblink(p.database, format('SELECT ms, cpu_ms FROM bench.measure_stage(%s)', stage))
		AS t(ms float8, cpu_ms float8);
	PERFORM report.take_times('curve', p.open || ' open ' || p.due || ' due', run, m.ms, m.cpu_ms);
	PERFORM dblink_exec(p.database, format('CALL bench.finish_stage(%s)', stage));
	SELECT * INTO m FROM dblink(p.database, format('SELECT ms, cpu_ms FROM bench.measure_tick(bench.moment(%s), 0)', stage))
		AS t(ms float8, cpu_ms float8);
	PERFORM report.take_times('curve', p.open || ' open 0 due', run, m.ms, m.cpu_ms);
	COMMIT;
END
$$;

CREATE PROCEDURE report.measure_curve(runs int) LANGUAGE plpgsql AS $$
DECLARE
	p report.point;
BEGIN
	FOR run IN 0 .. runs LOOP
		FOR p IN SELECT * FROM report.point WHERE measured ORDER BY step, place LOOP
			CALL report.measure_point(p, run);
		END LOOP;
		RAISE INFO 'run % of % done', run, runs;
	END LOOP;
END
$$;
CALL report.measure_curve(:runs);
SELECT dblink_disconnect(database) FROM (SELECT DISTINCT database FROM report.point) AS d \g /dev/null
\set place 1
\ir curve_whole.sql
\set place 2
\ir curve_whole.sql

\echo
\echo curve: CPU ms a tick, medians of :runs runs, :spread
SELECT max(open || ' open') FILTER (WHERE place = 1) AS curve_1, max(open || ' open') FILTER (WHERE place = 2) AS curve_2,
	max(open || ' open') FILTER (WHERE place = 3) AS curve_3 FROM report.point \gset
SELECT due, max(ms) FILTER (WHERE place = 1) AS :"curve_1", max(ms) FILTER (WHERE place = 2) AS :"curve_2",
	max(ms) FILTER (WHERE place = 3) AS :"curve_3"
FROM (SELECT due, place, round(report.median('curve', open || ' open ' || due || ' due cpu')::numeric, 2) AS ms
	FROM (SELECT place, open, due FROM report.point WHERE measured
		UNION SELECT place, open, 0 FROM report.point) AS p) AS m
GROUP BY due ORDER BY due;

SELECT report.tell('curve', due || ' due: ' || biggest || ' open / ' || smallest || ' open',
	report.ratio('curve', biggest || ' open ' || due || ' due cpu', smallest || ' open ' || due || ' due cpu'),
	at_most => CASE WHEN due = 1000 THEN 1.3 END, stretch => CASE WHEN due = 1000 THEN 1.1 END)
FROM (SELECT DISTINCT due, min(open) OVER (PARTITION BY due) AS smallest, max(open) OVER (PARTITION BY due) AS biggest
	FROM report.point WHERE measured) AS p
WHERE smallest < biggest ORDER BY due
\g /dev/null
SELECT report.tell('curve', format('us each, %s due of %s open', due, open),
	report.median('curve', open || ' open ' || due || ' due cpu') * 1000 / due, 'us')
FROM (SELECT DISTINCT ON (due) due, open FROM report.point WHERE measured AND due >= 1000 ORDER BY due, open DESC) AS p
ORDER BY due
\g /dev/null
