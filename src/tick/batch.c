/*
 * batch.c: settles many due incidents at once.
 *
 * Incidents are taken in the order of their ids, so that those opened together are read
 * one after the other. The kernel goes on from the state row, which is then updated in
 * place; entries and timers are collected and added together. The update doubles as the
 * lock: it takes effect only when the state is still the one that was read, and does not
 * wait. Whatever is out of the ordinary is left to be settled on its own (settle.c),
 * which also says what is wrong.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/bulk.h"
#include "base/compat.h"
#include "incident/chain.h"
#include "incident/entry.h"
#include "incident/state_cursor.h"
#include "incident/state_row.h"
#include "notice/decision.h"
#include "policy/policy_cache.h"
#include "tick/batch.h"
#include "timer/bucket.h"
#include "timer/timer.h"

/* Ids are close when reading the rows between them costs less than a search. */
#define CLOSE 4

#define MAX_EVENTS 128

typedef struct Batch
{
	TimestampTz at;
	TimestampTz now;
	PgiUnread unread;
	Snapshot snapshot;
	EState *estate;
	ResultRelInfo *state_info;
	PgiStateCursor states;
	TupleTableSlot *new_state;
	PgiBulk *entries;
	PgiBulk *timers;
	pg_cryptohash_ctx *sha;
	MemoryContext context; /* of the batch */
	/* of the incident at hand */
	PgiTimeline timeline;
	PgiDerived events[MAX_EVENTS];
	int nevents;
	/* timers for when they are due again */
	PgiTimer *set;
	int nset;
	PgiDecisionList told;
} Batch;

/* The last of some incidents that are close to one another. */
static int64
last_close(const PgiTimer *due, int ndue)
{
	int last = 0;

	while (last + 1 < ndue && due[last + 1].org_id == due->org_id &&
		   due[last + 1].incident_id - due[last].incident_id <= CLOSE)
		last++;
	return due[last].incident_id;
}

/*
 * Finds the row of the first of some incidents, which are in order; false when there is none.
 * Incidents that were opened one after the other fall due together: as long as ids are close, the
 * next one is found by reading on.
 */
static bool
find_state(PgiStateCursor *states, const PgiTimer *due, int ndue)
{
	if (!pgi_state_cursor_covers(states, due->org_id, due->incident_id))
		pgi_state_cursor_start(states, due->org_id, due->incident_id,
							   last_close(due, ndue));
	return pgi_state_cursor_find(states, due->incident_id);
}

static void
begin_batch(Batch *batch, int ndue, TimestampTz at)
{
	memset(batch, 0, sizeof(*batch));
	batch->at = at;
	batch->unread = pgi_timer_unread();
	batch->now = GetCurrentTimestamp();
	batch->context = CurrentMemoryContext;
	batch->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	batch->estate = CreateExecutorState();
	pgi_state_cursor_open(&batch->states, RowExclusiveLock, batch->snapshot,
						  PGI_STATE_COLUMNS);
	batch->state_info = makeNode(ResultRelInfo);
	InitResultRelInfo(batch->state_info, batch->states.rows.relation, 1, NULL, 0);
	ExecOpenIndices(batch->state_info, false);
	batch->new_state = table_slot_create(batch->states.rows.relation, NULL);
	batch->entries = pgi_bulk_open("entries");
	pgi_columns_expect(pgi_bulk_relation(batch->entries), pgi_entry_columns,
					   PGI_ENTRY_COLUMNS);
	batch->timers = pgi_bulk_open("timers");
	batch->sha = pgi_chain_begin();
	batch->set = palloc(sizeof(PgiTimer) * ndue * PGI_TIMERS_MADE);
}

static void
collect(const PgiDerived *derived, void *arg)
{
	Batch *batch = arg;

	if (batch->nevents < MAX_EVENTS)
		batch->events[batch->nevents] = *derived;
	batch->nevents++;
}

