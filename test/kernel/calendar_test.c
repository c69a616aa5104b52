/*
 * calendar_test.c: measuring and adding working time.
 *
 * Days that the clocks make long, short or skip, by hand; random calendars against a
 * walker that looks at every minute; and the laws that fix a sum to the microsecond.
 */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "kernel/calendar.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define CALENDARS 200
#define CASES 100
#define MAX_WINDOWS 256
#define MAX_EXCEPTIONS 12
#define MAX_OFFSETS 1300
#define MAX_WEEKS 4

typedef struct Rows
{
	PgiCalendarSource source;
	PgiWindow windows[MAX_WINDOWS];
	int nwindows;
	PgiWeek weeks[MAX_WEEKS];
	PgiException exceptions[MAX_EXCEPTIONS];
	PgiOffset offsets[MAX_OFFSETS];
} Rows;

/* What the calendars of a test hold of the memory, and what they refused. */
static int blocks = 0;
static size_t largest = 0;
static int refusals = 0;
static int64_t refused = 0;

static void *
allocate(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	if (block == NULL)
		abort();
	blocks++;
	if (size > largest)
		largest = size;
	return block;
}

static void
release(void *owner, void *block)
{
	(void) owner;
	blocks--;
	free(block);
}

static void
refuse(void *owner, int64_t moment)
{
	(void) owner;
	refusals++;
	refused = moment;
}

static const PgiCalendarHost host = {allocate, release, refuse, NULL};

static uint64_t seed = 20260301;

static int
below(int n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int) ((seed >> 33) % (uint64_t) n);
}

static int64_t
below64(int64_t n)
{
	return (int64_t) ((((uint64_t) below(1 << 30) << 30) | (uint64_t) below(1 << 30)) %
					  (uint64_t) n);
}

/* Days since 2000-01-01 of a date of the Gregorian calendar, from the year 1 on. */
static int64_t
date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 730425;
}

static int64_t
at(int64_t year, int64_t month, int64_t day, int64_t hour)
{
	return date(year, month, day) * PGI_DAY + hour * HOUR;
}

static void
start_rows(Rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	rows->source.windows = rows->windows;
	rows->source.weeks = rows->weeks;
	rows->source.nweeks = 1;
	rows->source.exceptions = rows->exceptions;
	rows->source.offsets = rows->offsets;
	rows->source.noffsets = 1;
}

static void
add_window(Rows *rows, PgiDayWindows *day, int64_t from, int64_t until)
{
	if (day->count == 0)
		day->first = rows->nwindows;
	day->count++;
	rows->windows[rows->nwindows].from = from;
	rows->windows[rows->nwindows++].until = until;
}

static void
same_hours(Rows *rows, int days, int64_t from, int64_t until)
{
	for (int weekday = 0; weekday < days; weekday++)
		add_window(rows, &rows->weeks[0].days[weekday], from, until);
}

static void
add_offset(Rows *rows, int64_t from, int32_t seconds)
{
	rows->offsets[rows->source.noffsets].from = from;
	rows->offsets[rows->source.noffsets++].seconds = seconds;
}

static PgiException *
add_exception(Rows *rows, int64_t day)
{
	PgiException *exception = &rows->exceptions[rows->source.nexceptions++];

	exception->date = (int32_t) day;
	return exception;
}

static PgiCalendar
prepare(const Rows *rows)
{
	PgiCalendar calendar;

	pgi_calendar_init(&calendar, &rows->source, &host);
	return calendar;
}

static void
forget(PgiCalendar *calendar)
{
	for (int i = 0; i < 2; i++)
		if (calendar->blocks[i] != NULL)
			release(NULL, calendar->blocks[i]);
	calendar->blocks[0] = calendar->blocks[1] = NULL;
}

