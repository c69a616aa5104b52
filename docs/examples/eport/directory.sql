-- Makes directory.json the directory of the current organisation. Run it from this folder:
-- psql -f directory.sql

\set ON_ERROR_STOP on
\set quiet_before :QUIET
\set QUIET on
\set document `cat directory.json`

SELECT count(*) AS changes FROM incident.import_directory(:'document') \gset
\echo :changes contacts, posts and rosters are new or changed.

\set QUIET :quiet_before
