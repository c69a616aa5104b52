/*
 * duty_functions.c: what was done of the duties of an incident, by name.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/arguments.h"
#include "base/sql.h"
#include "incident/entry.h"
#include "incident/record.h"
#include "policy/duty_names.h"
#include "rights/grants.h"

static void
refuse_no_report(const PgiDutyNames *names, int number)
{
	PgiChoices reports = {0};

	for (int i = 0; i < names->count; i++)
		if (names->is_report[i])
			pgi_argument_add_choice(&reports, names->name[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("duty \"%s\" is no report", names->name[number]),
			 reports.count == 0
				 ? errhint("incident.duty_done() is for it; the policy has no reports.")
				 : errhint("incident.duty_done() is for it. Reports are: %s.",
						   pgi_argument_choices(&reports))));
}

/* The number of a duty of a policy; error when it has none of that name, or it is no report. */
static uint8
find_duty(int32 policy_id, const char *name, bool report)
{
	PgiDutyNames names;
	PgiChoices known = {0};
	int number;

	pgi_duty_names_read(policy_id, &names);
	number = pgi_duty_names_find(&names, name);
	if (number >= 0 && report && !names.is_report[number])
		refuse_no_report(&names, number);
	if (number >= 0)
		return (uint8) number;
	for (int i = 0; i < names.count; i++)
		pgi_argument_add_choice(&known, names.name[i]);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("the incident's policy has no duty \"%s\"", pgi_argument_clip(name)),
			 names.count == 0 ? errhint("It has no duties.")
							  : errhint("It has: %s.", pgi_argument_choices(&known))));
}

/* Refuses what would have no effect. */
static void
check_is_due(const PgiTimeline *timeline, uint8 number, const char *name, TimestampTz at)
{
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiDutyStatus status;

	pgi_timeline_duties(timeline, at, reports);
	status = reports[number].status;
	if (status == PGI_DUTY_GOING || status == PGI_DUTY_OVERDUE)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 status == PGI_DUTY_DONE
				 ? errmsg("duty \"%s\" of incident " INT64_FORMAT " was done already",
						  name, timeline->incident.incident_id)
			 : status == PGI_DUTY_ENDED
				 ? errmsg("duty \"%s\" of incident " INT64_FORMAT " is over", name,
						  timeline->incident.incident_id)
				 : errmsg("duty \"%s\" of incident " INT64_FORMAT " has not begun", name,
						  timeline->incident.incident_id),
			 errhint("The view duty_status shows what is due.")));
}

/* (incident_id, duty, evidence, by, at) */
static Datum
record_done(FunctionCallInfo fcinfo, bool report)
{
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *duty = pgi_argument_needed_name(fcinfo, 1, "the duty");
	char *evidence =
		pgi_argument_document(fcinfo, 2, report ? "the content" : "the evidence");
	char *actor = pgi_argument_name(fcinfo, 3, "by");
	TimestampTz at = pgi_argument_past(fcinfo, 4, "at");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;
	uint8 number;

	SPI_connect();
	pgi_timeline_lock(&timeline, pgi_organisation_worked_in(), incident_id);
	number = find_duty(timeline.policy_id, duty, report);
	check_is_due(&timeline, number, duty, at);
	entry = pgi_timeline_add(&timeline, PGI_DONE, at);
	entry->duty = duty;
	entry->duty_number = number;
	entry->actor = actor;
	entry->evidence = evidence;
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

PG_FUNCTION_INFO_V1(pgi_duty_done);
Datum
pgi_duty_done(PG_FUNCTION_ARGS)
{
	return record_done(fcinfo, false);
}

PG_FUNCTION_INFO_V1(pgi_report);
Datum
pgi_report(PG_FUNCTION_ARGS)
{
	return record_done(fcinfo, true);
}
