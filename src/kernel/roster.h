/*
 * roster.h: who is on call at a moment, and until when.
 *
 * Moments are microseconds since 2000-01-01 00:00 UTC; what a clock on the wall shows is
 * written as the moment at which a clock in UTC shows it. Contacts are numbers.
 */
#ifndef PGI_KERNEL_ROSTER_H
#define PGI_KERNEL_ROSTER_H

#include "kernel/calendar.h"

#define PGI_NOBODY (-1)
#define PGI_LAYER_OVERRIDE 0 /* layers count from 1, the lowest */

/* How far ahead the next change is looked for. */
#define PGI_ROSTER_HORIZON (400 * PGI_DAY)

/*
 * Members take turns, the first from `from` on. A turn of days ends when the clock on the wall
 * shows the time at which it began; any other one when so much time has passed.
 */
typedef struct PgiRosterLayer
{
	const int32_t *members;
	int nmembers;
	int64_t from; /* what the clock on the wall shows then */
	int64_t turn;
	bool of_days;
	const PgiCalendar *windows; /* NULL: it holds at any time */
} PgiRosterLayer;

/* What a roster is from `since` until before `until`. */
typedef struct PgiRosterVersion
{
	int64_t since;
	int64_t until;
	const PgiOffset *offsets; /* of its zone; by moment, the first holds before too */
	int noffsets;
	const PgiRosterLayer *layers; /* each lies over those before */
	int nlayers;
} PgiRosterVersion;

/* Somebody in place of those whose turn it is; PGI_NOBODY leaves these their turn. */
typedef struct PgiOverride
{
	int64_t since;
	int64_t until;
	int32_t contact;
} PgiOverride;

typedef struct PgiRoster
{
	const PgiRosterVersion *versions; /* in order; none overlaps another */
	int nversions;
	const PgiOverride *overrides; /* in order; none overlaps another */
	int noverrides;
} PgiRoster;

typedef struct PgiOnCall
{
	int32_t contact; /* PGI_NOBODY: nobody, and of no layer */
	int layer;
	int64_t until; /* PGI_NEVER where nothing changes within the horizon */
} PgiOnCall;

extern int pgi_roster_lay_over(PgiOverride *overrides, int count, PgiOverride newest);
extern PgiOnCall pgi_roster_on_call(const PgiRoster *roster, int64_t moment);

#endif
