# The oracle's rules of calendars, deadlines and holds: by hand, and random lives against
# the walk through every second.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Test::More;
use Time::Local qw(timegm);
use Grading;
use Lives;
use RandomLives;
use RandomPolicies;
use Stepping;
use WorkingHours;

sub utc
{
	my ($date, $clock) = @_;
	my ($year, $month, $day) = split /-/, $date;
	my ($hour, $minute) = split /:/, $clock || '00:00';
	return timegm(0, $minute, $hour, $day, $month - 1, $year);
}

# The calendar of a document from a date on, in seconds since its beginning in UTC.
sub calendar
{
	my ($from, $days, $zone, $week, %more) = @_;
	return WorkingHours::of_document({ zone => $zone, week => $week, %more },
		utc($from), 0, $days * 86400);
}

my %whole = map { $_ => [ [ '00:00', '24:00' ] ] } qw(mon tue wed thu fri sat sun);
my %office = map { $_ => [ [ '09:00', '12:00' ], [ '13:00', '18:00' ] ] } qw(mon tue wed thu fri);

# A day of the week in a zone, whole; hours worked and the moments (UTC) between which.
for my $case (
	[ 'Europe/Berlin', '2024-03-30', 'sun', 23, '23:00', '2024-03-31 22:00' ],
	[ 'Europe/Berlin', '2024-10-26', 'sun', 25, '22:00', '2024-10-27 23:00' ],
	[ 'Australia/Lord_Howe', '2024-04-06', 'sun', 24.5, '13:00', '2024-04-07 13:30' ],
	[ 'Australia/Lord_Howe', '2024-10-05', 'sun', 23.5, '13:30', '2024-10-06 13:00' ],
	[ 'Pacific/Apia', '2011-12-28', 'fri', 0 ],
	[ 'Asia/Beirut', '2024-03-30', 'sun', 23, '22:00', '2024-03-31 21:00' ],
	[ 'Asia/Kathmandu', '2024-03-30', 'sun', 24, '18:15', '2024-03-31 18:15' ])
{
	my ($zone, $from, $day, $hours, $begins, $ends) = @$case;
	my $calendar = calendar($from, 3, $zone, { $day => $whole{$day} });
	is(WorkingHours::worked($calendar, 0, 3 * 86400 - 60) / 3600, $hours, "$zone, hours of $day from $from on");
	next unless $hours;
	is_deeply([ WorkingHours::edges($calendar) ],
		[ map { $_ - utc($from) } utc($from, $begins), utc(split / /, $ends) ],
		"$zone, when $day begins and ends");
}

# 2024-03-29 is a Friday. In Berlin 9 o'clock is 8:00 UTC, from Sunday on 7:00.
{
	my $calendar = calendar('2024-03-29', 20, 'Europe/Berlin', \%office,
		holidays => [ '2024-04-01', '2024-04-03' ],
		extra    => { '2024-04-03' => [ [ '10:00', '11:30' ] ], '2024-04-02' => [] });
	my $hour = 3600;
	my $wednesday = 5 * 24 * $hour;
	is(WorkingHours::worked($calendar, 0, 24 * $hour), 8 * $hour, 'a plain day');
	is(WorkingHours::worked($calendar, 24 * $hour, $wednesday), 0, 'weekend, holiday, a day taken off');
	is(WorkingHours::worked($calendar, $wednesday, $wednesday + 24 * $hour), 1.5 * $hour, 'extra on a holiday');
	is(WorkingHours::worked($calendar, 9 * $hour + 17, 9 * $hour + 50), 33, 'within a minute');
	is(WorkingHours::moment_after($calendar, 0, 3 * $hour), 11 * $hour, 'the end of a window');
	is(WorkingHours::moment_after($calendar, 0, 3 * $hour + 1), 12 * $hour + 1, 'a second more');
	is(WorkingHours::moment_after($calendar, 0, 8 * $hour + 60), $wednesday + 8 * $hour + 60, 'over the days without');
	is(WorkingHours::moment_after($calendar, 30 * $hour, 0), 30 * $hour, 'nothing to be worked');
	is(WorkingHours::moment_after($calendar, 0, 1000 * $hour), undef, 'beyond the calendar');
}

