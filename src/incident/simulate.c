/*
 * simulate.c: the kernel without the database's facts: simulate(), and with them but
 * without writing: state_at().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "document/json.h"
#include "document/json_writer.h"
#include "document/shape.h"
#include "incident/timeline.h"
#include "policy/duty_names.h"
#include "policy/policy_cache.h"
#include "rights/grants.h"
#include "types/types.h"

/* A simulated course: facts and derived events, merged in order. */
typedef struct Course
{
	ReturnSetInfo *result;
	const PgiPolicy *policy;
	const PgiPolicyWords *words;
	PgiDutyNames duties;
	const PgiFact *facts;
	int nfacts;
	int next;		   /* the first fact that has not been put out */
	MemoryContext row; /* of what is being put out */
	int32 epoch;	   /* the newest governing fact put out, and its moment */
	int64 epoch_at;
} Course;

static void
refuse_facts(int number, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("facts[%d] %s", number, problem),
			 errhint("A fact is {\"at\": time, \"kind\": kind}; an assessed or "
					 "raised one takes \"severity\" and \"asset_level\", a done one "
					 "\"duty\".")));
}

static int64
fact_moment(int number, const char *word)
{
	TimestampTz at = DatumGetTimestampTz(
		DirectFunctionCall3(timestamptz_in, CStringGetDatum(word),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));

	if (TIMESTAMP_NOT_FINITE(at))
		refuse_facts(number, "has a time that is not finite");
	if (!pgi_is_within_reach(at))
		refuse_facts(number, "has a time outside the years 1 to 9999, UTC");
	return at;
}

static uint8
fact_duty(int number, const char *word, const PgiDutyNames *duties)
{
	int duty = pgi_duty_names_find(duties, word);

	if (duty < 0)
	{
		PgiChoices known = {0};

		for (int i = 0; i < duties->count; i++)
			pgi_argument_add_choice(&known, duties->name[i]);
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("facts[%d] has a duty \"%s\" that is not in the policy",
							   number, pgi_argument_clip(word)),
						known.count == 0
							? errhint("It has no duties.")
							: errhint("It has: %s.", pgi_argument_choices(&known))));
	}
	return (uint8) duty;
}

/* The code of a severity or level that a fact sets; `unknown` of one that it sets to null. */
static uint8
fact_code(JsonbContainer *object, const char *key, const Course *course,
		  PgiVocabulary words, uint8 unknown)
{
	char *word = pgi_json_grade(object, key);

	return word == NULL ? unknown : pgi_policy_words_code(course->words, words, word);
}

static void
read_fact(PgiFact *fact, int number, JsonbContainer *object, const Course *course)
{
	char *duty = pgi_json_text(object, "duty");

	memset(fact, 0, sizeof(*fact));
	fact->seq = number + 2;
	fact->at = fact_moment(number, pgi_json_text(object, "at"));
	fact->kind = pgi_kind_named(pgi_json_text(object, "kind"));
	fact->sets_severity = pgi_json_has(object, "severity");
	fact->severity =
		fact_code(object, "severity", course, PGI_WORDS_SEVERITY, PGI_SEVERITY_UNKNOWN);
	fact->sets_asset = pgi_json_has(object, "asset_level");
	fact->asset_level = fact_code(object, "asset_level", course, PGI_WORDS_ASSET_LEVEL,
								  PGI_LEVEL_UNKNOWN);
	fact->duty = duty == NULL ? PGI_MAX_DUTIES : fact_duty(number, duty, &course->duties);
	if (!PGI_ASSESSES(fact->kind) && (fact->sets_asset || fact->sets_severity))
		refuse_facts(number, "sets a value without being an assessment");
	if (PGI_ASSESSES(fact->kind) && !fact->sets_asset && !fact->sets_severity)
		refuse_facts(number, "is an assessment that sets nothing");
	if ((fact->kind == PGI_DONE) != (fact->duty != PGI_MAX_DUTIES))
		refuse_facts(number, fact->kind == PGI_DONE ? "does not say which duty is done"
													: "names a duty without being done");
}

/* The opening and the facts of a JSON array, in order of time. */
static PgiFact *
read_facts(const PgiFact *opening, Jsonb *json, const Course *course, int *nfacts)
{
	JsonbValue array;
	PgiFact *facts;
	int n;

	pgi_json_root(json, &array);
	pgi_shape_expect(&array, PGI_DOCUMENT_FACTS);
	n = pgi_json_count(pgi_json_container(&array));
	facts = palloc(sizeof(PgiFact) * (n + 1));
	facts[0] = *opening;
	for (int i = 0; i < n; i++)
	{
		read_fact(&facts[i + 1], i, pgi_json_item(pgi_json_container(&array), i), course);
		if (facts[i + 1].at < opening->at)
			refuse_facts(i, "is before the detection");
	}
	pgi_advance_sort_facts(facts, n + 1);
	*nfacts = n + 1;
	return facts;
}

