--
-- Calendars: working time measured and added, the rules of daylight saving time, documents
-- in and out, and every refusal.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- A calendar with the same windows on the days named, and nothing else.
CREATE FUNCTION pg_temp.make(name text, zone text, days text, windows jsonb, more jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql AS $$
	SELECT import_calendar(jsonb_build_object('name', name, 'zone', zone, 'week',
		(SELECT jsonb_object_agg(day, windows) FROM string_to_table(days, ' ') AS day)) || more)
$$;
CREATE FUNCTION pg_temp.rows_of(name text) RETURNS bigint LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM incident_internal.calendars WHERE calendar = name)
		+ (SELECT count(*) FROM incident_internal.calendar_windows WHERE calendar = name)
		+ (SELECT count(*) FROM incident_internal.calendar_dates WHERE calendar = name)
$$;

-- 24x7

SELECT working_time('24x7', '2026-01-01', '2026-01-02 03:04:05.678901'),
	working_time('24x7', '2026-01-02', '2026-01-01'),
	add_working_time('24x7', '2026-02-27', '2 days 00:00:00.5'), add_working_time('24x7', '2026-02-27', '-2 days');
SELECT working_time('24x7', '0001-01-01', '9999-12-31 23:59:59.999999');

-- china: Monday to Friday 09:00 to 12:00 and 13:00 to 18:00, Beijing time

SET timezone = 'Asia/Shanghai';
-- A plain Monday: working time at each hour of it.
SELECT string_agg(extract(hour FROM working_time('china', '2026-03-02', t))::text, ' ' ORDER BY t) AS hours
FROM generate_series(timestamptz '2026-03-02 00:00', '2026-03-03 00:00', '1 hour') AS t;
-- The lunch break ends a sum at 12:00 and begins what is more; so does the evening.
SELECT add_working_time('china', '2026-03-02 09:00', '3 hours') AS three,
	add_working_time('china', '2026-03-02 09:00', '3 hours 1 microsecond') AS and_one,
	add_working_time('china', '2026-03-02 09:00', '8 hours') AS eight,
	add_working_time('china', '2026-03-02 09:00', '8 hours 0.000001 s') AS and_more;
-- Backwards the other way round.
SELECT add_working_time('china', '2026-03-03 09:00', '-5 hours') AS five,
	add_working_time('china', '2026-03-03 09:00', '-5 hours -1 microsecond') AS and_one,
	add_working_time('china', '2026-03-03 09:00', '-8 hours') AS eight,
	add_working_time('china', '2026-03-03 09:00', '-8 hours -1 microsecond') AS and_more;
-- Nothing leaves a moment where it is, be it working time or not.
SELECT add_working_time('china', '2026-03-02 03:00', '0'), add_working_time('china', '2026-03-02 10:00', '0');
-- A day of an amount is 24 hours of working time: three days of eight hours.
SELECT add_working_time('china', '2026-03-02 09:00', '1 day');
-- NULL gives NULL.
SELECT working_time(NULL, now(), now()), working_time('china', NULL, now()), working_time('china', now(), NULL),
	add_working_time(NULL, now(), '0'), add_working_time('china', NULL, '0'), add_working_time('china', now(), NULL);

-- The notices of the three years, written down by hand: first and last day off.
CREATE TEMP TABLE off (first date, last date);
INSERT INTO off VALUES
	('2024-01-01', '2024-01-01'), ('2024-02-10', '2024-02-17'), ('2024-04-04', '2024-04-06'),
	('2024-05-01', '2024-05-05'), ('2024-06-10', '2024-06-10'), ('2024-09-15', '2024-09-17'),
	('2024-10-01', '2024-10-07'),
	('2025-01-01', '2025-01-01'), ('2025-01-28', '2025-02-04'), ('2025-04-04', '2025-04-06'),
	('2025-05-01', '2025-05-05'), ('2025-05-31', '2025-06-02'), ('2025-10-01', '2025-10-08'),
	('2026-01-01', '2026-01-03'), ('2026-02-15', '2026-02-23'), ('2026-04-04', '2026-04-06'),
	('2026-05-01', '2026-05-05'), ('2026-06-19', '2026-06-21'), ('2026-09-25', '2026-09-27'),
	('2026-10-01', '2026-10-07');
