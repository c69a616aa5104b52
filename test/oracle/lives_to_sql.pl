#!/usr/bin/perl

# Prints random lives with what must follow from them, for a comparison with
# the server's answers.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Getopt::Long;
use JSON::PP;
use POSIX qw(strftime);
use Time::Local qw(timegm);
use Grading;
use Lives;
use RandomLives;

my $USAGE = <<'TEXT';
usage: lives_to_sql.pl [--count N] [--seed S] [--origin TIMESTAMP]

Prints N random incident lives, one JSON document a line:

  life      number of the life, from 1
  policy    "eport", or "pausing" (the same figures, hold stops the clock)
  facts     in recording order: kind, effective, recorded; opened and assessed
            facts have severity and asset_level (null: unknown, absent: left)
  derived   the derived entries up to and including the horizon
  horizon   origin + 16 hours; every fact is recorded before it
  states    the state at three moments; elapsed in seconds

  --count N           number of lives (default 100)
  --seed S            the same seed gives the same lives (default 1)
  --origin TIMESTAMP  earliest detection (default 2026-01-05 00:00:00+00)
  --help              this text
TEXT

my ($count, $seed, $origin, $help) = (100, 1, '2026-01-05 00:00:00+00', 0);
GetOptions(
	'count=i'  => \$count,
	'seed=i'   => \$seed,
	'origin=s' => \$origin,
	'help'     => \$help,
) or die $USAGE;
if ($help)
{
	print $USAGE;
	exit 0;
}
die $USAGE if @ARGV || $count < 0 || $seed < 0;

sub parse_timestamp
{
	my ($text) = @_;
	$text =~ /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:Z|([+-])(\d\d):?(\d\d)?)$/
	  or die "not a timestamp with time zone: $text\n";
	my $seconds = timegm($6, $5, $4, $3, $2 - 1, $1);
	return $seconds unless defined $7;
	my $offset = $8 * 3600 + ($9 || 0) * 60;
	return $7 eq '+' ? $seconds - $offset : $seconds + $offset;
}

my $start = parse_timestamp($origin);
my $until = 16 * 3600;

sub iso
{
	my ($seconds) = @_;
	return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($start + $seconds));
}

sub truth { return $_[0] ? JSON::PP::true : JSON::PP::false }

my $json = JSON::PP->new->canonical;
my $rng  = RandomLives::rng($seed);

for my $number (1 .. $count)
{
	my $policy  = $rng->() < 0.5 ? $Grading::EPORT : $Grading::PAUSING;
	my @facts   = RandomLives::random_life($rng, policy => $policy);
	my @derived = Lives::advance($policy, \@facts, $until);

	# Two moments anywhere, one at which something happens.
	my $detected = $facts[0]{effective};
	my @eventful = ((map { $_->{effective} } @facts), (map { $_->{at} } @derived));
	my @moments  = (
		$eventful[ int($rng->() * @eventful) ],
		map { $detected + int($rng->() * ($until - $detected + 1)) } 1 .. 2
	);

	my @states;
	for my $moment (sort { $a <=> $b } @moments)
	{
		my $state = Lives::state_at($policy, \@facts, $moment);
		push @states,
		  {
			%$state,
			at       => iso($moment),
			elapsed  => $state->{elapsed} + 0,
			on_hold  => truth($state->{on_hold}),
			breached => truth($state->{breached}),
		  };
	}

	print $json->encode(
		{
			life   => $number,
			policy => $policy->{name},
			facts  => [
				map {
					+{
						%$_,
						effective => iso($_->{effective}),
						recorded  => iso($_->{recorded})
					}
				} @facts
			],
			derived => [ map { +{ %$_, at => iso($_->{at}) } } @derived ],
			horizon => iso($until),
			states  => \@states,
		}
	  ),
	  "\n";
}
