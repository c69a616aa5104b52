/*
 * policy_cache.c: reads policies from their tables, compiles them, and keeps them until
 * the tables change. What was read before a change is thrown away when it is next asked
 * for.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/organisation.h"
#include "base/version.h"
#include "calendar/calendar_cache.h"
#include "document/json.h"
#include "policy/policy_cache.h"
#include "policy/policy_document.h"
#include "policy/policy_messages.h"
#include "policy/policy_reader.h"
#include "types/types.h"

/*
 * A compiled policy. One that uses calendars which count in the zone of each organisation is
 * there once more for each zone, as a variant with the calendars of that; the policy itself
 * is as look-ups need it, which know no moments.
 */
typedef struct CachedPolicy
{
	PgiVersionKey key;
	PgiPolicyTitle title;
	uint64 document;	/* a number that stands for it */
	uint64 fingerprint; /* for the document and the calendars */
	bool floats;
	PgiCalendarNames calendars;
	PgiPolicy policy;
	PgiPolicyWords words;
} CachedPolicy;

static void compile_policy(int32 policy_id, void *compiled);

static PgiVersions policies = {
	.kind = "policy",
	.view = "policy_versions",
	.published = {"SELECT name, version, policy_id FROM incident_internal.policies"
				  " WHERE state = 'published' ORDER BY name, version"},
	.table = PGI_POLICIES,
	.also = 1u << PGI_CALENDARS,
	.size = sizeof(CachedPolicy),
	.compile = compile_policy};

/* A column of the only row as text that stays for as long as the cache. Within SPI. */
static char *
keep_text(int number)
{
	char *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, number);

	return value == NULL ? NULL : MemoryContextStrdup(policies.context, value);
}

/*
 * The document of a policy as its rows are now, and its title; NULL when there is none with
 * that id. Within SPI.
 */
static Jsonb *
read_document(int32 policy_id, PgiPolicyTitle *title)
{
	static PgiQuery query = {
		"SELECT incident_internal.export_policy(policy_id), name, version, "
		"encode(digest, 'hex')"
		" FROM incident_internal.policies WHERE policy_id = $1 AND state <> 'dropped'",
		1,
		{INT4OID}};
	Datum id = Int32GetDatum(policy_id);
	Datum document;
	bool isnull;

	pgi_sql_read_newest(&query, &id);
	if (SPI_processed == 0)
		return NULL;
	title->name = keep_text(2);
	title->version = keep_text(3);
	title->digest = keep_text(4);
	document = JsonbPGetDatum(DatumGetJsonbP(pgi_sql_column(0, 1, &isnull)));
	return DatumGetJsonbP(SPI_datumTransfer(document, false, -1));
}

/* Gives a policy its calendars as they hold for an organisation. */
static void
set_calendars(CachedPolicy *cached, int32 org_id)
{
	cached->fingerprint = cached->document;
	for (int i = 0; i < cached->calendars.count; i++)
	{
		const PgiCalendar *calendar =
			pgi_calendar_get(NameStr(cached->calendars.name[i]), org_id);

		cached->policy.calendars[i] = calendar;
		cached->fingerprint =
			hash_combine64(cached->fingerprint, pgi_calendar_fingerprint(calendar));
	}
}

/* What a sound document says. Its words are kept as long as the cache. */
static void
read_rules(Jsonb *document, CachedPolicy *cached)
{
	MemoryContext caller;
	PgiPolicySource source;
	PgiPolicyPlaces places;
	JsonbValue root;

	pgi_json_root(document, &root);
	pgi_policy_read_source(pgi_json_container(&root), &source, &cached->calendars,
						   &places);
	pgi_policy_read_hold(pgi_json_container(&root), &source);
	pgi_policy_messages_read(pgi_json_container(&root), &source);
	pgi_policy_compile(&source, &cached->policy);
	cached->document = hash_bytes_extended((const unsigned char *) VARDATA_ANY(document),
										   VARSIZE_ANY_EXHDR(document), 0);
	cached->floats = false;
	for (int i = 0; i < cached->calendars.count; i++)
		cached->floats |= cached->calendars.floats[i];
	set_calendars(cached, PGI_NO_ORGANISATION);
	caller = MemoryContextSwitchTo(policies.context);
	pgi_policy_words_read(pgi_json_container(&root), &cached->words);
	MemoryContextSwitchTo(caller);
}

/* Reads and compiles a policy; error when there is none or it is not sound. */
static void
compile_policy(int32 policy_id, void *compiled)
{
	CachedPolicy *cached = compiled;
	PgiOwnerScope scope;
	Jsonb *document;
	List *findings;

	pgi_sql_become_owner(&scope);
	SPI_connect();
	document = read_document(policy_id, &cached->title);
	SPI_finish();
	pgi_sql_become_caller(&scope);
	if (document == NULL)
		pgi_version_refuse_id(&policies, policy_id);
	findings = pgi_policy_document_check(document);
	if (findings != NIL)
	{
		const PgiFinding *finding = linitial(findings);

		pgi_version_refuse_unsound(&policies, policy_id, finding->place,
								   pgi_policy_document_sentence(finding));
	}
	read_rules(document, cached);
}

