/* Positions, files of the security log, settings, lines of no day. */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/store_balance.h"
#include "aggregate/store/store_sql.h"

/* Room for one more; NULL when memory is out (what there was is still the caller's). */
static void *grow(void *all, size_t n, size_t *cap, size_t size, struct error *error)
{
	if (n < *cap)
		return all;
	size_t more = *cap ? 2 * *cap : 16;
	void *grown = reallocarray(all, more, size);
	if (grown)
		*cap = more;
	else
		error_set(error, "out of memory");
	return grown;
}

/* ---- positions ---- */

enum { POINT_SIZE = 8 + MARK_DIGEST, POINTS_SIZE = MARK_POINTS * POINT_SIZE };

static void pack_points(const struct mark_point *points, uint8_t *to)
{
	for (size_t i = 0; i < MARK_POINTS; i++, to += POINT_SIZE) {
		uint64_t offset = htole64(points[i].offset);
		memcpy(to, &offset, 8);
		memcpy(to + 8, points[i].tail, MARK_DIGEST);
	}
}

static void unpack_points(const uint8_t *from, struct mark_point *points)
{
	for (size_t i = 0; i < MARK_POINTS; i++, from += POINT_SIZE) {
		uint64_t offset;
		memcpy(&offset, from, 8);
		points[i].offset = le64toh(offset);
		memcpy(points[i].tail, from + 8, MARK_DIGEST);
	}
}

/* 0, or -1 when memory is out; *ret_whole: as it was written. The mark is good for release. */
static int read_mark(sqlite3_stmt *statement, struct mark *mark, bool *ret_whole)
{
	uint8_t points[POINTS_SIZE] = {0};
	*mark = (struct mark){0};
	struct store_fields row = store_row_read(statement, "position");
	mark->id = store_row_get(&row);
	mark->path = strdup(store_row_get_text(&row));
	mark->source = strdup(store_row_get_text(&row));
	mark->offset = (uint64_t)store_row_get(&row);
	mark->head_n = (uint32_t)store_row_get(&row);
	store_row_get_bytes(&row, mark->head, MARK_DIGEST);
	store_row_get_bytes(&row, mark->tail, MARK_DIGEST);
	store_row_get_bytes(&row, points, POINTS_SIZE);
	unpack_points(points, mark->points);
	mark->directive = (uint64_t)store_row_get(&row);
	mark->directive_n = (uint32_t)store_row_get(&row);
	mark->dev = (uint64_t)store_row_get(&row);
	mark->ino = (uint64_t)store_row_get(&row);
	mark->size = (uint64_t)store_row_get(&row);
	mark->mtime_ns = store_row_get(&row);
	mark->ctime_ns = store_row_get(&row);
	mark->complete = store_row_get(&row) != 0;
	mark->last_time = store_row_get(&row);
	mark->last_day = (int32_t)store_row_get(&row);
	*ret_whole = store_row_check(&row);
	return mark->path && mark->source ? 0 : -1;
}

int store_marks(struct store *store, struct mark **ret, size_t *ret_n, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_MARKS, error);
	if (!statement)
		return -1;
	struct mark *marks = NULL;
	size_t n = 0, cap = 0;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		void *grown = grow(marks, n, &cap, sizeof(*marks), error);
		bool whole = true;
		if (grown)
			marks = grown;
		if (!grown || read_mark(statement, &marks[n++], &whole))
			code = error_set(error, "out of memory");
		else if (!whole)
			code = store_sql_damaged(store, "position", error);
		if (code < 0)
			break;
	}
	store_sql_give(store, SQL_MARKS, statement);
	if (code == 0) {
		*ret = marks;
		*ret_n = n;
		return 0;
	}
	while (n)
		mark_release(&marks[--n]);
	free(marks);
	return -1;
}

static int new_id(struct store *store, int64_t *ret, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_NEW_MARK, error);
	if (!statement)
		return -1;
	int code = store_sql_step(store, statement, error);
	if (code > 0)
		*ret = sqlite3_column_int64(statement, 0);
	store_sql_give(store, SQL_NEW_MARK, statement);
	return code > 0 ? 0 : -1;
}

int store_put_mark(struct store *store, struct mark *mark, struct error *error)
{
	int64_t id = mark->id;
	if (!id && new_id(store, &id, error))
		return -1;
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_MARK, error);
	if (!statement)
		return -1;
	uint8_t points[POINTS_SIZE];
	pack_points(mark->points, points);
	struct store_fields row = store_row_write(statement, "position");
	store_row_put(&row, id);
	store_row_put_text(&row, mark->path ? mark->path : "");
	store_row_put_text(&row, mark->source ? mark->source : "");
	store_row_puts(&row, (int64_t[]){(int64_t)mark->offset, mark->head_n}, 2);
	store_row_put_blob(&row, mark->head, MARK_DIGEST);
	store_row_put_blob(&row, mark->tail, MARK_DIGEST);
	store_row_put_blob(&row, points, POINTS_SIZE);
	const int64_t rest[] = {
	    (int64_t)mark->directive, mark->directive_n, (int64_t)mark->dev, (int64_t)mark->ino,
	    (int64_t)mark->size,      mark->mtime_ns,	 mark->ctime_ns,     mark->complete,
	    mark->last_time,	      mark->last_day};
	store_row_puts(&row, rest, sizeof(rest) / sizeof(rest[0]));
	store_row_seal(&row);
	if (store_sql_run(store, SQL_PUT_MARK, statement, error))
		return -1;
	mark->id = id;
	return 0;
}

