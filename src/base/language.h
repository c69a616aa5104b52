/*
 * language.h: the languages in which people are told something.
 */
#ifndef PGI_LANGUAGE_H
#define PGI_LANGUAGE_H

#include "fmgr.h"

typedef enum PgiLanguage
{
	PGI_ENGLISH,
	PGI_CHINESE
} PgiLanguage;

/* A text or a format in English and what it is in Chinese, in UTF-8. */
typedef struct PgiTranslation
{
	const char *english;
	const char *chinese;
} PgiTranslation;

extern void pgi_language_init(void);
extern PgiLanguage pgi_language_argument(FunctionCallInfo fcinfo, int number);
extern const char *pgi_in_language(PgiLanguage language, const char *english);

/* chinese.c */
extern const PgiTranslation pgi_chinese[];

#endif
