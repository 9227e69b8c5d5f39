/*
 * bins.h: log-linear integer bins for durations and sizes (docs/privacy.md, "Counting").
 *
 * Bin of v with K bits of detail: v < 2^(K+1): v itself; else e = floor(log2 v), ((e - K) << K) +
 * (v >> (e - K)). Relative width 2^-K. No floating point.
 */
#ifndef TALLY_BINS_H
#define TALLY_BINS_H

#include <stddef.h>
#include <stdint.h>

unsigned bins_index(uint64_t value, unsigned k);
uint64_t bins_low(unsigned index, unsigned k);	/* least value of the bin */
uint64_t bins_high(unsigned index, unsigned k); /* greatest value of the bin */

/* Smallest bin with cumulative count >= ceil(q N), q in thousandths; n bins. 0 when all are empty.
 */
unsigned bins_quantile(const uint32_t *counts, size_t n, unsigned thousandths);

#endif
