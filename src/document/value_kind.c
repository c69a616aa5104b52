/*
 * value_kind.c: the kinds of single values that a document may have.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/length.h"
#include "document/json.h"
#include "document/value_kind.h"
#include "kernel/entry_kind.h"
#include "types/types.h"

#define LONGEST_TEXT 65536 /* bytes, as of a note */
#define LONGEST_SHORT 200  /* characters, as of a name */

static bool
is_name(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length < NAMEDATALEN && word[length] == '\0' && *word != '_' &&
		   *word != '-';
}

static bool
is_key(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length > 0 && length < NAMEDATALEN && word[length] == '\0';
}

/* Two digits, as a number; -1 when they are none. */
static int
two_digits(const char *at)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return -1;
	return (at[0] - '0') * 10 + at[1] - '0';
}

/* HH:MM or HH:MM:SS, up to 24:00. */
static bool
is_clock(const char *word)
{
	size_t length = strlen(word);
	int parts[3] = {0, 0, 0};

	if (length != 5 && length != 8)
		return false;
	for (size_t i = 0; 3 * i < length; i++)
	{
		parts[i] = two_digits(word + 3 * i);
		if (parts[i] < 0 || (3 * i + 2 < length && word[3 * i + 2] != ':'))
			return false;
	}
	return parts[1] < 60 && parts[2] < 60 &&
		   (parts[0] < 24 || (parts[0] == 24 && parts[1] == 0 && parts[2] == 0));
}

/* YYYY-MM-DD of a day that there is. */
static bool
is_date(const char *word)
{
	int year, month, day, back_year, back_month, back_day;

	if (strlen(word) != 10 || two_digits(word) < 0 || two_digits(word + 2) < 0 ||
		word[4] != '-' || word[7] != '-')
		return false;
	year = two_digits(word) * 100 + two_digits(word + 2);
	month = two_digits(word + 5);
	day = two_digits(word + 8);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	j2date(date2j(year, month, day), &back_year, &back_month, &back_day);
	return back_year == year && back_month == month && back_day == day;
}

/* A whole number within a range that is written 1..100. */
static bool
is_number(const JsonbValue *value, const char *range)
{
	int64 from = strtol(range, NULL, 10);
	int64 to = strtol(strstr(range, "..") + 2, NULL, 10);
	Datum number = NumericGetDatum(value->val.numeric);
	Datum whole;

	if (numeric_is_nan(value->val.numeric) || numeric_is_inf(value->val.numeric))
		return false;
	whole = DirectFunctionCall1(numeric_floor, number);
	return DatumGetBool(DirectFunctionCall2(numeric_eq, number, whole)) &&
		   DatumGetBool(DirectFunctionCall2(numeric_ge, number,
											NumericGetDatum(int64_to_numeric(from)))) &&
		   DatumGetBool(DirectFunctionCall2(numeric_le, number,
											NumericGetDatum(int64_to_numeric(to))));
}

static bool
is_word(const JsonbValue *value, bool (*accepts)(const char *word))
{
	return value->type == jbvString && accepts(pgi_json_word(value));
}

static bool
is_text(const char *word)
{
	return *word != '\0' && strlen(word) <= LONGEST_TEXT;
}

static bool
is_short(const char *word)
{
	return *word != '\0' && pg_mbstrlen(word) <= LONGEST_SHORT;
}

static bool
is_time(const char *word)
{
	int64 length;

	return pgi_length_read(word, &length);
}

static bool
is_term(const char *word)
{
	int64 length;

	return pgi_length_read_term(word, USECS_PER_DAY, &length);
}

static bool
is_turn(const char *word)
{
	int64 length;
	bool of_days;

	return pgi_length_read_turn(word, &length, &of_days);
}

/* YYYY-MM-DD HH:MM, as a clock on the wall shows it. */
static bool
is_local(const char *word)
{
	char date[11];

	if (strlen(word) != 16 || word[10] != ' ' || strcmp(word + 11, "24:00") == 0)
		return false;
	strlcpy(date, word, sizeof(date));
	return is_date(date) && is_clock(word + 11);
}

static bool
is_level(const char *word)
{
	return pgi_types_level_code(word) >= 0;
}

static bool
is_severity(const char *word)
{
	return pgi_types_severity_code(word) >= 0;
}

/* The kinds of single values, and what to say of one that is not of the kind. */
typedef struct ValueKind
{
	const char *word;
	bool (*accepts_word)(const char *word);
	bool (*accepts)(const JsonbValue *value);
	const char *hint;
} ValueKind;

static bool
is_boolean(const JsonbValue *value)
{
	return value->type == jbvBool;
}

/* What SQL reads a grade from: its word or its number. */
static bool
is_grade(const JsonbValue *value)
{
	return value->type == jbvString || value->type == jbvNumeric;
}

