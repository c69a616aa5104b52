/*
 * due.c: which incidents have become due: a pass over the timers.
 *
 * A pass reads the timers up to now in order, a list of some hundred thousand at a time,
 * and hands them out over as many ticks as it takes. Timers are never deleted or marked:
 * a timer is done with when its incident has been settled since, and watermark.c says
 * before which minute all are.
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

#include "base/sql.h"
#include "timer/bucket.h"
#include "timer/due.h"
#include "timer/timer.h"
#include "timer/watermark.h"

/* A list ends with the minute in which it has this many timers. */
#define ENOUGH 100000
#define CHUNK 1000
#define MAX_AGE (10 * USECS_PER_MINUTE)

typedef struct OpenPass
{
	bool going;
	TimestampTz at;
	TransactionId used_by; /* the newest transaction that took from the list */
	bool sees_all;		   /* its snapshots were the newest there were */
	PgiPass seen;
	int32 from_bucket; /* where the next list begins */
	bool read_all;
	PgiTimer *list;
	int room;
	int count;
	int next;
	int64 missed;
} OpenPass;

static OpenPass pass;
static bool began_now;

static void
begin_pass(TimestampTz at)
{
	pass.going = true;
	pass.at = at;
	pass.used_by = InvalidTransactionId;
	pass.sees_all = !IsolationUsesXactSnapshot();
	pgi_watermark_begin_pass(&pass.seen);
	pass.seen.done_before = pgi_bucket_minute(at);
	pass.from_bucket = pass.seen.from_bucket;
	pass.read_all = false;
	pass.count = pass.next = 0;
	pass.missed = 0;
	began_now = true;
}

static bool
pass_still_holds(TimestampTz at)
{
	if (!pass.going || at < pass.at || pgi_clock_jump(&pass.seen.began) < 0 ||
		GetCurrentTimestamp() - pass.seen.began.wall > MAX_AGE)
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
add_to_list(const PgiTimer *due)
{
	if (pass.count == pass.room)
	{
		int room = Max(1024, pass.room * 2);
		Size size = sizeof(PgiTimer) * room;

		pass.list = pass.list == NULL ? MemoryContextAllocHuge(TopMemoryContext, size)
									  : repalloc_huge(pass.list, size);
		pass.room = room;
	}
	pass.list[pass.count++] = *due;
}

/* Notes that not all timers of a minute are done with. */
static void
keep_bucket(int32 bucket)
{
	pass.seen.done_before = Min(pass.seen.done_before, bucket);
}

/* Adds those timers of a row whose moment has come. */
static void
add_row_to_list(uint64 row, int32 bucket)
{
	bool isnull;
	PgiTimer due = {.bucket = bucket,
					.org_id = DatumGetInt32(pgi_sql_column(row, 2, &isnull))};
	MemoryContext before = MemoryContextSwitchTo(SPI_tuptable->tuptabcxt);
	ArrayType *incidents = DatumGetArrayTypeP(pgi_sql_column(row, 3, &isnull));
	ArrayType *moments = DatumGetArrayTypeP(pgi_sql_column(row, 4, &isnull));
	const int64 *ids = (const int64 *) ARR_DATA_PTR(incidents);
	const TimestampTz *due_at = (const TimestampTz *) ARR_DATA_PTR(moments);
	int n = ArrayGetNItems(ARR_NDIM(incidents), ARR_DIMS(incidents));

	if (n != ArrayGetNItems(ARR_NDIM(moments), ARR_DIMS(moments)) ||
		ARR_HASNULL(incidents) || ARR_HASNULL(moments))
	{
		ereport(WARNING,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a row of timers is damaged, in bucket %d", bucket),
				 errdetail("Ticks leave it out until it is mended or deleted.")));
		keep_bucket(bucket);
		n = 0;
	}
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
compare_due(const void *a, const void *b)
{
	const PgiTimer *left = a;
	const PgiTimer *right = b;

	if (left->due_at != right->due_at)
		return left->due_at < right->due_at ? -1 : 1;
	if (left->org_id != right->org_id)
		return left->org_id < right->org_id ? -1 : 1;
	return left->incident_id < right->incident_id
			   ? -1
			   : left->incident_id > right->incident_id;
}

/* Sorts the list by moment; of timers for the same moment of an incident one stays. */
static void
sort_list(void)
{
	int kept = 0;

	qsort(pass.list, pass.count, sizeof(PgiTimer), compare_due);
	for (int i = 0; i < pass.count; i++)
		if (i == 0 || compare_due(&pass.list[i], &pass.list[kept - 1]) != 0)
			pass.list[kept++] = pass.list[i];
	pass.count = kept;
}

/* Reads the next timers of the pass into the list, whole minutes of them. Within SPI. */
static void
read_list(void)
{
	static PgiQuery query = {
		"SELECT bucket, org_id, incidents, moments FROM incident_internal.timers"
		" WHERE bucket >= $1 AND bucket <= $2 ORDER BY bucket",
		2,
		{INT4OID, INT4OID}};
	Datum values[2];
	Portal portal;
	bool full = false;
	uint64 fetched;

	values[0] = Int32GetDatum(pass.from_bucket);
	values[1] = Int32GetDatum(Max(pgi_bucket_minute(pass.at), pgi_bucket_present()));
	pass.count = pass.next = 0;
	portal = pgi_sql_open_cursor(&query, values);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, CHUNK);
		fetched = SPI_processed;
		for (uint64 row = 0; row < fetched && !full; row++)
		{
			bool isnull;
			int32 bucket = DatumGetInt32(pgi_sql_column(row, 1, &isnull));

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
	sort_list();
}

/* Whether all timers of the pass were handed out. */
static bool
is_over(void)
{
	return pass.read_all && pass.next == pass.count;
}

static void
note_tick(TimestampTz at)
{
	pass.seen.all = is_over() && pass.sees_all;
	pgi_watermark_note(at, &pass.seen);
}

/*
 * Hands out up to `room` timers, oldest first; none when all up to the tick's moment were
 * handed out. A pass that an earlier tick began is followed by one of this tick. Within
 * SPI.
 */
int
pgi_due_take(TimestampTz at, PgiTimer *due, int room)
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
	memcpy(due, &pass.list[pass.next], sizeof(PgiTimer) * count);
	pass.next += count;
	pass.used_by = GetCurrentTransactionId();
	return count;
}

/* Notes that an incident which was handed out is not settled. */
void
pgi_due_missed(const PgiTimer *due)
{
	keep_bucket(due->bucket);
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
