--
-- Plans, measures and rounds: what they refuse, and what counts no longer when a plan is
-- given up.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET jit = off;

CREATE FUNCTION pg_temp.risks(OUT id bigint, OUT risk text, OUT decision text, OUT status text, OUT standing text)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT scenario_id, concat_ws(' ', inherent, current, residual), decision, treatment_status, standing
	FROM incident.risk_register ORDER BY scenario_id
$$;

SELECT incident.register_asset('a', 'host', '1', '5', '5', '5'), incident.register_threat('t', 'human_malicious', '5'),
	incident.register_vulnerability('v', '5'), incident.register_vulnerability('w', '5'),
	incident.register_scenario('a', 't', 'v'), incident.register_scenario('a', 't', 'w');

-- A plan that is rejected, or given up for another, lowers nothing; nor does it let a round end.
SELECT incident.open_round('r'), incident.advance_round('r'), incident.advance_round('r');
SELECT incident.treat_risk(1, 'control'), incident.plan_measure(1, 'm1', 'preventive', '5', 'x', now() + interval '1 day'),
	incident.plan_measure(1, 'm2', 'protective', '5', 'x', now() + interval '1 day');
SELECT incident.treat_risk(2, 'keep'), incident.approve_risk('security_group', 2), incident.approve_risk('person_in_charge', 2),
	incident.approve_risk('general_manager', 2);
SELECT * FROM pg_temp.risks();
SELECT incident.approve_risk('security_group', 1, false, by => 'group', note => 'too dear');
SELECT * FROM pg_temp.risks();
SELECT incident.advance_round('r');
SELECT test.refused($$ SELECT incident.advance_round('r') $$);
SELECT incident.residual_risk_report('r') -> 'residual' AS residual, incident.residual_risk_report('r') -> 'without_approval' AS without_approval;
SELECT incident.treat_risk(1, 'control'), incident.plan_measure(1, 'm1', 'preventive', '5', 'x', now() + interval '1 day');
SELECT * FROM pg_temp.risks();
SELECT incident.treat_risk(1, 'transfer');
SELECT * FROM pg_temp.risks();
SELECT test.refused($$ SELECT incident.advance_round('r') $$);
-- What is in place works, whoever had planned it.
SELECT incident.record_measure_step('m1', 'in_place');
SELECT * FROM pg_temp.risks();
-- A measure that somebody plans by hand lowers the residual risk, but treats nothing.
SELECT incident.record_measure_step('m1', 'withdrawn'), incident.approve_risk('security_group', 1, false);
SELECT incident.register_measure('by hand', 'preventive', '5', 'planned', 'x', now() + interval '1 day'), incident.apply_measure(1, 'by hand');
SELECT * FROM pg_temp.risks();
SELECT test.refused($$ SELECT incident.advance_round('r') $$);
SELECT incident.apply_measure(1, 'by hand', false);

-- An activity that was given up and is taken up again is avoided no longer.
SELECT incident.treat_risk(1, 'avoid'), incident.plan_measure(1, 'stop it', 'preventive', '1', 'x', now() + interval '1 day'),
	incident.approve_risk('security_group', 1), incident.approve_risk('person_in_charge', 1), incident.record_measure_step('stop it', 'in_place');
SELECT * FROM pg_temp.risks();
SELECT incident.close_risk(1);
SELECT * FROM pg_temp.risks();
SELECT incident.register_scenario('a', 't', 'v');
SELECT * FROM pg_temp.risks();
SELECT decision, status FROM incident.risk_treatment_history WHERE scenario_id = 1 ORDER BY treatment_id;

-- Approvals: a proposal without a plan can be rejected, not approved; and one or the other it is.
SELECT incident.treat_risk(1, 'control');
SELECT test.refused($$ SELECT incident.approve_risk('security_group', 1) $$);
SELECT test.refused($$ SELECT incident.approve_risk('security_group', 1, NULL) $$);
SELECT incident.approve_risk('security_group') AS none;
SELECT incident.approve_risk('security_group', approved => false) AS rejected;
SELECT approver, approved, residual, note FROM incident.risk_approval_history WHERE scenario_id = 1 ORDER BY recorded_at;

