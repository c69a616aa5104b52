/*
 * duty_test.c: steps of the escalation, times to acknowledge, and duties, each against what
 * the policy's document says they mean.
 */
#include "tap.h"
#include "life.h"
#include "kernel/state_pack.h"

static PgiPolicy
compile(const PgiPolicySource *source)
{
	PgiPolicy policy;

	pgi_policy_compile(source, &policy);
	return policy;
}

static int
moving(void)
{
	int count = 0;

	for (int i = 0; i < state.nduties; i++)
		count += state.duties[i].moving;
	return count;
}

static void
set_rise(PgiPolicySource *source, PgiRiseMeasure measure, int64_t amount, int to)
{
	PgiEscalationStep *rise = &source->steps[source->nsteps++];

	source->escalation = PGI_ESCALATION_STEPS;
	rise->measure = (uint8_t) measure;
	rise->amount = amount;
	rise->to = (uint8_t) to;
	rise->event_levels = 0xffff;
	rise->reports = PGI_REPORTS;
}

/* The rule of the last event of a life. */
static int last_rule;

static void
note_rule(const PgiDerived *event, void *arg)
{
	(void) arg;
	last_rule = event->rule;
}

static void
test_steps(void)
{
	PgiPolicySource source = eport_source();
	PgiPolicy policy;
	PgiFact opening = {
		.kind = PGI_OPENED, .seq = 1, .asset_level = L3, .severity = MINOR};

	source.escalation = PGI_ESCALATION_NONE;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 1000, "graded@0:3/3 breached@480:3/3 ");

	set_rise(&source, PGI_ESCALATION_ELAPSED, 100 * MINUTE, L2);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 200, "graded@0:3/3 escalated@100:3/2 ");
	leads_to(&policy, "opened@0:ns", 200, "graded@0:0/0 escalated@100:0/2 ");
	source.steps[0].event_levels = PGI_LEVEL_BIT(L3);
	policy = compile(&source);
	leads_to(&policy, "opened@0:ns", 200, "graded@0:0/0 ");

	set_rise(&source, PGI_ESCALATION_REMAINING, 120 * MINUTE, L1);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 479,
			 "graded@0:3/3 escalated@100:3/2 escalated@360:3/1 ");
	leads_to(&policy, "opened@0:ns", 1000, "graded@0:0/0 ");
	leads_to(&policy, "opened@0:1i", 100, "graded@0:1/1 ");
	source.steps[1].measure = PGI_ESCALATION_PERCENT;
	source.steps[1].amount = 75;
	policy = compile(&source);
	leads_to(&policy, "opened@0:2i", 200, "graded@0:2/2 escalated@180:2/1 ");
	opening.sets_asset = opening.sets_severity = true;
	pgi_advance(&policy, &opening, 1, 400 * MINUTE, note_rule, NULL, &state);
	ok(last_rule == PGI_RULE_STEP + 1, "a rise names its step");
	leads_to(&policy, "opened@0:?i", 239,
			 "graded@0:1/2 escalated@90:1/1 breached@120:1/1 ");
	source.limit[PGI_CLOCK_PROCESSING][L3] = 199;
	source.steps[1].amount = 50;
	policy = compile(&source);
	ok(policy.cell[L3][MINOR].steps[1].after == 99, "half of an odd time");

	/* Of two steps at one moment the first is named, whatever they measure. */
	source = eport_source();
	set_rise(&source, PGI_ESCALATION_INACTIVE, 60 * MINUTE, L2);
	set_rise(&source, PGI_ESCALATION_ELAPSED, 60 * MINUTE, L2);
	policy = compile(&source);
	pgi_advance(&policy, &opening, 1, 70 * MINUTE, note_rule, NULL, &state);
	ok(last_rule == PGI_RULE_STEP, "the first of two steps is named");
}

