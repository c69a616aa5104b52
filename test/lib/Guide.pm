# A guide of docs/guides as a test: its statements run, and give the output that it shows.

package Guide;

use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(guide_runs);

# Runs a guide as a login, in one session. Returns what psql wrote to its error output.
sub guide_runs
{
	my ($node, $name, $login) = @_;

	# A step is a block of SQL and, where one comes right after it, the block of its output.
	my $guide = slurp_file(source_dir() . "/docs/guides/$name.md");
	my @steps;
	while ($guide =~ /^```sql\n(.*?)^```\n(?:```\n(.*?)^```\n)?/msg)
	{
		push @steps, [ $1, $2 ];
	}
	cmp_ok(scalar(@steps), '>=', 5, 'the guide has its steps');

	my $script = "\\set ON_ERROR_STOP on\nSET timezone = 'UTC';\n";
	$script .= "\\echo @@\n$_->[0]" for @steps;
	my ($output, $errors) = ('', '');
	IPC::Run::run([ $node->installed_command('psql'), qw(-X -q -d), $node->connstr('incident') . " user=$login", '-f', '-' ],
		'<', \$script, '>', \$output, '2>', \$errors);
	is($?, 0, 'all statements run') or diag($errors);

	my (undef, @outputs) = split /^@@\n/m, $output;
	is(scalar(@outputs), scalar(@steps), 'each step has been reached');
	for my $step (@steps)
	{
		my $got = shift @outputs;
		my ($object) = $step->[0] =~ /(\w+\.\w+)/;

		$got =~ s/\n+\z/\n/;
		is($got, $step->[1], "output of $object") if defined $step->[1];
	}
	return $errors;
}

1;
