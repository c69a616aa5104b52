/*
 * policy.c: compiles a policy into the table that every rule reads.
 *
 * The rules are those of the incident rules of an e-port data centre: matrix, processing
 * times, and escalation by the time that remains.
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

/* Adds "from `after` on at `level`", keeping the steps rising in time and in level. */
static void
raise_step(PgiCell *cell, int64_t after, uint8_t level)
{
	PgiStep kept[PGI_LEVELS + 1];
	int n = 0;
	int i = 0;

	while (i < cell->nsteps && cell->steps[i].after <= after)
		kept[n++] = cell->steps[i++];
	if (n == 0 || kept[n - 1].level < level)
	{
		if (n > 0 && kept[n - 1].after == after)
			n--;
		kept[n].after = after;
		kept[n++].level = level;
	}
	for (; i < cell->nsteps; i++)
		if (cell->steps[i].level > kept[n - 1].level)
			kept[n++] = cell->steps[i];
	kept[n].after = PGI_NEVER;
	memcpy(cell->steps, kept, sizeof(PgiStep) * (n + 1));
	cell->nsteps = (uint8_t) n;
}

/*
 * One pair of the matrix. The response rises to a more urgent level when the time that is
 * left of the event level's processing time is no longer than that level's own.
 */
static void
compile_cell(const PgiPolicySource *source, int a, int s, PgiCell *cell)
{
	int64_t processing = source->limit[PGI_CLOCK_PROCESSING][source->event_level[a][s]];

	cell->possible = true;
	cell->event_level = source->event_level[a][s];
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		cell->limit[clock] = source->limit[clock][cell->event_level];
	cell->limit[PGI_CLOCK_ACKNOWLEDGEMENT] = source->acknowledge[cell->event_level][0];
	cell->calendar = source->calendar[cell->event_level];
	raise_step(cell, PGI_FROM_THE_START, source->response_level[a][s]);
	if (processing == PGI_NEVER)
		return;
	for (int level = cell->event_level + 1; level <= PGI_LEVEL_MAX; level++)
		if (source->defined[level] &&
			source->limit[PGI_CLOCK_PROCESSING][level] <= processing)
			raise_step(cell, processing - source->limit[PGI_CLOCK_PROCESSING][level],
					   (uint8_t) level);
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
	for (int i = 0; i < other->nsteps; i++)
		raise_step(cell, other->steps[i].after, other->steps[i].level);
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
			compile_cell(source, a, s, cell);
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
}
