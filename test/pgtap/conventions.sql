--
-- What holds for every object of the extension. Each test lists the objects that break a
-- rule, so a failure names them.
--
BEGIN;
SET LOCAL search_path = public, pg_catalog;

-- The objects that belong to the extension; most are in its schema.
CREATE TEMP VIEW extension AS SELECT e.* FROM pg_extension AS e WHERE e.extname = 'pg_incident';
CREATE TEMP VIEW members AS
SELECT d.classid, d.objid, i.type, i.schema, i.identity
FROM pg_depend AS d JOIN extension AS e ON d.refobjid = e.oid, pg_identify_object(d.classid, d.objid, 0) AS i
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';
CREATE TEMP VIEW functions AS
SELECT p.oid, p.oid::regprocedure::text AS name, p.proname, p.pronamespace = 'incident'::regnamespace AS is_public,
	p.prosrc LIKE 'pgi\_door\_%' AS is_door, p.prokind, p.provolatile, p.proparallel, p.proisstrict,
	p.prosecdef, p.proleakproof, p.prosqlbody IS NOT NULL AS is_bound, p.proconfig, p.proacl, p.proowner, l.lanname,
		p.prorettype = 'trigger'::regtype AS is_trigger
FROM members AS m JOIN pg_proc AS p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
JOIN pg_language AS l ON l.oid = p.prolang;
CREATE TEMP VIEW tables AS
SELECT c.oid, c.relname, c.relkind, EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid
	AND a.attname = 'org_id') AS has_org
FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'S');

SELECT * FROM no_plan();

-- The lists below are about something.
SELECT cmp_ok((SELECT count(*) FROM functions), '>=', 100::bigint, 'the extension has functions');
SELECT cmp_ok((SELECT count(*) FROM members WHERE type = 'operator'), '>=', 18::bigint,
	'the extension has operators');
SELECT cmp_ok((SELECT count(*) FROM tables WHERE relkind = 'r' AND has_org), '>=', 6::bigint,
	'the schema has tables of organisations');

-- Belonging
SELECT is_empty($$
	SELECT oid::regprocedure FROM pg_proc WHERE pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND oid NOT IN (SELECT oid
		FROM functions)
$$, 'every function of the schema belongs to the extension');
SELECT is_empty($$
	SELECT oid::regclass FROM pg_class WHERE relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND relkind IN ('r', 'v', 'S')
		AND oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass)
$$, 'every table, view and sequence of the schema belongs to the extension');
SELECT is_empty($$
	SELECT type, identity FROM members WHERE schema NOT IN ('incident', 'incident_internal') AND NOT (schema = 'pg_catalog'
		AND (type = 'operator' AND identity ~ '^pg_catalog\.[<>=]+\((incident\.\w+),\1\)$'
			OR type = 'aggregate' AND identity ~ '^pg_catalog\.(min|max)\(incident\.\w+\)$'))
$$, 'outside its schemas the extension has but comparisons, min and max of its own types');
SELECT is_empty($$
	SELECT type, identity FROM members WHERE schema = 'incident'
		AND NOT (type IN ('type', 'operator class', 'operator family') OR type = 'view' OR type = 'aggregate'
			OR type IN ('function', 'procedure') AND objid IN (SELECT f.oid FROM functions AS f
				WHERE f.proname IN (SELECT r.object FROM incident_internal.role_rights AS r)))
$$, 'in the schema that people see is nothing but what somebody may call or read');

-- Rights
SELECT is_empty($$
	SELECT name FROM functions, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a WHERE a.grantee = 0
$$, 'PUBLIC may execute no function');
SELECT is_empty($$ SELECT name FROM functions WHERE proacl IS NULL $$, 'every function states who may execute it');
SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c, aclexplode(c.relacl) AS a
		WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND a.grantee <> c.relowner
			AND NOT (a.grantee = 'incident_reader'::regrole AND a.privilege_type = 'SELECT')
