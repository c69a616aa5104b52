/*
 * roster.c: who is on call at a moment, and until when.
 */
#include <string.h>

#include "kernel/roster.h"

static int64_t
floor_divide(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* Takes whole periods off a moment that is beyond the offsets which are stated; returns them. */
static int64_t
fold(int64_t *moment)
{
	int64_t periods = 0;

	if (*moment >= PGI_ZONE_REPEATS)
		periods = (*moment - PGI_ZONE_SETTLED) / PGI_CYCLE * PGI_CYCLE;
	*moment -= periods;
	return periods;
}

/* What the clock on the wall shows at a moment. */
static int64_t
wall_clock(const PgiRosterVersion *version, int64_t moment)
{
	int64_t periods = fold(&moment);
	int low = 0;
	int high = version->noffsets - 1;

	while (low < high)
	{
		int middle = high - (high - low) / 2;

		if (version->offsets[middle].from <= moment)
			low = middle;
		else
			high = middle - 1;
	}
	return periods + moment + version->offsets[low].seconds * PGI_SECOND;
}

/*
 * The first moment at which the clock on the wall shows this: of an hour that is skipped its end,
 * of one that is repeated the first time.
 */
static int64_t
moment_of(const PgiRosterVersion *version, int64_t shown)
{
	int64_t periods = fold(&shown);
	int low = 0;
	int high = version->noffsets - 1;
	int64_t moment;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (shown - version->offsets[middle].seconds * PGI_SECOND <
			version->offsets[middle + 1].from)
			high = middle;
		else
			low = middle + 1;
	}
	moment = shown - version->offsets[low].seconds * PGI_SECOND;
	if (low > 0)
		moment = pgi_most(moment, version->offsets[low].from);
	return periods + moment;
}

/* When a turn of a layer begins; they count from 0. */
static int64_t
beginning_of(const PgiRosterVersion *version, const PgiRosterLayer *layer, int64_t turn)
{
	if (layer->of_days)
		return moment_of(version, layer->from + turn * layer->turn);
	return moment_of(version, layer->from) + turn * layer->turn;
}

/* The turn that a moment is in; negative before the first. */
static int64_t
turn_at(const PgiRosterVersion *version, const PgiRosterLayer *layer, int64_t moment)
{
	int64_t passed = layer->of_days ? wall_clock(version, moment) - layer->from
									: moment - moment_of(version, layer->from);
	int64_t turn = floor_divide(passed, layer->turn);

	while (beginning_of(version, layer, turn + 1) <= moment)
		turn++;
	while (beginning_of(version, layer, turn) > moment)
		turn--;
	return turn;
}

/* The end of the window that a moment is in, or the limit when that is earlier. */
static int64_t
end_of_window(const PgiCalendar *windows, int64_t moment, int64_t limit)
{
	int64_t within = moment + 1;
	int64_t beyond = limit;

	if (pgi_calendar_measure(windows, moment, limit) == limit - moment)
		return limit;
	while (beyond - within > 1)
	{
		int64_t middle = within + (beyond - within) / 2;

		if (pgi_calendar_measure(windows, moment, middle) == middle - moment)
			within = middle;
		else
			beyond = middle;
	}
	return within;
}

/*
 * Whether the windows of a layer are open; `until` becomes the moment at which that changes, when
 * that is earlier.
 */
static bool
is_open(const PgiCalendar *windows, int64_t moment, int64_t *until)
{
	int64_t opens;

	if (windows == NULL)
		return true;
	if (pgi_calendar_measure(windows, moment, moment + 1) == 1)
	{
		int64_t limit = pgi_least(moment + PGI_ROSTER_HORIZON, PGI_REACH_LAST);

		*until = pgi_least(*until, end_of_window(windows, moment, limit));
		return true;
	}
	opens = pgi_calendar_add(windows, moment, 1);
	if (opens != PGI_NEVER)
		*until = pgi_least(*until, opens - 1);
	return false;
}