/* The working time between two moments is so many minutes, on a calendar made for this. */
static int
minutes_are(const Rows *rows, int64_t from, int64_t to, int64_t minutes)
{
	PgiCalendar calendar = prepare(rows);
	int64_t measured = pgi_calendar_measure(&calendar, from, to);

	forget(&calendar);
	if (measured != minutes * MINUTE)
		printf("# measured %.3f minutes\n", (double) measured / MINUTE);
	return measured == minutes * MINUTE;
}

static void
test_always(void)
{
	Rows rows;
	PgiCalendar calendar;

	ok(pgi_calendar_measure(NULL, 5, 3) == -2 && pgi_calendar_add(NULL, 5, -7) == -2,
	   "without a calendar every moment counts");
	ok(pgi_calendar_measure(NULL, INT64_MIN, 5) == PGI_NEVER &&
		   pgi_calendar_measure(NULL, 5, INT64_MIN) == -PGI_NEVER &&
		   pgi_calendar_add(NULL, INT64_MAX - 1, 2) == PGI_NEVER,
	   "what is too long is PGI_NEVER");

	start_rows(&rows);
	same_hours(&rows, 7, 0, PGI_DAY);
	calendar = prepare(&rows);
	ok(calendar.always && pgi_calendar_measure(&calendar, -5, at(2026, 1, 1, 0)) ==
							  at(2026, 1, 1, 0) + 5,
	   "seven whole days need no table");
	ok(pgi_calendar_add(&calendar, at(9999, 12, 31, 23), HOUR - 1) == PGI_REACH_LAST &&
		   pgi_calendar_add(&calendar, at(9999, 12, 31, 23), HOUR) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(1, 1, 1, 1), -HOUR - 1) == PGI_NEVER,
	   "and have the reach of all others");
	add_exception(&rows, date(2026, 1, 1));
	calendar = prepare(&rows);
	ok(!calendar.always && pgi_calendar_measure(&calendar, at(2025, 12, 31, 0),
												at(2026, 1, 3, 0)) == 2 * PGI_DAY,
	   "seven whole days and a holiday need one");
	forget(&calendar);
}

/* Berlin's clocks in 2026, and a working Sunday. */
static void
test_daylight(void)
{
	Rows rows;

	start_rows(&rows);
	rows.offsets[0].seconds = 3600;
	add_offset(&rows, at(2026, 3, 29, 1), 7200);
	add_offset(&rows, at(2026, 10, 25, 1), 3600);
	add_window(&rows, &rows.weeks[0].days[6], 0, PGI_DAY);
	ok(minutes_are(&rows, at(2026, 3, 28, 0), at(2026, 3, 30, 12), 23 * 60),
	   "a Sunday on which clocks go forward has 23 hours");
	ok(minutes_are(&rows, at(2026, 10, 24, 0), at(2026, 10, 26, 12), 25 * 60),
	   "a Sunday on which clocks go back has 25");

	rows.windows[0] = (PgiWindow){2 * HOUR + 30 * MINUTE, 4 * HOUR};
	ok(minutes_are(&rows, at(2026, 3, 28, 0), at(2026, 3, 30, 12), 60),
	   "a window that begins in the skipped hour begins at its end");
	rows.windows[0] = (PgiWindow){2 * HOUR, 3 * HOUR};
	ok(minutes_are(&rows, at(2026, 3, 28, 0), at(2026, 3, 30, 12), 0),
	   "a window in the skipped hour holds nothing");
	rows.windows[0] = (PgiWindow){2 * HOUR + 30 * MINUTE, 2 * HOUR + 45 * MINUTE};
	ok(minutes_are(&rows, at(2026, 10, 24, 0), at(2026, 10, 26, 12), 30),
	   "a window in the repeated hour counts twice");
}

