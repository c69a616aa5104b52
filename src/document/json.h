/*
 * json.h: reading a document that has its shape.
 */
#ifndef PGI_JSON_H
#define PGI_JSON_H

#include "utils/jsonb.h"

/* A key that is null reads as one that is left out. */
extern void pgi_json_root(Jsonb *document, JsonbValue *value);
extern JsonbContainer *pgi_json_container(const JsonbValue *value);
extern bool pgi_json_is_object(const JsonbValue *value);
extern bool pgi_json_is_array(const JsonbValue *value);
extern bool pgi_json_has(JsonbContainer *object, const char *key);
extern JsonbValue *pgi_json_field(JsonbContainer *object, const char *key);
extern JsonbContainer *pgi_json_part(JsonbContainer *object, const char *key);
extern int pgi_json_count(JsonbContainer *array);
extern JsonbContainer *pgi_json_item(JsonbContainer *array, int number);
extern char *pgi_json_item_word(JsonbContainer *array, int number);
extern char *pgi_json_word(const JsonbValue *value);
extern char *pgi_json_text(JsonbContainer *object, const char *key);
extern char *pgi_json_grade(JsonbContainer *object, const char *key);
extern int32 pgi_json_integer(JsonbContainer *object, const char *key);
extern int64 pgi_json_time(JsonbContainer *object, const char *key);
extern int64 pgi_json_term(JsonbContainer *object, const char *key, int64 day);

#endif
