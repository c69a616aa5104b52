# Calendars against a walk minute by minute (test/oracle/working_time.py): random
# calendars in zones whose clocks change, random measures and additions, the laws
# that hold for all of them, the far ends of time; the same in another session and
# in parallel workers. Business::Hours is a second witness for plain weeks.
#
# PG_INCIDENT_CASES says how many cases (default 20000), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Business::Hours;
use IPC::Run;
use JSON::PP;
use POSIX qw(strftime tzset);
use Test::More;
use PostgreSQL::Test::Utils;
use PgIncident;
use RandomLives;

my $CASES = $ENV{PG_INCIDENT_CASES} || 20000;
my $SEED  = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20240304;
my $SHOWN = 10;

sub walk
{
	my ($file) = @_;
	local $ENV{PYTHONTZPATH} = zone_directory();
	my $walker = source_dir() . '/test/oracle/working_time.py';
	return IPC::Run::run([ 'python3', $walker, $SEED, $CASES ], '>', $file);
}

# A case is a calendar, two moments and the working time between them; in an
# addition the second moment is what is asked. Calendars alternate from row to row.
my $LOAD = <<'SQL';
CREATE TABLE lines (number int GENERATED ALWAYS AS IDENTITY, line jsonb);
COPY lines (line) FROM 'FILE';
SELECT incident.import_calendar(line -> 'calendar') FROM lines WHERE line ? 'calendar';
CREATE TABLE calendars AS
SELECT line #>> '{calendar,name}' AS name,
	line #>> '{calendar,zone}' AS zone,
	jsonb_path_exists(line, '$.calendar.week.*[*]') AS weekly
FROM lines
WHERE line ? 'calendar';
CREATE TABLE cases AS
SELECT number, line ? 'moment' AS addition, line ->> 'name' AS calendar,
	(line ->> 'from')::timestamptz AS a,
	coalesce(line ->> 'to', line ->> 'moment')::timestamptz AS b,
	coalesce(line ->> 'worked', line ->> 'amount')::interval AS n
FROM lines
WHERE line ? 'name'
ORDER BY md5(number::text);
ANALYZE cases;
SQL

# Queries for what should not be: the first rows of each are shown. The working
# time is compared by its bytes, because it is of seconds, without days.
my @AS_WALKED = (
	'measures' => <<'SQL',
SELECT calendar, a, b, n, got
FROM (SELECT *, incident.working_time(calendar, a, b) AS got FROM cases WHERE NOT addition) AS c
WHERE interval_send(got) IS DISTINCT FROM interval_send(n)
ORDER BY greatest(a - b, b - a), number
SQL
	'additions' => <<'SQL',
SELECT calendar, a, n, b, got
FROM (SELECT *, incident.add_working_time(calendar, a, n) AS got FROM cases WHERE addition) AS c
WHERE got IS DISTINCT FROM b
ORDER BY greatest(n, -n), number
SQL
);

