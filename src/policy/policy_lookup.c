/*
 * policy_lookup.c: the look-ups of a policy: event level, response level, processing time.
 *
 * They are called once a row over millions of rows, so each call site remembers the policy
 * it used last.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "base/length.h"
#include "kernel/policy.h"
#include "policy/policy_cache.h"

/* What a call site used last. */
typedef struct Memo
{
	uint64 generation;
	const PgiPolicy *policy;
	int32 policy_id;
	NameData name;
	/* what this word means under the policy; empty: none is known */
	NameData word;
	uint8 code;
} Memo;

/* The call site's memo. In PL/pgSQL a call site lives as long as the transaction. */
static Memo *
get_memo(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Memo));
	return fcinfo->flinfo->fn_extra;
}

/* Finds the policy whose id is the first argument, and remembers it. */
static pg_noinline const PgiPolicy *
find_by_id(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	uint64 generation = pgi_invalidation_policies;

	pgi_argument_need(fcinfo, 0, "the policy");
	memo->generation = 0;
	memo->word = (NameData){0};
	memo->policy_id = PG_GETARG_INT32(0);
	memo->policy = pgi_policy_get(memo->policy_id);
	memo->generation = generation;
	return memo->policy;
}

/* The policy whose id is the first argument. */
static inline const PgiPolicy *
policy_by_id(FunctionCallInfo fcinfo)
{
	const Memo *memo = fcinfo->flinfo->fn_extra;

	if (likely(memo != NULL && !PG_ARGISNULL(0) &&
			   memo->generation == pgi_invalidation_policies &&
			   memo->policy_id == PG_GETARG_INT32(0)))
		return memo->policy;
	return find_by_id(fcinfo);
}

/* Whether a text is what a memo has under a name. */
static inline bool
is_named(const text *value, const NameData *name)
{
	int length = VARSIZE_ANY_EXHDR(value);

	return length < NAMEDATALEN && NameStr(*name)[length] == '\0' &&
		   memcmp(NameStr(*name), VARDATA_ANY(value), length) == 0;
}

/* The newest published policy whose name is the first argument. */
static const PgiPolicy *
policy_by_name(FunctionCallInfo fcinfo)
{
	Memo *memo = get_memo(fcinfo);
	text *name;

	pgi_argument_need(fcinfo, 0, "the policy");
	name = PG_GETARG_TEXT_PP(0);
	if (memo->generation != pgi_invalidation_policies || !is_named(name, &memo->name))
	{
		char *wanted = pgi_argument_name_of(name, "the policy");
		uint64 generation = pgi_invalidation_policies;

		memo->generation = 0;
		memo->word = (NameData){0};
		memo->policy_id = pgi_policy_named(wanted);
		memo->policy = pgi_policy_get(memo->policy_id);
		namestrcpy(&memo->name, wanted);
		memo->generation = generation;
	}
	return memo->policy;
}

/* The level in the second argument; NULL is unknown. */
static inline int
level_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? PGI_LEVEL_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(1));
}

/* The severity in the third argument; NULL is unknown. */
static inline int
severity_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(2) ? PGI_SEVERITY_UNKNOWN : DatumGetUInt8(PG_GETARG_DATUM(2));
}

/* What the pair in the second and third argument means at first. */
static inline const PgiStart *
pair(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	int asset_level = level_argument(fcinfo);
	int severity = severity_argument(fcinfo);
	const PgiStart *start = &policy->start[asset_level][severity];

	if (unlikely(!start->possible))
		pgi_policy_refuse_pair(policy, asset_level, severity);
	return start;
}

/* The response level of a pair when it may have risen, or the elapsed time is unusual. */
static pg_noinline Datum
risen_level(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	int asset_level = level_argument(fcinfo);
	int severity = severity_argument(fcinfo);

	if (PG_ARGISNULL(3))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the elapsed time must not be null")));
	return UInt8GetDatum(pgi_policy_response_level(
		&policy->cell[asset_level][severity],
		pgi_length_of_interval(PG_GETARG_INTERVAL_P(3), "the elapsed time")));
}

static inline Datum
response_level(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	const PgiStart *start = pair(fcinfo, policy);

	if (likely(!PG_ARGISNULL(3)))
	{
		const Interval *elapsed = PG_GETARG_INTERVAL_P(3);

		if (elapsed->month == 0 && elapsed->day == 0 && elapsed->time >= 0 &&
			elapsed->time < start->until)
			return UInt8GetDatum(start->response_level);
	}
	return risen_level(fcinfo, policy);
}

static Interval *
make_length(int64 microseconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	return interval;
}

