/*
 * chain.c: the SHA-256 chain over an incident's entries.
 *
 * An entry's hash covers the hash before it (32 zero bytes for the first) and every
 * field of the entry, each written as text with its length in front, so that no two
 * different entries give the same bytes. Text is taken in UTF-8, whatever the database's
 * encoding, so that a chain stands when it is restored into another one.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "chain.h"

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

/* Writes the hash of an entry that follows the one with hash `before`. */
void
pgi_chain_hash(const PgiTimeline *timeline, const PgiEntry *entry, const uint8 *before,
			   uint8 *hash)
{
	pg_cryptohash_ctx *sha = pg_cryptohash_create(PG_SHA256);
	StringInfoData bytes;

	initStringInfo(&bytes);
	add_number(&bytes, timeline->org_id);
	add_number(&bytes, timeline->incident_id);
	add_number(&bytes, entry->seq);
	add_text(&bytes, pgi_kind_words[entry->kind]);
	add_number(&bytes, entry->effective_at);
	add_number(&bytes, entry->recorded_at);
	add_number(&bytes, entry->sets_asset);
	add_number(&bytes, entry->sets_severity);
	add_number(&bytes, entry->asset_id);
	add_number(&bytes, entry->asset_level);
	add_number(&bytes, entry->severity);
	add_number(&bytes, entry->is_graded);
	add_number(&bytes, entry->event_level);
	add_number(&bytes, entry->response_level);
	add_number(&bytes, entry->epoch);
	add_number(&bytes, entry->rule);
	add_number(&bytes, entry->occurrence);
	add_number(&bytes, entry->voids);
	add_text(&bytes, entry->actor);
	add_text(&bytes, entry->recorded_by);
	add_text(&bytes, entry->note);

	if (sha == NULL || pg_cryptohash_init(sha) < 0 ||
		pg_cryptohash_update(sha, before, PGI_HASH_LENGTH) < 0 ||
		pg_cryptohash_update(sha, (const uint8 *) bytes.data, bytes.len) < 0 ||
		pg_cryptohash_final(sha, hash, PGI_HASH_LENGTH) < 0)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute a SHA-256 hash")));
	pg_cryptohash_free(sha);
	pfree(bytes.data);
}

/* Makes an entry the newest of its timeline's chain. */
void
pgi_chain(PgiTimeline *timeline, PgiEntry *entry)
{
	pgi_chain_hash(timeline, entry, timeline->head, entry->hash);
	memcpy(timeline->head, entry->hash, PGI_HASH_LENGTH);
}
