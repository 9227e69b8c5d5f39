/*
 * Rows lie in plain arrays, because renderers walk them and sort them. Merging needs to find a row
 * by its key; the index for that is built at the first merge and grows with it, so that a year of
 * days costs its rows once and not once per day. Adding rows by hand or sorting throws it away.
 */
#include "aggregate/tally/trend.h"
#include "base/saturate.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/hash.h"

/* Keys of a trend come from a tally that is capped; this only keeps a merge without end from taking
 * the machine. */
#define STRINGS_MAX ((size_t)1 << 30)

void balance_add(struct balance *into, const struct balance *from)
{
	into->lines += from->lines;
	into->counted += from->counted;
	into->dropped += from->dropped;
	into->bytes_read += from->bytes_read;
	for (size_t i = 0; i < TREND_REASONS_MAX; i++) {
		into->excluded[i] += from->excluded[i];
		into->rejected[i] += from->rejected[i];
	}
}

bool balance_holds(const struct balance *balance)
{
	uint64_t sum = balance->counted;
	for (size_t i = 0; i < TREND_REASONS_MAX; i++)
		sum += balance->excluded[i] + balance->rejected[i];
	return sum == balance->lines;
}

struct trend *trend_new(unsigned min_visitors)
{
	struct trend *trend = calloc(1, sizeof(*trend));
	if (!trend)
		return NULL;
	trend->min_visitors = min_visitors;
	trend->strings = arena_new(STRINGS_MAX);
	if (!trend->strings) {
		free(trend);
		return NULL;
	}
	return trend;
}

static void drop_index(struct trend_panel *panel)
{
	free(panel->index);
	panel->index = NULL;
}

void trend_free(struct trend *trend)
{
	if (!trend)
		return;
	for (size_t i = 0; i < DIM__COUNT; i++) {
		drop_index(&trend->panels[i]);
		free(trend->panels[i].rows);
	}
	free(trend->notes);
	arena_free(trend->strings);
	free(trend);
}

static int append(struct trend *trend, struct trend_panel *panel, const struct trend_row *row)
{
	if (panel->n == panel->cap) {
		size_t cap = panel->cap ? panel->cap * 2 : 16;
		struct trend_row *rows = reallocarray(panel->rows, cap, sizeof(*rows));
		if (!rows)
			return -1;
		panel->rows = rows;
		panel->cap = cap;
	}
	const char *key = arena_keep_text(trend->strings, slice_from(row->key));
	if (!key)
		return -1;
	panel->rows[panel->n] = *row;
	panel->rows[panel->n++].key = key;
	panel->total += row->figures.hits;
	return 0;
}

int trend_add(struct trend *trend, enum dimension dimension, const char *key, bool other,
	      const struct figures *figures)
{
	struct trend_panel *panel = &trend->panels[dimension];
	drop_index(panel);
	return append(trend, panel, &(struct trend_row){key, *figures, other});
}

/* At most `max` bytes of text, without half a character at the end. */
static size_t cut(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1);
	if (n <= max)
		return n;
	n = max;
	while (n && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	return n;
}

int trend_add_note(struct trend *trend, const char *text)
{
	struct trend_note note = {0};
	memcpy(note.text, text, cut(text, sizeof(note.text) - 1));
	for (size_t i = 0; i < trend->notes_n; i++)
		if (strcmp(trend->notes[i].text, note.text) == 0)
			return 0;
	struct trend_note *notes =
	    reallocarray(trend->notes, trend->notes_n + 1, sizeof(*trend->notes));
	if (!notes)
		return -1;
	trend->notes = notes;
	notes[trend->notes_n++] = note;
	return 0;
}

uint64_t trend_other_hits(const struct trend_panel *panel)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < panel->n; i++)
		if (panel->rows[i].other)
			sum += panel->rows[i].figures.hits;
	return sum;
}

/* ---- merging ---- */

