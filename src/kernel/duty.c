/*
 * duty.c: the duties of an incident: when they begin, become overdue and begin again.
 *
 * Facts only say what starts, ends or does a duty. What follows is decided at the end of
 * the moment, after all its facts and after the rises that time brings, so it depends
 * neither on the order of the facts of a moment nor on that of the duties.
 */
#include <string.h>

#include "kernel/duty.h"

#define ALL_DUTIES UINT32_MAX

const char *const pgi_duty_status_words[PGI_DUTY_STATUSES] = {"none", "due", "overdue",
															  "done", "ended"};

/* The number of the first duty of a set that is not empty. */
static int
first_of(uint32_t set)
{
	return __builtin_ctz(set);
}

/* Those that are for the levels there are. */
static uint32_t
at_level(const PgiRun *run)
{
	const PgiDutySets *sets = &run->policy->sets;

	return sets->at_event[run->state->event_level] |
		   sets->at_response[run->state->response_level];
}

static int64_t
within(const PgiRun *run, int number)
{
	const PgiDuty *duty = &run->policy->duties[number];

	return duty->within[duty->by_response ? run->state->response_level
										  : run->state->event_level];
}

static int
calendar_of(const PgiRun *run)
{
	return run->policy->calendar[run->state->event_level];
}

static int64_t
deadline(const PgiRun *run, int number)
{
	const PgiStopwatch *watch = &run->occurrences[number].watch;

	if (!watch->running)
		return PGI_NEVER;
	return pgi_stopwatch_moment(run, watch, calendar_of(run), within(run, number));
}

static bool
is_overdue(const PgiRun *run, int number, int64_t at)
{
	int64_t time = within(run, number);

	return time != PGI_NEVER &&
		   pgi_stopwatch_reached(run, &run->occurrences[number].watch, calendar_of(run),
								 at) >= time;
}

static void
stop_watches(PgiRun *run, int64_t at)
{
	run->duties_stand = true;
	for (uint32_t left = run->going; left != 0; left &= left - 1)
		pgi_stopwatch_stop(run, &run->occurrences[first_of(left)].watch, at);
}

static void
start_watches(PgiRun *run, int64_t at)
{
	if (!run->duties_stand)
		return;
	run->duties_stand = false;
	for (uint32_t left = run->going; left != 0; left &= left - 1)
		pgi_stopwatch_start(&run->occurrences[first_of(left)].watch, at);
}

/* Duties that start after those of a set. */
static uint32_t
followers(const PgiRun *run, uint32_t set)
{
	uint32_t following = 0;

	for (; set != 0; set &= set - 1)
		following |= run->policy->sets.following[first_of(set)];
	return following;
}

/*
 * Notes which facts of a moment did the duties of a set: of each the first, since the last
 * reopening.
 */
static void
note_effects(PgiRun *run, uint32_t done, int64_t at, int end)
{
	int first = end;

	if (run->effects == NULL)
		return;
	while (first > 0 && run->facts[first - 1].at == at &&
		   !(run->facts[first - 1].kind == PGI_REOPENED && run->effects[first - 1]))
		first--;
	for (int i = first; i < end; i++)
		if (run->facts[i].kind == PGI_DONE && run->facts[i].duty < PGI_MAX_DUTIES &&
			(done & PGI_DUTY_BIT(run->facts[i].duty)) != 0)
		{
			run->effects[i] = true;
			done &= ~PGI_DUTY_BIT(run->facts[i].duty);
		}
}

/* Reopening forgets what was, except what was done of the duties for which that lasts. */
static void
begin_cycle(PgiRun *run, int64_t at)
{
	const PgiDutySets *sets = &run->policy->sets;

	note_effects(run, run->marked & (run->going | run->overdue), at, run->nheard - 1);
	run->done |= run->marked & (run->going | run->overdue);
	run->done &= sets->lasting;
	run->begun = run->going = run->overdue = run->ended = run->marked = 0;
	run->waiting = (sets->starting[PGI_OPENED] | followers(run, run->done)) & ~run->done;
}

/* Before the first fact no duty has begun. */
void
pgi_duties_begin(PgiRun *run)
{
	for (int number = 0; number < run->policy->nduties; number++)
		run->reports[number] = (PgiDutyReport){.begun_at = PGI_NEVER,
											   .deadline = PGI_NEVER,
											   .overdue_at = PGI_NEVER,
											   .done_at = PGI_NEVER};
}

