-- Granting: who may do what, in which organisation. Nothing is for PUBLIC.

-- Every statement that gives a role its rights, or takes them away.
CREATE FUNCTION incident_internal.rights_statements(role text, grantee name, giving boolean)
RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE views(oid) AS (
		SELECT to_regclass(format('incident.%I', r.object))::oid FROM incident_internal.role_rights AS r
			WHERE r.role = rights_statements.role AND r.object_kind = 'view'
		UNION
		SELECT c.oid FROM views AS v
			JOIN pg_rewrite AS w ON w.ev_class = v.oid
			JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
				AND d.refclassid = 'pg_class'::regclass
			JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'v' AND c.oid <> v.oid)
	SELECT format(CASE WHEN giving THEN 'GRANT %s ON %s TO %I' ELSE 'REVOKE %s ON %s FROM %I' END,
		privilege, object, grantee)
	FROM (
		SELECT 1 AS place, 'USAGE' AS privilege, 'SCHEMA incident' AS object
		UNION ALL
		-- Operators, casts and aggregates of the types check the rights on their functions; so
		-- do casts of constants to and from text, which become calls of input and output.
		SELECT 2, 'EXECUTE', 'FUNCTION ' || f.oid::regprocedure
		FROM pg_depend AS d
		JOIN pg_extension AS x ON x.oid = d.refobjid AND x.extname = 'pg_incident'
		JOIN pg_proc AS f ON f.oid = d.objid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_proc'::regclass
			AND d.deptype = 'e'
			AND (f.prokind = 'a'
				OR f.oid IN (SELECT o.oprcode FROM pg_operator AS o)
				OR f.oid IN (SELECT c.castfunc FROM pg_cast AS c)
				OR f.oid IN (SELECT unnest(ARRAY[t.typinput, t.typoutput]::oid[]) FROM pg_type AS t)
				OR f.oid IN (SELECT g.aggtransfn FROM pg_aggregate AS g))
		UNION ALL
		-- So are the functions that a view calls, or a view under it; the one that the walls before
		-- tables ask, and what that is made into where an index is to be read.
		SELECT 2, 'EXECUTE', 'FUNCTION ' || f.oid::regprocedure
		FROM pg_proc AS f
		WHERE f.pronamespace = 'incident_internal'::regnamespace
			AND EXISTS (SELECT FROM views)
			AND (f.proname IN ('sees', 'seen_array') OR f.oid IN (SELECT d.refobjid FROM views AS v
				JOIN pg_rewrite AS w ON w.ev_class = v.oid
				JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
				WHERE d.refclassid = 'pg_proc'::regclass))
		UNION ALL
		SELECT 3, 'EXECUTE', format('%s %s', CASE WHEN f.prokind = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
			f.oid::regprocedure)
		FROM pg_proc AS f
		JOIN incident_internal.role_rights AS r ON r.object = f.proname AND r.object_kind <> 'view'
		WHERE f.pronamespace = 'incident'::regnamespace AND r.role = rights_statements.role
		UNION ALL
		SELECT 4, 'SELECT', format('TABLE incident.%I', r.object)
		FROM incident_internal.role_rights AS r
		WHERE r.object_kind = 'view' AND r.role = rights_statements.role
	) AS wanted
	ORDER BY place, object
$$;

-- The organisation that a grant is about, 0 for all of them, once it is known that the caller may
-- grant the role there: an administrator what he has himself, and no more.
CREATE FUNCTION incident_internal.granted_organisation(
	role text, grantee name, organisation integer, everywhere boolean, clearance text)
RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org integer;
	rights text[];
