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
#include "kernel/entry_kind.h"
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
#define PGI_HOLD_DUTIES (1u << PGI_CLOCKS) /* a hold stops the clocks of duties */

#define PGI_MAX_ACKNOWLEDGEMENTS 8
#define PGI_MAX_ESCALATION_STEPS 32
#define PGI_MAX_INACTIVITIES 4 /* different sets of reports */
#define PGI_MAX_DUTIES 32
#define PGI_MAX_OCCURRENCES INT16_MAX /* of one duty in a cycle */
#define PGI_MAX_MESSAGE_RULES 200

/* How the response rises by time. */
typedef enum PgiEscalation
{
	PGI_ESCALATION_REMAINING_TIME,
	PGI_ESCALATION_STEPS,
	PGI_ESCALATION_NONE
} PgiEscalation;

/* What a step of the escalation measures: the processing clock, or one of inactivity. */
typedef enum PgiRiseMeasure
{
	PGI_ESCALATION_ELAPSED,	  /* microseconds since the clock began */
	PGI_ESCALATION_REMAINING, /* microseconds left of the processing time */
	PGI_ESCALATION_PERCENT,	  /* of the processing time gone by */
	PGI_ESCALATION_INACTIVE	  /* microseconds since the last report */
} PgiRiseMeasure;

#define PGI_LEVEL_BIT(level) (1u << (level))

/*
 * Facts by which somebody acts: they restart a clock of inactivity, unless its steps name
 * which of them do.
 */
#define PGI_REPORTS                                                                      \
	(PGI_FACT_BIT(PGI_ASSESSED) | PGI_FACT_BIT(PGI_ACKNOWLEDGED) |                       \
	 PGI_FACT_BIT(PGI_ACTIVATED) | PGI_FACT_BIT(PGI_RESUMED) | PGI_FACT_BIT(PGI_NOTED) | \
	 PGI_FACT_BIT(PGI_DONE))

typedef struct PgiEscalationStep
{
	uint8_t measure;
	uint8_t to;
	uint16_t event_levels; /* for which it is, as bits */
	uint32_t reports;	   /* facts that put off a step by inactivity, as bits */
	int64_t amount;
} PgiEscalationStep;

/* In place of the kind of fact that starts a duty: another duty that is done. */
#define PGI_AFTER_DUTY 255

/* What somebody must do by a time. Facts are named by their PgiKind; PGI_KINDS is none. */
typedef struct PgiDuty
{
	uint8_t starts;	  /* the fact that starts it, or PGI_AFTER_DUTY */
	uint8_t after;	  /* number of the duty after which it starts */
	uint8_t until;	  /* the fact that ends it: PGI_RESOLVED, PGI_CLOSED, or none */
	uint8_t done_by;  /* the fact that does it, or none */
	bool by_response; /* `within` goes by the response level, else by the event level */
	bool repeats;
	bool repeats_overdue; /* it begins again when it is overdue, not only when done */
	int32_t limit;		  /* occurrences at most; 0: no limit */
	int64_t within[PGI_LEVELS]; /* PGI_NEVER: no such duty at this level */
} PgiDuty;

/* Of what somebody is told. */
typedef struct PgiMessageRule
{
	uint8_t on;		  /* the kind of entry */
	uint8_t duty;	  /* number of the duty that it is about; PGI_MAX_DUTIES: any */
	uint8_t clock;	  /* or the clock; PGI_CLOCKS: any */
	uint8_t audience; /* number of the duty whose audience is told, or PGI_MAX_DUTIES */
	bool by_response; /* `levels` are response levels, else event levels */
	uint16_t levels;  /* at which it is, as bits; 0: at all */
} PgiMessageRule;

typedef struct PgiPolicySource
{
	/* The levels the policy defines. */
	bool defined[PGI_LEVELS];
	/*
	 * Each level's time on the clocks of processing and response, and its times to
	 * acknowledge, ascending. PGI_NEVER: no limit, or after the last one.
	 */
	int64_t limit[PGI_CLOCKS][PGI_LEVELS];
	int64_t acknowledge[PGI_LEVELS][PGI_MAX_ACKNOWLEDGEMENTS];
	/* By which of the policy's calendars the clocks of an event of this level run. */
	uint8_t calendar[PGI_LEVELS];
	/* The severities the policy defines. */
	bool known[PGI_SEVERITIES];
	/*
	 * The matrix: asset level by severity. Where it is the same for any asset, every level
	 * has the row.
	 */
	bool any_asset;
	bool given[PGI_LEVELS][PGI_SEVERITIES];
	uint8_t event_level[PGI_LEVELS][PGI_SEVERITIES];
	uint8_t response_level[PGI_LEVELS][PGI_SEVERITIES];
	/* The clocks that a hold stops, as bits. */
	unsigned hold_stops;
	PgiEscalation escalation;
	int nsteps; /* where the escalation is by steps */
	PgiEscalationStep steps[PGI_MAX_ESCALATION_STEPS];
	int nduties; /* in the order of the document */
	PgiDuty duties[PGI_MAX_DUTIES];
	int nmessages; /* rules, in the order of the document */
	PgiMessageRule messages[PGI_MAX_MESSAGE_RULES];
} PgiPolicySource;

/*
 * From `after` of elapsed time on, the response is at `level`. What the matrix gives holds
 * from before the clock starts, so it holds too when the clock stands still at zero.
 */
#define PGI_FROM_THE_START (-1)

