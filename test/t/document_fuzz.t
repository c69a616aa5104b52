# Random documents, thrown at everything that reads one: each is read or refused as data, and
# never by an internal error, a crash, or memory beyond the bound.
#
# PG_INCIDENT_FUZZ_SECONDS says for how long (default 20), PG_INCIDENT_SEED from where.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SECONDS = $ENV{PG_INCIDENT_FUZZ_SECONDS} || 20;
my $SEED    = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20260501;
my $BATCH   = 300;
my $FIXED   = 16 * 1024;    # kB that a reader may take
my $FACTOR  = 20;           # and so many times the size of the document
my $PROGRAM = source_dir() . '/test/fuzz/documents.py';

# Readers by name: SQL over a document d, which the program damages, and sound ones to begin
# with. What is read is used, too.
my $DUTY   = q{(SELECT incident.open('fuzz', 'minor', policy => 'eport'))};
my $POLICY = q{SELECT incident.publish_policy(i) FROM incident.import_policy(d || '{"name": "fuzz"}') AS i};
my %READERS = (
	'check_policy'  => [ 'SELECT count(c) FROM incident.check_policy(d) AS c', policies() ],
	'policy_remarks' => [ 'SELECT count(r) FROM incident.policy_remarks(d) AS r', policies() ],
	'import_policy' => [
		'SELECT incident.publish_policy(incident.import_policy(d)), count(q) FROM incident.policy_id(d ->> \'name\') AS i,'
		  . ' incident.quick_reference(d ->> \'name\') AS q, incident.explain_policy(d ->> \'name\') AS e,'
		  . ' incident.simulate(d ->> \'name\', NULL, NULL, \'2026-01-05 08:00+00\', \'2027-01-05 08:00+00\') AS s',
		policies() ],
	'compiled policy' => [ 'SELECT incident.event_level(incident.import_policy(d), NULL, NULL)', policies() ],
	'combine_policy'  => [ 'SELECT incident.combine_policy(d -> 0, d -> 1)',
		q{SELECT jsonb_build_array(incident.export_policy(2), incident.policy_addendum('reporting-cn-2025-other'))} ],
	'import_calendar' => [
		q{SELECT incident.import_calendar(d), incident.export_calendar(d ->> 'name'),}
		  . q{ incident.add_working_time(d ->> 'name', '2026-10-01', '100 hours'), incident.working_time(d ->> 'name', '1999-01-01', '2050-01-01')},
		q{SELECT incident.export_calendar(c) FROM unnest('{china,business-hours}'::text[]) AS c WHERE incident.export_calendar(c) IS NOT NULL} ],
	'check_risk_method'  => [ 'SELECT count(c) FROM incident.check_risk_method(d) AS c', methods() ],
	'import_risk_method' => [
		'SELECT incident.publish_risk_method(i), incident.risk_level(i, NULL, NULL, NULL), incident.export_risk_method(i)'
		  . ' FROM incident.import_risk_method(d) AS i', methods() ],
	'import_risk_register' => [ 'SELECT incident.import_risk_register(d), incident.export_risk_register()',
		'SELECT incident.export_risk_register()' ],
	'check_directory' => [ 'SELECT count(c) FROM incident.check_directory(d) AS c', directory() ],
	'import_directory' => [ q{SELECT count(i), incident.export_directory() FROM incident.import_directory(d) AS i}, directory() ],
	'annual_loss' => [ q{SELECT (incident.annual_loss(d -> 'frequency', d -> 'magnitude', 100, 1, d -> 'secondary')).mean},
		q{VALUES ('{"frequency": {"min": 0, "mode": 1, "max": 5}, "magnitude": {"low": 10, "high": 1000}, "secondary": {"probability": 0.5, "loss": 7}}'::jsonb),
			('{"frequency": {"events": 3}, "magnitude": {"median": 10, "sigma": 1}}')} ],
	'annual_losses' => [ q{SELECT incident.annual_losses(d -> 'frequency', d -> 'magnitude', 10)},
		q{SELECT jsonb '{"frequency": 2, "magnitude": {"min": 0, "mode": 1, "max": 5, "shape": 4}}'} ],
	'simulate' => [ q{SELECT count(s) FROM incident.simulate('eport', '3', 'moderate', '2026-01-05 08:00+00', '2026-02-05', d) AS s},
		q{SELECT jsonb '[{"at": "2026-01-05 08:30+00", "kind": "acknowledged"}, {"at": "2026-01-05 09:00+00", "kind": "assessed", "severity": "severe", "asset_level": "2"},
			{"at": "2026-01-05 09:05+00", "kind": "done", "duty": "notify"}, {"at": "2026-01-05 10:00+00", "kind": "resolved"}, {"at": "2026-01-05 11:00+00", "kind": "reopened"}]'} ],
	'duty_done' => [ "SELECT incident.duty_done($DUTY, 'notify', d)", q{SELECT jsonb '{"by": "phone", "to": ["a", "b"], "n": 1.5}'} ],
	'fill_template' => [ q{SELECT incident_internal.fill_template(d ->> 'template', d -> 'values', 70), incident_internal.fill_template(d ->> 'template', d -> 'values', NULL)},
		q{SELECT jsonb '{"template": "Incident {incident}: {summary}\n\nTicket: {ticket}", "values": {"incident": "1", "summary": "slow {ticket}", "ticket": "T-1"}}'} ],
	'report'    => [ "SELECT incident.report($DUTY, 'first_report', d)", q{SELECT jsonb '{"place": "room 1", "n": {"a": [1, null]}}'} ],

	# Lists: the document with braces for brackets, as a text l
	'assess'           => [ "SELECT incident.assess($DUTY, forget => l::text[])", q{SELECT jsonb '["severity", "asset"]'} ],
	'register_threat'  => [ "SELECT incident.register_threat('fuzz', 'environmental', incident_categories => l::text[]), incident.export_risk_register()",
		q{SELECT jsonb '["network", "host"]'} ],
	'register_asset'   => [ q{SELECT incident.register_asset('fuzz', clear => l::text[])}, q{SELECT jsonb '["owner", "level"]'} ],
	'register_service' => [ q{SELECT incident.register_service('service', clear => l::text[])}, q{SELECT jsonb '["owner", "title"]'} ],
	'register_vulnerability' => [ q{SELECT incident.register_vulnerability('no sprinkler', clear => l::text[])}, q{SELECT jsonb '["area", "title"]'} ],
	'register_measure'  => [ q{SELECT incident.register_measure('alarm', clear => l::text[])}, q{SELECT jsonb '["title"]'} ],
	'register_scenario' => [ q{SELECT incident.register_scenario('fuzz', 'fire', 'no sprinkler', clear => l::text[])}, q{SELECT jsonb '["title", "owner"]'} ],
	'open_round'       => [ q{SELECT incident.open_round('fuzz', team => l::text[])}, q{SELECT jsonb '["a", "b", "c"]'} ],
	'asset_value'      => [ q{SELECT incident.asset_value('1', '2', '3', 'weighted', l::numeric[])}, q{SELECT jsonb '[0.5, 0.25, 0.25]'} ],
	'asset_rating'     => [ q{SELECT incident.asset_rating('1', '2', '3', 'weighted', l::numeric[])}, q{SELECT jsonb '[1, 2, 3]'} ],
	'losses'           => [ q{SELECT (incident.annual_loss(l::float8[])).mean}, q{SELECT jsonb '[1, 2, 3.5, 0, 1e15]'} ],
	'loss_exceedance'  => [ q{SELECT count(l) FROM incident.loss_exceedance(l::float8[]) AS l}, q{SELECT jsonb '[1, 2, 3.5, 0, 1e15]'} ],
	'loss_probability' => [ q{SELECT incident.loss_probability(l::float8[], 2)}, q{SELECT jsonb '[1, 2, 3.5, 0]'} ],
	'portfolio_losses' => [ q{SELECT incident.portfolio_losses(v.losses) FROM (VALUES (l::float8[]), ('{1,2,3.5,0}')) AS v(losses)},
		q{VALUES (jsonb '[1, 2, 3.5, 0]'), ('[9007199254740992, 4, 5, 1]')} ],
);

sub policies { return 'SELECT incident.export_policy(p) FROM generate_series(1, 5) AS p' }
sub directory
{
	return q{SELECT jsonb '{"contacts": [{"name": "ann", "title": {"en": "Ann", "zh": "安"}, "language": "zh", "zone": "Asia/Shanghai", "deputy": "bob",
		"clearance": "red", "quiet": {"windows": [["22:00", "24:00"]], "unless_response": "2"}, "channels": [{"channel": "mail", "address": "a@example.org"}]}, {"name": "bob"}],
		"posts": [{"post": "liaison", "roster": "desk"}, {"post": "leading_group", "members": ["ann"], "next": "liaison"}],
		"rosters": [{"name": "desk", "zone": "Europe/Berlin", "layers": [{"members": ["ann", "bob"], "turn": "1 week", "from": "2026-01-05 08:00",
			"windows": {"mon": [["09:00", "12:00"]]}}]}]}'};
}
sub methods  { return 'SELECT incident.export_risk_method(m) FROM generate_series(1, 4) AS m WHERE incident.export_risk_method(m) IS NOT NULL' }

