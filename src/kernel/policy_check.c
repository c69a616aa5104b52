/*
 * policy_check.c: what is wrong with a policy: what would leave a pair of the matrix without
 * an answer, rules that contradict one another, rules that can never fire, and rules that
 * never end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/policy_check.h"
#include "kernel/reach.h"

/* A duty that begins anew does so no more often than the tick looks. */
#define SHORTEST_REPEAT INT64_C(60000000)

static const char *const severity_words[PGI_SEVERITIES] = {
	"unknown", "informational", "minor", "moderate", "severe", "critical"};

static const char *const level_words[PGI_LEVELS] = {"none", "9", "8", "7", "6",		 "5",
													"4",	"3", "2", "1", "unknown"};

static const char *const measure_keys[] = {"elapsed", "remaining", "percent", "inactive"};

/* Where found problems go; counts them all, keeps those there is room for. */
typedef struct Findings
{
	PgiProblem *problems;
	int room;
	int count;
} Findings;

/*
 * The levels at which an event can be, those that a response can reach, and whether it rises
 * by time.
 */
typedef struct Reach
{
	bool event[PGI_LEVELS];
	bool response[PGI_LEVELS];
	bool rises;
} Reach;

__attribute__((format(printf, 6, 7))) static void
add_finding(Findings *findings, PgiPart part, int first, int second, const char *key,
			const char *format, ...)
{
	PgiProblem *problem;
	va_list arguments;

	if (++findings->count > findings->room)
		return;
	problem = &findings->problems[findings->count - 1];
	problem->part = part;
	problem->first = first;
	problem->second = second;
	problem->key = key;
	va_start(arguments, format);
	vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
}

/* One row stands for all where the asset does not matter. */
static int
last_asset(const PgiPolicySource *source)
{
	return source->any_asset ? 0 : PGI_LEVEL_MAX;
}

static const char *
asset_word(const PgiPolicySource *source, int asset)
{
	return source->any_asset ? "any" : level_words[asset];
}

static bool
is_empty(const PgiPolicySource *source)
{
	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
			if (source->given[a][s])
				return false;
	return true;
}

static void
check_severities(const PgiPolicySource *source, Findings *findings)
{
	for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
	{
		bool used = false;

		for (int a = 0; a <= PGI_LEVEL_MAX; a++)
			used |= source->given[a][s];
		if (used && !source->known[s])
			add_finding(findings, PGI_PART_SEVERITY, s, -1, NULL,
						"The matrix uses severity %s, which is not among the severities.",
						severity_words[s]);
		else if (!used && source->known[s])
			add_finding(findings, PGI_PART_SEVERITY, s, -1, NULL,
						"The matrix has no row for severity %s.", severity_words[s]);
	}
}

/* Times that start with the opening count for event levels only. */
static void
check_deadlines(const PgiPolicySource *source, const Reach *reach, int level,
				Findings *findings)
{
	const int64_t *acknowledge = source->acknowledge[level];

	if (!reach->event[level] && acknowledge[0] != PGI_NEVER)
		add_finding(
			findings, PGI_PART_LEVEL, level, -1, "acknowledge",
			"Nothing is ever acknowledged under level %s: no row of the matrix has it as "
			"its event level.",
			level_words[level]);
	if (!reach->event[level] && source->limit[PGI_CLOCK_RESPONSE][level] != PGI_NEVER)
		add_finding(
			findings, PGI_PART_LEVEL, level, -1, "respond_within",
			"Nothing is ever responded to under level %s: no row of the matrix has it as "
			"its event level.",
			level_words[level]);
	for (int i = 1; i < PGI_MAX_ACKNOWLEDGEMENTS && acknowledge[i] != PGI_NEVER; i++)
		if (acknowledge[i] <= acknowledge[i - 1])
			add_finding(
				findings, PGI_PART_ACKNOWLEDGE, level, i, "within",
				"This step to an acknowledgement under level %s is not later than the "
				"one "
				"before it.",
				level_words[level]);
}

static void
check_levels(const PgiPolicySource *source, const Reach *reach, Findings *findings)
{
	int64_t shortest = 0;
	int more_urgent = PGI_LEVEL_UNKNOWN;

	for (int level = PGI_LEVEL_MAX; level >= 0; level--)
	{
		int64_t processing = source->limit[PGI_CLOCK_PROCESSING][level];

		if (!source->defined[level])
			continue;
		check_deadlines(source, reach, level, findings);
		if (processing <= 0)
			add_finding(findings, PGI_PART_LEVEL, level, -1, "processing_time",
						"The processing time of level %s must be longer than nothing.",
						level_words[level]);
		else if (processing < shortest)
			add_finding(
				findings, PGI_PART_LEVEL, level, -1, "processing_time",
				"The processing time of level %s is shorter than that of level %s, which "
				"is more urgent.",
				level_words[level], level_words[more_urgent]);
		else
		{
			shortest = processing;
			more_urgent = level;
		}
	}
}

