-- Reads what take_out.sql has written, in one transaction: all of it is there afterwards, or nothing.
--
--   psql -d DATABASE -v organisation=N -v folder=/the/folder -f bring_in.sql
--
-- Run by a superuser; the server reads the files.
\set ON_ERROR_STOP on
BEGIN;
CREATE TEMP TABLE used_policies (policy_id integer);
SELECT format('COPY pg_temp.used_policies FROM %L', :'folder' || '/used_policies') \gexec
\ir tables.sql
SELECT statement FROM pg_temp.digest_statements \gexec
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_temp.digests AS d JOIN pg_temp.parts AS p USING (relname) WHERE p.key = 'org_id' AND d.number > 0) THEN
		RAISE EXCEPTION 'an organisation of that number is here already' USING ERRCODE = 'duplicate_object';
	END IF;
END
$$;
-- Guards of policies let in what a dump brings, which they know by this setting.
SET check_function_bodies = off;
SELECT array_agg(policy_id) AS known_policies FROM incident_internal.policies \gset
SELECT format('COPY incident_internal.%I (%s) FROM %L', relname, columns, :'folder' || '/' || relname)
	|| CASE key WHEN 'policy_id' THEN format(' WHERE policy_id <> ALL (%L)', :'known_policies') ELSE '' END
FROM pg_temp.parts ORDER BY relname \gexec

-- What is here now, against what was taken out.
TRUNCATE pg_temp.digests;
SELECT statement FROM pg_temp.digest_statements \gexec
CREATE TEMP TABLE digests_there (LIKE pg_temp.digests);
CREATE TEMP TABLE meanings_there (what text, digest text);
SELECT format('COPY pg_temp.%I FROM %L', what, :'folder' || '/' || file)
FROM (VALUES ('digests_there', '_digests'), ('meanings_there', '_meanings')) AS f(what, file) \gexec
CREATE TEMP TABLE clashes (what text);
SELECT format('INSERT INTO pg_temp.clashes SELECT %L FROM incident_internal.%I AS t, %s AS s WHERE t.org_id = %s AND incident_internal.shard_of(t.%I) = incident_internal.shard_of(s.last_value) LIMIT 1',
	relation, relation, sequence, :'organisation', attribute)
FROM incident_internal.numbered_columns() \gexec
DO $$
DECLARE
	wrong text;
BEGIN
	SELECT string_agg(what, ', ' ORDER BY what) INTO wrong
	FROM (TABLE pg_temp.meanings_there EXCEPT SELECT what, digest FROM pg_temp.meanings) AS missing;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'something that the organisation goes by is missing here, or is another' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('There: %s.', wrong), HINT = 'Import the same calendars and risk methods here; a policy of the same id must be the same.';
	END IF;
	SELECT string_agg(relname, ', ' ORDER BY relname) INTO wrong
	FROM (TABLE pg_temp.digests_there EXCEPT TABLE pg_temp.digests) AS others;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'not everything is as it was taken out' USING ERRCODE = 'data_corrupted', DETAIL = format('Tables: %s.', wrong);
	END IF;
	SELECT string_agg(what, ', ' ORDER BY what) INTO wrong FROM pg_temp.clashes;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'this database gives ids like those that the organisation has' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('Tables: %s.', wrong), HINT = 'incident.set_id_range() has each database count where no other does.';
	END IF;
END
$$;
SELECT count(incident_internal.set_timer(s.org_id, s.incident_id, s.next_due)) AS "incidents that wait for a tick"
FROM incident_internal.incident_state AS s WHERE s.org_id = :organisation AND s.next_due IS NOT NULL;
COMMIT;
