-- Calendars: working hours of the week in a time zone, holidays, extra working days. They
-- are shared by all organisations. A calendar of one's own takes the place of the built-in
-- one with its name.

-- zone NULL: that of each organisation. weeks are the dates from which each of its weeks
-- holds, -infinity for one that holds since ever.
CREATE TABLE incident_internal.calendars (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	zone text,
	weeks date[] NOT NULL DEFAULT '{-infinity}',
	working_day interval,
	source text,
	PRIMARY KEY (calendar, built_in)
);

-- The windows of a weekday, Monday being 1, in the week that holds since a date.
CREATE TABLE incident_internal.calendar_windows (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
	opens time NOT NULL,
	closes time NOT NULL CHECK (opens < closes),
	since date NOT NULL DEFAULT '-infinity',
	PRIMARY KEY (calendar, built_in, since, weekday, opens)
);

-- Dates that do not have the windows of their weekday: holidays, and dates with windows of
-- their own. A date may be both.
CREATE TABLE incident_internal.calendar_dates (
	calendar text NOT NULL,
	built_in boolean NOT NULL DEFAULT false,
	date date NOT NULL,
	holiday boolean NOT NULL,
	opens time[],
	closes time[],
	PRIMARY KEY (calendar, built_in, date)
);

SELECT pg_catalog.pg_extension_config_dump('incident_internal.calendars', 'WHERE NOT built_in');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.calendar_windows', 'WHERE NOT built_in');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.calendar_dates', 'WHERE NOT built_in');

-- Every backend compiles the calendars it uses; a change to any of these tables makes all
-- of them compile anew.

CREATE FUNCTION incident_internal.invalidate_calendars()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_invalidate_calendars';

CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident_internal.calendars
	FOR EACH ROW EXECUTE FUNCTION incident_internal.invalidate_calendars();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident_internal.calendar_windows
	FOR EACH ROW EXECUTE FUNCTION incident_internal.invalidate_calendars();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON incident_internal.calendar_dates
	FOR EACH ROW EXECUTE FUNCTION incident_internal.invalidate_calendars();

CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident_internal.calendars
	FOR EACH STATEMENT EXECUTE FUNCTION incident_internal.invalidate_calendars();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident_internal.calendar_windows
	FOR EACH STATEMENT EXECUTE FUNCTION incident_internal.invalidate_calendars();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON incident_internal.calendar_dates
	FOR EACH STATEMENT EXECUTE FUNCTION incident_internal.invalidate_calendars();

CREATE FUNCTION incident.working_time(calendar text, "from" timestamptz, "to" timestamptz)
RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_working_time';

CREATE FUNCTION incident.add_working_time(calendar text, start timestamptz, amount interval)
RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_add_working_time';

-- The length of a working day: the one that the calendar declares, else the most frequent one of
-- its first week.
CREATE FUNCTION incident.working_day(calendar text)
RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_working_day';

-- A time as policies store it: working days in hours, anything else as it is.
CREATE FUNCTION incident.term_length(term text, calendar text)
RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_term_length';

-- Import and export.

-- The days of the week as a document names them; Monday is 1.
CREATE FUNCTION incident_internal.weekday_words()
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '{mon,tue,wed,thu,fri,sat,sun}'::text[]
$$;

-- The windows of a day as a document lists them.
CREATE FUNCTION incident_internal.json_windows(value jsonb)
RETURNS TABLE (number bigint, times integer, opens time, closes time)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT w.ordinality - 1, jsonb_array_length(w.value), (w.value ->> 0)::time, (w.value ->> 1)::time
	FROM jsonb_array_elements(nullif(value, 'null')) WITH ORDINALITY AS w
$$;

-- The weeks of a document, each with the date from which it holds.
CREATE FUNCTION incident_internal.json_weeks(document jsonb)
RETURNS TABLE (number bigint, place text, since date, week jsonb)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 0, '$.week', date '-infinity', document -> 'week' WHERE document ->> 'week' IS NOT NULL
	UNION ALL
	SELECT w.ordinality - 1, format('$.weeks[%s].week', w.ordinality - 1),
		coalesce((w.value ->> 'from')::date, '-infinity'), w.value -> 'week'
	FROM jsonb_array_elements(nullif(document -> 'weeks', 'null')) WITH ORDINALITY AS w
