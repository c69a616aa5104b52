--
-- The texts of messages: every built-in template filled, one's own in their place, what people
-- wrote that looks like something else, short ones, and what may not be told.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- Every event of a policy's rules has its four texts, and they name nothing that there is not.
SELECT language, form, count(*), count(*) FILTER (WHERE subject IS NULL) AS no_subject, min(length(body)) > 0 AS all_say_something
FROM message_templates GROUP BY language, form ORDER BY language, form;
SELECT t.event, v.name[1] AS unknown FROM message_templates AS t,
	regexp_matches(concat(t.subject, t.body), '\{([^}]*)\}', 'g') AS v(name)
WHERE v.name[1] <> ALL (message_variables());
SELECT v.name AS unused FROM unnest(message_variables()) AS v(name)
WHERE NOT EXISTS (SELECT FROM message_templates AS t WHERE concat(t.subject, t.body) LIKE '%{' || v.name || '}%');

-- All of them, with the least and the most that there can be: no brace is left and no line is empty of its value; a drill says
-- so first, and a short one fits.
CREATE TEMP TABLE facts AS
SELECT 'least' AS what, '{"zone": "UTC", "event_level": {"en": "level 1", "zh": "一级"}, "response_level": {"en": "level 1", "zh": "一级"},
	"kind": "opened", "what": {"en": "opened", "zh": "登记"}}'::jsonb AS facts
UNION ALL
SELECT 'most', jsonb_build_object('zone', 'Asia/Shanghai', 'drill', true, 'ticket', 'T-1', 'summary', repeat('长', 300), 'asset', repeat('a', 200),
	'asset_category', 'host', 'category', 'EF', 'confidentiality', 'amber', 'organisation', 'one', 'policy', t.t, 'severity', t.t, 'event_level', t.t,
	'response_level', t.t, 'what', t.t, 'duty', t.t, 'responsible', t.t, 'by', 'ann', 'note', repeat('n', 300), 'detected_at', '2026-01-05T08:00:00+00:00',
	'at', '2026-01-05T09:00:00+00:00', 'deadline', '2026-01-05T10:00:00+00:00')
FROM (SELECT jsonb_build_object('en', repeat('long title ', 9), 'zh', repeat('长标题', 20)) AS t) AS t;
SELECT f.what, t.language, t.form, count(*) AS texts,
	count(*) FILTER (WHERE concat(m.subject, m.body) ~ '[{}]') AS with_braces,
	count(*) FILTER (WHERE m.body ~ '[:：]\s*(\n|$)') AS with_nothing_behind_a_colon,
	count(*) FILTER (WHERE (m.subject IS NULL) <> (t.form = 'short')) AS wrong_subject,
	count(*) FILTER (WHERE m.body LIKE CASE t.language WHEN 'zh' THEN '演练：%' ELSE 'DRILL: %' END) AS drills,
	max(length(m.subject)) AS longest_subject, CASE t.form WHEN 'short' THEN max(length(m.body)) END AS longest_short
FROM facts AS f, message_templates AS t, message_text(1, 4711, t.event, f.facts, t.language, t.form) AS m
GROUP BY f.what, t.language, t.form ORDER BY f.what, t.language, t.form;
SELECT t.language, t.event, m.body AS short FROM facts AS f, message_templates AS t, message_text(1, 7, t.event, f.facts
	|| '{"summary": "the mail server is slow", "duty": {"en": "first report", "zh": "首次报告"}, "deadline": "2026-01-05T10:00:00Z"}', t.language, t.form) AS m
WHERE f.what = 'least' AND t.form = 'short' ORDER BY t.language, t.event;

-- Of incidents, by their entries.
SELECT register_asset('mail', 'host', '2');
SELECT register_organisation(1, 'one', zone => 'Asia/Shanghai');
SELECT open('mail', 'minor', 'mail is slow', '2026-01-05 08:00+00', 'EF', 'red', 'T-1', drill => true, by => 'ann') AS id \gset
SELECT FROM tick('2026-01-05 10:00+00');
SELECT assess(:id, severity => 'moderate', at => '2026-01-05 09:59+00', by => 'bob', note => 'seen');
SELECT resolve(:id, at => '2026-01-05 09:30+00', by => 'bob', note => 'restarted');
SELECT jsonb_pretty(message_facts(1, :id, 1)) AS opened;
SELECT message_facts(1, :id, 1000) IS NULL AS no_such_entry, message_facts(2, :id, 1) IS NULL AS no_such_organisation;
SELECT e.seq, e.kind, e.rule, f #>> '{what,en}' AS what, f #>> '{duty,en}' AS duty, f #>> '{responsible,en}' AS responsible,
	f #>> '{event_level,en}' AS event, f #>> '{response_level,en}' AS response, f ->> 'deadline' AS deadline, f ->> 'by' AS by, f ->> 'note' AS note
FROM timeline AS e, message_facts(1, :id, e.seq) AS f WHERE e.incident_id = :id ORDER BY e.seq;
SELECT m.* FROM unnest('{en,zh}'::text[]) AS l(language), unnest('{long,short}'::text[]) AS o(form),
	message_text(1, :id, 'escalated', message_facts(1, :id, (SELECT min(seq) FROM timeline WHERE incident_id = :id AND kind = 'escalated')), l.language, o.form) AS m;
