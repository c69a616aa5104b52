-- What became of messages, and how what is done with leaves the queue.

-- The leases whose messages are in the history.
CREATE TABLE incident_internal.lease_archives (
	no bigint PRIMARY KEY
);

-- Puts what became of the messages of some leases into the history; returns of how many leases. A
-- range whose lease was taken over is in the history by the lease that ended it.
CREATE FUNCTION incident_internal.archive_notices(wanted integer DEFAULT 100)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	ended record;
	archived integer := 0;
BEGIN
	IF NOT incident_internal.take_lock('notices', -1, wait => false) THEN
		RETURN 0;
	END IF;
	FOR of IN SELECT s.stream, s.channel FROM incident_internal.streams AS s ORDER BY s.stream LOOP
		FOR ended IN
			SELECT l.no AS lease, coalesce(l.root, l.no) AS root, e.how, e.at AS ended_at
			FROM incident_internal.leases AS l
			JOIN incident_internal.lease_ends AS e ON e.no = l.no
			WHERE l.stream = of.stream AND NOT EXISTS (SELECT FROM incident_internal.lease_archives AS v WHERE v.no = l.no)
			ORDER BY l.no LIMIT wanted
		LOOP
			archived := archived + 1;
			INSERT INTO incident_internal.lease_archives (no) VALUES (ended.lease);
			CONTINUE WHEN ended.how = 'taken';
			INSERT INTO incident_internal.notice_history (org_id, incident_id, id, place, seq, rule, contact, channel, address,
					queued_at, at, attempt, outcome, detail)
				SELECT m.org_id, m.incident, m.id, m.row_place, m.seq, m.rule, m.contact, of.channel, m.address, m.queued_at,
					coalesce(p.at, ended.ended_at), 1, coalesce(p.outcome, 'sent'), p.detail
				FROM incident_internal.leased(ended.lease) AS m
				LEFT JOIN (
					SELECT DISTINCT ON (d.place) d.place, g.outcome, g.details[d.number] AS detail, g.at
					FROM incident_internal.lease_progress AS g, unnest(g.places) WITH ORDINALITY AS d(place, number)
					WHERE g.root = ended.root ORDER BY d.place, g.at) AS p USING (place)
				WHERE p.outcome IS DISTINCT FROM 'put off' AND p.detail IS DISTINCT FROM 'the incident is gone'
				ON CONFLICT DO NOTHING;
		END LOOP;
	END LOOP;
	RETURN archived;
END
$$;

-- Whether everything in a part of the queue was handed out, has an end, and is in the history.
CREATE FUNCTION incident_internal.is_done_with(slot integer)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT NOT EXISTS (SELECT FROM incident_internal.unclaimed AS u WHERE u.slot = is_done_with.slot)
		AND NOT EXISTS (
			SELECT FROM incident_internal.leases AS o
			JOIN incident_internal.notices AS r ON r.stream = o.stream AND (r.xid, r.id) >= (o.from_xid, o.from_id)
				AND (r.xid, r.id) <= (coalesce(o.to_xid, o.cut_xid), coalesce(o.to_id, o.cut_id))
			WHERE r.slot = is_done_with.slot
				AND CASE WHEN o.stream > 0 THEN NOT EXISTS (SELECT FROM incident_internal.lease_archives AS v WHERE v.no = o.no)
					ELSE NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = o.no) END
				AND pg_visible_in_snapshot(r.xid, coalesce(o.of_b, o.tick_b)) AND NOT pg_visible_in_snapshot(r.xid, coalesce(o.of_a, o.tick_a)))
$$;

-- Takes the locks of all streams, in the order of who claims: nothing is claimed meanwhile. Error
-- lock_not_available after the caller's lock_timeout.
CREATE FUNCTION incident_internal.lock_streams()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of smallint;
BEGIN
	PERFORM incident_internal.take_lock('notices', -1), incident_internal.take_lock('notices', 0);
	FOR of IN SELECT s.stream FROM incident_internal.streams AS s ORDER BY s.priority, s.stream LOOP
		PERFORM incident_internal.take_lock('notices', of);
	END LOOP;
END
$$;

