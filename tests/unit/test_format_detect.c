/* Detection: mixed files, envelopes, garbage, directives. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "tests/unit/format_render.h"

#define TIME   "[12/Mar/2024:06:25:14 +0000]"
#define COMMON "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5"
#define MORE   " \"https://www.example.org/\" \"Mozilla/5.0\""
#define COMBI  COMMON MORE

enum { LINES_MAX = 12 };

static const struct {
	const char *name;
	const char *lines[LINES_MAX];
	const char *format; /* NULL: none */
	size_t readable;
} cases[] = {
    {"combined", {COMBI, COMBI}, "combined", 2},
    {"combined with fields behind", {COMBI " 0.1", COMBI " 0.2"}, "combined", 2},
    {"one line is enough", {COMBI}, "combined", 1},
    {"common", {COMMON, COMMON}, "common", 2},
    {"a mixture of combined and common", {COMMON, COMBI, COMBI, COMMON}, "combined + common", 4},
    {"common for the most part",
     {COMMON, COMMON, COMMON, COMMON, COMBI, COMBI},
     "combined + common",
     6},
    {"one odd line is no format", {COMBI, COMBI, COMBI, COMMON}, "combined", 3},
    {"hosts in front, and without",
     {"www.example.org:80 " COMBI, "www.example.org " COMBI, COMBI, COMBI},
     "vhost-combined + combined",
     4},
    {"garbage at the start", {"lorem ipsum", "\x01\x02", "", COMBI, COMBI, COMBI}, "combined", 3},
    {"a user with blanks",
     {"192.0.2.1 - J Doe " TIME " \"GET / HTTP/1.1\" 200 5" MORE, COMBI},
     "combined",
     2},
    {"ident in use",
     {"192.0.2.1 joe - " TIME " \"GET / HTTP/1.1\" 200 5" MORE, COMBI},
     "combined",
     2},
    {"docker",
     {"{\"log\":\"192.0.2.1 - - " TIME " \\\"GET / HTTP/1.1\\\" 200 5\\n\",\"stream\":\"stdout\"}"},
     "docker:common",
     1},
    {"docker around JSON",
     {"{\"log\":\"{\\\"time\\\":1710224714,\\\"ip\\\":\\\"192.0.2.1\\\",\\\"status\\\":200}\\n\"}"},
     "docker:nginx-json",
     1},
    {"cri",
     {"2024-03-12T06:25:15.1Z stdout F " COMBI, "2024-03-12T06:25:15.1Z stderr F warning"},
     "cri:combined",
     1},
    {"syslog",
     {"<190>Mar 12 06:25:15 web1 nginx: " COMBI, "Mar 12 06:25:15 web1 nginx: " COMBI},
     "syslog:combined",
     2},
    {"a W3C log before its first request",
     {"#Software: Microsoft Internet Information Services 10.0",
      "#Fields: date time c-ip cs-uri-stem sc-status"},
     "iis",
     2},
    {"columns of nobody, before the first request", {"#Remark: lorem", "# Fields:"}, NULL, 0},
    {"columns behind lines of no format",
     {"lorem ipsum", "#Fields: date time c-ip cs-uri-stem sc-status"},
     NULL,
     0},
    {"syslog around vhost",
     {"Mar 12 06:25:15 web1 httpd: www.example.org " COMBI},
     "syslog:vhost-combined",
     1},
    {"HAProxy in syslog",
     {"Feb  6 12:14:14 lb haproxy[1]: 192.0.2.2:3 [06/Feb/2024:12:14:14.655] a b/c 1/0/3/6/9 200 2 "
      "- - -- "
      "1/1 0/0 \"GET / HTTP/1.1\""},
     "haproxy-http",
     1},
    {"HAProxy's TCP log",
     {"192.0.2.2:3 [06/Feb/2024:12:14:14.655] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0"},
     NULL,
     0},
    {"W3C with its columns",
     {"#Version: 1.0", "#Fields: date time c-ip cs-uri-stem sc-status",
      "2024-03-12 06:25:14 192.0.2.1 /a 200"},
     "w3c",
     3},
    {"W3C whose columns change",
     {"#Fields: date time c-ip cs-uri-stem sc-status", "2024-03-12 06:25:14 192.0.2.1 /a 200",
      "#Fields: time date c-ip sc-status", "06:25:14 2024-03-12 192.0.2.1 200"},
     "w3c",
     4},
    {"W3C without its columns", {"2024-03-12 06:25:14 192.0.2.1 /a 200"}, NULL, 0},
    {"W3C in syslog",
     {"Mar 12 06:25:15 h iis: #Fields: date time c-ip cs-uri-stem sc-status",
      "Mar 12 06:25:15 h iis: 2024-03-12 06:25:14 192.0.2.1 /a 200"},
     "syslog:w3c",
     2},
    {"IIS by its software line",
     {"#Software: Microsoft Internet Information Services 8.5",
      "#Fields: date time c-ip cs-uri-stem sc-status time-taken",
      "2024-03-12 06:25:14 192.0.2.1 /a 200 15"},
     "iis",
     3},
    {"nothing", {""}, NULL, 0},
    {"words", {"It was the best of times,", "it was the worst of times"}, NULL, 0},
};

static size_t count(const char *const *lines)
{
	size_t n = 1;
	while (n < LINES_MAX && lines[n])
		n++;
	return n;
}

