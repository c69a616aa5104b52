# The tables in docs/policies are what the policies say.
#
# tools/policy_page.sql prints them; between the marks of a page they stand as printed.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $BEGIN = '<!-- from tools/policy_page.sql -->';
my $END   = '<!-- end -->';

my $node  = start_node('policy_pages', conf => 'jit = off');
my @names = split /\n/, $node->safe_psql('incident',
	'SELECT name FROM incident_internal.policies WHERE policy_id < 1000 ORDER BY policy_id');
cmp_ok(scalar @names, '>=', 5, 'there are presets');

for my $name (@names)
{
	my $page = slurp_file(source_dir() . "/docs/policies/$name.md");
	my ($table) = $page =~ /\Q$BEGIN\E\n\n(.*?)\n\Q$END\E\n/s;
	my ($output, $errors);
	IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', "policy=$name", '-d', $node->connstr('incident'),
			'-f', source_dir() . '/tools/policy_page.sql' ],
		'>', \$output, '2>', \$errors);
	is($errors, '', "the tables of $name are printed");
	is($table, $output, "docs/policies/$name.md has them");
	like($page, qr/^## Source$/m, 'and says where they are from');
}
my $index = slurp_file(source_dir() . '/docs/policies/README.md');
like($index, qr/\Q($_.md)\E/, "$_ is listed") for @names;

$node->stop;
done_testing();
