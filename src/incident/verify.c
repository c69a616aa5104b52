/*
 * verify.c: whether an incident is what was recorded: the hash chain of its timeline, what
 * follows from the facts, and what its rows say of both.
 *
 * Nothing that is stored is believed: entries are read whichever month they are kept under,
 * and everything that follows from others is computed anew and compared, column by column.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "base/sql.h"
#include "incident/chain.h"
#include "incident/entry.h"
#include "incident/settle.h"
#include "incident/state_row.h"
#include "timer/bucket.h"

/* What an entry says besides what settling needs. */
typedef struct Stored
{
	int32 month;
	bool as_written; /* its row is as the extension writes such an entry */
	PgiPolicyTitle from_policy;
	PgiPolicyTitle to_policy;
	const char *from_mark;
	const char *to_mark;
} Stored;

/* What is verified, and what there is of it. */
typedef struct Check
{
	ReturnSetInfo *result;
	PgiTimeline timeline;
	Stored *stored; /* beside the entries */
	bool is_whole;	/* no entry is missing, double, or of an unknown kind */

	bool has_state;
	Datum state[PGI_STATE_COLUMNS];
	bool state_null[PGI_STATE_COLUMNS];
	TupleDesc state_columns;
	bool
		calendar_changes; /* ticks still have to follow up an import of one of its calendars */
	bool in_quarantine; /* and is due again when its state says */
	TimestampTz newest_tick;

	bool has_incident;
	int32 policy_id;
	TimestampTz detected_at;
	PgiOpening opening;	   /* the incident as it was opened */
	PgiPolicyTitle policy; /* as its row says; */
	const char *confidentiality;
	bool has_policy; /* there is one of that id */
} Check;

static void
put_row(const Check *check, int64 seq, const char *problem, bool pending)
{
	Datum values[3];
	bool nulls[3] = {seq == 0, false, false};

	values[0] = Int32GetDatum((int32) seq);
	values[1] = CStringGetTextDatum(problem);
	values[2] = BoolGetDatum(pending);
	tuplestore_putvalues(check->result->setResult, check->result->setDesc, values, nulls);
}

/* Reports what is wrong with an entry, or with seq 0 with the incident. */
static void
put_problem(const Check *check, int64 seq, const char *problem)
{
	put_row(check, seq, problem, false);
}

/* Reports that entries are missing from `from` up to but without `to`. */
static void
put_missing(Check *check, int64 from, int64 to)
{
	if (to <= from)
		return;
	check->is_whole = false;
	if (to == from + 1)
		put_problem(check, from, "the entry is missing");
	else
		put_problem(check, from,
					psprintf("the entries up to " INT64_FORMAT " are missing", to - 1));
}

static char *
text_column(uint64 row, int number)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number);
}

