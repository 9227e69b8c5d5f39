/* The report for programs; docs/report.md is its contract. */
#include "export/json_writer.h"
#include "export/report_parts.h"

static void put_reasons(struct json_writer *json, const char *key, const struct balance *balance,
			bool (*reason)(const struct balance *, unsigned, struct report_reason *))
{
	struct report_reason r;
	json_writer_open_object(json, key, true);
	for (unsigned i = 0; reason(balance, i, &r); i++)
		json_writer_count(json, r.name, r.lines);
	json_writer_close(json);
}

static void put_balance(struct json_writer *json, const struct balance *balance)
{
	json_writer_count(json, "lines", balance->lines);
	json_writer_count(json, "counted", balance->counted);
	put_reasons(json, "excluded", balance, report_excluded);
	put_reasons(json, "rejected", balance, report_rejected);
	json_writer_count(json, "dropped", balance->dropped);
	json_writer_count(json, "bytes_read", balance->bytes_read);
}

static void put_time(struct json_writer *json, const char *key, bool known, int64_t time)
{
	if (known)
		json_writer_text(json, key, quantity_time(time).text);
	else
		json_writer_null(json, key);
}

static void put_totals(struct json_writer *json, const struct trend *trend)
{
	struct report_reason total;
	for (unsigned i = 0; report_total(&trend->totals, i, &total); i++) {
		if (trend->shown)
			json_writer_count(json, total.name, total.lines);
		else
			json_writer_null(json, total.name);
	}
	bool dated = trend->shown && trend->totals.hits;
	put_time(json, "first", dated, trend->totals.first);
	put_time(json, "last", dated, trend->totals.last);
}

static void put_general(struct json_writer *json, const struct trend *trend,
			const struct report_style *style)
{
	json_writer_open_object(json, "general", false);
	put_balance(json, &trend->balance);
	put_totals(json, trend);
	json_writer_text(json, "time_zone", style->zone ? style->zone : "UTC");
	json_writer_bool(json, "shown", trend->shown);
	if (trend->shown)
		json_writer_bool(json, "approximate", trend->totals.approximate);
	else
		json_writer_null(json, "approximate");
	json_writer_count(json, "min_visitors", trend->min_visitors);
	json_writer_text(json, "guarantee", REPORT_GUARANTEE);
	json_writer_close(json);
}

static void put_row(struct json_writer *json, const struct trend_row *row)
{
	struct quantity figure;
	json_writer_open_object(json, NULL, true);
	json_writer_text(json, "key", row->key);
	for (unsigned i = 0; i < REPORT_FIGURES; i++)
		if (report_figure(&row->figures, i, &figure))
			json_writer_number(json, report_figure_name(i, false), figure.text);
	if (row->other)
		json_writer_bool(json, "other", true);
	json_writer_close(json);
}

static void put_panel(struct json_writer *json, const struct trend *trend, enum dimension dimension)
{
	const struct trend_panel *panel = &trend->panels[dimension];
	size_t n = trend->shown ? panel->n : 0;
	json_writer_open_array(json, dimension_info(dimension)->name, false);
	for (size_t i = 0; i < n; i++)
		put_row(json, &panel->rows[i]);
	json_writer_close(json);
}

static void put_panel_total(struct json_writer *json, const struct trend *trend,
			    enum dimension dimension)
{
	const struct dimension_info *info = dimension_info(dimension);
	const struct trend_panel *panel = &trend->panels[dimension];
	json_writer_open_object(json, info->name, true);
	json_writer_text(json, "counts", dimension_counts_text(info->counts));
	json_writer_count(json, "hits", panel->total);
	json_writer_count(json, "named", panel->total - trend_other_hits(panel));
	json_writer_bool(json, "approximate", panel->approximate);
	json_writer_close(json);
}

int report_json(const struct trend *trend, const struct report_style *style, FILE *out)
{
	struct json_writer json;
	json_writer_init(&json, out);
	json_writer_open_object(&json, NULL, false);
	json_writer_count(&json, "schema", REPORT_SCHEMA);
	json_writer_count(&json, "definitions", REPORT_DEFINITIONS);
	put_general(&json, trend, style);
	json_writer_open_object(&json, "panels", false);
	for (unsigned i = 0; i < DIM__COUNT; i++)
		put_panel(&json, trend, (enum dimension)i);
	json_writer_close(&json);
	json_writer_open_object(&json, "totals", false);
	for (unsigned i = 0; trend->shown && i < DIM__COUNT; i++)
		put_panel_total(&json, trend, (enum dimension)i);
	json_writer_close(&json);
	json_writer_open_array(&json, "notes", false);
	for (size_t i = 0; trend->shown && i < trend->notes_n; i++)
		json_writer_text(&json, NULL, trend->notes[i].text);
	json_writer_close(&json);
	json_writer_close(&json);
	return 0;
}
