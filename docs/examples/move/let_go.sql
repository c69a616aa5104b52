-- Removes an organisation that is in another database now, if it still is what take_out.sql wrote.
--
--   psql -d DATABASE -v organisation=N -v folder=/the/folder -f let_go.sql
\set ON_ERROR_STOP on
BEGIN;
CREATE TEMP TABLE used_policies (policy_id integer);
SELECT format('COPY pg_temp.used_policies FROM %L', :'folder' || '/used_policies') \gexec
\ir tables.sql
LOCK TABLE incident_internal.incident_state, incident_internal.incidents, incident_internal.entries IN EXCLUSIVE MODE;
SELECT statement FROM pg_temp.digest_statements \gexec
CREATE TEMP TABLE digests_taken (LIKE pg_temp.digests);
SELECT format('COPY pg_temp.digests_taken FROM %L', :'folder' || '/_digests') \gexec
DO $$
DECLARE
	wrong text;
BEGIN
	SELECT string_agg(relname, ', ' ORDER BY relname) INTO wrong FROM (TABLE pg_temp.digests EXCEPT TABLE pg_temp.digests_taken) AS others;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'the organisation has changed since it was taken out' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('Tables: %s.', wrong), HINT = 'Remove it where it was brought in, and begin again.';
	END IF;
END
$$;
-- Results of rounds are kept from everybody else.
ALTER TABLE incident_internal.risk_results DISABLE TRIGGER keep_results;
SELECT format('DELETE FROM incident_internal.%I WHERE %s', relname, condition) FROM pg_temp.parts WHERE key = 'org_id' ORDER BY relname \gexec
DELETE FROM incident_internal.timers AS t WHERE t.org_id = :organisation;
DELETE FROM incident_internal.retries AS r WHERE r.org_id = :organisation;
ALTER TABLE incident_internal.risk_results ENABLE ALWAYS TRIGGER keep_results;
COMMIT;
