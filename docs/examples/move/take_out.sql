-- Writes what an organisation has into files of the server, a file a table, and changes nothing.
--
--   psql -d DATABASE -v organisation=N -v folder=/an/empty/folder -f take_out.sql
--
-- Run by a superuser; the server writes the files. Nobody may write about the organisation and
-- no tick may run from then on: bring_in.sql and let_go.sql compare with what is written here.
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL REPEATABLE READ;
CREATE TEMP TABLE used_policies AS
SELECT i.policy_id FROM incident_internal.incidents AS i WHERE i.org_id = :organisation
UNION SELECT s.policy_id FROM incident_internal.incident_state AS s WHERE s.org_id = :organisation
UNION SELECT incident.policy_id(o.policy) FROM incident_internal.organisations AS o WHERE o.org_id = :organisation;
\ir tables.sql
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_temp.used_policies) THEN
		RAISE EXCEPTION 'there is no such organisation' USING ERRCODE = 'undefined_object';
	END IF;
	IF EXISTS (SELECT FROM incident_internal.calendar_changes) THEN
		RAISE EXCEPTION 'a calendar has just been imported' USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'Tick until the table incident_internal.calendar_changes is empty.';
	END IF;
END
$$;
SELECT format('COPY (SELECT %s FROM incident_internal.%I WHERE %s) TO %L', columns, relname, condition, :'folder' || '/' || relname)
FROM pg_temp.parts ORDER BY relname \gexec
SELECT statement FROM pg_temp.digest_statements \gexec
SELECT format('COPY (SELECT * FROM pg_temp.%I) TO %L', what, :'folder' || '/' || file)
FROM (VALUES ('used_policies', 'used_policies'), ('digests', '_digests'), ('meanings', '_meanings')) AS f(what, file) \gexec
SELECT relname AS "table", number AS rows FROM pg_temp.digests WHERE number > 0 ORDER BY relname;
COMMIT;
