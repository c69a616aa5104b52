/*
 * roster_test.c: who is on call.
 *
 * Hand-over over days that the clocks make long or short, layers, windows, overrides and versions,
 * by hand; and random rosters, whose answers must hold until just when they say.
 */
#include <stdlib.h>

#include "tap.h"
#include "host.h"
#include "random.h"
#include "kernel/roster.h"

#define ROSTERS 300
#define CASES 40

/* A zone that is 1 hour ahead of UTC; on day 100 at 01:00 UTC it goes to 2, on day 200 back. */
static const PgiOffset offsets[] = {
	{PGI_REACH_FIRST, 3600}, {100 * PGI_DAY + HOUR, 7200}, {200 * PGI_DAY + HOUR, 3600}};
static const int32_t members[] = {7, 8, 9};

static void
refuse(void *owner, int64_t moment)
{
	(void) owner;
	(void) moment;
	abort();
}

/* Windows every day from one time to another, in the zone. */
static PgiCalendar
make_windows(PgiWindow *window, PgiWeek *week)
{
	PgiCalendarHost host = {allocate, release, refuse, NULL};
	PgiCalendarSource source = {window, week, 1, NULL, 0, offsets, 3, 0};
	PgiCalendar calendar;

	week->from = -1000000;
	for (int day = 0; day < 7; day++)
		week->days[day] = (PgiDayWindows){0, 1};
	pgi_calendar_init(&calendar, &source, &host);
	return calendar;
}

static PgiRosterVersion
make_version(const PgiRosterLayer *layers, int nlayers)
{
	return (PgiRosterVersion){-1000 * PGI_DAY, PGI_NEVER, offsets, 3, layers, nlayers};
}

static int
is(const PgiRoster *roster, int64_t moment, int32_t contact, int layer, int64_t until)
{
	PgiOnCall answer = pgi_roster_on_call(roster, moment);

	if (answer.contact == contact && answer.layer == layer && answer.until == until)
		return 1;
	printf("# %lld: contact %d, layer %d, until %lld\n", (long long) moment,
		   (int) answer.contact, answer.layer, (long long) answer.until);
	return 0;
}

static void
test_turns(void)
{
	PgiRosterLayer daily = {members, 2, 99 * PGI_DAY + 8 * HOUR, PGI_DAY, true, NULL};
	PgiRosterLayer hourly = {members, 3, 99 * PGI_DAY + 8 * HOUR, 12 * HOUR, false, NULL};
	PgiRosterLayer skipped = {members, 2,	 99 * PGI_DAY + 5 * HOUR / 2,
							  PGI_DAY, true, NULL};
	PgiRosterLayer repeated = {members, 2,	  199 * PGI_DAY + 5 * HOUR / 2,
							   PGI_DAY, true, NULL};
	PgiRosterLayer alone = {members, 1, 99 * PGI_DAY, PGI_DAY, true, NULL};
	PgiRosterVersion version = make_version(&daily, 1);
	PgiRoster roster = {&version, 1, NULL, 0};

	ok(is(&roster, 99 * PGI_DAY + 7 * HOUR - 1, PGI_NOBODY, 0, 99 * PGI_DAY + 7 * HOUR),
	   "nobody before the first turn");
	ok(is(&roster, 99 * PGI_DAY + 7 * HOUR, 7, 1, 100 * PGI_DAY + 6 * HOUR),
	   "the day on which clocks go forward is short");
	ok(is(&roster, 199 * PGI_DAY + 6 * HOUR, 7, 1, 200 * PGI_DAY + 7 * HOUR),
	   "the day on which clocks go back is long");
	version.layers = &hourly;
	ok(is(&roster, 100 * PGI_DAY, 8, 1, 100 * PGI_DAY + 7 * HOUR),
	   "hours are those that pass");
	version.layers = &skipped;
	ok(is(&roster, 100 * PGI_DAY, 7, 1, 100 * PGI_DAY + HOUR),
	   "a hand-over in a skipped hour is at its end");
	version.layers = &repeated;
	ok(is(&roster, 200 * PGI_DAY, 7, 1, 200 * PGI_DAY + HOUR / 2),
	   "a hand-over in a repeated hour is the first time");
	ok(is(&roster, 200 * PGI_DAY + 3 * HOUR / 2, 8, 1, 201 * PGI_DAY + 3 * HOUR / 2),
	   "and not again the second time");
	version.layers = &alone;
	ok(is(&roster, 300 * PGI_DAY, 7, 1, PGI_NEVER), "who is alone hands over to nobody");
}

