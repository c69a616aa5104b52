/*
 * timeline.c: reads an incident's timeline, adds entries, and settles it.
 *
 * Settling runs all facts through the kernel and brings the stored derived entries to
 * exactly what the kernel derives: what is missing is added, what no longer follows is
 * voided. The state row is locked by whoever settles, so an incident has one writer at a
 * time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "chain.h"
#include "compat.h"
#include "policy_cache.h"
#include "sql.h"
#include "timeline.h"

/* Columns of the queries that read entries. */
enum
{
	COL_SEQ = 1,
	COL_KIND,
	COL_EFFECTIVE_AT,
	COL_SETS_ASSET,
	COL_SETS_SEVERITY,
	COL_ASSET_ID,
	COL_ASSET_LEVEL,
	COL_SEVERITY,
	COL_EVENT_LEVEL,
	COL_RESPONSE_LEVEL,
	COL_EPOCH,
	COL_VOIDS,
	COL_HASH
};

static PgiQuery read_entries = {
	"SELECT seq, kind, effective_at, sets_asset, sets_severity, asset_id, asset_level,"
	" severity, event_level, response_level, epoch, voids, hash"
	" FROM incident.entries WHERE org_id = $1 AND incident_id = $2 ORDER BY seq",
	2,
	{INT4OID, INT8OID}};

static int64
number_column(uint64 row, int number)
{
	bool isnull;
	Datum value = pgi_column(row, number, &isnull);

	if (isnull)
		return 0;
	return SPI_gettypeid(SPI_tuptable->tupdesc, number) == INT4OID ? DatumGetInt32(value)
																   : DatumGetInt64(value);
}

static uint8
byte_column(uint64 row, int number, uint8 when_null)
{
	bool isnull;
	Datum value = pgi_column(row, number, &isnull);

	return isnull ? when_null : DatumGetUInt8(value);
}

static uint8
find_kind(const char *word, int64 incident_id)
{
	for (int kind = 0; kind < PGI_KINDS; kind++)
		if (strcmp(pgi_kind_words[kind], word) == 0)
			return (uint8) kind;
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("incident " INT64_FORMAT " has an entry of unknown kind \"%s\"",
					incident_id, word)));
}

static void
fill_entry(PgiEntry *entry, uint64 row, int64 incident_id)
{
	bool isnull;
	Datum hash;

	memset(entry, 0, sizeof(*entry));
	entry->seq = (int32) number_column(row, COL_SEQ);
	entry->kind =
		find_kind(TextDatumGetCString(pgi_column(row, COL_KIND, &isnull)), incident_id);
	entry->effective_at = DatumGetTimestampTz(pgi_column(row, COL_EFFECTIVE_AT, &isnull));
	entry->sets_asset = DatumGetBool(pgi_column(row, COL_SETS_ASSET, &isnull));
	entry->sets_severity = DatumGetBool(pgi_column(row, COL_SETS_SEVERITY, &isnull));
	entry->asset_id = number_column(row, COL_ASSET_ID);
	entry->asset_level = byte_column(row, COL_ASSET_LEVEL, PGI_LEVEL_UNKNOWN);
	entry->severity = byte_column(row, COL_SEVERITY, PGI_SEVERITY_UNKNOWN);
	(void) pgi_column(row, COL_EVENT_LEVEL, &isnull);
	entry->is_graded = !isnull;
	entry->event_level = byte_column(row, COL_EVENT_LEVEL, 0);
	entry->response_level = byte_column(row, COL_RESPONSE_LEVEL, 0);
	entry->epoch = (int32) number_column(row, COL_EPOCH);
	entry->voids = (int32) number_column(row, COL_VOIDS);
	hash = pgi_column(row, COL_HASH, &isnull);
	if (VARSIZE_ANY_EXHDR(DatumGetPointer(hash)) == PGI_HASH_LENGTH)
		memcpy(entry->hash, VARDATA_ANY(DatumGetPointer(hash)), PGI_HASH_LENGTH);
}

/* A timeline without entries. */
void
pgi_timeline_start(PgiTimeline *timeline, int32 org_id, int64 incident_id,
				   int32 policy_id)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->org_id = org_id;
	timeline->incident_id = incident_id;
	timeline->policy_id = policy_id;
	timeline->is_new = true;
	timeline->settled_to = DT_NOBEGIN;
}

