/*
 * pg_incident.c: what the module does when the server loads it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "base/language.h"
#include "base/length.h"
#include "base/organisation.h"
#include "rights/caller.h"

PG_MODULE_MAGIC;

static char *retention = NULL;

extern PGDLLEXPORT void _PG_init(void);

/* Errors when a text that is not empty is no length of time. */
static bool
check_retention(char **value, void **extra, GucSource source)
{
	int64 length;

	if ((*value)[0] == '\0' || pgi_length_read(*value, &length))
		return true;
	GUC_check_errdetail("It needs a length of time with its unit, such as \"3 years\".");
	return false;
}

void
_PG_init(void)
{
	pgi_organisation_init();
	DefineCustomStringVariable(
		"pg_incident.retention",
		"How long finished incidents are kept, as an interval; empty: for ever.", NULL,
		&retention, "", PGC_USERSET, 0, check_retention, NULL, NULL);
	pgi_argument_init();
	pgi_language_init();
	pgi_caller_init();
	MarkGUCPrefixReserved("pg_incident");
	pgi_invalidation_init();
}
