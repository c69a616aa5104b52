--
-- Rights: nothing for PUBLIC, seven roles with what each needs, never tables; and no way to
-- make the extension's functions run anybody else's code. In a database of its own.
--
SELECT current_database() AS home \gset
CREATE DATABASE regress_pgi_rights TEMPLATE template0 ENCODING 'UTF8';
CREATE ROLE regress_pgi_reporter LOGIN;
CREATE ROLE regress_pgi_responder LOGIN;
CREATE ROLE regress_pgi_administrator LOGIN;
CREATE ROLE regress_pgi_auditor LOGIN;
CREATE ROLE regress_pgi_operator LOGIN;
CREATE ROLE regress_pgi_relay LOGIN;
CREATE ROLE regress_pgi_gateway LOGIN;
CREATE ROLE regress_pgi_nobody LOGIN;
CREATE ROLE regress_pgi_attacker LOGIN;
\c regress_pgi_rights
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
CREATE EXTENSION pg_incident;

-- Runs a statement that must fail and tells how it did. In public, for every role.
CREATE FUNCTION public.refusal(statement text, OUT state text, OUT message text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'accepted';
EXCEPTION WHEN others THEN
	state := SQLSTATE;
	message := SQLERRM;
END $$;
CREATE VIEW public.roles AS
SELECT role, ('regress_pgi_' || role)::regrole AS login
	FROM unnest('{reporter,responder,administrator,auditor,operator,relay,gateway}'::text[]) AS role;
CREATE VIEW public.functions AS
SELECT p.oid, p.proname, p.prokind, p.proowner, p.proacl, p.pronamespace = 'incident'::regnamespace AS is_public,
	-- What operators, casts and aggregates of the types run, and what only the server calls.
	p.oid IN (SELECT oprcode FROM pg_operator) OR p.oid IN (SELECT castfunc
		FROM pg_cast) OR p.prokind = 'a' OR p.oid IN (SELECT aggtransfn FROM pg_aggregate)
		OR p.proname ~ '^(severity|level|rating)_(in|out)$' AS of_types,
	p.proname ~ '^(severity|level|rating)_(recv|send|cmp|sortsupport|hash|hash_extended)$' AS of_server
FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT e.oid FROM pg_extension AS e WHERE e.extname = 'pg_incident');

-- PUBLIC has nothing: but the usage of types, as everywhere

SELECT count(*) FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
	WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee = 0;
SELECT count(*) FROM pg_class AS c, aclexplode(coalesce(c.relacl,
	acldefault(CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END::"char", c.relowner))) AS a
WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee = 0;
SELECT count(*) FROM pg_attribute AS t JOIN pg_class AS c ON c.oid = t.attrelid, aclexplode(t.attacl) AS a
	WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace);
SELECT count(*) FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE n.nspname = 'incident' AND a.grantee = 0;
-- Nobody but the owner may name what is internal.
SELECT count(*) FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
	WHERE n.nspname = 'incident_internal' AND a.grantee <> n.nspowner;
SELECT DISTINCT a.privilege_type FROM pg_type AS t, aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS a
	WHERE t.typnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee = 0;
-- Before a role is granted nobody but the owner has anything.
SELECT count(*) FROM public.roles AS r, public.functions AS f WHERE has_function_privilege(r.login, f.oid, 'EXECUTE');

-- The seven roles

SELECT incident.grant_role('boss', 'regress_pgi_nobody');
SELECT incident.grant_role('', 'regress_pgi_nobody');
SELECT incident.grant_role('Reporter', 'regress_pgi_nobody');
SELECT incident.revoke_role('boss', 'regress_pgi_nobody');
\set VERBOSITY terse
SELECT incident.grant_role('reporter', 'regress_pgi_missing');
\set VERBOSITY default
SELECT incident.grant_role(NULL, 'regress_pgi_nobody');
SELECT incident.grant_role('reporter', NULL);
SELECT count(*) FROM public.functions WHERE has_function_privilege('regress_pgi_nobody', oid, 'EXECUTE');

