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
	"opened",  "assessed", "acknowledged", "activated", "held",
	"resumed", "resolved", "closed",	   "reopened",	"cancelled",
	"noted",   "graded",   "escalated",	   "breached",	"voided"};

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

/* Which rule decided an event. */
int16_t
pgi_rule_of(const PgiDerived *derived)
{
	if (derived->kind == PGI_GRADED)
		return PGI_RULE_MATRIX;
	if (derived->kind == PGI_BREACHED)
		return PGI_RULE_PROCESSING_TIME;
	return (int16_t) (PGI_RULE_REMAINING_TIME +
					  PGI_LEVEL_NUMBER(derived->response_level));
}

/* Everything one run of pgi_advance works on. */
typedef struct Run
{
	const PgiPolicy *policy;
	const PgiCell *cell;
	PgiState *state;
	PgiEmit emit;
	void *arg;
	int64_t elapsed_before; /* on the clock when it last started or stopped */
	int64_t since;			/* when it last started */
} Run;

static int64_t
add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? PGI_NEVER : sum;
}

static int64_t
subtract_saturating(int64_t a, int64_t b)
{
	int64_t difference;

	return __builtin_sub_overflow(a, b, &difference) ? PGI_NEVER : difference;
}

static int64_t
elapsed_at(const Run *run, int64_t at)
{
	if (!run->state->running)
		return run->elapsed_before;
	return add_saturating(run->elapsed_before, subtract_saturating(at, run->since));
}

/* The latest elapsed time that counts as reached: just short of it while standing still. */
static int64_t
reached_at(const Run *run, int64_t at)
{
	int64_t elapsed = elapsed_at(run, at);

	return run->state->running ? elapsed : elapsed - 1;
}

/* The elapsed time of the next rise or breach, or PGI_NEVER. */
static int64_t
next_elapsed(const Run *run)
{
	int64_t next = run->state->breached ? PGI_NEVER : run->cell->processing;

	for (int i = 1; i < run->cell->nsteps; i++)
		if (run->cell->steps[i].level > run->state->response_level)
		{
			if (run->cell->steps[i].after < next)
				next = run->cell->steps[i].after;
			break;
		}
	return next;
}

static int64_t
next_moment(const Run *run)
{
	int64_t elapsed;

	if (!run->state->running)
		return PGI_NEVER;
	elapsed = next_elapsed(run);
	if (elapsed == PGI_NEVER)
		return PGI_NEVER;
	return add_saturating(run->since, elapsed - run->elapsed_before);
}

static void
emit_event(Run *run, PgiKind kind, int64_t at)
{
	PgiDerived derived;

	if (run->emit == NULL)
		return;
	derived.at = at;
	derived.epoch = run->state->epoch;
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

/* Grades after a fact, and says what that changed. */
static void
regrade(Run *run, int64_t at, bool always)
{
	PgiState *state = run->state;
	int64_t reached = reached_at(run, at);
	uint8_t event_level = run->cell->event_level;
	uint8_t response_level = pgi_response_level(run->cell, reached);
	bool breached = reached >= run->cell->processing;
	bool breaks = breached && !state->breached;
	bool differs =
		state->event_level != event_level || state->response_level != response_level;

	state->event_level = event_level;
	set_response(run, response_level);
	state->breached = breached;
	if (always || differs)
		emit_event(run, PGI_GRADED, at);
	if (breaks)
		emit_event(run, PGI_BREACHED, at);
}

static void
stop_clock(Run *run, int64_t at)
{
	run->elapsed_before = elapsed_at(run, at);
	run->state->running = false;
}

static void
start_clock(Run *run, int64_t at)
{
	run->since = at;
	run->state->running = true;
}

/* Emits what time brings before `end`. */
static void
let_time_pass(Run *run, int64_t end, bool including_end)
{
	for (;;)
	{
		int64_t at = next_moment(run);
		int64_t elapsed;
		uint8_t response_level;

		if (at == PGI_NEVER || at > end || (at == end && !including_end))
			return;
		elapsed = elapsed_at(run, at);
		response_level = pgi_response_level(run->cell, elapsed);
		if (response_level > run->state->response_level)
		{
			set_response(run, response_level);
			emit_event(run, PGI_ESCALATED, at);
		}
		if (elapsed >= run->cell->processing && !run->state->breached)
		{
			run->state->breached = true;
			emit_event(run, PGI_BREACHED, at);
		}
	}
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

static PgiResult
apply_fact(Run *run, const PgiFact *fact)
{
	PgiState *state = run->state;
	bool hold_stops = run->policy->hold_stops_clock;

	if (!pgi_allows(state->status, fact->kind))
		return PGI_OK;

	switch ((PgiKind) fact->kind)
	{
		case PGI_OPENED:
			begin_cycle(state);
			if (!set_values(run, fact))
				return PGI_ERROR_NOT_IN_POLICY;
			start_clock(run, fact->at);
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
			break;
		case PGI_ACTIVATED:
			state->status = PGI_ACTIVE;
			state->activated_at = fact->at;
			break;
		case PGI_HELD:
			state->status_before_hold = state->status;
			state->status = PGI_ON_HOLD;
			if (hold_stops)
				stop_clock(run, fact->at);
			break;
		case PGI_RESUMED:
			state->status = state->status_before_hold;
			if (hold_stops)
			{
				start_clock(run, fact->at);
				state->epoch = fact->seq;
				regrade(run, fact->at, false);
			}
			break;
		case PGI_RESOLVED:
		case PGI_CANCELLED:
			if (state->running)
				stop_clock(run, fact->at);
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
			start_clock(run, fact->at);
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

	memset(state, 0, sizeof(*state));
	state->asset_level = PGI_LEVEL_UNKNOWN;
	state->severity = PGI_SEVERITY_UNKNOWN;
	state->next_due = PGI_NEVER;
	if (nfacts == 0 || facts[0].kind != PGI_OPENED)
		return PGI_ERROR_NOT_OPENED;

	for (int i = 0; i < nfacts && facts[i].at <= until; i++)
	{
		PgiResult result;

		if (i > 0)
		{
			if (facts[i].at < facts[i - 1].at)
				return PGI_ERROR_OUT_OF_ORDER;
			let_time_pass(&run, facts[i].at, false);
		}
		result = apply_fact(&run, &facts[i]);
		if (result != PGI_OK)
			return result;
	}
	if (state->status == PGI_NEW)
		return PGI_OK;
	let_time_pass(&run, until, true);
	state->elapsed = elapsed_at(&run, until);
	state->next_due = next_moment(&run);
	return PGI_OK;
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
