/*
 * due.c: which incidents have become due: a pass over the timers, and how far it came.
 *
 * A pass reads the timers up to now in order, a list of some hundred thousand at a time,
 * and hands them out over as many ticks as it takes. Timers are never deleted or marked:
 * a timer is done with when its incident has been settled since, and last_tick.from_bucket
 * says before which minute all are. It moves only as far as every transaction is known to
 * have ended that could still add a timer there: a pass remembers how far it found all done
 * (next_bucket) and the next transaction to begin (next_xid); once all before that one have
 * ended, another pass over the same timers has seen everything. A pass that began while
 * no other transaction was writing has seen everything by itself.
 *
 * The list is this backend's own and only says where to look. It is dropped when a tick
 * that took from it was rolled back.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "clock.h"
#include "due.h"
#include "sql.h"
#include "timer.h"

/* A list ends with the minute in which it has this many timers. */
#define ENOUGH 100000
#define CHUNK 1000
#define MAX_AGE (10 * USECS_PER_MINUTE)

typedef struct Pass
{
	bool going;
	TimestampTz at;
	TimestampTz began;
	TransactionId used_by;	  /* the newest transaction that took from the list */
	bool sees_all;			  /* its snapshots were the newest there were */
	FullTransactionId oldest; /* all transactions before it had ended when it began */
	bool alone;		   /* no other transaction that writes was going on when it began */
	int32 from_bucket; /* where the next list begins */
	bool read_all;
	int32 done_before; /* timers of earlier minutes were all found done */
	PgiDue *list;
	int room;
	int count;
	int next;
	int64 missed;
} Pass;

static Pass pass;
static bool began_now;

static void
read_watermark(void)
{
	static PgiQuery query = {"SELECT from_bucket FROM incident.last_tick", 0};
	bool isnull;

	pass.from_bucket = PG_INT32_MIN;
	if (pgi_run(&query, NULL, NULL, SPI_OK_SELECT, 1) > 0)
		pass.from_bucket = DatumGetInt32(pgi_column(0, 1, &isnull));
	if (pass.from_bucket > pgi_bucket(GetCurrentTimestamp()))
		pass.from_bucket = PG_INT32_MIN; /* the clock was set back */
}

/*
 * Notes which transactions had not ended when the pass began. One that was given its id
 * after the newest to have ended is in no snapshot, so none going on is not to be seen from
 * a snapshot alone: it must also reach as far as ids were given out before it was taken.
 */
static void
note_running(void)
{
	TransactionId given = XidFromFullTransactionId(ReadNextFullTransactionId());
	Snapshot snapshot = GetLatestSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	uint32 epoch = EpochFromFullTransactionId(next);

	if (snapshot->xmin > XidFromFullTransactionId(next))
		epoch--;
	pass.oldest = FullTransactionIdFromEpochAndXid(epoch, snapshot->xmin);
	pass.alone = snapshot->xcnt == 0 && snapshot->subxcnt == 0 &&
				 !snapshot->suboverflowed &&
				 TransactionIdFollowsOrEquals(snapshot->xmax, given);
}

static void
begin_pass(TimestampTz at)
{
	pass.going = true;
	pass.at = at;
	pass.began = GetCurrentTimestamp();
	pass.used_by = InvalidTransactionId;
	pass.sees_all = !IsolationUsesXactSnapshot();
	note_running();
	pass.read_all = false;
	pass.done_before = pgi_bucket(at);
	pass.count = pass.next = 0;
	pass.missed = 0;
	began_now = true;
	read_watermark();
}

static bool
pass_still_holds(TimestampTz at)
{
	if (!pass.going || at < pass.at || GetCurrentTimestamp() - pass.began > MAX_AGE)
		return false;
	return !TransactionIdIsValid(pass.used_by) ||
		   TransactionIdIsCurrentTransactionId(pass.used_by) ||
		   TransactionIdDidCommit(pass.used_by);
}

/* Goes on with the pass of the tick before, or begins one. Within SPI. */
void
pgi_due_begin(TimestampTz at)
{
	began_now = false;
	if (!pass_still_holds(at))
		begin_pass(at);
}

static void
add_to_list(const PgiDue *due)
{
	if (pass.count == pass.room)
	{
		int room = Max(1024, pass.room * 2);
		Size size = sizeof(PgiDue) * room;

		pass.list = pass.list == NULL ? MemoryContextAllocHuge(TopMemoryContext, size)
									  : repalloc_huge(pass.list, size);
		pass.room = room;
	}
	pass.list[pass.count++] = *due;
}

/* Adds those timers of a row whose moment has come. */
static void
add_row_to_list(uint64 row, int32 bucket)
{
	bool isnull;
	PgiDue due = {.bucket = bucket, .org_id = DatumGetInt32(pgi_column(row, 2, &isnull))};
	MemoryContext before = MemoryContextSwitchTo(SPI_tuptable->tuptabcxt);
	ArrayType *incidents = DatumGetArrayTypeP(pgi_column(row, 3, &isnull));
	ArrayType *moments = DatumGetArrayTypeP(pgi_column(row, 4, &isnull));
	const int64 *ids = (const int64 *) ARR_DATA_PTR(incidents);
	const TimestampTz *due_at = (const TimestampTz *) ARR_DATA_PTR(moments);
	int n = ArrayGetNItems(ARR_NDIM(incidents), ARR_DIMS(incidents));

	if (n != ArrayGetNItems(ARR_NDIM(moments), ARR_DIMS(moments)) ||
		ARR_HASNULL(incidents) || ARR_HASNULL(moments))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("a row of timers is damaged, in bucket %d", bucket)));
	for (int i = 0; i < n; i++)
		if (due_at[i] <= pass.at)
		{
			due.incident_id = ids[i];
			due.due_at = due_at[i];
			add_to_list(&due);
		}
	MemoryContextSwitchTo(before);
}