SELECT role, incident.grant_role(role, login::text::name) FROM public.roles;
-- Twice is as good as once.
SELECT incident.grant_role('auditor', 'regress_pgi_auditor');

CREATE FUNCTION public.mark(yes boolean) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN yes THEN 'x' ELSE '' END $$;
SELECT f.proname AS function, count(*) AS overloads,
	public.mark(bool_and(has_function_privilege('regress_pgi_reporter', f.oid, 'EXECUTE'))) AS reporter,
	public.mark(bool_and(has_function_privilege('regress_pgi_auditor', f.oid, 'EXECUTE'))) AS auditor,
	public.mark(bool_and(has_function_privilege('regress_pgi_responder', f.oid, 'EXECUTE'))) AS responder,
	public.mark(bool_and(has_function_privilege('regress_pgi_administrator', f.oid, 'EXECUTE'))) AS administrator,
	public.mark(bool_and(has_function_privilege('regress_pgi_operator', f.oid, 'EXECUTE'))) AS operator,
	public.mark(bool_and(has_function_privilege('regress_pgi_relay', f.oid, 'EXECUTE'))) AS relay,
	public.mark(bool_and(has_function_privilege('regress_pgi_gateway', f.oid, 'EXECUTE'))) AS gateway
FROM public.functions AS f WHERE is_public GROUP BY f.proname ORDER BY f.proname COLLATE "C";
-- All overloads are treated alike; operators, casts, min and max are for all of them, what only the server calls for none.
SELECT count(*) FROM (SELECT f.proname, r.role FROM public.functions AS f, public.roles AS r GROUP BY f.is_public, 1, 2
	HAVING bool_and(has_function_privilege(r.login, f.oid, 'EXECUTE')) <> bool_or(has_function_privilege(r.login,
		f.oid, 'EXECUTE'))) AS uneven;
SELECT of_types, of_server, count(DISTINCT f.oid) > 15 AS many, bool_and(has_function_privilege(r.login, f.oid,
	'EXECUTE')) AS all, bool_or(has_function_privilege(r.login, f.oid, 'EXECUTE')) AS any
FROM public.functions AS f, public.roles AS r WHERE of_types OR of_server GROUP BY 1, 2 ORDER BY 1, 2;
-- Of what else is internal, roles that read views have what these call, and nobody has anything more.
SELECT f.proname, string_agg(r.role, ' ' ORDER BY r.role) AS roles,
	bool_and(EXISTS (SELECT FROM pg_depend AS d JOIN pg_rewrite AS w ON w.oid = d.objid WHERE d.classid = 'pg_rewrite'::regclass
		AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid)) AS called_by_views
FROM public.functions AS f, public.roles AS r
WHERE NOT f.is_public AND NOT of_types AND NOT of_server AND has_function_privilege(r.login, f.oid, 'EXECUTE')
GROUP BY f.proname ORDER BY f.proname COLLATE "C";

SELECT c.relname AS view, public.mark(has_table_privilege('regress_pgi_reporter', c.oid, 'SELECT')) AS reporter,
	public.mark(has_table_privilege('regress_pgi_auditor', c.oid, 'SELECT')) AS auditor,
	public.mark(has_table_privilege('regress_pgi_responder', c.oid, 'SELECT')) AS responder,
	public.mark(has_table_privilege('regress_pgi_administrator', c.oid, 'SELECT')) AS administrator,
	public.mark(has_table_privilege('regress_pgi_operator', c.oid, 'SELECT')) AS operator,
	public.mark(has_table_privilege('regress_pgi_relay', c.oid, 'SELECT')) AS relay,
	public.mark(has_table_privilege('regress_pgi_gateway', c.oid, 'SELECT')) AS gateway
FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'v' ORDER BY c.relname COLLATE "C";
-- No table and no sequence for anybody, and of views nothing but reading.
SELECT c.relkind, count(DISTINCT c.oid) > 0 AS there, count(*) FILTER (WHERE has_table_privilege(r.login, c.oid,
	'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')) AS granted
