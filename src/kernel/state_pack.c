/*
 * state_pack.c: what a run goes on from besides what every incident has, as bytes.
 */
#include <string.h>

#include "kernel/state_pack.h"

static uint8_t *
put_moment(uint8_t *bytes, int64_t moment)
{
	for (int i = 0; i < 8; i++)
		*bytes++ = (uint8_t) ((uint64_t) moment >> (8 * i));
	return bytes;
}

/* Seven bits a byte, the highest set where another follows. */
static uint8_t *
put_count(uint8_t *bytes, uint32_t count)
{
	for (; count >= 0x80; count >>= 7)
		*bytes++ = (uint8_t) (count | 0x80);
	*bytes++ = (uint8_t) count;
	return bytes;
}

/* What is left to be read; `sound` until something is not there. */
typedef struct Reader
{
	const uint8_t *next;
	const uint8_t *end;
	bool sound;
} Reader;

static uint8_t
take_byte(Reader *reader)
{
	if (reader->next < reader->end)
		return *reader->next++;
	reader->sound = false;
	return 0;
}

static int64_t
take_moment(Reader *reader)
{
	uint64_t moment = 0;

	for (int i = 0; i < 8; i++)
		moment |= (uint64_t) take_byte(reader) << (8 * i);
	return (int64_t) moment;
}

static int32_t
take_count(Reader *reader)
{
	uint64_t count = 0;
	uint8_t byte;
	int shift = 0;

	do
	{
		byte = take_byte(reader);
		count |= (uint64_t) (byte & 0x7f) << shift;
		shift += 7;
	} while (byte >= 0x80 && shift < 35);
	if (byte >= 0x80 || count > INT32_MAX)
		reader->sound = false;
	return (int32_t) count;
}

/* In the first byte: how many times to acknowledge have passed, which clocks follow. */
#define PASSED 0x0f
#define INACTIVITY(number) (0x10 << (number))
/* In the first of a duty. */
#define NUMBER 0x1f
#define RUNNING 0x20
#define MOVING 0x40
/* In its second. */
#define STATUS 0x07
#define BEGUN 0x08
#define OVERDUE 0x10
#define DONE 0x20
#define DEADLINE 0x40
#define CLOCK_TELLS_BEGINNING 0x80

/* Whether it has a clock. */
static bool
is_counting(const PgiDutyState *duty)
{
	return duty->moving && duty->report.status == PGI_DUTY_GOING;
}

static uint8_t *
put_duty(uint8_t *end, const PgiDutyState *duty)
{
	const PgiDutyReport *report = &duty->report;
	uint8_t has = (uint8_t) report->status;

	if (report->begun_at != PGI_NEVER)
		has |= BEGUN;
	if (report->overdue_at != PGI_NEVER)
		has |= OVERDUE;
	if (report->done_at != PGI_NEVER)
		has |= DONE;
	if (report->deadline != PGI_NEVER)
		has |= DEADLINE;
	if (is_counting(duty) && duty->clock == report->begun_at)
		has |= CLOCK_TELLS_BEGINNING;
	*end++ = duty->number | (duty->running ? RUNNING : 0) | (duty->moving ? MOVING : 0);
	*end++ = has;
	if ((has & BEGUN) != 0)
		end = put_count(end, (uint32_t) report->occurrence);
	if (is_counting(duty))
		end = put_moment(end, duty->clock);
	if ((has & BEGUN) != 0 && (has & CLOCK_TELLS_BEGINNING) == 0)
		end = put_moment(end, report->begun_at);
	if ((has & OVERDUE) != 0)
		end = put_moment(end, report->overdue_at);
	if ((has & DONE) != 0)
		end = put_moment(end, report->done_at);
	if ((has & DEADLINE) != 0)
		end = put_moment(end, report->deadline);
	return end;
}

