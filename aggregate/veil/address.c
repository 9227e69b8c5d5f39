#include "aggregate/veil/address.h"
#include <string.h>
#include "aggregate/veil/text.h"

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Strict dotted decimal, no leading zeros. Returns the bytes taken from the front, 0 when there is
 * none. */
static size_t read_v4(struct slice text, uint8_t ret[4])
{
	size_t at = 0;
	for (unsigned part = 0; part < 4; part++) {
		if (part && (at >= text.n || text.p[at++] != '.'))
			return 0;
		size_t start = at;
		unsigned value = 0;
		for (; at < text.n && text_is_digit(text.p[at]) && at - start < 3; at++)
			value = value * 10 + (unsigned)(text.p[at] - '0');
		size_t digits = at - start;
		if (digits == 0 || value > 255 || (digits > 1 && text.p[start] == '0'))
			return 0;
		ret[part] = (uint8_t)value;
	}
	return at < text.n && text_is_digit(text.p[at]) ? 0 : at;
}

/* One group of 1 to 4 hex digits at `at`. Returns the digits taken, 0 when it is none. */
static size_t read_group(struct slice text, size_t at, unsigned *ret)
{
	size_t n = 0;
	unsigned value = 0;
	for (; at + n < text.n; n++) {
		int digit = text_hex(text.p[at + n]);
		if (digit < 0)
			break;
		if (n == 4)
			return 0;
		value = value << 4 | (unsigned)digit;
	}
	*ret = value;
	return n;
}

/* Moves what stands behind the "::" (from byte `gap`) to the end; "::" is at least one group. */
static bool spread(uint8_t bytes[16], size_t gap, size_t n)
{
	if (n == 16)
		return false;
	size_t tail = n - gap;
	memmove(bytes + 16 - tail, bytes + gap, tail);
	memset(bytes + gap, 0, 16 - n);
	return true;
}

/* RFC 4291 section 2.2: eight groups, one "::", the last two groups may be dotted decimal. The
 * whole text. */
static bool read_v6(struct slice text, uint8_t ret[16])
{
	size_t at = 0, n = 0, gap = SIZE_MAX;
	if (text.n >= 2 && text.p[0] == ':' && text.p[1] == ':')
		at = 2, gap = 0;
	while (at < text.n) {
		unsigned value;
		size_t digits = read_group(text, at, &value);
		if (digits == 0 || n >= 16)
			return false;
		if (at + digits < text.n && text.p[at + digits] == '.') {
			struct slice rest = slice_from_byte(text, at);
			if (n > 12 || read_v4(rest, ret + n) != rest.n)
				return false;
			n += 4;
			break;
		}
		ret[n++] = (uint8_t)(value >> 8);
		ret[n++] = (uint8_t)value;
		at += digits;
		if (at == text.n)
			break;
		if (text.p[at++] != ':' || at == text.n)
			return false; /* a group is followed by ":", and that by something */
		if (text.p[at] == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
			at++;
		}
	}
	return gap == SIZE_MAX ? n == 16 : spread(ret, gap, n);
}

static void set_name(struct address *ret)
{
	memset(ret->bytes, 0, sizeof(ret->bytes));
	ret->kind = ADDRESS_NAME;
}

static void set_v4(struct address *ret, const uint8_t v4[4])
{
	memcpy(ret->bytes, MAPPED, sizeof(MAPPED));
	memcpy(ret->bytes + sizeof(MAPPED), v4, 4);
	ret->kind = ADDRESS_V4;
}

static bool set_v6(struct address *ret, struct slice text)
{
	if (!read_v6(text, ret->bytes))
		return false;
	bool mapped = memcmp(ret->bytes, MAPPED, sizeof(MAPPED)) == 0;
	ret->kind = mapped ? ADDRESS_V4 : ADDRESS_V6;
	return true;
}

/* Nothing, or ":" and a decimal port. */
static bool is_port(struct slice text)
{
	unsigned port = 0;
	if (text.n == 0)
		return true;
	if (text.p[0] != ':' || text.n < 2 || text.n > 6)
		return false;
	for (size_t i = 1; i < text.n; i++) {
		if (!text_is_digit(text.p[i]))
			return false;
		port = port * 10 + (unsigned)(text.p[i] - '0');
	}
	return port <= 65535;
}

static bool is_wrapping(char c)
{
	return c == ' ' || c == '\t' || c == '"';
}

static struct slice unwrap(struct slice text)
{
	while (text.n && is_wrapping(text.p[0]))
		text.p++, text.n--;
	while (text.n && is_wrapping(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* Everything that is not plain "a.b.c.d" or "a.b.c.d:port"; the text is unwrapped. */
static bool parse_longer(struct slice text, struct address *ret)
{
	if (text.n && text.p[0] == '[') {
		size_t close = slice_find(text, ']');
		if (close == text.n || !is_port(slice_from_byte(text, close + 1)))
			return false;
		text = slice_make(text.p + 1, close - 1);
		uint8_t v4[4];
		if (text.n &&
		    read_v4(text, v4) == text.n) { /* "[192.0.2.1]", as mail servers write */
			set_v4(ret, v4);
			return true;
		}
	}
	size_t zone = slice_find(text, '%');
	if (zone + 1 == text.n)
		return false; /* "%" and no name of a zone */
	text.n = zone;
	return set_v6(ret, text);
}

void address_parse(struct slice text, struct address *ret)
{
	uint8_t v4[4];
	text = unwrap(text);
	size_t n = read_v4(text, v4);
	if (n && is_port(slice_from_byte(text, n)))
		set_v4(ret, v4);
	else if (!parse_longer(text, ret))
		set_name(ret);
}

size_t address_unit_bytes(const struct address *address)
{
	return address->kind == ADDRESS_V6 ? 8 : 16;
}

size_t address_gate_bytes(const struct address *address)
{
	return address->kind == ADDRESS_V6 ? 6 : 16;
}

/*
 * The rightmost entry is the one that the nearest proxy wrote, so the list is read from the right,
 * and no further than to the first entry that no trusted proxy could have seen for itself.
 */
void address_behind(const struct address_ranges *trusted, struct slice peer, struct slice forwarded,
		    struct address *ret, struct slice *ret_text)
{
	*ret_text = unwrap(peer);
	address_parse(peer, ret);
	forwarded = unwrap(forwarded);
	if (slice_is(forwarded, "-"))
		return; /* how servers write that there was no such header */
	while (forwarded.n && address_ranges_hold(trusted, ret)) {
		const char *comma = memrchr(forwarded.p, ',', forwarded.n);
		size_t start = comma ? (size_t)(comma - forwarded.p) + 1 : 0;
		struct slice entry = unwrap(slice_from_byte(forwarded, start));
		forwarded.n = comma ? start - 1 : 0;
		if (entry.n == 0)
			continue; /* an empty element of a list is no element (RFC 9110
				     section 5.6.1) */
		*ret_text = entry;
		address_parse(entry, ret);
	}
}
