/*
 * document.h: documents that people write, as jsonb: what shape they must have, what is
 * wrong with one and where, and reading one.
 */
#ifndef PGI_DOCUMENT_H
#define PGI_DOCUMENT_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "kernel/grade.h"

/* What a document may look like; see shape.c. */
typedef enum PgiShapeKind
{
	PGI_SHAPE_WORD,
	PGI_SHAPE_OBJECT,
	PGI_SHAPE_OPEN_OBJECT, /* its keys are the writer's own */
	PGI_SHAPE_ARRAY,
	PGI_SHAPE_OR
} PgiShapeKind;

typedef struct PgiShape
{
	PgiShapeKind kind;
	char *word; /* alternatives for a value, or for the keys of an open object */
	bool nullable;
	int most;		/* items of an array, keys of an open object */
	List *keys;		/* of an object: texts */
	List *optional; /* whether each may be left out */
	List *parts;	/* shapes of what is under the keys; of the items; the two of an or */
	List *told_by;	/* the keys that tell items apart */
} PgiShape;

/* The kinds of documents whose shape is one of shape.c. */
typedef enum PgiDocumentKind
{
	PGI_DOCUMENT_POLICY,
	PGI_DOCUMENT_ADDENDUM,
	PGI_DOCUMENT_CALENDAR,
	PGI_DOCUMENT_RISK_METHOD,
	PGI_DOCUMENT_RISK_REGISTER,
	PGI_DOCUMENT_KINDS
} PgiDocumentKind;

/* What is wrong with a document. */
typedef struct PgiFinding
{
	char *place;   /* JSON path */
	char *problem; /* a sentence; of what is unfit: what it is, as "is missing" */
	char *hint;	   /* or NULL */
	int unfit;	   /* the error with which it cannot be stored; 0: it can */
} PgiFinding;

#define PGI_UNKNOWN_KEY "is not a known key"

/* shape.c */
extern const PgiShape *pgi_document_shape(PgiDocumentKind kind);

extern List *pgi_check_shape(const JsonbValue *document, const char *place,
							 const PgiShape *shape);
extern bool pgi_findings_full(const List *findings);
extern List *pgi_add_finding(List *findings, const PgiFinding *finding);
extern void pgi_refuse_unfit(List *findings, const char *what);
extern void pgi_put_finding(ReturnSetInfo *result, const char *place,
							const char *problem);
extern char *pgi_place_key(const char *place, const char *key);
extern char *pgi_place_item(const char *place, int number);
extern HTAB *pgi_make_text_table(Size entry);

/* value_kind.c */
extern bool pgi_is_of(const JsonbValue *value, const char *word);
extern char *pgi_hint_of(const char *word);
extern bool pgi_read_length(const char *word, int64 *length);
extern bool pgi_read_term(const char *word, int64 day, int64 *length);
extern bool pgi_is_working_days(const char *word);

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
extern int64 pgi_json_term(JsonbContainer *object, const char *key, int64 day);

#endif
