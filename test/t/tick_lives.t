# Any cadence of ticks gives the same entries: random lives of incidents, lived
# through in three databases (a tick every minute, ticks at random moments, one
# tick at the end), must give what the oracle derives from the facts. Meanwhile some
# incidents are damaged, put into quarantine by ticks, and repaired.
#
# There are two worlds. The plain one has the policy eport, and one more in which a hold
# stops the clock. The working one has random policies with calendars, in zones that
# change their clocks meanwhile, with deadlines and with holds that stop some clocks.
#
# PG_INCIDENT_LIVES says how many lives the plain world has (default 1000),
# PG_INCIDENT_WORKING_LIVES the working one (default 400), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use List::Util qw(max);
use Test::More;
use PostgreSQL::Test::Utils;
use LifeScripts;
use PgIncident;
use Grading;
use Lives;
use RandomLives;
use RandomPolicies;
use WorkingHours;

my $LIVES    = $ENV{PG_INCIDENT_LIVES} || 1000;
my $WORKING  = $ENV{PG_INCIDENT_WORKING_LIVES} || 400;
my $SEED     = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $HOUR     = 3600;
my $DAY      = 24 * $HOUR;
my $POLICIES = 24;    # of the working world
my $SHOWN    = 3;     # mismatching lives of a comparison to print
my @CADENCES = qw(minute random once);

# Worlds.

# One more life of a world: its facts, what the oracle says of it, and at which moments the
# state is asked for.
sub add_life
{
	my ($world, $rng, $policy, @facts) = @_;
	my $horizon  = $world->{horizon};
	my $detected = $facts[0]{effective};
	my @derived  = Lives::advance($policy, \@facts, $horizon);
	my @eventful = ((map { $_->{effective} } @facts), map { $_->{at} } @derived);
	my @moments  = ($eventful[ int($rng->() * @eventful) ], $horizon);
	push @moments, $detected + int($rng->() * ($horizon - $detected)) for 1 .. 2;
	push @{ $world->{lives} },
	  {
		number  => 1 + @{ $world->{lives} },
		policy  => $policy,
		facts   => \@facts,
		derived => \@derived,
		moments => \@moments,
	  };
	return;
}

sub plain_world
{
	my ($rng) = @_;
	my %world = (
		name      => 'plain',
		origin    => 1709510400,    # 2024-03-04 00:00:00+00
		horizon   => 16 * $HOUR,
		snapshots => [ 4 * $HOUR, 8 * $HOUR, 12 * $HOUR ],
		policies  => [],
		lives     => [],
	);
	for my $number (1 .. $LIVES)
	{
		my $policy = $number % 2 ? $Grading::EPORT : $Grading::PAUSING;
		add_life(\%world, $rng, $policy, RandomLives::random_life($rng, policy => $policy, repeats => 1));
	}
	return \%world;
}

# Where clocks change within the days of the working world: forward or back by an hour, by
# half of one or two, at midnight, on a Friday. And where they do not.
my @ZONES = qw(Europe/Berlin Europe/Dublin Antarctica/Troll Asia/Beirut Asia/Jerusalem
  America/Nuuk Australia/Lord_Howe Australia/Sydney Pacific/Auckland America/Santiago
  Asia/Kathmandu Asia/Shanghai America/New_York UTC);
my @CHANGES = map { $_ * $HOUR } 24, 70, 73, 230, 231, 232, 243;

