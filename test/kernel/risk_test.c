/*
 * risk_test.c: checking and compiling risk methods, and the value of assets.
 */
#include <string.h>

#include "tap.h"
#include "kernel/risk.h"
#include "kernel/risk_check.h"

static PgiRiskProblem problem;

static const int32_t even_from[5] = {1, 6, 11, 16, 21};
static const int32_t even_to[5] = {5, 10, 15, 20, 25};

static void
set_bands(PgiRiskStage *stage, const int32_t from[5], const int32_t to[5])
{
	memcpy(stage->from, from, sizeof(stage->from));
	memcpy(stage->to, to, sizeof(stage->to));
}

static PgiRiskSource
method(PgiRiskFormula formula, PgiRiskFormula risk)
{
	PgiRiskSource source;

	memset(&source, 0, sizeof(source));
	source.unacceptable_from = 4;
	for (int i = 0; i < PGI_RISK_STAGES; i++)
	{
		source.stage[i].formula = formula;
		set_bands(&source.stage[i], even_from, even_to);
	}
	source.stage[PGI_RISK].formula = risk;
	return source;
}

static PgiRiskSource
product(void)
{
	return method(PGI_FORMULA_PRODUCT, PGI_FORMULA_PRODUCT);
}

static PgiRiskSource
multiply(void)
{
	return method(PGI_FORMULA_GEOMETRIC, PGI_FORMULA_PRODUCT_OF_VALUES);
}

/* The first problem of a source is at this place. */
static int
first_problem_is(const PgiRiskSource *source, const char *place)
{
	memset(&problem, 0, sizeof(problem));
	if (pgi_risk_check(source, &problem, 1) == 0)
		return place == NULL;
	if (place == NULL || strcmp(problem.place, place) != 0)
	{
		printf("# %s %s\n", problem.place, problem.text);
		return 0;
	}
	return 1;
}

static void
test_check(void)
{
	PgiRiskSource source = product();

	ok(first_problem_is(&source, NULL), "the product is sound");
	source = multiply();
	ok(first_problem_is(&source, NULL), "the geometric method is sound");

	source = product();
	source.stage[PGI_LOSS].from[2] = 12;
	ok(first_problem_is(&source, "$.loss.bands[2]"), "a gap between bands");
	source.stage[PGI_LOSS].from[2] = 10;
	ok(first_problem_is(&source, "$.loss.bands[2]"), "bands that overlap");
	source = product();
	source.stage[PGI_RISK].to[4] = 20;
	ok(first_problem_is(&source, "$.risk.bands[4]"), "a band that ends before it begins");
	source = product();
	source.stage[PGI_RISK].to[4] = 24;
	ok(first_problem_is(&source, "$.risk.bands"), "the highest value has no band");
	source = product();
	source.stage[PGI_LIKELIHOOD].from[0] = 2;
	ok(first_problem_is(&source, "$.likelihood.bands"), "the lowest value has no band");
	source = product();
	source.stage[PGI_LIKELIHOOD].from[0] = -1;
	ok(first_problem_is(&source, "$.likelihood.bands[0]"), "a band below zero");
	source = multiply();
	source.stage[PGI_LIKELIHOOD].to[4] = PGI_RISK_BAND_MAX + 1;
	ok(first_problem_is(&source, "$.likelihood.bands[4]"), "a band beyond the limit");

	source = product();
	source.stage[PGI_LOSS].formula = PGI_FORMULA_MATRIX;
	for (int i = 0; i < 25; i++)
		source.stage[PGI_LOSS].matrix[i / 5][i % 5] = 1 + i / 5 * 5 + i % 5;
	ok(first_problem_is(&source, NULL), "a matrix that rises is sound");
	source.stage[PGI_LOSS].matrix[1][3] = 7;
	ok(first_problem_is(&source, "$.loss.matrix[1][3]"), "a row that falls");
	source.stage[PGI_LOSS].matrix[1][3] = 9;
	source.stage[PGI_LOSS].matrix[1][0] = 0;
	ok(first_problem_is(&source, "$.loss.matrix[1][0]"), "a column that falls");
	source.stage[PGI_LOSS].matrix[0][0] = -1;
	ok(first_problem_is(&source, "$.loss.matrix[0][0]"), "a number below zero");

	source = product();
	source.stage[PGI_RISK].formula = PGI_FORMULA_ROW;
	ok(first_problem_is(&source, "$.risk.formula"), "a risk cannot be the loss alone");
	source = product();
	source.stage[PGI_LOSS].formula = PGI_FORMULA_PRODUCT_OF_VALUES;
	ok(first_problem_is(&source, "$.loss.formula"), "a loss has no values before it");

	source = product();
	source.asset_value.combination = PGI_COMBINE_WEIGHTED;
	ok(first_problem_is(&source, "$.asset_value.weights"), "weights without sum");
	source.asset_value.weight[1] = -1;
	ok(first_problem_is(&source, "$.asset_value.weights.integrity"), "a negative weight");
	source.asset_value.weight[1] = PGI_WEIGHT_MAX + 1;
	ok(first_problem_is(&source, "$.asset_value.weights.integrity"),
	   "a weight beyond the limit");
	source = product();
	source.unacceptable_from = 6;
	ok(first_problem_is(&source, "$.unacceptable_from"), "a level that is none");
	source.stage[PGI_LOSS].from[2] = 12;
	ok(pgi_risk_check(&source, NULL, 0) == 2,
	   "problems are counted beyond the room for them");
}

