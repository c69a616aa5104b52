-- Registers in and out as JSON, and the reports.

-- The keys of a register document of which a null empties what is registered.
CREATE FUNCTION incident_internal.cleared_by(section text, item jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT c.key FROM (VALUES
			('assets', '{level,confidentiality,integrity,availability,owner,parent,location,title}'::text[]),
			('services', '{importance,owner,title,parent}'),
			('threats', '{frequency,path,manner,title}'),
			('vulnerabilities', '{asset,area,evidence,title,reference}'),
			('measures', '{responsible,due_at,title}'),
			('scenarios', '{title,owner,frequency,severity}')) AS k(section, clearable), unnest(k.clearable) AS c(key)
		WHERE k.section = cleared_by.section AND item -> c.key = 'null')
$$;

-- A register document: its shape, and what a shape cannot say.
CREATE FUNCTION incident_internal.expect_risk_document(document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM incident_internal.expect_document(document, 'risk register');
	PERFORM incident_internal.refuse_document(format('risk register: $.measures[%s].done_at', i.number),
			format('is not of a measure that is %s', i.item ->> 'status'))
		FROM incident_internal.json_items(document -> 'measures') AS i
		WHERE i.item ->> 'done_at' IS NOT NULL AND i.item ->> 'status' <> 'in_place';
END
$$;

-- Registers a vulnerability of a document. One that is new has come as far as it has times.
CREATE FUNCTION incident_internal.import_vulnerability(item jsonb)
RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org CONSTANT integer := incident_internal.need_organisation();
	i record;
	found_at timestamptz;
	assessed_when_found boolean;
	is_new boolean;
	step record;
	id bigint;
BEGIN
	SELECT * INTO i FROM jsonb_to_record(item) AS r(name text, severity incident.rating, asset text, area text,
		evidence text, title text, reference text, found_at timestamptz, assessed_at timestamptz,
		fixed_at timestamptz, verified_at timestamptz, closed_at timestamptz);
	found_at := coalesce(i.found_at, i.assessed_at, now());
	assessed_when_found := i.assessed_at IS NULL OR i.severity IS NOT NULL AND i.assessed_at = found_at;
	is_new := NOT EXISTS (SELECT FROM incident_internal.vulnerabilities AS v WHERE v.org_id = org AND v.name = i.name);
	id := incident_internal.register_vulnerability(i.name, CASE WHEN assessed_when_found THEN i.severity END,
		i.asset, i.area, i.evidence, i.title, i.reference, found_at,
		clear => incident_internal.cleared_by('vulnerabilities', item));
	IF is_new THEN
		FOR step IN SELECT * FROM (VALUES ('assessed', CASE WHEN NOT assessed_when_found THEN i.assessed_at END),
				('fixed', i.fixed_at), ('verified', i.verified_at), ('closed', i.closed_at)) AS s(status, at)
				WHERE s.at IS NOT NULL LOOP
			PERFORM incident_internal.record_vulnerability_step(i.name, step.status, CASE step.status WHEN 'assessed' THEN i.severity END,
				at => step.at);
		END LOOP;
	END IF;
	RETURN id;
END
$$;

CREATE FUNCTION incident_internal.import_risk_register(
	document jsonb,
	OUT assets bigint, OUT services bigint, OUT threats bigint, OUT vulnerabilities bigint,
	OUT measures bigint, OUT scenarios bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM incident_internal.needed(document, 'the document');
	PERFORM incident_internal.expect_risk_document(document);
	PERFORM incident_internal.lock_risk_registers();
	SELECT count(incident_internal.register_asset(i.name, i.category, i.level, i.confidentiality, i.integrity,
			i.availability, i.owner, i.parent, i.location, i.title, incident_internal.cleared_by('assets', d.item))) INTO assets
		FROM jsonb_array_elements(nullif(document -> 'assets', 'null')) AS d(item),
			jsonb_to_record(d.item) AS i(name text, category text, level incident.level,
				confidentiality incident.rating, integrity incident.rating, availability incident.rating,
				owner text, parent text, location text, title text);
	SELECT count(incident_internal.register_service(i.name, i.importance, i.owner, i.title, i.parent,
			i.raised_by_assets, i.raises_assets, incident_internal.cleared_by('services', d.item))) INTO services
		FROM jsonb_array_elements(nullif(document -> 'services', 'null')) AS d(item),
			jsonb_to_record(d.item) AS i(name text, importance incident.rating, owner text,
				title text, parent text, raised_by_assets boolean, raises_assets boolean);
	PERFORM incident_internal.put_under_service(a.name, i.name)
		FROM jsonb_to_recordset(nullif(document -> 'services', 'null')) AS i(name text, assets text[]), unnest(i.assets) AS a(name);
	SELECT count(incident_internal.register_threat(i.name, i.source, i.frequency, i.path, i.manner, i.title,
			i.incident_categories, incident_internal.cleared_by('threats', d.item))) INTO threats
		FROM jsonb_array_elements(nullif(document -> 'threats', 'null')) AS d(item),
			jsonb_to_record(d.item) AS i(name text, source text, frequency incident.rating,
				path text, manner text, title text, incident_categories text[]);
	SELECT count(incident_internal.import_vulnerability(i)) INTO vulnerabilities
		FROM jsonb_array_elements(nullif(document -> 'vulnerabilities', 'null')) AS i;
	SELECT count(incident_internal.register_measure(i.name, i.kind, i.effectiveness, i.status, i.responsible, i.due_at,
			i.title, incident_internal.cleared_by('measures', d.item))) INTO measures
		FROM jsonb_array_elements(nullif(document -> 'measures', 'null')) AS d(item),
			jsonb_to_record(d.item) AS i(name text, kind text, effectiveness incident.rating,
				status text, responsible text, due_at timestamptz, title text);
	PERFORM incident_internal.record_measure_step(i.name, 'in_place', i.done_at)
		FROM jsonb_to_recordset(nullif(document -> 'measures', 'null')) AS i(name text, done_at timestamptz)
		WHERE i.done_at IS NOT NULL;
	WITH registered AS (
		SELECT incident_internal.register_scenario(i.asset, i.threat, i.vulnerability, i.title, i.owner, i.frequency,
			i.severity, incident_internal.cleared_by('scenarios', d.item)) AS scenario_id, i.measures
		FROM jsonb_array_elements(nullif(document -> 'scenarios', 'null')) AS d(item),
			jsonb_to_record(d.item) AS i(asset text, threat text, vulnerability text,
				title text, owner text, frequency incident.rating, severity incident.rating, measures text[])
	), applied AS (
		SELECT count(incident_internal.apply_measure(r.scenario_id, m.name)) AS times
		FROM registered AS r, unnest(r.measures) AS m(name)
	)
	SELECT count(r.scenario_id) + 0 * (SELECT a.times FROM applied AS a) INTO scenarios FROM registered AS r;
END
$$;

CREATE FUNCTION incident_internal.export_risk_register()
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	WITH org AS (SELECT incident.current_organisation() AS id)
	SELECT jsonb_build_object(
		'assets', (WITH RECURSIVE tree(asset_id, depth) AS (
				SELECT a.asset_id, 0 FROM incident_internal.assets AS a WHERE a.org_id = org.id AND a.parent_id IS NULL
				UNION ALL
				SELECT a.asset_id, t.depth + 1 FROM incident_internal.assets AS a JOIN tree AS t ON a.parent_id = t.asset_id
					WHERE a.org_id = org.id)
			SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', a.name, 'category', a.category,
				'level', a.level::text, 'confidentiality', a.confidentiality::integer, 'integrity', a.integrity::integer,
				'availability', a.availability::integer, 'owner', a.owner, 'parent', p.name, 'location', a.location,
				'title', a.title)) ORDER BY t.depth, a.asset_id), '[]')
			FROM tree AS t JOIN incident_internal.assets AS a ON a.org_id = org.id AND a.asset_id = t.asset_id
			LEFT JOIN incident_internal.assets AS p ON p.org_id = a.org_id AND p.asset_id = a.parent_id),
		'services', (WITH RECURSIVE tree(service_id, depth) AS (
				SELECT s.service_id, 0 FROM incident_internal.business_services AS s WHERE s.org_id = org.id AND s.parent_id IS NULL
				UNION ALL
				SELECT s.service_id, t.depth + 1 FROM incident_internal.business_services AS s JOIN tree AS t ON s.parent_id = t.service_id
					WHERE s.org_id = org.id)
			SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', s.name,
				'importance', s.importance::integer, 'owner', s.owner, 'title', s.title, 'parent', p.name,
				'raised_by_assets', s.raised_by_assets, 'raises_assets', s.raises_assets,
				'assets', (SELECT jsonb_agg(a.name ORDER BY a.asset_id) FROM incident_internal.service_assets AS l
					JOIN incident_internal.assets AS a ON a.org_id = l.org_id AND a.asset_id = l.asset_id
					WHERE l.org_id = s.org_id AND l.service_id = s.service_id)))
				ORDER BY t.depth, s.service_id), '[]')
			FROM tree AS t JOIN incident_internal.business_services AS s ON s.org_id = org.id AND s.service_id = t.service_id
			LEFT JOIN incident_internal.business_services AS p ON p.org_id = s.org_id AND p.service_id = s.parent_id),
		'threats', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', t.name, 'source', t.source,
				'frequency', t.frequency::integer, 'path', t.path, 'manner', t.manner, 'title', t.title,
				'incident_categories', to_jsonb(t.incident_categories))) ORDER BY t.threat_id), '[]')
			FROM incident_internal.threats AS t WHERE t.org_id = org.id),
		'vulnerabilities', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', v.name,
				'severity', v.severity::integer, 'asset', a.name, 'area', v.area, 'evidence', v.evidence,
				'title', v.title, 'reference', v.reference, 'found_at', v.found_at, 'assessed_at', v.assessed_at,
				'fixed_at', v.fixed_at, 'verified_at', v.verified_at, 'closed_at', v.closed_at)) ORDER BY v.vulnerability_id), '[]')
			FROM incident_internal.vulnerabilities AS v
			LEFT JOIN incident_internal.assets AS a ON a.org_id = v.org_id AND a.asset_id = v.asset_id
			WHERE v.org_id = org.id),
		'measures', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', m.name, 'kind', m.kind,
				'effectiveness', m.effectiveness::integer, 'status', m.status, 'responsible', m.responsible,
				'due_at', m.due_at, 'done_at', m.done_at, 'title', m.title)) ORDER BY m.measure_id), '[]')
			FROM incident_internal.risk_measures AS m WHERE m.org_id = org.id),
		'scenarios', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('asset', a.name, 'threat', t.name,
				'vulnerability', v.name, 'title', s.title, 'owner', s.owner, 'frequency', s.frequency::integer,
				'severity', s.severity::integer,
				'measures', (SELECT jsonb_agg(m.name ORDER BY m.measure_id) FROM incident_internal.scenario_measures AS l
					JOIN incident_internal.risk_measures AS m ON m.org_id = l.org_id AND m.measure_id = l.measure_id
					WHERE l.org_id = s.org_id AND l.scenario_id = s.scenario_id))) ORDER BY s.scenario_id), '[]')
			FROM incident_internal.risk_scenarios AS s
			JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
			JOIN incident_internal.threats AS t ON t.org_id = s.org_id AND t.threat_id = s.threat_id
			JOIN incident_internal.vulnerabilities AS v ON v.org_id = s.org_id AND v.vulnerability_id = s.vulnerability_id
			WHERE s.org_id = org.id AND s.retired_at IS NULL))
	FROM org
