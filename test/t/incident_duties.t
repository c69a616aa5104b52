# Duties, steps of the escalation, inactivity and times to acknowledge: random lives under
# random policies by simulate(), against an oracle that lives through every moment.
#
# PG_INCIDENT_DUTY_LIVES says how many lives (default 240), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use DutyWorlds;
use PgIncident;
use Lives;
use RandomDuties;
use RandomLives;
use Stepping;

my $LIVES    = $ENV{PG_INCIDENT_DUTY_LIVES} || 240;
my $SEED     = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $POLICIES = 40;
my $SHOWN    = 3;
my $ORIGIN   = $DutyWorlds::ORIGIN;
my $HOUR     = 3600;
my $HORIZON  = 30 * $HOUR;
my $STEP     = $RandomDuties::STEP;

sub literal { return defined $_[0] ? "'$_[0]'" : 'NULL' }

sub given_facts
{
	my (@facts) = @_;
	my @given;
	for my $fact (@facts)
	{
		my %given = (at => iso($fact->{effective}), kind => $fact->{kind});
		$given{$_} = $fact->{$_} for grep { exists $fact->{$_} } qw(severity asset_level duty);
		push @given, \%given;
	}
	return JSON::PP->new->canonical->encode(\@given);
}

# The derived events of lives, by their number; with a beginning its deadline, last.
sub simulated
{
	my ($node, @lives) = @_;
	my $sql = '';
	for my $life (@lives)
	{
		my ($opening, @later) = @{ $life->{facts} };
		$sql .= "SELECT concat_ws(' ', $life->{number}, extract(epoch FROM at)::bigint - $ORIGIN, kind,"
		  . " detail ->> 'event_level', detail ->> 'response_level', detail ->> 'rule', detail ->> 'duty',"
		  . " detail ->> 'occurrence', '| ' || (extract(epoch FROM (detail ->> 'deadline')::timestamptz)::bigint - $ORIGIN))"
		  . " FROM incident.simulate('$life->{policy}{name}', " . literal($opening->{asset_level}) . ', '
		  . literal($opening->{severity}) . ", '" . iso($opening->{effective}) . "', '" . iso($HORIZON) . "',"
		  . " \$json\$" . given_facts(@later) . "\$json\$) WITH ORDINALITY AS s(at, kind, level, detail, n)"
		  . " WHERE detail ? 'event_level' ORDER BY n;\n";
	}
	my (%events, %deadlines);
	for (split /\n/, $node->safe_psql('incident', $sql))
	{
		my ($number, $event, $deadline) = /^(\d+) (.*?)(?: \| (-?\d+))?$/ or die "no event: $_";
		push @{ $events{$number} }, $event;
		push @{ $deadlines{$number} }, $deadline;
	}
	return (\%events, \%deadlines);
}

