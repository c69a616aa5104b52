/*
 * history.c: reads recorded incidents with their timelines, many at a time.
 *
 * Incidents and their states are read side by side in the order of their ids, as many as
 * fit into memory; then each partition that has entries of them is read through once. The
 * state says how many entries an incident has, so each entry has its place before it is
 * read, whatever the order in which the partition has them. All is read past the executor,
 * under the calling statement's snapshot.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/tupconvert.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/paths.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/index_cursor.h"
#include "base/sql.h"
#include "incident/decided.h"
#include "incident/entry.h"
#include "incident/state_cursor.h"
#include "incident/state_row.h"
#include "incident/timeline.h"
#include "replay/history.h"

/* Columns of incident_internal.incidents. */
enum
{
	INCIDENT_ORG_ID,
	INCIDENT_ID,
	INCIDENT_POLICY_ID,
	INCIDENT_DETECTED_AT
};

/* An entry in 16 bytes; its seq is its place. */
typedef struct PackedEntry
{
	int64 at; /* of a withdrawal: seq of what it takes back */
	int16 occurrence;
	uint8 rule;
	uint8 kind;			/* ABSENT: not read */
	uint8 first_level;	/* asset or event */
	uint8 second_level; /* severity or response level */
	uint8 sets;			/* of a fact: SETS_… */
	uint8 duty;
} PackedEntry;

#define ABSENT 255
#define SETS_ASSET 1
#define SETS_SEVERITY 2

/* An incident and where its entries are. */
typedef struct PastIncident
{
	int64 incident_id;
	int64 first;
	TimestampTz until;
	int32 policy_id;
	int32 month;
	int32 nentries;
	uint8 event_level;
	uint8 response_level;
	uint8 peak_response;
	bool breached;
} PastIncident;

struct PgiHistory
{
	PgiPeriod period;
	PgiDecided decided;
	const PgiDutyNames *duties;
	PgiProgress *progress;
	Size memory;
	Snapshot snapshot;
	MemoryContext context;
	PgiIndexCursor incidents;
	PgiStateCursor states;
	bool at_end; /* of the incidents */
	Relation entries;
	PartitionDirectory directory;
	PartitionDesc partitions;
	bool *wanted; /* partitions with entries of the chunk */
	/*
	 * As much as fits into memory: incidents in order of their ids, and for each equal
	 * share of the ids the first of them that may be in it.
	 */
	PastIncident *lives;
	int nlives;
	int room;
	int next; /* to be handed out */
	int *shares;
	int shift; /* of an id, for its share */
	PackedEntry *packed;
	int64 npacked;
	/* the incident at hand */
	PgiPast past;
	int past_room; /* for facts, and for events */
};

static void
open_incidents(PgiIndexCursor *incidents, Snapshot snapshot)
{
	Relation relation = table_open(pgi_sql_relation("incidents"), AccessShareLock);

	pgi_index_cursor_open(incidents, relation, snapshot, INCIDENT_DETECTED_AT + 1);
}

static void
close_incidents(PgiIndexCursor *incidents)
{
	pgi_index_cursor_close(incidents);
	table_close(incidents->relation, AccessShareLock);
}

/* The first incident from an id on; false when there is none. */
static bool
look_from(PgiIndexCursor *incidents, int32 org_id, int64 id, int64 *found,
		  TimestampTz *detected_at)
{
	pgi_index_cursor_start(incidents, org_id, id, PG_INT64_MAX);
	if (!pgi_index_cursor_next(incidents))
		return false;
	*found = DatumGetInt64(pgi_slot_value(incidents->slot, INCIDENT_ID));
	*detected_at =
		DatumGetTimestampTz(pgi_slot_value(incidents->slot, INCIDENT_DETECTED_AT));
	return true;
}

/*
 * About the first id from which on incidents were detected at a moment or later: exactly so
 * were incidents always recorded in the order of their detection. The last id plus one when
 * none were.
 */