static void
test_dates(void)
{
	Rows rows;

	/* Samoa went from 10 hours behind UTC to 14 ahead and had no 2011-12-30, a Friday. */
	start_rows(&rows);
	rows.offsets[0].seconds = -36000;
	add_offset(&rows, at(2011, 12, 30, 10), 50400);
	same_hours(&rows, 5, 9 * HOUR, 17 * HOUR);
	ok(minutes_are(&rows, at(2011, 12, 29, 10), at(2012, 1, 1, 10), 8 * 60),
	   "a skipped Friday holds nothing");

	/* The other way round a date comes twice. */
	start_rows(&rows);
	rows.offsets[0].seconds = 50400;
	add_offset(&rows, at(2011, 12, 30, 10), -36000);
	add_window(&rows, &add_exception(&rows, date(2011, 12, 30))->day, 22 * HOUR, PGI_DAY);
	ok(minutes_are(&rows, at(2011, 12, 28, 0), at(2012, 1, 3, 0), 4 * 60),
	   "a date that comes twice counts twice");

	start_rows(&rows);
	same_hours(&rows, 5, 9 * HOUR, 17 * HOUR);
	ok(minutes_are(&rows, at(2026, 1, 5, 0), at(2026, 1, 12, 0), 40 * 60),
	   "a week from Monday to Friday");
	ok(minutes_are(&rows, at(2026, 1, 9, 16), at(2026, 1, 12, 10), 2 * 60),
	   "a weekend holds nothing");
	ok(minutes_are(&rows, at(2026, 1, 12, 10), at(2026, 1, 9, 16), -2 * 60),
	   "backwards it is negative");
	add_exception(&rows, date(2026, 1, 7));
	add_window(&rows, &add_exception(&rows, date(2026, 1, 10))->day, 10 * HOUR,
			   11 * HOUR);
	ok(minutes_are(&rows, at(2026, 1, 5, 0), at(2026, 1, 12, 0), 33 * 60),
	   "a holiday and an extra Saturday");
}

static void
test_add(void)
{
	Rows rows;
	PgiCalendar calendar;

	start_rows(&rows);
	same_hours(&rows, 5, 9 * HOUR, 17 * HOUR);
	calendar = prepare(&rows);
	ok(pgi_calendar_add(&calendar, at(2026, 1, 9, 16), HOUR) == at(2026, 1, 9, 17),
	   "the earliest moment is the end of a window");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 12, 10), -HOUR) == at(2026, 1, 12, 9),
	   "the latest moment is the beginning of one");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 10, 3), 0) == at(2026, 1, 10, 3),
	   "nothing leaves a moment where it is");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 10, 3), 1) == at(2026, 1, 12, 9) + 1 &&
		   pgi_calendar_add(&calendar, at(2026, 1, 10, 3), -1) == at(2026, 1, 9, 17) - 1,
	   "a microsecond from a weekend");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 5, 0), 40 * 52 * HOUR * 1000) ==
		   at(2026, 1, 5, 0) + (52 * 1000 - 1) * PGI_WEEK + 4 * PGI_DAY + 17 * HOUR,
	   "a thousand years ahead");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 5, 0), -40 * 52 * HOUR * 1000) ==
		   at(2026, 1, 5, 0) - 52 * 1000 * PGI_WEEK + 9 * HOUR,
	   "a thousand years back");
	ok(pgi_calendar_add(&calendar, at(2026, 1, 5, 0), INT64_MAX) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(2026, 1, 5, 0), INT64_MIN) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(2026, 1, 5, 0), 2100 * 8000 * HOUR) ==
			   PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(2026, 1, 5, 0), -2100 * 2100 * HOUR) ==
			   PGI_NEVER,
	   "more than there is within reach");
	forget(&calendar);

	start_rows(&rows);
	add_window(&rows, &add_exception(&rows, date(2030, 5, 6))->day, HOUR, 2 * HOUR);
	calendar = prepare(&rows);
	ok(pgi_calendar_add(&calendar, at(2026, 1, 5, 0), HOUR) == at(2030, 5, 6, 2) &&
		   pgi_calendar_add(&calendar, at(2026, 1, 5, 0), HOUR + 1) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(2035, 1, 5, 0), 1) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(2035, 1, 5, 0), -HOUR) == at(2030, 5, 6, 1) &&
		   pgi_calendar_add(&calendar, at(2026, 1, 5, 0), -1) == PGI_NEVER,
	   "one hour of work, once and never again");
	forget(&calendar);

	start_rows(&rows);
	calendar = prepare(&rows);
	ok(pgi_calendar_measure(&calendar, at(1, 1, 1, 0), at(9999, 12, 31, 0)) == 0 &&
		   pgi_calendar_add(&calendar, 0, 1) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, 0, -1) == PGI_NEVER,
	   "no work at all");
	ok(calendar.width < (300 * 366 * PGI_DAY),
	   "which is known without a look at every year");
	forget(&calendar);
}

