# Many ticks at once beside clients, while partitions come and go and a calendar is imported
# again and again: nothing is decided twice, nothing is lost, nobody fails or waits for ever.
#
# PG_INCIDENT_STRESS_SECONDS (default 60) says how long eight tickers run; two and four
# run a third of that each.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use Clients;
use Consistency;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SECONDS   = $ENV{PG_INCIDENT_STRESS_SECONDS} || 60;
my $INCIDENTS = 1000;    # opened before each run
my $CLIENTS   = 4;
my $SHOWN     = 2000;    # characters of a failure

my $SETUP = client_sql() . <<'SQL';
-- Half of the incidents have clocks that run until some hour of each day.
CREATE FUNCTION import_shop(hour integer) RETURNS void LANGUAGE sql AS $$
	SELECT incident.import_calendar(jsonb_build_object('name', 'shop', 'zone', 'UTC', 'week',
		(SELECT jsonb_object_agg(day, jsonb_build_array(jsonb_build_array('00:00', to_char(hour, 'FM00:00'))))
		FROM unnest(incident_internal.weekday_words()) AS day)), change_closed => true)
$$;
SELECT FROM import_shop(24);
SELECT incident.publish_policy(incident.import_policy(e || jsonb_build_object('name', 'shop', 'levels',
	(SELECT jsonb_agg(CASE l->>'level' WHEN 'none' THEN l ELSE l || jsonb_build_object('calendar', 'shop') END)
	FROM jsonb_array_elements(e->'levels') AS l))))
FROM incident.export_policy(incident.policy_id('eport')) AS e;
CREATE FUNCTION any_policy() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT (ARRAY['shop', NULL])[1 + floor(random() * 2)]
$$;

-- Detected so long ago that a threshold is crossed now or within the seconds given.
CREATE FUNCTION any_detection(seconds float8) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
	SELECT clock_timestamp() - interval '2 hours' * (1 + floor(random() * 4))
		+ interval '1 second' * (random() * (seconds + 20) - 20)
$$;

-- Drops the partitions of timers that nothing is in, and has them made anew. It waits longer
-- for its locks than the job does, which on a crowded machine gets none among so many.
CREATE TABLE came_and_went (what text);
CREATE PROCEDURE come_and_go() LANGUAGE plpgsql AS $$
DECLARE
	name text;
	taken boolean;
BEGIN
	SET LOCAL lock_timeout = '500ms';
	BEGIN
		LOCK TABLE incident_internal.timers IN ACCESS EXCLUSIVE MODE;
		FOR name IN SELECT part FROM incident_internal.partitions('timers') LOOP
			EXECUTE format('SELECT EXISTS (SELECT FROM incident_internal.%I)', name) INTO taken;
			IF NOT taken THEN
				EXECUTE format('DROP TABLE incident_internal.%I', name);
				INSERT INTO came_and_went VALUES ('went');
			END IF;
		END LOOP;
	EXCEPTION WHEN lock_not_available THEN
	END;
	COMMIT;
	SET LOCAL lock_timeout = '500ms';
	BEGIN
		LOCK TABLE incident_internal.timers IN ACCESS EXCLUSIVE MODE;
	EXCEPTION WHEN lock_not_available THEN
	END;
	WHILE incident.add_next_partition() LOOP
		INSERT INTO came_and_went VALUES ('came');
		COMMIT;
	END LOOP;
END
$$;
SQL

# Starts pgbench with scripts for so many clients; returns what finish_pgbench needs.
sub start_pgbench
{
	my ($node, $name, $clients, $seconds, @scripts) = @_;
	my ($output, $errors) = ('', '');
	my @files;

	for my $script (@scripts)
	{
		my $file = $node->basedir . '/' . "$name $#files.sql" =~ s/ /_/gr;
		append_to_file($file, $script);
		push @files, '-f', $file;
	}
	my $harness = IPC::Run::start(
		[
			$node->installed_command('pgbench'),
			'-n', '-c', $clients, '-j', $clients, '-T', $seconds, @files,
			$node->connstr('incident')
		],
		'<', File::Spec->devnull, '>', \$output, '2>', \$errors);
	return [ $harness, $name, \$output, \$errors ];
}

