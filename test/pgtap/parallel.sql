--
-- What a parallel worker may not do, no function does that says it is PARALLEL SAFE: begin a
-- subtransaction, write, lock rows, set a setting, or call a function that may. Each test
-- lists the functions that break the rule. test/t/server_parallel.t runs everything in workers.
--
BEGIN;
SET LOCAL search_path = public, pg_catalog;

CREATE TEMP VIEW functions AS
SELECT p.oid, p.oid::regprocedure::text AS name, p.proname, p.provolatile, p.proparallel, l.lanname,
	regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '--[^\n]*|''[^'']*''', '', 'g') AS body
FROM pg_depend AS d
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'pg_incident'
JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
JOIN pg_language AS l ON l.oid = p.prolang
WHERE d.deptype = 'e';
CREATE TEMP VIEW safe AS SELECT * FROM functions WHERE proparallel = 's';

SELECT plan(7);

-- The lists below are about something: each pattern finds functions that are not safe.
CREATE FUNCTION pg_temp.those(pattern text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT name FROM safe WHERE lanname <> 'c' AND body ~* pattern
$$;
CREATE TEMP TABLE patterns AS SELECT * FROM (VALUES
	('begins a subtransaction', '\mEXCEPTION\s+WHEN\M'),
	('writes', '\m(INSERT\s+INTO|UPDATE\s+(ONLY\s+)?\w+\.\w+|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|LOCK\s+TABLE|nextval|setval)\M'),
	('locks rows', '\mFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\M'),
	('sets a setting or runs a text', '\mset_config\M|\mSET\s+(LOCAL|TRANSACTION)\M|\mEXECUTE\M|\mPERFORM\s+set')) AS p(deed, pattern);
SELECT is_empty($$
	SELECT deed FROM patterns AS p WHERE NOT EXISTS (SELECT FROM functions AS f WHERE f.proparallel = 'u' AND f.body ~* p.pattern)
$$, 'there are functions for each pattern');
SELECT is_empty(format('SELECT pg_temp.those(%L)', pattern), format('no safe function %s', deed)) FROM patterns;

SELECT is_empty($$ SELECT name FROM safe WHERE provolatile = 'v' $$, 'no safe function is VOLATILE');
SELECT is_empty($$
	SELECT s.name, f.name FROM safe AS s JOIN functions AS f ON f.proparallel <> 's'
		AND s.body ~ ('\mincident(_internal)?\.' || f.proname || '\s*\(') AND s.lanname <> 'c' AND f.oid <> s.oid
$$, 'no safe function calls one that is not');

SELECT * FROM finish();
ROLLBACK;
