--
-- Risk registers, treatment, rounds: an assessor's work and what is refused.
--
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
SET pg_incident.organisation = 71;
SELECT incident.register_organisation(71, 'risk');

-- Assets and services: the importance of a service raises its assets, assets raise their
-- services, each only where the service says so.
SELECT count(incident.register_asset(name, 'host', confidentiality => c::incident.rating, integrity => i::incident.rating,
	availability => a::incident.rating, owner => owner))
FROM (VALUES ('a1', '5', '5', '4', 'anna'), ('a2', '2', '2', '2', 'ben'), ('a3', NULL, NULL, NULL, NULL), ('a4', '1', '1', '1', 'ben'))
	AS v(name, c, i, a, owner);
SELECT incident.register_service('top', '4') IS NOT NULL AS top,
	incident.register_service('middle', '2', parent => 'top', owner => 'carl') IS NOT NULL AS middle,
	incident.register_service('side', '5', raises_assets => false, raised_by_assets => false) IS NOT NULL AS side;
SELECT incident.put_under_service('a2', 'middle'), incident.put_under_service('a1', 'middle'), incident.put_under_service('a4', 'side');
SELECT asset, value, own_rating, raised_to, rating FROM incident.asset_values ORDER BY asset;
SELECT service, parent, importance, assets, raised_to, rating FROM incident.service_values ORDER BY service;
SELECT incident.set_risk_method('gbt20984-matrix');
SELECT incident.set_risk_method('product');
SELECT test.refused($$ SELECT incident.register_service('top', parent => 'middle') $$);
SELECT test.refused($$ SELECT incident.register_service('top', parent => 'top') $$);
SELECT test.refused($$ SELECT incident.register_service('new', parent => 'none') $$);
SELECT test.refused($$ SELECT incident.register_service(NULL) $$);
SELECT test.refused($$ SELECT incident.put_under_service('none', 'top') $$);
SELECT test.refused($$ SELECT incident.set_risk_method('none') $$);

-- Threats, vulnerabilities, measures, scenarios.
SELECT count(incident.register_threat(name, source, frequency::incident.rating, path, manner, incident_categories => categories))
FROM (VALUES ('t1', 'human_malicious', '4', 'direct', 'attack', '{NA,DS}'::text[]), ('t2', 'environmental', NULL, NULL, NULL, '{}'),
	('t3', 'human_unintended', '2', 'indirect', 'error', '{RO}')) AS v(name, source, frequency, path, manner, categories);
SELECT test.refused($$ SELECT incident.register_threat('t', 'martian') $$);
SELECT test.refused($$ SELECT incident.register_threat('t', 'environmental', path => 'winding') $$);
SELECT test.refused($$ SELECT incident.register_threat('t', 'environmental', manner => 'rude') $$);
SELECT test.refused($$ SELECT incident.register_threat('t', NULL) $$);
SELECT test.refused($$ SELECT incident.register_threat('', 'environmental') $$);
SELECT incident.set_fix_within('4', '10 days');
SELECT test.refused($$ SELECT incident.set_fix_within('4', '-1 day') $$);
SELECT incident.register_vulnerability('v1', '5', 'a1', 'host', 'scan', found_at => '2021-01-01 00:00+00') IS NOT NULL AS v1,
	incident.register_vulnerability('v2', '4', found_at => '2021-01-01 00:00+00') IS NOT NULL AS v2,
	incident.register_vulnerability('v3', found_at => '2021-01-01 00:00+00') IS NOT NULL AS v3;
SELECT name, severity, status, due_at, overdue, overdue_since FROM incident.vulnerability_status ORDER BY name;
SELECT test.refused($$ SELECT incident.register_vulnerability('v', area => 'moon') $$);
SELECT test.refused($$ SELECT incident.register_vulnerability('v', evidence => 'hearsay') $$);
SELECT test.refused($$ SELECT incident.register_vulnerability('v', asset => 'none') $$);
SELECT test.refused($$ SELECT incident.register_vulnerability('v', found_at => 'infinity') $$);
SELECT test.refused($$ SELECT incident.register_vulnerability('v', found_at => '3000-01-01') $$) LIKE '22023 found_at must not be in the future%' AS future;
SELECT incident.register_measure('m1', 'preventive', '3') IS NOT NULL AS m1, incident.register_measure('m2', 'preventive', '2') IS NOT NULL AS m2,
	incident.register_measure('m3', 'protective', '5') IS NOT NULL AS m3, incident.register_measure('m4', 'protective', '1') IS NOT NULL AS m4;