/* A pair against its neighbour of lower severity or lower asset level. */
static void
check_pair(const PgiPolicySource *source, Findings *findings, int a, int s, int lower_a,
		   int lower_s, bool response)
{
	const uint8_t(*levels)[PGI_SEVERITIES] =
		response ? source->response_level : source->event_level;
	const char *what = response ? "response" : "event";
	const char *key = response ? "response_level" : "event_level";
	int level = levels[a][s];
	int lower = levels[lower_a][lower_s];

	if (level >= lower)
		return;
	if (lower_a == a)
		add_finding(
			findings, PGI_PART_ROW, a, s, key,
			"For asset level %s, severity %s has %s level %s, which is less urgent than "
			"%s "
			"for the lower severity %s.",
			asset_word(source, a), severity_words[s], what, level_words[level],
			level_words[lower], severity_words[lower_s]);
	else
		add_finding(
			findings, PGI_PART_ROW, a, s, key,
			"For severity %s, asset level %s has %s level %s, which is less urgent than "
			"%s "
			"for the lower asset level %s.",
			severity_words[s], level_words[a], what, level_words[level],
			level_words[lower], level_words[lower_a]);
}

static void
check_defined(const PgiPolicySource *source, Findings *findings, int a, int s, int level,
			  const char *key)
{
	if (!source->defined[level])
		add_finding(findings, PGI_PART_ROW, a, s, key,
					"Level %s is not among the levels of the policy.",
					level_words[level]);
}

