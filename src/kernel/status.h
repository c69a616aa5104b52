/*
 * status.h: the statuses of an incident, and what each fact does in them.
 */
#ifndef PGI_KERNEL_STATUS_H
#define PGI_KERNEL_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/entry_kind.h"

typedef enum PgiStatus
{
	PGI_NEW, /* before the opening */
	PGI_OPEN,
	PGI_IS_ACKNOWLEDGED,
	PGI_ACTIVE,
	PGI_ON_HOLD,
	PGI_IS_RESOLVED,
	PGI_IS_CLOSED,
	PGI_IS_CANCELLED,
	PGI_STATUSES
} PgiStatus;

/* Where an incident stands. */
typedef struct PgiStanding
{
	uint8_t status;
	uint8_t before_hold; /* on hold: the status that resuming returns to */
} PgiStanding;

extern const char *const pgi_status_words[PGI_STATUSES];

extern bool pgi_status_is_finished(uint8_t status);
extern bool pgi_status_allows(PgiStanding standing, uint8_t kind);
extern PgiStanding pgi_status_after(PgiStanding standing, uint8_t kind);

#endif