-- The zone is whoever is told's; a time that is left counts from now.
SELECT jsonb_strip_nulls(v) AS in_berlin FROM message_values(:id, message_facts(1, :id, 1) || '{"zone": "Europe/Berlin"}', 'en', 'long') AS v;
SELECT l.language, d.offset, message_values(1, jsonb_build_object('deadline', now() + d.offset), l.language, 'long') ->> 'time_left' AS time_left
FROM unnest('{en,zh}'::text[]) AS l(language), unnest('{26:03:30,00:00:30,-01:00}'::interval[]) AS d("offset");

-- A mark that is too grave for a channel leaves a pointer.
SELECT m.* FROM message_text(1, :id, 'opened', mask_facts(message_facts(1, :id, 1)), 'en', 'long') AS m;
SELECT key FROM jsonb_object_keys(message_facts(1, :id, 2) || message_facts(1, :id, 1)) AS key EXCEPT
	SELECT key FROM jsonb_object_keys(mask_facts(message_facts(1, :id, 1))) AS key ORDER BY 1;

-- What people wrote is never a template, nor another line.
SELECT replace(m.subject, E'\u200b', '<200b>') AS subject, replace(m.body, E'\u200b', '<200b>') AS body FROM message_text(1, 1, 'opened', jsonb_build_object('summary', E'{ticket} %s $1 \\1 {{x}\r\nEvent: none\t\u0007\u0085\u2028\u202egnp.exe \u200b|', 'ticket', '{summary}',
	'organisation', E'a\nb'), 'en', 'long') AS m;

-- Templates of one's own, in one organisation.
SELECT set_message_template('opened', 'en', 'long', '{asset}: {summary}', E'{summary}\n{note}\nBy {by} at {at}.\nEnd {organisation}{drill}');
SELECT set_message_template('opened', 'en', 'short', NULL, ' {summary}/{asset} ');
SELECT register_organisation(2, 'two');
SELECT * FROM message_template WHERE event = 'opened' AND language = 'en' ORDER BY org_id, form;
SELECT org_id, count(*), count(*) FILTER (WHERE NOT built_in) AS own FROM message_template GROUP BY org_id ORDER BY org_id;
SELECT t.org_id, m.* FROM unnest('{1,2}'::int[]) AS t(org_id), facts AS f, unnest('{long,short}'::text[]) AS o(form),
	message_text(t.org_id, 5, 'opened', f.facts || '{"summary": "x", "drill": true, "at": "2026-01-05T09:00:00Z", "organisation": "one", "by": "ann"}', 'en',
		o.form) AS m WHERE f.what = 'least' ORDER BY t.org_id, o.form;
SELECT set_message_template('opened', 'en', 'short', NULL, '{drill}! {summary}');
SELECT m.body FROM message_text(1, 5, 'opened', '{"drill": true, "summary": "x"}', 'en', 'short') AS m;
SELECT set_message_template('opened', 'en', 'short', NULL, NULL), set_message_template('opened', 'en', 'long', NULL, NULL),
	set_message_template('opened', 'zh', 'long', NULL, ' ');
SELECT count(*) AS own FROM message_template WHERE NOT built_in;
-- Short ones: the summary is cut by characters to what room there is; where the rest is too long, whole values go, the last first.
SELECT s.summary, length(m) AS length, m FROM (VALUES (repeat('长', 10)), (repeat('长', 11)), (repeat('😀', 30)), ('')) AS s(summary),
	fill_template('<{incident}|{summary}|{asset}>', jsonb_build_object('incident', '12', 'summary', s.summary, 'asset', 'mail'), 20) AS m;
SELECT length(m) AS length, m FROM unnest('{30,20,12,8,3}'::int[]) AS most,
	fill_template('<{incident}|{summary}|{asset}|{by}>', '{"incident": "123456", "summary": "short", "asset": "mail", "by": "ann"}', most) AS m;

-- What is refused.
SELECT r.* FROM unnest(ARRAY[
	$$'noted', 'en', 'long', 's', 'b'$$, $$NULL, 'en', 'long', 's', 'b'$$, $$'opened', 'fr', 'long', 's', 'b'$$, $$'opened', 'en', 'wide', 's', 'b'$$,
	$$'opened', 'en', 'long', NULL, 'b'$$, $$'opened', 'en', 'short', 's', 'b'$$, $$'opened', 'en', 'long', '{summery}', 'b'$$,
	$$'opened', 'en', 'long', 's', '{Summary}'$$, $$'opened', 'en', 'long', 's', '{}'$$, $$'opened', 'en', 'long', 's', 'a { b'$$,
	$$'opened', 'en', 'long', 's', '{{summary}}'$$, $$'opened', 'en', 'long', E'a\nb', 'b'$$, $$'opened', 'en', 'short', NULL, E'a\nb'$$,
	$$'opened', 'en', 'short', NULL, repeat('x', 64)$$, $$'opened', 'en', 'long', repeat('x', 194), 'b'$$]) AS arguments,
	test.refusal(format('SELECT set_message_template(%s)', arguments)) AS r;
SELECT set_message_template('opened', 'en', 'short', NULL, repeat('x', 63) || '{summary}{note}');
SELECT length(m.body) AS longest FROM message_text(1, 5, 'opened', '{"drill": true, "summary": "x"}', 'en', 'short') AS m;
