/*
 * advance.c: the state machine of an incident, and the events that follow from its facts.
 *
 * Facts of a moment take effect before the events which time brings at that moment, so
 * what is resolved at the very moment of a threshold has not reached it. While the clock
 * stands still, only what was truly passed counts.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/advance.h"
#include "kernel/duty.h"

/* Of two steps the one that asks for more; when they ask for the same, the earlier rule. */
static const PgiThreshold *
more_urgent(const PgiThreshold *one, const PgiThreshold *other)
{
	if (one == NULL || other->level > one->level ||
		(other->level == one->level && other->rule < one->rule))
		return other;
	return one;
}

/* The step that decides the response, of all that the incident may be. */
static const PgiThreshold *
step_at(const PgiRun *run, int64_t at)
{
	const PgiThreshold *step = NULL;

	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];
		int64_t elapsed = pgi_stopwatch_reached(run, &run->clocks[PGI_CLOCK_PROCESSING],
												member->calendar, at);

		step = more_urgent(step, pgi_policy_threshold_at(member->steps, elapsed));
		for (int number = 0; number < run->policy->ninactivities; number++)
		{
			elapsed = pgi_stopwatch_reached(run, &run->inactivity[number],
											member->calendar, at);
			step = more_urgent(
				step, pgi_policy_threshold_at(member->inactive[number], elapsed));
		}
	}
	return step;
}

/* The limit of a clock after so many have passed, or PGI_NEVER. */
static int64_t
limit_after(const PgiCell *cell, PgiClock number, int passed)
{
	if (number == PGI_CLOCK_ACKNOWLEDGEMENT)
		return cell->acknowledge[passed];
	return passed == 0 ? cell->limit[number] : PGI_NEVER;
}

/* How many limits of a clock have passed. */
static uint8_t
passed_at(const PgiRun *run, PgiClock number, int64_t at)
{
	int passed = 0;

	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];
		int64_t limit = limit_after(member, number, passed);
		int64_t elapsed;

		if (limit == PGI_NEVER)
			continue;
		elapsed = pgi_stopwatch_reached(run, &run->clocks[number], member->calendar, at);
		while (limit != PGI_NEVER && elapsed >= limit)
			limit = limit_after(member, number, ++passed);
	}
	return (uint8_t) passed;
}

/* The time of the first step that asks for more than the response there is. */
static int64_t
next_rise(const PgiRun *run, const PgiThreshold *steps, int nsteps)
{
	for (int i = 1; i < nsteps; i++)
		if (steps[i].level > run->state->response_level)
			return steps[i].after;
	return PGI_NEVER;
}

/* When a clock comes to its next limit, or processing to its next rise; or PGI_NEVER. */
static int64_t
next_of_clock(const PgiRun *run, PgiClock number)
{
	const PgiStopwatch *watch = &run->clocks[number];
	int64_t next = PGI_NEVER;

	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];
		int64_t elapsed = limit_after(member, number, run->state->late[number]);

		if (number == PGI_CLOCK_PROCESSING)
			elapsed = pgi_least(elapsed, next_rise(run, member->steps, member->nsteps));
		next =
			pgi_least(next, pgi_stopwatch_moment(run, watch, member->calendar, elapsed));
	}
	return next;
}

/* When a step on a clock of inactivity comes, or PGI_NEVER. */
static int64_t
next_of_inactivity(const PgiRun *run, int number)
{
	int64_t next = PGI_NEVER;

	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];

		next = pgi_least(
			next, pgi_stopwatch_moment(run, &run->inactivity[number], member->calendar,
									   next_rise(run, member->inactive[number],
												 member->ninactive[number])));
	}
	return next;
}

/* The moment of the next event, or PGI_NEVER. */
static int64_t
next_moment(const PgiRun *run)
{
	int64_t next = run->unsettled;

	for (int number = 0; number < PGI_CLOCKS; number++)
		if (run->clocks[number].running && run->clocks[number].wanted)
			next = pgi_least(next, next_of_clock(run, number));
	for (int number = 0; number < run->policy->ninactivities; number++)
		if (run->inactivity[number].running && run->inactivity[number].wanted)
			next = pgi_least(next, next_of_inactivity(run, number));
	if (run->going != 0 && run->unsettled == PGI_NEVER)
		next = pgi_least(next, pgi_duties_next(run));
	return next;
}

