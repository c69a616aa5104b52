/*
 * Differences between the PostgreSQL versions that are supported (15 to 18).
 * No other file tests the version.
 */
#ifndef PG_INCIDENT_COMPAT_H
#define PG_INCIDENT_COMPAT_H

#include "fmgr.h"

/*
 * PostgreSQL 16 marks what a library hands out. Before it, everything was handed out; here what
 * is not marked is hidden (Makefile).
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#undef PG_FUNCTION_INFO_V1
#define PG_FUNCTION_INFO_V1(funcname)                                               \
	extern PGDLLEXPORT Datum funcname(PG_FUNCTION_ARGS);                            \
	extern PGDLLEXPORT const Pg_finfo_record *CppConcat(pg_finfo_, funcname)(void); \
	const Pg_finfo_record *CppConcat(pg_finfo_, funcname)(void)                     \
	{                                                                               \
		static const Pg_finfo_record my_finfo = {1};                                \
		return &my_finfo;                                                           \
	}                                                                               \
	extern int no_such_variable
#endif

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

/* Index entries for a new row; PostgreSQL 16 added summarizing indexes. */
#if PG_VERSION_NUM >= 160000
#define PGI_INSERT_INDEX_TUPLES(info, slot, estate) \
	ExecInsertIndexTuples(info, slot, estate, false, false, NULL, NIL, false)
#define PgiUpdateIndexes TU_UpdateIndexes
#define PGI_NO_INDEX_UPDATE TU_None
#else
#define PGI_INSERT_INDEX_TUPLES(info, slot, estate) \
	ExecInsertIndexTuples(info, slot, estate, false, false, NULL, NIL)
#define PgiUpdateIndexes bool
#define PGI_NO_INDEX_UPDATE false
#endif

/* PostgreSQL 18 added instrumentation to index scans. */
#if PG_VERSION_NUM >= 180000
#define PGI_INDEX_BEGINSCAN(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#else
#define PGI_INDEX_BEGINSCAN(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, nkeys, 0)
#endif

/* The primary key's index; PostgreSQL 18 asks whether it may be deferrable. */
#if PG_VERSION_NUM >= 180000
#define PGI_PRIMARY_KEY_INDEX(relation) RelationGetPrimaryKeyIndex(relation, false)
#else
#define PGI_PRIMARY_KEY_INDEX(relation) RelationGetPrimaryKeyIndex(relation)
#endif

/* PostgreSQL 18 has one word for this, before a function's type. */
#if PG_VERSION_NUM >= 180000
#define PGI_NORETURN pg_noreturn
#else
#define PGI_NORETURN __attribute__((noreturn))
#endif

#endif
