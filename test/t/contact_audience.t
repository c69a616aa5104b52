# Who is told for a post and by which channels, in random directories, against an oracle that follows
# deputies, posts and quiet hours step by step (test/oracle/directory.py).
#
# PG_INCIDENT_DIRECTORIES says how many directories (default 300), PG_INCIDENT_SEED which.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use Test::More;
use PostgreSQL::Test::Utils;
use PgIncident;

my $DIRECTORIES = $ENV{PG_INCIDENT_DIRECTORIES} || 300;
my $SEED = defined $ENV{PG_INCIDENT_SEED} ? $ENV{PG_INCIDENT_SEED} : 20260105;
my $node = start_node('audience', conf => "log_statement = none\njit = off\ntimezone = UTC\n");
my $file = "$PostgreSQL::Test::Utils::tmp_check/directories.jsonl";

note("seed $SEED, $DIRECTORIES directories");
{
	local $ENV{PYTHONTZPATH} = zone_directory();
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	ok(IPC::Run::run([ 'python3', source_dir() . '/test/oracle/directory.py', $SEED, $DIRECTORIES ], '>', $file), 'the oracle runs');
}
$node->safe_psql('incident', <<"SQL");
SET search_path = public, incident, incident_internal;
SELECT register_organisation(1, 'one', zone => 'Pacific/Chatham');
CREATE TABLE public.lines (number int GENERATED ALWAYS AS IDENTITY, line jsonb);
COPY lines (line) FROM '$file';
CREATE TABLE public.rows (number int, kind text, question jsonb, told jsonb, answer jsonb);
DO \$\$
DECLARE
	l record;
BEGIN
	FOR l IN SELECT * FROM lines ORDER BY number LOOP
		PERFORM import_directory(l.line -> 'document');
		INSERT INTO rows SELECT l.number, 'post', q - 'told', q -> 'told',
				(SELECT coalesce(jsonb_agg(jsonb_build_array(c.contact, c.via, c.post) ORDER BY c.contact COLLATE "C"), '[]')
					FROM post_contacts(1, q ->> 'post', (q ->> 'at')::timestamptz) AS c)
			FROM jsonb_array_elements(l.line -> 'posts') AS q;
		INSERT INTO rows SELECT l.number, 'contact', q - 'routes',
				(SELECT coalesce(jsonb_agg(jsonb_set(r, '{4}', coalesce(to_jsonb((r ->> 4)::timestamptz), 'null')) ORDER BY n), '[]')
					FROM jsonb_array_elements(q -> 'routes') WITH ORDINALITY AS e(r, n)),
				(SELECT coalesce(jsonb_agg(jsonb_build_array(c.rank, c.channel, c.address, c.masked, c.not_before) ORDER BY c.rank), '[]')
					FROM contact_routes(1, q ->> 'contact', q ->> 'mark', (q ->> 'response')::level, (q ->> 'at')::timestamptz) AS c)
			FROM jsonb_array_elements(l.line -> 'contacts') AS q;
	END LOOP;
END
\$\$;
SQL
my ($next, $deputies, $nobody, $masked, $quiet, $always) = split /\|/, $node->safe_psql('incident', <<'SQL');
SELECT count(*) FILTER (WHERE told @? '$[*][1] ? (@ == "next")'), count(*) FILTER (WHERE told @? '$[*][1] ? (@ == "deputy")'),
	count(*) FILTER (WHERE kind = 'post' AND told = '[]'), count(*) FILTER (WHERE told @? '$[*][3] ? (@ == true)'),
	count(*) FILTER (WHERE told @? '$[*][4] ? (@ != null)'), count(*) FILTER (WHERE told @? '$[*][4] ? (@ == "infinity")')
FROM rows
SQL
note("$next times the next post, $deputies times deputies, $nobody times nobody, $masked times a mark too grave, $quiet times quiet, $always times always");
cmp_ok($_, '>', 0, 'each of them occurs') for ($next, $deputies, $nobody, $masked, $quiet, $always);
cmp_ok($node->safe_psql('incident', 'SELECT count(*) FROM rows'), '>', 15 * $DIRECTORIES, 'much was asked');
is($node->safe_psql('incident', 'SELECT * FROM rows WHERE told <> answer ORDER BY number LIMIT 10'), '', 'the extension tells what the oracle does');

$node->stop;
done_testing();
