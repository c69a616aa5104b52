-- Views for people and reports, by which tickets are joined to incidents. Each shows the
-- organisations that the reader was granted, or the one that the setting
-- pg_incident.organisation chooses of them: rights/walls.sql puts them before the tables. What
-- people wrote of an incident, and what it is about, is for those who are cleared for its mark.
--
-- No more than three tables a view, so that the planner looks at a ticket table and two views
-- as a whole (join_collapse_limit); the rest is asked for row by row, and only when wanted.

-- The duty that an entry was decided for, by the policy of then: the one from which the next
-- migration led away, or else the present one. As long as an entry is live, its duty has the
-- same number under each policy (settle.c), so that another one will do where that policy was
-- dropped; NULL when none is left.
CREATE FUNCTION incident_internal.duty_decided(
	org_id integer, incident_id bigint, month integer, seq integer, rule smallint, policy_id integer)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH later AS (
		SELECT e.seq, e.rule, e.evidence -> 'from' AS policy, row_number() OVER (PARTITION BY e.rule ORDER BY e.seq) AS number
		FROM incident_internal.entries AS e
		WHERE e.org_id = duty_decided.org_id AND e.incident_id = duty_decided.incident_id AND e.month = duty_decided.month
			AND (e.rule = 1 AND e.epoch = duty_decided.seq
				OR e.rule = 0 AND incident_internal.kind_word(e.kind) = 'migrated' AND e.seq > duty_decided.seq)),
	withdrawal AS (SELECT min(l.seq) AS seq FROM later AS l WHERE l.rule = 1),
	policies AS (
		SELECT l.seq, p.policy_id FROM later AS l, withdrawal AS w, incident_internal.policies AS p
		WHERE l.rule = 0 AND (l.number = 1 OR w.seq IS NULL OR l.seq < w.seq)
			AND p.name = l.policy ->> 'policy' AND p.version::text = l.policy ->> 'version'
			AND encode(p.digest, 'hex') = l.policy ->> 'sha256'
		UNION ALL
		SELECT NULL, duty_decided.policy_id FROM withdrawal AS w
		WHERE w.seq IS NULL OR NOT EXISTS (SELECT FROM later AS l WHERE l.rule = 0))
	SELECT d.duty FROM policies AS p JOIN incident_internal.policy_duties AS d USING (policy_id)
	WHERE d.number = duty_decided.rule % 100
	ORDER BY p.seq NULLS LAST LIMIT 1;
END;

CREATE FUNCTION incident_internal.duty_of(org_id integer, incident_id bigint, seq integer, rule smallint)
RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT incident_internal.duty_decided(s.org_id, s.incident_id, s.month, duty_of.seq, duty_of.rule, s.policy_id)
	FROM incident_internal.incident_state AS s
	WHERE s.org_id = duty_of.org_id AND s.incident_id = duty_of.incident_id;
END;

CREATE VIEW incident.timeline AS
SELECT e.org_id, e.incident_id, e.seq, incident_internal.kind_word(e.kind) AS kind, e.effective_at, e.recorded_at,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.name END AS asset, e.asset_level, e.severity, e.event_level, e.response_level,
	CASE WHEN e.rule < 100 THEN incident_internal.rule_word(e.rule)
		ELSE coalesce('duty:' || incident_internal.duty_of(e.org_id, e.incident_id, e.seq, e.rule), incident_internal.rule_word(e.rule))
		END AS rule, CASE WHEN e.rule = 1 THEN e.epoch END AS voids,
	e.rule <= 1 OR NOT EXISTS (SELECT FROM incident_internal.entries AS v
		WHERE v.org_id = e.org_id AND v.incident_id = e.incident_id AND v.epoch = e.seq
			AND v.rule = 1 AND v.month = e.month) AS live,
	CASE WHEN e.rule = 0 THEN NOT EXISTS (SELECT FROM incident_internal.incident_state AS s
		WHERE s.org_id = e.org_id AND s.incident_id = e.incident_id AND e.seq = ANY (s.without_effect))
		END AS effective,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN e.actor END AS actor,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN e.recorded_by END AS recorded_by,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN e.note END AS note,
	CASE WHEN e.rule < 100 THEN e.duty ELSE incident_internal.duty_of(e.org_id, e.incident_id, e.seq, e.rule) END AS duty,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN e.evidence END AS evidence,
	CASE WHEN e.rule > 1 THEN e.epoch END AS epoch,
	CASE WHEN e.rule > 1 THEN e.occurrence END AS occurrence,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN e.hash END AS hash
