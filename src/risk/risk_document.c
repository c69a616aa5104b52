/*
 * risk_document.c: reads the numbers and words of a risk method's document. That its keys
 * are known and its words texts has been seen to; numbers are checked here.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "document/document.h"
#include "document/json.h"
#include "risk/risk_document.h"

static const char *const stage_keys[PGI_RISK_STAGES] = {"likelihood", "loss", "risk"};

static const char *const formula_words[PGI_FORMULAS] = {
	[PGI_FORMULA_PRODUCT] = "product",
	[PGI_FORMULA_GEOMETRIC] = "geometric",
	[PGI_FORMULA_MATRIX] = "matrix",
	[PGI_FORMULA_ROW] = "row",
	[PGI_FORMULA_PRODUCT_OF_VALUES] = "product_of_values"};

static const char *const combination_words[PGI_COMBINATIONS] = {
	[PGI_COMBINE_MEAN] = "mean",
	[PGI_COMBINE_WEIGHTED] = "weighted",
	[PGI_COMBINE_MAX] = "max",
	[PGI_COMBINE_LOG2MEAN] = "log2mean"};

static const char *const weight_keys[3] = {"confidentiality", "integrity",
										   "availability"};

/* The problems found so far; counts them all, keeps those there is room for. */
typedef struct Reading
{
	PgiRiskProblem *problems;
	int room;
	int count;
} Reading;

static void
refuse(Reading *reading, const char *place, const char *sentence)
{
	if (reading->count < reading->room)
	{
		PgiRiskProblem *problem = &reading->problems[reading->count];

		strlcpy(problem->place, place, sizeof(problem->place));
		strlcpy(problem->text, sentence, sizeof(problem->text));
	}
	reading->count++;
}

/*
 * A number times the unit, when that is whole and lies between -limit and limit.
 */
bool
pgi_risk_document_whole_multiple(Numeric number, int64 unit, int64 limit, int64 *result)
{
	Datum product = DirectFunctionCall2(numeric_mul, NumericGetDatum(number),
										NumericGetDatum(int64_to_numeric(unit)));
	Datum size = DirectFunctionCall1(numeric_abs, product);
	Datum floor = DirectFunctionCall1(numeric_floor, product);

	if (numeric_is_nan(number) ||
		!DatumGetBool(DirectFunctionCall2(numeric_eq, product, floor)) ||
		DatumGetBool(DirectFunctionCall2(numeric_gt, size,
										 NumericGetDatum(int64_to_numeric(limit)))))
		return false;
	*result = DatumGetInt64(DirectFunctionCall1(numeric_int8, product));
	return true;
}

/* The place in a list of words of the text under a key; -1 when it is none of them. */
static int
word_field(JsonbContainer *object, const char *key, const char *const *words, int count)
{
	JsonbValue *value = pgi_json_field(object, key);

	for (int i = 0; value != NULL && value->type == jbvString && i < count; i++)
		if (strcmp(pgi_json_word(value), words[i]) == 0)
			return i;
	return -1;
}

static int32
read_integer(Reading *reading, const JsonbValue *value, const char *place)
{
	int64 number = 0;

	if (value == NULL)
		refuse(reading, place, "is missing");
	else if (value->type != jbvNumeric ||
			 !pgi_risk_document_whole_multiple(value->val.numeric, 1, PG_INT32_MAX,
											   &number))
		refuse(reading, place, "is not a whole number");
	return (int32) number;
}

/* The array under a value when it has so many items; NULL, with a problem, when not. */
static JsonbContainer *
read_array(Reading *reading, const JsonbValue *value, const char *place, int items)
{
	if (value == NULL)
		refuse(reading, place, "is missing");
	else if (pgi_json_is_array(value) &&
			 pgi_json_count(pgi_json_container(value)) == items)
		return pgi_json_container(value);
	else
		refuse(reading, place,
			   items == 2 ? "is not an array of 2 numbers"
						  : "is not an array of 5, one for each of 1 to 5");
	return NULL;
}

static void
read_matrix(Reading *reading, JsonbContainer *object, const char *stage_key,
			PgiRiskStage *stage)
{
	char *place = psprintf("$.%s.matrix", stage_key);
	JsonbContainer *rows =
		read_array(reading, pgi_json_field(object, "matrix"), place, PGI_RATINGS);

	for (int row = 0; rows != NULL && row < PGI_RATINGS; row++)
	{
		char *row_place = psprintf("%s[%d]", place, row);
		JsonbContainer *columns = read_array(
			reading, getIthJsonbValueFromContainer(rows, row), row_place, PGI_RATINGS);

		for (int column = 0; columns != NULL && column < PGI_RATINGS; column++)
			stage->matrix[row][column] =
				read_integer(reading, getIthJsonbValueFromContainer(columns, column),
							 psprintf("%s[%d]", row_place, column));
	}
}

