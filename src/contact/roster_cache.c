/*
 * roster_cache.c: reads rosters from their tables and keeps them compiled until the tables change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/invalidation.h"
#include "base/length.h"
#include "base/sql.h"
#include "calendar/zone.h"
#include "contact/roster_cache.h"

typedef struct RosterKey
{
	int32 org_id;
	NameData name;
} RosterKey;

typedef struct CacheEntry
{
	RosterKey key; /* hash key */
	PgiCompiledRoster *compiled;
} CacheEntry;

/* A roster on its way from its rows. */
typedef struct Reader
{
	const char *name;
	MemoryContext context; /* of what is kept */
	Datum key[2];		   /* organisation and name */
	PgiRosterVersion *versions;
	int nversions;
	List *contacts; /* names, in the order of their numbers */
} Reader;

static PgiKept kept = {PGI_ROSTERS, "rosters"};
static HTAB *entries = NULL;

static void *
allocate(void *owner, size_t size)
{
	return MemoryContextAllocHuge((MemoryContext) owner, size);
}

static void
release(void *owner, void *block)
{
	pfree(block);
}

static void
refuse(void *owner, int64_t moment)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("rosters do not reach %s", timestamptz_to_str(moment)),
					errdetail("They reach from the year 1 to the year 9999, UTC.")));
}

/* The number of a contact. */
static int32
contact_number(Reader *reader, Datum name)
{
	char *wanted = TextDatumGetCString(name);
	MemoryContext before;
	ListCell *cell;

	foreach (cell, reader->contacts)
		if (strcmp(lfirst(cell), wanted) == 0)
			return foreach_current_index(cell);
	before = MemoryContextSwitchTo(reader->context);
	reader->contacts = lappend(reader->contacts, pstrdup(wanted));
	MemoryContextSwitchTo(before);
	return list_length(reader->contacts) - 1;
}

/* A column of a row that is not null. */
static Datum
column(uint64 row, int number)
{
	bool isnull;
	Datum value = pgi_sql_column(row, number, &isnull);

	Assert(!isnull);
	return value;
}

/* Begins a version with a row's first three columns. */
static PgiRosterVersion *
add_version(Reader *reader, uint64 row)
{
	PgiRosterVersion *version = &reader->versions[reader->nversions++];
	char *zone = TextDatumGetCString(column(row, 3));

	version->since = DatumGetTimestampTz(column(row, 1));
	version->until = DatumGetTimestampTz(column(row, 2));
	version->offsets = pgi_zone_offsets(zone, psprintf("roster \"%s\"", reader->name),
										reader->context, &version->noffsets);
	version->nlayers = 0;
	return version;
}

static void
read_members(Reader *reader, PgiRosterLayer *layer, Datum names)
{
	Datum *name;
	int32 *members;

	deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false, TYPALIGN_INT, &name,
					  NULL, &layer->nmembers);
	members = MemoryContextAlloc(reader->context, sizeof(int32) * layer->nmembers);
	for (int i = 0; i < layer->nmembers; i++)
		members[i] = contact_number(reader, name[i]);
	layer->members = members;
}

/* Reads versions with their layers, but for the windows of these. Within SPI. */
static void
read_layers(Reader *reader)
{
	static PgiQuery query = {
		"SELECT r.since, r.until, r.zone, incident_internal.json_words(l.layer -> "
		"'members'), (l.layer ->> 'from')::timestamp, l.layer ->> 'turn'"
		" FROM incident_internal.rosters AS r,"
		" jsonb_array_elements(r.layers) WITH ORDINALITY AS l(layer, number)"
		" WHERE r.org_id = $1 AND r.roster = $2 ORDER BY r.since, l.number",
		2,
		{INT4OID, TEXTOID}};
	PgiRosterLayer *layers;
	PgiRosterVersion *version = NULL;

	pgi_sql_read_newest(&query, reader->key);
	reader->versions = MemoryContextAllocHuge(reader->context, sizeof(PgiRosterVersion) *
																   (SPI_processed + 1));
	layers = MemoryContextAllocHuge(reader->context,
									sizeof(PgiRosterLayer) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PgiRosterLayer *layer = &layers[row];

		if (version == NULL || version->since != DatumGetTimestampTz(column(row, 1)))
		{
			version = add_version(reader, row);
			version->layers = layer;
		}
		version->nlayers++;
		read_members(reader, layer, column(row, 4));
		layer->from = DatumGetTimestamp(column(row, 5));
		layer->windows = NULL;
		if (!pgi_length_read_turn(TextDatumGetCString(column(row, 6)), &layer->turn,
								  &layer->of_days))
			elog(ERROR, "roster \"%s\" has a turn that is none", reader->name);
	}
}

/* Makes a calendar of the windows in `count` rows, from one on, which are of one layer. */
static void
add_windows(Reader *reader, uint64 first, uint64 count)
{
	PgiCalendarHost host = {allocate, release, refuse, reader->context};
	PgiCalendarSource source = {0};
	PgiWindow *windows = MemoryContextAlloc(reader->context, sizeof(PgiWindow) * count);
	PgiWeek *week = MemoryContextAllocZero(reader->context, sizeof(PgiWeek));
	PgiCalendar *calendar = MemoryContextAlloc(reader->context, sizeof(PgiCalendar));
	TimestampTz since = DatumGetTimestampTz(column(first, 1));
	PgiRosterVersion *version = reader->versions;
	PgiRosterLayer *layer;

	week->from = DATEVAL_NOBEGIN;
	for (uint64 i = 0; i < count; i++)
	{
		PgiDayWindows *day = &week->days[DatumGetInt32(column(first + i, 3)) - 1];

		windows[i].from = DatumGetTimeADT(column(first + i, 4));
		windows[i].until = DatumGetTimeADT(column(first + i, 5));
		if (day->count++ == 0)
			day->first = i;
	}
	while (version->since != since)
		version++;
	layer = (PgiRosterLayer *) &version->layers[DatumGetInt64(column(first, 2)) - 1];
	source.windows = windows;
	source.weeks = week;
	source.nweeks = 1;
	source.offsets = version->offsets;
	source.noffsets = version->noffsets;
	pgi_calendar_init(calendar, &source, &host);
	layer->windows = calendar;
}

