/*
 * calendar.h: working time. A calendar as rows (PgiCalendarSource) and as the compiled
 * table (PgiCalendar) that one kernel measures, adds and subtracts with.
 *
 * Moments are microseconds since 2000-01-01 00:00 UTC, lengths of time microseconds, dates
 * days since 2000-01-01. A moment is working time when the clock on the wall shows a time
 * inside a window [from, until) of the date that it shows: an hour that is skipped holds
 * none, one that is repeated counts twice.
 */
#ifndef PGI_KERNEL_CALENDAR_H
#define PGI_KERNEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/grade.h"

#define PGI_SECOND INT64_C(1000000)
#define PGI_DAY (86400 * PGI_SECOND)
#define PGI_WEEK (7 * PGI_DAY)

/* A calendar reaches from the first to the last microsecond of the years 1 to 9999, UTC. */
#define PGI_REACH_FIRST (-730119 * PGI_DAY)
#define PGI_REACH_LAST (2921940 * PGI_DAY - 1)

/*
 * Dates, weekdays and the rules of daylight saving time repeat after 400 years. A source
 * states the changes of a zone's offset before PGI_ZONE_REPEATS; from then on those since
 * PGI_ZONE_SETTLED come again and again.
 */
#define PGI_CYCLE (146097 * PGI_DAY)
#define PGI_ZONE_SETTLED (36525 * PGI_DAY) /* 2100-01-01 */
#define PGI_ZONE_REPEATS (PGI_ZONE_SETTLED + PGI_CYCLE)

/*
 * Working hours: microseconds of the local day, whole seconds, 0 <= from < until <=
 * PGI_DAY.
 */
typedef struct PgiWindow
{
	int64_t from;
	int64_t until;
} PgiWindow;

/* The windows of a day, a part of the source's list: in order, and none overlaps another. */
typedef struct PgiDayWindows
{
	int first;
	int count;
} PgiDayWindows;

/* A date that does not have the windows of its weekday. */
typedef struct PgiException
{
	int32_t date;
	PgiDayWindows day;
} PgiException;

/* From this date on the windows of the weekdays, from Monday on, are these. */
typedef struct PgiWeek
{
	int32_t from;
	PgiDayWindows days[7];
} PgiWeek;

/* From this moment on the zone's clocks are ahead of UTC by this many seconds. */
typedef struct PgiOffset
{
	int64_t from;
	int32_t seconds;
} PgiOffset;

typedef struct PgiCalendarSource
{
	const PgiWindow *windows;
	const PgiWeek *weeks; /* by date; the first holds before its date too */
	int nweeks;
	const PgiException *exceptions; /* by date */
	int nexceptions;
	const PgiOffset *offsets; /* by moment; the first holds before its moment too */
	int noffsets;
	int64_t day; /* the length of a working day; 0 where the first week tells it */
} PgiCalendarSource;

/* What the calendar needs of those who keep it. */
typedef struct PgiCalendarHost
{
	/* Memory; does not return when there is none. */
	void *(*allocate)(void *owner, size_t size);
	void (*release)(void *owner, void *block);
	/* Refuses a moment beyond reach; when it returns, the nearest within is taken. */
	void (*refuse)(void *owner, int64_t moment);
	void *owner;
} PgiCalendarHost;

/*
 * A spell of work in a day, by the time of the day that is idle before it and the work of
 * the day up to its end. At any time t of the day the work done is the greatest of
 * min(t - idle, done) over its spells, or none.
 */
typedef struct PgiSpell
{
	int64_t idle;
	int64_t done;
} PgiSpell;

/*
 * A day of the table in a word: the seconds of work in the table before it, and what kind
 * of day it is. Kinds are days that differ in their spells.
 */
#define PGI_KIND_BITS 25
#define PGI_DAY_KIND(day) ((day) & ((UINT64_C(1) << PGI_KIND_BITS) - 1))
#define PGI_DAY_BEFORE(day) ((int64_t) ((day) >> PGI_KIND_BITS) * PGI_SECOND)

/*
 * A piece of the work in the table in a word: the day that has its first unit, and how
 * many days later the next one with work is; PGI_MANY when that is late or the piece has
 * work of more than these two.
 */
#define PGI_NEXT_BITS 8
#define PGI_PIECE_DAY(piece) ((piece) >> PGI_NEXT_BITS)
#define PGI_PIECE_NEXT(piece) ((piece) &PGI_MANY)
#define PGI_MANY ((UINT32_C(1) << PGI_NEXT_BITS) - 1)

/* More spells a day than these make the way longer. */
#define PGI_FEW 2

/*
 * The table covers `width` microseconds from `from` on, whole days that begin at midnight
 * of the zone's latest offset, and grows when another moment is asked for. Days that are
 * alike share their spells; every day has the same number of them, PGI_FEW or more, the
 * last ones being empty. The pieces of work have 2 to the power of `work_shift`
 * microseconds.
 *
 * Nobody can predict which spell a moment is in, so it is found without branches.
 */
