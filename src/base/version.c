/*
 * version.c: finds what is published under a name, keeps what a version compiles to, and tells
 * what is when one is not there. What was read before a change of the tables is thrown away
 * when it is next asked for.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/arguments.h"
#include "base/version.h"

/* What changes with each change of a table that versions are read from. */
static uint64
changes_of(const PgiVersions *versions, uint64 (*changes)(PgiFollowed which))
{
	uint64 sum = changes(versions->table);

	for (unsigned which = 0; versions->also >> which != 0; which++)
		if ((versions->also & 1u << which) != 0)
			sum += changes(which);
	return sum;
}

static void
read_published(PgiVersions *versions)
{
	PgiOwnerScope scope;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&versions->published, NULL);
	versions->of = MemoryContextAllocZero(versions->context,
										  sizeof(PgiVersion) * (SPI_processed + 1));
	versions->count = (int) SPI_processed;
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PgiVersion *version = &versions->of[row];
		bool isnull;

		namestrcpy(&version->name, TextDatumGetCString(pgi_sql_column(row, 1, &isnull)));
		version->version = DatumGetInt32(pgi_sql_column(row, 2, &isnull));
		version->id = DatumGetInt32(pgi_sql_column(row, 3, &isnull));
	}
	SPI_finish();
	pgi_sql_become_caller(&scope);
}

/* Starts anew unless what is kept still holds after all that was committed. */
static void
make_current(PgiVersions *versions)
{
	HASHCTL control = {0};
	uint64 changes_before;

	if (versions->changes == changes_of(versions, pgi_invalidation_changes))
		return;

	versions->changes = 0;
	versions->count = 0;
	pgi_invalidation_renew(versions->table);
	if (versions->context == NULL)
	{
		versions->context = AllocSetContextCreate(
			CacheMemoryContext, "pg_incident versions", ALLOCSET_DEFAULT_SIZES);
		MemoryContextSetIdentifier(versions->context, versions->kind);
	}
	MemoryContextReset(versions->context);
	changes_before = changes_of(versions, pgi_invalidation_follow_changes);
	control.keysize = sizeof(PgiVersionKey);
	control.entrysize = versions->size;
	control.hcxt = versions->context;
	versions->compiled = hash_create("pg_incident versions", 32, &control,
									 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	read_published(versions);
	versions->changes = changes_before;
}

/* A compiled version, compiled if it is not yet. Valid until the next statement. */
void *
pgi_version_get(PgiVersions *versions, int32 id)
{
	PgiVersionKey key = {id, 0};
	void *entry;
	void *compiled;

	make_current(versions);
	entry = pgi_version_variant(versions, id, 0);
	if (entry != NULL)
		return entry;
	compiled = palloc0(versions->size);
	versions->compile(id, compiled);
	entry = pgi_version_keep(versions, key, compiled);
	pfree(compiled);
	return entry;
}

/* A variant of one that was got in this statement; NULL when none is kept. */
void *
pgi_version_variant(PgiVersions *versions, int32 id, int32 variant)
{
	PgiVersionKey key = {id, variant};

	return hash_search(versions->compiled, &key, HASH_FIND, NULL);
}

/* Keeps a copy under a key; returns that. */
void *
pgi_version_keep(PgiVersions *versions, PgiVersionKey key, const void *compiled)
{
	void *entry = hash_search(versions->compiled, &key, HASH_ENTER, NULL);

	memcpy(entry, compiled, versions->size);
	*(PgiVersionKey *) entry = key;
	return entry;
}

/* The id of a published version, the newest when version is 0; error when there is none. */
int32
pgi_version_named(PgiVersions *versions, const char *name, int32 version)
{
	make_current(versions);
	for (int i = versions->count - 1; i >= 0; i--)
		if (strcmp(NameStr(versions->of[i].name), name) == 0 &&
			(version == 0 || versions->of[i].version == version))
			return versions->of[i].id;
	pgi_version_refuse(versions, name, version);
}

/* Says that a name, or a version of it, is not published, and what is. */
void
pgi_version_refuse(PgiVersions *versions, const char *name, int32 version)
{
	PgiChoices names = {0};
	PgiChoices numbers = {0};

	make_current(versions);
	for (int i = 0; i < versions->count; i++)
	{
		const PgiVersion *one = &versions->of[i];

		if (i == 0 || strcmp(NameStr(one->name), NameStr(one[-1].name)) != 0)
			pgi_argument_add_choice(&names, NameStr(one->name));
		if (strcmp(NameStr(one->name), name) == 0)
			pgi_argument_add_choice(&numbers, psprintf("%d", one->version));
	}
	if (numbers.count > 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("%s \"%s\" has no published version %d", versions->kind,
							   pgi_argument_clip(name), version),
						errhint("Published are: %s.", pgi_argument_choices(&numbers))));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no %s \"%s\" is published", versions->kind, pgi_argument_clip(name)),
			 names.count == 0
				 ? 0
				 : errhint("Published are: %s.", pgi_argument_choices(&names))));
}

/* Says that there is none with an id. */
void
pgi_version_refuse_id(const PgiVersions *versions, int32 id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("%s %d does not exist", versions->kind, id),
					errhint("The view incident.%s lists them.", versions->view)));
}

/* Says that one is not sound, as a draft may be. */
void
pgi_version_refuse_unsound(const PgiVersions *versions, int32 id, const char *place,
						   const char *problem)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("%s %d is not sound", versions->kind, id),
					errdetail("%s: %s", place, problem)));
}
