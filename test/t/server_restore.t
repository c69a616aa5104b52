# A database dumped and restored, in both formats of pg_dump: everything is there, and the
# lives of its incidents go on as in the original.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use Consistency;
use PostgreSQL::Test::Utils;
use Test::More;

# Policies (published twice, one draft), a calendar and one in place of a built-in one, two organisations, assets below one another, lives
# of every kind, some still due, an incident that cannot be settled, roles.
my $CONTENT = <<'SQL';
CREATE FUNCTION document(name text, processing_time text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT e || jsonb_build_object('name', name, 'hold', '{"stops": ["processing"]}'::jsonb,
		'levels', (SELECT jsonb_agg(CASE WHEN l ->> 'level' = '2'
			THEN l || jsonb_build_object('processing_time', processing_time) ELSE l END)
			FROM jsonb_array_elements(e -> 'levels') AS l))
	FROM incident.export_policy(incident.policy_id('eport')) AS e
$$;
SELECT incident.publish_policy(incident.import_policy(document('house', '4 hours')));
SELECT incident.publish_policy(incident.import_policy(document('house', '5 hours')));
SELECT incident.import_policy(document('house', '6 hours'));
SELECT incident.import_policy(document('other', '6 hours'));
SELECT incident.import_calendar('{"name": "house", "zone": "America/Sao_Paulo", "weeks": [{"week": {"fri": [["22:00", "24:00"]]}}, {"from": "2030-01-01", "week": {"mon": [["08:00", "09:00"]]}}],
	"holidays": ["2026-01-02", "2026-01-09"], "extra": {"2026-01-09": [["08:00", "09:00"], ["10:00", "10:00:30"]], "2026-01-16": []}}');
SELECT incident.import_calendar(incident.export_calendar('china') || '{"holidays": []}');

SELECT incident.register_organisation(1, '本单位');
SELECT incident.register_organisation(7, 'customer', 'house', 'Asia/Tokyo');
SELECT incident.register_asset('room', 'environment', '1', title => '核心机房', location => E'floor\t"1"\\n');
SELECT incident.register_asset('host', 'host', '2', '4', '3', '5', 'ops', parent => 'room');
SELECT incident.register_asset('disk', 'host', '3', parent => 'host');
-- A parent that comes after its child in the table.
SELECT incident.register_asset('hall', 'environment', '1');
SELECT incident.register_asset('room', 'environment', '1', title => '核心机房', parent => 'hall');
SELECT incident.register_asset('unrated', 'host');

-- Risk methods (published, draft), registers, a plan, an acceptance, a round.
SELECT incident.publish_risk_method(incident.import_risk_method(incident.export_risk_method(3) || '{"name": "house"}'));
SELECT incident.import_risk_method(incident.export_risk_method(2) || '{"name": "house"}');
SELECT incident.set_risk_method('house'), incident.set_fix_within('4', '20 days');
SELECT incident.import_directory('{"contacts": [{"name": "ann", "title": {"en": "Ann", "zh": "安"}, "channels": [{"channel": "mail", "address": "ann@example.org"}]}, {"name": "bob", "channels": [{"channel": "mail", "address": "bob@example.org"}]}],
	"posts": [{"post": "liaison", "roster": "desk"}], "rosters": [{"name": "desk", "zone": "Asia/Tokyo", "layers": [{"members": ["ann", "bob"], "turn": "1 day", "from": "2026-01-05 08:00"}]}]}');
SELECT incident.override_roster('desk', 'bob', now(), now() + interval '3 hours');
SELECT incident.set_message_template('opened', 'zh', 'short', NULL, '{incident}：{summary}');
SELECT incident.register_service('trade', '5', title => '通关'), incident.register_service('permits', '2', parent => 'trade');
SELECT incident.put_under_service('host', 'permits'), incident.put_under_service('disk', 'permits');
SELECT incident.register_threat('wear', 'environmental', '5', manner => 'fault', incident_categories => '{hardware}');
SELECT incident.register_vulnerability('old disks', '4', 'host', 'host', 'observation', found_at => now() - interval '30 days');
SELECT incident.record_vulnerability_step('old disks', 'assessed', '5', note => 'worse');
SELECT incident.register_measure('spare disks', 'protective', '2');
SELECT incident.register_scenario('host', 'wear', 'old disks', owner => 'ops') AS risk \gset
SELECT incident.register_scenario('disk', 'wear', 'old disks') AS other_risk \gset
SELECT incident.apply_measure(:risk, 'spare disks'), incident.open_round('first', 'house', team => '{ops}');
SELECT incident.treat_risk(:risk, 'control', 'replace'), incident.treat_risk(:other_risk, 'accept', accepted_until => now() + interval '1 year');
SELECT incident.plan_measure(:risk, 'new disks', 'preventive', '4', 'ops', now() - interval '1 day');
SELECT incident.approve_risk('security_group'), incident.approve_risk('person_in_charge', note => '同意');
SELECT incident.advance_round('first'), incident.advance_round('first'), incident.advance_round('first');
SELECT incident.mark_overdue_risk();

SELECT incident.open('host', 'moderate', '硬盘故障', now() - interval '5 hours', 'hardware', 'amber', 'T-1',
	by => 'alice') AS one \gset
SELECT incident.assess(:one, 'severe', by => 'bob', at => now() - interval '4 hours', note => 'worse');
SELECT incident.acknowledge(:one, at => now() - interval '270 minutes');
SELECT incident.tick();
SELECT incident.resolve(:one, at => now() - interval '200 minutes', note => E'a\ttab, a ''quote'', a \\ and\na line');
SELECT incident.reopen(:one);
SELECT incident.hold(:one);
SELECT incident.open('disk', 'minor', 'repeats', now() - interval '9 hours', dedup_key => 'disk');
SELECT incident.open('disk', 'minor', 'repeats', dedup_key => 'disk');
SELECT incident.open('unrated', NULL, drill => true) AS two \gset
SELECT incident.cancel(:two);
SELECT incident.open(NULL, NULL, 'nobody knows', policy => 'house') AS three \gset
SELECT incident.assess(:three, 'minor', 'host');
SELECT incident.assess(:three, forget => '{severity,asset}');
SELECT incident.resolve(:three);
SELECT incident.close(:three);

-- Some rows in partitions, some in the default ones.
CALL incident.maintain();

SET pg_incident.organisation = 7;
SELECT incident.register_asset('host', 'host', '2');
SELECT incident.open('host', 'minor', 'theirs', now() - interval '90 minutes');
RESET pg_incident.organisation;
SELECT incident.tick();

-- One that cannot be settled: an entry of its own is missing.
SELECT incident.open('host', 'minor', 'broken', now()) AS broken \gset
UPDATE incident_internal.incident_state SET next_due = now() - interval '1 second', needs_full_run = true
	WHERE incident_id = :broken;
INSERT INTO incident_internal.timers SELECT incident_internal.bucket(now()), org_id, ARRAY[incident_id], ARRAY[next_due]
	FROM incident_internal.incident_state WHERE incident_id = :broken;
DELETE FROM incident_internal.entries WHERE incident_id = :broken AND seq = 1;
SELECT incident.tick();

-- Messages: claimed, put off, done with, to be acknowledged.
SELECT count(*) FROM incident.claim_notices('w', '{mail}', 1);
SELECT count(incident.notice_sent('w', ARRAY[notice], '{ref}')) FROM incident.claim_notices('w', '{mail}', 1);
SELECT count(incident.notice_failed('w', notice, 'no')) FROM incident.claim_notices('w', '{mail}', 1);
SELECT incident.archive_notices() > 0;

-- Some that the last tick has left.
UPDATE incident_internal.last_tick SET at = '-infinity';
SELECT incident.open('host', 'minor', 'due', now() - interval '3 hours');
SELECT incident.open('disk', 'minor', 'due', now() - interval '5 hours');
SELECT incident.import_calendar(incident.export_calendar('house') || '{"day": "2 hours"}');

SELECT incident.grant_role('auditor', 'reader');
SQL

# The rows of every table and view of the extension, as of the organisation, by name.
sub contents
{
	my ($node, $database, $organisation) = @_;
	my %contents;

	my $relations = $node->safe_psql($database, <<'SQL');
SELECT oid::regclass FROM pg_class
WHERE relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm')
ORDER BY relname
SQL
	# In one session: an incident in quarantine is tried again after a minute.
	my $script = "SET pg_incident.organisation = $organisation;\nSET timezone = 'UTC';\n";
	for my $relation (split /\n/, $relations)
	{
		# Not dumped on purpose: a restored database has not ticked yet.
		next if $relation =~ /\.(?:last_tick|tick_log|watchdog)$/;
		# Who was delivering what, where it was dumped; and what tells the messages of a database from those of another.
		next if $relation =~ /\.(?:lease\w+|relays|outbox|unclaimed|installation|notices_\d)$/;
		# What is built in is published anew when the extension is created.
		$script .= "\\echo \@\@$relation\n"
		  . "SELECT j - 'xid' - CASE WHEN coalesce(j ->> 'policy_id', j ->> 'method_id')::int < 1000 THEN 'published_at' ELSE '' END"
		  . " FROM $relation AS r, to_jsonb(r) AS j ORDER BY r::text COLLATE \"C\";\n";
	}
	my (undef, @parts) = split /^\@\@([\w.]+)\n?/m, $node->safe_psql($database, $script);
	while (my ($relation, $rows) = splice @parts, 0, 2)
	{
		$contents{$relation} = ($rows // '') =~ s/\n\z//r;
	}
	return \%contents;
}

# Fails with the first rows that differ.
sub same_rows
{
	my ($got, $expected, $name) = @_;
	my @got      = split /\n/, $got;
	my @expected = split /\n/, $expected;

	shift @got, shift @expected while @got && @expected && $got[0] eq $expected[0];
	return is($got[0], $expected[0], $name);
}

# What is decided, without when it was recorded, by whom and the hash over these.
my $DECIDED = <<'SQL';
SELECT org_id, incident_id, seq, kind, effective_at, event_level, response_level, epoch, rule, occurrence
FROM incident_internal.entries ORDER BY org_id, incident_id, seq
SQL

# The newest hash covers when it was recorded, too.
my $STATES = q{SELECT to_jsonb(s) - 'head' FROM incident_internal.incident_state AS s ORDER BY org_id, incident_id};

sub sequences
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, <<'SQL');
SELECT s.relname, pg_sequence_last_value(s.oid) FROM pg_class AS s
WHERE s.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND s.relkind = 'S'
	AND s.relname NOT IN ('tick_log_tick_id_seq', 'leases_no_seq') ORDER BY s.relname
SQL
}