static void
test_inactivity(void)
{
	PgiPolicySource source = eport_source();
	PgiPolicy policy;

	set_rise(&source, PGI_ESCALATION_INACTIVE, 60 * MINUTE, L2);
	set_rise(&source, PGI_ESCALATION_INACTIVE, 90 * MINUTE, L1);
	source.hold_stops = PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 100,
			 "graded@0:3/3 escalated@60:3/2 escalated@90:3/1 ");
	leads_to(&policy, "opened@0:3m done@60:0 done@100:0", 200,
			 "graded@0:3/3 escalated@160:3/2 escalated@190:3/1 ");
	leads_to(&policy, "opened@0:3m done@70:0", 200,
			 "graded@0:3/3 escalated@60:3/2 escalated@160:3/1 ");
	leads_to(&policy, "opened@0:3m done@70:0 assessed@80:3i", 140,
			 "graded@0:3/3 escalated@60:3/2 graded@80:3/3 escalated@140:3/2 ");
	leads_to(&policy, "opened@0:3m held@50 resumed@70", 130,
			 "graded@0:3/3 escalated@130:3/2 ");
	leads_to(&policy, "opened@0:3m held@50 noted@60 resumed@70", 130,
			 "graded@0:3/3 escalated@130:3/2 ");
	/* Every act is a report, at the moment of the step too; what has no effect is none. */
	leads_to(&policy, "opened@0:3m noted@60", 120, "graded@0:3/3 escalated@120:3/2 ");
	leads_to(&policy, "opened@0:3m acknowledged@50 acknowledged@55", 110,
			 "graded@0:3/3 escalated@110:3/2 ");
	leads_to(&policy, "opened@0:3m activated@50 acknowledged@55", 110,
			 "graded@0:3/3 escalated@110:3/2 ");
	leads_to(&policy, "opened@0:3m held@10 resumed@20 resumed@25", 80,
			 "graded@0:3/3 escalated@80:3/2 ");
	leads_to(&policy, "opened@0:3m assessed@50:3m", 110,
			 "graded@0:3/3 escalated@110:3/2 ");
	/* Being looked at anew, it is silent no more. */
	leads_to(&policy, "opened@0:3m assessed@70:3m", 70,
			 "graded@0:3/3 escalated@60:3/2 graded@70:3/3 ");
	/* What the extension records by itself, and what ends the silence otherwise. */
	leads_to(&policy, "opened@0:3m migrated@50", 60, "graded@0:3/3 escalated@60:3/2 ");
	source.hold_stops = 0;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m held@50", 60, "graded@0:3/3 escalated@60:3/2 ");
	leads_to(&policy, "opened@0:3m resolved@50 reopened@60", 120,
			 "graded@0:3/3 escalated@120:3/2 ");
	ok(state.inactive_since[0] == 60 * MINUTE, "inactivity counts from the reopening");
	source.steps[0].event_levels = PGI_LEVEL_BIT(L3);
	source.steps[1].event_levels = PGI_LEVEL_BIT(L2);
	source.steps[0].to = L1;
	policy = compile(&source);
	leads_to(&policy, "opened@0:?i", 100, "graded@0:1/2 escalated@60:1/1 ");
}

/* Steps that name what puts them off have clocks of their own. */
static void
test_reports(void)
{
	PgiPolicySource source = eport_source();
	PgiPolicy policy;

	set_rise(&source, PGI_ESCALATION_INACTIVE, 60 * MINUTE, L2);
	set_rise(&source, PGI_ESCALATION_INACTIVE, 90 * MINUTE, L1);
	source.steps[1].reports = PGI_FACT_BIT(PGI_ACKNOWLEDGED) | PGI_FACT_BIT(PGI_DONE);
	policy = compile(&source);
	ok(policy.ninactivities == 2, "two lists, two clocks");
	leads_to(&policy, "opened@0:3m noted@50", 100, "graded@0:3/3 escalated@90:3/1 ");
	leads_to(&policy, "opened@0:3m noted@50 acknowledged@60", 150,
			 "graded@0:3/3 escalated@120:3/2 escalated@150:3/1 ");
	leads_to(&policy, "opened@0:3m done@20:0", 150,
			 "graded@0:3/3 escalated@80:3/2 escalated@110:3/1 ");
	run(&policy, "opened@0:3m noted@50", 55);
	ok(state.inactive_since[0] == 50 * MINUTE && state.inactive_since[1] == 0,
	   "each clock counts from what it heeds");
	/* An assessment that is no report leaves what silence has brought. */
	source.steps[0].reports = PGI_FACT_BIT(PGI_NOTED);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m assessed@70:3i", 80, "graded@0:3/3 escalated@60:3/2 ");
	source.steps[1].reports = source.steps[0].reports;
	policy = compile(&source);
	ok(policy.ninactivities == 1, "one list, one clock");
}

