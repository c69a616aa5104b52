--
-- A policy's own words for severities and levels, and every way to pass a severity or a level.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = incident, incident_internal, public;

-- The words of the presets. Titles count in either language, and what the document lists beside.
SELECT policy, word, severity_of(policy, word)
FROM (VALUES ('gravity-3', '{特别重大,重大,一般,grave,Especially  Grave,特别严重,危急,severe,严重}'::text[]),
		('gbz20986', '{特别严重,严重,较大,较小,特别严重损失,small loss,minor}'),
		('damage-sab', '{S,s,S级,S 级,"Ｓ　级",A 级损害,b damage,high}'),
		('itil', '{高,中,低,high,medium urgency}'),
		('eport', '{严重,中等,轻微,high}')) AS v(policy, words), unnest(words) WITH ORDINALITY AS w(word, place)
ORDER BY policy, place;
SELECT policy, word, asset_level_of(policy, word)
FROM (VALUES ('gravity-3', '{9,none,Ⅰ级}'::text[]),
		('gbz20986', '{特别重要,重要,一般,important system,Ⅰ,Ⅱ级,3级,"3 级",１,２级}'),
		('itil', '{high,高,LOW,中影响,P1}'), ('eport', '{非等级,III,三级}')) AS v(policy, words),
	unnest(words) WITH ORDINALITY AS w(word, place)
ORDER BY policy, place;
SELECT policy, word, event_level_of(policy, word)
FROM (VALUES ('gravity-3', '{特别重大,重大事件,一般,ordinary,Ⅰ级}'::text[]),
		('gbz20986', '{特别重大,较大,一般事件,Ⅳ级,特别重大事件（Ⅰ级）,特别重大事件(I级)}'),
		('damage-sab', '{S,b 级,"grade A"}'), ('itil', '{"p1, critical",P5,P3 中}')) AS v(policy, words),
	unnest(words) WITH ORDINALITY AS w(word, place)
ORDER BY policy, place;

-- The same word, and what each policy means by it.
SELECT p.name, s.*
FROM policies AS p, LATERAL (VALUES ('一般'), ('重大'), ('grave'), ('high'), ('严重'), ('1')) AS w(word),
	LATERAL (SELECT w.word, (test.refusal(format('SELECT severity_of(%L, %L)', p.name, w.word))).state = 'accepted' AS severity,
		(test.refusal(format('SELECT asset_level_of(%L, %L)', p.name, w.word))).state = 'accepted' AS asset_level,
		(test.refusal(format('SELECT event_level_of(%L, %L)', p.name, w.word))).state = 'accepted' AS event_level) AS s
WHERE p.policy_id < 1000 ORDER BY p.name, w.word;

-- A word that is refused: what the policy takes.
SELECT call, r.* FROM unnest(ARRAY[
	$$open(severity => '重点', policy => 'gravity-3')$$, $$open(severity => 'minor', policy => 'gravity-3')$$,
	$$open(asset_level => '4', policy => 'gbz20986')$$, $$simulate('damage-sab', NULL, 'C', now(), now())$$,
	$$simulate('itil', 'high', '高', '2026-01-05', '2026-01-06', '[{"at": "2026-01-05", "kind": "assessed", "severity": "none"}]')$$,
	$$processing_time('gravity-3', '4')$$, $$severity_of(NULL::text, 'S')$$, $$severity_of(-1, 'S')$$,
	$$severity_of('gravity-3', repeat('重', 1000))$$, $$severity_of('gravity-3', repeat('重', 90))$$]) AS call, test.refusal('SELECT ' || call) AS r;
SELECT severity_of('gravity-3', NULL) IS NULL AS severity, asset_level_of(4, NULL) IS NULL AS asset_level,
	event_level_of('itil', NULL) IS NULL AS event_level, severity_of('gravity-3', ' ') IS NULL AS blank;
-- A client that has no characters for the words is told the others.
SET client_encoding = 'LATIN1';
SELECT severity_of('gravity-3', 'minor');
SET client_encoding = 'UTF8';

