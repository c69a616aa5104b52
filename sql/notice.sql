--
-- Messages on their way: claimed, delivered, failed, given back; pages that move on and are
-- acknowledged; what is crossed out; refusals. Each claim is a transaction of its own.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET search_path = public, incident, incident_internal;

SELECT count(*) FROM import_directory('{"contacts": [
	{"name": "ann", "deputy": "dan", "channels": [{"channel": "phone", "address": "101"}, {"channel": "email", "address": "ann@example.org", "clearance": "red"}]},
	{"name": "bob", "language": "zh", "zone": "Asia/Shanghai", "channels": [{"channel": "email", "address": "bob@example.org"}]},
	{"name": "cho", "channels": [{"channel": "email", "address": "cho@example.org"}]},
	{"name": "dan", "channels": [{"channel": "email", "address": "dan@example.org"}]},
	{"name": "eve", "quiet": {"windows": [["00:00", "24:00"]]}, "channels": [{"channel": "email", "address": "eve@example.org"}]}],
	"posts": [{"post": "one", "members": ["ann", "bob"], "next": "two"}, {"post": "two", "members": ["cho"]},
		{"post": "quiet", "members": ["eve"]}, {"post": "empty"}]}');
SELECT publish_policy(import_policy(d || jsonb_build_object('name', 'told', 'duties', '[]'::jsonb, 'posts', (
	SELECT jsonb_agg(p) FILTER (WHERE p ->> 'post' IN ('coordination_centre', 'incident_manager')) || '[{"post": "one", "title": {"en": "One", "zh": "一"}},
		{"post": "two", "title": {"en": "Two", "zh": "二"}}, {"post": "quiet", "title": {"en": "Quiet", "zh": "静"}}, {"post": "empty", "title": {"en": "Empty", "zh": "空"}}]'::jsonb
	FROM jsonb_array_elements(d -> 'posts') AS p), 'messages', (d -> 'messages') || '{"attempts": 2, "rules": [
	{"on": "opened", "to": {"posts": ["one"]}, "acknowledge": "anyone", "again": {"after": "5 minutes", "limit": 1}, "then": "next"},
	{"on": "acknowledged", "to": {"posts": ["two", "empty"]}},
	{"on": "held", "to": {"posts": ["quiet"]}},
	{"on": "resumed", "to": {"posts": ["one"]}, "acknowledge": "everyone"}]}'::jsonb))) IS NOT NULL AS published
FROM export_policy(policy_id('gravity-3')) AS d;
CREATE VIEW public.told AS SELECT incident_id AS incident, seq, contact, post, channel, attempt, outcome, detail FROM notices ORDER BY 1, 2, 3, outcome, channel;

-- From an entry to a message

SELECT open(asset_level => '1'::level, summary => 'the gate is down', policy => 'told') AS gate \gset
SELECT count(*) FROM claim_notices('w', '{phone,email}');
SELECT contact, channel, address, language, subject, body, payload ->> 'kind' AS kind, length(token) AS token, attempt
	FROM claim_notices('w', '{phone}');
SELECT notice AS bob, key AS bob_key, contact, channel, address, language, subject, payload ->> 'summary' AS summary, payload ->> 'zone' AS zone, body LIKE '%Asia/Shanghai%' AS in_his_zone, length(token), attempt, token AS bob_token
	FROM claim_notices('w', '{email}') \gset
SELECT :'contact' AS contact, :'channel' AS channel, :'address' AS address, :'language' AS language, :'subject' AS subject, :'summary' AS summary, :'zone' AS zone, :'in_his_zone' AS in_his_zone, :attempt AS attempt;
SELECT count(*) FROM claim_notices('v', '{phone,email}');
SELECT * FROM told;

-- What became of them

SELECT notice_sent('v', ARRAY[:bob]), notice_sent('w', ARRAY[:bob + 1, 7]), notice_sent('w', '{}');
SELECT notice_failed('w', :bob, 'mailbox full');
SELECT notice_failed('w', :bob, 'asked again');
SELECT * FROM told;
SELECT count(*) FROM claim_notices('w', '{email}');
UPDATE retries SET due_at = now();
SELECT notice AS again, key = :'bob_key' AS same_key, attempt FROM claim_notices('v', '{email}') \gset
SELECT :again < 0 AS is_retry, :'same_key' AS same_key, :attempt AS attempt;
SELECT renew_lease('v', ARRAY[:again], '1 hour'), renew_lease('w', ARRAY[:again]);
SELECT give_back('v', ARRAY[:again]);
SELECT notice AS again, attempt FROM claim_notices('w', '{email}') \gset
SELECT notice_sent('w', ARRAY[:again], '{"<1@example.org>"}');
SELECT * FROM told;

-- A lease that ends is another's; who is late is told so

