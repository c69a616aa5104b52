/*
 * quiet.c: until when somebody is not to be disturbed.
 */
#include "kernel/quiet.h"

/* The window that a time of the day is in; NULL for none. */
static const PgiWindow *
window_at(const PgiWindow *windows, int nwindows, int64_t time)
{
	for (int i = 0; i < nwindows; i++)
		if (windows[i].from <= time && time < windows[i].until)
			return &windows[i];
	return NULL;
}

/*
 * The first moment from this one on at which the clock on the wall shows a time outside of all
 * windows, which are those of every day; PGI_NEVER when there is none. The offsets are those of the
 * zone from the moment until PGI_QUIET_HORIZON later; the first holds before too.
 */
int64_t
pgi_quiet_until(const PgiOffset *offsets, int noffsets, const PgiWindow *windows,
				int nwindows, int64_t moment)
{
	int64_t horizon = moment + PGI_QUIET_HORIZON;
	int n = 0;

	while (moment < horizon)
	{
		int64_t time;
		const PgiWindow *window;

		while (n + 1 < noffsets && offsets[n + 1].from <= moment)
			n++;
		time = (moment + offsets[n].seconds * PGI_SECOND) % PGI_DAY;
		time += time < 0 ? PGI_DAY : 0;
		window = window_at(windows, nwindows, time);
		if (window == NULL)
			return moment;
		moment += window->until - time;
		if (n + 1 < noffsets)
			moment = pgi_least(moment, offsets[n + 1].from);
	}
	return PGI_NEVER;
}