my $node = start_node('documents_fuzz', conf => "autovacuum = off\nfsync = off\njit = off\nwork_mem = 4MB\nstatement_timeout = 60s");

$node->safe_psql('incident', <<'SQL');
CREATE TABLE readers (reader text PRIMARY KEY, sql text);
CREATE TABLE documents (number serial, reader text, document text, parsed jsonb);
-- What the server itself can read of a document.
CREATE FUNCTION parsed(document text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN document::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN NULL;
END $$;
CREATE TABLE outcomes (number int, reader text, state text, message text);
SELECT incident.register_asset('fuzz', 'host', '1', '3', '4', '5');
SELECT incident.register_service('service', '4'), incident.put_under_service('fuzz', 'service');
SELECT incident.register_threat('fire', 'environmental', '2', incident_categories => '{host}');
SELECT incident.register_vulnerability('no sprinkler', '4', 'fuzz');
SELECT incident.register_measure('alarm', 'preventive', '3');
SELECT incident.apply_measure(incident.register_scenario('fuzz', 'fire', 'no sprinkler'), 'alarm');
SQL

# A document is read in a subtransaction that is taken back.
my $TRIAL = <<'SQL';
CREATE FUNCTION pg_temp.trial(sql text, document text, parsed jsonb, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT count(*) FROM (' || sql || ') AS r' USING parsed, document;
	RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = 'read';
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END $$;
SQL

for my $reader (sort keys %READERS)
{
	my $sql = $READERS{$reader}[0] =~ s/\bd\b(?!')/\$1/gr =~ s/\bl::/translate(\$2, '[]', '{}')::/gr;
	$node->safe_psql('incident', "INSERT INTO readers VALUES (\$r\$$reader\$r\$, \$r\$$sql\$r\$)");
}

# Whatever takes a document or a list, and may be called by anybody who was given a role.
is($node->safe_psql('incident', q{SELECT DISTINCT p.proname FROM pg_proc AS p
	JOIN incident_internal.role_rights AS r ON r.object = p.proname AND r.object_kind <> 'view'
	JOIN pg_type AS t ON t.oid = ANY (p.proargtypes)
	WHERE p.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND (t.typname IN ('json', 'jsonb') OR t.typcategory = 'A')
		AND p.proname NOT IN ('claim_notices', 'give_back', 'notice_sent', 'renew_lease')	-- whose lists are of one kind
		AND NOT EXISTS (SELECT FROM readers WHERE sql ~ ('incident\.' || p.proname || '\('))}),
	'', 'every reader of documents is tried');

my @sound;
for my $reader (sort keys %READERS)
{
	push @sound, map { "$reader\t$_" } split /\n/, $node->safe_psql('incident', "SELECT d::text FROM ($READERS{$reader}[1]) AS s(d)");
}
my %begun;
$begun{ (split /\t/)[0] }++ for @sound;
is_deeply([ sort keys %begun ], [ sort keys %READERS ], 'and has a sound document to begin with');
my @read = split /\n/, $node->safe_psql('incident', $TRIAL . join ';',
	map { my ($reader, $document) = split /\t/, $_, 2; "SELECT reader || ': ' || t.state || ' ' || t.message FROM readers, pg_temp.trial(sql, \$j\$$document\$j\$, \$j\$$document\$j\$) AS t WHERE reader = '$reader'" } @sound);
is_deeply([ grep { !/: ZZ000 read$/ && !/already|exists|name/ } @read ], [], 'which is read');

# Kilobytes that a session has had for itself.
sub memory
{
	my ($pid, $what) = @_;
	open my $status, '<', "/proc/$pid/status" or return;
	my %memory = map { /^(\w+):\s+(\d+) kB/ ? ($1, $2) : () } <$status>;
	close $status;
	return $memory{$what} - $memory{RssShmem} - $memory{RssFile};
}

# What a session keeps of functions that it has called is no memory of documents.
my $file = $node->basedir . '/documents';
open my $sound, '>', $file or die $!;
print $sound map { "$_\n" } @sound;
close $sound;
$node->safe_psql('incident', "CREATE TABLE sound (reader text, document text); COPY sound FROM '$file' (FORMAT csv, DELIMITER e'\t', QUOTE e'\x01')");
my $warm = 'SELECT count(t.state) FROM sound JOIN readers USING (reader), pg_temp.trial(sql, document, document::jsonb) AS t';

my ($documents, $most, $most_for, $margin) = (0, 0, 0);
my $end = time + $SECONDS;
my $crashed = '';
for (my $seed = $SEED; time < $end && !$crashed; $seed++)
{
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'python3', $PROGRAM, $seed, $BATCH ], '<', \(join "\n", @sound, ''), '>', \$out, '2>', \$err) or die $err;
	open my $handle, '>', $file or die $!;
	print $handle $out;
	close $handle;
	$node->safe_psql('incident', q{TRUNCATE documents RESTART IDENTITY}
		. qq{; COPY documents (reader, document) FROM '$file' (FORMAT csv, DELIMITER e'\\t', QUOTE e'\\x01')}
		. q{; UPDATE documents SET parsed = parsed(document); DELETE FROM documents WHERE parsed IS NULL});
	my ($read, $largest) = split /\|/, $node->safe_psql('incident',
		'SELECT count(*), coalesce(max(greatest(octet_length(document), pg_column_size(parsed))) / 1024, 0) FROM documents');
	my $session = $node->background_psql('incident', on_error_die => 0, on_error_stop => 0);
	my ($pid) = $session->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
	$session->query_safe($TRIAL);
	$session->query_safe($warm);
	my $before = memory($pid, 'VmRSS');
	eval {
		$session->query_safe('INSERT INTO outcomes SELECT d.number, d.reader, t.* FROM documents AS d JOIN readers USING (reader), pg_temp.trial(sql, document, parsed) AS t');
		1;
	} or $crashed = "seed $seed: $@";
	my $after = memory($pid, 'VmHWM');
	$crashed ||= "seed $seed: the session is gone" if !defined $after;
	eval { $session->quit };
	last if $crashed;
	$documents += $read;
	my $left = $FIXED + $FACTOR * $largest - ($after - $before);
	($most, $most_for, $margin) = ($after - $before, $largest, $left) if !defined $margin || $left < $margin;
}
is($crashed, '', "$documents documents, and no crash");
my $refused = q{state !~ '^(ZZ000|22...|54000|54001|42704|42710|55000|55006|23505)$'};
is($node->safe_psql('incident', "SELECT reader, state, left(message, 200), count(*), min(number) FROM outcomes WHERE $refused GROUP BY 1, 2, 3 LIMIT 10"),
	'', 'each is read or refused as data');
cmp_ok($margin, '>', 0, sprintf 'next to the bound: %d kB of memory, the largest document being %d kB', $most, $most_for);
note $_ for split /\n/, $node->safe_psql('incident',
	q{SELECT reader, count(*), count(*) FILTER (WHERE state = 'ZZ000') FROM outcomes GROUP BY 1 ORDER BY 1});
cmp_ok($node->safe_psql('incident', q{SELECT count(*) FROM outcomes WHERE state = 'ZZ000'}), '>', 0, 'some are read');

$node->stop;
done_testing();