static void
check_matrix(const PgiPolicySource *source, Findings *findings)
{
	bool assets[PGI_LEVELS] = {false};
	bool severities[PGI_SEVERITIES] = {false};
	int above[PGI_SEVERITIES];

	for (int a = 0; a <= PGI_LEVEL_MAX; a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
			if (source->given[a][s])
				assets[a] = severities[s] = true;
	for (int s = 0; s < PGI_SEVERITIES; s++)
		above[s] = -1;
	for (int a = 0; a <= last_asset(source); a++)
	{
		int left = -1;

		for (int s = 1; assets[a] && s <= PGI_SEVERITY_MAX; s++)
		{
			if (!severities[s])
				continue;
			if (!source->given[a][s])
			{
				add_finding(findings, PGI_PART_MATRIX, a, s, NULL,
							"The matrix has no row for asset level %s and severity %s.",
							asset_word(source, a), severity_words[s]);
				continue;
			}
			check_defined(source, findings, a, s, source->event_level[a][s],
						  "event_level");
			check_defined(source, findings, a, s, source->response_level[a][s],
						  "response_level");
			for (int response = 0; response < 2; response++)
			{
				if (left >= 0)
					check_pair(source, findings, a, s, a, left, response);
				if (above[s] >= 0)
					check_pair(source, findings, a, s, above[s], s, response);
			}
			left = s;
			above[s] = a;
		}
	}
}

/*
 * The earliest moment of the clock at which a step can rise for an event level; PGI_NEVER
 * where it measures a processing time and there is none.
 */
static int64_t
earliest(const PgiPolicySource *source, const PgiEscalationStep *rise, int event_level)
{
	int64_t processing = source->limit[PGI_CLOCK_PROCESSING][event_level];

	if (rise->measure == PGI_ESCALATION_ELAPSED ||
		rise->measure == PGI_ESCALATION_INACTIVE)
		return rise->amount;
	if (processing == PGI_NEVER)
		return PGI_NEVER;
	if (rise->measure == PGI_ESCALATION_REMAINING)
		return rise->amount > processing ? 0 : processing - rise->amount;
	return processing / 100 * rise->amount + processing % 100 * rise->amount / 100;
}

/* Whether some report puts off a step, and not another. */
static bool
may_be_put_off(const PgiEscalationStep *rise, const PgiEscalationStep *other)
{
	if (rise->measure != PGI_ESCALATION_INACTIVE)
		return false;
	return other->measure != PGI_ESCALATION_INACTIVE ||
		   (rise->reports & ~other->reports) != 0;
}

/*
 * Whether another step has always risen as far by the time this one can. One that reports
 * put off is no sure forerunner of those that they do not.
 */
static bool
is_forestalled(const PgiPolicySource *source, int number, int event_level)
{
	const PgiEscalationStep *rise = &source->steps[number];
	int64_t at = earliest(source, rise, event_level);

	for (int i = 0; i < source->nsteps; i++)
	{
		const PgiEscalationStep *other = &source->steps[i];
		int64_t other_at = earliest(source, other, event_level);

		if (i == number || !(other->event_levels & PGI_LEVEL_BIT(event_level)) ||
			other->to < rise->to || may_be_put_off(other, rise))
			continue;
		if (other_at < at || (other_at == at && (other->to > rise->to || i < number)))
			return true;
	}
	return false;
}

/* Whether a step raises the response to anything at all. */
static bool
ever_rises(const PgiPolicySource *source, int number)
{
	const PgiEscalationStep *rise = &source->steps[number];

	for (int a = 0; a <= last_asset(source); a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
		{
			int event_level = source->event_level[a][s];

			if (source->given[a][s] && source->response_level[a][s] < rise->to &&
				(rise->event_levels & PGI_LEVEL_BIT(event_level)) &&
				earliest(source, rise, event_level) != PGI_NEVER &&
				!is_forestalled(source, number, event_level))
				return true;
		}
	return false;
}

static bool
needs_processing(const PgiEscalationStep *rise)
{
	return rise->measure == PGI_ESCALATION_REMAINING ||
		   rise->measure == PGI_ESCALATION_PERCENT;
}

/* Whether a duty can be reported as done while a step is counting. */
static bool
has_duty_for(const PgiPolicySource *source, const PgiEscalationStep *rise)
{
	for (int i = 0; i < source->nduties; i++)
	{
		const PgiDuty *duty = &source->duties[i];
		bool for_level = duty->by_response;

		for (int level = 0; level <= PGI_LEVEL_MAX; level++)
			for_level |= (rise->event_levels & PGI_LEVEL_BIT(level)) != 0 &&
						 duty->within[level] != PGI_NEVER;
		if (for_level && pgi_reach_of_duty(source, i).while_running)
			return true;
	}
	return false;
}

/* Whether a report that puts off a step by inactivity can happen while its clock runs. */
static bool
ever_put_off(const PgiPolicySource *source, const PgiEscalationStep *rise)
{
	return (rise->reports & ~PGI_FACT_BIT(PGI_DONE)) != 0 ||
		   ((rise->reports & PGI_FACT_BIT(PGI_DONE)) != 0 && has_duty_for(source, rise));
}

/* What a step names: returns whether it is worth asking if it ever rises. */
static bool
check_rise(const PgiPolicySource *source, const Reach *reach, int number,
		   Findings *findings)
{
	const PgiEscalationStep *rise = &source->steps[number];
	unsigned all = 0;
	bool any = false;
	int before = findings->count;

	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if (source->defined[level])
			all |= PGI_LEVEL_BIT(level);
	if (!source->defined[rise->to])
		add_finding(
			findings, PGI_PART_STEP, number, -1, "to",
			"The step rises to level %s, which is not among the levels of the policy.",
			level_words[rise->to]);
	if (rise->amount <= 0)
		add_finding(findings, PGI_PART_STEP, number, -1, measure_keys[rise->measure],
					"A step needs an amount that is more than nothing.");
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		if (!(rise->event_levels & PGI_LEVEL_BIT(level)))
			continue;
		any |= reach->event[level];
		if (!source->defined[level])
			add_finding(
				findings, PGI_PART_STEP, number, -1, "event_levels",
				"The step is for event level %s, which is not among the levels of the "
				"policy.",
				level_words[level]);
		else if (needs_processing(rise) && rise->event_levels != all &&
				 source->limit[PGI_CLOCK_PROCESSING][level] == PGI_NEVER)
			add_finding(
				findings, PGI_PART_STEP, number, -1, measure_keys[rise->measure],
				"The step measures the processing time of event level %s, which has "
				"none.",
				level_words[level]);
	}
	if (!any && findings->count == before)
		add_finding(findings, PGI_PART_STEP, number, -1, "event_levels",
					"No row of the matrix has an event level that the step is for.");
	if (rise->measure == PGI_ESCALATION_INACTIVE && !ever_put_off(source, rise))
		add_finding(
			findings, PGI_PART_STEP, number, -1, "reports",
			"Nothing can put the step off: none of its reports can happen while its "
			"clock "
			"runs.");
	return findings->count == before;
}

/* There are no more clocks of inactivity than there is room for. */
static void
check_reports(const PgiPolicySource *source, Findings *findings)
{
	uint32_t seen[PGI_MAX_INACTIVITIES];
	int nseen = 0;

	for (int i = 0; i < source->nsteps; i++)
	{
		int known = 0;

		if (source->steps[i].measure != PGI_ESCALATION_INACTIVE)
			continue;
		while (known < nseen && seen[known] != source->steps[i].reports)
			known++;
		if (known < nseen)
			continue;
		if (nseen < PGI_MAX_INACTIVITIES)
			seen[nseen++] = source->steps[i].reports;
		else
			add_finding(
				findings, PGI_PART_STEP, i, -1, "reports",
				"The steps before have %d different lists of reports; no more are taken.",
				PGI_MAX_INACTIVITIES);
	}
}

static void
check_rises(const PgiPolicySource *source, const Reach *reach, Findings *findings)
{
	check_reports(source, findings);
	for (int i = 0; i < source->nsteps; i++)
		if (check_rise(source, reach, i, findings) && !ever_rises(source, i))
			add_finding(
				findings, PGI_PART_STEP, i, -1, NULL,
				"The step never raises the response: by then it is at level %s already.",
				level_words[source->steps[i].to]);
}

/* Which levels events and responses can have. */
static void
find_reach(const PgiPolicySource *source, Reach *reach)
{
	memset(reach, 0, sizeof(*reach));
	for (int a = 0; a <= last_asset(source); a++)
		for (int s = 1; s <= PGI_SEVERITY_MAX; s++)
		{
			int event_level = source->event_level[a][s];
			int64_t processing = source->limit[PGI_CLOCK_PROCESSING][event_level];

			if (!source->given[a][s])
				continue;
			reach->event[event_level] = true;
			reach->response[source->response_level[a][s]] = true;
			if (source->escalation != PGI_ESCALATION_REMAINING_TIME ||
				processing == PGI_NEVER)
				continue;
			for (int level = event_level + 1; level <= PGI_LEVEL_MAX; level++)
				if (source->defined[level] && level > source->response_level[a][s] &&
					source->limit[PGI_CLOCK_PROCESSING][level] <= processing)
					reach->response[level] = reach->rises = true;
		}
	for (int i = 0; i < source->nsteps; i++)
		if (ever_rises(source, i))
			reach->response[source->steps[i].to] = reach->rises = true;
}

static void
check_repeat(const PgiPolicySource *source, int number, Findings *findings)
{
	const PgiDuty *duty = &source->duties[number];

	if (duty->limit == 1)
		add_finding(findings, PGI_PART_DUTY, number, -1, "repeat",
					"A duty that is to be done once at most does not repeat.");
	if (duty->limit == 0 && duty->until == PGI_KINDS)
		add_finding(
			findings, PGI_PART_DUTY, number, -1, "repeat",
			"The duty repeats without end: it has neither a limit nor an end (until).");
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if (duty->within[level] < SHORTEST_REPEAT)
			add_finding(findings, PGI_PART_DUTY, number, level, "within",
						"A duty that repeats needs at least a minute.");
}

/* Whether a duty begins, and is then done by what is to do it, in any life. */
static void
check_course(const PgiPolicySource *source, int number, Findings *findings)
{
	const PgiDuty *duty = &source->duties[number];
	PgiDutyReach reach = pgi_reach_of_duty(source, number);

	if (reach.begins)
	{
		if (duty->done_by != PGI_KINDS && !reach.is_done)
			add_finding(findings, PGI_PART_DUTY, number, -1, "done_by",
						"That cannot happen between the start of the duty and its end.");
	}
	else if (duty->starts != PGI_AFTER_DUTY ||
			 pgi_reach_of_duty(source, duty->after).begins)
		add_finding(findings, PGI_PART_DUTY, number, -1, "until",
					"The duty is over before it starts.");
}

static void
check_duty(const PgiPolicySource *source, const Reach *reach, int number,
		   Findings *findings)
{
	const PgiDuty *duty = &source->duties[number];
	const bool *reached = duty->by_response ? reach->response : reach->event;
	uint8_t start = pgi_policy_duty_start(source, number);
	bool all_defined = true;
	bool any = false;

	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		if (duty->within[level] == PGI_NEVER)
			continue;
		any |= reached[level];
		all_defined &= source->defined[level];
		if (!source->defined[level])
			add_finding(findings, PGI_PART_DUTY, number, level, "levels",
						"Level %s is not among the levels of the policy.",
						level_words[level]);
	}
	if (!any && all_defined)
		add_finding(findings, PGI_PART_DUTY, number, -1, "for",
					"No incident ever has a level that this duty is for.");
	if (start == PGI_KINDS)
		add_finding(findings, PGI_PART_DUTY, number, -1, "starts",
					"The duty never starts: it waits for others that wait for it.");
	else
		check_course(source, number, findings);
	if (duty->repeats)
		check_repeat(source, number, findings);
}

