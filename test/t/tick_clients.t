# Eight tickers beside clients, over incidents with calendars, deadlines and holds: ticks
# of all batch sizes are committed, rolled back, cut off and killed; facts come from short
# and long transactions. In the end all is as one tick would have decided it.
#
# PG_INCIDENT_TICKER_SECONDS (default 110) says how long; much less than that, and the
# ticks do not pass what long transactions add.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Spec;
use POSIX qw(WNOHANG);
use Clients;
use Consistency;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $SECONDS   = $ENV{PG_INCIDENT_TICKER_SECONDS} || 110;
my $TICKERS   = 8;
my $CLIENTS   = 6;
my $INCIDENTS = 1500;              # opened at the start
my $STATEMENTS = 60;               # of a session, before another takes its place
my $KILLING   = $SECONDS * 0.25;   # until then sessions are killed, later only cut off
my $HELD      = $SECONDS * 0.65;   # how long a long transaction lasts
my $SHOWN     = 2000;              # characters of a failure

# Windows and pauses of minutes, so that clocks of incidents run and stand meanwhile.
my $SETUP = client_sql() . <<'SQL';
SELECT incident.import_calendar(jsonb_build_object('name', c.name, 'zone', c.zone, 'week',
	(SELECT jsonb_object_agg(day, windows) FROM unnest('{mon,tue,wed,thu,fri,sat,sun}'::text[]) AS day)))
FROM (VALUES ('shifts', 'UTC', 0, 20), ('rounds', 'Asia/Kathmandu', 4, 21)) AS c(name, zone, opens, closes),
	LATERAL (SELECT jsonb_agg(jsonb_build_array(
			to_char(make_time(half / 2, half % 2 * 30 + c.opens, 0), 'HH24:MI'),
			to_char(make_time(half / 2, half % 2 * 30 + c.closes, 0), 'HH24:MI'))) AS windows
		FROM generate_series(0, 47) AS half) AS w;

CREATE TABLE limits (level text, processing_time interval, acknowledge_within interval,
	respond_within interval, calendar text);
INSERT INTO limits VALUES ('1', '20 min', '3 min', '7 min', '24x7'), ('2', '40 min', '5 min', '12 min', 'shifts'),
	('3', '80 min', '8 min', '25 min', 'rounds');

CREATE FUNCTION make_policy(name text, hold_stops jsonb) RETURNS void LANGUAGE sql AS $$
	SELECT incident.publish_policy(incident.import_policy(d || jsonb_build_object('name', name,
		'hold', jsonb_build_object('stops', hold_stops), 'levels', (SELECT jsonb_agg(
			CASE WHEN t.level IS NULL THEN l ELSE l || (to_jsonb(t) - 'acknowledge_within'
				|| jsonb_build_object('acknowledge', jsonb_build_object('within', t.acknowledge_within))) END)
			FROM jsonb_array_elements(d -> 'levels') AS l LEFT JOIN limits AS t ON t.level = l ->> 'level'))))
	FROM incident.export_policy(incident.policy_id('eport')) AS d
$$;
SET intervalstyle = 'postgres';
SELECT make_policy('desk', '["acknowledgement", "response"]'), make_policy('night', '["processing"]'),
	make_policy('restless', '[]');

CREATE FUNCTION any_policy() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT ('{desk,night,restless}'::text[])[1 + floor(random() * 3)]
$$;
-- By some limit, or by the rest of one after another.
CREATE FUNCTION any_detection(seconds float8) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
	SELECT incident.add_working_time(
		(ARRAY['24x7', 'shifts', 'shifts', 'rounds'])[1 + floor(random() * 4)],
		clock_timestamp() + interval '1 second' * (random() * (seconds + 20) - 20),
		- (ARRAY['3 min', '5 min', '8 min', '7 min', '12 min', '25 min', '20 min', '40 min', '60 min',
			'80 min']::interval[])[1 + floor(random() * 10)])
$$;
SQL

# What sessions do: a statement, or some in a transaction.

sub any_of { return $_[ rand @_ ] }

