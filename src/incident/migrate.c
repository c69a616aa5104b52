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

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "document/json_writer.h"
#include "incident/entry.h"
#include "incident/record.h"
#include "policy/policy_cache.h"

/* "name version" */
static char *
title_text(const PgiPolicyTitle *title)
{
	return psprintf("%s %s", title->name, title->version);
}

static void
write_title(PgiJsonWriter *json, const char *key, const PgiPolicyTitle *title)
{
	pgi_json_write_begin(json, key);
	pgi_json_write_word(json, "policy", title->name);
	pgi_json_write_integer(json, "version", pg_strtoint32(title->version));
	pgi_json_write_word(json, "sha256", title->digest);
	pgi_json_write_end(json);
}

/* Both policies, for the fact. */
static char *
from_to(const PgiPolicyTitle *from, const PgiPolicyTitle *to)
{
	PgiJsonWriter json = {0};

	pgi_json_write_begin(&json, NULL);
	write_title(&json, "from", from);
	write_title(&json, "to", to);
	pgi_json_write_end(&json);
	return pgi_json_written_text(&json);
}

static void
change_policy(PgiTimeline *timeline, int32 policy_id)
{
	static PgiQuery incident = {"UPDATE incident_internal.incidents SET policy_id = $3"
								" WHERE org_id = $1 AND incident_id = $2",
								3,
								{INT4OID, INT8OID, INT4OID}};
	Datum values[3];

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	values[2] = Int32GetDatum(policy_id);
	pgi_sql_run(&incident, values, NULL, SPI_OK_UPDATE, 0);
	timeline->policy_id = policy_id;
}

/* (incident_id, policy, version, by, at, note) */
PG_FUNCTION_INFO_V1(pgi_migrate_incident);
Datum
pgi_migrate_incident(PG_FUNCTION_ARGS)
{
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *policy = pgi_argument_needed_name(fcinfo, 1, "the policy");
	int32 version = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	char *actor = pgi_argument_name(fcinfo, 3, "by");
	TimestampTz at = pgi_argument_past(fcinfo, 4, "at");
	char *note = pgi_argument_note(fcinfo, 5, "the note");
	PgiTimeline timeline;
	PgiPolicyTitle from;
	PgiPolicyTitle to;
	PgiEntry *entry;
	const char *status;
	int32 policy_id;

	policy_id = pgi_policy_version(policy, version);
	SPI_connect();
	if (!pgi_record_keep_policy(policy_id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("policy \"%s\" has just been retired", pgi_argument_clip(policy)),
				 errhint("Call it again: it takes the newest that is published then.")));
	entry = pgi_record_add(&timeline, incident_id, PGI_MIGRATED, at);
	from = pgi_policy_title(timeline.policy_id);
	to = pgi_policy_title(policy_id);
	if (policy_id == timeline.policy_id)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("incident " INT64_FORMAT " is under %s already",
							   incident_id, title_text(&to))));
	entry->actor = actor;
	entry->note = psprintf("%s -> %s%s%s", title_text(&from), title_text(&to),
						   note == NULL ? "" : ": ", note == NULL ? "" : note);
	entry->evidence = from_to(&from, &to);
	change_policy(&timeline, policy_id);
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}