my @LAWS = (
	'what was added is measured' => <<'SQL',
SELECT calendar, a, n, m, got
FROM (SELECT *, incident.working_time(calendar, a, m) AS got
	FROM (SELECT *, incident.add_working_time(calendar, a, n) AS m FROM cases) AS c) AS d
WHERE got IS DISTINCT FROM n
ORDER BY greatest(n, -n), number
SQL
	'a microsecond short of what was added is short of it' => <<'SQL',
SELECT calendar, a, n, m, got
FROM (SELECT *, incident.working_time(calendar, a, m - tiny) AS got
	FROM (SELECT *, incident.add_working_time(calendar, a, n) AS m,
			sign(extract(epoch FROM n))::int * interval '1 microsecond' AS tiny
		FROM cases) AS c) AS d
WHERE got IS DISTINCT FROM n - tiny
ORDER BY greatest(n, -n), number
SQL
	'parts add up to the whole' => <<'SQL',
SELECT calendar, a, b, c
FROM (SELECT *, lag(b) OVER (PARTITION BY calendar ORDER BY number) AS c FROM cases) AS d
WHERE c IS NOT NULL AND incident.working_time(calendar, a, b) + incident.working_time(calendar, b, c)
	IS DISTINCT FROM incident.working_time(calendar, a, c)
SQL
	'back is the negative of forth' => <<'SQL',
SELECT calendar, a, b
FROM cases
WHERE incident.working_time(calendar, b, a) IS DISTINCT FROM -incident.working_time(calendar, a, b)
SQL
	'a later moment has no less before it, and no more than has passed' => <<'SQL',
SELECT calendar, a, later
FROM (SELECT *, lead(a) OVER (PARTITION BY calendar ORDER BY a) AS later FROM cases) AS c,
	LATERAL (SELECT incident.working_time(calendar, '0001-01-02', later)
			- incident.working_time(calendar, '0001-01-02', a) AS more) AS m
WHERE later IS NOT NULL AND (more BETWEEN '0' AND later - a) IS NOT TRUE
SQL
	'adding to a later moment gives no earlier one' => <<'SQL',
SELECT calendar, a, later, n
FROM (SELECT calendar, a, lead(a) OVER (PARTITION BY calendar ORDER BY a) AS later
		FROM cases JOIN calendars ON name = calendar
		WHERE weekly AND a BETWEEN '0100-01-01' AND '9900-01-01') AS c,
	LATERAL (VALUES (interval '30 seconds'), ('-1 microsecond'), ('8:00'), ('-8:00')) AS v(n)
WHERE later IS NOT NULL AND (incident.add_working_time(calendar, a, n)
	<= incident.add_working_time(calendar, later, n)) IS NOT TRUE
SQL
	'adding more gives no earlier moment' => <<'SQL',
SELECT calendar, a, less, more
FROM cases JOIN calendars ON name = calendar,
	LATERAL (VALUES (interval '-8:00', interval '-7:53'), ('-7:53', '-00:00:00.000001'),
		('-00:00:00.000001', '0'), ('0', '00:00:00.000001'), ('00:00:30', '1:00')) AS v(less, more)
WHERE weekly AND a BETWEEN '0100-01-01' AND '9900-01-01'
	AND (incident.add_working_time(calendar, a, less)
		<= incident.add_working_time(calendar, a, more)) IS NOT TRUE
SQL
	'nothing added changes nothing' => <<'SQL',
SELECT calendar, a FROM cases WHERE incident.add_working_time(calendar, a, '0') IS DISTINCT FROM a
SQL
	'24x7 works always' => <<'SQL',
SELECT a, b, got
FROM cases, LATERAL (SELECT incident.working_time('24x7', a, b) AS got) AS w
WHERE got IS DISTINCT FROM b - a OR extract(day FROM got) <> 0
	OR incident.add_working_time('24x7', a, b - a) IS DISTINCT FROM b
SQL
	'a day added is 24 hours' => <<'SQL',
SELECT name, a
FROM calendars, LATERAL (VALUES (timestamptz '2024-03-10 12:34:56.7+00'), ('2024-10-30')) AS v(a)
WHERE weekly AND (incident.add_working_time(name, a, '2 days 3 hours')
		IS DISTINCT FROM incident.add_working_time(name, a, '51 hours')
	OR incident.add_working_time(name, a, '-1 day 1 second')
		IS DISTINCT FROM incident.add_working_time(name, a, '-23:59:59'))
SQL
	'the laws hold in all years' => <<'SQL',
SELECT name, a, n, m
FROM calendars, generate_series(20, 9980, 83) AS year,
	LATERAL (VALUES (interval '13:17:01.000001'), ('-13:17:01.000001'), ('240:00'), ('-240:00')) AS v(n),
	LATERAL (SELECT make_timestamptz(year, 1 + year % 12, 1 + year % 28, year % 24, 7, 0.5, 'UTC') AS a) AS t,
	LATERAL (SELECT incident.add_working_time(name, a, n) AS m) AS u
WHERE weekly AND name NOT LIKE '%-rare-%'
	AND (incident.working_time(name, a, m) IS DISTINCT FROM n
		OR incident.working_time(name, '2024-01-01', a) + incident.working_time(name, a, m)
			IS DISTINCT FROM incident.working_time(name, '2024-01-01', m))
SQL
);

my $IN_WORKERS = <<'SQL';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
SQL

my $node = start_node('calendar', conf => "log_statement = none\njit = off\ntimezone = UTC\n");

sub none
{
	my ($name, $query, $settings) = @_;
	my ($status, $out, $errors) =
	  $node->psql('incident', ($settings || '') . "$query LIMIT $SHOWN");
	is("$out$errors", '', $name);
	return;
}

sub each_none
{
	my ($settings, $suffix, @queries) = @_;
	while (my ($name, $query) = splice @queries, 0, 2)
	{
		none("$name$suffix", $query, $settings);
	}
	return;
}

sub is_beyond
{
	my ($name, $call) = @_;
	my ($status, $out, $errors) = $node->psql('incident', "\\set VERBOSITY sqlstate\nSELECT incident.$call");
	like($errors, qr/ERROR:\s+22008\b/, "$name is beyond: $call");
	return;
}

