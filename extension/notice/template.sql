-- The texts of messages: templates in English and Chinese, long ones and short ones, which an
-- organisation may replace by its own.

-- org_id 0: built in. A short text has no subject.
CREATE TABLE incident_internal.message_templates (
	org_id integer NOT NULL CHECK (org_id >= 0),
	event text NOT NULL,
	language text NOT NULL CHECK (language IN ('en', 'zh')),
	form text NOT NULL CHECK (form IN ('long', 'short')),
	subject text,
	body text NOT NULL,
	PRIMARY KEY (org_id, event, language, form),
	CHECK ((form = 'long') = (subject IS NOT NULL))
);
SELECT pg_catalog.pg_extension_config_dump('incident_internal.message_templates', 'WHERE org_id <> 0');

-- What each kind of entry has of its own; the rest of a long text is the same for all.
WITH event(event, subject_en, first_en, short_en, subject_zh, first_zh, short_zh) AS (VALUES
	('opened',
		'Incident {incident}, {event_level}: {summary}',
		'An incident was opened.', 'Incident {incident}, {event_level}: {summary}',
		'事件{incident}（{event_level}）：{summary}', '有新的事件。', '事件{incident}（{event_level}）：{summary}'),
	('graded',
		'Incident {incident} graded, response {response_level}: {summary}',
		'The incident was graded.', 'Incident {incident} is {event_level}, response {response_level}: {summary}',
		'事件{incident}定级，响应{response_level}：{summary}', '事件已定级。', '事件{incident}定为{event_level}，响应{response_level}：{summary}'),
	('escalated',
		'Incident {incident}: response raised to {response_level}: {summary}',
		'The response has risen, as time runs short.', 'Incident {incident}: response raised to {response_level}: {summary}',
		'事件{incident}响应升至{response_level}：{summary}', '因时间推移，响应级别上升。', '事件{incident}响应升至{response_level}：{summary}'),
	('breached',
		'Incident {incident}: processing time has passed: {summary}',
		'The processing time has passed.', 'Incident {incident}: processing time has passed: {summary}',
		'事件{incident}处置超时：{summary}', '处置时限已过。', '事件{incident}处置超时：{summary}'),
	('overdue',
		'Overdue: {duty}, incident {incident}: {summary}',
		'This is overdue: {duty}.', 'Overdue: {duty}, incident {incident}: {summary}',
		'逾期：{duty}，事件{incident}：{summary}', '以下事项逾期：{duty}。', '逾期：{duty}，事件{incident}：{summary}'),
	('due',
		'To do: {duty}, incident {incident}: {summary}',
		'This is to be done: {duty}.', 'To do: {duty} (deadline: {deadline}), incident {incident}: {summary}',
		'待办：{duty}，事件{incident}：{summary}', '请完成：{duty}。', '待办：{duty}，期限{deadline}，事件{incident}：{summary}'),
	('repeated',
		'To do again: {duty}, incident {incident}: {summary}',
		'This is to be done again: {duty}.', 'To do again: {duty} (deadline: {deadline}), incident {incident}: {summary}',
		'再次待办：{duty}，事件{incident}：{summary}', '请再次完成：{duty}。', '再次待办：{duty}，期限{deadline}，事件{incident}：{summary}'),
	('acknowledged',
		'Incident {incident} acknowledged: {summary}',
		'Somebody has taken the incident on.', 'Incident {incident} acknowledged: {summary}',
		'事件{incident}已确认接手：{summary}', '事件已有人接手。', '事件{incident}已确认接手：{summary}'),
	('activated',
		'Incident {incident}: plan activated: {summary}',
		'The emergency plan was activated.', 'Incident {incident}: plan activated: {summary}',
		'事件{incident}已启动预案：{summary}', '应急预案已启动。', '事件{incident}已启动预案：{summary}'),
	('held',
		'Incident {incident} on hold: {summary}',
		'The incident was put on hold.', 'Incident {incident} on hold: {summary}',
		'事件{incident}已挂起：{summary}', '事件已挂起。', '事件{incident}已挂起：{summary}'),
	('resumed',
		'Incident {incident} resumed: {summary}',
		'The incident is being handled again.', 'Incident {incident} resumed: {summary}',
		'事件{incident}恢复处置：{summary}', '事件已恢复处置。', '事件{incident}恢复处置：{summary}'),
	('resolved',
		'Incident {incident} resolved: {summary}',
		'The incident was resolved.', 'Incident {incident} resolved: {summary}',
		'事件{incident}处置完成：{summary}', '事件已处置完成。', '事件{incident}处置完成：{summary}'),
	('closed',
		'Incident {incident} closed: {summary}',
		'The incident was closed.', 'Incident {incident} closed: {summary}',
		'事件{incident}已关闭：{summary}', '事件已关闭。', '事件{incident}已关闭：{summary}'),
	('reopened',
		'Incident {incident} reopened, response {response_level}: {summary}',
		'The incident was reopened.', 'Incident {incident} reopened, response {response_level}: {summary}',
		'事件{incident}重新打开，响应{response_level}：{summary}', '事件已重新打开。', '事件{incident}重新打开，响应{response_level}：{summary}'),
	('cancelled',
		'Incident {incident} cancelled: {summary}',
		'The incident was cancelled: it was none.', 'Incident {incident} cancelled: {summary}',
		'事件{incident}已取消：{summary}', '事件已取消：并非事件。', '事件{incident}已取消：{summary}'),
	('voided',
		'Incident {incident}: no longer so: {what}: {summary}',
		'What was told no longer holds: {what}.', 'Incident {incident}: no longer so: {what}: {summary}',
		'事件{incident}撤销“{what}”：{summary}', '先前告知的内容已撤销：{what}。', '事件{incident}撤销“{what}”：{summary}'))
