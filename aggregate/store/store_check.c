/*
 * Is a state whole? What SQLite knows about its pages, and what we know about our rows: SQLite does
 * not see that a number has changed.
 */
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/schema.h"
#include "aggregate/store/store_sql.h"

/* The first thing a pragma finds; it names tables, pages and numbers of rows, never a value. */
static int ask(struct store *store, const char *sql, const char *good, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	const char *found = NULL;
	if (code == SQLITE_ROW)
		found = (const char *)sqlite3_column_text(statement, 0);
	int result = 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		result = store_sql_fail(store, error);
	else if (code == SQLITE_ROW && (!found || !good || strcmp(found, good) != 0))
		result = error_set(error,
				   "%s: the file is damaged (%.200s); restore a backup (see "
				   "docs/state.md)",
				   store->path, found ? found : "no answer");
	sqlite3_finalize(statement);
	return result;
}

static int check_hot(struct store *store, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_ALL_ROWS, error);
	if (!statement)
		return -1;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_fields row = store_row_read(statement, "hot");
		int64_t numbers[STORE_SUMS];
		store_row_gets(&row, numbers, 2);
		store_row_get_blob(&row);
		store_row_get(&row);
		store_row_gets(&row, numbers, STORE_SUMS);
		store_row_get_blob(&row);
		if (!store_row_check(&row)) {
			code = store_sql_damaged(store, "hot", error);
			break;
		}
	}
	store_sql_give(store, SQL_ALL_ROWS, statement);
	return code;
}

static int check_settings(struct store *store, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SETTINGS, error);
	if (!statement)
		return -1;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_fields row = store_row_read(statement, "setting");
		store_row_get_text(&row);
		store_row_get_text(&row);
		if (!store_row_check(&row)) {
			code = store_sql_damaged(store, "setting", error);
			break;
		}
	}
	store_sql_give(store, SQL_SETTINGS, statement);
	return code;
}

static int ignore(void *context, const struct store_span *span, const struct trend *trend,
		  struct error *error)
{
	(void)context;
	(void)span;
	(void)trend;
	(void)error;
	return 0;
}

/* Those that are read whole anyway check themselves while they are read. */
static int check_small(struct store *store, struct error *error)
{
	struct store_day *days = NULL;
	struct mark *marks = NULL;
	struct store_security *files = NULL;
	struct balance balance;
	size_t days_n = 0, marks_n = 0, files_n = 0;
	int result = store_days(store, &days, &days_n, error);
	if (result == 0)
		result = store_marks(store, &marks, &marks_n, error);
	if (result == 0)
		result = store_security(store, &files, &files_n, error);
	if (result == 0)
		result = store_undated(store, &balance, error);
	for (size_t i = 0; i < marks_n; i++)
		mark_release(&marks[i]);
	free(marks);
	free(days);
	free(files);
	return result;
}

int store_check(struct store *store, struct error *error)
{
	if (schema_verify(store->db, error))
		return error_prefix(error, "%s", store->path);
	if (ask(store, "PRAGMA integrity_check(1)", "ok", error) ||
	    ask(store, "PRAGMA foreign_key_check", NULL, error) || check_hot(store, error) ||
	    check_settings(store, error) || check_small(store, error))
		return -1;
	return store_each_trend(store, INT32_MIN, INT32_MAX, NULL, ignore, NULL, error);
}
