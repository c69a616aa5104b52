/*
 * counters.h: what the relay has done, as a file for Prometheus.
 */
#ifndef RELAY_COUNTERS_H
#define RELAY_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/lane.h"

/* What is counted beside what lanes count. */
typedef struct Counters
{
	const char *worker;
	bool connected;
	int64_t connections, connections_lost, claims, given_back, leases_lost, reloads;
	const LaneList *lanes;
} Counters;

extern void counters_write(const char *file, const Counters *counters);

#endif
