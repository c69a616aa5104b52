--
-- Times in documents: with their unit, and in working days.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;
-- One of Chinese hours at levels 2 to 5; every place where a policy has a time.
SELECT jsonb_set(jsonb_set(export_policy(policy_id('itil')) || jsonb_build_object('name', 'office', 'escalation',
		'{"rule": "steps", "steps": [{"to": "1", "elapsed": "1 hour"}, {"to": "1", "remaining": "1 hour"}, {"to": "1", "inactive": "1 hour"}]}'::jsonb),
	'{levels}', (SELECT jsonb_agg(l || CASE l ->> 'level' WHEN '1' THEN '{}' ELSE '{"calendar": "china"}'::jsonb END)
		FROM jsonb_array_elements(export_policy(policy_id('itil')) -> 'levels') AS l)),
	'{messages,limit}', '{"count": 3, "within": "1 hour"}') AS office \gset
CREATE TEMP TABLE place AS SELECT p AS place FROM unnest('{
	"{levels,1,processing_time}", "{levels,1,respond_within}", "{levels,1,acknowledge,within}", "{levels,1,acknowledge,steps,0,within}",
	"{escalation,steps,0,elapsed}", "{escalation,steps,1,remaining}", "{escalation,steps,2,inactive}",
	"{duties,0,for,0,within}", "{messages,limit,within}"}'::text[]) AS p;
SELECT place, :'office'::jsonb #>> place::text[] IS NOT NULL AS is_there, r.*
FROM place, test.refusal(format('SELECT import_policy(%L)', jsonb_set(:'office', place::text[], '"240"'))) AS r;
-- What has a unit is taken in each form, what has not is refused.
SELECT term, r.state FROM unnest('{240, +240, 0, 1.5, "1 day 4", "1 04:05:06", 1-2, "5 ago", "@ 240", "", " ", "hours", P1,
		"4 hours", 2h, PT4H, P1Y2M, P0001-02-03, "1 day 04:05:06", 04:05, 04:05:06.5, "+1 day", P1DT2H, "1 year 2 mons", "@ 4 hours", "1 week",
		"2 working days", "1 working day", "0.5 working days", "1.125 working days", "2 Working days", "-2 working days", ". working days",
		"2. working days", "0.0625 working days", "2 working days 1 hour", "2  working days", "1000000 working days"}'::text[]) WITH ORDINALITY AS t(term, n),
	test.refusal(format('SELECT import_policy(%L)', jsonb_set(:'office', '{levels,4,processing_time}', to_jsonb(term)))) AS r ORDER BY n;
-- Working days in each place but where no calendar applies.
SELECT place, r.* FROM place, test.refusal(format('SELECT import_policy(%L)', jsonb_set(:'office', place::text[], '"2 working days"'))) AS r;

-- Three kinds of days
SELECT import_calendar('{"name": "short", "zone": "UTC", "week": {"mon": [["09:00", "12:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]]}}');
SELECT import_calendar('{"name": "declared", "zone": "UTC", "day": "7 hours", "week": {"mon": [["09:00", "17:00"]]}}');
SELECT name, working_day(name), term_length('1.5 working days', name), term_length('1 day 2 hours', name)
FROM unnest('{24x7,china,short,declared}'::text[]) AS name;
SELECT jsonb_set(jsonb_set(jsonb_set(jsonb_set(jsonb_set(:'office', '{escalation}', '{"rule": "steps", "steps": [
		{"to": "1", "event_levels": ["2"], "elapsed": "0.25 working days"}, {"to": "1", "event_levels": ["3"], "remaining": "0.5 working days"}]}'),
	'{levels,1,processing_time}', '"1 working day"'), '{levels,2,processing_time}', '"3 working days"'),
	'{levels,3,processing_time}', '"5 working days"'), '{levels,4,acknowledge,within}', '"1 working day"') AS days \gset
SELECT * FROM check_policy(:'days');
SELECT import_policy(:'days') AS id \gset
SELECT publish_policy(:id);
SELECT jsonb_path_query_array(export_policy(:id), path) AS as_written, jsonb_path_query_array(:'days', path) = jsonb_path_query_array(export_policy(:id), path) AS the_same
FROM (SELECT jsonpath 'strict $.** ? (@.type() == "string" && @ like_regex " working day")' AS path) AS p;
SELECT import_policy(export_policy(:id)) AS again \gset
SELECT export_policy(:again) = export_policy(:id) AS comes_back;
SELECT level, processing_time, processing_time(:id, level) FROM policy_levels WHERE policy_id = :id ORDER BY level DESC;
SELECT elapsed, response_level FROM response_steps(:id, '2', 'moderate');
SELECT asset_level, severity, processing_time, rises FROM quick_reference('office') WHERE event_level IN ('2', '3') AND asset_level = '2' ORDER BY severity DESC;
SELECT line FROM explain_policy('office') AS line WHERE line LIKE '%working day%';
SELECT line FROM explain_policy('office', 'zh') AS line WHERE line LIKE '%工作日%';
-- Three working days of eight hours from Monday morning are over on Wednesday evening.
SELECT at AT TIME ZONE 'Asia/Shanghai' AS shanghai FROM simulate('office', '2', 'moderate', '2026-03-02 09:00+08', '2026-03-10') WHERE kind = 'breached';

