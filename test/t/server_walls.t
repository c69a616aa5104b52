# The walls between organisations: every function, procedure and view for every role, in the
# organisation where the role was granted and in others, each tried by a login of its own; and
# what a login of one organisation could try to learn of another.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('walls');

# Rows for each view, in each organisation; every text of 2 that an organisation writes itself has "secret" in it.
my $CONTENT = <<'SQL';
SELECT incident.register_asset(:'word' || 'room', 'environment', '1');
SELECT incident.register_asset(:'word' || 'host', 'host', '2', '4', '3', '5', :'word' || 'ops', parent => :'word' || 'room');
SELECT incident.register_service(:'word' || 'trade', '5');
SELECT incident.put_under_service(:'word' || 'host', :'word' || 'trade');
SELECT incident.register_threat(:'word' || 'wear', 'environmental', '5', incident_categories => ARRAY[:'word' || 'hardware']);
SELECT incident.register_vulnerability(:'word' || 'disks', '4', :'word' || 'host', found_at => now() - interval '30 days');
SELECT incident.record_vulnerability_step(:'word' || 'disks', 'assessed', '5', note => :'word' || 'worse');
SELECT incident.register_measure(:'word' || 'spares', 'protective', '2');
SELECT incident.register_scenario(:'word' || 'host', :'word' || 'wear', :'word' || 'disks', title => :'word' || 'risk') AS risk \gset
SELECT incident.apply_measure(:risk, :'word' || 'spares'), incident.open_round(:'word' || 'round');
SELECT incident.treat_risk(:risk, 'control', :'word' || 'replace');
SELECT incident.plan_measure(:risk, :'word' || 'new', 'preventive', '4', :'word' || 'ops', now() + interval '1 day');
SELECT incident.approve_risk('security_group', note => :'word' || 'yes');
SELECT incident.advance_round(:'word' || 'round'), incident.advance_round(:'word' || 'round'), incident.advance_round(:'word' || 'round');
SELECT incident.open(:'word' || 'host', 'severe', :'word' || 'summary', now() - interval '5 hours', :'word' || 'hardware', 'amber',
	:'word' || '1', by => :'word' || 'alice', dedup_key => :'word' || 'key') AS incident \gset
SELECT incident.open(:'word' || 'host', 'severe', :'word' || 'again', dedup_key => :'word' || 'key');
SELECT incident.tick();
SQL

sub content
{
	my ($organisation, $word) = @_;
	return "SET pg_incident.organisation = $organisation;\n\\set word $word\n$CONTENT";
}
$node->safe_psql('incident', "SELECT incident.register_organisation(n, 'organisation ' || n) FROM generate_series(1, 3) AS n;\n"
	  . content(1, '7') . content(2, 'secret') . content(3, 'third') . <<'SQL');
SELECT count(*) FROM incident.claim_notices('w', '{mail}');	-- of which some come to nobody
INSERT INTO incident_internal.quarantine
	SELECT org_id, -incident_id, now(), 1, now() + interval '1 day', 'XX000', ticket || ' error' FROM incident_internal.incidents;
VACUUM ANALYZE;
SQL

# What each role may, by the right of a function or view.
my %RIGHTS = (
	reporter => [qw(look_up report)],
	responder => [qw(look_up consult report respond read)],
	auditor => [qw(look_up consult read audit)],
	administrator => [qw(look_up consult report respond read audit administer grant)],
	operator => [qw(look_up consult operate grant)]);
my @ROLES = qw(reporter responder auditor administrator);
my %READS_IN_SEVERAL = map { $_ => 1 } qw(look_up read operate grant consult);

# Logins: organisation => role, 0 being everywhere.
my %logins = (stranger => {}, operator => { 0 => 'operator' }, elsewhere => { 3 => 'responder' });
for my $role (@ROLES)
{
	$logins{"everywhere_$role"} = { 0 => $role };
	$logins{$role} = { 1 => $role };
	$logins{"${role}_and_$_"} = { 1 => $role, 2 => $_ } for @ROLES;
}

sub grants
{
	my ($login) = @_;
	my $granted = $logins{$login};
	return "CREATE ROLE $login LOGIN;\n" . join '', map {
		sprintf "SELECT incident.grant_role('%s', '%s'%s);\n", $granted->{$_}, $login,
		  $granted->{$_} eq 'operator' ? '' : $_ == 0 ? ', everywhere => true' : ", $_"
	} sort keys %$granted;
}
$node->safe_psql('incident', join '', map { grants($_) } sort keys %logins);