$$, 'the script grants no table, view or sequence to anybody, but to the owner of walled views what they read');
SELECT is_empty($$
	SELECT n.nspname, a.grantee::regrole FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
		WHERE n.nspname IN ('incident', 'incident_internal') AND a.grantee <> n.nspowner
$$, 'and neither schema');
SELECT is_empty($$ SELECT name FROM functions WHERE is_public AND prosecdef $$,
	'no function that people see is SECURITY DEFINER: inside one, nobody can tell who called');
SELECT set_eq($$ SELECT proname::text FROM functions WHERE prosecdef $$,
	'{guard_version,guard_policy_part,contact_findings,duty_of,lateness,replay_counts,replay_events}'::text[],
	'of the others are the guards, what views call, and what replay() calls in parallel workers');
SELECT is_empty($$ SELECT name FROM functions WHERE prosecdef AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}' $$,
	'every SECURITY DEFINER function has its path pinned');
SELECT is_empty($$ SELECT name FROM functions WHERE lanname IN ('sql', 'plpgsql') AND prokind = 'f' AND NOT is_bound AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}' $$,
	'so has every function in SQL or PL/pgSQL whose names are not bound when it is created; a procedure that commits cannot');
SELECT is_empty($$ SELECT name FROM functions AS f JOIN pg_proc AS p USING (oid) WHERE f.lanname IN ('sql', 'plpgsql')
	AND p.prosqlbody IS NULL AND p.prosrc ~ '(^|[^Ee''])''([^''\\]|'''')*\\' $$,
	'no literal has a backslash, which standard_conforming_strings would give two meanings');

-- Doors
SELECT cmp_ok((SELECT count(*) FROM functions WHERE is_door), '>=', 80::bigint, 'there are doors');
SELECT is_empty($$ SELECT name FROM functions WHERE is_door AND NOT (is_public AND lanname = 'c') $$,
	'every door is one into the internal schema');
SELECT is_empty($$
	SELECT f.name, o."right", p.prosrc FROM functions AS f JOIN pg_proc AS p USING (oid)
	LEFT JOIN incident_internal.rights_of_objects AS o ON o.object = f.proname AND o.object_kind = 'function'
	WHERE f.is_door AND p.prosrc IS DISTINCT FROM 'pgi_door_' || o."right"
$$, 'every door asks for the right that opens its function');
SELECT is_empty($$
	SELECT f.name FROM functions AS f JOIN pg_proc AS door USING (oid)
	WHERE f.is_door AND NOT EXISTS (SELECT FROM pg_proc AS i
		WHERE i.pronamespace = 'incident_internal'::regnamespace AND i.proname = door.proname AND i.proargtypes = door.proargtypes
			AND (i.prorettype, i.proretset, i.provolatile, i.proisstrict, i.proparallel, i.prorows, i.provariadic)
				= (door.prorettype, door.proretset, door.provolatile, door.proisstrict, door.proparallel, door.prorows, door.provariadic)
			AND pg_get_function_arguments(i.oid) = pg_get_function_arguments(door.oid)
			AND pg_get_function_result(i.oid) = pg_get_function_result(door.oid)
			AND obj_description(i.oid, 'pg_proc') = obj_description(door.oid, 'pg_proc'))
$$, 'and there is one inside with the same arguments, results, properties and comment');
SELECT is_empty($$
	SELECT i.name FROM functions AS i JOIN functions AS p ON p.is_public AND p.proname = i.proname AND NOT p.is_door WHERE NOT i.is_public
$$, 'what is public without a door has no namesake inside');
-- Policies, calendars, methods and words are everybody's: what reads nothing else needs no door;
-- nor does what tells a caller of himself.
SELECT set_eq($$ SELECT DISTINCT proname::text FROM functions WHERE is_public AND prokind = 'f' AND NOT is_door AND provolatile <> 'v' $$,
	'{add_working_time,annual_loss,annual_losses,asset_level_of,asset_rating,asset_value,check_policy,current_organisation,event_level,event_level_of,frequency_rating,label,language,loss_exceedance,loss_probability,method_asset_rating,method_asset_value,policy_id,policy_remarks,processing_time,rating_shift,response_level,response_steps,risk_detail,risk_level,risk_likelihood,risk_loss,risk_method_id,risk_standing,risk_unacceptable_from,risk_value,severity_of,simulate,term_length,terms,ticket_key,working_day,working_time}'::text[],
	'without a door are look-ups in policies, calendars, methods and words, …');
SELECT is_empty($$ SELECT name FROM functions WHERE is_public AND prokind = 'f' AND NOT is_door AND provolatile <> 'v'
	AND (lanname NOT IN ('c', 'sql') OR proparallel <> 's') $$, '… in C or SQL, PARALLEL SAFE, …');
SELECT is_empty($$
	SELECT f.name, c.relname FROM functions AS f JOIN pg_proc AS p USING (oid)
	JOIN pg_class AS c ON c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
	WHERE f.is_public AND f.lanname = 'sql' AND coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ~ ('\mincident(_internal)?\.' || c.relname || '\M(?!\s*\()')
$$, '… those in SQL without a table of their own, …');
SELECT set_eq($$ SELECT proname::text FROM functions WHERE is_public AND NOT is_door AND provolatile = 'v' $$,
	'{maintain,retain,run_ticks,schedule,tend_notices,unschedule}'::text[],
	'… procedures, which commit, and what goes to pg_cron as who calls');
SELECT set_eq($$ SELECT proname::text FROM functions WHERE is_public AND prokind = 'p' $$, '{maintain,retain,run_ticks,tend_notices}'::text[],
	'the procedures');
SELECT is_empty($$
	SELECT f.name, m.named[1] FROM functions AS f JOIN pg_proc AS p USING (oid), regexp_matches(p.prosrc, 'incident_internal\.\w+', 'g') AS m(named)
	WHERE f.is_public AND f.lanname IN ('sql', 'plpgsql')
$$, 'none of these names what is internal, which who calls may not');
SELECT is_empty($$
	SELECT i.type, i.identity FROM (SELECT 'pg_proc'::regclass AS class, oid, proname AS name,
			CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind
			FROM pg_proc WHERE pronamespace = 'incident'::regnamespace AND prokind <> 'a'
		UNION ALL SELECT 'pg_class', oid, relname, 'view' FROM pg_class
			WHERE relnamespace = 'incident'::regnamespace AND relkind = 'v') AS o, pg_identify_object(o.class, o.oid, 0) AS i
	WHERE NOT EXISTS (SELECT FROM incident_internal.rights_of_objects AS r WHERE r.object = o.name AND r.object_kind = o.kind)
$$, 'every function, procedure and view that people see has a right that opens it; aggregates come with the types');
SELECT is_empty($$
	SELECT r.role FROM incident_internal.rights_of_roles AS r WHERE r.role NOT IN ('reporter', 'responder', 'auditor', 'administrator', 'operator', 'relay', 'gateway')
	UNION ALL SELECT o.object FROM incident_internal.rights_of_objects AS o
		WHERE o."right" NOT IN (SELECT r."right" FROM incident_internal.rights_of_roles AS r)
$$, 'and every right is some role''s');

SELECT set_eq($$ SELECT proname::text FROM functions WHERE prosecdef AND is_trigger $$, '{guard_version,guard_policy_part}'::text[],
	'no trigger function is SECURITY DEFINER but the guards, which look at more than who restores may');
SELECT is_empty($$
	SELECT r.role, r.object FROM incident_internal.role_rights AS r WHERE NOT CASE r.object_kind
		WHEN 'view' THEN EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = 'incident'::regnamespace
			AND c.relkind = 'v' AND c.relname = r.object)
		ELSE EXISTS (SELECT FROM functions AS f WHERE f.is_public AND f.proname = r.object
			AND f.prokind = CASE r.object_kind WHEN 'procedure' THEN 'p' ELSE 'f' END::"char") END
$$, 'every right is about an object that exists');
SELECT is_empty($$
	SELECT DISTINCT r.role, f.name, called.words[1] FROM incident_internal.role_rights AS r
	JOIN functions AS f ON f.proname = r.object AND r.object_kind <> 'view' AND f.is_public AND f.lanname IN ('sql', 'plpgsql'),
	LATERAL regexp_matches(split_part(pg_get_functiondef(f.oid), 'LANGUAGE', 2), 'incident\.(\w+)\(', 'g') AS called(words)
	WHERE called.words[1] IN (SELECT proname FROM functions)
		AND NOT EXISTS (SELECT FROM incident_internal.role_rights AS o WHERE o.role = r.role AND o.object = called.words[1])
$$, 'what runs with the rights of who calls it calls only what he may call');

-- Errors
SELECT is_empty($$
	SELECT f.name, r.statement[1] FROM functions AS f JOIN pg_proc AS p ON p.oid = f.oid,
		regexp_matches(p.prosrc, 'RAISE EXCEPTION [^;]+;', 'g') AS r(statement)
	WHERE r.statement[1] ~ 'undefined_object' AND r.statement[1] !~ 'HINT ='
$$, 'whoever names what does not exist is told what does');
SELECT is_empty($$ SELECT f.name FROM functions AS f JOIN pg_proc AS p ON p.oid = f.oid WHERE p.prosrc ~* 'HINT = (coalesce\(|'''')' $$,
	'no hint is empty');