# From Thursday 2024-03-28 on, with calendars that go far enough for what is due later.
sub working_world
{
	my ($rng) = @_;
	my %world = (
		name      => 'working',
		origin    => 1711584000,    # 2024-03-28 00:00:00+00
		horizon   => 13 * $DAY,
		snapshots => [ 3 * $DAY + 4 * $HOUR, 8 * $DAY, 11 * $DAY ],
		policies  => [],
		calendars => [],
		lives     => [],
	);
	local $ENV{TZDIR} = zone_directory();
	my @dates = map { substr iso(\%world, $_ * $DAY), 0, 10 } 0 .. 12;
	my @calendars;
	for my $zone (@ZONES)
	{
		my $name = 'lives-' . (1 + @calendars);
		my $document = RandomPolicies::calendar_document($rng, $name, $zone, @dates);
		my $calendar = WorkingHours::of_document($document, $world{origin}, 0, 70 * $DAY);
		redo if WorkingHours::worked($calendar, 21 * $DAY, 28 * $DAY) < 30 * $HOUR;
		push @{ $world{calendars} }, $document;
		push @calendars, [ $document->{name}, $calendar ];
	}
	for my $number (0 .. $POLICIES - 1)
	{
		my @some = ($calendars[ $number % @calendars ], [ '24x7', undef ],
			$calendars[ ($number + 1 + int($rng->() * (@calendars - 1))) % @calendars ]);
		splice @some, 1 + int($rng->() * 2), 1 if $rng->() < 0.6;
		push @{ $world{policies} }, RandomPolicies::working_policy($rng, "working-$number", @some);
	}
	for my $number (1 .. $WORKING)
	{
		my $policy = $world{policies}[ $number % $POLICIES ];
		my $detected = int($rng->() * 9 * $DAY);
		$detected = max(0, $CHANGES[ int($rng->() * @CHANGES) ] - int($rng->() * 10 * $HOUR))
		  if $rng->() < 0.5;
		my $calendars = $policy->{calendars};
		my @edges = map { WorkingHours::edges($_) } grep { defined } map { $calendars->{$_} } sort keys %$calendars;
		my @facts = RandomLives::random_life($rng, policy => $policy, repeats => 1, detected => $detected,
			length => int((0.3 + 2 * $rng->()) * $DAY), liked => [ @CHANGES, @edges ]);
		add_life(\%world, $rng, $policy, @facts);
	}
	return \%world;
}

# What the oracle says.

sub entry_text
{
	my ($entry, $with_rule) = @_;
	my @rule = $with_rule && defined $entry->{rule} ? $entry->{rule} : ();
	return join ' ', $entry->{at}, $entry->{kind}, @rule, @{$entry}{qw(event_level response_level)};
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
	return join ', ', map { entry_text($_, 1) } @_;
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
	my ($world, $life) = @_;
	my ($policy, $facts) = @{$life}{qw(policy facts)};
	my $horizon = $world->{horizon};
	my $state = Lives::state_at($policy, $facts, $horizon);
	my @later = grep { $_->{at} > $horizon }
	  Lives::advance($policy, $facts, $horizon + 50 * $DAY);
	return join ' ', map { defined $_ ? $_ : 'unknown' }
	  @{$state}{qw(status severity asset_level event_level response_level breached)},
	  @later ? $later[0]{at} : 'never';
}

sub facts_without_effect
{
	my ($life) = @_;
	my @ordered = Lives::in_order($life->{facts});
	my @situations = Lives::situations($life->{policy}, @ordered);
	return grep { !$situations[$_]{fitted} && $ordered[$_]{kind} ne 'heard' } 0 .. $#ordered;
}

# Cadences.

sub every_minute
{
	my ($world) = @_;
	my %snapshot = map { $_ => 1 } @{ $world->{snapshots} };
	return map {
		+{
			at       => 60 * $_,
			batch    => 1000000,
			whole    => 1,
			snapshot => $snapshot{ 60 * $_ },
		}
	} 1 .. $world->{horizon} / 60;
}

# Half of the moments are ones at which something happens in a life. Most
# ticks leave work for later ones; some settle everything.
sub at_random
{
	my ($world, $rng) = @_;
	my $lives = $world->{lives};
	my %at;
	while (keys %at < max(90, @$lives / 4))
	{
		my $life = $lives->[ int($rng->() * @$lives) ];
		my @eventful = ((map { $_->{recorded} } @{ $life->{facts} }),
			map { $_->{at} } @{ $life->{derived} });
		my $moment = $rng->() < 0.5
		  ? int($rng->() * $world->{horizon})
		  : $eventful[ int($rng->() * @eventful) ];
		my $batch = $rng->() < 0.5 ? 1 + int($rng->()**3 * 200) : 1 + int($rng->() * 5000);
		$at{$moment} = $batch if $moment < $world->{horizon};
	}
	my @ticks = map { +{ at => $_, batch => $at{$_} } } sort { $a <=> $b } keys %at;
	$_->{whole} = $_->{snapshot} = 1 for @ticks[ map { int($_ * @ticks) } 0.3, 0.55, 0.8 ];
	return @ticks, once_at_end($world, 17);
}

