--
-- Annual loss by Monte Carlo: closed forms, the same figures everywhere, samples of years,
-- portfolios serial and parallel, and every refusal.
--
SET client_min_messages = warning;
SET search_path = public, incident, incident_internal;

-- What is certain
SELECT * FROM annual_loss('{"events": 3}', '7.5');
SELECT * FROM annual_loss('{"events": 0}', '{"median": 1000, "sigma": 1}', 2);
SELECT * FROM annual_loss('{"events": 2}', '10', 1000, secondary => '{"probability": 1, "loss": 5}');
SELECT * FROM annual_loss('0', '10', 1000);
SELECT annual_losses('{"events": 2}', '{"min": 5, "mode": 5, "max": 5}', 3),
	annual_losses('{"events": 2}', '{"median": 5, "sigma": 0}', 3),
	annual_losses('{"events": 2}', '{"low": 5, "high": 5}', 3);

-- The same figures everywhere: to the last digit on every machine
SELECT annual_losses('2.5', '{"low": 10000, "high": 1000000}', 4) AS losses;
SELECT annual_losses('{"min": 1, "mode": 20, "max": 100}', '{"min": 100, "mode": 500, "max": 9000, "shape": 3}', 3,
	seed => -7, secondary => '{"probability": 0.25, "loss": {"median": 1000, "sigma": 1.5}}', scenario => 42) AS losses;
SELECT * FROM annual_loss('2.5', '{"low": 10000, "high": 1000000}');
-- The first years do not depend on how many follow; another seed or scenario has others.
SELECT (annual_losses('2', '{"median": 9, "sigma": 1}', 1000))[1:10] = annual_losses('2', '{"median": 9, "sigma": 1}', 10) AS prefix,
	annual_losses('2', '{"median": 9, "sigma": 1}', 10) = annual_losses('2', '{"median": 9, "sigma": 1}', 10, seed => 2) AS seed,
	annual_losses('2', '{"median": 9, "sigma": 1}', 10) = annual_losses('2', '{"median": 9, "sigma": 1}', 10, scenario => 2) AS scenario;

-- Closed forms. The moments m1, m2 and m4 of one event's loss give mean, variance and fourth
-- cumulant of a year with a Poisson number of events: rate * m1, rate * m2, rate * m4. Each
-- estimate is to be within four of its standard errors: sqrt(variance / n) for the mean,
-- sqrt((fourth cumulant + 2 variance^2) / n) for the variance.
CREATE TEMP TABLE compound (name text, frequency jsonb, magnitude jsonb, secondary jsonb,
	rate float8, m1 float8, m2 float8, m4 float8);
INSERT INTO compound
SELECT v.* FROM (VALUES ((ln(4) / (2 * 1.6448536269514729)) ^ 2)) AS l(s), LATERAL (VALUES
	('fixed', '0.8'::jsonb, '1000'::jsonb, NULL::jsonb, 0.8, 1e3, 1e6, 1e12),
	('lognormal', '4', '{"median": 100, "sigma": 0.6}', NULL,
		4, 1e2 * exp(0.18), 1e4 * exp(0.72), 1e8 * exp(2.88)),
	('lognormal, 90 % interval', '40', '{"low": 50, "high": 200}', NULL,
		40, 1e2 * exp(s / 2), 1e4 * exp(2 * s), 1e8 * exp(8 * s)),
	-- Beta(3, 3) over 0 to 600: its moments are 1/2, 2/7 and 5/42.
	('PERT', '1.5', '{"min": 0, "mode": 300, "max": 600}', NULL, 1.5, 300, 36e4 * 2 / 7, 1296e8 * 5 / 42),
	('secondary', '6', '10', '{"probability": 0.1, "loss": 90}',
		6, 0.9 * 10 + 0.1 * 100, 0.9 * 1e2 + 0.1 * 1e4, 0.9 * 1e4 + 0.1 * 1e8)) AS v;
SELECT name, abs(mean - rate * m1) <= 4 * sqrt(rate * m2 / n) AS mean,
	abs(standard_deviation ^ 2 - rate * m2) <= 4 * sqrt((rate * m4 + 2 * (rate * m2) ^ 2) / n) AS variance,
	abs(probability_of_any - (1 - exp(-rate))) <= 4 * sqrt((1 - exp(-rate)) * exp(-rate) / n) AS any_event,
	abs(standard_error / (standard_deviation / sqrt(n)) - 1) < 1e-12 AS error
