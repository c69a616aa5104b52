/*
 * decided.h: up to which moment all that follows from an incident's facts is decided.
 */
#ifndef PGI_DECIDED_H
#define PGI_DECIDED_H

#include "datatype/timestamp.h"

/* How far the ticks of an organisation have come. */
typedef struct PgiDecided
{
	TimestampTz last_tick;
	int64 *quarantined; /* incidents that they could not settle, in order */
	int nquarantined;
} PgiDecided;

extern void pgi_decided_read(PgiDecided *decided, int32 org_id);
extern TimestampTz pgi_decided_until(const PgiDecided *decided, int64 incident_id,
									 TimestampTz settled_to, TimestampTz next_due);

#endif
