/*
 * policy_document.c: what is wrong with a policy's document: its shape, what its parts say
 * of one another, and what the kernel finds in the whole.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/language.h"
#include "base/length.h"
#include "base/organisation.h"
#include "calendar/calendar_cache.h"
#include "document/json.h"
#include "document/shape.h"
#include "kernel/policy_check.h"
#include "policy/policy_document.h"
#include "policy/policy_messages.h"
#include "policy/policy_reader.h"
#include "policy/policy_terms.h"
#include "policy/policy_words.h"
#include "types/types.h"

#define MAX_PROBLEMS 200

/* What needs an authority. */
static const char *const acts[] = {"activate", "downgrade", "close"};

/* A post of the policy: what it is called, and which list named it last. */
typedef struct Post
{
	char *name; /* hash key */
	int list;
} Post;

/* A document that is being checked. */
typedef struct Check
{
	JsonbContainer *document;
	List *findings;
	MemoryContext caller; /* of findings */
	HTAB *posts;
	int lists;					   /* of posts, so far */
	unsigned assets;			   /* the asset levels of the matrix, as bits */
	unsigned events;			   /* its event levels */
	unsigned held[lengthof(acts)]; /* at which levels it has been said who may do it */
} Check;

static void
keep_finding(Check *check, const char *place, const char *problem, const char *hint,
			 int unfit)
{
	PgiFinding finding = {(char *) place, (char *) problem, (char *) hint, unfit};
	MemoryContext here = MemoryContextSwitchTo(check->caller);

	check->findings = pgi_document_add_finding(check->findings, &finding);
	MemoryContextSwitchTo(here);
}

static void
add_finding(Check *check, const char *place, const char *problem)
{
	keep_finding(check, place, problem, NULL, 0);
}

/* What cannot even be stored: `problem` says what the place is. */
static void
add_unfit(Check *check, const char *place, const char *problem, const char *hint)
{
	keep_finding(check, place, problem, hint, ERRCODE_INVALID_PARAMETER_VALUE);
}

static JsonbContainer *
part(const Check *check, const char *key)
{
	return pgi_json_part(check->document, key);
}

/* Whether all that a part must have can be read; that it has more does no harm. */
static bool
is_readable(const Check *check, const char *key)
{
	char *place = psprintf("$.%s", key);
	size_t length = strlen(place);
	ListCell *cell;

	foreach (cell, check->findings)
	{
		const PgiFinding *finding = lfirst(cell);

		if (finding->unfit && strncmp(finding->place, place, length) == 0 &&
			(finding->place[length] == '\0' || finding->place[length] == '.' ||
			 finding->place[length] == '[') &&
			strcmp(finding->problem, PGI_UNKNOWN_KEY) != 0)
			return false;
	}
	return true;
}

static char *
place_of(const char *array, int number, const char *key)
{
	return psprintf("$.%s[%d].%s", array, number, key);
}

/* Checks the items of an array, each with memory of its own. */
static void
check_each(Check *check, const char *key,
		   void (*check_item)(Check *check, JsonbContainer *item, int number))
{
	JsonbContainer *items = part(check, key);
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "pg_incident document", ALLOCSET_DEFAULT_SIZES);
	MemoryContext here = MemoryContextSwitchTo(scratch);

	for (int i = 0; i < pgi_json_count(items); i++)
	{
		check_item(check, pgi_json_item(items, i), i);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(here);
	MemoryContextDelete(scratch);
}

/* Levels */

static unsigned
level_bits(JsonbContainer *levels)
{
	unsigned bits = 0;

	for (int i = 0; i < pgi_json_count(levels); i++)
		bits |= PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_item_word(levels, i)));
	return bits;
}

/* A list of levels that must name none twice. */
static void
check_level_list(Check *check, JsonbContainer *levels, const char *place)
{
	unsigned seen = 0;

	for (int i = 0; i < pgi_json_count(levels); i++)
	{
		char *word = pgi_json_item_word(levels, i);
		unsigned bit = PGI_LEVEL_BIT(pgi_types_level_code(word));

		if (seen & bit)
			add_unfit(check, pgi_document_place_item(place, i),
					  psprintf("is the second for %s", word), NULL);
		seen |= bit;
	}
}

