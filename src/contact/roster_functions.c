/*
 * roster_functions.c: who is on call, in SQL.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "contact/roster_cache.h"
#include "rights/grants.h"

static Datum
on_call(FunctionCallInfo fcinfo, const char *name, int32 org_id, TimestampTz at)
{
	const PgiCompiledRoster *compiled = pgi_roster_get(name, org_id);
	PgiOnCall answer = pgi_roster_on_call(&compiled->roster, at);
	TupleDesc type;
	Datum values[3];
	bool nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "on_call() returns a row");
	nulls[0] = nulls[1] = answer.contact == PGI_NOBODY;
	if (!nulls[0])
	{
		values[0] = CStringGetTextDatum(compiled->contacts[answer.contact]);
		values[1] = Int32GetDatum(answer.layer);
	}
	values[2] = TimestampTzGetDatum(answer.until);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(type), values, nulls)));
}

/* (roster, at) */
PG_FUNCTION_INFO_V1(pgi_on_call);
Datum
pgi_on_call(PG_FUNCTION_ARGS)
{
	char *name = pgi_argument_name_of(PG_GETARG_TEXT_PP(0), "the roster");
	TimestampTz at = pgi_argument_moment(fcinfo, 1, "the moment");

	return on_call(fcinfo, name, pgi_working_organisation(), at);
}

/* (org_id, roster, at) */
PG_FUNCTION_INFO_V1(pgi_on_call_of);
Datum
pgi_on_call_of(PG_FUNCTION_ARGS)
{
	return on_call(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_INT32(0),
				   pgi_argument_moment(fcinfo, 2, "the moment"));
}
