/*
 * repeat.c: reports under the key of repeated alarms.
 *
 * A key is held by the incident that it last opened, and knows the gravest severity and asset
 * level that have been reported for that one. A repeat that is no graver is a row and nothing
 * else, so a storm of alarms costs the same each time; a graver one raises the incident, by a
 * fact.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/sql.h"
#include "incident/entry.h"
#include "incident/record.h"
#include "incident/repeat.h"
#include "incident/state_row.h"
#include "policy/policy_cache.h"

/* A key: which incident holds it, and the gravest that was reported for that one. */
typedef struct Key
{
	int32 org_id;
	const char *name;
	int64 holder; /* 0: none, as far as can be seen */
	uint8 severity;
	uint8 asset_level;
} Key;

/* A level that is unknown has been reported as none: anything is graver. */
static bool
is_graver_level(uint8 level, uint8 than)
{
	return level != PGI_LEVEL_UNKNOWN && (than == PGI_LEVEL_UNKNOWN || level > than);
}

/* Within SPI. */
static void
read_key(Key *key)
{
	static PgiQuery query = {"SELECT incident_id, severity, asset_level"
							 " FROM incident_internal.dedup_keys"
							 " WHERE org_id = $1 AND dedup_key = $2",
							 2,
							 {INT4OID, TEXTOID}};
	Datum values[2];
	Datum value;
	bool isnull;

	values[0] = Int32GetDatum(key->org_id);
	values[1] = CStringGetTextDatum(key->name);
	key->holder = 0;
	if (pgi_sql_run(&query, values, NULL, SPI_OK_SELECT, 0) == 0)
		return;
	key->holder = DatumGetInt64(pgi_sql_column(0, 1, &isnull));
	value = pgi_sql_column(0, 2, &isnull);
	key->severity = isnull ? PGI_SEVERITY_UNKNOWN : DatumGetUInt8(value);
	value = pgi_sql_column(0, 3, &isnull);
	key->asset_level = isnull ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(value);
}

/* Locks an incident; whether it is still being handled. Within SPI. */
bool
pgi_repeat_lock_handled(int32 org_id, int64 incident_id)
{
	static PgiQuery query = {
		"SELECT status <> ALL ($3)"
		" FROM incident_internal.incident_state WHERE org_id = $1 AND incident_id = $2"
		" FOR NO KEY UPDATE",
		3,
		{INT4OID, INT8OID, TEXTARRAYOID}};
	Datum values[3];
	bool isnull;

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	values[2] = pgi_state_finished_statuses();
	return pgi_sql_run(&query, values, NULL, SPI_OK_SELECT, 0) > 0 &&
		   DatumGetBool(pgi_sql_column(0, 1, &isnull));
}

#define KEY_ARGS 5
#define KEY_TYPES                                                    \
	{                                                                \
		INT4OID, TEXTOID, INT8OID, PGI_TYPE_SEVERITY, PGI_TYPE_LEVEL \
	}

/* Writes who holds a key, and what was reported; returns how many rows. Within SPI. */
static uint64
write_key(PgiQuery *query, int expected, const Key *key)
{
	Datum values[KEY_ARGS];
	bool isnull[KEY_ARGS] = {false};
	char nulls[KEY_ARGS];
	int n = 0;

	values[n++] = Int32GetDatum(key->org_id);
	values[n++] = CStringGetTextDatum(key->name);
	values[n++] = Int64GetDatum(key->holder);
	pgi_entry_put_byte(values, isnull, n++, key->severity,
					   key->severity != PGI_SEVERITY_UNKNOWN);
	pgi_entry_put_byte(values, isnull, n++, key->asset_level,
					   key->asset_level != PGI_LEVEL_UNKNOWN);
	for (int i = 0; i < n; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	return pgi_sql_run(query, values, nulls, expected, 0);
}

/* Gives a key to the holder; false when another has it. Within SPI. */
static bool
add_key(const Key *key)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.dedup_keys (org_id, dedup_key,"
		" incident_id, severity, asset_level)"
		" VALUES ($1, $2, $3, $4, $5)"
		" ON CONFLICT (org_id, dedup_key) DO NOTHING",
		KEY_ARGS, KEY_TYPES};

	return write_key(&query, SPI_OK_INSERT, key) > 0;
}

/* Within SPI. */
static void
change_key(const Key *key)
{
	static PgiQuery query = {"UPDATE incident_internal.dedup_keys SET incident_id = $3,"
							 " severity = $4, asset_level = $5"
							 " WHERE org_id = $1 AND dedup_key = $2",
							 KEY_ARGS, KEY_TYPES};

	write_key(&query, SPI_OK_UPDATE, key);
}

