package Lives;

# Random lives of incidents, and what follows from the facts of a life.
#
# A life is a list of facts in recording order.  The facts that count at a
# moment are those effective by then, ordered by effective time and, within
# one second, by recording order.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Grading;

# From which statuses a kind of fact is allowed, and to which it leads.
my @ALL     = qw(open acknowledged active on_hold resolved closed cancelled);
my @WORKING = qw(open acknowledged active);
my %FROM    = (
	acknowledged => ['open'],
	activated    => [ 'open', 'acknowledged' ],
	held         => [@WORKING],
	resumed      => ['on_hold'],
	resolved     => [ @WORKING, 'on_hold' ],
	closed       => ['resolved'],
	reopened     => [ 'resolved', 'closed', 'cancelled' ],
	cancelled    => [ @WORKING, 'on_hold' ],
	assessed     => [ @WORKING, 'on_hold', 'resolved' ],
	noted        => [@ALL],
);
my %TO = (
	acknowledged => 'acknowledged',
	activated    => 'active',
	held         => 'on_hold',
	resolved     => 'resolved',
	closed       => 'closed',
	reopened     => 'open',
	cancelled    => 'cancelled',
);

sub fits
{
	my ($kind, $status) = @_;
	return (grep { $_ eq $status } @{ $FROM{$kind} || [] }) ? 1 : 0;
}

sub runs
{
	my ($policy, $status) = @_;
	return 0 if $status =~ /^(?:resolved|closed|cancelled)$/;
	return 0 if $status eq 'on_hold' && $policy->{hold_stops};
	return 1;
}

sub regrades
{
	my ($policy, $kind) = @_;
	return 1 if $kind =~ /^(?:opened|assessed|reopened)$/;
	return 1 if $kind eq 'resumed' && $policy->{hold_stops};
	return 0;
}

sub in_order
{
	my ($facts) = @_;
	my @by = sort {
		$facts->[$a]{effective} <=> $facts->[$b]{effective} || $a <=> $b
	} 0 .. $#$facts;
	return map { $facts->[$_] } @by;
}

# What holds at $moment after the given ordered facts, none of them later
# than the moment.  'fitted' says whether the last of them had an effect.
sub replay
{
	my ($policy, $ordered, $moment) = @_;
	my %now = (elapsed => 0, fitted => 0);
	my ($since, $before_hold);
	for my $fact (@$ordered)
	{
		if ($fact->{kind} eq 'opened')
		{
			%now = (
				status   => 'open',
				severity => $fact->{severity},
				asset    => $fact->{asset_level},
				elapsed  => 0,
				fitted   => 1,
			);
			$since = $fact->{effective};
			next;
		}
		$now{fitted} = fits($fact->{kind}, $now{status});
		next unless $now{fitted};

		$now{elapsed} += $fact->{effective} - $since
		  if runs($policy, $now{status});
		$since = $fact->{effective};

		$before_hold = $now{status} if $fact->{kind} eq 'held';
		$now{status} = $TO{ $fact->{kind} } if $TO{ $fact->{kind} };
		$now{status} = $before_hold if $fact->{kind} eq 'resumed';
		if ($fact->{kind} eq 'assessed')
		{
			$now{severity} = $fact->{severity} if exists $fact->{severity};
			$now{asset} = $fact->{asset_level} if exists $fact->{asset_level};
		}
	}
	$now{running} = runs($policy, $now{status});
	$now{elapsed} += $moment - $since if $now{running};

	my @values = ($policy, $now{asset}, $now{severity});
	$now{event}    = Grading::event_level(@values);
	$now{response} = Grading::response_level(@values, $now{elapsed}, $now{running});
	$now{breached} = Grading::is_breached(@values, $now{elapsed}, $now{running});
	return \%now;
}

