/*
 * watermark.h: how far ticks have come.
 */
#ifndef PGI_WATERMARK_H
#define PGI_WATERMARK_H

#include "access/transam.h"

#include "timer/clock.h"

/* What a pass over the timers has seen. */
typedef struct PgiPass
{
	PgiClocks began;
	FullTransactionId oldest; /* all transactions before it had ended when it began */
	bool alone;				  /* no other transaction that writes was going on then */
	int32 from_bucket;		  /* the minute in which it began */
	int32 done_before; /* timers from there up to this minute were all found done */
	bool all;		   /* it has seen all of them */
} PgiPass;

extern void pgi_watermark_begin_pass(PgiPass *seen);
extern int64 pgi_watermark_step(void);
extern int32 pgi_watermark_read(void);
extern TimestampTz pgi_watermark_at(void);
extern int32 pgi_watermark_unread(void);
extern void pgi_watermark_note(TimestampTz at, const PgiPass *seen);

#endif
