/*
 * lane.c: messages in hand, and the channels that they wait for.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/lane.h"
#include "relay/moment.h"
#include "relay/text.h"

/* The lane of a channel, made where there is none. */
Lane *
lane_find(LaneList *lanes, const char *name)
{
	Lane *lane;

	SLIST_FOREACH(lane, lanes, link)
	{
		if (strcmp(lane->name, name) == 0)
			return lane;
	}
	lane = memory_get(sizeof(Lane));
	lane->name = text_copy(name);
	TAILQ_INIT(&lane->waiting);
	SLIST_INSERT_HEAD(lanes, lane, link);
	return lane;
}

/*
 * How many messages to claim for a channel: in hand is what it ends in a second, so that what is
 * more urgent and comes later does not wait behind more than that; 0 until half of it is used up.
 */
int
lane_room(const Lane *lane, int64_t batch)
{
	int64_t ahead =
		lane->ended_before > lane->ended_now ? lane->ended_before : lane->ended_now;

	if (lane->channel == NULL || !lane->has_more)
		return 0;
	if (ahead < lane->channel->concurrency)
		ahead = lane->channel->concurrency;
	if (ahead > batch)
		ahead = batch;
	return 2 * lane->n_waiting > ahead ? 0 : (int) (ahead - lane->n_waiting);
}

void
lane_count_end(Lane *lane, const Message *message, int64_t now)
{
	int64_t second = now / SECONDS;

	if (second != lane->second)
	{
		lane->ended_before = second == lane->second + 1 ? lane->ended_now : 0;
		lane->ended_now = 0;
		lane->second = second;
	}
	lane->ended_now++;
	lane->counts.sent += message->outcome.kind == OUTCOME_SENT;
	lane->counts.retried += message->outcome.kind == OUTCOME_RETRY;
	lane->counts.permanent += message->outcome.kind == OUTCOME_PERMANENT;
	lane->counts.late += message->outcome.late;
}

void
lanes_free(LaneList *lanes)
{
	Lane *lane;

	while ((lane = SLIST_FIRST(lanes)) != NULL)
	{
		SLIST_REMOVE_HEAD(lanes, link);
		free(lane->name);
		free(lane);
	}
}
