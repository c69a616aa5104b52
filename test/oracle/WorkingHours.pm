package WorkingHours;

# Working time, found by walking through the minutes: each is worked as a whole or not
# at all.  Moments are whole seconds from an origin.  Where a calendar is undef, every
# moment works.
#
# of_document($document, $origin, $from, $until)
#     The calendar of a document of incident.import_calendar() between two moments, both
#     on whole minutes.  The origin is in seconds since 1970.
#
# of_pattern($pattern, $unit, $from)
#     A calendar without a clock on the wall: a 1 in the pattern is $unit seconds of
#     work, a 0 as many without.
#
# worked($calendar, $from, $until)     how much was worked from one moment to the other
# works($calendar, $moment)            whether the second after the moment is worked
# moment_after($calendar, $from, $amount)
#     The earliest moment by which so much has been worked; undef when the calendar does
#     not reach as far.
# edges($calendar)                     the moments at which work begins or ends

use strict;
use warnings;
use POSIX qw(tzset);

my @DAYS = qw(sun mon tue wed thu fri sat);

sub minute_of_day
{
	my ($clock) = @_;
	my ($hours, $minutes) = split /:/, $clock;
	return $hours * 60 + $minutes;
}

# The windows of a date, as pairs of minutes of the day.
sub windows_of
{
	my ($document, $date, $day) = @_;
	my $windows = $document->{week}{$day} || [];
	$windows = [] if grep { $_ eq $date } @{ $document->{holidays} || [] };
	$windows = $document->{extra}{$date} if $document->{extra}{$date};
	return [ map { [ map { minute_of_day($_) } @$_ ] } @$windows ];
}

sub of_document
{
	my ($document, $origin, $from, $until) = @_;
	my $directory = $ENV{TZDIR} || '/usr/share/zoneinfo';
	-e "$directory/$document->{zone}" or die "no zone $document->{zone} in $directory";

	my ($pattern, %windows) = ('');
	{
		local $ENV{TZ} = $document->{zone};
		tzset();
		for (my $moment = $from; $moment < $until; $moment += 60)
		{
			my ($minute, $hour, $day, $month, $year, $weekday) =
			  (localtime $origin + $moment)[ 1 .. 6 ];
			my $date = sprintf '%04d-%02d-%02d', $year + 1900, $month + 1, $day;
			my $now = $hour * 60 + $minute;
			$windows{$date} ||= windows_of($document, $date, $DAYS[$weekday]);
			$pattern .=
			  (grep { $_->[0] <= $now && $now < $_->[1] } @{ $windows{$date} }) ? '1' : '0';
		}
	}
	tzset();
	return of_pattern($pattern, 60, $from);
}

sub of_pattern
{
	my ($pattern, $unit, $from) = @_;
	my (@worked_before, @working);
	for my $number (0 .. length($pattern) - 1)
	{
		push @worked_before, scalar @working;
		push @working, $number if substr $pattern, $number, 1;
	}
	return {
		pattern       => $pattern,
		unit          => $unit,
		from          => $from,
		worked_before => \@worked_before,    # of each unit: how many before it work
		working       => \@working,          # the units that work
	};
}

# The unit that begins at a moment or has begun, and how much of it is over.
sub place_of
{
	my ($calendar, $moment) = @_;
	my $since  = $moment - $calendar->{from};
	my $number = int($since / $calendar->{unit});
	die "a calendar does not reach $moment"
	  if $since < 0 || $number >= length $calendar->{pattern};
	return ($number, $since - $number * $calendar->{unit});
}

# What was worked from the beginning of the calendar.
sub worked_until
{
	my ($calendar, $moment) = @_;
	my ($number, $over) = place_of($calendar, $moment);
	my $worked = $calendar->{worked_before}[$number] * $calendar->{unit};
	return $worked + (substr($calendar->{pattern}, $number, 1) ? $over : 0);
}

sub worked
{
	my ($calendar, $from, $until) = @_;
	return $until - $from unless defined $calendar;
	return worked_until($calendar, $until) - worked_until($calendar, $from);
}

sub works
{
	my ($calendar, $moment) = @_;
	return 1 unless defined $calendar;
	my ($number) = place_of($calendar, $moment);
	return substr $calendar->{pattern}, $number, 1;
}

# The end of the last second of the amount.
sub moment_after
{
	my ($calendar, $from, $amount) = @_;
	return $from + $amount if !defined $calendar || $amount == 0;
	my $second = worked_until($calendar, $from) + $amount - 1;
	my $number = $calendar->{working}[ int($second / $calendar->{unit}) ];
	return undef unless defined $number;
	return $calendar->{from} + $number * $calendar->{unit} + $second % $calendar->{unit} + 1;
}

sub edges
{
	my ($calendar) = @_;
	my $pattern = $calendar->{pattern};
	return map { $calendar->{from} + $_ * $calendar->{unit} }
	  grep { substr($pattern, $_ - 1, 1) ne substr($pattern, $_, 1) } 1 .. length($pattern) - 1;
}

1;
