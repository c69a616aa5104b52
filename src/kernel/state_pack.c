/*
 * state_pack.c: what a run goes on from besides what every incident has, as bytes.
 */
#include <string.h>

#include "kernel/state_pack.h"

static uint8_t *
put_number(uint8_t *bytes, uint64_t number, int size)
{
	for (int i = 0; i < size; i++)
		*bytes++ = (uint8_t) (number >> (8 * i));
	return bytes;
}

static uint64_t
take_number(const uint8_t **bytes, int size)
{
	uint64_t number = 0;

	for (int i = 0; i < size; i++)
		number |= (uint64_t) * (*bytes)++ << (8 * i);
	return number;
}

#define NUMBER 0x1f
#define BEGUN 0x20
#define RUNNING 0x40
/* In the first byte: how many times to acknowledge have passed, which clocks follow. */
#define PASSED 0x0f
#define INACTIVITY(number) (0x10 << (number))

/*
 * Writes what a run goes on from besides what every incident has, at most PGI_PACKED_MOST
 * bytes, and returns how many: none when time moves no duty and no step by inactivity, and
 * no more than the first time to acknowledge has passed. Numbers are little-endian.
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
	end = put_number(end, passed | inactivities, 1);
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		if ((inactivities & INACTIVITY(number)) != 0)
			end = put_number(end, (uint64_t) state->inactive_since[number], 8);
	for (int i = 0; i < state->nduties; i++)
	{
		const PgiDutyState *duty = &state->duties[i];

		end = put_number(
			end, duty->number | (duty->begun ? BEGUN : 0) | (duty->running ? RUNNING : 0),
			1);
		end = put_number(end, (uint32_t) duty->occurrence, 4);
		end = put_number(end, (uint64_t) duty->clock, 8);
	}
	return (int) (end - bytes);
}

/*
 * Reads what pgi_state_pack wrote; false when it did not write this. Without bytes, how
 * many times to acknowledge have passed is left as it is.
 */
bool
pgi_state_unpack(PgiState *state, const uint8_t *bytes, int length)
{
	const uint8_t *end = bytes + length;
	uint8_t first;

	state->nduties = 0;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
		state->inactive_since[number] = PGI_NEVER;
	if (length == 0)
		return true;
	first = (uint8_t) take_number(&bytes, 1);
	if ((first & PASSED) > PGI_MAX_ACKNOWLEDGEMENTS)
		return false;
	state->late[PGI_CLOCK_ACKNOWLEDGEMENT] = first & PASSED;
	for (int number = 0; number < PGI_MAX_INACTIVITIES; number++)
	{
		if ((first & INACTIVITY(number)) == 0)
			continue;
		if (end - bytes < 8)
			return false;
		state->inactive_since[number] = (int64_t) take_number(&bytes, 8);
	}
	if ((end - bytes) % PGI_PACKED_DUTY != 0 ||
		(end - bytes) / PGI_PACKED_DUTY > PGI_MAX_DUTIES)
		return false;
	for (int before = -1; bytes < end; before = state->duties[state->nduties++].number)
	{
		PgiDutyState *duty = &state->duties[state->nduties];

		memset(duty, 0, sizeof(*duty));
		first = (uint8_t) take_number(&bytes, 1);
		duty->number = first & NUMBER;
		duty->begun = (first & BEGUN) != 0;
		duty->running = (first & RUNNING) != 0;
		duty->occurrence = (int32_t) take_number(&bytes, 4);
		duty->clock = (int64_t) take_number(&bytes, 8);
		if (duty->number <= before || first > (NUMBER | BEGUN | RUNNING) ||
			duty->occurrence < (duty->begun ? 1 : 0))
			return false;
	}
	return true;
}