/* Reads the state; whether there is one. Within SPI. */
static bool
read_state(Check *check)
{
	static PgiQuery query = {
		"SELECT " PGI_STATE_LIST(
			PGI_COLUMN_NAME) "EXISTS (SELECT FROM incident_internal.calendar_changes AS c"
							 "  JOIN incident_internal.policy_levels AS l ON l.calendar "
							 "= "
							 "c.calendar"
							 "  WHERE l.policy_id = s.policy_id),"
							 " EXISTS (SELECT FROM incident_internal.quarantine AS q "
							 "WHERE "
							 "q.org_id = s.org_id"
							 "  AND q.incident_id = s.incident_id AND q.retry_at = "
							 "s.next_due),"
							 " (SELECT t.at FROM incident_internal.last_tick AS t)"
							 " FROM incident_internal.incident_state AS s WHERE org_id = "
							 "$1 AND "
							 "incident_id = $2",
		2,
		{INT4OID, INT8OID}};
	PgiTimeline *timeline = &check->timeline;
	Datum values[2];
	Datum newest_tick;
	Datum head;
	bool isnull;

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	if (pgi_sql_read(&query, values, NULL) == 0)
		return false;
	check->state_columns = SPI_tuptable->tupdesc;
	for (int i = 0; i < PGI_STATE_COLUMNS; i++)
		check->state[i] = pgi_sql_column(0, i + 1, &check->state_null[i]);
	check->calendar_changes =
		DatumGetBool(pgi_sql_column(0, PGI_STATE_COLUMNS + 1, &isnull));
	check->in_quarantine =
		DatumGetBool(pgi_sql_column(0, PGI_STATE_COLUMNS + 2, &isnull));
	newest_tick = pgi_sql_column(0, PGI_STATE_COLUMNS + 3, &isnull);
	check->newest_tick = isnull ? DT_NOBEGIN : DatumGetTimestampTz(newest_tick);

	timeline->is_new = false;
	timeline->policy_id = DatumGetInt32(check->state[PGI_STATE_POLICY_ID]);
	timeline->incident.month = DatumGetInt32(check->state[PGI_STATE_MONTH]);
	timeline->settled_seq = DatumGetInt32(check->state[PGI_STATE_SEQ]);
	timeline->settled_to = DatumGetTimestampTz(check->state[PGI_STATE_SETTLED_TO]);
	head = check->state[PGI_STATE_HEAD];
	if (VARSIZE_ANY_EXHDR(DatumGetPointer(head)) == PGI_HASH_LENGTH)
		memcpy(timeline->head, VARDATA_ANY(DatumGetPointer(head)), PGI_HASH_LENGTH);
	return true;
}

/* Reads the row of the incident, as the opening if nothing has changed since. Within SPI. */
static bool
read_incident(Check *check)
{
	static PgiQuery query = {
		"SELECT i.policy_id, i.detected_at, p.name, p.version, encode(p.digest, 'hex'),"
		" i.category, i.confidentiality, i.ticket, i.dedup_key, i.drill"
		" FROM incident_internal.incidents AS i LEFT JOIN incident_internal.policies AS "
		"p USING (policy_id)"
		" WHERE i.org_id = $1 AND i.incident_id = $2",
		2,
		{INT4OID, INT8OID}};
	PgiOpening *opening = &check->opening;
	Datum values[2];
	bool isnull;

	values[0] = Int32GetDatum(check->timeline.incident.org_id);
	values[1] = Int64GetDatum(check->timeline.incident.incident_id);
	if (pgi_sql_read(&query, values, NULL) == 0)
		return false;
	check->policy_id = DatumGetInt32(pgi_sql_column(0, 1, &isnull));
	check->detected_at = DatumGetTimestampTz(pgi_sql_column(0, 2, &isnull));
	check->policy.name = text_column(0, 3);
	check->policy.version = text_column(0, 4);
	check->policy.digest = text_column(0, 5);
	check->has_policy = check->policy.name != NULL;
	check->confidentiality = text_column(0, 7);
	opening->policy = check->policy;
	opening->category = text_column(0, 6);
	opening->confidentiality = check->confidentiality;
	opening->ticket = text_column(0, 8);
	opening->dedup_key = text_column(0, 9);
	opening->drill = DatumGetBool(pgi_sql_column(0, 10, &isnull));
	return true;
}

/* Whether two values of a type are the same bytes. */
static bool
same_value(TupleDesc columns, int number, Datum one, bool one_null, Datum other,
		   bool other_null)
{
	int16 length;
	bool by_value;

	if (one_null || other_null)
		return one_null && other_null;
	get_typlenbyval(SPI_gettypeid(columns, number), &length, &by_value);
	return datum_image_eq(one, other, by_value, length);
}

/*
 * Whether a row is as the extension writes such an entry, so that nothing is in it that no
 * hash covers. Within SPI.
 */
