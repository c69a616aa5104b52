/*
 * child.c: one run of a channel's command.
 *
 * The command has the message on its standard input, as a file in memory, so that nothing waits for
 * a command that does not read. It gets no other descriptor than the three, no signal is blocked,
 * its environment is a choice of the relay's, and it leads a process group, to which signals go
 * when its time is over.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "relay/child.h"
#include "relay/moment.h"

#define KILL_AFTER (5 * SECONDS)
#define REFERENCE_BYTES 200
#define ERROR_BYTES 1000

/* PATH, LANG and what is named PG_INCIDENT_, of which PG_INCIDENT_CHANNEL is the channel. */
static char **
environment(const char *channel)
{
	static const char *const chosen[] = {"PATH=", "LANG=", "PG_INCIDENT_"};
	char **variable, **all;
	size_t i, n = 0;

	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 0);
	setenv("LANG", "C.UTF-8", 0);
	setenv("PG_INCIDENT_CHANNEL", channel, 1);
	for (variable = environ; *variable != NULL; variable++)
		n++;
	all = memory_get((n + 1) * sizeof(char *));
	n = 0;
	for (variable = environ; *variable != NULL; variable++)
	{
		for (i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
		{
			if (strncmp(*variable, chosen[i], strlen(chosen[i])) == 0)
				all[n++] = *variable;
		}
	}
	return all;
}

/* A file in memory with the message; -1 where there can be none. */
static int
message_file(const char *message)
{
	size_t length = strlen(message), written = 0;
	int file = memfd_create("message", MFD_CLOEXEC);

	while (file >= 0 && written < length)
	{
		ssize_t n = write(file, message + written, length - written);

		if (n > 0)
			written += n;
		else if (errno != EINTR)
		{
			close(file);
			return -1;
		}
	}
	if (file >= 0)
		lseek(file, 0, SEEK_SET);
	return file;
}

static void
close_all(const int *descriptors, int n)
{
	int i;

	for (i = 0; i < n; i++)
	{
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	}
}

/* Spawns the command with the three descriptors; an error number, or 0. */
static int
spawn(Child *child, char *const *command, const char *channel, const int *standard)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char **variables = environment(channel);
	int i, error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
											  POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, standard[i], i);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	error =
		posix_spawn(&child->pid, command[0], &actions, &attributes, command, variables);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(variables);
	return error;
}

/*
 * Starts a command with its time limit in milliseconds. NULL and an error, which is the caller's,
 * where that does not succeed.
 */