$$;

-- What is wrong with the windows of a day: pairs of times, each ending after it begins, none
-- overlapping another.
CREATE FUNCTION incident_internal.window_findings(value jsonb, place text)
RETURNS TABLE (place text, problem text, hint text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH w AS (SELECT v.*, format('%s[%s]', window_findings.place, v.number) AS place, left((value -> v.number::integer)::text, 100) AS said
		FROM incident_internal.json_windows(value) AS v),
	finding(kind, number, place, problem, hint) AS (
		SELECT 1, w.number, w.place, format('is %s', w.said), CASE WHEN w.times <> 2
			THEN 'It needs two times: when the window begins and when it ends.'
			ELSE 'A window ends after it begins, on the same day. Write one that crosses midnight as two: until "24:00", and from "00:00" of the next day.' END
		FROM w WHERE w.times <> 2 OR w.closes <= w.opens
		UNION ALL
		SELECT 2, o.number, o.place, format('overlaps %s[%s]', substr(window_findings.place, strpos(window_findings.place, '$')), o.before), NULL
		FROM (SELECT v.*, lag(v.number) OVER earlier AS before, lag(v.closes) OVER earlier AS until
			FROM w AS v WINDOW earlier AS (ORDER BY v.opens, v.number)) AS o
		WHERE o.opens < o.until)
	SELECT f.place, f.problem, f.hint FROM finding AS f ORDER BY f.kind, f.number
$$;

CREATE FUNCTION incident_internal.expect_windows(value jsonb, place text)
RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.refuse_document(f.place, f.problem, f.hint)
	FROM incident_internal.window_findings(value, expect_windows.place) AS f LIMIT 1
$$;

-- The weeks of a calendar document: one without a date, or several with theirs, in order.
CREATE FUNCTION incident_internal.expect_weeks(document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kind CONSTANT text := 'calendar document: ';
	item record;
BEGIN
	IF (document ->> 'week' IS NULL) = (document ->> 'weeks' IS NULL) THEN
		PERFORM incident_internal.refuse_document(kind || '$',
			CASE WHEN document ->> 'week' IS NULL THEN 'has neither week nor weeks' ELSE 'has both week and weeks' END,
			'Write "week", or "weeks" where hours change: [{"week": …}, {"from": "2027-01-01", "week": …}].');
	END IF;
	IF jsonb_array_length(nullif(document -> 'weeks', 'null')) = 0 THEN
		PERFORM incident_internal.refuse_document(kind || '$.weeks', 'is empty', 'It needs a week.');
	END IF;
	SELECT w.* INTO item
		FROM (SELECT v.number, v.since, lag(v.since) OVER (ORDER BY v.number) AS before
			FROM incident_internal.json_weeks(document) AS v) AS w
		WHERE w.since <= w.before ORDER BY w.number LIMIT 1;
	IF FOUND THEN
		PERFORM incident_internal.refuse_document(format('%s$.weeks[%s].from', kind, item.number),
			CASE WHEN isfinite(item.since) THEN format('is %s', item.since) ELSE 'is missing' END,
			'Weeks come in the order of the dates from which they hold; only the first may be without.');
	END IF;
	FOR item IN SELECT d.value, format('%s%s.%s', kind, w.place, d.key) AS place
			FROM incident_internal.json_weeks(document) AS w, jsonb_each(w.week) AS d
			WHERE d.value <> 'null' ORDER BY w.number LOOP
		PERFORM incident_internal.expect_windows(item.value, item.place);
	END LOOP;
END
$$;

-- A calendar document: its shape, and what a shape cannot say.
CREATE FUNCTION incident_internal.expect_calendar(document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	here CONSTANT text := 'calendar document: $';
	day record;
BEGIN
	PERFORM incident_internal.expect_document(document, 'calendar document');
	IF document ->> 'zone' <> 'organisation'
			AND NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = document ->> 'zone') THEN
		PERFORM incident_internal.refuse_document(here || '.zone', format('is %s', left((document -> 'zone')::text, 100)),
			'It needs a name of pg_timezone_names, such as "Asia/Shanghai", or "organisation": the zone of each organisation.');
	END IF;
	IF (document ->> 'day')::interval NOT BETWEEN '1 second' AND '24 hours' THEN
		PERFORM incident_internal.refuse_document(here || '.day', format('is %s', document -> 'day'),
			'A working day has up to 24 hours, such as "8 hours".');
	END IF;
	FOR day IN SELECT key, value, format('%s.extra.%s', here, to_json(left(key, 100))) AS place
		FROM jsonb_each(nullif(document -> 'extra', 'null')) LOOP
		PERFORM incident_internal.expect_windows(day.value, day.place);
	END LOOP;
	PERFORM incident_internal.expect_weeks(document);
	SELECT max(h.ordinality) - 1 AS number, h.date INTO day
		FROM jsonb_array_elements_text(nullif(document -> 'holidays', 'null')) WITH ORDINALITY AS h(date)
		GROUP BY h.date HAVING count(*) > 1 ORDER BY number LIMIT 1;
	IF FOUND THEN
		PERFORM incident_internal.refuse_document(format('%s.holidays[%s]', here, day.number),
			format('is the second for %s', day.date));
	END IF;
	IF NOT EXISTS (SELECT FROM incident_internal.json_weeks(document) AS w, jsonb_each(w.week) AS d, incident_internal.json_windows(d.value))
			AND NOT EXISTS (SELECT FROM jsonb_each(nullif(document -> 'extra', 'null')) AS x
				WHERE jsonb_array_length(x.value) > 0) THEN
		PERFORM incident_internal.refuse_document(here, 'has no working time', 'No day of the week and no date has a window.');
	END IF;
END
$$;

-- Writes a document as the rows of a calendar, in place of those it has.
CREATE FUNCTION incident_internal.write_calendar(document jsonb, built_in boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name CONSTANT text := document ->> 'name';
BEGIN
	DELETE FROM incident_internal.calendars AS c
		WHERE c.calendar = name AND c.built_in = write_calendar.built_in;
	DELETE FROM incident_internal.calendar_windows AS w
		WHERE w.calendar = name AND w.built_in = write_calendar.built_in;
	DELETE FROM incident_internal.calendar_dates AS d
		WHERE d.calendar = name AND d.built_in = write_calendar.built_in;

	INSERT INTO incident_internal.calendars (calendar, built_in, zone, weeks, working_day, source)
		VALUES (name, write_calendar.built_in, nullif(document ->> 'zone', 'organisation'),
			ARRAY(SELECT w.since FROM incident_internal.json_weeks(document) AS w ORDER BY w.number),
			(document ->> 'day')::interval, document ->> 'source');
	INSERT INTO incident_internal.calendar_windows (calendar, built_in, since, weekday, opens, closes)
		SELECT name, write_calendar.built_in, k.since, array_position(incident_internal.weekday_words(), d.key), w.opens, w.closes
		FROM incident_internal.json_weeks(document) AS k, jsonb_each(k.week) AS d, incident_internal.json_windows(d.value) AS w;
	INSERT INTO incident_internal.calendar_dates (calendar, built_in, date, holiday, opens, closes)
		SELECT name, write_calendar.built_in, coalesce(h.date, x.date), h.date IS NOT NULL, x.opens, x.closes
		FROM (SELECT value::date AS date
				FROM jsonb_array_elements_text(nullif(document -> 'holidays', 'null'))) AS h
		FULL JOIN (SELECT key::date AS date, ARRAY(SELECT opens FROM incident_internal.json_windows(value) ORDER BY opens) AS opens,
					ARRAY(SELECT closes FROM incident_internal.json_windows(value) ORDER BY opens) AS closes
				FROM jsonb_each(nullif(document -> 'extra', 'null'))) AS x USING (date);
END
$$;

-- From and until which moment two documents of a calendar may differ, with two days to spare
-- for zones; NULL when they do not.
CREATE FUNCTION incident_internal.calendar_difference(was jsonb, becomes jsonb, OUT since timestamptz, OUT until timestamptz)
RETURNS record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH one AS (
		SELECT d.of, w.since, w.week FROM (VALUES (1, was), (2, becomes)) AS d(of, document), incident_internal.json_weeks(d.document) AS w),
	date AS (
		SELECT d.of, h.date::date AS date, NULL::jsonb AS windows
		FROM (VALUES (1, was), (2, becomes)) AS d(of, document), jsonb_array_elements_text(d.document -> 'holidays') AS h(date)
		UNION ALL
		SELECT d.of, x.key::date, x.value
		FROM (VALUES (1, was), (2, becomes)) AS d(of, document), jsonb_each(d.document -> 'extra') AS x),
	difference AS (
		SELECT '-infinity'::date AS since, 'infinity'::date AS until
		WHERE (was -> 'zone', was -> 'day') IS DISTINCT FROM (becomes -> 'zone', becomes -> 'day')
		UNION ALL
		SELECT min(a.since), 'infinity' FROM (SELECT o.since, o.week, count(*) AS n FROM one AS o GROUP BY 1, 2) AS a
		WHERE a.n = 1 HAVING count(*) > 0
		UNION ALL
		SELECT min(a.date), max(a.date) FROM (SELECT d.date, d.windows, count(*) AS n FROM date AS d GROUP BY 1, 2) AS a
		WHERE a.n = 1 HAVING count(*) > 0)
	SELECT min(d.since)::timestamp AT TIME ZONE 'UTC' - interval '2 days', max(d.until)::timestamp AT TIME ZONE 'UTC' + interval '3 days'
	FROM difference AS d
$$;

CREATE FUNCTION incident_internal.import_calendar(document jsonb, change_closed boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text;
	was jsonb;
	difference record;
BEGIN
	PERFORM incident_internal.needed(document, 'the document');
	PERFORM incident_internal.needed(change_closed, 'change_closed');
	IF document -> 'name' = '"24x7"' THEN
		PERFORM incident_internal.refuse_document('calendar document: $.name', format('is %s', document -> 'name'),
			'That one is built in and stays what it is.');
	END IF;
	PERFORM incident_internal.expect_calendar(document);
	name := document ->> 'name';
	-- Two imports of one name take their turns.
	PERFORM incident_internal.take_lock('calendar name', hashtext(name));
	was := incident_internal.export_calendar(name);
	PERFORM incident_internal.write_calendar(document, false);
	PERFORM incident_internal.expect_sound_policies(name);
	-- No policy can use one that there was not.
	IF was IS NOT NULL THEN
		difference := incident_internal.calendar_difference(was, incident_internal.export_calendar(name));
		IF difference.since IS NOT NULL THEN
			PERFORM incident_internal.reconsider(ARRAY[name], NULL, difference.since, difference.until, change_closed);
		END IF;
	END IF;
END
$$;

-- Loads a calendar that the extension ships.
CREATE FUNCTION incident_internal.load_calendar(document text)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.expect_calendar(document::jsonb);
	SELECT incident_internal.write_calendar(document::jsonb, true);
$$;

-- A time of day as documents write it: without seconds when there are none.
CREATE FUNCTION incident_internal.clock_word(clock time)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT regexp_replace(clock::text, ':00$', '')
$$;

-- The week of a calendar that holds since a date.
CREATE FUNCTION incident_internal.exported_week(calendar text, built_in boolean, since date)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(d.day, d.windows), '{}')
	FROM (SELECT (incident_internal.weekday_words())[w.weekday] AS day,
			jsonb_agg(jsonb_build_array(incident_internal.clock_word(w.opens), incident_internal.clock_word(w.closes))
				ORDER BY w.opens) AS windows
		FROM incident_internal.calendar_windows AS w
		WHERE w.calendar = exported_week.calendar AND w.built_in = exported_week.built_in AND w.since = exported_week.since
		GROUP BY w.weekday) AS d
$$;

CREATE FUNCTION incident_internal.export_calendar(name text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
SET datestyle = 'ISO'
AS $$
	SELECT jsonb_build_object(
		'name', c.calendar, 'zone', coalesce(c.zone, 'organisation'),
		'holidays', (SELECT coalesce(jsonb_agg(d.date ORDER BY d.date), '[]')
			FROM incident_internal.calendar_dates AS d
			WHERE d.calendar = c.calendar AND d.built_in = c.built_in AND d.holiday),
		'extra', (SELECT coalesce(jsonb_object_agg(to_char(d.date, 'YYYY-MM-DD'),
				(SELECT coalesce(jsonb_agg(jsonb_build_array(incident_internal.clock_word(w.opens), incident_internal.clock_word(w.closes))
						ORDER BY w.opens), '[]')
					FROM unnest(d.opens, d.closes) AS w(opens, closes))), '{}')
			FROM incident_internal.calendar_dates AS d
			WHERE d.calendar = c.calendar AND d.built_in = c.built_in AND d.opens IS NOT NULL))
		|| CASE WHEN c.weeks = '{-infinity}'
			THEN jsonb_build_object('week', incident_internal.exported_week(c.calendar, c.built_in, '-infinity'))
			ELSE jsonb_build_object('weeks', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
						'from', CASE WHEN isfinite(w.since) THEN w.since END))
					|| jsonb_build_object('week', incident_internal.exported_week(c.calendar, c.built_in, w.since)) ORDER BY w.since)
				FROM unnest(c.weeks) AS w(since))) END
		|| jsonb_strip_nulls(jsonb_build_object('day', c.working_day, 'source', c.source))
	FROM incident_internal.calendars AS c
	WHERE c.calendar = incident_internal.needed_name(export_calendar.name, 'the calendar')
	ORDER BY c.built_in LIMIT 1
