/*
 * chain.h: the SHA-256 chain over an incident's entries.
 */
#ifndef PGI_CHAIN_H
#define PGI_CHAIN_H

#include "timeline.h"

extern void pgi_chain_hash(const PgiTimeline *timeline, const PgiEntry *entry,
						   const uint8 *before, uint8 *hash);
extern void pgi_chain(PgiTimeline *timeline, PgiEntry *entry);

#endif
