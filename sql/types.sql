--
-- The types severity, level and rating: words, order, binary form, casts, labels.
-- Runs in a UTF-8 database.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';

-- The plan of a query, written as every version writes it.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		RETURN NEXT replace(line, ' (returns $0)', '');
	END LOOP;
END $$;

-- Every accepted word

SELECT word, word::incident.severity AS severity
FROM unnest('{informational,提示, minor,low,轻微, moderate,medium,中等, severe,high,严重,
	critical,危急,特别严重}'::text[]) WITH ORDINALITY AS w (word, place)
ORDER BY place;

SELECT word, word::incident.level AS level
FROM unnest('{none,非等级,
	9,IX,P9,SEV9,九级,9级,IX级, 8,VIII,P8,SEV8,八级,8级,VIII级, 7,VII,P7,SEV7,七级,7级,VII级,
	6,VI,P6,SEV6,六级,6级,VI级, 5,V,P5,SEV5,五级,5级,V级, 4,IV,P4,SEV4,四级,4级,IV级,
	3,III,P3,SEV3,三级,3级,III级, 2,II,P2,SEV2,二级,2级,II级, 1,I,P1,SEV1,一级,1级,I级}'::text[])
	WITH ORDINALITY AS w (word, place)
ORDER BY place;

SELECT word, word::incident.rating AS rating
FROM unnest('{1,very low,很低, 2,low,低, 3,medium,中等, 4,high,高,
	5,very high,很高}'::text[]) WITH ORDINALITY AS w (word, place)
ORDER BY place;

-- The case of ASCII letters, white space around a word, and what joins two words

SELECT quote_literal(word) AS word, word::incident.severity AS severity
FROM unnest(ARRAY['CRITICAL', 'Critical', 'cRiTiCaL', ' critical', 'critical ',
	E'\t\r\n\x0B\f critical \f\x0B\n\r\t', E' \n危急\t']) AS word;

SELECT word, word::incident.level AS level
FROM unnest('{None,NONE,ix,iX,vIiI,p1,sev1,Sev1," 1 "," 一级 "}'::text[]) AS word;

SELECT quote_literal(word) AS word, word::incident.rating AS rating
FROM unnest(ARRAY['very low', 'very_low', 'very-low', 'VERY-LOW', 'Very   Low', 'very - low',
	' very_-_high ']) AS word;
SELECT ('very' || repeat(' ', 1000000) || 'high')::incident.rating AS rating;

-- Full width, Roman numerals of one character, and blanks beside Chinese, which has none

SELECT quote_literal(word) AS word, word::incident.level AS level
FROM unnest('{Ⅰ,Ⅱ,Ⅲ,Ⅳ,Ⅴ,Ⅵ,Ⅶ,Ⅷ,Ⅸ,ⅰ,ⅱ,ⅲ,ⅳ,ⅴ,ⅵ,ⅶ,ⅷ,ⅸ,Ⅰ级,ⅲ级,1级,"1 级","1　级","Ⅰ 级",一 级,１,９,１级,"１ 级",
	Ｐ１,ｓｅｖ２,ＩＶ级,　１　,"　一　级　",Ｎｏｎｅ}'::text[]) WITH ORDINALITY AS w (word, place)
ORDER BY place;
SELECT quote_literal(word) AS word, word::incident.severity AS severity
FROM unnest(ARRAY['ｌｏｗ', 'ＣＲＩＴＩＣＡＬ', 'ｉｎｆｏｒｍａｔｉｏｎａｌ', '严 重', '严　重', '特别 严重', U&'\00A0critical', U&'critical\3000']) AS word;
SELECT quote_literal(word) AS word, word::incident.rating AS rating
FROM unnest(ARRAY['５', 'ｖｅｒｙ　ｌｏｗ', 'ｖｅｒｙ＿ｈｉｇｈ', 'very－high', '很 低', '中　等']) AS word;

-- Refused words: each type once in full

SELECT 'urgent'::incident.severity;
SELECT 'urgent'::incident.level;
SELECT 'urgent'::incident.rating;

