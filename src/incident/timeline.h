/*
 * timeline.h: one incident's timeline: read and added to.
 */
#ifndef PGI_TIMELINE_H
#define PGI_TIMELINE_H

#include "datatype/timestamp.h"

#include "incident/chain.h"
#include "incident/entry.h"
#include "kernel/advance.h"

/* An incident with its entries, in order of seq. */
typedef struct PgiTimeline
{
	PgiIncident incident;
	int32 policy_id;
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

extern void pgi_timeline_start(PgiTimeline *timeline, int32 org_id, int64 incident_id,
							   int32 policy_id);
extern int32 pgi_timeline_organisation(int64 incident_id);
extern void pgi_timeline_lock(PgiTimeline *timeline, int32 org_id, int64 incident_id);
extern void pgi_timeline_read(PgiTimeline *timeline, int32 org_id, int64 incident_id);
extern PGI_NORETURN void pgi_timeline_refuse_unknown(int32 org_id, int64 incident_id);
extern PgiEntry *pgi_timeline_add(PgiTimeline *timeline, PgiKind kind, TimestampTz at);
extern void pgi_timeline_write(PgiTimeline *timeline, PgiEntry *entry);
extern void pgi_timeline_expect_remembered(int32 org_id, int64 incident_id);
extern PGI_NORETURN void pgi_timeline_refuse_missing(int32 org_id, int64 incident_id,
													 int32 seq);
extern bool pgi_timeline_is_complete(const PgiTimeline *timeline);
extern PgiFact *pgi_timeline_facts(const PgiTimeline *timeline, int *nfacts);
extern void pgi_timeline_state(const PgiTimeline *timeline, TimestampTz at,
							   PgiState *state);
extern void pgi_timeline_duties(const PgiTimeline *timeline, TimestampTz at,
								PgiDutyReport *reports);
extern void pgi_timeline_check_advanced(const PgiTimeline *timeline, PgiResult result,
										const PgiState *state);
extern void pgi_timeline_check_result(PgiResult result, int64 incident_id);

#endif
