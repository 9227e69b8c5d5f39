#include "aggregate/tally/bins.h"
#include <assert.h>

unsigned bins_index(uint64_t value, unsigned k)
{
	if (value >> (k + 1) == 0)
		return (unsigned)value;
	unsigned shift = 63 - (unsigned)__builtin_clzll(value) - k;
	return (shift << k) + (unsigned)(value >> shift);
}

/* How far the values of a bin were shifted: behind the exact bins, each 2^k bins share one. */
static unsigned shift_of(unsigned index, unsigned k)
{
	return index >> k ? (index >> k) - 1 : 0;
}

uint64_t bins_low(unsigned index, unsigned k)
{
	unsigned shift = shift_of(index, k);
	assert(shift + k < 64); /* no value has a bin beyond */
	return (uint64_t)(index - (shift << k)) << shift;
}

uint64_t bins_high(unsigned index, unsigned k)
{
	return bins_low(index, k) + (((uint64_t)1 << shift_of(index, k)) - 1);
}

unsigned bins_quantile(const uint32_t *counts, size_t n, unsigned thousandths)
{
	uint64_t total = 0, below = 0;
	for (size_t i = 0; i < n; i++)
		total += counts[i];
	/* ceil(q N) in two parts, so that no product overflows; the least is the first value. */
	uint64_t rank = total / 1000 * thousandths + (total % 1000 * thousandths + 999) / 1000;
	if (rank == 0)
		rank = 1;
	for (size_t i = 0; i < n; i++) {
		below += counts[i];
		if (below >= rank)
			return (unsigned)i;
	}
	return 0;
}
