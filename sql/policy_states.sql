--
-- What becomes of a policy: a draft, published for good, retired, dropped; and what nobody
-- may do to it, the superuser included.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET search_path = public, incident, incident_internal;

SELECT export_policy(5) || '{"name": "house", "categories": [{"category": "desk", "title": {"en": "desk", "zh": "桌"},
	"levels": {"1": {"en": "all", "zh": "全部"}}}]}' AS house_document \gset
SELECT import_policy(:'house_document') AS draft \gset
SELECT import_policy(:'house_document') AS house \gset
SELECT publish_policy(:house);

-- Every table of a policy: a draft's rows may change, those of a published one not.
CREATE VIEW parts AS
SELECT c.relname::text AS part, (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = c.oid
		AND a.attnum > 1 AND NOT a.attisdropped AND a.attname IN ('title', 'within', 'posts', 'response_level', 'step')
		ORDER BY a.attname LIMIT 1) AS column
FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'r'
	AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'policy_id')
	AND c.relname NOT IN ('incidents', 'incident_state');
SELECT p.part, u.state AS update, d.state AS delete, i.state AS insert, t.state AS truncate
FROM parts AS p,
	test.refusal(format('UPDATE incident_internal.%I SET %2$I = %2$I WHERE policy_id = %3$s', part, "column", :house)) AS u,
	test.refusal(format('DELETE FROM incident_internal.%I WHERE policy_id = %s', part, :house)) AS d,
	test.refusal(format('INSERT INTO incident_internal.%1$I SELECT (jsonb_populate_record(r, jsonb_build_object(''policy_id'', %2$s))).* FROM incident_internal.%1$I AS r WHERE policy_id = %3$s',
		part, :house, :draft)) AS i,
	test.refusal(format('TRUNCATE incident_internal.%I', part)) AS t
ORDER BY p.part COLLATE "C";
SELECT count(*) AS built_in_too FROM parts AS p,
	test.refusal(format('DELETE FROM incident_internal.%I WHERE policy_id = 1', part)) AS d WHERE d.state = '55000';
BEGIN;
SELECT p.part, u.state AS update, d.state AS delete
FROM parts AS p,
	test.refusal(format('UPDATE incident_internal.%I SET %2$I = %2$I WHERE policy_id = %3$s', part, "column", :draft)) AS u,
	test.refusal(format('DELETE FROM incident_internal.%I WHERE policy_id = %s', part, :draft)) AS d
ORDER BY p.part COLLATE "C";
ROLLBACK;
-- Nor can rows be moved to it, or it to another id, or a policy begin as published.
SELECT call, r.* FROM unnest(ARRAY[
	format('UPDATE incident_internal.policy_posts SET policy_id = %s WHERE policy_id = %s', :house, :draft),
	format('UPDATE incident_internal.policies SET policy_id = 1 + policy_id WHERE policy_id = %s', :house),
	format('UPDATE incident_internal.policies SET state = ''draft'' WHERE policy_id = %s', :house),
	format('UPDATE incident_internal.policies SET state = ''retired'', title = ''{}'' WHERE policy_id = %s', :house),
	format('UPDATE incident_internal.policies SET state = ''dropped'' WHERE policy_id = %s', :house),
	format('INSERT INTO incident_internal.policies SELECT (jsonb_populate_record(p, ''{"policy_id": 1, "version": 9}'')).* FROM incident_internal.policies AS p WHERE policy_id = %s', :house)
	]) AS call, test.refusal(call) AS r;
SELECT export_policy(:house) = :'house_document' AS unchanged;

-- Retired: not while something is going on, nor when an organisation would be left without.
SELECT register_organisation(7, 'seven', 'house');
SET pg_incident.organisation = 7;
SELECT register_asset('h', 'host', '2');
SELECT open('h', 'minor', 'first', '2026-01-05 09:00+08') AS first \gset
SELECT * FROM test.refusal(format('SELECT retire_policy(%s)', :house));
SELECT resolve(:first, at => '2026-01-05 10:00+08');
SELECT * FROM test.refusal(format('SELECT retire_policy(%s)', :house));
SELECT close(:first, at => '2026-01-05 11:00+08');
SELECT * FROM test.refusal(format('SELECT retire_policy(%s)', :house));
SELECT * FROM test.refusal(format('SELECT drop_policy(%s)', :house));
SELECT import_policy(jsonb_set(export_policy(:house), '{levels,2,processing_time}', '"30 hours"')) AS house_2 \gset
SELECT publish_policy(:house_2);
SELECT retire_policy(:house);
SELECT version, state FROM policy_versions WHERE name = 'house' ORDER BY version;
SELECT call, r.* FROM unnest(ARRAY['retire_policy(%s)', 'publish_policy(%s)', 'drop_policy(%s)',
	'policy_id(''house'', 2)']) AS call, test.refusal('SELECT ' || format(call, :house)) AS r;