static bool
is_as_written(const PgiTimeline *timeline, const PgiEntry *entry, uint64 row)
{
	TupleDesc columns = SPI_tuptable->tupdesc;
	Datum values[PGI_ENTRY_COLUMNS];
	bool isnull[PGI_ENTRY_COLUMNS];

	pgi_entry_row(&timeline->incident, entry, values, isnull);
	if (!PGI_IS_FACT(entry->kind))
		memset(&isnull[PGI_DECISION_COLUMNS], true,
			   sizeof(bool) * (PGI_ENTRY_COLUMNS - PGI_DECISION_COLUMNS));
	for (int i = 0; i < PGI_ENTRY_COLUMNS; i++)
	{
		int number = SPI_fnumber(columns, pgi_entry_columns[i].name);
		bool stored_null;
		Datum stored;

		stored = pgi_sql_column(row, number, &stored_null);
		/* The month is looked at by itself; the text of evidence says all of it. */
		if (i == PGI_ENTRY_MONTH || (i == PGI_ENTRY_EVIDENCE && stored_null == isnull[i]))
			continue;
		if (!same_value(columns, number, stored, stored_null, values[i], isnull[i]))
			return false;
	}
	return true;
}

/* Reads all entries, whichever month they are kept under. Within SPI. */
static void
read_entries(Check *check)
{
	enum
	{
		ACTOR = PGI_ENTRY_READ_COLUMNS + 1,
		RECORDED_BY,
		NOTE,
		EVIDENCE,
		FROM_POLICY,
		TO_POLICY = FROM_POLICY + 3,
		FROM_MARK = TO_POLICY + 3,
		TO_MARK
	};
	static PgiQuery query = {
		"SELECT " PGI_ENTRY_READ ", actor,"
		" recorded_by, note, evidence, evidence #>> '{from,policy}',"
		" evidence #>> '{from,version}', evidence #>> '{from,sha256}',"
		" evidence #>> '{to,policy}', evidence #>> '{to,version}',"
		" evidence #>> '{to,sha256}', evidence ->> 'from', evidence ->> 'to'"
		" FROM incident_internal.entries AS e WHERE org_id = $1 AND incident_id = $2"
		" ORDER BY seq, epoch, rule, occurrence",
		3,
		{INT4OID, INT8OID, INT4OID}};
	PgiTimeline *timeline = &check->timeline;
	Datum values[3];
	bool isnull;

	values[0] = Int32GetDatum(timeline->incident.org_id);
	values[1] = Int64GetDatum(timeline->incident.incident_id);
	values[2] = Int32GetDatum(timeline->policy_id);
	timeline->nentries = (int) pgi_sql_read(&query, values, NULL);
	if (timeline->nentries < timeline->settled_seq)
		pgi_timeline_expect_remembered(timeline->incident.org_id,
									   timeline->incident.incident_id);
	timeline->entries = palloc(sizeof(PgiEntry) * Max(timeline->nentries, 1));
	check->stored = palloc(sizeof(Stored) * Max(timeline->nentries, 1));
	for (int i = 0; i < timeline->nentries; i++)
	{
		PgiEntry *entry = &timeline->entries[i];
		Stored *stored = &check->stored[i];

		pgi_entry_read(entry, i);
		entry->recorded_at =
			DatumGetTimestampTz(pgi_sql_column(i, PGI_ENTRY_RECORDED_AT + 1, &isnull));
		entry->actor = text_column(i, ACTOR);
		entry->recorded_by = text_column(i, RECORDED_BY);
		entry->note = text_column(i, NOTE);
		entry->evidence = text_column(i, EVIDENCE);
		stored->month = DatumGetInt32(pgi_sql_column(i, PGI_ENTRY_MONTH + 1, &isnull));
		stored->as_written = is_as_written(timeline, entry, i);
		stored->from_policy.name = text_column(i, FROM_POLICY);
		stored->from_policy.version = text_column(i, FROM_POLICY + 1);
		stored->from_policy.digest = text_column(i, FROM_POLICY + 2);
		stored->to_policy.name = text_column(i, TO_POLICY);
		stored->to_policy.version = text_column(i, TO_POLICY + 1);
		stored->to_policy.digest = text_column(i, TO_POLICY + 2);
		stored->from_mark = text_column(i, FROM_MARK);
		stored->to_mark = text_column(i, TO_MARK);
	}
}

