-- Open incidents, written straight into the tables as open() and ticks would have left
-- them, hash chains included. All have an asset of level 2 and a minor fault: their response
-- rises by one level after `rise`, which the policy gives (eport: 2 hours).
--
--   open=1000000       incidents
--   stages=100000[,N…] sizes of the stages: incidents that become due in turn
--   late=1             minutes over which the moments of a stage are spread
--   spread=clustered   those of a stage were opened one after the other; random: anywhere
--   policy=plain       of plain.sql
--   at=…               when the first stage begins (default: so that the last just ended)
--
-- Stage n is due from at + (n - 1) * late minutes to at + n * late minutes, and a tick at
-- that end (bench.moment(n)) settles it. The others are due between at + 0.8 rise and
-- at + rise, so measuring must be over by then. Timers of the first stage are set, those of
-- the next ones when bench.arm(n) is called: a tick with a moment in the past would read
-- past them.
--
-- All incidents there are go, so the database must be new or one that this script filled.
\if :{?open} \else \set open 1000000 \endif
\if :{?stages} \else \set stages 100000 \endif
\if :{?late} \else \set late 1 \endif
\if :{?spread} \else \set spread clustered \endif
\if :{?policy} \else \set policy plain \endif
\if :{?at} \else \set at '' \endif

DO $$
BEGIN
	IF EXISTS (SELECT FROM incident_internal.incidents) AND to_regnamespace('bench') IS NULL THEN
		RAISE EXCEPTION 'this database has incidents of its own';
	END IF;
END
$$;
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
TRUNCATE incident_internal.incidents, incident_internal.entries, incident_internal.incident_state, incident_internal.timers,
	incident_internal.quarantine, incident_internal.tick_log, incident_internal.dedup_keys, incident_internal.repeats RESTART IDENTITY;
UPDATE incident_internal.last_tick SET at = '-infinity', finished_at = NULL, from_bucket = -2147483648,
	next_bucket = NULL, next_xid = NULL, boot_clock = NULL, maintained_at = NULL;
VACUUM FULL incident_internal.last_tick;
CALL incident.maintain();
SELECT incident.register_asset('bench', 'application', '2') AS asset \gset

CREATE TABLE bench.setting AS
SELECT :open::bigint AS open, :'spread' AS spread, :late * interval '1 minute' AS late,
	incident.policy_id(:'policy') AS policy_id, :asset::bigint AS asset_id,
	incident.processing_time(:'policy', '2') - incident.processing_time(:'policy', '1') AS rise,
	coalesce(nullif(:'at', '')::timestamptz, date_trunc('minute', now())
		- cardinality(string_to_array(:'stages', ',')) * :late * interval '1 minute') AS at;

-- ranks: places in the order in which incidents become due, from 1
CREATE TABLE bench.stage AS
SELECT n::int, size::int, (sum(size::bigint) OVER (ORDER BY n) - size::bigint)::bigint AS ranks_before
FROM unnest(string_to_array(:'stages', ',')) WITH ORDINALITY AS u(size, n);

DO $$
DECLARE
	s bench.setting;
BEGIN
	SELECT * INTO s FROM bench.setting;
	IF s.spread NOT IN ('clustered', 'random') THEN
		RAISE EXCEPTION 'spread is clustered or random, not %', s.spread;
	ELSIF (SELECT sum(size) FROM bench.stage) > s.open THEN
		RAISE EXCEPTION 'more incidents are to become due than there are';
	ELSIF (SELECT count(*) FROM bench.stage) * s.late > 0.8 * s.rise THEN
		RAISE EXCEPTION 'the stages take longer than 0.8 of %, after which the others are due', s.rise;
	END IF;
END
$$;

