/*
 * The page a person reads: what was read and what became of it, the trend, then the panels. Figures
 * come first and stand in line, bars share one base line from panel to panel, keys come last and
 * take the width that is left.
 */
#include "export/report_text.h"
#include <string.h>
#include "export/display.h"
#include "export/report_columns.h"

enum { LABEL = 13 };

static void put_heading(struct page *page, const char *title, bool approximate)
{
	page_put(page, INK_STRONG, title);
	if (approximate) {
		page_skip(page, 1);
		page_put(page, INK_WARN, page_signs(page)->about);
		page_put(page, INK_WARN, " approximate");
	}
	page_skip(page, 1);
	page_put_rule(page, page->width - page->column);
	page_end_line(page);
}

/* First and last named day, and how many are named. */
static size_t named_days(const struct trend *trend, const char **ret_first, const char **ret_last)
{
	const struct trend_panel *panel = &trend->panels[DIM_DAY];
	size_t n = 0;
	for (size_t i = 0; i < panel->n; i++) {
		if (panel->rows[i].other)
			continue;
		if (!n++)
			*ret_first = panel->rows[i].key;
		*ret_last = panel->rows[i].key;
	}
	return n;
}

static void put_top(struct page *page, const struct trend *trend, const struct report_style *style)
{
	const char *first = "", *last = "";
	char text[512];
	page_put(page, INK_STRONG, "veiltally");
	page_skip(page, 2);
	page_put_key(page, INK_PLAIN, style->title ? style->title : "", page->width - page->column);
	page_end_line(page);
	size_t days = trend->shown ? named_days(trend, &first, &last) : 0;
	const char *zone = style->zone ? style->zone : "UTC";
	if (days == 1)
		snprintf(text, sizeof(text), "%.40s, time zone %.60s", first, zone);
	else if (days)
		snprintf(text, sizeof(text), "%.40s %s %.40s, %zu days, time zone %.60s", first,
			 page_signs(page)->to, last, days, zone);
	else
		snprintf(text, sizeof(text), "time zone %.60s", zone);
	page_put_words(page, INK_PLAIN, 0, text);
	snprintf(text, sizeof(text),
		 "Named is only what at least %u addresses did; the rest is summed up as (other).",
		 trend->min_visitors);
	if (trend->min_visitors > 1 && trend->shown)
		page_put_words(page, INK_FAINT, 0, text);
	page_end_line(page);
}

/* ---- what became of the lines ---- */

static void put_reasons(struct page *page, int indent, const struct balance *balance,
			bool (*reason)(const struct balance *, unsigned, struct report_reason *))
{
	struct report_reason r;
	char text[2048] = "";
	size_t n = 0;
	for (unsigned i = 0; reason(balance, i, &r); i++) {
		if (!r.lines || n + 128 > sizeof(text))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s", n ? ", " : "",
				      quantity_count(r.lines).text, report_words(r.name).text);
	}
	if (!n) {
		page_end_line(page);
		return;
	}
	if (page->width < 60) {
		page_end_line(page);
		indent = 2;
	}
	page_skip(page, indent - page->column);
	page_put_words(page, INK_FAINT, indent, text);
}

static void put_lines(struct page *page, const char *label, enum page_ink ink, uint64_t lines,
		      uint64_t all, int columns)
{
	page_skip(page, 1);
	page_put_left(page, INK_PLAIN, label, LABEL - 4);
	page_put_right(page, ink, quantity_count(lines).text, columns);
	page_put_right(page, INK_FAINT, quantity_share(lines, all).text, 9);
	page_skip(page, 2);
}

static void put_balance(struct page *page, const struct balance *balance)
{
	uint64_t excluded = report_sum(balance->excluded), rejected = report_sum(balance->rejected);
	int columns = display_width(quantity_count(balance->lines).text);
	int indent = 1 + LABEL - 4 + columns + 9 + 2;
	put_heading(page, "Lines", false);
	put_lines(page, "read", INK_STRONG, balance->lines, balance->lines, columns);
	page_end_line(page);
	put_lines(page, "counted", INK_PLAIN, balance->counted, balance->lines, columns);
	page_end_line(page);
	put_lines(page, "excluded", INK_PLAIN, excluded, balance->lines, columns);
	put_reasons(page, indent, balance, report_excluded);
	put_lines(page, "rejected", rejected ? INK_WARN : INK_PLAIN, rejected, balance->lines,
		  columns);
	put_reasons(page, indent, balance, report_rejected);
	if (balance->dropped) {
		char text[128];
		snprintf(text, sizeof(text), "and %s lost before they reached us",
			 quantity_count(balance->dropped).text);
		page_skip(page, 1);
		page_put_words(page, INK_WARN, 1, text);
	}
	page_end_line(page);
}