CREATE TEMP TABLE made_up (day date);
INSERT INTO made_up VALUES
	('2024-02-04'), ('2024-02-18'), ('2024-04-07'), ('2024-04-28'), ('2024-05-11'), ('2024-09-14'), ('2024-09-29'),
	('2024-10-12'), ('2025-01-26'), ('2025-02-08'), ('2025-04-27'), ('2025-09-28'), ('2025-10-11'), ('2026-01-04'),
	('2026-02-14'), ('2026-02-28'), ('2026-05-09'), ('2026-09-20'), ('2026-10-10');
-- Dates on which china works more or less than these say: none.
SELECT day::date, working_time('china', day, day + interval '1 day')
FROM generate_series(timestamptz '2024-01-01', '2026-12-31', '1 day') AS day
WHERE working_time('china', day, day + interval '1 day') <> CASE
	WHEN day::date IN (TABLE made_up) THEN interval '8 hours'
	WHEN EXISTS (SELECT FROM off WHERE day::date BETWEEN first AND last) OR extract(isodow FROM day) > 5 THEN '0'
	ELSE '8 hours' END;
-- Working days of each year: of 2025 and 2026 there are 248 each, of 2024 there are 251.
SELECT y AS year, extract(epoch FROM working_time('china', make_timestamptz(y, 1, 1, 0, 0, 0),
	make_timestamptz(y + 1, 1, 1, 0, 0, 0))) / 3600 / 8 AS days
FROM generate_series(2024, 2026) AS y;
SELECT export_calendar('china') ->> 'zone' AS zone, export_calendar('china') ->> 'source' AS source;
-- Over the National Day of 2026, whose week is off but for the Saturday after it.
SELECT working_time('china', '2026-09-30 17:00', '2026-10-12 10:00'),
	add_working_time('china', '2026-09-30 17:00', '3 hours');
-- China had summer time from 1986 to 1991.
SELECT add_working_time('china', '1988-07-01 09:00+09', '1 hour') AT TIME ZONE 'UTC' AS utc;

-- Clocks that change

-- Berlin, 2026-03-29: the clocks go from 02:00 to 03:00, so the day has 23 hours.
-- On 2026-10-25 they go back from 03:00 to 02:00, so the day has 25.
SET timezone = 'Europe/Berlin';
SELECT pg_temp.make('reg-all', 'Europe/Berlin', 'sat sun mon', '[["00:00", "24:00"]]');
SELECT working_time('reg-all', '2026-03-29', '2026-03-30') AS spring,
	working_time('reg-all', '2026-10-25', '2026-10-26') AS autumn;
-- A window that begins in the skipped hour begins at its end.
SELECT pg_temp.make('reg-skip', 'Europe/Berlin', 'sun', '[["02:30", "04:00"]]');
SELECT working_time('reg-skip', '2026-03-29', '2026-03-30'), add_working_time('reg-skip', '2026-03-29', '1 microsecond');
-- One that lies in it holds nothing.
SELECT pg_temp.make('reg-skip', 'Europe/Berlin', 'sun', '[["02:00", "03:00"]]');
SELECT working_time('reg-skip', '2026-03-29', '2026-03-30'), working_time('reg-skip', '2026-03-22', '2026-03-23');
-- One in the repeated hour counts both: 02:15 to 02:30 in summer time, and again in
-- winter time.
SELECT pg_temp.make('reg-twice', 'Europe/Berlin', 'sun', '[["02:15", "02:30"]]');
SELECT working_time('reg-twice', '2026-10-25', '2026-10-26'),
	add_working_time('reg-twice', '2026-10-25', '15 minutes') AS first,
	add_working_time('reg-twice', '2026-10-25', '15 minutes 1 microsecond') AS second;