SELECT test.refused($$ SELECT incident.register_measure('m', 'magic', '3') $$);
SELECT test.refused($$ SELECT incident.register_measure('m', 'preventive', NULL) $$);
SELECT test.refused($$ SELECT incident.register_measure('m', 'preventive', '3', 'planned') $$);
SELECT test.refused($$ SELECT incident.register_measure('m', 'preventive', '3', 'hoped for') $$);
SELECT incident.register_scenario('a1', 't1', 'v1', owner => 'dora') AS s1 \gset
SELECT incident.register_scenario('a2', 't1', 'v2') AS s2 \gset
SELECT incident.register_scenario('a3', 't2', 'v3') AS s3 \gset
SELECT incident.register_scenario('a4', 't3', 'v2', severity => '2', frequency => '1') AS s4 \gset
SELECT incident.register_scenario('a1', 't1', 'v1', owner => 'dora') = :s1 AS the_same;
SELECT test.refused($$ SELECT incident.register_scenario('a1', 'none', 'v1') $$);
SELECT test.refused($$ SELECT incident.register_scenario('a1', 't1', 'none') $$);
SELECT test.refused($$ SELECT incident.register_scenario(NULL, 't1', 'v1') $$);
CREATE VIEW pg_temp.register AS
SELECT asset || threat || vulnerability AS scenario, owner, asset_rating AS a, threat_rating AS t, vulnerability_rating AS v,
	current_asset AS ca, current_threat AS ct, current_vulnerability AS cv, residual_asset AS ra, residual_threat AS rt,
	inherent AS inh, current AS cur, residual AS res, decision, treatment_status AS status, standing
FROM incident.risk_register ORDER BY scenario_id;
TABLE pg_temp.register;

-- Measures: of each kind the most effective counts, one that is withdrawn does not, and one
-- that is planned only in what is left.
SELECT incident.apply_measure(:s1, 'm2'), incident.apply_measure(:s1, 'm1'), incident.apply_measure(:s1, 'm4'), incident.apply_measure(:s2, 'm3');
TABLE pg_temp.register;
SELECT incident.record_measure_step('m1', 'withdrawn');
SELECT scenario, ct, cur FROM pg_temp.register WHERE scenario LIKE 'a1%';
SELECT incident.record_measure_step('m1', 'in_place'), incident.apply_measure(:s1, 'm1', false);
SELECT scenario, ct, cur FROM pg_temp.register WHERE scenario LIKE 'a1%';
SELECT incident.apply_measure(:s1, 'm2', false);
SELECT incident.register_measure('m5', 'preventive', '4', 'planned', 'operations', '2021-06-01 00:00+00') IS NOT NULL AS m5, incident.apply_measure(:s2, 'm5');
SELECT scenario, ct, rt, cur, res FROM pg_temp.register WHERE scenario LIKE 'a2%';
SELECT test.refused($$ SELECT incident.apply_measure(0, 'm1') $$);
SELECT test.refused($$ SELECT incident.record_measure_step('none', 'in_place') $$);
SELECT test.refused($$ SELECT incident.record_measure_step('m1', 'done') $$);

-- What changes an input changes the risks: threat, vulnerability, asset, service.
SELECT incident.register_threat('t1', 'human_malicious', '5', 'direct', 'attack', incident_categories => '{NA,DS}') IS NOT NULL AS t1;
SELECT incident.register_asset('a2', 'host', confidentiality => '1', integrity => '1', availability => '1', owner => 'ben') IS NOT NULL AS a2;
SELECT incident.put_under_service('a2', 'middle', false);
SELECT scenario, a, inh FROM pg_temp.register WHERE scenario LIKE 'a2%';
SELECT incident.register_asset('a2', 'host', confidentiality => '3', integrity => '3', availability => '3', owner => 'ben') IS NOT NULL AS a2;
SELECT scenario, a, inh FROM pg_temp.register WHERE scenario LIKE 'a2%';
SELECT scenario, a, t, v, inh, cur, res FROM pg_temp.register;
SELECT incident.put_under_service('a2', 'middle'), incident.register_service('top', '5') IS NOT NULL AS top;
SELECT scenario, a, t, v, inh, cur, res FROM pg_temp.register;
SELECT count(*) AS differ FROM incident_internal.risk_inputs AS i JOIN incident_internal.risk_scenarios AS s ON s.org_id = 71 AND s.scenario_id = i.scenario_id
WHERE (i.asset_rating, i.threat_rating, i.vulnerability_rating, i.current_asset, i.current_threat, i.current_vulnerability, i.residual_asset, i.residual_threat)
	IS DISTINCT FROM (s.asset_rating, s.threat_rating, s.vulnerability_rating, s.current_asset, s.current_threat, s.current_vulnerability, s.residual_asset, s.residual_threat);