/* Whether a clock has a limit at any level that an event has. */
static bool
clock_runs_out(const PgiPolicySource *source, const Reach *reach, int clock)
{
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		int64_t limit = clock == PGI_CLOCK_ACKNOWLEDGEMENT ? source->acknowledge[level][0]
														   : source->limit[clock][level];

		if (reach->event[level] && limit != PGI_NEVER)
			return true;
	}
	return false;
}

static bool
any_repeats(const PgiPolicySource *source)
{
	for (int i = 0; i < source->nduties; i++)
		if (source->duties[i].repeats)
			return true;
	return false;
}

/* Whether there can be an entry that a rule tells of, levels aside. */
static bool
ever_happens(const PgiPolicySource *source, const Reach *reach,
			 const PgiMessageRule *rule)
{
	switch (rule->on)
	{
		case PGI_ESCALATED:
			return reach->rises;
		case PGI_BREACHED:
			return clock_runs_out(source, reach, PGI_CLOCK_PROCESSING);
		case PGI_OVERDUE:
			if (rule->clock < PGI_CLOCKS)
				return clock_runs_out(source, reach, rule->clock);
			return source->nduties > 0 ||
				   clock_runs_out(source, reach, PGI_CLOCK_ACKNOWLEDGEMENT) ||
				   clock_runs_out(source, reach, PGI_CLOCK_RESPONSE);
		case PGI_DUE:
			return source->nduties > 0;
		case PGI_REPEATED:
			return rule->duty < PGI_MAX_DUTIES ? source->duties[rule->duty].repeats
											   : any_repeats(source);
		default:
			return true;
	}
}

