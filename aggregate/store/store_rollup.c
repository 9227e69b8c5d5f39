/*
 * What becomes of trends with time: days turn into months, months are dropped, and a day that was
 * imported by mistake is taken back.
 */
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/store_span.h"
#include "base/zone.h"

/* ---- months ---- */

/* First and last day of the calendar month that `day` is in. */
static void month_of(int32_t day, int32_t *ret_first, int32_t *ret_last)
{
	int year, month, date;
	zone_date(day, &year, &month, &date);
	*ret_first = day - (date - 1);
	zone_date(*ret_first + 31, &year, &month, &date);
	*ret_last = *ret_first + 31 - date;
}

/* Days that are still to be closed: what their months will hold is not known yet. */
struct open_days {
	struct store_day *all;
	size_t n;
};

static bool is_open(const struct open_days *days, int32_t first, int32_t last)
{
	for (size_t i = 0; i < days->n; i++)
		if (days->all[i].state != DAY_CLOSED && days->all[i].day >= first &&
		    days->all[i].day <= last)
			return true;
	return false;
}

static struct trend *merge(struct store *store, const struct span_row *rows, size_t n,
			   struct error *error)
{
	struct trend *sum = store_span_load(store, &rows[0], error);
	for (size_t i = 1; sum && i < n; i++) {
		struct trend *trend = store_span_load(store, &rows[i], error);
		bool merged = trend && trend_merge(sum, trend) == 0;
		if (trend && !merged)
			error_set(error, "out of memory");
		trend_free(trend);
		if (!merged) {
			trend_free(sum);
			return NULL;
		}
	}
	return sum;
}

static int roll(struct store *store, const struct span_row *rows, size_t n,
		const struct store_span *month, struct error *error)
{
	struct trend *sum = merge(store, rows, n, error);
	int result = sum ? 0 : -1;
	for (size_t i = 0; result == 0 && i < n; i++)
		result = store_span_drop(store, rows[i].id, error);
	if (result == 0)
		result = store_span_write(store, month, sum, error);
	trend_free(sum);
	return result;
}

/* How many rows from here on are of the site and month of the first; *month is filled in. */
static size_t group(const struct span_row *rows, size_t n, struct store_span *month)
{
	month_of(rows[0].first, &month->first, &month->last);
	month->site = rows[0].site;
	size_t i = 0;
	while (i < n && strcmp(rows[i].site, month->site) == 0 && rows[i].first >= month->first &&
	       rows[i].last <= month->last)
		i++;
	return i;
}

static int rollup(struct store *store, int32_t before_day, const struct span_rows *rows,
		  const struct open_days *days, struct error *error)
{
	for (size_t i = 0, n; i < rows->n; i += n ? n : 1) {
		const struct span_row *from = &rows->all[i];
		struct store_span month;
		n = group(from, rows->n - i, &month);
		bool done = from->first == month.first && from->last == month.last;
		if (!n || done || month.last >= before_day ||
		    is_open(days, month.first, month.last))
			continue;
		if (roll(store, from, n, &month, error))
			return -1;
	}
	return 0;
}

static int spans_before(struct store *store, int32_t day, struct span_rows *rows,
			struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SPANS_BEFORE, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	int result = store_span_list(store, statement, rows, error);
	store_sql_give(store, SQL_SPANS_BEFORE, statement);
	return result;
}

int store_rollup(struct store *store, int32_t before_day, struct error *error)
{
	bool own;
	if (store_sql_enter(store, &own, error))
		return -1;
	struct span_rows rows = {0};
	struct open_days days = {0};
	int result = spans_before(store, before_day, &rows, error);
	if (result == 0)
		result = store_days(store, &days.all, &days.n, error);
	if (result == 0)
		result = rollup(store, before_day, &rows, &days, error);
	free(days.all);
	store_span_release(&rows);
	return store_sql_leave(store, own, result, error);
}

int store_expire_trends(struct store *store, int32_t before_day, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_EXPIRE, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, before_day);
	return store_sql_run(store, SQL_EXPIRE, statement, error);
}

/* ---- taking a day back ---- */

static int spans_of_day(struct store *store, int32_t day, struct span_rows *rows,
			struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SPANS_OF_DAY, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	int result = store_span_list(store, statement, rows, error);
	store_sql_give(store, SQL_SPANS_OF_DAY, statement);
	return result;
}

static int refuse_month(const struct store *store, int32_t day, struct error *error)
{
	int year, month, date;
	zone_date(day, &year, &month, &date);
	return error_set(error,
			 "%s: %04d-%02d-%02d cannot be taken out: its month has been rolled up "
			 "into one",
			 store->path, year, month, date);
}

static int drop_day_row(struct store *store, int32_t day, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DROP_DAY, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, day);
	return store_sql_run(store, SQL_DROP_DAY, statement, error);
}

static int drop_day(struct store *store, int32_t day, const struct span_rows *rows,
		    struct error *error)
{
	for (size_t i = 0; i < rows->n; i++)
		if (rows->all[i].first != rows->all[i].last)
			return refuse_month(store, day, error);
	for (size_t i = 0; i < rows->n; i++)
		if (store_span_drop(store, rows->all[i].id, error))
			return -1;
	if (store_drop_rows(store, day, STORE_TABLE__COUNT, error))
		return -1;
	return drop_day_row(store, day, error);
}

int store_drop_day(struct store *store, int32_t day, struct error *error)
{
	bool own;
	if (store_sql_enter(store, &own, error))
		return -1;
	struct span_rows rows = {0};
	int result = spans_of_day(store, day, &rows, error);
	if (result == 0)
		result = drop_day(store, day, &rows, error);
	store_span_release(&rows);
	return store_sql_leave(store, own, result, error);
}
