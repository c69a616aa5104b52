/*
 * state.h: the state of an incident as its row of incident_internal.incident_state.
 */
#ifndef PGI_STATE_H
#define PGI_STATE_H

#include "incident/timeline.h"

/* As pgi_state_row gives them. */
enum
{
	PGI_STATE_ORG_ID,
	PGI_STATE_INCIDENT_ID,
	PGI_STATE_POLICY_ID,
	PGI_STATE_MONTH,
	PGI_STATE_SEQ,
	PGI_STATE_SETTLED_TO,
	PGI_STATE_NEXT_DUE,
	PGI_STATE_STATUS,
	PGI_STATE_ASSET_ID,
	PGI_STATE_ASSET_LEVEL,
	PGI_STATE_SEVERITY,
	PGI_STATE_EVENT_LEVEL,
	PGI_STATE_RESPONSE_LEVEL,
	PGI_STATE_PEAK_RESPONSE,
	PGI_STATE_BREACHED,
	PGI_STATE_ACKNOWLEDGED_AT,
	PGI_STATE_ACTIVATED_AT,
	PGI_STATE_RESOLVED_AT,
	PGI_STATE_CLOSED_AT,
	PGI_STATE_REVISED,
	PGI_STATE_HEAD,
	PGI_STATE_EPOCH,
	PGI_STATE_ACKNOWLEDGEMENT_OVERDUE,
	PGI_STATE_RESPONSE_OVERDUE,
	PGI_STATE_ORIGINS, /* one for each clock */
	PGI_STATE_DUTIES = PGI_STATE_ORIGINS + PGI_CLOCKS,
	PGI_STATE_WITHOUT_EFFECT,
	PGI_STATE_COLUMNS
};

#define PGI_STATE_LIST                                                                 \
	"org_id, incident_id, policy_id, month, seq, settled_to, next_due, status,"        \
	" asset_id, asset_level, severity, event_level, response_level, peak_response,"    \
	" breached, acknowledged_at, activated_at, resolved_at, closed_at, revised, head," \
	" epoch, acknowledgement_overdue, response_overdue, processing_since,"             \
	" acknowledgement_since, response_since, duties, without_effect"

extern void pgi_state_row(const PgiTimeline *timeline, TimestampTz until,
						  const PgiState *state, Datum *values, bool *isnull);
extern void pgi_state_write(PgiTimeline *timeline, TimestampTz until,
							const PgiState *state);

#endif
