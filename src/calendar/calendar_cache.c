/*
 * calendar_cache.c: reads calendars from their tables and keeps them, with what the kernel
 * has compiled of them, until the tables change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
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
#include "calendar/calendar_cache.h"
#include "calendar/zone.h"

/* A calendar, compiled for a zone. */
typedef struct CachedCalendar
{
	NameData name;
	MemoryContext context; /* holds all that belongs to it */
	uint64 fingerprint;
	PgiCalendar calendar;
	struct CachedCalendar *next; /* of the same name, in another zone */
	int zone;
} CachedCalendar;

typedef struct CacheEntry
{
	NameData name; /* hash key */
	bool floats;   /* counts in the zone of whoever asks */
	CachedCalendar *cached;
} CacheEntry;

/* The zone of an organisation, as a number in `zones`. */
typedef struct Organisation
{
	int32 org_id; /* hash key */
	int zone;
} Organisation;

/* The rows of a calendar, on their way into its source. */
typedef struct Rows
{
	const char *name;
	PgiCalendarSource source;
	PgiWindow *windows;
	int nwindows;
	PgiWeek *weeks;
	PgiException *exceptions;
} Rows;

static PgiKept kept = {PGI_CALENDARS, "calendars"};
static HTAB *entries = NULL;
static HTAB *organisations = NULL;
static List *zones = NIL; /* names; they count from 1 */

static void *
allocate(void *owner, size_t size)
{
	return MemoryContextAllocHuge(((CachedCalendar *) owner)->context, size);
}

static void
release(void *owner, void *block)
{
	pfree(block);
}

static void
refuse(void *owner, int64_t moment)
{
	if (TIMESTAMP_NOT_FINITE(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("working time needs finite times")));
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("calendar \"%s\" does not reach %s",
						   NameStr(((CachedCalendar *) owner)->name),
						   timestamptz_to_str(moment)),
					errdetail("Calendars reach from the year 1 to the year 9999, UTC.")));
}

/* Errors with what is wrong with the rows of a calendar. */
static void
refuse_rows(const Rows *rows, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("calendar \"%s\" is not sound", rows->name),
					errdetail("%s", detail), errhint("Import it again.")));
}

/* Adds the window in two columns of a row to a day; there is none when they are null. */
static void
add_window(Rows *rows, PgiDayWindows *day, uint64 row)
{
	PgiWindow *window = &rows->windows[rows->nwindows];
	bool isnull;

	window->from = DatumGetTimeADT(pgi_sql_column(row, 3, &isnull));
	if (isnull)
		return;
	window->until = DatumGetTimeADT(pgi_sql_column(row, 4, &isnull));
	if (isnull || window->from >= window->until ||
		(day->count > 0 && window->from < window[-1].until) ||
		window->from % USECS_PER_SEC != 0 || window->until % USECS_PER_SEC != 0)
		refuse_rows(rows, "Windows of a day overlap, end before they begin, or begin or "
						  "end within a second.");
	if (day->count == 0)
		day->first = rows->nwindows;
	day->count++;
	rows->nwindows++;
}

/* Makes weeks of the dates from which they hold. Within SPI. */
static void
read_weeks(Rows *rows, ArrayType *dates, MemoryContext context)
{
	Datum *from;
	int nweeks;

	deconstruct_array(dates, DATEOID, sizeof(DateADT), true, TYPALIGN_INT, &from, NULL,
					  &nweeks);
	rows->weeks = MemoryContextAllocZero(context, sizeof(PgiWeek) * Max(nweeks + 1, 1));
	/* Before the first there is none in which anybody works. */
	rows->weeks[0].from = DATEVAL_NOBEGIN;
	rows->source.nweeks = 1;
	for (int i = 0; i < nweeks; i++)
		if (!DATE_IS_NOBEGIN(DatumGetDateADT(from[i])))
			rows->weeks[rows->source.nweeks++].from = DatumGetDateADT(from[i]);
	rows->source.weeks = rows->weeks;
}

static PgiWeek *
week_from(Rows *rows, DateADT date)
{
	for (int i = 0; i < rows->source.nweeks; i++)
		if (rows->weeks[i].from == date)
			return &rows->weeks[i];
	refuse_rows(rows, "Windows are of a week that it has not.");
	return NULL;
}

