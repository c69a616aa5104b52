# The server dies in the middle of ticks and of clients' work: what was committed is there
# whole, what was not is not there at all, and ticking catches up with the true times.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use PgIncident;
use Consistency;
use PostgreSQL::Test::Utils;
use Test::More;

my $INCIDENTS = 2000;    # due before each crash
my $SOME      = 100;     # decided before the server is killed
my $SHOWN     = 2000;    # characters of a failure

# A moderate fault of a level 2 asset responds at 2, and at 1 from 2 hours on. Clients
# back-date what they report, so that nothing but a tick settles beyond it, and put into
# `reported` in the same transaction what they have been told is done.
my $SETUP = <<'SQL';
SELECT FROM incident.register_asset('two', 'host', '2');
CREATE TABLE reported (incident_id bigint, kind text);

CREATE FUNCTION open_due(number int, name text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(incident.open('two', 'moderate', ticket => name, detected_at => now() - interval '3 hours'))
	FROM generate_series(1, number)
$$;

-- Or the ticks would be done before anybody can kill them.
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep(0.01);
	RETURN NULL;
END
$$;
CREATE TRIGGER dawdle AFTER INSERT ON incident_internal.entries FOR EACH ROW
	WHEN (incident_internal.kind_word(NEW.kind) = 'escalated' AND current_setting('crash.dawdle', true) = 'on')
	EXECUTE FUNCTION dawdle();

CREATE FUNCTION report() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	detected timestamptz;
BEGIN
	IF random() < 0.2 THEN
		INSERT INTO reported VALUES (incident.open('two', 'moderate', summary => 'new',
			detected_at => now() - interval '3 hours'), 'opened');
		RETURN;
	END IF;
	SELECT incident_id, detected_at INTO id, detected FROM incident.incident_history
		WHERE incident_id = 1 + floor(random()
			* (SELECT last_value FROM incident_internal.incidents_incident_id_seq));
	IF FOUND THEN
		PERFORM incident.note(id, 'seen', at => detected + interval '1 hour');
		INSERT INTO reported VALUES (id, 'noted');
	END IF;
END
$$;
SQL

# Facts that were reported to be done but are not there, or the other way round.
my $LOST = <<'SQL';
WITH told AS (TABLE reported),
stored AS (
	SELECT incident_id, kind FROM incident.timeline
	WHERE kind = 'noted' OR kind = 'opened' AND note = 'new')
SELECT 'lost', lost FROM (TABLE told EXCEPT ALL TABLE stored) AS lost
UNION ALL
SELECT 'half done', half FROM (TABLE stored EXCEPT ALL TABLE told) AS half
SQL

# Incidents that have not risen once, at 2 hours exactly.
my $WRONG_TIME = <<'SQL';
SELECT h.incident_id, array_agg(t.effective_at - h.detected_at) FILTER (WHERE t.kind = 'escalated')
FROM incident_internal.incidents AS h JOIN incident.timeline AS t USING (org_id, incident_id)
GROUP BY h.incident_id, h.detected_at
HAVING array_agg(t.effective_at - h.detected_at) FILTER (WHERE t.kind = 'escalated')
	IS DISTINCT FROM ARRAY[interval '2 hours']
ORDER BY h.incident_id
SQL

# Runs a pgbench script until it is killed together with the server.
sub start_pgbench
{
	my ($node, $name, $clients, $script) = @_;
	my $file = $node->basedir . "/$name.sql";
	my $output = '';

	append_to_file($file, $script) unless -e $file;
	return IPC::Run::start(
		[
			$node->installed_command('pgbench'),
			'-n', '-c', $clients, '-T', $PostgreSQL::Test::Utils::timeout_default,
			'-f', $file, $node->connstr('incident') . " options='-c crash.dawdle=on'"
		],
		'<', File::Spec->devnull, '>&', \$output);
}

# What is left of a killed server may hold its memory for a moment.
sub start_again
{
	my ($node) = @_;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $node->start(fail_ok => 1);
		select undef, undef, undef, 0.1;
		$node->stop('fast', fail_ok => 1);
	}
	return 0;
}

# The process of one of the sessions that tick.
sub ticker
{
	my ($node) = @_;

	return $node->safe_psql('incident', <<'SQL');
SELECT pid FROM pg_stat_activity
WHERE query LIKE 'CALL incident.run_ticks%' AND backend_type = 'client backend' LIMIT 1
SQL
}

my %KILL = (
	'an immediate stop' => sub { $_[0]->stop('immediate') },
	'the death of the server' => sub { $_[0]->kill9 },
	'the death of a session that ticks' => sub {
		my ($node) = @_;
		my $pid = ticker($node);

		kill 'KILL', $pid or die "could not kill session $pid: $!";
		# Its siblings must not go on with memory it may have spoilt: all is stopped.
		for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
		{
			last unless -e $node->data_dir . '/postmaster.pid';
			select undef, undef, undef, 0.1;
		}
		$node->_update_pid(0);
	},
);

my $node = start_node('crash', conf => "restart_after_crash = off\nmax_connections = 40");
$node->safe_psql('incident', $SETUP);
my $expected = 0;

for my $how (sort keys %KILL)
{
	my $decided = $node->safe_psql('incident', "SELECT count(*) FROM incident_internal.entries WHERE incident_internal.kind_word(kind) = 'escalated'");

	# An opening catches up with the last tick by itself: leave it something to do.
	$node->safe_psql('incident', "UPDATE incident_internal.last_tick SET at = '-infinity'");
	$node->safe_psql('incident', "SELECT open_due($INCIDENTS, 'due')");
	$expected += $INCIDENTS;
	my @running = (
		start_pgbench($node, 'run_ticks', 2, "CALL incident.run_ticks(7);\n"),
		start_pgbench($node, 'tick', 1, "SELECT incident.tick(batch => 100);\n"),
		start_pgbench($node, 'report', 3, "SELECT report();\n"));
	$node->poll_query_until('incident',
		"SELECT count(*) > $decided + $SOME FROM incident_internal.entries WHERE incident_internal.kind_word(kind) = 'escalated'")
	  or die 'the ticks do not get on';
	$KILL{$how}->($node);
	IPC::Run::finish($_) for @running;

	ok(start_again($node), "$how: the server starts again");
	my $due = $node->safe_psql('incident', 'SELECT due FROM incident.watchdog');
	cmp_ok($due, '>', 0, "$how: it came while ticks were at work");
	note("$how: $due incidents were still due");
	is(substr(problems($node, 'incident'), 0, $SHOWN), '', "$how: every incident is whole");
	is(substr($node->safe_psql('incident', $LOST), 0, $SHOWN), '', "$how: no report is lost, none is half done");

	is(catch_up($node, 'incident'), $due, "$how: ticks catch up with all that was due");
	is(substr($node->safe_psql('incident', $WRONG_TIME), 0, $SHOWN), '', "$how: each rose once, at its time");
	is(substr(problems($node, 'incident', ticked_to($node, 'incident')), 0, $SHOWN),
		'', "$how: every incident is whole afterwards");
	is($node->safe_psql('incident', "SELECT count(*) FROM incident_internal.incidents WHERE ticket = 'due'"),
		$expected, "$how: all incidents are there");
}

$node->stop;
done_testing();
