/*
 * clock.h: whether the server's clock can be trusted.
 */
#ifndef PGI_CLOCK_H
#define PGI_CLOCK_H

#include "datatype/timestamp.h"

extern int64 pgi_boot_clock(void);
extern Interval *pgi_clock_step(void);

#endif
