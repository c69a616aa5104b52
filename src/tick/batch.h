/*
 * batch.h: settles many due incidents at once.
 */
#ifndef PGI_BATCH_H
#define PGI_BATCH_H

#include "incident/settle.h"
#include "timer/timer.h"

/* What became of an incident of a batch. */
typedef enum PgiOutcome
{
	PGI_NOT_DUE,	   /* its timer was out of date */
	PGI_SETTLED,	   /* what was due is decided and stored */
	PGI_HELD_BY_OTHER, /* another session is writing it */
	PGI_NEEDS_FULL_RUN /* needs to be settled on its own */
} PgiOutcome;

extern void pgi_batch_settle(const PgiTimer *due, int ndue, TimestampTz at,
							 PgiOutcome *outcomes, PgiDecisions *decisions);

#endif
