/*
 * settle.c: what follows from an incident's facts, against what is stored.
 *
 * Settling runs all facts through the kernel and brings the stored derived entries to
 * exactly what the kernel derives: what is missing is added, what no longer follows is
 * voided.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "incident/settle.h"
#include "incident/state_row.h"
#include "notice/decision.h"
#include "policy/policy_cache.h"

static void
collect(const PgiDerived *derived, void *arg)
{
	PgiCollected *collected = arg;

	if (collected->count == collected->room)
	{
		collected->room *= 2;
		collected->events =
			repalloc(collected->events, sizeof(PgiDerived) * collected->room);
	}
	collected->events[collected->count++] = *derived;
}

static int
compare_seqs(const void *a, const void *b)
{
	int32 left = *(const int32 *) a;
	int32 right = *(const int32 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Finds the present numbers of the duties that entries are about, where the incident was put
 * under another policy since: what an entry means is what it meant when it was recorded.
 */
static void
renumber_duties(PgiTimeline *timeline)
{
	static PgiQuery query = {
		"SELECT e.seq, d.number FROM incident_internal.entries AS e JOIN "
		"incident_internal.policy_duties "
		"AS d"
		" ON d.policy_id = $4 AND d.duty = coalesce(e.duty,"
		"  incident_internal.duty_decided(e.org_id, e.incident_id, e.month, e.seq, "
		"e.rule, $4))"
		" WHERE e.org_id = $1 AND e.incident_id = $2 AND e.month = $3"
		" AND (e.duty IS NOT NULL OR e.rule >= 100)",
		4,
		{INT4OID, INT8OID, INT4OID, INT4OID}};
	Datum values[4];
	bool isnull;

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	values[2] = Int32GetDatum(timeline->incident.month);
	values[3] = Int32GetDatum(timeline->policy_id);
	if (timeline->locked)
		pgi_sql_run(&query, values, NULL, SPI_OK_SELECT, 0);
	else
		pgi_sql_read(&query, values, NULL);
	for (int i = 0; i < timeline->nentries; i++)
		timeline->entries[i].duty_number = PGI_MAX_DUTIES;
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		int32 seq = DatumGetInt32(pgi_sql_column(row, 1, &isnull));

		timeline->entries[seq - 1].duty_number =
			(uint8) DatumGetInt32(pgi_sql_column(row, 2, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
}

static bool
was_migrated(const PgiTimeline *timeline)
{
	for (int i = 0; i < timeline->nentries; i++)
		if (timeline->entries[i].kind == PGI_MIGRATED)
			return true;
	return false;
}

/*
 * All that follows from the facts up to and including `until`, and the state then; notes in
 * the timeline which facts have no effect. Within SPI.
 */
PgiResult
pgi_settle_derive(PgiTimeline *timeline, TimestampTz until, PgiCollected *collected,
				  PgiState *state)
{
	PgiFact *facts;
	bool *effects;
	int nfacts;
	PgiResult result;

	if (was_migrated(timeline))
		renumber_duties(timeline);
	facts = pgi_timeline_facts(timeline, &nfacts);
	effects = palloc(sizeof(bool) * Max(nfacts, 1));
	collected->events = palloc(sizeof(PgiDerived) * 8);
	collected->count = 0;
	collected->room = 8;
	result =
		pgi_advance_in_full(pgi_policy_of(timeline->policy_id, timeline->incident.org_id),
							facts, nfacts, until, collect, collected, effects, state);
	timeline->without_effect = palloc(sizeof(int32) * Max(nfacts, 1));
	timeline->nwithout = 0;
	for (int i = 0; i < nfacts; i++)
		if (!effects[i])
			timeline->without_effect[timeline->nwithout++] = facts[i].seq;
	qsort(timeline->without_effect, timeline->nwithout, sizeof(int32), compare_seqs);
	pfree(effects);
	pfree(facts);
	return result;
}

/* Events or entries by rule and occurrence, as there may be thousands of one rule. */
typedef struct Keyed
{
	int16 rule;
	int32 occurrence;
	int32 place;
} Keyed;

static int
compare_keyed(const void *a, const void *b)
{
	const Keyed *left = a;
	const Keyed *right = b;

	if (left->rule != right->rule)
		return left->rule < right->rule ? -1 : 1;
	if (left->occurrence != right->occurrence)
		return left->occurrence < right->occurrence ? -1 : 1;
	return left->place < right->place ? -1 : left->place > right->place;
}

/* The first with a rule and occurrence, or where it would be. */
static int
first_keyed(const Keyed *keyed, int count, int16 rule, int32 occurrence)
{
	Keyed wanted = {rule, occurrence, -1};
	int low = 0;

	while (low < count)
	{
		int middle = low + (count - low) / 2;

		if (compare_keyed(&keyed[middle], &wanted) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

static bool
has_key(const Keyed *keyed, int16 rule, int32 occurrence)
{
	return keyed->rule == rule && keyed->occurrence == occurrence;
}

static Keyed *
key_events(const PgiCollected *collected)
{
	Keyed *keyed = palloc(sizeof(Keyed) * Max(collected->count, 1));

	for (int j = 0; j < collected->count; j++)
		keyed[j] = (Keyed){collected->events[j].rule, collected->events[j].occurrence, j};
	qsort(keyed, collected->count, sizeof(Keyed), compare_keyed);
	return keyed;
}

/* The rule of an entry by the present number of its duty. */
static int16
present_rule(const PgiEntry *entry)
{
	int number = pgi_duty_of_rule(entry->rule);

	if (number < 0 || entry->duty_number >= PGI_MAX_DUTIES)
		return entry->rule;
	return (int16) (entry->rule - number + entry->duty_number);
}

/*
 * Entries by their rule, and again by the present one where their duty has another number
 * now: both are to be unique.
 */
static Keyed *
key_entries(const PgiTimeline *timeline, int *count)
{
	Keyed *keyed = palloc(sizeof(Keyed) * Max(2 * timeline->nentries, 1));

	*count = 0;
	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		keyed[(*count)++] = (Keyed){entry->rule, entry->occurrence, i};
		if (present_rule(entry) != entry->rule)
			keyed[(*count)++] = (Keyed){present_rule(entry), entry->occurrence, i};
	}
	qsort(keyed, *count, sizeof(Keyed), compare_keyed);
	return keyed;
}

/* An entry stands for an event whichever fact governed when it was decided. */
static bool
same_event(const PgiEntry *entry, const PgiDerived *event)
{
	return entry->rule == event->rule &&
		   entry->duty_number == pgi_duty_number_of_rule(event->rule) &&
		   entry->occurrence == event->occurrence && entry->effective_at == event->at &&
		   entry->event_level == event->event_level &&
		   entry->response_level == event->response_level;
}

/* The fact that governed when an entry was decided, the first time if it was taken back. */
static int32
governing_fact(const PgiTimeline *timeline, const PgiEntry *entry)
{
	const PgiEntry *entries = timeline->entries;

	while (entry->epoch >= 1 && entry->epoch < entry->seq &&
		   entries[entry->epoch - 1].kind == PGI_VOIDED)
	{
		const PgiEntry *withdrawal = &entries[entry->epoch - 1];

		if (withdrawal->epoch < 1 || withdrawal->epoch >= withdrawal->seq)
			break;
		entry = &entries[withdrawal->epoch - 1];
	}
	return entry->epoch;
}

/*
 * Whether the fact that governed an entry now decides something else by the same rule. Then
 * the entry cannot stand for what another fact decides, as its key is needed.
 */
static bool
is_decided_anew(const PgiTimeline *timeline, const PgiEntry *entry,
				const PgiCollected *collected, const Keyed *keyed, int first)
{
	int32 epoch = governing_fact(timeline, entry);

	for (int k = first;
		 k < collected->count && has_key(&keyed[k], entry->rule, entry->occurrence); k++)
	{
		const PgiDerived *event = &collected->events[keyed[k].place];

		if (event->epoch == epoch)
			return !same_event(entry, event);
	}
	return false;
}

void
pgi_settle_count(PgiDecisions *decisions, const PgiDerived *event, TimestampTz now)
{
	int64 seconds = (now - event->at) / USECS_PER_SEC;
	int place = 0;

	if (event->kind == PGI_ESCALATED)
		decisions->escalations++;
	else if (event->kind == PGI_BREACHED)
		decisions->breaches++;
	else if (event->kind == PGI_OVERDUE)
		decisions->overdue++;
	while (place < PGI_LATENESSES - 1 && seconds >> place > 0)
		place++;
	decisions->late_by[place]++;
}

/* What a timeline has decided, to be found by rule and occurrence. */
typedef struct Decided
{
	const PgiTimeline *timeline;
	Keyed *keyed;
	int32 *withdrawal; /* of each entry: seq of what takes it back, or 0 */
	int count;
} Decided;

/*
 * The fact that governs an event; or, when the same was decided before and taken back, the
 * withdrawal, so that the key of entries has it once.
 */
static int32
free_epoch(const Decided *decided, const PgiDerived *event)
{
	const PgiEntry *entries = decided->timeline->entries;
	int32 epoch = event->epoch;

	for (int k =
			 first_keyed(decided->keyed, decided->count, event->rule, event->occurrence);
		 k < decided->count &&
		 has_key(&decided->keyed[k], event->rule, event->occurrence);
		 k++)
	{
		int i = decided->keyed[k].place;

		if (entries[i].epoch == epoch && decided->withdrawal[i] != 0)
			epoch = decided->withdrawal[i];
	}
	return epoch;
}

/* Takes in what has been decided so far. */
static void
find_decided(const PgiTimeline *timeline, Decided *decided)
{
	decided->timeline = timeline;
	decided->keyed = key_entries(timeline, &decided->count);
	decided->withdrawal = palloc0(sizeof(int32) * Max(timeline->nentries, 1));
	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		if (entry->kind == PGI_VOIDED && entry->epoch >= 1 && entry->epoch <= i)
			decided->withdrawal[entry->epoch - 1] = entry->seq;
	}
}

static void
write_derived(PgiTimeline *timeline, const Decided *decided, const PgiDerived *event,
			  PgiDecisions *decisions)
{
	int32 epoch = free_epoch(decided, event);
	PgiEntry *entry = pgi_timeline_add(timeline, event->kind, event->at);

	pgi_entry_decided(entry, event);
	entry->epoch = epoch;
	pgi_timeline_write(timeline, entry);
	pgi_settle_count(decisions, event, entry->recorded_at);
}

/*
 * Finds which of the entries there were do not stand for any of the events (`extra`, by
 * place), and for which events no entry stands (`missing`, by place).
 */
void
pgi_settle_compare(const PgiTimeline *timeline, const PgiCollected *collected,
				   bool *extra, bool *missing)
{
	Keyed *keyed = key_events(collected);

	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		extra[i] = PGI_IS_DERIVED(entry->kind);
		if (entry->kind == PGI_VOIDED && entry->epoch >= 1 && entry->epoch <= i)
			extra[entry->epoch - 1] = false;
	}
	for (int j = 0; j < collected->count; j++)
		missing[j] = true;
	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];
		int first = first_keyed(keyed, collected->count, entry->rule, entry->occurrence);

		if (!extra[i] || is_decided_anew(timeline, entry, collected, keyed, first))
			continue;
		for (int k = first; extra[i] && k < collected->count &&
							has_key(&keyed[k], entry->rule, entry->occurrence);
			 k++)
		{
			int j = keyed[k].place;

			if (missing[j] && same_event(entry, &collected->events[j]))
				missing[j] = extra[i] = false;
		}
	}
	pfree(keyed);
}

