# An organisation is moved to another database by the steps of docs/guides/move.md: every table
# row by row the same, every chain whole, ids that do not meet, and ticks that decide there what
# they would have decided here. What goes wrong leaves it whole on one side.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Consistency;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SHOWN = 2000;
my $EPORT = source_dir() . '/docs/examples/eport';
my $MOVE = source_dir() . '/docs/examples/move';

# Tables without an organisation: what each is about, and that a move leaves it alone.
my %OF_THE_DATABASE = (
	(map { $_ => 'shared, and compared or brought along' } qw(calendars calendar_dates calendar_windows policies policy_acknowledgements
		policy_addenda policy_authorities policy_categories policy_duties policy_duty_levels policy_escalation_steps policy_levels
		policy_matrix policy_message_rules policy_posts policy_severities risk_methods)),
	(map { $_ => 'comes with the extension' } qw(rights_of_objects rights_of_roles triggers version_kinds)),
	(map { $_ => 'what ticks of this database note' } qw(calendar_changes last_tick tick_log)),
	(map { $_ => 'what relays of this database note' } qw(lease_archives lease_ends lease_progress leases relays streams)),
	installation => 'the zone of this server, and what tells its messages from others',
);

my $SETUP = <<'SQL';
SELECT incident.import_calendar('{"name": "shop", "zone": "Asia/Shanghai", "week": {"mon": [["09:00", "18:00"]], "thu": [["08:00", "20:00"]]}}');
SELECT incident.publish_policy(incident.import_policy(e || jsonb_build_object('name', 'shop', 'levels',
	(SELECT jsonb_agg(CASE l->>'level' WHEN 'none' THEN l ELSE l || jsonb_build_object('calendar', 'shop') END)
	FROM jsonb_array_elements(e->'levels') AS l))))
FROM incident.export_policy(incident.policy_id('eport')) AS e;
SELECT incident.register_organisation(1, 'first', 'eport'), incident.register_organisation(2, 'second', 'shop'), incident.register_organisation(3, 'third', 'eport');
SQL

my $LIVES = <<'SQL';
SELECT setseed(0.3) \g /dev/null
CREATE TEMP TABLE opened AS SELECT n, incident.open((SELECT name FROM incident.asset_register ORDER BY random() + n LIMIT 1),
	(ARRAY['minor', 'moderate', 'severe', NULL])[1 + n % 4], 'life ' || n, now() - interval '11 minutes' * n, ticket => 'T-' || n,
	dedup_key => CASE WHEN n % 5 = 0 THEN 'key ' || n % 15 END, drill => n % 7 = 0,
	confidentiality => CASE WHEN n % 6 = 0 THEN 'red' END) AS id FROM generate_series(1, 60) AS n;
SELECT incident.tick() \g /dev/null
SELECT count(incident.acknowledge(id, 'ann', now() - interval '1 minute' * n)) FROM (SELECT min(n) AS n, id FROM opened WHERE n % 3 = 0 GROUP BY id) AS o \g /dev/null
SELECT count(incident.hold(id, 'ann')) FROM (SELECT DISTINCT id FROM opened WHERE n % 9 = 1) AS o \g /dev/null
SELECT count(incident.resolve(id, 'bob')) FROM (SELECT DISTINCT id FROM opened WHERE n % 8 = 3) AS o \g /dev/null
SELECT count(incident.assess(id, 'severe', at => now() - interval '90 seconds')) FROM (SELECT DISTINCT id FROM opened WHERE n % 11 = 2) AS o \g /dev/null
SELECT count(*) FROM incident.import_directory('{"contacts": [{"name": "ann", "channels": [{"channel": "mail", "address": "ann@example.org"}]}, {"name": "bob", "channels": [{"channel": "mail", "address": "bob@example.org"}]}],
	"posts": [{"post": "liaison", "roster": "desk"}], "rosters": [{"name": "desk", "zone": "UTC", "layers": [{"members": ["ann", "bob"], "turn": "1 day", "from": "2026-01-05 08:00"}]}]}') \g /dev/null
SELECT incident.override_roster('desk', 'bob', now(), now() + interval '3 hours') \g /dev/null
SELECT incident.set_message_template('opened', 'zh', 'short', NULL, '{incident}：{summary}') \g /dev/null
SELECT incident.set_risk_method('gbt20984-multiply'), incident.set_fix_within('4', '20 days') \g /dev/null
SELECT incident.open_round('this year'), incident.advance_round('this year') \g /dev/null
SELECT incident.advance_round('this year') FROM generate_series(1, 2) \g /dev/null
SQL
# Each claim makes messages of some of what was decided.
$LIVES .= "SELECT count(*) FROM incident.claim_notices('w', '{mail}') \\g /dev/null\n" x 20;

