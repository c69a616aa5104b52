/*
 * quiet_functions.c: until when somebody is not to be disturbed, in SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "calendar/zone.h"
#include "kernel/quiet.h"

/* The times of day in an array without NULLs. */
static Datum *
times_of(Datum array, int *count)
{
	Datum *times;

	deconstruct_array(DatumGetArrayTypeP(array), TIMEOID, sizeof(TimeADT), true,
					  TYPALIGN_DOUBLE, &times, NULL, count);
	return times;
}

/*
 * (zone, opens, closes, at): the end of the quiet hours that a moment is in; infinity when they do
 * not end, NULL when it is in none.
 */
PG_FUNCTION_INFO_V1(pgi_quiet_until_of);
Datum
pgi_quiet_until_of(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(3);
	int nwindows;
	Datum *opens = times_of(PG_GETARG_DATUM(1), &nwindows);
	Datum *closes = times_of(PG_GETARG_DATUM(2), &nwindows);
	PgiWindow *windows = palloc(sizeof(PgiWindow) * nwindows);
	int noffsets;
	PgiOffset *offsets;
	TimestampTz until;

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_NULL();
	for (int i = 0; i < nwindows; i++)
		windows[i] = (PgiWindow){DatumGetTimeADT(opens[i]), DatumGetTimeADT(closes[i])};
	offsets = pgi_zone_offsets_between(
		text_to_cstring(PG_GETARG_TEXT_PP(0)), "a contact's quiet hours", at,
		at + PGI_QUIET_HORIZON, CurrentMemoryContext, &noffsets);
	until = pgi_quiet_until(offsets, noffsets, windows, nwindows, at);
	if (until == at)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(until);
}
