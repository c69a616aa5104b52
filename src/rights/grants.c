/*
 * grants.c: what the caller may see and do, in which organisation.
 *
 * A backend keeps what the table grants gives to the roles that called last. The table is
 * read row by row, as catalogues are: this happens where no query can be run, while another
 * is planned or in parallel workers, and under the newest snapshot, so that what was taken
 * away is gone for old transactions too.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/invalidation.h"
#include "base/organisation.h"
#include "base/sql.h"
#include "rights/caller.h"
#include "rights/grants.h"

#define KEPT 8
#define EVERYWHERE 0
#define DEFAULT_ORGANISATION 1

/* What only who works in an organisation has: an operator works in none. */
#define OF_AN_ORGANISATION \
	(PGI_REPORT | PGI_RESPOND | PGI_READ | PGI_AUDIT | PGI_ADMINISTER)

/* Columns of incident_internal.grants. */
enum
{
	GRANT_ORG_ID = 1,
	GRANT_GRANTEE,
	GRANT_ROLE,
	GRANT_CLEARANCE,
	GRANT_GRANTEE_OID
};

/* Columns of incident_internal.rights_of_roles. */
enum
{
	RIGHT_ROLE = 1,
	RIGHT_RIGHT
};

typedef struct Grant
{
	int32 org_id;
	uint32 rights;
	int clearance; /* the place of a mark */
} Grant;

/* What one role has. */
typedef struct Access
{
	Oid caller;
	uint64 changes; /* as of which it was read */
	bool unlimited;
	Grant everywhere;
	int count;
	Grant *of;	 /* by organisation */
	int nseen;	 /* of those that are seen */
	int32 *seen; /* by organisation */
	int choice;	 /* the newest setting that was found to be granted */
	MemoryContext context;
} Access;

typedef struct RoleRight
{
	NameData role;
	uint32 right;
} RoleRight;

static const char *const right_words[] = {"look_up", "report",	   "respond", "read",
										  "audit",	 "administer", "operate", "grant",
										  "consult", "deliver",	   "answer"};

const char *const pgi_marks[PGI_MARKS] = {"clear", "green", "amber", "amber+strict",
										  "red"};

/* Places of marks: of who has no clearance, and of who is cleared for none. */
#define DEFAULT_CLEARANCE 2
#define NO_CLEARANCE (-1)

static Access *kept[KEPT];
static int next_place = 0;
static Access *current = NULL;
static uint64 current_generation = 0;

/* The right of this name; error when there is none. */
static uint32
right_named(const char *name)
{
	for (int i = 0; i < lengthof(right_words); i++)
		if (strcmp(name, right_words[i]) == 0)
			return (uint32) 1 << i;
	elog(ERROR, "there is no right \"%s\"", name);
}

/* The place of a mark in their order; past all of them for what is none. */
int
pgi_mark_place(const char *mark, int length)
{
	for (int i = 0; i < PGI_MARKS; i++)
		if (length == strlen(pgi_marks[i]) && memcmp(mark, pgi_marks[i], length) == 0)
			return i;
	return PGI_MARKS;
}

static int
compare_grants(const void *a, const void *b)
{
	int32 left = ((const Grant *) a)->org_id;
	int32 right = ((const Grant *) b)->org_id;

	return left < right ? -1 : left > right;
}

static void
add_to(Grant *grant, const Grant *more)
{
	grant->rights |= more->rights;
	grant->clearance = Max(grant->clearance, more->clearance);
}

/* One grant an organisation, in order. */
static void
merge_grants(Access *access)
{
	int count = 0;

	qsort(access->of, access->count, sizeof(Grant), compare_grants);
	for (int i = 0; i < access->count; i++)
	{
		if (count > 0 && access->of[count - 1].org_id == access->of[i].org_id)
			add_to(&access->of[count - 1], &access->of[i]);
		else
			access->of[count++] = access->of[i];
	}
	access->count = count;
	access->seen = palloc(sizeof(int32) * Max(count, 1));
	for (int i = 0; i < count; i++)
		if ((access->of[i].rights & PGI_READ) != 0)
			access->seen[access->nseen++] = access->of[i].org_id;
}

static SysScanDesc
begin_scan(const char *table, Relation *relation, Snapshot snapshot)
{
	*relation = table_open(pgi_sql_relation(table), AccessShareLock);
	return systable_beginscan(*relation, InvalidOid, false, snapshot, 0, NULL);
}

