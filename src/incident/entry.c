/*
 * entry.c: entries as rows of incident_internal.entries, and the words for kinds and rules.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/sql.h"
#include "incident/entry.h"

const PgiColumn pgi_entry_columns[PGI_ENTRY_COLUMNS] = {
	PGI_ENTRY_DECISIONS(PGI_COLUMN_ENTRY) PGI_ENTRY_FACTS(PGI_COLUMN_ENTRY)
		PGI_ENTRY_TEXTS(PGI_COLUMN_ENTRY)};

/* Puts a moment, or NULL for PGI_NEVER, at place n. */
void
pgi_entry_put_moment(Datum *values, bool *isnull, int n, int64 moment)
{
	isnull[n] = moment == PGI_NEVER;
	values[n] = TimestampTzGetDatum(moment);
}

/* Puts a level or severity, or NULL, at place n. */
void
pgi_entry_put_byte(Datum *values, bool *isnull, int n, uint8 value, bool present)
{
	isnull[n] = !present;
	values[n] = UInt8GetDatum(value);
}

static void
put_text(Datum *values, bool *isnull, int n, const char *string)
{
	isnull[n] = string == NULL;
	values[n] = string == NULL ? (Datum) 0 : CStringGetTextDatum(string);
}

Datum
pgi_entry_hash_value(const uint8 *hash)
{
	bytea *value = palloc(VARHDRSZ + PGI_HASH_LENGTH);

	SET_VARSIZE(value, VARHDRSZ + PGI_HASH_LENGTH);
	memcpy(VARDATA(value), hash, PGI_HASH_LENGTH);
	return PointerGetDatum(value);
}

/* The row that stores a chained entry. */
void
pgi_entry_row(const PgiIncident *incident, const PgiEntry *entry, Datum *values,
			  bool *isnull)
{
	bool is_fact = PGI_IS_FACT(entry->kind);
	bool is_assessment = entry->sets_asset || entry->sets_severity;

	memset(isnull, false, sizeof(bool) * PGI_ENTRY_COLUMNS);
	values[PGI_ENTRY_ORG_ID] = Int32GetDatum(incident->org_id);
	values[PGI_ENTRY_MONTH] = Int32GetDatum(incident->month);
	values[PGI_ENTRY_INCIDENT_ID] = Int64GetDatum(incident->incident_id);
	values[PGI_ENTRY_EFFECTIVE_AT] = TimestampTzGetDatum(entry->effective_at);
	values[PGI_ENTRY_RECORDED_AT] = TimestampTzGetDatum(entry->recorded_at);
	values[PGI_ENTRY_EPOCH] = Int32GetDatum(entry->epoch);
	values[PGI_ENTRY_SEQ] = Int32GetDatum(entry->seq);
	values[PGI_ENTRY_RULE] = Int16GetDatum(entry->rule);
	values[PGI_ENTRY_OCCURRENCE] = Int16GetDatum(entry->occurrence);
	values[PGI_ENTRY_KIND] = Int16GetDatum(entry->kind);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_EVENT_LEVEL, entry->event_level,
					   entry->event_level != PGI_LEVEL_UNKNOWN);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_RESPONSE_LEVEL, entry->response_level,
					   entry->response_level != PGI_LEVEL_UNKNOWN);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_SETS_ASSET, entry->sets_asset,
					   is_assessment);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_SETS_SEVERITY, entry->sets_severity,
					   is_assessment);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_ASSET_LEVEL, entry->asset_level,
					   entry->asset_level != PGI_LEVEL_UNKNOWN);
	pgi_entry_put_byte(values, isnull, PGI_ENTRY_SEVERITY, entry->severity,
					   entry->severity != PGI_SEVERITY_UNKNOWN);
	isnull[PGI_ENTRY_ASSET_ID] = entry->asset_id == 0;
	values[PGI_ENTRY_ASSET_ID] = Int64GetDatum(entry->asset_id);
	put_text(values, isnull, PGI_ENTRY_DUTY, entry->duty);
	isnull[PGI_ENTRY_HASH] = !is_fact;
	values[PGI_ENTRY_HASH] = is_fact ? pgi_entry_hash_value(entry->hash) : (Datum) 0;
	put_text(values, isnull, PGI_ENTRY_ACTOR, entry->actor);
	put_text(values, isnull, PGI_ENTRY_RECORDED_BY, entry->recorded_by);
	put_text(values, isnull, PGI_ENTRY_NOTE, entry->note);
	isnull[PGI_ENTRY_EVIDENCE] = entry->evidence == NULL;
	values[PGI_ENTRY_EVIDENCE] =
		entry->evidence == NULL
			? (Datum) 0
			: DirectFunctionCall1(jsonb_in, CStringGetDatum(entry->evidence));
}

