# Texts in Chinese (src/base/chinese.c): each has the conversions of its English, which stands in
# the code, and each English stands there once.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;


# The texts of a source file: literals side by side are one, and so is INT64_FORMAT among them.
sub literals
{
	my ($code) = @_;
	my @found;

	$code =~ s{/\*.*?\*/}{}sg;
	$code =~ s/\bINT64_FORMAT\b/"%ld"/g;
	while ($code =~ /((?:"(?:[^"\\]|\\.)*"\s*)+)/sg)
	{
		push @found, join '', $1 =~ /"((?:[^"\\]|\\.)*)"/sg;
	}
	return @found;
}

my @pairs;
my @texts = literals(slurp_file(source_dir() . "/src/base/chinese.c") =~ s/.*pgi_chinese\[\] = //sr);
push @pairs, [ splice @texts, 0, 2 ] while @texts;
cmp_ok(scalar(@pairs), '>=', 100, 'there are texts');

my @wrong;
my %times;
for my $pair (@pairs)
{
	my ($english, $chinese) = @$pair;
	my @of_english = sort $english =~ /%(?:\.\*)?(l?[sd])/g;
	my @of_chinese = sort $chinese =~ /%(?:\d\$)?(l?[sd])/g;

	push @wrong, $english if "@of_english" ne "@of_chinese" || $chinese !~ /[^\x00-\x7f]/;
	$times{$english}++;
}
is(join("\n", @wrong), '', 'each has the conversions of its English, and is Chinese');
is(join("\n", grep { $times{$_} > 1 } sort keys %times), '', 'none is there twice');

my %used;
for my $file (grep { !/chinese\.c/ } c_sources(), sql_parts())
{
	my $code = slurp_file($file);

	if ($file =~ /\.sql$/)
	{
		$used{$_} = 1 for $code =~ /'((?:[^']|'')*)'/g;
	}
	else
	{
		$used{$_} = 1 for literals($code);
	}
}
# Texts are also made of parts: those stand in the code as parts of others.
my $all = join "\n", keys %used;
is(join("\n", grep { index($all, (split /%\S+/)[0] || $_) < 0 } sort keys %times), '', 'their English stands in the code');

done_testing();
