/*
 * risk_freeze.c: computes every scenario of an organisation and keeps the results of a round.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "base/bulk.h"
#include "base/compat.h"
#include "base/sql.h"

/* In the order of the columns of incident_internal.risk_results. */
#define RESULTS                                                                    \
	"SELECT r.org_id, $1, r.scenario_id, r.asset_rating, r.threat_rating,"         \
	" r.vulnerability_rating, r.inherent_likelihood, r.inherent_loss, r.inherent," \
	" r.current_likelihood, r.current_loss, r.current, r.residual_likelihood,"     \
	" r.residual_loss, r.residual, r.decision, r.standing"                         \
	" FROM incident_internal.risk_now AS r"                                        \
	" WHERE r.org_id = incident.current_organisation() AND r.retired_at IS NULL"

/* Whether somebody's triggers want to see the rows. */
static bool
has_triggers(const PgiBulk *bulk)
{
	const TriggerDesc *triggers = pgi_bulk_relation(bulk)->trigdesc;

	return triggers != NULL &&
		   (triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
			triggers->trig_insert_before_statement ||
			triggers->trig_insert_after_statement);
}

PG_FUNCTION_INFO_V1(pgi_freeze_results);
Datum
pgi_freeze_results(PG_FUNCTION_ARGS)
{
	static PgiQuery results = {RESULTS, 1, {INT8OID}};
	static PgiQuery insert = {
		"INSERT INTO incident_internal.risk_results " RESULTS, 1, {INT8OID}};
	Datum round = PG_GETARG_DATUM(0);
	PgiBulk *bulk;
	uint64 frozen;

	SPI_connect();
	bulk = pgi_bulk_open("risk_results");
	if (has_triggers(bulk))
		frozen = pgi_sql_run_over_all(&insert, &round, NULL);
	else
		frozen = pgi_sql_run_over_all(&results, &round, pgi_bulk_receiver(bulk));
	pgi_bulk_close(bulk);
	SPI_finish();
	PG_RETURN_INT64((int64) frozen);
}