/* Makes the events at hand the newest entries of the chain. */
static void
make_entries(Batch *batch, PgiEntry *entries)
{
	for (int i = 0; i < batch->nevents; i++)
	{
		PgiEntry *entry = &entries[i];

		memset(entry, 0, sizeof(*entry));
		entry->seq = batch->timeline.settled_seq + 1 + i;
		entry->recorded_at = batch->now;
		entry->asset_level = PGI_LEVEL_UNKNOWN;
		entry->severity = PGI_SEVERITY_UNKNOWN;
		pgi_entry_decided(entry, &batch->events[i]);
		pgi_chain_hash(batch->sha, &batch->timeline.incident, NULL, entry,
					   batch->timeline.head);
	}
}

/* Updates the state that was read, unless another session has, or a lock is on it. */
static PgiOutcome
update_state(Batch *batch, const PgiState *state)
{
	TupleTableSlot *old = batch->states.rows.slot;
	TupleTableSlot *new = batch->new_state;
	Datum *values = new->tts_values;
	PgiUpdateIndexes update_indexes = PGI_NO_INDEX_UPDATE;
	TM_FailureData failure;
	LockTupleMode lock_mode;
	TM_Result result;

	ExecClearTuple(new);
	memcpy(values, old->tts_values, sizeof(Datum) * PGI_STATE_COLUMNS);
	memcpy(new->tts_isnull, old->tts_isnull, sizeof(bool) * PGI_STATE_COLUMNS);
	values[PGI_STATE_RESPONSE_LEVEL] = UInt8GetDatum(state->response_level);
	values[PGI_STATE_PEAK_RESPONSE] = UInt8GetDatum(state->peak_response);
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
		values[PGI_STATE_LATE + clock] = BoolGetDatum(state->late[clock]);
	values[PGI_STATE_SEQ] = Int32GetDatum(batch->timeline.settled_seq + batch->nevents);
	values[PGI_STATE_SETTLED_TO] = TimestampTzGetDatum(batch->at);
	pgi_entry_put_moment(values, new->tts_isnull, PGI_STATE_NEXT_DUE, state->next_due);
	values[PGI_STATE_HEAD] = pgi_entry_hash_value(batch->timeline.head);
	pgi_state_put_duties(values, new->tts_isnull, PGI_STATE_DUTIES, state);
	ExecStoreVirtualTuple(new);

	result = table_tuple_update(
		batch->states.rows.relation, &old->tts_tid, new, GetCurrentCommandId(true),
		batch->snapshot, InvalidSnapshot, false, &failure, &lock_mode, &update_indexes);
	if (result == TM_BeingModified)
		return PGI_NEEDS_FULL_RUN; /* the lock may be this transaction's own */
	if (result != TM_Ok)
		return PGI_HELD_BY_OTHER;
	if (update_indexes != PGI_NO_INDEX_UPDATE)
	{
		list_free(PGI_INSERT_INDEX_TUPLES(batch->state_info, new, batch->estate));
		ResetPerTupleExprContext(batch->estate);
	}
	return PGI_SETTLED;
}

static void
add_rows(Batch *batch, const PgiEntry *entries, const PgiState *state)
{
	Datum values[PGI_ENTRY_COLUMNS];
	bool isnull[PGI_ENTRY_COLUMNS];

	for (int i = 0; i < batch->nevents; i++)
	{
		pgi_entry_row(&batch->timeline.incident, &entries[i], values, isnull);
		pgi_bulk_add(batch->entries, batch->timeline.incident.month, values, isnull);
	}
	if (state->next_due != PGI_NEVER)
		batch->nset += pgi_timer_make(
			&batch->set[batch->nset], batch->timeline.incident.org_id,
			batch->timeline.incident.incident_id, state->next_due, &batch->unread);
}

/* Notes of which of its entries somebody is told. */
static void
add_told(Batch *batch, const PgiEntry *entries, const PgiPolicy *policy,
		 PgiDecisions *decisions)
{
	MemoryContext before = MemoryContextSwitchTo(batch->context);

	for (int i = 0; i < batch->nevents; i++)
		if (pgi_policy_tells(policy, entries[i].kind, entries[i].rule, entries[i].epoch))
		{
			pgi_decision_add(&batch->told, batch->timeline.incident.org_id,
							 batch->timeline.incident.incident_id, entries[i].seq);
			decisions->notices++;
		}
	MemoryContextSwitchTo(before);
}

