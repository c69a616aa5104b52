# Clients and databases in other encodings than UTF-8: what is sent is stored as what it
# means, or refused as a whole. Strings here are bytes.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $SEVERE  = "\xe4\xb8\xa5\xe9\x87\x8d";    # 严重
my $E_ACUTE = "\xc3\xa9";                    # é

# Runs SQL with a client encoding. Returns the output, and the error as "SQLSTATE message".
sub run_in
{
	my ($node, $database, $encoding, $sql) = @_;
	local $ENV{PGCLIENTENCODING} = $encoding;

	my (undef, $output, $errors) =
	  $node->psql($database, "\\set VERBOSITY verbose\n$sql", on_error_stop => 1);
	my ($error) = $errors =~ /ERROR: +(\w{5}: .*)/;
	return ($output, defined $error ? $error : $errors);
}

sub counts
{
	my ($node) = @_;
	return $node->safe_psql('incident', <<'SQL');
SELECT (SELECT count(*) FROM incident_internal.incidents), (SELECT count(*) FROM incident_internal.entries),
	(SELECT count(*) FROM incident_internal.assets), (SELECT count(*) FROM incident_internal.dedup_keys),
	(SELECT count(*) FROM incident_internal.policies), (SELECT count(*) FROM incident_internal.organisations)
SQL
}

my $node = start_node('encoding');
my ($output, $error);

# A client that says UTF-8 and sends something else.
$node->safe_psql('incident', q{SELECT incident.register_asset('host', 'host', '2'), incident.open('host', 'minor')});
my $before = counts($node);
my %invalid = (
	'a byte that is never'  => "\xff",
	'half a character'      => "\xe4\xb8",
	'too many bytes'        => "\xc0\xaf",
	'a surrogate'           => "\xed\xa0\x80",
	'LATIN1'                => "caf\xe9 au lait",
);
for my $what (sort keys %invalid)
{
	my $text = $invalid{$what};
	for my $sql (
		"SELECT incident.open('host', 'minor', '$text', dedup_key => 'k')",
		"SELECT incident.open('host', 'minor', dedup_key => '$text')",
		"SELECT incident.note(1, '$text')",
		"SELECT incident.acknowledge(1, by => '$text')",
		"SELECT incident.register_asset('$text', 'host')",
		"SELECT incident.register_organisation(2, '$text')",
		"SELECT incident.import_policy(jsonb_set(incident.export_policy(1), '{source}', '\"$text\"'))",
		"SELECT '$text'::incident.severity")
	{
		($output, $error) = run_in($node, 'incident', 'UTF8', "$sql;");
		my ($call) = $sql =~ /SELECT ([\w.]+|'.*')/;
		like($error, qr/^22021: invalid byte sequence for encoding "UTF8"/, "$what: " . ($call =~ /^i/ ? $call : 'a severity'));
	}
}
is(counts($node), $before, 'nothing of it was done');

# The same by an escape that the server decodes, past the client's encoding.
($output, $error) = run_in($node, 'incident', 'UTF8', q{SELECT incident.note(1, E'\xff');});
like($error, qr/^22021: invalid byte sequence for encoding "UTF8"/, 'an escaped byte');
($output, $error) = run_in($node, 'incident', 'UTF8', q{SELECT incident.note(1, E'a\000b');});
like($error, qr/^22021: invalid byte sequence for encoding "UTF8"/, 'an escaped zero');
is(counts($node), $before, 'nothing of it was done either');

# A LATIN1 client is understood.
($output, $error) = run_in($node, 'incident', 'LATIN1', <<"SQL");
SELECT incident.register_asset('caf\xe9', 'host', '2', title => '\xfcber');
SELECT incident.open('caf\xe9', 'minor', '\xe9teint', dedup_key => '\xe9', by => 'Ren\xe9') AS id \\gset
SELECT incident.note(:id, 'd\xe9j\xe0 vu');
SELECT asset, summary FROM incident.open_incidents WHERE incident_id = :id;
SQL
is($error, '', 'LATIN1: accepted');
like($output, qr/^caf\xe9\|\xe9teint$/m, 'LATIN1: it reads what it wrote');
($output, $error) = run_in($node, 'incident', 'UTF8', <<"SQL");
SELECT h.asset, h.summary, t.actor, n.note
FROM incident.incident_history AS h JOIN incident.timeline AS t USING (incident_id)
JOIN incident.timeline AS n USING (incident_id)
WHERE h.asset = 'caf$E_ACUTE' AND t.kind = 'opened' AND n.kind = 'noted';
SQL
is($output, "caf$E_ACUTE|${E_ACUTE}teint|Ren$E_ACUTE|d${E_ACUTE}j\xc3\xa0 vu", 'LATIN1: stored as what it means');
($output, $error) = run_in($node, 'incident', 'UTF8', <<"SQL");
SELECT incident.open('caf$E_ACUTE', 'minor', dedup_key => '$E_ACUTE') AS id \\gset
SELECT repeats FROM incident.incident_history WHERE incident_id = :id;
SELECT count(*) FROM incident.verify_timeline(:id);
SQL
is($output, "1\n0", 'LATIN1: the same key in another encoding is the same key');

