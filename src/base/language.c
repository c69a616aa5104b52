/*
 * language.c: in which language people are told something, and what a text is in it.
 *
 * Texts stand in English where they are used, formats among them; chinese.c has the others.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/arguments.h"
#include "base/chinese.h"
#include "base/compat.h"
#include "base/language.h"

#define MAX_CONVERSIONS 8

/* Setting pg_incident.language. */
static int session_language = PGI_ENGLISH;

static const struct config_enum_entry languages[] = {
	{"en", PGI_ENGLISH, false}, {"zh", PGI_CHINESE, false}, {NULL, 0, false}};

void
pgi_language_init(void)
{
	DefineCustomEnumVariable("pg_incident.language",
							 "The language of texts for people, where none is named.",
							 NULL, &session_language, PGI_ENGLISH, languages, PGC_USERSET,
							 0, NULL, NULL, NULL);
}

/* The language in an argument; that of the session when none is given. */
PgiLanguage
pgi_language_argument(FunctionCallInfo fcinfo, int number)
{
	char *word = pgi_argument_name(fcinfo, number, "the language");

	if (word == NULL)
		return session_language;
	for (const struct config_enum_entry *language = languages; language->name != NULL;
		 language++)
		if (pg_strcasecmp(word, language->name) == 0)
			return language->val;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there are no texts in language \"%s\"", pgi_argument_clip(word)),
			 errhint("Use en or zh.")));
}

/* What stands in a sentence where its format has a conversion. */
typedef struct Filling
{
	const char *text;
	int length;
} Filling;

/* The end of the conversion that begins at a percent sign. */
static const char *
conversion_end(const char *format)
{
	return format + strcspn(format, "sd") + 1;
}

/*
 * Whether a sentence is of a format: what is between its conversions is in the sentence, in
 * order. Tells what stands for them and how much of the sentence is the format's own.
 */
static bool
fits(const char *sentence, const char *format, Filling *fillings, int *own)
{
	int count = 0;

	*own = 0;
	for (;;)
	{
		int literal = strcspn(format, "%");
		const char *next;
		const char *end;

		if (strncmp(sentence, format, literal) != 0)
			return false;
		*own += literal;
		sentence += literal;
		format += literal;
		if (*format == '\0')
			return *sentence == '\0';
		if (count == MAX_CONVERSIONS)
			return false;
		end = conversion_end(format);
		literal = strcspn(end, "%");
		next = literal == 0 ? sentence + strlen(sentence) : NULL;
		for (const char *place = sentence; next == NULL && *place != '\0'; place++)
			if (strncmp(place, end, literal) == 0 &&
				(end[literal] != '\0' || place[literal] == '\0'))
				next = place;
		if (next == NULL)
			return false;
		fillings[count].text = sentence;
		fillings[count++].length = next - sentence;
		sentence = next;
		format = end;
	}
}

/* A format filled; its conversions are in order or have their numbers. */
static char *
fill(PgiLanguage language, const char *format, const Filling *fillings)
{
	StringInfoData filled;
	int next = 0;

	initStringInfo(&filled);
	while (*format != '\0')
	{
		int literal = strcspn(format, "%");
		const Filling *filling;

		appendBinaryStringInfo(&filled, format, literal);
		format += literal;
		if (*format == '\0')
			break;
		filling = &fillings[format[2] == '$' ? format[1] - '1' : next++];
		appendStringInfoString(
			&filled,
			pgi_language_text(language, pnstrdup(filling->text, filling->length)));
		format = conversion_end(format);
	}
	return filled.data;
}

/*
 * A text in a language, in the encoding of the database: a format of those in chinese.c or a
 * sentence made of one, whose parts may be texts themselves. In English where there is no other.
 */
const char *
pgi_language_text(PgiLanguage language, const char *english)
{
	Filling fillings[MAX_CONVERSIONS];
	Filling best[MAX_CONVERSIONS];
	const char *format = NULL;
	int most = 0;

	if (language == PGI_ENGLISH)
		return english;
	for (const PgiTranslation *entry = pgi_chinese; entry->english != NULL; entry++)
	{
		int own;

		if (strcmp(entry->english, english) == 0)
			return pg_any_to_server(entry->chinese, strlen(entry->chinese), PG_UTF8);
		if (fits(english, entry->english, fillings, &own) && own > most)
		{
			most = own;
			format = entry->chinese;
			memcpy(best, fillings, sizeof(best));
		}
	}
	if (format == NULL)
		return english;
	return fill(language, pg_any_to_server(format, strlen(format), PG_UTF8), best);
}

/* A text in a language, for functions in SQL. */
PG_FUNCTION_INFO_V1(pgi_text_in_language);
Datum
pgi_text_in_language(PG_FUNCTION_ARGS)
{
	pgi_argument_need(fcinfo, 0, "the text");
	PG_RETURN_TEXT_P(cstring_to_text(pgi_language_text(
		pgi_language_argument(fcinfo, 1), text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}

PG_FUNCTION_INFO_V1(pgi_language);
Datum
pgi_language(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(languages[pgi_language_argument(fcinfo, 0)].name));
}