static void
take_duty(Reader *reader, PgiDutyState *duty)
{
	PgiDutyReport *report = &duty->report;
	uint8_t first = take_byte(reader);
	uint8_t has = take_byte(reader);

	memset(duty, 0, sizeof(*duty));
	*report = (PgiDutyReport){.status = (PgiDutyStatus) (has & STATUS),
							  .begun_at = PGI_NEVER,
							  .deadline = PGI_NEVER,
							  .overdue_at = PGI_NEVER,
							  .done_at = PGI_NEVER};
	duty->number = first & NUMBER;
	duty->running = (first & RUNNING) != 0;
	duty->moving = (first & MOVING) != 0;
	if ((has & BEGUN) != 0)
		report->occurrence = take_count(reader);
	if (is_counting(duty))
		duty->clock = take_moment(reader);
	if ((has & CLOCK_TELLS_BEGINNING) != 0)
		report->begun_at = duty->clock;
	else if ((has & BEGUN) != 0)
		report->begun_at = take_moment(reader);
	if ((has & OVERDUE) != 0)
		report->overdue_at = take_moment(reader);
	if ((has & DONE) != 0)
		report->done_at = take_moment(reader);
	if ((has & DEADLINE) != 0)
		report->deadline = take_moment(reader);
	if (first > (NUMBER | RUNNING | MOVING) || report->status >= PGI_DUTY_STATUSES ||
		((has & BEGUN) != 0) != (report->occurrence > 0) ||
		(report->status != PGI_DUTY_NONE && (has & BEGUN) == 0) ||
		((has & CLOCK_TELLS_BEGINNING) != 0 &&
		 !((has & BEGUN) != 0 && is_counting(duty))))
		reader->sound = false;
}

/*
 * Writes what a run goes on from besides what every incident has, and what has become of the
 * duties: at most PGI_PACKED_MOST bytes. Returns how many: none when no duty has begun or
 * waits, time moves no step by inactivity, and no more than the first time to acknowledge
 * has passed. Numbers are little-endian.
 */
int
pgi_state_pack(const PgiState *state, uint8_t *bytes)
{
	bool acknowledging = state->origin[PGI_CLOCK_ACKNOWLEDGEMENT] != PGI_NEVER;
	uint8_t inactivities = 0;
	uint8_t passed = state->late[PGI_CLOCK_ACKNOWLEDGEMENT];
	uint8_t *end = bytes;

	if (passed > 1 && !acknowledging)
		passed = 1;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		if (state->inactive_since[number] != PGI_NEVER)
			inactivities |= INACTIVITY(number);
	if (state->nduties == 0 && inactivities == 0 && passed <= 1)
		return 0;
	*end++ = passed | inactivities;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		if ((inactivities & INACTIVITY(number)) != 0)
			end = put_moment(end, state->inactive_since[number]);
	for (int i = 0; i < state->nduties; i++)
		end = put_duty(end, &state->duties[i]);
	return (int) (end - bytes);
}

/*
 * Reads what pgi_state_pack wrote; false when it did not write this. Without bytes, how
 * many times to acknowledge have passed is left as it is.
 */
bool
pgi_state_unpack(PgiState *state, const uint8_t *bytes, int length)
{
	Reader reader = {bytes, bytes + length, true};
	uint8_t first;

	state->nduties = 0;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		state->inactive_since[number] = PGI_NEVER;
	if (length == 0)
		return true;
	first = take_byte(&reader);
	if ((first & PASSED) > PGI_MAX_ACKNOWLEDGEMENTS)
		return false;
	state->late[PGI_CLOCK_ACKNOWLEDGEMENT] = first & PASSED;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		if ((first & INACTIVITY(number)) != 0)
			state->inactive_since[number] = take_moment(&reader);
	for (int before = -1; reader.sound && reader.next < reader.end; state->nduties++)
	{
		PgiDutyState *duty = &state->duties[state->nduties];

		if (state->nduties == PGI_MAX_DUTIES)
			return false;
		take_duty(&reader, duty);
		if (duty->number <= before)
			return false;
		before = duty->number;
	}
	return reader.sound;
}