-- The cycle of a vulnerability.
SELECT test.refused($$ SELECT incident.record_vulnerability_step('v3', 'fixed') $$);
SELECT test.refused($$ SELECT incident.record_vulnerability_step('v3', 'assessed') $$);
SELECT test.refused($$ SELECT incident.record_vulnerability_step('v3', 'gone') $$);
SELECT test.refused($$ SELECT incident.record_vulnerability_step('none', 'fixed') $$);
SELECT incident.record_vulnerability_step('v3', 'assessed', '3', at => '2021-01-02 00:00+00');
SELECT test.refused($$ SELECT incident.record_vulnerability_step('v3', 'fixed', at => '2021-01-01 00:00+00') $$);
SELECT incident.record_vulnerability_step('v3', 'fixed', at => '2021-03-01 00:00+00');
SELECT scenario, cv, cur FROM pg_temp.register WHERE scenario LIKE '%v3';
SELECT incident.record_vulnerability_step('v3', 'verified', at => '2021-03-02 00:00+00', by => 'eve', note => 'rescan');
SELECT scenario, v, cv, inh, cur FROM pg_temp.register WHERE scenario LIKE '%v3';
SELECT incident.record_vulnerability_step('v3', 'closed', at => '2021-03-03 00:00+00');
SELECT incident.record_vulnerability_step('v3', 'assessed', '5', at => '2021-09-01 00:00+00', note => 'there again');
SELECT scenario, v, cv, inh, cur FROM pg_temp.register WHERE scenario LIKE '%v3';
SELECT severity, status, found_at, assessed_at, fixed_at, verified_at, closed_at, due_at, overdue FROM incident.vulnerability_status WHERE name = 'v3';
SELECT status, severity, at, actor, note FROM incident.vulnerability_history WHERE name = 'v3' ORDER BY step_id;

-- Overdue: marked once, with the true time, for all organisations; nothing due is nothing.
SELECT incident.mark_overdue_risk('2021-01-01 00:00+00'), incident.mark_overdue_risk('2021-01-09 00:00+00'), incident.mark_overdue_risk('2021-01-09 00:00+00');
SELECT incident.mark_overdue_risk('2021-12-01 00:00+00'), incident.mark_overdue_risk('2021-12-01 00:00+00');
SELECT name, due_at, overdue_since FROM incident.vulnerability_status ORDER BY name;
SELECT name, due_at, overdue, overdue_since FROM incident.measure_register WHERE name = 'm5';
SELECT incident.record_measure_step('m5', 'in_progress', due_at => '2021-07-01 00:00+00');
SELECT name, due_at, overdue, overdue_since FROM incident.measure_register WHERE name = 'm5';

