/*
 * timer.h: timers, which say when to look at an incident again.
 */
#ifndef PGI_TIMER_H
#define PGI_TIMER_H

#include "datatype/timestamp.h"

/* In the order of the table. */
#define PGI_TIMER_COLUMNS 4

extern int32 pgi_month(TimestampTz at);
extern int32 pgi_bucket(TimestampTz at);
extern void pgi_timer_row(int32 org_id, int64 incident_id, TimestampTz due_at,
						  TimestampTz now, Datum *values);
extern int32 pgi_timer_day(const Datum *values);
extern void pgi_timer_set(int32 org_id, int64 incident_id, TimestampTz due_at);

#endif
