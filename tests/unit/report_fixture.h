/*
 * report_fixture.h: a trend as a month of a small shop would give it, for the tests of the
 * renderers.
 */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/tally/trend.h"
#include "export/report.h"

static void fixture_row(struct trend *trend, enum dimension dimension, const char *key,
			uint64_t hits, uint64_t visitors, uint64_t bytes)
{
	struct figures figures = {
	    .hits = hits, .bytes = bytes, .visitors = visitors, .units = visitors - visitors / 9};
	size_t n = strlen(key);
	bool other = n >= 7 && strcmp(key + n - 7, "(other)") == 0;
	if (dimension == DIM_DAY || dimension == DIM_HOUR) {
		figures.visits = visitors + visitors / 5;
		figures.pages = hits / 4;
		figures.bounces = visitors / 3;
		figures.has = FIGURE_VISITS | FIGURE_PAGES | FIGURE_BOUNCES;
	}
	if (dimension == DIM_PAGE) {
		figures.p50_us = (uint32_t)(8000 + hits % 977 * 13);
		figures.p95_us = figures.p50_us * 11;
		figures.has = FIGURE_LATENCY;
	}
	if (dimension == DIM_GOAL) {
		figures.amount = (int64_t)hits * 3995;
		figures.has = FIGURE_AMOUNT;
	}
	trend_add(trend, dimension, key, other, &figures);
}

static const struct {
	enum dimension dimension;
	const char *key;
	uint64_t hits, visitors, bytes;
} fixture_rows[] = {
    {DIM_PAGE, "/", 31240, 12044, 812345678},
    {DIM_PAGE, "/shop/{n}", 18411, 7012, 912345678},
    {DIM_PAGE, "/blog/{date}/how-we-pack-a-parcel-in-thirty-seconds", 9042, 6120, 212345678},
    {DIM_PAGE, "/basket", 4230, 2044, 41234567},
    {DIM_PAGE, "/checkout/complete", 1298, 1202, 9234567},
    {DIM_PAGE, "/caf\xC3\xA9/men\xC3\xBC", 800, 612, 3234567},
    {DIM_PAGE, "/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E/\xE3\x83\x9A\xE3\x83\xBC\xE3\x82\xB8", 640,
     512, 3134567},
    {DIM_PAGE, "/users/{name}", 511, 431, 1934567},
    {DIM_PAGE, "/contact", 402, 380, 934567},
    {DIM_PAGE, "/search", 377, 301, 834567},
    {DIM_PAGE, "/imprint", 120, 111, 234567},
    {DIM_PAGE, "/jobs", 61, 55, 134567},
    {DIM_PAGE, "(other)", 7420, 3011, 91234567},
    {DIM_ENTRY_PAGE, "/", 14200, 11044, 0},
    {DIM_ENTRY_PAGE, "/shop/{n}", 5120, 4312, 0},
    {DIM_ENTRY_PAGE, "(other)", 1210, 911, 0},
    {DIM_EXIT_PAGE, "/shop/{n}", 11233, 8044, 0},
    {DIM_EXIT_PAGE, "/checkout/complete", 1198, 1102, 0},
    {DIM_EXIT_PAGE, "(other)", 8099, 3011, 0},
    {DIM_FLOW, "/ \xE2\x86\x92 /shop/{n}", 8211, 5044, 0},
    {DIM_FLOW, "/blog/{date}/how-we-pack-a-parcel-in-thirty-seconds \xE2\x86\x92 /basket", 3001,
     2044, 0},
    {DIM_FLOW, "(other)", 12880, 4100, 0},
    {DIM_NOT_FOUND_PAGE, "/wp-login.php", 8021, 203, 4234567},
    {DIM_NOT_FOUND_PAGE, "(other)", 3122, 801, 934567},
    {DIM_REFERRER_HOST, "news.example.org", 2110, 1804, 8123456},
    {DIM_REFERRER_HOST, "(other)", 801, 611, 2123456},
    {DIM_SEARCH_ENGINE, "Google", 9120, 6804, 98123456},
    {DIM_SEARCH_ENGINE, "DuckDuckGo", 1311, 911, 12123456},
    {DIM_CAMPAIGN, "newsletter/email/autumn-sale", 1840, 1204, 18123456},
    {DIM_GOAL, "purchase", 1298, 1202, 0},
    {DIM_GOAL, "newsletter", 88, 88, 0},
    {DIM_COUNTRY, "DE", 312044, 8044, 1812345678},
    {DIM_COUNTRY, "AT", 81044, 2044, 412345678},
    {DIM_COUNTRY, "(unknown)", 2044, 93, 12345678},
    {DIM_BROWSER, "Firefox", 151044, 4044, 812345678},
    {DIM_BROWSER, "Chrome", 240121, 6111, 1212345678},
    {DIM_BROWSER, "(other)", 3967, 26, 12345678},
    {DIM_BROWSER_VERSION, "Chrome 120", 200121, 5111, 1012345678},
    {DIM_BROWSER_VERSION, "Chrome (other)", 40000, 1000, 200000000},
    {DIM_BROWSER_VERSION, "Firefox 115", 151044, 4044, 812345678},
    {DIM_BROWSER_VERSION, "(other)", 3967, 26, 12345678},
    {DIM_CRAWLER, "Googlebot", 61044, 312, 512345678},
    {DIM_CRAWLER, "GPTBot", 41044, 51, 312345678},
    {DIM_STATUS, "200", 402113, 14044, 3812345678},
    {DIM_STATUS, "304", 88113, 9044, 0},
    {DIM_STATUS, "404", 11143, 902, 5169134},
    {DIM_STATUS, "(other)", 12, 7, 120},
    {DIM_METHOD, "GET", 498113, 17044, 3812345678},
    {DIM_METHOD, "POST", 3268, 2044, 22345678},
    {DIM_SIZE, "0 B", 88113, 9044, 0},
    {DIM_SIZE, "512 B - 1 KiB", 11143, 902, 9169134},
    {DIM_SIZE, "1 KiB - 2 KiB", 300000, 14044, 492345678},
    {DIM_SIZE, "64 KiB - 128 KiB", 102125, 13044, 3329912186},
};