SELECT count(*) AS kept FROM parts AS p,
	test.refusal(format('DELETE FROM incident_internal.%I WHERE policy_id = %s', part, :house)) AS d WHERE d.state = '55000';
-- What was opened under it goes on under it.
SELECT reopen(:first, at => '2026-01-05 12:00+08');
SELECT policy_version, status FROM incident_history WHERE incident_id = :first;

-- Dropped: a draft, or a retired version that no incident was opened under. Its number is kept
-- in the table of policies, and nothing else of it.
SELECT drop_policy(:draft);
SELECT publish_policy(import_policy(export_policy(:house_2))), policy_id('house', 4) > 0 AS next;
SELECT retire_policy(:house_2);
SELECT drop_policy(:house_2);
SELECT p.part, n.rows_left FROM parts AS p,
	LATERAL (SELECT (xpath('/row/n/text()', query_to_xml(format(
		'SELECT count(*) AS n FROM incident_internal.%I WHERE policy_id IN (%s, %s)', part, :draft, :house_2),
		false, true, '')))[1]::text AS rows_left) AS n WHERE n.rows_left <> '0';
SELECT export_policy(:house_2) IS NULL AS gone;
-- The number is not given again.
SELECT import_policy(:'house_document') AS last_draft \gset
SELECT drop_policy(:last_draft);
SELECT import_policy(:'house_document') AS next_draft \gset
SELECT version, state FROM policy_versions WHERE name = 'house' ORDER BY version;
SELECT call, r.* FROM unnest(ARRAY['drop_policy(%s)', 'publish_policy(%s)', 'retire_policy(%s)',
	'event_level(%s, ''2'', ''minor'')']) AS call, test.refusal('SELECT ' || format(call, :last_draft)) AS r;
SELECT export_policy(:last_draft) IS NULL AS gone;
SELECT drop_policy(:next_draft);
SELECT call, r.* FROM unnest(ARRAY['retire_policy(1)', 'drop_policy(1)', 'retire_policy(0)', 'drop_policy(0)']) AS call,
	test.refusal('SELECT ' || call) AS r;

-- A session that restores a dump, or applies a subscription, writes rows in any order, as long
-- as the policy is not yet what was published; none is changed or taken away.
SET check_function_bodies = off;
INSERT INTO policy_posts SELECT 1234, post, title FROM policy_posts WHERE policy_id = 5;
INSERT INTO policies SELECT (jsonb_populate_record(p, '{"policy_id": 1234, "version": 9}')).* FROM policies AS p WHERE policy_id = 5;
INSERT INTO policy_severities SELECT (jsonb_populate_record(s, '{"policy_id": 1234}')).* FROM policy_severities AS s WHERE policy_id = 5;
RESET check_function_bodies;
SELECT * FROM verify_policies();
SELECT r.* FROM test.refusal($$ INSERT INTO incident_internal.policy_escalation_steps SELECT 1234, step, to_level, event_levels, measure, amount, percent
	FROM incident_internal.policy_escalation_steps WHERE policy_id = 5 $$) AS r;
SET session_replication_role = 'replica';
SELECT * FROM test.refusal('DELETE FROM incident_internal.policy_posts WHERE policy_id = 1234');
SELECT * FROM test.refusal('UPDATE incident_internal.policy_posts SET title = title WHERE policy_id = 1234');
SELECT p.part, i.* FROM parts AS p, test.refusal(format('INSERT INTO incident_internal.%1$I
	SELECT (jsonb_populate_record(r, ''{"policy_id": 1234}'')).* FROM incident_internal.%1$I AS r WHERE policy_id = 5', part)) AS i
WHERE part NOT IN ('policies', 'policy_posts', 'policy_severities') ORDER BY p.part COLLATE "C";
SELECT * FROM verify_policies();
SELECT i.* FROM unnest(ARRAY['on', 'off']) AS dump(checks), LATERAL set_config('check_function_bodies', checks, false) AS c,
	test.refusal($$ INSERT INTO incident_internal.policy_posts VALUES (1234, 'more', '{}') $$) AS i;
RESET session_replication_role;
RESET check_function_bodies;
