#include "aggregate/store/store_sql.h"
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include "aggregate/store/store_reason.h"

/* The checksum finds damage, not malice: whoever can write the file can compute it, too. */
static const uint8_t sum_key[16] = "veiltally state";

#define SPAN_COLUMNS                                                                           \
	"first, last, site, shown, min_visitors, rows, lines, counted, dropped, bytes_read, "  \
	"hits, pages, visits, bounces, visitors, units, customers, bytes, crawler_hits, "      \
	"crawler_bytes, reordered, steps, visit_seconds, first_time, last_time, approximate, " \
	"checksum"
#define HOT_COLUMNS "day, tbl, key, dimension, s0, s1, s2, s3, s4, s5, s6, s7, body, checksum"
#define MARK_COLUMNS                                                                           \
	"path, source, offset, head_n, head, tail, points, directive, directive_n, dev, ino, " \
	"size, mtime_ns, ctime_ns, complete, last_time, last_day, checksum"
#define TREND_COLUMNS                                                                      \
	"dimension, n, key, other, hits, bytes, visitors, units, pages, visits, bounces, " \
	"customers, amount, p50_us, p95_us, has, checksum"

#define TREND_COLUMNS_T                                                             \
	"t.dimension, t.n, t.key, t.other, t.hits, t.bytes, t.visitors, t.units, "  \
	"t.pages, t.visits, t.bounces, t.customers, t.amount, t.p50_us, t.p95_us, " \
	"t.has, t.checksum"

static const char *const texts[SQL__COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_DAYS] = "SELECT day, state, vid, key_lost, opened, closed, checksum FROM day ORDER BY day",
    [SQL_PUT_DAY] = "INSERT OR REPLACE INTO day(day, state, vid, key_lost, opened, closed, "
		    "checksum) VALUES(?, ?, ?, ?, ?, ?, ?)",
    [SQL_DROP_DAY] = "DELETE FROM day WHERE day = ?",
    [SQL_PUT_ROW] = "INSERT OR REPLACE INTO hot(" HOT_COLUMNS
		    ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_DROP_ROW] = "DELETE FROM hot WHERE day = ? AND tbl = ? AND key = ?",
    [SQL_DROP_TABLE_ROWS] = "DELETE FROM hot WHERE day = ? AND tbl = ?",
    [SQL_DROP_DAY_ROWS] = "DELETE FROM hot WHERE day = ?",
    [SQL_TABLE_ROWS] = "SELECT " HOT_COLUMNS " FROM hot WHERE day = ? AND tbl = ? ORDER BY key",
    [SQL_DAY_ROWS] = "SELECT " HOT_COLUMNS " FROM hot WHERE day = ? ORDER BY tbl, key",
    [SQL_ALL_ROWS] = "SELECT " HOT_COLUMNS " FROM hot",
    [SQL_MARKS] = "SELECT id, " MARK_COLUMNS " FROM position ORDER BY id",
    [SQL_PUT_MARK] = "INSERT OR REPLACE INTO position(id, " MARK_COLUMNS
		     ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_NEW_MARK] = "SELECT coalesce(max(id), 0) + 1 FROM position",
    [SQL_DROP_MARK] = "DELETE FROM position WHERE id = ?",
    [SQL_SECURITY] =
	"SELECT day, part, length, closed, checksum FROM security_file ORDER BY day, part",
    [SQL_PUT_SECURITY] = "INSERT OR REPLACE INTO security_file(day, part, length, closed, "
			 "checksum) VALUES(?, ?, ?, ?, ?)",
    [SQL_DROP_SECURITY] = "DELETE FROM security_file WHERE day = ? AND part = ?",
    [SQL_SETTING] = "SELECT name, value, checksum FROM setting WHERE name = ?",
    [SQL_SETTINGS] = "SELECT name, value, checksum FROM setting",
    [SQL_PUT_SETTING] = "INSERT OR REPLACE INTO setting(name, value, checksum) VALUES(?, ?, ?)",
    [SQL_UNDATED] = "SELECT kind, reason, lines, checksum FROM undated",
    [SQL_PUT_UNDATED] = "INSERT INTO undated(kind, reason, lines, checksum) VALUES(?, ?, ?, ?)",
    [SQL_CLEAR_UNDATED] = "DELETE FROM undated",
    [SQL_SPANS] = "SELECT id, " SPAN_COLUMNS
		  " FROM trend_span WHERE first >= ?1 AND last <= ?2 AND (?3 IS NULL OR site = ?3) "
		  "ORDER BY first, site, last",
    [SQL_SPANS_OVER] =
	"SELECT id, " SPAN_COLUMNS
	" FROM trend_span WHERE site = ?3 AND first <= ?2 AND last >= ?1 ORDER BY first",
    [SQL_SPANS_OF_DAY] =
	"SELECT id, " SPAN_COLUMNS " FROM trend_span WHERE first <= ?1 AND last >= ?1",
    [SQL_SPANS_BEFORE] =
	"SELECT id, " SPAN_COLUMNS " FROM trend_span WHERE last < ? ORDER BY site, first",
    [SQL_SET_SPAN] = "UPDATE trend_span SET (" SPAN_COLUMNS
		     ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		     "?, ?, ?, ?) WHERE id = ?",
    [SQL_PUT_SPAN] = "INSERT INTO trend_span(" SPAN_COLUMNS
		     ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		     "?, ?, ?, ?, ?)",
    [SQL_DROP_SPAN] = "DELETE FROM trend_span WHERE id = ?",
    [SQL_BALANCE] = "SELECT kind, reason, lines, checksum FROM balance WHERE span = ?",
    [SQL_PUT_BALANCE] =
	"INSERT OR REPLACE INTO balance(kind, reason, lines, checksum, span) VALUES(?, ?, ?, ?, ?)",
    [SQL_PANELS] = "SELECT dimension, approximate, checksum FROM trend_panel WHERE span = ?",
    [SQL_PUT_PANEL] =
	"INSERT INTO trend_panel(dimension, approximate, checksum, span) VALUES(?, ?, ?, ?)",
    [SQL_TREND] = "SELECT " TREND_COLUMNS " FROM trend WHERE span = ? ORDER BY dimension, n",
    [SQL_PUT_TREND] = "INSERT INTO trend(" TREND_COLUMNS
		      ", span) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_NOTES] = "SELECT n, text, checksum FROM note WHERE span = ? ORDER BY n",
    [SQL_PUT_NOTE] = "INSERT INTO note(n, text, checksum, span) VALUES(?, ?, ?, ?)",
    [SQL_SITES] = "SELECT DISTINCT site FROM trend_span WHERE site <> '' ORDER BY site",
    /* CROSS JOIN keeps this order of loops, so that nothing is sorted. */
    [SQL_KEYS] =
	"SELECT " TREND_COLUMNS_T ", t.span FROM trend_span s CROSS JOIN trend t ON t.span "
	"= s.id WHERE t.dimension = ? ORDER BY s.last DESC, s.id DESC, t.n",
    [SQL_EXPIRE] = "DELETE FROM trend_span WHERE last < ?",
};

