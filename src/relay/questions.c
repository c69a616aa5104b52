/*
 * questions.c: what the database is asked.
 *
 * One question at a time, about as many messages as there are; the answers say how many were still
 * ours. What is refused for a moment
 * (deadlock, shutdown, no memory) is asked again; when another refusal is about several messages,
 * they are asked about one by one, and the one that is refused is let go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"
#include "relay/moment.h"
#include "relay/questions.h"
#include "relay/text.h"

#define MOST_AT_ONCE 1000
#define PAUSE SECONDS
#define LONG_PAUSE (5 * SECONDS)

#define CLAIM                                                             \
	"SELECT c.notice, c.incident, c.attempt, c.channel, to_json(c) FROM " \
	"incident.claim_notices("                                             \
	"$1, $2::text[], $3::integer, make_interval(secs => $4::float8)) AS c"
#define RENEW \
	"SELECT incident.renew_lease($1, $2::bigint[], make_interval(secs => $3::float8))"
#define GIVE_BACK "SELECT incident.give_back($1, $2::bigint[])"
#define SENT "SELECT incident.notice_sent($1, $2::bigint[], $3::text[])"
#define FAILED                                                                   \
	"SELECT count(incident.notice_failed($1, f.notice, f.error, f.permanent)) "  \
	"FROM unnest($2::bigint[], $3::text[], $4::boolean[]) AS f (notice, error, " \
	"permanent)"

void
questions_init(Questions *questions)
{
	*questions = (Questions){0};
	TAILQ_INIT(&questions->messages);
}

static void
add_number(Text *array, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", (long long) number);
	array_add(array, digits);
}

static void
set_seconds(char seconds[24], int64_t milliseconds)
{
	snprintf(seconds, 24, "%lld.%03d", (long long) milliseconds / 1000,
			 (int) (milliseconds % 1000));
}

static void
ask(Questions *questions, Question question, Session *session, const char *query, int n,
	const char *const *values, int64_t now)
{
	questions->asked = question;
	questions->asked_at = now;
	session_ask(session, query, n, values, now);
}

static int
most_at_once(const Questions *questions)
{
	return questions->alone > 0 ? 1 : MOST_AT_ONCE;
}

static bool
leases_due(const Delivery *delivery, int64_t now)
{
	const Message *message;

	TAILQ_FOREACH(message, &delivery->in_hand, in_hand)
	{
		if (message->state != MESSAGE_RETURNED &&
			message->lease_until - now < delivery->config->lease / 2)
			return true;
	}
	return false;
}

/* Renews the leases that are due, and those that soon will be. */
static void
ask_renew(Questions *questions, Delivery *delivery, Session *session, int64_t now)
{
	const Config *config = delivery->config;
	Message *message;
	Text notices = {0};
	char seconds[24];
	int n = 0;

	TAILQ_FOREACH(message, &delivery->in_hand, in_hand)
	{
		message->is_asked = n < most_at_once(questions) &&
							message->state != MESSAGE_RETURNED &&
							message->lease_until - now < config->lease * 2 / 3;
		if (message->is_asked)
			add_number(&notices, message->notice);
		n += message->is_asked;
	}
	questions->n = n;
	questions->lease = config->lease;
	set_seconds(seconds, config->lease);
	ask(questions, ASK_RENEW, session, RENEW, 3,
		(const char *[]){config->worker, array_chars(&notices), seconds}, now);
	text_free(&notices);
}

/* Claims for the channels that have room; false when none has. */
static bool
ask_claim(Questions *questions, Delivery *delivery, Session *session, int64_t now)
{
	const Config *config = delivery->config;
	Lane *lane;
	Text channels = {0};
	char number[24], seconds[24];
	int64_t n = 0;

	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		int room = lane_room(lane, config->batch);

		lane->is_asked = room > 0;
		if (room == 0)
			continue;
		/* Until an answer is empty there may be more; of what comes meanwhile a notification tells. */
		lane->has_more = false;
		array_add(&channels, lane->name);
		n += room;
	}
	if (n == 0)
		return false;
	questions->n = n < config->batch ? n : config->batch;
	questions->lease = config->lease;
	snprintf(number, sizeof(number), "%d", questions->n);
	set_seconds(seconds, config->lease);
	questions->claims++;
	ask(questions, ASK_CLAIM, session, CLAIM, 4,
		(const char *[]){config->worker, array_chars(&channels), number, seconds}, now);
	text_free(&channels);
	return true;
}

