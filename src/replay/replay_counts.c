/*
 * replay_counts.c: how often each rule decided something, and would have under another
 * policy. Several processes count parts of the incidents and the first adds up.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "storage/shm_mq.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "policy/policy_cache.h"
#include "replay/replay.h"

/*
 * Events by what decided them. A rule is its own place, but each time to acknowledge has
 * one, from ACKNOWLEDGEMENTS on. The place 0, of facts, counts the incidents themselves.
 */
#define ACKNOWLEDGEMENTS 30
#define PLACES (PGI_RULE_DUTY_OVERDUE + PGI_MAX_DUTIES)

typedef int64 Counts[PLACES][PGI_LEVELS][PGI_LEVELS];

typedef enum Side
{
	WAS,
	WOULD_BE,
	NOT_IN_POLICY /* what cannot be replayed */
} Side;

/* What was decided by a policy: by event and response level. */
typedef struct Tally
{
	Side side;
	int32 policy_id;
	Counts counts;
	struct Tally *next;
} Tally;

/* A count that is not zero, on its way. */
typedef struct Row
{
	Side side;
	int32 policy_id;
	int16 place;
	uint8 event_level;
	uint8 response_level;
	int64 count;
} Row;

/* What the processes share. */
typedef struct Task
{
	int32 policy_id;
	PgiPeriod period;
	PgiProgress progress;
	int nparts;
	pg_atomic_uint64 fingerprint; /* of the policy that all run; 0: nobody has it yet */
	pg_atomic_uint32 next;		  /* part to be taken */
	PgiIds parts[FLEXIBLE_ARRAY_MEMBER];
} Task;

#define MAX_PARTS 64
#define KEY_TASK 1
#define KEY_QUEUES 2
#define QUEUE_SIZE 65536

static Tally *
tally_of(Tally **tallies, Side side, int32 policy_id)
{
	Tally **place = tallies;

	while (*place != NULL && ((*place)->side != side || (*place)->policy_id != policy_id))
		place = &(*place)->next;
	if (*place == NULL)
	{
		*place = palloc0(sizeof(Tally));
		(*place)->side = side;
		(*place)->policy_id = policy_id;
	}
	return *place;
}

static void
count_events(Tally *tally, const PgiDerived *events, int nevents)
{
	for (int i = 0; i < nevents; i++)
	{
		const PgiDerived *event = &events[i];
		int place = event->rule;

		if (place == PGI_RULE_ACKNOWLEDGEMENT)
			place =
				ACKNOWLEDGEMENTS + Min(event->occurrence, PGI_MAX_ACKNOWLEDGEMENTS) - 1;
		if (place < PLACES && event->event_level < PGI_LEVELS &&
			event->response_level < PGI_LEVELS)
			tally->counts[place][event->event_level][event->response_level]++;
	}
}

/*
 * All parts are to run the same policy, on the same calendars: each process reads them for
 * itself, and one that begins later may find others.
 */
static void
expect_same_policy(Task *task, const PgiPolicy *policy)
{
	uint64 mine = pgi_policy_fingerprint(policy);
	uint64 first = 0;

	if (!pg_atomic_compare_exchange_u64(&task->fingerprint, &first, mine) &&
		first != mine)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("policy %d or one of its calendars was changed during the replay",
						task->policy_id),
				 errhint("Try it again.")));
}

static void
count_part(Task *task, const PgiIds *part, Tally **tallies)
{
	Tally *candidate = tally_of(tallies, WOULD_BE, task->policy_id);
	Tally *not_in_policy = tally_of(tallies, NOT_IN_POLICY, task->policy_id);
	const PgiPast *past;
	PgiReplay replay;

	pgi_replay_begin(&replay, task->policy_id, &task->period, part, task->nparts,
					 &task->progress);
	expect_same_policy(task, replay.policy);
	while ((past = pgi_history_next(replay.history)) != NULL)
	{
		const PgiState *state = &replay.state;
		Tally *tally;

		if (!pgi_replay_run(&replay, past))
		{
			not_in_policy->counts[0][past->event_level][past->response_level]++;
			continue;
		}
		count_events(candidate, replay.events, replay.nevents);
		candidate->counts[0][state->event_level][state->response_level]++;
		tally = tally_of(tallies, WAS, past->policy_id);
		count_events(tally, past->events, past->nevents);
		tally->counts[0][past->event_level][past->response_level]++;
	}
	pgi_replay_end(&replay);
}

/* Counts parts until none is left. */
static void
count_parts(Task *task, Tally **tallies)
{
	uint32 part;

	while ((part = pg_atomic_fetch_add_u32(&task->next, 1)) < (uint32) task->nparts)
		count_part(task, &task->parts[part], tallies);
}

static void
for_each_row(const Tally *tallies, void (*take)(const Row *, void *), void *arg)
{
	for (const Tally *tally = tallies; tally != NULL; tally = tally->next)
		for (int place = 0; place < PLACES; place++)
			for (int event_level = 0; event_level < PGI_LEVELS; event_level++)
				for (int response_level = 0; response_level < PGI_LEVELS;
					 response_level++)
				{
					Row row = {.side = tally->side,
							   .policy_id = tally->policy_id,
							   .place = place,
							   .event_level = event_level,
							   .response_level = response_level,
							   .count =
								   tally->counts[place][event_level][response_level]};

					if (row.count != 0)
						take(&row, arg);
				}
}

