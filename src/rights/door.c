/*
 * door.c: the C function behind every public function that works as the extension's owner.
 *
 * It asks whether the caller may, notes him, becomes the owner and calls the function of the
 * same name and argument types in the schema that is not for the public. A public function
 * is therefore not SECURITY DEFINER: inside one, PostgreSQL can no longer tell who called.
 * Whatever ends the call ends the owner's part too.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/organisation.h"
#include "base/sql.h"
#include "rights/caller.h"
#include "rights/grants.h"

/* What a call site keeps. */
typedef struct Door
{
	NameData name;
	FmgrInfo inside;
} Door;

/* The function inside that has the name and the argument types of one outside. */
static Oid
find_inside(HeapTuple outside)
{
	Oid schema = get_namespace_oid(PGI_INTERNAL_SCHEMA, false);
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(outside);
	Oid inside =
		GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, NameGetDatum(&form->proname),
						PointerGetDatum(&form->proargtypes), ObjectIdGetDatum(schema));

	if (!OidIsValid(inside))
		elog(ERROR, "there is no function \"%s\" in %s with the same arguments",
			 NameStr(form->proname), PGI_INTERNAL_SCHEMA);
	return inside;
}

static Door *
open_door(FunctionCallInfo fcinfo)
{
	FmgrInfo *call = fcinfo->flinfo;
	HeapTuple outside = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->fn_oid));
	Door *door = MemoryContextAllocZero(call->fn_mcxt, sizeof(Door));

	if (!HeapTupleIsValid(outside))
		elog(ERROR, "cache lookup failed for function %u", call->fn_oid);
	door->name = ((Form_pg_proc) GETSTRUCT(outside))->proname;
	fmgr_info_cxt(find_inside(outside), &door->inside, call->fn_mcxt);
	ReleaseSysCache(outside);
	fmgr_info_set_expr(call->fn_expr, &door->inside);
	if (door->inside.fn_retset != call->fn_retset)
		elog(ERROR, "only one of the functions \"%s\" returns a set",
			 NameStr(door->name));
	call->fn_extra = door;
	return door;
}

static void
ask(const Door *door, uint32 right)
{
	uint32 rights = pgi_rights();
	int32 org_id;

	if ((rights & right) != 0)
		return;
	org_id = pgi_working_organisation();
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 org_id == PGI_NO_ORGANISATION
				 ? errmsg("permission denied for function %s", NameStr(door->name))
				 : errmsg("permission denied for function %s in organisation %d",
						  NameStr(door->name), org_id),
			 org_id == PGI_NO_ORGANISATION && rights != 0
				 ? errhint("Choose one organisation with SET pg_incident.organisation, "
						   "where you were granted a role that may call it: %s.",
						   pgi_roles_with(right))
				 : errhint("incident.grant_role() grants a role that may call it: %s.",
						   pgi_roles_with(right))));
}

static bool
has_null(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < fcinfo->nargs; i++)
		if (fcinfo->args[i].isnull)
			return true;
	return false;
}

/* What is returned for a NULL that a strict function is not called with. */
static Datum
nothing(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	if (fcinfo->flinfo->fn_retset && set != NULL && IsA(set, ReturnSetInfo))
		set->isDone = ExprEndResult;
	PG_RETURN_NULL();
}

/* Rows are made all at once: none may be left to be made when the caller is himself again. */
static void
materialise(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	if (set != NULL && IsA(set, ReturnSetInfo))
		set->allowedModes |= SFRM_Materialize_Preferred;
}

static Datum
go_in(FunctionCallInfo fcinfo, uint32 right)
{
	Door *door = fcinfo->flinfo->fn_extra;
	LOCAL_FCINFO(inside, FUNC_MAX_ARGS);
	Oid caller = pgi_caller();
	PgiOwnerScope scope;
	Datum result;

	if (door == NULL)
		door = open_door(fcinfo);
	ask(door, right);
	if (door->inside.fn_strict && has_null(fcinfo))
		return nothing(fcinfo);
	if (fcinfo->flinfo->fn_retset)
		materialise(fcinfo);
	InitFunctionCallInfoData(*inside, &door->inside, fcinfo->nargs, fcinfo->fncollation,
							 NULL, fcinfo->resultinfo);
	memcpy(inside->args, fcinfo->args, sizeof(NullableDatum) * fcinfo->nargs);
	pgi_sql_become_owner(&scope);
	pgi_lend_caller(caller);
	result = FunctionCallInvoke(inside);
	pgi_sql_become_caller(&scope);
	fcinfo->isnull = inside->isnull;
	return result;
}

/* A door for each right: incident_internal.allow() makes the functions. */
#define DOOR(name, right)                   \
	PG_FUNCTION_INFO_V1(pgi_door_##name);   \
	Datum pgi_door_##name(PG_FUNCTION_ARGS) \
	{                                       \
		return go_in(fcinfo, right);        \
	}

DOOR(look_up, PGI_LOOK_UP)
DOOR(report, PGI_REPORT)
DOOR(respond, PGI_RESPOND)
DOOR(read, PGI_READ)
DOOR(audit, PGI_AUDIT)
DOOR(administer, PGI_ADMINISTER)
DOOR(operate, PGI_OPERATE)
DOOR(grant, PGI_GRANT)
DOOR(consult, PGI_CONSULT)
DOOR(deliver, PGI_DELIVER)
DOOR(answer, PGI_ANSWER)
