/*
 * chain.c: the SHA-256 chain over an incident's entries.
 *
 * An entry's hash covers the hash before it (32 zero bytes for the first) and every
 * field of the entry, so that no two different entries give the same bytes. A fact's
 * fields are each written as text, with the length in front of what people wrote; text is
 * taken in UTF-8, whatever the database's encoding, so that a chain stands when it is
 * restored into another one. The hash of the opening covers the incident as it was opened
 * too. What ticks write is numbers of a fixed width, biggest byte
 * first, behind the letter d, with which no fact begins.
 *
 * Facts are stored with their hash. That of the others follows, and the newest of all is
 * in the state row.
 */
#include "postgres.h"

#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "incident/chain.h"

/* Of a number of 64 bits with its sign, separator and end. */
#define MAX_DIGITS 22

static void
add_text(StringInfo bytes, const char *field)
{
	if (field == NULL)
		appendStringInfoString(bytes, "-;");
	else
	{
		char *utf8 = pg_server_to_any(field, strlen(field), PG_UTF8);

		appendStringInfo(bytes, "%zu:%s;", strlen(utf8), utf8);
	}
}

static void
add_number(StringInfo bytes, int64 field)
{
	enlargeStringInfo(bytes, MAX_DIGITS);
	bytes->len += pg_lltoa(field, bytes->data + bytes->len);
	appendStringInfoChar(bytes, ';');
}

/* Of the policy no id is taken, which may be another one where the incident is moved to. */
static void
write_opening(StringInfo bytes, const PgiOpening *opening)
{
	add_text(bytes, opening->policy.name);
	add_text(bytes, opening->policy.version);
	add_text(bytes, opening->policy.digest);
	add_text(bytes, opening->category);
	add_text(bytes, opening->confidentiality);
	add_text(bytes, opening->ticket);
	add_text(bytes, opening->dedup_key);
	add_number(bytes, opening->drill);
}

static void
write_fact(StringInfo bytes, const PgiIncident *incident, const PgiOpening *opening,
		   const PgiEntry *entry)
{
	add_number(bytes, incident->org_id);
	add_number(bytes, incident->incident_id);
	add_number(bytes, entry->seq);
	add_text(bytes, pgi_kind_words[entry->kind]);
	add_number(bytes, entry->effective_at);
	add_number(bytes, entry->recorded_at);
	add_number(bytes, entry->sets_asset);
	add_number(bytes, entry->sets_severity);
	add_number(bytes, entry->asset_id);
	add_number(bytes, entry->asset_level);
	add_number(bytes, entry->severity);
	add_number(bytes, entry->event_level);
	add_number(bytes, entry->response_level);
	add_number(bytes, entry->epoch);
	add_number(bytes, entry->rule);
	add_number(bytes, entry->occurrence);
	add_text(bytes, entry->duty);
	add_text(bytes, entry->actor);
	add_text(bytes, entry->recorded_by);
	add_text(bytes, entry->note);
	add_text(bytes, entry->evidence);
	if (entry->kind == PGI_OPENED)
		write_opening(bytes, opening);
}

static uint8 *
put16(uint8 *bytes, int16 field)
{
	uint16 value = pg_hton16((uint16) field);

	memcpy(bytes, &value, sizeof(value));
	return bytes + sizeof(value);
}

static uint8 *
put32(uint8 *bytes, int32 field)
{
	uint32 value = pg_hton32((uint32) field);

	memcpy(bytes, &value, sizeof(value));
	return bytes + sizeof(value);
}

static uint8 *
put64(uint8 *bytes, int64 field)
{
	uint64 value = pg_hton64((uint64) field);

	memcpy(bytes, &value, sizeof(value));
	return bytes + sizeof(value);
}

#define DECISION_LENGTH 45

static void
write_decision(uint8 *bytes, const PgiIncident *incident, const PgiEntry *entry)
{
	*bytes++ = 'd';
	bytes = put32(bytes, incident->org_id);
	bytes = put64(bytes, incident->incident_id);
	bytes = put32(bytes, entry->seq);
	bytes = put16(bytes, entry->kind);
	bytes = put64(bytes, entry->effective_at);
	bytes = put64(bytes, entry->recorded_at);
	bytes = put32(bytes, entry->epoch);
	bytes = put16(bytes, entry->rule);
	bytes = put16(bytes, entry->occurrence);
	*bytes++ = entry->event_level;
	*bytes++ = entry->response_level;
}

static void
hash_bytes(pg_cryptohash_ctx *sha, const uint8 *before, const uint8 *bytes, size_t length,
		   uint8 *hash)
{
	if (pg_cryptohash_init(sha) < 0 ||
		pg_cryptohash_update(sha, before, PGI_HASH_LENGTH) < 0 ||
		pg_cryptohash_update(sha, bytes, length) < 0 ||
		pg_cryptohash_final(sha, hash, PGI_HASH_LENGTH) < 0)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute a SHA-256 hash")));
}

/* What hashes are computed with; goes with pg_cryptohash_free or the transaction. */
pg_cryptohash_ctx *
pgi_chain_begin(void)
{
	pg_cryptohash_ctx *sha = pg_cryptohash_create(PG_SHA256);

	if (sha == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return sha;
}

/* Turns the hash before an entry into the entry's own; only that of an opening needs `opening`. */
void
pgi_chain_hash(pg_cryptohash_ctx *sha, const PgiIncident *incident,
			   const PgiOpening *opening, const PgiEntry *entry, uint8 *hash)
{
	if (PGI_IS_FACT(entry->kind))
	{
		StringInfoData bytes;

		initStringInfo(&bytes);
		write_fact(&bytes, incident, opening, entry);
		hash_bytes(sha, hash, (const uint8 *) bytes.data, bytes.len, hash);
		pfree(bytes.data);
	}
	else
	{
		uint8 bytes[DECISION_LENGTH];

		write_decision(bytes, incident, entry);
		hash_bytes(sha, hash, bytes, DECISION_LENGTH, hash);
	}
}
