--
-- Lengths of time that are not finite. PostgreSQL 15 and 16 have no infinite intervals
-- (lookup_infinite_1.out).
--
SET client_min_messages = warning;

SELECT incident.response_level(1, '3', 'minor', 'infinity');
SELECT incident.response_level(1, '3', 'minor', '-infinity');
SELECT incident.response_level('eport', '3', 'minor', 'infinity');

-- As a processing time: refused by the time the policy is published.
DO $$
BEGIN
	PERFORM incident.publish_policy(incident.import_policy(jsonb_set(
		incident.export_policy(1) || '{"name": "regress-infinite"}', '{levels,3,processing_time}', '"infinity"')));
EXCEPTION WHEN data_exception OR invalid_parameter_value OR interval_field_overflow OR invalid_datetime_format THEN
	NULL;
END $$;
SELECT count(*) FROM incident.policy_versions WHERE name = 'regress-infinite';
