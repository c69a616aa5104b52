/*
 * advance_test.c: lives of incidents, each against what the rules say of it.
 */
#include "tap.h"
#include "life.h"

static void
test_escalation(const PgiPolicy *policy)
{
	leads_to(policy, "opened@0:3m", 1000,
			 "graded@0:3/3 escalated@240:3/2 escalated@360:3/1 breached@480:3/1 ");
	leads_to(policy, "opened@0:2i", 239, "graded@0:2/2 escalated@120:2/1 ");
	leads_to(policy, "opened@0:2i", 240,
			 "graded@0:2/2 escalated@120:2/1 breached@240:2/1 ");
	leads_to(policy, "opened@0:1s", 1000, "graded@0:1/1 breached@120:1/1 ");
	leads_to(policy, "opened@0:ns", 100000, "graded@0:0/0 ");
	leads_to(policy, "opened@0:?i", 1000,
			 "graded@0:1/2 escalated@120:1/1 breached@120:1/1 ");
	leads_to(policy, "opened@0:2i acknowledged@30 activated@120", 200,
			 "graded@0:2/2 escalated@120:2/1 ");
}

static void
test_resolution(const PgiPolicy *policy)
{
	leads_to(policy, "opened@0:2i resolved@120", 1000, "graded@0:2/2 ");
	leads_to(policy, "opened@0:2i resolved@121", 1000, "graded@0:2/2 escalated@120:2/1 ");
	leads_to(policy, "opened@0:2i resolved@100 reopened@500", 1000,
			 "graded@0:2/2 escalated@520:2/1 breached@640:2/1 ");
	leads_to(policy, "opened@0:2i resolved@120 reopened@500", 510,
			 "graded@0:2/2 graded@500:2/1 ");
	leads_to(policy, "opened@0:2i resolved@120 assessed@200:2m", 1000, "graded@0:2/2 ");
	leads_to(policy, "opened@0:2i cancelled@60 reopened@100", 200,
			 "graded@0:2/2 escalated@160:2/1 ");
	leads_to(policy, "opened@0:2i resolved@60 closed@70 acknowledged@80", 1000,
			 "graded@0:2/2 ");
	ok(state.standing.status == PGI_IS_CLOSED && state.acknowledged_at == PGI_NEVER,
	   "a fact that does not fit has no effect");
}

static void
test_assessment(const PgiPolicy *policy)
{
	leads_to(policy, "opened@0:3i assessed@60:2i", 1000,
			 "graded@0:3/3 graded@60:2/2 escalated@120:2/1 breached@240:2/1 ");
	leads_to(policy, "opened@0:2i assessed@180:3i", 1000,
			 "graded@0:2/2 escalated@120:2/1 graded@180:3/3 escalated@240:3/2 "
			 "escalated@360:3/1 breached@480:3/1 ");
	leads_to(policy, "opened@0:3i assessed@300:1i", 1000,
			 "graded@0:3/3 escalated@240:3/2 graded@300:1/2 breached@300:1/2 ");
	leads_to(
		policy, "opened@0:1i assessed@130:3i assessed@140:1i", 1000,
		"graded@0:1/2 breached@120:1/2 graded@130:3/3 graded@140:1/2 breached@140:1/2 ");
	leads_to(policy, "opened@0:3i resolved@30 assessed@500:1s", 1000,
			 "graded@0:3/3 graded@500:1/1 ");
}

