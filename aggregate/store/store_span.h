/*
 * store_span.h: trends in the tables: the row of a span, and what hangs on it.
 */
#ifndef STORE_SPAN_H
#define STORE_SPAN_H

#include "aggregate/store/store_sql.h"

enum { SPAN_NUMBERS = 23 };

/* The row of a span as it stands in the table; what the numbers are says store_span.c. */
struct span_row {
	int64_t id;
	int32_t first, last;
	char *site; /* owned */
	int64_t numbers[SPAN_NUMBERS];
};

struct span_rows {
	struct span_row *all;
	size_t n, cap;
};

/* Appends the rows of a statement that is bound, to its end. Release also after -1. */
int store_span_list(struct store *store, sqlite3_stmt *statement, struct span_rows *rows,
		    struct error *error);
/* Spans of a site that have a day of [first, last]. */
int store_span_over(struct store *store, const struct store_span *span, struct span_rows *rows,
		    struct error *error);
void store_span_release(struct span_rows *rows);

/* The trend of a span; NULL with a message. The caller frees it. */
struct trend *store_span_load(struct store *store, const struct span_row *row, struct error *error);

/* Writes a trend whose place is free. */
int store_span_write(struct store *store, const struct store_span *span, const struct trend *trend,
		     struct error *error);
int store_span_drop(struct store *store, int64_t id, struct error *error);

/* Adds `lines` to the span's lines and to its excluded.late. */
int store_span_add_late(struct store *store, struct span_row *row, uint64_t lines,
			struct error *error);

/* Reads a row of table trend but for the span's number; false when it is damaged. The texts are
 * valid until the next step. */
struct span_figures {
	const char *dimension;
	int64_t n;
	const char *key;
	bool other;
	struct figures figures;
};
bool store_span_figures(sqlite3_stmt *statement, int64_t span, struct span_figures *ret);

#endif