sub once_at_end
{
	my ($world, $batch) = @_;
	return { at => $world->{horizon}, batch => $batch, whole => 1 };
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
	CASE WHEN t.kind = 'overdue' THEN t.rule END, t.event_level, t.response_level), ', ' ORDER BY t.seq)
	AS entries
FROM lives AS l JOIN incident.timeline AS t ON t.incident_id = l.incident_id
WHERE t.live AND t.kind IN ('graded', 'escalated', 'breached', 'overdue')
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

-- Something is wrong with a fact: the opening has a severity that the policy does not
-- know, or the newest fact is missing.
CREATE TABLE taken (LIKE incident_internal.entries);
CREATE PROCEDURE damage(of_life integer, foreign_severity text)
LANGUAGE plpgsql AS $$
DECLARE
	id bigint := (SELECT incident_id FROM lives WHERE life = of_life);
	fact integer := CASE WHEN foreign_severity IS NOT NULL THEN 1 ELSE (SELECT max(seq)
		FROM incident.timeline WHERE incident_id = id AND rule IS NULL AND kind <> 'voided') END;
BEGIN
	INSERT INTO taken SELECT * FROM incident_internal.entries WHERE incident_id = id AND seq = fact;
	DELETE FROM incident_internal.entries WHERE incident_id = id AND seq = fact AND foreign_severity IS NULL;
	UPDATE incident_internal.entries SET severity = foreign_severity::incident.severity
		WHERE incident_id = id AND seq = fact;
	-- Ticks go on from the state, unless it is to be made anew from the facts.
	UPDATE incident_internal.incident_state SET needs_full_run = true WHERE incident_id = id;
END
$$;
CREATE PROCEDURE repair(of_life integer)
LANGUAGE plpgsql AS $$
DECLARE
	id bigint := (SELECT incident_id FROM incident_internal.incidents WHERE ticket = of_life::text);
BEGIN
	DELETE FROM incident_internal.entries AS e USING taken AS t WHERE e.incident_id = id
		AND t.incident_id = id AND e.seq = t.seq;
	INSERT INTO incident_internal.entries SELECT * FROM taken WHERE incident_id = id;
END
$$;

-- Lives are about clocks; duties have lives of their own in incident_duties.t and replay_lives.t.
SELECT incident.publish_policy(incident.import_policy(incident.export_policy(1) || '{"duties": [], "messages": {"missed_ticks": "latest"}}'
	|| jsonb_build_object('posts', (SELECT jsonb_agg(r) FROM jsonb_array_elements(incident.export_policy(1) -> 'posts') AS r
		WHERE EXISTS (SELECT FROM jsonb_path_query(incident.export_policy(1), '$.authorities[*].posts[*]') AS a
			WHERE a = r -> 'post')))));
SELECT incident.publish_policy(incident.import_policy(
	jsonb_set(jsonb_set(incident.export_policy(incident.policy_id('eport')),
		'{name}', '"pausing"'), '{hold,stops}', '["processing"]')));
-- The organisation's policy takes any level; each life names its own.
SELECT incident.register_organisation(1, 'lives', 'damage-sab');
SELECT incident.register_asset('level ' || l, 'application', l::incident.level)
	FROM unnest('{1,2,3,4,5,6,7,8,9,none}'::text[]) AS l;
SELECT incident.register_asset('unrated', 'application');
SQL

# The text of an SQL command about a world.
sub placed
{
	my ($world, $sql) = @_;
	$sql =~ s/HORIZON/$world->{horizon}/g;
	$sql =~ s/ORIGIN/$world->{origin}/g;
	return $sql;
}

