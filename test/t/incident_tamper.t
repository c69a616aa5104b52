# What shows by verify_timeline: nothing of what the extension does by itself, and whatever
# else is changed in the rows of an incident. Random lives under random policies, with facts
# that come late, migrations, marks, an import of a calendar, a quarantine, a dump and a
# restore; then random changes of single rows, each undone after a look.
#
# On the way: which facts have an effect, against the oracle, and that the timeline's key is
# unique.
#
# PG_INCIDENT_TAMPER_LIVES says how many lives (default 60), PG_INCIDENT_TAMPERINGS how many
# changes (default 1200), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;
use PostgreSQL::Test::Utils;
use DutyWorlds;
use PgIncident;
use RandomDuties;
use RandomLives;
use Stepping;

my $LIVES      = $ENV{PG_INCIDENT_TAMPER_LIVES} || 60;
my $TAMPERINGS = $ENV{PG_INCIDENT_TAMPERINGS} || 1200;
my $SEED       = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $POLICIES   = 8;
my $HOUR       = 3600;
my $STEP       = $RandomDuties::STEP;
my $HORIZON    = 60 * $HOUR;
my $ORIGIN     = $DutyWorlds::ORIGIN;
my $SHOWN      = 5;

my $TAMPER = <<'SQL';
-- A value for a column of a row: of another row, of its type and near the present one, or NULL.
CREATE FUNCTION other_value(altered text, a pg_attribute) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	roll float8 := random();
BEGIN
	IF roll < 0.2 AND NOT a.attnotnull THEN
		RETURN 'NULL';
	ELSIF roll < 0.5 THEN
		RETURN format('(SELECT o.%I FROM %s AS o OFFSET %s LIMIT 1)', a.attname, altered, floor(random() * 200));
	END IF;
	RETURN format(CASE a.atttypid::regtype::text
		WHEN 'integer' THEN 'coalesce(x.%1$I, 0) + 1'
		WHEN 'bigint' THEN 'coalesce(x.%1$I, 0) + 1000'
		WHEN 'smallint' THEN 'coalesce(x.%1$I, 0) + 1'
		WHEN 'integer[]' THEN 'coalesce(x.%1$I, ''{}'') || 2'
		WHEN 'timestamp with time zone' THEN 'coalesce(x.%1$I, now()) + ' || quote_literal((random() - 0.5) * 100) || '::float8 * interval ''1 minute'''
		WHEN 'text' THEN 'coalesce(x.%1$I, '''') || ''x'''
		WHEN 'boolean' THEN 'NOT coalesce(x.%1$I, false)'
		WHEN 'bytea' THEN 'coalesce(x.%1$I, '''') || ''x'''
		WHEN 'incident.level' THEN 'CASE WHEN x.%1$I = ''1'' THEN ''2'' ELSE ''1'' END::incident.level'
		WHEN 'incident.severity' THEN 'CASE WHEN x.%1$I = ''minor'' THEN ''severe'' ELSE ''minor'' END::incident.severity'
		WHEN 'jsonb' THEN 'coalesce(x.%1$I, ''{}'') || ''{"x": 1}''' END, a.attname);
END
$$;

CREATE TABLE tampering (altered text, op text, name text, value text, before jsonb, after jsonb, problems text[]);

-- One change of one row by a superuser; what verify_timeline says of the incidents that the row
-- belonged and belongs to. NULL when nothing was changed. Columns take turns.
CREATE FUNCTION tamper(turn int) RETURNS tampering LANGUAGE plpgsql AS $$
DECLARE
	t tampering;
	a pg_attribute;
	place record;
	owner record;
	said text;
