/*
 * open.c: opens an incident, or counts a repeat of one that is open under the same key.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "mark.h"
#include "policy_cache.h"
#include "record.h"
#include "sql.h"
#include "timer.h"

/* Arguments of incident.open. */
enum
{
	ARG_ASSET,
	ARG_SEVERITY,
	ARG_SUMMARY,
	ARG_DETECTED_AT,
	ARG_CATEGORY,
	ARG_CONFIDENTIALITY,
	ARG_TICKET,
	ARG_DEDUP_KEY,
	ARG_DRILL,
	ARG_POLICY,
	ARG_BY
};

static Datum
first_value(bool *isnull)
{
	return pgi_column(0, 1, isnull);
}

/* The organisation of the session, which exists after this. Within SPI. */
static int32
need_organisation(void)
{
	static PgiQuery query = {"SELECT incident.need_organisation()", 0};
	bool isnull;

	pgi_run(&query, NULL, NULL, SPI_OK_SELECT, 1);
	return DatumGetInt32(first_value(&isnull));
}

/*
 * The newest published version of the policy named, or else of the organisation's, as the
 * tables show it: what is not visible there yet cannot be referenced. Within SPI.
 */
static int32
choose_policy(int32 org_id, const char *name)
{
	static PgiQuery query = {
		"SELECT o.name, (SELECT policy_id FROM incident.policies AS p"
		"  WHERE p.name = o.name AND p.state = 'published' ORDER BY version DESC LIMIT 1)"
		" FROM (SELECT coalesce($2, policy) AS name FROM incident.organisations"
		"  WHERE org_id = $1) AS o",
		2,
		{INT4OID, TEXTOID}};
	Datum values[2];
	char nulls[2] = " ";
	bool isnull;
	int32 policy_id;

	values[0] = Int32GetDatum(org_id);
	values[1] = pgi_string_or_null(name, &nulls[1]);
	pgi_run(&query, values, nulls, SPI_OK_SELECT, 1);
	policy_id = DatumGetInt32(pgi_column(0, 2, &isnull));
	if (isnull)
		pgi_refuse_policy_name(TextDatumGetCString(pgi_column(0, 1, &isnull)));
	return policy_id;
}

static int64
next_incident_id(void)
{
	static PgiQuery query = {"SELECT nextval('incident.incidents_incident_id_seq')", 0};
	bool isnull;

	pgi_run(&query, NULL, NULL, SPI_OK_SELECT, 1);
	return DatumGetInt64(first_value(&isnull));
}

/* The incident that holds a key, as far as can be seen; 0 when none does. Within SPI. */
static int64
holder_of(int32 org_id, const char *key)
{
	static PgiQuery query = {"SELECT incident_id FROM incident.dedup_keys"
							 " WHERE org_id = $1 AND dedup_key = $2",
							 2,
							 {INT4OID, TEXTOID}};
	Datum values[2];
	bool isnull;

	values[0] = Int32GetDatum(org_id);
	values[1] = CStringGetTextDatum(key);
	if (pgi_run(&query, values, NULL, SPI_OK_SELECT, 0) == 0)
		return 0;
	return DatumGetInt64(first_value(&isnull));
}

/* Locks an incident; whether it is still being handled. Within SPI. */
static bool
lock_handled(int32 org_id, int64 incident_id)
{
	static PgiQuery query = {
		"SELECT status NOT IN ('resolved', 'closed', 'cancelled')"
		" FROM incident.incident_state WHERE org_id = $1 AND incident_id = $2"
		" FOR NO KEY UPDATE",
		2,
		{INT4OID, INT8OID}};
	Datum values[2];
	bool isnull;

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	return pgi_run(&query, values, NULL, SPI_OK_SELECT, 0) > 0 &&
		   DatumGetBool(first_value(&isnull));
}

/* Runs a statement about a key and an incident; returns how many rows it wrote. Within SPI. */
static uint64
write_dedup_key(PgiQuery *query, int expected, int32 org_id, const char *key,
				int64 incident_id)
{
	Datum values[3];

	values[0] = Int32GetDatum(org_id);
	values[1] = CStringGetTextDatum(key);
	values[2] = Int64GetDatum(incident_id);
	return pgi_run(query, values, NULL, expected, 0);
}

/* Gives a key to an incident; false when another has it. Within SPI. */
static bool
give_dedup_key(int32 org_id, const char *key, int64 incident_id)
{
	static PgiQuery query = {"INSERT INTO incident.dedup_keys (org_id, dedup_key, "
							 "incident_id) VALUES ($1, $2, $3)"
							 " ON CONFLICT (org_id, dedup_key) DO NOTHING",
							 3,
							 {INT4OID, TEXTOID, INT8OID}};

	return write_dedup_key(&query, SPI_OK_INSERT, org_id, key, incident_id) > 0;
}

/*
 * Takes the key for a new incident. Returns the incident that holds it already, which is locked
 * and says in `handled` whether it is still being handled, or the new one; nobody else can take
 * the key until this transaction ends.
 *
 * Only the incident is locked, as by whoever has recorded a fact about it and then opens. While
 * it is, nobody moves its key, but that may have been moved before. Within SPI.
 */
static int64
take_dedup_key(int32 org_id, const char *key, int64 incident_id, bool *handled)
{
	for (;;)
	{
		int64 holder = holder_of(org_id, key);

		if (holder == 0)
		{
			if (give_dedup_key(org_id, key, incident_id))
				return incident_id;
			continue;
		}
		*handled = lock_handled(org_id, holder);
		if (holder_of(org_id, key) == holder)
			return holder;
	}
}