Child *
child_start(char *const *command, const char *channel, const char *message,
			int64_t time_limit, int64_t now, char **error)
{
	Child *child = memory_get(sizeof(Child));
	int input = message_file(message);
	int output[2] = {-1, -1}, errors[2] = {-1, -1};
	int failed = 0;
	Text text = {0};

	if (input < 0 || pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
		failed = errno;
	else
		failed =
			spawn(child, command, channel, (const int[]){input, output[1], errors[1]});
	close_all((const int[]){input, output[1], errors[1]}, 3);
	if (failed != 0)
	{
		close_all((const int[]){output[0], errors[0]}, 2);
		free(child);
		text_format(&text, "cannot start %s: %s", command[0], strerror(failed));
		*error = text.data;
		return NULL;
	}
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	child->output = output[0];
	child->errors = errors[0];
	child->started = now;
	child->time_limit = time_limit;
	child->act_at = now + time_limit;
	return child;
}

/* Puts what to wait for into an array that has room for two; returns how many. */
int
child_descriptors(const Child *child, struct pollfd *descriptors)
{
	int n = 0;

	if (child->output >= 0)
		descriptors[n++] = (struct pollfd){.fd = child->output, .events = POLLIN};
	if (child->errors >= 0)
		descriptors[n++] = (struct pollfd){.fd = child->errors, .events = POLLIN};
	return n;
}

/* Of the output its first line is kept. */
static void
hear_output(Child *child, const char *data, size_t length)
{
	const char *end = memchr(data, '\n', length);
	size_t room = REFERENCE_BYTES - child->first_line.length;

	if (child->line_ended)
		return;
	child->line_ended = end != NULL;
	if (end != NULL)
		length = end - data;
	text_add(&child->first_line, data, length < room ? length : room);
}

/* Of the errors their end is kept. */
static void
hear_errors(Child *child, const char *data, size_t length)
{
	text_add(&child->tail, data, length);
	text_keep_end(&child->tail, ERROR_BYTES);
}

/* Reads what is there; the descriptor is closed at its end. */
static void
read_from(Child *child, int *descriptor, void (*hear)(Child *, const char *, size_t))
{
	char data[4096];
	ssize_t length;

	if (*descriptor < 0)
		return;
	while ((length = read(*descriptor, data, sizeof(data))) > 0)
		hear(child, data, length);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close(*descriptor);
	*descriptor = -1;
}

void
child_read(Child *child)
{
	read_from(child, &child->output, hear_output);
	read_from(child, &child->errors, hear_errors);
}

/* Asks a command to end, as its time limit would. */
void
child_stop(Child *child, int64_t now)
{
	if (child->stage != CHILD_RUNS)
		return;
	child->stopped = true;
	child->act_at = now;
	child_act(child, now);
}

/* Sends the signal that is due to the command's group. */
void
child_act(Child *child, int64_t now)
{
	if (now < child->act_at)
		return;
	kill(-child->pid, child->stage == CHILD_RUNS ? SIGTERM : SIGKILL);
	child->stage = child->stage == CHILD_RUNS ? CHILD_TERMINATED : CHILD_KILLED;
	child->act_at = child->stage == CHILD_TERMINATED ? now + KILL_AFTER : INT64_MAX;
}

/*
 * What an exit status means: permanent is what the message or its address is to blame for; all else
 * is the setup's or the world's, and is tried again.
 */
static OutcomeKind
kind_of_exit(int code)
{
	switch (code)
	{
		case EX_OK:
			return OUTCOME_SENT;
		case EX_DATAERR:
		case EX_NOUSER:
		case EX_NOHOST:
			return OUTCOME_PERMANENT;
		default:
			return OUTCOME_RETRY;
	}
}

static bool
is_setup(int code)
{
	return code == EX_USAGE || code == EX_NOPERM || code == EX_CONFIG || code == 126 ||
		   code == 127;
}

static void
describe_failure(const Child *child, int status, Text *text)
{
	if (child->stage != CHILD_RUNS && child->stopped)
		text_format(text, "the relay was stopped");
	else if (child->stage != CHILD_RUNS)
		text_format(text, "the time limit of %lld ms passed",
					(long long) child->time_limit);
	else if (WIFSIGNALED(status))
		text_format(text, "ended by signal %d", WTERMSIG(status));
	else
		text_format(text, "exit status %d", WEXITSTATUS(status));
	if (child->tail.length > 0)
		text_format(text, ": %s", child->tail.data);
}

/* Takes leave of a command that has ended; what is left of its group goes with it where its time
 * was over. */
Outcome
child_end(Child *child)
{
	Outcome outcome = {OUTCOME_RETRY};
	Text text = {0};
	int status = 0;

	child_read(child);
	if (child->stage != CHILD_RUNS)
		kill(-child->pid, SIGKILL);
	waitpid(child->pid, &status, 0);
	text_make_plain(&child->tail);
	text_make_plain(&child->first_line);
	/* One that was sent in spite of a signal is sent. */
	if (WIFEXITED(status) && (child->stage == CHILD_RUNS || WEXITSTATUS(status) == EX_OK))
	{
		outcome.kind = kind_of_exit(WEXITSTATUS(status));
		outcome.setup = is_setup(WEXITSTATUS(status));
	}
	outcome.late = child->stage != CHILD_RUNS && !child->stopped;
	if (outcome.kind == OUTCOME_SENT)
		text_add(&text, text_chars(&child->first_line), child->first_line.length);
	else
		describe_failure(child, status, &text);
	outcome.text = text.data;
	close_all((const int[]){child->output, child->errors}, 2);
	text_free(&child->first_line);
	text_free(&child->tail);
	free(child);
	return outcome;
}
