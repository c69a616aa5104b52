/*
 * duty_functions.h: the duties of a policy by name.
 */
#ifndef PGI_DUTY_H
#define PGI_DUTY_H

#include "kernel/kind.h"
#include "kernel/policy.h"

/* Names by the number that the kernel gives a duty. */
typedef struct PgiDutyNames
{
	int count;
	char *name[PGI_MAX_DUTIES];
	bool is_report[PGI_MAX_DUTIES]; /* the policy says what it must tell */
} PgiDutyNames;

/* The number of the duty that a rule is about; -1: none. */
static inline int
pgi_duty_of_rule(int rule)
{
	if (rule >= PGI_RULE_DUTY_OVERDUE)
		return rule - PGI_RULE_DUTY_OVERDUE;
	return rule >= PGI_RULE_DUTY ? rule - PGI_RULE_DUTY : -1;
}

/* The same, with PGI_MAX_DUTIES for none. */
static inline uint8_t
pgi_duty_number_of_rule(int rule)
{
	int number = pgi_duty_of_rule(rule);

	return number < 0 || number >= PGI_MAX_DUTIES ? PGI_MAX_DUTIES : (uint8_t) number;
}

extern void pgi_read_duty_names(int32 policy_id, PgiDutyNames *names);
extern int pgi_duty_named(const PgiDutyNames *names, const char *name);

#endif
