-- How other systems find what is due, written from descriptions of what they do, in PL/pgSQL
-- inside the database: what they lose by asking over a connection is not counted. The job is
-- the same for all and that of the tick: raise the response level that the policy gives, move
-- next_due on, extend the hash chain and add the entry. Each has the state in a table of its
-- own with the index that its finding needs; entries go into one copy of the timeline.

CREATE SCHEMA shape;
CREATE TABLE shape.entries (LIKE incident_internal.entries, PRIMARY KEY (org_id, incident_id, epoch, rule, occurrence));
INSERT INTO shape.entries SELECT * FROM incident_internal.entries ORDER BY org_id, incident_id, seq;

-- A system's state, and the function that escalates some of its incidents. Entries are told
-- apart by their occurrence, which is the system's number.
CREATE PROCEDURE shape.add_system(name text, number int, chosen text DEFAULT 'true') LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE shape.%1$I (LIKE incident_internal.incident_state INCLUDING DEFAULTS,
		PRIMARY KEY (org_id, incident_id))', name);
	EXECUTE format('INSERT INTO shape.%I SELECT * FROM incident_internal.incident_state WHERE %s ORDER BY org_id, incident_id',
		name, chosen);
	EXECUTE format($f$
		CREATE FUNCTION shape.%1$s_escalate(ids bigint[]) RETURNS int LANGUAGE plpgsql AS $body$
		DECLARE
			rows int;
		BEGIN
			WITH due AS (
				SELECT s.org_id, s.incident_id, s.next_due, sha256(s.head || (s.seq || ';' || s.next_due)::bytea) AS hash,
					incident.response_level(s.policy_id, s.asset_level, s.severity, s.next_due - s.settled_to) AS level
				FROM shape.%1$I AS s WHERE s.org_id = 1 AND s.incident_id = ANY (ids)),
			done AS (
				UPDATE shape.%1$I AS s SET response_level = d.level, peak_response = d.level, seq = s.seq + 1,
					settled_to = d.next_due, next_due = d.next_due + interval '2 hours', head = d.hash
				FROM due AS d WHERE s.org_id = d.org_id AND s.incident_id = d.incident_id
				RETURNING s.org_id, s.month, s.incident_id, s.seq, s.settled_to, s.event_level, s.response_level, s.head)
			INSERT INTO shape.entries (org_id, month, incident_id, epoch, rule, occurrence, seq, effective_at, recorded_at,
				kind, event_level, response_level)
			SELECT org_id, month, incident_id, 1, 11, %2$s, seq, settled_to, clock_timestamp(), 33, event_level, response_level
			FROM done;
			GET DIAGNOSTICS rows = ROW_COUNT;
			RETURN rows;
		END
		$body$ $f$, name, number);
END
$$;

-- GoAlert: a partial index on the moment; 500 at a time under row locks that others skip.
CALL shape.add_system('goalert', 1);
CREATE INDEX ON shape.goalert (next_due) WHERE next_due IS NOT NULL;

