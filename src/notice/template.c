/*
 * template.c: fills a template for messages: a text in which {name} stands for a value.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "document/json.h"

/* What is cut first where a text is to be short. */
#define CUT_FIRST "summary"
#define CUT_MARK "\xe2\x80\xa6" /* … in UTF-8 */

/* A part of a template: what stands there, or the value of a variable, empty when it has none. */
typedef struct Piece
{
	char *text;
	bool is_value;
	bool gives_way; /* before other values */
} Piece;

typedef struct Pieces
{
	int count;
	int room;
	Piece *of;
} Pieces;

/* Whether a character of UTF-8 would break a line, or turn the direction of writing. */
static bool
is_control(pg_wchar c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
		   (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* A value as one line. */
static char *
one_line(const char *value)
{
	bool unicode = GetDatabaseEncoding() == PG_UTF8;
	StringInfoData line;

	initStringInfo(&line);
	for (const char *at = value; *at != '\0';)
	{
		int length = pg_mblen(at);
		pg_wchar c = unicode	   ? utf8_to_unicode((const unsigned char *) at)
					 : length == 1 ? (pg_wchar) (unsigned char) *at
								   : 'x';

		if (is_control(c))
			appendStringInfoChar(&line, ' ');
		else
			appendBinaryStringInfo(&line, at, length);
		at += length;
	}
	return line.data;
}

static void
add_piece(Pieces *pieces, char *piece, bool is_value, bool gives_way)
{
	if (pieces->count == pieces->room)
	{
		pieces->room = Max(pieces->room * 2, 32);
		pieces->of = pieces->of == NULL
						 ? palloc(sizeof(Piece) * pieces->room)
						 : repalloc(pieces->of, sizeof(Piece) * pieces->room);
	}
	pieces->of[pieces->count++] = (Piece){piece, is_value, gives_way};
}

/* Where the variable ends that begins here; NULL when none does. */
static const char *
end_of_variable(const char *at, const char *end)
{
	const char *close = at + 1;

	while (close < end && ((*close >= 'a' && *close <= 'z') || *close == '_'))
		close++;
	return close < end && *close == '}' && close > at + 1 ? close : NULL;
}

/* What a variable stands for, as one line; empty when it has no value, or none that is a text. */
static char *
value_of(JsonbContainer *values, const char *name)
{
	JsonbValue *value = pgi_json_field(values, name);

	return value == NULL || value->type != jbvString ? ""
													 : one_line(pgi_json_word(value));
}

/* Takes a stretch of a template to pieces. */
static void
read_pieces(Pieces *pieces, const char *from, const char *end, JsonbContainer *values)
{
	const char *begin = from;

	pieces->count = 0;
	for (const char *at = from; at < end; at += pg_mblen(at))
	{
		const char *close = *at == '{' ? end_of_variable(at, end) : NULL;
		char *name;

		if (close == NULL)
			continue;
		if (at > begin)
			add_piece(pieces, pnstrdup(begin, at - begin), false, false);
		name = pnstrdup(at + 1, close - at - 1);
		add_piece(pieces, value_of(values, name), true, strcmp(name, CUT_FIRST) == 0);
		begin = close + 1;
		at = close;
	}
	if (end > begin)
		add_piece(pieces, pnstrdup(begin, end - begin), false, false);
}

/* Whether pieces have variables, and none a value. */
static bool
says_nothing(const Pieces *pieces)
{
	bool any = false;

	for (int i = 0; i < pieces->count; i++)
	{
		any |= pieces->of[i].is_value;
		if (pieces->of[i].is_value && pieces->of[i].text[0] != '\0')
			return false;
	}
	return any;
}

static void
append_pieces(StringInfo result, const Pieces *pieces)
{
	for (int i = 0; i < pieces->count; i++)
		appendStringInfoString(result, pieces->of[i].text);
}

static int
length_of(const Pieces *pieces)
{
	int length = 0;

	for (int i = 0; i < pieces->count; i++)
		length += pg_mbstrlen(pieces->of[i].text);
	return length;
}

/* A value with no more than so many characters, the last a mark that there were more. */
static char *
shortened(char *value, int most)
{
	char *mark = pg_any_to_server(CUT_MARK, strlen(CUT_MARK), PG_UTF8);
	int bytes;

	if (pg_mbstrlen(value) <= most)
		return value;
	if (most < 2)
		return "";
	bytes = pg_mbcharcliplen(value, strlen(value), most - 1);
	return psprintf("%.*s%s", bytes, value, mark);
}

/* Makes pieces fit: values go as a whole, from the last on, and what gives way has the rest. */
static void
fit(Pieces *pieces, int most)
{
	char **whole = palloc(sizeof(char *) * Max(pieces->count, 1));

	for (int i = 0; i < pieces->count; i++)
	{
		whole[i] = pieces->of[i].text;
		if (pieces->of[i].gives_way)
			pieces->of[i].text = "";
	}
	for (int i = pieces->count - 1; i >= 0 && length_of(pieces) > most; i--)
		if (pieces->of[i].is_value)
			pieces->of[i].text = "";
	for (int i = 0; i < pieces->count; i++)
		if (pieces->of[i].gives_way)
			pieces->of[i].text = shortened(whole[i], most - length_of(pieces));
}

/*
 * (template, values, most): the template with a value in place of each variable. Without a limit
 * lines that say nothing are left out; with one, no more characters than that come out as long as
 * the template has no more of its own.
 */
PG_FUNCTION_INFO_V1(pgi_fill_template);
Datum
pgi_fill_template(PG_FUNCTION_ARGS)
{
	char *template;
	JsonbValue root;
	Pieces pieces = {0};
	StringInfoData result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	template = text_to_cstring(PG_GETARG_TEXT_PP(0));
	pgi_json_root(PG_GETARG_JSONB_P(1), &root);
	if (!pgi_json_is_object(&root))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("values of a template must be an object")));
	initStringInfo(&result);
	if (!PG_ARGISNULL(2))
	{
		read_pieces(&pieces, template, template + strlen(template),
					pgi_json_container(&root));
		fit(&pieces, PG_GETARG_INT32(2));
		append_pieces(&result, &pieces);
		PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
	}
	for (const char *line = template; *line != '\0';)
	{
		const char *end = line + strcspn(line, "\n");

		read_pieces(&pieces, line, end, pgi_json_container(&root));
		if (!says_nothing(&pieces))
		{
			append_pieces(&result, &pieces);
			if (*end == '\n')
				appendStringInfoChar(&result, '\n');
		}
		line = *end == '\n' ? end + 1 : end;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}
