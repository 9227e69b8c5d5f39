#include "export/report_columns.h"
#include <stdio.h>
#include <string.h>

enum kind { SHARE, COUNT, BYTES, AMOUNT, LATENCY };

static const struct column {
	const char *title;
	enum kind kind;
	size_t at;    /* in struct figures */
	unsigned has; /* 0 = every row */
	unsigned keep;
} columns[REPORT_COLUMNS] = {
    {NULL, COUNT, offsetof(struct figures, hits), 0, 100},
    {"%", SHARE, offsetof(struct figures, hits), 0, 8},
    {"visitors", COUNT, offsetof(struct figures, visitors), 0, 7},
    {"visits", COUNT, offsetof(struct figures, visits), FIGURE_VISITS, 5},
    {"pages", COUNT, offsetof(struct figures, pages), FIGURE_PAGES, 4},
    {"bounces", COUNT, offsetof(struct figures, bounces), FIGURE_BOUNCES, 1},
    {"customers", COUNT, offsetof(struct figures, customers), FIGURE_CUSTOMERS, 2},
    {"amount", AMOUNT, offsetof(struct figures, amount), FIGURE_AMOUNT, 9},
    {"bytes", BYTES, offsetof(struct figures, bytes), 0, 6},
    {"p50", LATENCY, offsetof(struct figures, p50_us), FIGURE_LATENCY, 2},
    {"p95", LATENCY, offsetof(struct figures, p95_us), FIGURE_LATENCY, 3},
};

static const void *figure_at(const struct trend_row *row, const struct column *column)
{
	return (const char *)&row->figures + column->at;
}

static uint64_t count_of(const struct trend_row *row, const struct column *column)
{
	return *(const uint64_t *)figure_at(row, column);
}

static int64_t amount_of(const struct trend_row *row, const struct column *column)
{
	return *(const int64_t *)figure_at(row, column);
}

static uint32_t latency_of(const struct trend_row *row, const struct column *column)
{
	return *(const uint32_t *)figure_at(row, column);
}

const char *report_column_title(unsigned column, const struct dimension_info *info)
{
	if (column == 0)
		return info->column;
	/* What visits in that panel is no person. */
	if (info->counts == COUNTS_CRAWLER_HITS && strcmp(columns[column].title, "visitors") == 0)
		return "crawlers";
	return columns[column].title;
}

unsigned report_column_keep(unsigned column)
{
	return columns[column].keep;
}

bool report_column_is_share(unsigned column)
{
	return columns[column].kind == SHARE;
}

static bool applies(const struct trend_row *row, const struct column *column)
{
	return !column->has || (row->figures.has & column->has);
}

struct quantity report_cell(unsigned index, const struct trend_row *row, uint64_t total)
{
	const struct column *column = &columns[index];
	if (!applies(row, column))
		return (struct quantity){""};
	switch (column->kind) {
	case SHARE:
		return quantity_share(count_of(row, column), total);
	case BYTES:
		return quantity_bytes(count_of(row, column));
	case AMOUNT:
		return quantity_amount(amount_of(row, column));
	case LATENCY:
		return quantity_latency(latency_of(row, column));
	case COUNT:
		break;
	}
	return quantity_count(count_of(row, column));
}

static bool says_something(const struct trend_row *row, const struct column *column)
{
	if (!applies(row, column))
		return false;
	if (column->kind == AMOUNT)
		return amount_of(row, column) != 0;
	if (column->kind == LATENCY)
		return true;
	return count_of(row, column) != 0;
}

bool report_column_empty(unsigned index, const struct trend_row *const *rows, size_t n)
{
	if (index == 0 || columns[index].kind == SHARE)
		return false;
	for (size_t i = 0; i < n; i++)
		if (says_something(rows[i], &columns[index]))
			return false;
	return true;
}

struct report_words report_words(const char *name)
{
	struct report_words words;
	snprintf(words.text, sizeof(words.text), "%s", name);
	for (char *p = words.text; *p; p++)
		if (*p == '_')
			*p = ' ';
	return words;
}

/* Sakamoto's method. */
const char *report_weekday(const char *key)
{
	static const char names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const unsigned months[12] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	unsigned y, m, d;
	char end;
	if (sscanf(key, "%4u-%2u-%2u%c", &y, &m, &d, &end) != 3 || m < 1 || m > 12)
		return "   ";
	y -= m < 3;
	return names[(y + y / 4 - y / 100 + y / 400 + months[m - 1] + d) % 7];
}
