/*
 * document.h: documents that people write, as jsonb: what shape they must have, and
 * what is wrong with one and where.
 */
#ifndef PGI_DOCUMENT_H
#define PGI_DOCUMENT_H

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

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
	List *parts;	/* shapes of what is under the keys; of the items; of an or */
	List *told_by;	/* the keys that tell items apart */
} PgiShape;

/* What is wrong with a document. */
typedef struct PgiFinding
{
	char *place;   /* JSON path */
	char *problem; /* a sentence; of what is unfit: what it is, as "is missing" */
	char *hint;	   /* or NULL */
	int unfit;	   /* the error with which it cannot be stored; 0: it can */
} PgiFinding;

#define PGI_UNKNOWN_KEY "is not a known key"

extern List *pgi_document_check(const JsonbValue *document, const char *place,
								const PgiShape *shape);
extern bool pgi_document_findings_full(const List *findings);
extern List *pgi_document_add_finding(List *findings, const PgiFinding *finding);
extern void pgi_document_refuse_unfit(List *findings, const char *what);
extern void pgi_document_put_finding(ReturnSetInfo *result, const char *place,
									 const char *problem);
extern char *pgi_document_place_key(const char *place, const char *key);
extern char *pgi_document_place_item(const char *place, int number);
extern HTAB *pgi_document_text_table(Size entry);

#endif
