package Stepping;

# What follows from the facts of an incident's life, by living through every moment with
# stop-watches in hand: one for each clock, and for each duty, and each level's calendar.
# All that happens must fall on whole steps.
#
# Besides what Grading tells, a policy may have
#   limits{acknowledgement}   by event level a time, or a list of times that ascend
#   escalation                steps, instead of the rule of the remaining time: a list of
#       to, event_levels (all unless given), and one of elapsed, remaining, percent, inactive;
#       reports, the facts that put off the last of these (all by which somebody acts)
#   duties                    a list of
#       duty, starts or after, scope (event or response), within (by level), until, done_by,
#       repeat (how often at most, 0: no limit; absent: once), also (overdue: it repeats then)
# A done fact has the name of a duty. Facts are given has_effect: 1 if they have one, else 0.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Grading;
use Lives;
use WorkingHours;

sub fits
{
	my ($life, $kind) = @_;
	return $kind eq 'done' ? 1 : Lives::fits($kind, @{$life}{qw(status before_hold)});
}

# Facts by which somebody acts.
our @REPORTS = qw(acknowledged activated assessed noted done resumed);

# Every step by inactivity has a watch of its own.
sub silence { return "inactivity $_[0]" }

sub watches_of_silence
{
	my ($policy, $kind) = @_;
	my @steps = @{ $policy->{escalation} || [] };
	my $begins = Lives::is_one_of($kind, qw(opened reopened));
	return map { silence($_) }
	  grep { defined $steps[$_]{inactive} && ($begins || Lives::is_one_of($kind, @{ $steps[$_]{reports} || \@REPORTS })) }
	  0 .. $#steps;
}

# Whether a watch has come to a figure; while it stands, whether it has passed it.
sub reached
{
	my ($shown, $figure, $running) = @_;
	return $running ? $shown >= $figure : $shown > $figure;
}

# The first fact from which a duty follows, through the duties that it comes after.
sub root_start
{
	my ($policy, $name) = @_;
	my %duty = map { $_->{duty} => $_ } @{ $policy->{duties} };
	my %seen;
	while (defined $duty{$name}{after})
	{
		return '' if $seen{$name}++;
		$name = $duty{$name}{after};
	}
	return $duty{$name}{starts};
}

# A new life: nothing has happened yet.
sub life
{
	my ($policy, $step) = @_;
	return {
		policy  => $policy,
		step    => $step,
		status  => 'new',
		event   => '',
		response => '',
		open    => {},    # deadlines that wait for something
		runs    => {},
		late    => { map { $_ => 0 } @Lives::CLOCKS },
		watch   => {},    # by clock, or step by inactivity, or duty
		seen    => {},    # facts of this cycle
		duty    => { map { $_->{duty} => { state => 'none', done => 0 } } @{ $policy->{duties} || [] } },
		entries => [],
	};
}

sub reset_watch
{
	my ($life, @names) = @_;
	$life->{watch}{$_} = { map { $_ => 0 } @{ $life->{policy}{levels} } } for @names;
	return;
}

# What runs in the status there is.
sub find_running
{
	my ($life) = @_;
	my ($policy, $status) = @{$life}{qw(policy status)};
	$life->{runs}{$_} = Lives::runs($policy, $_, $status, $life->{open}) for @Lives::CLOCKS;
	$life->{runs}{$_} = Lives::runs($policy, 'processing', $status, {}) for watches_of_silence($policy, 'opened');
	my $stopped = $status eq 'on_hold' && Lives::is_one_of('duties', @{ $policy->{hold_stops} });
	$life->{runs}{ $_->{duty} } = !$stopped for @{ $policy->{duties} || [] };
	return;
}

sub run_watches
{
	my ($life, $since) = @_;
	my @running = grep { $life->{runs}{$_} } keys %{ $life->{watch} } or return;
	for my $level (@{ $life->{policy}{levels} })
	{
		next unless WorkingHours::works($life->{policy}{calendars}{$level}, $since);
		$life->{watch}{$_}{$level} += $life->{step} for @running;
	}
	return;
}

sub note
{
	my ($life, $moment, $kind, %more) = @_;
	push @{ $life->{entries} },
	  {
		at             => $moment,
		kind           => $kind,
		event_level    => $life->{event},
		response_level => $life->{response},
		%more,
	  };
	return;
}

# The response that a step asks for, for a pair of known values; none when not reached.
sub response_of_step
{
	my ($life, $number, $event) = @_;
	my $policy = $life->{policy};
	my $rise   = $policy->{escalation}[$number];
	return 'none' if $rise->{event_levels} && !Lives::is_one_of($event, @{ $rise->{event_levels} });
	my $clock = defined $rise->{inactive} ? silence($number) : 'processing';
	my $limit = Grading::limit($policy, 'processing', $event);
	my $shown = $life->{watch}{$clock}{$event};
	my ($counted, $figure) =
	    defined $rise->{elapsed}  ? ($shown, $rise->{elapsed})
	  : defined $rise->{inactive} ? ($shown, $rise->{inactive})
	  : !defined $limit           ? return 'none'
	  : defined $rise->{percent}  ? (100 * $shown, $limit * $rise->{percent})
	  :                             ($shown, $limit > $rise->{remaining} ? $limit - $rise->{remaining} : 0);
	return reached($counted, $figure, $life->{runs}{$clock}) ? $rise->{to} : 'none';
}

