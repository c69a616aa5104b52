/*
 * clock.c: whether the server's clock can be trusted.
 *
 * Everything is decided by the clock on the wall. How far that has jumped shows against the
 * clock that counts since the machine's start.
 */
#include "postgres.h"

#include <time.h>

#include "storage/fd.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "timer/clock.h"

/* The id that the kernel gave to the machine's start; NULL when it tells none. */
static const char *
boot_id(void)
{
	static char *id = NULL;
	static bool asked = false;
	char line[64];
	FILE *file;

	if (asked)
		return id;
	file = AllocateFile("/proc/sys/kernel/random/boot_id", "r");
	if (file != NULL)
	{
		if (fgets(line, sizeof(line), file) != NULL)
			id = MemoryContextStrdup(TopMemoryContext, strtok(line, "\n"));
		FreeFile(file);
	}
	asked = true;
	return id;
}

PgiClocks
pgi_clock_read(void)
{
	PgiClocks clocks = {.start = boot_id()};
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		elog(ERROR, "could not read the clock: %m");
	clocks.wall = GetCurrentTimestamp();
	clocks.boot = (int64) now.tv_sec * USECS_PER_SEC + now.tv_nsec / 1000;
	return clocks;
}

/*
 * How far the clock on the wall has jumped since then, in microseconds; 0 when that is no
 * news. When the machine was started anew meanwhile, or this is another one, only a step
 * back shows.
 */
int64
pgi_clock_jump(const PgiClocks *then)
{
	PgiClocks now = pgi_clock_read();
	int64 step = now.wall - then->wall;

	if (then->start != NULL && now.start != NULL && strcmp(then->start, now.start) == 0)
		step -= now.boot - then->boot;
	else
		step = Min(step, 0);
	return step >= -PGI_STEP_TOLERATED && step <= PGI_STEP_TOLERATED ? 0 : step;
}
