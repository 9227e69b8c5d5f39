#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/tally/names.h"

static void tell(struct batch *batch, unsigned worker, bool reset, const char *const *texts,
		 size_t n)
{
	batch_clear(batch);
	batch->worker = worker;
	batch->reset = reset;
	for (size_t i = 0; i < n; i++)
		batch_tell(batch, slice_from(texts[i]));
}

Test(names, one_number_per_text_for_all_workers)
{
	static const char *const first[] = {"/a", "/b"}, *const second[] = {"/b", "/c"};
	struct names names;
	struct batch batch = {0};
	cr_assert_eq(names_init(&names, 2, SIZE_MAX / 2), 0);
	tell(&batch, 0, false, first, 2);
	cr_assert_eq(names_learn(&names, &batch), 0);
	tell(&batch, 1, false, second, 2);
	cr_assert_eq(names_learn(&names, &batch), 0);
	uint32_t b = names_of(&names, 1, 1);
	cr_expect_eq(names_of(&names, 0, 2), b);
	cr_expect_neq(names_of(&names, 0, 1), b);
	cr_expect_eq(names_of(&names, 0, 0), NAME_NONE);
	cr_expect(slice_is(names_text(&names, b), "/b"));
	cr_expect_eq(names_end(&names), NAME_FIRST + 2, "what no line used has no number");
	tell(&batch, 0, true, second + 1, 1);
	cr_assert_eq(names_learn(&names, &batch), 0);
	cr_expect(slice_is(names_text(&names, names_of(&names, 0, 1)), "/c"),
		  "ids start again after a reset");
	batch_release(&batch);
	names_release(&names);
}

Test(names, renumbering_keeps_the_marked)
{
	static const char *const texts[] = {"/a", "/b", "/c", "/d"};
	struct names names;
	struct batch batch = {0};
	cr_assert_eq(names_init(&names, 1, SIZE_MAX / 2), 0);
	tell(&batch, 0, false, texts, 4);
	cr_assert_eq(names_learn(&names, &batch), 0);
	uint32_t *marks = calloc(16, sizeof(*marks)), old[5];
	for (uint32_t i = 1; i <= 4; i++)
		old[i] = names_of(&names, 0, i);
	marks[old[2]] = marks[old[4]] = 1;
	cr_assert_eq(names_renumber(&names, marks), 0);
	cr_expect(slice_is(names_text(&names, marks[old[2]]), "/b"));
	cr_expect(slice_is(names_text(&names, marks[old[4]]), "/d"));
	cr_expect_eq(marks[old[1]], 0);
	cr_expect_eq(names_of(&names, 0, 4), marks[old[4]], "a worker's id finds the new number");
	cr_expect(slice_is(names_text(&names, names_of(&names, 0, 1)), "/a"),
		  "and one forgotten comes again");
	free(marks);
	batch_release(&batch);
	names_release(&names);
}

Test(names, turned_away_at_the_cap)
{
	struct names names;
	struct batch batch = {0};
	cr_assert_eq(names_init(&names, 1, 60000), 0);
	uint32_t last = 0;
	for (uint32_t i = 1; last != NAME_OTHER && i < 100000; i++) {
		char text[32];
		snprintf(text, sizeof(text), "/path/number/%u", i);
		batch_clear(&batch);
		batch_tell(&batch, slice_from(text));
		cr_assert_eq(names_learn(&names, &batch), 0);
		last = names_of(&names, 0, i);
	}
	cr_expect_eq(last, NAME_OTHER);
	cr_expect(names.turned_away);
	cr_expect(names_of(&names, 0, 1) >= NAME_FIRST, "those admitted stay");
	batch_release(&batch);
	names_release(&names);
}
