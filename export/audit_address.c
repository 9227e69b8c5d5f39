/*
 * audit_address.c: addresses as such, four numbers or groups of hex digits.
 *
 * IPv6 costs few false alarms because so little of it is given out: a global address begins with
 * four digits of which the first is 2 or 3. Times, MAC addresses, fingerprints and C++ scopes never
 * do.
 */
#include <string.h>
#include "export/audit_match.h"

enum audit_class audit_class_v4(const unsigned char o[4])
{
	static const unsigned char documentation[][3] = {
	    {192, 0, 2}, {198, 51, 100}, {203, 0, 113}};
	/* This network, loopback, link-local, benchmarks, protocols (RFC 6890), multicast and
	 * beyond: netmasks are among these. */
	if (o[0] == 0 || o[0] == 127 || o[0] >= 224 || (o[0] == 169 && o[1] == 254) ||
	    (o[0] == 198 && (o[1] & 0xfe) == 18) || (o[0] == 192 && o[1] == 0 && o[2] == 0))
		return AUDIT_LOCAL;
	for (size_t i = 0; i < sizeof(documentation) / sizeof(*documentation); i++)
		if (memcmp(o, documentation[i], 3) == 0)
			return AUDIT_DOCUMENTATION;
	if (o[3] == 0)
		return AUDIT_MASKED;
	if (o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) || (o[0] == 192 && o[1] == 168) ||
	    (o[0] == 100 && (o[1] & 0xc0) == 64))
		return AUDIT_PRIVATE;
	return AUDIT_REAL;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Whether the first bytes say that nobody can have this address: outside of 2000::/3, fc00::/7,
 * fe80::/10, ff00::/8 nothing is given out (IANA), but for ways to write IPv4. */
