/*
 * record.c: the life of an incident: what people and systems report about one that is
 * open.
 *
 * Each function adds one fact, when the fact fits the incident's status at the moment it
 * took effect, and settles the incident.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "incident/record.h"
#include "incident/settle.h"
#include "policy/policy_cache.h"
#include "rights/grants.h"
#include "timer/watermark.h"

/* What each fact does, for the message that refuses it. */
static const char *const verbs[PGI_KINDS] = {
	[PGI_OPENED] = "opened",
	[PGI_ASSESSED] = "assessed",
	[PGI_ACKNOWLEDGED] = "acknowledged",
	[PGI_ACTIVATED] = "activated",
	[PGI_HELD] = "put on hold",
	[PGI_RESUMED] = "resumed",
	[PGI_RESOLVED] = "resolved",
	[PGI_CLOSED] = "closed",
	[PGI_REOPENED] = "reopened",
	[PGI_CANCELLED] = "cancelled",
	[PGI_NOTED] = "annotated",
	[PGI_DONE] = "reported on",
	[PGI_MIGRATED] = "migrated",
	[PGI_MARKED] = "marked",
	[PGI_RAISED] = "raised",
};

/* The SQL function that records each fact. */
static const char *const functions[PGI_KINDS] = {
	[PGI_ASSESSED] = "assess",	  [PGI_ACKNOWLEDGED] = "acknowledge",
	[PGI_ACTIVATED] = "activate", [PGI_HELD] = "hold",
	[PGI_RESUMED] = "resume",	  [PGI_RESOLVED] = "resolve",
	[PGI_CLOSED] = "close",		  [PGI_REOPENED] = "reopen",
	[PGI_CANCELLED] = "cancel",	  [PGI_NOTED] = "note",
};

PG_FUNCTION_INFO_V1(pgi_is_published);
Datum
pgi_is_published(PG_FUNCTION_ARGS)
{
	static PgiQuery query = {"SELECT FROM incident_internal.policies WHERE policy_id = "
							 "$1 AND state = 'published'",
							 1,
							 {INT4OID}};
	Datum id = PG_GETARG_DATUM(0);
	bool published;

	SPI_connect();
	pgi_sql_read_newest(&query, &id);
	published = SPI_processed > 0;
	SPI_finish();
	if (!published && IsolationUsesXactSnapshot())
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("policy %d has been retired meanwhile", DatumGetInt32(id)),
						errhint("Try the transaction again.")));
	PG_RETURN_BOOL(published);
}

/* Whether a policy is published, and stays so until the transaction ends. Within SPI. */
bool
pgi_record_keep_policy(int32 policy_id)
{
	static PgiQuery query = {"SELECT incident_internal.keep_policy($1)", 1, {INT4OID}};
	Datum id = Int32GetDatum(policy_id);
	bool isnull;

	pgi_sql_run(&query, &id, NULL, SPI_OK_SELECT, 1);
	return DatumGetBool(pgi_sql_column(0, 1, &isnull));
}

/* Looks up an asset of the organisation by name; error when there is none. Within SPI. */
void
pgi_record_find_asset(int32 org_id, const char *name, int64 *asset_id, uint8 *level)
{
	static PgiQuery query = {
		"SELECT f.asset_id, a.level FROM incident_internal.find_asset($1, $2,"
		"  ' Pass NULL for an asset that is not known yet: it counts as the most urgent"
		" possible.') AS f(asset_id)"
		" JOIN incident_internal.assets AS a ON a.org_id = $1 AND a.asset_id = "
		"f.asset_id",
		2,
		{INT4OID, TEXTOID}};
	Datum values[2];
	bool isnull;
	Datum value;

	values[0] = Int32GetDatum(org_id);
	values[1] = CStringGetTextDatum(name);
	pgi_sql_run(&query, values, NULL, SPI_OK_SELECT, 1);
	*asset_id = DatumGetInt64(pgi_sql_column(0, 1, &isnull));
	value = pgi_sql_column(0, 2, &isnull);
	*level = isnull ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(value);
}

