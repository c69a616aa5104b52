package Clients;

# What clients do in the tests in which ticks run beside them: client_sql() makes the assets
# 'one', 'two', 'three', 'plain' and 'unrated' and these functions.
#
# act(seconds)     one fact about one incident, which mostly fits; lower numbers are picked
#                  more often, so that clients and ticks meet on the same incidents
# any_asset(), any_severity()
#
# The test itself makes any_detection(seconds), a moment of detection for which something
# becomes due now or within the seconds given, and any_policy().

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(client_sql);

my $SQL = <<'SQL';
SELECT FROM incident.register_asset('one', 'host', '1');
SELECT FROM incident.register_asset('two', 'host', '2');
SELECT FROM incident.register_asset('three', 'host', '3');
SELECT FROM incident.register_asset('plain', 'host', 'none');
SELECT FROM incident.register_asset('unrated', 'host');

CREATE FUNCTION any_asset() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT (ARRAY['one', 'two', 'two', 'three', 'three', 'plain', 'unrated', NULL])
		[1 + floor(random() * 8)]
$$;
CREATE FUNCTION any_severity() RETURNS incident.severity LANGUAGE sql VOLATILE AS $$
	SELECT ((ARRAY['minor', 'minor', 'moderate', 'severe', NULL])
		[1 + floor(random() * 5)])::incident.severity
$$;

CREATE FUNCTION act(seconds float8) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	what text := (ARRAY['open', 'repeat', 'acknowledge', 'acknowledge', 'activate', 'assess',
		'assess', 'forget', 'resolve', 'resolve', 'close', 'reopen', 'reopen', 'cancel', 'hold',
		'resume', 'resume', 'note'])[1 + floor(random() * 18)];
	newest bigint;
	id bigint;
	detected timestamptz;
	at timestamptz;
BEGIN
	IF what = 'open' THEN
		RETURN incident.open(any_asset(), any_severity(), detected_at => any_detection(seconds),
			policy => any_policy());
	ELSIF what = 'repeat' THEN
		RETURN incident.open(any_asset(), any_severity(), detected_at => any_detection(seconds),
			policy => any_policy(), dedup_key => 'key ' || floor(random() * 10));
	END IF;
	SELECT last_value INTO newest FROM incident_internal.incidents_incident_id_seq;
	LOOP -- because a repeat takes a number, too
		id := 1 + floor(power(random(), 3) * newest);
		SELECT h.detected_at INTO detected FROM incident.incident_history AS h
			WHERE h.incident_id = id;
		EXIT WHEN FOUND;
	END LOOP;
	at := greatest(detected, clock_timestamp()
		- CASE WHEN random() < 0.3 THEN random() ELSE 0 END * interval '3 hours');
	BEGIN
		IF what = 'assess' THEN
			RETURN incident.assess(id, any_severity(), coalesce(any_asset(), 'two'), at => at);
		ELSIF what = 'forget' THEN
			RETURN incident.assess(id, forget => '{severity,asset}', at => at);
		ELSIF what = 'note' THEN
			RETURN incident.note(id, 'still at it', at => at);
		END IF;
		EXECUTE format('SELECT incident.%I($1, at => $2)', what) INTO what USING id, at;
		RETURN what;
	EXCEPTION WHEN object_not_in_prerequisite_state THEN
		RETURN 'did not fit';
	END;
END
$$;
SQL

sub client_sql { return $SQL }

1;
