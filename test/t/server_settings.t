# The same work under ordinary and under hostile settings of the session leaves the same
# tables and gives the same results, as texts too. Only moments of the present differ.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use Test::More;

my %HOSTILE = (
	timezone => 'America/St_Johns',
	datestyle => 'SQL, DMY',
	intervalstyle => 'sql_standard',
	extra_float_digits => -15,
	bytea_output => 'escape',
	standard_conforming_strings => 'off',
	backslash_quote => 'on',
	escape_string_warning => 'off',
	array_nulls => 'off',
	transform_null_equals => 'on',
	quote_all_identifiers => 'on',
	search_path => 'nowhere',
	xmlbinary => 'hex',
	plan_cache_mode => 'force_generic_plan');
my @NEUTRAL = qw(timezone=UTC datestyle=ISO intervalstyle=postgres extra_float_digits=1
  bytea_output=hex standard_conforming_strings=on quote_all_identifiers=off);

# What is done, every moment with its zone.
my $WORK = q{
	SELECT incident.import_calendar('{"name": "desk", "zone": "America/New_York",
		"week": {"mon": [["09:00:30", "17:00"]], "tue": [["09:00", "17:00"]]},
		"holidays": ["2026-03-10"], "extra": {"2026-03-14": [["08:00", "12:00"]]}}');
	SELECT incident.publish_policy(incident.import_policy(jsonb_set(jsonb_set(
		incident.export_policy(incident.policy_id('itil')), '{name}', '"desk"'), '{levels,0,calendar}', '"desk"')));
	SELECT incident.register_asset('db', 'database', level => '1', confidentiality => '3', integrity => '4',
		availability => '5', owner => 'database section');
	SELECT incident.open('db', 'severe', 'down', detected_at => '2026-03-02 14:00+00', ticket => 'T1');
	SELECT incident.open(NULL, 'minor', 'slow', detected_at => '2026-03-07 23:30+00', policy => 'desk', ticket => 'T2');
	SELECT incident.acknowledge(1, by => 'desk', at => '2026-03-02 14:07:00.25+00');
	SELECT incident.assess(1, 'moderate', at => '2026-03-02 14:20+00');
	SELECT incident.tick(at => '2026-03-11 00:00+00');
	SELECT incident.hold(2, at => '2026-03-11 10:00+00');
	SELECT incident.resume(2, at => '2026-03-12 10:00+00');
	SELECT incident.resolve(1, at => '2026-03-12 15:00+00');
	SELECT incident.close(1, at => '2026-03-12 16:00+00');
	SELECT incident.set_fix_within('3', '1 month 1 day 01:00');
	SELECT incident.register_vulnerability('spring', '3', found_at => '2026-02-27 23:30+00');
	SELECT incident.register_vulnerability('autumn', '2', found_at => '2026-03-28 12:30+00');
	SELECT count(*) FROM incident.import_directory('{"contacts": [{"name": "ann", "quiet": {"windows": [["22:00", "24:00"]]}}, {"name": "bob"}],
		"rosters": [{"name": "night", "zone": "America/New_York", "layers": [{"members": ["ann", "bob"], "turn": "1 week", "from": "2026-03-07 20:30"}]}]}');
	CALL incident.run_ticks();
	SELECT incident.tick(at => '2026-03-20 00:00+00');
};

