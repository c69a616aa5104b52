/*
 * calendar_functions.c: working time in SQL: measured between two moments, added to a moment.
 *
 * They are called once a row over millions of rows, so each call site remembers the
 * calendar it used last.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "base/length.h"
#include "calendar/calendar_cache.h"
#include "rights/grants.h"

/* What a call site used last. */
typedef struct Memo
{
	uint64 generation;
	const PgiCalendar *calendar;
	bool constant; /* the call site names no other */
	int length;	   /* of the name */
	NameData name;
} Memo;

/* Whether the first argument is a constant of the statement. */
static bool
names_constant(FunctionCallInfo fcinfo)
{
	Node *call = fcinfo->flinfo->fn_expr;

	return call != NULL && IsA(call, FuncExpr) &&
		   IsA(linitial(((FuncExpr *) call)->args), Const);
}

/* Finds the calendar whose name is the first argument, and remembers it. */
static pg_noinline const PgiCalendar *
find_calendar(FunctionCallInfo fcinfo)
{
	char *name = pgi_argument_name_of(PG_GETARG_TEXT_PP(0), "the calendar");
	uint64 generation = pgi_invalidation_calendars;
	Memo *memo = fcinfo->flinfo->fn_extra;

	if (memo == NULL)
		fcinfo->flinfo->fn_extra = memo =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Memo));
	memo->generation = 0;
	memo->calendar = pgi_calendar_get(name, pgi_working_organisation());
	memo->constant = names_constant(fcinfo);
	memo->length = strlen(name);
	namestrcpy(&memo->name, name);
	memo->generation = generation;
	return memo->calendar;
}

static bool
is_named(const Memo *memo, const text *name)
{
	return memo->length == VARSIZE_ANY_EXHDR(name) &&
		   memcmp(NameStr(memo->name), VARDATA_ANY(name), memo->length) == 0;
}

/* The calendar whose name is the first argument. */
static inline const PgiCalendar *
calendar_argument(FunctionCallInfo fcinfo)
{
	const Memo *memo = fcinfo->flinfo->fn_extra;

	if (likely(memo != NULL && memo->generation == pgi_invalidation_calendars &&
			   (memo->constant || is_named(memo, PG_GETARG_TEXT_PP(0)))))
		return memo->calendar;
	return find_calendar(fcinfo);
}

/* The microseconds of an amount of working time; a day counts 24 hours. */
static int64
amount_length(const Interval *amount)
{
	int64 length;

	if (amount->month == 0 && amount->day == 0)
		return amount->time;
	if (PGI_INTERVAL_NOT_FINITE(amount) ||
		__builtin_mul_overflow((int64) amount->day, (int64) USECS_PER_DAY, &length) ||
		__builtin_add_overflow(length, amount->time, &length))
		ereport(ERROR, (errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
						errmsg("the amount of working time is out of range"),
						errhint("Give a finite length of time.")));
	if (amount->month != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("an amount of working time cannot have months"),
						errhint("Give days, which count 24 hours, or hours.")));
	return length;
}

static inline Interval *
make_length(int64 microseconds)
{
	Interval *length = palloc(sizeof(Interval));

	length->time = microseconds;
	length->day = 0;
	length->month = 0;
	return length;
}

PG_FUNCTION_INFO_V1(pgi_working_time);
Datum
pgi_working_time(PG_FUNCTION_ARGS)
{
	int64 time = pgi_calendar_measure(calendar_argument(fcinfo), PG_GETARG_TIMESTAMPTZ(1),
									  PG_GETARG_TIMESTAMPTZ(2));
	PG_RETURN_INTERVAL_P(make_length(time));
}

PG_FUNCTION_INFO_V1(pgi_add_working_time);
Datum
pgi_add_working_time(PG_FUNCTION_ARGS)
{
	TimestampTz start = PG_GETARG_TIMESTAMPTZ(1);
	int64 amount = amount_length(PG_GETARG_INTERVAL_P(2));
	TimestampTz moment = pgi_calendar_add(calendar_argument(fcinfo), start, amount);

	if (unlikely(moment == PGI_NEVER))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("cannot add %s to %s on calendar \"%s\"",
						DatumGetCString(
							DirectFunctionCall1(interval_out, PG_GETARG_DATUM(2))),
						timestamptz_to_str(start), text_to_cstring(PG_GETARG_TEXT_PP(0))),
				 errdetail(
					 "So much is never worked there from the year 1 to the year 9999.")));
	PG_RETURN_TIMESTAMPTZ(moment);
}

PG_FUNCTION_INFO_V1(pgi_working_day);
Datum
pgi_working_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_INTERVAL_P(make_length(calendar_argument(fcinfo)->day));
}

/* (term, calendar): a time of a policy as it is stored, working days in hours. */
PG_FUNCTION_INFO_V1(pgi_term_length);
Datum
pgi_term_length(PG_FUNCTION_ARGS)
{
	char *term = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *calendar = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int64 length;

	if (!pgi_length_read_term(term, USECS_PER_DAY, &length))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" is no length of time", pgi_argument_clip(term))));
	if (!pgi_length_is_working_days(term))
		return DirectFunctionCall3(interval_in, CStringGetDatum(term),
								   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	(void) pgi_length_read_term(
		term, pgi_calendar_get(calendar, pgi_working_organisation())->day, &length);
	PG_RETURN_INTERVAL_P(make_length(length));
}
