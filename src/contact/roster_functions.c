/*
 * roster_functions.c: who is on call, in SQL: at a moment, and one after the other.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "contact/roster_cache.h"
#include "rights/grants.h"

/* The columns of an answer; those of nobody are null. */
static void
fill(Datum *values, bool *nulls, const PgiCompiledRoster *compiled,
	 const PgiOnCall *answer)
{
	nulls[0] = nulls[1] = answer->contact == PGI_NOBODY;
	nulls[2] = false;
	if (!nulls[0])
	{
		values[0] = CStringGetTextDatum(compiled->contacts[answer->contact]);
		values[1] = Int32GetDatum(answer->layer);
	}
	values[2] = TimestampTzGetDatum(answer->until);
}

/* (roster, at) */
PG_FUNCTION_INFO_V1(pgi_on_call);
Datum
pgi_on_call(PG_FUNCTION_ARGS)
{
	char *name = pgi_argument_name_of(PG_GETARG_TEXT_PP(0), "the roster");
	TimestampTz at = pgi_argument_moment(fcinfo, 1, "the moment");
	const PgiCompiledRoster *compiled = pgi_roster_get(name, pgi_working_organisation());
	PgiOnCall answer = pgi_roster_on_call(&compiled->roster, at);
	TupleDesc type;
	Datum values[3];
	bool nulls[3];

	if (get_call_result_type(fcinfo, NULL, &type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "on_call() returns a row");
	fill(values, nulls, compiled, &answer);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(type), values, nulls)));
}

/* (organisation, roster, since, until): all answers of that time, with when each begins. */
PG_FUNCTION_INFO_V1(pgi_roster_course);
Datum
pgi_roster_course(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	TimestampTz since = pgi_argument_moment(fcinfo, 2, "the beginning");
	TimestampTz until = pgi_argument_moment(fcinfo, 3, "the end");
	const PgiCompiledRoster *compiled = pgi_roster_get(name, PG_GETARG_INT32(0));

	InitMaterializedSRF(fcinfo, 0);
	while (since < until)
	{
		PgiOnCall answer = pgi_roster_on_call(&compiled->roster, since);
		Datum values[4];
		bool nulls[4];

		CHECK_FOR_INTERRUPTS();
		answer.until = Min(answer.until, until);
		fill(values, nulls, compiled, &answer);
		values[3] = TimestampTzGetDatum(since);
		nulls[3] = false;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		since = answer.until;
	}
	return (Datum) 0;
}
