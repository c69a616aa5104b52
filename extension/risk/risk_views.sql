-- Views of risk. Each shows the organisations that the reader was granted, or the one that the
-- setting pg_incident.organisation chooses of them: rights/walls.sql puts them before the tables.
-- What a scenario names is there; it is joined by LEFT JOIN, so that it is read from the scenario
-- and, where nobody asks for it, not at all.

CREATE VIEW incident.risk_register AS
SELECT r.org_id, r.scenario_id, r.title, a.name AS asset, a.category AS asset_category,
	t.name AS threat, v.name AS vulnerability, coalesce(r.owner, a.owner) AS owner,
	r.asset_rating, r.threat_rating, r.vulnerability_rating,
	r.current_asset, r.current_threat, r.current_vulnerability, r.residual_asset, r.residual_threat,
	r.inherent_likelihood, r.inherent_loss, r.inherent,
	r.current_likelihood, r.current_loss, r.current,
	r.residual_likelihood, r.residual_loss, r.residual,
	incident.risk_value(r.method_id, r.current_asset, r.current_threat, r.current_vulnerability) AS current_value,
	r.standing, r.decision, r.treatment_status, r.accepted_until, r.residual_approved, r.method_id,
	r.registered_at
FROM incident_internal.risk_now AS r
LEFT JOIN incident_internal.assets AS a ON a.org_id = r.org_id AND a.asset_id = r.asset_id
LEFT JOIN incident_internal.threats AS t ON t.org_id = r.org_id AND t.threat_id = r.threat_id
LEFT JOIN incident_internal.vulnerabilities AS v ON v.org_id = r.org_id AND v.vulnerability_id = r.vulnerability_id
WHERE r.retired_at IS NULL;

CREATE VIEW incident.risk_heat AS
SELECT o.org_id, l::incident.rating AS loss, k::incident.rating AS likelihood,
	coalesce(h.inherent[l][k], 0) AS inherent, coalesce(h.current[l][k], 0) AS current, coalesce(h.residual[l][k], 0) AS residual
FROM incident_internal.organisations AS o
LEFT JOIN (SELECT r.org_id, incident.risk_heat_map(r.inherent_likelihood, r.inherent_loss) AS inherent,
		incident.risk_heat_map(r.current_likelihood, r.current_loss) AS current,
		incident.risk_heat_map(r.residual_likelihood, r.residual_loss) AS residual
	FROM incident_internal.risk_now AS r WHERE r.retired_at IS NULL GROUP BY r.org_id) AS h ON h.org_id = o.org_id
CROSS JOIN generate_series(1, 5) AS l CROSS JOIN generate_series(1, 5) AS k;

CREATE VIEW incident.top_risks AS
SELECT r.org_id, rank() OVER (PARTITION BY r.org_id ORDER BY r.current DESC, r.current_value DESC, r.inherent DESC) AS rank,
	r.scenario_id, r.title, r.asset, r.threat, r.vulnerability, r.owner, r.current_value, r.current,
	r.inherent, r.residual, r.standing
FROM incident.risk_register AS r;

CREATE VIEW incident.risk_by_service AS
SELECT v.org_id, v.service_id, v.service, v.owner, v.rating, v.assets, count(r.scenario_id) AS scenarios,
	max(r.inherent) AS inherent, max(r.current) AS current, max(r.residual) AS residual,
	count(*) FILTER (WHERE r.standing IN ('untreated', 'in_treatment')) AS unacceptable
FROM incident.service_values AS v
LEFT JOIN (SELECT DISTINCT u.org_id, u.above_id, l.asset_id FROM incident_internal.services_above AS u
	JOIN incident_internal.service_assets AS l ON l.org_id = u.org_id AND l.service_id = u.service_id) AS b
	ON b.org_id = v.org_id AND b.above_id = v.service_id
LEFT JOIN incident_internal.risk_now AS r ON r.org_id = b.org_id AND r.asset_id = b.asset_id AND r.retired_at IS NULL
GROUP BY v.org_id, v.service_id, v.service, v.owner, v.rating, v.assets;

CREATE VIEW incident.risk_by_owner AS
SELECT r.org_id, r.owner, count(*) AS scenarios, max(r.inherent) AS inherent, max(r.current) AS current,
	max(r.residual) AS residual, count(*) FILTER (WHERE r.standing IN ('untreated', 'in_treatment')) AS unacceptable,
	count(*) FILTER (WHERE r.standing = 'untreated') AS untreated
FROM incident.risk_register AS r
GROUP BY r.org_id, r.owner;

CREATE VIEW incident.treatment_progress AS
SELECT l.org_id, l.scenario_id, d.treatment_id, d.decision, d.status AS treatment_status, d.reason,
	d.actor AS decided_by, d.decided_at, m.measure_id, m.name AS measure, m.kind, m.effectiveness, m.status,
	m.responsible, m.due_at, m.done_at, m.overdue_since,
	m.status IN ('planned', 'in_progress') AND m.due_at <= now() AS overdue