-- Comments
SELECT is_empty($$
	SELECT f.name FROM functions AS f WHERE obj_description(f.oid, 'pg_proc') IS NULL AND (f.is_public OR f.prokind = 'a')
$$, 'every public function has a comment');
SELECT is_empty($$ SELECT c.relname FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'v' AND obj_description(c.oid, 'pg_class') IS NULL $$,
	'every view has a comment');
SELECT is_empty($$
	SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
		AND NOT a.attisdropped
	WHERE c.relnamespace = 'incident'::regnamespace AND c.relkind = 'v' AND col_description(c.oid, a.attnum) IS NULL
$$, 'every column of a view has a comment');
SELECT is_empty($$ SELECT t.typname FROM pg_type AS t WHERE t.typnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND t.typtype = 'b' AND t.typelem = 0 AND obj_description(t.oid, 'pg_type') IS NULL $$,
	'every type has a comment');
SELECT is_empty($$
	SELECT m.identity FROM members AS m WHERE m.type = 'operator' AND obj_description(m.objid, 'pg_operator') IS NULL
$$, 'every operator has a comment');
SELECT isnt(obj_description(oid, 'pg_extension'), NULL, 'the extension has a comment') FROM extension;

-- Tables
SELECT is_empty($$
	SELECT conrelid::regclass, conname FROM pg_constraint AS c WHERE c.connamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
		AND c.contype = 'f' AND (c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('n', 'd'))
$$, 'no foreign key sets columns to NULL or a default');
SELECT is_empty($$
	SELECT t.relname, i.indexrelid::regclass FROM tables AS t JOIN pg_index AS i ON i.indrelid = t.oid
	JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
	WHERE t.has_org AND t.relname <> 'organisations' AND i.indisunique AND a.attname <> 'org_id'
$$, 'org_id leads every primary key and unique index of a table of organisations');
SELECT is_empty($$
	SELECT t.relname FROM tables AS t WHERE t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index AS i
		WHERE i.indrelid = t.oid AND i.indisprimary) AND t.relname !~ '^(timers|notices)_' AND t.relname <> 'lease_progress'
