/*
 * risk_heat.c: the heat map of risks, an aggregate. Its state is its result: an array of
 * 5 by 5 counts, loss by likelihood, which is changed in place.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "kernel/risk.h"

#define CELLS (PGI_RATINGS * PGI_RATINGS)

/* The counts of a state that may be changed in place. */
static inline int64 *
counts(FunctionCallInfo fcinfo, int number, ArrayType **state)
{
	*state = PG_GETARG_ARRAYTYPE_P(number);
	if (unlikely(ARR_HASNULL(*state) ||
				 ARR_SIZE(*state) != ARR_OVERHEAD_NONULLS(2) + CELLS * sizeof(int64)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a heat map has 5 by 5 counts")));
	return (int64 *) ARR_DATA_PTR(*state);
}

static inline void
need_aggregate(FunctionCallInfo fcinfo)
{
	if (unlikely(!AggCheckCallContext(fcinfo, NULL)))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a part of risk_heat_map() is called outside it")));
}

/* Counts one risk; what is unknown counts as the highest. */
PG_FUNCTION_INFO_V1(pgi_heat_add);
Datum
pgi_heat_add(PG_FUNCTION_ARGS)
{
	int likelihood = PG_ARGISNULL(1) ? PGI_RATINGS : DatumGetUInt8(PG_GETARG_DATUM(1));
	int loss = PG_ARGISNULL(2) ? PGI_RATINGS : DatumGetUInt8(PG_GETARG_DATUM(2));
	ArrayType *state;

	need_aggregate(fcinfo);
	counts(fcinfo, 0, &state)[(loss - 1) * PGI_RATINGS + likelihood - 1]++;
	PG_RETURN_ARRAYTYPE_P(state);
}

/* Adds the counts of another worker. */
PG_FUNCTION_INFO_V1(pgi_heat_combine);
Datum
pgi_heat_combine(PG_FUNCTION_ARGS)
{
	ArrayType *state;
	ArrayType *other;
	int64 *sums;
	const int64 *added;

	need_aggregate(fcinfo);
	sums = counts(fcinfo, 0, &state);
	added = counts(fcinfo, 1, &other);
	for (int i = 0; i < CELLS; i++)
		sums[i] += added[i];
	PG_RETURN_ARRAYTYPE_P(state);
}
