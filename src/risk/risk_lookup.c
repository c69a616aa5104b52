/*
 * risk_lookup.c: the look-ups of a risk method, and the value of an asset.
 *
 * They are called once a row over millions of rows, so each call site remembers the method
 * it used last.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "risk/risk_cache.h"
#include "risk/risk_document.h"

/* What a call site used last. */
typedef struct Memo
{
	uint64 generation;
	const PgiRiskMethod *method;
	int32 method_id;
	NameData name;
} Memo;

static Memo *
get_memo(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Memo));
	return fcinfo->flinfo->fn_extra;
}

/* Finds the method whose id is the first argument, and remembers it. */
static pg_noinline const PgiRiskMethod *
find_by_id(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	uint64 generation = pgi_invalidation_risk_methods;

	pgi_argument_need(fcinfo, 0, "the risk method");
	memo->generation = 0;
	memo->method_id = PG_GETARG_INT32(0);
	memo->method = pgi_risk_method(memo->method_id);
	memo->generation = generation;
	return memo->method;
}

/* The method whose id is the first argument, if it was used last; or else NULL. */
static inline const PgiRiskMethod *
remembered_method(FunctionCallInfo fcinfo)
{
	const Memo *memo = fcinfo->flinfo->fn_extra;

	if (likely(memo != NULL && !PG_ARGISNULL(0) &&
			   memo->generation == pgi_invalidation_risk_methods &&
			   memo->method_id == PG_GETARG_INT32(0)))
		return memo->method;
	return NULL;
}

/* The method whose id is the first argument. */
static inline const PgiRiskMethod *
method_by_id(FunctionCallInfo fcinfo)
{
	const PgiRiskMethod *method = remembered_method(fcinfo);

	return likely(method != NULL) ? method : find_by_id(fcinfo);
}

/* The newest published method whose name is the first argument. */
static const PgiRiskMethod *
method_by_name(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	text *name;
	int length;

	pgi_argument_need(fcinfo, 0, "the risk method");
	name = PG_GETARG_TEXT_PP(0);
	length = VARSIZE_ANY_EXHDR(name);
	if (memo->generation != pgi_invalidation_risk_methods || length >= NAMEDATALEN ||
		NameStr(memo->name)[length] != '\0' ||
		memcmp(NameStr(memo->name), VARDATA_ANY(name), length) != 0)
	{
		char *wanted = pgi_argument_name_of(name, "the risk method");
		uint64 generation = pgi_invalidation_risk_methods;

		memo->generation = 0;
		memo->method = pgi_risk_method(pgi_risk_method_version(wanted, 0));
		namestrcpy(&memo->name, wanted);
		memo->generation = generation;
	}
	return memo->method;
}

/* A rating; NULL is unknown and counts as the highest. */
static inline int
rating(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? PGI_RATINGS
								: (DatumGetUInt8(PG_GETARG_DATUM(number)) & 7);
}

/* The place of the three ratings from the argument `first` on. */
static inline int
triple(FunctionCallInfo fcinfo, int first)
{
	return PGI_RISK_TRIPLE(rating(fcinfo, first), rating(fcinfo, first + 1),
						   rating(fcinfo, first + 2));
}

PG_FUNCTION_INFO_V1(pgi_risk_method_id);
Datum
pgi_risk_method_id(PG_FUNCTION_ARGS)
{
	int32 version = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

	if (!PG_ARGISNULL(1) && version < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("versions of risk methods count from 1, not %d", version)));
	PG_RETURN_INT32(pgi_risk_method_version(
		pgi_argument_needed_name(fcinfo, 0, "the risk method"), version));
}

static pg_noinline Datum
level_of_other_method(FunctionCallInfo fcinfo)
{
	return UInt8GetDatum(find_by_id(fcinfo)->level[triple(fcinfo, 1)]);
}

PG_FUNCTION_INFO_V1(pgi_risk_level);
Datum
pgi_risk_level(PG_FUNCTION_ARGS)
{
	const PgiRiskMethod *method = remembered_method(fcinfo);

	if (unlikely(method == NULL))
		return level_of_other_method(fcinfo);
	return UInt8GetDatum(method->level[triple(fcinfo, 1)]);
}

PG_FUNCTION_INFO_V1(pgi_risk_level_by_name);
Datum
pgi_risk_level_by_name(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(method_by_name(fcinfo)->level[triple(fcinfo, 1)]);
}

PG_FUNCTION_INFO_V1(pgi_risk_likelihood);
Datum
pgi_risk_likelihood(PG_FUNCTION_ARGS)
{
	int pair = PGI_RISK_PAIR(rating(fcinfo, 1), rating(fcinfo, 2));

	return UInt8GetDatum(method_by_id(fcinfo)->likelihood[pair]);
}

PG_FUNCTION_INFO_V1(pgi_risk_loss);
Datum
pgi_risk_loss(PG_FUNCTION_ARGS)
{
	int pair = PGI_RISK_PAIR(rating(fcinfo, 1), rating(fcinfo, 2));

	return UInt8GetDatum(method_by_id(fcinfo)->loss[pair]);
}

