/*
 * questions.h: what the database is asked.
 */
#ifndef RELAY_QUESTIONS_H
#define RELAY_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/delivery.h"
#include "relay/session.h"

typedef enum Question
{
	ASK_NOTHING,
	ASK_RENEW,
	ASK_CLAIM,
	ASK_GIVE_BACK,
	ASK_SENT,
	ASK_FAILED
} Question;

typedef struct Questions
{
	Question asked;
	MessageList messages; /* which the question is about, but those that it renews */
	int64_t asked_at;
	int64_t lease; /* for which was claimed or renewed */
	int n;		   /* how many messages it is about */
	int alone;	   /* so many more are about one message, as one of several is refused */
	int64_t pause_until; /* as something was refused for the time being */
	int64_t claims;		 /* since the relay began */
} Questions;

extern void questions_init(Questions *questions);
extern void questions_ask(Questions *questions, Delivery *delivery, Session *session,
						  int64_t now);
extern void questions_hear(Questions *questions, Delivery *delivery, Session *session,
						   int64_t now);
extern void questions_forget(Questions *questions, Delivery *delivery);

#endif
