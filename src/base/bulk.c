/*
 * bulk.c: many rows into one of the extension's tables, past the executor.
 *
 * Rows are collected for each partition and added a thousand at a time: one WAL record a
 * page instead of one a row. Indexes and partitions are the executor's own.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/rel.h"

#include "base/bulk.h"
#include "base/compat.h"
#include "base/sql.h"

#define ROOM 1000

/* Rows on their way into one partition. */
typedef struct Leaf
{
	ResultRelInfo *info;
	TupleConversionMap *map; /* from the table's columns to the partition's */
	BulkInsertState insert_state;
	TupleTableSlot *slots[ROOM];
	int count;
	struct Leaf *next;
} Leaf;

#define NO_PLACE PG_INT64_MIN

struct PgiBulk
{
	Relation relation;
	EState *estate;
	ModifyTableState *modify;
	PartitionTupleRouting *routing; /* NULL when there are no partitions */
	TupleTableSlot *slot;
	Leaf *leaves;
	Leaf *leaf; /* of the last row, and its place */
	int64 place;
	MemoryContext context;
	MemoryContext scratch;
};

/* Opens a table of the extension for adding, partitioned or not; until pgi_bulk_close. */
PgiBulk *
pgi_bulk_open(const char *relation)
{
	PgiBulk *bulk = palloc0(sizeof(PgiBulk));
	ResultRelInfo *info = makeNode(ResultRelInfo);

	bulk->context = CurrentMemoryContext;
	bulk->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_incident rows",
										  ALLOCSET_DEFAULT_SIZES);
	bulk->relation = table_open(pgi_sql_relation(relation), RowExclusiveLock);
	bulk->estate = CreateExecutorState();
	InitResultRelInfo(info, bulk->relation, 1, NULL, 0);
	bulk->modify = makeNode(ModifyTableState);
	bulk->modify->ps.state = bulk->estate;
	bulk->modify->operation = CMD_INSERT;
	bulk->modify->mt_nrels = 1;
	bulk->modify->resultRelInfo = info;
	bulk->modify->rootResultRelInfo = info;
	if (bulk->relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		bulk->routing = ExecSetupPartitionTupleRouting(bulk->estate, bulk->relation);
	else
		ExecOpenIndices(info, false);
	bulk->place = NO_PLACE;
	bulk->slot =
		MakeSingleTupleTableSlot(RelationGetDescr(bulk->relation), &TTSOpsVirtual);
	return bulk;
}

Relation
pgi_bulk_relation(const PgiBulk *bulk)
{
	return bulk->relation;
}

static void
store(TupleTableSlot *slot, const Datum *values, const bool *isnull)
{
	int natts = slot->tts_tupleDescriptor->natts;

	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, isnull, sizeof(bool) * natts);
	ExecStoreVirtualTuple(slot);
}

/* The partition a row belongs to, or the table itself; with its indexes opened. */
ResultRelInfo *
pgi_bulk_partition(PgiBulk *bulk, const Datum *values, const bool *isnull)
{
	ResultRelInfo *info;

	if (bulk->routing == NULL)
		return bulk->modify->resultRelInfo;
	store(bulk->slot, values, isnull);
	info = ExecFindPartition(bulk->modify, bulk->modify->resultRelInfo, bulk->routing,
							 bulk->slot, bulk->estate);
	ResetPerTupleExprContext(bulk->estate);
	return info;
}

static Leaf *
find_leaf(PgiBulk *bulk, ResultRelInfo *info)
{
	Leaf *leaf;
	MemoryContext before;

	for (leaf = bulk->leaves; leaf != NULL; leaf = leaf->next)
		if (leaf->info == info)
			return leaf;
	if (bulk->routing != NULL && info->ri_TrigDesc != NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("\"%s\" has triggers, which rows that are added together "
							   "do not fire",
							   RelationGetRelationName(info->ri_RelationDesc))));
	before = MemoryContextSwitchTo(bulk->context);
	leaf = palloc0(sizeof(Leaf));
	leaf->info = info;
	leaf->map = convert_tuples_by_name(RelationGetDescr(bulk->relation),
									   RelationGetDescr(info->ri_RelationDesc));
	leaf->insert_state = GetBulkInsertState();
	leaf->next = bulk->leaves;
	bulk->leaves = leaf;
	MemoryContextSwitchTo(before);
	return leaf;
}

