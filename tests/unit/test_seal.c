#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/veil/keys.h"

/* Compiled in, so that nonces can be chosen for the known answers, and be refused. */
static int nonce_first = -1; /* -1: random; -2: refuse; else the first byte of a counting pattern */

static int test_random(uint8_t *bytes, size_t n)
{
	if (nonce_first == -2)
		return -1;
	if (nonce_first < 0)
		return secret_random(bytes, n);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(nonce_first + (int)(i % 12));
	return 0;
}

#define secret_random test_random
#include "aggregate/veil/seal.c"
#undef secret_random

static struct sealing_keys *keys_from_byte(int first)
{
	uint8_t key[KEY_SIZE];
	struct error error = {""};
	for (int i = 0; i < KEY_SIZE; i++)
		key[i] = (uint8_t)(first + i);
	struct sealing_keys *keys = sealing_keys_from(key, &error);
	cr_assert_not_null(keys, "%s", error.text);
	return keys;
}

static void to_hex(const uint8_t *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* Made with Python's hmac and cryptography for the key 00 01 … 1f, as is the next. */
Test(seal, row_keys_are_as_documented)
{
	struct sealing_keys *keys = keys_from_byte(0);
	uint8_t row[ROW_KEY_SIZE];
	char hex[2 * ROW_KEY_SIZE + 1];
	cr_assert_eq(seal_row_key(keys, 7, slice_from("shop.example"), slice_from("/cart"), row),
		     0);
	to_hex(row, sizeof(row), hex);
	cr_expect_str_eq(hex, "0c6f2fde52ef11bd12249de3f9de3d9b");
	sealing_keys_free(keys);
}

static const struct {
	size_t n;
	const char *sealed;
} known[] = {
    {5, "a0a1a2a3a4a5a6a7a8a9aaab3738ee1690fea9e9324502decb0c6fe964302b5cbb5785121b6c348c4f19575c1a"
	"9da6ed99065add950c08d1c57c1cefb51033307fe69a2c023ce4ea219c521a59209f71d5fb127a30e8ea58569f"
	"153a"},
    {61, "a0a1a2a3a4a5a6a7a8a9aaab0f38ee1690fea9e932034596824624a5297e640cea05d6464e3a63d416430c004"
	 "7c3f98df86439b9f06a6fb9ac167783d87e5c400e94e958774a939258e62966a3bfead58a2aa49edb35f879a0"
	 "9d5f7a4cffadb802fcbbd1fd0e403f9d9ddd5689c093eb40cce1bf3b806a4e285f8fc5f64022adbc0c8ef3784"
	 "3b13b4a5da846a142d64061ee35774535470990803a96"},
};

Test(seal, rows_are_as_documented)
{
	struct sealing_keys *keys = keys_from_byte(0);
	nonce_first = 0xa0;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		char text[61], hex[2 * 156 + 1];
		uint8_t out[156];
		for (size_t j = 0; j < known[i].n; j++)
			text[j] = (char)(65 + j);
		size_t size = seal_size(known[i].n);
		cr_assert(size <= sizeof(out));
		cr_assert_eq(seal_close(keys, -3, 2, slice_from("rowkey"),
					slice_make(text, known[i].n), out),
			     0);
		to_hex(out, size, hex);
		cr_expect_str_eq(hex, known[i].sealed, "row %zu", known[i].n);
	}
	sealing_keys_free(keys);
}

Test(seal, every_part_of_a_row_key_counts)
{
	struct sealing_keys *keys = keys_from_byte(0), *other = keys_from_byte(1);
	const struct {
		struct sealing_keys *keys;
		uint8_t dimension;
		const char *site, *literal;
	} rows[] = {
	    {keys, 1, "a", "bc"},  {keys, 2, "a", "bc"}, {keys, 1, "ab", "c"},
	    {keys, 1, "a", "bcd"}, {keys, 1, "", "abc"}, {other, 1, "a", "bc"},
	    {keys, 1, "abc", ""},
	};
	enum { N = sizeof(rows) / sizeof(*rows) };
	uint8_t out[N][ROW_KEY_SIZE], again[ROW_KEY_SIZE];
	for (size_t i = 0; i < N; i++) {
		struct slice site = slice_from(rows[i].site), text = slice_from(rows[i].literal);
		cr_assert_eq(seal_row_key(rows[i].keys, rows[i].dimension, site, text, out[i]), 0);
		cr_assert_eq(seal_row_key(rows[i].keys, rows[i].dimension, site, text, again), 0);
		cr_expect_eq(memcmp(out[i], again, ROW_KEY_SIZE), 0, "row %zu", i);
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(memcmp(out[i], out[j], ROW_KEY_SIZE), 0, "%zu and %zu", i, j);
	}
	sealing_keys_free(keys);
	sealing_keys_free(other);
}