static void
emit_event(PgiRun *run, PgiKind kind, int rule, int64_t at)
{
	pgi_run_emit(run, kind, rule, 1, PGI_NEVER, at);
}

static void
set_response(PgiRun *run, uint8_t level)
{
	run->state->response_level = level;
	if (level > run->state->peak_response)
		run->state->peak_response = level;
}

/* Says that another limit of a clock has passed. */
static void
emit_late(PgiRun *run, PgiClock number, int32_t occurrence, int64_t at)
{
	if (number == PGI_CLOCK_PROCESSING)
		pgi_run_emit(run, PGI_BREACHED, PGI_RULE_PROCESSING_TIME, occurrence, PGI_NEVER,
					 at);
	else
		pgi_run_emit(run, PGI_OVERDUE,
					 number == PGI_CLOCK_ACKNOWLEDGEMENT ? PGI_RULE_ACKNOWLEDGEMENT
														 : PGI_RULE_RESPONSE,
					 occurrence, PGI_NEVER, at);
}

/* Says what has become late; after a fact, also forgets what no longer is. */
static bool
check_deadlines(PgiRun *run, int64_t at, bool may_forget)
{
	bool found = false;

	for (int number = 0; number < PGI_CLOCKS; number++)
	{
		uint8_t passed;

		if (!run->clocks[number].wanted)
			continue;
		passed = passed_at(run, number, at);
		for (int i = run->state->late[number] + 1; i <= passed; i++)
		{
			emit_late(run, number, i, at);
			found = true;
		}
		if (passed > run->state->late[number] || may_forget)
			run->state->late[number] = passed;
	}
	return found;
}

/* Grades after a fact, and says what that changed. */
static void
regrade(PgiRun *run, int64_t at, bool always)
{
	PgiState *state = run->state;
	uint8_t event_level = run->cell->event_level;
	uint8_t response_level = step_at(run, at)->level;
	bool differs =
		state->event_level != event_level || state->response_level != response_level;

	state->event_level = event_level;
	set_response(run, response_level);
	if (always || differs)
		emit_event(run, PGI_GRADED, PGI_RULE_MATRIX, at);
	(void) check_deadlines(run, at, true);
}

/* Starts a deadline from zero. */
static void
set_deadline(PgiRun *run, PgiClock number, int64_t at)
{
	PgiStopwatch *watch = &run->clocks[number];

	pgi_stopwatch_reset(run, watch, at);
	watch->wanted = true;
	watch->running = true;
	run->state->late[number] = 0;
}

/* What the deadline was for is done, or will not be done any more. */
static void
end_deadline(PgiRun *run, PgiClock number)
{
	run->clocks[number].wanted = false;
}

/* Raises the response when time asks for more. */
static bool
escalate(PgiRun *run, int64_t at)
{
	const PgiThreshold *step = step_at(run, at);

	if (step->level <= run->state->response_level)
		return false;
	set_response(run, step->level);
	emit_event(run, PGI_ESCALATED, step->rule, at);
	return true;
}

/* Emits what time brings before `end`. */
static PgiResult
let_time_pass(PgiRun *run, int64_t end, bool including_end)
{
	for (;;)
	{
		int64_t at = next_moment(run);
		bool found;

		if (at == PGI_NEVER || at > end || (at == end && !including_end))
			return PGI_OK;
		found = escalate(run, at);
		found |= check_deadlines(run, at, false);
		if (run->policy->nduties > 0)
			found |= pgi_duties_decide(run, at);
		if (!found)
			return PGI_ERROR_STUCK;
	}
}

/* Finds what the incident may be, where the calendars of that differ. */
static void
find_members(PgiRun *run)
{
	const PgiState *state = run->state;

	run->nmembers = 0;
	if (run->cell->calendar != PGI_MIXED)
	{
		run->members[run->nmembers++] = run->cell;
		return;
	}
	for (int asset = 0; asset <= PGI_LEVEL_MAX; asset++)
		for (int severity = 1; severity <= PGI_SEVERITY_MAX; severity++)
			if (run->policy->cell[asset][severity].possible &&
				(state->asset_level == PGI_LEVEL_UNKNOWN ||
				 state->asset_level == asset) &&
				(state->severity == PGI_SEVERITY_UNKNOWN || state->severity == severity))
				run->members[run->nmembers++] = &run->policy->cell[asset][severity];
}

