-- Policies for people: the wall chart, and each rule in words.

-- The printed quick reference: what each pair of asset level and severity means. A NULL
-- level or severity is the unknown one. Who is told first is the audience of the duty that
-- begins with the opening and has the least time.
CREATE FUNCTION incident_internal.quick_reference(
	policy text, language text DEFAULT NULL,
	OUT asset_level incident.level, OUT severity incident.severity,
	OUT event_level incident.level, OUT response_level incident.level,
	OUT processing_time interval, OUT rises text, OUT notify_within interval,
	OUT audience text[], OUT progress_every interval, OUT audience_titles text[])
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	WITH wanted AS (SELECT incident.policy_id(policy) AS policy_id, incident.language(language) AS spoken),
	pair AS (
		SELECT w.policy_id, w.spoken, a.asset_level, s.severity,
			incident.event_level(w.policy_id, a.asset_level, s.severity) AS event_level,
			incident.response_level(w.policy_id, a.asset_level, s.severity) AS response_level
		FROM wanted AS w,
			LATERAL (SELECT m.asset_level FROM incident_internal.policy_matrix AS m
				WHERE m.policy_id = w.policy_id UNION SELECT NULL) AS a,
			LATERAL (SELECT m.severity FROM incident_internal.policy_matrix AS m
				WHERE m.policy_id = w.policy_id UNION SELECT NULL) AS s),
	due AS (
		SELECT d.number, d.scope, d.starts, d.repeats, l.level, l.audience, incident.term_length(l.within,
			(SELECT e.calendar FROM incident_internal.policy_levels AS e
				WHERE e.policy_id = d.policy_id AND (d.scope = 'response_level' OR e.level = l.level)
				ORDER BY e.level LIMIT 1)) AS within
		FROM wanted AS w
		JOIN incident_internal.policy_duties AS d ON d.policy_id = w.policy_id
		JOIN incident_internal.policy_duty_levels AS l ON l.policy_id = d.policy_id AND l.duty = d.duty)
	SELECT p.asset_level, p.severity, p.event_level, p.response_level,
		incident.processing_time(p.policy_id, p.event_level),
		(SELECT string_agg(CASE p.spoken WHEN 'zh'
					THEN format('%s后升至%s', incident_internal.time_in_words(t.elapsed, 'zh'), incident.label(t.response_level, 'zh'))
					ELSE format('%s at %s', t.response_level, t.elapsed) END,
				CASE p.spoken WHEN 'zh' THEN '，' ELSE ', ' END ORDER BY t.elapsed)
			FROM incident.response_steps(p.policy_id, p.asset_level, p.severity) AS t
			WHERE t.elapsed > interval '0'),
		told.within, told.audience, progress.within,
		(SELECT array_agg(coalesce(r.title ->> p.spoken, a.post) ORDER BY a.place)
			FROM unnest(told.audience) WITH ORDINALITY AS a(post, place)
			LEFT JOIN incident_internal.policy_posts AS r ON r.policy_id = p.policy_id AND r.post = a.post)
	FROM pair AS p
	LEFT JOIN LATERAL (SELECT d.within, d.audience FROM due AS d
		WHERE d.starts = 'opened' AND NOT d.repeats
			AND d.level = CASE d.scope WHEN 'event_level' THEN p.event_level ELSE p.response_level END
		ORDER BY d.within, d.number LIMIT 1) AS told ON true
	LEFT JOIN LATERAL (SELECT d.within FROM due AS d
		WHERE d.repeats
			AND d.level = CASE d.scope WHEN 'event_level' THEN p.event_level ELSE p.response_level END
		ORDER BY d.within, d.number LIMIT 1) AS progress ON true
	ORDER BY p.asset_level DESC NULLS LAST, p.severity DESC NULLS LAST
$$;

-- Words

