#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

/* Compiled in, so that the cleaning of names can be tested alone and an allocation can fail. */
static int fail_at = -1; /* calls that still succeed; -1 = all */

static void *test_calloc(size_t n, size_t size)
{
	return fail_at >= 0 && fail_at-- == 0 ? NULL : calloc(n, size);
}

#define calloc test_calloc
#include "aggregate/veil/geo.c"
#undef calloc

static void shared_path(char path[512], const char *name)
{
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, 512, "%s/data/mmdb/%s", shared ? shared : "../shared", name);
	if (access(path, R_OK))
		cr_skip_test("the test databases are not here: %s", path);
}

static struct geo *open_geo(const char *name)
{
	char path[512];
	struct error error = {""};
	struct geo *geo = geo_new();
	shared_path(path, name);
	cr_assert_eq(geo_add(geo, path, &error), 0, "%s", error.text);
	return geo;
}

static struct geo_place find(const struct geo *geo, const char *text)
{
	struct address address;
	struct geo_place place;
	address_parse(slice_from(text), &address);
	memset(&place, 'x', sizeof(place));
	geo_find(geo, &address, &place);
	return place;
}

/* The first and the last address of a network; IPv4 networks of a JSON source may be written as
 * ::a.b.c.d/96+n. */
static void ends_of(const char *network, struct address ends[2])
{
	char base[64];
	int length;
	cr_assert_eq(sscanf(network, "%63[^/]/%d", base, &length), 2, "%s", network);
	address_parse(slice_from(base), &ends[0]);
	length += ends[0].kind == ADDRESS_V4 && !strchr(base, ':') ? 96 : 0;
	ends[1] = ends[0];
	for (int bit = length; bit < 128; bit++)
		ends[1].bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
}

/* Sources list networks from large to small; one inside another of the list is not asked for at its
 * outer ends. */
static bool is_overridden(const json_t *list, size_t row, const struct address *at)
{
	size_t i;
	json_t *other, *value;
	const char *network;
	json_array_foreach(list, i, other)
	{
		json_object_foreach(other, network, value)
		{
			struct address ends[2];
			ends_of(network, ends);
			if (i > row && memcmp(ends[0].bytes, at->bytes, 16) <= 0 &&
			    memcmp(at->bytes, ends[1].bytes, 16) <= 0)
				return true;
		}
	}
	return false;
}

typedef void check_record(const json_t *record, const struct geo_place *place, const char *network);

static void check_country(const json_t *record, const struct geo_place *place, const char *network)
{
	const json_t *country = json_object_get(record, "country"), *code;
	code = json_object_get(country, "iso_code");
	if (!code)
		code = json_object_get(json_object_get(record, "registered_country"), "iso_code");
	cr_expect_str_eq(place->country, code ? json_string_value(code) : "", "%s: %s", network,
			 place->country);
}

static void check_as(const json_t *record, const struct geo_place *place, const char *network)
{
	char wanted[256];
	json_int_t number = json_integer_value(json_object_get(record, "autonomous_system_number"));
	const json_t *name = json_object_get(record, "autonomous_system_organization");
	snprintf(wanted, sizeof(wanted), "AS%lld%s%s", number, name ? " " : "",
		 name ? json_string_value(name) : "");
	cr_expect_eq(place->as_number, (uint32_t)number, "%s: %u", network, place->as_number);
	cr_expect_str_eq(place->as_text, wanted, "%s: %s", network, place->as_text);
}

static void check_source(const char *database, const char *source, check_record *check)
{
	char path[512];
	size_t i, asked = 0;
	json_t *row, *record;
	const char *network;
	shared_path(path, source);
	json_t *list = json_load_file(path, 0, NULL);
	cr_assert_not_null(list, "%s", path);
	struct geo *geo = open_geo(database);
	json_array_foreach(list, i, row)
	{
		json_object_foreach(row, network, record)
		{
			struct address ends[2];
			ends_of(network, ends);
			for (unsigned e = 0; e < 2; e++) {
				struct geo_place place;
				if (is_overridden(list, i, &ends[e]))
					continue;
				geo_find(geo, &ends[e], &place);
				check(record, &place, network);
				asked++;
			}
		}
	}
	cr_assert(asked > json_array_size(list), "%zu of %zu asked", asked, json_array_size(list));
	json_decref(list);
	geo_free(geo);
}

