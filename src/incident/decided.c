/*
 * decided.c: up to which moment all that follows from an incident's facts is decided.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "incident/decided.h"

/* Reads how far ticks have come, into the current memory context. */
void
pgi_decided_read(PgiDecided *decided, int32 org_id)
{
	static PgiQuery last_tick = {"SELECT at FROM incident_internal.last_tick", 0};
	static PgiQuery quarantined = {"SELECT incident_id FROM incident_internal.quarantine"
								   " WHERE org_id = $1 ORDER BY incident_id",
								   1,
								   {INT4OID}};
	MemoryContext caller = CurrentMemoryContext;
	Datum org = Int32GetDatum(org_id);
	bool isnull;

	decided->last_tick = DT_NOBEGIN;
	SPI_connect();
	if (pgi_read(&last_tick, NULL, NULL) > 0)
		decided->last_tick = DatumGetTimestampTz(pgi_column(0, 1, &isnull));
	decided->nquarantined = (int) pgi_read(&quarantined, &org, NULL);
	decided->quarantined = MemoryContextAllocHuge(
		caller, sizeof(int64) * ((Size) decided->nquarantined + 1));
	for (int i = 0; i < decided->nquarantined; i++)
		decided->quarantined[i] = DatumGetInt64(pgi_column(i, 1, &isnull));
	SPI_finish();
}

static int
compare_ids(const void *a, const void *b)
{
	int64 left = *(const int64 *) a;
	int64 right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

/*
 * The moment up to which all of an incident is decided. One that no tick had to touch is
 * settled as far as the newest tick has come; one that is due or that ticks have put aside
 * is not, whatever its next try.
 */
TimestampTz
pgi_decided_until(const PgiDecided *decided, int64 incident_id, TimestampTz settled_to,
				  TimestampTz next_due)
{
	if (settled_to >= decided->last_tick || next_due <= decided->last_tick ||
		(decided->nquarantined > 0 &&
		 bsearch(&incident_id, decided->quarantined, decided->nquarantined, sizeof(int64),
				 compare_ids) != NULL))
		return settled_to;
	return decided->last_tick;
}
