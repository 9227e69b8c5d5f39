#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include "export/quantity.h"
#include "export/report.h"
#include "tests/unit/report_fixture.h"

/* ---- json ---- */

static uint64_t number(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	cr_assert(json_is_integer(value), "%s is not an integer", key);
	return (uint64_t)json_integer_value(value);
}

static void check_row(const char *panel, const struct trend_row *row, const json_t *got)
{
	const struct figures *f = &row->figures;
	cr_assert_str_eq(json_string_value(json_object_get(got, "key")), row->key, "%s", panel);
	cr_assert_eq(number(got, "hits"), f->hits, "%s %s", panel, row->key);
	cr_assert_eq(number(got, "visitors"), f->visitors, "%s %s", panel, row->key);
	cr_assert_eq(number(got, "bytes"), f->bytes, "%s %s", panel, row->key);
	cr_assert_eq(number(got, "units"), f->units, "%s %s", panel, row->key);
	cr_assert_eq(!!json_object_get(got, "visits"), !!(f->has & FIGURE_VISITS));
	cr_assert_eq(!!json_object_get(got, "amount"), !!(f->has & FIGURE_AMOUNT));
	cr_assert_eq(!!json_object_get(got, "p95"), !!(f->has & FIGURE_LATENCY));
	cr_assert_eq(!!json_object_get(got, "other"), row->other);
	if (f->has & FIGURE_VISITS)
		cr_assert_eq(number(got, "visits"), f->visits);
	if (f->has & FIGURE_AMOUNT)
		cr_assert_float_eq(json_number_value(json_object_get(got, "amount")) * 100,
				   (double)f->amount, 0.001);
	if (f->has & FIGURE_LATENCY)
		cr_assert_float_eq(json_number_value(json_object_get(got, "p95")) * 1000,
				   (double)f->p95_us, 0.001);
}

static json_t *load(const char *text, size_t flags)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | flags, &error);
	cr_assert_not_null(root, "line %d: %s", error.line, error.text);
	return root;
}

Test(report_json, says_what_the_model_says)
{
	struct trend *trend = fixture_new();
	char *text = render("json", trend, &plain);
	json_t *root = load(text, 0), *general = json_object_get(root, "general");
	cr_assert_eq(number(root, "schema"), 1);
	cr_assert_eq(number(root, "definitions"), 1);
	cr_assert_eq(number(general, "lines"), trend->balance.lines);
	cr_assert_eq(number(general, "counted"), trend->balance.counted);
	cr_assert_eq(number(json_object_get(general, "excluded"), "opt_out"), 1811);
	cr_assert_eq(number(json_object_get(general, "excluded"), "late"), 0);
	cr_assert_eq(number(json_object_get(general, "rejected"), "format"), 481);
	cr_assert_eq(number(general, "hits"), trend->totals.hits);
	cr_assert_eq(number(general, "pages"), trend->totals.pages);
	cr_assert_eq(number(general, "visits"), trend->totals.visits);
	cr_assert_eq(number(general, "visitors"), trend->totals.visitors);
	cr_assert_eq(number(general, "reordered"), trend->totals.reordered);
	cr_assert_eq(number(general, "visit_seconds"), trend->totals.visit_seconds);
	cr_assert_eq(number(general, "min_visitors"), 5);
	cr_assert_str_eq(json_string_value(json_object_get(general, "guarantee")), "none (k-gate)");
	cr_assert_str_eq(json_string_value(json_object_get(general, "first")),
			 "2016-09-07T00:00:00Z");
	cr_assert_str_eq(json_string_value(json_object_get(general, "time_zone")), "Europe/Berlin");
	json_t *panels = json_object_get(root, "panels"), *totals = json_object_get(root, "totals");
	cr_assert_eq(json_object_size(panels), DIM__COUNT);
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *panel = &trend->panels[d];
		const char *name = dimension_info((enum dimension)d)->name;
		json_t *rows = json_object_get(panels, name),
		       *total = json_object_get(totals, name);
		cr_assert_eq(json_array_size(rows), panel->n, "%s", name);
		for (size_t i = 0; i < panel->n; i++)
			check_row(name, &panel->rows[i], json_array_get(rows, i));
		cr_assert_eq(number(total, "hits"), panel->total);
		cr_assert_eq(number(total, "named"), panel->total - trend_other_hits(panel));
		cr_assert_eq(json_is_true(json_object_get(total, "approximate")),
			     panel->approximate);
	}
	cr_assert_eq(json_array_size(json_object_get(root, "notes")), 1);
	json_decref(root);
	free(text);
	trend_free(trend);
}

