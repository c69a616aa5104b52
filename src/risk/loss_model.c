/*
 * loss_model.c: reads the model of a scenario's losses from the arguments of an SQL
 * function. Quantities come as JSON, whose shape is in src/document/shape.c.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "document/document.h"
#include "document/json.h"
#include "document/shape.h"
#include "risk/loss_model.h"

#define MOST_RATE 1e6
#define MOST_MAGNITUDE 1e15
#define MOST_SIGMA 10
#define MOST_SHAPE 1000

/* Lognormal quantities are above 0. */
#define LEAST_POSITIVE 1e-15

/* A number from `least` to `most`. */
static double
read_number(const char *place, const JsonbValue *value, double least, double most)
{
	Datum numeric = NumericGetDatum(value->val.numeric);
	double number =
		DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, numeric));

	if (!(number >= least && number <= most))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is %s", place,
							   pgi_argument_clip(DatumGetCString(
								   DirectFunctionCall1(numeric_out, numeric)))),
						errhint("It needs a number from %.15g to %.15g.", least, most)));
	return number;
}

static double
read_member(const char *place, JsonbContainer *object, const char *key, double least,
			double most)
{
	return read_number(pgi_document_place_key(place, key), pgi_json_field(object, key),
					   least, most);
}

static void
read_pert(PgiQuantity *quantity, const char *place, JsonbContainer *object, double most)
{
	double max = read_member(place, object, "max", 0, most);
	double min = read_member(place, object, "min", 0, max);
	double mode = read_member(place, object, "mode", min, max);
	double shape = 4;

	if (pgi_json_field(object, "shape") != NULL)
		shape = read_member(place, object, "shape", 0, MOST_SHAPE);
	pgi_loss_quantity_pert(quantity, min, mode, max, shape);
}

static void
read_lognormal(PgiQuantity *quantity, const char *place, JsonbContainer *object,
			   double most)
{
	double median = read_member(place, object, "median", LEAST_POSITIVE, most);
	double sigma = read_member(place, object, "sigma", 0, MOST_SIGMA);

	pgi_loss_quantity_lognormal(quantity, median, sigma);
}

static void
read_between(PgiQuantity *quantity, const char *place, JsonbContainer *object,
			 double most)
{
	double high = read_member(place, object, "high", LEAST_POSITIVE, most);
	double low = read_member(place, object, "low", LEAST_POSITIVE, high);

	pgi_loss_quantity_between(quantity, low, high);
}

static void
read_quantity(PgiQuantity *quantity, const char *place, const JsonbValue *value,
			  double most)
{
	JsonbContainer *object = pgi_json_container(value);

	if (object == NULL)
		pgi_loss_quantity_fixed(quantity, read_number(place, value, 0, most));
	else if (pgi_json_field(object, "median") != NULL)
		read_lognormal(quantity, place, object, most);
	else if (pgi_json_field(object, "low") != NULL)
		read_between(quantity, place, object, most);
	else
		read_pert(quantity, place, object, most);
}

/* An argument that has its shape, as a value. */
static JsonbValue
json_argument(FunctionCallInfo fcinfo, int number, PgiDocumentKind kind)
{
	JsonbValue value;

	pgi_json_root(PG_GETARG_JSONB_P(number), &value);
	pgi_shape_expect(&value, kind);
	return value;
}

static void
read_frequency(PgiLossModel *model, const JsonbValue *value)
{
	JsonbContainer *object = pgi_json_container(value);

	model->exact = object != NULL && pgi_json_field(object, "events") != NULL;
	if (model->exact)
		model->events = pgi_json_integer(object, "events");
	else
		read_quantity(&model->rate, "frequency", value, MOST_RATE);
}

static void
read_secondary(PgiLossModel *model, const JsonbValue *value)
{
	JsonbContainer *object = pgi_json_container(value);

	model->probability = read_member("secondary", object, "probability", 0, 1);
	read_quantity(&model->secondary, "secondary.loss", pgi_json_field(object, "loss"),
				  MOST_MAGNITUDE);
}

/* What the kernel calls now and then. */
void
pgi_loss_model_pause(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* Reads the arguments (frequency, magnitude, trials, seed, secondary, scenario); returns the trials. */
int
pgi_loss_model_read(FunctionCallInfo fcinfo, PgiLossModel *model)
{
	static const char *const names[] = {"frequency", "magnitude", "trials",
										"seed",		 NULL,		  "scenario"};
	JsonbValue value;
	int trials;

	for (int i = 0; i < lengthof(names); i++)
		if (names[i] != NULL && PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("%s must not be null", names[i])));
	memset(model, 0, sizeof(*model));
	value = json_argument(fcinfo, 0, PGI_DOCUMENT_FREQUENCY);
	read_frequency(model, &value);
	value = json_argument(fcinfo, 1, PGI_DOCUMENT_MAGNITUDE);
	read_quantity(&model->magnitude, "magnitude", &value, MOST_MAGNITUDE);
	if (!PG_ARGISNULL(4))
	{
		value = json_argument(fcinfo, 4, PGI_DOCUMENT_SECONDARY_LOSS);
		read_secondary(model, &value);
	}
	trials = PG_GETARG_INT32(2);
	if (trials < 2 || trials > PGI_MOST_YEARS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("trials is %d", trials),
				 errhint("It needs a number from 2 to %d.", PGI_MOST_YEARS)));
	model->seed = PG_GETARG_INT64(3);
	model->scenario = PG_GETARG_INT64(5);
	model->pause = pgi_loss_model_pause;
	return trials;
}
