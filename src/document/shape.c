/*
 * shape.c: what documents may look like.
 *
 * A shape is JSON itself:
 *   "word"                  a single value of that kind, see value_kind.c; words between bars are
 *                           alternatives: kinds, or texts as they are; 1..100 is a whole
 *                           number from 1 to 100
 *   "title"                 {"en": "text", "zh": "text"}
 *   {"key": shape, …}       an object with these keys and no others
 *   {"<word>": shape}       an object of at most 1000 keys, each a text of that kind;
 *                           {"<word 48>": shape} of at most 48
 *   [shape]                 an array of at most 1000 such items; [48, shape] of at most 48
 *   [shape, ["key", …]]     the same, and the keys tell the items apart
 *   [shape, "or", {…}]      an object of the second shape, or anything else of the first; where
 *                           both are objects, what holds objects is of the second
 *   [shape, "or", {…}, "or", {…}]  the same with more objects: of the one whose first key it
 *                           has, else of the last
 * A question mark after a word allows null, after a key also that it is left out.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/arguments.h"
#include "base/compat.h"
#include "document/json.h"
#include "document/shape.h"
#include "kernel/policy.h"

#define MOST 1000 /* where a shape does not say else */

/* The windows of each day of a week. */
#define WEEK                                                     \
	"{\"mon?\": [48, [\"clock\"]], \"tue?\": [48, [\"clock\"]]," \
	" \"wed?\": [48, [\"clock\"]], \"thu?\": [48, [\"clock\"]]," \
	" \"fri?\": [48, [\"clock\"]], \"sat?\": [48, [\"clock\"]]," \
	" \"sun?\": [48, [\"clock\"]]}"

/* What a quantity of a loss may be besides a number. */
#define QUANTITY                                                                \
	"\"or\", {\"median\": \"number\", \"sigma\": \"number\"},"                  \
	" \"or\", {\"low\": \"number\", \"high\": \"number\"},"                     \
	" \"or\", {\"min\": \"number\", \"mode\": \"number\", \"max\": \"number\"," \
	"  \"shape?\": \"number\"}]"

