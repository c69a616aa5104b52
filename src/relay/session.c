/*
 * session.c: the session with the database.
 *
 * Nothing here waits: session_step goes on as far as it can when the descriptor is ready or a time
 * has come. A session that cannot be made, or is lost, is tried again after a pause that doubles up
 * to half a minute. One question goes on at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"
#include "relay/moment.h"
#include "relay/session.h"
#include "relay/text.h"

#define FIRST_BACK_OFF 250
#define LAST_BACK_OFF (30 * SECONDS)
#define CONNECT_LIMIT (20 * SECONDS)
#define ANSWER_LIMIT (60 * SECONDS)

static const char greeting[] =
	"SET search_path = pg_catalog, pg_temp;"
	"SET default_transaction_isolation = 'read committed';"
	"SET lock_timeout = '30s';"
	"LISTEN pg_incident;"
	"SELECT extversion FROM pg_extension WHERE extname = 'pg_incident'";

void
session_init(Session *session, const char *conninfo)
{
	*session = (Session){.conninfo = text_copy(conninfo), .back_off = FIRST_BACK_OFF};
}

static void
disconnect(Session *session)
{
	PQclear(session->answer);
	session->answer = NULL;
	PQfinish(session->connection);
	session->connection = NULL;
	session->state = SESSION_DOWN;
}

static SessionEvent
lose(Session *session, const char *event, const char *error, int64_t now)
{
	Text text = {0};
	int64_t pause = moment_jitter(session->back_off);

	text_add(&text, error, strlen(error));
	text_make_plain(&text);
	log_begin(LOG_LEVEL_ERROR, event);
	log_text("error", text.data);
	log_number("again_in_ms", pause);
	log_end();
	text_free(&text);
	disconnect(session);
	session->act_at = now + pause;
	session->back_off =
		session->back_off >= LAST_BACK_OFF / 2 ? LAST_BACK_OFF : 2 * session->back_off;
	return SESSION_LOST;
}

static SessionEvent
lose_connection(Session *session, int64_t now)
{
	return lose(session, "connection lost", PQerrorMessage(session->connection), now);
}

static SessionEvent
connect_now(Session *session, int64_t now)
{
	static const char *const names[] = {"dbname", "fallback_application_name",
										"client_encoding", NULL};
	const char *const values[] = {session->conninfo, "pg_incident_relay", "UTF8", NULL};

	session->connection = PQconnectStartParams(names, values, 1);
	if (PQstatus(session->connection) == CONNECTION_BAD)
		return lose(session, "cannot connect", PQerrorMessage(session->connection), now);
	session->state = SESSION_CONNECTING;
	session->polling = PGRES_POLLING_WRITING;
	session->act_at = now + CONNECT_LIMIT;
	return SESSION_NOTHING;
}

static SessionEvent
greet(Session *session, int64_t now)
{
	if (PQsetnonblocking(session->connection, 1) != 0 ||
		!PQsendQuery(session->connection, greeting))
		return lose_connection(session, now);
	session->state = SESSION_GREETING;
	session->act_at = now + ANSWER_LIMIT;
	return SESSION_NOTHING;
}

static SessionEvent
go_on_connecting(Session *session, int64_t now)
{
	session->polling = PQconnectPoll(session->connection);
	if (session->polling == PGRES_POLLING_FAILED)
		return lose(session, "cannot connect", PQerrorMessage(session->connection), now);
	if (session->polling == PGRES_POLLING_OK)
		return greet(session, now);
	return SESSION_NOTHING;
}

/* Whether the extension is of the relay's version, but for the last number. */
static bool
is_our_version(const char *version)
{
	size_t length = strlen(RELAY_SERIES);

	return strncmp(version, RELAY_SERIES, length) == 0 &&
		   (version[length] == '\0' || version[length] == '.');
}