static void
test_reach(void)
{
	Rows rows;
	PgiCalendar calendar;

	start_rows(&rows);
	same_hours(&rows, 7, 0, 12 * HOUR);
	calendar = prepare(&rows);
	refusals = 0;
	ok(pgi_calendar_measure(&calendar, PGI_REACH_FIRST, PGI_REACH_LAST) ==
			   INT64_C(3652059) * 12 * HOUR &&
		   PGI_REACH_FIRST == at(1, 1, 1, 0) &&
		   PGI_REACH_LAST == at(10000, 1, 1, 0) - 1 && refusals == 0,
	   "from the first to the last moment");
	(void) pgi_calendar_measure(&calendar, 0, PGI_REACH_LAST + 1);
	ok(refusals == 1 && refused == PGI_REACH_LAST + 1, "not after the last");
	(void) pgi_calendar_measure(&calendar, PGI_REACH_FIRST - 1, 0);
	ok(refusals == 2 && refused == PGI_REACH_FIRST - 1, "not before the first");
	(void) pgi_calendar_add(&calendar, INT64_MIN, 0);
	(void) pgi_calendar_add(&calendar, INT64_MAX, 1);
	ok(refusals == 4 && refused == INT64_MAX, "not from beyond either");
	ok(pgi_calendar_add(&calendar, at(9999, 12, 31, 11), HOUR) == at(9999, 12, 31, 12) &&
		   pgi_calendar_add(&calendar, at(9999, 12, 31, 11), HOUR + 1) == PGI_NEVER &&
		   pgi_calendar_add(&calendar, at(1, 1, 1, 1), -HOUR) == PGI_REACH_FIRST &&
		   pgi_calendar_add(&calendar, at(1, 1, 1, 1), -HOUR - 1) == PGI_NEVER,
	   "sums end there too");
	forget(&calendar);

	start_rows(&rows);
	same_hours(&rows, 7, 0, PGI_DAY);
	add_exception(&rows, date(9999, 12, 28));
	calendar = prepare(&rows);
	ok(pgi_calendar_measure(&calendar, at(9999, 12, 27, 0), PGI_REACH_LAST) ==
			   4 * PGI_DAY - 1 &&
		   pgi_calendar_add(&calendar, at(9999, 12, 31, 23), HOUR - 1) ==
			   PGI_REACH_LAST &&
		   pgi_calendar_add(&calendar, at(9999, 12, 31, 23), HOUR) == PGI_NEVER,
	   "also where the table ends there");
	forget(&calendar);
}

/* The offset of a moment, found by looking; `hint` is where it was found last. */
static int64_t
ahead_at(const PgiCalendarSource *source, int64_t moment, int *hint)
{
	int i = *hint;

	while (moment >= PGI_ZONE_REPEATS)
		moment -= PGI_CYCLE;
	while (i > 0 && moment < source->offsets[i].from)
		i--;
	while (i + 1 < source->noffsets && moment >= source->offsets[i + 1].from)
		i++;
	*hint = i;
	return source->offsets[i].seconds * SECOND;
}

