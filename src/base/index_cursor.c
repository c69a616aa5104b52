/*
 * index_cursor.c: rows of a table in the order of its primary key, past the executor.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/tableam.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/index_cursor.h"

#define KEYS 3

/* On a relation that the caller has locked and closes himself. */
void
pgi_index_cursor_open(PgiIndexCursor *cursor, Relation relation, Snapshot snapshot,
					  int ncolumns)
{
	Oid key = PGI_PRIMARY_KEY_INDEX(relation);

	if (!OidIsValid(key))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("\"%s\" has no primary key", RelationGetRelationName(relation))));
	cursor->relation = relation;
	cursor->index = index_open(key, AccessShareLock);
	cursor->scan = PGI_INDEX_BEGINSCAN(relation, cursor->index, snapshot, KEYS);
	cursor->slot = table_slot_create(relation, NULL);
	cursor->ncolumns = ncolumns;
	cursor->context = CurrentMemoryContext;
}

/* Goes before the first of an organisation's ids, both ends included. */
void
pgi_index_cursor_start(PgiIndexCursor *cursor, int32 org_id, int64 first, int64 last)
{
	ScanKeyData keys[KEYS];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(org_id));
	ScanKeyInit(&keys[1], 2, BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(first));
	ScanKeyInit(&keys[2], 2, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum(last));
	index_rescan(cursor->scan, keys, KEYS, NULL, 0);
}

/* Reads the next row; false when there is none. */
bool
pgi_index_cursor_next(PgiIndexCursor *cursor)
{
	MemoryContext before = MemoryContextSwitchTo(cursor->context);
	bool found = index_getnext_slot(cursor->scan, ForwardScanDirection, cursor->slot);

	MemoryContextSwitchTo(before);
	if (found)
		slot_getsomeattrs(cursor->slot, cursor->ncolumns);
	return found;
}

void
pgi_index_cursor_close(PgiIndexCursor *cursor)
{
	index_endscan(cursor->scan);
	ExecDropSingleTupleTableSlot(cursor->slot);
	index_close(cursor->index, AccessShareLock);
}
