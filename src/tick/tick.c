/*
 * tick.c: settles every incident that has become due.
 *
 * A tick takes due incidents oldest first, passing over those that another session holds,
 * and settles them together. Those that are out of the ordinary, and all of them when
 * settling them together fails, are settled one by one; one that fails goes into quarantine
 * with its error.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "incident/timeline.h"
#include "tick/batch.h"
#include "timer/due.h"
#include "timer/timer.h"
#include "timer/watermark.h"

#define MAX_BATCH 1000000
#define CHUNK 10000 /* incidents settled together, at most */

typedef struct Tally
{
	int32 incidents;
	int32 quarantined;
	PgiDecisions decisions;
} Tally;

/* Lets go of incidents that have been settled since they failed. */
static void
leave_quarantine(void)
{
	static PgiQuery query = {
		"DELETE FROM incident_internal.quarantine WHERE (org_id, incident_id) IN ("
		"SELECT q.org_id, q.incident_id FROM incident_internal.quarantine AS q"
		" JOIN incident_internal.incident_state AS s USING (org_id, incident_id)"
		" WHERE s.next_due IS DISTINCT FROM q.retry_at"
		" FOR NO KEY UPDATE OF s SKIP LOCKED FOR UPDATE OF q SKIP LOCKED)",
		0};

	pgi_sql_run(&query, NULL, NULL, SPI_OK_DELETE, 0);
}

