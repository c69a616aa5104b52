/*
 * entry.h: entries as rows of incident_internal.entries.
 */
#ifndef PGI_ENTRY_H
#define PGI_ENTRY_H

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"

#include "base/columns.h"
#include "kernel/state.h"

#define PGI_HASH_LENGTH 32

/*
 * One entry, as stored. Times of PGI_NEVER, numbers of 0 and texts of NULL are SQL NULL. A
 * withdrawal has the seq of what it takes back as its epoch.
 */
typedef struct PgiEntry
{
	int32 seq;
	uint8 kind;
	TimestampTz effective_at;
	TimestampTz recorded_at;
	bool sets_asset;
	bool sets_severity;
	int64 asset_id;	   /* 0: none */
	const char *duty;  /* what was done */
	uint8 duty_number; /* of what was done or decided, now; PGI_MAX_DUTIES: none */
	uint8 asset_level;
	uint8 severity;
	uint8 event_level;
	uint8 response_level;
	int32 epoch;
	int16 rule;
	int16 occurrence;
	const char *actor;
	const char *recorded_by;
	const char *note;
	const char *evidence;		 /* of a duty, JSON */
	uint8 hash[PGI_HASH_LENGTH]; /* of a fact */
} PgiEntry;

/* Whose entries they are. */
typedef struct PgiIncident
{
	int32 org_id;
	int64 incident_id;
	int32 month; /* of its opening, counted from January 2000 */
} PgiIncident;

/* The columns of the table, in its order; see columns.h. */
#define PGI_ENTRY_DECISIONS(COLUMN)                    \
	COLUMN(ORG_ID, org_id, INT4OID)                    \
	COLUMN(MONTH, month, INT4OID)                      \
	COLUMN(INCIDENT_ID, incident_id, INT8OID)          \
	COLUMN(EFFECTIVE_AT, effective_at, TIMESTAMPTZOID) \
	COLUMN(RECORDED_AT, recorded_at, TIMESTAMPTZOID)   \
	COLUMN(EPOCH, epoch, INT4OID)                      \
	COLUMN(SEQ, seq, INT4OID)                          \
	COLUMN(RULE, rule, INT2OID)                        \
	COLUMN(OCCURRENCE, occurrence, INT2OID)            \
	COLUMN(KIND, kind, INT2OID)                        \
	COLUMN(EVENT_LEVEL, event_level, PGI_TYPE_LEVEL)   \
	COLUMN(RESPONSE_LEVEL, response_level, PGI_TYPE_LEVEL)

#define PGI_ENTRY_FACTS(COLUMN)                      \
	COLUMN(SETS_ASSET, sets_asset, BOOLOID)          \
	COLUMN(SETS_SEVERITY, sets_severity, BOOLOID)    \
	COLUMN(ASSET_LEVEL, asset_level, PGI_TYPE_LEVEL) \
	COLUMN(SEVERITY, severity, PGI_TYPE_SEVERITY)    \
	COLUMN(ASSET_ID, asset_id, INT8OID)              \
	COLUMN(DUTY, duty, TEXTOID)                      \
	COLUMN(HASH, hash, BYTEAOID)

#define PGI_ENTRY_TEXTS(COLUMN)               \
	COLUMN(ACTOR, actor, TEXTOID)             \
	COLUMN(RECORDED_BY, recorded_by, TEXTOID) \
	COLUMN(NOTE, note, TEXTOID)               \
	COLUMN(EVIDENCE, evidence, JSONBOID)

#define PGI_ENTRY_NUMBER(id, name, type) PGI_ENTRY_##id,
enum
{
	PGI_ENTRY_DECISIONS(PGI_ENTRY_NUMBER)
	PGI_DECISION_COLUMNS, /* of entries that are no facts; the others are NULL */
	PGI_ENTRY_BEFORE_FACTS = PGI_DECISION_COLUMNS - 1,
	PGI_ENTRY_FACTS(PGI_ENTRY_NUMBER)
	PGI_ENTRY_DUTY_NUMBER, /* in a row of PGI_ENTRY_READ */
	PGI_ENTRY_BEFORE_TEXTS = PGI_ENTRY_DUTY_NUMBER - 1,
	PGI_ENTRY_TEXTS(PGI_ENTRY_NUMBER) PGI_ENTRY_COLUMNS
};

extern const PgiColumn pgi_entry_columns[PGI_ENTRY_COLUMNS];

/*
 * What pgi_entry_read reads, of incident_internal.entries AS e where $3 is the incident's policy: the
 * columns before the texts, and the number of the duty.
 */
#define PGI_ENTRY_FIND_DUTY                                  \
	"CASE WHEN duty IS NOT NULL THEN (SELECT d.number FROM " \
	"incident_internal.policy_duties"                        \
	" AS d WHERE d.policy_id = $3 AND d.duty = e.duty) END"
#define PGI_ENTRY_READ                   \
	PGI_ENTRY_DECISIONS(PGI_COLUMN_NAME) \
	PGI_ENTRY_FACTS(PGI_COLUMN_NAME) PGI_ENTRY_FIND_DUTY
#define PGI_ENTRY_READ_COLUMNS (PGI_ENTRY_DUTY_NUMBER + 1)

extern void pgi_entry_put_moment(Datum *values, bool *isnull, int n, int64 moment);
extern void pgi_entry_put_byte(Datum *values, bool *isnull, int n, uint8 value,
							   bool present);
extern Datum pgi_entry_hash_value(const uint8 *hash);
extern void pgi_entry_row(const PgiIncident *incident, const PgiEntry *entry,
						  Datum *values, bool *isnull);
extern void pgi_entry_read(PgiEntry *entry, uint64 row);
extern void pgi_entry_decided(PgiEntry *entry, const PgiDerived *event);

#endif
