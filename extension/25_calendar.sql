-- Calendars: working hours of the week in a time zone, holidays, extra working days. They
-- are shared by all organisations. A calendar of one's own takes the place of the built-in
-- one with its name.

CREATE TABLE incident.calendars (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	zone text NOT NULL,
	source text,
	PRIMARY KEY (calendar, built_in)
);

-- The windows of a weekday, Monday being 1.
CREATE TABLE incident.calendar_windows (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
	opens time NOT NULL,
	closes time NOT NULL CHECK (opens < closes),
	PRIMARY KEY (calendar, built_in, weekday, opens)
);

-- Dates that do not have the windows of their weekday: holidays, and dates with windows of
-- their own. A date may be both.
CREATE TABLE incident.calendar_dates (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	date date NOT NULL,
	holiday boolean NOT NULL,
	opens time[],
	closes time[],
	PRIMARY KEY (calendar, built_in, date)
);

SELECT pg_catalog.pg_extension_config_dump('incident.calendars', 'WHERE NOT built_in');
SELECT pg_catalog.pg_extension_config_dump('incident.calendar_windows', 'WHERE NOT built_in');
SELECT pg_catalog.pg_extension_config_dump('incident.calendar_dates', 'WHERE NOT built_in');

-- Every backend compiles the calendars it uses; a change to any of these tables makes all
-- of them compile anew.

CREATE FUNCTION incident.invalidate_calendars()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_invalidate_calendars';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident.calendars
	FOR EACH ROW EXECUTE FUNCTION incident.invalidate_calendars();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident.calendar_windows
	FOR EACH ROW EXECUTE FUNCTION incident.invalidate_calendars();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident.calendar_dates
	FOR EACH ROW EXECUTE FUNCTION incident.invalidate_calendars();

CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident.calendars
	FOR EACH STATEMENT EXECUTE FUNCTION incident.invalidate_calendars();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident.calendar_windows
	FOR EACH STATEMENT EXECUTE FUNCTION incident.invalidate_calendars();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident.calendar_dates
	FOR EACH STATEMENT EXECUTE FUNCTION incident.invalidate_calendars();

CREATE FUNCTION incident.working_time(calendar text, "from" timestamptz, "to" timestamptz)
RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_working_time';

CREATE FUNCTION incident.add_working_time(calendar text, start timestamptz, amount interval)
RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_add_working_time';

-- Import and export.

-- The days of the week as a document names them; Monday is 1.
CREATE FUNCTION incident.weekday_words()
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '{mon,tue,wed,thu,fri,sat,sun}'::text[]
$$;

-- The windows of a day as a document lists them.
CREATE FUNCTION incident.json_windows(value jsonb)
RETURNS TABLE (number bigint, times integer, opens time, closes time)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT w.ordinality - 1, jsonb_array_length(w.value), (w.value ->> 0)::time, (w.value ->> 1)::time
	FROM jsonb_array_elements(nullif(value, 'null')) WITH ORDINALITY AS w
$$;