Test(seal, what_is_closed_opens_at_every_length)
{
	struct sealing_keys *keys = keys_from_byte(0);
	enum { MOST = 700 };
	static char text[MOST];
	static uint8_t sealed[MOST + 200], out[MOST + 200];
	for (size_t i = 0; i < MOST; i++)
		text[i] = (char)(i * 7 + 1);
	for (size_t n = 0; n <= MOST; n++) {
		size_t size = seal_size(n), got = SIZE_MAX;
		cr_assert(size % SEAL_BLOCK == 28 && size >= n + 32 && size < n + 32 + SEAL_BLOCK,
			  "length %zu: %zu", n, size);
		struct slice plain = slice_make(n ? text : NULL, n), row = slice_from("row");
		cr_assert_eq(seal_close(keys, 20000, 1, row, plain, sealed), 0, "length %zu", n);
		struct slice whole = slice_make((const char *)sealed, size);
		cr_assert_eq(seal_open(keys, 20000, 1, row, whole, out, &got), 0, "length %zu", n);
		cr_assert(got == n && memcmp(out, text, n) == 0, "length %zu: %zu", n, got);
	}
	sealing_keys_free(keys);
}

Test(seal, nonces_do_not_repeat)
{
	struct sealing_keys *keys = keys_from_byte(0);
	enum { N = 5 * NONCES + 3 };
	static uint8_t rows[N][92];
	for (size_t i = 0; i < N; i++)
		cr_assert_eq(seal_close(keys, 1, 1, slice_from("r"), slice_from("same"), rows[i]),
			     0);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert_neq(memcmp(rows[i], rows[j], SEAL_NONCE), 0, "%zu and %zu", i, j);
	sealing_keys_free(keys);
}

/* A row of 100 bytes in its place, and how it is asked for. */
static struct attempt {
	const char *name;
	int key;
	int32_t day;
	uint8_t table;
	const char *row;
	bool opens;
} attempts[] = {
    {"as it was closed", 0, 20000, 1, "row key", true},
    {"another key", 1, 20000, 1, "row key", false},
    {"another day", 0, 20001, 1, "row key", false},
    {"a day with another sign", 0, -20000, 1, "row key", false},
    {"another table", 0, 20000, 2, "row key", false},
    {"another row", 0, 20000, 1, "row kez", false},
    {"a shorter row key", 0, 20000, 1, "row ke", false},
    {"no row key", 0, 20000, 1, "", false},
};

Test(seal, a_row_opens_in_its_place_only)
{
	struct sealing_keys *keys[2] = {keys_from_byte(0), keys_from_byte(1)};
	uint8_t sealed[156], out[156];
	char text[100];
	memset(text, 'p', sizeof(text));
	cr_assert_eq(seal_size(sizeof(text)), sizeof(sealed));
	cr_assert_eq(seal_close(keys[0], 20000, 1, slice_from("row key"),
				slice_make(text, sizeof(text)), sealed),
		     0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		const struct attempt *a = &attempts[i];
		size_t n = 77;
		int result = seal_open(keys[a->key], a->day, a->table, slice_from(a->row),
				       slice_make((char *)sealed, sizeof(sealed)), out, &n);
		cr_expect_eq(result == 0, a->opens, "row %s", a->name);
		cr_expect_eq(n, a->opens ? sizeof(text) : 77, "row %s: %zu", a->name, n);
		if (!a->opens)
			cr_expect_null(memmem(out, sizeof(out), "pp", 2), "row %s: text", a->name);
	}
	sealing_keys_free(keys[0]);
	sealing_keys_free(keys[1]);
}

Test(seal, a_changed_row_does_not_open)
{
	struct sealing_keys *keys = keys_from_byte(0);
	uint8_t sealed[156 + 64], out[156 + 64];
	char text[100] = "x";
	struct slice row = slice_from("row key");
	size_t n;
	cr_assert_eq(seal_close(keys, 1, 1, row, slice_make(text, sizeof(text)), sealed), 0);
	for (size_t bit = 0; bit < 156 * (size_t)8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		cr_expect_eq(seal_open(keys, 1, 1, row, slice_make((char *)sealed, 156), out, &n),
			     -1, "bit %zu", bit);
		sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t size = 0; size < sizeof(sealed); size++)
		cr_expect_eq(
		    seal_open(keys, 1, 1, row, slice_make((char *)sealed, size), out, &n) == 0,
		    size == 156, "cut to %zu", size);
	sealing_keys_free(keys);
}

Test(seal, no_random_numbers_no_row)
{
	struct sealing_keys *keys = keys_from_byte(0);
	uint8_t out[92];
	nonce_first = -2;
	cr_expect_eq(seal_close(keys, 1, 1, slice_from("r"), slice_from("x"), out), -1);
	nonce_first = -1;
	cr_expect_eq(seal_close(keys, 1, 1, slice_from("r"), slice_from("x"), out), 0);
	sealing_keys_free(keys);
	sealing_keys_free(NULL);
}