/* Gives the key of another incident to this one. Within SPI. */
static void
move_dedup_key(int32 org_id, const char *key, int64 incident_id)
{
	static PgiQuery query = {"UPDATE incident.dedup_keys SET incident_id = $3 WHERE "
							 "org_id = $1 AND dedup_key = $2",
							 3,
							 {INT4OID, TEXTOID, INT8OID}};

	write_dedup_key(&query, SPI_OK_UPDATE, org_id, key, incident_id);
}

/* Remembers a repeat. Within SPI. */
static void
add_repeat(int32 org_id, int64 incident_id, TimestampTz detected_at, const char *summary,
		   const char *actor)
{
	static PgiQuery query = {
		"INSERT INTO incident.repeats (org_id, incident_id, detected_at, recorded_at, "
		"summary,"
		"  actor, recorded_by)"
		" VALUES ($1, $2, $3, clock_timestamp(), $4, $5, session_user)",
		5,
		{INT4OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID}};
	Datum values[5];
	char nulls[5] = "   ";

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	values[2] = TimestampTzGetDatum(detected_at);
	values[3] = pgi_string_or_null(summary, &nulls[3]);
	values[4] = pgi_string_or_null(actor, &nulls[4]);
	pgi_run(&query, values, nulls, SPI_OK_INSERT, 0);
}

PG_FUNCTION_INFO_V1(pgi_open);
Datum
pgi_open(PG_FUNCTION_ARGS)
{
	static PgiQuery insert = {"INSERT INTO incident.incidents (org_id, incident_id, "
							  "policy_id, detected_at, category,"
							  " confidentiality, ticket, dedup_key, drill)"
							  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
							  9,
							  {INT4OID, INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID,
							   TEXTOID, TEXTOID, TEXTOID, BOOLOID}};
	char *asset = pgi_name_argument(fcinfo, ARG_ASSET, "the asset");
	char *summary = pgi_note_argument(fcinfo, ARG_SUMMARY, "the summary");
	TimestampTz detected_at = pgi_past_argument(fcinfo, ARG_DETECTED_AT, "detected_at");
	char *category = pgi_name_argument(fcinfo, ARG_CATEGORY, "the category");
	char *confidentiality = pgi_mark_argument(fcinfo, ARG_CONFIDENTIALITY);
	char *ticket = pgi_name_argument(fcinfo, ARG_TICKET, "the ticket");
	char *dedup_key = pgi_name_argument(fcinfo, ARG_DEDUP_KEY, "the dedup key");
	char *policy = pgi_name_argument(fcinfo, ARG_POLICY, "the policy");
	char *actor = pgi_name_argument(fcinfo, ARG_BY, "by");
	PgiOpening opening;
	PgiTimeline timeline;
	PgiEntry *entry;
	Datum values[9];
	char nulls[9] = "    ";
	int32 org_id;
	int32 policy_id;
	int64 incident_id;
	int64 asset_id = 0;
	uint8 asset_level = PGI_LEVEL_UNKNOWN;
	uint8 severity = PG_ARGISNULL(ARG_SEVERITY)
						 ? PGI_SEVERITY_UNKNOWN
						 : DatumGetUInt8(PG_GETARG_DATUM(ARG_SEVERITY));

	SPI_connect();
	org_id = need_organisation();
	do
		policy_id = choose_policy(org_id, policy);
	while (!pgi_keep_policy(policy_id));
	if (asset != NULL)
		pgi_find_asset(org_id, asset, &asset_id, &asset_level);
	(void) pgi_policy_cell(pgi_policy(policy_id), asset_level, severity);

	incident_id = next_incident_id();
	if (dedup_key != NULL)
	{
		bool handled;
		int64 holder = take_dedup_key(org_id, dedup_key, incident_id, &handled);

		if (holder != incident_id)
		{
			if (handled)
			{
				add_repeat(org_id, holder, detected_at, summary, actor);
				SPI_finish();
				PG_RETURN_INT64(holder);
			}
			move_dedup_key(org_id, dedup_key, incident_id);
		}
	}

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	values[2] = Int32GetDatum(policy_id);
	values[3] = TimestampTzGetDatum(detected_at);
	values[4] = pgi_string_or_null(category, &nulls[4]);
	values[5] = pgi_string_or_null(confidentiality, &nulls[5]);
	values[6] = pgi_string_or_null(ticket, &nulls[6]);
	values[7] = pgi_string_or_null(dedup_key, &nulls[7]);
	opening.drill = !PG_ARGISNULL(ARG_DRILL) && PG_GETARG_BOOL(ARG_DRILL);
	values[8] = BoolGetDatum(opening.drill);
	nulls[8] = ' ';
	pgi_run(&insert, values, nulls, SPI_OK_INSERT, 0);

	opening.policy = pgi_policy_title(policy_id);
	opening.category = category;
	opening.confidentiality = confidentiality;
	opening.ticket = ticket;
	opening.dedup_key = dedup_key;
	pgi_timeline_start(&timeline, org_id, incident_id, policy_id);
	timeline.opening = &opening;
	entry = pgi_timeline_add(&timeline, PGI_OPENED, detected_at);
	timeline.month = pgi_month(entry->recorded_at);
	entry->sets_asset = true;
	entry->asset_id = asset_id;
	entry->asset_level = asset_level;
	entry->sets_severity = true;
	entry->severity = severity;
	entry->actor = actor;
	entry->note = summary;
	pgi_record(&timeline, entry);
	SPI_finish();
	PG_RETURN_INT64(incident_id);
}
