#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Compiled in, so that registers can be compared and the n-th allocation can be made to fail. */
static int fail_at = -1; /* calls that still succeed; -1 = all */

static int fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

static void *test_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

static void *test_realloc(void *p, size_t n)
{
	return fails() ? NULL : realloc(p, n);
}

#define calloc	test_calloc
#define realloc test_realloc
#include "aggregate/tally/sketch.c"
#undef calloc
#undef realloc

/* The finaliser of splitmix64, as a stand-in for a keyed hash. */
static uint64_t mix(uint64_t x)
{
	x += 0x9E3779B97F4A7C15u;
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

static bool same_state(const struct sketch *a, const struct sketch *b)
{
	if (!a->registers != !b->registers || a->n != b->n)
		return false;
	return a->registers ? memcmp(a->registers, b->registers, REGISTERS) == 0
			    : a->n == 0 || memcmp(a->sparse, b->sparse, a->n * 4) == 0;
}

static struct sketch *filled(uint64_t from, uint64_t n)
{
	struct sketch *sketch = sketch_new();
	for (uint64_t i = 0; i < n; i++)
		cr_assert_eq(sketch_add(sketch, mix(from + i)), 0);
	return sketch;
}

Test(sketch, reference)
{
	char path[512];
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, sizeof(path), "%s/data/vectors/sketch_reference/sketch_reference.json",
		 shared ? shared : "../shared");
	if (access(path, R_OK))
		cr_skip_test("the vectors are not here: %s", path);
	json_error_t problem;
	json_t *root = json_load_file(path, JSON_DECODE_INT_AS_REAL, &problem);
	cr_assert_not_null(root, "%s", problem.text);
	const json_t *list = json_object_get(root, "hll_ertl_improved");
	size_t i;
	json_t *row, *count;
	const char *rank;
	cr_assert(json_array_size(list) >= 11);
	json_array_foreach(list, i, row)
	{
		uint32_t histogram[66] = {0};
		json_object_foreach(json_object_get(row, "histogram"), rank, count)
		{
			histogram[atoi(rank)] = (uint32_t)json_real_value(count);
		}
		double wanted = json_real_value(json_object_get(row, "estimate"));
		double got = sketch_estimate(histogram,
					     (unsigned)json_real_value(json_object_get(row, "p")));
		cr_expect(fabs(got - wanted) <= 1e-12 * wanted, "row %zu: %.17g, not %.17g", i, got,
			  wanted);
	}
	json_decref(root);
}

/* sketch_reference.json, hll_ertl_improved, p = 10, n = 100 and the empty one. */
Test(sketch, known_answers)
{
	const uint32_t some[56] = {934, 35, 26, 16, 7, 3, 2, 0, 1}, none[56] = {1024};
	cr_assert(fabs(sketch_estimate(some, 10) - 94.239221684638) < 1e-10);
	cr_assert(sketch_estimate(none, 10) == 0.0);
}

/* The sums of the paper with 50 decimal digits, since the files have no full registers. */
Test(sketch, known_answers_with_full_registers)
{
	uint32_t histogram[55] = {[53] = 1024, [54] = 1024};
	double got = sketch_estimate(histogram, 11);
	cr_expect(fabs(got / 20473779359949148819.1404 - 1) < 1e-12, "%.17g", got);
	memset(histogram, 0, sizeof(histogram));
	histogram[54] = histogram[53] = 100;
	histogram[52] = 848;
	histogram[30] = 1000;
	got = sketch_estimate(histogram, 11);
	cr_expect(fabs(got / 3248659715924.18534 - 1) < 1e-12, "%.17g", got);
}

Test(sketch, full_registers_are_no_trap)
{
	uint32_t histogram[55] = {0};
	histogram[54] = 2048;
	cr_assert(isinf(sketch_estimate(histogram, 11)));
	histogram[54] = 2047;
	histogram[0] = 1;
	cr_assert(sketch_estimate(histogram, 11) > 0);
	struct sketch *sketch = sketch_new();
	for (uint64_t i = 0; i < REGISTERS; i++)
		sketch_add(sketch, i << (64 - DENSE_BITS));
	cr_assert_eq(sketch_count(sketch), UINT64_MAX);
	sketch_free(sketch);
}

