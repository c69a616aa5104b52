/*
 * caller.c: the role that called, also while the work is done as the extension's owner.
 *
 * A door (door.c) notes the caller in a setting while it works as the owner. A setting,
 * because it ends with the owner's part, however that ends, and because parallel workers
 * are given it. Only superusers may set it, so nobody can pretend to be another.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "base/sql.h"
#include "rights/caller.h"

#define LENT "pg_incident.caller"

static char *lent = NULL;
static Oid lent_owner = InvalidOid; /* the role that lent_caller holds for */
static Oid lent_caller = InvalidOid;

/* Empty, or the oids of an owner and of a caller. */
static bool
check_lent(char **value, void **extra, GucSource source)
{
	unsigned int owner;
	unsigned int caller;
	int end = 0;

	if ((*value)[0] == '\0')
		return true;
	return sscanf(*value, "%u %u%n", &owner, &caller, &end) == 2 && (*value)[end] == '\0';
}

static void
assign_lent(const char *value, void *extra)
{
	lent_owner = lent_caller = InvalidOid;
	if (value != NULL && value[0] != '\0')
		(void) sscanf(value, "%u %u", &lent_owner, &lent_caller);
}

void
pgi_caller_init(void)
{
	DefineCustomStringVariable(
		LENT, "For whom the extension's owner works; not to be set.", NULL, &lent, "",
		PGC_SUSET,
		GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
		check_lent, assign_lent, NULL);
}

/*
 * The role that called: the present one, or in a door's work the one that came in. What the
 * work calls as yet another role, as a SECURITY DEFINER function of that one, calls as that.
 */
Oid
pgi_caller(void)
{
	Oid user;
	int security;

	if (likely(lent_owner == InvalidOid))
		return GetUserId();
	GetUserIdAndSecContext(&user, &security);
	if (user == lent_owner && (security & SECURITY_LOCAL_USERID_CHANGE) != 0)
		return lent_caller;
	return user;
}

/* Notes for whom the present role works, until the present GUC nest level ends. */
void
pgi_lend_caller(Oid caller)
{
	char value[32];

	snprintf(value, sizeof(value), "%u %u", GetUserId(), caller);
	(void) set_config_option(LENT, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
}
