-- Rights: nothing for PUBLIC; four roles, each a list of functions and views.

CREATE TABLE incident.role_rights (
	role text NOT NULL,
	object_kind text NOT NULL CHECK (object_kind IN ('function', 'procedure', 'view')),
	object text NOT NULL,
	PRIMARY KEY (role, object_kind, object)
);

INSERT INTO incident.role_rights (role, object_kind, object)
SELECT role, object_kind, unnest(string_to_array(objects, ' '))
FROM (VALUES
	('reporter', 'function', 'label policy_id event_level response_level processing_time quick_reference explain_policy working_time add_working_time current_organisation open note'),
	('auditor', 'function', 'label policy_id event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum state_at explain simulate rule_word kind_word bucket lateness job_state verify_timeline timeline_hash timeline_heads'),
	('auditor', 'view', 'open_incidents incident_history incident_repeats timeline asset_register policy_versions watchdog quarantined_incidents'),
	('responder', 'function', 'label policy_id event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum state_at explain simulate rule_word kind_word bucket lateness job_state open note assess acknowledge activate hold resume resolve close reopen cancel'),
	('responder', 'view', 'open_incidents incident_history incident_repeats timeline asset_register policy_versions watchdog quarantined_incidents'),
	('administrator', 'function', 'label policy_id event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum state_at explain simulate rule_word kind_word bucket lateness job_state open note assess acknowledge activate hold resume resolve close reopen cancel verify_timeline timeline_hash timeline_heads register_organisation register_asset import_policy publish_policy retire_policy drop_policy import_calendar export_calendar tick schedule unschedule take_maintenance add_next_partition drop_next_partition forget_next_month tidy_up'),
	('administrator', 'procedure', 'run_ticks maintain retain'),
	('administrator', 'view', 'open_incidents incident_history incident_repeats timeline asset_register policy_versions watchdog quarantined_incidents')
) AS r(role, object_kind, objects);

-- Every statement that gives a role its rights, or takes them away.
CREATE FUNCTION incident.rights_statements(role text, grantee name, giving boolean)
RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(CASE WHEN giving THEN 'GRANT %s ON %s TO %I' ELSE 'REVOKE %s ON %s FROM %I' END,
		privilege, object, grantee)
	FROM (
		SELECT 1 AS place, 'USAGE' AS privilege, 'SCHEMA incident' AS object
		UNION ALL
		-- Operators, casts and aggregates of the types check the rights on their functions.
		SELECT 2, 'EXECUTE', 'FUNCTION ' || f.oid::regprocedure
		FROM pg_depend AS d
		JOIN pg_extension AS x ON x.oid = d.refobjid AND x.extname = 'pg_incident'
		JOIN pg_proc AS f ON f.oid = d.objid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_proc'::regclass
			AND d.deptype = 'e'
			AND (f.prokind = 'a'
				OR f.oid IN (SELECT o.oprcode FROM pg_operator AS o)
				OR f.oid IN (SELECT c.castfunc FROM pg_cast AS c)
				OR f.oid IN (SELECT g.aggtransfn FROM pg_aggregate AS g))
		UNION ALL
		SELECT 3, 'EXECUTE', format('%s %s', CASE WHEN f.prokind = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
			f.oid::regprocedure)
		FROM pg_proc AS f
		JOIN incident.role_rights AS r ON r.object = f.proname AND r.object_kind <> 'view'
		WHERE f.pronamespace = 'incident'::regnamespace AND r.role = rights_statements.role
		UNION ALL
		SELECT 4, 'SELECT', format('TABLE incident.%I', r.object)
		FROM incident.role_rights AS r
		WHERE r.object_kind = 'view' AND r.role = rights_statements.role
	) AS wanted
	ORDER BY place, object
$$;

CREATE FUNCTION incident.change_rights(role text, grantee name, giving boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	statement text;
BEGIN
	IF NOT EXISTS (SELECT FROM incident.role_rights AS r WHERE r.role = change_rights.role) THEN
		RAISE EXCEPTION 'role "%" is not one of pg_incident', role
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Use reporter, responder, administrator or auditor.';
	END IF;
	FOR statement IN SELECT incident.rights_statements(role, grantee, giving) LOOP
		EXECUTE statement;
	END LOOP;
END
$$;

CREATE FUNCTION incident.grant_role(role text, grantee name)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident.change_rights(role, grantee, true)
$$;

CREATE FUNCTION incident.revoke_role(role text, grantee name)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident.change_rights(role, grantee, false)
$$;

COMMENT ON FUNCTION incident.grant_role(text, name) IS
'Gives a login or group role the functions and views of reporter, responder, administrator or auditor; never tables. To be called by the extension''s owner or a superuser.';
COMMENT ON FUNCTION incident.revoke_role(text, name) IS
'Takes back what grant_role gave. Rights that another of the four roles shares with it go too: grant that one again.';

REVOKE ALL ON ALL ROUTINES IN SCHEMA incident FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.min(incident.severity), pg_catalog.max(incident.severity),
	pg_catalog.min(incident.level), pg_catalog.max(incident.level),
	pg_catalog.min(incident.rating), pg_catalog.max(incident.rating) FROM PUBLIC;
