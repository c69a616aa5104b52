/*
 * duty_names.h: the duties of a policy by name.
 */
#ifndef PGI_DUTY_NAMES_H
#define PGI_DUTY_NAMES_H

#include "kernel/policy.h"

/* Names by the number that the kernel gives a duty. */
typedef struct PgiDutyNames
{
	int count;
	char *name[PGI_MAX_DUTIES];
	bool is_report[PGI_MAX_DUTIES]; /* the policy says what it must tell */
} PgiDutyNames;

extern void pgi_duty_names_read(int32 policy_id, PgiDutyNames *names);
extern int pgi_duty_names_find(const PgiDutyNames *names, const char *name);

#endif
