#include "aggregate/store/store_span.h"
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/store_balance.h"
#include "aggregate/veil/hit.h"

enum { /* of span_row.numbers, in the order of the columns */
       SPAN_SHOWN,
       SPAN_MIN_VISITORS,
       SPAN_CHILDREN, /* rows of all tables that belong to it: a lost one shows */
       SPAN_LINES,
       SPAN_COUNTED,
       SPAN_DROPPED,
       SPAN_BYTES_READ,
       SPAN_TOTALS
};

/* ---- the row of a span ---- */

static bool read_span(sqlite3_stmt *statement, struct span_row *ret)
{
	ret->id = sqlite3_column_int64(statement, 0);
	struct store_fields row = store_row_read(statement, "trend_span");
	row.at = 1;
	ret->first = (int32_t)store_row_get(&row);
	ret->last = (int32_t)store_row_get(&row);
	ret->site = strdup(store_row_get_text(&row));
	store_row_gets(&row, ret->numbers, SPAN_NUMBERS);
	return store_row_check(&row);
}

int store_span_list(struct store *store, sqlite3_stmt *statement, struct span_rows *rows,
		    struct error *error)
{
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		if (rows->n == rows->cap) {
			size_t cap = rows->cap ? 2 * rows->cap : 16;
			struct span_row *all = reallocarray(rows->all, cap, sizeof(*all));
			if (!all)
				return error_set(error, "out of memory");
			rows->all = all;
			rows->cap = cap;
		}
		struct span_row *row = &rows->all[rows->n++];
		if (!read_span(statement, row))
			return store_sql_damaged(store, "trend_span", error);
		if (!row->site)
			return error_set(error, "out of memory");
	}
	return code;
}

int store_span_over(struct store *store, const struct store_span *span, struct span_rows *rows,
		    struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_SPANS_OVER, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, span->first);
	sqlite3_bind_int64(statement, 2, span->last);
	sqlite3_bind_text(statement, 3, span->site, -1, SQLITE_STATIC);
	int result = store_span_list(store, statement, rows, error);
	store_sql_give(store, SQL_SPANS_OVER, statement);
	return result;
}

void store_span_release(struct span_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->all[i].site);
	free(rows->all);
	*rows = (struct span_rows){0};
}

static struct store_fields bind_span(sqlite3_stmt *statement, const struct span_row *span)
{
	struct store_fields row = store_row_write(statement, "trend_span");
	store_row_puts(&row, (int64_t[]){span->first, span->last}, 2);
	store_row_put_text(&row, span->site);
	store_row_puts(&row, span->numbers, SPAN_NUMBERS);
	store_row_seal(&row);
	return row;
}

/* ---- totals ---- */

static void get_totals(const int64_t *from, struct trend_totals *to)
{
	uint64_t *const places[] = {&to->hits,		&to->pages,	&to->visits,
				    &to->bounces,	&to->visitors,	&to->units,
				    &to->customers,	&to->bytes,	&to->crawler_hits,
				    &to->crawler_bytes, &to->reordered, &to->steps,
				    &to->visit_seconds};
	enum { PLACES = sizeof(places) / sizeof(places[0]) };
	_Static_assert(SPAN_TOTALS + PLACES + 3 == SPAN_NUMBERS, "columns and numbers");
	for (size_t i = 0; i < PLACES; i++)
		*places[i] = (uint64_t)from[i];
	to->first = from[PLACES];
	to->last = from[PLACES + 1];
	to->approximate = from[PLACES + 2] != 0;
}

static void put_totals(const struct trend_totals *from, int64_t *to)
{
	const int64_t values[] = {(int64_t)from->hits,
				  (int64_t)from->pages,
				  (int64_t)from->visits,
				  (int64_t)from->bounces,
				  (int64_t)from->visitors,
				  (int64_t)from->units,
				  (int64_t)from->customers,
				  (int64_t)from->bytes,
				  (int64_t)from->crawler_hits,
				  (int64_t)from->crawler_bytes,
				  (int64_t)from->reordered,
				  (int64_t)from->steps,
				  (int64_t)from->visit_seconds,
				  from->first,
				  from->last,
				  from->approximate};
	memcpy(to, values, sizeof(values));
}

