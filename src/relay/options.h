/*
 * options.h: what the command line says.
 */
#ifndef RELAY_OPTIONS_H
#define RELAY_OPTIONS_H

#include <stdbool.h>

typedef struct Options
{
	const char *config;
	bool check;
	bool once;
} Options;

extern Options options_read(int n, char **arguments);

#endif
