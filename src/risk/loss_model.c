/*
 * loss_model.c: reads the model of a scenario's losses from the arguments of an SQL
 * function. Quantities come as JSON.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "risk/loss_model.h"

#define MOST_RATE 1e6
#define MOST_MAGNITUDE 1e15
#define MOST_SIGMA 10
#define MOST_SHAPE 1000

/* Lognormal quantities are above 0. */
#define LEAST_POSITIVE 1e-15

/* Every word a document may have. */
typedef enum Word
{
	WORD_MIN,
	WORD_MODE,
	WORD_MAX,
	WORD_SHAPE,
	WORD_MEDIAN,
	WORD_SIGMA,
	WORD_LOW,
	WORD_HIGH,
	WORD_EVENTS,
	WORD_PROBABILITY,
	WORD_LOSS,
	WORDS
} Word;

static const char *const words[WORDS] = {"min",	   "mode",		  "max", "shape",
										 "median", "sigma",		  "low", "high",
										 "events", "probability", "loss"};

#define BIT(word) (1u << (word))
#define FORM_PERT (BIT(WORD_MIN) | BIT(WORD_MODE) | BIT(WORD_MAX) | BIT(WORD_SHAPE))
#define FORM_LOGNORMAL (BIT(WORD_MEDIAN) | BIT(WORD_SIGMA))
#define FORM_BETWEEN (BIT(WORD_LOW) | BIT(WORD_HIGH))
#define FORM_EVENTS BIT(WORD_EVENTS)
#define FORM_SECONDARY (BIT(WORD_PROBABILITY) | BIT(WORD_LOSS))
#define OPTIONAL BIT(WORD_SHAPE)

#define QUANTITY_HINT                                                                   \
	"A quantity is a number, {\"min\", \"mode\", \"max\"} with an optional \"shape\", " \
	"{\"median\", \"sigma\"}, or {\"low\", \"high\"}."
#define FREQUENCY_HINT QUANTITY_HINT " A frequency may be {\"events\"} too."
#define SECONDARY_HINT "A secondary loss is {\"probability\", \"loss\"}."

/* An object being read: where it is, and its values. */
typedef struct Document
{
	const char *place;
	const char *hint;
	unsigned given;
	JsonbValue values[WORDS];
} Document;

static char *
json_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return psprintf("\"%s\"", pgi_argument_clip(pnstrdup(value->val.string.val,
																 value->val.string.len)));
		case jbvNumeric:
			return pgi_argument_clip(DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric))));
		case jbvBool:
			return value->val.boolean ? "true" : "false";
		default:
			return JsonContainerIsObject(value->val.binary.data) ? "an object"
																 : "an array";
	}
}

static void
refuse_value(const char *place, const JsonbValue *value, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s is %s", place, json_text(value)), errhint("%s", hint)));
}

static char *
place_of(const Document *document, Word word)
{
	return psprintf("%s.%s", document->place, words[word]);
}

static Word
find_word(const Document *document, const JsonbValue *key)
{
	for (int word = 0; word < WORDS; word++)
		if (strlen(words[word]) == key->val.string.len &&
			memcmp(words[word], key->val.string.val, key->val.string.len) == 0)
			return (Word) word;
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("%s.%s is not a known key", document->place,
				pgi_argument_clip(pnstrdup(key->val.string.val, key->val.string.len))),
		 errhint("%s", document->hint)));
	return WORDS;
}

static void
read_document(Document *document, const char *place, const JsonbValue *object,
			  const char *hint)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	Word word = WORDS;

	if (object->type != jbvBinary || !JsonContainerIsObject(object->val.binary.data))
		refuse_value(place, object, hint);
	document->place = place;
	document->hint = hint;
	document->given = 0;
	iterator = JsonbIteratorInit(object->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			word = find_word(document, &value);
		else if (token == WJB_VALUE)
		{
			document->values[word] = value;
			document->given |= BIT(word);
		}
	}
}

/* Refuses keys that are not of the form, and a form that lacks one. */
static void
expect_form(const Document *document, unsigned form)
{
	unsigned misplaced = document->given & ~form;
	unsigned missing = form & ~document->given & ~OPTIONAL;

	for (int word = 0; word < WORDS; word++)
	{
		if ((misplaced & BIT(word)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s.%s does not belong there", document->place, words[word]),
					 errhint("%s", document->hint)));
		if (misplaced == 0 && (missing & BIT(word)) != 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s.%s is missing", document->place, words[word]),
							errhint("%s", document->hint)));
	}
}

