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

extern void pgi_language_init(void);
extern PgiLanguage pgi_language_argument(FunctionCallInfo fcinfo, int number);
extern const char *pgi_language_text(PgiLanguage language, const char *english);

#endif
