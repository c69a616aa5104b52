-- What working time costs, net of the scan, beside the built-in difference of two moments
-- and SQL over a table of the same working intervals with the work before each. A call is
-- repeated eight times a row, each on columns of its own, so that it shows; the same columns
-- without the call are its baseline, timed just before it, since a shared machine drifts.
-- Figures are medians of these differences.
\if :{?rows} \else \set rows 1000000 \endif
\if :{?runs} \else \set runs 5 \endif
\pset pager off
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
CREATE EXTENSION pg_incident;
\ir report.sql

-- 26 years, two windows a day from Monday to Friday, 12 holidays a year.
SELECT FROM incident.import_calendar(jsonb_build_object('name', 'bench', 'zone', 'Asia/Shanghai',
	'week', (SELECT jsonb_object_agg(day, '[["09:00", "12:00"], ["13:00", "18:00"]]'::jsonb)
		FROM unnest('{mon,tue,wed,thu,fri}'::text[]) AS day),
	'holidays', (SELECT jsonb_agg(make_date(year, month, 3) ORDER BY year, month)
		FROM generate_series(2000, 2025) AS year, generate_series(1, 12) AS month)));

CREATE TABLE work_interval AS
SELECT day + opens AS opens, day + closes AS closes, sum(closes - opens) OVER (ORDER BY day, opens) - (closes - opens) AS before
FROM generate_series('2000-01-01'::timestamptz, '2025-12-31', '1 day') AS day,
	(VALUES ('9 hours'::interval, '12 hours'::interval), ('13 hours', '18 hours')) AS w(opens, closes)
WHERE extract(isodow FROM day) < 6 AND extract(day FROM day) <> 3;
CREATE UNIQUE INDEX ON work_interval (opens, closes, before);
CREATE UNIQUE INDEX ON work_interval (before, opens);

CREATE UNLOGGED TABLE fact AS
SELECT i AS id, interval '1 second' * (random() * 200000)::int AS n, a1, a2, a3, a4, a5, a6, a7, a8,
	a1 + interval '1 second' * (random() * 500000)::int AS b1, a2 + interval '1 second' * (random() * 500000)::int AS b2,
	a3 + interval '1 second' * (random() * 500000)::int AS b3, a4 + interval '1 second' * (random() * 500000)::int AS b4,
	a5 + interval '1 second' * (random() * 500000)::int AS b5, a6 + interval '1 second' * (random() * 500000)::int AS b6,
	a7 + interval '1 second' * (random() * 500000)::int AS b7, a8 + interval '1 second' * (random() * 500000)::int AS b8
FROM (SELECT i, start + span * random() AS a1, start + span * random() AS a2, start + span * random() AS a3,
		start + span * random() AS a4, start + span * random() AS a5, start + span * random() AS a6,
		start + span * random() AS a7, start + span * random() AS a8
	FROM generate_series(1, :rows::bigint) AS i,
		(VALUES (timestamptz '2000-02-01', timestamptz '2025-11-01' - timestamptz '2000-02-01')) AS v(start, span)) AS s;
-- Or the short ones would read all rows, and what they measure would drown in that.
CREATE UNIQUE INDEX ON fact (id);
VACUUM ANALYZE fact, work_interval;

CREATE TABLE query (name text PRIMARY KEY, rows bigint, calls int, baseline text, statement text);
INSERT INTO query
SELECT name, rows, calls, baseline, format('SELECT %s FROM fact WHERE id <= %s', (
	SELECT string_agg(format(pattern, n), ', ') FROM generate_series(1, coalesce(calls, 8)) AS n), rows)
FROM (VALUES
	('scan', :rows, NULL, NULL, 'count(b%1$s)'),
	('difference', :rows, 8, 'scan', 'count(b%1$s - a%1$s)'),
	('working_time', :rows, 8, 'scan', 'count(incident.working_time(''bench'', a%1$s, b%1$s))'),
	('add_working_time', :rows, 8, 'scan', 'count(incident.add_working_time(''bench'', a%1$s, n))'),
	('short scan', :rows / 100, 1, NULL, 'count(b%1$s)'),
	('working time in SQL', :rows / 100, 1, 'short scan', 'count((
		SELECT sum(least(closes, b%1$s) - greatest(opens, a%1$s))
		FROM work_interval WHERE opens > a%1$s - interval ''5 hours'' AND opens < b%1$s AND closes > a%1$s))'),
	('working time in SQL, sums', :rows / 100, 1, 'short scan', 'count((
		SELECT before + least(b%1$s, closes) - opens FROM work_interval
		WHERE opens <= b%1$s ORDER BY opens DESC LIMIT 1) - (
		SELECT before + least(a%1$s, closes) - opens FROM work_interval
		WHERE opens <= a%1$s ORDER BY opens DESC LIMIT 1))'),
	('addition in SQL, sums', :rows / 100, 1, 'short scan', 'count((
		SELECT i.opens + (w.work - i.before) FROM (
			SELECT before + least(a%1$s, closes) - opens + n AS work FROM work_interval
			WHERE opens <= a%1$s ORDER BY opens DESC LIMIT 1) AS w, LATERAL (
			SELECT opens, before FROM work_interval
			WHERE before < w.work ORDER BY before DESC LIMIT 1) AS i))')
) AS v(name, rows, calls, baseline, pattern);

CREATE TABLE measured (name text, ms float8, baseline_ms float8);

-- On the processor.
CREATE FUNCTION time_of(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	began float8 := report.cpu_ms();
BEGIN
	EXECUTE statement;
	RETURN report.cpu_ms() - began;
END
$$;

CREATE PROCEDURE measure(runs int) LANGUAGE plpgsql AS $$
DECLARE
	q record;
	baseline_ms float8;
	ms float8;
BEGIN
	SET max_parallel_workers_per_gather = 0;
	FOR run IN 0 .. runs LOOP
		FOR q IN SELECT * FROM query ORDER BY name LOOP
			baseline_ms := (SELECT time_of(b.statement) FROM query AS b WHERE b.name = q.baseline);
			ms := time_of(q.statement);
			IF run > 0 THEN		-- the first round warms up
				INSERT INTO measured VALUES (q.name, ms, baseline_ms);
			END IF;
			COMMIT;
		END LOOP;
	END LOOP;
END
$$;
CALL measure(:runs);

CREATE VIEW result AS
SELECT q.name, q.rows, q.calls, m.ms, m.net_ms * 1e6 / q.rows / q.calls AS ns
FROM query AS q
JOIN (SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY ms - baseline_ms) AS net_ms
	FROM measured GROUP BY name) AS m USING (name);

\echo
\echo Working time over :rows rows, medians of :runs runs, net nanoseconds a call on the processor
SELECT count(*) AS intervals FROM work_interval;
SELECT name, rows, round(ms::numeric) AS ms, round(ns::numeric, 1) AS "ns a call" FROM result ORDER BY ns NULLS FIRST, name;
SELECT report.tell('calendar', a.name || ' / ' || b.name, a.ns / b.ns, at_most => 1.0)
FROM result AS a, result AS b
WHERE (a.name, b.name) IN (('working_time', 'difference'), ('add_working_time', 'working_time'))
ORDER BY b.name \g /dev/null
SELECT report.tell('calendar', b.name || ' / ' || a.name, b.ns / a.ns, at_least => 100)
FROM result AS a, result AS b
WHERE a.name = 'working_time' AND b.name LIKE 'working time in SQL%'
	OR a.name = 'add_working_time' AND b.name = 'addition in SQL, sums'
ORDER BY b.name \g /dev/null
SELECT * FROM report.summary;
