-- What a benchmark found: samples, their medians, and what is to be held.

CREATE SCHEMA report;
CREATE EXTENSION dblink;

CREATE TABLE report.sample (part text, name text, run int, value float8);

CREATE TABLE report.figure (
	id int GENERATED ALWAYS AS IDENTITY,
	part text,
	name text,
	value numeric,
	unit text,
	at_most numeric,
	at_least numeric,
	stretch numeric
);

CREATE FUNCTION report.take(part text, name text, run int, value float8) RETURNS void
LANGUAGE sql AS $$ INSERT INTO report.sample VALUES (part, name, run, value) $$;

-- The median of a part's samples; the run 0 warms up.
CREATE FUNCTION report.median(part text, name text) RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
	result float8 := (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s.value)
		FROM report.sample AS s WHERE s.part = median.part AND s.name = median.name AND s.run > 0);
BEGIN
	IF result IS NULL THEN
		RAISE EXCEPTION 'nothing was measured for %: %', part, name;
	END IF;
	RETURN result;
END
$$;

-- The median of a quotient of two samples of the same run.
CREATE FUNCTION report.ratio(part text, name text, divisor text) RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
	result float8 := (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a.value / b.value)
		FROM report.sample AS a JOIN report.sample AS b USING (part, run)
		WHERE a.part = ratio.part AND a.name = ratio.name AND b.name = ratio.divisor AND run > 0);
BEGIN
	IF result IS NULL THEN
		RAISE EXCEPTION 'nothing was measured for %: % / %', part, name, divisor;
	END IF;
	RETURN result;
END
$$;

CREATE FUNCTION report.tell(part text, name text, value float8, unit text DEFAULT '',
	at_most numeric DEFAULT NULL, at_least numeric DEFAULT NULL, stretch numeric DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO report.figure (part, name, value, unit, at_most, at_least, stretch)
	VALUES (part, name, round(value::numeric, CASE WHEN abs(value) < 10 THEN 2 WHEN abs(value) < 100 THEN 1 ELSE 0 END),
		unit, at_most, at_least, stretch)
$$;

CREATE VIEW report.summary AS
SELECT part, name AS figure, value, unit,
	coalesce('<= ' || at_most, '>= ' || at_least, '') AS "hold to", coalesce(stretch::text, '') AS stretch,
	CASE WHEN at_most IS NULL AND at_least IS NULL THEN ''
		WHEN value <= at_most OR value >= at_least THEN 'held' ELSE 'MISSED' END AS verdict
FROM report.figure ORDER BY id;

-- How to connect to a database of this cluster.
CREATE FUNCTION report.connection(database text DEFAULT current_database()) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
		current_setting('port'), database, session_user)
$$;
