/*
 * zone.h: the offsets of a time zone.
 */
#ifndef PGI_ZONE_H
#define PGI_ZONE_H

#include "kernel/calendar.h"

extern PgiOffset *pgi_zone_offsets_between(const char *name, const char *what, int64 from,
										   int64 until, MemoryContext context,
										   int *count);
extern PgiOffset *pgi_zone_offsets(const char *name, const char *what,
								   MemoryContext context, int *count);

#endif
