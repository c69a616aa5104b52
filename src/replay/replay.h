/*
 * replay.h: recorded incidents under another policy.
 */
#ifndef PGI_REPLAY_H
#define PGI_REPLAY_H

#include "fmgr.h"

#include "policy/duty_names.h"
#include "replay/history.h"

/* A replay under one policy, and what the kernel makes of the incident at hand. */
typedef struct PgiReplay
{
	const PgiPolicy *policy;
	PgiDutyNames duties;
	PgiHistory *history;
	PgiDerived *events;
	int nevents;
	int room;
	PgiState state;
} PgiReplay;

extern void pgi_replay_arguments(FunctionCallInfo fcinfo, int32 *policy_id,
								 PgiPeriod *period);
extern void pgi_replay_begin(PgiReplay *replay, int32 policy_id, const PgiPeriod *period,
							 const PgiIds *part, int nparts, PgiProgress *progress);
extern bool pgi_replay_run(PgiReplay *replay, const PgiPast *past);
extern void pgi_replay_end(PgiReplay *replay);

#endif