FROM compound, (VALUES (200000)) AS v(n), LATERAL annual_loss(frequency, magnitude, n, 5, secondary)
ORDER BY name COLLATE "C";

-- The percentiles of one lognormal event are median * exp(sigma z); the standard error of a
-- percentile is sqrt(p (1 - p) / n) over the density there.
SELECT p, abs(found - exact) <= 4 * sqrt(p * (1 - p) / 200000) / (exp(-(z ^ 2) / 2) / sqrt(2 * pi()) / (1.5 * exact)) AS near
FROM annual_loss('{"events": 1}', '{"median": 1000, "sigma": 1.5}', 200000) AS s,
	LATERAL (VALUES (0.05, -1.6448536269514729, p05), (0.1, -1.2815515655446004, p10), (0.25, -0.6744897501960817, p25),
		(0.5, 0, p50), (0.75, 0.6744897501960817, p75), (0.9, 1.2815515655446004, p90),
		(0.95, 1.6448536269514729, p95), (0.99, 2.3263478740408408, p99)) AS v(p, z, found),
	LATERAL (SELECT 1000 * exp(1.5 * z) AS exact) AS e
ORDER BY p;

-- A rate that is uncertain adds its variance: PERT over 0 to 6 is beta(3, 3), mean 3,
-- variance 36 / 28. Four standard errors of the mean.
SELECT abs(mean - 3) <= 4 * sqrt((3 + 36.0 / 28) / 200000) AS mean, abs(standard_deviation - sqrt(3 + 36.0 / 28)) < 0.02 AS deviation
FROM annual_loss('{"min": 0, "mode": 3, "max": 6}', '1', 200000);

-- A sample of years
CREATE TEMP TABLE sample AS
SELECT annual_losses('0.9', '{"median": 5000, "sigma": 1.2}', 5001, 3) AS losses;
SELECT annual_loss(losses) = annual_loss('0.9', '{"median": 5000, "sigma": 1.2}', 5001, 3) AS same FROM sample;
SELECT (s).mean = avg AS mean, abs((s).standard_deviation / stddev_samp - 1) < 1e-12 AS deviation,
	ARRAY[(s).p05, (s).p10, (s).p25, (s).p50, (s).p75, (s).p90, (s).p95, (s).p99] = percentiles AS percentiles,
	(s).probability_of_any = any_loss AS any_loss
FROM (SELECT annual_loss(losses) AS s FROM sample) AS a,
	(SELECT stddev_samp(loss), count(*) FILTER (WHERE loss > 0) / count(*)::float8 AS any_loss,
		percentile_cont('{0.05,0.1,0.25,0.5,0.75,0.9,0.95,0.99}'::float8[]) WITHIN GROUP (ORDER BY loss) AS percentiles
	FROM sample, unnest(losses) AS loss) AS b,
	-- In the order of the years, as C adds them.
	(SELECT sum(loss ORDER BY year) / count(*) AS avg FROM sample, unnest(losses) WITH ORDINALITY AS l(loss, year)) AS c;

-- The exceedance curve
SELECT * FROM loss_exceedance('{0,0,0,10,20,20,30,50}', 8);
SELECT * FROM loss_exceedance('{0,0,0,10,20,20,30,50}', 3);
SELECT * FROM loss_exceedance('{4,4,4}');
SELECT count(*), count(*) FILTER (WHERE probability = (SELECT count(*) FROM unnest(losses) AS l WHERE l > loss) / 5001.0::float8) AS right,
	bool_and(probability = loss_probability(losses, loss)) AS same
FROM sample, loss_exceedance(losses, 50);
SELECT loss_probability('{0,0,10,20}', 0), loss_probability('{0,0,10,20}', -1), loss_probability('{0,0,10,20}', 10),
	loss_probability('{0,0,10,20}', 'infinity');

