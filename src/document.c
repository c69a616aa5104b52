/*
 * document.c: walks a document against a shape and tells all that does not fit, each with
 * its place.
 *
 * A shape is JSON itself:
 *   "word"                  a single value of that kind, see value_kind.c; words between bars are
 *                           alternatives: kinds, or texts as they are; 1..100 is a whole
 *                           number from 1 to 100
 *   {"key": shape, …}       an object with these keys and no others
 *   [shape]                 an array of such items
 *   [shape, ["key", …]]     the same, and the keys tell the items apart
 *   [shape, "or", {…}]      an object of the second shape, or anything else of the first
 * A question mark after a word allows null, after a key also that it is left out.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/numeric.h"

#include "arguments.h"
#include "compat.h"
#include "document.h"

#define MAX_ITEMS 1000	  /* of an array whose items are told apart */
#define MAX_FINDINGS 1000 /* the rest is not told */

typedef enum ShapeKind
{
	SHAPE_WORD,
	SHAPE_OBJECT,
	SHAPE_ARRAY,
	SHAPE_OR
} ShapeKind;

struct PgiShape
{
	ShapeKind kind;
	char *word; /* alternatives */
	bool nullable;
	List *keys;		/* of an object: texts */
	List *optional; /* whether each may be left out */
	List *
		parts; /* of an object: shapes; of an array: that of its items; the two of an or */
	List *told_by; /* the keys that tell items apart */
};

/* Reading a shape. It is the extension's own, so that it is well-formed goes without saying. */

static void
skip_space(const char **at)
{
	while (**at != '\0' && strchr(" \t\r\n,:", **at) != NULL)
		(*at)++;
}

static char *
read_string(const char **at)
{
	const char *begin = *at + 1;
	const char *end = strchr(begin, '"');

	*at = end + 1;
	return pnstrdup(begin, end - begin);
}

/* Takes a question mark off the end. */
static bool
take_mark(char *word)
{
	size_t length = strlen(word);

	if (length == 0 || word[length - 1] != '?')
		return false;
	word[length - 1] = '\0';
	return true;
}

static PgiShape *
read_shape(const char **at)
{
	PgiShape *shape = palloc0(sizeof(PgiShape));
	char close;

	skip_space(at);
	if (**at == '"')
	{
		shape->kind = SHAPE_WORD;
		shape->word = read_string(at);
		shape->nullable = take_mark(shape->word);
		return shape;
	}
	shape->kind = **at == '{' ? SHAPE_OBJECT : SHAPE_ARRAY;
	close = **at == '{' ? '}' : ']';
	for ((*at)++, skip_space(at); **at != close; skip_space(at))
	{
		if (shape->kind == SHAPE_OBJECT)
		{
			char *key = read_string(at);

			shape->optional = lappend_int(shape->optional, take_mark(key));
			shape->keys = lappend(shape->keys, key);
		}
		shape->parts = lappend(shape->parts, read_shape(at));
	}
	(*at)++;
	if (shape->kind == SHAPE_ARRAY && list_length(shape->parts) == 3)
	{
		shape->kind = SHAPE_OR;
		shape->parts = list_delete_nth_cell(shape->parts, 1);
	}
	else if (shape->kind == SHAPE_ARRAY && list_length(shape->parts) == 2)
	{
		PgiShape *keys = lsecond(shape->parts);
		ListCell *cell;

		foreach (cell, keys->parts)
			shape->told_by = lappend(shape->told_by, ((PgiShape *) lfirst(cell))->word);
	}
	return shape;
}

/* Reads a shape. */
PgiShape *
pgi_parse_shape(const char *json)
{
	return read_shape(&json);
}

/* Places */

static char *
quoted(const char *string)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, string);
	return json.data;
}

/* The place of a key in an object, quoted where a JSON path needs that. */
char *
pgi_place_key(const char *place, const char *key)
{
	bool plain = *key != '\0' && !(*key >= '0' && *key <= '9');

	for (const char *c = key; *c != '\0'; c++)
		plain &= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				 (*c >= '0' && *c <= '9') || *c == '_';
	return psprintf("%s.%s", place, plain ? pgi_clip(key) : quoted(pgi_clip(key)));
}

char *
pgi_place_item(const char *place, int number)
{
	return psprintf("%s[%d]", place, number);
}

static void
find(List **findings, const char *place, const char *problem, const char *hint)
{
	if (!pgi_findings_full(*findings))
		*findings = pgi_add_finding(*findings, place, problem, hint, true);
}

