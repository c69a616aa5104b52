# The walker of calendars against figures worked out by hand.

use strict;
use warnings;
use FindBin;
use IPC::Run;
use JSON::PP;
use Test::More;

my @DAYS   = qw(mon tue wed thu fri sat sun);
my $ALWAYS = [ [ '00:00', '24:00' ] ];
my $OFFICE = [ [ '09:00', '12:00' ], [ '13:00', '18:00' ] ];

my (@lines, @expected);

# calendar($zone, { day => windows }, ...): what follows is asked of it.
sub calendar
{
	my ($zone, $week, %more) = @_;
	push @lines, { calendar => { name => 'asked', zone => $zone, week => $week, %more } };
	return;
}

sub each_day
{
	my ($windows) = @_;
	return { map { $_ => $windows } @DAYS };
}

sub worked
{
	my ($name, $from, $to, $hours, %more) = @_;
	push @lines, { name => 'asked', from => "${from}Z", to => "${to}Z", %more };
	push @expected, [ $name, 'worked', sprintf '%.0f microseconds', $hours * 3600e6 ];
	return;
}

sub added
{
	my ($name, $from, $amount, $moment) = @_;
	push @lines, { name => 'asked', from => "${from}Z", amount => $amount };
	push @expected, [ $name, 'moment', $moment && "$moment+00:00" ];
	return;
}

# Offsets that change by an hour: Berlin to +02 on 31 March at 02:00, to +01 on
# 27 October at 03:00.
calendar('Europe/Berlin', { sun => $ALWAYS });
worked('the Sunday that summer time begins',
	'2024-03-30 23:00:00', '2024-03-31 22:00:00', 23);
worked('the Sunday that it ends', '2024-10-26 22:00:00', '2024-10-27 23:00:00', 25);
worked('the whole week', '2024-10-21 00:00:00', '2024-10-30 00:00:00', 25);

calendar('Europe/Berlin', each_day([ [ '02:15', '02:45' ] ]));
worked('a window on an ordinary night', '2024-03-30 00:00:00', '2024-03-30 12:00:00', 0.5);
worked('a skipped window',  '2024-03-31 00:00:00', '2024-03-31 12:00:00', 0);
worked('a repeated window', '2024-10-27 00:00:00', '2024-10-27 12:00:00', 1);
worked('its first time',    '2024-10-27 00:00:00', '2024-10-27 01:00:00', 0.5);
worked('the end of its first, the start of its second time',
	'2024-10-27 00:30:00', '2024-10-27 01:25:00', 25 / 60);
added('into its second time', '2024-10-27 00:00:00', '40 minutes', '2024-10-27 01:25:00');
added('back into its first',  '2024-10-27 12:00:00', '-40 minutes', '2024-10-27 00:35:00');

# Lord Howe Island: to +11 on 6 October 2024 at 02:00, to +10:30 on 7 April at 02:00.
calendar('Australia/Lord_Howe', { sun => $ALWAYS });
worked('half an hour skipped',  '2024-10-05 13:30:00', '2024-10-06 13:00:00', 23.5);
worked('half an hour repeated', '2024-04-06 13:00:00', '2024-04-07 13:30:00', 24.5);

# Caracas: from -04 to -04:30 at 03:00, back at 02:30.
calendar('America/Caracas', each_day([ [ '02:00', '03:00' ] ]));
worked('half of a window repeated', '2007-12-09 00:00:00', '2007-12-09 12:00:00', 1.5);
worked('half of a window skipped',  '2016-05-01 00:00:00', '2016-05-01 12:00:00', 0.5);

# Sao Paulo: from -03 to -02 at midnight. Troll: from +00 to +02 at 01:00.
calendar('America/Sao_Paulo', { sun => $ALWAYS });
worked('a day that begins at 01:00', '2018-11-04 00:00:00', '2018-11-05 12:00:00', 23);
calendar('Antarctica/Troll', each_day([ [ '00:30', '03:30' ] ]));
worked('two hours skipped', '2024-03-31 00:00:00', '2024-03-31 12:00:00', 1);

# Dates that never were: Apia went from -10 to +14 after Thursday 29 December
# 2011, Kwajalein from -12 to +12 after Friday 20 August 1993.
calendar('Pacific/Apia', { fri => $ALWAYS });
worked('a skipped Friday', '2011-12-25 00:00:00', '2012-01-05 10:00:00', 0);
added('over it', '2011-12-29 10:00:00', '1 hour', '2012-01-05 11:00:00');
calendar('Pacific/Apia', {}, extra => { '2011-12-30' => $ALWAYS, '2011-12-31' => $ALWAYS });
worked('work on a day that never was', '2011-12-25 00:00:00', '2012-01-05 10:00:00', 24);
calendar('Pacific/Kwajalein', { sat => $ALWAYS });
worked('a skipped Saturday', '1993-08-20 12:00:00', '1993-08-22 12:00:00', 0);