-- Portfolios
CREATE TABLE scenario (id bigint PRIMARY KEY, frequency jsonb, magnitude jsonb);
INSERT INTO scenario SELECT i, to_jsonb(i / 10.0), jsonb_build_object('median', 1000 * i, 'sigma', 0.1 * i)
	FROM generate_series(1, 20) AS i;
ANALYZE scenario;
CREATE FUNCTION pg_temp.total() RETURNS float8[] LANGUAGE sql AS $$
	SELECT portfolio_losses(annual_losses(frequency, magnitude, 5000, scenario => id)) FROM scenario
$$;
-- Year by year, and not by percentiles, which do not add up.
SELECT max(abs(t.loss / s.loss - 1)) < 1e-9 AS sums
FROM unnest(pg_temp.total()) WITH ORDINALITY AS t(loss, year)
JOIN (SELECT year, sum(loss) AS loss
	FROM scenario, unnest(annual_losses(frequency, magnitude, 5000, scenario => id)) WITH ORDINALITY AS l(loss, year)
	GROUP BY year) AS s USING (year);
-- Independent scenarios: variances add up. Four standard errors of the total's variance.
SELECT abs((t).mean / sum((s).mean) - 1) < 1e-9 AS means,
	abs((t).standard_deviation ^ 2 - sum((s).standard_deviation ^ 2)) < 4 * 2 * sqrt(sum((s).standard_deviation ^ 2) ^ 2 / 5000) AS variances
FROM (SELECT annual_loss(pg_temp.total()) AS t) AS a,
	(SELECT annual_loss(frequency, magnitude, 5000, scenario => id) AS s FROM scenario) AS b
GROUP BY t;
-- In any order, and in parallel.
SELECT portfolio_losses(losses ORDER BY id) = portfolio_losses(losses ORDER BY -id) AS same
FROM (SELECT id, annual_losses(frequency, magnitude, 5000, scenario => id) AS losses FROM scenario) AS s;
CREATE TEMP TABLE serial AS
SELECT pg_temp.total() AS losses, ARRAY(SELECT annual_loss(frequency, magnitude, 5000, scenario => id)::text FROM scenario ORDER BY id) AS summaries;
ALTER TABLE scenario SET (parallel_workers = 2);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
EXPLAIN (COSTS off) SELECT portfolio_losses(annual_losses(frequency, magnitude, 5000, scenario => id)) FROM scenario;
EXPLAIN (COSTS off) SELECT id, (loss).mean
	FROM (SELECT id, annual_loss(frequency, magnitude, 5000, scenario => id) AS loss FROM scenario OFFSET 0) AS s;
SELECT (SELECT portfolio_losses(annual_losses(frequency, magnitude, 5000, scenario => id)) FROM scenario) = losses AS total,
	ARRAY(SELECT annual_loss(frequency, magnitude, 5000, scenario => id)::text FROM scenario ORDER BY id) = summaries AS summaries
FROM serial;
RESET parallel_leader_participation;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_tuple_cost;
RESET parallel_setup_cost;
-- NULLs are left out.
SELECT portfolio_losses(l) FROM (VALUES (NULL::float8[]), ('{1,2}'), (NULL), ('{0.5,1e15}')) AS v(l);
SELECT portfolio_losses(l) FROM (VALUES (NULL::float8[])) AS v(l);
SELECT portfolio_losses(annual_losses('1', '1')) FROM scenario WHERE false;