/* ---- reading ---- */

static int newer(const struct store *store, struct error *error)
{
	return error_set(error,
			 "%s: was written by a newer veiltally: it has a panel that this program "
			 "does not know",
			 store->path);
}

static unsigned dimension_of(const char *name)
{
	unsigned i = 0;
	while (i < DIM__COUNT && strcmp(dimension_info((enum dimension)i)->name, name) != 0)
		i++;
	return i;
}

/* How many rows a balance takes. */
static uint64_t reasons(const struct balance *balance)
{
	uint64_t n = 0;
	for (size_t i = 0; i < TREND_REASONS_MAX; i++) {
		n += balance->excluded[i] ? 1 : 0;
		n += balance->rejected[i] ? 1 : 0;
	}
	return n;
}

static int load_balance(struct store *store, int64_t id, struct trend *trend, uint64_t *children,
			struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_BALANCE, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	int result = store_balance_read(store, statement, id, "balance", &trend->balance, error);
	store_sql_give(store, SQL_BALANCE, statement);
	*children += reasons(&trend->balance);
	return result;
}

static int load_panels(struct store *store, int64_t id, struct trend *trend, uint64_t *children,
		       struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PANELS, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_fields row = store_row_read(statement, "trend_panel");
		store_row_mix(&row, id);
		unsigned dimension = dimension_of(store_row_get_text(&row));
		bool approximate = store_row_get(&row) != 0;
		if (!store_row_check(&row))
			code = store_sql_damaged(store, "trend_panel", error);
		else if (dimension == DIM__COUNT)
			code = newer(store, error);
		if (code < 0)
			break;
		trend->panels[dimension].approximate = approximate;
		++*children;
	}
	store_sql_give(store, SQL_PANELS, statement);
	return code;
}

bool store_span_figures(sqlite3_stmt *statement, int64_t span, struct span_figures *ret)
{
	struct store_fields row = store_row_read(statement, "trend");
	store_row_mix(&row, span);
	ret->dimension = store_row_get_text(&row);
	ret->n = store_row_get(&row);
	ret->key = store_row_get_text(&row);
	int64_t v[13];
	store_row_gets(&row, v, 13);
	ret->other = v[0] != 0;
	ret->figures = (struct figures){
	    .hits = (uint64_t)v[1],
	    .bytes = (uint64_t)v[2],
	    .visitors = (uint64_t)v[3],
	    .units = (uint64_t)v[4],
	    .pages = (uint64_t)v[5],
	    .visits = (uint64_t)v[6],
	    .bounces = (uint64_t)v[7],
	    .customers = (uint64_t)v[8],
	    .amount = v[9],
	    .p50_us = (uint32_t)v[10],
	    .p95_us = (uint32_t)v[11],
	    .has = (unsigned)v[12],
	};
	return store_row_check(&row);
}

static int load_figures(struct store *store, int64_t id, struct trend *trend, uint64_t *children,
			struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_TREND, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	unsigned dimension = DIM__COUNT;
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct span_figures row;
		bool whole = store_span_figures(statement, id, &row);
		if (dimension == DIM__COUNT ||
		    strcmp(dimension_info((enum dimension)dimension)->name, row.dimension) != 0)
			dimension = dimension_of(row.dimension);
		if (!whole)
			code = store_sql_damaged(store, "trend", error);
		else if (dimension == DIM__COUNT)
			code = newer(store, error);
		else if (trend_add(trend, (enum dimension)dimension, row.key, row.other,
				   &row.figures))
			code = error_set(error, "out of memory");
		if (code < 0)
			break;
		++*children;
	}
	store_sql_give(store, SQL_TREND, statement);
	return code;
}

