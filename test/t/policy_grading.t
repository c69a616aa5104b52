# Event level, response level and processing time of policy eport and of random
# policies, against the oracle; and random lives under the random policies, by
# simulate().
#
# PG_INCIDENT_POLICIES says how many random policies (default 120),
# PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use POSIX qw(strftime);
use Test::More;
use PostgreSQL::Test::Utils;
use PgIncident;
use Grading;
use Lives;
use RandomLives;
use RandomPolicies;

my $POLICIES = $ENV{PG_INCIDENT_POLICIES} || 120;
my $SEED     = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $LIVES_EACH = 3;
my $ORIGIN     = 1709510400;    # 2024-03-04 00:00:00+00
my $SECOND     = 1_000_000;     # in the units of the moments compared
my $SHOWN      = 3;

my @LEVELS     = (1 .. 9, 'none');
my @SEVERITIES = qw(critical severe moderate minor informational);

sub literal { return defined $_[0] ? "'$_[0]'" : 'NULL' }

sub word { return defined $_[0] ? $_[0] : 'unknown' }

sub array { return 'ARRAY[' . join(', ', map { literal($_) } @_) . ']' }

sub in_microseconds { return Grading::scaled($_[0], $SECOND) }

# Elapsed times at which something may change, and those just beside them.
sub moments_around
{
	my ($fine, @beside) = @_;
	my %moments = (0 => 1);
	for my $figure (Grading::figures($fine, 'processing'))
	{
		$moments{ $figure + $_ } = 1 for 0, @beside;
	}
	return grep { $_ >= 0 } keys %moments;
}

sub publish
{
	my ($node, @policies) = @_;
	my $file  = source_dir() . '/extension/data/presets/eport.json';
	my $eport = JSON::PP->new->utf8->decode(slurp_file($file));
	$node->safe_psql('incident', join '', map {
		'SELECT incident.publish_policy(incident.import_policy($policy$'
		  . RandomPolicies::document($_, $eport) . "\$policy\$));\n"
	} @policies);
	return;
}

# Comparison over all pairs of some policies: one statement gives a row for
# each pair, with all responses in order of elapsed time.

my $GRADES = <<'SQL';
SELECT p.name || ' ' || coalesce(asset, 'unknown') || ' ' || coalesce(severity, 'unknown'),
	incident.event_level(p.name, pair.a, pair.s),
	incident.event_level(p.id, pair.a, pair.s),
	extract(epoch FROM incident.processing_time(p.name, incident.event_level(p.name, pair.a, pair.s))),
	extract(epoch FROM incident.processing_time(p.id, incident.event_level(p.id, pair.a, pair.s))),
	incident.response_level(p.name, pair.a, pair.s),
	string_agg(incident.response_level(p.name, pair.a, pair.s, e.time)::text, ' ' ORDER BY u),
	string_agg(incident.response_level(p.id, pair.a, pair.s, e.time)::text, ' ' ORDER BY u),
	string_agg(incident.response_level(p.id, pair.a, pair.s, justify_interval(e.time))::text,
		' ' ORDER BY u)
FROM (SELECT name, incident.policy_id(name) AS id, assets, severities, moments FROM (VALUES
POLICIES) AS v(name, assets, severities, moments)) AS p,
	unnest(p.assets) AS asset, unnest(p.severities) AS severity,
	LATERAL (SELECT asset::incident.level AS a, severity::incident.severity AS s) AS pair,
	unnest(p.moments) AS u, LATERAL (SELECT u * interval '1 microsecond' AS time) AS e
GROUP BY p.name, p.id, asset, severity, pair.a, pair.s
SQL

# Asset levels and severities of a policy, unknown included.
sub values_of
{
	my ($policy) = @_;
	return ([ @{ Grading::asset_levels($policy) }, undef ],
		[ @{ $policy->{severities} }, undef ]);
}

# cases: [policy, moments in microseconds]...
sub grades_expected
{
	my (@cases) = @_;
	my %expected;
	for my $case (@cases)
	{
		my ($policy, $moments) = @$case;
		my $fine = in_microseconds($policy);
		my ($assets, $severities) = values_of($policy);
		for my $asset (@$assets)
		{
			for my $severity (@$severities)
			{
				my $event = Grading::event_level($policy, $asset, $severity);
				my $limit = Grading::processing_time($policy, $asset, $severity);
				$limit = defined $limit ? sprintf '%d.000000', $limit : '';
				my $responses = join ' ', map {
					Grading::response_level($fine, $asset, $severity, $_)
				} @$moments;
				$expected{"$policy->{name} " . word($asset) . ' ' . word($severity)} =
				  [ $event, $event, $limit, $limit,
					Grading::response_level($policy, $asset, $severity, 0),
					$responses, $responses, $responses ];
			}
		}
	}
	return \%expected;
}