/* Remembers a repeat. Within SPI. */
static void
add_repeat(int32 org_id, int64 incident_id, const PgiReport *report)
{
	static PgiQuery query = {
		"INSERT INTO incident_internal.repeats (org_id, incident_id, detected_at, "
		"recorded_at,"
		" asset_id, asset_level, severity, summary, actor, recorded_by)"
		" VALUES ($1, $2, $3, clock_timestamp(), $4, $5, $6, $7, $8, session_user)",
		8,
		{INT4OID, INT8OID, TIMESTAMPTZOID, INT8OID, PGI_TYPE_LEVEL, PGI_TYPE_SEVERITY,
		 TEXTOID, TEXTOID}};
	Datum values[8];
	char nulls[8] = "      ";

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	values[2] = TimestampTzGetDatum(report->detected_at);
	values[3] = Int64GetDatum(report->asset_id);
	nulls[3] = report->asset_id == 0 ? 'n' : ' ';
	values[4] = UInt8GetDatum(report->asset_level);
	nulls[4] = report->asset_level == PGI_LEVEL_UNKNOWN ? 'n' : ' ';
	values[5] = UInt8GetDatum(report->severity);
	nulls[5] = report->severity == PGI_SEVERITY_UNKNOWN ? 'n' : ' ';
	values[6] = pgi_sql_string_or_null(report->summary, &nulls[6]);
	values[7] = pgi_sql_string_or_null(report->actor, &nulls[7]);
	pgi_sql_run(&query, values, nulls, SPI_OK_INSERT, 0);
}

/*
 * Records, as far as it is graver than what was reported before, that an incident is as
 * grave as a repeat says: from its detection on, or from now on where the incident was not
 * being handled at that time. What the incident was then assessed as is not lowered, and
 * what is unknown is already taken for the gravest. Within SPI.
 */
static void
raise_incident(const Key *key, const PgiReport *report)
{
	PgiTimeline timeline;
	const PgiPolicy *policy;
	PgiEntry *entry;
	PgiState state;
	TimestampTz at;
	bool severity;
	bool asset;

	pgi_timeline_lock(&timeline, key->org_id, key->holder);
	policy = pgi_policy_get(timeline.policy_id);
	at = report->detected_at;
	pgi_timeline_state(&timeline, at, &state);
	if (state.standing.status == PGI_NEW)
	{
		at = timeline.entries[0].effective_at;
		pgi_timeline_state(&timeline, at, &state);
	}
	if (!pgi_status_allows(state.standing, PGI_RAISED))
	{
		at = pgi_argument_now();
		pgi_timeline_state(&timeline, at, &state);
	}
	severity = report->severity > key->severity &&
			   state.severity != PGI_SEVERITY_UNKNOWN &&
			   report->severity > state.severity &&
			   policy->cell[PGI_LEVEL_UNKNOWN][report->severity].possible;
	asset = is_graver_level(report->asset_level, key->asset_level) &&
			state.asset_level != PGI_LEVEL_UNKNOWN &&
			report->asset_level > state.asset_level &&
			policy->cell[report->asset_level][PGI_SEVERITY_UNKNOWN].possible;
	if (!severity && !asset)
		return;

	entry = pgi_timeline_add(&timeline, PGI_RAISED, at);
	if (severity)
	{
		entry->sets_severity = true;
		entry->severity = report->severity;
	}
	if (asset)
	{
		entry->sets_asset = true;
		entry->asset_id = report->asset_id != 0 ? report->asset_id : state.asset_id;
		entry->asset_level = report->asset_level;
	}
	entry->actor = report->actor;
	entry->note = report->summary;
	(void) pgi_record_fact(&timeline, entry);
}

/* Counts a report as a repeat of the incident that holds the key, which is locked. */
static void
count_repeat(Key *key, const PgiReport *report)
{
	add_repeat(key->org_id, key->holder, report);
	if (report->severity <= key->severity &&
		!is_graver_level(report->asset_level, key->asset_level))
		return;
	raise_incident(key, report);
	key->severity = Max(key->severity, report->severity);
	if (is_graver_level(report->asset_level, key->asset_level))
		key->asset_level = report->asset_level;
	change_key(key);
}

/*
 * Finds the incident to which a report under a key belongs: the one that holds the key and is
 * still being handled, which now has it as a repeat; or the new one, which then holds the
 * key. Nobody else can take the key until this transaction ends.
 *
 * Only the incident is locked, as by whoever has recorded a fact about it and then opens.
 * While it is, nobody moves its key or changes what was reported, but both may have been
 * changed before. Within SPI.
 */
int64
pgi_repeat_take_key(int32 org_id, const char *name, int64 incident_id,
					const PgiReport *report)
{
	const Key opening = {org_id, name, incident_id, report->severity,
						 report->asset_level};
	Key key = {org_id, name};

	for (;;)
	{
		int64 holder;
		bool handled;

		read_key(&key);
		holder = key.holder;
		if (holder == 0)
		{
			if (add_key(&opening))
				return incident_id;
			continue;
		}
		handled = pgi_repeat_lock_handled(org_id, holder);
		read_key(&key);
		if (key.holder != holder)
			continue;
		if (handled)
			count_repeat(&key, report);
		else
			change_key(&opening);
		return handled ? holder : incident_id;
	}
}
