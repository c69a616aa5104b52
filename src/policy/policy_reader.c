/*
 * policy_reader.c: reads a policy's document into what the kernel compiles.
 *
 * The document has its shape, and no array of it is longer than the kernel has room for.
 * What is wrong beyond that is left out, so that the rest can still be checked.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/organisation.h"
#include "calendar/calendar_cache.h"
#include "document/json.h"
#include "policy/policy_reader.h"
#include "types/types.h"

static const char *const measures[] = {
	[PGI_ESCALATION_ELAPSED] = "elapsed",
	[PGI_ESCALATION_REMAINING] = "remaining",
	[PGI_ESCALATION_PERCENT] = "percent",
	[PGI_ESCALATION_INACTIVE] = "inactive",
};

static uint8
level_of(JsonbContainer *object, const char *key)
{
	return (uint8) pgi_types_level_code(pgi_json_text(object, key));
}

static uint8
item_level(JsonbContainer *levels, int number)
{
	return (uint8) pgi_types_level_code(pgi_json_item_word(levels, number));
}

/* The kind of a fact; PGI_KINDS for none. */
static uint8
fact_of(const char *word)
{
	return word == NULL ? PGI_KINDS : pgi_kind_named(word);
}

/* The number of a calendar among those of a policy. */
static uint8
calendar_number(PgiCalendarNames *calendars, const char *name)
{
	for (int i = 0; i < calendars->count; i++)
		if (strcmp(NameStr(calendars->name[i]), name) == 0)
			return (uint8) i;
	namestrcpy(&calendars->name[calendars->count], name);
	calendars->calendar[calendars->count] = pgi_calendar_find(
		name, PGI_NO_ORGANISATION, &calendars->floats[calendars->count]);
	return (uint8) calendars->count++;
}

/* How long a working day is at the first of some event levels. */
static int64
working_day(const PgiPolicySource *source, const PgiCalendarNames *calendars,
			unsigned levels)
{
	for (int level = 0; level <= PGI_LEVEL_MAX; level++)
		if (source->defined[level] && levels & PGI_LEVEL_BIT(level) &&
			calendars->calendar[source->calendar[level]] != NULL)
			return calendars->calendar[source->calendar[level]]->day;
	return PGI_DAY;
}

static void
read_severities(JsonbContainer *severities, PgiPolicySource *source,
				PgiPolicyPlaces *places)
{
	for (int i = 0; i < pgi_json_count(severities); i++)
	{
		char *word = pgi_json_text(pgi_json_item(severities, i), "severity");
		int severity = pgi_types_severity_code(word);

		source->known[severity] = true;
		places->severity[severity] = i;
	}
}

static void
read_level(JsonbContainer *item, uint8 level, PgiPolicySource *source,
		   PgiCalendarNames *calendars)
{
	JsonbContainer *acknowledge = pgi_json_part(item, "acknowledge");
	char *calendar = pgi_json_text(item, "calendar");
	int64 day;

	source->defined[level] = true;
	source->calendar[level] =
		calendar_number(calendars, calendar == NULL ? "24x7" : calendar);
	day = working_day(source, calendars, PGI_LEVEL_BIT(level));
	source->limit[PGI_CLOCK_PROCESSING][level] =
		pgi_json_term(item, "processing_time", day);
	source->limit[PGI_CLOCK_RESPONSE][level] = pgi_json_term(item, "respond_within", day);
	if (acknowledge != NULL)
	{
		JsonbContainer *steps = pgi_json_part(acknowledge, "steps");

		source->acknowledge[level][0] = pgi_json_term(acknowledge, "within", day);
		for (int i = 0; i < pgi_json_count(steps); i++)
			source->acknowledge[level][i + 1] =
				pgi_json_term(pgi_json_item(steps, i), "within", day);
	}
}

static void
read_row(JsonbContainer *row, uint8 asset, uint8 severity, PgiPolicySource *source)
{
	source->given[asset][severity] = true;
	source->event_level[asset][severity] = level_of(row, "event_level");
	source->response_level[asset][severity] = level_of(row, "response_level");
}