static void
test_acknowledgement(void)
{
	PgiPolicySource source = eport_source();
	PgiPolicy policy;

	source.acknowledge[L2][0] = 10 * MINUTE;
	source.acknowledge[L2][1] = 20 * MINUTE;
	source.acknowledge[L2][2] = 35 * MINUTE;
	source.acknowledge[L3][0] = 15 * MINUTE;
	policy = compile(&source);
	leads_to(&policy, "opened@0:2i", 100,
			 "graded@0:2/2 overdue@10:2/2 overdue#2@20:2/2 overdue#3@35:2/2 ");
	leads_to(&policy, "opened@0:2i acknowledged@20", 100, "graded@0:2/2 overdue@10:2/2 ");
	leads_to(&policy, "opened@0:3i assessed@25:2i", 34,
			 "graded@0:3/3 overdue@15:3/3 graded@25:2/2 overdue#2@25:2/2 ");
	ok(state.late[PGI_CLOCK_ACKNOWLEDGEMENT] == 2 && state.next_due == 35 * MINUTE,
	   "two of three times to acknowledge have passed");
	leads_to(&policy, "opened@0:2i assessed@25:3i", 100,
			 "graded@0:2/2 overdue@10:2/2 overdue#2@20:2/2 graded@25:3/3 ");
	source.acknowledge[L3][0] = 5 * MINUTE;
	policy = compile(&source);
	leads_to(&policy, "opened@0:?i", 30, "graded@0:1/2 overdue@5:1/2 overdue#2@20:1/2 ");
}

static PgiDuty *
add_duty(PgiPolicySource *source, PgiKind starts, PgiKind until, int64_t minutes)
{
	PgiDuty *duty = &source->duties[source->nduties++];

	memset(duty, 0, sizeof(*duty));
	duty->starts = (uint8_t) starts;
	duty->until = (uint8_t) until;
	duty->done_by = PGI_KINDS;
	for (int level = 0; level < PGI_LEVELS; level++)
		duty->within[level] = minutes * MINUTE;
	return duty;
}

static PgiPolicySource
one_duty(PgiKind starts, PgiKind until, int64_t minutes)
{
	PgiPolicySource source = eport_source();

	source.escalation = PGI_ESCALATION_NONE;
	add_duty(&source, starts, until, minutes);
	return source;
}

static void
test_one_duty(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 20);
	PgiPolicy policy = compile(&source);

	leads_to(&policy, "opened@0:3m", 100, "graded@0:3/3 due(0)#1@0 overdue(0)#1@20 ");
	leads_to(&policy, "opened@0:3m done@20:0", 100, "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m done@30:0", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@20 ");
	leads_to(&policy, "opened@0:3m done@0:0", 100, "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m done@5:1 done@6:40", 10, "graded@0:3/3 due(0)#1@0 ");
	ok(moving() == 1 && state.next_due == 20 * MINUTE, "another duty is not this one");
	leads_to(&policy, "opened@0:3m resolved@20", 100, "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m resolved@0", 100, "graded@0:3/3 ");
	leads_to(&policy, "opened@0:3m cancelled@10", 100, "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m resolved@10 reopened@50", 100,
			 "graded@0:3/3 due(0)#1@0 due(0)#1@50 overdue(0)#1@70 ");
	leads_to(&policy, "opened@0:3m done@5:0 resolved@10 reopened@50", 100,
			 "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m done@10:0 resolved@10 reopened@10", 100,
			 "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m resolved@10 done@15:0 reopened@50", 100,
			 "graded@0:3/3 due(0)#1@0 due(0)#1@50 overdue(0)#1@70 ");

	source.duties[0].done_by = PGI_ACTIVATED;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m activated@20", 100, "graded@0:3/3 due(0)#1@0 ");
	source.duties[0].until = PGI_CLOSED;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m resolved@10", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@20 ");
	source = one_duty(PGI_OPENED, PGI_RESOLVED, 0);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 100, "graded@0:3/3 due(0)#1@0 overdue(0)#1@0 ");
}