static int64
id_near(PgiIndexCursor *incidents, int32 org_id, TimestampTz at)
{
	int64 low = PG_INT64_MIN;
	int64 high = PG_INT64_MAX;
	int64 id;
	TimestampTz detected_at;

	while (low < high)
	{
		int64 middle = (low & high) + ((low ^ high) >> 1);

		CHECK_FOR_INTERRUPTS();
		if (look_from(incidents, org_id, middle, &id, &detected_at) && detected_at < at)
			low = Min(id, high - 1) + 1;
		else
			high = middle;
	}
	return look_from(incidents, org_id, low, &id, &detected_at) ? id : low;
}

/*
 * Divides the incidents of a period by their ids into `nparts` that are about equal, or into
 * one when PostgreSQL would not read their table in parallel either. Tells how many incidents
 * they are, about. Returns the number of parts.
 */
int
pgi_history_divide(const PgiPeriod *period, int nparts, PgiIds *parts, int64 *about)
{
	PgiIndexCursor incidents;
	int64 first;
	int64 after;

	open_incidents(&incidents, GetActiveSnapshot());
	first = id_near(&incidents, period->org_id, period->from);
	after = Max(first, id_near(&incidents, period->org_id, period->to));
	*about = after - first;
	if (RelationGetNumberOfBlocks(incidents.relation) < min_parallel_table_scan_size)
		nparts = 1;
	close_incidents(&incidents);

	nparts = (int) Max(1, Min(nparts, *about));
	for (int i = 0; i < nparts; i++)
	{
		parts[i].first = i == 0 ? PG_INT64_MIN : parts[i - 1].last + 1;
		parts[i].last =
			i == nparts - 1 ? PG_INT64_MAX : first + *about / nparts * (i + 1) - 1;
	}
	return nparts;
}

/*
 * Begins reading the incidents of a period whose ids are in a part of it. Up to `memory`
 * bytes are used for what is read at a time. Names and progress stay with the caller.
 */
PgiHistory *
pgi_history_begin(const PgiPeriod *period, const PgiIds *part, Size memory,
				  const PgiDutyNames *duties, PgiProgress *progress)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident history", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	PgiHistory *history = palloc0(sizeof(PgiHistory));

	history->context = context;
	history->period = *period;
	history->duties = duties;
	history->progress = progress;
	history->memory = memory;
	pgi_decided_read(&history->decided, period->org_id);
	history->snapshot = GetActiveSnapshot();

	open_incidents(&history->incidents, history->snapshot);
	pgi_state_cursor_open(&history->states, AccessShareLock, history->snapshot,
						  PGI_STATE_NEXT_DUE + 1);
	pgi_index_cursor_start(&history->incidents, period->org_id, part->first, part->last);

	history->entries = table_open(pgi_sql_relation("entries"), AccessShareLock);
	pgi_columns_expect(history->entries, pgi_entry_columns, PGI_ENTRY_COLUMNS);
	history->directory = CreatePartitionDirectory(context, true);
	history->partitions = PartitionDirectoryLookup(history->directory, history->entries);
	history->wanted = palloc(sizeof(bool) * Max(history->partitions->nparts, 1));
	MemoryContextSwitchTo(before);
	return history;
}

void
pgi_history_end(PgiHistory *history)
{
	DestroyPartitionDirectory(history->directory);
	table_close(history->entries, AccessShareLock);
	pgi_state_cursor_close(&history->states, AccessShareLock);
	close_incidents(&history->incidents);
	MemoryContextDelete(history->context);
}

void
pgi_history_progress_begin(PgiProgress *progress, int64 about)
{
	progress->about = about;
	pg_atomic_init_u64(&progress->done, 0);
	pg_atomic_init_u64(&progress->told, (uint64) GetCurrentTimestamp());
}

/* Tells every few seconds how far all who work on it have come, one of them at a time. */
static void
report_progress(PgiProgress *progress)
{
	TimestampTz now = GetCurrentTimestamp();
	uint64 told = pg_atomic_read_u64(&progress->told);

	if (TimestampDifferenceExceeds((TimestampTz) told, now, 5000) &&
		pg_atomic_compare_exchange_u64(&progress->told, &told, (uint64) now))
		ereport(NOTICE, (errmsg("replay: " UINT64_FORMAT " of about " INT64_FORMAT
								" incidents are done",
								pg_atomic_read_u64(&progress->done), progress->about)));
}