static SessionEvent
hear_greeting(Session *session, int64_t now)
{
	const char *version;
	Text text = {0};
	SessionEvent event;

	if (PQresultStatus(session->answer) != PGRES_TUPLES_OK)
		return lose(session, "cannot begin", PQresultErrorMessage(session->answer), now);
	if (PQntuples(session->answer) == 0)
		return lose(
			session, "cannot begin",
			"the database has no extension pg_incident; CREATE EXTENSION pg_incident",
			now);
	version = PQgetvalue(session->answer, 0, 0);
	if (!is_our_version(version))
	{
		text_format(
			&text,
			"the database has pg_incident %s, this relay is for " RELAY_SERIES
			"; run the relay of that version, or ALTER EXTENSION pg_incident UPDATE",
			version);
		event = lose(session, "wrong version", text.data, now);
		text_free(&text);
		return event;
	}
	log_begin(LOG_LEVEL_NOTICE, "connected");
	log_text("database", PQdb(session->connection));
	log_text("user", PQuser(session->connection));
	log_text("extension", version);
	log_end();
	PQclear(session->answer);
	session->answer = NULL;
	session->state = SESSION_IDLE;
	return SESSION_UP;
}

/* Keeps the last of the results that are there; true when all of them have come. */
static bool
all_results(Session *session)
{
	PGresult *result;

	while (!PQisBusy(session->connection))
	{
		result = PQgetResult(session->connection);
		if (result == NULL)
			return true;
		/* What fails ends the question, so nothing comes after an error. */
		PQclear(session->answer);
		session->answer = result;
	}
	return false;
}

static void
hear_notifications(Session *session)
{
	PGnotify *notify;

	while ((notify = PQnotifies(session->connection)) != NULL)
	{
		session->notified = true;
		PQfreemem(notify);
	}
}

static SessionEvent
go_on_reading(Session *session, int64_t now)
{
	if (!PQconsumeInput(session->connection) || PQflush(session->connection) < 0)
		return lose_connection(session, now);
	hear_notifications(session);
	if (session->state == SESSION_IDLE)
		return PQstatus(session->connection) == CONNECTION_OK
				   ? SESSION_NOTHING
				   : lose_connection(session, now);
	if (!all_results(session))
		return SESSION_NOTHING;
	/* Those that came with the answer, too. */
	hear_notifications(session);
	if (PQstatus(session->connection) != CONNECTION_OK || session->answer == NULL)
		return lose_connection(session, now);
	if (session->state == SESSION_GREETING)
		return hear_greeting(session, now);
	session->state = SESSION_IDLE;
	session->back_off = FIRST_BACK_OFF;
	return SESSION_ANSWERED;
}

/* What to wait for; act_at is by when session_step is to be called at the latest, if not idle. */
struct pollfd
session_descriptor(const Session *session)
{
	struct pollfd descriptor = {.fd = -1, .events = POLLIN};

	if (session->state == SESSION_DOWN)
		return descriptor;
	descriptor.fd = PQsocket(session->connection);
	if (session->state == SESSION_CONNECTING)
		descriptor.events = session->polling == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
	else if (PQflush(session->connection) > 0)
		descriptor.events |= POLLOUT;
	return descriptor;
}

SessionEvent
session_step(Session *session, short happened, int64_t now)
{
	bool is_over = now >= session->act_at;

	switch (session->state)
	{
		case SESSION_DOWN:
			return is_over ? connect_now(session, now) : SESSION_NOTHING;
		case SESSION_CONNECTING:
			if (happened != 0)
				return go_on_connecting(session, now);
			return is_over ? lose(session, "cannot connect", "no answer", now)
						   : SESSION_NOTHING;
		case SESSION_GREETING:
		case SESSION_ASKING:
			if (happened == 0 && is_over)
				return lose(session, "connection lost", "no answer", now);
			return happened == 0 ? SESSION_NOTHING : go_on_reading(session, now);
		case SESSION_IDLE:
			return happened == 0 ? SESSION_NOTHING : go_on_reading(session, now);
	}
	return SESSION_NOTHING;
}

/* Asks a session that is idle. */
void
session_ask(Session *session, const char *query, int n, const char *const *values,
			int64_t now)
{
	bool is_sent =
		PQsendQueryParams(session->connection, query, n, NULL, values, NULL, NULL, 0) &&
		PQflush(session->connection) >= 0;

	session->state = SESSION_ASKING;
	session->act_at = is_sent ? now + ANSWER_LIMIT : now;
}

/* The caller clears it. */
PGresult *
session_take_answer(Session *session)
{
	PGresult *answer = session->answer;

	session->answer = NULL;
	return answer;
}

void
session_end(Session *session)
{
	disconnect(session);
	free(session->conninfo);
}