/* ---- statements ---- */

int store_sql_fail(struct store *store, struct error *error)
{
	if (!store->read_only && store->begun)
		store->failed = true;
	return store_reason(store->db, store->path, error);
}

int store_sql_damaged(struct store *store, const char *what, struct error *error)
{
	if (!store->read_only && store->begun)
		store->failed = true;
	return error_set(error,
			 "%s: the file is damaged: a row of table %s is not as it was written; "
			 "restore a backup (see docs/state.md)",
			 store->path, what);
}

sqlite3_stmt *store_sql_take(struct store *store, enum sql sql, struct error *error)
{
	sqlite3_stmt *statement = store->ready[sql];
	store->ready[sql] = NULL;
	/* After a failed write SQLite may have ended the transaction: what came now would stand
	 * alone. */
	if (store->failed && sql != SQL_ROLLBACK) {
		error_set(error, "%s: the transaction has failed before", store->path);
		store_sql_give(store, sql, statement);
		return NULL;
	}
	if (!statement && sqlite3_prepare_v3(store->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
					     &statement, NULL) != SQLITE_OK)
		store_sql_fail(store, error);
	return statement;
}

void store_sql_give(struct store *store, enum sql sql, sqlite3_stmt *statement)
{
	if (!statement)
		return;
	sqlite3_reset(statement);
	if (store->ready[sql]) {
		sqlite3_finalize(statement);
		return;
	}
	store->ready[sql] = statement;
}

void store_sql_release(struct store *store)
{
	for (unsigned i = 0; i < SQL__COUNT; i++) {
		sqlite3_finalize(store->ready[i]);
		store->ready[i] = NULL;
	}
}

int store_sql_step(struct store *store, sqlite3_stmt *statement, struct error *error)
{
	errno = 0; /* what is there afterwards is of this step */
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : store_sql_fail(store, error);
}

int store_sql_run(struct store *store, enum sql sql, sqlite3_stmt *statement, struct error *error)
{
	int result = store_sql_step(store, statement, error);
	assert(result <= 0);
	store_sql_give(store, sql, statement);
	return result;
}

