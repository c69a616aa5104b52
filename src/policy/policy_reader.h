/*
 * policy_reader.h: reads a policy's document into what the kernel compiles.
 */
#ifndef PGI_POLICY_READER_H
#define PGI_POLICY_READER_H

#include "utils/jsonb.h"

#include "kernel/calendar.h"
#include "kernel/policy.h"

/* The calendars of a policy, by the number that its source gives them. */
typedef struct PgiCalendarNames
{
	int count;
	NameData name[PGI_LEVELS];
	bool floats[PGI_LEVELS];				 /* counts in the zone of each organisation */
	const PgiCalendar *calendar[PGI_LEVELS]; /* NULL where there is none of that name */
} PgiCalendarNames;

/* Where in a document the parts of its source are: numbers of items, -1 for none. */
typedef struct PgiPolicyPlaces
{
	int row[PGI_LEVELS][PGI_SEVERITIES];
	int severity[PGI_SEVERITIES];
	int level[PGI_LEVELS];
	int rise[PGI_MAX_ESCALATION_STEPS];
	int duty_item[PGI_MAX_DUTIES][PGI_LEVELS];	/* of `for` */
	int duty_level[PGI_MAX_DUTIES][PGI_LEVELS]; /* of its levels */
} PgiPolicyPlaces;

extern void pgi_policy_read_source(JsonbContainer *document, PgiPolicySource *source,
								   PgiCalendarNames *calendars, PgiPolicyPlaces *places);
extern void pgi_policy_read_hold(JsonbContainer *document, PgiPolicySource *source);
extern int pgi_policy_step_measure(JsonbContainer *step);
extern int pgi_policy_duty_number(JsonbContainer *duties, const char *name);

#endif
