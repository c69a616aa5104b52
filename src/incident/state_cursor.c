/*
 * state_cursor.c: rows of incident_internal.incident_state in the order of the incidents' ids. As long as
 * ids ascend within what it was started for, a row is found by reading on.
 */
#include "postgres.h"

#include "access/table.h"

#include "base/sql.h"
#include "incident/state_cursor.h"
#include "incident/state_row.h"

/* Reads so many columns of each row. */
void
pgi_state_cursor_open(PgiStateCursor *cursor, LOCKMODE lock, Snapshot snapshot,
					  int ncolumns)
{
	Relation relation = table_open(pgi_sql_relation("incident_state"), lock);

	pgi_columns_expect(relation, pgi_state_columns, PGI_STATE_COLUMNS);
	pgi_index_cursor_open(&cursor->rows, relation, snapshot, ncolumns);
	cursor->reading = false;
	cursor->up_to = PG_INT64_MIN;
}

/* Comes to the first of some ids, both ends included. */
void
pgi_state_cursor_start(PgiStateCursor *cursor, int32 org_id, int64 first, int64 last)
{
	cursor->org_id = org_id;
	cursor->up_to = last;
	pgi_index_cursor_start(&cursor->rows, org_id, first, last);
	cursor->reading = pgi_index_cursor_next(&cursor->rows);
}

/* Comes to the state of an incident; false when it has none. */
bool
pgi_state_cursor_find(PgiStateCursor *cursor, int64 incident_id)
{
	const TupleTableSlot *slot = cursor->rows.slot;

	while (cursor->reading &&
		   DatumGetInt64(pgi_slot_value(slot, PGI_STATE_INCIDENT_ID)) < incident_id)
		cursor->reading = pgi_index_cursor_next(&cursor->rows);
	return cursor->reading &&
		   DatumGetInt64(pgi_slot_value(slot, PGI_STATE_INCIDENT_ID)) == incident_id;
}

void
pgi_state_cursor_close(PgiStateCursor *cursor, LOCKMODE lock)
{
	pgi_index_cursor_close(&cursor->rows);
	table_close(cursor->rows.relation, lock);
}
