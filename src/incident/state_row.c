/*
 * state_row.c: the state of an incident as its row of incident_internal.incident_state.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "incident/entry.h"
#include "incident/state_row.h"
#include "kernel/state_pack.h"
#include "timer/timer.h"

const PgiColumn pgi_state_columns[PGI_STATE_COLUMNS] = {PGI_STATE_LIST(PGI_COLUMN_ENTRY)};

/* Puts what the kernel goes on from besides a state's columns at place n. */
void
pgi_state_put_duties(Datum *values, bool *isnull, int n, const PgiState *state)
{
	bytea *packed = palloc(VARHDRSZ + PGI_PACKED_MOST);
	int length = pgi_state_pack(state, (uint8 *) VARDATA(packed));

	SET_VARSIZE(packed, VARHDRSZ + length);
	isnull[n] = length == 0;
	values[n] = PointerGetDatum(packed);
}

/* Takes that from the value of such a column; false when it is damaged. */
bool
pgi_state_take_duties(Datum value, bool isnull, PgiState *state)
{
	bytea *packed;

	if (isnull)
		return pgi_state_unpack(state, NULL, 0);
	packed = DatumGetByteaPP(value);
	return pgi_state_unpack(state, (const uint8 *) VARDATA_ANY(packed),
							VARSIZE_ANY_EXHDR(packed));
}

/* Whether an entry was taken back, so that what was decided takes a second look. */
static bool
has_withdrawals(const PgiTimeline *timeline)
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
	memset(isnull, false, sizeof(bool) * PGI_STATE_COLUMNS);
	values[PGI_STATE_ORG_ID] = Int32GetDatum(timeline->incident.org_id);
	values[PGI_STATE_POLICY_ID] = Int32GetDatum(timeline->policy_id);
	values[PGI_STATE_INCIDENT_ID] = Int64GetDatum(timeline->incident.incident_id);
	values[PGI_STATE_MONTH] = Int32GetDatum(timeline->incident.month);
	pgi_entry_put_byte(values, isnull, PGI_STATE_ASSET_LEVEL, state->asset_level,
					   state->asset_level != PGI_LEVEL_UNKNOWN);
	pgi_entry_put_byte(values, isnull, PGI_STATE_SEVERITY, state->severity,
					   state->severity != PGI_SEVERITY_UNKNOWN);
	values[PGI_STATE_EVENT_LEVEL] = UInt8GetDatum(state->event_level);
	values[PGI_STATE_NEEDS_FULL_RUN] =
		BoolGetDatum(has_withdrawals(timeline) || !state->can_continue);
	values[PGI_STATE_EPOCH] = Int32GetDatum(state->epoch);
	isnull[PGI_STATE_ASSET_ID] = state->asset_id == 0;
	values[PGI_STATE_ASSET_ID] = Int64GetDatum(state->asset_id);
	pgi_entry_put_moment(values, isnull, PGI_STATE_ACKNOWLEDGED_AT,
						 state->acknowledged_at);
	pgi_entry_put_moment(values, isnull, PGI_STATE_ACTIVATED_AT, state->activated_at);
	pgi_entry_put_moment(values, isnull, PGI_STATE_RESOLVED_AT, state->resolved_at);
	pgi_entry_put_moment(values, isnull, PGI_STATE_CLOSED_AT, state->closed_at);
	values[PGI_STATE_STATUS] =
		CStringGetTextDatum(pgi_status_words[state->standing.status]);
	values[PGI_STATE_RESPONSE_LEVEL] = UInt8GetDatum(state->response_level);
	values[PGI_STATE_PEAK_RESPONSE] = UInt8GetDatum(state->peak_response);
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
	{
		pgi_entry_put_moment(values, isnull, PGI_STATE_ORIGINS + clock,
							 state->origin[clock]);
		values[PGI_STATE_LATE + clock] = BoolGetDatum(state->late[clock]);
	}
	values[PGI_STATE_SEQ] = Int32GetDatum(timeline->nentries);
	values[PGI_STATE_SETTLED_TO] = TimestampTzGetDatum(until);
	pgi_entry_put_moment(values, isnull, PGI_STATE_NEXT_DUE, state->next_due);
	values[PGI_STATE_HEAD] = pgi_entry_hash_value(timeline->head);
	pgi_state_put_duties(values, isnull, PGI_STATE_DUTIES, state);
	isnull[PGI_STATE_WITHOUT_EFFECT] = timeline->nwithout == 0;
	values[PGI_STATE_WITHOUT_EFFECT] = seqs(timeline->without_effect, timeline->nwithout);
}

/*
 * Stores the state of an incident that is settled up to a moment, and sets the timer for
 * when it is due again. Within SPI, on a timeline that is new or locked.
 */
void
pgi_state_write(PgiTimeline *timeline, TimestampTz until, const PgiState *state)
{
	static PgiQuery insert;
	static PgiQuery update;
	Datum values[PGI_STATE_COLUMNS];
	bool isnull[PGI_STATE_COLUMNS];
	char nulls[PGI_STATE_COLUMNS];

	pgi_state_row(timeline, until, state, values, isnull);
	for (int i = 0; i < PGI_STATE_COLUMNS; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	if (timeline->is_new)
	{
		pgi_columns_insert(&insert, "incident_internal.incident_state", pgi_state_columns,
						   PGI_STATE_COLUMNS);
		pgi_sql_run(&insert, values, nulls, SPI_OK_INSERT, 0);
	}
	else
	{
		pgi_columns_update(&update, "incident_internal.incident_state", pgi_state_columns,
						   PGI_STATE_COLUMNS,
						   PGI_COLUMN_BIT(PGI_STATE_ORG_ID) |
							   PGI_COLUMN_BIT(PGI_STATE_INCIDENT_ID));
		pgi_sql_run(&update, values, nulls, SPI_OK_UPDATE, 0);
	}
	if (state->next_due != PGI_NEVER && state->next_due != timeline->next_due)
		pgi_timer_set(timeline->incident.org_id, timeline->incident.incident_id,
					  state->next_due);
	timeline->is_new = false;
	timeline->settled_to = until;
	timeline->next_due = state->next_due;
}

/* The words of the statuses in which nobody handles an incident any more, as an array of text. */
Datum
pgi_state_finished_statuses(void)
{
	Datum words[PGI_STATUSES];
	int nwords = 0;

	for (int status = 0; status < PGI_STATUSES; status++)
		if (pgi_status_is_finished(status))
			words[nwords++] = CStringGetTextDatum(pgi_status_words[status]);
	return PointerGetDatum(
		construct_array(words, nwords, TEXTOID, -1, false, TYPALIGN_INT));
}
