#include <criterion/criterion.h>
#include <stdio.h>
#include "aggregate/tally/slots.h"
#include "aggregate/veil/referrer.h"

/* Search engines do not fill their slots yet. */
static bool is_spare(enum dimension dimension, unsigned index)
{
	return dimension == DIM_SEARCH_ENGINE && index >= referrer_engines();
}

Test(slots, every_slot_has_its_own_key)
{
	static const char *const goals[SLOTS_GOAL] = {"g0",  "g1",  "g2",  "g3", "g4",	"g5",
						      "g6",  "g7",  "g8",  "g9", "g10", "g11",
						      "g12", "g13", "g14", "g15"};
	unsigned n;
	const struct slots_range *ranges = slots_ranges(&n);
	for (unsigned r = 0; r < n; r++) {
		char keys[SLOTS_STATUS][SLOT_KEY_MAX];
		for (unsigned i = 0; i < ranges[r].n; i++) {
			slots_key(ranges[r].first + i, goals, keys[i]);
			if (strcmp(keys[i], "(unknown)") == 0 || is_spare(ranges[r].dimension, i))
				continue;
			for (unsigned j = 0; j < i; j++)
				cr_expect_str_neq(keys[i], keys[j], "%s: slots %u and %u",
						  dimension_info(ranges[r].dimension)->name, j, i);
		}
	}
}

Test(slots, status_codes_are_their_own_key)
{
	static const unsigned usual[] = {100, 200, 206, 301, 304, 400, 404, 410, 418,
					 429, 444, 451, 499, 500, 503, 520, 598, 999};
	for (unsigned i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		char key[SLOT_KEY_MAX], want[8];
		snprintf(want, sizeof(want), "%u", usual[i]);
		slots_key(SLOT_STATUS + slots_status((uint16_t)usual[i]), NULL, key);
		cr_expect_str_eq(key, want);
	}
	for (unsigned status = 0; status < 1000; status++)
		cr_expect(slots_status((uint16_t)status) < SLOTS_STATUS);
	char key[SLOT_KEY_MAX];
	slots_key(SLOT_STATUS + slots_status(777), NULL, key);
	cr_expect_str_eq(key, "(unknown)");
}

Test(slots, durations_and_sizes_by_doubling)
{
	static const struct {
		uint64_t value;
		const char *latency, *size;
	} rows[] = {
	    {0, "under 1 ms", "0 B"},
	    {1, "under 1 ms", "1 B - 2 B"},
	    {999, "under 1 ms", "512 B - 1 KiB"},
	    {1000, "1-2 ms", "512 B - 1 KiB"},
	    {1024, "1-2 ms", "1 KiB - 2 KiB"},
	    {2000, "2-4 ms", "1 KiB - 2 KiB"},
	    {63999999, "32768-65536 ms", "32 MiB - 64 MiB"},
	    {65536000, "65536 ms or more", "32 MiB - 64 MiB"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char key[SLOT_KEY_MAX];
		slots_key(SLOT_LATENCY + slots_latency((uint32_t)rows[i].value), NULL, key);
		cr_expect_str_eq(key, rows[i].latency, "%lu µs: %s", rows[i].value, key);
		slots_key(SLOT_SIZE + slots_size(rows[i].value), NULL, key);
		cr_expect_str_eq(key, rows[i].size, "%lu bytes: %s", rows[i].value, key);
	}
	for (unsigned bit = 0; bit < 64; bit++)
		cr_expect(slots_size(1ull << bit) < SLOTS_SIZE &&
			  slots_latency((uint32_t)(1ull << bit)) < SLOTS_LATENCY);
}