static void fixture_times(struct trend *trend)
{
	char key[32];
	for (unsigned i = 0; i < 40; i++) {
		unsigned weekend = (i + 4) % 7 < 2;
		snprintf(key, sizeof(key), "2016-%02u-%02u", i < 24 ? 9 : 10,
			 i < 24 ? i + 7 : i - 23);
		fixture_row(trend, DIM_DAY, key,
			    9000 + i * 211 + i * 37 % 11 * 300 - weekend * 5000,
			    300 + i * 11 + i * 31 % 13 * 9 - weekend * 150, 71234567 + i * 2345678);
	}
	for (unsigned i = 0; i < 24; i++) {
		unsigned shape[24] = {5,  3,  2,  1,  1,  2,  4,  9,  17, 25, 31, 33,
				      30, 29, 30, 31, 32, 33, 36, 40, 41, 35, 23, 12};
		snprintf(key, sizeof(key), "%02u", i);
		fixture_row(trend, DIM_HOUR, key, shape[i] * 991, shape[i] * 32,
			    shape[i] * 7123456);
	}
}

static struct trend *fixture_new(void)
{
	struct trend *trend = trend_new(5);
	if (!trend)
		return NULL;
	trend->shown = true;
	for (size_t i = 0; i < sizeof(fixture_rows) / sizeof(*fixture_rows); i++)
		fixture_row(trend, fixture_rows[i].dimension, fixture_rows[i].key,
			    fixture_rows[i].hits, fixture_rows[i].visitors, fixture_rows[i].bytes);
	fixture_times(trend);
	trend->totals = (struct trend_totals){.hits = 501381,
					      .pages = 74552,
					      .visits = 20530,
					      .bounces = 8211,
					      .visitors = 17912,
					      .units = 15201,
					      .customers = 0,
					      .bytes = 3834691356,
					      .crawler_hits = 102088,
					      .crawler_bytes = 824691356,
					      .reordered = 118,
					      .steps = 24092,
					      .visit_seconds = 3120411,
					      .first = 1473206400,
					      .last = 1476662399};
	trend->balance =
	    (struct balance){.lines = 504001, .counted = 501381, .bytes_read = 112233445};
	trend->balance.excluded[1] = 12;
	trend->balance.excluded[3] = 1811;
	trend->balance.excluded[6] = 300;
	trend->balance.rejected[2] = 481;
	trend->balance.rejected[3] = 16;
	trend->panels[DIM_NOT_FOUND_PAGE].approximate = true;
	trend_add_note(
	    trend,
	    "/members/\xE2\x80\xA6 looks personal: 812 of 840 names below it were seen from fewer "
	    "than 5 addresses. Declare --route /members/{name}, or --public /members if it is "
	    "not.");
	return trend;
}

/* What the tests change where they need to. */
static const struct report_style plain = {
    .width = 80, .unicode = true, .top = 10, .zone = "Europe/Berlin", .title = "3 files"};

/* What a renderer writes; to be freed. */
static inline char *render(const char *format, struct trend *trend,
			   const struct report_style *style)
{
	char *text = NULL;
	size_t n;
	struct error error = {""};
	FILE *out = open_memstream(&text, &n);
	cr_assert_not_null(out);
	cr_assert_eq(report_render(format, trend, style, out, &error), 0, "%s: %s", format,
		     error.text);
	fclose(out);
	cr_assert_eq(strlen(text), n, "%s writes a NUL", format);
	return text;
}

/* Keys that try to break a format, figures at the edges. */
static inline struct trend *nasty(void)
{
	static const char *const keys[] = {
	    "/\x1B[31mred\x1B[0m\n\r\t\x07",
	    "/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"
	    "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5"
	    "\xE6\x9C\xAC",
	    "/\xFF\xFE\xC3",
	    "/e\xCC\x81\xCC\x81\xCC\x81/\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
	    "/\xE2\x80\xAEgnp.exe",
	    "=cmd|' /C calc'!A0",
	    "/from/a/page/with/a/long/name/that/goes/on \xE2\x86\x92 "
	    "/to/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5"
	    "\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xE2\x86\x92 ",
	    " \xE2\x86\x92 ",
	    "+1",
	    "-1",
	    "@SUM(A1)",
	    "a,\"b\",c",
	    "",
	    " ",
	    "\"",
	    "/\xC2\x9B"
	    "31m",
	    "</th></table><script>alert(1)</script><b title='x' \"&amp;",
	    "/a/very/long/path/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/"
	    "and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/until/"
	    "the/end",
	};
	struct trend *trend = fixture_new();
	cr_assert_not_null(trend);
	for (unsigned d = 0; d < DIM__COUNT; d++)
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
			struct figures figures = {.hits = i * 1000003,
						  .bytes = i % 2 ? UINT64_MAX : 1,
						  .visitors = i % 3 ? i : UINT64_MAX / 2,
						  .amount = i % 2 ? INT64_MIN : INT64_MAX,
						  .p50_us = 1,
						  .p95_us = UINT32_MAX,
						  .has = i % 4 ? 63 : 0};
			trend_add(trend, (enum dimension)d, keys[i], false, &figures);
		}
	trend->balance.excluded[5] = UINT64_MAX / 4;
	trend->balance.dropped = 12345;
	trend->totals.customers = UINT64_MAX;
	trend->totals.approximate = true;
	return trend;
}

#endif
