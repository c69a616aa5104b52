/*
 * advance.c: the state machine of an incident, and the events that follow from its facts.
 *
 * Facts of a moment take effect before the events which time brings at that moment, so
 * what is resolved at the very moment of a threshold has not reached it. While the clock
 * stands still, only what was truly passed counts.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/advance.h"

const char *const pgi_kind_words[PGI_KINDS] = {
	"opened",	 "assessed", "acknowledged", "activated", "held",  "resumed",
	"resolved",	 "closed",	 "reopened",	 "cancelled", "noted", "graded",
	"escalated", "breached", "overdue",		 "voided"};

const char *const pgi_status_words[PGI_STATUSES] = {"new",	  "open",	  "acknowledged",
													"active", "on_hold",  "resolved",
													"closed", "cancelled"};

#define BIT(status) (1u << (status))
#define BEING_HANDLED (BIT(PGI_OPEN) | BIT(PGI_IS_ACKNOWLEDGED) | BIT(PGI_ACTIVE))
#define NOT_DONE (BEING_HANDLED | BIT(PGI_ON_HOLD))
#define DONE (BIT(PGI_IS_RESOLVED) | BIT(PGI_IS_CLOSED) | BIT(PGI_IS_CANCELLED))

/* The statuses in which each fact has an effect. */
static const unsigned allowed_from[PGI_KINDS] = {
	[PGI_OPENED] = BIT(PGI_NEW),
	[PGI_ASSESSED] = NOT_DONE | BIT(PGI_IS_RESOLVED),
	[PGI_ACKNOWLEDGED] = BIT(PGI_OPEN),
	[PGI_ACTIVATED] = BIT(PGI_OPEN) | BIT(PGI_IS_ACKNOWLEDGED),
	[PGI_HELD] = BEING_HANDLED,
	[PGI_RESUMED] = BIT(PGI_ON_HOLD),
	[PGI_RESOLVED] = NOT_DONE,
	[PGI_CLOSED] = BIT(PGI_IS_RESOLVED),
	[PGI_REOPENED] = DONE,
	[PGI_CANCELLED] = NOT_DONE,
	[PGI_NOTED] = NOT_DONE | DONE,
};

/* Whether a fact of this kind has an effect in this status. */
bool
pgi_allows(uint8_t status, uint8_t kind)
{
	return (allowed_from[kind] & BIT(status)) != 0;
}

#define MAX_MEMBERS ((PGI_LEVEL_MAX + 1) * PGI_SEVERITY_MAX)

/* One of an incident's clocks, on each of the policy's calendars. */
typedef struct Clock
{
	bool wanted; /* there is something left to be late for */
	bool running;
	int64_t before[PGI_LEVELS]; /* on it when it last started or stopped */
	int64_t since;				/* when it last started */
} Clock;

/* Everything one run of pgi_advance works on. */
typedef struct Run
{
	const PgiPolicy *policy;
	PgiState *state;
	PgiEmit emit;
	void *arg;
	Clock clocks[PGI_CLOCKS];
	/* What the incident may be: its cell, or when calendars differ, all that are possible. */
	const PgiCell *cell;
	const PgiCell *members[MAX_MEMBERS];
	int nmembers;
} Run;

static int64_t
add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? PGI_NEVER : sum;
}

static int64_t
elapsed_at(const Run *run, PgiClock number, int calendar, int64_t at)
{
	const Clock *clock = &run->clocks[number];

	if (!clock->running)
		return clock->before[calendar];
	return add_saturating(
		clock->before[calendar],
		pgi_calendar_measure(run->policy->calendars[calendar], clock->since, at));
}

/* The latest elapsed time that counts as reached: just short of it while standing still. */
static int64_t
reached_at(const Run *run, PgiClock number, int calendar, int64_t at)
{
	int64_t elapsed = elapsed_at(run, number, calendar, at);

	return run->clocks[number].running ? elapsed : elapsed - 1;
}

/* The response level that what the incident may be asks for. */
static uint8_t
response_at(const Run *run, int64_t at)
{
	uint8_t response = PGI_LEVEL_NONE;

	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];
		uint8_t level = pgi_response_level(
			member, reached_at(run, PGI_CLOCK_PROCESSING, member->calendar, at));

		if (level > response)
			response = level;
	}
	return response;
}

static bool
is_late(const Run *run, PgiClock number, int64_t at)
{
	for (int i = 0; i < run->nmembers; i++)
	{
		const PgiCell *member = run->members[i];

		if (member->limit[number] != PGI_NEVER &&
			reached_at(run, number, member->calendar, at) >= member->limit[number])
			return true;
	}
	return false;
}

