#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>
#include "aggregate/tally/cells.h"
#include "hits.h"

Test(cells, kept_apart_by_period_dimension_and_key)
{
	struct budget budget = {.limit = 1 << 22};
	struct cells cells;
	cr_assert_eq(cells_init(&cells, &budget), 0);
	uint32_t a = cells_add(&cells, 0, DIM_PAGE, 7), b = cells_add(&cells, 1, DIM_PAGE, 7),
		 c = cells_add(&cells, 0, DIM_EXIT_PAGE, 7),
		 d = cells_add(&cells, 0, DIM_PAGE, CELL_KEY_OTHER);
	cr_expect_eq(cells_find(&cells, 0, DIM_PAGE, 7), a);
	cr_expect_eq(cells_find(&cells, 1, DIM_PAGE, 7), b);
	cr_expect_eq(cells_find(&cells, 0, DIM_EXIT_PAGE, 7), c);
	cr_expect_eq(cells_find(&cells, 0, DIM_PAGE, CELL_KEY_OTHER), d);
	cr_expect_eq(cells_find(&cells, 1, DIM_EXIT_PAGE, 7), CELL_NONE);
	cells_release(&cells);
}

/* A stream of keys with a heavy one now and then: heavy and established keys survive, sums are
 * exact. */
Test(cells, purge_keeps_the_established_and_the_heavy)
{
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	struct budget budget = {.limit = 1 << 20};
	struct cells cells;
	uint64_t given = 0, held = 0;
	enum { ESTABLISHED = 50, HEAVY = 5000, ROUNDS = 60000 };
	cr_assert_eq(cells_init(&cells, &budget), 0);
	for (uint64_t key = 1; key <= ESTABLISHED; key++) {
		uint32_t index = cells_add(&cells, 0, DIM_PAGE, key);
		cells_establish(&cells, cells_at(&cells, index));
		cells_at(&cells, index)->hits = 1;
		given++;
	}
	unsigned purges = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t key = i % 8 == 0 ? HEAVY : 10000 + test_random(&state);
		uint32_t index = cells_find(&cells, 0, DIM_PAGE, key);
		if (index == CELL_NONE)
			index = cells_add(&cells, 0, DIM_PAGE, key);
		if (index == CELL_NONE) {
			uint32_t *map = malloc((cells.n + 1) * sizeof(*map));
			cr_assert(cells_purge(&cells, DIM_PAGE, map) > 0, "seed %lu", seed);
			free(map);
			purges++;
			index = cells_add(&cells, 0, DIM_PAGE, key);
		}
		cr_assert_neq(index, CELL_NONE, "seed %lu", seed);
		cells_at(&cells, index)->hits++;
		given++;
	}
	cr_expect(purges > 3, "%u purges", purges);
	cr_expect(budget.used <= budget.limit);
	for (uint64_t key = 1; key <= ESTABLISHED; key++)
		cr_assert_neq(cells_find(&cells, 0, DIM_PAGE, key), CELL_NONE,
			      "seed %lu: %lu is established", seed, key);
	uint32_t heavy = cells_find(&cells, 0, DIM_PAGE, HEAVY);
	cr_assert_neq(heavy, CELL_NONE, "seed %lu", seed);
	cr_expect_eq(cells_at(&cells, heavy)->hits, ROUNDS / 8 + (ROUNDS % 8 > 0),
		     "the heavy key was never folded");
	for (uint32_t i = 0; i < cells.n; i++)
		held += cells_at(&cells, i)->live ? cells_at(&cells, i)->hits : 0;
	cr_expect_eq(held, given, "seed %lu: sums are exact", seed);
	cells_release(&cells);
}

Test(cells, full_of_established_ones_turns_newcomers_away)
{
	struct budget budget = {.limit = 1 << 20};
	struct cells cells;
	cr_assert_eq(cells_init(&cells, &budget), 0);
	uint32_t index;
	for (uint64_t key = 1; (index = cells_add(&cells, 0, DIM_PAGE, key)) != CELL_NONE; key++)
		cells_establish(&cells, cells_at(&cells, index));
	uint32_t *map = malloc((cells.n + 1) * sizeof(*map));
	cr_expect_eq(cells_purge(&cells, DIM_PAGE, map), 0);
	cr_expect_neq(cells_add(&cells, 0, DIM_PAGE, CELL_KEY_OTHER), CELL_NONE,
		      "(other) always has room");
	cr_expect_neq(cells_add(&cells, 0, DIM_REFERRER_HOST, 1), CELL_NONE,
		      "other dimensions have their own room");
	free(map);
	cells_release(&cells);
}
