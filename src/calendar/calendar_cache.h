/*
 * calendar_cache.h: compiled calendars, kept for as long as nothing changes them.
 */
#ifndef PGI_CALENDAR_CACHE_H
#define PGI_CALENDAR_CACHE_H

#include "kernel/calendar.h"

extern const PgiCalendar *pgi_calendar_get(const char *name, int32 org_id);
extern const PgiCalendar *pgi_calendar_find(const char *name, int32 org_id, bool *floats);
extern char *pgi_calendar_hint(void);
extern int pgi_calendar_zone_of(int32 org_id);
extern uint64_t pgi_calendar_fingerprint(const PgiCalendar *calendar);

#endif
