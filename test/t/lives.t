# Any cadence of ticks gives the same entries: random lives of incidents, lived
# through in three databases (a tick every minute, ticks at random moments, one
# tick at the end), must give what the oracle derives from the facts.
#
# PG_INCIDENT_LIVES says how many lives (default 1000), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use POSIX qw(strftime);
use Test::More;
use PostgreSQL::Test::Utils;
use PgIncident;
use Grading;
use Lives;

my $LIVES   = $ENV{PG_INCIDENT_LIVES} || 1000;
my $SEED    = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $ORIGIN  = 1709510400;    # 2024-03-04 00:00:00+00
my $HORIZON = 16 * 3600;
my $SHOWN   = 3;             # mismatching lives of a comparison to print

my %FUNCTION = (
	acknowledged => 'acknowledge',
	activated    => 'activate',
	held         => 'hold',
	resumed      => 'resume',
	resolved     => 'resolve',
	closed       => 'close',
	reopened     => 'reopen',
	cancelled    => 'cancel',
);

sub iso
{
	my ($seconds) = @_;
	return strftime('%Y-%m-%d %H:%M:%S+00', gmtime($ORIGIN + $seconds));
}

sub literal { return defined $_[0] ? "'$_[0]'" : 'NULL' }

# Lives, and what the oracle says of them.

sub random_lives
{
	my ($rng) = @_;
	my @lives;
	for my $number (1 .. $LIVES)
	{
		my $policy = $number % 2 ? $Grading::EPORT : $Grading::PAUSING;
		my @facts    = Lives::random_life($rng, policy => $policy);
		my $detected = $facts[0]{effective};
		my @derived  = Lives::advance($policy, \@facts, $HORIZON);
		my @eventful = map { $_->{effective} } @facts;
		push @eventful, map { $_->{at} } @derived;
		my @moments = ($eventful[ int($rng->() * @eventful) ], $HORIZON);
		push @moments, $detected + int($rng->() * ($HORIZON - $detected))
		  for 1 .. 2;
		push @lives,
		  {
			number  => $number,
			policy  => $policy,
			facts   => \@facts,
			derived => \@derived,
			moments => \@moments,
		  };
	}
	return @lives;
}

sub entry_text
{
	my ($entry) = @_;
	return join ' ', @{$entry}{qw(at kind event_level response_level)};
}

# Within one moment the order of entries is that of recording, which may
# differ with the cadence.
sub sorted
{
	my ($text) = @_;
	my @entries = split /, /, $text;
	no warnings 'numeric';
	return join ', ', sort { $a <=> $b || $a cmp $b } @entries;
}

sub derived_text
{
	return join ', ', map { entry_text($_) } @_;
}

sub state_text
{
	my ($state) = @_;
	return join ' ', map { defined $_ ? $_ : 'unknown' } map {
		$state->{$_}
	} qw(status severity asset_level event_level response_level elapsed on_hold breached);
}

# What the oracle expects of the standing values and of the next entry, if no
# fact follows.
sub history_text
{
	my ($life) = @_;
	my ($policy, $facts) = @{$life}{qw(policy facts)};
	my $state = Lives::state_at($policy, $facts, $HORIZON);
	my @later = grep { $_->{at} > $HORIZON }
	  Lives::advance($policy, $facts, $HORIZON + 24 * 3600);
	return join ' ', map { defined $_ ? $_ : 'unknown' }
	  @{$state}{qw(status severity asset_level event_level response_level breached)},
	  @later ? $later[0]{at} : 'never';
}

# The facts in the order in which they count, with whether they had an effect.
sub facts_without_effect
{
	my ($life) = @_;
	my @ordered = Lives::in_order($life->{facts});
	return grep {
		my $last = $_;
		!Lives::replay($life->{policy}, [ @ordered[ 0 .. $last ] ],
			$ordered[$last]{effective})->{fitted};
	} 0 .. $#ordered;
}

# SQL of a life.

