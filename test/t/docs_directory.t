# The guide docs/guides/directory.md: its statements, run by a plain login with the role
# administrator, give the output that it shows.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Guide;
use PgIncident;
use Test::More;

my $node = start_node('directory');
$node->safe_psql('incident', "CREATE ROLE keeper LOGIN; SELECT incident.grant_role('administrator', 'keeper')");
is(guide_runs($node, 'directory', 'keeper'), '', 'and nothing complains');

done_testing();
