/*
 * duty_functions.c: duties by name: that one was done, and what has become of each.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/sql.h"
#include "incident/duty_functions.h"
#include "incident/entry.h"
#include "incident/record.h"
#include "pg_incident.h"
#include "policy/policy_cache.h"

/* Reads the names into the current memory context. */
void
pgi_read_duty_names(int32 policy_id, PgiDutyNames *names)
{
	static PgiQuery query = {"SELECT duty, content IS NOT NULL FROM "
							 "incident_internal.policy_duties WHERE policy_id = $1"
							 " ORDER BY number",
							 1,
							 {INT4OID}};
	MemoryContext caller = CurrentMemoryContext;
	Datum id = Int32GetDatum(policy_id);
	PgiOwnerScope scope;

	pgi_become_owner(&scope);
	SPI_connect();
	pgi_read_newest(&query, &id);
	names->count = (int) Min(SPI_processed, PGI_MAX_DUTIES);
	for (int i = 0; i < names->count; i++)
	{
		bool isnull;

		names->name[i] =
			MemoryContextStrdup(caller, TextDatumGetCString(pgi_column(i, 1, &isnull)));
		names->is_report[i] = DatumGetBool(pgi_column(i, 2, &isnull));
	}
	SPI_finish();
	pgi_become_caller(&scope);
}

/* The number of a duty; -1 when there is none of that name. */
int
pgi_duty_named(const PgiDutyNames *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return i;
	return -1;
}

static void
refuse_no_report(const PgiDutyNames *names, int number)
{
	PgiChoices reports = {0};

	for (int i = 0; i < names->count; i++)
		if (names->is_report[i])
			pgi_add_choice(&reports, names->name[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("duty \"%s\" is no report", names->name[number]),
			 reports.count == 0
				 ? errhint("incident.duty_done() is for it; the policy has no reports.")
				 : errhint("incident.duty_done() is for it. Reports are: %s.",
						   pgi_choices(&reports))));
}

/* The number of a duty of a policy; error when it has none of that name, or it is no report. */
static uint8
find_duty(int32 policy_id, const char *name, bool report)
{
	PgiDutyNames names;
	PgiChoices known = {0};
	int number;

	pgi_read_duty_names(policy_id, &names);
	number = pgi_duty_named(&names, name);
	if (number >= 0 && report && !names.is_report[number])
		refuse_no_report(&names, number);
	if (number >= 0)
		return (uint8) number;
	for (int i = 0; i < names.count; i++)
		pgi_add_choice(&known, names.name[i]);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("the incident's policy has no duty \"%s\"", pgi_clip(name)),
					names.count == 0 ? errhint("It has no duties.")
									 : errhint("It has: %s.", pgi_choices(&known))));
}

static PgiResult
report_at(const PgiTimeline *timeline, TimestampTz at, PgiDutyReport *reports)
{
	int nfacts;
	PgiFact *facts = pgi_timeline_facts(timeline, &nfacts);
	PgiResult result = pgi_duties_at(pgi_policy_of(timeline->policy_id, timeline->org_id),
									 facts, nfacts, at, reports);

	pfree(facts);
	return result;
}

/* Refuses what would have no effect. */
static void
check_is_due(const PgiTimeline *timeline, uint8 number, const char *name, TimestampTz at)
{
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiDutyStatus status;

	pgi_check_result(report_at(timeline, at, reports), timeline->incident_id);
	status = reports[number].status;
	if (status == PGI_DUTY_GOING || status == PGI_DUTY_OVERDUE)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 status == PGI_DUTY_DONE
				 ? errmsg("duty \"%s\" of incident " INT64_FORMAT " was done already",
						  name, timeline->incident_id)
			 : status == PGI_DUTY_ENDED
				 ? errmsg("duty \"%s\" of incident " INT64_FORMAT " is over", name,
						  timeline->incident_id)
				 : errmsg("duty \"%s\" of incident " INT64_FORMAT " has not begun", name,
						  timeline->incident_id),
			 errhint("The view duty_status shows what is due.")));
}

/* (incident_id, duty, evidence, by, at) */
static Datum
record_done(FunctionCallInfo fcinfo, bool report)
{
	int64 incident_id = pgi_incident_argument(fcinfo);
	char *duty = pgi_needed_name_argument(fcinfo, 1, "the duty");
	char *evidence =
		pgi_document_argument(fcinfo, 2, report ? "the content" : "the evidence");
	char *actor = pgi_name_argument(fcinfo, 3, "by");
	TimestampTz at = pgi_past_argument(fcinfo, 4, "at");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;
	uint8 number;

	SPI_connect();
	pgi_timeline_lock(&timeline, pgi_organisation, incident_id);
	number = find_duty(timeline.policy_id, duty, report);
	check_is_due(&timeline, number, duty, at);
	entry = pgi_timeline_add(&timeline, PGI_DONE, at);
	entry->duty = duty;
	entry->duty_number = number;
	entry->actor = actor;
	entry->evidence = evidence;
	status = pgi_record(&timeline, entry);
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

#define REPORT_COLUMNS 7

/* (incident_id, at); no rows for an incident that is damaged, so that views can be read. */
PG_FUNCTION_INFO_V1(pgi_duty_reports);
Datum
pgi_duty_reports(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz at = pgi_moment_argument(fcinfo, 1, "the moment");
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiTimeline timeline;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	pgi_timeline_read(&timeline, pgi_organisation, PG_GETARG_INT64(0));
	if (!pgi_timeline_is_complete(&timeline) ||
		report_at(&timeline, at, reports) != PGI_OK)
	{
		SPI_finish();
		return (Datum) 0;
	}
	for (int number = 0; number < pgi_policy(timeline.policy_id)->nduties; number++)
	{
		const PgiDutyReport *report = &reports[number];
		Datum values[REPORT_COLUMNS];
		bool isnull[REPORT_COLUMNS] = {false};
		int n = 0;

		values[n++] = Int32GetDatum(number);
		values[n++] = CStringGetTextDatum(pgi_duty_status_words[report->status]);
		isnull[n] = report->occurrence == 0;
		values[n++] = Int32GetDatum(report->occurrence);
		n = pgi_put_moment(values, isnull, n, report->begun_at);
		n = pgi_put_moment(values, isnull, n, report->deadline);
		n = pgi_put_moment(values, isnull, n, report->overdue_at);
		(void) pgi_put_moment(values, isnull, n, report->done_at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
	}
	SPI_finish();
	return (Datum) 0;
}
