# A tick's memory does not grow with how much it has to do.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use Test::More;

my $FEW  = 1000;     # incidents that one tick settles
my $MANY = 10000;    # and another
my $MORE = 8;        # megabytes by which the other may exceed the one

my $node = start_node('memory', conf => "shared_buffers = 16MB\nautovacuum = off\nfsync = off");

# Every calendar import has all of them settled one by one, and leaves stale timers behind.
my $all = $FEW + $MANY;
$node->safe_psql('incident', <<"SQL");
CREATE SEQUENCE imports;
CREATE FUNCTION import_nights() RETURNS void LANGUAGE sql AS \$\$
	SELECT incident.import_calendar(format('{"name": "nights", "zone": "UTC", "week": {"mon": [["00:00", "06:%s"]]}}',
		lpad((nextval('imports') % 60)::text, 2, '0'))::jsonb)
\$\$;
SELECT FROM import_nights();
SELECT incident.publish_policy(incident.import_policy(e || jsonb_build_object('name', 'nights',
		'levels', (SELECT jsonb_agg(CASE l->>'level' WHEN 'none' THEN l ELSE l || '{"calendar": "nights"}' END)
			FROM jsonb_array_elements(e->'levels') AS l))))
	FROM incident.export_policy(incident.policy_id('eport')) AS e;
SELECT FROM incident.register_asset('two', 'host', '2');
SELECT count(incident.open('two', 'moderate', policy => 'nights')) FROM generate_series(1, $all);
SQL

# Runs SQL in a session of its own; returns its last column and its peak of memory in MB,
# without what it shares with others.
sub peak
{
	my ($sql) = @_;
	my $session = $node->background_psql('incident', on_error_stop => 1);
	my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
	$session->query_safe('SELECT incident.tick(\'2001-01-01\')');    # what any tick needs
	open my $clear, '>', "/proc/$pid/clear_refs" or die $!;
	print $clear 5;
	close $clear or die $!;
	my ($result) = $session->query_safe($sql) =~ /(\d+)\s*$/;
	open my $status, '<', "/proc/$pid/status" or die $!;
	my %memory = map { /^(\w+):\s+(\d+) kB/ ? ($1, $2) : () } <$status>;
	close $status;
	$session->quit;
	return ($result, ($memory{VmHWM} - $memory{RssShmem} - $memory{RssFile}) / 1024);
}

sub is_flat
{
	my ($name, $few, $many) = @_;
	cmp_ok($many, '<', $few + $MORE, "$name: the memory does not grow");
	note sprintf '%s: %.1f MB and %.1f MB', $name, $few, $many;
	return;
}

$node->safe_psql('incident', 'SELECT FROM import_nights()') for 1 .. 3;
$node->safe_psql('incident', 'DELETE FROM incident_internal.calendar_changes');    # nobody was opening any meanwhile
my $tick = 'SELECT incidents FROM incident.tick(batch => %d)';
my ($some, $few)  = peak(sprintf $tick, $FEW);
my ($rest, $many) = peak(sprintf $tick, $MANY);
is("$some $rest", "$FEW $MANY", 'all were settled');
is_flat('one by one', $few, $many);

# Now most timers are stale; the batch has room for one incident, and none is due.
my ($none, $stale) = peak(sprintf $tick, 1);
is($none, 0, 'none is left');
is_flat('stale timers', $few, $stale);

done_testing();
