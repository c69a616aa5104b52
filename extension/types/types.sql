-- What the types of words mean, each made by word_type.sql.

COMMENT ON TYPE incident.severity IS
    'How grave an incident is: informational < minor < moderate < severe < critical';
COMMENT ON AGGREGATE pg_catalog.min(incident.severity) IS 'the lowest severity';
COMMENT ON AGGREGATE pg_catalog.max(incident.severity) IS 'the highest severity';

COMMENT ON TYPE incident.level IS
    'How urgent something is: none < 9 < ... < 2 < 1, so that max() is the most urgent; for asset, event and response levels';
COMMENT ON AGGREGATE pg_catalog.min(incident.level) IS 'the least urgent level';
COMMENT ON AGGREGATE pg_catalog.max(incident.level) IS 'the most urgent level';

COMMENT ON TYPE incident.rating IS
    'A rating from 1 (very low) to 5 (very high)';
COMMENT ON AGGREGATE pg_catalog.min(incident.rating) IS 'the lowest rating';
COMMENT ON AGGREGATE pg_catalog.max(incident.rating) IS 'the highest rating';

SELECT incident_internal.allow('look_up', 'label');
