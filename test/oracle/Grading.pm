package Grading;

# Event level, response level and processing time, worked out the slow way
# from the rule text.  Levels and severities are strings, undef is unknown,
# times are whole seconds.

use strict;
use warnings;

my %FIGURES = (
	# Most urgent first.
	levels     => [ '1', '2', '3', 'none' ],
	severities => [ 'severe', 'moderate', 'minor' ],
	event      => {
		'1'    => { severe => '1',    moderate => '1',    minor => '1' },
		'2'    => { severe => '2',    moderate => '2',    minor => '2' },
		'3'    => { severe => '3',    moderate => '3',    minor => '3' },
		'none' => { severe => 'none', moderate => 'none', minor => 'none' },
	},
	response => {
		'1'    => { severe => '1',    moderate => '1',    minor => '2' },
		'2'    => { severe => '1',    moderate => '2',    minor => '2' },
		'3'    => { severe => '2',    moderate => '3',    minor => '3' },
		'none' => { severe => 'none', moderate => 'none', minor => 'none' },
	},
	# By event level; a level that is absent has no limit.
	processing => { '1' => 2 * 3600, '2' => 4 * 3600, '3' => 8 * 3600 },
);

our $EPORT   = { %FIGURES, name => 'eport',   hold_stops => 0 };
our $PAUSING = { %FIGURES, name => 'pausing', hold_stops => 1 };

# The same policy with every time divided, for walks that visit each second.
sub shrunk
{
	my ($policy, $divisor) = @_;
	my %processing = map { $_ => $policy->{processing}{$_} / $divisor }
	  keys %{ $policy->{processing} };
	return { %$policy, processing => \%processing };
}

sub more_urgent
{
	my ($policy, $one, $other) = @_;
	for my $level (@{ $policy->{levels} })
	{
		return 0 if $level eq $other;
		return 1 if $level eq $one;
	}
	die "unknown levels $one, $other";
}

sub most_urgent
{
	my ($policy, @levels) = @_;
	my $best = shift @levels;
	for my $level (@levels)
	{
		$best = $level if more_urgent($policy, $level, $best);
	}
	return $best;
}

# The levels that an asset may have: all, unless the policy says which.
sub asset_levels
{
	my ($policy) = @_;
	return $policy->{asset_levels} || $policy->{levels};
}

# Every pair of values that the known and unknown values may stand for.
sub possible_values
{
	my ($policy, $asset, $severity) = @_;
	my @assets     = defined $asset    ? ($asset)    : @{ asset_levels($policy) };
	my @severities = defined $severity ? ($severity) : @{ $policy->{severities} };
	my @pairs;
	for my $possible (@assets)
	{
		push @pairs, [ $possible, $_ ] for @severities;
	}
	return @pairs;
}

sub event_level
{
	my ($policy, $asset, $severity) = @_;
	return most_urgent($policy,
		map { $policy->{event}{ $_->[0] }{ $_->[1] } }
		  possible_values($policy, $asset, $severity));
}

sub processing_time
{
	my ($policy, $asset, $severity) = @_;
	my $shortest;
	for my $pair (possible_values($policy, $asset, $severity))
	{
		my $event = $policy->{event}{ $pair->[0] }{ $pair->[1] };
		my $time  = $policy->{processing}{$event};
		next unless defined $time;
		$shortest = $time if !defined $shortest || $time < $shortest;
	}
	return $shortest;
}

# "When the time left is no longer than a more urgent level's processing time
# the response rises to that level."  A clock that stopped at the very moment
# did not reach it.
sub response_of_known
{
	my ($policy, $asset, $severity, $elapsed, $running) = @_;
	my $event    = $policy->{event}{$asset}{$severity};
	my $response = $policy->{response}{$asset}{$severity};
	my $limit    = $policy->{processing}{$event};
	return $response unless defined $limit;

	my $left = $limit - $elapsed;
	for my $level (@{ $policy->{levels} })
	{
		next unless more_urgent($policy, $level, $event);
		my $needed = $policy->{processing}{$level};
		next unless defined $needed;
		my $rises = $running ? $left <= $needed : $left < $needed;
		$response = most_urgent($policy, $response, $level) if $rises;
	}
	return $response;
}

sub response_level
{
	my ($policy, $asset, $severity, $elapsed, $running) = @_;
	$running = 1 unless defined $running;
	return most_urgent($policy,
		map { response_of_known($policy, @$_, $elapsed, $running) }
		  possible_values($policy, $asset, $severity));
}

sub is_breached
{
	my ($policy, $asset, $severity, $elapsed, $running) = @_;
	$running = 1 unless defined $running;
	my $limit = processing_time($policy, $asset, $severity);
	return 0 unless defined $limit;
	return ($running ? $elapsed >= $limit : $elapsed > $limit) ? 1 : 0;
}

# Every elapsed time at which a level or a breach may come about.
sub figures
{
	my ($policy) = @_;
	my @times = values %{ $policy->{processing} };
	my %figure = map { $_ => 1 } @times;
	for my $longer (@times)
	{
		for my $shorter (@times)
		{
			$figure{ $longer - $shorter } = 1 if $longer > $shorter;
		}
	}
	return sort { $a <=> $b } keys %figure;
}

1;
