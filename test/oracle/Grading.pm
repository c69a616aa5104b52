package Grading;

# Event level, response level and limits, worked out the slow way from the rule text.
# Levels and severities are strings, undef is unknown, times are whole seconds.
#
# A policy is a hash:
#   levels, severities   most urgent first
#   asset_levels         those that an asset may have, if not all
#   event, response      by asset level, then by severity
#   limits               by clock (processing, acknowledgement, response), then by event
#                        level; a level that is absent has no limit
#   calendars            by event level; a level that is absent works at every moment
#   hold_stops           the clocks that a hold stops
#
# An elapsed time is a number of seconds or, where calendars differ, a function that gives
# the seconds on the calendar of an event level.

use strict;
use warnings;

my %FIGURES = (
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
	limits => { processing => { '1' => 2 * 3600, '2' => 4 * 3600, '3' => 8 * 3600 } },
);

our $EPORT   = { %FIGURES, name => 'eport',   hold_stops => [] };
our $PAUSING = { %FIGURES, name => 'pausing', hold_stops => ['processing'] };

# The same policy with every time multiplied.
sub scaled
{
	my ($policy, $factor) = @_;
	my %limits;
	for my $clock (keys %{ $policy->{limits} })
	{
		my %times = %{ $policy->{limits}{$clock} };
		$limits{$clock} = { map { $_ => $times{$_} * $factor } keys %times };
	}
	return { %$policy, limits => \%limits };
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

sub limit
{
	my ($policy, $clock, $event) = @_;
	return $policy->{limits}{$clock}{$event};
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
	my ($shortest) = sort { $a <=> $b } grep { defined } map {
		limit($policy, 'processing', $policy->{event}{ $_->[0] }{ $_->[1] })
	} possible_values($policy, $asset, $severity);
	return $shortest;
}

sub elapsed_of
{
	my ($elapsed, $event) = @_;
	return ref $elapsed ? $elapsed->($event) : $elapsed;
}

# "When the time left is no longer than a more urgent level's processing time
# the response rises to that level."  A clock that stopped at the very moment
# did not reach it.
sub response_of_known
{
	my ($policy, $asset, $severity, $elapsed, $running) = @_;
	my $event    = $policy->{event}{$asset}{$severity};
	my $response = $policy->{response}{$asset}{$severity};
	my $limit    = limit($policy, 'processing', $event);
	return $response unless defined $limit;

	my $left = $limit - elapsed_of($elapsed, $event);
	for my $level (@{ $policy->{levels} })
	{
		next unless more_urgent($policy, $level, $event);
		my $needed = limit($policy, 'processing', $level);
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

# Whether the limit of a clock is reached, for any of the possible pairs.
sub is_late
{
	my ($policy, $clock, $asset, $severity, $elapsed, $running) = @_;
	for my $pair (possible_values($policy, $asset, $severity))
	{
		my $event = $policy->{event}{ $pair->[0] }{ $pair->[1] };
		my $limit = limit($policy, $clock, $event);
		next unless defined $limit;
		my $shown = elapsed_of($elapsed, $event);
		return 1 if $running ? $shown >= $limit : $shown > $limit;
	}
	return 0;
}

# Every elapsed time of a clock at which a level or a lateness may come about.
sub figures
{
	my ($policy, $clock) = @_;
	my @times = values %{ $policy->{limits}{$clock} };
	my %figure = map { $_ => 1 } @times;
	for my $longer (@times)
	{
		for my $shorter ($clock eq 'processing' ? @times : ())
		{
			$figure{ $longer - $shorter } = 1 if $longer > $shorter;
		}
	}
	return sort { $a <=> $b } keys %figure;
}

1;
