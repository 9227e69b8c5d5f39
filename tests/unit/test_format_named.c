/*
 * The named formats on tests/data/formats: NAME.log holds lines as the server writes them,
 * NAME.fields what they say, one line for each line that is no directive. Each file must also be
 * detected as its format.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include "base/zone.h"
#include "tests/unit/format_render.h"

enum { LINES_MAX = 64 };

#define DATA "tests/data/formats/"

struct text {
	char *bytes;
	struct slice lines[LINES_MAX];
	size_t n;
};

static void text_read(struct text *text, const char *name, const char *suffix)
{
	char path[256];
	snprintf(path, sizeof(path), DATA "%s%s", name, suffix);
	FILE *file = fopen(path, "rb");
	cr_assert(file, "%s is missing; run the tests from the top of the tree", path);
	text->bytes = calloc(1, 1 << 16);
	size_t n = fread(text->bytes, 1, (1 << 16) - 1, file);
	fclose(file);
	text->n = 0;
	for (char *at = text->bytes, *end; at < text->bytes + n; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text->bytes + n - at));
		cr_assert(end && text->n < LINES_MAX,
			  "%s: too many lines, or no newline at its end", path);
		text->lines[text->n++] = slice_make(at, (size_t)(end - at));
	}
}

/* Those that look like another format are detected as that one. */
static const char *detected_name(const char *name)
{
	return strcmp(name, "icecast2") == 0 ? "combined" : name;
}

static void check_detected(const char *name, const struct text *log)
{
	struct format *format;
	struct error error = {""};
	size_t readable = 0;
	cr_assert(format_detect(log->lines, log->n, NULL, &format, &readable, &error) == 0,
		  "%s: %s", name, error.text);
	cr_expect(strcmp(format_name(format), detected_name(name)) == 0, "%s: detected as %s", name,
		  format_name(format));
	cr_expect(readable == log->n, "%s: reads %zu of %zu", name, readable, log->n);
	format_free(format);
}

static void check_fields(const char *name, const struct text *log, const struct text *fields)
{
	struct format *format, *next;
	struct request request;
	struct error error = {""};
	char got[RENDER_MAX];
	size_t field = 0;
	cr_assert(format_compile(name, NULL, &format, &error) == 0, "%s: %s", name, error.text);
	struct parser *parser = parser_new(1735689600);
	for (size_t i = 0; i < log->n; i++) {
		if (format_has_directives(format) && format_is_directive(format, log->lines[i])) {
			cr_assert(format_redefine(format, log->lines[i], &next, &error) == 0);
			if (next)
				format_free(format);
			format = next ? next : format;
			continue;
		}
		enum reject reject = parser_line(parser, format, log->lines[i], &request);
		cr_assert(!reject, "%s, line %zu: rejected as %s", name, i + 1,
			  reject_name(reject));
		cr_assert(field < fields->n, "%s: no fields for line %zu", name, i + 1);
		struct slice expected = fields->lines[field++];
		cr_expect(slice_is(expected, render_request(got, &request)),
			  "%s, line %zu:\n     got %s\nexpected %.*s", name, i + 1, got,
			  (int)expected.n, expected.p);
	}
	cr_expect(field == fields->n && field >= 2, "%s: %zu lines, fields for %zu", name, field,
		  fields->n);
	parser_free(parser);
	format_free(format);
}

static void check_file(const char *name)
{
	struct text log, fields;
	text_read(&log, name, ".log");
	text_read(&fields, name, ".fields");
	check_fields(name, &log, &fields);
	check_detected(name, &log);
	free(log.bytes);
	free(fields.bytes);
}

/* Every row of the table of names that is neither alias nor refusal has a file. */
Test(format_named, files)
{
	const char *name, *summary;
	size_t checked = 0;
	cr_assert(zone_set("UTC", NULL) == 0);
	for (size_t i = 0; (name = format_list(i, &summary)); i++) {
		if (strncmp(summary, "the same as ", 12) == 0 ||
		    strcmp(summary, "cannot be read") == 0)
			continue;
		check_file(name);
		checked++;
	}
	cr_expect(checked >= 27, "only %zu formats were checked", checked);
}

/* What GoAccess 1.7 and Matomo's import_logs.py call them, and a few more. */
Test(format_named, known_names)
{
	static const char *const names[][2] = {
	    {"COMBINED", "combined"},
	    {"VCOMBINED", "vhost-combined"},
	    {"COMMON", "common"},
	    {"VCOMMON", "vhost-common"},
	    {"W3C", "w3c"},
	    {"CLOUDFRONT", "cloudfront"},
	    {"CLOUDSTORAGE", "gcs-csv"},
	    {"AWSELB", "aws-elb"},
	    {"AWSS3", "aws-s3"},
	    {"AWSALB", "aws-alb"},
	    {"SQUID", "squid"},
	    {"CADDY", "caddy-json"},
	    {"TRAEFIKCLF", "traefik-clf"},
	    {"common_vhost", "vhost-common"},
	    {"ncsa_extended", "combined"},
	    {"common_complete", "vhost-combined"},
	    {"w3c_extended", "w3c"},
	    {"amazon_cloudfront", "cloudfront"},
	    {"iis", "iis"},
	    {"shoutcast", "shoutcast"},
	    {"s3", "aws-s3"},
	    {"icecast2", "icecast2"},
	    {"elb", "aws-elb"},
	    {"alb", "aws-alb"},
	    {"nginx_json", "nginx-json"},
	    {"ovh", "lighttpd"},
	    {"haproxy", "haproxy-http"},
	    {"gandi", "gandi"},
	    {"incapsula_w3c", "incapsula-w3c"},
	    {"litespeed", "combined"},
	    {"docker:Combined", "docker:combined"},
	    {" cri: nginx-json ", "cri:nginx-json"},
	    {"SYSLOG:common", "syslog:common"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct format *format;
		struct error error = {""};
		cr_assert(format_compile(names[i][0], NULL, &format, &error) == 0, "%s: %s",
			  names[i][0], error.text);
		cr_expect(strcmp(format_name(format), names[i][1]) == 0, "%s is called %s",
			  names[i][0], format_name(format));
		format_free(format);
	}
}

/* No name twice, and every alias leads somewhere. */
Test(format_named, table_is_sound)
{
	const char *name, *other, *summary;
	for (size_t i = 0; (name = format_list(i, &summary)); i++) {
		struct format *format;
		cr_expect(summary && *summary, "%s has no summary", name);
		for (size_t j = 0; j < i && (other = format_list(j, NULL)); j++)
			cr_expect(strcmp(name, other) != 0, "%s is there twice", name);
		bool refused = strcmp(summary, "cannot be read") == 0;
		int failed = format_compile(name, NULL, &format, NULL);
		cr_expect(failed == (refused ? -1 : 0), "%s", name);
		if (!failed)
			format_free(format);
	}
}
