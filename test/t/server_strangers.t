# What a login without any right can do to others: nothing. Who has no role of the extension
# and no table of it can still take advisory locks and begin DDL.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('strangers');
$node->safe_psql('incident', <<'SQL');
CREATE ROLE stranger LOGIN;
CREATE ROLE operator LOGIN;
SELECT incident.grant_role(role, 'operator') FROM unnest('{administrator,operator}'::text[]) AS role;
SELECT incident.register_asset('host', 'host', '2', '4', '4', '4');
SQL

# A session that stays open.
sub session
{
	my ($role) = @_;
	my $session = $node->background_psql('incident', extra_params => [ '-U', $role ], on_error_stop => 0);
	return $session;
}

# Runs SQL as a role with ten seconds at most; returns the output, or the SQLSTATE.
sub run_as
{
	my ($role, $sql) = @_;
	my ($status, $output, $errors) = $node->psql('incident',
		"\\set VERBOSITY verbose\nSET statement_timeout = '10s';\n$sql",
		extra_params => [ '-U', $role ], on_error_stop => 1);

	return $output if $status == 0;
	return $errors =~ /ERROR: +(\w{5}:.*)/ ? $1 : $errors;
}

# No code takes or asks for an advisory lock.
is( $node->safe_psql('incident', <<'SQL'), '', 'no function of the extension uses an advisory lock');
SELECT p.oid::regprocedure FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid AND x.extname = 'pg_incident'
JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass
	AND (p.prosrc ~* 'advisory' OR pg_get_function_sqlbody(p.oid) ~* 'advisory')
SQL
my @sources = c_sources();
cmp_ok(scalar @sources, '>', 50, 'there are C sources');
is_deeply([ grep { slurp_file($_) =~ /LOCKTAG_(?:USERLOCK|ADVISORY)|pg_(?:try_)?advisory/ } @sources ],
	[], 'nor does one of them');
is(run_as('operator', q{SELECT incident_internal.take_lock('risk registers', 1)}),
	'42501: permission denied for schema incident_internal', 'its own locks are for nobody to take');

# Everything that takes a lock of the extension's own goes on while a stranger has all the
# advisory locks that used to stand for these.
my @calls = (
	q{SELECT incident.open('host', 'minor') > 0},
	q{SELECT incident.migrate_incident(max(incident_id), 'itil') = 'open' FROM incident.open_incidents},
	q{SELECT incident.register_organisation(2, 'two') = 2},
	q{SELECT incident.import_policy(incident.export_policy(1) || '{"name": "house"}') = 1000},
	q{SELECT incident.publish_policy(1000) IS NOT NULL},
	q{SELECT incident.retire_policy(1000) IS NOT NULL},
	q{SELECT incident.drop_policy(1000) IS NOT NULL},
	q{SELECT incident.import_calendar(incident.export_calendar('china')) IS NOT NULL},
	q{SELECT incident.import_risk_method(incident.export_risk_method(1) || '{"name": "house"}') = 1000},
	q{SELECT incident.register_threat('wear', 'environmental', '5') > 0},
	q{SELECT incident.register_vulnerability('old', '4') > 0},
	q{SELECT incident.register_scenario('host', 'wear', 'old') > 0});
my $stranger = session('stranger');
$stranger->query_safe($_) for (
	q{SELECT count(pg_advisory_lock(hashtext('pg_incident policy in use'), id)) FROM generate_series(1, 2000) AS id},
	q{SELECT count(pg_advisory_lock(hashtext('pg_incident ' || kind), hashtext(name)))
		FROM unnest('{policy,calendar,risk method}'::text[]) AS kind, unnest('{house,eport,china}'::text[]) AS name},
	q{SELECT count(pg_advisory_lock(hashtext('pg_incident risk'), org)) FROM generate_series(1, 10) AS org});
is(run_as('operator', $_), 't', "while a stranger has advisory locks: $_") for @calls;
$stranger->quit;

# DDL queues for its locks before it is refused. None is one that others meet: while somebody
# is in the middle of something, strangers are refused at once, and others go on.
my $busy = session('operator');
$busy->query_safe('BEGIN');
$busy->query_safe($_) for grep { !/(?:publish|retire|drop)_policy/ } @calls[0 .. 2, 3, 7 .. 8],
  q{SELECT incident.register_threat('theft', 'human_malicious', '5')};
my @ddl = (
	'DROP EXTENSION pg_incident', 'DROP EXTENSION pg_incident CASCADE', 'DROP SCHEMA incident CASCADE',
	'ALTER EXTENSION pg_incident UPDATE', 'ALTER EXTENSION pg_incident ADD SCHEMA public',
	'ALTER SCHEMA incident RENAME TO mine', 'DROP TABLE incident_internal.policies', 'BEGIN; LOCK TABLE incident_internal.policies',
	'TRUNCATE incident_internal.incidents', 'ALTER TABLE incident_internal.incidents ADD mine integer',
	'CREATE TRIGGER mine BEFORE INSERT ON incident_internal.incidents EXECUTE FUNCTION incident.guard()',
	'COMMENT ON TABLE incident_internal.policies IS $$mine$$', 'CREATE INDEX ON incident_internal.policies (name)',
	'DROP FUNCTION incident.tick', 'ALTER FUNCTION incident.tick OWNER TO stranger',
	'DROP TYPE incident.level CASCADE', 'COMMENT ON EXTENSION pg_incident IS $$mine$$');
for my $ddl (@ddl)
{
	like(run_as('stranger', $ddl), qr/^42(?:501|883|704):/, "refused at once: $ddl");
}
for my $ddl (@ddl[0 .. 2])
{
	my $waiting = session('stranger');
	$waiting->query_safe('BEGIN');
	$waiting->query($ddl);
	is(run_as('operator', $calls[0]), 't', "and keeps nobody from opening: $ddl");
	$waiting->quit;
}
$busy->quit;

$node->stop;
done_testing();