PG_FUNCTION_INFO_V1(pgi_risk_value);
Datum
pgi_risk_value(PG_FUNCTION_ARGS)
{
	int64 square = method_by_id(fcinfo)->risk_square[triple(fcinfo, 1)];

	PG_RETURN_FLOAT8(sqrt((double) square));
}

PG_FUNCTION_INFO_V1(pgi_risk_unacceptable_from);
Datum
pgi_risk_unacceptable_from(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(method_by_id(fcinfo)->unacceptable_from);
}

PG_FUNCTION_INFO_V1(pgi_risk_detail);
Datum
pgi_risk_detail(PG_FUNCTION_ARGS)
{
	const PgiRiskMethod *method = method_by_id(fcinfo);
	int place = triple(fcinfo, 1);
	int likely = PGI_RISK_PAIR(rating(fcinfo, 2), rating(fcinfo, 3));
	int lost = PGI_RISK_PAIR(rating(fcinfo, 1), rating(fcinfo, 3));
	Datum values[6];
	bool nulls[6] = {false};
	TupleDesc shape;

	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "risk_detail() is called where no row can be returned");
	values[0] = Float8GetDatum(sqrt((double) method->likelihood_square[likely]));
	values[1] = UInt8GetDatum(method->likelihood[likely]);
	values[2] = Float8GetDatum(sqrt((double) method->loss_square[lost]));
	values[3] = UInt8GetDatum(method->loss[lost]);
	values[4] = Float8GetDatum(sqrt((double) method->risk_square[place]));
	values[5] = UInt8GetDatum(method->level[place]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(shape), values, nulls));
}

/* A number of tenths, with one decimal. */
static Datum
tenths_datum(int tenths)
{
	return NumericGetDatum(int64_div_fast_to_numeric(tenths, 1));
}

PG_FUNCTION_INFO_V1(pgi_method_asset_value);
Datum
pgi_method_asset_value(PG_FUNCTION_ARGS)
{
	return tenths_datum(method_by_id(fcinfo)->asset_tenths[triple(fcinfo, 1)]);
}

PG_FUNCTION_INFO_V1(pgi_method_asset_rating);
Datum
pgi_method_asset_rating(PG_FUNCTION_ARGS)
{
	int tenths = method_by_id(fcinfo)->asset_tenths[triple(fcinfo, 1)];

	return UInt8GetDatum(pgi_risk_asset_rating(tenths));
}

/* Three weights, as they are in a method's document. */
static void
read_weights(ArrayType *array, int64 weight[3])
{
	int64 total = 0;

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != 3 || array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the weights must be three numbers"),
						errhint("They are those of confidentiality, integrity and "
								"availability, such as '{0.5,0.3,0.2}'.")));
	for (int i = 0; i < 3; i++)
	{
		Datum *values;
		int count;

		deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &values, NULL,
						  &count);
		if (!pgi_risk_document_whole_multiple(DatumGetNumeric(values[i]), PGI_WEIGHT_UNIT,
											  PGI_WEIGHT_MAX, &weight[i]) ||
			weight[i] < 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s is no weight",
								   pgi_argument_clip(DatumGetCString(
									   DirectFunctionCall1(numeric_out, values[i])))),
							errdetail("A weight is from 0 to 1000000 and has at most six "
									  "decimals.")));
		total += weight[i];
	}
	if (total == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the weights must not all be zero")));
}

/* The value in tenths of the ratings, combination and weights in the arguments. */
static int
asset_tenths(FunctionCallInfo fcinfo)
{
	int ratings[3];
	PgiAssetValue how;
	char *word;

	for (int i = 0; i < 3; i++)
		ratings[i] = rating(fcinfo, i);
	word = pgi_argument_needed_name(fcinfo, 3, "the combination");
	if (!pgi_risk_document_combination(word, &how.combination))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("combination \"%s\" is not known", pgi_argument_clip(word)),
				 errhint("Use mean, weighted, max or log2mean.")));
	if ((how.combination == PGI_COMBINE_WEIGHTED) == PG_ARGISNULL(4))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						PG_ARGISNULL(4)
							? errmsg("the combination \"weighted\" needs weights")
							: errmsg("the combination \"%s\" takes no weights", word)));
	if (how.combination == PGI_COMBINE_WEIGHTED)
		read_weights(PG_GETARG_ARRAYTYPE_P(4), how.weight);
	return pgi_risk_asset_tenths(&how, ratings);
}

PG_FUNCTION_INFO_V1(pgi_asset_value);
Datum
pgi_asset_value(PG_FUNCTION_ARGS)
{
	return tenths_datum(asset_tenths(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_asset_rating_of);
Datum
pgi_asset_rating_of(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(pgi_risk_asset_rating(asset_tenths(fcinfo)));
}

/* A rating so many steps higher or lower, within 1 to 5. */
PG_FUNCTION_INFO_V1(pgi_rating_shift);
Datum
pgi_rating_shift(PG_FUNCTION_ARGS)
{
	int64 shifted = (int64) DatumGetUInt8(PG_GETARG_DATUM(0)) + PG_GETARG_INT32(1);

	return UInt8GetDatum((uint8) Max(1, Min(PGI_RATINGS, shifted)));
}
