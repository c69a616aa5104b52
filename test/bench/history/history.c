/*
 * history.c: adds the rows of a table to one of the extension's by the way that ticks add
 * entries (src/bulk.c), to be timed on its own.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bulk.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT Datum bench_add_in_bulk(PG_FUNCTION_ARGS);

/* bench_add_in_bulk(target text, source regclass): how many rows; columns are the same. */
PG_FUNCTION_INFO_V1(bench_add_in_bulk);
Datum
bench_add_in_bulk(PG_FUNCTION_ARGS)
{
	PgiBulk *bulk = pgi_bulk_open(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Relation source = table_open(PG_GETARG_OID(1), AccessShareLock);
	TableScanDesc scan = table_beginscan(source, GetActiveSnapshot(), 0, NULL);
	TupleTableSlot *slot = table_slot_create(source, NULL);
	int64 rows = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		slot_getallattrs(slot);
		pgi_bulk_add(bulk, slot->tts_values, slot->tts_isnull);
		rows++;
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(source, AccessShareLock);
	pgi_bulk_close(bulk);
	PG_RETURN_INT64(rows);
}
