/*
 * lease.c: gives the next notices of a stream to a worker for a while.
 *
 * Nobody marks notices as taken. A lease is a row that says which range it covers, and the
 * newest lease of a stream is also the cursor: all before its cut has been given away. The
 * order is that of transactions between two snapshots, tick_a and tick_b: what tick_b sees
 * and tick_a does not, by xid and id. So a transaction that commits late comes with a later
 * tick, and none is passed over, in whatever order ids were given. A tick has two parts: the
 * transactions that were under way at tick_a, and those that began later; a range is within
 * one of them.
 *
 * A lease ends by a row of its own in lease_ends, of which there can be one: whoever writes
 * it first, the worker that is done or the one that takes an expired lease over, has the
 * range.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/xid8.h"

#include "base/compat.h"
#include "base/sql.h"

#define READ_AT_ONCE 16

/* A notice, by the row it is in and the place there, from 1. */
typedef struct Position
{
	Datum xid;
	int64 id;
	int32 place;
} Position;

/* What the newest lease of a stream leaves. */
typedef struct Cursor
{
	int64 low; /* no lease before this one is open */
	Datum tick_a;
	Datum tick_b;
	Position cut;
} Cursor;

/* What a lease is to cover. */
typedef struct Range
{
	Position end;
	int32 count;
} Range;

static Datum
column(uint64 row, int number)
{
	bool isnull;
	Datum value = pgi_sql_column(row, number, &isnull);

	if (isnull)
		elog(ERROR, "a row of leases or notices is damaged");
	return value;
}

/* A snapshot that outlives the result it is in. */
static Datum
keep_snapshot(Datum snapshot)
{
	return PointerGetDatum(PG_DETOAST_DATUM_COPY(snapshot));
}

static void
start_cursor(Cursor *cursor)
{
	cursor->low = 0;
	cursor->tick_a = cursor->tick_b =
		DirectFunctionCall1(pg_snapshot_in, CStringGetDatum("1:1:")); /* sees nothing */
	cursor->cut = (Position){FullTransactionIdGetDatum(InvalidFullTransactionId), 0, 0};
}

static void
read_cursor(int16 stream, Cursor *cursor)
{
	static PgiQuery query = {
		"SELECT low, tick_a, tick_b, cut_xid, cut_id, cut_place FROM"
		" incident_internal.leases WHERE stream = $1 ORDER BY stream DESC, no DESC"
		" LIMIT 1",
		1,
		{INT2OID}};
	Datum value = Int16GetDatum(stream);

	if (pgi_sql_run(&query, &value, NULL, SPI_OK_SELECT, 1) == 0)
	{
		start_cursor(cursor);
		return;
	}
	cursor->low = DatumGetInt64(column(0, 1));
	cursor->tick_a = keep_snapshot(column(0, 2));
	cursor->tick_b = keep_snapshot(column(0, 3));
	cursor->cut = (Position){column(0, 4), DatumGetInt64(column(0, 5)),
							 DatumGetInt32(column(0, 6))};
}

/* Ends a lease whose time is over; false when it has ended already. */
static bool
end_expired(int64 no)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.lease_ends (no, how) VALUES ($1, 'taken')"
		" ON CONFLICT DO NOTHING",
		1,
		{INT8OID}};
	Datum value = Int64GetDatum(no);

	return pgi_sql_run(&query, &value, NULL, SPI_OK_INSERT, 0) > 0;
}

static int64
take_over(int64 no, const Cursor *cursor, Datum worker, Datum lease)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.leases AS n (stream, low, root, n, worker, until,"
		" tick_a, tick_b, cut_xid, cut_id, cut_place, of_a, of_b, from_xid, from_id,"
		" from_place, to_xid, to_id, to_place)"
		" SELECT stream, $2, coalesce(root, no), n, $3, clock_timestamp() + $4, $5, $6,"
		" $7, $8, $9, coalesce(of_a, tick_a), coalesce(of_b, tick_b), from_xid, from_id,"
		" from_place, coalesce(to_xid, cut_xid), coalesce(to_id, cut_id),"
		" coalesce(to_place, cut_place)"
		" FROM incident_internal.leases WHERE no = $1 RETURNING n.no",
		9,
		{INT8OID, INT8OID, TEXTOID, INTERVALOID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID,
		 INT8OID, INT4OID}};
	Datum values[9];

	values[0] = Int64GetDatum(no);
	values[1] = Int64GetDatum(cursor->low);
	values[2] = worker;
	values[3] = lease;
	values[4] = cursor->tick_a;
	values[5] = cursor->tick_b;
	values[6] = cursor->cut.xid;
	values[7] = Int64GetDatum(cursor->cut.id);
	values[8] = Int32GetDatum(cursor->cut.place);
	pgi_sql_run(&query, values, NULL, SPI_OK_INSERT_RETURNING, 0);
	return DatumGetInt64(column(0, 1));
}

