/*
 * policy_check.h: what is wrong with a policy.
 */
#ifndef PGI_KERNEL_POLICY_CHECK_H
#define PGI_KERNEL_POLICY_CHECK_H

#include "kernel/policy.h"

/* The part of a policy that is wrong. */
typedef enum PgiPart
{
	PGI_PART_MATRIX,	  /* as a whole */
	PGI_PART_ROW,		  /* first: asset level, second: severity */
	PGI_PART_SEVERITY,	  /* first: severity */
	PGI_PART_LEVEL,		  /* first: level */
	PGI_PART_ACKNOWLEDGE, /* first: level, second: number of the time */
	PGI_PART_STEP,		  /* first: number of the step */
	PGI_PART_DUTY,		  /* first: number of the duty, second: level, or -1 */
	PGI_PART_MESSAGE	  /* first: number of the rule */
} PgiPart;

/* What is wrong: where, under which key of the part if any, and a sentence. */
typedef struct PgiProblem
{
	PgiPart part;
	int first;
	int second;
	const char *key;
	char text[200];
} PgiProblem;

extern int pgi_policy_check(const PgiPolicySource *source, PgiProblem *problems,
							int room);

#endif