-- Where event levels have different calendars
SELECT * FROM check_policy(jsonb_set(:'days', '{escalation,steps}', '[{"to": "1", "elapsed": "1 working day"}]')) WHERE place LIKE '%elapsed';
SELECT * FROM check_policy(jsonb_set(:'days', '{escalation,steps}', '[{"to": "1", "event_levels": ["2", "3"], "elapsed": "1 hour"}]'));
SELECT place, problem FROM check_policy(jsonb_set(jsonb_set(:'days', '{duties,0,scope}', '"response_level"'), '{duties,0,for,0,within}', '"1 working day"'));

-- Remarks
SELECT * FROM policy_remarks(export_policy(policy_id('itil')));
SELECT * FROM policy_remarks(:'days');
SELECT * FROM policy_remarks(jsonb_set(jsonb_set(jsonb_set(:'days', '{levels,4,processing_time}', '"10 days"'),
	'{levels,3,processing_time}', '"1 week 2 hours"'), '{levels,0,respond_within}', '"1 working day"'));
SELECT * FROM policy_remarks(jsonb_set(jsonb_set(:'days', '{levels,4,processing_time}', '"10 days"'), '{levels,0,respond_within}', '"1 working day"'), 'zh');
SELECT test.refusal(format('SELECT policy_remarks(%L)', jsonb_set(:'days', '{matrix}', '[]')));
-- No preset has a plain day on a calendar of working hours.
SELECT p.name, r.* FROM policies AS p, policy_remarks(export_policy(p.policy_id)) AS r WHERE p.policy_id < 1000;

-- Addenda bring duties with times.
SELECT r.* FROM policy_addenda AS a, test.refusal(format('SELECT combine_policy(%L, %L)', export_policy(1),
	jsonb_set(a.document, '{duties,0,for,0,within}', '"30"'))) AS r ORDER BY a.addendum LIMIT 1;

-- Functions that take an interval, and a setting
SELECT t, r.* FROM unnest('{240,59 minutes,1 hour,30 days}'::text[]) AS t,
	test.refusal(format('SELECT set_fix_within(%L, %L)', '5', t)) AS r;
SELECT t, r.* FROM unnest('{240,0,1 hour}'::text[]) AS t, test.refusal(format('SELECT forget_next_month(%L)', t)) AS r;
SELECT t, r.* FROM unnest('{240,3 years,"",-1 day}'::text[]) AS t, test.refusal(format('SET pg_incident.retention = %L', t)) AS r;

-- Moments that no calendar reaches are the caller's, not the calendar's.
SELECT register_asset('host', 'host', '2');
SELECT s, r.state, r.message FROM unnest(ARRAY[
	$$open('host', detected_at => '0044-03-15 12:00+00 BC')$$, $$open('host', detected_at => '-infinity')$$,
	$$tick('0044-03-15 12:00+00 BC')$$,
	$$simulate('office', '2', 'minor', '0044-03-15 12:00+00 BC', '2026-01-01')$$,
	$$simulate('office', '2', 'minor', '2026-01-01', '10000-01-01 00:00+00')$$,
	$$simulate('office', '2', 'minor', '2026-01-01', '2026-01-02', '[{"kind": "acknowledged", "at": "0044-03-15 12:00+00 BC"}]')$$]) AS s,
	test.refusal('SELECT ' || s) AS r;
SELECT open('host', 'minor', detected_at => '2026-01-01 00:00+00') AS id \gset
-- Each function that records a moment
SELECT DISTINCT f.proname, r.state, r.message
FROM pg_proc AS f, test.refusal(format('SELECT %I(%s, %s => %L)', f.proname,
	CASE f.proname WHEN 'duty_done' THEN format('%L, %L', :'id', 'x') WHEN 'note' THEN format('%L, %L', :'id', 'x') WHEN 'report' THEN format('%L, %L, %L', :'id', 'x', '{}') ELSE :'id' END, 'at', '0044-03-15 12:00+00 BC')) AS r
WHERE f.pronamespace = 'incident'::regnamespace AND f.proargnames @> '{incident_id,at}' AND f.provolatile = 'v' AND r.message NOT LIKE '%does not exist%'
ORDER BY 1;
