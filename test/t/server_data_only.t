# A dump of the data alone, restored into a database that has the extension and nothing else;
# with the triggers and without; and by the owner of a database, who is no superuser. What the
# manual says about restoring is run from there.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $CONTENT = <<'SQL';
SELECT incident.publish_policy(incident.import_policy(incident.export_policy(incident.policy_id('itil')) || '{"name": "house"}'));
SELECT incident.publish_policy(incident.import_policy(incident.export_policy(incident.policy_id('eport')) || '{"name": "house"}'));
SELECT incident.retire_policy(incident.policy_id('house', 1));
SELECT incident.drop_policy(incident.import_policy(incident.export_policy(incident.policy_id('eport')) || '{"name": "house"}'));
SELECT incident.import_calendar(incident.export_calendar('china') || '{"holidays": []}');
SELECT incident.publish_risk_method(incident.import_risk_method(incident.export_risk_method(3) || '{"name": "house"}'));
SELECT incident.register_asset('host', 'host', '2');
-- In the default partition, and in one of its own.
SELECT incident.open('host', 'minor', 'first', now() - interval '3 hours', policy => 'house');
CALL incident.maintain();
SELECT incident.open('host', 'minor', 'second', now() - interval '1 hour');
SELECT incident.tick();
CREATE TABLE of_the_owner (n int);
INSERT INTO of_the_owner VALUES (1);
CREATE ROLE desk LOGIN;
SELECT incident.grant_role('responder', 'desk', clearance => 'red');
SELECT incident.grant_role('auditor', 'desk', everywhere => true);
SELECT incident.grant_role('operator', 'desk');
SQL

# What must be the same after a restore.
my $SAID = <<'SQL';
SELECT t::text FROM incident.timeline AS t ORDER BY incident_id, seq;
SELECT h::text FROM incident.incident_history AS h ORDER BY incident_id;
SELECT p.policy_id, name, version, state, md5(incident.export_policy(policy_id)::text) FROM incident.policy_versions AS p ORDER BY policy_id;
SELECT calendar, built_in, md5(incident.export_calendar(calendar)::text) FROM incident_internal.calendars ORDER BY calendar, built_in;
SELECT method_id, name, version, state, md5(document::text) FROM incident_internal.risk_methods ORDER BY method_id;
SELECT incident_id, v.problem FROM incident_internal.incidents, incident.verify_timeline(incident_id) AS v;
SELECT last_value FROM incident_internal.incidents_incident_id_seq;
SELECT last_value FROM incident_internal.policies_policy_id_seq;
SELECT bucket, t::text FROM incident_internal.timers AS t ORDER BY 1, 2;
SELECT r::text FROM incident.rights_granted AS r ORDER BY 1;
SQL

my $node = start_node('data_only');
$node->safe_psql('incident', $CONTENT);
my $said = $node->safe_psql('incident', $SAID);
like($said, qr/first.*second/s, 'there is something to dump');
cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM incident_internal.partitions('entries')}), '>', 0, 'in partitions too');

# The commands of the manual, as they stand there, by the heading that they stand under.
sub commands
{
	my ($heading) = @_;
	my ($part) = slurp_file(source_dir() . '/docs/guides/backup.md') =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms
	  or die "no part \"$heading\"";
	return $part =~ /^```(?:sh|sql)\n(.*?)^```/msg;
}

# Runs a command of the shell, as a login, in a directory of its own.
my $place = $node->basedir;
sub shell
{
	my ($login, $command, $name) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = $login;
	return $node->command_ok([ 'sh', '-ec', "cd '$place'\n$command" ], $name);
}

my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
sub fresh
{
	my ($database, $owner) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER $owner TEMPLATE template0");
	$node->safe_psql($database, 'CREATE EXTENSION pg_incident');
	return;
}