# What no example makes; and what the next tick, of which there has been none yet, will decide.
my $REST = <<'SQL';
UPDATE incident_internal.last_tick SET at = '-infinity';
SET pg_incident.organisation = 2;
SELECT count(incident.open('db-payment', 'moderate', 'late', now() - interval '150 minutes', policy => 'eport')) FROM generate_series(1, 20) \g /dev/null
INSERT INTO incident_internal.quarantine SELECT org_id, min(incident_id), now(), 1, now(), 'XX001', 'planted' FROM incident_internal.incidents GROUP BY org_id;
CREATE ROLE desk LOGIN;
SELECT incident.grant_role('responder', 'desk', n, clearance => 'red') FROM generate_series(1, 3) AS n;
SQL

my $node = start_node('move', conf => 'log_statement = none');
my $folder = "$PostgreSQL::Test::Utils::tmp_check/moved";
mkdir $folder or die "$folder: $!";
$node->safe_psql('incident', $SETUP);
for my $organisation (1 .. 3)
{
	local $ENV{PGOPTIONS} = "-c pg_incident.organisation=$organisation -c timezone=UTC";
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	command_ok([ 'sh', '-c', "cd '$EPORT' && psql -qX -v ON_ERROR_STOP=1 -d incident -f load.sql -f risk.sql" ], "organisation $organisation has assets, incidents and risks");
	$node->safe_psql('incident', $LIVES);
}
$node->safe_psql('incident', 'SELECT FROM incident.tick()');
$node->safe_psql('incident', $REST);
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere', 'CREATE EXTENSION pg_incident');
$node->safe_psql('elsewhere', "SELECT incident.register_organisation(1, 'of elsewhere'); SELECT incident.register_asset('own', 'host', '1');"
	  . " SELECT incident.open('own', 'minor') FROM generate_series(1, 200); SELECT FROM incident.tick()");

sub run_step
{
	my ($step, $database, $organisation) = @_;
	my ($out, $errors);
	IPC::Run::run([ 'psql', '-qX', '-d', $node->connstr($database), '-v', "organisation=$organisation", '-v', "folder=$folder", '-f', "$MOVE/$step.sql" ],
		'>', \$out, '2>', \$errors);
	return $errors;
}

my @tables = split /\n/, $node->safe_psql('incident', q{
	SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'incident_internal'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'org_id') ORDER BY 1});
is($node->safe_psql('incident', q{
	SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class AS c WHERE c.relnamespace = 'incident_internal'::regnamespace
		AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'org_id')}),
	join(' ', sort keys %OF_THE_DATABASE), 'it is known of every table without an organisation what it is about');

# Rows of an organisation, to be compared; timers are set anew, and messages on their way stay.
sub rows_of
{
	my ($database, $condition) = @_;
	my %rows;
	for my $table (grep { $_ !~ /^(?:timers|notices|retries)$/ } @tables)
	{
		$rows{$table} = $node->safe_psql($database,
			"SET timezone = 'UTC'; SELECT to_jsonb(t) - 'grantee_oid' FROM incident_internal.$table AS t WHERE $condition ORDER BY 1");
	}
	return \%rows;
}

my $before = rows_of('incident', 'org_id = 2');
my $others = rows_of('incident', 'org_id <> 2');
my $there = rows_of('elsewhere', 'true');
is(join(' ', grep { $before->{$_} eq '' } sort keys %$before), '', 'each table has rows of the organisation');

# What goes wrong.
like(run_step('take_out', 'incident', 77), qr/there is no such organisation/, 'what is not there cannot be taken out');
is(run_step('take_out', 'incident', 2), '', 'it is taken out');
is_deeply(rows_of('incident', 'org_id = 2'), $before, 'and is as it was');
like(run_step('bring_in', 'elsewhere', 2), qr/missing here, or is another.*calendar "shop"/s, 'it is not brought in where its calendar is unknown');
my ($calendar) = $node->safe_psql('incident', "SELECT incident.export_calendar('shop')");
$node->safe_psql('elsewhere', "SELECT incident.import_calendar('$calendar')");
like(run_step('bring_in', 'elsewhere', 2), qr/gives ids like those/, 'nor where ids would meet');
is_deeply(rows_of('elsewhere', 'true'), $there, 'and nothing of it is there');
my ($status, undef, $refused) = $node->psql('elsewhere', 'SELECT incident.set_id_range(-1)');
like($refused, qr/shards count from 0 to 4194303, not -1/, 'shards have numbers');
$node->safe_psql('elsewhere', 'SELECT incident.set_id_range(5)');
$node->safe_psql('elsewhere', 'SELECT incident.set_id_range(5)');

