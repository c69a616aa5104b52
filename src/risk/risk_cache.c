/*
 * risk_cache.c: reads risk methods, compiles them, and keeps them until the table changes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/invalidation.h"
#include "base/sql.h"
#include "base/version.h"
#include "risk/risk_cache.h"
#include "risk/risk_document.h"

typedef struct CachedMethod
{
	int32 method_id; /* hash key */
	PgiRiskMethod method;
} CachedMethod;

static uint64 cached_changes = 0;
static MemoryContext cache_context = NULL;
static HTAB *methods = NULL;
static PgiVersions published = {"risk method"};

static void
read_names(void)
{
	static PgiQuery query = {
		"SELECT name, version, method_id FROM incident_internal.risk_methods"
		" WHERE state = 'published' ORDER BY name, version",
		0};
	PgiOwnerScope scope;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, NULL);
	pgi_version_read(&published, cache_context);
	SPI_finish();
	pgi_sql_become_caller(&scope);
}

/* Starts an empty cache unless what is cached still holds after all that was committed. */
static void
make_current(void)
{
	HASHCTL control = {0};
	uint64 changes_before;

	if (cached_changes == pgi_invalidation_changes(PGI_RISK_METHODS))
		return;

	cached_changes = 0;
	pgi_invalidation_risk_methods++;
	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(
			CacheMemoryContext, "pg_incident risk methods", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(cache_context);
	changes_before = pgi_invalidation_follow_changes(PGI_RISK_METHODS);
	control.keysize = sizeof(int32);
	control.entrysize = sizeof(CachedMethod);
	control.hcxt = cache_context;
	methods = hash_create("pg_incident risk methods", 16, &control,
						  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	published.count = 0;
	read_names();
	cached_changes = changes_before;
}

/* Reads a method and compiles it; errors when there is none or it is not sound. */
static void
compile_method(int32 method_id, PgiRiskMethod *compiled)
{
	static PgiQuery query = {
		"SELECT document FROM incident_internal.risk_methods WHERE method_id = $1",
		1,
		{INT4OID}};
	Datum id = Int32GetDatum(method_id);
	PgiOwnerScope scope;
	PgiRiskSource source;
	PgiRiskProblem problem;
	bool isnull;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	pgi_sql_read_newest(&query, &id);
	if (SPI_processed == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("risk method %d does not exist", method_id),
						errhint("The view incident.risk_method_versions lists them.")));
	if (pgi_risk_document_read(DatumGetJsonbP(pgi_sql_column(0, 1, &isnull)), &source,
							   &problem, 1) > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("risk method %d is not sound", method_id),
						errdetail("%s %s", problem.place, problem.text)));
	SPI_finish();
	pgi_sql_become_caller(&scope);
	pgi_risk_compile(&source, compiled);
}

/*
 * The compiled method with this id; error when there is none or it is not sound. Valid
 * until the next statement.
 */
const PgiRiskMethod *
pgi_risk_method(int32 method_id)
{
	CachedMethod *entry;
	PgiRiskMethod compiled;

	make_current();
	entry = hash_search(methods, &method_id, HASH_FIND, NULL);
	if (entry != NULL)
		return &entry->method;
	compile_method(method_id, &compiled);
	entry = hash_search(methods, &method_id, HASH_ENTER, NULL);
	entry->method = compiled;
	return &entry->method;
}

/* The id of a published version; the newest when version is 0. */
int32
pgi_risk_method_version(const char *name, int32 version)
{
	make_current();
	return pgi_version_find(&published, name, version);
}
