# A standby: what only reads works there, and what writes says that it cannot (25006), each
# function of the extension that may write.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PgIncident;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_node('primary', init => { allows_streaming => 1 });
$primary->safe_psql('incident', <<'SQL');
SELECT incident.register_asset('host', 'host', '2', '4', '4', '4');
SELECT incident.open('host', 'moderate', dedup_key => 'k', detected_at => now() - interval '1 day');
SELECT incident.tick();
SELECT incident.open('host', 'moderate', detected_at => now() - interval '3 hours');
SELECT incident.publish_policy(incident.import_policy(incident.export_policy(1) || '{"name": "house"}'));
SELECT incident.import_policy(incident.export_policy(1) || '{"name": "house"}');
SELECT incident.import_risk_method(incident.export_risk_method(1) || '{"name": "house"}');
SELECT incident.register_threat('wear', 'environmental', '5'), incident.register_vulnerability('old', '4'),
	incident.register_service('trade', '5'), incident.register_scenario('host', 'wear', 'old'),
	incident.register_measure('spare', 'protective', '2');
SELECT incident.treat_risk(1, 'control');
SELECT incident.open_round('first');
SELECT incident.register_organisation(2, 'two', 'eport');
CREATE ROLE desk LOGIN;
SELECT incident.grant_role('responder', 'desk');
SQL
my $backup = 'backup';
$primary->backup($backup);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, $backup, has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# A call of each function that may write.
my @writes = (
	q{open('host', 'minor')}, q{open('host', 'severe', dedup_key => 'k')}, q{note(1, 'n')}, q{assess(1, 'severe')}, q{acknowledge(1)},
	q{activate(1)}, q{hold(1)}, q{resume(1)}, q{resolve(1)}, q{close(1)}, q{reopen(1)}, q{cancel(1)},
	q{duty_done(1, 'first_report')}, q{report(1, 'first_report', '{}')}, q{migrate_incident(1, 'itil')}, q{set_confidentiality(1, 'red')},
	q{claim_notices('w', '{email}')}, q{notice_sent('w', '{1}')}, q{notice_failed('w', 1)}, q{renew_lease('w', '{1}')}, q{give_back('w', '{1}')},
	q{acknowledge_notice('t')}, q{snooze_notice('t', now())}, q{archive_notices()}, q{drop_decisions()}, q{rotate_notices()}, q{rotate_leases()}, q{keep_out_next_month()},
	q{tick()}, q{take_maintenance()}, q{add_next_partition()}, q{drop_next_partition()}, q{forget_next_month('1 day')}, q{forget_rosters('1 day')}, q{tidy_up()},
	q{set_id_range(1)}, q{register_organisation(2, 'two', 'eport')}, q{register_asset('other', 'host')},
	q{import_directory('{}')}, q{set_message_template('opened', 'en', 'short', NULL, NULL)}, q{erase_contact('ann')}, q{override_roster('desk', 'ann', now(), now() + interval '1 h')},
	q{import_policy(incident.export_policy(1))}, q{publish_policy(1001)}, q{retire_policy(1000)}, q{drop_policy(1001)},
	q{import_calendar(incident.export_calendar('china'))},
	q{import_risk_method(incident.export_risk_method(1))}, q{publish_risk_method(1000)}, q{set_risk_method('product')},
	q{register_service('s', '2')}, q{put_under_service('host', 'trade')}, q{register_threat('t', 'environmental', '2')},
	q{register_vulnerability('v', '2')}, q{record_vulnerability_step('old', 'assessed', '3')}, q{set_fix_within('4', '20 days')},
	q{register_measure('m', 'protective', '2')}, q{apply_measure(1, 'spare')}, q{record_measure_step('spare', 'in_place')},
	q{register_scenario('host', 'wear', 'old')}, q{retire_scenario(1)}, q{treat_risk(1, 'keep')},
	q{plan_measure(1, 'spare', 'protective', '2', 'ops', now() + interval '1 day')}, q{approve_risk('security_group')}, q{close_risk(1)},
	q{mark_overdue_risk()}, q{open_round('second')}, q{advance_round('first')}, q{import_risk_register(incident.export_risk_register())},
	q{schedule()}, q{unschedule()}, q{grant_role('reporter', current_user)}, q{revoke_role('reporter', current_user)});
my %called = map { /^(\w+)/; $1 => 1 } @writes;
my @missing = grep { !$called{$_} } split /\n/, $standby->safe_psql('incident', <<'SQL');
SELECT DISTINCT f.proname FROM pg_proc AS f JOIN incident_internal.role_rights AS r ON r.object = f.proname
WHERE f.pronamespace = 'incident'::regnamespace AND f.provolatile = 'v' AND f.prokind = 'f'
SQL
is_deeply(\@missing, [], 'each function that is VOLATILE is called');

for my $call (@writes)
{
	my (undef, $output, $error) = $standby->psql('incident', "\\set VERBOSITY verbose\nSELECT incident.$call");

	# What has nothing to do does nothing, there as elsewhere.
	next if $call =~ /^(?:drop_next_partition|forget_next_month|mark_overdue_risk)/ && $error eq '';
	like($error, qr/ERROR:  25006: cannot /, $call) or diag($output);
}
for my $call ('run_ticks()', 'maintain()', 'retain()')
{
	my (undef, undef, $error) = $standby->psql('incident', "\\set VERBOSITY verbose\nCALL incident.$call");
	like($error, qr/(?:ERROR|WARNING):  25006: .*cannot /, $call);
}

# Reading gives what it gives on the primary.
for my $query (
	map({ "TABLE incident.$_" } split /\n/, $primary->safe_psql('incident',
		q{SELECT relname FROM pg_class WHERE relnamespace = 'incident'::regnamespace AND relkind = 'v' AND relname <> 'watchdog'})),
	map({ "SELECT * FROM incident.$_" } q{state_at(1, '2030-01-01')}, q{verify_timeline(1)}, q{timeline_heads()}, q{explain(2)},
		q{replay('eport', now() - interval '1 day', now() + interval '1 minute')}, q{quick_reference('eport')},
		q{simulate('eport', '2', 'minor', '2026-01-05', '2026-01-06')}, q{check_policy(incident.export_policy(1))},
		q{working_time('china', '2026-01-05', '2026-01-06')}, q{risk_report()}))
{
	my ($status, $rows, $error) = $standby->psql('incident', $query);
	my (undef, $expected, $refused) = $primary->psql('incident', $query);

	# A clock that runs goes on between the two.
	s/shows \d+:\d\d:\d\d/shows T/ for $rows, $expected;
	is($rows, $expected, $query) && is($error, $refused, 'without another error');
}

# A login has there what was granted on the primary, as of what has arrived.
my $count = q{SELECT count(*) FROM incident.open_incidents};
my $desk = $standby->background_psql('incident', extra_params => [ '-U', 'desk' ], on_error_stop => 0);
is($desk->query($count), '2', 'a login reads what it was granted');
my (undef, undef, $refused) = $standby->psql('incident', "\\set VERBOSITY verbose\nSET pg_incident.organisation = 2; $count",
	extra_params => [ '-U', 'desk' ]);
like($refused, qr/ERROR:  42501: role "desk" was granted nothing in organisation 2/, 'and nothing else');
$primary->safe_psql('incident', q{SELECT incident.grant_role('auditor', 'desk', 2), incident.revoke_role('responder', 'desk')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($desk->query($count), '0', 'and no longer when it is taken back, in a session that is open');
$desk->quit;

$standby->stop;
$primary->stop;
done_testing();