$$, 'every table has a primary key, but timers, which may repeat, and what of the outbox is only added and read in ranges');
SELECT is_empty($$
	SELECT c.conrelid::regclass, c.conname FROM pg_constraint AS c JOIN tables AS t ON t.oid = c.conrelid
		JOIN tables AS r ON r.oid = c.confrelid
	JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
		JOIN pg_attribute AS b ON b.attrelid = r.oid AND b.attnum = c.confkey[1]
	WHERE c.contype = 'f' AND t.has_org AND r.has_org AND NOT (a.attname = 'org_id' AND b.attname = 'org_id')
$$, 'org_id leads every foreign key between tables of organisations');
SELECT is_empty($$
	SELECT t.relname, a.attname, a.atttypid::regtype FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid
		JOIN pg_type AS y ON y.oid = a.atttypid
	WHERE a.attnum > 0 AND NOT a.attisdropped AND y.typname LIKE 'reg%'
		AND y.typnamespace = 'pg_catalog'::regnamespace
$$, 'no column has a reg type, which would block pg_upgrade');
SELECT is_empty($$
	SELECT t.relname, a.attname FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid
	WHERE a.atttypid IN ('timestamp'::regtype,
		'timetz'::regtype) OR a.atttypid = 'varchar'::regtype OR a.atttypid = 'bpchar'::regtype OR a.atttypid = 'json'::regtype
$$, 'times have zones, texts no length, documents are jsonb');