/* ---- csv ---- */

enum { FIELDS = 13 };

/* One record of RFC 4180, strictly; returns what follows it. The fields are unescaped in place. */
static char *read_record(char *p, char *fields[FIELDS])
{
	for (unsigned i = 0; i < FIELDS; i++) {
		char *to = fields[i] = p + (*p == '"');
		if (*p == '"') {
			for (p++; *p != '"' || p[1] == '"'; p++) {
				cr_assert(*p, "an open quote");
				p += *p == '"';
				*to++ = *p;
			}
			p++;
		} else {
			p += strcspn(p, ",\r\n\"");
			to = p;
		}
		bool last = i == FIELDS - 1;
		cr_assert(last ? p[0] == '\r' && p[1] == '\n' : *p == ',',
			  "field %u ends with %02x", i, *p);
		*p = '\0';
		*to = '\0';
		p += last ? 2 : 1;
	}
	return p;
}

static void check_fields(const struct trend_row *row, char *fields[FIELDS])
{
	const struct figures *f = &row->figures;
	cr_assert_str_eq(fields[1], row->key);
	cr_assert_eq(strtoull(fields[2], NULL, 10), f->hits, "%s", row->key);
	cr_assert_eq(strtoull(fields[3], NULL, 10), f->visitors, "%s", row->key);
	cr_assert_eq(strtoull(fields[4], NULL, 10), f->bytes, "%s", row->key);
	cr_assert_eq(strtoull(fields[5], NULL, 10), f->units, "%s", row->key);
	cr_assert_eq(!!*fields[6], !!(f->has & FIGURE_VISITS), "%s", row->key);
	cr_assert_str_eq(fields[10],
			 f->has & FIGURE_AMOUNT ? quantity_hundredths(f->amount).text : "");
	cr_assert_str_eq(fields[12],
			 f->has & FIGURE_LATENCY ? quantity_thousandths(f->p95_us).text : "");
}

Test(report_csv, says_what_the_model_says)
{
	struct trend *trend = fixture_new();
	char *text = render("csv", trend, &plain), *fields[FIELDS], *p = read_record(text, fields);
	cr_assert_str_eq(fields[0], "panel");
	cr_assert_str_eq(fields[12], "p95_ms");
	unsigned general = 0;
	uint64_t reasons = 0, lines = 0;
	for (p = read_record(p, fields); !strcmp(fields[0], "general");
	     p = read_record(p, fields)) {
		uint64_t value = strtoull(fields[2], NULL, 10);
		general++;
		lines = strcmp(fields[1], "lines") ? lines : value;
		if (!strcmp(fields[1], "counted") || !strncmp(fields[1], "excluded.", 9) ||
		    !strncmp(fields[1], "rejected.", 9))
			reasons += value;
	}
	cr_assert(general > 30);
	cr_assert_eq(lines, trend->balance.lines);
	cr_assert_eq(reasons, lines);
	for (unsigned d = 0; d < DIM__COUNT; d++)
		for (size_t i = 0; i < trend->panels[d].n; i++) {
			cr_assert_str_eq(fields[0], dimension_info((enum dimension)d)->name);
			check_fields(&trend->panels[d].rows[i], fields);
			p = read_record(p, fields);
		}
	cr_assert_str_eq(fields[0], "approximate");
	cr_assert_str_eq(fields[1], "not_found_page");
	cr_assert_eq(*p, '\0');
	free(text);
	trend_free(trend);
}

static const struct {
	const char *name, *key, *field;
} keys[] = {
    {"plain", "/a b", "/a b"},
    {"comma", "/a,b", "\"/a,b\""},
    {"quote", "/a\"b", "\"/a\"\"b\""},
    {"formula", "=1+1", "\"'=1+1\""},
    {"plus", "+1", "\"'+1\""},
    {"minus", "-/-/autumn", "\"'-/-/autumn\""},
    {"at", "@x", "\"'@x\""},
    {"formula behind a control byte", "\t=1", "\xEF\xBF\xBD=1"},
    {"line break", "a\r\nb",
     "a\xEF\xBF\xBD\xEF\xBF\xBD"
     "b"},
    {"not UTF-8", "a\xFF", "a\xEF\xBF\xBD"},
    {"UTF-8", "caf\xC3\xA9", "caf\xC3\xA9"},
};