static int load_notes(struct store *store, int64_t id, struct trend *trend, uint64_t *children,
		      struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_NOTES, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_fields row = store_row_read(statement, "note");
		store_row_mix(&row, id);
		store_row_get(&row);
		const char *text = store_row_get_text(&row);
		if (!store_row_check(&row))
			code = store_sql_damaged(store, "note", error);
		else if (trend_add_note(trend, text))
			code = error_set(error, "out of memory");
		if (code < 0)
			break;
		++*children;
	}
	store_sql_give(store, SQL_NOTES, statement);
	return code;
}

struct trend *store_span_load(struct store *store, const struct span_row *row, struct error *error)
{
	const int64_t *numbers = row->numbers;
	struct trend *trend = trend_new((unsigned)numbers[SPAN_MIN_VISITORS]);
	if (!trend) {
		error_set(error, "out of memory");
		return NULL;
	}
	trend->shown = numbers[SPAN_SHOWN] != 0;
	trend->balance.lines = (uint64_t)numbers[SPAN_LINES];
	trend->balance.counted = (uint64_t)numbers[SPAN_COUNTED];
	trend->balance.dropped = (uint64_t)numbers[SPAN_DROPPED];
	trend->balance.bytes_read = (uint64_t)numbers[SPAN_BYTES_READ];
	get_totals(numbers + SPAN_TOTALS, &trend->totals);
	uint64_t children = 0;
	if (load_balance(store, row->id, trend, &children, error) ||
	    load_panels(store, row->id, trend, &children, error) ||
	    load_figures(store, row->id, trend, &children, error) ||
	    load_notes(store, row->id, trend, &children, error))
		goto failed;
	if (children != (uint64_t)numbers[SPAN_CHILDREN] || !balance_holds(&trend->balance)) {
		store_sql_damaged(store, "trend_span", error);
		goto failed;
	}
	return trend;
failed:
	trend_free(trend);
	return NULL;
}

/* ---- writing ---- */

static int write_figures(struct store *store, int64_t id, enum dimension dimension, size_t n,
			 const struct trend_row *from, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_TREND, error);
	if (!statement)
		return -1;
	const struct figures *f = &from->figures;
	const int64_t values[] = {from->other,
				  (int64_t)f->hits,
				  (int64_t)f->bytes,
				  (int64_t)f->visitors,
				  (int64_t)f->units,
				  (int64_t)f->pages,
				  (int64_t)f->visits,
				  (int64_t)f->bounces,
				  (int64_t)f->customers,
				  f->amount,
				  f->p50_us,
				  f->p95_us,
				  f->has};
	struct store_fields row = store_row_write(statement, "trend");
	store_row_mix(&row, id);
	store_row_put_text(&row, dimension_info(dimension)->name);
	store_row_put(&row, (int64_t)n);
	store_row_put_text(&row, from->key);
	store_row_puts(&row, values, sizeof(values) / sizeof(values[0]));
	store_row_seal(&row);
	sqlite3_bind_int64(statement, row.at, id);
	return store_sql_run(store, SQL_PUT_TREND, statement, error);
}

static int write_panel(struct store *store, int64_t id, enum dimension dimension,
		       const struct trend_panel *panel, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_PANEL, error);
	if (!statement)
		return -1;
	struct store_fields row = store_row_write(statement, "trend_panel");
	store_row_mix(&row, id);
	store_row_put_text(&row, dimension_info(dimension)->name);
	store_row_put(&row, panel->approximate);
	store_row_seal(&row);
	sqlite3_bind_int64(statement, row.at, id);
	if (store_sql_run(store, SQL_PUT_PANEL, statement, error))
		return -1;
	for (size_t i = 0; i < panel->n; i++)
		if (write_figures(store, id, dimension, i, &panel->rows[i], error))
			return -1;
	return 0;
}

