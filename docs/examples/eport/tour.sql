-- The README's tour of pg_incident, in order. For a login with the role responder, in a
-- database into which load.sql has been loaded and where a tick has run since.

-- What the rules say.

SELECT asset_level, severity, event_level, response_level, processing_time, rises
FROM incident.quick_reference('eport')
WHERE asset_level = '2' OR asset_level IS NULL
ORDER BY asset_level DESC NULLS LAST, severity DESC NULLS LAST;

-- What is going on.

SELECT incident_id, asset, severity, status, event_level, response_level, breached
FROM incident.open_incidents
WHERE response_level = '1' AND event_level < '2'
ORDER BY incident_id;

-- A report comes in by telephone, three hours late and without a severity.

SELECT incident.open(asset => 'app-permit', summary => 'Permit checks time out',
    detected_at => now() - interval '3 hours', ticket => 'TOUR-1', by => 'service desk');

SELECT severity, event_level, response_level, next_due - detected_at AS next_due_after
FROM incident.open_incidents
WHERE ticket = 'TOUR-1';

-- Somebody takes it on and finds out how grave it is.

SELECT incident.acknowledge(incident_id, by => 'operations engineer',
    at => detected_at + interval '10 minutes')
FROM incident.open_incidents
WHERE ticket = 'TOUR-1';

SELECT incident.assess(incident_id, severity => 'moderate', by => 'operations engineer',
    at => detected_at + interval '20 minutes')
FROM incident.open_incidents
WHERE ticket = 'TOUR-1';

SELECT line
FROM incident.open_incidents AS i, incident.explain(i.incident_id) WITH ORDINALITY AS e(line, number)
WHERE i.ticket = 'TOUR-1'
ORDER BY number;

-- What must be done by when, and the first report, which is late.

SELECT duty, d.status, deadline - detected_at AS by_then, overdue_at - detected_at AS overdue_from
FROM incident.duty_status AS d JOIN incident.incident_history AS i USING (incident_id)
WHERE i.ticket = 'TOUR-1' AND d.status IN ('due', 'overdue')
ORDER BY overdue_at, duty;

SELECT incident.report(incident_id, 'first_report', '{"symptoms": "permit checks time out"}',
    by => 'operations engineer', at => detected_at + interval '25 minutes')
FROM incident.open_incidents
WHERE ticket = 'TOUR-1';

-- It turns out that the fault was gone after 1 h 50 min, before the rise to level 1.

SELECT incident.resolve(incident_id, by => 'operations engineer',
    at => detected_at + interval '1 hour 50 minutes', note => 'Queue restarted, backlog worked off')
FROM incident.open_incidents
WHERE ticket = 'TOUR-1';

SELECT seq, kind, effective_at - detected_at AS after, t.severity, t.response_level AS response,
    rule, voids, live, actor, recorded_by
FROM incident.timeline AS t JOIN incident.incident_history AS i USING (incident_id)
WHERE i.ticket = 'TOUR-1' AND coalesce(rule, '') NOT LIKE 'duty:%'
ORDER BY seq;

-- The state at an earlier moment.

SELECT s.status, s.severity, s.response_level, s.elapsed
FROM incident.incident_history AS i,
    incident.state_at(i.incident_id, i.detected_at + interval '15 minutes') AS s
WHERE i.ticket = 'TOUR-1';

SELECT incident.close(incident_id, by => 'shift leader', note => 'Report filed')
FROM incident.incident_history
WHERE ticket = 'TOUR-1' AND status = 'resolved';

SELECT status, peak_response, breached, acknowledged_at - detected_at AS acknowledged_after,
    resolved_at - detected_at AS resolved_after
FROM incident.incident_history
WHERE ticket = 'TOUR-1';

-- What would happen: an unknown asset with a minor fault, found to be of level 3 after an hour.

SELECT at, kind, level, detail
FROM incident.simulate('eport', asset_level => NULL, severity => 'minor',
    detected_at => '2026-03-02 09:00', until => '2026-03-02 18:00',
    facts => '[{"at": "2026-03-02 10:00", "kind": "assessed", "asset_level": "3"}]')
WHERE NOT detail ? 'duty'
ORDER BY at;