sub response_now
{
	my ($life) = @_;
	my $policy = $life->{policy};
	my @values = @{$life}{qw(asset severity)};
	return Grading::response_level($policy, @values,
		sub { $life->{watch}{processing}{ $_[0] } }, $life->{runs}{processing})
	  unless $policy->{escalation};
	my @levels;
	for my $pair (Grading::possible_values($policy, @values))
	{
		my ($asset, $severity) = @$pair;
		push @levels, $policy->{response}{$asset}{$severity},
		  grep { $_ ne 'none' }
		  map { response_of_step($life, $_, $policy->{event}{$asset}{$severity}) } 0 .. $#{ $policy->{escalation} };
	}
	return Grading::most_urgent($policy, @levels);
}

# How many of a clock's limits are reached, for the pair for which most are.
sub limits_reached
{
	my ($life, $clock) = @_;
	my $policy = $life->{policy};
	return 0 if $clock ne 'processing' && !$life->{open}{$clock};
	my $most = 0;
	for my $pair (Grading::possible_values($policy, @{$life}{qw(asset severity)}))
	{
		my $event = $policy->{event}{ $pair->[0] }{ $pair->[1] };
		my $limits = Grading::limit($policy, $clock, $event);
		my $count = grep { reached($life->{watch}{$clock}{$event}, $_, $life->{runs}{$clock}) }
		  ref $limits ? @$limits : defined $limits ? ($limits) : ();
		$most = $count if $count > $most;
	}
	return $most;
}

sub note_late
{
	my ($life, $moment, $clock, $reached) = @_;
	for my $number ($life->{late}{$clock} + 1 .. $reached)
	{
		note($life, $moment, 'breached') if $clock eq 'processing';
		note($life, $moment, 'overdue', rule => $clock) if $clock eq 'response';
		note($life, $moment, 'overdue', rule => $clock, occurrence => $number)
		  if $clock eq 'acknowledgement';
	}
	return;
}

# A fact, as far as clocks and levels go.
sub happen
{
	my ($life, $moment, $fact) = @_;
	my ($policy, $kind) = ($life->{policy}, $fact->{kind});
	if ($kind eq 'opened' || $kind eq 'assessed')
	{
		$life->{asset}    = $fact->{asset_level} if exists $fact->{asset_level};
		$life->{severity} = $fact->{severity}    if exists $fact->{severity};
	}
	@{$life}{qw(status before_hold)} = Lives::status_after($kind, @{$life}{qw(status before_hold)});
	reset_watch($life, 'processing') if $kind eq 'opened';
	reset_watch($life, watches_of_silence($policy, $kind));
	if (Lives::begins_deadlines($kind))
	{
		reset_watch($life, @Lives::DEADLINES);
		$life->{open}{$_} = 1 for @Lives::DEADLINES;
		$life->{late}{$_} = 0 for @Lives::DEADLINES;
	}
	$life->{open}{acknowledgement} = 0
	  if Lives::is_one_of($kind, qw(acknowledged activated resolved cancelled));
	$life->{open}{response} = 0 if Lives::is_one_of($kind, qw(activated resolved cancelled));
	find_running($life);

	return unless Lives::regrades($policy, $kind);
	my ($event, $response) =
	  (Grading::event_level($policy, @{$life}{qw(asset severity)}), response_now($life));
	my $differs = $event ne $life->{event} || $response ne $life->{response};
	@{$life}{qw(event response)} = ($event, $response);
	note($life, $moment, 'graded') if $differs;
	for my $clock (@Lives::CLOCKS)
	{
		my $reached = limits_reached($life, $clock);
		note_late($life, $moment, $clock, $reached);
		$life->{late}{$clock} = $reached;
	}
	return;
}

# The first of the facts of a moment by which a duty was done has an effect.
sub note_effect
{
	my ($now) = @_;
	my ($first) = @{ $now->{doing} || [] };
	$first->{has_effect} = 1 if $first;
	$now->{doing} = [];
	return;
}

# A fact, as far as duties go: it only marks what was started or done.
sub mark_duties
{
	my ($life, $fact) = @_;
	my $kind = $fact->{kind};
	if ($kind eq 'reopened')
	{
		$life->{seen} = {};
		for my $duty (@{ $life->{policy}{duties} || [] })
		{
			my $now = $life->{duty}{ $duty->{duty} };
			if ($now->{marked} && Lives::is_one_of($now->{state}, qw(going late)))
			{
				$now->{done} = 1;
				note_effect($now);
			}
			$now->{done} = 0
			  if exists $duty->{repeat} || root_start($life->{policy}, $duty->{duty}) ne 'opened';
			$now->{state} = $now->{done} ? 'over' : 'none';
			$now->{marked} = 0;
			$now->{doing} = [];
		}
	}
	$life->{seen}{ $kind eq 'reopened' ? 'opened' : $kind } = 1;
	for my $duty (@{ $life->{policy}{duties} || [] })
	{
		push @{ $life->{duty}{ $duty->{duty} }{doing} }, $fact
		  if $kind eq 'done' && $fact->{duty} eq $duty->{duty};
		$life->{duty}{ $duty->{duty} }{marked} = 1
		  if ($kind eq 'done' && $fact->{duty} eq $duty->{duty})
		  || (defined $duty->{done_by} && $duty->{done_by} eq $kind);
	}
	return;
}

