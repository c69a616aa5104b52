# The guide docs/guides/risk-year.md: its statements, run by a plain login with the roles
# administrator and operator, give the output that it shows.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Guide;
use PgIncident;
use Test::More;

my $node = start_node('risk_year');
$node->safe_psql('incident',
	"CREATE ROLE assessor LOGIN; SELECT incident.grant_role(role, 'assessor') FROM unnest('{administrator,operator}'::text[]) AS role");

like(guide_runs($node, 'risk-year', 'assessor'), qr/\A\S+ NOTICE:  assessment round "2024 residual" has unacceptable risks that are untreated or not approved by the general manager: 1\n\z/,
	'and complain of what the guide says');

is($node->safe_psql('incident', q{
		SELECT string_agg(format('%s %s', name, stage), ', ' ORDER BY round_id) FROM incident.risk_rounds}),
	'2024 closed, 2024 residual closed', 'both rounds are closed');
is($node->safe_psql('incident', q{
		SELECT standing FROM incident.risk_as_of(now()) WHERE decision = 'accept'}),
	'untreated', 'the history has the lapsed acceptance too');

done_testing();
