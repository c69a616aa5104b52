/*
 * ticket_key.c: keys of tickets as leakproof functions of what ticket systems count by, so
 * that a join to them keeps its index behind walls.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"

/* A whole number as text. */
PG_FUNCTION_INFO_V1(pgi_ticket_key);
Datum
pgi_ticket_key(PG_FUNCTION_ARGS)
{
	char digits[MAXINT8LEN + 1];
	int length = pg_lltoa(PG_GETARG_INT64(0), digits);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(digits, length));
}

/* The number that a text is of, written as pgi_ticket_key writes it; NULL: of none. */
PG_FUNCTION_INFO_V1(pgi_ticket_number);
Datum
pgi_ticket_number(PG_FUNCTION_ARGS)
{
	text *key = PG_GETARG_TEXT_PP(0);
	const char *digit = VARDATA_ANY(key);
	const char *end = digit + VARSIZE_ANY_EXHDR(key);
	bool negative = digit < end && *digit == '-';
	int64 number = 0;

	digit += negative;
	if (digit == end || (*digit == '0' && (negative || digit + 1 < end)))
		PG_RETURN_NULL();
	for (; digit < end; digit++)
		if (*digit < '0' || *digit > '9' || pg_mul_s64_overflow(number, 10, &number) ||
			pg_sub_s64_overflow(number, *digit - '0', &number))
			PG_RETURN_NULL();
	if (!negative && number == PG_INT64_MIN)
		PG_RETURN_NULL();
	PG_RETURN_INT64(negative ? number : -number);
}
