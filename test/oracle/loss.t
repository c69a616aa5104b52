# Annual losses by Monte Carlo against bounds of their distribution that are computed
# without random numbers (test/oracle/loss.py).
#
# Of n years, the share that lose less than the true p-percentile has the standard error
# sqrt(p (1 - p) / n). So the true probability of losing less than the percentile that was
# found is to be within four of these of p, and so is that of losing no more.

use strict;
use warnings;
use FindBin;
use IPC::Run;
use JSON::PP;
use Test::More;
use PgIncident;

my $YEARS       = 400000;
my @PERCENTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99);
my $JSON        = JSON::PP->new->canonical->allow_nonref;

my %INTERVAL = (low => 10000, high => 1000000);
my %PERT     = (min => 0,     mode => 200, max => 800);
my @cases    = (
	[ 'lognormal by its interval', { frequency => 2.5, magnitude => {%INTERVAL} } ],
	[ 'rare events',               { frequency => 0.4, magnitude => {%PERT} } ],
	[ 'many events', { frequency => 12, magnitude => { median => 3, sigma => 0.8 } } ],
	[ 'PERT with another shape',
		{ frequency => 6, magnitude => { min => 100, mode => 100, max => 700, shape => 2.5 } } ],
	[ 'uncertain rate', { frequency => { min => 0.5, mode => 2, max => 8 }, magnitude => 1 } ],
	[ 'uncertain rate, small and large',
		{ frequency => { median => 9, sigma => 0.7 }, magnitude => 1000 } ],
	[ 'uncertain rate and magnitude',
		{ frequency => { low => 0.5, high => 4 }, magnitude => {%PERT} } ],
	[ 'exactly two events',
		{ frequency => { events => 2 }, magnitude => { min => 10, mode => 20, max => 60 } } ],
	[ 'secondary loss', {
			frequency => 1.5, magnitude => {%PERT},
			secondary => { probability => 0.2, loss => { median => 500, sigma => 1 } } } ],
	[ 'two scenarios together',
		{ frequency => 1.2, magnitude => {%PERT} },
		{ frequency => 3,   magnitude => { median => 90, sigma => 0.5 } } ],
	# One of them twice over is not twice the one.
	[ 'two alike together', ({ frequency => 0.7, magnitude => {%PERT} }) x 2 ],
);

my $node = start_node('loss');

sub ask_database
{
	my (@scenarios) = @_;
	my $number = 0;
	my $all = join ' UNION ALL ', map
	{
		sprintf q{SELECT incident.annual_losses('%s', '%s', %d, secondary => %s, scenario => %d)},
		  $JSON->encode($_->{frequency}), $JSON->encode($_->{magnitude}), $YEARS,
		  $_->{secondary} ? "'" . $JSON->encode($_->{secondary}) . "'" : 'NULL', $number++
	} @scenarios;
	my $found = $node->safe_psql('incident', <<"SQL");
SELECT to_jsonb(array_agg(p ORDER BY p)) FROM (
	SELECT unnest(ARRAY[p05, p10, p25, p50, p75, p90, p95, p99]) AS p
	FROM (SELECT incident.portfolio_losses(l) AS losses FROM ($all) AS v(l)) AS t, incident.annual_loss(losses)) AS s
SQL
	return $JSON->decode($found);
}

sub ask_oracle
{
	my ($scenarios, $points) = @_;
	my $in = $JSON->encode({ scenarios => $scenarios, points => $points });
	my ($out, $errors) = ('', '');
	IPC::Run::run([ 'python3', "$FindBin::Bin/loss.py" ], \$in, \$out, \$errors)
	  or die "loss.py: $errors";
	return $JSON->decode($out)->{bounds};
}

# How many percentiles are not where they should be, and the widest bounds of those above 0,
# which some years have exactly.
sub misses
{
	my ($name, $points, $bounds) = @_;
	my ($misses, $widest) = (0, 0);
	for my $i (0 .. $#PERCENTILES)
	{
		my ($p, $below, $up_to) = ($PERCENTILES[$i], @{ $bounds->[$i] });
		my $error = 4 * sqrt($p * (1 - $p) / $YEARS);
		$widest = $up_to - $below if $points->[$i] > 0 && $up_to - $below > $widest;
		next if $below <= $p + $error && $up_to >= $p - $error;
		$misses++;
		note "$name: the percentile $p is between $below and $up_to";
	}
	return ($misses, $widest);
}

for my $case (@cases)
{
	my ($name, @scenarios) = @$case;
	my $points = ask_database(@scenarios);
	my ($misses, $widest) = misses($name, $points, ask_oracle(\@scenarios, $points));
	is($misses, 0, "$name: the percentiles are right");
	note sprintf '%s: bounds at most %.4f apart', $name, $widest;
	cmp_ok($widest, '<', 0.02, "$name: the bounds are narrow")
	  unless grep { !ref $_->{magnitude} } @scenarios;
}

# What is a little wrong is found.
my ($true) = ($cases[0][1]);
my $points = ask_database($true);
for my $wrong (
	{ %$true, frequency => 2.55 },
	{ %$true, magnitude => { low => 10000, high => 1040000 } },
	{ %$true, secondary => { probability => 0.05, loss => 300000 } })
{
	my ($misses) = misses('another scenario', $points, ask_oracle([$wrong], $points));
	cmp_ok($misses, '>', 0, 'another scenario is found to be another');
}

done_testing();
