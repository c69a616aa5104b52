/*
 * value_kind.h: the kinds of single values that a document may have.
 */
#ifndef PGI_VALUE_KIND_H
#define PGI_VALUE_KIND_H

#include "utils/jsonb.h"

extern bool pgi_value_is_of(const JsonbValue *value, const char *word);
extern char *pgi_value_hint(const char *word);

#endif