/* The levels under a key of the matrix, as bits. */
static unsigned
matrix_levels(const Check *check, const char *key)
{
	JsonbContainer *matrix = part(check, "matrix");
	unsigned levels = 0;

	for (int i = 0; i < pgi_json_count(matrix); i++)
	{
		int level = pgi_types_level_code(pgi_json_text(pgi_json_item(matrix, i), key));

		if (level >= 0)
			levels |= PGI_LEVEL_BIT(level);
	}
	return levels;
}

/* The rows for any asset; -1 when there are such and others. */
static int
count_any(Check *check)
{
	JsonbContainer *matrix = part(check, "matrix");
	int count = pgi_json_count(matrix);
	int any = 0;

	for (int i = 0; i < count; i++)
		if (strcmp(pgi_json_text(pgi_json_item(matrix, i), "asset_level"), "any") == 0)
			any++;
	return any > 0 && any < count ? -1 : any;
}

static void
check_any(Check *check)
{
	JsonbContainer *matrix = part(check, "matrix");

	if (count_any(check) >= 0)
		return;
	for (int i = 0; i < pgi_json_count(matrix); i++)
		if (strcmp(pgi_json_text(pgi_json_item(matrix, i), "asset_level"), "any") == 0)
			add_finding(
				check, place_of("matrix", i, "asset_level"),
				"This row is for any asset and others are not: either all are, or none.");
}

/* The asset levels that have a title are those of the matrix. */
static void
check_axis(Check *check)
{
	JsonbContainer *values =
		pgi_json_part(pgi_json_part(part(check, "axes"), "asset"), "values");
	unsigned wanted = check->assets;

	if (values == NULL)
		return;
	for (int i = 0; i < pgi_json_count(values); i++)
	{
		char *word = pgi_json_text(pgi_json_item(values, i), "level");
		unsigned bit = PGI_LEVEL_BIT(pgi_types_level_code(word));

		if (!(wanted & bit))
			add_finding(check, psprintf("$.axes.asset.values[%d].level", i),
						psprintf("No row of the matrix has asset level %s.", word));
		wanted &= ~bit;
	}
	for (int level = PGI_LEVEL_MAX; level >= 0; level--)
		if (wanted & PGI_LEVEL_BIT(level))
			add_finding(check, "$.axes.asset.values",
						psprintf("Asset level %s of the matrix has no title here.",
								 pgi_types_level_word(level)));
}

static void
check_category(Check *check, JsonbContainer *category, int number)
{
	char *place = place_of("categories", number, "levels");
	JsonbIterator *iterator = JsonbIteratorInit(pgi_json_part(category, "levels"));
	JsonbIteratorToken token;
	JsonbValue key;

	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
		if (token == WJB_KEY &&
			!(check->assets & PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_word(&key)))))
			add_finding(check, pgi_document_place_key(place, pgi_json_word(&key)),
						psprintf("No row of the matrix has asset level %s.",
								 pgi_json_word(&key)));
}

static unsigned *
levels_held(Check *check, const char *act)
{
	int number = 0;

	while (strcmp(acts[number], act) != 0)
		number++;
	return &check->held[number];
}

static void
check_authority(Check *check, JsonbContainer *authority, int number)
{
	JsonbContainer *levels = pgi_json_part(authority, "event_levels");
	char *act = pgi_json_text(authority, "act");
	char *place = place_of("authorities", number, "event_levels");
	unsigned *held = levels_held(check, act);
	unsigned before = *held;

	check_level_list(check, levels, place);
	if (pgi_json_count(levels) == 0)
		add_finding(check, place, "No level is named here.");
	for (int i = 0; i < pgi_json_count(levels); i++)
	{
		char *word = pgi_json_item_word(levels, i);
		unsigned bit = PGI_LEVEL_BIT(pgi_types_level_code(word));

		if (!(check->events & bit))
			add_finding(check, pgi_document_place_item(place, i),
						psprintf("No row of the matrix has event level %s.", word));
		if (before & bit)
			add_finding(
				check, pgi_document_place_item(place, i),
				psprintf("It has been said before who may %s at level %s.", act, word));
		*held |= bit;
	}
}

