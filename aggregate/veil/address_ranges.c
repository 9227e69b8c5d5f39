/*
 * A set of CIDR ranges as sorted, disjoint pairs of first and last address: one binary search,
 * whatever was added in whatever order. Lists of proxies and of excluded networks are short, but a
 * CDN's has hundreds.
 */
#include "aggregate/veil/address.h"
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 number; /* 16 bytes in network order as a number */

struct range {
	number first, last;
};

struct range_list {
	struct range *ranges;
	size_t n;
};

/* IPv4 and IPv6 apart, so that ::/0 is not "everything": a range of one kind never holds the other.
 */
struct address_ranges {
	struct range_list v4, v6;
	size_t added;
};

struct address_ranges *address_ranges_new(void)
{
	return calloc(1, sizeof(struct address_ranges));
}

void address_ranges_free(struct address_ranges *ranges)
{
	if (!ranges)
		return;
	free(ranges->v4.ranges);
	free(ranges->v6.ranges);
	free(ranges);
}

size_t address_ranges_count(const struct address_ranges *ranges)
{
	return ranges ? ranges->added : 0;
}

static number number_of(const uint8_t bytes[16])
{
	number value = 0;
	for (unsigned i = 0; i < 16; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The first range whose end is not below `value`; list->n when there is none. */
static size_t find(const struct range_list *list, number value)
{
	size_t low = 0, high = list->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->ranges[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int list_add(struct range_list *list, struct range added)
{
	struct range *grown = realloc(list->ranges, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	list->ranges = grown;
	size_t from = find(list, added.first), to = from;
	while (to < list->n && grown[to].first <= added.last) {
		if (grown[to].first < added.first)
			added.first = grown[to].first;
		if (grown[to].last > added.last)
			added.last = grown[to].last;
		to++;
	}
	/* `added` takes the place of those it touches: from up to, not with, to. */
	memmove(grown + from + 1, grown + to, (list->n - to) * sizeof(*grown));
	grown[from] = added;
	list->n = list->n + 1 - (to - from);
	return 0;
}

/* Decimal, no sign, no leading zero, at most `max`. */
static bool read_length(const char *text, unsigned max, unsigned *ret)
{
	unsigned value = 0;
	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return false;
	}
	*ret = value;
	return true;
}

/* In a range an address stands bare: what address_parse forgives in a log is a slip in an option.
 */
static bool is_bare(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("0123456789abcdefABCDEF.:", text.p[i]))
			return false;
	return true;
}

int address_ranges_add(struct address_ranges *ranges, const char *cidr, struct error *error)
{
	struct address address;
	const char *slash = strchr(cidr, '/');
	struct slice base = slice_make(cidr, slash ? (size_t)(slash - cidr) : strlen(cidr));
	bool dotted = slice_find(base, ':') == base.n;
	unsigned length = dotted ? 32 : 128, bits = length;

	address_parse(base, &address);
	bool with_port = !dotted && slice_find(base, '.') < slice_find(base, ':');
	if (address.kind == ADDRESS_NAME || !is_bare(base) || with_port)
		return error_set(error, "'%s' is not an address or a range such as 192.0.2.0/24",
				 cidr);
	if (slash && !read_length(slash + 1, bits, &length))
		return error_set(error, "'%s': the length of the prefix must be 0 to %u", cidr,
				 bits);
	if (!dotted && address.kind == ADDRESS_V4 && length < 96)
		return error_set(error, "'%s': for IPv4 write 192.0.2.0/24, or at least /96", cidr);
	if (dotted)
		length += 96;
	number host = length == 128 ? 0 : ~(number)0 >> length;
	number value = number_of(address.bytes);
	struct range range = {value & ~host, value | host};
	if (list_add(address.kind == ADDRESS_V4 ? &ranges->v4 : &ranges->v6, range))
		return error_set(error, "no memory for the range '%s'", cidr);
	ranges->added++;
	return 0;
}

bool address_ranges_hold(const struct address_ranges *ranges, const struct address *address)
{
	if (!ranges || address->kind == ADDRESS_NAME)
		return false;
	const struct range_list *list = address->kind == ADDRESS_V4 ? &ranges->v4 : &ranges->v6;
	if (list->n == 0)
		return false;
	number value = number_of(address->bytes);
	size_t at = find(list, value);
	return at < list->n && list->ranges[at].first <= value;
}
