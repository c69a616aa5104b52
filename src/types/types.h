/*
 * types.h: the words of the extension's types, for modules that read or write them.
 */
#ifndef PGI_TYPES_H
#define PGI_TYPES_H

/* The code of a word as output gives it; -1 when it is none. */
extern int pgi_types_severity_code(const char *word);
extern int pgi_types_level_code(const char *word);

/* The word that output gives for a code. */
extern const char *pgi_types_severity_word(int code);
extern const char *pgi_types_level_word(int code);

/* The code of a word by its key (word.h); -1 when the type has none. */
extern int pgi_types_severity_of_key(const char *key);
extern int pgi_types_level_of_key(const char *key);

/* The words that input takes for a code, by number; "": not to be shown, NULL: no more. */
extern const char *pgi_types_severity_words(int code, int number);
extern const char *pgi_types_level_words(int code, int number);

#endif
