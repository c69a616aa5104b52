/*
 * calendar.c: makes the tables of working time, and answers what the short ways in
 * calendar.h cannot.
 */
#include <string.h>

#include "kernel/calendar.h"

#define KNOWN_KINDS 1024

/* The table that is made first: from a year before the moment asked for to three after. */
#define TABLE_BEFORE (366 * PGI_DAY)
#define TABLE_AFTER (3 * 366 * PGI_DAY)

/* The table comes this far before exceptions and history of the zone end. */
#define PLAIN_BEFORE (-36525 * PGI_DAY) /* about 1900-01-01 */

/* A table in the making. */
typedef struct Builder
{
	PgiCalendarHost host;
	int64_t from;
	uint64_t *days;
	uint32_t day; /* the one whose windows are being collected */
	uint32_t working_days;
	int64_t total;
	/* Windows of all days, those that are alike once; from `first` on of the current day. */
	PgiWindow *windows;
	uint32_t first;
	uint32_t nwindows;
	uint32_t room;
	PgiDayWindows *kinds; /* the first is the day without work */
	uint32_t nkinds;
	uint32_t kinds_room;
	int widest;
	/* Kinds by their hash. One that another has taken the place of is made anew. */
	uint32_t known[KNOWN_KINDS];
} Builder;

/* Memory for one more item of a list. */
static void *
make_room(const PgiCalendarHost *host, void *list, uint32_t count, uint32_t *room,
		  size_t size)
{
	void *larger;

	if (count < *room)
		return list;
	larger = host->allocate(host->owner, 2 * (size_t) *room * size);
	memcpy(larger, list, *room * size);
	host->release(host->owner, list);
	*room *= 2;
	return larger;
}

static uint32_t *
place_of(Builder *builder, const PgiWindow *windows, int count)
{
	uint64_t hash = 0;

	for (int i = 0; i < count; i++)
		hash = (hash ^ (uint64_t) windows[i].from ^ (uint64_t) windows[i].until << 20) *
			   UINT64_C(0x9E3779B97F4A7C15);
	return &builder->known[hash >> 32 & (KNOWN_KINDS - 1)];
}

/* The kind of the current day. */
static uint32_t
kind_of_day(Builder *builder)
{
	const PgiWindow *windows = &builder->windows[builder->first];
	int count = (int) (builder->nwindows - builder->first);
	uint32_t *known;

	if (count == 0)
		return 0;
	known = place_of(builder, windows, count);
	if (builder->kinds[*known].count == count &&
		memcmp(&builder->windows[builder->kinds[*known].first], windows,
			   count * sizeof(PgiWindow)) == 0)
	{
		builder->nwindows = builder->first;
		return *known;
	}
	builder->kinds = make_room(&builder->host, builder->kinds, builder->nkinds,
							   &builder->kinds_room, sizeof(PgiDayWindows));
	builder->kinds[builder->nkinds] = (PgiDayWindows){(int) builder->first, count};
	builder->first = builder->nwindows;
	if (count > builder->widest)
		builder->widest = count;
	return *known = builder->nkinds++;
}

static uint64_t
day_word(int64_t before, uint32_t kind)
{
	return (uint64_t) (before / PGI_SECOND) << PGI_KIND_BITS | kind;
}

static void
end_day(Builder *builder)
{
	int64_t before = builder->total;

	for (uint32_t i = builder->first; i < builder->nwindows; i++)
		builder->total += builder->windows[i].until - builder->windows[i].from;
	builder->working_days += builder->total > before;
	builder->days[builder->day++] = day_word(before, kind_of_day(builder));
}

/* Adds working time, which is to come in order. */
static void
put(Builder *builder, int64_t from, int64_t until)
{
	while (from < until)
	{
		uint32_t day = (uint32_t) ((from - builder->from) / PGI_DAY);
		int64_t midnight = builder->from + day * PGI_DAY;
		int64_t end = until < midnight + PGI_DAY ? until : midnight + PGI_DAY;

		while (builder->day < day)
			end_day(builder);
		if (builder->nwindows > builder->first &&
			builder->windows[builder->nwindows - 1].until == from - midnight)
			builder->windows[builder->nwindows - 1].until = end - midnight;
		else
		{
			builder->windows =
				make_room(&builder->host, builder->windows, builder->nwindows,
						  &builder->room, sizeof(PgiWindow));
			builder->windows[builder->nwindows++] =
				(PgiWindow){from - midnight, end - midnight};
		}
		from = end;
	}
}