static void
test_layers(void)
{
	PgiWindow window = {8 * HOUR, 20 * HOUR};
	PgiWeek week;
	PgiCalendar windows = make_windows(&window, &week);
	PgiRosterLayer layers[2] = {{&members[2], 1, 0, PGI_DAY, true, NULL},
								{members, 2, 0, 7 * PGI_DAY, true, &windows}};
	PgiRosterVersion versions[2] = {make_version(layers, 2), make_version(layers, 1)};
	PgiOverride overrides[4];
	PgiRoster roster = {versions, 1, overrides, 0};

	ok(is(&roster, 10 * PGI_DAY, 9, 1, 10 * PGI_DAY + 7 * HOUR), "below a closed window");
	ok(is(&roster, 10 * PGI_DAY + 7 * HOUR, 8, 2, 10 * PGI_DAY + 19 * HOUR),
	   "the later layer lies over the earlier");
	roster.noverrides = pgi_roster_lay_over(
		overrides, 0,
		(PgiOverride){10 * PGI_DAY + 6 * HOUR, 10 * PGI_DAY + 12 * HOUR, 5});
	roster.noverrides = pgi_roster_lay_over(
		overrides, roster.noverrides,
		(PgiOverride){10 * PGI_DAY + 8 * HOUR, 10 * PGI_DAY + 10 * HOUR, 6});
	ok(roster.noverrides == 3, "the newest override cuts an older one in two");
	ok(is(&roster, 10 * PGI_DAY + 7 * HOUR, 5, 0, 10 * PGI_DAY + 8 * HOUR),
	   "an override lies over all layers");
	ok(is(&roster, 10 * PGI_DAY + 8 * HOUR, 6, 0, 10 * PGI_DAY + 10 * HOUR),
	   "the newest override holds");
	ok(is(&roster, 10 * PGI_DAY + 10 * HOUR, 5, 0, 10 * PGI_DAY + 12 * HOUR),
	   "and the older one goes on");
	roster.noverrides =
		pgi_roster_lay_over(overrides, roster.noverrides,
							(PgiOverride){10 * PGI_DAY, 11 * PGI_DAY, PGI_NOBODY});
	ok(roster.noverrides == 1 &&
		   is(&roster, 10 * PGI_DAY + 7 * HOUR, 8, 2, 10 * PGI_DAY + 19 * HOUR),
	   "one for nobody takes them back");
	versions[0].until = versions[1].since = 30 * PGI_DAY + 12 * HOUR;
	versions[1].until = 40 * PGI_DAY;
	roster.nversions = 2;
	ok(is(&roster, 30 * PGI_DAY + 7 * HOUR, 7, 2, 30 * PGI_DAY + 12 * HOUR),
	   "a version ends in the middle of a turn");
	ok(is(&roster, 30 * PGI_DAY + 12 * HOUR, 9, 1, 40 * PGI_DAY), "the next begins");
	ok(is(&roster, 40 * PGI_DAY, PGI_NOBODY, 0, PGI_NEVER), "and nobody after the last");
	versions[1].layers = &layers[0];
	versions[0].until = 29 * PGI_DAY;
	ok(is(&roster, 29 * PGI_DAY, PGI_NOBODY, 0, 30 * PGI_DAY + 12 * HOUR),
	   "nobody between two versions");
}

/* Whether an answer holds at every half hour until it says, and not then. */
static int
holds(const PgiRoster *roster, int64_t moment)
{
	PgiOnCall first = pgi_roster_on_call(roster, moment);
	PgiOnCall then;
	int64_t last = pgi_least(first.until, moment + 20 * PGI_DAY);

	for (int64_t at = moment; at < last; at += HOUR / 2)
	{
		then = pgi_roster_on_call(roster, at);
		if (then.contact != first.contact || then.layer != first.layer ||
			then.until != first.until)
			return 0;
	}
	if (first.until == PGI_NEVER)
		return 1;
	then = pgi_roster_on_call(roster, first.until);
	return then.contact != first.contact || then.layer != first.layer;
}

static void
test_random(void)
{
	int failed = 0;

	for (int i = 0; i < ROSTERS; i++)
	{
		PgiWindow window[3];
		PgiWeek week[3];
		PgiCalendar windows[3];
		PgiRosterLayer layers[3];
		PgiOverride overrides[8];
		int nlayers = 1 + below(3);
		PgiRosterVersion version = make_version(layers, nlayers);
		PgiRoster roster = {&version, 1, overrides, 0};

		for (int l = 0; l < nlayers; l++)
		{
			bool of_days = below(2) == 0;

			window[l].from = below(20) * HOUR;
			window[l].until = window[l].from + (1 + below(4)) * HOUR;
			windows[l] = make_windows(&window[l], &week[l]);
			layers[l] =
				(PgiRosterLayer){members,
								 1 + below(3),
								 (90 + below(20)) * PGI_DAY + below(48) * HOUR / 2,
								 (1 + below(9)) * (of_days ? PGI_DAY : HOUR),
								 of_days,
								 below(2) == 0 ? &windows[l] : NULL};
		}
		for (int o = 0; o < 4; o++)
		{
			int64_t since = (90 + below(120)) * PGI_DAY + below(24) * HOUR;

			roster.noverrides =
				pgi_roster_lay_over(overrides, roster.noverrides,
									(PgiOverride){since, since + (1 + below(60)) * HOUR,
												  below(4) == 0 ? PGI_NOBODY : 4 + o});
		}
		for (int n = 0; n < CASES; n++)
			failed += !holds(&roster, 95 * PGI_DAY + below(5000) * HOUR / 2);
		for (int l = 0; l < nlayers; l++)
			for (int b = 0; b < 2; b++)
				free(windows[l].blocks[b]);
	}
	ok(failed == 0, "an answer holds until just when it says");
}

int
main(void)
{
	test_turns();
	test_layers();
	test_random();
	return done_testing();
}
