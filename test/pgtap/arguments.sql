--
-- One rule for the arguments of every public function, tried on each argument that the
-- catalogue knows: blank texts, texts that are too long, NULL, moments; and what registers keep
-- of an attribute that is not given.
--
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL client_min_messages = warning;

-- Calls are by name here. The form of open() whose arguments have none is another one by position.
CREATE TEMP VIEW functions AS
SELECT p.oid, p.proname::text AS name, p.provolatile = 'v' AS records, p.pronargs, p.pronargdefaults, p.proargnames,
	p.proargtypes
FROM pg_proc AS p
WHERE p.pronamespace = 'incident'::regnamespace AND p.prokind = 'f' AND p.proretset IS NOT NULL
	AND p.oid <> 'incident.open(text, incident.severity, text, timestamptz, text, text, text, text, boolean, text, text, incident.level, boolean)'::regprocedure
	AND p.proname IN (SELECT object FROM incident_internal.role_rights);
CREATE TEMP TABLE arguments AS
SELECT f.oid, f.name AS function, f.records, a.place, f.proargnames[a.place] AS argument,
	a.type::regtype::text AS type, a.place > f.pronargs - f.pronargdefaults AS has_default
FROM functions AS f, unnest(f.proargtypes::oid[]) WITH ORDINALITY AS a(type, place);

