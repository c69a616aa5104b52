/*
 * policy_terms.c: the times in a policy's document that count on calendars, and what people
 * may not expect of them.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/language.h"
#include "policy/policy_document.h"
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
	term->place = pgi_place_key(place, key);
	term->word = word;
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if (reading->source->defined[level] && levels & PGI_LEVEL_BIT(level))
			term->calendars |= 1u << reading->source->calendar[level];
	reading->terms = lappend(reading->terms, term);
}

static void
read_level(Reading *reading, JsonbContainer *item, const char *place)
{
	unsigned level = PGI_LEVEL_BIT(pgi_level_code(pgi_json_text(item, "level")));
	JsonbContainer *acknowledge = pgi_json_part(item, "acknowledge");
	JsonbContainer *steps;

	add_term(reading, item, place, "processing_time", level);
	add_term(reading, item, place, "respond_within", level);
	if (acknowledge == NULL)
		return;
	place = pgi_place_key(place, "acknowledge");
	add_term(reading, acknowledge, place, "within", level);
	steps = pgi_json_part(acknowledge, "steps");
	for (int i = 0; i < pgi_json_count(steps); i++)
		add_term(reading, pgi_json_item(steps, i),
				 pgi_place_item(pgi_place_key(place, "steps"), i), "within", level);
}

static unsigned
level_bits(JsonbContainer *levels)
{
	unsigned bits = 0;

	for (int i = 0; i < pgi_json_count(levels); i++)
		bits |= PGI_LEVEL_BIT(pgi_level_code(pgi_json_item_word(levels, i)));
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

		add_term(reading, line, pgi_place_item(pgi_place_key(place, "for"), i), "within",
				 by_response ? ~0u : level_bits(pgi_json_part(line, "levels")));
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
		read_level(&reading, pgi_json_item(levels, i), pgi_place_item("$.levels", i));
	for (int i = 0; i < pgi_json_count(steps); i++)
		read_step(&reading, pgi_json_item(steps, i),
				  pgi_place_item("$.escalation.steps", i));
	for (int i = 0; i < pgi_json_count(duties); i++)
		read_duty(&reading, pgi_json_item(duties, i), pgi_place_item("$.duties", i));
	return reading.terms;
}

/* Whether a time is written in days, weeks, months or years, and not in working days. */
static bool
has_plain_days(const char *word)
{
	const Interval *interval;

	if (pgi_is_working_days(word))
		return false;
	interval = DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(word),
													 ObjectIdGetDatum(InvalidOid),
													 Int32GetDatum(-1)));
	return interval->day != 0 || interval->month != 0;
}

/* Puts out what is to be said of a term under one of its calendars. */
static void
remark(ReturnSetInfo *result, const PgiTerm *term, const char *name,
	   const PgiCalendar *calendar, PgiLanguage language)
{
	char *words = NULL;
	int64 length;

	if (!calendar->always && has_plain_days(term->word))
	{
		(void) pgi_read_length(term->word, &length);
		words = psprintf(
			"A day counts 24 worked hours: \"%s\" on calendar \"%s\" are " INT64_FORMAT
			" hours, or %.4g of its working days. Write working days, or hours.",
			term->word, name, length / USECS_PER_HOUR, (double) length / calendar->day);
	}
	else if (calendar->always && pgi_is_working_days(term->word))
		words = psprintf("A working day of calendar \"%s\" has 24 hours.", name);
	if (words != NULL)
		pgi_put_finding(result, term->place, pgi_in_language(language, words));
}

/* (document, language): what people may not expect of a policy that is sound. */
PG_FUNCTION_INFO_V1(pgi_policy_remarks);
Datum
pgi_policy_remarks(PG_FUNCTION_ARGS)
{
	PgiLanguage language = pgi_language_argument(fcinfo, 1);
	Jsonb *document;
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PgiPolicySource source;
	PgiPolicyPlaces places;
	PgiCalendarNames calendars;
	JsonbValue root;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
	{
		pgi_put_finding(result, "$", pgi_in_language(language, "There is no document."));
		return (Datum) 0;
	}
	document = PG_GETARG_JSONB_P(0);
	pgi_expect_sound_policy(document);
	pgi_json_root(document, &root);
	pgi_read_source(pgi_json_container(&root), &source, &calendars, &places);
	foreach (cell, pgi_policy_terms(pgi_json_container(&root), &source))
	{
		const PgiTerm *term = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < calendars.count; i++)
			if (term->calendars & 1u << i && calendars.calendar[i] != NULL)
				remark(result, term, NameStr(calendars.name[i]), calendars.calendar[i],
					   language);
	}
	return (Datum) 0;
}
