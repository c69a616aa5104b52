# Replay: the policy in force reproduces what was recorded, event for event; another policy
# gives what simulate() gives for the same facts. Random lives under random policies,
# recorded with many facts late, some before ticks and some after.
#
# PG_INCIDENT_REPLAY_LIVES says how many lives (default 400), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use DutyWorlds;
use PgIncident;
use PostgreSQL::Test::Utils;
use RandomDuties;
use RandomLives;

my $LIVES    = $ENV{PG_INCIDENT_REPLAY_LIVES} || 400;
my $SEED     = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $POLICIES = 20;
my $HOUR     = 3600;
my $DAY      = 24 * $HOUR;
my $STEP     = $RandomDuties::STEP;

my $STANDS = <<'SQL';
-- The derived entries that stand.
CREATE VIEW stands AS
SELECT e.incident_id, e.effective_at AS at, e.kind, e.rule, e.occurrence, e.event_level, e.response_level
FROM incident_internal.entries AS e WHERE e.rule > 1 AND NOT EXISTS (SELECT FROM incident_internal.entries AS v
	WHERE v.incident_id = e.incident_id AND v.rule = 1 AND v.epoch = e.seq);
SQL

sub publish_world
{
	my ($node, $rng) = @_;
	my $eport = eport();
	my @calendars = calendars($node, 9 * $DAY);
	my (@policies, @others);
	while (@policies < $POLICIES)
	{
		my $number = @policies;
		my $policy = publish_random($node, $rng, "lived-$number", $eport, @calendars);

		# The same levels with other numbers of the duties, holds, calendars and no rises.
		my %other = (
			%$policy,
			name           => "other-$number",
			duties         => [ reverse @{ $policy->{duties} } ],
			hold_stops     => [ grep { !/processing/ } @{ $policy->{hold_stops} } ],
			escalation     => [],
			calendar_names => {},
		);
		$other{calendar_names}{$_} = '24x7' for @{ $policy->{levels} };
		if (publish_policy($node, \%other, $eport) eq '') { push @others, $other{name} }
		push @policies, $policy;
	}
	return (\@policies, \@others);
}

# Lives of a policy begin on a day of its own, so that a replay can take just them.
sub write_lives
{
	my ($file, $rng, $policies) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out "COPY given FROM stdin;\n";
	for my $number (1 .. $LIVES)
	{
		my $place = $number % @$policies;
		my $policy = $policies->[$place];
		my @facts = RandomDuties::life($rng, $policy, 2 * $DAY * $place + $STEP * int(24 * $rng->()), 16 * $HOUR);
		$_->{at} = iso(delete $_->{effective}) for @facts;
		print $out join("\t", $number, $policy->{name}, JSON::PP->new->canonical->encode(\@facts)), "\n";
	}
	print $out "\\.\n";
	close $out or die "$file: $!";
	return;
}

sub day_of
{
	my ($place) = @_;
	return "'" . iso(2 * $DAY * $place) . "', '" . iso(2 * $DAY * ($place + 1)) . "'";
}

# What is on one side only.
sub difference
{
	my ($one, $other) = @_;
	return "WITH one AS ($one), other AS ($other) SELECT 'too many', d.* FROM (TABLE one EXCEPT ALL TABLE other) AS d"
	  . " UNION ALL SELECT 'missing', d.* FROM (TABLE other EXCEPT ALL TABLE one) AS d";
}

sub count_of
{
	my ($node, $sql) = @_;
	return $node->safe_psql('incident', "SELECT count(*) FROM ($sql) AS x");
}

# Copies of all incidents, with ids far apart, and in months that have partitions; one of
# these has its columns in another order.
sub copy_sql
{
	my ($copies) = @_;
	return <<"SQL";
CREATE TABLE incident_internal.entries_one (LIKE incident_internal.entries_default INCLUDING INDEXES);
CREATE TABLE incident_internal.entries_two (LIKE incident_internal.entries_default INCLUDING INDEXES);
ALTER TABLE incident_internal.entries_two DROP COLUMN seq, ADD COLUMN seq integer NOT NULL;
ALTER TABLE incident_internal.entries ATTACH PARTITION incident_internal.entries_one FOR VALUES FROM (1) TO (2);
ALTER TABLE incident_internal.entries ATTACH PARTITION incident_internal.entries_two FOR VALUES FROM (2) TO (3);
CREATE TABLE copied AS
SELECT incident_id AS of, n * 1000000 + incident_id * (1 + n % 3) AS incident_id, n % 2 + 1 AS month
FROM recorded, generate_series(1, $copies) AS n;
CREATE INDEX ON copied (of);
ANALYZE copied;
DO \$\$
DECLARE
	relation text;
BEGIN
	FOREACH relation IN ARRAY '{incidents,incident_state,entries}'::text[] LOOP
		EXECUTE (SELECT format('INSERT INTO incident_internal.%I (%s) SELECT %s FROM incident_internal.%1\$I AS t JOIN copied AS c'
				|| ' ON c.of = t.incident_id', relation, string_agg(attname, ', '),
				string_agg(CASE WHEN attname IN ('incident_id', 'month') THEN 'c.' ELSE 't.' END || attname, ', '))
			FROM pg_attribute WHERE attrelid = ('incident_internal.' || relation)::regclass AND attnum > 0 AND NOT attisdropped);
	END LOOP;
END
\$\$;
SQL
}

