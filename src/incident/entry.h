/*
 * entry.h: entries as rows of incident.entries.
 */
#ifndef PGI_ENTRY_H
#define PGI_ENTRY_H

#include "datatype/timestamp.h"

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

/* In the order of the table. */
#define PGI_ENTRY_COLUMNS 23
#define PGI_DECISION_COLUMNS 12 /* of entries that are no facts; the others are NULL */

/*
 * The columns that pgi_entry_read reads, of incident.entries AS e where $3 is the incident's
 * policy.
 */
#define PGI_ENTRY_LIST                                                              \
	"seq, kind, effective_at, sets_asset, sets_severity, asset_id, asset_level,"    \
	" severity, event_level, response_level, epoch, rule, occurrence, duty,"        \
	" CASE WHEN duty IS NOT NULL THEN (SELECT d.number FROM incident.policy_duties" \
	"  AS d WHERE d.policy_id = $3 AND d.duty = e.duty) END, hash"
#define PGI_ENTRY_LIST_COLUMNS 16

extern const char *const pgi_entry_columns[PGI_ENTRY_COLUMNS];

extern int pgi_put_moment(Datum *values, bool *isnull, int n, int64 moment);
extern int pgi_put_byte(Datum *values, bool *isnull, int n, uint8 value, bool present);
extern Datum pgi_hash_value(const uint8 *hash);
extern char *pgi_canonical_json(const char *json);
extern void pgi_entry_row(const PgiIncident *incident, const PgiEntry *entry,
						  Datum *values, bool *isnull);
extern void pgi_entry_read(PgiEntry *entry, uint64 row);
extern void pgi_entry_decided(PgiEntry *entry, const PgiDerived *event);

#endif
