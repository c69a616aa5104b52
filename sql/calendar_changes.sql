--
-- Calendars that change under incidents: hours from a date on, closed incidents, and calendars
-- that count in the zone of each organisation.
--
-- Neither what the database nor what the session has set is the zone of the server.
SELECT current_database() AS own \gset
ALTER DATABASE :"own" SET timezone = 'Pacific/Apia';
\c -
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'Asia/Kathmandu';
DROP EXTENSION pg_incident;
CREATE EXTENSION pg_incident;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;
CREATE FUNCTION pg_temp.week(opens text, closes text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(day, jsonb_build_array(jsonb_build_array(opens, closes)))
	FROM unnest('{mon,tue,wed,thu,fri}'::text[]) AS day
$$;

-- The zone of organisation 1

SELECT organisation_zone(1) = (SELECT setting FROM pg_file_settings WHERE lower(name) = 'timezone') AS of_the_server,
	organisation_zone(1) IN ('Pacific/Apia', 'Asia/Kathmandu') AS of_a_session;
SELECT state, message, hint FROM test.refusal_detailed($$SELECT register_organisation(1, 'one', zone => 'Mars/Olympus_Mons')$$);
SELECT state, message FROM test.refusal_detailed($$SELECT register_organisation(3, 'three', zone => ' ')$$);
SELECT state, message FROM test.refusal_detailed($$SELECT register_organisation(1, 'one', change_closed => NULL)$$);
SELECT register_organisation(1, 'one', zone => 'Asia/Shanghai'), register_organisation(2, 'two', zone => 'America/New_York');
-- What is not given stays.
SELECT register_organisation(2, 'second'), organisation_zone(2);

-- business-hours is from 9 to 18 in the zone of the organisation.
SELECT working_time('business-hours', '2026-03-02 00:00+08', '2026-03-02 10:00+08') AS shanghai;
SET pg_incident.organisation = 2;
SELECT working_time('business-hours', '2026-03-02 00:00+08', '2026-03-02 10:00+08') AS new_york_sunday,
	working_time('business-hours', '2026-03-02 00:00-05', '2026-03-02 10:00-05') AS new_york;
-- Within one statement, whose call site stays the same.
SELECT n, set_config('pg_incident.organisation', (1 + n % 2)::text, true) AS organisation,
	working_time('business-hours', '2026-03-02 00:00+00', '2026-03-02 12:00+00') FROM generate_series(1, 4) AS n;
SELECT zone, counts_in FROM calendar_register WHERE calendar = 'business-hours';
SELECT line FROM explain_policy('itil') AS line WHERE line LIKE 'Events of level 2%';
SELECT line FROM explain_policy('itil', 'zh') AS line WHERE line LIKE '%business-hours%' LIMIT 1;
-- P2 is to be handled within 8 worked hours: opened at noon of the organisation's Monday.
SELECT at AT TIME ZONE 'America/New_York' AS new_york FROM simulate('itil', '2', 'severe', '2026-03-02 12:00-05', '2026-03-10') WHERE kind = 'breached';
RESET pg_incident.organisation;
SELECT at AT TIME ZONE 'Asia/Shanghai' AS shanghai FROM simulate('itil', '2', 'severe', '2026-03-02 12:00+08', '2026-03-10') WHERE kind = 'breached';

-- One and the same policy decides for both, each in its zone, in one tick.
SELECT register_asset('host', 'host', '2');
SELECT open('host', 'severe', detected_at => '2026-03-02 12:00+08', policy => 'itil') AS first \gset
SET pg_incident.organisation = 2;
SELECT register_asset('host', 'host', '2');
SELECT open('host', 'severe', detected_at => '2026-03-02 12:00+08', policy => 'itil') AS second \gset
SELECT FROM tick();
SELECT org_id, effective_at FROM incident_internal.entries WHERE kind = (SELECT k FROM generate_series(0, 50) AS k WHERE kind_word(k::smallint) = 'breached') ORDER BY org_id;
-- The zone changes: what is open is settled anew, of this organisation only.
SELECT register_organisation(2, 'second', zone => 'Europe/Berlin');
SELECT incident_id = :second AS of_the_second, needs_full_run FROM incident_internal.incident_state ORDER BY incident_id;
SELECT incidents FROM tick();
SELECT effective_at FROM timeline WHERE kind = 'breached' AND live;
SELECT resolve(:second, at => '2026-03-04 12:00+01'), close(:second, at => '2026-03-04 12:00+01');
-- Of what is closed it would not follow.
SELECT * FROM test.refusal_detailed($$SELECT register_organisation(2, 'second', zone => 'Asia/Tokyo')$$);
SELECT organisation_zone(2), (SELECT count(*) FROM incident_internal.calendar_changes WHERE organisation = 2) AS changes;
SELECT register_organisation(2, 'second', zone => 'Asia/Tokyo', change_closed => true);
SELECT effective_at FROM timeline WHERE kind = 'breached' AND live;
RESET pg_incident.organisation;

-- Hours that change

SELECT import_calendar(jsonb_build_object('name', 'shop', 'zone', 'UTC', 'week', pg_temp.week('09:00', '17:00')));
SELECT export_policy(policy_id('itil')) || jsonb_build_object('name', 'shop', 'levels', (
	SELECT jsonb_agg(l || CASE l ->> 'level' WHEN '1' THEN '{}' ELSE '{"calendar": "shop"}'::jsonb END)
	FROM jsonb_array_elements(export_policy(policy_id('itil')) -> 'levels') AS l)) AS shop \gset
SELECT publish_policy(import_policy(:'shop'));
-- Two of January, one closed; one of June; each breached after 8 hours.
SELECT open('host', 'severe', 'closed', '2026-01-05 09:00+00', policy => 'shop') AS closed,
	open('host', 'severe', 'going on', '2026-01-05 09:00+00', policy => 'shop') AS going,
	open('host', 'severe', 'in time', '2026-01-05 09:00+00', policy => 'shop') AS in_time,
	open('host', 'severe', 'later', '2026-06-01 09:00+00', policy => 'shop') AS later \gset
SELECT resolve(:closed, at => '2026-01-06 10:00+00'), close(:closed, at => '2026-01-06 10:00+00'),
	resolve(:in_time, at => '2026-01-05 10:00+00'), close(:in_time, at => '2026-01-05 10:00+00'),
	resolve(:later, at => '2026-06-03 10:00+00'), close(:later, at => '2026-06-03 10:00+00');
SELECT FROM tick();
CREATE VIEW pg_temp.breaches AS
	SELECT incident_id, effective_at FROM timeline WHERE kind = 'breached' AND live AND incident_id >= (SELECT min(incident_id) FROM incident_internal.incidents WHERE policy_id >= 1000)
	ORDER BY incident_id;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.breaches;
SELECT incident_id - :closed AS incident, effective_at FROM before;
-- As one week for all time the new hours rewrite last winter: refused, and nothing changes.
SELECT * FROM test.refusal_detailed(format('SELECT import_calendar(%L)',
	jsonb_build_object('name', 'shop', 'zone', 'UTC', 'week', pg_temp.week('10:00', '18:00'))));
SELECT export_calendar('shop') #>> '{week,mon}' AS monday, (SELECT count(*) FROM incident_internal.incident_state WHERE needs_full_run) AS needs_full_run,
	(SELECT count(*) FROM incident_internal.calendar_changes WHERE calendar = 'shop') AS changes;
-- From April on they rewrite June: one.
SELECT message FROM test.refusal_detailed(format('SELECT import_calendar(%L)', jsonb_build_object('name', 'shop', 'zone', 'UTC',
	'weeks', jsonb_build_array(jsonb_build_object('week', pg_temp.week('09:00', '17:00')),
		jsonb_build_object('from', '2026-04-01', 'week', pg_temp.week('10:00', '18:00'))))));
-- From July on nothing that is closed.
SELECT import_calendar(jsonb_build_object('name', 'shop', 'zone', 'UTC',
	'weeks', jsonb_build_array(jsonb_build_object('week', pg_temp.week('09:00', '17:00')),
		jsonb_build_object('from', '2026-07-01', 'week', pg_temp.week('10:00', '18:00')))));
SELECT incident_id - :closed AS incident FROM incident_internal.incident_state WHERE next_due IS NOT NULL AND incident_id >= :closed ORDER BY 1;
SELECT incidents FROM tick();
SELECT count(*) AS changed FROM (TABLE pg_temp.breaches EXCEPT TABLE before) AS c;
SELECT jsonb_pretty(export_calendar('shop') -> 'weeks' -> 1), export_calendar('shop') -> 'week' AS week;
SELECT working_time('shop', '2026-06-30 09:30+00', '2026-06-30 10:00+00') AS before, working_time('shop', '2026-07-01 09:30+00', '2026-07-01 10:00+00') AS after;
SELECT week, since, changes_on, working_day, policies FROM calendar_register WHERE calendar = 'shop';
-- What is the same changes nothing.
SELECT import_calendar(export_calendar('shop'));
SELECT incidents FROM tick();
-- A holiday that was forgotten, in June; one of next year changes nothing.
SELECT message FROM test.refusal_detailed($$SELECT import_calendar(export_calendar('shop') || '{"holidays": ["2026-06-01"]}')$$);
SELECT import_calendar(export_calendar('shop') || '{"holidays": ["2030-06-03"]}');
SELECT import_calendar(export_calendar('shop') || '{"holidays": ["2026-06-01"]}', change_closed => true);
SELECT incident_id - :closed AS incident, effective_at FROM pg_temp.breaches;
-- What is open is still to be settled by a tick; then no incident stands on hours that the calendar does not have.
SELECT i.incident_id - :closed AS incident, v.problem FROM incident_internal.incidents AS i, LATERAL verify_timeline(i.incident_id) AS v WHERE i.incident_id >= :closed;
SELECT FROM tick();
SELECT incident_id - :closed AS incident FROM incident_internal.incidents, LATERAL verify_timeline(incident_id) WHERE incident_id >= :closed;
SELECT state, message FROM test.refusal_detailed($$SELECT import_calendar('{}', NULL)$$);

-- A policy that would not be sound any more
SELECT jsonb_set(jsonb_set(:'shop'::jsonb || '{"name": "days"}', '{levels,1,processing_time}', '"2 working days"'),
	'{levels,2,processing_time}', '"17 hours"') AS days \gset
SELECT publish_policy(import_policy(:'days'));
SELECT processing_time('days', '2') AS two_days, export_policy(policy_id('days')) #>> '{levels,1,processing_time}' AS written;
SELECT * FROM test.refusal_detailed($$SELECT import_calendar(export_calendar('shop') || '{"day": "9 hours"}', true)$$);
-- One of a name that is built in
SELECT calendar, built_in FROM calendar_register WHERE calendar = 'china';
SELECT import_calendar(export_calendar('china') || '{"day": "7 hours 30 minutes", "source": "ours"}');
SELECT calendar, built_in, source, working_day, first_exception, last_exception FROM calendar_register WHERE calendar IN ('china', '24x7') ORDER BY calendar COLLATE "C";
SELECT export_calendar('china') ->> 'day' AS day, working_day('china'), working_day('business-hours');
