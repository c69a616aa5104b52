/*
 * columns.c: the columns of a table, listed once for all that reads or writes its rows.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/columns.h"

/* Errors when a table has not just these columns: its rows would be read amiss. */
void
pgi_columns_expect(Relation relation, const PgiColumn *columns, int ncolumns)
{
	TupleDesc descriptor = RelationGetDescr(relation);
	int same = 0;

	while (same < ncolumns && same < descriptor->natts &&
		   strcmp(NameStr(TupleDescAttr(descriptor, same)->attname),
				  columns[same].name) == 0 &&
		   TupleDescAttr(descriptor, same)->atttypid ==
			   pgi_sql_type_of(columns[same].type) &&
		   !TupleDescAttr(descriptor, same)->attisdropped)
		same++;
	if (same < ncolumns || same < descriptor->natts)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" does not have the columns that this version of "
					"pg_incident knows",
					RelationGetRelationName(relation)),
			 same < ncolumns ? errdetail("Column %d is not \"%s\" of its type.", same + 1,
										 columns[same].name)
							 : errdetail("Column %d is not known.", same + 1),
			 errhint(
				 "ALTER EXTENSION pg_incident UPDATE brings the table of the installed "
				 "version.")));
}

/* Keeps a text and the types of its arguments, which are the columns. */
static void
keep(PgiQuery *query, const char *sql, const PgiColumn *columns, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
		query->types[i] = columns[i].type;
	query->nargs = ncolumns;
	query->sql = MemoryContextStrdup(TopMemoryContext, sql);
}

/* Makes the query that inserts a row, unless it is made. */
void
pgi_columns_insert(PgiQuery *query, const char *table, const PgiColumn *columns,
				   int ncolumns)
{
	StringInfoData sql;

	if (query->sql != NULL)
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s (", table);
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? "" : ", ", columns[i].name);
	appendStringInfoString(&sql, ") VALUES (");
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&sql, "%s$%d", i == 0 ? "" : ", ", i + 1);
	appendStringInfoChar(&sql, ')');
	keep(query, sql.data, columns, ncolumns);
	pfree(sql.data);
}

/* The same for the query that updates a row, which is found by its key: columns as bits. */
void
pgi_columns_update(PgiQuery *query, const char *table, const PgiColumn *columns,
				   int ncolumns, uint64 key)
{
	StringInfoData sql;
	StringInfoData condition;

	if (query->sql != NULL)
		return;
	initStringInfo(&sql);
	initStringInfo(&condition);
	appendStringInfo(&sql, "UPDATE %s SET ", table);
	for (int i = 0, nset = 0; i < ncolumns; i++)
		if ((key & PGI_COLUMN_BIT(i)) != 0)
			appendStringInfo(&condition, "%s %s = $%d",
							 condition.len == 0 ? " WHERE" : " AND", columns[i].name,
							 i + 1);
		else
			appendStringInfo(&sql, "%s%s = $%d", nset++ == 0 ? "" : ", ", columns[i].name,
							 i + 1);
	appendStringInfoString(&sql, condition.data);
	keep(query, sql.data, columns, ncolumns);
	pfree(sql.data);
	pfree(condition.data);
}