int store_sql_enter(struct store *store, bool *ret_own, struct error *error)
{
	*ret_own = !store->begun;
	return store->begun ? 0 : store_begin(store, error);
}

int store_sql_leave(struct store *store, bool own, int result, struct error *error)
{
	if (result && store->begun)
		store->failed = true;
	if (!own)
		return result;
	if (result == 0)
		result = store_commit(store, error);
	if (result)
		store_rollback(store);
	return result;
}

/* ---- rows with a checksum ---- */

static void start(struct store_fields *row, sqlite3_stmt *statement, const char *name, int at)
{
	row->statement = statement;
	row->at = at;
	row->code = statement ? SQLITE_OK : SQLITE_MISUSE;
	siphash_start(&row->sum, sum_key);
	siphash_add(&row->sum, name, strlen(name) + 1);
}

/* Little endian, so that a state may move to another machine. */
static void add_numbers(struct siphash *sum, const int64_t *values, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t value = htole64((uint64_t)values[i]);
		siphash_add(sum, &value, sizeof(value));
	}
}

static void add_bytes(struct siphash *sum, const void *bytes, size_t n)
{
	add_numbers(sum, &(int64_t){(int64_t)n}, 1);
	siphash_add(sum, bytes, n);
}

struct store_fields store_row_write(sqlite3_stmt *statement, const char *name)
{
	struct store_fields row;
	start(&row, statement, name, 1);
	return row;
}

void store_row_puts(struct store_fields *row, const int64_t *values, int n)
{
	for (int i = 0; i < n; i++)
		row->code |= sqlite3_bind_int64(row->statement, row->at++, values[i]);
	add_numbers(&row->sum, values, n);
}

void store_row_put(struct store_fields *row, int64_t value)
{
	store_row_puts(row, &value, 1);
}

/* What is bound is the caller's and stays until the statement has run. */
void store_row_put_text(struct store_fields *row, const char *text)
{
	row->code |= sqlite3_bind_text(row->statement, row->at++, text, -1, SQLITE_STATIC);
	add_bytes(&row->sum, text, strlen(text));
}

void store_row_put_blob(struct store_fields *row, const void *bytes, size_t n)
{
	const void *p = n ? bytes : "";
	row->code |= sqlite3_bind_blob64(row->statement, row->at++, p, n, SQLITE_STATIC);
	add_bytes(&row->sum, p, n);
}

void store_row_mix(struct store_fields *row, int64_t value)
{
	add_numbers(&row->sum, &value, 1);
}

void store_row_seal(struct store_fields *row)
{
	row->code |= sqlite3_bind_int64(row->statement, row->at++, (int64_t)siphash_end(&row->sum));
	assert(row->code == SQLITE_OK);
}

struct store_fields store_row_read(sqlite3_stmt *statement, const char *name)
{
	struct store_fields row;
	start(&row, statement, name, 0);
	return row;
}

void store_row_gets(struct store_fields *row, int64_t *values, int n)
{
	for (int i = 0; i < n; i++)
		values[i] = sqlite3_column_int64(row->statement, row->at++);
	add_numbers(&row->sum, values, n);
}

int64_t store_row_get(struct store_fields *row)
{
	int64_t value;
	store_row_gets(row, &value, 1);
	return value;
}

const char *store_row_get_text(struct store_fields *row)
{
	int at = row->at++;
	const char *text = (const char *)sqlite3_column_text(row->statement, at);
	if (!text)
		text = "";
	size_t n = strlen(text);
	if (n != (size_t)sqlite3_column_bytes(row->statement, at))
		row->code = SQLITE_CORRUPT;
	add_bytes(&row->sum, text, n);
	return text;
}

struct slice store_row_get_blob(struct store_fields *row)
{
	int at = row->at++;
	const char *p = sqlite3_column_blob(row->statement, at);
	struct slice blob = {p ? p : "", p ? (size_t)sqlite3_column_bytes(row->statement, at) : 0};
	add_bytes(&row->sum, blob.p, blob.n);
	return blob;
}

void store_row_get_bytes(struct store_fields *row, void *ret, size_t n)
{
	struct slice blob = store_row_get_blob(row);
	if (blob.n == n)
		memcpy(ret, blob.p, n);
	else
		row->code = SQLITE_CORRUPT;
}

bool store_row_check(struct store_fields *row)
{
	int64_t sum = (int64_t)siphash_end(&row->sum);
	return row->code == SQLITE_OK && sqlite3_column_int64(row->statement, row->at++) == sum;
}
