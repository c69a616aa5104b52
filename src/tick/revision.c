/*
 * revision.c: settles incidents anew whose calendars have changed.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"

#include "base/compat.h"
#include "incident/settle.h"
#include "incident/timeline.h"

/* (organisation, incident): whether settling as far as it was settled changes what was decided. */
PG_FUNCTION_INFO_V1(pgi_settle_again);
Datum
pgi_settle_again(PG_FUNCTION_ARGS)
{
	PgiDecisions decisions = {0};
	PgiTimeline timeline;
	PgiState state;
	int before;

	SPI_connect();
	pgi_timeline_lock(&timeline, PG_GETARG_INT32(0), PG_GETARG_INT64(1));
	before = timeline.nentries;
	pgi_settle_timeline(&timeline, timeline.settled_to, &decisions, &state);
	SPI_finish();
	PG_RETURN_BOOL(timeline.nentries > before);
}