Test(report_csv, keys_are_quoted_and_no_formula)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct trend *trend = trend_new(5);
		struct figures one = {.hits = 1};
		char want[128];
		trend->shown = true;
		trend_add(trend, DIM_PAGE, keys[i].key, false, &one);
		snprintf(want, sizeof(want), "\npage,%s,1,0,0,0,,,,,,,\r\n", keys[i].field);
		char *text = render("csv", trend, &plain);
		cr_expect(strstr(text, want), "%s: no %s in %s", keys[i].name, want, text);
		free(text);
		trend_free(trend);
	}
}

/* ---- html ---- */

/* Every tag that opens is closed, in order; nothing stands between tags that is not escaped. */
__attribute__((noinline)) static void check_tags(const char *html)
{
	char open[32][16];
	unsigned depth = 0;
	for (const char *p = strchr(html + 1, '<'); p; p = strchr(p + 1, '<')) {
		size_t n = strcspn(p + 1 + (p[1] == '/'), " >\n");
		char name[16] = "";
		cr_assert(n < sizeof(name), "%.40s", p);
		memcpy(name, p + 1 + (p[1] == '/'), n);
		if (!strcmp(name, "meta") || !strcmp(name, "input"))
			continue;
		if (p[1] == '/') {
			cr_assert(depth && !strcmp(open[depth - 1], name), "%.40s", p);
			depth--;
		} else {
			cr_assert(depth < 32);
			strcpy(open[depth++], name);
		}
	}
	cr_assert_eq(depth, 0, "%s stays open", open[depth - 1]);
}

Test(report_html, is_one_page_that_fetches_nothing)
{
	static const char *const forbidden[] = {
	    "<script", "http:", "https:", "src=", "url(", "@import", "<b "};
	struct trend *trends[] = {fixture_new(), nasty(), trend_new(5), fixture_new()};
	trends[3]->shown = false;
	for (size_t i = 0; i < sizeof(trends) / sizeof(*trends); i++) {
		char *text = render("html", trends[i], &plain);
		check_tags(text);
		for (size_t f = 0; f < sizeof(forbidden) / sizeof(*forbidden); f++)
			cr_expect_null(strstr(text, forbidden[f]), "trend %zu: %s", i,
				       forbidden[f]);
		cr_expect(strstr(text, "At least 5 addresses"), "trend %zu", i);
		free(text);
		trend_free(trends[i]);
	}
}

Test(report_html, says_what_the_model_says)
{
	struct trend *trend = fixture_new();
	char *text = render("html", trend, &plain), *at = text, want[512];
	for (unsigned d = 0; d < DIM__COUNT; d++)
		for (size_t i = 0; i < trend->panels[d].n; i++) {
			const struct trend_row *row = &trend->panels[d].rows[i];
			struct quantity q =
			    quantity_share(row->figures.hits, trend->panels[d].total);
			bool tiny = *q.text == '<';
			snprintf(want, sizeof(want),
				 "<bdi>%s</bdi></th><td>%s</td><td>%s%s</td><td>%s</td>", row->key,
				 quantity_count(row->figures.hits).text, tiny ? "&lt;" : "",
				 q.text + tiny, quantity_count(row->figures.visitors).text);
			at = strstr(at, want);
			cr_assert_not_null(at, "%s is missing or out of order", want);
		}
	cr_assert(strstr(text, "<label for=\"all-page\">show 2 more</label>"), "%s", text);
	cr_assert(strstr(text, "<label for=\"all-day\">show 9 more</label>"));
	free(text);
	trend_free(trend);
}

Test(report_html, a_page_has_an_end)
{
	struct trend *trend = trend_new(5);
	struct figures one = {.hits = 1, .visitors = 9};
	trend->shown = true;
	for (unsigned i = 0; i < 5000; i++) {
		char key[32];
		snprintf(key, sizeof(key), "/%u", i);
		trend_add(trend, DIM_PAGE, key, false, &one);
	}
	trend_add(trend, DIM_PAGE, "(other)", true, &one);
	char *text = render("html", trend, &plain);
	unsigned rows = 0;
	for (char *p = text; (p = strstr(p, "<bdi>")); p++)
		rows++;
	cr_assert_eq(rows, 1001);
	cr_assert(strstr(text, "4,000 more are in the JSON and CSV reports."));
	cr_assert(strstr(text, "<bdi>(other)</bdi>"));
	free(text);
	trend_free(trend);
}

/* ---- all formats ---- */

Test(report, names)
{
	cr_assert_str_eq(report_list(0), "text");
	unsigned n = 0;
	while (report_list(n))
		n++;
	cr_assert(n >= 3);
	cr_assert_null(report_list(n));
	struct error error;
	struct trend *trend = trend_new(5);
	cr_assert_eq(report_render("xml", trend, &plain, stdout, &error), -1);
	cr_assert(strstr(error.text, "xml is not a report format"), "%s", error.text);
	trend_free(trend);
}

