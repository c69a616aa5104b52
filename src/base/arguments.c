/*
 * arguments.c: arguments of SQL functions, checked in one way everywhere.
 *
 * A text that is empty or nothing but blanks is as if none were given. Names lose the blanks
 * around them; notes are kept as they were written.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "kernel/calendar.h"

#define MAX_NOTE 65536
#define MAX_NAME 200
#define MAX_SHOWN 100
#define MAX_CHOICES 50

int pgi_argument_tolerance;

void
pgi_argument_init(void)
{
	DefineCustomIntVariable(
		"pg_incident.clock_tolerance",
		"How far a reported moment may be ahead of the clock and still "
		"count as now.",
		NULL, &pgi_argument_tolerance, 5000, 0, 60000, PGC_SUSET, GUC_UNIT_MS, NULL, NULL,
		NULL);
}

/*
 * What shows nothing, in UTF-8: the white space of Unicode, U+00A0 and U+3000 among it, and
 * what has no width (U+200B, U+2060, U+FEFF).
 */
static const char *const blanks[] = {"\t",			 "\n",			 "\v",
									 "\f",			 "\r",			 " ",
									 "\xc2\x85",	 "\xc2\xa0",	 "\xe1\x9a\x80",
									 "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
									 "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
									 "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
									 "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\x8b",
									 "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
									 "\xe2\x81\x9f", "\xe2\x81\xa0", "\xe3\x80\x80",
									 "\xef\xbb\xbf"};

/* The bytes of the blank with which a text begins, or ends; 0 when there is none. */
static int
blank_at(const char *string, int length, bool at_end)
{
	for (int i = 0; i < lengthof(blanks); i++)
	{
		int size = strlen(blanks[i]);

		if (size <= length &&
			memcmp(at_end ? string + length - size : string, blanks[i], size) == 0)
			return size;
	}
	return 0;
}

/* Whether a byte is ASCII and shows something. */
static inline bool
is_graphic(char byte)
{
	return byte > ' ' && byte < 0x7f;
}

/* Cuts off the blanks before and after a text in UTF-8; adds up how many they were. */
static void
cut_blanks(const char **string, int *length, int *before, int *after)
{
	int size;

	for (; (size = blank_at(*string, *length, false)) > 0; ++*before)
	{
		CHECK_FOR_INTERRUPTS();
		*string += size;
		*length -= size;
	}
	for (; (size = blank_at(*string, *length, true)) > 0; ++*after)
	{
		CHECK_FOR_INTERRUPTS();
		*length -= size;
	}
}

/* Leaves of a text what is between the blanks before and after it. */
static void
trim(const char **string, int *length)
{
	const char *start;
	const char *utf8;
	int left;
	int before = 0;
	int after = 0;

	if (*length > 0 && is_graphic((*string)[0]) && is_graphic((*string)[*length - 1]))
		return;
	start = utf8 = pg_server_to_any(*string, *length, PG_UTF8);
	left = utf8 == *string ? *length : strlen(utf8);
	cut_blanks(&start, &left, &before, &after);
	if (utf8 != *string)
	{
		int nchars = pg_mbstrlen_with_len(*string, *length);
		int from = pg_mbcharcliplen(*string, *length, before);

		left = Max(pg_mbcharcliplen(*string, *length, nchars - after) - from, 0);
		start = *string + from;
	}
	*string = start;
	*length = left;
}

void
pgi_argument_refuse_null(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("%s must not be null", what)));
}

static void
refuse_long(const char *what, int length, const char *unit, int limit)
{
	ereport(ERROR,
			(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
			 errmsg("%s is too long", what),
			 errdetail("It has %d %s; at most %d are kept.", length, unit, limit)));
}

/* A name without the blanks around it; NULL when nothing is left. */
static char *
read_name(const text *value, const char *what, int most)
{
	const char *string = VARDATA_ANY(value);
	int length = VARSIZE_ANY_EXHDR(value);
	int nchars;

	trim(&string, &length);
	if (length == 0)
		return NULL;
	nchars = pg_mbstrlen_with_len(string, length);
	if (nchars > most)
		refuse_long(what, nchars, "characters", most);
	return pnstrdup(string, length);
}