-- Treatment: decisions, plan, chain of approvals, closing.
SELECT test.refused(format('SELECT incident.treat_risk(%s, ''ignore'')', :s1));
SELECT test.refused(format('SELECT incident.treat_risk(%s, ''accept'')', :s1));
SELECT test.refused(format('SELECT incident.treat_risk(%s, ''accept'', accepted_until => ''2021-01-01'', at => ''2021-01-02'')', :s1));
SELECT test.refused(format('SELECT incident.treat_risk(%s, ''keep'', accepted_until => ''2099-01-01'')', :s1));
SELECT test.refused('SELECT incident.treat_risk(0, ''keep'')');
SELECT test.refused(format('SELECT incident.close_risk(%s)', :s1));
SELECT test.refused(format('SELECT incident.approve_risk(''security_group'', %s)', :s1));
SELECT test.refused(format('SELECT incident.plan_measure(%s, ''m'', ''preventive'', ''3'', ''x'', now())', :s1));
SELECT clock_timestamp() AS before_treatment \gset
SELECT incident.treat_risk(:s1, 'control', 'patch', by => 'group') IS NOT NULL AS decided;
SELECT test.refused(format('SELECT incident.approve_risk(''security_group'', %s)', :s1));
SELECT test.refused(format('SELECT incident.plan_measure(%s, ''m6'', ''preventive'', ''2'', NULL, now())', :s1));
SELECT incident.plan_measure(:s1, 'm6', 'preventive', '2', 'operations', '2021-06-01 00:00+00') IS NOT NULL AS planned;
SELECT test.refused(format('SELECT incident.approve_risk(''person_in_charge'', %s)', :s1));
SELECT test.refused('SELECT incident.approve_risk(''janitor'')');
SELECT incident.approve_risk('security_group'), incident.approve_risk('security_group'), incident.approve_risk('person_in_charge', :s1, by => 'chief');
SELECT test.refused(format('SELECT incident.plan_measure(%s, ''m7'', ''preventive'', ''2'', ''x'', now())', :s1));
SELECT test.refused(format('SELECT incident.close_risk(%s)', :s1));
SELECT scenario, inh, cur, res, decision, status, standing FROM pg_temp.register WHERE scenario LIKE 'a1%';
SELECT measure, kind, effectiveness, status, responsible, due_at, overdue FROM incident.treatment_progress ORDER BY measure;
SELECT incident.record_measure_step('m6', 'in_place');
-- It is still high: that needs the general manager.
SELECT test.refused(format('SELECT incident.close_risk(%s)', :s1));
SELECT scenario, cur, res, standing FROM pg_temp.register WHERE scenario LIKE 'a1%';
SELECT incident.approve_risk('general_manager', by => 'boss'), incident.approve_risk('general_manager');
SELECT incident.close_risk(:s1, by => 'group');
SELECT scenario, cur, res, status, standing FROM pg_temp.register WHERE scenario LIKE 'a1%';
-- What was approved covers no more than its level.
SELECT incident.record_measure_step('m6', 'withdrawn');
SELECT scenario, cur, res, status, standing FROM pg_temp.register WHERE scenario LIKE 'a1%';
SELECT incident.record_measure_step('m6', 'in_place');
-- Rejected, and decided anew.
SELECT incident.treat_risk(:s2, 'keep', 'enough') IS NOT NULL AS decided;
SELECT incident.approve_risk('security_group', :s2, approved => false, note => 'not enough');
SELECT scenario, decision, status, standing FROM pg_temp.register WHERE scenario LIKE 'a2%';
SELECT incident.treat_risk(:s2, 'keep') IS NOT NULL AS first, incident.treat_risk(:s2, 'keep', 'anew') IS NOT NULL AS second;
SELECT decision, status, reason FROM incident.risk_treatment_history WHERE scenario_id = :s2 ORDER BY treatment_id;
-- What is acceptable does not wait for the general manager.
SELECT incident.approve_risk('security_group'), incident.approve_risk('person_in_charge'), incident.approve_risk('general_manager');

-- An acceptance counts until the moment at which it expires, whether anything ticks or not,
-- and counts for an unacceptable risk when the general manager has approved it.
SELECT scenario, cur, standing FROM pg_temp.register WHERE scenario LIKE 'a3%';
SELECT incident.treat_risk(:s3, 'accept', 'cheap', clock_timestamp() + interval '1.5 seconds') IS NOT NULL AS accepted;
SELECT standing FROM pg_temp.register WHERE scenario LIKE 'a3%';
SELECT incident.approve_risk('security_group', :s3), incident.approve_risk('person_in_charge', :s3);
SELECT standing FROM pg_temp.register WHERE scenario LIKE 'a3%';
SELECT incident.approve_risk('general_manager', :s3);
SELECT standing FROM pg_temp.register WHERE scenario LIKE 'a3%';
SELECT clock_timestamp() AS while_accepted \gset
SELECT pg_sleep(1.6) IS NOT NULL AS waited;
SELECT standing FROM pg_temp.register WHERE scenario LIKE 'a3%';
SELECT lapsed, lapsed_at IS NULL AS not_marked FROM incident.risk_treatment_history WHERE scenario_id = :s3;
SELECT incident.mark_overdue_risk(), incident.mark_overdue_risk();
SELECT lapsed, lapsed_at = accepted_until AS marked FROM incident.risk_treatment_history WHERE scenario_id = :s3;
SELECT standing FROM incident.risk_as_of(:'while_accepted') WHERE scenario_id = :s3;
SELECT standing FROM incident.risk_as_of(clock_timestamp()) WHERE scenario_id = :s3;