-- Empties a part of the queue that is done with. False when there is none that can be emptied now.
CREATE FUNCTION incident_internal.rotate_notices()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
	slot integer;
BEGIN
	PERFORM incident_internal.expect_writable('tend messages'), incident_internal.expect_newest_snapshot('notices are rotated');
	FOR slot IN SELECT generate_series(0, 2) LOOP
		BEGIN
			CONTINUE WHEN slot = incident_internal.notice_slot(clock_timestamp())
				OR pg_relation_size(format('incident_internal.notices_%s', slot)::regclass) = 0;
			PERFORM incident_internal.lock_streams();
			EXECUTE format('LOCK TABLE incident_internal.notices_%s IN ACCESS EXCLUSIVE MODE', slot);
			CONTINUE WHEN slot = incident_internal.notice_slot(clock_timestamp()) OR NOT incident_internal.is_done_with(slot);
			EXECUTE format('TRUNCATE incident_internal.notices_%s', slot);
			RETURN true;
		EXCEPTION
			WHEN lock_not_available THEN
				CONTINUE;
			WHEN OTHERS THEN
				PERFORM incident_internal.maintenance_failed('notices could not be rotated', SQLSTATE, SQLERRM);
				RETURN false;
		END;
	END LOOP;
	RETURN false;
END
$$;

-- Forgets the leases that are done with, when there are many. False when it cannot be now.
CREATE FUNCTION incident_internal.rotate_leases()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
	kept_leases incident_internal.leases[];
	kept_ends incident_internal.lease_ends[];
	kept_progress incident_internal.lease_progress[];
	kept_archives incident_internal.lease_archives[];
BEGIN
	PERFORM incident_internal.expect_writable('tend messages'), incident_internal.expect_newest_snapshot('leases are rotated');
	IF pg_relation_size('incident_internal.leases'::regclass) < 1024 * 1024 THEN
		RETURN false;
	END IF;
	PERFORM incident_internal.lock_streams();
	LOCK TABLE incident_internal.leases, incident_internal.lease_ends, incident_internal.lease_progress,
		incident_internal.lease_archives IN ACCESS EXCLUSIVE MODE;
	kept_leases := ARRAY(
		SELECT l FROM incident_internal.leases AS l
		JOIN (SELECT k.stream, max(k.no) AS newest, min(k.no) FILTER (WHERE NOT EXISTS (
				SELECT FROM incident_internal.lease_ends AS e WHERE e.no = k.no)) AS open
			FROM incident_internal.leases AS k GROUP BY k.stream) AS s ON s.stream = l.stream
		WHERE l.no >= least(s.newest, s.open)
			OR l.stream > 0 AND NOT EXISTS (SELECT FROM incident_internal.lease_archives AS v WHERE v.no = l.no));
	kept_ends := ARRAY(SELECT e FROM incident_internal.lease_ends AS e WHERE e.no IN (SELECT l.no FROM unnest(kept_leases) AS l));
	kept_progress := ARRAY(SELECT p FROM incident_internal.lease_progress AS p
		WHERE p.root IN (SELECT coalesce(l.root, l.no) FROM unnest(kept_leases) AS l));
	kept_archives := ARRAY(SELECT v FROM incident_internal.lease_archives AS v WHERE v.no IN (SELECT l.no FROM unnest(kept_leases) AS l));
	TRUNCATE incident_internal.leases, incident_internal.lease_ends, incident_internal.lease_progress, incident_internal.lease_archives;
	INSERT INTO incident_internal.leases OVERRIDING SYSTEM VALUE SELECT (l).* FROM unnest(kept_leases) AS l;
	INSERT INTO incident_internal.lease_ends SELECT (e).* FROM unnest(kept_ends) AS e;
	INSERT INTO incident_internal.lease_progress SELECT (p).* FROM unnest(kept_progress) AS p;
	INSERT INTO incident_internal.lease_archives SELECT (v).* FROM unnest(kept_archives) AS v;
	RETURN true;
EXCEPTION
	WHEN lock_not_available THEN
		RETURN false;
	WHEN OTHERS THEN
		PERFORM incident_internal.maintenance_failed('leases could not be rotated', SQLSTATE, SQLERRM);
		RETURN false;
END
$$;

