-- Lean views of open incidents and of duties, and the walls under them: what rights.sql
-- measures. Each is made twice with the same text: in the schema walled for the role
-- bench_reader, which row security holds, and in the schema plain for the superuser, whom
-- it does not, without masks.
--
-- Lean: no function a row, at most three tables a view, the rest scalar subqueries, which
-- cost nothing where nobody asks for them.

-- What was reported at the opening, beside the incident; and whole-number keys as numbers.
ALTER TABLE incident_internal.incidents ADD COLUMN summary text,
	ADD COLUMN ticket_number bigint GENERATED ALWAYS AS (incident_internal.ticket_number(ticket)) STORED;
CREATE INDEX incidents_ticket ON incident_internal.incidents (ticket, org_id);
CREATE INDEX incidents_ticket_number ON incident_internal.incidents (ticket_number, org_id);

-- What has become of the duties of an incident, as last settled: those that the policy has
-- for its levels. Written beside incident_state whenever one changes.
CREATE TYPE incident_internal.duty_report AS (number smallint, level incident.level, status text, occurrence integer,
	begun_at timestamptz, deadline timestamptz, overdue_at timestamptz, done_at timestamptz, within interval);
CREATE TABLE incident_internal.incident_duties (
	org_id integer NOT NULL,
	incident_id bigint NOT NULL,
	policy_id integer NOT NULL,
	duties incident_internal.duty_report[] NOT NULL,
	PRIMARY KEY (org_id, incident_id)
);
CREATE INDEX incident_duties_incident ON incident_internal.incident_duties (incident_id, org_id);

-- A policy's words for its duties, a row a level; made when it is published.
CREATE TABLE incident_internal.duty_words (
	policy_id integer NOT NULL,
	number smallint NOT NULL,
	level incident.level NOT NULL,
	duty text NOT NULL,
	title_en text,
	title_zh text,
	responsible text[],
	audience text[],
	PRIMARY KEY (policy_id, number, level)
);
INSERT INTO incident_internal.duty_words
SELECT d.policy_id, d.number, l.level, d.duty, d.title ->> 'en', d.title ->> 'zh', d.responsible, l.audience
FROM incident_internal.policy_duties AS d JOIN incident_internal.policy_duty_levels AS l USING (policy_id, duty);

-- The views; `mask` is put around what not everybody may read who sees the incident.
CREATE PROCEDURE bench.create_views(schema name, mask text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE SCHEMA %I', schema);
	EXECUTE format($view$
		CREATE VIEW %1$I.open_incidents AS
		SELECT i.org_id, i.incident_id, s.status, %2$s AS asset, a.category AS asset_category,
			s.asset_level, s.severity, s.event_level, s.response_level, s.breached,
			%3$s AS summary, %4$s AS category, i.confidentiality, i.ticket, i.drill,
			(SELECT p.name FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy,
			(SELECT p.version FROM incident_internal.policies AS p WHERE p.policy_id = i.policy_id) AS policy_version,
			i.detected_at, s.acknowledged_at, s.activated_at, s.next_due, i.ticket_number
		FROM incident_internal.incidents AS i
		JOIN incident_internal.incident_state AS s ON s.org_id = i.org_id AND s.incident_id = i.incident_id
		LEFT JOIN incident_internal.assets AS a ON a.org_id = s.org_id AND a.asset_id = s.asset_id
		WHERE s.status NOT IN ('resolved', 'closed', 'cancelled')
	$view$, schema, format(mask, 'a.name'), format(mask, 'i.summary'), format(mask, 'i.category'));
	EXECUTE format($view$
		CREATE VIEW %1$I.duty_status AS
		SELECT d.org_id, d.incident_id, w.duty, w.title_en, w.title_zh, r.status, r.occurrence, r.begun_at, r.deadline,
			r.overdue_at, r.done_at, r.within, w.responsible, w.audience
		FROM incident_internal.incident_duties AS d
		CROSS JOIN LATERAL unnest(d.duties) AS r
		JOIN incident_internal.duty_words AS w ON w.policy_id = d.policy_id AND w.number = r.number AND w.level = r.level
	$view$, schema);
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', schema);
	EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO PUBLIC', schema);
END
$$;
CREATE ROLE bench_reader;
CALL bench.create_views('plain', '%s');
CALL bench.create_views('walled', 'CASE WHEN incident_internal.clears(i.org_id, i.confidentiality) THEN %s END');
ALTER VIEW walled.open_incidents OWNER TO bench_reader;
ALTER VIEW walled.duty_status OWNER TO bench_reader;

DO $$
DECLARE
	wall text;
BEGIN
	FOREACH wall IN ARRAY '{incidents,incident_state,assets,incident_duties}'::text[] LOOP
		EXECUTE format('ALTER TABLE incident_internal.%I ENABLE ROW LEVEL SECURITY', wall);
		EXECUTE format('CREATE POLICY walls ON incident_internal.%I TO bench_reader USING (incident_internal.sees(org_id))', wall);
	END LOOP;
END
$$;
GRANT USAGE ON SCHEMA incident, incident_internal TO PUBLIC;
GRANT SELECT ON incident_internal.incidents, incident_internal.incident_state, incident_internal.assets, incident_internal.incident_duties,
	incident_internal.duty_words, incident_internal.policies TO bench_reader;
GRANT EXECUTE ON FUNCTION incident_internal.sees, incident_internal.seen_array, incident_internal.clears, incident_internal.ticket_key(bigint),
	incident_internal.ticket_key(text) TO PUBLIC;