/*
 * A severity or a level, of the type or as the policy calls it; what is `unknown` when none is
 * given.
 */
static uint8
value_argument(FunctionCallInfo fcinfo, int number, const char *what, bool in_words,
			   int32 policy_id, PgiVocabulary vocabulary, uint8 unknown)
{
	char *word;

	if (PG_ARGISNULL(number))
		return unknown;
	if (!in_words)
		return DatumGetUInt8(PG_GETARG_DATUM(number));
	word = pgi_argument_name(fcinfo, number, what);
	return word == NULL
			   ? unknown
			   : pgi_policy_words_code(pgi_policy_words(policy_id), vocabulary, word);
}

uint8
pgi_record_severity_argument(FunctionCallInfo fcinfo, int number, bool in_words,
							 int32 policy_id)
{
	return value_argument(fcinfo, number, "the severity", in_words, policy_id,
						  PGI_WORDS_SEVERITY, PGI_SEVERITY_UNKNOWN);
}

uint8
pgi_record_asset_level_argument(FunctionCallInfo fcinfo, int number, bool in_words,
								int32 policy_id)
{
	return value_argument(fcinfo, number, "the asset level", in_words, policy_id,
						  PGI_WORDS_ASSET_LEVEL, PGI_LEVEL_UNKNOWN);
}

/* Refuses a fact that has no effect in the status the incident had at that moment. */
static void
check_fits(const PgiTimeline *timeline, PgiKind kind, TimestampTz at)
{
	PgiState state;
	StringInfoData allowed;

	pgi_timeline_state(timeline, at, &state);
	if (state.standing.status == PGI_NEW)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("incident " INT64_FORMAT " had not been detected at %s",
							   timeline->incident.incident_id, timestamptz_to_str(at))));
	if (pgi_status_allows(state.standing, kind))
		return;

	initStringInfo(&allowed);
	for (int other = PGI_ASSESSED; other <= PGI_NOTED; other++)
		if (pgi_status_allows(state.standing, other))
			appendStringInfo(&allowed, "%s%s", allowed.len > 0 ? ", " : "",
							 functions[other]);
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("incident " INT64_FORMAT " is %s and cannot be %s",
						   timeline->incident.incident_id,
						   pgi_status_words[state.standing.status], verbs[kind]),
					errhint("Allowed in this status: %s.", allowed.data)));
}

/* Stores a fact, settles the incident, and returns its status. Within SPI. */
const char *
pgi_record_fact(PgiTimeline *timeline, PgiEntry *entry)
{
	PgiDecisions decisions = {0};
	PgiState state;
	TimestampTz until =
		Max(entry->effective_at, Min(pgi_watermark_at(), pgi_argument_now()));

	entry->recorded_by = GetUserNameFromId(GetSessionUserId(), false);
	pgi_timeline_write(timeline, entry);
	pgi_settle_timeline(timeline, until, &decisions, &state);
	return pgi_status_words[state.standing.status];
}

/* The first argument, an incident's id. */
int64
pgi_record_incident_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(
			ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("the incident must not be null"),
			 errhint("incident.find() gives NULL for a ticket that has no incident in "
					 "the organisation that is worked in.")));
	return PG_GETARG_INT64(0);
}

/*
 * Adds an entry to an incident that is locked, if it fits. Clocks may differ by the tolerance:
 * what is that little before the detection took effect then. Within SPI.
 */
PgiEntry *
pgi_record_fit(PgiTimeline *timeline, PgiKind kind, TimestampTz at)
{
	TimestampTz detected_at =
		timeline->nentries > 0 ? timeline->entries[0].effective_at : at;

	if (at < detected_at && detected_at - at <= pgi_argument_tolerance * INT64CONST(1000))
		at = detected_at;
	check_fits(timeline, kind, at);
	return pgi_timeline_add(timeline, kind, at);
}

