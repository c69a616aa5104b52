/*
 * history.h: recorded incidents with their facts and what followed from them, in bulk.
 */
#ifndef PGI_HISTORY_H
#define PGI_HISTORY_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

#include "kernel/state.h"
#include "policy/duty_names.h"

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

/* The incidents of an organisation that were detected from `from` on and before `to`. */
typedef struct PgiPeriod
{
	int32 org_id;
	TimestampTz from;
	TimestampTz to;
} PgiPeriod;

/* Some of them: ids, both ends included. */
typedef struct PgiIds
{
	int64 first;
	int64 last;
} PgiIds;

/* How far the reading is; several processes may share one. */
typedef struct PgiProgress
{
	int64 about; /* how many incidents there are, about */
	pg_atomic_uint64 done;
	pg_atomic_uint64 told; /* when it was last told */
} PgiProgress;

extern int pgi_history_divide(const PgiPeriod *period, int nparts, PgiIds *parts,
							  int64 *about);
extern void pgi_history_progress_begin(PgiProgress *progress, int64 about);
extern PgiHistory *pgi_history_begin(const PgiPeriod *period, const PgiIds *part,
									 Size memory, const PgiDutyNames *duties,
									 PgiProgress *progress);
extern const PgiPast *pgi_history_next(PgiHistory *history);
extern void pgi_history_end(PgiHistory *history);

#endif