$$;

-- Reports.

-- How many of some levels there are, as an object with a key for each of 1 to 5.
CREATE FUNCTION incident_internal.count_levels(levels incident.rating[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_object_agg(k::text, (SELECT count(*) FROM unnest(levels) AS l WHERE l = k::incident.rating))
	FROM generate_series(1, 5) AS k
$$;

-- What every report says of its round.
CREATE FUNCTION incident_internal.round_heading(round text)
RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org CONSTANT integer := incident.current_organisation();
	id CONSTANT bigint := incident_internal.find_frozen_round(org, round);
BEGIN
	RETURN (SELECT jsonb_build_object('round', r.name, 'title', r.title, 'method', r.method,
		'method_version', r.method_version, 'stage', r.stage, 'scope', r.scope, 'team', r.team, 'plan', r.plan,
		'stages', jsonb_build_object('prepare', r.prepared_at, 'identify', r.identified_at,
			'analyse', r.analysed_at, 'plan', r.planned_at, 'closed', r.closed_at))
	FROM incident.risk_rounds AS r WHERE r.org_id = org AND r.round_id = id);
END
$$;

CREATE FUNCTION incident_internal.risk_report(round text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	WITH results AS (
		SELECT f.* FROM incident.risk_round_results AS f WHERE f.org_id = incident.current_organisation() AND f.round = incident_internal.needed_name(risk_report.round, 'the round')
	), scenarios AS (
		SELECT s.* FROM incident_internal.risk_scenarios AS s
		WHERE s.org_id = incident.current_organisation() AND s.scenario_id IN (SELECT f.scenario_id FROM results AS f)
	)
	SELECT incident_internal.round_heading(round) || jsonb_build_object(
		'assets', (SELECT jsonb_build_object('assessed', count(*), 'by_rating', incident_internal.count_levels(array_agg(v.rating)))
			FROM incident.asset_values AS v WHERE v.org_id = incident.current_organisation() AND v.asset_id IN (SELECT s.asset_id FROM scenarios AS s)),
		'threats', (SELECT jsonb_build_object('identified', count(*),
				'by_source', (SELECT coalesce(jsonb_object_agg(g.source, g.n), '{}') FROM (SELECT u.source, count(*) AS n
					FROM incident.threat_register AS u
					WHERE u.org_id = incident.current_organisation() AND u.threat_id IN (SELECT s.threat_id FROM scenarios AS s) GROUP BY u.source) AS g))
			FROM incident.threat_register AS t WHERE t.org_id = incident.current_organisation() AND t.threat_id IN (SELECT s.threat_id FROM scenarios AS s)),
		'vulnerabilities', (SELECT jsonb_build_object('identified', count(*),
				'by_severity', incident_internal.count_levels(array_agg(v.severity)),
				'by_area', (SELECT coalesce(jsonb_object_agg(coalesce(g.area, 'other'), g.n), '{}') FROM (SELECT u.area, count(*) AS n
					FROM incident.vulnerability_status AS u
					WHERE u.org_id = incident.current_organisation() AND u.vulnerability_id IN (SELECT s.vulnerability_id FROM scenarios AS s) GROUP BY u.area) AS g),
				'by_status', (SELECT coalesce(jsonb_object_agg(g.status, g.n), '{}') FROM (SELECT u.status, count(*) AS n
					FROM incident.vulnerability_status AS u
					WHERE u.org_id = incident.current_organisation() AND u.vulnerability_id IN (SELECT s.vulnerability_id FROM scenarios AS s) GROUP BY u.status) AS g),
				'overdue', count(*) FILTER (WHERE v.overdue))
			FROM incident.vulnerability_status AS v WHERE v.org_id = incident.current_organisation() AND v.vulnerability_id IN (SELECT s.vulnerability_id FROM scenarios AS s)),
		'measures', (SELECT jsonb_build_object('preventive', count(*) FILTER (WHERE m.kind = 'preventive'),
				'protective', count(*) FILTER (WHERE m.kind = 'protective'))
			FROM incident.measure_register AS m WHERE m.org_id = incident.current_organisation() AND m.status = 'in_place'),
		'scenarios', (SELECT count(*) FROM results AS f),
		'inherent', (SELECT incident_internal.count_levels(array_agg(f.inherent)) FROM results AS f),
		'current', (SELECT incident_internal.count_levels(array_agg(f.current)) FROM results AS f),
		'residual', (SELECT incident_internal.count_levels(array_agg(f.residual)) FROM results AS f),
		'heat_map', (SELECT to_jsonb(incident.risk_heat_map(f.current_likelihood, f.current_loss)) FROM results AS f),
		'by_standing', (SELECT coalesce(jsonb_object_agg(g.standing, g.n), '{}') FROM (SELECT f.standing, count(*) AS n
			FROM results AS f GROUP BY f.standing) AS g),
		'unacceptable', (SELECT coalesce(jsonb_agg(jsonb_build_object('scenario_id', f.scenario_id, 'asset', f.asset,
				'threat', f.threat, 'vulnerability', f.vulnerability, 'owner', f.owner, 'inherent', f.inherent::integer,
				'current', f.current::integer, 'decision', f.decision, 'standing', f.standing)
				ORDER BY f.current DESC, f.scenario_id), '[]')
			FROM results AS f WHERE f.standing <> 'acceptable'),
		'frequency_disagreements', (SELECT count(*) FROM incident.frequency_disagreement AS d
			WHERE d.org_id = incident.current_organisation() AND d.scenario_id IN (SELECT s.scenario_id FROM scenarios AS s)),
		'incidents_in_a_year', (SELECT count(*) FROM incident_internal.incidents AS i
			JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
			WHERE i.org_id = incident.current_organisation() AND NOT i.drill AND s.status <> 'cancelled'
				AND i.detected_at > now() - interval '1 year'))
$$;

CREATE FUNCTION incident_internal.treatment_plan_report()
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	SELECT jsonb_build_object(
		'by_decision', (SELECT coalesce(jsonb_object_agg(g.decision, g.n), '{}') FROM (SELECT r.decision, count(*) AS n
			FROM incident.risk_register AS r WHERE r.org_id = incident.current_organisation() AND r.decision IS NOT NULL GROUP BY r.decision) AS g),
		'by_status', (SELECT coalesce(jsonb_object_agg(g.treatment_status, g.n), '{}') FROM (SELECT r.treatment_status, count(*) AS n
			FROM incident.risk_register AS r WHERE r.org_id = incident.current_organisation() AND r.decision IS NOT NULL GROUP BY r.treatment_status) AS g),
		'untreated', (SELECT count(*) FROM incident.risk_register AS r WHERE r.org_id = incident.current_organisation() AND r.standing = 'untreated'),
		'items', (SELECT count(DISTINCT p.measure_id) FROM incident.treatment_progress AS p WHERE p.org_id = incident.current_organisation()),
		'items_in_place', (SELECT count(DISTINCT p.measure_id) FROM incident.treatment_progress AS p WHERE p.org_id = incident.current_organisation() AND p.status = 'in_place'),
		'items_overdue', (SELECT count(DISTINCT p.measure_id) FROM incident.treatment_progress AS p WHERE p.org_id = incident.current_organisation() AND p.overdue),
		'plan', (SELECT coalesce(jsonb_agg(jsonb_build_object('scenario_id', r.scenario_id, 'asset', r.asset,
				'threat', r.threat, 'vulnerability', r.vulnerability, 'current', r.current::integer,
				'residual', r.residual::integer, 'decision', r.decision, 'status', r.treatment_status,
				'accepted_until', r.accepted_until,
				'items', (SELECT coalesce(jsonb_agg(jsonb_build_object('measure', p.measure, 'kind', p.kind,
						'responsible', p.responsible, 'due_at', p.due_at, 'status', p.status, 'done_at', p.done_at,
						'overdue', p.overdue) ORDER BY p.due_at, p.measure_id), '[]')
					FROM incident.treatment_progress AS p WHERE p.org_id = r.org_id AND p.scenario_id = r.scenario_id),
				'approvals', (SELECT coalesce(jsonb_agg(jsonb_build_object('approver', h.approver, 'approved', h.approved,
						'at', h.at, 'by', h.actor, 'note', h.note) ORDER BY h.at, h.recorded_at), '[]')
					FROM incident.risk_approval_history AS h
					JOIN incident_internal.risk_treatments AS d ON d.org_id = h.org_id AND d.treatment_id = h.treatment_id
					WHERE h.org_id = r.org_id AND h.scenario_id = r.scenario_id AND d.status NOT IN ('rejected', 'replaced')))
				ORDER BY r.current DESC, r.scenario_id), '[]')
			FROM incident.risk_register AS r WHERE r.org_id = incident.current_organisation() AND r.decision IS NOT NULL))
$$;

CREATE FUNCTION incident_internal.residual_risk_report(round text)
RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
	WITH results AS (
		SELECT f.scenario_id, f.current AS before, r.current AS now, r.residual, r.asset, r.threat, r.vulnerability,
			r.decision, r.treatment_status, r.standing, r.accepted_until, r.residual_approved
		FROM incident.risk_round_results AS f
		JOIN incident.risk_register AS r ON r.org_id = f.org_id AND r.scenario_id = f.scenario_id
		WHERE f.org_id = incident.current_organisation() AND f.round = incident_internal.needed_name(residual_risk_report.round, 'the round')
	)
	SELECT incident_internal.round_heading(round) || jsonb_build_object(
		'scenarios', (SELECT count(*) FROM results AS f),
		'before_treatment', (SELECT incident_internal.count_levels(array_agg(f.before)) FROM results AS f),
		'now', (SELECT incident_internal.count_levels(array_agg(f.now)) FROM results AS f),
		'residual', (SELECT incident_internal.count_levels(array_agg(f.residual)) FROM results AS f),
		'lowered', (SELECT count(*) FROM results AS f WHERE f.residual < f.before),
		'accepted', (SELECT coalesce(jsonb_agg(jsonb_build_object('scenario_id', f.scenario_id, 'asset', f.asset,
				'threat', f.threat, 'level', f.now::integer, 'until', f.accepted_until) ORDER BY f.scenario_id), '[]')
			FROM results AS f WHERE f.standing = 'accepted'),
		'unacceptable', (SELECT coalesce(jsonb_agg(jsonb_build_object('scenario_id', f.scenario_id, 'asset', f.asset,
				'threat', f.threat, 'vulnerability', f.vulnerability, 'before', f.before::integer,
				'now', f.now::integer, 'residual', f.residual::integer, 'decision', f.decision,
				'status', f.treatment_status, 'standing', f.standing,
				'approved_up_to', f.residual_approved::integer) ORDER BY f.residual DESC, f.scenario_id), '[]')
			FROM results AS f WHERE f.standing <> 'acceptable'),
		'without_approval', incident_internal.unapproved_risks(incident.current_organisation(),
			incident_internal.find_round(incident.current_organisation(), round), now()),
		'approvals', (SELECT coalesce(jsonb_agg(jsonb_build_object('scenario_id', h.scenario_id, 'approved', h.approved,
				'level', h.residual::integer, 'at', h.at, 'by', h.actor, 'note', h.note) ORDER BY h.at, h.scenario_id), '[]')
			FROM incident.risk_approval_history AS h
			WHERE h.org_id = incident.current_organisation() AND h.approver = 'general_manager' AND h.scenario_id IN (SELECT f.scenario_id FROM results AS f)))
$$;

COMMENT ON FUNCTION incident_internal.import_risk_register(jsonb) IS
'Registers what a document lists under assets, services, threats, vulnerabilities, measures and scenarios, in this order, each under the keys of the argument of its register function; vulnerabilities also with the times of their steps, measures with done_at; what exists is replaced. Services list their assets, scenarios their measures. Returns how many of each. Error invalid_parameter_value names the place of an unknown or missing key.';
COMMENT ON FUNCTION incident_internal.export_risk_register() IS
'The registers of the current organisation as a document for import_risk_register(); retired scenarios, decisions, rounds, times to fix and the method are not in it.';
COMMENT ON FUNCTION incident_internal.risk_report(text) IS
'The risk assessment report of a round whose results are frozen (error object_not_in_prerequisite_state before): scope, team, method and stages, what was identified and rated, risks by level, heat map, unacceptable risks, incidents in a year.';
COMMENT ON FUNCTION incident_internal.treatment_plan_report() IS
'The treatment plan as it stands: decisions, plan items with who is responsible, due time and status, reviews and approvals.';
COMMENT ON FUNCTION incident_internal.residual_risk_report(text) IS
'The residual risk report of a round whose results are frozen (error object_not_in_prerequisite_state before): levels before treatment, now and when all measures are in place, what is accepted until when, what is unacceptable and who approved it.';

SELECT incident_internal.allow('read', 'export_risk_register', 'residual_risk_report',
	'risk_report', 'treatment_plan_report');
SELECT incident_internal.allow('administer', 'import_risk_register');