/* Whether a moment is working time, by what the clock on the wall shows. */
static int
is_working(const PgiCalendarSource *source, int64_t moment, int *hint)
{
	int64_t wall = moment + ahead_at(source, moment, hint) + 8 * PGI_CYCLE;
	int64_t day = wall / PGI_DAY - 8 * 146097;
	const PgiDayWindows *windows = NULL;

	for (int i = 0; i < source->nweeks; i++)
		if (i == 0 || source->weeks[i].from <= day)
			windows = &source->weeks[i].days[(day + 8 * 146097 + 5) % 7];
	for (int i = 0; i < source->nexceptions; i++)
		if (source->exceptions[i].date == day)
			windows = &source->exceptions[i].day;
	for (int i = windows->first; i < windows->first + windows->count; i++)
		if (wall % PGI_DAY >= source->windows[i].from &&
			wall % PGI_DAY < source->windows[i].until)
			return 1;
	return 0;
}

static void
random_windows(Rows *rows, PgiDayWindows *day)
{
	int64_t reached = 0;

	for (int i = below(4); i > 0 && reached < PGI_DAY; i--)
	{
		int64_t from = reached + below(3) * below(240) * MINUTE;
		int64_t until = from + (1 + below(500)) * MINUTE;

		if (from >= PGI_DAY)
			return;
		if (until > PGI_DAY)
			until = PGI_DAY;
		add_window(rows, day, from, until);
		reached = until;
	}
}

/* The last Sunday of a month, in days since 2000-01-01. */
static int64_t
last_sunday(int64_t year, int64_t month)
{
	int64_t last = date(year, month, 31);

	return last - (last + 730119 + 1) % 7;
}

/* Summer time each year between two. */
static void
yearly_offsets(Rows *rows, int64_t first, int64_t last, int32_t winter, int32_t summer)
{
	rows->offsets[0].seconds = winter;
	for (int64_t year = first; year <= last; year++)
	{
		add_offset(rows, last_sunday(year, 3) * PGI_DAY + HOUR, summer);
		add_offset(rows, last_sunday(year, 10) * PGI_DAY + HOUR, winter);
	}
}

/* A calendar with something happening around a moment, which it returns. */
static int64_t
random_rows(Rows *rows)
{
	int64_t base;
	int64_t day;

	start_rows(rows);
	for (int weekday = 0; weekday < 7; weekday++)
		if (below(4) > 0)
			random_windows(rows, &rows->weeks[0].days[weekday]);
	switch (below(3))
	{
		case 0:
			base = at(1800, 1, 1, 0) + below64(500 * 365) * PGI_DAY;
			if (below(20) == 0)
				base = at(1, 3, 1, 0) + below64(9998 * 365) * PGI_DAY;
			rows->offsets[0].seconds = (below(1441) - 720) * 60;
			break;
		case 1:
			base = at(1700, 1, 1, 0) + below64(399 * 365) * PGI_DAY;
			for (int64_t moment = base - 14 * PGI_DAY; below(5) > 0;)
			{
				moment += (1 + below(6 * 1440)) * MINUTE;
				add_offset(rows, moment, (below(1681) - 840) * 60);
			}
			break;
		default:
			yearly_offsets(rows, 2100 - below(200), 2499, 60 * (below(1441) - 720),
						   60 * (below(1441) - 720));
			base = at(below(20) ? 1850 + below(700) : 3 + below(9990), below(2) ? 3 : 10,
					  28, below(24));
	}
	day = base / PGI_DAY - 15;
	while (rows->source.nweeks < MAX_WEEKS && below(3) == 0)
	{
		PgiWeek *week = &rows->weeks[rows->source.nweeks++];

		day += 1 + below(12);
		week->from = (int32_t) day;
		for (int weekday = 0; weekday < 7; weekday++)
			if (below(4) > 0)
				random_windows(rows, &week->days[weekday]);
	}
	day = base / PGI_DAY - 15;
	for (int i = below(MAX_EXCEPTIONS); i > 0; i--)
	{
		day += 1 + below(4);
		random_windows(rows, &add_exception(rows, day)->day);
	}
	return base;
}

#define WALK_DAYS 40
#define WALK_MINUTES (WALK_DAYS * 1440)

