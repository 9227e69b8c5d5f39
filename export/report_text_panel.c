/*
 * A panel of the terminal report. Two shapes: time series and bins begin with their key, all others
 * end with it.
 */
#include <stdlib.h>
#include <string.h>
#include "export/display.h"
#include "export/report_columns.h"
#include "export/report_text.h"

/* Between the pages of a step, as the gate writes it. */
#define STEP " \xE2\x86\x92 "

enum {
	GAP = 2,
	BAR_MAX = 40,
};

struct table {
	const struct trend *trend;
	const struct trend_panel *panel;
	const struct dimension_info *info;
	enum dimension dimension;
	const struct trend_row **rows; /* those shown, in order */
	size_t n;
	size_t hidden;
	uint64_t hidden_hits, most;
	bool key_first;
	int widths[REPORT_COLUMNS]; /* 0 = the column is not shown */
	int key, bar;
};

/* ---- which rows ---- */

static int by_hits(const void *a, const void *b)
{
	const struct trend_row *x = *(const struct trend_row *const *)a;
	const struct trend_row *y = *(const struct trend_row *const *)b;
	if (x->figures.hits != y->figures.hits)
		return x->figures.hits > y->figures.hits ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int by_place(const void *a, const void *b)
{
	const struct trend_row *x = *(const struct trend_row *const *)a;
	const struct trend_row *y = *(const struct trend_row *const *)b;
	return x < y ? -1 : x > y;
}

/*
 * Of days the last ones; hours all; else those with the most hits, in the order of the panel. The
 * fold of the panel always stays: it is the last row.
 */
static void choose_rows(struct table *table, unsigned top)
{
	const struct trend_panel *panel = table->panel;
	const struct trend_row *last = &panel->rows[panel->n - 1];
	bool fold = last->other && strcmp(last->key, "(other)") == 0;
	size_t named = panel->n - fold, keep = named;
	for (size_t i = 0; i < named; i++)
		table->rows[i] = &panel->rows[i];
	if (top && table->dimension == DIM_DAY)
		keep = REPORT_DAYS;
	else if (top && table->dimension != DIM_HOUR)
		keep = top;
	if (keep < named) {
		const struct trend_row **skipped = table->rows + keep;
		if (table->dimension == DIM_DAY) {
			skipped = table->rows;
		} else if (table->info->by_key) {
			qsort(table->rows, named, sizeof(*table->rows), by_hits);
			qsort(table->rows, keep, sizeof(*table->rows), by_place);
		}
		table->hidden = named - keep;
		for (size_t i = 0; i < table->hidden; i++)
			table->hidden_hits += skipped[i]->figures.hits;
		if (table->dimension == DIM_DAY)
			table->rows += table->hidden;
		named = keep;
	}
	table->n = named;
	if (fold)
		table->rows[table->n++] = last;
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i]->figures.hits > table->most)
			table->most = table->rows[i]->figures.hits;
}

/* ---- where they stand ---- */

static int least_bar(int width)
{
	return width < 56 ? 0 : width < 72 ? 8 : width < 100 ? 12 : width < 120 ? 16 : 20;
}

static int sum_widths(const struct table *table)
{
	int sum = 1;
	for (unsigned i = 0; i < REPORT_COLUMNS; i++)
		if (table->widths[i])
			sum += table->widths[i] + GAP;
	return sum;
}

static void drop_column(struct table *table, int room)
{
	while (sum_widths(table) > room) {
		unsigned least = 0;
		for (unsigned i = 1; i < REPORT_COLUMNS; i++)
			if (table->widths[i] &&
			    (!least || report_column_keep(i) < report_column_keep(least)))
				least = i;
		if (!least)
			return;
		table->widths[least] = 0;
	}
}

/* Wide enough for most logs, so that the columns of all panels stand in line. */
static int least_width(const struct table *table, unsigned column)
{
	if (table->key_first)
		return 1;
	return column == 0 ? 9 : column == 1 ? 6 : 8;
}

static void lay_out(struct table *table, const struct page *page)
{
	int key = display_width(table->info->name);
	for (size_t r = 0; r < table->n; r++) {
		char clean[8192];
		display_clean(table->rows[r]->key, page->unicode, clean, sizeof(clean));
		int width = display_width(clean);
		key = width > key ? width : key;
	}
	if (table->dimension == DIM_DAY)
		key += 4;
	for (unsigned i = 0; i < REPORT_COLUMNS; i++) {
		if (report_column_empty(i, table->rows, table->n))
			continue;
		int width = display_width(report_column_title(i, table->info));
		width = width < least_width(table, i) ? least_width(table, i) : width;
		for (size_t r = 0; r < table->n; r++) {
			int cell_width =
			    display_width(report_cell(i, table->rows[r], table->panel->total).text);
			width = cell_width > width ? cell_width : width;
		}
		table->widths[i] = width;
	}
	int bar = table->key_first ? page->width / 4 : least_bar(page->width);
	int wish = page->width < 72 ? page->width / 3 : page->width * 2 / 5;
	if (table->key_first || key < wish)
		wish = key;
	drop_column(table, page->width - wish - (bar ? bar + GAP : 0));
	int room = page->width - sum_widths(table);
	if (table->key_first) {
		table->key = key < room ? key : room;
		bar = room - table->key - GAP;
		table->bar = bar < 4 ? 0 : bar > BAR_MAX ? BAR_MAX : bar;
	} else {
		table->bar = room - bar - GAP < 8 ? 0 : bar;
		table->key = room - (table->bar ? table->bar + GAP : 0);
	}
}

/* ---- and on the page ---- */