# Results of functions, each as a table.
my %RESULTS = (
	language => q{SELECT incident.language()},
	quick_reference => q{SELECT * FROM incident.quick_reference('eport')},
	quick_desk => q{SELECT * FROM incident.quick_reference('desk')},
	explain_policy => q{SELECT l FROM incident.explain_policy('desk') AS l},
	explain_policy_zh => q{SELECT l FROM incident.explain_policy('eport', 'zh') AS l},
	policies => q{SELECT name, version, incident.export_policy(policy_id)::text FROM incident.policy_versions},
	calendars => q{SELECT c, incident.export_calendar(c)::text FROM unnest('{desk,china,business-hours,24x7}'::text[]) AS c},
	methods => q{SELECT name, incident.export_risk_method(method_id)::text FROM incident.risk_method_versions},
	audience => q{SELECT i, a.* FROM generate_series(1, 2) AS i, incident.audience(i) AS a},
	registers => q{SELECT incident.export_risk_register()::text AS r},
	explain => q{SELECT i, l FROM generate_series(1, 2) AS i, incident.explain(i) AS l},
	simulate => q{SELECT at, kind, level, detail::text FROM incident.simulate('desk', '1', 'severe',
		'2026-03-07 23:30+00', '2026-04-01 00:00+00',
		'[{"at": "2026-03-08 06:59+00", "kind": "assessed", "severity": "minor"}]')},
	state_at => q{SELECT i, s.* FROM generate_series(1, 2) AS i, incident.state_at(i, '2026-03-12 12:00+00') AS s},
	directory => q{SELECT incident.export_directory()::text AS d},
	directory_faults => q{SELECT c.* FROM incident.check_directory('{"contacts": [{"zone": "nowhere"}]}') AS c},
	on_call => q{SELECT o.contact, o.layer, o.until FROM incident.on_call('night', '2100-03-14 12:00+00') AS o},
	keys => q{SELECT incident.ticket_key(n) FROM unnest('{0,-7,123456789012}'::bigint[]) AS n},
	duties => q{SELECT i, d.* FROM generate_series(1, 2) AS i, incident.duties_at(i, '2026-03-20 00:00+00') AS d},
	verified_policies => q{SELECT v.* FROM incident.verify_policies() AS v},
	verified_methods => q{SELECT v.* FROM incident.verify_risk_methods() AS v},
	verify => q{SELECT i, v.* FROM generate_series(1, 2) AS i, incident.verify_timeline(i) AS v},
	replay => q{SELECT r.* FROM incident.replay('itil', '2026-01-01 00:00+00', '2026-04-01 00:00+00') AS r},
	worked => q{SELECT incident.working_time('desk', '2026-03-07 23:30+00', '2026-03-30 12:00+00'),
		incident.add_working_time('desk', '2026-03-07 23:30+00', '1 day 03:00')},
	risk_report => q{SELECT incident.risk_report('2024')::text AS r},
	treatment_plan => q{SELECT incident.treatment_plan_report()::text AS r},
	residual_report => q{SELECT incident.residual_risk_report('2024 residual')::text AS r},
	risk_as_of => q{SELECT * FROM incident.risk_as_of('2024-09-01 00:00+00')},
	frequency => q{SELECT incident.observed_frequency('db', at => '2026-09-02 13:00+00') AS before,
		incident.observed_frequency('db', at => '2026-09-02 15:00+00') AS after},
	what_if => q{SELECT w.* FROM incident.risk_what_if(frequency_change => 1) AS w},
	heat => q{SELECT incident.risk_heat_map(current_likelihood, current_loss)::text AS m FROM incident.risk_register},
	losses => q{SELECT l.* FROM incident.annual_loss('{"min": 0.5, "mode": 2, "max": 6}',
		'{"low": 10000.1, "high": 1000000.3}', 1000) AS l},
	methods_detail => q{SELECT incident.risk_value(2, '3', '4', '2'), incident.asset_value('3', '4', '4')},
	terms => q{SELECT t.*, incident.term(t.kind, t.word, 'zh') FROM incident.terms() AS t},
	more_words => q{SELECT n, incident_internal.rule_word(n::smallint), incident_internal.kind_word(n::smallint)
		FROM generate_series(0, 400) AS n},
	labels => q{SELECT incident.label('2'::incident.level, 'zh') AS level,
		incident.label('severe'::incident.severity, 'en') AS severity, incident.label('5'::incident.rating, 'zh') AS rating},
	faults => q{SELECT c.* FROM incident.check_policy(jsonb_set(incident.export_policy(1), '{levels,0,processing_time}',
		'"9 days 01:00"')) AS c},
	remarks => q{SELECT r.* FROM incident.policy_remarks(jsonb_set(incident.export_policy(incident.policy_id('itil')),
		'{levels,4,processing_time}', '"30 days"')) AS r},
	method_faults => q{SELECT c.* FROM incident.check_risk_method(jsonb_set(incident.export_risk_method(1),
		'{risk,bands,1,0}', '7.5')) AS c},
	combined => q{SELECT incident.combine_policy(incident.export_policy(1),
		incident.policy_addendum('reporting-cn-2025-other'))::text AS d},
	steps => q{SELECT s.* FROM incident.response_steps(1, NULL, NULL) AS s},
	rounds => q{SELECT r.* FROM incident.compare_rounds('2024', '2024 residual') AS r},
	replayed => q{SELECT r.* FROM incident.replay_incidents('eport', '2026-01-01 00:00+00', '2026-04-01 00:00+00') AS r},
	details => q{SELECT d.* FROM incident.risk_detail(3, '3', '4', '2') AS d},
	heads => q{SELECT incident_id, seq FROM incident.timeline_heads()},
	exceedance => q{SELECT e.* FROM incident.loss_exceedance('{1.25,1e6,3.7}'::float8[]) AS e},
	duties_of => q{SELECT e.incident_id, e.seq, incident_internal.duty_of(1, e.incident_id, e.seq, e.rule) FROM incident_internal.entries AS e
		WHERE e.rule >= 100},
	job => q{SELECT s.* FROM incident_internal.job_state() AS s},
	standing => q{SELECT incident.risk_standing('4', '4', 'accept', 'approved', '2026-03-01 12:00+00', '4', m)
		FROM unnest('{2026-03-01 11:59+00,2026-03-01 12:01+00}'::timestamptz[]) AS m});