/* The minutes of work before each minute of the walk that begins at `from`. */
static void
walk(const PgiCalendarSource *source, int64_t from, int *before)
{
	int hint = 0;

	before[0] = 0;
	for (int i = 0; i < WALK_MINUTES; i++)
		before[i + 1] = before[i] + is_working(source, from + i * MINUTE, &hint);
}

/* The work of the walk before a moment, also inside a minute. */
static int64_t
walked(const int *before, int64_t from, int64_t moment)
{
	int64_t minute = (moment - from) / MINUTE;
	int64_t work = before[minute] * MINUTE;

	return before[minute + 1] > before[minute] ? work + (moment - from) % MINUTE : work;
}

/*
 * That a sum is right to the microsecond: it measures what was added, and a microsecond
 * nearer it does not.
 */
static int
sum_is_right(const PgiCalendar *calendar, int64_t start, int64_t amount, int64_t sum)
{
	if (amount == 0)
		return sum == start;
	return pgi_calendar_measure(calendar, start, sum) == amount &&
		   pgi_calendar_measure(calendar, start, sum - (amount > 0 ? 1 : -1)) ==
			   amount - (amount > 0 ? 1 : -1);
}

static void
test_random(void)
{
	static int before[WALK_MINUTES + 2];
	static Rows rows;
	int wrong_measures = 0;
	int wrong_sums = 0;
	int far_sums = 0;
	int never = 0;
	int wrong_laws = 0;

	refusals = 0;
	for (int i = 0; i < CALENDARS; i++)
	{
		int64_t from = random_rows(&rows) - WALK_DAYS / 2 * PGI_DAY;
		PgiCalendar calendar = prepare(&rows);

		walk(&rows.source, from, before);
		for (int j = 0; j < CASES; j++)
		{
			int64_t grain = below(2) ? MINUTE : 1;
			int64_t a = from + below64(WALK_MINUTES * MINUTE / grain) * grain;
			int64_t b = from + below64(WALK_MINUTES * MINUTE / grain) * grain;
			int64_t c = PGI_REACH_FIRST + below64(PGI_REACH_LAST - PGI_REACH_FIRST);
			int64_t ab = walked(before, from, b) - walked(before, from, a);
			int64_t far = (below64(2 * PGI_CYCLE) - PGI_CYCLE) / (1 + below(1000));
			int64_t sum;

			if (below(100) == 0)
			{
				forget(&calendar);
				calendar = prepare(&rows);
			}
			wrong_measures += pgi_calendar_measure(&calendar, a, b) != ab;
			sum = pgi_calendar_add(&calendar, a, ab);
			wrong_sums += sum == PGI_NEVER || !sum_is_right(&calendar, a, ab, sum);
			sum = pgi_calendar_add(&calendar, b, far);
			if (sum == PGI_NEVER)
				never++;
			else
				wrong_sums += !sum_is_right(&calendar, b, far, sum);
			far_sums += sum != PGI_NEVER;
			wrong_laws += pgi_calendar_measure(&calendar, a, c) !=
							  ab + pgi_calendar_measure(&calendar, b, c) ||
						  pgi_calendar_measure(&calendar, a, c) !=
							  -pgi_calendar_measure(&calendar, c, a);
		}
		forget(&calendar);
	}
	printf("# %d far sums, %d beyond reach\n", far_sums, never);
	ok(wrong_measures == 0, "random calendars measure what a walker counts");
	ok(wrong_sums == 0, "sums are right to the microsecond");
	ok(wrong_laws == 0, "measures add up, and turn round with their ends");
	ok(far_sums > CALENDARS * CASES / 4 && never > 0, "far sums and too far ones occur");
	ok(refusals == 0 && blocks == 0, "nothing is refused, all memory is given back");
}