/* Words */

/* What people may call severities and levels must not mean two of them. */
static void
check_words(Check *check)
{
	PgiPolicyWords words;

	pgi_policy_words_read(check->document, &words);
	for (int vocabulary = 0; vocabulary < PGI_VOCABULARIES; vocabulary++)
		for (int i = 0; i < words.count[vocabulary]; i++)
		{
			char *problem = pgi_policy_words_problem(&words, vocabulary, i);

			if (problem != NULL)
				add_finding(
					check,
					pgi_policy_words_place(vocabulary, &words.words[vocabulary][i]),
					problem);
		}
}

/* Calendars */

static void
check_calendar(Check *check, JsonbContainer *level, int number)
{
	char *name = pgi_json_text(level, "calendar");
	const PgiCalendar *calendar;
	bool floats;

	if (name == NULL)
		return;
	calendar = pgi_calendar_find(name, PGI_NO_ORGANISATION, &floats);
	if (calendar == NULL)
		add_unfit(check, place_of("levels", number, "calendar"),
				  psprintf("is \"%s\"", name),
				  psprintf("There is no such calendar. %s", pgi_calendar_hint()));
	else if (calendar->last_work == 0)
		add_finding(
			check, place_of("levels", number, "calendar"),
			psprintf(
				"Nobody works by calendar \"%s\" in the end: no day of its last week "
				"has a window.",
				name));
}

/* Escalation, duties, messages */

/* The facts that put off a step. */
static void
check_reports(Check *check, JsonbContainer *step, const char *place)
{
	JsonbContainer *reports = pgi_json_part(step, "reports");
	char *here = pgi_document_place_key(place, "reports");

	if (reports != NULL && pgi_json_field(step, "inactive") == NULL)
		add_finding(check, here, "Only a step by inactivity has reports.");
	for (int i = 0; i < pgi_json_count(reports); i++)
		for (int j = 0; j < i; j++)
			if (strcmp(pgi_json_item_word(reports, i), pgi_json_item_word(reports, j)) ==
				0)
			{
				add_finding(
					check, pgi_document_place_item(here, i),
					psprintf("%s is named twice.", pgi_json_item_word(reports, i)));
				break;
			}
}

static void
check_escalation(Check *check)
{
	JsonbContainer *escalation = part(check, "escalation");
	JsonbContainer *steps = pgi_json_part(escalation, "steps");
	bool by_steps = strcmp(pgi_json_text(escalation, "rule"), "steps") == 0;
	int count = pgi_json_count(steps);

	if (!by_steps && count > 0)
		add_finding(check, "$.escalation.steps", "Only the rule \"steps\" has steps.");
	if (by_steps && count == 0)
		add_finding(check, "$.escalation.steps", "The rule \"steps\" needs steps.");
	for (int i = 0; i < count; i++)
	{
		char *place = psprintf("$.escalation.steps[%d]", i);
		JsonbContainer *step = pgi_json_item(steps, i);
		JsonbContainer *levels = pgi_json_part(step, "event_levels");

		if (levels != NULL)
			check_level_list(check, levels,
							 pgi_document_place_key(place, "event_levels"));
		check_reports(check, step, place);
		if (pgi_policy_step_measure(step) < 0)
			add_unfit(
				check, place, "measures nothing, or several things",
				"It needs exactly one of elapsed, remaining, percent and inactive.");
	}
}

static void
check_duty_levels(Check *check, JsonbContainer *lines, const char *place)
{
	unsigned before = 0;

	if (pgi_json_count(lines) == 0)
		add_finding(check, place, "The duty is for no level.");
	for (int i = 0; i < pgi_json_count(lines); i++)
	{
		JsonbContainer *levels = pgi_json_part(pgi_json_item(lines, i), "levels");
		char *here = pgi_document_place_key(pgi_document_place_item(place, i), "levels");

		if (pgi_json_count(levels) == 0)
			add_unfit(check, here, "is empty", "It needs a level.");
		check_level_list(check, levels, here);
		for (int j = 0; j < pgi_json_count(levels); j++)
			if (before &
				PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_item_word(levels, j))))
				add_unfit(check, pgi_document_place_item(here, j),
						  psprintf("is the second for %s", pgi_json_item_word(levels, j)),
						  NULL);
		before |= level_bits(levels);
	}
}