/* Comes to the state of an incident; false when it has none. Ids ascend. */
static bool
find_state(PgiHistory *history, int64 incident_id)
{
	PgiStateCursor *states = &history->states;

	if (!pgi_state_cursor_covers(states, history->period.org_id, incident_id))
		pgi_state_cursor_start(states, history->period.org_id, incident_id, PG_INT64_MAX);
	return pgi_state_cursor_find(states, incident_id);
}

/* The moment up to which all of the incident whose state is read is decided. */
static TimestampTz
decided_until(const PgiHistory *history, const TupleTableSlot *state)
{
	return pgi_decided_until(
		&history->decided, DatumGetInt64(pgi_slot_value(state, PGI_STATE_INCIDENT_ID)),
		DatumGetTimestampTz(pgi_slot_value(state, PGI_STATE_SETTLED_TO)),
		pgi_slot_is_null(state, PGI_STATE_NEXT_DUE)
			? PGI_NEVER
			: DatumGetTimestampTz(pgi_slot_value(state, PGI_STATE_NEXT_DUE)));
}

static void
add_life(PgiHistory *history)
{
	const TupleTableSlot *state = history->states.rows.slot;
	PastIncident *life;

	if (history->nlives == history->room)
	{
		history->room *= 2;
		history->lives =
			repalloc_huge(history->lives, sizeof(PastIncident) * (Size) history->room);
	}
	life = &history->lives[history->nlives++];
	life->incident_id = DatumGetInt64(pgi_slot_value(state, PGI_STATE_INCIDENT_ID));
	life->first = history->npacked;
	life->until = decided_until(history, state);
	life->policy_id = DatumGetInt32(pgi_slot_value(state, PGI_STATE_POLICY_ID));
	life->month = DatumGetInt32(pgi_slot_value(state, PGI_STATE_MONTH));
	life->nentries = DatumGetInt32(pgi_slot_value(state, PGI_STATE_SEQ));
	life->event_level = pgi_slot_byte(state, PGI_STATE_EVENT_LEVEL, PGI_LEVEL_NONE);
	life->response_level = pgi_slot_byte(state, PGI_STATE_RESPONSE_LEVEL, PGI_LEVEL_NONE);
	life->peak_response = pgi_slot_byte(state, PGI_STATE_PEAK_RESPONSE, PGI_LEVEL_NONE);
	life->breached =
		DatumGetBool(pgi_slot_value(state, PGI_STATE_LATE + PGI_CLOCK_PROCESSING));
	history->npacked += life->nentries;
}

/* Whether what has been taken fills the memory. */
static bool
is_full(const PgiHistory *history)
{
	Size size = sizeof(PastIncident) * (Size) history->nlives +
				sizeof(PackedEntry) * (Size) history->npacked;

	return size >= history->memory || history->nlives == PG_INT32_MAX / 2;
}

/* Takes the next incidents, without their entries. */
static void
take_lives(PgiHistory *history)
{
	PgiIndexCursor *incidents = &history->incidents;

	history->nlives = history->next = 0;
	history->npacked = 0;
	while (!history->at_end && !is_full(history))
	{
		TimestampTz detected_at;

		CHECK_FOR_INTERRUPTS();
		if (!pgi_index_cursor_next(incidents))
		{
			history->at_end = true;
			break;
		}
		detected_at =
			DatumGetTimestampTz(pgi_slot_value(incidents->slot, INCIDENT_DETECTED_AT));
		if (detected_at < history->period.from || detected_at >= history->period.to)
			continue;
		if (!find_state(history,
						DatumGetInt64(pgi_slot_value(incidents->slot, INCIDENT_ID))))
			ereport(
				ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("incident " INT64_FORMAT " has no state",
						DatumGetInt64(pgi_slot_value(incidents->slot, INCIDENT_ID)))));
		add_life(history);
	}
}

/* The share of the ids to which one belongs. */
static inline int
share_of(const PgiHistory *history, int64 incident_id)
{
	return (int) ((incident_id - history->lives[0].incident_id) >> history->shift);
}

