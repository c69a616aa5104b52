-- Loads risk.json into the risk registers of the current organisation and decides on three of
-- the risks. Run it from this folder after load.sql: psql -f risk.sql

\set ON_ERROR_STOP on
\set quiet_before :QUIET
\set QUIET on
\set document `cat risk.json`

BEGIN;

SELECT scenarios, vulnerabilities, threats FROM incident.import_risk_register(:'document') \gset

-- What an earlier run has decided stands.
CREATE TEMP TABLE undecided ON COMMIT DROP AS
SELECT scenario_id, asset || ' / ' || threat AS risk
FROM incident.risk_register WHERE decision IS NULL;

SELECT count(incident.treat_risk(scenario_id, 'control', 'Personal accounts for administrators',
		by => 'security group')) AS controlled
FROM undecided WHERE risk = 'db-payment / misuse of rights' \gset

SELECT count(incident.plan_measure(scenario_id, 'personal administrator accounts', 'preventive', '3',
		responsible => '数据库科', due_at => now() + interval '45 days')) AS planned
FROM undecided WHERE risk = 'db-payment / misuse of rights' \gset

SELECT count(incident.treat_risk(scenario_id, 'control', 'Restore drill every half year',
		by => 'security group')) AS drilled
FROM undecided WHERE risk = 'db-declare / operating error' \gset

SELECT count(incident.plan_measure(scenario_id, 'restore drill', 'protective', '3',
		responsible => '数据库科', due_at => now() + interval '20 days')) AS drill_planned
FROM undecided WHERE risk = 'db-declare / operating error' \gset

SELECT count(incident.treat_risk(scenario_id, 'accept', 'The host is replaced next year',
		accepted_until => now() + interval '1 year', by => 'operations')) AS accepted
FROM undecided WHERE risk = 'host-mq-1 / equipment failure' \gset

SELECT incident.approve_risk('security_group', by => 'security group') AS reviewed \gset
SELECT incident.approve_risk('person_in_charge', by => 'deputy director') AS approved \gset

COMMIT;

\set QUIET :quiet_before
\echo :scenarios risks of :threats threats and :vulnerabilities vulnerabilities registered; :reviewed decisions reviewed, :approved approved
