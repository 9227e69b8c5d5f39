/*
 * The report as one page for a browser: no script, no font, no picture, nothing is fetched, so that
 * whoever opens it tells nobody. Every chart is a table with bars drawn by its style, so that it
 * can be read aloud, copied and printed. Rows beyond the first are there, but folded away behind a
 * check box, which needs no script either.
 */
#include <stdlib.h>
#include <string.h>
#include "export/display.h"
#include "export/report_columns.h"
#include "export/report_parts.h"

enum {
	ROWS_MAX =
	    1000, /* in all; browsers are slow with tables beyond, and JSON and CSV have them */
	KEY_MAX = 8192,
};

static const char style_sheet[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1d2430;--quiet:#5d6675;--line:#dde1e8;"
    "--bar:#2f7f86;--rest:#a9b1bd;--card:#f5f7f9;--warn:#8a5a00}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181e;--ink:#e4e8ee;--quiet:#9aa4b2;"
    "--line:#2c333d;--bar:#4fb3bb;--rest:#5b6573;--card:#1b2129;--warn:#e0b050}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.5rem;max-width:90rem;background:var(--paper);color:var(--ink);"
    "font:15px/1.45 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:0 0 .4rem}\n"
    "p{margin:.3rem "
    "0;max-width:60rem}.quiet,caption,th{color:var(--quiet)}.warn{color:var(--warn)}\n"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,38rem),1fr));gap:"
    "2rem}\n"
    "section{min-width:0;break-inside:avoid}.wide{grid-column:1/-1}\n"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.6rem;margin:"
    "1rem 0}\n"
    "dl div{background:var(--card);border-radius:.4rem;padding:.5rem .75rem}\n"
    "dt{color:var(--quiet);font-size:.85rem}dd{margin:0;font-size:1.25rem;font-weight:600;"
    "font-variant-numeric:tabular-nums}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;font-size:.85rem;padding-bottom:.3rem}\n"
    "th,td{padding:.18rem .5rem;text-align:right;border-bottom:1px solid var(--line);"
    "font-weight:400;white-space:nowrap}\n"
    "thead th{font-size:.8rem}tbody th{text-align:left;color:inherit;white-space:normal;"
    "overflow-wrap:anywhere;width:45%}\n"
    ".figures thead th:first-child{text-align:left}.rest,.rest th{color:var(--quiet)}\n"
    "td.bar{width:20%;min-width:4rem;padding-right:0}"
    ".series tbody th{width:auto;white-space:nowrap}.series td.bar{width:50%}\n"
    "td.bar i{display:block;height:.75rem;min-width:1px;background:var(--bar);"
    "border-radius:0 .15rem .15rem 0;print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
    ".rest td.bar i{background:var(--rest)}\n"
    ".scroll{overflow-x:auto}.more{display:none}.unfold:checked~.scroll .more{display:table-row}\n"
    "label{font-size:.85rem;color:var(--quiet)}footer{margin-top:2rem}\n"
    "@media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--line:#ccc}"
    "body{padding:0;font-size:10pt}main{display:block}section{margin-bottom:1.2rem}"
    ".unfold,.unfold+label{display:none}.scroll{overflow:visible}}\n";

/* Any text: cleaned of what steers, then escaped for element content and quoted attributes. */
static void put_text(const char *text, FILE *out)
{
	char clean[KEY_MAX];
	display_clean(text, true, clean, sizeof(clean));
	for (const char *p = clean; *p; p++)
		switch (*p) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*p, out);
		}
}

/* Figures for people hold signs of HTML, too: "<0.1 %". */
static void put_cell(struct quantity value, FILE *out)
{
	fputs("<td>", out);
	put_text(value.text, out);
	fputs("</td>", out);
}

static void put_head(const struct trend *trend, const struct report_style *style, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n<title>veiltally: ",
	      out);
	put_text(style->title ? style->title : "report", out);
	fprintf(out,
		"</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>veiltally</h1>\n<p>",
		style_sheet);
	put_text(style->title ? style->title : "", out);
	fputs(" <span class=\"quiet\">· time zone ", out);
	put_text(style->zone ? style->zone : "UTC", out);
	fputs("</span></p>\n", out);
	if (trend->shown && trend->min_visitors > 1)
		fprintf(
		    out,
		    "<p class=\"quiet\">Named is only what at least %u addresses did; the rest is "
		    "summed up as (other).</p>\n",
		    trend->min_visitors);
	fputs("</header>\n", out);
}

/* ---- the whole run ---- */

static void put_card(const char *label, struct quantity value, FILE *out)
{
	fprintf(out, "<div><dt>%s</dt><dd>", label);
	put_text(value.text, out);
	fputs("</dd></div>\n", out);
}

