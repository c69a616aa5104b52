# Schemas of others: the extension belongs to none of them, needs none, and nothing that
# somebody has put into one, or into the temporary schema of a session, ever runs with
# another's rights.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('namespaces', preload => 'pg_cron', cron_database => 'crontab');

# The extension is in no schema that the database's owner may drop.
$node->safe_psql('postgres', 'CREATE ROLE householder LOGIN; CREATE DATABASE house OWNER householder');
$node->safe_psql('house', 'CREATE EXTENSION pg_incident');
is($node->safe_psql('house', q{SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_incident'}),
	'pg_catalog', 'the extension is recorded in pg_catalog');
my $open = q{SELECT incident.open(NULL, 'minor') > 0};
$node->safe_psql('house', $open);
$node->safe_psql('house', 'DROP SCHEMA public CASCADE', extra_params => [ '-U', 'householder' ]);
is($node->safe_psql('house', 'SELECT count(*) FROM incident.open_incidents'),
	'1', 'the database\'s owner has dropped the schema public, and incidents are there');
is($node->safe_psql('house', $open), 't', 'and another can be opened');
$node->safe_psql('house', 'DROP EXTENSION pg_incident; CREATE EXTENSION pg_incident');
is($node->safe_psql('house', $open), 't', 'where there is no schema public the extension can be created');
$node->safe_psql('postgres', 'CREATE DATABASE moved');
$node->command_ok(
	[ 'bash', '-c', 'set -o pipefail; pg_dump "$1" | psql -X -q -v ON_ERROR_STOP=1 "$2"', '-',
		$node->connstr('house'), $node->connstr('moved') ],
	'and a dump of it restored');
is($node->safe_psql('moved', 'SELECT count(*) FROM incident.open_incidents'), '1', 'with what it holds');

# A thief may create schemas, and users follow a path that he has laid. Whatever he plants
# says as whom it runs; that must always be who calls it himself.
$node->safe_psql('incident', <<'SQL');
CREATE ROLE thief LOGIN;
CREATE ROLE victim LOGIN;
DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO thief, victim', current_database()); END $$;
SELECT incident.grant_role(role, 'victim') FROM unnest('{administrator,operator}'::text[]) AS role;
SELECT incident.register_asset('host', 'host', '2', '4', '4', '4');
SELECT incident.open('host', 'minor', 'known', dedup_key => 'key') AS id \gset
SELECT incident.note(:id, 'noted');
SQL
my $plant = <<'SQL';
CREATE SCHEMA cron;
CREATE SCHEMA planted;
GRANT USAGE ON SCHEMA cron, planted TO PUBLIC;
CREATE FUNCTION planted.say() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'PLANTED ran as % for %', current_user, session_user;
	RETURN '';
END $$;

-- What job_state() would read. A view runs its functions as whoever reads it.
CREATE VIEW cron.job AS SELECT 1::bigint AS jobid, '* * * * *' || planted.say() AS schedule,
	'CALL incident.run_ticks()'::text AS command, current_database()::text AS database, session_user::text AS username,
	'pg_incident incident'::text AS jobname, true AS active;
CREATE TABLE cron.job_run_details (runid bigint PRIMARY KEY, jobid bigint, status text, start_time timestamptz);
INSERT INTO cron.job_run_details VALUES (1, 1, 'succeeded', now());
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT length(planted.say())::bigint';
CREATE FUNCTION cron.schedule_in_database(text, text, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT length(planted.say())::bigint';
CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT planted.say() IS NULL';
GRANT SELECT ON ALL TABLES IN SCHEMA cron TO PUBLIC;

-- Every operator of pg_catalog on the types that are used most, and every function with one
-- or two arguments that the extension's own code names.
DO $$
DECLARE
	wanted record;
BEGIN
	FOR wanted IN SELECT o.oprname, l::regtype AS l, r::regtype AS r,
				CASE WHEN o.oprresult = 'boolean'::regtype THEN 'false' ELSE 'NULL' END AS value, o.oprresult::regtype AS result
			FROM pg_operator AS o, LATERAL (SELECT o.oprleft, o.oprright) AS t(l, r)
			WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b' AND o.oprname <> '=>'
				AND o.oprleft IN (SELECT ('{text,integer,bigint,jsonb,boolean,timestamptz,interval,name,oid,smallint,text[]}'::regtype[])[n]
					FROM generate_series(1, 11) AS n) LOOP
		EXECUTE format('CREATE FUNCTION planted.op_%s(%s, %s) RETURNS %s LANGUAGE sql AS $f$ SELECT CASE WHEN planted.say() = '''' THEN %s::%s END $f$',
			md5(wanted::text), wanted.l, wanted.r, wanted.result, wanted.value, wanted.result);
		EXECUTE format('CREATE OPERATOR planted.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = planted.op_%s)',
			wanted.oprname, wanted.l, wanted.r, md5(wanted::text));
	END LOOP;
	FOR wanted IN SELECT p.proname, oidvectortypes(p.proargtypes) AS arguments, p.prorettype::regtype AS result
			FROM pg_proc AS p
			WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.provariadic = 0
				AND p.prorettype::regtype::text !~ '^any|internal|trigger|handler|cstring|void|record'
				AND oidvectortypes(p.proargtypes) !~ 'any|internal|cstring|"'
				AND p.proargmodes IS NULL
				AND EXISTS (SELECT FROM pg_proc AS i WHERE i.pronamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace)
					AND coalesce(i.prosrc, '') || coalesce(pg_get_function_sqlbody(i.oid), '') ~ ('\m' || p.proname || '\(')) LOOP
		EXECUTE format('CREATE FUNCTION planted.%I(%s) RETURNS %s LANGUAGE sql AS $f$ SELECT CASE WHEN planted.say() IS NULL THEN NULL::%s END $f$',
			wanted.proname, wanted.arguments, wanted.result, wanted.result);
	END LOOP;
END $$;

-- A type of the thief's own may have casts, which run when a value of it is compared.
CREATE TYPE planted.coin AS (face text);
CREATE FUNCTION planted.coin_text(planted.coin) RETURNS text LANGUAGE sql AS 'SELECT planted.say()';
CREATE FUNCTION planted.coin_json(planted.coin) RETURNS json LANGUAGE sql AS 'SELECT (planted.say() || ''{}'')::json';
CREATE CAST (planted.coin AS text) WITH FUNCTION planted.coin_text(planted.coin) AS IMPLICIT;
CREATE CAST (planted.coin AS json) WITH FUNCTION planted.coin_json(planted.coin) AS IMPLICIT;
SQL
my (undef, undef, $problems) = $node->psql('incident', $plant, extra_params => [ '-U', 'thief' ], on_error_stop => 1);
is($problems, '', 'the thief has planted what he can');
my ($operators, $functions) = split /\|/, $node->safe_psql('incident', <<'SQL');
SELECT (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'planted'::regnamespace),
	(SELECT count(*) FROM pg_proc WHERE pronamespace = 'planted'::regnamespace AND proname NOT LIKE 'op\_%')
SQL
cmp_ok($operators, '>', 200, 'operators');
cmp_ok($functions, '>', 50, 'and functions');

# In the session itself: temporary tables, as views over the thief's function, by the names
# of all the extension's own and of what it reads of the catalogue.
my $session = <<'SQL' . join '', map { "CREATE TEMP VIEW $_ AS SELECT planted.say() AS name;\n" }
SET search_path = planted, cron, pg_temp, pg_catalog, incident, incident_internal;
SET client_min_messages = warning;
SET statement_timeout = '20s';
SQL
  split /\n/, $node->safe_psql('incident', <<'SQL');
SELECT relname FROM pg_class WHERE relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND relkind IN ('r', 'p', 'v') AND NOT relispartition
UNION SELECT unnest('{pg_class,pg_proc,pg_extension,pg_depend,pg_roles,pg_inherits,pg_timezone_names,pg_database}'::text[])
SQL

# Each function that runs as the extension's owner, and each that runs as whoever calls, is
# called with NULL and with a value for every argument; each view is read.
my @calls = split /\n/, $node->safe_psql('incident', <<'SQL');
WITH functions AS (
	SELECT f.oid, f.prokind, format('incident.%I(%s)', f.proname, string_agg(format('%L::%s', CASE WHEN given THEN CASE t.type
			WHEN 'integer'::regtype THEN '1' WHEN 'bigint'::regtype THEN '1' WHEN 'smallint'::regtype THEN '1'
			WHEN 'double precision'::regtype THEN '0.5' WHEN 'numeric'::regtype THEN '1' WHEN 'text'::regtype THEN 'eport' WHEN 'name'::regtype THEN 'victim'
			WHEN 'jsonb'::regtype THEN '{}' WHEN 'json'::regtype THEN '{}' WHEN 'boolean'::regtype THEN 'true'
			WHEN 'interval'::regtype THEN '1 hour' WHEN 'timestamptz'::regtype THEN '2026-01-05 09:00+00' WHEN 'date'::regtype THEN '2026-01-05'
			WHEN 'incident.severity'::regtype THEN 'minor' WHEN 'incident.level'::regtype THEN '2' WHEN 'incident.rating'::regtype THEN '2'
			WHEN 'text[]'::regtype THEN '{eport}' END END, t.type), ', ' ORDER BY t.place)) AS call
	FROM pg_proc AS f, unnest('{f,t}'::boolean[]) AS given
		LEFT JOIN LATERAL unnest(f.proargtypes::oid[]::regtype[]) WITH ORDINALITY AS t(type, place) ON true
	WHERE f.pronamespace = 'incident'::regnamespace AND f.prokind IN ('f', 'p') AND f.prorettype <> 'trigger'::regtype
		AND has_function_privilege('victim', f.oid, 'EXECUTE')
		AND NOT EXISTS (SELECT FROM unnest(f.proargtypes) AS a WHERE a IN ('internal'::regtype, 'cstring'::regtype))
	GROUP BY f.oid, given)
SELECT CASE prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END || call FROM functions
UNION ALL
SELECT format('TABLE incident.%I', relname) FROM pg_class
WHERE relnamespace = 'incident'::regnamespace AND relkind = 'v' AND has_table_privilege('victim', oid, 'SELECT')
SQL
push @calls, map { "SELECT $_" } (
	q{incident.open('host', 'minor', 'new', dedup_key => 'new')}, q{incident.open('host', 'severe', 'again', dedup_key => 'key')},
	q{incident.acknowledge(1, by => 'me')}, q{incident.assess(1, 'severe')}, q{incident.hold(1)}, q{incident.resume(1)},
	q{incident.resolve(1)}, q{incident.tick()}, q{incident.verify_timeline(1)}, q{incident.migrate_incident(1, 'itil')},
	q{incident.import_policy(incident.export_policy(1))}, q{incident.check_policy(incident.export_policy(1))},
	q{incident.import_calendar(incident.export_calendar('china'))}, q{incident.import_risk_method(incident.export_risk_method(1))},
	q{incident.register_organisation(5, 'five', 'eport')}, q{incident.register_asset('other', 'host', '2', parent => 'host')},
	q{incident.import_risk_register(incident.export_risk_register())}, q{incident.open(ROW('x')::planted.coin, 'minor')},
	q{incident.note(1, ROW('x')::planted.coin)});
cmp_ok(scalar @calls, '>', 250, 'there is much to call');

# Each in a transaction of its own, which is rolled back; a procedure that commits is not in one.
my $script = $session . join '', map { /^CALL/ ? "$_;\n" : "BEGIN;\n$_;\nROLLBACK;\n" } @calls;
(undef, undef, $problems) = $node->psql('incident', $script, extra_params => [ '-U', 'victim' ], on_error_stop => 0);
my %as;
$as{$1}++ while $problems =~ /PLANTED ran as (\S+) for/g;
cmp_ok(delete $as{victim} || 0, '>', 0, 'the planted does run, as who has called it on his path');
is_deeply(\%as, {}, 'and never as another role')
  or diag(join "\n", grep { /PLANTED ran as (?!victim)/ } split /\n/, $problems);

# The superuser himself reads the watchdog and schedules; the planted schema cron is none.
(undef, undef, $problems) = $node->psql('incident', 'SELECT * FROM incident.watchdog; SELECT incident_internal.job_state();');
is($problems, '', 'the superuser reads the watchdog and runs nothing of it');
is($node->safe_psql('incident', 'SELECT job_schedule IS NULL FROM incident.watchdog'), 't', 'and is told of no job');
$node->safe_psql('incident', 'DROP VIEW cron.job', extra_params => [ '-U', 'thief' ]);
$node->safe_psql('incident', <<'SQL', extra_params => [ '-U', 'thief' ]);
CREATE TABLE cron.job (jobid bigint, schedule text, command text, database text, username text, jobname text);
INSERT INTO cron.job VALUES (1, 'planted', 'CALL incident.run_ticks()', 'incident', 'thief', 'pg_incident incident');
SQL
is($node->safe_psql('incident', 'SELECT job_schedule IS NULL FROM incident.watchdog'), 't', 'a table that is not pg_cron\'s is not read');

# With pg_cron in the database itself, and the thief's schema of that name in its place.
$node->append_conf('postgresql.conf', "cron.database_name = 'incident'");
$node->restart;
my ($status, undef, $refused) = $node->psql('incident', '\set VERBOSITY verbose' . "\nSELECT incident.schedule()");
like($refused, qr/ERROR:  55000: .*has no extension pg_cron/, 'the superuser schedules nothing through it');
unlike($refused, qr/PLANTED/, 'and runs nothing of it');

$node->stop;
done_testing();
