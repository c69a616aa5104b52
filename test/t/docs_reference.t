# The reference tells of every object that somebody is granted: the index of docs/reference
# names it, and where a view is described, each of its columns is.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $REFERENCE = source_dir() . '/docs/reference';
my $node = start_node('reference');

my $index = slurp_file("$REFERENCE/README.md");
my @granted = split /\n/, $node->safe_psql('incident', 'SELECT DISTINCT object FROM incident_internal.role_rights ORDER BY 1');
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
		AND c.relname IN (SELECT object FROM incident_internal.role_rights WHERE object_kind = 'view')
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

# rights.md says who may call and read what.
my %may;
for (split /\n/, $node->safe_psql('incident', 'SELECT object, role FROM incident_internal.role_rights'))
{
	my ($object, $role) = split /\|/;

	$may{$object}{$role} = 1;
}
my $rights = slurp_file("$REFERENCE/rights.md");
my %told = $rights =~ /^\| `(\w+)` \|((?: (?:yes )?\|){7})$/mg;
my @wrong;
for my $object (sort keys %may)
{
	my $row = join '', map { $may{$object}{$_} ? ' yes |' : ' |' } qw(reporter responder auditor administrator operator relay gateway);

	push @wrong, "| `$object` |$row" if ($told{$object} // '') ne $row;
}
is(join("\n", @wrong), '', 'rights.md says who may call and read what');
is(join(' ', grep { !$may{$_} } sort keys %told), '', 'and of nothing else');

# Each room of src/ has a page, to which the design leads and which names its modules.
my $design = slurp_file(source_dir() . '/docs/design.md');
my %modules;
my @unwritten;
for my $file (glob source_dir() . '/src/*/*.[ch]')
{
	my ($room, $module) = $file =~ m{/(\w+)/(\w+)\.[ch]$};

	$modules{$room}{$module} = 1;
}
for my $room (sort keys %modules)
{
	my $page = source_dir() . "/src/$room/README.md";
	my $text = -e $page ? slurp_file($page) : '';
	my %named = map { $_ => 1 } $text =~ /^\| `(\w+)` \|/mg;

	push @unwritten, "$room is not in docs/design.md" unless $design =~ m{\(\.\./src/$room/README\.md\)};
	push @unwritten, map { "$room/README.md lacks $_" } grep { !$named{$_} } sort keys %{ $modules{$room} };
	push @unwritten, map { "$room/README.md has $_, which is none" } grep { !$modules{$room}{$_} } sort keys %named;
}
cmp_ok(scalar(keys %modules), '>=', 10, 'there are rooms');
is(join("\n", @unwritten), '', 'each room has a page with its modules');

# A link leads to a file, and to a heading in it.
my @pages = split /\n/, `cd "${\source_dir()}" && find . -name '*.md' -not -path './.git/*'`;
my @dead;
for my $page (@pages)
{
	my $text = slurp_file(source_dir() . "/$page");
	my ($folder) = $page =~ m{(.*)/};

	$text =~ s/^```.*?^```//msg;
	for my $link ($text =~ /\]\(([^)\s]+)\)/g)
	{
		next if $link =~ /^[a-z]+:/;
		my ($file, $heading) = $link =~ /^([^#]*)(?:#(.*))?$/;
		my $target = source_dir() . '/' . ($file eq '' ? $page : "$folder/$file");

		push @dead, "$page: $link" unless -e $target;
		next unless defined $heading && -f $target;
		my (%times, %headings);
		for (slurp_file($target) =~ s/^```.*?^```//msgr =~ /^#+ (.*)$/mg)
		{
			my $slug = lc s/[^\w\s-]//gr =~ s/ /-/gr;

			$headings{ $times{$slug}++ ? "$slug-" . ($times{$slug} - 1) : $slug } = 1;
		}
		push @dead, "$page: $link" unless $headings{$heading};
	}
}
cmp_ok(scalar(@pages), '>=', 20, 'there are pages');
is(join("\n", @dead), '', 'no link is dead');

done_testing();