-- Half an hour, at Lord Howe: 2026-04-05 has 24.5 hours, 2026-10-04 has 23.5.
SET timezone = 'Australia/Lord_Howe';
SELECT pg_temp.make('reg-howe', 'Australia/Lord_Howe', 'sun', '[["00:00", "24:00"]]');
SELECT working_time('reg-howe', '2026-04-05', '2026-04-06') AS autumn,
	working_time('reg-howe', '2026-10-04', '2026-10-05') AS spring;
-- Apia skipped the whole of 2011-12-30, a Friday; the same amount of work takes a day longer.
SET timezone = 'Pacific/Apia';
SELECT pg_temp.make('reg-apia', 'Pacific/Apia', 'mon tue wed thu fri', '[["09:00", "17:00"]]');
SELECT working_time('reg-apia', '2011-12-29', '2011-12-31') AS thursday,
	working_time('reg-apia', '2011-12-26', '2012-01-02') AS week,
	add_working_time('reg-apia', '2011-12-29 12:00', '8 hours');
-- Kwajalein skipped 1993-08-21, a Saturday.
SET timezone = 'Pacific/Kwajalein';
SELECT pg_temp.make('reg-kwaj', 'Pacific/Kwajalein', 'fri sat sun', '[["08:00", "12:00"]]');
SELECT working_time('reg-kwaj', '1993-08-20', '1993-08-23') AS skipped,
	working_time('reg-kwaj', '1993-08-27', '1993-08-30') AS next;
-- Pyongyang moved its clocks by half an hour in 2015, at midnight, and back in 2018.
SET timezone = 'Asia/Pyongyang';
SELECT pg_temp.make('reg-pyong', 'Asia/Pyongyang', 'mon tue wed thu fri sat sun', '[["23:00", "24:00"]]');
SELECT working_time('reg-pyong', '2015-08-14', '2015-08-15 12:00') AS back,
	working_time('reg-pyong', '2018-05-04', '2018-05-05 12:00') AS forth;
-- Before 1901 Shanghai kept its own mean time, 8:05:43 ahead of UTC.
SET timezone = 'UTC';
SELECT add_working_time('china', '1899-12-31 20:00', '1 microsecond');
-- The rules of today hold for all time to come, also where the server extrapolates.
-- The last Sunday of March has 23 hours in Berlin.
SELECT sunday, working_time('reg-all', sunday::timestamp AT TIME ZONE 'Europe/Berlin',
	(sunday + 1)::timestamp AT TIME ZONE 'Europe/Berlin')
FROM unnest('{2026,2099,2100,2437,2438,2499,2500,5000,9999}'::int[]) AS y,
	LATERAL (SELECT make_date(y, 3, 31) - extract(dow FROM make_date(y, 3, 31))::int AS sunday) AS march;

-- Documents

-- Windows may touch, may come in any order, have seconds, and end at 24:00.
SELECT import_calendar('{"name": "reg-doc", "zone": "America/New_York", "source": "a test",
	"week": {"mon": [["13:00", "24:00"], ["09:00", "12:00"], ["12:00", "13:00"]],
		"tue": [["00:00:30", "01:00:00"]], "wed": [], "thu": null},
	"holidays": ["2026-01-05", "2026-01-12"],
	"extra": {"2026-01-12": [["10:00", "11:00"]], "2026-01-17": [["22:00", "24:00"], ["08:00", "09:00"]],
		"2026-01-19": []}}');
