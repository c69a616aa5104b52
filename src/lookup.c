/*
 * lookup.c: the look-ups of a policy: event level, response level, processing time.
 *
 * They are called once a row over millions of rows, so each call site remembers the policy
 * it used last.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "kernel/policy.h"
#include "policy_cache.h"

/* What a call site used last. */
typedef struct Memo
{
	TimestampTz statement; /* the start of the statement that used it */
	uint64 generation;
	const PgiPolicy *policy;
	int32 policy_id;
	NameData name;
} Memo;

/*
 * The call site's memo; a new statement first learns what others have committed. In
 * PL/pgSQL a call site lives as long as the transaction.
 */
static inline Memo *
get_memo(FunctionCallInfo fcinfo)
{
	Memo *memo = fcinfo->flinfo->fn_extra;

	if (unlikely(memo == NULL))
		fcinfo->flinfo->fn_extra = memo =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Memo));
	if (unlikely(memo->statement != GetCurrentStatementStartTimestamp()))
	{
		memo->statement = GetCurrentStatementStartTimestamp();
		AcceptInvalidationMessages();
	}
	return memo;
}

static void
refuse_null_policy(void)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("the policy must not be null")));
}

/* The policy whose id is the first argument. */
static inline const PgiPolicy *
policy_by_id(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	int32 policy_id = PG_GETARG_INT32(0);

	if (unlikely(PG_ARGISNULL(0)))
		refuse_null_policy();
	if (unlikely(memo->generation != pgi_policy_generation ||
				 memo->policy_id != policy_id))
	{
		uint64 generation = pgi_policy_generation;

		memo->generation = 0;
		memo->policy = pgi_policy(policy_id);
		memo->policy_id = policy_id;
		memo->generation = generation;
	}
	return memo->policy;
}

/* The newest published policy whose name is the first argument. */
static const PgiPolicy *
policy_by_name(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	text *name;
	int length;

	if (PG_ARGISNULL(0))
		refuse_null_policy();
	name = PG_GETARG_TEXT_PP(0);
	length = VARSIZE_ANY_EXHDR(name);
	if (memo->generation != pgi_policy_generation || length >= NAMEDATALEN ||
		NameStr(memo->name)[length] != '\0' ||
		memcmp(NameStr(memo->name), VARDATA_ANY(name), length) != 0)
	{
		char *wanted = text_to_cstring(name);
		uint64 generation = pgi_policy_generation;

		memo->generation = 0;
		memo->policy = pgi_policy(pgi_policy_named(wanted));
		namestrcpy(&memo->name, wanted);
		memo->generation = generation;
	}
	return memo->policy;
}

/* The pair in the second and third argument; NULL is unknown. */
static inline const PgiCell *
pair(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	int asset_level =
		PG_ARGISNULL(1) ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(1));
	int severity =
		PG_ARGISNULL(2) ? PGI_SEVERITY_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(2));

	return pgi_policy_cell(policy, asset_level, severity);
}

static inline Datum
response_level(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	const PgiCell *cell = pair(fcinfo, policy);
	const Interval *interval;
	int64 elapsed;

	if (PG_ARGISNULL(3))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the elapsed time must not be null")));
	interval = PG_GETARG_INTERVAL_P(3);
	if (likely(interval->month == 0 && interval->day == 0 && interval->time >= 0))
		elapsed = interval->time;
	else
		elapsed = pgi_interval_length(interval, "the elapsed time");
	return UInt8GetDatum(pgi_response_level(cell, elapsed));
}

static Interval *
make_length(int64 microseconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	return interval;
}

static Datum
processing_time(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	int level = PG_ARGISNULL(1) ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(1));
	int64 time = policy->processing[level];

	if (!policy->defined[level])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the policy has no such level"),
				 errhint("incident.quick_reference() shows what the policy knows.")));
	if (time == PGI_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_INTERVAL_P(make_length(time));
}

PG_FUNCTION_INFO_V1(pgi_policy_id);
Datum
pgi_policy_id(PG_FUNCTION_ARGS)
{
	int32 version = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

	if (PG_ARGISNULL(0))
		refuse_null_policy();
	if (!PG_ARGISNULL(1) && version < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("policy versions count from 1")));
	(void) get_memo(fcinfo);
	PG_RETURN_INT32(pgi_policy_version(text_to_cstring(PG_GETARG_TEXT_PP(0)), version));
}

PG_FUNCTION_INFO_V1(pgi_event_level);
Datum
pgi_event_level(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(pair(fcinfo, policy_by_id(fcinfo))->event_level);
}

PG_FUNCTION_INFO_V1(pgi_event_level_by_name);
Datum
pgi_event_level_by_name(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(pair(fcinfo, policy_by_name(fcinfo))->event_level);
}

PG_FUNCTION_INFO_V1(pgi_response_level_of);
Datum
pgi_response_level_of(PG_FUNCTION_ARGS)
{
	return response_level(fcinfo, policy_by_id(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_response_level_by_name);
Datum
pgi_response_level_by_name(PG_FUNCTION_ARGS)
{
	return response_level(fcinfo, policy_by_name(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_processing_time);
Datum
pgi_processing_time(PG_FUNCTION_ARGS)
{
	return processing_time(fcinfo, policy_by_id(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_processing_time_by_name);
Datum
pgi_processing_time_by_name(PG_FUNCTION_ARGS)
{
	return processing_time(fcinfo, policy_by_name(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_response_steps);
Datum
pgi_response_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PgiCell *cell;

	if (PG_ARGISNULL(0))
		refuse_null_policy();
	cell = pgi_policy_cell(
		pgi_policy(PG_GETARG_INT32(0)),
		PG_ARGISNULL(1) ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(1)),
		PG_ARGISNULL(2) ? PGI_SEVERITY_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(2)));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < cell->nsteps; i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		values[0] = IntervalPGetDatum(make_length(Max(cell->steps[i].after, 0)));
		values[1] = UInt8GetDatum(cell->steps[i].level);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(pgi_policy_problems);
Datum
pgi_policy_problems(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PgiProblem problems[200];
	PgiPolicySource source;
	int32 policy_id = PG_GETARG_INT32(0);
	int count;

	if (!pgi_read_policy(policy_id, &source))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("policy %d does not exist", policy_id)));
	count = pgi_policy_check(&source, problems, lengthof(problems));
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < Min(count, lengthof(problems)); i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		values[0] = CStringGetTextDatum(problems[i].place);
		values[1] = CStringGetTextDatum(problems[i].text);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