static void
put_row(Course *course, int64 at, PgiKind kind, int level, PgiJsonWriter *detail)
{
	Datum values[4];
	bool nulls[4] = {false};

	CHECK_FOR_INTERRUPTS();
	pgi_json_write_end(detail);
	values[0] = TimestampTzGetDatum(at);
	values[1] = CStringGetTextDatum(pgi_kind_words[kind]);
	values[2] = UInt8GetDatum(level < 0 ? 0 : level);
	nulls[2] = level < 0;
	values[3] = JsonbPGetDatum(pgi_json_written(detail));
	tuplestore_putvalues(course->result->setResult, course->result->setDesc, values,
						 nulls);
	MemoryContextReset(course->row);
}

static void
put_fact(Course *course, const PgiFact *fact)
{
	MemoryContext caller = MemoryContextSwitchTo(course->row);
	PgiJsonWriter detail = {0};

	pgi_json_write_begin(&detail, NULL);
	if (fact->sets_asset)
		pgi_json_write_word(&detail, "asset_level",
							fact->asset_level == PGI_LEVEL_UNKNOWN
								? NULL
								: pgi_types_level_word(fact->asset_level));
	if (fact->sets_severity)
		pgi_json_write_word(&detail, "severity",
							fact->severity == PGI_SEVERITY_UNKNOWN
								? NULL
								: pgi_types_severity_word(fact->severity));
	if (fact->kind == PGI_DONE)
		pgi_json_write_word(&detail, "duty", course->duties.name[fact->duty]);
	put_row(course, fact->at, fact->kind, -1, &detail);
	MemoryContextSwitchTo(caller);
}

/* Puts out the facts up to and including `at`. */
static void
put_facts(Course *course, int64 at)
{
	while (course->next < course->nfacts && course->facts[course->next].at <= at)
		put_fact(course, &course->facts[course->next++]);
}

/*
 * Puts out the facts before an event. When it follows from one of that very moment, the
 * facts after that one wait for their own events; duties come after all facts of a moment.
 */
static void
put_facts_before(Course *course, const PgiDerived *event)
{
	if (pgi_duty_of_rule(event->rule) >= 0)
		put_facts(course, event->at);
	if (course->epoch == event->epoch && course->epoch_at == event->at)
		return;
	while (course->next < course->nfacts && course->facts[course->next].at <= event->at)
	{
		const PgiFact *fact = &course->facts[course->next++];

		put_fact(course, fact);
		if (fact->seq != event->epoch)
			continue;
		course->epoch = fact->seq;
		course->epoch_at = fact->at;
		if (fact->at == event->at)
			return;
	}
}

/* A moment as JSON has it, in UTC. */
static char *
moment_word(TimestampTz at)
{
	static const int utc = 0;

	return JsonEncodeDateTime(NULL, TimestampTzGetDatum(at), TIMESTAMPTZOID, &utc);
}

/* Which duty an event is about, and until when it has time if it begins. */
static void
write_duty(PgiJsonWriter *detail, const Course *course, const PgiDerived *event)
{
	pgi_json_write_word(detail, "duty",
						course->duties.name[pgi_duty_of_rule(event->rule)]);
	pgi_json_write_integer(detail, "occurrence", event->occurrence);
	if (event->kind != PGI_OVERDUE)
		pgi_json_write_word(detail, "deadline",
							event->deadline == PGI_NEVER ? NULL
														 : moment_word(event->deadline));
}

/* The level that an event is about. */
static uint8
level_of(const Course *course, const PgiDerived *event)
{
	int duty = pgi_duty_of_rule(event->rule);
	bool by_event = event->kind == PGI_BREACHED || event->kind == PGI_OVERDUE;

	if (duty >= 0)
		by_event = !course->policy->duties[duty].by_response;
	return by_event ? event->event_level : event->response_level;
}

static void
put_derived(const PgiDerived *derived, void *arg)
{
	Course *course = arg;
	PgiJsonWriter detail = {0};
	MemoryContext caller;

	put_facts_before(course, derived);
	caller = MemoryContextSwitchTo(course->row);
	pgi_json_write_begin(&detail, NULL);
	pgi_json_write_word(&detail, "event_level",
						pgi_types_level_word(derived->event_level));
	pgi_json_write_word(&detail, "response_level",
						pgi_types_level_word(derived->response_level));
	if (pgi_duty_of_rule(derived->rule) >= 0)
		write_duty(&detail, course, derived);
	else if (derived->rule == PGI_RULE_RESPONSE)
		pgi_json_write_word(&detail, "rule", "response");
	else if (derived->rule == PGI_RULE_ACKNOWLEDGEMENT)
	{
		pgi_json_write_word(&detail, "rule", "acknowledgement");
		pgi_json_write_integer(&detail, "occurrence", derived->occurrence);
	}
	put_row(course, derived->at, derived->kind, level_of(course, derived), &detail);
	MemoryContextSwitchTo(caller);
}

