-- The tick: decides what has become due since the last one.

-- When to look at an incident again: in which minute (bucket, counted from 2000) and
-- because of which moment. Only ever added; one whose moment is no longer its incident's
-- next_due is out of date and means nothing.
CREATE TABLE incident.timers (
	bucket integer NOT NULL,
	org_id integer NOT NULL,
	incident_id bigint NOT NULL,
	due_at timestamptz NOT NULL
) PARTITION BY RANGE (bucket);
CREATE TABLE incident.timers_default PARTITION OF incident.timers DEFAULT;
CREATE INDEX timers_bucket ON incident.timers (bucket);
SELECT pg_catalog.pg_extension_config_dump('incident.timers_default', '');

-- How far ticks have come; one row, not dumped: a restored database has not ticked yet.
-- Timers before from_bucket are done with. Those before next_bucket will be once every
-- transaction before next_xid has ended, as one of them may yet add a timer there.
CREATE TABLE incident.last_tick (
	only_row boolean PRIMARY KEY CHECK (only_row),
	at timestamptz NOT NULL,
	finished_at timestamptz,
	from_bucket integer NOT NULL,
	next_bucket integer,
	next_xid xid8
);
INSERT INTO incident.last_tick VALUES (true, '-infinity', NULL, -2147483648, NULL, NULL);

-- Incidents that failed to settle, with the error; they are tried again.
CREATE TABLE incident.quarantine (
	org_id integer NOT NULL,
	incident_id bigint NOT NULL,
	since timestamptz NOT NULL,
	attempts integer NOT NULL,
	retry_at timestamptz NOT NULL,
	sqlstate text NOT NULL,
	message text NOT NULL,
	PRIMARY KEY (org_id, incident_id)
);
SELECT pg_catalog.pg_extension_config_dump('incident.quarantine', '');

CREATE FUNCTION incident.tick(
	at timestamptz DEFAULT now(), batch integer DEFAULT 1000,
	OUT incidents integer, OUT escalations integer, OUT overdue integer, OUT breaches integer,
	OUT notices integer, OUT quarantined integer, OUT remaining bigint)
RETURNS record
LANGUAGE c VOLATILE STRICT SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_tick';

-- What the scheduled job calls: ticks in transactions of their own until nothing is left.
CREATE PROCEDURE incident.run_ticks(batch integer DEFAULT 1000)
LANGUAGE plpgsql
AS $$
DECLARE
	done record;
BEGIN
	LOOP
		SELECT * INTO done FROM incident.tick(batch => batch);
		COMMIT;
		EXIT WHEN done.incidents OPERATOR(pg_catalog.=) 0 AND done.quarantined OPERATOR(pg_catalog.=) 0;
	END LOOP;
END
$$;

-- pg_cron, in this database or in another.

CREATE FUNCTION incident.schedule(cron text DEFAULT '* * * * *')
RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_schedule';

CREATE FUNCTION incident.unschedule()
RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_unschedule';

COMMENT ON FUNCTION incident.tick(timestamptz, integer) IS
'Decides everything that has become due up to `at` (not in the future) for at most `batch` incidents (1 to 1000000), oldest first, in one transaction. Any number may run at once. Returns how many incidents were settled, escalations and breaches decided, incidents quarantined, and how many due ones remain at most (0: none). overdue counts duties and notices counts messages: both are 0 as long as no policy defines any. An incident that fails is quarantined with its error and tried again after 1 minute, doubling up to 1 hour.';
COMMENT ON PROCEDURE incident.run_ticks(integer) IS
'Ticks, committing after each batch, until nothing is due. This is what the scheduled job calls.';
COMMENT ON FUNCTION incident.schedule(text) IS
'Has pg_cron call run_ticks() in this database on a cron schedule, as the calling role, and returns the job id; calling it again changes the schedule. Works also when pg_cron lives in another database of the server. Error object_not_in_prerequisite_state says what is missing.';
COMMENT ON FUNCTION incident.unschedule() IS
'Removes the job that schedule() made; false when there was none.';
