/*
 * version.c: finds what is published under a name, and tells what is when that is not there.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/arguments.h"
#include "base/sql.h"
#include "base/version.h"

/*
 * Keeps the rows (name, version, id) of the query that was run last, which come by name and
 * version. Within SPI.
 */
void
pgi_version_read(PgiVersions *versions, MemoryContext context)
{
	versions->of =
		MemoryContextAllocZero(context, sizeof(PgiVersion) * (SPI_processed + 1));
	versions->count = (int) SPI_processed;
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PgiVersion *version = &versions->of[row];
		bool isnull;

		namestrcpy(&version->name, TextDatumGetCString(pgi_sql_column(row, 1, &isnull)));
		version->version = DatumGetInt32(pgi_sql_column(row, 2, &isnull));
		version->id = DatumGetInt32(pgi_sql_column(row, 3, &isnull));
	}
}

/* The id of a published version, the newest when version is 0; error when there is none. */
int32
pgi_version_find(const PgiVersions *versions, const char *name, int32 version)
{
	for (int i = versions->count - 1; i >= 0; i--)
		if (strcmp(NameStr(versions->of[i].name), name) == 0 &&
			(version == 0 || versions->of[i].version == version))
			return versions->of[i].id;
	pgi_version_refuse(versions, name, version);
}

/* Says that a name, or a version of it, is not published, and what is. */
void
pgi_version_refuse(const PgiVersions *versions, const char *name, int32 version)
{
	PgiChoices names = {0};
	PgiChoices numbers = {0};

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