BEGIN
	SELECT (c).* INTO a FROM (SELECT c, row_number() OVER (ORDER BY attrelid::regclass::text, attnum) AS number, count(*) OVER () AS count
		FROM pg_attribute AS c WHERE attnum > 0 AND NOT attisdropped AND attrelid = ANY ('{incident_internal.entries,incident_internal.incident_state,incident_internal.incidents}'::regclass[])) AS c
		WHERE number = 1 + turn % count;
	t.altered := a.attrelid::regclass;
	t.op := (ARRAY['update', 'update', 'update', 'update', 'insert', 'delete'])[1 + floor(random() * 6)];
	EXECUTE format('SELECT x.tableoid, x.ctid, to_jsonb(x) AS row FROM %s AS x ORDER BY hashint8(x.incident_id + %s) LIMIT 1 OFFSET %s',
		t.altered, floor(random() * 1e9), floor(random() * 20)) INTO place;
	t.before := place.row;
	t.name := a.attname;
	t.value := other_value(t.altered, a);
	BEGIN
		SET LOCAL session_replication_role = replica;
		IF t.op = 'update' THEN
			EXECUTE format('UPDATE %s AS x SET %I = %s WHERE tableoid = $1 AND ctid = $2 RETURNING to_jsonb(x)', t.altered, t.name, t.value)
				INTO t.after USING place.tableoid, place.ctid;
		ELSIF t.op = 'delete' THEN
			EXECUTE format('DELETE FROM %s AS x WHERE tableoid = $1 AND ctid = $2', t.altered) USING place.tableoid, place.ctid;
		ELSE
			EXECUTE format('INSERT INTO %s AS x SELECT %s FROM %1$s AS x WHERE tableoid = $1 AND ctid = $2 RETURNING to_jsonb(x)', t.altered,
				(SELECT string_agg(CASE WHEN attname = t.name THEN t.value ELSE format('x.%I', attname) END, ', ' ORDER BY attnum)
				FROM pg_attribute WHERE attrelid = t.altered::regclass AND attnum > 0)) INTO t.after USING place.tableoid, place.ctid;
		END IF;
		IF t.op = 'update' AND t.before = t.after THEN
			RAISE EXCEPTION USING ERRCODE = 'YY001';
		END IF;
		FOR owner IN SELECT DISTINCT (r ->> 'org_id')::int AS org_id, (r ->> 'incident_id')::bigint AS id
				FROM unnest(ARRAY[t.before, t.after]) AS r WHERE r IS NOT NULL LOOP
			PERFORM set_config('pg_incident.organisation', owner.org_id::text, true);
			BEGIN
				t.problems := t.problems || ARRAY(SELECT v.problem FROM incident.verify_timeline(owner.id) AS v);
			EXCEPTION WHEN OTHERS THEN
				t.problems := t.problems || SQLERRM;
			END;
		END LOOP;
		RAISE EXCEPTION USING ERRCODE = 'ZZ000';
	EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
		PERFORM set_config('pg_incident.organisation', '1', true);
		t.problems := coalesce(t.problems, '{}');
		RETURN t;
	WHEN SQLSTATE 'YY001' OR unique_violation OR not_null_violation OR check_violation THEN
		RETURN NULL;
	END;
END
$$;
SQL

# What cannot show: up to which moment an incident is settled, where nothing happens in between.
my $UNSEEN = q{problems = '{}' AND name <> 'settled_to'};

sub problems_of
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, <<'SQL');
SELECT i.incident_id, v.* FROM incident_internal.incidents AS i, LATERAL incident.verify_timeline(i.incident_id) AS v ORDER BY 1, 2
SQL
}

sub publish_world
{
	my ($node, $rng) = @_;
	my $eport = eport();
	my @calendars = calendars($node, 9 * 24 * $HOUR);
	my %policies;
	for my $number (1 .. $POLICIES)
	{
		my $policy = publish_random($node, $rng, "lived-$number", $eport, @calendars);
		my %other = (%$policy, name => "other-$number", duties => [ reverse @{ $policy->{duties} } ]);
		$policies{ $policy->{name} } = $policy;
		$policies{ $other{name} } = \%other if publish_policy($node, \%other, $eport) eq '';
	}
	return \%policies;
}

