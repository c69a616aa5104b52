/*
 * random.h: random policies and random lives, back-dated and senseless facts included.
 */
#ifndef PGI_TEST_RANDOM_H
#define PGI_TEST_RANDOM_H

#include <stdlib.h>

#include "eport.h"
#include "kernel/advance.h"

#define QUARTER (15 * MINUTE)
#define MAX_FACTS 24

static uint64_t seed = 20260105;

static inline int
below(int n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int) ((seed >> 33) % (uint64_t) n);
}

static inline int64_t
random_time(int quarters)
{
	return (1 + below(quarters)) * QUARTER;
}

static inline void
random_limits(PgiPolicySource *source)
{
	int64_t time = 0;
	int lowest = below(2) ? below(3) : -1; /* from there on processing has no limit */

	for (int level = PGI_LEVEL_MAX; level >= 0; level--)
	{
		int64_t acknowledge = 0;

		time += random_time(8);
		source->defined[level] = true;
		source->calendar[level] = (uint8_t) (below(3) == 0);
		if (level > lowest)
			source->limit[PGI_CLOCK_PROCESSING][level] = time;
		if (below(2))
			source->limit[PGI_CLOCK_RESPONSE][level] = below(40) * QUARTER;
		for (int i = 0; i < PGI_MAX_ACKNOWLEDGEMENTS && below(3); i++)
			source->acknowledge[level][i] = acknowledge += random_time(12);
	}
}

/* In no row and in no column does it become less urgent. */
static inline void
random_matrix(PgiPolicySource *source)
{
	int floor[PGI_SEVERITIES] = {0};

	for (int severity = 1; severity <= PGI_SEVERITY_MAX; severity++)
		source->known[severity] = true;
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
			source->given[asset][severity] = true;
			source->event_level[asset][severity] = (uint8_t) asset;
			source->response_level[asset][severity] = (uint8_t) response;
		}
	}
}

static inline void
random_escalation(PgiPolicySource *source)
{
	uint32_t lists[PGI_MAX_INACTIVITIES - 1];

	source->escalation = (PgiEscalation) below(3);
	if (source->escalation != PGI_ESCALATION_STEPS)
		return;
	for (int i = 0; i < PGI_MAX_INACTIVITIES - 1; i++)
		lists[i] = PGI_REPORTS & (uint32_t) below(INT16_MAX);
	source->nsteps = 1 + below(6);
	for (int i = 0; i < source->nsteps; i++)
	{
		PgiEscalationStep *rise = &source->steps[i];

		rise->measure = (uint8_t) (below(2) ? PGI_ESCALATION_INACTIVE : below(4));
		rise->to = (uint8_t) (1 + below(PGI_LEVEL_MAX));
		rise->event_levels = (uint16_t) (below(2) ? 0xffff : below(0x10000));
		rise->amount =
			rise->measure == PGI_ESCALATION_PERCENT ? 1 + below(100) : random_time(30);
		rise->reports = below(2) ? PGI_REPORTS : lists[below(PGI_MAX_INACTIVITIES - 1)];
	}
}

static inline void
random_duty(PgiDuty *duty, int number, int nduties)
{
	static const uint8_t starts[] = {PGI_OPENED,	PGI_OPENED,	  PGI_ACKNOWLEDGED,
									 PGI_ACTIVATED, PGI_RESOLVED, PGI_CLOSED};
	static const uint8_t ends[] = {PGI_RESOLVED, PGI_RESOLVED, PGI_CLOSED, PGI_KINDS};

	duty->starts = starts[below(6)];
	duty->after = (uint8_t) below(nduties);
	if (below(4) == 0 && duty->after != number)
		duty->starts = PGI_AFTER_DUTY;
	duty->until = ends[below(4)];
	duty->done_by = (uint8_t) (below(3) == 0 ? below(PGI_GRADED) : PGI_KINDS);
	duty->by_response = below(2);
	duty->repeats = below(2);
	duty->repeats_overdue = duty->repeats && below(2);
	duty->limit = duty->repeats ? below(4) : 0;
	for (int level = 0; level < PGI_LEVELS; level++)
		duty->within[level] = below(3) == 0 ? PGI_NEVER : random_time(30);
	if (!duty->repeats && below(4) == 0)
		duty->within[below(PGI_LEVEL_MAX)] = 0;
}

/*
 * A policy whose calendar number 1 is the one given. Nothing in it harms the kernel, but
 * some of its rules may never fire.
 */
static inline PgiPolicy
random_policy(const PgiCalendar *calendar)
{
	PgiPolicySource source;
	PgiPolicy policy;

	pgi_policy_source_init(&source);
	source.hold_stops = (unsigned) below(1 << (PGI_CLOCKS + 1));
	random_limits(&source);
	random_matrix(&source);
	random_escalation(&source);
	source.nduties = below(4) == 0 ? 0 : below(6) == 0 ? PGI_MAX_DUTIES : 1 + below(6);
	for (int number = 0; number < source.nduties; number++)
		random_duty(&source.duties[number], number, source.nduties);
	pgi_policy_compile(&source, &policy);
	policy.calendars[1] = calendar;
	return policy;
}

/* Facts at multiples of 15 minutes, so that many meet a threshold exactly. */
static inline int
random_life(PgiFact *facts, const PgiPolicy *policy)
{
	int n = 1 + below(MAX_FACTS);

	memset(facts, 0, sizeof(PgiFact) * MAX_FACTS);
	for (int i = 0; i < n; i++)
	{
		facts[i].seq = i + 1;
		facts[i].kind =
			(uint8_t) (i == 0 ? PGI_OPENED : PGI_ASSESSED + below(PGI_GRADED - 1));
		if (i > 0 && below(3) == 0)
			facts[i].kind = PGI_DONE;
		facts[i].at = i == 0 ? 0 : below(60) * QUARTER;
		facts[i].sets_asset = i == 0 || below(2);
		facts[i].sets_severity = i == 0 || below(2);
		facts[i].asset_level = (uint8_t) below(PGI_LEVELS);
		facts[i].severity = (uint8_t) below(PGI_SEVERITIES);
		facts[i].duty = (uint8_t) below(policy->nduties + 1);
	}
	pgi_advance_sort_facts(facts + 1, n - 1);
	return n;
}

#endif