-- What is in place is not planned; what is going on stays so.
SELECT incident.register_measure('firewall', 'preventive', '5'), incident.apply_measure(2, 'firewall');
SELECT incident.treat_risk(1, 'control');
SELECT test.refused($$ SELECT incident.plan_measure(1, 'firewall', 'preventive', '2', 'x', now() + interval '1 day') $$);
SELECT name, status, effectiveness FROM incident.measure_register WHERE name = 'firewall';
SELECT incident.plan_measure(1, 'm3', 'preventive', '3', 'x', now() + interval '1 day') > 0 AS planned, incident.record_measure_step('m3', 'in_progress');
SELECT incident.plan_measure(1, 'm3', 'preventive', '4', 'y', now() + interval '2 days') > 0 AS planned;
SELECT name, status, effectiveness, responsible FROM incident.measure_register WHERE name = 'm3';

-- A reviewed plan keeps its items; they are withdrawn, not taken out.
SELECT incident.apply_measure(1, 'm3', false);
SELECT incident.plan_measure(1, 'm3', 'preventive', '3', 'x', now() + interval '1 day') > 0 AS planned;
SELECT incident.approve_risk('security_group', 1);
SELECT test.refused($$ SELECT incident.apply_measure(1, 'm3', false) $$);
SELECT measure, status FROM incident.treatment_progress WHERE scenario_id = 1;

-- What is still to be done has somebody to do it, and a time.
SELECT test.refused($$ SELECT incident.record_measure_step('firewall', 'planned') $$);
SELECT test.refused($$ SELECT incident.record_measure_step('firewall', 'in_progress', due_at => now()) $$);
SELECT name, status, due_at FROM incident.measure_register WHERE name = 'firewall';

-- Publishing another version changes nothing for who has not asked for it.
SELECT incident.publish_risk_method(incident.import_risk_method(jsonb_set(incident.export_risk_method(1), '{asset_value}', '{"combination": "max"}')));
SELECT incident.register_asset('b', 'host', confidentiality => '5', integrity => '1', availability => '1'), incident.register_scenario('b', 't', 'v');
SELECT method_id, asset_rating FROM incident.risk_register WHERE asset = 'b';
SELECT incident.set_risk_method('product');
SELECT method_id, asset_rating FROM incident.risk_register WHERE asset = 'b';
SELECT incident.set_risk_method('product', 1);

-- Stages of a round follow one another, and results are there when they are computed.
SELECT incident.open_round('s', at => '2026-03-01');
SELECT test.refused($$ SELECT incident.advance_round('s', '2026-02-28') $$);
SELECT incident.advance_round('s', '2026-03-01'), incident.advance_round('s', '2026-03-02');
SELECT test.refused($$ SELECT incident.advance_round('s', '2026-03-01') $$);
SELECT test.refused($$ SELECT * FROM incident.compare_rounds('r', 's') $$);
SELECT test.refused($$ SELECT * FROM incident.compare_rounds('s', 'r') $$);
SELECT test.refused($$ SELECT incident.risk_report('s') $$);
SELECT test.refused($$ SELECT incident.residual_risk_report('s') $$);
SELECT count(*) FROM incident.risk_what_if(frequency_change => NULL, asset_change => NULL, vulnerability_change => NULL)
	WHERE current_before = current_after AND residual_before = residual_after;

-- Vulnerabilities: a severity is what an assessment says; times go forward.
SELECT incident.register_vulnerability('u', '2', found_at => '2026-01-01');
SELECT incident.record_vulnerability_step('u', s, at => '2026-01-02') FROM unnest('{fixed,verified,closed}'::text[]) AS s;
SELECT test.refused($$ SELECT incident.record_vulnerability_step('u', 'found', '3') $$);
SELECT incident.record_vulnerability_step('u', 'found', at => '2026-01-03');
SELECT severity, status, found_at, assessed_at, due_at FROM incident.vulnerability_status WHERE name = 'u';
SELECT within, test.refused(format('SELECT incident.set_fix_within(%L, %L)', '5', within))
FROM unnest('{0,-1 day,1 mon -29 days,1 mon -28 days,-1 mon 40 days,1 day -1 hour,1 mon 1 day,90 minutes}'::text[]) AS within;

