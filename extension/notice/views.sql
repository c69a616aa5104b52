-- What people read about messages.

CREATE VIEW incident.notices AS
SELECT h.org_id, h.incident_id, h.seq, h.contact, h.post, h.channel, h.queued_at, h.at, h.attempt, h.outcome, h.detail, h.id, h.place
FROM incident_internal.notice_history AS h
UNION ALL
SELECT r.org_id, r.incident_id, r.seq, r.contact, NULL, (SELECT s.channel FROM incident_internal.streams AS s WHERE s.stream = r.stream),
	r.queued_at, r.due_at, r.attempt, 'waiting', r.error, r.id, r.place
FROM incident_internal.retries AS r
UNION ALL
SELECT q.org_id, m.incident, m.seq, m.contact, NULL, (SELECT s.channel FROM incident_internal.streams AS s WHERE s.stream = q.stream),
	q.at, NULL, 0, 'queued', NULL, q.id, m.place::smallint
FROM incident_internal.notices AS q
CROSS JOIN LATERAL unnest(q.incident, q.seq, q.contact) WITH ORDINALITY AS m(incident, seq, contact, place)
WHERE q.stream > 0
	AND NOT EXISTS (SELECT FROM incident_internal.notice_history AS h WHERE h.org_id = q.org_id AND h.incident_id = m.incident
		AND h.id = q.id AND h.place = m.place)
	AND NOT EXISTS (SELECT FROM incident_internal.retries AS r WHERE r.org_id = q.org_id AND r.id = q.id AND r.place = m.place);

COMMENT ON VIEW incident.notices IS
'Who was told what and what became of it: a row a message. outcome: queued (a relay may have it), waiting (to be tried again, or until quiet hours end; at is when), sent, cancelled, dead (it could not be delivered), nobody (a post without anybody to tell). seq is the entry of incident.timeline that it is about.';
COMMENT ON COLUMN incident.notices.post IS 'Of nobody: the post in which nobody could be told.';
COMMENT ON COLUMN incident.notices.contact IS 'Who was told; NULL where a post reaches nobody, or what was decided did not hold any more when messages were to be made.';
COMMENT ON COLUMN incident.notices.channel IS 'By which channel, as in the directory.';
COMMENT ON COLUMN incident.notices.queued_at IS 'When the message was made.';
COMMENT ON COLUMN incident.notices.at IS 'When it came to its outcome; of one that waits, when it is tried again.';
COMMENT ON COLUMN incident.notices.attempt IS 'How often a relay was given it.';
COMMENT ON COLUMN incident.notices.outcome IS 'queued, waiting, sent, cancelled, dead or nobody.';
COMMENT ON COLUMN incident.notices.detail IS 'The reference of one that was sent; why another was not.';
COMMENT ON COLUMN incident.notices.id IS 'With place, what tells a message from others.';
COMMENT ON COLUMN incident.notices.place IS 'With id, what tells a message from others.';

SELECT incident_internal.allow('read', 'notices');

-- How the outbox stands, for the watchdog.
CREATE VIEW incident_internal.outbox AS
WITH left_over AS (
	SELECT u.at, u.n::bigint FROM incident_internal.unclaimed AS u
	UNION ALL
	SELECT CASE WHEN f.attempt > 0 THEN f.queued_at ELSE f.due_at END, 1 FROM incident_internal.retries AS f
	WHERE f.attempt > 0 OR f.due_at <= now()
	UNION ALL
	SELECT l.until, l.n FROM incident_internal.leases AS l
	WHERE l.until <= now() AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no))
SELECT (SELECT max(r.seen_at) FROM incident_internal.relays AS r) AS relay_seen_at, min(w.at) AS oldest_notice,
	coalesce(sum(w.n), 0)::bigint AS notices_waiting,
	(SELECT count(*) FROM incident_internal.notice_history AS h WHERE h.outcome IN ('dead', 'nobody') AND h.at > now() - interval '1 day') AS notices_dead
FROM left_over AS w;
COMMENT ON VIEW incident_internal.outbox IS 'How the outbox stands: one row.';
