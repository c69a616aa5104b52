/*
 * relay.h: the relay's loop.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>

#include "relay/config.h"

extern int relay_run(const char *config_file, Config *config, bool once);

#endif
