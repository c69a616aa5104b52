/*
 * policy.c: compiles a policy into the table that every rule reads.
 */
#include <string.h>

#include "kernel/policy.h"

/* A source without levels, severities and limits. */
void
pgi_policy_source_init(PgiPolicySource *source)
{
	memset(source, 0, sizeof(*source));
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		for (int level = 0; level < PGI_LEVELS; level++)
			source->limit[clock][level] = PGI_NEVER;
	for (int level = 0; level < PGI_LEVELS; level++)
		for (int i = 0; i < PGI_MAX_ACKNOWLEDGEMENTS; i++)
			source->acknowledge[level][i] = PGI_NEVER;
}

/*
 * Adds "from `after` on at `level`" to steps, keeping them rising in time and in level. Of
 * two steps that are one, the rule with the lower number stands.
 */
static void
raise_step(PgiThreshold *steps, uint8_t *nsteps, PgiThreshold step)
{
	PgiThreshold kept[PGI_LEVELS + 1];
	int n = 0;
	int i = 0;

	while (i < *nsteps && steps[i].after <= step.after)
		kept[n++] = steps[i++];
	if (n == 0 || kept[n - 1].level < step.level)
	{
		if (n > 0 && kept[n - 1].after == step.after)
			n--;
		kept[n++] = step;
	}
	else if (kept[n - 1].after == step.after && kept[n - 1].level == step.level &&
			 kept[n - 1].rule > step.rule)
		kept[n - 1].rule = step.rule;
	for (; i < *nsteps; i++)
		if (steps[i].level > kept[n - 1].level)
			kept[n++] = steps[i];
	kept[n].after = PGI_NEVER;
	memcpy(steps, kept, sizeof(PgiThreshold) * (n + 1));
	*nsteps = (uint8_t) n;
}

static void
add_step(PgiCell *cell, int64_t after, int rule, uint8_t level)
{
	PgiThreshold step = {.after = after, .rule = (int16_t) rule, .level = level};

	raise_step(cell->steps, &cell->nsteps, step);
}

/*
 * The response rises to a more urgent level when the time that is left of the event level's
 * processing time is no longer than that level's own.
 */
static void
rise_by_remaining_time(const PgiPolicySource *source, PgiCell *cell)
{
	int64_t processing = cell->limit[PGI_CLOCK_PROCESSING];

	if (processing == PGI_NEVER)
		return;
	for (int level = cell->event_level + 1; level <= PGI_LEVEL_MAX; level++)
		if (source->defined[level] &&
			source->limit[PGI_CLOCK_PROCESSING][level] <= processing)
			add_step(cell, processing - source->limit[PGI_CLOCK_PROCESSING][level],
					 PGI_RULE_REMAINING_TIME + PGI_LEVEL_NUMBER(level), (uint8_t) level);
}

/* When a step comes, on its clock; PGI_NEVER where it goes by a time that is not limited. */
static int64_t
time_of_rise(const PgiEscalationStep *rise, int64_t processing)
{
	switch ((PgiRiseMeasure) rise->measure)
	{
		case PGI_ESCALATION_REMAINING:
			if (processing == PGI_NEVER)
				return PGI_NEVER;
			return processing > rise->amount ? processing - rise->amount : 0;
		case PGI_ESCALATION_PERCENT:
			if (processing == PGI_NEVER)
				return PGI_NEVER;
			return processing / 100 * rise->amount +
				   processing % 100 * rise->amount / 100;
		case PGI_ESCALATION_ELAPSED:
		case PGI_ESCALATION_INACTIVE:
			break;
	}
	return rise->amount;
}

/* The clock of inactivity that these facts restart; a new one when there is none yet. */
static int
inactivity_of(PgiPolicy *policy, uint32_t reports)
{
	int number = 0;

	while (number < policy->ninactivities && policy->reports[number] != reports)
		number++;
	if (number == policy->ninactivities)
		policy->reports[policy->ninactivities++] = reports;
	return number;
}

