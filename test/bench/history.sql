-- A year of incidents that are over, written straight into the tables: copies of some that
-- the engine has recorded, each moved by a different time, so that their entries lie among
-- those of others. All are under the policy `recorded`: eport with its first two duties.
--
--   incidents=1000000
--   kinds=400          how many the engine records
--   months=12          over how many months they are spread; each has a partition
--
-- Hashes are only of the right length. The database must be new.
\if :{?incidents} \else \set incidents 1000000 \endif
\if :{?kinds} \else \set kinds 400 \endif
\if :{?months} \else \set months 12 \endif

CREATE SCHEMA bench;
SELECT incident.register_asset('asset ' || l, 'application', l::incident.level)
FROM unnest('{1,2,3,none}'::text[]) AS l \g /dev/null
CREATE FUNCTION bench.variant(policy text, new_name text, nduties int, times numeric) RETURNS void LANGUAGE sql AS $$
	SELECT incident.publish_policy(incident.import_policy(v || jsonb_build_object('posts',
		(SELECT jsonb_agg(post) FROM jsonb_array_elements(v -> 'posts') AS post
			WHERE (v - 'posts')::text LIKE format('%%"%s"%%', post ->> 'post')))))
	FROM incident.export_policy(incident.policy_id(policy)) AS d,
		LATERAL (SELECT d || jsonb_build_object('name', new_name, 'messages', '{"missed_ticks": "latest"}'::jsonb,
			'duties', (SELECT jsonb_agg(duty ORDER BY n) FROM jsonb_array_elements(d -> 'duties') WITH ORDINALITY AS u(duty, n)
				WHERE n <= nduties),
			'levels', (SELECT jsonb_agg(level || CASE WHEN level ->> 'processing_time' IS NULL THEN '{}' ELSE
				jsonb_build_object('processing_time', ((level ->> 'processing_time')::interval * times)::text) END ORDER BY n)
				FROM jsonb_array_elements(d -> 'levels') WITH ORDINALITY AS u(level, n)))) AS r(v)
$$;
SELECT bench.variant('eport', 'recorded', 2, 1) \g /dev/null
SELECT bench.variant('eport', 'halved', 8, 0.5) \g /dev/null

