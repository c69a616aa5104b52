/*
 * delivery.c: messages from their claim until what became of them is told.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "relay/delivery.h"
#include "relay/log.h"

void
delivery_init(Delivery *delivery, Config *config)
{
	*delivery = (Delivery){0};
	SLIST_INIT(&delivery->lanes);
	TAILQ_INIT(&delivery->in_hand);
	TAILQ_INIT(&delivery->running);
	TAILQ_INIT(&delivery->done);
	TAILQ_INIT(&delivery->returned);
	delivery_take_config(delivery, config);
}

/* Goes on under another configuration; what waits is returned, to be claimed under it. */
void
delivery_take_config(Delivery *delivery, Config *config)
{
	Lane *lane;
	size_t i;

	delivery_return_waiting(delivery);
	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		lane->channel = NULL;
	}
	for (i = 0; i < config->n_channels; i++)
	{
		lane = lane_find(&delivery->lanes, config->channels[i].name);
		lane->channel = &config->channels[i];
		lane->has_more = true;
	}
	config_free(delivery->config);
	delivery->config = config;
	log_show(config->log);
}

static void
return_message(Delivery *delivery, Message *message)
{
	message->state = MESSAGE_RETURNED;
	TAILQ_INSERT_TAIL(&delivery->returned, message, link);
	delivery->given_back++;
}

/* Takes a message that was claimed for a channel. */
void
delivery_accept(Delivery *delivery, Message *message, const char *channel)
{
	Lane *lane = lane_find(&delivery->lanes, channel);

	message->lane = lane;
	message->number = ++delivery->last_number;
	lane->counts.claimed++;
	TAILQ_INSERT_TAIL(&delivery->in_hand, message, in_hand);
	if (delivery->stopping || lane->channel == NULL)
	{
		return_message(delivery, message);
		return;
	}
	TAILQ_INSERT_TAIL(&lane->waiting, message, link);
	lane->n_waiting++;
}

static void
take_from_waiting(Message *message)
{
	TAILQ_REMOVE(&message->lane->waiting, message, link);
	message->lane->n_waiting--;
}

/* The first claimed of those that may begin. */
static Message *
next_to_begin(const Delivery *delivery, int64_t now)
{
	Message *next = NULL, *first;
	const Lane *lane;

	if (delivery->stopping || delivery->n_running >= delivery->config->workers)
		return NULL;
	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		first = TAILQ_FIRST(&lane->waiting);
		if (first == NULL || lane->n_running >= lane->channel->concurrency)
			continue;
		/* Renewal is behind, as the session is down: the command might outlive the lease. */
		if (first->lease_until - now < delivery->config->lease / 3)
			continue;
		if (next == NULL || first->number < next->number)
			next = first;
	}
	return next;
}

static void
log_outcome(const Message *message, int64_t duration)
{
	static const char *const events[] = {[OUTCOME_SENT] = "sent",
										 [OUTCOME_RETRY] = "failed, to be tried again",
										 [OUTCOME_PERMANENT] = "failed for good"};
	const Outcome *outcome = &message->outcome;

	log_begin(outcome->kind == OUTCOME_SENT ? LOG_LEVEL_INFO
			  : outcome->setup				? LOG_LEVEL_ERROR
											: LOG_LEVEL_WARNING,
			  events[outcome->kind]);
	log_number("notice", message->notice);
	log_number("incident", message->incident);
	log_text("channel", message->lane->name);
	log_number("attempt", message->attempt);
	log_number("ms", duration);
	log_text(outcome->kind == OUTCOME_SENT ? "reference" : "error", outcome->text);
	log_end();
}

static void
finish(Delivery *delivery, Message *message, Outcome outcome, int64_t duration,
	   int64_t now)
{
	message->state = MESSAGE_DONE;
	message->outcome = outcome;
	message->lane->counts.milliseconds += duration;
	lane_count_end(message->lane, message, now);
	TAILQ_INSERT_TAIL(&delivery->done, message, link);
	log_outcome(message, duration);
}

