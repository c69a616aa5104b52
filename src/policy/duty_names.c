/*
 * duty_names.c: the duties of a policy by name.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/sql.h"
#include "policy/duty_names.h"

/* Reads the names into the current memory context. */
void
pgi_duty_names_read(int32 policy_id, PgiDutyNames *names)
{
	static PgiQuery query = {"SELECT duty, content IS NOT NULL FROM "
							 "incident_internal.policy_duties WHERE policy_id = $1"
							 " ORDER BY number",
							 1,
							 {INT4OID}};
	MemoryContext caller = CurrentMemoryContext;
	Datum id = Int32GetDatum(policy_id);
	PgiOwnerScope scope;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, &id);
	names->count = (int) Min(SPI_processed, PGI_MAX_DUTIES);
	for (int i = 0; i < names->count; i++)
	{
		bool isnull;

		names->name[i] = MemoryContextStrdup(
			caller, TextDatumGetCString(pgi_sql_column(i, 1, &isnull)));
		names->is_report[i] = DatumGetBool(pgi_sql_column(i, 2, &isnull));
	}
	SPI_finish();
	pgi_sql_become_caller(&scope);
}

/* The number of a duty; -1 when there is none of that name. */
int
pgi_duty_names_find(const PgiDutyNames *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return i;
	return -1;
}
