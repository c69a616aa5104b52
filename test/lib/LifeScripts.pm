package LifeScripts;

# SQL that lives through the lives of a world: a hash with
#   origin    of all moments, in seconds since 1970
#   horizon   when the world ends
#   lives     each with number, policy and facts (see Lives)
# A tick is a hash: at, batch; whole, when it is repeated until nothing is due; snapshot,
# when the entries that stand then are kept. A damage is a hash: life, from, until, how.
#
# iso($world, $moment)                  as text
# literal($value)                       quoted, or NULL
# damages($rng, $world, $ticks, $some)  so many, each at a tick that has something to decide
# write_script($file, $world, $ticks, $damages)
#     A script of psql; a fact comes after the ticks of its recording moment.

use strict;
use warnings;
use Exporter 'import';
use POSIX qw(strftime);

our @EXPORT = qw(iso literal damages write_script);

my %FUNCTION = (
	acknowledged => 'acknowledge',
	activated    => 'activate',
	held         => 'hold',
	resumed      => 'resume',
	resolved     => 'resolve',
	closed       => 'close',
	reopened     => 'reopen',
	cancelled    => 'cancel',
);

sub iso
{
	my ($world, $moment) = @_;
	return strftime('%Y-%m-%d %H:%M:%S+00', gmtime($world->{origin} + $moment));
}

sub literal { return defined $_[0] ? "'$_[0]'" : 'NULL' }

sub asset_of
{
	my ($fact, $odd) = @_;
	return "'level $fact->{asset_level}'" if defined $fact->{asset_level};
	return $odd ? "'unrated'" : undef;
}

sub fact_statement
{
	my ($world, $life, $index) = @_;
	my $fact = $life->{facts}[$index];
	my $id   = "life$life->{number}";
	my $at   = "'" . iso($world, $fact->{effective}) . "'";
	my $kind = $fact->{kind};

	# A report under the key is one about this incident, or the division fails.
	if (my $report = $fact->{report})
	{
		return "SELECT 1 / (incident.open(asset => " . (asset_of($report, $index % 2) || 'NULL') . ","
		  . " severity => " . literal($report->{severity}) . ", detected_at => $at,"
		  . " dedup_key => 'life $life->{number}', policy => '$life->{policy}{name}') = :$id)::integer;\n";
	}

	# An unknown asset level is an unknown asset or an asset without a level.
	my $asset = asset_of($fact, ($life->{number} + $index) % 3 == 0);

	if ($kind eq 'opened')
	{
		$asset = 'NULL' unless defined $asset;
		return "SELECT incident.open(asset => $asset,"
		  . " severity => " . literal($fact->{severity}) . ","
		  . " detected_at => $at, ticket => '$life->{number}', dedup_key => 'life $life->{number}',"
		  . " policy => '$life->{policy}{name}') AS $id \\gset\n";
	}
	if ($kind eq 'assessed')
	{
		my (@arguments, @forget);
		if (exists $fact->{severity})
		{
			push @arguments, "severity => '$fact->{severity}'"
			  if defined $fact->{severity};
			push @forget, 'severity' unless defined $fact->{severity};
		}
		if (exists $fact->{asset_level})
		{
			push @arguments, "asset => $asset" if defined $asset;
			push @forget, 'asset' unless defined $asset;
		}
		push @arguments, "forget => '{" . join(',', @forget) . "}'" if @forget;
		return "SELECT incident.assess(:$id, " . join(', ', @arguments) . ", at => $at);\n";
	}
	return "SELECT incident.note(:$id, 'seen', at => $at);\n" if $kind eq 'noted';
	return "SELECT incident.$FUNCTION{$kind}(:$id, at => $at);\n";
}

sub tick_statement
{
	my ($world, $tick) = @_;
	my $at = iso($world, $tick->{at});
	return "INSERT INTO ticked SELECT $tick->{at}, t.* FROM"
	  . " incident.tick('$at', $tick->{batch}) AS t;\n"
	  unless $tick->{whole};
	my $text = "CALL tick_whole('$at', $tick->{batch});\n";
	$text .= "ANALYZE;\nINSERT INTO snapshots SELECT $tick->{at}, * FROM live_entries;\n"
	  if $tick->{snapshot};
	return $text;
}

# The first tick from a moment on that comes when nothing is recorded of a life from just
# before the moment until just after the tick.
sub quiet_tick
{
	my ($life, $moment, @ticks) = @_;
	my ($tick) = grep { $_->{at} >= $moment } @ticks;
	return undef unless $tick && $life->{facts}[0]{recorded} < $moment - 1;
	return undef
	  if grep { $_->{recorded} >= $moment - 1 && $_->{recorded} <= $tick->{at} + 1 }
	  @{ $life->{facts} };
	return $tick;
}

# An incident that failed is tried again within an hour. All is well again before a
# snapshot and before the end.
sub damages
{
	my ($rng, $world, $ticks, $some) = @_;
	my (@damages, %damaged);
	my @snapshots = grep { $_->{snapshot} } @$ticks;
	for (1 .. 50 * $some)
	{
		my $life = $world->{lives}[ int($rng->() * @{ $world->{lives} }) ];
		my (undef, @derived) = @{ $life->{derived} };
		next if !@derived || $damaged{ $life->{number} };
		my $moment = $derived[ int($rng->() * @derived) ]{at};
		my $tick = quiet_tick($life, $moment, @$ticks) or next;
		my ($next) = sort { $a <=> $b } grep { $_ > $moment } map { $_->{recorded} } @{ $life->{facts} };
		my $until = $tick->{at} + 1 + int($rng->() * 1800);
		$until = $next - 1 if defined $next && $until >= $next;
		next if $until + 4000 >= $world->{horizon};
		next if grep { $_->{at} >= $moment - 1 && $_->{at} <= $until + 4000 } @snapshots;
		my ($foreign) = grep { my $one = $_; !grep { $_ eq $one } @{ $life->{policy}{severities} } }
		  qw(critical severe moderate minor informational);
		push @damages,
		  {
			life  => $life->{number},
			from  => $moment - 1,
			until => $until,
			how   => $rng->() < 0.5 ? $foreign : undef,
		  };
		$damaged{ $life->{number} } = 1;
		last if @damages == $some;
	}
	return @damages;
}

sub write_script
{
	my ($file, $world, $ticks, $damages) = @_;
	my @events;
	for my $life (@{ $world->{lives} })
	{
		for my $index (0 .. $#{ $life->{facts} })
		{
			push @events,
			  [ $life->{facts}[$index]{recorded}, 2, scalar @events,
				fact_statement($world, $life, $index) ];
		}
	}
	push @events, map { [ $_->{at}, 1, $_->{at}, tick_statement($world, $_) ] } @$ticks;
	for my $damage (@$damages)
	{
		push @events,
		  [ $damage->{from}, 0, 0, "CALL damage($damage->{life}, " . literal($damage->{how}) . ");\n" ],
		  [ $damage->{until}, 0, 0, "CALL repair($damage->{life});\n" ];
	}
	@events = sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] }
	  @events;

	open my $out, '>', $file or die "$file: $!";
	print $out "\\o /dev/null\nBEGIN;\n";
	for my $i (0 .. $#events)
	{
		print $out "COMMIT;\nBEGIN;\n" if $i % 200 == 199;
		print $out $events[$i][3];
	}
	print $out "COMMIT;\nANALYZE;\n";
	close $out or die "$file: $!";
	return;
}

1;
