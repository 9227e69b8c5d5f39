/*
 * The report for spreadsheets: RFC 4180, one table, all panels in it. Numbers only beside the key,
 * so that a loader finds one type per column.
 */
#include <inttypes.h>
#include <string.h>
#include "export/display.h"
#include "export/report_parts.h"

/* Longer than any key; what is longer still is cut. */
enum { KEY_MAX = 8192 };

/*
 * A spreadsheet takes a cell that begins with = + - or @ for a formula, and a key is what strangers
 * asked for: it gets an apostrophe in front, which spreadsheets take for "this is text".
 */
static void put_key(const char *key, FILE *out)
{
	char clean[KEY_MAX];
	display_clean(key, true, clean, sizeof(clean));
	bool formula = *clean && strchr("=+-@", *clean);
	if (!formula && !strpbrk(clean, ",\"")) {
		fputs(clean, out);
		return;
	}
	putc('"', out);
	if (formula)
		putc('\'', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '"')
			putc('"', out);
		putc(*p, out);
	}
	putc('"', out);
}

static void end_row(unsigned figures, FILE *out)
{
	for (; figures < REPORT_FIGURES; figures++)
		putc(',', out);
	fputs("\r\n", out);
}

static void put_single(const char *panel, const char *prefix, const char *key, uint64_t value,
		       FILE *out)
{
	fprintf(out, "%s,%s%s,%" PRIu64, panel, prefix, key, value);
	end_row(1, out);
}

static void put_general(const struct trend *trend, FILE *out)
{
	const struct balance *balance = &trend->balance;
	struct report_reason r;
	put_single("general", "", "schema", REPORT_SCHEMA, out);
	put_single("general", "", "definitions", REPORT_DEFINITIONS, out);
	put_single("general", "", "lines", balance->lines, out);
	put_single("general", "", "counted", balance->counted, out);
	for (unsigned i = 0; report_excluded(balance, i, &r); i++)
		put_single("general", "excluded.", r.name, r.lines, out);
	for (unsigned i = 0; report_rejected(balance, i, &r); i++)
		put_single("general", "rejected.", r.name, r.lines, out);
	put_single("general", "", "dropped", balance->dropped, out);
	put_single("general", "", "bytes_read", balance->bytes_read, out);
	for (unsigned i = 0; trend->shown && report_total(&trend->totals, i, &r); i++)
		put_single("general", "", r.name, r.lines, out);
	if (trend->shown && trend->totals.hits) {
		fprintf(out, "general,first,%" PRId64, trend->totals.first);
		end_row(1, out);
		fprintf(out, "general,last,%" PRId64, trend->totals.last);
		end_row(1, out);
	}
	put_single("general", "", "shown", trend->shown, out);
	if (trend->shown)
		put_single("general", "", "approximate", trend->totals.approximate, out);
	put_single("general", "", "min_visitors", trend->min_visitors, out);
}

static void put_row(const char *panel, const struct trend_row *row, FILE *out)
{
	struct quantity figure;
	fprintf(out, "%s,", panel);
	put_key(row->key, out);
	for (unsigned i = 0; i < REPORT_FIGURES; i++) {
		putc(',', out);
		if (report_figure(&row->figures, i, &figure))
			fputs(figure.text, out);
	}
	fputs("\r\n", out);
}

int report_csv(const struct trend *trend, const struct report_style *style, FILE *out)
{
	(void)style;
	fputs("panel,key", out);
	for (unsigned i = 0; i < REPORT_FIGURES; i++)
		fprintf(out, ",%s", report_figure_name(i, true));
	fputs("\r\n", out);
	put_general(trend, out);
	if (!trend->shown)
		return 0;
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *panel = &trend->panels[d];
		const char *name = dimension_info((enum dimension)d)->name;
		for (size_t i = 0; i < panel->n; i++)
			put_row(name, &panel->rows[i], out);
	}
	for (unsigned d = 0; d < DIM__COUNT; d++)
		if (trend->panels[d].approximate)
			put_single("approximate", "", dimension_info((enum dimension)d)->name, 1,
				   out);
	return 0;
}