# A date that was twice: Juneau went from +15:02:19 to -8:57:41 at 15:33:32.
calendar('America/Juneau', {}, extra => { '1867-10-18' => [ [ '16:00', '17:00' ] ] });
worked('a repeated date', '1867-10-18 00:00:00', '1867-10-20 00:00:00', 2, step => 1);
worked('its second time', '1867-10-19 00:57:41', '1867-10-19 01:27:41', 0.5, step => 1);

# New York went from -4:56:02 to -05 at 12:03:58.
calendar('America/New_York', { sun => [ [ '12:00', '12:15' ] ] });
worked('local mean time and standard time',
	'1883-11-18 12:00:00', '1883-11-18 20:00:00', (3 * 60 + 58 + 15 * 60) / 3600, step => 1);

# Shanghai, +08; 1 October 2026 is a Thursday.
calendar('Asia/Shanghai', { map { $_ => $OFFICE } @DAYS[ 0 .. 4 ] },
	holidays => [ '2026-10-01', '2026-10-02', '2026-10-05' ],
	extra    => {
		'2026-10-02' => [ [ '10:00', '11:00' ] ],
		'2026-10-10' => [ [ '09:00', '18:00' ] ],
		'2026-10-20' => [],
	});
worked('a plain day',          '2026-10-12 16:00:00', '2026-10-13 16:00:00', 8);
worked('a weekend',            '2026-10-16 10:00:00', '2026-10-19 01:00:00', 0);
worked('a holiday',            '2026-09-30 16:00:00', '2026-10-01 16:00:00', 0);
worked('work on a holiday',    '2026-10-01 16:00:00', '2026-10-02 16:00:00', 1);
worked('work on a Saturday',   '2026-10-09 16:00:00', '2026-10-10 16:00:00', 9);
worked('a day taken off',      '2026-10-19 16:00:00', '2026-10-20 16:00:00', 0);
worked('a week, back in time', '2026-10-18 16:00:00', '2026-10-11 16:00:00', -40);
worked('a moment',             '2026-10-13 02:00:00', '2026-10-13 02:00:00', 0);
worked('inside a minute',      '2026-10-13 02:00:01.5', '2026-10-13 02:00:04', 2.5 / 3600);
worked('over the end of a window', '2026-10-13 03:59:59.999999', '2026-10-13 05:00:00', 1 / 3600e6);
worked('over the start of a window', '2026-10-13 00:59:59', '2026-10-13 01:00:00.000001', 1 / 3600e6);

added('nothing, outside the windows', '2026-10-18 02:00:00', '0 hours', '2026-10-18 02:00:00');
added('the last of a week', '2026-10-16 09:59:59.999999', '1 microsecond', '2026-10-16 10:00:00');
added('the first of a week', '2026-10-16 10:00:00', '1 microsecond', '2026-10-19 01:00:00.000001');
added('the first of a week, back', '2026-10-19 01:00:00.000001', '-1 microsecond', '2026-10-19 01:00:00');
added('the last of a week, back', '2026-10-19 01:00:00', '-1 microsecond', '2026-10-16 09:59:59.999999');
added('a morning',           '2026-10-13 01:00:00', '3 hours', '2026-10-13 04:00:00');
added('a morning and a bit', '2026-10-13 01:00:00', '3 hours 1 second', '2026-10-13 05:00:01');
added('an afternoon, back',  '2026-10-13 10:00:00', '-5 hours', '2026-10-13 05:00:00');
added('an afternoon and a bit, back',
	'2026-10-13 10:00:00', '-5 hours -1 second', '2026-10-13 03:59:59');
added('from between the windows', '2026-10-13 04:30:00', '2 hours', '2026-10-13 07:00:00');
added('a day is 24 hours of work', '2026-10-12 01:00:00', '1 day', '2026-10-14 10:00:00');
added('over holidays', '2026-09-30 09:00:00', '3 hours', '2026-10-06 02:00:00');
added('farther than the walk', '2026-10-13 01:00:00', '999 hours', undef);

my $in = join '', map { JSON::PP->new->ascii->encode($_) . "\n" } @lines;
my ($out, $errors) = ('', '');
ok(IPC::Run::run([ 'python3', "$FindBin::Bin/working_time.py" ], \$in, \$out, \$errors),
	'the walker runs')
  or diag($errors);
my @answers = map { decode_json($_) } split /\n/, $out;
is(@answers, @expected, 'every question has its answer');
for my $i (0 .. $#expected)
{
	my ($name, $key, $value) = @{ $expected[$i] };
	is($answers[$i]{$key}, $value, $name);
}

$in = join '', map { JSON::PP->new->encode($_) . "\n" }
  { calendar => { name => 'asked', zone => 'America/New_York' } },
  { name => 'asked', from => '1883-11-18T00:00Z', to => '1883-11-18T01:00Z' };
IPC::Run::run([ 'python3', "$FindBin::Bin/working_time.py" ], \$in, \$out, \$errors);
like($errors, qr/by seconds/, 'a walk by minutes refuses an offset with seconds');

done_testing();