static void
check_duty(Check *check, JsonbContainer *duty, int number)
{
	JsonbContainer *start = pgi_json_part(duty, "starts");

	check_duty_levels(check, pgi_json_part(duty, "for"),
					  place_of("duties", number, "for"));
	if (start != NULL &&
		pgi_policy_duty_number(part(check, "duties"), pgi_json_text(start, "after")) < 0)
		add_finding(check, place_of("duties", number, "starts.after"),
					psprintf("There is no duty %s.", pgi_json_text(start, "after")));
}

static void
check_messages(Check *check)
{
	JsonbContainer *limit = pgi_json_part(part(check, "messages"), "limit");
	JsonbContainer *rules = pgi_json_part(part(check, "messages"), "rules");

	if (limit != NULL && pgi_json_time(limit, "within") == 0)
		add_finding(check, "$.messages.limit.within",
					"No message can be sent within no time.");
	for (int i = 0; i < pgi_json_count(rules); i++)
	{
		JsonbContainer *levels = pgi_json_part(pgi_json_item(rules, i), "levels");
		char *place = place_of("messages.rules", i, "levels");

		if (levels != NULL && pgi_json_count(levels) == 0)
			add_finding(check, place, "No level is named here.");
		check_level_list(check, levels, place);
	}
}

static void
take_message_finding(void *check, const char *place, const char *problem,
					 const char *hint, bool unfit)
{
	keep_finding(check, place, problem, hint,
				 unfit ? ERRCODE_INVALID_PARAMETER_VALUE : 0);
}

/* Posts */

static void
add_post(Check *check, JsonbContainer *item, int number)
{
	char *name = MemoryContextStrdup(check->caller, pgi_json_text(item, "post"));
	Post *post = hash_search(check->posts, &name, HASH_ENTER, NULL);

	post->list = 0;
}

/* A list of posts of which there must be one at least, each among those of the policy. */
static void
check_post_list(Check *check, JsonbContainer *list, const char *place)
{
	int number = ++check->lists;

	if (pgi_json_count(list) == 0)
		add_finding(check, place, "Nobody is named here.");
	for (int i = 0; i < pgi_json_count(list); i++)
	{
		char *name = pgi_json_item_word(list, i);
		Post *post = hash_search(check->posts, &name, HASH_FIND, NULL);

		if (post == NULL)
		{
			add_finding(check, pgi_document_place_item(place, i),
						psprintf("\"%s\" is not among the posts of the policy.", name));
			continue;
		}
		if (post->list == number)
			add_finding(check, pgi_document_place_item(place, i),
						psprintf("\"%s\" is named twice.", name));
		post->list = number;
	}
}

static void
check_duty_posts(Check *check, JsonbContainer *duty, int number)
{
	JsonbContainer *lines = pgi_json_part(duty, "for");
	JsonbContainer *responsible = pgi_json_part(duty, "responsible");

	for (int i = 0; i < pgi_json_count(lines); i++)
		check_post_list(check, pgi_json_part(pgi_json_item(lines, i), "audience"),
						psprintf("$.duties[%d].for[%d].audience", number, i));
	if (responsible != NULL)
		check_post_list(check, responsible, place_of("duties", number, "responsible"));
}

static void
check_step_posts(Check *check, JsonbContainer *level, int number)
{
	JsonbContainer *acknowledge = pgi_json_part(level, "acknowledge");
	JsonbContainer *steps =
		acknowledge == NULL ? NULL : pgi_json_part(acknowledge, "steps");

	for (int i = 0; i < pgi_json_count(steps); i++)
		check_post_list(
			check, pgi_json_part(pgi_json_item(steps, i), "audience"),
			psprintf("$.levels[%d].acknowledge.steps[%d].audience", number, i));
}

static void
check_authority_posts(Check *check, JsonbContainer *authority, int number)
{
	check_post_list(check, pgi_json_part(authority, "posts"),
					place_of("authorities", number, "posts"));
}