FROM incident_internal.risk_treatments AS d
JOIN incident_internal.scenario_measures AS l ON l.org_id = d.org_id AND l.scenario_id = d.scenario_id
	AND l.treatment_id = d.treatment_id
JOIN incident_internal.risk_measures AS m ON m.org_id = l.org_id AND m.measure_id = l.measure_id
WHERE d.status NOT IN ('rejected', 'replaced');

CREATE VIEW incident.risk_treatment_history AS
SELECT d.org_id, d.scenario_id, d.treatment_id, d.decision, d.status, d.reason, d.actor AS decided_by,
	d.decided_at, d.recorded_at, d.accepted_until, d.accepted_until <= now() AS lapsed, d.lapsed_at,
	d.residual_approved, d.closed_at, d.closed_by
FROM incident_internal.risk_treatments AS d;

CREATE VIEW incident.risk_approval_history AS
SELECT p.org_id, d.scenario_id, p.treatment_id, d.decision, p.approver, p.approved, p.residual, p.at,
	p.recorded_at, p.actor, p.recorded_by, p.note
FROM incident_internal.risk_approvals AS p
JOIN incident_internal.risk_treatments AS d ON d.org_id = p.org_id AND d.treatment_id = p.treatment_id;

CREATE VIEW incident.vulnerability_status AS
SELECT v.org_id, v.vulnerability_id, v.name, v.title, a.name AS asset, v.area, v.evidence, v.reference,
	v.severity, v.status, v.found_at, v.assessed_at, v.fixed_at, v.verified_at, v.closed_at, v.due_at,
	v.status IN ('found', 'assessed') AND v.due_at <= now() AS overdue, v.overdue_since,
	(SELECT count(*) FROM incident_internal.risk_scenarios AS s WHERE s.org_id = v.org_id
		AND s.vulnerability_id = v.vulnerability_id AND s.retired_at IS NULL) AS scenarios
FROM incident_internal.vulnerabilities AS v
LEFT JOIN incident_internal.assets AS a ON a.org_id = v.org_id AND a.asset_id = v.asset_id;

CREATE VIEW incident.vulnerability_history AS
SELECT s.org_id, s.vulnerability_id, v.name, s.step_id, s.status, s.severity, s.at, s.recorded_at,
	s.actor, s.recorded_by, s.note
FROM incident_internal.vulnerability_steps AS s
LEFT JOIN incident_internal.vulnerabilities AS v ON v.org_id = s.org_id AND v.vulnerability_id = s.vulnerability_id;

CREATE VIEW incident.threat_register AS
SELECT t.org_id, t.threat_id, t.name, t.title, t.source, t.path, t.manner, t.frequency, t.incident_categories
FROM incident_internal.threats AS t;

CREATE VIEW incident.measure_register AS
SELECT m.org_id, m.measure_id, m.name, m.title, m.kind, m.effectiveness, m.status, m.responsible, m.due_at,
	m.done_at, m.overdue_since, m.status IN ('planned', 'in_progress') AND m.due_at <= now() AS overdue,
	(SELECT count(*) FROM incident_internal.scenario_measures AS l WHERE l.org_id = m.org_id
		AND l.measure_id = m.measure_id) AS scenarios
FROM incident_internal.risk_measures AS m;

-- Incidents that were recorded of each asset and category in the half year, and ever.
CREATE VIEW incident.frequency_disagreement AS
SELECT o.org_id, o.scenario_id, a.name AS asset, o.threat, o.rated, o.observed, o.in_half_year,
	CASE WHEN o.rated < o.observed THEN 'rated too low' ELSE 'rated too high' END AS finding
FROM (SELECT c.org_id, c.scenario_id, c.asset_id, t.name AS threat, c.threat_rating AS rated,
		sum(i.in_half_year)::bigint AS in_half_year,
		incident.frequency_rating(coalesce(sum(i.in_half_year), 0)::bigint, coalesce(sum(i.ever), 0)::bigint) AS observed
	FROM incident_internal.risk_scenarios AS c
	JOIN incident_internal.threats AS t ON t.org_id = c.org_id AND t.threat_id = c.threat_id
	LEFT JOIN (SELECT i.org_id, s.asset_id, i.category, count(*) AS ever,
			count(*) FILTER (WHERE i.detected_at > (now() AT TIME ZONE 'UTC' - interval '6 months') AT TIME ZONE 'UTC') AS in_half_year
		FROM incident_internal.incidents AS i
		JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
		WHERE i.detected_at <= now() AND NOT i.drill
			AND s.status <> 'cancelled' AND s.asset_id IS NOT NULL AND incident_internal.clears(i.org_id, i.confidentiality)
		GROUP BY i.org_id, s.asset_id, i.category) AS i
		ON i.org_id = c.org_id AND i.asset_id = c.asset_id AND i.category = ANY (t.incident_categories)
	WHERE t.incident_categories <> '{}' AND c.retired_at IS NULL
	GROUP BY c.org_id, c.scenario_id, c.asset_id, t.name, c.threat_rating) AS o