static void
end_scan(SysScanDesc scan, Relation relation)
{
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

/* What each role of the extension opens, a right an element. */
static RoleRight *
read_role_rights(Snapshot snapshot, int *count)
{
	RoleRight *rights = NULL;
	Relation relation;
	SysScanDesc scan = begin_scan("rights_of_roles", &relation, snapshot);
	HeapTuple row;
	int room = 0;

	*count = 0;
	while ((row = systable_getnext(scan)) != NULL)
	{
		RoleRight *right;
		bool isnull;

		if (*count == room)
		{
			room = Max(2 * room, 32);
			rights = rights == NULL ? palloc(room * sizeof(RoleRight))
									: repalloc(rights, room * sizeof(RoleRight));
		}
		right = &rights[(*count)++];
		namestrcpy(&right->role,
				   TextDatumGetCString(heap_getattr(
					   row, RIGHT_ROLE, RelationGetDescr(relation), &isnull)));
		right->right = right_named(TextDatumGetCString(
			heap_getattr(row, RIGHT_RIGHT, RelationGetDescr(relation), &isnull)));
	}
	end_scan(scan, relation);
	return rights;
}

/* What a row of grants gives. */
static Grant
grant_of(HeapTuple row, TupleDesc columns, const RoleRight *rights, int nrights)
{
	Grant grant = {0};
	bool isnull;
	char *role;
	Datum clearance;

	grant.org_id = DatumGetInt32(heap_getattr(row, GRANT_ORG_ID, columns, &isnull));
	role = TextDatumGetCString(heap_getattr(row, GRANT_ROLE, columns, &isnull));
	for (int i = 0; i < nrights; i++)
		if (strcmp(NameStr(rights[i].role), role) == 0)
			grant.rights |= rights[i].right;
	clearance = heap_getattr(row, GRANT_CLEARANCE, columns, &isnull);
	grant.clearance = DEFAULT_CLEARANCE;
	if (!isnull)
	{
		text *mark = DatumGetTextPP(clearance);
		int place = pgi_mark_place(VARDATA_ANY(mark), VARSIZE_ANY_EXHDR(mark));

		grant.clearance = place == PGI_MARKS ? NO_CLEARANCE : place;
	}
	if ((grant.rights & PGI_READ) == 0)
		grant.clearance = NO_CLEARANCE;
	return grant;
}

/* Takes the rows that are about the role or one that it has the rights of. */
static void
read_grants(Access *access, Snapshot snapshot, const RoleRight *rights, int nrights)
{
	Relation relation;
	SysScanDesc scan = begin_scan("grants", &relation, snapshot);
	TupleDesc columns = RelationGetDescr(relation);
	HeapTuple row;
	int room = 0;

	while ((row = systable_getnext(scan)) != NULL)
	{
		bool isnull;
		Oid grantee =
			DatumGetObjectId(heap_getattr(row, GRANT_GRANTEE_OID, columns, &isnull));
		Grant grant;

		if (isnull || !has_privs_of_role(access->caller, grantee))
			continue;
		grant = grant_of(row, columns, rights, nrights);
		if (grant.org_id == EVERYWHERE)
		{
			add_to(&access->everywhere, &grant);
			continue;
		}
		if (access->count == room)
		{
			room = Max(2 * room, 8);
			access->of = access->of == NULL ? palloc(room * sizeof(Grant))
											: repalloc(access->of, room * sizeof(Grant));
		}
		access->of[access->count++] = grant;
	}
	end_scan(scan, relation);
}

static bool
is_unlimited(Oid role)
{
	return superuser_arg(role) || role == pgi_sql_owner();
}

/* What a role has as of now. */
static Access *
read_access(Oid caller)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident grants", ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	Access *access = palloc0(sizeof(Access));
	Snapshot snapshot;
	RoleRight *rights;
	int nrights;

	access->context = context;
	access->caller = caller;
	access->changes = pgi_invalidation_follow_changes(PGI_GRANTS);
	access->everywhere.clearance = NO_CLEARANCE;
	access->unlimited = is_unlimited(caller);
	if (!access->unlimited)
	{
		InvalidateCatalogSnapshot();
		snapshot = RegisterSnapshot(GetCatalogSnapshot(RelationRelationId));
		rights = read_role_rights(snapshot, &nrights);
		read_grants(access, snapshot, rights, nrights);
		UnregisterSnapshot(snapshot);
		merge_grants(access);
	}
	MemoryContextSwitchTo(before);
	return access;
}

