# pg_incident_relay and the extension: what is decided comes to a command, by a login that may
# deliver and no more, and is acknowledged by its token.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use PgIncident;
use PostgreSQL::Test::Utils;
use Relay;
use Test::More;

my $INCIDENTS = 5;
my $node = start_node('relay_messages');
my $dir = PostgreSQL::Test::Utils::tempdir();

sub sql { return $node->safe_psql('incident', @_) }

sql(<<'SQL');
CREATE ROLE delivers LOGIN;
SELECT incident.grant_role('relay', 'delivers');
CREATE ROLE web LOGIN;
SELECT incident.grant_role('gateway', 'web');
SELECT FROM incident.import_directory(jsonb_build_object('contacts', '[
	{"name": "head-1", "language": "zh", "channels": [{"channel": "file", "address": "a"}]},
	{"name": "head-2", "language": "en", "channels": [{"channel": "broken", "address": "b"}]}]'::jsonb,
	'posts', (SELECT jsonb_agg(jsonb_build_object('post', p -> 'post', 'members', '["head-1", "head-2"]'::jsonb))
		FROM jsonb_array_elements(incident.export_policy(incident.policy_id('eport')) -> 'posts') AS p)));
SQL
sql("SELECT incident.open(NULL, 'severe', 'Permit checks time out', policy => 'eport') FROM generate_series(1, $INCIDENTS)");

my $config = write_config("$dir/relay.ini", { conninfo => $node->connstr('incident') . ' user=delivers' },
	{
		file => { command => source_dir() . "/src/relay/channels/file\n  '$dir/messages'" },
		broken => { command => write_command("$dir/broken", "echo >&2 out of order\nexit 75\n") } });
my ($status, undef, $log) = run_relay('--once', "--config=$config");
is($status, 0, 'the relay delivers') or diag $log;
unlike($log, qr/level=error/, 'and has nothing to complain of');

my %last;
my @messages = map { decode_json($_) } split /\n/, slurp_file("$dir/messages");
$last{ $_->{incident} } = $_ for @messages;
is(join(' ', sort keys %last), join(' ', 1 .. $INCIDENTS), 'of each incident');
is(scalar(grep { $_->{contact} ne 'head-1' || $_->{address} ne 'a' || $_->{language} ne 'zh' || $_->{attempt} != 1 } @messages), 0, 'to whom it concerns');
is(scalar(grep { $_->{subject} !~ /Permit checks time out/ || $_->{body} eq '' } @messages), 0, 'with a text');
is(sql(q{SELECT DISTINCT outcome, attempt, detail FROM incident.notices WHERE channel = 'broken' AND outcome = 'waiting'}),
	'waiting|1|exit status 75: out of order', 'what failed waits for its next attempt');

my ($page) = grep { defined $_->{token} } @messages;
ok($page, 'pages have tokens');
is($node->safe_psql('incident', "SET ROLE web; SELECT FROM incident.acknowledge_notice('$page->{token}'); RESET ROLE;"), '', 'a gateway takes one');
is(sql("SELECT count(*) FROM incident.timeline WHERE incident_id = $page->{incident} AND kind = 'acknowledged'"), 1, 'and the incident is acknowledged');

my $lines = @messages;
is((run_relay('--once', "--config=$config"))[0], 0, 'once more');
is(scalar(split /\n/, slurp_file("$dir/messages")), $lines, 'nothing is sent twice');

done_testing();
