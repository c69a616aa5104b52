/*
 * policy_test.c: checking and compiling policies.
 */
#include "tap.h"
#include "eport.h"
#include "kernel/advance.h"
#include "kernel/policy_check.h"

static PgiProblem problem;

/* How many problems a source has; the first is kept. */
static int
problems(const PgiPolicySource *source)
{
	memset(&problem, 0, sizeof(problem));
	return pgi_policy_check(source, &problem, 1);
}

/* A source has this problem and no other. */
static int
only_problem_is(const PgiPolicySource *source, PgiPart part, int first, int second,
				const char *key)
{
	int count = problems(source);

	if (count == 1 && problem.part == part && problem.first == first &&
		problem.second == second &&
		(key == NULL ? problem.key == NULL
					 : problem.key != NULL && strcmp(problem.key, key) == 0))
		return 1;
	printf("# %d problems: part %d of %d, %d, key %s: %s\n", count, problem.part,
		   problem.first, problem.second, problem.key ? problem.key : "none",
		   problem.text);
	return 0;
}

static void
test_matrix(void)
{
	PgiPolicySource source = eport_source();

	ok(problems(&source) == 0, "eport is sound");
	source.given[L2][MODERATE] = false;
	ok(only_problem_is(&source, PGI_PART_MATRIX, L2, MODERATE, NULL), "a hole");
	source = eport_source();
	source.response_level[L2][SEVERE] = L3;
	ok(problems(&source) == 2 && problem.part == PGI_PART_ROW && problem.first == L2 &&
		   problem.second == SEVERE && strcmp(problem.key, "response_level") == 0,
	   "a graver severity that is less urgent, and than a lower asset");
	source = eport_source();
	source.response_level[L1][MINOR] = L3;
	ok(only_problem_is(&source, PGI_PART_ROW, L1, MINOR, "response_level"),
	   "a higher asset that is less urgent");
	source = eport_source();
	source.event_level[L3][SEVERE] = L_NONE;
	ok(only_problem_is(&source, PGI_PART_ROW, L3, SEVERE, "event_level"),
	   "an event level out of order");
	source = eport_source();
	source.response_level[L_NONE][MINOR] = source.response_level[L_NONE][MODERATE] =
		source.response_level[L_NONE][SEVERE] = 1;
	ok(problems(&source) == 3 && problem.part == PGI_PART_ROW &&
		   problem.first == L_NONE && problem.second == MINOR &&
		   strcmp(problem.key, "response_level") == 0,
	   "a level that is not defined");
	source = eport_source();
	source.known[MINOR] = false;
	ok(only_problem_is(&source, PGI_PART_SEVERITY, MINOR, -1, NULL),
	   "a severity that is not defined");
	source = eport_source();
	source.known[1] = true;
	ok(only_problem_is(&source, PGI_PART_SEVERITY, 1, -1, NULL),
	   "a severity that is not in the matrix");
	pgi_policy_source_init(&source);
	ok(only_problem_is(&source, PGI_PART_MATRIX, -1, -1, NULL), "an empty matrix");
	ok(pgi_policy_check(&source, NULL, 0) == 1,
	   "problems are counted beyond the room for them");
}

static void
test_times(void)
{
	PgiPolicySource source = eport_source();

	source.limit[PGI_CLOCK_PROCESSING][L2] = HOUR;
	ok(only_problem_is(&source, PGI_PART_LEVEL, L2, -1, "processing_time"),
	   "a processing time out of order");
	source = eport_source();
	source.limit[PGI_CLOCK_PROCESSING][L1] = 0;
	ok(only_problem_is(&source, PGI_PART_LEVEL, L1, -1, "processing_time"),
	   "no time at all");
	source = eport_source();
	source.acknowledge[L1][0] = MINUTE;
	source.acknowledge[L1][1] = 2 * MINUTE;
	ok(problems(&source) == 0, "an acknowledgement in two steps");
	source.acknowledge[L1][1] = MINUTE;
	ok(only_problem_is(&source, PGI_PART_ACKNOWLEDGE, L1, 1, "within"),
	   "a step at the time of the one before");
	source = eport_source();
	source.defined[5] = true;
	source.acknowledge[5][0] = MINUTE;
	source.limit[PGI_CLOCK_RESPONSE][5] = MINUTE;
	ok(problems(&source) == 2 && problem.part == PGI_PART_LEVEL &&
		   strcmp(problem.key, "acknowledge") == 0,
	   "deadlines for a level that no event has");
}