/* A column of an entry that was read; columns count from 0. */
static Datum
read_column(uint64 row, int number, bool *isnull)
{
	return pgi_sql_column(row, number + 1, isnull);
}

static int64
number_column(uint64 row, int number)
{
	bool isnull;
	Datum value = read_column(row, number, &isnull);

	if (isnull)
		return 0;
	return SPI_gettypeid(SPI_tuptable->tupdesc, number + 1) == INT4OID
			   ? DatumGetInt32(value)
			   : DatumGetInt64(value);
}

static uint8
byte_column(uint64 row, int number, uint8 when_null)
{
	bool isnull;
	Datum value = read_column(row, number, &isnull);

	return isnull ? when_null : DatumGetUInt8(value);
}

/*
 * Reads a row of PGI_ENTRY_READ. An entry of a kind that does not exist has the kind
 * PGI_KINDS. Within SPI.
 */
void
pgi_entry_read(PgiEntry *entry, uint64 row)
{
	bool isnull;
	Datum duty;
	Datum hash;
	int16 kind = DatumGetInt16(read_column(row, PGI_ENTRY_KIND, &isnull));

	memset(entry, 0, sizeof(*entry));
	entry->seq = (int32) number_column(row, PGI_ENTRY_SEQ);
	entry->kind = kind < 0 || kind >= PGI_KINDS || pgi_kind_words[kind] == NULL
					  ? PGI_KINDS
					  : (uint8) kind;
	entry->effective_at =
		DatumGetTimestampTz(read_column(row, PGI_ENTRY_EFFECTIVE_AT, &isnull));
	entry->sets_asset = byte_column(row, PGI_ENTRY_SETS_ASSET, false);
	entry->sets_severity = byte_column(row, PGI_ENTRY_SETS_SEVERITY, false);
	entry->asset_id = number_column(row, PGI_ENTRY_ASSET_ID);
	entry->asset_level = byte_column(row, PGI_ENTRY_ASSET_LEVEL, PGI_LEVEL_UNKNOWN);
	entry->severity = byte_column(row, PGI_ENTRY_SEVERITY, PGI_SEVERITY_UNKNOWN);
	entry->event_level = byte_column(row, PGI_ENTRY_EVENT_LEVEL, PGI_LEVEL_UNKNOWN);
	entry->response_level = byte_column(row, PGI_ENTRY_RESPONSE_LEVEL, PGI_LEVEL_UNKNOWN);
	entry->epoch = (int32) number_column(row, PGI_ENTRY_EPOCH);
	entry->rule = DatumGetInt16(read_column(row, PGI_ENTRY_RULE, &isnull));
	entry->occurrence = DatumGetInt16(read_column(row, PGI_ENTRY_OCCURRENCE, &isnull));
	duty = read_column(row, PGI_ENTRY_DUTY, &isnull);
	entry->duty = isnull ? NULL : TextDatumGetCString(duty);
	duty = read_column(row, PGI_ENTRY_DUTY_NUMBER, &isnull);
	entry->duty_number =
		isnull ? pgi_duty_number_of_rule(entry->rule) : (uint8) DatumGetInt32(duty);
	hash = read_column(row, PGI_ENTRY_HASH, &isnull);
	if (!isnull && VARSIZE_ANY_EXHDR(DatumGetPointer(hash)) == PGI_HASH_LENGTH)
		memcpy(entry->hash, VARDATA_ANY(DatumGetPointer(hash)), PGI_HASH_LENGTH);
}

/* Fills in what an event decided. */
void
pgi_entry_decided(PgiEntry *entry, const PgiDerived *event)
{
	entry->kind = event->kind;
	entry->effective_at = event->at;
	entry->event_level = event->event_level;
	entry->response_level = event->response_level;
	entry->epoch = event->epoch;
	entry->rule = event->rule;
	entry->duty_number = pgi_duty_number_of_rule(event->rule);
	entry->occurrence = (int16) event->occurrence;
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
	if (rule >= PGI_RULE_STEP && rule < PGI_RULE_STEP + PGI_MAX_ESCALATION_STEPS)
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
