package DutyWorlds;

# Calendars and random policies with duties (see RandomDuties) in a database `incident`.
#
# iso($moment)                  a moment of such a world, in seconds, as text
# eport()                       the document after which random ones are made
# calendars($node, $until)      imports calendars; each as [ name, calendar of WorkingHours ]
# publish_policy($node, $policy, $eport)
#     Publishes a policy unless check_policy() finds something; returns where, or an empty text.
# publish_random($node, $rng, $name, $eport, @calendars)
# prepare_lives($node)
#     Assets 'level 1' to 'level 9' and 'level none' under a policy that takes any level, and
#     what lives through the lives in table given, whose facts are those of RandomDuties with
#     `at` as text, and besides marked (mark) and migrated (policy):
#         CALL live(1)    opens the incidents, each with its number as ticket, and records
#                         most facts
#         CALL live(2)    records every fourth, and so after others of a later moment
#     The table tally tells of each fact whether it was taken (times 1) or refused (0).

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use PgIncident;
use RandomDuties;
use WorkingHours;

our @EXPORT = qw(iso eport calendars publish_policy publish_random prepare_lives);

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

my $LIVES = <<'SQL';
SELECT incident.register_organisation(1, 'lives', 'damage-sab');
SELECT incident.register_asset('level ' || l, 'host', l::incident.level) FROM unnest('{1,2,3,4,5,6,7,8,9,none}'::text[]) AS l;
CREATE TABLE given (number int, policy text, facts jsonb);
CREATE TABLE tally (what text, times int);

-- Records a fact; one that does not fit is refused.
CREATE FUNCTION record(id bigint, fact jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	at timestamptz := fact ->> 'at';
	asset text := 'level ' || (fact ->> 'asset_level');
	forget text[] := ARRAY(SELECT split_part(key, '_', 1) FROM jsonb_each(fact) WHERE value = 'null');
BEGIN
	CASE fact ->> 'kind'
	WHEN 'assessed' THEN PERFORM incident.assess(id, (fact ->> 'severity')::incident.severity, asset, at => at,
		forget => forget);
	WHEN 'acknowledged' THEN PERFORM incident.acknowledge(id, 'ann', at, 'on it');
	WHEN 'activated' THEN PERFORM incident.activate(id, at => at);
	WHEN 'held' THEN PERFORM incident.hold(id, at => at);
	WHEN 'resumed' THEN PERFORM incident.resume(id, at => at);
	WHEN 'resolved' THEN PERFORM incident.resolve(id, at => at);
	WHEN 'closed' THEN PERFORM incident.close(id, at => at);
	WHEN 'reopened' THEN PERFORM incident.reopen(id, at => at);
	WHEN 'cancelled' THEN PERFORM incident.cancel(id, at => at);
	WHEN 'noted' THEN PERFORM incident.note(id, 'seen', at => at);
	WHEN 'marked' THEN PERFORM incident.set_confidentiality(id, fact ->> 'mark', at => at);
	WHEN 'migrated' THEN PERFORM incident.migrate_incident(id, fact ->> 'policy', at => at);
	WHEN 'done' THEN PERFORM incident.duty_done(id, fact ->> 'duty', '{"by": "phone", "times": 1.50}', at => at);
	END CASE;
	RETURN true;
EXCEPTION WHEN object_not_in_prerequisite_state OR undefined_object THEN
	RETURN false;
END
$$;

CREATE PROCEDURE live(part int) LANGUAGE plpgsql AS $$
DECLARE
	g given;
	id bigint;
	fact jsonb;
	n int;
BEGIN
	FOR g IN SELECT * FROM given ORDER BY number LOOP
		IF part = 1 THEN
			fact := g.facts -> 0;
			id := incident.open('level ' || (fact ->> 'asset_level'), (fact ->> 'severity')::incident.severity,
				detected_at => (fact ->> 'at')::timestamptz, policy => g.policy, ticket => g.number::text,
				confidentiality => CASE WHEN g.number % 2 = 0 THEN 'green' END);
		ELSE
			SELECT i.incident_id INTO id FROM incident_internal.incidents AS i WHERE i.ticket = g.number::text;
		END IF;
		FOR fact, n IN SELECT * FROM jsonb_array_elements(g.facts) WITH ORDINALITY OFFSET 1 LOOP
			IF part = (CASE WHEN (n + g.number) % 4 = 0 THEN 2 ELSE 1 END) THEN
				INSERT INTO tally SELECT fact ->> 'kind', record(id, fact)::int;
			END IF;
		END LOOP;
		IF g.number % 500 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
$$;
SQL

sub prepare_lives
{
	my ($node) = @_;
	$node->safe_psql('incident', $LIVES);
	return;
}

1;
