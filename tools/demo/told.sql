-- Who was told of an incident, and what became of it.
SELECT to_char(n.queued_at, 'HH24:MI:SS') AS queued, t.kind AS about, coalesce(n.contact, n.post) AS whom, n.channel, n.outcome
FROM incident.notices AS n
JOIN incident.timeline AS t ON t.org_id = n.org_id AND t.incident_id = n.incident_id AND t.seq = n.seq
WHERE n.incident_id = :incident
ORDER BY n.outcome <> 'sent', n.queued_at, n.contact, n.seq
LIMIT 20;

SELECT outcome, count(*) AS messages, count(DISTINCT contact) AS people, count(DISTINCT incident_id) AS incidents
FROM incident.notices GROUP BY outcome ORDER BY outcome;
