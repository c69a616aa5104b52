/*
 * schedule.h: the job in pg_cron that runs the tick.
 */
#ifndef PGI_SCHEDULE_H
#define PGI_SCHEDULE_H

/* What the job runs. */
#define PGI_JOB_COMMAND "CALL incident.run_ticks()"

extern char *pgi_schedule_job_name(const char *database);

#endif
