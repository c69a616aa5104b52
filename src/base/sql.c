/*
 * sql.c: runs the extension's own SQL.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "optimizer/cost.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/sql.h"

/* The type of the extension with this name. */
Oid
pgi_sql_type(const char *name)
{
	Oid schema = get_namespace_oid(PGI_PUBLIC_SCHEMA, false);

	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(schema));
}

/* The table of the extension with this name; InvalidOid when there is none. */
Oid
pgi_sql_relation(const char *name)
{
	Oid schema = get_namespace_oid(PGI_INTERNAL_SCHEMA, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

/* The role that the extension belongs to. */
Oid
pgi_sql_owner(void)
{
	Oid relation = pgi_sql_relation("policies");
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("table incident_internal.policies does not exist"),
						errhint("Run CREATE EXTENSION pg_incident in this database.")));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static void
set_for_now(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

/*
 * Works as the extension's owner with a pinned path until pgi_sql_become_caller. An error in
 * between restores both with the transaction.
 */
void
pgi_sql_become_owner(PgiOwnerScope *scope)
{
	GetUserIdAndSecContext(&scope->user, &scope->security);
	scope->guc_level = NewGUCNestLevel();
	set_for_now("search_path", "pg_catalog, pg_temp");
	if (!row_security) /* which makes walled views an error */
		set_for_now("row_security", "on");
	SetUserIdAndSecContext(pgi_sql_owner(),
						   scope->security | SECURITY_LOCAL_USERID_CHANGE);
}

void
pgi_sql_become_caller(const PgiOwnerScope *scope)
{
	AtEOXact_GUC(true, scope->guc_level);
	SetUserIdAndSecContext(scope->user, scope->security);
}

/* The type that one of a query's arguments, or a column, has. */
Oid
pgi_sql_type_of(Oid type)
{
	switch (type)
	{
		case PGI_TYPE_LEVEL:
			return pgi_sql_type("level");
		case PGI_TYPE_SEVERITY:
			return pgi_sql_type("severity");
		default:
			return type;
	}
}

/* The query's plan; prepared anew when the extension was dropped and created again. */
SPIPlanPtr
pgi_sql_plan(PgiQuery *query)
{
	Oid level_type = pgi_sql_type("level");
	Oid types[PGI_QUERY_ARGS];

	if (query->plan != NULL && query->level_type == level_type)
		return query->plan;
	if (query->plan != NULL)
	{
		SPI_freeplan(query->plan);
		query->plan = NULL;
	}
	for (int i = 0; i < query->nargs; i++)
		types[i] = pgi_sql_type_of(query->types[i]);
	query->plan = SPI_prepare(query->sql, query->nargs, types);
	if (query->plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query->sql,
			 SPI_result_code_string(SPI_result));
	SPI_keepplan(query->plan);
	query->level_type = level_type;
	return query->plan;
}

/*
 * Every query here finds its rows by an index, or reads a table of one row: a plan that was
 * made while a table was small must not go on reading all of it when it has grown, and
 * compiling never pays; nor must it depend on what the session has set. Returns the GUC nest level to end.
 */
static int
pin_plans(void)
{
	int guc_level = NewGUCNestLevel();

	set_for_now("enable_seqscan", "off");
	set_for_now("enable_bitmapscan", "off");
	set_for_now("jit", "off");
	if (!enable_indexscan)
		set_for_now("enable_indexscan", "on");
	if (!enable_nestloop)
		set_for_now("enable_nestloop", "on");
	return guc_level;
}

static uint64
execute(PgiQuery *query, Datum *values, const char *nulls, bool read_only, int expected,
		long limit)
{
	int guc_level = pin_plans();
	int result = SPI_execute_plan(pgi_sql_plan(query), values, nulls, read_only, limit);

	AtEOXact_GUC(true, guc_level);
	if (result != expected)
		elog(ERROR, "\"%s\" ended with %s", query->sql, SPI_result_code_string(result));
	return SPI_processed;
}

/* Runs a query that may write and sees what has been committed; returns its rows. */
uint64
pgi_sql_run(PgiQuery *query, Datum *values, const char *nulls, int expected, long limit)
{
	return execute(query, values, nulls, false, expected, limit);
}

/* Runs a SELECT under the calling statement's snapshot; returns its rows. */
uint64
pgi_sql_read(PgiQuery *query, Datum *values, const char *nulls)
{
	return execute(query, values, nulls, true, SPI_OK_SELECT, 0);
}

/*
 * Runs a statement over whole tables, planned as any other; the rows of a SELECT go to the
 * receiver. Returns how many it made.
 */
uint64
pgi_sql_run_over_all(PgiQuery *query, Datum *values, DestReceiver *receiver)
{
	SPIExecuteOptions options = {.params = makeParamList(query->nargs), .dest = receiver};
	SPIPlanPtr plan = pgi_sql_plan(query);
	int result;

	for (int i = 0; i < query->nargs; i++)
	{
		options.params->params[i].value = values[i];
		options.params->params[i].isnull = false;
		options.params->params[i].pflags = PARAM_FLAG_CONST;
		options.params->params[i].ptype = query->types[i];
	}
	result = SPI_execute_plan_extended(plan, &options);
	if (result < 0)
		elog(ERROR, "\"%s\" ended with %s", query->sql, SPI_result_code_string(result));
	return SPI_processed;
}

/* A cursor over the rows of a query in the order of an index. */
Portal
pgi_sql_open_cursor(PgiQuery *query, Datum *values)
{
	int guc_level = pin_plans();
	Portal portal;

	set_for_now("enable_sort", "off");
	portal = SPI_cursor_open(NULL, pgi_sql_plan(query), values, NULL, false);
	AtEOXact_GUC(true, guc_level);
	return portal;
}

/*
 * Runs a SELECT under the newest snapshot, not the transaction's, for what outlives the
 * transaction: a backend in REPEATABLE READ would otherwise keep rows that are old for
 * everybody else.
 */
void
pgi_sql_read_newest(PgiQuery *query, Datum *values)
{
	Snapshot snapshot;
	int result;

	InvalidateCatalogSnapshot();
	snapshot = RegisterSnapshot(GetCatalogSnapshot(RelationRelationId));
	result = SPI_execute_snapshot(pgi_sql_plan(query), values, NULL, snapshot,
								  InvalidSnapshot, true, false, 0);
	UnregisterSnapshot(snapshot);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" ended with %s", query->sql, SPI_result_code_string(result));
}

/* A column of a row of the newest result; columns count from 1. */
Datum
pgi_sql_column(uint64 row, int number, bool *isnull)
{
	if (row >= SPI_processed)
		elog(ERROR, "a query gave no row %d", (int) row + 1);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, isnull);
}

/* A text value for a query, and the mark that says whether it is null. */
Datum
pgi_sql_string_or_null(const char *string, char *null)
{
	*null = string == NULL ? 'n' : ' ';
	return string == NULL ? (Datum) 0 : CStringGetTextDatum(string);
}
