/*
 * random.c: starts the generator, and does what its short ways in random.h cannot.
 */
#include <math.h>

#include "kernel/random.h"

/* Below it, numbers of events are found by inversion, else by rejection. */
#define SMALL_RATE 10

/* Where the outermost of 256 strips ends, and the area of each. */
#define TAIL 0x1.d3bb48209ad33p+1
#define STRIP_AREA 0.004928673233974655

#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define HALF_LOG_TWO_PI 0.918938533204672742

PgiRandomTables pgi_random_tables;

/*
 * The natural logarithm of a normal positive number: that of its power of 2, and the series
 * of the inverse hyperbolic tangent for what is left, between the roots of 1/2 and 2.
 */
double
pgi_random_log(double x)
{
	uint64_t bits;
	int64_t exponent;
	double mantissa;
	double s;
	double square;
	double sum = 1.0 / 19;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int64_t) (bits >> 52) - 1023;
	bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(1023) << 52;
	memcpy(&mantissa, &bits, sizeof(mantissa));
	if (mantissa > 1.4142135623730951)
	{
		mantissa /= 2;
		exponent++;
	}
	s = (mantissa - 1) / (mantissa + 1);
	square = s * s;
	for (int n = 17; n > 1; n -= 2)
		sum = 1.0 / n + square * sum;
	return (double) exponent * LN2_HIGH +
		   (2 * s + (2 * s * square * sum + (double) exponent * LN2_LOW));
}

static double
root_of_two(int number)
{
	double x = number * (LN2_HIGH + LN2_LOW) / PGI_ROOTS;
	double sum = 1;

	for (int n = 18; n > 0; n--)
		sum = 1 + sum * x / n;
	return sum;
}

static void
make_tables(void)
{
	PgiRandomTables *tables = &pgi_random_tables;
	double *edge = tables->edge;
	double *height = tables->height;

	for (int i = 0; i < PGI_ROOTS; i++)
		tables->root[i] = root_of_two(i);
	edge[1] = TAIL;
	height[1] = pgi_random_exp(-TAIL * TAIL / 2);
	edge[0] = STRIP_AREA / height[1];
	for (int i = 2; i < PGI_STRIPS; i++)
	{
		height[i] = height[i - 1] + STRIP_AREA / edge[i - 1];
		edge[i] = sqrt(-2 * pgi_random_log(height[i]));
	}
	edge[PGI_STRIPS] = 0;
	height[PGI_STRIPS] = 1;
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t
mixed(uint64_t bits)
{
	bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
	return bits ^ bits >> 31;
}

/* Starts a stream of a seed. */
void
pgi_random_start(PgiRandom *random, int64_t seed, int64_t stream)
{
	if (pgi_random_tables.edge[0] == 0)
		make_tables();
	for (uint64_t i = 0; i < 4; i++)
		random->state[i] =
			mixed(mixed((uint64_t) seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) +
				  (uint64_t) stream);
}

/* Beyond the outermost edge (Marsaglia, 1964). */
static double
normal_tail(PgiRandom *random)
{
	for (;;)
	{
		double beyond = -pgi_random_log(pgi_random_uniform(random)) / TAIL;

		if (-2 * pgi_random_log(pgi_random_uniform(random)) > beyond * beyond)
			return TAIL + beyond;
	}
}

/* Settles a point of a strip that is not below the density for certain. */
double
pgi_random_normal_slowly(PgiRandom *random, int strip, double x)
{
	const double *height = pgi_random_tables.height;

	if (strip == 0)
		return x < 0 ? -normal_tail(random) : normal_tail(random);
	if (height[strip] + pgi_random_uniform(random) * (height[strip + 1] - height[strip]) <
		pgi_random_exp(-x * x / 2))
		return x;
	return pgi_random_normal(random);
}

/* The natural logarithm of n!. */
double
pgi_random_log_factorial(double n)
{
	double x = n + 1;
	double product = 1;
	double square;

	/* Stirling's series is exact enough from 10 on. */
	for (; x < 10; x++)
		product *= x;
	square = 1 / (x * x);
	return (x - 0.5) * pgi_random_log(x) - x + HALF_LOG_TWO_PI +
		   (1.0 / 12 -
			square * (1.0 / 360 -
					  square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188)))) /
			   x -
		   (product > 1 ? pgi_random_log(product) : 0);
}

/* Takes a rate of at least 0. */
void
pgi_random_poisson_set(PgiPoisson *poisson, double rate)
{
	poisson->rate = rate;
	if (rate < SMALL_RATE)
	{
		poisson->term = poisson->at_most[0] = pgi_random_exp(-rate);
		poisson->known = 1;
		return;
	}
	poisson->b = 0.931 + 2.53 * sqrt(rate);
	poisson->a = -0.059 + 0.02483 * poisson->b;
	/* Published as 0.9277 - ..., which takes up to 0.0035 too much at some rates below 100. */
	poisson->squeeze = 0.92 - 3.6224 / (poisson->b - 2);
	poisson->hat = 1.1239 + 1.1328 / (poisson->b - 3.4);
	poisson->log_rate = pgi_random_log(rate);
}

/* The least number whose distribution function is above a uniform number. */
static int64_t
poisson_by_inversion(PgiPoisson *poisson, double uniform)
{
	int count = 0;

	while (uniform >= poisson->at_most[count])
	{
		if (count + 1 == PGI_POISSON_SMALL)
			break;
		count++;
		if (count == poisson->known)
		{
			poisson->term *= poisson->rate / count;
			poisson->at_most[count] = poisson->at_most[count - 1] + poisson->term;
			poisson->known++;
		}
	}
	return count;
}

static int64_t
poisson_by_rejection(const PgiPoisson *poisson, PgiRandom *random)
{
	for (;;)
	{
		double u = pgi_random_uniform(random) - 0.5;
		double v = pgi_random_uniform(random);
		double us = 0.5 - fabs(u);
		double count =
			floor((2 * poisson->a / us + poisson->b) * u + poisson->rate + 0.43);

		if (us >= 0.07 && v <= poisson->squeeze)
			return (int64_t) count;
		if (count < 0 || (us < 0.013 && v > us))
			continue;
		if (pgi_random_log(v * poisson->hat / (poisson->a / (us * us) + poisson->b)) <=
			count * poisson->log_rate - poisson->rate - pgi_random_log_factorial(count))
			return (int64_t) count;
	}
}

/* The number of events. */
int64_t
pgi_random_poisson(PgiPoisson *poisson, PgiRandom *random)
{
	if (poisson->rate < SMALL_RATE)
		return poisson_by_inversion(poisson, pgi_random_uniform(random));
	return poisson_by_rejection(poisson, random);
}

void
pgi_random_gamma_set(PgiGamma *gamma, double shape)
{
	gamma->d = shape - 1.0 / 3;
	gamma->c = 1 / sqrt(9 * gamma->d);
}

/* Accepts or rejects d v, v = (1 + c x)^3 being that of a normal x, by its square. */
bool
pgi_random_gamma_accepts(const PgiGamma *gamma, double square, double v, double uniform)
{
	return pgi_random_log(uniform) < square / 2 + gamma->d * (1 - v + pgi_random_log(v));
}
