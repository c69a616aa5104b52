/*
 * What the types made of words share: reading and writing a value by its table,
 * and the operators, which compare the one byte and need no table.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "common/string.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/sortsupport.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/word.h"
#include "types/word_type.h"

/* A refused value is shown up to so many bytes. */
#define MAX_SHOWN_BYTES 64

#define GET_CODE(n) DatumGetUInt8(PG_GETARG_DATUM(n))

/* Whether a key, in which ASCII letters are small, is that of a word. */
static bool
is_key_of(const char *key, const char *word)
{
	while (*word != '\0' && *key == (char) pg_ascii_tolower(*word))
	{
		key++;
		word++;
	}
	return *key == '\0' && *word == '\0';
}

/* The value whose word has this key, NULL when none. */
static const WordValue *
find_key(const PgiWordType *type, const char *key)
{
	for (const WordValue *value = type->values; value < type->values + type->count;
		 value++)
	{
		for (int i = 0; i < MAX_ACCEPTED_WORDS && value->accepted[i] != NULL; i++)
		{
			if (is_key_of(key, value->accepted[i]))
				return value;
		}
	}
	return NULL;
}

/* The code of the value whose word has this key; -1 when there is none. */
int
pgi_word_type_find(const PgiWordType *type, const char *key)
{
	const WordValue *value = find_key(type, key);

	return value == NULL ? -1 : type->lowest + (int) (value - type->values);
}

/*
 * The words of a value in the server's encoding, by number; NULL after the last, and "" for one
 * that the server or the client has no characters for: a message that cannot be sent would hide
 * the error it is about.
 */
const char *
pgi_word_type_word(const PgiWordType *type, int code, int number)
{
	const WordValue *value = &type->values[code - type->lowest];
	const char *word = number < MAX_ACCEPTED_WORDS ? value->accepted[number] : NULL;
	char for_client[PGI_TRANSCODED_SIZE];
	char for_server[PGI_TRANSCODED_SIZE];

	if (word == NULL || pg_is_ascii(word))
		return word;
	if (!pgi_word_transcode(word, strlen(word), PG_UTF8, pgi_word_client_encoding(),
							for_client) ||
		!pgi_word_transcode(word, strlen(word), PG_UTF8, GetDatabaseEncoding(),
							for_server))
		return "";
	return pstrdup(for_server);
}

/* Lists the accepted words for a message: ';' between values, ',' between the words of one. */
static char *
list_words(const PgiWordType *type)
{
	StringInfoData list;
	const char *word;

	initStringInfo(&list);
	for (int code = type->lowest; code < type->lowest + type->count; code++)
	{
		if (code > type->lowest)
			appendStringInfoString(&list, "; ");
		for (int i = 0; (word = pgi_word_type_word(type, code, i)) != NULL; i++)
			if (*word != '\0')
				appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", word);
	}
	return list.data;
}

/* Gives an input as a message may show it: whole characters, and not too many. */
static char *
clip(const char *input)
{
	int length = strlen(input);
	int shown =
		pg_encoding_mbcliplen(pgi_word_text_encoding(), input, length, MAX_SHOWN_BYTES);

	return psprintf("%.*s%s", shown, input, shown < length ? "..." : "");
}

/* The code of the value that output gives as this word; -1 when there is none. */
int
pgi_word_type_code(const PgiWordType *type, const char *word)
{
	for (int i = 0; i < type->count; i++)
		if (strcmp(type->values[i].accepted[0], word) == 0)
			return type->lowest + i;
	return -1;
}

static Datum
value_datum(const PgiWordType *type, const WordValue *value)
{
	return UInt8GetDatum(type->lowest + (value - type->values));
}

static bool
is_code(const PgiWordType *type, int code)
{
	return code >= type->lowest && code < type->lowest + type->count;
}

static const WordValue *
value_of(const PgiWordType *type, int code)
{
	if (!is_code(type, code))
		elog(ERROR, "invalid code %d of type %s", code, type->name);
	return &type->values[code - type->lowest];
}

/* What output gives for a code; the caller must not change it. */
const char *
pgi_word_type_name(const PgiWordType *type, int code)
{
	return value_of(type, code)->accepted[0];
}

