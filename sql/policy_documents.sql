--
-- Policies as documents: the presets, the normal form, addenda, and the rules in words.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- The presets: nothing is wrong with them, and what is imported comes out again.
BEGIN;
CREATE TEMP TABLE copies AS SELECT p.policy_id, export_policy(p.policy_id) AS d, import_policy(export_policy(p.policy_id)) AS copy
FROM policies AS p WHERE p.policy_id < 1000;
SELECT p.policy_id, p.name, p.title ->> 'zh' AS title, (SELECT count(*) FROM check_policy(c.d)) AS findings,
	export_policy(c.copy) = c.d AS the_same
FROM policies AS p JOIN copies AS c USING (policy_id) ORDER BY p.policy_id;
ROLLBACK;

-- GB/Z 20986: importance of the system by loss.
SELECT asset_level AS importance, event_level(2, asset_level, 'critical') AS especially_grave,
	event_level(2, asset_level, 'severe') AS grave, event_level(2, asset_level, 'moderate') AS fairly_large,
	event_level(2, asset_level, 'minor') AS small
FROM unnest('{1,2,3,NULL}'::level[]) AS asset_level;
SELECT title ->> 'zh' AS grade FROM policy_levels WHERE policy_id = 2 ORDER BY level DESC;
-- S, A, B, and three grades of gravity, whatever the asset.
SELECT p.name, s.severity, s.title ->> 'zh' AS title, array_agg(DISTINCT event_level(p.policy_id, a, s.severity)) AS event_levels,
	min(l.title ->> 'zh') AS level
FROM policies AS p JOIN policy_severities AS s USING (policy_id), unnest('{1,5,none,NULL}'::level[]) AS a, policy_levels AS l
WHERE p.policy_id IN (3, 4) AND l.policy_id = p.policy_id AND l.level = event_level(p.policy_id, a, s.severity)
GROUP BY p.policy_id, p.name, s.severity, s.title ORDER BY p.policy_id, s.severity DESC;
SELECT * FROM quick_reference('damage-sab');
-- Impact by urgency.
SELECT asset_level AS impact, event_level(5, asset_level, 'severe') AS high, event_level(5, asset_level, 'moderate') AS medium,
	event_level(5, asset_level, 'minor') AS low
FROM unnest('{1,2,3}'::level[]) AS asset_level;
SELECT working_time('business-hours', '2026-03-02 00:00+08', '2026-03-09 00:00+08');

-- The normal form: levels and severities most urgent first, posts and categories by name,
-- times as PostgreSQL writes them, without what is left out or says nothing.
CREATE TEMP TABLE written AS SELECT jsonb '{"name": "written", "title": {"en": "t", "zh": "t"}, "source": null,
	"axes": {"asset": {"en": "a", "zh": "a", "values": [{"level": "none", "title": {"en": "x", "zh": "x"}},
		{"level": "2", "title": {"en": "y", "zh": "y"}}]}, "severity": {"en": "s", "zh": "s"}},
	"severities": [{"severity": "minor", "title": {"en": "m", "zh": "m"}, "criteria": null},
		{"severity": "severe", "title": {"en": "s", "zh": "s"}, "criteria": {"anything": {"en": "e", "zh": "z"}}}],
	"levels": [{"level": "none", "title": {"en": "n", "zh": "n"}, "processing_time": null, "calendar": "24x7"},
		{"level": "2", "title": {"en": "2", "zh": "2"}, "processing_time": "1.5 hours", "respond_within": "P1D",
			"acknowledge": {"within": "90 s", "steps": [{"within": "@ 1 hour", "audience": ["b"]}]}}],
	"matrix": [{"asset_level": "none", "severity": "minor", "event_level": "none", "response_level": "none"},
		{"asset_level": "2", "severity": "severe", "event_level": "2", "response_level": "2"},
		{"asset_level": "2", "severity": "minor", "event_level": "2", "response_level": "none"},
		{"asset_level": "none", "severity": "severe", "event_level": "none", "response_level": "none"}],
	"escalation": {"rule": "steps", "steps": [{"to": "2", "event_levels": ["none", "2"], "inactive": "36 hours", "percent": null}]},
	"duties": [{"duty": "d", "title": {"en": "d", "zh": "d"}, "starts": "opened", "scope": "response_level",
		"for": [{"levels": ["none", "2"], "within": "1 month", "audience": ["b", "a"]}], "repeat": {"limit": null},
		"until": null, "content": null, "done_by": null}],
	"hold": {"stops": ["duties"]}, "unknown": "most_urgent",
	"authorities": [{"act": "close", "event_levels": ["none", "2"], "posts": ["a"], "persons": 1}],
	"messages": {"limit": null, "missed_ticks": "all"},
	"posts": [{"post": "b", "title": {"en": "b", "zh": "b"}}, {"post": "a", "title": {"en": "a", "zh": "a"}}],
	"categories": []}' AS d;
