/*
 * entry.h: entries as rows of incident_internal.entries.
 */
#ifndef PGI_ROW_H
#define PGI_ROW_H

#include "incident/timeline.h"

/* In the order of the table. */
#define PGI_ENTRY_COLUMNS 23
#define PGI_DECISION_COLUMNS 12 /* of entries that are no facts; the others are NULL */

extern const char *const pgi_entry_columns[PGI_ENTRY_COLUMNS];

extern int pgi_put_moment(Datum *values, bool *isnull, int n, int64 moment);
extern int pgi_put_byte(Datum *values, bool *isnull, int n, uint8 value, bool present);
extern int pgi_put_duties(Datum *values, bool *isnull, int n, const PgiState *state);
extern Datum pgi_hash_value(const uint8 *hash);
extern char *pgi_canonical_json(const char *json);
extern void pgi_entry_row(const PgiTimeline *timeline, const PgiEntry *entry,
						  Datum *values, bool *isnull);

#endif
