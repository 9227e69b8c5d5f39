/* What is packed comes back; what was cut or changed is seen, and nothing is read beyond the end.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>
#include "base/pack.h"
#include "hits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	uint64_t value;
	size_t bytes;
} numbers[] = {
    {0, 1},
    {1, 1},
    {127, 1},
    {128, 2},
    {16383, 2},
    {16384, 3},
    {UINT32_MAX, 5},
    {(uint64_t)1 << 56, 9},
    {((uint64_t)1 << 63) - 1, 9},
    {(uint64_t)1 << 63, 10},
    {UINT64_MAX, 10},
};

Test(pack, numbers)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct pack pack = {0};
		pack_number(&pack, numbers[i].value);
		cr_expect_eq(pack.n, numbers[i].bytes, "row %lu: %zu bytes", numbers[i].value,
			     pack.n);
		struct unpack unpack = unpack_from(pack_slice(&pack));
		cr_expect_eq(unpack_number(&unpack), numbers[i].value, "row %lu", numbers[i].value);
		cr_expect(!unpack.failed && unpack.n == 0, "row %lu", numbers[i].value);
		pack_release(&pack);
	}
}

Test(pack, signed_numbers)
{
	static const int64_t values[] = {0,   -1,	 1,	    -64,       63,	 64,
					 -65, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};
	struct pack pack = {0};
	for (size_t i = 0; i < COUNT(values); i++)
		pack_signed(&pack, values[i]);
	cr_expect_eq(pack.p[1], 1, "small ones are short whatever their sign");
	struct unpack unpack = unpack_from(pack_slice(&pack));
	for (size_t i = 0; i < COUNT(values); i++)
		cr_expect_eq(unpack_signed(&unpack), values[i], "row %ld", (long)values[i]);
	cr_expect(!unpack.failed && unpack.n == 0);
	pack_release(&pack);
}

static const struct {
	const char *name, *bytes;
	size_t n;
} bad_numbers[] = {
    {"nothing", "", 0},
    {"a number that goes on", "\x80", 1},
    {"ten bytes that go on", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    {"eleven bytes", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
    {"more than 64 bits", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},
};

Test(pack, what_is_no_number_fails)
{
	for (size_t i = 0; i < COUNT(bad_numbers); i++) {
		struct unpack unpack =
		    unpack_from(slice_make(bad_numbers[i].bytes, bad_numbers[i].n));
		cr_expect_eq(unpack_number(&unpack), 0, "row %s", bad_numbers[i].name);
		cr_expect(unpack.failed, "row %s", bad_numbers[i].name);
	}
}

Test(pack, a_text_longer_than_what_is_left_fails)
{
	struct pack pack = {0};
	pack_number(&pack, UINT64_MAX);
	pack_bytes(&pack, "abc", 3);
	struct unpack unpack = unpack_from(pack_slice(&pack));
	cr_expect_eq(unpack_text(&unpack).n, 0);
	cr_expect(unpack.failed);
	unpack = unpack_from(slice_make("abc", 3));
	cr_expect_eq(unpack_bytes(&unpack, 4).n, 0);
	cr_expect(unpack.failed);
	cr_expect_eq(unpack_number(&unpack), 0, "nothing comes behind a failure");
	cr_expect_eq(unpack_fixed(&unpack), 0);
	cr_expect_eq(unpack_bytes(&unpack, 1).n, 0);
	pack_release(&pack);
}

enum field { FIELD_NUMBER, FIELD_SIGNED, FIELD_FIXED, FIELD_TEXT, FIELD__COUNT };
enum { FIELDS_MAX = 60, TEXT_MAX = 300 };

struct packed {
	enum field kind;
	uint64_t value;
};

static void put(struct pack *pack, const struct packed *field, const char *texts)
{
	switch (field->kind) {
	case FIELD_NUMBER:
		pack_number(pack, field->value);
		break;
	case FIELD_SIGNED:
		pack_signed(pack, (int64_t)field->value);
		break;
	case FIELD_FIXED:
		pack_fixed(pack, field->value);
		break;
	default:
		pack_text(pack, slice_make(texts, field->value % TEXT_MAX));
	}
}

static bool get(struct unpack *unpack, const struct packed *field, const char *texts)
{
	switch (field->kind) {
	case FIELD_NUMBER:
		return unpack_number(unpack) == field->value;
	case FIELD_SIGNED:
		return unpack_signed(unpack) == (int64_t)field->value;
	case FIELD_FIXED:
		return unpack_fixed(unpack) == field->value;
	default:
		return slice_equal(unpack_text(unpack), slice_make(texts, field->value % TEXT_MAX));
	}
}

/* Random fields, whole and cut behind every byte: cut ones fail, and not before the cut. */
Test(pack, fields_come_back_and_cuts_are_seen)
{
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	static char texts[TEXT_MAX];
	for (size_t i = 0; i < sizeof(texts); i++)
		texts[i] = (char)test_random(&state);
	for (int round = 0; round < 200; round++) {
		struct packed fields[FIELDS_MAX];
		struct pack pack = {0};
		size_t n = 1 + test_random(&state) % FIELDS_MAX, ends[FIELDS_MAX];
		for (size_t i = 0; i < n; i++) {
			fields[i] =
			    (struct packed){(enum field)(test_random(&state) % FIELD__COUNT),
					    test_random(&state) >> test_random(&state) % 64};
			put(&pack, &fields[i], texts);
			ends[i] = pack.n;
		}
		cr_assert(!pack.failed);
		for (size_t cut = 0; cut <= pack.n; cut++) {
			/* An allocation of that size, so that the sanitizer sees a read beyond. */
			char *exact = malloc(cut + !cut);
			memcpy(exact, pack.p, cut);
			struct unpack unpack = unpack_from(slice_make(exact, cut));
			for (size_t i = 0; i < n; i++) {
				bool same = get(&unpack, &fields[i], texts);
				cr_assert(ends[i] > cut || (same && !unpack.failed),
					  "seed %lu: field %zu of %zu bytes", seed, i, cut);
				cr_assert_eq(unpack.failed, ends[i] > cut, "seed %lu: field %zu",
					     seed, i);
			}
			free(exact);
		}
		pack_release(&pack);
	}
}

Test(pack, is_used_again_after_clearing)
{
	struct pack pack = {0};
	pack_text(&pack, slice_from("first"));
	size_t cap = pack.cap;
	pack_clear(&pack);
	cr_expect_eq(pack.n, 0);
	cr_expect_eq(pack.cap, cap);
	pack_text(&pack, slice_make(NULL, 0));
	cr_expect_eq(pack.n, 1);
	pack_release(&pack);
	cr_expect_null(pack.p);
}
