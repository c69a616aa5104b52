/*
 * advance.h: an incident's state as a pure function of policy, facts and moment.
 */
#ifndef PGI_KERNEL_ADVANCE_H
#define PGI_KERNEL_ADVANCE_H

#include "kernel/policy.h"

/* What an entry of the timeline says; the words are in pgi_kind_words. */
typedef enum PgiKind
{
	PGI_OPENED,
	PGI_ASSESSED,
	PGI_ACKNOWLEDGED,
	PGI_ACTIVATED,
	PGI_HELD,
	PGI_RESUMED,
	PGI_RESOLVED,
	PGI_CLOSED,
	PGI_REOPENED,
	PGI_CANCELLED,
	PGI_NOTED,
	/* derived from the facts above */
	PGI_GRADED,
	PGI_ESCALATED,
	PGI_BREACHED,
	PGI_OVERDUE,
	/* takes back a derived entry */
	PGI_VOIDED,
	PGI_KINDS
} PgiKind;

/*
 * What made an entry: the rule that decided it, or none. Rules of the remaining time add the
 * number of the level they rise to.
 */
typedef enum PgiRule
{
	PGI_RULE_FACT = 0,
	PGI_RULE_WITHDRAWAL = 1,
	PGI_RULE_MATRIX = 2,
	PGI_RULE_PROCESSING_TIME = 3,
	PGI_RULE_ACKNOWLEDGEMENT = 4,
	PGI_RULE_RESPONSE = 5,
	PGI_RULE_REMAINING_TIME = 10
} PgiRule;

#define PGI_IS_FACT(kind) ((kind) < PGI_GRADED)
#define PGI_IS_DERIVED(kind) ((kind) >= PGI_GRADED && (kind) < PGI_VOIDED)

typedef enum PgiStatus
{
	PGI_NEW, /* before the opening */
	PGI_OPEN,
	PGI_IS_ACKNOWLEDGED,
	PGI_ACTIVE,
	PGI_ON_HOLD,
	PGI_IS_RESOLVED,
	PGI_IS_CLOSED,
	PGI_IS_CANCELLED,
	PGI_STATUSES
} PgiStatus;

/* A fact. Only openings and assessments set the asset or the severity. */
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
} PgiFact;

/* A derived event: what follows from the facts, by which rule, since which fact. */
typedef struct PgiDerived
{
	int64_t at;
	int32_t epoch; /* seq of the fact that governs */
	int16_t rule;
	uint8_t kind;
	uint8_t event_level;
	uint8_t response_level;
} PgiDerived;

typedef struct PgiState
{
	uint8_t status;
	uint8_t status_before_hold;
	uint8_t asset_level;
	uint8_t severity;
	uint8_t event_level;
	uint8_t response_level;
	uint8_t peak_response;
	bool running;		   /* the processing clock runs */
	bool late[PGI_CLOCKS]; /* processing: breached; the others: overdue */
	int32_t epoch;
	int64_t asset_id;
	/*
	 * Since when each clock would have run to show what it shows, had it never stopped;
	 * PGI_NEVER: it stands still, or nothing is left to be late for. Without that, where
	 * the calendar is one of several possible, a run cannot be gone on with.
	 */
	int64_t origin[PGI_CLOCKS];
	bool can_go_on;
	int64_t elapsed;		 /* on the processing clock, at the moment asked for */
	int64_t next_due;		 /* next derived event if no fact comes, or PGI_NEVER */
	int64_t acknowledged_at; /* of this run since the last reopening; PGI_NEVER: not */
	int64_t activated_at;
	int64_t resolved_at;
	int64_t closed_at;
} PgiState;

typedef enum PgiResult
{
	PGI_OK,
	PGI_ERROR_NOT_OPENED,	 /* the first fact is not an opening */
	PGI_ERROR_OUT_OF_ORDER,	 /* facts are not in order of effective time */
	PGI_ERROR_NOT_IN_POLICY, /* the policy knows no such asset level or severity */
	PGI_ERROR_STUCK			 /* time brings nothing where it should */
} PgiResult;

typedef void (*PgiEmit)(const PgiDerived *derived, void *arg);

extern const char *const pgi_kind_words[PGI_KINDS];
extern const char *const pgi_status_words[PGI_STATUSES];

extern bool pgi_allows(uint8_t status, uint8_t kind);
extern void pgi_sort_facts(PgiFact *facts, int nfacts);
extern PgiResult pgi_advance(const PgiPolicy *policy, const PgiFact *facts, int nfacts,
							 int64_t until, PgiEmit emit, void *arg, PgiState *state);
extern PgiResult pgi_go_on(const PgiPolicy *policy, PgiState *state, int64_t until,
						   PgiEmit emit, void *arg);

#endif
