/*
 * eport.h: the eport policy, written out by hand for the kernel's tests.
 */
#ifndef PGI_TEST_EPORT_H
#define PGI_TEST_EPORT_H

#include <string.h>

#include "kernel/policy.h"

#define MINUTE INT64_C(60000000)
#define HOUR (60 * MINUTE)

enum
{
	L_NONE = 0,
	L3 = 7,
	L2 = 8,
	L1 = 9
};

enum
{
	MINOR = 2,
	MODERATE = 3,
	SEVERE = 4
};

static inline void
set_row(PgiPolicySource *source, int asset, int severe, int moderate, int minor)
{
	const int response[3] = {minor, moderate, severe};

	for (int i = 0; i < 3; i++)
	{
		source->given[asset][MINOR + i] = true;
		source->event_level[asset][MINOR + i] = (uint8_t) asset;
		source->response_level[asset][MINOR + i] = (uint8_t) response[i];
	}
}

static inline PgiPolicySource
eport_source(void)
{
	PgiPolicySource source;

	pgi_policy_source_init(&source);
	source.defined[L1] = source.defined[L2] = source.defined[L3] =
		source.defined[L_NONE] = true;
	source.known[MINOR] = source.known[MODERATE] = source.known[SEVERE] = true;
	source.limit[PGI_CLOCK_PROCESSING][L1] = 2 * HOUR;
	source.limit[PGI_CLOCK_PROCESSING][L2] = 4 * HOUR;
	source.limit[PGI_CLOCK_PROCESSING][L3] = 8 * HOUR;
	source.limit[PGI_CLOCK_PROCESSING][L_NONE] = PGI_NEVER;
	set_row(&source, L1, L1, L1, L2);
	set_row(&source, L2, L1, L2, L2);
	set_row(&source, L3, L2, L3, L3);
	set_row(&source, L_NONE, L_NONE, L_NONE, L_NONE);
	return source;
}

static inline PgiPolicy
eport(void)
{
	PgiPolicySource source = eport_source();
	PgiPolicy policy;

	pgi_policy_compile(&source, &policy);
	return policy;
}

#endif