sub time_of_duty
{
	my ($life, $duty) = @_;
	return $duty->{within}{ $life->{ $duty->{scope} } };
}

sub is_ended
{
	my ($life, $duty) = @_;
	return 1 if $life->{seen}{cancelled};
	return defined $duty->{until} && $life->{seen}{ $duty->{until} };
}

sub begin_duty
{
	my ($life, $duty, $occurrence, $noted) = @_;
	my $now = $life->{duty}{ $duty->{duty} };
	@{$now}{qw(state occurrence)} = ('going', $occurrence);
	reset_watch($life, $duty->{duty});
	push @$noted, [ $duty, $occurrence == 1 ? 'due' : 'repeated', $occurrence ];
	return;
}

# True when there is another occurrence.
sub repeat_duty
{
	my ($life, $duty, $noted) = @_;
	my $last = $life->{duty}{ $duty->{duty} }{occurrence};
	return 0 if !exists $duty->{repeat} || is_ended($life, $duty);
	return 0 if $duty->{repeat} && $last >= $duty->{repeat};
	begin_duty($life, $duty, $last + 1, $noted);
	return 1;
}

# One duty at one moment; true when something changed on which others may depend.
sub look_at_duty
{
	my ($life, $duty, $noted) = @_;
	my $now = $life->{duty}{ $duty->{duty} };
	my $started =
	  defined $duty->{after} ? $life->{duty}{ $duty->{after} }{done} : $life->{seen}{ $duty->{starts} };
	if ($now->{state} eq 'none' && $started && !is_ended($life, $duty)
		&& defined time_of_duty($life, $duty))
	{
		begin_duty($life, $duty, 1, $noted);
		return 1;
	}
	if ($now->{marked} && Lives::is_one_of($now->{state}, qw(going late)))
	{
		@{$now}{qw(marked done state)} = (0, 1, 'over');
		note_effect($now);
		repeat_duty($life, $duty, $noted);
		return 1;
	}
	return 0;
}

sub look_at_duties
{
	my ($life, $moment) = @_;
	my @duties = @{ $life->{policy}{duties} || [] };
	my @noted;
	while (grep { look_at_duty($life, $_, \@noted) } @duties) { }
	for my $duty (@duties)
	{
		my $now  = $life->{duty}{ $duty->{duty} };
		my $time = time_of_duty($life, $duty);
		$now->{marked} = 0;
		$now->{doing} = [];
		$now->{state} = 'over'
		  if is_ended($life, $duty) && Lives::is_one_of($now->{state}, qw(going late));
		next unless $now->{state} eq 'going' && defined $time;
		next unless reached($life->{watch}{ $duty->{duty} }{ $life->{event} }, $time, $life->{runs}{ $duty->{duty} });
		push @noted, [ $duty, 'overdue', $now->{occurrence} ];
		$now->{state} = 'late' unless $duty->{also} && repeat_duty($life, $duty, \@noted);
	}
	for my $duty (@duties)
	{
		note($life, $moment, $_->[1], duty => $duty->{duty}, occurrence => $_->[2])
		  for grep { $_->[0] == $duty } @noted;
	}
	return;
}

sub advance
{
	my ($policy, $facts, $until, $step) = @_;
	my $life = life($policy, $step || 1);
	my %at_moment;
	push @{ $at_moment{ $_->{effective} } }, $_ for @$facts;

	for (my $moment = $facts->[0]{effective}; $moment <= $until; $moment += $life->{step})
	{
		run_watches($life, $moment - $life->{step});
		for my $fact (@{ $at_moment{$moment} || [] })
		{
			my $fits = $fact->{kind} eq 'opened' || fits($life, $fact->{kind});
			$fact->{has_effect} = $fits && $fact->{kind} ne 'done' ? 1 : 0;
			next unless $fits;
			happen($life, $moment, $fact);
			mark_duties($life, $fact);
		}

		my $response = response_now($life);
		if (Grading::more_urgent($policy, $response, $life->{response}))
		{
			$life->{response} = $response;
			note($life, $moment, 'escalated');
		}
		for my $clock (@Lives::CLOCKS)
		{
			my $reached = limits_reached($life, $clock);
			next unless $life->{runs}{$clock} && $reached > $life->{late}{$clock};
			note_late($life, $moment, $clock, $reached);
			$life->{late}{$clock} = $reached;
		}
		look_at_duties($life, $moment);
	}
	return @{ $life->{entries} };
}

1;
