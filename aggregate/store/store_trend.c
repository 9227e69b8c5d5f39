/* The trend store as store.h offers it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/store_span.h"
#include "aggregate/veil/hit.h"
#include "base/textmap.h"

/* The span lies inside one that is stored (a day of a month that is rolled up): the two are merged.
 */
static int put_inside(struct store *store, const struct span_row *around, const struct trend *trend,
		      struct error *error)
{
	struct trend *whole = store_span_load(store, around, error);
	if (!whole)
		return -1;
	struct store_span span = {around->first, around->last, around->site};
	int result = 0;
	if (trend_merge(whole, trend))
		result = error_set(error, "out of memory");
	if (result == 0)
		result = store_span_drop(store, around->id, error);
	if (result == 0)
		result = store_span_write(store, &span, whole, error);
	trend_free(whole);
	return result;
}

static int put_trend(struct store *store, const struct store_span *span, const struct trend *trend,
		     struct error *error)
{
	struct span_rows over = {0};
	int result = store_span_over(store, span, &over, error);
	const struct span_row *there = over.n ? &over.all[0] : NULL;
	bool inside = over.n == 1 && there->first <= span->first && there->last >= span->last;
	bool same = inside && there->first == span->first && there->last == span->last;
	if (result == 0 && same)
		result = store_span_drop(store, there->id, error);
	if (result == 0 && inside && !same)
		result = put_inside(store, there, trend, error);
	else if (result == 0 && over.n && !inside)
		result =
		    error_set(error, "%s: a stored span of days overlaps the new one", store->path);
	else if (result == 0)
		result = store_span_write(store, span, trend, error);
	store_span_release(&over);
	return result;
}

int store_put_trend(struct store *store, const struct store_span *span, const struct trend *trend,
		    struct error *error)
{
	assert(span->first <= span->last);
	bool own;
	if (store_sql_enter(store, &own, error))
		return -1;
	return store_sql_leave(store, own, put_trend(store, span, trend, error), error);
}

static int drop_trend(struct store *store, const struct store_span *span, struct error *error)
{
	struct span_rows over = {0};
	int result = store_span_over(store, span, &over, error);
	for (size_t i = 0; result == 0 && i < over.n; i++)
		if (over.all[i].first == span->first && over.all[i].last == span->last)
			result = store_span_drop(store, over.all[i].id, error);
	store_span_release(&over);
	return result;
}

int store_drop_trend(struct store *store, const struct store_span *span, struct error *error)
{
	bool own;
	if (store_sql_enter(store, &own, error))
		return -1;
	return store_sql_leave(store, own, drop_trend(store, span, error), error);
}

int store_each_trend(struct store *store, int32_t first, int32_t last, const char *site,
		     int (*each)(void *context, const struct store_span *span,
				 const struct trend *trend, struct error *error),
		     void *context, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SPANS, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, last);
	sqlite3_bind_text(statement, 3, site, -1, SQLITE_STATIC); /* NULL: of all */
	struct span_rows rows = {0};
	int result = store_span_list(store, statement, &rows, error);
	store_sql_give(store, SQL_SPANS, statement);
	for (size_t i = 0; result == 0 && i < rows.n; i++) {
		const struct span_row *row = &rows.all[i];
		struct trend *trend = store_span_load(store, row, error);
		struct store_span span = {row->first, row->last, row->site};
		result = trend && each(context, &span, trend, error) == 0 ? 0 : -1;
		trend_free(trend);
	}
	store_span_release(&rows);
	return result;
}

/* ---- late lines ---- */

/* A closed day that had no lines of this site until now: nothing but a balance. */
static int begin_late(struct store *store, const struct store_span *span, uint64_t lines,
		      struct error *error)
{
	struct trend *trend = trend_new(0);
	if (!trend)
		return error_set(error, "out of memory");
	trend->balance.lines = trend->balance.excluded[EXCLUDE_LATE] = lines;
	int result = store_span_write(store, span, trend, error);
	trend_free(trend);
	return result;
}

static int add_late(struct store *store, const struct store_span *span, uint64_t lines,
		    struct error *error)
{
	struct span_rows over = {0};
	int result = store_span_over(store, span, &over, error);
	if (result == 0 && over.n)
		result = store_span_add_late(store, &over.all[0], lines, error);
	else if (result == 0)
		result = begin_late(store, span, lines, error);
	store_span_release(&over);
	return result;
}

int store_add_late(struct store *store, int32_t day, const char *site, uint64_t lines,
		   struct error *error)
{
	bool own;
	if (!lines)
		return 0;
	if (store_sql_enter(store, &own, error))
		return -1;
	struct store_span span = {day, day, site};
	return store_sql_leave(store, own, add_late(store, &span, lines, error), error);
}

/* ---- names ---- */

int store_each_site(struct store *store, int (*each)(void *context, const char *site),
		    void *context, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SITES, error);
	if (!statement)
		return -1;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		const char *site = (const char *)sqlite3_column_text(statement, 0);
		if (site && each(context, site)) {
			code = 0;
			break;
		}
	}
	store_sql_give(store, SQL_SITES, statement);
	return code;
}

enum { KEYS_ROWS = 8 /* per key wanted: a year of the same pages is not read to its end */ };

/* 1 when it is new, 0, or -1 when memory is out. */
static int remember(struct textmap *seen, const char *key)
{
	struct slice text = slice_from(key);
	uint64_t hash = textmap_hash(seen, text);
	if (textmap_find(seen, text, hash) != TEXTMAP_NONE)
		return 0;
	return textmap_add(seen, text, hash) == TEXTMAP_NONE ? -1 : 1;
}

static int each_key(struct store *store, sqlite3_stmt *statement, size_t max, struct textmap *seen,
		    int (*each)(void *context, const char *key), void *context, struct error *error)
{
	size_t rows = 0;
	int code = 0;
	while (seen->n < max && rows++ < KEYS_ROWS * max &&
	       (code = store_sql_step(store, statement, error)) > 0) {
		struct span_figures row;
		if (!store_span_figures(statement, sqlite3_column_int64(statement, 17), &row))
			return store_sql_damaged(store, "trend", error);
		if (row.other)
			continue;
		int fresh = remember(seen, row.key);
		if (fresh < 0)
			return error_set(error, "out of memory");
		if (fresh && each(context, row.key))
			return 0;
	}
	return code < 0 ? -1 : 0;
}

int store_each_key(struct store *store, enum dimension dimension, size_t max,
		   int (*each)(void *context, const char *key), void *context, struct error *error)
{
	struct textmap seen;
	if (textmap_init(&seen, 0, SIZE_MAX / 2))
		return error_set(error, "out of memory");
	sqlite3_stmt *statement = store_sql_take(store, SQL_KEYS, error);
	int result = -1;
	if (statement) {
		const char *name = dimension_info(dimension)->name;
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
		result = each_key(store, statement, max, &seen, each, context, error);
	}
	store_sql_give(store, SQL_KEYS, statement);
	textmap_release(&seen);
	return result;
}