/* When a running clock will have come to `elapsed`. */
static int64_t
moment_of(const Run *run, PgiClock number, int calendar, int64_t elapsed)
{
	const Clock *clock = &run->clocks[number];

	if (elapsed == PGI_NEVER)
		return PGI_NEVER;
	return pgi_calendar_add(run->policy->calendars[calendar], clock->since,
							elapsed - clock->before[calendar]);
}

/* The elapsed time at which a cell asks for more than the response there is. */
static int64_t
next_rise(const Run *run, const PgiCell *cell)
{
	for (int i = 1; i < cell->nsteps; i++)
		if (cell->steps[i].level > run->state->response_level)
			return cell->steps[i].after;
	return PGI_NEVER;
}

/* The moment of the next event, or PGI_NEVER. */
static int64_t
next_moment(const Run *run)
{
	int64_t next = PGI_NEVER;

	for (int number = 0; number < PGI_CLOCKS; number++)
	{
		const Clock *clock = &run->clocks[number];

		if (!clock->running || !clock->wanted)
			continue;
		for (int i = 0; i < run->nmembers; i++)
		{
			const PgiCell *member = run->members[i];
			int64_t elapsed =
				run->state->late[number] ? PGI_NEVER : member->limit[number];
			int64_t at;

			if (number == PGI_CLOCK_PROCESSING && next_rise(run, member) < elapsed)
				elapsed = next_rise(run, member);
			at = moment_of(run, number, member->calendar, elapsed);
			if (at < next)
				next = at;
		}
	}
	return next;
}

static void
emit_event(Run *run, PgiKind kind, int rule, int64_t at)
{
	PgiDerived derived;

	if (run->emit == NULL)
		return;
	derived.at = at;
	derived.epoch = run->state->epoch;
	derived.rule = (int16_t) rule;
	derived.kind = (uint8_t) kind;
	derived.event_level = run->state->event_level;
	derived.response_level = run->state->response_level;
	run->emit(&derived, run->arg);
}

static void
set_response(Run *run, uint8_t level)
{
	run->state->response_level = level;
	if (level > run->state->peak_response)
		run->state->peak_response = level;
}

/* Says what has become late; after a fact, also forgets what no longer is. */
static bool
check_deadlines(Run *run, int64_t at, bool may_forget)
{
	bool found = false;

	for (int number = 0; number < PGI_CLOCKS; number++)
	{
		bool late;

		if (!run->clocks[number].wanted)
			continue;
		late = is_late(run, number, at);
		if (late && !run->state->late[number])
		{
			if (number == PGI_CLOCK_PROCESSING)
				emit_event(run, PGI_BREACHED, PGI_RULE_PROCESSING_TIME, at);
			else
				emit_event(run, PGI_OVERDUE,
						   number == PGI_CLOCK_ACKNOWLEDGEMENT ? PGI_RULE_ACKNOWLEDGEMENT
															   : PGI_RULE_RESPONSE,
						   at);
			found = true;
		}
		if (late || may_forget)
			run->state->late[number] = late;
	}
	return found;
}

/* Grades after a fact, and says what that changed. */
static void
regrade(Run *run, int64_t at, bool always)
{
	PgiState *state = run->state;
	uint8_t event_level = run->cell->event_level;
	uint8_t response_level = response_at(run, at);
	bool differs =
		state->event_level != event_level || state->response_level != response_level;

	state->event_level = event_level;
	set_response(run, response_level);
	if (always || differs)
		emit_event(run, PGI_GRADED, PGI_RULE_MATRIX, at);
	(void) check_deadlines(run, at, true);
}

static void
stop_clock(Run *run, PgiClock number, int64_t at)
{
	Clock *clock = &run->clocks[number];

	for (int calendar = 0; calendar < run->policy->ncalendars; calendar++)
		clock->before[calendar] = elapsed_at(run, number, calendar, at);
	clock->running = false;
}

static void
start_clock(Run *run, PgiClock number, int64_t at)
{
	run->clocks[number].since = at;
	run->clocks[number].running = true;
}

/* Starts a deadline from zero. */
static void
set_deadline(Run *run, PgiClock number, int64_t at)
{
	memset(&run->clocks[number], 0, sizeof(Clock));
	run->clocks[number].wanted = true;
	run->state->late[number] = false;
	start_clock(run, number, at);
}

/* What the deadline was for is done, or will not be done any more. */
static void
end_deadline(Run *run, PgiClock number)
{
	run->clocks[number].wanted = false;
}

/* Emits what time brings before `end`. */
static PgiResult
let_time_pass(Run *run, int64_t end, bool including_end)
{
	for (;;)
	{
		int64_t at = next_moment(run);
		uint8_t response_level;
		bool found = false;

		if (at == PGI_NEVER || at > end || (at == end && !including_end))
			return PGI_OK;
		response_level = response_at(run, at);
		if (response_level > run->state->response_level)
		{
			set_response(run, response_level);
			emit_event(run, PGI_ESCALATED,
					   PGI_RULE_REMAINING_TIME + PGI_LEVEL_NUMBER(response_level), at);
			found = true;
		}
		if (check_deadlines(run, at, false))
			found = true;
		if (!found)
			return PGI_ERROR_STUCK;
	}
}

