/*
 * quantity.h: numbers as reports print them. Integer arithmetic only, so that every machine prints
 * the same.
 */
#ifndef EXPORT_QUANTITY_H
#define EXPORT_QUANTITY_H

#include <stdint.h>

struct quantity { /* ASCII, NUL-terminated */
	char text[40];
};

/* Exact, for JSON and CSV. */
struct quantity quantity_plain(uint64_t value);	    /* 1234567 */
struct quantity quantity_hundredths(int64_t value); /* -1234.50 from minor units */
struct quantity
quantity_thousandths(uint32_t value); /* milliseconds from microseconds: 12.345, 12 */
/* "2016-10-02T04:05:06Z" from Unix seconds; years 0-9999, the nearest of them otherwise. */
struct quantity quantity_time(int64_t seconds);

/* For people. */
struct quantity quantity_count(uint64_t value);	  /* 1,234,567 */
struct quantity quantity_amount(int64_t value);	  /* -1,234.50 from minor units */
struct quantity quantity_bytes(uint64_t value);	  /* 999 B, 12.3 kB, 1.0 GB; powers of 1000 */
struct quantity quantity_latency(uint32_t value); /* 870 us, 12 ms, 1.24 s from microseconds */
struct quantity quantity_span(uint64_t seconds);  /* 42 s, 2 min 05 s, 3 h 12 min */
/* "12.3 %"; "-" when there is no whole. Half is rounded up; a part that is not nothing is never
 * "0.0 %". */
struct quantity quantity_share(uint64_t part, uint64_t whole);
/* "3.4", one decimal; "-" when n is 0. */
struct quantity quantity_mean(uint64_t sum, uint64_t n);

/* part / whole in `steps`, rounded to the nearest, at least 1 for a part that is not 0; 0 for no
 * whole. */
unsigned quantity_scale(uint64_t part, uint64_t whole, unsigned steps);

#endif