static void put_cards(const struct trend_totals *totals, FILE *out)
{
	fputs("<section aria-label=\"Traffic\">\n", out);
	if (totals->approximate)
		fputs("<p class=\"warn\">Distinct counts are approximate: a table was full.</p>\n",
		      out);
	fputs("<dl>\n", out);
	put_card("visitors", quantity_count(totals->visitors), out);
	put_card("visits", quantity_count(totals->visits), out);
	put_card("page views", quantity_count(totals->pages), out);
	put_card("views per visit", quantity_mean(totals->pages, totals->visits), out);
	put_card("bounces", quantity_share(totals->bounces, totals->visits), out);
	if (totals->visits)
		put_card("mean visit", quantity_span(totals->visit_seconds / totals->visits), out);
	if (totals->customers)
		put_card("customers", quantity_count(totals->customers), out);
	put_card("addresses", quantity_count(totals->units), out);
	put_card("hits", quantity_count(totals->hits), out);
	put_card("by crawlers", quantity_share(totals->crawler_hits, totals->hits), out);
	put_card("bytes sent", quantity_bytes(totals->bytes), out);
	fputs("</dl>\n</section>\n", out);
}

static void put_line_row(const char *label, const char *detail, uint64_t lines, uint64_t all,
			 FILE *out)
{
	fprintf(out, "<tr><th scope=\"row\">%s%s%s</th>", label, *detail ? ": " : "",
		report_words(detail).text);
	put_cell(quantity_count(lines), out);
	put_cell(quantity_share(lines, all), out);
	fputs("</tr>\n", out);
}

static void put_balance(const struct balance *balance, FILE *out)
{
	struct report_reason r;
	fputs("<section>\n<h2>Lines</h2>\n<table>\n<caption>what became of the lines that were "
	      "read</caption>\n<thead><tr><td></td><th scope=\"col\">lines</th><th "
	      "scope=\"col\">%</th></tr>"
	      "</thead>\n<tbody>\n",
	      out);
	put_line_row("read", "", balance->lines, balance->lines, out);
	put_line_row("counted", "", balance->counted, balance->lines, out);
	for (unsigned i = 0; report_excluded(balance, i, &r); i++)
		if (r.lines)
			put_line_row("excluded", r.name, r.lines, balance->lines, out);
	for (unsigned i = 0; report_rejected(balance, i, &r); i++)
		if (r.lines)
			put_line_row("rejected", r.name, r.lines, balance->lines, out);
	fputs("</tbody>\n</table>\n", out);
	if (balance->dropped)
		fprintf(out, "<p class=\"warn\">%s more were lost before they reached us.</p>\n",
			quantity_count(balance->dropped).text);
	fputs("</section>\n", out);
}

/* ---- a panel ---- */

struct view {
	const struct trend *trend;
	const struct trend_panel *panel;
	const struct dimension_info *info;
	enum dimension dimension;
	const struct trend_row **rows; /* those on the page */
	size_t n, named;
	bool columns[REPORT_COLUMNS];
	uint64_t most;
	unsigned top; /* rows that are not folded away, 0 = all */
};

/* Of days the last ones are open, of what is sorted by hits the first; hours and bins all. */
static bool is_open(const struct view *view, size_t i)
{
	if (!view->top)
		return true;
	if (view->dimension == DIM_DAY)
		return i + REPORT_DAYS >= view->named || i >= view->named;
	return view->info->by_key || i < view->top || i >= view->named;
}

static bool prepare(struct view *view)
{
	const struct trend_panel *panel = view->panel;
	bool fold =
	    panel->rows[panel->n - 1].other && !strcmp(panel->rows[panel->n - 1].key, "(other)");
	size_t named = panel->n - fold, from = 0;
	view->named = named < ROWS_MAX ? named : ROWS_MAX;
	if (view->dimension == DIM_DAY)
		from = named - view->named;
	view->rows = calloc(view->named + 1, sizeof(*view->rows));
	if (!view->rows)
		return false;
	for (size_t i = 0; i < view->named; i++)
		view->rows[view->n++] = &panel->rows[from + i];
	if (fold)
		view->rows[view->n++] = &panel->rows[panel->n - 1];
	for (unsigned c = 0; c < REPORT_COLUMNS; c++)
		view->columns[c] = !report_column_empty(c, view->rows, view->n);
	for (size_t i = 0; i < view->n; i++)
		if (view->rows[i]->figures.hits > view->most)
			view->most = view->rows[i]->figures.hits;
	return true;
}

static void put_columns(const struct view *view, FILE *out)
{
	fprintf(out, "<thead><tr><th scope=\"col\">%s</th>", report_words(view->info->name).text);
	for (unsigned c = 0; c < REPORT_COLUMNS; c++)
		if (view->columns[c])
			fprintf(out, "<th scope=\"col\">%s</th>",
				report_column_title(c, view->info));
	fputs("<td></td></tr></thead>\n<tbody>\n", out);
}