SELECT quote_literal(word) AS word, state, message
FROM unnest(ARRAY['', ' ', '0', '1', '5', 'crit', 'criticals', 'critical!', 'critical,', 'very low', 'mod erate',
	'-critical', 'critical-', 'critical_', 'min-or', '一般', '危', '危急危急', '严-重', '高', '低', '１', '－low', '严重。',
	'ｃritical　low', 'unknown', 'NULL', 'none']) AS word,
	test.refusal_detailed(format('SELECT %L::incident.severity', word));
SELECT ascii(invisible) AS invisible, state
FROM unnest(ARRAY[E'\u00AD', E'\u200B', E'\u2028', E'\u202E', E'\uFEFF']) AS invisible,
	test.refusal_detailed(format('SELECT %L::incident.severity', 'critical' || invisible));

SELECT quote_literal(word) AS word, state, message
FROM unnest(ARRAY['', ' ', '0', '10', '-1', '+1', '01', '1.0', '1 2', 'IIII', 'IIX', 'X', 'O', 'level 1', 'P', 'P0', 'P10',
	'P 1', 'P-1', 'SEV', 'SEV0', 'SEV10', 'SEV-1', 'SEV 1', 'S1', '级', '零级', '十级', '一', '壹级', '0级', '１０', '－１', '1-级', '1级级',
	'Ⅹ', 'Ⅻ', 'ⅹ', 'Ⅰ1', '1 Ⅰ', '①', '等级', 'non', 'no-ne', 'critical']) AS word,
	test.refusal_detailed(format('SELECT %L::incident.level', word));

SELECT quote_literal(word) AS word, state, message
FROM unnest(ARRAY['', ' ', '0', '6', '-1', '1.0', '10', 'I', 'P1', 'very', 'verylow', 'very low low', E'very\tlow', '_very low', 'very low-',
	'very medium', 'lo w', '中', '很_低', '很中等', '0５', 'Ⅰ', '一级', 'moderate', 'none']) AS word,
	test.refusal_detailed(format('SELECT %L::incident.rating', word));

-- A very long value is shown clipped, at a whole character

SELECT length(message), message
FROM unnest(ARRAY['x', '提', 'x提', 'xx提']) AS word,
	test.refusal_detailed(format('SELECT repeat(%L, 1000000)::incident.severity', word));
SELECT length(message), message
FROM test.refusal_detailed($$SELECT incident.label('1'::incident.level, repeat('z', 1000000))$$);
SELECT message FROM test.refusal_detailed(format('SELECT %L::incident.level', repeat('x', 64)));
SELECT message FROM test.refusal_detailed(format('SELECT %L::incident.level', repeat('x', 65)));

-- A client that cannot read Chinese gets the error about its word all the same

SET client_encoding = 'LATIN1';
SELECT 'urgent'::incident.severity;
SET client_encoding = 'UTF8';

-- Numbers

SELECT number, number::incident.severity AS severity, number::incident.severity::integer AS back
FROM generate_series(1, 5) AS number;
SELECT number, number::incident.level AS level, number::incident.level::integer AS back
FROM generate_series(0, 9) AS number;
SELECT number, number::incident.rating AS rating, number::incident.rating::integer AS back
FROM generate_series(1, 5) AS number;

SELECT 6::incident.severity;
SELECT 10::incident.level;
SELECT 0::incident.rating;
SELECT type, number, state, message
FROM unnest('{severity,level,rating}'::text[]) AS type,
	unnest('{-2147483648,-1,0,6,10,255,256,257,2147483647}'::integer[]) AS number,
	test.refusal_detailed(format('SELECT %s::incident.%I', quote_literal(number) || '::integer', type))
WHERE state <> 'accepted';

-- Which casts are given where

SELECT castsource::regtype AS source, casttarget::regtype AS target, castcontext AS context, castmethod AS method
FROM pg_cast
WHERE 'incident.severity'::regtype IN (castsource, casttarget)
	OR 'incident.level'::regtype IN (castsource, casttarget)
	OR 'incident.rating'::regtype IN (castsource, casttarget)
ORDER BY castsource::regtype::text COLLATE "C", casttarget::regtype::text COLLATE "C";

