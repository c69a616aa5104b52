-- Partitions and retention: timers by the day, timelines by the month of the opening; what
-- is done with goes as a whole. Partitions are made here and not in the script, as what
-- belongs to the extension could not be dropped. Rows of a time without a partition of its
-- own are in the default one. A partition has its own indexes, and the table as such none:
-- where it has, a dump that makes them anew cannot be restored. A partition has row security of
-- its own without a policy: who was granted to read it, as pg_read_all_data is, sees no row of
-- it past the walls of the table.
--
-- Making or dropping a partition needs a moment in which nobody uses the table. Each is
-- done in a transaction that does nothing else and waits a tenth of a second at most, so
-- nobody waits for longer than that, and nobody for each other; whatever does not succeed
-- is tried again an hour later.

-- Notes that a step of maintenance has failed, and says so; the next steps go on.
CREATE FUNCTION incident_internal.maintenance_failed(step text, state text, message text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE WARNING '%: %', step, message USING ERRCODE = state;
	PERFORM FROM incident_internal.last_tick FOR NO KEY UPDATE SKIP LOCKED;	-- a tick may be at it
	IF FOUND THEN
		UPDATE incident_internal.last_tick SET maintenance_problem = left(format('%s: %s', step, message), 1000);
	END IF;
END
$$;

-- The partitions there are, with the first key of each and the first beyond it.
CREATE FUNCTION incident_internal.partitions(parent text, OUT part text, OUT first_key integer, OUT end_key integer)
RETURNS SETOF record
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.relname, bound[1]::integer, bound[2]::integer
	FROM pg_inherits AS i
	JOIN pg_class AS c ON c.oid = i.inhrelid,
		regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM [(]''?(-?[0-9]+)''?[)] TO [(]''?(-?[0-9]+)''?[)]') AS bound
	WHERE i.inhparent = format('incident_internal.%I', parent)::regclass AND bound IS NOT NULL
	ORDER BY 2
$$;

-- The month of a moment, counted from January 2000.
CREATE FUNCTION incident_internal.month_of(moment timestamptz)
RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN (extract(year FROM moment AT TIME ZONE 'UTC') - 2000)::integer * 12 + extract(month FROM moment AT TIME ZONE 'UTC')::integer - 1;

-- The partitions that are wanted: timers of today and eight days more, timelines of this
-- month and the next.
CREATE FUNCTION incident_internal.wanted_partitions(
	OUT parent text, OUT part text, OUT first_key integer, OUT end_key integer)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT 'timers', to_char(day, '"timers_"YYYYMMDD'), incident_internal.bucket(day), incident_internal.bucket(day + interval '1 day')
	FROM generate_series(date_trunc('day', now()), now() + interval '8 days', interval '1 day') AS day
	UNION ALL
	SELECT 'entries', to_char(month, '"entries_"YYYYMM'), n.number, n.number + 1
	FROM generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '1 month',
			interval '1 month') AS month,
		LATERAL (SELECT incident_internal.month_of(month) AS number) AS n
$$;

-- Attaching a partition reads the default one, while everybody waits: so that must be small.
CREATE FUNCTION incident_internal.has_small_default(parent text)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN pg_relation_size(format('incident_internal.%I', parent || '_default')::regclass) <= 16 * 1024 * 1024;

-- Whether a constraint of the partition's name keeps its rows out of the default one; NULL: none
-- does, false: nobody has looked yet whether it holds for those that are there.
CREATE FUNCTION incident_internal.is_kept_out(parent text, part text)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT c.convalidated FROM pg_constraint AS c
	WHERE c.conrelid = format('incident_internal.%I', is_kept_out.parent || '_default')::regclass AND c.conname = is_kept_out.part;
END;