/* A value as a message shows it. */
static char *
shown(const JsonbValue *value)
{
	Jsonb *json = JsonbValueToJsonb((JsonbValue *) value);

	return pgi_clip(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

/* The walk */

static void walk_value(List **findings, const JsonbValue *value, const char *place,
					   const PgiShape *shape);

static int
key_number(const PgiShape *shape, const char *key)
{
	ListCell *cell;

	foreach (cell, shape->keys)
		if (strcmp(lfirst(cell), key) == 0)
			return foreach_current_index(cell);
	return -1;
}

static char *
known_keys(const PgiShape *shape)
{
	StringInfoData known;
	ListCell *cell;

	initStringInfo(&known);
	appendStringInfoString(&known, "Known here: ");
	foreach (cell, shape->keys)
		appendStringInfo(&known, "%s%s", foreach_current_index(cell) > 0 ? ", " : "",
						 (char *) lfirst(cell));
	appendStringInfoChar(&known, '.');
	return known.data;
}

static void
walk_object(List **findings, JsonbContainer *object, const char *place,
			const PgiShape *shape)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue key;
	ListCell *cell;

	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
		if (token == WJB_KEY && key_number(shape, pgi_json_word(&key)) < 0)
			find(findings, pgi_place_key(place, pgi_json_word(&key)),
				 "is not a known key", known_keys(shape));
	foreach (cell, shape->keys)
	{
		const char *word = lfirst(cell);
		int number = foreach_current_index(cell);
		bool optional = list_nth_int(shape->optional, number);
		JsonbValue *value =
			getKeyJsonValueFromContainer(object, word, strlen(word), NULL);

		if (optional && (value == NULL || value->type == jbvNull))
			continue;
		if (value == NULL)
			find(findings, pgi_place_key(place, word), "is missing", NULL);
		else
			walk_value(findings, value, pgi_place_key(place, word),
					   list_nth(shape->parts, number));
	}
}

/* What tells an item from the others of its array; NULL when it has not all of that. */
static char *
told_of(const JsonbValue *item, const PgiShape *shape)
{
	StringInfoData told;
	ListCell *cell;

	if (!pgi_json_is_object(item))
		return NULL;
	initStringInfo(&told);
	foreach (cell, shape->told_by)
	{
		JsonbValue *value = pgi_json_field(pgi_json_container(item), lfirst(cell));

		if (value == NULL || value->type != jbvString)
			return NULL;
		appendStringInfo(&told, "%s%s", told.len > 0 ? ", " : "", pgi_json_word(value));
	}
	return told.data;
}

static void
walk_array(List **findings, JsonbContainer *array, const char *place,
		   const PgiShape *shape)
{
	int count = JsonContainerSize(array);
	char **told = palloc0(sizeof(char *) * (count + 1));

	if (shape->told_by != NIL && count > MAX_ITEMS)
	{
		find(findings, place, psprintf("has %d items", count),
			 psprintf("At most %d are taken.", MAX_ITEMS));
		return;
	}
	for (int i = 0; i < count; i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(array, i);
		char *here = pgi_place_item(place, i);

		walk_value(findings, item, here, linitial(shape->parts));
		if (shape->told_by == NIL)
			continue;
		told[i] = told_of(item, shape);
		for (int before = 0; told[i] != NULL && before < i; before++)
			if (told[before] != NULL && strcmp(told[before], told[i]) == 0)
			{
				find(findings, here, psprintf("is the second for %s", pgi_clip(told[i])),
					 NULL);
				break;
			}
	}
}

static void
walk_value(List **findings, const JsonbValue *value, const char *place,
		   const PgiShape *shape)
{
	CHECK_FOR_INTERRUPTS();
	switch (shape->kind)
	{
		case SHAPE_WORD:
			if (!(shape->nullable && value->type == jbvNull) &&
				!pgi_is_of(value, shape->word))
				find(findings, place, psprintf("is %s", shown(value)),
					 pgi_hint_of(shape->word));
			break;
		case SHAPE_OBJECT:
			if (pgi_json_is_object(value))
				walk_object(findings, pgi_json_container(value), place, shape);
			else
				find(findings, place, "is not an object", NULL);
			break;
		case SHAPE_ARRAY:
			if (pgi_json_is_array(value))
				walk_array(findings, pgi_json_container(value), place, shape);
			else
				find(findings, place, "is not an array", NULL);
			break;
		case SHAPE_OR:
			walk_value(findings, value, place,
					   pgi_json_is_object(value) ? lsecond(shape->parts)
												 : linitial(shape->parts));
			break;
	}
}

/* All of a document that does not fit a shape. The place is that of the whole. */
List *
pgi_check_shape(const JsonbValue *document, const char *place, const PgiShape *shape)
{
	List *findings = NIL;

	walk_value(&findings, document, place, shape);
	return findings;
}

/* Whether there are as many as anybody reads. Then it is not known what else is wrong. */
bool
pgi_findings_full(const List *findings)
{
	return list_length(findings) >= MAX_FINDINGS;
}

/* Of findings beyond what anybody reads only those are kept that make a document unfit. */
List *
pgi_add_finding(List *findings, const char *place, const char *problem, const char *hint,
				bool unfit)
{
	PgiFinding *finding;

	if (!unfit && pgi_findings_full(findings))
		return findings;
	finding = palloc(sizeof(PgiFinding));
	finding->place = pstrdup(place);
	finding->problem = pstrdup(problem);
	finding->hint = hint == NULL ? NULL : pstrdup(hint);
	finding->unfit = unfit;
	return lappend(findings, finding);
}

/* Errors with the first finding that makes a document unfit. */
void
pgi_refuse_unfit(List *findings, const char *what)
{
	ListCell *cell;

	foreach (cell, findings)
	{
		const PgiFinding *finding = lfirst(cell);

		if (finding->unfit)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s%s %s", what, finding->place, finding->problem),
							finding->hint == NULL ? 0 : errhint("%s", finding->hint)));
	}
}

