/*
 * open.c: opens an incident, or counts a repeat of one that is open under the same key.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "incident/mark.h"
#include "incident/record.h"
#include "incident/repeat.h"
#include "incident/state_row.h"
#include "policy/policy_cache.h"
#include "timer/bucket.h"

/* Arguments of incident.open in the form that reads words. */
enum
{
	ARG_ASSET,
	ARG_SEVERITY,
	ARG_SUMMARY,
	ARG_DETECTED_AT,
	ARG_CATEGORY,
	ARG_CONFIDENTIALITY,
	ARG_TICKET,
	ARG_DEDUP_KEY,
	ARG_DRILL,
	ARG_POLICY,
	ARG_BY,
	ARG_ASSET_LEVEL,
	ARG_ONCE,
	OPEN_ARGS
};

/* A form of incident.open: where the arguments are, and which of them are words. */
typedef struct OpenForm
{
	int place[OPEN_ARGS];
	bool severity_in_words;
	bool level_in_words;
} OpenForm;

static Datum
first_value(bool *isnull)
{
	return pgi_sql_column(0, 1, isnull);
}

/* The organisation of the session, which exists after this. Within SPI. */
static int32
need_organisation(void)
{
	static PgiQuery query = {"SELECT incident_internal.need_organisation()", 0};
	bool isnull;

	pgi_sql_run(&query, NULL, NULL, SPI_OK_SELECT, 1);
	return DatumGetInt32(first_value(&isnull));
}

/*
 * The newest published version of the policy named, or else of the organisation's, as the
 * tables show it: what is not visible there yet cannot be referenced. Within SPI.
 */
static int32
choose_policy(int32 org_id, const char *name)
{
	static PgiQuery query = {
		"SELECT o.name, (SELECT policy_id FROM incident_internal.policies AS p"
		"  WHERE p.name = o.name AND p.state = 'published' ORDER BY version DESC LIMIT 1)"
		" FROM (SELECT coalesce($2, policy) AS name FROM incident_internal.organisations"
		"  WHERE org_id = $1) AS o",
		2,
		{INT4OID, TEXTOID}};
	Datum values[2];
	char nulls[2] = " ";
	bool isnull;
	int32 policy_id;

	values[0] = Int32GetDatum(org_id);
	values[1] = pgi_sql_string_or_null(name, &nulls[1]);
	pgi_sql_run(&query, values, nulls, SPI_OK_SELECT, 1);
	policy_id = DatumGetInt32(pgi_sql_column(0, 2, &isnull));
	if (isnull)
		pgi_policy_refuse_name(TextDatumGetCString(pgi_sql_column(0, 1, &isnull)));
	return policy_id;
}

static int64
next_incident_id(void)
{
	static PgiQuery query = {
		"SELECT nextval('incident_internal.incidents_incident_id_seq')", 0};
	bool isnull;

	pgi_sql_run(&query, NULL, NULL, SPI_OK_SELECT, 1);
	return DatumGetInt64(first_value(&isnull));
}

/* Waits until nobody else is about to open an incident of a ticket. Within SPI. */
static void
lock_ticket(Datum *org_and_ticket)
{
	static PgiQuery query = {"SELECT incident_internal.take_lock('ticket', "
							 "hashtextextended($2, $1)::bit(32)::integer)",
							 2,
							 {INT4OID, TEXTOID}};

	pgi_sql_run(&query, org_and_ticket, NULL, SPI_OK_SELECT, 1);
}

/*
 * The newest incident of a ticket that is still being handled, which is locked; 0 when there is
 * none, and then nobody else opens one in this way until this transaction ends. What is there
 * already is looked for first: who has recorded a fact about it waits for nobody. Within SPI.
 */
static int64
take_ticket(int32 org_id, const char *ticket)
{
	static PgiQuery handled = {
		"SELECT max(i.incident_id) FROM incident_internal.incidents AS i"
		" JOIN incident_internal.incident_state AS s USING (org_id, incident_id)"
		" WHERE i.org_id = $1 AND i.ticket = $2"
		" AND s.status <> ALL ($3)",
		3,
		{INT4OID, TEXTOID, TEXTARRAYOID}};
	Datum values[3];
	bool locked = false;
	bool none;

	values[0] = Int32GetDatum(org_id);
	values[1] = CStringGetTextDatum(ticket);
	values[2] = pgi_state_finished_statuses();
	for (;;)
	{
		int64 incident_id;

		pgi_sql_run(&handled, values, NULL, SPI_OK_SELECT, 1);
		incident_id = DatumGetInt64(first_value(&none));
		if (!none && pgi_repeat_lock_handled(org_id, incident_id))
			return incident_id;
		if (none && locked)
			break;
		if (none)
			lock_ticket(values);
		locked = none;
	}
	if (IsolationUsesXactSnapshot())
	{
		pgi_sql_read_newest(&handled, values);
		(void) first_value(&none);
		if (!none)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("an incident of ticket \"%s\" has been opened meanwhile",
							pgi_argument_clip(ticket)),
					 errhint("Try the transaction again.")));
	}
	return 0;
}

