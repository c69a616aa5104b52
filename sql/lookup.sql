--
-- Look-ups: event_level, response_level, processing_time, by id and by name; unknown values,
-- boundaries, refusals; what other transactions and roll-backs mean for them.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- Every pair, by id and by name: levels now and after each step

SELECT a AS asset, s AS severity, event_level(1, a::level, s::severity) AS event,
	array_agg(response_level(1, a::level, s::severity, t) ORDER BY t) AS "at 0, 2, 4, 6 h",
	processing_time(1, event_level(1, a::level, s::severity)) AS time,
	bool_and(response_level(1, a::level, s::severity, t)::text = response_level('eport', a::level, s::severity,
		t)::text) AS by_name
FROM unnest(ARRAY['1', '2', '3', 'none', NULL]) WITH ORDINALITY AS a(a, x),
	unnest(ARRAY['severe', 'moderate', 'minor', NULL]) WITH ORDINALITY AS s(s, y),
	unnest('{0,2 h,4 h,6 h}'::interval[]) AS t
GROUP BY x, a, y, s ORDER BY x, y;
SELECT l AS level, processing_time(1, l::level) AS by_id, processing_time('eport', l::level) AS by_name
FROM unnest(ARRAY['1', '2', '3', 'none', NULL]) AS l;
SELECT bool_and(event_level(1, a, s)::text = event_level('eport', a, s)::text) AS same
FROM unnest(ARRAY['1', '2', '3', 'none', NULL]::level[]) AS a, unnest(ARRAY['severe', 'moderate', 'minor',
	NULL]::severity[]) AS s;

-- The elapsed time: nothing given is none; reached is reached, and one microsecond before is not.
SELECT response_level(1, '3', 'minor') AS at_once, response_level('eport', '3', 'minor') AS by_name;
SELECT t AS elapsed, response_level(1, '3', 'minor', t) AS "3, minor", response_level('eport', '2', 'minor', t)
	AS "2, minor",
	response_level(1, '1', 'minor', t) AS "1, minor", response_level(1, NULL, 'minor', t) AS "unknown, minor",
	response_level(1, 'none', 'severe', t) AS "none, severe"
FROM unnest('{0,01:59:59.999999,02:00,02:00:00.000001,03:59:59.999999,04:00,05:59:59.999999,06:00,07:59:59.999999,08:00,1 day,1 month,290000 years}'::interval[]) AS t;
-- A day counts 24 hours, a month 30 days.
SELECT response_level(1, '3', 'minor', '1 day -20 h -1 us') AS before, response_level(1, '3', 'minor',
	'1 day -20 h') AS at,
	response_level(1, '3', 'minor', '1 month -30 days 4 h') AS month, response_level(1, '3', 'minor',
		'-29 days 1 month -20 h') AS mixed;

-- Steps.
SELECT * FROM response_steps(1, '3', 'minor');
SELECT * FROM response_steps(1, NULL, 'minor');
SELECT * FROM response_steps(1, 'none', NULL);

-- Refusals

