/*
 * migrate.c: puts an incident under another policy, on purpose.
 *
 * The new policy holds from the beginning: all facts run through it, what no longer
 * follows is withdrawn and what does is added. Duties that were done count as those of the
 * same name.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "duty.h"
#include "pg_incident.h"
#include "policy_cache.h"
#include "record.h"
#include "sql.h"

/* "name version". Within SPI. */
static char *
title_of(int32 policy_id)
{
	static PgiQuery query = {"SELECT format('%s %s', name, version) FROM "
							 "incident.policies WHERE policy_id = $1",
							 1,
							 {INT4OID}};
	Datum id = Int32GetDatum(policy_id);
	bool isnull;

	pgi_run(&query, &id, NULL, SPI_OK_SELECT, 1);
	return TextDatumGetCString(pgi_column(0, 1, &isnull));
}

static void
change_policy(PgiTimeline *timeline, int32 policy_id)
{
	static PgiQuery incident = {"UPDATE incident.incidents SET policy_id = $3"
								" WHERE org_id = $1 AND incident_id = $2",
								3,
								{INT4OID, INT8OID, INT4OID}};
	Datum values[3];
	PgiDutyNames names;

	values[0] = Int32GetDatum(timeline->org_id);
	values[1] = Int64GetDatum(timeline->incident_id);
	values[2] = Int32GetDatum(policy_id);
	pgi_run(&incident, values, NULL, SPI_OK_UPDATE, 0);
	timeline->policy_id = policy_id;
	pgi_read_duty_names(policy_id, &names);
	for (int i = 0; i < timeline->nentries; i++)
	{
		PgiEntry *entry = &timeline->entries[i];
		int number = entry->duty == NULL ? -1 : pgi_duty_named(&names, entry->duty);

		entry->duty_number = number < 0 ? PGI_MAX_DUTIES : (uint8) number;
	}
}

/* (incident_id, policy, version, by, at, note) */
PG_FUNCTION_INFO_V1(pgi_migrate_incident);
Datum
pgi_migrate_incident(PG_FUNCTION_ARGS)
{
	int64 incident_id = pgi_incident_argument(fcinfo);
	char *policy = pgi_name_argument(fcinfo, 1, "the policy");
	int32 version = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	char *actor = pgi_name_argument(fcinfo, 3, "by");
	TimestampTz at = pgi_past_argument(fcinfo, 4, "at");
	char *note = pgi_note_argument(fcinfo, 5, "the note");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;
	int32 policy_id;

	if (policy == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the policy must not be null")));
	policy_id = pgi_policy_version(policy, version);
	SPI_connect();
	if (!pgi_keep_policy(policy_id))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("policy \"%s\" has just been retired", policy)));
	entry = pgi_add_fact(&timeline, incident_id, PGI_MIGRATED, at);
	if (policy_id == timeline.policy_id)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("incident " INT64_FORMAT " is under %s already",
							   incident_id, title_of(policy_id))));
	entry->actor = actor;
	entry->note =
		psprintf("%s -> %s%s%s", title_of(timeline.policy_id), title_of(policy_id),
				 note == NULL ? "" : ": ", note == NULL ? "" : note);
	change_policy(&timeline, policy_id);
	status = pgi_record(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}
