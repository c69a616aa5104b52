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

#define PGI_DAY INT64_C(86400000000)
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

/* Working hours: microseconds of the local day, 0 <= from < until <= PGI_DAY. */
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

/* From this moment on the zone's clocks are ahead of UTC by this many seconds. */
typedef struct PgiOffset
{
	int64_t from;
	int32_t seconds;
} PgiOffset;

typedef struct PgiCalendarSource
{
	const PgiWindow *windows;
	PgiDayWindows week[7];			/* from Monday on */
	const PgiException *exceptions; /* by date */
	int nexceptions;
	const PgiOffset *offsets; /* by moment; the first holds before its moment too */
	int noffsets;
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

/* Where working time begins, and the work in the table before that. */
typedef struct PgiMark
{
	int64_t start;
	int64_t before;
} PgiMark;

/*
 * The table covers the moments from `from` to `from` + `width`, and grows when another is
 * asked for. Between two marks the work grows with time until it has what stands before
 * the next. Two indexes give the last mark at the beginning of each piece of time, and of
 * work; the pieces have 2 to the power of their shift microseconds.
 */
typedef struct PgiCalendar
{
	bool always; /* every moment is working time, and there is no table */
	int64_t from;
	uint64_t width;
	const PgiMark *marks;
	const uint32_t *by_time;
	const uint32_t *by_work;
	int64_t total; /* work in the table */
	int work_shift;
	/* The table never leaves these; a period beyond each of them is like one within. */
	int64_t low;
	int64_t high;
	int64_t low_period;	 /* 0: nothing is beyond */
	int64_t high_period; /* 0: nothing is beyond */
	int64_t week_work;	 /* in a week without exceptions and changes of the offset */
	PgiCalendarSource source;
	PgiCalendarHost host;
	void *block;
} PgiCalendar;

extern void pgi_calendar_init(PgiCalendar *calendar, const PgiCalendarSource *source,
							  const PgiCalendarHost *host);
extern int64_t pgi_calendar_measure(const PgiCalendar *calendar, int64_t from,
									int64_t to);
extern int64_t pgi_calendar_add(const PgiCalendar *calendar, int64_t start,
								int64_t amount);

#endif
