-- The schema. It belongs to the extension, and making it fails when somebody else has made
-- one of that name: its owner could put functions beside ours, or drop it with all it holds.
CREATE SCHEMA incident;

-- What follows finds nothing but the system's own objects by an unqualified name.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Refuses a transaction whose statements do not see what others have committed meanwhile.
CREATE FUNCTION incident_internal.expect_newest_snapshot(what text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
		RAISE EXCEPTION '% in READ COMMITTED only', what USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
END
$$;

-- Takes a lock until the transaction ends, which no SQL of others can take; false when another
-- transaction has it and this one does not wait. The locks are in src/base/lock.c.
CREATE FUNCTION incident_internal.take_lock(name text, object integer, shared boolean DEFAULT false, wait boolean DEFAULT true)
RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_take_lock';