-- A value for each argument: of one function, or of all that have an argument of that name.
CREATE TEMP TABLE samples (function text, argument text, value text, PRIMARY KEY (function, argument));
INSERT INTO samples VALUES
	('*', 'incident_id', 'current_setting(''args.incident'')::bigint'),
	('*', 'at', 'now()'), ('*', 'by', '''somebody'''), ('*', 'note', '''a note'''), ('*', 'asset', '''args-a'''),
	('*', 'threat', '''args-t'''), ('*', 'vulnerability', '''args-v'''), ('*', 'measure', '''args-m'''),
	('*', 'service', '''args-s'''), ('*', 'round', '''args-frozen'''), ('*', 'owner', '''an owner'''),
	('*', 'title', '''a title'''), ('*', 'policy', '''eport'''), ('*', 'calendar', '''china'''),
	('*', 'scenario_id', 'current_setting(''args.scenario'')::bigint'), ('*', 'effectiveness', '''3'''),
	('*', 'frequency', '''3'''), ('*', 'severity', '''3'''), ('*', 'due_at', 'now() + interval ''1 day'''),
	('*', 'responsible', '''somebody'''), ('*', 'role', '''auditor'''), ('*', 'grantee', 'session_user'),
	('*', 'language', '''en'''), ('*', 'from', 'now() - interval ''1 day'''), ('*', 'to', 'now()'),
	('*', 'member', 'true'), ('*', 'applies', 'true'), ('*', 'policy_id', '1'), ('*', 'method_id', '1'),
	('*', 'confidentiality', '''3'''), ('*', 'integrity', '''3'''), ('*', 'availability', '''3'''),
	('*', 'asset_level', '''2'''), ('*', 'event_level', '''2'''), ('*', 'category', '''host'''), ('*', 'level', '''2'''),
	('*', 'location', '''a room'''), ('*', 'importance', '''4'''), ('*', 'raised_by_assets', 'false'),
	('*', 'raises_assets', 'false'), ('*', 'source', '''environmental'''), ('*', 'path', '''direct'''),
	('*', 'manner', '''malware'''), ('*', 'incident_categories', '''{fire}'''), ('*', 'area', '''host'''),
	('*', 'evidence', '''scan'''), ('*', 'reference', '''CVE'''), ('*', 'found_at', 'now()'),
	('*', 'kind', '''preventive'''), ('*', 'seq', '1'), ('*', 'rule', '100::smallint'), ('*', 'org_id', '1'),
	('*', 'keep', 'interval ''1 year'''), ('*', 'shard', '0'),
	('open', 'severity', '''minor'''), ('assess', 'severity', '''minor'''), ('event_level', 'severity', '''minor'''),
	('response_level', 'severity', '''minor'''), ('response_steps', 'severity', '''minor'''), ('simulate', 'severity', '''minor'''),
	('open', 'summary', '''a summary'''), ('open', 'confidentiality', '''red'''), ('open', 'ticket', '''T-1'''),
	('open', 'dedup_key', '''args-key'''), ('open', 'detected_at', 'now()'),
	('simulate', 'detected_at', 'now()'), ('simulate', 'until', 'now()'),
	('resume', 'incident_id', 'current_setting(''args.held'')::bigint'), ('close', 'incident_id', 'current_setting(''args.resolved'')::bigint'),
	('reopen', 'incident_id', 'current_setting(''args.resolved'')::bigint'),
	('duty_done', 'duty', '''notify'''), ('report', 'report', '''first_report'''), ('duty_done', 'evidence', 'NULL'),
	('migrate_incident', 'policy', '''gbz20986'''),
	('register_organisation', 'org_id', '7001'), ('register_organisation', 'name', '''args-org'''),
	('register_asset', 'name', '''args-a'''), ('register_asset', 'parent', '''args-p'''),
	('register_service', 'name', '''args-s'''), ('register_service', 'parent', '''args-sp'''),
	('register_threat', 'name', '''args-t'''), ('register_vulnerability', 'name', '''args-v'''),
	('register_measure', 'name', '''args-m'''), ('register_measure', 'status', '''in_place'''),
	('register_measure', 'due_at', 'timestamptz ''2031-01-01 00:00+00'''),
	('record_vulnerability_step', 'status', '''assessed'''), ('record_measure_step', 'status', '''in_place'''),
	('set_fix_within', 'within', 'interval ''9 days'''), ('set_risk_method', 'method', '''product'''),
	('treat_risk', 'decision', '''keep'''), ('treat_risk', 'reason', '''a reason'''),
	('treat_risk', 'accepted_until', 'NULL'),
	('plan_measure', 'scenario_id', 'current_setting(''args.planned'')::bigint'), ('plan_measure', 'measure', '''args-m2'''),
	('approve_risk', 'approver', '''security_group'''),
	('approve_risk', 'scenario_id', 'current_setting(''args.kept'')::bigint'),
	('close_risk', 'scenario_id', 'current_setting(''args.approved'')::bigint'),
	('open_round', 'name', '''args-round'''), ('open_round', 'method', '''product'''), ('open_round', 'scope', '''all'''),
	('open_round', 'team', '''{somebody}'''), ('open_round', 'plan', '''a plan'''),
	('advance_round', 'round', '''args-open'''), ('compare_rounds', 'before', '''args-frozen'''), ('compare_rounds', 'after', '''args-frozen'''),
	('import_directory', 'document', 'incident.export_directory()'), ('check_directory', 'document', 'incident.export_directory()'),
	('erase_contact', 'contact', '''args-erased'''), ('override_roster', 'contact', '''args-contact'''), ('*', 'roster', '''args-desk'''),
	('override_roster', 'since', 'now()'), ('override_roster', 'until', 'now() + interval ''1 day'''),
	('*', 'event', '''opened'''), ('*', 'form', '''long'''), ('*', 'subject', '''a subject'''), ('*', 'body', '''a text'''),
	('*', 'worker', '''args-worker'''), ('*', 'channels', '''{args-mail}'''), ('*', 'notices', '''{1}'''), ('*', 'notice', '1'),
	('notice_sent', 'reference', '''{a}'''), ('notice_failed', 'error', '''an error'''), ('*', 'token', 'current_setting(''args.token'')'),
	('snooze_notice', 'until', 'now() + interval ''1 hour'''), ('*', 'lease', 'interval ''1 minute'''), ('*', 'n', '10'),
	('import_calendar', 'document', 'incident.export_calendar(''china'')'),
	('import_policy', 'document', 'incident.export_policy(1)'), ('check_policy', 'document', 'incident.export_policy(1)'),
	('combine_policy', 'document', 'incident.export_policy(1)'), ('combine_policy', 'addendum', 'incident.policy_addendum(''reporting-cn-2025-other'')'),
	('policy_addendum', 'name', '''reporting-cn-2025-other'''),
	('publish_policy', 'policy_id', 'current_setting(''args.draft'')::integer'),
	('drop_policy', 'policy_id', 'current_setting(''args.draft'')::integer'),
	('retire_policy', 'policy_id', 'current_setting(''args.spare'')::integer'),
	('import_risk_method', 'document', 'incident.export_risk_method(1)'),
	('check_risk_method', 'document', 'incident.export_risk_method(1)'),
	('publish_risk_method', 'method_id', 'current_setting(''args.method'')::integer'),
	('import_risk_register', 'document', '''{}'''), ('schedule', 'cron', '''* * * * *'''),
	('policy_id', 'name', '''eport'''), ('risk_method_id', 'name', '''product'''), ('export_calendar', 'name', '''china'''),
	('risk_level', 'method', '''product'''), ('risk_what_if', 'method', '''product'''),
	('asset_value', 'method', '''mean'''), ('asset_rating', 'method', '''mean'''),
	('risk_level', 'asset', '''3'''), ('risk_level', 'threat', '''3'''), ('risk_level', 'vulnerability', '''3'''),
	('risk_value', 'asset', '''3'''), ('risk_value', 'threat', '''3'''), ('risk_value', 'vulnerability', '''3'''),
	('risk_detail', 'asset', '''3'''), ('risk_detail', 'threat', '''3'''), ('risk_detail', 'vulnerability', '''3'''),
	('risk_likelihood', 'threat', '''3'''), ('risk_likelihood', 'vulnerability', '''3'''),
	('risk_loss', 'asset', '''3'''), ('risk_loss', 'vulnerability', '''3'''),
	('term', 'kind', '''source'''), ('term', 'word', '''environmental'''), ('set_confidentiality', 'mark', '''red'''),
	('risk_standing', 'decision', '''keep'''), ('risk_standing', 'status', '''approved'''),
	('risk_standing', 'current', '''3'''), ('risk_standing', 'unacceptable_from', '''4'''),
	('risk_standing', 'accepted_until', 'NULL'), ('risk_standing', 'residual_approved', 'NULL'),
	('working_time', 'from', 'now()'), ('add_working_time', 'start', 'now()'), ('add_working_time', 'amount', 'interval ''1 h'''),
	('kind_word', 'kind', '1::smallint'), ('rule_word', 'rule', '2::smallint'), ('lateness', 'share', '0.5'),
	('rating_shift', 'rating', '''3'''), ('rating_shift', 'steps', '1'), ('frequency_rating', 'in_half_year', '1'), ('frequency_rating', 'ever', '1'),
	('loss_exceedance', 'losses', '''{1,2}'''), ('loss_probability', 'losses', '''{1,2}'''), ('loss_probability', 'loss', '1'),
	('annual_loss', 'losses', '''{1,2}'''), ('annual_loss', 'frequency', '''1'''), ('annual_loss', 'magnitude', '''{"low": 1, "high": 2}'''),
	('annual_losses', 'frequency', '''1'''), ('annual_losses', 'magnitude', '''{"low": 1, "high": 2}''');