static int
compare_timers(const void *a, const void *b)
{
	const PgiTimer *left = a;
	const PgiTimer *right = b;

	if (left->bucket != right->bucket)
		return left->bucket < right->bucket ? -1 : 1;
	return left->org_id < right->org_id ? -1 : left->org_id > right->org_id;
}

/* Adds the timers that were set, those of a minute together. */
static void
add_timers(Batch *batch)
{
	qsort(batch->set, batch->nset, sizeof(PgiTimer), compare_timers);
	for (int i = 0; i < batch->nset;)
	{
		Datum values[PGI_TIMER_COLUMNS];
		bool isnull[PGI_TIMER_COLUMNS] = {false};
		int64 day = pgi_bucket_day(batch->set[i].bucket);

		i += pgi_timer_row(&batch->set[i], batch->nset - i, values);
		pgi_bulk_add(batch->timers, day, values, isnull);
	}
}

static void
end_batch(Batch *batch)
{
	add_timers(batch);
	pgi_decision_write(&batch->told);
	pgi_bulk_close(batch->entries);
	pgi_bulk_close(batch->timers);
	pg_cryptohash_free(batch->sha);
	ExecDropSingleTupleTableSlot(batch->new_state);
	ExecCloseIndices(batch->state_info);
	pgi_state_cursor_close(&batch->states, NoLock);
	FreeExecutorState(batch->estate);
	UnregisterSnapshot(batch->snapshot);
	CommandCounterIncrement();
}

/* The state that the kernel can go on from; false when it is damaged. */
static bool
read_kernel_state(const TupleTableSlot *row, PgiState *state)
{
	memset(state, 0, offsetof(PgiState, duties));
	state->asset_level = pgi_slot_byte(row, PGI_STATE_ASSET_LEVEL, PGI_LEVEL_UNKNOWN);
	state->severity = pgi_slot_byte(row, PGI_STATE_SEVERITY, PGI_SEVERITY_UNKNOWN);
	state->event_level = pgi_slot_byte(row, PGI_STATE_EVENT_LEVEL, PGI_LEVEL_NONE);
	state->response_level = pgi_slot_byte(row, PGI_STATE_RESPONSE_LEVEL, PGI_LEVEL_NONE);
	state->peak_response = pgi_slot_byte(row, PGI_STATE_PEAK_RESPONSE, PGI_LEVEL_NONE);
	state->epoch = DatumGetInt32(pgi_slot_value(row, PGI_STATE_EPOCH));
	for (int clock = 0; clock < PGI_CLOCKS; clock++)
	{
		state->late[clock] = DatumGetBool(pgi_slot_value(row, PGI_STATE_LATE + clock));
		state->origin[clock] =
			pgi_slot_is_null(row, PGI_STATE_ORIGINS + clock)
				? PGI_NEVER
				: DatumGetTimestampTz(pgi_slot_value(row, PGI_STATE_ORIGINS + clock));
	}
	return pgi_state_take_duties(pgi_slot_value(row, PGI_STATE_DUTIES),
								 pgi_slot_is_null(row, PGI_STATE_DUTIES), state);
}

