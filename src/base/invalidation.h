/*
 * invalidation.h: tells the caches of this backend when what they hold may be out of date.
 */
#ifndef PGI_INVALIDATION_H
#define PGI_INVALIDATION_H

/*
 * What call sites compare. Each changes whenever what was looked up before may no longer
 * hold: with each change that this backend learns of, and with each message of the client,
 * as only then is it asked again what others have committed.
 */
extern uint64 pgi_policy_generation;
extern uint64 pgi_calendar_generation;
extern uint64 pgi_risk_generation;

/* The tables whose changes are counted, with those that belong to them. */
typedef enum PgiWatched
{
	PGI_POLICIES,
	PGI_CALENDARS,
	PGI_RISK_METHODS
} PgiWatched;

extern void pgi_invalidation_init(void);
extern uint64 pgi_changes(PgiWatched which);
extern uint64 pgi_watch(PgiWatched which);
extern MemoryContext pgi_message_context(void);

#endif
