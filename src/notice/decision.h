/*
 * decision.h: entries that somebody has to be told of, on their way into the outbox.
 */
#ifndef PGI_DECISION_H
#define PGI_DECISION_H

#include "datatype/timestamp.h"

/* Entries of incidents in the order in which they were added; begin with zeros. */
typedef struct PgiDecisionList
{
	struct PgiToldEntry *entries;
	int count;
	int room;
} PgiDecisionList;

extern void pgi_decision_add(PgiDecisionList *list, int32 org_id, int64 incident_id,
							 int32 seq);
extern void pgi_decision_write(PgiDecisionList *list);

#endif
