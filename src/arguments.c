/*
 * arguments.c: arguments of SQL functions, checked in one way everywhere.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"

#define MAX_NOTE 65536
#define MAX_NAME 200

/* A text argument of at most `limit` bytes; NULL when it is null. */
static char *
text_argument(FunctionCallInfo fcinfo, int number, const char *what, int limit)
{
	text *value;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_TEXT_PP(number);
	if (VARSIZE_ANY_EXHDR(value) > limit)
		ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						errmsg("%s is too long", what),
						errdetail("It has %zu bytes; at most %d are kept.",
								  (size_t) VARSIZE_ANY_EXHDR(value), limit)));
	return text_to_cstring(value);
}

/* A note argument. */
char *
pgi_note_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	return text_argument(fcinfo, number, what, MAX_NOTE);
}

/* The name of a person, a ticket or the like. */
char *
pgi_name_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	return text_argument(fcinfo, number, what, MAX_NAME);
}

/*
 * Refuses a moment in the future. The transaction's own start never is, even when the
 * clock has been set back since.
 */
void
pgi_refuse_future(TimestampTz moment, const char *what)
{
	TimestampTz now = Max(GetCurrentTimestamp(), GetCurrentTransactionStartTimestamp());

	if (moment > now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be in the future", what),
						errdetail("It is later than now by %.3f seconds.",
								  (moment - now) / (double) USECS_PER_SEC),
						errhint("incident.simulate() tells what is to come.")));
}

/* A moment: given and finite. */
TimestampTz
pgi_moment_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	TimestampTz moment;

	if (PG_ARGISNULL(number))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not be null", what)));
	moment = PG_GETARG_TIMESTAMPTZ(number);
	if (TIMESTAMP_NOT_FINITE(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("%s must be a finite time", what)));
	return moment;
}

/* A moment at which something took effect: a moment that is not in the future. */
TimestampTz
pgi_past_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	TimestampTz moment = pgi_moment_argument(fcinfo, number, what);

	pgi_refuse_future(moment, what);
	return moment;
}