/* What is taken on, or activated, on hold stays on hold, and is so afterwards. */
static void
test_behind_hold(const PgiPolicy *policy)
{
	PgiPolicySource source = eport_source();
	PgiPolicy waiting;

	source.escalation = PGI_ESCALATION_NONE;
	source.acknowledge[L2][0] = 60 * MINUTE;
	source.limit[PGI_CLOCK_RESPONSE][L2] = 90 * MINUTE;
	source.hold_stops = PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING);
	pgi_policy_compile(&source, &waiting);
	leads_to(&waiting, "opened@0:2i held@10", 100,
			 "graded@0:2/2 overdue@60:2/2 overdue@90:2/2 ");
	leads_to(&waiting, "opened@0:2i held@10 acknowledged@60", 100,
			 "graded@0:2/2 overdue@90:2/2 ");
	ok(state.standing.status == PGI_ON_HOLD && state.acknowledged_at == 60 * MINUTE,
	   "it is acknowledged, and on hold");
	leads_to(&waiting, "opened@0:2i held@10 activated@60", 100, "graded@0:2/2 ");
	ok(state.standing.status == PGI_ON_HOLD && state.activated_at == 60 * MINUTE,
	   "it is activated, and on hold");
	run(policy, "opened@0:2i held@10 acknowledged@20 resumed@30", 40);
	ok(state.standing.status == PGI_IS_ACKNOWLEDGED, "resuming returns to acknowledged");
	run(policy, "opened@0:2i held@10 acknowledged@20 activated@25 resumed@30", 40);
	ok(state.standing.status == PGI_ACTIVE, "resuming returns to active");
	run(policy, "opened@0:2i held@10 activated@20 acknowledged@25 resumed@30", 40);
	ok(state.standing.status == PGI_ACTIVE && state.acknowledged_at == PGI_NEVER,
	   "what is active is not acknowledged any more");
	run(policy, "opened@0:2i acknowledged@5 held@10 acknowledged@20", 40);
	ok(state.acknowledged_at == 5 * MINUTE, "nothing is acknowledged twice");
	run(policy, "opened@0:2i held@10 acknowledged@20 resolved@25 reopened@30", 40);
	ok(state.standing.status == PGI_OPEN && state.acknowledged_at == PGI_NEVER,
	   "a reopening forgets it");
}

static void
test_raise(const PgiPolicy *policy)
{
	leads_to(policy, "opened@0:3i raised@60:2i", 1000,
			 "graded@0:3/3 graded@60:2/2 escalated@120:2/1 breached@240:2/1 ");
	leads_to(policy, "opened@0:3i held@30 raised@60:2i", 100,
			 "graded@0:3/3 graded@60:2/2 ");
	ok(state.standing.status == PGI_ON_HOLD, "what raises an incident leaves it on hold");
	leads_to(policy, "opened@0:3i resolved@30 raised@60:1s", 1000, "graded@0:3/3 ");
}

static void
test_hold(const PgiPolicy *policy)
{
	PgiPolicy pausing = *policy;

	pausing.hold_stops = PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING);
	leads_to(policy, "opened@0:2i held@60 resumed@600", 130,
			 "graded@0:2/2 escalated@120:2/1 ");
	ok(state.standing.status == PGI_ON_HOLD && state.running,
	   "under eport a hold stops nothing");
	leads_to(&pausing, "opened@0:2i held@60 resumed@600", 1000,
			 "graded@0:2/2 escalated@660:2/1 breached@780:2/1 ");
	leads_to(&pausing, "opened@0:2i acknowledged@10 held@60", 1000, "graded@0:2/2 ");
	ok(state.elapsed == 60 * MINUTE && state.next_due == PGI_NEVER,
	   "a hold that stops the clock");
	leads_to(&pausing, "opened@0:2i acknowledged@10 held@60 resumed@90", 100,
			 "graded@0:2/2 ");
	ok(state.standing.status == PGI_IS_ACKNOWLEDGED,
	   "resuming returns to the status before");
	run(policy, "opened@0:2i acknowledged@10 held@60 held@70 resumed@90", 100);
	ok(state.standing.status == PGI_IS_ACKNOWLEDGED, "a second hold has no effect");
	test_behind_hold(policy);
	leads_to(&pausing, "opened@0:2i held@60 resolved@70 reopened@80", 1000,
			 "graded@0:2/2 escalated@140:2/1 breached@260:2/1 ");
}

static void
test_state(const PgiPolicy *policy)
{
	run(policy, "opened@0:3m acknowledged@10", 250);
	ok(state.standing.status == PGI_IS_ACKNOWLEDGED && state.response_level == L2 &&
		   state.elapsed == 250 * MINUTE && state.next_due == 360 * MINUTE &&
		   state.acknowledged_at == 10 * MINUTE,
	   "the state between two rises");
	run(policy, "opened@100:3m", 50);
	ok(state.standing.status == PGI_NEW, "before the detection there is no state");
	ok(run(policy, "assessed@0:3m", 50) == PGI_ERROR_NOT_OPENED,
	   "a life begins with an opening");
	ok(run(policy, "opened@10:3m noted@5", 50) == PGI_ERROR_OUT_OF_ORDER,
	   "facts must be in order");
	ok(run(policy, "opened@0:5m", 50) == PGI_ERROR_NOT_IN_POLICY,
	   "a level outside the policy");
}

int
main(void)
{
	PgiPolicy policy = eport();

	test_escalation(&policy);
	test_resolution(&policy);
	test_assessment(&policy);
	test_raise(&policy);
	test_hold(&policy);
	test_state(&policy);
	return done_testing();
}