static void
check_message_posts(Check *check)
{
	JsonbContainer *rules = pgi_json_part(part(check, "messages"), "rules");

	for (int i = 0; i < pgi_json_count(rules); i++)
	{
		JsonbContainer *to = pgi_json_part(pgi_json_item(rules, i), "to");
		JsonbContainer *posts = pgi_json_part(to, "posts");

		if (posts != NULL)
			check_post_list(check, posts, place_of("messages.rules", i, "to.posts"));
	}
}

static void
check_post_used(Check *check, JsonbContainer *item, int number)
{
	char *name = pgi_json_text(item, "post");
	Post *post = hash_search(check->posts, &name, HASH_FIND, NULL);

	if (post->list == 0)
		add_finding(check, psprintf("$.posts[%d]", number),
					psprintf("Nothing in the policy needs the post \"%s\".", name));
}

static void
check_posts(Check *check, bool messages)
{
	check->posts = pgi_document_text_table(sizeof(Post));
	check_each(check, "posts", add_post);
	check_each(check, "levels", check_step_posts);
	check_each(check, "duties", check_duty_posts);
	check_each(check, "authorities", check_authority_posts);
	if (!messages)
		return;
	check_message_posts(check);
	check_each(check, "posts", check_post_used);
}

/* What the kernel finds */

static char *
with_key(char *place, const char *key)
{
	return key == NULL ? place : psprintf("%s.%s", place, key);
}

static char *
place_of_problem(const PgiProblem *problem, const PgiPolicyPlaces *places)
{
	int first = problem->first;
	int item;

	switch (problem->part)
	{
		case PGI_PART_MATRIX:
			break;
		case PGI_PART_ROW:
			return with_key(psprintf("$.matrix[%d]", places->row[first][problem->second]),
							problem->key);
		case PGI_PART_SEVERITY:
			if (places->severity[first] < 0)
				return "$.severities";
			return psprintf("$.severities[%d]", places->severity[first]);
		case PGI_PART_LEVEL:
			return with_key(psprintf("$.levels[%d]", places->level[first]), problem->key);
		case PGI_PART_ACKNOWLEDGE:
			return psprintf("$.levels[%d].acknowledge.steps[%d].within",
							places->level[first], problem->second - 1);
		case PGI_PART_STEP:
			return with_key(psprintf("$.escalation.steps[%d]", places->rise[first]),
							problem->key);
		case PGI_PART_MESSAGE:
			return place_of("messages.rules", first, problem->key);
		case PGI_PART_DUTY:
			if (problem->second < 0)
				return with_key(psprintf("$.duties[%d]", first), problem->key);
			item = places->duty_item[first][problem->second];
			if (strcmp(problem->key, "levels") == 0)
				return psprintf("$.duties[%d].for[%d].levels[%d]", first, item,
								places->duty_level[first][problem->second]);
			return psprintf("$.duties[%d].for[%d].%s", first, item, problem->key);
	}
	return "$.matrix";
}

/* A time in working days needs to know how long these are. */
static void
check_terms(Check *check, const PgiPolicySource *source,
			const PgiCalendarNames *calendars)
{
	ListCell *cell;

	foreach (cell, pgi_policy_terms(check->document, source))
	{
		const PgiTerm *term = lfirst(cell);
		const PgiCalendar *first = NULL;
		bool differ = false;

		for (int i = 0; i < calendars->count; i++)
			if (term->calendars & 1u << i && calendars->calendar[i] != NULL)
			{
				if (first == NULL)
					first = calendars->calendar[i];
				differ |= calendars->calendar[i]->day != first->day;
			}
		if (differ && pgi_length_is_working_days(term->word))
			add_finding(
				check, term->place,
				"Working days of different lengths are meant, as event levels have "
				"different calendars: write hours, or a line for each.");
	}
}

static void
check_whole(Check *check)
{
	PgiPolicySource source;
	PgiPolicyPlaces places;
	PgiCalendarNames calendars;
	PgiProblem *problems = palloc(sizeof(PgiProblem) * MAX_PROBLEMS);
	int count;

	pgi_policy_read_source(check->document, &source, &calendars, &places);
	if (is_readable(check, "messages"))
		pgi_policy_messages_read(check->document, &source);
	check_terms(check, &source, &calendars);
	count = pgi_policy_check(&source, problems, MAX_PROBLEMS);
	for (int i = 0; i < Min(count, MAX_PROBLEMS); i++)
		add_finding(check, place_of_problem(&problems[i], &places), problems[i].text);
}