/* eport, rising by steps in place of the remaining time. */
static PgiPolicySource
stepped(uint8_t measure, uint8_t to, uint16_t event_levels, int64_t amount)
{
	PgiPolicySource source = eport_source();

	source.escalation = PGI_ESCALATION_STEPS;
	source.nsteps = 1;
	source.steps[0].measure = measure;
	source.steps[0].to = to;
	source.steps[0].event_levels = event_levels;
	source.steps[0].amount = amount;
	source.steps[0].reports = PGI_REPORTS;
	return source;
}

#define ALL \
	(PGI_LEVEL_BIT(L1) | PGI_LEVEL_BIT(L2) | PGI_LEVEL_BIT(L3) | PGI_LEVEL_BIT(L_NONE))

/* Whether a second step leaves the first alone, kills it, or is dead itself. */
static int
dead_step(PgiPolicySource source, uint8_t measure, uint8_t to, int64_t amount)
{
	int count;

	source.steps[1].measure = measure;
	source.steps[1].to = to;
	source.steps[1].event_levels = source.steps[0].event_levels;
	source.steps[1].amount = amount;
	source.steps[1].reports = PGI_REPORTS;
	source.nsteps = 2;
	count = problems(&source);
	if (count > 1)
		return -2;
	return count == 0 ? -1 : problem.first;
}

static void
test_steps(void)
{
	PgiPolicySource source = stepped(PGI_ESCALATION_ELAPSED, L1, ALL, HOUR);

	ok(problems(&source) == 0, "a step for all");
	ok(dead_step(source, PGI_ESCALATION_ELAPSED, L1, 2 * HOUR) == 1,
	   "a later one is dead");
	ok(dead_step(source, PGI_ESCALATION_ELAPSED, L1, HOUR) == 1, "so is its twin");
	ok(dead_step(source, PGI_ESCALATION_ELAPSED, L1, HOUR - 1) == 0,
	   "an earlier one kills it");
	ok(dead_step(source, PGI_ESCALATION_ELAPSED, L2, HOUR - 1) == -1,
	   "an earlier one to less leaves it alone");
	ok(dead_step(source, PGI_ESCALATION_INACTIVE, L1, HOUR - 1) == -1,
	   "so does one that reports put off");
	ok(dead_step(source, PGI_ESCALATION_INACTIVE, L1, HOUR) == 1,
	   "which is dead when it cannot come before");
	source = stepped(PGI_ESCALATION_INACTIVE, L1, ALL, HOUR);
	ok(dead_step(source, PGI_ESCALATION_INACTIVE, L1, 2 * HOUR) == 1,
	   "of two inactivities the longer is dead");
	source = stepped(PGI_ESCALATION_REMAINING, L1, ALL, HOUR);
	ok(dead_step(source, PGI_ESCALATION_PERCENT, L1, 40) == 0,
	   "two fifths of the time come before its last hour");
	source = stepped(PGI_ESCALATION_PERCENT, L1,
					 PGI_LEVEL_BIT(L_NONE) | PGI_LEVEL_BIT(L2), 50);
	ok(only_problem_is(&source, PGI_PART_STEP, 0, -1, "percent"),
	   "a part of no processing time");
	source = stepped(PGI_ESCALATION_ELAPSED, L1, PGI_LEVEL_BIT(4), HOUR);
	ok(only_problem_is(&source, PGI_PART_STEP, 0, -1, "event_levels"),
	   "an event level that is not defined");
	source = stepped(PGI_ESCALATION_ELAPSED, 4, ALL, HOUR);
	ok(only_problem_is(&source, PGI_PART_STEP, 0, -1, "to"),
	   "a rise to a level that is not defined");
	source = stepped(PGI_ESCALATION_ELAPSED, L3, PGI_LEVEL_BIT(L3), HOUR);
	ok(only_problem_is(&source, PGI_PART_STEP, 0, -1, NULL),
	   "a rise to where the response is already");
	source = stepped(PGI_ESCALATION_INACTIVE, L1, ALL, 0);
	ok(only_problem_is(&source, PGI_PART_STEP, 0, -1, "inactive"), "after no time");
}

