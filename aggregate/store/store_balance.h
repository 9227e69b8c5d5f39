/*
 * store_balance.h: reasons why lines were not counted, in rows that name them.
 */
#ifndef STORE_BALANCE_H
#define STORE_BALANCE_H

#include "aggregate/store/store_sql.h"

/* Rows (kind, reason, lines, checksum) of a statement that is bound: adds them to *balance. Kinds
 * are "excluded" and "rejected"; without a span also "lines", "counted", "dropped", "bytes_read".
 */
int store_balance_read(struct store *store, sqlite3_stmt *statement, int64_t span,
		       const char *table, struct balance *balance, struct error *error);

/* One row for each reason that has lines. */
int store_balance_write(struct store *store, enum sql sql, int64_t span, const char *table,
			const struct balance *balance, struct error *error);

struct store_uncounted {
	const char *kind, *reason;
	uint64_t lines;
};
int store_balance_put(struct store *store, enum sql sql, int64_t span, const char *table,
		      const struct store_uncounted *reason, struct error *error);

#endif