static int write_note(struct store *store, int64_t id, size_t n, const char *text,
		      struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_NOTE, error);
	if (!statement)
		return -1;
	struct store_fields row = store_row_write(statement, "note");
	store_row_mix(&row, id);
	store_row_put(&row, (int64_t)n);
	store_row_put_text(&row, text);
	store_row_seal(&row);
	sqlite3_bind_int64(statement, row.at, id);
	return store_sql_run(store, SQL_PUT_NOTE, statement, error);
}

static bool has_panel(const struct trend *trend, unsigned i)
{
	return trend->shown && (trend->panels[i].n || trend->panels[i].approximate);
}

static struct span_row row_of(const struct store_span *span, const struct trend *trend)
{
	struct span_row row = {
	    .first = span->first, .last = span->last, .site = (char *)span->site};
	const struct balance *balance = &trend->balance;
	uint64_t children = trend->shown ? trend->notes_n : 0;
	children += reasons(balance);
	for (unsigned i = 0; i < DIM__COUNT; i++)
		if (has_panel(trend, i))
			children += 1 + trend->panels[i].n;
	row.numbers[SPAN_SHOWN] = trend->shown;
	row.numbers[SPAN_MIN_VISITORS] = trend->min_visitors;
	row.numbers[SPAN_CHILDREN] = (int64_t)children;
	row.numbers[SPAN_LINES] = (int64_t)balance->lines;
	row.numbers[SPAN_COUNTED] = (int64_t)balance->counted;
	row.numbers[SPAN_DROPPED] = (int64_t)balance->dropped;
	row.numbers[SPAN_BYTES_READ] = (int64_t)balance->bytes_read;
	if (trend->shown)
		put_totals(&trend->totals, row.numbers + SPAN_TOTALS);
	return row;
}

int store_span_write(struct store *store, const struct store_span *span, const struct trend *trend,
		     struct error *error)
{
	if (!balance_holds(&trend->balance))
		return error_set(error, "%s: the lines of a day do not add up", store->path);
	sqlite3_stmt *statement = store_sql_take(store, SQL_PUT_SPAN, error);
	if (!statement)
		return -1;
	struct span_row row = row_of(span, trend);
	bind_span(statement, &row);
	if (store_sql_run(store, SQL_PUT_SPAN, statement, error))
		return -1;
	int64_t id = sqlite3_last_insert_rowid(store->db);
	if (store_balance_write(store, SQL_PUT_BALANCE, id, "balance", &trend->balance, error))
		return -1;
	for (unsigned i = 0; i < DIM__COUNT; i++)
		if (has_panel(trend, i) &&
		    write_panel(store, id, (enum dimension)i, &trend->panels[i], error))
			return -1;
	for (size_t i = 0; trend->shown && i < trend->notes_n; i++)
		if (write_note(store, id, i, trend->notes[i].text, error))
			return -1;
	return 0;
}

int store_span_drop(struct store *store, int64_t id, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, SQL_DROP_SPAN, error);
	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, id);
	return store_sql_run(store, SQL_DROP_SPAN, statement, error);
}

int store_span_add_late(struct store *store, struct span_row *row, uint64_t lines,
			struct error *error)
{
	struct trend scratch = {0};
	uint64_t children = 0;
	if (load_balance(store, row->id, &scratch, &children, error))
		return -1;
	uint64_t before = scratch.balance.excluded[EXCLUDE_LATE];
	struct store_uncounted late = {"excluded", exclude_name(EXCLUDE_LATE), before + lines};
	if (store_balance_put(store, SQL_PUT_BALANCE, row->id, "balance", &late, error))
		return -1;
	row->numbers[SPAN_LINES] += (int64_t)lines;
	row->numbers[SPAN_CHILDREN] += before == 0;
	sqlite3_stmt *statement = store_sql_take(store, SQL_SET_SPAN, error);
	if (!statement)
		return -1;
	struct store_fields fields = bind_span(statement, row);
	sqlite3_bind_int64(statement, fields.at, row->id);
	return store_sql_run(store, SQL_SET_SPAN, statement, error);
}
