/*
 * relay.c: the relay's loop.
 *
 * One process waits for its session with the database, for its commands, and for signals, and does
 * what each brings; nothing else in it waits.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "relay/counters.h"
#include "relay/delivery.h"
#include "relay/log.h"
#include "relay/moment.h"
#include "relay/questions.h"
#include "relay/relay.h"
#include "relay/service.h"
#include "relay/session.h"
#include "relay/text.h"

/* How long the loop waits at most: what is due by the second is looked at each time. */
#define LONGEST_WAIT SECONDS
#define TELL_EVERY (15 * SECONDS)
/* Beyond the grace time: commands get their last signal, and what became of them is told. */
#define TIME_TO_END (10 * SECONDS)

typedef struct Relay
{
	Delivery delivery;
	Questions questions;
	Session session;
	const char *config_file;
	bool once;
	bool failed; /* once, and there is no session */
	int signals;
	int64_t grace_until, end_by;
	int64_t poll_at;
	int64_t told_at; /* of counters and state, the last time */
	int64_t connections, connections_lost, reloads;
} Relay;

/* Configuration */

static void
log_config_problem(const char *file, int line, const char *problem)
{
	log_begin(LOG_LEVEL_ERROR, "configuration");
	log_text("file", file);
	if (line > 0)
		log_number("line", line);
	log_text("error", problem);
	log_end();
}

/* What the session depends on stays as it was at the start. */
static void
keep_text(const char *key, char **old, char **new)
{
	char *taken = *new;

	if (strcmp(*old, *new) != 0)
	{
		log_begin(LOG_LEVEL_WARNING, "not reloaded; restart to change it");
		log_text("key", key);
		log_end();
	}
	*new = *old;
	*old = taken;
}

static void
reload(Relay *relay)
{
	Config *config;

	service_tell("RELOADING=1");
	config = config_read(relay->config_file, log_config_problem);
	if (config == NULL)
		log_event(LOG_LEVEL_ERROR, "not reloaded; the configuration from before stays");
	else
	{
		keep_text("conninfo", &relay->delivery.config->conninfo, &config->conninfo);
		keep_text("worker", &relay->delivery.config->worker, &config->worker);
		delivery_take_config(&relay->delivery, config);
		relay->reloads++;
		log_event(LOG_LEVEL_NOTICE, "reloaded");
	}
	service_tell("READY=1");
}

/* The end */

/* Claims no more and gives back what was not begun. Asked again, it does not wait for commands. */
static void
stop(Relay *relay, int64_t now)
{
	if (relay->delivery.stopping)
		relay->grace_until = now;
	else
	{
		relay->delivery.stopping = true;
		relay->grace_until = now + relay->delivery.config->grace;
		delivery_return_waiting(&relay->delivery);
		log_begin(LOG_LEVEL_NOTICE, "stopping");
		log_number("running", relay->delivery.n_running);
		log_end();
		service_tell("STOPPING=1");
	}
	relay->end_by = relay->grace_until + TIME_TO_END;
}

static void
look_at_grace(Relay *relay, int64_t now)
{
	if (relay->delivery.stopping && now >= relay->grace_until)
		delivery_stop_running(&relay->delivery, now);
}

static bool
has_more(const Relay *relay)
{
	const Lane *lane;

	SLIST_FOREACH(lane, &relay->delivery.lanes, link)
	{
		if (lane->has_more)
			return true;
	}
	return false;
}

static bool
is_finished(Relay *relay, int64_t now)
{
	bool is_idle =
		TAILQ_EMPTY(&relay->delivery.in_hand) && relay->questions.asked == ASK_NOTHING;

	if (relay->failed)
		return relay->delivery.n_running == 0;
	if (relay->once && is_idle && !has_more(relay))
		return true;
	if (!relay->delivery.stopping || relay->delivery.n_running > 0)
		return false;
	if (is_idle)
		return true;
	if (now < relay->end_by)
		return false;
	log_event(LOG_LEVEL_ERROR,
			  "ended without telling of all; leases will end by themselves");
	return true;
}

/* Telling */

static void
tell(Relay *relay, int64_t now)
{
	const Delivery *delivery = &relay->delivery;
	Counters counters = {.worker = delivery->config->worker,
						 .connected = relay->session.state >= SESSION_IDLE,
						 .connections = relay->connections,
						 .connections_lost = relay->connections_lost,
						 .claims = relay->questions.claims,
						 .given_back = delivery->given_back,
						 .leases_lost = delivery->leases_lost,
						 .reloads = relay->reloads,
						 .lanes = &delivery->lanes};
	Text state = {0};

	counters_write(delivery->config->metrics, &counters);
	text_format(&state,
				"STATUS=%s; %d commands run, %lld messages were claimed\nWATCHDOG=1",
				counters.connected ? "connected" : "not connected", delivery->n_running,
				(long long) delivery->last_number);
	service_tell(state.data);
	text_free(&state);
	relay->told_at = now;
}

/* The session */