/* Divides the ids into shares, no more than there are incidents. */
static void
make_shares(PgiHistory *history)
{
	int64 span =
		history->lives[history->nlives - 1].incident_id - history->lives[0].incident_id;
	int share = 0;

	history->shift = 0;
	while ((span >> history->shift) >= history->nlives)
		history->shift++;
	history->shares =
		palloc_extended(sizeof(int) * ((Size) history->nlives + 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < history->nlives; i++)
		while (share <= share_of(history, history->lives[i].incident_id))
			history->shares[share++] = i;
	while (share <= history->nlives)
		history->shares[share++] = history->nlives;
}

/* The incident with an id; NULL when it is none of those at hand. */
static PastIncident *
find_life(const PgiHistory *history, int64 incident_id)
{
	int low;
	int high;

	if (incident_id < history->lives[0].incident_id ||
		incident_id > history->lives[history->nlives - 1].incident_id)
		return NULL;
	low = history->shares[share_of(history, incident_id)];
	high = history->shares[share_of(history, incident_id) + 1];
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (history->lives[middle].incident_id < incident_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < history->nlives && history->lives[low].incident_id == incident_id
			   ? &history->lives[low]
			   : NULL;
}

/* The number of the partition that has the timelines of a month; -1 when there is none. */
static int
partition_of(const PgiHistory *history, int32 month)
{
	PartitionKey key = RelationGetPartitionKey(history->entries);
	PartitionBoundInfo bounds = history->partitions->boundinfo;
	Datum value = Int32GetDatum(month);
	bool is_equal;
	int bound;
	int number;

	bound = partition_range_datum_bsearch(key->partsupfunc, key->partcollation, bounds, 1,
										  &value, &is_equal);
	number = bounds->indexes[bound + 1];
	return number < 0 ? bounds->default_index : number;
}

static void
choose_partitions(PgiHistory *history)
{
	int32 month = 0;

	memset(history->wanted, false, sizeof(bool) * history->partitions->nparts);
	for (int i = 0; i < history->nlives; i++)
	{
		int number;

		if (i > 0 && history->lives[i].month == month)
			continue;
		month = history->lives[i].month;
		number = partition_of(history, month);
		if (number >= 0)
			history->wanted[number] = true;
	}
}

static uint8
duty_number(const PgiDutyNames *duties, Datum name)
{
	text *word = DatumGetTextPP(name);

	for (int i = 0; i < duties->count; i++)
		if (strlen(duties->name[i]) == VARSIZE_ANY_EXHDR(word) &&
			memcmp(duties->name[i], VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word)) == 0)
			return (uint8) i;
	return PGI_MAX_DUTIES;
}

/* Takes what the kernel needs of a fact. */
static void
pack_fact(const PgiHistory *history, PackedEntry *packed, TupleTableSlot *slot)
{
	packed->at = DatumGetTimestampTz(pgi_slot_value(slot, PGI_ENTRY_EFFECTIVE_AT));
	packed->sets = 0;
	packed->duty = PGI_MAX_DUTIES;
	if (PGI_ASSESSES(packed->kind))
	{
		slot_getsomeattrs(slot, PGI_ENTRY_SEVERITY + 1);
		if (pgi_slot_byte(slot, PGI_ENTRY_SETS_ASSET, false))
			packed->sets |= SETS_ASSET;
		if (pgi_slot_byte(slot, PGI_ENTRY_SETS_SEVERITY, false))
			packed->sets |= SETS_SEVERITY;
		packed->first_level =
			pgi_slot_byte(slot, PGI_ENTRY_ASSET_LEVEL, PGI_LEVEL_UNKNOWN);
		packed->second_level =
			pgi_slot_byte(slot, PGI_ENTRY_SEVERITY, PGI_SEVERITY_UNKNOWN);
	}
	else if (packed->kind == PGI_DONE)
	{
		slot_getsomeattrs(slot, PGI_ENTRY_DUTY + 1);
		if (!pgi_slot_is_null(slot, PGI_ENTRY_DUTY))
			packed->duty =
				duty_number(history->duties, pgi_slot_value(slot, PGI_ENTRY_DUTY));
	}
}

static void
pack_entry(const PgiHistory *history, const PastIncident *life, TupleTableSlot *slot)
{
	int32 seq = DatumGetInt32(pgi_slot_value(slot, PGI_ENTRY_SEQ));
	int16 kind = DatumGetInt16(pgi_slot_value(slot, PGI_ENTRY_KIND));
	PackedEntry *packed;

	if (seq < 1 || seq > life->nentries || kind < 0 || kind >= PGI_KINDS ||
		pgi_kind_words[kind] == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("incident " INT64_FORMAT
							   " has an entry %d of kind %d that does not belong to it",
							   life->incident_id, seq, kind)));
	packed = &history->packed[life->first + seq - 1];
	packed->kind = (uint8) kind;
	if (PGI_IS_FACT(kind))
		pack_fact(history, packed, slot);
	else if (kind == PGI_VOIDED)
		packed->at = DatumGetInt32(pgi_slot_value(slot, PGI_ENTRY_EPOCH));
	else
	{
		slot_getsomeattrs(slot, PGI_ENTRY_RESPONSE_LEVEL + 1);
		packed->at = DatumGetTimestampTz(pgi_slot_value(slot, PGI_ENTRY_EFFECTIVE_AT));
		packed->occurrence = DatumGetInt16(pgi_slot_value(slot, PGI_ENTRY_OCCURRENCE));
		packed->rule = (uint8) DatumGetInt16(pgi_slot_value(slot, PGI_ENTRY_RULE));
		packed->first_level =
			pgi_slot_byte(slot, PGI_ENTRY_EVENT_LEVEL, PGI_LEVEL_UNKNOWN);
		packed->second_level =
			pgi_slot_byte(slot, PGI_ENTRY_RESPONSE_LEVEL, PGI_LEVEL_UNKNOWN);
	}
}

