/*
 * columns.h: the columns of a table, listed once for all that reads or writes its rows.
 */
#ifndef PGI_COLUMNS_H
#define PGI_COLUMNS_H

#include "utils/rel.h"

#include "base/sql.h"

/*
 * A list is a macro LIST(COLUMN) of COLUMN(ID, name, type), in the order of the table; these make
 * of it an array of PgiColumn, and names for a SELECT, each with a comma after it.
 */
#define PGI_COLUMN_ENTRY(id, name, type) {#name, type},
#define PGI_COLUMN_NAME(id, name, type) #name ", "

typedef struct PgiColumn
{
	const char *name;
	Oid type; /* or PGI_TYPE_… */
} PgiColumn;

#define PGI_COLUMN_BIT(number) (UINT64CONST(1) << (number))

extern void pgi_columns_expect(Relation relation, const PgiColumn *columns, int ncolumns);
extern void pgi_columns_insert(PgiQuery *query, const char *table,
							   const PgiColumn *columns, int ncolumns);
extern void pgi_columns_update(PgiQuery *query, const char *table,
							   const PgiColumn *columns, int ncolumns, uint64 key);

#endif
