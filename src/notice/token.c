/*
 * token.c: what nobody can guess.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/compat.h"

#define MOST 1024

/* So many bytes from the system's strong random numbers. */
PG_FUNCTION_INFO_V1(pgi_strong_random);
Datum
pgi_strong_random(PG_FUNCTION_ARGS)
{
	int32 length = PG_GETARG_INT32(0);
	bytea *result;

	if (length < 0 || length > MOST)
		elog(ERROR, "%d random bytes", length);
	result = palloc(VARHDRSZ + length);
	SET_VARSIZE(result, VARHDRSZ + length);
	if (!pg_strong_random(VARDATA(result), length))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("the system has no random numbers")));
	PG_RETURN_BYTEA_P(result);
}
