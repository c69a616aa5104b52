/*
 * record.h: what opening an incident shares with every later fact about it.
 */
#ifndef PGI_RECORD_H
#define PGI_RECORD_H

#include "timeline.h"

extern void pgi_find_asset(int32 org_id, const char *name, int64 *asset_id, uint8 *level);
extern const char *pgi_record(PgiTimeline *timeline, PgiEntry *entry);

#endif
