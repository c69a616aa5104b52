-- The schema. It belongs to the extension, and making it fails when somebody else has made
-- one of that name: its owner could put functions beside ours, or drop it with all it holds.
CREATE SCHEMA incident;

-- What follows finds nothing but the system's own objects by an unqualified name.
SET LOCAL search_path = pg_catalog, pg_temp;
