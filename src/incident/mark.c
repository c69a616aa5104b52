/*
 * mark.c: how confidential an incident is, by a mark of the Traffic Light Protocol.
 *
 * It may change, as a fact of its own. The incident has the mark with the latest effective
 * moment; each fact says which it had when the fact was recorded, so that the first of them
 * tells how the incident was opened.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "base/word.h"
#include "document/json_writer.h"
#include "incident/entry.h"
#include "incident/mark.h"
#include "incident/record.h"
#include "rights/grants.h"

/*
 * The TLP mark in an argument; "TLP:" in front is taken too, and white, as version 1.0 calls
 * clear.
 */
char *
pgi_mark_argument(FunctionCallInfo fcinfo, int number)
{
	char *mark = pgi_argument_name(fcinfo, number, "the confidentiality");
	char key[PGI_WORD_SIZE];
	const char *word = key;

	if (mark == NULL)
		return NULL;
	if (!pgi_word_fold(mark, strlen(mark), key))
		*key = '\0';
	if (strncmp(word, "tlp:", 4) == 0)
		word += 4 + (word[4] == ' ');
	if (strcmp(word, "white") == 0)
		word = "clear";
	for (int i = 0; i < PGI_MARKS; i++)
		if (strcmp(word, pgi_marks[i]) == 0)
			return pstrdup(pgi_marks[i]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" is not a TLP 2.0 mark", pgi_argument_clip(mark)),
					errhint("Use clear, green, amber, amber+strict or red.")));
}

/* The mark of an incident that is locked; NULL: none. Within SPI. */
static char *
mark_of(const PgiTimeline *timeline)
{
	static PgiQuery query = {"SELECT confidentiality FROM incident_internal.incidents"
							 " WHERE org_id = $1 AND incident_id = $2",
							 2,
							 {INT4OID, INT8OID}};
	Datum values[2];
	Datum mark;
	bool isnull;

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	pgi_sql_run(&query, values, NULL, SPI_OK_SELECT, 1);
	mark = pgi_sql_column(0, 1, &isnull);
	return isnull ? NULL : TextDatumGetCString(mark);
}

static void
change_mark(const PgiTimeline *timeline, const char *mark)
{
	static PgiQuery query = {"UPDATE incident_internal.incidents SET confidentiality = $3"
							 " WHERE org_id = $1 AND incident_id = $2",
							 3,
							 {INT4OID, INT8OID, TEXTOID}};
	Datum values[3];

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	values[2] = CStringGetTextDatum(mark);
	pgi_sql_run(&query, values, NULL, SPI_OK_UPDATE, 0);
}

/* Whether no mark took effect later. */
static bool
is_newest(const PgiTimeline *timeline, TimestampTz at)
{
	for (int i = 0; i < timeline->nentries; i++)
		if (timeline->entries[i].kind == PGI_MARKED &&
			timeline->entries[i].effective_at > at)
			return false;
	return true;
}

/* Both marks, for the fact. */
static char *
from_to(const char *from, const char *to)
{
	PgiJsonWriter json = {0};

	pgi_json_write_begin(&json, NULL);
	pgi_json_write_word(&json, "from", from);
	pgi_json_write_word(&json, "to", to);
	pgi_json_write_end(&json);
	return pgi_json_written_text(&json);
}

/* (incident_id, mark, by, at, note) */
PG_FUNCTION_INFO_V1(pgi_set_confidentiality);
Datum
pgi_set_confidentiality(PG_FUNCTION_ARGS)
{
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *mark = pgi_mark_argument(fcinfo, 1);
	char *actor = pgi_argument_name(fcinfo, 2, "by");
	TimestampTz at = pgi_argument_past(fcinfo, 3, "at");
	char *note = pgi_argument_note(fcinfo, 4, "the note");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;
	char *before;
	bool newest;

	pgi_argument_need(fcinfo, 1, "the mark");
	if (mark == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the mark must not be empty"),
						errhint("The mark clear says that nothing is confidential.")));
	SPI_connect();
	pgi_timeline_lock(&timeline, pgi_organisation_worked_in(), incident_id);
	newest = is_newest(&timeline, at);
	before = mark_of(&timeline);
	if (before != NULL && !pgi_clears(timeline.incident.org_id, before, strlen(before)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("incident " INT64_FORMAT " is marked %s, beyond the "
							   "clearance of the role",
							   incident_id, before),
						errhint("incident.grant_role() gives a role a clearance.")));
	if (newest && before != NULL && strcmp(before, mark) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("incident " INT64_FORMAT " is marked %s already",
							   incident_id, mark)));
	entry = pgi_record_fit(&timeline, PGI_MARKED, at);
	entry->actor = actor;
	entry->note = note;
	entry->evidence = from_to(before, mark);
	if (newest)
		change_mark(&timeline, mark);
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}
