package Lives;

# What follows from the facts of an incident's life.
#
# A life is a list of facts in recording order.  The facts that count at a moment are
# those effective by then, ordered by effective time and, within one second, by recording
# order.
#
# Reports under the incident's key are in the list too, by what they come to: one that is graver
# than all before, and than the incident, is a fact raised; any other one, heard, fits nowhere.
#
# An incident has three clocks.  Processing runs from the detection on, but not while the
# incident is resolved, closed or cancelled; when it is reopened it runs on.
# Acknowledgement and response are deadlines: they begin at zero with the opening and anew
# with each reopening, and are open until what they wait for has happened.  A hold stops
# the clocks that the policy names.  What a clock shows depends on who looks: it is the
# time in which it ran, as far as the calendar of an event level counts it as worked.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Grading;
use WorkingHours;

our @CLOCKS = qw(processing acknowledgement response);

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
	raised       => [ @WORKING, 'on_hold' ],
	noted        => [@ALL],
);
my %TO = (
	opened       => 'open',
	acknowledged => 'acknowledged',
	activated    => 'active',
	held         => 'on_hold',
	resolved     => 'resolved',
	closed       => 'closed',
	reopened     => 'open',
	cancelled    => 'cancelled',
);

# What a deadline waits for.
my %MEETS = (
	acknowledgement => [qw(acknowledged activated resolved cancelled)],
	response        => [qw(activated resolved cancelled)],
);
our @DEADLINES = sort keys %MEETS;

sub is_one_of
{
	my ($word, @words) = @_;
	return (grep { $_ eq $word } @words) ? 1 : 0;
}

sub kinds { return sort keys %FROM }

# While an incident is on hold it can be acknowledged and activated as it could before.
sub fits_behind_hold
{
	my ($kind, $status) = @_;
	return is_one_of($kind, qw(acknowledged activated)) && $status eq 'on_hold';
}

sub fits
{
	my ($kind, $status, $before_hold) = @_;
	$status = $before_hold if fits_behind_hold($kind, $status);
	return is_one_of($status, @{ $FROM{$kind} || [] });
}

# The status, and the one that it will return to from a hold, after a fact that fits.
sub status_after
{
	my ($kind, $status, $before_hold) = @_;
	return ($status, $TO{$kind}) if fits_behind_hold($kind, $status);
	return ('on_hold', $status) if $kind eq 'held';
	return ($before_hold, $before_hold) if $kind eq 'resumed';
	return (exists $TO{$kind} ? $TO{$kind} : $status, $before_hold);
}

sub begins_deadlines { return is_one_of($_[0], qw(opened reopened)) }

# Whether a clock runs in a status; a deadline, while it is open.
sub runs
{
	my ($policy, $clock, $status, $open) = @_;
	return 0 if $status eq 'on_hold' && is_one_of($clock, @{ $policy->{hold_stops} });
	return $open->{$clock} if $MEETS{$clock};
	return !is_one_of($status, qw(resolved closed cancelled));
}

