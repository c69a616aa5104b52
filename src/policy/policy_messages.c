/*
 * policy_messages.c: reads the message rules of a policy's document, which has its shape, and
 * finds what is wrong with each beside its levels and posts.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "document/document.h"
#include "document/json.h"
#include "policy/policy_messages.h"
#include "policy/policy_reader.h"
#include "types/types.h"

/* How soon, and how late, an unanswered message may be sent again. */
#define SOONEST_AGAIN USECS_PER_MINUTE
#define LATEST_AGAIN (7 * USECS_PER_DAY)

static const char *const recipients[] = {"audience_of", "duty", "posts", "steps_of"};

/* A document whose rules are being checked, and where its findings go. */
typedef struct Check
{
	JsonbContainer *levels;
	JsonbContainer *duties;
	HTAB *seen; /* rules, as texts */
	void *caller;
	PgiMessageFinder find;
} Check;

static JsonbContainer *
rules_of(JsonbContainer *document)
{
	return pgi_json_part(pgi_json_part(document, "messages"), "rules");
}

static bool
may_be_about_duty(int kind)
{
	return kind >= PGI_OVERDUE && kind <= PGI_REPEATED;
}

/* The number of the duty that a key names; PGI_MAX_DUTIES for none. */
static uint8
duty_named(JsonbContainer *duties, JsonbContainer *object, const char *key)
{
	char *name = pgi_json_text(object, key);
	int number = name == NULL ? -1 : pgi_policy_duty_number(duties, name);

	return number < 0 ? PGI_MAX_DUTIES : (uint8) number;
}

static uint8
clock_named(JsonbContainer *rule)
{
	char *name = pgi_json_text(rule, "clock");

	if (name == NULL)
		return PGI_CLOCKS;
	return strcmp(name, "response") == 0 ? PGI_CLOCK_RESPONSE : PGI_CLOCK_ACKNOWLEDGEMENT;
}

static uint16
levels_named(JsonbContainer *rule)
{
	JsonbContainer *levels = pgi_json_part(rule, "levels");
	uint16 bits = 0;

	for (int i = 0; i < pgi_json_count(levels); i++)
		bits |= PGI_LEVEL_BIT(pgi_types_level_code(pgi_json_item_word(levels, i)));
	return bits;
}

static bool
is_by_response(JsonbContainer *rule)
{
	char *scope = pgi_json_text(rule, "scope");

	return scope != NULL && strcmp(scope, "response_level") == 0;
}

/* Reads the rules, of which there are no more than there is room for. */
void
pgi_policy_messages_read(JsonbContainer *document, PgiPolicySource *source)
{
	JsonbContainer *rules = rules_of(document);
	JsonbContainer *duties = pgi_json_part(document, "duties");

	source->nmessages = pgi_json_count(rules);
	for (int i = 0; i < source->nmessages; i++)
	{
		JsonbContainer *rule = pgi_json_item(rules, i);
		PgiMessageRule *read = &source->messages[i];

		read->on = pgi_kind_named(pgi_json_text(rule, "on"));
		read->duty = may_be_about_duty(read->on) ? duty_named(duties, rule, "duty")
												 : PGI_MAX_DUTIES;
		read->clock = clock_named(rule);
		read->audience = duty_named(duties, pgi_json_part(rule, "to"), "audience_of");
		read->by_response = is_by_response(rule);
		read->levels = levels_named(rule);
	}
}

static void
add_finding(Check *check, const char *place, const char *key, const char *problem)
{
	check->find(check->caller, psprintf("%s.%s", place, key), problem, NULL, false);
}

/* A key that names a duty names one that there is. */
static void
check_duty_name(Check *check, JsonbContainer *object, const char *key, const char *place)
{
	char *name = pgi_json_text(object, key);

	if (name != NULL && pgi_policy_duty_number(check->duties, name) < 0)
		add_finding(check, place, key, psprintf("There is no duty %s.", name));
}

/* What of entries of its kind a rule is about. */
static void
check_subject(Check *check, JsonbContainer *rule, const char *place)
{
	uint8 kind = pgi_kind_named(pgi_json_text(rule, "on"));
	bool of_duty = pgi_json_field(rule, "duty") != NULL;

	check_duty_name(check, rule, "duty", place);
	if (of_duty && !may_be_about_duty(kind))
		add_finding(check, place, "duty",
					"Only due, overdue and repeated are about a duty.");
	if (pgi_json_field(rule, "clock") == NULL)
		return;
	if (kind != PGI_OVERDUE)
		add_finding(check, place, "clock", "Only overdue is about a clock.");
	else if (of_duty)
		add_finding(check, place, "clock", "A rule is about a duty or about a clock.");
}

static bool
any_acknowledgement_steps(JsonbContainer *levels)
{
	for (int i = 0; i < pgi_json_count(levels); i++)
	{
		JsonbContainer *acknowledge =
			pgi_json_part(pgi_json_item(levels, i), "acknowledge");

		if (acknowledge != NULL &&
			pgi_json_count(pgi_json_part(acknowledge, "steps")) > 0)
			return true;
	}
	return false;
}

/* Whether somebody is responsible for a duty, or for any where it is PGI_MAX_DUTIES. */
static bool
anybody_responsible(JsonbContainer *duties, uint8 number)
{
	for (int i = 0; i < pgi_json_count(duties); i++)
		if ((number == PGI_MAX_DUTIES || i == number) &&
			pgi_json_part(pgi_json_item(duties, i), "responsible") != NULL)
			return true;
	return false;
}

