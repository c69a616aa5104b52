/*
 * tap.h: the least that prints TAP.
 */
#ifndef PGI_TEST_TAP_H
#define PGI_TEST_TAP_H

#include <stdio.h>

static int tap_run = 0;
static int tap_failed = 0;

static inline void
ok(int passed, const char *name)
{
	tap_run++;
	if (!passed)
		tap_failed++;
	printf("%sok %d - %s\n", passed ? "" : "not ", tap_run, name);
}

static inline int
done_testing(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed > 0;
}

#endif
