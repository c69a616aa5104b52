/*
 * policy_test.c: checking and compiling policies.
 */
#include "tap.h"
#include "eport.h"

static PgiProblem problem;

/* The first problem of a source is at this place. */
static int
first_problem_is(const PgiPolicySource *source, const char *place)
{
	memset(&problem, 0, sizeof(problem));
	if (pgi_policy_check(source, &problem, 1) == 0)
		return place == NULL;
	if (place == NULL || strcmp(problem.place, place) != 0)
	{
		printf("# %s %s\n", problem.place, problem.text);
		return 0;
	}
	return 1;
}

static void
test_check(void)
{
	PgiPolicySource source = eport_source();

	ok(first_problem_is(&source, NULL), "eport is sound");
	source.given[L2][MODERATE] = false;
	ok(first_problem_is(&source, "$.matrix[asset_level=2,severity=moderate]"), "a hole");
	source = eport_source();
	source.response_level[L2][SEVERE] = L3;
	ok(first_problem_is(&source, "$.matrix[asset_level=2,severity=severe]"),
	   "a graver severity that is less urgent");
	source = eport_source();
	source.response_level[L1][MINOR] = L3;
	ok(first_problem_is(&source, "$.matrix[asset_level=1,severity=minor]"),
	   "a higher asset that is less urgent");
	source = eport_source();
	source.event_level[L1][SEVERE] = L3;
	ok(first_problem_is(&source, "$.matrix[asset_level=1,severity=severe]"),
	   "an event level out of order");
	source = eport_source();
	source.limit[PGI_CLOCK_PROCESSING][L2] = HOUR;
	ok(first_problem_is(&source, "$.levels[level=2]"), "a processing time out of order");
	source = eport_source();
	source.limit[PGI_CLOCK_PROCESSING][L1] = 0;
	ok(first_problem_is(&source, "$.levels[level=1]"), "no time at all");
	source = eport_source();
	source.defined[L_NONE] = false;
	ok(first_problem_is(&source, "$.matrix[asset_level=none,severity=minor]"),
	   "a level that is not defined");
	source = eport_source();
	source.known[MINOR] = false;
	ok(first_problem_is(&source, "$.severities[severity=minor]"),
	   "a severity that is not defined");
	source = eport_source();
	source.known[1] = true;
	ok(first_problem_is(&source, "$.severities[severity=informational]"),
	   "a severity that is not in the matrix");
	pgi_policy_source_init(&source);
	ok(first_problem_is(&source, "$.matrix"), "an empty matrix");
	ok(pgi_policy_check(&source, NULL, 0) == 1,
	   "problems are counted beyond the room for them");
}

static int
response_is(const PgiPolicy *policy, int asset, int severity, int64_t elapsed, int level)
{
	return pgi_response_level(&policy->cell[asset][severity], elapsed) == level;
}

static void
test_compile(void)
{
	PgiPolicy policy = eport();

	ok(response_is(&policy, L3, MINOR, 4 * HOUR - 1, L3), "level 3 just before 4 h");
	ok(response_is(&policy, L3, MINOR, 4 * HOUR, L2), "level 3 rises to 2 at 4 h");
	ok(response_is(&policy, L3, MINOR, 6 * HOUR - 1, L2), "level 3 just before 6 h");
	ok(response_is(&policy, L3, MINOR, 6 * HOUR, L1), "level 3 rises to 1 at 6 h");
	ok(response_is(&policy, L3, SEVERE, 0, L2), "level 3 severe begins at 2");
	ok(policy.cell[L3][SEVERE].nsteps == 2, "a rise that the matrix exceeds is no step");
	ok(response_is(&policy, L2, MODERATE, 2 * HOUR - 1, L2) &&
		   response_is(&policy, L2, MODERATE, 2 * HOUR, L1),
	   "level 2 rises to 1 at 2 h");
	ok(policy.cell[L_NONE][SEVERE].nsteps == 1 &&
		   policy.cell[L_NONE][SEVERE].limit[PGI_CLOCK_PROCESSING] == PGI_NEVER,
	   "none never rises");
	ok(response_is(&policy, PGI_LEVEL_UNKNOWN, MINOR, 0, L2) &&
		   response_is(&policy, PGI_LEVEL_UNKNOWN, MINOR, 2 * HOUR - 1, L2) &&
		   response_is(&policy, PGI_LEVEL_UNKNOWN, MINOR, 2 * HOUR, L1),
	   "an unknown asset with a minor fault: 2, and 1 from 2 h on");
	ok(policy.cell[PGI_LEVEL_UNKNOWN][MINOR].limit[PGI_CLOCK_PROCESSING] == 2 * HOUR &&
		   policy.cell[PGI_LEVEL_UNKNOWN][MINOR].event_level == L1,
	   "an unknown asset has the shortest processing time");
	ok(response_is(&policy, L3, PGI_SEVERITY_UNKNOWN, 0, L2),
	   "an unknown severity is severe");
	ok(!policy.cell[L1][5].possible && !policy.cell[5][SEVERE].possible,
	   "what the policy does not know is not possible");
	ok(policy.processing[PGI_LEVEL_UNKNOWN] == 2 * HOUR,
	   "unknown event level: shortest time");
}

int
main(void)
{
	test_check();
	test_compile();
	return done_testing();
}
