-- Loads assets.csv and incidents.csv into the current organisation.
-- Run it from this folder: psql -f load.sql

\set ON_ERROR_STOP on
\set quiet_before :QUIET
\set QUIET on

BEGIN;

CREATE TEMP TABLE asset_csv
(
	name text,
	title text,
	category text,
	level incident.level,
	confidentiality incident.rating,
	integrity incident.rating,
	availability incident.rating,
	owner text,
	parent text,
	location text,
	line int GENERATED ALWAYS AS IDENTITY
) ON COMMIT DROP;

CREATE TEMP TABLE incident_csv
(
	asset text,
	severity incident.severity,
	summary text,
	age interval,
	category text,
	ticket text,
	drill boolean,
	acknowledged_after interval,
	activated_after interval,
	resolved_after interval,
	line int GENERATED ALWAYS AS IDENTITY
) ON COMMIT DROP;

\copy asset_csv (name, title, category, level, confidentiality, integrity, availability, owner, parent, location) FROM 'assets.csv' WITH (FORMAT csv, HEADER match, ENCODING 'UTF8')
\copy incident_csv (asset, severity, summary, age, category, ticket, drill, acknowledged_after, activated_after, resolved_after) FROM 'incidents.csv' WITH (FORMAT csv, HEADER match, ENCODING 'UTF8')

-- In file order, so that a parent is there before its parts.
SELECT count(incident.register_asset(name => name, category => category,
		level => level, confidentiality => confidentiality,
		integrity => integrity, availability => availability,
		owner => owner, parent => parent, location => location,
		title => title)) AS assets
FROM (SELECT * FROM asset_csv ORDER BY line) AS a \gset

-- A ticket that an earlier run has loaded is left alone.
CREATE TEMP TABLE opened ON COMMIT DROP AS
SELECT incident.open(asset => asset, severity => severity, summary => summary,
		detected_at => detected_at, category => category, ticket => ticket,
		dedup_key => ticket, drill => drill, policy => 'eport') AS incident_id,
	detected_at + acknowledged_after AS acknowledged_at,
	detected_at + activated_after AS activated_at,
	detected_at + resolved_after AS resolved_at
FROM (SELECT *, now() - age AS detected_at
	  FROM incident_csv AS c
	  WHERE NOT EXISTS (SELECT FROM incident.incident_history AS h
						WHERE h.ticket = c.ticket)
	  ORDER BY line) AS i;

SELECT count(incident.acknowledge(incident_id, at => acknowledged_at)) AS acknowledged
FROM opened WHERE acknowledged_at IS NOT NULL \gset

SELECT count(incident.activate(incident_id, at => activated_at)) AS activated
FROM opened WHERE activated_at IS NOT NULL \gset

SELECT count(incident.resolve(incident_id, at => resolved_at)) AS resolved
FROM opened WHERE resolved_at IS NOT NULL \gset

SELECT count(*) AS incidents FROM opened \gset

COMMIT;

\set QUIET :quiet_before
\echo :assets assets registered; :incidents incidents opened, :acknowledged acknowledged, :activated activated, :resolved resolved