sub asset_of
{
	my ($fact, $odd) = @_;
	return "'level $fact->{asset_level}'" if defined $fact->{asset_level};
	return $odd ? "'unrated'" : undef;
}

sub fact_statement
{
	my ($life, $index) = @_;
	my $fact = $life->{facts}[$index];
	my $id   = "life$life->{number}";
	my $at   = "'" . iso($fact->{effective}) . "'";
	my $kind = $fact->{kind};

	# An unknown asset level is an unknown asset or an asset without a level.
	my $asset = asset_of($fact, ($life->{number} + $index) % 3 == 0);

	if ($kind eq 'opened')
	{
		$asset = 'NULL' unless defined $asset;
		return "SELECT incident.open(asset => $asset,"
		  . " severity => " . literal($fact->{severity}) . ","
		  . " detected_at => $at, ticket => '$life->{number}',"
		  . " policy => '$life->{policy}{name}') AS $id \\gset\n";
	}
	if ($kind eq 'assessed')
	{
		my (@arguments, @forget);
		if (exists $fact->{severity})
		{
			push @arguments, "severity => '$fact->{severity}'"
			  if defined $fact->{severity};
			push @forget, 'severity' unless defined $fact->{severity};
		}
		if (exists $fact->{asset_level})
		{
			push @arguments, "asset => $asset" if defined $asset;
			push @forget, 'asset' unless defined $asset;
		}
		push @arguments, "forget => '{" . join(',', @forget) . "}'" if @forget;
		return "SELECT incident.assess(:$id, " . join(', ', @arguments) . ", at => $at);\n";
	}
	return "SELECT incident.note(:$id, 'seen', at => $at);\n" if $kind eq 'noted';
	return "SELECT incident.$FUNCTION{$kind}(:$id, at => $at);\n";
}

sub tick_statement
{
	my ($tick) = @_;
	return "INSERT INTO ticked SELECT $tick->{at}, t.* FROM"
	  . " incident.tick('" . iso($tick->{at}) . "', $tick->{batch}) AS t;\n"
	  unless $tick->{whole};
	my $text = "CALL tick_whole('" . iso($tick->{at}) . "', $tick->{batch});\n";
	$text .= "ANALYZE;\nINSERT INTO snapshots SELECT $tick->{at}, * FROM live_entries;\n"
	  if $tick->{snapshot};
	return $text;
}

# The script of a cadence: a fact comes after the ticks of its recording
# moment.
sub write_script
{
	my ($file, $lives, @ticks) = @_;
	my @events;
	for my $life (@$lives)
	{
		for my $index (0 .. $#{ $life->{facts} })
		{
			push @events,
			  [ $life->{facts}[$index]{recorded}, 1, scalar @events,
				fact_statement($life, $index) ];
		}
	}
	push @events, map { [ $_->{at}, 0, $_->{at}, tick_statement($_) ] } @ticks;
	@events = sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] }
	  @events;

	open my $out, '>', $file or die "$file: $!";
	print $out "\\o /dev/null\nBEGIN;\n";
	for my $i (0 .. $#events)
	{
		print $out "COMMIT;\nBEGIN;\n" if $i % 200 == 199;
		print $out $events[$i][3];
	}
	print $out "COMMIT;\nANALYZE;\n";
	close $out or die "$file: $!";
	return;
}

sub every_minute
{
	return map {
		+{
			at       => 60 * $_,
			batch    => 1000000,
			whole    => 1,
			snapshot => $_ == 240 || $_ == 480 || $_ == 720,
		}
	} 1 .. $HORIZON / 60;
}

