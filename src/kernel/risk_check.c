/*
 * risk_check.c: finds what is wrong with a risk method: matrices that fall where they
 * should rise, bands with gaps or overlaps, values that no band has, weights without sum.
 */
#include <stdarg.h>
#include <stdio.h>

#include "kernel/risk_check.h"

static const char *const stage_words[PGI_RISK_STAGES] = {"likelihood", "loss", "risk"};

/* Where found problems go; counts them all, keeps those there is room for. */
typedef struct Findings
{
	PgiRiskProblem *problems;
	int room;
	int count;
} Findings;

/* Notes a problem; `where` is the place below "$.". */
static void __attribute__((format(printf, 3, 4)))
add_finding(Findings *findings, const char *where, const char *format, ...)
{
	PgiRiskProblem *problem;
	va_list arguments;

	if (findings->count++ >= findings->room)
		return;
	problem = &findings->problems[findings->count - 1];
	snprintf(problem->place, sizeof(problem->place), "$.%s", where);
	va_start(arguments, format);
	vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
}

static void
check_matrix(const PgiRiskStage *stage, const char *word, Findings *findings)
{
	char where[48];

	for (int row = 0; row < PGI_RATINGS; row++)
		for (int column = 0; column < PGI_RATINGS; column++)
		{
			int32_t number = stage->matrix[row][column];

			snprintf(where, sizeof(where), "%s.matrix[%d][%d]", word, row, column);
			if (number < 0 || number > PGI_RISK_NUMBER_MAX)
				add_finding(findings, where, "is %d, and not from 0 to %d", (int) number,
							PGI_RISK_NUMBER_MAX);
			if (column > 0 && number < stage->matrix[row][column - 1])
				add_finding(findings, where, "is %d, less than %d before it in the row",
							(int) number, (int) stage->matrix[row][column - 1]);
			if (row > 0 && number < stage->matrix[row - 1][column])
				add_finding(findings, where, "is %d, less than %d in the row before",
							(int) number, (int) stage->matrix[row - 1][column]);
		}
}

static void
check_bands(const PgiRiskStage *stage, const char *word, Findings *findings)
{
	char where[48];

	for (int i = 0; i < PGI_RATINGS; i++)
	{
		int from = (int) stage->from[i];
		int to = (int) stage->to[i];

		snprintf(where, sizeof(where), "%s.bands[%d]", word, i);
		if (from < 0 || to > PGI_RISK_BAND_MAX)
			add_finding(findings, where, "goes beyond 0 to %d", PGI_RISK_BAND_MAX);
		if (to < from)
			add_finding(findings, where, "ends at %d, before it begins at %d", to, from);
		if (i > 0 && from > stage->to[i - 1] + INT64_C(1))
			add_finding(findings, where, "begins at %d and leaves a gap after %d", from,
						(int) stage->to[i - 1]);
		if (i > 0 && from <= stage->to[i - 1])
			add_finding(findings, where, "begins at %d, but the band before ends at %d",
						from, (int) stage->to[i - 1]);
	}
}

/* Lowest and highest value of a stage must be in a band; all between them then are. */
static void
check_total(const PgiRiskSource *source, PgiRiskStageName name, Findings *findings)
{
	const PgiRiskStage *stage = &source->stage[name];
	int64_t start = 2 * (int64_t) stage->from[0] - 1;
	int64_t end = 2 * (int64_t) stage->to[PGI_RATINGS - 1] + 1;
	char where[32];

	snprintf(where, sizeof(where), "%s.bands", stage_words[name]);
	if (start > 0 && 4 * pgi_risk_range_end(source, name, 1) < start * start)
		add_finding(findings, where, "begin above the lowest value");
	if (4 * pgi_risk_range_end(source, name, PGI_RATINGS) >= end * end)
		add_finding(findings, where, "end below the highest value");
}

static void
check_numbers(const PgiRiskSource *source, PgiRiskStageName name, Findings *findings)
{
	const PgiRiskStage *stage = &source->stage[name];
	char where[32];

	if ((name == PGI_RISK && stage->formula == PGI_FORMULA_ROW) ||
		(name != PGI_RISK && stage->formula == PGI_FORMULA_PRODUCT_OF_VALUES))
	{
		snprintf(where, sizeof(where), "%s.formula", stage_words[name]);
		add_finding(findings, where, "is not a formula for this stage");
	}
	if (stage->formula == PGI_FORMULA_MATRIX)
		check_matrix(stage, stage_words[name], findings);
	check_bands(stage, stage_words[name], findings);
}

/* The values of a stage, and of those after it, mean nothing unless its numbers are sound. */
static void
check_stages(const PgiRiskSource *source, Findings *findings)
{
	int before = findings->count;

	for (PgiRiskStageName name = 0; name < PGI_RISK_STAGES; name++)
		check_numbers(source, name, findings);
	for (PgiRiskStageName name = 0; findings->count == before && name < PGI_RISK_STAGES;
		 name++)
		check_total(source, name, findings);
}

static void
check_asset_value(const PgiAssetValue *how, Findings *findings)
{
	static const char *const words[] = {"confidentiality", "integrity", "availability"};
	char where[64];
	int64_t total = 0;

	if (how->combination != PGI_COMBINE_WEIGHTED)
		return;
	for (int i = 0; i < 3; i++)
	{
		snprintf(where, sizeof(where), "asset_value.weights.%s", words[i]);
		if (how->weight[i] < 0)
			add_finding(findings, where, "is negative");
		if (how->weight[i] > PGI_WEIGHT_MAX)
			add_finding(findings, where, "is more than %d",
						(int) (PGI_WEIGHT_MAX / PGI_WEIGHT_UNIT));
		total += how->weight[i];
	}
	if (total == 0)
		add_finding(findings, "asset_value.weights", "are all zero");
}

/*
 * Finds what is wrong with a method and returns how many problems there are; at most
 * `room` are written.
 */
int
pgi_risk_check(const PgiRiskSource *source, PgiRiskProblem *problems, int room)
{
	Findings findings = {problems, room, 0};

	check_asset_value(&source->asset_value, &findings);
	check_stages(source, &findings);
	if (source->unacceptable_from < 1 || source->unacceptable_from > PGI_RATINGS)
		add_finding(&findings, "unacceptable_from", "is %d, and not from 1 to %d",
					(int) source->unacceptable_from, PGI_RATINGS);
	return findings.count;
}
