--
-- Bad input: what is refused, with SQLSTATE, message and hint; and nothing half done.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET search_path = public, incident, incident_internal;

-- Everything that a refused call could have left behind.
CREATE FUNCTION pg_temp.stored() RETURNS bigint[] LANGUAGE sql AS $$
	SELECT ARRAY[(SELECT count(*) FROM incident_internal.incidents), (SELECT count(*) FROM incident_internal.entries), (SELECT count(*)
		FROM incident_internal.incident_state),
		(SELECT count(*) FROM incident_internal.dedup_keys), (SELECT count(*) FROM incident_internal.assets), (SELECT count(*)
			FROM incident_internal.organisations),
		(SELECT count(*) FROM incident_internal.policies), (SELECT sum(seq) FROM incident_internal.incident_state)]
$$;

-- Runs a statement that must fail and tells how it did.
CREATE FUNCTION pg_temp.refusal(statement text, OUT state text, OUT message text, OUT hint text)
LANGUAGE plpgsql AS $$
DECLARE
	before CONSTANT bigint[] := pg_temp.stored();
BEGIN
	BEGIN
		EXECUTE statement;
		state := 'accepted';
		RAISE EXCEPTION USING ERRCODE = 'ZZ000';
	EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
		NULL;
	WHEN others THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
		message := regexp_replace(regexp_replace(left(message, 100), 'incident -?\d+', 'incident N'), 'policy \d+',
			'policy N')
			|| CASE WHEN length(message) > 1000 THEN ' AND SO ON' ELSE '' END;
	END;
	IF pg_temp.stored() <> before THEN
		message := message || ' AND LEFT SOMETHING BEHIND';
	END IF;
END $$;

-- The same for a list of calls, shown as they are written.
CREATE FUNCTION pg_temp.refused(VARIADIC calls text[]) RETURNS TABLE (call text, state text, message text, hint text)
	LANGUAGE sql AS $$
	SELECT c.call, r.* FROM unnest(calls) WITH ORDINALITY AS c(call, place), pg_temp.refusal('SELECT incident.'
		|| c.call) AS r ORDER BY c.place
$$;

SELECT register_organisation(11, 'errors'), register_organisation(12, 'errors elsewhere');
SET pg_incident.organisation = 12;
SELECT open(summary => 'elsewhere', detected_at => '2026-01-05 08:00+00', dedup_key => 'elsewhere') AS elsewhere \gset
SET pg_incident.organisation = 11;
SELECT register_asset('host', 'host', '3') IS NOT NULL AS host, register_asset('below', 'host', '3',
	parent => 'host') IS NOT NULL AS below,
	register_asset('lowest', 'host', '3', parent => 'below') IS NOT NULL AS lowest;
SELECT open('host', 'minor', 'here', '2026-01-05 08:00+00', dedup_key => 'here') AS here, open('host', 'minor',
	'closed', '2026-01-05 08:00+00') AS closed \gset
SELECT resolve(:closed, at => '2026-01-05 09:00+00'), close(:closed, at => '2026-01-05 09:00+00');
SELECT set_config('regress.here', :'here', false) IS NOT NULL AS here, set_config('regress.closed', :'closed',
	false) IS NOT NULL AS closed,
	set_config('regress.elsewhere', :'elsewhere', false) IS NOT NULL AS elsewhere;
CREATE FUNCTION pg_temp.here() RETURNS bigint LANGUAGE sql AS $$ SELECT current_setting('regress.here')::bigint $$;
CREATE FUNCTION pg_temp.closed() RETURNS bigint LANGUAGE sql
	AS $$ SELECT current_setting('regress.closed')::bigint $$;
CREATE FUNCTION pg_temp.elsewhere() RETURNS bigint LANGUAGE sql
	AS $$ SELECT current_setting('regress.elsewhere')::bigint $$;

-- Opening
SELECT * FROM pg_temp.refused($$open('nowhere')$$, $$open('HOST')$$, $$open(severity => 'urgent')$$,
	$$open('host', 'critical')$$,
	$$open('host', 'informational')$$, $$open(NULL, 'critical')$$, $$open(detected_at => 'infinity')$$,
		$$open(detected_at => '-infinity')$$, $$open(detected_at => now() + '1 h')$$,
	$$open(detected_at => NULL)$$, $$open(detected_at => 'soon')$$, $$open(confidentiality => 'secret')$$,
		$$open(policy => 'nothing')$$,
	$$open(drill => 'perhaps')$$, $$open('nowhere', dedup_key => 'here')$$,
		$$open('host', 'critical', dedup_key => 'here')$$, $$open('host', 'critical', dedup_key => 'new')$$);