Test(format_detect, table)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice lines[LINES_MAX];
		struct format *format = NULL;
		struct error error = {""};
		size_t n = count(cases[i].lines), readable = 0;
		for (size_t l = 0; l < n; l++)
			lines[l] = slice_from(cases[i].lines[l]);
		int failed = format_detect(lines, n, NULL, &format, &readable, &error);
		cr_expect(failed == (cases[i].format ? 0 : -1), "%s: %s", cases[i].name,
			  failed ? error.text : format_name(format));
		if (failed) {
			cr_expect(error.text[0], "%s: no message", cases[i].name);
			continue;
		}
		if (cases[i].format)
			cr_expect(strcmp(format_name(format), cases[i].format) == 0,
				  "%s: detected as %s", cases[i].name, format_name(format));
		cr_expect(readable == cases[i].readable, "%s: reads %zu, expected %zu",
			  cases[i].name, readable, cases[i].readable);
		format_free(format);
	}
}

/* An alternative of less than one line in a hundred does not enter. */
Test(format_detect, a_hundredth)
{
	enum { N = 400 };
	struct slice lines[N];
	for (size_t odd = 2; odd <= 5; odd++) {
		struct format *format;
		size_t readable;
		for (size_t i = 0; i < N; i++)
			lines[i] = slice_from(i < odd ? COMMON : COMBI);
		cr_assert(format_detect(lines, N, NULL, &format, &readable, NULL) == 0);
		bool enters = odd * 100 >= N;
		cr_expect(strcmp(format_name(format), enters ? "combined + common" : "combined") ==
			      0,
			  "%zu odd lines: %s", odd, format_name(format));
		cr_expect(readable == (enters ? N : N - odd));
		format_free(format);
	}
}

Test(format_detect, no_lines)
{
	struct format *format;
	struct error error;
	size_t readable;
	cr_expect(format_detect(NULL, 0, NULL, &format, &readable, &error) == -1);
}

/* The visitor cookie reaches the format that is found. */
Test(format_detect, cookie)
{
	static const char line[] = "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,"
				   "\"http_cookie\":\"a=1; sid=7\"}";
	struct format_options options = {"sid"};
	struct slice lines[1] = {slice_from(line)};
	struct format *format;
	struct request request;
	size_t readable;
	cr_assert(format_detect(lines, 1, &options, &format, &readable, NULL) == 0);
	struct parser *parser = parser_new(0);
	cr_expect(parser_line(parser, format, lines[0], &request) == REJECT_NONE);
	cr_expect(slice_is(request.cookie, "7"));
	parser_free(parser);
	format_free(format);
}

/* A composite follows directives of its members; others of its members stay. */
Test(format_detect, composite_redefined)
{
	static const char *const texts[] = {"#Fields: date time c-ip cs-uri-stem sc-status",
					    "2024-03-12 06:25:14 192.0.2.1 /a 200",
					    "2024-03-12 06:25:15 192.0.2.1 /b 200", COMBI, COMBI};
	struct slice lines[5];
	struct format *format, *next;
	struct request request;
	size_t readable;
	for (size_t i = 0; i < 5; i++)
		lines[i] = slice_from(texts[i]);
	cr_assert(format_detect(lines, 5, NULL, &format, &readable, NULL) == 0);
	cr_expect(readable == 5);
	struct parser *parser = parser_new(0);
	/* Detection starts at the head of the file: the columns are not known yet. */
	cr_expect(parser_line(parser, format, lines[1], &request) != REJECT_NONE);
	cr_assert(format_has_directives(format) && format_is_directive(format, lines[0]));
	cr_expect(!format_is_directive(format, lines[3]));
	cr_assert(format_redefine(format, lines[0], &next, NULL) == 0 && next);
	cr_expect(parser_line(parser, next, lines[1], &request) == REJECT_NONE);
	cr_expect(slice_is(request.target, "/a"));
	cr_expect(parser_line(parser, next, lines[3], &request) == REJECT_NONE);
	cr_expect(slice_is(request.agent, "Mozilla/5.0"));
	struct format *same = next;
	cr_expect(format_redefine(next, lines[0], &same, NULL) == 0 && same == NULL);
	parser_free(parser);
	format_free(format);
	format_free(next);
}

/* Columns that cannot be used do not end the run: their lines are rejected until others come. */
Test(format_detect, unusable_columns)
{
	struct format *format, *broken, *good;
	struct request request;
	struct slice line = slice_from("2024-03-12 06:25:14 192.0.2.1 /a 200");
	cr_assert(format_compile("w3c", NULL, &format, NULL) == 0);
	struct parser *parser = parser_new(0);
	cr_assert(format_redefine(format,
				  slice_from("#Fields: date time c-ip cs-uri-stem sc-status"),
				  &good, NULL) == 0 &&
		  good);
	cr_assert(format_redefine(good, slice_from("#Fields: cs-uri-stem sc-status"), &broken,
				  NULL) == 0 &&
		  broken);
	cr_expect(parser_line(parser, broken, line, &request) == REJECT_FORMAT);
	cr_expect(parser_line(parser, good, line, &request) == REJECT_NONE);
	parser_free(parser);
	format_free(format);
	format_free(broken);
	format_free(good);
}
