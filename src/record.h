/*
 * record.h: what opening an incident shares with every later fact about it.
 */
#ifndef PGI_RECORD_H
#define PGI_RECORD_H

#include "fmgr.h"

#include "timeline.h"

extern char *pgi_text_argument(FunctionCallInfo fcinfo, int number, const char *what,
							   int limit);
extern char *pgi_note_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_name_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern TimestampTz pgi_moment_argument(FunctionCallInfo fcinfo, int number,
									   const char *what);
extern void pgi_refuse_future(TimestampTz moment, const char *what);
extern void pgi_find_asset(int32 org_id, const char *name, int64 *asset_id, uint8 *level);
extern const char *pgi_record(PgiTimeline *timeline, PgiEntry *entry);

#endif
