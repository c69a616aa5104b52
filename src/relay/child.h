/*
 * child.h: one run of a channel's command.
 */
#ifndef RELAY_CHILD_H
#define RELAY_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "relay/text.h"

typedef enum ChildStage
{
	CHILD_RUNS,
	CHILD_TERMINATED,
	CHILD_KILLED
} ChildStage;

typedef struct Child
{
	pid_t pid;
	int output, errors; /* what it writes; -1 when closed */
	Text first_line;	/* of its output */
	bool line_ended;
	Text tail; /* of its errors */
	int64_t started;
	int64_t time_limit;
	int64_t act_at; /* when the next signal is due */
	ChildStage stage;
	bool stopped; /* by the relay's end, and not by the time limit */
} Child;

typedef enum OutcomeKind
{
	OUTCOME_SENT,
	OUTCOME_RETRY,
	OUTCOME_PERMANENT
} OutcomeKind;

typedef struct Outcome
{
	OutcomeKind kind;
	char *text; /* the reference, or the error; the caller's */
	bool setup; /* it is the channel's setup that is wrong */
	bool late;	/* the time limit passed */
} Outcome;

extern Child *child_start(char *const *command, const char *channel, const char *message,
						  int64_t time_limit, int64_t now, char **error);
extern int child_descriptors(const Child *child, struct pollfd *descriptors);
extern void child_read(Child *child);
extern void child_stop(Child *child, int64_t now);
extern void child_act(Child *child, int64_t now);
extern Outcome child_end(Child *child);

#endif
