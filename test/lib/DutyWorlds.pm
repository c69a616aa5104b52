package DutyWorlds;

# Calendars and random policies with duties (see RandomDuties) in a database `incident`.
#
# iso($moment)                  a moment of such a world, in seconds, as text
# eport()                       the document after which random ones are made
# calendars($node, $until)      imports calendars; each as [ name, calendar of WorkingHours ]
# publish_policy($node, $policy, $eport)
#     Publishes a policy unless check_policy() finds something; returns where, or an empty text.
# publish_random($node, $rng, $name, $eport, @calendars)

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use PgIncident;
use RandomDuties;
use WorkingHours;

our @EXPORT = qw(iso eport calendars publish_policy publish_random);

our $ORIGIN = 1709510400;     # 2024-03-04 00:00:00+00
my $HOUR = 3600;

my @CALENDARS = (
	{ name => 'duties-day',   zone => 'UTC', week => week([ '08:00', '12:00' ], [ '13:00', '18:00' ]) },
	{ name => 'duties-night', zone => 'UTC', week => week([ '00:00', '04:30' ], [ '20:15', '24:00' ]) },
);

sub week
{
	my (@windows) = @_;
	return { map { $_ => \@windows } qw(mon tue wed thu fri sat sun) };
}

sub iso { return strftime('%Y-%m-%d %H:%M:%S+00', gmtime($ORIGIN + $_[0])) }

sub eport
{
	return JSON::PP->new->utf8->decode(slurp_file(source_dir() . '/extension/data/presets/eport.json'));
}

sub calendars
{
	my ($node, $until) = @_;
	my @calendars = ([ '24x7', undef ]);
	for my $document (@CALENDARS)
	{
		$node->safe_psql('incident',
			'SELECT incident.import_calendar($json$' . JSON::PP->new->encode($document) . '$json$)');
		push @calendars, [ $document->{name}, WorkingHours::of_document($document, $ORIGIN, -24 * $HOUR, $until) ];
	}
	return @calendars;
}

sub publish_policy
{
	my ($node, $policy, $eport) = @_;
	my $document = RandomDuties::document($policy, $eport);
	my $place = $node->safe_psql('incident',
		"SELECT place FROM incident.check_policy(\$json\$$document\$json\$) LIMIT 1");
	$node->safe_psql('incident',
		"SELECT incident.publish_policy(incident.import_policy(\$json\$$document\$json\$))")
	  if $place eq '';
	return $place;
}

sub publish_random
{
	my ($node, $rng, $name, $eport, @calendars) = @_;
	for (1 .. 200)
	{
		my $policy = RandomDuties::policy($rng, $name, @calendars);
		for (1 .. 30)
		{
			my $place = publish_policy($node, $policy, $eport);
			return RandomDuties::with_ends($policy) if $place eq '';
			last unless RandomDuties::repair($policy, $place);
		}
	}
	die 'no random policy is sound';
}

1;
