--
-- Message rules of policies: whom each preset tells of what, and rules of one's own: in and out
-- again, and every level, duty and clock for itself.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- Kinds and rules as entries have them.
CREATE TEMP TABLE entry (what text, kind smallint, rule smallint, occurrence smallint);
INSERT INTO entry SELECT w.word, k, r.rule, r.occurrence
FROM generate_series(0, 63) AS k, LATERAL (SELECT kind_word(k::smallint) AS word) AS w,
	LATERAL (SELECT 0::smallint AS rule, 1::smallint AS occurrence WHERE k < 32 UNION ALL SELECT 2, 1 WHERE w.word = 'graded'
		UNION ALL SELECT 19, 1 WHERE w.word = 'escalated' UNION ALL SELECT 3, 1 WHERE w.word = 'breached'
		UNION ALL SELECT 1, 1 WHERE w.word = 'voided') AS r
WHERE w.word IS NOT NULL;
INSERT INTO entry VALUES ('overdue: acknowledgement', 35, 4, 1), ('overdue: step 1', 35, 4, 2), ('overdue: step 2', 35, 4, 3),
	('overdue: response', 35, 5, 1);
CREATE FUNCTION pg_temp.told(policy text, level level, VARIADIC only_these text[] DEFAULT NULL)
RETURNS TABLE (what text, number smallint, posts text, acknowledge text, again text, then_next boolean, urgent boolean) LANGUAGE sql AS $$
	SELECT e.what, r.number, array_to_string(r.posts, ' '), nullif(r.acknowledge, 'nobody'),
		r.again_after || ' x' || r.again_limit, r.then_next, r.urgent
	FROM (SELECT what, kind, rule, occurrence, 0 AS place FROM entry UNION ALL
		SELECT k.word || ': ' || d.duty, k.kind, k.rule + d.number, 1, 1 + d.number
		FROM (VALUES ('due', 36, 100), ('repeated', 37, 100), ('overdue', 35, 200)) AS k(word, kind, rule), policy_duties AS d
		WHERE d.policy_id = policy_id(policy)) AS e(what, kind, rule, occurrence, place),
		message_rules_for(policy_id(policy), e.kind::smallint, e.rule::smallint, level, level, e.occurrence::smallint) AS r
	WHERE only_these IS NULL OR e.what = ANY (only_these)
	ORDER BY e.kind, e.place, e.rule, e.occurrence, r.number
$$;
SELECT * FROM pg_temp.told('eport', '1');
SELECT * FROM pg_temp.told('eport', '2', 'opened', 'due: join_call', 'due: activate', 'voided');
SELECT * FROM pg_temp.told('eport', '3', 'opened', 'due: join_call', 'overdue: activate');
SELECT * FROM pg_temp.told('eport', 'none');
SELECT * FROM pg_temp.told('gbz20986', '1');
SELECT * FROM pg_temp.told('gbz20986', '4');
SELECT * FROM pg_temp.told('damage-sab', '1');
SELECT * FROM pg_temp.told('gravity-3', '2');
SELECT * FROM pg_temp.told('itil', '1');
SELECT * FROM pg_temp.told('itil', '4');

-- Without rules nobody is told, of anything.
SELECT publish_policy(import_policy(export_policy(1) || '{"name": "mute", "messages": {"missed_ticks": "all", "rules": []}}'));
SELECT * FROM pg_temp.told('mute', '1');
SELECT export_policy(policy_id('mute')) -> 'messages' AS messages;

-- Event level and response level each for itself; the audience of a duty goes by its own.
CREATE TEMP TABLE document AS SELECT export_policy(1) || '{"name": "own", "messages": {"missed_ticks": "all", "attempts": 3, "languages": ["zh"],
	"limit": {"count": 5, "within": "1 hour"}, "rules": [
	{"on": "held", "levels": ["1"], "to": {"posts": ["liaison"]}},
	{"on": "held", "levels": ["1"], "scope": "response_level", "to": {"posts": ["section_heads"]}, "duty": null},
	{"on": "held", "to": {"audience_of": "progress_report"}, "acknowledge": "anyone", "urgent": false},
	{"on": "due", "duty": "review", "to": {"duty": "audience"}, "acknowledge": "nobody", "urgent": true},
	{"on": "repeated", "to": {"duty": "responsible"}, "acknowledge": "everyone", "then": "next", "again": {"after": "90 min", "limit": 7}}]}}' AS d;
SELECT * FROM document, check_policy(d);
SELECT import_policy(d) AS own FROM document \gset
SELECT jsonb_pretty(export_policy(:own) -> 'messages') AS messages;
SELECT import_policy(export_policy(:own)) AS again \gset
SELECT export_policy(:own) = export_policy(:again) AS same;
SELECT e.event, e.response, r.number, r.posts FROM (VALUES ('1'::level, '2'::level), ('2', '1'), ('3', 'none')) AS e(event, response),
	message_rules_for(:own, 4::smallint, 0::smallint, e.event, e.response) AS r;
SELECT message_language(:own, l) AS own, message_language(1, l) AS eport FROM unnest('{zh,en,NULL}'::text[]) AS l;
SELECT publish_policy(:own);
SELECT line FROM unnest('{en,zh}'::text[]) AS l, explain_policy('own', l) AS line WHERE line ~ 'Message|written|通知：|消息语言';
SELECT retire_policy(policy_id('mute'));
SELECT drop_policy(policy_id) FROM policies WHERE name = 'mute';
SELECT count(*) AS left_over FROM policy_message_rules AS r WHERE NOT EXISTS (SELECT FROM policies AS p WHERE p.policy_id = r.policy_id AND p.state <> 'dropped');

-- What cannot be stored.
SELECT r.* FROM unnest(ARRAY['{"on": "held"}', '{"on": "noted", "to": {"posts": ["liaison"]}}', '{"on": "held", "to": {}}',
	'{"on": "held", "to": {"posts": ["liaison"], "duty": "audience"}}', '{"on": "held", "to": {"posts": ["liaison"]}, "again": {"after": "5 minutes"}}',
	'{"on": "held", "to": {"posts": ["liaison"]}, "levels": ["1", "1"]}', '{"on": "held", "to": {"posts": ["liaison"]}, "urgent": "yes"}']) AS rule,
	document, test.refusal(format('SELECT import_policy(%L)', jsonb_set(d, '{messages,rules}', jsonb_build_array(rule::jsonb)))) AS r;
