/*
 * entry.c: entries as rows of incident_internal.entries, and the words for kinds and rules.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "incident/entry.h"

/* As pgi_entry_row gives them. */
const char *const pgi_entry_columns[PGI_ENTRY_COLUMNS] = {
	"org_id",	   "month",			"incident_id", "effective_at",
	"recorded_at", "epoch",			"seq",		   "rule",
	"occurrence",  "kind",			"event_level", "response_level",
	"sets_asset",  "sets_severity", "asset_level", "severity",
	"asset_id",	   "duty",			"hash",		   "actor",
	"recorded_by", "note",			"evidence"};

/* Puts a moment, or NULL for PGI_NEVER, at place n; returns the next place. */
int
pgi_put_moment(Datum *values, bool *isnull, int n, int64 moment)
{
	isnull[n] = moment == PGI_NEVER;
	values[n] = TimestampTzGetDatum(moment);
	return n + 1;
}

/* Puts a level or severity, or NULL, at place n; returns the next place. */
int
pgi_put_byte(Datum *values, bool *isnull, int n, uint8 value, bool present)
{
	isnull[n] = !present;
	values[n] = UInt8GetDatum(value);
	return n + 1;
}

static int
put_text(Datum *values, bool *isnull, int n, const char *string)
{
	isnull[n] = string == NULL;
	values[n] = string == NULL ? (Datum) 0 : CStringGetTextDatum(string);
	return n + 1;
}

Datum
pgi_hash_value(const uint8 *hash)
{
	bytea *value = palloc(VARHDRSZ + PGI_HASH_LENGTH);

	SET_VARSIZE(value, VARHDRSZ + PGI_HASH_LENGTH);
	memcpy(VARDATA(value), hash, PGI_HASH_LENGTH);
	return PointerGetDatum(value);
}

/* A JSON text as it will be read once it is stored, for its hash. */
char *
pgi_canonical_json(const char *json)
{
	return DatumGetCString(DirectFunctionCall1(
		jsonb_out, DirectFunctionCall1(jsonb_in, CStringGetDatum(json))));
}

/* Puts what the kernel goes on from besides a state's columns; returns the next place. */
int
pgi_put_duties(Datum *values, bool *isnull, int n, const PgiState *state)
{
	bytea *packed = palloc(VARHDRSZ + PGI_PACKED_MOST);
	int length = pgi_duties_pack(state, (uint8 *) VARDATA(packed));

	SET_VARSIZE(packed, VARHDRSZ + length);
	isnull[n] = length == 0;
	values[n] = PointerGetDatum(packed);
	return n + 1;
}

/* The row that stores a chained entry. */
void
pgi_entry_row(const PgiTimeline *timeline, const PgiEntry *entry, Datum *values,
			  bool *isnull)
{
	bool is_fact = PGI_IS_FACT(entry->kind);
	bool is_assessment = entry->sets_asset || entry->sets_severity;
	int n = 0;

	memset(isnull, false, sizeof(bool) * PGI_ENTRY_COLUMNS);
	values[n++] = Int32GetDatum(timeline->org_id);
	values[n++] = Int32GetDatum(timeline->month);
	values[n++] = Int64GetDatum(timeline->incident_id);
	values[n++] = TimestampTzGetDatum(entry->effective_at);
	values[n++] = TimestampTzGetDatum(entry->recorded_at);
	values[n++] = Int32GetDatum(entry->epoch);
	values[n++] = Int32GetDatum(entry->seq);
	values[n++] = Int16GetDatum(entry->rule);
	values[n++] = Int16GetDatum(entry->occurrence);
	values[n++] = Int16GetDatum(entry->kind);
	n = pgi_put_byte(values, isnull, n, entry->event_level,
					 entry->event_level != PGI_LEVEL_UNKNOWN);
	n = pgi_put_byte(values, isnull, n, entry->response_level,
					 entry->response_level != PGI_LEVEL_UNKNOWN);
	n = pgi_put_byte(values, isnull, n, entry->sets_asset, is_assessment);
	n = pgi_put_byte(values, isnull, n, entry->sets_severity, is_assessment);
	n = pgi_put_byte(values, isnull, n, entry->asset_level,
					 entry->asset_level != PGI_LEVEL_UNKNOWN);
	n = pgi_put_byte(values, isnull, n, entry->severity,
					 entry->severity != PGI_SEVERITY_UNKNOWN);
	isnull[n] = entry->asset_id == 0;
	values[n++] = Int64GetDatum(entry->asset_id);
	n = put_text(values, isnull, n, entry->duty);
	isnull[n] = !is_fact;
	values[n++] = is_fact ? pgi_hash_value(entry->hash) : (Datum) 0;
	n = put_text(values, isnull, n, entry->actor);
	n = put_text(values, isnull, n, entry->recorded_by);
	n = put_text(values, isnull, n, entry->note);
	isnull[n] = entry->evidence == NULL;
	values[n] = isnull[n]
					? (Datum) 0
					: DirectFunctionCall1(jsonb_in, CStringGetDatum(entry->evidence));
}

PG_FUNCTION_INFO_V1(pgi_kind_word);
Datum
pgi_kind_word(PG_FUNCTION_ARGS)
{
	int16 kind = PG_GETARG_INT16(0);

	if (kind < 0 || kind >= PGI_KINDS || pgi_kind_words[kind] == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(pgi_kind_words[kind]));
}

PG_FUNCTION_INFO_V1(pgi_rule_word);
Datum
pgi_rule_word(PG_FUNCTION_ARGS)
{
	int16 rule = PG_GETARG_INT16(0);

	if (rule == PGI_RULE_MATRIX)
		PG_RETURN_TEXT_P(cstring_to_text("matrix"));
	if (rule == PGI_RULE_PROCESSING_TIME)
		PG_RETURN_TEXT_P(cstring_to_text("processing_time"));
	if (rule == PGI_RULE_ACKNOWLEDGEMENT)
		PG_RETURN_TEXT_P(cstring_to_text("acknowledgement"));
	if (rule == PGI_RULE_RESPONSE)
		PG_RETURN_TEXT_P(cstring_to_text("response"));
	if (rule >= PGI_RULE_STEP && rule < PGI_RULE_STEP + PGI_MAX_RISES)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("step:%d", rule - PGI_RULE_STEP + 1)));
	if (rule >= PGI_RULE_DUTY && rule < PGI_RULE_DUTY + PGI_MAX_DUTIES)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("duty:%d", rule - PGI_RULE_DUTY + 1)));
	if (rule >= PGI_RULE_DUTY_OVERDUE && rule < PGI_RULE_DUTY_OVERDUE + PGI_MAX_DUTIES)
		PG_RETURN_TEXT_P(
			cstring_to_text(psprintf("duty:%d", rule - PGI_RULE_DUTY_OVERDUE + 1)));
	if (rule > PGI_RULE_REMAINING_TIME && rule <= PGI_RULE_REMAINING_TIME + PGI_LEVEL_MAX)
		PG_RETURN_TEXT_P(cstring_to_text(
			psprintf("remaining_time:%d", rule - PGI_RULE_REMAINING_TIME)));
	PG_RETURN_NULL();
}
