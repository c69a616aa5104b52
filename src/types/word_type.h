/*
 * A type of one byte whose values are words, described by a table. The stored
 * codes run without a gap from the lowest value to the highest, and their order
 * is the order of the type.
 */
#ifndef PG_INCIDENT_WORD_TYPE_H
#define PG_INCIDENT_WORD_TYPE_H

#include "fmgr.h"

#define MAX_ACCEPTED_WORDS 7

/* All texts are in UTF-8. */
typedef struct WordValue
{
	int32 number; /* what a cast to integer gives */
	/* what input takes; the first is what output gives; NULL ends a shorter list */
	const char *accepted[MAX_ACCEPTED_WORDS];
	const char *label_en;
	const char *label_zh;
} WordValue;

typedef struct PgiWordType
{
	const char *name;
	const char *integers; /* the accepted integers, for the message that refuses one */
	uint8 lowest;		  /* the code of values[0] */
	int count;
	const WordValue *values;
} PgiWordType;

/* The bodies of the functions that every such type has. */
extern Datum pgi_word_type_in(const PgiWordType *type, FunctionCallInfo fcinfo);
extern Datum pgi_word_type_out(const PgiWordType *type, FunctionCallInfo fcinfo);
extern Datum pgi_word_type_recv(const PgiWordType *type, FunctionCallInfo fcinfo);
extern Datum pgi_word_type_from_integer(const PgiWordType *type, FunctionCallInfo fcinfo);
extern Datum pgi_word_type_to_integer(const PgiWordType *type, FunctionCallInfo fcinfo);
extern int pgi_word_type_code(const PgiWordType *type, const char *word);
extern int pgi_word_type_find(const PgiWordType *type, const char *key);
extern const char *pgi_word_type_name(const PgiWordType *type, int code);
extern const char *pgi_word_type_word(const PgiWordType *type, int code, int number);
extern Datum pgi_word_type_label(const PgiWordType *type, FunctionCallInfo fcinfo);

#endif
