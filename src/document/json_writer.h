/*
 * json_writer.h: writing a document.
 */
#ifndef PGI_JSON_WRITER_H
#define PGI_JSON_WRITER_H

#include "utils/jsonb.h"

/* What is being written; all zero at first. */
typedef struct PgiJsonWriter
{
	JsonbParseState *state;
	JsonbValue *whole; /* once its object has ended */
} PgiJsonWriter;

extern void pgi_json_write_begin(PgiJsonWriter *json, const char *key);
extern void pgi_json_write_word(PgiJsonWriter *json, const char *key, const char *word);
extern void pgi_json_write_integer(PgiJsonWriter *json, const char *key, int64 number);
extern void pgi_json_write_end(PgiJsonWriter *json);
extern Jsonb *pgi_json_written(const PgiJsonWriter *json);
extern char *pgi_json_written_text(const PgiJsonWriter *json);

#endif
