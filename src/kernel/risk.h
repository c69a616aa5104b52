/*
 * risk.h: a risk method as its document gives it (PgiRiskSource) and as the compiled
 * tables that every look-up reads (PgiRiskMethod).
 *
 * A method goes from the ratings of asset (A), threat (T) and vulnerability (V) through
 * three stages, each with a value and a level: likelihood from T and V, loss from A and V,
 * risk from loss and likelihood.
 */
#ifndef PGI_KERNEL_RISK_H
#define PGI_KERNEL_RISK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/policy.h"

/* Ratings and levels run from 1 to 5; what is unknown counts as 5. */
#define PGI_RATINGS 5

typedef enum PgiRiskStageName
{
	PGI_LIKELIHOOD, /* rows: threat, columns: vulnerability */
	PGI_LOSS,		/* rows: asset, columns: vulnerability */
	PGI_RISK,		/* rows: loss level, columns: likelihood level */
	PGI_RISK_STAGES
} PgiRiskStageName;

typedef enum PgiRiskFormula
{
	PGI_FORMULA_PRODUCT,		   /* row times column */
	PGI_FORMULA_GEOMETRIC,		   /* the square root of row times column */
	PGI_FORMULA_MATRIX,			   /* the number in the matrix */
	PGI_FORMULA_ROW,			   /* the row's rating alone; not of the risk */
	PGI_FORMULA_PRODUCT_OF_VALUES, /* of loss and likelihood, not of their levels */
	PGI_FORMULAS
} PgiRiskFormula;

/* What a document may say, so that the square of every value fits. */
#define PGI_RISK_NUMBER_MAX 10000
#define PGI_RISK_BAND_MAX 100000000

/* The level is that of the band which has the value rounded half up to a whole number. */
typedef struct PgiRiskStage
{
	PgiRiskFormula formula;
	int32_t matrix[PGI_RATINGS][PGI_RATINGS];
	int32_t from[PGI_RATINGS];
	int32_t to[PGI_RATINGS];
} PgiRiskStage;

typedef enum PgiCombination
{
	PGI_COMBINE_MEAN,
	PGI_COMBINE_WEIGHTED,
	PGI_COMBINE_MAX,
	PGI_COMBINE_LOG2MEAN, /* log2 of the mean of 2^C, 2^I, 2^A */
	PGI_COMBINATIONS
} PgiCombination;

/* Weights are whole: those of a document are counted in millionths. */
#define PGI_WEIGHT_UNIT INT64_C(1000000)
#define PGI_WEIGHT_MAX (INT64_C(1000000) * PGI_WEIGHT_UNIT)

/* How confidentiality, integrity and availability make the value of an asset. */
typedef struct PgiAssetValue
{
	PgiCombination combination;
	int64_t weight[3];
} PgiAssetValue;

typedef struct PgiRiskSource
{
	PgiAssetValue asset_value;
	PgiRiskStage stage[PGI_RISK_STAGES];
	int32_t unacceptable_from;
} PgiRiskSource;

/* Places in the compiled tables; three bits a rating. */
#define PGI_RISK_PAIR(row, column) ((row) << 3 | (column))
#define PGI_RISK_TRIPLE(asset, threat, vulnerability) \
	((asset) << 6 | (threat) << 3 | (vulnerability))

/*
 * Values are kept as their squares, which are whole numbers, so that no rounding can move
 * a value over the edge of a band.
 */
typedef struct PgiRiskMethod
{
	uint8_t level[512];		/* of the risk, by triple */
	uint8_t likelihood[64]; /* level, by threat and vulnerability */
	uint8_t loss[64];		/* level, by asset and vulnerability */
	uint8_t unacceptable_from;
	uint8_t asset_tenths[512]; /* by the triple of C, I and A */
	int64_t likelihood_square[64];
	int64_t loss_square[64];
	int64_t risk_square[512];
} PgiRiskMethod;

extern int64_t pgi_risk_square(const PgiRiskStage *stage, int row, int column);
extern int pgi_risk_band(const PgiRiskStage *stage, int64_t square);
extern int64_t pgi_risk_range_end(const PgiRiskSource *source, PgiRiskStageName name,
								  int rating);
extern void pgi_risk_compile(const PgiRiskSource *source, PgiRiskMethod *method);
extern int pgi_risk_asset_tenths(const PgiAssetValue *how, const int ratings[3]);
extern int pgi_risk_asset_rating(int tenths);

#endif
