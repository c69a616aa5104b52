/*
 * lane.h: messages in hand, and the channels that they wait for.
 */
#ifndef RELAY_LANE_H
#define RELAY_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "relay/child.h"
#include "relay/config.h"

typedef struct Lane Lane;

typedef enum MessageState
{
	MESSAGE_WAITS,	 /* in its lane's list */
	MESSAGE_RUNS,	 /* its command does */
	MESSAGE_DONE,	 /* its outcome is to be told */
	MESSAGE_RETURNED /* not begun, to be given back */
} MessageState;

/* A message that was claimed. */
typedef struct Message
{
	TAILQ_ENTRY(Message) link; /* in the list of its state, or of the question about it */
	TAILQ_ENTRY(Message) in_hand; /* in that of all */
	MessageState state;
	Lane *lane;
	int64_t notice, incident, attempt;
	int64_t number; /* in the order of claims */
	char *json;
	int64_t lease_until; /* INT64_MAX: it is no longer ours, and not renewed */
	bool is_asked;		 /* the question that goes on renews it */
	Child *child;		 /* while its command runs */
	Outcome outcome;	 /* afterwards */
} Message;

typedef TAILQ_HEAD(MessageList, Message) MessageList;

/* What a channel has done since the relay began. */
typedef struct LaneCounts
{
	int64_t claimed, sent, retried, permanent, late;
	int64_t milliseconds; /* of all commands that have ended */
} LaneCounts;

/* A channel. Its lane stays when the configuration no longer has it. */
struct Lane
{
	SLIST_ENTRY(Lane) link;
	char *name;
	const ConfigChannel *channel; /* or NULL */
	MessageList waiting;
	int n_waiting, n_running;
	bool has_more; /* it may have messages that are not claimed */
	bool is_asked; /* the claim that goes on is for it */
	LaneCounts counts;
	int64_t second; /* to which the next two belong */
	int64_t ended_now, ended_before;
};

typedef SLIST_HEAD(LaneList, Lane) LaneList;

extern Lane *lane_find(LaneList *lanes, const char *name);
extern int lane_room(const Lane *lane, int64_t batch);
extern void lane_count_end(Lane *lane, const Message *message, int64_t now);
extern void lanes_free(LaneList *lanes);

#endif
