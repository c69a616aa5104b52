package Consistency;

# Whether every incident of a database is whole: what the stress, crash and
# restore tests ask afterwards.
#
# problems($node, $database, $ticked)
#     Lines "INCIDENT: what is wrong" over all organisations, '' when all is well.
#     Live derived entries must be exactly what incident.simulate derives from the
#     facts up to the moment the incident is settled to, or to which all were ticked;
#     each as often as there; seq without gaps; the hash chain whole; the state row what
#     state_at says of that moment.
#
# catch_up($node, $database)
#     Ticks until nothing is due, nor will be because of a calendar that was imported;
#     returns how many incidents were settled.
#
# ticked_to($node, $database)
#     The newest moment of a tick: after catch_up, the one to which all were ticked.

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(problems catch_up ticked_to);

# sets_asset and sets_severity tell an assessment to "unknown" from one that leaves the
# value alone; the view does not show them.
my $PROBLEMS = <<'SQL';
SET jit = off;
ANALYZE incident_internal.incidents, incident_internal.incident_state, incident_internal.entries;
CREATE TEMP TABLE entry AS
SELECT t.*, coalesce(e.sets_asset, false) AS sets_asset, coalesce(e.sets_severity, false) AS sets_severity, t.rule IS NOT NULL AS derived
FROM incident.timeline AS t
JOIN incident_internal.entries AS e USING (org_id, incident_id, seq);
CREATE UNIQUE INDEX ON entry (incident_id, seq);
ANALYZE entry;

CREATE TEMP TABLE life AS
SELECT h.*, o.asset_level AS first_asset_level, o.severity AS first_severity,
	coalesce(f.facts, '[]') AS facts
FROM incident.incident_history AS h
JOIN entry AS o ON o.incident_id = h.incident_id AND o.seq = 1
LEFT JOIN (
	SELECT incident_id, jsonb_agg(jsonb_build_object('at', effective_at, 'kind', kind)
		|| CASE WHEN kind IN ('assessed', 'raised') AND sets_asset
			THEN jsonb_build_object('asset_level', asset_level::text) ELSE '{}' END
		|| CASE WHEN kind IN ('assessed', 'raised') AND sets_severity
			THEN jsonb_build_object('severity', severity::text) ELSE '{}' END
		|| CASE WHEN kind = 'done' THEN jsonb_build_object('duty', duty) ELSE '{}' END
		ORDER BY seq) AS facts
	FROM entry WHERE NOT derived AND kind NOT IN ('opened', 'voided')
	GROUP BY incident_id) AS f ON f.incident_id = h.incident_id;
CREATE UNIQUE INDEX ON life (incident_id);
ANALYZE life;

WITH stored AS (
	SELECT incident_id, kind, effective_at AS at, event_level::text, response_level::text
	FROM entry WHERE derived AND live),
expected AS (
	SELECT l.incident_id, s.kind, s.at, s.detail ->> 'event_level', s.detail ->> 'response_level'
	FROM life AS l, LATERAL incident.simulate(l.policy, l.first_asset_level, l.first_severity,
		l.detected_at, greatest(l.settled_to, 'TICKED'), l.facts) AS s
	WHERE s.kind IN ('graded', 'escalated', 'breached', 'overdue', 'due', 'repeated')),
problem AS (
	SELECT incident_id, format('is not due but stored: %s', s) AS what
	FROM (TABLE stored EXCEPT ALL TABLE expected) AS s
	UNION ALL
	SELECT incident_id, format('is due but missing: %s', m)
	FROM (TABLE expected EXCEPT ALL TABLE stored) AS m(incident_id)
	UNION ALL
	SELECT incident_id, format('has %s entries up to %s', count(*), max(seq))
	FROM entry GROUP BY incident_id HAVING count(*) <> max(seq) OR min(seq) <> 1
	UNION ALL
	SELECT incident_id, format('entry %s voids %s', v.seq, v.voids)
	FROM entry AS v WHERE (v.kind = 'voided') <> (v.voids IS NOT NULL)
		OR v.kind = 'voided' AND NOT EXISTS (SELECT FROM entry AS d
			WHERE d.incident_id = v.incident_id AND d.seq = v.voids AND d.seq < v.seq AND d.derived)
	UNION ALL
	SELECT l.incident_id, format('entry %s: %s', v.seq, v.problem)
	FROM life AS l, LATERAL incident.verify_timeline(l.incident_id) AS v
	UNION ALL
	SELECT l.incident_id, format('the state is %s, it should be %s', l.row, s)
	FROM (SELECT incident_id, settled_to, ROW(status, severity, asset_level, event_level,
			response_level, breached, acknowledged_at, activated_at, resolved_at, closed_at,
			next_due)::text AS row FROM life) AS l,
		LATERAL (SELECT ROW(status, severity, asset_level, event_level, response_level, breached,
				acknowledged_at, activated_at, resolved_at, closed_at, next_due)::text AS s
			FROM incident.state_at(l.incident_id, l.settled_to)) AS at
	WHERE l.row <> s
	UNION ALL
	SELECT i.incident_id, 'has no state or no opening'
	FROM incident_internal.incidents AS i
	WHERE i.org_id = incident.current_organisation()
		AND NOT EXISTS (SELECT FROM life AS l WHERE l.incident_id = i.incident_id)
	UNION ALL
	SELECT h.incident_id, 'the state stops short of the newest entry'
	FROM incident.timeline_heads() AS h
	WHERE h.seq <> (SELECT max(e.seq) FROM entry AS e WHERE e.incident_id = h.incident_id))
SELECT incident_id || ': ' || what FROM problem ORDER BY incident_id, what
SQL

sub problems
{
	my ($node, $database, $ticked) = @_;
	my $query = $PROBLEMS;
	my $organisations =
	  $node->safe_psql($database, 'SELECT org_id FROM incident_internal.organisations ORDER BY org_id');
	my @problems;

	$ticked = '-infinity' unless defined $ticked;
	$query =~ s/TICKED/$ticked/;
	for my $organisation (split /\n/, $organisations)
	{
		my $found = $node->safe_psql($database, "SET pg_incident.organisation = $organisation; $query");
		push @problems, $found if $found ne '';
	}
	return join "\n", @problems;
}

sub catch_up
{
	my ($node, $database) = @_;
	my $settled = 0;

	while (1)
	{
		my ($imports, $incidents, $remaining) = split /\|/,
		  $node->safe_psql($database,
			'SELECT (SELECT count(*) FROM incident_internal.calendar_changes), incidents, remaining FROM incident.tick(clock_timestamp())');
		$settled += $incidents;
		return $settled if $remaining == 0 && $imports == 0;
	}
}

sub ticked_to
{
	my ($node, $database) = @_;

	return $node->safe_psql($database, 'SELECT at FROM incident_internal.last_tick');
}

1;