CREATE PROCEDURE shape.goalert(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	due bigint[];
BEGIN
	escalated := 0;
	LOOP
		due := ARRAY(SELECT incident_id FROM shape.goalert WHERE next_due <= moment FOR UPDATE SKIP LOCKED LIMIT 500);
		escalated := escalated + shape.goalert_escalate(due);
		COMMIT;
		EXIT WHEN cardinality(due) < 500;
	END LOOP;
END
$$;

-- The same with a row of a plain log in place of a timeline with key and hash chain.
CREATE TABLE shape.bare AS SELECT incident_id, 2 AS level, next_due FROM incident_internal.incident_state ORDER BY incident_id;
ALTER TABLE shape.bare ADD PRIMARY KEY (incident_id);
CREATE INDEX ON shape.bare (next_due) WHERE next_due IS NOT NULL;
CREATE TABLE shape.bare_log (incident_id bigint, level int, at timestamptz);

CREATE PROCEDURE shape.bare(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	taken int;
BEGIN
	escalated := 0;
	LOOP
		WITH due AS (
			SELECT incident_id FROM shape.bare WHERE next_due <= moment FOR UPDATE SKIP LOCKED LIMIT 500),
		done AS (
			UPDATE shape.bare AS b SET level = b.level - 1, next_due = b.next_due + interval '2 hours'
			FROM due WHERE b.incident_id = due.incident_id RETURNING b.incident_id, b.level)
		INSERT INTO shape.bare_log SELECT incident_id, level, clock_timestamp() FROM done;
		GET DIAGNOSTICS taken = ROW_COUNT;
		COMMIT;
		escalated := escalated + taken;
		EXIT WHEN taken < 500;
	END LOOP;
END
$$;

-- Zammad: goes through all that is overdue, again and again until somebody closes it, and
-- looks into the history whether it has told already.
CALL shape.add_system('zammad', 2);
ALTER TABLE shape.zammad ADD COLUMN escalation_at timestamptz;
UPDATE shape.zammad SET escalation_at = next_due;
CREATE INDEX ON shape.zammad (escalation_at);

CREATE PROCEDURE shape.zammad(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
BEGIN
	escalated := 0;
	FOR ticket IN SELECT incident_id FROM shape.zammad WHERE status = 'open' AND escalation_at <= moment
			ORDER BY escalation_at LOOP
		IF NOT EXISTS (SELECT FROM shape.entries WHERE org_id = 1 AND incident_id = ticket AND occurrence = 2
				AND kind = 33) THEN
			escalated := escalated + shape.zammad_escalate(ARRAY[ticket]);
		END IF;
	END LOOP;
	COMMIT;
END
$$;

-- Znuny: 1000 of those that are overdue, oldest first, each with all of its history.
CALL shape.add_system('znuny', 3);
ALTER TABLE shape.znuny ADD COLUMN escalation_at timestamptz;
UPDATE shape.znuny SET escalation_at = next_due;
CREATE INDEX ON shape.znuny (escalation_at);

CREATE PROCEDURE shape.znuny(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
	entry record;
	told boolean;
BEGIN
	escalated := 0;
	FOR ticket IN SELECT incident_id FROM shape.znuny WHERE status = 'open' AND escalation_at <= moment
			ORDER BY escalation_at LIMIT 1000 LOOP
		told := false;
		FOR entry IN SELECT * FROM shape.entries WHERE org_id = 1 AND incident_id = ticket ORDER BY seq LOOP
			told := told OR (entry.kind = 33 AND entry.occurrence = 3);
		END LOOP;
		IF NOT told THEN
			escalated := escalated + shape.znuny_escalate(ARRAY[ticket]);
		END IF;
	END LOOP;
	COMMIT;
END
$$;

-- iTop: for each class, stopwatch and threshold a query that no index answers, then object by
-- object. Two classes, two stopwatches, two thresholds; all but the last were passed before.
CALL shape.add_system('itop_request', 4, 'incident_id % 2 = 0');
CALL shape.add_system('itop_incident', 5, 'incident_id % 2 = 1');

CREATE PROCEDURE shape.itop(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	object bigint;
BEGIN
	escalated := 0;
	FOR threshold IN 1 .. 4 LOOP
		FOR object IN SELECT incident_id FROM shape.itop_request
				WHERE next_due <= moment AND (threshold = 4 OR acknowledged_at IS NOT NULL) LOOP
			escalated := escalated + shape.itop_request_escalate(ARRAY[object]);
		END LOOP;
		FOR object IN SELECT incident_id FROM shape.itop_incident
				WHERE next_due <= moment AND (threshold = 4 OR acknowledged_at IS NOT NULL) LOOP
			escalated := escalated + shape.itop_incident_escalate(ARRAY[object]);
		END LOOP;
	END LOOP;
	COMMIT;
END
$$;

-- Zabbix: what is due by an index, then statements of its own for each row.
CALL shape.add_system('zabbix', 6);
CREATE INDEX ON shape.zabbix (next_due);

CREATE PROCEDURE shape.zabbix(moment timestamptz, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	escalation bigint;
	problem record;
BEGIN
	escalated := 0;
	FOR escalation IN SELECT incident_id FROM shape.zabbix WHERE next_due <= moment ORDER BY next_due LOOP
		SELECT * INTO problem FROM incident_internal.incidents WHERE org_id = 1 AND incident_id = escalation;
		escalated := escalated + shape.zabbix_escalate(ARRAY[problem.incident_id]);
	END LOOP;
	COMMIT;
END
$$;

-- redmine_sla: the time spent on each open ticket is a count of its minutes within the
-- windows of the week, made anew for each. Over the tickets up to `last` only.
CALL shape.add_system('redmine', 7);
ALTER TABLE shape.redmine ADD COLUMN opened_at timestamptz, ADD COLUMN told boolean DEFAULT false;
UPDATE shape.redmine SET opened_at = settled_to;
CREATE TABLE shape.redmine_window (weekday int, start time, stop time);
INSERT INTO shape.redmine_window SELECT day, '00:00', '24:00' FROM generate_series(0, 6) AS day;

CREATE PROCEDURE shape.redmine(moment timestamptz, last bigint, INOUT escalated int) LANGUAGE plpgsql AS $$
DECLARE
	ticket record;
	spent int;
BEGIN
	escalated := 0;
	FOR ticket IN SELECT incident_id, opened_at, told FROM shape.redmine WHERE org_id = 1 AND incident_id <= last LOOP
		SELECT count(*) INTO spent
		FROM generate_series(ticket.opened_at, moment, interval '1 minute') AS minute
		JOIN shape.redmine_window AS w ON w.weekday = extract(dow FROM minute)
			AND minute::time >= w.start AND minute::time < w.stop;
		IF spent > 120 AND NOT ticket.told THEN
			escalated := escalated + shape.redmine_escalate(ARRAY[ticket.incident_id]);
			UPDATE shape.redmine SET told = true WHERE org_id = 1 AND incident_id = ticket.incident_id;
		END IF;
	END LOOP;
	COMMIT;
END
$$;
VACUUM ANALYZE;
