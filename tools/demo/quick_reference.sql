-- Where asset or severity is empty, it is unknown.
SELECT asset_level AS asset, incident.term('severity', severity::text) AS severity,
	event_level AS event, response_level AS response, processing_time, rises, notify_within,
	array_to_string(audience_titles, ', ') AS audience, progress_every
FROM incident.quick_reference('eport');
