/*
 * risk_document.h: reads the document of a risk method.
 */
#ifndef PGI_RISK_DOCUMENT_H
#define PGI_RISK_DOCUMENT_H

#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "kernel/risk_check.h"

extern bool pgi_risk_document_whole_multiple(Numeric number, int64 unit, int64 limit,
											 int64 *result);
extern bool pgi_risk_document_combination(const char *word, PgiCombination *combination);
extern int pgi_risk_document_read(Jsonb *document, PgiRiskSource *source,
								  PgiRiskProblem *problems, int room);

#endif
