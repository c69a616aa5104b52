-- What is called again and again: the scheduled job, what it calls, and who schedules it.
-- Procedures commit after each step; what they call is granted to who may call them.

-- What the scheduled job calls: ticks in transactions of their own until nothing is left.
CREATE PROCEDURE incident.run_ticks(batch integer DEFAULT 5000)
LANGUAGE plpgsql
AS $$
DECLARE
	done record;
BEGIN
	LOOP
		SELECT * INTO done FROM incident.tick(batch => batch);
		COMMIT;
		EXIT WHEN done.remaining OPERATOR(pg_catalog.=) 0
			OR done.incidents OPERATOR(pg_catalog.=) 0 AND done.quarantined OPERATOR(pg_catalog.=) 0;
	END LOOP;
	CALL incident.maintain();
	PERFORM incident.mark_overdue_risk(pg_catalog.now());
	COMMIT;
	CALL incident.tend_notices();
END
$$;

-- What the scheduled job does for the outbox.
CREATE PROCEDURE incident.tend_notices()
LANGUAGE plpgsql
AS $$
BEGIN
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	WHILE incident.drop_decisions() OPERATOR(pg_catalog.>) 0 LOOP
		COMMIT;
		SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	END LOOP;
	WHILE incident.archive_notices() OPERATOR(pg_catalog.>) 0 LOOP
		COMMIT;
	END LOOP;
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	WHILE incident.rotate_notices() LOOP
		COMMIT;
		SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	END LOOP;
	PERFORM incident.rotate_leases();
	COMMIT;
END
$$;

CREATE PROCEDURE incident.retain(
	keep interval DEFAULT nullif(current_setting('pg_incident.retention', true), '')::interval)
LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM incident.tidy_up();
	COMMIT;
	WHILE incident.forget_next_month(keep) IS NOT NULL LOOP
		COMMIT;
	END LOOP;
	COMMIT;
	PERFORM incident.forget_rosters(keep);
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	WHILE incident.drop_next_partition() LOOP
		COMMIT;
		SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	END LOOP;
	COMMIT;
END
$$;

-- What the scheduled job does besides ticking.
CREATE PROCEDURE incident.maintain()
LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT incident.take_maintenance() THEN
		RETURN;
	END IF;
	COMMIT;
	WHILE incident.keep_out_next_month() LOOP
		COMMIT;
	END LOOP;
	WHILE incident.add_next_partition() LOOP
		COMMIT;
	END LOOP;
	COMMIT;
	CALL incident.retain();
END
$$;

-- pg_cron, in this database or in another.

CREATE FUNCTION incident.schedule(cron text DEFAULT '* * * * *')
RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_schedule';

CREATE FUNCTION incident.unschedule()
RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pgi_unschedule';

COMMENT ON PROCEDURE incident.run_ticks(integer) IS
'Ticks, committing after each batch, until nothing is due; once an hour also runs maintain(); tends the outbox; marks what of risk treatment has become overdue. This is what the scheduled job calls.';
COMMENT ON PROCEDURE incident.retain(interval) IS
'Forgets incidents, with their timelines, of every past month in which all that was opened was closed or cancelled longer than `keep` ago; keep defaults to the setting pg_incident.retention, and NULL keeps all. Also forgets rosters and overrides that ended longer ago than that, and drops timers that are done with, and the log of ticks after a month. A partition that is in use is left for the next time. Error invalid_parameter_value when keep is negative.';
COMMENT ON PROCEDURE incident.tend_notices() IS
'Puts what became of messages into the history, and empties what of the outbox is done with. run_ticks() calls it.';
COMMENT ON PROCEDURE incident.maintain() IS
'Makes the partitions of the coming days and months and calls retain(), unless that was done within the hour. run_ticks() calls it.';
COMMENT ON FUNCTION incident.schedule(text) IS
'Has pg_cron call run_ticks() in this database on a cron schedule, as the calling role, and returns the job id; calling it again changes the schedule. Works also when pg_cron lives in another database of the server. Error object_not_in_prerequisite_state says what is missing.';
COMMENT ON FUNCTION incident.unschedule() IS
'Removes the job that schedule() made for the calling role; false when there was none. A superuser removes those of all roles for this database, and a notice says whose they were.';

SELECT incident_internal.allow('operate', 'maintain', 'retain', 'run_ticks', 'schedule', 'tend_notices', 'unschedule');
