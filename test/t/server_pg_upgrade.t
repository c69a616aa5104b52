# pg_upgrade carries a database with the extension over: policies, incidents, timelines.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = start_node('before');
$old->safe_psql('incident', q{
	SELECT incident.register_asset('upgrade', 'network', '2');
	SELECT incident.open('upgrade', 'minor', 'before', now() - interval '3 hours', dedup_key => 'k');
	SELECT incident.open('upgrade', 'minor', 'again', dedup_key => 'k');
	SELECT incident.tick();
	SELECT incident.acknowledge(1, at => now() - interval '1 hour');
	SELECT incident.import_policy(jsonb_set(incident.export_policy(1), '{name}', '"upgraded"'));
	CREATE ROLE desk LOGIN;
	SELECT incident.grant_role('responder', 'desk');
});
my $contents = q{
	SELECT string_agg(t::text, E'\n' ORDER BY incident_id, seq) FROM incident.timeline AS t;
	SELECT string_agg(h::text, E'\n' ORDER BY incident_id) FROM incident.incident_history AS h;
	SELECT string_agg(p::text, E'\n' ORDER BY policy_id) FROM incident.policy_versions AS p;
	SELECT incident.export_policy(policy_id) FROM incident.policy_versions ORDER BY policy_id;
	SELECT a FROM incident.asset_register AS a;
};
my $before = $old->safe_psql('incident', $contents);
like($before, qr/escalated/, 'the old database holds an escalated incident');
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('after');
$new->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
my ($bindir) = grep { -x "$_/pg_upgrade" } split /:/, $ENV{PATH};
chdir $PostgreSQL::Test::Utils::tmp_check or die;
command_ok(
	[
		'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir,
		'-b', $bindir, '-B', $bindir, '-s', $new->host, '-p', $old->port, '-P', $new->port
	],
	'pg_upgrade');
$new->start;

is($new->safe_psql('incident', $contents), $before, 'everything is as it was');
is($new->safe_psql('incident', 'SELECT * FROM incident.verify_policies()'), '', 'policies too, and what keeps them so');
is($new->safe_psql('incident', 'SELECT count(*) FROM incident.verify_timeline(1)'), '0', 'the chain holds');
is($new->safe_psql('incident', q{
	SET SESSION AUTHORIZATION desk;
	SELECT incident.resolve(1, by => 'desk');
	SELECT incident.open('upgrade', 'severe', 'after') > 1;
	SELECT max(response_level) FROM incident.open_incidents WHERE response_level > '3';
}), "resolved\nt\n1", 'a responder goes on');
is($new->safe_psql('incident', q{
	SELECT incident.import_policy(jsonb_set(incident.export_policy(1), '{name}', '"upgraded"')) > 1000;
	SELECT remaining FROM incident.tick();
}), "t\n0", 'ids and ticks go on');
$new->stop;
done_testing();