sub given_facts
{
	my ($world, $facts) = @_;
	my @given;
	for my $fact (grep { $_->{kind} ne 'heard' } @$facts[ 1 .. $#$facts ])
	{
		my %given = (at => iso($world, $fact->{effective}), kind => $fact->{kind});
		$given{$_} = $fact->{$_} for grep { exists $fact->{$_} } qw(severity asset_level);
		push @given, \%given;
	}
	return JSON::PP->new->canonical->encode(\@given);
}

# A database with a world's policies and lives as they will have been.
sub make_database
{
	my ($node, $world) = @_;
	my $eport = JSON::PP->new->utf8->decode(slurp_file(source_dir() . '/extension/data/presets/eport.json'));
	my $json = JSON::PP->new->ascii->canonical;
	my @sql = placed($world, $TABLES);
	push @sql, 'SELECT incident.import_calendar($json$' . $json->encode($_) . "\$json\$);"
	  for @{ $world->{calendars} };
	push @sql, 'SELECT incident.publish_policy(incident.import_policy($json$'
	  . RandomPolicies::document($_, $eport) . "\$json\$));"
	  for @{ $world->{policies} };
	for my $life (@{ $world->{lives} })
	{
		my $opened = $life->{facts}[0];
		push @sql, "INSERT INTO probes VALUES ($life->{number}, $_);" for @{ $life->{moments} };
		push @sql, 'INSERT INTO given VALUES (' . join(', ', $life->{number}, "'$life->{policy}{name}'",
			literal($opened->{asset_level}), literal($opened->{severity}),
			$opened->{effective}, "'" . given_facts($world, $life->{facts}) . "'") . ');';
	}
	$node->safe_psql('postgres', "CREATE DATABASE $world->{name} TEMPLATE incident");
	$node->safe_psql($world->{name}, join "\n", 'BEGIN;', @sql, 'COMMIT;');
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
SELECT l.life, concat_ws(' ', of_origin(t.effective_at), t.kind, t.effective::int)
FROM lives AS l JOIN incident.timeline AS t ON t.incident_id = l.incident_id
WHERE t.kind NOT IN ('graded', 'escalated', 'breached', 'overdue', 'voided') ORDER BY t.seq
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
WHERE s.kind IN ('graded', 'escalated', 'breached', 'overdue')
GROUP BY g.life
SQL

my $SIMULATED_LEVEL_WRONG = <<'SQL';
SELECT count(*)
FROM given AS g, LATERAL incident.simulate(g.policy, g.asset_level::incident.level,
	g.severity::incident.severity, to_timestamp(g.detected + ORIGIN),
	to_timestamp(HORIZON + ORIGIN), g.facts) AS s
WHERE s.kind = 'escalated' AND s.level::text IS DISTINCT FROM s.detail ->> 'response_level'
	OR s.kind IN ('breached', 'overdue') AND s.level::text IS DISTINCT FROM s.detail ->> 'event_level'
SQL
my $RULES_WRONG = <<'SQL';
SELECT kind, rule, response_level FROM incident.timeline WHERE rule IS DISTINCT FROM CASE kind
	WHEN 'graded' THEN 'matrix' WHEN 'escalated' THEN 'remaining_time:' || response_level
	WHEN 'breached' THEN 'processing_time' WHEN 'overdue' THEN rule END
SQL

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
		my %policy = (%{ $life->{policy} }, calendars => undef);
		diag("life $number, " . JSON::PP->new->canonical->encode(\%policy));
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

# Lives through a world in its databases; false when that fails.
sub live_through
{
	my ($node, $world, $ticks) = @_;
	my @scripts;
	for my $cadence (@CADENCES)
	{
		my $database = "$world->{name}_$cadence";
		my $file = "$PostgreSQL::Test::Utils::tmp_check/$database.sql";
		my @damages = $cadence eq 'once' ? ()
		  : damages(RandomLives::rng($SEED + 2), $world, $ticks->{$cadence}, @{ $world->{lives} } / 20);
		write_script($file, $world, $ticks->{$cadence}, \@damages);
		$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE $world->{name}");
		push @scripts, [ $database, $file ];
	}
	my @errors = run_scripts($node, @scripts);
	is($errors[$_], '', "$scripts[$_][0]: every fact is taken") for 0 .. $#CADENCES;
	return !grep { $_ ne '' } @errors;
}

sub compare_databases
{
	my ($node, $world) = @_;
	my @lives = @{ $world->{lives} };
	my $derived = each_life { sorted(derived_text(@{ $_[0]{derived} })) } @lives;
	my $states = each_life {
		my ($life) = @_;
		join '; ', map { "$_ " . state_text(Lives::state_at(@{$life}{qw(policy facts)}, $_)) }
		  sort { $a <=> $b } @{ $life->{moments} };
	} @lives;
	my $history = each_life { history_text($world, $_[0]) } @lives;
	my $facts = each_life {
		my ($life) = @_;
		my @ordered = Lives::in_order($life->{facts});
		my @situations = Lives::situations($life->{policy}, @ordered);
		$ordered[$_]{has_effect} = $situations[$_]{fitted} for 0 .. $#ordered;
		join '; ', map { "$_->{effective} $_->{kind} $_->{has_effect}" }
		  grep { $_->{kind} ne 'heard' } @{ $life->{facts} };
	} @lives;

	my %marks;
	for my $database (map { "$world->{name}_$_" } @CADENCES)
	{
		my $about = sub { return by_life($node, $database, placed($world, $_[0])) };
		my $live = $about->($LIVE_ENTRIES);
		$_ = sorted($_) for values %$live;
		same("$database: derived entries", \@lives, $live, $derived);
		same("$database: facts, and which have an effect", \@lives, $about->($FACTS), $facts);
		same("$database: states", \@lives, $about->($STATES), $states);
		same("$database: history", \@lives, $about->($HISTORY), $history);
		$marks{$database} = $about->($MARKS);
		is($node->safe_psql($database, placed($world, $HISTORY_UNLIKE_STATE)),
			'', "$database: the history shows the state at the horizon");
		is($node->safe_psql($database, $RULES_WRONG), '', "$database: each entry names its rule");
		is($node->safe_psql($database,
				'SELECT l.life, v.* FROM lives AS l, incident.verify_timeline(l.incident_id) AS v'),
			'', "$database: timelines are intact");
		is($node->safe_psql($database,
				'SELECT q.message FROM incident.quarantined_incidents AS q'),
			'', "$database: nothing in quarantine");
	}
	same("$world->{name}_$_: peak and times", \@lives, $marks{"$world->{name}_$_"},
		$marks{"$world->{name}_once"})
	  for qw(minute random);

	my $ordered = each_life {
		join ', ', map { entry_text($_) } @{ $_[0]{derived} };
	} @lives;
	same("$world->{name}: simulate, in order", \@lives,
		by_life($node, $world->{name}, placed($world, $SIMULATED)), $ordered);
	is($node->safe_psql($world->{name}, placed($world, $SIMULATED_LEVEL_WRONG)), '0',
		"$world->{name}: simulate: the level of an escalation is the response, of what is late the event level");
	return;
}

sub compare_snapshots
{
	my ($node, $world, $cadence, @ticks) = @_;
	for my $moment (map { $_->{at} } grep { $_->{snapshot} } @ticks)
	{
		my @known;
		for my $life (@{ $world->{lives} })
		{
			my @facts = grep { $_->{recorded} < $moment } @{ $life->{facts} };
			push @known, { %$life, facts => \@facts } if @facts;
		}
		my $then = by_life($node, "$world->{name}_$cadence",
			"SELECT life, entries FROM snapshots WHERE at = $moment");
		$_ = sorted($_) for values %$then;
		my $expected = each_life {
			my ($life) = @_;
			sorted(derived_text(Lives::advance(@{$life}{qw(policy facts)}, $moment)));
		} @known;
		same("$world->{name}_$cadence: derived entries after the tick at $moment s",
			\@known, $then, $expected);
	}
	return;
}

# A comparison of dull lives would prove nothing.

sub lives_with
{
	my ($lives, $code) = @_;
	return scalar grep { $code->() } @$lives;
}

sub has_kind
{
	my ($entries, $kind) = @_;
	return scalar grep { $_->{kind} eq $kind } @$entries;
}

sub overdue_by
{
	my ($life, $rule) = @_;
	return grep { defined $_->{rule} && $_->{rule} eq $rule } @{ $life->{derived} };
}

sub features
{
	my ($node, $world) = @_;
	my ($name, $lives) = @{$world}{qw(name lives)};
	my %seen = (
		'withdrawn entries (by the minute)' => $node->safe_psql("${name}_minute",
			q{SELECT count(DISTINCT incident_id) FROM incident.timeline WHERE kind = 'voided'}),
		'withdrawn entries (one tick)' => $node->safe_psql("${name}_once",
			q{SELECT count(DISTINCT incident_id) FROM incident.timeline WHERE kind = 'voided'}),
		'ticks that left work' => $node->safe_psql("${name}_random",
			'SELECT count(*) FROM ticked WHERE remaining > 0 AND incidents > 0'),
		'opened late' => lives_with($lives, sub { $_->{facts}[0]{recorded} > $_->{facts}[0]{effective} }),
		'back-dated facts' => lives_with($lives, sub {
			my (undef, @later) = @{ $_->{facts} };
			grep { $_->{recorded} > $_->{effective} } @later;
		}),
		'facts without effect' => lives_with($lives, sub { facts_without_effect($_) }),
		'entries at the moment of a fact' => lives_with($lives, sub {
			my %fact = map { $_->{effective} => 1 } @{ $_->{facts} };
			grep { $_->{kind} ne 'graded' && $fact{ $_->{at} } } @{ $_->{derived} };
		}),
		'a response that fell' => lives_with($lives, sub {
			my ($policy, $derived) = @{$_}{qw(policy derived)};
			grep {
				Grading::more_urgent($policy, $derived->[ $_ - 1 ]{response_level},
					$derived->[$_]{response_level})
			} 1 .. $#$derived;
		}),
		'reports that raise nothing' => lives_with($lives, sub { has_kind($_->{facts}, 'heard') }),
		'second breaches' => lives_with($lives, sub { 1 < has_kind($_->{derived}, 'breached') }),
		'clocks that stood on hold' => lives_with($lives, sub {
			@{ $_->{policy}{hold_stops} } && has_kind($_->{facts}, 'held');
		}),
	);
	for my $cadence (qw(minute random))
	{
		$seen{"incidents in quarantine ($cadence)"} =
		  $node->safe_psql("${name}_$cadence", 'SELECT sum(quarantined) FROM ticked');
	}
	for my $kind (Lives::kinds())
	{
		$seen{"facts $kind"} = lives_with($lives, sub { has_kind($_->{facts}, $kind) });
	}
	return %seen;
}

sub working_features
{
	my ($node, $world) = @_;
	my $lives = $world->{lives};
	my %seen = ('overdue counted by ticks' =>
		  $node->safe_psql('working_minute', 'SELECT sum(overdue) FROM ticked'));
	for my $rule (@Lives::DEADLINES)
	{
		$seen{"overdue: $rule"} = lives_with($lives, sub { overdue_by($_, $rule) });
		$seen{"overdue again: $rule"} = lives_with($lives, sub { 1 < overdue_by($_, $rule) });
	}
	for my $clock (@Lives::CLOCKS)
	{
		$seen{"holds that stop $clock"} = lives_with($lives, sub {
			has_kind($_->{facts}, 'held') && grep { $_ eq $clock } @{ $_->{policy}{hold_stops} };
		});
	}
	$seen{'event levels that changed the calendar'} = lives_with($lives, sub {
		my ($names, %used) = $_->{policy}{calendar_names};
		$used{ $names->{ $_->{event_level} } } = 1 for @{ $_->{derived} };
		1 < keys %used;
	});
	for my $number (0 .. $#ZONES)
	{
		my $name = $world->{calendars}[$number]{name};
		$seen{"lives by the clock of $ZONES[$number]"} = lives_with($lives, sub {
			my $names = $_->{policy}{calendar_names};
			grep { $names->{ $_->{event_level} } eq $name } @{ $_->{derived} };
		});
	}
	return %seen;
}

sub all_seen
{
	my ($world, %seen) = @_;
	note("$world->{name} world");
	note(sprintf '%6d %s', $seen{$_}, $_) for sort keys %seen;
	SKIP:
	{
		skip 'too few lives to be sure of each feature', 1 if @{ $world->{lives} } < 300;
		is_deeply([ grep { !$seen{$_} } sort keys %seen ], [],
			"$world->{name}: every feature occurs");
	}
	return;
}

note("seed $SEED, $LIVES and $WORKING lives");
my $rng = RandomLives::rng($SEED);
my @worlds = (plain_world($rng), working_world($rng));
my $node = start_node('lives', conf => "log_statement = none\nsynchronous_commit = off\njit = off\n");
for my $world (@worlds)
{
	my %ticks = (
		minute => [ every_minute($world) ],
		random => [ at_random($world, RandomLives::rng($SEED + 1)) ],
		once   => [ once_at_end($world, 1000) ],
	);
	make_database($node, $world);
	next unless live_through($node, $world, \%ticks);
	compare_databases($node, $world);
	compare_snapshots($node, $world, $_, @{ $ticks{$_} }) for qw(minute random);
	all_seen($world, features($node, $world),
		$world->{name} eq 'working' ? working_features($node, $world) : ());
}

$node->stop;
done_testing();
