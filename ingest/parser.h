/*
 * parser.h: what a thread needs to read lines with: scratch for unescaped fields, memory of the
 * last stamp. Inside ingest/ only; the public side is format.h.
 */
#ifndef INGEST_PARSER_H
#define INGEST_PARSER_H

#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"
#include "ingest/stamp.h"

struct parser {
	struct stamp stamp;
	char *scratch;
	size_t used; /* since the line began */
	size_t capacity;
	size_t line_n; /* length of the line being read */
};

/* How the server wrote bytes that would break its format. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_BACKSLASH, /* \xHH \" \\ \n …: nginx's default, Apache */
	ESCAPE_JSON,	  /* the same and \uXXXX */
	ESCAPE_HASH,	  /* #HH: HAProxy */
	ESCAPE_PERCENT,	  /* %HH: CloudFront */
	ESCAPE_QUOTE,	  /* a doubled quote: W3C, CSV */
};

static inline void parser_begin(struct parser *parser, size_t line_n)
{
	parser->used = 0;
	parser->line_n = line_n;
}

/* The byte that starts an escape, or 0 when there are none. */
static inline char escape_mark(enum escape escape)
{
	static const char marks[] = {0, '\\', '\\', '#', '%', '"'};
	return marks[escape];
}

/*
 * Writes the unescaped bytes to scratch, which holds everything unescaped since parser_begin. What
 * is no valid escape stays as it is. Returns a slice with a NULL pointer and n > 0 when memory is
 * out.
 */
struct slice parser_unescape(struct parser *parser, struct slice raw, enum escape escape);

/* Replaces "+" by " " (W3C agents). Works like parser_unescape. */
struct slice parser_unplus(struct parser *parser, struct slice raw);

#endif
