/*
 * timeline.h: one incident's timeline: read, added to, and settled.
 */
#ifndef PGI_TIMELINE_H
#define PGI_TIMELINE_H

#include "datatype/timestamp.h"

#include "kernel/advance.h"

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
	int64 asset_id; /* 0: none */
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
	uint8 hash[PGI_HASH_LENGTH]; /* of a fact */
} PgiEntry;

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
	PgiEntry *entries;
	int nentries;
	int room;
} PgiTimeline;

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
extern PgiEntry *pgi_timeline_add(PgiTimeline *timeline, PgiKind kind, TimestampTz at);
extern void pgi_timeline_write(PgiTimeline *timeline, PgiEntry *entry);
extern PgiFact *pgi_timeline_facts(const PgiTimeline *timeline, int *nfacts);
extern void pgi_timeline_state(const PgiTimeline *timeline, TimestampTz at,
							   PgiState *state);
extern void pgi_timeline_settle(PgiTimeline *timeline, TimestampTz until,
								PgiDecisions *decisions, PgiState *state);
extern void pgi_entry_decided(PgiEntry *entry, const PgiDerived *event);
extern void pgi_count_decision(PgiDecisions *decisions, const PgiDerived *event,
							   TimestampTz now);
extern void pgi_check_result(PgiResult result, int64 incident_id);

#endif