static bool is_unassigned(const unsigned char b[16])
{
	static const unsigned char nat64[4] = {0, 0x64, 0xff, 0x9b};
	if ((b[0] & 0xe0) == 0x20 || (b[0] & 0xfe) == 0xfc || b[0] == 0xff ||
	    (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || memcmp(b, nat64, 4) == 0)
		return false;
	if (!is_zero(b, 10))
		return true;
	return !((b[10] == 0xff && b[11] == 0xff) || is_zero(b + 10, 5));
}

enum audit_class audit_class_v6(const unsigned char b[16])
{
	static const unsigned char documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
	static const unsigned char documentation2[2] = {0x3f, 0xff}; /* RFC 9637: /20 */
	if (is_zero(b, 15) && b[15] <= 1)
		return AUDIT_LOCAL;
	if (is_zero(b, 10) || b[0] == 0) /* mapped or translated IPv4 */
		return audit_class_v4(b + 12);
	if (memcmp(b, documentation, 4) == 0 || (memcmp(b, documentation2, 2) == 0 && b[2] < 0x10))
		return AUDIT_DOCUMENTATION;
	/* 2001::/23 is for protocols (RFC 2928), but for Teredo, 2001::/32, which embeds addresses
	 */
	bool protocol = b[0] == 0x20 && b[1] == 1 && b[2] <= 1 && b[2] + b[3] > 0;
	if (b[0] == 0xfe || b[0] == 0xff || protocol)
		return AUDIT_LOCAL;
	if (is_zero(b + 6, 10))
		return AUDIT_MASKED;
	return (b[0] & 0xfe) == 0xfc ? AUDIT_PRIVATE : AUDIT_REAL;
}

size_t audit_octet_back(const struct audit_view *view, size_t i)
{
	size_t digits = 0;
	while (text_is_digit(audit_byte(view, i - digits - 1)) && digits < 4)
		digits++;
	if (digits < 4 && !view->loose && !audit_is_word(audit_byte(view, i - digits - 1)))
		return i - digits;
	/* "%20192.0.2.1": the digits of an escape belong to no number. */
	size_t most = digits > 3 ? 3 : digits;
	for (size_t k = most; k > 0; k--)
		if (audit_escape_before(view, i - k))
			return i - k;
	if (!view->loose)
		return digits > 3 ? i : i - digits;
	for (size_t k = most; k > 1; k--) {
		const char *p = view->p + i - k;
		if (*p != '0' && (k < 3 || memcmp(p, "255", 3) <= 0))
			return i - k;
	}
	return i - (most > 0);
}

/* 1 to 3 digits; 0 when they are none. Where values stand side by side, the longest that fits. */
static size_t read_octet(const struct audit_view *view, size_t i, bool padded, unsigned char *ret)
{
	unsigned value = 0;
	size_t n = 0;
	for (; text_is_digit(audit_byte(view, i + n)); n++) {
		unsigned more = value * 10 + (unsigned)(view->p[i + n] - '0');
		bool zero = n == 1 && view->p[i] == '0' && !padded;
		if (n == 3 || more > 255 || zero) {
			if (!view->loose)
				return 0;
			break;
		}
		value = more;
	}
	*ret = (unsigned char)value;
	return padded && n != 3 ? 0 : n;
}

static size_t read_quad(const struct audit_view *view, size_t i, char separator, bool padded,
			unsigned char ret[4])
{
	for (unsigned part = 0; part < 4; part++) {
		if (part && audit_byte(view, i++) != separator)
			return 0;
		size_t n = read_octet(view, i, padded, ret + part);
		if (!n)
			return 0;
		i += n;
	}
	return i;
}

size_t audit_read_quad(const struct audit_view *view, size_t start, char separator,
		       unsigned char ret[4])
{
	size_t end = read_quad(view, start, separator, false, ret);
	return end ? end : read_quad(view, start, separator, true, ret);
}

/* Whether the quad is a part of something longer: five numbers, a name that goes on. */
static bool is_part(const struct audit_view *view, size_t start, size_t end)
{
	char before = audit_byte(view, start - 1), after = audit_byte(view, end);
	if (before == '.' && text_is_digit(audit_byte(view, start - 2)))
		return true;
	if (after == '.' && text_is_digit(audit_byte(view, end + 1)))
		return true;
	if (audit_is_word(before) && !audit_escape_before(view, start))
		return before != 'v' && before != 'V' && before != '_';
	return false;
}

static enum audit_class count_unless_version(const struct audit_view *view,
					     const struct audit_match *match,
					     const unsigned char octets[4])
{
	enum audit_class class = audit_class_v4(octets);
	if (audit_class_counts(class) && audit_is_version(view, match->start, match->end, octets))
		return AUDIT_VERSION;
	return class;
}

static void reverse(unsigned char octets[4])
{
	unsigned char copy[4] = {octets[3], octets[2], octets[1], octets[0]};
	memcpy(octets, copy, 4);
}

bool audit_match_v4(const struct audit_view *view, struct audit_match *ret)
{
	unsigned char octets[4];
	bool file;
	ret->kind = AUDIT_IPV4;
	ret->start = audit_octet_back(view, view->at);
	if (ret->start == view->at)
		return false;
	size_t end = ret->end = audit_read_quad(view, ret->start, '.', octets);
	if (!end || (!view->loose && is_part(view, ret->start, end)))
		return false;
	if (audit_starts(view, end, ".in-addr.arpa")) {
		reverse(octets);
		ret->kind = AUDIT_HOST;
		ret->class = audit_class_v4(octets);
		return true;
	}
	ret->class = count_unless_version(view, ret, octets);
	if (audit_host_tail(view, end, &end, &file) >= 2 && !file) {
		ret->kind = AUDIT_HOST;
		ret->end = end;
		if (ret->class == AUDIT_VERSION)
			ret->class = audit_class_v4(octets);
	}
	return true;
}

/* The groups read so far, and where "::" stood. */
struct groups {
	unsigned char bytes[16];
	size_t n, gap;
};

static size_t read_group(const struct audit_view *view, size_t i, unsigned *ret)
{
	size_t n = 0;
	unsigned value = 0;
	for (int digit; (digit = text_hex(audit_byte(view, i + n))) >= 0; n++) {
		if (n == 4 && !view->loose)
			return 0;
		if (n == 4)
			break;
		value = value << 4 | (unsigned)digit;
	}
	*ret = value;
	return n;
}

/* Groups from i on, as many as there are; returns the end, or 0 when they cannot be an address. */
static size_t read_groups(const struct audit_view *view, size_t i, struct groups *groups)
{
	for (size_t colon;;) {
		unsigned value = 0;
		size_t digits = read_group(view, i, &value);
		if (digits && groups->n <= 12 && audit_byte(view, i + digits) == '.' &&
		    (groups->n == 12 || groups->gap != SIZE_MAX)) {
			unsigned char octets[4];
			size_t end = audit_read_quad(view, i, '.', octets);
			if (end) {
				memcpy(groups->bytes + groups->n, octets, 4);
				groups->n += 4;
				return end;
			}
		}
		if (digits) {
			if (groups->n == 16)
				return 0;
			groups->bytes[groups->n++] = (unsigned char)(value >> 8);
			groups->bytes[groups->n++] = (unsigned char)value;
			i += digits;
		}
		if (!(colon = audit_encoded(view, i, ':')))
			return i;
		size_t second = audit_encoded(view, i + colon, ':');
		if (second) {
			if (groups->gap != SIZE_MAX)
				return 0;
			groups->gap = groups->n;
			i += colon + second;
		} else if (!digits || text_hex(audit_byte(view, i + colon)) < 0) {
			return i; /* a colon behind the address: "client 2001:db8::1: denied" */
		} else {
			i += colon;
		}
	}
}

static bool fill_gap(struct groups *groups)
{
	if (groups->gap == SIZE_MAX)
		return groups->n == 16;
	if (groups->n > 14)
		return false;
	size_t tail = groups->n - groups->gap;
	memmove(groups->bytes + 16 - tail, groups->bytes + groups->gap, tail);
	memset(groups->bytes + groups->gap, 0, 16 - groups->n);
	return true;
}

/* Where the first group begins, at most four digits before the colon; false when a word goes
 * through. */
static bool find_first_group(const struct audit_view *view, size_t *ret_start)
{
	size_t i = view->at, digits = 0;
	while (digits < 5 && text_hex(audit_byte(view, i - digits - 1)) >= 0)
		digits++;
	char before = audit_byte(view, i - digits - 1);
	*ret_start = i - (digits > 4 ? 4 : digits);
	if (view->loose && digits >= 4)
		return true;
	if (digits >= 4 && audit_escape_before(view, i - 4)) { /* "%3D2001:db8::1" */
		*ret_start = i - 4;
		return true;
	}
	if (digits == 5)
		return false;
	return audit_escape_before(view, i - digits) ||
	       !(audit_is_word(before) || before == ':' || before == '.' || before == '$');
}

/* "::" and "::1" are everywhere in code; they are told when they stand as an address would. */
static bool is_bare_gap(const struct audit_view *view, const struct audit_match *match)
{
	char before = audit_byte(view, match->start - 1), after = audit_byte(view, match->end);
	if (match->end - match->start > 2)
		return false;
	return !(before == '[' && after == ']') &&
	       !(after == '/' && text_is_digit(audit_byte(view, match->end + 1)));
}

bool audit_match_v6(const struct audit_view *view, struct audit_match *ret)
{
	struct groups groups = {.gap = SIZE_MAX};
	ret->kind = AUDIT_IPV6;
	if (!find_first_group(view, &ret->start))
		return false;
	size_t first = view->at - ret->start;
	bool assigned = first == 4 ? strchr("23fF", view->p[ret->start]) != NULL
				   : first == 0 || audit_starts(view, ret->start, "64:ff9b:");
	if (!assigned && !audit_starts(view, ret->start, "0:0:0:0:0:") &&
	    !audit_starts(view, ret->start, "0000:0000:"))
		return false;
	ret->end = read_groups(view, ret->start, &groups);
	if (!ret->end || ret->end <= view->at || !fill_gap(&groups) || is_unassigned(groups.bytes))
		return false;
	char after = audit_byte(view, ret->end);
	if (!view->loose && (audit_is_word(after) || is_bare_gap(view, ret)))
		return false;
	ret->class = audit_class_v6(groups.bytes);
	return !(view->loose && ret->class == AUDIT_LOCAL && is_bare_gap(view, ret));
}
