/*
 * state_cursor.h: rows of incident_internal.incident_state in the order of the incidents' ids.
 */
#ifndef PGI_STATE_CURSOR_H
#define PGI_STATE_CURSOR_H

#include "storage/lockdefs.h"

#include "base/index_cursor.h"

typedef struct PgiStateCursor
{
	PgiIndexCursor rows;
	bool reading; /* there is a row at hand */
	int32 org_id;
	int64 up_to; /* ids of the organisation that it reads */
} PgiStateCursor;

extern void pgi_state_cursor_open(PgiStateCursor *cursor, LOCKMODE lock,
								  Snapshot snapshot, int ncolumns);
extern void pgi_state_cursor_start(PgiStateCursor *cursor, int32 org_id, int64 first,
								   int64 last);
extern bool pgi_state_cursor_find(PgiStateCursor *cursor, int64 incident_id);
extern void pgi_state_cursor_close(PgiStateCursor *cursor, LOCKMODE lock);

/* Whether an id is among those that the cursor was started for. */
static inline bool
pgi_state_cursor_covers(const PgiStateCursor *cursor, int32 org_id, int64 incident_id)
{
	return org_id == cursor->org_id && incident_id <= cursor->up_to;
}

#endif
