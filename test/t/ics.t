# The example that adds the days off of an iCalendar file to a calendar document.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IPC::Run;
use JSON::PP;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $EXAMPLE = source_dir() . '/docs/examples/calendars';

# Runs the example's program; returns its exit status and what it printed.
sub convert
{
	my (@arguments) = @_;
	my ($output, $errors) = ('', '');

	IPC::Run::run([ "$EXAMPLE/ics_to_calendar.py", @arguments ],
		'<', File::Spec->devnull, '>', \$output, '2>', \$errors);
	return ($? >> 8, $output, $errors);
}

my ($status, $output, $errors) =
  convert("$EXAMPLE/office.json", 2026, 2027, "$EXAMPLE/holidays.ics");
is($status, 0, 'the program succeeds');
is($errors, '', 'and complains of nothing');
my $document = decode_json($output);
is_deeply(
	[ grep { /^2026/ } @{ $document->{holidays} } ],
	[ map { "2026-$_" } qw(01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-24 12-25 12-26) ],
	'of 2026: single days, yearly ones, a range, and what the document had');
is_deeply(
	[ grep { !/^2026/ } @{ $document->{holidays} } ],
	[ map { "2027-$_" } qw(01-01 03-26 03-29 05-01 10-03 12-25 12-26) ],
	'of 2027 the same way, and nothing of other years');
my $before = decode_json(slurp_file("$EXAMPLE/office.json"));
delete $_->{holidays} for $document, $before;
is_deeply($document, $before, 'the rest of the document stays');

my $node = start_node('ics');
$node->safe_psql('incident', "SELECT incident.import_calendar(\$ics\$$output\$ics\$)");
is( $node->safe_psql(
		'incident', q{
		SET timezone = 'Europe/Berlin';
		SELECT string_agg(to_char(day, 'MM-DD'), ' ' ORDER BY day)
		FROM generate_series(timestamptz '2026-12-21', '2027-01-05', '1 day') AS day
		WHERE incident.working_time('office', day, day + interval '1 day') > '0'}),
	'12-21 12-22 12-23 12-28 12-29 12-30 12-31 01-04 01-05',
	'imported, it knows who works around New Year');

($status, $output, $errors) = convert();
is($status, 1, 'without arguments it fails');
like($errors, qr/ics_to_calendar\.py DOCUMENT/, 'and says how it is called');

$node->stop;
done_testing();
