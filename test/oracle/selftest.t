use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Test::More;
use Grading;
use Lives;
use RandomLives;
use Stepping;

my ($eport, $pausing) = ($Grading::EPORT, $Grading::PAUSING);

# The most urgent level reached, hour by hour, written out by hand.
# Columns: at once, just before 2 h, 2 h, just before 4 h, 4 h,
# just before 6 h, 6 h, 100 h.
my @MOMENTS = (0, 7199, 7200, 14399, 14400, 21599, 21600, 360000);
my @BY_HAND = (
	[ '1',    'severe',   qw(1 1 1 1 1 1 1 1) ],
	[ '1',    'moderate', qw(1 1 1 1 1 1 1 1) ],
	[ '1',    'minor',    qw(2 2 2 2 2 2 2 2) ],
	[ '2',    'severe',   qw(1 1 1 1 1 1 1 1) ],
	[ '2',    'moderate', qw(2 2 1 1 1 1 1 1) ],
	[ '2',    'minor',    qw(2 2 1 1 1 1 1 1) ],
	[ '3',    'severe',   qw(2 2 2 2 2 2 1 1) ],
	[ '3',    'moderate', qw(3 3 3 3 2 2 1 1) ],
	[ '3',    'minor',    qw(3 3 3 3 2 2 1 1) ],
	[ 'none', 'severe',   ('none') x 8 ],
	[ 'none', 'moderate', ('none') x 8 ],
	[ 'none', 'minor',    ('none') x 8 ],
	[ '1',    undef,      qw(1 1 1 1 1 1 1 1) ],
	[ '2',    undef,      qw(1 1 1 1 1 1 1 1) ],
	[ '3',    undef,      qw(2 2 2 2 2 2 1 1) ],
	[ 'none', undef,      ('none') x 8 ],
	[ undef,  'severe',   qw(1 1 1 1 1 1 1 1) ],
	[ undef,  'moderate', qw(1 1 1 1 1 1 1 1) ],
	[ undef,  'minor',    qw(2 2 1 1 1 1 1 1) ],
	[ undef,  undef,      qw(1 1 1 1 1 1 1 1) ],
);

for my $row (@BY_HAND)
{
	my ($asset, $severity, @expected) = @$row;
	my @got = map { Grading::response_level($eport, $asset, $severity, $_) } @MOMENTS;
	my $name = join ' ', map { defined $_ ? $_ : 'unknown' } $asset, $severity;
	is_deeply(\@got, \@expected, "response of $name");
}

is(Grading::response_level($eport, '2', 'minor', 7200, 0),
	'2', 'a clock stopped at the threshold has not reached it');
is(Grading::response_level($eport, '2', 'minor', 7201, 0),
	'1', 'a clock stopped a second later has');

my %EVENT = ('1' => '1', '2' => '2', '3' => '3', 'none' => 'none');
my %LIMIT = ('1' => 7200, '2' => 14400, '3' => 28800, 'none' => undef);
for my $asset (sort keys %EVENT)
{
	for my $severity ('severe', 'moderate', 'minor', undef)
	{
		my $name = "$asset " . (defined $severity ? $severity : 'unknown');
		is(Grading::event_level($eport, $asset, $severity),
			$EVENT{$asset}, "event level of $name");
		is(Grading::processing_time($eport, $asset, $severity),
			$LIMIT{$asset}, "processing time of $name");
	}
}
is(Grading::event_level($eport, undef, 'minor'), '1', 'event level of an unknown asset');
is(Grading::processing_time($eport, undef, 'minor'),
	7200, 'processing time of an unknown asset');
is_deeply([ Grading::figures($eport, 'processing') ],
	[ 7200, 14400, 21600, 28800 ], 'the moments that matter');

# Lives by hand.  A fact is written [hours, kind, values...]; all are recorded
# in the order given.
sub life
{
	return [
		map {
			my ($hours, $kind, @values) = @$_;
			+{
				kind      => $kind,
				effective => int($hours * 3600 + 0.5),
				recorded  => 40 * 3600,
				@values
			}
		} @_
	];
}

sub entries
{
	return [
		map {
			join ' ', @{$_}{qw(at kind event_level response_level)}, defined $_->{rule} ? $_->{rule} : ()
		} @_
	];
}

