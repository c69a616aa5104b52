-- psql: variables are literals, parameters of prepared statements are texts.
CREATE FUNCTION pg_temp.ok(condition boolean, number integer, name text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s - %s', CASE WHEN condition THEN 'ok' ELSE 'not ok' END, number, name)
$$;
\echo 1..7

-- guide: open
\set asset 'db-1'
\set severity '特别严重'
SELECT incident.open(:'asset', :'severity', policy => 'gbz20986', asset_level => 'Ⅰ级',
    detected_at => '2026-01-05 08:30+00') AS incident \gset
-- end
SELECT pg_temp.ok((severity, event_level, detected_at) = ('critical', '1', '2026-01-05T08:30Z'), 1, 'opened with variables')
FROM incident.open_incidents WHERE incident_id = :incident;

-- guide: prepare
PREPARE note_severity (bigint, text) AS SELECT incident.assess($1, $2);
EXECUTE note_severity(:incident, '严重') \g /dev/null
-- end
SELECT pg_temp.ok(severity = 'severe', 2, 'a prepared statement with a text') FROM incident.open_incidents WHERE incident_id = :incident;
PREPARE levels AS SELECT incident.event_level($1, $2, $3), incident.processing_time($1, $4);
SELECT pg_temp.ok(parameter_types = '{text,text,text,text}', 3, 'parameters without a type are texts')
FROM pg_prepared_statements WHERE name = 'levels';
EXECUTE levels('gravity-3', NULL, '重大', '一般') \gset
SELECT pg_temp.ok(:'event_level' = '2' AND :'processing_time' = interval '5 days', 4, 'look-ups');

SELECT incident.assess(:incident, forget => ARRAY['severity']) \g /dev/null
SELECT pg_temp.ok(severity IS NULL, 5, 'an array') FROM incident.open_incidents WHERE incident_id = :incident;
SELECT pg_temp.ok(count(*) = 1, 6, 'facts as jsonb') FROM incident.simulate('gravity-3', NULL, '一般', '2026-01-05', '2026-01-06',
	'[{"at": "2026-01-05 09:00", "kind": "assessed", "severity": "重大"}]') WHERE detail = '{"severity": "severe"}';
\copy (SELECT 'severe'::incident.severity, '{1,none}'::incident.level[]) TO '/dev/null' (FORMAT binary)
SELECT incident.open(severity => 'minor', policy => 'gravity-3') \g /dev/null
SELECT pg_temp.ok(:'SQLSTATE' = '22023' AND :'LAST_ERROR_MESSAGE' LIKE '%gravity-3%', 7, 'a refused word');
