/*
 * policy.c: checks a policy and compiles it into the table that every rule reads.
 *
 * The rules are those of the incident rules of an e-port data centre: matrix, processing
 * times, and escalation by the time that remains.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/policy.h"

static const char *const severity_words[PGI_SEVERITIES] = {
	"unknown", "informational", "minor", "moderate", "severe", "critical"};

static const char *const level_words[PGI_LEVELS] = {"none", "9", "8", "7", "6",		 "5",
													"4",	"3", "2", "1", "unknown"};

/* Where found problems go; counts them all, keeps those there is room for. */
typedef struct Findings
{
	PgiProblem *problems;
	int room;
	int count;
	PgiProblem spare;
} Findings;

static PgiProblem *
next_finding(Findings *findings)
{
	findings->count++;
	if (findings->count > findings->room)
		return &findings->spare;
	return &findings->problems[findings->count - 1];
}

static void
find_matrix_problem(Findings *findings, int asset, int severity, const char *text)
{
	PgiProblem *problem = next_finding(findings);

	snprintf(problem->place, sizeof(problem->place),
			 "$.matrix[asset_level=%s,severity=%s]", level_words[asset],
			 severity_words[severity]);
	snprintf(problem->text, sizeof(problem->text), "%s", text);
}

static void
find_level_problem(Findings *findings, int level, const char *text)
{
	PgiProblem *problem = next_finding(findings);

	snprintf(problem->place, sizeof(problem->place), "$.levels[level=%s]",
			 level_words[level]);
	snprintf(problem->text, sizeof(problem->text), "%s", text);
}

/* Which rows and columns the matrix uses at all. */
static void
find_used(const PgiPolicySource *source, bool assets[PGI_LEVELS],
		  bool severities[PGI_SEVERITIES])
{
	memset(assets, 0, sizeof(bool) * PGI_LEVELS);
	memset(severities, 0, sizeof(bool) * PGI_SEVERITIES);
	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
			if (source->given[a][s])
				assets[a] = severities[s] = true;
}

static void
check_severities(const PgiPolicySource *source, Findings *findings)
{
	for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
	{
		bool used = false;

		for (int a = 0; a <= PGI_LEVEL_MAX; a++)
			used |= source->given[a][s];
		if (used != source->known[s])
		{
			PgiProblem *problem = next_finding(findings);

			snprintf(problem->place, sizeof(problem->place), "$.severities[severity=%s]",
					 severity_words[s]);
			snprintf(problem->text, sizeof(problem->text), "%s",
					 used ? "is in the matrix but not among the severities"
						  : "is not in the matrix");
		}
	}
}

static void
check_levels(const PgiPolicySource *source, Findings *findings)
{
	int64_t shortest = 0;

	for (int level = PGI_LEVEL_MAX; level >= 0; level--)
	{
		if (!source->defined[level])
			continue;
		if (source->limit[PGI_CLOCK_PROCESSING][level] <= 0)
			find_level_problem(findings, level, "the processing time must be positive");
		else if (source->limit[PGI_CLOCK_PROCESSING][level] < shortest)
			find_level_problem(
				findings, level,
				"the processing time is shorter than that of a more urgent level");
		else
			shortest = source->limit[PGI_CLOCK_PROCESSING][level];
	}
}

/* A pair against its neighbour of lower severity or lower asset level. */
static void
check_pair(const PgiPolicySource *source, Findings *findings, int a, int s, int lower_a,
		   int lower_s)
{
	if (source->event_level[a][s] < source->event_level[lower_a][lower_s] ||
		source->response_level[a][s] < source->response_level[lower_a][lower_s])
		find_matrix_problem(
			findings, a, s,
			lower_a == a
				? "is less urgent than the same asset level with a lower severity"
				: "is less urgent than a lower asset level with the same severity");
}

static void
check_matrix(const PgiPolicySource *source, Findings *findings)
{
	bool assets[PGI_LEVELS];
	bool severities[PGI_SEVERITIES];
	int above[PGI_SEVERITIES];

	find_used(source, assets, severities);
	for (int s = 0; s < PGI_SEVERITIES; s++)
		above[s] = -1;
	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
	{
		int left = -1;

		for (int s = 1; assets[a] && s <= PGI_SEVERITY_MAX; s++)
		{
			if (!severities[s])
				continue;
			if (!source->given[a][s])
			{
				find_matrix_problem(findings, a, s, "is missing from the matrix");
				continue;
			}
			if (!source->defined[source->event_level[a][s]] ||
				!source->defined[source->response_level[a][s]])
				find_matrix_problem(findings, a, s,
									"leads to a level the policy does not define");
			if (left >= 0)
				check_pair(source, findings, a, s, a, left);
			if (above[s] >= 0)
				check_pair(source, findings, a, s, above[s], s);
			left = s;
			above[s] = a;
		}
	}
}

/* A source without levels, severities and limits. */
void
pgi_policy_source_init(PgiPolicySource *source)
{
	memset(source, 0, sizeof(*source));
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		for (int level = 0; level < PGI_LEVELS; level++)
			source->limit[clock][level] = PGI_NEVER;
}

/*
 * Finds what is wrong with a policy and returns how many problems there are; at most
 * `room` are written.
 */
int
pgi_policy_check(const PgiPolicySource *source, PgiProblem *problems, int room)
{
	Findings findings = {problems, room, 0, {"", ""}};
	bool empty = true;

	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
			if (source->given[a][s])
				empty = false;
	if (empty)
	{
		PgiProblem *problem = next_finding(&findings);

		strcpy(problem->place, "$.matrix");
		strcpy(problem->text, "the matrix is empty");
	}
	check_severities(source, &findings);
	check_levels(source, &findings);
	check_matrix(source, &findings);
	return findings.count;
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
