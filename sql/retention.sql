--
-- Partitions, retention, the log of ticks, and what the watchdog makes of it.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;
CREATE FUNCTION pg_temp.month(at timestamptz) RETURNS integer LANGUAGE sql AS $$
	SELECT (extract(year FROM at) - 2000)::integer * 12 + extract(month FROM at)::integer - 1
$$;

-- Partitions are made ahead, once.
CALL maintain();
SELECT count(*), min(first_key) = bucket(date_trunc('day', now())) AS from_today, bool_and(end_key - first_key = 1440) AS days
FROM partitions('timers');
SELECT count(*), min(first_key) = pg_temp.month(now()) AS from_this_month FROM partitions('entries');
SELECT add_next_partition();
CALL maintain();
SELECT register_asset('a3', 'host', '3');
SELECT open('a3', 'minor', 'one', now() - interval '10 hours') AS one \gset
SELECT open('a3', 'minor', 'two', now()) AS two \gset
SELECT DISTINCT tableoid::regclass = to_char(now(), '"incident_internal.entries_"YYYYMM')::regclass AS entries_of_the_month FROM incident_internal.entries;
SELECT count(*) FROM incident_internal.timers_default WHERE bucket > bucket(now());
-- Timers far ahead have no partition yet.
SELECT publish_policy(import_policy(jsonb_set(export_policy(1) || '{"name": "slow", "duties": [], "messages": {"missed_ticks": "latest"}}'
	|| jsonb_build_object('posts', (SELECT jsonb_agg(r) FROM jsonb_array_elements(export_policy(1) -> 'posts') AS r
		WHERE r ->> 'post' IN ('leading_group', 'operations_director', 'operations_head', 'section_heads'))),
	'{levels,2,processing_time}', '"90 days"')));
SELECT open('a3', 'minor', 'slow', now(), policy => 'slow') AS slow \gset
SELECT count(*) FROM incident_internal.timers_default WHERE bucket > bucket(now());

-- The log of ticks, and how late they were.
SELECT late_50, late_99, last_work_at, ticks_last_hour FROM watchdog;
SELECT incidents, escalations, breaches FROM tick();
SELECT incidents, escalations, overdue, breaches, quarantined, remaining, clock_jump,
	(SELECT sum(n) FROM unnest(lateness) AS n) AS decisions, settled_to <= finished_at AND began_at <= finished_at AS in_order
FROM incident_internal.tick_log;
-- Two hours late, four hours, six hours: 2^13, 2^14, 2^15 seconds at most.
SELECT late_50, late_95, late_99, last_work_at IS NOT NULL AS worked, ticks_last_hour FROM watchdog;
-- A tick with nothing to do leaves nothing.
SELECT incidents FROM tick();
SELECT count(*) FROM incident_internal.tick_log;

-- A clock that was set is noticed, forward and back; the tick after finds it right.
UPDATE incident_internal.last_tick SET boot_clock = boot_clock - 3600000000, finished_at = finished_at - interval '2 hours';
SELECT incidents FROM tick();
SELECT date_trunc('minute', clock_jump + interval '1 s') AS step, clock_jump_at > now() - interval '1 minute' AS now FROM watchdog;
UPDATE incident_internal.last_tick SET finished_at = finished_at + interval '1 hour';
SELECT incidents FROM tick();
SELECT date_trunc('minute', clock_jump - interval '1 s') AS step FROM watchdog;
SELECT incidents FROM tick();
SELECT count(*) FROM incident_internal.tick_log WHERE clock_jump IS NOT NULL;
-- After the machine started anew its own clock tells nothing.
UPDATE incident_internal.last_tick SET boot_clock = boot_clock - 3600000000, boot_id = 'before', finished_at = finished_at - interval '1 day';
SELECT incidents FROM tick();
SELECT count(*) FROM incident_internal.tick_log WHERE clock_jump IS NOT NULL;

-- Without pg_cron in this database there is no job to tell of.
SELECT job_schedule, job_last_run_at, job_last_run FROM watchdog;

