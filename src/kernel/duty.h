/*
 * duty.h: the duties of an incident, as a part of its run.
 */
#ifndef PGI_KERNEL_DUTY_H
#define PGI_KERNEL_DUTY_H

#include "kernel/run.h"

extern const char *const pgi_duty_status_words[PGI_DUTY_STATUSES];

extern void pgi_duties_begin(PgiRun *run);
extern void pgi_duties_apply_fact(PgiRun *run, const PgiFact *fact);
extern int64_t pgi_duties_next(const PgiRun *run);
extern bool pgi_duties_decide(PgiRun *run, int64_t at);
extern void pgi_duties_report(PgiRun *run);
extern void pgi_duties_save(PgiRun *run, int64_t at);
extern void pgi_duties_restore(PgiRun *run);

#endif
