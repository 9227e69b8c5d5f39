#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/siphash.h"

static FILE *open_shared(const char *name)
{
	char path[512];
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, sizeof(path), "%s/data/vectors/%s", shared ? shared : "../shared", name);
	FILE *file = fopen(path, "r");
	if (!file)
		cr_skip_test("the vectors are not here: %s", path);
	return file;
}

/* SipHash reference implementation, vectors.h, vectors_sip64: key 00..0f, message 00..(n-1). */
static const struct {
	size_t n;
	uint64_t hash;
} known[] = {
    {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {2, 0x0d6c8009d9a94f5a},
    {3, 0x85676696d7fb7e2d}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572},
};

static uint64_t in_pieces(const uint8_t key[16], const uint8_t *bytes, size_t n, size_t a, size_t b)
{
	struct siphash state;
	siphash_start(&state, key);
	siphash_add(&state, bytes, a);
	siphash_add(&state, bytes + a, b - a);
	siphash_add(&state, bytes + b, n - b);
	return siphash_end(&state);
}

Test(siphash, known_answers)
{
	uint8_t key[16], message[64];
	for (unsigned i = 0; i < 64; i++)
		message[i] = (uint8_t)i;
	memcpy(key, message, 16);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		cr_expect_eq(siphash(key, message, known[i].n), known[i].hash, "n = %zu",
			     known[i].n);
	cr_expect_eq(siphash(key, NULL, 0), known[0].hash);
}

/* The C source of the vectors is read as text: after the name, 64 × 8 numbers. */
Test(siphash, all_reference_vectors)
{
	FILE *file = open_shared("siphash/reference_vectors.h");
	char line[256];
	unsigned found = 0;
	uint8_t key[16], message[64], wanted[64][8];
	while (fgets(line, sizeof(line), file) && !strstr(line, "vectors_sip64"))
		;
	while (found < 512 && fgets(line, sizeof(line), file)) {
		const char *number = strstr(line, "0x");
		if (number) {
			wanted[found / 8][found % 8] = (uint8_t)strtoul(number, NULL, 16);
			found++;
		}
	}
	fclose(file);
	cr_assert_eq(found, 512);
	for (unsigned i = 0; i < 64; i++)
		message[i] = (uint8_t)i;
	memcpy(key, message, 16);
	for (unsigned n = 0; n < 64; n++) {
		uint64_t hash = siphash(key, message, n);
		for (unsigned b = 0; b < 8; b++)
			cr_expect_eq((uint8_t)(hash >> (8 * b)), wanted[n][b], "n = %u byte %u", n,
				     b);
	}
}

static size_t from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = strlen(hex) / 2;
	cr_assert(n <= size);
	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static void check_case(const json_t *row)
{
	uint8_t key[16], message[1024], tag[8];
	cr_assert_eq(from_hex(json_string_value(json_object_get(row, "key")), key, 16), 16);
	size_t n = from_hex(json_string_value(json_object_get(row, "msg")), message, 1024);
	cr_assert_eq(from_hex(json_string_value(json_object_get(row, "tag")), tag, 8), 8);
	bool valid = strcmp(json_string_value(json_object_get(row, "result")), "valid") == 0;
	uint64_t hash = siphash(key, message, n), wanted = 0;
	for (unsigned b = 0; b < 8; b++)
		wanted |= (uint64_t)tag[b] << (8 * b);
	cr_expect_eq(hash == wanted, valid, "tcId %lld",
		     json_integer_value(json_object_get(row, "tcId")));
}

Test(siphash, wycheproof)
{
	FILE *file = open_shared("siphash/siphash_2_4_test.json");
	json_t *root = json_loadf(file, 0, NULL);
	size_t g, i, rows = 0;
	json_t *group, *row;
	fclose(file);
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	{
		json_array_foreach(json_object_get(group, "tests"), i, row)
		{
			check_case(row);
			rows++;
		}
	}
	cr_assert_eq(rows, (size_t)json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
}

Test(siphash, pieces_make_the_whole)
{
	uint8_t key[16] = {1, 2, 3}, message[41];
	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof(message); n++)
		for (size_t a = 0; a <= n; a++)
			for (size_t b = a; b <= n; b++)
				cr_assert_eq(in_pieces(key, message, n, a, b),
					     siphash(key, message, n), "%zu of %zu and %zu", n, a,
					     b);
}

Test(siphash, numbers_are_their_bytes)
{
	unsigned seed = (unsigned)getpid();
	for (unsigned round = 0; round < 1000; round++) {
		uint8_t key[16], bytes[20];
		for (unsigned i = 0; i < 16; i++)
			key[i] = (uint8_t)rand_r(&seed);
		uint64_t a = 0, b = 0;
		uint32_t c = 0;
		for (unsigned i = 0; i < 20; i++)
			bytes[i] = (uint8_t)rand_r(&seed);
		for (unsigned i = 8; i-- > 0;) {
			a = a << 8 | bytes[i];
			b = b << 8 | bytes[8 + i];
		}
		for (unsigned i = 4; i-- > 0;)
			c = c << 8 | bytes[16 + i];
		cr_assert_eq(siphash_numbers(key, a, b, c), siphash(key, bytes, 20),
			     "pid %d round %u", (int)getpid(), round);
	}
}

Test(siphash, the_state_is_wiped)
{
	struct siphash state, zero = {{0}, 0, 0};
	siphash_start(&state, (const uint8_t *)"0123456789abcdef");
	siphash_add(&state, "x", 1);
	siphash_end(&state);
	cr_assert_eq(memcmp(&state, &zero, sizeof(zero)), 0);
}
