#include <criterion/criterion.h>
#include "aggregate/tally/distinct.h"
#include "hits.h"

Test(distinct, the_first_member_costs_nothing)
{
	struct distinct set = {0};
	cr_expect_eq(distinct_count(&set), 0);
	distinct_add(&set, 7, true);
	distinct_add(&set, 7, true);
	cr_expect_eq(distinct_count(&set), 1);
	cr_expect_eq(distinct_held(&set), 0);
	distinct_add(&set, test_mix(8), true);
	cr_expect_eq(distinct_count(&set), 2);
	cr_expect(distinct_held(&set) > 0);
	distinct_release(&set);
	cr_expect_eq(distinct_count(&set), 0);
}

Test(distinct, does_not_grow_when_it_may_not)
{
	struct distinct set = {0};
	for (uint64_t i = 1; i < 100; i++)
		distinct_add(&set, test_mix(i), false);
	cr_expect_eq(distinct_count(&set), 1);
	cr_expect_eq(distinct_held(&set), 0);
	for (uint64_t i = 1; i < 20000; i++)
		distinct_add(&set, test_mix(i), true);
	size_t held = distinct_held(&set);
	uint64_t count = distinct_count(&set);
	for (uint64_t i = 20000; i < 40000; i++)
		distinct_add(&set, test_mix(i), false);
	cr_expect_eq(distinct_held(&set), held, "a dense set counts on");
	cr_expect(distinct_count(&set) > count + 10000);
	distinct_release(&set);
}

/* Every pair of sizes: none, one, some. */
Test(distinct, merges_like_a_set)
{
	for (uint64_t a = 0; a < 4; a++) {
		for (uint64_t b = 0; b < 4; b++) {
			struct distinct into = {0}, from = {0};
			for (uint64_t i = 0; i < a; i++)
				distinct_add(&into, test_mix(i), true);
			for (uint64_t i = 1; i < 1 + b; i++)
				distinct_add(&from, test_mix(i), true);
			distinct_merge(&into, &from);
			uint64_t want = a == 0 ? b : b + 1 > a ? b + 1 : a;
			cr_expect_eq(distinct_count(&into), want, "%lu and %lu: %lu", a, b,
				     distinct_count(&into));
			distinct_release(&into);
			distinct_release(&from);
		}
	}
}

/* As it was: the same members, count and memory, and equal when more comes. */
Test(distinct, comes_back_from_bytes)
{
	static const uint64_t sizes[] = {0, 1, 2, 3, 9, 100, 512, 513, 5000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct distinct set = {0}, merged = {0};
		for (uint64_t m = 0; m < sizes[i]; m++)
			distinct_add(&set, test_mix(m), true);
		distinct_merge(&merged, &set);
		struct distinct *const sets[] = {&set, &merged}; /* made in two ways */
		for (int way = 0; way < 2; way++) {
			struct pack pack = {0};
			struct distinct back = {0};
			distinct_pack(sets[way], &pack);
			struct unpack unpack = unpack_from(pack_slice(&pack));
			cr_assert_eq(distinct_unpack(&back, &unpack), 0, "%lu, way %d", sizes[i],
				     way);
			cr_expect_eq(unpack.n, 0, "%lu, way %d", sizes[i], way);
			cr_expect_eq(back.only != 0, sizes[i] > 0, "%lu, way %d", sizes[i], way);
			cr_expect_eq(distinct_count(&back), distinct_count(&set), "%lu, way %d",
				     sizes[i], way);
			cr_expect_eq(distinct_held(&back), distinct_held(sets[way]), "%lu, way %d",
				     sizes[i], way);
			for (size_t cut = 0; cut < pack.n; cut++) {
				struct distinct none = {0};
				struct unpack short_of =
				    unpack_from(slice_make((const char *)pack.p, cut));
				cr_expect_eq(distinct_unpack(&none, &short_of), -1,
					     "%lu cut at %zu", sizes[i], cut);
				distinct_release(&none);
				if (pack.n > 3000)
					cut += 97;
			}
			distinct_release(&back);
			pack_release(&pack);
		}
		distinct_release(&set);
		distinct_release(&merged);
	}
}
