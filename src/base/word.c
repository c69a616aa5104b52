/*
 * word.c: brings a word to the form in which it is compared: its key, in UTF-8.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/string.h"
#include "utils/guc.h"

#include "base/word.h"

/* A key while it is written. */
typedef struct Key
{
	char *bytes;
	size_t length;
	bool blank;		/* blanks have been read since the last character, */
	bool joined;	/* or hyphens and low lines */
	bool last_wide; /* the last character is not ASCII */
	bool is_full;
} Key;

/* The encoding of a text in the database; one that declares none is taken for UTF-8. */
int
pgi_word_text_encoding(void)
{
	int encoding = GetDatabaseEncoding();

	return encoding == PG_SQL_ASCII ? PG_UTF8 : encoding;
}

/*
 * Writes a short text in another encoding. False when it is too long or cannot be
 * written there; SQL_ASCII is not known to be able to hold anything.
 */
bool
pgi_word_transcode(const char *source, size_t length, int from, int to,
				   char result[PGI_TRANSCODED_SIZE])
{
	Oid conversion;

	if (length > PGI_WORD_LENGTH)
		return false;
	if (from == to)
	{
		memcpy(result, source, length);
		result[length] = '\0';
		return true;
	}
	conversion = FindDefaultConversionProc(from, to);
	return OidIsValid(conversion) &&
		   pg_do_encoding_conversion_buf(conversion, from, to, (unsigned char *) source,
										 (int) length, (unsigned char *) result,
										 PGI_TRANSCODED_SIZE, true) == (int) length;
}

/*
 * The encoding of the client, also in a parallel worker: there the setting still has it, while
 * what is sent goes to the leader in the server's encoding.
 */
int
pgi_word_client_encoding(void)
{
	return pg_valid_client_encoding(GetConfigOption("client_encoding", false, false));
}

/* Whether a text of the database can be sent to the client. */
bool
pgi_word_client_can_read(const char *word)
{
	char for_client[PGI_TRANSCODED_SIZE];

	return pg_is_ascii(word) ||
		   pgi_word_transcode(word, strlen(word), pgi_word_text_encoding(),
							  pgi_word_client_encoding(), for_client);
}

static bool
is_white_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
put(Key *key, const char *bytes, size_t length)
{
	if (key->length + length > PGI_WORD_LENGTH)
		key->is_full = true;
	else
	{
		memcpy(key->bytes + key->length, bytes, length);
		key->length += length;
	}
}

/*
 * What joins two words is one space, however it is written. Blanks count for nothing at the
 * beginning and beside a character that is not ASCII: Chinese is written without them.
 */
static void
put_joint(Key *key, bool next_wide)
{
	bool nothing = key->length == 0 || key->last_wide || next_wide;

	if (key->joined || (key->blank && !nothing))
		put(key, " ", 1);
	key->blank = key->joined = false;
}

static void
put_ascii(Key *key, char c)
{
	if (c == ' ')
		key->blank = true;
	else if (c == '-' || c == '_')
		key->joined = true;
	else
	{
		put_joint(key, false);
		c = pg_ascii_tolower(c);
		put(key, &c, 1);
		key->last_wide = false;
	}
}

/* A character that is not ASCII, in UTF-8; what is only another shape of ASCII becomes it. */
static void
put_wide(Key *key, const char *bytes, size_t length)
{
	static const char *const roman[] = {"i",  "ii",	 "iii",	 "iv", "v",
										"vi", "vii", "viii", "ix"};
	pg_wchar c = length > 1 ? utf8_to_unicode((const unsigned char *) bytes) : 0;

	if (c == 0x00A0 || c == 0x3000) /* blanks: no-break, ideographic */
		put_ascii(key, ' ');
	else if (c >= 0xFF01 && c <= 0xFF5E) /* full width */
		put_ascii(key, (char) (c - 0xFF01 + '!'));
	else if ((c >= 0x2160 && c <= 0x2168) || (c >= 0x2170 && c <= 0x2178))
		for (const char *digit = roman[(c - 0x2160) % 16]; *digit != '\0'; digit++)
			put_ascii(key, *digit);
	else
	{
		put_joint(key, true);
		put(key, bytes, length);
		key->last_wide = true;
	}
}

/*
 * The key of a word in the database's encoding. The case of ASCII letters, full width, Roman
 * numerals of one character and white space around the word do not count. False when the word
 * is too long to be one, or cannot be read.
 */
bool
pgi_word_fold(const char *word, size_t length, char bytes[PGI_WORD_SIZE])
{
	Key key = {.bytes = bytes};
	const char *end = word + length;
	char utf8[PGI_TRANSCODED_SIZE];

	while (word < end && is_white_space(*word))
		word++;
	while (end > word && is_white_space(end[-1]))
		end--;
	if (pgi_word_text_encoding() != PG_UTF8 && !pg_is_ascii(word))
	{
		if (!pgi_word_transcode(word, end - word, pgi_word_text_encoding(), PG_UTF8,
								utf8))
			return false;
		word = utf8;
		end = utf8 + strlen(utf8);
	}

	while (word < end && !key.is_full)
	{
		int width = pg_utf_mblen((const unsigned char *) word);

		if (!IS_HIGHBIT_SET(*word))
			put_ascii(&key, *word++);
		else
		{
			if (width > end - word ||
				!pg_utf8_islegal((const unsigned char *) word, width))
				width = 1;
			put_wide(&key, word, width);
			word += width;
		}
	}
	if (key.joined)
		put(&key, " ", 1);
	bytes[key.length] = '\0';
	return !key.is_full;
}
