/*
 * report_parts.h: what all renderers of a report share, so that every format shows the same figures
 * under the same names. Only for export/report*.c.
 */
#ifndef EXPORT_REPORT_PARTS_H
#define EXPORT_REPORT_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "aggregate/tally/trend.h"
#include "export/quantity.h"
#include "export/report.h"

enum { REPORT_SCHEMA = 1, REPORT_DEFINITIONS = 1 };

/* Of the gated model we claim no more than this (docs/privacy.md). */
#define REPORT_GUARANTEE "none (k-gate)"

/* One renderer each. `trend` is sorted; write errors are left in `out`. Returns -1 when memory is
 * out. */
int report_text(const struct trend *trend, const struct report_style *style, FILE *out);
int report_json(const struct trend *trend, const struct report_style *style, FILE *out);
int report_csv(const struct trend *trend, const struct report_style *style, FILE *out);
int report_html(const struct trend *trend, const struct report_style *style, FILE *out);

/*
 * The i-th excluded or rejected reason of the balance by its stable name, 0 past the end. Reason 0
 * ("none") is left out.
 */
struct report_reason {
	const char *name;
	uint64_t lines;
};
bool report_excluded(const struct balance *balance, unsigned i, struct report_reason *ret);
bool report_rejected(const struct balance *balance, unsigned i, struct report_reason *ret);
uint64_t report_sum(const uint64_t reasons[TREND_REASONS_MAX]);

/* The i-th total that is a plain number ("visits"); false past the end. Not to be shown when the
 * trend is not. */
bool report_total(const struct trend_totals *totals, unsigned i, struct report_reason *ret);

/*
 * The figures of a row beyond its key, in the order of the CSV columns. Which apply is said by
 * figures.has; the first four always do.
 */
enum { REPORT_FIGURES = 11 };
const char *report_figure_name(unsigned i, bool csv); /* "p50", in CSV "p50_ms" */
/* The exact value; false when the row has none. */
bool report_figure(const struct figures *figures, unsigned i, struct quantity *ret);

/*
 * A complete sentence on what lies in the (other) of a panel and why: "12.3 % of page views of
 * people lie in (other): …". Empty when nothing does.
 */
void report_other_sentence(const struct trend *trend, enum dimension dimension, char *out,
			   size_t cap);

/* Why there is nothing but the balance; k is in it. */
void report_hidden_sentence(const struct trend *trend, char *out, size_t cap);

#endif
