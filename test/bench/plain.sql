-- eport without its duties, so that each escalation is one decision: the policy plain, and
-- the document under another name.
CREATE FUNCTION public.plain_policy(new_name text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT d || jsonb_build_object('name', new_name, 'duties', '[]'::jsonb, 'messages', '{"missed_ticks": "latest"}'::jsonb, 'posts',
		(SELECT jsonb_agg(r) FROM jsonb_array_elements(d -> 'posts') AS r
			WHERE EXISTS (SELECT FROM jsonb_path_query(d, '$.authorities[*].posts[*]') AS a WHERE a = r -> 'post')))
	FROM incident.export_policy(incident.policy_id('eport')) AS d
$$;
SELECT incident.publish_policy(incident.import_policy(plain_policy('plain'))) \g /dev/null
