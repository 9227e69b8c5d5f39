#include "base/hmac.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct slice from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = strlen(hex) / 2;
	cr_assert(n <= size, "%zu bytes", n);
	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return slice_make((const char *)out, n);
}

static struct slice field(const json_t *row, const char *name, uint8_t *bytes, size_t size)
{
	return from_hex(json_string_value(json_object_get(row, name)), bytes, size);
}

/* Tags may be cut to their first bytes; a tag called invalid must not come out. */
static void check_row(const json_t *row, size_t tag_size)
{
	static uint8_t key[512], text[4096], tag[HMAC_SIZE];
	uint8_t out[HMAC_SIZE] = {0};
	long long id = json_integer_value(json_object_get(row, "tcId"));
	bool valid = strcmp(json_string_value(json_object_get(row, "result")), "valid") == 0;
	struct slice wanted = field(row, "tag", tag, sizeof(tag));
	struct slice k = field(row, "key", key, sizeof(key));
	struct hmac *hmac = hmac_new((const uint8_t *)k.p, k.n);
	cr_assert_not_null(hmac);
	cr_expect_eq(hmac_bytes(hmac, field(row, "msg", text, sizeof(text)), out), 0, "tcId %lld",
		     id);
	bool equal = wanted.n == tag_size && memcmp(out, wanted.p, tag_size) == 0;
	cr_expect_eq(equal, valid, "tcId %lld", id);
	hmac_free(hmac);
}

Test(hmac, wycheproof)
{
	char path[512];
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, sizeof(path), "%s/data/vectors/hmac_hkdf/hmac_sha256_test.json",
		 shared ? shared : "../shared");
	if (access(path, R_OK))
		cr_skip_test("the vectors are not here: %s", path);
	json_t *root = json_load_file(path, 0, NULL);
	size_t g, i, rows = 0;
	json_t *group, *row;
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	{
		json_int_t bits = json_integer_value(json_object_get(group, "tagSize"));
		json_array_foreach(json_object_get(group, "tests"), i, row)
		{
			check_row(row, (size_t)bits / 8);
			rows++;
		}
	}
	cr_assert_eq(rows, (size_t)json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
}

/* RFC 4231, test cases 1, 2 and 6; the last row is Python's hmac with an empty key and text. */
static const struct {
	const char *name;
	int key_byte; /* repeated key_n times, or -1: "Jefe" */
	size_t key_n;
	const char *text, *wanted;
} rows[] = {
    {"RFC 4231, 1", 0x0b, 20, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"RFC 4231, 2", -1, 4, "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"RFC 4231, 6", 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"empty", 0, 0, "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

Test(hmac, rfc_4231)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t key[131], wanted[HMAC_SIZE], out[HMAC_SIZE];
		memset(key, rows[i].key_byte & 255, sizeof(key));
		if (rows[i].key_byte < 0)
			memcpy(key, "Jefe", 4);
		from_hex(rows[i].wanted, wanted, sizeof(wanted));
		struct hmac *hmac = hmac_new(key, rows[i].key_n);
		cr_assert_not_null(hmac, "row %s", rows[i].name);
		for (int again = 0; again < 2; again++) {
			cr_expect_eq(hmac_bytes(hmac, slice_from(rows[i].text), out), 0);
			cr_expect_eq(memcmp(out, wanted, HMAC_SIZE), 0, "row %s, time %d",
				     rows[i].name, again);
		}
		hmac_free(hmac);
	}
}

Test(hmac, parts_stand_behind_their_lengths)
{
	struct hmac *hmac = hmac_new((const uint8_t *)"key", 3);
	const struct slice parts[] = {slice_from("ab"), slice_make(NULL, 0), slice_from("c")};
	static const char whole[] = "\2\0\0\0\0\0\0\0ab\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0c";
	uint8_t a[HMAC_SIZE], b[HMAC_SIZE];
	cr_assert_eq(hmac_parts(hmac, parts, 3, a), 0);
	cr_assert_eq(hmac_bytes(hmac, slice_make(whole, sizeof(whole) - 1), b), 0);
	cr_expect_eq(memcmp(a, b, HMAC_SIZE), 0);
	const struct slice moved[] = {slice_from("a"), slice_from("b"), slice_from("c")};
	cr_assert_eq(hmac_parts(hmac, moved, 3, b), 0);
	cr_expect_neq(memcmp(a, b, HMAC_SIZE), 0);
	hmac_free(hmac);
	hmac_free(NULL);
}

Test(hmac, contexts_do_not_share_their_keys)
{
	struct hmac *one = hmac_new((const uint8_t *)"one", 3);
	struct hmac *two = hmac_new((const uint8_t *)"two", 3);
	uint8_t a[HMAC_SIZE], b[HMAC_SIZE], again[HMAC_SIZE];
	hmac_bytes(one, slice_from("x"), a);
	hmac_bytes(two, slice_from("x"), b);
	hmac_free(two);
	hmac_bytes(one, slice_from("x"), again);
	cr_expect_neq(memcmp(a, b, HMAC_SIZE), 0);
	cr_expect_eq(memcmp(a, again, HMAC_SIZE), 0);
	hmac_free(one);
}
