/*
 * calendar_cache.h: compiled calendars, kept for as long as nothing changes them.
 */
#ifndef PGI_CALENDAR_CACHE_H
#define PGI_CALENDAR_CACHE_H

#include "kernel/calendar.h"

extern const PgiCalendar *pgi_calendar(const char *name);
extern uint64_t pgi_calendar_fingerprint(const PgiCalendar *calendar);

#endif
