-- Arguments of functions in SQL and PL/pgSQL, read as those of functions in C are. `what` says
-- in a message which argument it is.

-- A name without the blanks around it; NULL when there is none or nothing but blanks.
CREATE FUNCTION incident_internal.given_name(value text, what text, most integer DEFAULT 200)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_given_name';

-- The same where one has to be given.
CREATE FUNCTION incident_internal.needed_name(value text, what text)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_needed_name_of';

-- A list of names, each of which has to be one.
CREATE FUNCTION incident_internal.given_names(list text[], what text)
RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most CONSTANT integer := 1000;
BEGIN
	IF cardinality(list) > most THEN
		RAISE EXCEPTION 'the list has % items', cardinality(list)
			USING ERRCODE = 'program_limit_exceeded', DETAIL = format('Each would be %s.', what),
				  HINT = format('At most %s are taken.', most);
	END IF;
	RETURN CASE WHEN list IS NOT NULL THEN ARRAY(SELECT incident_internal.needed_name(n.name, what)
		FROM unnest(list) WITH ORDINALITY AS n(name, place) ORDER BY n.place) END;
END
$$;

-- A text as it was written; NULL when there is none or nothing but blanks.
CREATE FUNCTION incident_internal.given_note(value text, what text)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_given_note';

-- A moment that has come; one that is barely ahead of the clock is now.
CREATE FUNCTION incident_internal.past_moment(moment timestamptz, what text)
RETURNS timestamptz
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_past_moment';

-- Refuses what cannot be done in a read-only transaction, such as on a standby, whether there is
-- something to do or not.
CREATE FUNCTION incident_internal.expect_writable(what text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF current_setting('transaction_read_only')::boolean THEN
		RAISE EXCEPTION 'cannot % in a read-only transaction', what USING ERRCODE = 'read_only_sql_transaction';
	END IF;
END
$$;

-- A value that has to be given.
CREATE FUNCTION incident_internal.needed(value anyelement, what text)
RETURNS anyelement
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_needed';

-- What a register keeps of an attribute: what is given, else what was stored, or nothing
-- where that is said.
CREATE FUNCTION incident_internal.keep(given anyelement, stored anyelement, cleared boolean)
RETURNS anyelement
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_keep';

-- The attributes that are to be emptied. `given` has all that can be, with the values that
-- are given for them.
CREATE FUNCTION incident_internal.cleared(words text[], given jsonb)
RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result CONSTANT text[] := coalesce(incident_internal.given_names(words, 'what is to be cleared'), '{}');
	word text;
BEGIN
	FOREACH word IN ARRAY result LOOP
		IF NOT given ? word OR given ->> word IS NOT NULL THEN
			RAISE EXCEPTION 'cannot clear "%"', left(word, 100)
				USING ERRCODE = 'invalid_parameter_value',
					  HINT = format('Name any of %s, and only when no new value is given for it.',
						(SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(given) AS k));
		END IF;
	END LOOP;
	RETURN result;
END
$$;
