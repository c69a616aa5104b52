--
-- The core of the walls between organisations: what is granted to whom, what he sees of it,
-- by row security and by what the planner makes of it, and who is taken for the caller.
--
CREATE ROLE regress_pgi_one LOGIN;			-- organisation 1
CREATE ROLE regress_pgi_two LOGIN;			-- 2, and as a reporter 3
CREATE ROLE regress_pgi_all LOGIN;			-- all of them
CREATE ROLE regress_pgi_none LOGIN;
CREATE ROLE regress_pgi_operator LOGIN;
CREATE ROLE regress_pgi_group;				-- 1 and 3
CREATE ROLE regress_pgi_member LOGIN IN ROLE regress_pgi_group;
CREATE ROLE regress_pgi_aside LOGIN NOINHERIT IN ROLE regress_pgi_group;
CREATE ROLE regress_pgi_gone LOGIN;
CREATE ROLE regress_pgi_reader;				-- whom row security holds, and who owns the view
SET client_min_messages = warning;
\set SHOW_CONTEXT never

INSERT INTO incident_internal.organisations (org_id, name) SELECT n, 'organisation ' || n FROM generate_series(1, 5) AS n;
INSERT INTO incident_internal.grants (org_id, grantee, role, clearance) VALUES
	(1, 'regress_pgi_one', 'responder', NULL),
	(2, 'regress_pgi_two', 'auditor', 'red'),
	(2, 'regress_pgi_two', 'reporter', 'green'),
	(3, 'regress_pgi_two', 'reporter', NULL),
	(0, 'regress_pgi_all', 'auditor', 'amber+strict'),
	(4, 'regress_pgi_all', 'responder', 'red'),
	(0, 'regress_pgi_operator', 'operator', NULL),
	(1, 'regress_pgi_group', 'auditor', 'green'),
	(3, 'regress_pgi_group', 'administrator', NULL),
	(5, 'regress_pgi_gone', 'auditor', NULL);
SELECT * FROM test.refusal($$INSERT INTO incident_internal.grants (org_id, grantee, role) VALUES (1, 'regress_pgi_one', 'operator')$$);
SELECT * FROM test.refusal($$INSERT INTO incident_internal.grants (org_id, grantee, role) VALUES (1, 'regress_pgi_one', 'root')$$);

-- A table behind the wall as the views will have it.
CREATE TABLE public.incidents (org_id integer NOT NULL, incident_id bigint GENERATED ALWAYS AS IDENTITY,
	ticket text, mark text, ticket_number bigint GENERATED ALWAYS AS (incident_internal.ticket_number(ticket)) STORED,
	PRIMARY KEY (org_id, incident_id));
CREATE INDEX incidents_ticket ON public.incidents (ticket, org_id);
CREATE INDEX incidents_ticket_number ON public.incidents (ticket_number, org_id);
INSERT INTO public.incidents (org_id, ticket, mark)
	SELECT n % 5 + 1, n, ('{clear,green,amber,amber+strict,red,NULL}'::text[])[n % 6 + 1] FROM generate_series(0, 9999) AS n;
ALTER TABLE public.incidents ENABLE ROW LEVEL SECURITY;
CREATE POLICY walls ON public.incidents TO regress_pgi_reader USING (incident_internal.sees(org_id));
GRANT SELECT ON public.incidents TO regress_pgi_reader;
CREATE VIEW public.seen AS
SELECT org_id, incident_id, ticket, ticket_number, mark,
	CASE WHEN incident_internal.clears(org_id, mark) THEN 'told' END AS summary FROM public.incidents;
ALTER VIEW public.seen OWNER TO regress_pgi_reader;
GRANT SELECT ON public.seen TO PUBLIC;
GRANT USAGE ON SCHEMA incident, incident_internal TO PUBLIC;	-- to look behind the doors
GRANT EXECUTE ON FUNCTION incident_internal.sees, incident_internal.seen_array, incident_internal.clears,
	incident.ticket_key(bigint) TO PUBLIC;
VACUUM ANALYZE public.incidents;

-- Rows by organisation, what sees() and seen_array() say, and the marks that are told.
CREATE FUNCTION public.view(OUT rows text, OUT sees text, OUT seen_array integer[], OUT cleared text)
LANGUAGE sql STABLE AS $$
	SELECT (SELECT string_agg(org_id || ':' || n, ' ' ORDER BY org_id) FROM (SELECT org_id, count(*) AS n FROM public.seen GROUP BY 1) AS c),
		(SELECT string_agg(o::text, ' ' ORDER BY o) FROM generate_series(1, 5) AS o WHERE incident_internal.sees(o)),
		(SELECT array_agg(o ORDER BY o) FROM unnest(incident_internal.seen_array()) AS o),
		(SELECT string_agg(o || ':' || m, ' ' ORDER BY o) FROM (SELECT o, (array_agg(m ORDER BY n DESC))[1] AS m
			FROM generate_series(1, 5) AS o, unnest('{clear,green,amber,amber+strict,red}'::text[]) WITH ORDINALITY AS u(m, n)
			WHERE incident_internal.clears(o, m) GROUP BY o) AS c)
