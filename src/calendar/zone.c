/*
 * zone.c: the offsets of a time zone, from the server's own time zone data.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "calendar/zone.h"

/* The moment from which the server counts, in seconds of the time zone library. */
#define UNIX_SECONDS ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* Appends the offset that holds from a moment on, unless it is that from before. */
static PgiOffset *
add_offset(PgiOffset *offsets, int *count, pg_time_t from, const pg_tz *zone)
{
	const struct pg_tm *tm = pg_localtime(&from, zone);
	int n = *count;

	if (tm == NULL)
		elog(ERROR, "no local time in time zone \"%s\"",
			 pg_get_timezone_name((pg_tz *) zone));
	if (n > 0 && offsets[n - 1].seconds == tm->tm_gmtoff)
		return offsets;
	if (n > 0 && (n & (n - 1)) == 0)
		offsets = repalloc(offsets, sizeof(PgiOffset) * 2 * n);
	offsets[n].from = (int64) (from - UNIX_SECONDS) * USECS_PER_SEC;
	offsets[n].seconds = (int32) tm->tm_gmtoff;
	(*count)++;
	return offsets;
}

/*
 * The offsets that a zone has from one moment until another, the first also before. Errors when the
 * server does not know the zone, which is that of `what`.
 */
PgiOffset *
pgi_zone_offsets_between(const char *name, const char *what, int64 from, int64 until,
						 MemoryContext context, int *count)
{
	const pg_tz *zone = pg_tzset(name);
	pg_time_t moment = from / USECS_PER_SEC + UNIX_SECONDS;
	const pg_time_t end = until / USECS_PER_SEC + UNIX_SECONDS;
	PgiOffset *offsets;

	if (zone == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this server does not know time zone \"%s\" of %s",
							   pgi_argument_clip(name), what)));
	offsets = MemoryContextAlloc(context, sizeof(PgiOffset));
	*count = 0;
	while (moment < end)
	{
		long before, after;
		int before_dst, after_dst;
		pg_time_t change;

		offsets = add_offset(offsets, count, moment, zone);
		/* At the last change in its store it would not look for more. */
		moment++;
		if (pg_next_dst_boundary(&moment, &before, &before_dst, &change, &after,
								 &after_dst, zone) <= 0)
			break;
		moment = change;
	}
	return offsets;
}

/* The offsets of a zone, as a calendar's source has them. */
PgiOffset *
pgi_zone_offsets(const char *name, const char *what, MemoryContext context, int *count)
{
	return pgi_zone_offsets_between(name, what, PGI_REACH_FIRST, PGI_ZONE_REPEATS,
									context, count);
}
