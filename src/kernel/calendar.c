/*
 * calendar.c: measures working time and adds it to moments, in constant time.
 */
#include <string.h>

#include "kernel/calendar.h"

#define TIME_SHIFT 36 /* a piece of the index by time is 19 hours */
#define FEW_MARKS 8

/* The table that is made first: from a year before the moment asked for to three after. */
#define TABLE_BEFORE (366 * PGI_DAY)
#define TABLE_AFTER (3 * 366 * PGI_DAY)

/* The table comes this far before exceptions and history of the zone end. */
#define PLAIN_BEFORE (-36525 * PGI_DAY) /* about 1900-01-01 */

/* Collects intervals in order, joining those that touch; without marks it counts them. */
typedef struct Sink
{
	PgiMark *marks;
	uint32_t count;
	int64_t total;
	int64_t end;
} Sink;

static inline void
put(Sink *sink, int64_t from, int64_t until)
{
	if (from != sink->end)
	{
		sink->count++;
		if (sink->marks != NULL)
			sink->marks[sink->count] = (PgiMark){from, sink->total};
	}
	sink->total += until - from;
	sink->end = until;
}

static inline int64_t
floor_divide(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0);
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

/* Working time between two moments over which the offset stays the same. */
static void
put_segment(Sink *sink, const PgiCalendarSource *source, int32_t seconds, int64_t from,
			int64_t until)
{
	int64_t ahead = seconds * INT64_C(1000000);
	int64_t date = floor_divide(from + ahead, PGI_DAY);
	int64_t last = floor_divide(until - 1 + ahead, PGI_DAY);
	/* 2000-01-03 was a Monday. */
	int weekday = (int) (date - 2 - 7 * floor_divide(date - 2, 7));
	int exception = exception_from(source, date);

	for (; date <= last; date++, weekday = weekday == 6 ? 0 : weekday + 1)
	{
		const PgiDayWindows *day = &source->week[weekday];

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
				put(sink, opens, closes);
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
put_all(Sink *sink, const PgiCalendarSource *source, int64_t from, int64_t until)
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
			put_segment(sink, source, seconds, from, change);
			from = change;
		}
	}
}

/* Fills an index: for each piece the last mark whose key is not after its beginning. */
static void
fill_index(uint32_t *index, uint64_t pieces, int shift, const int64_t *key,
		   int64_t origin, uint32_t count)
{
	uint32_t mark = 0;

	for (uint64_t piece = 0; piece < pieces; piece++)
	{
		while (mark < count && (uint64_t) (key[2 * (mark + 1)] - origin) <= piece
																				<< shift)
			mark++;
		index[piece] = mark;
	}
}

/* Compiles the table of the moments from `from` to `until`. */
static void
compile(PgiCalendar *calendar, int64_t from, int64_t until)
{
	Sink sink = {NULL, 0, 0, INT64_MIN};
	uint64_t time_pieces = ((uint64_t) (until - from) >> TIME_SHIFT) + 2;
	uint64_t work_pieces;
	size_t size_of_marks;
	uint32_t *index;
	PgiMark *marks;
	int shift = 0;

	put_all(&sink, &calendar->source, from, until);
	while ((uint64_t) sink.total >> shift > (uint64_t) 2 * sink.count)
		shift++;
	work_pieces = ((uint64_t) sink.total >> shift) + 2;

	/* A mark of its own at either end. */
	size_of_marks = ((size_t) sink.count + 2) * sizeof(PgiMark);
	marks = calendar->host.allocate(calendar->host.owner,
									size_of_marks + (size_t) (time_pieces + work_pieces) *
														sizeof(uint32_t));
	index = (uint32_t *) ((char *) marks + size_of_marks);
	sink = (Sink){marks, 0, 0, INT64_MIN};
	put_all(&sink, &calendar->source, from, until);
	marks[0] = (PgiMark){from, 0};
	marks[sink.count + 1] = (PgiMark){INT64_MAX, sink.total};
	fill_index(index, time_pieces, TIME_SHIFT, &marks->start, from, sink.count);
	fill_index(index + time_pieces, work_pieces, shift, &marks->before, 0, sink.count);

	if (calendar->block != NULL)
		calendar->host.release(calendar->host.owner, calendar->block);
	calendar->block = marks;
	calendar->marks = marks;
	calendar->by_time = index;
	calendar->by_work = index + time_pieces;
	calendar->from = from;
	calendar->width = (uint64_t) (until - from);
	calendar->total = sink.total;
	calendar->work_shift = shift;
}