/* A rule that tells who is concerned by the duty or the time that it is about. */
static void
check_concerned(Check *check, JsonbContainer *rule, const char *place)
{
	JsonbContainer *to = pgi_json_part(rule, "to");
	char *whose = pgi_json_text(to, "duty");
	uint8 kind = pgi_kind_named(pgi_json_text(rule, "on"));

	if (whose != NULL &&
		(!may_be_about_duty(kind) || pgi_json_field(rule, "clock") != NULL))
		add_finding(check, place, "duty", "The rule is not about a duty.");
	else if (whose != NULL && strcmp(whose, "responsible") == 0 &&
			 !anybody_responsible(check->duties, duty_named(check->duties, rule, "duty")))
		add_finding(check, place, "duty", "Nobody is responsible for it.");
	if (pgi_json_field(to, "steps_of") == NULL)
		return;
	if (clock_named(rule) != PGI_CLOCK_ACKNOWLEDGEMENT)
		add_finding(check, place, "steps_of",
					"Only a rule about the clock acknowledgement has steps.");
	else if (!any_acknowledgement_steps(check->levels))
		add_finding(check, place, "steps_of",
					"No level has steps to an acknowledgement.");
}

static void
check_recipients(Check *check, JsonbContainer *rule, const char *place)
{
	JsonbContainer *to = pgi_json_part(rule, "to");
	char *here = psprintf("%s.to", place);
	int named = 0;

	for (int i = 0; i < lengthof(recipients); i++)
		named += pgi_json_field(to, recipients[i]) != NULL;
	if (named != 1)
		check->find(check->caller, here, "tells nobody, or several ways whom",
					"It needs exactly one of audience_of, duty, posts and steps_of.",
					true);
	check_duty_name(check, to, "audience_of", here);
	check_concerned(check, rule, here);
}

/* What happens where nobody answers. */
static void
check_answer(Check *check, JsonbContainer *rule, const char *place)
{
	JsonbContainer *again = pgi_json_part(rule, "again");
	char *acknowledge = pgi_json_text(rule, "acknowledge");
	bool asks = acknowledge != NULL && strcmp(acknowledge, "nobody") != 0;
	int64 after = again == NULL ? SOONEST_AGAIN : pgi_json_time(again, "after");

	if (again != NULL && !asks)
		add_finding(check, place, "again",
					"Nobody is to acknowledge the message, so it is not sent again.");
	if (pgi_json_field(rule, "then") != NULL && !asks)
		add_finding(check, place, "then",
					"Nobody is to acknowledge the message, so nobody is told next.");
	if (after < SOONEST_AGAIN || after > LATEST_AGAIN)
		add_finding(check, place, "again.after",
					"A message is sent again after a minute to 7 days.");
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Whom a rule tells of what, as a text that others which say the same have too. */
static char *
meaning_of(JsonbContainer *rule)
{
	static const char *const keys[] = {"on", "duty", "clock"};
	JsonbContainer *to = pgi_json_part(rule, "to");
	JsonbContainer *posts = pgi_json_part(to, "posts");
	int count = pgi_json_count(posts);
	char **names = palloc(sizeof(char *) * Max(count, 1));
	StringInfoData meaning;

	initStringInfo(&meaning);
	for (int i = 0; i < lengthof(keys); i++)
	{
		char *word = pgi_json_text(rule, keys[i]);

		appendStringInfo(&meaning, "%s\n", word == NULL ? "" : word);
	}
	appendStringInfo(&meaning, "%d %u\n", is_by_response(rule), levels_named(rule));
	for (int i = 0; i < lengthof(recipients); i++)
		if (posts == NULL && pgi_json_field(to, recipients[i]) != NULL)
			appendStringInfo(&meaning, "%s %s\n", recipients[i],
							 pgi_json_text(to, recipients[i]));
	for (int i = 0; i < count; i++)
		names[i] = pgi_json_item_word(posts, i);
	qsort(names, count, sizeof(char *), compare_words);
	for (int i = 0; i < count; i++)
		appendStringInfo(&meaning, "%s\n", names[i]);
	return meaning.data;
}

static void
check_rule(Check *check, JsonbContainer *rule, int number)
{
	char *place = psprintf("$.messages.rules[%d]", number);
	char *meaning = meaning_of(rule);
	bool said;

	check_subject(check, rule, place);
	check_recipients(check, rule, place);
	check_answer(check, rule, place);
	(void) hash_search(check->seen, &meaning, HASH_ENTER, &said);
	if (said)
		check->find(check->caller, place, "A rule before says the same.", NULL, false);
}

/*
 * Finds what is wrong with each rule. Duties and levels can be read. What a rule says stays in
 * memory until all are known.
 */
void
pgi_policy_messages_check(JsonbContainer *document, void *caller, PgiMessageFinder find)
{
	JsonbContainer *rules = rules_of(document);
	Check check = {.levels = pgi_json_part(document, "levels"),
				   .duties = pgi_json_part(document, "duties"),
				   .seen = pgi_document_text_table(sizeof(char *)),
				   .caller = caller,
				   .find = find};

	for (int i = 0; i < pgi_json_count(rules); i++)
		check_rule(&check, pgi_json_item(rules, i), i);
}
