/*
 * repeat.h: reports under the key of repeated alarms.
 */
#ifndef PGI_REPEAT_H
#define PGI_REPEAT_H

#include "datatype/timestamp.h"

/* What opens an incident, or repeats the report of one. */
typedef struct PgiReport
{
	TimestampTz detected_at;
	uint8 severity;
	uint8 asset_level;
	int64 asset_id; /* 0: none */
	char *summary;
	char *actor;
} PgiReport;

extern bool pgi_repeat_lock_handled(int32 org_id, int64 incident_id);
extern int64 pgi_repeat_take_key(int32 org_id, const char *key, int64 incident_id,
								 const PgiReport *report);

#endif