sub ticking
{
	my $batch = 1 + int(rand() < 0.5 ? rand 50 : rand 5000);
	my $tick = "SELECT incident.tick(batch => $batch);";
	my $pause = sprintf 'SELECT pg_sleep(%.2f);', rand 1;
	my $end = any_of('COMMIT;', 'COMMIT;', 'ROLLBACK;');
	return any_of(
		("CALL incident.run_ticks($batch);") x 3,
		($tick) x 4,
		"BEGIN; $tick $tick $pause $end",
		"BEGIN; $tick SAVEPOINT s; $tick ROLLBACK TO s; $tick $pause $end",
		"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM incident_internal.last_tick; $pause $tick $end",
		'SELECT pg_sleep(0.2);');
}

sub acting
{
	my $act = "SELECT act($SECONDS);";
	my $pause = sprintf 'SELECT pg_sleep(%.2f);', rand() < 0.1 ? rand 4 : rand 0.3;
	my $end = any_of('COMMIT;', 'COMMIT;', 'ROLLBACK;');
	return any_of(($act) x 12, "BEGIN; $act $pause $end", "BEGIN; SELECT txid_current(); $pause $act $end",
		"BEGIN; SAVEPOINT s; $act RELEASE s; $pause $end");
}

# Runs a script in a process of its own, which is returned; its output goes to a file.
sub start_session
{
	my ($node, $name, @script) = @_;
	my $file = $node->basedir . "/$name";
	my @command = ($node->installed_command('psql'), qw(-X -q -A -t), $node->connstr('incident'),
		'-f', "$file.sql");
	open my $out, '>', "$file.sql" or die "$file.sql: $!";
	print $out map { "$_\n" } @script;
	close $out or die "$file.sql: $!";

	my $process = fork;
	die "fork: $!" unless defined $process;
	return $process if $process;
	open STDIN, '<', File::Spec->devnull;
	open STDOUT, '>', "$file.out";
	open STDERR, '>&', \*STDOUT;
	exec @command or POSIX::_exit(1);
}

# Transactions that stay open while ticks pass what they add. Each adds an incident that has
# the ticket 'held' and is due when ticks will have passed it.

sub is_due
{
	my ($within, $asset) = @_;
	$asset ||= 'one';
	return "SELECT incident.open('$asset', 'minor', ticket => 'held', policy => 'restless',"
	  . " detected_at => clock_timestamp() - interval '3 min' + interval '$within s')";
}

my $SLEEP = "SELECT pg_sleep($HELD);";
my @HOLDERS = (
	'BEGIN; ' . is_due(4) . "; $SLEEP COMMIT;",
	'BEGIN; ' . is_due(-1) . "; $SLEEP COMMIT;",
	'BEGIN; SAVEPOINT s; ' . is_due(4) . "; RELEASE s; $SLEEP COMMIT;",
	"BEGIN; SELECT txid_current(); $SLEEP " . is_due(-1) . '; COMMIT;',
	"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM incident_internal.last_tick; $SLEEP " . is_due(-1) . '; COMMIT;',
	is_due(4, 'plain') . " AS id \\gset\nBEGIN; SELECT incident.assess(:id, asset => 'one'); $SLEEP COMMIT;",
);
my $PREPARED = 'BEGIN; ' . is_due(4) . "; PREPARE TRANSACTION 'held';";

