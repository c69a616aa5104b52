/*
 * life.h: lives of incidents and what they lead to, written as text.
 *
 * "opened@0:3m" opens at minute 0 with asset level 3 and severity moderate; "done@30:1" does
 * duty 1. "escalated@240:3/2" is an event with its event and response level, "due(1)#2@30"
 * one of duty 1 with its occurrence.
 */
#ifndef PGI_TEST_LIFE_H
#define PGI_TEST_LIFE_H

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"
#include "eport.h"
#include "kernel/advance.h"

static char course[4000];

static inline void
add_event(const PgiDerived *event, void *arg)
{
	char text[80];
	int length = snprintf(text, sizeof(text), "%s", pgi_kind_words[event->kind]);
	long at = (long) (event->at / MINUTE);

	(void) arg;
	if (event->rule >= PGI_RULE_DUTY)
		length += snprintf(text + length, sizeof(text) - length, "(%d)#%d",
						   event->rule % 100, event->occurrence);
	else if (event->occurrence > 1)
		length +=
			snprintf(text + length, sizeof(text) - length, "#%d", event->occurrence);
	if (event->rule >= PGI_RULE_DUTY)
		snprintf(text + length, sizeof(text) - length, "@%ld ", at);
	else
		snprintf(text + length, sizeof(text) - length, "@%ld:%d/%d ", at,
				 event->event_level == 0 ? 0 : 10 - event->event_level,
				 event->response_level == 0 ? 0 : 10 - event->response_level);
	strcat(course, text);
}

/* A fact from text; levels 1 2 3 n ?, severities s m i ?. */
static inline PgiFact
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
	if (values != NULL && fact.kind == PGI_DONE)
		fact.duty = (uint8_t) atoi(values + 1);
	else if (values != NULL)
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
static inline PgiResult
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

static inline void
leads_to(const PgiPolicy *policy, const char *life, long until, const char *expected)
{
	PgiResult result = run(policy, life, until);
	int same = result == PGI_OK && strcmp(course, expected) == 0;

	if (!same)
		printf("# result %d, course: %s\n", result, course);
	ok(same, life);
}

#endif