-- Where the default partition of the timelines has become large, as by a first import before the
-- first tick, months to come get a partition all the same: a constraint says of it that it has no
-- rows of the month, which is looked at while others write. False when there is nothing to do.
--
-- It is for months more than a day away only, of which nobody adds rows yet, and gone before
-- (tidy_up).
CREATE FUNCTION incident_internal.keep_out_next_month()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	wanted record;
BEGIN
	PERFORM incident_internal.expect_writable('make partitions');
	FOR wanted IN SELECT w.*, incident_internal.is_kept_out(w.parent, w.part) AS kept_out
			FROM incident_internal.wanted_partitions() AS w
			WHERE w.parent = 'entries' AND w.first_key > incident_internal.month_of(now() + interval '1 day')
				AND to_regclass(format('incident_internal.%I', w.part)) IS NULL
				AND NOT incident_internal.has_small_default(w.parent) LOOP
		IF wanted.kept_out IS NULL THEN
			EXECUTE format('ALTER TABLE incident_internal.entries_default ADD CONSTRAINT %I CHECK (month < %s OR month >= %s) NOT VALID',
				wanted.part, wanted.first_key, wanted.end_key);
			RETURN true;
		ELSIF NOT wanted.kept_out THEN
			EXECUTE format('ALTER TABLE incident_internal.entries_default VALIDATE CONSTRAINT %I', wanted.part);
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
EXCEPTION
	WHEN lock_not_available OR duplicate_object OR undefined_object THEN
		RETURN false;
	WHEN OTHERS THEN
		PERFORM incident_internal.maintenance_failed('a partition could not be prepared', SQLSTATE, SQLERRM);
		RETURN false;
END
$$;

-- Takes those constraints away that no partition has come of.
CREATE FUNCTION incident_internal.let_in_all_months()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	left_over record;
BEGIN
	FOR left_over IN SELECT c.conname FROM pg_constraint AS c
			WHERE c.conrelid = 'incident_internal.entries_default'::regclass AND c.contype = 'c' AND c.conname ~ '^entries_[0-9]{6}$' LOOP
		EXECUTE format('ALTER TABLE incident_internal.entries_default DROP CONSTRAINT %I', left_over.conname);
	END LOOP;
EXCEPTION WHEN lock_not_available THEN
	NULL;		-- an hour later
END
$$;

-- Makes one of the partitions that are wanted and can be: the default partition must be small
-- and without rows for it, or be known to have none. False when there is none.
--
-- Nobody may be adding rows meanwhile: who had found the default partition before a new one
-- came beside it would be refused there. A row that came before the lock and is not seen
-- yet in REPEATABLE READ fails the check of the default partition.
CREATE FUNCTION incident_internal.add_next_partition()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
SET default_tablespace = ''
AS $$
DECLARE
	wanted record;
	kept_out boolean;
	taken boolean;
BEGIN
	FOR wanted IN SELECT * FROM incident_internal.wanted_partitions() AS w
			WHERE to_regclass(format('incident_internal.%I', w.part)) IS NULL
				AND (incident_internal.has_small_default(w.parent) OR incident_internal.is_kept_out(w.parent, w.part)) LOOP
		EXECUTE format('LOCK TABLE ONLY incident_internal.%I IN SHARE ROW EXCLUSIVE MODE', wanted.parent);
		kept_out := coalesce(incident_internal.is_kept_out(wanted.parent, wanted.part), false);
		EXECUTE format('SELECT NOT $3 AND EXISTS (SELECT FROM incident_internal.%I WHERE %I >= $1 AND %2$I < $2)',
			wanted.parent || '_default', CASE wanted.parent WHEN 'timers' THEN 'bucket' ELSE 'month' END)
			INTO taken USING wanted.first_key, wanted.end_key, kept_out;
		IF NOT taken THEN
			EXECUTE format('CREATE TABLE incident_internal.%I (LIKE incident_internal.%I INCLUDING INDEXES)', wanted.part,
				wanted.parent || '_default');
			EXECUTE format('ALTER TABLE incident_internal.%I ENABLE ROW LEVEL SECURITY', wanted.part);
			EXECUTE format('ALTER TABLE incident_internal.%I ATTACH PARTITION incident_internal.%I FOR VALUES FROM (%s) TO (%s)',
				wanted.parent, wanted.part, wanted.first_key, wanted.end_key);
			IF kept_out THEN
				EXECUTE format('ALTER TABLE incident_internal.%I DROP CONSTRAINT %I', wanted.parent || '_default', wanted.part);
			END IF;
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
EXCEPTION
	WHEN lock_not_available OR duplicate_table OR check_violation THEN
		RETURN false;
	WHEN OTHERS THEN
		PERFORM incident_internal.maintenance_failed('a partition could not be made', SQLSTATE, SQLERRM);
		RETURN false;
