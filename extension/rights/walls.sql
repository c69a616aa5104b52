-- The walls between organisations, before the tables that views of incidents and of risks
-- read. Those views are owned by a role that row security holds and that may read nothing else:
-- so conditions of a reader reach the indexes, and none is tried on a row of an organisation
-- that he does not see (src/rights/sees.c). Policies, the switch and owners are part of no
-- dump: they come from here.

-- One role for all databases of a server. It is no login and a member of nothing, and nobody is
-- a member of it, who would own the views.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'incident_reader') THEN
		CREATE ROLE incident_reader;
	ELSIF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'incident_reader'
			AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls))
		OR EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m, pg_catalog.pg_roles AS r
			WHERE r.rolname = 'incident_reader' AND r.oid IN (m.roleid, m.member)) THEN
		RAISE EXCEPTION 'role "incident_reader" is another than pg_incident needs'
			USING ERRCODE = 'duplicate_object',
				  DETAIL = 'Views of incidents are owned by a role of this name that is no login, has no attributes, is a member of no role and has no members.',
				  HINT = 'Rename the role, or take these away from it.';
	END IF;
END
$$;

CREATE FUNCTION incident_internal.put_walls(VARIADIC views text[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	read record;
	view regclass;
	walled CONSTANT oid[] := ARRAY(SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'v' AND c.relname = ANY (views)
		AND c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) ORDER BY c.relname);
BEGIN
	FOREACH view IN ARRAY walled LOOP
		EXECUTE format('ALTER VIEW %s OWNER TO incident_reader', view);
	END LOOP;
	FOR read IN SELECT DISTINCT c.relname, EXISTS (SELECT FROM pg_attribute AS a
					WHERE a.attrelid = c.oid AND a.attname = 'org_id') AS of_organisation
			FROM pg_rewrite AS w
			JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
			JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p')
			WHERE w.ev_class = ANY (walled)
			ORDER BY c.relname LOOP
		EXECUTE format('GRANT SELECT ON incident_internal.%I TO incident_reader', read.relname);
		IF read.of_organisation THEN
			EXECUTE format('ALTER TABLE incident_internal.%I ENABLE ROW LEVEL SECURITY', read.relname);
			EXECUTE format('CREATE POLICY seen ON incident_internal.%I FOR SELECT TO incident_reader USING (incident_internal.sees(org_id))',
				read.relname);
		END IF;
	END LOOP;
END
$$;

SELECT incident_internal.put_walls('asset_register', 'duty_status', 'incident_history', 'incident_repeats',
	'notices', 'open_incidents', 'quarantined_incidents', 'timeline',
	'asset_ratings', 'asset_values', 'frequency_disagreement', 'measure_register', 'risk_approval_history',
	'risk_by_owner', 'risk_by_service', 'risk_heat', 'risk_inputs', 'risk_now', 'risk_register', 'risk_round_results',
	'risk_rounds', 'risk_treatment_history', 'service_values', 'services_above', 'threat_register', 'top_risks',
	'treatment_progress', 'treatment_state', 'vulnerability_history', 'vulnerability_status');
DROP FUNCTION incident_internal.put_walls(text[]);
ALTER TABLE incident_internal.entries_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_internal.timers_default ENABLE ROW LEVEL SECURITY;