PG_FUNCTION_INFO_V1(pgi_simulate);
Datum
pgi_simulate(PG_FUNCTION_ARGS)
{
	PgiFact opening = {0};
	Course course = {0};
	PgiState state;
	TimestampTz until;
	int32 policy_id;

	pgi_argument_need(fcinfo, 5, "the facts");
	opening.kind = PGI_OPENED;
	opening.seq = 1;
	opening.sets_asset = opening.sets_severity = true;
	opening.asset_level =
		PG_ARGISNULL(1) ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(1));
	opening.severity =
		PG_ARGISNULL(2) ? PGI_SEVERITY_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(2));
	opening.at = pgi_argument_moment(fcinfo, 3, "detected_at");
	until = pgi_argument_moment(fcinfo, 4, "until");
	if (until < opening.at)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("until must not be before detected_at"),
						errdetail("It is %s, and detected_at %s.",
								  pstrdup(timestamptz_to_str(until)),
								  timestamptz_to_str(opening.at))));
	policy_id = pgi_policy_named(pgi_argument_needed_name(fcinfo, 0, "the policy"));
	pgi_duty_names_read(policy_id, &course.duties);
	course.words = pgi_policy_words(policy_id);
	course.facts = read_facts(&opening, PG_GETARG_JSONB_P(5), &course, &course.nfacts);

	InitMaterializedSRF(fcinfo, 0);
	course.result = (ReturnSetInfo *) fcinfo->resultinfo;
	course.policy = pgi_policy_of(policy_id, pgi_working_organisation());
	course.row = AllocSetContextCreate(CurrentMemoryContext, "pg_incident simulation",
									   ALLOCSET_DEFAULT_SIZES);
	if (pgi_advance(course.policy, course.facts, course.nfacts, until, put_derived,
					&course, &state) == PGI_ERROR_NOT_IN_POLICY)
		(void) pgi_policy_cell(course.policy, state.asset_level, state.severity);
	put_facts(&course, until);
	return (Datum) 0;
}

static Datum
moment_value(int64 moment, bool *isnull)
{
	*isnull = moment == PGI_NEVER;
	return TimestampTzGetDatum(moment);
}

PG_FUNCTION_INFO_V1(pgi_state_at);
Datum
pgi_state_at(PG_FUNCTION_ARGS)
{
	TimestampTz at = pgi_argument_moment(fcinfo, 1, "at");
	PgiTimeline timeline;
	PgiState state;
	TupleDesc descriptor;
	Datum values[13];
	bool nulls[13] = {false};
	Interval *elapsed = palloc0(sizeof(Interval));

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	SPI_connect();
	pgi_timeline_read(&timeline, pgi_timeline_organisation(PG_GETARG_INT64(0)),
					  PG_GETARG_INT64(0));
	pgi_timeline_state(&timeline, at, &state);
	SPI_finish();
	if (state.standing.status == PGI_NEW)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("incident " INT64_FORMAT " had not been detected at %s",
							   PG_GETARG_INT64(0), timestamptz_to_str(at))));

	elapsed->time = state.elapsed;
	values[0] = CStringGetTextDatum(pgi_status_words[state.standing.status]);
	values[1] = UInt8GetDatum(state.severity);
	nulls[1] = state.severity == PGI_SEVERITY_UNKNOWN;
	values[2] = UInt8GetDatum(state.asset_level);
	nulls[2] = state.asset_level == PGI_LEVEL_UNKNOWN;
	values[3] = UInt8GetDatum(state.event_level);
	values[4] = UInt8GetDatum(state.response_level);
	values[5] = IntervalPGetDatum(elapsed);
	values[6] = BoolGetDatum(state.standing.status == PGI_ON_HOLD);
	values[7] = BoolGetDatum(state.late[PGI_CLOCK_PROCESSING]);
	values[8] = moment_value(state.acknowledged_at, &nulls[8]);
	values[9] = moment_value(state.activated_at, &nulls[9]);
	values[10] = moment_value(state.resolved_at, &nulls[10]);
	values[11] = moment_value(state.closed_at, &nulls[11]);
	values[12] = moment_value(state.next_due, &nulls[12]);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
