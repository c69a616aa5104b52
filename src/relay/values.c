/*
 * values.c: durations, counts and commands as the configuration writes them.
 *
 * Each reader returns NULL, or what is wrong with the text.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/moment.h"
#include "relay/text.h"
#include "relay/values.h"

#define MOST_DIGITS 9

static const struct
{
	const char *name;
	int64_t length;
} units[] = {{"ms", 1}, {"s", SECONDS}, {"min", 60 * SECONDS}, {"h", 60 * 60 * SECONDS}};

static const char *
after_blanks(const char *text)
{
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

/* What follows the number, or NULL where there is none. */
static const char *
read_number(const char *text, int64_t *number)
{
	const char *first = text;

	for (*number = 0; *text >= '0' && *text <= '9' && text - first < MOST_DIGITS; text++)
		*number = *number * 10 + (*text - '0');
	return text == first || isdigit((unsigned char) *text) ? NULL : text;
}

const char *
value_count(const char *text, int64_t *count)
{
	text = read_number(text, count);
	return text == NULL || *text != '\0' ? "is no whole number" : NULL;
}

/* In milliseconds. */
const char *
value_duration(const char *text, int64_t *duration)
{
	size_t i;

	text = read_number(text, duration);
	if (text == NULL)
		return "is no time; write it as 30 s, 500 ms, 5 min or 1 h";
	text = after_blanks(text);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
	{
		if (strcmp(text, units[i].name) == 0)
		{
			*duration *= units[i].length;
			return NULL;
		}
	}
	return "needs a unit: ms, s, min or h";
}

/*
 * One word, without its quotes, and what follows it; NULL where a quote is not closed. Quotes keep
 * blanks together, '' and "" alike, and nothing in them has another meaning.
 */
static const char *
read_word(const char *text, Text *word)
{
	text_add(word, "", 0);
	while (*text != '\0' && !isspace((unsigned char) *text))
	{
		if (*text == '\'' || *text == '"')
		{
			const char *end = strchr(text + 1, *text);

			if (end == NULL)
				return NULL;
			text_add(word, text + 1, end - text - 1);
			text = end + 1;
		}
		else
			text_add(word, text++, 1);
	}
	return text;
}

/* The words of a command, with NULL at their end. */
const char *
value_words(const char *text, char ***words)
{
	size_t n = 0;

	*words = memory_get(sizeof(char *));
	for (text = after_blanks(text); *text != '\0'; text = after_blanks(text))
	{
		Text word = {0};

		text = read_word(text, &word);
		if (text == NULL)
		{
			text_free(&word);
			words_free(*words);
			*words = NULL;
			return "has a quote that is not closed";
		}
		*words = memory_resize(*words, (n + 2) * sizeof(char *));
		(*words)[n++] = word.data;
		(*words)[n] = NULL;
	}
	return NULL;
}

void
words_free(char **words)
{
	char **word;

	for (word = words; word != NULL && *word != NULL; word++)
		free(*word);
	free(words);
}