CREATE TEMP TABLE assigned (severity incident.severity, level incident.level, rating incident.rating, word text, number integer);
INSERT INTO assigned SELECT word, word, word, NULL, NULL FROM (SELECT NULL::text AS word) AS n;
INSERT INTO assigned SELECT 'low'::text, 'P1'::text, 'low'::text, 'II'::incident.level, 'II'::incident.level;
SELECT * FROM assigned;
INSERT INTO assigned (level) VALUES (1);
SELECT 'low'::incident.rating = 2;
SELECT 'low'::incident.rating = 'low'::incident.severity;

-- NULL

SELECT NULL::incident.severity IS NULL AS input, NULL::incident.level::integer IS NULL AS number,
	NULL::integer::incident.rating IS NULL AS from_number, NULL::incident.rating::text IS NULL AS word,
	incident.label(NULL::incident.level) IS NULL AS label,
	incident.label('1'::incident.level, NULL) IS NULL AS label_language,
	NULL::incident.severity < 'minor' IS NULL AS less,
	incident_internal.severity_larger(NULL, 'minor') IS NULL AS larger;
SELECT max(value) IS NULL AS none, min(value) IS NULL AS none_either
FROM (VALUES (NULL::incident.level)) AS v (value);
SELECT max(value), min(value) FROM (VALUES (NULL::incident.level), ('none'), ('3'), (NULL)) AS v (value);
SELECT max(value), min(value) FROM (SELECT 'low'::incident.rating WHERE false) AS v (value);

-- Labels

SELECT value, incident.label(value), incident.label(value, 'en') AS en, incident.label(value, 'zh') AS zh
FROM generate_series(1, 5) AS number, CAST(number AS incident.severity) AS value;
SELECT value, incident.label(value), incident.label(value, 'en') AS en, incident.label(value, language => 'zh') AS zh
FROM generate_series(0, 9) AS number, CAST(number AS incident.level) AS value;
SELECT value, incident.label(value), incident.label(value, 'en') AS en, incident.label(value, 'zh') AS zh
FROM generate_series(1, 5) AS number, CAST(number AS incident.rating) AS value;

SELECT incident.label('1'::incident.level, 'de');
SELECT language, state, message
FROM unnest('{"",EN,zh_CN,z,zhen,中文}'::text[]) AS language,
	test.refusal_detailed(format('SELECT incident.label(%L::incident.rating, %L)', 'low', language));

-- Order: each operator on each pair agrees with the place in the list

CREATE TEMP TABLE severities AS
	SELECT place, word::incident.severity AS value
	FROM unnest('{informational,minor,moderate,severe,critical}'::text[]) WITH ORDINALITY AS w (word, place);
CREATE TEMP TABLE levels AS
	SELECT place, word::incident.level AS value
	FROM unnest('{none,9,8,7,6,5,4,3,2,1}'::text[]) WITH ORDINALITY AS w (word, place);
CREATE TEMP TABLE ratings AS
	SELECT place, word::incident.rating AS value
	FROM unnest('{1,2,3,4,5}'::text[]) WITH ORDINALITY AS w (word, place);

SELECT type, count(*) AS pairs,
	bool_and(less = (a < b)) AS less, bool_and(less_equal = (a <= b)) AS less_equal,
	bool_and(equal = (a = b)) AS equal, bool_and(unequal = (a <> b)) AS unequal,
	bool_and(greater_equal = (a >= b)) AS greater_equal, bool_and(greater = (a > b)) AS greater,
	bool_and(sign(cmp) = sign(a - b)) AS cmp,
	bool_and(larger = greatest(a, b)) AS larger, bool_and(smaller = least(a, b)) AS smaller
