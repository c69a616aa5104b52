-- What relays call: claim, confirm, fail, renew, give back.
--
-- The number of a notice says which lease handed it out, and which of its places it is:
-- no << 20 | token << 10 | place. One that is handed out from the retries is -retry_id.

-- Who delivers, and when he was last here.
CREATE TABLE incident_internal.relays (
	worker text PRIMARY KEY,
	role name NOT NULL,
	channels text[] NOT NULL,
	since timestamptz NOT NULL DEFAULT clock_timestamp(),
	seen_at timestamptz NOT NULL
);

-- Notes that a worker is alive, every ten seconds at most: his row is updated.
CREATE FUNCTION incident_internal.note_relay(worker text, channels text[])
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO incident_internal.relays AS r (worker, role, channels, seen_at)
		SELECT note_relay.worker, session_user, note_relay.channels, clock_timestamp()
		WHERE NOT EXISTS (SELECT FROM incident_internal.relays AS k WHERE k.worker = note_relay.worker
			AND k.channels = note_relay.channels AND k.seen_at > clock_timestamp() - interval '10 seconds')
		ON CONFLICT ON CONSTRAINT relays_pkey
		DO UPDATE SET role = excluded.role, channels = excluded.channels, seen_at = excluded.seen_at
$$;

-- Which messages need not be sent any more, and why; those that are to be sent are left out.
CREATE FUNCTION incident_internal.not_wanted(org_ids integer[], incidents bigint[], entries integer[], pages bigint[])
RETURNS TABLE (number integer, why text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
	SELECT k.number::integer, k.why
	FROM (
		SELECT m.number, CASE
			WHEN s.status IS NULL THEN 'the incident is gone'
			WHEN e.seq IS NULL THEN 'the entry is gone'
			WHEN e.rule > 0 AND EXISTS (SELECT FROM incident_internal.entries AS v WHERE v.org_id = m.org_id AND v.month = s.month
				AND v.incident_id = m.incident AND v.epoch = m.entry AND v.rule = 1) THEN 'it was taken back'
			WHEN (e.rule > 1 OR e.kind = 0) AND s.status IN ('resolved', 'closed', 'cancelled')
				AND e.effective_at <= coalesce(s.resolved_at, s.closed_at) THEN 'the incident is ' || s.status
			WHEN p.outcome = 'acknowledged' THEN 'acknowledged by ' || p.closed_by
			WHEN p.closed_at IS NOT NULL THEN 'the incident is over'
			WHEN p.acknowledge = 'anyone' AND e.rule < 100 AND s.acknowledged_at >= e.effective_at THEN 'the incident is acknowledged'
			END AS why
		FROM unnest(org_ids, incidents, entries, pages) WITH ORDINALITY AS m(org_id, incident, entry, page, number)
		LEFT JOIN incident_internal.incident_state AS s ON s.org_id = m.org_id AND s.incident_id = m.incident
		LEFT JOIN LATERAL (SELECT f.seq, f.rule, f.kind, f.effective_at FROM incident_internal.entries AS f
			WHERE f.org_id = m.org_id AND f.month = s.month AND f.incident_id = m.incident AND f.seq = m.entry) AS e ON true
		LEFT JOIN incident_internal.pages AS p ON p.org_id = m.org_id AND p.page_id = m.page) AS k
	WHERE k.why IS NOT NULL
$$;

-- The same of a single one; NULL: it is to be sent.
CREATE FUNCTION incident_internal.not_wanted_because(org integer, incident bigint, entry integer, page bigint)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT w.why FROM incident_internal.not_wanted(ARRAY[org], ARRAY[incident], ARRAY[entry], ARRAY[page]) AS w
$$;

-- The key of a message: the same whenever it is sent, and of no other database's.
CREATE FUNCTION incident_internal.message_key(id bigint, place smallint)
RETURNS uuid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT md5(concat_ws('/', i.id, message_key.id, place))::uuid FROM incident_internal.installation AS i
$$;

-- Makes a token by which a page can be acknowledged; only its digest is kept.
CREATE FUNCTION incident_internal.issue_token(org integer, page bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	token CONSTANT text := translate(encode(incident_internal.strong_random(16), 'base64'), '+/=', '-_');
BEGIN
	INSERT INTO incident_internal.page_tokens (org_id, digest, page_id) VALUES (org, incident_internal.token_digest(token), page);
	RETURN token;
END
$$;

-- What a worker is given of a message.
CREATE TYPE incident_internal.handed_notice AS (
	notice bigint, key uuid, incident bigint, contact text, channel text, address text, language text, subject text,
	body text, payload jsonb, token text, attempt integer);

-- A message in the words of who gets it. One that they cannot be found for names its incident only:
-- it must not hold up the others, and better that than none.
CREATE FUNCTION incident_internal.delivery(
	notice bigint, org integer, id bigint, place smallint, incident bigint, entry integer, page bigint, contact text, channel text,
	address text, masked boolean, attempt integer)
RETURNS incident_internal.handed_notice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	handed incident_internal.handed_notice;
	told incident_internal.contacts;
BEGIN
	SELECT c.* INTO told FROM incident_internal.contacts AS c WHERE c.org_id = org AND c.contact = delivery.contact;
	handed.notice := notice;
	handed.key := incident_internal.message_key(id, place);
	handed.incident := incident;
	handed.contact := contact;
	handed.channel := channel;
	handed.address := address;
	handed.attempt := attempt;
	handed.language := incident_internal.message_language((SELECT s.policy_id FROM incident_internal.incident_state AS s
			WHERE s.org_id = org AND s.incident_id = incident), told.language);
	BEGIN
		handed.payload := incident_internal.message_facts(org, incident, entry);
		IF told.zone IS NOT NULL THEN
			handed.payload := jsonb_set(handed.payload, '{zone}', to_jsonb(told.zone));
		END IF;
		IF masked THEN
			handed.payload := incident_internal.mask_facts(handed.payload);
		END IF;
		SELECT t.subject, t.body INTO handed.subject, handed.body
			FROM incident_internal.message_text(org, incident, handed.payload ->> 'kind', handed.payload, handed.language,
				CASE WHEN channel IN ('sms', 'phone') THEN 'short' ELSE 'long' END) AS t;
	EXCEPTION WHEN OTHERS THEN
		RAISE WARNING 'no text for a message of incident %: %', incident, SQLERRM;
		handed.payload := jsonb_build_object('incident', incident);
		handed.subject := format('Incident %s', incident);
		handed.body := handed.subject;
	END;
	IF page IS NOT NULL THEN
		handed.token := incident_internal.issue_token(org, page);
	END IF;
	RETURN handed;
END
$$;

-- What a lease covers, with what crosses a notice out: that nobody wants it any more, or that an
-- earlier worker of the range has dealt with it, which is noted already.
CREATE FUNCTION incident_internal.leased_and_judged(lease bigint, root bigint, n integer)
RETURNS TABLE (place smallint, org_id integer, id bigint, row_place smallint, incident bigint, seq integer, contact text,
	address text, masked boolean, page bigint, dealt_with boolean, why text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	covered CONSTANT incident_internal.leased_notice[] := ARRAY(SELECT m FROM incident_internal.leased(lease) AS m ORDER BY m.place);
BEGIN
	IF cardinality(covered) <> n THEN
		RAISE EXCEPTION 'lease % covers % notices, of which % are there', lease, n, cardinality(covered) USING ERRCODE = 'data_corrupted';
	END IF;
	RETURN QUERY
		SELECT m.place, m.org_id, m.id, m.row_place, m.incident, m.seq, m.contact, m.address, m.masked, m.page, d.place IS NOT NULL, w.why
		FROM unnest(covered) AS m
		LEFT JOIN (SELECT DISTINCT unnest(p.places) AS place FROM incident_internal.lease_progress AS p
			WHERE p.root = leased_and_judged.root) AS d ON d.place = m.place
		LEFT JOIN incident_internal.not_wanted(ARRAY(SELECT k.org_id FROM unnest(covered) AS k), ARRAY(SELECT k.incident FROM unnest(covered) AS k),
			ARRAY(SELECT k.seq FROM unnest(covered) AS k), ARRAY(SELECT k.page FROM unnest(covered) AS k)) AS w ON w.number = m.place;
END
$$;

-- Hands out what a lease covers and is wanted.
CREATE FUNCTION incident_internal.hand_out(lease bigint)
RETURNS SETOF incident_internal.handed_notice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	given record;
	handed boolean := false;
	crossed smallint[] := '{}'::smallint[];
	reasons text[] := '{}'::text[];
BEGIN
	SELECT l.no, l.n, l.token, coalesce(l.root, l.no) AS root, s.channel INTO of
		FROM incident_internal.leases AS l JOIN incident_internal.streams AS s USING (stream) WHERE l.no = lease;
	FOR given IN SELECT * FROM incident_internal.leased_and_judged(lease, of.root, of.n) AS m WHERE NOT m.dealt_with ORDER BY m.place LOOP
		IF given.why IS NOT NULL THEN
			crossed := crossed || given.place;
			reasons := reasons || given.why;
			CONTINUE;
		END IF;
		handed := true;
		RETURN NEXT incident_internal.delivery((of.no << 20) | (of.token::bigint << 10) | given.place, given.org_id, given.id, given.row_place,
			given.incident, given.seq, given.page, given.contact, of.channel, given.address, given.masked, 1);
	END LOOP;
	IF crossed <> '{}' THEN
		PERFORM incident_internal.note_progress(lease, of.root, crossed, 'cancelled', reasons);
	ELSIF NOT handed THEN
		PERFORM incident_internal.end_lease(lease);		-- whoever had it before has dealt with everything
	END IF;
END
$$;

-- Notes what became of some notices of a lease, and ends it when that was the last. False when
-- the lease has ended: then they are another's.
CREATE FUNCTION incident_internal.note_progress(lease bigint, root bigint, places smallint[], outcome text, details text[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted CONSTANT integer := (SELECT l.n FROM incident_internal.leases AS l WHERE l.no = lease);
BEGIN
	IF outcome = 'sent' AND cardinality(places) = wanted AND array_remove(details, NULL) = '{}' THEN
		RETURN incident_internal.end_lease(lease);
	END IF;
	IF EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = lease) THEN
		RETURN false;
	END IF;
	INSERT INTO incident_internal.lease_progress (no, root, places, outcome, details)
		VALUES (lease, note_progress.root, note_progress.places, note_progress.outcome, note_progress.details);
	IF wanted <= (SELECT count(DISTINCT d.place) FROM incident_internal.lease_progress AS p, unnest(p.places) AS d(place)
			WHERE p.root = note_progress.root) THEN
		PERFORM incident_internal.end_lease(lease);
	END IF;
	RETURN true;
END
$$;

-- Hands out messages of a stream that wait by themselves and whose time has come.
CREATE FUNCTION incident_internal.hand_out_retries(of smallint, worker text, wanted integer, lease interval)
RETURNS SETOF incident_internal.handed_notice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kept record;
	why text;
BEGIN
	FOR kept IN
		WITH taken AS (
			SELECT r.org_id, r.retry_id FROM incident_internal.retries AS r
			WHERE r.stream = of AND r.due_at <= clock_timestamp() AND (r.leased_until IS NULL OR r.leased_until <= clock_timestamp())
			ORDER BY r.due_at LIMIT wanted FOR UPDATE SKIP LOCKED)
		UPDATE incident_internal.retries AS r SET worker = hand_out_retries.worker, leased_until = clock_timestamp() + lease,
			attempt = r.attempt + 1
		FROM taken AS t WHERE r.org_id = t.org_id AND r.retry_id = t.retry_id
		RETURNING r.*, (SELECT s.channel FROM incident_internal.streams AS s WHERE s.stream = r.stream) AS channel
	LOOP
		why := incident_internal.not_wanted_because(kept.org_id, kept.incident_id, kept.seq, kept.page_id);
		IF why IS NOT NULL THEN
			PERFORM incident_internal.finish_retry(kept.org_id, kept.retry_id, 'cancelled', why);
			CONTINUE;
		END IF;
		RETURN NEXT incident_internal.delivery(-kept.retry_id, kept.org_id, kept.id, kept.place, kept.incident_id, kept.seq, kept.page_id,
			kept.contact, kept.channel, kept.address, kept.masked, kept.attempt);
	END LOOP;
END
$$;

-- Moves a message that waited by itself to the history.
CREATE FUNCTION incident_internal.finish_retry(org integer, id bigint, outcome text, detail text)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH gone AS (DELETE FROM incident_internal.retries AS r WHERE r.org_id = org AND r.retry_id = finish_retry.id RETURNING r.*)
	INSERT INTO incident_internal.notice_history (org_id, incident_id, id, place, seq, rule, contact, channel, address, queued_at, at,
		attempt, outcome, detail)
	SELECT g.org_id, g.incident_id, g.id, g.place, g.seq, g.rule, g.contact, s.channel, g.address, g.queued_at, clock_timestamp(),
		g.attempt, finish_retry.outcome, left(finish_retry.detail, 1000)
	FROM gone AS g JOIN incident_internal.streams AS s USING (stream)
	ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION incident_internal.expect_worker(worker text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.needed_name(worker, 'the worker') FROM incident_internal.expect_writable('deliver messages')
$$;

CREATE FUNCTION incident_internal.expect_lease(lease interval)
RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF incident_internal.needed(lease, 'the lease') NOT BETWEEN interval '1 second' AND interval '1 day' THEN
		RAISE EXCEPTION 'a lease lasts from 1 second to 1 day, not %', lease USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN lease;
END
$$;

-- Whether there are decisions to make messages of, or pages to pass on.
CREATE FUNCTION incident_internal.has_decisions()
RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
	SELECT EXISTS (SELECT FROM incident_internal.pages AS p WHERE p.due_at <= clock_timestamp())
		OR EXISTS (SELECT FROM incident_internal.leases AS l WHERE l.stream = 0 AND l.until <= clock_timestamp()
			AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no))
		OR EXISTS (SELECT FROM incident_internal.unclaimed AS u WHERE u.stream = 0)
$$;

CREATE FUNCTION incident_internal.claim_notices(
	worker text, channels text[], n integer DEFAULT 100, lease interval DEFAULT '1 minute')
RETURNS TABLE (notice bigint, key uuid, incident bigint, contact text, channel text, address text, language text, subject text,
	body text, payload jsonb, token text, attempt integer)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of smallint;
	no bigint;
	found_none boolean := true;
BEGIN
	worker := incident_internal.expect_worker(worker);
	lease := incident_internal.expect_lease(lease);
	PERFORM incident_internal.expect_newest_snapshot('messages are claimed');
	IF incident_internal.needed(n, 'the number of notices') NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'from 1 to 1000 notices are claimed at a time, not %', n USING ERRCODE = 'invalid_parameter_value';
	END IF;
	channels := incident_internal.given_names(incident_internal.needed(channels, 'the channels'), 'a channel');
	IF cardinality(channels) = 0 THEN
		RAISE EXCEPTION 'the channels must not be empty' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Name those that this worker delivers by, such as ''{email,webhook}''.';
	END IF;
	-- The lock is kept until the claim is committed: others go without where there is nothing to do.
	IF incident_internal.has_decisions() AND incident_internal.take_lock('notices', 0, wait => false) THEN
		IF incident_internal.resolve_decisions(100) + incident_internal.pass_pages_on(100) > 0 THEN
			PERFORM incident_internal.wake_relays();	-- what was made can be claimed once it is committed
		END IF;
	END IF;
	FOR of IN SELECT s.stream FROM incident_internal.streams AS s WHERE s.channel = ANY (channels) ORDER BY s.priority, s.stream LOOP
		RETURN QUERY SELECT * FROM incident_internal.hand_out_retries(of, worker, n, lease);
		found_none := NOT FOUND;
		EXIT WHEN FOUND;
		PERFORM incident_internal.take_lock('notices', of);
		no := incident_internal.lease_notices(of, worker, n, lease);
		IF no IS NOT NULL THEN
			found_none := false;
			RETURN QUERY SELECT * FROM incident_internal.hand_out(no);
			IF NOT FOUND THEN
				PERFORM incident_internal.wake_relays();
			END IF;
			EXIT;
		END IF;
	END LOOP;
	IF found_none THEN
		PERFORM incident_internal.archive_notices(20);		-- so that people soon see what was sent
	END IF;
	PERFORM incident_internal.note_relay(worker, channels);
END
$$;

-- The notices of a worker that are still his and of which nothing is noted yet, a row a lease, each
-- once; those of the retries are not among them.
CREATE FUNCTION incident_internal.leases_of(worker text, notices bigint[])
RETURNS TABLE (lease bigint, root bigint, places smallint[], numbers integer[])
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT k.no, k.root, array_agg(m.place ORDER BY m.place), array_agg(m.number ORDER BY m.place)
	FROM (SELECT l.no, coalesce(l.root, l.no) AS root, array_agg(g.place) AS places, array_agg(g.number) AS numbers,
			ARRAY(SELECT unnest(p.places) FROM incident_internal.lease_progress AS p WHERE p.root = coalesce(l.root, l.no)) AS noted
		FROM (SELECT n.notice >> 20 AS no, (n.notice >> 10) & 1023 AS token, (n.notice & 1023)::smallint AS place, min(n.number)::integer AS number
			FROM unnest(notices) WITH ORDINALITY AS n(notice, number) WHERE n.notice > 0 GROUP BY n.notice) AS g
		JOIN incident_internal.leases AS l ON l.no = g.no AND l.token = g.token
		WHERE l.worker = leases_of.worker AND g.place BETWEEN 1 AND l.n
			AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no)
		GROUP BY l.no) AS k
	CROSS JOIN LATERAL unnest(k.places, k.numbers) AS m(place, number)
	WHERE m.place <> ALL (k.noted)
	GROUP BY k.no, k.root
$$;

CREATE FUNCTION incident_internal.notice_sent(worker text, notices bigint[], reference text[] DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	accepted integer := 0;
BEGIN
	worker := incident_internal.expect_worker(worker);
	PERFORM incident_internal.needed(notices, 'the notices');
	IF cardinality(reference) <> cardinality(notices) THEN
		RAISE EXCEPTION 'there are % references for % notices', cardinality(reference), cardinality(notices)
			USING ERRCODE = 'array_subscript_error', HINT = 'Give one for each, NULL for one that has none, or none at all.';
	END IF;
	FOR of IN SELECT * FROM incident_internal.leases_of(worker, notices) LOOP
		IF incident_internal.note_progress(of.lease, of.root, of.places, 'sent',
				(SELECT array_agg(left(reference[k.number], 1000) ORDER BY k.place) FROM unnest(of.numbers) WITH ORDINALITY AS k(number, place))) THEN
			accepted := accepted + cardinality(of.places);
		END IF;
	END LOOP;
	FOR of IN SELECT r.org_id, r.retry_id, g.number FROM unnest(notices) WITH ORDINALITY AS g(notice, number)
			JOIN incident_internal.retries AS r ON r.retry_id = -g.notice
			WHERE g.notice < 0 AND r.worker = notice_sent.worker FOR UPDATE OF r LOOP
		PERFORM incident_internal.finish_retry(of.org_id, of.retry_id, 'sent', reference[of.number]);
		accepted := accepted + 1;
	END LOOP;
	RETURN accepted;
END
$$;

-- How often a message is tried, by the policy of its incident.
CREATE FUNCTION incident_internal.message_attempts(org integer, incident bigint)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.message_attempts FROM incident_internal.incident_state AS s JOIN incident_internal.policies AS p USING (policy_id)
	WHERE s.org_id = org AND s.incident_id = incident
$$;

-- How long until the next attempt: doubles from 10 seconds to an hour, give or take a quarter.
CREATE FUNCTION incident_internal.retry_delay(attempt integer)
RETURNS interval
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT least(power(2, least(attempt, 20) - 1) * 10, 3600) * (0.75 + random() / 2) * interval '1 second'
$$;

CREATE FUNCTION incident_internal.notice_failed(worker text, notice bigint, error text DEFAULT NULL, permanent boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	failed incident_internal.retries;
	again boolean;
BEGIN
	worker := incident_internal.expect_worker(worker);
	error := incident_internal.given_note(error, 'the error');
	PERFORM incident_internal.needed(notice, 'the notice'), incident_internal.needed(permanent, 'permanent');
	IF notice < 0 THEN
		SELECT r.* INTO failed FROM incident_internal.retries AS r WHERE r.retry_id = -notice AND r.worker = notice_failed.worker FOR UPDATE;
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
	ELSE
		SELECT l.*, k.stream INTO of FROM incident_internal.leases_of(worker, ARRAY[notice]) AS l
			JOIN incident_internal.leases AS k ON k.no = l.lease;
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
		SELECT m.org_id, m.id, m.row_place, m.queued_at, m.incident, m.seq, m.rule, m.contact, m.rank, m.address, m.masked, m.page, of.stream, 1
			INTO failed.org_id, failed.id, failed.place, failed.queued_at, failed.incident_id, failed.seq, failed.rule, failed.contact,
				failed.rank, failed.address, failed.masked, failed.page_id, failed.stream, failed.attempt
			FROM incident_internal.leased(of.lease) AS m WHERE m.place = of.places[1];
	END IF;
	again := NOT permanent AND failed.attempt < incident_internal.message_attempts(failed.org_id, failed.incident_id);
	failed.error := left(error, 1000);
	failed.worker := NULL;
	failed.leased_until := NULL;
	failed.due_at := clock_timestamp() + incident_internal.retry_delay(failed.attempt);
	IF notice > 0 THEN
		IF NOT incident_internal.note_progress(of.lease, of.root, of.places, CASE WHEN again THEN 'put off' ELSE 'dead' END, ARRAY[failed.error]) THEN
			RETURN NULL;
		END IF;
		IF again THEN
			failed.retry_id := nextval('incident_internal.retries_retry_id_seq');
			INSERT INTO incident_internal.retries SELECT failed.* ON CONFLICT DO NOTHING;
		END IF;
	ELSIF again THEN
		UPDATE incident_internal.retries AS r SET worker = NULL, leased_until = NULL, due_at = failed.due_at, error = failed.error
			WHERE r.org_id = failed.org_id AND r.retry_id = failed.retry_id;
	ELSE
		PERFORM incident_internal.finish_retry(failed.org_id, failed.retry_id, 'dead', failed.error);
	END IF;
	IF NOT again THEN
		PERFORM incident_internal.tell_otherwise(failed);
	END IF;
	RETURN CASE WHEN again THEN 'put off' ELSE 'dead' END;
END
$$;

CREATE FUNCTION incident_internal.renew_lease(worker text, notices bigint[], lease interval DEFAULT '1 minute')
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	renewed integer := 0;
	kept integer;
BEGIN
	worker := incident_internal.expect_worker(worker);
	PERFORM incident_internal.needed(notices, 'the notices');
	lease := incident_internal.expect_lease(lease);
	FOR of IN SELECT k.lease, cardinality(k.places) AS n, l.stream FROM incident_internal.leases_of(worker, notices) AS k
			JOIN incident_internal.leases AS l ON l.no = k.lease JOIN incident_internal.streams AS s ON s.stream = l.stream
			ORDER BY s.priority, s.stream LOOP		-- as who claims
		PERFORM incident_internal.take_lock('notices', of.stream);	-- or it would race who takes it over
		UPDATE incident_internal.leases AS l SET until = greatest(l.until, clock_timestamp() + renew_lease.lease)
			WHERE l.no = of.lease AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no);
		IF FOUND THEN
			renewed := renewed + of.n;
		END IF;
	END LOOP;
	UPDATE incident_internal.retries AS r SET leased_until = greatest(r.leased_until, clock_timestamp() + renew_lease.lease)
		WHERE r.worker = renew_lease.worker AND -r.retry_id = ANY (notices);
	GET DIAGNOSTICS kept = ROW_COUNT;
	RETURN renewed + kept;
END
$$;

-- Lets go of notices that were not sent: they are due at once, for whoever claims next.
CREATE FUNCTION incident_internal.give_back(worker text, notices bigint[])
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of record;
	given integer := 0;
	kept integer;
BEGIN
	worker := incident_internal.expect_worker(worker);
	PERFORM incident_internal.needed(notices, 'the notices');
	FOR of IN SELECT k.*, l.stream FROM incident_internal.leases_of(worker, notices) AS k
			JOIN incident_internal.leases AS l ON l.no = k.lease LOOP
		CONTINUE WHEN NOT incident_internal.note_progress(of.lease, of.root, of.places, 'put off', NULL);
		INSERT INTO incident_internal.retries (org_id, stream, id, place, queued_at, incident_id, seq, rule, contact, rank, address,
				masked, page_id, attempt, due_at)
			SELECT m.org_id, of.stream, m.id, m.row_place, m.queued_at, m.incident, m.seq, m.rule, m.contact, m.rank, m.address, m.masked,
				m.page, 0, clock_timestamp()
			FROM incident_internal.leased(of.lease) AS m WHERE m.place = ANY (of.places)
			ON CONFLICT DO NOTHING;
		given := given + cardinality(of.places);
	END LOOP;
	UPDATE incident_internal.retries AS r SET worker = NULL, leased_until = NULL, attempt = greatest(r.attempt - 1, 0)
		WHERE r.worker = give_back.worker AND -r.retry_id = ANY (notices);
	GET DIAGNOSTICS kept = ROW_COUNT;
	RETURN given + kept;
END
$$;

COMMENT ON FUNCTION incident_internal.claim_notices(text, text[], integer, interval) IS
'Gives a worker up to n (1 to 1000) messages of some channels for the time of a lease (1 second to 1 day), urgent ones first, and makes messages of what was decided meanwhile: none may be there the first time. Until the lease ends nobody else is given them. key is the same whenever a message is sent again; token is given with what has to be acknowledged. What an incident no longer warrants is crossed out. Call it in a transaction of its own, in READ COMMITTED, and commit before delivering. Errors: invalid_parameter_value, object_not_in_prerequisite_state in another isolation level.';
COMMENT ON FUNCTION incident_internal.notice_sent(text, bigint[], text[]) IS
'Says that messages a worker has claimed were delivered, with a reference for each if it has one. Returns how many were still his: those of a lease that has ended are another''s, and may be delivered twice.';
COMMENT ON FUNCTION incident_internal.notice_failed(text, bigint, text, boolean) IS
'Says that a message could not be delivered. It is tried again after 10 seconds, doubling up to an hour, give or take a quarter, until the attempts that the policy allows are used up; then, or at once when the failure is permanent, the contact''s next channel is used, or his deputy told. Returns put off or dead; NULL when it is no longer the worker''s.';
COMMENT ON FUNCTION incident_internal.renew_lease(text, bigint[], interval) IS
'Keeps messages for longer, from now on; returns how many were still the worker''s.';
COMMENT ON FUNCTION incident_internal.give_back(text, bigint[]) IS
'Lets go of messages that were not sent, so that they are claimed again at once; returns how many were still the worker''s.';

SELECT incident_internal.allow('deliver', 'claim_notices', 'notice_sent', 'notice_failed', 'renew_lease', 'give_back');
