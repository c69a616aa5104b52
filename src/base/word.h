/*
 * word.h: words as people write them, in the encoding of the database, brought to one form
 * in which they can be compared.
 */
#ifndef PGI_WORD_H
#define PGI_WORD_H

#include "mb/pg_wchar.h"

/* No word that is compared is longer, in bytes. */
#define PGI_WORD_LENGTH 255
#define PGI_WORD_SIZE (PGI_WORD_LENGTH + 1)
#define PGI_TRANSCODED_SIZE (PGI_WORD_LENGTH * MAX_CONVERSION_GROWTH + 1)

extern bool pgi_word_fold(const char *word, size_t length, char key[PGI_WORD_SIZE]);
extern bool pgi_word_transcode(const char *source, size_t length, int from, int to,
							   char result[PGI_TRANSCODED_SIZE]);
extern int pgi_word_text_encoding(void);
extern int pgi_word_client_encoding(void);
extern bool pgi_word_client_can_read(const char *word);

#endif