/* Reads a partition through, and packs the entries of the incidents at hand. */
static void
read_partition(PgiHistory *history, Oid partition)
{
	Relation relation = table_open(partition, AccessShareLock);
	TableScanDesc scan = table_beginscan(relation, history->snapshot, 0, NULL);
	TupleTableSlot *stored = table_slot_create(relation, NULL);
	TupleTableSlot *slot = stored;
	TupleConversionMap *map = convert_tuples_by_name(RelationGetDescr(relation),
													 RelationGetDescr(history->entries));
	int64 nread = 0;

	if (map != NULL)
		slot =
			MakeSingleTupleTableSlot(RelationGetDescr(history->entries), &TTSOpsVirtual);
	while (table_scan_getnextslot(scan, ForwardScanDirection, stored))
	{
		const PastIncident *life;

		CHECK_FOR_INTERRUPTS();
		if (++nread % 65536 == 0)
			report_progress(history->progress);
		if (map != NULL)
			(void) execute_attr_map_slot(map->attrMap, stored, slot);
		slot_getsomeattrs(slot, PGI_ENTRY_KIND + 1);
		if (DatumGetInt32(pgi_slot_value(slot, PGI_ENTRY_ORG_ID)) !=
			history->period.org_id)
			continue;
		life = find_life(history,
						 DatumGetInt64(pgi_slot_value(slot, PGI_ENTRY_INCIDENT_ID)));
		if (life != NULL)
			pack_entry(history, life, slot);
	}
	if (map != NULL)
		ExecDropSingleTupleTableSlot(slot);
	ExecDropSingleTupleTableSlot(stored);
	table_endscan(scan);
	table_close(relation, AccessShareLock);
}

/* Takes the next incidents with their entries; false when there are none. */
static bool
take_chunk(PgiHistory *history)
{
	MemoryContext before = MemoryContextSwitchTo(history->context);
	Size size;

	if (history->lives == NULL)
	{
		history->room = 1024;
		history->lives = palloc(sizeof(PastIncident) * history->room);
	}
	else
	{
		pfree(history->shares);
		pfree(history->packed);
	}
	take_lives(history);
	if (history->nlives > 0)
	{
		size = sizeof(PackedEntry) * (Size) history->npacked;
		history->packed = palloc_extended(size, MCXT_ALLOC_HUGE);
		memset(history->packed, ABSENT, size);
		make_shares(history);
		choose_partitions(history);
		for (int i = 0; i < history->partitions->nparts; i++)
			if (history->wanted[i])
				read_partition(history, history->partitions->oids[i]);
	}
	MemoryContextSwitchTo(before);
	return history->nlives > 0;
}

