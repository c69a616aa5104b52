# The README's tour, run by a plain login with the role responder. Both READMEs
# show every statement of it, in order.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $EXAMPLE = source_dir() . '/docs/examples/eport';

# Runs a script of the example in its folder; returns its exit status and what it complained of.
sub run_script
{
	my ($node, $role, $script) = @_;
	my ($output, $errors) = ('', '');

	IPC::Run::run(
		[
			$node->installed_command('psql'),
			qw(-X -v ON_ERROR_STOP=1 -d), $node->connstr('incident') . ($role ? " user=$role" : ''),
			'-f', $script
		],
		'<', File::Spec->devnull, '>', \$output, '2>', \$errors,
		init => sub { chdir $EXAMPLE or die "$EXAMPLE: $!" });
	return ($? >> 8, $errors);
}

# The statements of a script, without comment lines.
sub statements
{
	my ($text) = @_;

	$text =~ s/^--.*\n//mg;
	return map { s/^\s+//r } $text =~ /(.*?;)[ \t]*(?:\n|\z)/sg;
}

# The statements that a page does not show after those before them.
sub not_shown
{
	my ($page, @statements) = @_;
	my $from = 0;
	my @missing;

	for my $statement (@statements)
	{
		my $place = index($page, $statement, $from);

		if ($place < 0)
		{
			push @missing, $statement;
		}
		else
		{
			$from = $place + length($statement);
		}
	}
	return join("\n\n", @missing);
}

my $node = start_node('tour');
$node->safe_psql('incident',
	"CREATE ROLE tourist LOGIN; SELECT incident.grant_role('responder', 'tourist')");
my ($status, $errors) = run_script($node, '', 'load.sql');
is($status, 0, 'the example loads') or diag($errors);
for my $time ('first', 'second')
{
	($status, $errors) = run_script($node, '', 'risk.sql');
	is($status, 0, "its risks load, the $time time") or diag($errors);
}
is( $node->safe_psql(
		'incident', q{
		SELECT count(*), count(decision), count(*) FILTER (WHERE standing IN ('untreated', 'in_treatment'))
		FROM incident.risk_register}),
	'10|3|6',
	'ten of them, three decided, six unacceptable');
$node->safe_psql('incident', 'CALL incident.run_ticks()');

($status, $errors) = run_script($node, 'tourist', 'tour.sql');
is($status, 0, 'a responder runs the tour');
is($errors, '', 'which complains of nothing');

is( $node->safe_psql(
		'incident', q{
		SELECT status, peak_response, breached, acknowledged_at - detected_at,
			resolved_at - detected_at
		FROM incident.incident_history WHERE ticket = 'TOUR-1'}),
	'closed|1|f|00:10:00|01:50:00',
	'it leaves a closed incident');
is( $node->safe_psql(
		'incident', q{
		SELECT string_agg(kind || CASE WHEN live THEN '' ELSE ' in vain' END, ', ' ORDER BY seq)
		FROM incident.timeline JOIN incident.incident_history USING (incident_id)
		WHERE ticket = 'TOUR-1'}),
	'opened, graded, due, due, due, due, overdue, overdue, overdue, overdue in vain, acknowledged, assessed, voided, graded, '
	  . 'overdue, escalated in vain, done, due, overdue, resolved, voided, due, closed, due',
	'whose escalation was taken back');

my @statements = statements(slurp_file("$EXAMPLE/tour.sql"));
cmp_ok(scalar(@statements), '>=', 12, 'the tour has its statements');
for my $page ('README.md', 'README.zh.md')
{
	is(not_shown(slurp_file(source_dir() . "/$page"), @statements),
		'', "$page shows all of them, in order");
}

done_testing();