my $EVERYTHING = "'-infinity', 'infinity'";

sub replayed
{
	my ($policy, $when) = @_;
	return "SELECT * FROM incident_internal.replay_events(incident.policy_id('$policy'), $when)";
}

# simulate() takes its time: it is asked about so many lives at the most.
my $ASKED = 4000;
my $SOME = 'incident_id % ' . (int(($LIVES - 1) / $ASKED) + 1) . ' = 0';

# What simulate() gives for the facts that are recorded of some lives of a policy.
sub simulated
{
	my ($policy, $number, $until) = @_;
	return <<"SQL";
SELECT t.incident_id, s.at, s.kind, (s.detail ->> 'event_level')::incident.level, (s.detail ->> 'response_level')::incident.level,
	s.detail ->> 'duty', (s.detail ->> 'occurrence')::int
FROM recorded AS r
JOIN LATERAL (SELECT incident_id, (array_agg(asset_level ORDER BY seq))[1] AS asset_level,
		(array_agg(severity ORDER BY seq))[1] AS severity, min(effective_at) AS detected_at,
		coalesce(jsonb_agg(CASE WHEN kind = 'assessed' THEN f.fact || f.assessment ELSE f.fact END ORDER BY seq)
			FILTER (WHERE kind <> 'opened'), '[]') AS facts
	FROM incident.timeline AS t, LATERAL (SELECT
			jsonb_strip_nulls(jsonb_build_object('at', t.effective_at, 'kind', t.kind, 'duty', t.duty)) AS fact,
			(SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM incident_internal.entries AS e,
				jsonb_each(jsonb_build_object('asset_level', e.asset_level, 'severity', e.severity))
				WHERE e.incident_id = t.incident_id AND e.rule = 0 AND e.seq = t.seq
					AND CASE key WHEN 'severity' THEN e.sets_severity ELSE e.sets_asset END) AS assessment) AS f
	WHERE t.incident_id = r.incident_id AND t.epoch IS NULL AND t.kind <> 'voided'
	GROUP BY incident_id) AS t ON true,
	LATERAL incident.simulate('$policy', t.asset_level, t.severity, t.detected_at, '$until', t.facts) AS s
WHERE r.policy = 'lived-$number' AND r.$SOME AND s.detail ? 'event_level'
SQL
}

# Events as simulate() tells them: no number of a duty, no rule.
sub told
{
	my ($policy, $when) = @_;
	return "SELECT e.incident_id, e.at, incident_internal.kind_word(e.kind), e.event_level, e.response_level, d.duty,"
	  . " CASE WHEN d.duty IS NOT NULL OR e.rule = 4 THEN e.occurrence END::int FROM (" . replayed($policy, $when) . ") AS e"
	  . " LEFT JOIN incident_internal.policy_duties AS d ON e.rule >= 100 AND d.number = e.rule % 100"
	  . " AND d.policy_id = incident.policy_id('$policy') WHERE e.$SOME";
}

my $node = start_node('replay', conf => "jit = off\nlog_statement = none\nsynchronous_commit = off\n");
my $rng = RandomLives::rng($SEED);
note("seed $SEED, $LIVES lives");
prepare_lives($node);
$node->safe_psql('incident', $STANDS);
my ($policies, $others) = publish_world($node, $rng);
cmp_ok(scalar @$others, '>', $POLICIES / 2, 'there are other policies to replay under');

