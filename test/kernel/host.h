/*
 * host.h: memory for calendars that tests compile.
 */
#ifndef PGI_TEST_HOST_H
#define PGI_TEST_HOST_H

#include <stdint.h>
#include <stdlib.h>

static void *
allocate(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	if (block == NULL)
		abort();
	return block;
}

static void
release(void *owner, void *block)
{
	(void) owner;
	free(block);
}

#endif