static void
test_starts(void)
{
	PgiPolicySource source = one_duty(PGI_RESOLVED, PGI_KINDS, 60);
	PgiPolicy policy;

	add_duty(&source, PGI_CLOSED, PGI_KINDS, 100);
	add_duty(&source, PGI_ACKNOWLEDGED, PGI_RESOLVED, 5);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m acknowledged@10 resolved@20 closed@30", 1000,
			 "graded@0:3/3 due(2)#1@10 overdue(2)#1@15 due(0)#1@20 due(1)#1@30 "
			 "overdue(0)#1@80 overdue(1)#1@130 ");
	leads_to(&policy, "opened@0:3m resolved@20 done@20:0 closed@20 done@20:1", 1000,
			 "graded@0:3/3 due(0)#1@20 due(1)#1@20 ");
	leads_to(&policy,
			 "opened@0:3m resolved@20 done@30:0 reopened@40 resolved@50 cancelled@60",
			 1000, "graded@0:3/3 due(0)#1@20 due(0)#1@50 overdue(0)#1@110 ");
	leads_to(&policy, "opened@0:3m resolved@20 reopened@30 cancelled@40", 1000,
			 "graded@0:3/3 due(0)#1@20 ");
}

static void
test_followers(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 10);
	PgiPolicy policy;

	add_duty(&source, PGI_OPENED, PGI_RESOLVED, 30);
	source.duties[0].starts = PGI_AFTER_DUTY;
	source.duties[0].after = 1;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m done@15:1", 100,
			 "graded@0:3/3 due(1)#1@0 due(0)#1@15 overdue(0)#1@25 ");
	leads_to(&policy, "opened@0:3m done@0:0 done@0:1", 100,
			 "graded@0:3/3 due(0)#1@0 due(1)#1@0 ");
	leads_to(&policy, "opened@0:3m done@5:0 done@6:1", 10,
			 "graded@0:3/3 due(1)#1@0 due(0)#1@6 ");
	leads_to(&policy, "opened@0:3m", 100, "graded@0:3/3 due(1)#1@0 overdue(1)#1@30 ");
	leads_to(&policy, "opened@0:3m done@40:1", 45,
			 "graded@0:3/3 due(1)#1@0 overdue(1)#1@30 due(0)#1@40 ");
	leads_to(&policy, "opened@0:3m done@5:1 resolved@7 reopened@50", 70,
			 "graded@0:3/3 due(1)#1@0 due(0)#1@5 due(0)#1@50 overdue(0)#1@60 ");
	leads_to(&policy, "opened@0:3m done@5:1 done@6:0 resolved@7 reopened@50", 70,
			 "graded@0:3/3 due(1)#1@0 due(0)#1@5 ");
	source.duties[1].starts = PGI_AFTER_DUTY;
	source.duties[1].after = 0;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m done@5:1 done@6:0", 100, "graded@0:3/3 ");
}

