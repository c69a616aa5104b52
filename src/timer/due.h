/*
 * due.h: which incidents have become due.
 */
#ifndef PGI_DUE_H
#define PGI_DUE_H

#include "timer/timer.h"

extern void pgi_due_begin(TimestampTz at);
extern int pgi_due_take(TimestampTz at, PgiTimer *due, int room);
extern void pgi_due_missed(const PgiTimer *due);
extern int64 pgi_due_end(TimestampTz at);

#endif