static void index_place(struct trend_panel *panel, uint64_t hash, size_t row)
{
	size_t at = (size_t)hash & panel->index_mask;
	while (panel->index[at])
		at = (at + 1) & panel->index_mask;
	panel->index[at] = (hash >> 32) << 32 | (uint32_t)(row + 1);
}

static uint64_t row_hash(const struct hash_seed *seed, const struct trend_row *row)
{
	return hash_bytes(seed, row->key, strlen(row->key));
}

/*
 * An index for `more` rows beyond those there are, at most half full. The seed may be fixed: keys
 * are what the gate let through, and an index lives for one merge of them.
 */
static int index_prepare(struct trend_panel *panel, const struct hash_seed *seed, size_t more)
{
	size_t want = panel->n + more;
	if (want >= UINT32_MAX)
		return -1;
	if (panel->index && panel->index_mask + 1 >= 2 * want)
		return 0;
	size_t slots = 64;
	while (slots < 4 * want)
		slots *= 2;
	drop_index(panel);
	panel->index = calloc(slots, sizeof(*panel->index));
	if (!panel->index)
		return -1;
	panel->index_mask = slots - 1;
	for (size_t i = 0; i < panel->n; i++)
		index_place(panel, row_hash(seed, &panel->rows[i]), i);
	return 0;
}

static struct trend_row *index_find(const struct trend_panel *panel, uint64_t hash,
				    const struct trend_row *row)
{
	for (size_t at = (size_t)hash & panel->index_mask; panel->index[at];
	     at = (at + 1) & panel->index_mask) {
		if (panel->index[at] >> 32 != hash >> 32)
			continue;
		struct trend_row *found = &panel->rows[(uint32_t)panel->index[at] - 1];
		if (found->other == row->other && strcmp(found->key, row->key) == 0)
			return found;
	}
	return NULL;
}

static void add_quantiles(struct figures *into, const struct figures *from)
{
	if ((into->has | from->has) & FIGURE_LATENCY_LOST ||
	    (into->has & from->has & FIGURE_LATENCY)) {
		into->has = (into->has & ~(unsigned)FIGURE_LATENCY) | FIGURE_LATENCY_LOST;
		into->p50_us = into->p95_us = 0;
	} else if (from->has & FIGURE_LATENCY) {
		into->has |= FIGURE_LATENCY;
		into->p50_us = from->p50_us;
		into->p95_us = from->p95_us;
	}
}

static void add_figures(struct figures *into, const struct figures *from)
{
	into->hits += from->hits;
	into->bytes += from->bytes;
	into->visitors += from->visitors;
	into->units += from->units;
	into->pages += from->pages;
	into->visits += from->visits;
	into->bounces += from->bounces;
	into->customers += from->customers;
	into->amount = saturate_add(into->amount, from->amount);
	into->has |= from->has & ~(unsigned)(FIGURE_LATENCY | FIGURE_LATENCY_LOST);
	add_quantiles(into, from);
}

static int merge_panel(struct trend *into, enum dimension dimension, const struct trend_panel *from)
{
	static const struct hash_seed seed = {0x243F6A8885A308D3u, 0x13198A2E03707345u};
	struct trend_panel *panel = &into->panels[dimension];
	panel->approximate |= from->approximate;
	if (!from->n)
		return 0;
	if (index_prepare(panel, &seed, from->n))
		return -1;
	for (size_t i = 0; i < from->n; i++) {
		const struct trend_row *row = &from->rows[i];
		uint64_t hash = row_hash(&seed, row);
		struct trend_row *found = index_find(panel, hash, row);
		if (found) {
			add_figures(&found->figures, &row->figures);
			panel->total += row->figures.hits;
		} else if (append(into, panel, row)) {
			return -1;
		} else {
			index_place(panel, hash, panel->n - 1);
		}
	}
	return 0;
}

