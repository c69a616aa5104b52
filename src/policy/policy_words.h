/*
 * policy_words.h: the words by which a policy calls its severities and levels.
 */
#ifndef PGI_POLICY_WORDS_H
#define PGI_POLICY_WORDS_H

#include "utils/jsonb.h"

/* What a word may name. One word may be both an asset level and an event level. */
typedef enum PgiVocabulary
{
	PGI_WORDS_SEVERITY,
	PGI_WORDS_ASSET_LEVEL,
	PGI_WORDS_EVENT_LEVEL,
	PGI_VOCABULARIES
} PgiVocabulary;

typedef struct PgiOwnWord
{
	uint8 code;
	int item;	/* of the document's array */
	int number; /* in its words, or PGI_TITLE_EN, PGI_TITLE_ZH */
	char *text;
	char *key; /* word.h; NULL: nothing that can be compared */
} PgiOwnWord;

#define PGI_TITLE_EN (-2)
#define PGI_TITLE_ZH (-1)

typedef struct PgiPolicyWords
{
	char *policy;
	/* The codes that the policy has of each, as bits. */
	unsigned has[PGI_VOCABULARIES];
	int count[PGI_VOCABULARIES];
	PgiOwnWord *words[PGI_VOCABULARIES]; /* in the order of the document */
} PgiPolicyWords;

extern void pgi_policy_words_read(JsonbContainer *document, PgiPolicyWords *words);
extern uint8 pgi_policy_words_code(const PgiPolicyWords *words, PgiVocabulary vocabulary,
								   const char *word);
extern char *pgi_policy_words_place(PgiVocabulary vocabulary, const PgiOwnWord *word);
extern char *pgi_policy_words_problem(const PgiPolicyWords *words,
									  PgiVocabulary vocabulary, int number);

#endif