Test(sketch, small_counts_are_near_exact)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct sketch *sketch = sketch_new();
		for (uint64_t n = 0; n < SPARSE_MAX; n++) {
			uint64_t count = sketch_count(sketch);
			cr_assert(count <= n && count + 1 >= n, "seed %lu: %lu of %lu", seed, count,
				  n);
			for (unsigned twice = 0; twice < 2; twice++)
				cr_assert_eq(sketch_add(sketch, mix(seed << 32 | n)), 0);
		}
		cr_assert_null(sketch->registers);
		sketch_free(sketch);
	}
}

/* 1.04 / sqrt(2048) = 2.3 %; the mean over the seeds must be closer still. */
Test(sketch, large_counts_are_within_three_sigma)
{
	static const uint64_t sizes[] = {600, 2000, 5000, 20000, 200000, 1000000};
	enum { SEEDS = 12 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		double sum = 0;
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct sketch *sketch = filled(seed << 40, sizes[i]);
			double ratio = (double)sketch_count(sketch) / (double)sizes[i];
			cr_expect(fabs(ratio - 1) < 3 * 0.023, "%lu, seed %lu: ratio %.4f",
				  sizes[i], seed, ratio);
			sum += ratio;
			sketch_free(sketch);
		}
		cr_expect(fabs(sum / SEEDS - 1) < 3 * 0.023 / sqrt(SEEDS), "%lu: mean %.4f",
			  sizes[i], sum / SEEDS);
	}
}

Test(sketch, the_order_does_not_matter)
{
	static const uint64_t sizes[] = {0, 1, 7, 8, 9, 511, 512, 513, 1500, 20000};
	unsigned seed = (unsigned)getpid();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t n = sizes[i];
		struct sketch *a = filled(0, n), *b = sketch_new(), *c = sketch_new();
		for (uint64_t j = n; j-- > 0;)
			sketch_add(b, mix(j));
		for (uint64_t j = 0; j < n; j++)
			sketch_add(c, mix(j % 2 ? n - 1 - j / 2 : j / 2));
		for (uint64_t j = 0; j < n; j++)
			sketch_add(c, mix((uint64_t)rand_r(&seed) % n));
		cr_expect(same_state(a, b), "%lu backwards", n);
		cr_expect(same_state(a, c), "%lu shuffled, seed %d", n, (int)getpid());
		sketch_free(a);
		sketch_free(b);
		sketch_free(c);
	}
}

/* Hashes with few index bits set, so that entries collide and ranks differ. */
static uint64_t colliding(unsigned *seed)
{
	uint64_t v = mix((uint64_t)rand_r(seed));
	return (v & ~(UINT64_C(0xffff) << 44)) >> (rand_r(seed) % 3 ? 0 : 12);
}

Test(sketch, merge_is_the_union)
{
	unsigned seed = (unsigned)getpid();
	for (unsigned round = 0; round < 3000; round++) {
		struct sketch *a = sketch_new(), *b = sketch_new(), *both = sketch_new();
		static const unsigned limits[] = {5, 40, 500, 800, 3000};
		unsigned na = (unsigned)rand_r(&seed) % limits[rand_r(&seed) % 5];
		unsigned nb = (unsigned)rand_r(&seed) % limits[rand_r(&seed) % 5];
		for (unsigned i = 0; i < na + nb; i++) {
			uint64_t hash = colliding(&seed);
			sketch_add(i < na ? a : b, hash);
			sketch_add(both, hash);
		}
		cr_assert_eq(sketch_merge(a, b), 0);
		cr_assert(same_state(a, both), "pid %d round %u: %u and %u", (int)getpid(), round,
			  na, nb);
		cr_assert_eq(sketch_merge(a, a), 0);
		cr_assert(same_state(a, both));
		sketch_free(a);
		sketch_free(b);
		sketch_free(both);
	}
}

/* What the dense form would be if it had been dense from the start. */
Test(sketch, nothing_is_lost_on_the_way_to_dense)
{
	unsigned seed = (unsigned)getpid();
	for (unsigned round = 0; round < 200; round++) {
		struct sketch *dense = sketch_new(), *sparse = sketch_new();
		cr_assert_eq(make_dense(dense), 0);
		for (unsigned i = 0; i < 500; i++) {
			uint64_t hash = colliding(&seed) << (rand_r(&seed) % 40);
			sketch_add(dense, hash);
			sketch_add(sparse, hash);
		}
		cr_assert_null(sparse->registers);
		cr_assert_eq(make_dense(sparse), 0);
		cr_assert(same_state(sparse, dense), "pid %d round %u", (int)getpid(), round);
		sketch_free(dense);
		sketch_free(sparse);
	}
}