sub lives
{
	my ($node, $rng, $policies) = @_;
	my @sql;
	for my $number (1 .. $LIVES)
	{
		my $policy = $policies->{ 'lived-' . (1 + $number % $POLICIES) };
		my @facts = RandomDuties::life($rng, $policy, $STEP * int(24 * $rng->()), 16 * $HOUR);
		for my $fact (@facts)
		{
			if ($fact->{kind} eq 'noted')
			{
				my $roll = $rng->();
				@{$fact}{qw(kind mark)} = ('marked', (qw(red amber clear))[ int(3 * $rng->()) ]) if $roll < 0.5;
			}
			$fact->{at} = iso(delete $fact->{effective});
		}
		if ($rng->() < 0.5)
		{
			my @ways = ("other-" . (1 + $number % $POLICIES), $policy->{name});
			for (1 .. 1 + int(3 * $rng->()))
			{
				splice @facts, 1 + int($rng->() * @facts), 0,
				  { kind => 'migrated', policy => $ways[ $_ % 2 ? 0 : 1 ], at => iso(40 * $HOUR) };
			}
		}
		push @sql, "INSERT INTO given VALUES ($number, '$policy->{name}', \$json\$"
		  . JSON::PP->new->canonical->encode(\@facts) . '$json$);';
	}
	$node->safe_psql('incident', join "\n", 'BEGIN;', @sql, 'COMMIT;');
	return;
}

# The facts that have no effect, of each incident, as the timeline has it and as the oracle does.
sub effects
{
	my ($node, $policies) = @_;
	my (%lives, %policy, @wrong, %seen);
	for my $line (split /\n/, $node->safe_psql('incident', <<"SQL"))
SELECT t.incident_id, h.policy, t.seq, t.kind, extract(epoch FROM t.effective_at)::bigint - $ORIGIN, coalesce(t.severity::text, ''),
	coalesce(t.asset_level::text, ''), coalesce(t.duty, ''), coalesce(e.sets_severity, false)::int, coalesce(e.sets_asset, false)::int, t.effective::int
FROM incident.timeline AS t JOIN incident.incident_history AS h USING (org_id, incident_id) JOIN incident_internal.entries AS e USING (org_id, incident_id, seq)
WHERE t.rule IS NULL AND t.kind <> 'voided' ORDER BY t.incident_id, t.seq
SQL
	{
		my ($id, $policy, $seq, $kind, $at, $severity, $asset, $duty, $sets_severity, $sets_asset, $effective) = split /\|/, $line, -1;
		my %fact = (seq => $seq, kind => $kind, effective => $at, said => $effective);
		$fact{severity} = $severity eq '' ? undef : $severity if $sets_severity;
		$fact{asset_level} = $asset eq '' ? undef : $asset if $sets_asset;
		$fact{duty} = $duty if $duty ne '';
		push @{ $lives{$id} }, \%fact;
		$policy{$id} = $policy;
	}
	for my $id (sort { $a <=> $b } keys %lives)
	{
		my @known = grep { $_->{kind} !~ /^(?:migrated|marked)$/ } @{ $lives{$id} };
		Stepping::advance(RandomDuties::with_ends($policies->{ $policy{$id} }), \@known, $HORIZON, $STEP);
		$_->{has_effect} = 1 for grep { !defined $_->{has_effect} } @{ $lives{$id} };
		push @wrong, map { "incident $id under $policy{$id}: $_->{kind} $_->{seq} is said to be $_->{said}" }
		  grep { $_->{said} != $_->{has_effect} } @{ $lives{$id} };
		$seen{ $_->{kind} eq 'done' ? 'done' : 'other' }++ for grep { !$_->{has_effect} } @{ $lives{$id} };
	}
	return (\@wrong, \%seen);
}

