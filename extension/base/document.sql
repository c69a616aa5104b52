-- Documents that people write: what has the shape of one, and what is refused.

-- All places of a document that do not have the shape of its kind, with what is wrong there.
CREATE FUNCTION incident_internal.document_findings(document jsonb, kind text, OUT place text, OUT problem text)
RETURNS SETOF record
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_document_findings';

-- Errors with the first of them.
CREATE FUNCTION incident_internal.expect_document(document jsonb, kind text)
RETURNS void
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_expect_document';

-- The kinds of documents and their shapes, as src/document/shape.c explains them.
CREATE FUNCTION incident_internal.document_shapes(OUT kind text, OUT shape text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_document_shapes';

-- A place begins with the kind of the document: "policy document: $.name".
CREATE FUNCTION incident_internal.refuse_document(place text, problem text, hint text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF hint IS NULL THEN
		RAISE EXCEPTION '% %', place, problem USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RAISE EXCEPTION '% %', place, problem USING ERRCODE = 'invalid_parameter_value', HINT = hint;
END
$$;

-- The words of a JSON array, in order; NULL for JSON null.
CREATE FUNCTION incident_internal.json_words(value jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(value) <> 'null'
		THEN ARRAY(SELECT word FROM jsonb_array_elements_text(value) WITH ORDINALITY AS w(word, at) ORDER BY at)
	END
$$;

-- The levels of a JSON array, most urgent first; NULL for JSON null.
CREATE FUNCTION incident_internal.json_levels(value jsonb)
RETURNS incident.level[]
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(value) <> 'null'
		THEN ARRAY(SELECT word::incident.level FROM jsonb_array_elements_text(value) AS w(word) ORDER BY 1 DESC)
	END
$$;
