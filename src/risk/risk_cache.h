/*
 * risk_cache.h: compiled risk methods, kept for as long as nothing changes them.
 */
#ifndef PGI_RISK_CACHE_H
#define PGI_RISK_CACHE_H

#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "kernel/risk.h"

extern const PgiRiskMethod *pgi_risk_method(int32 method_id);
extern int32 pgi_risk_method_version(const char *name, int32 version);

/* In risk_document.c. */
extern bool pgi_whole_multiple(Numeric number, int64 unit, int64 limit, int64 *result);
extern bool pgi_find_combination(const char *word, PgiCombination *combination);
extern int pgi_read_risk_document(Jsonb *document, PgiRiskSource *source,
								  PgiRiskProblem *problems, int room);

#endif
