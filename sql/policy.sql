--
-- Policies: the preset eport against the figures of the procedure, and import, check,
-- publish, export.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- How many rows there are in all.
CREATE FUNCTION pg_temp.policy_rows() RETURNS bigint LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM incident_internal.policies) + (SELECT count(*) FROM incident_internal.policy_severities)
		+ (SELECT count(*) FROM incident_internal.policy_levels) + (SELECT count(*) FROM incident_internal.policy_acknowledgements)
		+ (SELECT count(*) FROM incident_internal.policy_matrix) + (SELECT count(*) FROM incident_internal.policy_escalation_steps)
		+ (SELECT count(*) FROM incident_internal.policy_duties) + (SELECT count(*) FROM incident_internal.policy_duty_levels)
		+ (SELECT count(*) FROM incident_internal.policy_authorities) + (SELECT count(*) FROM incident_internal.policy_posts)
		+ (SELECT count(*) FROM incident_internal.policy_message_rules)
		+ (SELECT count(*) FROM incident_internal.policy_categories)
$$;

-- The preset eport, figure by figure

SELECT name, version, state, title_en, title_zh, published_at IS NOT NULL AS published
FROM policy_versions WHERE policy_id = 1;
SELECT policy_id('eport'), policy_id('eport', 1), policy_id(name => 'eport', version => NULL);
SELECT * FROM check_policy(export_policy(1));

-- Quick reference: the figures of the procedure, written down by hand. NULL is unknown and
-- at each moment what is most urgent then. The two differences must be empty.
CREATE TEMP TABLE figures (asset_level level, severity severity, event_level level, response_level level,
	processing_time interval, rises text, notify_within interval, audience text[], progress_every interval);
INSERT INTO figures VALUES
	('1', 'severe', '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min'),
	('1', 'moderate', '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min'),
	('1', 'minor', '1', '2', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '60 min'),
	('1', NULL, '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min'),
	('2', 'severe', '2', '1', '4 h', NULL, '5 min', '{operations_director,department_heads,section_heads,liaison}',
		'30 min'),
	('2', 'moderate', '2', '2', '4 h', '1 at 02:00:00', '5 min',
		'{operations_director,department_heads,section_heads,liaison}', '60 min'),
	('2', 'minor', '2', '2', '4 h', '1 at 02:00:00', '5 min',
		'{operations_director,department_heads,section_heads,liaison}', '60 min'),
	('2', NULL, '2', '1', '4 h', NULL, '5 min', '{operations_director,department_heads,section_heads,liaison}',
		'30 min'),
	('3', 'severe', '3', '2', '8 h', '1 at 06:00:00', '10 min', '{department_heads,section_heads,liaison}', '60 min'),
	('3', 'moderate', '3', '3', '8 h', '2 at 04:00:00, 1 at 06:00:00', '10 min',
		'{department_heads,section_heads,liaison}', '120 min'),
	('3', 'minor', '3', '3', '8 h', '2 at 04:00:00, 1 at 06:00:00', '10 min',
		'{department_heads,section_heads,liaison}', '120 min'),
	('3', NULL, '3', '2', '8 h', '1 at 06:00:00', '10 min', '{department_heads,section_heads,liaison}', '60 min'),
	('none', 'severe', 'none', 'none', NULL, NULL, '10 min', '{section_heads,liaison}', NULL),
	('none', 'moderate', 'none', 'none', NULL, NULL, '10 min', '{section_heads,liaison}', NULL),
	('none', 'minor', 'none', 'none', NULL, NULL, '10 min', '{section_heads,liaison}', NULL),
	('none', NULL, 'none', 'none', NULL, NULL, '10 min', '{section_heads,liaison}', NULL),
	(NULL, 'severe', '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min'),
	(NULL, 'moderate', '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min'),
	(NULL, 'minor', '1', '2', '2 h', '1 at 02:00:00', '5 min', '{leading_group,section_heads,liaison}', '60 min'),
	(NULL, NULL, '1', '1', '2 h', NULL, '5 min', '{leading_group,section_heads,liaison}', '30 min');
