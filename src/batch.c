/*
 * batch.c: settles many due incidents at once.
 *
 * An incident is read by one probe of its state and one of its entries, run through the
 * kernel, and its state updated in place; entries and timers are collected and added
 * together. The update doubles as the lock: it takes effect only when the state is still
 * the one that was read, and does not wait. Whatever is out of the ordinary is left to be
 * settled on its own (timeline.c), which also says what is wrong.
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

#include "batch.h"
#include "bulk.h"
#include "chain.h"
#include "compat.h"
#include "policy_cache.h"
#include "row.h"
#include "sql.h"
#include "timer.h"

/* Columns of incident.incident_state, in the order of the table. */
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
	STATE_ASSET_ID,
	STATE_ACKNOWLEDGED_AT,
	STATE_ACTIVATED_AT,
	STATE_RESOLVED_AT,
	STATE_CLOSED_AT,
	STATE_STATUS,
	STATE_RESPONSE_LEVEL,
	STATE_PEAK_RESPONSE,
	STATE_BREACHED,
	STATE_SEQ,
	STATE_SETTLED_TO,
	STATE_NEXT_DUE,
	STATE_HEAD,
	STATE_END
};

/* Columns of incident.entries that facts are read from. */
enum
{
	ENTRY_RULE = 5,
	ENTRY_SEQ = 7,
	ENTRY_EFFECTIVE_AT = 8,
	ENTRY_KIND = 10,
	ENTRY_SETS_ASSET = 11,
	ENTRY_SETS_SEVERITY = 12,
	ENTRY_ASSET_LEVEL = 13,
	ENTRY_SEVERITY = 14,
	ENTRY_ASSET_ID = 18
};

/* Rows of a table found by the first two columns of its primary key. */
typedef struct Probe
{
	Relation relation;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	MemoryContext context; /* what the index keeps from row to row */
} Probe;

/* The entries of a month. */
typedef struct MonthProbe
{
	int32 month;
	Probe probe;
	struct MonthProbe *next;
} MonthProbe;

#define MAX_EVENTS 32

typedef struct Batch
{
	TimestampTz at;
	TimestampTz now;
	Snapshot snapshot;
	EState *estate;
	ResultRelInfo *state_info;
	Probe state;
	TupleTableSlot *new_state;
	PgiBulk *entries;
	PgiBulk *timers;
	MonthProbe *months;
	MemoryContext context; /* of the batch */
	/* of the incident at hand */
	PgiTimeline timeline;
	PgiFact *facts;
	int room;
	int nfacts;
	PgiDerived events[MAX_EVENTS];
	int nevents;
} Batch;

static void
begin_probe(Batch *batch, Probe *probe, ResultRelInfo *info)
{
	probe->relation = info->ri_RelationDesc;
	probe->context = batch->context;
	for (int i = 0; i < info->ri_NumIndices; i++)
		if (info->ri_IndexRelationDescs[i]->rd_index->indisprimary)
			probe->scan = PGI_INDEX_BEGINSCAN(
				probe->relation, info->ri_IndexRelationDescs[i], batch->snapshot, 2);
	if (probe->scan == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("\"%s\" has no primary key",
							   RelationGetRelationName(probe->relation))));
	probe->slot = table_slot_create(probe->relation, NULL);
}

static void
end_probe(Probe *probe)
{
	index_endscan(probe->scan);
	ExecDropSingleTupleTableSlot(probe->slot);
}

static void
seek(Probe *probe, int32 org_id, int64 incident_id)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(org_id));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(incident_id));
	index_rescan(probe->scan, keys, 2, NULL, 0);
}

static bool
next_row(Probe *probe)
{
	MemoryContext before = MemoryContextSwitchTo(probe->context);
	bool found = index_getnext_slot(probe->scan, ForwardScanDirection, probe->slot);

	MemoryContextSwitchTo(before);
	if (!found)
		return false;
	slot_getallattrs(probe->slot);
	return true;
}

