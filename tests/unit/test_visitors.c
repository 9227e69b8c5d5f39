#include <criterion/criterion.h>
#include <stdlib.h>
#include "aggregate/tally/tags.h"
#include "aggregate/tally/visitors.h"
#include "hits.h"

static bool odd(const struct visitor *visitor, const void *context)
{
	(void)context;
	return visitor->hits % 2;
}

Test(visitors, found_by_tag_removed_and_used_again)
{
	enum { N = 50000 };
	struct budget budget = {.limit = 1 << 28};
	struct visitors visitors;
	cr_assert_eq(visitors_init(&visitors, &budget), 0);
	for (uint32_t i = 0; i < N; i++) {
		cr_assert_eq(visitors_find(&visitors, test_mix(i)), VISITOR_NONE);
		cr_assert_eq(visitors_add(&visitors, test_mix(i)), i);
		visitors_at(&visitors, i)->hits = i;
		visitors_at(&visitors, i)->before = i ? i - 1 : VISITOR_NONE;
	}
	visitors_remove(&visitors, odd, NULL);
	cr_expect_eq(visitors.live, N / 2);
	for (uint32_t i = 0; i < N; i++) {
		cr_assert_eq(visitors_find(&visitors, test_mix(i)), i % 2 ? VISITOR_NONE : i);
		cr_assert_eq(visitors_at(&visitors, i)->before, i % 2 ? i - 1 : VISITOR_NONE,
			     "a link to a record that is gone is cut");
	}
	size_t used = budget.used;
	for (uint32_t i = 0; i < N / 2; i++)
		cr_assert_eq(visitors_add(&visitors, test_mix(N + i)), 2 * i + 1,
			     "free records are used, lowest first");
	cr_expect_eq(budget.used, used, "no new memory for them");
	visitors_release(&visitors);
}

Test(visitors, refuse_beyond_the_budget)
{
	struct budget budget = {.limit = 1 << 20};
	struct visitors visitors;
	uint32_t n = 0;
	cr_assert_eq(visitors_init(&visitors, &budget), 0);
	while (visitors_add(&visitors, test_mix(n)) != VISITOR_NONE)
		n++;
	cr_expect(n >= 2048 && n * sizeof(struct visitor) <= budget.limit);
	cr_expect_eq(visitors_find(&visitors, test_mix(n - 1)), n - 1);
	visitors_release(&visitors);
}

Test(tags, number_once_per_period)
{
	struct budget budget = {.limit = 1 << 20};
	struct tags tags;
	bool fresh;
	cr_assert_eq(tags_init(&tags, &budget), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		cr_assert_eq(tags_number(&tags, test_mix(i), 0, &fresh), i);
		cr_assert(fresh);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		cr_assert_eq(tags_number(&tags, test_mix(i), 0, &fresh), i);
		cr_assert(!fresh);
	}
	cr_expect_eq(tags_number(&tags, test_mix(7), 1, &fresh), 5000, "another day, another unit");
	uint32_t n = 5001;
	while (tags_number(&tags, test_mix(n), 2, &fresh) != TAG_NONE)
		n++;
	cr_expect(budget.used <= budget.limit && n > 10000);
	tags_release(&tags);
	cr_expect_eq(budget.used, 0);
}
