/*
 * settle.h: what follows from an incident's facts, against what is stored.
 */
#ifndef PGI_SETTLE_H
#define PGI_SETTLE_H

#include "incident/timeline.h"

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
	int32 notices; /* entries that somebody is told of */
} PgiDecisions;

extern PgiResult pgi_settle_derive(PgiTimeline *timeline, TimestampTz until,
								   PgiCollected *collected, PgiState *state);
extern void pgi_settle_compare(const PgiTimeline *timeline, const PgiCollected *collected,
							   bool *extra, bool *missing);
extern void pgi_settle_timeline(PgiTimeline *timeline, TimestampTz until,
								PgiDecisions *decisions, PgiState *state);
extern void pgi_settle_count(PgiDecisions *decisions, const PgiDerived *event,
							 TimestampTz now);

#endif
