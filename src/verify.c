/*
 * verify.c: checks the hash chain of a timeline.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "chain.h"
#include "pg_incident.h"
#include "sql.h"

/* Fills in what settling does not need: texts, and when the entry was recorded. */
static void
fill_rest(PgiEntry *entry, uint64 row)
{
	HeapTuple tuple = SPI_tuptable->vals[row];
	TupleDesc descriptor = SPI_tuptable->tupdesc;
	bool isnull;

	entry->recorded_at =
		DatumGetTimestampTz(SPI_getbinval(tuple, descriptor, 1, &isnull));
	entry->occurrence = DatumGetInt32(SPI_getbinval(tuple, descriptor, 2, &isnull));
	entry->actor = SPI_getvalue(tuple, descriptor, 3);
	entry->recorded_by = SPI_getvalue(tuple, descriptor, 4);
	entry->note = SPI_getvalue(tuple, descriptor, 5);
}

static void
put_problem(ReturnSetInfo *result, int64 seq, const char *problem)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = Int32GetDatum((int32) seq);
	values[1] = CStringGetTextDatum(problem);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Reports that entries are missing from `from` up to but without `to`. */
static void
put_missing(ReturnSetInfo *result, int64 from, int64 to)
{
	if (to == from + 1)
		put_problem(result, from, "the entry is missing");
	else if (to > from)
		put_problem(result, from,
					psprintf("the entries up to " INT64_FORMAT " are missing", to - 1));
}

PG_FUNCTION_INFO_V1(pgi_verify_timeline);
Datum
pgi_verify_timeline(PG_FUNCTION_ARGS)
{
	static PgiQuery query = {"SELECT recorded_at, occurrence, actor, recorded_by, note"
							 " FROM incident.entries WHERE org_id = $1"
							 " AND incident_id = $2 AND month = $3 ORDER BY seq",
							 3,
							 {INT4OID, INT8OID, INT4OID}};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint8 before[PGI_HASH_LENGTH] = {0};
	int64 expected = 1;
	PgiTimeline timeline;
	Datum values[3];

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	pgi_timeline_read(&timeline, pgi_organisation, PG_GETARG_INT64(0));
	values[0] = Int32GetDatum(timeline.org_id);
	values[1] = Int64GetDatum(timeline.incident_id);
	values[2] = Int32GetDatum(timeline.month);
	pgi_read(&query, values, NULL);
	for (int i = 0; i < timeline.nentries; i++)
	{
		PgiEntry *entry = &timeline.entries[i];
		uint8 hash[PGI_HASH_LENGTH];

		put_missing(result, expected, entry->seq);
		fill_rest(entry, i);
		pgi_chain_hash(&timeline, entry, before, hash);
		if (memcmp(hash, entry->hash, PGI_HASH_LENGTH) != 0)
			put_problem(result, entry->seq,
						"the hash does not follow from this entry and the one before");
		memcpy(before, entry->hash, PGI_HASH_LENGTH);
		expected = (int64) entry->seq + 1;
	}
	put_missing(result, expected, (int64) timeline.settled_seq + 1);
	if (expected == (int64) timeline.settled_seq + 1 &&
		memcmp(before, timeline.head, PGI_HASH_LENGTH) != 0)
		put_problem(result, timeline.settled_seq,
					"the incident does not have the hash of its newest entry");
	SPI_finish();
	return (Datum) 0;
}
