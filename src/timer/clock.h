/*
 * clock.h: whether the server's clock can be trusted.
 */
#ifndef PGI_CLOCK_H
#define PGI_CLOCK_H

#include "datatype/timestamp.h"

/* What both clocks show at one time. */
typedef struct PgiClocks
{
	TimestampTz wall;
	int64 boot;		   /* microseconds since the machine started */
	const char *start; /* which start that was; NULL when that is not known */
} PgiClocks;

/* Clocks are kept right by small steps; those are no news, and must do no harm. */
#define PGI_STEP_TOLERATED (5 * USECS_PER_SEC)

extern PgiClocks pgi_clock_read(void);
extern int64 pgi_clock_jump(const PgiClocks *then);

#endif