/* Finds what the incident may be, where the calendars of that differ. */
static void
find_members(Run *run)
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
set_values(Run *run, const PgiFact *fact)
{
	PgiState *state = run->state;

	if (fact->sets_asset)
	{
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
	state->status = PGI_OPEN;
	state->acknowledged_at = PGI_NEVER;
	state->activated_at = PGI_NEVER;
	state->resolved_at = PGI_NEVER;
	state->closed_at = PGI_NEVER;
}

/* Opens or reopens: the processing clock runs on, the deadlines begin anew. */
static void
start_clocks(Run *run, int64_t at)
{
	run->clocks[PGI_CLOCK_PROCESSING].wanted = true;
	start_clock(run, PGI_CLOCK_PROCESSING, at);
	set_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT, at);
	set_deadline(run, PGI_CLOCK_RESPONSE, at);
}

/* Resolves or cancels: the processing clock stands, the deadlines are over. */
static void
stop_clocks(Run *run, int64_t at)
{
	if (run->clocks[PGI_CLOCK_PROCESSING].running)
		stop_clock(run, PGI_CLOCK_PROCESSING, at);
	end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
	end_deadline(run, PGI_CLOCK_RESPONSE);
}

/* Stops what a hold stops, or starts it again. */
static void
hold_clocks(Run *run, int64_t at, bool stop)
{
	for (int number = 0; number < PGI_CLOCKS; number++)
	{
		if ((run->policy->hold_stops & PGI_CLOCK_BIT(number)) == 0)
			continue;
		if (stop)
			stop_clock(run, number, at);
		else
			start_clock(run, number, at);
	}
}

static PgiResult
apply_fact(Run *run, const PgiFact *fact)
{
	PgiState *state = run->state;

	if (!pgi_allows(state->status, fact->kind))
		return PGI_OK;

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
			if (!set_values(run, fact))
				return PGI_ERROR_NOT_IN_POLICY;
			state->epoch = fact->seq;
			regrade(run, fact->at, false);
			break;
		case PGI_ACKNOWLEDGED:
			state->status = PGI_IS_ACKNOWLEDGED;
			state->acknowledged_at = fact->at;
			end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
			break;
		case PGI_ACTIVATED:
			state->status = PGI_ACTIVE;
			state->activated_at = fact->at;
			end_deadline(run, PGI_CLOCK_ACKNOWLEDGEMENT);
			end_deadline(run, PGI_CLOCK_RESPONSE);
			break;
		case PGI_HELD:
			state->status_before_hold = state->status;
			state->status = PGI_ON_HOLD;
			hold_clocks(run, fact->at, true);
			break;
		case PGI_RESUMED:
			state->status = state->status_before_hold;
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
			state->status =
				fact->kind == PGI_RESOLVED ? PGI_IS_RESOLVED : PGI_IS_CANCELLED;
			if (fact->kind == PGI_RESOLVED)
				state->resolved_at = fact->at;
			else
				state->closed_at = fact->at;
			break;
		case PGI_CLOSED:
			state->status = PGI_IS_CLOSED;
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
	return PGI_OK;
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
	Run run = {.policy = policy, .state = state, .emit = emit, .arg = arg};
	PgiResult result;

	memset(state, 0, sizeof(*state));
	state->asset_level = PGI_LEVEL_UNKNOWN;
	state->severity = PGI_SEVERITY_UNKNOWN;
	state->next_due = PGI_NEVER;
	if (nfacts == 0 || facts[0].kind != PGI_OPENED)
		return PGI_ERROR_NOT_OPENED;

	for (int i = 0; i < nfacts && facts[i].at <= until; i++)
	{
		if (i > 0)
		{
			if (facts[i].at < facts[i - 1].at)
				return PGI_ERROR_OUT_OF_ORDER;
			result = let_time_pass(&run, facts[i].at, false);
			if (result != PGI_OK)
				return result;
		}
		result = apply_fact(&run, &facts[i]);
		if (result != PGI_OK)
			return result;
	}
	if (state->status == PGI_NEW)
		return PGI_OK;
	result = let_time_pass(&run, until, true);
	state->running = run.clocks[PGI_CLOCK_PROCESSING].running;
	state->elapsed = elapsed_at(&run, PGI_CLOCK_PROCESSING,
								policy->calendar[state->event_level], until);
	state->next_due = next_moment(&run);
	return result;
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
pgi_sort_facts(PgiFact *facts, int nfacts)
{
	qsort(facts, (size_t) nfacts, sizeof(PgiFact), compare_facts);
}