# Lives by hand, in hours from Friday 2024-03-29 00:00 UTC. Level 1 counts every hour, 2
# and 3 office hours in UTC; level 3 has a short Friday.
my $weekdays = calendar('2024-03-29', 40, 'UTC', \%office);
my $short    = calendar('2024-03-29', 40, 'UTC', { %office, fri => [ [ '09:00', '11:00' ] ] });
my $OFFICE   = {
	%$Grading::EPORT,
	name      => 'office',
	calendars => { '2' => $weekdays, '3' => $short },
	limits    => {
		processing      => { '1' => 2 * 3600, '2' => 4 * 3600, '3' => 8 * 3600 },
		acknowledgement => { '1' => 1800, '2' => 3600, '3' => 2 * 3600 },
		response        => { '2' => 2 * 3600, '3' => 3 * 3600 },
	},
};

sub holding
{
	my ($policy, @clocks) = @_;
	return { %$policy, hold_stops => \@clocks };
}

sub life
{
	my @facts;
	for (@_)
	{
		my ($hours, $kind, @values) = @$_;
		push @facts, { kind => $kind, effective => int($hours * 3600 + 0.5), @values };
	}
	return \@facts;
}

sub entries
{
	my @texts;
	for my $entry (@_)
	{
		my $text = join ' ', @{$entry}{qw(at kind event_level response_level)};
		$text .= " $entry->{rule}" if defined $entry->{rule};
		push @texts, $text;
	}
	return \@texts;
}

sub expect
{
	my ($name, $policy, $life, @expected) = @_;
	my $until = 100 * 3600;
	my @wanted;
	for (@expected)
	{
		my ($hours, @words) = split ' ';
		push @wanted, join ' ', int($hours * 3600 + 0.5), @words;
	}
	is_deeply(entries(Lives::advance($policy, $life, $until)), \@wanted, $name);
	is_deeply(entries(Stepping::advance($policy, $life, $until, 180)), \@wanted, "$name, step by step");
}

my @L1 = (asset_level => '1', severity => 'minor');
my @L2 = (asset_level => '2', severity => 'minor');
my @L3 = (asset_level => '3', severity => 'minor');

# Monday begins at 72.
expect('left alone over a weekend', $OFFICE, life([ 10, 'opened', @L2 ]),
	'10 graded 2 2', '11 overdue 2 2 acknowledgement', '12 escalated 2 1',
	'12 overdue 2 1 response', '15 breached 2 1');

expect('detected at night', $OFFICE, life([ 16.5, 'opened', @L2 ]),
	'16.5 graded 2 2', '17.5 overdue 2 2 acknowledgement', '81.5 escalated 2 1',
	'81.5 overdue 2 1 response', '83.5 breached 2 1');

expect('acknowledged at the very moment, activated in time', $OFFICE,
	life([ 10, 'opened', @L2 ], [ 11, 'acknowledged' ], [ 11.5, 'activated' ]),
	'10 graded 2 2', '12 escalated 2 1', '15 breached 2 1');

expect('activation also acknowledges', $OFFICE, life([ 10, 'opened', @L2 ], [ 10.5, 'activated' ]),
	'10 graded 2 2', '12 escalated 2 1', '15 breached 2 1');

# On Friday at 12 level 2 has counted three hours, level 3 two, and level 1 four.
expect('a new level counts the same time by its own calendar', $OFFICE,
	life([ 8, 'opened', @L3 ], [ 12, 'assessed', asset_level => '2' ]),
	'8 graded 3 3', '11 overdue 3 3 acknowledgement', '12 graded 2 1', '12 overdue 2 1 response',
	'14 breached 2 1');
