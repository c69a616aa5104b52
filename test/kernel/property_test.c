/*
 * property_test.c: what must hold for every life under every policy.
 *
 * Random policies and random lives, back-dated and senseless facts included. Stopping at a
 * moment and asking again later must never give another past, and next_due must be the
 * moment of the very next event that no fact comes before.
 */
#include <stdlib.h>

#include "tap.h"
#include "eport.h"
#include "kernel/advance.h"

#define LIVES 20000
#define MAX_FACTS 16
#define MAX_EVENTS 200
#define END (1000 * MINUTE)

typedef struct Course
{
	PgiDerived events[MAX_EVENTS];
	int count;
} Course;

static uint64_t seed = 20260105;

static int
below(int n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int) ((seed >> 33) % (uint64_t) n);
}

static void
collect(const PgiDerived *event, void *arg)
{
	Course *course = arg;

	if (course->count < MAX_EVENTS)
		course->events[course->count] = *event;
	course->count++;
}

/* A sound policy: monotone matrix, processing times longer for less urgent levels. */
static PgiPolicy
random_policy(void)
{
	PgiPolicySource source;
	PgiPolicy policy;
	PgiProblem problem;
	int64_t time = 0;
	int floor[PGI_SEVERITIES] = {0};

	pgi_policy_source_init(&source);
	source.hold_stops = (unsigned) below(1 << PGI_CLOCKS);
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		if (below(2))
			source.acknowledge[level][0] = below(40) * 15 * MINUTE;
		if (below(2))
			source.limit[PGI_CLOCK_RESPONSE][level] = below(40) * 15 * MINUTE;
	}
	for (int severity = 1; severity <= PGI_SEVERITY_MAX; severity++)
		source.known[severity] = true;
	for (int level = PGI_LEVEL_MAX; level >= 0; level--)
	{
		time += (1 + below(8)) * 15 * MINUTE;
		source.defined[level] = true;
		source.limit[PGI_CLOCK_PROCESSING][level] =
			level < 3 && below(2) ? PGI_NEVER : time;
		if (source.limit[PGI_CLOCK_PROCESSING][level] == PGI_NEVER)
			for (int lower = level; lower >= 0; lower--)
			{
				source.defined[lower] = true;
				source.limit[PGI_CLOCK_PROCESSING][lower] = PGI_NEVER;
			}
		if (source.limit[PGI_CLOCK_PROCESSING][level] == PGI_NEVER)
			break;
	}
	for (int asset = 0; asset <= PGI_LEVEL_MAX; asset++)
	{
		int response = 0;

		for (int severity = 1; severity <= PGI_SEVERITY_MAX; severity++)
		{
			response += below(3);
			if (response < floor[severity])
				response = floor[severity];
			if (response > PGI_LEVEL_MAX)
				response = PGI_LEVEL_MAX;
			floor[severity] = response;
			source.given[asset][severity] = true;
			source.event_level[asset][severity] = (uint8_t) asset;
			source.response_level[asset][severity] = (uint8_t) response;
		}
	}
	if (pgi_policy_check(&source, &problem, 1) > 0)
	{
		printf("# %s\n", problem.text);
		abort();
	}
	pgi_policy_compile(&source, &policy);
	return policy;
}

/* Facts at multiples of 15 minutes, so that many meet a threshold exactly. */
static int
random_life(PgiFact *facts)
{
	int n = 1 + below(MAX_FACTS);

	memset(facts, 0, sizeof(PgiFact) * MAX_FACTS);
	for (int i = 0; i < n; i++)
	{
		facts[i].seq = i + 1;
		facts[i].kind =
			(uint8_t) (i == 0 ? PGI_OPENED : PGI_ASSESSED + below(PGI_GRADED - 1));
		facts[i].at = i == 0 ? 0 : below(60) * 15 * MINUTE;
		facts[i].sets_asset = i == 0 || below(2);
		facts[i].sets_severity = i == 0 || below(2);
		facts[i].asset_level = (uint8_t) below(PGI_LEVELS);
		facts[i].severity = (uint8_t) below(PGI_SEVERITIES);
	}
	pgi_sort_facts(facts + 1, n - 1);
	return n;
}