/* Keeps it, in the place of what was kept for the role, or of the oldest. */
static Access *
keep(Access *access)
{
	int place = -1;

	for (int i = 0; i < KEPT; i++)
		if (kept[i] != NULL && kept[i]->caller == access->caller)
			place = i;
	if (place < 0)
	{
		place = next_place;
		next_place = (next_place + 1) % KEPT;
	}
	if (kept[place] != NULL)
	{
		if (current == kept[place])
			current = NULL;
		MemoryContextDelete(kept[place]->context);
		kept[place] = NULL;
	}
	MemoryContextSetParent(access->context, CacheMemoryContext);
	kept[place] = access;
	return access;
}

static Access *
find_access(Oid caller)
{
	uint64 changes = pgi_invalidation_changes(PGI_GRANTS);
	Access *found = NULL;

	for (int i = 0; i < KEPT; i++)
		if (kept[i] != NULL && kept[i]->caller == caller && kept[i]->changes == changes)
			found = kept[i];
	if (found == NULL)
		found = keep(read_access(caller));
	current = found;
	current_generation = pgi_invalidation_grants;
	return found;
}

static Access *
access_of_caller(void)
{
	Oid caller = pgi_caller();

	if (likely(current != NULL && current->caller == caller &&
			   current_generation == pgi_invalidation_grants))
		return current;
	return find_access(caller);
}

/* What the caller has in an organisation. */
static Grant
grant_in(const Access *access, int32 org_id)
{
	Grant grant = access->everywhere;
	Grant key = {.org_id = org_id};
	const Grant *here;

	if (access->unlimited)
		return (Grant){org_id, PGI_ALL_RIGHTS, PGI_MARKS - 1};
	here = access->count == 0
			   ? NULL
			   : bsearch(&key, access->of, access->count, sizeof(Grant), compare_grants);
	if (here != NULL)
		add_to(&grant, here);
	return grant;
}

static char *
organisations_of(const Access *access)
{
	PgiChoices choices = {0};

	for (int i = 0; i < access->count; i++)
		pgi_argument_add_choice(&choices, psprintf("%d", access->of[i].org_id));
	return pgi_argument_choices(&choices);
}

/* Refuses a setting that chooses what the caller was not granted. */
static void
check_choice(Access *access)
{
	int32 choice = pgi_organisation;

	if (likely(access->choice == choice) || choice == PGI_NO_ORGANISATION)
		return;
	if (grant_in(access, choice).rights == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" was granted nothing in organisation %d",
						GetUserNameFromId(access->caller, false), choice),
				 access->count == 0
					 ? errhint("incident.grant_role() grants it.")
					 : errhint("Choose one with SET pg_incident.organisation: %s; or "
							   "all of them with ''.",
							   organisations_of(access))));
	access->choice = choice;
}

/*
 * The organisation that is worked in: the one chosen, or else the only one, the first of all for
 * who has something everywhere; PGI_NO_ORGANISATION: there are several, or none. Error when
 * nothing was granted in the one chosen.
 */
int32
pgi_working_organisation(void)
{
	Access *access = access_of_caller();

	check_choice(access);
	if (pgi_organisation != PGI_NO_ORGANISATION)
		return pgi_organisation;
	if (access->unlimited || (access->everywhere.rights & OF_AN_ORGANISATION) != 0 ||
		(access->count == 0 && access->everywhere.rights != 0))
		return DEFAULT_ORGANISATION;
	return access->count == 1 ? access->of[0].org_id : PGI_NO_ORGANISATION;
}

/* The rights of the caller in the organisation he works in; in several, those to read. */
uint32
pgi_rights(void)
{
	Access *access = access_of_caller();
	int32 org_id = pgi_working_organisation();
	uint32 rights = access->everywhere.rights;

	if (org_id != PGI_NO_ORGANISATION || access->unlimited)
		return grant_in(access, org_id).rights;
	for (int i = 0; i < access->count; i++)
		rights |= access->of[i].rights;
	return rights & (PGI_LOOK_UP | PGI_READ | PGI_OPERATE | PGI_GRANT | PGI_CONSULT);
}

