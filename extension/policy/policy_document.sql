-- Policies as documents: import, check, publish, export, combine with an addendum.

CREATE FUNCTION incident.check_policy(
	document jsonb, language text DEFAULT NULL, OUT place text, OUT problem text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE
SET intervalstyle = 'postgres'
AS 'MODULE_PATHNAME', 'pgi_check_policy_document';

-- Errors when a document cannot even be stored as the rows of a policy.
CREATE FUNCTION incident_internal.expect_policy(document jsonb)
RETURNS void
LANGUAGE c STABLE STRICT PARALLEL SAFE
SET intervalstyle = 'postgres'
AS 'MODULE_PATHNAME', 'pgi_expect_policy';

CREATE FUNCTION incident.policy_remarks(document jsonb, language text DEFAULT NULL, OUT place text, OUT remark text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE
SET intervalstyle = 'postgres'
AS 'MODULE_PATHNAME', 'pgi_policy_remarks';

-- A time on a calendar as it is stored: working days as they are written, anything else as
-- intervals are printed.
CREATE FUNCTION incident_internal.stored_term(term text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT CASE WHEN term LIKE '% working day%' THEN term ELSE term::interval::text END
$$;

-- The items of an array in a document, numbered; none when it is left out.
CREATE FUNCTION incident_internal.json_items(value jsonb)
RETURNS TABLE (item jsonb, number integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT i.value, i.ordinality::integer - 1
	FROM jsonb_array_elements(nullif(value, 'null')) WITH ORDINALITY AS i
$$;

CREATE FUNCTION incident_internal.write_policy_levels(document jsonb, id integer)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	INSERT INTO incident_internal.policy_severities (policy_id, severity, title, words, criteria)
		SELECT id, (item ->> 'severity')::incident.severity, item -> 'title',
			incident_internal.json_words(item -> 'words'), nullif(item -> 'criteria', 'null')
		FROM incident_internal.json_items(document -> 'severities');
	INSERT INTO incident_internal.policy_levels (policy_id, level, title, words, processing_time, respond_within, calendar)
		SELECT id, (item ->> 'level')::incident.level, item -> 'title', incident_internal.json_words(item -> 'words'), incident_internal.stored_term(item ->> 'processing_time'),
			incident_internal.stored_term(item ->> 'respond_within'), coalesce(item ->> 'calendar', '24x7')
		FROM incident_internal.json_items(document -> 'levels');
	INSERT INTO incident_internal.policy_acknowledgements (policy_id, level, step, within, audience)
		SELECT id, (l.item ->> 'level')::incident.level, 0, incident_internal.stored_term(l.item #>> '{acknowledge,within}'), NULL
		FROM incident_internal.json_items(document -> 'levels') AS l
		WHERE l.item #> '{acknowledge,within}' IS NOT NULL
		UNION ALL
		SELECT id, (l.item ->> 'level')::incident.level, s.number + 1, incident_internal.stored_term(s.item ->> 'within'),
			incident_internal.json_words(s.item -> 'audience')
		FROM incident_internal.json_items(document -> 'levels') AS l, incident_internal.json_items(l.item #> '{acknowledge,steps}') AS s;
	INSERT INTO incident_internal.policy_matrix (policy_id, number, asset_level, severity, event_level, response_level)
		SELECT id, number, nullif(item ->> 'asset_level', 'any')::incident.level, (item ->> 'severity')::incident.severity,
			(item ->> 'event_level')::incident.level, (item ->> 'response_level')::incident.level
		FROM incident_internal.json_items(document -> 'matrix');
	INSERT INTO incident_internal.policy_escalation_steps (policy_id, step, to_level, event_levels, measure, amount, percent,
			reports)
		SELECT id, s.number, (s.item ->> 'to')::incident.level, incident_internal.json_levels(s.item -> 'event_levels'),
			m.measure, CASE WHEN m.measure <> 'percent' THEN incident_internal.stored_term(s.item ->> m.measure) END,
			(s.item ->> 'percent')::numeric::integer, incident_internal.json_words(s.item -> 'reports')
		FROM incident_internal.json_items(document #> '{escalation,steps}') AS s,
			unnest('{elapsed,remaining,percent,inactive}'::text[]) AS m(measure)
		WHERE s.item ->> m.measure IS NOT NULL;
$$;

CREATE FUNCTION incident_internal.write_policy_duties(document jsonb, id integer)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	INSERT INTO incident_internal.policy_duties (policy_id, number, duty, title, starts, after, scope, responsible, repeats,
			repeats_overdue, repeat_limit, until, done_by, content)
		SELECT id, number, item ->> 'duty', item -> 'title',
			CASE WHEN jsonb_typeof(item -> 'starts') = 'string' THEN item ->> 'starts' END,
			item #>> '{starts,after}', item ->> 'scope', incident_internal.json_words(item -> 'responsible'),
			item ->> 'repeat' IS NOT NULL, item #>> '{repeat,also}' IS NOT NULL, (item #>> '{repeat,limit}')::numeric::integer,
			item ->> 'until', item ->> 'done_by', nullif(item -> 'content', 'null')
		FROM incident_internal.json_items(document -> 'duties');
	INSERT INTO incident_internal.policy_duty_levels (policy_id, duty, level, item, within, audience)
		SELECT id, d.item ->> 'duty', unnest(incident_internal.json_levels(f.item -> 'levels')), f.number,
			incident_internal.stored_term(f.item ->> 'within'), incident_internal.json_words(f.item -> 'audience')
		FROM incident_internal.json_items(document -> 'duties') AS d, incident_internal.json_items(d.item -> 'for') AS f;
	INSERT INTO incident_internal.policy_authorities (policy_id, number, act, event_levels, posts, persons)
		SELECT id, number, item ->> 'act', incident_internal.json_levels(item -> 'event_levels'),
			incident_internal.json_words(item -> 'posts'), coalesce((item ->> 'persons')::numeric::integer, 1)
		FROM incident_internal.json_items(document -> 'authorities');
	INSERT INTO incident_internal.policy_message_rules (policy_id, number, kind, duty, clock, scope, levels, audience_of,
			of_duty, posts, steps_of, acknowledge, again_after, again_limit, then_next, urgent)
		SELECT id, number, item ->> 'on', item ->> 'duty', item ->> 'clock', coalesce(item ->> 'scope', 'event_level'),
			incident_internal.json_levels(item -> 'levels'), item #>> '{to,audience_of}', item #>> '{to,duty}',
			incident_internal.json_words(item #> '{to,posts}'), item #>> '{to,steps_of}', a.acknowledge,
			(item #>> '{again,after}')::interval, (item #>> '{again,limit}')::numeric::integer, item ->> 'then' IS NOT NULL,
			coalesce((item ->> 'urgent')::boolean, a.acknowledge <> 'nobody')
		FROM incident_internal.json_items(document #> '{messages,rules}'),
			LATERAL (SELECT coalesce(item ->> 'acknowledge', 'nobody')) AS a(acknowledge);
	INSERT INTO incident_internal.policy_posts (policy_id, post, title)
		SELECT id, item ->> 'post', item -> 'title' FROM incident_internal.json_items(document -> 'posts');
	INSERT INTO incident_internal.policy_categories (policy_id, category, title, levels)
		SELECT id, item ->> 'category', item -> 'title', item -> 'levels'
		FROM incident_internal.json_items(document -> 'categories');
$$;

-- The axes without what is left out, the values of the first in their order.
CREATE FUNCTION incident_internal.normal_axes(axes jsonb)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN axes #>> '{asset,values}' IS NULL THEN axes #- '{asset,values}'
		ELSE jsonb_set(axes, '{asset,values}', (SELECT coalesce(jsonb_agg(item
				ORDER BY (item ->> 'level')::incident.level DESC), '[]')
			FROM incident_internal.json_items(axes #> '{asset,values}'))) END
$$;

-- Writes a document as the rows of a policy. id NULL takes the next id.
CREATE FUNCTION incident_internal.write_policy(document jsonb, id integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
	new_id integer;
BEGIN
	PERFORM incident_internal.expect_policy(document);
	INSERT INTO incident_internal.policies (policy_id, name, version, title, source, axes, escalation_rule, hold_stops,
			unknown_counts_as, message_count, message_within, missed_ticks, message_attempts, message_languages)
		VALUES (coalesce(id, nextval('incident_internal.policies_policy_id_seq')::integer),
			document ->> 'name', incident_internal.next_version('policy', document ->> 'name'), document -> 'title', document ->> 'source',
			incident_internal.normal_axes(document -> 'axes'), document #>> '{escalation,rule}',
			incident_internal.json_words(document #> '{hold,stops}'), document ->> 'unknown',
			(document #>> '{messages,limit,count}')::numeric::integer,
			(document #>> '{messages,limit,within}')::interval, document #>> '{messages,missed_ticks}',
			coalesce((document #>> '{messages,attempts}')::numeric::integer, 8),
			incident_internal.json_words(document #> '{messages,languages}'))
		RETURNING policy_id INTO new_id;
	PERFORM incident_internal.write_policy_levels(document, new_id);
	PERFORM incident_internal.write_policy_duties(document, new_id);
	RETURN new_id;
END
$$;

CREATE FUNCTION incident_internal.import_policy(document jsonb)
RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT incident_internal.write_policy(incident_internal.needed(document, 'the document'), NULL);
END;

-- The parts of export_policy.

CREATE FUNCTION incident_internal.exported_levels(policy_id integer)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('level', l.level::text, 'title', l.title,
			'processing_time', l.processing_time)
		|| jsonb_strip_nulls(jsonb_build_object('calendar', nullif(l.calendar, '24x7'), 'words', l.words,
			'respond_within', l.respond_within, 'acknowledge',
			(SELECT jsonb_build_object('within', a.within, 'steps',
					(SELECT jsonb_agg(jsonb_build_object('within', s.within, 'audience', s.audience) ORDER BY s.step)
					FROM incident_internal.policy_acknowledgements AS s
					WHERE s.policy_id = a.policy_id AND s.level = a.level AND s.step > 0))
				FROM incident_internal.policy_acknowledgements AS a
				WHERE a.policy_id = l.policy_id AND a.level = l.level AND a.step = 0)))
		ORDER BY l.level DESC), '[]')
	FROM incident_internal.policy_levels AS l WHERE l.policy_id = exported_levels.policy_id
$$;

CREATE FUNCTION incident_internal.exported_steps(policy_id integer)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('to', r.to_level::text,
			'event_levels', r.event_levels::text[],
			r.measure, coalesce(to_jsonb(r.amount), to_jsonb(r.percent)), 'reports', r.reports))
		ORDER BY r.step)
	FROM incident_internal.policy_escalation_steps AS r WHERE r.policy_id = exported_steps.policy_id
$$;

CREATE FUNCTION incident_internal.exported_duties(policy_id integer)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('duty', d.duty, 'title', d.title,
			'starts', coalesce(to_jsonb(d.starts), jsonb_build_object('after', d.after)), 'scope', d.scope,
			'for', (SELECT coalesce(jsonb_agg(f.line ORDER BY f.item), '[]')
				FROM (SELECT l.item, jsonb_build_object('levels', jsonb_agg(l.level::text ORDER BY l.level DESC),
						'within', l.within, 'audience', l.audience) AS line
					FROM incident_internal.policy_duty_levels AS l
					WHERE l.policy_id = d.policy_id AND l.duty = d.duty
					GROUP BY l.item, l.within, l.audience) AS f))
		|| CASE WHEN d.repeats THEN jsonb_build_object('repeat', jsonb_build_object('limit', d.repeat_limit)
				|| CASE WHEN d.repeats_overdue THEN '{"also": "overdue"}'::jsonb ELSE '{}' END)
			ELSE '{}' END
		|| jsonb_strip_nulls(jsonb_build_object('responsible', d.responsible, 'until', d.until,
			'done_by', d.done_by, 'content', d.content))
		ORDER BY d.number), '[]')
	FROM incident_internal.policy_duties AS d WHERE d.policy_id = exported_duties.policy_id
$$;

-- What is as it is where nothing is said, is left out.
CREATE FUNCTION incident_internal.exported_messages(policy_id integer)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('missed_ticks', p.missed_ticks, 'attempts', nullif(p.message_attempts, 8),
		'languages', p.message_languages,
		'limit', CASE WHEN p.message_count IS NOT NULL THEN
			jsonb_build_object('count', p.message_count, 'within', p.message_within) END,
		'rules', (SELECT jsonb_agg(jsonb_build_object('on', r.kind, 'duty', r.duty, 'clock', r.clock,
				'scope', nullif(r.scope, 'event_level'), 'levels', r.levels::text[],
				'to', jsonb_build_object('audience_of', r.audience_of, 'duty', r.of_duty,
					'posts', r.posts, 'steps_of', r.steps_of),
				'acknowledge', nullif(r.acknowledge, 'nobody'),
				'again', CASE WHEN r.again_after IS NOT NULL THEN jsonb_build_object('after', r.again_after, 'limit', r.again_limit) END,
				'then', CASE WHEN r.then_next THEN 'next' END,
				'urgent', nullif(r.urgent, r.acknowledge <> 'nobody')) ORDER BY r.number)
			FROM incident_internal.policy_message_rules AS r WHERE r.policy_id = p.policy_id)))
	FROM incident_internal.policies AS p WHERE p.policy_id = exported_messages.policy_id
$$;

CREATE FUNCTION incident_internal.export_policy(policy_id integer)
RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
	SELECT jsonb_build_object(
		'name', p.name, 'title', p.title, 'axes', p.axes,
		'severities', (SELECT coalesce(jsonb_agg(jsonb_build_object('severity', s.severity::text, 'title', s.title)
				|| jsonb_strip_nulls(jsonb_build_object('words', s.words))
				|| CASE WHEN s.criteria IS NULL THEN '{}' ELSE jsonb_build_object('criteria', s.criteria) END
				ORDER BY s.severity DESC), '[]')
			FROM incident_internal.policy_severities AS s WHERE s.policy_id = p.policy_id),
		'levels', incident_internal.exported_levels(p.policy_id),
		'matrix', (SELECT coalesce(jsonb_agg(jsonb_build_object(
				'asset_level', coalesce(m.asset_level::text, 'any'), 'severity', m.severity::text,
				'event_level', m.event_level::text, 'response_level', m.response_level::text)
				ORDER BY m.asset_level DESC, m.severity DESC), '[]')
			FROM incident_internal.policy_matrix AS m WHERE m.policy_id = p.policy_id),
		'escalation', jsonb_strip_nulls(jsonb_build_object('rule', p.escalation_rule,
			'steps', incident_internal.exported_steps(p.policy_id))),
		'duties', incident_internal.exported_duties(p.policy_id),
		'hold', jsonb_build_object('stops', p.hold_stops),
		'unknown', p.unknown_counts_as,
		'authorities', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('act', a.act,
				'event_levels', a.event_levels::text[], 'posts', a.posts, 'persons', nullif(a.persons, 1)))
				ORDER BY a.number), '[]')
			FROM incident_internal.policy_authorities AS a WHERE a.policy_id = p.policy_id),
		'messages', incident_internal.exported_messages(p.policy_id),
		'posts', (SELECT coalesce(jsonb_agg(jsonb_build_object('post', r.post, 'title', r.title)
				ORDER BY r.post COLLATE "C"), '[]')
			FROM incident_internal.policy_posts AS r WHERE r.policy_id = p.policy_id),
		'categories', (SELECT coalesce(jsonb_agg(jsonb_build_object(
				'category', c.category, 'title', c.title, 'levels', c.levels)
				ORDER BY c.category COLLATE "C"), '[]')
			FROM incident_internal.policy_categories AS c WHERE c.policy_id = p.policy_id))
		|| CASE WHEN p.source IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('source', p.source) END
	FROM incident_internal.policies AS p WHERE p.policy_id = export_policy.policy_id AND p.state <> 'dropped'
$$;

-- An export that comes to say more must leave out what is not set, or published policies would
-- seem to have changed.
CREATE FUNCTION incident_internal.policy_digest(policy_id integer)
RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT incident_internal.document_digest(incident_internal.export_policy(policy_id));
END;

-- Whether a policy is published now, whatever the transaction's snapshot shows. Error
-- serialization_failure in REPEATABLE READ and above when it is not, as the transaction would
-- go on finding it.
CREATE FUNCTION incident_internal.is_published(policy_id integer)
RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pgi_is_published';

-- Keeps a policy from being retired and dropped until the transaction ends; false when it is
-- published no longer. Waits for who is just retiring it.
CREATE FUNCTION incident_internal.keep_policy(policy_id integer)
RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM incident_internal.take_lock('policy in use', policy_id, shared => true);
	RETURN incident_internal.is_published(policy_id);
END
$$;

-- Keeps others from taking a policy into use until the transaction ends. What they have done
-- before shows in the next statement. Who is just doing so is not waited for, as others would
-- have to wait behind this.
CREATE FUNCTION incident_internal.bar_policy(policy_id integer)
RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM incident_internal.expect_newest_snapshot('policies are retired and dropped');
	IF NOT incident_internal.take_lock('policy in use', policy_id, wait => false) THEN
		RAISE EXCEPTION 'policy % is just being taken into use', policy_id
			USING ERRCODE = 'object_in_use', HINT = 'Try again when the transaction that does so has ended.';
	END IF;
END
$$;

CREATE FUNCTION incident_internal.publish_policy(policy_id integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	document jsonb;
BEGIN
	PERFORM incident_internal.lock_draft('policy', policy_id);
	document := incident_internal.export_policy(policy_id);
	PERFORM incident_internal.publish_version('policy', policy_id, document,
		ARRAY(SELECT format('%s: %s', c.place, c.problem) FROM incident.check_policy(document, 'en') AS c));
END
$$;

-- Built-in policies come back with the extension when a dump is restored.
CREATE FUNCTION incident_internal.refuse_built_in(policy_id integer, name text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF policy_id < 1000 THEN
		RAISE EXCEPTION 'policy % is built in', name USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
END
$$;

CREATE FUNCTION incident_internal.retire_policy(policy_id integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	policy CONSTANT record := incident_internal.lock_version('policy', policy_id);
	open_ones bigint;
	organisation text;
BEGIN
	PERFORM incident_internal.refuse_built_in(policy_id, policy.name);
	IF policy.state <> 'published' THEN
		RAISE EXCEPTION 'policy % is %, not published', policy_id, policy.state
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	PERFORM incident_internal.bar_policy(policy_id);
	SELECT count(*) INTO open_ones FROM incident_internal.incident_state AS s
		WHERE s.policy_id = retire_policy.policy_id AND NOT incident_internal.is_over(s.status);
	IF open_ones > 0 THEN
		RAISE EXCEPTION 'policy % has % incidents that are neither closed nor cancelled', policy_id, open_ones
			USING ERRCODE = 'object_in_use';
	END IF;
	-- Two versions of one name are retired one after the other.
	PERFORM incident_internal.take_lock('policy name', hashtext(policy.name));
	SELECT o.name INTO organisation FROM incident_internal.organisations AS o
		WHERE o.policy = policy.name AND NOT EXISTS (SELECT FROM incident_internal.policies AS p
			WHERE p.name = policy.name AND p.state = 'published' AND p.policy_id <> retire_policy.policy_id)
		ORDER BY o.org_id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'policy % is the last published version of "%", which organisation "%" uses',
				policy_id, policy.name, organisation
			USING ERRCODE = 'object_in_use', HINT = 'Give the organisation another policy, or publish a new version.';
	END IF;
	UPDATE incident_internal.policies AS p SET state = 'retired', retired_at = now()
		WHERE p.policy_id = retire_policy.policy_id;
END
$$;

CREATE FUNCTION incident_internal.drop_policy(policy_id integer)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	policy CONSTANT record := incident_internal.lock_version('policy', policy_id);
BEGIN
	PERFORM incident_internal.refuse_built_in(policy_id, policy.name);
	PERFORM incident_internal.bar_policy(policy_id);
	IF policy.state = 'published' THEN
		RAISE EXCEPTION 'policy % is published', policy_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Retire it first: incident.retire_policy().';
	ELSIF EXISTS (SELECT FROM incident_internal.incidents AS i WHERE i.policy_id = drop_policy.policy_id)
			OR EXISTS (SELECT FROM incident_internal.incident_state AS s WHERE s.policy_id = drop_policy.policy_id) THEN
		RAISE EXCEPTION 'policy % has incidents', policy_id
			USING ERRCODE = 'object_in_use', HINT = 'A retired policy may stay for as long as there are any.';
	END IF;
	UPDATE incident_internal.policies AS p SET state = 'dropped' WHERE p.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_severities AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_levels AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_acknowledgements AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_matrix AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_escalation_steps AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_duties AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_duty_levels AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_authorities AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_message_rules AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_posts AS x WHERE x.policy_id = drop_policy.policy_id;
	DELETE FROM incident_internal.policy_categories AS x WHERE x.policy_id = drop_policy.policy_id;
END
$$;

-- Addenda

-- What of an addendum cannot be left to the check of the policy that it is combined with.
CREATE FUNCTION incident_internal.expect_addendum(addendum jsonb, document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	twin record;
BEGIN
	PERFORM incident_internal.expect_document(addendum, 'addendum');
	SELECT number, item -> 'duty' AS duty INTO twin
		FROM incident_internal.json_items(addendum -> 'duties')
		WHERE item -> 'duty' IN (SELECT d.item -> 'duty' FROM incident_internal.json_items(document -> 'duties') AS d)
		ORDER BY number LIMIT 1;
	IF FOUND THEN
		PERFORM incident_internal.refuse_document(format('addendum: $.duties[%s].duty', twin.number),
			format('is %s', left(twin.duty::text, 100)), 'The policy has a duty of that name.');
	END IF;
END
$$;

CREATE FUNCTION incident_internal.combine_policy(document jsonb, addendum jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	combined jsonb;
BEGIN
	PERFORM incident_internal.expect_policy(document);
	PERFORM incident_internal.expect_addendum(addendum, document);
	combined := document || jsonb_build_object(
		'source', concat_ws(' ', document ->> 'source', format('With %s, in force since %s: %s', addendum ->> 'name',
			addendum ->> 'in_force', addendum ->> 'source')),
		'duties', (document -> 'duties') || (addendum -> 'duties'),
		'posts', (document -> 'posts') || coalesce((SELECT jsonb_agg(a.item ORDER BY a.number)
			FROM incident_internal.json_items(addendum -> 'posts') AS a
			WHERE a.item -> 'post' NOT IN (SELECT r.item -> 'post' FROM incident_internal.json_items(document -> 'posts') AS r)),
			'[]'));
	PERFORM incident_internal.expect_policy(combined);
	RETURN combined;
END
$$;

CREATE FUNCTION incident_internal.policy_addendum(name text)
RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_one jsonb;
BEGIN
	policy_addendum.name := incident_internal.needed_name(policy_addendum.name, 'the addendum');
	SELECT a.document INTO found_one FROM incident_internal.policy_addenda AS a WHERE a.addendum = policy_addendum.name;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no addendum "%"', left(name, 100)
			USING ERRCODE = 'undefined_object',
				  HINT = format('There are: %s.', (SELECT string_agg(a.addendum, ', ' ORDER BY a.addendum COLLATE "C")
					FROM incident_internal.policy_addenda AS a));
	END IF;
	RETURN found_one;
END
$$;

-- What the extension ships: a preset under its fixed id, and an addendum.

CREATE FUNCTION incident_internal.load_preset(id integer, document text)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT incident_internal.publish_policy(incident_internal.write_policy(document::jsonb, id))
$$;

CREATE FUNCTION incident_internal.load_addendum(document text)
RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO incident_internal.policy_addenda (addendum, document) VALUES (document::jsonb ->> 'name', document::jsonb)
$$;

COMMENT ON FUNCTION incident.check_policy(jsonb, text) IS
'All that is wrong with a policy document, each with its JSON path and a sentence: unknown and missing keys, wrong values, holes in the matrix, rows and times out of order, rules that can never fire, audiences and authorities with nobody, repeats without end. No rows when it is sound; one when there is none (NULL); at most 1000. What needs a part that cannot be read is checked once that part is right.';
COMMENT ON FUNCTION incident.policy_remarks(jsonb, text) IS
'What people may not expect of a sound policy document, each with its JSON path: plain days on a calendar of working hours, which count 24 worked hours each, and working days on one that never rests. Error invalid_parameter_value when the document is not sound.';
COMMENT ON FUNCTION incident_internal.import_policy(jsonb) IS
'Writes a policy document as a draft and returns its id; a name that exists makes the next version. A draft need not be sound. Error invalid_parameter_value names the place of whatever cannot be stored: an unknown or missing key, a value of the wrong kind, a double, a calendar that does not exist; program_limit_exceeded that of an array that is too long.';
COMMENT ON FUNCTION incident_internal.publish_policy(integer) IS
'Publishes a draft; refuses while check_policy has findings for it (invalid_parameter_value, the findings as detail). From then on it never changes. New incidents take the newest published version, open ones stay on theirs.';
COMMENT ON FUNCTION incident_internal.policy_digest(integer) IS
'SHA-256 of the document of a policy, as export_policy gives it, as text in UTF-8; NULL when there is no such id.';
COMMENT ON FUNCTION incident_internal.retire_policy(integer) IS
'Takes a published version out of use: no incident is opened under it any more. Error object_in_use while an incident under it is being opened, or neither closed nor cancelled, and for the last published version of the policy of an organisation; object_not_in_prerequisite_state for built-in policies and those that are not published, and in a transaction that is not READ COMMITTED.';
COMMENT ON FUNCTION incident_internal.drop_policy(integer) IS
'Deletes a draft or a retired version; its version number is not given again. Error object_in_use while there are incidents under it; object_not_in_prerequisite_state for built-in and published policies, and in a transaction that is not READ COMMITTED.';
COMMENT ON FUNCTION incident_internal.export_policy(integer) IS
'The document of a policy; importing it gives the same policy. NULL when there is no such id.';
COMMENT ON FUNCTION incident_internal.combine_policy(jsonb, jsonb) IS
'A policy document with the posts and duties of an addendum added, and its source named. A post that the policy has keeps its title. Error invalid_parameter_value names the place of whatever does not fit: a duty of the same name, or what import_policy would refuse.';
COMMENT ON FUNCTION incident_internal.policy_addendum(text) IS
'An addendum that the extension ships, for combine_policy. Error undefined_object when there is none of that name.';

SELECT incident_internal.allow('consult', 'check_policy', 'combine_policy', 'export_policy',
	'policy_addendum', 'policy_remarks');
SELECT incident_internal.allow('operate', 'drop_policy', 'import_policy', 'publish_policy',
	'retire_policy');