static Datum
open_incident(FunctionCallInfo fcinfo, const OpenForm *form)
{
	static PgiQuery insert = {
		"INSERT INTO incident_internal.incidents (org_id, incident_id, "
		"policy_id, detected_at, category,"
		" confidentiality, ticket, dedup_key, drill)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		9,
		{INT4OID, INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		 BOOLOID}};
	const int *place = form->place;
	char *asset = pgi_argument_name(fcinfo, place[ARG_ASSET], "the asset");
	PgiReport report = {
		.asset_level = PGI_LEVEL_UNKNOWN,
		.summary = pgi_argument_note(fcinfo, place[ARG_SUMMARY], "the summary"),
		.detected_at = pgi_argument_past(fcinfo, place[ARG_DETECTED_AT], "detected_at"),
		.actor = pgi_argument_name(fcinfo, place[ARG_BY], "by")};
	char *category = pgi_argument_name(fcinfo, place[ARG_CATEGORY], "the category");
	char *confidentiality = pgi_mark_argument(fcinfo, place[ARG_CONFIDENTIALITY]);
	char *ticket = pgi_argument_name(fcinfo, place[ARG_TICKET], "the ticket");
	char *dedup_key = pgi_argument_name(fcinfo, place[ARG_DEDUP_KEY], "the dedup key");
	char *policy = pgi_argument_name(fcinfo, place[ARG_POLICY], "the policy");
	bool drill = pgi_argument_flag(fcinfo, place[ARG_DRILL], "drill");
	bool once = pgi_argument_flag(fcinfo, place[ARG_ONCE], "once");
	PgiOpening opening;
	PgiTimeline timeline;
	PgiEntry *entry;
	Datum values[9];
	char nulls[9] = "    ";
	int32 org_id;
	int32 policy_id;
	int64 incident_id;
	uint8 level;

	if (once && (ticket == NULL || dedup_key != NULL))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 ticket == NULL ? errmsg("once needs a ticket")
							: errmsg("once and a dedup key exclude each other"),
			 errhint("once gives the incident of the ticket that is being handled; with "
					 "a dedup key, what is reported again is counted as a repeat.")));
	SPI_connect();
	org_id = need_organisation();
	do
		policy_id = choose_policy(org_id, policy);
	while (!pgi_record_keep_policy(policy_id));
	if (asset != NULL)
		pgi_record_find_asset(org_id, asset, &report.asset_id, &report.asset_level);
	level = pgi_record_asset_level_argument(fcinfo, place[ARG_ASSET_LEVEL],
											form->level_in_words, policy_id);
	if (level != PGI_LEVEL_UNKNOWN)
		report.asset_level = level;
	report.severity = pgi_record_severity_argument(fcinfo, place[ARG_SEVERITY],
												   form->severity_in_words, policy_id);
	(void) pgi_policy_cell(pgi_policy_get(policy_id), report.asset_level,
						   report.severity);

	if (once && (incident_id = take_ticket(org_id, ticket)) != 0)
	{
		SPI_finish();
		PG_RETURN_INT64(incident_id);
	}
	incident_id = next_incident_id();
	if (dedup_key != NULL)
	{
		int64 holder = pgi_repeat_take_key(org_id, dedup_key, incident_id, &report);

		if (holder != incident_id)
		{
			SPI_finish();
			PG_RETURN_INT64(holder);
		}
	}

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(incident_id);
	values[2] = Int32GetDatum(policy_id);
	values[3] = TimestampTzGetDatum(report.detected_at);
	values[4] = pgi_sql_string_or_null(category, &nulls[4]);
	values[5] = pgi_sql_string_or_null(confidentiality, &nulls[5]);
	values[6] = pgi_sql_string_or_null(ticket, &nulls[6]);
	values[7] = pgi_sql_string_or_null(dedup_key, &nulls[7]);
	opening.drill = drill;
	values[8] = BoolGetDatum(opening.drill);
	nulls[8] = ' ';
	pgi_sql_run(&insert, values, nulls, SPI_OK_INSERT, 0);

	opening.policy = pgi_policy_title(policy_id);
	opening.category = category;
	opening.confidentiality = confidentiality;
	opening.ticket = ticket;
	opening.dedup_key = dedup_key;
	pgi_timeline_start(&timeline, org_id, incident_id, policy_id);
	timeline.opening = &opening;
	entry = pgi_timeline_add(&timeline, PGI_OPENED, report.detected_at);
	timeline.incident.month = pgi_bucket_month(entry->recorded_at);
	entry->sets_asset = true;
	entry->asset_id = report.asset_id;
	entry->asset_level = report.asset_level;
	entry->sets_severity = true;
	entry->severity = report.severity;
	entry->actor = report.actor;
	entry->note = report.summary;
	pgi_record_fact(&timeline, entry);
	SPI_finish();
	PG_RETURN_INT64(incident_id);
}

PG_FUNCTION_INFO_V1(pgi_open);
Datum
pgi_open(PG_FUNCTION_ARGS)
{
	static const OpenForm words = {
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, true, true};

	return open_incident(fcinfo, &words);
}

PG_FUNCTION_INFO_V1(pgi_open_severity);
Datum
pgi_open_severity(PG_FUNCTION_ARGS)
{
	static const OpenForm severity_first = {
		{1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, false, false};

	return open_incident(fcinfo, &severity_first);
}

PG_FUNCTION_INFO_V1(pgi_open_asset);
Datum
pgi_open_asset(PG_FUNCTION_ARGS)
{
	static const OpenForm asset_first = {
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, false, false};

	return open_incident(fcinfo, &asset_first);
}

PG_FUNCTION_INFO_V1(pgi_open_level);
Datum
pgi_open_level(PG_FUNCTION_ARGS)
{
	static const OpenForm level_first = {
		{11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 12}, true, false};

	return open_incident(fcinfo, &level_first);
}