Test(geo, every_country_network)
{
	check_source("GeoLite2-Country-Test.mmdb", "GeoLite2-Country-Test.json", check_country);
}

Test(geo, every_as_network)
{
	check_source("GeoLite2-ASN-Test.mmdb", "GeoLite2-ASN-Test.json", check_as);
}

Test(geo, fields_of_several_databases_come_together)
{
	struct geo *geo = open_geo("GeoLite2-ASN-Test.mmdb");
	char path[512];
	cr_assert(geo_has_as(geo) && !geo_has_country(geo));
	shared_path(path, "GeoIP2-City-Test.mmdb");
	cr_assert_eq(geo_add(geo, path, NULL), 0);
	cr_assert(geo_has_as(geo) && geo_has_country(geo));
	cr_expect_str_eq(find(geo, "2.125.160.216").country, "GB");
	cr_expect_str_eq(find(geo, "::ffff:2.125.160.216").country, "GB");
	cr_expect_str_eq(find(geo, "1.128.0.0").as_text, "AS1221 Telstra Pty Ltd");
	cr_expect_eq(find(geo, "12.81.96.1").as_number, 7018);
	cr_expect_str_eq(find(geo, "12.81.96.1").as_text, "AS7018", "no name, no blank");
	geo_free(geo);
}

Test(geo, what_nobody_knows_is_empty)
{
	static const char *const texts[] = {"host.example.org", "-", "127.0.0.1", "::1", "0.0.0.0"};
	static const struct geo_place empty;
	struct geo *geo = open_geo("GeoLite2-Country-Test.mmdb");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct geo_place place = find(geo, texts[i]);
		cr_expect_eq(memcmp(&place, &empty, sizeof(empty)), 0, "%s", texts[i]);
		place = find(NULL, texts[i]);
		cr_expect_eq(memcmp(&place, &empty, sizeof(empty)), 0, "%s without geo", texts[i]);
	}
	cr_expect(!geo_has_country(NULL) && !geo_has_as(NULL));
	geo_free(geo);
	geo_free(NULL);
}

static const char *const broken[] = {
    "GeoIP2-City-Test-Invalid-Node-Count.mmdb",
    "MaxMind-DB-test-broken-pointers-24.mmdb",
    "MaxMind-DB-test-broken-search-tree-24.mmdb",
    "GeoLite2-ASN-Test.json",
    "../mmdb",
};

Test(geo, broken_files_are_refused)
{
	struct geo *geo = geo_new();
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		char path[512];
		struct error error = {""};
		shared_path(path, broken[i]);
		cr_expect_eq(geo_add(geo, path, &error), -1, "%s", broken[i]);
		cr_expect(strstr(error.text, broken[i]), "%s: %s", broken[i], error.text);
	}
	geo_free(geo);
}

Test(geo, files_that_are_not_there_are_refused)
{
	struct error error = {""};
	struct geo *geo = geo_new();
	cr_assert_eq(geo_add(geo, "/nowhere/x.mmdb", &error), -1);
	cr_assert_str_eq(error.text, "/nowhere/x.mmdb: No such file or directory");
	cr_assert_eq(geo_add(geo, "/dev/null", &error), -1);
	fail_at = 0;
	cr_assert_eq(geo_add(geo, "/nowhere/x.mmdb", &error), -1);
	fail_at = 0;
	cr_assert_null(geo_new());
	geo_free(geo);
}

static const struct {
	const char *name, *text, *wanted;
	size_t size;
} names[] = {
    {"plain", "Example Org", "AS1 Example Org", 96},
    {"other letters", "Ünïcode 株式会社", "AS1 Ünïcode 株式会社", 96},
    {"controls", "a\n\tb\x1b[31m\x7f", "AS1 ab[31m", 96},
    {"C1 controls",
     "a\xc2\x9b"
     "31mb",
     "AS1 a31mb", 96},
    {"not UTF-8", "a\xff\xc3", "AS1 a", 96},
    {"half a character", "a\xe6\xa0", "AS1 a", 96},
    {"writing direction",
     "a\xe2\x80\xae"
     "b",
     "AS1 ab", 96},
    {"empty", "", "AS1", 96},
    {"blanks", "   ", "AS1", 96},
    {"fits", "abc", "AS1 abc", 8},
    {"cut", "abcd", "AS1 abc", 8},
    {"cut at a character", "abü", "AS1 ab", 8},
    {"fits with two bytes", "aü", "AS1 aü", 8},
};