static void
test_reports(void)
{
	PgiPolicySource source = stepped(PGI_ESCALATION_INACTIVE, L1, ALL, HOUR);

	source.steps[1] = source.steps[0];
	source.steps[1].amount = 2 * HOUR;
	source.nsteps = 2;
	source.steps[0].reports = PGI_FACT_BIT(PGI_NOTED);
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, NULL),
	   "a longer silence is dead where more ends it");
	source.steps[1].reports = source.steps[0].reports;
	source.steps[0].reports = PGI_REPORTS;
	ok(problems(&source) == 0, "and alive where less does");
	source.steps[1].reports = 0;
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, "reports"),
	   "a step that nothing puts off");
	source.steps[1].reports = PGI_FACT_BIT(PGI_DONE);
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, "reports"),
	   "put off by duties where there are none");
	source.nduties = 1;
	source.duties[0].starts = PGI_RESOLVED;
	source.duties[0].until = source.duties[0].done_by = PGI_KINDS;
	for (int level = 0; level < PGI_LEVELS; level++)
		source.duties[0].within[level] = level == L1 ? HOUR : PGI_NEVER;
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, "reports"),
	   "by duties while the clock stands still");
	source.duties[0].starts = PGI_OPENED;
	ok(problems(&source) == 0, "by a duty");
	source.steps[1].event_levels = PGI_LEVEL_BIT(L2);
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, "reports"),
	   "by a duty of another level");
	source.duties[0].by_response = true;
	ok(problems(&source) == 0, "that the response may have");

	source = stepped(PGI_ESCALATION_INACTIVE, L1, ALL, HOUR);
	for (source.nsteps = 1; source.nsteps < 6; source.nsteps++)
	{
		source.steps[source.nsteps] = source.steps[0];
		source.steps[source.nsteps].amount = HOUR * (source.nsteps + 1);
		source.steps[source.nsteps].reports =
			PGI_REPORTS & ~(PGI_REPORTS & ((PGI_FACT_BIT(source.nsteps + 1) << 1) - 1));
	}
	source.nsteps = 4;
	source.steps[1].reports = PGI_FACT_BIT(PGI_NOTED);
	source.steps[2].reports = PGI_FACT_BIT(PGI_DONE) | PGI_FACT_BIT(PGI_RESUMED);
	source.steps[3].reports = PGI_FACT_BIT(PGI_RESUMED);
	ok(problems(&source) == 0, "as many lists as there is room for");
	source.nsteps = 5;
	source.steps[4].reports = PGI_FACT_BIT(PGI_ACKNOWLEDGED);
	ok(only_problem_is(&source, PGI_PART_STEP, 4, -1, "reports"), "and one more");
	source.steps[4].reports = PGI_FACT_BIT(PGI_NOTED);
	source.steps[4].amount = 90 * MINUTE;
	ok(only_problem_is(&source, PGI_PART_STEP, 1, -1, NULL),
	   "a list that is known takes no room");
}

/* eport with duties that start with the opening and are for level 1. */
static PgiPolicySource
dutiful(int count)
{
	PgiPolicySource source = eport_source();

	source.nduties = count;
	for (int i = 0; i < count; i++)
	{
		PgiDuty *duty = &source.duties[i];

		duty->starts = PGI_OPENED;
		duty->until = PGI_RESOLVED;
		duty->done_by = PGI_KINDS;
		for (int level = 0; level < PGI_LEVELS; level++)
			duty->within[level] = PGI_NEVER;
		duty->within[L1] = HOUR;
	}
	return source;
}