static void
find(PgiTimeline *timeline, PgiQuery *query, bool locking, int32 org_id,
	 int64 incident_id)
{
	Datum values[2];
	bool isnull;
	uint64 found;

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	found = locking ? pgi_run(query, values, NULL, SPI_OK_SELECT, 0)
					: pgi_read(query, values, NULL);
	if (found == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("incident " INT64_FORMAT " does not exist in organisation %d",
						incident_id, org_id)));
	pgi_timeline_start(timeline, org_id, incident_id,
					   DatumGetInt32(pgi_column(0, 1, &isnull)));
	timeline->is_new = false;
	timeline->settled_to = DatumGetTimestampTz(pgi_column(0, 2, &isnull));
	timeline->settled_seq = DatumGetInt32(pgi_column(0, 3, &isnull));
	SPI_freetuptable(SPI_tuptable);

	timeline->nentries =
		(int) (locking ? pgi_run(&read_entries, values, NULL, SPI_OK_SELECT, 0)
					   : pgi_read(&read_entries, values, NULL));
	timeline->room = timeline->nentries + 8;
	timeline->entries = palloc(sizeof(PgiEntry) * timeline->room);
	for (int i = 0; i < timeline->nentries; i++)
		fill_entry(&timeline->entries[i], i, incident_id);
	SPI_freetuptable(SPI_tuptable);
}

/* Reads an incident and becomes its only writer until the transaction ends. Within SPI. */
void
pgi_timeline_lock(PgiTimeline *timeline, int32 org_id, int64 incident_id)
{
	static PgiQuery query = {
		"SELECT i.policy_id, s.settled_to, s.seq"
		" FROM incident.incident_state AS s JOIN incident.incidents AS i USING (org_id, "
		"incident_id)"
		" WHERE s.org_id = $1 AND s.incident_id = $2 FOR NO KEY UPDATE OF s",
		2,
		{INT4OID, INT8OID}};

	find(timeline, &query, true, org_id, incident_id);
}

/* Reads an incident as the calling statement sees it. Within SPI. */
void
pgi_timeline_read(PgiTimeline *timeline, int32 org_id, int64 incident_id)
{
	static PgiQuery query = {"SELECT i.policy_id, s.settled_to, s.seq"
							 " FROM incident.incident_state AS s JOIN incident.incidents "
							 "AS i USING (org_id, incident_id)"
							 " WHERE s.org_id = $1 AND s.incident_id = $2",
							 2,
							 {INT4OID, INT8OID}};

	find(timeline, &query, false, org_id, incident_id);
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
	entry->asset_level = PGI_LEVEL_UNKNOWN;
	entry->severity = PGI_SEVERITY_UNKNOWN;
	return entry;
}

static Datum
number_or_null(int32 number, char *null)
{
	*null = number == 0 ? 'n' : ' ';
	return Int32GetDatum(number);
}

static Datum
byte_or_null(uint8 value, bool present, char *null)
{
	*null = present ? ' ' : 'n';
	return UInt8GetDatum(value);
}

static Datum
moment_or_null(int64 moment, char *null)
{
	*null = moment == PGI_NEVER ? 'n' : ' ';
	return TimestampTzGetDatum(moment);
}

