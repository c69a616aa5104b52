/*
 * loss_functions.c: annual loss by Monte Carlo in SQL: the kernel simulates; a sample of years is an
 * array, so that scenarios add up year by year.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "risk/loss_model.h"

/* The years of an aggregate. */
typedef struct Portfolio
{
	int64 years;
	PgiLossTotal totals[FLEXIBLE_ARRAY_MEMBER];
} Portfolio;

#define PORTFOLIO_SIZE(years) \
	(offsetof(Portfolio, totals) + (years) * sizeof(PgiLossTotal))

static void
refuse_null(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("%s must not be null", what)));
}

static void
simulate(const PgiLossModel *model, double *losses, int trials)
{
	if (!pgi_loss_simulate(model, losses, trials))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("a year has more than %d events", PGI_MOST_EVENTS),
						errhint("The frequency is too uncertain to simulate.")));
}

/* An array of years whose losses are to be filled in. */
static ArrayType *
make_years(int64 years, double **losses)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + years * sizeof(double);
	ArrayType *array = palloc(size);

	memset(array, 0, ARR_OVERHEAD_NONULLS(1));
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = (int) years;
	ARR_LBOUND(array)[0] = 1;
	*losses = (double *) ARR_DATA_PTR(array);
	return array;
}

static void
refuse_total(void)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("the losses are too large to add up")));
}

/* The losses of an array of years, which are as many as two or more and sound. */
static const double *
check_years(ArrayType *array, int64 *years)
{
	const double *losses = (const double *) ARR_DATA_PTR(array);

	*years = ARR_NDIM(array) == 1 ? ARR_DIMS(array)[0] : 0;
	if (*years < 2 || *years > PGI_MOST_YEARS)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("losses must be an array of 2 to %d years", PGI_MOST_YEARS)));
	if (array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("losses must not have a null")));
	for (int64 i = 0; i < *years; i++)
		if (!(losses[i] >= 0) || isinf(losses[i]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("losses[%lld] is %g", (long long) i + 1, losses[i]),
							errhint("A loss is finite and not negative.")));
	return losses;
}

/* A copy of the years in an argument, for who rearranges them. */
static double *
copy_years(FunctionCallInfo fcinfo, int number, int64 *years)
{
	const double *given;
	double *losses;

	if (PG_ARGISNULL(number))
		refuse_null("losses");
	given = check_years(PG_GETARG_ARRAYTYPE_P(number), years);
	losses = palloc(*years * sizeof(double));
	memcpy(losses, given, *years * sizeof(double));
	return losses;
}

/* ---- What a sample of years says ---- */

static Datum
summary_record(FunctionCallInfo fcinfo, double *losses, int64 years)
{
	Datum values[4 + PGI_PERCENTILES];
	bool nulls[4 + PGI_PERCENTILES] = {false};
	PgiLossSummary summary;
	TupleDesc row;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE ||
		row->natts != lengthof(values))
		elog(ERROR, "a summary of losses has %d columns", (int) lengthof(values));
	pgi_loss_summarize(losses, years, &summary, pgi_loss_model_pause);
	if (!isfinite(summary.mean) || !isfinite(summary.standard_deviation))
		refuse_total();
	values[0] = Float8GetDatum(summary.mean);
	values[1] = Float8GetDatum(summary.standard_deviation);
	values[2] = Float8GetDatum(summary.standard_deviation / sqrt(years));
	for (int i = 0; i < PGI_PERCENTILES; i++)
		values[3 + i] = Float8GetDatum(summary.percentile[i]);
	values[3 + PGI_PERCENTILES] = Float8GetDatum(summary.any);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls));
}

PG_FUNCTION_INFO_V1(pgi_annual_loss);
Datum
pgi_annual_loss(PG_FUNCTION_ARGS)
{
	PgiLossModel model;
	int trials = pgi_loss_model_read(fcinfo, &model);
	double *losses = palloc(trials * sizeof(double));
	Datum record;

	simulate(&model, losses, trials);
	record = summary_record(fcinfo, losses, trials);
	pfree(losses);
	return record;
}

PG_FUNCTION_INFO_V1(pgi_annual_losses);
Datum
pgi_annual_losses(PG_FUNCTION_ARGS)
{
	PgiLossModel model;
	int trials = pgi_loss_model_read(fcinfo, &model);
	double *losses;
	ArrayType *array = make_years(trials, &losses);

	simulate(&model, losses, trials);
	PG_RETURN_ARRAYTYPE_P(array);
}

PG_FUNCTION_INFO_V1(pgi_loss_summary);
Datum
pgi_loss_summary(PG_FUNCTION_ARGS)
{
	int64 years;
	double *losses = copy_years(fcinfo, 0, &years);
	Datum record = summary_record(fcinfo, losses, years);

	pfree(losses);
	return record;
}

static void
put_exceedance(ReturnSetInfo *result, double loss, double probability)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = Float8GetDatum(loss);
	values[1] = Float8GetDatum(probability);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(pgi_loss_exceedance);
