-- Who is told: the contacts that a post comes to at a moment, the channels by which a contact is
-- reached, and what of a directory reaches nobody.

-- A contact and those who stand in for it, in their order; step 0 is the contact itself.
CREATE FUNCTION incident_internal.contact_line(org_id integer, contact text)
RETURNS TABLE (step integer, contact text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
	WITH RECURSIVE line(step, contact, deputy, passed) AS (
		SELECT 0, c.contact, c.deputy, ARRAY[c.contact]
		FROM incident_internal.contacts AS c WHERE c.org_id = contact_line.org_id AND c.contact = contact_line.contact
		UNION ALL
		SELECT l.step + 1, c.contact, c.deputy, l.passed || c.contact
		FROM line AS l JOIN incident_internal.contacts AS c
			ON c.org_id = contact_line.org_id AND c.contact = l.deputy AND c.contact <> ALL (l.passed))
	SELECT l.step, l.contact FROM line AS l;
END;

-- Whom a post itself comes to: its members, or who is on call; in place of one without a channel
-- the first of the deputies who has one.
CREATE FUNCTION incident_internal.post_holders(org_id integer, post text, at timestamptz)
RETURNS TABLE (contact text, via text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
BEGIN ATOMIC
	WITH holder AS (
		SELECT m.contact, 'member' AS via
		FROM incident_internal.posts AS p, unnest(p.members) AS m(contact)
		WHERE p.org_id = post_holders.org_id AND p.post = post_holders.post
		UNION ALL
		SELECT o.contact, 'on_call'
		FROM incident_internal.posts AS p, incident_internal.on_call_of(p.org_id, p.roster, post_holders.at) AS o
		WHERE p.org_id = post_holders.org_id AND p.post = post_holders.post)
	SELECT DISTINCT ON (l.contact) l.contact, CASE l.step WHEN 0 THEN h.via ELSE 'deputy' END
	FROM holder AS h, LATERAL (SELECT c.contact, c.step FROM incident_internal.contact_line(post_holders.org_id, h.contact) AS c
		WHERE EXISTS (SELECT FROM incident_internal.contact_channels AS k WHERE k.org_id = post_holders.org_id AND k.contact = c.contact)
		ORDER BY c.step LIMIT 1) AS l
	ORDER BY l.contact, l.step;
END;

-- Who is told for a post: whom it comes to, or else whom the next one does. The post that is
-- returned is the one that was reached.
CREATE FUNCTION incident_internal.post_contacts(org integer, named text, at timestamptz)
RETURNS TABLE (contact text, via text, post text)
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 3
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	passed text[] := '{}'::text[];
BEGIN
	post := named;
	WHILE post <> ALL (passed) LOOP
		RETURN QUERY SELECT h.contact, CASE post WHEN named THEN h.via ELSE 'next' END, post_contacts.post
			FROM incident_internal.post_holders(org, post, at) AS h;
		EXIT WHEN FOUND;
		passed := passed || post;
		post := (SELECT p.next FROM incident_internal.posts AS p WHERE p.org_id = org AND p.post = post_contacts.post);
	END LOOP;
END
$$;

-- The end of the quiet hours that a moment is in, in a time zone; infinity when they do not end,
-- NULL when it is in none.
CREATE FUNCTION incident_internal.quiet_until(zone text, opens time[], closes time[], at timestamptz)
RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pgi_quiet_until_of';

-- The channels of a contact, the one to be tried first at first. masked: the mark is graver than may
-- be told by it, which leaves a pointer. not_before: the end of its quiet hours, where they hold.
CREATE FUNCTION incident_internal.contact_routes(
	org_id integer, contact text, confidentiality text, response incident.level, at timestamptz)
RETURNS TABLE (rank integer, channel text, address text, masked boolean, not_before timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
BEGIN ATOMIC
	WITH told AS (
		SELECT coalesce(c.clearance, 'amber') AS clearance,
			CASE WHEN c.quiet IS NOT NULL AND (contact_routes.response >= c.unless_response) IS NOT TRUE THEN
				(SELECT incident_internal.quiet_until(coalesce(c.zone, incident_internal.organisation_zone(c.org_id)),
						array_agg(w.opens), array_agg(w.closes), contact_routes.at)
					FROM incident_internal.json_windows(c.quiet) AS w) END AS not_before
		FROM incident_internal.contacts AS c
		WHERE c.org_id = contact_routes.org_id AND c.contact = contact_routes.contact)
	SELECT k.rank, k.channel, k.address,
		coalesce(incident_internal.mark_rank(contact_routes.confidentiality) > least(incident_internal.mark_rank(t.clearance),
			incident_internal.mark_rank(k.clearance)), false), t.not_before
	FROM told AS t, incident_internal.contact_channels AS k
	WHERE k.org_id = contact_routes.org_id AND k.contact = contact_routes.contact
	ORDER BY k.rank;
END;

CREATE FUNCTION incident_internal.audience(
	incident_id bigint, at timestamptz DEFAULT now(),
	OUT post text, OUT contact text, OUT via text, OUT channel text, OUT address text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	org CONSTANT integer := incident_internal.incident_organisation(incident_id);
	state CONSTANT record := incident_internal.state_at(incident_id, at);
	responds CONSTANT boolean := 'respond' = ANY (incident_internal.rights_of_caller(org));
BEGIN
	RETURN QUERY
	SELECT n.post, c.contact, c.via, k.channel, CASE WHEN responds THEN k.address END
	FROM (SELECT DISTINCT a.post
		FROM incident_internal.incidents AS i
		JOIN incident_internal.policy_duties AS d ON d.policy_id = i.policy_id
		JOIN incident_internal.policy_duty_levels AS l ON l.policy_id = d.policy_id AND l.duty = d.duty,
			unnest(l.audience) AS a(post)
		WHERE i.org_id = org AND i.incident_id = audience.incident_id
			AND l.level = CASE d.scope WHEN 'event_level' THEN state.event_level ELSE state.response_level END) AS n
	LEFT JOIN LATERAL incident_internal.post_contacts(org, n.post, audience.at) AS c ON true
	LEFT JOIN LATERAL (SELECT h.channel, h.address FROM incident_internal.contact_channels AS h
		WHERE h.org_id = org AND h.contact = c.contact ORDER BY h.rank LIMIT 1) AS k ON true
	ORDER BY n.post, c.contact;
END
$$;

-- The policies that an organisation uses: its own, and those that incidents are under which are open.
CREATE FUNCTION incident_internal.policies_in_use(org_id integer)
RETURNS TABLE (policy_id integer)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
AS $$
	(SELECT p.policy_id FROM incident_internal.organisations AS o
		JOIN incident_internal.policies AS p ON p.name = o.policy AND p.state = 'published'
	WHERE o.org_id = policies_in_use.org_id ORDER BY p.version DESC LIMIT 1)
	UNION
	SELECT s.policy_id FROM incident_internal.incident_state AS s
	WHERE s.org_id = policies_in_use.org_id AND s.status NOT IN ('resolved', 'closed', 'cancelled')
$$;

-- What reaches nobody in a directory, or may soon; rosters are looked through for 30 days.
CREATE FUNCTION incident_internal.contact_findings(org_id integer)
RETURNS TABLE (kind text, name text, problem text, since timestamptz, until timestamptz)
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off			-- it takes longer to compile than to run
AS $$
	WITH RECURSIVE stretch(roster, contact, since, until) AS (
		SELECT r.roster, o.contact, now(), o.until
		FROM incident_internal.rosters AS r, incident_internal.on_call_of(r.org_id, r.roster, now()) AS o
		WHERE r.org_id = contact_findings.org_id AND r.until = 'infinity'
		UNION ALL
		SELECT s.roster, o.contact, s.until, o.until
		FROM stretch AS s, incident_internal.on_call_of(contact_findings.org_id, s.roster, s.until) AS o
		WHERE s.until < now() + interval '30 days'),
	used AS (SELECT u.policy_id FROM incident_internal.policies_in_use(contact_findings.org_id) AS u),
	post AS (SELECT p.* FROM incident_internal.posts AS p WHERE p.org_id = contact_findings.org_id),
	key AS (
		SELECT k.post FROM incident_internal.policy_duties AS d, unnest(d.responsible) AS k(post)
			WHERE d.policy_id IN (SELECT u.policy_id FROM used AS u)
		UNION
		SELECT k.post FROM incident_internal.policy_authorities AS a, unnest(a.posts) AS k(post)
			WHERE a.policy_id IN (SELECT u.policy_id FROM used AS u)),
	person AS (
		SELECT p.post, l.contact
		FROM post AS p,
			LATERAL (SELECT m.name FROM unnest(p.members) AS m(name)
				UNION SELECT m.name FROM incident_internal.rosters AS r, jsonb_array_elements(r.layers) AS y(layer),
					jsonb_array_elements_text(y.layer -> 'members') AS m(name)
				WHERE r.org_id = p.org_id AND r.roster = p.roster AND r.until = 'infinity') AS holder,
			incident_internal.contact_line(p.org_id, holder.name) AS l
		WHERE p.post IN (SELECT k.post FROM key AS k))
	SELECT 'post', n.post, 'is not in the directory', NULL::timestamptz, NULL::timestamptz
	FROM (SELECT DISTINCT q.post FROM incident_internal.policy_posts AS q
		WHERE q.policy_id IN (SELECT u.policy_id FROM used AS u)) AS n
	WHERE n.post NOT IN (SELECT p.post FROM post AS p)
	UNION ALL
	SELECT 'post', p.post, 'reaches nobody', NULL, NULL FROM post AS p
	WHERE NOT EXISTS (SELECT FROM incident_internal.post_contacts(p.org_id, p.post, now()))
	UNION ALL
	SELECT 'post', p.post, 'has fewer than two people', NULL, NULL FROM post AS p
	WHERE p.post IN (SELECT k.post FROM key AS k)
		AND (SELECT count(DISTINCT n.contact) FROM person AS n WHERE n.post = p.post) < 2
	UNION ALL
	SELECT 'roster', s.roster, 'holds nobody', s.since, s.until FROM stretch AS s WHERE s.contact IS NULL
	UNION ALL
	SELECT 'contact', c.contact, 'has no channel', NULL, NULL FROM incident_internal.contacts AS c
	WHERE c.org_id = contact_findings.org_id AND NOT EXISTS (SELECT FROM incident_internal.contact_channels AS k
		WHERE k.org_id = c.org_id AND k.contact = c.contact)
$$;

CREATE VIEW incident.contact_reach WITH (security_barrier) AS
SELECT o.org_id, f.kind, f.name, f.problem, f.since, f.until
FROM incident_internal.organisations AS o, incident_internal.contact_findings(o.org_id) AS f
WHERE incident_internal.sees(o.org_id);

COMMENT ON FUNCTION incident_internal.audience(bigint, timestamptz) IS
'Whom the duties of an incident have told at a moment, by its levels then: each post with the contacts that it comes to, how (member, on_call, deputy, next) and the channel to be tried first; NULL for a post that reaches nobody. The address is shown to who may respond. Who is on call is as of then, all else of the directory as now. Errors: undefined_object when there is no such incident, invalid_parameter_value before its detection.';
COMMENT ON VIEW incident.contact_reach IS
'What of the directory reaches nobody, or rests on one person: one row a finding.';
COMMENT ON COLUMN incident.contact_reach.kind IS 'post, roster or contact.';
COMMENT ON COLUMN incident.contact_reach.name IS 'Its name in the directory; of a post that is not there, as policies name it.';
COMMENT ON COLUMN incident.contact_reach.problem IS
'Of a post: is not in the directory, though a policy in use names it; reaches nobody now; has fewer than two people, though it has duties or authority. Of a roster: holds nobody, within the next 30 days. Of a contact: has no channel.';
COMMENT ON COLUMN incident.contact_reach.since IS 'Of a roster that holds nobody: from when on; NULL otherwise.';
COMMENT ON COLUMN incident.contact_reach.until IS 'And until when; infinity: for more than 400 days.';

SELECT incident_internal.allow('read', 'audience', 'contact_reach');