/* What became of messages, as the arrays of a question. */
typedef struct Told
{
	Text notices, texts, permanent;
} Told;

/* The reference or the error; null where there is none. */
static const char *
text_or_null(const Message *message)
{
	const char *text = message->outcome.text;

	return text == NULL || text[0] == '\0' ? NULL : text;
}

/* Moves messages from a list to the question: of those done, what was sent or else what failed. */
static Told
take_messages(Questions *questions, MessageList *list, Question question)
{
	Message *message, *next;
	Told told = {0};

	questions->n = 0;
	for (message = TAILQ_FIRST(list); message != NULL; message = next)
	{
		OutcomeKind kind = message->outcome.kind;

		next = TAILQ_NEXT(message, link);
		if (questions->n == most_at_once(questions))
			break;
		if (question != ASK_GIVE_BACK && (question == ASK_SENT) != (kind == OUTCOME_SENT))
			continue;
		TAILQ_REMOVE(list, message, link);
		TAILQ_INSERT_TAIL(&questions->messages, message, link);
		add_number(&told.notices, message->notice);
		array_add(&told.texts, text_or_null(message));
		array_add(&told.permanent, kind == OUTCOME_PERMANENT ? "true" : "false");
		questions->n++;
	}
	return told;
}

static void
ask_about(Questions *questions, MessageList *list, Question question, const char *query,
		  int n, const char *worker, Session *session, int64_t now)
{
	Told told = take_messages(questions, list, question);

	ask(questions, question, session, query, n,
		(const char *[]){worker, array_chars(&told.notices), array_chars(&told.texts),
						 array_chars(&told.permanent)},
		now);
	text_free(&told.notices);
	text_free(&told.texts);
	text_free(&told.permanent);
}

/* Asks what is most pressing, if the session can be asked. */
void
questions_ask(Questions *questions, Delivery *delivery, Session *session, int64_t now)
{
	const char *worker = delivery->config->worker;
	const Message *done = TAILQ_FIRST(&delivery->done);

	if (session->state != SESSION_IDLE || now < questions->pause_until)
		return;
	if (leases_due(delivery, now))
		ask_renew(questions, delivery, session, now);
	else if (!delivery->stopping && ask_claim(questions, delivery, session, now))
		return;
	else if (!TAILQ_EMPTY(&delivery->returned))
		ask_about(questions, &delivery->returned, ASK_GIVE_BACK, GIVE_BACK, 2, worker,
				  session, now);
	else if (done != NULL && done->outcome.kind == OUTCOME_SENT)
		ask_about(questions, &delivery->done, ASK_SENT, SENT, 3, worker, session, now);
	else if (done != NULL)
		ask_about(questions, &delivery->done, ASK_FAILED, FAILED, 4, worker, session,
				  now);
}

/* Answers */

static int64_t
number_of(const PGresult *answer, int row, int column)
{
	return strtoll(PQgetvalue(answer, row, column), NULL, 10);
}

static void
hear_claim(Questions *questions, Delivery *delivery, const PGresult *answer)
{
	int row, n = PQntuples(answer);
	Lane *lane;

	for (row = 0; row < n; row++)
	{
		Message *message = memory_get(sizeof(Message));

		message->notice = number_of(answer, row, 0);
		message->incident = number_of(answer, row, 1);
		message->attempt = number_of(answer, row, 2);
		message->json = text_copy(PQgetvalue(answer, row, 4));
		message->lease_until = questions->asked_at + questions->lease;
		delivery_accept(delivery, message, PQgetvalue(answer, row, 3));
	}
	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		lane->has_more |= lane->is_asked && n > 0;
	}
	log_begin(LOG_LEVEL_DEBUG, "claimed");
	log_number("messages", n);
	log_end();
}

/* Where fewer were renewed than asked for, each is asked about alone. */
static void
hear_renewed(Questions *questions, Delivery *delivery, const PGresult *answer)
{
	int64_t renewed = number_of(answer, 0, 0);
	Message *message, *next;

	if (renewed < questions->n && questions->n > 1)
	{
		questions->alone = questions->n;
		return;
	}
	for (message = TAILQ_FIRST(&delivery->in_hand); message != NULL; message = next)
	{
		next = TAILQ_NEXT(message, in_hand);
		if (message->is_asked && renewed > 0)
			message->lease_until = questions->asked_at + questions->lease;
		else if (message->is_asked)
			delivery_lose_lease(delivery, message);
	}
}