-- An activity that is avoided leaves the register when that is done.
SELECT incident.treat_risk(:s4, 'avoid') IS NOT NULL AS decided, incident.plan_measure(:s4, 'switch off', 'preventive', '5', 'ops', '2021-06-01 00:00+00') IS NOT NULL AS planned;
SELECT incident.approve_risk('security_group', :s4), incident.approve_risk('person_in_charge', :s4), incident.record_measure_step('switch off', 'in_place');
SELECT incident.close_risk(:s4);
SELECT count(*) AS left FROM pg_temp.register;
SELECT asset, residual FROM incident.risk_as_of(:'before_treatment') WHERE scenario_id = :s4;
SELECT count(*) AS no_more FROM incident.risk_as_of(now()) WHERE scenario_id = :s4;
SELECT incident.register_scenario('a4', 't3', 'v2', severity => '2', frequency => '1') = :s4 AS taken_up_again;

-- Rounds: method, ratings and results are frozen.
SELECT incident.open_round('first', 'gbt20984-matrix', 'First', 'all', '{x,y}') IS NOT NULL AS opened;
SELECT test.refused($$ SELECT incident.open_round('first') $$);
SELECT test.refused($$ SELECT incident.open_round('') $$);
SELECT test.refused($$ SELECT incident.advance_round('none') $$);
SELECT incident.advance_round('first'), incident.advance_round('first');
SELECT incident.set_risk_method('product');
SELECT test.refused($$ SELECT incident.advance_round('first') $$);
SELECT incident.set_risk_method('gbt20984-matrix');
SELECT incident.advance_round('first');
-- The acceptance that has expired keeps the round from being closed.
SELECT test.refused($$ SELECT incident.advance_round('first') $$);
SELECT asset, threat, vulnerability, asset_rating AS a, threat_rating AS t, vulnerability_rating AS v, inherent, current, residual, decision, standing
FROM incident.risk_round_results WHERE round = 'first' ORDER BY scenario_id;
SELECT incident.register_threat('t1', 'human_malicious', '1', 'direct', 'attack', incident_categories => '{NA,DS}') IS NOT NULL AS t1,
	incident.retire_scenario(:s4), incident.register_scenario('a4', 't1', 'v1') IS NOT NULL AS s5;
SELECT count(*), max(current) FROM incident.risk_round_results WHERE round = 'first';
DELETE FROM incident_internal.risk_results;
UPDATE incident_internal.risk_results SET current = '1';
SELECT incident.open_round('second', 'product') IS NOT NULL AS opened;
SELECT incident.advance_round('second'), incident.advance_round('second'), incident.advance_round('second');
SELECT asset, threat, vulnerability, change, inherent_before AS ib, inherent_after AS ia, current_before AS cb, current_after AS ca, residual_before AS rb, residual_after AS ra
FROM incident.compare_rounds('first', 'second');
SELECT test.refused($$ SELECT * FROM incident.compare_rounds('first', 'none') $$);
SELECT incident.treat_risk(:s3, 'accept', 'again', '2099-01-01 00:00+00') IS NOT NULL AS accepted;
SELECT test.refused($$ SELECT incident.advance_round('second') $$);
SELECT incident.approve_risk('security_group', :s3), incident.approve_risk('person_in_charge', :s3), incident.approve_risk('general_manager', by => 'boss');
SELECT incident.advance_round('second'), incident.advance_round('first');
SELECT test.refused($$ SELECT incident.advance_round('second') $$);
SELECT name, method, stage, team FROM incident.risk_rounds ORDER BY name;

-- What if, by the function and by plain SQL.
SELECT asset_name, threat_name, inherent_before AS ib, inherent_after AS ia, current_before AS cb, current_after AS ca, residual_before AS rb, residual_after AS ra
FROM incident.risk_what_if(threat => 't1', frequency_change => 2) ORDER BY scenario_id;
SELECT asset_name, current_before, current_after FROM incident.risk_what_if(method => 'nist800-30') ORDER BY scenario_id;
SELECT count(*) FILTER (WHERE current_before <> current_after) AS changed FROM incident.risk_what_if();
SELECT sum((incident.risk_level(method_id, current_asset, CASE threat WHEN 't1' THEN incident.rating_shift(current_threat, 2) ELSE current_threat END,
	current_vulnerability) > current)::integer) AS higher
