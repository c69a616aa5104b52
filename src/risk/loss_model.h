/*
 * loss_model.h: the model of a scenario's losses, from the arguments of an SQL function.
 */
#ifndef PGI_LOSS_MODEL_H
#define PGI_LOSS_MODEL_H

#include "fmgr.h"

#include "kernel/loss.h"

/* How many years are simulated at most. */
#define PGI_MOST_YEARS 10000000

extern void pgi_loss_model_pause(void);
extern int pgi_loss_model_read(FunctionCallInfo fcinfo, PgiLossModel *model);

#endif
