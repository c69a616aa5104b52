/*
 * organisation.c: the organisation that the session works on.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "base/organisation.h"

#define ORGANISATION "pg_incident.organisation"

int pgi_organisation = 1;

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
							   pgi_argument_clip(value))));
}

/* Another organisation may have another zone: call sites find their calendars anew. */
static void
assign_organisation(int value, void *extra)
{
	pgi_invalidation_calendars++;
}

void
pgi_organisation_init(void)
{
	check_setting();
	DefineCustomIntVariable(
		ORGANISATION,
		"The organisation whose incidents and assets this session works on.", NULL,
		&pgi_organisation, 1, 1, PG_INT32_MAX, PGC_USERSET, 0, NULL, assign_organisation,
		NULL);
}

PG_FUNCTION_INFO_V1(pgi_current_organisation);
Datum
pgi_current_organisation(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_organisation);
}