static void put_title(struct page *page, const struct table *table)
{
	char text[256];
	page_put(page, INK_STRONG, table->info->title);
	page_skip(page, 1);
	snprintf(text, sizeof(text), "%s %s", page_signs(page)->dot,
		 dimension_counts_text(table->info->counts));
	page_put_key(page, INK_FAINT, text,
		     display_width(text) < page->width - page->column ? display_width(text)
								      : page->width - page->column);
	if (table->panel->approximate) {
		snprintf(text, sizeof(text), " %s approximate", page_signs(page)->about);
		page_put(page, INK_WARN, text);
	}
	page_skip(page, 1);
	page_put_rule(page, page->width - page->column);
	page_end_line(page);
}

static void put_header(struct page *page, const struct table *table)
{
	struct report_words name = report_words(table->info->name);
	page_skip(page, 1);
	if (table->key_first) {
		page_put_key(page, INK_FAINT, name.text, table->key);
		page_skip(page, GAP);
	}
	for (unsigned i = 0; i < REPORT_COLUMNS; i++) {
		if (!table->widths[i])
			continue;
		page_put_right(page, INK_FAINT, report_column_title(i, table->info),
			       table->widths[i]);
		page_skip(page, GAP);
	}
	if (!table->key_first) {
		page_skip(page, table->bar ? table->bar + GAP : 0);
		page_put_key(page, INK_FAINT, name.text, table->key);
	}
	page_end_line(page);
}

/* Of a step from page to page both ends are cut, so that both can be told. */
static void put_step(struct page *page, enum page_ink ink, const char *key, const char *arrow,
		     int columns_left)
{
	char from[8192], to[8192], clean[8192];
	const char *sign = page->unicode ? STEP : " -> ";
	snprintf(clean, sizeof(clean), "%.*s", (int)(arrow - key), key);
	display_clean(clean, page->unicode, from, sizeof(from));
	display_clean(arrow + strlen(STEP), page->unicode, to, sizeof(to));
	int room = columns_left - display_width(sign), half = room / 2;
	int from_width = display_width(from), to_width = display_width(to);
	if (from_width + to_width > room) {
		from_width = from_width < half	      ? from_width
			     : to_width < room - half ? room - to_width
						      : half;
		to_width = room - from_width;
	}
	page_put_key(page, ink, from, from_width);
	page_put(page, INK_FAINT, sign);
	page_put_key(page, ink, to, to_width);
}

static void put_key(struct page *page, const struct table *table, const struct trend_row *row)
{
	enum page_ink ink = row->other ? INK_FAINT : INK_PLAIN;
	int columns_left = table->key;
	if (table->dimension == DIM_DAY) {
		const char *day = report_weekday(row->key);
		page_put_left(page, *day == 'S' ? INK_BAR : INK_FAINT, day, 4);
		columns_left -= 4;
	}
	const char *arrow = table->dimension == DIM_FLOW ? strstr(row->key, STEP) : NULL;
	if (arrow && columns_left > 12)
		put_step(page, ink, row->key, arrow, columns_left);
	else
		page_put_key(page, ink, row->key, columns_left);
}

static void put_row(struct page *page, const struct table *table, const struct trend_row *row)
{
	enum page_ink ink = row->other ? INK_FAINT : INK_PLAIN;
	page_skip(page, 1);
	if (table->key_first) {
		put_key(page, table, row);
		page_skip(page, GAP);
	}
	for (unsigned i = 0; i < REPORT_COLUMNS; i++) {
		if (!table->widths[i])
			continue;
		page_put_right(page, report_column_is_share(i) ? INK_FAINT : ink,
			       report_cell(i, row, table->panel->total).text, table->widths[i]);
		page_skip(page, GAP);
	}
	page_put_bar(page, row->other ? INK_FAINT : INK_BAR, row->figures.hits, table->most,
		     table->bar);
	if (!table->key_first) {
		page_skip(page, table->bar ? GAP : 0);
		put_key(page, table, row);
	}
	page_end_line(page);
}

static void put_rest(struct page *page, const struct table *table)
{
	char text[256];
	if (table->hidden) {
		snprintf(text, sizeof(text), "%s %s%s not shown here: %s of all.",
			 quantity_count(table->hidden).text,
			 table->dimension == DIM_DAY ? "earlier day" : "more row",
			 table->hidden == 1 ? " is" : "s are",
			 quantity_share(table->hidden_hits, table->panel->total).text);
		page_skip(page, 1);
		page_put_words(page, INK_FAINT, 1, text);
	}
	report_other_sentence(table->trend, table->dimension, text, sizeof(text));
	if (*text && table->dimension == DIM_PAGE) {
		page_skip(page, 1);
		page_put_words(page, INK_FAINT, 1, text);
	}
	page_end_line(page);
}

int report_text_panel(struct page *page, const struct trend *trend, enum dimension dimension,
		      unsigned top)
{
	struct table table = {
	    .trend = trend,
	    .panel = &trend->panels[dimension],
	    .info = dimension_info(dimension),
	    .dimension = dimension,
	    .key_first = dimension_info(dimension)->by_key,
	};
	if (!table.panel->n)
		return 0;
	const struct trend_row **rows = calloc(table.panel->n + 1, sizeof(*rows));
	if (!rows)
		return -1;
	table.rows = rows;
	choose_rows(&table, top);
	lay_out(&table, page);
	put_title(page, &table);
	put_header(page, &table);
	for (size_t i = 0; i < table.n; i++)
		put_row(page, &table, table.rows[i]);
	put_rest(page, &table);
	free(rows);
	return 0;
}
