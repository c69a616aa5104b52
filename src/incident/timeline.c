/*
 * timeline.c: reads an incident's timeline, and adds entries. The state row is locked by
 * whoever adds any, so an incident has one writer at a time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "base/compat.h"
#include "base/organisation.h"
#include "base/sql.h"
#include "incident/chain.h"
#include "incident/entry.h"
#include "incident/timeline.h"
#include "policy/policy_cache.h"
#include "rights/grants.h"
#include "timer/bucket.h"

static PgiQuery read_entries = {"SELECT " PGI_ENTRY_READ
								" FROM incident_internal.entries AS e WHERE org_id = $1"
								" AND incident_id = $2 AND month = $4 ORDER BY seq",
								4,
								{INT4OID, INT8OID, INT4OID, INT4OID}};

/* A timeline without entries. */
void
pgi_timeline_start(PgiTimeline *timeline, int32 org_id, int64 incident_id,
				   int32 policy_id)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->incident.org_id = org_id;
	timeline->incident.incident_id = incident_id;
	timeline->policy_id = policy_id;
	timeline->incident.month = pgi_bucket_month(GetCurrentTimestamp());
	timeline->is_new = true;
	timeline->settled_to = DT_NOBEGIN;
	timeline->next_due = PGI_NEVER;
}

void
pgi_timeline_refuse_unknown(int32 org_id, int64 incident_id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("incident " INT64_FORMAT " does not exist in organisation %d",
						   incident_id, org_id),
					errhint("The view incident.incident_history lists those that do.")));
}

/*
 * The organisation in which who reads an incident finds it: the one that he works in, or, where
 * none is chosen, the one of those that he sees. Within SPI.
 */
int32
pgi_timeline_organisation(int64 incident_id)
{
	static PgiQuery query = {
		"SELECT org_id FROM incident_internal.incidents WHERE incident_id = $1"
		" AND org_id = ANY (incident_internal.seen_array())",
		1,
		{INT8OID}};
	Datum id = Int64GetDatum(incident_id);
	bool isnull;
	int32 org_id;

	if (pgi_organisation != PGI_NO_ORGANISATION || pgi_sql_read(&query, &id, NULL) == 0)
		return pgi_organisation_worked_in();
	org_id = DatumGetInt32(pgi_sql_column(0, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return org_id;
}

/* (incident_id) */
PG_FUNCTION_INFO_V1(pgi_incident_organisation);
Datum
pgi_incident_organisation(PG_FUNCTION_ARGS)
{
	int32 org_id;

	SPI_connect();
	org_id = pgi_timeline_organisation(PG_GETARG_INT64(0));
	SPI_finish();
	PG_RETURN_INT32(org_id);
}

#define READ_STATE                                                             \
	"SELECT policy_id, settled_to, seq, month, next_due, head, needs_full_run" \
	" FROM incident_internal.incident_state WHERE org_id = $1 AND incident_id = $2"

/*
 * Waits until everybody has been told of the calendars that have been imported. The incidents that
 * an import marks for a full run can be locked a moment before, when it has committed. Within SPI.
 */
static void
await_calendars(void)
{
	static PgiQuery query = {"SELECT importer FROM incident_internal.calendar_changes"
							 " WHERE id_space = incident_internal.id_space()",
							 0};
	bool isnull;

	pgi_sql_read_newest(&query, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		FullTransactionId importer =
			DatumGetFullTransactionId(pgi_sql_column(row, 1, &isnull));
		TransactionId xid = XidFromFullTransactionId(importer);

		if (!TransactionIdIsCurrentTransactionId(xid))
			XactLockTableWait(xid, NULL, NULL, XLTW_None);
	}
	SPI_freetuptable(SPI_tuptable);
	AcceptInvalidationMessages();
}

static void
load_timeline(PgiTimeline *timeline, PgiQuery *query, bool locking, int32 org_id,
			  int64 incident_id)
{
	Datum values[4];
	bool isnull;
	uint64 found;
	Datum next_due;
	Datum head;
	bool needs_full_run;

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	found = locking ? pgi_sql_run(query, values, NULL, SPI_OK_SELECT, 0)
					: pgi_sql_read(query, values, NULL);
	if (found == 0)
		pgi_timeline_refuse_unknown(org_id, incident_id);
	pgi_timeline_start(timeline, org_id, incident_id,
					   DatumGetInt32(pgi_sql_column(0, 1, &isnull)));
	timeline->is_new = false;
	timeline->locked = locking;
	timeline->settled_to = DatumGetTimestampTz(pgi_sql_column(0, 2, &isnull));
	timeline->settled_seq = DatumGetInt32(pgi_sql_column(0, 3, &isnull));
	timeline->incident.month = DatumGetInt32(pgi_sql_column(0, 4, &isnull));
	next_due = pgi_sql_column(0, 5, &isnull);
	timeline->next_due = isnull ? PGI_NEVER : DatumGetTimestampTz(next_due);
	head = pgi_sql_column(0, 6, &isnull);
	if (VARSIZE_ANY_EXHDR(DatumGetPointer(head)) == PGI_HASH_LENGTH)
		memcpy(timeline->head, VARDATA_ANY(DatumGetPointer(head)), PGI_HASH_LENGTH);
	else if (locking)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("the newest hash of incident " INT64_FORMAT " is damaged",
							   incident_id)));
	needs_full_run = DatumGetBool(pgi_sql_column(0, 7, &isnull));
	SPI_freetuptable(SPI_tuptable);
	if (locking && needs_full_run)
		await_calendars();

	values[2] = Int32GetDatum(timeline->policy_id);
	values[3] = Int32GetDatum(timeline->incident.month);
	timeline->nentries =
		(int) (locking ? pgi_sql_run(&read_entries, values, NULL, SPI_OK_SELECT, 0)
					   : pgi_sql_read(&read_entries, values, NULL));
	timeline->room = timeline->nentries + 8;
	timeline->entries = palloc(sizeof(PgiEntry) * timeline->room);
	for (int i = 0; i < timeline->nentries; i++)
	{
		pgi_entry_read(&timeline->entries[i], i);
		if (timeline->entries[i].kind == PGI_KINDS)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("entry %d of incident " INT64_FORMAT " is of an unknown kind",
							timeline->entries[i].seq, incident_id)));
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Reads an incident and becomes its only writer until the transaction ends. Within SPI. */
void
pgi_timeline_lock(PgiTimeline *timeline, int32 org_id, int64 incident_id)
{
	static PgiQuery query = {READ_STATE " FOR NO KEY UPDATE", 2, {INT4OID, INT8OID}};

	load_timeline(timeline, &query, true, org_id, incident_id);
}

