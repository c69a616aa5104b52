# The guide docs/guides/risk-year.md: its statements, run by a plain login with the roles
# administrator and operator, give the output that it shows.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('risk_year');
$node->safe_psql('incident',
	"CREATE ROLE assessor LOGIN; SELECT incident.grant_role(role, 'assessor') FROM unnest('{administrator,operator}'::text[]) AS role");

# A step is a block of SQL and, where one comes right after it, the block of its output.
my $guide = slurp_file(source_dir() . '/docs/guides/risk-year.md');
my @steps;
while ($guide =~ /^```sql\n(.*?)^```\n(?:```\n(.*?)^```\n)?/msg)
{
	push @steps, [ $1, $2 ];
}
cmp_ok(scalar(@steps), '>=', 15, 'the guide has its steps');

my $script = "\\set ON_ERROR_STOP on\nSET timezone = 'UTC';\n";
$script .= "\\echo @@\n$_->[0]" for @steps;
my ($output, $errors) = ('', '');
IPC::Run::run([ $node->installed_command('psql'), qw(-X -q -d), $node->connstr('incident') . ' user=assessor', '-f', '-' ],
	'<', \$script, '>', \$output, '2>', \$errors);
is($?, 0, 'all statements run');
like($errors, qr/\A\S+ NOTICE:  assessment round "2024 residual" has unacceptable risks that are untreated or not approved by the general manager: 1\n\z/,
	'and complain of what the guide says');

my (undef, @outputs) = split /^@@\n/m, $output;
is(scalar(@outputs), scalar(@steps), 'each step has been reached');
for my $step (@steps)
{
	my $got = shift @outputs;
	my ($name) = $step->[0] =~ /(\w+\.\w+)/;

	$got =~ s/\n+\z/\n/;
	is($got, $step->[1], "output of $name") if defined $step->[1];
}

is($node->safe_psql('incident', q{
		SELECT string_agg(format('%s %s', name, stage), ', ' ORDER BY round_id) FROM incident.risk_rounds}),
	'2024 closed, 2024 residual closed', 'both rounds are closed');
is($node->safe_psql('incident', q{
		SELECT standing FROM incident.risk_as_of(now()) WHERE decision = 'accept'}),
	'untreated', 'the history has the lapsed acceptance too');

done_testing();