static void
read_bands(Reading *reading, JsonbContainer *object, const char *stage_key,
		   PgiRiskStage *stage)
{
	char *place = psprintf("$.%s.bands", stage_key);
	JsonbContainer *bands =
		read_array(reading, pgi_json_field(object, "bands"), place, PGI_RATINGS);

	for (int i = 0; bands != NULL && i < PGI_RATINGS; i++)
	{
		char *band_place = psprintf("%s[%d]", place, i);
		JsonbContainer *ends =
			read_array(reading, getIthJsonbValueFromContainer(bands, i), band_place, 2);

		if (ends == NULL)
			continue;
		stage->from[i] = read_integer(reading, getIthJsonbValueFromContainer(ends, 0),
									  psprintf("%s[0]", band_place));
		stage->to[i] = read_integer(reading, getIthJsonbValueFromContainer(ends, 1),
									psprintf("%s[1]", band_place));
	}
}

/* The object under a key; NULL, with a problem, when there is none. */
static JsonbContainer *
read_object(Reading *reading, JsonbContainer *parent, const char *key, const char *place)
{
	JsonbValue *value =
		JsonContainerIsObject(parent) ? pgi_json_field(parent, key) : NULL;

	if (pgi_json_is_object(value))
		return pgi_json_container(value);
	refuse(reading, place, value == NULL ? "is missing" : "is not an object");
	return NULL;
}

static void
read_stage(Reading *reading, JsonbContainer *document, const char *key,
		   PgiRiskStage *stage)
{
	JsonbContainer *object = read_object(reading, document, key, psprintf("$.%s", key));

	if (object == NULL)
		return;
	stage->formula = word_field(object, "formula", formula_words, PGI_FORMULAS);
	if (stage->formula == PGI_FORMULA_MATRIX)
		read_matrix(reading, object, key, stage);
	else if (pgi_json_field(object, "matrix") != NULL)
		refuse(reading, psprintf("$.%s.matrix", key), "is not used by the formula");
	read_bands(reading, object, key, stage);
}

static void
read_asset_value(Reading *reading, JsonbContainer *document, PgiAssetValue *how)
{
	JsonbContainer *object =
		read_object(reading, document, "asset_value", "$.asset_value");
	JsonbContainer *weights;

	if (object == NULL)
		return;
	how->combination =
		word_field(object, "combination", combination_words, PGI_COMBINATIONS);
	if (how->combination != PGI_COMBINE_WEIGHTED)
	{
		if (pgi_json_field(object, "weights") != NULL)
			refuse(reading, "$.asset_value.weights", "is not used by the combination");
		return;
	}
	weights = read_object(reading, object, "weights", "$.asset_value.weights");
	for (int i = 0; weights != NULL && i < 3; i++)
	{
		char *place = psprintf("$.asset_value.weights.%s", weight_keys[i]);
		JsonbValue *weight = pgi_json_field(weights, weight_keys[i]);

		if (weight == NULL)
			refuse(reading, place, "is missing");
		else if (weight->type != jbvNumeric ||
				 !pgi_risk_document_whole_multiple(weight->val.numeric, PGI_WEIGHT_UNIT,
												   PGI_WEIGHT_MAX * 2, &how->weight[i]))
			refuse(reading, place,
				   "is not a number of at most six decimals up to 1000000");
	}
}

bool
pgi_risk_document_combination(const char *word, PgiCombination *combination)
{
	for (int i = 0; i < PGI_COMBINATIONS; i++)
		if (strcmp(word, combination_words[i]) == 0)
		{
			*combination = i;
			return true;
		}
	return false;
}

/*
 * Reads a document that has the shape of a method, and finds what is wrong with it;
 * returns how many problems there are, of which at most `room` are written.
 */
int
pgi_risk_document_read(Jsonb *document, PgiRiskSource *source, PgiRiskProblem *problems,
					   int room)
{
	Reading reading = {problems, room, 0};

	memset(source, 0, sizeof(*source));
	read_asset_value(&reading, &document->root, &source->asset_value);
	for (int i = 0; i < PGI_RISK_STAGES; i++)
		read_stage(&reading, &document->root, stage_keys[i], &source->stage[i]);
	if (JsonContainerIsObject(&document->root))
		source->unacceptable_from =
			read_integer(&reading, pgi_json_field(&document->root, "unacceptable_from"),
						 "$.unacceptable_from");
	if (reading.count > 0)
		return reading.count;
	return pgi_risk_check(source, problems, room);
}

PG_FUNCTION_INFO_V1(pgi_risk_problems);
Datum
pgi_risk_problems(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PgiRiskProblem problems[200];
	PgiRiskSource source;
	int count;

	count = pgi_risk_document_read(PG_GETARG_JSONB_P(0), &source, problems,
								   lengthof(problems));
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < Min(count, lengthof(problems)); i++)
		pgi_document_put_finding(result, problems[i].place, problems[i].text);
	return (Datum) 0;
}