-- The level of an asset that the policy does not know: it was registered under another one.
SELECT * FROM pg_temp.refused($$register_asset('five', 'host', '5')$$);
SELECT register_organisation(11, 'errors', 'damage-sab') = 11 AS any_level, register_asset('five', 'host', '5') IS NOT NULL AS registered,
	register_organisation(11, policy => 'eport') = 11 AS as_before;
SELECT * FROM pg_temp.refused($$open('five', 'minor')$$, $$assess(pg_temp.here(), asset => 'five')$$);

-- The incident
SELECT * FROM pg_temp.refused($$acknowledge(NULL)$$, $$activate(NULL)$$, $$hold(NULL)$$, $$resume(NULL)$$,
	$$resolve(NULL)$$, $$close(NULL)$$, $$reopen(NULL)$$, $$cancel(NULL)$$,
	$$note(NULL, 'x')$$, $$assess(NULL, 'minor')$$);
SELECT * FROM pg_temp.refused($$acknowledge(0)$$, $$activate(-1)$$, $$hold(9223372036854775807)$$,
	$$resume(-9223372036854775808)$$, $$resolve(0)$$, $$close(0)$$, $$reopen(0)$$, $$cancel(0)$$,
	$$note(0, 'x')$$, $$assess(0, 'minor')$$, $$state_at(0, now())$$, $$explain(0)$$, $$verify_timeline(0)$$);
-- One of another organisation is as if it were not there.
SELECT * FROM pg_temp.refused($$acknowledge(pg_temp.elsewhere())$$, $$activate(pg_temp.elsewhere())$$,
	$$hold(pg_temp.elsewhere())$$, $$resume(pg_temp.elsewhere())$$, $$resolve(pg_temp.elsewhere())$$,
	$$close(pg_temp.elsewhere())$$, $$reopen(pg_temp.elsewhere())$$, $$cancel(pg_temp.elsewhere())$$,
		$$note(pg_temp.elsewhere(), 'x')$$, $$assess(pg_temp.elsewhere(), 'minor')$$,
	$$state_at(pg_temp.elsewhere(), now())$$, $$explain(pg_temp.elsewhere())$$,
		$$verify_timeline(pg_temp.elsewhere())$$);
SELECT count(*) FILTER (WHERE incident_id = pg_temp.elsewhere()) AS elsewhere,
	count(*) FILTER (WHERE incident_id = pg_temp.here()) AS here
FROM (SELECT incident_id FROM timeline UNION ALL SELECT incident_id FROM incident_history UNION ALL SELECT incident_id
	FROM open_incidents UNION ALL SELECT incident_id FROM timeline_heads()) AS seen;
-- One that is closed.
SELECT * FROM pg_temp.refused($$acknowledge(pg_temp.closed())$$, $$activate(pg_temp.closed())$$,
	$$hold(pg_temp.closed())$$, $$resume(pg_temp.closed())$$, $$resolve(pg_temp.closed())$$,
	$$close(pg_temp.closed())$$, $$cancel(pg_temp.closed())$$, $$assess(pg_temp.closed(), 'severe')$$);
-- Times and values.
SELECT * FROM pg_temp.refused($$acknowledge(pg_temp.here(), at => '2026-01-05 07:00+00')$$,
	$$acknowledge(pg_temp.here(), at => now() + '1 h')$$, $$acknowledge(pg_temp.here(), at => 'infinity')$$,
	$$acknowledge(pg_temp.here(), at => '-infinity')$$, $$acknowledge(pg_temp.here(), at => NULL)$$,
		$$assess(pg_temp.here(), 'critical')$$, $$assess(pg_temp.here(), 'urgent')$$,
	$$assess(pg_temp.here(), asset => 'nowhere')$$, $$assess(pg_temp.here())$$,
		$$assess(pg_temp.here(), forget => '{everything}')$$, $$note(pg_temp.here(), NULL)$$,
	$$state_at(pg_temp.here(), 'infinity')$$, $$state_at(pg_temp.here(), '2026-01-05 07:00+00')$$);