END
$$;

-- The first month that is not over.
CREATE FUNCTION incident_internal.current_month()
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT min(w.first_key) FROM incident_internal.wanted_partitions() AS w WHERE w.parent = 'entries';
END;

-- Timers of minutes before this one are done with. Of the last day all are kept: ticks have yet
-- to notice when the clock has been set back.
CREATE FUNCTION incident_internal.timers_done_before()
RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT least(t.from_bucket, incident_internal.bucket(clock_timestamp() - interval '24 hours'))
	FROM incident_internal.last_tick AS t;
END;

-- The partitions that are done with: timers that ticks have passed, timelines of a past
-- month of which no incident is left.
CREATE FUNCTION incident_internal.done_partitions(OUT parent text, OUT part text)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'timers', p.part FROM incident_internal.partitions('timers') AS p
	WHERE p.end_key <= incident_internal.timers_done_before()
	UNION ALL
	SELECT 'entries', p.part FROM incident_internal.partitions('entries') AS p
	WHERE p.first_key < incident_internal.current_month()
		AND NOT EXISTS (SELECT FROM incident_internal.incident_state AS s WHERE s.month = p.first_key)
$$;

-- Drops one of them. False when there is none that can be dropped now.
--
-- A transaction that began in the month may still be going on: whether the month is done
-- with is only known once nobody is writing, and only to a statement that begins then.
CREATE FUNCTION incident_internal.drop_next_partition()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	done record;
BEGIN
	PERFORM incident_internal.expect_newest_snapshot('partitions are dropped');
	SELECT * INTO done FROM incident_internal.done_partitions() LIMIT 1;
	IF done IS NULL THEN
		RETURN false;
	END IF;
	BEGIN
		EXECUTE format('LOCK TABLE ONLY incident_internal.%I IN ACCESS EXCLUSIVE MODE', done.parent);
		IF NOT EXISTS (SELECT FROM incident_internal.done_partitions() AS d WHERE d.part = done.part) THEN
			RETURN false;
		END IF;
		EXECUTE format('DROP TABLE incident_internal.%I', done.part);
		RETURN true;
	EXCEPTION
		WHEN lock_not_available OR undefined_table THEN
			RETURN false;
		WHEN OTHERS THEN
			PERFORM incident_internal.maintenance_failed('a partition could not be dropped', SQLSTATE, SQLERRM);
			RETURN false;
	END;
END
$$;

-- A time to keep things: NULL, none, or an hour or more.
CREATE FUNCTION incident_internal.expect_keep(keep interval)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF keep < interval '0' THEN
		RAISE EXCEPTION 'the time to keep must not be negative' USING ERRCODE = 'invalid_parameter_value';
	ELSIF keep > interval '0' AND keep < interval '1 hour' THEN
		RAISE EXCEPTION 'the time to keep must be none, or an hour or more, not %', keep
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A number without a unit counts seconds: write ''3 years''.';
	END IF;
END
$$;