UPDATE leases SET until = now() WHERE worker = 'w' AND no NOT IN (SELECT e.no FROM lease_ends AS e);
SELECT notice AS taken, contact, channel FROM claim_notices('v', '{phone}') \gset
SELECT :'contact' AS contact, :'channel' AS channel;
-- Of no use any more: his other channel.
SELECT notice_failed('v', :taken, 'no such number', permanent => true);
SELECT notice AS ann, contact, channel, address, token AS ann_token FROM claim_notices('v', '{phone,email}') \gset
SELECT :'contact' AS contact, :'channel' AS channel, :'address' AS address;
SELECT archive_notices() >= 0;
SELECT * FROM told;
SELECT notice_sent('v', ARRAY[:ann]);

-- Pages that nobody acknowledges: again, then the deputy or the next post

SELECT contact, post, again_left, due_at > now() + interval '4 minutes' AS due FROM pages ORDER BY contact;
UPDATE pages SET due_at = now();
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT contact, channel FROM claim_notices('w', '{phone,email}', lease => '1 hour');
SELECT contact, channel FROM claim_notices('w', '{phone,email}', lease => '1 hour');
UPDATE pages SET due_at = now();
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT contact, post, again_left, due_at IS NULL AS passed_on FROM pages ORDER BY contact;

-- Put off, acknowledged, and then nobody else is told

SELECT snooze_notice(:'bob_token', now() + interval '1 hour');
SELECT due_at > now() + interval '59 minutes' AS put_off FROM pages WHERE contact = 'bob';
SELECT test.refusal(format('SELECT incident.snooze_notice(%L, now() + interval ''2 days'')', :'bob_token')) IS NOT NULL;
SELECT acknowledge_notice(:'ann_token');
SELECT contact, closed_by, outcome, due_at FROM pages ORDER BY contact;
SELECT r.* FROM unnest(ARRAY[:'ann_token', :'bob_token', 'guessed']) AS t, LATERAL test.refusal(format('SELECT incident.acknowledge_notice(%L)', t)) AS r;
SELECT kind, actor, note FROM timeline WHERE incident_id = :gate AND kind = 'acknowledged';
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT contact, subject FROM claim_notices('w', '{phone,email}', lease => '1 hour');
SELECT archive_notices() >= 0;
SELECT * FROM told WHERE outcome IN ('cancelled', 'nobody');

-- Quiet hours, and everyone

SELECT hold(:gate), resume(:gate);
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT contact, due_at = 'infinity' OR due_at > now() AS waits FROM retries;
SELECT contact, channel, token IS NOT NULL AS page FROM claim_notices('w', '{phone,email}', lease => '1 hour') ORDER BY 1;
SELECT contact, channel, token IS NOT NULL AS page FROM claim_notices('w', '{phone,email}', lease => '1 hour') ORDER BY 1;

-- What is over, or taken back, is crossed out

SELECT open(asset_level => '1'::level, summary => 'over soon', policy => 'told') AS soon \gset
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT resolve(:soon);
SELECT count(*) FROM claim_notices('w', '{phone,email}');
SELECT count(*) FROM claim_notices('w', '{phone,email}');
SELECT archive_notices() >= 0;
SELECT * FROM told WHERE incident = :soon;

-- A mark that is too grave for a channel leaves a pointer

SELECT open(asset_level => '1'::level, summary => 'SECRET', policy => 'told', confidentiality => 'red') AS red \gset
SELECT count(*) FROM claim_notices('w', '{none}');
SELECT contact, channel, subject, body LIKE '%SECRET%' OR payload::text LIKE '%SECRET%' AS tells FROM claim_notices('w', '{phone}');
SELECT contact, channel, subject, body LIKE '%SECRET%' OR payload::text LIKE '%SECRET%' AS tells FROM claim_notices('w', '{email}');

-- The queue is emptied when all of it is done with

SELECT rotate_notices(), rotate_leases();
UPDATE leases SET until = now();
SELECT notices_waiting > 0 AS waiting, oldest_notice IS NOT NULL AS since, relay_seen_at > now() - interval '1 minute' AS relay, notices_dead FROM watchdog;

-- Refusals

SELECT r.* FROM unnest(ARRAY['claim_notices(NULL, ''{a}'')', 'claim_notices(''w'', NULL)', 'claim_notices(''w'', ''{}'')', 'claim_notices(''w'', ''{a}'', 0)',
	'claim_notices(''w'', ''{a}'', 1001)', 'claim_notices(''w'', ''{a}'', 1, ''0'')', 'claim_notices(''w'', ''{a}'', 1, ''2 days'')',
	'notice_sent(''w'', ''{1,2}'', ''{a}'')', 'renew_lease(''w'', ''{1}'', NULL)', 'snooze_notice(''guessed'', now())']) AS call,
	LATERAL test.refusal('SELECT count(*) FROM incident.' || call) AS r;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM claim_notices('w', '{a}');
ROLLBACK;