FROM pg_class AS c, public.roles AS r WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'm',
	'f') GROUP BY 1;
SELECT count(*) FROM pg_class AS c, public.roles AS r WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
	AND c.relkind = 'S' AND has_sequence_privilege(r.login, c.oid, 'USAGE, SELECT, UPDATE');
SELECT count(*) FROM pg_class AS c, public.roles AS r WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
	AND c.relkind = 'v' AND has_table_privilege(r.login, c.oid,
	'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
SELECT count(*) FROM public.roles WHERE has_schema_privilege(login, 'incident', 'CREATE')
	OR has_schema_privilege(login, 'incident_internal', 'CREATE, USAGE');
-- No right can be handed on.
SELECT count(*) FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
	AND a.is_grantable AND a.grantee <> p.proowner;
SELECT count(*) FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
	AND a.is_grantable AND a.grantee <> c.relowner;

-- What each does for real

SET SESSION AUTHORIZATION regress_pgi_administrator;
SELECT incident.register_asset('core', 'host', '3');
SELECT count(*) FROM incident.check_policy(incident.export_policy(1));
SELECT call, r.* FROM unnest(ARRAY['register_organisation(3, ''x'')', 'import_policy(''{}'')', 'publish_policy(1)',
	'retire_policy(1)', 'drop_policy(1)', 'import_calendar(''{}'')', 'tick()', 'schedule()', 'unschedule()']) AS call,
	public.refusal('SELECT incident.' || call) AS r;
SELECT statement, r.* FROM unnest(ARRAY['CALL incident.run_ticks()', 'CALL incident.maintain()', 'CALL incident.retain(''1 year'')',
	'SELECT * FROM incident.watchdog']) AS statement,
	public.refusal(statement) AS r;

RESET SESSION AUTHORIZATION;
SELECT incident.export_policy(1) || '{"name": "rights"}' AS policy \gset
SET SESSION AUTHORIZATION regress_pgi_operator;
SELECT incident.register_organisation(2, 'second');
SELECT incident.publish_policy(incident.import_policy(:'policy'));
SELECT incidents FROM incident.tick('2026-01-05 08:00+00');
CALL incident.run_ticks();
SELECT quarantined FROM incident.watchdog;
-- The database is the operator's, its incidents are not.
SELECT call, r.* FROM unnest(ARRAY['open()', 'acknowledge(1)', 'state_at(1)', 'verify_timeline(1)', 'timeline_heads()',
	'register_asset(''x'', ''host'')', 'migrate_incident(1, ''gbz20986'')']) AS call,
	public.refusal('SELECT incident.' || call) AS r;
SELECT r.* FROM unnest('{incident_history,open_incidents,timeline,asset_register,risk_register}'::text[]) AS relation,
	public.refusal('SELECT * FROM incident.' || relation) AS r;

SET SESSION AUTHORIZATION regress_pgi_reporter;
SELECT incident.open('core', 'minor', 'as the reporter', '2026-01-05 08:00+00') AS id \gset
SELECT incident.note(:id, 'smells', at => '2026-01-05 08:05+00'), incident.response_level('eport', '3', 'minor',
	'4 h'), incident.label('3'::incident.level), '2'::incident.level > '3' AS more;
SELECT ('II'::text)::incident.level, ('1'::incident.level)::text, ('minor'::text)::incident.severity,
	('severe'::incident.severity)::text, ('high'::text)::incident.rating, ('5'::incident.rating)::text;
SELECT count(*) FROM incident.quick_reference('eport');
SELECT call, r.* FROM unnest(ARRAY['acknowledge(1)', 'assess(1, ''severe'')', 'resolve(1)', 'close(1)', 'cancel(1)',
	'state_at(1)', 'explain(1)', 'verify_timeline(1)', 'timeline_heads()', 'tick()',
	'register_asset(''x'', ''host'')',
	'export_policy(1)', 'import_policy(''{}'')', 'publish_policy(1)',
		'grant_role(''administrator'', ''regress_pgi_reporter'')']) AS call,
	public.refusal('SELECT incident.' || call) AS r;
SELECT call, r.* FROM unnest(ARRAY['change_rights(''administrator'', ''regress_pgi_reporter'', true)',
	'need_organisation()', 'find_asset(1, ''core'')', 'write_policy(''{}'', 1)']) AS call,
	public.refusal('SELECT incident_internal.' || call) AS r;
SELECT r.* FROM unnest('{incident_history,open_incidents,timeline,watchdog}'::text[]) AS relation,
	public.refusal('SELECT * FROM incident.' || relation) AS r;
SELECT r.* FROM unnest('{incidents,entries,risk_now}'::text[]) AS relation,
	public.refusal('SELECT * FROM incident_internal.' || relation) AS r;

SET SESSION AUTHORIZATION regress_pgi_responder;
SELECT incident.open('core', 'minor', 'as the responder', '2026-01-05 08:00+00') AS id \gset
SELECT incident.acknowledge(:id, at => '2026-01-05 08:10+00'), incident.activate(:id, at => '2026-01-05 08:20+00'),
	incident.hold(:id, at => '2026-01-05 08:30+00'),
	incident.resume(:id, at => '2026-01-05 08:40+00'), incident.assess(:id, 'severe', at => '2026-01-05 08:50+00'),
		incident.note(:id, 'x', at => '2026-01-05 09:00+00'),
	incident.resolve(:id, at => '2026-01-05 09:10+00'), incident.close(:id, at => '2026-01-05 09:20+00'),
		incident.reopen(:id, at => '2026-01-05 09:30+00'), incident.cancel(:id, at => '2026-01-05 09:40+00');
SELECT summary, status, severity, response_level, incident.label(response_level, 'zh') AS label,
	response_level::integer AS number FROM incident.incident_history
WHERE response_level >= '2' ORDER BY incident_id;
SELECT max(response_level), min(response_level), count(DISTINCT severity)
	FROM incident.incident_history;
SELECT count(*) FROM incident.open_incidents;
SELECT kind, recorded_by FROM incident.timeline WHERE recorded_by IS NOT NULL ORDER BY incident_id, seq;
SELECT name FROM incident.asset_register;
SELECT name, state FROM incident.policy_versions ORDER BY policy_id;
SELECT count(*) FROM incident.quarantined_incidents;
SELECT status, response_level FROM incident.state_at(:id);
SELECT count(*) > 0 AS explained FROM incident.explain(:id);
SELECT count(*) FROM incident.simulate('eport', '3', 'minor', '2026-01-05 08:00+00', '2026-01-05 18:00+00');
SELECT call, r.* FROM unnest(ARRAY['tick()', 'verify_timeline(1)', 'timeline_heads()',
	'register_asset(''x'', ''host'')', 'register_organisation(3, ''x'')', 'import_policy(''{}'')',
	'publish_policy(1)', 'retire_policy(1)', 'drop_policy(1)', 'schedule()', 'unschedule()',
	'grant_role(''administrator'', ''regress_pgi_responder'')']) AS call,
	public.refusal('SELECT incident.' || call) AS r;
SELECT statement, r.* FROM unnest(ARRAY['CALL incident.run_ticks()', 'SELECT * FROM incident_internal.entries',
	'UPDATE incident.timeline SET note = NULL', 'DELETE FROM incident.open_incidents',
	'INSERT INTO incident.policy_versions (name) VALUES (''x'')', 'TRUNCATE incident_internal.incidents',
	'SELECT nextval(''incident_internal.incidents_incident_id_seq'')', 'DROP VIEW incident.timeline',
		'CREATE TABLE incident.mine (x integer)', 'UPDATE incident_internal.role_rights SET role = ''reporter''',
		'ALTER TABLE incident_internal.entries DISABLE TRIGGER ALL']) AS statement, public.refusal(statement) AS r;

SET SESSION AUTHORIZATION regress_pgi_auditor;
SELECT count(*) AS incidents, (SELECT count(*) FROM incident.timeline_heads()) AS heads, (SELECT count(*)
	FROM incident.incident_history AS h, incident.verify_timeline(h.incident_id)) AS tampered
	FROM incident.incident_history;
SELECT incident.export_policy(1) ->> 'name' AS policy, status FROM incident.state_at(:id);
SELECT call, r.* FROM unnest(ARRAY['open()', 'note(1, ''x'')', 'acknowledge(1)', 'assess(1, ''severe'')',
	'activate(1)', 'hold(1)', 'resume(1)', 'resolve(1)', 'close(1)', 'reopen(1)', 'cancel(1)', 'tick()',
	'register_asset(''x'', ''host'')', 'import_policy(''{}'')', 'publish_policy(1)']) AS call,
	public.refusal('SELECT incident.' || call) AS r;

-- The administrator grants in his organisation what he has, and no more; an operator grants everywhere.
SET SESSION AUTHORIZATION regress_pgi_administrator;
SELECT incident.grant_role('auditor', 'regress_pgi_nobody'), incident.grant_role('reporter', 'regress_pgi_nobody', 1);
SELECT * FROM incident.rights_granted ORDER BY org_id, grantee, role;
SELECT incident.revoke_role('auditor', 'regress_pgi_nobody'), incident.revoke_role('reporter', 'regress_pgi_nobody', 1);
SELECT call, r.* FROM unnest(ARRAY['grant_role(''operator'', ''regress_pgi_nobody'')',
	'grant_role(''auditor'', ''regress_pgi_nobody'', everywhere => true)',
	'grant_role(''auditor'', ''regress_pgi_nobody'', 2)',
	'grant_role(''auditor'', ''regress_pgi_nobody'', clearance => ''red'')',
	'revoke_role(''operator'', ''regress_pgi_operator'')']) AS call,
	public.refusal('SELECT incident.' || call) AS r;
SET SESSION AUTHORIZATION regress_pgi_operator;
SELECT incident.grant_role('administrator', 'regress_pgi_nobody', 2, clearance => 'red'),
	incident.grant_role('operator', 'regress_pgi_nobody'), incident.grant_role('auditor', 'regress_pgi_nobody', everywhere => true);
SELECT * FROM incident.rights_granted ORDER BY org_id, grantee, role;
SELECT incident.revoke_role('administrator', 'regress_pgi_nobody', 2),
	incident.revoke_role('operator', 'regress_pgi_nobody'), incident.revoke_role('auditor', 'regress_pgi_nobody', everywhere => true);
-- Neither has the tables.
SET SESSION AUTHORIZATION regress_pgi_administrator;
SELECT statement, r.* FROM unnest(ARRAY['SELECT incident_internal.load_preset(5, ''{}'')',
	'SELECT * FROM incident_internal.entries',
	'DELETE FROM incident_internal.grants', 'DROP EXTENSION pg_incident']) AS statement, public.refusal(statement) AS r;
SET SESSION AUTHORIZATION regress_pgi_operator;
SELECT statement, r.* FROM unnest(ARRAY['SELECT * FROM incident_internal.policies',
	'UPDATE incident_internal.last_tick SET at = now()', 'DELETE FROM incident_internal.quarantine',
	'INSERT INTO incident_internal.grants VALUES (0, ''regress_pgi_operator'', ''administrator'')',
	'SET pg_incident.caller = ''10 10''', 'DROP EXTENSION pg_incident']) AS statement, public.refusal(statement) AS r;

SET SESSION AUTHORIZATION regress_pgi_nobody;
SELECT statement, r.* FROM unnest(ARRAY['SELECT incident.open()', 'SELECT incident.policy_id(''eport'')',
	'SELECT * FROM incident.open_incidents', 'SELECT * FROM incident.quick_reference(''eport'')',
	'CALL incident.run_ticks()', 'SELECT ''1''::incident.level']) AS statement, public.refusal(statement) AS r;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM public.functions WHERE has_function_privilege('regress_pgi_nobody', oid, 'EXECUTE');

-- A trap: a schema in front of all others, with everything a careless function could pick up

SELECT incident.grant_role('administrator', 'regress_pgi_attacker'), incident.grant_role('operator', 'regress_pgi_attacker');
GRANT CREATE ON DATABASE regress_pgi_rights TO regress_pgi_attacker;
SET SESSION AUTHORIZATION regress_pgi_attacker;
CREATE SCHEMA trap;
CREATE TABLE trap.caught (who name, what text);
CREATE FUNCTION trap.spring(what pg_catalog.text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	INSERT INTO trap.caught VALUES (current_user, what);
	RETURN true;
END $$;
DO $$
DECLARE
	type text;
	operator text;
	relation text;
BEGIN
	FOREACH type IN ARRAY '{text,integer,bigint,boolean,timestamptz,interval,name,jsonb,oid,incident.level,incident.severity}'::text[] LOOP
		EXECUTE format($f$CREATE FUNCTION trap.op_%s(a %s, b %2$s) RETURNS boolean
			LANGUAGE sql AS $b$ SELECT trap.spring('operator on %2$s') $b$ $f$, replace(type, '.', '_'), type);
		FOREACH operator IN ARRAY '{=,<>,<,>,<=,>=}'::text[] LOOP
			EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %2$s, FUNCTION = trap.op_%s)', operator,
				type, replace(type, '.', '_'));
		END LOOP;
	END LOOP;
	FOREACH relation IN ARRAY '{incidents,entries,incident_state,dedup_keys,assets,organisations,policies,policy_levels,policy_matrix,last_tick,quarantine,role_rights,timeline,pg_proc,pg_class,pg_type}'::text[] LOOP
		EXECUTE format('CREATE TABLE trap.%I (trapped boolean)', relation);
	END LOOP;