/* A column of the row a probe stands at; columns count from 1. */
static inline Datum
column(const Probe *probe, int number)
{
	return probe->slot->tts_values[number - 1];
}

static inline bool
is_null(const Probe *probe, int number)
{
	return probe->slot->tts_isnull[number - 1];
}

static void
begin_batch(Batch *batch, TimestampTz at)
{
	memset(batch, 0, sizeof(*batch));
	batch->at = at;
	(void) GetTopTransactionId();
	batch->now = GetCurrentTimestamp();
	batch->context = CurrentMemoryContext;
	batch->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	batch->estate = CreateExecutorState();
	batch->state_info = makeNode(ResultRelInfo);
	InitResultRelInfo(batch->state_info,
					  table_open(pgi_relation("incident_state"), RowExclusiveLock), 1,
					  NULL, 0);
	ExecOpenIndices(batch->state_info, false);
	begin_probe(batch, &batch->state, batch->state_info);
	batch->new_state = table_slot_create(batch->state.relation, NULL);
	batch->entries = pgi_bulk_open("entries");
	batch->timers = pgi_bulk_open("timers");
	batch->room = 16;
	batch->facts = palloc(sizeof(PgiFact) * batch->room);
}

static void
end_batch(Batch *batch)
{
	for (MonthProbe *month = batch->months; month != NULL; month = month->next)
		end_probe(&month->probe);
	end_probe(&batch->state);
	pgi_bulk_close(batch->entries);
	pgi_bulk_close(batch->timers);
	ExecDropSingleTupleTableSlot(batch->new_state);
	ExecCloseIndices(batch->state_info);
	table_close(batch->state.relation, NoLock);
	FreeExecutorState(batch->estate);
	UnregisterSnapshot(batch->snapshot);
	CommandCounterIncrement();
}

static Probe *
month_probe(Batch *batch, int32 month)
{
	MonthProbe *found;
	MemoryContext before;
	Datum values[PGI_ENTRY_COLUMNS] = {0};
	bool isnull[PGI_ENTRY_COLUMNS];

	for (found = batch->months; found != NULL; found = found->next)
		if (found->month == month)
			return &found->probe;
	before = MemoryContextSwitchTo(batch->context);
	found = palloc0(sizeof(MonthProbe));
	found->month = month;
	memset(isnull, true, sizeof(isnull));
	values[1] = Int32GetDatum(month);
	isnull[1] = false;
	begin_probe(batch, &found->probe, pgi_bulk_partition(batch->entries, values, isnull));
	found->next = batch->months;
	batch->months = found;
	MemoryContextSwitchTo(before);
	return &found->probe;
}

static bool
kind_of(Datum word, uint8 *kind)
{
	const char *bytes = VARDATA_ANY(DatumGetPointer(word));
	Size length = VARSIZE_ANY_EXHDR(DatumGetPointer(word));

	for (int i = 0; PGI_IS_FACT(i); i++)
		if (strlen(pgi_kind_words[i]) == length &&
			memcmp(pgi_kind_words[i], bytes, length) == 0)
		{
			*kind = (uint8) i;
			return true;
		}
	return false;
}

static bool
read_fact(const Probe *probe, PgiFact *fact)
{
	fact->at = DatumGetTimestampTz(column(probe, ENTRY_EFFECTIVE_AT));
	fact->asset_id =
		is_null(probe, ENTRY_ASSET_ID) ? 0 : DatumGetInt64(column(probe, ENTRY_ASSET_ID));
	fact->seq = DatumGetInt32(column(probe, ENTRY_SEQ));
	fact->sets_asset = DatumGetBool(column(probe, ENTRY_SETS_ASSET));
	fact->sets_severity = DatumGetBool(column(probe, ENTRY_SETS_SEVERITY));
	fact->asset_level = is_null(probe, ENTRY_ASSET_LEVEL)
							? PGI_LEVEL_UNKNOWN
							: DatumGetUInt8(column(probe, ENTRY_ASSET_LEVEL));
	fact->severity = is_null(probe, ENTRY_SEVERITY)
						 ? PGI_SEVERITY_UNKNOWN
						 : DatumGetUInt8(column(probe, ENTRY_SEVERITY));
	return kind_of(column(probe, ENTRY_KIND), &fact->kind);
}

