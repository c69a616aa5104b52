# The outbox under stress: four claimers that are killed at random, hang, fail, give back and
# answer late; transactions that commit late, take their numbers early or are rolled back;
# incidents that are resolved meanwhile; parts of the queue that are emptied all the time; a
# server that stops at once. Every message that was committed is delivered or cancelled, and
# none that was not; twice only when a lease had ended.
#
# Then two mutants of the claim, which must be found out.
#
# PG_INCIDENT_STRESS_SECONDS (default 10) says how long the first run takes.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use OutboxClients;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $SECONDS  = $ENV{PG_INCIDENT_STRESS_SECONDS} || 10;
my $MUTANT   = 4;       # seconds for one of them
my $CLAIMERS = 4;
my $WRITERS  = 3;
my $KEPT     = 20;      # incidents that stay open
my $SHOWN    = 12;      # problems

my $SETUP = <<"SQL" . <<'SQL';
SELECT incident.open(NULL, 'severe') FROM generate_series(1, $KEPT);
SQL
-- Two contacts in every post that the policy tells.
SELECT FROM incident.import_directory(jsonb_build_object('contacts', '[
	{"name": "a", "title": {"en": "A", "zh": "甲"}, "zone": "UTC", "channels": [
		{"channel": "phone", "address": "a 1"}, {"channel": "email", "address": "a 2"}]},
	{"name": "b", "title": {"en": "B", "zh": "乙"}, "zone": "UTC", "channels": [{"channel": "email", "address": "b 1"}]}]'::jsonb,
	'posts', (SELECT jsonb_agg(DISTINCT jsonb_build_object('post', p, 'members', '["a", "b"]'::jsonb))
		FROM incident_internal.policy_duty_levels AS d, unnest(d.audience) AS p)));
INSERT INTO incident_internal.streams (channel, priority) VALUES ('bulk', 1), ('bulk', 2);

CREATE OR REPLACE FUNCTION incident_internal.notice_slot(at timestamptz) RETURNS smallint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT (floor(extract(epoch FROM at) / 3)::bigint % 3)::smallint;
END;
CREATE OR REPLACE FUNCTION incident_internal.retry_delay(attempt integer) RETURNS interval
LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT interval '0.2 seconds' * (1 + random()) $$;

-- Not what this is about.
CREATE OR REPLACE FUNCTION incident_internal.message_facts(org_id integer, incident_id bigint, seq integer) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC SELECT jsonb_build_object('incident', incident_id); END;
CREATE OR REPLACE FUNCTION incident_internal.message_text(org_id integer, incident_id bigint, event text, facts jsonb, language text, form text,
	OUT subject text, OUT body text)
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC SELECT 'Incident', incident_id::text; END;

-- Messages that were committed, by their addresses.
CREATE TABLE ledger (address text PRIMARY KEY, priority integer NOT NULL, incident bigint NOT NULL);
CREATE SEQUENCE ledger_row;
CREATE FUNCTION write_messages(priority integer, n integer, early bigint) RETURNS void LANGUAGE sql AS $$
	WITH about AS (
		SELECT CASE WHEN random() < 0.5 THEN i.newest ELSE 1 + floor(random() * 20) END::bigint AS incident, nextval('ledger_row') AS row
		FROM (SELECT max(incident_id) AS newest FROM incident_internal.incidents) AS i),
	written AS (
		INSERT INTO ledger SELECT format('%s-%s', a.row, g), write_messages.priority, a.incident FROM about AS a, generate_series(1, n) AS g
		RETURNING *)
	INSERT INTO incident_internal.notices (id, org_id, stream, n, at, incident, seq, rule, contact, rank, address, masked, page)
		SELECT coalesce(early, nextval('incident_internal.notices_id_seq')), 1, s.stream, n, clock_timestamp(), array_agg(w.incident),
			array_agg(1), array_agg(1::smallint), array_agg('a'::text), array_agg(1::smallint), array_agg(w.address), array_agg(false),
			array_agg(NULL::bigint)
		FROM written AS w JOIN incident_internal.streams AS s ON s.channel = 'bulk' AND s.priority = w.priority GROUP BY s.stream
$$;

CREATE TABLE seen_at_once (root bigint, leases bigint, bytes bigint);
CREATE FUNCTION watch_outbox() RETURNS void LANGUAGE sql AS $$
	INSERT INTO seen_at_once SELECT coalesce(l.root, l.no), count(*), 0 FROM incident_internal.leases AS l
		WHERE NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no) GROUP BY 1 HAVING count(*) > 1;
	INSERT INTO seen_at_once SELECT NULL, NULL, sum(pg_total_relation_size(t)) FROM unnest('{incident_internal.notices_0,
		incident_internal.notices_1,incident_internal.notices_2,incident_internal.leases,incident_internal.lease_ends,
		incident_internal.lease_progress}'::regclass[]) AS t;
