-- Treatment: what is decided about a risk, the plan, who reviews and approves it, and what
-- becomes overdue.

-- The live treatment of a scenario, locked; error when there is none.
CREATE FUNCTION incident_internal.lock_treatment(org integer, scenario bigint)
RETURNS incident_internal.risk_treatments
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	treatment incident_internal.risk_treatments;
BEGIN
	PERFORM incident_internal.lock_scenario(org, scenario);
	SELECT d.* INTO treatment FROM incident_internal.risk_treatments AS d
		WHERE d.org_id = org AND d.scenario_id = scenario AND d.status NOT IN ('rejected', 'replaced') FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'risk scenario % has no treatment', scenario
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'incident.treat_risk() decides on one.';
	END IF;
	RETURN treatment;
END
$$;

CREATE FUNCTION incident_internal.treat_risk(
	scenario_id bigint, decision text, reason text DEFAULT NULL, accepted_until timestamptz DEFAULT NULL,
	by text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	org CONSTANT integer := incident_internal.lock_risk_registers();
	who CONSTANT text := incident_internal.given_name(treat_risk.by, 'by');
	id bigint;
BEGIN
	PERFORM incident_internal.needed(treat_risk.scenario_id, 'the scenario');
	treat_risk.decision := incident_internal.needed_name(treat_risk.decision, 'the decision');
	treat_risk.reason := incident_internal.given_note(treat_risk.reason, 'the reason');
	treat_risk.at := incident_internal.past_moment(treat_risk.at, 'at');
	PERFORM incident_internal.expect_risk_word('decision', treat_risk.decision);
	IF treat_risk.decision <> 'accept' AND treat_risk.accepted_until IS NOT NULL THEN
		RAISE EXCEPTION 'only a risk that is accepted is so until a time, not one with the decision "%"',
			treat_risk.decision USING ERRCODE = 'invalid_parameter_value';
	ELSIF treat_risk.decision = 'accept' AND (treat_risk.accepted_until IS NULL
			OR NOT isfinite(treat_risk.accepted_until) OR treat_risk.accepted_until <= treat_risk.at) THEN
		RAISE EXCEPTION 'a risk is accepted until a time after the decision, not %',
			coalesce(treat_risk.accepted_until::text, 'for ever') USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM incident_internal.lock_scenario(org, treat_risk.scenario_id);
	UPDATE incident_internal.risk_treatments AS d SET status = 'replaced'
		WHERE d.org_id = org AND d.scenario_id = treat_risk.scenario_id AND d.status NOT IN ('rejected', 'replaced');
	INSERT INTO incident_internal.risk_treatments AS d (org_id, scenario_id, decision, status, reason, actor,
			decided_at, accepted_until)
		VALUES (org, treat_risk.scenario_id, treat_risk.decision, 'proposed', treat_risk.reason, who,
			treat_risk.at, treat_risk.accepted_until)
		RETURNING d.treatment_id INTO id;
	PERFORM incident_internal.count_measures(ARRAY[treat_risk.scenario_id], true);
	RETURN id;
END
$$;

CREATE FUNCTION incident_internal.plan_measure(
	scenario_id bigint, measure text, kind text, effectiveness incident.rating, responsible text,
	due_at timestamptz, title text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org CONSTANT integer := incident_internal.lock_risk_registers();
	status_now text;
	treatment incident_internal.risk_treatments;
	id bigint;
BEGIN
	PERFORM incident_internal.needed(scenario_id, 'the scenario');
	measure := incident_internal.needed_name(measure, 'the name of a measure');
	kind := incident_internal.needed_name(kind, 'the kind of a measure');
	PERFORM incident_internal.needed(effectiveness, 'the effectiveness of a measure');
	responsible := incident_internal.needed_name(responsible, 'who is responsible');
	PERFORM incident_internal.needed(due_at, 'the due time');
	status_now := (SELECT m.status FROM incident_internal.risk_measures AS m WHERE m.org_id = org AND m.name = measure);
	treatment := incident_internal.lock_treatment(org, scenario_id);
	IF treatment.decision NOT IN ('control', 'avoid', 'transfer') THEN
		RAISE EXCEPTION 'a risk with the decision "%" has no plan', treatment.decision
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'The decisions control, avoid and transfer have one.';
	ELSIF treatment.status <> 'proposed' THEN
		RAISE EXCEPTION 'the treatment of risk scenario % is already %', scenario_id, treatment.status
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Decide anew with incident.treat_risk().';
	ELSIF status_now = 'in_place' THEN
		RAISE EXCEPTION 'measure "%" is in place already', left(measure, 100)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'incident.apply_measure() says that it works in another scenario. What is to be done anew has another name.';
	END IF;
	id := incident_internal.register_measure(measure, kind, effectiveness,
		CASE status_now WHEN 'in_progress' THEN 'in_progress' ELSE 'planned' END, responsible, due_at, title);
	INSERT INTO incident_internal.scenario_measures AS l (org_id, scenario_id, measure_id, treatment_id)
		VALUES (treatment.org_id, treatment.scenario_id, id, treatment.treatment_id)
		ON CONFLICT ON CONSTRAINT scenario_measures_pkey DO UPDATE SET treatment_id = excluded.treatment_id;
	PERFORM incident_internal.count_measures(ARRAY[treatment.scenario_id]);
	RETURN id;
END
$$;

-- What each approver waits for, and what the approval leads to.
CREATE FUNCTION incident_internal.approval_step(
	approver text, OUT waits_for text, OUT leads_to text)
RETURNS record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.waits_for, s.leads_to FROM (VALUES
		('security_group', 'proposed', 'reviewed'),
		('person_in_charge', 'reviewed', 'approved'),
		('general_manager', 'approved', 'approved')) AS s(approver, waits_for, leads_to)
	WHERE s.approver = approval_step.approver
$$;

-- The live treatments, with their plans and what is left of the risk.
CREATE VIEW incident_internal.treatment_state AS
SELECT r.org_id, r.treatment_id, r.scenario_id, r.decision, r.treatment_status AS status,
	r.residual, r.residual_approved, p.items, p.open_items,
	r.residual >= incident.risk_unacceptable_from(r.method_id) AS needs_general_manager
FROM incident_internal.risk_now AS r
LEFT JOIN LATERAL (SELECT count(*) AS items,
		count(*) FILTER (WHERE m.status IN ('planned', 'in_progress')) AS open_items
	FROM incident_internal.scenario_measures AS l
	JOIN incident_internal.risk_measures AS m ON m.org_id = l.org_id AND m.measure_id = l.measure_id
	WHERE l.org_id = r.org_id AND l.scenario_id = r.scenario_id AND l.treatment_id = r.treatment_id
		AND m.status <> 'withdrawn') AS p ON true
WHERE r.treatment_id IS NOT NULL;

CREATE FUNCTION incident_internal.approve_risk(
	approver text, scenario_id bigint DEFAULT NULL, approved boolean DEFAULT true, by text DEFAULT NULL,
	at timestamptz DEFAULT now(), note text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	org CONSTANT integer := incident_internal.lock_risk_registers();
	who CONSTANT text := incident_internal.given_name(approve_risk.by, 'by');
	step record;
	treatment incident_internal.risk_treatments;
	items bigint;
	decided bigint[];
BEGIN
	approve_risk.approver := incident_internal.needed_name(approve_risk.approver, 'the approver');
	PERFORM incident_internal.needed(approve_risk.approved, 'approved');
	approve_risk.at := incident_internal.past_moment(approve_risk.at, 'at');
	approve_risk.note := incident_internal.given_note(approve_risk.note, 'the note');
	PERFORM incident_internal.expect_risk_word('approver', approve_risk.approver);
	SELECT s.waits_for, s.leads_to INTO step FROM incident_internal.approval_step(approve_risk.approver) AS s;

	IF approve_risk.scenario_id IS NOT NULL THEN
		treatment := incident_internal.lock_treatment(org, approve_risk.scenario_id);
		SELECT s.items INTO items FROM incident_internal.treatment_state AS s WHERE s.org_id = org AND s.treatment_id = treatment.treatment_id;
		IF treatment.status <> step.waits_for THEN
			RAISE EXCEPTION 'the treatment of risk scenario % is %, and the % decides on one that is %',
				approve_risk.scenario_id, treatment.status,
				incident_internal.term_of('approver', approve_risk.approver, 'en', NULL), step.waits_for
				USING ERRCODE = 'object_not_in_prerequisite_state';
		ELSIF approve_risk.approved AND treatment.decision IN ('control', 'avoid', 'transfer') AND items = 0 THEN
			RAISE EXCEPTION 'the treatment of risk scenario % plans no measure', approve_risk.scenario_id
				USING ERRCODE = 'object_not_in_prerequisite_state',
					  HINT = 'incident.plan_measure() adds one.';
		END IF;
	END IF;

	WITH waiting AS (
		SELECT s.treatment_id, s.residual FROM incident_internal.treatment_state AS s
			WHERE s.org_id = org AND s.status = step.waits_for
				AND (approve_risk.scenario_id IS NULL OR s.scenario_id = approve_risk.scenario_id)
				AND (s.items > 0 OR s.decision IN ('keep', 'accept') OR NOT approve_risk.approved)
				AND (approve_risk.approver <> 'general_manager' OR approve_risk.scenario_id IS NOT NULL
					OR s.needs_general_manager AND (s.residual_approved IS NULL OR s.residual_approved < s.residual))
	), moved AS (
		UPDATE incident_internal.risk_treatments AS d SET
				status = CASE WHEN approve_risk.approved THEN step.leads_to ELSE 'rejected' END,
				residual_approved = CASE WHEN approve_risk.approver = 'general_manager' AND approve_risk.approved
					THEN w.residual ELSE d.residual_approved END
			FROM waiting AS w
			WHERE d.org_id = org AND d.treatment_id = w.treatment_id AND d.status = step.waits_for
			RETURNING d.treatment_id, d.scenario_id, w.residual
	), noted AS (
		INSERT INTO incident_internal.risk_approvals (org_id, treatment_id, approver, approved, residual, at, actor, note)
			SELECT org, m.treatment_id, approve_risk.approver, approve_risk.approved, m.residual,
				approve_risk.at, who, approve_risk.note
			FROM moved AS m
	)
	SELECT coalesce(array_agg(m.scenario_id), '{}') INTO decided FROM moved AS m;
	PERFORM incident_internal.count_measures(decided, true);
	RETURN cardinality(decided);
END
$$;

CREATE FUNCTION incident_internal.close_risk(scenario_id bigint, by text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	org CONSTANT integer := incident_internal.lock_risk_registers();
	who CONSTANT text := incident_internal.given_name(close_risk.by, 'by');
	treatment incident_internal.risk_treatments;
	risk record;
BEGIN
	PERFORM incident_internal.needed(close_risk.scenario_id, 'the scenario');
	close_risk.at := incident_internal.past_moment(close_risk.at, 'at');
	treatment := incident_internal.lock_treatment(org, close_risk.scenario_id);
	SELECT s.open_items, r.current, r.current >= incident.risk_unacceptable_from(r.method_id) AS high INTO risk
		FROM incident_internal.treatment_state AS s
		JOIN incident_internal.risk_now AS r ON r.org_id = s.org_id AND r.scenario_id = s.scenario_id
		WHERE s.org_id = org AND s.treatment_id = treatment.treatment_id;
	IF treatment.status <> 'approved' THEN
		RAISE EXCEPTION 'the treatment of risk scenario % is %, and only one that is approved can be closed',
			close_risk.scenario_id, treatment.status USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF risk.open_items > 0 THEN
		RAISE EXCEPTION 'risk scenario % has measures that are not in place: %', close_risk.scenario_id, risk.open_items
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'incident.record_measure_step() moves them on, or withdraws them.';
	ELSIF risk.high AND treatment.decision <> 'avoid'
			AND (treatment.residual_approved IS NULL OR treatment.residual_approved < risk.current) THEN
		RAISE EXCEPTION 'the residual risk of scenario % is % and has no approval of the general manager',
			close_risk.scenario_id, risk.current
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Treat it again with incident.treat_risk(), or approve it with incident.approve_risk(''general_manager'', …).';
	END IF;
	UPDATE incident_internal.risk_treatments AS d SET status = 'closed', closed_at = close_risk.at, closed_by = who
		WHERE d.org_id = org AND d.treatment_id = treatment.treatment_id;
	IF treatment.decision = 'avoid' THEN
		PERFORM incident_internal.retire_scenario(close_risk.scenario_id);
	ELSE
		PERFORM incident_internal.record_risk(ARRAY[close_risk.scenario_id], true);
	END IF;
END
$$;

-- Marks what has become overdue by a moment, over all organisations: plan items,
-- vulnerabilities, acceptances that have lapsed. What counts as overdue or accepted does not
-- wait for it.
CREATE FUNCTION incident_internal.mark_overdue_risk(at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH moment AS MATERIALIZED (
		SELECT incident_internal.past_moment(mark_overdue_risk.at, 'at') AS at
	), late_measures AS (
		SELECT m.org_id, m.measure_id FROM incident_internal.risk_measures AS m
			WHERE m.due_at <= (SELECT at FROM moment) AND m.overdue_since IS NULL AND m.status IN ('planned', 'in_progress')
			FOR NO KEY UPDATE SKIP LOCKED
	), late_vulnerabilities AS (
		SELECT v.org_id, v.vulnerability_id FROM incident_internal.vulnerabilities AS v
			WHERE v.due_at <= (SELECT at FROM moment) AND v.overdue_since IS NULL AND v.status IN ('found', 'assessed')
			FOR NO KEY UPDATE SKIP LOCKED
	), late_acceptances AS (
		SELECT d.org_id, d.treatment_id FROM incident_internal.risk_treatments AS d
			WHERE d.accepted_until <= (SELECT at FROM moment) AND d.lapsed_at IS NULL AND d.status IN ('approved', 'closed')
			FOR NO KEY UPDATE SKIP LOCKED
	), measures AS (
		UPDATE incident_internal.risk_measures AS m SET overdue_since = m.due_at FROM late_measures AS l
			WHERE m.org_id = l.org_id AND m.measure_id = l.measure_id RETURNING 1
	), vulnerabilities AS (
		UPDATE incident_internal.vulnerabilities AS v SET overdue_since = v.due_at FROM late_vulnerabilities AS l
			WHERE v.org_id = l.org_id AND v.vulnerability_id = l.vulnerability_id RETURNING 1
	), acceptances AS (
		UPDATE incident_internal.risk_treatments AS d SET lapsed_at = d.accepted_until FROM late_acceptances AS l
			WHERE d.org_id = l.org_id AND d.treatment_id = l.treatment_id RETURNING 1
	)
	SELECT ((SELECT count(*) FROM measures) + (SELECT count(*) FROM vulnerabilities)
		+ (SELECT count(*) FROM acceptances))::integer;
END;

COMMENT ON FUNCTION incident_internal.treat_risk(bigint, text, text, timestamptz, text, timestamptz) IS
'Decides about a risk: keep, control, accept, avoid or transfer; replaces the decision before and returns the id of the treatment. accept needs accepted_until, at which the acceptance stops to count.';
COMMENT ON FUNCTION incident_internal.plan_measure(bigint, text, text, incident.rating, text, timestamptz, text) IS
'Adds a measure to the plan of a risk that is to be controlled, avoided or transferred: what, who is responsible, by when. Returns the id of the measure. Error object_not_in_prerequisite_state when the treatment has no plan or is no longer proposed, and for a measure that is in place.';
COMMENT ON VIEW incident_internal.treatment_state IS
'The live treatment of each scenario, its open plan items, and what is left of the risk.';
COMMENT ON FUNCTION incident_internal.approve_risk(text, bigint, boolean, text, timestamptz, text) IS
'Decides on the treatment of a risk, or, without scenario_id, on all that wait for the approver: security_group reviews what is proposed, person_in_charge approves what is reviewed, general_manager approves the residual risk of what is approved (without scenario_id, where it is unacceptable). approved => false rejects. Returns how many. Error object_not_in_prerequisite_state when it is not the approver''s turn, or no measure is planned where approving needs one.';
COMMENT ON FUNCTION incident_internal.close_risk(bigint, text, timestamptz) IS
'Ends the treatment of a risk when it is approved and its measures are in place; of an avoided one the scenario is retired. Error object_not_in_prerequisite_state when the residual risk is unacceptable and the general manager has not approved it.';
COMMENT ON FUNCTION incident_internal.mark_overdue_risk(timestamptz) IS
'Marks plan items and vulnerabilities that are overdue and acceptances that have lapsed by a moment, of all organisations, each once; returns how many. What a transaction is just changing is left for the next time.';

SELECT incident_internal.allow('administer', 'approve_risk', 'close_risk', 'plan_measure',
	'treat_risk');
SELECT incident_internal.allow('operate', 'mark_overdue_risk');