# The first moment at which the clock shows $figure, or undef.
sub moment_of_elapsed
{
	my ($policy, $ordered, $figure, $until) = @_;
	my @corners = map { $_->{effective} } @$ordered;
	push @corners, $until;
	for my $i (0 .. $#corners - 1)
	{
		my $here = replay($policy, [ @{$ordered}[ 0 .. $i ] ], $corners[$i]);
		my $missing = $figure - $here->{elapsed};
		next if $missing < 0;
		return $corners[$i] if $missing == 0;
		return $corners[$i] + $missing
		  if $here->{running} && $corners[$i] + $missing <= $corners[ $i + 1 ];
	}
	return undef;
}

# The derived entries up to and including $until, and the levels and breach
# that stand then.
sub derive
{
	my ($policy, $facts, $until) = @_;
	my @ordered = grep { $_->{effective} <= $until } in_order($facts);

	my %moments = map { $_->{effective} => 1 } @ordered;
	for my $figure (Grading::figures($policy))
	{
		my $moment = moment_of_elapsed($policy, \@ordered, $figure, $until);
		$moments{$moment} = 1 if defined $moment;
	}

	my @entries;
	my %stands = (event => '', response => '', breached => 0);
	for my $moment (sort { $a <=> $b } keys %moments)
	{
		my $give = sub {
			my ($kind) = @_;
			push @entries,
			  {
				at             => $moment + 0,
				kind           => $kind,
				event_level    => $stands{event},
				response_level => $stands{response},
			  };
		};

		for my $i (0 .. $#ordered)
		{
			my $fact = $ordered[$i];
			next unless $fact->{effective} == $moment;
			next unless regrades($policy, $fact->{kind});
			my $now = replay($policy, [ @ordered[ 0 .. $i ] ], $moment);
			next unless $now->{fitted};

			my $was_breached = $stands{breached};
			my $differs = $now->{event} ne $stands{event}
			  || $now->{response} ne $stands{response};
			%stands = map { $_ => $now->{$_} } qw(event response breached);
			$give->('graded') if $differs;
			$give->('breached') if $stands{breached} && !$was_breached;
		}

		my @by_now = grep { $_->{effective} <= $moment } @ordered;
		my $now = replay($policy, \@by_now, $moment);
		next unless $now->{running};
		if (Grading::more_urgent($policy, $now->{response}, $stands{response}))
		{
			$stands{response} = $now->{response};
			$give->('escalated');
		}
		if ($now->{breached} && !$stands{breached})
		{
			$stands{breached} = 1;
			$give->('breached');
		}
	}
	return (\@entries, \%stands);
}

sub advance
{
	my ($policy, $facts, $until) = @_;
	my ($entries) = derive($policy, $facts, $until);
	return @$entries;
}

# The state at a moment, or undef before the detection.
sub state_at
{
	my ($policy, $facts, $moment) = @_;
	my @by_now = grep { $_->{effective} <= $moment } in_order($facts);
	return undef unless @by_now;
	my $now = replay($policy, \@by_now, $moment);
	my (undef, $stands) = derive($policy, $facts, $moment);
	return {
		status         => $now->{status},
		severity       => $now->{severity},
		asset_level    => $now->{asset},
		event_level    => $stands->{event},
		response_level => $stands->{response},
		elapsed        => $now->{elapsed},
		on_hold        => $now->{status} eq 'on_hold' ? 1 : 0,
		breached       => $stands->{breached},
	};
}

# The same entries by living through every second with a stop-watch in hand.
sub advance_by_second
{
	my ($policy, $facts, $until) = @_;
	my %at_second;
	push @{ $at_second{ $_->{effective} } }, $_ for @$facts;

	my ($status, $before_hold, $asset, $severity);
	my ($event, $response, $breached) = ('', '', 0);
	my $watch = 0;
	my @entries;

	for my $second ($facts->[0]{effective} .. $until)
	{
		$watch++ if defined $status && runs($policy, $status);

		for my $fact (@{ $at_second{$second} || [] })
		{
			my $kind = $fact->{kind};
			if ($kind eq 'opened')
			{
				($status, $asset, $severity) =
				  ('open', $fact->{asset_level}, $fact->{severity});
			}
			elsif (!fits($kind, $status))
			{
				next;
			}
			elsif ($kind eq 'assessed')
			{
				$asset    = $fact->{asset_level} if exists $fact->{asset_level};
				$severity = $fact->{severity}    if exists $fact->{severity};
			}
			elsif ($kind eq 'held')
			{
				($before_hold, $status) = ($status, 'on_hold');
			}
			elsif ($kind eq 'resumed')
			{
				$status = $before_hold;
			}
			elsif ($kind ne 'noted')
			{
				$status = $TO{$kind};
			}

			next unless regrades($policy, $kind);
			my $running = runs($policy, $status);
			my @new = (
				Grading::event_level($policy, $asset, $severity),
				Grading::response_level($policy, $asset, $severity, $watch, $running),
				Grading::is_breached($policy, $asset, $severity, $watch, $running),
			);
			push @entries, [ $second, 'graded', @new[ 0, 1 ] ]
			  if $new[0] ne $event || $new[1] ne $response;
			push @entries, [ $second, 'breached', @new[ 0, 1 ] ]
			  if $new[2] && !$breached;
			($event, $response, $breached) = @new;
		}

		next unless runs($policy, $status);
		my $reached = Grading::response_level($policy, $asset, $severity, $watch);
		if (Grading::more_urgent($policy, $reached, $response))
		{
			$response = $reached;
			push @entries, [ $second, 'escalated', $event, $response ];
		}
		if (!$breached && Grading::is_breached($policy, $asset, $severity, $watch))
		{
			$breached = 1;
			push @entries, [ $second, 'breached', $event, $response ];
		}
	}

	my @names = qw(at kind event_level response_level);
	my @named;
	for my $entry (@entries)
	{
		my %named;
		@named{@names} = @$entry;
		push @named, \%named;
	}
	return @named;
}

# A generator of numbers in [0, 1) that is the same on every perl.
sub rng
{
	my ($seed) = @_;
	my $state = ($seed * 7919 + 104729) % 2147483646 + 1;
	my $next = sub {
		$state = $state * 48271 % 2147483647;
		return ($state - 1) / 2147483646;
	};
	$next->() for 1 .. 8;
	return $next;
}

my %WEIGHT = (
	assessed     => 30,
	noted        => 6,
	acknowledged => 15,
	activated    => 15,
	held         => 18,
	resumed      => 30,
	resolved     => 12,
	closed       => 12,
	reopened     => 35,
	cancelled    => 4,
);

# A random life.  Each fact fits the status at its effective time as far as
# the facts recorded before it tell; a later, back-dated fact may undo that.
# Options: policy (default eport), hour (seconds in an hour, 3600),
# max_facts (15).
sub random_life
{
	my ($rng, %options) = @_;
	$rng = rng($rng) unless ref $rng;
	my $policy    = $options{policy}    || $Grading::EPORT;
	my $hour      = $options{hour}      || 3600;
	my $max_facts = $options{max_facts} || 15;

	my $below = sub { return int($_[0] * $rng->()) };
	my $pick  = sub { return $_[ $below->(scalar @_) ] };
	my $value = sub {
		my ($values) = @_;
		return $rng->() < 0.25 ? undef : $pick->(@$values);
	};

	my $detected = $below->($hour + 1);
	my $end      = $detected + $hour + $below->(13 * $hour + 1);
	my $late =
	    $rng->() < 0.5 ? 0
	  : $rng->() < 0.8 ? $below->($hour / 6)
	  :                  $below->($hour);
	my @facts = (
		{
			kind        => 'opened',
			effective   => $detected,
			recorded    => $detected + $late,
			severity    => $value->($policy->{severities}),
			asset_level => $value->(Grading::asset_levels($policy)),
		}
	);

	my @recorded;
	for (1 .. $below->($max_facts))
	{
		my $roll = $rng->();
		my $moment =
		    $roll < 0.20             ? $detected + $pick->(2, 4, 6, 8) * $hour
		  : $roll < 0.32 && @recorded ? $pick->(@recorded)
		  :                            $detected + $below->($end - $detected + 1);
		$moment = $end if $moment > $end;
		$moment = $facts[0]{recorded} if $moment < $facts[0]{recorded};
		push @recorded, $moment;
	}

	for my $recorded (sort { $a <=> $b } @recorded)
	{
		my @ordered   = in_order(\@facts);
		my $effective = $recorded;
		my $roll      = $rng->();
		if ($roll < 0.15)
		{
			my @so_far = grep { $_->{effective} <= $recorded } @ordered;
			my $moment = moment_of_elapsed($policy, \@so_far,
				$pick->(Grading::figures($policy)), $recorded);
			$effective = $moment if defined $moment;
		}
		elsif ($roll < 0.30)
		{
			$effective = $pick->(@facts)->{effective};
		}
		elsif ($roll < 0.40)
		{
			$effective = $recorded - $below->($hour / 6);
		}
		elsif ($roll < 0.52)
		{
			$effective = $detected + $below->($recorded - $detected + 1);
		}
		$effective = $detected if $effective < $detected;

		my @before = grep { $_->{effective} <= $effective } @ordered;
		my $status = replay($policy, \@before, $effective)->{status};
		my @kinds  = grep { fits($_, $status) } sort keys %FROM;
		my %fact   = (
			kind      => $pick->(map { ($_) x $WEIGHT{$_} } @kinds),
			effective => $effective,
			recorded  => $recorded,
		);
		if ($fact{kind} eq 'assessed')
		{
			my $which = $pick->('severity', 'asset_level', 'both');
			$fact{severity} = $value->($policy->{severities})
			  if $which ne 'asset_level';
			$fact{asset_level} = $value->(Grading::asset_levels($policy))
			  if $which ne 'severity';
		}
		push @facts, \%fact;
	}
	return @facts;
}

1;
