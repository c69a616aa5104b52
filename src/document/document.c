/*
 * document.c: walks a document against a shape and tells all that does not fit, each with
 * its place.
 *
 * Documents come from anybody who may check one. Time and memory are linear in a document,
 * a walk can be cancelled, and no array or object with keys of one's own has more than its
 * shape says, so that what reads a document after this has a bound.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "base/arguments.h"
#include "document/document.h"
#include "document/json.h"
#include "document/value_kind.h"

#define MAX_FINDINGS 1000 /* the rest is not told */
#define MAX_SHOWN 512	  /* bytes of an array or object that a message shows */

/* A place in a document: a key or an item of what it is within. */
typedef struct Place
{
	const struct Place *within; /* NULL: the whole, which `key` names */
	const char *key;			/* NULL: an item */
	int number;
} Place;

typedef struct Walk
{
	List *findings;
	MemoryContext caller;  /* of findings, and of what is being walked */
	MemoryContext scratch; /* of what a single value needs */
} Walk;

/* Places */

static char *
quoted(const char *string)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, string);
	return json.data;
}

/* The place of a key in an object, quoted where a JSON path needs that. */
char *
pgi_document_place_key(const char *place, const char *key)
{
	bool plain = *key != '\0' && !(*key >= '0' && *key <= '9');

	for (const char *c = key; *c != '\0'; c++)
		plain &= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				 (*c >= '0' && *c <= '9') || *c == '_';
	return psprintf("%s.%s", place,
					plain ? pgi_argument_clip(key) : quoted(pgi_argument_clip(key)));
}

char *
pgi_document_place_item(const char *place, int number)
{
	return psprintf("%s[%d]", place, number);
}

static char *
place_text(const Place *place)
{
	char *within;

	if (place->within == NULL)
		return pstrdup(place->key);
	within = place_text(place->within);
	return place->key != NULL ? pgi_document_place_key(within, place->key)
							  : pgi_document_place_item(within, place->number);
}

/* Findings */

/* Whether there are as many as anybody reads. Then it is not known what else is wrong. */
bool
pgi_document_findings_full(const List *findings)
{
	return list_length(findings) >= MAX_FINDINGS;
}

/*
 * Of findings beyond what anybody reads only one is kept that makes a document unfit, in place
 * of the last that does not.
 */
List *
pgi_document_add_finding(List *findings, const PgiFinding *finding)
{
	PgiFinding *copy;

	if (pgi_document_findings_full(findings))
	{
		if (finding->unfit == 0 || ((PgiFinding *) llast(findings))->unfit != 0)
			return findings;
		findings = list_delete_last(findings);
	}
	copy = palloc(sizeof(PgiFinding));
	copy->place = pstrdup(finding->place);
	copy->problem = pstrdup(finding->problem);
	copy->hint = finding->hint == NULL ? NULL : pstrdup(finding->hint);
	copy->unfit = finding->unfit;
	return lappend(findings, copy);
}

static void
find_with_code(Walk *walk, const Place *place, const char *problem, const char *hint,
			   int code)
{
	PgiFinding finding = {place_text(place), (char *) problem, (char *) hint, code};
	MemoryContext here = MemoryContextSwitchTo(walk->caller);

	walk->findings = pgi_document_add_finding(walk->findings, &finding);
	MemoryContextSwitchTo(here);
	pfree(finding.place);
}

static void
add_finding(Walk *walk, const Place *place, const char *problem, const char *hint)
{
	find_with_code(walk, place, problem, hint, ERRCODE_INVALID_PARAMETER_VALUE);
}

