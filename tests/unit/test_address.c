#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The ranges are compiled in, so that the n-th allocation can be made to fail. */
static int fail_at = -1; /* calls that still succeed; -1 = all */

static void *test_calloc(size_t n, size_t size)
{
	return fail_at >= 0 && fail_at-- == 0 ? NULL : calloc(n, size);
}

static void *test_realloc(void *p, size_t n)
{
	return fail_at >= 0 && fail_at-- == 0 ? NULL : realloc(p, n);
}

#define calloc	test_calloc
#define realloc test_realloc
#include "aggregate/veil/address_ranges.c"
#undef calloc
#undef realloc

static const char *const KINDS[] = {"v4", "v6", "name"};

/* `wanted` is the plain form for inet_pton; NULL = a name. */
static const struct {
	const char *name, *text, *wanted;
} rows[] = {
    {"v4", "192.0.2.1", "::ffff:192.0.2.1"},
    {"v4 with port", "192.0.2.1:1234", "::ffff:192.0.2.1"},
    {"v4 all zero", "0.0.0.0", "::ffff:0.0.0.0"},
    {"v4 all ones", "255.255.255.255", "::ffff:255.255.255.255"},
    {"v4 mapped", "::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"v4 mapped in hex", "::ffff:c000:201", "::ffff:192.0.2.1"},
    {"v4 mapped, bracketed, port", "[::ffff:c000:201]:80", "::ffff:192.0.2.1"},
    {"v4 mapped, long", "0:0:0:0:0:FFFF:192.0.2.1", "::ffff:192.0.2.1"},
    {"v4 in brackets", "[192.0.2.1]", "::ffff:192.0.2.1"},
    {"v4 in brackets, port", "[192.0.2.1]:25", "::ffff:192.0.2.1"},
    {"v4 compatible stays v6", "::192.0.2.1", "::c000:201"},
    {"NAT64 stays v6", "64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
    {"v6", "2001:db8::1", "2001:db8::1"},
    {"v6 upper case", "2001:DB8::A", "2001:db8::a"},
    {"v6 full", "2001:db8:0:0:0:0:0:1", "2001:db8::1"},
    {"v6 leading zeros", "2001:0db8:0000::0001", "2001:db8::1"},
    {"v6 nothing", "::", "::"},
    {"v6 loopback", "::1", "::1"},
    {"v6 gap of one group", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"v6 gap of one group in front", "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"v6 gap of one group inside", "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8"},
    {"v6 bracketed", "[2001:db8::1]", "2001:db8::1"},
    {"v6 bracketed, port", "[2001:db8::1]:443", "2001:db8::1"},
    {"v6 with zone", "fe80::1%eth0", "fe80::1"},
    {"v6 with zone, bracketed, port", "[fe80::1%25eth0]:443", "fe80::1"},
    {"what looks like a port is a group", "2001:db8::1:443", "2001:db8::1:443"},
    {"blanks around", "  192.0.2.1\t", "::ffff:192.0.2.1"},
    {"quotes around", "\"[2001:db8::1]:443\"", "2001:db8::1"},
    {"empty", "", NULL},
    {"absent", "-", NULL},
    {"only quotes", "\"\"", NULL},
    {"host name", "host.example.org", NULL},
    {"host name of digits", "192-0-2-1.example.org", NULL},
    {"unix socket", "unix:", NULL},
    {"unix socket path", "unix:/run/x.sock", NULL},
    {"unknown", "unknown", NULL},
    {"obfuscated", "_hidden", NULL},
    {"v4 leading zero", "192.0.02.1", NULL},
    {"v4 two zeros", "192.0.2.00", NULL},
    {"v4 too large", "192.0.2.256", NULL},
    {"v4 four digits", "192.0.2.1234", NULL},
    {"v4 three parts", "192.0.2", NULL},
    {"v4 five parts", "192.0.2.1.5", NULL},
    {"v4 empty part", "192..2.1", NULL},
    {"v4 trailing dot", "192.0.2.1.", NULL},
    {"v4 hex", "0xc0.0.2.1", NULL},
    {"v4 one number", "3221225985", NULL},
    {"v4 empty port", "192.0.2.1:", NULL},
    {"v4 port too large", "192.0.2.1:65536", NULL},
    {"v4 port too long", "192.0.2.1:000080", NULL},
    {"v4 port with junk", "192.0.2.1:80x", NULL},
    {"v4 with zone", "192.0.2.1%eth0", NULL},
    {"v4 with junk", "192.0.2.1x", NULL},
    {"v4 two", "192.0.2.1 192.0.2.2", NULL},
    {"v4 with a backslash", "192.0.2.1\\0", NULL},
    {"v6 one colon", ":", NULL},
    {"v6 three colons", ":::", NULL},
    {"v6 two gaps", "1::2::3", NULL},
    {"v6 gap of nothing", "1:2:3:4::5:6:7:8", NULL},
    {"v6 gap of nothing in front", "::1:2:3:4:5:6:7:8", NULL},
    {"v6 gap of nothing at the end", "1:2:3:4:5:6:7:8::", NULL},
    {"v6 seven groups", "1:2:3:4:5:6:7", NULL},
    {"v6 nine groups", "1:2:3:4:5:6:7:8:9", NULL},
    {"v6 five digits", "12345::", NULL},
    {"v6 leading colon", ":1::", NULL},
    {"v6 trailing colon", "1::2:", NULL},
    {"v6 bad digit", "2001:db8::g", NULL},
    {"v6 embedded too late", "1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"v6 embedded inside", "::1.2.3.4:5", NULL},
    {"v6 embedded leading zero", "::01.2.3.4", NULL},
    {"v6 empty zone", "fe80::1%", NULL},
    {"v6 no closing bracket", "[2001:db8::1", NULL},
    {"v6 no opening bracket", "2001:db8::1]", NULL},
    {"v6 junk behind the bracket", "[2001:db8::1]x", NULL},
    {"v6 empty port", "[2001:db8::1]:", NULL},
    {"v6 two brackets", "[[::1]]", NULL},
    {"brackets only", "[]", NULL},
    {"v4 bracketed twice", "[[192.0.2.1]]", NULL},
};

static void expect(const struct address *got, const char *wanted, const char *name)
{
	struct address right = {.kind = ADDRESS_NAME};
	if (wanted) {
		cr_assert_eq(inet_pton(AF_INET6, wanted, right.bytes), 1, "%s: bad row", name);
		right.kind = strncmp(wanted, "::ffff:", 7) == 0 ? ADDRESS_V4 : ADDRESS_V6;
	}
	cr_expect_eq(got->kind, right.kind, "%s: %s", name, KINDS[got->kind]);
	cr_expect_eq(memcmp(got->bytes, right.bytes, 16), 0, "%s: other bytes", name);
}

Test(address, forms)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address got;
		address_parse(slice_from(rows[i].text), &got);
		expect(&got, rows[i].wanted, rows[i].name);
	}
	struct address got;
	address_parse(slice_make(NULL, 0), &got);
	expect(&got, NULL, "no bytes at all");
	address_parse(slice_make("192.0.2.1\0", 10), &got);
	expect(&got, NULL, "a NUL");
}

/* What inet_pton takes, and "v4:port". */
static enum address_kind reference(const char *text, uint8_t bytes[16])
{
	char copy[128];
	unsigned port;
	int end = -1;
	memset(bytes, 0, 16);
	snprintf(copy, sizeof(copy), "%s", text);
	char *colon = strchr(copy, ':');
	if (colon && sscanf(colon, ":%5[0-9]%n", (char[6]){0}, &end) == 1 && !colon[end] &&
	    sscanf(colon, ":%u", &port) == 1 && port < 65536)
		*colon = '\0';
	if (inet_pton(AF_INET, copy, bytes + 12) == 1) {
		memset(bytes + 10, 0xff, 2);
		return ADDRESS_V4;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0 ? ADDRESS_V4
									      : ADDRESS_V6;
	memset(bytes, 0, 16);
	return ADDRESS_NAME;
}

static void mutate(char *text, size_t size, unsigned *seed)
{
	static const char letters[] = "0123456789abcdefABCDEF::::....g";
	size_t n = strlen(text), at = n ? (size_t)rand_r(seed) % n : 0;
	char c = letters[(size_t)rand_r(seed) % (sizeof(letters) - 1)];
	switch (rand_r(seed) % 4) {
	case 0:
		if (n)
			text[at] = c;
		break;
	case 1:
		memmove(text + at, text + at + 1, n - at);
		break;
	case 2:
		if (n + 2 < size) {
			memmove(text + at + 1, text + at, n - at + 1);
			text[at] = c;
		}
		break;
	default:
		text[at] = '\0';
	}
}

static void make_text(char *text, size_t size, unsigned *seed)
{
	uint8_t bytes[16];
	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(rand_r(seed) % 3 ? rand_r(seed) : 0);
	if (rand_r(seed) % 4 == 0)
		memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	int family = rand_r(seed) % 2 ? AF_INET : AF_INET6;
	cr_assert_not_null(inet_ntop(family, bytes, text, (socklen_t)size));
	for (int i = rand_r(seed) % 4; i > 0; i--)
		mutate(text, size, seed);
}

Test(address, a_million_texts_against_libc)
{
	unsigned start = (unsigned)getpid(), seed = start, addresses = 0;
	cr_log_info("seed %u", start);
	for (unsigned round = 0; round < 1000000; round++) {
		char text[64];
		uint8_t bytes[16];
		struct address got;
		make_text(text, sizeof(text), &seed);
		enum address_kind kind = reference(text, bytes);
		address_parse(slice_from(text), &got);
		cr_assert(got.kind == kind && memcmp(got.bytes, bytes, 16) == 0,
			  "seed %u round %u: \"%s\" is %s", start, round, text, KINDS[got.kind]);
		addresses += kind != ADDRESS_NAME;
	}
	cr_assert(addresses > 300000 && addresses < 900000, "%u", addresses);
}

Test(address, units)
{
	struct address a;
	address_parse(slice_from("192.0.2.1"), &a);
	cr_expect(address_unit_bytes(&a) == 16 && address_gate_bytes(&a) == 16);
	address_parse(slice_from("2001:db8::1"), &a);
	cr_expect(address_unit_bytes(&a) == 8 && address_gate_bytes(&a) == 6);
}

static const struct {
	const char *name, *cidr, *inside, *outside;
} ranges[] = {
    {"v4", "10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
    {"v4 below", "10.0.0.0/8", "10.0.0.0", "9.255.255.255"},
    {"v4 host bits are masked", "10.1.2.3/8", "10.0.0.0", "11.1.2.3"},
    {"v4 one", "192.0.2.7", "192.0.2.7", "192.0.2.8"},
    {"v4 one, written out", "192.0.2.7/32", "192.0.2.7", "192.0.2.6"},
    {"v4 /31", "192.0.2.6/31", "192.0.2.7", "192.0.2.8"},
    {"v4 all", "0.0.0.0/0", "255.255.255.255", "2001:db8::1"},
    {"v4 mapped spelling", "192.0.2.0/24", "::ffff:192.0.2.9", "::192.0.2.9"},
    {"v4 mapped range", "::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.0"},
    {"v4 mapped all", "::ffff:0:0/96", "192.0.2.9", "::1"},
    {"v6", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
    {"v6 host bits are masked", "2001:db8::1/32", "2001:db8::", "2001:db7::1"},
    {"v6 one", "2001:db8::1", "2001:db8::1", "2001:db8::2"},
    {"v6 all is not v4", "::/0", "ffff::", "192.0.2.1"},
    {"v6 odd length", "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
};

static struct address parsed(const char *text)
{
	struct address address;
	address_parse(slice_from(text), &address);
	return address;
}

Test(address, ranges)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		struct error error = {""};
		struct address_ranges *set = address_ranges_new();
		struct address in = parsed(ranges[i].inside), out = parsed(ranges[i].outside);
		cr_expect_eq(address_ranges_add(set, ranges[i].cidr, &error), 0, "%s: %s",
			     ranges[i].name, error.text);
		cr_expect(address_ranges_hold(set, &in), "%s", ranges[i].name);
		cr_expect(!address_ranges_hold(set, &out), "%s", ranges[i].name);
		cr_expect_eq(address_ranges_count(set), 1);
		address_ranges_free(set);
	}
}

static const char *const wrong[] = {
    "",
    "-",
    "/",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/8 ",
    " 10.0.0.0/8",
    "10.0.0.0/8/8",
    "10.0.0.0/8x",
    "10.0.0.0/99999999999",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1:80",
    "10.0.0.1:80/8",
    "[::1]",
    "\"::1\"",
    "fe80::1%eth0",
    "::1/129",
    "::ffff:10.0.0.0/8",
    "::ffff:10.0.0.0/95",
    "host",
    "host/8",
};

Test(address, wrong_ranges_are_refused)
{
	struct address_ranges *set = address_ranges_new();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct error error = {""};
		cr_expect_eq(address_ranges_add(set, wrong[i], &error), -1, "\"%s\"", wrong[i]);
		cr_expect(strstr(error.text, wrong[i]), "\"%s\": %s", wrong[i], error.text);
	}
	cr_expect_eq(address_ranges_count(set), 0);
	address_ranges_free(set);
	address_ranges_free(NULL);
}

Test(address, no_ranges_hold_nothing)
{
	struct address_ranges *set = address_ranges_new();
	struct address v4 = parsed("0.0.0.0"), v6 = parsed("::"), name = parsed("host");
	cr_expect(!address_ranges_hold(set, &v4) && !address_ranges_hold(NULL, &v4));
	cr_assert_eq(address_ranges_add(set, "::/0", NULL), 0);
	cr_assert_eq(address_ranges_add(set, "0.0.0.0/0", NULL), 0);
	cr_expect(address_ranges_hold(set, &v4) && address_ranges_hold(set, &v6));
	cr_expect(!address_ranges_hold(set, &name), "a name is in no range");
	address_ranges_free(set);
}

/* A small corner of the address space, so that ranges overlap; the model is one flag for each
 * address. */
Test(address, sets_of_ranges_against_a_model)
{
	unsigned start = (unsigned)getpid(), seed = start;
	for (unsigned round = 0; round < 300; round++) {
		bool held[2][256] = {{false}};
		struct address_ranges *set = address_ranges_new();
		for (int adds = rand_r(&seed) % 20; adds > 0; adds--) {
			char cidr[64];
			unsigned kind = (unsigned)rand_r(&seed) % 2,
				 bits = (unsigned)rand_r(&seed) % 9;
			unsigned base = (unsigned)rand_r(&seed) % 256, size = 256u >> bits;
			snprintf(cidr, sizeof(cidr), kind ? "2001:db8::%x/%u" : "192.0.2.%u/%u",
				 base, (kind ? 120 : 24) + bits);
			cr_assert_eq(address_ranges_add(set, cidr, NULL), 0, "%s", cidr);
			for (unsigned i = 0; i < size; i++)
				held[kind][(base & ~(size - 1)) + i] = true;
		}
		for (unsigned i = 0; i < 512; i++) {
			struct address at = parsed(i < 256 ? "192.0.2.0" : "2001:db8::");
			at.bytes[15] = (uint8_t)i;
			cr_assert_eq(address_ranges_hold(set, &at), held[i / 256][i % 256],
				     "seed %u round %u address %u", start, round, i);
		}
		address_ranges_free(set);
	}
}

static const struct {
	const char *name, *peer, *forwarded, *address, *text;
} chains[] = {
    {"a stranger's header is not read", "192.0.2.1", "198.51.100.1", "::ffff:192.0.2.1",
     "192.0.2.1"},
    {"no header", "10.0.0.1", "", "::ffff:10.0.0.1", "10.0.0.1"},
    {"header absent", "10.0.0.1", "-", "::ffff:10.0.0.1", "10.0.0.1"},
    {"header absent, quoted", "10.0.0.1", "\"-\"", "::ffff:10.0.0.1", "10.0.0.1"},
    {"one entry", "10.0.0.1", "198.51.100.1", "::ffff:198.51.100.1", "198.51.100.1"},
    {"the rightmost counts", "10.0.0.1", "203.0.113.5, 198.51.100.1", "::ffff:198.51.100.1",
     "198.51.100.1"},
    {"trusted ones are passed over", "10.0.0.1", "203.0.113.5, 198.51.100.1, 10.0.0.2,10.0.0.3",
     "::ffff:198.51.100.1", "198.51.100.1"},
    {"all trusted: the leftmost", "10.0.0.1", "10.0.0.7, 10.0.0.8", "::ffff:10.0.0.7", "10.0.0.7"},
    {"v6 with brackets and port", "10.0.0.1", "\"[2001:db8::1]:4711\"", "2001:db8::1",
     "[2001:db8::1]:4711"},
    {"each entry quoted", "10.0.0.1", "\"203.0.113.5\", \"198.51.100.1\"", "::ffff:198.51.100.1",
     "198.51.100.1"},
    {"v4 with port", "10.0.0.1:99", "198.51.100.1:80", "::ffff:198.51.100.1", "198.51.100.1:80"},
    {"junk", "10.0.0.1", "198.51.100.1, unknown", NULL, "unknown"},
    {"junk left of the client is not seen", "10.0.0.1", "unknown, 198.51.100.1",
     "::ffff:198.51.100.1", "198.51.100.1"},
    {"junk behind trusted ones", "10.0.0.1", "_hidden, 10.0.0.4", NULL, "_hidden"},
    {"empty entries are none", "10.0.0.1", "198.51.100.1, ,, ", "::ffff:198.51.100.1",
     "198.51.100.1"},
    {"only commas", "10.0.0.1", " ,,, ", "::ffff:10.0.0.1", "10.0.0.1"},
    {"a trusted v6 peer", "2001:db8::5", "198.51.100.1", "::ffff:198.51.100.1", "198.51.100.1"},
    {"a trusted peer in mapped spelling", "::ffff:10.0.0.1", "198.51.100.1", "::ffff:198.51.100.1",
     "198.51.100.1"},
    {"a peer without address is not trusted", "unix:", "198.51.100.1", NULL, "unix:"},
    {"no peer", "-", "198.51.100.1", NULL, "-"},
};

Test(address, behind_proxies)
{
	struct address_ranges *trusted = address_ranges_new();
	cr_assert_eq(address_ranges_add(trusted, "10.0.0.0/8", NULL), 0);
	cr_assert_eq(address_ranges_add(trusted, "2001:db8::5", NULL), 0);
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		struct address got;
		struct slice text = {NULL, 0};
		address_behind(trusted, slice_from(chains[i].peer), slice_from(chains[i].forwarded),
			       &got, &text);
		expect(&got, chains[i].address, chains[i].name);
		cr_expect(slice_is(text, chains[i].text), "%s: %.*s", chains[i].name, (int)text.n,
			  text.p);
	}
	address_ranges_free(trusted);
}

Test(address, without_proxies_the_peer_is_the_client)
{
	struct address got;
	struct slice text;
	address_behind(NULL, slice_from("192.0.2.1"), slice_from("198.51.100.1"), &got, &text);
	expect(&got, "::ffff:192.0.2.1", "no set");
}

Test(address, every_allocation_may_fail)
{
	struct error error = {""};
	fail_at = 0;
	cr_assert_null(address_ranges_new());
	struct address_ranges *set = address_ranges_new();
	struct address at = parsed("10.0.0.1");
	fail_at = 0;
	cr_assert_eq(address_ranges_add(set, "10.0.0.0/8", &error), -1);
	cr_assert(error.text[0] && address_ranges_count(set) == 0);
	cr_assert(!address_ranges_hold(set, &at));
	cr_assert_eq(address_ranges_add(set, "10.0.0.0/8", &error), 0);
	fail_at = 0;
	cr_assert_eq(address_ranges_add(set, "11.0.0.0/8", &error), -1);
	cr_assert(address_ranges_hold(set, &at), "what was there is still there");
	address_ranges_free(set);
}
