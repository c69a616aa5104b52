--
-- Every function of the extension takes NULL for any of its arguments, and values that make no
-- sense: it may refuse them, but it neither ends the session nor fails as by a defect.
--
BEGIN;
SET LOCAL search_path = public, pg_catalog;

CREATE TEMP VIEW functions AS
SELECT p.oid, p.oid::regprocedure AS name, p.proargtypes, p.pronargs,
	EXISTS (SELECT FROM incident_internal.role_rights AS r WHERE r.object = p.proname AND r.object_kind = 'function') AS is_public
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_incident'
JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
WHERE d.deptype = 'e' AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
	AND NOT '{internal,cstring}'::regtype[] && p.proargtypes::regtype[];

-- What a call came to; nothing of it stays.
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT count(*) FROM (SELECT ' || call || ') AS r';
	RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN others THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- A value of a type.
CREATE FUNCTION pg_temp.value(type regtype) RETURNS text LANGUAGE sql AS $$
	SELECT CASE
		WHEN type = 'anyelement'::regtype THEN quote_literal('x') || '::text'
		WHEN t.typcategory = 'A' THEN '''{}''::' || type
		WHEN t.typcategory IN ('N', 'S') OR type IN ('incident.level'::regtype, 'incident.rating'::regtype) THEN '''1''::' || type
		WHEN t.typcategory = 'B' THEN 'true'
		WHEN t.typcategory = 'T' THEN '''1 hour''::interval'
		WHEN type IN ('json'::regtype, 'jsonb'::regtype) THEN '''{}''::' || type
		WHEN type = 'incident.severity'::regtype THEN '''minor''::incident.severity'
		WHEN type = 'timestamptz'::regtype THEN 'now()'
		WHEN type = 'date'::regtype THEN 'current_date'
		WHEN type = 'time'::regtype THEN 'time ''09:00'''
		WHEN type = 'bytea'::regtype THEN '''x''::bytea'
		ELSE 'NULL::' || type END
	FROM pg_type AS t WHERE t.oid = type
$$;

-- With no NULL (0), with NULLs only (-1), and with one at each place.
CREATE TEMP TABLE outcomes AS
SELECT f.name, f.is_public, c.call, pg_temp.outcome(c.call) AS outcome
FROM functions AS f, generate_series(-1, f.pronargs) AS place,
	LATERAL (SELECT format('%s(%s)', split_part(f.name::text, '(', 1),
			(SELECT string_agg(CASE WHEN place IN (-1, a.number)
				THEN 'NULL::' || CASE a.type WHEN 'anyelement'::regtype::oid THEN 'text' ELSE a.type::regtype::text END
				ELSE pg_temp.value(a.type) END, ', ' ORDER BY a.number)
			FROM unnest(f.proargtypes) WITH ORDINALITY AS a(type, number))) AS call) AS c
WHERE f.pronargs > 0 OR place = 0;

SELECT plan(3);
SELECT cmp_ok((SELECT count(DISTINCT name) FROM outcomes), '>=', 200::bigint, 'the extension has functions');
SELECT is_empty($$ SELECT call, outcome FROM outcomes WHERE is_public AND outcome ~ '^(XX|P0004)' $$,
	'no function that anybody may call fails as by a defect');
SELECT is_empty($$ SELECT call, outcome FROM outcomes WHERE outcome ~ '^(42883|42725|42601)' $$, 'all of them were called');
SELECT * FROM finish();
ROLLBACK;
