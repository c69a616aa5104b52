-- Reading behind the walls between organisations beside reading without them: the views of the
-- product, and the same without walls (rights_views.sql), in turns, each statement planned anew,
-- as a login that is no superuser. What is read is compared first.
--
--   open=100000      incidents, and again over as many organisations
--   million=0        1: also a million over 1,000
--   runs=40          of each statement; of those that count everything, a tenth
\if :{?open} \else \set open 100000 \endif
\if :{?million} \else \set million 0 \endif
\if :{?runs} \else \set runs 40 \endif
\pset pager off
SET client_min_messages = warning;
CREATE EXTENSION pg_incident;
CREATE SCHEMA bench;
\ir report.sql
\ir rights_views.sql

CREATE ROLE bench_one LOGIN;		-- granted one organisation
CREATE ROLE bench_half LOGIN;		-- half of them, one by one
CREATE ROLE bench_all LOGIN;		-- all of them
SELECT incident.grant_role('responder', login, everywhere => login = 'bench_all')
	FROM unnest('{bench_one,bench_half,bench_all}'::name[]) AS login \g /dev/null

-- The host's own tickets, with a key of either kind.
CREATE TABLE public.tickets (
	id bigint PRIMARY KEY,
	key text NOT NULL UNIQUE,
	project integer NOT NULL,
	subject text NOT NULL
);
CREATE INDEX ON public.tickets (project, id);
GRANT SELECT ON public.tickets TO PUBLIC;
GRANT USAGE ON SCHEMA bench, report TO PUBLIC;

-- Open incidents of the organisations in turns, one in a hundred of them marked red, a ticket for each tenth when
-- there are many; a fifth with duties that are overdue. Each is a copy of one of two that were opened.
CREATE PROCEDURE bench.fill(incidents bigint, organisations integer) LANGUAGE plpgsql AS $$
DECLARE
	step CONSTANT bigint := greatest(incidents / 100000, 1);
	late bigint;
	fresh bigint;
BEGIN
	TRUNCATE incident_internal.incidents, incident_internal.incident_state, incident_internal.entries, incident_internal.timers,
		incident_internal.assets, incident_internal.organisations, public.tickets;
	DELETE FROM incident_internal.grants WHERE grantee = 'bench_half';
	INSERT INTO incident_internal.organisations (org_id, name) SELECT n, 'organisation ' || n FROM generate_series(1, organisations) AS n;
	INSERT INTO incident_internal.grants (org_id, grantee, role) SELECT n, 'bench_half', 'responder' FROM generate_series(1, organisations, 2) AS n;
	INSERT INTO incident_internal.assets (org_id, asset_id, name, category, level)
		SELECT o, a, 'asset ' || a, 'application', '2' FROM generate_series(1, organisations) AS o, generate_series(1, 10) AS a;
	fresh := incident.open('asset 1', 'moderate', 'what happened');
	late := incident.open('asset 1', 'moderate', 'what happened', now() - interval '20 minutes');
	PERFORM incident.tick();
	CREATE TEMP TABLE copied ON COMMIT DROP AS
		SELECT 1 + n / step % organisations AS org_id, 1000 + n AS incident_id, n, CASE WHEN n % 5 = 0 THEN late ELSE fresh END AS of
		FROM generate_series(1, incidents) AS n;
	INSERT INTO incident_internal.incidents (org_id, incident_id, policy_id, detected_at, category, confidentiality, ticket, drill)
		SELECT c.org_id, c.incident_id, i.policy_id, i.detected_at, 'category ' || c.n % 7, CASE WHEN c.n % 100 = 0 THEN 'red' END,
			c.n / step + CASE c.n % step WHEN 0 THEN 0 ELSE 1000000 * (c.n % step) END, false
		FROM copied AS c JOIN incident_internal.incidents AS i ON i.incident_id = c.of;
	INSERT INTO incident_internal.incident_state
		SELECT (jsonb_populate_record(s, jsonb_build_object('org_id', c.org_id, 'incident_id', c.incident_id, 'asset_id', 1 + c.n % 10))).*
		FROM copied AS c JOIN incident_internal.incident_state AS s ON s.incident_id = c.of;
	INSERT INTO incident_internal.entries
		SELECT (jsonb_populate_record(e, jsonb_build_object('org_id', c.org_id, 'incident_id', c.incident_id, 'note', 'what happened ' || c.n))).*
		FROM copied AS c JOIN incident_internal.entries AS e ON e.incident_id = c.of AND e.seq = 1;
	DELETE FROM incident_internal.incidents WHERE incident_id IN (late, fresh);
	DELETE FROM incident_internal.incident_state WHERE incident_id IN (late, fresh);
	INSERT INTO public.tickets SELECT n, n, 1 + n % organisations, 'subject ' || n FROM generate_series(1, incidents / step) AS n;
END
$$;