static bool
same_text(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

static bool
same_policy(const PgiPolicyTitle *one, const PgiPolicyTitle *other)
{
	return same_text(one->name, other->name) && same_text(one->version, other->version) &&
		   same_text(one->digest, other->digest);
}

/* Finds how the incident was opened: what has changed since, the first change tells. */
static void
find_opening(Check *check)
{
	bool migrated = false;
	bool marked = false;

	for (int i = 0; i < check->timeline.nentries; i++)
	{
		const Stored *stored = &check->stored[i];

		if (check->timeline.entries[i].kind == PGI_MIGRATED && !migrated)
		{
			migrated = true;
			check->opening.policy = stored->from_policy;
		}
		else if (check->timeline.entries[i].kind == PGI_MARKED && !marked)
		{
			marked = true;
			check->opening.confidentiality = stored->from_mark;
		}
	}
	check->timeline.opening = &check->opening;
}

/* Follows the policy through the migrations, each of which goes on from the one before. */
static void
check_policies(const Check *check)
{
	const PgiPolicyTitle *present = NULL;

	for (int i = 0; i < check->timeline.nentries; i++)
	{
		const Stored *stored = &check->stored[i];
		int32 seq = check->timeline.entries[i].seq;

		if (check->timeline.entries[i].kind != PGI_MIGRATED)
			continue;
		if (present != NULL && !same_policy(&stored->from_policy, present))
			put_problem(check, seq, "it does not go on from the policy there was");
		present = &stored->to_policy;
	}
	if (!check->has_incident)
		return;
	if (!check->has_policy)
		put_problem(check, 0, "the incident's policy does not exist");
	else if (present != NULL && !same_policy(present, &check->policy))
		put_problem(check, 0,
					"the incident's policy is not the one under which it was last put");
	if (check->has_state && check->policy_id != check->timeline.policy_id)
		put_problem(check, 0, "the state's policy_id is not the incident's");
}

/* Follows the marks of confidentiality; the one with the latest moment counts. */
static void
check_marks(const Check *check)
{
	const char *mark = check->opening.confidentiality;
	TimestampTz since = DT_NOBEGIN;

	for (int i = 0; i < check->timeline.nentries; i++)
	{
		const PgiEntry *entry = &check->timeline.entries[i];
		const Stored *stored = &check->stored[i];

		if (entry->kind != PGI_MARKED)
			continue;
		if (!same_text(stored->from_mark, mark))
			put_problem(check, entry->seq, "it does not go on from the mark there was");
		if (entry->effective_at < since)
			continue;
		mark = stored->to_mark;
		since = entry->effective_at;
	}
	if (check->has_incident && !same_text(mark, check->confidentiality))
		put_problem(
			check, 0,
			"the incident's confidentiality is not the one with which it was last "
			"marked");
}

/* What is wrong with an entry by itself. */
static void
check_entry(Check *check, int i)
{
	const PgiEntry *entry = &check->timeline.entries[i];

	if (!check->stored[i].as_written)
		put_problem(check, entry->seq,
					PGI_IS_FACT(entry->kind)
						? "the entry has what such a fact does not have"
						: "the entry has what only a fact has");
	if (check->stored[i].month !=
		pgi_bucket_month(check->timeline.entries[0].recorded_at))
		put_problem(check, entry->seq,
					"the entry is not kept under the month of the opening");
	if ((entry->kind == PGI_OPENED) != (i == 0))
		put_problem(check, entry->seq,
					i == 0 ? "the first entry is not the opening"
						   : "the entry opens the incident once more");
}

/* Compares the newest hash with the one that follows from the entries. */
static void
check_head(const Check *check, int64 seq, const uint8 *hash)
{
	if (check->has_state && seq == check->timeline.settled_seq &&
		memcmp(hash, check->timeline.head, PGI_HASH_LENGTH) != 0)
		put_problem(check, seq,
					"the incident's newest hash does not follow from its newest fact and "
					"the entries since");
}

/* Goes along the chain. */
static void
check_chain(Check *check)
{
	PgiTimeline *timeline = &check->timeline;
	pg_cryptohash_ctx *sha = pgi_chain_begin();
	uint8 hash[PGI_HASH_LENGTH] = {0};
	int64 expected = 1;

	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];

		put_missing(check, expected, entry->seq);
		if (entry->seq < expected)
		{
			put_problem(check, entry->seq, "there is another entry with this number");
			check->is_whole = false;
		}
		else if (check->has_state && entry->seq > timeline->settled_seq)
		{
			put_problem(check, entry->seq, "the entry is beyond the incident's newest");
			check->is_whole = false;
		}
		expected = Max(expected, (int64) entry->seq + 1);
		if (entry->kind == PGI_KINDS)
		{
			put_problem(check, entry->seq, "the entry is of an unknown kind");
			check->is_whole = false;
			continue;
		}
		check_entry(check, i);
		pgi_chain_hash(sha, &timeline->incident, timeline->opening, entry, hash);
		if (PGI_IS_FACT(entry->kind))
		{
			if (memcmp(hash, entry->hash, PGI_HASH_LENGTH) != 0)
				put_problem(
					check, entry->seq,
					i == 0 ? "the hash does not follow from the opening and the incident"
						   : "the hash does not follow from this entry and those since "
							 "the fact before");
			memcpy(hash, entry->hash, PGI_HASH_LENGTH);
		}
		check_head(check, entry->seq, hash);
	}
	pg_cryptohash_free(sha);
	if (check->has_state)
		put_missing(check, expected, (int64) timeline->settled_seq + 1);
	if (timeline->nentries == 0)
		check->is_whole = false;
}