CREATE FUNCTION pg_temp.sample(function text, argument text) RETURNS text LANGUAGE sql AS $$
	SELECT s.value FROM samples AS s WHERE s.function IN (sample.function, '*') AND s.argument = sample.argument
		ORDER BY s.function = '*' LIMIT 1
$$;

-- A world in which each function has something to do.
SELECT count(*) FROM incident.import_directory('{"contacts": [{"name": "args-contact"}, {"name": "args-erased"}], "rosters": [{"name": "args-desk",
	"layers": [{"members": ["args-contact"], "turn": "1 day", "from": "2026-01-05 08:00"}]}]}');
SELECT incident.register_asset('args-p', 'host', '1'),
	incident.register_asset('args-a', 'host', '2', '3', '3', '3', 'an owner', 'args-p', 'a room', 'a title');
SELECT incident.register_service('args-sp'), incident.register_service('args-s', '4', 'an owner', 'a title', 'args-sp', false, false);
SELECT incident.register_threat('args-t', 'environmental', '3', 'direct', 'malware', 'a title', '{fire}'),
	incident.register_threat('args-t2', 'environmental'), incident.register_threat('args-t3', 'environmental'),
	incident.register_threat('args-t4', 'environmental');
SELECT incident.register_vulnerability('args-v', '3', 'args-a', 'host', 'scan', 'a title', 'CVE');
SELECT incident.register_measure('args-m', 'preventive', '3', 'in_place', 'somebody', '2031-01-01 00:00+00', 'a title');
SELECT set_config('args.scenario', incident.register_scenario('args-a', 'args-t', 'args-v', 'a title', 'an owner', '3', '3')::text, true),
	set_config('args.planned', incident.register_scenario('args-a', 'args-t2', 'args-v')::text, true),
	set_config('args.kept', incident.register_scenario('args-a', 'args-t3', 'args-v')::text, true),
	set_config('args.approved', incident.register_scenario('args-a', 'args-t4', 'args-v', severity => '1', frequency => '1')::text, true);