/* A name that has to be there. */
char *
pgi_argument_name_of(const text *value, const char *what)
{
	char *name = read_name(value, what, MAX_NAME);

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be empty", what)));
	return name;
}

/* The name of a person, an asset, a ticket or the like; NULL when none is given. */
char *
pgi_argument_name(FunctionCallInfo fcinfo, int number, const char *what)
{
	return PG_ARGISNULL(number) ? NULL
								: read_name(PG_GETARG_TEXT_PP(number), what, MAX_NAME);
}

/* The same where one has to be given. */
char *
pgi_argument_needed_name(FunctionCallInfo fcinfo, int number, const char *what)
{
	pgi_argument_need(fcinfo, number, what);
	return pgi_argument_name_of(PG_GETARG_TEXT_PP(number), what);
}

/* A free text of at most 64 kB, as it was written; NULL when none is given. */
char *
pgi_argument_note(FunctionCallInfo fcinfo, int number, const char *what)
{
	text *value;
	const char *string;
	int length;

	if (PG_ARGISNULL(number))
		return NULL;
	value = PG_GETARG_TEXT_PP(number);
	string = VARDATA_ANY(value);
	length = VARSIZE_ANY_EXHDR(value);
	if (length > MAX_NOTE)
		refuse_long(what, length, "bytes", MAX_NOTE);
	trim(&string, &length);
	return length == 0 ? NULL : text_to_cstring(value);
}

/* The same where one has to be given. */
char *
pgi_argument_needed_note(FunctionCallInfo fcinfo, int number, const char *what)
{
	char *note;

	pgi_argument_need(fcinfo, number, what);
	note = pgi_argument_note(fcinfo, number, what);
	if (note == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be empty", what)));
	return note;
}

/*
 * Whether a document is written in more bytes than these. One number of a few bytes may be
 * written in a hundred thousand, so they are counted before all is written.
 */
static bool
is_written_in_more(Jsonb *document, size_t limit)
{
	JsonbIterator *iterator = JsonbIteratorInit(&document->root);
	JsonbIteratorToken token;
	JsonbValue value;
	size_t length = 0;

	while (length <= limit &&
		   (token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		length++;
		if (token != WJB_KEY && token != WJB_VALUE && token != WJB_ELEM)
			continue;
		if (value.type == jbvString)
			length += value.val.string.len;
		else if (value.type == jbvNumeric)
		{
			char *digits = DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));

			length += strlen(digits);
			pfree(digits);
		}
	}
	return length > limit;
}

/* A document as text, as long as a note at most; NULL when it is null. */
char *
pgi_argument_document(FunctionCallInfo fcinfo, int number, const char *what)
{
	Jsonb *document;

	if (PG_ARGISNULL(number))
		return NULL;
	document = PG_GETARG_JSONB_P(number);
	if (is_written_in_more(document, MAX_NOTE))
		ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						errmsg("%s is too long", what),
						errdetail("At most %d bytes are kept.", MAX_NOTE)));
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

/* The beginning of a text, for a message that names it. */
char *
pgi_argument_clip(const char *string)
{
	int length = pg_mbcliplen(string, strlen(string), MAX_SHOWN);

	return string[length] == '\0' ? pstrdup(string)
								  : psprintf("%s...", pnstrdup(string, length));
}

/* Adds to what a hint lists; beyond what anybody reads it says only how many more there are. */
void
pgi_argument_add_choice(PgiChoices *choices, const char *choice)
{
	if (choices->count == 0)
		initStringInfo(&choices->list);
	if (choices->count < MAX_CHOICES)
		appendStringInfo(&choices->list, "%s%s", choices->count > 0 ? ", " : "", choice);
	choices->count++;
}

char *
pgi_argument_choices(const PgiChoices *choices)
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
pgi_argument_now(void)
{
	return Max(GetCurrentTimestamp(), GetCurrentTransactionStartTimestamp());
}

