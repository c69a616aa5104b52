/*
 * version.h: what is published under a name in versions: policies, risk methods.
 */
#ifndef PGI_VERSION_H
#define PGI_VERSION_H

#include "base/compat.h"

/* A published version. */
typedef struct PgiVersion
{
	NameData name;
	int32 version;
	int32 id;
} PgiVersion;

/* Those of a kind, by name and version. */
typedef struct PgiVersions
{
	const char *kind; /* as messages call one */
	int count;
	PgiVersion *of;
} PgiVersions;

extern void pgi_version_read(PgiVersions *versions, MemoryContext context);
extern int32 pgi_version_find(const PgiVersions *versions, const char *name,
							  int32 version);
extern PGI_NORETURN void pgi_version_refuse(const PgiVersions *versions, const char *name,
											int32 version);

#endif
