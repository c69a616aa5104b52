/*
 * session.h: the session with the database.
 */
#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum SessionState
{
	SESSION_DOWN,
	SESSION_CONNECTING,
	SESSION_GREETING,
	SESSION_IDLE,
	SESSION_ASKING
} SessionState;

typedef struct Session
{
	char *conninfo;
	SessionState state;
	PGconn *connection;
	PostgresPollingStatusType polling;
	int64_t act_at;	  /* when to connect again, or to give up what goes on */
	int64_t back_off; /* how long not to connect after the next failure */
	bool notified;
	PGresult *answer;
} Session;

typedef enum SessionEvent
{
	SESSION_NOTHING,
	SESSION_UP,		  /* it can be asked */
	SESSION_ANSWERED, /* answer is there, to be taken by session_take_answer */
	SESSION_LOST
} SessionEvent;

extern void session_init(Session *session, const char *conninfo);
extern struct pollfd session_descriptor(const Session *session);
extern SessionEvent session_step(Session *session, short happened, int64_t now);
extern void session_ask(Session *session, const char *query, int n,
						const char *const *values, int64_t now);
extern PGresult *session_take_answer(Session *session);
extern void session_end(Session *session);

#endif
