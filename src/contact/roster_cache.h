/*
 * roster_cache.h: rosters as compiled from their tables.
 */
#ifndef PGI_ROSTER_CACHE_H
#define PGI_ROSTER_CACHE_H

#include "kernel/roster.h"

typedef struct PgiCompiledRoster
{
	PgiRoster roster;
	char **contacts; /* the names of its contacts, by number */
} PgiCompiledRoster;

extern const PgiCompiledRoster *pgi_roster_get(const char *name, int32 org_id);

#endif