static void
send_row(const Row *row, void *arg)
{
	if (shm_mq_send(arg, sizeof(Row), row, false, true) != SHM_MQ_SUCCESS)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not send a result to the replay's first process")));
}

extern PGDLLEXPORT void pgi_replay_worker(dsm_segment *segment, shm_toc *toc);

void
pgi_replay_worker(dsm_segment *segment, shm_toc *toc)
{
	Task *task = shm_toc_lookup(toc, KEY_TASK, false);
	char *queues = shm_toc_lookup(toc, KEY_QUEUES, false);
	shm_mq *queue = (shm_mq *) (queues + QUEUE_SIZE * (Size) ParallelWorkerNumber);
	shm_mq_handle *handle;
	Tally *tallies = NULL;

	shm_mq_set_sender(queue, MyProc);
	handle = shm_mq_attach(queue, segment, NULL);
	count_parts(task, &tallies);
	for_each_row(tallies, send_row, handle);
	shm_mq_detach(handle);
}

static void
receive_rows(shm_mq_handle *handle, Tally **tallies)
{
	void *data;
	Size size;

	while (shm_mq_receive(handle, &size, &data, false) == SHM_MQ_SUCCESS)
	{
		const Row *row = data;

		Assert(size == sizeof(Row));
		tally_of(tallies, row->side, row->policy_id)
			->counts[row->place][row->event_level][row->response_level] += row->count;
	}
	shm_mq_detach(handle);
}

/* Counts all parts of a task, with other processes when it has more than one. */
static void
count_together(const Task *task, Size task_size, Tally **tallies)
{
	int nworkers = task->nparts - 1;
	shm_mq_handle *handles[MAX_PARTS];
	ParallelContext *context;
	Task *shared;
	char *queues;

	EnterParallelMode();
	context = CreateParallelContext("pg_incident", "pgi_replay_worker", nworkers);
	shm_toc_estimate_chunk(&context->estimator, task_size);
	shm_toc_estimate_chunk(&context->estimator, QUEUE_SIZE * (Size) nworkers);
	shm_toc_estimate_keys(&context->estimator, 2);
	InitializeParallelDSM(context);
	shared = shm_toc_allocate(context->toc, task_size);
	memcpy(shared, task, task_size);
	shm_toc_insert(context->toc, KEY_TASK, shared);
	queues = shm_toc_allocate(context->toc, QUEUE_SIZE * (Size) nworkers);
	for (int i = 0; i < nworkers; i++)
	{
		shm_mq *queue = shm_mq_create(queues + QUEUE_SIZE * (Size) i, QUEUE_SIZE);

		shm_mq_set_receiver(queue, MyProc);
		handles[i] = shm_mq_attach(queue, context->seg, NULL);
	}
	shm_toc_insert(context->toc, KEY_QUEUES, queues);
	LaunchParallelWorkers(context);
	for (int i = 0; i < context->nworkers_launched; i++)
		shm_mq_set_handle(handles[i], context->worker[i].bgwhandle);

	count_parts(shared, tallies);
	for (int i = 0; i < context->nworkers_launched; i++)
		receive_rows(handles[i], tallies);
	WaitForParallelWorkersToFinish(context);
	DestroyParallelContext(context);
	ExitParallelMode();
}

static void
put_row(const Row *row, void *arg)
{
	ReturnSetInfo *result = arg;
	bool acknowledgement = row->place >= ACKNOWLEDGEMENTS &&
						   row->place < ACKNOWLEDGEMENTS + PGI_MAX_ACKNOWLEDGEMENTS;
	Datum values[7];
	bool isnull[7] = {row->side == NOT_IN_POLICY};

	values[0] = BoolGetDatum(row->side == WOULD_BE);
	values[1] = Int32GetDatum(row->policy_id);
	values[2] = Int16GetDatum(acknowledgement ? PGI_RULE_ACKNOWLEDGEMENT : row->place);
	values[3] = Int16GetDatum(acknowledgement ? row->place - ACKNOWLEDGEMENTS + 1 : 1);
	values[4] = UInt8GetDatum(row->event_level);
	values[5] = UInt8GetDatum(row->response_level);
	values[6] = Int64GetDatum(row->count);
	tuplestore_putvalues(result->setResult, result->setDesc, values, isnull);
}

/* How many processes may work on it; a process of somebody else's query starts no others. */
static int
most_parts(void)
{
	return IsParallelWorker() ? 1 : Min(max_parallel_workers_per_gather + 1, MAX_PARTS);
}

/* (policy_id, from, to): what was decided, how often, on both sides. */
PG_FUNCTION_INFO_V1(pgi_replay_counts);
Datum
pgi_replay_counts(PG_FUNCTION_ARGS)
{
	Size size = offsetof(Task, parts) + sizeof(PgiIds) * MAX_PARTS;
	Task *task = palloc0(size);
	Tally *tallies = NULL;
	int64 about;

	InitMaterializedSRF(fcinfo, 0);
	pgi_replay_arguments(fcinfo, &task->policy_id, &task->period);
	task->nparts = pgi_history_divide(&task->period, most_parts(), task->parts, &about);
	pgi_history_progress_begin(&task->progress, about);
	pg_atomic_init_u64(&task->fingerprint, 0);
	pg_atomic_init_u32(&task->next, 0);
	if (task->nparts > 1)
		count_together(task, size, &tallies);
	else
		count_parts(task, &tallies);
	for_each_row(tallies, put_row, fcinfo->resultinfo);
	return (Datum) 0;
}