/* Withdrawals, each of a derived entry that nothing has taken back before. */
static void
check_withdrawals(Check *check)
{
	const PgiTimeline *timeline = &check->timeline;
	bool *taken_back = palloc0(sizeof(bool) * timeline->nentries);

	for (int i = 0; i < timeline->nentries; i++)
	{
		const PgiEntry *entry = &timeline->entries[i];
		const PgiEntry *target;

		if (entry->kind != PGI_VOIDED)
			continue;
		target = entry->epoch >= 1 && entry->epoch < entry->seq
					 ? &timeline->entries[entry->epoch - 1]
					 : NULL;
		if (target == NULL || !PGI_IS_DERIVED(target->kind) ||
			taken_back[entry->epoch - 1] || entry->rule != PGI_RULE_WITHDRAWAL ||
			entry->effective_at != target->effective_at)
			put_problem(check, entry->seq, "it takes back what cannot be taken back");
		else
			taken_back[entry->epoch - 1] = true;
	}
}

/* Columns of the state that follow from more than the facts: time passes by calendars. */
static bool
goes_by_time(int column)
{
	switch (column)
	{
		case PGI_STATE_NEXT_DUE:
		case PGI_STATE_RESPONSE_LEVEL:
		case PGI_STATE_PEAK_RESPONSE:
		case PGI_STATE_BREACHED:
		case PGI_STATE_NEEDS_FULL_RUN:
		case PGI_STATE_ACKNOWLEDGEMENT_OVERDUE:
		case PGI_STATE_RESPONSE_OVERDUE:
		case PGI_STATE_DUTIES:
		case PGI_STATE_WITHOUT_EFFECT: /* a duty that was not due when it was done */
			return true;
		default:
			return (column >= PGI_STATE_ORIGINS &&
					column < PGI_STATE_ORIGINS + PGI_CLOCKS);
	}
}