typedef struct PgiThreshold
{
	int64_t after;
	int16_t rule;
	uint8_t level;
} PgiThreshold;

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
	uint8_t ninactive[PGI_MAX_INACTIVITIES];
	int64_t limit[PGI_CLOCKS]; /* of acknowledgement the first */
	int64_t acknowledge[PGI_MAX_ACKNOWLEDGEMENTS + 1];
	PgiThreshold steps[PGI_LEVELS + 1]; /* on the processing clock */
	/* On each clock of inactivity; the first is none. */
	PgiThreshold inactive[PGI_MAX_INACTIVITIES][PGI_LEVELS + 1];
} PgiCell;

/* The part of a cell that holds before its first rise, so small that all fit in cache. */
typedef struct PgiStart
{
	int64_t until; /* elapsed time of the first rise */
	bool possible;
	uint8_t event_level;
	uint8_t response_level;
} PgiStart;

#define PGI_DUTY_BIT(number) (UINT32_C(1) << (number))

/* The number of the duty that a rule is about; -1: none. */
static inline int
pgi_duty_of_rule(int rule)
{
	if (rule >= PGI_RULE_DUTY_OVERDUE)
		return rule - PGI_RULE_DUTY_OVERDUE;
	return rule >= PGI_RULE_DUTY ? rule - PGI_RULE_DUTY : -1;
}

/* The same, with PGI_MAX_DUTIES for none. */
static inline uint8_t
pgi_duty_number_of_rule(int rule)
{
	int number = pgi_duty_of_rule(rule);

	return number < 0 || number >= PGI_MAX_DUTIES ? PGI_MAX_DUTIES : (uint8_t) number;
}

/* Sets of duties, a bit for each. */
typedef struct PgiDutySets
{
	uint32_t starting[PGI_KINDS]; /* by the fact that starts them */
	uint32_t ending[PGI_KINDS];	  /* that ends them */
	uint32_t done_by[PGI_KINDS];
	uint32_t following[PGI_MAX_DUTIES]; /* by the duty after which they start */
	/* Those that go by the event or response level and are for it, or for a higher one. */
	uint32_t at_event[PGI_LEVELS];
	uint32_t at_response[PGI_LEVELS];
	uint32_t above_response[PGI_LEVELS];
	/* What was done of these remains done when the incident is reopened. */
	uint32_t lasting;
} PgiDutySets;

/* The kinds of entries that may be about a duty, in order: overdue, due, repeated. */
#define PGI_KINDS_OF_DUTIES (PGI_REPEATED - PGI_OVERDUE + 1)

/* Of which entries somebody is told, as bits. */
typedef struct PgiTold
{
	uint64_t kinds;						  /* whatever they are about */
	uint32_t duties[PGI_KINDS_OF_DUTIES]; /* when they are about these duties */
	unsigned clocks;					  /* overdue of these clocks */
} PgiTold;

/*
 * Rows and columns of what is unknown (PGI_LEVEL_UNKNOWN, PGI_SEVERITY_UNKNOWN) hold, at
 * each elapsed time, the most urgent result of all that is possible.
 */
typedef struct PgiPolicy
{
	unsigned hold_stops;
	/* The clocks of inactivity, each by the facts that restart it. */
	int ninactivities;
	uint32_t reports[PGI_MAX_INACTIVITIES];
	bool defined[PGI_LEVELS];
	int64_t processing[PGI_LEVELS];
	uint8_t calendar[PGI_LEVELS]; /* number of an event level's */
	/* The calendars by number, for whoever compiles to fill in; NULL: every moment works. */
	int ncalendars;
	const PgiCalendar *calendars[PGI_LEVELS];
	PgiStart start[PGI_LEVELS][PGI_SEVERITY_ROOM];
	PgiCell cell[PGI_LEVELS][PGI_SEVERITIES];
	int nduties;
	PgiDuty duties[PGI_MAX_DUTIES];
	PgiDutySets sets;
	PgiTold told;
} PgiPolicy;

extern void pgi_policy_source_init(PgiPolicySource *source);
extern uint8_t pgi_policy_duty_start(const PgiPolicySource *source, int duty);
extern uint8_t pgi_policy_duty_end(const PgiPolicySource *source, int duty);
extern void pgi_policy_compile(const PgiPolicySource *source, PgiPolicy *policy);

/*
 * Whether a message rule is for an entry of this kind that this rule has decided, since this
 * fact. How an incident is graded when it is opened is told with that.
 */
static inline bool
pgi_policy_tells(const PgiPolicy *policy, PgiKind kind, int16_t rule, int32_t epoch)
{
	uint8_t duty;

	if (kind == PGI_GRADED && epoch == 1)
		return false;
	if (policy->told.kinds >> kind & 1)
		return true;
	if (kind < PGI_OVERDUE || kind > PGI_REPEATED)
		return false;
	duty = pgi_duty_number_of_rule(rule);
	if (duty < PGI_MAX_DUTIES)
		return (policy->told.duties[kind - PGI_OVERDUE] & PGI_DUTY_BIT(duty)) != 0;
	if (rule == PGI_RULE_ACKNOWLEDGEMENT)
		return (policy->told.clocks & PGI_CLOCK_BIT(PGI_CLOCK_ACKNOWLEDGEMENT)) != 0;
	return rule == PGI_RULE_RESPONSE &&
		   (policy->told.clocks & PGI_CLOCK_BIT(PGI_CLOCK_RESPONSE)) != 0;
}

/* The step that is reached after `elapsed` microseconds. */
static inline const PgiThreshold *
pgi_policy_threshold_at(const PgiThreshold *step, int64_t elapsed)
{
	while (elapsed >= step[1].after && step[1].after != PGI_NEVER)
		step++;
	return step;
}

/* The response level after `elapsed` microseconds, with no time of inactivity. */
static inline uint8_t
pgi_policy_response_level(const PgiCell *cell, int64_t elapsed)
{
	return pgi_policy_threshold_at(cell->steps, elapsed)->level;
}

#endif