Test(sketch, memory_is_bounded)
{
	struct sketch *sketch = sketch_new();
	size_t most = 0;
	for (uint64_t i = 0; i < 100000; i++) {
		sketch_add(sketch, mix(i));
		most = sketch_held(sketch) > most ? sketch_held(sketch) : most;
	}
	cr_assert(most <= sizeof(*sketch) + REGISTERS, "%zu", most);
	sketch_free(sketch);
	sketch_free(NULL);
}

Test(sketch, every_allocation_may_fail)
{
	bool failed = true;
	for (int n = 0; failed; n++) {
		struct sketch *other = filled(UINT64_C(1) << 50, n % 2 ? 300 : 900);
		fail_at = n;
		struct sketch *sketch = sketch_new();
		failed = !sketch;
		for (uint64_t i = 0; sketch && i < 400; i++) {
			uint64_t before = sketch_count(sketch);
			if (sketch_add(sketch, mix(i))) {
				failed = true;
				cr_assert_eq(sketch_count(sketch), before);
				cr_assert_eq(sketch_add(sketch, mix(i)), 0, "not usable again");
			}
		}
		uint64_t before = sketch ? sketch_count(sketch) : 0;
		if (sketch && sketch_merge(sketch, other)) {
			failed = true;
			cr_assert_eq(sketch_count(sketch), before);
		}
		cr_assert(failed || n > 5, "nothing failed at %d", n);
		fail_at = -1;
		sketch_free(sketch);
		sketch_free(other);
	}
}

Test(sketch, comes_back_from_bytes)
{
	static const uint64_t sizes[] = {0, 1, 7, 8, 9, 511, 512, 513, 3000, 100000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct sketch *sketch = filled(1, sizes[i]);
		struct pack pack = {0};
		sketch_pack(sketch, &pack);
		struct unpack unpack = unpack_from(pack_slice(&pack));
		struct sketch *back = sketch_unpack(&unpack);
		cr_assert_not_null(back, "%lu", sizes[i]);
		cr_expect(same_state(sketch, back), "%lu", sizes[i]);
		cr_expect_eq(sketch_held(back), sketch_held(sketch), "%lu", sizes[i]);
		for (uint64_t more = 0; more < 700; more++) {
			sketch_add(sketch, mix(~more));
			sketch_add(back, mix(~more));
		}
		cr_expect(same_state(sketch, back), "%lu and more", sizes[i]);
		sketch_free(sketch);
		sketch_free(back);
		pack_release(&pack);
	}
}

/* Bytes that no sketch packs: a rank beyond those of a hash was a write beyond a table. */
Test(sketch, what_is_no_sketch_is_refused)
{
	static const struct {
		const char *name;
		uint64_t numbers[5];
		unsigned n;
	} rows[] = {
	    {"another form", {2, 0}, 2},
	    {"more than there may be", {0, SPARSE_MAX + 1}, 2},
	    {"fewer than it says", {0, 2, 64 + 1}, 3},
	    {"rank 0", {0, 1, 64}, 3},
	    {"a rank of no hash", {0, 1, 64 + 64 - SPARSE_BITS + 2}, 3},
	    {"the greatest rank", {0, 1, 63}, 3},
	    {"an index twice", {0, 2, 64 + 1, 1}, 4},
	    {"an index beyond the last", {0, 1, (uint64_t)UINT32_MAX + 1}, 3},
	    {"no registers", {1}, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pack pack = {0};
		for (unsigned v = 0; v < rows[i].n; v++)
			pack_number(&pack, rows[i].numbers[v]);
		struct unpack unpack = unpack_from(pack_slice(&pack));
		cr_expect_null(sketch_unpack(&unpack), "row %s", rows[i].name);
		pack_release(&pack);
	}
	uint8_t registers[REGISTERS + 1] = {1};
	registers[7] = 64 - DENSE_BITS + 2;
	struct unpack unpack = unpack_from(slice_make((const char *)registers, sizeof(registers)));
	cr_expect_null(sketch_unpack(&unpack), "a register beyond the last");
}
