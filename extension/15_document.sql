-- Documents that people write: what has the shape of one, and what is refused.

-- Errors with the first place of a document that does not fit. A shape is JSON: a word is
-- the kind of a value, and words between bars are alternatives; an object names the keys of
-- an object; an array has the shape of its items and the keys that tell them apart, or two
-- shapes with "or" between, the second for objects. A question mark allows null, after a
-- key also that it is left out. Kinds are in src/value_kind.c.
CREATE FUNCTION incident.expect_shape(value jsonb, place text, shape json)
RETURNS void
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_expect_shape';

-- All places of a document that do not fit, with what is wrong there.
CREATE FUNCTION incident.shape_findings(
	document jsonb, root text, shape json, OUT place text, OUT problem text)
RETURNS SETOF record
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_shape_findings';

-- A place begins with the kind of the document: "policy document: $.name".
CREATE FUNCTION incident.refuse_document(place text, problem text, hint text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '% %', place, problem
		USING ERRCODE = 'invalid_parameter_value', HINT = coalesce(hint, '');
END
$$;

-- The words of a JSON array, in order; NULL for JSON null.
CREATE FUNCTION incident.json_words(value jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(value) <> 'null'
		THEN ARRAY(SELECT word FROM jsonb_array_elements_text(value) WITH ORDINALITY AS w(word, at) ORDER BY at)
	END
$$;

-- The levels of a JSON array, most urgent first; NULL for JSON null.
CREATE FUNCTION incident.json_levels(value jsonb)
RETURNS incident.level[]
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(value) <> 'null'
		THEN ARRAY(SELECT word::incident.level FROM jsonb_array_elements_text(value) AS w(word) ORDER BY 1 DESC)
	END
$$;