static void
read_matrix(JsonbContainer *matrix, PgiPolicySource *source, PgiPolicyPlaces *places)
{
	for (int i = 0; i < pgi_json_count(matrix); i++)
	{
		JsonbContainer *row = pgi_json_item(matrix, i);
		int severity = pgi_types_severity_code(pgi_json_text(row, "severity"));
		int asset = pgi_types_level_code(pgi_json_text(row, "asset_level"));

		if (asset >= 0)
		{
			read_row(row, (uint8) asset, (uint8) severity, source);
			places->row[asset][severity] = i;
			continue;
		}
		source->any_asset = true;
		for (asset = 0; asset <= PGI_LEVEL_MAX; asset++)
		{
			read_row(row, (uint8) asset, (uint8) severity, source);
			places->row[asset][severity] = i;
		}
	}
}

/* What a step of the escalation measures; -1 unless it is exactly one thing. */
int
pgi_policy_step_measure(JsonbContainer *step)
{
	int found = -1;

	for (int measure = 0; measure < lengthof(measures); measure++)
		if (pgi_json_field(step, measures[measure]) != NULL)
		{
			if (found >= 0)
				return -1;
			found = measure;
		}
	return found;
}

/* The facts that put off a step by inactivity: those that it names, or all. */
static uint32
read_reports(JsonbContainer *step)
{
	JsonbContainer *names = pgi_json_part(step, "reports");
	uint32 reports = 0;

	if (names == NULL)
		return PGI_REPORTS;
	for (int i = 0; i < pgi_json_count(names); i++)
		reports |= PGI_FACT_BIT(fact_of(pgi_json_item_word(names, i)));
	return reports;
}

static void
read_rise(JsonbContainer *step, int measure, PgiPolicySource *source,
		  const PgiCalendarNames *calendars)
{
	PgiEscalationStep *rise = &source->steps[source->nsteps++];
	JsonbContainer *levels = pgi_json_part(step, "event_levels");

	rise->measure = (uint8) measure;
	rise->to = level_of(step, "to");
	rise->reports = read_reports(step);
	for (int i = 0; i < pgi_json_count(levels); i++)
		rise->event_levels |= PGI_LEVEL_BIT(item_level(levels, i));
	for (int level = 0; levels == NULL && level <= PGI_LEVEL_MAX; level++)
		if (source->defined[level])
			rise->event_levels |= PGI_LEVEL_BIT(level);
	if (measure == PGI_ESCALATION_PERCENT)
		rise->amount = pgi_json_integer(step, "percent");
	else
		rise->amount = pgi_json_term(step, measures[measure],
									 working_day(source, calendars, rise->event_levels));
}

static void
read_escalation(JsonbContainer *escalation, PgiPolicySource *source,
				const PgiCalendarNames *calendars, PgiPolicyPlaces *places)
{
	char *rule = pgi_json_text(escalation, "rule");
	JsonbContainer *steps = pgi_json_part(escalation, "steps");

	if (strcmp(rule, "remaining_time") == 0)
		source->escalation = PGI_ESCALATION_REMAINING_TIME;
	else if (strcmp(rule, "steps") == 0)
		source->escalation = PGI_ESCALATION_STEPS;
	else
		source->escalation = PGI_ESCALATION_NONE;
	if (source->escalation != PGI_ESCALATION_STEPS)
		return;
	for (int i = 0; i < pgi_json_count(steps); i++)
	{
		int measure = pgi_policy_step_measure(pgi_json_item(steps, i));

		if (measure < 0)
			continue;
		places->rise[source->nsteps] = i;
		read_rise(pgi_json_item(steps, i), measure, source, calendars);
	}
}

/* The number of a duty by its name; -1 when there is none of that name. */
int
pgi_policy_duty_number(JsonbContainer *duties, const char *name)
{
	for (int i = 0; i < pgi_json_count(duties); i++)
		if (strcmp(pgi_json_text(pgi_json_item(duties, i), "duty"), name) == 0)
			return i;
	return -1;
}

/* A duty that waits for one that does not exist reads as if it started with the opening. */
static void
read_start(JsonbContainer *duties, const JsonbValue *starts, PgiDuty *duty)
{
	JsonbContainer *after = pgi_json_container(starts);
	int number;

	if (after == NULL)
	{
		duty->starts = fact_of(pgi_json_word(starts));
		return;
	}
	number = pgi_policy_duty_number(duties, pgi_json_text(after, "after"));
	duty->starts = number < 0 ? PGI_OPENED : PGI_AFTER_DUTY;
	duty->after = (uint8) Max(number, 0);
}

