/*
 * timer.c: timers, which say when to look at an incident again.
 *
 * Timers that are set together for the same minute share a row: a tick sets thousands, and
 * a row each, with its place in an index, would cost more than deciding does.
 *
 * A timer is put into the minute of the moment it is for, or into the current one if that
 * has passed. So once the transactions of a minute have ended, nobody adds to it any more,
 * and ticks need not look at it again (see watermark.c). The current minute is that of a
 * little later: the clock may be set back by so much without anybody noticing.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "sql.h"
#include "timer.h"

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

/* The minute under which a timer is found that is set `now`. */
int32
pgi_timer_bucket(TimestampTz due_at, TimestampTz now)
{
	return pgi_bucket(Max(due_at, now + PGI_STEP_TOLERATED));
}

PG_FUNCTION_INFO_V1(pgi_timer_bucket_now);
Datum
pgi_timer_bucket_now(PG_FUNCTION_ARGS)
{
	(void) GetTopTransactionId();
	PG_RETURN_INT32(pgi_timer_bucket(PG_GETARG_TIMESTAMPTZ(0), GetCurrentTimestamp()));
}

/* A timer that is set `now`. The transaction must have an id from before then. */
void
pgi_timer_make(PgiDue *timer, int32 org_id, int64 incident_id, TimestampTz due_at,
			   TimestampTz now)
{
	timer->org_id = org_id;
	timer->bucket = pgi_timer_bucket(due_at, now);
	timer->incident_id = incident_id;
	timer->due_at = due_at;
}

/*
 * A row of incident.timers with the first of some timers and those next to it that belong
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

/* Sets a timer for an incident whose next_due has become `due_at`. Within SPI. */
void
pgi_timer_set(int32 org_id, int64 incident_id, TimestampTz due_at)
{
	static PgiQuery query = {
		"INSERT INTO incident.timers (bucket, org_id, incidents, moments)"
		" VALUES ($1, $2, $3, $4)",
		PGI_TIMER_COLUMNS,
		{INT4OID, INT4OID, INT8ARRAYOID, TIMESTAMPTZARRAYOID}};
	Datum values[PGI_TIMER_COLUMNS];
	PgiDue timer;

	(void) GetTopTransactionId();
	pgi_timer_make(&timer, org_id, incident_id, due_at, GetCurrentTimestamp());
	(void) pgi_timer_row(&timer, 1, values);
	pgi_run(&query, values, NULL, SPI_OK_INSERT, 0);
}