sub is_restored
{
	my ($database, $what) = @_;
	is($node->safe_psql($database, $SAID), $said, "$what: everything is there");
	is($node->safe_psql($database, 'SELECT quarantined, remaining FROM incident.tick()'), '0|0', "$what: ticks go on");
	$node->safe_psql($database, 'CALL incident.maintain()');
	is($node->safe_psql($database, q{SELECT incident.import_policy(incident.export_policy(1) || '{"name": "house"}');
		SELECT max(version) FROM incident.policy_versions WHERE name = 'house'}), "1003\n4", "$what: so do ids and versions");
	return;
}

my ($dump, $restore, $partitions, $grant_again) = commands('Data alone');
fresh('incident_new', $superuser);
shell($superuser, $dump, 'the data are dumped');
shell($superuser, $restore, 'and restored with the triggers');
is_restored('incident_new', 'data alone');
my $as_desk = q{SELECT incident.note(min(incident_id), 'restored'), count(*) FROM incident.open_incidents};
my (undef, undef, $refused) = $node->psql('incident_new', $as_desk, extra_params => [ '-U', 'desk' ]);
like($refused, qr/permission denied for schema incident/, 'who was granted something may not use it yet');
$node->safe_psql('incident_new', $grant_again);
is($node->safe_psql('incident_new', $as_desk, extra_params => [ '-U', 'desk' ]), 'open|2', 'and may when it is granted again');
is($node->safe_psql('incident_new', 'SELECT r::text FROM incident.rights_granted AS r ORDER BY 1'),
	$node->safe_psql('incident', 'SELECT r::text FROM incident.rights_granted AS r ORDER BY 1'), 'the same as before');
is($node->safe_psql('incident_new', 'SELECT * FROM incident.verify_policies()'), '', 'every trigger fires as before');
$node->safe_psql('postgres', 'DROP DATABASE incident_new');

# A dump that was not made for it.
fresh('incident_new', $superuser);
shell($superuser, 'pg_dump -Fc -f incident.dump incident', 'a dump of all');
my $fails = "cd '$place'; pg_restore --data-only -n incident_internal --exit-on-error -d incident_new incident.dump";
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	$node->command_fails_like([ 'sh', '-c', $fails ], qr/relation "incident_internal\.entries_\d+" does not exist/,
		'its data alone have no partitions to go to');
}
$node->safe_psql('postgres', 'DROP DATABASE incident_new');
fresh('incident_new', $superuser);
shell($superuser, $partitions, 'but do when the partitions are restored first');
is_restored('incident_new', 'a dump of all');
$node->safe_psql('postgres', 'DROP DATABASE incident_new');

# Without triggers.
fresh('incident_new', $superuser);
my $session = $node->background_psql('incident_new', on_error_stop => 0);
is($session->query(q{SELECT incident.policy_id('house')}), '', 'a session knows nothing of the policy yet');
shell($superuser, $partitions =~ s/--data-only/--data-only --disable-triggers/r, 'restored with the triggers disabled');
is($session->query(q{SELECT incident.processing_time('house', '2')}), '04:00:00', 'the session knows it then');
$session->quit;
is_restored('incident_new', 'triggers disabled');
my $silent = $node->safe_psql('incident_new', 'SELECT problem FROM incident.verify_policies()');
like($silent, qr/trigger "guard" of table "policies" does not always fire/, 'verify_policies() names the triggers that do not always fire');
my $fired = $node->safe_psql('incident_new', q{SELECT count(*) FROM incident_internal.triggers});
is(scalar(split /\n/, $silent), $fired - 0, 'all of the tables that were restored');
my ($mend) = commands('Triggers');
is($node->safe_psql('incident_new', $mend), '', 'and says what mends it');
is($node->safe_psql('incident_new', 'SELECT * FROM incident.verify_policies()'), '', 'after which there is nothing to name');
$node->safe_psql('incident_new', 'DROP TRIGGER guard ON incident_internal.policy_levels');
is( $node->safe_psql('incident_new', 'SELECT * FROM incident.verify_policies()'),
	'||trigger "guard" of table "policy_levels" is missing', 'nor is it overlooked that one is missing');