my $node = start_node('restore');
$node->safe_psql('postgres', 'CREATE ROLE reader LOGIN');
$node->safe_psql('incident', $CONTENT);
is($node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.quarantine'), '1', 'one incident is in quarantine');

my $dumps = $node->basedir;
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dumps/custom.dump", $node->connstr('incident') ], 'a custom dump');
$node->command_ok([ 'pg_dump', '-f', "$dumps/plain.sql", $node->connstr('incident') ], 'a plain dump');
$node->safe_psql('postgres', "CREATE DATABASE $_ TEMPLATE template0") for qw(custom plain);
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('custom'), "$dumps/custom.dump" ],
	'the custom dump is restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('plain'), '-f', "$dumps/plain.sql" ],
	'the plain dump is restored');

for my $database (qw(custom plain))
{
	for my $organisation (1, 7)
	{
		my $original = contents($node, 'incident', $organisation);
		my $restored = contents($node, $database, $organisation);

		is(join(' ', sort keys %$restored), join(' ', sort keys %$original), "$database: the same tables and views");
		for my $relation (sort keys %$original)
		{
			same_rows($restored->{$relation}, $original->{$relation},
				"$database: $relation of organisation $organisation");
			isnt($original->{$relation}, '', "$relation of organisation 1 has rows")
			  if $organisation == 1 && $relation !~ /_(?:default|\d+)$/;
		}
	}
	is(sequences($node, $database), sequences($node, 'incident'), "$database: the next ids");
	is($node->safe_psql($database, 'SELECT last_tick_at IS NULL FROM incident.watchdog'), 't', "$database: no tick yet");
	is( $node->safe_psql($database, 'SELECT incident.event_level(\'house\', \'2\', \'minor\'), incident.processing_time(\'house\', \'2\')'),
		'2|05:00:00', "$database: policies can be used");
	is( $node->safe_psql($database, <<'SQL'), '03:00:30|08:00:00', "$database: so can calendars");
SELECT incident.working_time('house', '2026-01-01 00:00-03', '2026-01-24 00:00-03'),
	incident.working_time('china', '2026-10-01 00:00+08', '2026-10-02 00:00+08')
SQL
	is($node->safe_psql($database, 'SELECT count(*) > 0 FROM incident.open_incidents', extra_params => [ '-U', 'reader' ]),
		't', "$database: an auditor reads views");
	my ($status, undef, $errors) = $node->psql($database, 'SELECT incident.tick()', extra_params => [ '-U', 'reader' ]);
	like($errors, qr/permission denied for function tick/, "$database: and does not tick");

	is( $node->safe_psql($database, 'SELECT bool_and(id_space <> incident_internal.id_space()) FROM incident_internal.calendar_changes'),
		't', "$database: ids of transactions are known to be of another one");
	is($node->safe_psql($database, 'SELECT * FROM incident.verify_policies()'), '', "$database: policies are what was published");
	is($node->safe_psql($database, 'SELECT * FROM incident.verify_risk_methods()'), '', "$database: and risk methods");
	my $broken = $node->safe_psql('incident', 'SELECT incident_id FROM incident_internal.quarantine');
	is( $node->safe_psql($database, <<"SQL"), '', "$database: the chains are whole");
SELECT i.incident_id, v.problem FROM incident_internal.incidents AS i, LATERAL incident.verify_timeline(i.incident_id) AS v
WHERE i.org_id = 1 AND i.incident_id <> $broken
SQL
}