LEFT JOIN incident_internal.assets AS a ON a.org_id = o.org_id AND a.asset_id = o.asset_id
WHERE o.rated IS DISTINCT FROM o.observed;

CREATE VIEW incident.risk_rounds AS
SELECT a.org_id, a.round_id, a.name, a.title, m.name AS method, m.version AS method_version, a.stage, a.scope,
	a.team, a.plan, a.prepared_at, a.identified_at, a.analysed_at, a.planned_at, a.closed_at
FROM incident_internal.risk_assessments AS a
JOIN incident_internal.risk_methods AS m ON m.method_id = a.method_id;

CREATE VIEW incident.risk_round_results AS
SELECT f.org_id, n.name AS round, f.scenario_id, a.name AS asset, t.name AS threat, v.name AS vulnerability,
	coalesce(s.owner, a.owner) AS owner, f.asset_rating, f.threat_rating, f.vulnerability_rating,
	f.inherent_likelihood, f.inherent_loss, f.inherent, f.current_likelihood, f.current_loss, f.current,
	f.residual_likelihood, f.residual_loss, f.residual, f.decision, f.standing
FROM incident_internal.risk_results AS f
JOIN incident_internal.risk_assessments AS n ON n.org_id = f.org_id AND n.round_id = f.round_id
LEFT JOIN incident_internal.risk_scenarios AS s ON s.org_id = f.org_id AND s.scenario_id = f.scenario_id
LEFT JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
LEFT JOIN incident_internal.threats AS t ON t.org_id = s.org_id AND t.threat_id = s.threat_id
LEFT JOIN incident_internal.vulnerabilities AS v ON v.org_id = s.org_id AND v.vulnerability_id = s.vulnerability_id;

COMMENT ON VIEW incident.risk_register IS
'One row a scenario that is not retired: ratings, the inherent, current and residual risk side by side, and how it stands.';
COMMENT ON COLUMN incident.risk_register.inherent IS 'Level without any measure, 1 to 5.';
COMMENT ON COLUMN incident.risk_register.current IS 'Level with the measures in place and what was verified as fixed.';
COMMENT ON COLUMN incident.risk_register.residual IS 'Level when the planned measures are in place too.';
COMMENT ON COLUMN incident.risk_register.current_value IS 'The number that is graded to the current level, on the scale of the method.';
COMMENT ON COLUMN incident.risk_register.standing IS 'acceptable, accepted, residual_approved, in_treatment, untreated; an acceptance that has expired no longer counts.';
COMMENT ON VIEW incident.risk_heat IS
'The heat map: how many scenarios have each pair of loss and likelihood, inherent, current and residual; 25 rows an organisation.';
COMMENT ON VIEW incident.top_risks IS 'Scenarios of each organisation ranked by current risk; rank 1 is the highest.';
COMMENT ON VIEW incident.risk_by_service IS
'Business services with the highest risks of the assets in and below them. unacceptable counts scenarios that are untreated or in treatment.';
COMMENT ON VIEW incident.risk_by_owner IS 'Risks by who is in charge: the scenario''s owner, or else the asset''s; NULL: nobody.';
COMMENT ON VIEW incident.treatment_progress IS
'Plan items of live treatments: measure, who is responsible, due time, status. overdue is as of now; overdue_since is set by the tick.';
COMMENT ON VIEW incident.risk_treatment_history IS 'All decisions about scenarios, live or not.';
COMMENT ON COLUMN incident.risk_treatment_history.lapsed IS 'True when an acceptance has expired; NULL for other decisions.';
COMMENT ON VIEW incident.risk_approval_history IS
'Reviews and approvals of treatments; residual is the level that was left at that time.';
COMMENT ON VIEW incident.vulnerability_status IS
'Vulnerabilities and where they are in their cycle. overdue is as of now; overdue_since is set by the tick.';
COMMENT ON VIEW incident.vulnerability_history IS 'Every step of every vulnerability.';
COMMENT ON VIEW incident.threat_register IS 'Threats with their source, path, manner and rated frequency.';
COMMENT ON VIEW incident.measure_register IS 'Measures, those in place and those planned.';
COMMENT ON VIEW incident.frequency_disagreement IS
'Scenarios whose threat is rated otherwise than incidents of the asset and the threat''s categories show. Threats without categories are left out, and incidents for whose mark the reader is not cleared.';
COMMENT ON VIEW incident.risk_rounds IS 'Rounds of assessment, with the time when each stage began.';
COMMENT ON VIEW incident.risk_round_results IS 'What frozen rounds found, a row a round and scenario.';

SELECT incident_internal.allow('read', 'frequency_disagreement', 'measure_register',
	'risk_approval_history', 'risk_by_owner', 'risk_by_service', 'risk_heat', 'risk_register',
	'risk_round_results', 'risk_rounds', 'risk_treatment_history', 'threat_register', 'top_risks',
	'treatment_progress', 'vulnerability_history', 'vulnerability_status');