/* The roles of the extension that have a right, as a list for people. */
char *
pgi_roles_with(uint32 right)
{
	Snapshot snapshot = RegisterSnapshot(GetCatalogSnapshot(RelationRelationId));
	PgiChoices roles = {0};
	int count;
	RoleRight *rights = read_role_rights(snapshot, &count);

	for (int i = 0; i < count; i++)
		if (rights[i].right == right)
			pgi_argument_add_choice(&roles, NameStr(rights[i].role));
	UnregisterSnapshot(snapshot);
	return pgi_argument_choices(&roles);
}

static bool
sees_all(const Access *access)
{
	return access->unlimited || (access->everywhere.rights & PGI_READ) != 0;
}

static bool
is_among(int32 org_id, const int32 *of, int count)
{
	int low = 0;

	while (count > 1)
	{
		int half = count / 2;

		low = of[low + half] <= org_id ? low + half : low;
		count -= half;
	}
	return count == 1 && of[low] == org_id;
}

/* Whether the caller sees incidents of an organisation. */
bool
pgi_sees(int32 org_id)
{
	Access *access = access_of_caller();

	check_choice(access);
	if (pgi_organisation != PGI_NO_ORGANISATION && org_id != pgi_organisation)
		return false;
	return sees_all(access) || is_among(org_id, access->seen, access->nseen);
}

/* Whether the caller is cleared for what has this mark there. */
bool
pgi_clears(int32 org_id, const char *mark, int length)
{
	Grant grant = grant_in(access_of_caller(), org_id);

	return (grant.rights & PGI_READ) != 0 &&
		   grant.clearance >= pgi_mark_place(mark, length);
}

/* The organisations whose incidents the caller sees. */
PgiSeen
pgi_seen(void)
{
	Access *access = access_of_caller();

	if (pgi_organisation != PGI_NO_ORGANISATION)
	{
		bool sees = pgi_sees(pgi_organisation);

		return (PgiSeen){.count = sees ? 1 : 0, .of = &pgi_organisation};
	}
	if (sees_all(access))
		return (PgiSeen){.all = true};
	return (PgiSeen){.count = access->nseen, .of = access->seen};
}

/* The oid of a role; NULL: there is none of that name. */
PG_FUNCTION_INFO_V1(pgi_role_oid);
Datum
pgi_role_oid(PG_FUNCTION_ARGS)
{
	Oid role = get_role_oid(NameStr(*PG_GETARG_NAME(0)), true);

	if (!OidIsValid(role))
		PG_RETURN_NULL();
	PG_RETURN_OID(role);
}

/* The same where there must be one; error when there is none or when there are several. */
int32
pgi_organisation_worked_in(void)
{
	Access *access = access_of_caller();
	int32 org_id = pgi_working_organisation();

	if (org_id == PGI_NO_ORGANISATION)
		ereport(
			ERROR,
			(errcode(access->count == 0 ? ERRCODE_INSUFFICIENT_PRIVILEGE
										: ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 access->count == 0
				 ? errmsg("role \"%s\" was granted nothing in any organisation",
						  GetUserNameFromId(access->caller, false))
				 : errmsg("role \"%s\" was granted something in several organisations",
						  GetUserNameFromId(access->caller, false)),
			 access->count == 0
				 ? errhint("incident.grant_role() grants it.")
				 : errhint("Choose one with SET pg_incident.organisation: %s.",
						   organisations_of(access))));
	return org_id;
}

PG_FUNCTION_INFO_V1(pgi_current_organisation);
Datum
pgi_current_organisation(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(pgi_organisation_worked_in());
}

PG_FUNCTION_INFO_V1(pgi_is_chosen);
Datum
pgi_is_chosen(PG_FUNCTION_ARGS)
{
	int32 org_id = PG_GETARG_INT32(0);

	check_choice(access_of_caller());
	PG_RETURN_BOOL(pgi_organisation == PGI_NO_ORGANISATION || org_id == EVERYWHERE ||
				   org_id == pgi_organisation);
}

PG_FUNCTION_INFO_V1(pgi_rights_of_caller);
Datum
pgi_rights_of_caller(PG_FUNCTION_ARGS)
{
	uint32 rights = grant_in(access_of_caller(), PG_GETARG_INT32(0)).rights;
	Datum words[lengthof(right_words)];
	int count = 0;

	for (int i = 0; i < lengthof(right_words); i++)
		if ((rights & ((uint32) 1 << i)) != 0)
			words[count++] = CStringGetTextDatum(right_words[i]);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(words, count, TEXTOID, -1, false, TYPALIGN_INT));
}
