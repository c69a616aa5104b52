/*
 * pg_incident.c: what the module does when the server loads it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "pg_incident.h"
#include "policy_cache.h"

PG_MODULE_MAGIC;

int pgi_organisation = 1;

void _PG_init(void);

void
_PG_init(void)
{
	DefineCustomIntVariable(
		"pg_incident.organisation",
		"The organisation whose incidents and assets this session works on.", NULL,
		&pgi_organisation, 1, 1, PG_INT32_MAX, PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("pg_incident");
	pgi_policy_cache_init();
}

PG_FUNCTION_INFO_V1(pgi_current_organisation);
Datum
pgi_current_organisation(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_organisation);
}
