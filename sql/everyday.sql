--
-- What everyday users ran into, as their logins.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
BEGIN;
CREATE ROLE regress_pgi_everyday;
SELECT incident.grant_role('responder', 'regress_pgi_everyday');
SELECT incident.register_asset('everyday', 'host', level => '3') > 0 AS registered;
SET LOCAL ROLE regress_pgi_everyday;

-- Who may read policies may combine them.
SELECT jsonb_array_length(d -> 'duties') > jsonb_array_length(incident.export_policy(1) -> 'duties') AS combined
FROM incident.combine_policy(incident.export_policy(1), incident.policy_addendum('reporting-cn-2025-other')) AS d;

-- Opened with the application's clock, handled with the transaction's.
SELECT incident.open('everyday', detected_at => clock_timestamp()) AS id \gset
SELECT incident.acknowledge(:id), incident.note(:id, 'a little before', at => clock_timestamp() - interval '2 seconds');
SELECT kind, effective_at >= detected_at AS not_before
FROM incident.timeline JOIN incident.incident_history USING (incident_id)
WHERE incident_id = :id AND kind IN ('acknowledged', 'noted') ORDER BY seq;
SAVEPOINT s;
\set VERBOSITY sqlstate
SELECT incident.note(:id, 'much before', at => clock_timestamp() - interval '1 hour');
ROLLBACK TO s;
-- What is true or false is given, or left out.
SELECT incident.open('everyday', ticket => 'T1', once => NULL);
ROLLBACK TO s;
SELECT incident.open('everyday', drill => NULL);
ROLLBACK TO s;
\set VERBOSITY default

-- Levels of assets have titles of their own.
SELECT incident.term('asset level', '3', 'zh', 'itil') AS asset, incident.term('level', '3', 'zh', 'itil') AS event,
	incident.term('asset level', '3', 'zh', 'eport') AS without_title;
SELECT incident.open('everyday', severity => 'minor', policy => 'itil') AS id \gset
SELECT line FROM incident.explain(:id, 'zh') AS line WHERE line LIKE '资产%';
ROLLBACK;