$$;
SQL

# A cursor over ids: what commits after a greater id has been handed out is passed over.
my $LATE_ONES_IGNORED = <<'SQL';
CREATE OR REPLACE FUNCTION incident_internal.lease_notices(stream smallint, worker text, wanted integer, lease interval)
RETURNS bigint LANGUAGE plpgsql VOLATILE STRICT AS $$
DECLARE
	expired incident_internal.leases;
	newest bigint := coalesce((SELECT max(coalesce(l.to_id, l.cut_id)) FROM incident_internal.leases AS l WHERE l.stream = lease_notices.stream), 0);
	last record;
	made bigint;
BEGIN
	SELECT l.* INTO expired FROM incident_internal.leases AS l WHERE l.stream = lease_notices.stream AND l.until < clock_timestamp()
		AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no) ORDER BY l.no LIMIT 1;
	IF FOUND THEN
		INSERT INTO incident_internal.lease_ends (no, how) VALUES (expired.no, 'taken') ON CONFLICT DO NOTHING;
		INSERT INTO incident_internal.leases (stream, low, root, n, worker, until, tick_a, tick_b, cut_xid, cut_id, cut_place, from_xid, from_id, from_place)
			VALUES (stream, 0, coalesce(expired.root, expired.no), expired.n, worker, clock_timestamp() + lease, '1:1:',
				expired.tick_b, '0', expired.cut_id, 0, '0', expired.from_id, 0) RETURNING no INTO made;
		RETURN made;
	END IF;
	SELECT max(k.id) AS id, sum(k.n) AS n INTO last FROM (SELECT r.id, r.n, sum(r.n) OVER (ORDER BY r.id) AS before
		FROM incident_internal.notices AS r WHERE r.stream = lease_notices.stream AND r.id > newest) AS k WHERE k.before <= greatest(wanted, 500);
	IF last.id IS NULL THEN
		RETURN NULL;
	END IF;
	INSERT INTO incident_internal.leases (stream, low, n, worker, until, tick_a, tick_b, cut_xid, cut_id, cut_place, from_xid, from_id, from_place)
		VALUES (stream, 0, last.n, worker, clock_timestamp() + lease, '1:1:', pg_current_snapshot(), '0', last.id, 0, '0', newest, 0)
		RETURNING no INTO made;
	RETURN made;
END
$$;
CREATE OR REPLACE FUNCTION incident_internal.leased(lease_no bigint) RETURNS SETOF incident_internal.leased_notice
LANGUAGE sql VOLATILE AS $$
	SELECT (row_number() OVER (ORDER BY r.id, m.place))::smallint, r.org_id, r.id, m.place::smallint, r.at, m.incident, m.seq,
		m.rule, m.contact, m.rank, m.address, m.masked, m.page
	FROM incident_internal.leases AS l
	JOIN incident_internal.notices AS r ON r.stream = l.stream AND r.id > l.from_id AND r.id <= l.cut_id AND pg_visible_in_snapshot(r.xid, l.tick_b)
	CROSS JOIN LATERAL unnest(r.incident, r.seq, r.rule, r.contact, r.rank, r.address, r.masked, r.page)
		WITH ORDINALITY AS m(incident, seq, rule, contact, rank, address, masked, page, place)
	WHERE l.no = lease_no
$$;
SQL

# Ends the oldest lease of the stream that is open, whoever has it.
my $WRONG_LEASE_ENDED = <<'SQL';
CREATE OR REPLACE FUNCTION incident_internal.end_lease(lease_no bigint) RETURNS boolean LANGUAGE sql VOLATILE AS $$
	WITH ended AS (
		INSERT INTO incident_internal.lease_ends (no, how)
			SELECT min(o.no), 'done' FROM incident_internal.leases AS l JOIN incident_internal.leases AS o ON o.stream = l.stream AND o.no <= l.no
			WHERE l.no = lease_no AND NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = o.no)
			HAVING min(o.no) IS NOT NULL
			ON CONFLICT DO NOTHING RETURNING no)
	SELECT EXISTS (SELECT FROM ended)
$$;
SQL

sub rows_of
{
	my ($node, $sql) = @_;
	my $rows = $node->safe_psql('incident', $sql);

	return map { [ split /\|/, $_, -1 ] } split /\n/, $rows;
}

