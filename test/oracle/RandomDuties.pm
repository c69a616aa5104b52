package RandomDuties;

# Random policies with all that Stepping knows, their documents, and random lives under
# them. Whatever happens falls on whole five minutes.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Lives;
use RandomPolicies;
use Stepping;

our $STEP = 300;

my @LEVELS     = (1 .. 9, 'none');
my @SEVERITIES = qw(critical severe moderate minor informational);
my @STARTS     = qw(opened opened opened acknowledged activated resolved closed);

sub chance { return $_[0]->() < $_[1] }

# Up to so many steps of time, short ones more often.
sub some_time
{
	my ($rng, $steps) = @_;
	return $STEP * (1 + int($rng->()**2 * $steps));
}

# Multiples of five steps, so that every twenty percent are whole steps.
sub processing_times
{
	my ($rng, @levels) = @_;
	my ($time, %times) = (0);
	for my $level (@levels)
	{
		$time += 5 * some_time($rng, 8);
		$times{$level} = $time;
	}
	delete $times{ $levels[-1] } if chance($rng, 0.4);
	return \%times;
}

sub times_to_acknowledge
{
	my ($rng, @levels) = @_;
	my %times;
	for my $level (grep { chance($rng, 0.6) } @levels)
	{
		my ($time, @ascending) = (0);
		push @ascending, $time += some_time($rng, 12) for 1 .. 1 + int(4 * $rng->());
		$times{$level} = \@ascending;
	}
	return \%times;
}