expect('there and back', $OFFICE,
	life([ 8, 'opened', @L3 ], [ 12, 'assessed', asset_level => '1' ], [ 12.5, 'assessed', asset_level => '3' ]),
	'8 graded 3 3', '11 overdue 3 3 acknowledgement', '12 graded 1 2', '12 breached 1 2',
	'12.5 graded 3 3', '82 overdue 3 3 response', '83 escalated 3 2', '86 escalated 3 1', '88 breached 3 1');

expect('an assessment takes lateness away and brings it back', $OFFICE,
	life([ 8, 'opened', @L2 ], [ 10.5, 'assessed', asset_level => '3' ], [ 10.75, 'assessed', asset_level => '2' ]),
	'8 graded 2 2', '10 overdue 2 2 acknowledgement', '10.5 graded 3 3',
	'10.75 graded 2 2', '10.75 overdue 2 2 acknowledgement', '11 escalated 2 1', '11 overdue 2 1 response',
	'14 breached 2 1');
expect('not when the deadline was met', $OFFICE,
	life([ 8, 'opened', @L2 ], [ 10.25, 'acknowledged' ], [ 10.5, 'assessed', asset_level => '3' ],
		[ 10.75, 'assessed', asset_level => '2' ], [ 10.9, 'activated' ]),
	'8 graded 2 2', '10 overdue 2 2 acknowledgement', '10.5 graded 3 3', '10.75 graded 2 2',
	'11 escalated 2 1', '14 breached 2 1');

expect('deadlines begin anew with each reopening, processing runs on', $OFFICE,
	life([ 10, 'opened', @L2 ], [ 10.5, 'acknowledged' ], [ 11.5, 'resolved' ], [ 13.5, 'reopened' ]),
	'10 graded 2 2', '14 escalated 2 1', '14.5 overdue 2 1 acknowledgement', '15.5 overdue 2 1 response',
	'16 breached 2 1');
expect('resolved at the very moment', $OFFICE,
	life([ 10, 'opened', @L2 ], [ 11, 'resolved' ], [ 11, 'reopened' ], [ 11.5, 'cancelled' ]),
	'10 graded 2 2');

# What is unknown is as late as the most urgent of all that it may be: a level 1 asset on
# its calendar, a level 2 one on another.
expect('unknown asset at night', $OFFICE,
	life([ 20, 'opened', asset_level => undef, severity => 'minor' ]),
	'20 graded 1 2', '20.5 overdue 1 2 acknowledgement', '22 breached 1 2',
	'83 escalated 1 1', '83 overdue 1 1 response');

my @hold = ([ 10, 'opened', @L2 ], [ 10.5, 'held' ], [ 11.5, 'resumed' ]);
expect('a hold that stops nothing', $OFFICE, life(@hold),
	'10 graded 2 2', '11 overdue 2 2 acknowledgement', '12 escalated 2 1', '12 overdue 2 1 response',
	'15 breached 2 1');
expect('a hold that stops acknowledgement', holding($OFFICE, 'acknowledgement'), life(@hold),
	'10 graded 2 2', '12 escalated 2 1', '12 overdue 2 1 acknowledgement', '12 overdue 2 1 response',
	'15 breached 2 1');
expect('a hold that stops response', holding($OFFICE, 'response'), life(@hold),
	'10 graded 2 2', '11 overdue 2 2 acknowledgement', '12 escalated 2 1', '14 overdue 2 1 response',
	'15 breached 2 1');
expect('a hold that stops processing', holding($OFFICE, 'processing'), life(@hold),
	'10 graded 2 2', '11 overdue 2 2 acknowledgement', '12 overdue 2 2 response', '14 escalated 2 1',
	'16 breached 2 1');
expect('held at the very moment', holding($OFFICE, 'acknowledgement'),
	life([ 10, 'opened', @L2 ], [ 11, 'held' ], [ 11.25, 'assessed', severity => 'moderate' ], [ 11.5, 'resumed' ]),
	'10 graded 2 2', '11.5 overdue 2 2 acknowledgement', '12 escalated 2 1', '12 overdue 2 1 response',
	'15 breached 2 1');
