/*
 * explain.c: says in words why an incident has its levels and what comes next.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/language.h"
#include "base/sql.h"
#include "incident/record.h"
#include "incident/timeline.h"
#include "policy/duty_names.h"
#include "policy/policy_cache.h"
#include "types/types.h"

/* What is explained, and where the lines go. */
typedef struct Explanation
{
	ReturnSetInfo *result;
	PgiLanguage language;
	int32 policy_id;
	const PgiCell *cell;
	PgiState state;
	TimestampTz now;
} Explanation;

static void say(Explanation *explanation, const char *format, ...)
	pg_attribute_printf(2, 3);

/* A line, in the language asked for. */
static void
say(Explanation *explanation, const char *format, ...)
{
	StringInfoData line;
	Datum value;
	bool isnull = false;

	initStringInfo(&line);
	format = pgi_language_text(explanation->language, format);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(&line, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&line, needed);
	}
	value = CStringGetTextDatum(line.data);
	tuplestore_putvalues(explanation->result->setResult, explanation->result->setDesc,
						 &value, &isnull);
}

/* A moment in UTC, whatever the session's settings are. */
static char *
moment(TimestampTz at)
{
	struct pg_tm fields;
	fsec_t fraction;
	char written[MAXDATELEN + 1];

	if (timestamp2tm(at, NULL, &fields, &fraction, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	fields.tm_isdst = 0;
	EncodeDateTime(&fields, fraction, true, 0, NULL, USE_ISO_DATES, written);
	return pstrdup(written);
}

/* Whether a query finds a row of the organisation by an id. */
static bool
find_row(PgiQuery *query, int32 org_id, int64 id)
{
	Datum values[2];

	values[0] = Int32GetDatum(org_id);
	values[1] = Int64GetDatum(id);
	return pgi_sql_read(query, values, NULL) > 0;
}

/* A column of the row that was found: as text, NULL when null. */
static char *
found_text(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

/* A column of the row that was found: a moment. */
static char *
found_moment(int column)
{
	bool isnull;

	return moment(DatumGetTimestampTz(pgi_sql_column(0, column, &isnull)));
}

/* What a word of a kind is called where the language is not that of the words. */
static char *
term(const Explanation *explanation, const char *kind, const char *word)
{
	static PgiQuery query = {"SELECT incident_internal.term_of($1, $2, 'zh', $3)",
							 3,
							 {TEXTOID, TEXTOID, INT4OID}};
	Datum values[3];
	char *called;

	if (explanation->language == PGI_ENGLISH)
		return pstrdup(word);
	values[0] = CStringGetTextDatum(kind);
	values[1] = CStringGetTextDatum(word);
	values[2] = Int32GetDatum(explanation->policy_id);
	pgi_sql_read(&query, values, NULL);
	called = found_text(1);
	return called == NULL ? pstrdup(word) : called;
}

/* kind: level, of an event or a response, or asset level. */
static char *
level_of_kind(const Explanation *explanation, const char *kind, uint8 level)
{
	if (level == PGI_LEVEL_UNKNOWN)
		return pstrdup(pgi_language_text(explanation->language, "unknown"));
	return term(explanation, kind, pgi_types_level_word(level));
}

static char *
level_word(const Explanation *explanation, uint8 level)
{
	return level_of_kind(explanation, "level", level);
}

static char *
severity_word(const Explanation *explanation, uint8 severity)
{
	if (severity == PGI_SEVERITY_UNKNOWN)
		return pstrdup(pgi_language_text(explanation->language, "unknown"));
	return term(explanation, "severity", pgi_types_severity_word(severity));
}

/* A length of time to the second. */
static char *
length_of_time(int64 microseconds)
{
	int64 seconds = microseconds / USECS_PER_SEC;

	return psprintf("%02d:%02d:%02d", (int) (seconds / 3600), (int) (seconds / 60 % 60),
					(int) (seconds % 60));
}

/* For those who are not cleared for the incident's mark the asset is ***. */
static void
explain_values(Explanation *explanation, int32 org_id, int64 incident_id)
{
	static PgiQuery query = {
		"SELECT CASE WHEN incident_internal.clears(i.org_id, i.confidentiality)"
		"  THEN a.name ELSE '***' END"
		" FROM incident_internal.assets AS a, incident_internal.incidents AS i"
		" WHERE a.org_id = $1 AND a.asset_id = $2 AND i.org_id = $1"
		" AND i.incident_id = $3",
		3,
		{INT4OID, INT8OID, INT8OID}};
	const PgiState *state = &explanation->state;
	Datum ids[] = {Int32GetDatum(org_id), Int64GetDatum(state->asset_id),
				   Int64GetDatum(incident_id)};
	char *name = pgi_sql_read(&query, ids, NULL) > 0 ? found_text(1) : NULL;
	char *level = level_of_kind(explanation, "asset level", state->asset_level);
	char *severity = severity_word(explanation, state->severity);

	if (name == NULL)
		say(explanation,
			"The asset is not known yet; its level is %s, the severity is %s.", level,
			severity);
	else
		say(explanation, "Asset %s has level %s; the severity is %s.", name, level,
			severity);
	if (state->asset_level == PGI_LEVEL_UNKNOWN ||
		state->severity == PGI_SEVERITY_UNKNOWN)
		say(explanation, "What is unknown counts as the most urgent possible.");
}

static void
explain_clock(Explanation *explanation)
{
	const PgiState *state = &explanation->state;

	say(explanation,
		state->running ? "The clock shows %s since detection and is running."
					   : "The clock shows %s since detection and stands still.",
		length_of_time(state->elapsed));
}

static void
explain_levels(Explanation *explanation)
{
	const PgiState *state = &explanation->state;
	const PgiCell *cell = explanation->cell;
	const PgiThreshold *step = &cell->steps[0];

	say(explanation, "The event level is %s by the matrix.",
		level_word(explanation, state->event_level));
	for (int i = 1; i < cell->nsteps; i++)
		if (cell->steps[i].level == state->response_level &&
			cell->steps[i].after <= state->elapsed)
			step = &cell->steps[i];
	if (step == &cell->steps[0] && state->response_level == step->level)
		say(explanation, "The response level is %s by the matrix.",
			level_word(explanation, state->response_level));
	else if (step->rule >= PGI_RULE_STEP)
		say(explanation,
			"The response level is %s: the matrix gives %s, and from %s on it is %s by "
			"step %d of the escalation.",
			level_word(explanation, state->response_level),
			level_word(explanation, cell->steps[0].level), length_of_time(step->after),
			level_word(explanation, step->level), step->rule - PGI_RULE_STEP + 1);
	else if (step != &cell->steps[0])
		say(explanation,
			"The response level is %s: the matrix gives %s, and from %s on the time left "
			"is no longer than the processing time of level %s.",
			level_word(explanation, state->response_level),
			level_word(explanation, cell->steps[0].level), length_of_time(step->after),
			level_word(explanation, step->level));
	else
		say(explanation,
			"The response level is %s: the matrix gives %s, and a step of the escalation "
			"has raised it.",
			level_word(explanation, state->response_level),
			level_word(explanation, cell->steps[0].level));
	if (cell->limit[PGI_CLOCK_PROCESSING] == PGI_NEVER)
		say(explanation, "There is no limit on the processing time.");
	else
		say(explanation,
			state->late[PGI_CLOCK_PROCESSING]
				? "The processing time is %s and has passed."
				: "The processing time is %s.",
			length_of_time(cell->limit[PGI_CLOCK_PROCESSING]));
}

/* Says in words what an event is. */
static char *
describe(const Explanation *explanation, const PgiDutyNames *duties,
		 const PgiDerived *event)
{
	PgiLanguage language = explanation->language;
	int duty = pgi_duty_of_rule(event->rule);

	if (duty >= 0)
		return psprintf(pgi_language_text(language, event->kind == PGI_OVERDUE
														? "the duty %s is overdue"
													: event->kind == PGI_REPEATED
														? "the duty %s begins again"
														: "the duty %s begins"),
						term(explanation, "duty", duties->name[duty]));
	if (event->kind == PGI_ESCALATED)
		return psprintf(pgi_language_text(language, "the response rises to level %s"),
						level_word(explanation, event->response_level));
	return pstrdup(pgi_language_text(
		language, event->kind == PGI_BREACHED ? "the processing time has passed"
				  : event->rule == PGI_RULE_RESPONSE
					  ? "its plan should have been activated"
				  : event->occurrence == 1 ? "it should have been acknowledged"
										   : "it should have been acknowledged by now"));
}

/* What becomes due next, as the kernel tells it. */
typedef struct Next
{
	const Explanation *explanation;
	const PgiDutyNames *duties;
	int64 at;
	StringInfoData what;
} Next;

static void
collect_next(const PgiDerived *event, void *arg)
{
	Next *next = arg;

	if (event->at != next->at)
		return;
	if (next->what.len > 0)
		appendStringInfoString(&next->what,
							   pgi_language_text(next->explanation->language, " and "));
	appendStringInfoString(&next->what, describe(next->explanation, next->duties, event));
}

static void
explain_next(Explanation *explanation, const PgiTimeline *timeline)
{
	const PgiState *state = &explanation->state;
	PgiDutyNames duties;
	Next next = {explanation, &duties, state->next_due};
	PgiFact *facts;
	PgiState then;
	int nfacts;

	if (state->next_due == PGI_NEVER)
	{
		say(explanation, state->running ? "No rule will fire any more."
										: "No rule fires while the clock stands still.");
		return;
	}
	pgi_duty_names_read(timeline->policy_id, &duties);
	initStringInfo(&next.what);
	facts = pgi_timeline_facts(timeline, &nfacts);
	pgi_timeline_check_result(
		pgi_advance(pgi_policy_of(timeline->policy_id, timeline->incident.org_id), facts,
					nfacts, next.at, collect_next, &next, &then),
		timeline->incident.incident_id);
	if (then.running)
		say(explanation, "Next: at %s, when the clock shows %s, %s.", moment(next.at),
			length_of_time(then.elapsed), next.what.data);
	else
		say(explanation, "Next: at %s %s.", moment(next.at), next.what.data);
}

PG_FUNCTION_INFO_V1(pgi_explain);
Datum
pgi_explain(PG_FUNCTION_ARGS)
{
	static PgiQuery describe = {
		"SELECT detected_at, name, version FROM incident_internal.incidents"
		" JOIN incident_internal.policies USING (policy_id) WHERE org_id = $1 AND "
		"incident_id = "
		"$2",
		2,
		{INT4OID, INT8OID}};
	static PgiQuery failure = {
		"SELECT since, retry_at, message, sqlstate FROM "
		"incident_internal.quarantine WHERE org_id = $1 AND incident_id = $2",
		2,
		{INT4OID, INT8OID}};
	int64 incident_id = pgi_record_incident_argument(fcinfo);
	Explanation explanation = {0};
	PgiTimeline timeline;

	explanation.language = pgi_language_argument(fcinfo, 1);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	explanation.result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPI_connect();
	pgi_timeline_read(&timeline, pgi_timeline_organisation(incident_id), incident_id);
	explanation.policy_id = timeline.policy_id;
	if (find_row(&describe, timeline.incident.org_id, incident_id))
		say(&explanation,
			"Incident " INT64_FORMAT
			" was detected at %s. It is under policy %s, version %s.",
			incident_id, found_moment(1), found_text(2), found_text(3));

	if (find_row(&failure, timeline.incident.org_id, incident_id))
	{
		say(&explanation,
			"It is in quarantine since %s (%s, SQLSTATE %s); next try at %s.",
			found_moment(1), found_text(3), found_text(4), found_moment(2));
		SPI_finish();
		return (Datum) 0;
	}

	/* As the last tick left it, or as it is now if nothing has become due since. */
	explanation.now = Max(pgi_argument_now(), timeline.settled_to);
	pgi_timeline_state(&timeline, timeline.settled_to, &explanation.state);
	if (explanation.state.next_due <= explanation.now)
		say(&explanation,
			"A tick is due since %s: what follows includes what it will decide.",
			moment(explanation.state.next_due));
	pgi_timeline_state(&timeline, explanation.now, &explanation.state);
	explanation.cell =
		pgi_policy_cell(pgi_policy_get(timeline.policy_id), explanation.state.asset_level,
						explanation.state.severity);

	say(&explanation, "It is %s.",
		term(&explanation, "status",
			 pgi_status_words[explanation.state.standing.status]));
	explain_values(&explanation, timeline.incident.org_id, incident_id);
	explain_levels(&explanation);
	explain_clock(&explanation);
	explain_next(&explanation, &timeline);
	SPI_finish();
	return (Datum) 0;
}
