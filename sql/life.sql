--
-- The life of an incident: its facts, what follows from them, late facts, and reading it.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET search_path = public, incident, incident_internal;

-- Everything happens on one day in the past, which a tick has settled already.
CREATE FUNCTION pg_temp.at(elapsed interval) RETURNS timestamptz LANGUAGE sql AS $$
	SELECT '2026-01-05 08:00+00'::timestamptz + elapsed
$$;
SELECT * FROM tick('2026-01-06 00:00+00');

-- A timeline with times since detection.
CREATE FUNCTION pg_temp.course(incident bigint, OUT seq integer, OUT kind text, OUT "from" interval, OUT asset text,
	OUT al level,
	OUT severity severity, OUT event level, OUT response level, OUT rule text, OUT epoch integer, OUT n integer,
		OUT voids integer, OUT live boolean, OUT actor text, OUT note text)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT t.seq, t.kind, t.effective_at - min(t.effective_at) FILTER (WHERE t.kind = 'opened') OVER (), t.asset,
		t.asset_level,
		t.severity, t.event_level, t.response_level, t.rule, t.epoch, t.occurrence, t.voids, t.live, t.actor, t.note
	FROM incident.timeline AS t WHERE t.incident_id = incident ORDER BY t.seq
$$;

-- The live derived entries, as rows of text in order of time.
CREATE FUNCTION pg_temp.derived(incident bigint) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', kind, "from", event, response) FROM pg_temp.course(incident)
	WHERE kind IN ('graded', 'escalated', 'breached') AND live ORDER BY "from", seq
$$;

SELECT register_asset('core', 'host', '1', 3::rating, 4::rating, 5::rating, 'network group', NULL, 'room 1', '核心服务器');
SELECT register_asset('core-db', 'database', '2', parent => 'core');
SELECT register_asset('standby', 'host', '3'), register_asset('spare', 'host', 'none'), register_asset('new', 'host');
SELECT * FROM asset_register ORDER BY asset_id;
-- A second time changes what is given; what is not stays, unless it is named to be cleared.
SELECT register_asset('new', 'network', 'P2', owner => '网络组');
SELECT * FROM asset_register WHERE name = 'new';
SELECT register_asset('new', 'host', clear => '{level,owner}');

-- Opening

-- With nothing known but the time; the tick above was later, so the past is decided at once.
SELECT open(detected_at => pg_temp.at('0')) AS blank \gset
SELECT * FROM pg_temp.course(:blank);
-- With everything.
SELECT open('core-db', 'minor', '数据库变慢', pg_temp.at('0'), 'EF', 'TLP:AMBER+STRICT', 'INC-4711', NULL, true, 'eport',
	'值班员') AS full \gset
SELECT * FROM pg_temp.course(:full);
SELECT asset, asset_category, asset_level, severity, event_level, response_level, peak_response, breached, summary,
	category, confidentiality,
	ticket, drill, policy, policy_version, detected_at, opened_at > detected_at AS late, repeats, settled_to, next_due
FROM incident_history WHERE incident_id = :full;
SELECT recorded_by = session_user AS by_session, recorded_at > effective_at AS later FROM timeline
	WHERE incident_id = :full AND kind = 'opened';
SELECT recorded_by FROM timeline WHERE incident_id = :full AND kind <> 'opened' GROUP BY 1;
-- Today, an incident is decided up to the moment of its opening only.
SELECT open('core', 'minor') AS today \gset
SELECT seq, kind, event, response FROM pg_temp.course(:today);
SELECT status, next_due - detected_at AS next FROM open_incidents WHERE incident_id = :today;
SELECT cancel(:today);

-- Marks are those of TLP 2.0.
SELECT count(open('spare', 'minor', 'mark ' || mark, pg_temp.at('0'), confidentiality => mark))
FROM unnest('{clear,GREEN,amber,Amber+Strict,red,TLP:RED,tlp:clear,TLP:WHITE,white," red ",TLP: Amber,ＴＬＰ：Ｒｅｄ}'::text[]) AS mark;
SELECT summary, confidentiality FROM incident_history WHERE summary LIKE 'mark %' ORDER BY incident_id;
SELECT mark, r.* FROM unnest('{whites,amber strict,TLP:,TLP:TLP:RED,"red,"}'::text[]) AS mark,
	test.refusal(format('SELECT open(confidentiality => %L)', mark)) AS r;

