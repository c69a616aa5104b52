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
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "arguments.h"

#define MAX_TEXT 256

#define COMMAND "CALL incident.run_ticks()"

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
	int64 result;
	int sqlstate;
	char message[MAX_TEXT];
	char hint[MAX_TEXT];
} CronCall;

extern PGDLLEXPORT void pgi_cron_worker(Datum handle);

static int64
run(const char *sql, int nargs, Datum *values)
{
	Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	bool isnull;
	Datum result;
	int outcome = SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0);

	if (outcome != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" ended with %s", sql, SPI_result_code_string(outcome));
	if (SPI_processed == 0)
		return 0;
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? 0 : DatumGetInt64(result);
}

/* Makes the call in the database of pg_cron: the job's id, or 1 when one was removed. */
static int64
call_cron_here(const CronCall *call)
{
	Datum values[4];
	int64 result;

	if (!OidIsValid(get_extension_oid("pg_cron", true)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_cron is loaded, but database \"%s\" has no extension pg_cron",
						get_database_name(MyDatabaseId)),
				 errhint("Run CREATE EXTENSION pg_cron there.")));
	SPI_connect();
	values[0] = CStringGetTextDatum(call->job);
	values[1] = CStringGetTextDatum(call->schedule);
	values[2] = CStringGetTextDatum(COMMAND);
	values[3] = CStringGetTextDatum(call->database);
	if (call->removes)
		result = run("SELECT count(cron.unschedule(jobid)) FROM cron.job"
					 " WHERE jobname = $1 AND username = current_user",
					 1, values);
	else if (call->cron_database == InvalidOid)
		result = run("SELECT cron.schedule($1, $2, $3)", 3, values);
	else
		result = run("SELECT cron.schedule_in_database($1, $2, $3, $4)", 4, values);
	SPI_finish();
	return result;
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
			strlcpy(call->hint, error->hint, MAX_TEXT);
		PG_RE_THROW();
	}
	PG_END_TRY();
	dsm_detach(segment);
}

/* Has a worker make the call in the other database, and waits for it. */
static int64
call_cron_there(const CronCall *request)
{
	dsm_segment *segment = dsm_create(sizeof(CronCall), 0);
	CronCall *call = dsm_segment_address(segment);
	BackgroundWorker worker = {0};
	BackgroundWorkerHandle *handle;
	int64 result;

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
	result = call->result;
	dsm_detach(segment);
	return result;
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

/* Makes the call where pg_cron lives; a NULL schedule removes the job. */
static int64
call_cron(const char *schedule)
{
	const char *database = cron_database();
	CronCall call = {0};

	strlcpy(call.database, get_database_name(MyDatabaseId), NAMEDATALEN);
	snprintf(call.job, MAX_TEXT, "pg_incident %s", call.database);
	call.removes = schedule == NULL;
	if (schedule != NULL)
		copy_text(call.schedule, schedule, "the schedule");
	if (strcmp(database, call.database) == 0)
		return call_cron_here(&call);

	call.cron_database = get_database_oid(database, true);
	if (!OidIsValid(call.cron_database))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_DATABASE),
				 errmsg("cron.database_name names database \"%s\", which does not exist",
						database)));
	call.role = GetUserId();
	return call_cron_there(&call);
}

PG_FUNCTION_INFO_V1(pgi_schedule);
Datum
pgi_schedule(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(call_cron(pgi_needed_name_argument(fcinfo, 0, "the schedule")));
}

PG_FUNCTION_INFO_V1(pgi_unschedule);
Datum
pgi_unschedule(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(call_cron(NULL) == 1);
}
