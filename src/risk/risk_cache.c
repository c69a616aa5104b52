/*
 * risk_cache.c: reads risk methods, compiles them, and keeps them until the table changes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/version.h"
#include "risk/risk_cache.h"
#include "risk/risk_document.h"

typedef struct CachedMethod
{
	PgiVersionKey key;
	PgiRiskMethod method;
} CachedMethod;

static void compile_method(int32 method_id, void *compiled);

static PgiVersions methods = {
	.kind = "risk method",
	.view = "risk_method_versions",
	.published = {"SELECT name, version, method_id FROM incident_internal.risk_methods"
				  " WHERE state = 'published' ORDER BY name, version"},
	.table = PGI_RISK_METHODS,
	.size = sizeof(CachedMethod),
	.compile = compile_method};

/* Reads a method and compiles it; errors when there is none or it is not sound. */
static void
compile_method(int32 method_id, void *compiled)
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
		pgi_version_refuse_id(&methods, method_id);
	if (pgi_risk_document_read(DatumGetJsonbP(pgi_sql_column(0, 1, &isnull)), &source,
							   &problem, 1) > 0)
		pgi_version_refuse_unsound(&methods, method_id, problem.place, problem.text);
	SPI_finish();
	pgi_sql_become_caller(&scope);
	pgi_risk_compile(&source, &((CachedMethod *) compiled)->method);
}

/*
 * The compiled method with this id; error when there is none or it is not sound. Valid
 * until the next statement.
 */
const PgiRiskMethod *
pgi_risk_method(int32 method_id)
{
	return &((CachedMethod *) pgi_version_get(&methods, method_id))->method;
}

/* The id of a published version; the newest when version is 0. */
int32
pgi_risk_method_version(const char *name, int32 version)
{
	return pgi_version_named(&methods, name, version);
}
