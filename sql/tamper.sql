--
-- What a superuser changes, adds or takes away behind the extension's back shows: in
-- timelines, in the rows of incidents and of their states, in policies.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- What a change lets verify_timeline find; it is undone.
CREATE FUNCTION pg_temp.found(id bigint, change text, OUT seqs integer[], OUT problems text[], OUT pending boolean)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	SELECT array_agg(v.seq ORDER BY n), array_agg(regexp_replace(v.problem, ', \d{4}-.*', '') ORDER BY n), bool_or(v.pending) INTO seqs, problems, pending
		FROM incident.verify_timeline(id) WITH ORDINALITY AS v(seq, problem, pending, n);
	RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
	NULL;
WHEN undefined_object OR unique_violation THEN
	problems := ARRAY[SQLERRM];
END $$;
-- Disables what keeps published policies from being changed, or enables it again.
CREATE FUNCTION pg_temp.set_guards(change text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	guard incident_internal.triggers;
BEGIN
	FOR guard IN SELECT * FROM incident_internal.triggers LOOP
		EXECUTE format('ALTER TABLE incident_internal.%I %s TRIGGER %I', guard.relation, change, guard.trigger);
	END LOOP;
END $$;
-- Each column of a table with another value of its type, and with NULL where it may be.
CREATE FUNCTION pg_temp.changes(altered regclass) RETURNS TABLE (name text, change text) LANGUAGE sql AS $$
	SELECT a.attname, format('%I = %s', a.attname, CASE a.atttypid::regtype::text
		WHEN 'integer' THEN format('coalesce(%I, 0) + 1', a.attname)
		WHEN 'bigint' THEN format('coalesce(%I, 0) + 1', a.attname)
		WHEN 'smallint' THEN format('coalesce(%I, 0) + 1', a.attname)
		WHEN 'integer[]' THEN format('%I || 1', a.attname)
		WHEN 'timestamp with time zone' THEN format('coalesce(%I, now()) + interval ''1 us''', a.attname)
		WHEN 'text' THEN format('coalesce(%I, '''') || ''x''', a.attname)
		WHEN 'boolean' THEN format('NOT coalesce(%I, false)', a.attname)
		WHEN 'bytea' THEN format('coalesce(%I, '''') || ''x''', a.attname)
		WHEN 'level' THEN format('CASE WHEN %1$I = ''1'' THEN ''2'' ELSE ''1'' END::incident.level', a.attname)
		WHEN 'severity' THEN format('CASE WHEN %1$I = ''minor'' THEN ''severe'' ELSE ''minor'' END::incident.severity', a.attname)
		WHEN 'jsonb' THEN format('coalesce(%I, ''{}'') || ''{"x": 1}''', a.attname)
		END)
	FROM pg_attribute AS a WHERE a.attrelid = altered AND a.attnum > 0 AND NOT a.attisdropped
	UNION ALL
	SELECT a.attname, format('%I = NULL', a.attname)
	FROM pg_attribute AS a WHERE a.attrelid = altered AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull
$$;

SELECT register_asset('core', 'host', '2');
SELECT open('core', 'minor', 'core is slow', now() - interval '9 hours', 'network', 'amber', 'T-1', 'core-slow', true, by => 'ann') AS id \gset
SELECT acknowledge(:id, 'bob', now() - interval '8 hours', 'looking');
SELECT tick();
SELECT tick(now());
SELECT * FROM verify_timeline(:id);

-- One entry added behind the newest, without a hash, takes back what was missed.
SELECT f.* FROM pg_temp.found(:id, format('INSERT INTO incident_internal.entries (org_id, month, incident_id, effective_at, recorded_at, epoch, seq, rule, occurrence, kind)
	SELECT e.org_id, e.month, e.incident_id, e.effective_at, now(), e.seq, (SELECT max(seq) + 1 FROM incident_internal.entries WHERE incident_id = %1$s), 1, 1, 63
	FROM incident_internal.entries AS e WHERE e.incident_id = %1$s AND kind_word(kind) = ''breached''', :id)) AS f;
-- The same with the state, so that it is not behind the newest.
SELECT f.* FROM pg_temp.found(:id, format('INSERT INTO incident_internal.entries (org_id, month, incident_id, effective_at, recorded_at, epoch, seq, rule, occurrence, kind)
	SELECT e.org_id, e.month, e.incident_id, e.effective_at, now(), e.seq, (SELECT max(seq) + 1 FROM incident_internal.entries WHERE incident_id = %1$s), 1, 1, 63
	FROM incident_internal.entries AS e WHERE e.incident_id = %1$s AND kind_word(kind) = ''breached'';
	UPDATE incident_internal.incident_state SET seq = seq + 1, breached = false WHERE incident_id = %1$s', :id)) AS f;
-- An entry that there is twice.
SELECT f.* FROM pg_temp.found(:id, format('INSERT INTO incident_internal.entries
	SELECT (jsonb_populate_record(e, ''{"epoch": 77}'')).* FROM incident_internal.entries AS e WHERE e.incident_id = %s AND seq = 2', :id)) AS f;
SELECT f.* FROM pg_temp.found(:id, format('DELETE FROM incident_internal.entries WHERE incident_id = %s AND seq >= 3', :id)) AS f;
SELECT f.* FROM pg_temp.found(:id, format('DELETE FROM incident_internal.entries WHERE incident_id = %s', :id)) AS f;
SELECT f.* FROM pg_temp.found(:id, format('DELETE FROM incident_internal.incidents WHERE incident_id = %s', :id)) AS f;
SELECT f.* FROM pg_temp.found(:id, format('DELETE FROM incident_internal.incident_state WHERE incident_id = %s', :id)) AS f;

-- Every column of an incident, of its state, and of each of its entries. The state says nothing
-- by the moment it is settled to, as long as nothing happens in between.
SELECT c.change, f.* FROM pg_temp.changes('incident_internal.incidents') AS c,
	pg_temp.found(:id, format('UPDATE incident_internal.incidents SET %s WHERE incident_id = %s', c.change, :id)) AS f
	ORDER BY c.change COLLATE "C";
SELECT c.change, f.* FROM pg_temp.changes('incident_internal.incident_state') AS c,
	pg_temp.found(:id, format('UPDATE incident_internal.incident_state SET %s WHERE incident_id = %s', c.change, :id)) AS f
	WHERE c.name IN ('breached', 'response_level', 'head', 'duties', 'org_id') AND c.change NOT LIKE '%= NULL' ORDER BY c.change COLLATE "C";
SELECT count(*) > 30 AS many, array_agg(c.change ORDER BY c.change COLLATE "C") FILTER (WHERE f.problems IS NULL AND NOT no_change) AS unseen
FROM incident_internal.incident_state AS s, pg_temp.changes('incident_internal.incident_state') AS c,
	pg_temp.found(:id, format('UPDATE incident_internal.incident_state SET %s WHERE incident_id = %s', c.change, :id)) AS f,
	LATERAL (SELECT c.change LIKE '% = NULL' AND to_jsonb(s) ->> c.name IS NULL AS no_change) AS n
WHERE s.incident_id = :id;
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE f.problems IS NULL AND NOT no_change) AS unseen
FROM incident_internal.entries AS e, pg_temp.changes('incident_internal.entries') AS c,
	pg_temp.found(:id, format('UPDATE incident_internal.entries SET %s WHERE incident_id = %s AND seq = %s', c.change, :id, e.seq)) AS f,
	LATERAL (SELECT c.change LIKE '% = NULL' AND to_jsonb(e) ->> c.name IS NULL AS no_change) AS n
WHERE e.incident_id = :id;

-- What may change, changes by a fact.
SELECT set_confidentiality(:id, 'TLP:RED', 'ann', now() - interval '2 hours', 'names in it');
SELECT confidentiality FROM incident_history WHERE incident_id = :id;
SELECT kind, actor, note, evidence FROM timeline WHERE incident_id = :id AND kind = 'marked';
SELECT r.* FROM unnest(ARRAY['NULL', '''purple''', '''red''']) AS mark,
	test.refusal(format('SELECT set_confidentiality(%s, %s)', :id, mark)) AS r;
SELECT r.state FROM test.refusal('SELECT set_confidentiality(0, ''red'')') AS r;
SELECT r.state FROM test.refusal(format('SELECT set_confidentiality(%s, ''green'', at => now() - interval ''1 year'')', :id)) AS r;
-- One that was effective before does not count any more.
SELECT set_confidentiality(:id, 'green', at => now() - interval '3 hours');
SELECT confidentiality FROM incident_history WHERE incident_id = :id;
SELECT resolve(:id), close(:id), set_confidentiality(:id, 'clear');
SELECT confidentiality FROM incident_history WHERE incident_id = :id;
SELECT evidence FROM timeline WHERE incident_id = :id AND kind = 'marked' ORDER BY seq;
SELECT migrate_incident(:id, 'gbz20986', note => 'as ordered'), migrate_incident(:id, 'eport');
SELECT note, evidence - 'sha256' AS evidence FROM (SELECT note, jsonb_set(jsonb_set(evidence, '{from,sha256}', to_jsonb(evidence #>> '{from,sha256}' = encode(f.digest, 'hex'))),
		'{to,sha256}', to_jsonb(evidence #>> '{to,sha256}' = encode(t.digest, 'hex'))) AS evidence, seq
	FROM timeline JOIN incident_internal.policies AS f ON f.name = evidence #>> '{from,policy}'
	JOIN incident_internal.policies AS t ON t.name = evidence #>> '{to,policy}'
	WHERE incident_id = :id AND kind = 'migrated') AS m ORDER BY seq;
SELECT * FROM verify_timeline(:id);
SELECT c.change, f.* FROM pg_temp.changes('incident_internal.incidents') AS c,
	pg_temp.found(:id, format('UPDATE incident_internal.incidents SET %s WHERE incident_id = %s', c.change, :id)) AS f
	WHERE c.name IN ('policy_id', 'confidentiality') ORDER BY c.change COLLATE "C";
SELECT f.problems[1:2], cardinality(f.problems) > 10 AS many FROM pg_temp.found(:id, format('UPDATE incident_internal.incidents SET policy_id = 2 WHERE incident_id = %1$s; UPDATE incident_internal.incident_state SET policy_id = 2 WHERE incident_id = %1$s', :id)) AS f;

-- A fact that no longer fits what was known later has no effect, and none on times.
SELECT open('core', 'minor', 'effects', timestamptz '2026-01-05 08:00+00') AS effects \gset
SELECT acknowledge(:effects, at => '2026-01-05 09:30+00'), resolve(:effects, at => '2026-01-05 09:00+00');
SELECT kind, effective_at, effective FROM timeline WHERE incident_id = :effects AND rule IS NULL ORDER BY seq;
SELECT acknowledged_at, resolved_at FROM incident_history WHERE incident_id = :effects;
SELECT without_effect FROM incident_internal.incident_state WHERE incident_id = :effects;
SELECT tick(), reopen(:effects, at => '2026-01-05 09:15+00');
SELECT array_agg(DISTINCT effective) AS effective, (SELECT acknowledged_at FROM incident_history WHERE incident_id = :effects) FROM timeline
	WHERE incident_id = :effects AND rule IS NULL;
SELECT bool_and(effective IS NULL = (rule IS NOT NULL OR kind = 'voided')) AS of_facts FROM timeline;

-- Another policy that has taken a number is not the one there was.
SELECT publish_policy(import_policy(export_policy(policy_id('itil')) || '{"name": "house"}'));
SELECT open('core', 'minor', 'house', policy => 'house') AS of_house \gset
SELECT * FROM verify_timeline(:of_house);
SELECT f.problems FROM pg_temp.found(:of_house, 'SELECT pg_temp.set_guards(''DISABLE''); UPDATE incident_internal.policies SET version = 2 WHERE name = ''house''') AS f;
SELECT f.problems FROM pg_temp.found(:of_house, 'SELECT pg_temp.set_guards(''DISABLE''); UPDATE incident_internal.policies SET digest = sha256(''x'') WHERE name = ''house''') AS f;

-- Policies: a change of any column of any of their tables, whoever made it.
SELECT * FROM verify_policies();
SELECT count(*) FILTER (WHERE digest IS NULL) AS without, count(DISTINCT digest) = count(*) AS differ FROM incident_internal.policies;
SELECT p.digest = sha256(convert_to(export_policy(p.policy_id)::text, 'UTF8')) AS of_the_export FROM incident_internal.policies AS p WHERE name = 'house';
CREATE FUNCTION pg_temp.found_in_policies(change text, without_guards boolean DEFAULT true, OUT problems text[])
LANGUAGE plpgsql AS $$
BEGIN
	IF without_guards THEN
		PERFORM pg_temp.set_guards('DISABLE');
	END IF;
	EXECUTE change;
	IF without_guards THEN
		PERFORM pg_temp.set_guards('ENABLE ALWAYS');
	END IF;
	problems := ARRAY(SELECT concat_ws(' ', v.policy, v.version, v.problem) FROM incident.verify_policies() AS v);
	RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
	NULL;
END $$;
SELECT f.* FROM pg_temp.found_in_policies('UPDATE incident_internal.policy_levels SET processing_time = ''1 year'' WHERE policy_id = 1 AND level = ''2''') AS f;
WITH parts AS MATERIALIZED (
	SELECT t.relname AS part FROM pg_class AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'policy_id'
	WHERE t.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND t.relkind = 'r' AND t.relname LIKE 'policy\_%')
SELECT part, cardinality(f.problems) AS policies
FROM parts, pg_temp.found_in_policies(format('DELETE FROM incident_internal.%I', part)) AS f
ORDER BY part COLLATE "C";
SELECT f.* FROM pg_temp.found_in_policies('UPDATE incident_internal.policies SET digest = NULL, state = ''draft'' WHERE policy_id = 1; UPDATE incident_internal.policies SET digest = ''x'', state = ''published'' WHERE policy_id = 1') AS f;
-- A policy keeps its digest when it is retired, and has it again wherever it is imported.
SELECT digest AS before FROM incident_internal.policies WHERE name = 'house' \gset
SELECT publish_policy(import_policy(export_policy(policy_id('house')))), cancel(:of_house), retire_policy(policy_id('house', 1));
SELECT name, version, state, digest = :'before' AS the_same FROM incident_internal.policies WHERE name = 'house' ORDER BY version;
SELECT * FROM verify_policies();
SELECT * FROM verify_timeline(:of_house);

-- What keeps them as they are: each trigger that is stopped, fires at times only, or is gone.
SELECT t.fires, count(*) AS triggers, count(f.problems) AS named, min(cardinality(f.problems)) AS least, max(cardinality(f.problems)) AS most,
	count(*) FILTER (WHERE f.problems[1] LIKE format('%%trigger "%s" of table "%s"%%', g.trigger, g.relation)) AS by_name
FROM incident_internal.triggers AS g, unnest('{DISABLE,ENABLE,ENABLE REPLICA}'::text[]) AS t(fires),
	pg_temp.found_in_policies(format('ALTER TABLE incident_internal.%I %s TRIGGER %I', relation, t.fires, trigger), false) AS f
GROUP BY t.fires ORDER BY t.fires;
SELECT f.* FROM unnest(ARRAY['ALTER TABLE incident_internal.policy_levels ENABLE TRIGGER guard', 'DROP TRIGGER invalidate ON incident_internal.calendars',
	'DROP TRIGGER guard ON incident_internal.policies; CREATE TRIGGER guard BEFORE DELETE ON incident_internal.policies FOR EACH ROW EXECUTE FUNCTION incident_internal.guard_version(); ALTER TABLE incident_internal.policies ENABLE ALWAYS TRIGGER guard']) AS change,
	pg_temp.found_in_policies(change, false) AS f;
