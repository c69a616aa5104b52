/*
 * policy_cache.h: compiled policies, kept for as long as nothing changes them.
 */
#ifndef PGI_POLICY_CACHE_H
#define PGI_POLICY_CACHE_H

#include "datatype/timestamp.h"

#include "base/compat.h"
#include "kernel/policy.h"
#include "policy/policy_words.h"

/* What a policy is wherever it is stored; ids are each database's own. */
typedef struct PgiPolicyTitle
{
	const char *name;
	const char *version;
	const char
		*digest; /* SHA-256 of the document as published, in hex; NULL: of a draft */
} PgiPolicyTitle;

extern const PgiPolicy *pgi_policy_get(int32 policy_id);
extern PgiPolicyTitle pgi_policy_title(int32 policy_id);
extern uint64 pgi_policy_fingerprint(const PgiPolicy *policy);
extern const PgiPolicyWords *pgi_policy_words(int32 policy_id);
extern const PgiPolicy *pgi_policy_of(int32 policy_id, int32 org_id);
extern int32 pgi_policy_named(const char *name);
extern int32 pgi_policy_version(const char *name, int32 version);
extern PGI_NORETURN void pgi_policy_refuse_name(const char *name);
extern const PgiCell *pgi_policy_cell(const PgiPolicy *policy, int asset_level,
									  int severity);
extern PGI_NORETURN void pgi_policy_refuse_level(const PgiPolicy *policy, int level);
extern PGI_NORETURN void pgi_policy_refuse_pair(const PgiPolicy *policy, int asset_level,
												int severity);

#endif
