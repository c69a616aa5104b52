/*
 * reach.h: what can become of a policy's duties, by the table of statuses.
 */
#ifndef PGI_KERNEL_REACH_H
#define PGI_KERNEL_REACH_H

#include "kernel/policy.h"

typedef struct PgiDutyReach
{
	bool begins;
	bool is_done;		/* by the fact that does it, after it has begun */
	bool while_running; /* it is going on while the processing clock runs */
} PgiDutyReach;

extern PgiDutyReach pgi_reach_of_duty(const PgiPolicySource *source, int duty);

#endif
