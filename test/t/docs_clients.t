# The guide docs/guides/clients.md shows what the tests of test/clients run: each block of code
# below the link to a file is a part of it, marked there by `guide:` and `end`.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

sub dedent
{
	my ($text) = @_;
	my ($indent) = sort { length $a <=> length $b } $text =~ /^([ \t]*)\S/mg;

	$text =~ s/^\Q$indent\E//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

my $guide = slurp_file(source_dir() . '/docs/guides/clients.md');
my %shown;
my $file = '';
for my $line (split /(?<=\n)(?=\[`test|```)/, $guide)
{
	$file = $1 if $line =~ m{\A\[`test/clients/([\w.]+)`\]};
	push @{ $shown{$file} }, $1 if $line =~ /\A```\w+\n(.*?)\n?\z/s;
}
cmp_ok(scalar(keys %shown), '>=', 6, 'the guide has its clients');
for my $name (sort keys %shown)
{
	my $program = slurp_file(source_dir() . "/test/clients/$name");
	my @parts = map { dedent($_) } $program =~ m{^\s*(?:\#|//|--) guide: [^\n]*\n(.*?)^\s*(?:\#|//|--) end$}msg;

	is(join("\n---\n", @{ $shown{$name} }), join("\n---\n", @parts), "what is shown of $name is what runs");
}
my @tested = grep { !/^(?:setup\.sql|tap\.py)$/ } map { m{([^/]+)$} } glob(source_dir() . '/test/clients/*.*');
is_deeply([ sort @tested ], [ sort keys %shown ], 'and every client that is tested is shown');

done_testing();
