#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "aggregate/veil/agent.h"
#include "aggregate/veil/hit.h"
#include "base/zone.h"
#include "export/security_line.h"
#include "ingest/format.h"
#include "ingest/request.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The trace of the examples in docs/security-log.md. */
static struct trace example(void)
{
	return (struct trace){.time = 1795489200,
			      .offset = 3600,
			      .bytes = 512,
			      .duration_us = 1234,
			      .status = 404,
			      .method = METHOD_GET,
			      .protocol = PROTOCOL_HTTP_11,
			      .flags = TRACE_HAS_BYTES | TRACE_HAS_DURATION,
			      .country = "DE",
			      .kid = "9f3c2a7be0154d68",
			      .client = "v_0d2a61f4b7c8935e1a6f42d9c07be853",
			      .network = "5be1740c9ad2f386",
			      .unit = "e83907d1b24c5fa6",
			      .user = "",
			      .path =
				  SLICE_LITERAL("/wp-content/plugins/~1f0c7a9be4d35286/readme.txt"),
			      .query = SLICE_LITERAL("page&q"),
			      .referrer = SLICE_LITERAL("google.de"),
			      .agent = "Firefox",
			      .os = "Linux",
			      .device = "desktop",
			      .version = 128};
}

static void expect(const char *row, enum security_format format, const struct trace *trace,
		   const char *want)
{
	char out[SECURITY_LINE_MAX];
	size_t n = security_line(format, trace, out);
	cr_expect(n == strlen(want) + 1 && !memcmp(out, want, n - 1) && out[n - 1] == '\n',
		  "row %s: expected\n%s\ngot\n%.*s", row, want, (int)n, out);
}

Test(security_line, combined)
{
	struct trace trace = example();
	expect("example", SECURITY_COMBINED, &trace,
	       "v_0d2a61f4b7c8935e1a6f42d9c07be853 - - [24/Nov/2026:04:00:00 +0100] \"GET "
	       "/wp-content/plugins/~1f0c7a9be4d35286/readme.txt?page&q HTTP/1.1\" 404 512 "
	       "\"https://google.de/\" \"Firefox/128 (Linux; desktop) kid=9f3c2a7be0154d68 "
	       "net=5be1740c9ad2f386 unit=e83907d1b24c5fa6 cc=DE\" us=1234");
	trace.user = "77a0c4e2915bd3f8";
	trace.site = slice_from("rigging.example");
	trace.flags = TRACE_OPT_OUT | TRACE_CRAWLER;
	trace.query = trace.referrer = slice_make(NULL, 0);
	trace.agent = "Googlebot";
	trace.version = 0;
	trace.os = trace.device = "(unknown)";
	trace.path = slice_from("{traversal}");
	trace.offset = -12600;
	expect("other", SECURITY_COMBINED, &trace,
	       "v_0d2a61f4b7c8935e1a6f42d9c07be853 - u_77a0c4e2915bd3f8 [23/Nov/2026:23:30:00 "
	       "-0330] \"GET /{traversal} HTTP/1.1\" 404 - \"-\" \"Googlebot (-; -) "
	       "kid=9f3c2a7be0154d68 net=5be1740c9ad2f386 unit=e83907d1b24c5fa6 cc=DE\" "
	       "site=rigging.example tags=opt_out,crawler");
	expect("nothing", SECURITY_COMBINED, &(struct trace){0},
	       "- - - [01/Jan/1970:00:00:00 +0000] \"-\" - - \"-\" \"- (-; -) kid=-\"");
}