END $$;
CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE sql
	AS $$ SELECT trap.spring('now'); SELECT pg_catalog.now() $$;
CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz LANGUAGE sql
	AS $$ SELECT trap.spring('clock_timestamp'); SELECT pg_catalog.now() $$;
CREATE FUNCTION trap.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring('format')::text $$;
CREATE FUNCTION trap.format(text, text, text) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring('format')::text $$;
CREATE FUNCTION trap.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql
	AS $$ SELECT trap.spring('format')::text $$;
CREATE FUNCTION trap.left(text, integer) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring('left')::text $$;
CREATE FUNCTION trap.length(text) RETURNS integer LANGUAGE sql AS $$ SELECT trap.spring('length')::integer $$;
CREATE FUNCTION trap.hashtext(text) RETURNS integer LANGUAGE sql AS $$ SELECT trap.spring('hashtext')::integer $$;
CREATE FUNCTION trap.nextval(regclass) RETURNS bigint LANGUAGE sql
	AS $$ SELECT trap.spring('nextval')::integer::bigint $$;
CREATE FUNCTION trap.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring('jsonb_typeof')::text $$;
CREATE FUNCTION trap.current_database() RETURNS name LANGUAGE sql
	AS $$ SELECT trap.spring('current_database')::text::name $$;
