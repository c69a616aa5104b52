/*
 * policy_words.c: reads severities and levels as a policy calls them.
 *
 * A severity, an asset level or an event level has its titles in English and Chinese and the
 * words that the document lists beside. These come first; a word that is none of them means what
 * the type takes it for, if the policy has that.
 */
#include "postgres.h"

#include "base/arguments.h"
#include "base/word.h"
#include "document/document.h"
#include "document/json.h"
#include "kernel/grade.h"
#include "policy/policy_words.h"
#include "types/types.h"

/* The codes of any type fit into the bits of an unsigned number. */
#define CODE_BIT(code) (1u << (code))

typedef struct Vocabulary
{
	const char *name;  /* for messages */
	const char *place; /* of its array in a document */
	const char *code;  /* the key that says which value an item is about */
	int (*code_of)(const char *word);
	int (*code_of_key)(const char *key);
	const char *(*type_word)(int code, int number);
	int highest;
} Vocabulary;

static const Vocabulary vocabularies[PGI_VOCABULARIES] = {
	[PGI_WORDS_SEVERITY] = {"severity", "$.severities", "severity",
							pgi_types_severity_code, pgi_types_severity_of_key,
							pgi_types_severity_words, PGI_SEVERITY_MAX},
	[PGI_WORDS_ASSET_LEVEL] = {"asset level", "$.axes.asset.values", "level",
							   pgi_types_level_code, pgi_types_level_of_key,
							   pgi_types_level_words, PGI_LEVEL_MAX},
	[PGI_WORDS_EVENT_LEVEL] = {"event level", "$.levels", "level", pgi_types_level_code,
							   pgi_types_level_of_key, pgi_types_level_words,
							   PGI_LEVEL_MAX},
};

static void
add_word(PgiPolicyWords *words, PgiVocabulary vocabulary, uint8 code, int item,
		 int number, char *word_text)
{
	PgiOwnWord *word = &words->words[vocabulary][words->count[vocabulary]++];
	char key[PGI_WORD_SIZE];

	word->code = code;
	word->item = item;
	word->number = number;
	word->text = word_text;
	word->key = pgi_word_fold(word_text, strlen(word_text), key) && *key != '\0'
					? pstrdup(key)
					: NULL;
}

/* Reads the titles and words of an array's items. */
static void
read_items(PgiPolicyWords *words, PgiVocabulary vocabulary, JsonbContainer *items)
{
	int room = 0;

	for (int i = 0; i < pgi_json_count(items); i++)
		room += 2 + pgi_json_count(pgi_json_part(pgi_json_item(items, i), "words"));
	words->words[vocabulary] = palloc(sizeof(PgiOwnWord) * Max(room, 1));
	for (int i = 0; i < pgi_json_count(items); i++)
	{
		JsonbContainer *item = pgi_json_item(items, i);
		JsonbContainer *title = pgi_json_part(item, "title");
		JsonbContainer *more = pgi_json_part(item, "words");
		const Vocabulary *v = &vocabularies[vocabulary];
		uint8 code = (uint8) v->code_of(pgi_json_text(item, v->code));

		words->has[vocabulary] |= CODE_BIT(code);
		add_word(words, vocabulary, code, i, PGI_TITLE_EN, pgi_json_text(title, "en"));
		add_word(words, vocabulary, code, i, PGI_TITLE_ZH, pgi_json_text(title, "zh"));
		for (int j = 0; j < pgi_json_count(more); j++)
			add_word(words, vocabulary, code, i, j, pgi_json_item_word(more, j));
	}
}

/* The asset levels of a matrix: all where its rows are for any. */
static unsigned
asset_levels(JsonbContainer *matrix)
{
	unsigned levels = 0;

	for (int i = 0; i < pgi_json_count(matrix); i++)
	{
		int level =
			pgi_types_level_code(pgi_json_text(pgi_json_item(matrix, i), "asset_level"));

		levels |= level < 0 ? CODE_BIT(PGI_LEVEL_MAX + 1) - 1 : CODE_BIT(level);
	}
	return levels;
}

/* Reads the words of a document that has its shape into the current memory context. */
void
pgi_policy_words_read(JsonbContainer *document, PgiPolicyWords *words)
{
	JsonbContainer *asset = pgi_json_part(pgi_json_part(document, "axes"), "asset");

	memset(words, 0, sizeof(*words));
	words->policy = pgi_json_text(document, "name");
	read_items(words, PGI_WORDS_SEVERITY, pgi_json_part(document, "severities"));
	read_items(words, PGI_WORDS_ASSET_LEVEL, pgi_json_part(asset, "values"));
	read_items(words, PGI_WORDS_EVENT_LEVEL, pgi_json_part(document, "levels"));
	words->has[PGI_WORDS_ASSET_LEVEL] = asset_levels(pgi_json_part(document, "matrix"));
}