-- Microseconds since 2000, as PostgreSQL stores moments and as hashes take them.
CREATE FUNCTION bench.microseconds(moment timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT (extract(epoch FROM moment - '2000-01-01 00:00+00') * 1000000)::bigint $$;

CREATE FUNCTION bench.to_moment(microseconds bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT '2000-01-01 00:00+00'::timestamptz + microseconds * interval '1 microsecond' $$;

CREATE FUNCTION bench.moment(stage int) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT at + stage * late FROM bench.setting $$;

-- The incidents that become due, in order.
CREATE TABLE bench.due (
	incident_id bigint,
	stage int,
	due_at timestamptz,
	due_us bigint
);
SET work_mem = '512MB';
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FILTER (WHERE spread = 'random') = 1 AS spread_random FROM bench.setting \gset
CREATE TEMP VIEW place AS
\if :spread_random
SELECT i AS incident_id, row_number() OVER () AS rank
FROM (SELECT i FROM generate_series(1, :open::bigint) AS i ORDER BY hashint8extended(i, 7)
	LIMIT (SELECT sum(size) FROM bench.stage)) AS i;
\else
SELECT i AS incident_id, i AS rank
FROM generate_series(1, (SELECT sum(size) FROM bench.stage)) AS i;
\endif
CREATE TEMP TABLE ranked AS SELECT * FROM place;
CREATE INDEX ON ranked (rank);
ANALYZE ranked;
INSERT INTO bench.due
SELECT r.incident_id, t.n, d.due_at, bench.microseconds(d.due_at)
FROM bench.setting AS s, bench.stage AS t
JOIN ranked AS r ON r.rank > t.ranks_before AND r.rank <= t.ranks_before + t.size,
LATERAL (SELECT s.at + (t.n - 1) * s.late + (r.rank - t.ranks_before - 0.5) * s.late / t.size OFFSET 0)
	AS d(due_at)
ORDER BY r.rank;
CREATE INDEX ON bench.due (incident_id);
CREATE INDEX ON bench.due (stage);
VACUUM ANALYZE bench.due;
DROP VIEW place;
DROP TABLE ranked;

-- Sets the timers of a stage; returns how many.
CREATE FUNCTION bench.arm(stage int) RETURNS bigint LANGUAGE sql AS $$
	WITH armed AS (
		INSERT INTO incident_internal.timers (bucket, org_id, incidents, moments)
		SELECT incident_internal.bucket(due_at), 1, array_agg(incident_id ORDER BY due_at), array_agg(due_at ORDER BY due_at)
		FROM (SELECT *, row_number() OVER (ORDER BY due_at) / 100 AS row FROM bench.due) AS d
		WHERE d.stage = arm.stage GROUP BY incident_internal.bucket(due_at), row RETURNING cardinality(incidents) AS n)
	SELECT sum(n)::bigint FROM armed;
$$;

-- Incidents `first` to `last`, as they were after their opening.
CREATE PROCEDURE bench.generate(first bigint, last bigint) LANGUAGE plpgsql AS $$
DECLARE
	s bench.setting;
	at_us bigint;
	rise_us bigint;
	author text := session_user;
	title text;		-- of the policy, as the hash of an opening has it
	this_month int := (extract(year FROM now()) - 2000) * 12 + extract(month FROM now()) - 1;
BEGIN
	SELECT * INTO s FROM bench.setting;
	SELECT string_agg(length(part) || ':' || part || ';', '' ORDER BY n) INTO title
	FROM incident_internal.policies AS p, unnest(ARRAY[p.name, p.version::text, encode(p.digest, 'hex')]) WITH ORDINALITY AS t(part, n)
	WHERE p.policy_id = s.policy_id;
	at_us := bench.microseconds(s.at);
	rise_us := extract(epoch FROM s.rise) * 1000000;

	CREATE TEMP TABLE opening ON COMMIT DROP AS
	SELECT *, sha256(opened_hash || 'd'::bytea || int4send(1) || int8send(incident_id) || int4send(2)
		|| int2send(32::smallint) || int8send(opened_us) || int8send(opened_us) || int4send(1) || int2send(2::smallint)
		|| int2send(1::smallint) || '\x0808'::bytea) AS graded_hash
	FROM (
		SELECT *, sha256(decode(repeat('00', 32), 'hex')
			|| (format('1;%s;1;6:opened;%s;%s;1;1;%s;8;2;10;10;1;0;1;-;-;%s:%s;-;-;%s-;-;-;-;0;',
			incident_id, opened_us, opened_us, s.asset_id, length(author), author, title))::bytea) AS opened_hash
		FROM (
			SELECT i AS incident_id, d.stage, o.opened_us, bench.to_moment(o.opened_us) AS opened_at
			FROM generate_series(first, last) AS i
			LEFT JOIN bench.due AS d ON d.incident_id = i,
			LATERAL (SELECT CASE WHEN d.stage IS NULL
				THEN at_us - (rise_us * 0.2 * (1 - i::float8 / s.open))::bigint
				ELSE d.due_us - rise_us END AS opened_us OFFSET 0) AS o
			ORDER BY i OFFSET 0) AS o OFFSET 0) AS h;

	INSERT INTO incident_internal.incidents (org_id, incident_id, policy_id, detected_at, drill)
	SELECT 1, incident_id, s.policy_id, opened_at, false FROM opening;

	INSERT INTO incident_internal.entries (org_id, month, incident_id, epoch, rule, occurrence, seq,
		effective_at, recorded_at, kind, sets_asset, sets_severity, asset_level, severity,
		event_level, response_level, asset_id, hash, recorded_by)
	SELECT 1, this_month, incident_id, 1, e.rule, 1, e.seq, opened_at, opened_at, e.kind, e.sets, e.sets,
		e.asset_level, e.severity, e.level, e.level, CASE WHEN e.sets THEN s.asset_id END,
		CASE WHEN e.sets THEN opened_hash END, CASE WHEN e.sets THEN author END
	FROM opening, (VALUES
		(0, 1, 0, true, '2'::incident.level, 'minor'::incident.severity, NULL::incident.level),
		(2, 2, 32, NULL, NULL, NULL, '2')) AS e(rule, seq, kind, sets, asset_level, severity, level);

	INSERT INTO incident_internal.incident_state (org_id, policy_id, incident_id, month, asset_level,
		severity, event_level, needs_full_run, epoch, asset_id, processing_since, acknowledgement_since,
		response_since, status, response_level, peak_response, breached, acknowledgement_overdue,
		response_overdue, seq, settled_to, next_due, head)
	SELECT 1, s.policy_id, incident_id, this_month, '2', 'minor', '2', false, 1, s.asset_id, opened_at,
		opened_at, opened_at, 'open', '2', '2', false, false, false, 2, opened_at, opened_at + s.rise,
		graded_hash
	FROM opening;

	INSERT INTO incident_internal.timers (bucket, org_id, incidents, moments)
	SELECT incident_internal.bucket(opened_at + s.rise), 1, ARRAY[incident_id], ARRAY[opened_at + s.rise]
	FROM opening WHERE stage IS NULL OR stage = 1;
END
$$;

CREATE PROCEDURE bench.generate_all() LANGUAGE plpgsql AS $$
DECLARE
	chunk CONSTANT bigint := 250000;
	began timestamptz := clock_timestamp();
	goal bigint := (SELECT open FROM bench.setting);
	done bigint := 0;
BEGIN
	WHILE done < goal LOOP
		CALL bench.generate(done + 1, least(done + chunk, goal));
		done := least(done + chunk, goal);
		COMMIT;
		RAISE INFO '% of % incidents in % s', done, goal,
			round(extract(epoch FROM clock_timestamp() - began));
	END LOOP;
END
$$;
CALL bench.generate_all();
SELECT setval('incident_internal.incidents_incident_id_seq', :open) \g /dev/null
VACUUM ANALYZE incident_internal.incidents, incident_internal.entries, incident_internal.incident_state, incident_internal.timers;
RESET work_mem;
RESET max_parallel_workers_per_gather;

-- What is written by hand here must be what the engine would have written.
DO $$
DECLARE
	i bigint;
BEGIN
	FOR i IN SELECT 1 + n * ((SELECT open FROM bench.setting) - 1) / 20 FROM generate_series(0, 20) AS n LOOP
		IF EXISTS (SELECT FROM incident.verify_timeline(i)) THEN
			RAISE EXCEPTION 'the hash chain of incident % is wrong', i;
		ELSIF EXISTS (SELECT FROM incident_internal.incident_state AS s,
			LATERAL incident.state_at(i, s.settled_to) AS a
			WHERE s.org_id = 1 AND s.incident_id = i AND (a.status, a.response_level, a.next_due)
				IS DISTINCT FROM (s.status, s.response_level, s.next_due)) THEN
			RAISE EXCEPTION 'the state of incident % is wrong', i;
		END IF;
	END LOOP;
END
$$;