static bool
is_numeric(const JsonbValue *value)
{
	return value->type == jbvNumeric;
}

/* What can follow an opening. */
static bool
is_fact(const char *word)
{
	uint8 kind = pgi_kind_named(word);

	return PGI_IS_FACT(kind) && kind != PGI_OPENED;
}

static bool
is_anything(const JsonbValue *value)
{
	return true;
}

#define QUANTITY_HINT                                                                   \
	"A quantity is a number, {\"min\", \"mode\", \"max\"} with an optional \"shape\", " \
	"{\"median\", \"sigma\"}, or {\"low\", \"high\"}."

static const ValueKind kinds[] = {
	{"anything", NULL, is_anything, NULL},
	{"text", is_text, NULL, "It needs a text of at most 65536 bytes."},
	{"short", is_short, NULL, "It needs a text of at most 200 characters."},
	{"name", is_name, NULL,
	 "It needs up to 63 of a to z, 0 to 9, _ and -, and begins with a letter or digit."},
	{"key", is_key, NULL, "It needs up to 63 of a to z, 0 to 9 and _."},
	{"object", NULL, pgi_json_is_object, "It needs an object."},
	{"boolean", NULL, is_boolean, "It needs true or false."},
	{"grade", NULL, is_grade, "It needs a word or a number."},
	{"number", NULL, is_numeric, "It needs a number."},
	{"quantity", NULL, is_numeric, QUANTITY_HINT},
	{"frequency", NULL, is_numeric,
	 QUANTITY_HINT " A frequency may be {\"events\"} too."},
	{"fact", is_fact, NULL,
	 "It needs a kind of fact that can follow an opening, such as \"resolved\"."},
	{"moment", is_text, NULL, "It needs a moment, such as \"2026-10-01 09:00+08\"."},
	{"time", is_time, NULL,
	 "It needs a length of time with its unit that is not negative, such as \"2 "
	 "hours\"."},
	{"term", is_term, NULL,
	 "It needs a length of time with its unit that is not negative, such as \"2 hours\" "
	 "or "
	 "\"2 working days\"."},
	{"clock", is_clock, NULL,
	 "It needs a time of day, such as \"09:00\". A window may end at \"24:00\"."},
	{"date", is_date, NULL, "It needs a date, such as \"2026-10-01\"."},
	{"local", is_local, NULL,
	 "It needs a date and a time of day, such as \"2026-01-05 08:00\"."},
	{"turn", is_turn, NULL,
	 "It needs up to 9999 hours, days or weeks, such as \"1 day\"."},
	{"level", is_level, NULL, "It needs a level: none, 9 to 1."},
	{"severity", is_severity, NULL,
	 "It needs a severity: informational, minor, moderate, severe, critical."},
};

static const ValueKind *
find_kind(const char *word, size_t length)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strlen(kinds[i].word) == length && strncmp(kinds[i].word, word, length) == 0)
			return &kinds[i];
	return NULL;
}

static bool
is_range(const char *word)
{
	return strstr(word, "..") != NULL;
}

/* Whether a value is of one of the alternatives of a word in a shape. */
bool
pgi_value_is_of(const JsonbValue *value, const char *word)
{
	if (is_range(word))
		return value->type == jbvNumeric && is_number(value, word);
	for (;;)
	{
		size_t length = strcspn(word, "|");
		const ValueKind *kind = find_kind(word, length);

		if (kind == NULL && value->type == jbvString && value->val.string.len == length &&
			strncmp(value->val.string.val, word, length) == 0)
			return true;
		if (kind != NULL && (kind->accepts != NULL ? kind->accepts(value)
												   : is_word(value, kind->accepts_word)))
			return true;
		if (word[length] == '\0')
			return false;
		word += length + 1;
	}
}

/* What a value needs that is of none of them. */
char *
pgi_value_hint(const char *word)
{
	StringInfoData hint;
	const ValueKind *kind = find_kind(word, strcspn(word, "|"));

	initStringInfo(&hint);
	if (is_range(word))
		appendStringInfo(&hint, "It needs a whole number from %.*s to %s.",
						 (int) (strstr(word, "..") - word), word, strstr(word, "..") + 2);
	else if (kind != NULL && word[strlen(kind->word)] == '\0')
		appendStringInfoString(&hint, kind->hint);
	else if (kind != NULL)
		appendStringInfo(&hint, "It needs a %s, or \"%s\".", kind->word,
						 word + strlen(kind->word) + 1);
	else
	{
		appendStringInfoString(&hint, "Only \"");
		for (; *word != '\0'; word++)
			if (*word == '|')
				appendStringInfoString(&hint, "\", \"");
			else
				appendStringInfoChar(&hint, *word);
		appendStringInfoString(&hint, "\" is known.");
	}
	return hint.data;
}
