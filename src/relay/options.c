/*
 * options.c: what the command line says.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "relay/options.h"

#define DEFAULT_CONFIG "/etc/pg_incident/relay.ini"

static const char usage[] =
	"pg_incident_relay delivers the messages of pg_incident.\n"
	"\n"
	"Usage: pg_incident_relay [OPTION]...\n"
	"\n"
	"  -c, --config=FILE  the configuration (" DEFAULT_CONFIG ")\n"
	"      --check        tells of all problems of the configuration and ends\n"
	"      --once         delivers what is there now and ends\n"
	"  -V, --version      prints the version and ends\n"
	"  -h, --help         prints this and ends\n"
	"\n"
	"SIGTERM ends it with nothing lost, SIGHUP reloads the configuration.\n"
	"See pg_incident_relay(1).\n";

static const struct option known[] = {
	{"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
	{"once", no_argument, NULL, 'o'},		  {"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},		  {NULL}};

static void
end_with_hint(void)
{
	fputs("Try \"pg_incident_relay --help\" for more information.\n", stderr);
	exit(EX_USAGE);
}

/* Does not return where the options ask for a text, or are wrong. */
Options
options_read(int n, char **arguments)
{
	Options options = {.config = DEFAULT_CONFIG};
	int option;

	while ((option = getopt_long(n, arguments, "c:Vh", known, NULL)) != -1)
	{
		switch (option)
		{
			case 'c':
				options.config = optarg;
				break;
			case 'k':
				options.check = true;
				break;
			case 'o':
				options.once = true;
				break;
			case 'V':
				puts("pg_incident_relay (pg_incident) " RELAY_VERSION);
				exit(EX_OK);
			case 'h':
				fputs(usage, stdout);
				exit(EX_OK);
			default:
				end_with_hint();
		}
	}
	if (optind < n)
	{
		fprintf(stderr, "pg_incident_relay: unexpected argument \"%s\"\n",
				arguments[optind]);
		end_with_hint();
	}
	return options;
}