/* What documents are called, and their shapes. A place in an argument begins with its name. */
static const struct
{
	const char *name;
	const char *shape;
	bool is_argument;
} documents[PGI_DOCUMENT_KINDS] = {
	[PGI_DOCUMENT_POLICY] =
		{"policy document",
		 "{\"name\": \"name\", \"title\": \"title\", \"source?\": \"text\","
		 " \"axes\": {\"asset\": {\"en\": \"text\", \"zh\": \"text\","
		 "   \"values?\": [{\"level\": \"level\", \"title\": \"title\","
		 "    \"words?\": [20, \"short\"]}, [\"level\"]]},"
		 "  \"severity\": \"title\"},"
		 " \"severities\": [{\"severity\": \"severity\", \"title\": \"title\","
		 "  \"words?\": [20, \"short\"],"
		 "  \"criteria?\": [\"title\", \"or\", {\"<short>\": \"title\"}]}, "
		 "[\"severity\"]],"
		 " \"levels\": [{\"level\": \"level\", \"title\": \"title\","
		 "  \"words?\": [20, \"short\"],"
		 "  \"processing_time\": \"term?\", \"calendar?\": \"name\","
		 "  \"respond_within?\": \"term\","
		 "  \"acknowledge?\": {\"within\": \"term\","
		 "   \"steps?\": [7, {\"within\": \"term\", \"audience\": [\"short\"]}]}},"
		 "  [\"level\"]],"
		 " \"matrix\": [{\"asset_level\": \"level|any\", \"severity\": \"severity\","
		 "  \"event_level\": \"level\", \"response_level\": \"level\"},"
		 "  [\"asset_level\", \"severity\"]],"
		 " \"escalation\": {\"rule\": \"remaining_time|steps|none\","
		 "  \"steps?\": [32, {\"to\": \"level\", \"event_levels?\": [10, \"level\"],"
		 "   \"elapsed?\": \"term\", \"remaining?\": \"term\", \"percent?\": \"1..100\","
		 "   \"inactive?\": \"term\","
		 "   \"reports?\": "
		 "[6, \"assessed|acknowledged|activated|resumed|noted|done\"]}]},"
		 " \"duties\": [32, {\"duty\": \"key\", \"title\": \"title\","
		 "  \"starts\": [\"opened|acknowledged|activated|resolved|closed\", \"or\","
		 "   {\"after\": \"key\"}],"
		 "  \"scope\": \"event_level|response_level\","
		 "  \"for\": [10, {\"levels\": [10, \"level\"], \"within\": \"term\","
		 "   \"audience\": [\"short\"]}],"
		 "  \"responsible?\": [\"short\"], \"repeat?\": {\"limit\": \"1..1000000?\","
		 "   \"also?\": \"overdue\"},"
		 "  \"until?\": \"resolved|closed\","
		 "  \"done_by?\": "
		 "\"assessed|acknowledged|activated|held|resumed|resolved|closed|noted\","
		 "  \"content?\": {\"<short>\": \"title\"}}, [\"duty\"]],"
		 " \"hold\": {\"stops\": [\"processing|acknowledgement|response|duties\"]},"
		 " \"unknown\": \"most_urgent\","
		 " \"authorities\": [{\"act\": \"activate|downgrade|close\","
		 "  \"event_levels\": [10, \"level\"], \"posts\": [\"short\"],"
		 "  \"persons?\": \"1..2\"}],"
		 " \"messages\": {\"limit?\": {\"count\": \"1..1000000\", \"within\": \"time\"},"
		 "  \"missed_ticks\": \"latest|all\", \"attempts?\": \"1..100\","
		 "  \"languages?\": [2, \"en|zh\"],"
		 "  \"rules?\": [200, {\"on\": \"opened|graded|escalated|breached|overdue|due|"
		 "repeated|acknowledged|activated|held|resumed|resolved|closed|reopened|"
		 "cancelled|"
		 "voided\","
		 "   \"duty?\": \"key\", \"clock?\": \"acknowledgement|response\","
		 "   \"scope?\": \"event_level|response_level\", \"levels?\": [10, \"level\"],"
		 "   \"to\": {\"audience_of?\": \"key\", \"duty?\": \"audience|responsible\","
		 "    \"posts?\": [\"short\"], \"steps_of?\": \"acknowledgement\"},"
		 "   \"acknowledge?\": \"nobody|anyone|everyone\","
		 "   \"again?\": {\"after\": \"time\", \"limit\": \"1..100\"},"
		 "   \"then?\": \"next\", \"urgent?\": \"boolean\"}]},"
		 " \"posts\": [{\"post\": \"short\", \"title\": \"title\"}, [\"post\"]],"
		 " \"categories\": [{\"category\": \"short\", \"title\": \"title\","
		 "  \"levels\": {\"<level>\": \"title\"}}, [\"category\"]]}"},
	[PGI_DOCUMENT_ADDENDUM] =
		{"addendum",
		 "{\"name\": \"name\", \"title\": \"title\", \"source\": \"text\","
		 " \"in_force\": \"date\","
		 " \"posts\": [{\"post\": \"short\", \"title\": \"title\"}, [\"post\"]],"
		 " \"duties\": [32, \"object\"]}"},
	[PGI_DOCUMENT_CALENDAR] =
		{"calendar document",
		 "{\"name\": \"name\", \"zone?\": \"text\", \"day?\": \"time\","
		 " \"week?\": " WEEK ","
		 " \"weeks?\": [{\"from?\": \"date\", \"week\": " WEEK "}],"
		 " \"holidays?\": [10000, \"date\"],"
		 " \"extra?\": {\"<date 10000>\": [48, [\"clock\"]]}, \"source?\": \"text\"}"},
	[PGI_DOCUMENT_RISK_METHOD] =
		{"risk method",
		 "{\"name\": \"name\", \"title\": \"title\", \"source?\": \"text\","
		 " \"asset_value\": [\"object\", \"or\","
		 "  {\"combination\": \"mean|weighted|max|log2mean\","
		 "   \"weights?\": [\"object\", \"or\", {\"confidentiality?\": \"anything\","
		 "    \"integrity?\": \"anything\", \"availability?\": \"anything\"}]}],"
		 " \"likelihood\": [\"object\", \"or\","
		 "  {\"formula\": \"product|geometric|matrix|row\","
		 "   \"matrix?\": \"anything\", \"bands?\": \"anything\"}],"
		 " \"loss\": [\"object\", \"or\","
		 "  {\"formula\": \"product|geometric|matrix|row\","
		 "   \"matrix?\": \"anything\", \"bands?\": \"anything\"}],"
		 " \"risk\": [\"object\", \"or\","
		 "  {\"formula\": \"product|geometric|matrix|product_of_values\","
		 "   \"matrix?\": \"anything\", \"bands?\": \"anything\"}],"
		 " \"unacceptable_from?\": \"anything\"}"},
	[PGI_DOCUMENT_RISK_REGISTER] =
		{"risk register",
		 "{\"assets?\": [1000000, {\"name\": \"text\", \"category?\": \"text\","
		 "  \"level?\": \"grade\", \"confidentiality?\": \"grade\","
		 "  \"integrity?\": \"grade\", \"availability?\": \"grade\","
		 "  \"owner?\": \"text\", \"parent?\": \"text\", \"location?\": \"text\","
		 "  \"title?\": \"text\"}],"
		 " \"services?\": [1000000, {\"name\": \"text\", \"importance?\": \"grade\","
		 "  \"owner?\": \"text\", \"title?\": \"text\", \"parent?\": \"text\","
		 "  \"raised_by_assets?\": \"boolean\", \"raises_assets?\": \"boolean\","
		 "  \"assets?\": [1000000, \"text\"]}],"
		 " \"threats?\": [1000000, {\"name\": \"text\", \"source?\": \"text\","
		 "  \"frequency?\": \"grade\", \"path?\": \"text\", \"manner?\": \"text\","
		 "  \"title?\": \"text\", \"incident_categories?\": [\"text\"]}],"
		 " \"vulnerabilities?\": [1000000, {\"name\": \"text\", \"severity?\": \"grade\","
		 "  \"asset?\": \"text\", \"area?\": \"text\", \"evidence?\": \"text\","
		 "  \"title?\": \"text\", \"reference?\": \"text\", \"found_at?\": \"text\","
		 "  \"assessed_at?\": \"text\", \"fixed_at?\": \"text\","
		 "  \"verified_at?\": \"text\", \"closed_at?\": \"text\"}],"
		 " \"measures?\": [1000000, {\"name\": \"text\", \"kind?\": \"text\","
		 "  \"effectiveness?\": \"grade\", \"status?\": \"text\","
		 "  \"responsible?\": \"text\", \"due_at?\": \"text\", \"done_at?\": \"text\","
		 "  \"title?\": \"text\"}],"
		 " \"scenarios?\": [1000000, {\"asset\": \"text\", \"threat\": \"text\","
		 "  \"vulnerability\": \"text\", \"title?\": \"text\", \"owner?\": \"text\","
		 "  \"frequency?\": \"grade\", \"severity?\": \"grade\","
		 "  \"measures?\": [\"text\"]}]}"},
	[PGI_DOCUMENT_FACTS] =
		{"facts",
		 "[10000, {\"at\": \"moment\", \"kind\": \"fact\", \"severity?\": \"grade\","
		 " \"asset_level?\": \"grade\", \"duty?\": \"text\"}]",
		 true},
	[PGI_DOCUMENT_FREQUENCY] =
		{"frequency", "[\"frequency\", \"or\", {\"events\": \"0..1000000\"}, " QUANTITY,
		 true},
	[PGI_DOCUMENT_MAGNITUDE] = {"magnitude", "[\"quantity\", " QUANTITY, true},
	[PGI_DOCUMENT_SECONDARY_LOSS] =
		{"secondary",
		 "{\"probability\": \"number\", \"loss\": [\"quantity\", " QUANTITY "}", true},
	[PGI_DOCUMENT_DIRECTORY] =
		{"directory document",
		 "{\"contacts?\": [10000, {\"name\": \"short\", \"title?\": \"title\","
		 "  \"language?\": \"en|zh\", \"zone?\": \"short\", \"login?\": \"short\","
		 "  \"deputy?\": \"short\","
		 "  \"clearance?\": \"clear|green|amber|amber+strict|red\","
		 "  \"quiet?\": {\"windows\": [48, [\"clock\"]], \"unless_response?\": "
		 "\"level\"},"
		 "  \"channels?\": [20, {\"channel\": \"key\", \"address\": \"text\","
		 "   \"clearance?\": \"clear|green|amber|amber+strict|red\"}]}, [\"name\"]],"
		 " \"posts?\": [{\"post\": \"short\", \"members?\": [\"short\"],"
		 "  \"roster?\": \"name\", \"next?\": \"short\"}, [\"post\"]],"
		 " \"rosters?\": [{\"name\": \"name\", \"zone?\": \"short\","
		 "  \"layers\": [32, {\"members\": [\"short\"], \"turn\": \"turn\","
		 "   \"from\": \"local\","
		 "   \"windows?\": " WEEK "}]}, [\"name\"]]}"},
};

