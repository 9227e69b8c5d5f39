/*
 * store_sql.h: what the files of the store share: the handle, its prepared statements, and rows
 * that carry a checksum.
 *
 * A statement is taken, bound, stepped and given back. One that is out when it is taken again (a
 * callback that reads while it is being read to) is prepared anew.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/store.h"
#include "base/siphash.h"

enum sql {
	SQL_BEGIN,
	SQL_BEGIN_READ,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_DAYS,
	SQL_PUT_DAY,
	SQL_DROP_DAY,
	SQL_PUT_ROW,
	SQL_DROP_ROW,
	SQL_DROP_TABLE_ROWS,
	SQL_DROP_DAY_ROWS,
	SQL_TABLE_ROWS,
	SQL_DAY_ROWS,
	SQL_ALL_ROWS,
	SQL_MARKS,
	SQL_PUT_MARK,
	SQL_NEW_MARK,
	SQL_DROP_MARK,
	SQL_SECURITY,
	SQL_PUT_SECURITY,
	SQL_DROP_SECURITY,
	SQL_SETTING,
	SQL_PUT_SETTING,
	SQL_SETTINGS,
	SQL_UNDATED,
	SQL_PUT_UNDATED,
	SQL_CLEAR_UNDATED,
	SQL_SPANS,
	SQL_SPANS_OVER,
	SQL_SPANS_OF_DAY,
	SQL_SPANS_BEFORE,
	SQL_SET_SPAN,
	SQL_PUT_SPAN,
	SQL_DROP_SPAN,
	SQL_BALANCE,
	SQL_PUT_BALANCE,
	SQL_PANELS,
	SQL_PUT_PANEL,
	SQL_TREND,
	SQL_PUT_TREND,
	SQL_NOTES,
	SQL_PUT_NOTE,
	SQL_SITES,
	SQL_KEYS,
	SQL_EXPIRE,
	SQL__COUNT
};

struct store {
	sqlite3 *db;
	char *directory; /* resolved: no symbolic link in it */
	char *path;	 /* of state.db */
	char *zone;
	int lock;      /* -1 for readers */
	int journal_n; /* pages in the journal after the last commit */
	bool read_only;
	bool begun;  /* between begin and commit */
	bool failed; /* a write of this transaction failed: it can only be rolled back */
	sqlite3_stmt *ready[SQL__COUNT];
};

/* NULL with a message, which begins with the file. */
sqlite3_stmt *store_sql_take(struct store *store, enum sql sql, struct error *error);
void store_sql_give(struct store *store, enum sql sql, sqlite3_stmt *statement);
void store_sql_release(struct store *store);

/* Names the file and says why; a transaction that was open can only be rolled back. Returns -1. */
int store_sql_fail(struct store *store, struct error *error);
/* The same for damage that SQLite did not see. */
int store_sql_damaged(struct store *store, const char *what, struct error *error);

/* Steps a statement without rows and gives it back. */
int store_sql_run(struct store *store, enum sql sql, sqlite3_stmt *statement, struct error *error);
/* 1 for a row, 0 at the end, -1. Does not give the statement back. */
int store_sql_step(struct store *store, sqlite3_stmt *statement, struct error *error);

/* A transaction of its own for functions of several statements, when the caller has none. */
int store_sql_enter(struct store *store, bool *ret_own, struct error *error);
int store_sql_leave(struct store *store, bool own, int result, struct error *error);

/*
 * Values of a row in order, the checksum last. Writing: bind all, then store_row_seal. Reading:
 * get all, then store_row_check. The row's name is hashed first, so that a row moved to another
 * table shows. Texts and blobs that were read are valid until the next step.
 */
struct store_fields {
	sqlite3_stmt *statement;
	struct siphash sum;
	int at; /* the next parameter, from 1, or column, from 0 */
	int code;
};

struct store_fields store_row_write(sqlite3_stmt *statement, const char *name);
void store_row_put(struct store_fields *row, int64_t value);
void store_row_puts(struct store_fields *row, const int64_t *values, int n);
void store_row_put_text(struct store_fields *row, const char *text);
void store_row_put_blob(struct store_fields *row, const void *bytes, size_t n);
/* Into the checksum only: what the row is found by. */
void store_row_mix(struct store_fields *row, int64_t value);
void store_row_seal(struct store_fields *row); /* binds the checksum */

struct store_fields store_row_read(sqlite3_stmt *statement, const char *name);
int64_t store_row_get(struct store_fields *row);
void store_row_gets(struct store_fields *row, int64_t *values, int n);
const char *store_row_get_text(struct store_fields *row); /* never NULL */
struct slice store_row_get_blob(struct store_fields *row);
/* Exactly n bytes, or the row is damaged. */
void store_row_get_bytes(struct store_fields *row, void *ret, size_t n);
bool store_row_check(struct store_fields *row); /* false: damaged */

#endif
