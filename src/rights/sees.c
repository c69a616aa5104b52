/*
 * sees.c: the wall between organisations, as the condition of views, and what the
 * planner is told of it.
 *
 * sees() is leakproof: it fails for no organisation, only for a setting that chooses one
 * that was not granted. Plans outlive settings and grants, so nothing of these is put into
 * one: the condition that an index takes is on seen_array(), which is asked when the plan
 * runs, and sees() itself is looked at again.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/sql.h"
#include "rights/grants.h"

/* An index is read once for each organisation; of more, all is read and looked at. */
#define MOST_BY_INDEX 32

PG_FUNCTION_INFO_V1(pgi_sees_organisation);
Datum
pgi_sees_organisation(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(pgi_sees(PG_GETARG_INT32(0)));
}

/* (org_id, mark); what has no mark is for all who see it. */
PG_FUNCTION_INFO_V1(pgi_clears_mark);
Datum
pgi_clears_mark(PG_FUNCTION_ARGS)
{
	text *mark;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_BOOL(true);
	mark = PG_GETARG_TEXT_PP(1);
	PG_RETURN_BOOL(
		pgi_clears(PG_GETARG_INT32(0), VARDATA_ANY(mark), VARSIZE_ANY_EXHDR(mark)));
}

/* (mark): its place in the order of marks. */
PG_FUNCTION_INFO_V1(pgi_mark_rank);
Datum
pgi_mark_rank(PG_FUNCTION_ARGS)
{
	text *mark = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT32(pgi_mark_place(VARDATA_ANY(mark), VARSIZE_ANY_EXHDR(mark)));
}

static ArrayType *
array_of(const int32 *numbers, int count)
{
	Datum *values = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		values[i] = Int32GetDatum(numbers[i]);
	return construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT);
}

#define ORGANISATION_ORG_ID 1

