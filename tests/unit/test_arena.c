#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The module is compiled in, so that the n-th call to the system can be made to fail. */
static int fail_at = -1; /* calls that still succeed; -1 = all */

static int fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

static void *test_malloc(size_t n)
{
	return fails() ? NULL : malloc(n);
}

static void *test_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

#define malloc test_malloc
#define calloc test_calloc
#include "base/arena.c"
#undef malloc
#undef calloc

Test(arena, pieces_are_aligned_and_do_not_overlap)
{
	struct arena *arena = arena_new(1 << 20);
	unsigned char *pieces[200];
	for (unsigned i = 0; i < 200; i++) {
		pieces[i] = arena_take(arena, i);
		cr_assert_not_null(pieces[i], "piece %u", i);
		cr_assert_eq((uintptr_t)pieces[i] % 8, 0, "piece %u is not aligned", i);
		memset(pieces[i], (int)i, i);
	}
	for (unsigned i = 0; i < 200; i++)
		for (unsigned b = 0; b < i; b++)
			cr_assert_eq(pieces[i][b], i, "piece %u was overwritten", i);
	arena_free(arena);
}

static const struct {
	const char *name;
	size_t max, piece;
	bool any; /* whether at least one piece fits */
} caps[] = {
    {"nothing", 0, 1, false},
    {"less than a header", 16, 1, false},
    {"one small piece", 40, 8, true},
    {"less than a block", 1000, 100, true},
    {"several blocks", 100000, 700, true},
    {"pieces larger than blocks", 1 << 20, 100000, true},
    {"a piece larger than the maximum", 5000, 5001, false},
    {"an absurd piece", 5000, SIZE_MAX, false},
    {"an absurd piece that rounds up", SIZE_MAX, SIZE_MAX - 3, false},
};

Test(arena, the_maximum_holds)
{
	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		struct arena *arena = arena_new(caps[i].max);
		size_t n = 0;
		while (arena_take(arena, caps[i].piece))
			n++;
		cr_expect_eq(n > 0, caps[i].any, "%s: %zu pieces", caps[i].name, n);
		cr_expect(arena_held(arena) <= caps[i].max, "%s: holds %zu", caps[i].name,
			  arena_held(arena));
		cr_expect(arena_used(arena) <= arena_held(arena), "%s", caps[i].name);
		cr_expect(n < 8 || arena_used(arena) > caps[i].max / 2, "%s: wastes most of it",
			  caps[i].name);
		arena_free(arena);
	}
}

Test(arena, every_small_maximum_holds)
{
	for (size_t max = 0; max < 400; max++)
		for (size_t piece = 1; piece < 60; piece += 7) {
			struct arena *arena = arena_new(max);
			while (arena_take(arena, piece))
				;
			cr_assert(arena_held(arena) <= max, "%zu in pieces of %zu", max, piece);
			arena_free(arena);
		}
}

Test(arena, a_refused_piece_leaves_it_usable)
{
	struct arena *arena = arena_new(8192);
	cr_assert_not_null(arena_take(arena, 8));
	cr_assert_null(arena_take(arena, 100000));
	cr_assert_not_null(arena_take(arena, 8));
	arena_free(arena);
}

Test(arena, keeps_bytes_and_texts)
{
	struct arena *arena = arena_new(1 << 16);
	struct slice bytes = arena_keep(arena, slice_make("a\0b", 3));
	cr_assert(slice_equal(bytes, slice_make("a\0b", 3)));
	cr_assert_str_eq(arena_keep_text(arena, slice_make("hello, world", 5)), "hello");
	cr_assert_str_eq(arena_keep_text(arena, slice_make(NULL, 0)), "");
	cr_assert_not_null(arena_keep(arena, slice_make(NULL, 0)).p, "empty is not a refusal");
	volatile size_t huge =
	    (size_t)1 << 40; /* hidden from the compiler, which would warn of the copy never made */
	cr_assert_null(arena_keep(arena, slice_make("", huge)).p);
	huge = SIZE_MAX;
	cr_assert_null(arena_keep_text(arena, slice_make("", huge)));
	arena_free(arena);
}

Test(arena, clear_keeps_the_blocks_and_they_suffice_again)
{
	static const size_t sizes[] = {10, 3000, 9000, 100, 40000, 8, 8, 5000, 300000, 1};
	enum { N = sizeof(sizes) / sizeof(*sizes) };
	struct arena *arena = arena_new(1 << 20);
	for (unsigned i = 0; i < N; i++)
		cr_assert_not_null(arena_take(arena, sizes[i]));
	size_t held = arena_held(arena), used = arena_used(arena);
	for (unsigned round = 0; round < 50; round++) {
		arena_clear(arena);
		cr_assert_eq(arena_used(arena), 0);
		cr_assert_eq(arena_held(arena), held);
		for (unsigned i = 0; i < N; i++)
			cr_assert_not_null(arena_take(arena, sizes[i]));
		cr_assert_eq(arena_used(arena), used, "round %u", round);
		cr_assert_eq(arena_held(arena), held, "round %u takes new blocks", round);
	}
	arena_free(arena);
}

Test(arena, every_allocation_may_fail)
{
	bool failed = true;
	for (int n = 0; failed; n++) {
		fail_at = n;
		failed = false;
		struct arena *arena = arena_new(1 << 20);
		failed |= !arena;
		for (unsigned i = 0; arena && i < 40; i++) {
			char *p = arena_take(arena, 3000);
			failed |= !p;
			if (p)
				memset(p, 1, 3000);
		}
		cr_assert(failed || n > 3, "nothing failed at %d", n);
		fail_at = -1;
		cr_assert(!arena || arena_take(arena, 3000), "unusable after failure %d", n);
		arena_free(arena);
	}
}

/* Model: all live pieces hold what was written into them. */
Test(arena, random_pieces)
{
	unsigned seed = (unsigned)getpid();
	cr_log_info("seed %u", seed);
	struct arena *arena = arena_new(300000);
	for (unsigned round = 0; round < 200; round++) {
		struct {
			unsigned char *p;
			size_t n;
		} live[64];
		unsigned n = 0;
		while (n < 64) {
			size_t size = (size_t)rand_r(&seed) % (rand_r(&seed) % 8 ? 500 : 30000);
			live[n].p = arena_take(arena, size);
			if (!live[n].p)
				break;
			memset(live[n].p, (int)n, size);
			live[n++].n = size;
		}
		cr_assert(arena_held(arena) <= 300000, "seed %u round %u", seed, round);
		for (unsigned i = 0; i < n; i++)
			for (size_t b = 0; b < live[i].n; b++)
				cr_assert_eq(live[i].p[b], i, "seed %u round %u", seed, round);
		arena_clear(arena);
	}
	arena_free(arena);
}
