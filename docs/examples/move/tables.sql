-- What an organisation has, for the scripts beside this one, which set :organisation and make the
-- table pg_temp.used_policies. Texts of rows must not depend on who asks.
SET search_path = pg_catalog, pg_temp;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET bytea_output = 'hex';
SET extra_float_digits = 1;

-- Its own rows, but for timers, which are set anew, and messages on their way, which stay; and policies of one's own that its incidents
-- are under, which are taken along where they are not known.
CREATE TEMP VIEW parts AS
SELECT c.relname, k.key, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute AS a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
	CASE k.key WHEN 'org_id' THEN 'org_id = ' || :'organisation'
		ELSE 'policy_id >= 1000 AND policy_id IN (SELECT policy_id FROM pg_temp.used_policies)' END AS condition
FROM pg_class AS c
CROSS JOIN LATERAL (SELECT min(a.attname) AS key FROM pg_attribute AS a		-- org_id comes first
	WHERE a.attrelid = c.oid AND a.attname IN ('org_id', 'policy_id')) AS k
WHERE c.relnamespace = 'incident_internal'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND k.key IS NOT NULL AND c.relname NOT IN ('timers', 'notices', 'retries');

CREATE TEMP TABLE digests (relname text, number bigint, digest numeric);
CREATE TEMP VIEW digest_statements AS
SELECT format('INSERT INTO pg_temp.digests SELECT %L, count(*), sum(hashtextextended(ROW (%s)::text, 0)) FROM incident_internal.%I WHERE %s',
	relname, columns, relname, condition) AS statement
FROM pg_temp.parts ORDER BY relname;

-- What its rows mean something by, and which must be the same on both sides.
CREATE TEMP VIEW meanings AS
SELECT format('policy %s is version %s of "%s"', p.policy_id, p.version, p.name) AS what, encode(p.digest, 'hex') AS digest
FROM incident_internal.policies AS p WHERE p.policy_id IN (SELECT policy_id FROM pg_temp.used_policies)
UNION ALL
SELECT DISTINCT format('calendar "%s"', l.calendar), md5(incident.export_calendar(l.calendar)::text)
FROM incident_internal.policy_levels AS l WHERE l.policy_id IN (SELECT policy_id FROM pg_temp.used_policies) AND l.calendar IS NOT NULL
UNION ALL
SELECT DISTINCT format('risk method %s is version %s of "%s"', m.method_id, m.version, m.name), md5(incident.export_risk_method(m.method_id)::text)
FROM incident_internal.risk_methods AS m
WHERE m.method_id IN (SELECT r.method_id FROM incident_internal.risk_settings AS r WHERE r.org_id = :organisation
	UNION SELECT r.method_id FROM incident_internal.risk_assessments AS r WHERE r.org_id = :organisation
	UNION SELECT r.method_id FROM incident_internal.risk_history AS r WHERE r.org_id = :organisation);
