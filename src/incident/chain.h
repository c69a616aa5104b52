/*
 * chain.h: the SHA-256 chain over an incident's entries.
 */
#ifndef PGI_CHAIN_H
#define PGI_CHAIN_H

#include "common/cryptohash.h"

#include "incident/timeline.h"

extern pg_cryptohash_ctx *pgi_chain_begin(void);
extern void pgi_chain_hash(pg_cryptohash_ctx *sha, const PgiTimeline *timeline,
						   const PgiEntry *entry, uint8 *hash);

#endif