static void
read_duty(JsonbContainer *duties, int number, PgiPolicySource *source,
		  const PgiCalendarNames *calendars, PgiPolicyPlaces *places)
{
	PgiDuty *duty = &source->duties[number];
	JsonbContainer *item = pgi_json_item(duties, number);
	JsonbContainer *repeat = pgi_json_part(item, "repeat");
	JsonbContainer *lines = pgi_json_part(item, "for");

	read_start(duties, pgi_json_field(item, "starts"), duty);
	duty->done_by = fact_of(pgi_json_text(item, "done_by"));
	duty->until = fact_of(pgi_json_text(item, "until"));
	duty->by_response = strcmp(pgi_json_text(item, "scope"), "response_level") == 0;
	duty->repeats = repeat != NULL;
	if (repeat != NULL)
	{
		duty->limit = pgi_json_integer(repeat, "limit");
		duty->repeats_overdue = pgi_json_text(repeat, "also") != NULL;
	}
	for (int level = 0; level < PGI_LEVELS; level++)
		duty->within[level] = PGI_NEVER;
	for (int i = 0; i < pgi_json_count(lines); i++)
	{
		JsonbContainer *line = pgi_json_item(lines, i);
		JsonbContainer *levels = pgi_json_part(line, "levels");

		for (int j = 0; j < pgi_json_count(levels); j++)
		{
			uint8 level = item_level(levels, j);

			if (duty->within[level] != PGI_NEVER)
				continue;
			duty->within[level] = pgi_json_term(
				line, "within",
				working_day(source, calendars,
							duty->by_response ? ~0u : PGI_LEVEL_BIT(level)));
			places->duty_item[number][level] = i;
			places->duty_level[number][level] = j;
		}
	}
}

/* Gives an end to the duties that do not name one. */
static void
end_duties(PgiPolicySource *source)
{
	uint8 ends[PGI_MAX_DUTIES];

	for (int i = 0; i < source->nduties; i++)
		ends[i] = source->duties[i].until != PGI_KINDS ? source->duties[i].until
													   : pgi_policy_duty_end(source, i);
	for (int i = 0; i < source->nduties; i++)
		source->duties[i].until = ends[i];
}

/* Reads which clocks a hold stops. */
void
pgi_policy_read_hold(JsonbContainer *document, PgiPolicySource *source)
{
	JsonbContainer *stops = pgi_json_part(pgi_json_part(document, "hold"), "stops");

	static const struct
	{
		const char *word;
		unsigned bit;
	} words[] = {
		{"processing", PGI_CLOCK_BIT(PGI_CLOCK_PROCESSING)},
		{"acknowledgement", PGI_CLOCK_BIT(PGI_CLOCK_ACKNOWLEDGEMENT)},
		{"response", PGI_CLOCK_BIT(PGI_CLOCK_RESPONSE)},
		{"duties", PGI_HOLD_DUTIES},
	};

	for (int i = 0; i < pgi_json_count(stops); i++)
		for (int j = 0; j < lengthof(words); j++)
			if (strcmp(pgi_json_item_word(stops, i), words[j].word) == 0)
				source->hold_stops |= words[j].bit;
}

/* Reads what a document says of levels, times and duties. */
void
pgi_policy_read_source(JsonbContainer *document, PgiPolicySource *source,
					   PgiCalendarNames *calendars, PgiPolicyPlaces *places)
{
	JsonbContainer *levels = pgi_json_part(document, "levels");
	JsonbContainer *duties = pgi_json_part(document, "duties");

	pgi_policy_source_init(source);
	calendars->count = 0;
	memset(places, -1, sizeof(*places));
	read_severities(pgi_json_part(document, "severities"), source, places);
	for (int i = 0; i < pgi_json_count(levels); i++)
	{
		uint8 level = level_of(pgi_json_item(levels, i), "level");

		places->level[level] = i;
		read_level(pgi_json_item(levels, i), level, source, calendars);
	}
	read_matrix(pgi_json_part(document, "matrix"), source, places);
	read_escalation(pgi_json_part(document, "escalation"), source, calendars, places);
	source->nduties = pgi_json_count(duties);
	for (int i = 0; i < source->nduties; i++)
		read_duty(duties, i, source, calendars, places);
	end_duties(source);
}
