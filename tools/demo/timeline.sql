SELECT seq, incident.term('entry', kind) AS kind, to_char(effective_at, 'MM-DD HH24:MI:SS') AS took_effect,
	to_char(recorded_at, 'MM-DD HH24:MI:SS') AS recorded,
	asset_level AS asset, incident.term('severity', severity::text) AS severity, event_level AS event, response_level AS response,
	incident.term('rule', rule) AS rule, coalesce(note, '') AS note
FROM incident.timeline
WHERE incident_id = :incident
ORDER BY seq;
