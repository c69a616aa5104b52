/*
 * policy_remarks.c: what people may not expect of the times in a policy.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/language.h"
#include "base/length.h"
#include "document/json.h"
#include "policy/policy_document.h"
#include "policy/policy_reader.h"
#include "policy/policy_terms.h"

/* Whether a time is written in days, weeks, months or years, and not in working days. */
static bool
has_plain_days(const char *word)
{
	const Interval *interval;

	if (pgi_length_is_working_days(word))
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
		(void) pgi_length_read(term->word, &length);
		words = psprintf(
			"A day counts 24 worked hours: \"%s\" on calendar \"%s\" are " INT64_FORMAT
			" hours, or %.4g of its working days. Write working days, or hours.",
			term->word, name, length / USECS_PER_HOUR, (double) length / calendar->day);
	}
	else if (calendar->always && pgi_length_is_working_days(term->word))
		words = psprintf("A working day of calendar \"%s\" has 24 hours.", name);
	if (words != NULL)
		pgi_document_put_finding(result, term->place, pgi_language_text(language, words));
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
		pgi_document_put_finding(result, "$",
								 pgi_language_text(language, "There is no document."));
		return (Datum) 0;
	}
	document = PG_GETARG_JSONB_P(0);
	pgi_policy_document_expect_sound(document);
	pgi_json_root(document, &root);
	pgi_policy_read_source(pgi_json_container(&root), &source, &calendars, &places);
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
