/*
 * mark.h: marks of confidentiality.
 */
#ifndef PGI_MARK_H
#define PGI_MARK_H

#include "fmgr.h"

extern char *pgi_mark_argument(FunctionCallInfo fcinfo, int number);

#endif
