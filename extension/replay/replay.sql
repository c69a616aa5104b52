-- Replay: what recorded incidents would have come to under another policy. The C functions
-- read the timelines and run the kernel; what has a name is named here.

-- How often each rule decided something, on both sides: replayed tells that it would have
-- under the policy given. rule 0 counts the incidents by their levels at the end; with
-- replayed NULL those that the policy cannot grade, which no other row counts.
CREATE FUNCTION incident_internal.replay_counts(
	policy_id integer, "from" timestamptz, "to" timestamptz,
	OUT replayed boolean, OUT by_policy integer, OUT rule smallint, OUT occurrence smallint,
	OUT event_level incident.level, OUT response_level incident.level, OUT decided bigint)
RETURNS SETOF record
LANGUAGE c STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_replay_counts';

-- Every event that would have been, in order for each incident.
CREATE FUNCTION incident_internal.replay_events(
	policy_id integer, "from" timestamptz, "to" timestamptz,
	OUT incident_id bigint, OUT at timestamptz, OUT kind smallint, OUT rule smallint,
	OUT occurrence smallint, OUT event_level incident.level, OUT response_level incident.level)
RETURNS SETOF record
LANGUAGE c STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_replay_events';

CREATE FUNCTION incident_internal.replay_incidents(
	policy_id integer, "from" timestamptz, "to" timestamptz, OUT incident_id bigint,
	OUT event_level incident.level, OUT would_be_event_level incident.level,
	OUT response_level incident.level, OUT would_be_response_level incident.level,
	OUT peak_response incident.level, OUT would_be_peak_response incident.level,
	OUT breached boolean, OUT would_be_breached boolean,
	OUT escalations integer, OUT would_be_escalations integer,
	OUT overdue integer, OUT would_be_overdue integer,
	OUT duties_begun integer, OUT would_be_duties_begun integer,
	OUT duties_overdue integer, OUT would_be_duties_overdue integer)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_replay_incidents';

CREATE FUNCTION incident_internal.replay_incidents(
	policy text, "from" timestamptz, "to" timestamptz, version integer DEFAULT NULL,
	OUT incident_id bigint,
	OUT event_level incident.level, OUT would_be_event_level incident.level,
	OUT response_level incident.level, OUT would_be_response_level incident.level,
	OUT peak_response incident.level, OUT would_be_peak_response incident.level,
	OUT breached boolean, OUT would_be_breached boolean,
	OUT escalations integer, OUT would_be_escalations integer,
	OUT overdue integer, OUT would_be_overdue integer,
	OUT duties_begun integer, OUT would_be_duties_begun integer,
	OUT duties_overdue integer, OUT would_be_duties_overdue integer)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT r.* FROM incident_internal.replay_incidents(incident.policy_id(policy, version), "from", "to") AS r;
END;

-- The measure that a rule counts for, and its place among the measures.
CREATE FUNCTION incident_internal.replay_measure(rule smallint, OUT measure text, OUT place integer)
RETURNS record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT m.measure, m.place
	FROM (VALUES (0, 0, 1, 'incidents'), (10, 99, 3, 'escalations'), (3, 3, 4, 'breaches'),
		(4, 4, 5, 'overdue_acknowledgements'), (5, 5, 6, 'overdue_responses'),
		(100, 199, 7, 'duties_begun'), (200, 299, 8, 'duties_overdue')) AS m(first_rule, last_rule, place, measure)
	WHERE replay_measure.rule BETWEEN m.first_rule AND m.last_rule;
END;

