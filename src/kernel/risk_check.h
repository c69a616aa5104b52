/*
 * risk_check.h: what is wrong with a risk method.
 */
#ifndef PGI_KERNEL_RISK_CHECK_H
#define PGI_KERNEL_RISK_CHECK_H

#include "kernel/risk.h"

/* What is wrong with a method: the place as a JSON path, and a sentence. */
typedef struct PgiRiskProblem
{
	char place[64];
	char text[160];
} PgiRiskProblem;

extern int pgi_risk_check(const PgiRiskSource *source, PgiRiskProblem *problems,
						  int room);

#endif