static int
same_event(const PgiDerived *a, const PgiDerived *b)
{
	return a->at == b->at && a->kind == b->kind && a->event_level == b->event_level &&
		   a->response_level == b->response_level && a->epoch == b->epoch &&
		   a->rule == b->rule;
}

/* What was derived up to a moment is what is derived of it later. */
static int
past_stands(const Course *early, const Course *whole, int64_t until)
{
	for (int i = 0; i < early->count; i++)
		if (i >= whole->count || !same_event(&early->events[i], &whole->events[i]))
			return 0;
	return early->count == whole->count || whole->events[early->count].at > until;
}

/* The next event is at next_due, unless a fact comes first. */
static int
due_is_right(const PgiState *state, const Course *early, const Course *whole,
			 const PgiFact *facts, int nfacts, int64_t until)
{
	int64_t next_fact = PGI_NEVER;
	int64_t next_event =
		early->count < whole->count ? whole->events[early->count].at : PGI_NEVER;

	for (int i = nfacts - 1; i >= 0 && facts[i].at > until; i--)
		next_fact = facts[i].at;
	if (state->next_due < next_fact)
		return next_event == (state->next_due > END ? PGI_NEVER : state->next_due);
	return next_event >= next_fact;
}

/* The state stands where the last event left it. */
static int
levels_stand(const PgiState *state, const Course *course)
{
	const PgiDerived *last = &course->events[course->count - 1];

	return state->event_level == last->event_level &&
		   state->response_level == last->response_level &&
		   state->peak_response >= state->response_level;
}

/* Going on from a state gives the events and the state of a run over all facts. */
static int
goes_on(const PgiPolicy *policy, const PgiState *from, const Course *early,
		const Course *whole, const PgiFact *facts, int nfacts, int64_t until)
{
	int64_t end = until + below(600) * MINUTE;
	PgiState went = *from;
	PgiState ran;
	Course course = {.count = 0};

	for (int i = 0; i < nfacts; i++)
		if (facts[i].at > until && facts[i].at <= end)
			end = facts[i].at - 1;
	if (!from->can_go_on || end > END ||
		pgi_go_on(policy, &went, end, collect, &course) != PGI_OK)
		return 0;
	for (int i = 0; i < course.count; i++)
		if (early->count + i >= whole->count ||
			!same_event(&course.events[i], &whole->events[early->count + i]))
			return 0;
	if (early->count + course.count < whole->count &&
		whole->events[early->count + course.count].at <= end)
		return 0;
	pgi_advance(policy, facts, nfacts, end, NULL, NULL, &ran);
	return went.response_level == ran.response_level &&
		   went.peak_response == ran.peak_response && went.next_due == ran.next_due &&
		   memcmp(went.late, ran.late, sizeof(went.late)) == 0 &&
		   memcmp(went.origin, ran.origin, sizeof(went.origin)) == 0;
}

int
main(void)
{
	int pasts = 1;
	int dues = 1;
	int levels = 1;
	int goings = 1;
	int late = 0;
	int moved = 0;

	for (int life = 0; life < LIVES; life++)
	{
		PgiPolicy policy = random_policy();
		PgiFact facts[MAX_FACTS];
		int nfacts = random_life(facts);
		Course whole = {.count = 0};
		Course early = {.count = 0};
		int64_t until = below(1000) * MINUTE;
		PgiState state;

		pgi_advance(&policy, facts, nfacts, END, collect, &whole, &state);
		levels &= levels_stand(&state, &whole);
		pgi_advance(&policy, facts, nfacts, until, collect, &early, &state);
		levels &= levels_stand(&state, &early);
		pasts &= past_stands(&early, &whole, until);
		dues &= due_is_right(&state, &early, &whole, facts, nfacts, until);
		if (until < END - 600 * MINUTE)
			goings &= goes_on(&policy, &state, &early, &whole, facts, nfacts, until);
		for (int i = 0; i < whole.count; i++)
			late += whole.events[i].kind == PGI_OVERDUE;
		moved += whole.count > early.count;
	}
	ok(moved > LIVES / 10, "many lives go on after the moment");
	ok(pasts, "what was derived stays derived");
	ok(dues, "next_due is the moment of the next event");
	ok(levels, "the state stands where the last event left it");
	ok(goings, "a run that goes on is a run over all facts");
	ok(late > LIVES / 10, "deadlines pass");
	return done_testing();
}
