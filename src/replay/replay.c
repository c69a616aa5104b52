/*
 * replay.c: what recorded incidents would have come to under another policy, event by event
 * and incident by incident.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "incident/timeline.h"
#include "policy/policy_cache.h"
#include "replay/replay.h"
#include "rights/grants.h"

/* The arguments are (policy_id, from, to). */
void
pgi_replay_arguments(FunctionCallInfo fcinfo, int32 *policy_id, PgiPeriod *period)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("policy, from and to must not be null")));
	*policy_id = PG_GETARG_INT32(0);
	period->org_id = pgi_organisation_worked_in();
	period->from = PG_GETARG_TIMESTAMPTZ(1);
	period->to = PG_GETARG_TIMESTAMPTZ(2);
	if (period->from > period->to)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("from must not be later than to")));
}

/* What `nprocesses` that share a replay may each use, in bytes. */
static Size
memory_of_each(int nprocesses)
{
	return (Size) maintenance_work_mem * 1024 * 4 / nprocesses;
}

/* Begins a replay of a part of the incidents, one of `nparts` that go on at once. */
void
pgi_replay_begin(PgiReplay *replay, int32 policy_id, const PgiPeriod *period,
				 const PgiIds *part, int nparts, PgiProgress *progress)
{
	memset(replay, 0, sizeof(PgiReplay));
	pgi_duty_names_read(policy_id, &replay->duties);
	replay->history = pgi_history_begin(period, part, memory_of_each(nparts),
										&replay->duties, progress);
	replay->policy = pgi_policy_of(policy_id, period->org_id);
	replay->room = 64;
	replay->events = palloc(sizeof(PgiDerived) * replay->room);
}

void
pgi_replay_end(PgiReplay *replay)
{
	pgi_history_end(replay->history);
	pfree(replay->events);
}

/* Begins a replay of all in one process. */
static void
begin_alone(PgiReplay *replay, PgiProgress *progress, FunctionCallInfo fcinfo)
{
	PgiPeriod period;
	PgiIds all;
	int32 policy_id;
	int64 about;

	pgi_replay_arguments(fcinfo, &policy_id, &period);
	pgi_history_divide(&period, 1, &all, &about);
	pgi_history_progress_begin(progress, about);
	pgi_replay_begin(replay, policy_id, &period, &all, 1, progress);
}

static void
collect(const PgiDerived *derived, void *arg)
{
	PgiReplay *replay = arg;

	if (replay->nevents == replay->room)
	{
		replay->room *= 2;
		replay->events = repalloc(replay->events, sizeof(PgiDerived) * replay->room);
	}
	replay->events[replay->nevents++] = *derived;
}

/* Runs an incident under the policy; false when the policy does not know its values. */
bool
pgi_replay_run(PgiReplay *replay, const PgiPast *past)
{
	PgiResult result;

	replay->nevents = 0;
	result = pgi_advance(replay->policy, past->facts, past->nfacts, past->until, collect,
						 replay, &replay->state);
	if (result == PGI_ERROR_NOT_IN_POLICY)
		return false;
	pgi_timeline_check_result(result, past->incident_id);
	return true;
}

#define EVENT_COLUMNS 7

/* (policy_id, from, to): every event that would have been. */
PG_FUNCTION_INFO_V1(pgi_replay_events);
Datum
pgi_replay_events(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PgiPast *past;
	PgiReplay replay;
	PgiProgress progress;

	InitMaterializedSRF(fcinfo, 0);
	begin_alone(&replay, &progress, fcinfo);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		if (!pgi_replay_run(&replay, past))
			continue;
		for (int i = 0; i < replay.nevents; i++)
		{
			const PgiDerived *event = &replay.events[i];
			Datum values[EVENT_COLUMNS];
			bool isnull[EVENT_COLUMNS] = {false};
			int n = 0;

			values[n++] = Int64GetDatum(past->incident_id);
			values[n++] = TimestampTzGetDatum(event->at);
			values[n++] = Int16GetDatum(event->kind);
			values[n++] = Int16GetDatum(event->rule);
			values[n++] = Int16GetDatum((int16) event->occurrence);
			values[n++] = UInt8GetDatum(event->event_level);
			values[n++] = UInt8GetDatum(event->response_level);
			tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
		}
	}
	pgi_replay_end(&replay);
	return (Datum) 0;
}

/* An incident in a few figures. */
typedef struct Figures
{
	uint8 event_level;
	uint8 response_level;
	uint8 peak_response;
	bool breached;
	int32 escalations;
	int32 overdue;
	int32 duties_begun;
	int32 duties_overdue;
} Figures;

#define FIGURES 8

static void
count_figures(Figures *figures, const PgiDerived *events, int nevents)
{
	for (int i = 0; i < nevents; i++)
	{
		if (events[i].kind == PGI_ESCALATED)
			figures->escalations++;
		else if (events[i].rule >= PGI_RULE_DUTY_OVERDUE)
			figures->duties_overdue++;
		else if (events[i].rule >= PGI_RULE_DUTY)
			figures->duties_begun++;
		else if (events[i].kind == PGI_OVERDUE)
			figures->overdue++;
	}
}

/* Puts each figure at every second place from n on; nulls for no figures. */
static void
put_figures(Datum *values, bool *isnull, int n, const Figures *figures)
{
	for (int i = 0; i < FIGURES; i++)
		isnull[n + 2 * i] = figures == NULL;
	if (figures == NULL)
		return;
	values[n] = UInt8GetDatum(figures->event_level);
	values[n + 2] = UInt8GetDatum(figures->response_level);
	values[n + 4] = UInt8GetDatum(figures->peak_response);
	values[n + 6] = BoolGetDatum(figures->breached);
	values[n + 8] = Int32GetDatum(figures->escalations);
	values[n + 10] = Int32GetDatum(figures->overdue);
	values[n + 12] = Int32GetDatum(figures->duties_begun);
	values[n + 14] = Int32GetDatum(figures->duties_overdue);
}

/* (policy_id, from, to): the incidents that would have come out differently. */
PG_FUNCTION_INFO_V1(pgi_replay_incidents);
Datum
pgi_replay_incidents(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PgiPast *past;
	PgiReplay replay;
	PgiProgress progress;

	InitMaterializedSRF(fcinfo, 0);
	begin_alone(&replay, &progress, fcinfo);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		const PgiState *state = &replay.state;
		bool known = pgi_replay_run(&replay, past);
		Datum values[1 + 2 * FIGURES];
		bool isnull[1 + 2 * FIGURES] = {false};
		Figures was;
		Figures would_be;

		memset(&was, 0, sizeof(was));
		was.event_level = past->event_level;
		was.response_level = past->response_level;
		was.peak_response = past->peak_response;
		was.breached = past->breached;
		count_figures(&was, past->events, past->nevents);
		memset(&would_be, 0, sizeof(would_be));
		would_be.event_level = state->event_level;
		would_be.response_level = state->response_level;
		would_be.peak_response = state->peak_response;
		would_be.breached = state->late[PGI_CLOCK_PROCESSING];
		count_figures(&would_be, replay.events, replay.nevents);
		if (known && memcmp(&was, &would_be, sizeof(Figures)) == 0)
			continue;
		values[0] = Int64GetDatum(past->incident_id);
		put_figures(values, isnull, 1, &was);
		put_figures(values, isnull, 2, known ? &would_be : NULL);
		tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
	}
	pgi_replay_end(&replay);
	return (Datum) 0;
}