-- Drops decisions that are a day old where no relay has come for a day: there is nobody to tell, and
-- one that comes later should not begin with what is long over. How many, 0 for none.
CREATE FUNCTION incident_internal.drop_decisions()
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	day_ago CONSTANT timestamptz := clock_timestamp() - interval '1 day';
	lease bigint;
	dropped integer;
BEGIN
	PERFORM incident_internal.expect_writable('tend messages'), incident_internal.expect_newest_snapshot('decisions are given up');
	IF EXISTS (SELECT FROM incident_internal.relays AS r WHERE r.seen_at > day_ago)
			OR NOT EXISTS (SELECT FROM incident_internal.notices AS n WHERE n.stream = 0 AND n.at < day_ago)
			OR NOT incident_internal.take_lock('notices', 0, wait => false) THEN
		RETURN 0;
	END IF;
	BEGIN
		lease := incident_internal.lease_notices(0::smallint, 'nobody', 1000, '1 minute');
		SELECT count(*)::integer INTO dropped FROM incident_internal.leased(lease) AS m HAVING max(m.queued_at) < day_ago;
		IF dropped IS NULL THEN
			RAISE EXCEPTION 'some are newer' USING ERRCODE = 'PGINR';
		END IF;
		PERFORM incident_internal.end_lease(lease);
		INSERT INTO incident_internal.notice_history (org_id, incident_id, id, place, seq, queued_at, at, attempt, outcome, detail)
			SELECT m.org_id, m.incident, m.id, m.row_place, m.seq, m.queued_at, clock_timestamp(), 0, 'nobody', 'no relay has come for a day'
			FROM incident_internal.leased(lease) AS m ON CONFLICT DO NOTHING;
	EXCEPTION WHEN SQLSTATE 'PGINR' THEN
		dropped := 0;
	END;
	RETURN dropped;
END
$$;

COMMENT ON FUNCTION incident_internal.archive_notices(integer) IS
'A step of tend_notices(): puts what became of messages into the view notices, for up to so many leases a channel; how many there were.';
COMMENT ON FUNCTION incident_internal.rotate_notices() IS
'A step of tend_notices(): empties a part of the queue that is done with. False when there was none. Error object_not_in_prerequisite_state in REPEATABLE READ and above.';
COMMENT ON FUNCTION incident_internal.rotate_leases() IS
'A step of tend_notices(): forgets leases that are done with. False when there were few, or somebody was claiming. Error object_not_in_prerequisite_state in REPEATABLE READ and above.';
COMMENT ON FUNCTION incident_internal.drop_decisions() IS
'A step of tend_notices(): drops what somebody should have been told a day ago and more, where no relay has come for a day; of how many entries.';

SELECT incident_internal.allow('operate', 'archive_notices', 'drop_decisions', 'rotate_leases', 'rotate_notices');

-- Streams, pages and what waits are part of a dump; of the queue what may not have been delivered.
-- Leases are not: where a dump is restored, xids mean nothing.
SELECT pg_catalog.pg_extension_config_dump('incident_internal.streams', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.streams_stream_seq', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.notices_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.pages', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.pages_page_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.page_tokens', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.retries', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.retries_retry_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('incident_internal.notice_history', '');
DO $do$
BEGIN
	FOR slot IN 0..2 LOOP
		PERFORM pg_catalog.pg_extension_config_dump(format('incident_internal.notices_%s', slot)::regclass, format($where$WHERE NOT EXISTS (
	SELECT FROM incident_internal.leases AS l WHERE l.stream = notices_%1$s.stream
		AND l.no = (SELECT max(k.no) FROM incident_internal.leases AS k WHERE k.stream = notices_%1$s.stream)
		AND pg_catalog.pg_visible_in_snapshot(notices_%1$s.xid, l.tick_a))
	OR EXISTS (SELECT FROM incident_internal.leases AS l WHERE l.stream = notices_%1$s.stream
		AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no)
		AND pg_catalog.pg_visible_in_snapshot(notices_%1$s.xid, coalesce(l.of_b, l.tick_b))
		AND NOT pg_catalog.pg_visible_in_snapshot(notices_%1$s.xid, coalesce(l.of_a, l.tick_a)))$where$, slot));
	END LOOP;
END
$do$;