/* Voids the entries that no longer follow, and adds what is missing. */
static void
write_difference(PgiTimeline *timeline, const PgiCollected *collected,
				 PgiDecisions *decisions)
{
	int nstored = timeline->nentries;
	bool *extra = palloc(sizeof(bool) * nstored);
	bool *missing = palloc(sizeof(bool) * Max(collected->count, 1));
	Decided decided;

	pgi_settle_compare(timeline, collected, extra, missing);
	for (int i = 0; i < nstored; i++)
		if (extra[i])
		{
			PgiEntry *entry =
				pgi_timeline_add(timeline, PGI_VOIDED, timeline->entries[i].effective_at);

			entry->epoch = timeline->entries[i].seq;
			entry->rule = PGI_RULE_WITHDRAWAL;
			pgi_timeline_write(timeline, entry);
		}
	find_decided(timeline, &decided);
	for (int j = 0; j < collected->count; j++)
		if (missing[j])
			write_derived(timeline, &decided, &collected->events[j], decisions);
}

/* Has people told of the entries that the timeline got since it was stored. Within SPI. */
static void
tell_of_new_entries(const PgiTimeline *timeline, PgiDecisions *decisions)
{
	const PgiPolicy *policy =
		pgi_policy_of(timeline->policy_id, timeline->incident.org_id);
	PgiDecisionList told = {0};

	for (int i = timeline->settled_seq; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		if (pgi_policy_tells(policy, entry->kind, entry->rule, entry->epoch))
			pgi_decision_add(&told, timeline->incident.org_id,
							 timeline->incident.incident_id, entry->seq);
	}
	decisions->notices += told.count;
	pgi_decision_write(&told);
}

/*
 * Brings derived entries and state to what follows from the facts up to and including
 * `until`, or up to what was settled before if that is later; adds to `decisions` and
 * leaves the state. Within SPI, on a timeline that is new or locked.
 */
void
pgi_settle_timeline(PgiTimeline *timeline, TimestampTz until, PgiDecisions *decisions,
					PgiState *state)
{
	PgiCollected collected;

	until = Max(until, timeline->settled_to);
	pgi_timeline_check_advanced(
		timeline, pgi_settle_derive(timeline, until, &collected, state), state);
	write_difference(timeline, &collected, decisions);
	tell_of_new_entries(timeline, decisions);
	pgi_state_write(timeline, until, state);
	pfree(collected.events);
}