my $node = start_node('tamper', conf => "fsync = off\nsynchronous_commit = off\njit = off\n");
my $rng = RandomLives::rng($SEED);
my $policies = publish_world($node, $rng);
prepare_lives($node);
$node->safe_psql('incident', $TAMPER);
lives($node, $rng, $policies);
$node->safe_psql('incident', 'CALL live(1)');
is(problems_of($node, 'incident'), '', 'nothing shows before the first tick');
$node->safe_psql('incident', "SELECT incident.tick('" . iso($_ * $HOUR) . "')") for 3, 9, 20;
is(problems_of($node, 'incident'), '', 'nor after ticks');
$node->safe_psql('incident', 'CALL live(2)');
is(problems_of($node, 'incident'), '', 'nor after facts that came late');
$node->safe_psql('incident', "SELECT incident.tick('" . iso($HORIZON) . "')");
is(problems_of($node, 'incident'), '', 'nor after the last tick');

my %tally = map { split /\|/ } split /\n/, $node->safe_psql('incident', 'SELECT what, sum(times) FROM tally GROUP BY what');
cmp_ok($tally{$_} || 0, '>', 0, "$_ was recorded") for qw(migrated marked done reopened held);
cmp_ok($node->safe_psql('incident', "SELECT count(*) FROM incident.timeline WHERE kind = 'voided'"), '>', 50, 'entries were taken back');

# Facts without an effect; names of duties; what is unique.
my ($wrong, $seen) = effects($node, $policies);
is(scalar(@$wrong), 0, 'the timeline tells which facts have an effect');
diag $_ for grep { defined } @{$wrong}[ 0 .. $SHOWN - 1 ];
cmp_ok($seen->{other} || 0, '>', 5, 'there are facts without an effect');
note "without an effect: " . join ', ', map { "$_ $seen->{$_}" } sort keys %$seen;
is($node->safe_psql('incident', <<'SQL'), '', 'kind, rule, epoch and occurrence are unique');
SELECT incident_id, kind, rule, epoch, occurrence, count(*) FROM incident.timeline
WHERE rule IS NOT NULL GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
SQL
is($node->safe_psql('incident', <<'SQL'), '', 'entries about duties have their names');
SELECT incident_id, seq, kind, rule, duty FROM incident.timeline
WHERE (kind IN ('due', 'repeated', 'done') OR kind = 'overdue' AND rule NOT IN ('acknowledgement', 'response')) <> (duty IS NOT NULL)
	OR rule LIKE 'duty:%' AND rule <> 'duty:' || duty
SQL
is($node->safe_psql('incident', <<'SQL'), '', 'live ones those of the present policy');
SELECT t.incident_id, t.seq, t.duty FROM incident.timeline AS t JOIN incident_internal.entries AS e USING (org_id, incident_id, seq)
JOIN incident_internal.incident_state AS s USING (org_id, incident_id)
JOIN incident_internal.policy_duties AS d ON d.policy_id = s.policy_id AND d.number = e.rule % 100
WHERE t.live AND t.rule LIKE 'duty:%' AND t.duty <> d.duty
SQL

# A calendar that has changed since, until ticks have followed it up.
$node->safe_psql('incident', q{SELECT incident.import_calendar(incident.export_calendar('duties-day') || '{"holidays": ["2024-03-04"]}', change_closed => true)});
my $pending = $node->safe_psql('incident', <<'SQL');
SELECT string_agg(v.problem, ', ') FILTER (WHERE NOT v.pending), count(*) FILTER (WHERE v.pending) > 0
FROM incident_internal.incidents AS i, LATERAL incident.verify_timeline(i.incident_id) AS v
SQL
is($pending, '|t', 'what an import changes is pending');
for (1 .. 10)
{
	$node->safe_psql('incident', "SELECT incident.tick('" . iso($HORIZON) . "')");
	last if $node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.calendar_changes') eq '0';
}
is(problems_of($node, 'incident'), '', 'and nothing shows once it is followed up');