SELECT c.* FROM written, check_policy(d) AS c;
BEGIN;
SELECT import_policy(d) AS written FROM written \gset
SELECT jsonb_pretty(export_policy(:written));
SELECT publish_policy(:written);
SELECT import_policy(export_policy(:written)) AS again \gset
SELECT export_policy(:again) = export_policy(:written) AS the_same;
SELECT * FROM quick_reference('written');
SELECT * FROM explain_policy('written');
SELECT * FROM explain_policy('written', 'zh');
ROLLBACK;

-- In words.
SELECT * FROM explain_policy('gravity-3');
SELECT * FROM explain_policy('damage-sab', 'zh');
SELECT p.name, l.language, count(*) AS lines, count(*) FILTER (WHERE line IS NULL OR line = '') AS empty
FROM policies AS p, unnest('{en,zh}'::text[]) AS l(language), explain_policy(p.name, l.language) AS line
WHERE p.policy_id < 1000 GROUP BY p.policy_id, p.name, l.language ORDER BY p.policy_id, l.language;
SELECT call, r.* FROM unnest(ARRAY['explain_policy(''eport'', ''fr'')', 'explain_policy(''none'')']) AS call,
	test.refusal('SELECT ' || call) AS r;

-- Deadlines of reports to the authorities, as an addendum to a policy of four grades.
SELECT a.addendum, d.duty, f.levels, f.within, f.audience, a.document ->> 'in_force' AS in_force
FROM policy_addenda AS a, jsonb_to_recordset(a.document -> 'duties') AS d(duty text, "for" jsonb),
	jsonb_to_recordset(d."for") AS f(levels text[], within text, audience text[])
ORDER BY a.addendum, d.duty;
CREATE TEMP TABLE combined AS
SELECT combine_policy(export_policy(2), policy_addendum('reporting-cn-2025-other')) || '{"name": "combined"}' AS d;
SELECT c.* FROM combined, check_policy(d) AS c;
SELECT d ->> 'source' AS source, d #>> '{duties,0,for,0,within}' AS within, jsonb_array_length(d -> 'posts') AS posts FROM combined;
SELECT p.name, count(c.place) AS findings, min(c.place) AS first
FROM policies AS p CROSS JOIN unnest('{critical-infrastructure,state-organ,other}'::text[]) AS a
LEFT JOIN LATERAL check_policy(combine_policy(export_policy(p.policy_id), policy_addendum('reporting-cn-2025-' || a))) AS c ON true
WHERE p.policy_id < 1000 GROUP BY p.policy_id, p.name ORDER BY p.policy_id;
-- A post of that name stays as it is; a duty of that name is refused, and so is what is no addendum.
SELECT jsonb_array_length(combine_policy(jsonb_set(d, '{duties}', '[]'), policy_addendum('reporting-cn-2025-other')) -> 'posts') AS posts
FROM combined;
SELECT r.* FROM combined, unnest(ARRAY[policy_addendum('reporting-cn-2025-other'),
	policy_addendum('reporting-cn-2025-other') || '{"in_force": "soon"}', policy_addendum('reporting-cn-2025-other') - 'source',
	policy_addendum('reporting-cn-2025-other') || '{"duties": [{"duty": "x"}]}', '{}']) AS a,
	test.refusal(format('SELECT combine_policy(%L, %L)', d, a)) AS r;
SELECT * FROM test.refusal('SELECT combine_policy(''{}'', policy_addendum(''reporting-cn-2025-other''))');
SELECT * FROM test.refusal('SELECT policy_addendum(''reporting'')');
-- So much is wrong that the rest is not looked at.
SELECT count(*), min(problem) FROM check_policy((SELECT jsonb_object_agg('k' || i, 1) FROM generate_series(1, 1000) AS i));
SELECT count(*) FROM check_policy((SELECT jsonb_object_agg('k' || i, 1) || '{"matrix": [1]}' FROM generate_series(1, 1200) AS i));
