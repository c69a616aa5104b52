-- Messages as a plain table, with the functions that a relay calls, for a database without the
-- extension: what becomes of each can be told without what the extension makes of it.
CREATE SCHEMA incident;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
	SELECT 1, 'pg_incident', oid, 'incident'::regnamespace, false, '1.0' FROM pg_roles WHERE rolname = current_user;

CREATE TABLE message (
	notice bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key uuid NOT NULL DEFAULT gen_random_uuid(),
	channel text NOT NULL,
	address text NOT NULL DEFAULT 'somebody@example.org',
	body text NOT NULL DEFAULT 'Text',
	state text NOT NULL DEFAULT 'open',
	attempt integer NOT NULL DEFAULT 0,
	not_before timestamptz NOT NULL DEFAULT now(),
	worker text,
	lease_until timestamptz,
	reference text,
	error text);

CREATE FUNCTION incident.claim_notices(worker text, channels text[], n integer, lease interval)
RETURNS TABLE (notice bigint, key uuid, incident bigint, contact text, channel text, address text, language text,
	subject text, body text, payload jsonb, token text, attempt integer)
LANGUAGE sql AS $$
	UPDATE public.message AS m SET worker = claim_notices.worker, lease_until = now() + lease, attempt = m.attempt + 1
	FROM (SELECT o.notice FROM public.message AS o WHERE o.state = 'open' AND o.channel = ANY (channels)
		AND o.not_before <= now() AND (o.lease_until IS NULL OR o.lease_until < now())
		ORDER BY o.notice LIMIT n FOR UPDATE SKIP LOCKED) AS c
	WHERE m.notice = c.notice
	RETURNING m.notice, m.key, 7::bigint, 'head-1', m.channel, m.address, 'zh', '响应级别 2', m.body,
		'{"status": "open"}'::jsonb, 'token-' || m.notice, m.attempt
$$;

CREATE FUNCTION public.own(worker text, notices bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT m.notice FROM public.message AS m WHERE m.notice = ANY (notices) AND m.worker = own.worker
		AND m.state = 'open' AND m.lease_until > now();
END
$$;

CREATE FUNCTION incident.notice_sent(worker text, notices bigint[], reference text[]) RETURNS integer
LANGUAGE sql AS $$
	WITH changed AS (UPDATE public.message AS m SET state = 'sent', reference = r.reference, worker = NULL, lease_until = NULL
		FROM unnest(notices, notice_sent.reference) AS r(notice, reference)
		WHERE m.notice = r.notice AND m.notice IN (SELECT public.own(notice_sent.worker, notices))
		RETURNING 1)
	SELECT count(*)::integer FROM changed
$$;

CREATE FUNCTION incident.notice_failed(worker text, notice bigint, error text, permanent boolean) RETURNS text
LANGUAGE sql AS $$
	UPDATE public.message AS m SET state = CASE WHEN permanent THEN 'dead' ELSE 'open' END, error = notice_failed.error,
		worker = NULL, lease_until = NULL, not_before = now() + interval '1 hour'
	WHERE m.notice IN (SELECT public.own(notice_failed.worker, ARRAY[notice_failed.notice]))
	RETURNING CASE WHEN permanent THEN 'dead' ELSE 'put off' END
$$;

CREATE FUNCTION incident.renew_lease(worker text, notices bigint[], lease interval) RETURNS integer
LANGUAGE sql AS $$
	WITH changed AS (UPDATE public.message AS m SET lease_until = now() + lease
		WHERE m.notice IN (SELECT public.own(renew_lease.worker, notices))
		RETURNING 1)
	SELECT count(*)::integer FROM changed
$$;

CREATE FUNCTION incident.give_back(worker text, notices bigint[]) RETURNS integer
LANGUAGE sql AS $$
	WITH changed AS (UPDATE public.message AS m SET worker = NULL, lease_until = NULL, attempt = m.attempt - 1
		WHERE m.notice IN (SELECT public.own(give_back.worker, notices))
		RETURNING 1)
	SELECT count(*)::integer FROM changed
$$;
