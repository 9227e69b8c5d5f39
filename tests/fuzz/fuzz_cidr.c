/* One range on each line; what is accepted must hold its own first address. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/veil/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct address_ranges *ranges = address_ranges_new();
	char line[80];
	for (size_t at = 0; at < n; at++) {
		struct slice rest = slice_make((const char *)bytes + at, n - at);
		size_t length = slice_find(rest, '\n');
		size_t before = address_ranges_count(ranges);
		struct address base;
		snprintf(line, sizeof(line), "%.*s", (int)length, rest.p);
		int result = address_ranges_add(ranges, line, NULL);
		assert(address_ranges_count(ranges) == before + (result == 0));
		line[strcspn(line, "/")] = '\0';
		address_parse(slice_from(line), &base);
		assert(result != 0 || address_ranges_hold(ranges, &base));
		at += length;
	}
	address_ranges_free(ranges);
	return 0;
}
