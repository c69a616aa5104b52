/*
 * replay.c: what recorded incidents would have come to under another policy, beside what
 * they came to.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "compat.h"
#include "history.h"
#include "pg_incident.h"
#include "policy_cache.h"
#include "timeline.h"

/*
 * Events by what decided them. A rule is its own place, but each time to acknowledge has
 * one, from ACKNOWLEDGEMENTS on. The place 0, of facts, counts the incidents themselves.
 */
#define ACKNOWLEDGEMENTS 30
#define PLACES (PGI_RULE_DUTY_OVERDUE + PGI_MAX_DUTIES)

typedef int64 Counts[PLACES][PGI_LEVELS][PGI_LEVELS];

/* What was decided by a policy: by event and response level. */
typedef struct Tally
{
	int32 policy_id;
	Counts counts;
	struct Tally *next;
} Tally;

/* A replay under one policy, and what the kernel makes of the incident at hand. */
typedef struct Replay
{
	const PgiPolicy *policy;
	PgiDutyNames duties;
	PgiHistory *history;
	PgiDerived *events;
	int nevents;
	int room;
	PgiState state;
} Replay;

/* The arguments are (policy_id, from, to). */
static void
begin_replay(Replay *replay, FunctionCallInfo fcinfo)
{
	TimestampTz from;
	TimestampTz to;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("policy, from and to must not be null")));
	from = PG_GETARG_TIMESTAMPTZ(1);
	to = PG_GETARG_TIMESTAMPTZ(2);
	if (from > to)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("from must not be later than to")));
	pgi_read_duty_names(PG_GETARG_INT32(0), &replay->duties);
	replay->history = pgi_history_begin(pgi_organisation, from, to, &replay->duties);
	replay->policy = pgi_policy(PG_GETARG_INT32(0));
	replay->room = 64;
	replay->events = palloc(sizeof(PgiDerived) * replay->room);
}

static void
collect(const PgiDerived *derived, void *arg)
{
	Replay *replay = arg;

	if (replay->nevents == replay->room)
	{
		replay->room *= 2;
		replay->events = repalloc(replay->events, sizeof(PgiDerived) * replay->room);
	}
	replay->events[replay->nevents++] = *derived;
}

/* Runs an incident under the policy; false when the policy does not know its values. */
static bool
run(Replay *replay, const PgiPast *past)
{
	PgiResult result;

	replay->nevents = 0;
	result = pgi_advance(replay->policy, past->facts, past->nfacts, past->until, collect,
						 replay, &replay->state);
	if (result == PGI_ERROR_NOT_IN_POLICY)
		return false;
	pgi_check_result(result, past->incident_id);
	return true;
}

static Tally *
tally_of(Tally **tallies, int32 policy_id)
{
	Tally **place = tallies;

	while (*place != NULL && (*place)->policy_id != policy_id)
		place = &(*place)->next;
	if (*place == NULL)
	{
		*place = palloc0(sizeof(Tally));
		(*place)->policy_id = policy_id;
	}
	return *place;
}

static void
count_events(Tally *tally, const PgiDerived *events, int nevents)
{
	for (int i = 0; i < nevents; i++)
	{
		const PgiDerived *event = &events[i];
		int place = event->rule;

		if (place == PGI_RULE_ACKNOWLEDGEMENT)
			place =
				ACKNOWLEDGEMENTS + Min(event->occurrence, PGI_MAX_ACKNOWLEDGEMENTS) - 1;
		if (place < PLACES)
			tally->counts[place][event->event_level][event->response_level]++;
	}
}

#define COUNT_COLUMNS 7

/* Puts out what a policy decided, or with NULL what cannot be replayed. */
static void
put_counts(ReturnSetInfo *result, const Tally *tally, const bool *replayed)
{
	Datum values[COUNT_COLUMNS];
	bool isnull[COUNT_COLUMNS] = {false};

	isnull[0] = replayed == NULL;
	values[0] = BoolGetDatum(replayed != NULL && *replayed);
	values[1] = Int32GetDatum(tally->policy_id);
	for (int place = 0; place < PLACES; place++)
		for (int event_level = 0; event_level < PGI_LEVELS; event_level++)
			for (int response_level = 0; response_level < PGI_LEVELS; response_level++)
			{
				int64 count = tally->counts[place][event_level][response_level];
				bool acknowledgement =
					place >= ACKNOWLEDGEMENTS &&
					place < ACKNOWLEDGEMENTS + PGI_MAX_ACKNOWLEDGEMENTS;

				if (count == 0)
					continue;
				values[2] =
					Int16GetDatum(acknowledgement ? PGI_RULE_ACKNOWLEDGEMENT : place);
				values[3] =
					Int16GetDatum(acknowledgement ? place - ACKNOWLEDGEMENTS + 1 : 1);
				values[4] = UInt8GetDatum(event_level);
				values[5] = UInt8GetDatum(response_level);
				values[6] = Int64GetDatum(count);
				tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
			}
}

/* (policy_id, from, to): what was decided, how often, on both sides. */
PG_FUNCTION_INFO_V1(pgi_replay_counts);
Datum
pgi_replay_counts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const bool was = false;
	const bool would_be = true;
	Tally *was_tallies = NULL;
	Tally *candidate = palloc0(sizeof(Tally));
	Tally *not_in_policy = palloc0(sizeof(Tally));
	const PgiPast *past;
	Replay replay = {0};

	InitMaterializedSRF(fcinfo, 0);
	begin_replay(&replay, fcinfo);
	candidate->policy_id = not_in_policy->policy_id = PG_GETARG_INT32(0);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		const PgiState *state = &replay.state;
		Tally *tally;

		if (!run(&replay, past))
		{
			not_in_policy->counts[0][past->event_level][past->response_level]++;
			continue;
		}
		count_events(candidate, replay.events, replay.nevents);
		candidate->counts[0][state->event_level][state->response_level]++;
		tally = tally_of(&was_tallies, past->policy_id);
		count_events(tally, past->events, past->nevents);
		tally->counts[0][past->event_level][past->response_level]++;
	}
	pgi_history_end(replay.history);
	put_counts(result, candidate, &would_be);
	put_counts(result, not_in_policy, NULL);
	for (const Tally *tally = was_tallies; tally != NULL; tally = tally->next)
		put_counts(result, tally, &was);
	return (Datum) 0;
}

#define EVENT_COLUMNS 7

/* (policy_id, from, to): every event that would have been. */
PG_FUNCTION_INFO_V1(pgi_replay_events);
Datum
pgi_replay_events(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PgiPast *past;
	Replay replay = {0};

	InitMaterializedSRF(fcinfo, 0);
	begin_replay(&replay, fcinfo);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		if (!run(&replay, past))
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
	pgi_history_end(replay.history);
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
	Replay replay = {0};

	InitMaterializedSRF(fcinfo, 0);
	begin_replay(&replay, fcinfo);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		const PgiState *state = &replay.state;
		bool known = run(&replay, past);
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
	pgi_history_end(replay.history);
	return (Datum) 0;
}