static int
level(const PgiRiskMethod *compiled, int asset, int threat, int vulnerability)
{
	return compiled->level[PGI_RISK_TRIPLE(asset, threat, vulnerability)];
}

static void
test_compile(void)
{
	PgiRiskSource source = product();
	PgiRiskMethod compiled;

	pgi_risk_compile(&source, &compiled);
	ok(level(&compiled, 1, 1, 1) == 1 && level(&compiled, 5, 5, 5) == 5,
	   "product: the corners");
	ok(compiled.likelihood[PGI_RISK_PAIR(5, 3)] == 3 &&
		   compiled.loss[PGI_RISK_PAIR(4, 3)] == 3 && level(&compiled, 4, 5, 3) == 2,
	   "product: 5 x 3 and 4 x 3 are level 3 each, 9 is level 2");
	ok(compiled.unacceptable_from == 4, "what is unacceptable is kept");

	source.stage[PGI_RISK].formula = PGI_FORMULA_MATRIX;
	for (int i = 0; i < 25; i++)
		source.stage[PGI_RISK].matrix[i / 5][i % 5] = 1 + i / 5 * 5;
	pgi_risk_compile(&source, &compiled);
	ok(level(&compiled, 5, 1, 5) == 5 && level(&compiled, 1, 5, 5) == 1,
	   "the rows of the risk's matrix are the loss");

	source = multiply();
	pgi_risk_compile(&source, &compiled);
	ok(compiled.risk_square[PGI_RISK_TRIPLE(4, 1, 3)] == 36 &&
		   level(&compiled, 4, 1, 3) == 2,
	   "geometric: the root of 3 times the root of 12 is 6 and not less");
	/* 30.25 and 110.25 are the squares of 5.5 and 10.5; V^2 T A is next to them. */
	ok(level(&compiled, 3, 1, 3) == 1, "geometric: the root of 27 rounds to 5");
	ok(level(&compiled, 2, 4, 2) == 2, "geometric: the root of 32 rounds to 6");
	ok(level(&compiled, 3, 4, 3) == 2, "geometric: the root of 108 rounds to 10");
	ok(level(&compiled, 2, 4, 4) == 3, "geometric: the root of 128 rounds to 11");
}

static int
tenths(PgiCombination combination, int c, int i, int a)
{
	PgiAssetValue how = {combination, {500000, 300000, 200000}};
	int ratings[3];

	ratings[0] = c;
	ratings[1] = i;
	ratings[2] = a;
	return pgi_risk_asset_tenths(&how, ratings);
}

static void
test_asset_value(void)
{
	ok(tenths(PGI_COMBINE_MEAN, 1, 1, 1) == 10 && tenths(PGI_COMBINE_MEAN, 5, 5, 5) == 50,
	   "mean: the corners");
	ok(tenths(PGI_COMBINE_MEAN, 5, 5, 4) == 47 && tenths(PGI_COMBINE_MEAN, 5, 4, 4) == 43,
	   "mean: 4.67 is 4.7 and 4.33 is 4.3");
	ok(tenths(PGI_COMBINE_WEIGHTED, 5, 3, 2) == 38, "weighted: 2.5 + 0.9 + 0.4");
	ok(tenths(PGI_COMBINE_MAX, 2, 4, 3) == 40, "max");
	ok(tenths(PGI_COMBINE_LOG2MEAN, 1, 1, 1) == 10 &&
		   tenths(PGI_COMBINE_LOG2MEAN, 5, 5, 5) == 50,
	   "log2mean: the corners");
	ok(tenths(PGI_COMBINE_LOG2MEAN, 5, 1, 1) == 36, "log2mean: log2 of 12 is 3.58");
	ok(tenths(PGI_COMBINE_LOG2MEAN, 1, 1, 2) == 14, "log2mean: log2 of 8/3 is 1.42");
	ok(pgi_risk_asset_rating(10) == 1 && pgi_risk_asset_rating(15) == 1 &&
		   pgi_risk_asset_rating(16) == 2 && pgi_risk_asset_rating(45) == 4 &&
		   pgi_risk_asset_rating(46) == 5 && pgi_risk_asset_rating(50) == 5,
	   "the edges of asset ratings");
}

int
main(void)
{
	test_check();
	test_compile();
	test_asset_value();
	return done_testing();
}