/* The messages of the question are done with. */
static void
forget_messages(Questions *questions, Delivery *delivery)
{
	Message *message;

	while ((message = TAILQ_FIRST(&questions->messages)) != NULL)
	{
		TAILQ_REMOVE(&questions->messages, message, link);
		delivery_forget(delivery, message);
	}
}

/* Tells of messages that were no longer ours: of those sent, another may send the same. */
static void
count_lost(const Questions *questions, Delivery *delivery, const PGresult *answer)
{
	int64_t lost = questions->n - number_of(answer, 0, 0);

	if (lost <= 0)
		return;
	delivery->leases_lost += lost;
	log_begin(LOG_LEVEL_WARNING, questions->asked == ASK_SENT
									 ? "sent after the lease was lost"
									 : "done after the lease was lost");
	log_number("messages", lost);
	log_end();
}

/* Leaves all as it was before the question. */
void
questions_forget(Questions *questions, Delivery *delivery)
{
	Message *message;
	Lane *lane;

	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		lane->has_more |= questions->asked == ASK_CLAIM && lane->is_asked;
	}
	while ((message = TAILQ_LAST(&questions->messages, MessageList)) != NULL)
	{
		MessageList *list =
			message->state == MESSAGE_RETURNED ? &delivery->returned : &delivery->done;

		TAILQ_REMOVE(&questions->messages, message, link);
		TAILQ_INSERT_HEAD(list, message, link);
	}
	questions->asked = ASK_NOTHING;
}

/* Whether the same question may succeed in a moment. */
static bool
is_passing(const char *sqlstate)
{
	static const char *const classes[] = {"25", "40", "53", "55", "57"};
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
	{
		if (sqlstate != NULL && strncmp(sqlstate, classes[i], 2) == 0)
			return true;
	}
	return false;
}

static void
log_refusal(const Questions *questions, const PGresult *answer)
{
	static const char *const events[] = {[ASK_RENEW] = "cannot renew leases",
										 [ASK_CLAIM] = "cannot claim",
										 [ASK_GIVE_BACK] = "cannot give back",
										 [ASK_SENT] = "cannot tell what was sent",
										 [ASK_FAILED] = "cannot tell what failed"};

	log_begin(LOG_LEVEL_ERROR, events[questions->asked]);
	log_number("messages", questions->n);
	log_text("sqlstate", PQresultErrorField(answer, PG_DIAG_SQLSTATE));
	log_text("error", PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY));
	log_text("hint", PQresultErrorField(answer, PG_DIAG_MESSAGE_HINT));
	log_end();
}

/* The one message that is refused is no longer ours. */
static void
give_up_message(Questions *questions, Delivery *delivery)
{
	Message *message, *next;

	forget_messages(questions, delivery);
	for (message = TAILQ_FIRST(&delivery->in_hand); message != NULL; message = next)
	{
		next = TAILQ_NEXT(message, in_hand);
		if (questions->asked == ASK_RENEW && message->is_asked)
			delivery_lose_lease(delivery, message);
	}
}

static void
hear_refusal(Questions *questions, Delivery *delivery, const PGresult *answer,
			 int64_t now)
{
	log_refusal(questions, answer);
	if (is_passing(PQresultErrorField(answer, PG_DIAG_SQLSTATE)))
		questions->pause_until = now + moment_jitter(PAUSE);
	else if (questions->asked == ASK_CLAIM)
		questions->pause_until = now + moment_jitter(LONG_PAUSE);
	else if (questions->n > 1)
		questions->alone = questions->n;
	else
		give_up_message(questions, delivery);
	questions_forget(questions, delivery);
}

/* Takes the answer of a session that has one. */
void
questions_hear(Questions *questions, Delivery *delivery, Session *session, int64_t now)
{
	PGresult *answer = session_take_answer(session);

	if (questions->alone > 0 && questions->asked != ASK_CLAIM)
		questions->alone--;
	if (PQresultStatus(answer) != PGRES_TUPLES_OK)
		hear_refusal(questions, delivery, answer, now);
	else if (questions->asked == ASK_CLAIM)
		hear_claim(questions, delivery, answer);
	else if (questions->asked == ASK_RENEW)
		hear_renewed(questions, delivery, answer);
	else
	{
		count_lost(questions, delivery, answer);
		forget_messages(questions, delivery);
	}
	questions->asked = ASK_NOTHING;
	PQclear(answer);
}
