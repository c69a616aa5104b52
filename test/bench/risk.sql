-- What risk costs: a level and a heat map for each of many rows, against counting them and
-- against GROUP BY; and a reassessment, that is, reading, computing and freezing every
-- scenario, against copying as many rows of results. Each question has a table with just the
-- columns that it reads, and the last of these is what is counted.
\if :{?rows} \else \set rows 10000000 \endif
\if :{?scenarios} \else \set scenarios 1000000 \endif
\if :{?runs} \else \set runs 5 \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;
\ir report.sql

CREATE UNLOGGED TABLE rated AS
SELECT (1 + i % 5)::int::incident.rating AS asset, (1 + i * 7919 % 5)::int::incident.rating AS threat,
	(1 + i / 5 % 5)::int::incident.rating AS vulnerability
FROM generate_series(1, :rows::bigint) AS i;
CREATE UNLOGGED TABLE graded AS
SELECT (1 + i / 7 % 5)::int::incident.rating AS likelihood, (1 + i / 11 % 5)::int::incident.rating AS loss
FROM generate_series(1, :rows::bigint) AS i;
VACUUM ANALYZE rated;
VACUUM ANALYZE graded;

CREATE TABLE query (name text PRIMARY KEY, statement text);
INSERT INTO query VALUES
	('count(vulnerability)', 'SELECT count(vulnerability) FROM rated'),
	('count(risk_level)', 'SELECT count(incident.risk_level(1, asset, threat, vulnerability)) FROM rated'),
	('count(loss)', 'SELECT count(loss) FROM graded'),
	('heat map', 'SELECT incident.risk_heat_map(likelihood, loss) FROM graded'),
	('GROUP BY', 'SELECT count(*) FROM (SELECT likelihood, loss, count(*) FROM graded GROUP BY likelihood, loss) AS g'),
	('CASE', 'SELECT count(CASE WHEN l * s <= 5 THEN 1 WHEN l * s <= 10 THEN 2 WHEN l * s <= 15 THEN 3 WHEN l * s <= 20 THEN 4 ELSE 5 END)
		FROM (SELECT CASE WHEN t * v <= 5 THEN 1 WHEN t * v <= 10 THEN 2 WHEN t * v <= 15 THEN 3 WHEN t * v <= 20 THEN 4 ELSE 5 END AS l,
			CASE WHEN a * v <= 5 THEN 1 WHEN a * v <= 10 THEN 2 WHEN a * v <= 15 THEN 3 WHEN a * v <= 20 THEN 4 ELSE 5 END AS s
		FROM (SELECT asset::int AS a, threat::int AS t, vulnerability::int AS v FROM rated OFFSET 0) AS r OFFSET 0) AS s');

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
	workers int;
	began_cpu float8;
	ms float8;
BEGIN
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
	SET parallel_leader_participation = off;
	FOR run IN 0 .. runs LOOP
		FOREACH workers IN ARRAY '{0,2}'::int[] LOOP
			PERFORM set_config('max_parallel_workers_per_gather', workers::text, false);
			FOR q IN SELECT * FROM query ORDER BY name LOOP
				began_cpu := report.cpu_ms();
				ms := time_of(q.statement);
				IF workers = 0 THEN
					PERFORM report.take_times('serial', q.name, run, ms, report.cpu_ms() - began_cpu);
				ELSE
					PERFORM report.take('two workers', q.name, run, ms);
				END IF;
				COMMIT;
			END LOOP;
		END LOOP;
	END LOOP;
END
$$;
CALL measure(:runs);

\o /dev/null
SELECT report.tell(part, name, report.median(part, name), 'ms')
FROM (SELECT DISTINCT part, name FROM report.sample) AS s ORDER BY part, name;
SELECT report.tell(part, 'risk_level / count', report.ratio(part, 'count(risk_level)', 'count(vulnerability)'), '', 1.15),
	report.tell(part, 'heat map / count', report.ratio(part, 'heat map', 'count(loss)'), '', 1.15),
	report.tell(part, 'heat map / GROUP BY', report.ratio(part, 'heat map', 'GROUP BY'), '', 0.45)
FROM (VALUES ('serial'), ('two workers')) AS p(part);
SELECT report.tell('serial', 'risk_level / count, cpu', report.ratio('serial', 'count(risk_level) cpu', 'count(vulnerability) cpu'), '', 1.15),
	report.tell('serial', 'heat map / count, cpu', report.ratio('serial', 'heat map cpu', 'count(loss) cpu'), '', 1.15),
	report.tell('serial', 'heat map / GROUP BY, cpu', report.ratio('serial', 'heat map cpu', 'GROUP BY cpu'), '', 0.45);

-- A register: ten thousand assets, a hundred services, a thousand threats, ten thousand
-- vulnerabilities; measures in two thirds of the scenarios, decisions in a tenth.
SELECT incident.register_organisation(1, 'bench');
INSERT INTO incident_internal.assets (org_id, asset_id, name, category, confidentiality, integrity, availability)
SELECT 1, i, 'asset ' || i, 'host', (1 + i % 5)::incident.rating, (1 + i / 5 % 5)::incident.rating, (1 + i / 25 % 5)::incident.rating
FROM generate_series(1, 10000) AS i;
INSERT INTO incident_internal.business_services (org_id, service_id, name, importance, parent_id, raised_by_assets, raises_assets)
SELECT 1, i, 'service ' || i, (1 + i % 5)::incident.rating, nullif(i / 10, 0), true, true FROM generate_series(1, 100) AS i;
INSERT INTO incident_internal.service_assets (org_id, service_id, asset_id)
SELECT 1, 1 + i % 100, i FROM generate_series(1, 10000, 3) AS i;
INSERT INTO incident_internal.threats (org_id, threat_id, name, source, frequency, incident_categories)
SELECT 1, i, 'threat ' || i, 'human_malicious', (1 + i % 5)::incident.rating, '{}' FROM generate_series(1, 1000) AS i;
INSERT INTO incident_internal.vulnerabilities (org_id, vulnerability_id, name, severity, status, found_at, due_at)
SELECT 1, i, 'vulnerability ' || i, (1 + i % 5)::incident.rating, (ARRAY['assessed','fixed','closed'])[1 + i % 3], now(), now()
FROM generate_series(1, 10000) AS i;
INSERT INTO incident_internal.risk_scenarios (org_id, scenario_id, asset_id, threat_id, vulnerability_id, preventive, protective,
	planned_preventive, planned_protective)
SELECT 1, i, 1 + i % 10000, 1 + i / 1000 % 1000, 1 + i * 7919 % 10000, i % 3, i % 2, i % 3 + i % 2, i % 2
FROM generate_series(1, :scenarios::bigint) AS i;
INSERT INTO incident_internal.risk_treatments (org_id, scenario_id, decision, status, decided_at)
SELECT 1, i, (ARRAY['control','keep','transfer'])[1 + i % 3], 'approved', now() FROM generate_series(1, :scenarios, 10) AS i;
VACUUM ANALYZE;
SELECT report.take('reassessment', 'all ratings anew', 1, time_of('SELECT incident_internal.record_risk(NULL)'));
VACUUM FULL incident_internal.risk_scenarios;
VACUUM ANALYZE;

CREATE TABLE copied (LIKE incident_internal.risk_results INCLUDING ALL);

CREATE PROCEDURE measure_freeze(runs int, expected bigint) LANGUAGE plpgsql AS $$
DECLARE
	began float8;
	done bigint;
BEGIN
	SET max_parallel_workers_per_gather = 0;
	FOR run IN 0 .. runs LOOP
		began := report.cpu_ms();
		PERFORM report.take('reassessment', 'freeze', run, time_of(format('SELECT incident_internal.freeze_results(%s)', run)));
		PERFORM report.take('reassessment', 'freeze cpu', run, report.cpu_ms() - began);
		COMMIT;
		TRUNCATE copied;
		COMMIT;
		began := report.cpu_ms();
		PERFORM report.take('reassessment', 'copy', run, time_of(format('INSERT INTO copied SELECT * FROM incident_internal.risk_results WHERE org_id = 1 AND round_id = %s', run)));
		PERFORM report.take('reassessment', 'copy cpu', run, report.cpu_ms() - began);
		SELECT count(*) INTO done FROM copied;
		IF done <> expected THEN
			RAISE EXCEPTION 'expected % results, but there are %', expected, done;
		END IF;
		COMMIT;
	END LOOP;
END
$$;
CALL measure_freeze(:runs, :scenarios);
SELECT report.tell('reassessment', name, report.median('reassessment', name), 'ms')
FROM (VALUES ('all ratings anew'), ('copy'), ('copy cpu'), ('freeze'), ('freeze cpu')) AS v(name);
SELECT report.tell('reassessment', 'freeze / copy', report.ratio('reassessment', 'freeze', 'copy'), '', 1.5),
	report.tell('reassessment', 'freeze / copy, cpu', report.ratio('reassessment', 'freeze cpu', 'copy cpu'), '', 1.5);

\o
\echo
\echo Risk over :rows rows and :scenarios scenarios, medians of :runs runs
SELECT * FROM report.summary;