SELECT * FROM figures EXCEPT SELECT asset_level, severity, event_level, response_level, processing_time, rises, notify_within, audience,
	progress_every
FROM quick_reference('eport');
SELECT asset_level, severity, event_level, response_level, processing_time, rises, notify_within, audience,
	progress_every
FROM quick_reference('eport') EXCEPT SELECT * FROM figures;

-- As printed.
SELECT * FROM quick_reference('eport');

-- What the chart does not show: duties, authorities, posts, categories.
SELECT d.duty, coalesce(d.starts ->> 'after', d.starts #>> '{}') AS starts, d.scope, f.levels, f.within, f.audience
FROM jsonb_to_recordset(export_policy(1) -> 'duties') AS d(duty text, starts jsonb, scope text, "for" jsonb),
	jsonb_to_recordset(d."for") AS f(levels text[], within interval, audience text[]);
SELECT d.duty, d.title ->> 'zh' AS title, d.responsible, d.repeat, d.until, d.done_by,
	(SELECT string_agg(value ->> 'en', ', ') FROM jsonb_each(d.content)) AS content
FROM jsonb_to_recordset(export_policy(1) -> 'duties')
	AS d(duty text, title jsonb, responsible text[], repeat jsonb, until text, done_by text, content jsonb);
SELECT a.* FROM jsonb_to_recordset(export_policy(1) -> 'authorities') AS a(act text, event_levels text[], posts text[]);
SELECT s.severity, s.title ->> 'zh' AS title, (SELECT array_agg(k ORDER BY k)
	FROM jsonb_object_keys(s.criteria) AS k) AS criteria
FROM jsonb_to_recordset(export_policy(1) -> 'severities') AS s(severity severity, title jsonb, criteria jsonb)
ORDER BY s.severity DESC;
SELECT r.post, r.title ->> 'zh' AS title FROM jsonb_to_recordset(export_policy(1) -> 'posts') AS r(post text,
	title jsonb)
ORDER BY r.post COLLATE "C";
SELECT c.category, c.title ->> 'zh' AS title, (SELECT array_agg(k::level ORDER BY k::level DESC)
	FROM jsonb_object_keys(c.levels) AS k) AS levels
FROM jsonb_to_recordset(export_policy(1) -> 'categories') AS c(category text, title jsonb, levels jsonb)
ORDER BY c.category COLLATE "C";
SELECT key, value - 'rules' AS value FROM jsonb_each(export_policy(1)) WHERE key IN ('axes', 'escalation', 'hold', 'messages')
	ORDER BY key;
-- Import gives a draft, publishing makes it the newest version

CREATE TEMP TABLE document AS SELECT export_policy(1) || '{"name": "regress-policy"}' AS d;
SELECT import_policy(d) AS first FROM document \gset
SELECT name, version, state, published_at FROM policy_versions WHERE policy_id = :first;
SELECT :first >= 1000 AS not_built_in, policy_id('eport') AS eport;

-- A draft is there for whoever has its id, not by name.
SELECT event_level(:first, '2', 'minor'), response_level(:first, '3', 'minor', '4 h'), processing_time(:first, '3');
SELECT * FROM test.refusal_detailed($$SELECT policy_id('regress-policy')$$);
SELECT * FROM test.refusal_detailed($$SELECT policy_id('regress-policy', 1)$$);
SELECT * FROM test.refusal_detailed($$SELECT event_level('regress-policy', '1', 'minor')$$);
SELECT * FROM test.refusal_detailed($$SELECT * FROM quick_reference('regress-policy')$$);
SELECT * FROM test.refusal_detailed($$SELECT open(policy => 'regress-policy', detected_at => '2026-01-05 08:00+00')$$);
SELECT * FROM test.refusal_detailed($$SELECT register_organisation(31, 'regress policy', 'regress-policy')$$);

SELECT publish_policy(:first);
SELECT name, version, state, published_at = now() AS now FROM policy_versions WHERE policy_id = :first;
SELECT policy_id('regress-policy') = :first AS newest, event_level('regress-policy', '2', 'minor');
SELECT * FROM test.refusal_detailed(format('SELECT publish_policy(%s)', :first));
SELECT * FROM test.refusal_detailed('SELECT publish_policy(1)');
SELECT * FROM test.refusal_detailed('SELECT publish_policy(-1)');
SELECT * FROM test.refusal_detailed('SELECT publish_policy(NULL)');
SELECT * FROM test.refusal_detailed('SELECT import_policy(NULL)');
SELECT export_policy(NULL) AS nothing, export_policy(-1) AS nothing_either;

-- A second version that answers differently: nobody sees it before it is published.
SELECT import_policy(jsonb_set(jsonb_set(d, '{matrix,8,response_level}', '"2"'), '{matrix,7,response_level}',
	'"2"')) AS second
FROM document \gset
SELECT version, state FROM policy_versions WHERE policy_id = :second;
SELECT policy_id('regress-policy') = :first AS still_the_first, response_level('regress-policy', '3',
	'minor') AS published,
	response_level(:second, '3', 'minor') AS draft;

SELECT register_organisation(31, 'regress policy', 'regress-policy');
SET pg_incident.organisation = 31;
SELECT register_asset('regress-policy-host', 'host', '3') IS NOT NULL AS registered;
SELECT open('regress-policy-host', 'minor', 'before', '2026-01-05 08:00+00') IS NOT NULL AS opened;

SELECT publish_policy(:second);
SELECT policy_id('regress-policy') = :second AS newest, policy_id('regress-policy', 1) = :first AS first,
	policy_id('regress-policy', 2) = :second AS second, response_level('regress-policy', '3', 'minor') AS by_name,
	response_level(:first, '3', 'minor') AS first_by_id;
SELECT * FROM test.refusal_detailed($$SELECT policy_id('regress-policy', 3)$$);
SELECT * FROM test.refusal_detailed($$SELECT policy_id('regress-policy', 0)$$);

-- A new incident takes the newest version, one that is open stays on its own.
SELECT open('regress-policy-host', 'minor', 'after', '2026-01-05 08:00+00') IS NOT NULL AS opened;
SELECT assess(incident_id, asset => 'regress-policy-host', at => '2026-01-05 08:30+00') FROM incident_history
	WHERE summary = 'before';
SELECT summary, policy, policy_version, (state_at(incident_id, '2026-01-05 09:00+00')).response_level
FROM incident_history ORDER BY incident_id;
RESET pg_incident.organisation;

-- Export is import turned round

SELECT import_policy(d) AS third FROM document \gset
SELECT import_policy(export_policy(:third)) AS fourth \gset
SELECT export_policy(:third) = d AS same, export_policy(:fourth) = d AS same_again, :fourth > :third AS another
	FROM document;
SELECT version, state FROM policy_versions WHERE policy_id IN (:third, :fourth) ORDER BY version;
SELECT import_policy((d - 'source') || '{"hold": {"stops": ["processing"]}, "duties": [], "authorities": [], "messages": {"missed_ticks": "latest"}, "posts": [], "categories": []}') AS spare
	FROM document \gset
SELECT import_policy(export_policy(:spare)) AS copy \gset
SELECT export_policy(:copy) = export_policy(:spare) AS same,
	export_policy(:spare) ? 'source' AS has_source, export_policy(:spare) -> 'hold' AS hold,
	export_policy(:spare) -> 'posts' AS posts, export_policy(:spare) -> 'categories' AS categories;
-- The document is the same for everybody, however their session writes intervals.
SET intervalstyle = 'iso_8601';
SELECT export_policy(:third) = d AS same FROM document;
SET intervalstyle = 'postgres_verbose';
SELECT export_policy(:third) = d AS same FROM document;
SET intervalstyle = 'postgres';

-- What is refused when it is imported; nothing stays

SELECT pg_temp.policy_rows() AS rows_before, (SELECT count(*) FROM policy_versions) AS policies_before \gset
CREATE TEMP TABLE wrong (place text[], value jsonb);

-- Keys, each with its place.
INSERT INTO wrong VALUES
	('{surprise}', '1'), ('{axes,surprise}', '1'), ('{escalation,surprise}', '1'), ('{hold,surprise}', '1'),
	('{severities,0,surprise}', '1'), ('{levels,1,surprise}', '1'), ('{matrix,11,surprise}', '1'),
	('{duties,3,surprise}', '1'), ('{duties,0,for,1,surprise}', '1'), ('{authorities,0,surprise}', '1'),
	('{messages,surprise}', '1'), ('{posts,0,surprise}', '1'), ('{categories,6,surprise}', '1'),
	('{title}', NULL), ('{matrix}', NULL), ('{hold,stops}', NULL), ('{axes,asset}', NULL),
	('{severities,2,title}', NULL), ('{levels,3,processing_time}', NULL), ('{duties,1,for}', NULL), ('{matrix,0,response_level}', NULL),
	('{authorities,0,posts}', NULL), ('{messages}', NULL), ('{posts,9,title}', NULL), ('{categories,0,levels}', NULL),
	('{axes}', '5'), ('{hold}', 'null'), ('{escalation}', '"remaining_time"'),
	('{severities}', '{}'), ('{levels}', 'null'), ('{matrix}', '"1"'), ('{matrix,3}', '"1"'), ('{posts,1}', 'null');
SELECT w.place, r.state, r.message, left(r.hint, 40) AS hint
FROM wrong AS w, document, test.refusal_detailed(format('SELECT import_policy(%L)',
	CASE WHEN w.value IS NULL THEN d #- w.place ELSE jsonb_set(d, w.place, w.value) END)) AS r;
SELECT r.* FROM unnest(ARRAY['[]', '5', 'null', '"eport"', '{}', '{"name": "x"']) AS d,
	test.refusal_detailed(format('SELECT import_policy(%L)', d)) AS r;

-- Values: refused, by the time the policy is published, as invalid data (class 22), and the
-- message or its detail has the place or the value.
TRUNCATE wrong;
INSERT INTO wrong VALUES
	('{name}', '5'), ('{name}', 'null'), ('{name}', '"Not A Name"'), ('{name}', '""'), ('{title}', 'null'),
		('{title}', '5'),
	('{unknown}', '"least_urgent"'), ('{escalation,rule}', '"some"'), ('{escalation,rule}', 'null'),
	('{hold,stops}', 'null'), ('{hold,stops}', '"processing"'), ('{hold,stops}', '["everything"]'),
	('{severities,0,severity}', '"urgent"'), ('{severities,0,severity}', 'null'), ('{severities,0,severity}',
		'"minor"'),
	('{severities}', '[]'), ('{levels,0,level}', '"0"'), ('{levels,0,level}', '"2"'),
	('{levels,0,processing_time}', '5'), ('{levels,0,processing_time}', '"soon"'), ('{levels,0,processing_time}',
		'"-2 hours"'),
	('{duties,0,for,0,within}', '[]'), ('{duties,0,for,0,audience}', '"liaison"'), ('{duties,0,for,0,audience}', 'null'),
	('{duties,0,for,0,audience}', '[5]'), ('{authorities,0,posts}', '[null]'), ('{levels,0,acknowledge}', '5'),
	('{levels,0,acknowledge}', '{"surprise": 1}'), ('{levels,0,acknowledge}', '{"within": "soon"}'),
	('{duties,0,starts}', '"never"'), ('{duties,1,starts,after}', '"nothing"'), ('{duties,0,duty}', '"review"'),
	('{duties,4,repeat}', '{"limit": 0}'), ('{duties,4,until}', '"activated"'), ('{duties,6,done_by}', '"opened"'),
	('{matrix,0,asset_level}', '"10"'), ('{matrix,0,asset_level}', 'null'), ('{matrix,0,severity}', '"bad"'),
	('{matrix,0,event_level}', '"zero"'), ('{matrix,0,response_level}', 'null'), ('{matrix,1,severity}', '"severe"'),
	('{posts,0,post}', 'null'), ('{posts,0,post}', '"liaison"'), ('{categories,0,category}', 'null'),
		('{categories,0,category}', '"host"');
SELECT w.place, w.value, r.state <> 'accepted' AS refused, r.state LIKE '22%' AS class_22,
	concat(r.message, r.detail) LIKE ANY (SELECT '%' || word || '%' FROM unnest(w.place || (w.value #>> '{}')) AS word
		WHERE word <> '' AND word !~ '^[0-9]+$') AS named
FROM wrong AS w, document, test.refusal_detailed(format('SELECT publish_policy(import_policy(%L))', jsonb_set(d, w.place,
	w.value))) AS r;

SELECT pg_temp.policy_rows() - :rows_before AS rows_left, (SELECT count(*)
	FROM policy_versions) - :policies_before AS policies_left;

-- The same without importing, and all at once.
SELECT c.* FROM document, check_policy(d || '{"surprise": 1, "title": 5, "unknown": "x", "levels": {}}') AS c;
SELECT c.* FROM unnest('{[],5,null,"\"eport\""}'::jsonb[]) AS d, check_policy(d) AS c;

-- What can be imported but not published: check_policy says why, by place

CREATE FUNCTION pg_temp.try(document jsonb, OUT place text, OUT problem text, OUT published text, OUT used text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	id CONSTANT integer := incident.import_policy(document);
BEGIN
	FOR place, problem IN SELECT * FROM incident.check_policy(incident.export_policy(id)) LOOP
		RETURN NEXT;
	END LOOP;
	place := NULL;
	problem := NULL;
	SELECT concat_ws(' ', r.state, r.message, '(' || array_length(string_to_array(r.detail, E'\n'), 1)
		|| ' lines)') INTO published
	FROM test.refusal_detailed(format('SELECT incident.publish_policy(%s)', id)) AS r;
	SELECT concat_ws(' ', r.state, r.message, r.detail) INTO used
	FROM test.refusal_detailed(format('SELECT incident.event_level(%s, ''1'', ''minor'')', id)) AS r;
	RETURN NEXT;
END $$;
UPDATE document SET d = d || '{"duties": [], "authorities": [], "messages": {"missed_ticks": "latest"}, "posts": [], "categories": []}';

-- A hole in the matrix; a whole row that is left out is none.
SELECT t.* FROM document, pg_temp.try(d #- '{matrix,4}') AS t;
SELECT t.* FROM document, pg_temp.try(d #- '{matrix,11}' #- '{matrix,10}' #- '{matrix,9}') AS t;
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{matrix}', '[]')) AS t;
-- A graver severity or a higher asset that is less urgent.
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{matrix,3,response_level}', '"3"')) AS t;
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{matrix,2,event_level}', '"3"')) AS t;
-- Processing times.
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{levels,1,processing_time}', '"1 hour"')) AS t;
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{levels,0,processing_time}', 'null')) AS t;
SELECT t.* FROM document, pg_temp.try(jsonb_set(d, '{levels,0,processing_time}', '"0 minutes"')) AS t;
-- A level that is used but not defined.
SELECT t.* FROM document, pg_temp.try(d #- '{levels,1}') AS t;
SELECT check_policy(export_policy(-1)) AS not_sound;

-- Of all these, only the first two and the one that leaves out a row are published.
SELECT count(*) FROM policy_versions WHERE name = 'regress-policy' AND state = 'published';