StaticAssertDecl(PGI_MAX_DUTIES == 32 && PGI_MAX_ESCALATION_STEPS == 32 &&
					 PGI_MAX_ACKNOWLEDGEMENTS - 1 == 7 && PGI_MAX_MESSAGE_RULES == 200,
				 "the shape of a policy says how many the kernel has room for");

/* Reading a shape. That it is well-formed goes without saying. */

static void
skip_space(const char **at)
{
	while (**at != '\0' && strchr(" \t\r\n,:", **at) != NULL)
		(*at)++;
}

static char *
read_string(const char **at)
{
	const char *begin = *at + 1;
	const char *end = strchr(begin, '"');

	*at = end + 1;
	return pnstrdup(begin, end - begin);
}

/* Takes a question mark off the end. */
static bool
take_mark(char *word)
{
	size_t length = strlen(word);

	if (length == 0 || word[length - 1] != '?')
		return false;
	word[length - 1] = '\0';
	return true;
}

/* Takes what a key in angle brackets says of all keys of an object. */
static void
take_open_key(PgiShape *shape, const char *key)
{
	size_t length = strcspn(key, " >");

	shape->kind = PGI_SHAPE_OPEN_OBJECT;
	shape->word = pnstrdup(key + 1, length - 1);
	if (key[length] == ' ')
		shape->most = atoi(key + length);
}