/* Reads the windows of weekdays and exceptional dates, in order. Within SPI. */
static void
read_windows(Rows *rows, Datum *key, MemoryContext context)
{
	static PgiQuery query = {
		"SELECT NULL::date AS date, weekday, opens, closes, since"
		" FROM incident_internal.calendar_windows WHERE calendar = $1 AND built_in = $2"
		" UNION ALL SELECT d.date, NULL, w.opens, w.closes, NULL"
		" FROM incident_internal.calendar_dates AS d"
		" LEFT JOIN unnest(d.opens, d.closes) AS w(opens, closes) ON true"
		" WHERE d.calendar = $1 AND d.built_in = $2"
		" ORDER BY date NULLS FIRST, since, weekday, opens",
		2,
		{TEXTOID, BOOLOID}};

	pgi_sql_read_newest(&query, key);
	rows->windows =
		MemoryContextAllocHuge(context, sizeof(PgiWindow) * (SPI_processed + 1));
	rows->exceptions =
		MemoryContextAllocHuge(context, sizeof(PgiException) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool isnull;
		int32 date = DatumGetDateADT(pgi_sql_column(row, 1, &isnull));
		PgiException *exception = &rows->exceptions[rows->source.nexceptions];

		if (isnull)
		{
			int weekday = DatumGetInt16(pgi_sql_column(row, 2, &isnull));
			PgiWeek *week =
				week_from(rows, DatumGetDateADT(pgi_sql_column(row, 5, &isnull)));

			add_window(rows, &week->days[weekday - 1], row);
			continue;
		}
		if (rows->source.nexceptions > 0 && exception[-1].date == date)
			exception--;
		else
		{
			*exception = (PgiException){date, {0, 0}};
			rows->source.nexceptions++;
		}
		add_window(rows, &exception->day, row);
	}
	rows->source.windows = rows->windows;
	rows->source.exceptions = rows->exceptions;
}

/* The number of a zone; names are kept for good, as there are only so many. */
static int
zone_number(const char *name)
{
	MemoryContext before;
	int number = 0;

	while (number < list_length(zones))
		if (strcmp(list_nth(zones, number++), name) == 0)
			return number;
	before = MemoryContextSwitchTo(CacheMemoryContext);
	zones = lappend(zones, pstrdup(name));
	MemoryContextSwitchTo(before);
	return list_length(zones);
}

/* The zone of an organisation, as a number. */
static int
zone_of(int32 org_id)
{
	static PgiQuery query = {
		"SELECT incident_internal.organisation_zone($1)", 1, {INT4OID}};
	Organisation *organisation = hash_search(organisations, &org_id, HASH_FIND, NULL);
	Datum key = Int32GetDatum(org_id);
	PgiOwnerScope scope;
	int number;

	if (organisation != NULL)
		return organisation->zone;
	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, &key);
	number = zone_number(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	pgi_sql_become_caller(&scope);
	organisation = hash_search(organisations, &org_id, HASH_ENTER, NULL);
	organisation->zone = number;
	return number;
}

/*
 * Reads a calendar into a context, for a zone where it has none of its own; false when there
 * is none. Within SPI.
 */
static bool
read_rows(Rows *rows, int32 org_id, CachedCalendar *cached)
{
	static PgiQuery query = {"SELECT built_in, zone, weeks, working_day"
							 " FROM incident_internal.calendars"
							 " WHERE calendar = $1 ORDER BY built_in LIMIT 1",
							 1,
							 {TEXTOID}};
	Datum key[2];
	Datum value;
	bool isnull;
	char *zone = NULL;

	key[0] = CStringGetTextDatum(rows->name);
	pgi_sql_read_newest(&query, key);
	if (SPI_processed == 0)
		return false;
	key[1] = pgi_sql_column(0, 1, &isnull);
	value = pgi_sql_column(0, 2, &isnull);
	if (!isnull)
		zone = TextDatumGetCString(value);
	read_weeks(rows, DatumGetArrayTypeP(pgi_sql_column(0, 3, &isnull)), cached->context);
	value = pgi_sql_column(0, 4, &isnull);
	if (!isnull)
		rows->source.day =
			pgi_length_of_interval(DatumGetIntervalP(value), "a working day");
	read_windows(rows, key, cached->context);
	if (zone == NULL)
	{
		cached->zone = zone_of(org_id);
		zone = list_nth(zones, cached->zone - 1);
	}
	rows->source.offsets = pgi_zone_offsets(zone, psprintf("calendar \"%s\"", rows->name),
											cached->context, &rows->source.noffsets);
	return true;
}

static uint64
mix(uint64 all, int64 number)
{
	return hash_combine64(
		all, hash_bytes_extended((const unsigned char *) &number, sizeof(number), 0));
}

static uint64
fingerprint_of(const Rows *rows)
{
	const PgiCalendarSource *source = &rows->source;
	uint64 all = 0;

	for (int i = 0; i < rows->nwindows; i++)
		all = mix(mix(all, rows->windows[i].from), rows->windows[i].until);
	for (int i = 0; i < source->nweeks; i++)
	{
		all = mix(all, source->weeks[i].from);
		for (int day = 0; day < 7; day++)
			all = mix(all, source->weeks[i].days[day].count);
	}
	all = mix(all, source->day);
	for (int i = 0; i < source->nexceptions; i++)
		all = mix(mix(all, source->exceptions[i].date), source->exceptions[i].day.count);
	for (int i = 0; i < source->noffsets; i++)
		all = mix(mix(all, source->offsets[i].from), source->offsets[i].seconds);
	return all;
}

