-- Guards and invalidation fire always: in sessions too that apply what a subscription brings, or
-- that are told to behave as these do (session_replication_role). Such sessions fire no triggers
-- for statements, but for TRUNCATE; so all others are triggers for rows.

-- The triggers of the extension, as they must be.
CREATE TABLE incident_internal.triggers (
	relation text NOT NULL,
	trigger text NOT NULL,
	function text NOT NULL,
	type smallint NOT NULL,			-- as in pg_trigger
	PRIMARY KEY (relation, trigger)
);

INSERT INTO incident_internal.triggers (relation, trigger, function, type)
SELECT c.relname, t.tgname, f.proname, t.tgtype
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
WHERE c.relnamespace = 'incident_internal'::pg_catalog.regnamespace AND NOT t.tgisinternal;

DO $$
DECLARE
	wanted incident_internal.triggers;
BEGIN
	FOR wanted IN SELECT * FROM incident_internal.triggers LOOP
		EXECUTE pg_catalog.format('ALTER TABLE incident_internal.%I ENABLE ALWAYS TRIGGER %I', wanted.relation, wanted.trigger);
	END LOOP;
END
$$;

-- The triggers that do not fire always, and what makes them do so. pg_restore --disable-triggers
-- leaves all of a table as those that do not.
CREATE FUNCTION incident_internal.silent_triggers()
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN t.oid IS NULL THEN format('trigger "%s" of table "%s" is missing', w.trigger, w.relation)
		ELSE format('trigger "%s" of table "%s" does not always fire; it does after ALTER TABLE incident_internal.%2$I ENABLE ALWAYS TRIGGER %1$I',
			w.trigger, w.relation) END
	FROM incident_internal.triggers AS w
	LEFT JOIN (pg_trigger AS t
			JOIN pg_class AS c ON c.oid = t.tgrelid AND c.relnamespace = 'incident_internal'::regnamespace
			JOIN pg_proc AS f ON f.oid = t.tgfoid AND f.pronamespace = 'incident_internal'::regnamespace)
		ON c.relname = w.relation AND t.tgname = w.trigger AND f.proname = w.function AND t.tgtype = w.type
	WHERE t.tgenabled IS DISTINCT FROM 'A';
END;

-- What shows that a policy is no longer what was published, and that nothing keeps it so.
CREATE FUNCTION incident_internal.verify_policies(OUT policy text, OUT version integer, OUT problem text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT p.name, p.version, 'the document is not the one that was published' AS problem
	FROM incident_internal.policies AS p
	WHERE p.state IN ('published', 'retired') AND p.digest IS DISTINCT FROM incident_internal.policy_digest(p.policy_id)
	UNION ALL
	SELECT NULL, NULL, t.problem FROM incident_internal.silent_triggers() AS t(problem)
	ORDER BY 1, 2, 3;
END;

COMMENT ON FUNCTION incident_internal.verify_policies() IS
'Policies, published or retired, built-in ones included, that are no longer what was published, each with what is wrong; and, with a policy of NULL, each trigger of the extension that is missing or does not always fire, so that published data could be changed or caches miss a change. No rows when untouched.';

SELECT incident_internal.allow('audit', 'verify_policies');