-- Records one incident; what does not fit is left out.
CREATE PROCEDURE bench.live(began timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	at timestamptz := began;
	severities CONSTANT text[] := '{severe,moderate,minor}';
BEGIN
	id := incident.open((ARRAY['asset 1', 'asset 2', 'asset 3', 'asset 3', 'asset none', NULL])[1 + floor(random() * 6)],
		severities[1 + floor(random() * 3)]::incident.severity, detected_at => at, policy => 'recorded');
	IF random() < 0.7 THEN
		at := at + random() * interval '12 minutes';
		PERFORM incident.duty_done(id, 'notify', at => at);
	END IF;
	at := at + random() * interval '10 minutes';
	PERFORM incident.acknowledge(id, at => at);
	IF random() < 0.5 THEN
		BEGIN
			PERFORM incident.duty_done(id, 'join_call', at => at + interval '1 minute');
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			NULL;
		END;
	END IF;
	at := at + interval '2 minutes' + random() * interval '20 minutes';
	IF random() < 0.5 THEN
		PERFORM incident.activate(id, at => at);
	END IF;
	at := at + random() * interval '90 minutes';
	IF random() < 0.4 THEN
		PERFORM incident.assess(id, severities[1 + floor(random() * 3)]::incident.severity, at => at);
	END IF;
	IF random() < 0.1 THEN
		PERFORM incident.hold(id, at => at + interval '1 minute');
		at := at + random() * interval '3 hours';
		PERFORM incident.resume(id, at => at + interval '2 minutes');
	END IF;
	at := at + interval '3 minutes' + random() * random() * interval '6 hours';
	PERFORM incident.resolve(id, at => at);
	IF random() < 0.03 THEN
		at := at + random() * interval '1 day';
		PERFORM incident.reopen(id, at => at);
		at := at + random() * interval '2 hours';
		PERFORM incident.resolve(id, at => at);
	END IF;
	PERFORM incident.close(id, at => at + random() * interval '3 days');
END
$$;
SELECT setseed(0.5) \g /dev/null
CALL incident.maintain();
SELECT date_trunc('month', now()) - :months * interval '1 month' AS first_moment \gset
SELECT format('CALL bench.live(%L)', :'first_moment'::timestamptz + n * interval '1 day' / :kinds)
FROM generate_series(1, :kinds) AS n \gexec
SELECT count(*) FROM incident.tick(now(), 1000000) \g /dev/null

CREATE TABLE bench.entries AS SELECT * FROM incident_internal.entries;
CREATE TABLE bench.state AS SELECT * FROM incident_internal.incident_state;
CREATE TABLE bench.incidents AS SELECT * FROM incident_internal.incidents;
TRUNCATE incident_internal.incidents, incident_internal.entries, incident_internal.incident_state, incident_internal.timers;

CREATE FUNCTION bench.month(moment timestamptz) RETURNS int LANGUAGE sql STABLE SET timezone = 'UTC' AS
$$ SELECT ((extract(year FROM moment) - 2000) * 12 + extract(month FROM moment) - 1)::int $$;

SELECT format('CREATE TABLE incident_internal.entries_bench_%s (LIKE incident_internal.entries_default INCLUDING INDEXES)', m),
	format('ALTER TABLE incident_internal.entries ATTACH PARTITION incident_internal.entries_bench_%s FOR VALUES FROM (%1$s) TO (%s)', m, m + 1)
FROM generate_series(bench.month(:'first_moment'), bench.month(now()) - 1) AS m \gexec

-- Each copy of one, by how much it is moved, and its month.
SET work_mem = '256MB';
CREATE TABLE bench.copy AS
SELECT i.incident_id AS of, row_number() OVER (ORDER BY i.detected_at + moved) AS incident_id, moved,
	bench.month(i.detected_at + moved) AS month
FROM bench.incidents AS i, generate_series(0, :incidents / :kinds - 1) AS k,
	LATERAL (SELECT k * (now() - interval '8 days' - :'first_moment') / (:incidents / :kinds) OFFSET 0) AS m(moved);
ANALYZE bench.copy;

INSERT INTO incident_internal.incidents (org_id, incident_id, policy_id, detected_at, drill)
SELECT 1, c.incident_id, i.policy_id, i.detected_at + moved, false
FROM bench.copy AS c JOIN bench.incidents AS i ON i.incident_id = c.of ORDER BY c.incident_id;
INSERT INTO incident_internal.incident_state
SELECT s.org_id, s.policy_id, c.incident_id, c.month, s.asset_level, s.severity, s.event_level, s.needs_full_run, s.epoch,
	s.asset_id, s.acknowledged_at + moved, s.activated_at + moved, s.resolved_at + moved, s.closed_at + moved,
	s.processing_since + moved, s.acknowledgement_since + moved, s.response_since + moved, s.status, s.response_level,
	s.peak_response, s.breached, s.acknowledgement_overdue, s.response_overdue, s.seq, s.settled_to + moved,
	s.next_due + moved, s.head, s.duties, s.without_effect
FROM bench.copy AS c JOIN bench.state AS s ON s.incident_id = c.of ORDER BY c.incident_id;
INSERT INTO incident_internal.entries
SELECT e.org_id, c.month, c.incident_id, e.effective_at + moved, e.effective_at + moved, e.epoch, e.seq, e.rule,
	e.occurrence, e.kind, e.event_level, e.response_level, e.sets_asset, e.sets_severity, e.asset_level, e.severity,
	e.asset_id, e.duty, e.hash, e.actor, e.recorded_by, e.note, e.evidence
FROM bench.copy AS c JOIN bench.entries AS e ON e.incident_id = c.of ORDER BY e.effective_at + moved, c.incident_id, e.seq;
RESET work_mem;
VACUUM ANALYZE incident_internal.incidents, incident_internal.entries, incident_internal.incident_state;