FROM (
	SELECT 'severity' AS type, x.place AS a, y.place AS b,
		x.value < y.value AS less, x.value <= y.value AS less_equal,
		x.value = y.value AS equal, x.value <> y.value AS unequal,
		x.value >= y.value AS greater_equal, x.value > y.value AS greater,
		incident_internal.severity_cmp(x.value, y.value) AS cmp,
		(SELECT place FROM severities WHERE value = incident_internal.severity_larger(x.value, y.value)) AS larger,
		(SELECT place FROM severities WHERE value = incident_internal.severity_smaller(x.value, y.value)) AS smaller
	FROM severities AS x, severities AS y
	UNION ALL
	SELECT 'level', x.place, y.place,
		x.value < y.value, x.value <= y.value,
		x.value = y.value, x.value <> y.value,
		x.value >= y.value, x.value > y.value,
		incident_internal.level_cmp(x.value, y.value),
		(SELECT place FROM levels WHERE value = incident_internal.level_larger(x.value, y.value)),
		(SELECT place FROM levels WHERE value = incident_internal.level_smaller(x.value, y.value))
	FROM levels AS x, levels AS y
	UNION ALL
	SELECT 'rating', x.place, y.place,
		x.value < y.value, x.value <= y.value,
		x.value = y.value, x.value <> y.value,
		x.value >= y.value, x.value > y.value,
		incident_internal.rating_cmp(x.value, y.value),
		(SELECT place FROM ratings WHERE value = incident_internal.rating_larger(x.value, y.value)),
		(SELECT place FROM ratings WHERE value = incident_internal.rating_smaller(x.value, y.value))
	FROM ratings AS x, ratings AS y
) AS pairs
GROUP BY type ORDER BY type;

SELECT string_agg(value::text, ' < ' ORDER BY value) AS ascending, string_agg(value::text, ' > ' ORDER BY value DESC) AS descending,
	min(value), max(value)
FROM severities;
SELECT string_agg(value::text, ' < ' ORDER BY value) AS ascending, string_agg(value::text, ' > ' ORDER BY value DESC) AS descending,
	min(value), max(value)
FROM levels;
SELECT string_agg(value::text, ' < ' ORDER BY value) AS ascending, string_agg(value::text, ' > ' ORDER BY value DESC) AS descending,
	min(value), max(value)
FROM ratings;
SELECT value FROM levels UNION ALL SELECT NULL ORDER BY value DESC;

-- Hash and merge joins, grouping, distinct

CREATE TABLE incident_types (id integer PRIMARY KEY, severity incident.severity, level incident.level, rating incident.rating);
INSERT INTO incident_types
	SELECT i, (1 + i % 5)::incident.severity, (i % 10)::incident.level, (1 + i % 5)::incident.rating
	FROM generate_series(1, 10000) AS i;
ANALYZE incident_types;

SET enable_nestloop = off;
SET enable_mergejoin = off;
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT count(*) FROM incident_types AS t JOIN levels AS l ON t.level = l.value;
SELECT count(*) FROM incident_types AS t JOIN levels AS l ON t.level = l.value;
SELECT count(*) FROM incident_types AS t JOIN severities AS s ON t.severity = s.value;
SELECT count(*) FROM incident_types AS t JOIN ratings AS r ON t.rating = r.value;
SET enable_mergejoin = on;
SET enable_hashjoin = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM incident_types AS t JOIN levels AS l ON t.level = l.value;
SELECT count(*) FROM incident_types AS t JOIN levels AS l ON t.level = l.value;
RESET enable_hashjoin;
RESET enable_nestloop;

SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT level, severity, rating, count(*) FROM incident_types GROUP BY level, severity, rating;
SET enable_sort = on;
SET enable_hashagg = off;
EXPLAIN (COSTS OFF) SELECT level, severity, rating, count(*) FROM incident_types GROUP BY level, severity, rating;
SELECT level, severity, rating, count(*) FROM incident_types GROUP BY level, severity, rating ORDER BY level;
RESET enable_hashagg;
SELECT level, severity, rating, count(*) FROM incident_types GROUP BY level, severity, rating ORDER BY level;
SELECT count(DISTINCT level) AS levels, count(DISTINCT severity) AS severities, count(DISTINCT rating) AS ratings FROM incident_types;
RESET max_parallel_workers_per_gather;

-- min and max in parallel

BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT max(level), min(severity), max(rating) FROM incident_types;
SELECT max(level), min(severity), max(rating) FROM incident_types;
COMMIT;

-- Btree and hash indexes

