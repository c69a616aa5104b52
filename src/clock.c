/*
 * clock.c: whether the server's clock can be trusted.
 *
 * Everything is decided by the clock on the wall. Each tick compares how far that and the
 * clock that counts since the machine's start have come since the tick before, and says so
 * when they differ.
 */
#include "postgres.h"

#include <time.h>

#include "utils/timestamp.h"

#include "clock.h"
#include "sql.h"

/* Clocks are kept right by small steps; those are no news. */
#define TOLERATED (5 * USECS_PER_SEC)

/* Microseconds since the machine started, sleep included. */
int64
pgi_boot_clock(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		elog(ERROR, "could not read the clock: %m");
	return (int64) now.tv_sec * USECS_PER_SEC + now.tv_nsec / 1000;
}

/*
 * How far the clock on the wall has jumped since the tick before, or NULL. After the
 * machine was started anew only a step back shows. Within SPI.
 */
Interval *
pgi_clock_step(void)
{
	static PgiQuery query = {"SELECT finished_at, boot_clock FROM incident.last_tick"
							 " WHERE finished_at IS NOT NULL",
							 0};
	int64 boot_clock = pgi_boot_clock();
	TimestampTz now = GetCurrentTimestamp();
	Interval *interval;
	Datum before;
	bool isnull;
	int64 step;

	if (pgi_run(&query, NULL, NULL, SPI_OK_SELECT, 0) == 0)
		return NULL;
	step = now - DatumGetTimestampTz(pgi_column(0, 1, &isnull));
	before = pgi_column(0, 2, &isnull);
	if (!isnull && DatumGetInt64(before) <= boot_clock)
		step -= boot_clock - DatumGetInt64(before);
	else
		step = Min(step, 0);
	if (step >= -TOLERATED && step <= TOLERATED)
		return NULL;
	interval = palloc0(sizeof(Interval));
	interval->time = step;
	return interval;
}
