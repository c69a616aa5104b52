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
extern int pgi_clock_tolerance;

extern void pgi_arguments_init(void);
extern PGI_NORETURN void pgi_refuse_null(const char *what);
extern char *pgi_document_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_name_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_needed_name_argument(FunctionCallInfo fcinfo, int number,
									  const char *what);
extern char *pgi_needed_name(const text *value, const char *what);
extern char *pgi_note_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_needed_note_argument(FunctionCallInfo fcinfo, int number,
									  const char *what);
extern char *pgi_clip(const char *string);
extern void pgi_add_choice(PgiChoices *choices, const char *choice);
extern char *pgi_choices(const PgiChoices *choices);
extern TimestampTz pgi_moment_argument(FunctionCallInfo fcinfo, int number,
									   const char *what);
extern TimestampTz pgi_past_argument(FunctionCallInfo fcinfo, int number,
									 const char *what);
extern TimestampTz pgi_past(TimestampTz moment, const char *what);
extern void pgi_expect_reachable(TimestampTz moment, const char *what);
extern TimestampTz pgi_now(void);

/* Refuses NULL. */
static inline void
pgi_need_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	if (unlikely(PG_ARGISNULL(number)))
		pgi_refuse_null(what);
}

/* True or false, as given. */
static inline bool
pgi_flag_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	pgi_need_argument(fcinfo, number, what);
	return PG_GETARG_BOOL(number);
}

#endif