/*
 * Whether the incident was marked to be settled anew by the next tick, and not for when it is
 * due by itself.
 */
static bool
is_marked(const Check *check, const PgiState *state)
{
	TimestampTz next_due = DatumGetTimestampTz(check->state[PGI_STATE_NEXT_DUE]);

	return DatumGetBool(check->state[PGI_STATE_NEEDS_FULL_RUN]) &&
		   !check->in_quarantine && !check->state_null[PGI_STATE_NEXT_DUE] &&
		   next_due != state->next_due && next_due <= pgi_argument_now();
}

/*
 * Compares the state with what follows from the facts up to the moment it is settled to:
 * the columns that go by time, or the others. Whether any differs; each is reported on
 * request.
 */
static bool
check_state(const Check *check, const PgiState *state, bool by_time, bool report)
{
	Datum values[PGI_STATE_COLUMNS];
	bool isnull[PGI_STATE_COLUMNS];
	bool differs = false;

	pgi_state_row(&check->timeline, check->timeline.settled_to, state, values, isnull);
	for (int i = 0; i < PGI_STATE_COLUMNS; i++)
	{
		if (goes_by_time(i) != by_time || i == PGI_STATE_SEQ || i == PGI_STATE_HEAD ||
			same_value(check->state_columns, i + 1, check->state[i], check->state_null[i],
					   values[i], isnull[i]))
			continue;
		/* Tried again later, as the quarantine says, and then from its facts. */
		if (check->in_quarantine &&
			(i == PGI_STATE_NEXT_DUE || i == PGI_STATE_NEEDS_FULL_RUN))
			continue;
		differs = true;
		if (report)
			put_problem(check, 0,
						psprintf("the state's %s does not follow from the facts",
								 SPI_fname(check->state_columns, i + 1)));
	}
	return differs;
}

/* Compares the derived entries with the events in the same way. */
static bool
check_events(const Check *check, const PgiCollected *collected, bool report)
{
	const PgiTimeline *timeline = &check->timeline;
	bool *extra = palloc(sizeof(bool) * timeline->nentries);
	bool *missing = palloc(sizeof(bool) * Max(collected->count, 1));
	bool differs = false;

	pgi_settle_compare(timeline, collected, extra, missing);
	for (int i = 0; i < timeline->nentries; i++)
	{
		differs |= extra[i];
		if (extra[i] && report)
			put_problem(check, timeline->entries[i].seq,
						"the entry does not follow from the facts");
	}
	for (int i = 0; i < collected->count; i++)
	{
		differs |= missing[i];
		if (missing[i] && report)
			put_problem(
				check, 0,
				psprintf("an entry that follows from the facts is missing: %s, %s",
						 pgi_kind_words[collected->events[i].kind],
						 timestamptz_to_str(collected->events[i].at)));
	}
	return differs;
}

/* Whether the moment that an incident is settled to can be one. */
static bool
check_settled_to(const Check *check)
{
	const PgiTimeline *timeline = &check->timeline;
	TimestampTz latest = Max(pgi_argument_now(), check->newest_tick);
	bool possible = true;

	for (int i = 0; i < timeline->nentries; i++)
	{
		latest = Max(latest, timeline->entries[i].recorded_at);
		if (PGI_IS_FACT(timeline->entries[i].kind) &&
			timeline->entries[i].effective_at > timeline->settled_to)
			possible = false;
	}
	if (possible && timeline->settled_to <= latest)
		return true;
	put_problem(check, 0, "the state's settled_to cannot be such a moment");
	return false;
}

/*
 * Computes what follows from the facts up to the moment the incident is settled to. What an
 * import of a calendar has changed since is no sign of tampering until ticks have followed
 * it up.
 */
