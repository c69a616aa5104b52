/*
 * sql.h: SQL that the extension runs itself: prepared once, as the extension's owner
 * where the caller has no rights of its own.
 */
#ifndef PGI_SQL_H
#define PGI_SQL_H

#include "executor/spi.h"
#include "tcop/dest.h"

/* What people call, and everything else. */
#define PGI_PUBLIC_SCHEMA "incident"
#define PGI_INTERNAL_SCHEMA "incident_internal"

/* Stand for types of the extension in a query's argument list. */
#define PGI_TYPE_LEVEL ((Oid) 1)
#define PGI_TYPE_SEVERITY ((Oid) 2)

#define PGI_QUERY_ARGS 29

/* A statement, prepared when it is first run; declare it static. */
typedef struct PgiQuery
{
	const char *sql;
	int nargs;
	Oid types[PGI_QUERY_ARGS];
	SPIPlanPtr plan;
	Oid level_type; /* of the extension the plan was made for */
} PgiQuery;

/* What pgi_sql_become_owner changed. */
typedef struct PgiOwnerScope
{
	Oid user;
	int security;
	int guc_level;
} PgiOwnerScope;

extern Oid pgi_sql_type(const char *name);
extern Oid pgi_sql_type_of(Oid type);
extern Oid pgi_sql_relation(const char *name);
extern Oid pgi_sql_owner(void);
extern void pgi_sql_become_owner(PgiOwnerScope *scope);
extern void pgi_sql_become_caller(const PgiOwnerScope *scope);
extern SPIPlanPtr pgi_sql_plan(PgiQuery *query);
extern uint64 pgi_sql_run(PgiQuery *query, Datum *values, const char *nulls, int expected,
						  long limit);
extern uint64 pgi_sql_run_over_all(PgiQuery *query, Datum *values,
								   DestReceiver *receiver);
extern uint64 pgi_sql_read(PgiQuery *query, Datum *values, const char *nulls);
extern Portal pgi_sql_open_cursor(PgiQuery *query, Datum *values);
extern void pgi_sql_read_newest(PgiQuery *query, Datum *values);
extern Datum pgi_sql_column(uint64 row, int number, bool *isnull);
extern Datum pgi_sql_string_or_null(const char *string, char *null);

#endif
