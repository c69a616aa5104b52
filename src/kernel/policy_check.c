/*
 * policy_check.c: what is wrong with a policy.
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