/* A calendar with summer time, hour by hour through the years 1750 to 3350. */
static void
test_centuries(void)
{
	static Rows rows;
	PgiCalendar calendar;
	int64_t from = at(1750, 1, 1, 0);
	int64_t until = at(3350, 1, 1, 0);
	int64_t work = 0;
	int hint = 0;
	int wrong = 0;

	start_rows(&rows);
	yearly_offsets(&rows, 1980, 2499, 3600, 7200);
	same_hours(&rows, 6, 1 * HOUR, 3 * HOUR);
	add_window(&rows, &rows.weeks[0].days[6], 2 * HOUR, 3 * HOUR);
	add_window(&rows, &add_exception(&rows, date(2099, 12, 31))->day, 0, PGI_DAY);
	calendar = prepare(&rows);
	largest = 0;
	for (int64_t moment = from; moment < until; moment += HOUR)
	{
		if (below(5000) == 0)
			wrong += pgi_calendar_measure(&calendar, from, moment) != work ||
					 (work > 0 && !sum_is_right(&calendar, from, work,
												pgi_calendar_add(&calendar, from, work)));
		if (is_working(&rows.source, moment, &hint))
			work += HOUR;
	}
	ok(wrong == 0 && work > 0, "sixteen centuries, hour by hour");
	ok(pgi_calendar_measure(&calendar, from, until) == work &&
		   pgi_calendar_add(&calendar, until, -work - 1) < from,
	   "and all of them together");
	ok(calendar.width >= 590 * 365 * PGI_DAY &&
		   largest < 9 * (size_t) (calendar.width / PGI_DAY),
	   "in a table of a word for each day");
	forget(&calendar);
}

/* Hours that change, by the dates of the clock on the wall, and what a working day is. */
static void
test_weeks(void)
{
	Rows rows;
	PgiCalendar calendar;

	start_rows(&rows);
	rows.offsets[0].seconds = 8 * 3600;
	same_hours(&rows, 5, 9 * HOUR, 17 * HOUR);
	rows.source.nweeks = 3;
	rows.weeks[1].from = (int32_t) date(2027, 1, 1);
	for (int weekday = 0; weekday < 4; weekday++)
		add_window(&rows, &rows.weeks[1].days[weekday], 8 * HOUR, 17 * HOUR);
	rows.weeks[2].from = (int32_t) date(2028, 1, 1);
	ok(minutes_are(&rows, at(2026, 12, 27, 16), at(2027, 1, 3, 16), 32 * 60),
	   "Monday to Thursday by the hours of before, Friday the first by the new ones");
	ok(minutes_are(&rows, at(2027, 1, 3, 16), at(2027, 1, 10, 16), 36 * 60),
	   "a week by the new ones");
	ok(minutes_are(&rows, at(2027, 12, 26, 16), at(2100, 1, 1, 0), 36 * 60),
	   "and no work after the third");
	calendar = prepare(&rows);
	ok(calendar.day == 8 * HOUR, "a working day is the most frequent of the first week");
	ok(pgi_calendar_measure(&calendar, at(1, 1, 3, 0), at(1, 1, 31, 0)) == 4 * 40 * HOUR,
	   "the first week holds since ever");
	ok(pgi_calendar_add(&calendar, at(2028, 1, 1, 0), 1) == PGI_NEVER,
	   "what is never worked is known");
	forget(&calendar);
	add_window(&rows, &rows.weeks[0].days[5], 9 * HOUR, 12 * HOUR);
	rows.source.day = 7 * HOUR;
	calendar = prepare(&rows);
	ok(calendar.day == 7 * HOUR, "or the one that is declared");
	forget(&calendar);

	start_rows(&rows);
	add_window(&rows, &rows.weeks[0].days[0], 0, 4 * HOUR);
	add_window(&rows, &rows.weeks[0].days[1], 0, 6 * HOUR);
	calendar = prepare(&rows);
	ok(calendar.day == 6 * HOUR, "of two that are as frequent the longer");
	forget(&calendar);
}

int
main(void)
{
	test_always();
	test_weeks();
	test_daylight();
	test_dates();
	test_add();
	test_reach();
	test_random();
	test_centuries();
	return done_testing();
}
