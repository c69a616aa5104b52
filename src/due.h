/*
 * due.h: which incidents have become due.
 */
#ifndef PGI_DUE_H
#define PGI_DUE_H

#include "datatype/timestamp.h"

typedef struct PgiDue
{
	int32 org_id;
	int32 bucket;
	int64 incident_id;
	TimestampTz due_at;
} PgiDue;

extern void pgi_due_begin(TimestampTz at);
extern int pgi_due_take(TimestampTz at, PgiDue *due, int room);
extern void pgi_due_missed(const PgiDue *due);
extern int64 pgi_due_end(TimestampTz at);

#endif