FROM incident.risk_register;
SELECT test.refused($$ SELECT * FROM incident.risk_what_if(threat => 'none') $$);

-- Frequency from experience: half a year, true incidents, their asset and category.
SELECT incident.frequency_rating(n, ever) AS rating, n, ever
FROM (VALUES (26, 26), (25, 25), (6, 6), (5, 5), (2, 2), (1, 1), (0, 1), (0, 0)) AS v(n, ever);
SELECT count(incident.open('a1', 'severe', detected_at => '2021-06-30 00:00+00'::timestamptz - i * interval '10 days', category => 'NA')) FROM generate_series(0, 17) AS i;
SELECT count(incident.open('a1', 'severe', detected_at => '2021-06-01 00:00+00', category => 'RO', drill => d)) FROM unnest('{t,f}'::boolean[]) AS d;
SELECT incident.cancel(incident.open('a1', 'severe', detected_at => '2021-06-02 00:00+00', category => 'RO'));
SELECT at, incident.observed_frequency(at => at) AS any, incident.observed_frequency('a1', 't1', at) AS a1_t1, incident.observed_frequency('a1', 't3', at) AS a1_t3,
	incident.observed_frequency('a2', at => at) AS a2, incident.observed_frequency(threat => 't2', at => at) AS t2
FROM unnest('{2021-06-30 00:00+00,2021-02-01 00:00+00,2021-12-15 00:00+00,2022-06-30 00:00+00,2020-01-01 00:00+00}'::timestamptz[]) AS at;
SELECT test.refused($$ SELECT incident.observed_frequency('none') $$);
SELECT test.refused($$ SELECT incident.observed_frequency(threat => 'none') $$);
SELECT incident.open('a1', 'severe', category => 'NA') IS NOT NULL AS now;
SELECT asset, threat, rated, finding, in_half_year >= 1 AS counted FROM incident.frequency_disagreement WHERE asset = 'a1';

-- Views.
SELECT sum(inherent) AS inherent, sum(current) AS current, sum(residual) AS residual, count(*) AS cells FROM incident.risk_heat;
SELECT loss, likelihood, current FROM incident.risk_heat WHERE current > 0 ORDER BY 1, 2;
SELECT rank, asset, threat, current, current_value FROM incident.top_risks ORDER BY rank, scenario_id;
SELECT service, rating, assets, scenarios, inherent, current, residual, unacceptable FROM incident.risk_by_service ORDER BY service;
SELECT owner, scenarios, current, unacceptable, untreated FROM incident.risk_by_owner ORDER BY owner;
SELECT name, kind, status, responsible, scenarios FROM incident.measure_register ORDER BY name;
SELECT incident.term('decision', 'accept') AS en, incident.term('decision', 'accept', 'zh') AS zh, incident.term('decision', 'x') AS none;

-- Reports.
SELECT key, value FROM incident.risk_report('first') AS r, jsonb_each(r - '{stages,unacceptable}'::text[]) ORDER BY key;
SELECT jsonb_array_length(incident.risk_report('first') -> 'unacceptable') AS unacceptable;
SELECT key, value FROM incident.treatment_plan_report() AS r, jsonb_each(r - 'plan') ORDER BY key;
SELECT p ->> 'asset' AS asset, p ->> 'decision' AS decision, p ->> 'status' AS status, i ->> 'measure' AS measure, i ->> 'responsible' AS responsible,
	i ->> 'due_at' AS due_at, jsonb_array_length(p -> 'approvals') AS approvals
FROM jsonb_array_elements(incident.treatment_plan_report() -> 'plan') AS p LEFT JOIN jsonb_array_elements(p -> 'items') AS i ON true;
SELECT key, value FROM incident.residual_risk_report('first') AS r, jsonb_each(r - '{stages,approvals,unacceptable}'::text[]) ORDER BY key;
SELECT a ->> 'by' AS approved_by, a ->> 'level' AS level FROM jsonb_array_elements(incident.residual_risk_report('first') -> 'approvals') AS a;
SELECT test.refused($$ SELECT incident.risk_report('none') $$);

