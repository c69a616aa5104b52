/*
 * state.h: the facts of an incident, and what follows from them: events, state and duties.
 */
#ifndef PGI_KERNEL_STATE_H
#define PGI_KERNEL_STATE_H

#include "kernel/policy.h"
#include "kernel/status.h"

/* A fact. Only PGI_ASSESSES kinds set the asset or the severity. */
typedef struct PgiFact
{
	int64_t at;
	int64_t asset_id;
	int32_t seq;
	uint8_t kind;
	bool sets_asset;
	bool sets_severity;
	uint8_t asset_level;
	uint8_t severity;
	uint8_t duty; /* what was done; one that the policy does not have has no effect */
} PgiFact;

/* A derived event: what follows from the facts, by which rule, since which fact. */
typedef struct PgiDerived
{
	int64_t at;
	/* Of a duty that begins: as it stands at that moment; PGI_NEVER: it does not come. */
	int64_t deadline;
	int32_t epoch;		/* seq of the fact that governs */
	int32_t occurrence; /* of the duty or the acknowledgement, from 1; else 1 */
	int16_t rule;
	uint8_t kind;
	uint8_t event_level;
	uint8_t response_level;
} PgiDerived;

/* What became of a duty, or of its newest occurrence when it repeats. */
typedef enum PgiDutyStatus
{
	PGI_DUTY_NONE, /* it has not begun: its start has not happened, or no level it is for */
	PGI_DUTY_GOING,	  /* due */
	PGI_DUTY_OVERDUE, /* and its deadline has passed */
	PGI_DUTY_DONE,
	PGI_DUTY_ENDED, /* undone: what it lasts until has happened */
	PGI_DUTY_STATUSES
} PgiDutyStatus;

typedef struct PgiDutyReport
{
	PgiDutyStatus status;
	int32_t occurrence;
	int64_t begun_at;
	int64_t deadline;	/* as things stand; PGI_NEVER: it stands still, or none is left */
	int64_t overdue_at; /* of this occurrence */
	int64_t done_at;	/* when one was last done */
} PgiDutyReport;

/*
 * What has become of a duty, and what a run goes on from where time can still move it: by its
 * deadline, or by a rise of the response to a level that it is for.
 */
typedef struct PgiDutyState
{
	PgiDutyReport report; /* its deadline only where the clock does not tell it */
	/*
	 * Since when its clock would have run, had it never stopped; what it shows if it stands.
	 * PGI_NEVER: it depends on the calendar, of which several are possible.
	 */
	int64_t clock;
	uint8_t number;
	bool moving;
	bool running; /* its clock; it would, if it has not begun */
} PgiDutyState;

typedef struct PgiState
{
	PgiStanding standing;
	uint8_t asset_level;
	uint8_t severity;
	uint8_t event_level;
	uint8_t response_level;
	uint8_t peak_response;
	bool running; /* the processing clock runs */
	/* Limits that have passed. Processing: breached; the others: overdue. */
	uint8_t late[PGI_CLOCKS];
	int32_t epoch;
	int64_t asset_id;
	/*
	 * Since when each clock would have run to show what it shows, had it never stopped;
	 * PGI_NEVER: it stands still, or nothing is left to be late for. Without that, where
	 * the calendar is one of several possible, a run cannot continue.
	 */
	int64_t origin[PGI_CLOCKS];
	int64_t inactive_since[PGI_MAX_INACTIVITIES]; /* the same for those of inactivity */
	bool can_continue;
	int64_t elapsed;		 /* on the processing clock, at the moment asked for */
	int64_t next_due;		 /* next derived event if no fact comes, or PGI_NEVER */
	int64_t acknowledged_at; /* of this run since the last reopening; PGI_NEVER: not */
	int64_t activated_at;
	int64_t resolved_at;
	int64_t closed_at;
	int nduties;
	PgiDutyState duties[PGI_MAX_DUTIES]; /* by number */
} PgiState;

/* Is handed each derived event, in order of time. */
typedef void (*PgiEmit)(const PgiDerived *derived, void *arg);

#endif
