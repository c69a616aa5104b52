/*
 * watermark.c: how far ticks have come, in incident_internal.last_tick.
 *
 * last_tick.from_bucket says before which minute all timers are done with. It moves only as
 * far as every transaction is known to have ended that could still add a timer there: a
 * pass over the timers remembers how far it found all done (next_bucket) and the next
 * transaction to begin (next_xid); once all before that one have ended, another pass over
 * the same timers has seen everything. A pass that began while no other transaction was
 * writing has seen everything by itself.
 *
 * When the clock was set back, timers may have been added anywhere from there on: ticks
 * start from the beginning, and what a pass saw that began before counts for nothing.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "base/compat.h"
#include "base/sql.h"
#include "timer/bucket.h"
#include "timer/watermark.h"

/* The row of last_tick, but for what has to do with maintenance. */
typedef struct Watermark
{
	TimestampTz at;
	int32 from_bucket;
	int32 next_bucket;
	FullTransactionId next_xid; /* invalid: no pass has noted any */
	PgiClocks finished;			/* its wall is DT_NOBEGIN when none has finished */
} Watermark;

/*
 * Notes which transactions have not ended. One that was given its id after the newest to
 * have ended is in no snapshot, so none going on is not to be seen from a snapshot alone:
 * it must also reach as far as ids were given out before it was taken.
 */
static void
note_running(PgiPass *seen)
{
	TransactionId given = XidFromFullTransactionId(ReadNextFullTransactionId());
	Snapshot snapshot = GetLatestSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	uint32 epoch = EpochFromFullTransactionId(next);

	if (snapshot->xmin > XidFromFullTransactionId(next))
		epoch--;
	seen->oldest = FullTransactionIdFromEpochAndXid(epoch, snapshot->xmin);
	seen->alone = snapshot->xcnt == 0 && snapshot->subxcnt == 0 &&
				  !snapshot->suboverflowed &&
				  TransactionIdFollowsOrEquals(snapshot->xmax, given);
}

/* Begins a pass over the timers. Within SPI. */
void
pgi_watermark_begin_pass(PgiPass *seen)
{
	memset(seen, 0, sizeof(*seen));
	seen->began = pgi_clock_read();
	note_running(seen);
	seen->from_bucket = pgi_watermark_read();
}

/* Takes the row from the newest result; false when there is none. */
static bool
take_row(Watermark *mark)
{
	bool isnull;
	Datum value;

	*mark = (Watermark){
		.at = DT_NOBEGIN, .from_bucket = PG_INT32_MIN, .finished = {DT_NOBEGIN}};
	if (SPI_processed == 0)
		return false;
	mark->at = DatumGetTimestampTz(pgi_sql_column(0, 1, &isnull));
	mark->from_bucket = DatumGetInt32(pgi_sql_column(0, 2, &isnull));
	value = pgi_sql_column(0, 3, &isnull);
	if (!isnull)
		mark->next_bucket = DatumGetInt32(value);
	value = pgi_sql_column(0, 4, &isnull);
	if (!isnull)
		mark->next_xid = DatumGetFullTransactionId(value);
	value = pgi_sql_column(0, 5, &isnull);
	if (!isnull)
		mark->finished.wall = DatumGetTimestampTz(value);
	value = pgi_sql_column(0, 6, &isnull);
	if (!isnull)
		mark->finished.boot = DatumGetInt64(value);
	value = pgi_sql_column(0, 7, &isnull);
	if (!isnull)
		mark->finished.start = TextDatumGetCString(value);
	return true;
}

#define COLUMNS "at, from_bucket, next_bucket, next_xid, finished_at, boot_clock, boot_id"

static void
read_watermark(Watermark *mark)
{
	static PgiQuery query = {"SELECT " COLUMNS " FROM incident_internal.last_tick", 0};
	MemoryContext before = CurrentMemoryContext;

	pgi_sql_read_newest(&query, NULL);
	MemoryContextSwitchTo(before);
	(void) take_row(mark);
	SPI_freetuptable(SPI_tuptable);
}

/* How far the clock has jumped since the last tick finished, in microseconds. */
static int64
step_since(const Watermark *mark)
{
	return mark->finished.wall == DT_NOBEGIN ? 0 : pgi_clock_jump(&mark->finished);
}

/* Whether the clock was set back since the row was noted. */
static bool
was_set_back(const Watermark *mark)
{
	int32 present = pgi_bucket_minute(GetCurrentTimestamp());

	return step_since(mark) < 0 || mark->from_bucket > present ||
		   (FullTransactionIdIsValid(mark->next_xid) && mark->next_bucket > present);
}