CREATE INDEX incident_types_level ON incident_types (level);
CREATE INDEX incident_types_severity ON incident_types (severity, rating);
CREATE INDEX incident_types_rating ON incident_types USING hash (rating);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM incident_types WHERE level >= '2';
SELECT count(*) FROM incident_types WHERE level >= '2';
SELECT pg_temp.plan('SELECT max(level) FROM incident_types');
SELECT max(level), min(level) FROM incident_types;
EXPLAIN (COSTS OFF) SELECT id FROM incident_types WHERE severity = 'severe' AND rating < 'low';
SELECT count(*) FROM incident_types WHERE severity = 'severe' AND rating = 'high';
DROP INDEX incident_types_severity;
EXPLAIN (COSTS OFF) SELECT id FROM incident_types WHERE rating = '5';
SELECT count(id) FROM incident_types WHERE rating = '5';
RESET enable_seqscan;
RESET enable_bitmapscan;

-- An index serves a condition on a security barrier view

CREATE VIEW incident_types_barrier WITH (security_barrier) AS SELECT * FROM incident_types WHERE id > 0;
CREATE ROLE regress_incident_types;
GRANT SELECT ON incident_types_barrier TO regress_incident_types;
SELECT incident.grant_role('auditor', 'regress_incident_types');
SET ROLE regress_incident_types;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM incident_types_barrier WHERE level = '1';
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET ROLE;
DROP VIEW incident_types_barrier;
SELECT incident.revoke_role('auditor', 'regress_incident_types');
DROP ROLE regress_incident_types;

-- Operator classes keep their promises

SELECT opc.opcname, am.amname, opc.opcdefault, amvalidate(opc.oid)
FROM pg_opclass AS opc JOIN pg_am AS am ON am.oid = opc.opcmethod
WHERE opc.opcintype IN ('incident.severity'::regtype, 'incident.level'::regtype, 'incident.rating'::regtype)
ORDER BY opcname, amname;
CREATE TEMP TABLE unique_level (level incident.level UNIQUE);
INSERT INTO unique_level VALUES ('1'), ('none');
INSERT INTO unique_level VALUES ('P1');
INSERT INTO unique_level VALUES ('I') ON CONFLICT DO NOTHING;

-- Partitions by hash (the extended hash) and by range

CREATE TABLE incident_types_hashed (level incident.level, severity incident.severity, rating incident.rating)
	PARTITION BY HASH (level, severity, rating);
CREATE TABLE incident_types_hashed_0 PARTITION OF incident_types_hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE incident_types_hashed_1 PARTITION OF incident_types_hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO incident_types_hashed SELECT l.value, s.value, r.value FROM levels AS l, severities AS s, ratings AS r;
SELECT count(*), count(*) FILTER (WHERE tableoid = 'incident_types_hashed_0'::regclass) BETWEEN 80 AND 170 AS both_used
FROM incident_types_hashed;
SELECT bool_and(incident_internal.level_hash_extended(value, 0)::bit(32) = incident_internal.level_hash(value)::bit(32)) AS seed_0_is_hash,
	count(DISTINCT incident_internal.level_hash(value)) AS hashes, count(DISTINCT incident_internal.level_hash_extended(value, 1)) AS seeded
FROM levels;

CREATE TABLE incident_types_ranged (level incident.level) PARTITION BY RANGE (level);
CREATE TABLE incident_types_low PARTITION OF incident_types_ranged FOR VALUES FROM ('none') TO ('3');
CREATE TABLE incident_types_high PARTITION OF incident_types_ranged FOR VALUES FROM ('3') TO (MAXVALUE);
INSERT INTO incident_types_ranged SELECT value FROM levels;
SELECT tableoid::regclass AS partition, string_agg(level::text, ' ' ORDER BY level) AS levels
FROM incident_types_ranged GROUP BY tableoid ORDER BY tableoid::regclass::text;
EXPLAIN (COSTS OFF) SELECT * FROM incident_types_ranged WHERE level > '3';
DROP TABLE incident_types_ranged, incident_types_hashed, incident_types;

-- Binary form: the place in the order of the type, one byte

SELECT string_agg(encode(incident_internal.severity_send(value), 'hex'), ' ' ORDER BY place) AS severities FROM severities;
SELECT string_agg(encode(incident_internal.level_send(value), 'hex'), ' ' ORDER BY place) AS levels FROM levels;
SELECT string_agg(encode(incident_internal.rating_send(value), 'hex'), ' ' ORDER BY place) AS ratings FROM ratings;