-- Forgets the incidents of one month that is over, in which everything that was opened was
-- closed or cancelled longer than `keep` ago; their timelines go with the month's partition.
-- Returns how many, NULL when there is no such month.
--
-- One that a transaction of that month commits meanwhile is not closed, and stays.
CREATE FUNCTION incident_internal.forget_next_month(keep interval)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '100ms'
AS $$
DECLARE
	over integer;
	forgotten bigint;
BEGIN
	PERFORM incident_internal.expect_keep(keep);
	SELECT s.month INTO over FROM incident_internal.incident_state AS s
		WHERE s.month < incident_internal.current_month() GROUP BY s.month
		HAVING bool_and(incident_internal.is_over(s.status) AND s.closed_at < now() - keep)
		ORDER BY s.month LIMIT 1;
	IF keep IS NULL OR over IS NULL THEN
		RETURN NULL;
	END IF;
	BEGIN
		-- Somebody may be about to reopen one.
		PERFORM FROM incident_internal.incident_state AS s WHERE s.month = over FOR UPDATE NOWAIT;
		IF EXISTS (SELECT FROM incident_internal.incident_state AS s WHERE s.month = over
				AND (NOT incident_internal.is_over(s.status) OR s.closed_at >= now() - keep)) THEN
			RETURN NULL;
		END IF;
		WITH gone AS (
			DELETE FROM incident_internal.incident_state AS s
			WHERE s.month = over AND incident_internal.is_over(s.status) AND s.closed_at < now() - keep
			RETURNING s.org_id, s.incident_id),
		without_quarantine AS (
			DELETE FROM incident_internal.quarantine AS q USING gone AS g
			WHERE q.org_id = g.org_id AND q.incident_id = g.incident_id),
		without_repeats AS (
			DELETE FROM incident_internal.repeats AS r USING gone AS g
			WHERE r.org_id = g.org_id AND r.incident_id = g.incident_id),
		without_keys AS (
			DELETE FROM incident_internal.dedup_keys AS k USING gone AS g
			WHERE k.org_id = g.org_id AND k.incident_id = g.incident_id),
		without_notices AS (
			DELETE FROM incident_internal.notice_history AS n USING gone AS g
			WHERE n.org_id = g.org_id AND n.incident_id = g.incident_id),
		without_retries AS (
			DELETE FROM incident_internal.retries AS r USING gone AS g
			WHERE r.org_id = g.org_id AND r.incident_id = g.incident_id),
		without_pages AS (
			DELETE FROM incident_internal.pages AS p USING gone AS g
			WHERE p.org_id = g.org_id AND p.incident_id = g.incident_id),
		without_incidents AS (
			DELETE FROM incident_internal.incidents AS i USING gone AS g
			WHERE i.org_id = g.org_id AND i.incident_id = g.incident_id),
		without_entries AS (
			DELETE FROM incident_internal.entries_default AS e USING gone AS g
			WHERE e.month = over AND e.org_id = g.org_id AND e.incident_id = g.incident_id)
		SELECT count(*) INTO forgotten FROM gone;
		RETURN forgotten;
	EXCEPTION
		WHEN lock_not_available THEN
			RETURN NULL;
		WHEN OTHERS THEN
			PERFORM incident_internal.maintenance_failed('a month could not be forgotten', SQLSTATE, SQLERRM);
			RETURN NULL;
	END;
END
$$;

-- Forgets rosters and overrides that ended longer than `keep` ago. Of a roster of which something is
-- forgotten nobody was on call before: without an override those would seem so whose turn it was.
CREATE FUNCTION incident_internal.forget_rosters(keep interval)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
	kept_since CONSTANT timestamptz := now() - keep;
