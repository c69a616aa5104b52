/*
 * reach.c: what can become of a policy's duties, by the table of statuses.
 *
 * A duty is followed, with those that it comes after, through everything that facts can
 * bring about, one fact at a moment. Left out of account are levels, as an assessment can
 * give an incident any; cancelling, which ends all duties; and reopening: what could happen
 * only then makes no sense of a duty. Of the duties before it, each is taken as done by the
 * fact that does it, or, where that is none or cannot happen, by somebody who says so.
 */
#include <string.h>

#include "kernel/reach.h"
#include "kernel/status.h"

/* A duty, the last one, and those that it comes after. */
typedef struct Chain
{
	const PgiDuty *duty[PGI_MAX_DUTIES];
	bool by_saying[PGI_MAX_DUTIES]; /* it is done by somebody who says so */
	int length;
} Chain;

/* How far a life has come: the duties before `at`, which may be the end, are done. */
typedef struct Place
{
	PgiStanding standing;
	uint8_t at;
	bool going; /* that one has begun, and is not over */
} Place;

typedef struct Search
{
	Chain chain;
	PgiDutyReach reach;
	unsigned hold_stops;
	bool found[PGI_STATUSES][PGI_STATUSES][PGI_MAX_DUTIES + 1][2];
	Place left[PGI_STATUSES * PGI_STATUSES * (PGI_MAX_DUTIES + 1) * 2];
	int nleft;
} Search;

static bool
is_over(const PgiDuty *duty, PgiStanding standing)
{
	return (duty->until == PGI_RESOLVED && pgi_status_is_finished(standing.status)) ||
		   (duty->until == PGI_CLOSED && standing.status >= PGI_IS_CLOSED);
}

/* The duty at hand begins, unless it is over. */
static void
begin(Search *search, Place *place)
{
	place->going = !is_over(search->chain.duty[place->at], place->standing);
	search->reach.begins |= place->going && place->at == search->chain.length - 1;
}

static bool
does(const Chain *chain, int at, uint8_t kind)
{
	return chain->duty[at]->done_by == kind || (kind == PGI_DONE && chain->by_saying[at]);
}

/* What is done counts for what is going on, or begins with the very fact. */
static void
do_duties(Search *search, Place *place, uint8_t kind)
{
	const Chain *chain = &search->chain;
	bool went_on = place->going;

	if (place->at == 0 && chain->duty[0]->starts == kind)
		begin(search, place);
	while (place->going && does(chain, place->at, kind))
	{
		place->going = false;
		if (place->at == chain->length - 1)
		{
			search->reach.is_done |= went_on;
			if (chain->duty[place->at]->repeats)
				begin(search, place);
			else
				place->at++;
			return;
		}
		place->at++;
		begin(search, place);
		went_on = false;
	}
}

static Place
after_fact(Search *search, Place place, uint8_t kind)
{
	place.standing = pgi_status_after(place.standing, kind);
	do_duties(search, &place, kind);
	if (place.going && is_over(search->chain.duty[place.at], place.standing))
		place.going = false;
	return place;
}

static void
visit(Search *search, Place place)
{
	uint8_t status = place.standing.status;
	bool *found =
		&search->found[status][place.standing.before_hold][place.at][place.going];

	if (*found)
		return;
	*found = true;
	search->left[search->nleft++] = place;
	if (place.going && place.at == search->chain.length - 1)
		search->reach.while_running |=
			status < PGI_ON_HOLD ||
			(status == PGI_ON_HOLD &&
			 (search->hold_stops & PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING)) == 0);
}

/* Puts a duty, and those that it comes after, into a chain; false when they are a circle. */
static bool
make_chain(const PgiPolicySource *source, int duty, Chain *chain)
{
	int numbers[PGI_MAX_DUTIES];
	int length = 0;

	if (pgi_policy_duty_start(source, duty) == PGI_KINDS)
		return false;
	numbers[length++] = duty;
	while (source->duties[duty].starts == PGI_AFTER_DUTY)
		numbers[length++] = duty = source->duties[duty].after;
	chain->length = length;
	for (int i = 0; i < length; i++)
		chain->duty[i] = &source->duties[numbers[length - 1 - i]];
	return true;
}

/* Finds what can become of the last duty of a chain. */
static PgiDutyReach
search_chain(const PgiPolicySource *source, const Chain *chain)
{
	static const Place unborn = {{PGI_NEW, PGI_NEW}, 0, false};
	Search search;

	memset(&search, 0, offsetof(Search, left));
	search.chain = *chain;
	search.hold_stops = source->hold_stops;
	search.nleft = 0;
	visit(&search, unborn);
	while (search.nleft > 0)
	{
		Place place = search.left[--search.nleft];

		for (uint8_t kind = 0; kind < PGI_GRADED; kind++)
			if (kind != PGI_CANCELLED && kind != PGI_REOPENED &&
				pgi_status_allows(place.standing, kind))
				visit(&search, after_fact(&search, place, kind));
	}
	return search.reach;
}

/* What can become of a duty; nothing when it waits for duties that wait for it. */
PgiDutyReach
pgi_reach_of_duty(const PgiPolicySource *source, int duty)
{
	PgiDutyReach reach = {false, false, false};
	Chain chain;
	int whole;

	if (!make_chain(source, duty, &chain))
		return reach;
	whole = chain.length;
	for (chain.length = 1; chain.length <= whole; chain.length++)
	{
		bool *by_saying = &chain.by_saying[chain.length - 1];

		*by_saying = false;
		reach = search_chain(source, &chain);
		*by_saying = !reach.is_done;
	}
	return reach;
}
