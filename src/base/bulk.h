/*
 * bulk.h: many rows into one of the extension's tables, past the executor.
 */
#ifndef PGI_BULK_H
#define PGI_BULK_H

#include "nodes/execnodes.h"
#include "tcop/dest.h"

typedef struct PgiBulk PgiBulk;

extern PgiBulk *pgi_bulk_open(const char *relation);
extern Relation pgi_bulk_relation(const PgiBulk *bulk);
extern void pgi_bulk_add(PgiBulk *bulk, int64 place, const Datum *values,
						 const bool *isnull);
extern ResultRelInfo *pgi_bulk_partition(PgiBulk *bulk, const Datum *values,
										 const bool *isnull);
extern DestReceiver *pgi_bulk_receiver(PgiBulk *bulk);
extern void pgi_bulk_close(PgiBulk *bulk);

#endif
