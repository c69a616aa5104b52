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

int pgi_organisation = PGI_NO_ORGANISATION;
static char *setting = NULL;

/* Reads a number from 1, or nothing; false when it is neither. */
static bool
read_organisation(const char *value, int *number)
{
	*number = PGI_NO_ORGANISATION;
	return value[0] == '\0' || (parse_int(value, number, 0, NULL) && *number >= 1);
}

/*
 * What was set before the module was loaded has not been checked by anyone. The server
 * would fall back to the default with no more than a warning, and the session would work
 * on another organisation than it asked for.
 */
static void
check_setting(void)
{
	const char *value = GetConfigOption(ORGANISATION, true, false);
	int number;

	if (value != NULL && !read_organisation(value, &number))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for parameter \"%s\": \"%s\"", ORGANISATION,
							   pgi_argument_clip(value))));
}

static bool
check_organisation(char **value, void **extra, GucSource source)
{
	int number;

	if (read_organisation(*value, &number))
		return true;
	GUC_check_errdetail("It needs the number of an organisation, from 1 to %d, or '' for "
						"all that were granted.",
						PG_INT32_MAX);
	return false;
}

/* Another organisation may have another zone: call sites find their calendars anew. */
static void
assign_organisation(const char *value, void *extra)
{
	(void) read_organisation(value, &pgi_organisation);
	pgi_invalidation_calendars++;
}

void
pgi_organisation_init(void)
{
	check_setting();
	DefineCustomStringVariable(ORGANISATION,
							   "The organisation whose incidents and assets this session "
							   "works on; empty: all that were granted.",
							   NULL, &setting, "", PGC_USERSET, 0, check_organisation,
							   assign_organisation, NULL);
}