/* Chains and stores the last entry. Within SPI. */
void
pgi_timeline_write(PgiTimeline *timeline, PgiEntry *entry)
{
	static PgiQuery query = {
		"INSERT INTO incident.entries (org_id, incident_id, seq, kind, effective_at, "
		"recorded_at,"
		" sets_asset, sets_severity, asset_id, asset_level, severity, event_level,"
		" response_level, epoch, rule, occurrence, voids, actor, recorded_by, note, hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
		"$17,"
		" $18, $19, $20, $21)",
		21,
		{INT4OID,			INT8OID,		INT4OID,		TEXTOID, TIMESTAMPTZOID,
		 TIMESTAMPTZOID,	BOOLOID,		BOOLOID,		INT8OID, PGI_TYPE_LEVEL,
		 PGI_TYPE_SEVERITY, PGI_TYPE_LEVEL, PGI_TYPE_LEVEL, INT4OID, TEXTOID,
		 INT4OID,			INT4OID,		TEXTOID,		TEXTOID, TEXTOID,
		 BYTEAOID}};
	static const uint8 no_hash[PGI_HASH_LENGTH] = {0};
	Datum values[21];
	char nulls[21];
	bytea *hash = palloc(VARHDRSZ + PGI_HASH_LENGTH);
	int n = 0;

	pgi_chain_hash(timeline, entry,
				   entry->seq == 1 ? no_hash : timeline->entries[entry->seq - 2].hash,
				   entry->hash);
	SET_VARSIZE(hash, VARHDRSZ + PGI_HASH_LENGTH);
	memcpy(VARDATA(hash), entry->hash, PGI_HASH_LENGTH);

	memset(nulls, ' ', sizeof(nulls));
	values[n++] = Int32GetDatum(timeline->org_id);
	values[n++] = Int64GetDatum(timeline->incident_id);
	values[n++] = Int32GetDatum(entry->seq);
	values[n++] = CStringGetTextDatum(pgi_kind_words[entry->kind]);
	values[n++] = TimestampTzGetDatum(entry->effective_at);
	values[n++] = TimestampTzGetDatum(entry->recorded_at);
	values[n++] = BoolGetDatum(entry->sets_asset);
	values[n++] = BoolGetDatum(entry->sets_severity);
	nulls[n] = entry->asset_id == 0 ? 'n' : ' ';
	values[n++] = Int64GetDatum(entry->asset_id);
	values[n] = byte_or_null(entry->asset_level, entry->asset_level != PGI_LEVEL_UNKNOWN,
							 &nulls[n]);
	n++;
	values[n] =
		byte_or_null(entry->severity, entry->severity != PGI_SEVERITY_UNKNOWN, &nulls[n]);
	n++;
	values[n] = byte_or_null(entry->event_level, entry->is_graded, &nulls[n]);
	n++;
	values[n] = byte_or_null(entry->response_level, entry->is_graded, &nulls[n]);
	n++;
	values[n] = number_or_null(entry->epoch, &nulls[n]);
	n++;
	values[n] = pgi_string_or_null(entry->rule, &nulls[n]);
	n++;
	values[n] = number_or_null(entry->occurrence, &nulls[n]);
	n++;
	values[n] = number_or_null(entry->voids, &nulls[n]);
	n++;
	values[n] = pgi_string_or_null(entry->actor, &nulls[n]);
	n++;
	values[n] = pgi_string_or_null(entry->recorded_by, &nulls[n]);
	n++;
	values[n] = pgi_string_or_null(entry->note, &nulls[n]);
	n++;
	values[n++] = PointerGetDatum(hash);
	pgi_run(&query, values, nulls, SPI_OK_INSERT, 0);
}

/* Errors unless every entry up to the settled one is there, and none after it. */
static void
check_complete(const PgiTimeline *timeline)
{
	for (int i = 0; i < timeline->nentries; i++)
		if (timeline->entries[i].seq != i + 1)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("entry %d of incident " INT64_FORMAT " is missing",
								   i + 1, timeline->incident_id)));
	if (timeline->nentries < timeline->settled_seq)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("entry %d of incident " INT64_FORMAT " is missing",
							   timeline->nentries + 1, timeline->incident_id)));
}

/* The facts of a timeline in the order in which they take effect. */
PgiFact *
pgi_timeline_facts(const PgiTimeline *timeline, int *nfacts)
{
	PgiFact *facts = palloc(sizeof(PgiFact) * Max(timeline->nentries, 1));
	int n = 0;

	check_complete(timeline);
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
		n++;
	}
	pgi_sort_facts(facts, n);
	*nfacts = n;
	return facts;
}

/* Turns a result of the kernel into an error. */
void
pgi_check_result(PgiResult result, int64 incident_id)
{
	switch (result)
	{
		case PGI_OK:
			return;
		case PGI_ERROR_NOT_IN_POLICY:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the policy of incident " INT64_FORMAT
							" knows no such asset level or severity",
							incident_id),
					 errhint("incident.quick_reference() shows what a policy knows.")));
			break;
		case PGI_ERROR_NOT_OPENED:
		case PGI_ERROR_OUT_OF_ORDER:
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("the timeline of incident " INT64_FORMAT
								   " does not begin with its opening",
								   incident_id)));
			break;
	}
}

