/*
 * job_state.c: what pg_cron of this database knows of the job that runs the tick.
 *
 * Its tables are read row by row, and only when they are plain tables that belong to the
 * extension pg_cron. Whoever may make a schema could call it cron and put views there: to
 * query them would be to run his code.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "tick/schedule.h"

/* Schedule and last run of a job, as job_state() gives them. */
enum
{
	SCHEDULE,
	LAST_RUN_AT,
	LAST_RUN,
	JOB_COLUMNS
};

typedef struct Job
{
	int64 id;
	Datum schedule;
} Job;

/* A table of pg_cron; NULL when there is none. */
static Relation
open_table(const char *name)
{
	Oid extension = get_extension_oid("pg_cron", true);
	Oid schema = get_namespace_oid("cron", true);
	Oid table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	Relation relation;

	if (!OidIsValid(extension) || !OidIsValid(table))
		return NULL;
	relation = try_relation_open(table, AccessShareLock);
	if (relation != NULL &&
		(relation->rd_rel->relkind != RELKIND_RELATION ||
		 getExtensionOfObject(RelationRelationId, table) != extension))
	{
		relation_close(relation, AccessShareLock);
		return NULL;
	}
	return relation;
}

/* The value of a column; null when the row has none, or the table no such column. */
static Datum
value(Relation relation, HeapTuple row, const char *name, Oid type, bool *isnull)
{
	AttrNumber number = get_attnum(RelationGetRelid(relation), name);

	*isnull = true;
	if (number <= 0 ||
		TupleDescAttr(RelationGetDescr(relation), number - 1)->atttypid != type)
		return (Datum) 0;
	return heap_getattr(row, number, RelationGetDescr(relation), isnull);
}

/* Whether a column of texts or of names is this one. */
static bool
says(Relation relation, HeapTuple row, const char *name, const char *wanted)
{
	bool isnull;
	Datum found = value(relation, row, name, TEXTOID, &isnull);

	if (!isnull)
		return strcmp(TextDatumGetCString(found), wanted) == 0;
	found = value(relation, row, name, NAMEOID, &isnull);
	return !isnull && strcmp(NameStr(*DatumGetName(found)), wanted) == 0;
}

/* The jobs of any role that run the tick of this database. */
static List *
find_jobs(Snapshot snapshot)
{
	Relation relation = open_table("job");
	char *database = get_database_name(MyDatabaseId);
	char *job_name = pgi_schedule_job_name(database);
	List *jobs = NIL;
	SysScanDesc scan;
	HeapTuple row;

	if (relation == NULL)
		return NIL;
	scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
	while ((row = systable_getnext(scan)) != NULL)
	{
		bool no_id;
		bool no_schedule;
		Datum id = value(relation, row, "jobid", INT8OID, &no_id);
		Datum schedule = value(relation, row, "schedule", TEXTOID, &no_schedule);

		if (!no_id && !no_schedule && says(relation, row, "jobname", job_name) &&
			says(relation, row, "database", database) &&
			says(relation, row, "command", PGI_JOB_COMMAND))
		{
			Job *job = palloc(sizeof(Job));

			job->id = DatumGetInt64(id);
			job->schedule = PointerGetDatum(DatumGetTextPCopy(schedule));
			jobs = lappend(jobs, job);
		}
	}
	systable_endscan(scan);
	relation_close(relation, AccessShareLock);
	return jobs;
}

static Job *
job_of(List *jobs, int64 id)
{
	ListCell *cell;

	foreach (cell, jobs)
	{
		Job *job = lfirst(cell);

		if (job->id == id)
			return job;
	}
	return NULL;
}

/* Takes the newest run of one of the jobs, if any has run. */
static void
find_last_run(List *jobs, Snapshot snapshot, Datum *values, bool *nulls)
{
	Relation relation = open_table("job_run_details");
	Oid key = relation == NULL ? InvalidOid : PGI_PRIMARY_KEY_INDEX(relation);
	Relation index;
	SysScanDesc scan;
	HeapTuple row;

	if (relation == NULL)
		return;
	if (!OidIsValid(key))
	{
		relation_close(relation, AccessShareLock);
		return;
	}
	index = index_open(key, AccessShareLock);
	scan = systable_beginscan_ordered(relation, index, snapshot, 0, NULL);
	while (nulls[LAST_RUN_AT] &&
		   (row = systable_getnext_ordered(scan, BackwardScanDirection)) != NULL)
	{
		bool no_id;
		int64 id = DatumGetInt64(value(relation, row, "jobid", INT8OID, &no_id));
		Job *job = no_id ? NULL : job_of(jobs, id);

		CHECK_FOR_INTERRUPTS();
		if (job == NULL)
			continue;
		values[LAST_RUN_AT] =
			value(relation, row, "start_time", TIMESTAMPTZOID, &nulls[LAST_RUN_AT]);
		values[LAST_RUN] = value(relation, row, "status", TEXTOID, &nulls[LAST_RUN]);
		if (!nulls[LAST_RUN])
			values[LAST_RUN] = PointerGetDatum(DatumGetTextPCopy(values[LAST_RUN]));
		values[SCHEDULE] = job->schedule;
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	relation_close(relation, AccessShareLock);
}

PG_FUNCTION_INFO_V1(pgi_job_state);
Datum
pgi_job_state(PG_FUNCTION_ARGS)
{
	Snapshot snapshot = GetActiveSnapshot();
	List *jobs = find_jobs(snapshot);
	Datum values[JOB_COLUMNS] = {0};
	bool nulls[JOB_COLUMNS] = {true, true, true};
	TupleDesc descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (jobs != NIL)
	{
		values[SCHEDULE] = ((Job *) linitial(jobs))->schedule;
		nulls[SCHEDULE] = false;
		find_last_run(jobs, snapshot, values, nulls);
	}
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