/* Reads an incident as the calling statement sees it. Within SPI. */
void
pgi_timeline_read(PgiTimeline *timeline, int32 org_id, int64 incident_id)
{
	static PgiQuery query = {READ_STATE, 2, {INT4OID, INT8OID}};

	load_timeline(timeline, &query, false, org_id, incident_id);
}

/* A new last entry, to be filled in and given to pgi_timeline_write. */
PgiEntry *
pgi_timeline_add(PgiTimeline *timeline, PgiKind kind, TimestampTz at)
{
	PgiEntry *entry;

	if (timeline->entries == NULL)
	{
		timeline->room = 8;
		timeline->entries = palloc(sizeof(PgiEntry) * timeline->room);
	}
	else if (timeline->nentries == timeline->room)
	{
		timeline->room *= 2;
		timeline->entries =
			repalloc(timeline->entries, sizeof(PgiEntry) * timeline->room);
	}
	entry = &timeline->entries[timeline->nentries++];
	memset(entry, 0, sizeof(*entry));
	entry->seq = timeline->nentries;
	entry->kind = (uint8) kind;
	entry->effective_at = at;
	entry->recorded_at = GetCurrentTimestamp();
	entry->epoch = entry->seq;
	entry->occurrence = 1;
	entry->asset_level = entry->event_level = entry->response_level = PGI_LEVEL_UNKNOWN;
	entry->severity = PGI_SEVERITY_UNKNOWN;
	entry->duty_number = PGI_MAX_DUTIES;
	return entry;
}

/* Chains and stores the last entry. Within SPI. */
void
pgi_timeline_write(PgiTimeline *timeline, PgiEntry *entry)
{
	static PgiQuery query;
	pg_cryptohash_ctx *sha;
	Datum values[PGI_ENTRY_COLUMNS];
	bool isnull[PGI_ENTRY_COLUMNS];
	char nulls[PGI_ENTRY_COLUMNS];

	sha = pgi_chain_begin();
	pgi_chain_hash(sha, &timeline->incident, timeline->opening, entry, timeline->head);
	pg_cryptohash_free(sha);
	memcpy(entry->hash, timeline->head, PGI_HASH_LENGTH);
	pgi_entry_row(&timeline->incident, entry, values, isnull);
	for (int i = 0; i < PGI_ENTRY_COLUMNS; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	pgi_columns_insert(&query, "incident_internal.entries", pgi_entry_columns,
					   PGI_ENTRY_COLUMNS);
	pgi_sql_run(&query, values, nulls, SPI_OK_INSERT, 0);
}

/* The number of the first entry up to the settled one that is missing; 0 when all are there. */
static int32
first_missing(const PgiTimeline *timeline)
{
	for (int i = 0; i < timeline->nentries; i++)
		if (timeline->entries[i].seq != i + 1)
			return i + 1;
	return timeline->nentries < timeline->settled_seq ? timeline->nentries + 1 : 0;
}

bool
pgi_timeline_is_complete(const PgiTimeline *timeline)
{
	return first_missing(timeline) == 0;
}

/*
 * To be called when entries of an incident are missing: errors when it was forgotten after the
 * snapshot was taken. Its partition goes for everybody, its state only for snapshots to come.
 */
void
pgi_timeline_expect_remembered(int32 org_id, int64 incident_id)
{
	static PgiQuery query = {"SELECT FROM incident_internal.incident_state"
							 " WHERE org_id = $1 AND incident_id = $2",
							 2,
							 {INT4OID, INT8OID}};
	Datum values[2];
	PgiOwnerScope scope;
	bool remembered;

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, values);
	remembered = SPI_processed > 0;
	SPI_finish();
	pgi_sql_become_caller(&scope);
	if (!remembered)
		ereport(
			ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("incident " INT64_FORMAT " has been forgotten meanwhile",
					incident_id),
			 errdetail("Its retention ended after the transaction's snapshot was taken."),
			 errhint("Try the transaction again.")));
}

