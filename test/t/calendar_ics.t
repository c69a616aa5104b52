# The example that adds the days off of an iCalendar file to a calendar document.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
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

# Files of one event each, or as they are, and what comes of them.

my $directory = PostgreSQL::Test::Utils::tempdir();

sub convert_text
{
	my ($text, @options) = @_;
	my $file = "$directory/some.ics";

	open my $out, '>:raw', $file or die "cannot write $file: $!";
	print $out $text;
	close $out or die "cannot write $file: $!";
	return convert(@options, "$EXAMPLE/office.json", 2027, 2028, $file);
}

sub event
{
	my (@lines) = @_;
	return join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', 'BEGIN:VEVENT', 'UID:a', 'SUMMARY:Feast',
	  @lines, 'END:VEVENT', 'END:VCALENDAR', '';
}

sub added
{
	my ($text, @options) = @_;
	my ($status, $output, $errors) = convert_text($text, @options);
	return $errors if $status != 0;
	return join ' ', grep { !/^2026/ } @{ decode_json($output)->{holidays} };
}

# A day off that is always there, so that an event left out is no empty result.
my @ALWAYS = ('DTSTART;VALUE=DATE:20270601', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:b', 'SUMMARY:Second');
my $BERLIN = 'TZID=W. Europe Standard Time';
my @GIVES = (
	[ 'cancelled, in any case' => '', 'DTSTART;VALUE=DATE:20270602', 'STATUS:cancelled' ],
	[ 'cancelled, in another' => '', 'DTSTART;VALUE=DATE:20270602', 'STATUS:Cancelled' ],
	[ 'midnight to midnight in a zone' => ' 2027-06-02', "DTSTART;$BERLIN:20270602T000000", "DTEND;$BERLIN:20270603T000000" ],
	[ 'midnight to midnight, three days' => ' 2027-06-02 2027-06-03 2027-06-04',
		'DTSTART:20270602T000000', 'DTEND:20270605T000000' ],
	[ 'midnight in the calendar\'s zone, written in UTC' => ' 2027-06-02',
		'DTSTART:20270601T220000Z', 'DTEND:20270602T220000Z' ],
	[ 'midnight in UTC' => '', 'DTSTART:20270602T000000Z', 'DTEND:20270603T000000Z' ],
	[ 'said to be all day, without an end' => ' 2027-06-02',
		"DTSTART;$BERLIN:20270602T000000", 'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE' ],
	[ 'a moment at midnight' => '', "DTSTART;$BERLIN:20270602T000000" ],
	[ 'with a time of day, and a rule that is not supported' => '',
		'DTSTART:20270602T080000', 'DTEND:20270602T090000', 'RRULE:RSCALE=CHINESE;FREQ=YEARLY' ],
	[ 'midnight to midnight each week' => ' 2027-06-02 2027-06-09',
		"DTSTART;$BERLIN:20270602T000000", "DTEND;$BERLIN:20270603T000000", 'RRULE:FREQ=WEEKLY;COUNT=2' ],
	[ 'one repetition called off' => ' 2027-06-02', 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY',
		'END:VEVENT', 'BEGIN:VEVENT', 'UID:b', 'SUMMARY:Off', 'RECURRENCE-ID;VALUE=DATE:20280602',
		'DTSTART;VALUE=DATE:20280602', 'STATUS:CANCELLED' ],
	[ 'an observance by its description' => '', 'DTSTART;VALUE=DATE:20270602', 'DESCRIPTION:Observance\\nTo hide it' ],
	[ 'an observance by its category' => '', 'DTSTART;VALUE=DATE:20270602', 'CATEGORIES:Holidays,OBSERVANCE' ],
	[ 'a public holiday' => ' 2027-06-02', 'DTSTART;VALUE=DATE:20270602', 'DESCRIPTION:Public holiday' ],
	[ 'a length' => ' 2027-06-02 2027-06-03', 'DTSTART;VALUE=DATE:20270602', 'DURATION:P2D' ],
);
for my $case (@GIVES)
{
	my ($name, $days, @lines) = @$case;
	is(added(event(@ALWAYS, @lines)), "2027-06-01$days", $name);
}
is(added(event(@ALWAYS, 'DTSTART;VALUE=DATE:20270602', 'CATEGORIES:Observance'), '--observances'),
	'2027-06-01 2027-06-02', 'an observance that is asked for');
is(added("\xEF\xBB\xBF" . event('DTSTART;VALUE=DATE:20270601')), '2027-06-01', 'a byte order mark');

my @NAMED = (
	[ 'RSCALE', qr/RSCALE in RRULE is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:RSCALE=GREGORIAN;FREQ=YEARLY' ],
	[ 'SKIP', qr/SKIP in RRULE is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY;SKIP=OMIT' ],
	[ 'EXRULE', qr/EXRULE is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY', 'EXRULE:FREQ=YEARLY' ],
	[ 'RANGE', qr/RANGE in RECURRENCE-ID is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY',
		'END:VEVENT', 'BEGIN:VEVENT', 'UID:b', 'SUMMARY:Second', 'RECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20280602',
		'DTSTART;VALUE=DATE:20280603' ],
	[ 'a period', qr/a period in RDATE is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RDATE;VALUE=PERIOD:20270605T000000Z/P1D' ],
	[ 'hours', qr/FREQ=HOURLY in RRULE is not supported/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=HOURLY;COUNT=3' ],
	[ 'a rule that is none', qr/RRULE cannot be read/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=NEVER' ],
	[ 'a month that is none', qr/RRULE has BYMONTH=13/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY;BYMONTH=13' ],
	[ 'no DTSTART', qr/has no DTSTART/, 'DTEND;VALUE=DATE:20270602' ],
	[ 'two DTSTART', qr/has DTSTART more than once/, 'DTSTART;VALUE=DATE:20270602', 'DTSTART;VALUE=DATE:20270603' ],
	[ 'a date that is none', qr/DTSTART cannot be read/, 'DTSTART;VALUE=DATE:20270230' ],
	[ 'an exception that is none', qr/EXDATE cannot be read/, 'DTSTART;VALUE=DATE:20270602', 'RRULE:FREQ=YEARLY', 'EXDATE;VALUE=DATE:20270299' ],
	[ 'an end before the beginning', qr/ends before it begins/, 'DTSTART;VALUE=DATE:20270602', 'DTEND;VALUE=DATE:20270601' ],
	[ 'a date and a time of day', qr/begins with a date/, 'DTSTART;VALUE=DATE:20270602', 'DTEND:20270603T000000' ],
	[ 'all day, and not from midnight', qr/is to take the whole day/, 'DTSTART:20270602T080000', 'DTEND:20270603T080000',
		'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE' ],
);
for my $case (@NAMED)
{
	my ($name, $problem, @lines) = @$case;
	my ($status, $output, $errors) = convert_text(event(@ALWAYS, @lines));
	is("$status$output", '1', "$name: refused, and nothing is printed");
	like($errors, qr/some\.ics: event "Second" $problem/, "$name: names the event");
}

my @REFUSED = (
	[ 'an empty file', '', qr/is not a whole iCalendar file/ ],
	[ 'something else', "garbage\n", qr/could not be parsed/ ],
	[ 'a file that breaks off', substr(event('DTSTART;VALUE=DATE:20270602'), 0, -20), qr/is not a whole iCalendar file/ ],
	[ 'another encoding', event('DTSTART;VALUE=DATE:20270602', "LOCATION:M\xFCnchen"), qr/can't decode/ ],
	[ 'no event', "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", qr/has no day off from 2027 to 2028/ ],
	[ 'no event of these years', event('DTSTART;VALUE=DATE:20250602'), qr/has no day off from 2027 to 2028/ ],
	[ 'observances only', event('DTSTART;VALUE=DATE:20270602', 'CATEGORIES:Observance'), qr/observances only/ ],
);
for my $case (@REFUSED)
{
	my ($name, $text, $problem) = @$case;
	my ($status, $output, $errors) = convert_text($text);
	is("$status$output", '1', "$name: refused");
	like($errors, $problem, "$name: says why");
}

is((convert_text(event('DTSTART;VALUE=DATE:20270603', 'CATEGORIES:Observance', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:b',
		'SUMMARY:Early', 'DTSTART;VALUE=DATE:20270602'), '--list'))[1],
	"2027-06-02 Early\n2027-06-03 Feast (observance, left out)\n", '--list prints dates with names');
for my $years ([ 2028, 2027 ], [ 'x', 2027 ], [ 0, 1 ], [ 2027, 9999 ])
{
	my ($status, $output, $errors) = convert("$EXAMPLE/office.json", @$years, "$EXAMPLE/holidays.ics");
	is("$status$output", '1', "@$years: refused");
	like($errors, qr/years/, "@$years: says why");
}

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

for my $arguments ([], [ '--unknown', "$EXAMPLE/office.json", 2026, 2027, "$EXAMPLE/holidays.ics" ])
{
	($status, $output, $errors) = convert(@$arguments);
	is($status, 1, 'without arguments, or with an unknown option, it fails');
	like($errors, qr/ics_to_calendar\.py \[OPTION…\] DOCUMENT/, 'and says how it is called');
}

$node->stop;
done_testing();