# The rights of a login in an organisation.
sub rights_in
{
	my ($login, $organisation) = @_;
	my $granted = $logins{$login};
	my @roles = map { $granted->{$_} // () } 0, $organisation;
	return map { $_ => 1 } map { @{ $RIGHTS{$_} } } @roles;
}

# The organisation that is worked in; 0: in none of several.
sub worked_in
{
	my ($login, $choice) = @_;
	my @granted = sort keys %{ $logins{$login} };

	return $choice if $choice ne '';
	return 1 if @granted && $granted[0] == 0;
	return @granted == 1 ? $granted[0] : 0;
}

sub rights_at_work
{
	my ($login, $choice) = @_;
	my $in = worked_in($login, $choice);

	return rights_in($login, $in) if $in;
	my %all = map { rights_in($login, $_) } keys %{ $logins{$login} };
	return map { $_ => 1 } grep { $READS_IN_SEVERAL{$_} } keys %all;
}

# What the catalogue has: a call with sample arguments and, where NULL is not answered without
# a call, one with NULLs.
my @cells = map { [ split /\|/, $_, 5 ] } split /\n/, $node->safe_psql('incident', <<'SQL');
WITH sample(type, value) AS (VALUES
	('bigint', '1'), ('integer', '1'), ('text', 'x'), ('name', 'nowhere'), ('jsonb', '{}'), ('boolean', 'false'),
	('timestamp with time zone', '2026-01-05 08:00+00'), ('interval', '100 years'), ('text[]', '{x}'), ('numeric[]', '{1,1,1}'),
	('double precision', '0.5'), ('double precision[]', '{1,2}'),
	('incident.level', '2'), ('incident.severity', 'minor'), ('incident.rating', '3'), ('numeric', '1')),
functions AS (
	SELECT o."right", p.prokind, p.oid, p.proname, p.proisstrict, p.prosrc, p.pronargs,
		(SELECT string_agg(format('%L::%s', s.value, format_type(t.oid, NULL)), ', ' ORDER BY n)
			FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t(oid, n) LEFT JOIN sample AS s ON s.type = format_type(t.oid, NULL)) AS samples,
		(SELECT string_agg(format('NULL::%s', format_type(t.oid, NULL)), ', ' ORDER BY n)
			FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t(oid, n)) AS nulls
	FROM incident_internal.rights_of_objects AS o
	JOIN pg_proc AS p ON p.pronamespace = 'incident'::regnamespace AND p.proname = o.object
	WHERE o.object_kind <> 'view'),
calls AS (
	SELECT *, samples AS arguments FROM functions UNION ALL
	SELECT *, nulls FROM functions WHERE pronargs > 0 AND NOT proisstrict AND prokind = 'f')
SELECT "right", CASE WHEN prokind = 'p' THEN 'procedure' WHEN prosrc LIKE 'pgi\_door\_%' THEN 'door' ELSE 'look-up' END,
	format('incident.%I', proname), '', format(CASE prokind WHEN 'p' THEN 'CALL incident.%I(%s)' ELSE 'SELECT * FROM incident.%I(%s)' END, proname, arguments)
FROM calls
UNION ALL
SELECT o."right", CASE WHEN a.attname IS NULL THEN 'shared' ELSE 'view' END, format('incident.%I', o.object), o.object,
	CASE WHEN a.attname IS NULL THEN format('TABLE incident.%I', o.object) ELSE format('SELECT DISTINCT org_id FROM incident.%I', o.object) END
FROM incident_internal.rights_of_objects AS o
LEFT JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('incident.%I', o.object)) AND a.attname = 'org_id'
WHERE o.object_kind = 'view'
ORDER BY 2, 3, 5
SQL
is($node->safe_psql('incident', <<'SQL'), '', 'every function, procedure and view of the schema has a right');
SELECT object FROM (SELECT p.proname AS object FROM pg_proc AS p WHERE p.pronamespace = 'incident'::regnamespace
		AND p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_operator WHERE oprcode = p.oid)
		AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid) AND NOT EXISTS (SELECT FROM pg_aggregate WHERE aggtransfn = p.oid)
		AND NOT EXISTS (SELECT FROM pg_type WHERE p.oid IN (typinput, typoutput, typreceive, typsend))
		AND NOT EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid)
	UNION SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'incident'::regnamespace AND c.relkind = 'v') AS o