-- Dump and restore
SELECT set_eq($$ SELECT c.relname FROM extension AS e, unnest(e.extconfig) AS t JOIN pg_class AS c ON c.oid = t $$,
	$$ SELECT relname FROM tables WHERE relkind <> 'p' AND relname NOT IN ('last_tick', 'rights_of_roles', 'rights_of_objects', 'triggers', 'version_kinds', 'policy_addenda', 'installation', 'relays') AND relname NOT LIKE 'tick\_log%'
		AND relname !~ '^lease(s|_)' $$,
	'every table and sequence is dumped, but what ticks say of themselves, rights of roles and objects, triggers, kinds of versions, policy_addenda, the installation, and who was delivering what');
SELECT set_eq($$ SELECT c.relname, k FROM extension AS e, unnest(e.extconfig, e.extcondition) AS t(id, k) JOIN pg_class AS c ON c.oid = t.id WHERE k <> '' $$,
	$$ SELECT relname, 'WHERE policy_id >= 1000' FROM tables WHERE relkind = 'r' AND relname LIKE 'polic%' AND relname <> 'policy_addenda'
		UNION ALL SELECT c.relname, k FROM extension AS e, unnest(e.extconfig, e.extcondition) AS t(id, k) JOIN pg_class AS c ON c.oid = t.id
			WHERE c.relname ~ '^notices_[012]$' AND k LIKE 'WHERE NOT EXISTS (%pg_visible_in_snapshot(' || c.relname || '.xid, l.tick_a))%'
		UNION ALL SELECT relname, 'WHERE NOT built_in' FROM tables WHERE relname LIKE 'calendar%' AND relname NOT LIKE 'calendar\_changes%'
		UNION ALL VALUES ('risk_methods', 'WHERE method_id >= 1000'),
			('message_templates', 'WHERE org_id <> 0'),
			('grants', 'WHERE grantee_oid = (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = grantee)') $$,
	'and of these all rows, but what was delivered, the built-in policies, calendars, risk methods and templates, and what was granted to roles that are no more');

-- Triggers
CREATE TEMP VIEW triggers AS
SELECT c.relname, t.tgname, t.tgenabled, f.proname, pg_get_triggerdef(t.oid) AS definition
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS f ON f.oid = t.tgfoid
WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND NOT t.tgisinternal;
SELECT is_empty($$ SELECT relname, tgname FROM triggers WHERE tgenabled <> 'A' $$,
	'every trigger fires always, whatever session_replication_role says');
SELECT is_empty($$ SELECT definition FROM triggers WHERE definition NOT LIKE '% FOR EACH ROW %' AND definition !~ '(BEFORE|AFTER) TRUNCATE ON' $$,
	'and for each row, as a subscription fires no others, but for TRUNCATE, which has no others');
SELECT set_eq($$ SELECT relname FROM triggers WHERE proname LIKE 'invalidate%' AND definition LIKE '%AFTER INSERT OR DELETE OR UPDATE%' $$,
	$$ SELECT c.relname FROM extension AS e, unnest(e.extconfig, e.extcondition) AS t(id, k) JOIN pg_class AS c ON c.oid = t.id WHERE k <> '' AND c.relname <> 'message_templates' AND c.relname NOT LIKE 'notices%'
		UNION ALL VALUES ('organisations'), ('rosters'), ('roster_overrides') $$,
	'every table of which not all is dumped, and which is kept compiled, tells the caches of its changes, and so do rosters, and organisations of their zones');