static PgiShape *read_shape(const char **at);

static PgiShape *
read_word(const char **at)
{
	PgiShape *shape = palloc0(sizeof(PgiShape));

	shape->kind = PGI_SHAPE_WORD;
	shape->word = read_string(at);
	shape->nullable = take_mark(shape->word);
	if (strcmp(shape->word, "title") == 0)
	{
		const char *title = "{\"en\": \"text\", \"zh\": \"text\"}";

		return read_shape(&title);
	}
	return shape;
}

/* What an array has behind the shape of its items: the other shapes, or keys. */
static void
take_rest(PgiShape *shape)
{
	ListCell *cell;

	if (list_length(shape->parts) >= 3)
	{
		shape->kind = PGI_SHAPE_OR;
		for (int i = 1; i < list_length(shape->parts); i++)
			shape->parts = list_delete_nth_cell(shape->parts, i);
	}
	else if (list_length(shape->parts) == 2)
		foreach (cell, ((PgiShape *) lsecond(shape->parts))->parts)
			shape->told_by = lappend(shape->told_by, ((PgiShape *) lfirst(cell))->word);
}

static PgiShape *
read_shape(const char **at)
{
	PgiShape *shape;
	char close;

	skip_space(at);
	if (**at == '"')
		return read_word(at);
	shape = palloc0(sizeof(PgiShape));
	shape->kind = **at == '{' ? PGI_SHAPE_OBJECT : PGI_SHAPE_ARRAY;
	shape->most = MOST;
	close = **at == '{' ? '}' : ']';
	for ((*at)++, skip_space(at); **at != close; skip_space(at))
	{
		if (**at >= '0' && **at <= '9')
		{
			shape->most = (int) strtol(*at, (char **) at, 10);
			continue;
		}
		if (shape->kind == PGI_SHAPE_OBJECT)
		{
			char *key = read_string(at);

			shape->optional = lappend_int(shape->optional, take_mark(key));
			shape->keys = lappend(shape->keys, key);
			if (*key == '<')
				take_open_key(shape, key);
		}
		shape->parts = lappend(shape->parts, read_shape(at));
	}
	(*at)++;
	if (shape->kind == PGI_SHAPE_ARRAY)
		take_rest(shape);
	return shape;
}