-- A policy whose words are other policies' words for something else.
CREATE FUNCTION pg_temp.document(changes jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_set(jsonb_set(export_policy(policy_id('gravity-3')), '{name}', '"own-words"'),
		ARRAY['severities'], (SELECT jsonb_agg(s || coalesce(changes -> (s ->> 'severity'), '{}'))
			FROM jsonb_array_elements(export_policy(policy_id('gravity-3')) -> 'severities') AS s))
$$;
SELECT publish_policy(import_policy(pg_temp.document(
	'{"critical": {"words": ["high", "重大"]}, "severe": {"title": {"en": "mean", "zh": "一般"}}, "moderate": {"title": {"en": "low", "zh": "危急"}}}')));
SELECT word, severity_of('own-words', word) AS own, severity_of('gravity-3', word) AS of_gravity_3
FROM unnest('{重大,一般}'::text[]) AS word;
SELECT word, severity_of('own-words', word) AS own, word::severity AS of_the_type FROM unnest('{high,low,危急}'::text[]) AS word;
SELECT policy_id('own-words') AS own \gset
SELECT export_policy(:own) #> '{severities,0}' AS exported;
SELECT import_policy(export_policy(:own)) AS again \gset
SELECT export_policy(:again) = export_policy(:own) AS same;
-- The hint leaves out what means something else here.
SELECT hint FROM test.refusal($$SELECT severity_of('own-words', '?')$$);

-- Words that mean two things within a policy, blank ones, and too many.
SELECT c.* FROM (VALUES
	('{"critical": {"words": ["grave"]}}'::jsonb), ('{"severe": {"words": ["critical"]}}'), ('{"severe": {"words": ["Ｃritical"]}}'),
	('{"severe": {"title": {"en": "Especially-Grave", "zh": "特别 重大"}}}'), ('{"severe": {"words": ["critical damage", "高"]}}'),
	('{"severe": {"words": [" ", "　"]}}'), ('{"severe": {"words": "high"}}'), ('{"severe": {"words": ["severe", "重大", "重 大"]}}')) AS v(changes),
	check_policy(pg_temp.document(changes)) AS c;
SELECT c.* FROM check_policy(pg_temp.document(jsonb_build_object('severe',
	jsonb_build_object('words', (SELECT jsonb_agg('w' || i) FROM generate_series(1, 21) AS i))))) AS c;
SELECT c.* FROM check_policy(jsonb_set(export_policy(policy_id('itil')), '{axes,asset,values,0,words}', '["medium", "low impact"]')) AS c;
SELECT c.* FROM check_policy(jsonb_set(export_policy(policy_id('itil')), '{levels,0,words}', '["2", "P3 中", "P9"]')) AS c;

-- A level that a ticket brings, without an asset and with one
SELECT register_asset('plain', level => '3', category => 'host') > 0 AS registered;
SELECT open('plain', 'severe', 'level given', policy => 'gbz20986', asset_level => '特别重要') AS given \gset
SELECT open(severity => '严重', summary => 'level alone', policy => 'gbz20986', asset_level => 'Ⅱ级') AS alone \gset
SELECT incident_id = :given AS given, asset, asset_level, severity, event_level
FROM open_incidents WHERE incident_id IN (:given, :alone) ORDER BY incident_id;
SELECT assess(:given, asset_level => '一般'), assess(:alone, asset => 'plain'), assess(:alone, asset_level => '１级');
SELECT incident_id = :given AS given, asset, asset_level FROM open_incidents WHERE incident_id IN (:given, :alone) ORDER BY incident_id;
SELECT assess(:alone, asset => 'plain', asset_level => '2', severity => 'small');
SELECT asset, asset_level, severity FROM open_incidents WHERE incident_id = :alone;
SELECT assess(:alone, forget => '{asset}');
SELECT asset, asset_level, severity FROM open_incidents WHERE incident_id = :alone;
SELECT r.* FROM test.refusal(format('SELECT assess(%s, asset_level => ''1'', forget => ''{asset}'')', :given)) AS r;
SELECT count(*) FROM verify_timeline(:given);

-- By ticket
SELECT open(ticket => 'T-1', summary => 'first') AS first, open(ticket => 'T-1', summary => 'second') AS second \gset
SELECT find('T-1') = :second AS newest, find('T-2') IS NULL AS none, find(NULL) IS NULL AS of_nothing;
SELECT open(ticket => 'T-1', once => true) = :second AS same, open(NULL, '严重'::severity, ticket => 'T-1', once => true) = :second AS of_a_value,
	open('3'::level, ticket => ' T-1 ', once => true) = :second AS of_a_level, open(ticket => 'T-1', once => false) > :second AS another \gset
SELECT :'same' AS same, :'of_a_value' AS of_a_value, :'of_a_level' AS of_a_level, :'another' AS another,
	open(ticket => 'T-2', once => true, summary => 'new') = currval('incidents_incident_id_seq') AS new;
SELECT open(ticket => 'T-2', once => true, severity => 'severe') = find('T-2') AS same;
SELECT severity, repeats FROM incident_history WHERE incident_id = find('T-2');
SELECT resolve(find('T-2'));
SELECT open(ticket => 'T-2', once => true) AS another \gset
SELECT :another = find('T-2') AS another, count(*) AS of_the_ticket FROM incidents WHERE ticket = 'T-2';
SELECT r.* FROM unnest(ARRAY['open(once => true)', 'open(once => true, ticket => '' '')', 'open(once => true, ticket => ''T-3'', dedup_key => ''k'')',
	'open(once => true, ticket => ''T-1'', severity => ''?'')']) AS call, test.refusal('SELECT ' || call) AS r;

-- Every public function that has a severity, a level or a rating as an argument, called with that
-- as a literal, a text, a varchar and a value, by position and by name, alone and together with
-- the others. A call is parsed and not run, so what the other arguments say does not matter.

CREATE FUNCTION pg_temp.parses(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'PREPARE call AS ' || statement;
	DEALLOCATE call;
	RETURN 'yes';
EXCEPTION WHEN others THEN
	RETURN SQLERRM;
END $$;

CREATE TEMP TABLE argument AS
SELECT f.oid, f.proname, a.number, nullif(a.name, '') AS name, a.type::regtype AS type,
	CASE a.type WHEN 'severity'::regtype THEN 'severe' WHEN 'level'::regtype THEN '3' WHEN 'rating'::regtype THEN '4' END AS word,
	f.prokind = 'f' AND f.proargnames IS NOT NULL
		AND NOT EXISTS (SELECT FROM unnest(f.proargnames[:f.pronargs]) AS n(name) WHERE n.name = '') AS has_names
FROM pg_proc AS f, unnest(f.proargtypes::oid[], f.proargnames[:f.pronargs]) WITH ORDINALITY AS a(type, name, number)
WHERE f.pronamespace = 'incident'::regnamespace
	AND f.proname IN (SELECT r.object FROM role_rights AS r WHERE r.object_kind = 'function');
CREATE TEMP TABLE attempt AS
WITH style(style, pattern) AS (VALUES ('literal', '%1$L'), ('text', '%1$L::text'), ('varchar', '%1$L::varchar'),
		('value', '%1$L::%2$s')),
	target AS (SELECT oid, number FROM argument WHERE word IS NOT NULL
		UNION ALL SELECT oid, NULL FROM argument WHERE word IS NOT NULL GROUP BY oid HAVING count(*) > 1),
	part AS (SELECT t.oid, t.number, s.style, n.by_name, a.proname, a.number AS place,
		CASE WHEN n.by_name THEN format('%I => ', a.name) ELSE '' END
			|| CASE WHEN a.word IS NOT NULL AND (t.number IS NULL OR a.number = t.number)
				THEN format(s.pattern, a.word, a.type) ELSE format('NULL::%s', a.type) END AS passed
	FROM target AS t CROSS JOIN style AS s CROSS JOIN (VALUES (false), (true)) AS n(by_name)
	JOIN argument AS a ON a.oid = t.oid AND (a.has_names OR NOT n.by_name))
SELECT oid, number, style, by_name, format('SELECT incident.%I(%s)', proname, string_agg(passed, ', ' ORDER BY place)) AS call
FROM part GROUP BY oid, proname, number, style, by_name;
SELECT count(DISTINCT oid) AS functions, count(*) AS calls FROM attempt;
-- What label() is to give a word for, it must be told. A text as the severity beside a value as the
-- level in the twelfth place means either of two functions; by name it means one.
SELECT oid::regprocedure AS function, style, by_name, count(*), left(min(r.parses), 60) AS problem
FROM attempt, LATERAL (SELECT pg_temp.parses(call)) AS r(parses)
WHERE r.parses <> 'yes' GROUP BY oid, style, by_name ORDER BY oid::regprocedure::text COLLATE "C", style, by_name;

-- What has words of its own takes them in every style, and what is left out stays unknown.
SELECT count(*) AS calls, count(*) FILTER (WHERE r.parses <> 'yes') AS refused
FROM unnest(ARRAY[$$open(%s)$$, $$open(NULL, %s)$$, $$open(NULL, %s, 'summary', '2026-01-05 08:00')$$, $$open(severity => %s)$$,
		$$open(severity => %s, asset => 'a', by => 'b')$$, $$assess(1, %s)$$, $$assess(1, severity => %s)$$,
		$$event_level(3, %s, %1$s)$$, $$event_level('gravity-3', %s, %1$s)$$,
		$$event_level(policy => 'gravity-3', severity => %s, asset_level => NULL)$$,
		$$response_level(3, %s, %1$s, '1 hour')$$, $$response_level('gravity-3', '1'::level, %s)$$,
		$$response_steps(3, NULL, %s)$$, $$processing_time(3, %s)$$, $$processing_time('gravity-3', event_level => %s)$$,
		$$severity_of(3, %s)$$, $$simulate('gravity-3', %s, %1$s, now(), now())$$,
		$$simulate('gravity-3', '1'::level, severity => %s, detected_at => now(), until => now())$$,
		$$open(asset_level => %s)$$, $$open('a', asset_level => %s, severity => %1$s)$$,
		$$open(asset_level => '1'::level, severity => %s)$$, $$assess(1, asset_level => %s)$$,
		$$assess(1, asset_level => '1'::level, severity => %s)$$]) AS call,
	unnest(ARRAY[$$'重大'$$, $$'重大'::text$$, $$'重大'::varchar$$, $$'重大'::char(8)$$, $$NULL$$]) AS passed,
	LATERAL (SELECT pg_temp.parses('SELECT ' || format(call, passed))) AS r(parses);
SELECT call, pg_temp.parses('SELECT ' || call) FROM unnest('{open(),assess(1)}'::text[]) AS call;
SELECT call, r.* FROM unnest(ARRAY['open(severity => 4)', 'label(''minor'', ''zh'')', 'label(''minor''::text, ''zh'')']) AS call,
	pg_temp.parses('SELECT ' || call) AS r;

-- As clients pass them: variables of PL/pgSQL, parameters without a type and of type varchar
CREATE FUNCTION pg_temp.opened(word text, level_word varchar, typed severity, typed_level level) RETURNS TABLE (call text, levels text)
LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[] := ARRAY[open(severity => word, policy => 'gbz20986', asset_level => level_word),
		open(severity => typed, policy => 'gbz20986', asset_level => typed_level), open(NULL, typed, policy => 'gbz20986'),
		open(asset_level => typed_level, policy => 'gbz20986', severity => word), open(typed_level, word, policy => 'gbz20986'),
		open(typed, 'plain', policy => 'gbz20986')];
BEGIN
	PERFORM assess(ids[5], typed), assess(ids[6], asset_level => level_word), assess(ids[4], typed_level, severity => word);
	RETURN QUERY SELECT w.n::text, concat_ws(' ', i.asset_level, i.severity, i.event_level)
		FROM unnest(ids) WITH ORDINALITY AS w(id, n) JOIN open_incidents AS i ON i.incident_id = w.id ORDER BY w.n;
END $$;
SELECT * FROM pg_temp.opened('特别严重', '一般', 'minor', '2');
PREPARE untyped AS SELECT event_level($1, $2, $3), open(severity => $4, policy => $5) IS NOT NULL AS opened;
EXECUTE untyped('gravity-3', '1', '重大', '特别重大', 'gravity-3');
SELECT name, parameter_types FROM pg_prepared_statements WHERE name = 'untyped';
PREPARE varying(varchar, varchar, varchar) AS SELECT response_level($1, $2, $3, '1 hour'), processing_time($1, $3);
EXECUTE varying('gravity-3', '1', '一般');
SELECT kind, level FROM simulate('gravity-3', '3'::level, '一般'::varchar, '2026-01-05 08:00', '2026-01-05 08:00',
	'[{"at": "2026-01-05 08:00", "kind": "assessed", "severity": "重大", "asset_level": "Ⅰ"}]') WHERE NOT detail ? 'duty';

-- A text beside a value is a value; a value becomes a text only where that is written.
SELECT 'severe'::severity < 'minor'::text AS less, 'P1'::varchar = '1'::level AS equal, '4'::text = 'high'::rating AS rated;
SELECT 'severe'::severity || ' minor'::text AS joined, pg_temp.parses($$SELECT lower('severe'::incident.severity)$$) AS as_text;
SELECT f, pg_temp.parses(format('SELECT %s(x) FROM (VALUES (''a''::varchar), (''b'')) AS v(x)', f)) FROM unnest('{max,min,length,upper}'::text[]) AS f;

-- Reporters, who may not read, may look words up.
CREATE ROLE regress_pgi_words;
SELECT grant_role('reporter', 'regress_pgi_words');
SET ROLE regress_pgi_words;
SELECT incident.event_level('gravity-3', NULL, '重大'), incident.open(severity => '重大'::varchar, policy => 'gravity-3') > 0 AS opened;
RESET ROLE;
SELECT revoke_role('reporter', 'regress_pgi_words');
DROP ROLE regress_pgi_words;

-- A ticket that is counted by numbers needs no cast.
SELECT open(ticket => '4711', severity => 'minor') AS numbered \gset
SELECT find(4711) = :numbered AS by_number, find('4711') = :numbered AS by_text, find(4712) IS NULL AS none;