SELECT set_eq($$ SELECT relname FROM triggers WHERE definition ~ 'BEFORE TRUNCATE' $$,
	$$ SELECT relname FROM triggers WHERE definition ~ 'BEFORE (INSERT OR )?DELETE OR UPDATE' $$,
	'what is guarded against changes is against TRUNCATE, too');
SELECT set_eq($$ SELECT relation, trigger, function FROM incident_internal.triggers $$, $$ SELECT relname, tgname, proname FROM triggers $$,
	'and the table of triggers has each of them');

-- Views
SELECT is_empty($$
	SELECT v.relname, d.refobjid::regclass FROM pg_class AS v JOIN pg_rewrite AS r ON r.ev_class = v.oid
		JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
	JOIN pg_class AS c ON c.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
	WHERE v.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND v.relkind = 'v'
		AND c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
$$, 'no view depends on a system catalogue');
SELECT is_empty($$
	SELECT c.relname FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'v'
		AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'org_id')
			AND (c.relowner = 'incident_reader'::regrole) = (coalesce(c.reloptions, '{}') && '{security_barrier=on,security_barrier=true}'::text[])
$$, 'every view of organisations is either behind walls or a security barrier');
SELECT set_eq($$ SELECT c.oid::regclass FROM pg_class AS c, aclexplode(c.relacl) AS a
		WHERE a.grantee = 'incident_reader'::regrole AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_attribute AS t WHERE t.attrelid = c.oid AND t.attname = 'org_id') $$,
	$$ SELECT c.oid::regclass FROM pg_class AS c JOIN pg_policy AS p ON p.polrelid = c.oid
		WHERE c.relrowsecurity AND p.polcmd = 'r' AND p.polpermissive AND p.polroles = ARRAY['incident_reader'::regrole::oid]
			AND pg_get_expr(p.polqual, c.oid) = 'incident_internal.sees(org_id)'
			AND 1 = (SELECT count(*) FROM pg_policy AS o WHERE o.polrelid = c.oid) $$,
	'of organisations the owner of walled views reads what is behind a wall');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class AS c WHERE c.relowner = 'incident_reader'::regrole AND c.relkind <> 'v' $$,
	'it owns nothing but views');
SELECT ok(NOT (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
	AND NOT EXISTS (SELECT FROM pg_auth_members AS m WHERE r.oid IN (m.roleid, m.member)), 'is no login, and has no members')
	FROM pg_roles AS r WHERE r.rolname = 'incident_reader';
SELECT is_empty($$
	SELECT c.relname, count(*) FROM pg_class AS c, LATERAL (SELECT pg_get_viewdef(c.oid) AS def) AS d,
		regexp_matches(d.def, '^ {3,5}(?:FROM|LEFT JOIN|JOIN) \(*incident_internal\.', 'gn') AS m
	WHERE c.relowner = 'incident_reader'::regrole AND d.def ~ '^ {3,5}(?:FROM|LEFT JOIN|JOIN) \(*incident_internal\.(incidents|incident_state|entries|repeats|quarantine)' GROUP BY c.relname HAVING count(*) > 3
$$, 'walled views of incidents join no more than three tables, or a ticket table and two of them were not planned as a whole');

SELECT is_empty($$
	WITH parts AS (
		SELECT v.relname AS view, d.def, m[1] AS relation, m[2] AS alias
		FROM pg_class AS v, LATERAL (SELECT pg_get_viewdef(v.oid) AS def) AS d,
			regexp_matches(d.def, 'incident_internal\.(\w+) (\w+)', 'g') AS m
		WHERE v.relnamespace = 'incident'::regnamespace AND v.relkind = 'v' AND v.relowner <> 'incident_reader'::regrole)
	SELECT DISTINCT p.view, p.relation, p.alias FROM parts AS p
	JOIN pg_class AS c ON c.relname = p.relation AND c.relnamespace = 'incident_internal'::regnamespace AND c.relkind IN ('r', 'p')
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'org_id'
	WHERE p.def !~ format('sees\((%1$s\.)?org_id\)', p.alias)
		AND (p.view, p.relation, p.alias) NOT IN (VALUES
			-- in a subquery for each row, which no condition of a reader reaches
			('message_template', 'message_templates', 'own'),
			-- about all organisations, or with a condition of its own
			('calendar_register', 'organisations', 'o'), ('rights_granted', 'grants', 'g'),
			('message_template', 'message_templates', 't'),
			('watchdog', 'incident_state', 's'), ('watchdog', 'timers', 'r'))
$$, 'in other views each table of an organisation is guarded by itself');

-- An index serves a view only where both say the same.
CREATE TEMP VIEW finished AS
SELECT c.relname, (SELECT array_agg(w[1] ORDER BY w[1]) FROM regexp_matches(m[1], '''(\w+)''', 'g') AS w) AS statuses
FROM pg_class AS c, regexp_matches(CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) ELSE pg_get_indexdef(c.oid) END,
	'ARRAY\[([^]]*''resolved''[^]]*)\]', 'g') AS m
