/*
 * counters.c: what the relay has done, as a file for Prometheus (the text format that the textfile
 * collector of its node exporter reads).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/counters.h"
#include "relay/log.h"
#include "relay/text.h"

#define PREFIX "pg_incident_relay_"

static void
describe(Text *text, const char *name, const char *kind, const char *help)
{
	text_format(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
				name, kind);
}

/* The value of a label, as the format wants it. */
static void
add_label(Text *text, const char *value)
{
	for (; *value != '\0'; value++)
	{
		if (*value == '"' || *value == '\\')
			text_add(text, "\\", 1);
		text_add(text, value, 1);
	}
}

static void
add_metric(Text *text, const char *name, const char *kind, const char *help,
		   const char *worker, int64_t value)
{
	describe(text, name, kind, help);
	text_format(text, PREFIX "%s{worker=\"", name);
	add_label(text, worker);
	text_format(text, "\"} %" PRId64 "\n", value);
}

/* A metric of each channel: the sample that `value` gives of it, `more` being further labels. */
typedef double (*LaneValue)(const Lane *lane);

static void
add_samples(Text *text, const Counters *counters, const char *name, const char *more,
			LaneValue value)
{
	const Lane *lane;

	SLIST_FOREACH(lane, counters->lanes, link)
	{
		text_format(text, PREFIX "%s{worker=\"", name);
		add_label(text, counters->worker);
		text_add(text, "\",channel=\"", 11);
		add_label(text, lane->name);
		text_format(text, "\"%s} %.15g\n", more, value(lane));
	}
}

static double
waiting(const Lane *lane)
{
	return lane->n_waiting;
}

static double
running(const Lane *lane)
{
	return lane->n_running;
}

static double
claimed(const Lane *lane)
{
	return lane->counts.claimed;
}

static double
sent(const Lane *lane)
{
	return lane->counts.sent;
}

static double
retried(const Lane *lane)
{
	return lane->counts.retried;
}

static double
permanent(const Lane *lane)
{
	return lane->counts.permanent;
}

static double
late(const Lane *lane)
{
	return lane->counts.late;
}

static double
ended(const Lane *lane)
{
	return lane->counts.sent + lane->counts.retried + lane->counts.permanent;
}

static double
seconds(const Lane *lane)
{
	return lane->counts.milliseconds / 1000.0;
}

static void
add_lanes(Text *text, const Counters *counters)
{
	describe(text, "waiting", "gauge", "Messages that are claimed and not begun.");
	add_samples(text, counters, "waiting", "", waiting);
	describe(text, "running", "gauge", "Commands that run.");
	add_samples(text, counters, "running", "", running);
	describe(text, "claimed_total", "counter", "Messages that were claimed.");
	add_samples(text, counters, "claimed_total", "", claimed);
	describe(text, "messages_total", "counter",
			 "Messages whose command has ended, by what it gave.");
	add_samples(text, counters, "messages_total", ",result=\"sent\"", sent);
	add_samples(text, counters, "messages_total", ",result=\"retry\"", retried);
	add_samples(text, counters, "messages_total", ",result=\"permanent\"", permanent);
	describe(text, "time_limits_total", "counter",
			 "Commands that were ended by their time limit.");
	add_samples(text, counters, "time_limits_total", "", late);
	describe(text, "command_seconds", "summary", "How long commands ran.");
	add_samples(text, counters, "command_seconds_sum", "", seconds);
	add_samples(text, counters, "command_seconds_count", "", ended);
}

/* Replaces the file by one that is complete. */
static void
replace_file(const char *file, const Text *text)
{
	Text temporary = {0};
	FILE *stream;
	bool written = false;

	text_format(&temporary, "%s.%ld", file, (long) getpid());
	stream = fopen(temporary.data, "we");
	if (stream != NULL)
	{
		written = fwrite(text->data, 1, text->length, stream) == text->length;
		fchmod(fileno(stream), 0644);
		written = fclose(stream) == 0 && written && rename(temporary.data, file) == 0;
	}
	if (!written)
	{
		log_begin(LOG_LEVEL_ERROR, "cannot write metrics");
		log_text("file", file);
		log_end();
		unlink(temporary.data);
	}
	text_free(&temporary);
}

/* Writes the file, where the configuration names one. */
void
counters_write(const char *file, const Counters *c)
{
	Text text = {0};

	if (file == NULL)
		return;
	add_metric(&text, "connected", "gauge",
			   "1 while the session with the database is there.", c->worker,
			   c->connected);
	add_metric(&text, "connections_total", "counter", "Sessions that were made.",
			   c->worker, c->connections);
	add_metric(&text, "connections_lost_total", "counter",
			   "Sessions that were lost or could not be made.", c->worker,
			   c->connections_lost);
	add_metric(&text, "claims_total", "counter", "Claims, empty ones too.", c->worker,
			   c->claims);
	add_metric(&text, "given_back_total", "counter", "Messages that were given back.",
			   c->worker, c->given_back);
	add_metric(&text, "leases_lost_total", "counter",
			   "Messages whose lease ended while they were in hand.", c->worker,
			   c->leases_lost);
	add_metric(&text, "reloads_total", "counter",
			   "Configurations that were taken after the first.", c->worker, c->reloads);
	add_lanes(&text, c);
	replace_file(file, &text);
	text_free(&text);
}
