# The reference tells of every object that somebody is granted: the index of docs/reference
# names it, and where a view is described, each of its columns is.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $REFERENCE = source_dir() . '/docs/reference';
my $node = start_node('reference');

my $index = slurp_file("$REFERENCE/README.md");
my @granted = split /\n/, $node->safe_psql('incident', 'SELECT DISTINCT object FROM incident.role_rights ORDER BY 1');
cmp_ok(scalar(@granted), '>=', 120, 'objects are granted');
is(join(' ', grep { $index !~ /`$_[(`]/ } @granted), '', 'the index names all of them');

# The sections of all pages by heading, and the rows of tables by their first word.
my %described;
for my $page (glob("$REFERENCE/*.md"))
{
	my $text = slurp_file($page);

	$described{$1} .= $2 while $text =~ /^##+ ([^\n]+)\n(.*?)(?=^##|\z)/msg;
	$described{$1} .= $2 while $text =~ /^\| `(\w+)` \|([^\n]*)$/mg;
}
for my $heading (keys %described)
{
	$described{$_} .= $described{$heading} for grep { $_ ne $heading } split /, /, $heading;
}

my %columns;
for (split /\n/, $node->safe_psql('incident', q{
	SELECT c.relname, a.attname FROM pg_class AS c
	JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace = 'incident'::regnamespace AND c.relkind = 'v' AND a.attname <> 'org_id'
		AND c.relname IN (SELECT object FROM incident.role_rights WHERE object_kind = 'view')
	ORDER BY c.relname, a.attnum}))
{
	my ($view, $column) = split /\|/;

	push @{ $columns{$view} }, $column;
}
cmp_ok(scalar(keys %columns), '>=', 25, 'views are granted');
for my $view (sort keys %columns)
{
	my $text = $described{$view} // '';

	is(join(' ', grep { $text !~ /`$_`/ } @{ $columns{$view} }), '', "the columns of $view are described");
}

done_testing();
