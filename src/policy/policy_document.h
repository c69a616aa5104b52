/*
 * policy_document.h: what is wrong with the document of a policy.
 */
#ifndef PGI_POLICY_DOCUMENT_H
#define PGI_POLICY_DOCUMENT_H

#include "document/document.h"

extern List *pgi_policy_document_check(Jsonb *document);
extern void pgi_policy_document_expect_sound(Jsonb *document);
extern char *pgi_policy_document_sentence(const PgiFinding *finding);

#endif
