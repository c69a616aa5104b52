/*
 * risk_standing.c: how a risk stands, by its level and by what was decided about it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"

static bool
argument_is(FunctionCallInfo fcinfo, int number, const char *word)
{
	text *value;

	if (PG_ARGISNULL(number))
		return false;
	value = PG_GETARG_TEXT_PP(number);
	return VARSIZE_ANY_EXHDR(value) == strlen(word) &&
		   memcmp(VARDATA_ANY(value), word, strlen(word)) == 0;
}

/* Whether what was approved, in the argument 5, covers the level. */
static bool
is_covered(FunctionCallInfo fcinfo, uint8 level)
{
	return !PG_ARGISNULL(5) && level <= DatumGetUInt8(PG_GETARG_DATUM(5));
}

PG_FUNCTION_INFO_V1(pgi_risk_standing);
Datum
pgi_risk_standing(PG_FUNCTION_ARGS)
{
	uint8 level;
	const char *standing;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(6))
		PG_RETURN_NULL();
	level = DatumGetUInt8(PG_GETARG_DATUM(0));

	if (level < DatumGetUInt8(PG_GETARG_DATUM(1)))
		standing = "acceptable";
	else if (PG_ARGISNULL(2))
		standing = "untreated";
	else if (argument_is(fcinfo, 2, "accept") && !PG_ARGISNULL(4) &&
			 PG_GETARG_TIMESTAMPTZ(4) <= PG_GETARG_TIMESTAMPTZ(6))
		standing = "untreated";
	else if (argument_is(fcinfo, 2, "accept") && is_covered(fcinfo, level) &&
			 (argument_is(fcinfo, 3, "approved") || argument_is(fcinfo, 3, "closed")))
		standing = "accepted";
	else if (argument_is(fcinfo, 3, "closed"))
		standing = is_covered(fcinfo, level) ? "residual_approved" : "untreated";
	else
		standing = "in_treatment";
	PG_RETURN_TEXT_P(cstring_to_text(standing));
}
