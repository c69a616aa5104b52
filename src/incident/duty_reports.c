/*
 * duty_reports.c: what has become of the duties of an incident: as of a moment, from its
 * facts, and as last settled, from its state.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "incident/entry.h"
#include "incident/state_row.h"
#include "incident/timeline.h"
#include "kernel/duty.h"
#include "policy/duty_names.h"
#include "policy/policy_cache.h"

/* The columns of either function, after the one that names the duty. */
#define REPORT_COLUMNS 7

static void
put_report(const ReturnSetInfo *result, Datum duty, const PgiDutyReport *report)
{
	Datum values[REPORT_COLUMNS];
	bool isnull[REPORT_COLUMNS] = {false};
	int n = 0;

	values[n++] = duty;
	values[n++] = CStringGetTextDatum(pgi_duty_status_words[report->status]);
	isnull[n] = report->occurrence == 0;
	values[n++] = Int32GetDatum(report->occurrence);
	pgi_entry_put_moment(values, isnull, n++, report->begun_at);
	pgi_entry_put_moment(values, isnull, n++, report->deadline);
	pgi_entry_put_moment(values, isnull, n++, report->overdue_at);
	pgi_entry_put_moment(values, isnull, n, report->done_at);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

/* (incident_id, at) */
PG_FUNCTION_INFO_V1(pgi_duties_at);
Datum
pgi_duties_at(PG_FUNCTION_ARGS)
{
	int64 incident_id = PG_GETARG_INT64(0);
	TimestampTz at = pgi_argument_moment(fcinfo, 1, "at");
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiTimeline timeline;
	PgiDutyNames duties;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	pgi_timeline_read(&timeline, pgi_timeline_organisation(incident_id), incident_id);
	pgi_timeline_duties(&timeline, at, reports);
	pgi_duty_names_read(timeline.policy_id, &duties);
	for (int number = 0; number < duties.count; number++)
		put_report((ReturnSetInfo *) fcinfo->resultinfo,
				   CStringGetTextDatum(duties.name[number]), &reports[number]);
	SPI_finish();
	return (Datum) 0;
}

/*
 * (org_id, policy_id, event_level, response_level, duties): those that the policy has for the
 * levels; none of a state that is damaged, so that views can be read.
 */
PG_FUNCTION_INFO_V1(pgi_duties_of_state);
Datum
pgi_duties_of_state(PG_FUNCTION_ARGS)
{
	const PgiPolicy *policy = pgi_policy_of(PG_GETARG_INT32(1), PG_GETARG_INT32(0));
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiState state;

	InitMaterializedSRF(fcinfo, 0);
	memset(&state, 0, offsetof(PgiState, duties));
	state.event_level = DatumGetUInt8(PG_GETARG_DATUM(2));
	state.response_level = DatumGetUInt8(PG_GETARG_DATUM(3));
	if (!pgi_state_take_duties(PG_GETARG_DATUM(4), PG_ARGISNULL(4), &state))
		return (Datum) 0;
	pgi_advance_duties_of_state(policy, &state, reports);
	for (uint32 left = policy->sets.at_event[state.event_level] |
					   policy->sets.at_response[state.response_level];
		 left != 0; left &= left - 1)
	{
		int number = __builtin_ctz(left);

		put_report((ReturnSetInfo *) fcinfo->resultinfo, Int32GetDatum(number),
				   &reports[number]);
	}
	return (Datum) 0;
}