# What LATIN1 cannot express.
($output, $error) = run_in($node, 'incident', 'LATIN1', q{SELECT incident.label('severe'::incident.severity, 'zh');});
like($error, qr/^22P05: character .* has no equivalent in encoding "LATIN1"/, 'LATIN1: a Chinese label');
($output, $error) = run_in($node, 'incident', 'LATIN1', q{SELECT incident.label('severe'::incident.severity);});
is($output, 'severe', 'LATIN1: an English label');
($output, $error) = run_in($node, 'incident', 'LATIN1', "SELECT '$SEVERE'::incident.severity;");
like($error, qr/^22P02: invalid input value for type severity: "\Q$SEVERE\E"/, 'LATIN1: Chinese bytes are no word');
# The message itself must not fail for the Chinese words it could name.
for my $type (qw(severity level rating))
{
	($output, $error) = run_in($node, 'incident', 'LATIN1', "SELECT 'caf\xe9'::incident.$type;");
	like($error, qr/^22P02: invalid input value for type $type: "caf\xe9"/, "LATIN1: a word that is no $type");
}
($output, $error) = run_in($node, 'incident', 'LATIN1',
	q{SELECT asset_level, severity, response_level FROM incident.quick_reference('eport') LIMIT 1;});
is($output, '1|severe|1', 'LATIN1: the quick reference');

# A GBK client speaks Chinese.
($output, $error) = run_in($node, 'incident', 'GBK', "SELECT '\xd1\xcf\xd6\xd8'::incident.severity, incident.label('severe'::incident.severity, 'zh');");
is($output, "severe|\xd1\xcf\xd6\xd8", 'GBK: reads and writes Chinese words');
# 重大 under gravity-3, １级, Ⅱ 级
($output, $error) = run_in($node, 'incident', 'GBK',
	"SELECT incident.severity_of('gravity-3', '\xd6\xd8\xb4\xf3'), '\xa3\xb1\xbc\xb6'::incident.level, '\xa2\xf2\xa1\xa1\xbc\xb6'::incident.level;");
is($output, 'severe|1|2', 'GBK: the words of a policy, full width, a Roman numeral of one character');
($output, $error) = run_in($node, 'incident', 'LATIN1', q{SELECT incident.severity_of('gravity-3', 'minor');});
like($error, qr/^22023: "minor" is no severity of policy "gravity-3"/, 'LATIN1: a word that a policy refuses');

# Databases. The built-in policies hold Chinese text: an encoding that has no such
# characters cannot hold them, and the extension is not created at all.
sub create_in
{
	my ($encoding) = @_;
	my $database = lc "in_$encoding";

	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	return ($database, (run_in($node, $database, 'UTF8', 'CREATE EXTENSION pg_incident;'))[1]);
}

for my $encoding (qw(LATIN1 EUC_JP))
{
	my ($database, $problem) = create_in($encoding);

	like($problem, qr/^22P05: character .* has no equivalent in encoding "$encoding"/, "database in $encoding: refused");
	is( $node->safe_psql($database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'incident'"),
		'0', "database in $encoding: nothing is left");
}
for my $encoding (qw(EUC_CN SQL_ASCII))
{
	my ($database, $problem) = create_in($encoding);

	is($problem, '', "database in $encoding: created");
	($output, $error) = run_in($node, $database, 'UTF8', <<"SQL");
SELECT incident.register_asset('$SEVERE', 'host', '2') AS asset \\gset
SELECT incident.open('$SEVERE', '$SEVERE', '$SEVERE') AS id \\gset
SELECT asset, severity, summary, response_level FROM incident.open_incidents;
SELECT incident.label(severity, 'zh') FROM incident.open_incidents;
SELECT count(*) FROM incident.verify_timeline(:id);
SELECT bool_and(title_zh = incident.export_policy(policy_id) #>> '{title,zh}') FROM incident.policy_versions;
SELECT incident.severity_of('gravity-3', '重大'), incident.severity_of('damage-sab', 'Ｓ　级'), '１级'::incident.level, 'Ⅱ 级'::incident.level,
	'ｉｎｆｏｒｍａｔｉｏｎａｌ'::incident.severity;
SQL
	is($output, "$SEVERE|severe|$SEVERE|1\n$SEVERE\n0\nt\nsevere|critical|1|2|informational", "database in $encoding: Chinese in and out")
	  or diag($error);
}

$node->stop;
done_testing();