expect('a rise at the end of a hold is a grading where any clock stood', holding($OFFICE, 'response'),
	life([ 10, 'opened', @L2 ], [ 10.5, 'held' ], [ 12, 'resumed' ]),
	'10 graded 2 2', '11 overdue 2 2 acknowledgement', '12 graded 2 1', '14.5 overdue 2 1 response',
	'15 breached 2 1');
expect('due at once', { %$OFFICE, limits => { acknowledgement => { '2' => 0 } } },
	life([ 10, 'opened', @L2 ], [ 10, 'acknowledged' ], [ 11, 'resolved' ], [ 20, 'reopened' ]),
	'10 graded 2 2', '10 overdue 2 2 acknowledgement', '20 overdue 2 2 acknowledgement');

# The pause is kept when the calendar changes: on hold from 10.5 to 14, level 2 counts half
# an hour before it and the afternoon after it.
expect('a pause is kept', holding($OFFICE, 'processing', 'acknowledgement', 'response'),
	life([ 10, 'opened', @L3 ], [ 10.5, 'held' ], [ 14, 'resumed' ], [ 14.25, 'assessed', asset_level => '2' ]),
	'10 graded 3 3', '14.25 graded 2 2', '14.5 overdue 2 2 acknowledgement', '15.5 escalated 2 1',
	'15.5 overdue 2 1 response', '17.5 breached 2 1');

# A clock that ran until after the end of the day has not truly passed what it had reached
# by then; an assessment says so while it stands.
expect('reached at the end of a window, then resolved', $OFFICE,
	life([ 16, 'opened', @L2 ], [ 19, 'resolved' ], [ 20, 'assessed', severity => 'moderate' ]),
	'16 graded 2 2', '17 overdue 2 2 acknowledgement', '18 escalated 2 1', '18 overdue 2 1 response',
	'20 graded 2 2');

is_deeply(
	Lives::state_at($OFFICE, life([ 8, 'opened', @L3 ], [ 12, 'assessed', asset_level => '2' ]), 80 * 3600),
	{
		status         => 'open',
		severity       => 'minor',
		asset_level    => '2',
		event_level    => '2',
		response_level => '1',
		elapsed        => 8 * 3600,
		on_hold        => 0,
		breached       => 1,
	},
	'the time elapsed is that of the calendar of the level');

# Random lives with minutes for hours.
sub random_pattern
{
	my ($rng, $length) = @_;
	my $pattern = '';
	$pattern .= ($rng->() < 0.5) x (1 + int(12 * $rng->())) || '0' while length $pattern < $length;
	return $pattern;
}

sub whole_seconds
{
	my ($limits) = @_;
	my %whole;
	for my $clock (keys %$limits)
	{
		my %times = %{ $limits->{$clock} };
		$whole{$clock} = { map { $_ => int($times{$_} / 60) || ($clock eq 'processing' ? 1 : 0) } keys %times };
	}
	return \%whole;
}

my %seen = map { $_ => 0 } qw(acknowledgement response breached escalated);
for my $seed (1 .. 150)
{
	my $rng = RandomLives::rng($seed);
	my @calendars = map { [ $_, WorkingHours::of_pattern(random_pattern($rng, 400), 5, 0) ] } 1 .. 2;
	my $policy = RandomPolicies::working_policy($rng, 'random', [ 'always', undef ], @calendars);
	$policy->{limits} = whole_seconds($policy->{limits});
	my @liked = WorkingHours::edges($calendars[0][1]);
	my @life = RandomLives::random_life($rng, policy => $policy, hour => 60, liked => \@liked);
	my @derived = Lives::advance($policy, \@life, 960);
	is_deeply(entries(@derived), entries(Stepping::advance($policy, \@life, 960)), "seed $seed");
	$seen{ $_->{rule} || $_->{kind} }++ for @derived;
}
is_deeply([ grep { $seen{$_} < 20 } sort keys %seen ], [], 'every kind of entry occurs');

done_testing();
