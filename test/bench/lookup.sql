-- What a look-up costs, net of the scan, beside a built-in addition and a hash join to the
-- rules. A call is repeated eight times a row, each on a column of its own, so that it
-- shows; the same columns without the call are its baseline, timed just before it, since a
-- shared machine drifts. Figures are medians of these differences.
\if :{?rows} \else \set rows 10000000 \endif
\if :{?runs} \else \set runs 5 \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;

CREATE UNLOGGED TABLE fact AS
SELECT incident.policy_id('eport') AS policy_id,
	(ARRAY['1','2','3','none'])[1 + (i * 7919) % 4]::incident.level AS asset_level,
	(ARRAY['severe','moderate','minor'])[1 + (i * 104729 + 0) % 3]::incident.severity AS s1,
	(ARRAY['severe','moderate','minor'])[1 + (i * 104729 + 1) % 3]::incident.severity AS s2,
	(ARRAY['severe','moderate','minor'])[1 + (i * 104729 + 2) % 3]::incident.severity AS s3,
	(ARRAY['severe','moderate','minor'])[1 + (i / 3) % 3]::incident.severity AS s4,
	(ARRAY['severe','moderate','minor'])[1 + (i / 5) % 3]::incident.severity AS s5,
	(ARRAY['severe','moderate','minor'])[1 + (i / 7) % 3]::incident.severity AS s6,
	(ARRAY['severe','moderate','minor'])[1 + (i / 11) % 3]::incident.severity AS s7,
	(ARRAY['severe','moderate','minor'])[1 + (i / 13) % 3]::incident.severity AS s8,
	(i % 100)::int2 AS y, (i % 101)::int2 AS x1, (i % 102)::int2 AS x2, (i % 103)::int2 AS x3,
	(i % 104)::int2 AS x4, (i % 105)::int2 AS x5, (i % 106)::int2 AS x6, (i % 107)::int2 AS x7,
	(i % 108)::int2 AS x8
FROM generate_series(1, :rows::bigint) AS i;
VACUUM ANALYZE fact;
ANALYZE incident_internal.policy_matrix;

CREATE TABLE query (name text PRIMARY KEY, workers int, calls int, baseline text, statement text);
INSERT INTO query
SELECT name, workers, 8, baseline, format('SELECT %s FROM fact', (
	SELECT string_agg(format(pattern, n), ', ') FROM generate_series(1, 8) AS n))
FROM (VALUES
	('scan of severities', 0, NULL, 'count(s%1$s)'),
	('scan of numbers', 0, NULL, 'count(x%1$s)'),
	('addition', 0, 'scan of numbers', 'count(x%1$s + y)'),
	('event_level', 0, 'scan of severities', 'count(incident.event_level(policy_id, asset_level, s%1$s))'),
	('response_level', 0, 'scan of severities', 'count(incident.response_level(policy_id, asset_level, s%1$s))'),
	('event_level by name', 0, 'scan of severities', 'count(incident.event_level(''eport'', asset_level, s%1$s))'),
	('event_level, two workers', 2, NULL, 'count(incident.event_level(policy_id, asset_level, s%1$s))')
) AS v(name, workers, baseline, pattern);
INSERT INTO query VALUES
	('scan for the join', 0, 1, NULL, 'SELECT count(s1) FROM fact'),
	('hash join to the rules', 0, 1, 'scan for the join',
	 'SELECT count(m.event_level) FROM fact AS f JOIN incident_internal.policy_matrix AS m
	  ON m.policy_id = f.policy_id AND m.asset_level = f.asset_level AND m.severity = f.s1');

CREATE TABLE measured (name text, ms float8, baseline_ms float8);

CREATE FUNCTION time_of(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN extract(epoch FROM clock_timestamp() - began) * 1000;
END
$$;

CREATE PROCEDURE measure(runs int) LANGUAGE plpgsql AS $$
DECLARE
	q record;
	baseline_ms float8;
	ms float8;
BEGIN
	SET parallel_setup_cost = 0;
	SET parallel_leader_participation = off;
	SET work_mem = '64MB';
	FOR run IN 0 .. runs LOOP
		FOR q IN SELECT * FROM query ORDER BY name LOOP
			PERFORM set_config('max_parallel_workers_per_gather', q.workers::text, false);
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
WITH median AS (
	SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY ms - baseline_ms) AS net_ms
	FROM measured GROUP BY name)
SELECT name, q.calls, m.ms, m.net_ms * 1e6 / :rows / q.calls AS ns
FROM query AS q
JOIN median AS m USING (name);

\echo
\echo Look-ups over :rows rows, medians of :runs runs, net nanoseconds a call
SELECT name, round(ms::numeric) AS ms, round(ns::numeric, 1) AS "ns a call" FROM result ORDER BY ns NULLS FIRST, name;
SELECT 'event_level / addition' AS ratio, round((a.ns / b.ns)::numeric, 2) AS value, '<= 2' AS "hold to"
	FROM result a, result b WHERE a.name = 'event_level' AND b.name = 'addition'
UNION ALL
SELECT 'response_level / addition', round((a.ns / b.ns)::numeric, 2), '<= 2'
	FROM result a, result b WHERE a.name = 'response_level' AND b.name = 'addition'
UNION ALL
SELECT 'event_level / hash join', round((a.ns / b.ns)::numeric, 3), '<= 0.167'
	FROM result a, result b WHERE a.name = 'event_level' AND b.name = 'hash join to the rules'
UNION ALL
SELECT 'response_level / hash join', round((a.ns / b.ns)::numeric, 3), '<= 0.167'
	FROM result a, result b WHERE a.name = 'response_level' AND b.name = 'hash join to the rules'
UNION ALL
SELECT 'two workers, speed-up', round((a.ms / b.ms)::numeric, 2), '>= 1.6'
	FROM result a, result b WHERE a.name = 'event_level' AND b.name = 'event_level, two workers';