static void
check_parts(Check *check)
{
	bool matrix = is_readable(check, "matrix");
	bool levels = is_readable(check, "levels");
	bool escalation = is_readable(check, "escalation");
	bool duties = is_readable(check, "duties");
	bool authorities = is_readable(check, "authorities");
	bool messages = is_readable(check, "messages");
	bool severities = is_readable(check, "severities");
	bool axes = is_readable(check, "axes");

	if (matrix)
	{
		check->assets = matrix_levels(check, "asset_level");
		check->events = matrix_levels(check, "event_level");
		check_any(check);
	}
	if (matrix && axes)
		check_axis(check);
	if (matrix && axes && levels && severities && is_readable(check, "name"))
		check_words(check);
	if (matrix && is_readable(check, "categories") && count_any(check) == 0)
		check_each(check, "categories", check_category);
	if (matrix && authorities)
		check_each(check, "authorities", check_authority);
	if (levels)
		check_each(check, "levels", check_calendar);
	if (escalation)
		check_escalation(check);
	if (duties)
		check_each(check, "duties", check_duty);
	if (messages)
		check_messages(check);
	if (messages && levels && duties)
		pgi_policy_messages_check(check->document, check, take_message_finding);
	if (levels && duties && authorities && is_readable(check, "posts"))
		check_posts(check, messages);
	if (matrix && levels && escalation && duties && severities && count_any(check) >= 0)
		check_whole(check);
}

/*
 * All that is wrong with a policy document; nothing when it is sound. Parts that cannot be
 * read are not checked against others.
 */
List *
pgi_policy_document_check(Jsonb *document)
{
	Check check = {.caller = CurrentMemoryContext};
	JsonbValue root;

	pgi_json_root(document, &root);
	check.findings = pgi_document_check(&root, "$", pgi_shape_of(PGI_DOCUMENT_POLICY));
	check.document = pgi_json_container(&root);
	if (pgi_json_is_object(&root) && !pgi_document_findings_full(check.findings))
		check_parts(&check);
	return check.findings;
}

/* A finding as a sentence. */
char *
pgi_policy_document_sentence(const PgiFinding *finding)
{
	if (!finding->unfit)
		return finding->problem;
	return psprintf("This %s.%s%s", finding->problem, finding->hint == NULL ? "" : " ",
					finding->hint == NULL ? "" : finding->hint);
}

PG_FUNCTION_INFO_V1(pgi_check_policy_document);
Datum
pgi_check_policy_document(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PgiLanguage language = pgi_language_argument(fcinfo, 1);
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
	{
		pgi_document_put_finding(result, "$",
								 pgi_language_text(language, "There is no document."));
		return (Datum) 0;
	}
	foreach (cell, pgi_policy_document_check(PG_GETARG_JSONB_P(0)))
	{
		const PgiFinding *finding = lfirst(cell);

		pgi_document_put_finding(
			result, finding->place,
			pgi_language_text(language, pgi_policy_document_sentence(finding)));
	}
	return (Datum) 0;
}

/* Errors with the first finding when a document is not sound. */
void
pgi_policy_document_expect_sound(Jsonb *document)
{
	List *findings = pgi_policy_document_check(document);

	if (findings != NIL)
	{
		const PgiFinding *finding = linitial(findings);

		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the policy document is not sound"),
			 errdetail("%s: %s", finding->place, pgi_policy_document_sentence(finding)),
			 errhint("incident.check_policy() tells all that is wrong with it.")));
	}
}

/* Refuses a document that cannot be imported. */
PG_FUNCTION_INFO_V1(pgi_expect_policy);
Datum
pgi_expect_policy(PG_FUNCTION_ARGS)
{
	pgi_document_refuse_unfit(pgi_policy_document_check(PG_GETARG_JSONB_P(0)),
							  "policy document");
	PG_RETURN_VOID();
}