/* Adds a row (place, problem) to the result of a function that checks. */
void
pgi_put_finding(ReturnSetInfo *result, const char *place, const char *problem)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = CStringGetTextDatum(place);
	values[1] = CStringGetTextDatum(problem);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* (document, place, shape) */
static List *
check_arguments(FunctionCallInfo fcinfo)
{
	const PgiShape *shape = pgi_parse_shape(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	JsonbValue document;

	pgi_json_root(PG_GETARG_JSONB_P(0), &document);
	return pgi_check_shape(&document, text_to_cstring(PG_GETARG_TEXT_PP(1)), shape);
}

PG_FUNCTION_INFO_V1(pgi_shape_findings);
Datum
pgi_shape_findings(PG_FUNCTION_ARGS)
{
	List *findings = check_arguments(fcinfo);
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach (cell, findings)
	{
		const PgiFinding *finding = lfirst(cell);

		pgi_put_finding((ReturnSetInfo *) fcinfo->resultinfo, finding->place,
						finding->problem);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(pgi_expect_shape);
Datum
pgi_expect_shape(PG_FUNCTION_ARGS)
{
	pgi_refuse_unfit(check_arguments(fcinfo), "");
	PG_RETURN_VOID();
}

/* Reading */

/* A document as a value. */
void
pgi_json_root(Jsonb *document, JsonbValue *value)
{
	if (JB_ROOT_IS_SCALAR(document))
	{
		(void) JsonbExtractScalar(&document->root, value);
		return;
	}
	value->type = jbvBinary;
	value->val.binary.data = &document->root;
	value->val.binary.len = VARSIZE(document) - VARHDRSZ;
}

/* The inside of an object or array; NULL for anything else. */
JsonbContainer *
pgi_json_container(const JsonbValue *value)
{
	return value != NULL && value->type == jbvBinary ? value->val.binary.data : NULL;
}

bool
pgi_json_is_object(const JsonbValue *value)
{
	return pgi_json_container(value) != NULL &&
		   JsonContainerIsObject(pgi_json_container(value));
}

bool
pgi_json_is_array(const JsonbValue *value)
{
	return pgi_json_container(value) != NULL &&
		   JsonContainerIsArray(pgi_json_container(value));
}

/* What an object has under a key; NULL when that is nothing, or null. */
JsonbValue *
pgi_json_field(JsonbContainer *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, key, strlen(key), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

/* The object or array under a key; NULL when there is none. */
JsonbContainer *
pgi_json_part(JsonbContainer *object, const char *key)
{
	return pgi_json_container(pgi_json_field(object, key));
}

/* The number of items; none of no array. */
int
pgi_json_count(JsonbContainer *array)
{
	return array == NULL ? 0 : JsonContainerSize(array);
}

/* An item of an array of objects or arrays. */
JsonbContainer *
pgi_json_item(JsonbContainer *array, int number)
{
	return pgi_json_container(getIthJsonbValueFromContainer(array, number));
}

/* An item of an array of texts. */
char *
pgi_json_item_word(JsonbContainer *array, int number)
{
	return pgi_json_word(getIthJsonbValueFromContainer(array, number));
}

char *
pgi_json_word(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* The text under a key; NULL when there is none. */
char *
pgi_json_text(JsonbContainer *object, const char *key)
{
	JsonbValue *value = pgi_json_field(object, key);

	return value == NULL ? NULL : pgi_json_word(value);
}

/* The whole number under a key; 0 when there is none. */
int32
pgi_json_integer(JsonbContainer *object, const char *key)
{
	JsonbValue *value = pgi_json_field(object, key);

	if (value == NULL)
		return 0;
	return DatumGetInt32(
		DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric)));
}

/* The length of time under a key, in microseconds; PGI_NEVER when there is none. */
int64
pgi_json_time(JsonbContainer *object, const char *key)
{
	char *word = pgi_json_text(object, key);
	int64 length = PGI_NEVER;

	if (word != NULL && !pgi_read_length(word, &length))
		elog(ERROR, "\"%s\" is no length of time", word);
	return length;
}