# For one of the sessions that are ticking just now; '' when there is none.
sub about_ticker
{
	my ($node, $what) = @_;
	my ($status, $answer) = $node->psql('incident', "SELECT $what" . <<'SQL');
FROM (SELECT pid FROM pg_stat_activity WHERE query ~ 'incident\.(run_ticks|tick)\(' AND state <> 'idle'
	AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS ticker
SQL
	return $status ? '' : $answer;
}

# Complaints of the server that are not what this test does to it.
sub complaints
{
	my ($node) = @_;
	my $expected = join '|', 'terminating connection', 'was terminated by signal 9: Killed',
	  'database system is (?:in recovery|starting up|not yet accepting)', 'could not serialize access',
	  'connection to client lost';
	return join "\n",
	  grep { /\b(?:ERROR|FATAL|PANIC|WARNING):|was terminated/ && !/$expected/ }
	  split /\n/, slurp_file($node->logfile);
}

my $node = start_node('tickers',
	conf => "log_min_messages = warning\nmax_connections = 60\nmax_prepared_transactions = 5\n"
	  . "restart_after_crash = on\n");
$node->safe_psql('incident', $SETUP);
$node->safe_psql('incident', 'SELECT count(incident.open(any_asset(), any_severity(),'
	  . " detected_at => any_detection($SECONDS), policy => any_policy())) FROM generate_series(1, $INCIDENTS)");
$node->safe_psql('incident', $PREPARED);

my $began = time;
my @sessions = map { { name => "session$_", what => $_ <= $TICKERS ? \&ticking : \&acting } }
  1 .. $TICKERS + $CLIENTS;
my ($killed, $cut_off, $started, $next_blow, @holders) = (0, 0, 0, $began + 3);
while ((my $passed = time - $began) < $SECONDS)
{
	for my $session (@sessions)
	{
		next if $session->{process} && !waitpid $session->{process}, WNOHANG;
		$session->{process} =
		  start_session($node, $session->{name}, map { $session->{what}->() } 1 .. $STATEMENTS);
		$started++;
	}
	if (time > $next_blow)
	{
		if ($passed < $KILLING && $passed > $KILLING * ($killed + 0.5) / 3)
		{
			my $process = about_ticker($node, 'pid ');
			$killed += kill 'KILL', $process if $process;
		}
		else
		{
			$cut_off += about_ticker($node, 'pg_terminate_backend(pid) ') eq 't';
		}
		$next_blow = time + rand 2;
	}
	@holders = map { start_session($node, "holder$_", '\\set ON_ERROR_STOP', $HOLDERS[$_]) } 0 .. $#HOLDERS
	  if !@holders && $passed > $KILLING + 3;
	select undef, undef, undef, 0.05;
}
my $ticked = ticked_to($node, 'incident');
kill 'KILL', map { $_->{process} } @sessions;
waitpid $_->{process}, 0 for @sessions;
note("$started sessions, $killed killed, $cut_off cut off");
cmp_ok($killed, '>', 0, 'sessions were killed');
cmp_ok($cut_off, '>', 0, 'sessions were cut off');

# The test would show little if ticks had not gone past what is committed only now.
for my $number (0 .. $#holders)
{
	waitpid $holders[$number], 0;
	is($?, 0, "long transaction $number") or diag(slurp_file($node->basedir . "/holder$number.out"));
}
$node->safe_psql('incident', "COMMIT PREPARED 'held'");
is($node->safe_psql('incident', "SELECT count(*) FROM incident_internal.incidents WHERE ticket = 'held'"),
	@HOLDERS + 1, 'each has its incident');
cmp_ok($node->safe_psql('incident', "SELECT count(*) FROM incident_internal.incidents WHERE ticket = 'held'"
		. " AND detected_at + interval '4 min' < '$ticked'"), '>=', 5, 'ticks have passed most of them');

# What a session was at goes on without it for a while.
$node->poll_query_until('incident',
	q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'})
  or die 'sessions do not end';
my $left = catch_up($node, 'incident');
$ticked = ticked_to($node, 'incident');
note("$left incidents were left to the last tick");
is(substr(problems($node, 'incident', $ticked), 0, $SHOWN), '', 'all is as one tick would have decided it');
is($node->safe_psql('incident', 'SELECT message FROM incident_internal.quarantine'), '', 'no incident is in quarantine');
is(substr(complaints($node), 0, $SHOWN), '', 'the server complains of nothing else');

my %entries = map { split /\|/ } split /\n/, $node->safe_psql('incident',
	"SELECT concat_ws(' ', incident_internal.kind_word(kind), CASE WHEN incident_internal.kind_word(kind) = 'overdue' THEN incident_internal.rule_word(rule) END), count(*)"
	  . ' FROM incident_internal.entries GROUP BY 1');
note(join ', ', map { "$_ $entries{$_}" } sort keys %entries);
for my $kind (qw(held resumed graded escalated breached voided), 'overdue acknowledgement', 'overdue response')
{
	cmp_ok($entries{$kind} || 0, '>', 0, "$kind entries were met");
}

$node->stop;
done_testing();
