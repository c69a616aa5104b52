/*
 * run.c: what a run tells: the events that follow.
 */
#include "kernel/run.h"

void
pgi_run_emit(PgiRun *run, PgiKind kind, int rule, int32_t occurrence, int64_t deadline,
			 int64_t at)
{
	PgiDerived derived;

	if (run->emit == NULL)
		return;
	derived.at = at;
	derived.deadline = deadline;
	derived.epoch = run->state->epoch;
	derived.occurrence = occurrence;
	derived.rule = (int16_t) rule;
	derived.kind = (uint8_t) kind;
	derived.event_level = run->state->event_level;
	derived.response_level = run->state->response_level;
	run->emit(&derived, run->arg);
}
