-- Risk methods: documents, look-ups, asset values, the heat map.
SET client_min_messages = warning;
\set SHOW_CONTEXT never

-- The shipped methods.
SELECT method_id, name, version, state, combination, unacceptable_from FROM incident.risk_method_versions ORDER BY 1;
SELECT name, incident.risk_level(method_id, '4', '5', '3') AS "4 5 3", incident.risk_level(method_id, '5', '5', '5') AS "5 5 5",
	incident.risk_level(method_id, '1', '1', '1') AS "1 1 1", incident.risk_level(method_id, '5', '1', '1') AS "5 1 1"
FROM incident.risk_method_versions ORDER BY method_id;
SELECT m.name, d.* FROM incident.risk_method_versions AS m, incident.risk_detail(m.method_id, '4', '3', '2') AS d ORDER BY m.method_id;

-- The root of 3 times the root of 12 is 6, and not a little less.
SELECT incident.risk_value(2, '4', '1', '3'), incident.risk_level(2, '4', '1', '3');
-- NULL is unknown and counts as the highest.
SELECT incident.risk_level('product', NULL, '5', '5'), incident.risk_level(1, NULL, NULL, NULL), incident.risk_value(1, '4', NULL, '3');
SELECT incident.risk_likelihood(3, '5', '5'), incident.risk_loss(3, '1', NULL), incident.risk_unacceptable_from(3);
SELECT incident.rating_shift('3', 1), incident.rating_shift('3', 9), incident.rating_shift('3', -2147483648), incident.rating_shift(NULL, 1);

-- Errors.
SELECT incident.risk_level(99, '1', '1', '1');
SELECT incident.risk_level('none such', '1', '1', '1');
SELECT incident.risk_level(NULL::integer, '1', '1', '1');
SELECT incident.risk_method_id('product', 7);
SELECT incident.risk_method_id('product', 0);
SELECT incident.risk_method_id(NULL);

-- The value of assets.
SELECT incident.asset_value('5', '5', '4') AS mean, incident.asset_value('5', '1', '1', 'log2mean') AS log2mean,
	incident.asset_value('2', '4', '3', 'max') AS max, incident.asset_value('5', '3', '2', 'weighted', '{0.5,0.3,0.2}') AS weighted,
	incident.asset_value('high', '很高', NULL) AS words;
SELECT incident.asset_rating('5', '5', '4'), incident.asset_rating('1', '1', '2'), incident.asset_rating('1', '2', '2');
SELECT pg_typeof(incident.asset_value('1', '1', '1')), incident.asset_value('1', '1', '1');
SELECT incident.asset_value('1', '1', '1', 'median');
SELECT incident.asset_value('1', '1', '1', NULL);
SELECT incident.asset_value('1', '1', '1', 'weighted');
SELECT incident.asset_value('1', '1', '1', 'mean', '{1,1,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,NULL,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{0,0,0}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,-1,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,0.0000001,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,NaN,1}');
SELECT incident.asset_value('1', '1', '1', 'weighted', '{1,Infinity,1}');