/* Locks the incident and adds an entry that fits it. Within SPI. */
PgiEntry *
pgi_record_add(PgiTimeline *timeline, int64 incident_id, PgiKind kind, TimestampTz at)
{
	pgi_timeline_lock(timeline, pgi_organisation_worked_in(), incident_id);
	return pgi_record_fit(timeline, kind, at);
}

/* Records a fact that is no more than its kind: (incident_id, by, at, note). */
static Datum
record_plain(FunctionCallInfo fcinfo, PgiKind kind)
{
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *actor = pgi_argument_name(fcinfo, 1, "by");
	TimestampTz at = pgi_argument_past(fcinfo, 2, "at");
	char *note = pgi_argument_note(fcinfo, 3, "the note");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;

	SPI_connect();
	entry = pgi_record_add(&timeline, incident_id, kind, at);
	entry->actor = actor;
	entry->note = note;
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

PG_FUNCTION_INFO_V1(pgi_acknowledge);
Datum
pgi_acknowledge(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_ACKNOWLEDGED);
}

/*
 * (org_id, incident_id, by, note): the same for whoever answers from outside; false when it has no
 * effect any more.
 */
PG_FUNCTION_INFO_V1(pgi_acknowledge_for);
Datum
pgi_acknowledge_for(PG_FUNCTION_ARGS)
{
	TimestampTz at = GetCurrentTimestamp();
	PgiTimeline timeline;
	PgiState state;
	PgiEntry *entry;
	bool fits;

	SPI_connect();
	pgi_timeline_lock(&timeline, PG_GETARG_INT32(0), PG_GETARG_INT64(1));
	pgi_timeline_state(&timeline, at, &state);
	fits = pgi_status_allows(state.standing, PGI_ACKNOWLEDGED);
	if (fits)
	{
		entry = pgi_timeline_add(&timeline, PGI_ACKNOWLEDGED, at);
		entry->actor = pgi_argument_name(fcinfo, 2, "by");
		entry->note = pgi_argument_note(fcinfo, 3, "the note");
		(void) pgi_record_fact(&timeline, entry);
	}
	SPI_finish();
	PG_RETURN_BOOL(fits);
}

PG_FUNCTION_INFO_V1(pgi_activate);
Datum
pgi_activate(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_ACTIVATED);
}

PG_FUNCTION_INFO_V1(pgi_hold);
Datum
pgi_hold(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_HELD);
}

PG_FUNCTION_INFO_V1(pgi_resume);
Datum
pgi_resume(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_RESUMED);
}

PG_FUNCTION_INFO_V1(pgi_resolve);
Datum
pgi_resolve(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_RESOLVED);
}

PG_FUNCTION_INFO_V1(pgi_close);
Datum
pgi_close(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_CLOSED);
}

PG_FUNCTION_INFO_V1(pgi_reopen);
Datum
pgi_reopen(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_REOPENED);
}

PG_FUNCTION_INFO_V1(pgi_cancel);
Datum
pgi_cancel(PG_FUNCTION_ARGS)
{
	return record_plain(fcinfo, PGI_CANCELLED);
}

PG_FUNCTION_INFO_V1(pgi_note);
Datum
pgi_note(PG_FUNCTION_ARGS)
{
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *note = pgi_argument_needed_note(fcinfo, 1, "the note");
	char *actor = pgi_argument_name(fcinfo, 2, "by");
	TimestampTz at = pgi_argument_past(fcinfo, 3, "at");
	PgiTimeline timeline;
	PgiEntry *entry;
	const char *status;

	SPI_connect();
	entry = pgi_record_add(&timeline, incident_id, PGI_NOTED, at);
	entry->actor = actor;
	entry->note = note;
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

/* Makes unknown again what the words in the array name. */
static void
forget(FunctionCallInfo fcinfo, int number, PgiEntry *entry)
{
	Datum *words;
	bool *nulls;
	int nwords;

	if (PG_ARGISNULL(number))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false, TYPALIGN_INT,
					  &words, &nulls, &nwords);
	for (int i = 0; i < nwords; i++)
	{
		const char *word = nulls[i] ? "null" : TextDatumGetCString(words[i]);

		if (strcmp(word, "severity") == 0 && !entry->sets_severity)
			entry->sets_severity = true;
		else if (strcmp(word, "asset") == 0 && !entry->sets_asset)
			entry->sets_asset = true;
		else
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("cannot forget \"%s\"", pgi_argument_clip(word)),
							errhint("Name severity or asset, each once, and only when no "
									"new value is given for it.")));
	}
}

