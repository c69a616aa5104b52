-- Views for people and reports. Each shows the current organisation (setting
-- pg_incident.organisation) and needs no rights on tables.

CREATE VIEW incident.timeline WITH (security_barrier) AS
SELECT e.org_id, e.incident_id, e.seq, e.kind, e.effective_at, e.recorded_at,
	a.name AS asset, e.asset_level, e.severity, e.event_level, e.response_level,
	incident.rule_word(e.rule) AS rule, e.voids,
	e.rule <= 1 OR NOT EXISTS (SELECT FROM incident.entries AS v
		WHERE v.org_id = e.org_id AND v.incident_id = e.incident_id AND v.epoch = e.seq
			AND v.rule = 1 AND v.month = e.month) AS live,
	e.actor, e.recorded_by, e.note, CASE WHEN e.rule > 1 THEN e.epoch END AS epoch,
	CASE WHEN e.rule > 1 THEN e.occurrence END AS occurrence, e.hash
FROM incident.entries AS e
LEFT JOIN incident.assets AS a ON a.org_id = e.org_id AND a.asset_id = e.asset_id
WHERE e.org_id = (SELECT incident.current_organisation());

CREATE VIEW incident.incident_history WITH (security_barrier) AS
SELECT i.org_id, i.incident_id, s.status, a.name AS asset, a.category AS asset_category,
	s.asset_level, s.severity, s.event_level, s.response_level, s.peak_response, s.breached,
	o.note AS summary, i.category, i.confidentiality, i.ticket, i.drill,
	p.name AS policy, p.version AS policy_version,
	i.detected_at, o.recorded_at AS opened_at, s.acknowledged_at, s.activated_at,
	s.resolved_at, s.closed_at,
	(SELECT count(*) FROM incident.repeats AS r
		WHERE r.org_id = i.org_id AND r.incident_id = i.incident_id)::integer AS repeats,
	s.settled_to, s.next_due
FROM incident.incidents AS i
JOIN incident.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
JOIN incident.entries AS o ON o.org_id = i.org_id AND o.incident_id = i.incident_id
	AND o.epoch = 1 AND o.rule = 0 AND o.month = s.month
JOIN incident.policies AS p ON p.policy_id = i.policy_id
LEFT JOIN incident.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
WHERE i.org_id = (SELECT incident.current_organisation());

CREATE VIEW incident.open_incidents WITH (security_barrier) AS
SELECT i.org_id, i.incident_id, s.status, a.name AS asset, a.category AS asset_category,
	s.asset_level, s.severity, s.event_level, s.response_level, s.breached,
	o.note AS summary, i.category, i.confidentiality, i.ticket, i.drill,
	p.name AS policy, p.version AS policy_version, i.detected_at, s.acknowledged_at,
	s.activated_at, s.next_due
FROM incident.incident_state AS s
JOIN incident.incidents AS i ON i.org_id = s.org_id AND i.incident_id = s.incident_id
JOIN incident.entries AS o ON o.org_id = i.org_id AND o.incident_id = i.incident_id
	AND o.epoch = 1 AND o.rule = 0 AND o.month = s.month
JOIN incident.policies AS p ON p.policy_id = i.policy_id
LEFT JOIN incident.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
WHERE s.org_id = (SELECT incident.current_organisation())
	AND s.status NOT IN ('resolved', 'closed', 'cancelled');

CREATE VIEW incident.incident_repeats WITH (security_barrier) AS
SELECT r.org_id, r.incident_id, r.detected_at, r.recorded_at, r.summary, r.actor, r.recorded_by
FROM incident.repeats AS r
WHERE r.org_id = (SELECT incident.current_organisation());

CREATE VIEW incident.asset_register WITH (security_barrier) AS
SELECT a.org_id, a.asset_id, a.name, a.title, a.category, a.level, a.confidentiality,
	a.integrity, a.availability, a.owner, p.name AS parent, a.location
FROM incident.assets AS a
LEFT JOIN incident.assets AS p ON p.org_id = a.org_id AND p.asset_id = a.parent_id
WHERE a.org_id = (SELECT incident.current_organisation());

CREATE VIEW incident.policy_versions AS
SELECT policy_id, name, version, state, title ->> 'en' AS title_en, title ->> 'zh' AS title_zh,
	published_at
FROM incident.policies;

-- Whether the engine keeps up, over all organisations; one row.
CREATE VIEW incident.watchdog AS
SELECT nullif(t.at, '-infinity') AS last_tick_at, t.finished_at AS last_tick_finished_at,
	d.oldest_due, d.due, q.quarantined
FROM incident.last_tick AS t,
	LATERAL (SELECT min(due_at) AS oldest_due, count(*) AS due
		FROM (SELECT DISTINCT r.org_id, r.incident_id, r.due_at
			FROM incident.timers AS r
			JOIN incident.incident_state AS s ON s.org_id = r.org_id
				AND s.incident_id = r.incident_id AND s.next_due = r.due_at
			WHERE r.bucket >= t.from_bucket AND r.due_at <= now()) AS due) AS d,
	LATERAL (SELECT count(*) AS quarantined FROM incident.quarantine) AS q;

CREATE VIEW incident.quarantined_incidents WITH (security_barrier) AS
SELECT q.org_id, q.incident_id, q.since, q.attempts, q.retry_at, q.sqlstate, q.message
FROM incident.quarantine AS q
WHERE q.org_id = (SELECT incident.current_organisation());

COMMENT ON VIEW incident.timeline IS
'One row an entry of a timeline: facts, what follows from them, and withdrawals.';
COMMENT ON COLUMN incident.timeline.kind IS
'Facts: opened, assessed, acknowledged, activated, held, resumed, resolved, closed, reopened, cancelled, noted. Derived: graded, escalated, breached. voided takes back the derived entry whose seq is in voids.';
COMMENT ON COLUMN incident.timeline.effective_at IS 'When it took effect.';
COMMENT ON COLUMN incident.timeline.recorded_at IS 'When it was recorded; the difference is its lateness.';
COMMENT ON COLUMN incident.timeline.rule IS
'The rule that decided a derived entry: matrix, remaining_time:LEVEL, processing_time.';
COMMENT ON COLUMN incident.timeline.live IS 'False for an entry that was taken back.';
COMMENT ON COLUMN incident.timeline.epoch IS 'seq of the fact that governed when a derived entry was decided.';
COMMENT ON COLUMN incident.timeline.occurrence IS 'Counts decisions by the same rule under the same fact.';
COMMENT ON COLUMN incident.timeline.hash IS 'SHA-256 over this entry and the hash before it.';
COMMENT ON VIEW incident.incident_history IS
'One row an incident, in any status. Times of acknowledgement, activation, resolution and closing are those since the last reopening.';
COMMENT ON VIEW incident.open_incidents IS
'Incidents that are open, acknowledged, active or on hold.';
COMMENT ON COLUMN incident.open_incidents.next_due IS
'When the next rule fires if nothing is reported; NULL when none will.';
COMMENT ON VIEW incident.incident_repeats IS
'Reports that open() counted as repeats of an incident under the same dedup key.';
COMMENT ON VIEW incident.asset_register IS 'Assets with the name of the one above.';
COMMENT ON VIEW incident.policy_versions IS 'Policies and the state of each version.';
COMMENT ON VIEW incident.watchdog IS
'Whether escalation keeps up: the newest moment settled by a tick and when that tick finished, the oldest due moment and how many incidents are due now, how many are in quarantine. Alert when last_tick_at is older than a few cron intervals.';
COMMENT ON VIEW incident.quarantined_incidents IS
'Incidents that failed to settle, with the error and the next try.';