$$;

-- Each login, with the setting as it is, empty, and one.
SET pg_incident.organisation = '';
SELECT * FROM view();
SET ROLE regress_pgi_one;
SELECT * FROM view();
SET ROLE regress_pgi_two;
SELECT * FROM view();
SET ROLE regress_pgi_all;
SELECT * FROM view();
SET ROLE regress_pgi_none;
SELECT * FROM view();
SET ROLE regress_pgi_operator;
SELECT * FROM view();
SET ROLE regress_pgi_group;
SELECT * FROM view();
SET ROLE regress_pgi_member;
SELECT * FROM view();
SET ROLE regress_pgi_aside;
SELECT * FROM view();
SET ROLE regress_pgi_reader;
SELECT * FROM view();
RESET ROLE;

-- What has no mark is for all who see it; a word that is no mark is for nobody else.
SET ROLE regress_pgi_one;
SELECT incident_internal.clears(1, NULL), incident_internal.clears(1, 'secret'), incident_internal.clears(1, 'red'), incident_internal.clears(2, 'clear'),
	incident_internal.clears(NULL, 'red'), incident_internal.sees(NULL), incident_internal.sees(0), incident_internal.sees(-1);
SELECT mark, summary, count(*) FROM public.seen GROUP BY 1, 2 ORDER BY 1;
RESET ROLE;

-- The setting narrows and never widens.
RESET pg_incident.organisation;
SET ROLE regress_pgi_one;
SELECT rows, seen_array FROM view();
SET pg_incident.organisation = 2;
SELECT * FROM test.refusal('SELECT count(*) FROM public.seen');
SELECT * FROM test.refusal('SELECT incident_internal.sees(2)');
SELECT * FROM test.refusal('SELECT incident_internal.sees(1)');
SELECT * FROM test.refusal('SELECT incident_internal.seen_array()');
SELECT * FROM test.refusal('EXPLAIN SELECT FROM public.seen');
SELECT * FROM test.refusal('SET pg_incident.organisation = 0');
SELECT * FROM test.refusal('SET pg_incident.organisation = ''one''');
SET ROLE regress_pgi_two;
SELECT rows, seen_array FROM view();
SET pg_incident.organisation = 3;
SELECT rows, seen_array FROM view();
SET ROLE regress_pgi_all;
SELECT rows, seen_array FROM view();
SET ROLE regress_pgi_none;
SELECT * FROM test.refusal('SELECT count(*) FROM public.seen');
RESET ROLE;
SELECT rows, seen_array FROM view();
SET pg_incident.organisation = 77;
SELECT rows, seen_array FROM view();
SET pg_incident.organisation = '';

-- What was prepared by one, under one setting, holds for the next under another.
SET plan_cache_mode = force_generic_plan;
PREPARE ticket(text) AS SELECT org_id, ticket FROM public.seen WHERE ticket = $1;
PREPARE counted AS SELECT string_agg(org_id::text, ' ' ORDER BY org_id) FROM (SELECT DISTINCT org_id FROM public.seen) AS o;
SET ROLE regress_pgi_one;
EXECUTE ticket('0');
EXECUTE ticket('1');
EXECUTE counted;
SET ROLE regress_pgi_two;
EXECUTE ticket('0');
EXECUTE ticket('1');
EXECUTE counted;
SET ROLE regress_pgi_all;
SET pg_incident.organisation = 2;
EXECUTE ticket('0');
EXECUTE ticket('1');
EXECUTE counted;
SET pg_incident.organisation = '';
EXECUTE ticket('0');
EXECUTE ticket('1');
EXECUTE counted;
SET ROLE regress_pgi_none;
EXECUTE ticket('0');
EXECUTE counted;
RESET ROLE;
EXECUTE ticket('0');
EXECUTE counted;
SET pg_incident.organisation = 1;
EXECUTE ticket('1');
EXECUTE counted;
SET pg_incident.organisation = '';
DEALLOCATE ALL;
RESET plan_cache_mode;

