/*
 * values.h: durations, counts and commands as the configuration writes them.
 */
#ifndef RELAY_VALUES_H
#define RELAY_VALUES_H

#include <stdbool.h>
#include <stdint.h>

extern const char *value_count(const char *text, int64_t *count);
extern const char *value_duration(const char *text, int64_t *duration);
extern const char *value_words(const char *text, char ***words);
extern void words_free(char **words);

#endif