sub expect
{
	my ($name, $policy, $life, @expected) = @_;
	my $until = 12 * 3600;
	my @wanted = map {
		my ($hours, $kind, $event, $response) = split ' ';
		int($hours * 3600 + 0.5) . " $kind $event $response"
	} @expected;
	is_deeply(entries(Lives::advance($policy, $life, $until)), \@wanted, $name);

	# Minutes for hours.
	my @quick  = map { +{ %$_, effective => $_->{effective} / 60 } } @$life;
	my @lived  = Stepping::advance(Grading::scaled($policy, 1 / 60), \@quick, $until / 60);
	my @scaled = map { +{ %$_, at => $_->{at} * 60 } } @lived;
	is_deeply(entries(@scaled), \@wanted, "$name, second by second");
}

my @L2 = (asset_level => '2', severity => 'minor');
my @L3 = (asset_level => '3', severity => 'minor');

expect('level 3 left alone', $eport, life([ 0, 'opened', @L3 ]),
	'0 graded 3 3', '4 escalated 3 2', '6 escalated 3 1', '8 breached 3 1');

expect('level 1 minor never rises', $eport,
	life([ 0, 'opened', asset_level => '1', severity => 'minor' ]),
	'0 graded 1 2', '2 breached 1 2');

expect('no level, no limit', $eport,
	life([ 0, 'opened', asset_level => 'none', severity => 'severe' ]),
	'0 graded none none');

expect('unknown asset', $eport,
	life([ 0, 'opened', asset_level => undef, severity => 'minor' ]),
	'0 graded 1 2', '2 escalated 1 1', '2 breached 1 1');

expect('acknowledged at the threshold stops nothing', $eport,
	life([ 0, 'opened', @L2 ], [ 2, 'acknowledged' ]),
	'0 graded 2 2', '2 escalated 2 1', '4 breached 2 1');

expect('resolved at the threshold, reopened', $eport,
	life([ 0, 'opened', @L2 ], [ 2, 'resolved' ], [ 5, 'reopened' ]),
	'0 graded 2 2', '5 graded 2 1', '7 breached 2 1');

expect('resolved before the threshold, closed, reopened', $eport,
	life([ 0, 'opened', @L2 ], [ 1, 'resolved' ], [ 3, 'closed' ], [ 5, 'reopened' ]),
	'0 graded 2 2', '6 escalated 2 1', '8 breached 2 1');

expect('cancelled', $eport,
	life([ 0, 'opened', @L2 ], [ 1, 'cancelled' ], [ 3, 'assessed', severity => 'severe' ]),
	'0 graded 2 2');

expect('assessed down and up', $eport,
	life([ 0, 'opened', @L2 ],
		[ 3, 'assessed', asset_level => '3' ],
		[ 5, 'assessed', asset_level => '1', severity => 'severe' ],
		[ 7, 'assessed', asset_level => '3', severity => 'minor' ]),
	'0 graded 2 2', '2 escalated 2 1', '3 graded 3 3', '4 escalated 3 2',
	'5 graded 1 1', '5 breached 1 1', '7 graded 3 1', '8 breached 3 1');

expect('assessed at the threshold is a grading', $eport,
	life([ 0, 'opened', @L2 ], [ 2, 'assessed', severity => 'moderate' ]),
	'0 graded 2 2', '2 graded 2 1', '4 breached 2 1');

expect('assessed while resolved', $eport,
	life([ 0, 'opened', @L3 ], [ 3, 'resolved' ], [ 5, 'assessed', asset_level => '2' ]),
	'0 graded 3 3', '5 graded 2 1');

expect('assessed while resolved, past the new limit', $eport,
	life([ 0, 'opened', @L3 ], [ 4.5, 'resolved' ], [ 5, 'assessed', asset_level => '2' ]),
	'0 graded 3 3', '4 escalated 3 2', '5 graded 2 1', '5 breached 2 1');

expect('assessed while resolved, stopped at the new limit', $eport,
	life([ 0, 'opened', @L3 ], [ 4, 'resolved' ], [ 5, 'assessed', asset_level => '2' ]),
	'0 graded 3 3', '5 graded 2 1');