# Business::Hours in UTC: a week with a break, and holidays. No work begins at
# midnight, because it takes a holiday to last a second into the next day.

sub random_week
{
	my ($rng) = @_;
	my (%hours, %week);
	for my $day (0 .. 6)
	{
		next if $rng->() < 0.2;
		my ($start, $pause, $again, $end) =
		  sort map { sprintf '%02d:%02d', 1 + $rng->() * 23, $rng->() * 60 } 1 .. 4;
		next unless $start lt $pause && $pause lt $again && $again lt $end;
		$hours{$day} = {
			Start  => $start,
			End    => $end,
			Breaks => [ { Start => $pause, End => $again } ],
		};
		$week{ (qw(sun mon tue wed thu fri sat))[$day] } = [ [ $start, $pause ], [ $again, $end ] ];
	}
	return (\%hours, \%week);
}

sub witnessed
{
	my ($rng, $name) = @_;
	my ($hours, $week) = random_week($rng);
	my @days = map { strftime '%Y-%m-%d', gmtime(1577836800 + 86400 * int($rng->() * 400)) } 1 .. 20;
	my %holidays = map { $_ => 1 } @days;
	my @holidays = sort keys %holidays;
	my $witness = Business::Hours->new;
	$witness->business_hours(%$hours, holidays => [@holidays]);
	my @rows;
	for (1 .. 40)
	{
		my $from = 1577836800 + int($rng->() * 86400 * 300);
		my $to   = $from + 1 + int(10**(3 + 4 * $rng->()));
		my $span = $witness->for_timespan(Start => $from, End => $to - 1);
		push @rows, "('$name', to_timestamp($from), to_timestamp($to), " . $span->cardinality . ')';
	}
	my $document = { name => $name, zone => 'UTC', week => $week, holidays => \@holidays };
	$node->safe_psql('incident',
		q{SELECT incident.import_calendar('} . JSON::PP->new->canonical->encode($document) . q{')});
	return @rows;
}

note("seed $SEED, $CASES cases");
my $file = "$PostgreSQL::Test::Utils::tmp_check/cases.jsonl";
ok(walk($file), 'the walker runs');
my $load = $LOAD;
$load =~ s/FILE/$file/;
$node->safe_psql('incident', $load);
my ($count, $calendars, $zones) = split /\|/, $node->safe_psql('incident', <<'SQL');
SELECT (SELECT count(*) FROM cases), count(*), count(DISTINCT zone) FROM calendars
SQL
note("$count cases, $calendars calendars in $zones zones");
cmp_ok($count, '>=', $CASES, 'all cases are there');

each_none('', '', @AS_WALKED);
each_none("SET timezone = 'Pacific/Apia';\nSET intervalstyle = 'iso_8601';\n",
	', in another session and zone', @AS_WALKED);
each_none($IN_WORKERS, ', in parallel workers', @AS_WALKED);
like($node->safe_psql('incident', "$IN_WORKERS EXPLAIN (ANALYZE, COSTS OFF) $AS_WALKED[1]"),
	qr/Workers Launched: [12]\b/, 'there are parallel workers');
each_none('', '', @LAWS);

is_beyond('the future', "working_time('utc-plain', '2024-01-01', '290000-01-01')");
is_beyond('the past',   "working_time('utc-plain', '4700-01-01 BC', '2024-01-01')");
is_beyond('the future', "add_working_time('utc-plain', '290000-01-01', '1 hour')");
is_beyond('the past',   "add_working_time('utc-plain', '4700-01-01 BC', '-1 hour')");
is_beyond('the future', "add_working_time('utc-plain', '9990-01-01', '100000000 hours')");
is_beyond('the past',   "add_working_time('utc-plain', '0010-01-01', '-4000000 hours')");
is($node->safe_psql('incident', <<'SQL'),
SELECT extract(epoch FROM incident.working_time('utc-plain', '0001-01-01', '9999-12-31 23:59:59.999999'))
SQL
	(521722 * 5 + 5) * 8 * 3600 . '.000000', 'from the first to the last moment');

$ENV{TZ} = 'UTC';
tzset();
my $rng = RandomLives::rng($SEED);
my @rows = map { witnessed($rng, "witnessed-$_") } 1 .. 10;
none('measures of plain weeks, as Business::Hours counts',
	'SELECT * FROM (VALUES ' . join(",\n", @rows) . ') AS v(calendar, a, b, seconds) '
	  . q{WHERE extract(epoch FROM incident.working_time(calendar, a, b)) IS DISTINCT FROM seconds});

$node->stop;
done_testing();