/* The state as of `at`, from all facts. */
void
pgi_timeline_state(const PgiTimeline *timeline, TimestampTz at, PgiState *state)
{
	int nfacts;
	PgiFact *facts = pgi_timeline_facts(timeline, &nfacts);

	pgi_check_result(pgi_advance(pgi_policy(timeline->policy_id), facts, nfacts, at, NULL,
								 NULL, state),
					 timeline->incident_id);
	pfree(facts);
}

/* What the kernel derived, as it is collected. */
typedef struct Collected
{
	PgiDerived *events;
	int count;
	int room;
} Collected;

static void
collect(const PgiDerived *derived, void *arg)
{
	Collected *collected = arg;

	if (collected->count == collected->room)
	{
		collected->room *= 2;
		collected->events =
			repalloc(collected->events, sizeof(PgiDerived) * collected->room);
	}
	collected->events[collected->count++] = *derived;
}

/* Which rule decided an event. */
static const char *
rule_of(const PgiDerived *event)
{
	if (event->kind == PGI_GRADED)
		return "matrix";
	if (event->kind == PGI_BREACHED)
		return "processing_time";
	return psprintf("remaining_time:%d", PGI_LEVEL_NUMBER(event->response_level));
}

static bool
same_rule(const PgiEntry *entry, const PgiDerived *event)
{
	return entry->kind == event->kind && entry->epoch == event->epoch &&
		   (entry->kind != PGI_ESCALATED ||
			entry->response_level == event->response_level);
}

/* An entry stands for an event whichever fact governed when it was decided. */
static bool
same_event(const PgiEntry *entry, const PgiDerived *event)
{
	return entry->kind == event->kind && entry->effective_at == event->at &&
		   entry->event_level == event->event_level &&
		   entry->response_level == event->response_level;
}

static void
write_derived(PgiTimeline *timeline, const PgiDerived *event, PgiDecisions *decisions)
{
	PgiEntry *entry;
	int32 occurrence = 1;

	for (int i = 0; i < timeline->nentries; i++)
		if (same_rule(&timeline->entries[i], event))
			occurrence++;
	entry = pgi_timeline_add(timeline, event->kind, event->at);
	entry->is_graded = true;
	entry->event_level = event->event_level;
	entry->response_level = event->response_level;
	entry->epoch = event->epoch;
	entry->rule = rule_of(event);
	entry->occurrence = occurrence;
	pgi_timeline_write(timeline, entry);
	if (event->kind == PGI_ESCALATED)
		decisions->escalations++;
	else if (event->kind == PGI_BREACHED)
		decisions->breaches++;
}

/* Voids the entries that no longer follow, and adds what is missing. */
static void
write_difference(PgiTimeline *timeline, const Collected *collected,
				 PgiDecisions *decisions)
{
	int nstored = timeline->nentries;
	bool *live = palloc0(sizeof(bool) * nstored);
	bool *stored = palloc0(sizeof(bool) * Max(collected->count, 1));

	for (int i = 0; i < nstored; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		if (PGI_IS_DERIVED(entry->kind))
			live[i] = true;
		else if (entry->kind == PGI_VOIDED && entry->voids >= 1 && entry->voids <= i)
			live[entry->voids - 1] = false;
	}
	for (int i = 0; i < nstored; i++)
		for (int j = 0; live[i] && j < collected->count; j++)
			if (!stored[j] && same_event(&timeline->entries[i], &collected->events[j]))
			{
				stored[j] = true;
				live[i] = false;
			}

	for (int i = 0; i < nstored; i++)
		if (live[i])
		{
			PgiEntry *entry =
				pgi_timeline_add(timeline, PGI_VOIDED, timeline->entries[i].effective_at);

			entry->voids = timeline->entries[i].seq;
			pgi_timeline_write(timeline, entry);
		}
	for (int j = 0; j < collected->count; j++)
		if (!stored[j])
			write_derived(timeline, &collected->events[j], decisions);
}