static void
rise_by_steps(const PgiPolicySource *source, PgiPolicy *policy, PgiCell *cell)
{
	for (int i = 0; i < source->nsteps; i++)
	{
		const PgiEscalationStep *rise = &source->steps[i];
		PgiThreshold step = {.rule = (int16_t) (PGI_RULE_STEP + i), .level = rise->to};

		step.after = time_of_rise(rise, cell->limit[PGI_CLOCK_PROCESSING]);
		if ((rise->event_levels & PGI_LEVEL_BIT(cell->event_level)) == 0 ||
			step.after == PGI_NEVER)
			continue;
		if (rise->measure == PGI_ESCALATION_INACTIVE)
		{
			int number = inactivity_of(policy, rise->reports);

			raise_step(cell->inactive[number], &cell->ninactive[number], step);
		}
		else
			raise_step(cell->steps, &cell->nsteps, step);
	}
}

/* One pair of the matrix. */
static void
compile_cell(const PgiPolicySource *source, PgiPolicy *policy, int a, int s)
{
	PgiCell *cell = &policy->cell[a][s];
	PgiThreshold nothing = {PGI_FROM_THE_START, PGI_RULE_MATRIX, PGI_LEVEL_NONE};

	cell->possible = true;
	cell->event_level = source->event_level[a][s];
	cell->calendar = source->calendar[cell->event_level];
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		cell->limit[clock] = source->limit[clock][cell->event_level];
	memcpy(cell->acknowledge, source->acknowledge[cell->event_level],
		   sizeof(source->acknowledge[0]));
	cell->acknowledge[PGI_MAX_ACKNOWLEDGEMENTS] = PGI_NEVER;
	cell->limit[PGI_CLOCK_ACKNOWLEDGEMENT] = cell->acknowledge[0];
	add_step(cell, PGI_FROM_THE_START, PGI_RULE_MATRIX, source->response_level[a][s]);
	for (int i = 0; i < PGI_MAX_INACTIVITIES; i++)
		raise_step(cell->inactive[i], &cell->ninactive[i], nothing);
	if (source->escalation == PGI_ESCALATION_REMAINING_TIME)
		rise_by_remaining_time(source, cell);
	else if (source->escalation == PGI_ESCALATION_STEPS)
		rise_by_steps(source, policy, cell);
}

/* Makes `cell` at each elapsed time the more urgent of itself and `other`. */
static void
join_cell(PgiCell *cell, const PgiCell *other)
{
	if (!other->possible)
		return;
	if (!cell->possible)
	{
		*cell = *other;
		return;
	}
	if (other->event_level > cell->event_level)
		cell->event_level = other->event_level;
	if (other->calendar != cell->calendar)
		cell->calendar = PGI_MIXED;
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		if (other->limit[clock] < cell->limit[clock])
			cell->limit[clock] = other->limit[clock];
	for (int i = 0; i < PGI_MAX_ACKNOWLEDGEMENTS; i++)
		if (other->acknowledge[i] < cell->acknowledge[i])
			cell->acknowledge[i] = other->acknowledge[i];
	for (int i = 0; i < other->nsteps; i++)
		raise_step(cell->steps, &cell->nsteps, other->steps[i]);
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		for (int i = 0; i < other->ninactive[number]; i++)
			raise_step(cell->inactive[number], &cell->ninactive[number],
					   other->inactive[number][i]);
}

/*
 * The fact that, sooner or later, starts a duty: its own, or that of the duty it waits for.
 * PGI_KINDS when duties wait for one another in a circle.
 */
uint8_t
pgi_policy_duty_start(const PgiPolicySource *source, int duty)
{
	for (int steps = 0; steps <= source->nduties; steps++)
	{
		if (source->duties[duty].starts != PGI_AFTER_DUTY)
			return source->duties[duty].starts;
		duty = source->duties[duty].after;
	}
	return PGI_KINDS;
}

/*
 * What ends a duty that does not say: the same as the duty that it comes after, or else the
 * resolution. Nothing ends one that begins with the resolution or later: because it, or the
 * first of those that it comes after, starts so, or because that is what does one of them.
 */