/* Arguments of incident.assess in the form that reads words. */
enum
{
	ARG_INCIDENT,
	ARG_SEVERITY,
	ARG_ASSET,
	ARG_BY,
	ARG_AT,
	ARG_FORGET,
	ARG_NOTE,
	ARG_ASSET_LEVEL,
	ASSESS_ARGS
};

/* A form of incident.assess: where the arguments are, and which of them are words. */
typedef struct AssessForm
{
	int place[ASSESS_ARGS];
	bool severity_in_words;
	bool level_in_words;
} AssessForm;

static Datum
assess(FunctionCallInfo fcinfo, const AssessForm *form)
{
	const int *place = form->place;
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	char *asset = pgi_argument_name(fcinfo, place[ARG_ASSET], "the asset");
	char *actor = pgi_argument_name(fcinfo, place[ARG_BY], "by");
	TimestampTz at = pgi_argument_past(fcinfo, place[ARG_AT], "at");
	char *note = pgi_argument_note(fcinfo, place[ARG_NOTE], "the note");
	PgiTimeline timeline;
	PgiEntry *entry;
	uint8 level;
	const char *status;

	SPI_connect();
	entry = pgi_record_add(&timeline, incident_id, PGI_ASSESSED, at);
	entry->severity = pgi_record_severity_argument(
		fcinfo, place[ARG_SEVERITY], form->severity_in_words, timeline.policy_id);
	entry->sets_severity = entry->severity != PGI_SEVERITY_UNKNOWN;
	if (asset != NULL)
	{
		entry->sets_asset = true;
		pgi_record_find_asset(timeline.incident.org_id, asset, &entry->asset_id,
							  &entry->asset_level);
	}
	level = pgi_record_asset_level_argument(fcinfo, place[ARG_ASSET_LEVEL],
											form->level_in_words, timeline.policy_id);
	if (level != PGI_LEVEL_UNKNOWN)
	{
		entry->sets_asset = true;
		entry->asset_level = level;
	}
	forget(fcinfo, place[ARG_FORGET], entry);
	if (!entry->sets_asset && !entry->sets_severity)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an assessment needs a severity, an asset or an asset level"),
				 errhint("To make one unknown again, pass forget => '{severity}' "
						 "or '{asset}'.")));
	entry->actor = actor;
	entry->note = note;
	status = pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

PG_FUNCTION_INFO_V1(pgi_assess);
Datum
pgi_assess(PG_FUNCTION_ARGS)
{
	static const AssessForm words = {{0, 1, 2, 3, 4, 5, 6, 7}, true, true};

	return assess(fcinfo, &words);
}

PG_FUNCTION_INFO_V1(pgi_assess_severity);
Datum
pgi_assess_severity(PG_FUNCTION_ARGS)
{
	static const AssessForm typed = {{0, 1, 2, 3, 4, 5, 6, 7}, false, false};

	return assess(fcinfo, &typed);
}

PG_FUNCTION_INFO_V1(pgi_assess_level);
Datum
pgi_assess_level(PG_FUNCTION_ARGS)
{
	static const AssessForm level_first = {{0, 7, 2, 3, 4, 5, 6, 1}, true, false};

	return assess(fcinfo, &level_first);
}
