#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "aggregate/tally/bins.h"

/* Worked by hand from the definition in bins.h. */
static const struct {
	const char *name;
	uint64_t value;
	unsigned k, index;
	uint64_t low, high;
} rows[] = {
    {"zero", 0, 5, 0, 0, 0},
    {"the last exact one", 63, 5, 63, 63, 63},
    {"the first of two", 64, 5, 64, 64, 65},
    {"the second of two", 65, 5, 64, 64, 65},
    {"the next pair", 66, 5, 65, 66, 67},
    {"the end of the pairs", 127, 5, 95, 126, 127},
    {"the first of four", 128, 5, 96, 128, 131},
    {"a second in ms", 1000, 5, 190, 992, 1007},
    {"coarse", 1000, 3, 63, 960, 1023},
    {"no detail: powers of two", 9, 0, 4, 8, 15},
    {"the greatest", UINT64_MAX, 5, 1919, UINT64_C(63) << 58, UINT64_MAX},
    {"the greatest, no detail", UINT64_MAX, 0, 64, UINT64_C(1) << 63, UINT64_MAX},
};

Test(bins, known_answers)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_eq(bins_index(rows[i].value, rows[i].k), rows[i].index, "%s: %u",
			     rows[i].name, bins_index(rows[i].value, rows[i].k));
		cr_expect_eq(bins_low(rows[i].index, rows[i].k), rows[i].low, "%s", rows[i].name);
		cr_expect_eq(bins_high(rows[i].index, rows[i].k), rows[i].high, "%s", rows[i].name);
	}
}

/* All numbers are read as reals: jansson has no integers beyond 2^63, and those of the file are
 * exact as reals. */
static uint64_t number(const json_t *row, const char *name)
{
	return (uint64_t)json_real_value(json_object_get(row, name));
}

Test(bins, reference)
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
	const json_t *list = json_object_get(root, "log_linear_index");
	size_t i;
	json_t *row;
	cr_assert(json_array_size(list) >= 84);
	json_array_foreach(list, i, row)
	{
		unsigned k = (unsigned)number(row, "k"), index = (unsigned)number(row, "index");
		uint64_t value = number(row, "value");
		cr_expect_eq(bins_index(value, k), index, "row %zu", i);
		cr_expect_eq(bins_low(index, k), number(row, "bin_low"), "row %zu", i);
		cr_expect_eq(bins_high(index, k) + 1, number(row, "bin_high_exclusive"), "row %zu",
			     i);
	}
	json_decref(root);
}

Test(bins, bins_tile_the_numbers)
{
	for (unsigned k = 0; k <= 10; k++) {
		unsigned last = bins_index(UINT64_MAX, k);
		cr_assert_eq(bins_low(0, k), 0);
		for (unsigned i = 0; i < last; i++)
			cr_assert_eq(bins_high(i, k) + 1, bins_low(i + 1, k), "k %u bin %u", k, i);
		cr_assert_eq(bins_high(last, k), UINT64_MAX, "k %u", k);
	}
}

Test(bins, every_value_is_in_its_bin)
{
	unsigned seed = (unsigned)getpid();
	for (unsigned round = 0; round < 200000; round++) {
		uint64_t value = ((uint64_t)rand_r(&seed) << 62) ^ ((uint64_t)rand_r(&seed) << 31) ^
				 (uint64_t)rand_r(&seed);
		value >>= rand_r(&seed) % 64;
		unsigned k = (unsigned)rand_r(&seed) % 9, i = bins_index(value, k);
		uint64_t low = bins_low(i, k), high = bins_high(i, k);
		cr_assert(low <= value && value <= high, "k %u value %lu", k, value);
		cr_assert((high - low) >> (63 - k) == 0 && (high - low) << k <= low,
			  "k %u value %lu: wider than promised", k, value);
	}
}

static const struct {
	const char *name;
	uint32_t counts[6];
	unsigned thousandths, bin;
} quantiles[] = {
    {"empty", {0}, 500, 0},
    {"one", {0, 0, 1}, 500, 2},
    {"the median of two is the lower", {0, 1, 0, 1}, 500, 1},
    {"the median of three", {1, 1, 1}, 500, 1},
    {"the least", {0, 3, 4}, 0, 1},
    {"the greatest", {1, 3, 4}, 1000, 2},
    {"ceil, not floor", {19, 1}, 951, 1},
    {"exactly", {19, 1}, 950, 0},
    {"large counts", {UINT32_MAX, UINT32_MAX}, 500, 0},
    {"large counts, just above", {UINT32_MAX, UINT32_MAX, 1}, 500, 1},
};

Test(bins, quantiles)
{
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		cr_expect_eq(bins_quantile(quantiles[i].counts, 6, quantiles[i].thousandths),
			     quantiles[i].bin, "%s: %u", quantiles[i].name,
			     bins_quantile(quantiles[i].counts, 6, quantiles[i].thousandths));
}

static int ascending(const void *a, const void *b)
{
	return (*(const unsigned *)a > *(const unsigned *)b) -
	       (*(const unsigned *)a < *(const unsigned *)b);
}

Test(bins, quantiles_are_those_of_the_sorted_values)
{
	unsigned seed = (unsigned)getpid();
	for (unsigned round = 0; round < 500; round++) {
		unsigned values[300], n = 1 + (unsigned)rand_r(&seed) % 300;
		uint32_t counts[50] = {0};
		for (unsigned i = 0; i < n; i++) {
			values[i] = (unsigned)rand_r(&seed) % 50;
			counts[values[i]]++;
		}
		qsort(values, n, sizeof(*values), ascending);
		for (unsigned q = 1; q <= 1000; q++) {
			unsigned rank = (q * n + 999) / 1000;
			cr_assert_eq(bins_quantile(counts, 50, q), values[rank - 1],
				     "pid %d round %u q %u", (int)getpid(), round, q);
		}
	}
}
