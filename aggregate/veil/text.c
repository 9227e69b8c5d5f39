#include "aggregate/veil/text.h"

/* RFC 3629: the second byte's range depends on the first, so that overlong forms and surrogates are
 * refused. */
size_t text_utf8(struct slice text, uint32_t *ret_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n;
	uint32_t point;
	if (text.n == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_point = p[0];
		return 1;
	}
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (text.n < n)
		return 0;
	point = p[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3Fu);
	}
	if (point < least[n] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 0;
	*ret_point = point;
	return n;
}

static bool point_is_showable(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7F && point < 0xA0))
		return false;
	if (point < 0x61C)
		return true;
	return point != 0x61C && point != 0x200E && point != 0x200F &&
	       !(point >= 0x2028 && point <= 0x202E) && !(point >= 0x2066 && point <= 0x2069);
}

bool text_is_showable(struct slice text)
{
	uint32_t point;
	for (size_t i = 0, step; i < text.n; i += step) {
		step = text_utf8(slice_make(text.p + i, text.n - i), &point);
		if (step == 0 || !point_is_showable(point))
			return false;
	}
	return true;
}

size_t text_percent(struct slice text, bool plus_is_blank, char *out, size_t size, bool *ret_broken)
{
	size_t n = 0;
	*ret_broken = false;
	for (size_t i = 0; i < text.n; i++, n++) {
		char c = text.p[i];
		if (c == '%') {
			int high = i + 2 < text.n ? text_hex(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? text_hex(text.p[i + 2]) : -1;
			if (high >= 0 && low >= 0) {
				c = (char)(high * 16 + low);
				i += 2;
			} else {
				*ret_broken = true;
			}
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		if (n == size)
			return size + 1;
		out[n] = c;
	}
	return n;
}

size_t text_cut(struct slice text, size_t size)
{
	if (text.n <= size)
		return text.n;
	while (size > 0 && ((unsigned char)text.p[size] & 0xC0) == 0x80)
		size--;
	return size;
}

/* Reads 1 to 3 digits that make 0 … 255; returns how many, 0 when there are none, more or a larger
 * number. */
static size_t read_byte(struct slice text, bool allow_zeros)
{
	unsigned value = 0;
	size_t n = 0;
	while (n < text.n && text_is_digit(text.p[n])) {
		if (n == 3)
			return 0;
		value = value * 10 + (unsigned)(text.p[n++] - '0');
	}
	if (value > 255 || (n > 1 && text.p[0] == '0' && !allow_zeros))
		return 0;
	return n;
}

static bool is_address4(struct slice text)
{
	size_t at = 0;
	for (int part = 0; part < 4; part++) {
		if (part > 0 && (at >= text.n || text.p[at++] != '.'))
			return false;
		size_t n = read_byte(slice_from_byte(text, at), false);
		if (n == 0)
			return false;
		at += n;
	}
	return at == text.n;
}

/* RFC 4291, section 2.2: groups of 1 to 4 hex digits, one "::", perhaps an IPv4 address as the last
 * two groups. */
static bool is_address6(struct slice text)
{
	size_t at = 0, groups = 0;
	bool skipped = false;
	if (slice_starts(text, "::")) {
		skipped = true;
		at = 2;
	}
	while (at < text.n) {
		struct slice rest = slice_from_byte(text, at);
		size_t n = 0;
		if (is_address4(rest))
			return skipped ? groups + 2 <= 7 : groups + 2 == 8;
		while (n < rest.n && text_hex(rest.p[n]) >= 0)
			n++;
		if (n == 0 || n > 4 || ++groups > 8)
			return false;
		at += n;
		if (at == text.n)
			break;
		if (text.p[at++] != ':' || at == text.n)
			return false;
		if (text.p[at] == ':') {
			if (skipped)
				return false;
			skipped = true;
			at++;
		}
	}
	return skipped ? groups <= 7 : groups == 8;
}

bool text_is_address(struct slice text)
{
	while (text.n && (text.p[0] == '[' || text.p[0] == ']'))
		text.p++, text.n--;
	while (text.n && (text.p[text.n - 1] == '[' || text.p[text.n - 1] == ']'))
		text.n--;
	if (is_address4(text))
		return true;
	size_t zone = slice_find(text, '%');
	if (zone < text.n) {
		struct slice name = slice_from_byte(text, zone + 1);
		if (name.n == 0 || slice_find(name, '%') < name.n)
			return false;
		text.n = zone;
	}
	return is_address6(text);
}

/* Four bytes from the start of `text`, which must not follow a digit. */
static bool starts_with_four_bytes(struct slice text)
{
	char joint = 0;
	size_t at = 0;
	for (int part = 0; part < 4; part++) {
		if (part > 0) {
			if (at >= text.n || (part > 1 && text.p[at] != joint))
				return false;
			joint = text.p[at++];
			if (joint != '.' && joint != '-' && joint != '_')
				return false;
		}
		size_t n = read_byte(slice_from_byte(text, at), true);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

bool text_embeds_address(struct slice text)
{
	size_t colons = 0, digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (text_is_digit(c) && (i == 0 || !text_is_digit(text.p[i - 1])) &&
		    starts_with_four_bytes(slice_from_byte(text, i)))
			return true;
		if (c != ':' && text_hex(c) < 0) {
			colons = digits = 0;
			continue;
		}
		colons += c == ':';
		digits += text_is_digit(c);
		if (colons >= 3 && digits > 0)
			return true;
	}
	return false;
}
