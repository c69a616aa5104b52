/*
 * log.h: lines of key=value on standard error.
 */
#ifndef RELAY_LOG_H
#define RELAY_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* The priorities are those of syslog, which journald reads. */
typedef enum LogLevel
{
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
} LogLevel;

extern bool log_level_of(const char *word, int64_t *level);
extern void log_start(void);
extern void log_show(LogLevel most);
extern void log_begin(LogLevel level, const char *event);
extern void log_text(const char *key, const char *value);
extern void log_number(const char *key, int64_t value);
extern void log_end(void);
extern void log_event(LogLevel level, const char *event);
extern void log_problem(const char *event, const char *error);

#endif