sub regrades
{
	my ($policy, $kind) = @_;
	return 1 if is_one_of($kind, qw(opened assessed raised reopened));
	return 1 if $kind eq 'resumed' && @{ $policy->{hold_stops} };
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

# The situation after one more fact, from the one before.  It holds from 'since' on; 'ran'
# are the stretches until then in which each clock ran.
sub situation_after
{
	my ($policy, $before, $fact) = @_;
	my $kind = $fact->{kind};
	my @standing = @{$before}{qw(status before_hold)};
	return { %$before, fitted => 0 } unless $kind eq 'opened' || fits($kind, @standing);

	my %now = (%$before, fitted => 1, since => $fact->{effective});
	@now{qw(status before_hold)} = status_after($kind, @standing);
	if (is_one_of($kind, qw(opened assessed raised)))
	{
		$now{severity} = $fact->{severity}    if exists $fact->{severity};
		$now{asset}    = $fact->{asset_level} if exists $fact->{asset_level};
	}
	$now{$_} = {} for qw(open ran running);
	for my $clock (@CLOCKS)
	{
		my @stretches = @{ $before->{ran}{$clock} || [] };
		push @stretches, [ $before->{since}, $fact->{effective} ] if $before->{running}{$clock};
		if ($MEETS{$clock})
		{
			@stretches = () if begins_deadlines($kind);
			$now{open}{$clock} =
				begins_deadlines($kind)                 ? 1
			  : is_one_of($kind, @{ $MEETS{$clock} }) ? 0
			  :                                           $before->{open}{$clock};
		}
		$now{ran}{$clock} = \@stretches;
		$now{running}{$clock} = runs($policy, $clock, $now{status}, $now{open});
	}
	return \%now;
}

# The situation after each of the ordered facts.
sub situations
{
	my ($policy, @ordered) = @_;
	my ($now, @situations) = ({});
	for my $fact (@ordered)
	{
		$now = situation_after($policy, $now, $fact);
		push @situations, $now;
	}
	return @situations;
}

# What a clock shows on the calendar of an event level.
sub shown
{
	my ($policy, $situation, $clock, $event, $moment) = @_;
	my @stretches = @{ $situation->{ran}{$clock} };
	push @stretches, [ $situation->{since}, $moment ] if $situation->{running}{$clock};
	my $shown = 0;
	$shown += WorkingHours::worked($policy->{calendars}{$event}, @$_) for @stretches;
	return $shown;
}

# The levels by the rules at a moment of a situation, and what is late.
sub ruling
{
	my ($policy, $situation, $moment) = @_;
	my @values = @{$situation}{qw(asset severity)};
	my %ruling = (event => Grading::event_level($policy, @values));
	for my $clock (@CLOCKS)
	{
		my %shown;
		my $elapsed = sub {
			my ($event) = @_;
			$shown{$event} = shown($policy, $situation, $clock, $event, $moment)
			  unless defined $shown{$event};
			return $shown{$event};
		};
		my $running = $situation->{running}{$clock};
		$ruling{response} = Grading::response_level($policy, @values, $elapsed, $running)
		  if $clock eq 'processing';
		$ruling{late}{$clock} =
		  $MEETS{$clock} && !$situation->{open}{$clock}
		  ? 0
		  : Grading::is_late($policy, $clock, @values, $elapsed, $running);
	}
	return \%ruling;
}

# The moments from one to another at which a clock comes to a figure, on any calendar.
sub moments_of_figures
{
	my ($policy, $situation, $from, $until) = @_;
	my %moments;
	for my $clock (grep { $situation->{running}{$_} } @CLOCKS)
	{
		for my $event (@{ $policy->{levels} })
		{
			my $shown = shown($policy, $situation, $clock, $event, $from);
			for my $figure (grep { $_ > $shown } Grading::figures($policy, $clock))
			{
				my $moment = WorkingHours::moment_after($policy->{calendars}{$event},
					$from, $figure - $shown);
				$moments{$moment} = 1 if defined $moment && $moment <= $until;
			}
		}
	}
	return keys %moments;
}

# All moments at which something may follow from the ordered facts.
sub moments_to_look_at
{
	my ($policy, $ordered, $until) = @_;
	my @situations = situations($policy, @$ordered);
	my %moments;
	for my $i (0 .. $#situations)
	{
		my $from = $ordered->[$i]{effective};
		my $to = $i < $#situations ? $ordered->[ $i + 1 ]{effective} : $until;
		$moments{$_} = 1 for $from, moments_of_figures($policy, $situations[$i], $from, $to);
	}
	return sort { $a <=> $b } keys %moments;
}

# The derived entries up to and including $until, and the levels and lateness that stand
# then.
sub derive
{
	my ($policy, $facts, $until) = @_;
	my @ordered = grep { $_->{effective} <= $until } in_order($facts);
	my @situations = situations($policy, @ordered);

	my @entries;
	my %stands = (event => '', response => '', late => {});
	my $next = 0;
	for my $moment (moments_to_look_at($policy, \@ordered, $until))
	{
		my $give = sub {
			my ($kind, $clock) = @_;
			push @entries,
			  {
				at             => $moment + 0,
				kind           => $kind,
				event_level    => $stands{event},
				response_level => $stands{response},
				$kind eq 'overdue' ? (rule => $clock) : (),
			  };
		};
		my $give_late = sub {
			$give->($_ eq 'processing' ? 'breached' : 'overdue', $_) for @_;
		};

		for (; $next < @ordered && $ordered[$next]{effective} == $moment; $next++)
		{
			my ($kind, $now) = ($ordered[$next]{kind}, $situations[$next]);
			next unless $now->{fitted} && regrades($policy, $kind);
			my %was = (%stands, late => { %{ $stands{late} } });
			@{ $was{late} }{@DEADLINES} = () if begins_deadlines($kind);

			%stands = %{ ruling($policy, $now, $moment) };
			$give->('graded')
			  if $stands{event} ne $was{event} || $stands{response} ne $was{response};
			$give_late->(grep { $stands{late}{$_} && !$was{late}{$_} } @CLOCKS);
		}

		my $now = $situations[ $next - 1 ];
		my $ruling = ruling($policy, $now, $moment);
		if ($now->{running}{processing}
			&& Grading::more_urgent($policy, $ruling->{response}, $stands{response}))
		{
			$stands{response} = $ruling->{response};
			$give->('escalated');
		}
		for my $clock (grep { $now->{running}{$_} } @CLOCKS)
		{
			next if $stands{late}{$clock} || !$ruling->{late}{$clock};
			$stands{late}{$clock} = 1;
			$give_late->($clock);
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
	my ($now) = reverse situations($policy, @by_now);
	my (undef, $stands) = derive($policy, $facts, $moment);
	return {
		status         => $now->{status},
		severity       => $now->{severity},
		asset_level    => $now->{asset},
		event_level    => $stands->{event},
		response_level => $stands->{response},
		elapsed        => shown($policy, $now, 'processing', $stands->{event}, $moment),
		on_hold        => $now->{status} eq 'on_hold' ? 1 : 0,
		breached       => $stands->{late}{processing},
	};
}

1;