static void
unpack_fact(PgiPast *past, const PackedEntry *packed, int32 seq)
{
	PgiFact *fact = &past->facts[past->nfacts++];

	fact->at = packed->at;
	fact->asset_id = 0;
	fact->seq = seq;
	fact->kind = packed->kind;
	fact->sets_asset = (packed->sets & SETS_ASSET) != 0;
	fact->sets_severity = (packed->sets & SETS_SEVERITY) != 0;
	fact->asset_level = packed->first_level;
	fact->severity = packed->second_level;
	fact->duty = packed->duty;
}

static void
unpack_event(PgiPast *past, const PackedEntry *packed)
{
	PgiDerived *event = &past->events[past->nevents++];

	event->at = packed->at;
	event->deadline = PGI_NEVER;
	event->epoch = 0;
	event->occurrence = packed->occurrence;
	event->rule = packed->rule;
	event->kind = packed->kind;
	event->event_level = packed->first_level;
	event->response_level = packed->second_level;
}

/* Makes what was taken back absent, and errors when an entry is missing. */
static void
check_entries(int32 org_id, const PastIncident *life, PackedEntry *packed)
{
	for (int i = 0; i < life->nentries; i++)
		if (packed[i].kind == ABSENT)
			pgi_timeline_refuse_missing(org_id, life->incident_id, i + 1);
	for (int i = 0; i < life->nentries; i++)
		if (packed[i].kind == PGI_VOIDED && packed[i].at >= 1 && packed[i].at <= i)
			packed[packed[i].at - 1].kind = ABSENT;
}

static void
make_room(PgiHistory *history, int nentries)
{
	PgiPast *past = &history->past;

	if (nentries <= history->past_room)
		return;
	if (past->facts != NULL)
	{
		pfree(past->facts);
		pfree(past->events);
	}
	history->past_room = nentries + 64;
	past->facts =
		MemoryContextAlloc(history->context, sizeof(PgiFact) * history->past_room);
	past->events =
		MemoryContextAlloc(history->context, sizeof(PgiDerived) * history->past_room);
}

/* The next incident, in order of the id; NULL when there is none. */
const PgiPast *
pgi_history_next(PgiHistory *history)
{
	PgiPast *past = &history->past;
	const PastIncident *life;
	PackedEntry *packed;
	bool in_order = true;

	CHECK_FOR_INTERRUPTS();
	if (history->next == history->nlives && !take_chunk(history))
		return NULL;
	life = &history->lives[history->next++];
	packed = &history->packed[life->first];
	check_entries(history->period.org_id, life, packed);
	make_room(history, life->nentries);
	past->incident_id = life->incident_id;
	past->policy_id = life->policy_id;
	past->until = life->until;
	past->event_level = life->event_level;
	past->response_level = life->response_level;
	past->peak_response = life->peak_response;
	past->breached = life->breached;
	past->nfacts = past->nevents = 0;
	for (int i = 0; i < life->nentries; i++)
	{
		if (PGI_IS_FACT(packed[i].kind))
			unpack_fact(past, &packed[i], i + 1);
		else if (PGI_IS_DERIVED(packed[i].kind))
			unpack_event(past, &packed[i]);
	}
	for (int i = 1; i < past->nfacts; i++)
		in_order &= past->facts[i - 1].at <= past->facts[i].at;
	if (!in_order)
		pgi_advance_sort_facts(past->facts, past->nfacts);
	if (history->next % 1024 == 0 || history->next == history->nlives)
	{
		(void) pg_atomic_fetch_add_u64(&history->progress->done,
									   (history->next - 1) % 1024 + 1);
		report_progress(history->progress);
	}
	return past;
}