/* Reads the facts of the incident at hand; false when its entries are not as they should. */
static bool
read_facts(Batch *batch)
{
	Probe *probe = month_probe(batch, batch->timeline.month);
	int nentries = 0;

	batch->nfacts = 0;
	seek(probe, batch->timeline.org_id, batch->timeline.incident_id);
	while (next_row(probe))
	{
		nentries++;
		if (DatumGetInt16(column(probe, ENTRY_RULE)) != PGI_RULE_FACT)
			continue;
		if (batch->nfacts == batch->room)
		{
			batch->room *= 2;
			batch->facts = repalloc(batch->facts, sizeof(PgiFact) * batch->room);
		}
		if (!read_fact(probe, &batch->facts[batch->nfacts++]))
			return false;
	}
	pgi_sort_facts(batch->facts, batch->nfacts);
	return nentries == batch->timeline.settled_seq;
}

/* Collects what was not settled before. */
static void
collect(const PgiDerived *derived, void *arg)
{
	Batch *batch = arg;

	if (derived->at <= batch->timeline.settled_to)
		return;
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
		entry->occurrence = 1;
		entry->asset_level = PGI_LEVEL_UNKNOWN;
		entry->severity = PGI_SEVERITY_UNKNOWN;
		pgi_entry_decided(entry, &batch->events[i]);
		pgi_chain(&batch->timeline, entry);
	}
}

/* Updates the state that was read, unless another session has, or a lock is on it. */
static PgiOutcome
update_state(Batch *batch, const PgiState *state)
{
	TupleTableSlot *old = batch->state.slot;
	TupleTableSlot *new = batch->new_state;
	Datum *values = new->tts_values;
	PgiUpdateIndexes update_indexes = PGI_NO_INDEX_UPDATE;
	TM_FailureData failure;
	LockTupleMode lock_mode;
	TM_Result result;

	ExecClearTuple(new);
	memcpy(values, old->tts_values, sizeof(Datum) * (STATE_END - 1));
	memcpy(new->tts_isnull, old->tts_isnull, sizeof(bool) * (STATE_END - 1));
	values[STATE_RESPONSE_LEVEL - 1] = UInt8GetDatum(state->response_level);
	values[STATE_PEAK_RESPONSE - 1] = UInt8GetDatum(state->peak_response);
	values[STATE_BREACHED - 1] = BoolGetDatum(state->late[PGI_CLOCK_PROCESSING]);
	values[STATE_SEQ - 1] = Int32GetDatum(batch->timeline.settled_seq + batch->nevents);
	values[STATE_SETTLED_TO - 1] = TimestampTzGetDatum(batch->at);
	(void) pgi_put_moment(values, new->tts_isnull, STATE_NEXT_DUE - 1, state->next_due);
	values[STATE_HEAD - 1] = pgi_hash_value(batch->timeline.head);
	ExecStoreVirtualTuple(new);

	result = table_tuple_update(
		batch->state.relation, &old->tts_tid, new, GetCurrentCommandId(true),
		batch->snapshot, InvalidSnapshot, false, &failure, &lock_mode, &update_indexes);
	if (result == TM_BeingModified)
		return PGI_TO_LOOK_INTO; /* the lock may be this transaction's own */
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
		pgi_entry_row(&batch->timeline, &entries[i], values, isnull);
		pgi_bulk_add(batch->entries, values, isnull);
	}
	if (state->next_due != PGI_NEVER)
	{
		memset(isnull, false, sizeof(isnull));
		pgi_timer_row(batch->timeline.org_id, batch->timeline.incident_id,
					  state->next_due, batch->now, values);
		pgi_bulk_add(batch->timers, values, isnull);
	}
}

