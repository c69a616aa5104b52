/*
 * invalidation.c: tells the caches of this backend when what they hold may be out of date.
 *
 * Triggers invalidate the relation of a watched table, and PostgreSQL carries that to all
 * backends at commit, to this one at once, and takes it back when it is rolled back. The
 * one relation-cache callback only counts. A cache that notes the count before it reads
 * its tables therefore never loses a change that arrives while it reads.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/invalidation.h"
#include "base/sql.h"

uint64 pgi_invalidation_policies = 1;
uint64 pgi_invalidation_calendars = 1;
uint64 pgi_invalidation_risk_methods = 1;
uint64 pgi_invalidation_grants = 1;
uint64 pgi_invalidation_rosters = 1;

static struct
{
	const char *table;
	uint64 *generation;
	uint64 changes; /* that this backend has learned of */
	Oid relation;
} followed[] = {
	[PGI_POLICIES] = {"policies", &pgi_invalidation_policies, 1, InvalidOid},
	[PGI_CALENDARS] = {"calendars", &pgi_invalidation_calendars, 1, InvalidOid},
	[PGI_RISK_METHODS] = {"risk_methods", &pgi_invalidation_risk_methods, 1, InvalidOid},
	[PGI_GRANTS] = {"grants", &pgi_invalidation_grants, 1, InvalidOid},
	[PGI_ROSTERS] = {"rosters", &pgi_invalidation_rosters, 1, InvalidOid},
};

static bool follows_message = false;

static void
count_change(int which)
{
	followed[which].changes++;
	(*followed[which].generation)++;
}

static void
note_change(Datum arg, Oid relation)
{
	for (int i = 0; i < lengthof(followed); i++)
		if (relation == InvalidOid || relation == followed[i].relation)
			count_change(i);
}

/* Roles and their members: what is granted to one holds for others. */
static void
note_change_of_roles(Datum arg, int cache, uint32 hash)
{
	count_change(PGI_GRANTS);
}

void
pgi_invalidation_init(void)
{
	CacheRegisterRelcacheCallback(note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, note_change_of_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, note_change_of_roles, (Datum) 0);
	CacheRegisterSyscacheCallback(DATABASEOID, note_change_of_roles, (Datum) 0);
}

static void
end_message(void *arg)
{
	follows_message = false;
	for (int i = 0; i < lengthof(followed); i++)
		(*followed[i].generation)++;
}

/* Memory that lasts until the client's next message is read. */
static MemoryContext
message_context(void)
{
	return MessageContext ? MessageContext : TopTransactionContext;
}

/* Has end_message called before the client's next message is read. */
static void
follow_message(void)
{
	MemoryContext context = message_context();
	MemoryContextCallback *callback;

	if (follows_message)
		return;
	callback = MemoryContextAllocZero(context, sizeof(MemoryContextCallback));
	callback->func = end_message;
	MemoryContextRegisterResetCallback(context, callback);
	follows_message = true;
}

/*
 * Learns what has been committed; returns the count of changes. What was read under the
 * same count still holds.
 */
uint64
pgi_invalidation_changes(PgiFollowed which)
{
	follow_message();
	AcceptInvalidationMessages();
	return followed[which].changes;
}

/*
 * Watches the table as the extension has it now; returns the count of changes. To be
 * called before anything is read.
 */
uint64
pgi_invalidation_follow_changes(PgiFollowed which)
{
	followed[which].relation = pgi_sql_relation(followed[which].table);
	return followed[which].changes;
}

/* What call sites have looked up no longer holds. */
void
pgi_invalidation_renew(PgiFollowed which)
{
	(*followed[which].generation)++;
}

/*
 * Whether what is kept has to begin anew, after all that was committed: then in a new, empty
 * context, until pgi_invalidation_begun. What was handed out before lasts until the client's
 * next message is read.
 */
bool
pgi_invalidation_begin(PgiKept *kept)
{
	if (kept->changes == pgi_invalidation_changes(kept->tables))
		return false;
	kept->changes = 0;
	if (kept->context != NULL)
		MemoryContextSetParent(kept->context, message_context());
	kept->context = AllocSetContextCreate(CacheMemoryContext, "pg_incident cache",
										  ALLOCSET_SMALL_SIZES);
	MemoryContextSetIdentifier(kept->context, kept->name);
	return true;
}

void
pgi_invalidation_begun(PgiKept *kept)
{
	kept->changes = pgi_invalidation_follow_changes(kept->tables);
}

static void
invalidate(FunctionCallInfo fcinfo, PgiFollowed which)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("invalidate_%s() is a trigger function", followed[which].table)));
	CacheInvalidateRelcacheByRelid(pgi_sql_relation(followed[which].table));
}

PG_FUNCTION_INFO_V1(pgi_invalidate_policies);
Datum
pgi_invalidate_policies(PG_FUNCTION_ARGS)
{
	invalidate(fcinfo, PGI_POLICIES);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(pgi_invalidate_calendars);
Datum
pgi_invalidate_calendars(PG_FUNCTION_ARGS)
{
	invalidate(fcinfo, PGI_CALENDARS);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(pgi_invalidate_risk_methods);
Datum
pgi_invalidate_risk_methods(PG_FUNCTION_ARGS)
{
	invalidate(fcinfo, PGI_RISK_METHODS);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(pgi_invalidate_grants);
Datum
pgi_invalidate_grants(PG_FUNCTION_ARGS)
{
	invalidate(fcinfo, PGI_GRANTS);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(pgi_invalidate_rosters);
Datum
pgi_invalidate_rosters(PG_FUNCTION_ARGS)
{
	invalidate(fcinfo, PGI_ROSTERS);
	PG_RETURN_POINTER(NULL);
}
