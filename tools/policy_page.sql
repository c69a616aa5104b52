-- The tables of a policy's page in docs/policies, as Markdown: psql -At -v policy=NAME.
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SELECT incident.policy_id(:'policy') AS id \gset

SELECT '| ' || (p.axes #>> '{asset,en}') || ' | ' || (p.axes #>> '{severity,en}')
	|| E' | event level | response level | processing time | the response rises |\n|---|---|---|---|---|---|'
FROM incident_internal.policies AS p WHERE p.policy_id = :id;
SELECT format('| %s | %s | %s | %s | %s | %s |',
	coalesce((SELECT v.item #>> '{title,en}' || ' ' || (v.item #>> '{title,zh}')
		FROM incident_internal.json_items(p.axes #> '{asset,values}') AS v WHERE v.item ->> 'level' = q.asset_level::text),
		q.asset_level::text,
		CASE WHEN EXISTS (SELECT FROM incident_internal.policy_matrix AS m WHERE m.policy_id = :id AND m.asset_level IS NULL)
			THEN 'any' ELSE 'unknown' END),
	coalesce((SELECT (s.title ->> 'en') || ' ' || (s.title ->> 'zh') FROM incident_internal.policy_severities AS s
		WHERE s.policy_id = :id AND s.severity = q.severity), 'unknown'),
	q.event_level, q.response_level, coalesce(incident_internal.time_in_words(q.processing_time, 'en'), 'no limit'),
	(SELECT string_agg(format('to %s at %s', r.response_level, incident_internal.time_in_words(r.elapsed, 'en')), ', '
			ORDER BY r.elapsed)
		FROM incident.response_steps(:id, q.asset_level, q.severity) AS r WHERE r.elapsed > interval '0'))
FROM incident_internal.policies AS p, incident.quick_reference(:'policy') AS q WHERE p.policy_id = :id;

SELECT E'\n| level | title | 中文 | calendar | acknowledge within | respond within |\n|---|---|---|---|---|---|';
SELECT format('| %s | %s | %s | %s | %s | %s |', l.level, l.title ->> 'en', l.title ->> 'zh', l.calendar,
	(SELECT string_agg(incident_internal.time_in_words(a.within, 'en')
			|| coalesce(', then ' || incident_internal.posts_in_words(:id, a.audience, 'en'), ''), '; ' ORDER BY a.step)
		FROM incident_internal.policy_acknowledgements AS a WHERE a.policy_id = l.policy_id AND a.level = l.level),
	incident_internal.time_in_words(l.respond_within, 'en'))
FROM incident_internal.policy_levels AS l WHERE l.policy_id = :id ORDER BY l.level DESC;

SELECT E'\n| duty | begins | level | within | for | by |\n|---|---|---|---|---|---|'
WHERE EXISTS (SELECT FROM incident_internal.policy_duties AS d WHERE d.policy_id = :id);
SELECT format('| %s %s | %s | %s %s | %s%s | %s | %s |', d.title ->> 'en', d.title ->> 'zh',
	coalesce(d.starts, 'after ' || d.after), replace(d.scope, '_level', ''),
	incident_internal.levels_in_words(array_agg(l.level ORDER BY l.level DESC), 'en'),
	incident_internal.time_in_words(l.within, 'en'), CASE WHEN d.repeats THEN ', repeated' END,
	incident_internal.posts_in_words(:id, l.audience, 'en'), incident_internal.posts_in_words(:id, d.responsible, 'en'))
FROM incident_internal.policy_duties AS d
JOIN incident_internal.policy_duty_levels AS l ON l.policy_id = d.policy_id AND l.duty = d.duty
WHERE d.policy_id = :id
GROUP BY d.policy_id, d.number, d.title, d.starts, d.after, d.scope, d.repeats, d.responsible, l.item, l.within, l.audience
ORDER BY d.number, l.item;

SELECT E'\n| message of | to | acknowledged by | again | then |\n|---|---|---|---|---|'
WHERE EXISTS (SELECT FROM incident_internal.policy_message_rules AS r WHERE r.policy_id = :id);
SELECT format('| %s%s | %s | %s | %s | %s |', incident_internal.message_subject(r, 'en'), CASE WHEN r.urgent THEN ' (urgent)' END,
	incident_internal.message_recipients(r, 'en'), nullif(r.acknowledge, 'nobody'),
	'after ' || incident_internal.time_in_words(r.again_after, 'en') || ', ' || r.again_limit || '×', CASE WHEN r.then_next THEN 'next' END)
FROM incident_internal.policy_message_rules AS r WHERE r.policy_id = :id ORDER BY r.number;