static void
test_repetition(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 30);
	PgiPolicy policy;

	source.duties[0].repeats = true;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m done@10:0", 99,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@10 overdue(0)#2@40 ");
	leads_to(&policy, "opened@0:3m done@10:0 done@50:0", 99,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@10 overdue(0)#2@40 repeated(0)#3@50 "
			 "overdue(0)#3@80 ");
	leads_to(&policy, "opened@0:3m done@30:0 resolved@60", 99,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@30 ");
	leads_to(&policy, "opened@0:3m done@5:0 done@5:0 resolved@20", 99,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@5 ");
	leads_to(&policy, "opened@0:3m done@10:0 resolved@10", 99,
			 "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m done@10:0 resolved@20 reopened@50 done@60:0", 99,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@10 due(0)#1@50 repeated(0)#2@60 "
			 "overdue(0)#2@90 ");
	source.duties[0].limit = 2;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 400, "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 ");
	leads_to(&policy, "opened@0:3m done@200:0", 400,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@200 "
			 "overdue(0)#2@230 ");
	leads_to(&policy, "opened@0:3m done@10:0 done@20:0 done@30:0", 400,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@10 ");
}

/* Each occurrence that is missed is overdue by itself. */
static void
test_missed(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 30);
	PgiPolicy policy;

	source.duties[0].repeats = source.duties[0].repeats_overdue = true;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 70,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@30 overdue(0)#2@60 "
			 "repeated(0)#3@60 ");
	ok(moving() == 1 && state.next_due == 90 * MINUTE, "the next is due at 90");
	leads_to(&policy, "opened@0:3m done@40:0", 71,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@30 repeated(0)#3@40 "
			 "overdue(0)#3@70 repeated(0)#4@70 ");
	leads_to(&policy, "opened@0:3m done@30:0", 50,
			 "graded@0:3/3 due(0)#1@0 repeated(0)#2@30 ");
	leads_to(&policy, "opened@0:3m resolved@30", 100, "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m resolved@40 reopened@50", 85,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@30 due(0)#1@50 "
			 "overdue(0)#1@80 repeated(0)#2@80 ");
	source.duties[0].limit = 2;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m", 400,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@30 overdue(0)#2@60 ");
	ok(moving() == 0 && state.next_due == 480 * MINUTE, "the last one stays overdue");
	source.duties[0].limit = 0;
	source.hold_stops = PGI_HOLD_DUTIES;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m held@40 resumed@100", 121,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@30 repeated(0)#2@30 overdue(0)#2@120 "
			 "repeated(0)#3@120 ");
	/* One that an assessment makes overdue begins again at that moment. */
	source.hold_stops = 0;
	source.duties[0].within[L2] = 10 * MINUTE;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m assessed@25:2m", 36,
			 "graded@0:3/3 due(0)#1@0 graded@25:2/2 overdue(0)#1@25 repeated(0)#2@25 "
			 "overdue(0)#2@35 repeated(0)#3@35 ");
}

static void
test_levels(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 60);
	PgiPolicy policy;

	source.escalation = PGI_ESCALATION_REMAINING_TIME;
	source.duties[0].within[L1] = 10 * MINUTE;
	source.duties[0].within[L2] = 30 * MINUTE;
	source.duties[0].within[L_NONE] = PGI_NEVER;
	policy = compile(&source);
	leads_to(&policy, "opened@0:ns assessed@10:3i", 80,
			 "graded@0:0/0 graded@10:3/3 due(0)#1@10 overdue(0)#1@70 ");
	leads_to(&policy, "opened@0:3i assessed@40:2i", 80,
			 "graded@0:3/3 due(0)#1@0 graded@40:2/2 overdue(0)#1@40 ");
	leads_to(&policy, "opened@0:3i assessed@40:2i assessed@45:3i", 80,
			 "graded@0:3/3 due(0)#1@0 graded@40:2/2 overdue(0)#1@40 graded@45:3/3 ");
	leads_to(&policy, "opened@0:3i assessed@40:nm assessed@70:3i", 80,
			 "graded@0:3/3 due(0)#1@0 graded@40:0/0 graded@70:3/3 overdue(0)#1@70 ");
	leads_to(&policy, "opened@0:3i assessed@40:nm done@50:0 assessed@70:3i", 80,
			 "graded@0:3/3 due(0)#1@0 graded@40:0/0 graded@70:3/3 ");

	/* As progress is reported: by the response, the more often the more urgent. */
	source.duties[0].by_response = true;
	source.duties[0].repeats = true;
	source.duties[0].within[L3] = 120 * MINUTE;
	source.duties[0].within[L2] = 60 * MINUTE;
	source.duties[0].within[L1] = 30 * MINUTE;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m done@200:0", 330,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@120 repeated(0)#2@200 "
			 "escalated@240:3/2 overdue(0)#2@260 ");
	leads_to(&policy, "opened@0:3m done@170:0", 250,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@120 repeated(0)#2@170 "
			 "escalated@240:3/2 overdue(0)#2@240 ");
	for (int level = 0; level < L1; level++)
		source.duties[0].within[level] = PGI_NEVER;
	policy = compile(&source);
	leads_to(&policy, "opened@0:2m", 119, "graded@0:2/2 ");
	ok(moving() == 1 && state.duties[0].report.begun_at == PGI_NEVER,
	   "it waits for the response to rise");
	leads_to(&policy, "opened@0:2m", 120, "graded@0:2/2 escalated@120:2/1 due(0)#1@120 ");
}