/* The shape of a kind of document; read once. */
const PgiShape *
pgi_shape_of(PgiDocumentKind kind)
{
	static PgiShape *shapes[PGI_DOCUMENT_KINDS];

	if (shapes[kind] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		const char *shape = documents[kind].shape;

		shapes[kind] = read_shape(&shape);
		MemoryContextSwitchTo(caller);
	}
	return shapes[kind];
}

static List *
check(const JsonbValue *document, PgiDocumentKind kind)
{
	return pgi_document_check(document,
							  documents[kind].is_argument ? documents[kind].name : "$",
							  pgi_shape_of(kind));
}

/* Errors with the first of what does not have the shape of its kind. */
void
pgi_shape_expect(const JsonbValue *document, PgiDocumentKind kind)
{
	pgi_document_refuse_unfit(check(document, kind),
							  documents[kind].is_argument ? NULL : documents[kind].name);
}

/* In SQL */

/* The kind that the second argument names; the first is the document. */
static PgiDocumentKind
read_arguments(FunctionCallInfo fcinfo, JsonbValue *document)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	pgi_json_root(PG_GETARG_JSONB_P(0), document);
	for (int kind = 0; kind < PGI_DOCUMENT_KINDS; kind++)
		if (strcmp(documents[kind].name, name) == 0)
			return kind;
	elog(ERROR, "no document is a \"%s\"", pgi_argument_clip(name));
}

PG_FUNCTION_INFO_V1(pgi_document_findings);
Datum
pgi_document_findings(PG_FUNCTION_ARGS)
{
	JsonbValue document;
	PgiDocumentKind kind = read_arguments(fcinfo, &document);
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach (cell, check(&document, kind))
	{
		const PgiFinding *finding = lfirst(cell);

		pgi_document_put_finding((ReturnSetInfo *) fcinfo->resultinfo, finding->place,
								 finding->problem);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(pgi_expect_document);
Datum
pgi_expect_document(PG_FUNCTION_ARGS)
{
	JsonbValue document;
	PgiDocumentKind kind = read_arguments(fcinfo, &document);

	pgi_shape_expect(&document, kind);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(pgi_document_shapes);
Datum
pgi_document_shapes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int kind = 0; kind < PGI_DOCUMENT_KINDS; kind++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		values[0] = CStringGetTextDatum(documents[kind].name);
		values[1] = CStringGetTextDatum(documents[kind].shape);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
