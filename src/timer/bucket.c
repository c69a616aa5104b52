/*
 * bucket.c: the months, days and minutes under which rows are kept.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "timer/bucket.h"
#include "timer/clock.h"

/* The month of a moment in UTC, counted from January 2000. */
int32
pgi_bucket_month(TimestampTz at)
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
pgi_bucket_minute(TimestampTz at)
{
	int64 minute = at / USECS_PER_MINUTE - (at % USECS_PER_MINUTE < 0);

	return (int32) Max(Min(minute, PG_INT32_MAX), PG_INT32_MIN);
}

PG_FUNCTION_INFO_V1(pgi_bucket_of);
Datum
pgi_bucket_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_bucket_minute(PG_GETARG_TIMESTAMPTZ(0)));
}

#define MINUTES_PER_DAY (MINS_PER_HOUR * HOURS_PER_DAY)

/* Days since 2000: timers of one are in the same partition. */
int32
pgi_bucket_day(int32 bucket)
{
	return bucket / MINUTES_PER_DAY - (bucket % MINUTES_PER_DAY < 0);
}

/* The minute in which a timer is put whose moment has passed. */
int32
pgi_bucket_present(void)
{
	return pgi_bucket_minute(GetCurrentTimestamp() + PGI_STEP_TOLERATED);
}
