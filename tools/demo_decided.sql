SELECT kind, count(*) AS entries, count(DISTINCT incident_id) AS incidents
FROM incident.timeline
WHERE kind IN ('escalated', 'breached') AND live
GROUP BY kind
ORDER BY kind DESC;