-- Reads one row of binary COPY data: the three fields as given, each a length and its bytes in octal.
CREATE FUNCTION pg_temp.read_binary(fields text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE binary_rows (severity incident.severity, level incident.level, rating incident.rating);
	EXECUTE format('COPY binary_rows FROM PROGRAM %L (FORMAT binary)',
		$printf$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\003$printf$ || fields || $printf$\377\377'$printf$);
	RETURN QUERY SELECT binary_rows::text FROM binary_rows;
	DROP TABLE binary_rows;
END $$;

SELECT code, row_read
FROM generate_series(0, 9) AS code,
	pg_temp.read_binary(format($$\000\000\000\001\00%s\000\000\000\001\%s\000\000\000\001\00%s$$,
		1 + code % 5, CASE WHEN code < 8 THEN '00' || code ELSE '01' || code - 8 END, 5 - code % 5)) AS row_read
ORDER BY code;
SELECT pg_temp.read_binary($$\377\377\377\377\377\377\377\377\377\377\377\377$$) AS nulls;

SELECT 'severity' AS type, byte, state, message, detail
FROM unnest('{000,006,177,200,377}'::text[]) AS byte,
	test.refusal_detailed(format('SELECT pg_temp.read_binary(%L)', $$\000\000\000\001\$$ || byte || repeat('\377', 8)))
UNION ALL
SELECT 'level', byte, state, message, detail
FROM unnest('{012,060,061,200,377}'::text[]) AS byte,
	test.refusal_detailed(format('SELECT pg_temp.read_binary(%L)', repeat('\377', 4) || $$\000\000\000\001\$$ || byte || repeat('\377', 4)))
UNION ALL
SELECT 'rating', byte, state, message, detail
FROM unnest('{000,006,177,200,377}'::text[]) AS byte,
	test.refusal_detailed(format('SELECT pg_temp.read_binary(%L)', repeat('\377', 8) || $$\000\000\000\001\$$ || byte));

-- Too few and too many bytes
SELECT state, message
FROM unnest(ARRAY[$$\000\000\000\000$$, $$\000\000\000\002\001\001$$]) AS field,
	test.refusal_detailed(format('SELECT pg_temp.read_binary(%L)', field || repeat('\377', 8)));

-- Arrays, records and JSON

SELECT '{1,none,NULL," ii "}'::incident.level[] AS levels, ARRAY['高', 'very low']::incident.rating[] AS ratings;
SELECT '1' = ANY ('{2,P1}'::incident.level[]) AS found;
SELECT * FROM jsonb_to_record('{"severity": "严重", "level": 3, "rating": "very-high"}')
	AS r (severity incident.severity, level incident.level, rating incident.rating);
SELECT to_jsonb(r) FROM (SELECT 'high'::incident.severity AS severity, '一级'::incident.level AS level) AS r;

-- The catalogue: one byte by value; every function immutable, strict and parallel safe; everything has a comment

SELECT typname, typlen, typbyval, typalign, typstorage, typcategory, obj_description(oid, 'pg_type') AS comment
FROM pg_type WHERE typname IN ('severity', 'level', 'rating') AND typnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
ORDER BY typname;
WITH ours AS (
	SELECT p.* FROM pg_proc AS p
	WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
		AND (p.prosrc LIKE 'word\_type\_%' OR p.prosrc ~ '^(severity|level|rating)_(in|out|recv|from_integer|to_integer|label)$')
)
SELECT count(*) AS functions, bool_and(provolatile = 'i') AS immutable, bool_and(proisstrict) AS strict,
	bool_and(proparallel = 's') AS parallel_safe, count(obj_description(oid, 'pg_proc')) AS comments
FROM ours;
SELECT count(*) AS operators, count(obj_description(oid, 'pg_operator')) AS comments,
	bool_and(oprcom <> 0) AS commutators, bool_and(oprnegate <> 0) AS negators
FROM pg_operator
WHERE oprleft IN ('incident.severity'::regtype, 'incident.level'::regtype, 'incident.rating'::regtype);