SELECT incident.treat_risk(current_setting('args.planned')::bigint, 'control'), incident.treat_risk(current_setting('args.kept')::bigint, 'keep'),
	incident.treat_risk(current_setting('args.approved')::bigint, 'keep');
SELECT incident.approve_risk('security_group', current_setting('args.approved')::bigint),
	incident.approve_risk('person_in_charge', current_setting('args.approved')::bigint);
SELECT incident.open_round('args-frozen'), incident.open_round('args-open');
SELECT incident.advance_round('args-frozen'), incident.advance_round('args-frozen'), incident.advance_round('args-frozen');
SELECT incident.register_organisation(7001, 'args-org');
SELECT set_config('args.incident', incident.open('args-a', 'minor')::text, true),
	set_config('args.held', incident.open('args-a', 'minor')::text, true), set_config('args.resolved', incident.open('args-a', 'minor')::text, true);
SELECT incident.hold(current_setting('args.held')::bigint), incident.resolve(current_setting('args.resolved')::bigint);
SELECT set_config('args.draft', incident.import_policy(incident.export_policy(1) || '{"name": "args-policy"}')::text, true),
	set_config('args.spare', incident.import_policy(incident.export_policy(1) || '{"name": "args-spare"}')::text, true),
	set_config('args.method', incident.import_risk_method(incident.export_risk_method(1) || '{"name": "args-method"}')::text, true);
SELECT incident.publish_policy(current_setting('args.spare')::integer);

