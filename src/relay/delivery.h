/*
 * delivery.h: messages from their claim until what became of them is told.
 */
#ifndef RELAY_DELIVERY_H
#define RELAY_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/config.h"
#include "relay/lane.h"

typedef struct Delivery
{
	Config *config;
	LaneList lanes;
	MessageList in_hand; /* all messages */
	MessageList running, done, returned;
	int n_running;
	int64_t last_number;
	bool stopping;
	int64_t given_back, leases_lost; /* since the relay began */
} Delivery;

extern void delivery_init(Delivery *delivery, Config *config);
extern void delivery_take_config(Delivery *delivery, Config *config);
extern void delivery_accept(Delivery *delivery, Message *message, const char *channel);
extern void delivery_begin(Delivery *delivery, int64_t now);
extern void delivery_reap(Delivery *delivery, int64_t now);
extern void delivery_return_waiting(Delivery *delivery);
extern void delivery_lose_lease(Delivery *delivery, Message *message);
extern void delivery_drop_late(Delivery *delivery, int64_t now);
extern void delivery_stop_running(Delivery *delivery, int64_t now);
extern void delivery_forget(Delivery *delivery, Message *message);
extern void delivery_end(Delivery *delivery);

#endif
