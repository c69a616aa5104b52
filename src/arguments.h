/*
 * arguments.h: arguments of SQL functions, checked in one way everywhere.
 */
#ifndef PGI_ARGUMENTS_H
#define PGI_ARGUMENTS_H

#include "datatype/timestamp.h"
#include "fmgr.h"

extern char *pgi_note_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_name_argument(FunctionCallInfo fcinfo, int number, const char *what);
extern char *pgi_clip(const char *string);
extern TimestampTz pgi_moment_argument(FunctionCallInfo fcinfo, int number,
									   const char *what);
extern TimestampTz pgi_past_argument(FunctionCallInfo fcinfo, int number,
									 const char *what);
extern TimestampTz pgi_now(void);
extern void pgi_refuse_future(TimestampTz moment, const char *what);

#endif
