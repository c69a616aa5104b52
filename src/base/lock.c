/*
 * lock.c: locks until the transaction ends that no SQL but the extension's own can take.
 *
 * They are locks on objects, as DDL takes them, of a class that no DDL knows: a table of the
 * extension stands where the catalogue would. Advisory locks would not do, since any login
 * may take any of them and keep it; nor the lock of a real object, since DDL takes that first
 * and asks for rights afterwards.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/sql.h"

static const struct
{
	const char *name;
	const char *table;
	uint16 part; /* tells locks of one table from one another */
} locks[] = {
	/* of which a version comes or goes, by hash */
	{"policy name", "policies", 1},
	/* by id; shared by who takes it into use */
	{"policy in use", "policies", 2},
	/* of an organisation, by hash; who opens an incident of it unless there is one */
	{"ticket", "incidents", 1},
	/* of what is imported, by hash */
	{"calendar name", "calendars", 1},
	{"risk method name", "risk_methods", 1},
	/* of an organisation */
	{"risk registers", "risk_scenarios", 1},
	{"grants", "grants", 1},
	{"id range", "installation", 1},
	{"directory", "contacts", 1},
	/* by stream; who claims from it */
	{"notices", "streams", 1},
};

static int
find_lock(const char *name)
{
	for (int i = 0; i < lengthof(locks); i++)
		if (strcmp(name, locks[i].name) == 0)
			return i;
	elog(ERROR, "there is no lock \"%s\"", name);
}

/* (name, object, shared, wait): whether this transaction has the lock now. */
PG_FUNCTION_INFO_V1(pgi_take_lock);
Datum
pgi_take_lock(PG_FUNCTION_ARGS)
{
	int lock = find_lock(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	LOCKMODE mode = PG_GETARG_BOOL(2) ? ShareLock : ExclusiveLock;
	LOCKTAG tag;

	/* Only who is about to write locks; a standby would refuse by an error of its own. */
	if (XactReadOnly)
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("cannot lock a %s in a read-only transaction",
							   locks[lock].name)));
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, pgi_sql_relation(locks[lock].table),
					   PG_GETARG_INT32(1), locks[lock].part);
	PG_RETURN_BOOL(LockAcquire(&tag, mode, false, !PG_GETARG_BOOL(3)) !=
				   LOCKACQUIRE_NOT_AVAIL);
}
