/*
 * risk_heat.c: the heat map of risks, an aggregate: 5 by 5 counts, loss by likelihood.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "kernel/risk.h"

/* The state; counts are in the places of PGI_RISK_PAIR(loss, likelihood). */
typedef struct HeatMap
{
	int64 counts[64];
} HeatMap;

static pg_noinline HeatMap *
make_map(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "a part of risk_heat_map() is called outside it");
	return MemoryContextAllocZero(context, sizeof(HeatMap));
}

static inline HeatMap *
map_argument(FunctionCallInfo fcinfo, int number)
{
	return (HeatMap *) PG_GETARG_POINTER(number);
}

/* A level; NULL is unknown and counts as the highest. */
static inline int
level_argument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? PGI_RATINGS
								: (DatumGetUInt8(PG_GETARG_DATUM(number)) & 7);
}

/* Counts one risk. */
PG_FUNCTION_INFO_V1(pgi_heat_add);
Datum
pgi_heat_add(PG_FUNCTION_ARGS)
{
	HeatMap *map = likely(!PG_ARGISNULL(0)) ? map_argument(fcinfo, 0) : make_map(fcinfo);

	map->counts[PGI_RISK_PAIR(level_argument(fcinfo, 2), level_argument(fcinfo, 1))]++;
	PG_RETURN_POINTER(map);
}

/* Adds the counts of another worker. */
PG_FUNCTION_INFO_V1(pgi_heat_combine);
Datum
pgi_heat_combine(PG_FUNCTION_ARGS)
{
	HeatMap *map = PG_ARGISNULL(0) ? make_map(fcinfo) : map_argument(fcinfo, 0);

	for (int i = 0; !PG_ARGISNULL(1) && i < lengthof(map->counts); i++)
		map->counts[i] += map_argument(fcinfo, 1)->counts[i];
	PG_RETURN_POINTER(map);
}

PG_FUNCTION_INFO_V1(pgi_heat_serialize);
Datum
pgi_heat_serialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = palloc(VARHDRSZ + sizeof(HeatMap));

	SET_VARSIZE(bytes, VARHDRSZ + sizeof(HeatMap));
	memcpy(VARDATA(bytes), map_argument(fcinfo, 0), sizeof(HeatMap));
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(pgi_heat_deserialize);
Datum
pgi_heat_deserialize(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	HeatMap *map = palloc(sizeof(HeatMap));

	if (VARSIZE_ANY_EXHDR(bytes) != sizeof(HeatMap))
		elog(ERROR, "a heat map has %d bytes", (int) sizeof(HeatMap));
	memcpy(map, VARDATA_ANY(bytes), sizeof(HeatMap));
	PG_RETURN_POINTER(map);
}

/* The counts as an array [loss][likelihood]; all zero when there was no row. */
PG_FUNCTION_INFO_V1(pgi_heat_final);
Datum
pgi_heat_final(PG_FUNCTION_ARGS)
{
	Datum cells[PGI_RATINGS * PGI_RATINGS];
	int dimensions[2] = {PGI_RATINGS, PGI_RATINGS};
	int lower_bounds[2] = {1, 1};
	int cell = 0;

	for (int loss = 1; loss <= PGI_RATINGS; loss++)
		for (int likelihood = 1; likelihood <= PGI_RATINGS; likelihood++)
			cells[cell++] = Int64GetDatum(
				PG_ARGISNULL(0)
					? 0
					: map_argument(fcinfo, 0)->counts[PGI_RISK_PAIR(loss, likelihood)]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(cells, NULL, 2, dimensions, lower_bounds,
											 INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}
