/*
 * pg_incident.c: what the module does when the server loads it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/arguments.h"
#include "base/invalidation.h"
#include "base/language.h"
#include "document/document.h"
#include "pg_incident.h"

PG_MODULE_MAGIC;

#define ORGANISATION "pg_incident.organisation"

int pgi_organisation = 1;
static char *retention = NULL;

void _PG_init(void);

/*
 * What was set before the module was loaded has not been checked by anyone. The server
 * would fall back to the default with no more than a warning, and the session would work
 * on another organisation than it asked for.
 */
static void
check_setting(void)
{
	const char *value = GetConfigOption(ORGANISATION, true, false);
	int organisation;

	if (value != NULL && (!parse_int(value, &organisation, 0, NULL) || organisation < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for parameter \"%s\": \"%s\"", ORGANISATION,
							   pgi_clip(value))));
}

/* Errors when a text that is not empty is no length of time. */
static bool
check_retention(char **value, void **extra, GucSource source)
{
	int64 length;

	if ((*value)[0] == '\0' || pgi_read_length(*value, &length))
		return true;
	GUC_check_errdetail("It needs a length of time with its unit, such as \"3 years\".");
	return false;
}

/* Another organisation may have another zone: call sites find their calendars anew. */
static void
assign_organisation(int value, void *extra)
{
	pgi_calendar_generation++;
}

void
_PG_init(void)
{
	check_setting();
	DefineCustomIntVariable(
		ORGANISATION,
		"The organisation whose incidents and assets this session works on.", NULL,
		&pgi_organisation, 1, 1, PG_INT32_MAX, PGC_USERSET, 0, NULL, assign_organisation,
		NULL);
	DefineCustomStringVariable(
		"pg_incident.retention",
		"How long finished incidents are kept, as an interval; empty: for ever.", NULL,
		&retention, "", PGC_USERSET, 0, check_retention, NULL, NULL);
	DefineCustomIntVariable(
		"pg_incident.clock_tolerance",
		"How far a reported moment may be ahead of the clock and still "
		"count as now.",
		NULL, &pgi_clock_tolerance, 5000, 0, 60000, PGC_SUSET, GUC_UNIT_MS, NULL, NULL,
		NULL);
	pgi_language_init();
	MarkGUCPrefixReserved("pg_incident");
	pgi_invalidation_init();
}

PG_FUNCTION_INFO_V1(pgi_current_organisation);
Datum
pgi_current_organisation(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_organisation);
}