# Half of the moments are ones at which something happens in a life. Most
# ticks leave work for later ones; three settle everything.
sub at_random
{
	my ($lives, $rng) = @_;
	my %at;
	while (keys %at < 90)
	{
		my $life = $lives->[ int($rng->() * @$lives) ];
		my @eventful = ((map { $_->{recorded} } @{ $life->{facts} }),
			map { $_->{at} } @{ $life->{derived} });
		my $moment = $rng->() < 0.5
		  ? int($rng->() * $HORIZON)
		  : $eventful[ int($rng->() * @eventful) ];
		$at{$moment} = 1 + int($rng->()**3 * 200) if $moment < $HORIZON;
	}
	my @ticks = map { +{ at => $_, batch => $at{$_} } } sort { $a <=> $b } keys %at;
	$ticks[$_]{whole} = $ticks[$_]{snapshot} = 1 for 30, 50, 70;
	return @ticks, once_at_end(17);
}

sub once_at_end
{
	my ($batch) = @_;
	return { at => $HORIZON, batch => $batch, whole => 1 };
}

# Databases.

my $TABLES = <<'SQL';
CREATE TABLE ticked (at integer, incidents integer, escalations integer, overdue integer,
	breaches integer, notices integer, quarantined integer, remaining bigint);
CREATE TABLE snapshots (at integer, life integer, entries text);
CREATE TABLE probes (life integer, moment integer);
CREATE TABLE given (life integer, policy text, asset_level text, severity text,
	detected integer, facts jsonb);

CREATE FUNCTION of_origin(at timestamptz) RETURNS text IMMUTABLE
RETURN trim_scale(extract(epoch FROM at) - ORIGIN)::text;

CREATE VIEW lives AS
SELECT ticket::integer AS life, * FROM incident.incident_history;

CREATE VIEW live_entries AS
SELECT l.life, string_agg(concat_ws(' ', of_origin(t.effective_at), t.kind,
	t.event_level, t.response_level), ', ' ORDER BY t.seq) AS entries
FROM lives AS l JOIN incident.timeline AS t ON t.incident_id = l.incident_id
WHERE t.live AND t.kind IN ('graded', 'escalated', 'breached')
GROUP BY l.life;

CREATE PROCEDURE tick_whole(moment timestamptz, batch integer)
LANGUAGE plpgsql AS $$
DECLARE
	still_due bigint;
BEGIN
	FOR i IN 1 .. 100000 LOOP
		INSERT INTO ticked SELECT of_origin(moment)::integer, t.* FROM incident.tick(moment, batch) AS t
			RETURNING remaining INTO still_due;
		IF still_due = 0 THEN
			RETURN;
		END IF;
	END LOOP;
	RAISE 'the ticks at % never end', moment;
END
$$;

SELECT incident.publish_policy(incident.import_policy(
	jsonb_set(jsonb_set(incident.export_policy(incident.policy_id('eport')),
		'{name}', '"pausing"'), '{hold,stops}', '["processing"]')));
SELECT incident.register_asset('level ' || l, 'application', l::incident.level)
	FROM unnest('{1,2,3,none}'::text[]) AS l;
SELECT incident.register_asset('unrated', 'application');
SQL
$TABLES =~ s/ORIGIN/$ORIGIN/;