/* Asks a layer; false when it holds nobody at the moment. */
static bool
ask_layer(const PgiRosterVersion *version, const PgiRosterLayer *layer, int64_t moment,
		  PgiOnCall *answer)
{
	int64_t turn = turn_at(version, layer, moment);

	if (turn < 0)
	{
		answer->until = pgi_least(answer->until, beginning_of(version, layer, 0));
		return false;
	}
	if (!is_open(layer->windows, moment, &answer->until))
		return false;
	if (layer->nmembers > 1)
		answer->until = pgi_least(answer->until, beginning_of(version, layer, turn + 1));
	answer->contact = layer->members[turn % layer->nmembers];
	return true;
}

/* Asks the overrides; false when there is none at the moment. */
static bool
ask_overrides(const PgiRoster *roster, int64_t moment, PgiOnCall *answer)
{
	const PgiOverride *overrides = roster->overrides;
	int low = 0;
	int high = roster->noverrides;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (overrides[middle].until <= moment)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == roster->noverrides)
		return false;
	if (overrides[low].since > moment)
	{
		answer->until = pgi_least(answer->until, overrides[low].since);
		return false;
	}
	answer->until = pgi_least(answer->until, overrides[low].until);
	answer->contact = overrides[low].contact;
	return answer->contact != PGI_NOBODY;
}

/* Who is on call at a moment; `until` is one at which that may change. */
static PgiOnCall
ask(const PgiRoster *roster, int64_t moment)
{
	PgiOnCall answer = {PGI_NOBODY, PGI_LAYER_OVERRIDE, PGI_NEVER};
	const PgiRosterVersion *version;
	int number = roster->nversions;

	while (number > 0 && roster->versions[number - 1].since > moment)
		answer.until = roster->versions[--number].since;
	if (number == 0 || roster->versions[number - 1].until <= moment)
		return answer;
	version = &roster->versions[number - 1];
	answer.until = pgi_least(answer.until, version->until);
	if (ask_overrides(roster, moment, &answer))
		return answer;
	for (answer.layer = version->nlayers; answer.layer > 0; answer.layer--)
		if (ask_layer(version, &version->layers[answer.layer - 1], moment, &answer))
			break;
	return answer;
}

/* Who is on call at a moment, of which layer, and when the one or the other changes. */
PgiOnCall
pgi_roster_on_call(const PgiRoster *roster, int64_t moment)
{
	int64_t horizon = pgi_least(moment + PGI_ROSTER_HORIZON, PGI_REACH_LAST);
	PgiOnCall answer = ask(roster, moment);

	while (answer.until < horizon)
	{
		PgiOnCall next = ask(roster, answer.until);

		if (next.contact != answer.contact || next.layer != answer.layer)
			return answer;
		answer.until = next.until;
	}
	answer.until = PGI_NEVER;
	return answer;
}

/*
 * Lays one override over others, which are in order and overlap nowhere: of these remains what it
 * does not cover. There is room for two more; returns how many there are.
 */
int
pgi_roster_lay_over(PgiOverride *overrides, int count, PgiOverride newest)
{
	PgiOverride pieces[3];
	int npieces = 0;
	int first = count;
	int next;

	while (first > 0 && overrides[first - 1].until > newest.since)
		first--;
	for (next = first; next < count && overrides[next].since < newest.until;)
		next++;
	if (first < next && overrides[first].since < newest.since)
		pieces[npieces++] =
			(PgiOverride){overrides[first].since, newest.since, overrides[first].contact};
	pieces[npieces++] = newest;
	if (first < next && overrides[next - 1].until > newest.until)
		pieces[npieces++] = (PgiOverride){newest.until, overrides[next - 1].until,
										  overrides[next - 1].contact};
	memmove(&overrides[first + npieces], &overrides[next],
			(count - next) * sizeof(PgiOverride));
	memcpy(&overrides[first], pieces, npieces * sizeof(PgiOverride));
	return count - (next - first) + npieces;
}
