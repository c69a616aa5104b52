/*
 * moment.c: moments of a clock that only goes forward, in milliseconds.
 */
#include <sys/random.h>
#include <time.h>

#include "relay/moment.h"

int64_t
moment_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * SECONDS + now.tv_nsec / 1000000;
}

/* From half to one and a half of a duration, so that relays which failed together come back apart.
 */
int64_t
moment_jitter(int64_t duration)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t) moment_now() * 2654435761U;
	return duration / 2 + (int64_t) ((double) chance / UINT32_MAX * (double) duration);
}