/* A number from `least` to `most`. */
static double
read_number(const char *place, const JsonbValue *value, double least, double most)
{
	double number;

	if (value->type == jbvNumeric)
	{
		number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
													NumericGetDatum(value->val.numeric)));
		if (number >= least && number <= most)
			return number;
	}
	refuse_value(place, value,
				 psprintf("It needs a number from %.15g to %.15g.", least, most));
	return 0;
}

static double
read_member(const Document *document, Word word, double least, double most)
{
	return read_number(place_of(document, word), &document->values[word], least, most);
}

static void
read_pert(PgiQuantity *quantity, const Document *document, double most)
{
	double max = read_member(document, WORD_MAX, 0, most);
	double min = read_member(document, WORD_MIN, 0, max);
	double mode = read_member(document, WORD_MODE, min, max);
	double shape = 4;

	if ((document->given & BIT(WORD_SHAPE)) != 0)
		shape = read_member(document, WORD_SHAPE, 0, MOST_SHAPE);
	pgi_loss_quantity_pert(quantity, min, mode, max, shape);
}

static void
read_distribution(PgiQuantity *quantity, const Document *document, double most)
{
	if ((document->given & FORM_LOGNORMAL) != 0)
	{
		double median;
		double sigma;

		expect_form(document, FORM_LOGNORMAL);
		median = read_member(document, WORD_MEDIAN, LEAST_POSITIVE, most);
		sigma = read_member(document, WORD_SIGMA, 0, MOST_SIGMA);
		pgi_loss_quantity_lognormal(quantity, median, sigma);
	}
	else if ((document->given & FORM_BETWEEN) != 0)
	{
		double low;
		double high;

		expect_form(document, FORM_BETWEEN);
		high = read_member(document, WORD_HIGH, LEAST_POSITIVE, most);
		low = read_member(document, WORD_LOW, LEAST_POSITIVE, high);
		pgi_loss_quantity_between(quantity, low, high);
	}
	else
	{
		expect_form(document, FORM_PERT);
		read_pert(quantity, document, most);
	}
}

static void
read_quantity(PgiQuantity *quantity, const char *place, const JsonbValue *value,
			  double most)
{
	Document document;

	if (value->type == jbvNumeric)
		pgi_loss_quantity_fixed(quantity, read_number(place, value, 0, most));
	else
	{
		read_document(&document, place, value, QUANTITY_HINT);
		read_distribution(quantity, &document, most);
	}
}

static void
read_events(PgiLossModel *model, const Document *document)
{
	double events;

	expect_form(document, FORM_EVENTS);
	events = read_member(document, WORD_EVENTS, 0, MOST_RATE);
	if (events != floor(events))
		refuse_value(place_of(document, WORD_EVENTS), &document->values[WORD_EVENTS],
					 "It needs a whole number.");
	model->exact = true;
	model->events = (int64) events;
}

static void
read_frequency(PgiLossModel *model, const JsonbValue *value)
{
	Document document;

	if (value->type == jbvNumeric)
	{
		pgi_loss_quantity_fixed(&model->rate,
								read_number("frequency", value, 0, MOST_RATE));
		return;
	}
	read_document(&document, "frequency", value, FREQUENCY_HINT);
	if ((document.given & FORM_EVENTS) != 0)
		read_events(model, &document);
	else
		read_distribution(&model->rate, &document, MOST_RATE);
}

static void
read_secondary(PgiLossModel *model, const JsonbValue *value)
{
	Document document;

	read_document(&document, "secondary", value, SECONDARY_HINT);
	expect_form(&document, FORM_SECONDARY);
	model->probability = read_member(&document, WORD_PROBABILITY, 0, 1);
	read_quantity(&model->secondary, "secondary.loss", &document.values[WORD_LOSS],
				  MOST_MAGNITUDE);
}

static JsonbValue
json_argument(FunctionCallInfo fcinfo, int number)
{
	Jsonb *json = PG_GETARG_JSONB_P(number);
	JsonbValue value;

	if (!JsonbExtractScalar(&json->root, &value))
	{
		value.type = jbvBinary;
		value.val.binary.data = &json->root;
		value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	}
	return value;
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
	value = json_argument(fcinfo, 0);
	read_frequency(model, &value);
	value = json_argument(fcinfo, 1);
	read_quantity(&model->magnitude, "magnitude", &value, MOST_MAGNITUDE);
	if (!PG_ARGISNULL(4))
	{
		value = json_argument(fcinfo, 4);
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