SELECT call, r.* FROM unnest(ARRAY[
	'event_level(-1, NULL, NULL)', 'event_level(''nothing'', NULL, NULL)', 'event_level('''', NULL, NULL)',
	'event_level(NULL::integer, ''1'', ''minor'')', 'event_level(NULL::text, ''1'', ''minor'')',
	'event_level(1, ''1'', ''critical'')', 'event_level(1, ''1'', ''informational'')',
		'event_level(1, NULL, ''critical''::severity)', 'event_level(1, ''5''::level, NULL::severity)', 'processing_time(1, ''5''::level)',
		'event_level(''eport'', ''1'', ''critical'')',
	'event_level(1, ''5'', ''minor'')', 'event_level(1, ''5'', NULL)', 'event_level(1, NULL, ''critical'')',
		'event_level(1, ''0'', NULL)',
	'response_level(-1, NULL, NULL)', 'response_level(''nothing'', NULL, NULL)',
		'response_level(NULL::integer, ''1'', ''minor'')',
	'response_level(1, ''1'', ''critical'')', 'response_level(1, ''5'', ''minor'')',
	'response_level(1, ''1'', ''minor'', NULL)', 'response_level(1, ''1'', ''minor'', ''-1 us'')',
	'response_level(1, ''1'', ''minor'', ''-1 month 29 days'')',
		'response_level(1, ''1'', ''minor'', ''300000 years'')',
		'response_level(''eport'', ''1'', ''minor'', ''-1 h'')',
	'processing_time(-1, ''1'')', 'processing_time(''nothing'', ''1'')', 'processing_time(NULL::integer, ''1'')',
		'processing_time(NULL::text, NULL)',
	'policy_id(''nothing'')', 'policy_id(NULL)', 'policy_id(''eport'', 2)', 'policy_id(''eport'', -1)',
		'policy_id(''EPORT'')', 'policy_id(''eport '')',
	'response_steps(1, ''5'', ''minor'')', 'response_steps(NULL, ''1'', ''minor'')', 'quick_reference(''nothing'')'])
	AS call, test.refusal('SELECT ' || call) AS r;
-- A name that could be mistaken for a shorter one.
SELECT r.state, left(r.message, 40) FROM test.refusal(format('SELECT event_level(%L, NULL, NULL)', repeat('x',
	1000000))) AS r;
SELECT r.state FROM (VALUES ('eport' || repeat(' ', 63)), ('eport2'), ('epor')) AS n(name),
	test.refusal(format('SELECT event_level(%L, NULL, NULL)', name)) AS r;
-- A level that the policy does not know has no processing time to tell.
SELECT r.state FROM test.refusal('SELECT processing_time(1, ''5'')') AS r;
SELECT r.state FROM test.refusal('SELECT processing_time(''eport'', ''5'')') AS r;

-- Over rows, with the policy as a constant and changing from row to row

CREATE TABLE regress_lookup AS
SELECT n AS id, CASE n % 5 WHEN 0 THEN NULL WHEN 4 THEN 'none' ELSE (n % 5)::text END::level AS asset,
	(ARRAY['minor', 'moderate', 'severe', NULL])[n % 4 + 1]::severity AS severity,
		make_interval(mins => n % 600) AS elapsed
FROM generate_series(1, 100000) AS n;
ANALYZE regress_lookup;

SELECT count(*) FROM regress_lookup WHERE response_level(1, asset, severity, elapsed) = '1';
SELECT response_level('eport', asset, severity, elapsed) AS response, count(*) FROM regress_lookup GROUP BY 1
	ORDER BY 1 DESC;
SELECT id, response_level('eport', asset, severity, elapsed) AS response, event_level('eport', asset,
	severity) AS event
FROM regress_lookup WHERE id <= 12 ORDER BY response_level('eport', asset, severity, elapsed) DESC, event_level(1,
	asset, severity) DESC, id;

SELECT import_policy(export_policy(1) || '{"name": "regress-lookup"}') AS draft \gset
SELECT publish_policy(import_policy(export_policy(1) || '{"name": "regress-lookup-2"}'
	|| jsonb_build_object('matrix', jsonb_set(export_policy(1) -> 'matrix', '{8,response_level}', '"none"'))));
SELECT n, CASE n % 2 WHEN 0 THEN 'eport' ELSE 'regress-lookup-2' END AS policy,
	response_level(CASE n % 2 WHEN 0 THEN 'eport' ELSE 'regress-lookup-2' END, '3', 'minor') AS by_name,
	response_level(CASE n % 2 WHEN 0 THEN 1 ELSE policy_id('regress-lookup-2') END, '3', 'minor') AS by_id
FROM generate_series(1, 4) AS n;

-- Workers give the same answers. The setting that makes them work has two names.
DO $$
BEGIN
	PERFORM set_config(name, CASE WHEN vartype = 'enum' THEN 'on' END, false)
	FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END $$;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN jsonb_path_exists(plan::jsonb, '$.** ? (@."Workers Planned" > 0)');
END $$;
SELECT pg_temp.is_parallel('SELECT count(*) FROM regress_lookup WHERE incident.response_level(''eport'', asset, severity, elapsed) = ''1''') AS parallel;
SELECT count(*) FROM regress_lookup WHERE response_level(1, asset, severity, elapsed) = '1';
SELECT response_level('eport', asset, severity, elapsed) AS response, count(*) FROM regress_lookup GROUP BY 1
	ORDER BY 1 DESC;
SELECT sum(extract(epoch FROM processing_time('eport', event_level('eport', asset, severity)))) AS seconds
	FROM regress_lookup;
RESET ALL;
SET client_min_messages = warning;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;
SELECT sum(extract(epoch FROM processing_time('eport', event_level('eport', asset, severity)))) AS seconds
	FROM regress_lookup;
DROP TABLE regress_lookup;

-- What is rolled back is never seen afterwards

CREATE FUNCTION pg_temp.seen() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT r.message FROM test.refusal('SELECT incident.policy_id(''regress-lookup'')') AS r),
		'published')
$$;
SELECT pg_temp.seen();
BEGIN;
SELECT publish_policy(:draft);
SELECT pg_temp.seen(), response_level('regress-lookup', '3', 'minor');
ROLLBACK;
SELECT pg_temp.seen();

