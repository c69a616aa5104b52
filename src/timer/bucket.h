/*
 * bucket.h: the months, days and minutes under which rows are kept.
 */
#ifndef PGI_BUCKET_H
#define PGI_BUCKET_H

#include "datatype/timestamp.h"

extern int32 pgi_month(TimestampTz at);
extern int32 pgi_bucket(TimestampTz at);
extern int32 pgi_day(int32 bucket);
extern int32 pgi_present_bucket(void);

#endif
