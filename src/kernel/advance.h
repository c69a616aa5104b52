/*
 * advance.h: an incident's state as a pure function of policy, facts and moment.
 */
#ifndef PGI_KERNEL_ADVANCE_H
#define PGI_KERNEL_ADVANCE_H

#include "kernel/state.h"

typedef enum PgiResult
{
	PGI_OK,
	PGI_ERROR_NOT_OPENED,	 /* the first fact is not an opening */
	PGI_ERROR_OUT_OF_ORDER,	 /* facts are not in order of effective time */
	PGI_ERROR_NOT_IN_POLICY, /* the policy knows no such asset level or severity */
	PGI_ERROR_STUCK			 /* time brings nothing where it should */
} PgiResult;

extern void pgi_advance_sort_facts(PgiFact *facts, int nfacts);
extern PgiResult pgi_advance(const PgiPolicy *policy, const PgiFact *facts, int nfacts,
							 int64_t until, PgiEmit emit, void *arg, PgiState *state);
extern PgiResult pgi_advance_in_full(const PgiPolicy *policy, const PgiFact *facts,
									 int nfacts, int64_t until, PgiEmit emit, void *arg,
									 bool *effects, PgiState *state);
extern PgiResult pgi_advance_duties(const PgiPolicy *policy, const PgiFact *facts,
									int nfacts, int64_t until, PgiDutyReport *reports);
extern void pgi_advance_duties_of_state(const PgiPolicy *policy, PgiState *state,
										PgiDutyReport *reports);
extern PgiResult pgi_advance_from_state(const PgiPolicy *policy, PgiState *state,
										int64_t until, PgiEmit emit, void *arg);

#endif