BEGIN;
SAVEPOINT before;
SELECT publish_policy(:draft);
SELECT pg_temp.seen(), response_level('regress-lookup', '3', 'minor');
ROLLBACK TO before;
SELECT pg_temp.seen();
SELECT pg_temp.seen() AS still;
COMMIT;
SELECT pg_temp.seen();

-- A changed row too: as the superuser, because there is no function that changes a policy.
BEGIN;
SELECT response_level(:draft, '3', 'minor') AS before;
UPDATE policy_matrix SET response_level = '2' WHERE policy_id = :draft AND asset_level = '3' AND severity <> 'severe';
SELECT response_level(:draft, '3', 'minor') AS changed;
ROLLBACK;
SELECT response_level(:draft, '3', 'minor') AS after;
BEGIN;
SAVEPOINT before;
UPDATE policy_levels SET processing_time = '3 h' WHERE policy_id = :draft AND level = '1';
SELECT processing_time(:draft, '1') AS changed, response_level(:draft, '2', 'minor', '1 h') AS sooner;
ROLLBACK TO before;
SELECT processing_time(:draft, '1') AS back, response_level(:draft, '2', 'minor', '1 h') AS later;
UPDATE policies SET hold_stops = '{processing}' WHERE policy_id = :draft;
SELECT processing_time(:draft, '1') AS same;
DELETE FROM policy_matrix WHERE policy_id = :draft;
SELECT r.state, regexp_replace(r.message, '\d+', 'N') AS message
	FROM test.refusal(format('SELECT event_level(%s, NULL, NULL)', :draft)) AS r;
ROLLBACK;
SELECT event_level(:draft, NULL, NULL), processing_time(:draft, '1');

-- A change between the rows of one statement.
CREATE FUNCTION pg_temp.change(id integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	UPDATE incident_internal.policy_matrix SET response_level = '2' WHERE policy_id = id
		AND asset_level = '3'
		AND severity <> 'severe';
	RETURN 'changed';
END $$;
BEGIN;
SELECT n, response_level(:draft, '3', 'minor') AS before, CASE n WHEN 2 THEN pg_temp.change(:draft) END AS then,
	response_level(:draft, '3', 'minor') AS after
FROM generate_series(1, 3) AS n;
ROLLBACK;

-- In REPEATABLE READ, look-ups answer with what is published now, and see their own changes.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM policy_versions WHERE name = 'regress-lookup';
SELECT pg_temp.seen(), response_level('eport', '3', 'minor', '4 h');
SELECT publish_policy(:draft);
SELECT pg_temp.seen(), response_level('regress-lookup', '3', 'minor', '4 h');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_temp.seen(), response_level('eport', '3', 'minor', '4 h'), count(*) FROM quick_reference('eport');
COMMIT;
SELECT publish_policy(:draft);
SELECT pg_temp.seen(), policy_id('regress-lookup') = :draft AS newest;

-- The extension dropped and created again in one session

CREATE DATABASE regress_pgi_lookup TEMPLATE template0 ENCODING 'UTF8';
SELECT current_database() AS home \gset
\c regress_pgi_lookup
SET client_min_messages = warning;
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE EXTENSION pg_incident;
SELECT incident.response_level('eport', '3', 'minor', '4 h'), incident.event_level(1, NULL, NULL);
SELECT incident.register_asset('a', 'host', '3'), incident.open('a', 'minor', detected_at => '2026-01-05 08:00+00');
DROP EXTENSION pg_incident;
SELECT incident.response_level('eport', '3', 'minor', '4 h');
CREATE EXTENSION pg_incident;
SELECT incident.response_level('eport', '3', 'minor', '4 h'), incident.event_level(1, NULL, NULL),
	incident.processing_time('eport', '1');
SELECT incident.register_asset('a', 'host', '3'), incident.open('a', 'minor', detected_at => '2026-01-05 08:00+00');
SELECT incident.acknowledge(1, at => '2026-01-05 08:10+00'), incidents, escalations, breaches
	FROM incident.tick('2026-01-05 17:00+00');
SELECT seq, kind, event_level, response_level FROM incident.timeline ORDER BY seq;
BEGIN;
DROP EXTENSION pg_incident;
ROLLBACK;
SELECT incident.response_level('eport', '3', 'minor', '4 h'), incident.resolve(1, at => '2026-01-05 16:30+00');
BEGIN;
DROP EXTENSION pg_incident;
CREATE EXTENSION pg_incident;
SELECT incident.response_level('eport', '3', 'minor', '4 h');
ROLLBACK;
SELECT incident.response_level('eport', '3', 'minor', '4 h'), incident.close(1, at => '2026-01-05 16:40+00');
SELECT incident.import_policy(incident.export_policy(1)) >= 1000 AS imported;
\c :home
DROP DATABASE regress_pgi_lookup;
