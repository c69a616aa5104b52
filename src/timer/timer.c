/*
 * timer.c: timers, which say when to look at an incident again.
 *
 * Timers that are set together for the same minute share a row: a tick sets thousands, and
 * a row each, with its place in an index, would cost more than deciding does.
 *
 * A timer is put into the minute of the moment it is for, or into a later one where ticks
 * are done with that already (see watermark.c). Which minutes those are is known in two ways.
 * By the clock it is those before the current one; but a clock may be wrong, and right again
 * before anybody notices. By what ticks have noted it is those before the first that they will
 * read; but a tick may just be noting more. So where the two differ, there is a timer for each.
 *
 * The current minute is that of a little later: the clock may be set back by so much at any
 * time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "timer/clock.h"
#include "timer/timer.h"
#include "timer/watermark.h"

/* The month of a moment in UTC, counted from January 2000. */
int32
pgi_month(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fraction;

	if (timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return (tm.tm_year - 2000) * MONTHS_PER_YEAR + tm.tm_mon - 1;
}

/* The minute of a moment, counted from 2000, as far as an integer goes. */
int32
pgi_bucket(TimestampTz at)
{
	int64 minute = at / USECS_PER_MINUTE - (at % USECS_PER_MINUTE < 0);

	return (int32) Max(Min(minute, PG_INT32_MAX), PG_INT32_MIN);
}

PG_FUNCTION_INFO_V1(pgi_bucket_of);
Datum
pgi_bucket_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_bucket(PG_GETARG_TIMESTAMPTZ(0)));
}

#define MINUTES_PER_DAY (MINS_PER_HOUR * HOURS_PER_DAY)

/* Days since 2000: timers of one are in the same partition. */
int32
pgi_day(int32 bucket)
{
	return bucket / MINUTES_PER_DAY - (bucket % MINUTES_PER_DAY < 0);
}

/* The minute in which a timer is put whose moment has passed. */
int32
pgi_present_bucket(void)
{
	return pgi_bucket(GetCurrentTimestamp() + PGI_STEP_TOLERATED);
}

/*
 * From when on ticks will read timers that this transaction sets. It has an id by then, so that
 * they wait for its end. Within SPI.
 */
PgiUnread
pgi_timer_unread(void)
{
	(void) GetTopTransactionId();
	return (PgiUnread){pgi_present_bucket(), pgi_watermark_unread()};
}

/* A timer for each way of knowing what is unread. Returns how many: one or two. */
int
pgi_timer_make(PgiDue *timers, int32 org_id, int64 incident_id, TimestampTz due_at,
			   const PgiUnread *unread)
{
	int32 bucket = pgi_bucket(due_at);

	timers[0] = (PgiDue){org_id, Max(bucket, unread->by_clock), incident_id, due_at};
	timers[1] = (PgiDue){org_id, Max(bucket, unread->by_ticks), incident_id, due_at};
	return timers[0].bucket == timers[1].bucket ? 1 : 2;
}

/*
 * A row of incident_internal.timers with the first of some timers and those next to it that belong
 * with it. Returns how many those are.
 */
int
pgi_timer_row(const PgiDue *timers, int ntimers, Datum *values)
{
	Datum incidents[PGI_TIMERS_A_ROW];
	Datum moments[PGI_TIMERS_A_ROW];
	int n = 0;

	while (n < Min(ntimers, PGI_TIMERS_A_ROW) && timers[n].bucket == timers->bucket &&
		   timers[n].org_id == timers->org_id)
	{
		incidents[n] = Int64GetDatum(timers[n].incident_id);
		moments[n] = TimestampTzGetDatum(timers[n].due_at);
		n++;
	}
	values[0] = Int32GetDatum(timers->bucket);
	values[1] = Int32GetDatum(timers->org_id);
	values[2] = PointerGetDatum(construct_array(incidents, n, INT8OID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[3] =
		PointerGetDatum(construct_array(moments, n, TIMESTAMPTZOID, sizeof(TimestampTz),
										FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	return n;
}

/* Has ticks find an incident whose next_due has become `due_at`. Within SPI. */
void
pgi_timer_set(int32 org_id, int64 incident_id, TimestampTz due_at)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.timers (bucket, org_id, incidents, moments)"
		" VALUES ($1, $2, $3, $4)",
		PGI_TIMER_COLUMNS,
		{INT4OID, INT4OID, INT8ARRAYOID, TIMESTAMPTZARRAYOID}};
	PgiUnread unread = pgi_timer_unread();
	PgiDue timers[PGI_TIMERS_MADE];
	int ntimers = pgi_timer_make(timers, org_id, incident_id, due_at, &unread);

	for (int i = 0; i < ntimers; i++)
	{
		Datum values[PGI_TIMER_COLUMNS];

		(void) pgi_timer_row(&timers[i], 1, values);
		pgi_run(&query, values, NULL, SPI_OK_INSERT, 0);
	}
}

PG_FUNCTION_INFO_V1(pgi_set_timer);
Datum
pgi_set_timer(PG_FUNCTION_ARGS)
{
	SPI_connect();
	pgi_timer_set(PG_GETARG_INT32(0), PG_GETARG_INT64(1), PG_GETARG_TIMESTAMPTZ(2));
	SPI_finish();
	PG_RETURN_VOID();
}