/* Takes over the values a fact sets; false when the policy does not know them. */
static bool
set_values(PgiRun *run, const PgiFact *fact)
{
	PgiState *state = run->state;

	if (fact->sets_asset)
	{
		/* A level that is given without an asset is one of the asset that is known. */
		if (fact->asset_id != 0 || fact->asset_level == PGI_LEVEL_UNKNOWN)
			state->asset_id = fact->asset_id;
		state->asset_level = fact->asset_level;
	}
	if (fact->sets_severity)
		state->severity = fact->severity;
	run->cell = &run->policy->cell[state->asset_level][state->severity];
	find_members(run);
	return run->cell->possible;
}

static void
begin_cycle(PgiState *state)
{
	state->acknowledged_at = PGI_NEVER;
	state->activated_at = PGI_NEVER;
	state->resolved_at = PGI_NEVER;
	state->closed_at = PGI_NEVER;
}

/* Opens or reopens: the processing clock runs on, the others begin anew. */
static void
start_clocks(PgiRun *run, int64_t at)
{
	run->clocks[PGI_CLOCK_PROCESSING].wanted = true;
	pgi_stopwatch_start(&run->clocks[PGI_CLOCK_PROCESSING], at);
	set_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT, at);
	set_deadline(run, PGI_CLOCK_RESPONSE, at);
	for (int number = 0; number < run->policy->ninactivities; number++)
	{
		pgi_stopwatch_reset(run, &run->inactivity[number], at);
		run->inactivity[number].wanted = run->inactivity[number].running = true;
	}
}

static void
stop_running(PgiRun *run, PgiStopwatch *watch, int64_t at)
{
	if (watch->running)
		pgi_stopwatch_stop(run, watch, at);
}

/* Resolves or cancels: processing and inactivity stand, the deadlines are over. */
static void
stop_clocks(PgiRun *run, int64_t at)
{
	stop_running(run, &run->clocks[PGI_CLOCK_PROCESSING], at);
	for (int number = 0; number < run->policy->ninactivities; number++)
		stop_running(run, &run->inactivity[number], at);
	end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
	end_deadline(run, PGI_CLOCK_RESPONSE);
}

/* Stops what a hold stops, or starts it again. Inactivity goes with processing. */
static void
hold_clocks(PgiRun *run, int64_t at, bool stop)
{
	for (int number = 0; number < PGI_CLOCKS; number++)
	{
		if ((run->policy->hold_stops & PGI_CLOCK_BIT(number)) == 0)
			continue;
		if (stop)
			pgi_stopwatch_stop(run, &run->clocks[number], at);
		else
			pgi_stopwatch_start(&run->clocks[number], at);
	}
	if ((run->policy->hold_stops & PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING)) == 0)
		return;
	for (int number = 0; number < run->policy->ninactivities; number++)
	{
		if (stop)
			pgi_stopwatch_stop(run, &run->inactivity[number], at);
		else
			pgi_stopwatch_start(&run->inactivity[number], at);
	}
}

/* Somebody has acted. */
static void
restart_inactivity(PgiRun *run, const PgiFact *fact)
{
	for (int number = 0; number < run->policy->ninactivities; number++)
		if ((run->policy->reports[number] & PGI_FACT_BIT(fact->kind)) != 0)
			pgi_stopwatch_reset(run, &run->inactivity[number], fact->at);
}

