/*
 * json_writer.c: writing a document.
 */
#include "postgres.h"

#include "utils/numeric.h"

#include "document/json_writer.h"

static void
push(PgiJsonWriter *json, JsonbIteratorToken token, JsonbValue *value)
{
	json->whole = pushJsonbValue(&json->state, token, value);
}

static void
push_string(PgiJsonWriter *json, JsonbIteratorToken token, const char *string)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = pstrdup(string);
	value.val.string.len = (int) strlen(string);
	push(json, token, &value);
}

/* An object, under a key of the one that it is within; NULL: the whole. */
void
pgi_json_write_begin(PgiJsonWriter *json, const char *key)
{
	if (key != NULL)
		push_string(json, WJB_KEY, key);
	push(json, WJB_BEGIN_OBJECT, NULL);
}

void
pgi_json_write_end(PgiJsonWriter *json)
{
	push(json, WJB_END_OBJECT, NULL);
}

/* A text under a key; NULL: null. */
void
pgi_json_write_word(PgiJsonWriter *json, const char *key, const char *word)
{
	JsonbValue null = {.type = jbvNull};

	push_string(json, WJB_KEY, key);
	if (word == NULL)
		push(json, WJB_VALUE, &null);
	else
		push_string(json, WJB_VALUE, word);
}

void
pgi_json_write_integer(PgiJsonWriter *json, const char *key, int64 number)
{
	JsonbValue value = {.type = jbvNumeric};

	value.val.numeric = int64_to_numeric(number);
	push_string(json, WJB_KEY, key);
	push(json, WJB_VALUE, &value);
}

/* What was written, once it has ended. */
Jsonb *
pgi_json_written(const PgiJsonWriter *json)
{
	return JsonbValueToJsonb(json->whole);
}

/* The same as the text that jsonb prints. */
char *
pgi_json_written_text(const PgiJsonWriter *json)
{
	Jsonb *document = pgi_json_written(json);

	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}