static void
check_consequences(Check *check)
{
	PgiCollected collected;
	PgiState state;
	bool events_differ;
	bool state_differs;

	if (!check_settled_to(check))
		return;
	if (pgi_settle_derive(&check->timeline, check->timeline.settled_to, &collected,
						  &state) != PGI_OK)
	{
		put_problem(check, 0, "the policy cannot make anything of the facts");
		return;
	}
	(void) check_state(check, &state, false, true);
	if (check->in_quarantine)
		put_row(check, 0, "the incident is in quarantine and will be settled anew", true);
	events_differ = check_events(check, &collected, false);
	state_differs = check_state(check, &state, true, false);
	if ((events_differ || state_differs) &&
		(check->calendar_changes || is_marked(check, &state)))
	{
		put_row(
			check, 0,
			"a calendar was imported since: the next tick settles the incident anew, and "
			"what goes by time cannot be verified before",
			true);
		return;
	}
	(void) check_events(check, &collected, true);
	(void) check_state(check, &state, true, true);
}

PG_FUNCTION_INFO_V1(pgi_verify_timeline);
Datum
pgi_verify_timeline(PG_FUNCTION_ARGS)
{
	Check check = {.is_whole = true};
	int32 org_id;

	InitMaterializedSRF(fcinfo, 0);
	check.result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPI_connect();
	org_id = pgi_timeline_organisation(PG_GETARG_INT64(0));
	pgi_timeline_start(&check.timeline, org_id, PG_GETARG_INT64(0), 0);
	check.has_state = read_state(&check);
	check.has_incident = read_incident(&check);
	if (!check.has_state && !check.has_incident)
		pgi_timeline_refuse_unknown(org_id, PG_GETARG_INT64(0));
	if (!check.has_state)
		put_problem(&check, 0, "the incident has no state");
	if (!check.has_incident)
		put_problem(&check, 0, "the incident itself is missing");
	read_entries(&check);
	find_opening(&check);
	check_policies(&check);
	check_marks(&check);
	check_chain(&check);
	if (check.has_incident && check.timeline.nentries > 0 &&
		check.detected_at != check.timeline.entries[0].effective_at)
		put_problem(&check, 0, "the incident's detected_at is not the opening's");
	if (check.has_state && check.timeline.nentries > 0 &&
		check.timeline.incident.month !=
			pgi_bucket_month(check.timeline.entries[0].recorded_at))
		put_problem(&check, 0, "the state's month is not that of the opening");
	if (check.is_whole)
		check_withdrawals(&check);
	if (check.is_whole && check.has_state && check.has_policy &&
		check.policy_id == check.timeline.policy_id)
		check_consequences(&check);
	SPI_finish();
	return (Datum) 0;
}

/*
 * NULL for an entry that there is not; so what was forgotten is no error where kept heads
 * are looked through.
 */
PG_FUNCTION_INFO_V1(pgi_timeline_hash);
Datum
pgi_timeline_hash(PG_FUNCTION_ARGS)
{
	int32 seq = PG_GETARG_INT32(1);
	uint8 hash[PGI_HASH_LENGTH] = {0};
	Check check = {.is_whole = true};
	PgiTimeline *timeline = &check.timeline;
	bool found = false;
	pg_cryptohash_ctx *sha;

	SPI_connect();
	pgi_timeline_start(timeline, pgi_timeline_organisation(PG_GETARG_INT64(0)),
					   PG_GETARG_INT64(0), 0);
	if (!read_state(&check) || !read_incident(&check))
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	read_entries(&check);
	find_opening(&check);
	sha = pgi_chain_begin();
	for (int i = 0; i < timeline->nentries && !found; i++)
	{
		if (timeline->entries[i].kind == PGI_KINDS)
			break;
		pgi_chain_hash(sha, &timeline->incident, timeline->opening, &timeline->entries[i],
					   hash);
		found = timeline->entries[i].seq == seq;
	}
	pg_cryptohash_free(sha);
	SPI_finish();
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(pgi_entry_hash_value(hash));
}