BEGIN
	IF NOT EXISTS (SELECT FROM incident_internal.rights_of_roles AS r WHERE r.role = granted_organisation.role) THEN
		RAISE EXCEPTION 'role "%" is not one of pg_incident', role
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Use reporter, responder, auditor, administrator, operator, relay or gateway.';
	END IF;
	IF clearance NOT IN ('clear', 'green', 'amber', 'amber+strict', 'red') THEN
		RAISE EXCEPTION 'clearance "%" is no mark of the Traffic Light Protocol', clearance
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Use clear, green, amber, amber+strict or red.';
	END IF;
	IF everywhere AND organisation IS NOT NULL THEN
		RAISE EXCEPTION 'a grant everywhere is not one in organisation %', organisation
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave out one of the two arguments.';
	END IF;
	IF role IN ('operator', 'relay', 'gateway') AND organisation IS NOT NULL THEN
		RAISE EXCEPTION 'role "%" is one of the database and not of an organisation', role
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave out the organisation.';
	END IF;
	org := CASE WHEN coalesce(everywhere, false) OR role IN ('operator', 'relay', 'gateway') THEN 0
		ELSE coalesce(organisation, incident.current_organisation()) END;
	rights := incident_internal.rights_of_caller(org);
	IF 'operate' <> ALL (rights) AND ('grant' <> ALL (rights)
			OR EXISTS (SELECT FROM incident_internal.rights_of_roles AS r
				WHERE r.role = granted_organisation.role AND r."right" <> ALL (rights))
			OR NOT incident_internal.clears(org, clearance)
			OR EXISTS (SELECT FROM incident_internal.grants AS g
				WHERE g.org_id = org AND g.grantee = granted_organisation.grantee AND g.role = granted_organisation.role
					AND NOT incident_internal.clears(org, coalesce(g.clearance, 'amber')))) THEN
		RAISE EXCEPTION 'permission denied to grant or revoke role "%" %', role,
				CASE org WHEN 0 THEN 'in all organisations' ELSE format('in organisation %s', org) END
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'An administrator grants in his organisation what he has himself; an operator grants everywhere.';
	END IF;
	IF org > 1 AND NOT EXISTS (SELECT FROM incident_internal.organisations AS o WHERE o.org_id = org) THEN
		RAISE EXCEPTION 'organisation % does not exist', org
			USING ERRCODE = 'undefined_object', HINT = 'incident.register_organisation() registers one.';
	END IF;
	RETURN org;
END
$$;

-- Grants are kept by name: those of roles that have been renamed come under their new names, and
-- those of roles that are no more leave a name which another has, or is about to be granted
-- something by. One session grants at a time.
CREATE FUNCTION incident_internal.follow_role_names(grantee name)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	renamed jsonb;
BEGIN
	PERFORM incident_internal.take_lock('grants', 1);
	DELETE FROM incident_internal.grants AS g
		WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = g.grantee_oid)
			AND (g.grantee = follow_role_names.grantee OR g.grantee IN (SELECT r.rolname FROM pg_roles AS r
				JOIN incident_internal.grants AS h ON h.grantee_oid = r.oid AND h.grantee <> r.rolname));
	WITH moved AS (
		DELETE FROM incident_internal.grants AS g USING pg_roles AS r
			WHERE r.oid = g.grantee_oid AND r.rolname <> g.grantee
			RETURNING g.org_id, r.rolname AS grantee, g.role, g.clearance)
	SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') INTO renamed FROM moved AS m;
	INSERT INTO incident_internal.grants (org_id, grantee, role, clearance)
		SELECT r.org_id, r.grantee, r.role, r.clearance
		FROM jsonb_to_recordset(renamed) AS r(org_id integer, grantee name, role text, clearance text);
END
$$;