-- Levels, severities, lengths of time
SELECT * FROM pg_temp.refused($$response_level('eport', '0', 'minor')$$,
	$$response_level('eport', 'level 1', 'minor')$$, $$response_level('eport', '1', 'grave')$$,
	$$response_level('eport', '1', 'critical')$$,
	$$response_level('eport', '1', 'minor', '-1 s')$$, $$response_level('eport', '1', 'minor', NULL)$$,
		$$response_level('nothing', '1', 'minor')$$, $$event_level(0, '1', 'minor')$$,
	$$quick_reference('nothing')$$, $$publish_policy(0)$$, $$import_policy('{}')$$,
		$$import_policy('[')$$,
	$$simulate('eport', '1', 'minor', now(), now(), '{}')$$, $$tick(now() + '1 h')$$, $$tick('infinity')$$,
		$$tick(now(), 0)$$, $$simulate('eport', '1', 'minor', '2026-01-05 08:00+00', '2026-01-05 07:59+00')$$,
	$$simulate('eport', '1', 'minor', now(), now(), '[{"at": "2100-01-01", "kind": "done", "duty": "lunch"}]')$$,
	$$processing_time('eport', '7')$$);

-- What does not exist: the hint has what there is, or where it is listed.
SELECT * FROM pg_temp.refused($$policy_id('ITIL')$$, $$policy_id('itil', 7)$$, $$policy_id('nothing', 7)$$, $$event_level(7, '1', 'minor')$$,
	$$retire_policy(0)$$, $$drop_policy(0)$$, $$publish_policy(0)$$, $$migrate_incident(pg_temp.here(), 'ITIL')$$,
	$$policy_addendum('nothing')$$, $$risk_method_id('nothing')$$, $$risk_method_id('product', 7)$$, $$risk_level(7, '1', '1', '1')$$,
	$$publish_risk_method(0)$$, $$duty_done(pg_temp.here(), 'lunch')$$, $$report(pg_temp.here(), 'lunch')$$,
	$$put_under_service('nowhere', 'none')$$, $$put_under_service('host', 'none')$$, $$retire_scenario(0)$$,
	$$risk_report('none')$$, $$advance_round('none')$$, $$compare_rounds('none', 'none')$$, $$residual_risk_report('none')$$,
	$$observed_frequency('none')$$, $$observed_frequency(threat => 'none')$$, $$risk_what_if(threat => 'none')$$,
	$$apply_measure(0, 'none')$$, $$record_vulnerability_step('none', 'fixed')$$, $$explain_policy('nothing')$$);

-- A duty that is no report, and those that are.
SELECT * FROM pg_temp.refused($$report(pg_temp.here(), 'notify')$$, $$duty_done(pg_temp.here(), 'first_report', at => '2026-01-05 07:00+00')$$);
SELECT open(severity => 'critical', policy => 'gbz20986', detected_at => '2026-01-05 08:00+00', summary => 'elsewhere graded') AS graded \gset
SELECT set_config('regress.graded', :'graded', false) IS NOT NULL AS graded;
CREATE FUNCTION pg_temp.graded() RETURNS bigint LANGUAGE sql AS $$ SELECT current_setting('regress.graded')::bigint $$;
-- It is the new policy that does not have the severity.
SELECT * FROM pg_temp.refused($$migrate_incident(pg_temp.graded(), 'eport')$$, $$report(pg_temp.graded(), 'notify')$$);
SELECT policy FROM incident_history WHERE incident_id = :graded;

-- Assets
SELECT * FROM pg_temp.refused($$register_asset(NULL, 'host')$$, $$register_asset('new', NULL)$$,
	$$register_asset('new', 'furniture')$$, $$register_asset('new', '')$$, $$register_asset('new', 'Host')$$,
	$$register_asset('new', 'host', '10')$$, $$register_asset('new', 'host', confidentiality => '6')$$,
		$$register_asset('new', 'host', parent => 'nowhere')$$, $$register_asset('new', 'host', parent => 'new')$$,
	$$register_asset('host', 'host', parent => 'host')$$, $$register_asset('host', 'host', parent => 'below')$$,
		$$register_asset('host', 'host', parent => 'lowest')$$);
SELECT name, level, parent FROM asset_register ORDER BY asset_id;

-- Organisations
SELECT * FROM pg_temp.refused($$register_organisation(13, 'errors', 'nothing')$$,
	$$register_organisation(13, 'errors', 'EPORT')$$);
-- Refused as invalid data (class 22), like everything above.
SELECT call, state <> 'accepted' AS refused, state LIKE '22%' AS class_22
	FROM pg_temp.refused($$register_organisation(0, 'zero')$$, $$register_organisation(-1, 'less')$$,
	$$register_organisation(13, '')$$,
	$$register_asset('', 'host')$$);
