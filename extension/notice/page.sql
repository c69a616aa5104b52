-- Pages: messages that want an acknowledgement. Who does not give it is told again by his next
-- channel, then his deputy and the next post are; from outside it is given by a token.

-- Only digests: what opens a page is in the message alone.
CREATE TABLE incident_internal.page_tokens (
	org_id integer NOT NULL,
	digest bytea NOT NULL,
	page_id bigint NOT NULL,
	expires_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '7 days',
	PRIMARY KEY (org_id, digest)
);
CREATE INDEX page_tokens_digest ON incident_internal.page_tokens (digest);

CREATE FUNCTION incident_internal.strong_random(n integer)
RETURNS bytea
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_strong_random';

CREATE FUNCTION incident_internal.token_digest(token text)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT sha256(convert_to(token, 'UTF8'))
$$;

-- Records that somebody has acknowledged an incident, whoever the session is.
CREATE FUNCTION incident_internal.acknowledge_for(org_id integer, incident_id bigint, by text, note text)
RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_acknowledge_for';

-- The channels by which somebody is told of an incident now.
CREATE FUNCTION incident_internal.routes_now(org integer, incident bigint, told text)
RETURNS TABLE (rank integer, channel text, address text, masked boolean, not_before timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.*
	FROM incident_internal.incident_state AS s
	JOIN incident_internal.incidents AS i ON i.org_id = s.org_id AND i.incident_id = s.incident_id
	CROSS JOIN LATERAL incident_internal.contact_routes(s.org_id, told, i.confidentiality, s.response_level, clock_timestamp()) AS t
	WHERE s.org_id = org AND s.incident_id = incident
$$;

-- What a page is about, as a message by one of its contact's channels after a rank; his first one
-- again when he has no further. No rows for a contact that has none.
CREATE FUNCTION incident_internal.page_draft(page incident_internal.pages, told text, after integer)
RETURNS SETOF incident_internal.message_draft
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT page.org_id, page.incident_id, page.seq, page.rule, page.post, told, page.acknowledge, page.again_after, page.again_left,
		page.then_next, true, t.rank::smallint, t.channel, t.address, t.masked, t.not_before, page.page_id
	FROM incident_internal.routes_now(page.org_id, page.incident_id, told) AS t
	ORDER BY t.rank <= after, t.rank LIMIT 1
$$;

-- Opens pages for those who come after a contact: his deputy, then who fills the next post. Those
-- who have a page of the entry already are not told again.
CREATE FUNCTION incident_internal.successors_of(page incident_internal.pages)
RETURNS SETOF incident_internal.message_draft
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	WITH deputy AS (
		SELECT page.post, c.deputy AS contact FROM incident_internal.contacts AS c
		WHERE c.org_id = page.org_id AND c.contact = page.contact AND c.deputy IS NOT NULL
			AND NOT EXISTS (SELECT FROM incident_internal.pages AS o WHERE o.org_id = page.org_id AND o.incident_id = page.incident_id
				AND o.seq = page.seq AND o.rule = page.rule AND o.contact = c.deputy)),
	next AS (
		SELECT n.post, n.contact FROM incident_internal.posts AS p,
			LATERAL incident_internal.post_contacts(page.org_id, p.next, clock_timestamp()) AS n
		WHERE page.then_next AND p.org_id = page.org_id AND p.post = page.post AND p.next IS NOT NULL
			AND NOT EXISTS (SELECT FROM deputy)),
	told AS (TABLE deputy UNION ALL TABLE next)
	SELECT f.org_id, f.incident_id, f.seq, f.rule, t.post, f.contact, f.acknowledge, f.again_after,
		page.again_limit, f.then_next, f.urgent, f.rank, f.channel, f.address, f.masked, f.not_before, NULL::bigint
	FROM told AS t, LATERAL incident_internal.page_draft(page, t.contact, 0) AS f
	WHERE NOT EXISTS (SELECT FROM incident_internal.pages AS o WHERE o.org_id = page.org_id AND o.incident_id = page.incident_id
		AND o.seq = page.seq AND o.rule = page.rule AND o.contact = t.contact)
$$;

-- Goes on with a page that was not acknowledged in time: whom to tell.
CREATE FUNCTION incident_internal.pass_page_on(page incident_internal.pages)
RETURNS incident_internal.message_draft[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	draft incident_internal.message_draft;
BEGIN
	IF incident_internal.not_wanted_because(page.org_id, page.incident_id, page.seq, page.page_id) IS NOT NULL THEN
		UPDATE incident_internal.pages AS p SET due_at = NULL, closed_at = clock_timestamp(), outcome = 'over'
			WHERE p.org_id = page.org_id AND p.page_id = page.page_id;
		RETURN '{}'::incident_internal.message_draft[];
	END IF;
	IF page.again_left > 0 THEN
		SELECT f.* INTO draft FROM incident_internal.page_draft(page, page.contact, page.rank) AS f;
		IF FOUND THEN
			UPDATE incident_internal.pages AS p SET again_left = page.again_left - 1, rank = draft.rank,
					due_at = greatest(clock_timestamp(), draft.not_before) + page.again_after
				WHERE p.org_id = page.org_id AND p.page_id = page.page_id;
			RETURN ARRAY[draft];
		END IF;
	END IF;
	UPDATE incident_internal.pages AS p SET due_at = NULL WHERE p.org_id = page.org_id AND p.page_id = page.page_id;
	RETURN ARRAY(SELECT o FROM (SELECT f FROM incident_internal.successors_of(page) AS f) AS s(f),
		LATERAL incident_internal.open_pages(ARRAY[s.f]) AS o);
END
$$;

-- Goes on with up to so many pages that were not acknowledged in time; how many there were. One that
-- cannot does not hold up the others: it is tried again in a minute. Under the lock of stream 0.
CREATE FUNCTION incident_internal.pass_pages_on(wanted integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	page incident_internal.pages;
	drafts incident_internal.message_draft[] := '{}'::incident_internal.message_draft[];
	passed integer := 0;
BEGIN
	FOR page IN SELECT p.* FROM incident_internal.pages AS p WHERE p.due_at <= clock_timestamp() ORDER BY p.due_at LIMIT wanted
			FOR UPDATE SKIP LOCKED LOOP
		passed := passed + 1;
		BEGIN
			drafts := drafts || incident_internal.pass_page_on(page);
		EXCEPTION WHEN data_exception OR integrity_constraint_violation OR syntax_error_or_access_rule_violation OR raise_exception
				OR object_not_in_prerequisite_state OR internal_error THEN
			RAISE WARNING 'a page of incident % cannot be passed on: %', page.incident_id, SQLERRM;
			UPDATE incident_internal.pages AS p SET due_at = clock_timestamp() + interval '1 minute'
				WHERE p.org_id = page.org_id AND p.page_id = page.page_id;
		END;
	END LOOP;
	PERFORM incident_internal.queue_messages(drafts);
	RETURN passed;
END
$$;

-- Has somebody else told, or by another channel, when a message could not be delivered.
CREATE FUNCTION incident_internal.tell_otherwise(failed incident_internal.retries)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	drafts incident_internal.message_draft[];
BEGIN
	IF incident_internal.not_wanted_because(failed.org_id, failed.incident_id, failed.seq, failed.page_id) IS NOT NULL THEN
		RETURN;
	END IF;
	PERFORM incident_internal.take_lock('notices', 0);
	SELECT array_agg(ROW (failed.org_id, failed.incident_id, failed.seq, failed.rule, NULL, o.contact, 'nobody', NULL, 0, false,
			s.priority = 1, o.rank, o.channel, o.address, o.masked, o.not_before, failed.page_id)::incident_internal.message_draft) INTO drafts
		FROM incident_internal.streams AS s,
			LATERAL (SELECT w.contact, t.* FROM (
				SELECT 1 AS turn, failed.contact, failed.rank AS after
				UNION ALL
				SELECT 2, c.deputy, 0 FROM incident_internal.contacts AS c
					WHERE c.org_id = failed.org_id AND c.contact = failed.contact AND c.deputy IS NOT NULL AND failed.page_id IS NULL) AS w
				CROSS JOIN LATERAL incident_internal.routes_now(failed.org_id, failed.incident_id, w.contact) AS t
				WHERE t.rank > w.after ORDER BY w.turn, t.rank LIMIT 1) AS o
		WHERE s.stream = failed.stream;
	IF drafts IS NULL THEN
		UPDATE incident_internal.pages AS p SET again_left = 0, due_at = clock_timestamp()
			WHERE p.org_id = failed.org_id AND p.page_id = failed.page_id AND p.due_at IS NOT NULL;
	ELSE
		PERFORM incident_internal.queue_messages(drafts);
	END IF;
	PERFORM incident_internal.wake_relays();
END
$$;

-- The page that a token opens; errors when there is none any more.
CREATE FUNCTION incident_internal.page_of_token(token text)
RETURNS incident_internal.pages
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	page incident_internal.pages;
BEGIN
	PERFORM incident_internal.expect_writable('answer messages');
	SELECT p.* INTO page FROM incident_internal.page_tokens AS t
		JOIN incident_internal.pages AS p ON p.org_id = t.org_id AND p.page_id = t.page_id
		WHERE t.digest = incident_internal.token_digest(incident_internal.needed_name(token, 'the token')) AND t.expires_at > clock_timestamp()
			AND p.closed_at IS NULL
		FOR UPDATE OF p;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the token is not valid' USING ERRCODE = 'invalid_authorization_specification',
			DETAIL = 'It was used, has expired, is of an incident that is over, or was never given.';
	END IF;
	RETURN page;
END
$$;

CREATE FUNCTION incident_internal.acknowledge_notice(token text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	page incident_internal.pages;
BEGIN
	-- Of an entry in one order: two contacts may answer at once, and one closes the pages of all.
	PERFORM FROM incident_internal.pages AS p
		JOIN (SELECT o.org_id, o.incident_id, o.seq FROM incident_internal.page_tokens AS t
			JOIN incident_internal.pages AS o ON o.org_id = t.org_id AND o.page_id = t.page_id
			WHERE t.digest = incident_internal.token_digest(token)) AS w USING (org_id, incident_id, seq)
		ORDER BY p.page_id FOR UPDATE OF p;
	page := incident_internal.page_of_token(token);
	UPDATE incident_internal.pages AS p SET closed_at = clock_timestamp(), closed_by = page.contact, outcome = 'acknowledged', due_at = NULL
		WHERE p.org_id = page.org_id AND p.closed_at IS NULL AND (p.page_id = page.page_id
			OR page.acknowledge = 'anyone' AND p.incident_id = page.incident_id AND p.seq = page.seq AND p.rule = page.rule);
	DELETE FROM incident_internal.page_tokens AS t WHERE t.org_id = page.org_id AND t.page_id = page.page_id;
	PERFORM incident_internal.acknowledge_for(page.org_id, page.incident_id, page.contact, 'by a notice');
END
$$;

CREATE FUNCTION incident_internal.snooze_notice(token text, until timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	page CONSTANT incident_internal.pages := incident_internal.page_of_token(token);
BEGIN
	IF incident_internal.needed(until, 'the end') NOT BETWEEN clock_timestamp() AND clock_timestamp() + interval '24 hours' THEN
		RAISE EXCEPTION 'a notice is put off until a moment of the next 24 hours, not %', until USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE incident_internal.pages AS p SET due_at = until, again_left = greatest(p.again_left, 1)
		WHERE p.org_id = page.org_id AND p.page_id = page.page_id;
END
$$;

COMMENT ON FUNCTION incident_internal.acknowledge_notice(text) IS
'Acknowledges what a message was about, by the token that came with it, now and for the contact it was sent to. A token holds for 7 days and until the page is acknowledged. Error invalid_authorization_specification, in the same words whatever the reason.';
COMMENT ON FUNCTION incident_internal.snooze_notice(text, timestamptz) IS
'Puts off that the contact is told again, or others are, until a moment of the next 24 hours. Errors: invalid_authorization_specification, invalid_parameter_value.';

SELECT incident_internal.allow('answer', 'acknowledge_notice', 'snooze_notice');
