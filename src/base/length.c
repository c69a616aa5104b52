/*
 * length.c: lengths of time as people write them and as PostgreSQL stores them.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/length.h"

/* A time longer than 10,000 years is none; so sums of them never overflow. */
#define LONGEST_TIME (INT64CONST(10000) * 366 * USECS_PER_DAY)

/*
 * Whether each number of an interval has its unit: PostgreSQL takes one without for seconds,
 * or for years and months.
 */
static bool
has_units(char *const *fields, const int *types, int nfields)
{
	for (int i = 0; i < nfields; i++)
	{
		bool is_number =
			types[i] == DTK_NUMBER || types[i] == DTK_TZ || types[i] == DTK_DATE;

		if (is_number && strchr(fields[i], ':') == NULL &&
			(i + 1 == nfields || types[i + 1] != DTK_STRING ||
			 strcmp(fields[i + 1], "ago") == 0))
			return false;
	}
	return true;
}

/*
 * The microseconds of a length of time in any of the ways that an interval is written; a day
 * counts 24 hours and a month 30 days. False for what is none, has no unit, is negative, or beyond
 * all use.
 */
bool
pgi_length_read(const char *word, int64 *length)
{
	char buffer[256];
	char *fields[MAXDATEFIELDS];
	int types[MAXDATEFIELDS];
	int nfields;
	int kind;
	int error;
	struct pg_itm_in itm = {0};
	int64 ndays;

	if (strlen(word) >= sizeof(buffer))
		return false;
	error = ParseDateTime(word, buffer, sizeof(buffer), fields, types, MAXDATEFIELDS,
						  &nfields);
	if (error == 0)
		error = DecodeInterval(fields, types, nfields, INTERVAL_FULL_RANGE, &kind, &itm);
	if (error == 0 && !has_units(fields, types, nfields))
		return false;
	/* Where ISO 8601 gives numbers without their letters, the last one has none. */
	if (error == DTERR_BAD_FORMAT && isalpha((unsigned char) word[strlen(word) - 1]))
		error = DecodeISO8601Interval(pstrdup(word), &kind, &itm);
	if (error != 0 || kind != DTK_DELTA)
		return false;
	ndays = (int64) itm.tm_year * DAYS_PER_MONTH * MONTHS_PER_YEAR +
			(int64) itm.tm_mon * DAYS_PER_MONTH + itm.tm_mday;
	return !__builtin_mul_overflow(ndays, (int64) USECS_PER_DAY, length) &&
		   !__builtin_add_overflow(*length, itm.tm_usec, length) && *length >= 0 &&
		   *length <= LONGEST_TIME;
}

/* How many thousandths of a working day "1.5 working days" says; -1 for anything else. */
static int64
working_thousandths(const char *word)
{
	static const char digits[] = "0123456789";
	static const int tens[] = {1000, 100, 10, 1};
	size_t whole = strspn(word, digits);
	bool broken = word[whole] == '.';
	const char *fraction = word + whole + broken;
	size_t places = broken ? strspn(fraction, digits) : 0;
	const char *unit = fraction + places;

	if (whole == 0 || whole > 6 || places > 3 || (broken && places == 0) ||
		(strcmp(unit, " working day") != 0 && strcmp(unit, " working days") != 0))
		return -1;
	return strtol(word, NULL, 10) * 1000 +
		   (places > 0 ? strtol(fraction, NULL, 10) * tens[places] : 0);
}

bool
pgi_length_is_working_days(const char *word)
{
	return working_thousandths(word) >= 0;
}

/*
 * The same for a time on a calendar, which may also be written in working days; of these each
 * counts `day` microseconds.
 */
bool
pgi_length_read_term(const char *word, int64 day, int64 *length)
{
	int64 thousandths = working_thousandths(word);

	if (thousandths < 0)
		return pgi_length_read(word, length);
	/* No day is longer than 24 hours: a million of them are within an int64. */
	*length = thousandths * (day / 1000) + thousandths * (day % 1000) / 1000;
	return *length <= LONGEST_TIME;
}

/*
 * A turn of a roster: a number of hours, or of days or weeks, which are told apart as they end by
 * the clock on the wall. False for what is none.
 */
bool
pgi_length_read_turn(const char *word, int64 *length, bool *of_days)
{
	static const struct
	{
		const char *one;
		const char *several;
		int64 length;
	} units[] = {{" hour", " hours", USECS_PER_HOUR},
				 {" day", " days", USECS_PER_DAY},
				 {" week", " weeks", 7 * USECS_PER_DAY}};
	size_t digits = strspn(word, "0123456789");
	int number = digits > 0 && digits <= 4 ? atoi(word) : 0;

	for (int i = 0; number > 0 && i < lengthof(units); i++)
		if (strcmp(word + digits, units[i].one) == 0 ||
			strcmp(word + digits, units[i].several) == 0)
		{
			*length = number * units[i].length;
			*of_days = units[i].length >= USECS_PER_DAY;
			return true;
		}
	return false;
}

/*
 * The microseconds of an interval; a day counts 24 hours and a month 30 days, as in
 * comparisons. Errors when it is negative or not finite.
 */
int64
pgi_length_of_interval(const Interval *interval, const char *what)
{
	int64 ndays = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	int64 length;

	if (PGI_INTERVAL_NOT_FINITE(interval) ||
		__builtin_mul_overflow(ndays, (int64) USECS_PER_DAY, &length) ||
		__builtin_add_overflow(length, interval->time, &length))
		ereport(ERROR, (errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
						errmsg("%s is out of range", what),
						errhint("Give a finite length of time.")));
	if (length < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be negative", what)));
	return length;
}
