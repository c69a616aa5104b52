/*
 * timer.h: timers, which say when to look at an incident again.
 */
#ifndef PGI_TIMER_H
#define PGI_TIMER_H

#include "datatype/timestamp.h"

/* A timer: at what moment an incident is due, and the minute under which it is found. */
typedef struct PgiTimer
{
	int32 org_id;
	int32 bucket;
	int64 incident_id;
	TimestampTz due_at;
} PgiTimer;

/* The first minutes whose timers ticks have yet to read. */
typedef struct PgiUnread
{
	int32 by_clock;
	int32 by_ticks;
} PgiUnread;

/* As many as pgi_timer_make makes at most. */
#define PGI_TIMERS_MADE 2

/* In the order of the table. */
#define PGI_TIMER_COLUMNS 4

/* As many as fit into a row that is not moved out of line. */
#define PGI_TIMERS_A_ROW 120

extern PgiUnread pgi_timer_unread(void);
extern int pgi_timer_make(PgiTimer *timers, int32 org_id, int64 incident_id,
						  TimestampTz due_at, const PgiUnread *unread);
extern int pgi_timer_row(const PgiTimer *timers, int ntimers, Datum *values);
extern void pgi_timer_set(int32 org_id, int64 incident_id, TimestampTz due_at);

#endif