static PgiResult
apply_fact(PgiRun *run, const PgiFact *fact)
{
	PgiState *state = run->state;

	run->nheard++;
	if (!pgi_status_allows(state->standing, fact->kind))
		return PGI_OK;
	/* Of what was done, the duties say whether it counts. */
	if (run->effects != NULL)
		run->effects[fact - run->facts] = fact->kind != PGI_DONE;
	state->standing = pgi_status_after(state->standing, fact->kind);
	restart_inactivity(run, fact);

	switch ((PgiKind) fact->kind)
	{
		case PGI_OPENED:
			begin_cycle(state);
			if (!set_values(run, fact))
				return PGI_ERROR_NOT_IN_POLICY;
			start_clocks(run, fact->at);
			state->epoch = fact->seq;
			regrade(run, fact->at, true);
			break;
		case PGI_ASSESSED:
		case PGI_RAISED:
			if (!set_values(run, fact))
				return PGI_ERROR_NOT_IN_POLICY;
			state->epoch = fact->seq;
			regrade(run, fact->at, false);
			break;
		case PGI_ACKNOWLEDGED:
			state->acknowledged_at = fact->at;
			end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
			break;
		case PGI_ACTIVATED:
			state->activated_at = fact->at;
			end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
			end_deadline(run, PGI_CLOCK_RESPONSE);
			break;
		case PGI_HELD:
			hold_clocks(run, fact->at, true);
			break;
		case PGI_RESUMED:
			if (run->policy->hold_stops != 0)
			{
				hold_clocks(run, fact->at, false);
				state->epoch = fact->seq;
				regrade(run, fact->at, false);
			}
			break;
		case PGI_RESOLVED:
		case PGI_CANCELLED:
			stop_clocks(run, fact->at);
			if (fact->kind == PGI_RESOLVED)
				state->resolved_at = fact->at;
			else
				state->closed_at = fact->at;
			break;
		case PGI_CLOSED:
			state->closed_at = fact->at;
			break;
		case PGI_REOPENED:
			begin_cycle(state);
			start_clocks(run, fact->at);
			state->epoch = fact->seq;
			regrade(run, fact->at, false);
			break;
		default:
			break;
	}
	if (run->policy->nduties > 0)
		pgi_duties_apply_fact(run, fact);
	return PGI_OK;
}

/* What pgi_advance_from_state needs of a clock. */
static int64_t
origin_of(PgiRun *run, const PgiStopwatch *watch)
{
	int64_t origin;

	if (!watch->running || !watch->wanted || run->cell->calendar == PGI_MIXED)
		return PGI_NEVER;
	origin = pgi_stopwatch_origin(run, watch, run->cell->calendar);
	if (origin == PGI_NEVER)
		run->state->can_continue = false;
	return origin;
}

static void
note_origins(PgiRun *run)
{
	run->state->can_continue = run->cell->calendar != PGI_MIXED;
	for (int number = 0; number < PGI_CLOCKS; number++)
		run->state->origin[number] = origin_of(run, &run->clocks[number]);
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		run->state->inactive_since[number] = origin_of(run, &run->inactivity[number]);
}

/* Lets time pass to the end, and leaves the state as of then. */
static PgiResult
finish(PgiRun *run, int64_t until)
{
	const PgiStopwatch *processing = &run->clocks[PGI_CLOCK_PROCESSING];
	PgiResult result = let_time_pass(run, until, true);

	run->state->running = processing->running;
	run->state->elapsed = pgi_stopwatch_elapsed(
		run, processing, run->policy->calendar[run->state->event_level], until);
	run->state->next_due = next_moment(run);
	pgi_duties_save(run, until);
	return result;
}

static PgiResult
run_facts(PgiRun *run, const PgiFact *facts, int nfacts, int64_t until)
{
	PgiState *state = run->state;
	PgiResult result;

	memset(state, 0, offsetof(PgiState, duties));
	state->asset_level = PGI_LEVEL_UNKNOWN;
	state->severity = PGI_SEVERITY_UNKNOWN;
	state->next_due = PGI_NEVER;
	if (nfacts == 0 || facts[0].kind != PGI_OPENED)
		return PGI_ERROR_NOT_OPENED;
	run->facts = facts;
	pgi_duties_begin(run);

	for (int i = 0; i < nfacts && facts[i].at <= until; i++)
	{
		if (i > 0)
		{
			if (facts[i].at < facts[i - 1].at)
				return PGI_ERROR_OUT_OF_ORDER;
			result = let_time_pass(run, facts[i].at, false);
			if (result != PGI_OK)
				return result;
		}
		result = apply_fact(run, &facts[i]);
		if (result != PGI_OK)
			return result;
	}
	if (state->standing.status == PGI_NEW)
		return PGI_OK;
	note_origins(run);
	return finish(run, until);
}

/*
 * Runs an incident's facts, ordered by effective time and then by recording, up to and
 * including `until`. Hands each derived event to `emit` (which may be NULL) in order of
 * time, and leaves the state as of `until`. Does not allocate.
 */