-- A beginning, repetition or overdue of a duty is one message to each post of its audience
-- at the level it is for; a time to acknowledge that passes, one to each of its own.
CREATE FUNCTION incident_internal.replay(
	policy_id integer, "from" timestamptz, "to" timestamptz,
	OUT event_level incident.level, OUT measure text, OUT detail text, OUT was bigint, OUT would_be bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH counted AS MATERIALIZED (
		SELECT c.*, d.duty, CASE d.scope WHEN 'event_level' THEN c.event_level ELSE c.response_level END AS duty_level
		FROM incident_internal.replay_counts(replay.policy_id, "from", "to") AS c
		LEFT JOIN incident_internal.policy_duties AS d
			ON c.rule >= 100 AND d.policy_id = c.by_policy AND d.number = c.rule % 100),
	rows (event_level, place, measure, detail, replayed, decided) AS (
		SELECT c.event_level, 2, 'not_in_policy', NULL, NULL, c.decided
		FROM counted AS c WHERE c.replayed IS NULL
		UNION ALL
		SELECT c.event_level, m.place, m.measure, CASE m.measure
				WHEN 'escalations' THEN c.response_level::text
				WHEN 'overdue_acknowledgements' THEN c.occurrence::text
				ELSE c.duty END,
			c.replayed, c.decided
		FROM counted AS c, LATERAL incident_internal.replay_measure(c.rule) AS m
		WHERE c.replayed IS NOT NULL AND m.measure IS NOT NULL
		UNION ALL
		SELECT c.event_level, 9, 'messages', a.post, c.replayed, c.decided
		FROM counted AS c
		JOIN incident_internal.policy_duty_levels AS l
			ON l.policy_id = c.by_policy AND l.duty = c.duty AND l.level = c.duty_level, unnest(l.audience) AS a(post)
		UNION ALL
		SELECT c.event_level, 9, 'messages', a.post, c.replayed, c.decided
		FROM counted AS c
		JOIN incident_internal.policy_acknowledgements AS k ON c.rule = 4 AND k.policy_id = c.by_policy
			AND k.level = c.event_level AND k.step = c.occurrence - 1, unnest(k.audience) AS a(post))
	SELECT r.event_level, r.measure, r.detail,
		coalesce(sum(r.decided) FILTER (WHERE r.replayed IS NOT TRUE), 0)::bigint,
		CASE WHEN r.place <> 2 THEN coalesce(sum(r.decided) FILTER (WHERE r.replayed), 0)::bigint END
	FROM rows AS r
	GROUP BY r.event_level, r.place, r.measure, r.detail
	ORDER BY r.event_level DESC, r.place, r.detail
$$;

CREATE FUNCTION incident_internal.replay(
	policy text, "from" timestamptz, "to" timestamptz, version integer DEFAULT NULL,
	OUT event_level incident.level, OUT measure text, OUT detail text, OUT was bigint, OUT would_be bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT r.* FROM incident_internal.replay(incident.policy_id(policy, version), "from", "to") AS r;
END;

COMMENT ON FUNCTION incident_internal.replay(integer, timestamptz, timestamptz) IS
'What the incidents of the current organisation detected from "from" on and before "to" came to (was), and what they would have come to under the policy (would_be): one row an event level, measure (incidents, not_in_policy, escalations, breaches, overdue_acknowledgements, overdue_responses, duties_begun, duties_overdue, messages) and detail (the level risen to, the number of the time to acknowledge, the duty, the post). Each incident is followed up to the moment to which it is settled. A sound draft will do. not_in_policy counts incidents whose asset level or severity the policy does not have; no other row does, on either side. Infinite moments are allowed. Errors: undefined_object, object_not_in_prerequisite_state when the policy is not sound, invalid_parameter_value when "from" is later than "to", null_value_not_allowed.';
COMMENT ON FUNCTION incident_internal.replay(text, timestamptz, timestamptz, integer) IS
'The same under the newest published version of a policy, or the published version named.';
COMMENT ON FUNCTION incident_internal.replay_incidents(integer, timestamptz, timestamptz) IS
'The incidents that replay() counts differently, each with its levels and figures as they were and as they would be under the policy; those are NULL where the policy does not have the asset level or severity. overdue counts times to acknowledge and to respond that passed, duties_begun repetitions too.';
COMMENT ON FUNCTION incident_internal.replay_incidents(text, timestamptz, timestamptz, integer) IS
'The same under the newest published version of a policy, or the published version named.';

SELECT incident_internal.allow('audit', 'replay', 'replay_incidents');
