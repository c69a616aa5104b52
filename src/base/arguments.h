/*
 * arguments.h: arguments of SQL functions, checked in one way everywhere.
 */
#ifndef PGI_ARGUMENTS_H
#define PGI_ARGUMENTS_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

#include "base/compat.h"

/* What could have been given instead, for a hint. */
typedef struct PgiChoices
{
	StringInfoData list;
	int count;
} PgiChoices;

/* pg_incident.clock_tolerance, in milliseconds. */
extern int pgi_argument_tolerance;

extern void pgi_argument_init(void);
extern PGI_NORETURN void pgi_argument_refuse_null(const char *what);
extern char *pgi_argument_document(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_argument_name(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_argument_needed_name(FunctionCallInfo fcinfo, int number,
									  const char *what);
extern char *pgi_argument_name_of(const text *value, const char *what);
extern char *pgi_argument_note(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_argument_needed_note(FunctionCallInfo fcinfo, int number,
									  const char *what);
extern char *pgi_argument_clip(const char *string);
extern void pgi_argument_add_choice(PgiChoices *choices, const char *choice);
extern char *pgi_argument_choices(const PgiChoices *choices);
extern TimestampTz pgi_argument_moment(FunctionCallInfo fcinfo, int number,
									   const char *what);
extern TimestampTz pgi_argument_past(FunctionCallInfo fcinfo, int number,
									 const char *what);
extern TimestampTz pgi_argument_past_of(TimestampTz moment, const char *what);
extern void pgi_argument_expect_reachable(TimestampTz moment, const char *what);
extern TimestampTz pgi_argument_now(void);

/* Refuses NULL. */
static inline void
pgi_argument_need(FunctionCallInfo fcinfo, int number, const char *what)
{
	if (unlikely(PG_ARGISNULL(number)))
		pgi_argument_refuse_null(what);
}

/* True or false, as given. */
static inline bool
pgi_argument_flag(FunctionCallInfo fcinfo, int number, const char *what)
{
	pgi_argument_need(fcinfo, number, what);
	return PG_GETARG_BOOL(number);
}

#endif