static void
test_duties(void)
{
	PgiPolicySource source = dutiful(3);

	source.duties[1].starts = source.duties[2].starts = PGI_AFTER_DUTY;
	source.duties[1].after = 0;
	source.duties[2].after = 1;
	ok(problems(&source) == 0 && pgi_policy_duty_start(&source, 2) == PGI_OPENED,
	   "duties one after the other");
	source.duties[0].starts = PGI_AFTER_DUTY;
	source.duties[0].after = 2;
	ok(problems(&source) == 3 && problem.part == PGI_PART_DUTY &&
		   strcmp(problem.key, "starts") == 0,
	   "in a circle");
	source = dutiful(1);
	source.duties[0].within[4] = HOUR;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, 4, "levels"),
	   "for a level that is not defined");
	source = dutiful(1);
	source.duties[0].within[L1] = PGI_NEVER;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, -1, "for"), "for nobody");
	source = dutiful(1);
	source.duties[0].starts = PGI_RESOLVED;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, -1, "until"), "over before it starts");
	source.duties[0].until = PGI_KINDS;
	ok(problems(&source) == 0, "a final report");
	source.duties[0].done_by = PGI_ACTIVATED;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, -1, "done_by"),
	   "done by what was before");
	source = dutiful(3);
	source.duties[0].done_by = PGI_CLOSED;
	source.duties[0].until = PGI_CLOSED;
	source.duties[1].starts = source.duties[2].starts = PGI_AFTER_DUTY;
	source.duties[1].after = 0;
	source.duties[2].after = 1;
	ok(only_problem_is(&source, PGI_PART_DUTY, 1, -1, "until"),
	   "after one that is done after its end; what comes after that is not named too");
	source.duties[1].until = source.duties[2].until = PGI_KINDS;
	ok(problems(&source) == 0 && pgi_policy_duty_end(&source, 1) == PGI_KINDS &&
		   pgi_policy_duty_end(&source, 2) == PGI_KINDS,
	   "such a duty, and those after it, have no end unless they say so");
	source.duties[0].done_by = PGI_KINDS;
	ok(pgi_policy_duty_end(&source, 2) == PGI_CLOSED,
	   "a duty lasts as long as those before it");
	source.duties[0].until = PGI_KINDS;
	ok(pgi_policy_duty_end(&source, 0) == PGI_RESOLVED &&
		   pgi_policy_duty_end(&source, 2) == PGI_RESOLVED,
	   "or until the resolution");
	source.duties[0].starts = PGI_CLOSED;
	ok(pgi_policy_duty_end(&source, 0) == PGI_KINDS &&
		   pgi_policy_duty_end(&source, 2) == PGI_KINDS,
	   "unless they start later");
	source = dutiful(1);
	source.duties[0].starts = PGI_RESOLVED;
	source.duties[0].until = source.duties[0].done_by = PGI_KINDS;
	source.duties[0].repeats = true;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, -1, "repeat"), "a repeat without end");
	source.duties[0].limit = 1;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, -1, "repeat"), "a repeat that is none");
	source.duties[0].limit = 2;
	source.duties[0].within[L1] = 1;
	ok(only_problem_is(&source, PGI_PART_DUTY, 0, L1, "within"), "a repeat all the time");
}