SELECT jsonb_pretty(export_calendar('reg-doc'));
SET timezone = 'America/New_York';
-- Days that work: 5 January is a holiday, 12 January is one with an hour of its own,
-- 17 January is a Saturday with three, 19 January has an empty list, which is no work.
SELECT to_char(day, 'YYYY-MM-DD Dy') AS day, working_time('reg-doc', day, day + interval '1 day') AS works
FROM generate_series(timestamptz '2026-01-01', '2026-01-27', '1 day') AS day
WHERE working_time('reg-doc', day, day + interval '1 day') <> '0' ORDER BY day;
SELECT working_time('reg-doc', '2026-01-26 11:59', '2026-01-26 13:01');
-- What was exported and imported is the same; the import replaces, and leaves nothing of what was.
CREATE TEMP TABLE exported AS SELECT export_calendar('reg-doc') AS d, pg_temp.rows_of('reg-doc') AS n;
SELECT import_calendar('{"name": "reg-doc", "zone": "UTC", "week": {}, "extra": {"2026-01-01": [["10:00", "11:00"]]}}');
SELECT export_calendar('reg-doc'), pg_temp.rows_of('reg-doc'), working_time('reg-doc', '2026-01-01', '2027-01-01');
SELECT import_calendar(d) FROM exported;
SELECT export_calendar('reg-doc') = d AS same, pg_temp.rows_of('reg-doc') = n AS same_rows FROM exported;
-- So it is with the built-in one; one's own takes its place.
SELECT import_calendar(export_calendar('china') || '{"holidays": [], "source": "ours"}');
SELECT working_time('china', '2026-10-01 00:00+08', '2026-10-02 00:00+08'), export_calendar('china') ->> 'source' AS source;
DELETE FROM incident_internal.calendars WHERE calendar = 'china' AND NOT built_in;
SELECT working_time('china', '2026-10-01 00:00+08', '2026-10-02 00:00+08'),
	left(export_calendar('china') ->> 'source', 15) AS source;
DELETE FROM incident_internal.calendar_windows WHERE calendar = 'china' AND NOT built_in;
DELETE FROM incident_internal.calendar_dates WHERE calendar = 'china' AND NOT built_in;
-- Settings of the session do not matter.
SET datestyle = 'German';
SET intervalstyle = 'sql_standard';
SELECT import_calendar(d) FROM exported;
SELECT export_calendar('reg-doc') = d AS same FROM exported;
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SELECT export_calendar('reg-none'), export_calendar(NULL);
SELECT * FROM test.refusal_detailed('SELECT import_calendar(NULL)');

-- A transaction sees its own calendar, and none that was rolled back.
BEGIN;
SELECT pg_temp.make('reg-doc', 'UTC', 'mon', '[["00:00", "01:00"]]');
SELECT working_time('reg-doc', '2026-01-05 00:00+00', '2026-01-06 00:00+00');
SAVEPOINT s;
SELECT pg_temp.make('reg-doc', 'UTC', 'mon', '[["00:00", "02:00"]]');
SELECT working_time('reg-doc', '2026-01-05 00:00+00', '2026-01-06 00:00+00');
ROLLBACK TO s;
SELECT working_time('reg-doc', '2026-01-05 00:00+00', '2026-01-06 00:00+00');
ROLLBACK;
SELECT working_time('reg-doc', '2026-01-26 00:00-05', '2026-01-27 00:00-05');

-- A call site takes another calendar with every row, and so do the workers of a parallel query.
SELECT array_agg(DISTINCT working_time(c, '2026-03-02 00:00+00', '2026-03-09 00:00+00')) AS lengths
FROM unnest('{china,24x7,reg-apia,china,24x7}'::text[]) AS c, generate_series(1, 3);
CREATE TABLE reg_parallel AS SELECT timestamptz '2026-01-01' + i * interval '37 minutes' AS t FROM generate_series(1, 20000) AS i;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sum(working_time('china', '2025-12-01', t)) FROM reg_parallel;
SELECT sum(working_time('china', '2025-12-01', t)) AS parallel FROM reg_parallel \gset
SET max_parallel_workers_per_gather = 0;
SELECT sum(working_time('china', '2025-12-01', t)) = :'parallel' AS same FROM reg_parallel;
DROP TABLE reg_parallel;

-- Laws, over moments from long ago to far ahead and amounts both ways.
CREATE TEMP TABLE moment AS
SELECT t FROM unnest('{0001-01-01, 1582-10-15 11:22:33.444555, 1899-12-31 20:00, 1988-04-16 17:59:59.999999,
	2024-02-29 04:05:06, 2026-03-29 01:30, 2026-10-25 01:30, 2026-10-25 02:30, 2999-06-07 08:09:10.111213, 9999-12-30 12:00}'::timestamptz[]) AS t;
