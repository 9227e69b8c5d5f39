/*
 * format_case.h: a row of the tables of lines: format, line, and all that is expected of it.
 */
#ifndef TESTS_UNIT_FORMAT_CASE_H
#define TESTS_UNIT_FORMAT_CASE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include "base/zone.h"
#include "tests/unit/format_render.h"

#define CASE_NOW 1735689600 /* 2025-01-01 00:00 UTC: what year a stamp without one is in */

struct format_case {
	const char *name;
	const char *spec;
	const char *cookie; /* or NULL */
	const char *line;
	const char *expected; /* as render_request writes it; NULL when the line is rejected */
	enum reject reject;
};

/* The line in memory of exactly its size, so that a read past its end is seen by a sanitizer. */
static inline char *case_exact(const char *line)
{
	size_t n = strlen(line);
	char *exact = malloc(n ? n : 1);
	if (exact)
		memcpy(exact, line, n);
	return exact;
}

static inline void case_check(const struct format_case *row)
{
	struct format_options options = {row->cookie};
	struct error error = {""};
	struct format *format;
	struct request request;
	char text[RENDER_MAX];
	cr_assert(format_compile(row->spec, &options, &format, &error) == 0, "%s: %s", row->name,
		  error.text);
	struct parser *parser = parser_new(CASE_NOW);
	char *line = case_exact(row->line);
	enum reject reject =
	    parser_line(parser, format, slice_make(line, strlen(row->line)), &request);
	cr_expect(reject == row->reject, "%s: rejected as %s, expected %s", row->name,
		  reject_name(reject), reject_name(row->reject));
	if (reject == REJECT_NONE && row->expected)
		cr_expect(strcmp(render_request(text, &request), row->expected) == 0,
			  "%s:\n     got %s\nexpected %s", row->name, text, row->expected);
	free(line);
	parser_free(parser);
	format_free(format);
}

/* Stamps without a zone are read as UTC. */
static inline void case_check_all(const struct format_case *rows, size_t n)
{
	cr_assert(zone_set("UTC", NULL) == 0);
	cr_assert(n > 0);
	for (size_t i = 0; i < n; i++)
		case_check(&rows[i]);
}

#define CASE_CHECK_ALL(rows) case_check_all(rows, sizeof(rows) / sizeof((rows)[0]))

#endif
