/*
 * timeline.h: one incident's timeline: read, added to, and settled.
 */
#ifndef PGI_TIMELINE_H
#define PGI_TIMELINE_H

#include "datatype/timestamp.h"

#include "kernel/advance.h"
#include "policy/policy_cache.h"

#define PGI_HASH_LENGTH 32

/*
 * One entry, as stored. Times of PGI_NEVER, numbers of 0 and texts of NULL are SQL NULL. A
 * withdrawal has the seq of what it takes back as its epoch.
 */
typedef struct PgiEntry
{
	int32 seq;
	uint8 kind;
	TimestampTz effective_at;
	TimestampTz recorded_at;
	bool sets_asset;
	bool sets_severity;
	int64 asset_id;	   /* 0: none */
	const char *duty;  /* what was done */
	uint8 duty_number; /* of what was done or decided, now; PGI_MAX_DUTIES: none */
	uint8 asset_level;
	uint8 severity;
	uint8 event_level;
	uint8 response_level;
	int32 epoch;
	int16 rule;
	int16 occurrence;
	const char *actor;
	const char *recorded_by;
	const char *note;
	const char *evidence;		 /* of a duty, JSON */
	uint8 hash[PGI_HASH_LENGTH]; /* of a fact */
} PgiEntry;

/* What the hash of an opening covers besides the entry: the incident as it was opened. */
typedef struct PgiOpening
{
	PgiPolicyTitle policy;
	const char *category;
	const char *confidentiality;
	const char *ticket;
	const char *dedup_key;
	bool drill;
} PgiOpening;

/* An incident with its entries, in order of seq. */
typedef struct PgiTimeline
{
	int32 org_id;
	int64 incident_id;
	int32 policy_id;
	int32 month; /* of its opening, counted from January 2000 */
	bool is_new; /* no state is stored yet */
	TimestampTz settled_to;
	TimestampTz next_due; /* as stored; PGI_NEVER: none */
	int32 settled_seq;	  /* of the last entry when the state was stored */
	uint8 head[PGI_HASH_LENGTH];
	const PgiOpening *opening; /* where the opening is to be hashed */
	bool locked;			   /* by this transaction */
	int32 *without_effect;	   /* facts, by seq, when it was last derived what follows */
	int nwithout;
	PgiEntry *entries;
	int nentries;
	int room;
} PgiTimeline;

/*
 * The columns that pgi_entry_read reads, of incident_internal.entries AS e where $3 is the incident's
 * policy.
 */
#define PGI_ENTRY_LIST                                                              \
	"seq, kind, effective_at, sets_asset, sets_severity, asset_id, asset_level,"    \
	" severity, event_level, response_level, epoch, rule, occurrence, duty,"        \
	" CASE WHEN duty IS NOT NULL THEN (SELECT d.number FROM incident_internal.policy_duties" \
	"  AS d WHERE d.policy_id = $3 AND d.duty = e.duty) END, hash"
#define PGI_ENTRY_LIST_COLUMNS 16

/* What the kernel derived. */
typedef struct PgiCollected
{
	PgiDerived *events;
	int count;
	int room;
} PgiCollected;

#define PGI_LATENESSES 28

/* What settling decided. */
typedef struct PgiDecisions
{
	int32 escalations;
	int32 overdue;
	/* Decisions by lateness: taken less than 1, 2, 4, 8 … seconds after they were due. */
	int32 late_by[PGI_LATENESSES];
	int32 breaches;
} PgiDecisions;

extern void pgi_timeline_start(PgiTimeline *timeline, int32 org_id, int64 incident_id,
							   int32 policy_id);
extern void pgi_timeline_lock(PgiTimeline *timeline, int32 org_id, int64 incident_id);
extern void pgi_timeline_read(PgiTimeline *timeline, int32 org_id, int64 incident_id);
extern PGI_NORETURN void pgi_no_incident(int32 org_id, int64 incident_id);
extern void pgi_entry_read(PgiEntry *entry, uint64 row);
extern PgiEntry *pgi_timeline_add(PgiTimeline *timeline, PgiKind kind, TimestampTz at);
extern void pgi_timeline_write(PgiTimeline *timeline, PgiEntry *entry);
extern void pgi_expect_remembered(int32 org_id, int64 incident_id);
extern bool pgi_timeline_is_complete(const PgiTimeline *timeline);
extern PgiFact *pgi_timeline_facts(const PgiTimeline *timeline, int *nfacts);
extern void pgi_timeline_state(const PgiTimeline *timeline, TimestampTz at,
							   PgiState *state);
extern PgiResult pgi_timeline_derive(PgiTimeline *timeline, TimestampTz until,
									 PgiCollected *collected, PgiState *state);
extern void pgi_timeline_compare(const PgiTimeline *timeline,
								 const PgiCollected *collected, bool *extra,
								 bool *missing);
extern void pgi_timeline_settle(PgiTimeline *timeline, TimestampTz until,
								PgiDecisions *decisions, PgiState *state);
extern void pgi_entry_decided(PgiEntry *entry, const PgiDerived *event);
extern void pgi_count_decision(PgiDecisions *decisions, const PgiDerived *event,
							   TimestampTz now);
extern void pgi_check_advanced(const PgiTimeline *timeline, PgiResult result,
							   const PgiState *state);
extern void pgi_check_result(PgiResult result, int64 incident_id);

#endif
