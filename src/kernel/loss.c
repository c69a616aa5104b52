/*
 * loss.c: simulates years of losses, and tells what their distribution is.
 */
#include <math.h>

#include "kernel/loss.h"

/* Events between two pauses. */
#define EVENTS_AT_ONCE 65536

/* The standard normal's 95th percentile. */
#define NORMAL_P95 1.6448536269514722

/* Below so many elements, insertion beats another partition. */
#define FEW 24

static const double percentiles[PGI_PERCENTILES] = {0.05, 0.10, 0.25, 0.50,
													0.75, 0.90, 0.95, 0.99};

void
pgi_loss_quantity_fixed(PgiQuantity *quantity, double value)
{
	memset(quantity, 0, sizeof(*quantity));
	quantity->kind = PGI_QUANTITY_FIXED;
	quantity->base = value;
}

/*
 * The beta distribution stretched over min ... max, its mean being
 * (min + shape mode + max) / (shape + 2); shape 4 is PERT's own.
 */
void
pgi_loss_quantity_pert(PgiQuantity *quantity, double min, double mode, double max,
					   double shape)
{
	pgi_loss_quantity_fixed(quantity, min);
	if (min == max)
		return;
	quantity->kind = PGI_QUANTITY_PERT;
	quantity->spread = max - min;
	pgi_random_gamma_set(&quantity->below, 1 + shape * (mode - min) / (max - min));
	pgi_random_gamma_set(&quantity->above, 1 + shape * (max - mode) / (max - min));
}

/* Takes a median above 0, and the standard deviation of the logarithm. */
void
pgi_loss_quantity_lognormal(PgiQuantity *quantity, double median, double sigma)
{
	pgi_loss_quantity_fixed(quantity, median);
	if (sigma == 0)
		return;
	quantity->kind = PGI_QUANTITY_LOGNORMAL;
	quantity->base = pgi_random_log(median);
	quantity->spread = sigma;
}

/* The lognormal distribution with 5 % below `low` and 5 % above `high`. */
void
pgi_loss_quantity_between(PgiQuantity *quantity, double low, double high)
{
	pgi_loss_quantity_lognormal(quantity, low == high ? low : sqrt(low) * sqrt(high),
								(pgi_random_log(high) - pgi_random_log(low)) /
									(2 * NORMAL_P95));
}

static inline double
draw_pert(const PgiQuantity *quantity, PgiRandom *random)
{
	double below = pgi_random_gamma(&quantity->below, random);
	double above = pgi_random_gamma(&quantity->above, random);

	return quantity->base + quantity->spread * (below / (below + above));
}

static inline double
draw_lognormal(const PgiQuantity *quantity, PgiRandom *random)
{
	return pgi_random_exp(quantity->base + quantity->spread * pgi_random_normal(random));
}

double
pgi_loss_quantity_draw(const PgiQuantity *quantity, PgiRandom *random)
{
	switch (quantity->kind)
	{
		case PGI_QUANTITY_PERT:
			return draw_pert(quantity, random);
		case PGI_QUANTITY_LOGNORMAL:
			return draw_lognormal(quantity, random);
		case PGI_QUANTITY_FIXED:
			break;
	}
	return quantity->base;
}

/* The sum of `count` draws. */
static double
sum_of(const PgiQuantity *quantity, int64_t count, PgiRandom *random)
{
	double sum = 0;

	switch (quantity->kind)
	{
		case PGI_QUANTITY_PERT:
			for (int64_t i = 0; i < count; i++)
				sum += draw_pert(quantity, random);
			break;
		case PGI_QUANTITY_LOGNORMAL:
			for (int64_t i = 0; i < count; i++)
				sum += draw_lognormal(quantity, random);
			break;
		case PGI_QUANTITY_FIXED:
			sum = (double) count * quantity->base;
			break;
	}
	return sum;
}

static int64_t
count_secondary(const PgiLossModel *model, int64_t events, PgiRandom *random)
{
	int64_t count = 0;

	if (model->probability > 0)
		for (int64_t i = 0; i < events; i++)
			count += pgi_random_uniform(random) < model->probability;
	return count;
}

static double
loss_of_events(const PgiLossModel *model, int64_t events, PgiRandom *random)
{
	double loss = sum_of(&model->magnitude, events, random);

	return loss +
		   sum_of(&model->secondary, count_secondary(model, events, random), random);
}

/* The events of a year: -1 when they are too many. */
static inline int64_t
events_of_year(const PgiLossModel *model, PgiPoisson *poisson, PgiRandom *random)
{
	if (model->exact)
		return model->events;
	if (model->rate.kind != PGI_QUANTITY_FIXED)
	{
		double rate = pgi_loss_quantity_draw(&model->rate, random);

		if (rate > PGI_MOST_EVENTS)
			return -1;
		pgi_random_poisson_set(poisson, rate);
	}
	return pgi_random_poisson(poisson, random);
}

/*
 * Fills in the losses of years. The first years are the same however many follow. Returns
 * false when a year has more than PGI_MOST_EVENTS events.
 */
bool
pgi_loss_simulate(const PgiLossModel *model, double *losses, size_t years)
{
	/* On the stack, the generator's state stays in the nearest cache. */
	PgiRandom random;
	PgiPoisson poisson;
	int64_t until_pause = EVENTS_AT_ONCE;

	pgi_random_start(&random, model->seed, model->scenario);
	pgi_random_poisson_set(&poisson, model->rate.base);
	for (size_t year = 0; year < years; year++)
	{
		int64_t events = events_of_year(model, &poisson, &random);
		double loss = 0;

		if (events < 0)
			return false;
		until_pause -= events + 1;
		for (; events > EVENTS_AT_ONCE; events -= EVENTS_AT_ONCE)
		{
			loss += loss_of_events(model, EVENTS_AT_ONCE, &random);
			model->pause();
		}
		if (until_pause < 0)
		{
			model->pause();
			until_pause = EVENTS_AT_ONCE;
		}
		losses[year] = loss + loss_of_events(model, events, &random);
	}
	return true;
}