-- A phrase in the language asked for.
CREATE FUNCTION incident_internal.phrase(language text, en text, zh text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE language WHEN 'zh' THEN zh ELSE en END
$$;

-- A length of time in words; a month counts 30 days.
CREATE FUNCTION incident_internal.time_in_words(length interval, language text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(string_agg(CASE language WHEN 'zh' THEN amount || zh
			ELSE format('%s %s%s', amount, en, CASE WHEN amount <> 1 THEN 's' END) END,
			CASE language WHEN 'zh' THEN '' ELSE ' ' END ORDER BY place),
		incident_internal.phrase(language, 'no time', '零时间'))
	FROM (VALUES
		(1, trim_scale(extract(year FROM length) * 360 + extract(month FROM length) * 30 + extract(day FROM length)), 'day', '天'),
		(2, trim_scale(extract(hour FROM length)), 'hour', '小时'),
		(3, trim_scale(extract(minute FROM length)), 'minute', '分钟'),
		(4, trim_scale(extract(second FROM length)), 'second', '秒')) AS v(place, amount, en, zh)
	WHERE amount <> 0
	HAVING length IS NOT NULL
$$;

-- A time on a calendar in words.
CREATE FUNCTION incident_internal.time_in_words(term text, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT CASE WHEN term NOT LIKE '% working day%' THEN incident_internal.time_in_words(term::interval, language)
		ELSE incident_internal.phrase(language, term, split_part(term, ' ', 1) || '个工作日') END
$$;

-- A calendar, with the zone whose clocks it goes by for the current organisation.
CREATE FUNCTION incident_internal.calendar_in_words(calendar text, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE calendar WHEN '24x7' THEN calendar ELSE format(incident_internal.phrase(language, '%s, %s time', '%s，以 %s 时间'),
		calendar, coalesce((SELECT c.zone FROM incident_internal.calendars AS c WHERE c.calendar = calendar_in_words.calendar
				ORDER BY c.built_in LIMIT 1),
			incident_internal.organisation_zone(incident.current_organisation()))) END
$$;

-- Words one after the other.
CREATE FUNCTION incident_internal.list_in_words(words text[], language text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_to_string(words, CASE language WHEN 'zh' THEN '、' ELSE ', ' END)
$$;

CREATE FUNCTION incident_internal.levels_in_words(levels incident.level[], language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(CASE language WHEN 'zh' THEN incident.label(l, 'zh') ELSE l::text END,
		CASE language WHEN 'zh' THEN '、' ELSE ', ' END ORDER BY n)
	FROM unnest(levels) WITH ORDINALITY AS u(l, n)
$$;

-- The titles of posts.
CREATE FUNCTION incident_internal.posts_in_words(policy_id integer, posts text[], language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.list_in_words(array_agg(coalesce(r.title ->> language, u.post) ORDER BY u.number), language)
	FROM unnest(posts) WITH ORDINALITY AS u(post, number)
	LEFT JOIN incident_internal.policy_posts AS r ON r.policy_id = posts_in_words.policy_id AND r.post = u.post
$$;

-- What happens, as duties begin and end with it.
CREATE FUNCTION incident_internal.fact_in_words(fact text, language text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN language = 'en' THEN 'the incident is ' || fact
		ELSE CASE fact WHEN 'opened' THEN '事件登记' WHEN 'assessed' THEN '重新评估' WHEN 'acknowledged' THEN '确认接手'
			WHEN 'activated' THEN '启动预案' WHEN 'held' THEN '挂起' WHEN 'resumed' THEN '恢复处置'
			WHEN 'resolved' THEN '处置完成' WHEN 'closed' THEN '关闭事件' ELSE '记录备注' END END
$$;

-- The parts of explain_policy: lines in order.

CREATE FUNCTION incident_internal.explain_matrix(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(incident_internal.phrase(language, '%s, %s: event level %s, response level %s.',
			'%s、%s：事件级别%s，响应级别%s。'),
		CASE WHEN m.asset_level IS NULL THEN incident_internal.phrase(language, 'any asset', '任何资产')
			ELSE coalesce((SELECT v.item #>> ARRAY['title', language]
				FROM incident_internal.json_items(p.axes #> '{asset,values}') AS v
				WHERE v.item ->> 'level' = m.asset_level::text),
				format('%s %s', p.axes #>> ARRAY['asset', language], incident_internal.levels_in_words(ARRAY[m.asset_level], language)))
			END,
		s.title ->> language, incident_internal.levels_in_words(ARRAY[m.event_level], language),
		incident_internal.levels_in_words(ARRAY[m.response_level], language))
	FROM incident_internal.policies AS p
	JOIN incident_internal.policy_matrix AS m ON m.policy_id = p.policy_id
	JOIN incident_internal.policy_severities AS s ON s.policy_id = p.policy_id AND s.severity = m.severity
	WHERE p.policy_id = explain_matrix.policy_id
	ORDER BY m.asset_level DESC, m.severity DESC
$$;

CREATE FUNCTION incident_internal.explain_levels(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat_ws(incident_internal.phrase(language, ' ', ''),
		format(incident_internal.phrase(language, 'Events of level %s (%s) %s (calendar %s).', '%s事件（%s）%s，按日历 %s 计时。'),
			incident_internal.levels_in_words(ARRAY[l.level], language), l.title ->> language,
			CASE WHEN l.processing_time IS NULL
				THEN incident_internal.phrase(language, 'have no limit to be handled', '处置不限时')
				ELSE format(incident_internal.phrase(language, 'are to be handled within %s', '须在%s内处置完成'),
					incident_internal.time_in_words(l.processing_time, language)) END,
			incident_internal.calendar_in_words(l.calendar, language)),
		(SELECT format(incident_internal.phrase(language, 'They are to be acknowledged within %s.', '须在%s内确认接手。'),
				incident_internal.time_in_words(a.within, language))
			FROM incident_internal.policy_acknowledgements AS a
			WHERE a.policy_id = l.policy_id AND a.level = l.level AND a.step = 0),
		(SELECT string_agg(format(incident_internal.phrase(language, 'Not acknowledged after %s: %s.', '满%s仍未确认：通知%s。'),
				incident_internal.time_in_words(a.within, language), incident_internal.posts_in_words(l.policy_id, a.audience, language)),
				incident_internal.phrase(language, ' ', '') ORDER BY a.step)
			FROM incident_internal.policy_acknowledgements AS a
			WHERE a.policy_id = l.policy_id AND a.level = l.level AND a.step > 0),
		CASE WHEN l.respond_within IS NOT NULL THEN
			format(incident_internal.phrase(language, 'Their plan is to be activated within %s.', '须在%s内启动预案。'),
				incident_internal.time_in_words(l.respond_within, language)) END)
	FROM incident_internal.policy_levels AS l WHERE l.policy_id = explain_levels.policy_id
	ORDER BY l.level DESC
$$;

CREATE FUNCTION incident_internal.explain_escalation(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE p.escalation_rule
		WHEN 'remaining_time' THEN incident_internal.phrase(language,
			'When the time left is no longer than the processing time of a more urgent level, the response rises to that level.',
			'剩余处置时间不超过更高级别的处置时限时，响应立即升至该级别。')
		WHEN 'none' THEN incident_internal.phrase(language, 'The response does not rise by time.', '响应级别不随时间上升。')
		ELSE incident_internal.phrase(language, 'The response rises by steps:', '响应级别按以下步骤上升：') END
	FROM incident_internal.policies AS p WHERE p.policy_id = explain_escalation.policy_id
	UNION ALL
	SELECT line FROM (SELECT r.step, format(incident_internal.phrase(language, '%s: to level %s%s.', '%s：升至%s%s。'),
			format(CASE r.measure
				WHEN 'elapsed' THEN incident_internal.phrase(language, 'after %s', '经过%s')
				WHEN 'remaining' THEN incident_internal.phrase(language, 'when %s is left', '剩余%s')
				WHEN 'percent' THEN incident_internal.phrase(language, 'when %s %% of the processing time is over', '处置时限已过 %s%%')
				ELSE incident_internal.phrase(language, 'after %s without a report', '%s无报告')
					|| CASE WHEN r.reports IS NULL THEN '' ELSE format(incident_internal.phrase(language, ' (%s)', '（%s）'),
						(SELECT incident_internal.list_in_words(array_agg(incident_internal.term_of('entry', u.fact, language, NULL)
								ORDER BY u.number), language)
							FROM unnest(r.reports) WITH ORDINALITY AS u(fact, number))) END END,
				coalesce(incident_internal.time_in_words(r.amount, language), r.percent::text)),
			incident_internal.levels_in_words(ARRAY[r.to_level], language),
			CASE WHEN r.event_levels IS NOT NULL THEN
				format(incident_internal.phrase(language, ', for events of level %s', '（限%s事件）'),
					incident_internal.levels_in_words(r.event_levels, language)) END) AS line
		FROM incident_internal.policy_escalation_steps AS r WHERE r.policy_id = explain_escalation.policy_id ORDER BY r.step) AS steps
$$;

CREATE FUNCTION incident_internal.explain_duties(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat_ws(incident_internal.phrase(language, ' ', ''),
		format(incident_internal.phrase(language, 'Duty "%s" begins when %s.', '职责“%s”自%s起。'), d.title ->> language,
			CASE WHEN d.after IS NULL THEN incident_internal.fact_in_words(d.starts, language)
				ELSE format(incident_internal.phrase(language, '"%s" is done', '“%s”完成'),
					coalesce((SELECT o.title ->> language FROM incident_internal.policy_duties AS o
						WHERE o.policy_id = d.policy_id AND o.duty = d.after), d.after)) END),
		(SELECT string_agg(format(incident_internal.phrase(language, 'At %s level %s within %s, for: %s.', '%s%s：%s内，对象：%s。'),
				CASE d.scope WHEN 'event_level' THEN incident_internal.phrase(language, 'event', '事件级别')
					ELSE incident_internal.phrase(language, 'response', '响应级别') END,
				f.levels, incident_internal.time_in_words(f.within, language),
				incident_internal.posts_in_words(d.policy_id, f.audience, language)),
				incident_internal.phrase(language, ' ', '') ORDER BY f.item)
			FROM (SELECT l.item, l.within, l.audience,
					incident_internal.levels_in_words(array_agg(l.level ORDER BY l.level DESC), language) AS levels
				FROM incident_internal.policy_duty_levels AS l WHERE l.policy_id = d.policy_id AND l.duty = d.duty
				GROUP BY l.item, l.within, l.audience) AS f),
		CASE WHEN d.responsible IS NOT NULL THEN
			format(incident_internal.phrase(language, 'Responsible: %s.', '责任人：%s。'),
				incident_internal.posts_in_words(d.policy_id, d.responsible, language)) END,
		CASE WHEN d.done_by IS NOT NULL THEN
			format(incident_internal.phrase(language, 'It is done when %s.', '以%s为完成。'),
				incident_internal.fact_in_words(d.done_by, language)) END,
		CASE WHEN d.repeats THEN
			CASE WHEN d.repeats_overdue
				THEN incident_internal.phrase(language, 'When it is done or overdue it begins anew', '完成或逾期后重新开始')
				ELSE incident_internal.phrase(language, 'When it is done it begins anew', '完成后重新开始') END
			|| CASE WHEN d.repeat_limit IS NULL THEN incident_internal.phrase(language, ' until its end.', '，直至结束。')
				ELSE format(incident_internal.phrase(language, ', %s times in all at most.', '，总共至多 %s 次。'), d.repeat_limit) END
			END,
		CASE WHEN d.until IS NOT NULL THEN
			format(incident_internal.phrase(language, 'It ends when %s.', '至%s为止。'),
				incident_internal.fact_in_words(d.until, language)) END)
	FROM incident_internal.policy_duties AS d WHERE d.policy_id = explain_duties.policy_id
	ORDER BY d.number
$$;

CREATE FUNCTION incident_internal.explain_rest(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT line FROM (
		SELECT 1 AS place, a.number, format(incident_internal.phrase(language, 'Events of level %s: %s %s%s.', '%s事件：%s由%s决定%s。'),
			incident_internal.levels_in_words(a.event_levels, language),
			CASE a.act
				WHEN 'activate' THEN incident_internal.phrase(language, 'the plan is activated by', '启动预案')
				WHEN 'downgrade' THEN incident_internal.phrase(language, 'the level is lowered by', '降级')
				ELSE incident_internal.phrase(language, 'the incident is closed by', '关闭事件') END,
			incident_internal.posts_in_words(a.policy_id, a.posts, language),
			CASE WHEN a.persons > 1 THEN incident_internal.phrase(language, ', two persons together', '（须两人）') END) AS line
		FROM incident_internal.policy_authorities AS a WHERE a.policy_id = explain_rest.policy_id
		UNION ALL
		SELECT 2, 0, CASE WHEN p.hold_stops = '{}' THEN incident_internal.phrase(language, 'A hold stops no clock.', '挂起不停止任何计时。')
			ELSE format(incident_internal.phrase(language, 'A hold stops the clocks of: %s.', '挂起时停止计时：%s。'),
				incident_internal.list_in_words(ARRAY(SELECT incident_internal.phrase(language, s.clock, CASE s.clock WHEN 'processing' THEN '处置'
						WHEN 'acknowledgement' THEN '确认' WHEN 'response' THEN '启动预案' ELSE '职责' END)
					FROM unnest(p.hold_stops) WITH ORDINALITY AS s(clock, n) ORDER BY s.n), language)) END
		FROM incident_internal.policies AS p WHERE p.policy_id = explain_rest.policy_id
		UNION ALL
		SELECT 3, 0, concat_ws(incident_internal.phrase(language, ' ', ''),
			CASE WHEN p.message_count IS NOT NULL THEN
				format(incident_internal.phrase(language, 'Nobody gets more than %s messages within %s.', '每人每%2$s至多收到 %1$s 条消息。'),
					p.message_count, incident_internal.time_in_words(p.message_within, language)) END,
			CASE p.missed_ticks
				WHEN 'latest' THEN incident_internal.phrase(language, 'After an outage only the newest message is sent.',
					'中断恢复后只发送最新消息。')
				ELSE incident_internal.phrase(language, 'After an outage every message is sent.', '中断恢复后补发全部消息。') END,
			CASE WHEN cardinality(p.message_languages) > 0 THEN
				format(incident_internal.phrase(language, 'Messages are written in: %s.', '消息语言：%s。'),
					incident_internal.list_in_words(p.message_languages, language)) END)
		FROM incident_internal.policies AS p WHERE p.policy_id = explain_rest.policy_id
		) AS rest ORDER BY place, number
$$;

-- What a message rule is about, and whom it tells.
CREATE FUNCTION incident_internal.message_subject(rule incident_internal.policy_message_rules, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat_ws(incident_internal.phrase(language, ', ', '，'),
		concat_ws(incident_internal.phrase(language, ': ', '：'), incident_internal.term_of('entry', rule.kind, language, NULL),
			coalesce(incident_internal.term_of('duty', rule.duty, language, rule.policy_id),
				incident_internal.term_of('rule', rule.clock, language, NULL))),
		CASE WHEN rule.levels IS NOT NULL THEN format(CASE rule.scope
				WHEN 'event_level' THEN incident_internal.phrase(language, 'event level %s', '事件级别%s')
				ELSE incident_internal.phrase(language, 'response level %s', '响应级别%s') END,
			incident_internal.levels_in_words(rule.levels, language)) END)
$$;

CREATE FUNCTION incident_internal.message_recipients(rule incident_internal.policy_message_rules, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN rule.posts IS NOT NULL THEN incident_internal.posts_in_words(rule.policy_id, rule.posts, language)
		WHEN rule.audience_of IS NOT NULL THEN format(incident_internal.phrase(language, 'the audience of "%s"', '“%s”的对象'),
			coalesce(incident_internal.term_of('duty', rule.audience_of, language, rule.policy_id), rule.audience_of))
		WHEN rule.of_duty = 'responsible' THEN incident_internal.phrase(language, 'whoever is responsible', '责任人')
		WHEN rule.of_duty = 'audience' THEN incident_internal.phrase(language, 'its audience', '该职责的对象')
		ELSE incident_internal.phrase(language, 'the audience of the step that has passed', '该确认步骤的对象') END
$$;

CREATE FUNCTION incident_internal.explain_messages(policy_id integer, language text)
RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat_ws(incident_internal.phrase(language, ' ', ''),
		format(incident_internal.phrase(language, 'Message of "%s" to: %s.', '“%s”时通知：%s。'),
			incident_internal.message_subject(r, language), incident_internal.message_recipients(r, language)),
		CASE WHEN r.urgent THEN incident_internal.phrase(language, 'It is urgent.', '紧急。') END,
		CASE r.acknowledge
			WHEN 'anyone' THEN incident_internal.phrase(language, 'One of them is to acknowledge it.', '须有一人确认。')
			WHEN 'everyone' THEN incident_internal.phrase(language, 'Each of them is to acknowledge it.', '须每人确认。') END,
		CASE WHEN r.again_after IS NOT NULL THEN format(incident_internal.phrase(language,
				'Until then it is sent again after %s, %s at most.', '未确认的，每%s重发，至多%s。'),
			incident_internal.time_in_words(r.again_after, language),
			CASE language WHEN 'zh' THEN format('%s 次', r.again_limit) ELSE CASE r.again_limit WHEN 1 THEN 'once'
				ELSE format('%s times', r.again_limit) END END) END,
		CASE WHEN r.then_next THEN incident_internal.phrase(language, 'After that the next in line is told.', '此后通知下一岗位。') END)
	FROM incident_internal.policy_message_rules AS r WHERE r.policy_id = explain_messages.policy_id
	ORDER BY r.number
$$;

CREATE FUNCTION incident_internal.explain_policy(policy text, language text DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id CONSTANT integer := incident.policy_id(policy);
BEGIN
	language := incident.language(language);
	RETURN QUERY SELECT format(incident_internal.phrase(language, '%s (%s, version %s).', '%s（%s，版本 %s）。'),
			p.title ->> language, p.name, p.version)
		FROM incident_internal.policies AS p WHERE p.policy_id = id;
	RETURN QUERY SELECT format(incident_internal.phrase(language,
			'An incident is graded by %s and %s. What is unknown counts as the most urgent that is possible.',
			'事件按%s与%s定级；未知者按可能的最高级别处理。'),
			p.axes #>> ARRAY['asset', language], p.axes #>> ARRAY['severity', language])
		FROM incident_internal.policies AS p WHERE p.policy_id = id;
	RETURN QUERY SELECT incident_internal.explain_matrix(id, language);
	RETURN QUERY SELECT incident_internal.explain_levels(id, language);
	RETURN QUERY SELECT incident_internal.explain_escalation(id, language);
	RETURN QUERY SELECT incident_internal.explain_duties(id, language);
	RETURN QUERY SELECT incident_internal.explain_messages(id, language);
	RETURN QUERY SELECT incident_internal.explain_rest(id, language);
END
$$;

COMMENT ON FUNCTION incident_internal.quick_reference(text, text) IS
'The wall chart of a policy: event and response level, times and audience of every asset level and severity; NULL stands for unknown. notify_within and audience are those of the duty that begins with the opening and has the least time, progress_every that of the duty that repeats most often. rises and audience_titles are in the language asked for (en or zh; NULL: that of the setting pg_incident.language).';
COMMENT ON FUNCTION incident_internal.explain_policy(text, text) IS
'The rules of the newest published version of a policy in words, a line each, in English (en) or Chinese (zh). Error invalid_parameter_value for another language.';

SELECT incident_internal.allow('look_up', 'explain_policy', 'quick_reference');