/* Reads a value; one that names none is a soft error. */
Datum
pgi_word_type_in(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	const char *input = PG_GETARG_CSTRING(0);
	char key[PGI_WORD_SIZE];
	const WordValue *value =
		pgi_word_fold(input, strlen(input), key) ? find_key(type, key) : NULL;

	if (value == NULL)
		ereturn(
			fcinfo->context, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input value for type %s: \"%s\"", type->name, clip(input)),
			 errdetail("Accepted words: %s.", list_words(type))));
	return value_datum(type, value);
}

Datum
pgi_word_type_out(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_CSTRING(pstrdup(pgi_word_type_name(type, GET_CODE(0))));
}

/* Reads the stored code from the wire. */
Datum
pgi_word_type_recv(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	int code = pq_getmsgbyte((StringInfo) PG_GETARG_POINTER(0));

	if (!is_code(type, code))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary value for type %s: %d", type->name, code),
						errdetail("The byte must be from %d to %d.", type->lowest,
								  type->lowest + type->count - 1)));
	return UInt8GetDatum(code);
}

Datum
pgi_word_type_from_integer(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	int32 number = PG_GETARG_INT32(0);

	for (const WordValue *value = type->values; value < type->values + type->count;
		 value++)
	{
		if (value->number == number)
			return value_datum(type, value);
	}
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("integer out of range for type %s: %d", type->name, number),
					errdetail("Accepted integers: %s.", type->integers)));
}

Datum
pgi_word_type_to_integer(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_INT32(value_of(type, GET_CODE(0))->number);
}

/* Gives the word for people, in English (en) or Chinese (zh). */
Datum
pgi_word_type_label(const PgiWordType *type, FunctionCallInfo fcinfo)
{
	const WordValue *value = value_of(type, GET_CODE(0));
	const char *language = pgi_argument_name_of(PG_GETARG_TEXT_PP(1), "the language");
	const char *label;

	if (strcmp(language, "en") == 0)
		label = value->label_en;
	else if (strcmp(language, "zh") == 0)
		label = value->label_zh;
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("no labels in language \"%s\"", clip(language)),
						errdetail("Labels are in English (en) and Chinese (zh).")));
	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(label, strlen(label), PG_UTF8)));
}

/* Writes the stored code to the wire. */
PG_FUNCTION_INFO_V1(word_type_send);
Datum
word_type_send(PG_FUNCTION_ARGS)
{
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, GET_CODE(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

#define COMPARISON(name, operator)                        \
	PG_FUNCTION_INFO_V1(word_type_##name);                \
	Datum word_type_##name(PG_FUNCTION_ARGS)              \
	{                                                     \
		PG_RETURN_BOOL(GET_CODE(0) operator GET_CODE(1)); \
	}                                                     \
	extern Datum word_type_##name(PG_FUNCTION_ARGS)

COMPARISON(lt, <);
COMPARISON(le, <=);
COMPARISON(eq, ==);
COMPARISON(ne, !=);
COMPARISON(ge, >=);
COMPARISON(gt, >);

PG_FUNCTION_INFO_V1(word_type_cmp);
Datum
word_type_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) GET_CODE(0) - (int32) GET_CODE(1));
}

/* Sorts by the comparison of integers, for which the executor has a fast path. */
PG_FUNCTION_INFO_V1(word_type_sortsupport);
Datum
word_type_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = ssup_datum_int32_cmp;
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(word_type_hash);
Datum
word_type_hash(PG_FUNCTION_ARGS)
{
	return hash_uint32(GET_CODE(0));
}

PG_FUNCTION_INFO_V1(word_type_hash_extended);
Datum
word_type_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_uint32_extended(GET_CODE(0), PG_GETARG_INT64(1));
}

PG_FUNCTION_INFO_V1(word_type_larger);
Datum
word_type_larger(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(Max(GET_CODE(0), GET_CODE(1)));
}

PG_FUNCTION_INFO_V1(word_type_smaller);
Datum
word_type_smaller(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(Min(GET_CODE(0), GET_CODE(1)));
}