/* A value as a message shows it. */
static const char *
shown(const JsonbValue *value)
{
	Jsonb *json;

	if (value->type == jbvBinary && value->val.binary.len > MAX_SHOWN)
		return pgi_json_is_object(value) ? "a large object" : "a large array";
	json = JsonbValueToJsonb((JsonbValue *) value);
	return pgi_argument_clip(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

/* Texts */

static uint32
hash_text(const void *key, Size size)
{
	const char *string = *(const char *const *) key;

	return hash_bytes((const unsigned char *) string, (int) strlen(string));
}

static int
compare_texts(const void *one, const void *other, Size size)
{
	return strcmp(*(const char *const *) one, *(const char *const *) other);
}

/* A hash table of entries that begin with a pointer to a text, their key. */
HTAB *
pgi_document_text_table(Size entry)
{
	HASHCTL control = {0};

	control.keysize = sizeof(char *);
	control.entrysize = entry;
	control.hash = hash_text;
	control.match = compare_texts;
	control.hcxt = CurrentMemoryContext;
	return hash_create("pg_incident texts", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* The walk */

static void walk_value(Walk *walk, const JsonbValue *value, const Place *place,
					   const PgiShape *shape);

static bool
is_key(const JsonbValue *key, const char *word)
{
	return strlen(word) == key->val.string.len &&
		   memcmp(word, key->val.string.val, key->val.string.len) == 0;
}

static bool
knows_key(const PgiShape *shape, const JsonbValue *key)
{
	ListCell *cell;

	foreach (cell, shape->keys)
		if (is_key(key, lfirst(cell)))
			return true;
	return false;
}

static char *
known_keys(const PgiShape *shape)
{
	StringInfoData known;
	ListCell *cell;

	initStringInfo(&known);
	appendStringInfoString(&known, "Known here: ");
	foreach (cell, shape->keys)
		appendStringInfo(&known, "%s%s", foreach_current_index(cell) > 0 ? ", " : "",
						 (char *) lfirst(cell));
	appendStringInfoChar(&known, '.');
	return known.data;
}

/* Whether an array or object has no more than its shape allows. */
static bool
has_room(Walk *walk, JsonbContainer *container, const Place *place, const PgiShape *shape,
		 const char *what)
{
	int count = JsonContainerSize(container);

	if (count <= shape->most)
		return true;
	find_with_code(walk, place, psprintf("has %d %s", count, what),
				   psprintf("At most %d are taken.", shape->most),
				   ERRCODE_PROGRAM_LIMIT_EXCEEDED);
	return false;
}

/* Holds a single value, or a key, against the kinds that a word names. */
static void
walk_word(Walk *walk, const JsonbValue *value, const Place *place, const char *word)
{
	MemoryContext here = MemoryContextSwitchTo(walk->scratch);

	if (!pgi_value_is_of(value, word))
		add_finding(walk, place, psprintf("is %s", shown(value)), pgi_value_hint(word));
	MemoryContextSwitchTo(here);
	MemoryContextReset(walk->scratch);
}

/* An object whose keys are its writer's own. */
static void
walk_open_object(Walk *walk, JsonbContainer *object, const Place *place,
				 const PgiShape *shape)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;
	Place here = {place, NULL, 0};
	char *key = NULL;

	if (!has_room(walk, object, place, shape, "keys"))
		return;
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			here.key = key = pgi_json_word(&value);
			walk_word(walk, &value, &here, shape->word);
		}
		else if (token == WJB_VALUE)
		{
			walk_value(walk, &value, &here, linitial(shape->parts));
			pfree(key);
		}
	}
}

static void
find_unknown_keys(Walk *walk, JsonbContainer *object, const Place *place,
				  const PgiShape *shape)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue key;

	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY && !knows_key(shape, &key) &&
			!pgi_document_findings_full(walk->findings))
		{
			MemoryContext caller = MemoryContextSwitchTo(walk->scratch);
			Place here = {place, pgi_json_word(&key), 0};

			add_finding(walk, &here, PGI_UNKNOWN_KEY, known_keys(shape));
			MemoryContextSwitchTo(caller);
			MemoryContextReset(walk->scratch);
		}
	}
}

static void
walk_object(Walk *walk, JsonbContainer *object, const Place *place, const PgiShape *shape)
{
	ListCell *cell;

	find_unknown_keys(walk, object, place, shape);
	foreach (cell, shape->keys)
	{
		Place here = {place, lfirst(cell), 0};
		int number = foreach_current_index(cell);
		bool optional = list_nth_int(shape->optional, number);
		JsonbValue value;
		bool given = getKeyJsonValueFromContainer(object, here.key, strlen(here.key),
												  &value) != NULL;

		if (!given && !optional)
			add_finding(walk, &here, "is missing", NULL);
		else if (given && !(optional && value.type == jbvNull))
			walk_value(walk, &value, &here, list_nth(shape->parts, number));
	}
}

/* What tells an item from the others of its array; NULL when it has not all of that. */
static char *
told_of(const JsonbValue *item, const PgiShape *shape)
{
	StringInfoData told;
	ListCell *cell;

	if (!pgi_json_is_object(item))
		return NULL;
	initStringInfo(&told);
	foreach (cell, shape->told_by)
	{
		const char *key = lfirst(cell);
		JsonbValue value;

		if (getKeyJsonValueFromContainer(pgi_json_container(item), key, strlen(key),
										 &value) == NULL ||
			value.type != jbvString)
			return NULL;
		appendStringInfo(&told, "%s%.*s", told.len > 0 ? ", " : "", value.val.string.len,
						 value.val.string.val);
	}
	return told.data;
}

