/*
 * report_columns.h: the figures of a row as people read them, one row of a table per column. For
 * the text and the HTML report.
 */
#ifndef EXPORT_REPORT_COLUMNS_H
#define EXPORT_REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include "aggregate/tally/trend.h"
#include "export/quantity.h"

enum {
	REPORT_COLUMNS = 11,
	REPORT_DAYS = 31, /* the last days are shown, unless all are */
};

/* "visitors"; the first column is what the panel counts and is named by its dimension. */
const char *report_column_title(unsigned column, const struct dimension_info *info);

/* When room is scarce the column with the least goes first; the first column has the most. */
unsigned report_column_keep(unsigned column);

/* True for the share of the panel, which is said more quietly than counts. */
bool report_column_is_share(unsigned column);

/* What stands in the cell; empty when the row has no such figure. `total` is that of the panel. */
struct quantity report_cell(unsigned column, const struct trend_row *row, uint64_t total);

/* Whether nothing stands in this column of these rows, so that it may be left out. */
bool report_column_empty(unsigned column, const struct trend_row *const *rows, size_t n);

/* The name of a panel or reason in words: "not_found_page" to "not found page". */
struct report_words {
	char text[64];
};
struct report_words report_words(const char *name);

/* "Sun" for the key of a day; blanks of the same width for any other key. */
const char *report_weekday(const char *key);

#endif