static int
compare_moments(const void *a, const void *b)
{
	const PgiDue *left = a;
	const PgiDue *right = b;

	return left->due_at < right->due_at ? -1 : left->due_at > right->due_at;
}

/* Reads the next timers of the pass into the list, whole minutes of them. Within SPI. */
static void
read_list(void)
{
	static PgiQuery query = {
		"SELECT bucket, org_id, incidents, moments FROM incident.timers"
		" WHERE bucket >= $1 AND bucket <= $2 ORDER BY bucket",
		2,
		{INT4OID, INT4OID}};
	Datum values[2];
	Portal portal;
	bool full = false;
	uint64 fetched;

	values[0] = Int32GetDatum(pass.from_bucket);
	values[1] = Int32GetDatum(pgi_bucket(GetCurrentTimestamp()));
	pass.count = pass.next = 0;
	portal = pgi_open_cursor(&query, values);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, CHUNK);
		fetched = SPI_processed;
		for (uint64 row = 0; row < fetched && !full; row++)
		{
			bool isnull;
			int32 bucket = DatumGetInt32(pgi_column(row, 1, &isnull));

			full = pass.count >= ENOUGH && bucket > pass.from_bucket;
			if (full)
				break;
			pass.from_bucket = bucket;
			add_row_to_list(row, bucket);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (!full && fetched == CHUNK);
	SPI_cursor_close(portal);
	pass.read_all = !full;
	pass.from_bucket++;
	qsort(pass.list, pass.count, sizeof(PgiDue), compare_moments);
}

/* Whether all timers of the pass were handed out. */
static bool
is_over(void)
{
	return pass.read_all && pass.next == pass.count;
}

/*
 * Remembers how far ticks have come, unless another tick is just doing so. When the clock
 * was set back, timers may be added anywhere from there on: ticks start from the beginning.
 */
static void
note_tick(TimestampTz at)
{
	static PgiQuery query = {
		"UPDATE incident.last_tick AS t SET at = greatest(t.at, $1),"
		" finished_at = clock_timestamp(), boot_clock = $6,"
		" from_bucket = CASE WHEN t.from_bucket > $8 THEN -2147483648"
		"  WHEN $2 AND $7 THEN least(greatest(t.from_bucket, $4), $8)"
		"  WHEN $2 AND t.next_xid <= $3"
		"  THEN least(greatest(t.from_bucket, least(t.next_bucket, $4)), $8)"
		"  ELSE t.from_bucket END,"
		" next_bucket = CASE WHEN t.from_bucket > $8 THEN NULL"
		"  WHEN $2 AND (t.next_xid <= $3) IS NOT FALSE"
		"  THEN $4 ELSE t.next_bucket END,"
		" next_xid = CASE WHEN t.from_bucket > $8 THEN NULL"
		"  WHEN $2 AND (t.next_xid <= $3) IS NOT FALSE"
		"  THEN $5 ELSE t.next_xid END"
		" FROM (SELECT only_row FROM incident.last_tick FOR NO KEY UPDATE SKIP LOCKED)"
		"  AS free"
		" WHERE t.only_row = free.only_row",
		8,
		{TIMESTAMPTZOID, BOOLOID, XID8OID, INT4OID, XID8OID, INT8OID, BOOLOID, INT4OID}};
	Datum values[8];

	values[0] = TimestampTzGetDatum(at);
	values[1] = BoolGetDatum(is_over() && pass.sees_all);
	values[2] = FullTransactionIdGetDatum(pass.oldest);
	values[3] = Int32GetDatum(pass.done_before);
	values[4] = FullTransactionIdGetDatum(ReadNextFullTransactionId());
	values[5] = Int64GetDatum(pgi_boot_clock());
	values[6] = BoolGetDatum(pass.alone);
	values[7] = Int32GetDatum(pgi_bucket(GetCurrentTimestamp()));
	pgi_run(&query, values, NULL, SPI_OK_UPDATE, 0);
}

/*
 * Hands out up to `room` timers, oldest first; none when all up to the tick's moment were
 * handed out. A pass that an earlier tick began is followed by one of this tick. Within
 * SPI.
 */
int
pgi_due_take(TimestampTz at, PgiDue *due, int room)
{
	int count;

	while (pass.next == pass.count)
	{
		if (!pass.read_all)
			read_list();
		else if (began_now)
			return 0;
		else
		{
			note_tick(at);
			begin_pass(at);
		}
	}
	count = Min(room, pass.count - pass.next);
	memcpy(due, &pass.list[pass.next], sizeof(PgiDue) * count);
	pass.next += count;
	pass.used_by = GetCurrentTransactionId();
	return count;
}

/* Notes that an incident which was handed out is not settled. */
void
pgi_due_missed(const PgiDue *due)
{
	pass.done_before = Min(pass.done_before, due->bucket);
	pass.missed++;
}

/*
 * Ends a tick; returns how many timers it leaves: those of its list that were not handed
 * out, those that were missed, and one for those that were not read yet. Within SPI.
 */
int64
pgi_due_end(TimestampTz at)
{
	bool unread = !pass.read_all || pass.at < at;

	note_tick(at);
	if (is_over())
		pass.going = false;
	return pass.count - pass.next + pass.missed + unread;
}