my $guide = slurp_file(source_dir() . '/docs/guides/risk-year.md');
my $year = join "\n", $guide =~ /^```sql\n(.*?)^```/msg;

# The script of a database: the work, then every table and view and result of a function.
sub script
{
	my @results = map { "CREATE TABLE result.f_$_ AS $RESULTS{$_};" } sort keys %RESULTS;

	return join "\n", '\\set ON_ERROR_STOP on', $WORK, $year, 'CREATE SCHEMA result;', @results,
	  q{SELECT format('CREATE TABLE result.%I AS SELECT * FROM %s', c.relkind::text || '_' || c.relname, c.oid::regclass)
		FROM pg_class AS c WHERE c.relnamespace IN ('incident'::regnamespace, 'incident_internal'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
		ORDER BY c.relname \\gexec}, '';
}

my $node = start_node('settings');
$node->safe_psql('postgres', 'CREATE DATABASE hostile');
$node->safe_psql('postgres', "ALTER DATABASE incident SET timezone = 'UTC'");
$node->safe_psql('postgres', "ALTER DATABASE hostile SET $_ = '$HOSTILE{$_}'") for sort keys %HOSTILE;
$node->safe_psql('hostile', 'CREATE EXTENSION pg_incident');

my %tables;
for my $database ('incident', 'hostile')
{
	my ($script, $output, $errors) = (script(), '', '');

	IPC::Run::run([ $node->installed_command('psql'), qw(-X -q -d), $node->connstr($database), '-f', '-' ],
		'<', \$script, '>', \$output, '2>', \$errors);
	is($?, 0, "$database: the work is done") or diag($errors);
	local $ENV{PGOPTIONS} = join ' ', map { "-c $_" } @NEUTRAL;
	for my $table (split /\n/, $node->safe_psql($database, q{
		SELECT tablename FROM pg_tables WHERE schemaname = 'result' ORDER BY 1}))
	{
		$tables{$table}{$database} = rows_of($database, $table);
	}
}

# The rows of a table as sorted texts; what comes of the present moment is masked.
sub rows_of
{
	my ($database, $table) = @_;
	my $rows = $node->safe_psql($database,
		qq{SELECT string_agg(to_jsonb(t)::text, chr(10) ORDER BY to_jsonb(t)::text COLLATE "C") FROM result."$table" AS t});
	my $present = join '|', map { strftime('%Y-%m-%d', gmtime(time + 86400 * $_)) } -1 .. 1;

	$rows =~ s/(?:$present)[T ][\d:.]+(?:\+00(?::00)?)?/NOW/g;
	$rows =~ s/\\\\x[0-9a-f]{64}/HASH/g;
	$rows =~ s/("(?:next_xid|boot_clock|from_bucket|bucket|last_work_took|xid)"): [^,}]+/$1: NOW/g;
	$rows =~ s/("id"): "[0-9a-f-]{36}"/$1: NOW/g;
	return join "\n", sort split /\n/, $rows;
}

cmp_ok(scalar(keys %tables), '>=', 80, 'many tables, views and results are compared');
is($tables{$_}{hostile}, $tables{$_}{incident}, "$_ is the same") for sort keys %tables;

# What gives texts or documents and only reads is among the results.
my @texts = split /\n/, $node->safe_psql('incident', q{
	SELECT DISTINCT p.proname FROM pg_proc AS p JOIN incident_internal.role_rights AS r
		ON r.object = p.proname AND r.object_kind = 'function'
	WHERE p.pronamespace = 'incident'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'v'
		AND ('{text,jsonb,record}'::regtype[] @> ARRAY[p.prorettype::regtype]
			OR '{text,jsonb}'::regtype[] && p.proallargtypes[p.pronargs + 1:]::regtype[])
	ORDER BY 1});
my $called = join ' ', values %RESULTS;
cmp_ok(scalar(@texts), '>=', 20, 'there are functions that give texts');
is(join(' ', grep { $called !~ /incident\.$_\(/ } @texts), '', 'all of them are called');

done_testing();