static void add_totals(struct trend_totals *into, const struct trend_totals *from)
{
	into->hits += from->hits;
	into->pages += from->pages;
	into->visits += from->visits;
	into->bounces += from->bounces;
	into->visitors += from->visitors;
	into->units += from->units;
	into->customers += from->customers;
	into->bytes += from->bytes;
	into->crawler_hits += from->crawler_hits;
	into->crawler_bytes += from->crawler_bytes;
	into->reordered += from->reordered;
	into->steps += from->steps;
	into->visit_seconds += from->visit_seconds;
	if (from->hits && (!into->first || from->first < into->first))
		into->first = from->first;
	if (from->hits && (!into->last || from->last > into->last))
		into->last = from->last;
	into->approximate |= from->approximate;
}

int trend_merge(struct trend *into, const struct trend *from)
{
	assert(into != from);
	balance_add(&into->balance, &from->balance);
	if (!from->shown)
		return 0;
	for (size_t i = 0; i < from->notes_n; i++)
		if (trend_add_note(into, from->notes[i].text))
			return -1;
	if (!into->shown) {
		/* Below k until now: what lies in there must not be found by subtraction. */
		into->totals = (struct trend_totals){0};
		for (size_t i = 0; i < DIM__COUNT; i++) {
			drop_index(&into->panels[i]);
			into->panels[i].n = 0;
			into->panels[i].total = 0;
		}
		into->min_visitors = from->min_visitors;
		into->shown = true;
	}
	if (from->min_visitors < into->min_visitors)
		into->min_visitors = from->min_visitors;
	add_totals(&into->totals, &from->totals);
	for (unsigned i = 0; i < DIM__COUNT; i++)
		if (merge_panel(into, (enum dimension)i, &from->panels[i]))
			return -1;
	return 0;
}

/* ---- order ---- */

/* The fold of the whole panel; a parent's fold ("Firefox (other)") is a row among others. */
static bool is_last(const struct trend_row *row)
{
	return row->other && strcmp(row->key, "(other)") == 0;
}

static int by_text(const struct trend_row *x, const struct trend_row *y)
{
	int order = strcmp(x->key, y->key);
	return order ? order : (int)x->other - (int)y->other;
}

/*
 * The lower edge of a bin, which is what its name begins with: "under 1 ms", "4-8 ms", "512 B - 1
 * KiB", "1 KiB or more". Dates and hours have digits of one length and go by their text.
 */
static bool edge_of(const char *key, uint64_t *ret)
{
	static const char prefixes[] = "KMGTPE";
	if (strncmp(key, "under ", 6) == 0) {
		*ret = 0;
		return true;
	}
	if (*key < '0' || *key > '9')
		return false;
	char *end;
	uint64_t edge = strtoull(key, &end, 10);
	const char *prefix =
	    *end == ' ' && end[1] && end[2] == 'i' ? strchr(prefixes, end[1]) : NULL;
	*ret = prefix ? edge << 10 * (prefix - prefixes + 1) : edge;
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct trend_row *x = a, *y = b;
	uint64_t edge_x, edge_y;
	if (is_last(x) != is_last(y))
		return is_last(x) ? 1 : -1;
	if (edge_of(x->key, &edge_x) && edge_of(y->key, &edge_y) && edge_x != edge_y)
		return edge_x < edge_y ? -1 : 1;
	return by_text(x, y);
}

static int by_hits(const void *a, const void *b)
{
	const struct trend_row *x = a, *y = b;
	if (is_last(x) != is_last(y))
		return is_last(x) ? 1 : -1;
	if (x->figures.hits != y->figures.hits)
		return x->figures.hits > y->figures.hits ? -1 : 1;
	return by_text(x, y);
}

void trend_sort(struct trend *trend)
{
	for (unsigned i = 0; i < DIM__COUNT; i++) {
		struct trend_panel *panel = &trend->panels[i];
		bool key_order = dimension_info((enum dimension)i)->by_key;
		drop_index(panel);
		if (panel->n)
			qsort(panel->rows, panel->n, sizeof(*panel->rows),
			      key_order ? by_key : by_hits);
	}
}
