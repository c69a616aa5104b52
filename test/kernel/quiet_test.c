/*
 * quiet_test.c: until when somebody is not to be disturbed, by hand and by a walk over random days.
 */
#include "tap.h"
#include "random.h"
#include "kernel/quiet.h"

#define CASES 20000

/* A zone that is 1 hour ahead of UTC; on day 100 at 01:00 UTC it goes to 2, on day 200 back. */
static const PgiOffset offsets[] = {
	{PGI_REACH_FIRST, 3600}, {100 * PGI_DAY + HOUR, 7200}, {200 * PGI_DAY + HOUR, 3600}};

static int
is(const PgiWindow *windows, int nwindows, int64_t moment, int64_t until)
{
	int64_t answer = pgi_quiet_until(offsets, 3, windows, nwindows, moment);

	if (answer == until)
		return 1;
	printf("# %lld: until %lld, not %lld\n", (long long) moment, (long long) answer,
		   (long long) until);
	return 0;
}

static void
test_windows(void)
{
	PgiWindow night[] = {{22 * HOUR, PGI_DAY}, {0, 7 * HOUR}};
	PgiWindow early[] = {{HOUR, 5 * HOUR / 2}};
	PgiWindow skipped[] = {{2 * HOUR, 3 * HOUR}};
	PgiWindow always[] = {{12 * HOUR, PGI_DAY}, {0, 12 * HOUR}};

	ok(is(night, 2, 10 * PGI_DAY + 12 * HOUR, 10 * PGI_DAY + 12 * HOUR), "at noon");
	ok(is(night, 2, 10 * PGI_DAY + 21 * HOUR, 11 * PGI_DAY + 6 * HOUR),
	   "windows that follow one another are one");
	ok(is(night, 2, 10 * PGI_DAY + 21 * HOUR - 1, 10 * PGI_DAY + 21 * HOUR - 1) &&
		   is(night, 2, 11 * PGI_DAY + 6 * HOUR, 11 * PGI_DAY + 6 * HOUR),
	   "from the first moment until before the last");
	ok(is(night, 2, -10 * PGI_DAY, -10 * PGI_DAY + 6 * HOUR), "long ago");
	ok(is(night, 2, 99 * PGI_DAY + 23 * HOUR, 100 * PGI_DAY + 5 * HOUR),
	   "a night in which an hour is skipped");
	ok(is(night, 2, 199 * PGI_DAY + 23 * HOUR, 200 * PGI_DAY + 6 * HOUR),
	   "a night in which an hour is repeated");
	ok(is(early, 1, 100 * PGI_DAY, 100 * PGI_DAY + HOUR),
	   "an end in a skipped hour is at the end of it");
	ok(is(early, 1, 200 * PGI_DAY, 200 * PGI_DAY + HOUR / 2) &&
		   is(early, 1, 200 * PGI_DAY + HOUR, 200 * PGI_DAY + 3 * HOUR / 2),
	   "an end in a repeated hour comes twice");
	ok(is(skipped, 1, 100 * PGI_DAY + HOUR, 100 * PGI_DAY + HOUR),
	   "a window that is skipped holds no time");
	ok(is(always, 2, 10 * PGI_DAY, PGI_NEVER), "every hour of the day");
	ok(is(always, 0, 10 * PGI_DAY, 10 * PGI_DAY), "no window");
}

/* What a walk by quarters of an hour finds; all times are such. */
static int64_t
walk(const PgiWindow *windows, int nwindows, int64_t moment)
{
	for (int64_t at = moment; at < moment + PGI_QUIET_HORIZON; at += QUARTER)
	{
		int64_t seconds = at >= offsets[1].from && at < offsets[2].from ? 7200 : 3600;
		int64_t time = (at + seconds * PGI_SECOND) % PGI_DAY;
		int quiet = 0;

		for (int i = 0; i < nwindows; i++)
			quiet |= windows[i].from <= time && time < windows[i].until;
		if (!quiet)
			return at;
	}
	return PGI_NEVER;
}

static void
test_walk(void)
{
	int wrong = 0;

	for (int i = 0; i < CASES; i++)
	{
		PgiWindow windows[4];
		int nwindows = 0;
		int64_t around = (below(2) ? 98 : 198) * PGI_DAY;
		int64_t moment = around + below(4 * 96) * QUARTER;

		for (int64_t time = below(24) * QUARTER; time < PGI_DAY && nwindows < 4;)
		{
			int64_t until = pgi_least(time + random_time(40), PGI_DAY);

			windows[nwindows++] = (PgiWindow){time, until};
			time = until + below(8) * QUARTER;
		}
		wrong += !is(windows, nwindows, moment, walk(windows, nwindows, moment));
	}
	ok(wrong == 0,
	   "random windows around changes of the clocks end where a walk finds it");
}

int
main(void)
{
	test_windows();
	test_walk();
	return done_testing();
}