/* Reads and prepares a calendar; NULL when there is none of that name. */
static CachedCalendar *
load(const char *name, int32 org_id)
{
	PgiCalendarHost host = {allocate, release, refuse, NULL};
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident calendar", ALLOCSET_SMALL_SIZES);
	CachedCalendar *cached = MemoryContextAllocZero(context, sizeof(CachedCalendar));
	PgiOwnerScope scope;
	Rows rows = {name};
	bool found;

	namestrcpy(&cached->name, name);
	cached->context = context;
	pgi_sql_become_owner(&scope);
	SPI_connect();
	found = read_rows(&rows, org_id, cached);
	SPI_finish();
	pgi_sql_become_caller(&scope);
	if (!found)
		return NULL;

	cached->fingerprint = fingerprint_of(&rows);
	host.owner = cached;
	pgi_calendar_init(&cached->calendar, &rows.source, &host);
	return cached;
}

/*
 * Starts an empty cache unless what is cached still holds after all that was committed.
 * What it held stays until the end of the client's message, for those who are using it.
 */
static void
make_current(void)
{
	HASHCTL control = {0};

	if (!pgi_invalidation_begin(&kept))
		return;
	control.keysize = NAMEDATALEN;
	control.entrysize = sizeof(CacheEntry);
	control.hcxt = kept.context;
	entries = hash_create("pg_incident calendars", 16, &control,
						  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	control.keysize = sizeof(int32);
	control.entrysize = sizeof(Organisation);
	organisations = hash_create("pg_incident zones", 16, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	pgi_invalidation_begun(&kept);
}

/*
 * The zone in which an organisation counts by calendars that have none of their own, as a
 * number of this session: 1 or more, the same for the same zone.
 */
int
pgi_calendar_zone_of(int32 org_id)
{
	make_current();
	return zone_of(org_id);
}

/*
 * The calendar of this name as it holds for an organisation; NULL when there is none. Valid
 * until the end of the client's message, and without what was committed after the last call
 * for as long. Tells whether it holds for each organisation in the zone of that.
 */
const PgiCalendar *
pgi_calendar_find(const char *name, int32 org_id, bool *floats)
{
	CachedCalendar *cached = NULL;
	CacheEntry *entry;
	bool found;

	make_current();
	if (strlen(name) >= NAMEDATALEN)
		return NULL;
	entry = hash_search(entries, name, HASH_FIND, NULL);
	if (entry != NULL)
	{
		int zone = entry->floats ? zone_of(org_id) : 0;

		for (cached = entry->cached; cached != NULL && cached->zone != zone;)
			cached = cached->next;
	}
	if (cached == NULL)
	{
		cached = load(name, org_id);
		if (cached == NULL)
			return NULL;
		entry = hash_search(entries, name, HASH_ENTER, &found);
		cached->next = found ? entry->cached : NULL;
		entry->cached = cached;
		entry->floats = cached->zone != 0;
		MemoryContextSetParent(cached->context, kept.context);
	}
	*floats = entry->floats;
	return &cached->calendar;
}

/*
 * A number that stands for the rows that a calendar was compiled from: others have, as good
 * as certainly, another.
 */
uint64_t
pgi_calendar_fingerprint(const PgiCalendar *calendar)
{
	return ((const CachedCalendar *) ((const char *) calendar -
									  offsetof(CachedCalendar, calendar)))
		->fingerprint;
}

/* The names of all calendars, as a sentence. */
static char *
known_calendars(void)
{
	static PgiQuery query = {
		"SELECT string_agg(c.calendar, ', ' ORDER BY c.calendar COLLATE \"C\")"
		" FROM (SELECT DISTINCT calendar FROM incident_internal.calendars) AS c",
		0};
	MemoryContext caller = CurrentMemoryContext;
	PgiOwnerScope scope;
	char *names;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, NULL);
	names = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	names = names == NULL ? NULL : MemoryContextStrdup(caller, names);
	SPI_finish();
	pgi_sql_become_caller(&scope);
	if (names == NULL)
		return "There is none.";
	return psprintf("There are: %s.", names);
}

/* What to say of a calendar that does not exist: which there are. */
char *
pgi_calendar_hint(void)
{
	return psprintf("%s incident.import_calendar() makes one.", known_calendars());
}

/* The same as pgi_calendar_find(); error when there is none. */
const PgiCalendar *
pgi_calendar_get(const char *name, int32 org_id)
{
	bool floats;
	const PgiCalendar *calendar = pgi_calendar_find(name, org_id, &floats);

	if (calendar == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("calendar \"%s\" does not exist", pgi_argument_clip(name)),
						errhint("%s", pgi_calendar_hint())));
	return calendar;
}