my $file = "$PostgreSQL::Test::Utils::tmp_check/given.sql";
write_lives($file, $rng, $policies);
is(join('', run_scripts($node, [ 'incident', $file ])), '', 'lives are given');
$node->safe_psql('incident', 'CALL live(1)');
$node->safe_psql('incident', 'CREATE TABLE recorded AS SELECT i.incident_id, g.policy FROM given AS g JOIN incident_internal.incidents AS i ON i.ticket = g.number::text');
$node->safe_psql('incident', "SELECT FROM incident.tick('" . iso($DAY * $POLICIES) . "', 1000000)");
$node->safe_psql('incident', 'CALL live(2)');
$node->safe_psql('incident', "SELECT FROM incident.tick('" . iso(2 * $DAY * $POLICIES) . "', 1000000)");
$node->safe_psql('incident', 'ANALYZE');
is(count_of($node, 'TABLE recorded'), $LIVES, 'all incidents are recorded');
note($node->safe_psql('incident', "SELECT string_agg(concat_ws(' ', what, taken, 'of', n), ', ') FROM"
	  . ' (SELECT what, sum(times) AS taken, count(*) AS n FROM tally GROUP BY what ORDER BY what) AS t'));
note($node->safe_psql('incident',
		"SELECT string_agg(concat_ws(' ', kind, n), ', ') FROM (SELECT kind, count(*) AS n FROM incident.timeline GROUP BY kind) AS t"));
cmp_ok(count_of($node, "SELECT FROM incident.timeline WHERE kind = 'voided'"), '>', $LIVES / 2, 'many entries were taken back');
cmp_ok(count_of($node, "SELECT FROM incident.timeline WHERE kind = '$_'"), '>', $LIVES / 10, "$_ happens")
  for qw(graded escalated overdue due repeated breached);

# The policy in force.
my (@wrong, @unequal, @differ);
for my $place (0 .. $POLICIES - 1)
{
	my $policy = "lived-$place";
	my $of_policy = "SELECT * FROM stands WHERE incident_id IN (SELECT incident_id FROM recorded WHERE policy = '$policy')";
	push @wrong, $node->safe_psql('incident', difference(replayed($policy, day_of($place)), $of_policy));
	push @unequal, $node->safe_psql('incident',
		"SELECT '$policy', r.* FROM incident.replay('$policy', " . day_of($place) . ') AS r WHERE was <> would_be OR would_be IS NULL');
	push @differ, $node->safe_psql('incident',
		"SELECT '$policy', r.* FROM incident.replay_incidents('$policy', " . day_of($place) . ') AS r');
}
is(join("\n", grep { $_ ne '' } @wrong), '', 'the policy in force gives the recorded events');
is(join("\n", grep { $_ ne '' } @unequal), '', 'and the same figures');
is(join("\n", grep { $_ ne '' } @differ), '', 'and no incident differs');

# Other policies.
my (@unlike, $different);
for my $other (@$others)
{
	my ($place) = $other =~ /(\d+)/;
	push @unlike, $node->safe_psql('incident', difference(told($other, day_of($place)),
			simulated($other, $place, iso(2 * $DAY * $POLICIES))));
	$different += count_of($node, "SELECT FROM incident.replay_incidents('$other', " . day_of($place) . ')');
}
is(join("\n", grep { $_ ne '' } @unlike), '', 'another policy gives what simulate() does');
cmp_ok($different, '>', $LIVES / 4, 'incidents would have been different');

# The figures of what was, counted in another way.
my $FIGURES = <<'SQL';
SELECT measure, detail, sum(was) FROM incident.replay('eport', '-infinity', 'infinity')
WHERE measure NOT IN ('incidents', 'not_in_policy', 'messages') GROUP BY 1, 2 HAVING sum(was) > 0
SQL
my $COUNTED = <<'SQL';
SELECT measure, detail, count(*) FROM (
	SELECT CASE WHEN t.kind IN ('due', 'repeated') THEN 'duties_begun' WHEN t.rule LIKE 'duty:%' THEN 'duties_overdue'
			WHEN t.kind = 'overdue' THEN CASE t.rule WHEN 'response' THEN 'overdue_responses' ELSE 'overdue_acknowledgements' END
			WHEN t.kind = 'breached' THEN 'breaches' WHEN t.kind = 'escalated' THEN 'escalations' END,
		CASE WHEN t.rule LIKE 'duty:%' THEN substr(t.rule, 6) WHEN t.rule = 'acknowledgement' THEN t.occurrence::text
			WHEN t.kind = 'escalated' THEN t.response_level::text END
	FROM incident.timeline AS t WHERE t.live AND t.epoch IS NOT NULL AND t.kind <> 'graded'
		AND t.incident_id IN (SELECT r.incident_id FROM incident_internal.replay_events(1, '-infinity', 'infinity') AS r)) AS c(measure, detail)