/* Puts a failing incident aside; it becomes due again after 1, 2, 4 … 60 minutes. */
static void
quarantine(const PgiTimer *due, TimestampTz at, const ErrorData *error)
{
	static PgiQuery remember = {
		"INSERT INTO incident_internal.quarantine AS q (org_id, incident_id, since, "
		"attempts, "
		"retry_at,"
		" sqlstate, message)"
		" VALUES ($1, $2, $3, 1, $3::timestamptz + interval '1 minute', $4, $5)"
		" ON CONFLICT (org_id, incident_id) DO UPDATE SET attempts = q.attempts + 1,"
		" retry_at = $3::timestamptz + least(power(2, least(q.attempts, 6)), 60) * "
		"interval '1 minute',"
		" sqlstate = excluded.sqlstate, message = excluded.message"
		" RETURNING retry_at",
		5,
		{INT4OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID}};
	static PgiQuery postpone = {
		"UPDATE incident_internal.incident_state SET next_due = $3, needs_full_run = true"
		" WHERE org_id = $1 AND incident_id = $2",
		3,
		{INT4OID, INT8OID, TIMESTAMPTZOID}};
	Datum values[5];
	bool isnull;

	values[0] = Int32GetDatum(due->org_id);
	values[1] = Int64GetDatum(due->incident_id);
	values[2] = TimestampTzGetDatum(at);
	values[3] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
	values[4] = CStringGetTextDatum(error->message);
	pgi_sql_run(&remember, values, NULL, SPI_OK_INSERT_RETURNING, 0);
	values[2] = pgi_sql_column(0, 1, &isnull);
	pgi_sql_run(&postpone, values, NULL, SPI_OK_UPDATE, 0);
	pgi_timer_set(due->org_id, due->incident_id, DatumGetTimestampTz(values[2]));
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

/* Runs `work` in a subtransaction; returns the error that undid it, or NULL. */
static ErrorData *
attempt(void (*work)(void *), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
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
	if (error != NULL && !can_be_quarantined(error))
		ReThrowError(error);
	return error;
}

/* Some of what a tick was handed, on its way. */
typedef struct Work
{
	const PgiTimer *due;
	int ndue;
	TimestampTz at;
	PgiOutcome *outcomes;
	Tally tally;
} Work;

static void
settle_together(void *arg)
{
	Work *work = arg;

	pgi_batch_settle(work->due, work->ndue, work->at, work->outcomes,
					 &work->tally.decisions);
}

/* Locks an incident if it is due and nobody else holds it. Within SPI. */
static PgiOutcome
lock_due(const PgiTimer *due)
{
	static PgiQuery lock = {"SELECT next_due = $3 FROM incident_internal.incident_state "
							"WHERE org_id = $1 AND "
							"incident_id = $2"
							" FOR NO KEY UPDATE SKIP LOCKED",
							3,
							{INT4OID, INT8OID, TIMESTAMPTZOID}};
	static PgiQuery look = {"SELECT FROM incident_internal.incident_state WHERE org_id = "
							"$1 AND incident_id = $2",
							2,
							{INT4OID, INT8OID}};
	Datum values[3];
	bool isnull;

	values[0] = Int32GetDatum(due->org_id);
	values[1] = Int64GetDatum(due->incident_id);
	values[2] = TimestampTzGetDatum(due->due_at);
	if (pgi_sql_run(&lock, values, NULL, SPI_OK_SELECT, 0) == 0)
		return pgi_sql_run(&look, values, NULL, SPI_OK_SELECT, 0) > 0 ? PGI_HELD_BY_OTHER
																	  : PGI_NOT_DUE;
	return DatumGetBool(pgi_sql_column(0, 1, &isnull)) && !isnull ? PGI_SETTLED
																  : PGI_NOT_DUE;
}

static void
settle_alone(void *arg)
{
	Work *work = arg;
	PgiTimeline timeline;
	PgiState state;

	SPI_connect();
	*work->outcomes = lock_due(work->due);
	if (*work->outcomes == PGI_SETTLED)
	{
		pgi_timeline_lock(&timeline, work->due->org_id, work->due->incident_id);
		pgi_settle_timeline(&timeline, work->at, &work->tally.decisions, &state);
	}
	SPI_finish();
}

static void
add_tally(Tally *tally, const Tally *more)
{
	tally->incidents += more->incidents;
	tally->quarantined += more->quarantined;
	tally->decisions.escalations += more->decisions.escalations;
	tally->decisions.overdue += more->decisions.overdue;
	tally->decisions.breaches += more->decisions.breaches;
	tally->decisions.notices += more->decisions.notices;
	for (int i = 0; i < PGI_LATENESSES; i++)
		tally->decisions.late_by[i] += more->decisions.late_by[i];
}

/*
 * Settles an incident from its facts, or puts it into quarantine. A failed attempt has let
 * go of the incident: another session may have taken or settled it since. Within SPI.
 */
static void
settle_alone_or_quarantine(const PgiTimer *due, TimestampTz at, PgiOutcome *outcome,
						   Tally *tally)
{
	Work alone = {due, 1, at, outcome};
	ErrorData *error = attempt(settle_alone, &alone);

	if (error == NULL)
	{
		add_tally(tally, &alone.tally);
		return;
	}
	SPI_connect();
	*outcome = lock_due(due);
	if (*outcome == PGI_SETTLED)
	{
		quarantine(due, at, error);
		tally->quarantined++;
		*outcome = PGI_NOT_DUE;
	}
	SPI_finish();
}

/* Settles incidents that differ. Within SPI. */
static void
settle_all(const PgiTimer *due, int ndue, TimestampTz at, Tally *tally)
{
	PgiOutcome *outcomes = palloc(sizeof(PgiOutcome) * ndue);
	Work together = {due, ndue, at, outcomes};

	if (attempt(settle_together, &together) == NULL)
		add_tally(tally, &together.tally);
	else
		for (int i = 0; i < ndue; i++)
			outcomes[i] = PGI_NEEDS_FULL_RUN;
	for (int i = 0; i < ndue; i++)
	{
		if (outcomes[i] == PGI_NEEDS_FULL_RUN)
			settle_alone_or_quarantine(&due[i], at, &outcomes[i], tally);
		if (outcomes[i] == PGI_HELD_BY_OTHER)
			pgi_due_missed(&due[i]);
		else if (outcomes[i] == PGI_SETTLED)
			tally->incidents++;
	}
	pfree(outcomes);
}

static int
compare_incidents(const void *a, const void *b)
{
	const PgiTimer *left = a;
	const PgiTimer *right = b;

	if (left->org_id != right->org_id)
		return left->org_id < right->org_id ? -1 : 1;
	if (left->incident_id != right->incident_id)
		return left->incident_id < right->incident_id ? -1 : 1;
	return left->due_at < right->due_at ? -1 : left->due_at > right->due_at;
}

/* Settles up to `batch` due incidents. Within SPI. */
static void
settle_due(TimestampTz at, int32 batch, Tally *tally)
{
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident tick", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = CurrentMemoryContext;
	int left;

	while ((left = batch - tally->incidents - tally->quarantined) > 0)
	{
		int room = Min(left, CHUNK);
		PgiTimer *due = MemoryContextAlloc(scratch, sizeof(PgiTimer) * room);
		int ndue = pgi_due_take(at, due, room);

		if (ndue == 0)
			break;
		MemoryContextSwitchTo(scratch);
		qsort(due, ndue, sizeof(PgiTimer), compare_incidents);
		settle_all(due, ndue, at, tally);
		MemoryContextSwitchTo(before);
		MemoryContextReset(scratch);
	}
	MemoryContextDelete(scratch);
}

static void
mark_latecomers(void *arg)
{
	static PgiQuery query = {
		"SELECT incident_internal.reconsider_latecomers($1)", 1, {TIMESTAMPTZOID}};
	Datum at = TimestampTzGetDatum(*(TimestampTz *) arg);

	pgi_sql_run(&query, &at, NULL, SPI_OK_SELECT, 1);
}

/*
 * Has incidents settled anew that were opened or migrated by a calendar which was being
 * imported. If that fails, the tick goes on without. Within SPI.
 */
static void
reconsider_latecomers(TimestampTz at)
{
	static PgiQuery look = {"SELECT FROM incident_internal.calendar_changes LIMIT 1", 0};
	ErrorData *error;

	if (pgi_sql_run(&look, NULL, NULL, SPI_OK_SELECT, 1) == 0)
		return;
	error = attempt(mark_latecomers, &at);
	if (error != NULL)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("incidents are not settled anew after a calendar was imported"),
				 errdetail_internal("%s", error->message)));
}

