#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/textmap.h"
#include "hits.h"

/* Against a plain list: the same text always has the same index, in the order of first sight. */
Test(textmap, agrees_with_a_list)
{
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	enum { TEXTS = 6000 };
	char(*list)[24] = calloc(TEXTS, sizeof(*list));
	uint32_t n = 0;
	struct textmap map;
	cr_assert_eq(textmap_init(&map, sizeof(uint32_t), SIZE_MAX / 2), 0);
	for (unsigned i = 0; i < 20000; i++) {
		char text[24];
		int length = snprintf(text, sizeof(text), "%.*s%lu", (int)(test_random(&state) % 5),
				      "\x80xyz", test_random(&state) % TEXTS / 6);
		struct slice slice = slice_make(text, (size_t)length);
		uint64_t hash = textmap_hash(&map, slice);
		uint32_t index = textmap_find(&map, slice, hash), want = 0;
		while (want < n && strcmp(list[want], text) != 0)
			want++;
		cr_assert_eq(index, want < n ? want : TEXTMAP_NONE, "seed %lu: \"%s\"", seed, text);
		if (index != TEXTMAP_NONE) {
			cr_assert_eq(*(uint32_t *)textmap_value(&map, index), index * 7, "seed %lu",
				     seed);
			continue;
		}
		index = textmap_add(&map, slice, hash);
		cr_assert_eq(index, n);
		*(uint32_t *)textmap_value(&map, index) = index * 7;
		strcpy(list[n++], text);
	}
	for (uint32_t i = 0; i < n; i++)
		cr_assert(slice_is(textmap_text(&map, i), list[i]));
	textmap_clear(&map);
	cr_expect_eq(
	    textmap_find(&map, slice_from(list[0]), textmap_hash(&map, slice_from(list[0]))),
	    TEXTMAP_NONE);
	textmap_release(&map);
	free(list);
}

Test(textmap, empty_text_and_any_bytes)
{
	struct textmap map;
	cr_assert_eq(textmap_init(&map, 0, SIZE_MAX / 2), 0);
	struct slice empty = {NULL, 0}, nul = slice_make("\0\0", 2);
	cr_expect_eq(textmap_add(&map, empty, textmap_hash(&map, empty)), 0);
	cr_expect_eq(textmap_add(&map, nul, textmap_hash(&map, nul)), 1);
	cr_expect_eq(textmap_find(&map, empty, textmap_hash(&map, empty)), 0);
	cr_expect_eq(textmap_find(&map, nul, textmap_hash(&map, nul)), 1);
	textmap_release(&map);
}

Test(textmap, stays_below_its_maximum)
{
	for (size_t max = 20000; max < 2000000; max *= 3) {
		struct textmap map;
		uint32_t n = 0;
		cr_assert_eq(textmap_init(&map, 8, max), 0);
		for (;; n++) {
			char text[40];
			struct slice slice = slice_make(
			    text, (size_t)snprintf(text, sizeof(text), "/some/path/%u", n));
			if (textmap_add(&map, slice, textmap_hash(&map, slice)) == TEXTMAP_NONE)
				break;
			cr_assert(textmap_held(&map) <= max, "max %zu", max);
		}
		cr_expect(n > max / 400, "max %zu holds only %u", max, n);
		cr_expect_eq(textmap_find(&map, slice_from("/some/path/0"),
					  textmap_hash(&map, slice_from("/some/path/0"))),
			     0, "a full map still finds");
		textmap_clear(&map);
		cr_expect_eq(
		    textmap_add(&map, slice_from("x"), textmap_hash(&map, slice_from("x"))), 0);
		textmap_release(&map);
	}
}

Test(textmap, reserve_means_room)
{
	struct textmap map;
	cr_assert_eq(textmap_init(&map, 0, 100000), 0);
	char text[128];
	unsigned n = 0;
	memset(text, 'x', sizeof(text));
	for (; textmap_reserve(&map, 1, sizeof(text)); n++) {
		memcpy(text, &n, sizeof(n));
		struct slice slice = slice_make(text, sizeof(text));
		cr_assert_neq(textmap_add(&map, slice, textmap_hash(&map, slice)), TEXTMAP_NONE);
	}
	cr_expect(n > 100);
	textmap_release(&map);
}
