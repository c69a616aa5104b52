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

-- Who is told: members and deputies, the next in line, nobody; circles of deputies end

SELECT count(*) FROM import_directory('{
	"contacts": [
		{"name": "ann", "deputy": "bob", "zone": "Europe/Berlin", "quiet": {"windows": [["22:00", "24:00"], ["00:00", "07:00"]], "unless_response": "2"},
		 "channels": [{"channel": "phone", "address": "1"}, {"channel": "email", "address": "2", "clearance": "green"}]},
		{"name": "bob", "deputy": "ann", "clearance": "clear", "channels": [{"channel": "phone", "address": "3", "clearance": "red"}]},
		{"name": "cyd", "deputy": "dan"}, {"name": "dan", "deputy": "bob"}, {"name": "eve", "deputy": "fay"}, {"name": "fay", "deputy": "eve"},
		{"name": "head", "channels": [{"channel": "phone", "address": "5"}]}],
	"posts": [{"post": "liaison", "members": ["ann", "cyd"]}, {"post": "section_heads", "members": ["eve"], "next": "department_heads"},
		{"post": "department_heads", "next": "leading_group"}, {"post": "leading_group", "roster": "desk"}, {"post": "operations_head", "members": ["eve"]},
		{"post": "operations_engineer", "members": ["cyd"]}, {"post": "monitoring_engineer", "members": ["head"]}],
	"rosters": [{"name": "desk", "layers": [{"members": ["ann"], "turn": "1 day", "from": "2026-01-05 08:00", "windows": {"mon": [["08:00", "20:00"]]}}]}]}');
SELECT p.post AS named, c.* FROM posts AS p, post_contacts(1, p.post, '2100-03-01 12:00') AS c ORDER BY 1, 2;
SELECT p.post AS named, c.* FROM posts AS p, post_contacts(1, p.post, '2100-03-02 12:00') AS c ORDER BY 1, 2;
SELECT * FROM post_contacts(1, 'nobody', now());

-- By which channels: what they may carry, and until when not at all

SELECT * FROM contact_routes(1, 'ann', 'amber', '3', '2100-03-28 00:30+01');
SELECT * FROM contact_routes(1, 'ann', 'green', '2', '2100-03-28 00:30+01');
SELECT * FROM contact_routes(1, 'ann', 'red', NULL, '2100-03-28 07:00+02');
SELECT * FROM contact_routes(1, 'bob', 'green', '3', now());
SELECT * FROM contact_routes(1, 'eve', NULL, '1', now());

-- The audience of an incident, whatever its mark is; addresses for who may respond

SELECT open(severity => 'minor', asset_level => '2', confidentiality => 'red', detected_at => now() - interval '1 hour') AS id \gset
SELECT event_level, response_level FROM state_at(:id);
SELECT post, contact, via, channel, address FROM audience(:id) WHERE post = 'liaison';
SELECT DISTINCT post FROM audience(:id) ORDER BY 1;
SELECT DISTINCT post FROM audience(:id, now() - interval '10 minutes') ORDER BY 1;
CREATE ROLE regress_pgi_auditor;
CREATE ROLE regress_pgi_responder;
SELECT grant_role('auditor', 'regress_pgi_auditor', 1), grant_role('responder', 'regress_pgi_responder', 1);
SET ROLE regress_pgi_auditor;
SELECT post, contact, via, channel, address FROM incident.audience(:id) WHERE post = 'liaison';
SELECT count(*) > 0 AS seen FROM incident.contact_reach;
SELECT * FROM test.refusal('SELECT incident.export_directory()');
RESET ROLE;
SET ROLE regress_pgi_responder;
SELECT post, contact, via, channel, address FROM incident.audience(:id) WHERE post = 'liaison';
RESET ROLE;
SELECT * FROM test.refusal('SELECT * FROM audience(-1)');
SELECT state FROM test.refusal(format('SELECT * FROM audience(%s, now() - interval ''2 hours'')', :id));
DROP OWNED BY regress_pgi_auditor, regress_pgi_responder;
DROP ROLE regress_pgi_auditor, regress_pgi_responder;

