/*
 * property_test.c: what must hold for every life under every policy.
 *
 * Stopping at a moment and asking again later must never give another past, going on from
 * a state must give what a run over all facts gives, next_due must be the moment of the
 * very next event that no fact comes before, and duties must keep their laws.
 */
#include "tap.h"
#include "host.h"
#include "random.h"
#include "kernel/state_pack.h"

#define LIVES 20000
#define MAX_EVENTS 8000
#define END (1000 * MINUTE)

typedef struct Course
{
	PgiDerived events[MAX_EVENTS];
	int count;
} Course;

static void
collect(const PgiDerived *event, void *arg)
{
	Course *course = arg;

	if (course->count == MAX_EVENTS)
		abort();
	course->events[course->count++] = *event;
}

static int
same_event(const PgiDerived *a, const PgiDerived *b)
{
	return a->at == b->at && a->kind == b->kind && a->event_level == b->event_level &&
		   a->response_level == b->response_level && a->epoch == b->epoch &&
		   a->rule == b->rule && a->occurrence == b->occurrence &&
		   a->deadline == b->deadline;
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

/* A state as it comes back from where it was stored. */
static int
stored(const PgiState *state, PgiState *back)
{
	uint8_t bytes[PGI_PACKED_MOST];
	int length = pgi_state_pack(state, bytes);

	memset(back, 0, sizeof(*back));
	back->asset_level = state->asset_level;
	back->severity = state->severity;
	back->event_level = state->event_level;
	back->response_level = state->response_level;
	back->peak_response = state->peak_response;
	back->epoch = state->epoch;
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		back->late[clock] = state->late[clock] > 0;
	memcpy(back->origin, state->origin, sizeof(back->origin));
	if (length > (int) PGI_PACKED_MOST || !pgi_state_unpack(back, bytes, length))
		return 0;
	return back->nduties == state->nduties &&
		   memcmp(back->inactive_since, state->inactive_since,
				  sizeof(back->inactive_since)) == 0 &&
		   memcmp(back->duties, state->duties, sizeof(PgiDutyState) * state->nduties) ==
			   0;
}

static int
same_state(const PgiState *a, const PgiState *b)
{
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		if ((a->late[clock] > 0) != (b->late[clock] > 0))
			return 0;
	return a->response_level == b->response_level &&
		   a->peak_response == b->peak_response && a->next_due == b->next_due &&
		   memcmp(a->origin, b->origin, sizeof(a->origin)) == 0 &&
		   memcmp(a->inactive_since, b->inactive_since, sizeof(a->inactive_since)) == 0 &&
		   a->nduties == b->nduties &&
		   memcmp(a->duties, b->duties, sizeof(PgiDutyState) * a->nduties) == 0;
}

/* What a state, stored and come back, tells of the duties is what a run over all facts tells. */
static int
duties_told(const PgiPolicy *policy, const PgiFact *facts, int nfacts, int64_t until,
			const PgiState *state)
{
	PgiDutyReport run[PGI_MAX_DUTIES];
	PgiDutyReport told[PGI_MAX_DUTIES];
	PgiState back;

	if (!stored(state, &back) ||
		pgi_advance_duties(policy, facts, nfacts, until, run) != PGI_OK)
		return 0;
	pgi_advance_duties_of_state(policy, &back, told);
	for (int number = 0; number < policy->nduties; number++)
		if (run[number].status != told[number].status ||
			run[number].occurrence != told[number].occurrence ||
			run[number].begun_at != told[number].begun_at ||
			run[number].deadline != told[number].deadline ||
			run[number].overdue_at != told[number].overdue_at ||
			run[number].done_at != told[number].done_at)
			return 0;
	return 1;
}

static int
some_move(const PgiState *state)
{
	for (int i = 0; i < state->nduties; i++)
		if (state->duties[i].moving)
			return 1;
	return 0;
}

/* Going on from a state, in steps, gives the events and states of a run over all facts. */
static int
goes_on(const PgiPolicy *policy, const PgiState *from, const Course *early,
		const Course *whole, const PgiFact *facts, int nfacts, int64_t until)
{
	static Course course;
	int64_t last = END;
	PgiState went = *from;

	for (int i = nfacts - 1; i >= 0 && facts[i].at > until; i--)
		last = facts[i].at - 1;
	course.count = 0;
	while (until < last)
	{
		PgiState back;
		PgiState ran;

		until += 1 + below(300) * MINUTE;
		if (until > last)
			until = last;
		if (!stored(&went, &back) ||
			pgi_advance_from_state(policy, &back, until, collect, &course) != PGI_OK)
			return 0;
		went = back;
		pgi_advance(policy, facts, nfacts, until, NULL, NULL, &ran);
		if (!same_state(&went, &ran))
			return 0;
	}
	for (int i = 0; i < course.count; i++)
		if (early->count + i >= whole->count ||
			!same_event(&course.events[i], &whole->events[early->count + i]))
			return 0;
	return early->count + course.count == whole->count ||
		   whole->events[early->count + course.count].at > last;
}

/* What an event is, for the order of those of a moment. */
static int
rank(const PgiDerived *event)
{
	if (event->rule >= PGI_RULE_DUTY_OVERDUE)
		return 10 + 1000 * (event->rule - PGI_RULE_DUTY_OVERDUE) + 2 * event->occurrence;
	if (event->rule >= PGI_RULE_DUTY)
		return 10 + 1000 * (event->rule - PGI_RULE_DUTY) + 2 * event->occurrence - 1;
	switch (event->kind)
	{
		case PGI_GRADED:
			return 1;
		case PGI_ESCALATED:
			return 2;
		case PGI_BREACHED:
			return 3;
		default:
			return event->rule == PGI_RULE_ACKNOWLEDGEMENT ? 4 : 5;
	}
}

/* Events are in order of time, and those of one moment without several facts of rank. */
static int
in_order(const Course *course, const PgiFact *facts, int nfacts)
{
	for (int i = 1; i < course->count; i++)
	{
		const PgiDerived *before = &course->events[i - 1];
		const PgiDerived *event = &course->events[i];
		int nfacts_now = 0;

		if (event->at < before->at)
			return 0;
		for (int j = 0; j < nfacts; j++)
			nfacts_now += facts[j].at == event->at;
		if (event->at == before->at && rank(event) < rank(before) &&
			(nfacts_now < 2 || before->rule >= PGI_RULE_DUTY))
			return 0;
	}
	return 1;
}

/* What somebody who keeps the book of one duty knows. */
typedef struct Book
{
	int32_t occurrence; /* 0: not begun in this cycle */
	int64_t begun_at;
	int64_t done_at;
	int64_t late_at;
	bool late;
	bool over;
} Book;

typedef struct Books
{
	const PgiPolicy *policy;
	Book duty[PGI_MAX_DUTIES];
	PgiStanding standing;
} Books;

static void
enter_fact(Books *books, const PgiFact *fact)
{
	if (!pgi_status_allows(books->standing, fact->kind))
		return;
	books->standing = pgi_status_after(books->standing, fact->kind);
	for (int number = 0; number < books->policy->nduties; number++)
	{
		const PgiDuty *duty = &books->policy->duties[number];
		Book *book = &books->duty[number];

		if (fact->kind == PGI_REOPENED)
		{
			book->occurrence = 0;
			book->done_at = -1;
			book->over = false;
		}
		if ((fact->kind == PGI_DONE && fact->duty == number) ||
			fact->kind == duty->done_by)
			book->done_at = fact->at;
		if (fact->kind == duty->until || fact->kind == PGI_CANCELLED)
			book->over = true;
	}
}

/* Whether an event is one that the books allow. */
static int
enter_event(Books *books, const PgiDerived *event)
{
	bool handled = books->standing.status >= PGI_IS_RESOLVED;
	int number = event->rule -
				 (event->kind == PGI_OVERDUE ? PGI_RULE_DUTY_OVERDUE : PGI_RULE_DUTY);
	const PgiDuty *duty;
	Book *book;
	bool done_now;

	if (event->rule < PGI_RULE_DUTY)
		return !handled || event->kind == PGI_GRADED || event->kind == PGI_BREACHED;
	duty = &books->policy->duties[number];
	book = &books->duty[number];
	done_now = book->done_at == event->at;
	if (book->over || event->occurrence < 1)
		return 0;
	if (event->kind == PGI_OVERDUE)
	{
		if (event->occurrence != book->occurrence || book->late ||
			book->done_at > book->begun_at ||
			(book->done_at == book->begun_at && event->occurrence == 1))
			return 0;
		book->late = true;
		book->late_at = event->at;
		return duty->within[duty->by_response ? event->response_level
											  : event->event_level] <=
			   event->at - book->begun_at;
	}
	if (event->kind == PGI_DUE && book->occurrence != 0)
		return 0;
	if (event->kind == PGI_REPEATED &&
		(!duty->repeats || book->occurrence == 0 ||
		 !(done_now || (duty->repeats_overdue && book->late_at == event->at)) ||
		 (duty->limit > 0 && event->occurrence > duty->limit)))
		return 0;
	if (event->deadline <= event->at && duty->repeats)
		return 0;
	book->begun_at = event->at;
	book->late = false;
	return event->occurrence == ++book->occurrence;
}

/* Every event is one that the facts up to it allow. */
static int
laws_hold(const PgiPolicy *policy, const Course *course, const PgiFact *facts, int nfacts)
{
	Books books = {.policy = policy};
	int next = 0;

	for (int number = 0; number < PGI_MAX_DUTIES; number++)
		books.duty[number].done_at = -1;
	for (int i = 0; i < course->count; i++)
	{
		const PgiDerived *event = &course->events[i];

		while (next < nfacts && facts[next].at < event->at)
			enter_fact(&books, &facts[next++]);
		/* A fact may regrade; duties and what time brings come after all of a moment. */
		while (next < nfacts && facts[next].at == event->at &&
			   (event->rule >= PGI_RULE_DUTY || next == 0 ||
				facts[next - 1].at < event->at || facts[next - 1].seq != event->epoch))
			enter_fact(&books, &facts[next++]);
		if (!enter_event(&books, event))
			return 0;
	}
	return 1;
}

/* Whether some rise is one that a clock of inactivity after the first brought. */
static int
happened_by_silence(const PgiPolicy *policy, const Course *course)
{
	for (int i = 0; i < course->count; i++)
		for (int a = 0; course->events[i].kind == PGI_ESCALATED && a <= PGI_LEVEL_MAX;
			 a++)
			for (int step = 1; step < policy->cell[a][1].ninactive[1]; step++)
				if (policy->cell[a][1].inactive[1][step].rule == course->events[i].rule)
					return 1;
	return 0;
}

static void
refuse(void *owner, int64_t moment)
{
	(void) owner;
	(void) moment;
}

/* Two spells of work a day, with facts and thresholds at their edges. */
static void
make_calendar(PgiCalendar *calendar)
{
	static const PgiWindow windows[2] = {{2 * HOUR, 5 * HOUR}, {6 * HOUR, 11 * HOUR}};
	static const PgiOffset offsets[1] = {{0, 0}};
	static const PgiCalendarHost host = {allocate, release, refuse, NULL};
	static PgiWeek week;
	PgiCalendarSource source;

	memset(&source, 0, sizeof(source));
	source.windows = windows;
	for (int weekday = 0; weekday < 7; weekday++)
		week.days[weekday].count = 2;
	source.weeks = &week;
	source.nweeks = 1;
	source.offsets = offsets;
	source.noffsets = 1;
	pgi_calendar_init(calendar, &source, &host);
}

int
main(void)
{
	static Course whole;
	static Course early;
	PgiCalendar calendar;
	int pasts = 1;
	int dues = 1;
	int levels = 1;
	int goings = 1;
	int told = 1;
	int orders = 1;
	int laws = 1;
	int moved = 0;
	int gone = 0;
	int clocks = 0;
	int missed = 0;
	int happened[PGI_KINDS] = {0};

	make_calendar(&calendar);
	for (int life = 0; life < LIVES; life++)
	{
		PgiPolicy policy = random_policy(&calendar);
		PgiFact facts[MAX_FACTS];
		int nfacts = random_life(facts, &policy);
		int64_t until = below(1000) * MINUTE;
		PgiState state;

		whole.count = early.count = 0;
		pgi_advance(&policy, facts, nfacts, END, collect, &whole, &state);
		levels &= levels_stand(&state, &whole);
		pgi_advance(&policy, facts, nfacts, until, collect, &early, &state);
		levels &= levels_stand(&state, &early);
		pasts &= past_stands(&early, &whole, until);
		dues &= due_is_right(&state, &early, &whole, facts, nfacts, until);
		orders &= in_order(&whole, facts, nfacts);
		laws &= laws_hold(&policy, &whole, facts, nfacts);
		told &= duties_told(&policy, facts, nfacts, until, &state);
		if (state.can_continue)
		{
			goings &= goes_on(&policy, &state, &early, &whole, facts, nfacts, until);
			gone += some_move(&state);
		}
		for (int i = 0; i < whole.count; i++)
		{
			const PgiDerived *event = &whole.events[i];

			happened[event->kind]++;
			missed += event->kind == PGI_REPEATED && event[-1].kind == PGI_OVERDUE &&
					  event[-1].at == event->at && event[-1].occurrence > 1;
		}
		clocks += policy.ninactivities > 1 && happened_by_silence(&policy, &whole);
		moved += whole.count > early.count;
	}
	ok(moved > LIVES / 10, "many lives go on after the moment");
	ok(pasts, "what was derived stays derived");
	ok(dues, "next_due is the moment of the next event");
	ok(levels, "the state stands where the last event left it");
	ok(goings, "a run that goes on is a run over all facts");
	ok(told, "a state tells of the duties what a run does");
	ok(orders, "events are in order");
	ok(laws, "duties keep their laws, and what is resolved stays quiet");
	ok(gone > LIVES / 10, "duties are gone on with");
	ok(clocks > LIVES / 100, "the response rises under several clocks of inactivity");
	ok(missed > LIVES / 10, "one report after the other is missed");
	for (int kind = PGI_GRADED; kind < PGI_VOIDED && pgi_kind_words[kind] != NULL; kind++)
		if (happened[kind] < LIVES / 10)
			printf("# %d %s\n", happened[kind], pgi_kind_words[kind]);
	ok(happened[PGI_ESCALATED] > LIVES / 10 && happened[PGI_OVERDUE] > LIVES / 10 &&
		   happened[PGI_DUE] > LIVES / 10 && happened[PGI_REPEATED] > LIVES / 10,
	   "everything happens");
	return done_testing();
}