/* What a key means by the policy's own words; -1 when it is none of them. */
static int
own_code(const PgiPolicyWords *words, PgiVocabulary vocabulary, const char *key)
{
	for (int i = 0; i < words->count[vocabulary]; i++)
	{
		const PgiOwnWord *word = &words->words[vocabulary][i];

		if (word->key != NULL && strcmp(word->key, key) == 0)
			return word->code;
	}
	return -1;
}

/* What a key means under a policy; -1 when it means nothing that the policy has. */
static int
code_of_key(const PgiPolicyWords *words, PgiVocabulary vocabulary, const char *key)
{
	int code = own_code(words, vocabulary, key);

	if (code < 0)
		code = vocabularies[vocabulary].code_of_key(key);
	return code >= 0 && (words->has[vocabulary] & CODE_BIT(code)) ? code : -1;
}

/* Adds to a message the words for a code: the type's that mean it here, and others. */
static void
append_words(StringInfo list, const PgiPolicyWords *words, PgiVocabulary vocabulary,
			 int code)
{
	char key[PGI_WORD_SIZE];
	const char *word;

	for (int i = 0; (word = vocabularies[vocabulary].type_word(code, i)) != NULL; i++)
		if (*word != '\0' && pgi_word_fold(word, strlen(word), key) &&
			code_of_key(words, vocabulary, key) == code)
			appendStringInfo(list, "%s%s", list->len > 0 ? ", " : "", word);
	for (int i = 0; i < words->count[vocabulary]; i++)
	{
		const PgiOwnWord *own = &words->words[vocabulary][i];

		if (own->code == code && own->key != NULL &&
			vocabularies[vocabulary].code_of_key(own->key) != code &&
			pgi_word_client_can_read(own->text))
			appendStringInfo(list, "%s%s", list->len > 0 ? ", " : "", own->text);
	}
}

/* Lists what a policy takes, the most urgent first. */
static char *
list_words(const PgiPolicyWords *words, PgiVocabulary vocabulary)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int code = vocabularies[vocabulary].highest; code >= 0; code--)
	{
		StringInfoData here;

		if (!(words->has[vocabulary] & CODE_BIT(code)))
			continue;
		initStringInfo(&here);
		append_words(&here, words, vocabulary, code);
		appendStringInfo(&list, "%s%s", list.len > 0 ? "; " : "", here.data);
	}
	return list.data;
}

/* The code of the value that a word names under a policy; error when it names none. */
uint8
pgi_policy_words_code(const PgiPolicyWords *words, PgiVocabulary vocabulary,
					  const char *word)
{
	char key[PGI_WORD_SIZE];
	int code = -1;

	if (pgi_word_fold(word, strlen(word), key))
		code = code_of_key(words, vocabulary, key);
	if (code < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no %s of policy \"%s\"", pgi_argument_clip(word),
						vocabularies[vocabulary].name, words->policy),
				 errhint("The policy takes: %s.", list_words(words, vocabulary))));
	return (uint8) code;
}

/* Where in the document a word is. */
char *
pgi_policy_words_place(PgiVocabulary vocabulary, const PgiOwnWord *word)
{
	char *item = pgi_document_place_item(vocabularies[vocabulary].place, word->item);

	switch (word->number)
	{
		case PGI_TITLE_EN:
			return psprintf("%s.title.en", item);
		case PGI_TITLE_ZH:
			return psprintf("%s.title.zh", item);
		default:
			return psprintf("%s.words[%d]", item, word->number);
	}
}

/* What is wrong with one of a policy's words; NULL when nothing is. */
char *
pgi_policy_words_problem(const PgiPolicyWords *words, PgiVocabulary vocabulary,
						 int number)
{
	const Vocabulary *v = &vocabularies[vocabulary];
	const PgiOwnWord *word = &words->words[vocabulary][number];
	int named;

	if (word->key == NULL)
		return word->number < 0
				   ? NULL
				   : psprintf("A word is not blank, and has at most %d bytes.",
							  PGI_WORD_LENGTH);
	for (int i = 0; i < number; i++)
	{
		const PgiOwnWord *before = &words->words[vocabulary][i];

		if (before->key != NULL && before->code != word->code &&
			strcmp(before->key, word->key) == 0)
			return psprintf("\"%s\" is a word for %s %s too.", word->text, v->name,
							v->type_word(before->code, 0));
	}
	named = v->code_of(word->key);
	if (named >= 0 && named != word->code && (words->has[vocabulary] & CODE_BIT(named)))
		return psprintf("\"%s\" is the name of another %s of the policy.", word->text,
						v->name);
	return NULL;
}
