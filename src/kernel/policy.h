/*
 * policy.h: a policy as rows (PgiPolicySource) and as the compiled table that every
 * rule reads (PgiPolicy).
 */
#ifndef PGI_KERNEL_POLICY_H
#define PGI_KERNEL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/calendar.h"
#include "kernel/grade.h"

/*
 * The clocks of an incident. Processing drives the escalation by the remaining time, and
 * ends in a breach. The others are deadlines: somebody is to acknowledge the incident, and
 * to respond to it by activating the plan.
 */
typedef enum PgiClock
{
	PGI_CLOCK_PROCESSING,
	PGI_CLOCK_ACKNOWLEDGEMENT,
	PGI_CLOCK_RESPONSE,
	PGI_CLOCKS
} PgiClock;

#define PGI_CLOCK_BIT(clock) (1u << (clock))

typedef struct PgiPolicySource
{
	/* The levels the policy defines, and each one's time on each clock (PGI_NEVER: no limit). */
	bool defined[PGI_LEVELS];
	int64_t limit[PGI_CLOCKS][PGI_LEVELS];
	/* By which of the policy's calendars the clocks of an event of this level run. */
	uint8_t calendar[PGI_LEVELS];
	/* The severities the policy defines. */
	bool known[PGI_SEVERITIES];
	/* The matrix: asset level by severity. */
	bool given[PGI_LEVELS][PGI_SEVERITIES];
	uint8_t event_level[PGI_LEVELS][PGI_SEVERITIES];
	uint8_t response_level[PGI_LEVELS][PGI_SEVERITIES];
	/* The clocks that a hold stops, as bits. */
	unsigned hold_stops;
} PgiPolicySource;

/*
 * From `after` of elapsed time on, the response is at `level`. What the matrix gives holds
 * from before the clock starts, so it holds too when the clock stands still at zero.
 */
#define PGI_FROM_THE_START (-1)

typedef struct PgiStep
{
	int64_t after;
	uint8_t level;
} PgiStep;

/* What is unknown may have several calendars. */
#define PGI_MIXED 255

/*
 * What one pair of asset level and severity means. Steps rise in time and in level; the
 * place after the last one has its time at PGI_NEVER.
 */
typedef struct PgiCell
{
	bool possible;
	uint8_t event_level;
	uint8_t calendar; /* or PGI_MIXED */
	uint8_t nsteps;
	int64_t limit[PGI_CLOCKS];
	PgiStep steps[PGI_LEVELS + 1];
} PgiCell;

/* The part of a cell that holds before its first rise, so small that all fit in cache. */
typedef struct PgiStart
{
	int64_t until; /* elapsed time of the first rise */
	bool possible;
	uint8_t event_level;
	uint8_t response_level;
} PgiStart;

/*
 * Rows and columns of what is unknown (PGI_LEVEL_UNKNOWN, PGI_SEVERITY_UNKNOWN) hold, at
 * each elapsed time, the most urgent result of all that is possible.
 */
typedef struct PgiPolicy
{
	unsigned hold_stops;
	bool defined[PGI_LEVELS];
	int64_t processing[PGI_LEVELS];
	uint8_t calendar[PGI_LEVELS]; /* number of an event level's */
	/* The calendars by number, for whoever compiles to fill in; NULL: every moment works. */
	int ncalendars;
	const PgiCalendar *calendars[PGI_LEVELS];
	PgiStart start[PGI_LEVELS][PGI_SEVERITY_ROOM];
	PgiCell cell[PGI_LEVELS][PGI_SEVERITIES];
} PgiPolicy;

/* Why a source does not compile: the place as a JSON path, and a sentence. */
typedef struct PgiProblem
{
	char place[64];
	char text[160];
} PgiProblem;

extern void pgi_policy_source_init(PgiPolicySource *source);
extern int pgi_policy_check(const PgiPolicySource *source, PgiProblem *problems,
							int room);
extern void pgi_policy_compile(const PgiPolicySource *source, PgiPolicy *policy);

/* The response level after `elapsed` microseconds. */
static inline uint8_t
pgi_response_level(const PgiCell *cell, int64_t elapsed)
{
	const PgiStep *step = cell->steps;

	while (elapsed >= step[1].after && step[1].after != PGI_NEVER)
		step++;
	return step->level;
}

#endif