CREATE TEMP TABLE amount AS
SELECT a FROM unnest('{0, 1 microsecond, -1 microsecond, 7 hours 59 minutes, -26:27:28.293031, 1000 days, -700 days}'::interval[]) AS a;
-- Antisymmetry, additivity, monotony.
SELECT count(*) AS cases, count(*) FILTER (WHERE working_time(c, a.t, b.t) <> -working_time(c, b.t, a.t)) AS turned,
	count(*) FILTER (WHERE working_time(c, a.t, m.t) + working_time(c, m.t, b.t) <> working_time(c, a.t, b.t)) AS added,
	count(*) FILTER (WHERE a.t <= b.t AND working_time(c, m.t, a.t) > working_time(c, m.t, b.t)) AS fallen
FROM unnest('{china,24x7,reg-all,reg-twice,reg-doc}'::text[]) AS c, moment AS a, moment AS b, moment AS m;
-- A sum measures what was added, and a microsecond nearer it does not.
SELECT count(*) AS cases, count(*) FILTER (WHERE working_time(c, t, s) <> a) AS other,
	count(*) FILTER (WHERE a > '0' AND working_time(c, t, s - interval '1 microsecond') = a
		OR a < '0' AND working_time(c, t, s + interval '1 microsecond') = a OR a = '0' AND s <> t) AS late
FROM (SELECT c, t, a, add_working_time(c, t, a) AS s
	FROM unnest('{china,24x7,reg-all,reg-twice,reg-doc}'::text[]) AS c, moment, amount
	WHERE t > '1000-01-01' AND t < '9000-01-01') AS sum;

-- Refusals

SET timezone = 'UTC';

-- Arguments
SELECT * FROM test.refusal_detailed($$SELECT working_time('reg-none', now(), now())$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time(repeat('x', 300), now(), '0')$$);
SELECT * FROM test.refusal_detailed($$SELECT working_time('china', '-infinity', now())$$);
SELECT * FROM test.refusal_detailed($$SELECT working_time('24x7', now(), 'infinity')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', 'infinity', '1 hour')$$);
SELECT * FROM test.refusal_detailed($$SELECT working_time('china', '2026-01-01', '10000-01-01 00:00+00')$$);
SELECT * FROM test.refusal_detailed($$SELECT working_time('china', '0001-12-31 23:59:59.999999+00 BC', '2026-01-01')$$);
SELECT * FROM test.refusal_detailed($$SELECT working_time('24x7', '2026-01-01', '10000-01-01 00:00+00')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('24x7', '10000-01-01 00:00+00', '0')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', '2026-01-01 00:00+00', '1 month')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', '2026-01-01 00:00+00', '-1 year 2 hours')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', '2026-01-01 00:00+00', interval '2147483647 days')$$);
-- More than there is
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', '2026-01-01 00:00+00', '1000000 days')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('china', '2026-01-01 00:00+00', '-1000000 days')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('24x7', '9999-12-31 23:00+00', '1 hour')$$);
SELECT pg_temp.make('reg-empty', 'UTC', 'mon', '[]', '{"extra": {"2026-05-01": [["00:00", "00:01"]]}}');
SELECT add_working_time('reg-empty', '2020-01-01 00:00+00', '1 minute') AT TIME ZONE 'UTC' AS once;
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('reg-empty', '2020-01-01 00:00+00', '1 minute 1 microsecond')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('reg-empty', '2027-01-01 00:00+00', '1 microsecond')$$);
SELECT * FROM test.refusal_detailed($$SELECT add_working_time('reg-empty', '2020-01-01 00:00+00', '-1 microsecond')$$);