WHERE c.relname = 'incident_state_open' OR c.relkind = 'v' AND c.relnamespace = 'incident'::regnamespace;
SELECT set_eq('SELECT DISTINCT statuses FROM finished', $$ SELECT '{cancelled,closed,resolved}'::text[] $$,
	'views and indexes agree about which statuses are finished');
SELECT cmp_ok((SELECT count(DISTINCT relname) FROM finished), '>=', 2::bigint, 'a view and an index name them');

-- Volatility
SELECT set_eq($$ SELECT DISTINCT proname::text, provolatile::text, proparallel::text FROM functions
		WHERE proname IN ('policy_id', 'event_level', 'response_level', 'processing_time', 'response_steps',
			'quick_reference', 'export_policy', 'explain_policy', 'check_policy', 'combine_policy', 'policy_addendum', 'state_at', 'explain', 'simulate', 'replay', 'replay_incidents', 'verify_timeline',
			'timeline_heads', 'current_organisation', 'working_time', 'add_working_time', 'export_calendar') $$,
	$$ SELECT unnest('{working_time,add_working_time,export_calendar,policy_id,event_level,response_level,processing_time,response_steps,quick_reference,export_policy,explain_policy,check_policy,combine_policy,policy_addendum,state_at,explain,simulate,replay,replay_incidents,verify_timeline,timeline_heads,current_organisation}'::text[]) AS name, 's' AS volatile, 's' AS parallel $$,
	'what only reads is STABLE and PARALLEL SAFE');
SELECT set_eq($$ SELECT DISTINCT proname::text, provolatile::text, proparallel::text FROM functions
		WHERE proname IN ('open', 'acknowledge', 'activate', 'hold', 'resume', 'assess', 'note', 'resolve', 'close',
			'reopen', 'cancel', 'tick', 'import_policy', 'publish_policy', 'retire_policy', 'drop_policy', 'register_asset', 'register_organisation',
			'grant_role', 'revoke_role', 'import_calendar') $$,
	$$ SELECT unnest('{import_calendar,open,acknowledge,activate,hold,resume,assess,note,resolve,close,reopen,cancel,tick,import_policy,publish_policy,retire_policy,drop_policy,register_asset,register_organisation,grant_role,revoke_role}'::text[]) AS name, 'v' AS volatile, 'u' AS parallel $$,
	'what writes is VOLATILE and PARALLEL UNSAFE');
SELECT is_empty($$ SELECT name FROM functions WHERE proname IN ('event_level', 'response_level', 'processing_time', 'open', 'assess', 'simulate') AND proisstrict $$,
	'functions for which NULL is the unknown are not STRICT');

SELECT * FROM finish();
ROLLBACK;
