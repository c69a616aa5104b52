package RandomLives;

# Random lives of incidents.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Grading;
use Lives;

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

my @SEVERITIES = qw(informational minor moderate severe critical);
my @LEVELS     = qw(none 9 8 7 6 5 4 3 2 1);

# Whether a value is higher than another; what is unknown is not, and has been reported as none.
sub is_graver
{
	my ($order, $value, $than) = @_;
	return 0 unless defined $value;
	return 1 unless defined $than;
	my %place = map { $order->[$_] => $_ } 0 .. $#$order;
	return $place{$value} > $place{$than} ? 1 : 0;
}

# A report under the incident's key: it raises what is graver than all that was reported
# before, and than the incident was; what is unknown there is taken for the gravest.
sub report
{
	my ($reported, $then, $severity, $asset_level) = @_;
	my %fact = (kind => 'heard', report => { severity => $severity, asset_level => $asset_level });
	for (
		[ 'severity',    $severity,    \@SEVERITIES, $then->{severity} ],
		[ 'asset_level', $asset_level, \@LEVELS,     $then->{asset} ]
	  )
	{
		my ($which, $value, $order, $now) = @$_;
		next unless is_graver($order, $value, $reported->{$which});
		$reported->{$which} = $value;
		next unless defined $now && is_graver($order, $value, $now);
		$fact{$which} = $value;
		$fact{kind} = 'raised';
	}
	return %fact;
}

# A random life.  Each fact fits the status at its effective time as far as
# the facts recorded before it tell; a later, back-dated fact may undo that.
# Options:
#   policy      default eport
#   hour        seconds in an hour, 3600
#   max_facts   15
#   detected    by default within an hour of the origin
#   length      from the detection to the last fact at most; 1 to 14 hours
#   repeats     whether there are reports under the incident's key
#   liked       moments at which facts are recorded more often than elsewhere; 2, 4, 6
#               and 8 hours from the detection
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

	my $detected = defined $options{detected} ? $options{detected} : $below->($hour + 1);
	my $end = $detected + ($options{length} || $hour + $below->(13 * $hour + 1));
	my @liked = grep { $_ >= $detected && $_ <= $end }
	  $options{liked} ? @{ $options{liked} } : map { $detected + $_ * $hour } 2, 4, 6, 8;
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

	my %reported = map { $_ => $facts[0]{$_} } qw(severity asset_level);
	my @recorded;
	for (1 .. $below->($max_facts))
	{
		my $roll = $rng->();
		my $moment =
		    $roll < 0.20 && @liked    ? $pick->(@liked)
		  : $roll < 0.32 && @recorded ? $pick->(@recorded)
		  :                             $detected + $below->($end - $detected + 1);
		$moment = $facts[0]{recorded} if $moment < $facts[0]{recorded};
		push @recorded, $moment;
	}

	for my $recorded (sort { $a <=> $b } @recorded)
	{
		my @ordered   = Lives::in_order(\@facts);
		my $effective = $recorded;
		my $roll      = $rng->();
		if ($roll < 0.15)
		{
			my @so_far = grep { $_->{effective} <= $recorded } @ordered;
			$effective = $pick->(Lives::moments_to_look_at($policy, \@so_far, $recorded));
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
		my ($then) = reverse Lives::situations($policy, @before);
		my ($now) = reverse Lives::situations($policy, @ordered);
		if (   $options{repeats}
			&& $rng->() < 0.2
			&& Lives::fits('raised', @{$then}{qw(status before_hold)})
			&& Lives::fits('raised', @{$now}{qw(status before_hold)}))
		{
			push @facts,
			  {
				report(\%reported, $then, $value->($policy->{severities}),
					$value->(Grading::asset_levels($policy))),
				effective => $effective,
				recorded  => $recorded,
			  };
			next;
		}
		my @kinds = grep { $WEIGHT{$_} && Lives::fits($_, @{$then}{qw(status before_hold)}) } Lives::kinds();
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
