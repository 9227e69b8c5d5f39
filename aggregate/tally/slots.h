/*
 * slots.h: dimensions with few values, all in one row of slots.
 *
 * A slot is a counter of hits and bytes in the period and one bit in each visitor's record. The
 * base of each dimension is fixed here; slot 0 of a dimension is its "(unknown)" or "(none)".
 */
#ifndef TALLY_SLOTS_H
#define TALLY_SLOTS_H

#include <stdint.h>
#include "aggregate/tally/dimension.h"

enum { /* how many values each dimension has */
       SLOTS_STATUS = 128,
       SLOTS_HOUR = 24,
       SLOTS_METHOD = 20,
       SLOTS_PROTOCOL = 8,
       SLOTS_CONTENT = 12,
       SLOTS_REFERRER_CLASS = 12,
       SLOTS_ENGINE = 32,
       SLOTS_LATENCY = 18,
       SLOTS_SIZE = 44,
       SLOTS_GOAL = 16,
       SLOTS_PAID = 16, /* goals reached with an amount: bits only, no dimension of their own */
};

enum { /* where each begins */
       SLOT_STATUS = 0,
       SLOT_HOUR = SLOT_STATUS + SLOTS_STATUS,
       SLOT_METHOD = SLOT_HOUR + SLOTS_HOUR,
       SLOT_PROTOCOL = SLOT_METHOD + SLOTS_METHOD,
       SLOT_CONTENT = SLOT_PROTOCOL + SLOTS_PROTOCOL,
       SLOT_REFERRER_CLASS = SLOT_CONTENT + SLOTS_CONTENT,
       SLOT_ENGINE = SLOT_REFERRER_CLASS + SLOTS_REFERRER_CLASS,
       SLOT_LATENCY = SLOT_ENGINE + SLOTS_ENGINE,
       SLOT_SIZE = SLOT_LATENCY + SLOTS_LATENCY,
       SLOT_GOAL = SLOT_SIZE + SLOTS_SIZE,
       SLOT_PAID = SLOT_GOAL + SLOTS_GOAL,
       SLOT__COUNT = SLOT_PAID + SLOTS_PAID
};

enum { SLOT_WORDS = (SLOT__COUNT + 63) / 64, SLOT_KEY_MAX = 48 };

struct slots_range {
	enum dimension dimension;
	unsigned first, n;
};

/* The dimensions that live in slots; *ret_n says how many rows. */
const struct slots_range *slots_ranges(unsigned *ret_n);

/* A status code's slot within SLOT_STATUS. Codes that nobody registered or uses share the last one.
 */
unsigned slots_status(uint16_t status);
/* By doubling: slot of a duration (under 1 ms, 1-2 ms … over 64 s) and of a size (0, 1, 2-3, 4-7 …
 * bytes). */
unsigned slots_latency(uint32_t duration_us);
unsigned slots_size(uint64_t bytes);

/* The key a report prints for a slot ("404", "13", "GET"); goal names come from the caller. */
void slots_key(unsigned slot, const char *const *goals, char out[SLOT_KEY_MAX]);

static inline void slots_see(uint64_t seen[SLOT_WORDS], unsigned slot)
{
	seen[slot / 64] |= 1ull << (slot % 64);
}

static inline int slots_seen(const uint64_t seen[SLOT_WORDS], unsigned slot)
{
	return (int)(seen[slot / 64] >> (slot % 64) & 1);
}

#endif
