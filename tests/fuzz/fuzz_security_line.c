/* The values of a trace, one per line of the input, may be anything: what is written is one line of
 * plain ASCII, with exactly the quotes of its format. */
#include <assert.h>
#include <stdlib.h>
#include "export/security_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 12 };

static void check(enum security_format format, const struct trace *trace)
{
	char out[SECURITY_LINE_MAX];
	size_t n = security_line(format, trace, out), quotes = 0, depth = 0;
	assert(n > 0 && n <= SECURITY_LINE_MAX && out[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++) {
		assert(out[i] >= 0x20 && out[i] < 0x7F && out[i] != '\\');
		quotes += out[i] == '"';
		if (format == SECURITY_JSON && quotes % 2 == 0) {
			depth += (size_t)(out[i] == '{') - (size_t)(out[i] == '}');
			assert(depth > 0 || i + 2 == n);
		}
	}
	assert(format == SECURITY_JSON ? depth == 0 && quotes % 2 == 0 : quotes == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), values[VALUES];
	char *strings[VALUES];
	for (size_t i = 0; i < VALUES; i++) {
		values[i] = slice_make(rest.p, slice_find(rest, '\n'));
		rest = slice_from_byte(rest, values[i].n + 1);
		strings[i] = calloc(1, values[i].n + 1);
		assert(strings[i]);
		if (values[i].n)
			memcpy(strings[i], values[i].p, values[i].n);
	}
	unsigned number = values[0].n ? (unsigned char)values[0].p[0] : 0;
	struct trace trace = {.time = (int64_t)((uint64_t)size << number % 64),
			      .offset = (int32_t)number * 600 - 72000,
			      .bytes = (uint64_t)size << number % 64,
			      .duration_us = (uint32_t)size,
			      .status = (uint16_t)(number * 7),
			      .method = (uint8_t)(number % 32),
			      .protocol = (uint8_t)(number / 32),
			      .flags = (uint8_t)number,
			      .kid = strings[1],
			      .client = strings[2],
			      .network = strings[3],
			      .unit = strings[4],
			      .user = strings[5],
			      .path = values[6],
			      .query = values[7],
			      .referrer = values[8],
			      .agent = strings[9],
			      .os = strings[10],
			      .device = strings[10],
			      .version = number,
			      .site = values[11]};
	memcpy(trace.country, strings[0], values[0].n < 3 ? values[0].n : 3);
	check(SECURITY_COMBINED, &trace);
	check(SECURITY_JSON, &trace);
	for (size_t i = 0; i < VALUES; i++)
		free(strings[i]);
	return 0;
}