INSERT INTO incident_internal.message_templates (org_id, event, language, form, subject, body)
SELECT 0, event, 'en', 'long', subject_en, first_en || E'\n{summary}\n'
	|| E'\nIncident: {incident}\nTicket: {ticket}\nOrganisation: {organisation}\nAsset: {asset}\nSeverity: {severity}'
	|| E'\nEvent: {event_level}\nResponse: {response_level}\nDetected: {detected_at}\nTook effect: {at}'
	|| E'\nDuty: {duty}\nResponsible: {responsible}\nDeadline: {deadline}\nTime left: {time_left}\nBy: {by}\nNote: {note}'
	|| E'\nTimes: {zone}' FROM event
UNION ALL
SELECT 0, event, 'en', 'short', NULL, short_en FROM event
UNION ALL
SELECT 0, event, 'zh', 'long', subject_zh, first_zh || E'\n{summary}\n'
	|| E'\n事件：{incident}\n工单：{ticket}\n机构：{organisation}\n资产：{asset}\n严重程度：{severity}'
	|| E'\n事件级别：{event_level}\n响应级别：{response_level}\n发现时间：{detected_at}\n发生时间：{at}'
	|| E'\n职责：{duty}\n责任人：{responsible}\n期限：{deadline}\n剩余时间：{time_left}\n操作人：{by}\n备注：{note}'
	|| E'\n时区：{zone}' FROM event
UNION ALL
SELECT 0, event, 'zh', 'short', NULL, short_zh FROM event;

-- A template with values in place of its variables (src/notice/template.c).
CREATE FUNCTION incident_internal.fill_template(template text, "values" jsonb, most integer)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_fill_template';

-- How many characters a short text has at most: a text message takes so many of Chinese.
CREATE FUNCTION incident_internal.short_length()
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 70;

-- And a subject.
CREATE FUNCTION incident_internal.subject_length()
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 200;

