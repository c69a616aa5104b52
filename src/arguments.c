/*
 * arguments.c: arguments of SQL functions, checked in one way everywhere.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "compat.h"

#define MAX_NOTE 65536
#define MAX_NAME 200
#define MAX_SHOWN 100
#define MAX_CHOICES 50

static void
refuse_long(const char *what, int length, const char *unit, int limit)
{
	ereport(ERROR,
			(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
			 errmsg("%s is too long", what),
			 errdetail("It has %d %s; at most %d are kept.", length, unit, limit)));
}

/* A free text of at most 64 kB; NULL when it is null. */
char *
pgi_note_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	text *value;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_TEXT_PP(number);
	if (VARSIZE_ANY_EXHDR(value) > MAX_NOTE)
		refuse_long(what, VARSIZE_ANY_EXHDR(value), "bytes", MAX_NOTE);
	return text_to_cstring(value);
}

/* The name of a person, an asset, a ticket or the like; NULL when it is null. */
char *
pgi_name_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	text *value;
	int length;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_TEXT_PP(number);
	length = pg_mbstrlen_with_len(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	if (length > MAX_NAME)
		refuse_long(what, length, "characters", MAX_NAME);
	return text_to_cstring(value);
}

/* The beginning of a text, for a message that names it. */
char *
pgi_clip(const char *string)
{
	int length = pg_mbcliplen(string, strlen(string), MAX_SHOWN);

	return string[length] == '\0' ? pstrdup(string)
								  : psprintf("%s...", pnstrdup(string, length));
}

/* Adds to what a hint lists; beyond what anybody reads it says only how many more there are. */
void
pgi_add_choice(PgiChoices *choices, const char *choice)
{
	if (choices->count == 0)
		initStringInfo(&choices->list);
	if (choices->count < MAX_CHOICES)
		appendStringInfo(&choices->list, "%s%s", choices->count > 0 ? ", " : "", choice);
	choices->count++;
}

char *
pgi_choices(const PgiChoices *choices)
{
	if (choices->count <= MAX_CHOICES)
		return choices->list.data;
	return psprintf("%s and %d more", choices->list.data, choices->count - MAX_CHOICES);
}

/*
 * The present: the transaction's own start belongs to the past even when the clock has
 * been set back since.
 */
TimestampTz
pgi_now(void)
{
	return Max(GetCurrentTimestamp(), GetCurrentTransactionStartTimestamp());
}

/*
 * Refuses a moment in the future.
 */
void
pgi_refuse_future(TimestampTz moment, const char *what)
{
	TimestampTz now = pgi_now();

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