static void
expect_more(Relay *relay, int64_t now)
{
	Lane *lane;

	SLIST_FOREACH(lane, &relay->delivery.lanes, link)
	{
		lane->has_more = lane->channel != NULL;
	}
	relay->session.notified = false;
	relay->poll_at = now + relay->delivery.config->poll;
}

static void
go_on_with_session(Relay *relay, short happened, int64_t now)
{
	switch (session_step(&relay->session, happened, now))
	{
		case SESSION_UP:
			relay->connections++;
			expect_more(relay, now);
			tell(relay, now);
			break;
		case SESSION_ANSWERED:
			questions_hear(&relay->questions, &relay->delivery, &relay->session, now);
			break;
		case SESSION_LOST:
			relay->connections_lost++;
			relay->failed = relay->once;
			questions_forget(&relay->questions, &relay->delivery);
			tell(relay, now);
			break;
		case SESSION_NOTHING:
			break;
	}
	if (relay->session.notified || (!relay->once && now >= relay->poll_at))
		expect_more(relay, now);
}

/* Waiting */

static void
hear_signals(Relay *relay, int64_t now)
{
	struct signalfd_siginfo signal;

	while (read(relay->signals, &signal, sizeof(signal)) == sizeof(signal))
	{
		if (signal.ssi_signo == SIGHUP)
			reload(relay);
		else if (signal.ssi_signo != SIGCHLD)
			stop(relay, now);
	}
}

/* Commands: what they write, what is due for them, and which have ended. */
static void
go_on_with_commands(Relay *relay, int64_t now)
{
	Message *message;

	TAILQ_FOREACH(message, &relay->delivery.running, link)
	{
		child_read(message->child);
		child_act(message->child, now);
	}
	delivery_reap(&relay->delivery, now);
	delivery_drop_late(&relay->delivery, now);
}

static int64_t
earlier(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

static int
time_to_wait(const Relay *relay, int64_t now)
{
	int64_t until = now + LONGEST_WAIT;
	const Message *message;

	if (relay->session.state != SESSION_IDLE)
		until = earlier(until, relay->session.act_at);
	else if (relay->questions.pause_until > now)
		until = earlier(until, relay->questions.pause_until);
	until = earlier(until, relay->poll_at > now ? relay->poll_at : until);
	TAILQ_FOREACH(message, &relay->delivery.running, link)
	{
		until = earlier(until, message->child->act_at);
	}
	return until > now ? (int) (until - now) : 0;
}

/* Waits until something happens; gives what has happened to the session. */
static short
wait_for_something(Relay *relay, int64_t now)
{
	int n = 2;
	struct pollfd *descriptors =
		memory_get((2 + 2 * relay->delivery.n_running) * sizeof(struct pollfd));
	const Message *message;
	short happened;

	descriptors[0] = (struct pollfd){.fd = relay->signals, .events = POLLIN};
	descriptors[1] = session_descriptor(&relay->session);
	TAILQ_FOREACH(message, &relay->delivery.running, link)
	{
		n += child_descriptors(message->child, descriptors + n);
	}
	if (poll(descriptors, n, time_to_wait(relay, now)) < 0)
	{
		if (errno != EINTR)
			log_problem("cannot wait", strerror(errno));
		descriptors[1].revents = 0;
	}
	happened = descriptors[1].revents;
	free(descriptors);
	return happened;
}

/* Signals are read where everything else is waited for. */
static int
open_signals(void)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Delivers until it is told to stop, or once; returns the exit status. The configuration is freed.
 */
int
relay_run(const char *config_file, Config *config, bool once)
{
	Relay relay = {.config_file = config_file, .once = once, .signals = open_signals()};
	int64_t now = moment_now();

	log_begin(LOG_LEVEL_NOTICE, "starting");
	log_text("version", RELAY_VERSION);
	log_text("worker", config->worker);
	log_number("channels", config->n_channels);
	log_end();
	session_init(&relay.session, config->conninfo);
	delivery_init(&relay.delivery, config);
	questions_init(&relay.questions);
	relay.poll_at = now + config->poll;
	service_tell("READY=1");
	tell(&relay, now);
	go_on_with_session(&relay, 0, now);
	while (!is_finished(&relay, now))
	{
		short happened;

		if (!relay.failed)
			delivery_begin(&relay.delivery, now);
		questions_ask(&relay.questions, &relay.delivery, &relay.session, now);
		happened = wait_for_something(&relay, now);
		now = moment_now();
		hear_signals(&relay, now);
		go_on_with_session(&relay, happened, now);
		go_on_with_commands(&relay, now);
		look_at_grace(&relay, now);
		if (now - relay.told_at >= TELL_EVERY)
			tell(&relay, now);
	}
	session_end(&relay.session);
	tell(&relay, now);
	log_event(LOG_LEVEL_NOTICE, "ended");
	delivery_end(&relay.delivery);
	close(relay.signals);
	return relay.failed ? EX_TEMPFAIL : EX_OK;
}