-- What an exercise begins with.
CREATE FUNCTION incident_internal.drill_mark(language text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN incident_internal.phrase(language, 'DRILL: ', '演练：');

-- Facts

-- When the processing time of an event level has passed, of a clock that shows nothing at `since`.
CREATE FUNCTION incident_internal.processing_deadline(
	org_id integer, policy_id integer, event_level incident.level, since timestamptz)
RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_processing_deadline';

-- What a word is called, in each language.
CREATE FUNCTION incident_internal.titles_of(kind text, word text)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('en', t.en, 'zh', t.zh) FROM incident.terms() AS t WHERE t.kind = titles_of.kind AND t.word = titles_of.word
$$;

-- What of an incident a message about one of its entries may tell; NULL when there is no such
-- entry. Words are there in each language, moments as they are stored. What a withdrawal is about
-- is what it takes back.
CREATE FUNCTION incident_internal.message_facts(org_id integer, incident_id bigint, seq integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
	facts jsonb;
BEGIN
	SELECT jsonb_build_object(
		'incident', i.incident_id, 'ticket', i.ticket, 'drill', i.drill, 'confidentiality', i.confidentiality,
		'organisation', (SELECT o.name FROM incident_internal.organisations AS o WHERE o.org_id = i.org_id),
		'zone', incident_internal.organisation_zone(i.org_id),
		'policy', (SELECT p.title FROM incident_internal.policies AS p WHERE p.policy_id = s.policy_id),
		'summary', (SELECT f.note FROM incident_internal.entries AS f
			WHERE f.org_id = i.org_id AND f.incident_id = i.incident_id AND f.epoch = 1 AND f.rule = 0 AND f.month = s.month),
		'asset', a.name, 'asset_category', a.category, 'category', i.category,
		'severity', (SELECT v.title FROM incident_internal.policy_severities AS v
			WHERE v.policy_id = s.policy_id AND v.severity = s.severity),
		'event_level', (SELECT l.title FROM incident_internal.policy_levels AS l
			WHERE l.policy_id = s.policy_id AND l.level = coalesce(e.event_level, s.event_level)),
		'response_level', (SELECT l.title FROM incident_internal.policy_levels AS l
			WHERE l.policy_id = s.policy_id AND l.level = coalesce(e.response_level, s.response_level)),
		'kind', incident_internal.kind_word(e.kind),
		'what', CASE WHEN e.rule = 1 THEN incident_internal.titles_of('entry', incident_internal.kind_word(t.kind)) END,
		'duty', CASE WHEN t.rule IN (4, 5) THEN incident_internal.titles_of('rule', incident_internal.rule_word(t.rule)) ELSE d.title END,
		'responsible', (SELECT jsonb_build_object('en', incident_internal.list_in_words(array_agg(p.title ->> 'en' ORDER BY r.number), 'en'),
				'zh', incident_internal.list_in_words(array_agg(p.title ->> 'zh' ORDER BY r.number), 'zh'))
			FROM unnest(d.responsible) WITH ORDINALITY AS r(post, number)
			JOIN incident_internal.policy_posts AS p ON p.policy_id = s.policy_id AND p.post = r.post HAVING count(*) > 0),
		'detected_at', i.detected_at, 'at', e.effective_at,
		'deadline', CASE
			WHEN e.rule = 1 THEN NULL
			WHEN incident_internal.kind_word(e.kind) IN ('overdue', 'breached') THEN e.effective_at
			WHEN e.rule >= 100 THEN (SELECT coalesce(u.deadline, u.overdue_at)
				FROM incident_internal.duties_of_state(s.org_id, s.policy_id, s.event_level, s.response_level, s.duties) AS u
				WHERE u.number = e.rule % 100 AND u.occurrence = e.occurrence)
			ELSE incident_internal.processing_deadline(s.org_id, s.policy_id, s.event_level, s.processing_since) END,
		'by', e.actor, 'note', CASE WHEN e.seq > 1 THEN e.note END)
	INTO facts
	FROM incident_internal.incidents AS i
	JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
	JOIN incident_internal.entries AS e ON e.org_id = i.org_id AND e.incident_id = i.incident_id AND e.month = s.month
	JOIN incident_internal.entries AS t ON t.org_id = i.org_id AND t.incident_id = i.incident_id AND t.month = s.month
		AND t.seq = CASE e.rule WHEN 1 THEN e.epoch ELSE e.seq END
	LEFT JOIN incident_internal.policy_duties AS d ON d.policy_id = s.policy_id AND t.rule >= 100 AND d.number = t.rule % 100
	LEFT JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
	WHERE i.org_id = message_facts.org_id AND i.incident_id = message_facts.incident_id AND e.seq = message_facts.seq;
	RETURN jsonb_strip_nulls(facts);
END
$$;

-- The same without what people wrote and what the incident is about, for a channel that its mark
-- is too grave for.
CREATE FUNCTION incident_internal.mask_facts(facts jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT facts - '{summary,asset,asset_category,category,by,note}'::text[] || '{"masked": true}';
END;

-- Texts

-- The value of each variable, as a message of a form has it in a language. How much time is left
-- counts from now.
CREATE FUNCTION incident_internal.message_values(incident_id bigint, facts jsonb, language text, form text)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	zh CONSTANT boolean := language = 'zh';
	zone CONSTANT text := coalesce(facts ->> 'zone', 'UTC');
	shape CONSTANT text := CASE form WHEN 'short' THEN 'MM-DD HH24:MI' ELSE 'YYYY-MM-DD HH24:MI' END;
	deadline CONSTANT timestamptz := (facts ->> 'deadline')::timestamptz;
BEGIN
	RETURN jsonb_build_object(
		'incident', message_values.incident_id::text, 'ticket', facts ->> 'ticket', 'organisation', facts ->> 'organisation',
		'policy', facts #>> ARRAY['policy', language], 'zone', zone,
		'summary', coalesce(left(facts ->> 'summary', 4000), CASE WHEN facts ? 'masked' THEN CASE WHEN zh THEN '（内容保密）' ELSE '(confidential)' END
			ELSE CASE WHEN zh THEN '（无摘要）' ELSE '(no summary)' END END),
		'asset', facts ->> 'asset', 'asset_category', facts ->> 'asset_category', 'category', facts ->> 'category',
		'confidentiality', 'TLP:' || upper(facts ->> 'confidentiality'),
		'severity', coalesce(facts #>> ARRAY['severity', language], CASE WHEN zh THEN '未知' ELSE 'unknown' END),
		'event_level', facts #>> ARRAY['event_level', language], 'response_level', facts #>> ARRAY['response_level', language],
		'what', CASE WHEN facts ? 'what'
			THEN concat_ws(CASE WHEN zh THEN '：' ELSE ': ' END, facts #>> ARRAY['what', language], facts #>> ARRAY['duty', language]) END,
		'duty', facts #>> ARRAY['duty', language], 'responsible', facts #>> ARRAY['responsible', language],
		'detected_at', to_char((facts ->> 'detected_at')::timestamptz AT TIME ZONE zone, shape),
		'at', to_char((facts ->> 'at')::timestamptz AT TIME ZONE zone, shape),
		'deadline', coalesce(to_char(deadline AT TIME ZONE zone, shape),
			CASE form WHEN 'short' THEN CASE WHEN zh THEN '未定' ELSE 'none' END END),
		'time_left', CASE WHEN deadline > now() THEN incident_internal.time_in_words(date_trunc('minute', deadline - now()), language)
			WHEN deadline <= now() THEN CASE WHEN zh THEN '无' ELSE 'none' END END,
		'by', facts ->> 'by', 'note', left(facts ->> 'note', 4000),
		'drill', CASE WHEN (facts ->> 'drill')::boolean THEN CASE WHEN zh THEN '演练' ELSE 'DRILL' END END);
END
$$;

-- The text of a message by the organisation's template, or else the built-in one.
CREATE FUNCTION incident_internal.message_text(
	org_id integer, incident_id bigint, event text, facts jsonb, language text, form text,
	OUT subject text, OUT body text)
RETURNS record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	filled CONSTANT jsonb := incident_internal.message_values(incident_id, facts, language, form);
	mark CONSTANT text := CASE WHEN (facts ->> 'drill')::boolean THEN incident_internal.drill_mark(language) ELSE '' END;
BEGIN
	SELECT t.subject, t.body INTO subject, body FROM incident_internal.message_templates AS t
		WHERE t.org_id IN (0, message_text.org_id) AND t.event = message_text.event
			AND t.language = message_text.language AND t.form = message_text.form
		ORDER BY t.org_id DESC LIMIT 1;
	subject := incident_internal.fill_template(mark || subject, filled, incident_internal.subject_length());
	body := incident_internal.fill_template(mark || body, filled, CASE form WHEN 'short' THEN incident_internal.short_length() END);
END
$$;

-- Templates of one's own

-- What a template may name.
CREATE FUNCTION incident_internal.message_variables()
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{asset,asset_category,at,by,category,confidentiality,deadline,detected_at,drill,duty,event_level,incident,note,organisation,policy,responsible,response_level,severity,summary,ticket,time_left,what,zone}'::text[];

-- Refuses a template that names something else, or that is too long by itself.
CREATE FUNCTION incident_internal.expect_template(template text, what text, most integer)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unknown text;
	alone CONSTANT text := regexp_replace(template, '[{][a-z_]+[}]', '', 'g');
BEGIN
	IF (SELECT count(*) FROM regexp_matches(template, '[{][a-z_]+[}]', 'g')) > 100 THEN
		RAISE EXCEPTION '% names more than 100 variables', what USING ERRCODE = 'program_limit_exceeded';
	END IF;
	SELECT v.name[1] INTO unknown FROM regexp_matches(template, '[{]([^{}]*)[}]', 'g') AS v(name)
		WHERE v.name[1] <> ALL (incident_internal.message_variables()) LIMIT 1;
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION '% has no variable "%"', what, left(unknown, 100)
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = format('There are: %s.', array_to_string(incident_internal.message_variables(), ', '));
	ELSIF alone ~ '[{}]' THEN
		RAISE EXCEPTION '% has a brace that belongs to no variable', what
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A variable is its name in braces, such as {incident}.';
	ELSIF most IS NOT NULL AND template ~ '[[:cntrl:]]' THEN
		RAISE EXCEPTION '% is more than one line', what USING ERRCODE = 'invalid_parameter_value';
	ELSIF length(alone) > most THEN
		RAISE EXCEPTION '% has % characters beside its variables', what, length(alone)
			USING ERRCODE = 'program_limit_exceeded', HINT = format('At most %s leave room for the mark of a drill.', most);
	END IF;
END
$$;

CREATE FUNCTION incident_internal.set_message_template(
	event text, language text, form text, subject text DEFAULT NULL, body text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	org CONSTANT integer := incident_internal.need_organisation();
	mark CONSTANT integer := length(incident_internal.drill_mark('en'));
BEGIN
	event := incident_internal.needed_name(set_message_template.event, 'the event');
	language := incident.language(incident_internal.needed_name(set_message_template.language, 'the language'));
	form := incident_internal.needed_name(set_message_template.form, 'the form');
	subject := incident_internal.given_name(set_message_template.subject, 'the subject');
	body := incident_internal.given_note(set_message_template.body, 'the text');
	IF NOT EXISTS (SELECT FROM incident_internal.message_templates AS t WHERE t.org_id = 0 AND t.event = set_message_template.event) THEN
		RAISE EXCEPTION 'no message is about "%"', left(set_message_template.event, 100)
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Use %s.', (SELECT string_agg(DISTINCT t.event, ', ')
				FROM incident_internal.message_templates AS t WHERE t.org_id = 0));
	ELSIF set_message_template.form NOT IN ('long', 'short') THEN
		RAISE EXCEPTION 'a message is not "%"', left(set_message_template.form, 100)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Use long or short.';
	ELSIF set_message_template.body IS NOT NULL AND (set_message_template.form = 'long') <> (set_message_template.subject IS NOT NULL) THEN
		RAISE EXCEPTION 'a % text %', set_message_template.form,
				CASE set_message_template.form WHEN 'long' THEN 'needs a subject' ELSE 'has no subject' END
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM incident_internal.expect_template(set_message_template.subject, 'the subject', incident_internal.subject_length() - mark);
	PERFORM incident_internal.expect_template(set_message_template.body, 'the text',
		CASE set_message_template.form WHEN 'short' THEN incident_internal.short_length() - mark END);
	DELETE FROM incident_internal.message_templates AS t WHERE t.org_id = org AND t.event = set_message_template.event
		AND t.language = set_message_template.language AND t.form = set_message_template.form;
	INSERT INTO incident_internal.message_templates (org_id, event, language, form, subject, body)
		SELECT org, set_message_template.event, set_message_template.language, set_message_template.form,
			set_message_template.subject, set_message_template.body
		WHERE set_message_template.body IS NOT NULL;
END
$$;

CREATE VIEW incident.message_template WITH (security_barrier) AS
SELECT o.org_id, t.event, t.language, t.form, t.subject, t.body, t.org_id = 0 AS built_in
FROM incident_internal.organisations AS o, incident_internal.message_templates AS t
WHERE incident_internal.sees(o.org_id) AND (t.org_id = o.org_id
	OR t.org_id = 0 AND NOT EXISTS (SELECT FROM incident_internal.message_templates AS own
		WHERE own.org_id = o.org_id AND own.event = t.event AND own.language = t.language AND own.form = t.form));

COMMENT ON FUNCTION incident_internal.set_message_template(text, text, text, text, text) IS
'Has the current organisation told of an event by a text of its own, in a language (en, zh) and a form (long; short: of at most 70 characters, without a subject). body NULL: by the built-in one again. Variables stand in braces; error invalid_parameter_value, with all that there are, for another, and for an event, a language or a form that there is not.';
COMMENT ON VIEW incident.message_template IS
'The texts by which an organisation is told, with variables in braces: its own, or built-in ones.';
COMMENT ON COLUMN incident.message_template.event IS 'The kind of entry that it tells of.';
COMMENT ON COLUMN incident.message_template.language IS 'en or zh.';
COMMENT ON COLUMN incident.message_template.form IS 'long, or short: at most 70 characters.';
COMMENT ON COLUMN incident.message_template.subject IS 'Of a long text.';
COMMENT ON COLUMN incident.message_template.body IS 'The text.';
COMMENT ON COLUMN incident.message_template.built_in IS 'False for one of the organisation''s own.';

SELECT incident_internal.allow('administer', 'set_message_template');
SELECT incident_internal.allow('read', 'message_template');
