#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>
#include "aggregate/tally/pairs.h"
#include "hits.h"

enum { CELLS = 40, NUMBERS = 500 };

Test(pairs, agrees_with_a_bit_map)
{
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	static bool model[CELLS][NUMBERS];
	struct budget budget = {.limit = 1 << 24};
	struct pairs pairs;
	uint32_t cell, number, map[CELLS];
	size_t want = 0;
	cr_assert_eq(pairs_init(&pairs, &budget), 0);
	for (unsigned i = 0; i < 30000; i++) {
		cell = (uint32_t)(test_random(&state) % CELLS);
		number = (uint32_t)(test_random(&state) % NUMBERS);
		cr_assert_eq(pairs_add(&pairs, cell, number), !model[cell][number], "seed %lu",
			     seed);
		want += !model[cell][number];
		model[cell][number] = true;
	}
	cr_assert_eq(pairs.n, want);
	/* Moves the upper half of the cells onto the lower. */
	for (uint32_t i = 0; i < CELLS; i++)
		map[i] = i % (CELLS / 2);
	cr_assert_eq(pairs_move(&pairs, map, CELLS), 0);
	size_t seen = 0;
	want = 0;
	for (size_t at = 0; pairs_next(&pairs, &at, &cell, &number); seen++)
		cr_assert(cell < CELLS / 2 &&
			      (model[cell][number] || model[cell + CELLS / 2][number]),
			  "seed %lu", seed);
	for (uint32_t c = 0; c < CELLS / 2; c++)
		for (uint32_t n = 0; n < NUMBERS; n++)
			want += model[c][n] || model[c + CELLS / 2][n];
	cr_expect_eq(seen, want, "seed %lu: moved pairs meet once", seed);
	pairs_release(&pairs);
	cr_expect_eq(budget.used, 0, "the budget is given back");
}

Test(pairs, says_when_full_and_stays_within_budget)
{
	struct budget budget = {.limit = 300000};
	struct pairs pairs;
	uint32_t n = 0;
	cr_assert_eq(pairs_init(&pairs, &budget), 0);
	while (pairs_add(&pairs, n % 7, n) == 1)
		n++;
	cr_expect(budget.used <= budget.limit);
	cr_expect(n > 10000, "only %u pairs", n);
	cr_expect_eq(pairs_add(&pairs, 0, 0), 0, "a full set still answers");
	cr_expect_eq(pairs_add(&pairs, 3, UINT32_MAX), -1);
	pairs_release(&pairs);
}

/* What was added since the last time; lost when it is too much, or when pairs moved. */
Test(pairs, journal_says_what_is_new)
{
	struct budget budget = {.limit = 1 << 26};
	struct pairs pairs;
	uint32_t cell, number, map[1] = {0};
	size_t at = 0;
	cr_assert_eq(pairs_init(&pairs, &budget), 0);
	pairs_add(&pairs, 0, 1);
	pairs_journal(&pairs);
	pairs_add(&pairs, 0, 1);
	pairs_add(&pairs, 0, 2);
	pairs_add(&pairs, 0, 2);
	cr_assert(pairs_new(&pairs, &at, &cell, &number));
	cr_expect(cell == 0 && number == 2);
	cr_expect(!pairs_new(&pairs, &at, &cell, &number), "what was there is not new");
	pairs_written(&pairs);
	at = 0;
	cr_expect(!pairs_new(&pairs, &at, &cell, &number));
	for (uint32_t i = 3; i < 70000; i++)
		pairs_add(&pairs, 0, i);
	cr_expect(pairs.journal_lost);
	pairs_written(&pairs);
	cr_expect(!pairs.journal_lost);
	cr_assert_eq(pairs_move(&pairs, map, 1), 0);
	cr_expect(pairs.journal_lost);
	pairs_release(&pairs);
}