/* ---- the figures of the whole run ---- */

struct tile {
	const char *label;
	struct quantity value;
};

enum { TILES_MAX = 12, TILE_LABEL = 13, TILE_GAP = 3 };

static uint64_t without(uint64_t whole, uint64_t part)
{
	return part < whole ? whole - part : 0;
}

/* In groups that are read downwards: people, pages, lines. */
static unsigned make_tiles(const struct trend_totals *totals, struct tile tiles[TILES_MAX])
{
	unsigned n = 0;
	tiles[n++] = (struct tile){"visitors", quantity_count(totals->visitors)};
	tiles[n++] = (struct tile){"visits", quantity_count(totals->visits)};
	tiles[n++] = (struct tile){"bounces", quantity_share(totals->bounces, totals->visits)};
	tiles[n++] = (struct tile){
	    "mean visit", totals->visits ? quantity_span(totals->visit_seconds / totals->visits)
					 : quantity_mean(0, 0)};
	tiles[n++] = (struct tile){"page views", quantity_count(totals->pages)};
	tiles[n++] = (struct tile){"per visit", quantity_mean(totals->pages, totals->visits)};
	tiles[n++] = (struct tile){"addresses", quantity_count(totals->units)};
	if (totals->customers)
		tiles[n++] = (struct tile){"customers", quantity_count(totals->customers)};
	tiles[n++] = (struct tile){"bytes sent", quantity_bytes(totals->bytes)};
	tiles[n++] = (struct tile){"hits", quantity_count(totals->hits)};
	tiles[n++] = (struct tile){
	    "by people", quantity_share(without(totals->hits, totals->crawler_hits), totals->hits)};
	tiles[n++] =
	    (struct tile){"by crawlers", quantity_share(totals->crawler_hits, totals->hits)};
	return n;
}

static void put_totals(struct page *page, const struct trend_totals *totals)
{
	struct tile tiles[TILES_MAX];
	unsigned n = make_tiles(totals, tiles);
	int value = 9;
	for (unsigned i = 0; i < n; i++)
		if (display_width(tiles[i].value.text) > value)
			value = display_width(tiles[i].value.text);
	int room = (page->width - 1 + TILE_GAP) / (TILE_LABEL + value + TILE_GAP);
	unsigned across = room >= 3 ? 3 : room == 2 ? 2 : 1, down = (n + across - 1) / across;
	put_heading(page, "Traffic", totals->approximate);
	for (unsigned i = 0; i < down * across; i++) {
		unsigned tile = i % across * down + i / across;
		page_skip(page, i % across ? TILE_GAP : 1);
		if (tile < n) {
			page_put_left(page, INK_PLAIN, tiles[tile].label, TILE_LABEL);
			page_put_right(page, INK_STRONG, tiles[tile].value.text, value);
		}
		if (i % across == across - 1)
			page_end_line(page);
	}
	page_end_line(page);
}

/* ---- the end ---- */

static void put_notes(struct page *page, const struct trend *trend)
{
	char clean[sizeof(trend->notes->text) * 3];
	if (!trend->notes_n)
		return;
	put_heading(page, "Notes", false);
	for (size_t i = 0; i < trend->notes_n; i++) {
		display_clean(trend->notes[i].text, page->unicode, clean, sizeof(clean));
		page_put(page, INK_WARN, page_signs(page)->dot);
		page_skip(page, 1);
		page_put_words(page, INK_PLAIN, 2, clean);
	}
	page_end_line(page);
}

int report_text(const struct trend *trend, const struct report_style *style, FILE *out)
{
	struct page page;
	char text[512];
	page_init(&page, out, style->width, style->color, style->unicode);
	put_top(&page, trend, style);
	put_balance(&page, &trend->balance);
	if (!trend->shown) {
		report_hidden_sentence(trend, text, sizeof(text));
		page_put_words(&page, INK_PLAIN, 0, text);
		return 0;
	}
	put_totals(&page, &trend->totals);
	for (unsigned i = 0; i < DIM__COUNT; i++)
		if (report_text_panel(&page, trend, (enum dimension)i, style->top))
			return -1;
	put_notes(&page, trend);
	snprintf(text, sizeof(text),
		 "At least %u addresses behind every name. Formal guarantee: %s.",
		 trend->min_visitors, REPORT_GUARANTEE);
	page_put_words(&page, INK_FAINT, 0, text);
	return 0;
}
