-- Who is on call.

CREATE FUNCTION incident_internal.on_call(
	roster text, at timestamptz DEFAULT now(), OUT contact text, OUT layer integer, OUT until timestamptz)
RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_on_call';

-- The same in any organisation.
CREATE FUNCTION incident_internal.on_call_of(
	org_id integer, roster text, at timestamptz, OUT contact text, OUT layer integer, OUT until timestamptz)
RETURNS record
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_on_call_of';

-- Another override at that time, in another roster, that still holds for the contact.
CREATE FUNCTION incident_internal.double_booking(org_id integer, roster text, contact text, period tstzrange)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('roster "%s" from %s until %s', o.roster, lower(held.period), upper(held.period))
	FROM incident_internal.roster_overrides AS o,
		LATERAL unnest(tstzmultirange(tstzrange(o.since, o.until)) - coalesce(
			(SELECT range_agg(tstzrange(n.since, n.until)) FROM incident_internal.roster_overrides AS n
				WHERE n.org_id = o.org_id AND n.roster = o.roster AND n.override_id > o.override_id), '{}')) AS held(period)
	WHERE o.org_id = double_booking.org_id AND o.contact = double_booking.contact AND o.roster <> double_booking.roster
		AND held.period && double_booking.period
	ORDER BY held.period LIMIT 1
$$;

CREATE FUNCTION incident_internal.override_roster(
	roster text, contact text, since timestamptz, until timestamptz, by text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org CONSTANT integer := incident.current_organisation();
	actor CONSTANT text := incident_internal.given_name(override_roster.by, 'who does it');
	booked text;
	id bigint;
BEGIN
	roster := incident_internal.needed_name(roster, 'the roster');
	IF contact IS NOT NULL THEN
		contact := incident_internal.needed_name(contact, 'the contact');
	END IF;
	PERFORM incident_internal.needed(since, 'the beginning'), incident_internal.needed(until, 'the end');
	IF NOT isfinite(since) OR NOT isfinite(until) THEN
		RAISE EXCEPTION 'an override has a beginning and an end, not % and %', since, until
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Change the roster with incident.import_directory() where it is for good.';
	END IF;
	PERFORM incident_internal.lock_directory(org);
	IF NOT EXISTS (SELECT FROM incident_internal.rosters AS r
			WHERE r.org_id = org AND r.roster = override_roster.roster AND r.until = 'infinity') THEN
		RAISE EXCEPTION 'roster "%" does not exist in organisation %', left(roster, 100), org
			USING ERRCODE = 'undefined_object', HINT = 'incident.export_directory() shows the rosters that there are.';
	END IF;
	IF contact IS NOT NULL THEN
		PERFORM incident_internal.expect_contact(org, contact);
	END IF;
	since := greatest(since, clock_timestamp());
	IF until <= since THEN
		RAISE EXCEPTION 'an override until % is over before it begins', until
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Who was on call does not change any more: one that began earlier begins now, and its end is to come.';
	END IF;
	booked := incident_internal.double_booking(org, roster, contact, tstzrange(since, until));
	IF booked IS NOT NULL THEN
		RAISE EXCEPTION 'contact "%" is an override already at that time', contact
			USING ERRCODE = 'exclusion_violation', DETAIL = format('It is of %s.', booked),
				  HINT = 'Take that one back by an override without a contact, or name somebody else.';
	END IF;
	INSERT INTO incident_internal.roster_overrides (org_id, roster, contact, since, until, actor)
		VALUES (org, override_roster.roster, override_roster.contact, since, until, actor) RETURNING override_id INTO id;
	RETURN id;
END
$$;

COMMENT ON FUNCTION incident_internal.on_call(text, timestamptz) IS
'Who is on call by a roster of the current organisation at a moment, of which layer (0: an override), and when that changes next; contact and layer are NULL for nobody, until is infinity where nothing changes in 400 days. Errors: undefined_object when there is no such roster, datetime_value_out_of_range for a moment that is infinite or outside the years 1 to 9999 (UTC).';
COMMENT ON FUNCTION incident_internal.override_roster(text, text, timestamptz, timestamptz, text) IS
'Puts a contact on call in place of those whose turn it is, from now on where since has passed; of overrides at the same time the newest holds. A NULL contact takes earlier ones back. Returns its id. Errors: undefined_object, exclusion_violation for a contact that is an override of another roster at that time, invalid_parameter_value for one that is over.';

SELECT incident_internal.allow('read', 'on_call');
SELECT incident_internal.allow('administer', 'override_roster');