# In quarantine: what is wrong, and when that is mended that it is still there.
my $broken = $node->safe_psql('incident', <<'SQL');
SELECT s.incident_id FROM incident_internal.incident_state AS s WHERE s.seq > 4 ORDER BY s.incident_id LIMIT 1
SQL
my $end = iso($HORIZON);
$node->safe_psql('incident', <<"SQL");
CREATE TABLE kept AS SELECT * FROM incident_internal.entries WHERE incident_id = $broken AND seq = 2;
DELETE FROM incident_internal.entries WHERE incident_id = $broken AND seq = 2;
UPDATE incident_internal.incident_state SET next_due = '$end', needs_full_run = true WHERE incident_id = $broken;
SELECT incident_internal.set_timer(1, $broken, '$end');
SELECT incident.tick('$end');
SQL
is($node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.quarantine'), '1', 'an incident is in quarantine');
like(problems_of($node, 'incident'), qr/^$broken\|2\|the entry is missing\|f/, 'what is wrong with it shows');
$node->safe_psql('incident', 'INSERT INTO incident_internal.entries TABLE kept');
is(problems_of($node, 'incident'), "$broken||the incident is in quarantine and will be settled anew|t", 'and that it is there');
$node->safe_psql('incident', "SELECT incident.note($broken, 'mended', at => '$end'), incident.tick('$end')");
is(problems_of($node, 'incident'), '', 'and nothing when it is settled');

# Elsewhere.
my $dump = "$PostgreSQL::Test::Utils::tmp_check/tamper.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, 'incident' ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere TEMPLATE template0');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'elsewhere' ], 'restore');
is(problems_of($node, 'elsewhere'), '', 'nothing shows after a restore');
is($node->safe_psql('elsewhere', 'SELECT * FROM incident.verify_policies()'), '', 'nor of policies');

# Policies have other numbers there.
$node->safe_psql('elsewhere', <<'SQL');
SET session_replication_role = replica;
UPDATE incident_internal.incidents SET policy_id = policy_id + 5000 WHERE policy_id >= 1000;
UPDATE incident_internal.incident_state SET policy_id = policy_id + 5000 WHERE policy_id >= 1000;
DO $$
DECLARE
	part text;
BEGIN
	FOR part IN SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'policy_id'
			WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind = 'r' AND c.relname LIKE 'polic%' LOOP
		EXECUTE format('ALTER TABLE incident_internal.%I DISABLE TRIGGER ALL', part);
		EXECUTE format('UPDATE incident_internal.%I SET policy_id = policy_id + 5000 WHERE policy_id >= 1000', part);
	END LOOP;
END
$$;
SQL
is(problems_of($node, 'elsewhere'), '', 'nor when policies have other ids');

# Whatever is changed shows.
$node->safe_psql('incident', <<"SQL");
SELECT setseed(($SEED % 1000) / 1000.0);
DO \$\$
BEGIN
	FOR i IN 1 .. $TAMPERINGS LOOP
		INSERT INTO tampering SELECT t.* FROM tamper(i) AS t WHERE t.op IS NOT NULL;
	END LOOP;
END
\$\$;
SQL
note $node->safe_psql('incident', 'SELECT altered, op, count(*) FROM tampering GROUP BY 1, 2 ORDER BY 1, 2');
cmp_ok($node->safe_psql('incident', "SELECT count(*) FROM tampering"), '>', $TAMPERINGS / 3, 'rows were changed');
is($node->safe_psql('incident', <<"SQL"), '', 'each column of each table');
SELECT a.attrelid::regclass, a.attname FROM pg_attribute AS a
WHERE a.attrelid IN ('incident_internal.incidents'::regclass, 'incident_internal.incident_state'::regclass, 'incident_internal.entries'::regclass) AND a.attnum > 0
	AND $TAMPERINGS >= 1200
	AND NOT EXISTS (SELECT FROM tampering AS t WHERE t.altered::regclass = a.attrelid AND t.name = a.attname AND t.op = 'update')
SQL
is($node->safe_psql('incident', "SELECT altered, op, name, value, before, after FROM tampering WHERE $UNSEEN LIMIT $SHOWN"), '', 'every change shows');
is(problems_of($node, 'incident'), '', 'all of it was undone');

$node->stop;
done_testing();