$$;

COMMENT ON FUNCTION incident.working_time(text, timestamptz, timestamptz) IS
'Working time of a calendar from one moment to another, as an interval of seconds to the microsecond; negative when "to" is before "from". A moment is working time when the clock on the wall in the calendar''s zone shows a time inside a window of that date: an hour that is skipped holds none, one that is repeated counts twice. Errors: undefined_object when there is no such calendar, datetime_value_out_of_range for an infinite moment or one outside the years 1 to 9999 (UTC).';
COMMENT ON FUNCTION incident.add_working_time(text, timestamptz, interval) IS
'The earliest moment by which an amount of working time has been worked since the start; for a negative amount the latest moment since which it has been worked at the start; for zero the start. A day of the amount counts 24 hours of working time. Errors: invalid_parameter_value for an amount with months, interval_field_overflow for an infinite one, undefined_object when there is no such calendar, datetime_value_out_of_range for an infinite moment, one outside the years 1 to 9999 (UTC), or when so much is never worked within these years.';
COMMENT ON FUNCTION incident.working_day(text) IS
'The length of a working day of a calendar, in hours: the "day" of its document, else the most frequent length of a day in its first week, the longer of two that are as frequent. Error undefined_object when there is no such calendar.';
COMMENT ON FUNCTION incident.term_length(text, text) IS
'A time as policies store it, on a calendar: working days in hours, anything else as it is. Errors: undefined_object when there is no such calendar, invalid_parameter_value for what is no time.';
COMMENT ON FUNCTION incident_internal.import_calendar(jsonb, boolean) IS
'Writes a calendar document; one of the same name is replaced as a whole, and the next tick settles all incidents anew whose clocks run by it where it has changed; those that were just being opened, when all transactions of that time have ended. Closed and cancelled incidents are settled by the import itself: when one would change, it is refused (object_in_use, with their number) unless change_closed is true. Error program_limit_exceeded names the place of more than 48 windows of a day or 10,000 dates, invalid_parameter_value that of whatever else is not as a calendar document must be, of the name 24x7, which is built in for good, and a published policy that would no longer be sound.';
COMMENT ON FUNCTION incident_internal.export_calendar(text) IS
'The document of a calendar; importing it gives the same calendar. NULL when there is none of that name.';

SELECT incident_internal.allow('look_up', 'add_working_time', 'working_time');
SELECT incident_internal.allow('consult', 'export_calendar', 'term_length', 'working_day');
SELECT incident_internal.allow('operate', 'import_calendar');
