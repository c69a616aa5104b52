-- Partitions and retention: timers by the day, timelines by the month of the opening; what
-- is done with goes as a whole. Partitions are made here and not in the script, as what
-- belongs to the extension could not be dropped. Rows of a time without a partition of its
-- own are in the default one.

-- Makes a partition for a range unless there is one or the default one has rows of it. Does
-- nothing for now when somebody is in the way.
CREATE FUNCTION incident.add_partition(parent text, part text, first_key integer, end_key integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
	key CONSTANT text := CASE parent WHEN 'timers' THEN 'bucket' ELSE 'month' END;
	taken boolean;
BEGIN
	IF to_regclass(format('incident.%I', part)) IS NOT NULL
		-- Attaching reads all of the default partition while nobody else can.
		OR pg_relation_size(format('incident.%I', parent || '_default')::regclass) > 16 * 1024 * 1024 THEN
		RETURN false;
	END IF;
	EXECUTE format('SELECT EXISTS (SELECT FROM incident.%I WHERE %I >= $1 AND %I < $2)',
		parent || '_default', key, key) INTO taken USING first_key, end_key;
	IF taken THEN
		RETURN false;
	END IF;
	EXECUTE format('CREATE TABLE incident.%I (LIKE incident.%I INCLUDING DEFAULTS)', part, parent);
	EXECUTE format('ALTER TABLE incident.%I ATTACH PARTITION incident.%I FOR VALUES FROM (%s) TO (%s)',
		parent, part, first_key, end_key);
	RETURN true;
EXCEPTION WHEN lock_not_available THEN
	RETURN false;
END
$$;

-- Takes a partition away, or does nothing for now when somebody is in the way.
CREATE FUNCTION incident.drop_partition(parent text, part text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
BEGIN
	EXECUTE format('ALTER TABLE incident.%I DETACH PARTITION incident.%I', parent, part);
	EXECUTE format('DROP TABLE incident.%I', part);
	RETURN true;
EXCEPTION WHEN lock_not_available THEN
	RETURN false;
END
$$;

-- The partitions there are, with the first key of each and the first beyond it.
CREATE FUNCTION incident.partitions(parent text, OUT part text, OUT first_key integer, OUT end_key integer)
RETURNS SETOF record
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.relname, bound[1]::integer, bound[2]::integer
	FROM pg_inherits AS i
	JOIN pg_class AS c ON c.oid = i.inhrelid,
		regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''?(-?\d+)''?\) TO \(''?(-?\d+)''?\)') AS bound
	WHERE i.inhparent = format('incident.%I', parent)::regclass AND bound IS NOT NULL
	ORDER BY 2
$$;

CREATE FUNCTION incident.add_partitions()
RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT count(*)::integer FROM (
		SELECT incident.add_partition('timers', to_char(day, '"timers_"YYYYMMDD'),
				incident.bucket(day), incident.bucket(day + interval '1 day')) AS made
			FROM generate_series(date_trunc('day', now()), now() + interval '8 days', interval '1 day') AS day
		UNION ALL
		SELECT incident.add_partition('entries', to_char(month, '"entries_"YYYYMM'), number, number + 1)
			FROM generate_series(date_trunc('month', now()), now() + interval '1 month', interval '1 month') AS month,
				LATERAL (SELECT (extract(year FROM month) - 2000)::integer * 12
					+ extract(month FROM month)::integer - 1 AS number) AS n
	) AS wanted
	WHERE made
$$;

-- Forgets all that was opened in a month, timelines and all.
CREATE FUNCTION incident.forget_month(month integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part record;
	forgotten bigint;
BEGIN
	FOR part IN SELECT * FROM incident.partitions('entries') AS p WHERE p.first_key = month AND p.end_key = month + 1 LOOP
		IF NOT incident.drop_partition('entries', part.part) THEN
			RETURN 0::bigint;
		END IF;
	END LOOP;
	DELETE FROM incident.entries AS e WHERE e.month = forget_month.month;
	DELETE FROM incident.repeats AS r USING incident.incident_state AS s
		WHERE s.month = forget_month.month AND r.org_id = s.org_id AND r.incident_id = s.incident_id;
	DELETE FROM incident.dedup_keys AS k USING incident.incident_state AS s
		WHERE s.month = forget_month.month AND k.org_id = s.org_id AND k.incident_id = s.incident_id;
	DELETE FROM incident.incidents AS i USING incident.incident_state AS s
		WHERE s.month = forget_month.month AND i.org_id = s.org_id AND i.incident_id = s.incident_id;
	DELETE FROM incident.incident_state AS s WHERE s.month = forget_month.month;
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END
$$;

CREATE FUNCTION incident.retain(
	keep interval DEFAULT nullif(current_setting('pg_incident.retention', true), '')::interval,
	OUT incidents bigint, OUT timer_partitions integer)
RETURNS record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	done text;
	over integer;
BEGIN
	IF keep < interval '0' THEN
		RAISE EXCEPTION 'the time to keep must not be negative'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	timer_partitions := 0;
	FOR done IN SELECT p.part FROM incident.partitions('timers') AS p, incident.last_tick AS t
			WHERE p.end_key <= t.from_bucket LOOP
		timer_partitions := timer_partitions + incident.drop_partition('timers', done)::integer;
	END LOOP;
	DELETE FROM incident.timers_default AS r USING incident.last_tick AS t WHERE r.bucket < t.from_bucket;
	DELETE FROM incident.tick_log WHERE finished_at < now() - interval '1 month';
	incidents := 0;
	IF keep IS NOT NULL THEN
		FOR over IN SELECT s.month FROM incident.incident_state AS s GROUP BY s.month
				HAVING bool_and(s.status IN ('closed', 'cancelled') AND s.closed_at < now() - keep) LOOP
			incidents := incidents + incident.forget_month(over);
		END LOOP;
	END IF;
END
$$;

-- What the scheduled job does besides ticking, once an hour.
CREATE FUNCTION incident.maintain()
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM FROM incident.last_tick
		WHERE maintained_at IS NULL OR maintained_at NOT BETWEEN now() - interval '1 hour' AND now()
		FOR NO KEY UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE incident.last_tick SET maintained_at = now();
	PERFORM incident.add_partitions();
	PERFORM incident.retain();
	RETURN true;
END
$$;

COMMENT ON FUNCTION incident.retain(interval) IS
'Forgets incidents, with their timelines, of every month in which all that was opened was closed or cancelled longer than `keep` ago; keep defaults to the setting pg_incident.retention, and NULL keeps all. Drops timers that are done with, too. Returns how many incidents were forgotten and timer partitions dropped; what is in use at the moment is left for the next time. Error invalid_parameter_value when keep is negative.';
COMMENT ON FUNCTION incident.maintain() IS
'Makes the partitions of the coming days and months, and runs retain(); at most once an hour. Returns whether it did. run_ticks() calls it.';