-- The heat map, serial, in parallel, of nothing, by group and in a window.
CREATE TABLE rated AS
SELECT (1 + i % 5)::incident.rating AS likelihood, (1 + i / 5 % 4)::incident.rating AS loss, i % 2 AS half
FROM generate_series(1, 20000) AS i;
INSERT INTO rated VALUES (NULL, '1', 0), ('2', NULL, 1);
SELECT incident.risk_heat_map(likelihood, loss) FROM rated;
SELECT incident.risk_heat_map(likelihood, loss) FROM rated WHERE false;
SELECT half, incident.risk_heat_map(likelihood, loss) FROM rated GROUP BY half ORDER BY half;
SELECT DISTINCT (incident.risk_heat_map(likelihood, loss) OVER (ORDER BY half))[1][5] AS counted FROM rated ORDER BY 1;
ALTER TABLE rated SET (parallel_workers = 2);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT incident.risk_heat_map(likelihood, loss) FROM rated;
SELECT incident.risk_heat_map(likelihood, loss) FROM rated;
SELECT (incident.risk_heat_map(likelihood, loss))[5][2] = count(*) FILTER (WHERE coalesce(loss, '5') = '5' AND likelihood = '2') FROM rated;
SELECT count(incident.risk_level(1, likelihood, loss, '5')) FROM rated;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- Documents: import, check, publish, export.
CREATE FUNCTION pg_temp.changed(path text, value jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT CASE WHEN value IS NULL THEN d #- path::text[] ELSE jsonb_set(d, path::text[], value) END
	FROM (SELECT jsonb_set(incident.export_risk_method(3), '{name}', '"mine"') AS d) AS m
$$;
SELECT incident.import_risk_method(pg_temp.changed('{source}', '"own"')) AS id \gset
SELECT incident.export_risk_method(:id) = pg_temp.changed('{source}', '"own"') AS same;
SELECT incident.risk_level(:id, '3', '3', '3') AS a_draft_by_its_id;
SELECT incident.risk_method_id('mine');
SELECT incident.publish_risk_method(:id);
SELECT incident.risk_method_id('mine') = :id AS found;
SELECT incident.publish_risk_method(:id);
SELECT incident.publish_risk_method(99);
SELECT incident.import_risk_method(pg_temp.changed('{unacceptable_from}', '5')) AS second \gset
SELECT incident.publish_risk_method(:second);
SELECT incident.risk_method_id('mine') = :second AS newest, incident.risk_method_id('mine', 1) = :id AS first, incident.risk_unacceptable_from(incident.risk_method_id('mine'));
SELECT incident.export_risk_method(12345) IS NULL AS nothing;

-- What is published never changes; a draft may go.
UPDATE incident_internal.risk_methods SET document = '{}' WHERE method_id = :id;
UPDATE incident_internal.risk_methods SET state = 'draft' WHERE method_id = 1;
DELETE FROM incident_internal.risk_methods WHERE method_id = :second;
TRUNCATE incident_internal.risk_methods;
INSERT INTO incident_internal.risk_methods (name, version, state, document, digest) VALUES ('planted', 1, 'published', '{}', '');
BEGIN;
ALTER TABLE incident_internal.risk_methods DISABLE TRIGGER guard;
UPDATE incident_internal.risk_methods SET document = document || '{"source": "elsewhere"}' WHERE method_id IN (1, :second);
SELECT * FROM incident.verify_risk_methods();
ROLLBACK;
SELECT * FROM incident.verify_risk_methods();
SELECT incident.import_risk_method(pg_temp.changed('{name}', '"draft"')) AS draft \gset
UPDATE incident_internal.risk_methods SET document = jsonb_set(document, '{risk,bands,0,1}', '7') WHERE method_id = :draft;
SELECT incident.risk_level(:draft, '3', '3', '3');
SELECT incident.publish_risk_method(:draft);
DELETE FROM incident_internal.risk_methods WHERE method_id = :draft;

-- Everything that can be wrong, each at its place.
SELECT c.place, c.problem, t.path, t.value
FROM (VALUES
	('{name}', '"Not A Name"'), ('{name}', NULL), ('{title,zh}', NULL), ('{extra}', '1'), ('{source}', '7'),
	('{asset_value}', NULL), ('{asset_value}', '"mean"'), ('{asset_value,combination}', '"median"'),
	('{asset_value,weights}', '{"confidentiality": 1}'), ('{asset_value,extra}', '1'),
	('{asset_value}', '{"combination": "weighted"}'),
	('{asset_value}', '{"combination": "weighted", "weights": {"confidentiality": 0, "integrity": 0, "availability": 0}}'),
	('{asset_value}', '{"combination": "weighted", "weights": {"confidentiality": -1, "integrity": 0, "availability": "x"}}'),
	('{asset_value}', '{"combination": "weighted", "weights": {"confidentiality": -1, "integrity": 1, "availability": 1000001}}'),
	('{likelihood}', NULL), ('{likelihood}', '[]'), ('{likelihood,formula}', '"sum"'), ('{likelihood,extra}', '1'),
	('{likelihood,formula}', '"product_of_values"'), ('{risk,formula}', '"row"'),
	('{likelihood,formula}', '"product"'),
	('{likelihood,matrix}', NULL), ('{likelihood,matrix}', '[1, 2]'), ('{likelihood,matrix,0}', '[1, 2, 3, 4]'),
	('{likelihood,matrix,0,0}', '"2"'), ('{likelihood,matrix,0,0}', '2.5'), ('{likelihood,matrix,0,0}', '1e30'),
	('{likelihood,matrix,0,0}', '-1'), ('{likelihood,matrix,4,4}', '10001'),
	('{likelihood,matrix,1,1}', '3'), ('{likelihood,matrix,1,2}', '14'),
	('{risk,bands}', NULL), ('{risk,bands,1}', '[7]'), ('{risk,bands,1,0}', '8'), ('{risk,bands,1,0}', '6'),
	('{risk,bands,1}', '[7, 5]'), ('{risk,bands,4,1}', '24'), ('{risk,bands,0,0}', '4'), ('{risk,bands,4,1}', '100000001'),
	('{unacceptable_from}', NULL), ('{unacceptable_from}', '6'), ('{unacceptable_from}', '"high"')
) AS t(path, value), LATERAL incident.check_risk_method(pg_temp.changed(t.path, t.value::jsonb)) AS c;
-- In Chinese.
SELECT * FROM incident.check_risk_method(pg_temp.changed('{risk,bands,1,0}', '8'), 'zh')
UNION ALL SELECT * FROM incident.check_risk_method('{}', 'zh') ORDER BY place;
SELECT * FROM incident.check_risk_method('[]');
SELECT * FROM incident.check_risk_method('{}');
SELECT * FROM incident_internal.risk_problems('{}');
SELECT incident.import_risk_method(pg_temp.changed('{risk,bands,1,0}', '8'));
SELECT incident.import_risk_method('"text"');

-- A method that another session has published is seen by the next statement; one that is
-- rolled back is gone.
BEGIN;
SELECT incident.import_risk_method(pg_temp.changed('{name}', '"passing"')) AS passing \gset
SELECT incident.publish_risk_method(:passing);
SELECT incident.risk_level('passing', '3', '3', '3');
ROLLBACK;
SELECT incident.risk_level('passing', '3', '3', '3');

DROP TABLE rated;
