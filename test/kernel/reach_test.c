/*
 * reach_test.c: what check_policy finds that can never become of a duty, against lives: all
 * that can be told apart are lived, fact by fact, and what becomes of the duty is looked at.
 */
#include "tap.h"
#include "random.h"
#include "kernel/reach.h"

#define MAX_LIFE 24
#define MAX_LIVES 20000

/* A life, and all that its duties and their future depend on. */
typedef struct Life
{
	PgiFact facts[MAX_LIFE];
	int nfacts;
	PgiStanding standing;
	int nreports;
	PgiDutyReport reports[PGI_MAX_DUTIES];
} Life;

static Life lives[MAX_LIVES];
static int nlives;

static bool
same_report(const PgiDutyReport *a, const PgiDutyReport *b)
{
	return a->status == b->status && (a->occurrence > 0) == (b->occurrence > 0) &&
		   (a->done_at == PGI_NEVER) == (b->done_at == PGI_NEVER);
}

static bool
is_known(const Life *life)
{
	for (int i = 0; i < nlives; i++)
	{
		const Life *other = &lives[i];
		bool same = other->standing.status == life->standing.status &&
					other->standing.before_hold == life->standing.before_hold;

		for (int number = 0; same && number < life->nreports; number++)
			same = same_report(&life->reports[number], &other->reports[number]);
		if (same)
			return true;
	}
	return false;
}

/* Adds a fact to a life and takes in what became of its duties. */
static void
go_on(const PgiPolicy *policy, Life *life, uint8_t kind, int duty)
{
	PgiFact *fact = &life->facts[life->nfacts++];

	memset(fact, 0, sizeof(*fact));
	fact->kind = kind;
	fact->seq = life->nfacts;
	fact->at = life->nfacts * MINUTE;
	fact->sets_asset = fact->sets_severity = kind == PGI_OPENED;
	fact->asset_level = L2;
	fact->severity = SEVERE;
	fact->duty = (uint8_t) duty;
	life->standing = pgi_status_after(life->standing, kind);
	life->nreports = policy->nduties;
	if (pgi_advance_duties(policy, life->facts, life->nfacts, fact->at, life->reports) !=
		PGI_OK)
		abort();
}

/*
 * What becomes of the last duty in all lives, without cancelling and reopening, in which those before it are done by what does
 * them, where that can be, and else by somebody who says so.
 */
static PgiDutyReach
live(const PgiPolicySource *source, const bool *by_saying)
{
	int last = source->nduties - 1;
	PgiDutyReach reach = {false, false, false};
	PgiPolicy policy;

	pgi_policy_compile(source, &policy);
	memset(&lives[0], 0, sizeof(Life));
	go_on(&policy, &lives[0], PGI_OPENED, 0);
	nlives = 1;
	for (int i = 0; i < nlives; i++)
	{
		const PgiDutyReport *before = &lives[i].reports[last];
		bool running = lives[i].standing.status < PGI_ON_HOLD ||
					   (lives[i].standing.status == PGI_ON_HOLD &&
						(source->hold_stops & PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING)) == 0);

		reach.begins |= before->begun_at != PGI_NEVER;
		reach.while_running |= before->status == PGI_DUTY_GOING && running;
		for (int choice = PGI_ASSESSED; choice < PGI_DONE + last; choice++)
		{
			uint8_t kind = (uint8_t) (choice < PGI_DONE ? choice : PGI_DONE);
			Life *life = &lives[nlives];

			if (kind == PGI_CANCELLED || kind == PGI_REOPENED ||
				(kind == PGI_DONE && !by_saying[choice - PGI_DONE]))
				continue;
			if (!pgi_status_allows(lives[i].standing, kind) ||
				lives[i].nfacts == MAX_LIFE)
				continue;
			*life = lives[i];
			go_on(&policy, life, kind, choice - PGI_DONE);
			reach.begins |= life->reports[last].begun_at != PGI_NEVER;
			reach.is_done |=
				before->status == PGI_DUTY_GOING &&
				kind == source->duties[last].done_by &&
				life->reports[last].done_at == life->facts[life->nfacts - 1].at;
			if (!is_known(life) && ++nlives == MAX_LIVES)
				abort();
		}
	}
	return reach;
}

static bool
same_reach(PgiDutyReach a, PgiDutyReach b)
{
	return a.begins == b.begins && a.is_done == b.is_done &&
		   a.while_running == b.while_running;
}