/* Errors as an entry of an incident is missing. */
void
pgi_timeline_refuse_missing(int32 org_id, int64 incident_id, int32 seq)
{
	pgi_timeline_expect_remembered(org_id, incident_id);
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("entry %d of incident " INT64_FORMAT " is missing", seq,
						   incident_id)));
}

/* The facts of a timeline in the order in which they take effect. */
PgiFact *
pgi_timeline_facts(const PgiTimeline *timeline, int *nfacts)
{
	PgiFact *facts = palloc(sizeof(PgiFact) * Max(timeline->nentries, 1));
	int32 missing = first_missing(timeline);
	int n = 0;

	if (missing > 0)
		pgi_timeline_refuse_missing(timeline->incident.org_id,
									timeline->incident.incident_id, missing);
	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];
		PgiFact *fact = &facts[n];

		if (!PGI_IS_FACT(entry->kind))
			continue;
		fact->at = entry->effective_at;
		fact->asset_id = entry->asset_id;
		fact->seq = entry->seq;
		fact->kind = entry->kind;
		fact->sets_asset = entry->sets_asset;
		fact->sets_severity = entry->sets_severity;
		fact->asset_level = entry->asset_level;
		fact->severity = entry->severity;
		fact->duty = entry->duty_number;
		n++;
	}
	pgi_advance_sort_facts(facts, n);
	*nfacts = n;
	return facts;
}

/* Turns a result of the kernel into an error. */
void
pgi_timeline_check_result(PgiResult result, int64 incident_id)
{
	switch (result)
	{
		case PGI_OK:
			return;
		case PGI_ERROR_NOT_IN_POLICY:
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("incident " INT64_FORMAT
								   " has an asset level or severity that its policy "
								   "does not have",
								   incident_id)));
			break;
		case PGI_ERROR_NOT_OPENED:
		case PGI_ERROR_OUT_OF_ORDER:
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("the timeline of incident " INT64_FORMAT
								   " does not begin with its opening",
								   incident_id)));
			break;
		case PGI_ERROR_STUCK:
			elog(ERROR, "nothing becomes of incident " INT64_FORMAT " when it is due",
				 incident_id);
	}
}

/*
 * The same where the incident's policy may not have what the facts say: it is new to the
 * incident, or the facts are.
 */
void
pgi_timeline_check_advanced(const PgiTimeline *timeline, PgiResult result,
							const PgiState *state)
{
	if (result == PGI_ERROR_NOT_IN_POLICY)
		pgi_policy_refuse_pair(pgi_policy_get(timeline->policy_id), state->asset_level,
							   state->severity);
	pgi_timeline_check_result(result, timeline->incident.incident_id);
}

/* The state as of `at`, from all facts. */
void
pgi_timeline_state(const PgiTimeline *timeline, TimestampTz at, PgiState *state)
{
	int nfacts;
	PgiFact *facts = pgi_timeline_facts(timeline, &nfacts);

	pgi_timeline_check_advanced(
		timeline,
		pgi_advance(pgi_policy_of(timeline->policy_id, timeline->incident.org_id), facts,
					nfacts, at, NULL, NULL, state),
		state);
	pfree(facts);
}

/* What has become of each duty of the policy as of `at`, from all facts. */
void
pgi_timeline_duties(const PgiTimeline *timeline, TimestampTz at, PgiDutyReport *reports)
{
	int nfacts;
	PgiFact *facts = pgi_timeline_facts(timeline, &nfacts);

	pgi_timeline_check_result(
		pgi_advance_duties(pgi_policy_of(timeline->policy_id, timeline->incident.org_id),
						   facts, nfacts, at, reports),
		timeline->incident.incident_id);
	pfree(facts);
}
