package RandomPolicies;

# Random policies, with and without calendars and deadlines, and their documents.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Lives;

my @LEVELS     = (1 .. 9, 'none');
my @SEVERITIES = qw(critical severe moderate minor informational);

sub pick
{
	my ($rng, @all) = @_;
	return $all[ int($rng->() * @all) ];
}

# As many as asked for, in their order.
sub pick_some
{
	my ($rng, $count, @all) = @_;
	my %chosen;
	$chosen{ int($rng->() * @all) } = 1 while keys %chosen < $count;
	return @all[ sort { $a <=> $b } keys %chosen ];
}

sub some_of
{
	my ($rng, @all) = @_;
	my $share = 0.2 + 0.9 * $rng->();
	my @some = grep { $rng->() < $share } @all;
	return @some ? @some : pick($rng, @all);
}

# A matrix of levels in which neither a more urgent asset level nor a graver
# severity ever gives a less urgent level.
sub monotone_matrix
{
	my ($rng, $policy) = @_;
	my @assets     = @{ $policy->{asset_levels} };
	my @severities = @{ $policy->{severities} };
	my @rows;
	for (@assets)
	{
		push @rows, [ sort { $a <=> $b }
			  map { int($rng->() * @{ $policy->{levels} }) } @severities ];
	}
	my %matrix;
	for my $column (0 .. $#severities)
	{
		my @column = sort { $a <=> $b } map { $_->[$column] } @rows;
		$matrix{ $assets[$_] }{ $severities[$column] } = $policy->{levels}[ $column[$_] ]
		  for 0 .. $#assets;
	}
	return \%matrix;
}

# Whole seconds, from seconds to weeks; some levels have the time of the one
# above, and from some level on there is no limit.
sub processing_times
{
	my ($rng, @levels) = @_;
	my $shortest = 1 + int(10**(4 * $rng->()));
	my $limited  = $rng->() < 0.4 ? @levels : int($rng->() * (@levels + 1));
	my ($time, %times) = ($shortest);
	for my $level (@levels[ 0 .. $limited - 1 ])
	{
		$times{$level} = $time;
		$time += 1 + int($shortest * 10**(2 * $rng->())) if $rng->() < 0.85;
	}
	return \%times;
}

# Every moment works, and there are no deadlines.
sub plain_policy
{
	my ($rng, $name) = @_;
	my %policy = (
		name       => $name,
		levels     => [ some_of($rng, @LEVELS) ],
		severities => [ some_of($rng, @SEVERITIES) ],
		hold_stops => $rng->() < 0.5 ? ['processing'] : [],
	);
	$policy{asset_levels} =
	  $rng->() < 0.5 ? $policy{levels} : [ some_of($rng, @{ $policy{levels} }) ];
	$policy{event}      = monotone_matrix($rng, \%policy);
	$policy{response}   = monotone_matrix($rng, \%policy);
	$policy{limits}     = { processing => processing_times($rng, @{ $policy{levels} }) };
	return \%policy;
}

# A length of time that looks like one: minutes mostly, now and then with seconds.
sub short_time
{
	my ($rng, $longest) = @_;
	my $time = $rng->()**2 * $longest;
	return $rng->() < 0.7 ? 300 * int($time / 300 + 1) : 1 + int($time);
}

sub working_times
{
	my ($rng, $longest, @levels) = @_;
	my $shortest = short_time($rng, $longest / 4);
	my ($time, %times) = ($shortest);
	for my $level (@levels)
	{
		$times{$level} = $time;
		$time += short_time($rng, $longest / @levels) if $rng->() < 0.9;
	}
	delete $times{ $levels[-1] } if $rng->() < 0.4;
	return \%times;
}

# For levels that an event can have. Some have none; now and then one is due at once.
sub deadlines
{
	my ($rng, $longest, $policy) = @_;
	my %used = map { $_ => 1 } map { values %$_ } values %{ $policy->{event} };
	my %times;
	for my $level (grep { $used{$_} } @{ $policy->{levels} })
	{
		next if $rng->() < 0.3;
		$times{$level} = $rng->() < 0.05 ? 0 : short_time($rng, $longest);
	}
	return \%times;
}

# Three clocks, on the calendars of the levels: two or three pairs of a name and a calendar
# (WorkingHours).
sub working_policy
{
	my ($rng, $name, @calendars) = @_;
	my @levels = pick_some($rng, 3 + int(2 * $rng->()), @LEVELS);
	my %policy = (
		name         => $name,
		levels       => \@levels,
		asset_levels => \@levels,
		severities   => [ pick_some($rng, 2 + int(2 * $rng->()), @SEVERITIES) ],
		hold_stops   => [ grep { $rng->() < 0.5 } @Lives::CLOCKS ],
	);
	$policy{event}    = monotone_matrix($rng, \%policy);
	$policy{response} = monotone_matrix($rng, \%policy);
	$policy{limits}   = {
		processing      => working_times($rng, 12 * 3600, @levels),
		acknowledgement => deadlines($rng, 2 * 3600, \%policy),
		response        => deadlines($rng, 5 * 3600, \%policy),
	};
	my $first = int($rng->() * @calendars);
	for my $number (0 .. $#levels)
	{
		my $calendar = $calendars[ ($first + $number) % @calendars ];
		$policy{calendar_names}{ $levels[$number] } = $calendar->[0];
		$policy{calendars}{ $levels[$number] } = $calendar->[1];
	}
	return \%policy;
}

sub clock_word
{
	my ($minute) = @_;
	return sprintf '%02d:%02d', int($minute / 60), $minute % 60;
}

# Up to three windows of a day, on quarters of an hour mostly.
sub windows
{
	my ($rng) = @_;
	my %edges;
	my $count = 2 * (1 + int(3 * $rng->()));
	while (keys %edges < $count)
	{
		my $minute = int(24 * 60 * $rng->());
		$minute = 15 * int($minute / 15) if $rng->() < 0.8;
		$minute = pick($rng, 0, 24 * 60) if $rng->() < 0.15;
		$edges{$minute} = 1;
	}
	my @edges = map { clock_word($_) } sort { $a <=> $b } keys %edges;
	my @windows;
	push @windows, [ splice @edges, 0, 2 ] while @edges;
	return \@windows;
}

# The document of a calendar that works some of the time on most days, and on other ones of
# the dates given than its week says.
sub calendar_document
{
	my ($rng, $name, $zone, @dates) = @_;
	my %week = map { $rng->() < 0.15 ? () : ($_ => windows($rng)) }
	  qw(mon tue wed thu fri sat sun);
	my @holidays = grep { $rng->() < 0.12 } @dates;
	my %extra = map { $_ => $rng->() < 0.2 ? [] : windows($rng) }
	  grep { $rng->() < 0.08 } @dates, @holidays;
	return {
		name     => $name,
		zone     => $zone,
		week     => \%week,
		holidays => \@holidays,
		extra    => \%extra,
	};
}

sub interval
{
	my ($seconds) = @_;
	return undef unless defined $seconds;
	return "$seconds seconds" if $seconds < 86400;
	return int($seconds / 86400) . ' days ' . $seconds % 86400 . ' seconds';
}

sub level_of_document
{
	my ($policy, $level, $model) = @_;
	my %limits = %{ $policy->{limits} };
	my $calendar = $policy->{calendar_names}{$level};
	my $acknowledgement = interval($limits{acknowledgement}{$level});
	return {
		%$model,
		level           => "$level",
		title           => { en => "grade $level", zh => "grade $level" },
		processing_time => interval($limits{processing}{$level}),
		acknowledge     => defined $acknowledgement ? { within => $acknowledgement } : undef,
		respond_within  => interval($limits{response}{$level}),
		defined $calendar ? (calendar => $calendar) : (),
	};
}

# The document of a policy: that of eport, which is given, with other levels and figures, and
# with nothing to be done by anybody.
sub document
{
	my ($policy, $eport) = @_;
	my %document = (
		%$eport,
		name       => $policy->{name},
		hold       => { stops => $policy->{hold_stops} },
		levels     => [
			map { level_of_document($policy, $_, $eport->{levels}[0]) } @{ $policy->{levels} }
		],
		severities => [
			map { +{ %{ $eport->{severities}[0] }, severity => $_, title => { en => $_, zh => $_ } } } @{ $policy->{severities} }
		],
		matrix     => matrix($policy, @{ Grading::asset_levels($policy) }),
		map({ $_ => [] } qw(duties authorities posts categories)),
		messages => { missed_ticks => 'latest' },
	);
	return JSON::PP->new->ascii->canonical->encode(\%document);
}

# The matrix of a policy's document, for these asset levels.
sub matrix
{
	my ($policy, @assets) = @_;
	my @items;
	for my $asset (@assets)
	{
		for my $severity (@{ $policy->{severities} })
		{
			push @items,
			  {
				asset_level    => "$asset",
				severity       => $severity,
				event_level    => "$policy->{event}{$asset}{$severity}",
				response_level => "$policy->{response}{$asset}{$severity}",
			  };
		}
	}
	return \@items;
}

1;
