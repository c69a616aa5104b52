# Policies, calendars, risk methods and organisations that one database publishes and another
# subscribes to: what comes is let in, in whatever order, sessions see it at once, and what is
# published stays as it is, whoever tries and however.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $DOCUMENTS = <<'SQL';
CREATE FUNCTION document(name text, hours int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT e || '{"categories": [{"category": "desk", "title": {"en": "desk", "zh": "桌"}, "levels": {"1": {"en": "all", "zh": "全部"}}}]}'
		|| jsonb_build_object('name', name, 'levels', (SELECT jsonb_agg(CASE WHEN l ->> 'level' = '2'
		THEN l || jsonb_build_object('processing_time', hours || ' hours') ELSE l END)
		FROM jsonb_array_elements(e -> 'levels') AS l))
	FROM incident.export_policy(incident.policy_id('itil')) AS e
$$;
CREATE FUNCTION hours(name text, opens text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('name', name, 'zone', 'Etc/UTC', 'week', jsonb_build_object('mon', jsonb_build_array(jsonb_build_array(opens, '18:00'))))
$$;
SQL

# The publication as the manual has it.
my ($publish) = slurp_file(source_dir() . '/docs/guides/backup.md') =~ /^(CREATE PUBLICATION .*?;)$/ms;

my %options = (init => { allows_streaming => 'logical' }, conf => 'max_worker_processes = 16');
my $publisher  = start_node('publisher', %options);
my $subscriber = start_node('subscriber', %options);

$publisher->safe_psql('incident', $DOCUMENTS);
$subscriber->safe_psql('incident', $DOCUMENTS);
$publisher->safe_psql('incident', <<'SQL');
SELECT incident.import_calendar(hours('shop', '09:00'));
SELECT incident.publish_policy(incident.import_policy(document('early', 4)));
SELECT incident.publish_policy(incident.import_policy(document('early', 5)));
SELECT incident.retire_policy(incident.policy_id('early', 1));
SELECT incident.publish_risk_method(incident.import_risk_method(incident.export_risk_method(3) || '{"name": "early"}'));
SQL
$publisher->safe_psql('incident', $publish);
# What was granted is left out of a dump for another reason, and stays where it was granted; so do the
# texts of messages of an organisation, and messages on their way.
is( $publisher->safe_psql('incident', <<'SQL'), '', 'every table that has built-in rows is published, without these');
SELECT c.relname, k, p.rowfilter
FROM (SELECT c.relname, k FROM pg_extension AS e, unnest(e.extconfig, e.extcondition) AS t(id, k)
	JOIN pg_class AS c ON c.oid = t.id WHERE e.extname = 'pg_incident' AND k <> '' AND c.relname NOT IN ('grants', 'message_templates') AND c.relname NOT LIKE 'notices%') AS c
FULL JOIN pg_publication_tables AS p ON p.tablename = c.relname AND p.pubname = 'documents'
WHERE replace(k, 'WHERE ', '') IS DISTINCT FROM btrim(p.rowfilter, '()')
SQL

# A session that has all of it in its caches before anything comes.
my $session = $subscriber->background_psql('incident', on_error_stop => 0);
sub look
{
	return $session->query(q{SELECT concat_ws(' ',
		(SELECT max(version) FROM incident.policy_versions WHERE name = 'late' AND state = 'published'),
		incident.processing_time(coalesce((SELECT max('late') FROM incident_internal.policies WHERE name = 'late' AND state = 'published'), 'eport'), '2'),
		(SELECT incident.working_time(calendar, '2026-01-05 00:00Z', '2026-01-06 00:00Z') FROM incident_internal.calendars WHERE calendar = 'shop'),
		(SELECT incident.risk_level(name, '5', '5', '5') FROM incident_internal.risk_methods WHERE name = 'late' AND state = 'published'))});
}
is(look(), '04:00:00', 'nothing has come yet');
$subscriber->safe_psql('incident', sprintf(q{CREATE SUBSCRIPTION documents CONNECTION $c$%s$c$ PUBLICATION documents},
	$publisher->connstr('incident')));
$subscriber->wait_for_subscription_sync($publisher, 'documents', 'incident');

sub caught_up
{
	$publisher->wait_for_catchup('documents');
	return;
}

# What a database says of its policies, calendars and methods.
my $SAID = <<'SQL';
SELECT p.policy_id, name, version, state, md5(incident.export_policy(policy_id)::text) FROM incident.policy_versions AS p ORDER BY policy_id;
SELECT calendar, built_in, md5(incident.export_calendar(calendar)::text) FROM incident_internal.calendars ORDER BY calendar, built_in;
SELECT method_id, name, version, state, md5(document::text) FROM incident_internal.risk_methods ORDER BY method_id;
SQL
is($subscriber->safe_psql('incident', $SAID), $publisher->safe_psql('incident', $SAID), 'all that there was has come');
is(look(), '04:00:00 09:00:00', 'and the session sees the calendar');

# Whatever becomes of documents, step by step.
for my $step (
	[ q{SELECT incident.publish_policy(incident.import_policy(document('late', 4)))}, '1 04:00:00 09:00:00', 'a policy, imported and published' ],
	[ q{SELECT incident.publish_policy(incident.import_policy(document('late', 6)))}, '2 06:00:00 09:00:00', 'its next version' ],
	[ q{SELECT incident.retire_policy(incident.policy_id('late'))}, '1 04:00:00 09:00:00', 'a version retired' ],
	[ q{SELECT incident.import_calendar(hours('shop', '12:00'))}, '1 04:00:00 06:00:00', 'a calendar replaced' ],
	[ q{SELECT incident.publish_risk_method(incident.import_risk_method(incident.export_risk_method(3) || '{"name": "late"}'))}, '1 04:00:00 06:00:00 5', 'a risk method' ],
	[ q{SELECT incident.drop_policy(policy_id) FROM incident_internal.policies WHERE name = 'late' AND state = 'retired'}, '1 04:00:00 06:00:00 5', 'a version dropped' ],
	[ q{SELECT incident.drop_policy(incident.import_policy(document('late', 7)))}, '1 04:00:00 06:00:00 5', 'a draft dropped' ],
	[ q{DELETE FROM incident_internal.calendar_windows WHERE calendar = 'shop' AND weekday = 1}, '1 04:00:00 00:00:00 5', 'a window taken out of a table' ],
	[ q{INSERT INTO incident_internal.calendar_windows VALUES ('shop', false, 1, '10:00', '11:00')}, '1 04:00:00 01:00:00 5', 'a window put into it' ],
	[ q{UPDATE incident_internal.calendar_windows SET closes = '13:00' WHERE calendar = 'shop'}, '1 04:00:00 03:00:00 5', 'a window changed' ],
	[ q{UPDATE incident_internal.calendars SET zone = 'Asia/Shanghai' WHERE calendar = 'shop'}, '1 04:00:00 03:00:00 5', 'a zone changed' ],
	[ q{INSERT INTO incident_internal.calendar_dates (calendar, date, holiday) VALUES ('shop', '2026-01-05', true)}, '1 04:00:00 00:00:00 5', 'a holiday put into a table' ],
	[ q{TRUNCATE incident_internal.calendar_dates}, '1 04:00:00 03:00:00 5', 'a table emptied' ])
{
	my ($sql, $expected, $name) = @$step;
	$publisher->safe_psql('incident', $sql);
	caught_up();
	is(look(), $expected, "$name: the session on the other side sees it");
	is($subscriber->safe_psql('incident', $SAID), $publisher->safe_psql('incident', $SAID), "$name: both say the same");
}

is($subscriber->safe_psql('incident', 'SELECT * FROM incident.verify_policies()'), '', 'nothing of it shows as changed');

# On either side nobody changes what is published, nor under the setting that replication works
# under; and a session that brings rows under it sees them at once.
my $CHANGES = <<'SQL';
CREATE FUNCTION tried(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN others THEN
	RETURN SQLSTATE;
END
$$;
CREATE VIEW parts AS
SELECT c.relname AS part, (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 1
		AND NOT a.attisdropped AND a.attname IN ('title', 'within', 'posts', 'response_level', 'step') ORDER BY a.attname LIMIT 1) AS column
FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relname LIKE 'polic%' AND c.relkind = 'r' AND c.relname <> 'policy_addenda';
SQL
for my $node ($publisher, $subscriber)
{
	my $name  = $node->name;
	my $first = $node == $publisher ? 5000 : 6000;
	$node->safe_psql('incident', $CHANGES);
	for my $settings ('', "SET session_replication_role = 'replica';", "SET check_function_bodies = off;",
		"SET session_replication_role = 'replica'; SET check_function_bodies = off;")
	{
		my $what = $settings || 'no setting';
		is( $node->safe_psql('incident', $settings . q{
			SELECT count(*), string_agg(DISTINCT concat_ws(' ', update, delete, insert, truncate), ', ') FROM parts,
				tried(format('UPDATE incident_internal.%I SET %2$I = %2$I WHERE policy_id = incident.policy_id(''early'')', part, "column")) AS update,
				tried(format('DELETE FROM incident_internal.%I WHERE policy_id = incident.policy_id(''early'')', part)) AS delete,
				tried(format('INSERT INTO incident_internal.%1$I SELECT (jsonb_populate_record(r, jsonb_build_object(
					''policy_id'', incident.policy_id(''early''), ''number'', 99, ''step'', 99, ''severity'', ''informational'',
					''duty'', ''more'', ''post'', ''more'', ''category'', ''more'', ''level'', ''9''))).*
					FROM incident_internal.%1$I AS r WHERE policy_id = incident.policy_id(''early'') LIMIT 1', part)) AS insert,
				tried(format('TRUNCATE incident_internal.%I', part)) AS truncate
			WHERE part <> 'policies'}),
			'11|55000 55000 55000 55000', "$name, $what: no part of a published policy changes");
		is( $node->safe_psql('incident', $settings . q{
			SELECT tried($$UPDATE incident_internal.policy_levels SET processing_time = '1 day' WHERE policy_id = 1 AND level = '2'$$),
				tried($$UPDATE incident_internal.policies SET title = '{}' WHERE policy_id = incident.policy_id('early')$$),
				tried($$DELETE FROM incident_internal.policies WHERE policy_id = incident.policy_id('early')$$),
				tried($$TRUNCATE incident_internal.policies$$),
				tried($$UPDATE incident_internal.risk_methods SET document = '{}' WHERE name = 'early'$$),
				tried($$DELETE FROM incident_internal.risk_methods WHERE name = 'early'$$),
				tried($$TRUNCATE incident_internal.risk_methods$$)}),
			join('|', ('55000') x 7), "$name, $what: nor the policy itself, nor a built-in one, nor a risk method");
	}
	# Sequences are not published: who subscribes keeps numbers of its own out of the way.
	is( $node->safe_psql('incident', qq{
		SELECT setval('incident_internal.policies_policy_id_seq', $first) > 0;
		SELECT incident.import_calendar(hours('$name', '09:00'));
		SELECT incident.processing_time('early', '2'), incident.working_time('$name', '2026-01-05 00:00Z', '2026-01-06 00:00Z');
		SET session_replication_role = 'replica';
		SELECT incident.publish_policy(incident.import_policy(document('$name', 9)));
		SELECT incident.processing_time('$name', '2');
		SELECT incident.import_calendar(hours('$name', '12:00'));
		SELECT incident.working_time('$name', '2026-01-05 00:00Z', '2026-01-06 00:00Z')}),
		"t\n\n05:00:00|09:00:00\n\n09:00:00\n\n06:00:00", "$name: a session sees what it has imported itself under that setting");
}

$subscriber->safe_psql('incident', 'DROP SUBSCRIPTION documents');
$session->quit;
$_->stop for $subscriber, $publisher;
done_testing();