static void
flush(PgiBulk *bulk, Leaf *leaf)
{
	MemoryContext before = MemoryContextSwitchTo(bulk->scratch);

	table_multi_insert(leaf->info->ri_RelationDesc, leaf->slots, leaf->count,
					   GetCurrentCommandId(true), 0, leaf->insert_state);
	MemoryContextSwitchTo(before);
	MemoryContextReset(bulk->scratch);
	for (int i = 0; i < leaf->count; i++)
	{
		if (leaf->info->ri_NumIndices > 0)
			list_free(PGI_INSERT_INDEX_TUPLES(leaf->info, leaf->slots[i], bulk->estate));
		ExecClearTuple(leaf->slots[i]);
		ResetPerTupleExprContext(bulk->estate);
	}
	leaf->count = 0;
}

/* Adds a row; its values are copied. Rows of one place belong to the same partition. */
void
pgi_bulk_add(PgiBulk *bulk, int64 place, const Datum *values, const bool *isnull)
{
	Leaf *leaf = bulk->leaf;
	TupleTableSlot *slot;

	if (place != bulk->place)
	{
		leaf = find_leaf(bulk, pgi_bulk_partition(bulk, values, isnull));
		bulk->leaf = leaf;
		bulk->place = place;
	}
	slot = leaf->slots[leaf->count];
	if (slot == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(bulk->context);

		slot = table_slot_create(leaf->info->ri_RelationDesc, NULL);
		leaf->slots[leaf->count] = slot;
		MemoryContextSwitchTo(before);
	}
	if (leaf->map != NULL)
	{
		store(bulk->slot, values, isnull);
		(void) execute_attr_map_slot(leaf->map->attrMap, bulk->slot, slot);
	}
	else
		store(slot, values, isnull);
	ExecMaterializeSlot(slot);
	leaf->count++;
	if (leaf->count == ROOM)
		flush(bulk, leaf);
}

/* Takes the rows of a query, whose columns are the table's, all for one place. */
typedef struct Receiver
{
	DestReceiver receiver;
	PgiBulk *bulk;
} Receiver;

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	PgiBulk *bulk = ((Receiver *) self)->bulk;
	TupleDesc columns = RelationGetDescr(bulk->relation);

	slot_getallattrs(slot);
	for (int i = 0; i < columns->natts; i++)
		if (slot->tts_isnull[i] && TupleDescAttr(columns, i)->attnotnull)
			elog(ERROR, "%s.%s must not be null", RelationGetRelationName(bulk->relation),
				 NameStr(TupleDescAttr(columns, i)->attname));
	pgi_bulk_add(bulk, 0, slot->tts_values, slot->tts_isnull);
	return true;
}

static void
begin_receiving(DestReceiver *self, int operation, TupleDesc columns)
{
	PgiBulk *bulk = ((Receiver *) self)->bulk;

	if (columns->natts != RelationGetDescr(bulk->relation)->natts)
		elog(ERROR, "%d columns for %s", columns->natts,
			 RelationGetRelationName(bulk->relation));
}

static void
end_receiving(DestReceiver *self)
{
}

DestReceiver *
pgi_bulk_receiver(PgiBulk *bulk)
{
	Receiver *self = palloc0(sizeof(Receiver));

	self->receiver.receiveSlot = receive;
	self->receiver.rStartup = begin_receiving;
	self->receiver.rShutdown = end_receiving;
	self->receiver.rDestroy = end_receiving;
	self->receiver.mydest = DestNone;
	self->bulk = bulk;
	return &self->receiver;
}

/* Writes what is left, and closes. */
void
pgi_bulk_close(PgiBulk *bulk)
{
	for (Leaf *leaf = bulk->leaves; leaf != NULL; leaf = leaf->next)
	{
		if (leaf->count > 0)
			flush(bulk, leaf);
		FreeBulkInsertState(leaf->insert_state);
		for (int i = 0; i < ROOM && leaf->slots[i] != NULL; i++)
			ExecDropSingleTupleTableSlot(leaf->slots[i]);
	}
	ExecDropSingleTupleTableSlot(bulk->slot);
	if (bulk->routing != NULL)
		ExecCleanupTupleRouting(bulk->modify, bulk->routing);
	else
		ExecCloseIndices(bulk->modify->resultRelInfo);
	FreeExecutorState(bulk->estate);
	table_close(bulk->relation, NoLock);
	MemoryContextDelete(bulk->scratch);
}