static inline int64_t
floor_divide(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* The beginning of the day of the table that a moment is in. */
static int64_t
midnight_before(const PgiCalendar *calendar, int64_t moment)
{
	return floor_divide(moment - calendar->midnight, PGI_DAY) * PGI_DAY +
		   calendar->midnight;
}

/* The first exception that is not before a date. */
static int
exception_from(const PgiCalendarSource *source, int64_t date)
{
	int low = 0;
	int high = source->nexceptions;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (source->exceptions[middle].date < date)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The week that holds on a date. */
static int
week_at(const PgiCalendarSource *source, int64_t date)
{
	int week = source->nweeks - 1;

	while (week > 0 && source->weeks[week].from > date)
		week--;
	return week;
}

/* Working time between two moments over which the offset stays the same. */
static void
put_segment(Builder *builder, const PgiCalendarSource *source, int32_t seconds,
			int64_t from, int64_t until)
{
	int64_t ahead = seconds * PGI_SECOND;
	int64_t date = floor_divide(from + ahead, PGI_DAY);
	int64_t last = floor_divide(until - 1 + ahead, PGI_DAY);
	/* 2000-01-03 was a Monday. */
	int weekday = (int) (date - 2 - 7 * floor_divide(date - 2, 7));
	int exception = exception_from(source, date);
	int week = week_at(source, date);

	for (; date <= last; date++, weekday = weekday == 6 ? 0 : weekday + 1)
	{
		const PgiDayWindows *day;

		if (week + 1 < source->nweeks && source->weeks[week + 1].from <= date)
			week++;
		day = &source->weeks[week].days[weekday];
		if (exception < source->nexceptions && source->exceptions[exception].date == date)
			day = &source->exceptions[exception++].day;
		for (int i = day->first; i < day->first + day->count; i++)
		{
			int64_t opens = date * PGI_DAY + source->windows[i].from - ahead;
			int64_t closes = date * PGI_DAY + source->windows[i].until - ahead;

			if (opens < from)
				opens = from;
			if (closes > until)
				closes = until;
			if (opens < closes)
				put(builder, opens, closes);
		}
	}
}

/* The first offset of those that repeat; the number of offsets when none does. */
static int
first_repeated(const PgiCalendarSource *source)
{
	int i = source->noffsets;

	while (i > 0 && source->offsets[i - 1].from >= PGI_ZONE_SETTLED)
		i--;
	return i;
}

/* Working time between two moments. */
static void
put_all(Builder *builder, const PgiCalendarSource *source, int64_t from, int64_t until)
{
	int repeated = first_repeated(source);
	int64_t cycles = 0;
	int current = 0;

	while (from < until)
	{
		int32_t seconds = source->offsets[current].seconds;
		int64_t change = until;

		if (++current == source->noffsets && repeated < source->noffsets)
		{
			current = repeated;
			cycles += PGI_CYCLE;
		}
		if (current < source->noffsets)
			change = source->offsets[current].from + cycles;
		else
			current--;
		if (change > until)
			change = until;
		if (change > from)
		{
			put_segment(builder, source, seconds, from, change);
			from = change;
		}
	}
}

/* The next day with work; the number of days when there is none. */
static uint32_t
working_day_after(const uint64_t *days, uint32_t ndays, uint32_t day)
{
	do
		day++;
	while (day < ndays && PGI_DAY_KIND(days[day]) == 0);
	return day;
}

static void
fill_pieces(uint32_t *pieces, uint64_t npieces, int shift, const uint64_t *days,
			uint32_t ndays)
{
	uint32_t day = 0;
	uint32_t next = working_day_after(days, ndays, day);

	for (uint64_t piece = 0; piece < npieces; piece++)
	{
		uint32_t after;
		uint32_t distance;

		while (next < ndays && (uint64_t) PGI_DAY_BEFORE(days[next]) <= piece << shift)
		{
			day = next;
			next = working_day_after(days, ndays, day);
		}
		after = next < ndays ? working_day_after(days, ndays, next) : ndays;
		distance = next - day;
		if (distance > PGI_MANY ||
			(after < ndays && (uint64_t) PGI_DAY_BEFORE(days[after]) < (piece + 1)
																		   << shift))
			distance = PGI_MANY;
		pieces[piece] = day << PGI_NEXT_BITS | distance;
	}
}

/* Makes spells of the windows of every kind of day, as many of each. */
static void
fill_spells(PgiSpell *spell, const Builder *builder)
{
	for (uint32_t kind = 0; kind < builder->nkinds; kind++)
	{
		const PgiDayWindows *day = &builder->kinds[kind];
		int64_t done = 0;

		for (int i = 0; i < builder->widest; i++, spell++)
		{
			spell->idle = PGI_DAY;
			if (i < day->count)
			{
				const PgiWindow *window = &builder->windows[day->first + i];

				spell->idle = window->from - done;
				done += window->until - window->from;
			}
			spell->done = done;
		}
	}
}

/* Compiles the table of the days from `from` to `until`. */
static void
compile(PgiCalendar *calendar, int64_t from, int64_t until)
{
	const PgiCalendarHost *host = &calendar->host;
	uint32_t ndays = (uint32_t) ((until - from) / PGI_DAY);
	Builder builder;
	uint64_t npieces;
	uint32_t *pieces;
	size_t size_of_spells;
	PgiSpell *spells;
	int shift = 0;

	memset(&builder, 0, sizeof(builder));
	builder.host = *host;
	builder.from = from;
	builder.days = host->allocate(host->owner, ((size_t) ndays + 1) * sizeof(uint64_t));
	builder.room = 64;
	builder.windows = host->allocate(host->owner, builder.room * sizeof(PgiWindow));
	builder.kinds_room = 64;
	builder.kinds =
		host->allocate(host->owner, builder.kinds_room * sizeof(PgiDayWindows));
	builder.kinds[builder.nkinds++] = (PgiDayWindows){0, 0};
	builder.widest = PGI_FEW;
	put_all(&builder, &calendar->source, from, until);
	while (builder.day < ndays)
		end_day(&builder);
	builder.days[ndays] = day_word(builder.total, 0);

	while ((uint64_t) builder.total >> shift > (uint64_t) 2 * builder.working_days)
		shift++;
	npieces = ((uint64_t) builder.total >> shift) + 2;
	size_of_spells = (size_t) builder.nkinds * builder.widest * sizeof(PgiSpell);
	spells =
		host->allocate(host->owner, size_of_spells + (size_t) npieces * sizeof(uint32_t));
	pieces = (uint32_t *) ((char *) spells + size_of_spells);
	fill_spells(spells, &builder);
	fill_pieces(pieces, npieces, shift, builder.days, ndays);

	host->release(host->owner, builder.windows);
	host->release(host->owner, builder.kinds);
	for (int i = 0; i < 2; i++)
		if (calendar->blocks[i] != NULL)
			host->release(host->owner, calendar->blocks[i]);
	calendar->blocks[0] = builder.days;
	calendar->blocks[1] = spells;
	calendar->days = builder.days;
	calendar->spells = spells;
	calendar->spells_a_day = builder.widest;
	calendar->pieces = pieces;
	calendar->from = from;
	calendar->width = until - from;
	calendar->simple_width = builder.widest == PGI_FEW ? (uint64_t) calendar->width : 0;
	calendar->simple_total =
		from >= PGI_REACH_FIRST && until <= PGI_REACH_LAST ? (uint64_t) builder.total : 0;
	calendar->total = builder.total;
	calendar->work_shift = shift;
}

/* Every moment is working time: seven whole days, always, and no exception. */
static bool
is_always(const PgiCalendarSource *source)
{
	for (int weekday = 0; weekday < 7; weekday++)
	{
		const PgiDayWindows *day = &source->weeks[0].days[weekday];
		int64_t reached = 0;

		for (int i = day->first; i < day->first + day->count; i++)
		{
			if (source->windows[i].from != reached)
				return false;
			reached = source->windows[i].until;
		}
		if (reached != PGI_DAY)
			return false;
	}
	return source->nexceptions == 0 && source->nweeks == 1;
}

static int64_t
day_work(const PgiCalendarSource *source, const PgiDayWindows *day)
{
	int64_t work = 0;

	for (int i = day->first; i < day->first + day->count; i++)
		work += source->windows[i].until - source->windows[i].from;
	return work;
}

static int64_t
week_work(const PgiCalendarSource *source, int week)
{
	int64_t work = 0;

	for (int weekday = 0; weekday < 7; weekday++)
		work += day_work(source, &source->weeks[week].days[weekday]);
	return work;
}

/*
 * The length of a working day: the one that is declared, or the most frequent one of the
 * first week, the longer of two that are as frequent. So hours that come later change no
 * time that was given in working days.
 */
static int64_t
working_day(const PgiCalendarSource *source)
{
	int64_t found = 0;
	int most = 0;

	if (source->day > 0)
		return source->day;
	for (int weekday = 0; weekday < 7; weekday++)
	{
		int64_t work = day_work(source, &source->weeks[0].days[weekday]);
		int count = 0;

		for (int other = 0; other < 7; other++)
			count += day_work(source, &source->weeks[0].days[other]) == work;
		if (work > 0 && (count > most || (count == most && work > found)))
		{
			found = work;
			most = count;
		}
	}
	return most > 0 ? found : PGI_DAY;
}

/*
 * Sets the limits of the table. Before the first exception, the first change of the offset
 * and the first change of the week, each week is like the other. After the last ones this
 * is so too, from PGI_ZONE_SETTLED on, or else each 400 years are alike.
 */
static void
set_limits(PgiCalendar *calendar)
{
	const PgiCalendarSource *source = &calendar->source;
	int64_t plain_until = PLAIN_BEFORE;
	int64_t plain_from = PGI_ZONE_SETTLED;

	if (source->noffsets > 1 && source->offsets[1].from < plain_until)
		plain_until = source->offsets[1].from;
	if (source->nexceptions > 0)
	{
		int64_t first = (source->exceptions[0].date - 1) * PGI_DAY;
		int64_t last = (source->exceptions[source->nexceptions - 1].date + 2) * PGI_DAY;

		if (first < plain_until)
			plain_until = first;
		if (last > plain_from)
			plain_from = last;
	}
	if (source->nweeks > 1)
	{
		int64_t first = ((int64_t) source->weeks[1].from - 1) * PGI_DAY;
		int64_t last = ((int64_t) source->weeks[source->nweeks - 1].from + 2) * PGI_DAY;

		plain_until = pgi_least(plain_until, first);
		plain_from = pgi_most(plain_from, last);
	}
	calendar->low_period = PGI_WEEK;
	calendar->low = midnight_before(calendar, plain_until) - PGI_WEEK;
	if (calendar->low <= PGI_REACH_FIRST)
	{
		calendar->low = midnight_before(calendar, PGI_REACH_FIRST);
		calendar->low_period = 0;
	}
	calendar->high_period =
		first_repeated(source) < source->noffsets ? PGI_CYCLE : PGI_WEEK;
	calendar->high =
		midnight_before(calendar, plain_from) + PGI_DAY + calendar->high_period;
	if (calendar->high > PGI_REACH_LAST)
	{
		calendar->high = midnight_before(calendar, PGI_REACH_LAST) + PGI_DAY;
		calendar->high_period = 0;
	}
}

/*
 * Prepares a calendar; what the source points at must live as long as it does. The table
 * is compiled when something is first asked.
 */
void
pgi_calendar_init(PgiCalendar *calendar, const PgiCalendarSource *source,
				  const PgiCalendarHost *host)
{
	memset(calendar, 0, sizeof(*calendar));
	calendar->source = *source;
	calendar->host = *host;
	calendar->always = is_always(source);
	calendar->midnight = -source->offsets[source->noffsets - 1].seconds * PGI_SECOND;
	calendar->first_work = week_work(source, 0);
	calendar->last_work = week_work(source, source->nweeks - 1);
	calendar->day = working_day(source);
	set_limits(calendar);
}

/* Makes the table cover a moment between its limits, growing by its own length or more. */
static void
cover(PgiCalendar *calendar, int64_t moment)
{
	int64_t width = calendar->width;
	int64_t from = calendar->from;
	int64_t until = from + width;
	int64_t day;

	if (width > 0 && moment >= from && moment <= until)
		return;
	day = midnight_before(calendar, moment);
	if (width == 0)
	{
		from = day - TABLE_BEFORE;
		until = day + TABLE_AFTER;
	}
	else if (moment < from)
		from = day < from - width ? day : from - width;
	else
		until = day >= until + width ? day + PGI_DAY : until + width;
	if (from < calendar->low)
		from = calendar->low;
	if (until > calendar->high)
		until = calendar->high;
	compile(calendar, from, until);
}

static int64_t
work_before(const PgiCalendar *calendar, int64_t moment)
{
	return pgi_work_before(calendar, calendar->spells_a_day, moment);
}

/* The last day whose work does not begin after a unit of the work in the table. */
static uint32_t
day_of(const PgiCalendar *calendar, int64_t unit)
{
	const uint32_t *piece = &calendar->pieces[(uint64_t) unit >> calendar->work_shift];
	uint32_t day = PGI_PIECE_DAY(piece[0]);
	uint32_t last = PGI_PIECE_DAY(piece[1]);

	while (day < last)
	{
		uint32_t middle = day + (last - day + 1) / 2;

		if (PGI_DAY_BEFORE(calendar->days[middle]) <= unit)
			day = middle;
		else
			last = middle - 1;
	}
	return day;
}

/* The moment, or what the host makes of one beyond reach. */
static int64_t
within_reach(const PgiCalendar *calendar, int64_t moment)
{
	if (pgi_is_within_reach(moment))
		return moment;
	calendar->host.refuse(calendar->host.owner, moment);
	return moment < PGI_REACH_FIRST ? PGI_REACH_FIRST : PGI_REACH_LAST;
}

/* The work of a period after the table's upper limit. */
static int64_t
high_period_work(PgiCalendar *calendar)
{
	if (calendar->high_period == PGI_WEEK)
		return calendar->last_work;
	cover(calendar, calendar->high - calendar->high_period);
	cover(calendar, calendar->high);
	return calendar->total -
		   work_before(calendar, calendar->high - calendar->high_period);
}

/*
 * Moves a moment by whole periods to where the table can cover it; returns the work of
 * these periods.
 */
static int64_t
fold(PgiCalendar *calendar, int64_t *moment)
{
	int64_t periods;

	if (*moment < calendar->low)
	{
		periods =
			(calendar->low - *moment + calendar->low_period - 1) / calendar->low_period;
		*moment += periods * calendar->low_period;
		return -periods * calendar->first_work;
	}
	if (*moment > calendar->high)
	{
		periods = (*moment - calendar->high + calendar->high_period - 1) /
				  calendar->high_period;
		*moment -= periods * calendar->high_period;
		return periods * high_period_work(calendar);
	}
	return 0;
}

/* What pgi_calendar_add gives, when the short way does not do. */
int64_t
pgi_calendar_add_anywhere(const PgiCalendar *constant, int64_t start, int64_t amount)
{
	/* The table is a cache: to the caller the calendar does not change when it grows. */
	PgiCalendar *calendar = (PgiCalendar *) constant;
	bool earliest = amount > 0;
	int64_t periods = 0;
	int64_t period = 0;
	int64_t folded;
	int64_t work;
	uint32_t number;

	if (calendar == NULL)
		return __builtin_add_overflow(start, amount, &start) ? PGI_NEVER : start;
	start = within_reach(calendar, start);
	if (amount == 0)
		return start;
	if (amount > PGI_REACH_LAST - PGI_REACH_FIRST ||
		amount < PGI_REACH_FIRST - PGI_REACH_LAST)
		return PGI_NEVER;
	if (calendar->always)
		return pgi_is_within_reach(start + amount) ? start + amount : PGI_NEVER;
	folded = fold(calendar, &start);
	cover(calendar, start);
	for (;;)
	{
		int64_t until = calendar->from + calendar->width;

		work = work_before(calendar, start) + folded + amount;
		if (work - earliest < 0 && calendar->from > calendar->low)
			cover(calendar, calendar->from - 1);
		else if (work - earliest >= calendar->total && until < calendar->high)
			cover(calendar, until + 1);
		else if (work - earliest >= calendar->total &&
				 calendar->from > calendar->high - calendar->high_period)
			cover(calendar, calendar->high - calendar->high_period);
		else
			break;
	}

	/* What the table cannot hold is whole periods beyond its limits. */
	if (work - earliest < 0)
	{
		period = calendar->low_period;
		if (period == 0 || calendar->first_work == 0)
			return PGI_NEVER;
		periods = -((earliest - work + calendar->first_work - 1) / calendar->first_work);
		work -= periods * calendar->first_work;
	}
	else if (work - earliest >= calendar->total)
	{
		int64_t period_work;

		period = calendar->high_period;
		if (period == 0 || (period_work = high_period_work(calendar)) == 0)
			return PGI_NEVER;
		periods = (work - earliest - calendar->total) / period_work + 1;
		work -= periods * period_work;
	}
	if (period > 0 &&
		(periods > PGI_REACH_LAST / period || periods < PGI_REACH_FIRST / period))
		return PGI_NEVER;
	number = day_of(calendar, work - earliest);
	start = calendar->from + number * PGI_DAY + periods * period +
			pgi_time_of(calendar, calendar->spells_a_day, calendar->days[number], work,
						earliest);
	return pgi_is_within_reach(start) ? start : PGI_NEVER;
}

/* What pgi_calendar_measure gives, when the short way does not do. */
int64_t
pgi_calendar_measure_anywhere(const PgiCalendar *constant, int64_t from, int64_t to)
{
	PgiCalendar *calendar = (PgiCalendar *) constant;
	int64_t folded;
	int64_t length;

	if (calendar == NULL)
	{
		if (__builtin_sub_overflow(to, from, &length))
			return to < from ? -PGI_NEVER : PGI_NEVER;
		return length;
	}
	from = within_reach(calendar, from);
	to = within_reach(calendar, to);
	if (calendar->always)
		return to - from;
	folded = fold(calendar, &to) - fold(calendar, &from);
	cover(calendar, from);
	cover(calendar, to);
	return folded + work_before(calendar, to) - work_before(calendar, from);
}
