#include "export/report_parts.h"
#include <stddef.h>
#include "aggregate/veil/hit.h"
#include "ingest/reject.h"

_Static_assert((int)EXCLUDE__COUNT <= (int)TREND_REASONS_MAX &&
		   (int)REJECT__COUNT <= (int)TREND_REASONS_MAX,
	       "a balance has room for all reasons");

bool report_excluded(const struct balance *balance, unsigned i, struct report_reason *ret)
{
	if (i + 1 >= EXCLUDE__COUNT)
		return false;
	*ret = (struct report_reason){exclude_name(i + 1), balance->excluded[i + 1]};
	return true;
}

bool report_rejected(const struct balance *balance, unsigned i, struct report_reason *ret)
{
	if (i + 1 >= REJECT__COUNT)
		return false;
	*ret = (struct report_reason){reject_name((enum reject)(i + 1)), balance->rejected[i + 1]};
	return true;
}

uint64_t report_sum(const uint64_t reasons[TREND_REASONS_MAX])
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < TREND_REASONS_MAX; i++)
		sum += reasons[i];
	return sum;
}

static const struct {
	const char *name;
	size_t at;
} totals_table[] = {
    {"reordered", offsetof(struct trend_totals, reordered)},
    {"hits", offsetof(struct trend_totals, hits)},
    {"pages", offsetof(struct trend_totals, pages)},
    {"visits", offsetof(struct trend_totals, visits)},
    {"bounces", offsetof(struct trend_totals, bounces)},
    {"steps", offsetof(struct trend_totals, steps)},
    {"visit_seconds", offsetof(struct trend_totals, visit_seconds)},
    {"visitors", offsetof(struct trend_totals, visitors)},
    {"units", offsetof(struct trend_totals, units)},
    {"customers", offsetof(struct trend_totals, customers)},
    {"bytes", offsetof(struct trend_totals, bytes)},
    {"crawler_hits", offsetof(struct trend_totals, crawler_hits)},
    {"crawler_bytes", offsetof(struct trend_totals, crawler_bytes)},
};

bool report_total(const struct trend_totals *totals, unsigned i, struct report_reason *ret)
{
	if (i >= sizeof(totals_table) / sizeof(*totals_table))
		return false;
	*ret = (struct report_reason){
	    totals_table[i].name,
	    *(const uint64_t *)(const void *)((const char *)totals + totals_table[i].at)};
	return true;
}

enum figure_kind { PLAIN, AMOUNT, LATENCY };

static const struct {
	const char *json, *csv;
	enum figure_kind kind;
	size_t at;
	unsigned has; /* 0 = always */
} figure_table[REPORT_FIGURES] = {
    {"hits", "hits", PLAIN, offsetof(struct figures, hits), 0},
    {"visitors", "visitors", PLAIN, offsetof(struct figures, visitors), 0},
    {"bytes", "bytes", PLAIN, offsetof(struct figures, bytes), 0},
    {"units", "units", PLAIN, offsetof(struct figures, units), 0},
    {"visits", "visits", PLAIN, offsetof(struct figures, visits), FIGURE_VISITS},
    {"pages", "pages", PLAIN, offsetof(struct figures, pages), FIGURE_PAGES},
    {"bounces", "bounces", PLAIN, offsetof(struct figures, bounces), FIGURE_BOUNCES},
    {"customers", "customers", PLAIN, offsetof(struct figures, customers), FIGURE_CUSTOMERS},
    {"amount", "amount", AMOUNT, offsetof(struct figures, amount), FIGURE_AMOUNT},
    {"p50", "p50_ms", LATENCY, offsetof(struct figures, p50_us), FIGURE_LATENCY},
    {"p95", "p95_ms", LATENCY, offsetof(struct figures, p95_us), FIGURE_LATENCY},
};

const char *report_figure_name(unsigned i, bool csv)
{
	return csv ? figure_table[i].csv : figure_table[i].json;
}

bool report_figure(const struct figures *figures, unsigned i, struct quantity *ret)
{
	if (figure_table[i].has && !(figures->has & figure_table[i].has))
		return false;
	const void *at = (const char *)figures + figure_table[i].at;
	switch (figure_table[i].kind) {
	case AMOUNT:
		*ret = quantity_hundredths(*(const int64_t *)at);
		break;
	case LATENCY:
		*ret = quantity_thousandths(*(const uint32_t *)at);
		break;
	case PLAIN:
		*ret = quantity_plain(*(const uint64_t *)at);
		break;
	}
	return true;
}

void report_other_sentence(const struct trend *trend, enum dimension dimension, char *out,
			   size_t cap)
{
	const struct trend_panel *panel = &trend->panels[dimension];
	uint64_t hits = trend_other_hits(panel);
	*out = '\0';
	if (!hits)
		return;
	snprintf(out, cap,
		 "%s of %s lie in (other): each seen from fewer than %u addresses, and what had to "
		 "join them so that they cannot be worked out%s.",
		 quantity_share(hits, panel->total).text,
		 dimension_counts_text(dimension_info(dimension)->counts), trend->min_visitors,
		 panel->approximate ? ", and names that memory had no room for" : "");
}

void report_hidden_sentence(const struct trend *trend, char *out, size_t cap)
{
	snprintf(
	    out, cap,
	    "Fewer than %u addresses took part, so only the balance of lines is shown: in anything "
	    "more, a single person could be found.",
	    trend->min_visitors);
}
