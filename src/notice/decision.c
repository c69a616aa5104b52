/*
 * decision.c: writes down which entries somebody has to be told of, in the transaction that
 * makes the entries. Whom, on which channel and in which words is found when a relay claims
 * it. Many of an organisation share a row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "notice/decision.h"

/* Of one row. */
#define MOST 1000

typedef struct PgiToldEntry
{
	int32 org_id;
	int32 seq;
	int64 incident_id;
} PgiToldEntry;

/* Adds an entry of an incident. */
void
pgi_decision_add(PgiDecisionList *list, int32 org_id, int64 incident_id, int32 seq)
{
	if (list->count == list->room)
	{
		list->room = Max(16, list->room * 2);
		list->entries = list->entries == NULL
							? palloc(sizeof(PgiToldEntry) * list->room)
							: repalloc(list->entries, sizeof(PgiToldEntry) * list->room);
	}
	list->entries[list->count++] = (PgiToldEntry){org_id, seq, incident_id};
}

/* Entries of one organisation. */
static void
write_row(const PgiToldEntry *entries, int count)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.notices (org_id, stream, n, at, incident, seq)"
		" VALUES ($1, 0, $2, $3, $4, $5)",
		5,
		{INT4OID, INT2OID, TIMESTAMPTZOID, INT8ARRAYOID, INT4ARRAYOID}};
	Datum *incidents = palloc(sizeof(Datum) * count);
	Datum *seqs = palloc(sizeof(Datum) * count);
	Datum values[5];

	for (int i = 0; i < count; i++)
	{
		incidents[i] = Int64GetDatum(entries[i].incident_id);
		seqs[i] = Int32GetDatum(entries[i].seq);
	}
	values[0] = Int32GetDatum(entries->org_id);
	values[1] = Int16GetDatum((int16) count);
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[3] = PointerGetDatum(construct_array(incidents, count, INT8OID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[4] = PointerGetDatum(
		construct_array(seqs, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	pgi_sql_run(&query, values, NULL, SPI_OK_INSERT, 0);
	pfree(incidents);
	pfree(seqs);
}

/* Writes what was added, and empties the list. Within SPI. */
void
pgi_decision_write(PgiDecisionList *list)
{
	for (int first = 0; first < list->count;)
	{
		int end = first + 1;

		while (end < list->count && end - first < MOST &&
			   list->entries[end].org_id == list->entries[first].org_id)
			end++;
		write_row(&list->entries[first], end - first);
		first = end;
	}
	list->count = 0;
}