-- Documents, each with the place; nothing is stored.
SELECT d.problem, r.state, r.message, r.hint
FROM (VALUES
	('no object', '[]'::jsonb),
	('no name', '{"zone": "UTC", "week": {}}'),
	('no work', '{"name": "reg-bad", "week": {}}'),
	('no work in all weeks', '{"name": "reg-bad", "weeks": [{"week": {"mon": []}}, {"from": "2027-01-01", "week": {}}], "extra": {"2026-01-01": []}}'),
	('a week and weeks', '{"name": "reg-bad", "week": {}, "weeks": [{"week": {}}]}'),
	('no weeks', '{"name": "reg-bad", "weeks": []}'),
	('weeks out of order', '{"name": "reg-bad", "weeks": [{"from": "2027-01-01", "week": {}}, {"from": "2026-01-01", "week": {}}]}'),
	('two weeks of one date', '{"name": "reg-bad", "weeks": [{"from": "2027-01-01", "week": {}}, {"from": "2027-01-01", "week": {}}]}'),
	('a second week without a date', '{"name": "reg-bad", "weeks": [{"week": {}}, {"week": {}}]}'),
	('an overlap in a week', '{"name": "reg-bad", "weeks": [{"week": {}}, {"from": "2027-01-01", "week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}]}'),
	('a day without a unit', '{"name": "reg-bad", "week": {}, "day": "8"}'),
	('a day of no time', '{"name": "reg-bad", "week": {}, "day": "0 hours"}'),
	('a day of more than one', '{"name": "reg-bad", "week": {}, "day": "25 hours"}'),
	('no week', '{"name": "reg-bad", "zone": "UTC"}'),
	('an unknown key', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holiday": []}'),
	('an unknown day', '{"name": "reg-bad", "zone": "UTC", "week": {"monday": []}}'),
	('a bad name', '{"name": "Reg Bad", "zone": "UTC", "week": {}}'),
	('a long name', jsonb_build_object('name', repeat('x', 64), 'zone', 'UTC', 'week', '{}'::jsonb)),
	('the built-in name', '{"name": "24x7", "zone": "UTC", "week": {}}'),
	('no such zone', '{"name": "reg-bad", "zone": "Mars/Olympus_Mons", "week": {}}'),
	('an abbreviation', '{"name": "reg-bad", "zone": "CEST", "week": {}}'),
	('a rule', '{"name": "reg-bad", "zone": "X-8", "week": {}}'),
	('windows that are no list', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": "09:00"}}'),
	('times without their pair', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": ["09:00", "17:00"]}}'),
	('half a window', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "12:00"], ["13:00"]]}}'),
	('a third time', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "12:00", "13:00"]]}}'),
	('an hour with one digit', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["9:00", "12:00"]]}}'),
	('a number', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [[9, 12]]}}'),
	('25:00', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "25:00"]]}}'),
	('24:01', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "24:01"]]}}'),
	('part of a second', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "12:00:00.5"]]}}'),
	('over midnight', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["22:00", "06:00"]]}}'),
	('until 00:00', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["22:00", "00:00"]]}}'),
	('no length', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["22:00", "22:00"]]}}'),
	('from 24:00', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["24:00", "24:00"]]}}'),
	('an overlap', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["13:00", "18:00"], ["09:00", "13:01"]]}}'),
	('the same twice', '{"name": "reg-bad", "zone": "UTC", "week": {"mon": [["09:00", "12:00"], ["09:00", "12:00"]]}}'),
	('too many windows', jsonb_build_object('name', 'reg-bad', 'zone', 'UTC', 'week', jsonb_build_object('mon',
		(SELECT jsonb_agg(jsonb_build_array(to_char(make_interval(mins => i), 'HH24:MI'),
			to_char(make_interval(mins => i + 1), 'HH24:MI'))) FROM generate_series(0, 96, 2) AS i)))),
	('holidays that are no list', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holidays": {}}'),
	('no date', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holidays": ["2026-01-01", "2026-02-29"]}'),
	('a date in another form', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holidays": ["01.02.2026"]}'),
	('the year 0', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holidays": ["0000-01-01"]}'),
	('a holiday twice', '{"name": "reg-bad", "zone": "UTC", "week": {}, "holidays": ["2026-01-01", "2026-01-02", "2026-01-01"]}'),
	('extra that is no object', '{"name": "reg-bad", "zone": "UTC", "week": {}, "extra": ["2026-01-01"]}'),
	('no date of extra', '{"name": "reg-bad", "zone": "UTC", "week": {}, "extra": {"2026-13-01": []}}'),
	('no windows of extra', '{"name": "reg-bad", "zone": "UTC", "week": {}, "extra": {"2026-01-01": null}}'),
	('an overlap in extra', '{"name": "reg-bad", "zone": "UTC", "week": {}, "extra": {"2026-01-01": [["09:00", "12:00"], ["11:00", "13:00"]]}}')
) AS d(problem, document), LATERAL test.refusal_detailed(format('SELECT import_calendar(%L)', d.document)) AS r;
SELECT pg_temp.rows_of('reg-bad'), export_calendar('24x7') ->> 'zone' AS zone;

-- Rows that no import has written: the tables refuse what they can, the reader the rest.
SELECT state, message FROM test.refusal_detailed($$INSERT INTO incident_internal.calendar_windows VALUES ('reg-doc', false, 6, '12:00', '12:00')$$);
SELECT state, message FROM test.refusal_detailed($$INSERT INTO incident_internal.calendar_windows VALUES ('reg-doc', false, 8, '12:00', '13:00')$$);
INSERT INTO incident_internal.calendar_windows VALUES ('reg-doc', false, 1, '12:30', '13:30');
SELECT * FROM test.refusal_detailed($$SELECT working_time('reg-doc', now(), now())$$);
SELECT import_calendar(d) FROM exported;
UPDATE incident_internal.calendar_dates SET closes[1] = '11:00:00.5' WHERE calendar = 'reg-doc' AND date = '2026-01-12';
SELECT * FROM test.refusal_detailed($$SELECT working_time('reg-doc', now(), now())$$);
SELECT import_calendar(d) FROM exported;
UPDATE incident_internal.calendars SET zone = 'Mars/Olympus_Mons' WHERE calendar = 'reg-doc';
SELECT * FROM test.refusal_detailed($$SELECT working_time('reg-doc', now(), now())$$);
SELECT * FROM test.refusal_detailed($$SELECT invalidate_calendars()$$);

-- Who may
CREATE ROLE reg_calendar_reporter;
CREATE ROLE reg_calendar_administrator;
SELECT grant_role('reporter', 'reg_calendar_reporter'), grant_role('administrator', 'reg_calendar_administrator');
SET ROLE reg_calendar_reporter;
SELECT working_time('china', '2026-03-02 00:00+00', '2026-03-09 00:00+00'),
	add_working_time('24x7', '2026-03-02 00:00+00', '0') IS NOT NULL;
SELECT state, message FROM test.refusal_detailed($$SELECT import_calendar('{}')$$);
SELECT state, message FROM test.refusal_detailed($$SELECT export_calendar('china')$$);
SELECT state, message FROM test.refusal_detailed($$TABLE incident_internal.calendars$$);
SET ROLE reg_calendar_administrator;
SELECT state, message FROM test.refusal_detailed($$SELECT import_calendar(export_calendar('reg-all') || '{"name": "reg-ours"}')$$);
RESET ROLE;
SELECT grant_role('operator', 'reg_calendar_administrator');
SET ROLE reg_calendar_administrator;
SELECT import_calendar(export_calendar('reg-all') || '{"name": "reg-ours"}');
SELECT working_time('reg-ours', '2026-03-02 00:00+00', '2026-03-09 00:00+00');
SELECT state, message FROM test.refusal_detailed($$SELECT incident_internal.write_calendar('{}', true)$$);
SELECT state, message FROM test.refusal_detailed($$DELETE FROM incident_internal.calendar_dates$$);
RESET ROLE;
SELECT revoke_role('reporter', 'reg_calendar_reporter'), revoke_role('administrator', 'reg_calendar_administrator'),
	revoke_role('operator', 'reg_calendar_administrator');
DROP ROLE reg_calendar_reporter, reg_calendar_administrator;