-- What reaches nobody

SELECT kind, name, problem, since IS NOT NULL AS since FROM contact_reach
	WHERE kind <> 'roster' AND NOT (problem = 'reaches nobody' AND name IN ('leading_group', 'section_heads', 'department_heads'))	-- these change with the day
	ORDER BY 1, 2, 3;
SELECT DISTINCT name, problem, to_char(since AT TIME ZONE server_zone(), 'Dy HH24:MI') AS since, to_char(until AT TIME ZONE server_zone(), 'Dy HH24:MI') AS until
	FROM contact_reach WHERE kind = 'roster' AND since > now();

-- Circles of `next`: each is refused once, however many lead into it

SELECT * FROM check_directory((SELECT jsonb_build_object('posts', jsonb_agg(jsonb_build_object('post', p, 'next', n)))
	FROM (VALUES ('a', 'b'), ('b', 'c'), ('c', 'd'), ('d', 'b'), ('e', NULL), ('f', 'e'), ('g', 'a'), ('h', 'i'), ('i', 'h'), ('j', 'j'), ('k', 'j'), ('l', 'z')) AS v(p, n)));
SELECT * FROM check_directory((SELECT jsonb_build_object('posts', jsonb_agg(jsonb_build_object('post', 'p' || p, 'next', 'p' || (p + 1) % 30))) FROM generate_series(0, 29) AS p));

-- A roster that never was begins with its transaction, any other one when it is imported

BEGIN;
SELECT count(*) FROM import_directory(jsonb_set(export_directory(), '{rosters}', export_directory() -> 'rosters' ||
	'[{"name": "new", "layers": [{"members": ["ann"], "turn": "1 day", "from": "2026-01-05 08:00"}]}]'));
SELECT contact FROM on_call('new', now());
SELECT count(*) FROM import_directory(jsonb_set(export_directory(), '{rosters,1,layers,0,members}', '["bob"]'));
SELECT contact FROM on_call('new', now());
SELECT contact FROM on_call('new', clock_timestamp());
ROLLBACK;

-- What ended long ago is forgotten, and with it who was on call then; what holds stays

DELETE FROM rosters;
DELETE FROM roster_overrides;
INSERT INTO rosters (org_id, roster, since, until, zone, layers)
	SELECT 1, r.roster, now() - r.since * interval '1 day', coalesce(now() - r.until * interval '1 day', 'infinity'), 'UTC',
		'[{"members": ["ann"], "turn": "1 day", "from": "2020-01-05 08:00"}]'
	FROM (VALUES ('changed', 900, 500), ('changed', 500, 100), ('changed', 100, NULL), ('gone', 900, 400), ('same', 900, NULL), ('overridden', 900, NULL)) AS r(roster, since, until);
INSERT INTO roster_overrides (org_id, roster, contact, since, until)
	SELECT 1, 'overridden', 'bob', now() - o.since * interval '1 day', now() - o.until * interval '1 day'
	FROM (VALUES (800, 700), (600, -10)) AS o(since, until);
CREATE VIEW was AS SELECT r.roster, array_agg(o.contact ORDER BY days DESC) AS on_call
	FROM unnest('{changed,gone,same,overridden}'::text[]) AS r(roster), unnest('{850,750,650,450,300,50}'::int[]) AS days,
		on_call_of(1, r.roster, now() - days * interval '1 day') AS o
	WHERE EXISTS (SELECT FROM rosters AS k WHERE k.roster = r.roster) GROUP BY 1;
TABLE was;
CALL retain();
TABLE was;
CALL retain('365 days');
TABLE was;
SELECT count(*) FROM roster_overrides;
SELECT * FROM test.refusal('SELECT forget_rosters(''-1 day'')');
