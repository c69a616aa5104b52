/*
 * shape.h: what documents may look like.
 */
#ifndef PGI_SHAPE_H
#define PGI_SHAPE_H

#include "document/document.h"

/* The kinds of documents whose shape is one of shape.c. */
typedef enum PgiDocumentKind
{
	PGI_DOCUMENT_POLICY,
	PGI_DOCUMENT_ADDENDUM,
	PGI_DOCUMENT_CALENDAR,
	PGI_DOCUMENT_RISK_METHOD,
	PGI_DOCUMENT_RISK_REGISTER,
	PGI_DOCUMENT_FACTS,
	PGI_DOCUMENT_FREQUENCY,
	PGI_DOCUMENT_MAGNITUDE,
	PGI_DOCUMENT_SECONDARY_LOSS,
	PGI_DOCUMENT_DIRECTORY,
	PGI_DOCUMENT_KINDS
} PgiDocumentKind;

extern const PgiShape *pgi_shape_of(PgiDocumentKind kind);
extern void pgi_shape_expect(const JsonbValue *document, PgiDocumentKind kind);

#endif