static int
response_is(const PgiPolicy *policy, int asset, int severity, int64_t elapsed, int level)
{
	return pgi_policy_response_level(&policy->cell[asset][severity], elapsed) == level;
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

/* eport with a duty, and one rule. */
static PgiPolicySource
telling(PgiMessageRule rule)
{
	PgiPolicySource source = eport_source();
	PgiDuty duty = {.starts = PGI_OPENED, .until = PGI_RESOLVED, .done_by = PGI_KINDS};

	for (int level = 0; level < PGI_LEVELS; level++)
		duty.within[level] = level == L1 || level == L2 ? HOUR : PGI_NEVER;
	source.nduties = 2;
	source.duties[0] = source.duties[1] = duty;
	source.nmessages = 1;
	source.messages[0] = rule;
	return source;
}

static PgiMessageRule
rule_on(PgiKind kind)
{
	PgiMessageRule rule = {.on = (uint8_t) kind,
						   .duty = PGI_MAX_DUTIES,
						   .clock = PGI_CLOCKS,
						   .audience = PGI_MAX_DUTIES};

	return rule;
}

/* Whether the compiled policy tells of an entry that was decided since a later fact. */
static bool
tells(const PgiPolicySource *source, PgiKind kind, int rule)
{
	PgiPolicy policy;

	pgi_policy_compile(source, &policy);
	return pgi_policy_tells(&policy, kind, (int16_t) rule, 2);
}

static void
test_messages(void)
{
	PgiPolicySource source = telling(rule_on(PGI_VOIDED));
	PgiMessageRule *rule = &source.messages[0];
	PgiPolicy policy;

	ok(problems(&source) == 0 && tells(&source, PGI_VOIDED, PGI_RULE_WITHDRAWAL) &&
		   !tells(&source, PGI_OPENED, PGI_RULE_FACT) &&
		   !tells(&source, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE),
	   "a kind of entry is told, and no other");
	*rule = rule_on(PGI_GRADED);
	pgi_policy_compile(&source, &policy);
	ok(pgi_policy_tells(&policy, PGI_GRADED, PGI_RULE_MATRIX, 2) &&
		   !pgi_policy_tells(&policy, PGI_GRADED, PGI_RULE_MATRIX, 1),
	   "a grading, but not that of the opening");
	*rule = rule_on(PGI_OVERDUE);
	ok(tells(&source, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE + 1) &&
		   tells(&source, PGI_OVERDUE, PGI_RULE_RESPONSE),
	   "whatever is overdue");
	rule->duty = 1;
	ok(problems(&source) == 0 && tells(&source, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE + 1) &&
		   !tells(&source, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE) &&
		   !tells(&source, PGI_OVERDUE, PGI_RULE_RESPONSE) &&
		   !tells(&source, PGI_DUE, PGI_RULE_DUTY + 1),
	   "one duty when it is overdue");
	*rule = rule_on(PGI_OVERDUE);
	rule->clock = PGI_CLOCK_RESPONSE;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "on"), "a clock without limit");
	source.limit[PGI_CLOCK_RESPONSE][L2] = HOUR;
	ok(problems(&source) == 0 && tells(&source, PGI_OVERDUE, PGI_RULE_RESPONSE) &&
		   !tells(&source, PGI_OVERDUE, PGI_RULE_ACKNOWLEDGEMENT) &&
		   !tells(&source, PGI_BREACHED, PGI_RULE_RESPONSE) &&
		   !tells(&source, PGI_OVERDUE, PGI_RULE_DUTY_OVERDUE),
	   "one clock when its limit has passed");
	*rule = rule_on(PGI_REPEATED);
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "on"), "a repeat of nothing");
	source.duties[0].repeats = true;
	ok(problems(&source) == 0, "a repeat of whatever repeats");
	rule->duty = 1;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "on"),
	   "a repeat of a duty that does not");
	source.duties[0].repeats = false;
	*rule = rule_on(PGI_ESCALATED);
	ok(problems(&source) == 0, "a rise by the remaining time");
	source.escalation = PGI_ESCALATION_NONE;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "on"), "a rise that never is");
	*rule = rule_on(PGI_BREACHED);
	ok(problems(&source) == 0, "a breach");
	for (int level = 0; level < PGI_LEVELS; level++)
		source.limit[PGI_CLOCK_PROCESSING][level] = PGI_NEVER;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "on"), "a breach that never is");
	*rule = rule_on(PGI_HELD);
	rule->levels = PGI_LEVEL_BIT(5);
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "levels"),
	   "a level that is not defined");
	source.defined[5] = true;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "levels"),
	   "a level that nothing has");
	rule->levels = PGI_LEVEL_BIT(L3);
	rule->audience = 1;
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "to.audience_of"),
	   "an audience that is not at the level");
	rule->by_response = true;
	ok(problems(&source) == 0, "at a response level it may be");
	*rule = rule_on(PGI_DUE);
	rule->duty = 1;
	rule->levels = PGI_LEVEL_BIT(L3) | PGI_LEVEL_BIT(L_NONE);
	ok(only_problem_is(&source, PGI_PART_MESSAGE, 0, -1, "levels"),
	   "a duty that is not at the levels");
}

int
main(void)
{
	test_matrix();
	test_times();
	test_steps();
	test_reports();
	test_duties();
	test_compile();
	test_messages();
	return done_testing();
}