CREATE FUNCTION trap.current_organisation() RETURNS integer LANGUAGE sql
	AS $$ SELECT trap.spring('current_organisation')::integer $$;
CREATE FUNCTION trap.find_asset(integer, text) RETURNS bigint LANGUAGE sql
	AS $$ SELECT trap.spring('find_asset')::integer::bigint $$;
CREATE FUNCTION trap.policy_id(text, integer) RETURNS integer LANGUAGE sql
	AS $$ SELECT trap.spring('policy_id')::integer $$;
CREATE FUNCTION trap.tick(timestamptz, integer) RETURNS integer LANGUAGE sql
	AS $$ SELECT trap.spring('tick')::integer $$;
CREATE DOMAIN trap.int4 AS boolean;
CREATE DOMAIN trap.timestamptz AS boolean;
CREATE TEMP TABLE policies (trapped boolean);
CREATE TEMP TABLE incidents (trapped boolean);
CREATE TEMP TABLE pg_proc (trapped boolean);
SET search_path = pg_temp, trap, pg_catalog, public;
-- The trap works.
SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text AS trapped;
SELECT pg_catalog.count(*) FROM caught;
-- What the attacker's own calls do to the attacker does not matter; nothing may happen as anyone else.
SELECT incident.register_asset('trapped', 'host', '3', parent => 'core') OPERATOR(pg_catalog.>) 0 AS registered,
	incident.register_organisation(4, 'trapped');