-- Retention: nothing without a setting, nothing of a month in which something is open or
-- that is not over.
SELECT resolve(:one), close(:one), cancel(:two);
CALL retain('0');
SELECT count(*) FROM incident_history;
UPDATE incident_internal.entries SET month = 181;
UPDATE incident_internal.incident_state SET month = 181;
SELECT DISTINCT tableoid::regclass FROM incident_internal.entries;
CALL retain('0');
SELECT count(*) FROM incident_history;
SELECT cancel(:slow);
CALL retain();
CALL retain('1 day');
SELECT count(*) FROM incident_history;
SET pg_incident.retention = '1 fortnight';
SET pg_incident.retention = 'infinity';
SET pg_incident.retention = '-1 day';
CALL retain('-1 day');
SET pg_incident.retention = '0 days';
CALL retain();
SELECT count(*) FROM incident_history;
SELECT count(*) FROM timeline;
-- An old month goes as a whole.
SELECT open('a3', 'minor', 'old', now(), dedup_key => 'k') AS old \gset
SELECT open('a3', 'minor', 'old again', now(), dedup_key => 'k') = :old AS repeated;
SELECT resolve(:old), close(:old);
CREATE TABLE incident_internal.entries_201503 (LIKE incident_internal.entries_default INCLUDING INDEXES);
ALTER TABLE incident_internal.entries ATTACH PARTITION incident_internal.entries_201503 FOR VALUES FROM (182) TO (183);
UPDATE incident_internal.entries SET month = 182 WHERE incident_id = :old;
UPDATE incident_internal.incident_state SET month = 182 WHERE incident_id = :old;
SELECT count(*) FROM incident_internal.entries_201503;
RESET pg_incident.retention;
CALL retain('0');
SELECT to_regclass('incident_internal.entries_201503') AS partition, (SELECT count(*) FROM incident_internal.incidents) AS incidents,
	(SELECT count(*) FROM incident_internal.repeats) AS repeats, (SELECT count(*) FROM incident_internal.dedup_keys) AS keys;

-- Timers that ticks have passed go by the day, or one by one.
SELECT from_bucket > bucket(now()) - 3 AS near FROM incident_internal.last_tick;
CREATE TABLE incident_internal.timers_20150301 (LIKE incident_internal.timers_default INCLUDING INDEXES);
ALTER TABLE incident_internal.timers ATTACH PARTITION incident_internal.timers_20150301 FOR VALUES FROM (7978000) TO (7979440);
INSERT INTO incident_internal.timers VALUES (7978001, 1, '{1}', '{2015-03-01}'), (7970000, 1, '{1}', '{2015-02-01}');
CALL retain();
SELECT to_regclass('incident_internal.timers_20150301') AS partition, (SELECT count(*) FROM incident_internal.timers WHERE bucket < 8000000) AS old;
SELECT count(*) FROM partitions('timers');

-- After the clock was set back, what becomes due before the minute that ticks had come to is found.
UPDATE incident_internal.last_tick SET at = '-infinity', from_bucket = bucket(now() + interval '1 hour'), next_bucket = from_bucket,
	next_xid = '3';
SELECT open('a3', 'minor', 'after the step', now() - interval '5 hours') AS stepped \gset
SELECT incidents, escalations, remaining FROM tick();
SELECT from_bucket <= bucket(now()) AS back FROM incident_internal.last_tick;

-- What was forgotten is no error where kept heads are looked through; what was taken away or changed shows.
SELECT open('a3', 'minor', 'forgotten', now()) AS forgotten \gset
SELECT open('a3', 'minor', 'taken away', now()) AS taken \gset
SELECT resolve(:forgotten), close(:forgotten);
UPDATE incident_internal.entries SET month = 183 WHERE incident_id = :forgotten;
UPDATE incident_internal.incident_state SET month = 183 WHERE incident_id = :forgotten;
CREATE TABLE kept_heads AS SELECT now() AS taken_at, h.* FROM timeline_heads() AS h;
SELECT month, count(*), bool_and(hash = timeline_hash(incident_id, seq)) AS there FROM kept_heads GROUP BY month ORDER BY month LIMIT 1;
CALL retain('0');
SELECT timeline_hash(:forgotten, 1), timeline_hash(0, 1);
PREPARE kept AS SELECT k.incident_id = :taken AS taken FROM kept_heads AS k
	WHERE k.month IN (SELECT h.month FROM timeline_heads() AS h) AND timeline_hash(k.incident_id, k.seq) IS DISTINCT FROM k.hash;