GROUP BY 1, 2
SQL
is($node->safe_psql('incident', difference($FIGURES, $COUNTED)), '', 'what was is what the timelines show');
cmp_ok($node->safe_psql('incident', "SELECT sum(was) FROM incident.replay('eport', $EVERYTHING) WHERE measure = 'not_in_policy'"),
	'>', 0, 'some incidents are not in eport');

# More than fits into memory at once, and in several partitions.
my $copies = int(4000 / $LIVES) + 1;
my $figures = "SELECT event_level, measure, detail, was, would_be FROM incident.replay('other-0', $EVERYTHING)";
my $before = "SELECT event_level, measure, detail, was * ($copies + 1), would_be * ($copies + 1) FROM figures_before";
$node->safe_psql('incident', "CREATE TABLE figures_before AS $figures");
$node->safe_psql('incident', copy_sql($copies));
is($node->safe_psql('incident', "SET maintenance_work_mem = '1MB'; " . difference($figures, $before)),
	'', 'copies count as often as there are');
is($node->safe_psql('incident', difference($figures, $before)), '', 'with more memory, too');

# Several processes: three workers, two of them busy elsewhere, none to be had.
my $PARALLEL = 'SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;';

sub workers_begun
{
	return () = slurp_file($node->logfile) =~ /starting background worker process "parallel worker/g;
}

$node->safe_psql('incident', 'ALTER SYSTEM SET log_min_messages = debug1; SELECT pg_reload_conf()');
my $begun = workers_begun();
is($node->safe_psql('incident', "SET maintenance_work_mem = '1MB'; $PARALLEL " . difference($figures, $before)),
	'', 'several processes count the same');
is(workers_begun() - $begun, 3, 'and they were several');
for my $max_workers (0, 1)
{
	is($node->safe_psql('incident', "SET max_parallel_workers = $max_workers; $PARALLEL " . difference($figures, $before)),
		'', "with $max_workers other processes where three were wanted");
}
is($node->safe_psql('incident', "SET max_parallel_workers_per_gather = 0; SET min_parallel_table_scan_size = 0; "
		. difference($figures, $before)), '', 'and with one');
is(workers_begun() - $begun, 4, 'no others were started');
$node->safe_psql('incident', 'ALTER SYSTEM RESET log_min_messages; SELECT pg_reload_conf()');
for my $when (map { day_of($_) } 0, $POLICIES / 2, $POLICIES - 1)
{
	my $part = "SELECT event_level, measure, detail, was, would_be FROM incident.replay('other-0', $when)";

	is($node->safe_psql('incident', "CREATE TEMP TABLE alone AS $part; $PARALLEL " . difference($part, 'TABLE alone')),
		'', "several count the same of $when");
}

# What a worker must share with the session: its draft, its organisation, its rights.
$node->safe_psql('incident', "CREATE ROLE assessor LOGIN; SELECT incident.grant_role(role, 'assessor') FROM unnest('{administrator,operator}'::text[]) AS role;"
		. " SELECT incident.register_organisation(2, 'another', 'eport')");
my $total = "SELECT sum(was) FROM incident.replay(:draft, $EVERYTHING) WHERE measure = 'incidents'";
my $draft = "SELECT incident.import_policy(incident.export_policy(incident.policy_id('other-0'))) AS draft \\gset";
my ($all) = $node->safe_psql('incident', "SET max_parallel_workers_per_gather = 0; $draft\n $total");
cmp_ok($all, '>', 500, 'a draft can be replayed');
is($node->safe_psql('incident', "$PARALLEL\nBEGIN;\n$draft\n$total;\nROLLBACK", extra_params => [ '-U', 'assessor' ]),
	$all, 'by several, while nobody else sees it, and by who is no superuser');
is($node->safe_psql('incident', "$PARALLEL\nSET pg_incident.organisation = 2;\n$draft\n$total"), '', 'of another organisation');

# A fault in the part of a worker is the statement's.
$node->safe_psql('incident', 'DELETE FROM incident_internal.entries WHERE seq = 1 AND incident_id = (SELECT max(incident_id) FROM copied)');
my ($status, undef, $error) = $node->psql('incident', "$PARALLEL $figures");
isnt($status, 0, 'what is damaged is told');
like($error, qr/ERROR:  entry 1 of incident \d+ is missing/, 'by whoever meets it');

$node->stop;
done_testing();
