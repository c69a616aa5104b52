--
-- plpgsql_check finds nothing wrong in the functions in PL/pgSQL.
--
BEGIN;
CREATE EXTENSION plpgsql_check;

CREATE TEMP VIEW functions AS
SELECT p.oid, p.oid::regprocedure::text AS name, p.proname,
	-- A trigger function is checked with a table that it is for.
	CASE WHEN p.prorettype = 'trigger'::regtype THEN
		(SELECT min(t.tgrelid::text)::oid FROM pg_trigger AS t WHERE t.tgfoid = p.oid) ELSE 0 END AS relation
FROM pg_proc AS p
	JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND l.lanname = 'plpgsql';

-- A function with a mistake, which must be found.
CREATE FUNCTION pg_temp.mistaken() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT missing FROM incident_internal.policies);
END $$;

SELECT plan(5 + count(*)::integer) FROM functions;

SELECT isnt_empty($$ SELECT * FROM plpgsql_check_function_tb('pg_temp.mistaken()'::regprocedure) $$,
	'a mistake is found');
SELECT cmp_ok((SELECT count(*) FROM functions), '>=', 8::bigint, 'there are functions to check');
SELECT is_empty($$ SELECT name FROM functions WHERE relation IS NULL $$,
	'every trigger function has a trigger');

-- Errors, warnings, hints on performance; and on statements put together from text, but
-- for grant_role() and revoke_role(), which run what rights_statements() has quoted. What such statements
-- do to the database is not seen, so those who make them may look STABLE.
SELECT is_empty(format($f$
		SELECT lineno, sqlstate, message, level FROM plpgsql_check_function_tb(%1$s::oid, %2$s::oid, fatal_errors => false,
			other_warnings => true, extra_warnings => true, performance_warnings => true, security_warnings => %3$L)
		WHERE NOT ((%4$L LIKE '%%\_next\_partition' OR %4$L = 'lock_version') AND message LIKE 'routine is marked as VOLATILE%%')
	$f$, oid, relation, proname NOT IN ('grant_role', 'revoke_role'), proname), name)
FROM functions ORDER BY name;
SELECT set_eq($$ SELECT f.proname::text, p.message FROM functions AS f, plpgsql_check_function_tb(f.oid, security_warnings => true) AS p
		WHERE f.proname IN ('grant_role', 'revoke_role') $$,
	$$ VALUES ('grant_role', 'text type variable is not sanitized'), ('revoke_role', 'text type variable is not sanitized') $$,
	'these two have nothing else');
SELECT is_empty($$
	SELECT n FROM unnest('{1,2}'::integer[]) AS n, LATERAL incident_internal.rights_statements('auditor',
		'a"; DROP TABLE x; --', n = 1) AS s WHERE s NOT LIKE '% "a""; DROP TABLE x; --"'
$$, 'and what it runs is quoted');

SELECT * FROM finish();
ROLLBACK;