-- The windows of a day: pairs of times, each ending after it begins, none overlapping
-- another.
CREATE FUNCTION incident.expect_windows(value jsonb, place text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	item record;
BEGIN
	FOR item IN SELECT w.*, format('%s[%s]', place, w.number) AS place, value -> w.number::integer AS said
		FROM incident.json_windows(value) AS w ORDER BY w.number LOOP
		IF item.times <> 2 THEN
			PERFORM incident.refuse_document(item.place, format('is %s', left(item.said::text, 100)),
				'It needs two times: when the window begins and when it ends.');
		ELSIF item.closes <= item.opens THEN
			PERFORM incident.refuse_document(item.place, format('is %s', item.said),
				'A window ends after it begins, on the same day. Write one that crosses midnight as two: until "24:00", and from "00:00" of the next day.');
		END IF;
	END LOOP;
	SELECT w.number, w.before INTO item
		FROM (SELECT v.number, v.opens, lag(v.number) OVER earlier AS before, lag(v.closes) OVER earlier AS until
			FROM incident.json_windows(value) AS v WINDOW earlier AS (ORDER BY v.opens, v.number)) AS w
		WHERE w.opens < w.until ORDER BY w.opens LIMIT 1;
	IF FOUND THEN
		PERFORM incident.refuse_document(format('%s[%s]', place, item.number),
			format('overlaps %s[%s]', substr(place, strpos(place, '$')), item.before));
	END IF;
END
$$;

-- A calendar document: its shape, and what a shape cannot say.
CREATE FUNCTION incident.expect_calendar(document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	here CONSTANT text := 'calendar document: $';
	day record;
BEGIN
	PERFORM incident.expect_document(document, 'calendar document');
	IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = document ->> 'zone') THEN
		PERFORM incident.refuse_document(here || '.zone', format('is %s', left((document -> 'zone')::text, 100)),
			'It needs a name of pg_timezone_names, such as "Asia/Shanghai".');
	END IF;
	FOR day IN SELECT key, value FROM jsonb_each(document -> 'week') WHERE value <> 'null' LOOP
		PERFORM incident.expect_windows(day.value, format('%s.week.%s', here, day.key));
	END LOOP;
	FOR day IN SELECT key, value, format('%s.extra.%s', here, to_json(left(key, 100))) AS place
		FROM jsonb_each(nullif(document -> 'extra', 'null')) LOOP
		PERFORM incident.expect_windows(day.value, day.place);
	END LOOP;
	SELECT max(h.ordinality) - 1 AS number, h.date INTO day
		FROM jsonb_array_elements_text(nullif(document -> 'holidays', 'null')) WITH ORDINALITY AS h(date)
		GROUP BY h.date HAVING count(*) > 1 ORDER BY number LIMIT 1;
	IF FOUND THEN
		PERFORM incident.refuse_document(format('%s.holidays[%s]', here, day.number),
			format('is the second for %s', day.date));
	END IF;
END
$$;

-- Writes a document as the rows of a calendar, in place of those it has.
CREATE FUNCTION incident.write_calendar(document jsonb, built_in boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name CONSTANT text := document ->> 'name';
BEGIN
	PERFORM incident.expect_calendar(document);

	-- Two imports of one name take their turns.
	PERFORM incident.take_lock('calendar name', hashtext(name));
	DELETE FROM incident.calendars AS c
		WHERE c.calendar = name AND c.built_in = write_calendar.built_in;
	DELETE FROM incident.calendar_windows AS w
		WHERE w.calendar = name AND w.built_in = write_calendar.built_in;
	DELETE FROM incident.calendar_dates AS d
		WHERE d.calendar = name AND d.built_in = write_calendar.built_in;

	INSERT INTO incident.calendars (calendar, built_in, zone, source)
		VALUES (name, write_calendar.built_in, document ->> 'zone', document ->> 'source');
	INSERT INTO incident.calendar_windows (calendar, built_in, weekday, opens, closes)
		SELECT name, write_calendar.built_in, array_position(incident.weekday_words(), d.key), w.opens, w.closes
		FROM jsonb_each(document -> 'week') AS d, incident.json_windows(d.value) AS w;
	INSERT INTO incident.calendar_dates (calendar, built_in, date, holiday, opens, closes)
		SELECT name, write_calendar.built_in, coalesce(h.date, x.date), h.date IS NOT NULL, x.opens, x.closes
		FROM (SELECT value::date AS date
				FROM jsonb_array_elements_text(nullif(document -> 'holidays', 'null'))) AS h
		FULL JOIN (SELECT key::date AS date, ARRAY(SELECT opens FROM incident.json_windows(value) ORDER BY opens) AS opens,
					ARRAY(SELECT closes FROM incident.json_windows(value) ORDER BY opens) AS closes
				FROM jsonb_each(nullif(document -> 'extra', 'null'))) AS x USING (date);
END
$$;

CREATE FUNCTION incident.import_calendar(document jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM incident.needed(document, 'the document');
	IF document ->> 'name' = '24x7' THEN
		PERFORM incident.refuse_document('calendar document: $.name', format('is %s', document -> 'name'),
			'That one is built in and stays what it is.');
	END IF;
	PERFORM incident.write_calendar(document, false);
	PERFORM incident.reconsider_calendar(document ->> 'name');
END
$$;

-- Loads a calendar that the extension ships.
CREATE FUNCTION incident.load_calendar(document text)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident.write_calendar(document::jsonb, true)
$$;

-- A time of day as documents write it: without seconds when there are none.
CREATE FUNCTION incident.clock_word(clock time)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT regexp_replace(clock::text, ':00$', '')
$$;

CREATE FUNCTION incident.export_calendar(name text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'name', c.calendar, 'zone', c.zone,
		'week', (SELECT coalesce(jsonb_object_agg(d.day, d.windows), '{}')
			FROM (SELECT (incident.weekday_words())[w.weekday] AS day,
					jsonb_agg(jsonb_build_array(incident.clock_word(w.opens), incident.clock_word(w.closes))
						ORDER BY w.opens) AS windows
				FROM incident.calendar_windows AS w
				WHERE w.calendar = c.calendar AND w.built_in = c.built_in
				GROUP BY w.weekday) AS d),
		'holidays', (SELECT coalesce(jsonb_agg(d.date ORDER BY d.date), '[]')
			FROM incident.calendar_dates AS d
			WHERE d.calendar = c.calendar AND d.built_in = c.built_in AND d.holiday),
		'extra', (SELECT coalesce(jsonb_object_agg(to_char(d.date, 'YYYY-MM-DD'),
				(SELECT coalesce(jsonb_agg(jsonb_build_array(incident.clock_word(w.opens), incident.clock_word(w.closes))
						ORDER BY w.opens), '[]')
					FROM unnest(d.opens, d.closes) AS w(opens, closes))), '{}')
			FROM incident.calendar_dates AS d
			WHERE d.calendar = c.calendar AND d.built_in = c.built_in AND d.opens IS NOT NULL))
		|| CASE WHEN c.source IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('source', c.source) END
	FROM incident.calendars AS c
	WHERE c.calendar = incident.needed_name(export_calendar.name, 'the calendar')
	ORDER BY c.built_in LIMIT 1
$$;

COMMENT ON FUNCTION incident.working_time(text, timestamptz, timestamptz) IS
'Working time of a calendar from one moment to another, as an interval of seconds to the microsecond; negative when "to" is before "from". A moment is working time when the clock on the wall in the calendar''s zone shows a time inside a window of that date: an hour that is skipped holds none, one that is repeated counts twice. Errors: undefined_object when there is no such calendar, datetime_value_out_of_range for an infinite moment or one outside the years 1 to 9999 (UTC).';
COMMENT ON FUNCTION incident.add_working_time(text, timestamptz, interval) IS
'The earliest moment by which an amount of working time has been worked since the start; for a negative amount the latest moment since which it has been worked at the start; for zero the start. A day of the amount counts 24 hours of working time. Errors: invalid_parameter_value for an amount with months, interval_field_overflow for an infinite one, undefined_object when there is no such calendar, datetime_value_out_of_range for an infinite moment, one outside the years 1 to 9999 (UTC), or when so much is never worked within these years.';
COMMENT ON FUNCTION incident.import_calendar(jsonb) IS
'Writes a calendar document; one of the same name is replaced as a whole, and the next tick settles all incidents anew whose clocks run by it; those that were just being opened, when all transactions of that time have ended. Error program_limit_exceeded names the place of more than 48 windows of a day or 10,000 dates, invalid_parameter_value that of whatever else is not as a calendar document must be, and of the name 24x7, which is built in for good.';
COMMENT ON FUNCTION incident.export_calendar(text) IS
'The document of a calendar; importing it gives the same calendar. NULL when there is none of that name.';