BEGIN
	PERFORM incident_internal.expect_keep(keep);
	BEGIN
		WITH without_overrides AS (
			DELETE FROM incident_internal.roster_overrides AS o WHERE o.until <= kept_since
			RETURNING o.org_id, o.roster),
		without_versions AS (
			DELETE FROM incident_internal.rosters AS r WHERE r.until <= kept_since
			RETURNING r.org_id, r.roster)
		UPDATE incident_internal.rosters AS r SET since = kept_since
		FROM (SELECT * FROM without_overrides UNION SELECT * FROM without_versions) AS gone
		WHERE r.org_id = gone.org_id AND r.roster = gone.roster AND r.since < kept_since AND r.until > kept_since;
	EXCEPTION
		WHEN lock_not_available THEN
			RETURN;
		WHEN OTHERS THEN
			PERFORM incident_internal.maintenance_failed('old rosters could not be forgotten', SQLSTATE, SQLERRM);
	END;
END
$$;

-- Forgets what ticks are done with, but for whole partitions; and says when a partition will be
-- missed that could not be made.
CREATE FUNCTION incident_internal.tidy_up()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	missed text;
BEGIN
	PERFORM incident_internal.let_in_all_months();
	DELETE FROM incident_internal.timers_default AS r WHERE r.bucket < (SELECT incident_internal.timers_done_before());
	DELETE FROM incident_internal.tick_log WHERE finished_at < now() - interval '1 month';
	DELETE FROM incident_internal.page_tokens WHERE expires_at < now();
	DELETE FROM incident_internal.relays WHERE seen_at < now() - interval '1 month';
	SELECT w.part INTO missed FROM incident_internal.wanted_partitions() AS w
		WHERE w.parent = 'entries' AND w.first_key > incident_internal.month_of(now()) AND NOT incident_internal.has_small_default(w.parent)
			AND to_regclass(format('incident_internal.%I', w.part)) IS NULL;
	IF missed IS NOT NULL THEN
		PERFORM incident_internal.maintenance_failed(format('partition "%s" is missing', missed), '55000',
			'entries_default is large, and not made ready for it yet; until then its timelines go there and are forgotten row by row');
	END IF;
EXCEPTION WHEN OTHERS THEN
	PERFORM incident_internal.maintenance_failed('old timers and the log of ticks could not be deleted', SQLSTATE, SQLERRM);
END
$$;

-- Whether an hour has passed since partitions were looked after; then notes that they are.
-- Of several who ask at once, one is told so: now() may be before the others' commit.
CREATE FUNCTION incident_internal.take_maintenance()
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM FROM incident_internal.last_tick
		WHERE maintained_at IS NULL OR maintained_at NOT BETWEEN clock_timestamp() - interval '1 hour' AND clock_timestamp()
		FOR NO KEY UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE incident_internal.last_tick SET maintained_at = clock_timestamp(), maintenance_problem = NULL;
	RETURN true;
END
$$;

COMMENT ON FUNCTION incident_internal.add_next_partition() IS
'A step of maintain(): makes one partition that is wanted. False when there was none to make.';
COMMENT ON FUNCTION incident_internal.keep_out_next_month() IS
'A step of maintain(): makes a large default partition ready for a partition of a month to come. False when there was nothing to do.';
COMMENT ON FUNCTION incident_internal.drop_next_partition() IS
'A step of retain(): drops one partition that is done with. False when there was none that could be dropped. Error object_not_in_prerequisite_state in REPEATABLE READ and above.';
COMMENT ON FUNCTION incident_internal.forget_next_month(interval) IS
'A step of retain(): forgets the incidents of one month that is over. How many, NULL when there is no such month.';
COMMENT ON FUNCTION incident_internal.forget_rosters(interval) IS
'A step of retain(): forgets rosters and overrides that ended longer ago.';
COMMENT ON FUNCTION incident_internal.tidy_up() IS
'A step of retain(): forgets single rows that ticks are done with.';
COMMENT ON FUNCTION incident_internal.take_maintenance() IS
'A step of maintain(): whether it is time for it.';

SELECT incident_internal.allow('operate', 'add_next_partition', 'drop_next_partition',
	'forget_next_month', 'forget_rosters', 'keep_out_next_month', 'take_maintenance', 'tidy_up');
