SELECT incident.term('entry', kind) AS kind, count(*) AS entries, count(DISTINCT incident_id) AS incidents
FROM incident.timeline
WHERE kind IN ('escalated', 'breached') AND live
GROUP BY timeline.kind
ORDER BY timeline.kind DESC;
