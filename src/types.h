/*
 * types.h: input and output of the extension's types, for modules that read or write
 * their words.
 */
#ifndef PGI_TYPES_H
#define PGI_TYPES_H

#include "fmgr.h"

extern Datum severity_in(PG_FUNCTION_ARGS);
extern Datum severity_out(PG_FUNCTION_ARGS);
extern Datum level_in(PG_FUNCTION_ARGS);
extern Datum level_out(PG_FUNCTION_ARGS);

/* The code of a word as output gives it; -1 when it is none. */
extern int pgi_severity_code(const char *word);
extern int pgi_level_code(const char *word);
extern const char *pgi_level_word(int code);

#endif