CREATE FUNCTION incident_internal.grant_role(
	role text, grantee name, organisation integer DEFAULT NULL, everywhere boolean DEFAULT false,
	clearance text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org integer;
	statement text;
BEGIN
	role := incident_internal.needed_name(role, 'the role');
	clearance := incident_internal.given_name(clearance, 'the clearance');
	PERFORM incident_internal.needed(grantee, 'the grantee');
	PERFORM incident_internal.follow_role_names(grantee);
	org := incident_internal.granted_organisation(role, grantee, organisation, everywhere, coalesce(clearance, 'amber'));
	IF incident_internal.role_oid(grantee) IS NULL THEN
		RAISE EXCEPTION 'role "%" does not exist', grantee
			USING ERRCODE = 'undefined_object', HINT = 'CREATE ROLE makes one.';
	END IF;
	INSERT INTO incident_internal.grants (org_id, grantee, role, clearance) VALUES (org, grantee, role, clearance)
		ON CONFLICT ON CONSTRAINT grants_pkey DO UPDATE SET clearance = excluded.clearance;
	FOR statement IN SELECT incident_internal.rights_statements(role, grantee, true) LOOP
		EXECUTE statement;
	END LOOP;
END
$$;

CREATE FUNCTION incident_internal.revoke_role(
	role text, grantee name, organisation integer DEFAULT NULL, everywhere boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org integer;
	statement text;
BEGIN
	role := incident_internal.needed_name(role, 'the role');
	PERFORM incident_internal.needed(grantee, 'the grantee');
	PERFORM incident_internal.follow_role_names(grantee);
	org := incident_internal.granted_organisation(role, grantee, organisation, everywhere, 'clear');
	DELETE FROM incident_internal.grants AS g
		WHERE g.org_id = org AND g.grantee = revoke_role.grantee AND g.role = revoke_role.role;
	IF incident_internal.role_oid(grantee) IS NULL THEN
		RETURN;
	END IF;
	-- What another grant still gives stays.
	FOR statement IN SELECT incident_internal.rights_statements(revoke_role.role, revoke_role.grantee, false)
			EXCEPT SELECT kept FROM (SELECT DISTINCT g.role FROM incident_internal.grants AS g
					WHERE g.grantee_oid = incident_internal.role_oid(revoke_role.grantee)) AS others,
				incident_internal.rights_statements(others.role, revoke_role.grantee, false) AS kept LOOP
		EXECUTE statement;
	END LOOP;
END
$$;

-- What is granted, in the organisations that the reader sees, or all for an operator.
CREATE VIEW incident.rights_granted WITH (security_barrier) AS
SELECT nullif(g.org_id, 0) AS org_id, g.grantee, g.role, coalesce(g.clearance, 'amber') AS clearance,
	g.grantee_oid IS NOT DISTINCT FROM incident_internal.role_oid(g.grantee) AS valid
FROM incident_internal.grants AS g
WHERE incident_internal.is_chosen(g.org_id)
	AND '{operate,audit,grant}'::text[] && incident_internal.rights_of_caller(g.org_id);

COMMENT ON FUNCTION incident_internal.grant_role(text, name, integer, boolean, text) IS
'Gives a login or group role the functions and views of reporter, responder, auditor or administrator in one organisation (that which the session works in, when none is given), or everywhere: in all there are and will be; or makes it an operator of the database, a relay that delivers its messages, or a gateway that answers them. clearance: the gravest mark of the Traffic Light Protocol whose contents it may read (amber when none is given). Errors: insufficient_privilege for who is neither an operator nor an administrator there who has as much himself, invalid_parameter_value for words that are none, undefined_object for a role or an organisation that does not exist.';
COMMENT ON FUNCTION incident_internal.revoke_role(text, name, integer, boolean) IS
'Takes back what grant_role gave in that organisation, or everywhere; what another grant still gives stays. Errors as grant_role.';
COMMENT ON VIEW incident.rights_granted IS 'Who was granted what: one row a grant.';
COMMENT ON COLUMN incident.rights_granted.org_id IS 'In which organisation; NULL: in all.';
COMMENT ON COLUMN incident.rights_granted.grantee IS 'To which role of the server.';
COMMENT ON COLUMN incident.rights_granted.role IS 'reporter, responder, auditor, administrator, operator, relay or gateway.';
COMMENT ON COLUMN incident.rights_granted.clearance IS 'The gravest mark whose contents it may read.';
COMMENT ON COLUMN incident.rights_granted.valid IS 'False when the role has been dropped since: the grant gives nothing, to a new role of that name either.';

SELECT incident_internal.allow('grant', 'grant_role', 'revoke_role');
SELECT incident_internal.allow('consult', 'rights_granted');
DROP FUNCTION incident_internal.allow(text, text[]);

REVOKE ALL ON ALL ROUTINES IN SCHEMA incident, incident_internal FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.min(incident.severity), pg_catalog.max(incident.severity),
	pg_catalog.min(incident.level), pg_catalog.max(incident.level),
	pg_catalog.min(incident.rating), pg_catalog.max(incident.rating) FROM PUBLIC;