static CachedPolicy *
find_policy(int32 policy_id)
{
	return pgi_version_get(&policies, policy_id);
}

/*
 * The compiled policy with this id; error when there is none or it is not sound. Valid
 * until the next statement. Its clocks are not to be run: their zone may be any.
 */
const PgiPolicy *
pgi_policy_get(int32 policy_id)
{
	return &find_policy(policy_id)->policy;
}

/* The title of a policy, as pgi_policy_get() gives what it says; it is the caller's. */
PgiPolicyTitle
pgi_policy_title(int32 policy_id)
{
	PgiPolicyTitle title = find_policy(policy_id)->title;

	title.name = pstrdup(title.name);
	title.version = pstrdup(title.version);
	title.digest = title.digest == NULL ? NULL : pstrdup(title.digest);
	return title;
}

/*
 * A number that stands for the document and the calendars that a policy was compiled from:
 * others have, as good as certainly, another.
 */
uint64
pgi_policy_fingerprint(const PgiPolicy *policy)
{
	return ((const CachedPolicy *) ((const char *) policy -
									offsetof(CachedPolicy, policy)))
		->fingerprint;
}

/* The words of the policy with this id, as long valid and with the same errors. */
const PgiPolicyWords *
pgi_policy_words(int32 policy_id)
{
	return &find_policy(policy_id)->words;
}

/* The same with the calendars of an organisation. */
const PgiPolicy *
pgi_policy_of(int32 policy_id, int32 org_id)
{
	CachedPolicy *entry = find_policy(policy_id);
	PgiVersionKey key = {policy_id, 0};
	CachedPolicy *own;
	CachedPolicy copy;

	if (!entry->floats)
		return &entry->policy;
	key.variant = pgi_calendar_zone_of(org_id);
	own = pgi_version_variant(&policies, policy_id, key.variant);
	if (own == NULL)
	{
		copy = *entry;
		set_calendars(&copy, org_id);
		own = pgi_version_keep(&policies, key, &copy);
	}
	return &own->policy;
}

/* The id of a published version; the newest when version is 0. */
int32
pgi_policy_version(const char *name, int32 version)
{
	return pgi_version_named(&policies, name, version);
}

/* Says that no policy of this name is published, and which are. */
void
pgi_policy_refuse_name(const char *name)
{
	pgi_version_refuse(&policies, name, 0);
}

int32
pgi_policy_named(const char *name)
{
	return pgi_policy_version(name, 0);
}

/* What a policy of the cache is called in messages. */
static char *
name_of(const PgiPolicy *policy)
{
	const CachedPolicy *entry =
		(const CachedPolicy *) ((const char *) policy - offsetof(CachedPolicy, policy));

	for (int i = 0; i < policies.count; i++)
		if (policies.of[i].id == entry->key.id)
			return psprintf("policy \"%s\"", NameStr(policies.of[i].name));
	return psprintf("policy %d", entry->key.id);
}

static void
refuse_severity(const PgiPolicy *policy, int severity)
{
	PgiChoices known = {0};

	for (int s = PGI_SEVERITY_MAX; s > 0; s--)
		if (policy->cell[PGI_LEVEL_UNKNOWN][s].possible)
			pgi_argument_add_choice(&known, pgi_types_severity_word(s));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" is no severity of %s",
						   pgi_types_severity_word(severity), name_of(policy)),
					errhint("The policy has: %s.", pgi_argument_choices(&known))));
}

/* Says that a policy does not have a level, which is of one kind or another, and what it has. */
static void
refuse_level(const PgiPolicy *policy, int level, const char *kind,
			 bool (*has)(const PgiPolicy *policy, int level))
{
	PgiChoices known = {0};

	for (int other = PGI_LEVEL_MAX; other >= 0; other--)
		if (has(policy, other))
			pgi_argument_add_choice(&known, pgi_types_level_word(other));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" is no %s of %s", pgi_types_level_word(level), kind,
						   name_of(policy)),
					errhint("The policy has: %s.", pgi_argument_choices(&known))));
}

static bool
has_asset_level(const PgiPolicy *policy, int level)
{
	return policy->cell[level][PGI_SEVERITY_UNKNOWN].possible;
}

static bool
has_level(const PgiPolicy *policy, int level)
{
	return policy->defined[level];
}

/* Says that a policy of the cache does not have a level at all. */
void
pgi_policy_refuse_level(const PgiPolicy *policy, int level)
{
	refuse_level(policy, level, "level", has_level);
	pg_unreachable();
}

/* Says why a policy of the cache does not know a pair. */
void
pgi_policy_refuse_pair(const PgiPolicy *policy, int asset_level, int severity)
{
	if (!policy->cell[PGI_LEVEL_UNKNOWN][severity].possible)
		refuse_severity(policy, severity);
	refuse_level(policy, asset_level, "asset level", has_asset_level);
	pg_unreachable();
}

/* What a pair means under a policy; error when the policy does not know it. */
const PgiCell *
pgi_policy_cell(const PgiPolicy *policy, int asset_level, int severity)
{
	const PgiCell *cell = &policy->cell[asset_level][severity];

	if (!cell->possible)
		pgi_policy_refuse_pair(policy, asset_level, severity);
	return cell;
}