/* Every organisation there is. */
static ArrayType *
all_organisations(void)
{
	Relation relation = table_open(pgi_sql_relation("organisations"), AccessShareLock);
	ArrayBuildState *all = initArrayResult(INT4OID, CurrentMemoryContext, false);
	Snapshot snapshot;
	SysScanDesc scan;
	HeapTuple row;

	InvalidateCatalogSnapshot();
	snapshot = RegisterSnapshot(GetCatalogSnapshot(RelationRelationId));
	scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
	while ((row = systable_getnext(scan)) != NULL)
	{
		bool isnull;
		Datum org_id =
			heap_getattr(row, ORGANISATION_ORG_ID, RelationGetDescr(relation), &isnull);

		all = accumArrayResult(all, org_id, isnull, INT4OID, CurrentMemoryContext);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	return DatumGetArrayTypeP(makeArrayResult(all, CurrentMemoryContext));
}

PG_FUNCTION_INFO_V1(pgi_seen_array);
Datum
pgi_seen_array(PG_FUNCTION_ARGS)
{
	PgiSeen seen = pgi_seen();

	PG_RETURN_ARRAYTYPE_P(seen.all ? all_organisations() : array_of(seen.of, seen.count));
}

/* The table of the query that an expression is a column of, when sees() is asked of it; else NULL. */
static const RelOptInfo *
walled_table(const PlannerInfo *root, const Node *expression, Oid sees)
{
	const Var *column = (const Var *) expression;
	const RelOptInfo *table;
	ListCell *cell;

	if (!IsA(expression, Var) || column->varlevelsup != 0)
		return NULL;
	table = root->simple_rel_array[column->varno];
	if (table == NULL)
		return NULL;
	foreach (cell, table->baserestrictinfo)
	{
		const Expr *clause = lfirst_node(RestrictInfo, cell)->clause;

		if (IsA(clause, FuncExpr) && ((const FuncExpr *) clause)->funcid == sees)
			return table;
	}
	return NULL;
}

/* Whether columns that are equal have a constant among them, or one of a smaller walled table. */
static bool
is_given_by_class(const PlannerInfo *root, const EquivalenceClass *class,
				  const RelOptInfo *table, const Node *org_id, Oid sees)
{
	bool is_member = false;
	bool is_given = class->ec_has_const;
	ListCell *cell;

	foreach (cell, class->ec_members)
	{
		const EquivalenceMember *member = lfirst(cell);
		const RelOptInfo *other =
			walled_table(root, (const Node *) member->em_expr, sees);

		is_member = is_member || equal(member->em_expr, org_id);
		is_given = is_given ||
				   (other != NULL &&
					(other->tuples < table->tuples ||
					 (other->tuples == table->tuples && other->relid < table->relid)));
	}
	return is_member && is_given;
}

/* Whether a column is compared where a table is joined to what keeps all its rows. */
static bool
is_given_by_outer_join(const RestrictInfo *join, const RelOptInfo *table,
					   const Node *org_id)
{
	const List *sides;

	if (join->outer_relids == NULL || bms_is_member(table->relid, join->outer_relids) ||
		!is_opclause(join->clause))
		return false;
	sides = ((const OpExpr *) join->clause)->args;
	return list_length(sides) == 2 && list_member(sides, org_id);
}

/*
 * Whether the query itself says which organisation a column of a walled table is of: a
 * constant, or that of another walled table or of an outer join, from which this one would be
 * reached. Then
 * sees() only looks at it again: it makes rows no fewer, and no index is better read by it.
 * To count it twice would make whatever else an index is read by look worthless.
 */
static bool
is_given(const PlannerInfo *root, const Node *org_id, Oid sees)
{
	const RelOptInfo *table = walled_table(root, org_id, sees);
	ListCell *cell;

	if (table == NULL)
		return false;
	foreach (cell, root->eq_classes)
		if (is_given_by_class(root, lfirst(cell), table, org_id, sees))
			return true;
	foreach (cell, table->joininfo)
		if (is_given_by_outer_join(lfirst_node(RestrictInfo, cell), table, org_id))
			return true;
	return false;
}

/* The share of the rows that are of organisations seen, by the statistics. */
static double
seen_share(PlannerInfo *root, Node *org_id, int relation, Oid sees)
{
	PgiSeen seen = pgi_seen();
	VariableStatData variable;
	AttStatsSlot slot;
	double share = 0.0;
	double rest = 1.0;
	double others;
	int found = 0;
	bool is_default;

	if (seen.all || is_given(root, org_id, sees))
		return 1.0;
	examine_variable(root, org_id, relation, &variable);
	others = get_variable_numdistinct(&variable, &is_default);
	if (HeapTupleIsValid(variable.statsTuple) &&
		get_attstatsslot(&slot, variable.statsTuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < slot.nvalues; i++)
		{
			rest -= slot.numbers[i];
			if (pgi_sees(DatumGetInt32(slot.values[i])))
			{
				share += slot.numbers[i];
				found++;
			}
		}
		others -= slot.nvalues;
		free_attstatsslot(&slot);
	}
	if (others > 0 && rest > 0)
		share += rest * Min(1.0, (seen.count - found) / others);
	ReleaseVariableStats(variable);
	return share;
}

static Oid
seen_array(void)
{
	Oid schema = get_namespace_oid(PGI_INTERNAL_SCHEMA, false);

	return GetSysCacheOid3(
		PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("seen_array"),
		PointerGetDatum(buildoidvector(NULL, 0)), ObjectIdGetDatum(schema));
}

/* org_id = ANY (seen_array()) */
static List *
index_condition(const SupportRequestIndexCondition *request)
{
	List *arguments;
	ScalarArrayOpExpr *condition;
	PgiSeen seen;

	if (request->index->relam != BTREE_AM_OID || !is_funcclause(request->node) ||
		request->indexarg != 0 ||
		get_opfamily_member(request->opfamily, INT4OID, INT4OID, BTEqualStrategyNumber) !=
			Int4EqualOperator)
		return NIL;
	arguments = ((FuncExpr *) request->node)->args;
	if (is_given(request->root, linitial(arguments), request->funcid))
		return NIL;
	seen = pgi_seen();
	if (seen.all || seen.count > MOST_BY_INDEX)
		return NIL;
	condition = makeNode(ScalarArrayOpExpr);
	condition->opno = Int4EqualOperator;
	condition->opfuncid = get_opcode(Int4EqualOperator);
	condition->useOr = true;
	condition->inputcollid = InvalidOid;
	condition->args = list_make2(linitial(arguments),
								 makeFuncExpr(seen_array(), INT4ARRAYOID, NIL, InvalidOid,
											  InvalidOid, COERCE_EXPLICIT_CALL));
	condition->location = -1;
	return list_make1(condition);
}

PG_FUNCTION_INFO_V1(pgi_sees_support);
Datum
pgi_sees_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);
	Node *result = NULL;

	if (IsA(request, SupportRequestSelectivity))
	{
		SupportRequestSelectivity *selectivity = (SupportRequestSelectivity *) request;

		selectivity->selectivity =
			seen_share(selectivity->root, linitial(selectivity->args),
					   selectivity->varRelid, selectivity->funcid);
		result = request;
	}
	else if (IsA(request, SupportRequestIndexCondition))
	{
		SupportRequestIndexCondition *condition =
			(SupportRequestIndexCondition *) request;

		condition->lossy = true;
		result = (Node *) index_condition(condition);
	}
	PG_RETURN_POINTER(result);
}