/* Starts the commands for which there is room. */
void
delivery_begin(Delivery *delivery, int64_t now)
{
	Message *message;

	while ((message = next_to_begin(delivery, now)) != NULL)
	{
		const ConfigChannel *channel = message->lane->channel;
		Outcome outcome = {OUTCOME_RETRY, .setup = true};

		take_from_waiting(message);
		message->child = child_start(channel->command, channel->name, message->json,
									 channel->time_limit, now, &outcome.text);
		if (message->child == NULL)
		{
			finish(delivery, message, outcome, 0, now);
			continue;
		}
		message->state = MESSAGE_RUNS;
		TAILQ_INSERT_TAIL(&delivery->running, message, link);
		message->lane->n_running++;
		delivery->n_running++;
	}
}

static Message *
running_by_pid(const Delivery *delivery, pid_t pid)
{
	Message *message;

	TAILQ_FOREACH(message, &delivery->running, link)
	{
		if (message->child->pid == pid)
			break;
	}
	return message;
}

/* Finishes the messages whose commands have ended. */
void
delivery_reap(Delivery *delivery, int64_t now)
{
	siginfo_t ended;

	while (ended.si_pid = 0, waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
								 ended.si_pid != 0)
	{
		Message *message = running_by_pid(delivery, ended.si_pid);
		int64_t duration;

		if (message == NULL)
		{
			waitpid(ended.si_pid, NULL, 0);
			continue;
		}
		TAILQ_REMOVE(&delivery->running, message, link);
		delivery->n_running--;
		message->lane->n_running--;
		duration = now - message->child->started;
		finish(delivery, message, child_end(message->child), duration, now);
		message->child = NULL;
	}
}

void
delivery_return_waiting(Delivery *delivery)
{
	Message *message;
	Lane *lane;

	SLIST_FOREACH(lane, &delivery->lanes, link)
	{
		while ((message = TAILQ_FIRST(&lane->waiting)) != NULL)
		{
			take_from_waiting(message);
			return_message(delivery, message);
		}
	}
}

/* A message whose lease is over belongs to whoever claims it next; one that was begun goes on. */
void
delivery_lose_lease(Delivery *delivery, Message *message)
{
	message->lease_until = INT64_MAX;
	delivery->leases_lost++;
	log_begin(LOG_LEVEL_WARNING, "lease lost");
	log_number("notice", message->notice);
	log_text("channel", message->lane->name);
	log_text("begun", message->state == MESSAGE_WAITS ? "no" : "yes");
	log_end();
	if (message->state == MESSAGE_WAITS)
	{
		take_from_waiting(message);
		delivery_forget(delivery, message);
	}
}

/* Lets go of what was not begun before its lease was over. */
void
delivery_drop_late(Delivery *delivery, int64_t now)
{
	Message *message, *next;

	for (message = TAILQ_FIRST(&delivery->in_hand); message != NULL; message = next)
	{
		next = TAILQ_NEXT(message, in_hand);
		if (message->state == MESSAGE_WAITS && message->lease_until <= now)
			delivery_lose_lease(delivery, message);
	}
}

/* Asks all commands to end. */
void
delivery_stop_running(Delivery *delivery, int64_t now)
{
	Message *message;

	TAILQ_FOREACH(message, &delivery->running, link)
	{
		child_stop(message->child, now);
	}
}

/* Lets go of a message that is in no list but that of all. */
void
delivery_forget(Delivery *delivery, Message *message)
{
	TAILQ_REMOVE(&delivery->in_hand, message, in_hand);
	free(message->json);
	free(message->outcome.text);
	free(message);
}

/* Frees everything; the relay ends only when no command runs. */
void
delivery_end(Delivery *delivery)
{
	Message *message;

	while ((message = TAILQ_FIRST(&delivery->in_hand)) != NULL)
		delivery_forget(delivery, message);
	lanes_free(&delivery->lanes);
	config_free(delivery->config);
}
