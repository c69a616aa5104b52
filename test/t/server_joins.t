# Joins of ticket tables to the views of incidents read, behind the walls, what they are about:
# one ticket, a list of 25 and the overdue duties of one, by keys of each kind, as a login that
# sees one of many organisations, some of them, or all. What they give is what a superuser gets
# who asks for those organisations.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use Test::More;

my $ORGANISATIONS = 1000;
my $INCIDENTS = 60_000;
my $READ_AT_MOST = 200;    # rows of a table that grows

# Each organisation has its incidents copied from two, of which one has duties that are overdue.
my $SETUP = <<"SQL";
SELECT incident.register_organisation(n, 'customer ' || n, 'eport') FROM generate_series(2, $ORGANISATIONS) AS n;
SELECT incident.register_asset('host', 'host', '2');
SELECT incident.open('host', 'moderate', 'fresh'), incident.open('host', 'moderate', 'late', now() - interval '20 minutes');
SELECT FROM incident.tick();
CREATE TEMP TABLE copied AS SELECT 1 + n % $ORGANISATIONS AS org_id, 1000 + n AS incident_id, n, 1 + n / $ORGANISATIONS % 2 AS of FROM generate_series(1, $INCIDENTS) AS n;
INSERT INTO incident_internal.incidents (org_id, incident_id, policy_id, detected_at, ticket, drill)
	SELECT c.org_id, c.incident_id, i.policy_id, i.detected_at, c.n, false
	FROM copied AS c JOIN incident_internal.incidents AS i ON i.incident_id = c.of;
INSERT INTO incident_internal.incident_state
	SELECT (jsonb_populate_record(s, to_jsonb(c))).* FROM copied AS c JOIN incident_internal.incident_state AS s ON s.incident_id = c.of;
INSERT INTO incident_internal.entries
	SELECT (jsonb_populate_record(e, to_jsonb(c))).* FROM copied AS c JOIN incident_internal.entries AS e ON e.incident_id = c.of AND e.seq = 1;
CREATE TABLE public.tickets (id bigint PRIMARY KEY, key text UNIQUE, short integer UNIQUE, words varchar(40) UNIQUE, project integer);
INSERT INTO public.tickets SELECT n, n, n, n, 1 + n % $ORGANISATIONS FROM generate_series(1, $INCIDENTS) AS n;
CREATE INDEX ON public.tickets (project, id);
CREATE ROLE one LOGIN;
CREATE ROLE several LOGIN;
CREATE ROLE every LOGIN;
SELECT incident.grant_role('responder', 'one', 7);
SELECT incident.grant_role('responder', 'several', n) FROM generate_series(7, $ORGANISATIONS, 20) AS n;
SELECT incident.grant_role('responder', 'every', everywhere => true);
GRANT SELECT ON public.tickets TO one, several, every;
VACUUM ANALYZE;
SQL

# The ways to write the key of a ticket.
my %KEYS = (
	'a number' => 'o.ticket_number = t.id',
	'a short number' => 'o.ticket_number = t.short',
	'a number as text' => 'o.ticket = incident.ticket_key(t.id)',
	'a text' => 'o.ticket = t.key',
	'a varchar' => 'o.ticket = t.words',
);
my $DUTIES = 'JOIN incident.duty_status AS d ON d.org_id = o.org_id AND d.incident_id = o.incident_id';
my %SHAPES = (
	'one ticket' => 'SELECT t.id, o.* FROM tickets AS t JOIN incident.open_incidents AS o ON %s WHERE t.id = 1006',
	'one ticket and its history' => 'SELECT t.id, o.* FROM tickets AS t LEFT JOIN incident.incident_history AS o ON %s WHERE t.id = 1006',
	'a list of 25' => 'SELECT t.id, o.* FROM tickets AS t JOIN incident.open_incidents AS o ON %s WHERE t.project = 7 ORDER BY t.id LIMIT 25',
	'overdue duties of one' => "SELECT t.id, d.* FROM tickets AS t JOIN incident.open_incidents AS o ON %s $DUTIES WHERE t.id = 1006 AND d.status = 'overdue'",
	'its timeline' => 'SELECT t.id, l.* FROM tickets AS t JOIN incident.incident_history AS o ON %s JOIN incident.timeline AS l ON l.org_id = o.org_id AND l.incident_id = o.incident_id WHERE t.id = 1006',
);

my $node = start_node('joins', conf => "autovacuum = off\njit = off");
$node->safe_psql('incident', $SETUP);

