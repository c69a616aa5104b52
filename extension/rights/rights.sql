-- Rights: nothing for PUBLIC; four roles, each a list of functions and views.

CREATE TABLE incident_internal.role_rights (
	role text NOT NULL,
	object_kind text NOT NULL CHECK (object_kind IN ('function', 'procedure', 'view')),
	object text NOT NULL,
	PRIMARY KEY (role, object_kind, object)
);

INSERT INTO incident_internal.role_rights (role, object_kind, object)
SELECT role, object_kind, unnest(string_to_array(objects, ' '))
FROM (VALUES
	('reporter', 'function', 'language terms term label policy_id severity_of asset_level_of event_level_of event_level response_level processing_time quick_reference explain_policy working_time add_working_time current_organisation open note find'),
	('auditor', 'function', 'policy_remarks working_day term_length language terms term label policy_id severity_of asset_level_of event_level_of event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum find state_at duty_reports duty_of annual_losses annual_loss loss_exceedance loss_probability explain simulate replay replay_incidents rule_word kind_word bucket lateness job_state verify_timeline timeline_hash timeline_heads verify_policies'),
	('auditor', 'view', 'open_incidents incident_history duty_status incident_repeats timeline asset_register policy_versions calendar_register watchdog quarantined_incidents'),
	('responder', 'function', 'policy_remarks working_day term_length language terms term label policy_id severity_of asset_level_of event_level_of event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum find state_at duty_reports duty_of annual_losses annual_loss loss_exceedance loss_probability explain simulate rule_word kind_word bucket lateness job_state open note assess acknowledge activate hold resume resolve close reopen cancel set_confidentiality duty_done report'),
	('responder', 'view', 'open_incidents incident_history duty_status incident_repeats timeline asset_register policy_versions calendar_register watchdog quarantined_incidents'),
	('administrator', 'function', 'policy_remarks working_day term_length language terms term label policy_id severity_of asset_level_of event_level_of event_level response_level processing_time response_steps quick_reference explain_policy working_time add_working_time current_organisation export_policy check_policy combine_policy policy_addendum find state_at duty_reports duty_of annual_losses annual_loss loss_exceedance loss_probability explain simulate replay replay_incidents rule_word kind_word bucket lateness job_state open note assess acknowledge activate hold resume resolve close reopen cancel set_confidentiality duty_done report verify_timeline timeline_hash timeline_heads verify_policies register_organisation register_asset migrate_incident import_policy publish_policy retire_policy drop_policy import_calendar export_calendar tick schedule unschedule take_maintenance add_next_partition drop_next_partition forget_next_month tidy_up'),
	('administrator', 'procedure', 'run_ticks maintain retain'),
	('administrator', 'view', 'open_incidents incident_history duty_status incident_repeats timeline asset_register policy_versions calendar_register watchdog quarantined_incidents'),
	-- risk
	('auditor', 'function', 'risk_method_id risk_level risk_value risk_likelihood risk_loss risk_detail asset_value asset_rating method_asset_value method_asset_rating unacceptable_from shift risk_standing organisation_risk_method observed_frequency frequency_rating check_risk_method export_risk_method export_risk_register compare_rounds risk_what_if risk_as_of risk_report treatment_plan_report residual_risk_report'),
	('auditor', 'view', 'risk_method_versions risk_register risk_heat top_risks risk_by_service risk_by_owner treatment_progress risk_treatment_history risk_approval_history vulnerability_status vulnerability_history threat_register measure_register frequency_disagreement risk_rounds risk_round_results asset_values service_values'),
	('responder', 'function', 'risk_method_id risk_level risk_value risk_likelihood risk_loss risk_detail asset_value asset_rating method_asset_value method_asset_rating unacceptable_from shift risk_standing organisation_risk_method observed_frequency frequency_rating check_risk_method export_risk_method export_risk_register compare_rounds risk_what_if risk_as_of risk_report treatment_plan_report residual_risk_report'),
	('responder', 'view', 'risk_method_versions risk_register risk_heat top_risks risk_by_service risk_by_owner treatment_progress risk_treatment_history risk_approval_history vulnerability_status vulnerability_history threat_register measure_register frequency_disagreement risk_rounds risk_round_results asset_values service_values'),
	('administrator', 'function', 'risk_method_id risk_level risk_value risk_likelihood risk_loss risk_detail asset_value asset_rating method_asset_value method_asset_rating unacceptable_from shift risk_standing organisation_risk_method observed_frequency frequency_rating check_risk_method export_risk_method export_risk_register compare_rounds risk_what_if risk_as_of risk_report treatment_plan_report residual_risk_report import_risk_method publish_risk_method set_risk_method register_service put_under_service register_threat register_vulnerability vulnerability_step set_fix_within register_measure apply_measure measure_step register_scenario retire_scenario treat_risk plan_measure approve_risk close_risk mark_overdue_risk open_round next_stage import_risk_register'),
	('administrator', 'view', 'risk_method_versions risk_register risk_heat top_risks risk_by_service risk_by_owner treatment_progress risk_treatment_history risk_approval_history vulnerability_status vulnerability_history threat_register measure_register frequency_disagreement risk_rounds risk_round_results asset_values service_values')
) AS r(role, object_kind, objects);

-- Every statement that gives a role its rights, or takes them away.
CREATE FUNCTION incident_internal.rights_statements(role text, grantee name, giving boolean)
RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
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

CREATE FUNCTION incident_internal.change_rights(role text, grantee name, giving boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	statement text;
BEGIN
	role := incident_internal.needed_name(role, 'the role');
	PERFORM incident_internal.needed(grantee, 'the grantee');
	IF NOT EXISTS (SELECT FROM incident_internal.role_rights AS r WHERE r.role = change_rights.role) THEN
		RAISE EXCEPTION 'role "%" is not one of pg_incident', role
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Use reporter, responder, administrator or auditor.';
	END IF;
	FOR statement IN SELECT incident_internal.rights_statements(role, grantee, giving) LOOP
		EXECUTE statement;
	END LOOP;
END
$$;

CREATE FUNCTION incident.grant_role(role text, grantee name)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.change_rights(role, grantee, true)
$$;

CREATE FUNCTION incident.revoke_role(role text, grantee name)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.change_rights(role, grantee, false)
$$;

COMMENT ON FUNCTION incident.grant_role(text, name) IS
'Gives a login or group role the functions and views of reporter, responder, administrator or auditor; never tables. To be called by the extension''s owner or a superuser.';
COMMENT ON FUNCTION incident.revoke_role(text, name) IS
'Takes back what grant_role gave. Rights that another of the four roles shares with it go too: grant that one again.';

REVOKE ALL ON ALL ROUTINES IN SCHEMA incident FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.min(incident.severity), pg_catalog.max(incident.severity),
	pg_catalog.min(incident.level), pg_catalog.max(incident.level),
	pg_catalog.min(incident.rating), pg_catalog.max(incident.rating) FROM PUBLIC;