EXECUTE kept;
SELECT DISTINCT month FROM kept_heads EXCEPT SELECT month FROM timeline_heads();
BEGIN;
DELETE FROM incident_internal.entries WHERE incident_id = :taken;
DELETE FROM incident_internal.incident_state WHERE incident_id = :taken;
DELETE FROM incident_internal.incidents WHERE incident_id = :taken;
EXECUTE kept;
ROLLBACK;
BEGIN;
UPDATE incident_internal.entries SET note = 'changed' WHERE incident_id = :taken AND seq = 1;
EXECUTE kept;
ROLLBACK;

-- A step that fails keeps none of the others from what they have to do.
CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no row of %', TG_RELID::regclass; END $$;
CREATE FUNCTION refuse_command() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no %', TG_TAG; END $$;
CREATE PROCEDURE make_work() LANGUAGE plpgsql AS $$
DECLARE
	id CONSTANT bigint := open('a3', 'minor', 'old', now());
BEGIN
	PERFORM resolve(id), close(id);
	UPDATE incident_internal.entries SET month = 181 WHERE incident_id = id;
	UPDATE incident_internal.incident_state SET month = 181 WHERE incident_id = id;
	CREATE TABLE IF NOT EXISTS incident_internal.entries_201503 (LIKE incident_internal.entries_default INCLUDING INDEXES);
	IF NOT EXISTS (SELECT FROM partitions('entries') WHERE part = 'entries_201503') THEN
		ALTER TABLE incident_internal.entries ATTACH PARTITION incident_internal.entries_201503 FOR VALUES FROM (182) TO (183);
	END IF;
	EXECUTE format('DROP TABLE IF EXISTS incident_internal.%I', max(part)) FROM wanted_partitions() WHERE parent = 'timers';
	INSERT INTO incident_internal.tick_log (began_at, finished_at, settled_to, incidents, escalations, overdue, breaches, quarantined,
			remaining, lateness) VALUES ('2015-01-01', '2015-01-01', '2015-01-01', 0, 0, 0, 0, 0, 0, '{}');
	UPDATE incident_internal.last_tick SET maintained_at = NULL;
END $$;
CREATE VIEW work_left AS SELECT
	(SELECT count(*) FROM wanted_partitions() WHERE to_regclass(format('incident_internal.%I', part)) IS NULL) AS to_make,
	(SELECT count(*) FROM incident_internal.tick_log WHERE finished_at < '2016-01-01') AS of_log,
	(SELECT count(*) FROM incident_internal.incident_state WHERE month = 181) AS to_forget,
	(SELECT count(*) FROM partitions('entries') WHERE part = 'entries_201503') AS to_drop, maintenance_problem FROM watchdog;
SET pg_incident.retention = '0 days';
CALL make_work();
TABLE work_left;
CREATE EVENT TRIGGER regress_pgi_refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse_command();
CALL maintain();
TABLE work_left;
DROP EVENT TRIGGER regress_pgi_refuse;
CALL make_work();
CREATE EVENT TRIGGER regress_pgi_refuse ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION refuse_command();
CALL maintain();
TABLE work_left;
DROP EVENT TRIGGER regress_pgi_refuse;
CALL make_work();
CREATE TRIGGER refuse BEFORE DELETE ON incident_internal.tick_log FOR EACH ROW EXECUTE FUNCTION refuse_row();
CALL maintain();
TABLE work_left;
DROP TRIGGER refuse ON incident_internal.tick_log;
CALL make_work();
CREATE TRIGGER refuse BEFORE DELETE ON incident_internal.incidents FOR EACH ROW EXECUTE FUNCTION refuse_row();
CALL maintain();
TABLE work_left;
DROP TRIGGER refuse ON incident_internal.incidents;
-- An hour later nothing is in the way.
CALL maintain();
TABLE work_left;
UPDATE incident_internal.last_tick SET maintained_at = NULL;
CALL maintain();
TABLE work_left;
RESET pg_incident.retention;

-- What is in use is left alone, and left for the next time.
SELECT make_interval(secs => 0) = current_setting('lock_timeout')::interval AS no_lock_timeout_is_left_behind;
