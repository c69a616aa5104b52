# pg_cron runs the ticks: from this database, and from another one of the same server.
# Waits up to two minutes for pg_cron's own clock.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SUPERUSER = (getpwuid $<)[0];
my $LONGEST   = 130;    # seconds until a job that is due every minute has run

# Runs SQL as a role; returns its output, or "SQLSTATE message [hint]" of its error.
sub run_as
{
	my ($node, $role, $sql) = @_;
	my ($status, $output, $errors) =
	  $node->psql('incident', "\\set VERBOSITY verbose\n$sql", extra_params => [ '-U', $role ], on_error_stop => 1);

	return $output if $status == 0;
	my ($state, $message) = $errors =~ /(?:ERROR|FATAL): +(\w{5}): (.*)/;
	my ($hint) = $errors =~ /^HINT: +(.*)/m;
	return join '', $state || $errors, ' ', $message || '', $hint ? " [$hint]" : '';
}

# Logins with the role operator, and an incident that is due.
sub prepare
{
	my ($node) = @_;

	$node->safe_psql('incident', <<'SQL');
CREATE ROLE operator LOGIN;
CREATE ROLE second LOGIN;
SELECT incident.grant_role('operator', g) FROM unnest('{operator,second}'::name[]) AS g;
SELECT incident.register_asset('two', 'host', '2');
SELECT incident.open('two', 'moderate', detected_at => now() - interval '3 hours');
SQL
}

sub jobs
{
	my ($node, $database) = @_;
	return $node->safe_psql($database,
		'SELECT jobname, schedule, command, database, username, active FROM cron.job ORDER BY jobid');
}

sub escalations
{
	my ($node) = @_;
	return $node->safe_psql('incident', <<'SQL');
SELECT t.effective_at - h.detected_at, t.response_level
FROM incident.timeline AS t JOIN incident.incident_history AS h USING (incident_id)
WHERE t.kind = 'escalated' AND t.live
SQL
}

# Scheduling fails for lack of a right, and the hint has the statements that mend it.
sub grant_as_told
{
	my ($node, $database, $problem) = @_;
	my $outcome = run_as($node, 'operator', 'SELECT incident.schedule() > 0');
	my $name = $node->name;

	like($outcome, qr/^42501 \Q$problem\E/, "$name: no rights");
	my ($grants) = $outcome =~ /\[Run as a superuser in database "$database": (.*)\]$/;
	isnt($grants, undef, "$name: the hint says what to run") or diag($outcome);
	$node->safe_psql($database, $grants);
}

my $SCHEDULE   = 'SELECT incident.schedule() > 0';
my $UNSCHEDULE = 'SELECT incident.unschedule()';

