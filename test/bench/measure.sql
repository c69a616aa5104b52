-- Measuring over the data of generate.sql; each measurement also says whether it measured
-- what it should have.

CREATE TYPE bench.measurement AS (ms float8, cpu_ms float8, wal_bytes bigint);

CREATE FUNCTION bench.cpu_ms() RETURNS float8 LANGUAGE c AS :'module', 'bench_cpu_ms';

-- Runs a statement; takes its time, on the wall and on the processor, and the WAL that it
-- wrote.
CREATE FUNCTION bench.measure(statement text) RETURNS bench.measurement LANGUAGE plpgsql AS $$
DECLARE
	wal pg_lsn := pg_current_wal_insert_lsn();
	began timestamptz := clock_timestamp();
	began_cpu float8 := bench.cpu_ms();
	took_cpu float8;
	took interval;
BEGIN
	EXECUTE statement;
	took_cpu := bench.cpu_ms() - began_cpu;
	took := clock_timestamp() - began;
	RETURN ((extract(epoch FROM took) * 1000)::float8, took_cpu, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), wal)::bigint);
END
$$;

CREATE FUNCTION bench.refuse_late() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF clock_timestamp() >= (SELECT at + 0.8 * rise FROM bench.setting) THEN
		RAISE EXCEPTION 'this has taken so long that the other incidents are becoming due';
	END IF;
END
$$;

-- Errors unless a tick did all of `expected` escalations and nothing else.
CREATE PROCEDURE bench.check_tick(done record, expected bigint) LANGUAGE plpgsql AS $$
BEGIN
	IF (done.incidents, done.escalations, done.breaches, done.quarantined, done.remaining)
		IS DISTINCT FROM (expected, expected, 0, 0, 0) THEN
		RAISE EXCEPTION 'expected % escalations, but the tick gave %', expected, done;
	END IF;
	PERFORM bench.refuse_late();
END
$$;

-- Ticks once, at `moment`.
CREATE FUNCTION bench.measure_tick(moment timestamptz, expected bigint)
RETURNS bench.measurement LANGUAGE plpgsql AS $$
DECLARE
	done record;
	wal pg_lsn := pg_current_wal_insert_lsn();
	began timestamptz := clock_timestamp();
	began_cpu float8 := bench.cpu_ms();
	took_cpu float8;
	took interval;
	written bigint;
BEGIN
	SELECT * INTO done FROM incident.tick(moment, 1000000);
	took_cpu := bench.cpu_ms() - began_cpu;
	took := clock_timestamp() - began;
	written := pg_wal_lsn_diff(pg_current_wal_insert_lsn(), wal);
	CALL bench.check_tick(done, expected);
	RETURN ((extract(epoch FROM took) * 1000)::float8, took_cpu, written);
END
$$;

-- Ticks at the end of a stage whose timers were set.
CREATE FUNCTION bench.measure_stage(stage int) RETURNS bench.measurement LANGUAGE sql AS $$
	SELECT bench.measure_tick(bench.moment(stage), size) FROM bench.stage AS s WHERE s.n = stage;
$$;

-- Two more ticks, after which a stage's timers are known to be done with.
CREATE PROCEDURE bench.finish_stage(stage int) LANGUAGE plpgsql AS $$
BEGIN
	COMMIT;
	PERFORM bench.measure_tick(bench.moment(stage), 0);
	COMMIT;
	PERFORM bench.measure_tick(bench.moment(stage), 0);
	COMMIT;
	IF (SELECT from_bucket < incident_internal.bucket(bench.moment(stage)) FROM incident_internal.last_tick) THEN
		RAISE EXCEPTION 'the ticks have not left the timers of stage % behind', stage;
	END IF;
END
$$;
