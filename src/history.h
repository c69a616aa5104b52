/*
 * history.h: recorded incidents with their facts and what followed from them, in bulk.
 */
#ifndef PGI_HISTORY_H
#define PGI_HISTORY_H

#include "datatype/timestamp.h"

#include "duty.h"
#include "kernel/advance.h"

typedef struct PgiHistory PgiHistory;

/* An incident as it was; valid until the next one is taken. */
typedef struct PgiPast
{
	int64 incident_id;
	int32 policy_id;
	TimestampTz until; /* up to here all is decided */
	uint8 event_level;
	uint8 response_level;
	uint8 peak_response;
	bool breached;
	/* In order of effective time. Duties have the numbers of the names that were given. */
	PgiFact *facts;
	int nfacts;
	/* The derived events that stand, in the order in which they were recorded. */
	PgiDerived *events;
	int nevents;
} PgiPast;

extern PgiHistory *pgi_history_begin(int32 org_id, TimestampTz from, TimestampTz to,
									 const PgiDutyNames *duties);
extern const PgiPast *pgi_history_next(PgiHistory *history);
extern void pgi_history_end(PgiHistory *history);

#endif