FROM incident_internal.entries AS e
LEFT JOIN incident_internal.incidents AS i ON i.org_id = e.org_id AND i.incident_id = e.incident_id
LEFT JOIN incident_internal.assets AS a ON a.org_id = e.org_id AND a.asset_id = e.asset_id;

CREATE VIEW incident.incident_history AS
SELECT i.org_id, i.incident_id, s.status,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.name END AS asset,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.category END AS asset_category,
	s.asset_level, s.severity, s.event_level, s.response_level, s.peak_response, s.breached,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN (SELECT o.note FROM incident_internal.entries AS o
		WHERE o.org_id = i.org_id AND o.incident_id = i.incident_id AND o.epoch = 1 AND o.rule = 0 AND o.month = s.month) END AS summary,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN i.category END AS category, i.confidentiality, i.ticket, i.drill,
	(SELECT p.name FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy,
	(SELECT p.version FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy_version,
	i.detected_at, (SELECT o.recorded_at FROM incident_internal.entries AS o
		WHERE o.org_id = i.org_id AND o.incident_id = i.incident_id AND o.epoch = 1 AND o.rule = 0 AND o.month = s.month) AS opened_at,
	s.acknowledged_at, s.activated_at, s.resolved_at, s.closed_at,
	(SELECT count(*) FROM incident_internal.repeats AS r
		WHERE r.org_id = i.org_id AND r.incident_id = i.incident_id)::integer AS repeats,
	s.settled_to, s.next_due, incident_internal.ticket_number(i.ticket) AS ticket_number
FROM incident_internal.incidents AS i
JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
LEFT JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id;

CREATE VIEW incident.open_incidents AS
SELECT i.org_id, i.incident_id, s.status,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.name END AS asset,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.category END AS asset_category,
	s.asset_level, s.severity, s.event_level, s.response_level, s.breached,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN (SELECT o.note FROM incident_internal.entries AS o
		WHERE o.org_id = i.org_id AND o.incident_id = i.incident_id AND o.epoch = 1 AND o.rule = 0 AND o.month = s.month) END AS summary,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN i.category END AS category, i.confidentiality, i.ticket, i.drill,
	(SELECT p.name FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy,
	(SELECT p.version FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy_version,
	i.detected_at, s.acknowledged_at, s.activated_at, s.next_due,
	incident_internal.ticket_number(i.ticket) AS ticket_number
FROM incident_internal.incidents AS i
JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
LEFT JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
WHERE s.status NOT IN ('resolved', 'closed', 'cancelled');

-- What has become of the duties that a policy has for the levels of an incident, from its state.
CREATE FUNCTION incident_internal.duties_of_state(
	org_id integer, policy_id integer, event_level incident.level, response_level incident.level, duties bytea,
	OUT number integer, OUT status text, OUT occurrence integer, OUT begun_at timestamptz,
	OUT deadline timestamptz, OUT overdue_at timestamptz, OUT done_at timestamptz)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 8
AS 'MODULE_PATHNAME', 'pgi_duties_of_state';

CREATE VIEW incident.duty_status AS
SELECT s.org_id, s.incident_id, d.duty, d.title ->> 'en' AS title_en, d.title ->> 'zh' AS title_zh, r.status,
	r.occurrence, r.begun_at, r.deadline, r.overdue_at, r.done_at,
	(SELECT incident.term_length(l.within, e.calendar)
		FROM incident_internal.policy_duty_levels AS l, incident_internal.policy_levels AS e
		WHERE l.policy_id = d.policy_id AND l.duty = d.duty
			AND l.level = CASE d.scope WHEN 'event_level' THEN s.event_level ELSE s.response_level END
			AND e.policy_id = d.policy_id AND e.level = s.event_level) AS within,
	d.responsible,
	(SELECT l.audience FROM incident_internal.policy_duty_levels AS l
		WHERE l.policy_id = d.policy_id AND l.duty = d.duty
			AND l.level = CASE d.scope WHEN 'event_level' THEN s.event_level ELSE s.response_level END) AS audience,
	s.settled_to
FROM incident_internal.incident_state AS s
CROSS JOIN LATERAL incident_internal.duties_of_state(s.org_id, s.policy_id, s.event_level, s.response_level, s.duties) AS r
JOIN incident_internal.policy_duties AS d ON d.policy_id = s.policy_id AND d.number = r.number;

CREATE VIEW incident.incident_repeats AS
SELECT r.org_id, r.incident_id, r.detected_at, r.recorded_at,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN a.name END AS asset, r.asset_level, r.severity,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN r.summary END AS summary,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN r.actor END AS actor,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN r.recorded_by END AS recorded_by
FROM incident_internal.repeats AS r
JOIN incident_internal.incidents AS i ON i.org_id = r.org_id AND i.incident_id = r.incident_id
LEFT JOIN incident_internal.assets AS a ON a.org_id = r.org_id AND a.asset_id = r.asset_id;

CREATE VIEW incident.asset_register AS
SELECT a.org_id, a.asset_id, a.name, a.title, a.category, a.level, a.confidentiality,
	a.integrity, a.availability, a.owner, p.name AS parent, a.location
FROM incident_internal.assets AS a
LEFT JOIN incident_internal.assets AS p ON p.org_id = a.org_id AND p.asset_id = a.parent_id;

-- A calendar of one's own hides the built-in one of its name.
CREATE VIEW incident.calendar_register AS
SELECT c.calendar, c.zone, coalesce(c.zone,
		(SELECT o.zone FROM incident_internal.organisations AS o WHERE o.org_id = incident.current_organisation()),
		(SELECT i.zone FROM incident_internal.installation AS i)) AS counts_in,
	(SELECT string_agg(d.days || ' ' || d.windows, '; ' ORDER BY d.first)
		FROM (SELECT string_agg(w.day, ' ' ORDER BY w.weekday) AS days, w.windows, min(w.weekday) AS first
			FROM (SELECT v.weekday, ('{mon,tue,wed,thu,fri,sat,sun}'::text[])[v.weekday] AS day,
					string_agg(to_char(v.opens, 'HH24:MI') || '-' || to_char(v.closes, 'HH24:MI'), ' ' ORDER BY v.opens) AS windows
				FROM incident_internal.calendar_windows AS v
				WHERE v.calendar = c.calendar AND v.built_in = c.built_in AND v.since = n.since
				GROUP BY v.weekday) AS w
			GROUP BY w.windows) AS d) AS week,
	nullif(n.since, '-infinity') AS since,
	(SELECT min(w.since) FROM unnest(c.weeks) AS w(since) WHERE w.since > current_date) AS changes_on,
	incident.working_day(c.calendar) AS working_day, x.first_exception, x.last_exception,
	(SELECT array_agg(DISTINCT p.name ORDER BY p.name) FROM incident_internal.policies AS p
		JOIN incident_internal.policy_levels AS l ON l.policy_id = p.policy_id
		WHERE p.state = 'published' AND l.calendar = c.calendar) AS policies,
	c.built_in, c.source
FROM incident_internal.calendars AS c,
	LATERAL (SELECT max(w.since) AS since FROM unnest(c.weeks) AS w(since) WHERE w.since <= current_date) AS n,
	LATERAL (SELECT min(d.date) AS first_exception, max(d.date) AS last_exception FROM incident_internal.calendar_dates AS d
		WHERE d.calendar = c.calendar AND d.built_in = c.built_in) AS x
WHERE NOT (c.built_in AND EXISTS (SELECT FROM incident_internal.calendars AS o WHERE o.calendar = c.calendar AND NOT o.built_in));

CREATE VIEW incident.policy_versions AS
SELECT policy_id, name, version, state, title ->> 'en' AS title_en, title ->> 'zh' AS title_zh,
	published_at
FROM incident_internal.policies
WHERE state <> 'dropped';

-- How late decisions of the last hour were, at most, for a share of them; to a power of
-- two of seconds.
CREATE FUNCTION incident_internal.lateness(share float8)
RETURNS interval
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT make_interval(secs => power(2, min(place) - 1))
	FROM (SELECT place, sum(sum(decisions)) OVER (ORDER BY place) AS so_far, sum(sum(decisions)) OVER () AS total
		FROM incident_internal.tick_log AS g, unnest(g.lateness) WITH ORDINALITY AS b(decisions, place)
		WHERE g.finished_at > now() - interval '1 hour'
		GROUP BY place) AS counted
	WHERE so_far >= share * total AND total > 0;
END;

-- The scheduled job as pg_cron of this database knows it.
CREATE FUNCTION incident_internal.job_state(
	OUT job_schedule text, OUT job_last_run_at timestamptz, OUT job_last_run text)
RETURNS record
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_job_state';

-- Whether the engine keeps up, over all organisations; one row.
CREATE VIEW incident.watchdog AS
SELECT nullif(t.at, '-infinity') AS last_tick_at, t.finished_at AS last_tick_finished_at,
	d.oldest_due, d.due, q.quarantined, l.last_work_at, l.last_work_took, l.ticks_last_hour,
	p.late_50, p.late_95, p.late_99, c.clock_jump, c.clock_jump_at,
	j.job_schedule, j.job_last_run_at, j.job_last_run, t.maintained_at, t.maintenance_problem,
	o.relay_seen_at, o.oldest_notice, o.notices_waiting, o.notices_dead
FROM incident_internal.last_tick AS t,
	LATERAL (SELECT min(due_at) AS oldest_due, count(*) AS due
		FROM (SELECT DISTINCT r.org_id, u.incident_id, u.due_at
			FROM incident_internal.timers AS r, unnest(r.incidents, r.moments) AS u(incident_id, due_at)
			JOIN incident_internal.incident_state AS s ON s.incident_id = u.incident_id AND s.next_due = u.due_at
			WHERE r.bucket >= t.from_bucket AND r.bucket <= incident_internal.bucket(now()) + 1	-- some are put a little later
				AND s.org_id = r.org_id AND u.due_at <= now()) AS due) AS d,
	LATERAL (SELECT count(*) AS quarantined FROM incident_internal.quarantine) AS q,
	LATERAL (SELECT (array_agg(g.finished_at ORDER BY g.tick_id DESC))[1] AS last_work_at,
			(array_agg(g.finished_at - g.began_at ORDER BY g.tick_id DESC))[1] AS last_work_took,
			count(*) AS ticks_last_hour
		FROM incident_internal.tick_log AS g WHERE g.finished_at > now() - interval '1 hour') AS l,
	LATERAL (SELECT incident_internal.lateness(0.5) AS late_50, incident_internal.lateness(0.95) AS late_95,
		incident_internal.lateness(0.99) AS late_99) AS p,
	LATERAL (SELECT (array_agg(g.finished_at ORDER BY g.tick_id DESC))[1] AS clock_jump_at,
			(array_agg(g.clock_jump ORDER BY g.tick_id DESC))[1] AS clock_jump
		FROM incident_internal.tick_log AS g
		WHERE g.clock_jump IS NOT NULL AND g.finished_at > now() - interval '24 hours') AS c,
	LATERAL incident_internal.job_state() AS j,
	incident_internal.outbox AS o;

CREATE VIEW incident.quarantined_incidents AS
SELECT q.org_id, q.incident_id, q.since, q.attempts, q.retry_at, q.sqlstate,
	CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN q.message END AS message
FROM incident_internal.quarantine AS q
LEFT JOIN incident_internal.incidents AS i ON i.org_id = q.org_id AND i.incident_id = q.incident_id;

COMMENT ON FUNCTION incident_internal.duty_of(integer, bigint, integer, smallint) IS
'The duty for which an entry of the timeline was decided, by the policy of then; NULL when that has been dropped since.';
COMMENT ON VIEW incident.timeline IS
'One row an entry of a timeline: facts, what follows from them, and withdrawals.';
COMMENT ON COLUMN incident.timeline.kind IS
'Facts: opened, assessed, acknowledged, activated, held, resumed, resolved, closed, reopened, cancelled, noted, done (a duty), migrated (to another policy), marked (as confidential), raised (assessed by a graver repeat). Derived: graded, escalated, breached, overdue, due (a duty begins), repeated (it begins again). voided takes back the derived entry whose seq is in voids.';
COMMENT ON COLUMN incident.timeline.effective_at IS 'When it took effect.';
COMMENT ON COLUMN incident.timeline.recorded_at IS 'When it was recorded; the difference is its lateness.';
COMMENT ON COLUMN incident.timeline.rule IS
'The rule that decided a derived entry: matrix, remaining_time:LEVEL, step:N, processing_time, acknowledgement, response, duty:NAME.';
COMMENT ON COLUMN incident.timeline.duty IS 'Of done, due, repeated and overdue: which duty, by its name in the policy that the incident was under then; NULL when that policy has been dropped.';
COMMENT ON COLUMN incident.timeline.effective IS
'Of a fact: false when it has no effect because of facts that were recorded later and took effect earlier, or of the policy under which the incident was put; NULL of other entries.';
COMMENT ON COLUMN incident.timeline.evidence IS 'Of the fact done: the evidence, or the content of the report. Of migrated and marked: from which policy (name, version, digest of its document) or mark to which.';
COMMENT ON COLUMN incident.timeline.live IS 'False for an entry that was taken back.';
COMMENT ON COLUMN incident.timeline.epoch IS 'seq of the fact that governed when a derived entry was decided.';
COMMENT ON COLUMN incident.timeline.occurrence IS 'Counts decisions by the same rule under the same fact.';
COMMENT ON COLUMN incident.timeline.hash IS 'Of a fact: SHA-256 over it and the hash before it. timeline_hash() tells that of any entry.';
COMMENT ON VIEW incident.incident_history IS
'One row an incident, in any status. Times of acknowledgement, activation, resolution and closing are those since the last reopening.';
COMMENT ON VIEW incident.open_incidents IS
'Incidents that are open, acknowledged, active or on hold.';
COMMENT ON COLUMN incident.open_incidents.next_due IS
'When the next rule fires if nothing is reported; NULL when none will.';
COMMENT ON VIEW incident.duty_status IS
'What has become of each duty of each incident, as last settled: one row a duty that the policy has for the incident''s levels. A duty that repeats shows its newest occurrence. One whose deadline has passed since is still due until the next tick; duties_at() tells of any moment.';
COMMENT ON FUNCTION incident_internal.duties_of_state(integer, integer, incident.level, incident.level, bytea) IS
'What has become of each duty, by its number, that the policy has for the levels; what the view duty_status reads. No rows for a state that is damaged.';
COMMENT ON COLUMN incident.duty_status.status IS
'none: it has not begun; due; overdue: due and past its deadline; done; ended: undone when what it lasts until happened.';
COMMENT ON COLUMN incident.duty_status.occurrence IS 'How often it has begun; NULL: not yet.';
COMMENT ON COLUMN incident.duty_status.deadline IS
'By when it is to be done, as things stand; NULL when it is not due, or a hold stops its clock, or it is overdue for good.';
COMMENT ON COLUMN incident.duty_status.overdue_at IS 'Since when it is overdue.';
COMMENT ON COLUMN incident.duty_status.done_at IS 'When it was last done.';
COMMENT ON COLUMN incident.duty_status.within IS 'How long there is for it at the incident''s level.';
COMMENT ON VIEW incident.incident_repeats IS
'Reports that open() counted as repeats of an incident under the same dedup key.';
COMMENT ON COLUMN incident.incident_repeats.asset_level IS 'That of the asset when it was reported; NULL: unknown.';
COMMENT ON COLUMN incident.incident_repeats.severity IS 'As reported; NULL: unknown.';
COMMENT ON VIEW incident.asset_register IS 'Assets with the name of the one above.';
COMMENT ON VIEW incident.calendar_register IS
'The calendars, built-in ones and one''s own; dates are those of the session''s time zone.';
COMMENT ON COLUMN incident.calendar_register.calendar IS 'Its name.';
COMMENT ON COLUMN incident.calendar_register.zone IS 'Its time zone; NULL: that of each organisation.';
COMMENT ON COLUMN incident.calendar_register.counts_in IS 'The time zone in which it counts for the current organisation.';
COMMENT ON COLUMN incident.calendar_register.week IS 'The hours of the days of the week that holds today; NULL when nobody works in it.';
COMMENT ON COLUMN incident.calendar_register.since IS 'Since which date that week holds; NULL: always.';
COMMENT ON COLUMN incident.calendar_register.changes_on IS 'The next date from which another week holds; NULL: none.';
COMMENT ON COLUMN incident.calendar_register.working_day IS 'How long a working day is, in hours, where a policy writes working days.';
COMMENT ON COLUMN incident.calendar_register.first_exception IS 'The first of its holidays and of the dates with hours of their own.';
COMMENT ON COLUMN incident.calendar_register.last_exception IS 'The last of them: later holidays are not known.';
COMMENT ON COLUMN incident.calendar_register.policies IS 'The policies with a published version that uses it; NULL: none.';
COMMENT ON COLUMN incident.calendar_register.built_in IS 'Whether the extension ships it.';
COMMENT ON COLUMN incident.calendar_register.source IS 'Where its dates come from.';
COMMENT ON VIEW incident.policy_versions IS 'Policies and the state of each version.';
COMMENT ON FUNCTION incident_internal.lateness(float8) IS
'How late, at most, that share (0 to 1) of the last hour''s decisions were taken, rounded up to a power of two of seconds; NULL when there were none.';
COMMENT ON FUNCTION incident_internal.job_state() IS
'Schedule and last run of the job that schedule() made, where pg_cron lives in this database; NULLs otherwise.';
COMMENT ON VIEW incident.watchdog IS
'Whether escalation keeps up; one row, over all organisations. Alert when last_tick_at is older than a few cron intervals, quarantined is not 0, or clock_jump is not NULL.';
COMMENT ON COLUMN incident.watchdog.last_tick_at IS 'The newest moment that a tick has settled; NULL: none yet.';
COMMENT ON COLUMN incident.watchdog.last_tick_finished_at IS 'When the newest tick finished.';
COMMENT ON COLUMN incident.watchdog.oldest_due IS 'The oldest moment that is due and not settled; NULL: none.';
COMMENT ON COLUMN incident.watchdog.due IS 'How many incidents are due now.';
COMMENT ON COLUMN incident.watchdog.quarantined IS 'How many incidents failed to settle; view quarantined_incidents.';
COMMENT ON COLUMN incident.watchdog.last_work_at IS 'When a tick last had something to do, in the last hour.';
COMMENT ON COLUMN incident.watchdog.last_work_took IS 'How long that tick took.';
COMMENT ON COLUMN incident.watchdog.relay_seen_at IS 'When a relay last came for messages; NULL: never.';
COMMENT ON COLUMN incident.watchdog.oldest_notice IS 'Since when the oldest message waits that could be claimed, or has failed and is to be tried again; NULL: none does.';
COMMENT ON COLUMN incident.watchdog.notices_waiting IS 'How many wait so, entries whose messages are yet to be made counted as one.';
COMMENT ON COLUMN incident.watchdog.notices_dead IS 'How many messages of the last 24 hours reached nobody.';
COMMENT ON COLUMN incident.watchdog.ticks_last_hour IS 'How many ticks had something to do in the last hour.';
COMMENT ON COLUMN incident.watchdog.late_50 IS 'Half of the decisions of the last hour were taken less than this long after they were due (a power of two of seconds); NULL: no decisions.';
COMMENT ON COLUMN incident.watchdog.late_95 IS 'The same for 95 of 100.';
COMMENT ON COLUMN incident.watchdog.late_99 IS 'The same for 99 of 100.';
COMMENT ON COLUMN incident.watchdog.clock_jump IS 'How far the server''s clock last jumped between two ticks, by more than 5 seconds, within a day; negative: back.';
COMMENT ON COLUMN incident.watchdog.clock_jump_at IS 'When that was noticed.';
COMMENT ON COLUMN incident.watchdog.job_schedule IS 'The cron schedule of the job that schedule() made, of several the one that ran last; NULL when there is none, and when pg_cron lives in another database, which cannot be read from here: see last_tick_finished_at.';
COMMENT ON COLUMN incident.watchdog.job_last_run_at IS 'When that job last began; NULL: it has not run, or as job_schedule.';
COMMENT ON COLUMN incident.watchdog.job_last_run IS 'How that run ended: running, succeeded, failed; NULL as job_last_run_at.';
COMMENT ON COLUMN incident.watchdog.maintained_at IS 'When partitions were last looked after.';
COMMENT ON COLUMN incident.watchdog.maintenance_problem IS 'What failed then, with its error; NULL: nothing. The rest was done, and all is tried again after an hour.';
COMMENT ON VIEW incident.quarantined_incidents IS
'Incidents that failed to settle, with the error and the next try.';

SELECT incident_internal.allow('consult', 'calendar_register', 'policy_versions');
SELECT incident_internal.allow('read', 'asset_register', 'duty_status', 'incident_history',
	'incident_repeats', 'open_incidents', 'quarantined_incidents', 'timeline');
SELECT incident_internal.allow('operate', 'watchdog');