# Whether the deadlines of beginnings are when they become overdue, or may be: unless
# before that something else happens to the incident, or the deadline is beyond the horizon.
sub deadlines_hold
{
	my ($life, $events, $deadlines) = @_;
	for my $i (grep { defined $deadlines->[$_] } 0 .. $#$events)
	{
		my ($at, $kind, undef, undef, @what) = split ' ', $events->[$i];
		my $deadline = $deadlines->[$i];
		next if $deadline > $HORIZON;
		next if grep { $_->{effective} >= $at && $_->{effective} <= $deadline } @{ $life->{facts} };
		next if grep { my ($when, $what) = split ' '; $what eq 'escalated' && $when >= $at && $when <= $deadline }
		  @$events;
		return 0 unless grep { /^$deadline overdue \S+ \S+ @what$/ } @$events;
	}
	return 1;
}

sub expected
{
	my ($policy, @facts) = @_;
	return map {
		my $entry = $_;
		join ' ', map { defined $entry->{$_} ? $entry->{$_} : () }
		  qw(at kind event_level response_level rule duty occurrence);
	} Stepping::advance($policy, \@facts, $HORIZON, $STEP);
}

sub moment { return (split ' ', $_[0])[0] }

# How many rises a life has that it had not if nobody minded inactivity.
sub rises_by_silence
{
	my ($policy, @facts) = @_;
	my %deaf = (%$policy, escalation => [ grep { !defined $_->{inactive} } @{ $policy->{escalation} || [] } ]);
	return 0 unless $policy->{escalation};
	my %without = map { moment($_) => 1 } grep { /escalated/ } expected(\%deaf, @facts);
	return grep { !$without{ moment($_) } } grep { /escalated/ } expected($policy, @facts);
}

my $node = start_node('duties');
my $rng = RandomLives::rng($SEED);
my $eport = eport();
my @calendars = calendars($node, $HORIZON + 48 * $HOUR);
my @policies = map { publish_random($node, $rng, "duties-$_", $eport, @calendars) } 1 .. $POLICIES;

my @lives;
for my $number (1 .. $LIVES)
{
	my $policy = $policies[ $number % @policies ];
	my @facts = RandomDuties::life($rng, $policy, $STEP * int(24 * $rng->()), 16 * $HOUR);
	push @lives, { number => $number, policy => $policy, facts => \@facts };
}
my ($events, $deadlines) = simulated($node, @lives);
my (%happened, @wrong, @late, $told);
my ($missed, $silent, $behind) = (0, 0, 0);
for my $life (@lives)
{
	my $got = $events->{ $life->{number} };
	my @expected = expected($life->{policy}, @{ $life->{facts} });
	$happened{$_}++ for map { / (\w+)/ } @expected;
	$missed += grep { $expected[$_] =~ /^\d+ repeated/ && $expected[ $_ - 1 ] =~ /overdue/ && moment($expected[$_]) == moment($expected[ $_ - 1 ]) }
	  1 .. $#expected;
	$silent += rises_by_silence($life->{policy}, @{ $life->{facts} });
	$behind += grep { $_->{status} eq 'on_hold' && $_->{fitted} && $_->{before_hold} ne 'open' }
	  Lives::situations($life->{policy}, grep { $_->{kind} ne 'done' } @{ $life->{facts} });
	push @wrong, [ $life, $got, \@expected ] if "@$got" ne "@expected";
	push @late, $life->{number}
	  unless deadlines_hold($life, $got, $deadlines->{ $life->{number} });
	$told += grep { defined } @{ $deadlines->{ $life->{number} } };
}
is(@wrong, 0, "$LIVES lives are as the oracle lives them");
for my $wrong (@wrong > $SHOWN ? @wrong[ 0 .. $SHOWN - 1 ] : @wrong)
{
	my ($life, $got, $expected) = @$wrong;
	diag "life $life->{number}, policy "
	  . JSON::PP->new->canonical->encode({ %{ $life->{policy} }, calendars => undef });
	diag 'facts ' . JSON::PP->new->canonical->encode($life->{facts});
	my ($i) = grep { ($got->[$_] || '') ne ($expected->[$_] || '') } 0 .. @$got + @$expected;
	diag "entry $i: " . ($got->[$i] || 'none') . ' instead of ' . ($expected->[$i] || 'none');
}
is("@late", '', 'deadlines that are told hold');
cmp_ok($told, '>', $LIVES, 'many deadlines are told');
cmp_ok($happened{$_} || 0, '>', $LIVES / 10, "$_ happens") for qw(graded escalated overdue due repeated);
my $inactive = grep { my $policy = $_; grep { defined $_->{inactive} } @{ $policy->{escalation} || [] } } @policies;
cmp_ok($inactive, '>', 2, 'some policies mind inactivity');
my $named = grep { my $policy = $_; grep { $_->{reports} } @{ $policy->{escalation} || [] } } @policies;
cmp_ok($named, '>', 2, 'some name what puts it off');
cmp_ok($missed, '>', $LIVES / 10, 'one report after the other is missed');
cmp_ok($silent, '>', $LIVES / 20, 'the response rises for want of reports');
cmp_ok($behind, '>', 2, 'incidents on hold are acknowledged and activated');

done_testing();