# A file that has suffered on the way.
my $file = "$folder/entries";
my $entries = slurp_file($file);
my @lines = split /(?<=\n)/, $entries;
open my $out, '>', $file or die $!;
print $out @lines[1 .. $#lines];
close $out or die $!;
like(run_step('bring_in', 'elsewhere', 2), qr/not everything is as it was taken out.*entries/s, 'a row that was lost on the way is noticed');
open $out, '>', $file or die $!;
print $out $entries;
close $out or die $!;
is_deeply(rows_of('elsewhere', 'true'), $there, 'and again nothing is there');

# What goes well.
is(run_step('bring_in', 'elsewhere', 2), '', 'it is brought in');
is_deeply(rows_of('elsewhere', 'org_id = 2'), $before, 'every table has the same rows');
is_deeply(rows_of('elsewhere', 'org_id <> 2'), $there, 'those of others are as they were');
like(run_step('bring_in', 'elsewhere', 2), qr/is here already/, 'it is not brought in twice');
is(substr(problems($node, 'elsewhere'), 0, $SHOWN), '', 'and every incident is whole, with its chain');
is($node->safe_psql('elsewhere', 'SELECT * FROM incident.verify_policies()'), '', 'so are the policies');

# Ticks here and there, at one moment.
$node->safe_psql('postgres', 'CREATE DATABASE stayed TEMPLATE incident');
my $later = $node->safe_psql('incident', 'SELECT now()');
my $tick = "SELECT FROM incident.tick('$later', 100000)";
$node->safe_psql($_, $tick) for qw(stayed elsewhere);
my $timeline = "SET timezone = 'UTC'; SET pg_incident.organisation = 2; SELECT to_jsonb(t) - 'recorded_at' - 'hash' FROM incident.timeline AS t ORDER BY incident_id, seq";
is($node->safe_psql('elsewhere', $timeline), $node->safe_psql('stayed', $timeline), 'a tick decides there what it would have decided here');
cmp_ok($node->safe_psql('elsewhere', 'SELECT count(*) FROM incident_internal.entries WHERE org_id = 2')
	- (() = $before->{entries} =~ /^/mg), '>', 10, 'which is something');

# Life goes on.
my $new = "SET pg_incident.organisation = 2; SELECT incident.open('db-payment', 'severe', 'the first there')";
my $id = $node->safe_psql('elsewhere', $new);
is($id, 5 * 2**40 + 1, 'ids go on where nobody else counts');
is($node->safe_psql('elsewhere', "SET pg_incident.organisation = 2; SELECT incident.register_asset('new one', 'host', '1') > 5 * 2^40"), 't', 'of assets, too');
$node->safe_psql('elsewhere', 'SELECT incident.grant_role(role, grantee, org_id, org_id IS NULL, clearance) FROM incident.rights_granted WHERE valid');
is($node->safe_psql('elsewhere', 'SELECT count(*) > 20 FROM incident.open_incidents', extra_params => [ '-U', 'desk' ]), 't', 'who was granted something there works there');

# And here it goes.
$node->safe_psql('stayed', "SET pg_incident.organisation = 2; SELECT incident.note(min(incident_id), 'late') FROM incident.open_incidents");
like(run_step('let_go', 'stayed', 2), qr/has changed since it was taken out.*entries/s, 'what has changed since is not let go');
is(run_step('let_go', 'incident', 2), '', 'what has not is');
is($node->safe_psql('incident', join(' UNION ALL ', map { "SELECT '$_' FROM incident_internal.$_ WHERE org_id = 2" } grep { $_ ne 'notices' } @tables)), '',
	'nothing of it is left but messages on their way, which are for incidents that are no more');
is_deeply(rows_of('incident', 'org_id <> 2'), $others, 'those of others are as they were');
is($node->safe_psql('incident', 'SELECT * FROM incident.verify_policies()'), '', 'and guarded as they were');
like(($node->psql('elsewhere', 'SELECT incident.set_id_range(0)'))[2], qr/ids of shard 0 are in use here/, 'ids that came along are not given again');

$node->stop;
done_testing();