# Where pg_cron is not loaded.
my $plain = start_node('plain');
prepare($plain);
for my $call ($SCHEDULE, $UNSCHEDULE)
{
	like(
		run_as($plain, 'operator', $call),
		qr/^55000 pg_cron is not loaded.* \[Install.*shared_preload_libraries.*CREATE EXTENSION pg_cron/,
		"not loaded: $call");
}
$plain->stop;

# In the extension's own database: what an operator needs besides is the use of
# pg_cron's schema.
my $own = start_node('own', preload => 'pg_cron', cron_database => 'incident');
prepare($own);
grant_as_told($own, 'incident', 'permission denied for schema cron');

is(run_as($own, 'operator', $UNSCHEDULE), 'f', 'own database: there is no job yet');
is(escalations($own), '', 'own database: nothing has been decided yet');
my $id = run_as($own, 'operator', 'SELECT incident.schedule()');
like($id, qr/^[1-9]\d*$/, 'own database: a job');
is( jobs($own, 'incident'),
	'pg_incident incident|* * * * *|CALL incident.run_ticks()|incident|operator|t',
	'own database: it runs the ticks every minute');

# From another database pg_cron is reached by a worker.
my $other = start_node('other', preload => 'pg_cron', cron_database => 'crontab');
prepare($other);
grant_as_told($other, 'crontab', 'pg_cron in database "crontab": permission denied for schema cron');
is(run_as($other, 'operator', $UNSCHEDULE), 'f', 'other database: there is no job yet');
is(escalations($other), '', 'other database: nothing has been decided yet');
my $other_id = run_as($other, 'operator', 'SELECT incident.schedule()');
like($other_id, qr/^[1-9]\d*$/, 'other database: a job');
is( jobs($other, 'crontab'),
	'pg_incident incident|* * * * *|CALL incident.run_ticks()|incident|operator|t',
	'other database: it runs the ticks every minute');

# With background workers a role needs no way in that others could take.
my $workers = start_node('workers', preload => 'pg_cron', cron_database => 'incident',
	conf => "cron.use_background_workers = on\ncron.host = 'nowhere.invalid'");
prepare($workers);
$workers->safe_psql('incident', 'GRANT USAGE ON SCHEMA cron TO operator');
is(run_as($workers, 'operator', $SCHEDULE), 't', 'background workers: a job');

# All wait for pg_cron's clock together.
my %cron = ($own->name => 'incident', $other->name => 'crontab', $workers->name => 'incident');
my @waiting = ($own, $other, $workers);
for (1 .. $LONGEST)
{
	@waiting = grep {
		$_->safe_psql($cron{ $_->name }, "SELECT count(*) FROM cron.job_run_details WHERE status = 'succeeded'") eq '0'
	} @waiting;
	last unless @waiting;
	sleep 1;
}
for my $node ($own, $other, $workers)
{
	my $name = $node->name;

	is( $node->safe_psql($cron{$name},
			'SELECT DISTINCT status, database, username, command FROM cron.job_run_details'),
		'succeeded|incident|operator|CALL incident.run_ticks()',
		"$name: pg_cron tells of its success")
	  or diag($node->safe_psql($cron{$name}, 'TABLE cron.job_run_details'));
	is(escalations($node), '02:00:00|1', "$name: what was due is decided, with its time");
	is($node->safe_psql('incident', 'SELECT last_tick_at IS NOT NULL, due FROM incident.watchdog'),
		't|0', "$name: the watchdog sees the tick");
}

# Again changes the job; nothing else makes or removes it.
for ([ $own, $id ], [ $other, $other_id ])
{
	my ($node, $first) = @$_;
	my $name = $node->name;
	my $database = $cron{$name};

	is(run_as($node, 'operator', "SELECT incident.schedule('*/5 * * * *')"), $first, "$name: the same job again");
	is( jobs($node, $database),
		'pg_incident incident|*/5 * * * *|CALL incident.run_ticks()|incident|operator|t',
		"$name: at another time");
	like(
		run_as($node, 'operator', "SELECT incident.schedule('every now and then')"),
		qr/^22023 .*invalid schedule: every now and then/,
		"$name: a schedule that is none");
	like(
		run_as($node, 'operator', "SELECT incident.schedule(repeat('* ', 1000))"),
		qr/^22\w{3} /, "$name: a schedule that is far too long");
	is( jobs($node, $database),
		'pg_incident incident|*/5 * * * *|CALL incident.run_ticks()|incident|operator|t',
		"$name: errors change nothing");

	# The watchdog tells of the job where it can be read.
	is( $node->safe_psql('incident', q{SELECT job_schedule, job_last_run IN ('starting', 'connecting', 'sending', 'running', 'succeeded'), job_last_run_at > now() - interval '10 minutes' FROM incident.watchdog}),
		$name eq 'own' ? '*/5 * * * *|t|t' : '||', "$name: the job in the watchdog");

	# Another role's job is not one's own; a superuser removes all of them and is told whose.
	# What somebody has put there by hand, for this or another database, stays.
	$node->safe_psql($database, 'GRANT USAGE ON SCHEMA cron TO second');
	is(run_as($node, 'second', $UNSCHEDULE), 'f', "$name: another's job");
	run_as($node, $SUPERUSER, $SCHEDULE);
	$node->safe_psql($database, <<'SQL');
SELECT cron.schedule_in_database('pg_incident incident', '@daily', 'VACUUM', 'incident', 'second');
SELECT cron.schedule_in_database('pg_incident postgres', '@daily', 'CALL incident.run_ticks()', 'postgres');
SQL
	my ($others) = $node->safe_psql($database, "SELECT jobid FROM cron.job WHERE username = 'operator'");
	my (undef, $removed, $notice) = $node->psql('incident', $UNSCHEDULE);
	is($removed, 't', "$name: a superuser removes them");
	like($notice, qr/^psql:<stdin>:1: NOTICE:  removed jobs of other roles: operator \(job $others\)$/m, "$name: and is told whose they were");
	like(
		jobs($node, $database),
		qr/^pg_incident incident\|\@daily\|VACUUM\|incident\|second\|t
pg_incident postgres\|\@daily\|CALL incident.run_ticks\(\)\|postgres\|.*$/,
		"$name: other jobs stay");
	$node->safe_psql($database, 'DELETE FROM cron.job');

	run_as($node, 'operator', $SCHEDULE);
	is(run_as($node, 'operator', $UNSCHEDULE), 't', "$name: the role itself removes its job");
	is(run_as($node, 'operator', $UNSCHEDULE), 'f', "$name: it is gone");
	is(jobs($node, $database), '', "$name: no job is left");
}

# What somebody has put beside pg_cron's functions is not called in their place.
$other->safe_psql('crontab', <<'SQL');
CREATE TABLE public.ran (by text);
CREATE FUNCTION cron.schedule_in_database(text, text, text, text) RETURNS bigint LANGUAGE sql
	AS 'INSERT INTO public.ran VALUES (current_user) RETURNING 0';
SQL
is(run_as($other, $SUPERUSER, $SCHEDULE), 't', 'other database: a job, though there is another function');
is($other->safe_psql('crontab', 'TABLE public.ran'), '', 'other database: which is not called');
is(run_as($other, $SUPERUSER, $UNSCHEDULE), 't', 'other database: the job is removed');
$other->safe_psql('crontab', 'DROP FUNCTION cron.schedule_in_database(text, text, text, text)');

# A name that is as long as can be.
my $long = 'd' x 63;
$other->safe_psql('postgres', "CREATE DATABASE $long");
$other->safe_psql($long, 'CREATE EXTENSION pg_incident');
is( join('|', map { $other->safe_psql($long, "SELECT $_") } 'incident.schedule() > 0', 'incident.unschedule()', 'incident.unschedule()'),
	't|t|f', 'a database with a long name');

# A worker commits at once: the caller's transaction cannot take it back.
run_as($other, 'operator', "BEGIN; $SCHEDULE; ROLLBACK");
like(jobs($other, 'crontab'), qr/^pg_incident incident\|/, 'other database: a job made is made');
is(run_as($other, 'operator', $UNSCHEDULE), 't', 'other database: and removed');

# What may stand in the way of the worker.
$other->safe_psql('crontab', 'REVOKE CONNECT ON DATABASE crontab FROM PUBLIC');
like(
	run_as($other, 'operator', $SCHEDULE),
	qr/^\w{5} could not reach pg_cron in database "crontab" as role "operator" \[.*CONNECT/,
	'other database: a role that may not connect there');
$other->safe_psql('crontab', 'GRANT CONNECT ON DATABASE crontab TO PUBLIC');

$other->append_conf('postgresql.conf', 'max_worker_processes = 1');
$other->restart;
like(
	run_as($other, 'operator', $SCHEDULE),
	qr/^53000 no background worker is free .*\[Raise max_worker_processes/,
	'other database: no worker is free');
$other->append_conf('postgresql.conf', 'max_worker_processes = 8');
$other->restart;

$other->safe_psql('crontab', 'DROP EXTENSION pg_cron');
for my $call ($SCHEDULE, $UNSCHEDULE)
{
	like(
		run_as($other, 'operator', $call),
		qr/^55000 .*database "crontab" has no extension pg_cron.*\[Run CREATE EXTENSION pg_cron there/,
		"other database: without the extension: $call");
}
$own->safe_psql('incident', 'DROP EXTENSION pg_cron');
like(
	run_as($own, 'operator', $SCHEDULE),
	qr/^55000 .*database "incident" has no extension pg_cron.*\[Run CREATE EXTENSION pg_cron there/,
	'own database: without the extension');

$other->append_conf('postgresql.conf', "cron.database_name = 'nowhere'");
$other->restart;
like(
	run_as($other, 'operator', $SCHEDULE),
	qr/^3D000 .*"nowhere", which does not exist/,
	'a database of pg_cron that does not exist');

for my $node ($own, $other, $workers)
{
	unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/, $node->name . ': the server did not crash');
	$node->stop;
}
done_testing();