/*
 * Moves what is less than the pivot, or as much when `equal`, to the front; returns how
 * much that is. Without a branch that depends on the values: they are random.
 */
static inline size_t
partition(double *values, size_t count, double pivot, bool equal)
{
	size_t front = 0;

	for (size_t i = 0; i < count; i++)
	{
		double value = values[i];

		values[i] = values[front];
		values[front] = value;
		front += equal ? value <= pivot : value < pivot;
	}
	return front;
}

static void
insertion_sort(double *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		double value = values[i];
		size_t place = i;

		for (; place > 0 && values[place - 1] > value; place--)
			values[place] = values[place - 1];
		values[place] = value;
	}
}

/* The median of three elements that no order of the values can foresee. */
static double
choose_pivot(const double *values, size_t count, uint64_t *choice)
{
	double of[3];

	for (int i = 0; i < 3; i++)
	{
		*choice = *choice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		of[i] = values[(*choice >> 32) % count];
	}
	insertion_sort(of, 3);
	return of[1];
}

/*
 * Puts the values of the given ranks, which rise, where sorting would put them, with
 * nothing greater before and nothing less behind. Pauses after each turn.
 */
static void
place_ranks(double *values, size_t from, size_t to, const size_t *ranks, size_t nranks,
			uint64_t *choice, void (*pause)(void))
{
	while (nranks > 0 && to - from > FEW)
	{
		double pivot = choose_pivot(values + from, to - from, choice);
		size_t middle = from + partition(values + from, to - from, pivot, false);
		size_t before = 0;

		pause();
		/* The pivot is the least of all: those like it are in their places. */
		if (middle == from)
		{
			from += partition(values + from, to - from, pivot, true);
			for (; nranks > 0 && *ranks < from; nranks--)
				ranks++;
			continue;
		}
		while (before < nranks && ranks[before] < middle)
			before++;
		if (before == nranks)
			to = middle;
		else
		{
			place_ranks(values, from, middle, ranks, before, choice, pause);
			ranks += before;
			nranks -= before;
			from = middle;
		}
	}
	if (nranks > 0)
		insertion_sort(values + from, to - from);
}

/*
 * Mean, standard deviation (of a sample), percentiles (interpolated between the two nearest
 * years) and share of years with a loss, of at least two years; rearranges the losses.
 */
void
pgi_loss_summarize(double *losses, size_t years, PgiLossSummary *summary,
				   void (*pause)(void))
{
	size_t ranks[2 * PGI_PERCENTILES];
	size_t nranks = 0;
	uint64_t choice = years;
	double sum = 0;
	double squares = 0;
	size_t any = 0;

	for (size_t i = 0; i < years; i++)
	{
		sum += losses[i];
		any += losses[i] > 0;
	}
	summary->mean = sum / (double) years;
	for (size_t i = 0; i < years; i++)
		squares += (losses[i] - summary->mean) * (losses[i] - summary->mean);
	summary->standard_deviation = sqrt(squares / (double) (years - 1));
	summary->any = (double) any / (double) years;

	for (int i = 0; i < PGI_PERCENTILES; i++)
	{
		size_t rank = (size_t) (percentiles[i] * (double) (years - 1));

		for (size_t next = rank; next <= rank + 1; next++)
			if (nranks == 0 || next > ranks[nranks - 1])
				ranks[nranks++] = next;
	}
	place_ranks(losses, 0, years, ranks, nranks, &choice, pause);
	for (int i = 0; i < PGI_PERCENTILES; i++)
	{
		double exact = percentiles[i] * (double) (years - 1);
		const double *low = losses + (size_t) exact;

		summary->percentile[i] = low[0] + (exact - floor(exact)) * (low[1] - low[0]);
	}
}

/*
 * The loss exceedance curve at up to PGI_MOST_POINTS years that are evenly apart in order of
 * loss, the last being the worst; a loss that several of them share gives one point.
 * Rearranges the losses, and returns how many points there are.
 */
size_t
pgi_loss_curve(double *losses, size_t years, PgiExceedance *points, size_t npoints,
			   void (*pause)(void))
{
	size_t ranks[PGI_MOST_POINTS];
	uint64_t choice = years;
	size_t count = 0;

	if (npoints > years)
		npoints = years;
	if (npoints == 0)
		return 0;
	for (size_t i = 0; i < npoints; i++)
		ranks[i] = (size_t) ((uint64_t) years * (i + 1) / npoints) - 1;
	place_ranks(losses, 0, years, ranks, npoints, &choice, pause);
	for (size_t i = 0; i < npoints; i++)
	{
		double loss = losses[ranks[i]];
		size_t end = i + 1 < npoints ? ranks[i + 1] : years;
		size_t not_more = ranks[i] + 1;

		if (i + 1 < npoints && losses[end] == loss)
			continue;
		for (size_t j = not_more; j < end; j++)
			not_more += losses[j] == loss;
		points[count].loss = loss;
		points[count].probability = (double) (years - not_more) / (double) years;
		count++;
	}
	return count;
}

/* The share of years that lose more. */
double
pgi_loss_exceeding(const double *losses, size_t years, double loss)
{
	size_t more = 0;

	for (size_t i = 0; i < years; i++)
		more += losses[i] > loss;
	return (double) more / (double) years;
}