-- In and out: what is exported can be imported elsewhere and is exported the same.
CREATE TEMP TABLE exported AS SELECT incident.export_risk_register() AS document;
SELECT incident.register_organisation(72, 'risk too');
SET pg_incident.organisation = 72;
SELECT count(*) AS none_of_the_other FROM incident.risk_register;
SELECT count(*) AS none_of_the_other FROM incident.vulnerability_status;
SELECT i.* FROM exported, incident.import_risk_register(document) AS i;
SELECT incident.export_risk_register() = document AS same FROM exported;
SELECT i.* FROM exported, incident.import_risk_register(document) AS i;
SELECT incident.export_risk_register() = document AS same FROM exported;
SELECT asset, threat, vulnerability, inherent, current FROM incident.risk_register ORDER BY scenario_id;
SELECT test.refused($$ SELECT incident.import_risk_register('[]') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"things": []}') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"threats": {}}') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"threats": [1]}') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"threats": [{"name": "x", "source": "environmental", "colour": "red"}]}') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"threats": [{"name": "x"}]}') $$);
SELECT test.refused($$ SELECT incident.import_risk_register('{"threats": [{"name": "x", "source": "environmental", "frequency": 6}]}') $$);

-- CSV by way of a table whose columns are the keys.
CREATE TEMP TABLE threat_csv (name text, source text, frequency text, title text);
COPY threat_csv FROM stdin WITH (FORMAT csv, HEADER);
name,source,frequency,title
flood,environmental,low,"Flood, of the basement"
theft,human_malicious,4,
\.
SELECT (incident.import_risk_register(jsonb_build_object('threats', (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(t))) FROM threat_csv AS t)))).threats;
COPY (SELECT name, source, frequency, title FROM incident.threat_register ORDER BY name) TO stdout WITH (FORMAT csv, HEADER);

-- Thousands of scenarios are frozen as they are, and no less when somebody's trigger watches.
SELECT incident.register_organisation(72, 'many');
SET pg_incident.organisation = 72;
SELECT count(incident.register_asset('a' || i, 'host', confidentiality => (1 + i % 5)::incident.rating, integrity => '3', availability => '2')) AS assets,
	count(incident.register_threat('t' || i, 'environmental', (1 + i % 4)::incident.rating)) AS threats,
	count(incident.register_vulnerability('v' || i, (1 + i % 3)::incident.rating)) AS vulnerabilities
FROM generate_series(1, 15) AS i;
-- Where all queries are forced into workers (test/t/server_parallel.t), not these: there are thousands.
SET max_parallel_workers_per_gather = 0;
SELECT count(incident.register_scenario('a' || i % 15 + 1, 't' || i / 15 % 15 + 1, 'v' || i / 225 + 1)) AS scenarios FROM generate_series(0, 2499) AS i;
SELECT count(incident.treat_risk(scenario_id, 'keep', 'so it is')) AS treated FROM incident.risk_register WHERE asset IN ('a1', 'a2', 'a3');
CREATE FUNCTION pg_temp.differences(name text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM (SELECT to_jsonb(f) - 'round_id' AS result FROM incident_internal.risk_results AS f
		WHERE round_id = (SELECT a.round_id FROM incident_internal.risk_assessments AS a WHERE a.name = differences.name)) AS f
	FULL JOIN (SELECT jsonb_object_agg(key, value) AS result FROM incident_internal.risk_now AS r, jsonb_each(to_jsonb(r))
		WHERE key IN (SELECT attname FROM pg_attribute WHERE attrelid = 'incident_internal.risk_results'::regclass AND attnum > 0)
		GROUP BY r.scenario_id) AS r ON f.result = r.result
	WHERE f.result IS NULL OR r.result IS NULL
$$;
SELECT incident.open_round('many') IS NOT NULL AS opened;
SELECT pg_temp.differences('many') AS not_frozen;
SELECT incident.advance_round('many'), incident.advance_round('many'), incident.advance_round('many');
SELECT pg_temp.differences('many');
CREATE TEMP TABLE watched (round_id bigint, scenario_id bigint);
CREATE FUNCTION pg_temp.watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO watched VALUES (new.round_id, new.scenario_id);
	RETURN new;
END $$;
CREATE TRIGGER watch BEFORE INSERT ON incident_internal.risk_results FOR EACH ROW EXECUTE FUNCTION pg_temp.watch();
SELECT incident.open_round('watched') IS NOT NULL AS opened;
SELECT incident.advance_round('watched'), incident.advance_round('watched'), incident.advance_round('watched');
DROP TRIGGER watch ON incident_internal.risk_results;
SELECT pg_temp.differences('watched'), count(DISTINCT scenario_id) AS watched FROM watched;