static const uint8_t starts[] = {PGI_OPENED, PGI_ACKNOWLEDGED, PGI_ACTIVATED,
								 PGI_RESOLVED, PGI_CLOSED};
static const uint8_t ends[] = {PGI_RESOLVED, PGI_CLOSED, PGI_KINDS};
static const uint8_t deeds[] = {PGI_ASSESSED, PGI_ACKNOWLEDGED, PGI_ACTIVATED,
								PGI_HELD,	  PGI_RESUMED,		PGI_RESOLVED,
								PGI_CLOSED,	  PGI_NOTED,		PGI_KINDS};

static void
set_duty(PgiPolicySource *source, uint8_t start, uint8_t end, uint8_t deed)
{
	PgiDuty *duty = &source->duties[source->nduties];

	memset(duty, 0, sizeof(*duty));
	duty->starts = start;
	duty->after = (uint8_t) (source->nduties - 1);
	duty->until = end;
	duty->done_by = deed;
	for (int level = 0; level < PGI_LEVELS; level++)
		duty->within[level] = 1000 * HOUR;
	source->nduties++;
}

static void
say_chain(const PgiPolicySource *source, PgiDutyReach found, PgiDutyReach lived)
{
	for (int i = 0; i < source->nduties; i++)
		printf("# starts %d until %d done by %d%s\n", source->duties[i].starts,
			   source->duties[i].until, source->duties[i].done_by,
			   source->duties[i].repeats ? ", repeated" : "");
	printf("# begins %d %d, done %d %d, while running %d %d\n", found.begins,
		   lived.begins, found.is_done, lived.is_done, found.while_running,
		   lived.while_running);
}

/* Single duties: every start with every end and every deed. */
static void
test_all(void)
{
	int wrong = 0;
	int dead = 0;
	int undone = 0;

	for (int choice = 0; choice < 5 * 3 * 9; choice++)
	{
		PgiPolicySource source = eport_source();
		PgiDutyReach found;
		PgiDutyReach lived;

		set_duty(&source, starts[choice % 5], ends[choice / 5 % 3], deeds[choice / 15]);
		found = pgi_reach_of_duty(&source, 0);
		lived = live(&source, NULL);
		if (!same_reach(found, lived) && wrong++ < 3)
			say_chain(&source, found, lived);
		dead += !lived.begins;
		undone += lived.begins && !lived.is_done && source.duties[0].done_by != PGI_KINDS;
	}
	ok(wrong == 0, "what can become of each of 135 duties");
	/* resolved until resolved, closed until resolved or closed, each with nine deeds */
	ok(dead == 27, "three of fifteen are over before they start");
	/*
	 * Acknowledging after it or the activation, activating after that: 3 × 3. Closing after
	 * an end with the resolution: 3. Acknowledging, activating, holding, resuming and
	 * resolving after the resolution, until closing or not: 10; after closing these,
	 * assessing and closing: 7.
	 */
	ok(undone == 29, "twenty-nine are never done by what is to do them");
}

static void
test_chains(void)
{
	int wrong = 0;
	int counts[3] = {0, 0, 0};
	int tried = 0;

	for (int chain = 0; chain < 3000; chain++)
	{
		PgiPolicySource source = eport_source();
		bool by_saying[PGI_MAX_DUTIES];
		int length = 2 + below(3);
		PgiDutyReach found;
		PgiDutyReach lived;

		source.hold_stops = (unsigned) below(2);
		for (int i = 0; i < length; i++)
		{
			set_duty(&source, i == 0 ? starts[below(5)] : PGI_AFTER_DUTY, ends[below(3)],
					 deeds[below(2) ? 8 : below(9)]);
			source.duties[i].repeats = below(4) == 0;
			by_saying[i] = !pgi_reach_of_duty(&source, i).is_done;
		}
		found = pgi_reach_of_duty(&source, length - 1);
		lived = live(&source, by_saying);
		if (!same_reach(found, lived) && wrong++ < 3)
			say_chain(&source, found, lived);
		tried++;
		counts[0] += lived.begins;
		counts[1] += lived.is_done;
		counts[2] += lived.while_running;
	}
	ok(wrong == 0, "what can become of the last of duties after duties");
	for (int i = 0; i < 3; i++)
		ok(counts[i] > tried / 10 && counts[i] < tried - tried / 10,
		   "it can, and cannot");
}

int
main(void)
{
	test_all();
	test_chains();
	return done_testing();
}