/* Whether a duty is for one of the levels of a rule; where they are of another kind it may be. */
static bool
is_for_levels(const PgiPolicySource *source, uint8_t number, const PgiMessageRule *rule)
{
	const PgiDuty *duty = &source->duties[number];

	if (rule->levels == 0 || duty->by_response != rule->by_response)
		return true;
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if ((rule->levels & PGI_LEVEL_BIT(level)) && duty->within[level] != PGI_NEVER)
			return true;
	return false;
}

static void
check_message(const PgiPolicySource *source, const Reach *reach, int number,
			  Findings *findings)
{
	const PgiMessageRule *rule = &source->messages[number];
	const bool *reached = rule->by_response ? reach->response : reach->event;
	bool all_defined = true;
	bool any = rule->levels == 0;

	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
	{
		if (!(rule->levels & PGI_LEVEL_BIT(level)))
			continue;
		any |= reached[level];
		all_defined &= source->defined[level];
		if (!source->defined[level])
			add_finding(findings, PGI_PART_MESSAGE, number, -1, "levels",
						"Level %s is not among the levels of the policy.",
						level_words[level]);
	}
	if (!all_defined)
		return;
	if (!any)
		add_finding(findings, PGI_PART_MESSAGE, number, -1, "levels",
					"No incident ever has a level that this rule is for.");
	else if (!ever_happens(source, reach, rule))
		add_finding(findings, PGI_PART_MESSAGE, number, -1, "on",
					"That never happens under this policy.");
	else if (rule->duty < PGI_MAX_DUTIES && !is_for_levels(source, rule->duty, rule))
		add_finding(findings, PGI_PART_MESSAGE, number, -1, "levels",
					"The duty is for none of these levels.");
	else if (rule->audience < PGI_MAX_DUTIES &&
			 !is_for_levels(source, rule->audience, rule))
		add_finding(findings, PGI_PART_MESSAGE, number, -1, "to.audience_of",
					"The duty has no audience at any of these levels.");
}

/*
 * Finds what is wrong with a policy and returns how many problems there are; at most
 * `room` are written.
 */
int
pgi_policy_check(const PgiPolicySource *source, PgiProblem *problems, int room)
{
	Findings findings = {problems, room, 0};
	Reach reach;

	find_reach(source, &reach);
	if (is_empty(source))
		add_finding(&findings, PGI_PART_MATRIX, -1, -1, NULL, "The matrix is empty.");
	else
		check_severities(source, &findings);
	check_levels(source, &reach, &findings);
	check_matrix(source, &findings);
	check_rises(source, &reach, &findings);
	for (int i = 0; i < source->nduties; i++)
		check_duty(source, &reach, i, &findings);
	for (int i = 0; i < source->nmessages; i++)
		check_message(source, &reach, i, &findings);
	return findings.count;
}
