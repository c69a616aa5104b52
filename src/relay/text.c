/*
 * text.c: memory, texts that grow, and arrays as PostgreSQL reads them.
 *
 * Nothing is done without memory: the relay ends, and what it held is taken over when its leases
 * end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "relay/text.h"

static void *
checked(void *memory)
{
	if (memory == NULL)
	{
		fputs("pg_incident_relay: out of memory\n", stderr);
		exit(EX_OSERR);
	}
	return memory;
}

/* Memory that is all zero. */
void *
memory_get(size_t size)
{
	return checked(calloc(1, size));
}

void *
memory_resize(void *memory, size_t size)
{
	return checked(realloc(memory, size));
}

char *
text_copy(const char *source)
{
	return checked(strdup(source));
}

void
text_add(Text *text, const char *data, size_t length)
{
	if (text->length + length >= text->room)
	{
		text->room = 2 * (text->length + length) + 32;
		text->data = memory_resize(text->data, text->room);
	}
	if (length > 0)
		memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void
text_vformat(Text *text, const char *format, va_list arguments)
{
	char *formatted = NULL;
	int length = vasprintf(&formatted, format, arguments);

	if (length < 0)
		checked(NULL);
	text_add(text, formatted, length);
	free(formatted);
}

void
text_format(Text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vformat(text, format, arguments);
	va_end(arguments);
}

const char *
text_chars(const Text *text)
{
	return text->data == NULL ? "" : text->data;
}

/* Takes away from the beginning until no more is left than that. */
void
text_keep_end(Text *text, size_t most)
{
	if (text->length <= most)
		return;
	memmove(text->data, text->data + text->length - most, most + 1);
	text->length = most;
}

/* How many bytes the character has that begins here, 0 where it is not valid UTF-8. */
static size_t
character_bytes(const unsigned char *c)
{
	size_t bytes, i;

	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	bytes = c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < bytes; i++)
	{
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	/* What is written longer than it need be, halves of UTF-16, and what is beyond Unicode. */
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
		(c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return bytes;
}

/* Makes of any bytes one line of UTF-8 that a database takes, without blanks at its ends. */
void
text_make_plain(Text *text)
{
	size_t from = 0, to = 0;

	while (from < text->length)
	{
		unsigned char *c = (unsigned char *) text->data + from;
		size_t bytes = character_bytes(c);

		if (bytes == 0)
			*c = '?';
		else if (*c < ' ' || *c == 127)
			*c = ' ';
		bytes += bytes == 0;
		if (to > 0 || *c != ' ')
		{
			memmove(text->data + to, c, bytes);
			to += bytes;
		}
		from += bytes;
	}
	while (to > 0 && text->data[to - 1] == ' ')
		to--;
	if (text->data != NULL)
		text->data[to] = '\0';
	text->length = to;
}

void
text_free(Text *text)
{
	free(text->data);
	*text = (Text){0};
}

/* Adds an item to an array, which is empty while its text is; NULL is a null. */
void
array_add(Text *array, const char *item)
{
	text_add(array, array->length == 0 ? "{" : ",", 1);
	if (item == NULL)
	{
		text_add(array, "NULL", 4);
		return;
	}
	text_add(array, "\"", 1);
	for (; *item != '\0'; item++)
	{
		if (*item == '"' || *item == '\\')
			text_add(array, "\\", 1);
		text_add(array, item, 1);
	}
	text_add(array, "\"", 1);
}

/* Ends an array. */
const char *
array_chars(Text *array)
{
	text_add(array, array->length == 0 ? "{}" : "}", array->length == 0 ? 2 : 1);
	return array->data;
}
