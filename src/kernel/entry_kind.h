/*
 * entry_kind.h: the kinds of entries in a timeline.
 */
#ifndef PGI_KERNEL_ENTRY_KIND_H
#define PGI_KERNEL_ENTRY_KIND_H

#include <stdint.h>

/*
 * What an entry of the timeline says; the words are in pgi_kind_words. The numbers are
 * stored, so those between the parts are for kinds to come.
 */
typedef enum PgiKind
{
	PGI_OPENED,
	PGI_ASSESSED,
	PGI_ACKNOWLEDGED,
	PGI_ACTIVATED,
	PGI_HELD,
	PGI_RESUMED,
	PGI_RESOLVED,
	PGI_CLOSED,
	PGI_REOPENED,
	PGI_CANCELLED,
	PGI_NOTED,
	PGI_DONE,	  /* a duty */
	PGI_MIGRATED, /* to another policy, which holds from the beginning */
	PGI_MARKED,	  /* as confidential to a degree */
	PGI_RAISED,	  /* an assessment that a graver repeat makes */
	/* derived from the facts above */
	PGI_GRADED = 32,
	PGI_ESCALATED,
	PGI_BREACHED,
	PGI_OVERDUE,
	PGI_DUE,	  /* a duty begins */
	PGI_REPEATED, /* and begins again */
	/* takes back a derived entry */
	PGI_VOIDED = 63,
	PGI_KINDS
} PgiKind;

/* Of a fact, in a set of them. */
#define PGI_FACT_BIT(kind) (UINT32_C(1) << (kind))

#define PGI_IS_FACT(kind) ((kind) < PGI_GRADED)
/* Facts that say how grave the incident is. */
#define PGI_ASSESSES(kind) \
	((kind) == PGI_OPENED || (kind) == PGI_ASSESSED || (kind) == PGI_RAISED)
#define PGI_IS_DERIVED(kind) ((kind) >= PGI_GRADED && (kind) < PGI_VOIDED)

/*
 * What made an entry: the rule that decided it, or none. Rules of the remaining time add the
 * number of the level they rise to, steps of the escalation and duties their own number.
 */
typedef enum PgiRule
{
	PGI_RULE_FACT = 0,
	PGI_RULE_WITHDRAWAL = 1,
	PGI_RULE_MATRIX = 2,
	PGI_RULE_PROCESSING_TIME = 3,
	PGI_RULE_ACKNOWLEDGEMENT = 4,
	PGI_RULE_RESPONSE = 5,
	PGI_RULE_REMAINING_TIME = 10,
	PGI_RULE_STEP = 50,
	PGI_RULE_DUTY = 100, /* it begins, and begins again */
	PGI_RULE_DUTY_OVERDUE = 200
} PgiRule;

extern const char *const pgi_kind_words[PGI_KINDS];

extern uint8_t pgi_kind_named(const char *word);

#endif
