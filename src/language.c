/*
 * language.c: in which language people are told something, and what a text is in it.
 *
 * Texts stand in English where they are used, formats among them; chinese.c has the others.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "arguments.h"
#include "language.h"

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
	char *word = pgi_name_argument(fcinfo, number, "the language");

	if (word == NULL)
		return session_language;
	for (const struct config_enum_entry *language = languages; language->name != NULL;
		 language++)
		if (pg_strcasecmp(word, language->name) == 0)
			return language->val;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("there are no texts in language \"%s\"", pgi_clip(word)),
					errhint("Use en or zh.")));
}

/*
 * A text or a format in a language, in the encoding of the database; in English where there
 * is no other.
 */
const char *
pgi_in_language(PgiLanguage language, const char *english)
{
	if (language == PGI_CHINESE)
		for (const PgiTranslation *entry = pgi_chinese; entry->english != NULL; entry++)
			if (strcmp(entry->english, english) == 0)
				return pg_any_to_server(entry->chinese, strlen(entry->chinese), PG_UTF8);
	return english;
}

PG_FUNCTION_INFO_V1(pgi_language);
Datum
pgi_language(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(languages[pgi_language_argument(fcinfo, 0)].name));
}