/*
 * Goes through the leases that were open when last looked at: notes before which none is
 * open now, and returns the first whose time is over; 0 when there is none.
 */
static int64
find_expired(int16 stream, Cursor *cursor)
{
	static PgiQuery query = {
		"SELECT l.no, l.until <= clock_timestamp(), EXISTS (SELECT FROM"
		" incident_internal.lease_ends AS e WHERE e.no = l.no)"
		" FROM incident_internal.leases AS l WHERE l.stream = $1 AND l.no >= $2"
		" ORDER BY l.stream, l.no",
		2,
		{INT2OID, INT8OID}};
	Datum values[2];
	Portal portal;
	int64 expired = 0;
	bool all_ended = true;
	uint64 fetched;

	values[0] = Int16GetDatum(stream);
	values[1] = Int64GetDatum(cursor->low);
	portal = pgi_sql_open_cursor(&query, values);
	do
	{
		SPI_cursor_fetch(portal, true, READ_AT_ONCE);
		fetched = SPI_processed;
		for (uint64 row = 0; row < fetched && expired == 0; row++)
		{
			int64 no = DatumGetInt64(column(row, 1));

			if (DatumGetBool(column(row, 3)))
			{
				if (all_ended)
					cursor->low = no + 1;
				continue;
			}
			all_ended = false;
			if (DatumGetBool(column(row, 2)))
				expired = no;
		}
		SPI_freetuptable(SPI_tuptable);
	} while (expired == 0 && fetched == READ_AT_ONCE);
	SPI_cursor_close(portal);
	return expired;
}

/* The transactions that were under way at tick_a and that tick_b sees, from the cut on. */
static PgiQuery under_way = {
	"SELECT r.xid, r.id, r.n FROM unnest(ARRAY(SELECT pg_snapshot_xip($2))) AS w(xid)"
	" JOIN incident_internal.notices AS r ON r.stream = $1 AND r.xid = w.xid"
	" AND (r.xid, r.id) >= ($4, $5)"
	" WHERE pg_visible_in_snapshot(w.xid, $3) AND w.xid < pg_snapshot_xmax($2)"
	" ORDER BY r.xid, r.id",
	5,
	{INT2OID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID, INT8OID}};

/* Those that began after tick_a, likewise. */
static PgiQuery later = {
	"SELECT r.xid, r.id, r.n FROM incident_internal.notices AS r"
	" WHERE r.stream = $1 AND (r.xid, r.id) >= ($4, $5) AND r.xid >= pg_snapshot_xmax($2)"
	" AND r.xid < pg_snapshot_xmax($3) AND pg_visible_in_snapshot(r.xid, $3)"
	" ORDER BY r.stream, r.xid, r.id",
	5,
	{INT2OID, PG_SNAPSHOTOID, PG_SNAPSHOTOID, XID8OID, INT8OID}};

/* Takes up to `wanted` notices of what a cursor in the order of xid and id comes to. */
static void
read_range(Portal portal, const Position *cut, int32 wanted, Range *range)
{
	uint64 fetched;

	do
	{
		SPI_cursor_fetch(portal, true, READ_AT_ONCE);
		fetched = SPI_processed;
		for (uint64 row = 0; row < fetched && range->count < wanted; row++)
		{
			Position row_end = {column(row, 1), DatumGetInt64(column(row, 2)),
								DatumGetInt16(column(row, 3))};
			bool cut_here =
				row_end.id == cut->id &&
				FullTransactionIdEquals(DatumGetFullTransactionId(row_end.xid),
										DatumGetFullTransactionId(cut->xid));
			int32 first = cut_here ? cut->place : 0;
			int32 taken = Min(wanted - range->count, row_end.place - first);

			if (taken <= 0)
				continue;
			row_end.place = first + taken;
			range->end = row_end;
			range->count += taken;
		}
		SPI_freetuptable(SPI_tuptable);
	} while (range->count < wanted && fetched == READ_AT_ONCE);
	SPI_cursor_close(portal);
}

/* What is left of a tick; a range of no notices when it is used up. */
static Range
find_range(int16 stream, const Cursor *cursor, int32 wanted)
{
	Range range = {.count = 0};
	Datum values[5];

	values[0] = Int16GetDatum(stream);
	values[1] = cursor->tick_a;
	values[2] = cursor->tick_b;
	values[3] = cursor->cut.xid;
	values[4] = Int64GetDatum(cursor->cut.id);
	read_range(pgi_sql_open_cursor(&under_way, values), &cursor->cut, wanted, &range);
	if (range.count == 0)
		read_range(pgi_sql_open_cursor(&later, values), &cursor->cut, wanted, &range);
	return range;
}