/* Takes in what a fact that has an effect means for the duties. */
void
pgi_duties_apply_fact(PgiRun *run, const PgiFact *fact)
{
	const PgiDutySets *sets = &run->policy->sets;

	run->unsettled = fact->at;
	if (fact->kind == PGI_REOPENED)
		begin_cycle(run, fact->at);
	else if (fact->kind == PGI_CANCELLED)
		run->ended = ALL_DUTIES;
	else if (fact->kind == PGI_DONE && fact->duty < run->policy->nduties)
		run->marked |= PGI_DUTY_BIT(fact->duty);
	run->marked |= sets->done_by[fact->kind];
	run->ended |= sets->ending[fact->kind];
	run->waiting |= sets->starting[fact->kind] & ~run->begun & ~run->done;

	if (fact->kind == PGI_HELD && (run->policy->hold_stops & PGI_HOLD_DUTIES) != 0)
		stop_watches(run, fact->at);
	else if (fact->kind == PGI_RESUMED || fact->kind == PGI_RESOLVED ||
			 fact->kind == PGI_CANCELLED)
		start_watches(run, fact->at);
}

/* The moment of the next deadline, or PGI_NEVER; not while facts are to be looked at. */
int64_t
pgi_duties_next(const PgiRun *run)
{
	int64_t next = PGI_NEVER;

	if (run->duties_stand)
		return PGI_NEVER;
	for (uint32_t left = run->going & at_level(run); left != 0; left &= left - 1)
	{
		int64_t at = deadline(run, first_of(left));

		if (at < next)
			next = at;
	}
	return next;
}

static void
begin_occurrence(PgiRun *run, int number, int32_t occurrence, int64_t at)
{
	PgiOccurrence *current = &run->occurrences[number];

	current->occurrence = occurrence;
	pgi_stopwatch_reset(run, &current->watch, at);
	current->watch.running = !run->duties_stand;
	run->begun |= PGI_DUTY_BIT(number);
	run->going |= PGI_DUTY_BIT(number);
	run->reports[number].begun_at = at;
	run->reports[number].overdue_at = PGI_NEVER;
	pgi_run_emit(run, occurrence == 1 ? PGI_DUE : PGI_REPEATED, PGI_RULE_DUTY + number,
				 occurrence, deadline(run, number), at);
}

/* Begins the next occurrence; false when there is none. */
static bool
begin_again(PgiRun *run, int number, int64_t at)
{
	const PgiDuty *duty = &run->policy->duties[number];
	int32_t occurrence = run->occurrences[number].occurrence;

	if (!duty->repeats || occurrence >= PGI_MAX_OCCURRENCES ||
		(duty->limit != 0 && occurrence >= duty->limit) ||
		(run->ended & PGI_DUTY_BIT(number)) != 0)
		return false;
	begin_occurrence(run, number, occurrence + 1, at);
	return true;
}

static void
become_overdue(PgiRun *run, int number, int64_t at)
{
	run->reports[number].overdue_at = at;
	pgi_run_emit(run, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE + number,
				 run->occurrences[number].occurrence, PGI_NEVER, at);
	if (run->policy->duties[number].repeats_overdue && begin_again(run, number, at))
		return;
	run->going &= ~PGI_DUTY_BIT(number);
	run->overdue |= PGI_DUTY_BIT(number);
}

/*
 * Decides what a moment means for the duties, after its facts and rises; false when that is
 * nothing and there were no facts.
 */
bool
pgi_duties_decide(PgiRun *run, int64_t at)
{
	bool found = run->unsettled != PGI_NEVER;
	uint32_t level = at_level(run);
	uint32_t beginning;
	uint32_t finished;
	uint32_t following;

	/* What is done may start others, that are done at the same moment. */
	do
	{
		beginning = run->waiting & level & ~run->ended;
		finished = run->marked & (run->going | run->overdue | beginning);
		following = followers(run, finished) & ~(run->waiting | run->begun | run->done);
		run->waiting |= following;
	} while (following != 0);

	note_effects(run, finished, at, run->nheard);
	run->going &= ~run->ended | finished;
	for (uint32_t left = beginning | finished | (run->going & level); left != 0;
		 left &= left - 1)
	{
		int number = first_of(left);
		uint32_t bit = PGI_DUTY_BIT(number);

		if ((beginning & bit) != 0)
		{
			begin_occurrence(run, number, 1, at);
			found = true;
		}
		if ((finished & bit) != 0)
		{
			run->done |= bit;
			run->going &= ~bit;
			run->overdue &= ~bit;
			run->reports[number].done_at = at;
			run->reports[number].overdue_at = PGI_NEVER;
			(void) begin_again(run, number, at);
		}
		else if (is_overdue(run, number, at))
		{
			become_overdue(run, number, at);
			found = true;
		}
	}
	run->waiting &= ~(beginning | run->ended);
	run->overdue &= ~run->ended;
	run->marked = 0;
	run->unsettled = PGI_NEVER;
	return found;
}

