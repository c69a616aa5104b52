/*
 * record.h: what opening an incident shares with every later fact about it.
 */
#ifndef PGI_RECORD_H
#define PGI_RECORD_H

#include "fmgr.h"

#include "incident/timeline.h"

extern bool pgi_record_keep_policy(int32 policy_id);
extern void pgi_record_find_asset(int32 org_id, const char *name, int64 *asset_id,
								  uint8 *level);
extern PgiEntry *pgi_record_fit(PgiTimeline *timeline, PgiKind kind, TimestampTz at);
extern PgiEntry *pgi_record_add(PgiTimeline *timeline, int64 incident_id, PgiKind kind,
								TimestampTz at);
extern uint8 pgi_record_severity_argument(FunctionCallInfo fcinfo, int number,
										  bool in_words, int32 policy_id);
extern uint8 pgi_record_asset_level_argument(FunctionCallInfo fcinfo, int number,
											 bool in_words, int32 policy_id);
extern int64 pgi_record_incident_argument(FunctionCallInfo fcinfo);
extern const char *pgi_record_fact(PgiTimeline *timeline, PgiEntry *entry);

#endif
