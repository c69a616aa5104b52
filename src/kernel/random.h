/*
 * random.h: random numbers that are the same on every machine.
 *
 * The generator is xoshiro256++ (Blackman and Vigna, 2018), started from a seed and the
 * number of a stream; streams of one seed are independent. Samplers use additions,
 * multiplications, divisions and square roots of IEEE doubles only, with logarithm and
 * exponential of their own, since those of C libraries differ in the last bit. They must be
 * compiled without fused multiply-add.
 */
#ifndef PGI_KERNEL_RANDOM_H
#define PGI_KERNEL_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

typedef struct PgiRandom
{
	uint64_t state[4];
} PgiRandom;

/* The standard normal density's strips of equal area, outermost first (Marsaglia, Tsang). */
#define PGI_STRIPS 256

/* Powers of 2 by 1/128. */
#define PGI_ROOTS 128

typedef struct PgiRandomTables
{
	double edge[PGI_STRIPS +
				1]; /* where strips end; the first has a width that fits its area */
	double height[PGI_STRIPS + 1]; /* of exp(-x^2/2) there */
	double root[PGI_ROOTS];
} PgiRandomTables;

/* Number of events of a Poisson process in a unit of time. */
#define PGI_POISSON_SMALL 64

typedef struct PgiPoisson
{
	double rate;
	/* For a small rate: the probability of at most so many events, known so far. */
	int known;
	double term;
	double at_most[PGI_POISSON_SMALL];
	/* For a large one: the hat and squeeze of PTRS (Hoermann, 1993). */
	double a;
	double b;
	double squeeze;
	double hat;
	double log_rate;
} PgiPoisson;

/* The gamma distribution with scale 1 and a shape of at least 1. */
typedef struct PgiGamma
{
	double d;
	double c;
} PgiGamma;

extern PgiRandomTables pgi_random_tables;

extern void pgi_random_start(PgiRandom *random, int64_t seed, int64_t stream);
extern double pgi_random_log(double x);
extern double pgi_random_log_factorial(double n);
extern double pgi_random_normal_slowly(PgiRandom *random, int strip, double x);
extern void pgi_random_poisson_set(PgiPoisson *poisson, double rate);
extern int64_t pgi_random_poisson(PgiPoisson *poisson, PgiRandom *random);
extern void pgi_random_gamma_set(PgiGamma *gamma, double shape);
extern bool pgi_random_gamma_accepts(const PgiGamma *gamma, double square, double v,
									 double uniform);

/* 64 random bits. */
static inline uint64_t
pgi_random_bits(PgiRandom *random)
{
	uint64_t *s = random->state;
	uint64_t sum = s[0] + s[3];
	uint64_t bits = (sum << 23 | sum >> 41) + s[0];
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = s[3] << 45 | s[3] >> 19;
	return bits;
}

/* Uniform over (0, 1): never 0, never 1. */
static inline double
pgi_random_uniform(PgiRandom *random)
{
	return ((double) (int64_t) (pgi_random_bits(random) >> 12) + 0.5) * 0x1p-52;
}

/* Standard normal. */
static inline double
pgi_random_normal(PgiRandom *random)
{
	uint64_t bits = pgi_random_bits(random);
	int strip = (int) (bits & (PGI_STRIPS - 1));
	/* The upper 54 bits, over (-1, 1). */
	double side = (double) ((int64_t) bits >> 10) * 0x1p-53;
	double x = side * pgi_random_tables.edge[strip];
	double inside = pgi_random_tables.edge[strip + 1];

	if (x < inside && x > -inside)
		return x;
	return pgi_random_normal_slowly(random, strip, x);
}

/* e^x for an x of at most 709, to two units in the last place; 0 when that is subnormal. */
static inline double
pgi_random_exp(double x)
{
	double scaled = x * 0x1.71547652b82fep+7; /* 128 / ln 2 */
	int64_t k;
	uint64_t bits;
	double r;
	double power;

	if (!(x > -708))
		return 0;
	k = (int64_t) (scaled + (scaled < 0 ? -0.5 : 0.5));
	/* ln 2 / 128 in two parts; the product with the first is exact. */
	r = (x - (double) k * 0x1.62e42feep-8) - (double) k * 0x1.a39ef35793c76p-40;
	bits = (uint64_t) ((k >> 7) + 1023) << 52;
	memcpy(&power, &bits, sizeof(power));
	return power *
		   (pgi_random_tables.root[k & (PGI_ROOTS - 1)] *
			(1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r / 120))))));
}

/* Gamma distributed (Marsaglia and Tsang, 2000). */
static inline double
pgi_random_gamma(const PgiGamma *gamma, PgiRandom *random)
{
	for (;;)
	{
		double x = pgi_random_normal(random);
		double square = x * x;
		double v = 1 + gamma->c * x;
		double uniform;

		v = v * v * v;
		if (v <= 0)
			continue;
		uniform = pgi_random_uniform(random);
		if (uniform < 1 - 0.0331 * square * square ||
			pgi_random_gamma_accepts(gamma, square, v, uniform))
			return gamma->d * v;
	}
}

#endif
