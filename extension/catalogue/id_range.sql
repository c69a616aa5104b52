-- Ids of databases that give organisations to one another: each counts in a range of its own, so
-- that what an organisation brings with it never meets what is opened where it comes to.

-- The columns of organisations' tables that are numbered over all organisations.
CREATE FUNCTION incident_internal.numbered_columns(OUT relation text, OUT attribute text, OUT sequence regclass)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.relname, a.attname, pg_get_serial_sequence(format('incident_internal.%I', c.relname), a.attname)::regclass
	FROM pg_class AS c
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attidentity <> '' AND a.atttypid = 'bigint'::regtype
	WHERE c.relnamespace = 'incident_internal'::regnamespace AND NOT c.relispartition
		AND EXISTS (SELECT FROM pg_attribute AS o WHERE o.attrelid = c.oid AND o.attname = 'org_id')
	ORDER BY c.relname
$$;

-- The range that an id is of.
CREATE FUNCTION incident_internal.shard_of(id bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT id >> 40;
END;

CREATE FUNCTION incident_internal.set_id_range(shard integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	numbered record;
	newest bigint;
	taken boolean;
BEGIN
	IF incident_internal.needed(shard, 'the shard') NOT BETWEEN 0 AND 4194303 THEN
		RAISE EXCEPTION 'shards count from 0 to 4194303, not %', shard
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM incident_internal.take_lock('id range', 1);
	FOR numbered IN SELECT * FROM incident_internal.numbered_columns() LOOP
		EXECUTE format('SELECT last_value FROM %s', numbered.sequence) INTO newest;
		CONTINUE WHEN incident_internal.shard_of(newest) = shard;
		EXECUTE format('SELECT EXISTS (SELECT FROM incident_internal.%I AS t WHERE incident_internal.shard_of(t.%I) = $1)',
			numbered.relation, numbered.attribute) INTO taken USING shard;
		IF taken THEN
			RAISE EXCEPTION 'ids of shard % are in use here', shard
				USING ERRCODE = 'object_not_in_prerequisite_state',
					  DETAIL = format('Column "%s" of table "%s" has some: they came with an organisation from the database that counts there.',
						numbered.attribute, numbered.relation),
					  HINT = 'Give each database a number of its own.';
		END IF;
		EXECUTE format('ALTER SEQUENCE %s RESTART WITH %s', numbered.sequence, (shard::bigint << 40) + 1);
	END LOOP;
END
$$;

COMMENT ON FUNCTION incident_internal.numbered_columns() IS
'The columns of organisations'' tables that are numbered over all organisations, and the sequences that number them.';
COMMENT ON FUNCTION incident_internal.shard_of(bigint) IS
'The shard of which an id is, as set_id_range() gives them.';
COMMENT ON FUNCTION incident_internal.set_id_range(integer) IS
'From now on ids of incidents, assets and all else that organisations have are given from shard × 2^40 + 1 on, so that those of several databases are never the same and organisations can move between them; 0 is where a new database counts. Nothing happens where ids are of that shard already. Errors: invalid_parameter_value beyond 0 to 4194303, object_not_in_prerequisite_state when ids of that shard have come from elsewhere.';

SELECT incident_internal.allow('operate', 'set_id_range');