/* Takes the incident at hand from its state; false when the timer is out of date. */
static bool
read_state(Batch *batch, const PgiDue *due)
{
	Probe *probe = &batch->state;
	PgiTimeline *timeline = &batch->timeline;
	Datum head;

	seek(probe, due->org_id, due->incident_id);
	if (!next_row(probe) || is_null(probe, STATE_NEXT_DUE) ||
		DatumGetTimestampTz(column(probe, STATE_NEXT_DUE)) != due->due_at)
		return false;
	timeline->org_id = due->org_id;
	timeline->incident_id = due->incident_id;
	timeline->policy_id = DatumGetInt32(column(probe, STATE_POLICY_ID));
	timeline->month = DatumGetInt32(column(probe, STATE_MONTH));
	timeline->settled_to = DatumGetTimestampTz(column(probe, STATE_SETTLED_TO));
	timeline->settled_seq = DatumGetInt32(column(probe, STATE_SEQ));
	head = column(probe, STATE_HEAD);
	if (VARSIZE_ANY_EXHDR(DatumGetPointer(head)) == PGI_HASH_LENGTH)
		memcpy(timeline->head, VARDATA_ANY(DatumGetPointer(head)), PGI_HASH_LENGTH);
	return true;
}

static PgiOutcome
settle(Batch *batch, const PgiDue *due, PgiDecisions *decisions)
{
	PgiEntry entries[MAX_EVENTS];
	PgiOutcome outcome;
	PgiState state;

	if (!read_state(batch, due))
		return PGI_NOT_DUE;
	if (DatumGetBool(column(&batch->state, STATE_REVISED)) || !read_facts(batch))
		return PGI_TO_LOOK_INTO;
	batch->nevents = 0;
	if (pgi_advance(pgi_policy(batch->timeline.policy_id), batch->facts, batch->nfacts,
					batch->at, collect, batch, &state) != PGI_OK ||
		batch->nevents > MAX_EVENTS)
		return PGI_TO_LOOK_INTO;
	make_entries(batch, entries);
	outcome = update_state(batch, &state);
	if (outcome != PGI_SETTLED)
		return outcome;
	add_rows(batch, entries, &state);
	for (int i = 0; i < batch->nevents; i++)
		pgi_count_decision(decisions, &batch->events[i], batch->now);
	return PGI_SETTLED;
}

/* Whether somebody's triggers want to see the rows one by one. */
static bool
has_triggers(const Batch *batch)
{
	return batch->state.relation->trigdesc != NULL ||
		   pgi_bulk_relation(batch->entries)->trigdesc != NULL ||
		   pgi_bulk_relation(batch->timers)->trigdesc != NULL;
}

/*
 * Settles incidents up to `at` and says what became of each; those must differ. All or
 * nothing: an error leaves the transaction to be rolled back. Adds to `decisions`.
 */
void
pgi_batch_settle(const PgiDue *due, int ndue, TimestampTz at, PgiOutcome *outcomes,
				 PgiDecisions *decisions)
{
	Batch *batch = palloc(sizeof(Batch));
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident batch", ALLOCSET_DEFAULT_SIZES);
	bool one_by_one;

	begin_batch(batch, at);
	one_by_one = has_triggers(batch);
	for (int i = 0; i < ndue; i++)
	{
		MemoryContext before = MemoryContextSwitchTo(scratch);

		CHECK_FOR_INTERRUPTS();
		outcomes[i] = one_by_one ? PGI_TO_LOOK_INTO : settle(batch, &due[i], decisions);
		MemoryContextSwitchTo(before);
		MemoryContextReset(scratch);
	}
	end_batch(batch);
	MemoryContextDelete(scratch);
	pfree(batch);
}
