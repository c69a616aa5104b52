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
extern uint64 pgi_invalidation_policies;
extern uint64 pgi_invalidation_calendars;
extern uint64 pgi_invalidation_risk_methods;
extern uint64 pgi_invalidation_grants;
extern uint64 pgi_invalidation_rosters;

/* The tables whose changes are counted, with those that belong to them. */
typedef enum PgiFollowed
{
	PGI_POLICIES,
	PGI_CALENDARS,
	PGI_RISK_METHODS,
	PGI_GRANTS,
	PGI_ROSTERS
} PgiFollowed;

/* What is kept of tables until they change: all zero but for the first two at first. */
typedef struct PgiKept
{
	PgiFollowed tables;
	const char *name;
	uint64 changes; /* under which it was read; 0: it is being begun */
	MemoryContext context;
} PgiKept;

extern void pgi_invalidation_init(void);
extern uint64 pgi_invalidation_changes(PgiFollowed which);
extern uint64 pgi_invalidation_follow_changes(PgiFollowed which);
extern void pgi_invalidation_renew(PgiFollowed which);
extern bool pgi_invalidation_begin(PgiKept *kept);
extern void pgi_invalidation_begun(PgiKept *kept);

#endif
