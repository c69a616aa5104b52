/*
 * document.h: documents that people write, as jsonb: what shape they must have, what is
 * wrong with one and where, and reading one.
 */
#ifndef PGI_DOCUMENT_H
#define PGI_DOCUMENT_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "kernel/grade.h"

/* What is wrong with a document. */
typedef struct PgiFinding
{
	char *place;   /* JSON path */
	char *problem; /* a sentence; of what is unfit: what it is, as "is missing" */
	char *hint;	   /* or NULL */
	bool unfit;	   /* cannot be stored */
} PgiFinding;

typedef struct PgiShape PgiShape;

extern PgiShape *pgi_parse_shape(const char *json);
extern List *pgi_check_shape(const JsonbValue *document, const char *place,
							 const PgiShape *shape);
extern bool pgi_findings_full(const List *findings);
extern List *pgi_add_finding(List *findings, const char *place, const char *problem,
							 const char *hint, bool unfit);
extern void pgi_refuse_unfit(List *findings, const char *what);
extern void pgi_put_finding(ReturnSetInfo *result, const char *place,
							const char *problem);
extern char *pgi_place_key(const char *place, const char *key);
extern char *pgi_place_item(const char *place, int number);

/* value_kind.c */
extern bool pgi_is_of(const JsonbValue *value, const char *word);
extern char *pgi_hint_of(const char *word);
extern bool pgi_read_length(const char *word, int64 *length);

/*
 * Reading a document that has its shape. A key that is null reads as one that is left out.
 */
extern void pgi_json_root(Jsonb *document, JsonbValue *value);
extern JsonbContainer *pgi_json_container(const JsonbValue *value);
extern bool pgi_json_is_object(const JsonbValue *value);
extern bool pgi_json_is_array(const JsonbValue *value);
extern JsonbValue *pgi_json_field(JsonbContainer *object, const char *key);
extern JsonbContainer *pgi_json_part(JsonbContainer *object, const char *key);
extern int pgi_json_count(JsonbContainer *array);
extern JsonbContainer *pgi_json_item(JsonbContainer *array, int number);
extern char *pgi_json_item_word(JsonbContainer *array, int number);
extern char *pgi_json_word(const JsonbValue *value);
extern char *pgi_json_text(JsonbContainer *object, const char *key);
extern int32 pgi_json_integer(JsonbContainer *object, const char *key);
extern int64 pgi_json_time(JsonbContainer *object, const char *key);

#endif