-- Repeats

SELECT open('standby', 'minor', 'disk 1 slow', pg_temp.at('0'), dedup_key => 'disk') AS first \gset
SELECT open('standby', 'severe', 'disk 1 still slow', pg_temp.at('10 min'), dedup_key => 'disk',
	by => 'probe') = :first AS same;
SELECT open('standby', 'minor', NULL, pg_temp.at('20 min'), dedup_key => 'disk') = :first AS same;
-- One from before the detection counts from that.
SELECT open('standby', 'minor', 'early', pg_temp.at('-10 min'), dedup_key => 'disk') = :first AS same;
SELECT acknowledge(:first, at => pg_temp.at('30 min')), open(dedup_key => 'disk',
	detected_at => pg_temp.at('40 min')) = :first AS same,
	hold(:first, at => pg_temp.at('50 min')), open(dedup_key => 'disk',
		detected_at => pg_temp.at('55 min')) = :first AS same;
SELECT * FROM pg_temp.course(:first);
SELECT detected_at - pg_temp.at('0') AS from, summary, actor FROM incident_repeats WHERE incident_id = :first ORDER BY recorded_at;
SELECT repeats, severity, detected_at = pg_temp.at('0') AS from_first FROM incident_history
	WHERE incident_id = :first;
-- Another key, and none, are other incidents.
SELECT open('standby', 'minor', detected_at => pg_temp.at('1 h'), dedup_key => 'Disk') > :first AS another,
	open('standby', 'minor', detected_at => pg_temp.at('1 h')) > :first AS another;
-- After the resolution the key opens a new one, which then takes the repeats; a note still goes to the old.
SELECT resolve(:first, at => pg_temp.at('1 h'));
SELECT open('standby', 'minor', 'again', pg_temp.at('2 h'), dedup_key => 'disk') AS second \gset
SELECT :second > :first AS another, open(dedup_key => 'disk', detected_at => pg_temp.at('3 h')) = :second AS repeat,
	note(:first, 'see the next');
SELECT reopen(:first, at => pg_temp.at('3 h')), open(dedup_key => 'disk',
	detected_at => pg_temp.at('4 h')) = :second AS repeat;
SELECT summary, status, repeats FROM incident_history WHERE incident_id IN (:first, :second) ORDER BY incident_id;
-- A key belongs to its organisation.
SELECT register_organisation(2, 'second');
SET pg_incident.organisation = 2;
SELECT open(dedup_key => 'disk', detected_at => pg_temp.at('4 h')) > :second AS another;
SELECT count(*) FROM incident_history;
SET pg_incident.organisation = 1;

-- What may follow what: every function in every status