/* Takes the first of some incidents from its state; false when the timer is out of date. */
static bool
read_state(Batch *batch, const PgiTimer *due, int ndue)
{
	const TupleTableSlot *row = batch->states.rows.slot;
	PgiTimeline *timeline = &batch->timeline;

	if (!find_state(&batch->states, due, ndue) ||
		pgi_slot_is_null(row, PGI_STATE_NEXT_DUE) ||
		DatumGetTimestampTz(pgi_slot_value(row, PGI_STATE_NEXT_DUE)) != due->due_at)
		return false;
	timeline->incident.org_id = due->org_id;
	timeline->incident.incident_id = due->incident_id;
	timeline->policy_id = DatumGetInt32(pgi_slot_value(row, PGI_STATE_POLICY_ID));
	timeline->incident.month = DatumGetInt32(pgi_slot_value(row, PGI_STATE_MONTH));
	timeline->settled_to = DatumGetTimestampTz(pgi_slot_value(row, PGI_STATE_SETTLED_TO));
	timeline->settled_seq = DatumGetInt32(pgi_slot_value(row, PGI_STATE_SEQ));
	return true;
}

/* Takes the newest hash of the incident at hand; false when it is damaged. */
static bool
read_head(Batch *batch)
{
	Datum head = pgi_slot_value(batch->states.rows.slot, PGI_STATE_HEAD);

	if (VARSIZE_ANY_EXHDR(DatumGetPointer(head)) != PGI_HASH_LENGTH)
		return false;
	memcpy(batch->timeline.head, VARDATA_ANY(DatumGetPointer(head)), PGI_HASH_LENGTH);
	return true;
}

static PgiOutcome
settle(Batch *batch, const PgiTimer *due, int ndue, PgiDecisions *decisions)
{
	PgiEntry entries[MAX_EVENTS];
	const PgiPolicy *policy;
	PgiOutcome outcome;
	PgiState state;

	if (!read_state(batch, due, ndue))
		return PGI_NOT_DUE;
	if (DatumGetBool(pgi_slot_value(batch->states.rows.slot, PGI_STATE_NEEDS_FULL_RUN)) ||
		!read_head(batch) || !read_kernel_state(batch->states.rows.slot, &state))
		return PGI_NEEDS_FULL_RUN;
	batch->nevents = 0;
	policy = pgi_policy_of(batch->timeline.policy_id, batch->timeline.incident.org_id);
	if (pgi_advance_from_state(policy, &state, batch->at, collect, batch) != PGI_OK ||
		batch->nevents > MAX_EVENTS)
		return PGI_NEEDS_FULL_RUN;
	make_entries(batch, entries);
	outcome = update_state(batch, &state);
	if (outcome != PGI_SETTLED)
		return outcome;
	add_rows(batch, entries, &state);
	add_told(batch, entries, policy, decisions);
	for (int i = 0; i < batch->nevents; i++)
		pgi_settle_count(decisions, &batch->events[i], batch->now);
	return PGI_SETTLED;
}

/*
 * Whether somebody's triggers want to see the rows one by one. Those of a single partition
 * are found when the first row is added there, which fails the batch.
 */
static bool
has_triggers(const Batch *batch)
{
	return batch->states.rows.relation->trigdesc != NULL ||
		   pgi_bulk_relation(batch->entries)->trigdesc != NULL ||
		   pgi_bulk_relation(batch->timers)->trigdesc != NULL;
}

/*
 * Settles incidents up to `at` and says what became of each; they are in order of the
 * organisation and the id, and may have several timers. All or
 * nothing: an error leaves the transaction to be rolled back. Adds to `decisions`. Within
 * SPI.
 */
void
pgi_batch_settle(const PgiTimer *due, int ndue, TimestampTz at, PgiOutcome *outcomes,
				 PgiDecisions *decisions)
{
	Batch *batch = palloc(sizeof(Batch));
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident batch", ALLOCSET_DEFAULT_SIZES);
	bool one_by_one;

	begin_batch(batch, ndue, at);
	one_by_one = has_triggers(batch);
	for (int i = 0; i < ndue; i++)
	{
		MemoryContext before = MemoryContextSwitchTo(scratch);

		CHECK_FOR_INTERRUPTS();
		outcomes[i] =
			one_by_one ? PGI_NEEDS_FULL_RUN : settle(batch, &due[i], ndue - i, decisions);
		MemoryContextSwitchTo(before);
		MemoryContextReset(scratch);
	}
	end_batch(batch);
	MemoryContextDelete(scratch);
	pfree(batch);
}