Test(geo, names_are_cleaned)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char out[96] = "AS1 ";
		append_showable(out, names[i].size, slice_from(names[i].text));
		cr_expect_str_eq(out, names[i].wanted, "%s: %s", names[i].name, out);
	}
}

static char *read_all(const char *path, size_t *ret_n)
{
	FILE *file = fopen(path, "rb");
	char *bytes = malloc(1 << 16);
	*ret_n = file && bytes ? fread(bytes, 1, 1 << 16, file) : 0;
	cr_assert(*ret_n > 1000 && *ret_n < 1 << 16);
	fclose(file);
	return bytes;
}

static void write_all(const char *path, const char *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");
	cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

/* The key "country" of all records is made unknown, so that only where a network is registered is
 * left. */
Test(geo, where_it_is_registered_is_better_than_nothing)
{
	char path[512], copy[] = "/tmp/veiltally-geo-XXXXXX", *at;
	size_t n, changed = 0;
	shared_path(path, "GeoLite2-Country-Test.mmdb");
	char *bytes = read_all(path, &n);
	while ((at = memmem(bytes, n,
			    "\x47"
			    "country",
			    8))) {
		at[1] = 'C';
		changed++;
	}
	cr_assert(changed > 0);
	close(mkstemp(copy));
	write_all(copy, bytes, n);
	struct geo *geo = geo_new();
	int result = geo_add(geo, copy, NULL);
	unlink(copy);
	cr_assert_eq(result, 0);
	cr_expect_str_eq(find(geo, "2.125.160.216").country, "FR", "and not GB");
	geo_free(geo);
	free(bytes);
}

/*
 * libmaxminddb before 1.12 leaks when the metadata is damaged (maxmind/libmaxminddb#356), so leaks
 * are not looked for here; what this module itself does on failure is seen by the test of refused
 * files.
 */
static int add_damaged(struct geo *geo, const char *path)
{
#if defined(__SANITIZE_ADDRESS__)
	__lsan_disable();
	int result = geo_add(geo, path, NULL);
	__lsan_enable();
	return result;
#else
	return geo_add(geo, path, NULL);
#endif
}

/* Most damage is inside and is not seen when the file is added; whatever it is, nothing may crash
 * or be unclean. */
static bool try_damaged(const char *path, unsigned *seed)
{
	struct geo *geo = geo_new();
	bool opened = add_damaged(geo, path) == 0;
	if (opened)
		for (unsigned i = 0; i < 200; i++) {
			struct address address = {.kind = ADDRESS_V6};
			struct geo_place place;
			for (unsigned b = 0; b < 16; b++)
				address.bytes[b] = (uint8_t)rand_r(seed);
			if (i % 2) {
				memcpy(address.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
				address.kind = ADDRESS_V4;
			}
			geo_find(geo, &address, &place);
			cr_assert(strlen(place.country) % 2 == 0);
			cr_assert(text_is_showable(slice_from(place.as_text)));
		}
	geo_free(geo);
	return opened;
}

Test(geo, damaged_databases_are_harmless)
{
	enum {
		METADATA = 600
	}; /* at the end; a file with damaged metadata is hardly ever opened */
	static const char *const files[] = {"GeoLite2-Country-Test.mmdb", "GeoLite2-ASN-Test.mmdb"};
	unsigned start = (unsigned)getpid(), seed = start, opened = 0;
	char path[512], copy[] = "/tmp/veiltally-geo-XXXXXX";
	shared_path(path, files[0]);
	cr_log_info("seed %u", start);
	close(mkstemp(copy));
	for (unsigned round = 0; round < 1000; round++) {
		size_t n;
		shared_path(path, files[round % 2]);
		char *bytes = read_all(path, &n);
		size_t reach = round % 4 ? n - METADATA : n;
		for (unsigned i = 1u << (rand_r(&seed) % 10); i > 0; i--)
			bytes[(size_t)rand_r(&seed) % reach] = (char)rand_r(&seed);
		write_all(copy, bytes, rand_r(&seed) % 8 ? n : (size_t)rand_r(&seed) % n);
		opened += try_damaged(copy, &seed);
		free(bytes);
	}
	unlink(copy);
	cr_assert(opened > 50 && opened < 950, "seed %u: %u were opened", start, opened);
}
