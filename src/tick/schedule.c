/*
 * schedule.c: tells pg_cron to run the tick.
 *
 * Where pg_cron lives in this database it is called here. Where it lives in another one, a
 * background worker connects there as the calling role, makes the same call, and hands
 * back the result; it commits at once.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "tick/schedule.h"

#define MAX_TEXT 256
#define LONG_TEXT 1024

/* A call to pg_cron and its outcome, in memory shared with the worker. */
typedef struct CronCall
{
	Oid cron_database;
	Oid role;
	bool removes;
	char job[MAX_TEXT];
	char schedule[MAX_TEXT];
	char database[NAMEDATALEN]; /* where the job runs */
	/* outcome */
	bool done;
	int64 result;			 /* the job's id, or how many were removed */
	char removed[LONG_TEXT]; /* those of other roles */
	int sqlstate;
	char message[MAX_TEXT];
	char hint[LONG_TEXT];
} CronCall;

extern PGDLLEXPORT void pgi_cron_worker(Datum handle);

/* Runs a query with texts as arguments; returns its rows. Within SPI. */
static uint64
run_cron_sql(const char *sql, int nargs, const char *const *texts)
{
	Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[4];
	int outcome;

	for (int i = 0; i < nargs; i++)
		values[i] = CStringGetTextDatum(texts[i]);
	outcome = SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0);
	if (outcome != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" ended with %s", sql, SPI_result_code_string(outcome));
	return SPI_processed;
}

static Datum
result(int column)
{
	bool isnull;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull);
}

/* The statements that give the caller the rights which a call needs. */
static const char *
grants(const char *function, const char *arguments)
{
	const char *role = quote_identifier(GetUserNameFromId(GetUserId(), false));

	return psprintf("GRANT USAGE ON SCHEMA cron TO %s; GRANT EXECUTE ON FUNCTION "
					"cron.%s(%s) TO %s;",
					role, function, arguments, role);
}

/*
 * Errors unless pg_cron has this function and the caller may use it. A function or a table
 * that somebody else has put into a schema of that name is not called or read.
 */
static void
expect_function(const char *function, const char *arguments)
{
	const char *const names[] = {function, arguments};
	bool usage;
	bool execute;

	if (run_cron_sql(
			"SELECT has_schema_privilege(p.pronamespace, 'USAGE'),"
			" has_function_privilege(p.oid, 'EXECUTE')"
			" FROM pg_extension AS x JOIN pg_depend AS d ON d.refclassid = "
			"'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e'"
			" JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid"
			" JOIN pg_namespace AS n ON n.oid = p.pronamespace"
			" WHERE x.extname = 'pg_cron' AND n.nspname = 'cron' AND p.proname = $1"
			" AND oidvectortypes(p.proargtypes) = $2"
			" AND EXISTS (SELECT FROM pg_class AS c JOIN pg_depend AS t ON"
			"  t.classid = 'pg_class'::regclass AND t.objid = c.oid AND t.deptype = 'e'"
			"  WHERE t.refclassid = d.refclassid AND t.refobjid = x.oid"
			"  AND c.relnamespace = n.oid AND c.relname = 'job' AND c.relkind = 'r')",
			2, names) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("pg_cron of database \"%s\" has no function cron.%s(%s)",
							   get_database_name(MyDatabaseId), function, arguments),
						errhint("pg_cron 1.4 or newer is needed.")));
	usage = DatumGetBool(result(1));
	execute = DatumGetBool(result(2));
	if (!usage || !execute)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 usage ? errmsg("permission denied for function %s", function)
					   : errmsg("permission denied for schema cron"),
				 errhint("Run as a superuser in database \"%s\": %s",
						 get_database_name(MyDatabaseId), grants(function, arguments))));
}

/* Makes the job run by the schedule; returns its id. Within SPI. */
static int64
make_job(const CronCall *call)
{
	const char *const texts[] = {call->job, call->schedule, PGI_JOB_COMMAND,
								 call->database};

	if (call->cron_database == InvalidOid)
	{
		expect_function("schedule", "text, text, text");
		(void) run_cron_sql("SELECT cron.schedule($1, $2, $3)", 3, texts);
	}
	else
	{
		expect_function("schedule_in_database", "text, text, text, text, text, boolean");
		(void) run_cron_sql(
			"SELECT cron.schedule_in_database($1, $2, $3, $4, NULL::text, true)", 4,
			texts);
	}
	return DatumGetInt64(result(1));
}

/*
 * Removes the caller's job; a superuser's call removes those of all roles and says whose
 * they were. Returns how many. Within SPI.
 */
static int64
remove_jobs(CronCall *call)
{
	const char *const texts[] = {call->job, call->database, PGI_JOB_COMMAND};

	expect_function("unschedule", "bigint");
	(void) run_cron_sql(
		"SELECT count(cron.unschedule(j.jobid)), coalesce(string_agg(format("
		"'%s (job %s)', j.username, j.jobid), ', ' ORDER BY j.jobid)"
		" FILTER (WHERE j.username <> current_user), '')"
		" FROM cron.job AS j WHERE j.jobname = $1 AND j.database = $2"
		" AND j.command = $3 AND (j.username = current_user OR"
		"  (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user))",
		3, texts);
	strlcpy(call->removed, TextDatumGetCString(result(2)), LONG_TEXT);
	return DatumGetInt64(result(1));
}

/* Makes the call in the database of pg_cron. */
static int64
call_cron_here(CronCall *call)
{
	int64 outcome;

	if (!OidIsValid(get_extension_oid("pg_cron", true)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_cron is loaded, but database \"%s\" has no extension pg_cron",
						get_database_name(MyDatabaseId)),
				 errhint("Run CREATE EXTENSION pg_cron there.")));
	SPI_connect();
	outcome = call->removes ? remove_jobs(call) : make_job(call);
	SPI_finish();
	return outcome;
}

