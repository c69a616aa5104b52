/*
 * tick.c: settles every incident that has become due.
 *
 * A tick takes due incidents oldest first, passing over those that another session holds,
 * and settles them together. When one fails, what was taken is halved until the failing
 * one stands alone; it goes into quarantine with its error, and the rest are settled.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "sql.h"
#include "timeline.h"

#define MAX_BATCH 1000000

typedef struct DueIncident
{
	int32 org_id;
	int64 incident_id;
} DueIncident;

typedef struct Tally
{
	int32 incidents;
	int32 quarantined;
	PgiDecisions decisions;
} Tally;

/* Locks and returns the incidents that are due at `at`, oldest first. Within SPI. */
static DueIncident *
take_due(TimestampTz at, int32 batch, int *ndue)
{
	static PgiQuery query = {
		"SELECT org_id, incident_id FROM incident.incident_state WHERE next_due <= $1"
		" ORDER BY next_due LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
		2,
		{TIMESTAMPTZOID, INT8OID}};
	DueIncident *due;
	Datum values[2];
	bool isnull;

	values[0] = TimestampTzGetDatum(at);
	values[1] = Int64GetDatum(batch);
	*ndue = (int) pgi_run(&query, values, NULL, SPI_OK_SELECT, 0);
	due = palloc(sizeof(DueIncident) * Max(*ndue, 1));
	for (int i = 0; i < *ndue; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];

		due[i].org_id =
			DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		due[i].incident_id =
			DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	return due;
}

/* Lets go of incidents that have been settled since they failed. */
static void
leave_quarantine(void)
{
	static PgiQuery query = {
		"DELETE FROM incident.quarantine WHERE (org_id, incident_id) IN ("
		"SELECT q.org_id, q.incident_id FROM incident.quarantine AS q"
		" JOIN incident.incident_state AS s USING (org_id, incident_id)"
		" WHERE s.next_due IS DISTINCT FROM q.retry_at FOR UPDATE OF q SKIP LOCKED)",
		0};

	pgi_run(&query, NULL, NULL, SPI_OK_DELETE, 0);
}

/* Puts a failing incident aside; it becomes due again after 1, 2, 4 … 60 minutes. */
static void
quarantine(const DueIncident *due, TimestampTz at, const ErrorData *error)
{
	static PgiQuery remember = {
		"INSERT INTO incident.quarantine AS q (org_id, incident_id, since, attempts, "
		"retry_at,"
		" sqlstate, message)"
		" VALUES ($1, $2, $3, 1, $3::timestamptz + interval '1 minute', $4, $5)"
		" ON CONFLICT (org_id, incident_id) DO UPDATE SET attempts = q.attempts + 1,"
		" retry_at = $3::timestamptz + least(power(2, least(q.attempts, 6)), 60) * "
		"interval '1 minute',"
		" sqlstate = excluded.sqlstate, message = excluded.message",
		5,
		{INT4OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID}};
	static PgiQuery postpone = {
		"UPDATE incident.incident_state AS s SET next_due = q.retry_at"
		" FROM incident.quarantine AS q"
		" WHERE q.org_id = $1 AND q.incident_id = $2 AND s.org_id = $1 AND s.incident_id "
		"= $2",
		2,
		{INT4OID, INT8OID}};
	Datum values[5];

	values[0] = Int32GetDatum(due->org_id);
	values[1] = Int64GetDatum(due->incident_id);
	values[2] = TimestampTzGetDatum(at);
	values[3] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
	values[4] = CStringGetTextDatum(error->message);
	pgi_run(&remember, values, NULL, SPI_OK_INSERT, 0);
	pgi_run(&postpone, values, NULL, SPI_OK_UPDATE, 0);
}

static void
settle_each(const DueIncident *due, int ndue, TimestampTz at, Tally *tally)
{
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident tick", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(scratch);

	for (int i = 0; i < ndue; i++)
	{
		PgiTimeline timeline;
		PgiState state;

		CHECK_FOR_INTERRUPTS();
		pgi_timeline_lock(&timeline, due[i].org_id, due[i].incident_id);
		pgi_timeline_settle(&timeline, at, &tally->decisions, &state);
		tally->incidents++;
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
}

/* Whether an error is the incident's own, and not a reason to give up the whole tick. */
static bool
can_be_quarantined(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
			return false;
		default:
			return error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE;
	}
}

/* Settles all of `due`, or puts the failing ones into quarantine. Within SPI. */
static void
settle_all(const DueIncident *due, int ndue, TimestampTz at, Tally *tally)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Tally before = *tally;
	ErrorData *volatile error = NULL;

	if (ndue == 0)
		return;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		settle_each(due, ndue, at, tally);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return;
	if (!can_be_quarantined(error))
		ReThrowError(error);

	*tally = before;
	if (ndue == 1)
	{
		quarantine(due, at, error);
		tally->quarantined++;
	}
	else
	{
		settle_all(due, ndue / 2, at, tally);
		settle_all(due + ndue / 2, ndue - ndue / 2, at, tally);
	}
}

/* Remembers how far ticks have come, unless another tick is just doing so. */
static void
note_tick(TimestampTz at)
{
	static PgiQuery query = {"UPDATE incident.last_tick AS t SET at = greatest(t.at, "
							 "$1), finished_at = clock_timestamp()"
							 " FROM (SELECT only_row FROM incident.last_tick FOR NO KEY "
							 "UPDATE SKIP LOCKED) AS free"
							 " WHERE t.only_row = free.only_row",
							 1,
							 {TIMESTAMPTZOID}};
	Datum value = TimestampTzGetDatum(at);

	pgi_run(&query, &value, NULL, SPI_OK_UPDATE, 0);
}

static int64
count_due(TimestampTz at)
{
	static PgiQuery query = {
		"SELECT count(*) FROM incident.incident_state WHERE next_due <= $1",
		1,
		{TIMESTAMPTZOID}};
	Datum value = TimestampTzGetDatum(at);
	bool isnull;

	pgi_run(&query, &value, NULL, SPI_OK_SELECT, 1);
	return DatumGetInt64(pgi_column(0, 1, &isnull));
}

static void
check_arguments(TimestampTz at, int32 batch)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("a tick needs a finite time")));
	pgi_refuse_future(at, "the moment of a tick");
	if (batch < 1 || batch > MAX_BATCH)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the batch must be between 1 and %d", MAX_BATCH)));
}

PG_FUNCTION_INFO_V1(pgi_tick);
Datum
pgi_tick(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	int32 batch = PG_GETARG_INT32(1);
	Tally tally = {0};
	DueIncident *due;
	int ndue;
	TupleDesc descriptor;
	Datum values[7];
	bool nulls[7] = {false};

	check_arguments(at, batch);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	SPI_connect();
	due = take_due(at, batch, &ndue);
	settle_all(due, ndue, at, &tally);
	leave_quarantine();
	note_tick(at);
	values[6] = Int64GetDatum(count_due(at));
	SPI_finish();

	values[0] = Int32GetDatum(tally.incidents);
	values[1] = Int32GetDatum(tally.decisions.escalations);
	values[2] = Int32GetDatum(0);
	values[3] = Int32GetDatum(tally.decisions.breaches);
	values[4] = Int32GetDatum(0);
	values[5] = Int32GetDatum(tally.quarantined);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
