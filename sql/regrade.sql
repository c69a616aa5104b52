--
-- A fact that comes late changes what two facts of one moment decide: what was the grade of
-- the second is now that of the first.
--
\set VERBOSITY terse
SET search_path = incident, incident_internal, public;
SET timezone = 'UTC';
CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT timestamptz '2026-01-05 08:00+00' + since $$;
CREATE FUNCTION pg_temp.course(id bigint) RETURNS TABLE (seq integer, kind text, severity severity, asset_level level,
	event_level level, after interval, voids integer, live boolean, epoch integer) LANGUAGE sql STABLE AS
$$ SELECT seq, kind, severity, asset_level, event_level, effective_at - pg_temp.at('0'), voids, live, epoch
	FROM incident.timeline WHERE incident_id = id AND kind NOT IN ('due', 'overdue') ORDER BY seq $$;

-- eport with a matrix in which asset level and severity count alike.
SELECT publish_policy(import_policy(export_policy(policy_id('eport')) || jsonb_build_object('name', 'sums', 'matrix',
	(SELECT jsonb_agg(jsonb_build_object('asset_level', a, 'severity', s, 'event_level', l, 'response_level', l)) FROM (VALUES
		('1', 'severe', '1'), ('1', 'moderate', '2'), ('1', 'minor', '3'),
		('2', 'severe', '2'), ('2', 'moderate', '3'), ('2', 'minor', '3'),
		('3', 'severe', '3'), ('3', 'moderate', '3'), ('3', 'minor', '3'),
		('none', 'severe', 'none'), ('none', 'moderate', 'none'), ('none', 'minor', 'none')) AS m(a, s, l)))));
SELECT register_asset('one', 'host', '1'), register_asset('two', 'host', '2');

SELECT open('two', 'minor', detected_at => pg_temp.at('0'), policy => 'sums') AS id \gset
SELECT assess(:id, 'moderate', at => pg_temp.at('10 min'));		-- changes nothing
SELECT assess(:id, 'severe', at => pg_temp.at('10 min'));		-- level 2
SELECT * FROM pg_temp.course(:id);
SELECT assess(:id, asset => 'one', at => pg_temp.at('5 min'));	-- 2 by the first, 1 by the second
SELECT * FROM pg_temp.course(:id);
-- And back, and again.
SELECT assess(:id, asset => 'two', at => pg_temp.at('6 min'));
SELECT assess(:id, asset => 'one', at => pg_temp.at('7 min'));
SELECT * FROM pg_temp.course(:id);
SELECT * FROM verify_timeline(:id);
SELECT count(*) FROM replay_incidents('sums', '-infinity', 'infinity');