static Datum
processing_time(FunctionCallInfo fcinfo, const PgiPolicy *policy)
{
	int level = level_argument(fcinfo);
	int64 time = policy->processing[level];

	if (!policy->defined[level])
		pgi_policy_refuse_level(policy, level);
	if (time == PGI_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_INTERVAL_P(make_length(time));
}

PG_FUNCTION_INFO_V1(pgi_policy_id);
Datum
pgi_policy_id(PG_FUNCTION_ARGS)
{
	int32 version = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

	if (!PG_ARGISNULL(1) && version < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("policy versions count from 1")));
	PG_RETURN_INT32(
		pgi_policy_version(pgi_argument_needed_name(fcinfo, 0, "the policy"), version));
}

/* What the word in the second argument means under the policy of the call site's memo. */
static Datum
word_value(FunctionCallInfo fcinfo, PgiVocabulary vocabulary)
{
	Memo *memo = fcinfo->flinfo->fn_extra;
	text *value;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	value = PG_GETARG_TEXT_PP(1);
	if (NameStr(memo->word)[0] == '\0' || !is_named(value, &memo->word))
	{
		char *word = pgi_argument_name(fcinfo, 1, "the word");

		if (word == NULL)
			PG_RETURN_NULL();
		memo->code =
			pgi_policy_words_code(pgi_policy_words(memo->policy_id), vocabulary, word);
		namestrcpy(&memo->word, strlen(word) < NAMEDATALEN ? word : "");
	}
	return UInt8GetDatum(memo->code);
}

/* The two SQL functions that read a word: by the policy's id, and by its name. */
#define WORD_FUNCTIONS(name, vocabulary)       \
	PG_FUNCTION_INFO_V1(name);                 \
	Datum name(PG_FUNCTION_ARGS)               \
	{                                          \
		(void) policy_by_id(fcinfo);           \
		return word_value(fcinfo, vocabulary); \
	}                                          \
	PG_FUNCTION_INFO_V1(name##_by_name);       \
	Datum name##_by_name(PG_FUNCTION_ARGS)     \
	{                                          \
		(void) policy_by_name(fcinfo);         \
		return word_value(fcinfo, vocabulary); \
	}                                          \
	extern Datum name##_by_name(PG_FUNCTION_ARGS)

WORD_FUNCTIONS(pgi_severity_of, PGI_WORDS_SEVERITY);
WORD_FUNCTIONS(pgi_asset_level_of, PGI_WORDS_ASSET_LEVEL);
WORD_FUNCTIONS(pgi_event_level_of, PGI_WORDS_EVENT_LEVEL);

PG_FUNCTION_INFO_V1(pgi_event_level);
Datum
pgi_event_level(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(pair(fcinfo, policy_by_id(fcinfo))->event_level);
}

PG_FUNCTION_INFO_V1(pgi_event_level_by_name);
Datum
pgi_event_level_by_name(PG_FUNCTION_ARGS)
{
	return UInt8GetDatum(pair(fcinfo, policy_by_name(fcinfo))->event_level);
}

PG_FUNCTION_INFO_V1(pgi_response_level_of);
Datum
pgi_response_level_of(PG_FUNCTION_ARGS)
{
	return response_level(fcinfo, policy_by_id(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_response_level_by_name);
Datum
pgi_response_level_by_name(PG_FUNCTION_ARGS)
{
	return response_level(fcinfo, policy_by_name(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_processing_time);
Datum
pgi_processing_time(PG_FUNCTION_ARGS)
{
	return processing_time(fcinfo, policy_by_id(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_processing_time_by_name);
Datum
pgi_processing_time_by_name(PG_FUNCTION_ARGS)
{
	return processing_time(fcinfo, policy_by_name(fcinfo));
}

PG_FUNCTION_INFO_V1(pgi_response_steps);
Datum
pgi_response_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PgiCell *cell;

	pgi_argument_need(fcinfo, 0, "the policy");
	cell = pgi_policy_cell(pgi_policy_get(PG_GETARG_INT32(0)), level_argument(fcinfo),
						   severity_argument(fcinfo));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < cell->nsteps; i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		values[0] = IntervalPGetDatum(make_length(Max(cell->steps[i].after, 0)));
		values[1] = UInt8GetDatum(cell->steps[i].level);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * (org_id, policy_id, event_level, since): when the processing time of an event level has
 * passed, of a clock that would have begun then; NULL when there is no limit.
 */
PG_FUNCTION_INFO_V1(pgi_processing_deadline);
Datum
pgi_processing_deadline(PG_FUNCTION_ARGS)
{
	const PgiPolicy *policy = pgi_policy_of(PG_GETARG_INT32(1), PG_GETARG_INT32(0));
	uint8 level = DatumGetUInt8(PG_GETARG_DATUM(2));
	int64 deadline = PGI_NEVER;

	if (policy->processing[level] != PGI_NEVER)
		deadline = pgi_calendar_add(policy->calendars[policy->calendar[level]],
									PG_GETARG_TIMESTAMPTZ(3), policy->processing[level]);
	if (deadline == PGI_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(deadline);
}
