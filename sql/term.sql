--
-- Words and texts for people, in English and Chinese: by argument and by setting.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
BEGIN;

-- Which language.
SELECT incident.language() AS by_default, incident.language('zh') AS named;
SET LOCAL pg_incident.language = 'zh';
SELECT incident.language() AS by_setting, incident.language('en') AS named, incident.term('status', 'on_hold');
SET LOCAL pg_incident.language = 'en';
SAVEPOINT s;
SET LOCAL pg_incident.language = 'fr';
ROLLBACK TO s;
SELECT incident.term('status', 'open', 'fr');
ROLLBACK TO s;

-- Every word of its kind has a term: kinds of entry, rules, statuses.
SELECT n, incident_internal.kind_word(n::smallint) AS lacks_a_term
FROM generate_series(0, 255) AS n
WHERE incident_internal.kind_word(n::smallint) IS NOT NULL AND incident.term('entry', incident_internal.kind_word(n::smallint)) IS NULL;
SELECT n, incident_internal.rule_word(n::smallint) AS lacks_a_term
FROM generate_series(0, 255) AS n
WHERE incident_internal.rule_word(n::smallint) IS NOT NULL AND incident.term('rule', incident_internal.rule_word(n::smallint)) IS NULL;
SELECT DISTINCT role AS lacks_a_term FROM incident_internal.role_rights WHERE incident.term('role', role) IS NULL;
-- None has the same word twice in a kind, and none is empty or has no Chinese in Chinese.
SELECT kind, word, count(*) FROM incident.terms() GROUP BY kind, word HAVING count(*) > 1;
SELECT kind, word, en, zh FROM incident.terms()
WHERE kind <> 'rating' AND (en ~ '^\s*$' OR zh !~ '[\u4e00-\u9fff]') ORDER BY kind, word;

-- Words of policies, by their titles.
SELECT kind, word, policy, incident.term(kind, word, 'en', policy) AS en, incident.term(kind, word, 'zh', policy) AS zh
FROM (VALUES ('post', 'leading_group', 'eport'), ('duty', 'first_report', 'eport'), ('level', '1', 'eport'),
	('severity', 'severe', 'eport'), ('severity', 'severe', 'gravity-3'), ('level', '1', NULL),
	('rule', 'remaining_time:1', 'eport'), ('rule', 'duty:notify', 'eport'), ('rule', 'step:2', 'itil'),
	('rule', 'duty:nonsense', 'eport'), ('post', 'nobody', 'eport'), ('nonsense', 'open', NULL)) AS w(kind, word, policy);
SELECT incident.term('post', 'leading_group', 'zh', NULL);

-- The wall chart.
SELECT asset_level, severity, rises, audience_titles FROM incident.quick_reference('eport', 'zh') WHERE asset_level = '3';
SELECT asset_level, severity, rises, audience_titles FROM incident.quick_reference('eport', 'en') WHERE asset_level = '3';

-- An incident explained. What each sentence says is as in English, in sql/life.sql.
SELECT incident.register_asset('库', 'database', level => '3') > 0 AS registered;
CREATE FUNCTION pg_temp.explained(id bigint, language text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(line, '\d{4}-\d\d-\d\d [\d:.]+[+]00', 'MOMENT', 'g'), '计时 \d+:\d\d:\d\d，', '计时 T，')
	FROM incident.explain(id, language) WITH ORDINALITY AS e(line, place) ORDER BY place
$$;
SELECT incident.open('库', 'minor', detected_at => now() - interval '5 hours') AS id \gset
SELECT regexp_replace(l, '\y' || :id || '\y', 'N') AS line FROM pg_temp.explained(:id, 'zh') AS l;
SELECT incident.hold(:id, at => now() - interval '4 hours'), incident.assess(:id, forget => '{asset,severity}');
SELECT regexp_replace(l, '\y' || :id || '\y', 'N') AS line FROM pg_temp.explained(:id, 'zh') AS l;
ROLLBACK;
