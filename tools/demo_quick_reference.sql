SELECT coalesce(asset_level::text, 'unknown') AS asset, coalesce(severity::text, 'unknown') AS severity,
	event_level AS event, response_level AS response, processing_time, rises, notify_within,
	array_to_string(audience, ', ') AS audience, progress_every
FROM incident.quick_reference('eport');