static PgiDutyStatus
status_of(const PgiRun *run, int number)
{
	uint32_t bit = PGI_DUTY_BIT(number);

	if ((run->overdue & bit) != 0)
		return PGI_DUTY_OVERDUE;
	if ((run->going & bit) != 0)
		return PGI_DUTY_GOING;
	if ((run->done & bit) != 0 &&
		!(run->policy->duties[number].repeats &&
		  run->reports[number].begun_at >= run->reports[number].done_at))
		return PGI_DUTY_DONE;
	return (run->begun & bit) != 0 ? PGI_DUTY_ENDED : PGI_DUTY_NONE;
}

/* How a duty stands, but for its deadline. */
static void
complete(const PgiRun *run, int number, PgiDutyReport *report)
{
	report->status = status_of(run, number);
	report->occurrence =
		report->begun_at == PGI_NEVER ? 0 : run->occurrences[number].occurrence;
}

static int64_t
deadline_ahead(const PgiRun *run, int number)
{
	bool going = (run->going & at_level(run) & PGI_DUTY_BIT(number)) != 0;

	return going ? deadline(run, number) : PGI_NEVER;
}

/* Fills in what the run has not noted on the way. */
void
pgi_duties_report(PgiRun *run)
{
	for (int number = 0; number < run->policy->nduties; number++)
	{
		complete(run, number, &run->reports[number]);
		run->reports[number].deadline = deadline_ahead(run, number);
	}
}

/* The duties that time can still move. */
static uint32_t
moving(const PgiRun *run)
{
	uint32_t set = run->duties_stand ? 0 : run->going & at_level(run);

	if (run->clocks[PGI_CLOCK_PROCESSING].running)
		set |= (run->going | run->waiting) &
			   run->policy->sets.above_response[run->state->response_level];
	return set;
}

/* Notes in the state the duties that have begun, or that time can still move. */
void
pgi_duties_save(PgiRun *run, int64_t at)
{
	PgiState *state = run->state;
	uint32_t set = moving(run);

	state->nduties = 0;
	for (int number = 0; number < run->policy->nduties; number++)
	{
		PgiDutyState *duty = &state->duties[state->nduties];
		const PgiStopwatch *watch = &run->occurrences[number].watch;

		if ((set & PGI_DUTY_BIT(number)) == 0 &&
			run->reports[number].begun_at == PGI_NEVER)
			continue;
		state->nduties++;
		memset(duty, 0, sizeof(*duty));
		duty->number = (uint8_t) number;
		duty->moving = (set & PGI_DUTY_BIT(number)) != 0;
		duty->running = !run->duties_stand;
		duty->report = run->reports[number];
		duty->report.deadline = PGI_NEVER;
		complete(run, number, &duty->report);
		if (!duty->moving || duty->report.status != PGI_DUTY_GOING)
			continue;
		duty->clock = duty->running
						  ? pgi_stopwatch_origin(run, watch, calendar_of(run))
						  : pgi_stopwatch_elapsed(run, watch, calendar_of(run), at);
		if (duty->clock != PGI_NEVER)
			continue;
		duty->report.deadline = deadline_ahead(run, number);
		state->can_continue = false;
	}
}

static void
restore_status(PgiRun *run, uint32_t bit, PgiDutyStatus status)
{
	switch (status)
	{
		case PGI_DUTY_GOING:
			run->going |= bit;
			break;
		case PGI_DUTY_OVERDUE:
			run->overdue |= bit;
			break;
		case PGI_DUTY_DONE:
			run->done |= bit;
			break;
		default:
			break;
	}
	if (status != PGI_DUTY_NONE)
		run->begun |= bit;
}

/* Takes up the duties of a state. */
void
pgi_duties_restore(PgiRun *run)
{
	pgi_duties_begin(run);
	for (int i = 0; i < run->state->nduties; i++)
	{
		const PgiDutyState *duty = &run->state->duties[i];
		PgiOccurrence *current = &run->occurrences[duty->number];

		run->duties_stand = !duty->running;
		run->reports[duty->number] = duty->report;
		restore_status(run, PGI_DUTY_BIT(duty->number), duty->report.status);
		if (duty->moving && duty->report.status == PGI_DUTY_NONE)
			run->waiting |= PGI_DUTY_BIT(duty->number);
		current->occurrence = duty->report.occurrence;
		current->watch.running = duty->running;
		current->watch.since = duty->clock;
		current->watch.before[calendar_of(run)] = duty->running ? 0 : duty->clock;
	}
}
