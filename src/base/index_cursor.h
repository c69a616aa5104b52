/*
 * index_cursor.h: rows of a table in the order of its primary key, past the executor.
 */
#ifndef PGI_INDEX_CURSOR_H
#define PGI_INDEX_CURSOR_H

#include "access/genam.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/* The key begins with an organisation and an id. */
typedef struct PgiIndexCursor
{
	Relation relation;
	Relation index;
	IndexScanDesc scan;
	TupleTableSlot *slot;  /* the row at hand */
	int ncolumns;		   /* how many of them are read of each row */
	MemoryContext context; /* of what the index keeps from row to row */
} PgiIndexCursor;

extern void pgi_index_cursor_open(PgiIndexCursor *cursor, Relation relation,
								  Snapshot snapshot, int ncolumns);
extern void pgi_index_cursor_start(PgiIndexCursor *cursor, int32 org_id, int64 first,
								   int64 last);
extern bool pgi_index_cursor_next(PgiIndexCursor *cursor);
extern void pgi_index_cursor_close(PgiIndexCursor *cursor);

/* A column of a row that has been read so far; columns count from 0. */
static inline Datum
pgi_slot_value(const TupleTableSlot *slot, int number)
{
	return slot->tts_values[number];
}

static inline bool
pgi_slot_is_null(const TupleTableSlot *slot, int number)
{
	return slot->tts_isnull[number];
}

/* A level or severity. */
static inline uint8
pgi_slot_byte(const TupleTableSlot *slot, int number, uint8 when_null)
{
	return pgi_slot_is_null(slot, number) ? when_null
										  : DatumGetUInt8(pgi_slot_value(slot, number));
}

#endif
