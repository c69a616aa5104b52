--
-- The directory: documents in and out, what changes, rosters and who is on call, overrides,
-- erasing, and every refusal.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET search_path = public, incident, incident_internal;

CREATE FUNCTION pg_temp.directory() RETURNS jsonb LANGUAGE sql AS $$
	SELECT '{
	"contacts": [
		{"name": "head", "title": {"en": "Head", "zh": "主任"}, "language": "zh", "zone": "Asia/Shanghai", "login": "head",
		 "deputy": "deputy", "clearance": "red", "quiet": {"windows": [["22:00", "24:00"], ["00:00", "07:00"]], "unless_response": "2"},
		 "channels": [{"channel": "phone", "address": "100"}, {"channel": "email", "address": "head@example.org", "clearance": "green"}]},
		{"name": "deputy", "channels": [{"channel": "phone", "address": "101"}]},
		{"name": "ann", "channels": [{"channel": "phone", "address": "102"}]},
		{"name": "bob", "zone": null, "channels": []}],
	"posts": [{"post": "leading_group", "members": ["head"], "next": "liaison"}, {"post": "liaison", "roster": "desk"}],
	"rosters": [{"name": "desk", "zone": "Europe/Berlin", "layers": [
		{"members": ["ann", "bob"], "turn": "1 day", "from": "2100-03-01 08:00"},
		{"members": ["deputy"], "turn": "1 week", "from": "2100-03-01 00:00", "windows": {"mon": [["09:00", "12:00"]]}}]}]}'::jsonb
$$;

-- In and out

SELECT * FROM check_directory(pg_temp.directory());
SELECT * FROM import_directory(pg_temp.directory(), dry_run => true);
SELECT export_directory();
SELECT * FROM import_directory(pg_temp.directory());
SELECT jsonb_pretty(export_directory());
SELECT * FROM import_directory(export_directory());
SELECT * FROM import_directory(jsonb_set(pg_temp.directory(), '{contacts,2,channels}', '[]') #- '{posts,0}', true);

-- On call: a day over the change of clocks on 2100-03-28, a window above, and what is overridden

SELECT * FROM on_call('desk', '2100-02-28 12:00+01');
SELECT * FROM on_call('desk', '2100-03-27 08:00+01');
SELECT * FROM on_call('desk', '2100-03-29 08:30+02');
SELECT * FROM on_call('desk', '2100-03-29 09:00+02');
SELECT override_roster('desk', 'head', '2100-03-29 10:00+02', '2100-03-30 09:00+02', 'ann') > 0;
SELECT * FROM on_call('desk', '2100-03-29 10:00+02');
SELECT override_roster('desk', NULL, '2100-03-29 11:00+02', '2100-03-29 12:00+02') > 0;
SELECT * FROM on_call('desk', '2100-03-29 11:00+02');
SELECT * FROM on_call('desk', '2100-03-29 12:00+02');

-- What was stays: a change of the roster begins now

SELECT clock_timestamp() AS before \gset
SELECT * FROM import_directory(jsonb_set(pg_temp.directory(), '{rosters,0,layers,0,members}', '["bob"]'));
SELECT count(*), count(*) FILTER (WHERE until = 'infinity') AS now, bool_and(until = 'infinity' OR until > :'before') AS kept FROM rosters;
SELECT * FROM on_call('desk', '2100-03-27 08:00+01');

-- Refusals

SELECT * FROM check_directory(NULL);
SELECT * FROM check_directory('{"contacts": [{"name": "a", "age": 3, "channels": [{"channel": "phone"}]}], "rosters": [{"name": "r", "layers":
	[{"members": ["a"], "turn": "1 month", "from": "2026-01-05"}]}]}');
SELECT * FROM check_directory('{
	"contacts": [{"name": "a", "zone": "Nowhere", "deputy": "a", "login": "x"}, {"name": "b", "deputy": "c", "login": "x",
		"quiet": {"windows": [["22:00", "07:00"]]}}, {"name": "head"}],
	"posts": [{"post": "p", "members": ["a", "z"], "roster": "q", "next": "p"}],
	"rosters": [{"name": "r", "layers": []}, {"name": "s", "zone": "Mars", "layers": [{"members": [], "turn": "2 days", "from": "2026-01-05 08:00",
		"windows": {}}, {"members": ["a"], "turn": "12 hours", "from": "2026-01-05 08:00", "windows": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}]}]}');
SELECT * FROM test.refusal($$SELECT import_directory('{"contacts": []}')$$);
SELECT * FROM test.refusal($$SELECT import_directory(NULL)$$);
SELECT * FROM test.refusal($$SELECT on_call('nobody')$$);
SELECT * FROM test.refusal($$SELECT on_call('desk', 'infinity')$$);
SELECT * FROM test.refusal($$SELECT override_roster('nobody', 'ann', now(), now() + '1 hour')$$);
SELECT * FROM test.refusal($$SELECT override_roster('desk', 'zoe', now(), now() + '1 hour')$$);
SELECT * FROM test.refusal($$SELECT override_roster('desk', 'ann', '2026-01-01', '2026-01-02')$$);
SELECT * FROM test.refusal($$SELECT override_roster('desk', 'ann', '2100-01-01', 'infinity')$$);
-- Nobody is an override of two rosters at once; where one was taken back he is free.
SELECT * FROM import_directory(jsonb_set(pg_temp.directory(), '{rosters,1}', pg_temp.directory() #> '{rosters,0}' || '{"name": "night"}'));
SELECT * FROM test.refusal_detailed($$SELECT override_roster('night', 'head', '2100-03-29 10:30+02', '2100-03-29 11:30+02')$$);
SELECT override_roster('night', 'head', '2100-03-29 11:00+02', '2100-03-29 12:00+02') > 0;

-- Erasing

SELECT * FROM test.refusal($$SELECT erase_contact('bob')$$);
SELECT * FROM test.refusal($$SELECT erase_contact('zoe')$$);
SELECT * FROM import_directory(pg_temp.directory() #- '{posts,1,roster}' #- '{rosters}' #- '{contacts,0,deputy}');
SELECT erase_contact('bob');
SELECT count(*) FROM contacts WHERE contact = 'bob';