SELECT incident.open('trapped', 'minor', 'trapped', pg_catalog.timestamptz '2026-01-05 08:00+00', dedup_key => 'trap',
	ticket => 'T', by => 'me') AS trapped \gset
SELECT incident.open('trapped', 'minor', 'trapped', pg_catalog.timestamptz '2026-01-05 08:00+00',
	dedup_key => 'trap') OPERATOR(pg_catalog.=) :trapped AS repeat;
SELECT incident.acknowledge(:trapped), incident.activate(:trapped), incident.hold(:trapped),
	incident.resume(:trapped), incident.assess(:trapped, 'severe', 'core'), incident.note(:trapped, 'x'),
	incident.resolve(:trapped),
	incident.close(:trapped), incident.reopen(:trapped), incident.cancel(:trapped);
SELECT incident.policy_id('eport'), incident.event_level('eport', '3', 'minor'), incident.response_level('eport', '3',
	'minor', '4 h'), incident.processing_time('eport', '3'), incident.response_level(1, NULL, NULL);
SELECT pg_catalog.count(*) FROM incident.quick_reference('eport');
SELECT pg_catalog.count(*) FROM incident.simulate('eport', '3', 'minor', '2026-01-05 08:00+00',
	'2026-01-05 18:00+00');
SELECT incident.import_policy(incident.export_policy(1) OPERATOR(pg_catalog.||) '{"name": "trapped"}') AS policy \gset
SELECT pg_catalog.count(*) FROM incident.check_policy(incident.export_policy(:policy));
SELECT incident.publish_policy(:policy);
SELECT incidents FROM incident.tick();
CALL incident.run_ticks();
SELECT status, response_level FROM incident.state_at(:trapped);
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS explained FROM incident.explain(:trapped);
SELECT pg_catalog.count(*) FROM incident.verify_timeline(:trapped);
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS heads FROM incident.timeline_heads();
SELECT summary, status, repeats, asset FROM incident.incident_history
	WHERE incident_id OPERATOR(pg_catalog.=) :trapped;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS rows FROM incident.timeline;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS rows FROM incident.open_incidents;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS rows FROM incident.asset_register;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS rows FROM incident.policy_versions;
