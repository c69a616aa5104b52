/*
 * version.h: what is written as documents and lives in versions, of which some are published
 * under one name: policies, risk methods. Keeps what each compiles to.
 */
#ifndef PGI_VERSION_H
#define PGI_VERSION_H

#include "base/compat.h"
#include "base/invalidation.h"
#include "base/sql.h"

/* A published version. */
typedef struct PgiVersion
{
	NameData name;
	int32 version;
	int32 id;
} PgiVersion;

/* What a compiled version begins with. */
typedef struct PgiVersionKey
{
	int32 id;
	int32 variant; /* 0: as it was compiled; else what its kind has made of that */
} PgiVersionKey;

/* A kind of versions, and what is kept of them until its tables change. */
typedef struct PgiVersions
{
	const char *kind;	/* as messages call one */
	const char *view;	/* which lists them */
	PgiQuery published; /* (name, version, id) of those, by name and version */
	PgiFollowed table;
	unsigned also; /* bits of other tables that they are compiled from */
	Size size;	   /* of one that is compiled */
	void (*compile)(int32 id, void *compiled);

	uint64 changes; /* under which what follows was read */
	MemoryContext context;
	HTAB *compiled;
	int count;
	PgiVersion *of;
} PgiVersions;

extern void *pgi_version_get(PgiVersions *versions, int32 id);
extern void *pgi_version_variant(PgiVersions *versions, int32 id, int32 variant);
extern void *pgi_version_keep(PgiVersions *versions, PgiVersionKey key,
							  const void *compiled);
extern int32 pgi_version_named(PgiVersions *versions, const char *name, int32 version);
extern PGI_NORETURN void pgi_version_refuse(PgiVersions *versions, const char *name,
											int32 version);
extern PGI_NORETURN void pgi_version_refuse_id(const PgiVersions *versions, int32 id);
extern PGI_NORETURN void pgi_version_refuse_unsound(const PgiVersions *versions, int32 id,
													const char *place,
													const char *problem);

#endif
