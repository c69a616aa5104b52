/*
 * moment.h: moments of a clock that only goes forward, in milliseconds.
 */
#ifndef RELAY_MOMENT_H
#define RELAY_MOMENT_H

#include <stdint.h>

#define SECONDS 1000

extern int64_t moment_now(void);
extern int64_t moment_jitter(int64_t duration);

#endif
