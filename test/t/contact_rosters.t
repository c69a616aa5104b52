# Rosters against a walk minute by minute (test/oracle/roster.py): random rosters in zones whose clocks
# change, with overrides and windows; and what on_call costs.
#
# PG_INCIDENT_ROSTERS says how many rosters (default 40), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use Test::More;
use PostgreSQL::Test::Utils;
use PgIncident;

my $ROSTERS = $ENV{PG_INCIDENT_ROSTERS} || 40;
my $SEED = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20260105;
my $node = start_node('rosters', conf => "log_statement = none\njit = off\ntimezone = UTC\n");
my $file = "$PostgreSQL::Test::Utils::tmp_check/rosters.jsonl";

note("seed $SEED, $ROSTERS rosters");
{
	local $ENV{PYTHONTZPATH} = zone_directory();
	ok(IPC::Run::run([ 'python3', source_dir() . '/test/oracle/roster.py', $SEED, $ROSTERS ], '>', $file), 'the walker runs');
}
$node->safe_psql('incident', <<"SQL");
CREATE TABLE lines (number int GENERATED ALWAYS AS IDENTITY, line jsonb);
COPY lines (line) FROM '$file';
SELECT count(*) FROM lines, incident.import_directory(line -> 'document') WHERE line ? 'document';
SELECT incident.override_roster(o ->> 0, o ->> 1, (o ->> 2)::timestamptz, (o ->> 3)::timestamptz)
FROM (SELECT line -> 'override' AS o FROM lines WHERE line ? 'override' ORDER BY number) AS l;
CREATE TABLE walked AS
SELECT line ->> 'roster' AS roster, (line ->> 'at')::timestamptz AS at, line ->> 'contact' AS contact,
	(line ->> 'layer')::int AS layer, (line ->> 'until')::timestamptz AS until
FROM lines WHERE line ? 'roster';
SQL
my ($stretches, $zones, $changes) = split /\|/, $node->safe_psql('incident', <<'SQL');
SELECT (SELECT count(*) FROM walked), count(DISTINCT zone), (SELECT count(*) FROM walked WHERE layer = 0) FROM incident_internal.rosters
SQL
note("$stretches stretches in $zones zones, $changes of overrides");
cmp_ok($stretches, '>', 20 * $ROSTERS, 'rosters change hands');

# At the beginning of a stretch, in the middle and a microsecond before its end.
is($node->safe_psql('incident', <<'SQL'), '', 'on_call() gives what the walk found');
SELECT w.roster, m.moment, w.contact, w.layer, w.until, o.contact, o.layer, o.until
FROM walked AS w, LATERAL (VALUES (w.at), (w.at + (w.until - w.at) / 2), (w.until - interval '1 microsecond')) AS m(moment),
	LATERAL incident.on_call(w.roster, m.moment) AS o
WHERE (o.contact, o.layer, o.until) IS DISTINCT FROM (w.contact, w.layer, w.until)
ORDER BY w.roster, m.moment LIMIT 10
SQL

my $cost = $node->safe_psql('incident', <<'SQL');
SELECT count(*) FROM walked AS w, incident.on_call(w.roster, w.at) \gset
SELECT clock_timestamp() AS began \gset
SELECT count(*) AS calls FROM generate_series(1, 5), walked AS w, LATERAL incident.on_call(w.roster, w.at) AS o WHERE o.until IS NOT NULL \gset
SELECT round(extract(epoch FROM clock_timestamp() - :'began') * 1000000 / :calls, 1);
SQL
note("$cost microseconds a call");
cmp_ok($cost, '<', 50, 'on_call() takes less than 50 microseconds');

$node->stop;
done_testing();
