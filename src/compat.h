/*
 * Differences between the PostgreSQL versions that are supported (15 to 18).
 * No other file tests the version.
 */
#ifndef PG_INCIDENT_COMPAT_H
#define PG_INCIDENT_COMPAT_H

/* PostgreSQL 16 brought soft errors. Before it, every error is a hard one. */
#if PG_VERSION_NUM < 160000
#define ereturn(escontext, dummy_value, ...) \
	do                                       \
	{                                        \
		(void) (escontext);                  \
		ereport(ERROR, __VA_ARGS__);         \
	} while (0)
#endif

/* PostgreSQL 16 moved the macros of variable-length values. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* PostgreSQL 17 brought infinite intervals. */
#if PG_VERSION_NUM >= 170000
#define PGI_INTERVAL_NOT_FINITE(interval) INTERVAL_NOT_FINITE(interval)
#else
#define PGI_INTERVAL_NOT_FINITE(interval) false
#endif

#endif
