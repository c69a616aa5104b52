-- What is written as documents and lives in versions: policies, risk methods. A version begins
-- as a draft. Once it is published it never changes; it may be retired, and a draft or retired
-- one dropped. Which of these a kind has is in the CHECK of its table's column state.

-- The table of a kind has the columns name, version, state, published_at and digest, of a kind
-- that is retired also retired_at.
CREATE TABLE incident_internal.version_kinds (
	kind text PRIMARY KEY,		-- as messages call one; its view is named after it
	relation text NOT NULL,		-- its table
	key text NOT NULL			-- the key of that
);

CREATE FUNCTION incident_internal.version_kind(kind text)
RETURNS incident_internal.version_kinds
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT k FROM incident_internal.version_kinds AS k WHERE k.kind = version_kind.kind;
END;

-- The number of the next version of a name. Two imports of one name take their turns, or both
-- would have the same.
CREATE FUNCTION incident_internal.next_version(kind text, name text)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	number integer;
BEGIN
	PERFORM incident_internal.take_lock(kind || ' name', hashtext(name));
	EXECUTE format('SELECT coalesce(max(v.version), 0) + 1 FROM incident_internal.%I AS v WHERE v.name = $1',
		(incident_internal.version_kind(kind)).relation) INTO number USING name;
	RETURN number;
END
$$;

-- The name and the state of a version, which nobody changes until the transaction ends.
CREATE FUNCTION incident_internal.lock_version(kind text, id integer, OUT name text, OUT state text)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	its CONSTANT incident_internal.version_kinds := incident_internal.version_kind(kind);
BEGIN
	PERFORM incident_internal.needed(id, 'the ' || kind);
	EXECUTE format('SELECT v.name, v.state FROM incident_internal.%I AS v WHERE v.%I = $1 AND v.state <> %L FOR UPDATE',
		its.relation, its.key, 'dropped') INTO name, state USING id;
	IF name IS NULL THEN
		RAISE EXCEPTION '% % does not exist', kind, id
			USING ERRCODE = 'undefined_object',
				  HINT = format('The view incident.%s_versions lists them.', replace(kind, ' ', '_'));
	END IF;
END
$$;

-- The same of one that is to be published.
CREATE FUNCTION incident_internal.lock_draft(kind text, id integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	state CONSTANT text := (incident_internal.lock_version(kind, id)).state;
BEGIN
	IF state <> 'draft' THEN
		RAISE EXCEPTION '% % is already %', kind, id, state
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Import the document again: the same name makes the next version.';
	END IF;
END
$$;

-- What a document says in 32 bytes, the same in whichever database it is stored and whatever
-- that one's encoding.
CREATE FUNCTION incident_internal.document_digest(document jsonb)
RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT sha256(convert_to(document::text, 'UTF8'));
END;

-- Publishes a draft that is locked, unless its document has problems, a line each.
CREATE FUNCTION incident_internal.publish_version(kind text, id integer, document jsonb, problems text[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	its CONSTANT incident_internal.version_kinds := incident_internal.version_kind(kind);
BEGIN
	IF problems <> '{}' THEN
		RAISE EXCEPTION '% % is not sound', kind, id
			USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(problems, E'\n');
	END IF;
	EXECUTE format('UPDATE incident_internal.%I AS v SET state = %L, published_at = now(), digest = $2 WHERE v.%I = $1',
		its.relation, 'published', its.key) USING id, incident_internal.document_digest(document);
END
$$;

-- Guards. What is published never changes, whoever tries. A draft may; a published version may
-- be retired, and a retired one or a draft deleted as a whole.

CREATE FUNCTION incident_internal.refuse_change(kind text, id integer, state text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '% % is % and cannot be changed', kind, id, state
		USING ERRCODE = 'object_not_in_prerequisite_state',
			  HINT = 'Import the document again: the same name makes the next version.';
END
$$;

-- Whether rows come from elsewhere: from a dump, all of which begin with the one setting, or from
-- a subscription or another tool of replication, which work under the other.
CREATE FUNCTION incident_internal.rows_are_copied()
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT NOT current_setting('check_function_bodies')::boolean
		OR current_setting('session_replication_role') = 'replica';
END;

CREATE FUNCTION incident_internal.guard_version()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	its CONSTANT incident_internal.version_kinds := (SELECT k FROM incident_internal.version_kinds AS k
		WHERE k.relation = TG_TABLE_NAME);
	row_before CONSTANT jsonb := to_jsonb(OLD);
	row_after CONSTANT jsonb := to_jsonb(NEW);
	step CONSTANT text := format('%s to %s', OLD.state, NEW.state);
BEGIN
	-- OLD and NEW are null where there is none.
	IF TG_OP = 'INSERT' THEN
		IF NEW.state <> 'draft' AND NOT incident_internal.rows_are_copied() THEN
			RAISE EXCEPTION '% % cannot begin as %', its.kind, row_after -> its.key, NEW.state
				USING ERRCODE = 'object_not_in_prerequisite_state';
		END IF;
	ELSIF NOT (CASE
			WHEN TG_OP = 'DELETE' THEN OLD.state IN ('draft', 'dropped')
			WHEN step IN ('draft to draft', 'draft to published', 'draft to dropped')
				THEN row_after -> its.key = row_before -> its.key
			WHEN step IN ('published to retired', 'retired to dropped')
				THEN row_after - '{state,retired_at}'::text[] = row_before - '{state,retired_at}'::text[]
			ELSE false END) THEN
		PERFORM incident_internal.refuse_change(its.kind, (row_before -> its.key)::integer, OLD.state);
	END IF;
	RETURN coalesce(NEW, OLD);
END
$$;

CREATE FUNCTION incident_internal.refuse_truncate()
RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'table % holds what is published and cannot be truncated', TG_TABLE_NAME
		USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
