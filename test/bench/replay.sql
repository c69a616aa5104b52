-- A year of incidents replayed under another policy, beside sequential scans of their
-- timelines: of the columns that a replay reads, and of rows alone. By one process, in time
-- on the processor, and by two, in time on the wall.
\if :{?runs} \else \set runs 5 \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;
\ir report.sql
\ir history.sql

SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION bench.columns() RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(*) + count(incident_id) + count(effective_at) + count(epoch) + count(seq) + count(rule)
		+ count(occurrence) + count(kind) + count(event_level) + count(response_level) + count(sets_asset)
		+ count(sets_severity) + count(asset_level) + count(severity) + count(duty)
	FROM incident_internal.entries WHERE org_id = 1
$$;
CREATE FUNCTION bench.rows() RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(*) FROM incident_internal.entries WHERE org_id = 1
$$;
CREATE FUNCTION bench.replay(policy text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT sum(would_be) FROM incident.replay(policy, '-infinity', 'infinity') WHERE measure = 'incidents'
$$;
CREATE FUNCTION bench.replay_by_two(policy text) RETURNS bigint LANGUAGE sql STABLE
SET max_parallel_workers_per_gather = 1
AS $$
	SELECT bench.replay(policy)
$$;

CREATE PROCEDURE bench.measure(name text, run int, statement text, expected bigint) LANGUAGE plpgsql AS $$
DECLARE
	found bigint;
	began timestamptz := clock_timestamp();
	began_cpu float8 := report.cpu_ms();
	took_cpu float8;
	took interval;
BEGIN
	EXECUTE statement INTO found;
	took_cpu := report.cpu_ms() - began_cpu;
	took := clock_timestamp() - began;
	IF found <> expected THEN
		RAISE EXCEPTION '% gave % and not %', statement, found, expected;
	END IF;
	PERFORM report.take_times('replay', name, run, extract(epoch FROM took) * 1000, took_cpu);
END
$$;

-- What was copied is what the engine would have recorded: the policy in force reproduces it.
DO $$
BEGIN
	IF EXISTS (
		SELECT FROM (
			SELECT sum(hashtextextended(row(incident_id, at, kind, rule, occurrence, event_level, response_level)::text, 0)) AS all
			FROM incident_internal.replay_events(incident.policy_id('recorded'), '-infinity', 'infinity')) AS a,
			(SELECT sum(hashtextextended(row(incident_id, effective_at, kind, rule, occurrence, event_level, response_level)::text, 0)) AS all
			FROM incident_internal.entries AS e WHERE rule > 1
				AND NOT EXISTS (SELECT FROM incident_internal.entries AS v WHERE v.org_id = e.org_id AND v.incident_id = e.incident_id
					AND v.month = e.month AND v.rule = 1 AND v.epoch = e.seq)) AS b
		WHERE a.all IS DISTINCT FROM b.all) THEN
		RAISE EXCEPTION 'the incidents are not what the policy makes of their facts';
	END IF;
END
$$;

SELECT count(*) AS incidents FROM incident_internal.incidents \gset
SELECT bench.columns() AS columns, bench.rows() AS rows,
	(SELECT count(*) FROM incident_internal.entries WHERE rule = 0) AS facts \gset
SELECT format('CALL bench.measure(%L, %s, %L, %s)', name, run, statement, expected)
FROM generate_series(0, :runs) AS run, (VALUES
	('columns', 'SELECT bench.columns()', :columns::bigint),
	('rows', 'SELECT bench.rows()', :rows),
	('replay', 'SELECT bench.replay(''halved'')', :incidents),
	('two', 'SELECT bench.replay_by_two(''halved'')', :incidents),
	('same', 'SELECT bench.replay(''recorded'')', :incidents)) AS m(name, statement, expected)
ORDER BY run \gexec

SELECT report.tell('replay', 'incidents', :incidents), report.tell('replay', 'entries of one', :rows::float8 / :incidents),
	report.tell('replay', 'facts of one', :facts::float8 / :incidents),
	report.tell('replay', 'scan of the columns read', report.median('replay', 'columns'), 'ms'),
	report.tell('replay', 'scan of the rows', report.median('replay', 'rows'), 'ms'),
	report.tell('replay', 'replay', report.median('replay', 'replay'), 'ms'),
	report.tell('replay', 'replay / scan of the columns read', report.ratio('replay', 'replay cpu', 'columns cpu'), '', 3),
	report.tell('replay', 'replay / scan of the rows', report.ratio('replay', 'replay cpu', 'rows cpu')),
	report.tell('replay', 'replay by two', report.median('replay', 'two'), 'ms'),
	report.tell('replay', 'replay by two / scan of the columns read, on the wall', report.ratio('replay', 'two', 'columns'), '', 3),
	report.tell('replay', 'replay by two / scan of the rows, on the wall', report.ratio('replay', 'two', 'rows'), '', 3),
	report.tell('replay', 'replay under the policy in force / scan of the columns read',
		report.ratio('replay', 'same cpu', 'columns cpu'), '', 3)
\g /dev/null
SELECT * FROM report.summary;
