/*
 * state.c: the state of an incident as its row of incident_internal.incident_state.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "incident/entry.h"
#include "incident/state.h"
#include "timer/timer.h"

/* Whether entries were taken back, so that what was decided takes a second look. */
static bool
is_revised(const PgiTimeline *timeline)
{
	for (int i = 0; i < timeline->nentries; i++)
		if (timeline->entries[i].kind == PGI_VOIDED)
			return true;
	return false;
}

static Datum
seqs(const int32 *without_effect, int count)
{
	Datum *values = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		values[i] = Int32GetDatum(without_effect[i]);
	return PointerGetDatum(
		construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* The row of an incident that is settled up to a moment; the state is as of then. */
void
pgi_state_row(const PgiTimeline *timeline, TimestampTz until, const PgiState *state,
			  Datum *values, bool *isnull)
{
	int n = 0;

	memset(isnull, false, sizeof(bool) * PGI_STATE_COLUMNS);
	values[n++] = Int32GetDatum(timeline->org_id);
	values[n++] = Int64GetDatum(timeline->incident_id);
	values[n++] = Int32GetDatum(timeline->policy_id);
	values[n++] = Int32GetDatum(timeline->month);
	values[n++] = Int32GetDatum(timeline->nentries);
	values[n++] = TimestampTzGetDatum(until);
	n = pgi_put_moment(values, isnull, n, state->next_due);
	values[n++] = CStringGetTextDatum(pgi_status_words[state->standing.status]);
	isnull[n] = state->asset_id == 0;
	values[n++] = Int64GetDatum(state->asset_id);
	n = pgi_put_byte(values, isnull, n, state->asset_level,
					 state->asset_level != PGI_LEVEL_UNKNOWN);
	n = pgi_put_byte(values, isnull, n, state->severity,
					 state->severity != PGI_SEVERITY_UNKNOWN);
	values[n++] = UInt8GetDatum(state->event_level);
	values[n++] = UInt8GetDatum(state->response_level);
	values[n++] = UInt8GetDatum(state->peak_response);
	values[n++] = BoolGetDatum(state->late[PGI_CLOCK_PROCESSING]);
	n = pgi_put_moment(values, isnull, n, state->acknowledged_at);
	n = pgi_put_moment(values, isnull, n, state->activated_at);
	n = pgi_put_moment(values, isnull, n, state->resolved_at);
	n = pgi_put_moment(values, isnull, n, state->closed_at);
	values[n++] = BoolGetDatum(is_revised(timeline) || !state->can_go_on);
	values[n++] = pgi_hash_value(timeline->head);
	values[n++] = Int32GetDatum(state->epoch);
	values[n++] = BoolGetDatum(state->late[PGI_CLOCK_ACKNOWLEDGEMENT]);
	values[n++] = BoolGetDatum(state->late[PGI_CLOCK_RESPONSE]);
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		n = pgi_put_moment(values, isnull, n, state->origin[clock]);
	n = pgi_put_duties(values, isnull, n, state);
	isnull[n] = timeline->nwithout == 0;
	values[n] = seqs(timeline->without_effect, timeline->nwithout);
}

#define STATE_TYPES                                                                  \
	{                                                                                \
		INT4OID, INT8OID, INT4OID, INT4OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, \
			TEXTOID, INT8OID, PGI_TYPE_LEVEL, PGI_TYPE_SEVERITY, PGI_TYPE_LEVEL,     \
			PGI_TYPE_LEVEL, PGI_TYPE_LEVEL, BOOLOID, TIMESTAMPTZOID, TIMESTAMPTZOID, \
			TIMESTAMPTZOID, TIMESTAMPTZOID, BOOLOID, BYTEAOID, INT4OID, BOOLOID,     \
			BOOLOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BYTEAOID,       \
			INT4ARRAYOID                                                             \
	}

/*
 * Stores the state of an incident that is settled up to a moment, and sets the timer for
 * when it is due again. Within SPI, on a timeline that is new or locked.
 */
void
pgi_state_write(PgiTimeline *timeline, TimestampTz until, const PgiState *state)
{
	static PgiQuery insert = {
		"INSERT INTO incident_internal.incident_state (" PGI_STATE_LIST ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
		"$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)",
		PGI_STATE_COLUMNS, STATE_TYPES};
	static PgiQuery update = {
		"UPDATE incident_internal.incident_state SET policy_id = $3, month = $4, seq = $5,"
		" settled_to = $6, next_due = $7, status = $8, asset_id = $9, asset_level = $10,"
		" severity = $11, event_level = $12, response_level = $13, peak_response = $14,"
		" breached = $15, acknowledged_at = $16, activated_at = $17, resolved_at = $18,"
		" closed_at = $19, revised = $20, head = $21, epoch = $22,"
		" acknowledgement_overdue = $23, response_overdue = $24, processing_since = $25,"
		" acknowledgement_since = $26, response_since = $27, duties = $28,"
		" without_effect = $29"
		" WHERE org_id = $1 AND incident_id = $2",
		PGI_STATE_COLUMNS, STATE_TYPES};
	Datum values[PGI_STATE_COLUMNS];
	bool isnull[PGI_STATE_COLUMNS];
	char nulls[PGI_STATE_COLUMNS];

	pgi_state_row(timeline, until, state, values, isnull);
	for (int i = 0; i < PGI_STATE_COLUMNS; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	if (timeline->is_new)
		pgi_run(&insert, values, nulls, SPI_OK_INSERT, 0);
	else
		pgi_run(&update, values, nulls, SPI_OK_UPDATE, 0);
	if (state->next_due != PGI_NEVER && state->next_due != timeline->next_due)
		pgi_timer_set(timeline->org_id, timeline->incident_id, state->next_due);
	timeline->is_new = false;
	timeline->settled_to = until;
	timeline->next_due = state->next_due;
}