-- Refusals
CREATE TEMP TABLE bad (id int GENERATED ALWAYS AS IDENTITY, arguments text);
INSERT INTO bad (arguments) VALUES
	('NULL, ''1'''), ('''1'', NULL'), ('''1'', ''1'', NULL'), ('''1'', ''1'', seed => NULL'), ('''1'', ''1'', scenario => NULL'),
	('''1'', ''1'', 1'), ('''1'', ''1'', 10000001'), ('''1'', ''1'', -5'),
	('''-1'', ''1'''), ('''1000001'', ''1'''), ('''"often"'', ''1'''), ('''null'', ''1'''), ('''true'', ''1'''), ('''[1]'', ''1'''), ('''{}'', ''1'''),
	('''{"rate": 1}'', ''1'''), ('''{"events": 1.5}'', ''1'''), ('''{"events": -1}'', ''1'''), ('''{"events": 1, "min": 2}'', ''1'''),
	('''{"events": [1]}'', ''1'''), ('''{"min": 1, "max": 2}'', ''1'''), ('''{"min": 1, "mode": 3, "max": 2}'', ''1'''),
	('''1'', ''1e16'''), ('''1'', ''-0.01'''), ('''1'', ''1e400'''), ('''1'', ''{"events": 1}'''),
	('''1'', ''{"min": 1, "mode": 0, "max": 2}'''), ('''1'', ''{"min": 3, "mode": 2, "max": 2}'''), ('''1'', ''{"min": -1, "mode": 0, "max": 2}'''),
	('''1'', ''{"min": 1, "mode": 2, "max": 2, "shape": -1}'''), ('''1'', ''{"min": 1, "mode": 2, "max": 3, "sigma": 1}'''),
	('''1'', ''{"median": 0, "sigma": 1}'''), ('''1'', ''{"median": 5, "sigma": 11}'''), ('''1'', ''{"median": 5}'''),
	('''1'', ''{"low": 5}'''), ('''1'', ''{"low": 5, "high": 4}'''), ('''1'', ''{"low": 0, "high": 4}'''), ('''1'', ''{"median": "5", "sigma": {}}'''),
	('''1'', ''1'', secondary => ''1'''), ('''1'', ''1'', secondary => ''{"probability": 0.5}'''), ('''1'', ''1'', secondary => ''{"loss": 1}'''),
	('''1'', ''1'', secondary => ''{"probability": 1.5, "loss": 1}'''), ('''1'', ''1'', secondary => ''{"probability": 1, "loss": "much"}'''),
	('''1'', ''1'', secondary => ''{"probability": 1, "loss": {"low": 1}}'''), ('''1'', ''1'', secondary => ''{"probability": 1, "loss": 1, "min": 1}'''),
	('''{"median": 1000000, "sigma": 10}'', ''1''');
ALTER TABLE bad ADD state text, ADD message text, ADD hint text;
UPDATE bad SET (state, message, hint) = (SELECT r.* FROM test.refusal(format('SELECT annual_loss(%s)', arguments)) AS r);
\a
SELECT arguments, state, message FROM bad ORDER BY id;
SELECT message, hint FROM bad WHERE hint LIKE '%{%' AND message ~ '^(\S+ is (an|"|null)|frequency.min|magnitude.rate|secondary is)' ORDER BY id;
SELECT DISTINCT hint FROM bad WHERE hint NOT LIKE '%{%' ORDER BY hint;
SELECT call, r.* FROM unnest(ARRAY['annual_loss(NULL::float8[])', 'annual_loss(''{}''::float8[])', 'annual_loss(''{1}''::float8[])',
	'annual_loss(''{{1,2},{3,4}}''::float8[])', 'annual_loss(''{1,NULL}''::float8[])', 'annual_loss(''{1,-2}''::float8[])',
	'annual_loss(''{1,NaN}''::float8[])', 'annual_loss(''{Infinity,1}''::float8[])',
	'annual_loss(''{1e308,1e308,1e308}''::float8[])', 'annual_loss(''{1e200,0}''::float8[])',
	'loss_exceedance(NULL)', 'loss_exceedance(''{1,2}'', NULL)', 'loss_exceedance(''{1,2}'', 0)', 'loss_exceedance(''{1,2}'', 1001)',
	'loss_probability(NULL, 1)', 'loss_probability(''{1,2}'', NULL)', 'loss_probability(''{1,2}'', ''NaN'')', 'loss_probability(''{}'', 1)',
	'portfolio_losses(l) FROM (VALUES (''{1,2}''::float8[]), (''{1,2,3}'')) AS v(l)', 'portfolio_losses(''{1,1e16}''::float8[])',
	'portfolio_losses(''{1,9e15}''::float8[]) FROM generate_series(1, 1000)', 'portfolio_losses(''{1,-1}''::float8[])']) WITH ORDINALITY AS c(call, id), test.refusal('SELECT ' || call) AS r ORDER BY id;
\a
-- A long simulation can be cancelled.
SET statement_timeout = '100ms';
SELECT annual_loss('{"events": 1000000}', '{"low": 1, "high": 2}', 10000000);
RESET statement_timeout;
DROP TABLE scenario;
