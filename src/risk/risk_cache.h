/*
 * risk_cache.h: compiled risk methods, kept for as long as nothing changes them.
 */
#ifndef PGI_RISK_CACHE_H
#define PGI_RISK_CACHE_H

#include "kernel/risk.h"

extern const PgiRiskMethod *pgi_risk_method(int32 method_id);
extern int32 pgi_risk_method_version(const char *name, int32 version);

#endif