Test(report, below_k_only_the_balance_is_printed)
{
	struct trend *trend = fixture_new();
	trend->shown = false;
	for (unsigned i = 0; report_list(i); i++) {
		char *text = render(report_list(i), trend, &plain);
		for (unsigned d = 0; d < DIM__COUNT; d++)
			for (size_t r = 0; r < trend->panels[d].n; r++)
				cr_expect(strlen(trend->panels[d].rows[r].key) < 7 ||
					      !strstr(text, trend->panels[d].rows[r].key),
					  "%s shows %s", report_list(i),
					  trend->panels[d].rows[r].key);
		cr_expect_null(strstr(text, "17912"), "%s shows the visitors", report_list(i));
		cr_expect_null(strstr(text, "17,912"), "%s shows the visitors", report_list(i));
		cr_expect_null(strstr(text, "personal"), "%s shows a note", report_list(i));
		cr_expect_null(strstr(text, "2016"), "%s shows a time", report_list(i));
		cr_expect(strstr(text, "504001") || strstr(text, "504,001"), "%s: no lines",
			  report_list(i));
		cr_expect(strstr(text, "5"), "%s: no k", report_list(i));
		free(text);
	}
	char *text = render("text", trend, &plain);
	cr_assert(strstr(text, "Fewer than 5 addresses took part"), "%s", text);
	free(text);
	text = render("json", trend, &plain);
	json_t *root = load(text, 0), *general = json_object_get(root, "general");
	cr_assert(json_is_null(json_object_get(general, "visitors")));
	cr_assert(json_is_null(json_object_get(general, "first")));
	cr_assert(json_is_false(json_object_get(general, "shown")));
	cr_assert_eq(json_array_size(json_object_get(json_object_get(root, "panels"), "page")), 0);
	cr_assert_eq(json_object_size(json_object_get(root, "totals")), 0);
	json_decref(root);
	free(text);
	trend_free(trend);
}

Test(report, nothing_at_all)
{
	for (unsigned i = 0; report_list(i); i++) {
		struct trend *trend = trend_new(5);
		trend->shown = i % 2;
		free(render(report_list(i), trend, &plain));
		trend->shown = !trend->shown;
		char *text = render(report_list(i), trend, &plain);
		cr_expect_null(strstr(text, "1970"), "%s shows the epoch", report_list(i));
		free(text);
		trend_free(trend);
	}
}

Test(report, the_order_of_insertion_does_not_matter)
{
	struct trend *one = fixture_new(), *two = fixture_new();
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		struct trend_panel *panel = &two->panels[d];
		for (size_t i = 0; i < panel->n / 2; i++) {
			struct trend_row row = panel->rows[i];
			panel->rows[i] = panel->rows[panel->n - 1 - i];
			panel->rows[panel->n - 1 - i] = row;
		}
	}
	for (unsigned i = 0; report_list(i); i++) {
		char *a = render(report_list(i), one, &plain),
		     *b = render(report_list(i), two, &plain);
		cr_expect_str_eq(a, b, "%s", report_list(i));
		free(a);
		free(b);
	}
	trend_free(one);
	trend_free(two);
}

Test(report, nasty_keys_break_no_format)
{
	struct trend *trend = nasty();
	for (unsigned i = 0; report_list(i); i++) {
		char *text = render(report_list(i), trend, &plain);
		for (char *p = text; *p; p++)
			cr_assert((unsigned char)*p >= 0x20 || *p == '\n' ||
				      (*p == '\r' && p[1] == '\n'),
				  "%s: control byte %02x", report_list(i), *p);
		if (!strcmp(report_list(i), "json"))
			/* jansson reads no integer beyond 63 bits */
			json_decref(load(text, JSON_DECODE_INT_AS_REAL));
		if (!strcmp(report_list(i), "csv"))
			for (char *p = text, *fields[FIELDS]; *p;)
				p = read_record(p, fields);
		free(text);
	}
	trend_free(trend);
}

Test(report, a_full_disk_is_an_error)
{
	struct trend *trend = fixture_new();
	for (unsigned i = 0; report_list(i); i++) {
		struct error error = {""};
		FILE *out = fopen("/dev/full", "w");
		if (!out)
			cr_skip_test("no /dev/full here");
		cr_expect_eq(report_render(report_list(i), trend, &plain, out, &error), -1, "%s",
			     report_list(i));
		cr_expect(strstr(error.text, "No space left"), "%s: %s", report_list(i),
			  error.text);
		fclose(out);
	}
	trend_free(trend);
}