-- Every text that is stored, and every moment but those that may lie ahead.
CREATE FUNCTION pg_temp.every(types regtype[], but text[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('SELECT %L AS place, %I%s AS value FROM incident_internal.%I', c.relname || '.' || a.attname, a.attname,
		CASE WHEN 'text'::regtype = ANY (types) THEN '::text' ELSE '' END, c.relname), ' UNION ALL ')
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'r' AND a.atttypid = ANY (types::oid[])
		AND a.attname <> ALL (but) AND c.relname !~ '^(policy_|calendar|rights_of_|policies)'
$$;
SELECT format('CREATE TEMP VIEW texts AS %s; CREATE TEMP VIEW moments AS %s', pg_temp.every('{text,text[]}', '{}'),
	pg_temp.every('{timestamptz}', '{due_at,next_due,accepted_until,retry_at}')) AS views \gset
:views;

-- What a call comes to, with these expressions in place of the samples: the SQLSTATE, or ok and
-- the result, without numbers, as sequences go on. Nothing of it stays. Where one was stored,
-- also which text has blanks around it or which moment lies ahead.
CREATE FUNCTION pg_temp.outcome(function oid, expressions jsonb, looking boolean DEFAULT false, all_given boolean DEFAULT false)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	list text;
	result text;
	odd text;
	message text;
BEGIN
	SELECT string_agg(format('%I => (%s)::%s', a.argument, coalesce(expressions ->> a.argument, pg_temp.sample(a.function, a.argument), 'NULL'), a.type), ', '
			ORDER BY a.place)
		INTO list FROM arguments AS a
		WHERE a.oid = outcome.function AND (NOT a.has_default OR expressions ? a.argument
			OR (a.function, a.argument) = ('assess', 'severity')	-- it needs something to say
			OR all_given AND pg_temp.sample(a.function, a.argument) IS NOT NULL);
	BEGIN
		EXECUTE format('SELECT string_agg(r::text, '';'') FROM incident.%I(%s) AS r',
			(SELECT p.proname FROM pg_proc AS p WHERE p.oid = outcome.function), list) INTO result;
		IF looking THEN
			SELECT string_agg(DISTINCT t.place, ' ') INTO odd FROM texts AS t
				WHERE t.value ~ '^[\s\u00a0\u3000\u200b\ufeff]|[\s\u00a0\u3000\u200b\ufeff]$' OR t.value = '';
			SELECT concat_ws(' ', odd, string_agg(DISTINCT m.place, ' ')) INTO odd FROM moments AS m
				WHERE isfinite(m.value) AND m.value > clock_timestamp();
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'ARGS0';
	EXCEPTION WHEN SQLSTATE 'ARGS0' THEN
		RETURN concat_ws(' ', 'ok', nullif(regexp_replace(result, '\d+', 'N', 'g'), ''), nullif(odd, ''));
	WHEN others THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		IF SQLSTATE IN ('42601', '42883', '42725', '42804') THEN
			RETURN format('%s %s: %s', SQLSTATE, list, message);
		END IF;
		RETURN SQLSTATE;
	END;
END $$;

WITH page AS (
	INSERT INTO incident_internal.pages (org_id, incident_id, seq, rule, post, contact, acknowledge, again_left, again_limit, then_next, rank)
		VALUES (1, current_setting('args.incident')::bigint, 1, 1, 'args-post', 'args-contact', 'anyone', 0, 0, false, 1) RETURNING page_id)
INSERT INTO incident_internal.page_tokens (org_id, digest, page_id) SELECT 1, sha256('args-token'), page_id FROM page;
SELECT set_config('args.token', 'args-token', true);

CREATE TEMP TABLE blanks (blank text);
INSERT INTO blanks VALUES (''), (' '), (E'\t \r\n'), (U&'\3000'), (U&'\00a0'), (U&'\feff \200b');

SELECT plan(24);

SELECT cmp_ok((SELECT count(*) FROM arguments WHERE records), '>=', 180::bigint, 'there are arguments of functions that record');
SELECT cmp_ok((SELECT count(*) FROM arguments WHERE type IN ('text', 'text[]')), '>=', 140::bigint, 'there are texts among all arguments');
-- pg_cron is not in this database, and notices are claimed in a transaction of their own.
SELECT is_empty($$
	SELECT f.oid::regprocedure, pg_temp.outcome(f.oid, '{}') AS outcome FROM functions AS f
	WHERE pg_temp.outcome(f.oid, '{}') !~ '^ok' AND f.name NOT IN ('schedule', 'unschedule', 'claim_notices')
$$, 'every function can be called with the samples');
SELECT is_empty($$
	SELECT f.oid::regprocedure, pg_temp.outcome(f.oid, '{}', true, true) AS outcome FROM functions AS f
	WHERE f.records AND pg_temp.outcome(f.oid, '{}', true, true) !~ '^ok' AND f.name NOT IN ('schedule', 'unschedule', 'claim_notices')
$$, 'with those for arguments that have a default too');

-- NULL. Two steps of retain() take a setting that may not be set; an override without a contact takes others back; a severity or a level may be unknown.
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, pg_temp.outcome(a.oid, jsonb_build_object(a.argument, format('NULL::%s', a.type))) AS outcome
	FROM arguments AS a
	WHERE a.records AND NOT a.has_default AND (a.function, a.argument) NOT IN (('forget_next_month', 'keep'), ('forget_rosters', 'keep'), ('override_roster', 'contact'))
		AND NOT (a.function IN ('open', 'assess') AND a.type LIKE 'incident.%')
		AND pg_temp.outcome(a.oid, jsonb_build_object(a.argument, format('NULL::%s', a.type))) <> '22004'
$$, 'NULL is refused where a value must be given');
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument FROM arguments AS a
	WHERE a.records AND a.argument IN ('at', 'detected_at', 'found_at', 'batch', 'cron', 'member', 'applies', 'approved')
		AND pg_temp.outcome(a.oid, jsonb_build_object(a.argument, format('NULL::%s', a.type))) <> '22004'