$node->safe_psql('postgres', 'DROP DATABASE incident_new');

# By a login that may read everything: nothing behind the walls, and so no dump, unless it may pass them.
my $PARTITIONS = q{SELECT format('SELECT count(*) FROM incident_internal.%I', c.relname) FROM pg_inherits AS i
	JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'incident_internal.entries'::regclass};
$node->safe_psql('postgres', 'CREATE ROLE backup LOGIN IN ROLE pg_read_all_data');
my @partitions = split /\n/, $node->safe_psql('incident', $PARTITIONS);
cmp_ok(scalar @partitions, '>=', 2, 'timelines are in partitions');
is($node->safe_psql('incident', join('; ', 'SELECT count(*) FROM incident_internal.policies', 'SELECT count(*) FROM incident_internal.incidents', @partitions), extra_params => [ '-U', 'backup' ]),
	join("\n", $node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.policies'), 0, map { 0 } @partitions),
	'of what is behind the walls pg_read_all_data reads nothing, nor in partitions by their names');
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = 'backup';
	$node->command_fails_like([ 'pg_dump', '-f', '/dev/null', 'incident' ],
		qr/query would be affected by row-level security policy for table/, 'it makes no dump with holes');
}
$node->safe_psql('postgres', 'ALTER ROLE backup BYPASSRLS');
shell('backup', 'pg_dump -Fc -f incident.dump incident', 'it dumps with BYPASSRLS');
$node->safe_psql('postgres', 'ALTER ROLE backup NOBYPASSRLS; CREATE DATABASE incident_new TEMPLATE template0');
shell($superuser, 'pg_restore --exit-on-error -d incident_new incident.dump', 'which a superuser restores');
is_restored('incident_new', 'by who reads all data');
@partitions = split /\n/, $node->safe_psql('incident_new', $PARTITIONS);
is($node->safe_psql('incident_new', join('; ', @partitions), extra_params => [ '-U', 'backup' ]), join("\n", map { 0 } @partitions),
	'partitions are closed after the restore too');
$node->safe_psql('postgres', 'DROP DATABASE incident_new');

# By the owner of the database.
$node->safe_psql('postgres', 'CREATE ROLE app LOGIN');
$node->safe_psql('postgres', 'ALTER DATABASE incident OWNER TO app');
$node->safe_psql('incident', 'ALTER TABLE of_the_owner OWNER TO app; ALTER SCHEMA public OWNER TO app');
$node->safe_psql('postgres', 'CREATE DATABASE incident_new OWNER app TEMPLATE template0');
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = 'app';
	$node->command_fails_like([ 'pg_dump', '-f', '/dev/null', 'incident' ], qr/permission denied for schema incident/,
		'who owns the database cannot dump it by that alone');
	$node->command_fails_like([ 'psql', '-d', 'incident_new', '-c', 'CREATE EXTENSION pg_incident' ],
		qr/permission denied to create extension/, 'nor create the extension');
}
my ($lets_dump, $dumps, $lets_restore, $restores, $takes_back) = commands('Without being a superuser');
$node->safe_psql('incident', $lets_dump);
shell('app', $dumps, 'the owner dumps');
$node->safe_psql('incident_new', $lets_restore);
shell('app', $restores, 'and restores');
$node->safe_psql('incident_new', $takes_back);
is_restored('incident_new', 'by the owner');
is($node->safe_psql('incident_new', 'SELECT * FROM of_the_owner', extra_params => [ '-U', 'app' ]), '1', 'with what is his own');
my (undef, undef, $denied) = $node->psql('incident_new', 'SELECT FROM incident_internal.policies', extra_params => [ '-U', 'app' ]);
like($denied, qr/permission denied/, 'and can do no more with tables of the extension then');
is($node->safe_psql('incident_new', 'SELECT * FROM incident.verify_policies()'), '', 'nothing is changed');

$node->stop;
done_testing();