sub given_facts
{
	my ($facts) = @_;
	my @given;
	for my $fact (@$facts[ 1 .. $#$facts ])
	{
		my %given = (at => iso($fact->{effective}), kind => $fact->{kind});
		$given{$_} = $fact->{$_} for grep { exists $fact->{$_} } qw(severity asset_level);
		push @given, \%given;
	}
	return JSON::PP->new->canonical->encode(\@given);
}

sub fill_tables
{
	my ($node, $lives) = @_;
	my (@probes, @given);
	for my $life (@$lives)
	{
		my $opened = $life->{facts}[0];
		push @probes, map { "($life->{number}, $_)" } @{ $life->{moments} };
		push @given, '(' . join(', ', $life->{number}, "'$life->{policy}{name}'",
			literal($opened->{asset_level}), literal($opened->{severity}),
			$opened->{effective}, "'" . given_facts($life->{facts}) . "'") . ')';
	}
	$node->safe_psql('incident', $TABLES
		. 'INSERT INTO probes VALUES ' . join(', ', @probes) . ";\n"
		. 'INSERT INTO given VALUES ' . join(",\n", @given) . ";\n");
	return;
}

# Rows of text by the number of the life, their columns joined by spaces.
sub by_life
{
	my ($node, $database, $sql) = @_;
	my %by_life;
	for my $row (split /\n/, $node->safe_psql($database, $sql))
	{
		my ($life, $text) = split /\|/, $row, 2;
		push @{ $by_life{$life} }, $text;
	}
	return { map { $_ => join '; ', @{ $by_life{$_} } } keys %by_life };
}

my $LIVE_ENTRIES = 'SELECT life, entries FROM live_entries';

my $FACTS = <<'SQL';
SELECT l.life, of_origin(t.effective_at) || ' ' || t.kind
FROM lives AS l JOIN incident.timeline AS t ON t.incident_id = l.incident_id
WHERE t.kind NOT IN ('graded', 'escalated', 'breached', 'voided') ORDER BY t.seq
SQL

my $STATES = <<'SQL';
SELECT p.life, concat_ws(' ', p.moment, s.status, coalesce(s.severity::text, 'unknown'),
	coalesce(s.asset_level::text, 'unknown'), s.event_level, s.response_level,
	trim_scale(extract(epoch FROM s.elapsed)), s.on_hold::integer, s.breached::integer)
FROM probes AS p JOIN lives AS l ON l.life = p.life,
	LATERAL incident.state_at(l.incident_id, to_timestamp(p.moment + ORIGIN)) AS s
ORDER BY p.life, p.moment
SQL

my $HISTORY = <<'SQL';
SELECT life, concat_ws(' ', status, coalesce(severity::text, 'unknown'),
	coalesce(asset_level::text, 'unknown'), event_level, response_level, breached::integer,
	coalesce(of_origin(next_due), 'never'))
FROM lives
SQL

# The columns that are both in the history and in the state.
my $HISTORY_UNLIKE_STATE = <<'SQL';
SELECT l.life, row_to_json(l)::text || ' ' || row_to_json(s)::text
FROM lives AS l, LATERAL incident.state_at(l.incident_id, to_timestamp(HORIZON + ORIGIN)) AS s
WHERE (l.status, l.severity::text, l.asset_level::text, l.event_level::text,
		l.response_level::text, l.breached, l.acknowledged_at, l.activated_at, l.resolved_at,
		l.closed_at, l.next_due)
	IS DISTINCT FROM (s.status, s.severity::text, s.asset_level::text, s.event_level::text,
		s.response_level::text, s.breached, s.acknowledged_at, s.activated_at, s.resolved_at,
		s.closed_at, s.next_due)
SQL

my $MARKS = <<'SQL';
SELECT life, concat_ws(' ', peak_response, coalesce(of_origin(acknowledged_at), '-'),
	coalesce(of_origin(activated_at), '-'), coalesce(of_origin(resolved_at), '-'),
	coalesce(of_origin(closed_at), '-'))
FROM lives
SQL

my $SIMULATED = <<'SQL';
SELECT g.life, string_agg(concat_ws(' ', of_origin(s.at), s.kind, s.detail ->> 'event_level',
	s.detail ->> 'response_level'), ', ' ORDER BY s.ordinality)
FROM given AS g, LATERAL ROWS FROM (incident.simulate(g.policy, g.asset_level::incident.level,
	g.severity::incident.severity, to_timestamp(g.detected + ORIGIN),
	to_timestamp(HORIZON + ORIGIN), g.facts)) WITH ORDINALITY AS s
WHERE s.kind IN ('graded', 'escalated', 'breached')
GROUP BY g.life
SQL

my $SIMULATED_LEVEL_WRONG = <<'SQL';
SELECT count(*)
FROM given AS g, LATERAL incident.simulate(g.policy, g.asset_level::incident.level,
	g.severity::incident.severity, to_timestamp(g.detected + ORIGIN),
	to_timestamp(HORIZON + ORIGIN), g.facts) AS s
WHERE s.kind = 'escalated' AND s.level::text IS DISTINCT FROM s.detail ->> 'response_level'
	OR s.kind = 'breached' AND s.level::text IS DISTINCT FROM s.detail ->> 'event_level'
SQL
for ($STATES, $HISTORY_UNLIKE_STATE, $SIMULATED, $SIMULATED_LEVEL_WRONG)
{
	s/HORIZON/$HORIZON/g;
	s/ORIGIN/$ORIGIN/g;
}

# Comparison: one test for all lives.
sub same
{
	my ($name, $lives, $got, $expected) = @_;
	my @differ = grep {
		my $number = $_->{number};
		my $one    = defined $got->{$number} ? $got->{$number} : 'nothing';
		$one ne $expected->{$number};
	} @$lives;
	ok(!@differ, $name);
	diag(scalar(@differ) . ' of ' . @$lives . ' lives differ') if @differ;
	for my $life (grep { defined } @differ[ 0 .. $SHOWN - 1 ])
	{
		my $number = $life->{number};
		diag("life $number, $life->{policy}{name}");
		diag('  fact ' . JSON::PP->new->canonical->encode($_)) for @{ $life->{facts} };
		diag('  got      ' . (defined $got->{$number} ? $got->{$number} : 'nothing'));
		diag("  expected $expected->{$number}");
	}
	return;
}

sub each_life (&@)
{
	my ($code, @lives) = @_;
	return { map { $_->{number} => $code->($_) } @lives };
}

# Lived through.

note("seed $SEED, $LIVES lives");
my @lives = random_lives(Lives::rng($SEED));

my $node = start_node('lives', conf => "log_statement = none\nsynchronous_commit = off\njit = off\n");
fill_tables($node, \@lives);

my %ticks = (
	minute => [ every_minute() ],
	random => [ at_random(\@lives, Lives::rng($SEED + 1)) ],
	once   => [ once_at_end(1000) ],
);
my @cadences = qw(minute random once);
for my $cadence (@cadences)
{
	$node->safe_psql('postgres', "CREATE DATABASE $cadence TEMPLATE incident");
	write_script("$PostgreSQL::Test::Utils::tmp_check/$cadence.sql",
		\@lives, @{ $ticks{$cadence} });
}
my @errors = run_scripts($node,
	map { [ $_, "$PostgreSQL::Test::Utils::tmp_check/$_.sql" ] } @cadences);
is($errors[$_], '', "$cadences[$_]: every fact is taken") for 0 .. $#cadences;
if (grep { $_ ne '' } @errors)
{
	done_testing();
	exit 1;
}

my $derived = each_life { sorted(derived_text(@{ $_[0]{derived} })) } @lives;
my $states = each_life {
	my ($life) = @_;
	join '; ', map { "$_ " . state_text(Lives::state_at(@{$life}{qw(policy facts)}, $_)) }
	  sort { $a <=> $b } @{ $life->{moments} };
} @lives;
my $history = each_life { history_text($_[0]) } @lives;
my $facts = each_life {
	join '; ', map { "$_->{effective} $_->{kind}" } @{ $_[0]{facts} };
} @lives;

my %marks;
for my $cadence (@cadences)
{
	my $live = by_life($node, $cadence, $LIVE_ENTRIES);
	$_ = sorted($_) for values %$live;
	same("$cadence: derived entries", \@lives, $live, $derived);
	same("$cadence: facts", \@lives, by_life($node, $cadence, $FACTS), $facts);
	same("$cadence: states", \@lives, by_life($node, $cadence, $STATES), $states);
	same("$cadence: history", \@lives, by_life($node, $cadence, $HISTORY), $history);
	$marks{$cadence} = by_life($node, $cadence, $MARKS);
	is($node->safe_psql($cadence, $HISTORY_UNLIKE_STATE),
		'', "$cadence: the history shows the state at the horizon");
	is($node->safe_psql($cadence,
			'SELECT l.life, v.* FROM lives AS l, incident.verify_timeline(l.incident_id) AS v'),
		'', "$cadence: timelines are intact");
	is($node->safe_psql($cadence,
			'SELECT q.message FROM incident.quarantined_incidents AS q'),
		'', "$cadence: nothing in quarantine");
}
same("$_: peak and times", \@lives, $marks{$_}, $marks{once}) for qw(minute random);

for my $cadence (qw(minute random))
{
	for my $tick (grep { $_->{snapshot} } @{ $ticks{$cadence} })
	{
		my $moment = $tick->{at};
		my @known;
		for my $life (@lives)
		{
			my @facts = grep { $_->{recorded} < $moment } @{ $life->{facts} };
			push @known, { %$life, facts => \@facts } if @facts;
		}
		my $then = by_life($node, $cadence,
			"SELECT life, entries FROM snapshots WHERE at = $moment");
		$_ = sorted($_) for values %$then;
		my $expected = each_life {
			my ($life) = @_;
			sorted(derived_text(Lives::advance(@{$life}{qw(policy facts)}, $moment)));
		} @known;
		same("$cadence: derived entries after the tick at $moment s",
			\@known, $then, $expected);
	}
}

my $ordered = each_life { derived_text(@{ $_[0]{derived} }) } @lives;
same('simulate, in order', \@lives, by_life($node, 'incident', $SIMULATED), $ordered);
is($node->safe_psql('incident', $SIMULATED_LEVEL_WRONG),
	'0', 'simulate: the level of an escalation is the response, of a breach the event level');

# A comparison of dull lives would prove nothing.

sub lives_with (&)
{
	my ($code) = @_;
	return scalar grep { $code->() } @lives;
}

my %seen = (
	'withdrawn entries (by the minute)' => $node->safe_psql('minute',
		q{SELECT count(DISTINCT incident_id) FROM incident.timeline WHERE kind = 'voided'}),
	'withdrawn entries (one tick)' => $node->safe_psql('once',
		q{SELECT count(DISTINCT incident_id) FROM incident.timeline WHERE kind = 'voided'}),
	'ticks that left work' => $node->safe_psql('random',
		'SELECT count(*) FROM ticked WHERE remaining > 0 AND incidents > 0'),
	'opened late' => lives_with { $_->{facts}[0]{recorded} > $_->{facts}[0]{effective} },
	'back-dated facts' => lives_with {
		my $life = $_;
		grep { $_->{recorded} > $_->{effective} } @{ $life->{facts} }[ 1 .. $#{ $life->{facts} } ];
	},
	'facts without effect' => lives_with { facts_without_effect($_) },
	'entries at the moment of a fact' => lives_with {
		my %fact = map { $_->{effective} => 1 } @{ $_->{facts} };
		grep { $_->{kind} ne 'graded' && $fact{ $_->{at} } } @{ $_->{derived} };
	},
	'a response that fell' => lives_with {
		my ($policy, $derived) = @{$_}{qw(policy derived)};
		grep {
			Grading::more_urgent($policy, $derived->[ $_ - 1 ]{response_level},
				$derived->[$_]{response_level})
		} 1 .. $#$derived;
	},
	'second breaches' => lives_with { 1 < grep { $_->{kind} eq 'breached' } @{ $_->{derived} } },
	'clocks that stood on hold' => lives_with {
		$_->{policy}{hold_stops} && grep { $_->{kind} eq 'held' } @{ $_->{facts} };
	},
);
for my $kind (sort { $a cmp $b } 'assessed', 'noted', keys %FUNCTION)
{
	$seen{"facts $kind"} = lives_with { grep { $_->{kind} eq $kind } @{ $_->{facts} } };
}
note(sprintf '%6d %s', $seen{$_}, $_) for sort keys %seen;
SKIP:
{
	skip 'too few lives to be sure of each feature', 1 if $LIVES < 300;
	is_deeply([ grep { !$seen{$_} } sort keys %seen ], [], 'every feature occurs');
}

$node->stop;
done_testing();