/*
 * What is committed now, but for what this transaction and those that began after it have
 * done: it may go on writing, and after a crash only numbers up to its own are never given
 * again.
 */
static Datum
present_snapshot(void)
{
	static PgiQuery query = {
		"SELECT format('%s:%s:%s', pg_snapshot_xmin(s.now), s.before, (SELECT"
		" string_agg(w.xid::text, ',' ORDER BY w.xid) FROM pg_snapshot_xip(s.now) AS "
		"w(xid)"
		" WHERE w.xid < s.before))::pg_snapshot"
		" FROM (SELECT p.now, least(pg_snapshot_xmax(p.now),"
		" pg_current_xact_id_if_assigned()) AS before"
		" FROM pg_current_snapshot() AS p(now)) AS s",
		0};

	pgi_sql_run(&query, NULL, NULL, SPI_OK_SELECT, 1);
	return keep_snapshot(column(0, 1));
}

/* A tick ends where it sees all that the one before saw. */
static bool
goes_on_from(Datum snapshot, Datum before)
{
	return DatumGetUInt64(DirectFunctionCall1(pg_snapshot_xmax, snapshot)) >=
		   DatumGetUInt64(DirectFunctionCall1(pg_snapshot_xmax, before));
}

/* Goes on from the last lease, in its tick or the next; 0 when there is nothing. */
static int64
lease_next(int16 stream, Cursor *cursor, int32 wanted, Datum worker, Datum lease)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.leases (stream, low, n, worker, until, tick_a,"
		" tick_b, cut_xid, cut_id, cut_place, from_xid, from_id, from_place)"
		" VALUES ($1, $2, $3, $4, clock_timestamp() + $5, $6, $7, $8, $9, $10, $11, $12,"
		" $13) RETURNING no",
		13,
		{INT2OID, INT8OID, INT4OID, TEXTOID, INTERVALOID, PG_SNAPSHOTOID, PG_SNAPSHOTOID,
		 XID8OID, INT8OID, INT4OID, XID8OID, INT8OID, INT4OID}};
	Range range = find_range(stream, cursor, wanted);
	Datum values[13];

	if (range.count == 0)
	{
		cursor->tick_a = cursor->tick_b;
		cursor->tick_b = present_snapshot();
		if (!goes_on_from(cursor->tick_b, cursor->tick_a))
			return 0;
		cursor->cut =
			(Position){FullTransactionIdGetDatum(InvalidFullTransactionId), 0, 0};
		range = find_range(stream, cursor, wanted);
	}
	if (range.count == 0)
		return 0;
	values[0] = Int16GetDatum(stream);
	values[1] = Int64GetDatum(cursor->low);
	values[2] = Int32GetDatum(range.count);
	values[3] = worker;
	values[4] = lease;
	values[5] = cursor->tick_a;
	values[6] = cursor->tick_b;
	values[7] = range.end.xid;
	values[8] = Int64GetDatum(range.end.id);
	values[9] = Int32GetDatum(range.end.place);
	values[10] = cursor->cut.xid;
	values[11] = Int64GetDatum(cursor->cut.id);
	values[12] = Int32GetDatum(cursor->cut.place);
	pgi_sql_run(&query, values, NULL, SPI_OK_INSERT_RETURNING, 0);
	return DatumGetInt64(column(0, 1));
}

/*
 * (stream, worker, notices, lease): gives a worker the next notices of a stream, which the caller
 * has locked, and returns the number of the lease; NULL when there is none. What another worker
 * has let expire comes first, whatever number of notices that is. In READ COMMITTED only: an
 * old snapshot would miss leases.
 */
PG_FUNCTION_INFO_V1(pgi_lease_notices);
Datum
pgi_lease_notices(PG_FUNCTION_ARGS)
{
	int16 stream = PG_GETARG_INT16(0);
	Datum worker = PG_GETARG_DATUM(1);
	int32 wanted = PG_GETARG_INT32(2);
	Datum lease = PG_GETARG_DATUM(3);
	Cursor cursor;
	int64 no;

	SPI_connect();
	read_cursor(stream, &cursor);
	no = find_expired(stream, &cursor);
	if (no != 0 && end_expired(no))
		no = take_over(no, &cursor, worker, lease);
	else
		no = lease_next(stream, &cursor, wanted, worker, lease);
	SPI_finish();
	/* A number that is lost in a crash would be given again, and name another lease. */
	if (no != 0)
		ForceSyncCommit();
	if (no == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(no);
}

/* The transaction that writes, for rows that say so; called immutable to be generated. */
PG_FUNCTION_INFO_V1(pgi_writing_xid);
Datum
pgi_writing_xid(PG_FUNCTION_ARGS)
{
	PG_RETURN_FULLTRANSACTIONID(GetTopFullTransactionId());
}
