/*
 * policy_messages.h: of what a policy tells whom.
 */
#ifndef PGI_POLICY_MESSAGES_H
#define PGI_POLICY_MESSAGES_H

#include "utils/jsonb.h"

#include "kernel/policy.h"

/* Takes what is wrong and where; `unfit`: it cannot even be stored. */
typedef void (*PgiMessageFinder)(void *check, const char *place, const char *problem,
								 const char *hint, bool unfit);

extern void pgi_policy_messages_read(JsonbContainer *document, PgiPolicySource *source);
extern void pgi_policy_messages_check(JsonbContainer *document, void *check,
									  PgiMessageFinder find);

#endif
