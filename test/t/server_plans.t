# What the extension runs itself finds its rows by an index, whatever statistics there are
# and whatever the session has set: a tick must not begin to read a table from end to end
# because it has grown, or because someone tuned a reporting session.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use Test::More;

my $OPEN = 2000;

# Scans of the tables that grow, from end to end and by an index.
my $SCANS = <<'SQL';
SELECT sum(seq_scan), sum(idx_scan) FROM pg_stat_all_tables
WHERE schemaname LIKE 'incident%' AND relname ~ '^(incidents|incident_state|entries_.*|timers_.*)$'
SQL

# Runs SQL in a session with some settings; returns how many scans of each sort it made.
sub scans
{
	my ($node, $settings, $sql) = @_;
	my ($before, $after) = split /\n/, $node->safe_psql('incident',
		"\\o /dev/null\nSELECT pg_stat_force_next_flush();\n\\o\n$SCANS;\n"
		  . "$settings\n\\o /dev/null\n$sql\nSELECT pg_stat_force_next_flush();\n\\o\nRESET ALL;\n$SCANS;");
	my @before = split /\|/, $before;
	my @after = split /\|/, $after;

	return map { ($after[$_] || 0) - ($before[$_] || 0) } 0, 1;
}

my $node = start_node('plans', conf => 'autovacuum = off');
my $due = 0;

# Some that become due, and many that do not.
sub add_incidents
{
	$due = $node->safe_psql('incident', <<"SQL");
SELECT incident.open('host', 'minor', 'later') FROM generate_series(1, $OPEN) \\g /dev/null
UPDATE incident_internal.last_tick SET at = '-infinity' \\g /dev/null
SELECT count(incident.open('host', 'minor', 'due', now() - interval '150 minutes')) FROM generate_series(1, 20);
SQL
}

my @ways = (
	[ 'with statistics of when there was nothing', '' ],
	[ 'without statistics', '' ],
	[ 'with settings of a reporting session',
	  'SET enable_indexscan = off; SET enable_indexonlyscan = off; SET random_page_cost = 1000; SET jit = on;'
		. ' SET jit_above_cost = 0; SET enable_nestloop = off; SET plan_cache_mode = force_custom_plan;' ],
	[ 'with statistics', '' ]);

$node->safe_psql('incident', <<'SQL');
SELECT incident.register_asset('host', 'host', '2');
CALL incident.maintain();
SQL
for (@ways)
{
	my ($way, $settings) = @$_;

	$node->safe_psql('incident', 'ANALYZE') if $way =~ /nothing/;
	$node->safe_psql('incident', q{DELETE FROM pg_statistic WHERE starelid::regclass::text LIKE 'incident_internal.%'})
	  if $way eq 'without statistics';
	add_incidents();
	$node->safe_psql('incident', 'ANALYZE') if $way eq 'with statistics';

	my ($all, $found) = scans($node, $settings, 'SELECT incident.tick();');
	is($all, 0, "$way: a tick reads no table from end to end");
	cmp_ok($found, '>', 0, "$way: it finds rows by an index");
	($all, $found) = scans($node, $settings, <<'SQL');
SELECT incident.open('host', 'moderate', 'new', dedup_key => 'key') AS id \gset
SELECT incident.open('host', 'moderate', 'again', dedup_key => 'key');
SELECT incident.acknowledge(:id), incident.assess(:id, 'severe'), incident.hold(:id), incident.resume(:id);
SELECT incident.resolve(:id), incident.reopen(:id), incident.note(:id, 'note'), incident.cancel(:id);
SELECT count(*) FROM incident.explain(:id);
SELECT count(*) FROM incident.verify_timeline(:id);
SELECT incident.state_at(:id);
SQL
	is($all, 0, "$way: nor does what records and explains");
	cmp_ok($found, '>', 0, "$way: it finds rows by an index too");
}
is($due, 20, 'there was something due each time');
is($node->safe_psql('incident', "SELECT count(*) FROM incident.timeline WHERE kind = 'escalated'"),
	20 * @ways, 'and it was settled');

# The views of one's own session are planned with its statistics.
my ($all) = scans($node, '', 'SELECT * FROM incident.watchdog;');
is($all, 0, 'the watchdog looks only at what may be due');

$node->stop;
done_testing();
