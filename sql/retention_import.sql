--
-- A first import that is large, before the first tick: the months to come get partitions.
--
SET client_min_messages = error;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET search_path = public, incident, incident_internal;
SELECT register_asset('a3', 'host', '3');
SELECT open('a3', 'minor', 'one') AS one \gset
CREATE PROCEDURE add_entries(of bigint, n integer, later integer) LANGUAGE sql AS $$
	INSERT INTO incident_internal.entries (org_id, month, incident_id, effective_at, recorded_at, epoch, seq, rule, occurrence, kind, note)
	SELECT e.org_id, e.month + later, e.incident_id * 10000000 + i, e.effective_at, e.recorded_at, e.epoch, e.seq, e.rule, e.occurrence, e.kind, repeat('x', 200)
	FROM incident_internal.entries AS e, generate_series(1, n) AS i WHERE e.incident_id = of AND e.seq = 1
$$;
CALL add_entries(:one, 80000, 0);
SELECT pg_relation_size('incident_internal.entries_default') > 16 * 1024 * 1024 AS large, (SELECT count(*) FROM partitions('entries')) AS partitions;

-- On the last day of a month the one to come is not made any more: what is expected then, is.
SELECT month_of(now() + interval '1 day') = month_of(now()) AS in_time \gset
CREATE VIEW made AS SELECT (SELECT count(*) FROM partitions('entries') WHERE first_key = month_of(now()) + 1) = :'in_time'::boolean::integer AS as_expected,
	(SELECT count(*) FROM pg_constraint WHERE conrelid = 'incident_internal.entries_default'::regclass AND contype = 'c') AS kept_out,
	(SELECT (maintenance_problem IS NULL) = :'in_time'::boolean FROM watchdog) AS told;
CALL run_ticks();
TABLE made;
SELECT open('a3', 'minor', 'two') AS two \gset
CALL add_entries(:two, 1, 1);
SELECT DISTINCT e.tableoid::regclass = 'incident_internal.entries_default'::regclass AS in_default FROM incident_internal.entries AS e WHERE incident_id = :two;
SELECT (e.tableoid::regclass <> 'incident_internal.entries_default'::regclass) = :'in_time'::boolean AS in_its_own FROM incident_internal.entries AS e
	WHERE incident_id = :two * 10000000 + 1 AND month = month_of(now()) + 1;

-- What cannot be made is told, and nothing is left that keeps incidents out.
DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE incident_internal.' || part FROM partitions('entries') WHERE first_key = month_of(now()) + 1); EXCEPTION WHEN null_value_not_allowed THEN END $$;
CALL add_entries(:two, 1, 1);
UPDATE incident_internal.last_tick SET maintained_at = NULL;
CALL maintain();
SELECT (SELECT count(*) FROM partitions('entries')) AS partitions, kept_out,
	(SELECT maintenance_problem ~ '^partition "entries_\d+" is missing: entries_default is large' FROM watchdog) AS told FROM made;
SELECT open('a3', 'minor', 'three') > 0 AS opened;
SELECT DISTINCT relrowsecurity AS closed FROM pg_class WHERE relname ~ '^(entries|timers)_(default|\d+)$' AND relkind = 'r';
