/*
 * policy_terms.c: the times in a policy's document that count on calendars.
 */
#include "postgres.h"

#include "base/compat.h"
#include "document/document.h"
#include "document/json.h"
#include "policy/policy_terms.h"
#include "types/types.h"

/* Terms on their way out of a document. */
typedef struct Reading
{
	const PgiPolicySource *source;
	List *terms;
} Reading;

/* Adds the time under a key, if there is one, for some event levels. */
static void
add_term(Reading *reading, JsonbContainer *object, const char *place, const char *key,
		 unsigned levels)
{
	char *word = pgi_json_text(object, key);
	PgiTerm *term;

	if (word == NULL)
		return;
	term = palloc0(sizeof(PgiTerm));
	term->place = pgi_document_place_key(place, key);
	term->word = word;
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if (reading->source->defined[level] && levels & PGI_LEVEL_BIT(level))
			term->calendars |= 1u << reading->source->calendar[level];
	reading->terms = lappend(reading->terms, term);
}

static void
read_level(Reading *reading, JsonbContainer *item, const char *place)
{
	unsigned level = PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_text(item, "level")));
	JsonbContainer *acknowledge = pgi_json_part(item, "acknowledge");
	JsonbContainer *steps;

	add_term(reading, item, place, "processing_time", level);
	add_term(reading, item, place, "respond_within", level);
	if (acknowledge == NULL)
		return;
	place = pgi_document_place_key(place, "acknowledge");
	add_term(reading, acknowledge, place, "within", level);
	steps = pgi_json_part(acknowledge, "steps");
	for (int i = 0; i < pgi_json_count(steps); i++)
		add_term(reading, pgi_json_item(steps, i),
				 pgi_document_place_item(pgi_document_place_key(place, "steps"), i),
				 "within", level);
}

static unsigned
level_bits(JsonbContainer *levels)
{
	unsigned bits = 0;

	for (int i = 0; i < pgi_json_count(levels); i++)
		bits |= PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_item_word(levels, i)));
	return bits;
}

static void
read_step(Reading *reading, JsonbContainer *step, const char *place)
{
	JsonbContainer *levels = pgi_json_part(step, "event_levels");
	unsigned bits = levels == NULL ? ~0u : level_bits(levels);

	add_term(reading, step, place, "elapsed", bits);
	add_term(reading, step, place, "remaining", bits);
	add_term(reading, step, place, "inactive", bits);
}

/* A duty goes by the calendar of the event level, also where response levels have its times. */
static void
read_duty(Reading *reading, JsonbContainer *duty, const char *place)
{
	bool by_response = strcmp(pgi_json_text(duty, "scope"), "response_level") == 0;
	JsonbContainer *lines = pgi_json_part(duty, "for");

	for (int i = 0; i < pgi_json_count(lines); i++)
	{
		JsonbContainer *line = pgi_json_item(lines, i);

		add_term(reading, line,
				 pgi_document_place_item(pgi_document_place_key(place, "for"), i),
				 "within", by_response ? ~0u : level_bits(pgi_json_part(line, "levels")));
	}
}

/* All terms of a document that the kernel has room for; the source is what was read of it. */
List *
pgi_policy_terms(JsonbContainer *document, const PgiPolicySource *source)
{
	JsonbContainer *levels = pgi_json_part(document, "levels");
	JsonbContainer *steps = pgi_json_part(pgi_json_part(document, "escalation"), "steps");
	JsonbContainer *duties = pgi_json_part(document, "duties");
	Reading reading = {source, NIL};

	for (int i = 0; i < pgi_json_count(levels); i++)
		read_level(&reading, pgi_json_item(levels, i),
				   pgi_document_place_item("$.levels", i));
	for (int i = 0; i < pgi_json_count(steps); i++)
		read_step(&reading, pgi_json_item(steps, i),
				  pgi_document_place_item("$.escalation.steps", i));
	for (int i = 0; i < pgi_json_count(duties); i++)
		read_duty(&reading, pgi_json_item(duties, i),
				  pgi_document_place_item("$.duties", i));
	return reading.terms;
}
