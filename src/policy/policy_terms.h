/*
 * policy_terms.h: the times in a policy that count on calendars.
 */
#ifndef PGI_POLICY_TERMS_H
#define PGI_POLICY_TERMS_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "kernel/policy.h"

/* A time in a policy that counts on calendars: those of the event levels that it is for. */
typedef struct PgiTerm
{
	char *place;
	char *word;
	unsigned calendars; /* by their numbers, as bits */
} PgiTerm;

extern List *pgi_policy_terms(JsonbContainer *document, const PgiPolicySource *source);

#endif
