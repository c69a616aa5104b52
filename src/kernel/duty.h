/*
 * duty.h: the duties of an incident, as a part of its run.
 */
#ifndef PGI_KERNEL_DUTY_H
#define PGI_KERNEL_DUTY_H

#include "kernel/run.h"

extern const char *const pgi_duty_status_words[PGI_DUTY_STATUSES];

extern void pgi_duties_hear(PgiRun *run, const PgiFact *fact);
extern int64_t pgi_duties_next(const PgiRun *run);
extern bool pgi_duties_settle(PgiRun *run, int64_t at);
extern void pgi_duties_report(PgiRun *run);
extern void pgi_duties_note(PgiRun *run, int64_t at);
extern void pgi_duties_resume(PgiRun *run);

#endif