static void
test_hold(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 20);
	PgiPolicy policy;

	source.hold_stops = PGI_HOLD_DUTIES;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m held@10 resumed@40", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@50 ");
	leads_to(&policy, "opened@0:3m held@20 resumed@40", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@40 ");
	leads_to(&policy, "opened@0:3m held@20 done@40:0 resumed@40", 100,
			 "graded@0:3/3 due(0)#1@0 ");
	leads_to(&policy, "opened@0:3m held@0 resumed@40", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@60 ");
	leads_to(&policy, "opened@0:3m held@10 assessed@30:2m", 35,
			 "graded@0:3/3 due(0)#1@0 graded@30:2/2 ");
	ok(state.next_due == 240 * MINUTE && moving() == 0, "its clock stands still");
	source.duties[0].until = PGI_CLOSED;
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m held@10 resolved@40", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@50 ");
	source.hold_stops = PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING);
	policy = compile(&source);
	leads_to(&policy, "opened@0:3m held@10 resumed@40", 100,
			 "graded@0:3/3 due(0)#1@0 overdue(0)#1@20 ");
}

static void
test_packing(void)
{
	PgiPolicySource source = one_duty(PGI_OPENED, PGI_RESOLVED, 20);
	PgiPolicy policy = compile(&source);
	uint8_t bytes[PGI_PACKED_MOST + 1];
	PgiState back;
	int length;

	run(&policy, "opened@0:3m resolved@0", 10);
	ok(pgi_state_pack(&state, bytes) == 0, "where no duty has begun there are no bytes");
	run(&policy, "opened@0:3m", 10);
	length = pgi_state_pack(&state, bytes);
	ok(length == 1 + 2 + 1 + 8, "the clock of a duty tells when it began");
	memset(&back, 0, sizeof(back));
	ok(pgi_state_unpack(&back, bytes, length) && back.nduties == 1 &&
		   back.duties[0].report.occurrence == 1 && back.duties[0].report.begun_at == 0 &&
		   back.inactive_since[0] == PGI_NEVER,
	   "it comes back");
	ok(!pgi_state_unpack(&back, bytes, length - 1) &&
		   !pgi_state_unpack(&back, bytes, 2) &&
		   !pgi_state_unpack(&back, bytes, (int) sizeof(bytes)),
	   "lengths that were never written");
	bytes[1] |= 0x80;
	ok(!pgi_state_unpack(&back, bytes, length), "a flag that does not exist");
	bytes[1] &= 0x7f;
	bytes[2]++;
	ok(!pgi_state_unpack(&back, bytes, length),
	   "overdue, with a clock that tells when it began");
	bytes[2] += 6;
	ok(!pgi_state_unpack(&back, bytes, length), "a status that does not exist");
	bytes[2] -= 7;
	bytes[3] = 0;
	ok(!pgi_state_unpack(&back, bytes, length), "an occurrence before the first");
	memset(bytes + 3, 0xff, 6);
	ok(!pgi_state_unpack(&back, bytes, length), "an occurrence beyond the last");
	length = pgi_state_pack(&state, bytes);
	bytes[0] = PGI_MAX_ACKNOWLEDGEMENTS + 1;
	ok(!pgi_state_unpack(&back, bytes, length),
	   "more times to acknowledge than there are");
	bytes[0] = 0;
	memcpy(bytes + length, bytes + 1, length - 1);
	ok(!pgi_state_unpack(&back, bytes, 2 * length - 1), "a duty twice");
	run(&policy, "opened@0:3m", 30);
	length = pgi_state_pack(&state, bytes);
	ok(length == 1 + 2 + 1 + 8 + 8, "what is overdue for good began and became overdue");
}

int
main(void)
{
	test_steps();
	test_inactivity();
	test_reports();
	test_acknowledgement();
	test_one_duty();
	test_starts();
	test_followers();
	test_repetition();
	test_missed();
	test_levels();
	test_hold();
	test_packing();
	return done_testing();
}
