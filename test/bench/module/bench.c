/*
 * bench.c: what benchmarks need and SQL has not.
 */
#include "postgres.h"

#include <time.h>

#include "access/table.h"
#include "access/tableam.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/bulk.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT Datum bench_cpu_ms(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum bench_add_in_bulk(PG_FUNCTION_ARGS);

/* How long this backend has been on a processor, in milliseconds. */
PG_FUNCTION_INFO_V1(bench_cpu_ms);
Datum
bench_cpu_ms(PG_FUNCTION_ARGS)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		elog(ERROR, "could not read the clock: %m");
	PG_RETURN_FLOAT8(now.tv_sec * 1e3 + now.tv_nsec / 1e6);
}

/*
 * bench_add_in_bulk(target text, source regclass): adds the rows of a table to one of the
 * extension's by the way that ticks add entries (src/base/bulk.c), so that this can be timed on
 * its own. Columns are the same. Returns how many rows.
 */
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
		pgi_bulk_add(bulk, 300, slot->tts_values, slot->tts_isnull);
		rows++;
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(source, AccessShareLock);
	pgi_bulk_close(bulk);
	PG_RETURN_INT64(rows);
}