-- Plans: few organisations by index, all by none; the wall is looked at again.
CREATE FUNCTION public.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
END $$;
CREATE FUNCTION public.expected(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
	RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
CREATE TABLE public.tickets (id bigint PRIMARY KEY, key text NOT NULL, state text NOT NULL);
INSERT INTO public.tickets SELECT n, n, 'state ' || n % 100 FROM generate_series(0, 9999) AS n;
GRANT SELECT ON public.tickets TO PUBLIC;
VACUUM ANALYZE public.tickets;
SET enable_bitmapscan = off;	-- how many pages are all-visible depends on what else runs
SET enable_seqscan = off;
SET ROLE regress_pgi_one;
SELECT plan('SELECT FROM public.seen');
RESET enable_seqscan;
SELECT plan('SELECT FROM public.tickets AS t JOIN public.seen AS s ON s.ticket = incident.ticket_key(t.id) WHERE t.id = 7');
SELECT plan('SELECT FROM public.tickets AS t JOIN public.seen AS s ON s.ticket_number = t.id WHERE t.id < 5');
SELECT expected('SELECT FROM public.seen');
SET ROLE regress_pgi_member;
SELECT expected('SELECT FROM public.seen');
SET ROLE regress_pgi_none;
SELECT expected('SELECT FROM public.seen');
SET ROLE regress_pgi_all;
SELECT expected('SELECT FROM public.seen');
SELECT plan('SELECT FROM public.seen');
SELECT plan('SELECT FROM public.tickets AS t JOIN public.seen AS s ON s.ticket = incident.ticket_key(t.id) WHERE t.id = 7');
SET pg_incident.organisation = 3;
SELECT expected('SELECT FROM public.seen');
RESET pg_incident.organisation;
RESET enable_bitmapscan;
RESET ROLE;

-- In parallel workers.
SET pg_incident.organisation = '';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SET ROLE regress_pgi_member;
SELECT plan('SELECT count(*) FROM public.seen');
SELECT count(*), sum(org_id) FROM public.seen;
RESET ROLE;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;

-- Functions of the reader are not asked before the wall.
SET ROLE regress_pgi_one;
CREATE FUNCTION pg_temp.spy(org_id integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF org_id <> 1 THEN
		RAISE WARNING 'saw organisation %', org_id;
	END IF;
	RETURN true;
END $$;
SELECT count(*) FROM public.seen WHERE pg_temp.spy(org_id);
SELECT count(*) FROM public.seen WHERE 1 / (org_id - 2) <> 0;
SELECT count(*) FROM public.tickets AS t JOIN public.seen AS s ON s.ticket = t.key WHERE pg_temp.spy(s.org_id);
SELECT * FROM test.refusal('TABLE public.incidents');
SELECT * FROM test.refusal('SELECT FROM incident_internal.grants');
RESET ROLE;

-- Changes hold at once, also for a transaction that began before.
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
UPDATE incident_internal.grants SET org_id = 2 WHERE grantee = 'regress_pgi_one';
SET LOCAL ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
SAVEPOINT before;
DELETE FROM incident_internal.grants WHERE grantee = 'regress_pgi_one';
SET LOCAL ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
ROLLBACK TO before;
SET LOCAL ROLE regress_pgi_one;
SELECT rows FROM view();
ROLLBACK;
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;

-- Members come and go.
GRANT regress_pgi_group TO regress_pgi_one;
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
REVOKE regress_pgi_group FROM regress_pgi_one;
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
ALTER ROLE regress_pgi_one SUPERUSER;
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;
ALTER ROLE regress_pgi_one NOSUPERUSER;
SET ROLE regress_pgi_one;
SELECT rows FROM view();
RESET ROLE;

-- A role that is dropped leaves nothing to the next of its name; one that is renamed keeps it.
SET ROLE regress_pgi_gone;
SELECT rows FROM view();
RESET ROLE;
DROP ROLE regress_pgi_gone;
CREATE ROLE regress_pgi_gone LOGIN;
SET ROLE regress_pgi_gone;
SELECT rows FROM view();
RESET ROLE;
UPDATE incident_internal.grants SET clearance = 'red' WHERE grantee = 'regress_pgi_gone';
SET ROLE regress_pgi_gone;
SELECT rows FROM view();
RESET ROLE;
VACUUM FULL incident_internal.grants;
SET ROLE regress_pgi_gone;
SELECT rows FROM view();
RESET ROLE;
SELECT grantee FROM incident_internal.grants AS g
	WHERE grantee_oid IS DISTINCT FROM (SELECT oid FROM pg_roles AS r WHERE r.rolname = g.grantee);
UPDATE incident_internal.grants SET grantee = grantee WHERE grantee = 'regress_pgi_gone';	-- granted anew
SET ROLE regress_pgi_gone;
SELECT rows FROM view();
RESET ROLE;
ALTER ROLE regress_pgi_gone RENAME TO regress_pgi_renamed;
SET ROLE regress_pgi_renamed;
SELECT rows FROM view();
RESET ROLE;
INSERT INTO incident_internal.grants (org_id, grantee, role) VALUES (1, 'regress_pgi_never', 'auditor');
CREATE ROLE regress_pgi_never LOGIN;
SET ROLE regress_pgi_never;
SELECT rows FROM view();
RESET ROLE;

-- More callers than are kept; a SECURITY DEFINER function calls as its owner.
CREATE FUNCTION public.as_two() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT rows FROM public.view()';
ALTER FUNCTION public.as_two() OWNER TO regress_pgi_two;
SET ROLE regress_pgi_one;
SELECT rows, as_two() FROM view();
RESET ROLE;
DO $$
DECLARE
	login name;
	was text;
BEGIN
	FOR n IN 1..3 LOOP
		FOR login, was IN VALUES ('regress_pgi_one', '1'), ('regress_pgi_two', '2'), ('regress_pgi_all', '1 2 3 4 5'),
				('regress_pgi_none', NULL), ('regress_pgi_operator', NULL), ('regress_pgi_group', '1 3'),
				('regress_pgi_member', '1 3'), ('regress_pgi_aside', NULL), ('regress_pgi_renamed', '5'), ('regress_pgi_reader', NULL) LOOP
			EXECUTE format('SET ROLE %I', login);
			IF (SELECT string_agg(o::text, ' ' ORDER BY o) FROM generate_series(1, 5) AS o WHERE incident_internal.sees(o)) IS DISTINCT FROM was THEN
				RAISE WARNING '% sees what it should not', login;
			END IF;
			RESET ROLE;
		END LOOP;
	END LOOP;
END
$$;

-- Keys of tickets: the same number for every way to write it that is its own.
SELECT incident.ticket_key(n), incident_internal.ticket_number(incident.ticket_key(n)) = n AS back
	FROM unnest('{0,7,-7,9223372036854775807,-9223372036854775808}'::bigint[]) AS n;
SELECT key, incident_internal.ticket_number(key)
	FROM unnest('{"",-,-0,00,07,+7," 7","7 ",7a,7.0,9223372036854775808,-9223372036854775809,99999999999999999999,INC-7,七}'::text[]) AS key;

-- Doors: for whom the owner works. The functions inside tell who is taken for the caller.
CREATE FUNCTION incident_internal.door_who(OUT who text, OUT works_as text, OUT sees text) LANGUAGE sql STABLE
	AS $$ SELECT (SELECT string_agg(o::text, ' ') FROM unnest(incident_internal.seen_array()) AS o), current_user::text, (SELECT rows FROM public.view()) $$;
CREATE FUNCTION incident.door_who(OUT who text, OUT works_as text, OUT sees text) LANGUAGE c STABLE
	AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_rows(most integer) RETURNS SETOF text LANGUAGE sql STRICT STABLE
	AS $$ SELECT n || ' for ' || rows FROM generate_series(1, most) AS n, public.view() $$;
CREATE FUNCTION incident.door_rows(most integer) RETURNS SETOF text LANGUAGE c STRICT STABLE AS '$libdir/pg_incident', 'pgi_door_look_up';
CREATE FUNCTION incident_internal.door_rows(most text) RETURNS TABLE (n integer, as_told text) LANGUAGE plpgsql STABLE
	AS $$ BEGIN RETURN QUERY SELECT g, coalesce(most, 'NULL') FROM generate_series(1, 2) AS g; END $$;
CREATE FUNCTION incident.door_rows(most text DEFAULT 'default') RETURNS TABLE (n integer, as_told text) LANGUAGE c STABLE AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_fails() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as %', current_user <> session_user; END $$;
CREATE FUNCTION incident.door_fails() RETURNS text LANGUAGE c AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_other() RETURNS text LANGUAGE sql STABLE AS $$ SELECT public.as_two() || ', then ' || rows FROM public.view() $$;
CREATE FUNCTION incident.door_other() RETURNS text LANGUAGE c STABLE AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_nested() RETURNS text LANGUAGE sql STABLE AS $$ SELECT sees FROM incident.door_who() $$;
CREATE FUNCTION incident.door_nested() RETURNS text LANGUAGE c STABLE AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION public.door_as_two() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT sees FROM incident.door_who()';
ALTER FUNCTION public.door_as_two() OWNER TO regress_pgi_two;
CREATE FUNCTION incident_internal.door_nested_other() RETURNS text LANGUAGE sql STABLE AS $$ SELECT public.door_as_two() || ', then ' || rows FROM public.view() $$;
CREATE FUNCTION incident.door_nested_other() RETURNS text LANGUAGE c STABLE AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_write() RETURNS text LANGUAGE sql AS $$ SELECT 'written' $$;
CREATE FUNCTION incident.door_write() RETURNS text LANGUAGE c AS '$libdir/pg_incident', 'pgi_door_report';
CREATE FUNCTION incident_internal.door_operate() RETURNS text LANGUAGE sql AS $$ SELECT 'operated' $$;
CREATE FUNCTION incident.door_operate() RETURNS text LANGUAGE c AS '$libdir/pg_incident', 'pgi_door_operate';
CREATE FUNCTION incident.door_nowhere() RETURNS text LANGUAGE c AS '$libdir/pg_incident', 'pgi_door_read';
CREATE FUNCTION incident_internal.door_workers() RETURNS text LANGUAGE sql STABLE
	SET parallel_setup_cost = 0 SET parallel_tuple_cost = 0 SET min_parallel_table_scan_size = 0
	SET enable_indexscan = off SET enable_bitmapscan = off SET enable_indexonlyscan = off SET parallel_leader_participation = off
	AS $$ SELECT sum(org_id)::text FROM public.seen $$;
CREATE FUNCTION incident.door_workers() RETURNS text LANGUAGE c STABLE AS '$libdir/pg_incident', 'pgi_door_read';

SET pg_incident.organisation = '';
SELECT who, sees FROM incident.door_who();
SET ROLE regress_pgi_member;
SELECT who, works_as <> current_user AS as_owner, sees FROM incident.door_who();
SELECT current_user, rows FROM view();
SELECT * FROM incident.door_rows(3);
SELECT incident.door_rows(2);
SELECT * FROM incident.door_rows(NULL::integer);
SELECT incident.door_rows(NULL::integer);
SELECT * FROM incident.door_rows(NULL::text);
SELECT * FROM incident.door_rows();
SELECT incident.door_rows('x'), generate_series(1, 3);
SELECT incident.door_rows(100) LIMIT 1;
SELECT current_user, incident.door_nested(), incident.door_other(), incident.door_nested_other();
SELECT incident.door_workers();
SELECT * FROM test.refusal('SELECT incident.door_fails()');
SELECT current_user, rows FROM view();
SELECT * FROM test.refusal('SELECT incident.door_nowhere()');
SELECT * FROM test.refusal('SELECT incident.door_write()');
SET pg_incident.organisation = 1;
SELECT * FROM test.refusal('SELECT incident.door_write()');
SET pg_incident.organisation = 3;
SELECT incident.door_write();
SELECT * FROM test.refusal('SELECT incident.door_operate()');
SET pg_incident.organisation = 2;
SELECT * FROM test.refusal('SELECT incident.door_who()');
SET pg_incident.organisation = '';
SET ROLE regress_pgi_one;
SELECT incident.door_write();
SET ROLE regress_pgi_operator;
SELECT incident.door_operate();
SELECT * FROM test.refusal('SELECT incident.door_who()');
SET ROLE regress_pgi_none;
SELECT * FROM test.refusal('SELECT incident.door_who()');
SELECT * FROM test.refusal('SELECT incident.door_rows(1)');

-- Nobody can pretend to be another.
SELECT * FROM test.refusal('SET pg_incident.caller = ''10 10''');
SELECT * FROM test.refusal('SELECT set_config(''pg_incident.caller'', ''10 10'', false)');
SHOW pg_incident.caller;
RESET ALL;
RESET ROLE;
SET pg_incident.caller = 'x';
SELECT format('%s %s', o.oid, t.oid) AS pretended FROM pg_roles AS o, pg_roles AS t
	WHERE o.rolname = current_user AND t.rolname = 'regress_pgi_two' \gset
\c -
SET client_min_messages = error;
SET SESSION AUTHORIZATION regress_pgi_one;
SET pg_incident.caller = :'pretended';		-- before the library is there
SET pg_incident.organisation = '';
SELECT rows FROM view();
SHOW pg_incident.caller;

\c -
SET client_min_messages = warning;
DROP OWNED BY regress_pgi_two, regress_pgi_reader CASCADE;
DROP ROLE regress_pgi_one, regress_pgi_two, regress_pgi_all, regress_pgi_none, regress_pgi_operator,
	regress_pgi_group, regress_pgi_member, regress_pgi_aside, regress_pgi_renamed, regress_pgi_never, regress_pgi_reader;