PgiResult
pgi_advance(const PgiPolicy *policy, const PgiFact *facts, int nfacts, int64_t until,
			PgiEmit emit, void *arg, PgiState *state)
{
	return pgi_advance_in_full(policy, facts, nfacts, until, emit, arg, NULL, state);
}

/*
 * The same, and says of each fact whether it has an effect: whether it fits the status of its
 * moment, and if a duty was done, whether that counts.
 */
PgiResult
pgi_advance_in_full(const PgiPolicy *policy, const PgiFact *facts, int nfacts,
					int64_t until, PgiEmit emit, void *arg, bool *effects,
					PgiState *state)
{
	PgiOccurrence occurrences[PGI_MAX_DUTIES];
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiRun run = {.policy = policy,
				  .state = state,
				  .emit = emit,
				  .arg = arg,
				  .unsettled = PGI_NEVER,
				  .occurrences = occurrences,
				  .reports = reports,
				  .effects = effects};

	for (int i = 0; effects != NULL && i < nfacts; i++)
		effects[i] = false;
	return run_facts(&run, facts, nfacts, until);
}

/* Runs an incident's facts, and tells what has become of each duty of the policy by then. */
PgiResult
pgi_advance_duties(const PgiPolicy *policy, const PgiFact *facts, int nfacts,
				   int64_t until, PgiDutyReport *reports)
{
	PgiState state;
	PgiOccurrence occurrences[PGI_MAX_DUTIES];
	PgiRun run = {.policy = policy,
				  .state = &state,
				  .unsettled = PGI_NEVER,
				  .occurrences = occurrences,
				  .reports = reports};
	PgiResult result = run_facts(&run, facts, nfacts, until);

	if (result == PGI_OK)
		pgi_duties_report(&run);
	return result;
}

/* The same as a state has it, as of the moment that it was left at. */
void
pgi_advance_duties_of_state(const PgiPolicy *policy, PgiState *state,
							PgiDutyReport *reports)
{
	PgiOccurrence occurrences[PGI_MAX_DUTIES];
	PgiRun run = {.policy = policy,
				  .state = state,
				  .unsettled = PGI_NEVER,
				  .occurrences = occurrences,
				  .reports = reports};

	pgi_duties_restore(&run);
	pgi_duties_report(&run);
	for (int i = 0; i < state->nduties; i++)
		if (state->duties[i].clock == PGI_NEVER)
			reports[state->duties[i].number].deadline = state->duties[i].report.deadline;
}

/* Starts a watch as if it had never stopped. */
static void
take_up(PgiStopwatch *watch, int64_t origin)
{
	watch->wanted = watch->running = origin != PGI_NEVER;
	watch->since = origin;
}

/*
 * Goes on from the state of a run that can continue, without a further fact, up to and
 * including `until`. The same as a run over all facts, but for what happened before.
 */
PgiResult
pgi_advance_from_state(const PgiPolicy *policy, PgiState *state, int64_t until,
					   PgiEmit emit, void *arg)
{
	PgiOccurrence occurrences[PGI_MAX_DUTIES];
	PgiDutyReport reports[PGI_MAX_DUTIES];
	PgiRun run = {.policy = policy,
				  .state = state,
				  .emit = emit,
				  .arg = arg,
				  .unsettled = PGI_NEVER,
				  .occurrences = occurrences,
				  .reports = reports};

	run.cell = &policy->cell[state->asset_level][state->severity];
	if (!run.cell->possible)
		return PGI_ERROR_NOT_IN_POLICY;
	run.members[run.nmembers++] = run.cell;
	for (int number = 0; number < PGI_CLOCKS; number++)
		take_up(&run.clocks[number], state->origin[number]);
	for (int number = 0; number < policy->ninactivities; number++)
		take_up(&run.inactivity[number], state->inactive_since[number]);
	pgi_duties_restore(&run);
	return finish(&run, until);
}

static int
compare_facts(const void *a, const void *b)
{
	const PgiFact *left = a;
	const PgiFact *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return left->seq < right->seq ? -1 : left->seq > right->seq;
}

/* Puts facts in the order in which they take effect. */
void
pgi_advance_sort_facts(PgiFact *facts, int nfacts)
{
	qsort(facts, (size_t) nfacts, sizeof(PgiFact), compare_facts);
}
