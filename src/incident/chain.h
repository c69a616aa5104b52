/*
 * chain.h: the SHA-256 chain over an incident's entries.
 */
#ifndef PGI_CHAIN_H
#define PGI_CHAIN_H

#include "common/cryptohash.h"

#include "incident/entry.h"
#include "policy/policy_cache.h"

/* What the hash of an opening covers besides the entry: the incident as it was opened. */
typedef struct PgiOpening
{
	PgiPolicyTitle policy;
	const char *category;
	const char *confidentiality;
	const char *ticket;
	const char *dedup_key;
	bool drill;
} PgiOpening;

extern pg_cryptohash_ctx *pgi_chain_begin(void);
extern void pgi_chain_hash(pg_cryptohash_ctx *sha, const PgiIncident *incident,
						   const PgiOpening *opening, const PgiEntry *entry, uint8 *hash);

#endif