Test(security_line, json)
{
	struct trace trace = example();
	expect(
	    "example", SECURITY_JSON, &trace,
	    "{\"@timestamp\":\"2026-11-24T04:00:00+01:00\",\"ecs\":{\"version\":\"8.11.0\"},"
	    "\"event\":{\"duration\":1234000},\"source\":{\"address\":"
	    "\"v_0d2a61f4b7c8935e1a6f42d9c07be853\",\"geo\":{\"country_iso_code\":\"DE\"}},"
	    "\"http\":{\"version\":\"1.1\",\"request\":{\"method\":\"GET\",\"referrer\":"
	    "\"https://google.de/\"},\"response\":{\"status_code\":404,\"body\":{\"bytes\":512}}}"
	    ",\"url\":{\"path\":\"/wp-content/plugins/~1f0c7a9be4d35286/readme.txt\","
	    "\"query\":\"page&q\"},\"user_agent\":{\"name\":\"Firefox\",\"version\":\"128\","
	    "\"os\":{\"name\":\"Linux\"},\"device\":{\"name\":\"desktop\"}},\"veiltally\":{"
	    "\"kid\":\"9f3c2a7be0154d68\",\"network\":\"5be1740c9ad2f386\",\"unit\":"
	    "\"e83907d1b24c5fa6\"}}");
	expect("nothing", SECURITY_JSON, &(struct trace){0},
	       "{\"@timestamp\":\"1970-01-01T00:00:00Z\",\"ecs\":{\"version\":\"8.11.0\"},"
	       "\"source\":{\"address\":\"-\"},\"url\":{\"path\":\"/\"}}");
}

/* The page that explains the format shows what is written. */
Test(security_line, documented)
{
	static char page[1 << 16];
	char out[SECURITY_LINE_MAX];
	struct trace trace = example();
	FILE *file = fopen("docs/security-log.md", "r");
	if (!file)
		cr_skip_test("no docs/security-log.md here");
	page[fread(page, 1, sizeof(page) - 1, file)] = 0;
	fclose(file);
	for (int format = SECURITY_COMBINED; format <= SECURITY_JSON; format++) {
		out[security_line((enum security_format)format, &trace, out)] = 0;
		cr_expect(strstr(page, out), "the page does not show\n%s", out);
	}
}

/* Address modes that write addresses give tools the field they look for. */
Test(security_line, json_source_ip)
{
	static const struct {
		const char *name, *client;
		bool ip;
	} rows[] = {
	    {"v4", "192.0.2.7", true},
	    {"v6", "2001:db8::1", true},
	    {"pseudonym", "v_0d2a61f4b7c8935e1a6f42d9c07be853", false},
	    {"host name", "x_0d2a61f4b7c8935e", false},
	    {"dropped", "-", false},
	    {"hex without a joint", "abcdef", false},
	};
	char out[SECURITY_LINE_MAX];
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct trace trace = example();
		trace.client = rows[i].client;
		json_t *line = json_loadb(out, security_line(SECURITY_JSON, &trace, out), 0, NULL);
		json_t *ip = json_object_get(json_object_get(line, "source"), "ip");
		cr_expect(!!ip == rows[i].ip, "row %s", rows[i].name);
		cr_expect(!ip || !strcmp(json_string_value(ip), rows[i].client), "row %s",
			  rows[i].name);
		json_decref(line);
	}
}