-- {} is the schema of the views, # a project of an organisation that the login was granted, and
-- @ a ticket of it.
CREATE TABLE bench.shape (n int, name text, statement text, counts boolean);
INSERT INTO bench.shape VALUES
	(1, 'ticket, number as text', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = incident.ticket_key(t.id) WHERE t.id = @', false),
	(2, 'ticket, number', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket_number = t.id WHERE t.id = @', false),
	(3, 'ticket, text', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = t.key WHERE t.key = ''@''', false),
	(4, '25 tickets, number as text', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = incident.ticket_key(t.id) WHERE t.project = # ORDER BY t.id LIMIT 25', false),
	(5, '25 tickets, number', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket_number = t.id WHERE t.project = # ORDER BY t.id LIMIT 25', false),
	(6, '25 tickets, text', 'SELECT t.subject, o.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = t.key WHERE t.project = # ORDER BY t.id LIMIT 25', false),
	(7, 'duties, number as text', 'SELECT t.subject, d.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = incident.ticket_key(t.id) JOIN {}.duty_status AS d USING (org_id, incident_id) WHERE t.id = @ AND d.status = ''overdue''', false),
	(8, 'duties, number', 'SELECT t.subject, d.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket_number = t.id JOIN {}.duty_status AS d USING (org_id, incident_id) WHERE t.id = @ AND d.status = ''overdue''', false),
	(9, 'duties, text', 'SELECT t.subject, d.* FROM tickets AS t JOIN {}.open_incidents AS o ON o.ticket = t.key JOIN {}.duty_status AS d USING (org_id, incident_id) WHERE t.key = ''@'' AND d.status = ''overdue''', false),
	(10, 'duties, by incident_id only', 'SELECT d.* FROM {}.duty_status AS d JOIN {}.open_incidents AS o USING (incident_id) WHERE o.ticket = ''@'' AND d.status = ''overdue''', false),
	(11, 'count open_incidents', 'SELECT count(*) FROM {}.open_incidents', true),
	(12, 'count duty_status', 'SELECT count(*) FROM {}.duty_status', true);
GRANT SELECT ON bench.shape TO PUBLIC;

CREATE FUNCTION bench.statement(shape bench.shape, schema text, ticket bigint, project bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT replace(replace(replace(shape.statement, '{}', schema), '@', ticket::text), '#', project::text)
$$;

-- Times each statement with and without walls, in turns, as the login; the ticket is another each time.
CREATE PROCEDURE bench.measure(part text, login name, organisations integer, runs integer) LANGUAGE plpgsql AS $$
DECLARE
	shape bench.shape;
	view text;
	statement text;
	began timestamptz;
	took float8[];
	schemas text[];
	ticket bigint;
BEGIN
	FOR shape IN SELECT * FROM bench.shape ORDER BY n LOOP
		FOR run IN 0 .. CASE WHEN shape.counts THEN greatest(runs / 10, 3) ELSE runs END LOOP
			ticket := organisations * (5 * run % greatest(100000 / organisations, 1));
			ticket := CASE WHEN ticket = 0 THEN organisations ELSE ticket END;	-- of project 1
			schemas := CASE run % 2 WHEN 0 THEN '{plain,incident}' ELSE '{incident,plain}' END;
			FOREACH view IN ARRAY schemas LOOP
				statement := bench.statement(shape, view, ticket, 1);
				EXECUTE format('SET ROLE %I', login);
				began := clock_timestamp();
				EXECUTE statement;
				took := ARRAY[extract(epoch FROM clock_timestamp() - began) * 1000];
				RESET ROLE;
				PERFORM report.take(part, shape.name || ' ' || view, run, took[1]);
			END LOOP;
		END LOOP;
		COMMIT;
		PERFORM report.tell(part, shape.name || ', plain', report.median(part, shape.name || ' plain'), 'ms');
		PERFORM report.tell(part, shape.name || ', walled', report.median(part, shape.name || ' incident'), 'ms',
			CASE WHEN shape.counts AND shape.name LIKE '%open%' AND part NOT LIKE 'million%' THEN 200 WHEN shape.counts AND part NOT LIKE 'million%' THEN 1000 END);
		PERFORM report.tell(part, shape.name || ', ratio', report.ratio(part, shape.name || ' incident', shape.name || ' plain'), '',
			CASE WHEN NOT shape.counts THEN 2 END);
	END LOOP;
END
$$;

-- Errors when the login sees another row than those without walls that are of his organisations.
CREATE PROCEDURE bench.check(login name) LANGUAGE plpgsql AS $$
DECLARE
	view text;
	seen bigint;
	own bigint;
	others bigint;
BEGIN
	FOREACH view IN ARRAY '{open_incidents,duty_status}'::text[] LOOP
		EXECUTE format('SELECT count(*) FROM plain.%I WHERE org_id = ANY (ARRAY(SELECT o.org_id FROM incident_internal.organisations AS o
			JOIN incident_internal.grants AS g ON g.org_id IN (0, o.org_id) AND g.grantee = %L))', view, login) INTO own;
		EXECUTE format('CREATE TEMP TABLE mine AS SELECT o.org_id FROM incident_internal.organisations AS o
			WHERE EXISTS (SELECT FROM incident_internal.grants AS g WHERE g.org_id IN (0, o.org_id) AND g.grantee = %L)', login);
		GRANT SELECT ON mine TO PUBLIC;
		EXECUTE format('SET ROLE %I', login);
		EXECUTE format('SELECT count(*), count(*) FILTER (WHERE org_id NOT IN (SELECT org_id FROM mine)) FROM incident.%I', view) INTO seen, others;
		RESET ROLE;
		DROP TABLE mine;
		IF seen <> own OR others <> 0 OR own = 0 THEN
			RAISE EXCEPTION '% sees % rows of %, % of others; own are %', login, seen, view, others, own;
		END IF;
	END LOOP;
END
$$;

SET pg_incident.organisation = '';
\set organisations 1
\set part 'of 1'
\set logins '{bench_one}'
\ir rights_part.sql
\set organisations 1000
\set part 'of 1,000'
\set logins '{bench_one,bench_half,bench_all}'
\ir rights_part.sql
\if :million
\set open 1000000
\set part 'million of 1,000'
\ir rights_part.sql
\endif

SELECT * FROM report.summary;