/* How far the clock has jumped since the last tick finished; 0: not at all. Within SPI. */
int64
pgi_watermark_step(void)
{
	Watermark mark;

	read_watermark(&mark);
	return step_since(&mark);
}

/* The first minute whose timers are to be read. Within SPI. */
int32
pgi_watermark_read(void)
{
	Watermark mark;

	read_watermark(&mark);
	return was_set_back(&mark) ? PG_INT32_MIN : mark.from_bucket;
}

/* The newest moment any tick has settled. Within SPI. */
TimestampTz
pgi_watermark_at(void)
{
	Watermark mark;

	read_watermark(&mark);
	return mark.at;
}

/*
 * The first minute that no tick has noted as done with, or to be soon. When the clock has jumped
 * since, it is not before the minute that it would show otherwise. Within SPI.
 */
int32
pgi_watermark_unread(void)
{
	Watermark mark;
	int64 step;
	int32 unread;

	read_watermark(&mark);
	step = step_since(&mark);
	unread = mark.from_bucket;
	if (FullTransactionIdIsValid(mark.next_xid))
		unread = Max(unread, mark.next_bucket);
	if (step != 0)
		unread = Max(
			unread, pgi_bucket_minute(GetCurrentTimestamp() - step + PGI_STEP_TOLERATED));
	return unread;
}

/* Moves on as far as what a pass has seen allows. */
static void
move_on(Watermark *mark, const PgiPass *seen)
{
	bool noted = FullTransactionIdIsValid(mark->next_xid);
	bool ended = noted && FullTransactionIdPrecedesOrEquals(mark->next_xid, seen->oldest);
	int32 seen_before = PG_INT32_MIN;

	if (!seen->all || seen->from_bucket > mark->from_bucket ||
		pgi_clock_jump(&seen->began) < 0)
		return;
	if (seen->alone)
		seen_before = seen->done_before;
	else if (ended)
		seen_before = Min(mark->next_bucket, seen->done_before);
	mark->from_bucket = Max(mark->from_bucket,
							Min(seen_before, pgi_bucket_minute(GetCurrentTimestamp())));
	if (!noted || ended)
	{
		mark->next_bucket = seen->done_before;
		mark->next_xid = ReadNextFullTransactionId();
	}
}

/*
 * Remembers that a tick has settled up to `at` and what the pass it belongs to has seen,
 * unless another tick is just doing so. Within SPI.
 */
void
pgi_watermark_note(TimestampTz at, const PgiPass *seen)
{
	static PgiQuery lock = {
		"SELECT " COLUMNS
		" FROM incident_internal.last_tick FOR NO KEY UPDATE SKIP LOCKED",
		0};
	static PgiQuery write = {
		"UPDATE incident_internal.last_tick SET at = $1, from_bucket = $2, next_bucket = "
		"$3,"
		" next_xid = $4, finished_at = $5, boot_clock = $6, boot_id = $7",
		7,
		{TIMESTAMPTZOID, INT4OID, INT4OID, XID8OID, TIMESTAMPTZOID, INT8OID, TEXTOID}};
	Watermark mark;
	Datum values[7];
	char nulls[7];

	pgi_sql_run(&lock, NULL, NULL, SPI_OK_SELECT, 0);
	if (!take_row(&mark))
		return;
	if (was_set_back(&mark))
		mark = (Watermark){.at = at, .from_bucket = PG_INT32_MIN};
	move_on(&mark, seen);
	mark.finished = pgi_clock_read();

	memset(nulls, ' ', sizeof(nulls));
	if (!FullTransactionIdIsValid(mark.next_xid))
		nulls[2] = nulls[3] = 'n';
	values[0] = TimestampTzGetDatum(Max(mark.at, at));
	values[1] = Int32GetDatum(mark.from_bucket);
	values[2] = Int32GetDatum(mark.next_bucket);
	values[3] = FullTransactionIdGetDatum(mark.next_xid);
	values[4] = TimestampTzGetDatum(mark.finished.wall);
	values[5] = Int64GetDatum(mark.finished.boot);
	values[6] = pgi_sql_string_or_null(mark.finished.start, &nulls[6]);
	pgi_sql_run(&write, values, nulls, SPI_OK_UPDATE, 0);
}

PG_FUNCTION_INFO_V1(pgi_next_transaction_id);
Datum
pgi_next_transaction_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_FULLTRANSACTIONID(ReadNextFullTransactionId());
}
