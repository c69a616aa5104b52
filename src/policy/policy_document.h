/*
 * policy_document.h: what is wrong with the document of a policy.
 */
#ifndef PGI_POLICY_DOCUMENT_H
#define PGI_POLICY_DOCUMENT_H

#include "document/document.h"

extern List *pgi_check_policy(Jsonb *document);
extern void pgi_expect_sound_policy(Jsonb *document);
extern char *pgi_finding_sentence(const PgiFinding *finding);

#endif
