-- What the regression tests share, in the schema `test` of the database that each of them gets
-- a copy of. Each function runs a statement that must fail and tells how it did.

CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO public;

CREATE FUNCTION test.refusal_detailed(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'accepted';
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT;
END $$;

CREATE FUNCTION test.refusal(statement text, OUT state text, OUT message text, OUT hint text)
LANGUAGE sql AS $$
	SELECT r.state, r.message, r.hint FROM test.refusal_detailed(statement) AS r
$$;

-- In one line.
CREATE FUNCTION test.refused(statement text) RETURNS text
LANGUAGE sql AS $$
	SELECT concat_ws(' / ', concat_ws(' ', r.state, r.message), nullif(r.hint, '')) FROM test.refusal_detailed(statement) AS r
$$;
