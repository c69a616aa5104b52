/*
 * config.h: what the configuration says.
 */
#ifndef RELAY_CONFIG_H
#define RELAY_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* Durations are in milliseconds. */
typedef struct ConfigChannel
{
	char *name;
	int line;
	char **command; /* NULL at its end */
	int64_t time_limit;
	int64_t concurrency;
} ConfigChannel;

typedef struct Config
{
	char *conninfo;
	char *worker;
	int64_t batch;
	int64_t lease;
	int64_t poll;
	int64_t workers;
	int64_t grace;
	int64_t log;
	char *metrics; /* or NULL */
	ConfigChannel *channels;
	size_t n_channels;
} Config;

/* Told of each problem: the file's name, its line (0: of the file as a whole) and a text. */
typedef void (*ConfigReport)(const char *file, int line, const char *problem);

extern Config *config_read(const char *file, ConfigReport report);
extern void config_free(Config *config);

#endif