my $held = life([ 0, 'opened', @L2 ], [ 1, 'held' ], [ 4, 'resumed' ]);
expect('a hold that stops nothing', $eport, $held,
	'0 graded 2 2', '2 escalated 2 1', '4 breached 2 1');
expect('a hold that stops the clock', $pausing, $held,
	'0 graded 2 2', '5 escalated 2 1', '7 breached 2 1');
expect('held at the threshold', $pausing,
	life([ 0, 'opened', @L2 ], [ 2, 'held' ], [ 4, 'resumed' ]),
	'0 graded 2 2', '4 graded 2 1', '6 breached 2 1');

# The later-recorded resolution at 1 h leaves hold and resumption without effect.
expect('a back-dated resolution', $pausing,
	life([ 0, 'opened', @L2 ], [ 1.5, 'held' ], [ 3, 'resumed' ], [ 1, 'resolved' ]),
	'0 graded 2 2');

expect('three facts in the second of the threshold', $eport,
	life([ 0, 'opened', @L2 ], [ 2, 'acknowledged' ],
		[ 2, 'assessed', asset_level => '3' ], [ 2, 'resolved' ], [ 3, 'reopened' ]),
	'0 graded 2 2', '2 graded 3 3', '5 escalated 3 2', '7 escalated 3 1', '9 breached 3 1');

is_deeply(
	Lives::state_at($pausing, $held, 3 * 3600),
	{
		status         => 'on_hold',
		severity       => 'minor',
		asset_level    => '2',
		event_level    => '2',
		response_level => '2',
		elapsed        => 3600,
		on_hold        => 1,
		breached       => 0,
	},
	'state on hold');
is_deeply(
	Lives::state_at($pausing, $held, 7 * 3600),
	{
		status         => 'open',
		severity       => 'minor',
		asset_level    => '2',
		event_level    => '2',
		response_level => '1',
		elapsed        => 14400,
		on_hold        => 0,
		breached       => 1,
	},
	'state at the breach');
is(Lives::state_at($eport, $held, -1), undef, 'no state before the detection');

# Random lives.  Most are lived with minutes for hours, so that each second
# can be visited.
sub agree
{
	my ($seed, $policy, $hour) = @_;
	my @life  = RandomLives::random_life($seed, policy => $policy, hour => $hour);
	my $until = 16 * $hour;
	my $name  = "seed $seed, $policy->{name}, hours of $hour s";
	is_deeply(
		entries(Lives::advance($policy, \@life, $until)),
		entries(Stepping::advance($policy, \@life, $until)), $name);
	return @life;
}

my %seen;
for my $policy ($eport, $pausing)
{
	for my $seed (1 .. 100)
	{
		my @life = agree($seed, Grading::scaled($policy, 1 / 60), 60);
		$seen{ $_->{kind} }++ for @life;

		my $fault = '';
		for my $i (1 .. $#life)
		{
			my $fact = $life[$i];
			$fault = 'times'
			  if $fact->{recorded} < $life[ $i - 1 ]{recorded}
			  || $fact->{recorded} < $fact->{effective}
			  || $fact->{effective} < $life[0]{effective}
			  || $fact->{recorded} >= 16 * 60;
			my @by_then = grep { $_->{effective} <= $fact->{effective} } Lives::in_order([ @life[ 0 .. $i - 1 ] ]);
			my ($before) = reverse Lives::situations($policy, @by_then);
			$fault = $fact->{kind} unless Lives::fits($fact->{kind}, @{$before}{qw(status before_hold)});
			$seen{"$fact->{kind} on hold"}++ if $before->{status} eq 'on_hold';
		}
		is($fault, '', "seed $seed, $policy->{name}: each fact fits when recorded");
	}
	agree(1001, $policy, 3600);
}
is_deeply(
	[ sort grep { !/ / } keys %seen ],
	[ qw(acknowledged activated assessed cancelled closed held noted opened
		  reopened resolved resumed) ],
	'every kind of fact occurs');
cmp_ok($seen{"$_ on hold"}, '>', 2, "$_ on hold occurs") for qw(acknowledged activated assessed noted resumed);

is_deeply([ RandomLives::random_life(7) ], [ RandomLives::random_life(7) ], 'a seed gives one life');

done_testing();
