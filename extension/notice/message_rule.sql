-- Who is told of an entry, by the message rules of the policy that the incident is under.

-- The rules for an entry of a kind that a rule has decided, at the levels that it has, with the
-- posts that each tells; of a time to acknowledge, the occurrence says which one has passed.
-- Rules that tell nobody at these levels are left out.
CREATE FUNCTION incident_internal.message_rules_for(
	policy_id integer, kind smallint, rule smallint, event_level incident.level, response_level incident.level,
	occurrence smallint DEFAULT 1,
	OUT number smallint, OUT posts text[], OUT acknowledge text, OUT again_after interval, OUT again_limit integer,
	OUT then_next boolean, OUT urgent boolean)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT m.number::smallint, t.posts, m.acknowledge, m.again_after, m.again_limit, m.then_next, m.urgent
	FROM incident_internal.policy_message_rules AS m
	LEFT JOIN incident_internal.policy_duties AS about ON about.policy_id = m.policy_id
		AND about.number = CASE WHEN message_rules_for.rule >= 100 THEN message_rules_for.rule % 100 END
	LEFT JOIN incident_internal.policy_duties AS told ON told.policy_id = m.policy_id
		AND told.duty = coalesce(m.audience_of, about.duty)
	CROSS JOIN LATERAL (SELECT CASE
		WHEN m.posts IS NOT NULL THEN m.posts
		WHEN m.of_duty = 'responsible' THEN about.responsible
		WHEN m.steps_of IS NOT NULL THEN (SELECT a.audience FROM incident_internal.policy_acknowledgements AS a
			WHERE a.policy_id = m.policy_id AND a.level = message_rules_for.event_level
				AND a.step = message_rules_for.occurrence - 1)
		ELSE (SELECT l.audience FROM incident_internal.policy_duty_levels AS l
			WHERE l.policy_id = m.policy_id AND l.duty = told.duty
				AND l.level = CASE told.scope WHEN 'event_level' THEN message_rules_for.event_level
					ELSE message_rules_for.response_level END) END AS posts) AS t
	WHERE m.policy_id = message_rules_for.policy_id
		AND m.kind = incident_internal.kind_word(message_rules_for.kind)
		AND (m.duty IS NULL OR m.duty = about.duty)
		AND (m.clock IS NULL OR m.clock = incident_internal.rule_word(message_rules_for.rule))
		AND (m.levels IS NULL OR CASE m.scope WHEN 'event_level' THEN message_rules_for.event_level
			ELSE message_rules_for.response_level END = ANY (m.levels))
		AND t.posts IS NOT NULL
	ORDER BY m.number;
END;

-- In which language somebody is told who has one, or none: his own where the policy sends it, else
-- the first that it sends.
CREATE FUNCTION incident_internal.message_language(policy_id integer, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN message_language.language = ANY (p.message_languages) OR cardinality(p.message_languages) IS NOT DISTINCT FROM 0
			OR p.message_languages IS NULL THEN incident.language(message_language.language)
		ELSE p.message_languages[1] END
	FROM incident_internal.policies AS p WHERE p.policy_id = message_language.policy_id;
END;
