# The server's clock is set while incidents are going on: nothing that is due is forgotten,
# and the watchdog tells of it. libfaketime sets the clock on the wall for the server alone;
# the one that counts since the machine's start it leaves.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
die 'libfaketime is not installed' if !$library;
my $offset_file = PostgreSQL::Test::Utils::tempdir() . '/offset';
my $offset = 0;

sub shift_clock
{
	my ($seconds) = @_;
	$offset += $seconds;
	open my $file, '>', "$offset_file.new" or die $!;
	printf $file "%+.3f\n", $offset;
	close $file or die $!;
	rename "$offset_file.new", $offset_file or die $!;
	return;
}

# Puts the clock so many seconds after a full minute, ahead of where it is.
sub shift_past_minute
{
	my ($seconds) = @_;
	my $now = time() + $offset;
	shift_clock(60 - ($now - 60 * int($now / 60)) + $seconds);
	return;
}

shift_clock(0);
my $node = do
{
	local %ENV = (
		%ENV,
		LD_PRELOAD                  => $library,
		FAKETIME_TIMESTAMP_FILE     => $offset_file,
		FAKETIME_NO_CACHE           => 1,
		FAKETIME_DONT_FAKE_MONOTONIC => 1,
		NO_FAKE_STAT                => 1);
	start_node('clock', conf => 'autovacuum = off');
};

sub ask { return $node->safe_psql('incident', $_[0]) }

# A moderate fault of a level 2 asset responds at 2, and at 1 from 2 hours on.
ask(q{SELECT FROM incident.register_asset('two', 'host', '2')});

sub open_due_in
{
	my ($seconds) = @_;
	return ask("SELECT incident.open('two', 'moderate', detected_at => now() - interval '2 hours' + interval '$seconds s')");
}

# Ticks until the incident is or must be escalated, but not before a full minute has passed.
sub is_escalated
{
	my ($incident, $name) = @_;
	ask('CALL incident.run_ticks()');
	is(ask("SELECT response_level FROM incident_internal.incident_state WHERE incident_id = $incident"), '1', $name);
	return;
}

my $before = time() + $offset;
shift_clock(3600);
cmp_ok(ask('SELECT extract(epoch FROM clock_timestamp())'), '>=', $before + 3600, 'the clock of the server is moved');
ask('CALL incident.run_ticks()');

for my $case ([ 4, 'a little', '' ], [ 9, 'within a minute', '-00:00:09' ])
{
	my ($back, $name, $said) = @$case;

	shift_past_minute(1);
	ask('SELECT FROM incident.tick()');    # the step forward is no concern of this one
	ask('TRUNCATE incident_internal.tick_log');
	is(ask('SELECT from_bucket = incident_internal.bucket(clock_timestamp()) FROM incident_internal.last_tick'),
		't', "$name: ticks have done with the minutes before this one");
	shift_clock(-$back);
	my $incident = open_due_in(1);
	is(ask("SELECT incident_internal.bucket(next_due) < from_bucket FROM incident_internal.incident_state, incident_internal.last_tick WHERE incident_id = $incident"),
		't', "$name: it will be due in one of them");
	sleep($back);
	is_escalated($incident, "$name: it is found due all the same");
	is(ask("SELECT coalesce(min(date_trunc('second', clock_jump - interval '0.5 s'))::text, '') FROM incident_internal.tick_log"),
		$said, "$name: what the log of ticks says of it");
	is(ask('SELECT incidents || remaining::text FROM incident.tick()'), '00', "$name: then all is done");
}

# Ten days ahead, and back.
shift_clock(864000);
ask('CALL incident.run_ticks()');
shift_clock(-864000);
my $incident = open_due_in(-1);
is_escalated($incident, 'days: it is found due');
is(ask(q{SELECT last_tick_at <= clock_timestamp() AND clock_jump_at <= clock_timestamp(), round(extract(epoch FROM clock_jump)) FROM incident.watchdog}),
	't|-864000', 'days: the watchdog goes by no moment to come, and tells of the step');
is(ask('SELECT from_bucket <= incident_internal.bucket(clock_timestamp()) AND from_bucket > 0 FROM incident_internal.last_tick'),
	't', 'days: ticks have come as far as before');

# Set wrong and right again between two ticks, which shows no step.
sub with_clock_shifted
{
	my ($seconds, $work) = @_;
	shift_clock($seconds);
	my $result = $work->();
	shift_clock(-$seconds);
	return $result;
}

ask('TRUNCATE incident_internal.tick_log');
$incident = with_clock_shifted(-3600, sub { open_due_in(1) });
is(ask('SELECT oldest_due < clock_timestamp() FROM incident.watchdog'), 't', 'back and forth: the watchdog knows of it');
is_escalated($incident, 'back and forth: what was opened meanwhile is found due');

my $detected = ask(q{SELECT now() - interval '2 hours' + interval '1 s'});
$incident = with_clock_shifted(31536000,
	sub { ask("SELECT incident.open('two', 'moderate', detected_at => '$detected')") });
sleep(1);
is_escalated($incident, 'ahead and back: what was opened meanwhile is found due');

my $IMPORT = <<'SQL';
SELECT incident.import_calendar(jsonb_build_object('name', 'shop', 'zone', 'UTC', 'week',
	(SELECT jsonb_object_agg(day, jsonb_build_array(jsonb_build_array('00:00', '%s')))
	FROM unnest(incident_internal.weekday_words()) AS day)))
SQL
ask(sprintf $IMPORT, '24:00');
ask(<<'SQL');
SELECT incident.publish_policy(incident.import_policy(e || jsonb_build_object('name', 'shop', 'levels',
	(SELECT jsonb_agg(CASE l->>'level' WHEN 'none' THEN l ELSE l || jsonb_build_object('calendar', 'shop') END)
	FROM jsonb_array_elements(e->'levels') AS l))))
FROM incident.export_policy(incident.policy_id('eport')) AS e
SQL
$incident = ask("SELECT incident.open('two', 'moderate', policy => 'shop')");
ask('CALL incident.run_ticks()');
with_clock_shifted(31536000, sub { ask(sprintf $IMPORT, '00:01') });
ask('CALL incident.run_ticks()');
is(ask(<<"SQL"), 't', 'ahead and back: a calendar that was imported meanwhile counts');
SELECT s.next_due = f.next_due FROM incident_internal.incident_state AS s, incident.state_at($incident) AS f
WHERE s.incident_id = $incident
SQL
is(ask('SELECT count(*) FROM incident_internal.tick_log WHERE clock_jump IS NOT NULL'), '0', 'no tick has noticed any step');

done_testing();