static void
copy_text(char *to, const char *from, const char *what)
{
	if (strlen(from) >= MAX_TEXT)
		ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						errmsg("%s is too long", what)));
	strcpy(to, from);
}

/* The worker: makes the call in the memory segment it is given. */
void
pgi_cron_worker(Datum handle)
{
	dsm_segment *segment;
	CronCall *call;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	segment = dsm_attach(DatumGetUInt32(handle));
	if (segment == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("could not attach to the request for pg_cron")));
	call = dsm_segment_address(segment);
	BackgroundWorkerInitializeConnectionByOid(call->cron_database, call->role, 0);

	StartTransactionCommand();
	PG_TRY();
	{
		SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION);
		PushActiveSnapshot(GetTransactionSnapshot());
		call->result = call_cron_here(call);
		PopActiveSnapshot();
		CommitTransactionCommand();
		call->done = true;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(TopMemoryContext);
		error = CopyErrorData();
		call->sqlstate = error->sqlerrcode;
		strlcpy(call->message, error->message, MAX_TEXT);
		if (error->hint != NULL)
			strlcpy(call->hint, error->hint, LONG_TEXT);
		PG_RE_THROW();
	}
	PG_END_TRY();
	dsm_detach(segment);
}

/* Has a worker make the call in the other database, and waits for it. */
static int64
call_cron_there(CronCall *request)
{
	dsm_segment *segment = dsm_create(sizeof(CronCall), 0);
	CronCall *call = dsm_segment_address(segment);
	BackgroundWorker worker = {0};
	BackgroundWorkerHandle *handle;
	int64 outcome;

	*call = *request;
	strcpy(worker.bgw_name, "pg_incident scheduling");
	strcpy(worker.bgw_type, "pg_incident scheduling");
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strcpy(worker.bgw_library_name, "pg_incident");
	strcpy(worker.bgw_function_name, "pgi_cron_worker");
	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(segment));
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("no background worker is free to reach pg_cron in its database"),
				 errhint("Raise max_worker_processes.")));
	PG_TRY();
	{
		if (WaitForBackgroundWorkerShutdown(handle) == BGWH_POSTMASTER_DIED)
			ereport(FATAL,
					(errcode(ERRCODE_ADMIN_SHUTDOWN), errmsg("the server has died")));
	}
	PG_CATCH();
	{
		/* Who gives up waiting does not want the job any more. */
		TerminateBackgroundWorker(handle);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (call->sqlstate != 0)
		ereport(ERROR, (errcode(call->sqlstate),
						errmsg("pg_cron in database \"%s\": %s",
							   get_database_name(call->cron_database), call->message),
						call->hint[0] == '\0' ? 0 : errhint("%s", call->hint)));
	if (!call->done)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("could not reach pg_cron in database \"%s\" as role \"%s\"",
						get_database_name(call->cron_database),
						GetUserNameFromId(call->role, false)),
				 errhint("The role needs CONNECT there; the server's log says more.")));
	outcome = call->result;
	strlcpy(request->removed, call->removed, LONG_TEXT);
	dsm_detach(segment);
	return outcome;
}

/* The database of pg_cron; the setting is hidden from ordinary roles, its name is not. */
static const char *
cron_database(void)
{
	const char *name = GetConfigOption("cron.database_name", true, false);

	if (name == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("pg_cron is not loaded in this server"),
			 errhint(
				 "Install the package postgresql-%d-cron, add pg_cron to "
				 "shared_preload_libraries, restart the server, and run CREATE "
				 "EXTENSION pg_cron in the database that cron.database_name names. Or "
				 "call incident.run_ticks() every minute by any other scheduler.",
				 PG_VERSION_NUM / 10000)));
	return name;
}

/* The name of a database's job, as far as pg_cron keeps it: it has the type name. */
char *
pgi_schedule_job_name(const char *database)
{
	char *name = psprintf("pg_incident %s", database);

	truncate_identifier(name, strlen(name), false);
	return name;
}

/* Makes the call where pg_cron lives; a NULL schedule removes the job. */
static int64
call_cron(const char *schedule)
{
	const char *database = cron_database();
	CronCall call = {0};
	int64 outcome;

	strlcpy(call.database, get_database_name(MyDatabaseId), NAMEDATALEN);
	strlcpy(call.job, pgi_schedule_job_name(call.database), MAX_TEXT);
	call.removes = schedule == NULL;
	if (schedule != NULL)
		copy_text(call.schedule, schedule, "the schedule");
	if (strcmp(database, call.database) == 0)
		outcome = call_cron_here(&call);
	else
	{
		call.cron_database = get_database_oid(database, true);
		if (!OidIsValid(call.cron_database))
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_DATABASE),
				 errmsg("cron.database_name names database \"%s\", which does not exist",
						database)));
		call.role = GetUserId();
		outcome = call_cron_there(&call);
	}
	if (call.removed[0] != '\0')
		ereport(NOTICE, (errmsg("removed jobs of other roles: %s", call.removed)));
	return outcome;
}

PG_FUNCTION_INFO_V1(pgi_schedule);
Datum
pgi_schedule(PG_FUNCTION_ARGS)
{
	char *schedule = pgi_argument_needed_name(fcinfo, 0, "the schedule");

	/* A worker in another database would not know that this transaction is read only. */
	PreventCommandIfReadOnly("incident.schedule()");
	PG_RETURN_INT64(call_cron(schedule));
}

PG_FUNCTION_INFO_V1(pgi_unschedule);
Datum
pgi_unschedule(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("incident.unschedule()");
	PG_RETURN_BOOL(call_cron(NULL) > 0);
}