SELECT due, quarantined FROM incident.watchdog;
RESET SESSION AUTHORIZATION;
RESET search_path;
SELECT who, what FROM trap.caught;
-- The owner too: rights are changed with the owner's own path in the way.
SET search_path = trap, pg_catalog, public;
SELECT incident.grant_role('reporter', 'regress_pgi_nobody'), incident.revoke_role('reporter', 'regress_pgi_nobody');
RESET search_path;
SELECT who, what FROM trap.caught;

-- What was given is taken back, all of it

SELECT role, incident.revoke_role(role, login::text::name) FROM public.roles;
SELECT incident.revoke_role('reporter', 'regress_pgi_nobody');
SELECT count(*) FROM pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS a, public.roles AS r
	WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee = r.login;
SELECT count(*) FROM pg_class AS c, aclexplode(c.relacl) AS a, public.roles AS r
	WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee = r.login;
SELECT count(*) FROM pg_namespace AS n, aclexplode(n.nspacl) AS a, public.roles AS r WHERE n.nspname = 'incident'
	AND a.grantee = r.login;
SET SESSION AUTHORIZATION regress_pgi_responder;
SELECT * FROM incident.open_incidents;
RESET SESSION AUTHORIZATION;

\c :home
DROP DATABASE regress_pgi_rights;
DROP ROLE regress_pgi_reporter, regress_pgi_responder, regress_pgi_administrator, regress_pgi_auditor,
	regress_pgi_operator, regress_pgi_relay, regress_pgi_gateway, regress_pgi_nobody, regress_pgi_attacker;