# Ticks go on in all three and decide the same.
my @databases = qw(incident custom plain);
my $moment = $node->safe_psql('incident', 'SELECT clock_timestamp()');
is( $node->safe_psql('incident', 'SELECT due FROM incident.watchdog'),
	'2', 'two incidents are due');
my %ticked = map {
	$_ => $node->safe_psql($_,
		"SELECT incidents, escalations, breaches, quarantined, remaining FROM incident.tick('$moment')")
} @databases;
is($ticked{incident}, '2|2|0|0|0', 'the original ticks');
for my $database (qw(custom plain))
{
	is($ticked{$database}, $ticked{incident}, "$database: ticks");
	same_rows($node->safe_psql($database, $DECIDED), $node->safe_psql('incident', $DECIDED), "$database: and decides the same");
	same_rows($node->safe_psql($database, $STATES), $node->safe_psql('incident', $STATES), "$database: the same states");
}

# New ids do not collide with restored ones.
for my $database (@databases)
{
	my $new = $node->safe_psql($database, <<'SQL');
SELECT incident.open('host', 'minor') > (SELECT max(incident_id) FROM incident_internal.incidents),
	incident.register_asset('new', 'host', '1') > (SELECT max(asset_id) FROM incident_internal.assets),
	incident.import_policy(document('house', '7 hours')) > (SELECT max(policy_id) FROM incident_internal.policies);
SQL
	is($new, 't|t|t', "$database: new ids");
	is($node->safe_psql($database, "SELECT max(version) FROM incident_internal.policies WHERE name = 'house'"), '4',
		"$database: the next version");
	is( $node->safe_psql($database, <<'SQL'), 'repeats|2', "$database: a repeat of the same incident");
SELECT incident.open('disk', 'minor', 'repeats', dedup_key => 'disk') AS id \gset
SELECT summary, repeats FROM incident.incident_history WHERE incident_id = :id
SQL
	$node->safe_psql($database, <<'SQL');
SELECT incident_id AS broken FROM incident_internal.quarantine \gset
DELETE FROM incident_internal.quarantine;
DELETE FROM incident_internal.entries WHERE incident_id = :broken;
DELETE FROM incident_internal.incident_state WHERE incident_id = :broken;
DELETE FROM incident_internal.incidents WHERE incident_id = :broken;
SQL
	is(problems($node, $database), '', "$database: every other incident is whole");
}

$node->stop;
done_testing();