static const struct {
	const char *name;
	int64_t time;
	int32_t offset;
	const char *clf, *iso;
} times[] = {
    {"epoch", 0, 0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"},
    {"before", -5, 0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"},
    {"before by zone", 0, -3600, "01/Jan/1970:00:00:00 -0100", "1970-01-01T00:00:00-01:00"},
    {"leap day", 1709164799 + 86400, 0, "29/Feb/2024:23:59:59 +0000", "2024-02-29T23:59:59Z"},
    {"half an hour", 1709164799, 19800, "29/Feb/2024:05:29:59 +0530", "2024-02-29T05:29:59+05:30"},
    {"odd seconds of a zone", 1709164799, 3601, "29/Feb/2024:00:59:59 +0100",
     "2024-02-29T00:59:59+01:00"},
    {"last", INT64_MAX, 0, "31/Dec/9999:23:59:59 +0000", "9999-12-31T23:59:59Z"},
    {"first", INT64_MIN, INT32_MIN, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"},
};

Test(security_line, times)
{
	char out[SECURITY_LINE_MAX];
	for (size_t i = 0; i < COUNT(times); i++) {
		struct trace trace = {.time = times[i].time, .offset = times[i].offset};
		size_t n = security_line(SECURITY_COMBINED, &trace, out);
		cr_expect(n > 34 && !memcmp(out + 7, times[i].clf, 26), "row %s: %.*s",
			  times[i].name, (int)n, out);
		n = security_line(SECURITY_JSON, &trace, out);
		cr_expect(n > 60 && !memcmp(out + 15, times[i].iso, strlen(times[i].iso)) &&
			      out[15 + strlen(times[i].iso)] == '"',
			  "row %s: %.*s", times[i].name, (int)n, out);
	}
}

/* The dates are those of zone_date, for every day there is. */
Test(security_line, dates)
{
	char out[SECURITY_LINE_MAX], want[16];
	for (int64_t day = 0; day <= 2932896; day++) {
		int year, month, date;
		struct trace trace = {.time = day * 86400};
		security_line(SECURITY_JSON, &trace, out);
		zone_date(day, &year, &month, &date);
		want[0] = (char)('0' + year / 1000);
		want[1] = (char)('0' + year / 100 % 10);
		want[2] = (char)('0' + year / 10 % 10);
		want[3] = (char)('0' + year % 10);
		want[4] = want[7] = '-';
		want[5] = (char)('0' + month / 10);
		want[6] = (char)('0' + month % 10);
		want[8] = (char)('0' + date / 10);
		want[9] = (char)('0' + date % 10);
		cr_assert(!memcmp(out + 15, want, 10), "day %lld: %.10s, not %.10s", (long long)day,
			  out + 15, want);
	}
}

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

struct noise { /* where the texts of a random trace lie */
	char text[11][6000];
};

/* Random bytes, preferring those that mean something to somebody. */
static size_t make_text(char *out, size_t max, bool nul)
{
	static const char sharp[] =
	    "\"\\\n\r\t =&?#%/<>'`[]{}(); kid=\x7f\xc3\xa4\xe2\x80\xa8\xff\x80~,:|$\x1b";
	size_t n = below(8) ? below(40) : below((unsigned)max);
	unsigned kind = below(4);
	for (size_t i = 0; i < n; i++) {
		out[i] = kind == 0   ? (char)below(256)
			 : kind == 1 ? sharp[below(sizeof(sharp) - 1)]
			 : below(9)  ? "abcdef0123456789ZYX-._"[below(22)]
				     : sharp[below(sizeof(sharp) - 1)];
		if (nul && !out[i])
			out[i] = 1;
	}
	if (nul)
		out[n] = 0;
	return n;
}

static struct trace make_trace(struct noise *noise)
{
	struct trace trace = {.time = (int64_t)below(1u << 31),
			      .offset = (int32_t)below(100000) - 50000,
			      .bytes = (uint64_t)below(1u << 31) << below(33),
			      .duration_us = below(1u << 31),
			      .status = (uint16_t)below(1200),
			      .method = (uint8_t)below(METHOD__COUNT + 2),
			      .protocol = (uint8_t)below(PROTOCOL__COUNT + 2),
			      .flags = (uint8_t)below(256),
			      .version = below(2) ? below(1u << 31) : 0};
	struct slice *slices[] = {&trace.path, &trace.query, &trace.referrer, &trace.site};
	const char **strings[] = {&trace.kid,  &trace.client, &trace.network, &trace.unit,
				  &trace.user, &trace.agent,  &trace.os};
	if (below(8) == 0)
		trace.time = (int64_t)((uint64_t)rand() << 33);
	for (size_t i = 0; i < COUNT(slices); i++)
		*slices[i] = slice_make(noise->text[i], make_text(noise->text[i], 6000, false));
	for (size_t i = 0; i < COUNT(strings); i++) {
		make_text(noise->text[4 + i], 5999, true);
		*strings[i] = below(8) ? noise->text[4 + i] : NULL;
	}
	trace.device = trace.os;
	for (size_t i = 0; i < 3; i++)
		trace.country[i] = below(2) ? (char)('A' + below(26)) : (char)below(256);
	return trace;
}

/* What a value reads like once its percent-encoding is taken off; cut values are compared as far
 * as they go. */
static bool reads_as(struct slice written, struct slice want)
{
	size_t at = 0;
	bool cut = written.n > 5 && !memcmp(written.p + written.n - 5, "{...}", 5) &&
		   (written.n > want.n || want.n > 60);
	if (cut)
		written.n -= 5;
	for (size_t i = 0; i < written.n; i++, at++) {
		char c = written.p[i];
		if (c == '%') {
			char hex[3] = {written.p[i + 1], written.p[i + 2], 0};
			c = (char)strtoul(hex, NULL, 16);
			i += 2;
		}
		if (at >= want.n || want.p[at] != c)
			return false;
	}
	return at == want.n || cut;
}

static struct slice text_of(const char *text)
{
	return slice_from(text ? text : "");
}

/* The value behind " name=" in the agent field; empty when there is none. */
static struct slice part_of(struct slice agent, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i + length + 2 <= agent.n; i++) {
		if (agent.p[i] != ' ' || memcmp(agent.p + i + 1, name, length) ||
		    agent.p[i + 1 + length] != '=')
			continue;
		struct slice rest = slice_from_byte(agent, i + 2 + length);
		rest.n = slice_find(rest, ' ');
		return rest;
	}
	return slice_make(NULL, 0);
}

static bool has_country(const struct trace *trace)
{
	return trace->country[0] >= 'A' && trace->country[0] <= 'Z' && trace->country[1] >= 'A' &&
	       trace->country[1] <= 'Z';
}

static struct slice or_dash(const char *text)
{
	return slice_from(text && *text ? text : "-");
}

/* What stands behind the agent. */
static void check_rest(const struct trace *trace, struct slice rest)
{
	char number[32];
	cr_assert(reads_as(part_of(rest, "site"), trace->site));
	snprintf(number, sizeof(number), "%u", trace->duration_us);
	cr_assert(slice_is(part_of(rest, "us"), trace->flags & TRACE_HAS_DURATION ? number : ""));
	cr_assert(
	    slice_is(part_of(rest, "tags"), !(trace->flags & TRACE_OPT_OUT)
						? (trace->flags & TRACE_CRAWLER ? "crawler" : "")
					    : trace->flags & TRACE_CRAWLER ? "opt_out,crawler"
									   : "opt_out"));
}

static void check_agent(const struct trace *trace, struct slice agent)
{
	char number[32];
	cr_assert(reads_as(part_of(agent, "kid"), or_dash(trace->kid)));
	cr_assert(reads_as(part_of(agent, "net"), text_of(trace->network)));
	cr_assert(reads_as(part_of(agent, "unit"), text_of(trace->unit)));
	cr_assert(slice_equal(part_of(agent, "cc"),
			      slice_make(trace->country, has_country(trace) ? 2 : 0)));
	for (size_t i = 0; i + 5 <= agent.n;
	     i++) /* the first of it is ours: nothing before has = */
		if (!memcmp(agent.p + i, " kid=", 5))
			agent.n = i;
	cr_assert(slice_find(agent, '=') == agent.n && agent.p[agent.n - 1] == ')');
	agent.n--;
	size_t opens = agent.n;
	while (agent.p[opens - 1] != '(')
		opens--;
	struct slice terms = slice_from_byte(agent, opens);
	size_t between = slice_find(terms, ';');
	cr_assert(reads_as(slice_make(terms.p, between), or_dash(trace->os)));
	cr_assert(reads_as(slice_from_byte(terms, between + 2), or_dash(trace->device)));
	struct slice name = slice_make(agent.p, opens - 2);
	size_t slash = slice_find(name, '/');
	snprintf(number, sizeof(number), "%u", trace->version);
	cr_assert(slice_is(slice_from_byte(name, slash + 1), trace->version ? number : ""));
	name.n = slash;
	cr_assert(reads_as(name, or_dash(trace->agent)));
}

/* A whole-path placeholder has got a slash. */
static bool is_path(struct slice written, const struct trace *trace)
{
	bool slash = trace->path.n && (trace->path.p[0] == '/' || slice_is(trace->path, "*"));
	return reads_as(slash ? written : slice_from_byte(written, 1), trace->path);
}

static void check_combined(const struct trace *trace, const struct request *request)
{
	struct slice target = request->target, referrer = request->referrer;
	cr_assert(reads_as(request->client, or_dash(trace->client)));
	cr_assert(reads_as(trace->user && *trace->user ? slice_from_byte(request->user, 2)
						       : request->user,
			   text_of(trace->user)));
	int64_t time = trace->time > 253402300799 ? 253402300799 : trace->time;
	cr_assert(request->time == time || time < 86400 || time > 253402200000,
		  "time %lld, not %lld", (long long)request->time, (long long)time);
	cr_assert_eq(request->status,
		     trace->status < 100 || trace->status > 999 ? 0 : trace->status);
	cr_assert_eq(!!(request->flags & REQUEST_HAS_BYTES), !!(trace->flags & TRACE_HAS_BYTES));
	cr_assert(!(trace->flags & TRACE_HAS_BYTES) || request->bytes == trace->bytes);
	cr_assert(reads_as(referrer.n ? slice_make(referrer.p + 8, referrer.n - 9) : referrer,
			   trace->referrer));
	check_agent(trace, request->agent);
	if (trace->method == METHOD_NONE && trace->path.n == 0) {
		cr_assert_eq(target.n, 0);
		return;
	}
	if (trace->method > METHOD_OTHER && trace->method < METHOD__COUNT)
		cr_assert(slice_is(request->method, hit_method_name(trace->method)));
	else
		cr_assert(
		    slice_is(request->method, trace->method == METHOD_NONE ? "NONE" : "OTHER"));
	cr_assert_eq(hit_protocol(request->protocol), trace->protocol >= PROTOCOL__COUNT
							  ? PROTOCOL_OTHER
							  : (enum protocol)trace->protocol);
	size_t mark = slice_find(target, '?');
	cr_assert(reads_as(slice_from_byte(target, mark + 1), trace->query));
	target.n = mark;
	cr_assert(is_path(target, trace));
}

static void check_bytes(const char *out, size_t n)
{
	cr_assert(n > 0 && n <= SECURITY_LINE_MAX && out[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++)
		cr_assert(out[i] >= 0x20 && out[i] < 0x7f && out[i] != '\\', "byte %zu of %.*s", i,
			  (int)n, out);
}

/* Through our own parser: whatever is in a trace, each field comes back where it belongs. */
Test(security_line, combined_keeps_every_field)
{
	static struct noise noise;
	char out[SECURITY_LINE_MAX];
	struct error error;
	struct format *format;
	struct request request;
	unsigned seed = (unsigned)time(NULL);
	fprintf(stderr, "security_line: seed %u\n", seed);
	srand(seed);
	cr_assert(!format_compile("combined", NULL, &format, &error), "%s", error.text);
	struct parser *parser = parser_new(1795489200);
	for (unsigned i = 0; i < 20000; i++) {
		struct trace trace = make_trace(&noise);
		size_t n = security_line(SECURITY_COMBINED, &trace, out), quotes = 0;
		check_bytes(out, n);
		for (size_t j = 0; j < n; j++)
			quotes += out[j] == '"';
		cr_assert_eq(quotes, 6);
		enum reject reject = parser_line(parser, format, slice_make(out, n - 1), &request);
		cr_assert_eq(reject, REJECT_NONE, "%s: %.*s", reject_name(reject), (int)n, out);
		check_combined(&trace, &request);
		struct slice rest = slice_make(out, n - 1);
		for (size_t at; (at = slice_find(rest, '"')) < rest.n;)
			rest = slice_from_byte(rest, at + 1);
		check_rest(&trace, rest);
	}
	parser_free(parser);
	format_free(format);
}

/* The text at a path like "http.request.method"; empty when there is none. */
static struct slice json_at(json_t *line, const char *path)
{
	while (line && *path) {
		char key[32];
		size_t n = strcspn(path, ".");
		memcpy(key, path, n);
		key[n] = 0;
		line = json_object_get(line, key);
		path += n + (path[n] == '.');
	}
	return text_of(json_string_value(line));
}

Test(security_line, json_keeps_every_field)
{
	static struct noise noise;
	char out[SECURITY_LINE_MAX];
	unsigned seed = (unsigned)time(NULL);
	fprintf(stderr, "security_line: seed %u\n", seed);
	srand(seed);
	for (unsigned i = 0; i < 20000; i++) {
		struct trace trace = make_trace(&noise);
		size_t n = security_line(SECURITY_JSON, &trace, out);
		json_error_t error;
		check_bytes(out, n);
		json_t *line = json_loadb(out, n, JSON_REJECT_DUPLICATES, &error);
		cr_assert(line, "%s: %.*s", error.text, (int)n, out);
		cr_assert(reads_as(json_at(line, "source.address"), or_dash(trace.client)));
		cr_assert(is_path(json_at(line, "url.path"), &trace));
		cr_assert(reads_as(json_at(line, "url.query"), trace.query));
		cr_assert(reads_as(json_at(line, "url.domain"), trace.site));
		cr_assert(reads_as(json_at(line, "user_agent.name"), text_of(trace.agent)));
		cr_assert(reads_as(json_at(line, "user_agent.os.name"), text_of(trace.os)));
		cr_assert(reads_as(json_at(line, "user_agent.device.name"), text_of(trace.device)));
		cr_assert(reads_as(json_at(line, "veiltally.kid"), text_of(trace.kid)));
		cr_assert(reads_as(json_at(line, "veiltally.network"), text_of(trace.network)));
		cr_assert(reads_as(json_at(line, "veiltally.unit"), text_of(trace.unit)));
		cr_assert_eq(json_at(line, "source.geo.country_iso_code").n,
			     has_country(&trace) ? 2 : 0);
		struct slice user = json_at(line, "user.hash");
		cr_assert(reads_as(user.n ? slice_from_byte(user, 2) : user, text_of(trace.user)));
		struct slice referrer = json_at(line, "http.request.referrer");
		cr_assert(
		    reads_as(referrer.n ? slice_make(referrer.p + 8, referrer.n - 9) : referrer,
			     trace.referrer));
		json_decref(line);
	}
}

/* Longest values, each byte of which has to be encoded: still one line below the maximum. */
Test(security_line, never_too_long)
{
	static char bytes[20001];
	char out[SECURITY_LINE_MAX];
	memset(bytes, 0xff, sizeof(bytes) - 1);
	struct slice all = slice_make(bytes, sizeof(bytes) - 1);
	struct trace trace = {.time = INT64_MAX,
			      .offset = 3600,
			      .bytes = UINT64_MAX,
			      .duration_us = UINT32_MAX,
			      .status = 999,
			      .method = METHOD_PROPFIND,
			      .protocol = PROTOCOL_OTHER,
			      .flags = 255,
			      .country = "DE",
			      .kid = bytes,
			      .client = bytes,
			      .network = bytes,
			      .unit = bytes,
			      .user = bytes,
			      .path = all,
			      .query = all,
			      .referrer = all,
			      .agent = bytes,
			      .os = bytes,
			      .device = bytes,
			      .version = UINT32_MAX,
			      .site = all};
	for (int format = SECURITY_COMBINED; format <= SECURITY_JSON; format++) {
		size_t n = security_line((enum security_format)format, &trace, out);
		check_bytes(out, n);
		cr_expect(n > 13000, "only %zu bytes", n);
	}
	memset(bytes, 'a', sizeof(bytes) - 1);
	size_t n = security_line(SECURITY_COMBINED, &trace, out), cuts = 0;
	for (size_t i = 0; i + 5 < n; i++)
		cuts += !memcmp(out + i, "{...}", 5);
	cr_expect_eq(cuts, 12, "%zu values are cut", cuts);
}

/* Read again as a log, the agent is known for what it was. */
Test(security_line, agents_are_found_again)
{
	char out[SECURITY_LINE_MAX];
	struct trace trace = example();
	struct agent again;
	size_t end = security_line(SECURITY_COMBINED, &trace, out), from;
	while (out[end - 1] != '"')
		end--;
	from = --end;
	while (out[from - 1] != '"')
		from--;
	agent_classify(slice_make(out + from, end - from), &again);
	cr_expect_str_eq(agent_browser_name(again.browser), "Firefox");
	cr_expect_str_eq(agent_os_name(again.os), "Linux");
	cr_expect_eq(again.version, 128);
}