static void put_row(const struct view *view, size_t i, FILE *out)
{
	const struct trend_row *row = view->rows[i];
	unsigned width = quantity_scale(row->figures.hits, view->most, 1000);
	fprintf(out, "<tr%s><th scope=\"row\">",
		row->other	    ? " class=\"rest\""
		: !is_open(view, i) ? " class=\"more\""
				    : "");
	if (view->dimension == DIM_DAY && report_weekday(row->key)[0] != ' ')
		fprintf(out, "%s ", report_weekday(row->key));
	fputs("<bdi>", out);
	put_text(row->key, out);
	fputs("</bdi></th>", out);
	for (unsigned c = 0; c < REPORT_COLUMNS; c++)
		if (view->columns[c])
			put_cell(report_cell(c, row, view->panel->total), out);
	fprintf(out, "<td class=\"bar\"><i style=\"width:%u.%u%%\"></i></td></tr>\n", width / 10,
		width % 10);
}

static void put_unfold(const struct view *view, FILE *out)
{
	size_t folded = 0;
	for (size_t i = 0; i < view->n; i++)
		folded += !is_open(view, i);
	if (folded)
		fprintf(out,
			"<input class=\"unfold\" type=\"checkbox\" id=\"all-%s\"> "
			"<label for=\"all-%s\">show %s more</label>\n",
			view->info->name, view->info->name, quantity_count(folded).text);
}

static void put_remarks(const struct view *view, FILE *out)
{
	char sentence[512];
	size_t all = view->panel->n - (view->n - view->named);
	if (all > view->named)
		fprintf(out, "<p class=\"quiet\">%s more are in the JSON and CSV reports.</p>\n",
			quantity_count(all - view->named).text);
	report_other_sentence(view->trend, view->dimension, sentence, sizeof(sentence));
	if (*sentence && view->dimension == DIM_PAGE) {
		fputs("<p class=\"quiet\">", out);
		put_text(sentence, out);
		fputs("</p>\n", out);
	}
}

static int put_panel(const struct trend *trend, enum dimension dimension, unsigned top, FILE *out)
{
	struct view view = {.trend = trend,
			    .panel = &trend->panels[dimension],
			    .info = dimension_info(dimension),
			    .dimension = dimension,
			    .top = top};
	if (!view.panel->n)
		return 0;
	if (!prepare(&view))
		return -1;
	fprintf(out, "<section%s>\n<h2 id=\"%s\">%s%s</h2>\n",
		dimension == DIM_DAY ? " class=\"wide\"" : "", view.info->name, view.info->title,
		view.panel->approximate ? " <span class=\"warn\">approximate</span>" : "");
	put_unfold(&view, out);
	fprintf(out, "<div class=\"scroll\"><table class=\"figures%s\">\n<caption>%s</caption>\n",
		view.info->by_key ? " series" : "", dimension_counts_text(view.info->counts));
	put_columns(&view, out);
	for (size_t i = 0; i < view.n; i++)
		put_row(&view, i, out);
	fputs("</tbody>\n</table></div>\n", out);
	put_remarks(&view, out);
	fputs("</section>\n", out);
	free(view.rows);
	return 0;
}

static void put_notes(const struct trend *trend, FILE *out)
{
	if (!trend->notes_n)
		return;
	fputs("<section class=\"wide\">\n<h2>Notes</h2>\n<ul>\n", out);
	for (size_t i = 0; i < trend->notes_n; i++) {
		fputs("<li>", out);
		put_text(trend->notes[i].text, out);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n</section>\n", out);
}

static int put_body(const struct trend *trend, unsigned top, FILE *out)
{
	char sentence[512];
	if (!trend->shown) {
		report_hidden_sentence(trend, sentence, sizeof(sentence));
		fputs("<p>", out);
		put_text(sentence, out);
		fputs("</p>\n<main>\n", out);
		put_balance(&trend->balance, out);
		fputs("</main>\n", out);
		return 0;
	}
	put_cards(&trend->totals, out);
	fputs("<main>\n", out);
	for (unsigned i = 0; i < DIM__COUNT; i++)
		if (put_panel(trend, (enum dimension)i, top, out))
			return -1;
	put_balance(&trend->balance, out);
	put_notes(trend, out);
	fputs("</main>\n", out);
	return 0;
}

int report_html(const struct trend *trend, const struct report_style *style, FILE *out)
{
	put_head(trend, style, out);
	if (put_body(trend, style->top, out))
		return -1;
	fprintf(
	    out,
	    "<footer class=\"quiet\"><p>At least %u addresses behind every name. Formal guarantee: "
	    "%s. Definitions %d.</p></footer>\n</body>\n</html>\n",
	    trend->min_visitors, REPORT_GUARANTEE, REPORT_DEFINITIONS);
	return 0;
}
