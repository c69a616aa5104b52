/*
 * status.c: the table of statuses: in which of them each fact has an effect, and to which it
 * leads.
 */
#include "kernel/status.h"

const char *const pgi_status_words[PGI_STATUSES] = {"new",	  "open",	  "acknowledged",
													"active", "on_hold",  "resolved",
													"closed", "cancelled"};

#define BIT(status) (1u << (status))
#define BEING_HANDLED (BIT(PGI_OPEN) | BIT(PGI_IS_ACKNOWLEDGED) | BIT(PGI_ACTIVE))
#define NOT_DONE (BEING_HANDLED | BIT(PGI_ON_HOLD))
#define DONE (BIT(PGI_IS_RESOLVED) | BIT(PGI_IS_CLOSED) | BIT(PGI_IS_CANCELLED))

static const unsigned allowed_from[PGI_KINDS] = {
	[PGI_OPENED] = BIT(PGI_NEW),
	[PGI_ASSESSED] = NOT_DONE | BIT(PGI_IS_RESOLVED),
	[PGI_ACKNOWLEDGED] = BIT(PGI_OPEN),
	[PGI_ACTIVATED] = BIT(PGI_OPEN) | BIT(PGI_IS_ACKNOWLEDGED),
	[PGI_HELD] = BEING_HANDLED,
	[PGI_RESUMED] = BIT(PGI_ON_HOLD),
	[PGI_RESOLVED] = NOT_DONE,
	[PGI_CLOSED] = BIT(PGI_IS_RESOLVED),
	[PGI_REOPENED] = DONE,
	[PGI_CANCELLED] = NOT_DONE,
	[PGI_NOTED] = NOT_DONE | DONE,
	[PGI_DONE] = NOT_DONE | DONE,
	[PGI_MIGRATED] = NOT_DONE | DONE,
	[PGI_MARKED] = NOT_DONE | DONE,
	[PGI_RAISED] = NOT_DONE,
};

/* Facts that are not here leave the status as it is; a resumption returns to an earlier one. */
static const uint8_t leads_to[PGI_KINDS] = {
	[PGI_OPENED] = PGI_OPEN,		  [PGI_ACKNOWLEDGED] = PGI_IS_ACKNOWLEDGED,
	[PGI_ACTIVATED] = PGI_ACTIVE,	  [PGI_HELD] = PGI_ON_HOLD,
	[PGI_RESOLVED] = PGI_IS_RESOLVED, [PGI_CLOSED] = PGI_IS_CLOSED,
	[PGI_REOPENED] = PGI_OPEN,		  [PGI_CANCELLED] = PGI_IS_CANCELLED,
};

/*
 * Somebody takes an incident on, or activates its plan, while it is on hold: it stays on
 * hold, and the fact has the effect that it would have on the status before.
 */
static bool
goes_behind_hold(PgiStanding standing, uint8_t kind)
{
	return standing.status == PGI_ON_HOLD &&
		   (kind == PGI_ACKNOWLEDGED || kind == PGI_ACTIVATED);
}

/* Whether nobody handles the incident any more, unless it is reopened. */
bool
pgi_status_is_finished(uint8_t status)
{
	return (DONE & BIT(status)) != 0;
}

/* Whether a fact of this kind has an effect. */
bool
pgi_status_allows(PgiStanding standing, uint8_t kind)
{
	uint8_t status =
		goes_behind_hold(standing, kind) ? standing.before_hold : standing.status;

	return (allowed_from[kind] & BIT(status)) != 0;
}

/* Where an incident stands after a fact that has an effect. */
PgiStanding
pgi_status_after(PgiStanding standing, uint8_t kind)
{
	if (goes_behind_hold(standing, kind))
		standing.before_hold = leads_to[kind];
	else if (kind == PGI_RESUMED)
		standing.status = standing.before_hold;
	else if (leads_to[kind] != PGI_NEW)
	{
		if (kind == PGI_HELD)
			standing.before_hold = standing.status;
		standing.status = leads_to[kind];
	}
	return standing;
}
