/*
 * loss_test.c: random numbers against the exact distributions, annual losses against closed
 * forms, percentiles and the exceedance curve against sorting.
 *
 * Seeds are fixed, so that a test passes always or never. What is measured over n trials is
 * held to four standard errors of the estimate, worked out from the distribution's moments;
 * distributions to the Kolmogorov-Smirnov distance that one sample in a thousand exceeds,
 * 1.95 / sqrt(n), or to chi-square's at 4 standard deviations.
 */
#include <math.h>
#include <stdlib.h>

#include "tap.h"
#include "kernel/loss.h"

#define DRAWS 200000
#define YEARS 400000

static double drawn[DRAWS];
static double losses[YEARS];
static int pauses = 0;

static void
pause_test(void)
{
	pauses++;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Whether the first n drawn numbers have the distribution function. */
static int
first_fit(int n, double (*distribution)(double))
{
	double distance = 0;

	qsort(drawn, n, sizeof(double), compare);
	for (int i = 0; i < n; i++)
	{
		double exact = distribution(drawn[i]);

		distance =
			fmax(distance, fmax(exact - (double) i / n, (double) (i + 1) / n - exact));
	}
	if (distance >= 1.95 / sqrt(n))
		printf("# distance %g\n", distance * sqrt(n));
	return distance < 1.95 / sqrt(n);
}

static int
fits(double (*distribution)(double))
{
	return first_fit(DRAWS, distribution);
}

static double
uniform_distribution(double x)
{
	return x;
}

static double
normal_distribution(double x)
{
	return erfc(-x / sqrt(2)) / 2;
}

/* The normal distribution beyond 3, in the outermost strips, and in the tail beyond them. */
static double
outer_distribution(double x)
{
	return 1 - erfc(x / sqrt(2)) / erfc(3 / sqrt(2));
}

static double
tail_distribution(double x)
{
	return 1 - erfc(x / sqrt(2)) / erfc(3.66 / sqrt(2));
}

static double
gamma_1_distribution(double x)
{
	return 1 - exp(-x);
}

static double
gamma_3_distribution(double x)
{
	return 1 - exp(-x) * (1 + x + x * x / 2);
}

/* PERT over 100 ... 500 with mode 200 is beta(2, 4). */
static double
pert_distribution(double x)
{
	double y = 1 - (x - 100) / 400;

	return 1 - y * y * y * y * (5 - 4 * y);
}

/* PERT over 0 ... 1 with the mode at its end and shape 2 is beta(3, 1). */
static double
end_distribution(double x)
{
	return x * x * x;
}

static double
lognormal_distribution(double x)
{
	return normal_distribution((log(x) - log(50)) / 1.2);
}

/* 5 % below 2, 5 % above 32: the median is 8. */
static double
between_distribution(double x)
{
	return normal_distribution(log(x / 8) / (log(4) / 1.644853626951472714864));
}

static void
test_generator(void)
{
	/* The first numbers of the authors' generator from the state 1, 2, 3, 4. */
	static const uint64_t published[] = {UINT64_C(41943041),
										 UINT64_C(58720359),
										 UINT64_C(3588806011781223),
										 UINT64_C(3591011842654386),
										 UINT64_C(9228616714210784205),
										 UINT64_C(9973669472204895162)};
	PgiRandom random = {{1, 2, 3, 4}};
	PgiRandom other;
	int same = 0;
	int alike = 0;

	for (int i = 0; i < 6; i++)
		same += pgi_random_bits(&random) == published[i];
	ok(same == 6, "the generator is xoshiro256++");

	for (int64_t stream = -50; stream < 50; stream++)
	{
		pgi_random_start(&random, 1, stream);
		pgi_random_start(&other, 1, stream + 1);
		for (int i = 0; i < 100; i++)
			alike += (pgi_random_bits(&random) >> 48) == (pgi_random_bits(&other) >> 48);
		pgi_random_start(&other, 2, stream);
		for (int i = 0; i < 100; i++)
			alike += (pgi_random_bits(&random) >> 48) == (pgi_random_bits(&other) >> 48);
	}
	ok(alike < 4, "neighbouring streams and seeds have nothing in common");
}

static void
test_functions(void)
{
	PgiRandom random;
	double worst_log = 0;
	double worst_exp = 0;
	double worst_factorial = 0;

	pgi_random_start(&random, 2, 0);
	for (int i = 0; i < 100000; i++)
	{
		double x = (pgi_random_uniform(&random) - 0.5) * 1400;
		long double exact = expl((long double) x);
		double positive = (double) exact;
		long double log_exact = logl((long double) positive);

		worst_exp = fmax(worst_exp, (double) fabsl((pgi_random_exp(x) - exact) / exact));
		worst_log =
			fmax(worst_log,
				 (double) fabsl((pgi_random_log(positive) - log_exact) / log_exact));
		positive = 1 + (pgi_random_uniform(&random) - 0.5) / 1000;
		log_exact = logl((long double) positive);
		worst_log =
			fmax(worst_log,
				 (double) fabsl((pgi_random_log(positive) - log_exact) / log_exact));
	}
	if (sizeof(long double) == sizeof(double))
		printf("# long doubles are no better than doubles here\n");
	ok(worst_exp < 4.5e-16, "the exponential is right to two units in the last place");
	ok(worst_log < 4.5e-16, "so is the logarithm");
	for (int n = 0; n < 2000; n++)
	{
		double exact = lgamma(n + 1.0);

		worst_factorial = fmax(
			worst_factorial, fabs(pgi_random_log_factorial(n) - exact) / fmax(1, exact));
	}
	/* The first term of Stirling's series that is left out is 1.9e-14 at 10. */
	ok(worst_factorial < 3e-14, "the logarithm of factorials");
	ok(pgi_random_exp(0) == 1 && pgi_random_log(1) == 0 && pgi_random_exp(-709) == 0,
	   "at 0, 1 and beyond");
}

static void
draw_quantity(const PgiQuantity *quantity, int64_t seed)
{
	PgiRandom random;

	pgi_random_start(&random, seed, 0);
	for (int i = 0; i < DRAWS; i++)
		drawn[i] = pgi_loss_quantity_draw(quantity, &random);
}

static void
draw_beyond(double edge, int n, PgiRandom *random)
{
	for (int i = 0; i < n;)
	{
		drawn[i] = fabs(pgi_random_normal(random));
		i += drawn[i] > edge;
	}
}

static void
draw_gamma(double shape)
{
	PgiRandom random;
	PgiGamma gamma;

	pgi_random_gamma_set(&gamma, shape);
	pgi_random_start(&random, 7, 0);
	for (int i = 0; i < DRAWS; i++)
		drawn[i] = pgi_random_gamma(&gamma, &random);
}

static void
test_distributions(void)
{
	PgiRandom random;
	PgiQuantity quantity;

	pgi_random_start(&random, 3, 0);
	for (int i = 0; i < DRAWS; i++)
		drawn[i] = pgi_random_uniform(&random);
	ok(fits(uniform_distribution), "uniform");
	for (int i = 0; i < DRAWS; i++)
		drawn[i] = pgi_random_normal(&random);
	ok(fits(normal_distribution), "normal");
	draw_beyond(3, DRAWS, &random);
	ok(fits(outer_distribution), "normal, beyond 3");
	draw_beyond(3.66, DRAWS / 20, &random);
	ok(first_fit(DRAWS / 20, tail_distribution), "normal, in the tail");
	draw_gamma(1);
	ok(fits(gamma_1_distribution), "gamma, shape 1");
	draw_gamma(3);
	ok(fits(gamma_3_distribution), "gamma, shape 3");
	pgi_loss_quantity_pert(&quantity, 100, 200, 500, 4);
	draw_quantity(&quantity, 4);
	ok(fits(pert_distribution), "PERT");
	pgi_loss_quantity_pert(&quantity, 0, 1, 1, 2);
	draw_quantity(&quantity, 5);
	ok(fits(end_distribution), "PERT with the mode at its end and another shape");
	pgi_loss_quantity_lognormal(&quantity, 50, 1.2);
	draw_quantity(&quantity, 6);
	ok(fits(lognormal_distribution), "lognormal by median and sigma");
	pgi_loss_quantity_between(&quantity, 2, 32);
	draw_quantity(&quantity, 7);
	ok(fits(between_distribution), "lognormal by its 90 % interval");
}

/*
 * Chi-square over single counts where 20 or more are expected, and one class for each side;
 * it has the mean `classes - 1` and twice that as variance.
 */
static int
fits_poisson(double rate, int64_t seed)
{
	PgiPoisson poisson;
	PgiRandom random;
	double chi_square = 0;
	double rest_seen = DRAWS;
	double rest_expected = DRAWS;
	int classes = 1;
	int64_t centre = (int64_t) rate;
	int64_t around = (int64_t) (8 * sqrt(rate)) + 20;
	int64_t first = centre > around ? centre - around : 0;
	double *seen = calloc((size_t) (2 * around + 2), sizeof(double));

	if (seen == NULL)
		abort();
	pgi_random_start(&random, seed, 0);
	pgi_random_poisson_set(&poisson, rate);
	for (int i = 0; i < DRAWS; i++)
	{
		int64_t count = pgi_random_poisson(&poisson, &random);

		if (count < first || count > centre + around)
			return 0;
		seen[count - first]++;
	}
	for (int64_t count = first; count <= centre + around; count++)
	{
		double n = (double) count;
		double expected = DRAWS * exp(n * log(rate) - rate - lgamma(n + 1));

		if (expected < 20)
			continue;
		chi_square += (seen[count - first] - expected) *
					  (seen[count - first] - expected) / expected;
		rest_seen -= seen[count - first];
		rest_expected -= expected;
		classes++;
	}
	free(seen);
	if (rest_expected > 1)
		chi_square +=
			(rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
	else
		classes--;
	if (fabs(chi_square - (classes - 1)) >= 4 * sqrt(2.0 * (classes - 1)))
		printf("# rate %g: chi-square %g of %d classes\n", rate, chi_square, classes);
	return fabs(chi_square - (classes - 1)) < 4 * sqrt(2.0 * (classes - 1));
}

/* Whether what PTRS accepts at once would be accepted by the exact test too. */
static int
squeeze_is_safe(double rate)
{
	PgiPoisson poisson;
	int safe = 1;

	pgi_random_poisson_set(&poisson, rate);
	for (int i = -4299; i <= 4299; i++)
	{
		double u = i / 1e4;
		double us = 0.5 - fabs(u);
		double count = floor((2 * poisson.a / us + poisson.b) * u + rate + 0.43);

		safe &= count >= 0 && log(poisson.squeeze * poisson.hat /
								  (poisson.a / (us * us) + poisson.b)) <=
								  count * log(rate) - rate - lgamma(count + 1);
	}
	return safe;
}

static void
test_poisson(void)
{
	static const double rates[] = {0.01, 0.3, 1, 4.5, 9.999, 10, 10.5, 30, 300, 10000};
	PgiPoisson poisson;
	PgiRandom random;
	int zero = 1;
	int safe = 1;
	char name[60];

	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
	{
		snprintf(name, sizeof(name), "Poisson, rate %g", rates[i]);
		ok(fits_poisson(rates[i], 100 + (int64_t) i), name);
	}
	for (double rate = 10; rate < 1e6; rate *= 1.013)
		safe &= squeeze_is_safe(rate);
	ok(safe, "Poisson, the squeeze is safe");
	pgi_random_start(&random, 9, 0);
	pgi_random_poisson_set(&poisson, 0);
	for (int i = 0; i < 1000; i++)
		zero &= pgi_random_poisson(&poisson, &random) == 0;
	ok(zero, "Poisson, rate 0");
}

/* A model without secondary loss; what it leaves out is to be set. */
static void
start_model(PgiLossModel *model, int64_t seed)
{
	memset(model, 0, sizeof(*model));
	model->seed = seed;
	model->pause = pause_test;
	pgi_loss_quantity_fixed(&model->secondary, 0);
}

/* Whether a share of years is within four standard errors of the probability. */
static int
share_near(double share, double probability)
{
	return fabs(share - probability) <= 4 * sqrt(probability * (1 - probability) / YEARS);
}

/*
 * Whether mean and variance of the years are within four standard errors of the exact ones,
 * which are the first cumulants; the fourth gives the error of the variance.
 */
static int
moments_near(const PgiLossModel *model, double mean, double variance, double fourth)
{
	PgiLossSummary summary;
	double found;
	int near;

	if (!pgi_loss_simulate(model, losses, YEARS))
		return 0;
	pgi_loss_summarize(losses, YEARS, &summary, pause_test);
	found = summary.standard_deviation * summary.standard_deviation;
	near = fabs(summary.mean - mean) <= 4 * sqrt(variance / YEARS) &&
		   fabs(found - variance) <= 4 * sqrt((fourth + 2 * variance * variance) / YEARS);
	if (!near)
		printf("# mean %g for %g, variance %g for %g\n", summary.mean, mean, found,
			   variance);
	return near;
}

/* The j-th moment of a lognormal quantity. */
static double
lognormal_moment(double median, double sigma, int j)
{
	return pow(median, j) * exp(j * j * sigma * sigma / 2);
}

/* The j-th moment of beta(alpha, beta). */
static double
beta_moment(double alpha, double beta, int j)
{
	double moment = 1;

	for (int i = 0; i < j; i++)
		moment *= (alpha + i) / (alpha + beta + i);
	return moment;
}

/*
 * Compound Poisson losses: the j-th cumulant is the rate times the j-th moment of the
 * magnitude.
 */
static void
test_compound(void)
{
	PgiLossModel model;

	start_model(&model, 11);
	pgi_loss_quantity_fixed(&model.rate, 2.5);
	pgi_loss_quantity_fixed(&model.magnitude, 1000);
	ok(moments_near(&model, 2.5e3, 2.5e6, 2.5e12), "Poisson x fixed");

	pgi_loss_quantity_lognormal(&model.magnitude, 100, 0.5);
	ok(moments_near(&model, 2.5 * lognormal_moment(100, 0.5, 1),
					2.5 * lognormal_moment(100, 0.5, 2),
					2.5 * lognormal_moment(100, 0.5, 4)),
	   "Poisson x lognormal");

	pgi_loss_quantity_fixed(&model.rate, 25);
	ok(moments_near(&model, 25 * lognormal_moment(100, 0.5, 1),
					25 * lognormal_moment(100, 0.5, 2),
					25 * lognormal_moment(100, 0.5, 4)),
	   "Poisson x lognormal, large rate");

	pgi_loss_quantity_fixed(&model.rate, 0.4);
	pgi_loss_quantity_pert(&model.magnitude, 0, 200, 800, 4);
	ok(moments_near(&model, 0.4 * 800 * beta_moment(2, 4, 1),
					0.4 * 800 * 800 * beta_moment(2, 4, 2),
					0.4 * pow(800, 4) * beta_moment(2, 4, 4)),
	   "Poisson x PERT");
	ok(fabs(800 * beta_moment(2, 4, 1) - (0 + 4 * 200 + 800) / 6.0) < 1e-9,
	   "the mean of PERT is (min + 4 mode + max) / 6");

	/* With a secondary loss of 50 one time in five. */
	pgi_loss_quantity_fixed(&model.rate, 3);
	pgi_loss_quantity_fixed(&model.magnitude, 10);
	pgi_loss_quantity_fixed(&model.secondary, 50);
	model.probability = 0.2;
	ok(moments_near(&model, 3 * (0.8 * 10 + 0.2 * 60), 3 * (0.8 * 1e2 + 0.2 * 36e2),
					3 * (0.8 * 1e4 + 0.2 * 1296e4)),
	   "with a secondary loss");
	model.probability = 1;
	pgi_loss_quantity_lognormal(&model.secondary, 10, 0.3);
	pgi_loss_quantity_fixed(&model.magnitude, 0);
	ok(moments_near(&model, 3 * lognormal_moment(10, 0.3, 1),
					3 * lognormal_moment(10, 0.3, 2), 3 * lognormal_moment(10, 0.3, 4)),
	   "nothing but a secondary loss");
}

/* The cumulants of a Poisson number whose rate is itself drawn, from the rate's. */
static void
test_uncertain_rate(void)
{
	PgiLossModel model;
	double m1 = 12 * beta_moment(2, 4, 1);
	double m2 = 144 * beta_moment(2, 4, 2);
	double m3 = 1728 * beta_moment(2, 4, 3);
	double m4 = 20736 * beta_moment(2, 4, 4);
	double k2 = m2 - m1 * m1;
	double k3 = m3 - 3 * m2 * m1 + 2 * m1 * m1 * m1;
	double k4 = m4 - 4 * m3 * m1 - 3 * m2 * m2 + 12 * m2 * m1 * m1 - 6 * pow(m1, 4);

	start_model(&model, 12);
	pgi_loss_quantity_pert(&model.rate, 0, 3, 12, 4);
	pgi_loss_quantity_fixed(&model.magnitude, 1);
	ok(moments_near(&model, m1, m1 + k2, m1 + 7 * k2 + 6 * k3 + k4), "PERT rate");

	m1 = lognormal_moment(8, 0.4, 1);
	m2 = lognormal_moment(8, 0.4, 2);
	m3 = lognormal_moment(8, 0.4, 3);
	m4 = lognormal_moment(8, 0.4, 4);
	k2 = m2 - m1 * m1;
	k3 = m3 - 3 * m2 * m1 + 2 * m1 * m1 * m1;
	k4 = m4 - 4 * m3 * m1 - 3 * m2 * m2 + 12 * m2 * m1 * m1 - 6 * pow(m1, 4);
	pgi_loss_quantity_lognormal(&model.rate, 8, 0.4);
	ok(moments_near(&model, m1, m1 + k2, m1 + 7 * k2 + 6 * k3 + k4),
	   "lognormal rate, small and large");
}

static void
test_years(void)
{
	/* Standard normal percentiles. */
	static const double z[PGI_PERCENTILES] = {-1.6448536269514729, -1.2815515655446004,
											  -0.6744897501960817, 0,
											  0.6744897501960817,  1.2815515655446004,
											  1.6448536269514722,  2.3263478740408408};
	static const double p[PGI_PERCENTILES] = {0.05, 0.1, 0.25, 0.5,
											  0.75, 0.9, 0.95, 0.99};
	PgiLossModel model;
	PgiLossSummary summary;
	int near = 1;

	start_model(&model, 13);
	pgi_loss_quantity_fixed(&model.rate, 0.7);
	pgi_loss_quantity_lognormal(&model.magnitude, 100, 2);
	ok(pgi_loss_simulate(&model, losses, YEARS), "years are simulated");
	pgi_loss_summarize(losses, YEARS, &summary, pause_test);
	ok(share_near(summary.any, 1 - exp(-0.7)), "a year without event has exp(-rate)");

	model.exact = true;
	model.events = 1;
	pgi_loss_simulate(&model, losses, YEARS);
	pgi_loss_summarize(losses, YEARS, &summary, pause_test);
	for (int i = 0; i < PGI_PERCENTILES; i++)
	{
		double percentile = 100 * exp(2 * z[i]);
		double density = exp(-z[i] * z[i] / 2) / sqrt(2 * acos(-1)) / (2 * percentile);

		near &= fabs(summary.percentile[i] - percentile) <=
				4 * sqrt(p[i] * (1 - p[i]) / YEARS) / density;
	}
	ok(near, "the percentiles of one lognormal event");
	near = 1;
	for (int i = 0; i < PGI_PERCENTILES; i++)
		near &=
			share_near(pgi_loss_exceeding(losses, YEARS, 100 * exp(2 * z[i])), 1 - p[i]);
	ok(near, "the exceedance of one lognormal event");

	model.events = 3;
	pgi_loss_quantity_fixed(&model.magnitude, 7.5);
	pgi_loss_simulate(&model, losses, 1000);
	pgi_loss_summarize(losses, 1000, &summary, pause_test);
	ok(summary.mean == 22.5 && summary.standard_deviation == 0 && summary.any == 1 &&
		   summary.percentile[0] == 22.5 &&
		   summary.percentile[PGI_PERCENTILES - 1] == 22.5,
	   "exact events of a fixed magnitude");
	model.events = 0;
	pgi_loss_simulate(&model, losses, 1000);
	pgi_loss_summarize(losses, 1000, &summary, pause_test);
	ok(summary.mean == 0 && summary.any == 0 && summary.percentile[7] == 0, "no events");

	model.events = 200000;
	pgi_loss_simulate(&model, losses, 2);
	ok(losses[0] == 1500000 && losses[1] == 1500000,
	   "more events than between two pauses");
	for (int i = 0; i < 4; i++)
		losses[i] = i;
	pgi_loss_summarize(losses, 4, &summary, pause_test);
	ok(summary.mean == 1.5 && fabs(summary.standard_deviation - sqrt(5.0 / 3)) < 1e-15 &&
		   summary.any == 0.75,
	   "mean, deviation and share of a few years");

	model.exact = false;
	pgi_loss_quantity_lognormal(&model.rate, 1e6, 10);
	ok(!pgi_loss_simulate(&model, losses, 1000), "a year of too many events is refused");

	pauses = 0;
	model.exact = true;
	model.events = 1000000;
	pgi_loss_quantity_lognormal(&model.magnitude, 1, 0.1);
	pgi_loss_simulate(&model, losses, 3);
	ok(pauses >= 30, "a long simulation pauses");
}

/* The same figures on every machine. */
static void
test_same_everywhere(void)
{
	PgiLossModel model;
	double first[3];
	uint64_t digest = 0;

	start_model(&model, 1);
	model.scenario = 42;
	pgi_loss_quantity_pert(&model.rate, 2, 8, 40, 4);
	pgi_loss_quantity_between(&model.magnitude, 1e4, 1e6);
	pgi_loss_quantity_pert(&model.secondary, 1e3, 1e4, 1e5, 4);
	model.probability = 0.25;
	pgi_loss_simulate(&model, first, 3);
	pgi_loss_simulate(&model, losses, 1000);
	ok(memcmp(first, losses, sizeof(first)) == 0, "the first years are always the same");
	for (int i = 0; i < 1000; i++)
	{
		uint64_t bits;

		memcpy(&bits, &losses[i], sizeof(bits));
		digest = (digest ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
	}
	ok(digest == UINT64_C(0xecf491cde59b9d28), "the years are the same on every machine");
}

static int
percentiles_like_sorted(size_t count)
{
	static double sorted[5000];
	static const double p[PGI_PERCENTILES] = {0.05, 0.1, 0.25, 0.5,
											  0.75, 0.9, 0.95, 0.99};
	PgiLossSummary summary;
	int same = 1;

	memcpy(sorted, losses, count * sizeof(double));
	qsort(sorted, count, sizeof(double), compare);
	pgi_loss_summarize(losses, count, &summary, pause_test);
	for (int i = 0; i < PGI_PERCENTILES; i++)
	{
		double rank = p[i] * (double) (count - 1);
		size_t low = (size_t) rank;

		same &= summary.percentile[i] ==
				sorted[low] + (rank - floor(rank)) * (sorted[low + 1] - sorted[low]);
	}
	qsort(losses, count, sizeof(double), compare);
	return same && memcmp(sorted, losses, count * sizeof(double)) == 0;
}

static int
curve_like_counting(size_t count, size_t npoints)
{
	static PgiExceedance points[PGI_MOST_POINTS];
	size_t made = pgi_loss_curve(losses, count, points, npoints, pause_test);
	int right = made > 0 && made <= npoints && points[made - 1].probability == 0;

	for (size_t i = 0; i < made; i++)
		right &=
			points[i].probability == pgi_loss_exceeding(losses, count, points[i].loss) &&
			(i == 0 || (points[i].loss > points[i - 1].loss &&
						points[i].probability < points[i - 1].probability));
	/* Without ties, exactly as many as asked for, evenly apart. */
	qsort(losses, count, sizeof(double), compare);
	for (size_t i = 0; i < made && made == npoints; i++)
		right &= points[i].loss == losses[count * (i + 1) / npoints - 1];
	return right;
}

static void
test_order(void)
{
	PgiRandom random;
	int percentiles = 1;
	int curves = 1;

	pgi_random_start(&random, 14, 0);
	for (int round = 0; round < 400; round++)
	{
		size_t count = 2 + pgi_random_bits(&random) % (round % 2 ? 4000 : 60);
		size_t npoints = 1 + pgi_random_bits(&random) % 100;
		int values = 1 << pgi_random_bits(&random) % 16;

		/* Many ties, few, none; some rising or falling as they come. */
		for (size_t i = 0; i < count; i++)
			losses[i] = round % 5 == 0	 ? (double) (i / 3)
						: round % 5 == 1 ? (double) (count - i)
						: round % 5 == 2 ? pgi_random_uniform(&random)
										 : (double) (pgi_random_bits(&random) % values);
		percentiles &= percentiles_like_sorted(count);
		for (size_t i = 0; i < count; i++)
			losses[i] = round % 5 == 2 ? pgi_random_uniform(&random)
									   : (double) (pgi_random_bits(&random) % values);
		curves &= curve_like_counting(count, npoints);
	}
	ok(percentiles, "percentiles are those of the sorted losses");
	ok(curves, "the curve is what counting gives");
}

/* Sums in any order are equal, and exact where losses have no more than 32 binary places. */
static void
test_totals(void)
{
	PgiRandom random;
	PgiLossTotal forward = {0, 0};
	PgiLossTotal backward = {0, 0};
	PgiLossTotal some = {0, 0};

	pgi_random_start(&random, 15, 0);
	for (int i = 0; i < 10000; i++)
		losses[i] = pgi_random_exp(pgi_random_normal(&random) * 8 + 5);
	for (int i = 0; i < 10000; i++)
	{
		pgi_loss_add(&forward, losses[i]);
		pgi_loss_add(&backward, losses[9999 - i]);
	}
	ok(pgi_loss_total(&forward) == pgi_loss_total(&backward), "order does not matter");
	pgi_loss_add(&some, 0.75);
	pgi_loss_add(&some, 1e15);
	pgi_loss_add(&some, 2.5);
	ok(pgi_loss_total(&some) == 1e15 + 3.25, "a total is exact");
}

int
main(void)
{
	test_generator();
	test_functions();
	test_distributions();
	test_poisson();
	test_compound();
	test_uncertain_rate();
	test_years();
	test_same_everywhere();
	test_order();
	test_totals();
	return done_testing();
}
