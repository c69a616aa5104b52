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
#include "row.h"
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
	entry->actor = SPI_getvalue(tuple, descriptor, 2);
	entry->recorded_by = SPI_getvalue(tuple, descriptor, 3);
	entry->note = SPI_getvalue(tuple, descriptor, 4);
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

/* Whether an entry that is no fact has what only facts have, and no hash covers. */
static bool
has_more(const PgiEntry *entry)
{
	static const uint8 none[PGI_HASH_LENGTH] = {0};

	return entry->sets_asset || entry->sets_severity || entry->asset_id != 0 ||
		   entry->asset_level != PGI_LEVEL_UNKNOWN ||
		   entry->severity != PGI_SEVERITY_UNKNOWN || entry->actor != NULL ||
		   entry->recorded_by != NULL || entry->note != NULL ||
		   memcmp(entry->hash, none, PGI_HASH_LENGTH) != 0;
}

/* Reads an incident with all that its hashes cover. Within SPI. */
static void
read_whole(PgiTimeline *timeline, int64 incident_id)
{
	static PgiQuery query = {"SELECT recorded_at, actor, recorded_by, note"
							 " FROM incident.entries WHERE org_id = $1"
							 " AND incident_id = $2 AND month = $3 ORDER BY seq",
							 3,
							 {INT4OID, INT8OID, INT4OID}};
	Datum values[3];

	pgi_timeline_read(timeline, pgi_organisation, incident_id);
	values[0] = Int32GetDatum(timeline->org_id);
	values[1] = Int64GetDatum(timeline->incident_id);
	values[2] = Int32GetDatum(timeline->month);
	pgi_read(&query, values, NULL);
	for (int i = 0; i < timeline->nentries; i++)
		fill_rest(&timeline->entries[i], i);
}

PG_FUNCTION_INFO_V1(pgi_verify_timeline);
Datum
pgi_verify_timeline(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint8 hash[PGI_HASH_LENGTH] = {0};
	int64 expected = 1;
	PgiTimeline timeline;
	pg_cryptohash_ctx *sha;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	read_whole(&timeline, PG_GETARG_INT64(0));
	sha = pgi_chain_begin();
	for (int i = 0; i < timeline.nentries; i++)
	{
		PgiEntry *entry = &timeline.entries[i];

		put_missing(result, expected, entry->seq);
		expected = (int64) entry->seq + 1;
		pgi_chain_hash(sha, &timeline, entry, hash);
		if (!PGI_IS_FACT(entry->kind))
		{
			if (has_more(entry))
				put_problem(result, entry->seq, "the entry has what only a fact has");
			continue;
		}
		if (memcmp(hash, entry->hash, PGI_HASH_LENGTH) != 0)
			put_problem(result, entry->seq,
						"the hash does not follow from this entry and those since the "
						"fact before");
		memcpy(hash, entry->hash, PGI_HASH_LENGTH);
	}
	pg_cryptohash_free(sha);
	put_missing(result, expected, (int64) timeline.settled_seq + 1);
	if (expected == (int64) timeline.settled_seq + 1 &&
		memcmp(hash, timeline.head, PGI_HASH_LENGTH) != 0)
		put_problem(result, timeline.settled_seq,
					"the incident's newest hash does not follow from its newest fact and "
					"the entries since");
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(pgi_timeline_hash);
Datum
pgi_timeline_hash(PG_FUNCTION_ARGS)
{
	int32 seq = PG_GETARG_INT32(1);
	uint8 hash[PGI_HASH_LENGTH] = {0};
	bool found = false;
	PgiTimeline timeline;
	pg_cryptohash_ctx *sha;

	SPI_connect();
	read_whole(&timeline, PG_GETARG_INT64(0));
	sha = pgi_chain_begin();
	for (int i = 0; i < timeline.nentries && !found; i++)
	{
		pgi_chain_hash(sha, &timeline, &timeline.entries[i], hash);
		found = timeline.entries[i].seq == seq;
	}
	pg_cryptohash_free(sha);
	SPI_finish();
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(pgi_hash_value(hash));
}
