/*
 * advance_test.c: lives of incidents, each against what the rules say of it.
 *
 * A life and what it leads to are written as text: "opened:3m" opens with asset level 3 and
 * severity moderate; "@245" is a moment in minutes.
 */
#include <stdlib.h>

#include "tap.h"
#include "eport.h"
#include "kernel/advance.h"

static char course[2000];

static void
add_event(const PgiDerived *event, void *arg)
{
	char text[80];

	(void) arg;
	snprintf(text, sizeof(text), "%s@%ld:%d/%d ", pgi_kind_words[event->kind],
			 (long) (event->at / MINUTE),
			 event->event_level == 0 ? 0 : 10 - event->event_level,
			 event->response_level == 0 ? 0 : 10 - event->response_level);
	strcat(course, text);
}

/* A fact from text such as "assessed@30:2s"; levels 1 2 3 n ?, severities s m i ?. */
static PgiFact
read_fact(const char *text, int seq)
{
	PgiFact fact;
	const char *at = strchr(text, '@');
	const char *values = strchr(text, ':');

	memset(&fact, 0, sizeof(fact));
	fact.seq = seq;
	fact.at = atol(at + 1) * MINUTE;
	for (int kind = 0; kind < PGI_KINDS; kind++)
		if (strncmp(text, pgi_kind_words[kind], (size_t) (at - text)) == 0 &&
			pgi_kind_words[kind][at - text] == '\0')
			fact.kind = (uint8_t) kind;
	if (values != NULL)
	{
		const char *level = strchr("n987654321?", values[1]);
		const char *severity = strchr("?-ims", values[2]);

		fact.sets_asset = fact.sets_severity = true;
		fact.asset_level = (uint8_t) (level - "n987654321?");
		fact.severity = (uint8_t) (severity - "?-ims");
	}
	return fact;
}

static PgiState state;

/* Runs a life given as words up to `until` minutes; its course is left in `course`. */
static PgiResult
run(const PgiPolicy *policy, const char *life, long until)
{
	PgiFact facts[20];
	char words[500];
	int n = 0;

	strcpy(words, life);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
	{
		facts[n] = read_fact(word, n + 1);
		n++;
	}
	course[0] = '\0';
	return pgi_advance(policy, facts, n, until * MINUTE, add_event, NULL, &state);
}

static void
leads_to(const PgiPolicy *policy, const char *life, long until, const char *expected)
{
	PgiResult result = run(policy, life, until);
	int same = result == PGI_OK && strcmp(course, expected) == 0;

	if (!same)
		printf("# result %d, course: %s\n", result, course);
	ok(same, life);
}

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
	ok(state.status == PGI_IS_CLOSED && state.acknowledged_at == PGI_NEVER,
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

static void
test_hold(const PgiPolicy *policy)
{
	PgiPolicy pausing = *policy;

	pausing.hold_stops = PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING);
	leads_to(policy, "opened@0:2i held@60 resumed@600", 130,
			 "graded@0:2/2 escalated@120:2/1 ");
	ok(state.status == PGI_ON_HOLD && state.running, "under eport a hold stops nothing");
	leads_to(&pausing, "opened@0:2i held@60 resumed@600", 1000,
			 "graded@0:2/2 escalated@660:2/1 breached@780:2/1 ");
	leads_to(&pausing, "opened@0:2i acknowledged@10 held@60", 1000, "graded@0:2/2 ");
	ok(state.elapsed == 60 * MINUTE && state.next_due == PGI_NEVER,
	   "a hold that stops the clock");
	leads_to(&pausing, "opened@0:2i acknowledged@10 held@60 resumed@90", 100,
			 "graded@0:2/2 ");
	ok(state.status == PGI_IS_ACKNOWLEDGED, "resuming returns to the status before");
	run(policy, "opened@0:2i acknowledged@10 held@60 held@70 resumed@90", 100);
	ok(state.status == PGI_IS_ACKNOWLEDGED, "a second hold has no effect");
	leads_to(&pausing, "opened@0:2i held@60 resolved@70 reopened@80", 1000,
			 "graded@0:2/2 escalated@140:2/1 breached@260:2/1 ");
}

static void
test_state(const PgiPolicy *policy)
{
	run(policy, "opened@0:3m acknowledged@10", 250);
	ok(state.status == PGI_IS_ACKNOWLEDGED && state.response_level == L2 &&
		   state.elapsed == 250 * MINUTE && state.next_due == 360 * MINUTE &&
		   state.acknowledged_at == 10 * MINUTE,
	   "the state between two rises");
	run(policy, "opened@100:3m", 50);
	ok(state.status == PGI_NEW, "before the detection there is no state");
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
	test_hold(&policy);
	test_state(&policy);
	return done_testing();
}