int store_drop_mark(struct store *store, int64_t id, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DROP_MARK, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	return store_sql_run(store, SQL_DROP_MARK, statement, error);
}

/* ---- files of the security log ---- */

int store_security(struct store *store, struct store_security **ret, size_t *ret_n,
		   struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SECURITY, error);
	if (!statement)
		return -1;
	struct store_security *files = NULL;
	size_t n = 0, cap = 0;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		void *grown = grow(files, n, &cap, sizeof(*files), error);
		if (!grown) {
			code = -1;
			break;
		}
		files = grown;
		struct store_fields row = store_row_read(statement, "security_file");
		int64_t values[4];
		store_row_gets(&row, values, 4);
		files[n++] = (struct store_security){(int32_t)values[0], (unsigned)values[1],
						     (uint64_t)values[2], values[3] != 0};
		if (!store_row_check(&row)) {
			code = store_sql_damaged(store, "security_file", error);
			break;
		}
	}
	store_sql_give(store, SQL_SECURITY, statement);
	if (code) {
		free(files);
		return -1;
	}
	*ret = files;
	*ret_n = n;
	return 0;
}

int store_put_security(struct store *store, const struct store_security *file, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_SECURITY, error);
	if (!statement)
		return -1;
	struct store_fields row = store_row_write(statement, "security_file");
	const int64_t values[] = {file->day, file->part, (int64_t)file->length, file->closed};
	store_row_puts(&row, values, 4);
	store_row_seal(&row);
	return store_sql_run(store, SQL_PUT_SECURITY, statement, error);
}

int store_drop_security(struct store *store, int32_t day, unsigned part, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DROP_SECURITY, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	sqlite3_bind_int64(statement, 2, part);
	return store_sql_run(store, SQL_DROP_SECURITY, statement, error);
}

/* ---- settings ---- */

int store_setting(struct store *store, const char *name, char **ret, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SETTING, error);
	if (!statement)
		return -1;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	int code = store_sql_step(store, statement, error);
	char *value = NULL;
	if (code > 0) {
		struct store_fields row = store_row_read(statement, "setting");
		store_row_get_text(&row);
		value = strdup(store_row_get_text(&row));
		if (!value)
			code = error_set(error, "out of memory");
		else if (!store_row_check(&row))
			code = store_sql_damaged(store, "setting", error);
	}
	store_sql_give(store, SQL_SETTING, statement);
	if (code < 0) {
		free(value);
		return -1;
	}
	*ret = value;
	return 0;
}

int store_put_setting(struct store *store, const char *name, const char *value, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_SETTING, error);
	if (!statement)
		return -1;
	struct store_fields row = store_row_write(statement, "setting");
	store_row_put_text(&row, name);
	store_row_put_text(&row, value);
	store_row_seal(&row);
	return store_sql_run(store, SQL_PUT_SETTING, statement, error);
}

/* ---- lines that belong to no day ---- */

int store_undated(struct store *store, struct balance *ret, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_UNDATED, error);
	if (!statement)
		return -1;
	struct balance balance = {0};
	int code = store_balance_read(store, statement, 0, "undated", &balance, error);
	store_sql_give(store, SQL_UNDATED, statement);
	if (code == 0)
		*ret = balance;
	return code;
}

static int put_undated(struct store *store, const struct balance *balance, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_CLEAR_UNDATED, error);
	if (!statement || store_sql_run(store, SQL_CLEAR_UNDATED, statement, error))
		return -1;
	const uint64_t figures[] = {balance->lines, balance->counted, balance->dropped,
				    balance->bytes_read};
	static const char *const names[] = {"lines", "counted", "dropped", "bytes_read"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (figures[i] &&
		    store_balance_put(store, SQL_PUT_UNDATED, 0, "undated",
				      &(struct store_uncounted){names[i], "", figures[i]}, error))
			return -1;
	return store_balance_write(store, SQL_PUT_UNDATED, 0, "undated", balance, error);
}

int store_put_undated(struct store *store, const struct balance *balance, struct error *error)
{
	bool own;
	if (!balance_holds(balance))
		return error_set(error, "%s: the lines of no day do not add up", store->path);
	if (store_sql_enter(store, &own, error))
		return -1;
	return store_sql_leave(store, own, put_undated(store, balance, error), error);
}