static void
walk_array(Walk *walk, JsonbContainer *array, const Place *place, const PgiShape *shape)
{
	MemoryContext context = NULL;
	HTAB *told = NULL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue item;
	Place here = {place, NULL, -1};

	if (!has_room(walk, array, place, shape, "items"))
		return;
	if (shape->told_by != NIL)
	{
		context = AllocSetContextCreate(walk->caller, "pg_incident document",
										ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(context);
		told = pgi_document_text_table(sizeof(char *));
		MemoryContextSwitchTo(walk->caller);
	}
	iterator = JsonbIteratorInit(array);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		bool twice = false;
		char *mine;

		if (token != WJB_ELEM)
			continue;
		here.number++;
		walk_value(walk, &item, &here, linitial(shape->parts));
		if (told == NULL)
			continue;
		MemoryContextSwitchTo(context);
		mine = told_of(&item, shape);
		if (mine != NULL)
			(void) hash_search(told, &mine, HASH_ENTER, &twice);
		if (twice)
			add_finding(walk, &here,
						psprintf("is the second for %s", pgi_argument_clip(mine)), NULL);
		MemoryContextSwitchTo(walk->caller);
	}
	if (context != NULL)
		MemoryContextDelete(context);
}

static bool
holds_objects(const JsonbValue *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(pgi_json_container(object));
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_VALUE && pgi_json_is_object(&value))
			return true;
	}
	return false;
}

/* Which of its shapes a value has to have. */
static const PgiShape *
choose(const JsonbValue *value, const PgiShape *shape)
{
	const PgiShape *first = linitial(shape->parts);
	ListCell *cell;

	if (!pgi_json_is_object(value) ||
		(first->kind == PGI_SHAPE_OBJECT && !holds_objects(value)))
		return first;
	for_each_from(cell, shape->parts, 1)
	{
		const PgiShape *other = lfirst(cell);

		if (pgi_json_has(pgi_json_container(value), linitial(other->keys)))
			return other;
	}
	return llast(shape->parts);
}

static void
walk_value(Walk *walk, const JsonbValue *value, const Place *place, const PgiShape *shape)
{
	CHECK_FOR_INTERRUPTS();
	if (pgi_document_findings_full(walk->findings))
		return;
	switch (shape->kind)
	{
		case PGI_SHAPE_WORD:
			if (!(shape->nullable && value->type == jbvNull))
				walk_word(walk, value, place, shape->word);
			break;
		case PGI_SHAPE_OBJECT:
		case PGI_SHAPE_OPEN_OBJECT:
			if (!pgi_json_is_object(value))
				add_finding(walk, place, "is not an object", NULL);
			else if (shape->kind == PGI_SHAPE_OBJECT)
				walk_object(walk, pgi_json_container(value), place, shape);
			else
				walk_open_object(walk, pgi_json_container(value), place, shape);
			break;
		case PGI_SHAPE_ARRAY:
			if (pgi_json_is_array(value))
				walk_array(walk, pgi_json_container(value), place, shape);
			else
				add_finding(walk, place, "is not an array", NULL);
			break;
		case PGI_SHAPE_OR:
			walk_value(walk, value, place, choose(value, shape));
			break;
	}
}

/* All of a document that does not fit a shape. The place is that of the whole. */
List *
pgi_document_check(const JsonbValue *document, const char *place, const PgiShape *shape)
{
	Walk walk = {NIL, CurrentMemoryContext};
	Place whole = {NULL, place, 0};

	walk.scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_incident value",
										 ALLOCSET_SMALL_SIZES);
	walk_value(&walk, document, &whole, shape);
	MemoryContextDelete(walk.scratch);
	return walk.findings;
}

/* Errors with the first finding that makes a document unfit; what NULL: its place says of what. */
void
pgi_document_refuse_unfit(List *findings, const char *what)
{
	ListCell *cell;

	foreach (cell, findings)
	{
		const PgiFinding *finding = lfirst(cell);

		if (finding->unfit != 0)
			ereport(ERROR,
					(errcode(finding->unfit),
					 errmsg("%s%s%s %s", what == NULL ? "" : what,
							what == NULL ? "" : ": ", finding->place, finding->problem),
					 finding->hint == NULL ? 0 : errhint("%s", finding->hint)));
	}
}

/* Adds a row (place, problem) to the result of a function that checks. */
void
pgi_document_put_finding(ReturnSetInfo *result, const char *place, const char *problem)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = CStringGetTextDatum(place);
	values[1] = CStringGetTextDatum(problem);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}