sub rise
{
	my ($rng, $policy) = @_;
	my @levels = @{ $policy->{levels} };
	my %rise = (to => $levels[ int($rng->() * $#levels) ]);
	my $measure = RandomPolicies::pick($rng, qw(elapsed remaining percent inactive inactive));
	$rise{$measure} = $measure eq 'percent' ? 20 * (1 + int(5 * $rng->())) : some_time($rng, 60);
	$rise{reports} = [ grep { chance($rng, 0.4) } @Stepping::REPORTS ] if $measure eq 'inactive' && chance($rng, 0.5);
	$rise{event_levels} = [ RandomPolicies::some_of($rng, @levels) ] if chance($rng, 0.5);
	return \%rise;
}

sub duty
{
	my ($rng, $policy, $number, $count) = @_;
	my %duty = (duty => "duty_$number", scope => RandomPolicies::pick($rng, qw(event response)));
	my $other = int($rng->() * $count);
	if ($other != $number && chance($rng, 0.3)) { $duty{after} = "duty_$other" }
	else                                        { $duty{starts} = RandomPolicies::pick($rng, @STARTS) }
	$duty{within}{$_} = some_time($rng, 40) for RandomPolicies::some_of($rng, @{ $policy->{levels} });
	$duty{until} = RandomPolicies::pick($rng, qw(resolved closed)) if chance($rng, 0.4);
	$duty{done_by} =
	  RandomPolicies::pick($rng, qw(acknowledged activated held resumed assessed resolved closed noted))
	  if chance($rng, 0.25);
	$duty{repeat} = chance($rng, 0.5) ? 0 : 1 + int(4 * $rng->()) if chance($rng, 0.5);
	$duty{also} = 'overdue' if exists $duty{repeat} && chance($rng, 0.5);
	return \%duty;
}

sub policy
{
	my ($rng, $name, @calendars) = @_;
	my @levels = RandomPolicies::pick_some($rng, 3 + int(2 * $rng->()), @LEVELS);
	my %policy = (
		name         => $name,
		levels       => \@levels,
		asset_levels => \@levels,
		severities   => [ RandomPolicies::pick_some($rng, 2, @SEVERITIES) ],
		hold_stops   => [ grep { chance($rng, 0.5) } @Lives::CLOCKS, 'duties' ],
		limits       => {
			processing      => processing_times($rng, @levels),
			acknowledgement => times_to_acknowledge($rng, @levels),
			response        => { map { $_ => some_time($rng, 30) } grep { chance($rng, 0.5) } @levels },
		},
	);
	for my $level (@levels)
	{
		my $calendar = $calendars[ int($rng->() * @calendars) ];
		($policy{calendar_names}{$level}, $policy{calendars}{$level}) = @$calendar;
	}
	$policy{event}    = RandomPolicies::monotone_matrix($rng, \%policy);
	$policy{response} = RandomPolicies::monotone_matrix($rng, \%policy);
	$policy{escalation} = [ map { rise($rng, \%policy) } 1 .. int(5 * $rng->()) ] if chance($rng, 0.7);
	my $count = 1 + int(6 * $rng->());
	$policy{duties} = [ map { duty($rng, \%policy, $_, $count) } 0 .. $count - 1 ];
	return \%policy;
}

# What ends a duty that does not say: what ends the one that it comes after, or else the
# resolution; nothing where it cannot begin before that.
sub end_of
{
	my ($policy, $name) = @_;
	return undef if Lives::is_one_of(Stepping::root_start($policy, $name), qw(resolved closed));
	my ($duty) = grep { $_->{duty} eq $name } @{ $policy->{duties} };
	return $duty->{until} if defined $duty->{until};
	return 'resolved' unless defined $duty->{after};
	my ($before) = grep { $_->{duty} eq $duty->{after} } @{ $policy->{duties} };
	return undef if Lives::is_one_of($before->{done_by} || '', qw(resolved closed));
	return end_of($policy, $before->{duty});
}

# The policy with what it leaves out, as the document's readers have it.
sub with_ends
{
	my ($policy) = @_;
	my %end = map { $_->{duty} => defined $_->{until} ? $_->{until} : end_of($policy, $_->{duty}) } @{ $policy->{duties} };
	$_->{until} = $end{ $_->{duty} } for @{ $policy->{duties} };
	return $policy;
}

sub interval { return defined $_[0] ? "$_[0] seconds" : undef }

sub level_item
{
	my ($policy, $level) = @_;
	my $limits = $policy->{limits};
	my %item = (
		level           => "$level",
		title           => { en => "grade $level", zh => "grade $level" },
		processing_time => interval($limits->{processing}{$level}),
		calendar        => $policy->{calendar_names}{$level},
	);
	$item{respond_within} = interval($limits->{response}{$level})
	  if defined $limits->{response}{$level};
	my ($first, @others) = @{ $limits->{acknowledgement}{$level} || [] };
	$item{acknowledge}{within} = interval($first) if defined $first;
	$item{acknowledge}{steps} =
	  [ map { +{ within => interval($_), audience => ['section_heads'] } } @others ]
	  if @others;
	return \%item;
}

sub rise_item
{
	my ($rise) = @_;
	my %item = (to => "$rise->{to}");
	$item{event_levels} = [ map { "$_" } @{ $rise->{event_levels} } ] if $rise->{event_levels};
	$item{reports} = $rise->{reports} if $rise->{reports};
	$item{percent} = $rise->{percent} if defined $rise->{percent};
	$item{$_} = interval($rise->{$_}) for grep { defined $rise->{$_} } qw(elapsed remaining inactive);
	return \%item;
}

sub duty_item
{
	my ($policy, $duty, $title) = @_;
	my %item = (
		duty   => $duty->{duty},
		title  => $title,
		starts => defined $duty->{after} ? { after => $duty->{after} } : $duty->{starts},
		scope  => "$duty->{scope}_level",
		for    => [],
	);
	$item{$_} = $duty->{$_} for grep { defined $duty->{$_} } qw(until done_by);
	$item{repeat} = { limit => $duty->{repeat} || undef } if exists $duty->{repeat};
	$item{repeat}{also} = $duty->{also} if $duty->{also};
	for my $level (grep { defined $duty->{within}{$_} } @{ $policy->{levels} })
	{
		push @{ $item{for} },
		  {
			levels   => ["$level"],
			within   => interval($duty->{within}{$level}),
			audience => ['section_heads'],
		  };
	}
	return \%item;
}

# The document of a policy, after that of eport, which is given.
sub document
{
	my ($policy, $eport) = @_;
	my $levels = $eport->{levels};
	my @posts = grep { $_->{post} eq 'section_heads' } @{ $eport->{posts} };
	my %document = (
		%$eport,
		name       => $policy->{name},
		hold       => { stops => $policy->{hold_stops} },
		levels     => [ map { level_item($policy, $_) } @{ $policy->{levels} } ],
		severities => [
			map { +{ severity => $_, title => { en => $_, zh => $_ } } } @{ $policy->{severities} }
		],
		escalation => { rule => 'remaining_time' },
		duties     => [ map { duty_item($policy, $_, $levels->[0]{title}) } @{ $policy->{duties} } ],
		posts      => \@posts,
		messages   => { missed_ticks => 'latest' },
		categories => [],
		matrix     => RandomPolicies::matrix($policy, @{ $policy->{asset_levels} }),
		authorities => [
			{
				act          => 'activate',
				event_levels => [ map { "$_" } @{ $policy->{levels} } ],
				posts        => ['section_heads'],
			}
		],
	);
	$document{escalation} = { rule => 'steps', steps => [ map { rise_item($_) } @{ $policy->{escalation} } ] }
	  if $policy->{escalation};
	$document{escalation} = { rule => 'none' } if $policy->{escalation} && !@{ $policy->{escalation} };
	return JSON::PP->new->ascii->canonical->encode(\%document);
}

# Takes out of a policy what a finding of check_policy() is about; false when that is the
# policy as a whole.
sub repair
{
	my ($policy, $place) = @_;
	my ($part, $number, $key) = $place =~ /^\$\.(levels|escalation\.steps|duties)\[(\d+)\](?:\.(\w+))?/
	  or return 0;
	if ($part eq 'levels')
	{
		my %clock = (acknowledge => 'acknowledgement', respond_within => 'response');
		my $clock = $clock{ $key || '' } or return 0;
		delete $policy->{limits}{$clock}{ $policy->{levels}[$number] };
	}
	elsif ($part eq 'duties') { splice @{ $policy->{duties} }, $number, 1 }
	else                      { splice @{ $policy->{escalation} }, $number, 1 }
	return 1;
}

# A life; facts that do not fit the status are among them, some at the same moment.
sub life
{
	my ($rng, $policy, $detected, $length) = @_;
	my @kinds = (
		qw(acknowledged activated held resumed resumed resolved closed reopened reopened cancelled noted),
		('assessed') x 4, ('done') x 8
	);
	my $value = sub { return chance($rng, 0.2) ? undef : RandomPolicies::pick($rng, @_) };
	my @facts = (
		{
			kind        => 'opened',
			effective   => $detected,
			severity    => $value->(@{ $policy->{severities} }),
			asset_level => $value->(@{ $policy->{asset_levels} }),
		}
	);
	for (1 .. int(20 * $rng->()))
	{
		my %fact = (
			kind      => RandomPolicies::pick($rng, @kinds),
			effective => $detected + $STEP * int($rng->()**1.5 * $length / $STEP),
		);
		$fact{effective} = $facts[ int($rng->() * @facts) ]{effective} if chance($rng, 0.15);
		$fact{severity} = $value->(@{ $policy->{severities} })
		  if $fact{kind} eq 'assessed' && chance($rng, 0.6);
		$fact{asset_level} = $value->(@{ $policy->{asset_levels} })
		  if $fact{kind} eq 'assessed' && (chance($rng, 0.6) || !exists $fact{severity});
		$fact{kind} = 'noted' if $fact{kind} eq 'done' && !@{ $policy->{duties} };
		$fact{duty} = RandomPolicies::pick($rng, @{ $policy->{duties} })->{duty} if $fact{kind} eq 'done';
		push @facts, \%fact;
	}
	return Lives::in_order(\@facts);
}

1;