CREATE FUNCTION pg_temp.bring(status text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	id CONSTANT bigint := incident.open('spare', 'minor', detected_at => pg_temp.at('0'));
	now_ CONSTANT timestamptz := pg_temp.at('1 min');
BEGIN
	CASE status
		WHEN 'open' THEN NULL;
		WHEN 'acknowledged' THEN PERFORM incident.acknowledge(id, at => now_);
		WHEN 'active' THEN PERFORM incident.activate(id, at => now_);
		WHEN 'on_hold' THEN PERFORM incident.hold(id, at => now_);
		WHEN 'resolved' THEN PERFORM incident.resolve(id, at => now_);
		WHEN 'closed' THEN PERFORM incident.resolve(id, at => now_), incident.close(id, at => now_);
		WHEN 'cancelled' THEN PERFORM incident.cancel(id, at => now_);
	END CASE;
	RETURN id;
END $$;

-- A step that is refused adds nothing.
CREATE FUNCTION pg_temp.step(status text, call text, OUT outcome text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
	id CONSTANT bigint := pg_temp.bring(status);
	entries CONSTANT bigint := (SELECT count(*) FROM incident.timeline WHERE incident_id = id);
	result text;
BEGIN
	IF (SELECT h.status FROM incident.incident_history AS h WHERE incident_id = id) <> status THEN
		RAISE EXCEPTION 'not %', status;
	END IF;
	BEGIN
		EXECUTE format(call, id, pg_temp.at('2 min')) INTO result;
		outcome := 'now ' || result;
	EXCEPTION WHEN others THEN
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		outcome := SQLSTATE || ' ' || replace(SQLERRM, id::text, 'N');
		IF (SELECT count(*) FROM incident.timeline WHERE incident_id = id) <> entries THEN
			outcome := outcome || ' and left something behind';
		END IF;
	END;
END $$;
SELECT status, split_part(call, '(', 1) AS function, s.*
FROM unnest('{open,acknowledged,active,on_hold,resolved,closed,cancelled}'::text[]) WITH ORDINALITY AS a(status, x),
	unnest(ARRAY['assess(%s, ''severe'', at => %L)', 'acknowledge(%s, at => %L)', 'activate(%s, at => %L)',
		'hold(%s, at => %L)', 'resume(%s, at => %L)',
		'resolve(%s, at => %L)', 'close(%s, at => %L)', 'reopen(%s, at => %L)', 'cancel(%s, at => %L)',
			'note(%s, ''x'', at => %L)']) WITH ORDINALITY AS b(call, y),
	pg_temp.step(status, 'SELECT incident.' || call) AS s
ORDER BY x, y;

-- A hold ends where it began.
SELECT id, hold(id, at => pg_temp.at('10 min')), resume(id, at => pg_temp.at('20 min'))
	FROM (SELECT pg_temp.bring('acknowledged') AS id OFFSET 0) AS a \gset
SELECT :'hold' AS hold, :'resume' AS resume, (state_at(:id, pg_temp.at('15 min'))).on_hold;
SELECT id, hold(id, at => pg_temp.at('10 min')), resume(id, at => pg_temp.at('20 min'))
	FROM (SELECT pg_temp.bring('active') AS id OFFSET 0) AS a \gset
SELECT :'hold' AS hold, :'resume' AS resume;

-- On hold an incident can be taken on, or activated, as it could before; the status stays.
SELECT pg_temp.bring('on_hold') AS id \gset
SELECT acknowledge(:id, 'ann', pg_temp.at('2 min'));
SELECT acknowledge(:id, 'bob', pg_temp.at('3 min'));
SELECT resume(:id, at => pg_temp.at('4 min'));
SELECT hold(:id, at => pg_temp.at('5 min')), activate(:id, 'ann', pg_temp.at('6 min'));
SELECT activate(:id, 'bob', pg_temp.at('7 min'));
SELECT resume(:id, at => pg_temp.at('8 min'));
SELECT status, acknowledged_at - pg_temp.at('0') AS acknowledged, activated_at - pg_temp.at('0') AS activated
FROM incident_history WHERE incident_id = :id;
-- A hold of itil does not stop the time to acknowledge, two hours at this level; doing so does.
SELECT register_organisation(1, 'default', zone => 'Asia/Shanghai');
SELECT at - timestamptz '2026-01-05 09:00+08' AS after, kind, detail ->> 'rule' AS rule
FROM (VALUES ('[]'::jsonb), ('[{"at": "2026-01-05 09:50+08", "kind": "acknowledged"}]')) AS v(facts),
	simulate('itil', '2', 'moderate', '2026-01-05 09:00+08', '2026-01-05 12:00+08',
		facts || '[{"at": "2026-01-05 09:10+08", "kind": "held"}]') WHERE kind = 'overdue' AND detail ->> 'rule' = 'acknowledgement';

-- What a clock that stands still has passed, to the microsecond: resolved or held at the moment of a rise or of
-- a limit it has not passed it, a microsecond later it has.
SELECT f.kind, f.after, s.kind, s.detail ->> 'event_level' AS event, s.detail ->> 'response_level' AS response
FROM (VALUES ('resolved', interval '2 h'), ('resolved', '2 h 0.000001 s')) AS f(kind, after),
	simulate('eport', '1', 'minor', '2026-01-05 08:00', '2026-01-05 13:00', jsonb_build_array(
		jsonb_build_object('at', timestamptz '2026-01-05 08:00' + f.after, 'kind', f.kind),
		jsonb_build_object('at', timestamptz '2026-01-05 12:00', 'kind', 'assessed', 'asset_level', '2'),
		jsonb_build_object('at', timestamptz '2026-01-05 12:30', 'kind', 'assessed', 'asset_level', '1'))) AS s
WHERE NOT s.detail ? 'duty' AND s.detail ? 'event_level' ORDER BY f.after, s.at;

-- A whole life

SELECT open('standby', 'minor', 'slow', pg_temp.at('0')) AS whole \gset
SELECT acknowledge(:whole, 'ann', pg_temp.at('5 min'), 'on it');
SELECT activate(:whole, 'leader', pg_temp.at('10 min'));
SELECT hold(:whole, 'ann', pg_temp.at('1 h'), 'waiting for a part');
SELECT resume(:whole, 'ann', pg_temp.at('2 h'));
-- Graver at 3 h, on another asset at 3 h 30, then its level becomes unknown, then the severity.
SELECT assess(:whole, 'severe', by => 'bob', at => pg_temp.at('3 h'), note => 'worse');
SELECT assess(:whole, asset => 'core-db', at => pg_temp.at('3 h 30 min'));
SELECT assess(:whole, at => pg_temp.at('3 h 40 min'), forget => '{asset}');
SELECT assess(:whole, 'minor', 'spare', at => pg_temp.at('3 h 50 min'));
SELECT assess(:whole, asset => 'standby', at => pg_temp.at('3 h 55 min'), forget => '{severity}');
SELECT note(:whole, 'part has come', 'ann', pg_temp.at('4 h'));
SELECT resolve(:whole, 'ann', pg_temp.at('5 h'), 'replaced');
SELECT assess(:whole, 'minor', at => pg_temp.at('5 h 30 min'));
SELECT close(:whole, 'leader', pg_temp.at('6 h'), 'done');
SELECT reopen(:whole, 'ann', pg_temp.at('7 h'), 'back again');
SELECT cancel(:whole, 'leader', pg_temp.at('7 h 30 min'), 'a false alarm');
SELECT note(:whole, 'after the end', at => pg_temp.at('8 h'));
SELECT * FROM pg_temp.course(:whole);
SELECT status, asset, asset_level, severity, event_level, response_level, peak_response, breached, acknowledged_at,
	activated_at,
	resolved_at, closed_at - detected_at AS closed, settled_to, next_due FROM incident_history
		WHERE incident_id = :whole;
SELECT t, s.*
	FROM unnest('{0,5 min,10 min,1 h,1 h 59 min 59.999999 s,2 h,3 h,3 h 30 min,3 h 40 min,3 h 50 min,3 h 55 min,5 h,5 h 30 min,6 h,7 h,7 h 29 min,7 h 30 min,12 days}'::interval[]) AS t,
	state_at(:whole, pg_temp.at(t)) AS s ORDER BY t;
SELECT pg_temp.derived(:whole);
-- A tick has nothing to add.
SELECT incidents, escalations, breaches, remaining FROM tick('2026-01-07 00:00+00');
SELECT count(*) FROM pg_temp.course(:whole);

-- Assessments that say nothing, or too much.
SELECT call, r.* FROM unnest(ARRAY['assess(%s)', 'assess(%s, forget => NULL)',
	'assess(%s, forget => ''{}'', note => ''x'')', 'assess(%s, forget => ''{level}'')',
	'assess(%s, forget => ''{NULL}'')', 'assess(%s, ''minor'', forget => ''{severity}'')',
		'assess(%s, asset => ''core'', forget => ''{severity,asset}'')',
	'assess(%s, forget => ''{asset,asset}'')', 'assess(%s, forget => ''{Severity}'')',
		'assess(%s, asset => ''nowhere'')', 'assess(%s, ''critical'')', 'note(%s, NULL)']) AS call,
	test.refusal('SELECT ' || format(call, :first)) AS r;

-- Late facts: everything is as if they had been known in time

SELECT open('standby', 'minor', 'late facts', pg_temp.at('0')) AS late \gset
SELECT * FROM pg_temp.course(:late);
-- Resolved at 5 h, as is known only now: what came after is taken back.
SELECT resolve(:late, 'ann', pg_temp.at('5 h'));
SELECT * FROM pg_temp.course(:late) WHERE seq > 5;
SELECT pg_temp.derived(:late);
-- It was severe from 1 h on: graded 2 then, and the rise at 4 h was none.
SELECT assess(:late, 'severe', at => pg_temp.at('1 h'));
SELECT * FROM pg_temp.course(:late) WHERE seq > 8;
-- Reopened at 7 h, with 5 h on the clock: 6 h at 8 h, and breached at 10 h.
SELECT reopen(:late, at => pg_temp.at('7 h'));
SELECT * FROM pg_temp.course(:late) WHERE seq > 11;
-- It was not severe after all from 2 h on; acknowledged at 3 h.
SELECT assess(:late, 'minor', at => pg_temp.at('2 h')), acknowledge(:late, at => pg_temp.at('3 h'));
SELECT * FROM pg_temp.course(:late) WHERE seq > 14;
-- A false alarm at 2 h 30: the acknowledgement and the resolution have no effect any more, the reopening has.
SELECT cancel(:late, at => pg_temp.at('2 h 30 min'));
SELECT * FROM pg_temp.course(:late) WHERE seq > 18;
SELECT seq, kind, "from", voids FROM pg_temp.course(:late) WHERE kind = 'voided' OR NOT live ORDER BY seq;
SELECT pg_temp.derived(:late);
SELECT status, response_level, peak_response, breached, acknowledged_at, resolved_at, closed_at, settled_to
	FROM incident_history WHERE incident_id = :late;
-- The same as if simulated with all facts.
SELECT concat_ws(' ', kind, at - pg_temp.at('0'), detail ->> 'event_level', detail ->> 'response_level') AS simulated
FROM simulate('eport', '3', 'minor', pg_temp.at('0'), '2026-01-07 00:00+00',
	(SELECT jsonb_agg(jsonb_build_object('at', effective_at, 'kind', kind)
		|| CASE kind WHEN 'assessed' THEN jsonb_build_object('severity', severity::text) ELSE '{}' END)
		FROM timeline WHERE incident_id = :late AND kind IN ('assessed', 'acknowledged', 'resolved', 'reopened',
			'cancelled')))
WHERE level IS NOT NULL;
-- What fits now would not have fitted then, and the other way round.
SELECT call, r.* FROM unnest(ARRAY['acknowledge(%s, at => pg_temp.at(''2 h 31 min''))',
	'resume(%s, at => pg_temp.at(''8 h''))', 'reopen(%s, at => pg_temp.at(''8 h''))',
	'close(%s, at => pg_temp.at(''6 h''))', 'reopen(%s, at => pg_temp.at(''3 h''))']) AS call,
		test.refusal('SELECT ' || format(call, :late)) AS r;
-- At the same moment, what is recorded later comes later.
SELECT open('standby', 'minor', 'one moment', pg_temp.at('0')) AS moment \gset
SELECT resolve(:moment, at => pg_temp.at('4 h')), reopen(:moment, at => pg_temp.at('4 h')), resolve(:moment,
	at => pg_temp.at('4 h'));
SELECT * FROM pg_temp.course(:moment);

-- Where a hold stops the clock
SELECT publish_policy(import_policy(export_policy(1)
	|| '{"name": "regress-life", "hold": {"stops": ["processing"]}}'));
SELECT open('standby', 'minor', 'held', pg_temp.at('0'), policy => 'regress-life') AS held \gset
SELECT hold(:held, at => pg_temp.at('4 h')), assess(:held, 'severe', at => pg_temp.at('5 h')), resume(:held,
	at => pg_temp.at('6 h')), resolve(:held, at => pg_temp.at('8 h'));
SELECT seq, kind, "from", event, response, rule, epoch, voids, live FROM pg_temp.course(:held);
SELECT t, s.status, s.elapsed, s.response_level, s.on_hold, s.next_due - pg_temp.at('0') AS next
	FROM unnest('{3 h,4 h,5 h,6 h,7 h,8 h,9 h}'::interval[]) AS t, state_at(:held, pg_temp.at(t)) AS s;

-- Times that cannot be

SELECT call, r.state, r.message FROM unnest(ARRAY['acknowledge', 'activate', 'hold', 'resume', 'resolve', 'close',
	'reopen', 'cancel']) AS f,
	unnest(ARRAY['now() + ''1 h''', '''infinity''', '''-infinity''', 'pg_temp.at(''-1 us'')', 'NULL']) AS t,
	LATERAL (SELECT format('%s(%s, at => %s)', f, :second, t) AS real, format('%s(N, at => %s)', f, t) AS call) AS c,
	test.refusal('SELECT ' || real) AS r
WHERE f = 'acknowledge' OR r.state NOT IN ('22023', '22008', '22004');
SELECT f, r.state, r.message FROM unnest(ARRAY['assess(%s, ''minor'', at => %s)', 'note(%s, ''x'', at => %s)',
	'open(detected_at => %2$s)', 'state_at(%s, %s)']) AS f,
	unnest(ARRAY['now() + ''1 h''', '''infinity''', '''-infinity''', 'pg_temp.at(''-1 us'')', 'NULL']) AS t,
	test.refusal('SELECT ' || format(f, :second, t)) AS r
WHERE (f LIKE 'open%') <= (t NOT LIKE 'pg_temp%') AND (f LIKE 'state%') <= (t NOT LIKE 'now%' AND t <> 'NULL');

-- Reading

-- What will be, if nothing is reported.
SELECT publish_policy(import_policy(jsonb_set(jsonb_set(jsonb_set(export_policy(1) || '{"name": "regress-slow"}',
	'{levels,0,processing_time}', '"100000 days"'),
	'{levels,1,processing_time}', '"200000 days"'), '{levels,2,processing_time}', '"300000 days"')));
SELECT open('standby', 'minor', 'slow', pg_temp.at('0'), policy => 'regress-slow') AS slow \gset
SELECT t, s.response_level, s.breached, s.elapsed, s.next_due - pg_temp.at('0') AS next
	FROM unnest('{0,100000 days,200000 days,299999 days,300000 days}'::interval[]) AS t, state_at(:slow,
	pg_temp.at(t)) AS s;

-- What is said about them; while a clock is running, what it shows is left out.
CREATE FUNCTION pg_temp.explained(id bigint) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT CASE WHEN line LIKE '%is running.' THEN regexp_replace(line, 'shows [0-9:]+', 'shows T') ELSE replace(line,
		'Incident ' || id, 'Incident N') END
	FROM incident.explain(id) WITH ORDINALITY AS e(line, place) ORDER BY place
$$;
SELECT pg_temp.explained(:slow);
SELECT pg_temp.explained(:blank);
SELECT pg_temp.explained(:whole);
SELECT pg_temp.explained(:late);
SELECT assess(:slow, asset => 'spare', at => pg_temp.at('1 day'));
SELECT pg_temp.explained(:slow);
-- Before the tick has come: opened before it, the last tick put back by the superuser.
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT open('standby', 'minor', 'not ticked', pg_temp.at('0')) AS due \gset
SELECT pg_temp.explained(:due);
SELECT seq, kind FROM pg_temp.course(:due);
SELECT status, response_level, next_due FROM open_incidents WHERE incident_id = :due;
SELECT response_level, breached FROM state_at(:due, pg_temp.at('8 h'));
SELECT escalations, breaches FROM tick('2026-01-07 00:00+00');

SELECT incident_id = :late AS is_late, summary, status, asset, event_level, response_level, breached, policy,
	acknowledged_at, next_due
FROM open_incidents WHERE summary IN ('late facts', 'slow', 'whole', 'again', 'held') ORDER BY incident_id;
SELECT count(*) = (SELECT count(*) FROM incident_history WHERE status NOT IN ('resolved', 'closed',
	'cancelled')) AS all_open FROM open_incidents;

-- Tamper evidence

SELECT h.incident_id, v.* FROM incident_history AS h, verify_timeline(h.incident_id) AS v;
SELECT count(*) = (SELECT count(*) FROM incident_history) AS one_each,
	bool_and(h.hash = timeline_hash(h.incident_id, h.seq) AND h.seq = (SELECT max(seq) FROM timeline AS u
		WHERE u.incident_id = h.incident_id)) AS newest, bool_and(length(h.hash) = 32) AS sha_256
FROM timeline_heads() AS h JOIN timeline AS t USING (incident_id, seq);
-- The hash of each entry, and each fact has its own.
SELECT count(DISTINCT timeline_hash(incident_id, seq)) = count(*) AS differ,
	bool_and((hash IS NOT NULL) = (kind <> 'voided' AND rule IS NULL)) AS facts_have_one,
	bool_and(hash = timeline_hash(incident_id, seq)) AS the_same, timeline_hash(min(incident_id), 0) AS none FROM timeline;

-- Each change of any column of an entry is found.
CREATE FUNCTION pg_temp.tampered(id bigint, at_seq integer, change text, OUT seqs integer[], OUT clean_again boolean)
	LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		EXECUTE format('UPDATE incident_internal.entries SET %s WHERE incident_id = %s AND seq = %s', change, id, at_seq);
		seqs := (ARRAY(SELECT v.seq FROM incident.verify_timeline(id) AS v ORDER BY 1))[1:3];
		RAISE EXCEPTION USING ERRCODE = 'ZZ000';
	EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
		clean_again := NOT EXISTS (SELECT FROM incident.verify_timeline(id));
	END;
END $$;
-- Of a derived entry it is found at the fact after it, unless it is something only facts have.
SELECT kind, change, t.* FROM (SELECT 3 UNION ALL SELECT min(seq) FROM timeline WHERE incident_id = :whole AND kind = 'acknowledged') AS e(at_seq), unnest(ARRAY['kind = 6', 'effective_at = effective_at + ''1 us''',
	'recorded_at = recorded_at + ''1 us''', 'sets_asset = (sets_asset IS NULL)',
	'sets_severity = (sets_severity IS NULL)', 'asset_id = 77', 'asset_level = ''1''', 'severity = ''severe''',
	'event_level = ''1''', 'response_level = ''1''',
	'epoch = 99', 'rule = 9', 'occurrence = 5', 'hash = sha256(''x'')', 'actor = ''nobody''', 'actor = ''''',
	'recorded_by = ''somebody''', 'note = ''nothing''']) AS change,
	timeline AS l, pg_temp.tampered(:whole, at_seq, change) AS t WHERE l.incident_id = :whole AND l.seq = at_seq
	ORDER BY at_seq, change COLLATE "C";
-- The first, a derived one, the last.
SELECT seq, t.* FROM unnest(ARRAY[1, 2, (SELECT max(seq) FROM timeline WHERE incident_id = :whole)]) AS seq,
	pg_temp.tampered(:whole, seq, 'recorded_at = recorded_at - interval ''1 us''') AS t;
SELECT t.* FROM pg_temp.tampered(:whole, 1, 'note = NULL') AS t;
SELECT t.* FROM pg_temp.tampered(:whole, 1, 'hash = ''''') AS t;
SELECT t.* FROM pg_temp.tampered(:whole, 1, 'hash = NULL') AS t;
-- Taking away the newest entries is found as well: they are still counted.
BEGIN;
DELETE FROM incident_internal.entries WHERE incident_id = :whole AND seq = (SELECT max(seq) FROM timeline
	WHERE incident_id = :whole);
SELECT count(*) > 0 AS found FROM verify_timeline(:whole);
ROLLBACK;
-- Without an entry in between there is no timeline to read.
BEGIN;
DELETE FROM incident_internal.entries WHERE incident_id = :whole AND seq = 4;
SELECT * FROM verify_timeline(:whole);
SELECT r.state, r.message FROM test.refusal(format('SELECT note(%s, ''x'')', :whole)) AS r;
ROLLBACK;
SELECT count(*) FROM verify_timeline(:whole);