-- A register goes elsewhere with how far its vulnerabilities and measures have come.
SELECT incident.record_vulnerability_step('v', 'fixed'), incident.record_vulnerability_step('v', 'verified'), incident.record_vulnerability_step('v', 'closed');
SELECT incident.register_vulnerability('x', found_at => '2026-01-01'), incident.record_vulnerability_step('x', 'assessed', '3', at => '2026-01-05'),
	incident.record_vulnerability_step('x', 'fixed', at => '2026-01-06');
SELECT incident.record_measure_step('firewall', 'in_place', '2026-01-07');
CREATE TEMP TABLE exported AS SELECT incident.export_risk_register() AS document;
CREATE TEMP TABLE here AS SELECT to_jsonb(v) - '{org_id,vulnerability_id}'::text[] AS row FROM incident.vulnerability_status AS v
	UNION ALL SELECT to_jsonb(m) - '{org_id,measure_id}'::text[] FROM incident.measure_register AS m
	UNION ALL SELECT to_jsonb(r) - '{org_id,scenario_id,decision,treatment_status,standing,registered_at,residual_asset,residual_threat,residual,residual_likelihood,residual_loss,residual_approved}'::text[]
		FROM incident.risk_register AS r;
SELECT incident.register_organisation(2, 'two');
SET pg_incident.organisation = 2;
SELECT i.* FROM exported, incident.import_risk_register(document) AS i;
SELECT incident.export_risk_register() = document AS same FROM exported;
CREATE TEMP TABLE there AS SELECT to_jsonb(v) - '{org_id,vulnerability_id}'::text[] AS row FROM incident.vulnerability_status AS v
	UNION ALL SELECT to_jsonb(m) - '{org_id,measure_id}'::text[] FROM incident.measure_register AS m
	UNION ALL SELECT to_jsonb(r) - '{org_id,scenario_id,decision,treatment_status,standing,registered_at,residual_asset,residual_threat,residual,residual_likelihood,residual_loss,residual_approved}'::text[]
		FROM incident.risk_register AS r;
SELECT (SELECT count(*) FROM here) AS rows, (SELECT count(*) FROM (TABLE here EXCEPT ALL TABLE there) AS d) AS missing,
	(SELECT count(*) FROM (TABLE there EXCEPT ALL TABLE here) AS d) AS more;
TABLE here EXCEPT TABLE there;
SELECT name, status, at FROM incident.vulnerability_history WHERE name = 'x' ORDER BY step_id;
-- Where it is known already, it stays as far as it has come.
SELECT incident.record_vulnerability_step('v', 'assessed', '4');
SELECT i.vulnerabilities FROM exported, incident.import_risk_register(document) AS i;
SELECT status, severity FROM incident.vulnerability_status WHERE name = 'v';
SELECT item, test.refused(format('SELECT incident.import_risk_register(%L)', item)) FROM unnest(ARRAY[
	'{"vulnerabilities": [{"name": "y", "found_at": "2026-01-02", "severity": 2, "fixed_at": "2026-01-01"}]}',
	'{"vulnerabilities": [{"name": "y", "assessed_at": "2026-01-02", "fixed_at": "2026-01-03"}]}',
	'{"vulnerabilities": [{"name": "y", "severity": 2, "found_at": "2026-01-02", "verified_at": "2026-01-03"}]}',
	'{"vulnerabilities": [{"name": "y", "severity": 2, "found_at": "2026-01-02", "fixed_at": "2999-01-01"}]}',
	'{"measures": [{"name": "y", "kind": "preventive", "effectiveness": 2, "status": "withdrawn", "done_at": "2026-01-01"}]}']) AS item;
SELECT count(*) AS none FROM incident.vulnerability_status WHERE name = 'y';
