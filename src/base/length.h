/*
 * length.h: lengths of time as people write them and as PostgreSQL stores them.
 */
#ifndef PGI_LENGTH_H
#define PGI_LENGTH_H

#include "datatype/timestamp.h"

extern bool pgi_length_read(const char *word, int64 *length);
extern bool pgi_length_read_term(const char *word, int64 day, int64 *length);
extern bool pgi_length_read_turn(const char *word, int64 *length, bool *of_days);
extern bool pgi_length_is_working_days(const char *word);
extern int64 pgi_length_of_interval(const Interval *interval, const char *what);

#endif