uint8_t
pgi_policy_duty_end(const PgiPolicySource *source, int duty)
{
	uint8_t start = pgi_policy_duty_start(source, duty);

	if (start == PGI_RESOLVED || start == PGI_CLOSED)
		return PGI_KINDS;
	for (int steps = 0; steps <= source->nduties; steps++)
	{
		const PgiDuty *before;

		if (source->duties[duty].starts != PGI_AFTER_DUTY)
			break;
		duty = source->duties[duty].after;
		before = &source->duties[duty];
		if (before->done_by == PGI_RESOLVED || before->done_by == PGI_CLOSED)
			return PGI_KINDS;
		if (before->until != PGI_KINDS)
			return before->until;
	}
	return PGI_RESOLVED;
}

static void
compile_duties(const PgiPolicySource *source, PgiPolicy *policy)
{
	PgiDutySets *sets = &policy->sets;

	policy->nduties = source->nduties;
	memcpy(policy->duties, source->duties, sizeof(policy->duties));
	for (int number = 0; number < source->nduties; number++)
	{
		const PgiDuty *duty = &source->duties[number];
		uint32_t bit = PGI_DUTY_BIT(number);

		if (duty->starts == PGI_AFTER_DUTY)
			sets->following[duty->after] |= bit;
		else
			sets->starting[duty->starts] |= bit;
		if (duty->until != PGI_KINDS)
			sets->ending[duty->until] |= bit;
		if (duty->done_by != PGI_KINDS)
			sets->done_by[duty->done_by] |= bit;
		for (int level = 0; level <= PGI_LEVEL_MAX; level++)
			if (duty->within[level] != PGI_NEVER)
				(duty->by_response ? sets->at_response : sets->at_event)[level] |= bit;
		if (!duty->repeats && pgi_policy_duty_start(source, number) == PGI_OPENED)
			sets->lasting |= bit;
	}
	for (int level = PGI_LEVEL_MAX; level > 0; level--)
		sets->above_response[level - 1] =
			sets->above_response[level] | sets->at_response[level];
}

static void
compile_messages(const PgiPolicySource *source, PgiTold *told)
{
	for (int i = 0; i < source->nmessages; i++)
	{
		const PgiMessageRule *rule = &source->messages[i];

		if (rule->duty < PGI_MAX_DUTIES)
			told->duties[rule->on - PGI_OVERDUE] |= PGI_DUTY_BIT(rule->duty);
		else if (rule->clock < PGI_CLOCKS)
			told->clocks |= PGI_CLOCK_BIT(rule->clock);
		else
			told->kinds |= UINT64_C(1) << rule->on;
	}
}

/* Compiles a source; it must have passed pgi_policy_check. */
void
pgi_policy_compile(const PgiPolicySource *source, PgiPolicy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->hold_stops = source->hold_stops;
	for (int level = 0; level < PGI_LEVELS; level++)
		policy->processing[level] = PGI_NEVER;
	policy->defined[PGI_LEVEL_UNKNOWN] = true;
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		if (!source->defined[level])
			continue;
		policy->defined[level] = true;
		policy->calendar[level] = source->calendar[level];
		if (source->calendar[level] >= policy->ncalendars)
			policy->ncalendars = source->calendar[level] + 1;
		policy->processing[level] = source->limit[PGI_CLOCK_PROCESSING][level];
		if (source->limit[PGI_CLOCK_PROCESSING][level] <
			policy->processing[PGI_LEVEL_UNKNOWN])
			policy->processing[PGI_LEVEL_UNKNOWN] =
				source->limit[PGI_CLOCK_PROCESSING][level];
	}
	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
		{
			PgiCell *cell = &policy->cell[a][s];

			if (!source->given[a][s])
				continue;
			compile_cell(source, policy, a, s);
			join_cell(&policy->cell[PGI_LEVEL_UNKNOWN][s], cell);
			join_cell(&policy->cell[a][PGI_SEVERITY_UNKNOWN], cell);
			join_cell(&policy->cell[PGI_LEVEL_UNKNOWN][PGI_SEVERITY_UNKNOWN], cell);
		}
	for (int a = 0; a < PGI_LEVELS; a++)
		for (int s = 0; s < PGI_SEVERITIES; s++)
		{
			const PgiCell *cell = &policy->cell[a][s];
			PgiStart *start = &policy->start[a][s];

			start->possible = cell->possible;
			start->event_level = cell->event_level;
			start->response_level = cell->steps[0].level;
			start->until = cell->steps[1].after;
		}
	compile_duties(source, policy);
	compile_messages(source, &policy->told);
}
