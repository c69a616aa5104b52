/*
 * state_row.h: the state of an incident as its row of incident_internal.incident_state.
 */
#ifndef PGI_STATE_ROW_H
#define PGI_STATE_ROW_H

#include "catalog/pg_type.h"

#include "base/columns.h"
#include "incident/timeline.h"

/* The columns of the table, in its order; see columns.h. */
#define PGI_STATE_LIST(COLUMN)                                           \
	COLUMN(ORG_ID, org_id, INT4OID)                                      \
	COLUMN(POLICY_ID, policy_id, INT4OID)                                \
	COLUMN(INCIDENT_ID, incident_id, INT8OID)                            \
	COLUMN(MONTH, month, INT4OID)                                        \
	COLUMN(ASSET_LEVEL, asset_level, PGI_TYPE_LEVEL)                     \
	COLUMN(SEVERITY, severity, PGI_TYPE_SEVERITY)                        \
	COLUMN(EVENT_LEVEL, event_level, PGI_TYPE_LEVEL)                     \
	COLUMN(NEEDS_FULL_RUN, needs_full_run, BOOLOID)                      \
	COLUMN(EPOCH, epoch, INT4OID)                                        \
	COLUMN(ASSET_ID, asset_id, INT8OID)                                  \
	COLUMN(ACKNOWLEDGED_AT, acknowledged_at, TIMESTAMPTZOID)             \
	COLUMN(ACTIVATED_AT, activated_at, TIMESTAMPTZOID)                   \
	COLUMN(RESOLVED_AT, resolved_at, TIMESTAMPTZOID)                     \
	COLUMN(CLOSED_AT, closed_at, TIMESTAMPTZOID)                         \
	COLUMN(PROCESSING_SINCE, processing_since, TIMESTAMPTZOID)           \
	COLUMN(ACKNOWLEDGEMENT_SINCE, acknowledgement_since, TIMESTAMPTZOID) \
	COLUMN(RESPONSE_SINCE, response_since, TIMESTAMPTZOID)               \
	COLUMN(STATUS, status, TEXTOID)                                      \
	COLUMN(RESPONSE_LEVEL, response_level, PGI_TYPE_LEVEL)               \
	COLUMN(PEAK_RESPONSE, peak_response, PGI_TYPE_LEVEL)                 \
	COLUMN(BREACHED, breached, BOOLOID)                                  \
	COLUMN(ACKNOWLEDGEMENT_OVERDUE, acknowledgement_overdue, BOOLOID)    \
	COLUMN(RESPONSE_OVERDUE, response_overdue, BOOLOID)                  \
	COLUMN(SEQ, seq, INT4OID)                                            \
	COLUMN(SETTLED_TO, settled_to, TIMESTAMPTZOID)                       \
	COLUMN(NEXT_DUE, next_due, TIMESTAMPTZOID)                           \
	COLUMN(HEAD, head, BYTEAOID)                                         \
	COLUMN(DUTIES, duties, BYTEAOID)                                     \
	COLUMN(WITHOUT_EFFECT, without_effect, INT4ARRAYOID)

#define PGI_STATE_NUMBER(id, name, type) PGI_STATE_##id,
enum
{
	PGI_STATE_LIST(PGI_STATE_NUMBER) PGI_STATE_COLUMNS
};

/* For each clock there is one of these columns, in the order of the clocks. */
#define PGI_STATE_ORIGINS PGI_STATE_PROCESSING_SINCE
#define PGI_STATE_LATE PGI_STATE_BREACHED

extern const PgiColumn pgi_state_columns[PGI_STATE_COLUMNS];

extern void pgi_state_put_duties(Datum *values, bool *isnull, int n,
								 const PgiState *state);
extern bool pgi_state_take_duties(Datum value, bool isnull, PgiState *state);
extern void pgi_state_row(const PgiTimeline *timeline, TimestampTz until,
						  const PgiState *state, Datum *values, bool *isnull);
extern void pgi_state_write(PgiTimeline *timeline, TimestampTz until,
							const PgiState *state);
extern Datum pgi_state_finished_statuses(void);

#endif