$$, 'so are moments, batches, schedules and yes or no that are NULL in place of their default');
SELECT is_empty($$ SELECT f.oid::regprocedure FROM functions AS f JOIN pg_proc AS p ON p.oid = f.oid
	WHERE f.records AND p.proisstrict AND f.pronargs > 0 $$, 'so none of these functions is STRICT');
SELECT throws_ok('CALL incident.run_ticks(NULL)', '22004', 'the batch must not be null', 'nor does a procedure go on without a batch');
SELECT results_eq($$ SELECT c.place, c.problem FROM incident.check_policy(NULL) AS c UNION ALL SELECT c.place, c.problem FROM incident.check_risk_method(NULL) AS c $$,
	$$ VALUES ('$', 'There is no document.'), ('$', 'There is no document.') $$, 'no document is not a sound one');

-- Texts that show nothing.
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, b.blank, i.blank, i.nothing
	FROM arguments AS a, blanks AS b, LATERAL (SELECT
		pg_temp.outcome(a.oid, jsonb_build_object(a.argument, quote_literal(b.blank)), a.records) AS blank,
		pg_temp.outcome(a.oid, jsonb_build_object(a.argument, 'NULL::text'), a.records) AS nothing) AS i
	WHERE a.type = 'text' AND i.blank <> '22023' AND i.blank <> i.nothing
$$, 'a blank text is as if none were given, or is refused, and is stored nowhere');
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, b.blank FROM arguments AS a, blanks AS b
	WHERE a.type = 'text' AND a.records AND NOT a.has_default
		AND pg_temp.outcome(a.oid, jsonb_build_object(a.argument, quote_literal(b.blank))) <> '22023'
$$, 'it is refused where one must be given');
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, b.blank FROM arguments AS a, blanks AS b
	WHERE a.type = 'text[]' AND a.records AND (a.function, a.argument) <> ('notice_sent', 'reference')	-- which is of others' making
		AND pg_temp.outcome(a.oid, jsonb_build_object(a.argument, format('ARRAY[%L]', b.blank)), true) <> '22023'
$$, 'and in lists');

-- Blanks around a text. A role's grantee is a name of the server, which may have them.
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, i.around, i.plain
	FROM arguments AS a, LATERAL (SELECT pg_temp.sample(a.function, a.argument) AS value) AS s, LATERAL (SELECT
		pg_temp.outcome(a.oid, jsonb_build_object(a.argument, format('E'' \t'' || %s || U&''\3000\00a0''', s.value)), a.records) AS around,
		pg_temp.outcome(a.oid, jsonb_build_object(a.argument, s.value), a.records) AS plain) AS i
	WHERE a.type = 'text' AND s.value NOT IN ('NULL') AND a.argument NOT IN ('note', 'summary', 'reason', 'scope', 'plan', 'body')
		AND i.around <> i.plain
		AND (a.function, a.argument) NOT IN (('risk_standing', 'decision'), ('risk_standing', 'status'),
			('term', 'kind'), ('term', 'word'))
$$, 'a name is the same with blanks around it, and stored without');
SELECT is(incident.note(current_setting('args.incident')::bigint, E'  as\n written \n'), 'open', 'a note …');
SELECT is((SELECT note FROM incident.timeline WHERE kind = 'noted' AND incident_id = current_setting('args.incident')::bigint), E'  as\n written \n', '… stays as it was written');
SELECT is_empty($$
	SELECT a.oid::regprocedure, a.argument, pg_temp.outcome(a.oid, jsonb_build_object(a.argument, 'repeat(''x'', 70000)')) AS outcome FROM arguments AS a
	WHERE a.type = 'text' AND a.records AND pg_temp.outcome(a.oid, jsonb_build_object(a.argument, 'repeat(''x'', 70000)')) <> '22001'
$$, 'none is kept that is too long');

