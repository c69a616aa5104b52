/*
 * run.h: a run through an incident's life, what advance.c and duty.c work on.
 */
#ifndef PGI_KERNEL_RUN_H
#define PGI_KERNEL_RUN_H

#include "kernel/state.h"

#define PGI_MAX_MEMBERS ((PGI_LEVEL_MAX + 1) * PGI_SEVERITY_MAX)

/* What shows how much time has passed, on each of the policy's calendars. */
typedef struct PgiStopwatch
{
	bool wanted; /* there is something left to be late for */
	bool running;
	int64_t since;				/* when it last started */
	int64_t before[PGI_LEVELS]; /* on it when it last started or stopped */
} PgiStopwatch;

/* An occurrence of a duty; valid from when the duty begins. */
typedef struct PgiOccurrence
{
	int32_t occurrence;
	PgiStopwatch watch;
} PgiOccurrence;

typedef struct PgiRun
{
	const PgiPolicy *policy;
	PgiState *state;
	PgiEmit emit;
	void *arg;
	PgiStopwatch clocks[PGI_CLOCKS];
	PgiStopwatch inactivity[PGI_MAX_INACTIVITIES];
	/* What the incident may be: its cell, or when calendars differ, all that are possible. */
	const PgiCell *cell;
	const PgiCell *members[PGI_MAX_MEMBERS];
	int nmembers;
	/* Duties, as sets. */
	uint32_t waiting;  /* the start has happened, a level that they are for has not */
	uint32_t begun;	   /* in this cycle */
	uint32_t going;	   /* begun, and neither over nor overdue for good */
	uint32_t overdue;  /* for good: no further occurrence begins before they are done */
	uint32_t done;	   /* in this cycle, or before it where that lasts */
	uint32_t ended;	   /* what they last until has happened in this cycle */
	uint32_t marked;   /* done by a fact of this moment */
	bool duties_stand; /* a hold stops their clocks */
	int64_t
		unsettled; /* moment of facts after which duties are to be looked at, or PGI_NEVER */
	PgiOccurrence *occurrences; /* by number of the duty */
	bool *effects; /* of the facts, by place: whether each has one; NULL: nobody asks */
	const PgiFact *facts;
	int nheard; /* how many of them have taken effect, or have none */
	PgiDutyReport
		*reports; /* by number of the duty: when it began, became overdue, was done */
} PgiRun;

static inline int64_t
pgi_add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? PGI_NEVER : sum;
}

static inline int64_t
pgi_stopwatch_elapsed(const PgiRun *run, const PgiStopwatch *watch, int calendar,
					  int64_t at)
{
	if (!watch->running)
		return watch->before[calendar];
	return pgi_add_saturating(
		watch->before[calendar],
		pgi_calendar_measure(run->policy->calendars[calendar], watch->since, at));
}

/* The latest elapsed time that counts as reached: just short of it while standing still. */
static inline int64_t
pgi_stopwatch_reached(const PgiRun *run, const PgiStopwatch *watch, int calendar,
					  int64_t at)
{
	int64_t elapsed = pgi_stopwatch_elapsed(run, watch, calendar, at);

	return watch->running ? elapsed : elapsed - 1;
}

/* When a running watch will have come to `elapsed`. */
static inline int64_t
pgi_stopwatch_moment(const PgiRun *run, const PgiStopwatch *watch, int calendar,
					 int64_t elapsed)
{
	if (elapsed == PGI_NEVER)
		return PGI_NEVER;
	return pgi_calendar_add(run->policy->calendars[calendar], watch->since,
							elapsed - watch->before[calendar]);
}

/* Since when a running watch would have run to show what it shows, had it never stopped. */
static inline int64_t
pgi_stopwatch_origin(const PgiRun *run, const PgiStopwatch *watch, int calendar)
{
	return pgi_calendar_add(run->policy->calendars[calendar], watch->since,
							-watch->before[calendar]);
}

/* Puts a watch to zero. */
static inline void
pgi_stopwatch_reset(const PgiRun *run, PgiStopwatch *watch, int64_t at)
{
	for (int calendar = 0; calendar < run->policy->ncalendars; calendar++)
		watch->before[calendar] = 0;
	watch->since = at;
}

static inline void
pgi_stopwatch_start(PgiStopwatch *watch, int64_t at)
{
	watch->since = at;
	watch->running = true;
}

static inline void
pgi_stopwatch_stop(const PgiRun *run, PgiStopwatch *watch, int64_t at)
{
	for (int calendar = 0; calendar < run->policy->ncalendars; calendar++)
		watch->before[calendar] = pgi_stopwatch_elapsed(run, watch, calendar, at);
	watch->running = false;
}

extern void pgi_run_emit(PgiRun *run, PgiKind kind, int rule, int32_t occurrence,
						 int64_t deadline, int64_t at);

#endif