# pgbench ends with 0 only when no client met an error.
sub finish_pgbench
{
	my ($harness, $name, $output, $errors) = @{ $_[0] };

	ok(IPC::Run::finish($harness), "$name: no error")
	  or diag(substr($$errors, 0, $SHOWN));
	my ($count) = $$output =~ /transactions actually processed: (\d+)/;
	cmp_ok($count || 0, '>', 0, "$name: something was done");
	note("$name: $count transactions");
}

sub open_many
{
	my ($node, $seconds) = @_;

	$node->safe_psql('incident', 'SELECT count(incident.open(any_asset(), any_severity(),'
		  . " detected_at => any_detection($seconds), policy => any_policy())) FROM generate_series(1, $INCIDENTS)");
}

my $node = start_node('stress', conf => "log_min_messages = warning\nmax_connections = 40");
$node->safe_psql('incident', $SETUP);

for my $run ([ 2, int($SECONDS / 3) || 1 ], [ 4, int($SECONDS / 3) || 1 ], [ 8, $SECONDS ])
{
	my ($tickers, $seconds) = @$run;
	my $log = -s $node->logfile;

	open_many($node, $seconds);
	my @running = (
		start_pgbench(
			$node, "$tickers tickers", $tickers, $seconds,
			"\\set batch random(1, 200)\nSELECT incident.tick(batch => :batch);\n",
			"CALL incident.run_ticks();\n"),
		start_pgbench(
			$node, "clients beside $tickers tickers", $CLIENTS, $seconds,
			"SELECT act($seconds);\n"),
		start_pgbench(
			$node, "partitions beside $tickers tickers", 1, $seconds,
			"CALL come_and_go();\n\\sleep 100 ms\n"),
		start_pgbench(
			$node, "calendar beside $tickers tickers", 1, $seconds,
			"\\set hour random(1, 24)\nSELECT import_shop(:hour);\n\\sleep 2 s\n"));
	finish_pgbench($_) for @running;

	my $complaints = join "\n",
	  grep { /\b(?:ERROR|FATAL|PANIC|WARNING):|deadlock|terminated by signal/ }
	  split /\n/, slurp_file($node->logfile, $log);
	is(substr($complaints, 0, $SHOWN), '', "$tickers tickers: the server complains of nothing");

	my $left = catch_up($node, 'incident');
	my $kinds = $node->safe_psql('incident',
		"SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind)"
		  . ' FROM (SELECT incident_internal.kind_word(kind) AS kind, count(*) AS n FROM incident_internal.entries GROUP BY 1) AS k');
	note("$tickers tickers left $left incidents to a last tick; entries so far: $kinds");
	is(substr(problems($node, 'incident', ticked_to($node, 'incident')), 0, $SHOWN),
		'', "$tickers tickers: every incident is whole");
	is($node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.quarantine'),
		'0', "$tickers tickers: no incident is in quarantine");
}

# Or else the runs would have shown little.
for my $kind (qw(acknowledged assessed breached escalated graded reopened resolved voided))
{
	cmp_ok($node->safe_psql('incident', "SELECT count(*) FROM incident_internal.entries WHERE incident_internal.kind_word(kind) = '$kind'"),
		'>', 0, "$kind entries were met");
}
for my $what (qw(came went))
{
	cmp_ok($node->safe_psql('incident', "SELECT count(*) FROM came_and_went WHERE what = '$what'"),
		'>', 0, "partitions $what");
}
cmp_ok($node->safe_psql('incident', 'SELECT count(*) FROM incident_internal.repeats'), '>', 0, 'repeats were counted');
is( $node->safe_psql('incident', <<'SQL'), '0', 'no two incidents are open under one key');
SELECT count(*) FROM (
	SELECT FROM incident_internal.incidents AS i JOIN incident_internal.incident_state AS s USING (org_id, incident_id)
	WHERE i.dedup_key IS NOT NULL AND i.incident_id <> (SELECT k.incident_id FROM incident_internal.dedup_keys AS k
		WHERE k.org_id = i.org_id AND k.dedup_key = i.dedup_key)
	AND NOT EXISTS (SELECT FROM incident_internal.entries AS e WHERE e.org_id = i.org_id
		AND e.incident_id = i.incident_id AND incident_internal.kind_word(e.kind) IN ('resolved', 'cancelled'))) AS other
SQL

$node->stop;
done_testing();
