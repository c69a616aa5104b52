/*
 * text.h: memory, texts that grow, and arrays as PostgreSQL reads them.
 */
#ifndef RELAY_TEXT_H
#define RELAY_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* A text that grows; all zero is an empty one. The data end with a NUL that length leaves out. */
typedef struct Text
{
	char *data;
	size_t length;
	size_t room;
} Text;

extern void *memory_get(size_t size);
extern void *memory_resize(void *memory, size_t size);
extern char *text_copy(const char *source);
extern void text_add(Text *text, const char *data, size_t length);
extern void text_format(Text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void text_vformat(Text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
extern const char *text_chars(const Text *text);
extern void text_keep_end(Text *text, size_t most);
extern void text_make_plain(Text *text);
extern void text_free(Text *text);
extern void array_add(Text *array, const char *item);
extern const char *array_chars(Text *array);

#endif
