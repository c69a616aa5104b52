/*
 * log.c: lines of key=value on standard error.
 *
 * A line is begun, given its keys and ended. Where standard error is the journal's (JOURNAL_STREAM
 * names it), a line begins with its priority and has no time, which the journal knows. Nothing that
 * a message says, no address and no token is ever logged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "relay/log.h"
#include "relay/text.h"

static const char *const words[] = {[LOG_LEVEL_ERROR] = "error",
									[LOG_LEVEL_WARNING] = "warning",
									[LOG_LEVEL_NOTICE] = "notice",
									[LOG_LEVEL_INFO] = "info",
									[LOG_LEVEL_DEBUG] = "debug"};
static LogLevel shown = LOG_LEVEL_INFO;
static bool journal;
static bool skipped;
static Text line;

bool
log_level_of(const char *word, int64_t *level)
{
	for (*level = LOG_LEVEL_ERROR; *level <= LOG_LEVEL_DEBUG; (*level)++)
	{
		if (strcmp(words[*level], word) == 0)
			return true;
	}
	return false;
}

void
log_start(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat it;

	journal = stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
			  fstat(STDERR_FILENO, &it) == 0 && it.st_dev == device && it.st_ino == inode;
}

/* Shows what is at least as grave. */
void
log_show(LogLevel most)
{
	shown = most;
}

void
log_begin(LogLevel level, const char *event)
{
	time_t now = time(NULL);
	struct tm calendar;
	char stamp[32];

	skipped = level > shown;
	if (skipped)
		return;
	line.length = 0;
	if (journal)
		text_format(&line, "<%d>", level);
	else
	{
		gmtime_r(&now, &calendar);
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &calendar);
		text_format(&line, "time=%s ", stamp);
	}
	text_format(&line, "level=%s", words[level]);
	log_text("event", event);
}

/* A value with a character that could be taken for the line's own is put into quotes. */
void
log_text(const char *key, const char *value)
{
	const char *next;

	if (skipped || value == NULL)
		return;
	text_format(&line, " %s=", key);
	for (next = value; *next > ' ' && *next != '"' && *next != '=' && *next != '\\';
		 next++)
		;
	if (*next == '\0' && next > value)
	{
		text_add(&line, value, next - value);
		return;
	}
	text_add(&line, "\"", 1);
	for (next = value; *next != '\0'; next++)
	{
		if (*next == '\n')
			text_add(&line, "\\n", 2);
		else if ((unsigned char) *next < ' ' || *next == 127)
			text_format(&line, "\\x%02x", (unsigned char) *next);
		else if (*next == '"' || *next == '\\')
			text_format(&line, "\\%c", *next);
		else
			text_add(&line, next, 1);
	}
	text_add(&line, "\"", 1);
}

void
log_number(const char *key, int64_t value)
{
	if (!skipped)
		text_format(&line, " %s=%" PRId64, key, value);
}

void
log_end(void)
{
	ssize_t written;

	if (skipped)
		return;
	text_add(&line, "\n", 1);
	/* In one piece, so that lines of others do not come between; a reader that has gone is no
	 * reason to stop delivering. */
	written = write(STDERR_FILENO, line.data, line.length);
	(void) written;
}

void
log_event(LogLevel level, const char *event)
{
	log_begin(level, event);
	log_end();
}

void
log_problem(const char *event, const char *error)
{
	log_begin(LOG_LEVEL_ERROR, event);
	log_text("error", error);
	log_end();
}