sub grades_given
{
	my ($node, @cases) = @_;
	my @rows;
	for my $case (@cases)
	{
		my ($policy, $moments) = @$case;
		my ($assets, $severities) = values_of($policy);
		push @rows, "('$policy->{name}', " . array(@$assets) . '::text[], '
		  . array(@$severities) . "::text[], '{" . join(',', @$moments) . "}'::bigint[])";
	}
	my $sql = $GRADES;
	$sql =~ s/POLICIES/join ",\n", @rows/e;
	my %given;
	for my $row (split /\n/, $node->safe_psql('incident', $sql))
	{
		my ($pair, @columns) = split /\|/, $row, -1;
		$given{$pair} = \@columns;
	}
	return \%given;
}

my @COLUMNS = (
	'event level by name',
	'event level by id',
	'processing time by name',
	'processing time by id',
	'response at once',
	'response by name',
	'response by id',
	'response after days and months',
);

sub same_grades
{
	my ($name, $node, @cases) = @_;
	my $given    = grades_given($node, @cases);
	my $expected = grades_expected(@cases);
	is_deeply([ sort keys %$given ], [ sort keys %$expected ], "$name: every pair is there");
	for my $column (0 .. $#COLUMNS)
	{
		my @differ = grep { $given->{$_} && $given->{$_}[$column] ne $expected->{$_}[$column] }
		  sort keys %$expected;
		ok(!@differ, "$name: $COLUMNS[$column]");
		show_difference($_, $given->{$_}[$column], $expected->{$_}[$column], @cases)
		  for grep { defined } @differ[ 0 .. $SHOWN - 1 ];
	}
	return;
}

sub show_difference
{
	my ($pair, $got, $expected, @cases) = @_;
	my ($case) = grep { "$_->[0]{name} " eq substr $pair, 0, 1 + length $_->[0]{name} } @cases;
	my @got      = split / /, $got;
	my @expected = split / /, $expected;
	my @unlike   = grep { word($got[$_]) ne $expected[$_] } 0 .. $#expected;
	diag("$pair: got '$got', expected '$expected'") if @expected < 2;
	diag("$pair: " . @unlike . " differences; at $case->[1][ $unlike[0] ] us got "
		. word($got[ $unlike[0] ]) . ", expected $expected[ $unlike[0] ]")
	  if @expected > 1 && @unlike;
	diag('  ' . JSON::PP->new->canonical->encode($case->[0]));
	return;
}

# The processing time of each level by itself, and of an unknown one.
sub same_limits
{
	my ($name, $node, @policies) = @_;
	my (@rows, %expected);
	for my $policy (@policies)
	{
		my %time = %{ $policy->{limits}{processing} };
		my ($shortest) = sort { $a <=> $b } values %time;
		for my $level (@{ $policy->{levels} }, undef)
		{
			push @rows, "('$policy->{name}', " . literal($level) . ')';
			my $time = defined $level ? $time{$level} : $shortest;
			$expected{"$policy->{name} " . word($level)} =
			  defined $time ? sprintf '%d.000000', $time : 'none';
		}
	}
	my $given = $node->safe_psql('incident',
		q{SELECT p || ' ' || coalesce(l, 'unknown'), coalesce(extract(epoch FROM
			incident.processing_time(p, l::incident.level))::text, 'none')
			FROM (VALUES } . join(', ', @rows) . ') AS v(p, l)');
	is_deeply({ map { split /\|/ } split /\n/, $given }, \%expected,
		"$name: processing time of each level");
	return;
}

# Random lives under a policy, by simulate().

sub iso
{
	my ($seconds) = @_;
	return strftime('%Y-%m-%d %H:%M:%S+00', gmtime($ORIGIN + $seconds));
}

my $SIMULATED = <<'SQL';
SELECT v.life, string_agg(concat_ws(' ', trim_scale(extract(epoch FROM s.at) - ORIGIN), s.kind,
	s.detail ->> 'event_level', s.detail ->> 'response_level'), ', ' ORDER BY s.ordinality)
FROM (VALUES
LIVES) AS v(life, policy, asset_level, severity, detected, until, facts),
	LATERAL ROWS FROM (incident.simulate(v.policy, v.asset_level::incident.level,
		v.severity::incident.severity, v.detected, v.until, v.facts)) WITH ORDINALITY AS s
WHERE s.kind IN ('graded', 'escalated', 'breached')
GROUP BY v.life
SQL

sub life_row
{
	my ($name, $policy, $until, $facts) = @_;
	my @given;
	for my $fact (@$facts[ 1 .. $#$facts ])
	{
		my %given = (at => iso($fact->{effective}), kind => $fact->{kind});
		$given{$_} = $fact->{$_} for grep { exists $fact->{$_} } qw(severity asset_level);
		push @given, \%given;
	}
	return "('$name', '$policy->{name}', " . literal($facts->[0]{asset_level}) . '::text, '
	  . literal($facts->[0]{severity}) . "::text, '" . iso($facts->[0]{effective})
	  . "'::timestamptz, '" . iso($until) . "'::timestamptz, '"
	  . JSON::PP->new->canonical->encode(\@given) . "'::jsonb)";
}

sub same_lives
{
	my ($node, $rng, @policies) = @_;
	my (@rows, %expected, %life, %kinds);
	for my $policy (@policies)
	{
		my @limits = sort { $b <=> $a } values %{ $policy->{limits}{processing} };
		next unless @limits;
		my $hour  = int($limits[0] / 8) + 1;
		my $until = 16 * $hour;
		for my $number (1 .. $LIVES_EACH)
		{
			my @facts = RandomLives::random_life($rng, policy => $policy, hour => $hour);
			my @derived = Lives::advance($policy, \@facts, $until);
			my $name = "$policy->{name}-$number";
			push @rows, life_row($name, $policy, $until, \@facts);
			$expected{$name} = join ', ', map {
				join ' ', @{$_}{qw(at kind event_level response_level)}
			} @derived;
			$life{$name} = [ $policy, @facts ];
			$kinds{ $_->{kind} }++ for @derived;
		}
	}
	my $sql = $SIMULATED;
	$sql =~ s/ORIGIN/$ORIGIN/;
	$sql =~ s/LIVES/join ",\n", @rows/e;
	my %given = map { split /\|/ } split /\n/, $node->safe_psql('incident', $sql);

	my @differ = grep { word($given{$_}) ne $expected{$_} } sort keys %expected;
	ok(!@differ, 'random policies: lives by simulate');
	for my $name (grep { defined } @differ[ 0 .. $SHOWN - 1 ])
	{
		diag($name);
		diag('  ' . JSON::PP->new->canonical->encode($_)) for @{ $life{$name} };
		diag('  got      ' . word($given{$name}));
		diag("  expected $expected{$name}");
	}
	note("$kinds{$_} entries $_") for sort keys %kinds;
	is_deeply([ sort keys %kinds ], [qw(breached escalated graded)], 'every kind of entry occurs');
	return;
}

# What makes random policies worth comparing.
sub features
{
	my (@policies) = @_;
	my %seen = map { $_ => 0 } 'equal times', 'levels without limit', 'no limit at all',
	  'fewer asset levels than levels', 'event level unlike asset level',
	  'response less urgent than event level', 'days', 'rises';
	for my $policy (@policies)
	{
		my %time = %{ $policy->{limits}{processing} };
		my %different = map { $_ => 1 } values %time;
		$seen{'equal times'}++ if keys %different < keys %time;
		$seen{'levels without limit'}++ if keys %time < @{ $policy->{levels} };
		$seen{'no limit at all'}++ unless %time;
		$seen{'days'}++ if grep { $_ > 86400 } values %time;
		$seen{'fewer asset levels than levels'}++
		  if @{ $policy->{asset_levels} } < @{ $policy->{levels} };
		my ($other, $slower, $rises);
		for my $asset (@{ $policy->{asset_levels} })
		{
			for my $severity (@{ $policy->{severities} })
			{
				my $event    = $policy->{event}{$asset}{$severity};
				my $response = $policy->{response}{$asset}{$severity};
				$other = 1 if $event ne $asset;
				$slower = 1 if Grading::more_urgent($policy, $event, $response);
				$rises = 1 if $response ne
				  Grading::response_level($policy, $asset, $severity, 10**9);
			}
		}
		$seen{'event level unlike asset level'}++ if $other;
		$seen{'response less urgent than event level'}++ if $slower;
		$seen{'rises'}++ if $rises;
	}
	note("$seen{$_} policies: $_") for sort keys %seen;
	SKIP:
	{
		skip 'too few policies to be sure of each feature', 1 if @policies < 50;
		is_deeply([ grep { !$seen{$_} } sort keys %seen ], [], 'every feature of a policy occurs');
	}
	return;
}

note("seed $SEED, $POLICIES policies");
my $rng = RandomLives::rng($SEED);
my $node = start_node('grading', conf => "log_statement = none\njit = off\n");

my $fine = in_microseconds($Grading::EPORT);
my %moments = map { $_ => 1 }
  moments_around($fine, map { ($_, -$_) } 1, 1000, $SECOND, 60 * $SECOND),
  (map { $_ * $SECOND } 100 * 3600, 10**9),
  map { int($rng->() * 40 * 3600 * $SECOND) } 1 .. 200;
same_grades('eport', $node, [ $Grading::EPORT, [ sort { $a <=> $b } keys %moments ] ]);
same_limits('eport', $node, $Grading::EPORT);

my @policies = map { RandomPolicies::plain_policy($rng, "random-$_") } 1 .. $POLICIES;
features(@policies);
publish($node, @policies);
my @cases;
for my $policy (@policies)
{
	my @around = moments_around(in_microseconds($policy), -1, 1, $SECOND);
	push @cases, [ $policy, [ sort { $a <=> $b } @around, 10**9 * $SECOND + 1 ] ];
}
same_grades('random policies', $node, @cases);
same_limits('random policies', $node, @policies);
same_lives($node, $rng, @policies);

$node->stop;
done_testing();
