/*
 * state_pack.h: what a run goes on from besides what every incident has, as bytes.
 */
#ifndef PGI_KERNEL_STATE_PACK_H
#define PGI_KERNEL_STATE_PACK_H

#include "kernel/state.h"

/* The bytes of pgi_state_pack at most: a duty has 2, a count and five moments. */
#define PGI_PACKED_MOST (1 + 8 * PGI_MAX_INACTIVITIES + PGI_MAX_DUTIES * (2 + 5 + 5 * 8))

extern int pgi_state_pack(const PgiState *state, uint8_t *bytes);
extern bool pgi_state_unpack(PgiState *state, const uint8_t *bytes, int length);

#endif