-- Moments. Four may lie ahead.
CREATE TEMP VIEW past AS SELECT * FROM arguments AS a
	WHERE a.records AND a.type = 'timestamp with time zone' AND a.argument NOT IN ('due_at', 'accepted_until', 'since', 'until');
SELECT set_eq('SELECT DISTINCT function FROM past', $$ SELECT unnest('{open,assess,acknowledge,activate,hold,resume,resolve,close,reopen,cancel,note,set_confidentiality,duty_done,report,migrate_incident,tick,register_vulnerability,record_vulnerability_step,record_measure_step,treat_risk,approve_risk,close_risk,mark_overdue_risk,open_round,advance_round}'::text[]) $$,
	'the functions that take a moment at which something took effect');
SELECT is_empty($$
	SELECT p.oid::regprocedure, p.argument, pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp() + interval ''2 s'''), true) AS outcome FROM past AS p
	WHERE pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp() + interval ''2 s'''), true)
		<> pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp()'), true)
		OR pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp()'), true) !~ '^ok'
$$, 'a moment that is a little ahead of the clock counts as now');
SELECT is_empty($$
	SELECT p.oid::regprocedure, p.argument FROM past AS p
	WHERE pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp() + interval ''6 s''')) <> '22023'
		OR pg_temp.outcome(p.oid, jsonb_build_object(p.argument, '''infinity''')) <> '22008'
$$, 'one that is further ahead is refused, and one that never comes');
SET LOCAL pg_incident.clock_tolerance = 0;
SELECT is_empty($$
	SELECT p.oid::regprocedure, p.argument FROM past AS p
	WHERE pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'clock_timestamp() + interval ''2 s''')) <> '22023'
		OR pg_temp.outcome(p.oid, jsonb_build_object(p.argument, 'now()')) !~ '^ok'
$$, 'without a tolerance every one that is ahead, and never the present');