# Runs everybody for a while, kills them after pauses of up to so many seconds, and the server so many times.
sub run
{
	my ($node, $clients, $seconds, $stops, $pause) = @_;
	my $end       = time + $seconds;
	my $next_stop = time + $seconds / ($stops + 1);
	my ($kills, $stopped) = (0, 0);
	my @names = map { "claimer-$_" } 1 .. $CLAIMERS;

	$clients->start('claimer',  $_)          for @names;
	$clients->start('writer',   "writer-$_") for 1 .. $WRITERS;
	$clients->start('reporter', 'reporter');
	$clients->start('rotator',  'rotator');
	push @names, 'rotator', 'writer-1';
	while (time < $end)
	{
		sleep 0.05 + rand $pause;
		$clients->kill_one($names[ rand @names ]);
		$kills++;
		next if $stopped == $stops || time < $next_stop;
		$node->stop('immediate');
		$node->start;
		$stopped++;
		$next_stop += $seconds / ($stops + 1);
	}
	$clients->kill_all;
	$clients->drain;
	return ($kills, $stopped);
}

# What was delivered twice though nothing allowed it, or not in its place.
sub claim_problems
{
	my (@journal) = @_;
	my (%claims, %let_go, %sent, %resolved, %deliveries, @problems);

	for my $event (@journal)
	{
		my $what = $event->{what};

		$claims{ $event->{id} } = $event if $what eq 'claim';
		$let_go{ $event->{id} }{ $event->{notice} } = $event->{at} if $what eq 'let_go';
		$sent{ $event->{id} }{ $event->{notice} } = $event->{at} if $what eq 'sent';
		$resolved{ $event->{incident} } = $event->{at} if $what eq 'resolved';
		push @{ $deliveries{ $event->{key} } }, $event if $what eq 'given';
	}
	for my $claim (values %claims) { $claim->{until} = $claim->{began} + $OutboxClients::LEASE }
	for my $event (grep { $_->{what} eq 'kept' } @journal)
	{
		$claims{ $event->{id} }{until} = $event->{at} + $OutboxClients::LEASE;
	}
	for my $key (keys %deliveries)
	{
		my @given = sort { $claims{ $a->{id} }{ended} <=> $claims{ $b->{id} }{ended} } @{ $deliveries{$key} };

		push @problems, "$key was used for two messages" if grep { $_->{address} ne $given[0]{address} } @given;
		for my $i (1 .. $#given)
		{
			my ($before, $after) = @given[ $i - 1, $i ];
			my ($first, $second) = map { $claims{ $_->{id} } } $before, $after;
			my $confirmed = $sent{ $before->{id} }{ $before->{notice} };
			my $free_at   = $let_go{ $before->{id} }{ $before->{notice} } // $first->{until};

			push @problems, "$key was given again after it was sent" if $confirmed && $confirmed < $second->{began};
			push @problems, "$key was given to $second->{worker} while $first->{worker} had it" if $second->{ended} < $free_at;
		}
		for my $given (grep { $_->{channel} eq 'bulk' } @given)
		{
			my $over = $resolved{ $given->{incident} };
			push @problems, "$key was given after incident $given->{incident} was resolved" if $over && $over < $claims{ $given->{id} }{began};
		}
	}
	return ($deliveries{''} ? 'a message without a key' : (), @problems);
}

# What was lost, or came from nowhere.
sub account_problems
{
	my ($node, @journal) = @_;
	my %delivered = map { $_->{key} => 1 } grep { $_->{what} eq 'given' } @journal;
	my %failed    = map { $_->{key} => 1 } grep { $_->{what} eq 'dead' } @journal;
	my (%known, @problems);

	for (rows_of($node, q{SELECT incident_internal.message_key(id, place), coalesce(address, ''), outcome, attempt, detail FROM incident_internal.notice_history}))
	{
		my ($key, $address, $outcome, $attempt, $detail) = @$_;

		$known{$key} = 1;
		push @problems, "$key to $address was not delivered" if $outcome eq 'sent' && !$delivered{$key};
		push @problems, "$key to $address was cancelled for no reason" if $outcome eq 'cancelled' && $detail eq '';
		push @problems, "$key to $address died after $attempt attempts" if $outcome eq 'dead' && !$failed{$key} && $attempt < 8;
	}
	push @problems, map { "$_ is no message's" } grep { !$known{$_} } keys %delivered;
	push @problems, map { "$_->[0] is $_->[1] times in the history" } rows_of($node, <<'SQL');
SELECT l.address, count(h.id) FROM ledger AS l LEFT JOIN incident_internal.notice_history AS h USING (address) GROUP BY 1 HAVING count(h.id) <> 1
SQL
	push @problems, map { "$_->[0] was never committed" } rows_of($node, <<'SQL');
SELECT address FROM incident_internal.notice_history WHERE channel = 'bulk' AND address NOT IN (SELECT l.address FROM ledger AS l)
SQL
	push @problems, map { "$_->[1] was not told of incident $_->[0]" } rows_of($node, <<'SQL');
SELECT e.incident_id, c.contact FROM incident_internal.entries AS e, incident_internal.contacts AS c WHERE e.kind = 0 AND e.incident_id > 20
	AND NOT EXISTS (SELECT FROM incident_internal.notice_history AS h WHERE h.incident_id = e.incident_id AND h.seq = e.seq
		AND (h.contact = c.contact AND h.channel <> 'bulk' OR h.contact IS NULL AND h.outcome = 'cancelled'))
SQL
	push @problems, map { "$_->[1] leases of $_->[0] were open at once" }
	  rows_of($node, 'SELECT DISTINCT root, leases FROM seen_at_once WHERE root IS NOT NULL');
	push @problems, map { "$_->[0] leases are left open" }
	  rows_of($node, 'SELECT count(*) FROM incident_internal.leases AS l WHERE NOT EXISTS (SELECT FROM incident_internal.lease_ends AS e WHERE e.no = l.no) HAVING count(*) > 0');
	return @problems;
}

sub shown
{
	my (@problems) = @_;
	my $more = @problems - $SHOWN;

	return join "\n", @problems > $SHOWN ? (@problems[ 0 .. $SHOWN - 1 ], "and $more more") : @problems;
}

sub outbox
{
	my ($name, $mutation) = @_;
	my $node = start_node($name, conf => "max_connections = 40\nlog_min_messages = warning\nsynchronous_commit = on");

	$node->safe_psql('incident', $SETUP . $mutation);
	return ($node, OutboxClients->new($node, $node->basedir . '/journal'));
}

sub count_of
{
	my ($what, @journal) = @_;
	return scalar grep { $_->{what} eq $what } @journal;
}

{
	my ($node, $clients) = outbox('outbox', '');
	my ($kills, $stops) = run($node, $clients, $SECONDS, 2 + int($SECONDS / 60), 0.5);
	my @journal = $clients->journal;

	is(shown(claim_problems(@journal)), '', 'nothing was given to two at once, again after it was sent, or after it was cancelled');
	is(shown(account_problems($node, @journal)), '', 'nothing was lost, nothing came from nowhere');

	my $complaints = join "\n", grep { /\b(?:ERROR|PANIC|FATAL):|WARNING:.*rotated|deadlock/ && !/terminating connection|database system|connection to client/ }
	  split /\n/, slurp_file($node->logfile);
	is(substr($complaints, 0, 2000), '', 'the server complains of nothing');

	my %given = map { $_->{key} => 1 } grep { $_->{what} eq 'given' } @journal;
	my %outcomes = map { $_->[0] => $_->[1] } rows_of($node, 'SELECT outcome, count(*) FROM incident_internal.notice_history GROUP BY 1');
	my $taken = $node->safe_psql('incident', "SELECT count(*) FROM incident_internal.lease_ends WHERE how = 'taken'");
	my $again = count_of('given', @journal) - keys %given;
	my ($bytes) = map { $_->[0] } rows_of($node, 'SELECT max(bytes) FROM seen_at_once');

	note("$kills kills, $stops stops of the server, " . count_of('claim', @journal) . ' claims, '
		  . join(', ', map { "$outcomes{$_} $_" } sort keys %outcomes)
		  . ", $again times again, $taken leases taken over that are still known, " . count_of('refused', @journal) . ' late answers, '
		  . count_of('rotated', @journal) . " times emptied, at most $bytes bytes");
	# Late answers are few in a short run, and on a busy machine there may be none.
	for my $what (qw(kept let_go dead resolved rotated), $SECONDS < 60 ? () : 'refused')
	{
		cmp_ok(count_of($what, @journal), '>', 0, "met: $what");
	}
	cmp_ok($again, '>', 0, 'met: given again');
	cmp_ok($outcomes{cancelled}, '>', 0, 'met: cancelled');
	$node->stop;
}

for ([ 'late transactions are ignored', 'late_ignored', $LATE_ONES_IGNORED ], [ 'a wrong lease is ended', 'wrong_ended', $WRONG_LEASE_ENDED ])
{
	my ($what, $name, $mutation) = @$_;
	my ($node, $clients) = outbox($name, $mutation);
	my @lost;

	# What it takes to lose one comes by chance.
	for (1 .. 4)
	{
		run($node, $clients, $MUTANT, 0, 0.15);
		@lost = grep { /is 0 times|not delivered|not told/ } account_problems($node, $clients->journal);
		last if @lost;
	}
	cmp_ok(scalar @lost, '>', 0, "found out: $what");
	note("$what: " . @lost . ' of ' . $node->safe_psql('incident', 'SELECT count(*) FROM ledger') . " lost\n" . shown(@lost));
	$node->stop('immediate');
}

done_testing();
