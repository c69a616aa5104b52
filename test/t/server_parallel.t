# The regression tests once more, every query that may under the rules for parallel workers, and
# some of them in workers: what says that it is PARALLEL SAFE gives the same there.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Basename qw(basename);
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

# What the setting is called: from PostgreSQL 16 on debug_parallel_query.
my ($major) = (run_command([ 'pg_config', '--version' ]))[0] =~ /(\d+)/;
my $FORCED = $major >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
my $node = start_node('parallel', conf => "$FORCED = regress\nmax_parallel_workers = 8\n");
is($node->safe_psql('incident', <<"SQL"), 'Gather', 'queries do run in a worker');
CREATE FUNCTION plan() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF, FORMAT TEXT) SELECT * FROM incident_internal.policies';
END \$\$;
SET $FORCED = on;
SELECT plan() LIMIT 1
SQL

# The watchdog while an incident is in quarantine.
$node->safe_psql('incident', <<'SQL');
SELECT incident.open(NULL, 'minor') FROM generate_series(1, 3);
DELETE FROM incident_internal.entries;
UPDATE incident_internal.incident_state SET next_due = now() - interval '1 second', needs_full_run = true;
SELECT incident_internal.set_timer(org_id, incident_id, next_due) FROM incident_internal.incident_state;
SELECT incident.tick();
SQL
is($node->safe_psql('incident', 'SELECT quarantined FROM incident.watchdog'), '3', 'the watchdog can be read');

# Runs regression tests with so many workers, each in a copy of the database as ./check does;
# where there are none the session itself works under the rules for workers, which is much
# quicker than starting one for every query.
$node->safe_psql('postgres', 'CREATE DATABASE template');
$node->safe_psql('template', 'CREATE EXTENSION pg_incident;' . slurp_file(source_dir() . '/test/lib/regress.sql'));

sub run_tests
{
	my ($workers, @names) = @_;
	my $source = source_dir();

	local $ENV{PGOPTIONS} = "-c max_parallel_workers=$workers";
	for my $name (@names)
	{
		my $outputs = "$PostgreSQL::Test::Utils::tmp_check/regress-$workers-$name";
		my $output  = '';

		mkdir $outputs;
		$node->safe_psql('postgres', $_) for 'DROP DATABASE IF EXISTS regression', 'CREATE DATABASE regression TEMPLATE template';
		my $ran = IPC::Run::run([ $ENV{PG_REGRESS}, "--inputdir=$source", "--outputdir=$outputs",
				'--bindir=' . $node->config_data('--bindir'), '--host=' . $node->host, '--port=' . $node->port,
				'--use-existing', '--dbname=regression', $name ], '>&', \$output);
		ok($ran, "$name with $workers workers")
		  or diag($output, -e "$outputs/regression.diffs" ? slurp_file("$outputs/regression.diffs") : '');
	}
}

my @names = map { basename($_, '.sql') } sort glob(source_dir() . '/sql/*.sql');
cmp_ok(scalar @names, '>=', 21, 'there are regression tests');
run_tests(0, @names);
run_tests(8, qw(lookup types types_soft words term calendar risk_method loss replay));

$node->stop;
done_testing();
