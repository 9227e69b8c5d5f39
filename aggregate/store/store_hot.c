/* Days and the rows of hot days. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/store_sql.h"

static const char *const state_names[] = {
    [DAY_HOT] = "hot", [DAY_CLOSING] = "closing", [DAY_CLOSED] = "closed"};
enum { STATES = sizeof(state_names) / sizeof(state_names[0]) };

static bool read_day(sqlite3_stmt *statement, struct store_day *ret)
{
	struct store_fields row = store_row_read(statement, "day");
	ret->day = (int32_t)store_row_get(&row);
	const char *state = store_row_get_text(&row);
	unsigned i = 0;
	while (i < STATES && strcmp(state_names[i], state) != 0)
		i++;
	ret->state = (enum day_state)i;
	store_row_get_bytes(&row, ret->vid, sizeof(ret->vid));
	ret->key_lost = store_row_get(&row) != 0;
	ret->opened = store_row_get(&row);
	ret->closed = store_row_get(&row);
	return store_row_check(&row) && i < STATES;
}

int store_days(struct store *store, struct store_day **ret, size_t *ret_n, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DAYS, error);
	if (!statement)
		return -1;
	struct store_day *days = NULL;
	size_t n = 0, cap = 0;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			struct store_day *grown = reallocarray(days, cap, sizeof(*days));
			if (!grown) {
				code = error_set(error, "out of memory");
				break;
			}
			days = grown;
		}
		if (!read_day(statement, &days[n++])) {
			code = store_sql_damaged(store, "day", error);
			break;
		}
	}
	store_sql_give(store, SQL_DAYS, statement);
	if (code) {
		free(days);
		return -1;
	}
	*ret = days;
	*ret_n = n;
	return 0;
}

int store_put_day(struct store *store, const struct store_day *day, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_DAY, error);
	if (!statement)
		return -1;
	assert((unsigned)day->state < STATES);
	struct store_fields row = store_row_write(statement, "day");
	store_row_put(&row, day->day);
	store_row_put_text(&row, state_names[day->state]);
	store_row_put_blob(&row, day->vid, sizeof(day->vid));
	store_row_put(&row, day->key_lost);
	store_row_put(&row, day->opened);
	store_row_put(&row, day->closed);
	store_row_seal(&row);
	return store_sql_run(store, SQL_PUT_DAY, statement, error);
}

/* ---- hot rows ---- */

enum { KEY_MAX = 32 };

int store_put_row(struct store *store, const struct store_row *hot, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_ROW, error);
	if (!statement)
		return -1;
	assert(hot->table < STORE_TABLE__COUNT && hot->key.n <= KEY_MAX);
	struct store_fields row = store_row_write(statement, "hot");
	store_row_puts(&row, (int64_t[]){hot->day, hot->table}, 2);
	store_row_put_blob(&row, hot->key.p, hot->key.n);
	store_row_put(&row, hot->dimension);
	store_row_puts(&row, hot->sums, STORE_SUMS);
	store_row_put_blob(&row, hot->body.p, hot->body.n);
	store_row_seal(&row);
	return store_sql_run(store, SQL_PUT_ROW, statement, error);
}

int store_drop_row(struct store *store, const struct store_row *hot, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DROP_ROW, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, hot->day);
	sqlite3_bind_int64(statement, 2, hot->table);
	sqlite3_bind_blob64(statement, 3, hot->key.n ? hot->key.p : "", hot->key.n, SQLITE_STATIC);
	return store_sql_run(store, SQL_DROP_ROW, statement, error);
}

int store_drop_rows(struct store *store, int32_t day, unsigned table, struct error *error)
{
	enum sql sql = table == STORE_TABLE__COUNT ? SQL_DROP_DAY_ROWS : SQL_DROP_TABLE_ROWS;
	sqlite3_stmt *statement = store_sql_take(store, sql, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	if (table != STORE_TABLE__COUNT)
		sqlite3_bind_int64(statement, 2, table);
	return store_sql_run(store, sql, statement, error);
}

static bool read_row(sqlite3_stmt *statement, struct store_row *ret)
{
	struct store_fields row = store_row_read(statement, "hot");
	ret->day = (int32_t)store_row_get(&row);
	ret->table = (uint8_t)store_row_get(&row);
	ret->key = store_row_get_blob(&row);
	ret->dimension = (uint8_t)store_row_get(&row);
	store_row_gets(&row, ret->sums, STORE_SUMS);
	ret->body = store_row_get_blob(&row);
	return store_row_check(&row);
}

int store_each_row(struct store *store, int32_t day, unsigned table,
		   int (*each)(void *context, const struct store_row *row, struct error *error),
		   void *context, struct error *error)
{
	enum sql sql = table == STORE_TABLE__COUNT ? SQL_DAY_ROWS : SQL_TABLE_ROWS;
	sqlite3_stmt *statement = store_sql_take(store, sql, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	if (table != STORE_TABLE__COUNT)
		sqlite3_bind_int64(statement, 2, table);
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_row row;
		if (!read_row(statement, &row))
			code = store_sql_damaged(store, "hot", error);
		else if (each(context, &row, error))
			code = -1;
		if (code < 0)
			break;
	}
	store_sql_give(store, sql, statement);
	return code;
}