/* Writes down what a tick did, if anything. Within SPI. */
static void
log_tick(const Tally *tally, TimestampTz at, TimestampTz began, int64 remaining,
		 int64 step)
{
	Interval interval = {.time = step};
	static PgiQuery query = {
		"INSERT INTO incident_internal.tick_log (began_at, finished_at, settled_to, "
		"incidents,"
		" escalations, overdue, breaches, quarantined, remaining, lateness, clock_jump)"
		" SELECT $1, clock_timestamp(), $2, $3, $4, $5, $6, $7, $8, $9, $10"
		" WHERE $3 > 0 OR $7 > 0 OR $10 IS NOT NULL",
		10,
		{TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID,
		 INT8OID, INT4ARRAYOID, INTERVALOID}};
	Datum late_by[PGI_LATENESSES];
	Datum values[10];
	char nulls[10];

	for (int i = 0; i < PGI_LATENESSES; i++)
		late_by[i] = Int32GetDatum(tally->decisions.late_by[i]);
	memset(nulls, ' ', sizeof(nulls));
	values[0] = TimestampTzGetDatum(began);
	values[1] = TimestampTzGetDatum(at);
	values[2] = Int32GetDatum(tally->incidents);
	values[3] = Int32GetDatum(tally->decisions.escalations);
	values[4] = Int32GetDatum(tally->decisions.overdue);
	values[5] = Int32GetDatum(tally->decisions.breaches);
	values[6] = Int32GetDatum(tally->quarantined);
	values[7] = Int64GetDatum(remaining);
	values[8] = PointerGetDatum(construct_array(late_by, PGI_LATENESSES, INT4OID,
												sizeof(int32), true, TYPALIGN_INT));
	values[9] = PointerGetDatum(&interval);
	nulls[9] = step == 0 ? 'n' : ' ';
	pgi_sql_run(&query, values, nulls, SPI_OK_INSERT, 0);
}

/*
 * Has relays that listen look for work, once a second at most: a notification holds a lock of
 * the whole server while it commits. Facts that clients record do without: relays look by
 * themselves every second.
 */
static void
wake_relays(void)
{
	static TimestampTz last = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (now - last < USECS_PER_SEC && now >= last)
		return;
	last = now;
	Async_Notify("pg_incident", "");
}

static int32
batch_argument(FunctionCallInfo fcinfo, int number)
{
	int32 batch;

	pgi_argument_need(fcinfo, number, "the batch");
	batch = PG_GETARG_INT32(number);
	if (batch < 1 || batch > MAX_BATCH)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the batch must be between 1 and %d", MAX_BATCH)));
	return batch;
}

PG_FUNCTION_INFO_V1(pgi_tick);
Datum
pgi_tick(PG_FUNCTION_ARGS)
{
	TimestampTz at = pgi_argument_past(fcinfo, 0, "the moment of a tick");
	int32 batch = batch_argument(fcinfo, 1);
	TimestampTz began = GetCurrentTimestamp();
	Tally tally = {0};
	int64 remaining;
	int64 step;
	TupleDesc descriptor;
	Datum values[7];
	bool nulls[7] = {false};

	PreventCommandIfReadOnly("incident.tick()");
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	SPI_connect();
	step = pgi_watermark_step();
	reconsider_latecomers(at);
	pgi_due_begin(at);
	settle_due(at, batch, &tally);
	leave_quarantine();
	remaining = pgi_due_end(at);
	log_tick(&tally, at, began, remaining, step);
	if (tally.decisions.notices > 0)
		wake_relays();
	SPI_finish();

	values[6] = Int64GetDatum(remaining);
	values[0] = Int32GetDatum(tally.incidents);
	values[1] = Int32GetDatum(tally.decisions.escalations);
	values[2] = Int32GetDatum(tally.decisions.overdue);
	values[3] = Int32GetDatum(tally.decisions.breaches);
	values[4] = Int32GetDatum(tally.decisions.notices);
	values[5] = Int32GetDatum(tally.quarantined);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
