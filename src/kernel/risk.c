/*
 * risk.c: compiles a risk method into tables, and combines confidentiality, integrity and
 * availability to the value of an asset. All arithmetic is of whole numbers.
 */
#include <string.h>

#include "kernel/risk.h"

/* The square of a stage's value; row and column are ratings or levels. */
int64_t
pgi_risk_square(const PgiRiskStage *stage, int row, int column)
{
	int64_t product = (int64_t) row * column;
	int64_t number = stage->matrix[row - 1][column - 1];

	switch (stage->formula)
	{
		case PGI_FORMULA_GEOMETRIC:
			return product;
		case PGI_FORMULA_MATRIX:
			return number * number;
		case PGI_FORMULA_ROW:
			return (int64_t) row * row;
		default:
			return product * product;
	}
}

/*
 * The level of a value: the first band that does not end below the value rounded half up.
 * It rounds to at most n when it is below n + 1/2, that is, when four times its square is
 * below (2n + 1) squared. Level 5 when it is beyond all bands.
 */
int
pgi_risk_band(const PgiRiskStage *stage, int64_t square)
{
	for (int level = 1; level < PGI_RATINGS; level++)
	{
		int64_t edge = 2 * (int64_t) stage->to[level - 1] + 1;

		if (4 * square < edge * edge)
			return level;
	}
	return PGI_RATINGS;
}

/* The square of the risk of a likelihood and a loss, each with its square and level. */
static int64_t
risk_square(const PgiRiskStage *stage, int64_t likelihood_square, int likelihood,
			int64_t loss_square, int loss)
{
	if (stage->formula == PGI_FORMULA_PRODUCT_OF_VALUES)
		return likelihood_square * loss_square;
	return pgi_risk_square(stage, loss, likelihood);
}

/*
 * The square of a stage's value when all ratings are 1, or all are 5: as no stage falls
 * when a rating rises, its lowest and its highest value.
 */
int64_t
pgi_risk_range_end(const PgiRiskSource *source, PgiRiskStageName name, int rating)
{
	const PgiRiskStage *likelihood = &source->stage[PGI_LIKELIHOOD];
	const PgiRiskStage *loss = &source->stage[PGI_LOSS];
	int64_t likelihood_square = pgi_risk_square(likelihood, rating, rating);
	int64_t loss_square = pgi_risk_square(loss, rating, rating);

	if (name == PGI_LIKELIHOOD)
		return likelihood_square;
	if (name == PGI_LOSS)
		return loss_square;
	return risk_square(&source->stage[PGI_RISK], likelihood_square,
					   pgi_risk_band(likelihood, likelihood_square), loss_square,
					   pgi_risk_band(loss, loss_square));
}

/* Compiles a source in which pgi_risk_check finds nothing. */
void
pgi_risk_compile(const PgiRiskSource *source, PgiRiskMethod *method)
{
	const PgiRiskStage *risk = &source->stage[PGI_RISK];

	memset(method, 0, sizeof(*method));
	method->unacceptable_from = (uint8_t) source->unacceptable_from;
	for (int row = 1; row <= PGI_RATINGS; row++)
		for (int column = 1; column <= PGI_RATINGS; column++)
		{
			const PgiRiskStage *likelihood = &source->stage[PGI_LIKELIHOOD];
			const PgiRiskStage *loss = &source->stage[PGI_LOSS];
			int pair = PGI_RISK_PAIR(row, column);

			method->likelihood_square[pair] = pgi_risk_square(likelihood, row, column);
			method->likelihood[pair] =
				(uint8_t) pgi_risk_band(likelihood, method->likelihood_square[pair]);
			method->loss_square[pair] = pgi_risk_square(loss, row, column);
			method->loss[pair] = (uint8_t) pgi_risk_band(loss, method->loss_square[pair]);
		}
	for (int a = 1; a <= PGI_RATINGS; a++)
		for (int t = 1; t <= PGI_RATINGS; t++)
			for (int v = 1; v <= PGI_RATINGS; v++)
			{
				int triple = PGI_RISK_TRIPLE(a, t, v);
				int likely = PGI_RISK_PAIR(t, v);
				int lost = PGI_RISK_PAIR(a, v);
				const int ratings[3] = {a, t, v};

				method->asset_tenths[triple] =
					(uint8_t) pgi_risk_asset_tenths(&source->asset_value, ratings);
				method->risk_square[triple] = risk_square(
					risk, method->likelihood_square[likely], method->likelihood[likely],
					method->loss_square[lost], method->loss[lost]);
				method->level[triple] =
					(uint8_t) pgi_risk_band(risk, method->risk_square[triple]);
			}
}

/* A whole number of up to 160 bits, lowest word first. */
#define BIG_WORDS 5

typedef struct Big
{
	uint32_t word[BIG_WORDS];
} Big;

static Big
big_times(Big number, uint32_t factor)
{
	uint64_t carry = 0;

	for (int i = 0; i < BIG_WORDS; i++)
	{
		carry += (uint64_t) number.word[i] * factor;
		number.word[i] = (uint32_t) carry;
		carry >>= 32;
	}
	return number;
}

/* factor to the power of exponent, times `start`. */
static Big
big_power(uint32_t start, uint32_t factor, int exponent)
{
	Big result = {{start}};

	while (exponent-- > 0)
		result = big_times(result, factor);
	return result;
}

static bool
big_at_most(const Big *a, const Big *b)
{
	for (int i = BIG_WORDS - 1; i >= 0; i--)
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i];
	return true;
}

/*
 * log2((2^C + 2^I + 2^A) / 3) in tenths, rounded half up. With s the sum, it is at least n
 * tenths when 2n - 1 <= 20 log2(s / 3), that is, when 3^20 2^(2n-1) <= s^20.
 */
static int
log2mean_tenths(const int ratings[3])
{
	uint32_t sum = (1u << ratings[0]) + (1u << ratings[1]) + (1u << ratings[2]);
	Big power = big_power(1, sum, 20);
	Big bound = big_power(1u << 21, 3, 20);
	int tenths = 10;

	while (tenths < 50 && big_at_most(&bound, &power))
	{
		bound = big_times(bound, 4);
		tenths++;
	}
	return tenths;
}

/*
 * The value of an asset in tenths, from 10 to 50, rounded half up. The ratings are those of
 * confidentiality, integrity and availability; the weights must not all be zero.
 */
int
pgi_risk_asset_tenths(const PgiAssetValue *how, const int ratings[3])
{
	static const int64_t equal[3] = {1, 1, 1};
	const int64_t *weight =
		how->combination == PGI_COMBINE_WEIGHTED ? how->weight : equal;
	int64_t total = 0;
	int64_t sum = 0;
	int highest = 0;

	if (how->combination == PGI_COMBINE_LOG2MEAN)
		return log2mean_tenths(ratings);
	for (int i = 0; i < 3; i++)
	{
		total += weight[i];
		sum += weight[i] * ratings[i];
		if (ratings[i] > highest)
			highest = ratings[i];
	}
	if (how->combination == PGI_COMBINE_MAX)
		return 10 * highest;
	return (int) ((20 * sum + total) / (2 * total));
}

/* The rating of an asset value: 4.6 to 5 is 5, and so on down to 1 to 1.5. */
int
pgi_risk_asset_rating(int tenths)
{
	for (int rating = 1; rating < PGI_RATINGS; rating++)
		if (tenths <= 10 * rating + 5)
			return rating;
	return PGI_RATINGS;
}