typedef struct PgiCalendar
{
	int64_t from;
	const uint64_t *days;
	const PgiSpell *spells;
	const uint32_t *pieces;
	/* The table's width and work, or 0 where the short way does not do. */
	uint64_t simple_width;
	uint64_t simple_total;
	int work_shift;
	int spells_a_day;
	int64_t width;
	int64_t total;
	bool always; /* every moment is working time, and there is no table */
	/* The table never leaves these; a period beyond each of them is like one within. */
	int64_t low;
	int64_t high;
	int64_t low_period;	 /* 0: nothing is beyond */
	int64_t high_period; /* 0: nothing is beyond */
	int64_t midnight;	 /* a day of the table begins there */
	/* In a week without exceptions and changes of the offset, long ago and in the end. */
	int64_t first_work;
	int64_t last_work;
	int64_t day; /* the length of a working day */
	PgiCalendarSource source;
	PgiCalendarHost host;
	void *blocks[2];
} PgiCalendar;

extern void pgi_calendar_init(PgiCalendar *calendar, const PgiCalendarSource *source,
							  const PgiCalendarHost *host);
extern int64_t pgi_calendar_measure_anywhere(const PgiCalendar *calendar, int64_t from,
											 int64_t to);
extern int64_t pgi_calendar_add_anywhere(const PgiCalendar *calendar, int64_t start,
										 int64_t amount);

static inline bool
pgi_is_within_reach(int64_t moment)
{
	return (uint64_t) moment - (uint64_t) PGI_REACH_FIRST <=
		   (uint64_t) (PGI_REACH_LAST - PGI_REACH_FIRST);
}

/* The table covers the moment and its days are simple. */
static inline bool
pgi_is_simple(const PgiCalendar *calendar, int64_t moment)
{
	return (uint64_t) moment - (uint64_t) calendar->from < calendar->simple_width;
}

static inline int64_t
pgi_least(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

static inline int64_t
pgi_most(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* The work in the table before a moment. */
static inline int64_t
pgi_work_before(const PgiCalendar *calendar, int nspells, int64_t moment)
{
	uint64_t place = (uint64_t) (moment - calendar->from);
	uint64_t day = calendar->days[place / PGI_DAY];
	const PgiSpell *spell = &calendar->spells[PGI_DAY_KIND(day) * nspells];
	int64_t time = (int64_t) (place % PGI_DAY);
	int64_t done = 0;

	for (int i = 0; i < nspells; i++)
		done = pgi_most(done, pgi_least(time - spell[i].idle, spell[i].done));
	return PGI_DAY_BEFORE(day) + done;
}

/*
 * The time of the day before which the table has this work: the earliest when `earliest`,
 * else the latest.
 */
static inline int64_t
pgi_time_of(const PgiCalendar *calendar, int nspells, uint64_t day, int64_t work,
			bool earliest)
{
	const PgiSpell *spell = &calendar->spells[PGI_DAY_KIND(day) * nspells];
	int64_t done = work - PGI_DAY_BEFORE(day);
	int64_t idle = spell[0].idle;

	/* Compilers make a branch of a condition here, and below. */
	for (int i = 1; i < nspells; i++)
		idle +=
			(spell[i].idle - idle) & -(int64_t) (done - earliest >= spell[i - 1].done);
	return idle + done;
}

/*
 * The working time from one moment to another, in microseconds; negative when `to` is the
 * earlier one. Without a calendar every moment counts.
 */
static inline int64_t
pgi_calendar_measure(const PgiCalendar *calendar, int64_t from, int64_t to)
{
	if (calendar == NULL || !pgi_is_simple(calendar, from) ||
		!pgi_is_simple(calendar, to))
		return pgi_calendar_measure_anywhere(calendar, from, to);
	return pgi_work_before(calendar, PGI_FEW, to) -
		   pgi_work_before(calendar, PGI_FEW, from);
}

/*
 * For a positive amount the earliest moment by which that much has been worked since
 * `start`, for a negative one the latest moment since which that much has been worked at
 * `start`. PGI_NEVER when that much is never worked within reach.
 */
static inline int64_t
pgi_calendar_add(const PgiCalendar *calendar, int64_t start, int64_t amount)
{
	bool earliest = amount > 0;

	if (calendar != NULL && amount != 0 && pgi_is_simple(calendar, start))
	{
		uint64_t work =
			(uint64_t) pgi_work_before(calendar, PGI_FEW, start) + (uint64_t) amount;
		uint64_t unit = work - earliest;

		if (unit < calendar->simple_total)
		{
			uint32_t piece = calendar->pieces[unit >> calendar->work_shift];
			uint32_t number = PGI_PIECE_DAY(piece);
			uint32_t distance = PGI_PIECE_NEXT(piece);

			if (distance != PGI_MANY)
			{
				uint64_t day = calendar->days[number];
				uint64_t next = calendar->days[number + distance];
				bool reached = (uint64_t) PGI_DAY_BEFORE(next) <= unit;

				number += distance & -(uint32_t) reached;
				day ^= (day ^ next) & -(uint64_t) reached;
				return calendar->from + number * PGI_DAY +
					   pgi_time_of(calendar, PGI_FEW, day, (int64_t) work, earliest);
			}
		}
	}
	return pgi_calendar_add_anywhere(calendar, start, amount);
}

#endif
