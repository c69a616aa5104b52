-- Of the incidents that have risen with time, the one with most entries.
SELECT incident_id
FROM incident.timeline
GROUP BY incident_id
HAVING bool_or(kind = 'escalated' AND live)
ORDER BY count(*) DESC, incident_id
LIMIT 1;