/* Every moment is working time: seven whole days and no exception. */
static bool
is_always(const PgiCalendarSource *source)
{
	for (int weekday = 0; weekday < 7; weekday++)
	{
		const PgiDayWindows *day = &source->week[weekday];
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
	return source->nexceptions == 0;
}

/*
 * Sets the limits of the table. Before the first exception and the first change of the
 * offset each week is like the other. After the last exception this is so too, from
 * PGI_ZONE_SETTLED on, or else each 400 years are alike.
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
	calendar->low_period = PGI_WEEK;
	calendar->low = plain_until - calendar->low_period;
	if (calendar->low <= PGI_REACH_FIRST)
	{
		calendar->low = PGI_REACH_FIRST;
		calendar->low_period = 0;
	}
	calendar->high_period =
		first_repeated(source) < source->noffsets ? PGI_CYCLE : PGI_WEEK;
	calendar->high = plain_from + calendar->high_period;
	if (calendar->high >= PGI_REACH_LAST)
	{
		calendar->high = PGI_REACH_LAST;
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
	for (int weekday = 0; weekday < 7; weekday++)
	{
		const PgiDayWindows *day = &source->week[weekday];

		for (int i = day->first; i < day->first + day->count; i++)
			calendar->week_work += source->windows[i].until - source->windows[i].from;
	}
	set_limits(calendar);
}

/* Makes the table cover a moment between its limits, growing by its own length or more. */
static void
cover(PgiCalendar *calendar, int64_t moment)
{
	int64_t from = calendar->from;
	int64_t width = (int64_t) calendar->width;
	int64_t until = from + width;

	if (calendar->block != NULL && moment >= from && moment <= until)
		return;
	if (calendar->block == NULL)
	{
		from = moment - TABLE_BEFORE;
		until = moment + TABLE_AFTER;
	}
	else if (moment < from)
		from = moment < from - width ? moment : from - width;
	else
		until = moment > until + width ? moment : until + width;
	if (from < calendar->low)
		from = calendar->low;
	if (until > calendar->high)
		until = calendar->high;
	compile(calendar, from, until);
}

/* The last mark whose key is not after `wanted`, which is in this piece of the index. */
static inline uint32_t
find_mark(const int64_t *key, const uint32_t *index, uint64_t piece, int64_t wanted)
{
	uint32_t mark = index[piece];
	uint32_t last = index[piece + 1];

	while (last - mark > FEW_MARKS)
	{
		uint32_t middle = mark + (last - mark + 1) / 2;

		if (key[2 * (size_t) middle] <= wanted)
			mark = middle;
		else
			last = middle - 1;
	}
	while (key[2 * ((size_t) mark + 1)] <= wanted)
		mark++;
	return mark;
}

static inline bool
is_covered(const PgiCalendar *calendar, int64_t moment)
{
	return (uint64_t) moment - (uint64_t) calendar->from < calendar->width;
}

/* The work in the table before a moment. */
static inline int64_t
work_before(const PgiCalendar *calendar, int64_t moment)
{
	const PgiMark *mark = &calendar->marks[find_mark(
		&calendar->marks->start, calendar->by_time,
		(uint64_t) (moment - calendar->from) >> TIME_SHIFT, moment)];
	int64_t work = mark[0].before + (moment - mark[0].start);

	return work < mark[1].before ? work : mark[1].before;
}

/*
 * The moment before which the table has this work, 0 <= work <= total: the earliest when
 * `earliest`, else the latest.
 */
static inline int64_t
moment_of(const PgiCalendar *calendar, int64_t work, bool earliest)
{
	int64_t unit = work - earliest;
	const PgiMark *mark =
		&calendar->marks[find_mark(&calendar->marks->before, calendar->by_work,
								   (uint64_t) unit >> calendar->work_shift, unit)];

	return mark->start + (work - mark->before);
}

static bool
is_within_reach(int64_t moment)
{
	return moment >= PGI_REACH_FIRST && moment <= PGI_REACH_LAST;
}

/* The moment, or what the host makes of one beyond reach. */
static int64_t
within_reach(const PgiCalendar *calendar, int64_t moment)
{
	if (is_within_reach(moment))
		return moment;
	calendar->host.refuse(calendar->host.owner, moment);
	return moment < PGI_REACH_FIRST ? PGI_REACH_FIRST : PGI_REACH_LAST;
}

/* The work of a period after the table's upper limit. */
static int64_t
high_period_work(PgiCalendar *calendar)
{
	if (calendar->high_period == PGI_WEEK)
		return calendar->week_work;
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
		return -periods * calendar->week_work;
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

/* What pgi_calendar_add gives, from a moment or to one that the table does not cover. */
static int64_t
add_anywhere(PgiCalendar *calendar, int64_t start, int64_t amount)
{
	bool earliest = amount > 0;
	int64_t periods = 0;
	int64_t period = 0;
	int64_t folded;
	int64_t work;

	start = within_reach(calendar, start);
	if (amount == 0)
		return start;
	if (amount > PGI_REACH_LAST - PGI_REACH_FIRST ||
		amount < PGI_REACH_FIRST - PGI_REACH_LAST)
		return PGI_NEVER;
	if (calendar->always)
		return is_within_reach(start + amount) ? start + amount : PGI_NEVER;
	folded = fold(calendar, &start);
	cover(calendar, start);
	for (;;)
	{
		int64_t until = calendar->from + (int64_t) calendar->width;

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
		if (period == 0 || calendar->week_work == 0)
			return PGI_NEVER;
		periods = -((earliest - work + calendar->week_work - 1) / calendar->week_work);
		work -= periods * calendar->week_work;
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
	start = moment_of(calendar, work, earliest) + periods * period;
	return is_within_reach(start) ? start : PGI_NEVER;
}

/* The working time between two moments of which the table does not cover both. */
static int64_t
measure_anywhere(PgiCalendar *calendar, int64_t from, int64_t to)
{
	int64_t folded;

	from = within_reach(calendar, from);
	to = within_reach(calendar, to);
	if (calendar->always)
		return to - from;
	folded = fold(calendar, &to) - fold(calendar, &from);
	cover(calendar, from);
	cover(calendar, to);
	return folded + work_before(calendar, to) - work_before(calendar, from);
}

/*
 * The working time from one moment to another, in microseconds; negative when `to` is the
 * earlier one. Without a calendar every moment counts.
 */
int64_t
pgi_calendar_measure(const PgiCalendar *calendar, int64_t from, int64_t to)
{
	int64_t length;

	if (calendar == NULL)
	{
		if (__builtin_sub_overflow(to, from, &length))
			return to < from ? -PGI_NEVER : PGI_NEVER;
		return length;
	}
	/* The table is a cache: to the caller the calendar does not change when it grows. */
	if (!is_covered(calendar, from) || !is_covered(calendar, to))
		return measure_anywhere((PgiCalendar *) calendar, from, to);
	return work_before(calendar, to) - work_before(calendar, from);
}

/*
 * For a positive amount the earliest moment by which that much has been worked since
 * `start`, for a negative one the latest moment since which that much has been worked at
 * `start`. PGI_NEVER when that much is never worked within reach.
 */
int64_t
pgi_calendar_add(const PgiCalendar *calendar, int64_t start, int64_t amount)
{
	int64_t moment;

	if (calendar == NULL)
		return __builtin_add_overflow(start, amount, &moment) ? PGI_NEVER : moment;
	if (amount != 0 && is_covered(calendar, start))
	{
		bool earliest = amount > 0;
		uint64_t work = (uint64_t) work_before(calendar, start) + (uint64_t) amount;

		if (work - earliest < (uint64_t) calendar->total)
			return moment_of(calendar, (int64_t) work, earliest);
	}
	return add_anywhere((PgiCalendar *) calendar, start, amount);
}
