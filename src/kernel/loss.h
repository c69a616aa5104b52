/*
 * loss.h: annual loss by Monte Carlo.
 *
 * A year has a number of loss events; each has a magnitude and, with some probability, a
 * secondary loss too. The annual loss is their sum. A trial is one year.
 */
#ifndef PGI_KERNEL_LOSS_H
#define PGI_KERNEL_LOSS_H

#include <stddef.h>

#include "kernel/random.h"

/* A year in which more events are drawn is refused. */
#define PGI_MOST_EVENTS 1000000000

typedef enum PgiQuantityKind
{
	PGI_QUANTITY_FIXED,
	PGI_QUANTITY_PERT,
	PGI_QUANTITY_LOGNORMAL
} PgiQuantityKind;

/* A quantity that is known, or of which an expert knows the distribution. */
typedef struct PgiQuantity
{
	PgiQuantityKind kind;
	double base;	/* the value; the minimum; the mean of the logarithm */
	double spread;	/* 0; maximum - minimum; the standard deviation of the logarithm */
	PgiGamma above; /* PERT: how much of the spread is below and above a draw */
	PgiGamma below;
} PgiQuantity;

typedef struct PgiLossModel
{
	int64_t seed;
	int64_t scenario; /* the stream of the seed */
	bool exact;		  /* every year has `events` events, not a Poisson number */
	int64_t events;
	PgiQuantity rate; /* events a year */
	PgiQuantity magnitude;
	double probability; /* of a secondary loss */
	PgiQuantity secondary;
	void (*pause)(void); /* called now and then; need not return */
} PgiLossModel;

#define PGI_PERCENTILES 8

typedef struct PgiLossSummary
{
	double mean;
	double standard_deviation;
	double percentile[PGI_PERCENTILES]; /* 5, 10, 25, 50, 75, 90, 95, 99 */
	double any;							/* share of years with a loss */
} PgiLossSummary;

/* A sum of losses that does not depend on the order of adding: units, and 2^-32 of one. */
typedef struct PgiLossTotal
{
	int64_t units;
	int64_t parts;
} PgiLossTotal;

/* What a total takes at once, and how far it can go. */
#define PGI_MOST_ADDED 0x1p53
#define PGI_MOST_TOTAL (INT64_C(1) << 62)

/* A point of the loss exceedance curve, and how many may be asked for. */
#define PGI_MOST_POINTS 1000

typedef struct PgiExceedance
{
	double loss;
	double probability; /* of a year that loses more */
} PgiExceedance;

extern void pgi_loss_quantity_fixed(PgiQuantity *quantity, double value);
extern void pgi_loss_quantity_pert(PgiQuantity *quantity, double min, double mode,
								   double max, double shape);
extern void pgi_loss_quantity_lognormal(PgiQuantity *quantity, double median,
										double sigma);
extern void pgi_loss_quantity_between(PgiQuantity *quantity, double low, double high);
extern double pgi_loss_quantity_draw(const PgiQuantity *quantity, PgiRandom *random);

extern bool pgi_loss_simulate(const PgiLossModel *model, double *losses, size_t years);
extern void pgi_loss_summarize(double *losses, size_t years, PgiLossSummary *summary,
							   void (*pause)(void));
extern size_t pgi_loss_curve(double *losses, size_t years, PgiExceedance *points,
							 size_t npoints, void (*pause)(void));
extern double pgi_loss_exceeding(const double *losses, size_t years, double loss);

static inline void
pgi_loss_add(PgiLossTotal *total, double loss)
{
	int64_t units = (int64_t) loss;

	total->units += units;
	total->parts += (int64_t) ((loss - (double) units) * 0x1p32);
}

static inline double
pgi_loss_total(const PgiLossTotal *total)
{
	return (double) (total->units + (total->parts >> 32)) +
		   (double) (total->parts & INT64_C(0xffffffff)) * 0x1p-32;
}

#endif