Datum
pgi_loss_exceedance(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PgiExceedance curve[PGI_MOST_POINTS];
	int64 years;
	double *losses = copy_years(fcinfo, 0, &years);
	int points;
	size_t count;

	if (PG_ARGISNULL(1))
		refuse_null("points");
	points = PG_GETARG_INT32(1);
	if (points < 1 || points > PGI_MOST_POINTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("points is %d", points),
				 errhint("It needs a number from 1 to %d.", PGI_MOST_POINTS)));
	InitMaterializedSRF(fcinfo, 0);
	count = pgi_loss_curve(losses, years, curve, points, pgi_loss_model_pause);
	for (size_t i = 0; i < count; i++)
		put_exceedance(result, curve[i].loss, curve[i].probability);
	pfree(losses);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(pgi_loss_probability);
Datum
pgi_loss_probability(PG_FUNCTION_ARGS)
{
	int64 years;
	const double *losses;
	double loss;

	if (PG_ARGISNULL(0))
		refuse_null("losses");
	if (PG_ARGISNULL(1))
		refuse_null("loss");
	losses = check_years(PG_GETARG_ARRAYTYPE_P(0), &years);
	loss = PG_GETARG_FLOAT8(1);
	if (isnan(loss))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("loss is not a number")));
	PG_RETURN_FLOAT8(pgi_loss_exceeding(losses, years, loss));
}

/* ---- The aggregate that adds scenarios up ---- */

static Portfolio *
make_portfolio(MemoryContext context, int64 years)
{
	Portfolio *portfolio =
		MemoryContextAllocExtended(context, PORTFOLIO_SIZE(years), MCXT_ALLOC_ZERO);

	portfolio->years = years;
	return portfolio;
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "a portfolio of losses is added up by an aggregate");
	return context;
}

static void
refuse_other_length(int64 years, int64 others)
{
	ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					errmsg("cannot add %lld years to %lld", (long long) others,
						   (long long) years),
					errhint("Simulate all scenarios with as many trials.")));
}

PG_FUNCTION_INFO_V1(pgi_portfolio_add);
Datum
pgi_portfolio_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Portfolio *portfolio = PG_ARGISNULL(0) ? NULL : (Portfolio *) PG_GETARG_POINTER(0);
	const double *losses;
	int64 years;

	if (PG_ARGISNULL(1))
	{
		if (portfolio == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(portfolio);
	}
	losses = check_years(PG_GETARG_ARRAYTYPE_P(1), &years);
	if (portfolio == NULL)
		portfolio = make_portfolio(context, years);
	if (portfolio->years != years)
		refuse_other_length(portfolio->years, years);
	for (int64 i = 0; i < years; i++)
	{
		if (losses[i] > PGI_MOST_ADDED || portfolio->totals[i].units > PGI_MOST_TOTAL)
			refuse_total();
		pgi_loss_add(&portfolio->totals[i], losses[i]);
	}
	PG_RETURN_POINTER(portfolio);
}

PG_FUNCTION_INFO_V1(pgi_portfolio_combine);
Datum
pgi_portfolio_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Portfolio *portfolio = PG_ARGISNULL(0) ? NULL : (Portfolio *) PG_GETARG_POINTER(0);
	const Portfolio *other = PG_ARGISNULL(1) ? NULL : (Portfolio *) PG_GETARG_POINTER(1);

	if (other != NULL && portfolio == NULL)
		portfolio = make_portfolio(context, other->years);
	if (portfolio == NULL)
		PG_RETURN_NULL();
	if (other != NULL)
	{
		if (portfolio->years != other->years)
			refuse_other_length(portfolio->years, other->years);
		for (int64 i = 0; i < other->years; i++)
		{
			if (portfolio->totals[i].units > PGI_MOST_TOTAL - other->totals[i].units)
				refuse_total();
			portfolio->totals[i].units += other->totals[i].units;
			portfolio->totals[i].parts += other->totals[i].parts;
		}
	}
	PG_RETURN_POINTER(portfolio);
}

PG_FUNCTION_INFO_V1(pgi_portfolio_serialize);
Datum
pgi_portfolio_serialize(PG_FUNCTION_ARGS)
{
	const Portfolio *portfolio = (Portfolio *) PG_GETARG_POINTER(0);
	Size size = PORTFOLIO_SIZE(portfolio->years);
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), portfolio, size);
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(pgi_portfolio_deserialize);
Datum
pgi_portfolio_deserialize(PG_FUNCTION_ARGS)
{
	const bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Portfolio *portfolio = palloc(VARSIZE_ANY_EXHDR(bytes));

	memcpy(portfolio, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	PG_RETURN_POINTER(portfolio);
}

PG_FUNCTION_INFO_V1(pgi_portfolio_losses);
Datum
pgi_portfolio_losses(PG_FUNCTION_ARGS)
{
	const Portfolio *portfolio =
		PG_ARGISNULL(0) ? NULL : (Portfolio *) PG_GETARG_POINTER(0);
	ArrayType *array;
	double *losses;

	if (portfolio == NULL)
		PG_RETURN_NULL();
	array = make_years(portfolio->years, &losses);
	for (int64 i = 0; i < portfolio->years; i++)
		losses[i] = pgi_loss_total(&portfolio->totals[i]);
	PG_RETURN_ARRAYTYPE_P(array);
}
