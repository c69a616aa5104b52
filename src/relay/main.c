/*
 * main.c: pg_incident_relay, the program that delivers messages.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "relay/config.h"
#include "relay/log.h"
#include "relay/options.h"
#include "relay/relay.h"

static void
print_problem(const char *file, int line, const char *problem)
{
	if (line > 0)
		fprintf(stderr, "%s:%d: %s\n", file, line, problem);
	else
		fprintf(stderr, "%s: %s\n", file, problem);
}

/* A descriptor that is missing of the first three would be taken by something else. */
static void
open_standard_descriptors(void)
{
	int descriptor;

	while ((descriptor = open("/dev/null", O_RDWR)) >= 0 && descriptor <= STDERR_FILENO)
		;
	close(descriptor);
}

int
main(int n, char **arguments)
{
	Options options = options_read(n, arguments);
	Config *config;
	char *file;
	int status;

	open_standard_descriptors();
	config = config_read(options.config, print_problem);
	if (config == NULL)
		return EX_CONFIG;
	if (options.check)
	{
		printf("%s: no problems, %zu channels\n", options.config, config->n_channels);
		config_free(config);
		return EX_OK;
	}
	/* It is read again after the directory has changed. */
	file = realpath(options.config, NULL);
	if (file == NULL || chdir("/") != 0)
	{
		perror(options.config);
		return EX_NOINPUT;
	}
	log_start();
	status = relay_run(file, config, options.once);
	free(file);
	return status;
}
