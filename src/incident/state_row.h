/*
 * state_row.h: where a row of incident_internal.incident_state has what.
 */
#ifndef PGI_STATE_ROW_H
#define PGI_STATE_ROW_H

#include "kernel/policy.h"

/* Columns of incident_internal.incident_state, in the order of the table. */
enum
{
	STATE_ORG_ID = 1,
	STATE_POLICY_ID,
	STATE_INCIDENT_ID,
	STATE_MONTH,
	STATE_ASSET_LEVEL,
	STATE_SEVERITY,
	STATE_EVENT_LEVEL,
	STATE_REVISED,
	STATE_EPOCH,
	STATE_ASSET_ID,
	STATE_ACKNOWLEDGED_AT,
	STATE_ACTIVATED_AT,
	STATE_RESOLVED_AT,
	STATE_CLOSED_AT,
	STATE_ORIGINS, /* one for each clock */
	STATE_STATUS = STATE_ORIGINS + PGI_CLOCKS,
	STATE_RESPONSE_LEVEL,
	STATE_PEAK_RESPONSE,
	STATE_LATE, /* one for each clock */
	STATE_SEQ = STATE_LATE + PGI_CLOCKS,
	STATE_SETTLED_TO,
	STATE_NEXT_DUE,
	STATE_HEAD,
	STATE_DUTIES,
	STATE_WITHOUT_EFFECT,
	STATE_END
};

#endif
