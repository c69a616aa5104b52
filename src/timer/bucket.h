/*
 * bucket.h: the months, days and minutes under which rows are kept.
 */
#ifndef PGI_BUCKET_H
#define PGI_BUCKET_H

#include "datatype/timestamp.h"

extern int32 pgi_bucket_month(TimestampTz at);
extern int32 pgi_bucket_minute(TimestampTz at);
extern int32 pgi_bucket_day(int32 bucket);
extern int32 pgi_bucket_present(void);

#endif
