/*
 * json.c: reading a document that has its shape.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/length.h"
#include "document/json.h"
#include "kernel/grade.h"

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

/* Whether an object has a key, be it null. */
bool
pgi_json_has(JsonbContainer *object, const char *key)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), NULL) != NULL;
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

/* An item of an array of objects or arrays. Whoever goes through an array can be cancelled. */
JsonbContainer *
pgi_json_item(JsonbContainer *array, int number)
{
	CHECK_FOR_INTERRUPTS();
	return pgi_json_container(getIthJsonbValueFromContainer(array, number));
}

/* An item of an array of texts. */
char *
pgi_json_item_word(JsonbContainer *array, int number)
{
	JsonbValue *value = getIthJsonbValueFromContainer(array, number);
	char *word = pgi_json_word(value);

	CHECK_FOR_INTERRUPTS();
	pfree(value);
	return word;
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

/* The text or number under a key, as text; NULL when there is none. */
char *
pgi_json_grade(JsonbContainer *object, const char *key)
{
	JsonbValue *value = pgi_json_field(object, key);

	if (value == NULL || value->type == jbvString)
		return value == NULL ? NULL : pgi_json_word(value);
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
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

	if (word != NULL && !pgi_length_read(word, &length))
		elog(ERROR, "\"%s\" is no length of time", word);
	return length;
}

/* The same, where it may be in working days of this length. */
int64
pgi_json_term(JsonbContainer *object, const char *key, int64 day)
{
	char *word = pgi_json_text(object, key);
	int64 length = PGI_NEVER;

	if (word != NULL && !pgi_length_read_term(word, day, &length))
		elog(ERROR, "\"%s\" is no length of time", word);
	return length;
}