SELECT call, state FROM pg_temp.refused($$register_organisation(13, 'errors')$$);
SET pg_incident.organisation = 14;
SELECT * FROM pg_temp.refused($$open()$$, $$open(dedup_key => 'x')$$, $$register_asset('new', 'host')$$,
	$$acknowledge(pg_temp.here())$$, $$state_at(pg_temp.here(), now())$$);
SELECT count(*) FROM incident_history;
SET pg_incident.organisation = 0;
SET pg_incident.organisation = -5;
SET pg_incident.organisation = 'errors';
SET pg_incident.organisation = '2147483648';
SET pg_incident.organisation = '';
SET pg_incident.organization = 11;
SHOW pg_incident.organisation;
SET pg_incident.organisation = 11;

-- Texts of a megabyte
SELECT set_config('regress.text', repeat('长x', 250000), false) IS NOT NULL AS set;
CREATE FUNCTION pg_temp.long() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('regress.text') $$;
SELECT octet_length(pg_temp.long());
SELECT * FROM pg_temp.refused($$open(summary => pg_temp.long())$$, $$open(pg_temp.long())$$,
	$$open(category => pg_temp.long())$$, $$open(confidentiality => pg_temp.long())$$,
	$$open(ticket => pg_temp.long())$$,
	$$open(dedup_key => pg_temp.long())$$, $$open(policy => pg_temp.long())$$, $$open(by => pg_temp.long())$$,
		$$acknowledge(pg_temp.here(), pg_temp.long())$$, $$acknowledge(pg_temp.here(), note => pg_temp.long())$$,
	$$note(pg_temp.here(), pg_temp.long())$$, $$note(pg_temp.here(), 'x', pg_temp.long())$$,
		$$assess(pg_temp.here(), asset => pg_temp.long())$$,
		$$assess(pg_temp.here(), 'minor', by => pg_temp.long())$$,
	$$assess(pg_temp.here(), 'minor', note => pg_temp.long())$$, $$register_asset('new', pg_temp.long())$$,
		$$register_asset('new', 'host', parent => pg_temp.long())$$);
SELECT state, message LIKE '%AND SO ON' AS endless FROM pg_temp.refused($$event_level(pg_temp.long(), NULL, NULL)$$,
	$$open(severity => pg_temp.long()::incident.severity)$$,
	$$assess(pg_temp.here(), forget => ARRAY[pg_temp.long()])$$,
	$$policy_id(pg_temp.long())$$, $$quick_reference(pg_temp.long())$$);
-- Refused as data that is too long, or invalid in another way.
SELECT call, state <> 'accepted' AS refused, state LIKE '22%' AS class_22
	FROM pg_temp.refused($$register_asset(pg_temp.long(), 'host')$$,
	$$register_asset('new', 'host', owner => pg_temp.long())$$,
	$$register_asset('new', 'host', location => pg_temp.long())$$,
		$$register_asset('new', 'host', title => pg_temp.long())$$, $$register_organisation(13, pg_temp.long())$$,
	$$import_policy(incident.export_policy(1) || jsonb_build_object('name', pg_temp.long()))$$,
	$$import_policy(incident.export_policy(1) || jsonb_build_object('posts', jsonb_build_array(jsonb_build_object('post', pg_temp.long(), 'title', 'x'))))$$);
-- What just fits, and one byte more.
SELECT length(note(:here, repeat('x', 65536), repeat('y', 200))) AS status;
SELECT * FROM pg_temp.refused($$note(pg_temp.here(), repeat('x', 65537))$$,
	$$note(pg_temp.here(), 'x', repeat('y', 201))$$);
SELECT length(note) AS note, length(actor) AS actor FROM timeline WHERE incident_id = :here AND kind = 'noted';
-- An asset that can be registered can be named.
SELECT register_asset(repeat('资', 200), 'host', '3') IS NOT NULL AS registered;
SELECT state FROM pg_temp.refused($$open(repeat('资', 200), 'minor')$$,
	$$assess(pg_temp.here(), asset => repeat('资', 200))$$);

-- A wrong organisation set before the library is there must not become another one.
\c -
SET client_min_messages = error;
SET pg_incident.organisation = 'errors';
DO $$
BEGIN
	PERFORM incident.open(summary => 'nobody''s', detected_at => '2026-01-05 08:00+00');
EXCEPTION WHEN others THEN
	NULL;
END $$;
SELECT count(*) FROM incident_internal.entries WHERE note = 'nobody''s';
\c -
SET client_min_messages = warning;
SET pg_incident.organisation = 11;
SELECT summary, status FROM incident.incident_history WHERE summary IN ('here', 'closed') ORDER BY incident_id;