/*
 * A moment that has come. One that is ahead of the clock by no more than
 * pg_incident.clock_tolerance was taken from another clock, and is now.
 */
TimestampTz
pgi_argument_past_of(TimestampTz moment, const char *what)
{
	TimestampTz now = pgi_argument_now();

	if (TIMESTAMP_NOT_FINITE(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("%s must be a finite time", what)));
	if (moment <= now)
		return moment;
	if (moment - now > pgi_argument_tolerance * (int64) 1000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be in the future", what),
				 errdetail("It is %.3f seconds ahead of the server's clock; up to %g "
						   "seconds count as now (pg_incident.clock_tolerance).",
						   (moment - now) / (double) USECS_PER_SEC,
						   pgi_argument_tolerance / 1000.0),
				 errhint("Leave it out, or pass now(). incident.simulate() tells what is "
						 "to come.")));
	return now;
}

/* Refuses a moment that is not finite, or that no calendar reaches. */
void
pgi_argument_expect_reachable(TimestampTz moment, const char *what)
{
	if (TIMESTAMP_NOT_FINITE(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("%s must be a finite time", what)));
	if (!pgi_is_within_reach(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("%s must be in the years 1 to 9999, UTC, not %s", what,
							   timestamptz_to_str(moment))));
}

/* A moment: given, finite and within the reach of calendars. */
TimestampTz
pgi_argument_moment(FunctionCallInfo fcinfo, int number, const char *what)
{
	TimestampTz moment;

	pgi_argument_need(fcinfo, number, what);
	moment = PG_GETARG_TIMESTAMPTZ(number);
	pgi_argument_expect_reachable(moment, what);
	return moment;
}

/* A moment at which something took effect. */
TimestampTz
pgi_argument_past(FunctionCallInfo fcinfo, int number, const char *what)
{
	return pgi_argument_past_of(pgi_argument_moment(fcinfo, number, what), what);
}

/*
 * The same for functions in SQL and PL/pgSQL. The second argument says what the first one
 * is, the third of a name how many characters it may have.
 */

static char *
what_argument(FunctionCallInfo fcinfo)
{
	pgi_argument_need(fcinfo, 1, "what the argument is");
	return text_to_cstring(PG_GETARG_TEXT_PP(1));
}

static Datum
text_or_null(FunctionCallInfo fcinfo, const char *string)
{
	if (string == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(string));
}

PG_FUNCTION_INFO_V1(pgi_given_name);
Datum
pgi_given_name(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return text_or_null(fcinfo, read_name(PG_GETARG_TEXT_PP(0), what_argument(fcinfo),
										  PG_GETARG_INT32(2)));
}

PG_FUNCTION_INFO_V1(pgi_needed_name_of);
Datum
pgi_needed_name_of(PG_FUNCTION_ARGS)
{
	return text_or_null(fcinfo,
						pgi_argument_needed_name(fcinfo, 0, what_argument(fcinfo)));
}

PG_FUNCTION_INFO_V1(pgi_given_note);
Datum
pgi_given_note(PG_FUNCTION_ARGS)
{
	return text_or_null(fcinfo, pgi_argument_note(fcinfo, 0, what_argument(fcinfo)));
}

PG_FUNCTION_INFO_V1(pgi_past_moment);
Datum
pgi_past_moment(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(pgi_argument_past(fcinfo, 0, what_argument(fcinfo)));
}

/* A value of any type that has to be given. */
PG_FUNCTION_INFO_V1(pgi_needed);
Datum
pgi_needed(PG_FUNCTION_ARGS)
{
	pgi_argument_need(fcinfo, 0, what_argument(fcinfo));
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* (given, stored, cleared): what is stored from now on. */
PG_FUNCTION_INFO_V1(pgi_keep);
Datum
pgi_keep(PG_FUNCTION_ARGS)
{
	int number = PG_ARGISNULL(0) ? 1 : 0;

	if (PG_GETARG_BOOL(2) || PG_ARGISNULL(number))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(number));
}
