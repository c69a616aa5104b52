-- The most urgent first.
SELECT incident_id AS id, response_level AS response, event_level AS event,
	breached, asset, incident.term('severity', severity::text) AS severity, incident.term('status', status) AS status,
	to_char(detected_at, 'MM-DD HH24:MI') AS detected, left(summary, 48) AS summary
FROM incident.open_incidents
ORDER BY response_level DESC, event_level DESC, incident_id
LIMIT 20;

SELECT count(*) AS open_incidents,
	count(*) FILTER (WHERE response_level > event_level) AS answered_above_event_level,
	count(*) FILTER (WHERE breached) AS breached
FROM incident.open_incidents;