-- What registers keep.
-- What cannot be emptied, besides the keys, is in `other`.
CREATE TEMP TABLE registers (function text, section text, kept text, keys text[], other text[]);
INSERT INTO registers VALUES
	('register_asset', 'assets', 'SELECT * FROM incident.asset_register WHERE name = ''args-a''', '{name}', '{clear,category}'),
	('register_service', 'services', 'SELECT s.*, p.parent, p.title FROM incident_internal.business_services AS s, incident.service_values AS p
		WHERE s.name = ''args-s'' AND p.service_id = s.service_id', '{name}', '{clear,raised_by_assets,raises_assets}'),
	('register_threat', 'threats', 'SELECT * FROM incident.threat_register WHERE name = ''args-t''', '{name}', '{clear,source,incident_categories}'),
	('register_vulnerability', 'vulnerabilities', 'SELECT v.*, a.name AS asset FROM incident_internal.vulnerabilities AS v LEFT JOIN incident_internal.assets AS a USING (org_id, asset_id)
		WHERE v.name = ''args-v''', '{name}', '{clear,severity,found_at,by}'),
	('register_measure', 'measures', 'SELECT * FROM incident.measure_register WHERE name = ''args-m''', '{name}', '{clear,kind,effectiveness,status}'),
	('register_scenario', 'scenarios', 'SELECT * FROM incident_internal.risk_scenarios WHERE scenario_id = current_setting(''args.scenario'')::bigint',
		'{asset,threat,vulnerability}', '{clear}'),
	('register_organisation', NULL, 'SELECT * FROM incident_internal.organisations WHERE org_id = 7001', '{org_id}', '{name,policy,zone,change_closed}');
SELECT set_eq('SELECT function FROM registers', $$ SELECT DISTINCT function FROM arguments WHERE function LIKE 'register\_%' $$,
	'the functions that register something');
-- The row of a register after a call, or an import, with the keys and these expressions.
CREATE FUNCTION pg_temp.row_after(register registers, arguments text, item jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
	keys text := (SELECT string_agg(format('%I => %s', k, pg_temp.sample(register.function, k)), ', ') FROM unnest(register.keys) AS k);
BEGIN
	IF item IS NULL THEN
		EXECUTE format('SELECT incident.%I(%s)', register.function, concat_ws(', ', keys, arguments));
	ELSE
		PERFORM incident.import_risk_register(jsonb_build_object(register.section, jsonb_build_array((SELECT jsonb_object_agg(k,
			btrim(pg_temp.sample(register.function, k), '''')) FROM unnest(register.keys) AS k) || item)));
	END IF;
	EXECUTE format('SELECT to_jsonb(r) FROM (%s) AS r', register.kept) INTO result;
	RAISE EXCEPTION USING ERRCODE = 'ARGS0', DETAIL = result::text;
EXCEPTION WHEN SQLSTATE 'ARGS0' THEN
	GET STACKED DIAGNOSTICS keys = PG_EXCEPTION_DETAIL;
	RETURN keys::jsonb;
END $$;
CREATE FUNCTION pg_temp.row_now(register registers) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT to_jsonb(r) FROM (%s) AS r', register.kept) INTO result;
	RETURN result;
END $$;
SELECT is_empty($$
	SELECT r.function, pg_temp.row_now(r), pg_temp.row_after(r, NULL) FROM registers AS r
	WHERE pg_temp.row_now(r) IS DISTINCT FROM pg_temp.row_after(r, NULL)
	UNION ALL
	SELECT r.section, pg_temp.row_now(r), pg_temp.row_after(r, NULL, '{}') FROM registers AS r
	WHERE r.section IS NOT NULL AND pg_temp.row_now(r) IS DISTINCT FROM pg_temp.row_after(r, NULL, '{}')
	UNION ALL
	SELECT r.function, pg_temp.row_now(r), NULL FROM registers AS r, jsonb_each(pg_temp.row_now(r)) AS c
	WHERE c.value = 'null' AND c.key NOT IN ('overdue_since', 'retired_at', 'raised_to')
		AND c.key NOT LIKE '%\_at'
$$, 'what exists keeps every attribute that is not given, registered and imported');
-- Each attribute that clear may name, by what it says of a word that is none.
CREATE FUNCTION pg_temp.clearable(register registers) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	PERFORM pg_temp.row_after(register, 'clear => ''{nothing}''');
	RETURN NULL;
EXCEPTION WHEN undefined_function THEN
	RETURN '{}';
WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN string_to_array(substring(hint FROM 'any of (.*), and only'), ', ');
END $$;
SELECT is_empty($$
	SELECT r.function, c.attribute, n.difference
	FROM registers AS r, unnest(pg_temp.clearable(r)) AS c(attribute), LATERAL (
		SELECT array_agg(a.key ORDER BY a.key) AS difference
		FROM (VALUES (pg_temp.row_after(r, format('clear => ''{%s}''', c.attribute))),
			(pg_temp.row_after(r, NULL, jsonb_build_object(c.attribute, NULL)))) AS v(result), jsonb_each(v.result) AS a
		WHERE a.value <> pg_temp.row_now(r) -> a.key) AS n
	WHERE (SELECT array_agg(DISTINCT d) FROM unnest(n.difference) AS d
			WHERE d NOT IN ('parent_id', 'asset_id', 'asset_rating', 'threat_rating', 'vulnerability_rating', 'current_asset', 'current_threat',
				'current_vulnerability', 'residual_asset', 'residual_threat')) IS DISTINCT FROM ARRAY[c.attribute]
$$, 'what is named is emptied, and nothing else, by clear and by a null in a document');
SELECT is_empty($$
	SELECT a.function, a.argument FROM arguments AS a JOIN registers AS r ON r.function = a.function
	WHERE a.argument <> ALL (r.keys || r.other || pg_temp.clearable(r))
$$, 'every other attribute can be emptied');

SELECT * FROM finish();
ROLLBACK;
