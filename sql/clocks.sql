--
-- The clocks of an incident: by which calendar they run, what is overdue on them, what a
-- hold stops; and what becomes of incidents when a calendar changes.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- Level 3 works in the office, 9 to 17 on weekdays in Berlin; levels 1 and 2 always.
SELECT import_calendar('{"name": "office", "zone": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]],
	"tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}}');
SELECT jsonb_set(jsonb_set(export_policy(1) || '{"name": "desk", "hold": {"stops": ["processing", "response"]}}',
	'{levels,2}', export_policy(1) #> '{levels,2}'
		|| '{"calendar": "office", "acknowledge": {"within": "30 minutes"}, "respond_within": "2 hours"}'),
	'{levels,1,acknowledge}', '{"within": "15 minutes"}') AS desk \gset
SELECT publish_policy(import_policy(:'desk'));
-- What was imported comes out again.
SELECT import_policy(export_policy(policy_id('desk'))) AS again \gset
SELECT export_policy(:again) = export_policy(policy_id('desk')) AS the_same,
	export_policy(policy_id('desk')) #>> '{levels,2,calendar}' AS calendar;
SELECT place, r.* FROM (VALUES ('{levels,2,calendar}', '"nowhere"'), ('{levels,2,calendar}', '7'),
	('{levels,2,acknowledge,within}', '"-1 hour"'), ('{levels,2,respond_within}', 'null'),
	('{hold,stops}', '["progress"]')) AS v(place, value),
	test.refusal(format('SELECT import_policy(%L)', jsonb_set(:'desk', place::text[], value::jsonb))) AS r;
SELECT test.refusal(format('SELECT import_policy(%L)', jsonb_set(:'desk', '{levels,2,calender}', '"office"'))) AS misspelt;

-- Friday 16:00 in Berlin: one hour is left of that day, and Monday 9:00 comes next. Rises at
-- 4 h and 6 h, breach at 8 h of working time.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level, detail ->> 'response_level' AS response, detail ->> 'rule' AS rule
FROM simulate('desk', '3', 'minor', '2026-01-09 16:00+01', '2026-02-01');
-- Acknowledged in time, activated late.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level
FROM simulate('desk', '3', 'minor', '2026-01-09 16:00+01', '2026-01-12 12:00+01',
	'[{"at": "2026-01-09 16:30+01", "kind": "acknowledged"}, {"at": "2026-01-12 10:30+01", "kind": "activated"}]');
-- A hold from Friday 16:15 to Monday 10:00 stops processing and response, not the acknowledgement.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level, detail ->> 'response_level' AS response, detail ->> 'rule' AS rule
FROM simulate('desk', '3', 'minor', '2026-01-09 16:00+01', '2026-01-14',
	'[{"at": "2026-01-09 16:15+01", "kind": "held"}, {"at": "2026-01-12 10:00+01", "kind": "resumed"}]');
-- Found to be of level 2 on Saturday, the time since Friday counts in full: it is late at once.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level, detail ->> 'response_level' AS response, detail ->> 'rule' AS rule
FROM simulate('desk', '3', 'minor', '2026-01-09 16:00+01', '2026-01-13',
	'[{"at": "2026-01-10 12:00+01", "kind": "assessed", "asset_level": "2"}]');
-- And back: what counts is the office's hour.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level, detail ->> 'response_level' AS response, detail ->> 'rule' AS rule
FROM simulate('desk', '2', 'minor', '2026-01-09 16:00+01', '2026-01-12 13:00+01',
	'[{"at": "2026-01-09 16:05+01", "kind": "acknowledged"}, {"at": "2026-01-10 12:00+01", "kind": "assessed", "asset_level": "3"}]');
-- What is unknown takes the most urgent of all, each by its own calendar.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level, detail ->> 'response_level' AS response, detail ->> 'rule' AS rule
FROM simulate('desk', NULL, 'minor', '2026-01-09 16:00+01', '2026-01-13');
-- Reopened, it needs a new acknowledgement.
SELECT at AT TIME ZONE 'Europe/Berlin' AS berlin, kind, level
FROM simulate('desk', '3', 'minor', '2026-01-07 09:00+01', '2026-01-08 12:00+01',
	'[{"at": "2026-01-07 09:10+01", "kind": "activated"}, {"at": "2026-01-07 09:20+01", "kind": "resolved"},
	{"at": "2026-01-08 09:00+01", "kind": "reopened"}]');

-- A tick decides the same, and says what is next.
SELECT register_asset('a3', 'host', '3'), register_asset('a2', 'host', '2');
SELECT open('a3', 'minor', 'friday', '2026-01-09 16:00+01', policy => 'desk') AS friday \gset
SELECT incidents, escalations, overdue, breaches, remaining FROM tick('2026-01-12 09:00+01');
SELECT status, response_level, elapsed, next_due FROM state_at(:friday, '2026-01-12 11:00+01');
SELECT incidents, escalations, overdue, breaches, remaining FROM tick('2026-01-13 17:00+01');
SELECT kind, effective_at AT TIME ZONE 'Europe/Berlin' AS berlin, rule, epoch, response_level
FROM timeline WHERE incident_id = :friday AND live ORDER BY seq;

-- Monday turns out to be a holiday: what followed from it is taken back, and decided anew.
SELECT import_calendar(export_calendar('office') || '{"holidays": ["2026-01-12"]}');
SELECT due FROM watchdog;
SELECT incidents, escalations, overdue, breaches, quarantined, remaining FROM tick(now());
SELECT kind, effective_at AT TIME ZONE 'Europe/Berlin' AS berlin, rule, live
FROM timeline WHERE incident_id = :friday ORDER BY seq;
SELECT kind, at FROM (
	(SELECT kind, effective_at AS at FROM timeline WHERE incident_id = :friday AND live AND rule IS NOT NULL)
	EXCEPT
	(SELECT kind, at FROM simulate('desk', '3', 'minor', '2026-01-09 16:00+01', now()))) AS differs;
SELECT * FROM verify_timeline(:friday);
-- A calendar that nothing uses changes nothing.
SELECT import_calendar('{"name": "other", "zone": "UTC", "week": {}, "extra": {"2026-01-09": [["09:00", "17:00"]]}}');
SELECT due FROM watchdog;
-- One by which nobody works in the end is for measuring, and for no policy: nothing would become late.
SELECT * FROM check_policy(jsonb_set(:'desk'::jsonb || '{"name": "never"}', '{levels,2,calendar}', '"other"'));
SELECT * FROM test.refusal($$ SELECT import_calendar('{"name": "office", "zone": "UTC", "week": {}, "extra": {"2026-01-09": [["09:00", "17:00"]]}}') $$);