/* Within SPI. */
static void
read_windows(Reader *reader)
{
	static PgiQuery query = {
		"SELECT r.since, l.number,"
		" array_position(incident_internal.weekday_words(), d.key) AS weekday,"
		" w.opens, w.closes"
		" FROM incident_internal.rosters AS r,"
		" jsonb_array_elements(r.layers) WITH ORDINALITY AS l(layer, number),"
		" jsonb_each(l.layer -> 'windows') AS d, incident_internal.json_windows(d.value) "
		"AS w"
		" WHERE r.org_id = $1 AND r.roster = $2 ORDER BY 1, 2, 3, 4",
		2,
		{INT4OID, TEXTOID}};
	uint64 first = 0;

	pgi_sql_read_newest(&query, reader->key);
	for (uint64 row = 1; row <= SPI_processed; row++)
		if (row == SPI_processed || column(row, 1) != column(first, 1) ||
			column(row, 2) != column(first, 2))
		{
			add_windows(reader, first, row - first);
			first = row;
		}
}

/* Within SPI. */
static void
read_overrides(Reader *reader, PgiRoster *roster)
{
	static PgiQuery query = {
		"SELECT since, until, contact FROM incident_internal.roster_overrides"
		" WHERE org_id = $1 AND roster = $2 ORDER BY override_id",
		2,
		{INT4OID, TEXTOID}};
	PgiOverride *overrides;

	pgi_sql_read_newest(&query, reader->key);
	overrides = MemoryContextAllocHuge(reader->context,
									   sizeof(PgiOverride) * (2 * SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool isnull;
		Datum contact = pgi_sql_column(row, 3, &isnull);
		PgiOverride override = {DatumGetTimestampTz(column(row, 1)),
								DatumGetTimestampTz(column(row, 2)),
								isnull ? PGI_NOBODY : contact_number(reader, contact)};

		roster->noverrides = pgi_roster_lay_over(overrides, roster->noverrides, override);
	}
	roster->overrides = overrides;
}

/* Reads a roster into a context; NULL when there is none of that name. */
static PgiCompiledRoster *
load(const char *name, int32 org_id, MemoryContext context)
{
	PgiCompiledRoster *compiled =
		MemoryContextAllocZero(context, sizeof(PgiCompiledRoster));
	Reader reader = {name, context};
	PgiOwnerScope scope;
	ListCell *cell;

	reader.key[0] = Int32GetDatum(org_id);
	reader.key[1] = CStringGetTextDatum(name);
	pgi_sql_become_owner(&scope);
	SPI_connect();
	read_layers(&reader);
	read_windows(&reader);
	read_overrides(&reader, &compiled->roster);
	SPI_finish();
	pgi_sql_become_caller(&scope);
	compiled->roster.versions = reader.versions;
	compiled->roster.nversions = reader.nversions;
	compiled->contacts =
		MemoryContextAlloc(context, sizeof(char *) * (list_length(reader.contacts) + 1));
	foreach (cell, reader.contacts)
		compiled->contacts[foreach_current_index(cell)] = lfirst(cell);
	return reader.nversions > 0 ? compiled : NULL;
}

/* Starts an empty cache unless what is cached still holds after all that was committed. */
static void
make_current(void)
{
	HASHCTL control = {0};

	if (!pgi_invalidation_begin(&kept))
		return;
	control.keysize = sizeof(RosterKey);
	control.entrysize = sizeof(CacheEntry);
	control.hcxt = kept.context;
	entries = hash_create("pg_incident rosters", 16, &control,
						  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	pgi_invalidation_begun(&kept);
}

static void
refuse_unknown(const char *name, int32 org_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("roster \"%s\" does not exist in organisation %d",
					pgi_argument_clip(name), org_id),
			 errhint("incident.export_directory() shows the rosters that there are; "
					 "incident.import_directory() makes one.")));
}

/*
 * The roster of this name, also one that has only been; error when there is none. Valid until the
 * end of the client's message.
 */
const PgiCompiledRoster *
pgi_roster_get(const char *name, int32 org_id)
{
	RosterKey key = {org_id};
	CacheEntry *entry;

	make_current();
	if (strlen(name) >= NAMEDATALEN)
		refuse_unknown(name, org_id);
	namestrcpy(&key.name, name);
	entry = hash_search(entries, &key, HASH_FIND, NULL);
	if (entry == NULL)
	{
		MemoryContext context = AllocSetContextCreate(
			CurrentMemoryContext, "pg_incident roster", ALLOCSET_SMALL_SIZES);
		PgiCompiledRoster *compiled = load(name, org_id, context);

		if (compiled == NULL)
			refuse_unknown(name, org_id);
		entry = hash_search(entries, &key, HASH_ENTER, NULL);
		entry->compiled = compiled;
		MemoryContextSetParent(context, kept.context);
	}
	return entry->compiled;
}
