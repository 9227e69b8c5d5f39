#include "export/display.h"
#include <string.h>
#include "export/display_ranges.h"
#include "export/utf8.h"

static bool in_ranges(uint32_t c, const struct range *ranges, size_t n)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && c >= ranges[low].first;
}

int display_columns(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (in_ranges(c, zero_ranges, sizeof(zero_ranges) / sizeof(*zero_ranges)))
		return 0;
	return in_ranges(c, wide_ranges, sizeof(wide_ranges) / sizeof(*wide_ranges)) ? 2 : 1;
}

int display_width(const char *text)
{
	int columns = 0;
	while (*text) {
		uint32_t c;
		text += utf8_decode(text, &c);
		columns += display_columns(c);
	}
	return columns;
}

/* Controls, and what turns the direction of reading or cannot be seen: a key must look like what it
 * is. */
static bool steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
	       c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
	       (c >= 0xE0000 && c <= 0xE0FFF) || (c & 0xFFFE) == 0xFFFE;
}

/* Closed lists of ours use a few signs beyond ASCII; these have a plain look. */
static const char *plain(uint32_t c)
{
	switch (c) {
	case 0x2192:
		return "->";
	case 0x2190:
		return "<-";
	case 0x2013:
	case 0xB7:
	case 0x2212:
		return "-";
	case 0x2026:
		return "...";
	case 0x2265:
		return ">=";
	case 0x2264:
		return "<=";
	case 0xB5:
		return "u";
	default:
		return display_columns(c) ? "?" : "";
	}
}

void display_clean(const char *text, bool unicode, char *out, size_t cap)
{
	size_t at = 0;
	while (*text) {
		uint32_t c;
		char bytes[4];
		const char *from = bytes;
		text += utf8_decode(text, &c);
		if (steers(c))
			c = UTF8_REPLACEMENT;
		size_t n = utf8_encode(c, bytes);
		if (!unicode && c >= 0x80)
			n = strlen(from = plain(c));
		if (at + n >= cap)
			break;
		memcpy(out + at, from, n);
		at += n;
	}
	out[at] = '\0';
}

/* Bytes of the longest beginning of `columns` columns, marks that combine with its last letter
 * included. */
static size_t head(const char *text, int columns)
{
	const char *p = text;
	while (*p) {
		uint32_t c;
		size_t n = utf8_decode(p, &c);
		columns -= display_columns(c);
		if (columns < 0)
			break;
		p += n;
	}
	return (size_t)(p - text);
}

/* Where the longest ending of `columns` columns begins; never with a mark that combines. */
static const char *tail(const char *text, int columns)
{
	const char *p = text;
	int left = display_width(text);
	while (*p) {
		uint32_t c;
		size_t n = utf8_decode(p, &c);
		if (left <= columns && display_columns(c))
			break;
		left -= display_columns(c);
		p += n;
	}
	return p;
}

void display_cut(const char *text, int columns, bool unicode, char *out, size_t cap)
{
	const char *dots = unicode ? "\xE2\x80\xA6" : "...";
	int dots_columns = unicode ? 1 : 3;
	size_t n, n_dots = 0;
	const char *end = "";
	if (display_width(text) <= columns) {
		n = strlen(text);
	} else if (columns < dots_columns + 2) {
		n = head(text, columns);
	} else {
		n_dots = strlen(dots);
		n = head(text, (columns - dots_columns + 1) / 2);
		end = tail(text, (columns - dots_columns) / 2);
	}
	size_t n_end = strlen(end);
	if (n + n_dots + n_end >= cap) { /* marks without end: not a text to be shown whole */
		n = n_dots = n_end = 0;
	}
	memcpy(out, text, n);
	memcpy(out + n, dots, n_dots);
	memcpy(out + n + n_dots, end, n_end);
	out[n + n_dots + n_end] = '\0';
}