WHERE object NOT IN (SELECT r.object FROM incident_internal.rights_of_objects AS r)
SQL
unlike(join("\n", map { $_->[4] } @cells), qr/\(.*::\(|, ,|\(, /, 'every type of argument has a sample');

my @walled = grep { $_->[1] eq 'view' } @cells;
for my $organisation (1 .. 3)
{
	is($node->safe_psql('incident', "SET pg_incident.organisation = $organisation;\n" . join ' UNION ALL ', map {
		"SELECT '$_->[3]' WHERE NOT EXISTS (SELECT FROM $_->[2] WHERE org_id = $organisation)" } @walled), '',
		"every view has rows of organisation $organisation");
}

# The script of a login's cells: for each its place, rows and SQLSTATE.
sub script
{
	my ($choice) = @_;
	my $script = "\\set VERBOSITY sqlstate\nSET statement_timeout = '60s';\nSET client_min_messages = error;\nSET pg_incident.organisation = '$choice';\n";

	for my $place (0 .. $#cells)
	{
		my (undef, $kind, undef, undef, $statement) = @{ $cells[$place] };
		my $run = $kind eq 'view' ? "\\echo cell $place\n$statement;\n" : "\\o /dev/null\n$statement;\n\\o\n\\echo cell $place\n";
		$run = "BEGIN;\n${run}\\echo state :SQLSTATE\nROLLBACK;\n" if $kind ne 'procedure';
		$run .= "\\echo state :SQLSTATE\n" if $kind eq 'procedure';
		$script .= $run;
	}
	return $script;
}

sub outcomes
{
	my ($login, $choice) = @_;
	my ($status, $output) = $node->psql('incident', script($choice), extra_params => [ '-U', $login ], on_error_stop => 0);
	my @outcomes;

	while ($output =~ /^cell (\d+)\n((?:\d*\n)*)state (\w+)$/mg)
	{
		$outcomes[$1] = { state => $3, rows => [ sort grep { $_ ne '' } split /\n/, $2 ] };
	}
	return @outcomes;
}

# Why an outcome is not what it has to be; '' when it is.
sub fault
{
	my ($login, $choice, $cell, $outcome) = @_;
	my ($right, $kind) = @$cell;
	my $granted = $logins{$login};
	my %work = rights_at_work($login, $choice);
	my %anywhere = map { $_ => 1 } map { @{ $RIGHTS{$_} } } values %$granted;
	my $stranger = $choice ne '' && !%work;
	my $refused = $outcome->{state} eq '42501';

	my $may = $kind eq 'door' || $kind eq 'procedure' ? $work{$right} : $anywhere{$right};
	$may = 0 if $kind eq 'view' && $stranger;
	return $refused ? '' : 'is not refused' if !$may;
	# What is the same for all organisations; that which asks for one refuses a stranger.
	return $refused && !$stranger ? 'is refused' : '' if $kind eq 'look-up' || $kind eq 'shared';

	my @looked_at = $choice eq '' ? (1 .. 3) : $choice;
	return 'is refused' if $refused;
	return '' if $kind ne 'view';

	my @rights = $cell->[3] eq 'rights_granted' ? qw(audit operate grant) : $right;
	my @seen = grep {
		my %here = rights_in($login, $_);
		grep { $here{$_} } @rights
	} @looked_at;
	return "ends with $outcome->{state}" if $outcome->{state} ne '00000';
	return "@{ $outcome->{rows} }" eq "@seen" ? '' : "shows (@{ $outcome->{rows} }) and not (@seen)";
}

my $tried = 0;
for my $login (sort keys %logins)
{
	my @faults;
	my $cells = 0;
	for my $choice ('', 1, 2, 3)
	{
		my @outcomes = outcomes($login, $choice);
		for my $place (0 .. $#cells)
		{
			my $cell = $cells[$place];
			my $fault = $outcomes[$place] ? fault($login, $choice, $cell, $outcomes[$place]) : 'has no outcome';
			push @faults, "in '$choice' $cell->[4] $fault" if $fault ne '';
			$cells++;
		}
	}
	is(join("\n", @faults), '', "$login: $cells cells");
	$tried += $cells;
}
note("$tried cells of " . @cells . ' calls and views, ' . keys(%logins) . ' logins');
cmp_ok($tried, '>', 1000, 'more than a thousand cells were tried');

# Nothing else of organisation 2 comes to a login of organisation 1, whatever it tries.
$node->safe_psql('incident', <<'SQL');
CREATE ROLE one LOGIN;
CREATE ROLE two LOGIN;
CREATE ROLE host LOGIN NOINHERIT IN ROLE one, two;		-- a host's login
SELECT incident.grant_role('administrator', 'one', 1), incident.grant_role('auditor', 'one', 1);
SELECT incident.grant_role('administrator', 'two', 2), incident.grant_role('auditor', 'two', 2);
GRANT CREATE ON SCHEMA public TO one, two;
SQL

# Output and errors of a login's script, errors in full.
sub said
{
	my ($login, $sql) = @_;
	my ($status, $output, $errors) = $node->psql('incident', "\\set VERBOSITY verbose\nSET statement_timeout = '20s';\n$sql",
		extra_params => [ '-U', $login ], on_error_stop => 0);
	$errors =~ s/^(?:psql:<stdin>:\d+: |LOCATION:.*\n)//mg;
	return "$output\n$errors";
}

sub rows_of
{
	my ($login, $sql) = @_;
	my $said = said($login, $sql);
	$said =~ s/\s+/ /g;
	$said =~ s/^ | $//g;
	return $said;
}

sub digest
{
	my ($view) = @_;
	return "SELECT '$view', md5(coalesce(string_agg(v::text, ',' ORDER BY v::text), '')) FROM incident.$view AS v;";
}

sub digest_of
{
	my ($organisation) = @_;
	return join ' ', map { "SELECT '$_', md5(string_agg(r::text, ',' ORDER BY r::text)) FROM incident_internal.$_ AS r WHERE org_id = $organisation;" }
	  qw(risk_history risk_results risk_scenarios risk_treatments risk_approvals);
}
my @views = map { $_->[3] } @walled;
my $digests = join "\n", 'SET timezone = utc;', map { digest($_) } grep { $_ ne 'rights_granted' } @views;
is(rows_of('two', $digests), rows_of($node->safe_psql('incident', 'SELECT current_user'), "SET pg_incident.organisation = 2;\n$digests"),
	'without a choice a login sees of its organisation all that there is');

# Functions of risk are about the organisation that is worked in, whatever else their caller sees.
for my $call ("organisation_risk_method()", "risk_what_if()", "risk_as_of(now())", "observed_frequency()", "export_risk_register()", "treatment_plan_report()",
	"compare_rounds('7round', '7round')", "risk_report('7round')", "residual_risk_report('7round')")
{
	my @said = map { said('everywhere_administrator', "SET pg_incident.organisation = '$_'; SELECT * FROM incident.$call") } '', 1;
	unlike($said[0], qr/ERROR|secret|third/, "$call is of one organisation");
	is($said[0], $said[1], "$call is of the one that is chosen");
}
my $changes = join ' ', map { "SELECT * FROM incident.$_;" } "approve_risk('person_in_charge')", "set_risk_method('gbt20984-matrix')", "open_round('of one')",
  ("advance_round('of one')") x 3, "register_service('7trade', '4')", "register_threat('7wear', frequency => '2')", "register_measure('7spares', effectiveness => '5')";
for my $organisation (2, 3)
{
	my $before = $node->safe_psql('incident', digest_of($organisation));
	is($node->safe_psql('incident', "SET ROLE everywhere_administrator; BEGIN; SET LOCAL search_path = ''; $changes RESET ROLE; " . digest_of($organisation) . ' ROLLBACK;')
		=~ s/^.*\n(?=risk_history)//sr, $before, "what is changed in one changes nothing in organisation $organisation");
}
is(rows_of('everywhere_administrator', "SET row_security = off; SELECT count(*) FROM incident.risk_what_if()"), '1', 'functions read behind walls where row_security is off');

# Functions, casts and divisions of the reader in WHERE are not asked about rows of others. The
# cheaper a condition is, the sooner it is asked.
my $spies = <<'SQL';
CREATE FUNCTION pg_temp.spy(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	IF what ~ 'secret(?!ariat)' THEN		-- to which a policy of the database has a duty
		RAISE WARNING 'saw %', what;
	END IF;
	RETURN true;
END $$;
CREATE FUNCTION pg_temp.spy(organisation integer) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	IF organisation <> 1 THEN
		RAISE WARNING 'saw organisation %', organisation;
	END IF;
	RETURN true;
END $$;
CREATE TEMP TABLE host (org_id integer, key text);
INSERT INTO host VALUES (1, '71'), (2, 'secret1');
SQL
my $spied = 0;
for my $view (@views)
{
	my @texts = split /\n/, $node->safe_psql('incident', "SELECT quote_ident(attname) FROM pg_attribute
		WHERE attrelid = 'incident.$view'::regclass AND attnum > 0 AND atttypid = 'text'::regtype");
	my @conditions = ('pg_temp.spy(v.org_id)', 'pg_temp.spy(v::text)', '1 / (v.org_id - 2) <> 0', 'pg_temp.spy(v.org_id) AND h.org_id = v.org_id',
		map { "pg_temp.spy(v.$_)" } @texts);
	$spies .= "SELECT count(*) > 0 FROM incident.$view AS v, host AS h WHERE $_;\n" for @conditions;
	$spies .= "SELECT count(*) > 0 FROM incident.$view AS v WHERE $_;\n" for grep { !/h\.org_id/ } @conditions;
	$spied += 2 * @conditions - 1;
}
$spies .= "SELECT count(*) > 0 FROM incident.open_incidents WHERE ticket::bigint > 0;\n";
is(rows_of('one', $spies), join(' ', ('t') x ($spied + 1)), "functions, divisions and casts in WHERE and in joins: $spied");

# What is planned, and what the server tells of tables.
my $plans = join "\n", map { "EXPLAIN (VERBOSE, ANALYZE) SELECT * FROM incident.$_ WHERE org_id = 2;" } @views;
unlike(said('one', $plans), qr/secret|ERROR/, 'plans');
like(said('one', $plans), qr/Execution Time/, 'which are there');
is(rows_of('one', <<'SQL'), '0 0 0', 'statistics');
SELECT count(*) FROM pg_stats WHERE schemaname IN ('incident', 'incident_internal');
SELECT count(*) FROM pg_stats_ext WHERE schemaname IN ('incident', 'incident_internal');
SELECT count(*) FROM pg_stats_ext_exprs WHERE schemaname IN ('incident', 'incident_internal');
SQL
my @sequences = split /\n/, $node->safe_psql('incident', "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'incident_internal'::regnamespace AND relkind = 'S' ORDER BY 1");
cmp_ok(scalar @sequences, '>', 3, 'there are sequences');
for my $sequence (@sequences)
{
	my $oid = $node->safe_psql('incident', "SELECT '$sequence'::regclass::oid");
	is_deeply([ said('one', "SELECT last_value FROM $sequence; SELECT nextval('$sequence'); SELECT nextval($oid); SELECT currval($oid);") =~ /ERROR:  (\w+)/g ],
		[ ('42501') x 4 ], "the sequence $sequence");
	# NULL from PostgreSQL 18 on
	like(rows_of('one', "SELECT pg_sequence_last_value($oid)"), qr/^(?:ERROR: 42501.*)?$/, "the last value of $sequence");
}
is(rows_of('one', q{SELECT count(last_value) FROM pg_sequences WHERE schemaname = 'incident_internal'}), '0', 'the last values of sequences');
unlike(said('one', join "\n", map { "TABLE $_;" } split /\n/, $node->safe_psql('incident',
	"SELECT oid::regclass FROM pg_class WHERE relnamespace = 'incident_internal'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')")),
	qr/secret|^\d/m, 'tables and views of the internal schema');

# What is of another organisation is as what never was: every number that a function takes, tried with
# one of the other organisation and with one that there is nowhere.
my @calls = map { [ split /\|/ ] } split /\n/, $node->safe_psql('incident', <<'SQL');
SELECT p.proname, CASE p.proargnames[1] WHEN 'incident_id' THEN 'incidents.incident_id' WHEN 'scenario_id' THEN 'risk_scenarios.scenario_id' ELSE p.proargnames[1] END,
	(SELECT coalesce(string_agg(', ' || format('%L::%s', CASE format_type(t, NULL) WHEN 'text' THEN CASE p.proname WHEN 'plan_measure' THEN 'preventive' WHEN 'treat_risk' THEN 'control' WHEN 'duty_done' THEN 'recover' WHEN 'apply_measure' THEN '7spares'
			WHEN 'migrate_incident' THEN 'itil' WHEN 'set_confidentiality' THEN 'red' WHEN 'explain' THEN 'en' ELSE '7x' END
		WHEN 'jsonb' THEN '{}' WHEN 'timestamp with time zone' THEN CASE WHEN p.proname <> 'treat_risk' OR n > 4 THEN '2026-01-05 08:00+00' END WHEN 'incident.level' THEN '2' WHEN 'incident.severity' THEN 'minor'
		WHEN 'incident.rating' THEN '3' WHEN 'integer' THEN '1' WHEN 'boolean' THEN 'true' WHEN 'text[]' THEN '{}' END, format_type(t, NULL)), '' ORDER BY n), '')
	FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS u(t, n) WHERE n > 1)
FROM pg_proc AS p JOIN incident_internal.rights_of_objects AS o ON o.object = p.proname AND o.object_kind = 'function'
WHERE p.pronamespace = 'incident'::regnamespace AND p.prosrc LIKE 'pgi\_door\_%' AND p.proargtypes[0] = 'bigint'::regtype AND p.proargnames[1] <> 'ticket' ORDER BY p.oid
SQL
cmp_ok(scalar @calls, '>', 20, 'functions that take an id: ' . @calls);
for my $call (@calls)
{
	my ($function, $of, $arguments) = @$call;
	my ($table, $column) = $of =~ /^(\w+)\.(\w+)$/ or fail("what $function takes, $of, is known"), next;
	my $other = $node->safe_psql('incident', "SELECT min($column) FROM incident_internal.$table WHERE org_id = 2");
	my @said = map {
		my $said = said('one', "BEGIN; SELECT * FROM incident.$function($_$arguments); ROLLBACK;");
		$said =~ s/\b$_\b/N/g;
		$said
	} $other, 777777777;
	like($said[0], $function eq 'timeline_hash' ? qr/^\s*\z/ : qr/ERROR:  42704/, "$function does not find what is of another organisation");
	is($said[0], $said[1], "$function says the same of what never was");
	unlike($said[0], qr/secret/, "$function tells nothing");
}
# Names, too; and a key that others use is free.
for my $call ("observed_frequency('%s', 'hardware')", "register_scenario('%s', '7wear', '7disks')", "register_scenario('7host', '%s', '7disks')",
	"register_scenario('7host', '7wear', '%s')", "put_under_service('%s', '7trade')", "put_under_service('7host', '%s')",
	"record_vulnerability_step('%s', 'fixed')", "record_measure_step('%s', 'in_place')", "advance_round('%s')", "risk_report('%s')", "residual_risk_report('%s')",
	"compare_rounds('7round', '%s')", "open('%s', 'minor')", "find('%s')", "register_asset('x', 'host', parent => '%s')")
{
	my $first = $call =~ /observed|open|put_under_service\('%|scenario\('%|parent/ ? 'host' : $call =~ /wear', '%|step\('%s', 'fixed/ ? 'disks' : $call =~ /host', '%s', / ? 'wear'
	  : $call =~ /measure/ ? 'spares' : $call =~ /find/ ? '1' : $call =~ /put_under/ ? 'trade' : 'round';
	my @said = map {
		my $said = said('one', sprintf "BEGIN; SELECT * FROM incident.$call; ROLLBACK;", $_);
		$said =~ s/$_/N/g;
		$said
	} "secret$first", 'neverwas';
	like($said[0], $call =~ /^find/ ? qr/^\n/ : qr/ERROR:  42704/, "$call does not find what is of another organisation");
	is($said[0], $said[1], "$call says the same of what never was");
}
is(rows_of('one', q{BEGIN; SELECT incident.open('7host', 'minor', dedup_key => 'secretkey') > 0; SELECT count(*) FROM incident.incident_repeats; ROLLBACK;}),
	't ' . rows_of('one', 'SELECT count(*) FROM incident.incident_repeats'), 'a key of another organisation is free');

# A lock on another's row is never waited for.
my $theirs = $node->safe_psql('incident', 'SELECT min(incident_id) FROM incident_internal.incidents WHERE org_id = 2');
my $holder = $node->background_psql('incident');
$holder->query_safe("BEGIN; SELECT FROM incident_internal.incidents WHERE incident_id = $theirs FOR UPDATE");
$holder->query_safe("SELECT FROM incident_internal.incident_state WHERE incident_id = $theirs FOR UPDATE");
like(said('one', "SET lock_timeout = '2s'; SELECT incident.$_;"), qr/ERROR:  42704/, "while somebody has a lock on it: $_")
  for "acknowledge($theirs)", "note($theirs, 'x')", "explain($theirs)", "set_confidentiality($theirs, 'red')", "migrate_incident($theirs, 'itil')";
$holder->quit;

# Plans that another role has prepared, in a session that goes from role to role.
is(rows_of('host', <<'SQL'), '1 2 1', 'prepared plans hold for the role that runs them');
SET plan_cache_mode = force_generic_plan;
SET ROLE one;
PREPARE seen AS SELECT DISTINCT org_id FROM incident.open_incidents;
EXECUTE seen;
SET ROLE two;
EXECUTE seen;
SET ROLE one;
EXECUTE seen;
SQL
like(rows_of('host', 'SELECT count(*) FROM incident.open_incidents'), qr/^ERROR: 42501/, 'a member that does not inherit has nothing before SET ROLE');
like(rows_of('one', 'SET ROLE two; SELECT DISTINCT org_id FROM incident.open_incidents'), qr/^1 ERROR: 42501/, 'SET ROLE to a role one is no member of');
like(rows_of('one', q{SET SESSION AUTHORIZATION two}), qr/^ERROR: 42501/, 'SET SESSION AUTHORIZATION');
like(rows_of('one', q{SELECT incident.current_organisation(); SET pg_incident.caller = '10 10'}), qr/^1 ERROR: 42501/, 'nobody says that he is another');

# Of a host's SECURITY DEFINER function its owner counts, not who calls it, however they are nested.
$node->safe_psql('incident', <<"SQL");
SET ROLE two;
CREATE FUNCTION public.as_two() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT string_agg(DISTINCT org_id::text, \$\$ \$\$) || incident.current_organisation() FROM incident.open_incidents';
SET ROLE one;
CREATE FUNCTION public.as_one() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT string_agg(DISTINCT org_id::text, \$\$ \$\$) || incident.current_organisation() FROM incident.open_incidents';
CREATE FUNCTION public.one_by_two() RETURNS text LANGUAGE sql SECURITY DEFINER AS
	'SELECT as_one() || \$\$,\$\$ || as_two() || \$\$,\$\$ || as_one() || \$\$,\$\$ || (SELECT string_agg(DISTINCT org_id::text, \$\$ \$\$) FROM incident.open_incidents)';
CREATE FUNCTION public.one_explains() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT incident.explain($theirs)';
SQL
is(rows_of('two', 'SELECT as_one(), one_by_two(), as_two();'), '11|11,22,11,1|22', 'SECURITY DEFINER functions of a host');
is(rows_of('two', "SELECT count(*) > 0 FROM incident.explain($theirs)"), 't', 'a function inside finds what is there for its caller');
like(rows_of('two', 'SELECT * FROM one_explains()'), qr/^ERROR: 42704/, 'and nothing for the owner of the function that calls it');
is(rows_of('stranger', 'SELECT as_two();'), '22', 'who may call it is the host\'s own concern');
like(rows_of('one', "SET pg_incident.organisation = 2; SELECT as_one();"), qr/^ERROR: 42501/, 'a choice goes into it');

# Granting: an administrator of one organisation has nothing to give in another.
like(rows_of('one', "SELECT incident.grant_role('$_->[0]', 'one'$_->[1])"), qr/^ERROR: 42501/, "granting himself $_->[0]$_->[1]")
  for [ 'auditor', ', 2' ], [ 'reporter', ', everywhere => true' ], [ 'operator', '' ], [ 'auditor', q{, 1, clearance => 'red'} ];
like(rows_of('one', "SELECT incident.revoke_role('administrator', 'two', 2)"), qr/^ERROR: 42501/, 'or to take away');

# Roles that go, come again, or change their name.
my $seen = "SELECT count(DISTINCT org_id), min(org_id) FROM incident.open_incidents";
$node->safe_psql('incident', q{CREATE ROLE goes LOGIN; SELECT incident.grant_role('responder', 'goes', 2)});
is(rows_of('goes', $seen), '1|2', 'before');
$node->safe_psql('incident', 'ALTER ROLE goes RENAME TO went');
is(rows_of('went', $seen), '1|2', 'renamed, it keeps what it was granted');
$node->safe_psql('incident', 'CREATE ROLE goes LOGIN');
like(rows_of('goes', $seen), qr/^ERROR: 42501/, 'a new role of the name before has nothing');
$node->safe_psql('incident', q{SELECT incident.grant_role('responder', 'goes', 1)});
is(rows_of('goes', $seen), '1|1', 'and when it is granted something, only that');
is(rows_of('went', $seen), '1|2', 'while the renamed one has what it had');
$node->safe_psql('incident', 'DROP OWNED BY went; DROP ROLE went; CREATE ROLE went LOGIN');
like(rows_of('went', $seen), qr/^ERROR: 42501/, 'nor has one that is made again');
$node->safe_psql('incident', q{SELECT incident.grant_role('responder', 'went', 1)});
is(rows_of('went', $seen), '1|1', 'and it gets what it is granted then');

# A clearance counts where one may read, and nobody grants beyond his own.
$node->safe_psql('incident', q{CREATE ROLE careful LOGIN; CREATE ROLE careless LOGIN; CREATE ROLE any_other;
	SELECT incident.grant_role('auditor', 'careful', 1, clearance => 'clear'), incident.grant_role('reporter', 'careful', 1, clearance => 'red'),
		incident.grant_role('administrator', 'careless', 1, clearance => 'clear'), incident.grant_role('reporter', 'careless', 1, clearance => 'red');
	SET pg_incident.organisation = 1;
	SELECT incident.open(severity => 'minor', asset_level => '3', summary => 'the redder', confidentiality => 'red', ticket => 'redder')});
is(rows_of('careful', q{SELECT count(*), count(summary) FROM incident.open_incidents WHERE ticket = 'redder'}),
	'1|0', 'the clearance of a role that does not read opens nothing');
like(rows_of('careless', qq{SELECT incident.grant_role('auditor', 'any_other'$_)}), qr/^ERROR: 42501/, "nor may be granted on$_")
  for '', q{, clearance => 'red'};
is(rows_of('careless', q{SELECT incident.grant_role('auditor', 'any_other', clearance => 'clear') IS NULL}), 'f', 'but what he has may');

# Whatever is changed of an incident that he is not cleared for in what people wrote, and in what it
# is about, he reads the same: in every view, and of every function that reads.
my $red = $node->safe_psql('incident', q{SET pg_incident.organisation = 1;
	SELECT incident.open('7host', 'severe', 'marker summary', now() - interval '5 hours', '7hardware', 'red', 'of the red', by => 'marker alice', dedup_key => 'marker key')});
$node->safe_psql('incident', qq{SET pg_incident.organisation = 1;
	SELECT incident.open('7host', 'minor', 'marker again', dedup_key => 'marker key', by => 'marker bob'), incident.note($red, 'marker note', by => 'marker carol');
	SELECT incident.duty_done($red, duty, '{"marker": "evidence"}', by => 'marker dave') FROM incident.duty_status WHERE incident_id = $red AND status IN ('due', 'overdue');
	INSERT INTO incident_internal.quarantine SELECT org_id, incident_id, now(), 1, now() + interval '1 day', 'XX000', 'marker error' FROM incident_internal.incidents WHERE incident_id = $red;
	CREATE ROLE cleared LOGIN; SELECT incident.grant_role('administrator', 'cleared', 1, clearance => 'red')});
my $CHANGE = q{UPDATE incident_internal.%s SET (%s) = (SELECT %s) WHERE incident_id = %d;};
my $other = "(SELECT asset_id FROM incident_internal.assets WHERE org_id = 1 AND name = '7room')";
my $changed = join "\n", map { sprintf $CHANGE, @$_, $red }
  [ 'incidents', 'category, dedup_key', q{'marker category', 'marker other key'} ],
  [ 'incident_state', 'asset_id, head', "$other, sha256('marker')" ],
  [ 'entries', 'asset_id, actor, recorded_by, note, evidence, hash', "$other, 'marker' || actor, 'marker' || recorded_by, 'marker' || note, evidence || '{\"marker\": 1}', sha256(hash)" ],
  [ 'repeats', 'asset_id, summary, actor, recorded_by', "$other, 'marker' || summary, 'marker' || actor, 'marker' || recorded_by" ],
  [ 'quarantine', 'message', q{'marker ' || message} ];
my @readings = map { s/'1'::bigint/'$red'::bigint/r } map { $_->[4] } grep { $_->[0] =~ /^(?:look_up|read|audit|consult)$/ && $_->[1] =~ /^(?:door|look-up)$/ && $_->[2] !~ /\.(?:verify_timeline|timeline_hash|timeline_heads)$/ } @cells;
push @readings, (map { "SELECT * FROM incident.$_" } "observed_frequency('7host')", "observed_frequency(threat => '7wear')", "observed_frequency('7host', '7wear')",
	"risk_report('7round')", "residual_risk_report('7round')", map { "replay$_(policy_id, '-infinity', 'infinity')" } '', '_incidents'),
  map { "SELECT v::text FROM $_->[2] AS v ORDER BY 1" } grep { $_->[3] ne 'rights_granted' } @walled;
s/policy_id, '-infinity/1, '-infinity/ for @readings;
cmp_ok(scalar @readings, '>', 60, 'what is read: ' . @readings);
for my $reader ('one', 'cleared')
{
	my @before = map { said($reader, "$_;") } @readings;
	my ($status, $output, $errors) = $node->psql('incident', "BEGIN; $changed COMMIT;");
	is($errors, '', 'it is changed') if $reader eq 'one';
	my @after = map { said($reader, "$_;") } @readings;
	my @differ = grep { $before[$_] ne $after[$_] } 0 .. $#readings;
	if ($reader eq 'one')
	{
		is(join("\n", map { "$readings[$_]\n$before[$_]$after[$_]" } @differ), '', 'who is not cleared reads the same');
		unlike(join('', @after), qr/marker/, 'and nothing of what people wrote');
	}
	cmp_ok(scalar @differ, '>', 3, 'who is cleared reads another: ' . join ', ', map { $readings[$_] =~ /incident\.(\w+)/ } @differ) if $reader eq 'cleared';
	$node->safe_psql('incident', join "\n", map { sprintf $CHANGE, @$_, $red } [ 'incidents', 'category', q{'7hardware'} ],
		[ 'incident_state', 'asset_id', "(SELECT asset_id FROM incident_internal.assets WHERE org_id = 1 AND name = '7host')" ]);
}

# A condition of the reader reaches each table of a view: none tells of a row of another.
$node->safe_psql('incident', q{SET pg_incident.organisation = 3; SELECT incident.register_asset('a hidden parent', 'host', '3'),
	incident.register_threat('a hidden threat', 'environmental')});
my $scans = join '', map { "SET enable_$_ = off; " } qw(hashjoin mergejoin indexscan indexonlyscan bitmapscan);
my $told = sub {
	my ($view, $column, $value) = @_;
	my $plan = rows_of('two', "$scans EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM incident.$view WHERE $column = '$value'");
	return $plan =~ s/\Q$value\E/VALUE/gr;
};
is($told->(@$_[0, 1], "a hidden $_->[2]"), $told->(@$_[0, 1], "no such $_->[2]"), "$_->[0] tells nothing of another's $_->[2]")
  for [ 'asset_register', 'parent', 'parent' ], [ 'risk_register', 'threat', 'threat' ];

# Heads of timelines are of where one may audit.
$node->safe_psql('incident', q{CREATE ROLE audits_one LOGIN; SELECT incident.grant_role('responder', 'audits_one', everywhere => true), incident.grant_role('auditor', 'audits_one', 1)});
my $heads = 'SELECT DISTINCT org_id FROM incident.timeline_heads() ORDER BY 1';
is(rows_of($_->[0], $heads), $_->[1], "heads of timelines for $_->[0]") for [ 'one', '1' ], [ 'everywhere_auditor', '1 2 3' ], [ 'audits_one', '1' ];
is(rows_of('everywhere_auditor', "SET pg_incident.organisation = 2; $heads"), '2', 'narrowed to one');

# Revoking while something else still gives.
$node->safe_psql('incident', q{CREATE ROLE keeps LOGIN; SELECT incident.grant_role('responder', 'keeps', 1), incident.grant_role('auditor', 'keeps', 1), incident.grant_role('auditor', 'keeps', 2)});
$node->safe_psql('incident', q{SELECT incident.revoke_role('responder', 'keeps', 1)});
like(rows_of('keeps', "SELECT DISTINCT org_id FROM incident.open_incidents ORDER BY 1; SET pg_incident.organisation = 1; SELECT count(*) > 0 FROM incident.timeline_heads(); SELECT incident.acknowledge(1);"),
	qr/^1 2 t ERROR: 42501/, 'of two roles one is left');
$node->safe_psql('incident', q{SELECT incident.revoke_role('auditor', 'keeps', 2)});
like(rows_of('keeps', "SELECT DISTINCT org_id FROM incident.open_incidents; SET pg_incident.organisation = 2; SELECT count(*) FROM incident.open_incidents;"),
	qr/^1 ERROR: 42501/, 'of two organisations one is left');

# A cursor opened before a revoke, and a transaction that began before.
my $reader = $node->background_psql('incident', extra_params => [ '-U', 'keeps' ], on_error_stop => 0);
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($reader->query_safe('SELECT count(*) > 0 FROM incident.asset_register'), 't', 'a transaction sees something');
$reader->query_safe('DECLARE c CURSOR FOR SELECT org_id FROM incident.asset_register');
is($reader->query_safe('FETCH 1 FROM c'), '1', 'and a cursor does');
$node->safe_psql('incident', q{SELECT incident.revoke_role('auditor', 'keeps', 1)});
is($reader->query_safe('FETCH ALL FROM c'), '', 'after the revoke the cursor fetches nothing more');
like(join('', $reader->query('SELECT count(*) FROM incident.asset_register')) . $reader->{stderr}, qr/permission denied/, 'and the transaction reads nothing more');
$reader->quit;

$node->stop;
done_testing();
