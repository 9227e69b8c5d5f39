/*
 * parser.c: the scratch buffer.
 *
 * Unescaping never makes text longer, and no byte of a line is unescaped more than four times over
 * (envelope or doubled quotes, percent twice, plus). So five times the line's length, taken at the
 * first unescape of a line, is never outgrown inside it, and slices into scratch stay where they
 * are.
 */
#include "ingest/parser.h"

#include <stdlib.h>
#include "ingest/format.h"

enum { SCRATCH_FIRST = 16 * 1024, SCRATCH_PER_LINE = 5 };

struct parser *parser_new(int64_t now)
{
	struct parser *parser = calloc(1, sizeof(*parser));
	if (!parser)
		return NULL;
	parser->scratch = malloc(SCRATCH_FIRST);
	if (!parser->scratch) {
		free(parser);
		return NULL;
	}
	parser->capacity = SCRATCH_FIRST;
	stamp_init(&parser->stamp, now);
	return parser;
}

void parser_free(struct parser *parser)
{
	if (!parser)
		return;
	free(parser->scratch);
	free(parser);
}

/* Room for n more bytes. Grows only while the line has nothing in scratch. */
static char *scratch_room(struct parser *parser, size_t n)
{
	size_t want = parser->line_n * SCRATCH_PER_LINE;
	if (parser->used == 0 && parser->capacity < want) {
		/* The old bytes are of no use: no copying. */
		char *grown = malloc(want);
		if (!grown)
			return NULL;
		free(parser->scratch);
		parser->scratch = grown;
		parser->capacity = want;
	}
	return parser->capacity - parser->used >= n ? parser->scratch + parser->used : NULL;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of n hex digits, or -1. */
static int hex_digits(const char *p, const char *end, int n)
{
	int value = 0;
	if (end - p < n)
		return -1;
	for (int i = 0; i < n; i++) {
		int digit = hex(p[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* \uXXXX, with its second half where it is a surrogate; a lone one becomes U+FFFD. Bytes read, 0 =
 * not one. */
static size_t unicode_escape(const char *p, const char *end, char **out)
{
	int code = hex_digits(p + 2, end, 4);
	if (code < 0)
		return 0;
	size_t used = 6;
	unsigned rune = (unsigned)code;
	if (code >= 0xd800 && code < 0xe000) {
		rune = 0xfffd;
		if (code < 0xdc00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
			int low = hex_digits(p + 8, end, 4);
			if (low >= 0xdc00 && low < 0xe000) {
				rune = 0x10000u + (((unsigned)code - 0xd800u) << 10) +
				       ((unsigned)low - 0xdc00u);
				used = 12;
			}
		}
	}
	*out = put_utf8(*out, rune);
	return used;
}

/* One escape that starts at p with a backslash. Bytes read, 0 = not an escape. */
static size_t backslash_escape(const char *p, const char *end, bool json, char **out)
{
	static const char letters[] = "nrtbfv\"\\/'", bytes[] = "\n\r\t\b\f\v\"\\/'";
	if (end - p < 2)
		return 0;
	if (p[1] == 'u' && json)
		return unicode_escape(p, end, out);
	if (p[1] == 'x' || p[1] == 'X') {
		int byte = hex_digits(p + 2, end, 2);
		if (byte < 0)
			return 0;
		*(*out)++ = (char)byte;
		return 4;
	}
	const char *letter = p[1] ? strchr(letters, p[1]) : NULL;
	if (!letter)
		return 0;
	*(*out)++ = bytes[letter - letters];
	return 2;
}

struct slice parser_unescape(struct parser *parser, struct slice raw, enum escape escape)
{
	char mark = escape_mark(escape);
	char *out = scratch_room(parser, raw.n), *start = out;
	if (!out)
		return slice_make(NULL, 1);
	const char *p = raw.p, *end = raw.p + raw.n;
	while (p < end) {
		size_t used = 0;
		if (*p == mark && escape == ESCAPE_QUOTE) {
			*out++ = '"', used = end - p > 1 && p[1] == '"' ? 2 : 1;
		} else if (*p == mark && escape >= ESCAPE_HASH) {
			int byte = hex_digits(p + 1, end, 2);
			if (byte >= 0)
				*out++ = (char)byte, used = 3;
		} else if (*p == mark) {
			used = backslash_escape(p, end, escape == ESCAPE_JSON, &out);
		}
		if (!used)
			*out++ = *p, used = 1;
		p += used;
	}
	parser->used += (size_t)(out - start);
	return slice_make(start, (size_t)(out - start));
}

struct slice parser_unplus(struct parser *parser, struct slice raw)
{
	char *out = scratch_room(parser, raw.n);
	if (!out)
		return slice_make(NULL, 1);
	for (size_t i = 0; i < raw.n; i++)
		out[i] = raw.p[i] == '+' ? ' ' : raw.p[i];
	parser->used += raw.n;
	return slice_make(out, raw.n);
}