sub ask
{
	my ($login, $sql) = @_;
	return $node->safe_psql('incident', "SET timezone = 'UTC'; $sql", extra_params => [ '-U', $login ]);
}

my $OF_INCIDENTS = qr/(?:incidents|incident_state|entries\w*)/;
my $OF_RISKS = qr/(?:assets|threats|vulnerabilities|risk_\w+)/;

# The rows of a plan that were read of tables that grow: what came, and what was thrown away.
sub rows_read
{
	my ($plan, $tables) = @_;
	my ($read, $counts, $loops) = (0, 0, 0);

	for (split /\n/, $plan)
	{
		if (/->  |^\S.* \(actual/)
		{
			$counts = / on $tables /;
			$loops = /rows=([\d.]+) loops=(\d+)/ ? $2 : 0;
			$read += $1 * $loops if $counts && $loops;
		}
		$read += $1 * $loops if $counts && /Rows Removed by Filter: (\d+)/;
	}
	return $read;
}

my $superuser = $node->safe_psql('incident', 'SELECT current_user');
for my $shape (sort keys %SHAPES)
{
	for my $key (sort keys %KEYS)
	{
		my $sql = sprintf $SHAPES{$shape}, $KEYS{$key};
		my $all = ask($superuser, "SET pg_incident.organisation = '7'; $sql");

		isnt($all, '', "$shape by $key: there is something");
		for my $login (qw(one several every))
		{
			my $plan = ask($login, "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $sql");
			my $read = rows_read($plan, $OF_INCIDENTS);

			ok($read > 0 && $read <= $READ_AT_MOST, "$login reads few rows: $read") or diag($plan);
			is(ask($login, $login eq 'one' ? $sql : "SET pg_incident.organisation = '7'; $sql"), $all, 'and gets what there is');
		}
	}
}
my $cast = ask('one', 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) '
	  . sprintf($SHAPES{'one ticket'}, 'o.ticket = t.id::text'));
cmp_ok(rows_read($cast, $OF_INCIDENTS), '>=', $INCIDENTS / $ORGANISATIONS, 'a cast of the key reads all incidents that are seen, as documented');

# The register of risks of an organisation that has many, beside others: each row is reached by its
# key, with statistics and without.
$node->safe_psql('incident', <<"SQL");
INSERT INTO incident_internal.assets (org_id, asset_id, name, category) SELECT o, 1000 * o + n, 'asset ' || n, 'host' FROM generate_series(1, 50) AS o, generate_series(1, 10) AS n;
INSERT INTO incident_internal.threats (org_id, threat_id, name, source, incident_categories) SELECT o, 1000 * o + n, 'threat ' || n, 'environmental', '{hardware}' FROM generate_series(1, 50) AS o, generate_series(1, 20) AS n;
INSERT INTO incident_internal.vulnerabilities (org_id, vulnerability_id, name, status, found_at, due_at) SELECT o, 1000 * o + n, 'weakness ' || n, 'found', now(), now() FROM generate_series(1, 50) AS o, generate_series(1, 10) AS n;
INSERT INTO incident_internal.risk_scenarios (org_id, asset_id, threat_id, vulnerability_id)
	SELECT o, 1000 * o + a, 1000 * o + t, 1000 * o + v FROM generate_series(1, 50) AS o, generate_series(1, 10) AS a, generate_series(1, 20) AS t, generate_series(1, 10) AS v WHERE o = 7 OR v = 1 AND t = 1;
INSERT INTO incident_internal.risk_treatments (org_id, scenario_id, decision, status, decided_at) SELECT org_id, scenario_id, 'keep', 'approved', now() FROM incident_internal.risk_scenarios;
SQL
my %READ_AT_MOST = (without => 1_000_000, with => 50_000);
for my $statistics (qw(without with))
{
	for my $sql ('SELECT * FROM incident.risk_register', q{SELECT * FROM incident.risk_register WHERE asset = 'asset 3'}, 'SELECT * FROM incident.top_risks',
		'SELECT * FROM incident.risk_by_owner', 'SELECT * FROM incident.frequency_disagreement', 'SELECT * FROM incident.risk_heat')
	{
		my $plan = ask('one', "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $sql");
		my $read = rows_read($plan, $OF_RISKS);

		ok($read >= 200 && $read <= $READ_AT_MOST{$statistics}, "$sql, $statistics statistics: $read rows") or diag($plan);
		is(ask('one', $sql), ask($superuser, "SET pg_incident.organisation = '7'; $sql"), 'and gives what there is') if $sql !~ /frequency/;
	}
	$node->safe_psql('incident', 'VACUUM ANALYZE');
}

$node->stop;
done_testing();
