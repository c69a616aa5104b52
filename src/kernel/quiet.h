/*
 * quiet.h: hours of every day at which somebody is not to be disturbed.
 */
#ifndef PGI_KERNEL_QUIET_H
#define PGI_KERNEL_QUIET_H

#include "kernel/calendar.h"

/* By then every time of the day has come. */
#define PGI_QUIET_HORIZON (3 * PGI_DAY)

extern int64_t pgi_quiet_until(const PgiOffset *offsets, int noffsets,
							   const PgiWindow *windows, int nwindows, int64_t moment);

#endif