static void
write_state(PgiTimeline *timeline, TimestampTz until, const PgiState *state)
{
	static PgiQuery insert = {
		"INSERT INTO incident.incident_state (org_id, incident_id, seq, settled_to, "
		"next_due,"
		" status, asset_id, asset_level, severity, event_level, response_level,"
		" peak_response, breached, acknowledged_at, activated_at, resolved_at, closed_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
		"$17)",
		17,
		{INT4OID, INT8OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, INT8OID,
		 PGI_TYPE_LEVEL, PGI_TYPE_SEVERITY, PGI_TYPE_LEVEL, PGI_TYPE_LEVEL,
		 PGI_TYPE_LEVEL, BOOLOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
		 TIMESTAMPTZOID}};
	static PgiQuery update = {
		"UPDATE incident.incident_state SET seq = $3, settled_to = $4, next_due = $5,"
		" status = $6, asset_id = $7, asset_level = $8, severity = $9, event_level = $10,"
		" response_level = $11, peak_response = $12, breached = $13, acknowledged_at = "
		"$14,"
		" activated_at = $15, resolved_at = $16, closed_at = $17"
		" WHERE org_id = $1 AND incident_id = $2",
		17,
		{INT4OID, INT8OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, INT8OID,
		 PGI_TYPE_LEVEL, PGI_TYPE_SEVERITY, PGI_TYPE_LEVEL, PGI_TYPE_LEVEL,
		 PGI_TYPE_LEVEL, BOOLOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
		 TIMESTAMPTZOID}};
	Datum values[17];
	char nulls[17];
	int n = 0;

	memset(nulls, ' ', sizeof(nulls));
	values[n++] = Int32GetDatum(timeline->org_id);
	values[n++] = Int64GetDatum(timeline->incident_id);
	values[n++] = Int32GetDatum(timeline->nentries);
	values[n++] = TimestampTzGetDatum(until);
	values[n] = moment_or_null(state->next_due, &nulls[n]);
	n++;
	values[n++] = CStringGetTextDatum(pgi_status_words[state->status]);
	nulls[n] = state->asset_id == 0 ? 'n' : ' ';
	values[n++] = Int64GetDatum(state->asset_id);
	values[n] = byte_or_null(state->asset_level, state->asset_level != PGI_LEVEL_UNKNOWN,
							 &nulls[n]);
	n++;
	values[n] =
		byte_or_null(state->severity, state->severity != PGI_SEVERITY_UNKNOWN, &nulls[n]);
	n++;
	values[n++] = UInt8GetDatum(state->event_level);
	values[n++] = UInt8GetDatum(state->response_level);
	values[n++] = UInt8GetDatum(state->peak_response);
	values[n++] = BoolGetDatum(state->breached);
	values[n] = moment_or_null(state->acknowledged_at, &nulls[n]);
	n++;
	values[n] = moment_or_null(state->activated_at, &nulls[n]);
	n++;
	values[n] = moment_or_null(state->resolved_at, &nulls[n]);
	n++;
	values[n] = moment_or_null(state->closed_at, &nulls[n]);
	if (timeline->is_new)
		pgi_run(&insert, values, nulls, SPI_OK_INSERT, 0);
	else
		pgi_run(&update, values, nulls, SPI_OK_UPDATE, 0);
	timeline->is_new = false;
	timeline->settled_to = until;
}

/*
 * Brings derived entries and state to what follows from the facts up to and including
 * `until`, or up to what was settled before if that is later; adds to `decisions` and
 * leaves the state. Within SPI, on a timeline that is new or locked.
 */
void
pgi_timeline_settle(PgiTimeline *timeline, TimestampTz until, PgiDecisions *decisions,
					PgiState *state)
{
	Collected collected = {palloc(sizeof(PgiDerived) * 8), 0, 8};
	PgiFact *facts;
	int nfacts;

	until = Max(until, timeline->settled_to);
	facts = pgi_timeline_facts(timeline, &nfacts);
	pgi_check_result(pgi_advance(pgi_policy(timeline->policy_id), facts, nfacts, until,
								 collect, &collected, state),
					 timeline->incident_id);
	write_difference(timeline, &collected, decisions);
	write_state(timeline, until, state);
	pfree(facts);
	pfree(collected.events);
}
